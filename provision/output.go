package provision

import (
	"detente/condition"
	"detente/lodging"
	"detente/pack"
	"detente/party"
)

// State of an item.
type State string

// The states. None of them is a verdict: "not recorded" says that the records
// hold nothing, "not shown timely" that the evidence does not show a time.
const (
	NotDue           State = "not-due"
	DueSoon          State = "due-soon"
	Open             State = "open" // due, not yet past
	Done             State = "done"
	DoneAfter        State = "done-after" // the date, by the author's own word; Item.After says by how much
	NilReturn        State = "nil-return"
	NotRecorded      State = "not-recorded"
	LawfullyDeclined State = "lawfully-declined"
	Declined         State = "declined"
	Excused          State = "excused"
	VoluntaryNotUsed State = "voluntary-not-used"
	Contested        State = "contested"
	Superseded       State = "superseded" // another edition, or another filing, stands in its place
	Discharged       State = "discharged" // nothing remains to be done: cancelled, below the level, or silence has its meaning
	NotShownTimely   State = "not-shown-timely"
	NotJudged        State = "not-judged"   // not agreed, unverified, not readable, or a word without a figure
	NotProvided      State = "not-provided" // the condition does not hold; listed only where asked for
)

// States lists the states in the order in which they are read.
func States() []State {
	return []State{NotDue, DueSoon, Open, Done, DoneAfter, NilReturn, NotRecorded, LawfullyDeclined, Declined, Excused, VoluntaryNotUsed,
		Contested, Superseded, Discharged, NotShownTimely, NotJudged, NotProvided}
}

// IsOpen reports whether something can still be done in time.
func (s State) IsOpen() bool { return s == NotDue || s == DueSoon || s == Open }

// Item is one thing that a text provides for, by one party on one occasion.
type Item struct {
	Text        string // id of the pack
	Edition     string
	Measure     string
	Step        string
	Code        string // of the step, as a filing names it
	Article     string
	ArticleSure pack.Sure // of the number of the article
	Strength    pack.Strength
	Nature      pack.Nature
	Sure        pack.Sure // the least sure fact that it rests on
	// Occasion is the year for what is yearly, the first day of the period for what
	// comes back, and for the rest the filing that opened it.
	Occasion string
	Opener   ID       // of what a filing opened
	Obligor  party.ID // who; empty if Side acts as one
	Side     []party.ID
	To       []party.ID // addressees
	State    State
	Clock    Clock
	After    int64 // seconds past the date, of DoneAfter; the least that the author's own word gives
	Opened   int64 // moment since which it is open; 0: always
	By       []Basis
	Missing  []party.ID // addressees to whom nothing is shown to have gone
	Accounts []string   // keys of the accounts that it draws on
	Reasons  []condition.Reason
	// Notes say what else a reader must know, e.g. who disputes what.
	Notes []Note
}

// Key names an item in a calendar for ever.
func (it *Item) Key() string {
	who := string(it.Obligor)
	if who == "" {
		for i, id := range it.Side {
			if i > 0 {
				who += "+"
			}
			who += string(id)
		}
	}
	return it.Code + "/" + it.Occasion + "/" + who
}

// Clock is the arithmetic of one item.
type Clock struct {
	Kind    string    // of pack.Clock; empty: none
	Word    pack.Text // of an immediate one
	Least   string    // ISO 8601, as the text or the agreement has it
	Most    string
	Anchor  string    // field, "receipt", "issue" or a step
	At      int64     // moment of the anchor; 0: not known
	Day     bool      // the anchor is a day
	From    int64     // not earlier than; 0: no such end
	Due     int64     // last second in time; 0: no date
	Soon    int64     // "due soon" since
	Delay   int64     // seconds since the anchor, of an immediate clock
	Until   string    // field with the moment that is compared in place of the lodging
	Told    int64     // that moment; 0: none, or not told
	ToldDay bool      // it is a day
	Says    pack.Text // of the exception that applies
	Claim   bool      // the exception rests on the word of the author
}

// Basis is one filing on which an item rests.
type Basis struct {
	Filing  ID
	As      string // opened, did, moved, declined, cancelled, contested, confirmed, insufficient
	By      party.ID
	Entered bool // entered for By by another
	Note    bool // registered by hand
	When    int64
	Bounds  lodging.Bounds
	Finding lodging.Finding // against Clock.Due; empty without one
}

// Note is one further sentence of an item: a key of the catalogue with figures.
type Note struct {
	Key  string
	Args []condition.Arg
}

// Account is a count of one scope and period.
type Account struct {
	Key         string // count, scope, period: stable
	Text        string
	Measure     string
	Count       string
	Title       pack.Text
	Article     string
	ArticleSure pack.Sure // of the number of the article
	Strength    pack.Strength
	Scope       []party.ID // parties that it belongs to
	Where       []string   // other values of its scope
	Period      string     // "2027", "2027-2029", "at one time", or empty
	Used        int
	Allowed     int // -1: no limit, or not known
	Least       int // by the end of the period; 0: none
	Remaining   int // -1: no limit, or not known
	Full        bool
	Over        int                // by how many more than allowed
	ever        bool               // its period is all time
	Follows     string             // when full: tell-all, may-decline
	NotKnown    []condition.Reason // why Allowed is not known: not agreed, or figures not at hand
	Filings     []ID               // that count, in order
	Passed      []ID               // that do not count by rule
	Sure        pack.Sure
}

// Finding is a count outside of what the text provides for, or a gate without its
// announcement; in neutral words, with what it rests on.
type Finding struct {
	Key         string // stable
	Text        string
	Measure     string
	Kind        string // above, below, not-announced, ceiling, not-read
	Parties     []party.ID
	Article     string
	ArticleSure pack.Sure // of the number of the article
	Filings     []ID
	Note        Note
	Sure        pack.Sure
}

// Kinds of finding.
const (
	Above        = "above"         // more than the text provides for
	Below        = "below"         // less, at the end of the period
	NotAnnounced = "not-announced" // a gate without its announcement
	OverCeiling  = "ceiling"
	NotRead      = "not-read" // a filing whose form is unknown or faulty, shown as such
)

// Query selects items; zero fields do not restrict.
type Query struct {
	Party   party.ID // obligor, or addressee
	Obligor party.ID
	Measure string
	Code    string
	Text    string
	Filing  ID    // only the occasions to which this filing belongs
	Open    bool  // only what can still be done
	From    int64 // due, or done, at or after this moment
	Until   int64 // due, or done, before this moment
	All     bool  // also what is not provided for
}

// Block is one measure between parties as a building block.
type Block struct {
	Text    string
	Measure string
	Title   pack.Text
	Place   pack.Place
	Nature  pack.Nature
	Stands  bool
	// Needs says what it would take: sentences on slots that are not agreed, texts
	// that one of the parties is not bound by, measures that it stands on.
	Needs []Note
	From  []string // measures that lead to it
}
