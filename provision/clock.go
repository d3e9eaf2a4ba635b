package provision

import (
	"slices"
	"time"

	"detente/condition"
	"detente/pack"
	"detente/party"
	"detente/regime"
)

// clockOf works out the arithmetic of a step for an obligor and enters it into
// the item. It returns the clock that applies; nil: none.
func (o *occasion) clockOf(s *step, w who, it *Item, did *statement, st start) *clock {
	c := s.clock
	for i := range s.instead {
		x := &s.instead[i]
		v, form := o.values(), o.openerForm()
		if did != nil && did.entry != o.openerEntry() && did.values != nil {
			v, form = v.Over(did.values), s.form
		}
		if r := o.ask(x.when, o.env(w, v, form)); r.Outcome == condition.Holds {
			c = x.clock
			it.Clock.Says, it.Clock.Claim = x.Says, x.Claim
			it.Reasons = append(it.Reasons, r.Reason)
			break
		}
	}
	if c == nil {
		return nil
	}
	k := &it.Clock
	k.Kind, k.Word, k.Anchor = c.Kind, c.Word, c.Anchor
	if k.Anchor == "" {
		k.Anchor = c.Of
	}
	least, ok := o.length(c.least, w, it)
	if !ok {
		return c
	}
	most, ok := o.length(c.most, w, it)
	if !ok {
		return c
	}
	k.Least, k.Most = least.String(), most.String()
	at, day, known := o.anchor(c, w, it, did, st)
	if !known {
		return c
	}
	k.At, k.Day = at.Unix(), day
	o.ends(c, it, at, least, most)
	o.soon(c, w, it)
	return c
}

func (o *occasion) openerEntry() *entry {
	if o.opener == nil {
		return nil
	}
	return o.opener.entry
}

// length gives a duration of a clock; where it is not agreed the item is not judged.
func (o *occasion) length(l length, w who, it *Item) (condition.Duration, bool) {
	if l.slot == "" {
		return l.d, true
	}
	value, ok := o.slot(l.slot, w)
	d, err := condition.ParseDuration(value)
	if !ok || err != nil {
		it.unknown("not-agreed", condition.Arg{Name: "slot", Value: l.slot})
		return d, false
	}
	return d, true
}

// unknown keeps an item from being judged, and says why.
func (it *Item) unknown(key string, args ...condition.Arg) {
	it.State = NotJudged
	it.Reasons = append(it.Reasons, condition.Reason{Key: key, Args: args})
}

// anchor finds the moment from which a clock runs.
func (o *occasion) anchor(c *clock, w who, it *Item, did *statement, st start) (time.Time, bool, bool) {
	loc := o.m.text.loc
	switch c.Kind {
	case pack.ClockYearly:
		return o.turn.due, true, !o.turn.due.IsZero()
	case pack.ClockWith:
		return o.with(c, w)
	}
	if c.Kind == pack.ClockAfter && c.Of != "" && c.Anchor != "" {
		if e := o.firstOf(c.Of); e != nil {
			a, ok := condition.AnchorOf(e.read(o.moment).values, c.Anchor, loc)
			return a.Time.In(loc), a.Day, ok
		}
		return time.Time{}, false, false
	}
	if c.Of != "" {
		at, ok := o.running(c, w, it, st)
		return time.Unix(at, 0).In(loc), false, ok
	}
	for _, v := range o.forms(did) {
		if a, ok := condition.AnchorOf(v, c.Anchor, loc); ok {
			return a.Time.In(loc), a.Day, true
		}
		if answer, _ := v.Answer(c.Anchor); answer == regime.NotKnownNow {
			it.note("anchor-not-known-now", condition.Arg{Name: "field", Value: c.Anchor})
			return time.Time{}, false, false
		}
	}
	if o.opener != nil && o.opener.hidden || did != nil && did.hidden {
		it.unknown("not-readable", condition.Arg{Name: "name", Value: c.Anchor})
		return time.Time{}, false, false
	}
	it.note("anchor-open", condition.Arg{Name: "field", Value: c.Anchor})
	return time.Time{}, false, false
}

