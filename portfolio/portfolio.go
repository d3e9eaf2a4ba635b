package portfolio

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
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
	n      *node.Node
	behind atomic.Pointer[Reading] // while more than a little is not read; nil: nothing is in the way

	mu       sync.Mutex
	rules    string                     // by what everything below was built
	next     map[party.Origin]int64     // first act not yet read
	upto     map[party.Origin]int64     // what this round reads, of all records; nil: the round is over
	stamp    int64                      // newest cosignature looked at
	notes    int64                      // state of the register
	contents int64                      // how many contents were opened
	revealed int64                      // newest discreet act looked at
	round    int64                      // counts the readings of all that was held at one moment
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
// earnest, exercises and tests have a book each. Only one f runs at a time. It waits
// until all is read, however long that takes.
func (p *Portfolio) Look(ctx context.Context, status act.Status, f func(*View) error) error {
	for {
		if done, err := p.step(ctx, status, f); done || err != nil {
			return err
		}
	}
}

// LookNow is Look for somebody who does not wait: where more than a little is not read
// yet, the error is *Reading and f is not called. Somebody else reads: by Read.
func (p *Portfolio) LookNow(ctx context.Context, status act.Status, f func(*View) error) error {
	if r := p.behind.Load(); r != nil {
		return r
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.renew(ctx); err != nil {
		return err
	}
	r, err := p.unread(ctx)
	if err != nil {
		return err
	}
	if r.Of-r.Read > atOnce {
		return r
	}
	for left := int64(1); left > 0; {
		if left, err = p.refresh(ctx, atOnce); err != nil {
			return err
		}
	}
	return p.show(ctx, status, f)
}

// Read reads all that the node holds, so that the questions that follow find it read.
func (p *Portfolio) Read(ctx context.Context) error {
	for _, status := range []act.Status{act.Actual, act.Exercise} {
		err := p.Look(ctx, status, func(v *View) error {
			v.Book.Items(provision.Query{Obligor: v.Self, Open: true}, provision.Moment{Now: v.Now.Unix()})
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// atOnce is how many acts may be read while somebody waits who wants an answer now:
// some tenths of a second.
const atOnce = 1000

// Reading says that what is held is being read, and how far that is. It is no answer.
type Reading struct {
	Read, Of int64 // acts
}

// Error implements error.
func (r *Reading) Error() string {
	return fmt.Sprintf("the records are being read: %d of %d acts", r.Read, r.Of)
}

// step reads a part of what is not read yet, and once all is calls f.
func (p *Portfolio) step(ctx context.Context, status act.Status, f func(*View) error) (done bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.renew(ctx); err != nil {
		return false, err
	}
	r, err := p.unread(ctx)
	if err != nil {
		return false, err
	}
	if r.Of-r.Read > atOnce {
		p.behind.Store(r)
	}
	left, err := p.refresh(ctx, atOnce/2)
	if err == nil && left > 0 {
		return false, nil
	}
	defer p.behind.Store(nil)
	if err != nil {
		return false, err
	}
	return true, p.show(ctx, status, f)
}

// unread is how far the reading is.
func (p *Portfolio) unread(ctx context.Context) (*Reading, error) {
	sizes, err := p.n.Positions(ctx)
	r := &Reading{}
	for o, size := range sizes {
		r.Read += p.next[o]
		r.Of += size
	}
	return r, err
}

// show hands the book of a status to f.
func (p *Portfolio) show(ctx context.Context, status act.Status, f func(*View) error) error {
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

// Texts are the texts of a View, also while the records are being read.
func (p *Portfolio) Texts(ctx context.Context) ([]provision.Text, []Missing, error) {
	return p.texts(ctx)
}

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
