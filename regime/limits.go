package regime

const (
	// MaxValues is the largest filled form in bytes of JSON. The longest real
	// notification of an exercise fills some ten pages, about 40 kB.
	MaxValues = 256 << 10

	// MaxForm is the largest form file in bytes; the largest shipped one has
	// about 30 kB in two languages.
	MaxForm = 256 << 10

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

	// maxNumber is the largest quantity in whole units; in millionths it still fits
	// 64 bits.
	maxNumber = 1_000_000_000_000

	// minYear and maxYear bound a calendar year. Treaties of the last century are
	// cited; nobody plans for the next millennium.
	minYear, maxYear = 1900, 2999

	// minOffset and maxOffset bound the offset of a moment, in minutes: those in use
	// since 1970 lie between -12:00 and +14:00.
	minOffset, maxOffset = -12 * 60, 14 * 60

	// maxRef is the longest reference of a thread, as of an act (spec/act.md), and
	// the longest name of a zone.
	maxRef = 64

	// maxIndex is the greatest index of an act, as in spec/act.md.
	maxIndex = 1<<53 - 1

	// maxFaults bounds what Check lists, so that a hostile form of 256 KiB does
	// not become megabytes of sentences.
	maxFaults = 200

	// maxKey is the longest key in a table of figures and the longest field id.
	maxKey = 64
)
