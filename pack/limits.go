package pack

const (
	// MaxPack is the most bytes of a pack. The Vienna Document with its forms in
	// two languages has a tenth of it.
	MaxPack = 4 << 20

	// maxFile is the most bytes of one file of a pack.
	maxFile = 512 << 10

	// maxFiles is the most files of a pack: a form for each step of a large text.
	maxFiles = 256

	// maxMeasures is the most measures of a pack; the largest catalogue known has sixty.
	maxMeasures = 500

	// maxRules is the most rules and formulas of a pack. Each is compiled, which takes
	// six milliseconds for one that is made to cost it; the texts known need a handful.
	maxRules = 200

	// maxFaults is the most faults that are named at once.
	maxFaults = 500

	// maxDepth is how deep conditions may nest, maxLeaves how many parts they may have.
	maxDepth, maxLeaves = 8, 64

	// maxCode is the longest code of a step: that of act.MaxMeasure.
	maxCode = 64
)
