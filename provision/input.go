package provision

import (
	"cmp"

	"detente/act"
	"detente/internal/canon"
	"detente/lodging"
	"detente/pack"
	"detente/party"
	"detente/regime"
)

// Text is one pack in force in a group.
type Text struct {
	Pack    *pack.Pack
	InForce Span   // between its adoption by the group and that of the next pack of its id
	Slots   []Slot // what was agreed where the text leaves it open
}

// Slot is one value that the group, or a pair, filled in.
type Slot struct {
	ID      string // as the pack has it, without the "$"; the id of the pack before it is allowed
	Value   string
	Between []party.ID // of a pair; empty: all
	In      Span
}

// Span is a time from From until Until, in Unix seconds; Until itself is outside.
// A zero end is open.
type Span struct{ From, Until int64 }

// Has reports whether t lies in the span.
func (s Span) Has(t int64) bool {
	return (s.From == 0 || t >= s.From) && (s.Until == 0 || t < s.Until)
}

// Group is who takes part.
type Group struct {
	Parties []Party
	// Since is when anything began to be written down here, in Unix seconds: that
	// nothing is recorded of before says nothing. 0: from the beginning.
	Since int64
}

// Standings of a party.
const (
	Member   = "member"
	Observer = "observer" // is told, owes nothing
)

// Party is one party of the group as texts look at it. What stands in the way of
// an obligation for a time, suspension above all, is in Suspended.
type Party struct {
	ID        party.ID
	Names     map[string]string // by language; what is missing in one is said in English, or by the id
	Code      string            // interchange code, as sets of a pack name it; may be empty
	Standing  string            // Member or Observer; what is neither owes nothing either
	Record    bool              // it has a record of its own
	In        Span
	Suspended []Span
}

// ID names a filing for ever: the place of its leaf, or a number of the register
// that one node keeps by hand (Origin empty).
type ID struct {
	Origin party.Origin
	Index  int64
}

// IsZero reports whether id names nothing.
func (id ID) IsZero() bool { return id == ID{} }

// Compare orders filings where their times are equal.
func (id ID) Compare(o ID) int {
	return cmp.Or(cmp.Compare(id.Origin, o.Origin), cmp.Compare(id.Index, o.Index))
}

// Where a filing comes from.
const (
	FromRecord = "record" // a leaf of its author's record
	FromNote   = "note"   // registered by hand by the node that looks; nobody else's evidence
)

// Filing is one act as texts look at it: a statement under a measure, or what was
// entered for a party, or the word of a party about one of these. A book is handed
// filings of one status: what is said as an exercise counts with exercises alone.
type Filing struct {
	ID     ID
	Author party.ID   // of the record, or of the note
	For    party.ID   // entered for this party by Author; else empty
	To     []party.ID // empty: all
	Kind   act.Kind   // Statement, Entered, Confirmed or Contested; others are passed over
	Life   act.Life   // empty is New
	// Touches are the numbered fields that an update or correction touches.
	Touches []string
	Code    string // of the step, the act's field measure
	Pack    canon.Digest
	Thread  string
	// Answers is the filing that this one answers, continues, confirms or contests.
	Answers ID
	// Values is the filled form: of an update or correction those fields that it
	// changes. Nil: none, or not readable here, which Unreadable tells apart.
	Values     *regime.Values
	Unreadable bool // sealed to others: what depends on it is not known here, never "no"
	Faulty     bool // its form is unknown or has faults: shown, and never counted as done
	// Formless is a note under a step that has a form, of whose fields the register has none:
	// fields: it was sent, and what depends on a field is not known, never "no".
	Formless bool
	// Claimed is the author's own word of the time, for a note its date; 0: none.
	Claimed int64
	Bounds  lodging.Bounds // when it was lodged
	// Receipts tell since when each addressee had it: the earlier of its delivered
	// receipt and its own mirror cosignature.
	Receipts []Receipt
	Held     int64 // Unix seconds at which this node had it
	Source   string
	// Beyond: to whom else it went is not known here, e.g. of a note that came in.
	Beyond bool
	Number string // note number, as a person quotes it
}

// Receipt is the moment since which one addressee had a filing.
type Receipt struct {
	By party.ID
	At int64 // Unix seconds
}

// By is the party whose statement a filing is: the one it was entered for, or its
// author.
func (f *Filing) By() party.ID {
	if f.For != "" {
		return f.For
	}
	return f.Author
}

// When is the moment by which a filing is put in order and in its year: when it
// is shown to be lodged, else what its author says, else when it was held here.
// Of a note, and of what was entered for a party, it is the date of the note.
func (f *Filing) When() int64 {
	if f.Claimed > 0 && (f.Source == FromNote || f.For != "") {
		return f.Claimed
	}
	return cmp.Or(f.Bounds.NotAfter, f.Claimed, f.Bounds.NotBefore, f.Held)
}

// receipt is the moment since which id had the filing, and whether that is shown.
func (f *Filing) receipt(id party.ID) (int64, bool) {
	for _, r := range f.Receipts {
		if r.By == id && r.At > 0 {
			return r.At, true
		}
	}
	return 0, false
}

// Moment is what is looked at: the present, or the present as it was shown or
// held at an earlier time.
type Moment struct {
	Now int64 // Unix seconds
	// Lodged: only what is shown to be lodged by this time; 0: all. The same for everybody.
	Lodged int64
	// Held: only what this node held at this time; 0: all. A local question.
	Held int64
}

func (m Moment) sees(f *Filing) bool {
	if f.When() > m.Now {
		return false
	}
	if m.Held > 0 && (f.Held == 0 || f.Held > m.Held) {
		return false
	}
	if m.Lodged == 0 {
		return true
	}
	if f.Source == FromNote {
		return f.Claimed > 0 && f.Claimed <= m.Lodged
	}
	return f.Bounds.NotAfter > 0 && f.Bounds.NotAfter <= m.Lodged
}
