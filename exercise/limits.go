package exercise

import "time"

// Bounds of the formats; they are part of version 1.
const (
	// MaxSize bounds a scenario in bytes, maxMark a mark.
	MaxSize = 1 << 20
	maxMark = 4 << 10
	// MaxInjects bounds the injects of a scenario: a week with one an hour, and room.
	MaxInjects = 256
	// MaxParties bounds the parties; the largest of the regimes has 57 states.
	MaxParties = 64
	// MaxAt is how far after the beginning the last inject can be.
	MaxAt = 1000*time.Hour - time.Second

	maxEdition   = 9999
	maxLanguages = 24
	maxName      = 64       // bytes of an exercise's or inject's name
	maxThread    = 64       // bytes, as in package act
	maxTag       = 35       // bytes of a language tag
	maxLine      = 200      // characters of a title, an aim, a source
	maxText      = 16 << 10 // bytes of a free text or a fact
	maxFacts     = 16       // of one incident
	maxAgreed    = 16       // phrases of one message, as in package line
	maxBlanks    = 8        // values of one phrase, as in package line
	maxValues    = 200      // fields of one form
)
