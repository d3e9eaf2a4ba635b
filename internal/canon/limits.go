package canon

const (
	// MaxJSON is the largest JSON text read or written, in bytes. A roster of 57
	// parties with their keys is about half a megabyte; this leaves room for ten
	// times that and still bounds what one reader can be made to hold.
	MaxJSON = 8 << 20

	// MaxDepth is the deepest nesting of JSON objects and arrays. The deepest
	// format of the house has eight levels.
	MaxDepth = 32

	// MaxNumber is the largest magnitude of a JSON number: 2^53-1, which every
	// reader of JSON represents exactly (RFC 8259 §6, RFC 7493 §2.2).
	MaxNumber = 1<<53 - 1

	// MaxTime is the last time that FormatTime writes, 9999-12-31T23:59:59Z, in
	// Unix seconds. A signature with a later time could not be shown.
	MaxTime = 253402300799

	// maxDigits bounds the text of a number before it is looked at; a uint64
	// has at most 20 digits.
	maxDigits = 20
)
