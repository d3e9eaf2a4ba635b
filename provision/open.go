package provision

import "detente/party"

// opener is a filing that opens occasions, with the time in which something of them
// can be open. That is worked out anew when something is added.
type opener struct {
	e     *entry
	known bool
	from  int64
	until int64 // past which nothing is open but what has no end, and nothing more is said
	vague bool  // of a part of it is not shown when it was lodged, or held
	// Who has something open without an end, and whom that concerns.
	obligors, concerned parties
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

// canBeOpen reports whether something that a query asks for can be open at a moment.
func (b *Book) canBeOpen(x *opener, q Query, m Moment) bool {
	if !x.known {
		b.findEnd(x)
	}
	if x.from > m.Now {
		return false
	}
	if m.cut() <= x.until || x.vague && m.cut() != m.Now {
		return true
	}
	switch {
	case len(x.concerned) == 0:
		return false
	case q.Obligor != "":
		return x.obligors.has(b.places[q.Obligor])
	case q.Party != "":
		return x.concerned.has(b.places[q.Party])
	}
	return true
}

// findEnd works out until when something of what a filing opened can be open: the
// last date of its items as seen from far ahead, with the clocks of all steps once
// more, since a part of the evidence can open a step later.
func (b *Book) findEnd(x *opener) {
	const far = 1 << 40
	e := x.e
	*x = opener{e: e, known: true, from: e.f.When()}
	b.evidence(x, e, 0)
	for _, m := range b.opens[e.f.Code] {
		o := b.opened(m, e, Moment{Now: far})
		if o == nil {
			continue
		}
		for _, it := range o.items(nil) {
			end := it.Clock.Due
			if d := basis(&it, "did", "declined"); d != nil {
				end = max(end, d.When)
			}
			if end > 0 || !it.State.IsOpen() {
				x.until = max(x.until, end+m.margin)
				continue
			}
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

// evidence looks until when something was said on an occasion, lodged, and held.
func (b *Book) evidence(x *opener, e *entry, depth int) {
	if f := &e.f; e.have {
		x.until = max(x.until, f.When(), f.Bounds.NotAfter, f.Held)
		x.vague = x.vague || f.Held == 0 || f.Bounds.NotAfter == 0 && f.Source != FromNote
	}
	for _, k := range e.kids {
		if depth < maxDepth {
			b.evidence(x, k, depth+1)
		}
	}
}
