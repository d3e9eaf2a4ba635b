package watch

import (
	"time"

	"detente/line"
)

// Alert is the evidence about one message that came on a line. Times are whole
// seconds; a zero time: it has not happened.
type Alert struct {
	Precedence   line.Precedence
	Arrived      time.Time // at this node
	Acknowledged time.Time // by a post of this state
	Silenced     time.Time // up to which an officer silenced the sound
	Over         time.Time // answered, done with, or taken back by its author
}

// List is where an alert stands on the desk.
type List string

const (
	NeedsYou List = "needs-you" // nobody has acknowledged it
	Waiting  List = "waiting"   // acknowledged and not done
	Done     List = "done"
)

// Call says who of the own house is called. Each includes those before.
type Call string

const (
	Nobody Call = ""
	Duty   Call = "duty"           // the officer on duty
	Chief  Call = "chief-of-shift" // and the chief of shift
	Second Call = "second-contact" // and the second contact
)

// State is what follows for one alert at one moment.
type State struct {
	List  List
	Calls Call
	// Sound is whether it sounds now, or would if it did not pause until Next: an
	// acknowledged alert is steady and still.
	Sound bool
	// Silenced is up to when the sound is off by an officer's hand; zero: it is not.
	Silenced time.Time
	// Next is the next moment at which State changes by time alone; zero: never.
	Next time.Time
}

// At is the state of an alert.
func (r Rules) At(a Alert, now time.Time) State {
	switch {
	case !a.Over.IsZero() && !now.Before(a.Over):
		return State{List: Done}
	case !a.Acknowledged.IsZero() && !now.Before(a.Acknowledged):
		return State{List: Waiting}
	}
	rule := r.Of(a.Precedence)
	s := State{List: NeedsYou, Calls: Duty, Sound: rule.Sounds}
	next := func(t time.Time) {
		if t.After(now) && (s.Next.IsZero() || t.Before(s.Next)) {
			s.Next = t
		}
	}
	for _, step := range []struct {
		after time.Duration
		call  Call
	}{{rule.Chief, Chief}, {rule.Second, Second}} {
		if step.after == 0 {
			continue
		}
		due := a.Arrived.Add(step.after)
		if now.Before(due) {
			next(due)
		} else {
			s.Calls = step.call
		}
	}
	// A silence longer than the rule allows ends when the rule says, whoever stored it.
	if until := a.Silenced; now.Before(until) && !until.After(now.Add(rule.Silence)) {
		s.Sound, s.Silenced = false, until
		next(until)
	}
	return s
}

// Answer is what the sender sees of one addressee.
type Answer string

const (
	Awaited         Answer = "awaited"          // nothing yet, within the time
	Acknowledged    Answer = "acknowledged"     // receipt, by a post; never agreement
	NotAcknowledged Answer = "not-acknowledged" // the time is past; says nothing of why
)

// Sent is how a message of ours stands towards one addressee; acknowledged is when
// its post did, as that party claims, or zero. The second value is the moment at
// which it changes by time alone, or zero.
func (r Rules) Sent(p line.Precedence, sent, acknowledged, now time.Time) (Answer, time.Time) {
	if !acknowledged.IsZero() {
		return Acknowledged, time.Time{}
	}
	rule := r.Of(p)
	if rule.Sender == 0 {
		return Awaited, time.Time{}
	}
	if due := sent.Add(rule.Sender); now.Before(due) {
		return Awaited, due
	}
	return NotAcknowledged, time.Time{}
}

// Condition is how a line stands towards one other party, by its own word and by
// what this node hears. The first three are that party's word; a fault is nobody's.
type Condition string

const (
	InService Condition = "in-service" // open, and heard
	Suspended Condition = "suspended"  // it said so
	Closed    Condition = "closed"     // it said so
	Declined  Condition = "declined"   // it said so: a refusal
	NotOpened Condition = "not-opened" // it has said nothing of this line
	NotHeard  Condition = "not-heard"  // open, and nothing comes: a fault somewhere on the way, of either side
	ByCourier Condition = "by-courier" // open, and there is no way but a carried file
)

// Heard is what this node hears of a party.
type Heard struct {
	Last    time.Time     // of its newest sign of life; zero: none since this node began
	Period  time.Duration // of its heartbeat
	Courier bool          // there is no line between the nodes at all
}

// missed is how many heartbeats in a row have to be missing before a line counts as
// not heard: one can be lost, and a second be on its way.
const missed = 3

// Stands is the condition of a line towards a party whose end is given; nil: it has
// said nothing.
func Stands(end *line.End, h Heard, now time.Time) Condition {
	if end == nil {
		return NotOpened
	}
	switch end.StateAt(now) {
	case line.Suspended:
		return Suspended
	case line.Closed:
		return Closed
	case line.Declined:
		return Declined
	}
	switch {
	case h.Courier:
		return ByCourier
	case h.Last.IsZero() || now.Sub(h.Last) > missed*h.Period:
		return NotHeard
	}
	return InService
}
