package provision

import (
	"cmp"
	"container/heap"
	"slices"
)

// watched is what can have findings: an account, a ceiling, a filing that cannot be
// read. The book keeps what the last look at the present gave, and looks again when
// a filing touches it or the time comes at which the answer can be another.
type watched interface {
	watching() *watch
	look(b *Book, m Moment, h *horizon) []*found
}

// watch is what is kept of the last look.
type watch struct {
	found  []*found
	until  int64 // the answer holds before this moment; 0: for ever
	queued bool  // to be looked at again
}

func (w *watch) watching() *watch { return w }

// found is a finding in its place among all.
type found struct {
	Finding
	text int    // place of the text, where two have the same key
	same string // of periods that overlap: the same filings are named once
}

func (f *found) compare(g *found) int {
	return cmp.Or(cmp.Compare(f.Key, g.Key), cmp.Compare(f.text, g.text))
}

// horizon is the first moment after the present at which an answer can be another.
// Where it is nil another moment than the present is looked at, and nothing is kept.
type horizon struct {
	now, at int64 // 0: never
}

// see notes a moment from which something is seen, begins or has ended.
func (h *horizon) see(at int64) {
	if h != nil && at > h.now && (h.at == 0 || at < h.at) {
		h.at = at
	}
}

// around notes a moment that is known to some days, since months differ and clocks
// are changed: within these the answer is looked at anew each second.
func (h *horizon) around(at int64) {
	const days = 4 * 86400
	h.see(at - days)
	if h != nil && at-days <= h.now && h.now <= at+days {
		h.see(h.now + 1)
	}
}

// entry notes when a filing, and what was said on it, comes to be seen.
func (h *horizon) entry(e *entry) {
	if h != nil {
		h.thread(e, 0)
	}
}

func (h *horizon) thread(e *entry, depth int) {
	if e.have {
		h.see(e.f.When())
	}
	for _, k := range e.kids {
		if depth < maxDepth {
			h.thread(k, depth+1)
		}
	}
}

// expiry is a moment at which something is to be looked at again.
type expiry struct {
	at int64
	w  watched
}

type expiries []expiry

func (x expiries) Len() int           { return len(x) }
func (x expiries) Less(i, j int) bool { return x[i].at < x[j].at }
func (x expiries) Swap(i, j int)      { x[i], x[j] = x[j], x[i] }
func (x *expiries) Push(e any)        { *x = append(*x, e.(expiry)) }
func (x *expiries) Pop() any {
	last := (*x)[len(*x)-1]
	*x = (*x)[:len(*x)-1]
	return last
}

// queue has something looked at again.
func (b *Book) queue(w watched) {
	if k := w.watching(); !k.queued {
		k.queued = true
		b.pending = append(b.pending, w)
	}
}

// settle brings what is kept up to a moment that is not before the last one.
func (b *Book) settle(m Moment) {
	b.seen = m.Now
	for len(b.expiring) > 0 && b.expiring[0].at <= m.Now {
		if x := heap.Pop(&b.expiring).(expiry); x.w.watching().until == x.at {
			b.queue(x.w)
		}
	}
	for _, w := range b.pending {
		k, h := w.watching(), &horizon{now: m.Now}
		b.replace(k, w.look(b, m, h))
		if h.at != 0 && h.at != k.until {
			heap.Push(&b.expiring, expiry{h.at, w})
		}
		k.until, k.queued = h.at, false
	}
	b.pending = b.pending[:0]
}

// replace puts the findings of one thing in the place of those that it had.
func (b *Book) replace(k *watch, is []*found) {
	if len(k.found)+len(is) > 0 {
		b.list = nil
	}
	for _, f := range k.found {
		if i := slices.Index(b.found, f); i >= 0 {
			b.found = slices.Delete(b.found, i, i+1)
		}
	}
	for _, f := range is {
		i, _ := slices.BinarySearchFunc(b.found, f, (*found).compare)
		b.found = slices.Insert(b.found, i, f)
	}
	k.found = is
}

// Findings lists the counts outside of what the texts provide for, the gates
// without an announcement, and the filings that cannot be read, in the order of
// their keys. The list is shared, and not to be altered. It is quick as long
// as the moments that are asked for go forward.
func (b *Book) Findings(m Moment) []Finding {
	b.recount()
	b.foresee(m.Now)
	if m.Lodged != 0 || m.Held != 0 || m.Now < b.seen {
		return once(b.at(m))
	}
	b.settle(m)
	if b.list == nil {
		b.list = once(b.found)
	}
	return b.list
}

// once lists what was found, the same once.
func once(list []*found) []Finding {
	out := make([]Finding, 0, len(list))
	seen := map[string]bool{}
	for i, f := range list {
		if i > 0 && f.Key == list[i-1].Key || seen[f.same] {
			continue
		}
		if f.same != "" {
			seen[f.same] = true
		}
		out = append(out, f.Finding)
	}
	return out
}

// at looks at everything at any moment.
func (b *Book) at(m Moment) []*found {
	var out []*found
	for _, l := range b.ledgers {
		out = append(out, l.look(b, m, nil)...)
	}
	for _, s := range b.looked {
		out = append(out, s.look(b, m, nil)...)
	}
	for _, u := range b.unread {
		out = append(out, u.look(b, m, nil)...)
	}
	slices.SortFunc(out, (*found).compare)
	return out
}
