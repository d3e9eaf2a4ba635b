package node

import (
	"context"
	"errors"
	"slices"

	"detente/act"
	"detente/docket"
	"detente/internal/durable"
	"detente/lodging"
	"detente/party"
	"detente/record"
	"detente/roster"
)

// evidence gathers what this node holds about the time of one act. Two nodes
// that hold the same records and cosignatures gather the same.
func (n *Node) evidence(ctx context.Context, k *roster.Keys, ref act.Ref) (lodging.Evidence, lodging.Rule, error) {
	g, err := n.assemble(ctx, ref, k)
	if err != nil {
		return g.Evidence, lodging.Rule{}, err
	}
	return n.weigh(ctx, k, g)
}

// assembled is all that is held of the time of one act, before any of it is left out.
type assembled struct {
	lodging.Evidence
	row  docket.Row
	head record.Stored // the author's first over the act
}

func (n *Node) assemble(ctx context.Context, ref act.Ref, k *roster.Keys) (g assembled, err error) {
	q := n.db.Read()
	if g.row, err = docket.Get(ctx, q, ref.Origin, ref.Index); err != nil {
		return g, err
	}
	a, err := n.readAct(ctx, g.row.Ref)
	if err != nil {
		return g, err
	}
	g.Evidence = lodging.Evidence{
		Index: ref.Index, Author: g.row.Author, Claimed: g.row.Claimed, Sealed: !a.Sealed.IsZero(), To: a.To,
		Now: n.cfg.Now().Unix(), Gap: -1,
	}
	var ok bool
	if g.head, ok, err = record.At(ctx, q, ref.Origin, ref.Index+1); err != nil || !ok {
		return g, errors.Join(err, docket.ErrNone)
	}
	if g.Stamps, err = n.stamps(ctx, q, k, ref.Origin, ref.Index); err != nil {
		return g, err
	}
	if g.Heads, err = n.ownHeads(ctx, q, ref.Origin, ref.Index); err != nil {
		return g, err
	}
	if g.Receipts, err = n.receiptStamps(ctx, q, g.row, a.To); err != nil {
		return g, err
	}
	g.Gap, err = n.withdrawnAt(ctx, q, g.row.Ref)
	return g, err
}

// weigh leaves out what does not count, and finds the rule.
func (n *Node) weigh(ctx context.Context, k *roster.Keys, g assembled) (lodging.Evidence, lodging.Rule, error) {
	e := g.Evidence
	e.Stamps, e.Receipts = slices.Clone(e.Stamps), slices.Clone(e.Receipts)
	if err := n.cutFrozen(ctx, n.db.Read(), k, g.row, g.head.Time, &e); err != nil {
		return e, lodging.Rule{}, err
	}
	e, rule := k.Judge(e, g.head.Time)
	return e, rule, nil
}

// ownHeads is the author's newest checkpoint that does not cover the act.
func (n *Node) ownHeads(ctx context.Context, q durable.Querier, o party.Origin, idx int64) ([]lodging.Own, error) {
	s, ok, err := record.BeforeUntil(ctx, q, o, idx, n.cfg.Now().Unix())
	if err != nil || !ok {
		return nil, err
	}
	return []lodging.Own{{Size: s.Head.Size, Time: s.Time}}, nil
}

// receiptStamps are the receipts of addressees: each shows the act no later than
// the addressee's own checkpoint that covers the receipt. Of each record the first
// one matters.
func (n *Node) receiptStamps(ctx context.Context, q durable.Querier, row docket.Row, to []party.ID) ([]lodging.Stamp, error) {
	var out []lodging.Stamp
	for _, id := range to {
		rows, err := docket.List(ctx, q, docket.Filter{Author: id, To: row.Author, Status: row.Status, Answers: row.Ref,
			Kinds: []act.Kind{act.Delivered, act.Acknowledged}})
		if err != nil {
			return nil, err
		}
		for i, r := range rows {
			if i > 0 && rows[i-1].Ref.Origin == r.Ref.Origin {
				continue
			}
			s, ok, err := record.At(ctx, q, r.Ref.Origin, r.Ref.Index+1)
			if err != nil {
				return nil, err
			}
			if ok {
				out = append(out, lodging.Stamp{By: r.Author, Size: s.Head.Size, Time: s.Time})
			}
		}
	}
	return out, nil
}

// withdrawnAt is the index of the author's act that withdraws ref, or -1.
func (n *Node) withdrawnAt(ctx context.Context, q durable.Querier, ref act.Ref) (int64, error) {
	rows, err := docket.List(ctx, q, docket.Filter{Origin: ref.Origin, Answers: ref, Kinds: []act.Kind{act.Statement}, Life: act.Withdrawal, Limit: 1})
	if err != nil || len(rows) == 0 {
		return -1, err
	}
	return rows[0].Ref.Index, nil
}

// Lodged is what can be shown about the time of one act.
type Lodged struct {
	Ref    act.Ref
	Bounds lodging.Bounds
	// For is, per addressee with keys, what is shown against that addressee alone.
	For map[party.ID]lodging.Bounds
}

// Lodged says when an act was lodged, as far as the evidence held here shows.
func (n *Node) Lodged(ctx context.Context, ref act.Ref) (Lodged, error) {
	e, rule, err := n.evidence(ctx, n.keys.Load(), ref)
	if err != nil {
		return Lodged{}, err
	}
	out := Lodged{Ref: ref, Bounds: lodging.Bound(e, rule), For: map[party.ID]lodging.Bounds{}}
	for _, id := range e.To {
		out.For[id] = lodging.BoundFor(e, rule, id)
	}
	return out, nil
}

// suspendedIn reports whether a party has suspended its participation, and by which act.
func (n *Node) suspendedIn(ctx context.Context, q durable.Querier, id party.ID) (bool, act.Ref, error) {
	rows, err := docket.List(ctx, q, docket.Filter{Author: id, Kinds: []act.Kind{act.Suspension, act.Resumption}})
	if err != nil || len(rows) == 0 {
		return false, act.Ref{}, err
	}
	last := rows[0]
	for _, r := range rows[1:] {
		if r.Ref.Origin.Volume() > last.Ref.Origin.Volume() || r.Ref.Origin == last.Ref.Origin && r.Ref.Index > last.Ref.Index {
			last = r
		}
	}
	return last.Kind == act.Suspension, last.Ref, nil
}

// Suspended reports whether a party has suspended its participation, as held here.
func (n *Node) Suspended(ctx context.Context, id party.ID) (bool, error) {
	s, _, err := n.suspendedIn(ctx, n.db.Read(), id)
	return s, err
}

// Find resolves what a person types: a full reference, "origin index", "origin/index", or a
// thread, of which the newest statement is meant.
func (n *Node) Find(ctx context.Context, text string) (docket.Row, error) {
	if ref, err := act.ParseRef(text); err == nil {
		return docket.Get(ctx, n.db.Read(), ref.Origin, ref.Index)
	}
	if o, idx, ok := splitPlace(text); ok {
		return docket.Get(ctx, n.db.Read(), o, idx)
	}
	rows, err := docket.List(ctx, n.db.Read(), docket.Filter{Thread: text})
	if err != nil {
		return docket.Row{}, err
	}
	if len(rows) == 0 {
		return docket.Row{}, errors.Join(docket.ErrNone, errors.New("give a thread, or a record and a number such as alatau/1f2e3d4c 12"))
	}
	best := rows[0]
	for _, r := range rows {
		if (r.Kind == act.Statement || r.Kind == act.Entered) && (best.Kind != act.Statement || r.Claimed >= best.Claimed) {
			best = r
		}
	}
	return best, nil
}
