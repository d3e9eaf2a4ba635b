package node

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"detente/act"
	"detente/docket"
	"detente/internal/durable"
	"detente/lodging"
	"detente/party"
	"detente/record"
	"detente/roster"
)

// MaxActs is how many Acts may span.
const MaxActs = record.MaxRun

// Acts are what is held about acts that follow each other in one record: what would
// be asked of the store for each is asked once for all. It is for one reading, and
// not safe for concurrent use.
type Acts struct {
	n        *Node
	q        durable.Querier
	k        *roster.Keys
	o        party.Origin
	from, to int64
	lists    retiredLists
	heads    map[party.Origin]*record.Heads

	read   bool // what follows is known
	leaves [][]byte
	over   *record.Cosigned
	said   map[int64]docket.Answered
	frozen bool
	opened map[int64]content // those that are not large
}

func (n *Node) acts(k *roster.Keys, o party.Origin, from, to int64) *Acts {
	return &Acts{n: n, q: n.db.Read(), k: k, o: o, from: from, to: to, lists: retiredLists{}, heads: map[party.Origin]*record.Heads{}}
}

// Acts reads the acts of a record from index from up to, not including, to: at most
// MaxActs, all held.
func (n *Node) Acts(o party.Origin, from, to int64) *Acts { return n.acts(n.keys.Load(), o, from, to) }

// Rows are the acts of the run that are of some kinds, as the docket has them.
func (r *Acts) Rows(ctx context.Context, kinds []act.Kind) ([]docket.Row, error) {
	rows, err := docket.List(ctx, r.q, docket.Filter{Origin: r.o, From: r.from, Kinds: kinds, Limit: int(r.to - r.from)})
	return slices.DeleteFunc(rows, func(row docket.Row) bool { return row.Ref.Index >= r.to }), err
}

// Content reads what this party may and could read of an act of the run, or ErrNoContent.
func (r *Acts) Content(ctx context.Context, idx int64, a *act.Act) (Content, error) {
	if a.PayloadType != "" {
		return Content{a.PayloadType, a.Payload}, nil
	}
	if r.opened == nil {
		var err error
		if r.opened, err = r.n.contents(ctx, r.q, r.o, r.from, r.to); err != nil {
			return Content{}, err
		}
	}
	c, ok := r.opened[idx]
	if !ok {
		var err error
		if c, err = r.n.readContent(ctx, r.q, r.o, idx); err != nil {
			return Content{}, err
		}
	}
	return c.open()
}

// load reads what is asked for every act.
func (r *Acts) load(ctx context.Context) (err error) {
	if r.read {
		return nil
	}
	if r.leaves, err = record.Entries(ctx, r.q, r.o, r.from, r.to); err != nil {
		return err
	}
	if r.over, err = record.ReadCosigned(ctx, r.q, r.o, r.from, r.to); err != nil {
		return err
	}
	if r.frozen, err = frozenIn(ctx, r.q, r.o); err != nil {
		return err
	}
	r.said, err = docket.AnsweredIn(ctx, r.q, r.o, r.from, r.to)
	r.read = err == nil
	return err
}

// Act reads one act of the run: of a discreet one that was opened here, what is inside.
func (r *Acts) Act(ctx context.Context, idx int64) (*act.Act, error) {
	if err := r.load(ctx); err != nil {
		return nil, fmt.Errorf("read act %d of %s: %w", idx, r.o, err)
	}
	a, err := act.Parse(r.leaves[idx-r.from])
	if err != nil {
		return nil, fmt.Errorf("read act %d of %s: %w", idx, r.o, err)
	}
	return r.n.revealed(ctx, r.q, r.o, idx, a)
}

// headsOf are the checkpoints of a record, read for as many acts at a time as the run has.
func (r *Acts) headsOf(o party.Origin) *record.Heads {
	h := r.heads[o]
	if h == nil {
		h = record.NewHeads(r.q, o, int(r.to-r.from))
		r.heads[o] = h
	}
	return h
}

