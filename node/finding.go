package node

import (
	"context"
	"errors"

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
	row, err := docket.Get(ctx, n.db.Read(), ref.Origin, ref.Index)
	if err != nil {
		return lodging.Evidence{}, lodging.Rule{}, err
	}
	r := n.acts(k, ref.Origin, ref.Index, ref.Index+1)
	a, err := r.Act(ctx, ref.Index)
	if err != nil {
		return lodging.Evidence{}, lodging.Rule{}, err
	}
	g, err := r.assemble(ctx, row, a)
	if err != nil {
		return g.Evidence, lodging.Rule{}, err
	}
	return r.weigh(ctx, g)
}

// assembled is all that is held of the time of one act, before any of it is left out.
type assembled struct {
	lodging.Evidence
	row  docket.Row
	head record.Stored // the author's first over the act
}

// withdrawnAt is the index of the author's act that withdraws ref, or -1.
func (n *Node) withdrawnAt(ctx context.Context, ref act.Ref) (int64, error) {
	said, err := docket.AnsweredIn(ctx, n.db.Read(), ref.Origin, ref.Index, ref.Index+1)
	if a, ok := said[ref.Index]; ok {
		return a.Withdrawn, err
	}
	return -1, err
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
