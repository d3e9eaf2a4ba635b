package provision

import "slices"

// Remove takes a filing out again, as if it had never been entered: for a draft,
// which was entered to see what would follow.
func (b *Book) Remove(id ID) {
	e := b.entries[id]
	if e == nil || !e.have {
		return
	}
	b.Add(Filing{ID: id}) // at which no text looks
	b.recount()
	delete(b.unread, id)
	if n, last := e.opener, len(b.openers); n > 0 {
		b.openers[n-1] = b.openers[last-1]
		b.openers[n-1].e.opener = n
		b.openers, e.opener = b.openers[:last-1], 0
	}
	if len(e.kids) == 0 { // else it is known still from what answers it
		delete(b.entries, id)
	}
}

// Of lists the items that a filing opened, or that rest on it, at a moment: also
// those of what it answers or continues, and of its turn of what comes back.
func (b *Book) Of(id ID, m Moment) []Item {
	e := b.entries[id]
	if e == nil || !e.have {
		return nil
	}
	for n := 0; !e.isNew() && e.parent != nil && n < maxDepth; n++ {
		e = e.parent // a further word is about what it continues
	}
	id = e.f.ID
	return slices.DeleteFunc(b.Items(Query{Filing: id, All: true}, m), func(it Item) bool {
		return it.Opener != id && !slices.ContainsFunc(it.By, func(x Basis) bool { return x.Filing == id })
	})
}

// Try derives what would follow, for the one that makes it, from a filing that is not
// made yet: the items that it would open or fulfil at a moment. Of its own step also
// what is not provided for, with the reason.
func (b *Book) Try(f Filing, m Moment) []Item {
	if f.ID.IsZero() || b.entries[f.ID] != nil {
		return nil
	}
	b.Add(f)
	defer b.Remove(f.ID)
	var out []Item
	for _, it := range b.Of(f.ID, m) {
		if it.State == NotProvided && it.Code != f.Code || it.Obligor != f.By() && !slices.Contains(it.Side, f.By()) {
			continue
		}
		it.undo(f.ID, m)
		out = append(out, it)
	}
	return out
}

// undo leaves of an item what stands without a filing that was not made: by when it
// is due, and whether that is past.
func (it *Item) undo(id ID, m Moment) {
	if d := basis(it, "did", "declined"); d == nil || d.Filing != id {
		return
	}
	it.By = slices.DeleteFunc(slices.Clone(it.By), func(x Basis) bool { return x.Filing == id })
	it.After = 0
	switch it.State {
	case Done, DoneAfter, NotShownTimely, NilReturn:
		if it.State = Open; it.Clock.Due > 0 && m.Now > it.Clock.Due {
			it.State = NotRecorded
		}
	}
}