// assemble gathers all that is held of the time of one act of the run.
func (r *Acts) assemble(ctx context.Context, row docket.Row, a *act.Act) (g assembled, err error) {
	if err := r.load(ctx); err != nil {
		return g, err
	}
	idx := row.Ref.Index
	g.row = row
	g.Evidence = lodging.Evidence{
		Index: idx, Author: row.Author, Claimed: row.Claimed, Sealed: a.IsSealed() && !a.IsDiscreet(), To: a.To,
		Now: r.n.cfg.Now().Unix(), Gap: -1,
	}
	var ok bool
	if g.head, ok, err = r.headsOf(r.o).At(ctx, idx+1); err != nil || !ok {
		return g, errors.Join(err, docket.ErrNone)
	}
	list, err := r.over.Over(ctx, idx+1)
	if err != nil {
		return g, err
	}
	if g.Stamps, err = standing(ctx, r.q, r.k, r.o, idx, list, r.lists); err != nil {
		return g, err
	}
	// The author's newest checkpoint that does not cover the act.
	if s, ok, err := r.headsOf(r.o).BeforeUntil(ctx, idx, g.Now); err != nil {
		return g, err
	} else if ok {
		g.Heads = []lodging.Own{{Size: s.Head.Size, Time: s.Time}}
	}
	if g.Receipts, err = r.receiptStamps(ctx, idx, a.To); err != nil {
		return g, err
	}
	if said, ok := r.said[idx]; ok {
		g.Gap = said.Withdrawn
	}
	return g, nil
}

// receiptStamps are the receipts of addressees: each shows the act no later than
// the addressee's own checkpoint that covers the receipt. Of each record the first
// one matters.
func (r *Acts) receiptStamps(ctx context.Context, idx int64, to []party.ID) ([]lodging.Stamp, error) {
	var out []lodging.Stamp
	for _, id := range to {
		for _, x := range r.said[idx].Receipts {
			if x.By != id {
				continue
			}
			s, ok, err := r.headsOf(x.Origin).At(ctx, x.Index+1)
			if err != nil {
				return nil, err
			}
			if ok {
				out = append(out, lodging.Stamp{By: x.By, Size: s.Head.Size, Time: s.Time})
			}
		}
	}
	return out, nil
}

// weigh leaves out what does not count, and finds the rule.
func (r *Acts) weigh(ctx context.Context, g assembled) (lodging.Evidence, lodging.Rule, error) {
	e := g.Evidence
	e.Stamps, e.Receipts = slices.Clone(e.Stamps), slices.Clone(e.Receipts)
	if r.frozen {
		if err := r.n.cutFrozen(ctx, r.q, r.k, g.row, g.head.Time, &e); err != nil {
			return e, lodging.Rule{}, err
		}
	}
	e, rule := r.k.Judge(e, g.head.Time)
	return e, rule, nil
}

// Shown gathers the times of one act of the run.
func (r *Acts) Shown(ctx context.Context, row docket.Row, a *act.Act) (Shown, error) {
	g, err := r.assemble(ctx, row, a)
	if err != nil {
		return Shown{}, err
	}
	if len(g.To) == 0 {
		if g.Receipts, err = r.receiptStamps(ctx, row.Ref.Index, r.n.others(g.Author)); err != nil {
			return Shown{}, err
		}
	}
	out := Shown{Had: map[party.ID]int64{}}
	if out.Seen, err = r.n.seen(ctx, &g); err != nil {
		return out, err
	}
	e, rule, err := r.weigh(ctx, g)
	if err != nil {
		return out, err
	}
	out.Bounds = lodging.Bound(e, rule)
	for _, s := range slices.Concat(e.Stamps, e.Receipts) {
		if t := out.Had[s.By]; s.By != e.Author && (t == 0 || s.Time < t) {
			out.Had[s.By] = s.Time
		}
	}
	out.Held = r.heldSince(&g)
	return out, nil
}

// heldSince is since when this party vouches that it holds an act of the run.
func (r *Acts) heldSince(g *assembled) int64 {
	if r.n.author(r.o) == r.n.self {
		return g.head.Time
	}
	c, _ := r.over.FirstBy(g.Index+1, r.n.set().Mirror.Public.Name)
	return c.Time
}
