package provision

import (
	"cmp"
	"slices"

	"detente/pack"
	"detente/party"
)

// Items lists what the texts provide for at a moment, in order of due date. What they
// hold is shared, and not to be altered. Of
// what comes back by the calendar it lists the turns that are due from the first
// day of the year before the moment until a year after it, or within the bounds
// of the query.
func (b *Book) Items(q Query, m Moment) []Item {
	b.recount()
	var out []*Item
	if !q.Filing.IsZero() {
		out = b.filingItems(q, m)
	} else {
		for _, t := range b.texts {
			for _, ms := range t.measures {
				if ms.cycle != nil && q.of(ms) {
					out = b.turnItems(out, ms, q, m)
				}
			}
		}
		for i := range b.openers {
			if q.Open {
				out = b.openItems(out, &b.openers[i], q, m)
			} else {
				out = b.shownItems(out, i, q, m)
			}
		}
	}
	return inOrder(out, m)
}

// inOrder sorts items by due date, code, occasion and obligor.
func inOrder(list []*Item, m Moment) []Item {
	slices.SortStableFunc(list, func(x, y *Item) int {
		if c := cmp.Compare(x.sortBy(), y.sortBy()); c != 0 {
			return c
		}
		if c := cmp.Or(cmp.Compare(x.Code, y.Code), cmp.Compare(x.Occasion, y.Occasion), cmp.Compare(x.Obligor, y.Obligor)); c != 0 {
			return c
		}
		return cmp.Compare(x.Key(), y.Key())
	})
	out := make([]Item, len(list))
	for i, it := range list {
		out[i] = *it
		// What is kept as open without an end was looked at at another time.
		if k := &out[i].Clock; k.Kind == pack.ClockImmediate && k.At > 0 && it.State.IsOpen() {
			k.Delay = max(0, m.Now-k.At)
		}
	}
	return out
}

// of reports whether a query asks for a measure.
func (q Query) of(m *measure) bool {
	return (q.Measure == "" || q.Measure == m.ID) && (q.Text == "" || q.Text == m.text.id)
}

// filingItems are those of the occasions to which a filing belongs: which it or what
// it answers opened, or to whose turn it was put.
func (b *Book) filingItems(q Query, m Moment) []*Item {
	var out []*Item
	for e, n := b.entries[q.Filing], 0; e != nil && n < maxDepth; e, n = e.parent, n+1 {
		out = b.openerItems(out, e, q, m)
		for _, k := range e.cycle {
			if !q.of(k.m) {
				continue
			}
			t, ok := k.m.cycle.from(k.from)
			for _, w := range b.owners(k.m, t.due.Unix()) {
				if ok && w.has(k.by) {
					out = b.ownerItems(out, k.m, t, w, q, m)
				}
			}
		}
	}
	return out
}

func (b *Book) openerItems(out []*Item, e *entry, q Query, m Moment) []*Item {
	if e.opener == 0 || !e.isNew() || e.f.When() > m.Now {
		return out
	}
	for _, ms := range b.opens[e.f.Code] {
		if q.of(ms) {
			out = b.openedItems(out, ms, e, q, m)
		}
	}
	return out
}

// sortBy is the due date; what has none comes last.
func (it *Item) sortBy() int64 {
	if it.Clock.Due == 0 {
		return 1<<62 + it.Opened
	}
	return it.Clock.Due
}

func (b *Book) openedItems(out []*Item, m *measure, e *entry, q Query, at Moment) []*Item {
	o := b.opened(m, e, at)
	if o == nil {
		return out
	}
	for _, it := range o.items(q.wants(o)) {
		if q.takes(it) {
			out = append(out, it)
		}
	}
	return out
}

func (b *Book) turnItems(out []*Item, m *measure, q Query, at Moment) []*Item {
	const year = 366 * 86400
	from, until := at.Now-year, at.Now+year
	if q.From > 0 {
		from = q.From
	}
	if q.Until > 0 {
		until = q.Until
	}
	if q.Open && from < at.Now {
		from = at.Now
	}
	for _, t := range m.cycle.turns(from, until) {
		for _, w := range b.owners(m, t.due.Unix()) {
			out = b.ownerItems(out, m, t, w, q, at)
		}
	}
	return out
}

// unwritten reports whether an item was due before anything was written down here,
// and nothing was entered for it since.
func (b *Book) unwritten(it *Item) bool {
	return it.Clock.Due > 0 && it.Clock.Due < b.since && (it.State == NotRecorded || it.State == VoluntaryNotUsed)
}

// ownerItems are those of one obligor on one turn.
func (b *Book) ownerItems(out []*Item, m *measure, t turn, w who, q Query, at Moment) []*Item {
	if q.Obligor != "" && !w.has(q.Obligor) {
		return out
	}
	o := b.turned(m, t, w, at)
	for _, it := range o.items(q.wants(o)) {
		if q.takes(it) && !b.unwritten(it) {
			out = append(out, it)
		}
	}
	return out
}

// wants tells which obligors of a step a query asks for; nil: all.
func (q Query) wants(o *occasion) func(*step, who) bool {
	switch {
	case q.Obligor != "":
		return func(_ *step, w who) bool { return w.has(q.Obligor) }
	case q.Party != "":
		return func(s *step, w who) bool { return w.has(q.Party) || slices.Contains(o.to(s), q.Party) }
	}
	return nil
}

func (q Query) takes(it *Item) bool {
	switch {
	case it.State == NotProvided && !q.All:
		return false
	case q.Open && !it.State.IsOpen():
		return false
	case q.Obligor != "" && it.Obligor != q.Obligor && !slices.Contains(it.Side, q.Obligor):
		return false
	case q.Code != "" && q.Code != it.Code:
		return false
	case q.Party != "" && it.Obligor != q.Party && !slices.Contains(it.Side, q.Party) && !slices.Contains(it.To, q.Party):
		return false
	case q.From > 0 && it.shown() < q.From, q.Until > 0 && it.shown() >= q.Until:
		return false
	}
	return true
}

// shown is the moment by which an item is put in a calendar: its date, else that
// of its filing, else that since which it is open.
func (it *Item) shown() int64 {
	if it.Clock.Due > 0 {
		return it.Clock.Due
	}
	if b := basis(it, "did", "declined"); b != nil {
		return b.When
	}
	return it.Opened
}

// Item looks one item up again by its key, at a moment.
func (b *Book) Item(key string, m Moment) (Item, bool) {
	for _, it := range b.Items(Query{All: true}, m) {
		if it.Key() == key {
			return it, true
		}
	}
	return Item{}, false
}

// bothOf reports whether two parties are bound by a text at a moment.
func (b *Book) bothOf(t *text, x, y party.ID, at int64) bool {
	return b.bound(t, x, at) && b.bound(t, y, at)
}
