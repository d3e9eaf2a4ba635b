package portfolio

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"detente/act"
	"detente/docket"
	"detente/internal/canon"
	"detente/node"
	"detente/pack"
	"detente/party"
	"detente/provision"
	"detente/roster"
)

// Portfolio reads the node of one state. It is safe for concurrent use.
type Portfolio struct {
	n *node.Node

	mu       sync.Mutex
	rules    string                     // by what everything below was built
	next     map[party.Origin]int64     // first act not yet read
	stamp    int64                      // newest cosignature looked at
	notes    int64                      // state of the register
	contents int64                      // how many contents were opened
	revealed int64                      // newest discreet act looked at
	round    int64                      // counts the questions
	filings  map[provision.ID]*filing   // every statement that a text could look at
	stale    map[provision.ID]bool      // of which the times are to be asked again
	waiting  map[provision.ID]bool      // whose content may still come
	ahead    map[provision.ID][]*filing // what answers an act that is not held yet
	later    int64                      // moment at which the first stamp of the future is to be looked at; 0: none
	books    map[act.Status]*reading    // built when first asked for
}

// filing is a statement with what has to be asked again when evidence comes.
type filing struct {
	provision.Filing
	ref    act.Ref
	status act.Status
	seen   node.Seen
	about  act.Ref // what it answers, as its author names it
	round  int64   // in which its times were asked
}

// reading is one book with the texts that it was opened with.
type reading struct {
	book    *provision.Book
	texts   []provision.Text
	missing []Missing
}

// New reads a node. Nothing is read before the first question.
func New(n *node.Node) *Portfolio { return &Portfolio{n: n} }

// Missing is a text that an edition names and that is not at hand here.
type Missing struct {
	ID     string
	Digest canon.Digest
}

// View is what is known at one time. It is valid only in the call that it is handed to.
type View struct {
	Self    party.ID
	Roster  *roster.Roster // in force
	Book    *provision.Book
	Texts   []provision.Text // in force at some time, in the order of adoption
	Missing []Missing
	Now     time.Time

	filings map[provision.ID]*filing
}

// Had is since when this state itself is shown to have had an act of another, by its
// own mirror cosignature or its receipt, in Unix seconds; 0: not shown. It speaks
// against this state alone, also where others cannot see that it was told in time.
func (v *View) Had(id provision.ID) int64 {
	f := v.filings[id]
	if f == nil || f.Author == v.Self {
		return 0
	}
	for _, r := range f.Receipts {
		if r.By == v.Self {
			return r.At
		}
	}
	return 0
}

// Look brings the book of a status up to date and hands it to f. Statements in
// earnest, exercises and tests have a book each. Only one f runs at a time.
func (p *Portfolio) Look(ctx context.Context, status act.Status, f func(*View) error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.refresh(ctx); err != nil {
		return err
	}
	r, err := p.reading(ctx, status)
	if err != nil {
		return err
	}
	return f(&View{Self: p.n.Self(), Roster: p.n.Keys().In(p.n.Now()), Book: r.book, Texts: r.texts, Missing: r.missing, Now: p.n.Now(), filings: p.filings})
}

// reading is the book of a status, opened with all that is known if it is new.
func (p *Portfolio) reading(ctx context.Context, status act.Status) (*reading, error) {
	if r := p.books[status]; r != nil {
		return r, nil
	}
	r := &reading{}
	var err error
	if r.texts, r.missing, err = p.texts(ctx); err != nil {
		return nil, err
	}
	group, err := p.group(ctx)
	if err != nil {
		return nil, err
	}
	if r.book, err = provision.New(r.texts, group); err != nil {
		return nil, err
	}
	for _, f := range p.filings {
		if f.status == status {
			r.book.Add(f.Filing)
		}
	}
	p.books[status] = r
	return r, nil
}

