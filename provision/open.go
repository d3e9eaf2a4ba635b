package provision

import (
	"slices"

	"detente/condition"
	"detente/party"
)

// opener is a filing that opens occasions, with what can be open of them and when its
// items are shown. That is worked out anew when something is added.
type opener struct {
	e     *entry
	known bool
	from  int64
	said  int64 // the newest moment at which something was said on it
	// Of all that it opened, as seen from far ahead: the first and the last moment by
	// which an item is put in a calendar, and who is to do it and whom else it concerns.
	first, last int64
	doers, all  parties
	none        bool  // it opened nothing
	moving      bool  // a condition changes by the passing of time
	until       int64 // past which nothing is open but what has no end, and nothing more is said
	vague       bool  // of a part of it is not shown when it was lodged, or held
	timed       bool  // what has no end changes by the passing of time
	// What is open without an end, who is to do it, and whom else that concerns.
	lasting   []Item
	obligors  parties
	concerned parties
}

// parties is a set of parties of the group, by their places.
type parties []uint64

func (s parties) has(n int) bool { return n/64 < len(s) && s[n/64]&(1<<(n%64)) != 0 }

func (s parties) with(n int) parties {
	for len(s) <= n/64 {
		s = append(s, 0)
	}
	s[n/64] |= 1 << (n % 64)
	return s
}

// apart reports whether no item of an opener can be among those of a query: by its date,
// or by the parties. It looks at moments alone from which all that was said is seen.
func (b *Book) apart(x *opener, q Query, m Moment) bool {
	if !x.known {
		b.findEnd(x)
	}
	switch {
	case m.Lodged != 0 || m.Held != 0 || m.Now < x.said || x.moving:
		return false
	case x.none, q.From > 0 && x.last < q.From, q.Until > 0 && x.first >= q.Until:
		return true
	}
	return q.Obligor != "" && !x.doers.has(b.places[q.Obligor]) || q.Party != "" && !x.all.has(b.places[q.Party])
}

// openItems are the items of an opener that are open at a moment.
func (b *Book) openItems(out []*Item, x *opener, q Query, m Moment) []*Item {
	if !x.known {
		b.findEnd(x)
	}
	part := m.Lodged != 0 || m.Held != 0
	switch {
	case x.from > m.Now:
		return out
	case m.cut() <= x.until, part && x.vague:
		return b.openerItems(out, x.e, q, m)
	case q.Obligor != "" && !x.obligors.has(b.places[q.Obligor]), q.Party != "" && !x.concerned.has(b.places[q.Party]):
		return out
	case part, x.timed:
		return b.openerItems(out, x.e, q, m)
	}
	for i := range x.lasting {
		if it := &x.lasting[i]; q.takes(it) && (q.Measure == "" || q.Measure == it.Measure) && (q.Text == "" || q.Text == it.Text) {
			out = append(out, it)
		}
	}
	return out
}

// findEnd works out until when something of what a filing opened can be open: the
// last date of its items as seen from far ahead, with the clocks of all steps once
// more, since a part of the evidence can open a step later.
func (b *Book) findEnd(x *opener) {
	const far = 1 << 40
	e := x.e
	*x = opener{e: e, known: true, none: true, from: e.f.When()}
	b.evidence(x, e, 0)
	for _, m := range b.opens[e.f.Code] {
		o := b.opened(m, e, Moment{Now: far})
		if o == nil {
			continue
		}
		x.moving = x.moving || m.timed()
		for _, it := range o.items(nil) {
			b.placed(x, it)
			end := it.Clock.Due
			if d := basis(it, "did", "declined"); d != nil {
				end = max(end, d.When)
			}
			if end > 0 || !it.State.IsOpen() {
				x.until = max(x.until, end+m.margin)
				continue
			}
			x.timed = x.timed || m.timed()
			x.lasting = append(x.lasting, *it)
			for _, id := range append([]party.ID{it.Obligor}, it.Side...) {
				x.obligors = x.obligors.with(b.places[id])
				x.concerned = x.concerned.with(b.places[id])
			}
			for _, id := range it.To {
				x.concerned = x.concerned.with(b.places[id])
			}
		}
	}
}

// placed notes by which moment an item is put in a calendar, and whom it concerns.
func (b *Book) placed(x *opener, it *Item) {
	at := it.shown()
	if x.none {
		x.none, x.first, x.last = false, at, at
	}
	x.first, x.last = min(x.first, at), max(x.last, at)
	for _, id := range append([]party.ID{it.Obligor}, it.Side...) {
		x.doers, x.all = x.doers.with(b.places[id]), x.all.with(b.places[id])
	}
	for _, id := range it.To {
		x.all = x.all.with(b.places[id])
	}
}

// evidence looks until when something was said on an occasion, lodged, and held.
func (b *Book) evidence(x *opener, e *entry, depth int) {
	if f := &e.f; e.have {
		x.said, x.until = max(x.said, f.When()), max(x.until, f.When(), f.Bounds.NotAfter, f.Held)
		x.vague = x.vague || f.Held == 0 || f.Bounds.NotAfter == 0 && f.Source != FromNote
	}
	for _, k := range e.kids {
		if depth < maxDepth {
			b.evidence(x, k, depth+1)
		}
	}
}

// timed reports whether a condition of a measure changes by the passing of time.
func (m *measure) timed() bool {
	return slices.ContainsFunc(m.steps, func(s *step) bool {
		return timed(s.when) || timed(s.discharged) || slices.ContainsFunc(s.instead, func(x exception) bool { return timed(x.when) })
	})
}

func timed(c *condition.Condition) bool { return c != nil && c.Timed() }
