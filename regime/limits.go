package regime

const (
	// MaxValues is the largest filled form in bytes of JSON. The longest real
	// notification of an exercise fills some ten pages, about 40 kB.
	MaxValues = 256 << 10

	// MaxForm is the largest form file in bytes; the largest shipped one has
	// about 30 kB in two languages.
	MaxForm = 256 << 10

	// maxForms bounds the forms of one pack folder: the whole catalogue of CICA
	// has about sixty measures.
	maxForms = 256

	// maxFields bounds the fields of one form and the columns of one field.
	maxFields = 200

	// maxNesting is the deepest value: rows, a row, an area, its points, a point.
	maxNesting = 6

	// maxLine is the longest text of one line, in characters.
	maxLine = 200

	// maxText is the longest text of several lines, in characters: three pages.
	maxText = 8000

	// maxItems bounds the items of a list, the entries of a table of figures and
	// the rows of a table.
	maxItems = 200

	// maxPoints bounds the corners of an area; checking that its outline does
	// not cross itself costs their square.
	maxPoints = 200

	// maxCount is the largest figure: no state has a hundred million troops.
	maxCount = 100_000_000

	// maxFaults bounds what Check lists, so that a hostile form of 256 KiB does
	// not become megabytes of sentences.
	maxFaults = 200

	// maxKey is the longest key in a table of figures and the longest field id.
	maxKey = 64
)
