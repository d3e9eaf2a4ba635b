package act

import "slices"

// Kind says what an act does. One switch in node joins them.
type Kind string

const (
	Statement    Kind = "statement"    // a notice, invitation, return… under a measure
	Delivered    Kind = "delivered"    // receipt by the node after verifying and opening
	Acknowledged Kind = "acknowledged" // receipt by a named post, never agreement
	Returned     Kind = "returned"     // unreadable or not to format; details sealed to the author
	HandedOver   Kind = "handed-over"  // hand-over by another channel: note, embassy, date
	Entered      Kind = "entered"      // a statement entered for a party without a record
	Confirmed    Kind = "confirmed"    // a party confirms what was entered for it
	Contested    Kind = "contested"    // … or contests it
	Adoption     Kind = "adoption"     // adopts the roster edition in the clear blob; group state
	KeyChange    Kind = "key"          // enters the next key of a role; group state
	Suspension   Kind = "suspension"   // suspends the author's own participation; group state
	Resumption   Kind = "resumption"   // ends it
	Volume       Kind = "volume"       // entry 0 of a further volume: names the last known head; group state
	Misconduct   Kind = "misconduct"   // lodges a proof of misconduct (clear blob); group state

	// Discreet is the one kind of version 2: all but that there is an act is sealed.
	Discreet Kind = "discreet"
)

// Kinds are all kinds of version 1, in the order of the specification.
func Kinds() []Kind {
	out := make([]Kind, len(rules))
	for i := range rules {
		out[i] = rules[i].kind
	}
	return out
}

// isReserved says whether k is a kind that a later version than 2 brings. It is
// refused here: a reader of these versions would not know what it does.
func isReserved(k Kind) bool {
	return slices.Contains([]Kind{
		"proposal", "objection", "announcement", "heads",
		"commitment", "reveal", "test-summary", "re-supply",
	}, k)
}

// addressing says to whom a kind may go.
type addressing int

const (
	toAny addressing = iota // a list, or all
	toOne                   // exactly one party
	toAll                   // all
)

// rule is one row of the table of kinds.
type rule struct {
	kind       Kind
	need       set // beyond group, edition, kind, status (and to, outside a private record)
	may        set
	to         addressing
	content    bool // some content is needed
	groupState bool // clear, actual, to all
}

// Sets of fields that go together.
const (
	head     = set(1<<fGroup | 1<<fEdition | 1<<fKind | 1<<fStatus)
	discreet = set(1<<fGroup | 1<<fEdition | 1<<fKind) // head of version 2
	letter   = set(1<<fTo | 1<<fSerial | 1<<fThread | 1<<fClaimed)
	marks    = set(1<<fHandling | 1<<fPost | 1<<fLanguage | 1<<fNote)
	release  = set(1<<fOriginator | 1<<fReleasable | 1<<fDowngrade | 1<<fEmbargo)
	subject  = set(1<<fLife | 1<<fTouches | 1<<fMeasure | 1<<fPack)
	handing  = set(1<<fFor | 1<<fChannel | 1<<fOn)
	contents = set(1<<fSealed | 1<<fClear | 1<<fPayload)
	public   = set(1<<fTo | 1<<fClaimed | 1<<fPost)
)

// rules is the table of kinds; spec/act.md shows the same table.
var rules = [...]rule{
	{kind: Statement, need: of(fLife), may: letter | marks | release | subject | contents | of(fAnswers)},
	{kind: Delivered, need: of(fAnswers), may: letter, to: toOne},
	{kind: Acknowledged, need: of(fAnswers, fPost), may: letter | of(fNote), to: toOne},
	{kind: Returned, need: of(fAnswers), may: letter | of(fPost, fSealed), to: toOne},
	{kind: HandedOver, need: handing | of(fAnswers), may: letter | marks | contents},
	{kind: Entered, need: handing | of(fNote), may: letter | marks | release | subject | contents | of(fAnswers), content: true},
	{kind: Confirmed, need: of(fAnswers), may: letter | marks | contents},
	{kind: Contested, need: of(fAnswers), may: letter | marks | contents},
	{kind: Adoption, need: of(fClear), may: public | of(fLanguage, fNote), to: toAll, groupState: true},
	{kind: KeyChange, need: of(fRole, fPayload), may: public | of(fClear), to: toAll, groupState: true},
	{kind: Suspension, may: public | of(fLanguage, fNote, fPayload), to: toAll, groupState: true},
	{kind: Resumption, may: public | of(fLanguage, fNote, fPayload, fAnswers), to: toAll, groupState: true},
	{kind: Volume, need: of(fPayload), may: public, to: toAll, groupState: true},
	{kind: Misconduct, need: of(fClear), may: public | of(fAnswers, fNote), to: toAll, groupState: true},
}

// discreetRule is the table of version 2.
var discreetRule = rule{kind: Discreet, may: of(fSealed), content: true}

// ruleOf finds the row of a kind; nil if neither version has such a kind.
func ruleOf(k Kind) *rule {
	if k == Discreet {
		return &discreetRule
	}
	for i := range rules {
		if rules[i].kind == k {
			return &rules[i]
		}
	}
	return nil
}
