package portfolio

import (
	"context"
	"maps"
	"slices"

	"detente/act"
	"detente/docket"
	"detente/node"
	"detente/party"
	"detente/provision"
)

// renew begins anew when anything changed by which earlier acts are judged, and takes
// in what changed in the register.
func (p *Portfolio) renew(ctx context.Context) error {
	rules, err := p.n.Rules(ctx)
	if err != nil {
		return err
	}
	changes, err := p.n.Notes().Changes(ctx)
	if err != nil {
		return err
	}
	switch {
	case p.filings == nil || rules != p.rules:
		if err := p.begin(ctx); err != nil {
			p.filings = nil
			return err
		}
		p.rules, p.notes = rules, changes
	case changes != p.notes:
		if err := p.readNotes(ctx); err != nil {
			return err
		}
		p.notes = changes
	}
	return nil
}

// refresh reads what came since, at most so many acts, and tells how many are left.
// After an error it goes on where it stopped.
func (p *Portfolio) refresh(ctx context.Context, most int64) (left int64, err error) {
	if err := p.readStamps(ctx); err != nil {
		return 0, err
	}
	if err := p.readContents(ctx); err != nil {
		return 0, err
	}
	if left, err = p.readActs(ctx, most); err != nil || left > 0 {
		return left, err
	}
	if err := p.readRevealed(ctx); err != nil {
		return 0, err
	}
	return 0, p.readStale(ctx)
}

// begin forgets everything, and reads the register.
func (p *Portfolio) begin(ctx context.Context) (err error) {
	p.next, p.filings, p.books = map[party.Origin]int64{}, map[provision.ID]*filing{}, map[act.Status]*reading{}
	p.stale, p.waiting, p.later = map[provision.ID]bool{}, map[provision.ID]bool{}, 0
	p.ahead, p.upto = map[provision.ID][]*filing{}, nil
	if p.stamp, err = p.n.LastStamp(ctx); err != nil {
		return err
	}
	if p.contents, err = p.n.Contents(ctx); err != nil {
		return err
	}
	if p.revealed, err = p.n.LastRevealed(ctx); err != nil {
		return err
	}
	return p.readNotes(ctx)
}

// answers are the kinds by which an addressee shows since when it had an act.
var answers = []act.Kind{act.Delivered, act.Acknowledged}

// looked are the kinds that are read: what texts look at, what shows a receipt, and
// who takes part.
var looked = append([]act.Kind{act.Statement, act.Entered, act.Confirmed, act.Contested, act.Suspension, act.Resumption}, answers...)

// page is how many notes are read at a time.
const page = 1000

// readActs reads of the acts that came since the last time at most so many, and tells
// how many are left. A round reads all that was held at one moment, in several calls if
// need be: what it reads was seen by whatever of it was read before.
func (p *Portfolio) readActs(ctx context.Context, most int64) (left int64, err error) {
	sizes, err := p.n.Positions(ctx)
	if err != nil {
		return 0, err
	}
	for o, size := range sizes {
		left += size - p.next[o]
	}
	if left == 0 {
		return 0, nil
	}
	if p.upto == nil {
		p.upto = sizes
		p.round++
	}
	for _, o := range slices.Sorted(maps.Keys(p.upto)) {
		for p.next[o] < p.upto[o] {
			if most <= 0 {
				return left, nil
			}
			from := p.next[o]
			if err := p.readRun(ctx, o, min(p.upto[o], from+min(most, node.MaxActs))); err != nil {
				return left, err
			}
			most -= p.next[o] - from
			left -= p.next[o] - from
		}
	}
	p.upto = nil
	return left, nil
}

// readRun reads the acts of a record up to, not including, to.
func (p *Portfolio) readRun(ctx context.Context, o party.Origin, to int64) error {
	run := p.n.Acts(o, p.next[o], to)
	rows, err := run.Rows(ctx, looked)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if err := p.read(ctx, run, r); err != nil {
			return err
		}
	}
	p.next[o] = to
	return nil
}

// readRevealed reads the discreet acts that were opened after their place in the record
// was passed.
func (p *Portfolio) readRevealed(ctx context.Context) error {
	first := true
	last, err := p.n.Revealed(ctx, p.revealed, func(r docket.Row) error {
		if r.Ref.Index >= p.next[r.Ref.Origin] || !slices.Contains(looked, r.Kind) {
			return nil
		}
		if first {
			p.round++ // what was read before did not see it
			first = false
		}
		return p.read(ctx, p.n.Acts(r.Ref.Origin, r.Ref.Index, r.Ref.Index+1), r)
	})
	p.revealed = last
	return err
}

