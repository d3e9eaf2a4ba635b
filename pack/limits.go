package pack

const (
	// MaxPack is the most bytes of a pack. The Vienna Document with its forms in
	// two languages has a tenth of it.
	MaxPack = 4 << 20

	// maxFile is the most bytes of one file of a pack.
	maxFile = 512 << 10

	// maxFiles is the most files of a pack: a form for each step of a large text.
	maxFiles = 256

	// maxDepth is how deep conditions may nest.
	maxDepth = 8
)
