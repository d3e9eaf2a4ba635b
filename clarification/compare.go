package clarification

import "detente/party"

// Told is what one party says of one field of a report.
type Told struct {
	Party  party.ID
	Value  string // in one spelling, so that what is alike is equal; empty: none
	Answer string // explicit answer in place of a value, e.g. not-known-now; empty: none
}

// Explicit answers by which a report says something of a field and gives no value.
const (
	AnswerNotKnown = "not-known-now"
	AnswerDisputed = "disputed"
)

// Likeness is how what sides say of one field goes together. It weighs nobody.
type Likeness string

// The kinds of likeness.
const (
	Alike     Likeness = "alike"     // at least two report, and each says the same
	Partly    Likeness = "partly"    // said in one way, and not by all: others say nothing of it, or do not know
	Otherwise Likeness = "otherwise" // said in more than one way
	InDispute Likeness = "disputed"  // at least one disputes it
	Unknown   Likeness = "not-known" // whoever speaks of it does not know
	Untold    Likeness = "untold"    // nobody speaks of it
)

// Compare says how what was told of one field goes together, of all that report: one
// that says nothing of the field stands with neither value nor answer. Words are
// compared as they are, never by what they may mean.
func Compare(told []Told) Likeness {
	said := map[string]bool{}
	saying, speaking := 0, 0
	for _, t := range told {
		switch {
		case t.Answer == AnswerDisputed:
			return InDispute
		case t.Answer == AnswerNotKnown:
			speaking++
		case t.Value != "" || t.Answer != "": // "nil" is said as a value is
			said[t.Answer+"\x00"+t.Value] = true
			saying++
			speaking++
		}
	}
	switch {
	case speaking == 0:
		return Untold
	case saying == 0:
		return Unknown
	case len(said) > 1:
		return Otherwise
	case saying == len(told) && saying > 1:
		return Alike
	}
	return Partly
}
