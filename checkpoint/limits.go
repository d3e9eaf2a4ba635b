package checkpoint

const (
	// MaxLines is the number of signature lines of a note: our three, and room
	// for lines of algorithms unknown here. A note with a hundred signatures
	// stops the stock parser; cosignatures travel one by one.
	MaxLines = 16

	// MaxNote is the size of a note in bytes. A checkpoint of ours has about
	// 3.6 kB; sixteen lines of ML-DSA-44 have 53 kB.
	MaxNote = 64 << 10
)
