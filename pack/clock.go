package pack

// Kinds of clock.
const (
	ClockBefore    = "before"    // not later than Least before Anchor, not earlier than Most
	ClockWithin    = "within"    // within Least after Of
	ClockYearly    = "yearly"    // the date of the occasion
	ClockAfter     = "after"     // within Least after the date in Anchor, a fact outside the system; with Of, Anchor stands in the form of that step
	ClockAtStart   = "at-start"  // when Anchor comes
	ClockWith      = "with"      // together with the step Of
	ClockImmediate = "immediate" // "forthwith": the delay since Of or Anchor is shown, never judged
	ClockLasts     = "lasts"     // from Anchor to Until at most Least
	ClockSilence   = "silence"   // Least after Of: then silence has the meaning that the step gives it
)

// What a clock can run from.
const (
	OfReceipt = "receipt" // of the filing that opened the step, by the one who is asked
	OfIssue   = "issue"   // its lodging
)

// Clock is a row of the table that a calendar can show. Durations in whole days
// are counted in calendar days against dates, those in hours against instants.
type Clock struct {
	Pos
	Kind   string `yaml:"kind"`
	Least  string `yaml:"least,omitempty"`  // ISO 8601 duration, or a slot "$id"
	Most   string `yaml:"most,omitempty"`   // the other end: not earlier than
	Anchor string `yaml:"anchor,omitempty"` // field of the form with a date or moment
	// Until is the field with the moment that is compared, of ClockLasts, ClockWithin and
	// ClockAfter: a meeting is held within 48 hours, whenever word of it is lodged. Of the
	// latter two, empty: the lodging.
	Until  string `yaml:"until,omitempty"`
	Of     string `yaml:"of,omitempty"`     // receipt, issue, or the id of a step
	Window string `yaml:"window,omitempty"` // Anchor opens a window so long; notice is before it opens
	Word   Text   `yaml:"word,omitempty"`   // of ClockImmediate: forthwith, promptly, without delay
	Soon   string `yaml:"soon,omitempty"`   // "due soon" from so long before; default P14D, or PT12H for hours
	Sure   Sure   `yaml:"sure,omitempty"`
}