// read takes one act in.
func (p *Portfolio) read(ctx context.Context, run *node.Acts, r docket.Row) error {
	if f := p.filings[idOf(r.Answers)]; f != nil && f.round < p.round && (slices.Contains(answers, r.Kind) || r.Life == act.Withdrawal) {
		p.stale[f.ID] = true // a receipt shows it earlier; what is withdrawn is not held by who cosigns later
	}
	switch {
	case slices.Contains(answers, r.Kind):
		return nil
	case r.Kind == act.Suspension || r.Kind == act.Resumption:
		p.books = map[act.Status]*reading{} // who takes part is asked when a book is opened
		return nil
	case r.Measure == "" && r.Life == act.New:
		return nil // free text, under no measure
	}
	f, err := p.filing(ctx, run, r)
	if err != nil || f == nil {
		return err
	}
	p.enter(f)
	for _, x := range p.ahead[f.ID] {
		if x = p.filings[x.ID]; x != nil && x.about != f.ref {
			x.Answers = provision.ID{}
			p.enter(x)
		}
	}
	delete(p.ahead, f.ID)
	return nil
}

// enter puts a filing into what is known, and into the book of its status.
func (p *Portfolio) enter(f *filing) {
	p.filings[f.ID] = f
	p.await(f)
	if b := p.books[f.status]; b != nil {
		b.book.Add(f.Filing)
	}
}

// leave takes a filing out of what is known, and out of the book of its status.
func (p *Portfolio) leave(id provision.ID) {
	f := p.filings[id]
	if f == nil {
		return
	}
	delete(p.filings, id)
	if b := p.books[f.status]; b != nil {
		b.book.Add(provision.Filing{ID: id})
	}
}

// touch is what came over one record: of each party the largest tree and the earliest
// time, and all sizes in order.
type touch struct {
	by    map[party.ID]node.Stamp
	sizes []int64
}

func (t *touch) add(s node.Stamp) {
	t.sizes = append(t.sizes, s.Size)
	if !s.Mirror {
		return
	}
	if was, seen := t.by[s.By]; seen {
		s.Size, s.Time = max(s.Size, was.Size), min(s.Time, was.Time)
	}
	t.by[s.By] = s
}

// alters reports whether something of it can change what is known of a filing. What
// is asked again in vain comes out the same.
func (t *touch) alters(f *filing) bool {
	for _, s := range t.by {
		if s.Size > f.ref.Index && f.seen.Alters(s) {
			return true
		}
	}
	at, _ := slices.BinarySearch(t.sizes, f.seen.Before) // it may bring a head of the author's own
	return at < len(t.sizes) && t.sizes[at] < f.seen.Over
}

// readStamps marks those acts that a cosignature which came since can show earlier,
// or for the first time, and those for which the time has come.
func (p *Portfolio) readStamps(ctx context.Context) error {
	touched := map[party.Origin]*touch{}
	last, err := p.n.Stamped(ctx, p.stamp, func(s node.Stamp) {
		t := touched[s.Origin]
		if t == nil {
			t = &touch{by: map[party.ID]node.Stamp{}}
			touched[s.Origin] = t
		}
		t.add(s)
	})
	if err != nil {
		return err
	}
	p.stamp = last
	for _, t := range touched {
		slices.Sort(t.sizes)
	}
	now := p.n.Now().Unix()
	come := p.later > 0 && p.later <= now
	if len(touched) == 0 && !come {
		return nil
	}
	if come {
		p.later = 0
	}
	for id, f := range p.filings {
		if t := touched[f.ref.Origin]; t != nil && t.alters(f) {
			p.stale[id] = true
		}
		if come && f.seen.Next > 0 {
			if f.seen.Next <= now {
				p.stale[id] = true
			} else {
				p.await(f)
			}
		}
	}
	return nil
}

// await notes when the first of what lies in the future is to be looked at.
func (p *Portfolio) await(f *filing) {
	if at := f.seen.Next; at > 0 && (p.later == 0 || at < p.later) {
		p.later = at
	}
}

// readContents reads anew what waited for a content, if any was opened since.
func (p *Portfolio) readContents(ctx context.Context) error {
	all, err := p.n.Contents(ctx)
	if err != nil || all == p.contents {
		return err
	}
	for id := range p.waiting {
		f := p.filings[id]
		if f == nil {
			delete(p.waiting, id)
			continue
		}
		run := p.n.Acts(f.ref.Origin, f.ref.Index, f.ref.Index+1)
		a, err := run.Act(ctx, f.ref.Index)
		if err != nil {
			return err
		}
		f.Unreadable, f.Faulty, f.Values = false, false, nil
		if err := p.content(ctx, run, f, a); err != nil {
			return err
		}
		p.enter(f)
	}
	p.contents = all
	return nil
}

// readStale asks again for the times that may have changed.
func (p *Portfolio) readStale(ctx context.Context) error {
	for id := range p.stale {
		if err := p.again(ctx, p.filings[id]); err != nil {
			return err
		}
		delete(p.stale, id)
	}
	return nil
}

// again reads the times of a filing anew.
func (p *Portfolio) again(ctx context.Context, f *filing) error {
	s, err := p.n.Shown(ctx, f.ref)
	if err != nil {
		return err
	}
	p.times(f, s)
	p.enter(f)
	return nil
}
