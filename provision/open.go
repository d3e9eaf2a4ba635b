package provision

import (
	"iter"
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
	none        bool // it opened nothing
	kept        *keptItems
	times       bool  // a condition changes by the passing of time
	moving      bool  // and that at a moment that is not known
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
	case m.Lodged != 0 || m.Held != 0 || m.Now < x.said || x.times:
		return false
	case x.none, q.From > 0 && x.last < q.From, q.Until > 0 && x.first >= q.Until:
		return true
	}
	return q.Obligor != "" && !x.doers.has(b.places[q.Obligor]) || q.Party != "" && !x.all.has(b.places[q.Party])
}

// keptItems are the items of an opener towards one party, as long as nothing is said on
// it: with the passing of time they change at moments that are known.
type keptItems struct {
	party       party.ID
	from, until int64 // from which moment until before which they stand; until 0: for ever
	items       []*Item
}

// maxKept bounds for how many openers items are kept: those of the months that people
// look at.
const maxKept = 2000

// shownItems are the items of an opener that a query takes by date and party.
func (b *Book) shownItems(out []*Item, place int, q Query, m Moment) []*Item {
	x := &b.openers[place]
	if b.apart(x, q, m) {
		return out
	}
	if q.Party == "" || q.Obligor != "" || m.Lodged != 0 || m.Held != 0 || m.Now < x.said || x.moving {
		return b.openerItems(out, x.e, q, m)
	}
	k := x.kept
	if k == nil || k.party != q.Party || m.Now < k.from || k.until > 0 && m.Now >= k.until {
		k = b.keepItems(place, q.Party, m)
	}
	for _, it := range k.items {
		if q.takes(it) && (q.Measure == "" || q.Measure == it.Measure) && (q.Text == "" || q.Text == it.Text) {
			out = append(out, it)
		}
	}
	return out
}

// keepItems derives the items of an opener towards a party, and keeps them unless what
// is said on another occasion can alter them.
func (b *Book) keepItems(place int, id party.ID, m Moment) *keptItems {
	x := &b.openers[place]
	k, moves := &keptItems{party: id, from: m.Now}, false
	for _, ms := range b.opens[x.e.f.Code] {
		o := b.opened(ms, x.e, m)
		if o == nil {
			continue
		}
		k.items = append(k.items, o.items(Query{Party: id}.wants(o))...)
		if o.until > 0 && (k.until == 0 || o.until < k.until) {
			k.until = o.until
		}
		for it := range o.derived() {
			moves = moves || it.State == Declined || it.State == LawfullyDeclined // by how often the same was declined
			for _, at := range []int64{it.Clock.From, it.Clock.Soon, it.Clock.Due + 1} {
				if at > m.Now && (k.until == 0 || at < k.until) {
					k.until = at
				}
			}
		}
	}
	if moves {
		x.kept = nil
		return k
	}
	x.kept = k
	if b.keeping = append(b.keeping, place); len(b.keeping) > maxKept {
		if old := b.keeping[0]; old != place {
			b.openers[old].kept = nil
		}
		b.keeping = slices.Delete(b.keeping, 0, 1)
	}
	return k
}

// derived are all items of an occasion that were asked for, whoever asked.
func (o *occasion) derived() iter.Seq[*Item] {
	return func(yield func(*Item) bool) {
		for i := range o.steps {
			for _, it := range o.steps[i].items {
				if it != nil && !yield(it) {
					return
				}
			}
		}
		for _, it := range o.memo {
			if it != nil && !yield(it) {
				return
			}
		}
	}
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
		x.times, x.moving = x.times || m.timed(), x.moving || m.untold()
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
func (m *measure) timed() bool { return m.asks((*condition.Condition).Timed) }

// untold reports whether one does so at a moment that no result tells.
func (m *measure) untold() bool { return m.asks((*condition.Condition).Untold) }

// asks reports whether a measure asks a condition that is of some kind.
func (m *measure) asks(of func(*condition.Condition) bool) bool {
	is := func(c *condition.Condition) bool { return c != nil && of(c) }
	return slices.ContainsFunc(m.steps, func(s *step) bool {
		return is(s.when) || is(s.discharged) || slices.ContainsFunc(s.instead, func(x exception) bool { return is(x.when) })
	})
}