// forms are where a date can stand: in the filing that did it, and in that which
// opened the occasion.
func (o *occasion) forms(did *statement) []*regime.Values {
	var list []*regime.Values
	if did != nil && did.entry != o.openerEntry() && did.values != nil {
		list = append(list, did.values)
	}
	return append(list, o.values())
}

// running finds the moment of a receipt, of an issue, or of an earlier step.
func (o *occasion) running(c *clock, w who, it *Item, st start) (int64, bool) {
	switch {
	case c.Of == pack.OfIssue || c.Of == pack.OfReceipt && st.entry == nil:
		return st.at, st.at > 0 // silence is issued and received when the time is over
	case c.Of == pack.OfReceipt:
		at, ok := int64(0), false
		for _, id := range append([]party.ID{w.id}, w.side...) {
			for _, e := range o.received(st.entry, id) {
				if r, had := e.f.receipt(id); had && r <= o.moment.cut() && (!ok || r < at) {
					at, ok = r, true
				}
			}
		}
		if !ok && w.has(st.entry.f.By()) {
			return st.at, true // what it said itself it had
		}
		if !ok {
			it.note("receipt-open")
		}
		return at, ok
	}
	if e := o.firstOf(c.Of); e != nil {
		return e.f.When(), true
	}
	return 0, false
}

// cut is the moment past which nothing is known.
func (m Moment) cut() int64 {
	cut := m.Now
	for _, t := range []int64{m.Lodged, m.Held} {
		if t > 0 {
			cut = min(cut, t)
		}
	}
	return cut
}

// with finds the end of the day on which the step was taken that this one goes
// together with, or its date if that is later.
func (o *occasion) with(c *clock, w who) (time.Time, bool, bool) {
	at := int64(0)
	if c.Of == pack.OfIssue || c.Of == pack.OfReceipt {
		if o.opener != nil {
			at = o.opener.f.When()
		}
	} else {
		if e := o.firstOf(c.Of); e != nil {
			at = e.f.When()
		}
		if prev := o.m.find(c.Of); prev != nil {
			for _, p := range o.before(prev, w) {
				if it := o.item(prev, p); it != nil {
					at = max(at, it.Clock.Due)
				}
			}
		}
	}
	return o.m.text.in(at), true, at > 0
}

// received are the filings by whose receipt by a party a clock begins that an entry
// starts: where its author sent it to that party later, that.
func (o *occasion) received(e *entry, id party.ID) []*entry {
	var out []*entry
	if o.opener != nil && e == o.opener.entry && len(e.f.To) > 0 {
		for _, x := range o.sent() {
			if len(x.f.To) == 0 || slices.Contains(x.f.To, id) {
				out = append(out, x)
			}
		}
	}
	if len(out) == 0 {
		out = append(out, e)
	}
	return out
}

// ends works out from which second until which a clock runs.
func (o *occasion) ends(c *clock, it *Item, at time.Time, least, most condition.Duration) {
	k := &it.Clock
	switch c.Kind {
	case pack.ClockBefore:
		if c.least.set {
			k.Due = least.LatestBefore(at).Unix()
		} else {
			k.Due = at.Unix()
		}
		if c.most.set {
			k.From = most.EarliestBefore(at).Unix()
		}
	case pack.ClockWithin, pack.ClockAfter, pack.ClockSilence, pack.ClockLasts:
		k.Due = least.LatestAfter(at).Unix()
	case pack.ClockYearly, pack.ClockWith:
		k.Due = condition.LastSecond(at).Unix()
	case pack.ClockAtStart:
		k.Due = at.Unix()
		if k.Day {
			k.Due = condition.LastSecond(at).Unix()
		}
	case pack.ClockImmediate:
		k.Delay = max(0, o.moment.Now-at.Unix())
	}
}

// soon is the moment since which an item is due soon.
func (o *occasion) soon(c *clock, w who, it *Item) {
	k := &it.Clock
	if k.Due == 0 {
		return
	}
	d := condition.Duration{Days: 14}
	if c.least.set {
		if l, ok := o.length(c.least, w, it); ok && !l.Calendar() {
			d = condition.Duration{Seconds: 12 * 3600}
		}
	}
	if c.soon.set {
		d, _ = o.length(c.soon, w, it)
	}
	k.Soon = d.Sub(o.m.text.in(k.Due)).Unix()
}
