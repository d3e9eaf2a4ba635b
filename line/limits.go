package line

// Bounds of the formats; they are part of version 1.
const (
	// MaxParties bounds the parties of one line. A line that joins all is a
	// statement to all; the largest of the regimes has 57 states.
	MaxParties = 64
	// MaxSize bounds a content in bytes.
	MaxSize = 64 << 10
	// MaxText bounds the free text of a message in bytes.
	MaxText = 16 << 10
	// MaxLine bounds a subject, reason or place in characters.
	MaxLine = 200
	// MaxAgreed bounds the agreed phrases of one message.
	MaxAgreed = 16
	// MaxValues bounds the slots of one phrase, MaxValue the value of one in bytes.
	MaxValues = 8
	MaxValue  = 200
	// MaxPosts bounds the posts of published hours, MaxPeriods the periods of one
	// post, MaxWatches the watches of one period: four a day.
	MaxPosts   = 16
	MaxPeriods = 16
	MaxWatches = 28
	// MaxLanguages bounds the languages of a line or post.
	MaxLanguages = 12
	maxTag       = 35 // bytes of a language tag, as in package act
	maxNumber    = 40 // bytes of a telephone number
	maxID        = 64 // bytes of a line's name
)