// refresh reads what came since. When anything changed by which earlier acts are
// judged, all is read anew. After an error it goes on where it stopped.
func (p *Portfolio) refresh(ctx context.Context) error {
	rules, err := p.n.Rules(ctx)
	if err != nil {
		return err
	}
	changes, err := p.n.Notes().Changes(ctx)
	if err != nil {
		return err
	}
	if p.filings == nil || rules != p.rules || changes != p.notes {
		if err := p.begin(ctx); err != nil {
			p.filings = nil
			return err
		}
		p.rules, p.notes = rules, changes
	}
	if err := p.readStamps(ctx); err != nil {
		return err
	}
	if err := p.readContents(ctx); err != nil {
		return err
	}
	if err := p.readActs(ctx); err != nil {
		return err
	}
	if err := p.readRevealed(ctx); err != nil {
		return err
	}
	return p.readStale(ctx)
}

// begin forgets everything, and reads the register.
func (p *Portfolio) begin(ctx context.Context) (err error) {
	p.next, p.filings, p.books = map[party.Origin]int64{}, map[provision.ID]*filing{}, map[act.Status]*reading{}
	p.stale, p.waiting, p.later = map[provision.ID]bool{}, map[provision.ID]bool{}, 0
	p.ahead = map[provision.ID][]*filing{}
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

// readActs reads the acts that came since the last time.
func (p *Portfolio) readActs(ctx context.Context) error {
	sizes, err := p.n.Positions(ctx)
	if err != nil {
		return err
	}
	p.round++
	for o, size := range sizes {
		for p.next[o] < size {
			to := min(size, p.next[o]+node.MaxActs)
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
		}
	}
	return nil
}

// readRevealed reads the discreet acts that were opened after their place in the record
// was passed.
func (p *Portfolio) readRevealed(ctx context.Context) error {
	last, err := p.n.Revealed(ctx, p.revealed, func(r docket.Row) error {
		if r.Ref.Index >= p.next[r.Ref.Origin] || !slices.Contains(looked, r.Kind) {
			return nil
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

func idOf(ref act.Ref) provision.ID { return provision.ID{Origin: ref.Origin, Index: ref.Index} }

// editions are those in force, in their order; at least the first.
func (p *Portfolio) editions(ctx context.Context) ([]*roster.Roster, error) {
	all, err := p.n.Editions(ctx)
	if err != nil {
		return nil, err
	}
	var inForce []*roster.Roster
	for _, e := range all {
		if e.InForce {
			inForce = append(inForce, e.Roster)
		}
	}
	if len(inForce) == 0 {
		inForce = append(inForce, p.n.First())
	}
	return inForce, nil
}

// alone reports whether an edition is that of one state by itself. What it is bound
// by it was bound by before it had a home: then there is no beginning.
func alone(r *roster.Roster) bool { return len(roster.Required(r)) <= 1 }

// texts are those that the editions in force named, each for its time, with what
// was agreed where they leave it open.
func (p *Portfolio) texts(ctx context.Context) ([]provision.Text, []Missing, error) {
	inForce, err := p.editions(ctx)
	if err != nil {
		return nil, nil, err
	}
	type named struct {
		pack roster.Pack
		span provision.Span
	}
	var all []named
	var slots []provision.Slot
	for i, r := range inForce {
		span, err := spanOf(inForce, i)
		if err != nil {
			return nil, nil, err
		}
		for _, k := range r.Packs {
			j := slices.IndexFunc(all, func(n named) bool { return n.pack == k && n.span.Until == span.From })
			if j >= 0 {
				all[j].span.Until = span.Until
				continue
			}
			first := !slices.ContainsFunc(all, func(n named) bool { return n.pack.ID == k.ID })
			all = append(all, named{k, since(span, first && alone(r))})
		}
		for _, s := range r.Slots {
			first := !slices.ContainsFunc(slots, func(x provision.Slot) bool { return x.ID == s.ID && slices.Equal(x.Between, s.Between) })
			slots = append(slots, provision.Slot{ID: s.ID, Value: s.Value, Between: s.Between, In: since(span, first && alone(r))})
		}
	}
	var texts []provision.Text
	var missing []Missing
	for _, n := range all {
		t, err := p.n.Text(ctx, n.pack.ID, n.pack.Digest)
		if errors.Is(err, pack.ErrNotAtHand) {
			missing = append(missing, Missing{n.pack.ID, n.pack.Digest})
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		texts = append(texts, provision.Text{Pack: t, InForce: n.span, Slots: slots})
	}
	return texts, missing, nil
}

// since is a span, without a beginning if it always was.
func since(s provision.Span, always bool) provision.Span {
	if always {
		s.From = 0
	}
	return s
}

// spanOf is the time in which one of the editions in force is the newest. Before the
// moment of effect of the first it is the first, as for the roster.
func spanOf(editions []*roster.Roster, i int) (provision.Span, error) {
	from, err := canon.ParseTime(editions[i].Effective)
	if err != nil {
		return provision.Span{}, fmt.Errorf("edition %d: %w", editions[i].Edition, err)
	}
	span := provision.Span{From: from.Unix()}
	if i == 0 {
		span.From = 0
	}
	if i+1 < len(editions) {
		until, err := canon.ParseTime(editions[i+1].Effective)
		if err != nil {
			return span, fmt.Errorf("edition %d: %w", editions[i+1].Edition, err)
		}
		span.Until = until.Unix()
	}
	return span, nil
}

// group is who takes part, and when: by the editions, and by the parties' own word
// that they suspend their participation.
func (p *Portfolio) group(ctx context.Context) (provision.Group, error) {
	inForce, err := p.editions(ctx)
	if err != nil {
		return provision.Group{}, err
	}
	var g provision.Group
	if begin, err := canon.ParseTime(inForce[0].Effective); err == nil {
		g.Since = begin.Unix()
	}
	for i, r := range inForce {
		span, err := spanOf(inForce, i)
		if err != nil {
			return g, err
		}
		for _, row := range r.Parties {
			j := slices.IndexFunc(g.Parties, func(q provision.Party) bool { return q.ID == row.ID })
			if j < 0 {
				j = len(g.Parties)
				g.Parties = append(g.Parties, provision.Party{ID: row.ID, In: since(span, alone(r))})
			}
			q := &g.Parties[j]
			q.Names, q.Code, q.Standing, q.Record, q.In.Until = row.Names, row.Code, string(row.Standing), row.Card != nil, span.Until
		}
	}
	for i := range g.Parties {
		if g.Parties[i].Suspended, err = p.suspended(ctx, g.Parties[i].ID); err != nil {
			return g, err
		}
	}
	return g, nil
}

// suspended are the times in which a party had suspended its participation, by its
// own word: the time that it claims, but not before what it had signed by then.
func (p *Portfolio) suspended(ctx context.Context, id party.ID) ([]provision.Span, error) {
	rows, err := p.n.List(ctx, docket.Filter{Author: id, Kinds: []act.Kind{act.Suspension, act.Resumption}, Limit: 10_000})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(rows, func(a, b docket.Row) int {
		if a.Ref.Origin != b.Ref.Origin {
			return a.Ref.Origin.Volume() - b.Ref.Origin.Volume()
		}
		return int(a.Ref.Index - b.Ref.Index)
	})
	var out []provision.Span
	for _, r := range rows {
		s, err := p.n.Shown(ctx, r.Ref)
		if err != nil {
			return nil, err
		}
		at := max(r.Claimed, s.Bounds.NotBefore) // what it signed before speaks against an earlier claim
		open := len(out) > 0 && out[len(out)-1].Until == 0
		switch {
		case at == 0:
		case r.Kind == act.Suspension && !open:
			out = append(out, provision.Span{From: at})
		case r.Kind == act.Resumption && open:
			out[len(out)-1].Until = at
		}
	}
	return out, nil
}
