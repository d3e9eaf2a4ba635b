package condition

// Outcome of a condition.
type Outcome int

// The three outcomes. The zero value is Unknown: what nobody looked at is not known.
const (
	Unknown Outcome = iota
	Holds
	Not
)

// String is the outcome as a case file writes it.
func (o Outcome) String() string {
	switch o {
	case Holds:
		return "holds"
	case Not:
		return "does not hold"
	}
	return "not known"
}

// Reason is one sentence of a result: a key of the catalogue and what it takes.
// Of a structure (all, any, not) it has Parts instead.
type Reason struct {
	Outcome Outcome
	Key     string
	Args    []Arg
	Parts   []Reason
	Article string // of the condition, if it has one of its own
}

// Arg is one value of a sentence. Value is a string, an int64, or a
// map[regime.Lang]string that is said in the language of the reader.
type Arg struct {
	Name  string
	Value any
}

// Result is the answer to one condition.
type Result struct {
	Outcome Outcome
	Reason  Reason
	// Until is the moment at which the answer changes by the passing of time
	// alone, in Unix seconds; 0: never.
	Until int64
}
