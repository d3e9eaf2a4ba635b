package frame

const (
	// DefaultItems is the number of items: a bundle of a whole record with a
	// million entries, their blobs and cosignatures has fewer.
	DefaultItems = 4 << 20

	// DefaultBody is the size of one item in bytes: room for the largest blob
	// that a group should send by a courier's stick, and small enough to hold.
	DefaultBody = 64 << 20

	// DefaultTotal is the size of the file in bytes: the largest file of a stick
	// formatted with FAT32.
	DefaultTotal = 4<<30 - 1

	maxType = 32  // bytes of a type
	maxArgs = 8   // arguments of an item
	maxArg  = 255 // bytes of an argument: a C2SP key name

	// maxHeader is the longest line before a body: the type, eight arguments, a
	// length of 20 digits, spaces and the newline.
	maxHeader = maxType + maxArgs*(1+maxArg) + 1 + 20 + 1

	// buffer gathers the lines between bodies, in bytes: most messages are a few
	// kilobytes, and a large body passes it by.
	buffer = 8 << 10

	// firstRead is how much memory a body gets on the word of its length alone;
	// beyond it memory grows with what arrives.
	firstRead = 64 << 10
)

// Limits bound what a Reader accepts; a zero field means the default.
type Limits struct {
	Items int   // number of items
	Body  int   // bytes of one item
	Total int64 // bytes of the whole file
}

// orDefault fills in the defaults.
func (l Limits) orDefault() Limits {
	if l.Items == 0 {
		l.Items = DefaultItems
	}
	if l.Body == 0 {
		l.Body = DefaultBody
	}
	if l.Total == 0 {
		l.Total = DefaultTotal
	}
	return l
}
