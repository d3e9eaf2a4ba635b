package node

import (
	"context"
	"errors"
	"fmt"
	"time"

	"detente/act"
	"detente/desk"
	"detente/docket"
	"detente/internal/canon"
	"detente/party"
	"detente/record"
	"detente/seal"
)

// ErrNotAddressed means that the act is not addressed to this party.
var ErrNotAddressed = errors.New("this act is not addressed to this party")

// Acknowledge appends that a post of this state has taken note of receipt; never
// agreement. A second acknowledgement by the same post returns the first.
func (n *Node) Acknowledge(ctx context.Context, s desk.Session, ref act.Ref, post party.Post) (act.Ref, error) {
	if post == "" {
		post = s.Officer().Post
	}
	return n.respond(ctx, s, ref, "acknowledge", func(tx *Tx, a *act.Act, author party.ID) (act.Ref, error) {
		rows, err := docket.List(ctx, tx.Tx, docket.Filter{Author: n.self, Answers: ref, Kinds: []act.Kind{act.Acknowledged}})
		if err != nil {
			return act.Ref{}, err
		}
		for _, r := range rows {
			if r.Post == post {
				return r.Ref, nil
			}
		}
		r := n.receiptAct(act.Acknowledged, ref, a.Status, author)
		r.Post = post
		return n.appendReceipt(ctx, tx, r)
	})
}

// Deliver gives the delivered receipt by hand, where the policy is by-hand.
func (n *Node) Deliver(ctx context.Context, s desk.Session, ref act.Ref) (act.Ref, error) {
	return n.respond(ctx, s, ref, "deliver", func(tx *Tx, a *act.Act, author party.ID) (act.Ref, error) {
		rows, err := docket.List(ctx, tx.Tx, docket.Filter{Author: n.self, Answers: ref, Kinds: []act.Kind{act.Delivered}, Limit: 1})
		if err != nil {
			return act.Ref{}, err
		}
		if len(rows) > 0 {
			return rows[0].Ref, nil
		}
		if n.cfg.Settings.receipt(author) == ByDelegation {
			return act.Ref{}, fmt.Errorf("receipts to %s go by a relay or delegation only: enter the hand-over", author)
		}
		if _, err := n.Content(ctx, ref); err != nil {
			return act.Ref{}, fmt.Errorf("it cannot be receipted as delivered: %w", err)
		}
		return n.appendReceipt(ctx, tx, n.receiptAct(act.Delivered, ref, a.Status, author))
	})
}

// ReturnFaults returns an act to its author as not to format; the faults are
// sealed to the author.
func (n *Node) ReturnFaults(ctx context.Context, s desk.Session, ref act.Ref, faults string) (act.Ref, error) {
	if faults == "" {
		return act.Ref{}, errors.New("say what is to be mended: the faults are empty")
	}
	return n.respond(ctx, s, ref, "return", func(tx *Tx, a *act.Act, author party.ID) (act.Ref, error) {
		if is, err := isDiscreet(ctx, tx.Tx, ref); err != nil || is {
			return act.Ref{}, errors.Join(err, ErrDiscreetReturn)
		}
		r := n.receiptAct(act.Returned, ref, a.Status, author)
		r.Post = s.Officer().Post
		if err := n.sealInto(ctx, tx, r, seal.Content{Type: TextType, Body: []byte(faults)}); err != nil {
			return act.Ref{}, err
		}
		return tx.Append(ctx, r)
	})
}

// respond appends one receipt to an act that is addressed to this party, and
// audits it.
func (n *Node) respond(ctx context.Context, s desk.Session, ref act.Ref, what string, f func(*Tx, *act.Act, party.ID) (act.Ref, error)) (act.Ref, error) {
	a, err := n.readAct(ctx, ref)
	if err != nil {
		return act.Ref{}, err
	}
	author := n.author(ref.Origin)
	if author == "" || author == n.self || !a.ToAll && !a.Addressed(n.self) || a.IsReceipt() {
		return act.Ref{}, ErrNotAddressed
	}
	var out act.Ref
	err = n.update(ctx, func(tx *Tx) error {
		if out, err = f(tx, a, author); err != nil {
			return err
		}
		return n.desk.Audit(ctx, tx.Tx, s.Officer().ID, what, refText(ref))
	})
	return out, err
}

// Thread is one statement and what answered or followed it, in order.
type Thread struct {
	Rows []docket.Row
}

// ThreadOf lists the acts of a thread and the receipts that answer them.
func (n *Node) ThreadOf(ctx context.Context, thread string) ([]docket.Row, error) {
	rows, err := docket.List(ctx, n.db.Read(), docket.Filter{Thread: thread})
	if err != nil {
		return nil, err
	}
	out := rows
	for _, r := range rows {
		answers, err := docket.List(ctx, n.db.Read(), docket.Filter{Answers: r.Ref})
		if err != nil {
			return nil, err
		}
		for _, a := range answers {
			if a.Thread != thread {
				out = append(out, a)
			}
		}
	}
	return out, nil
}

// At is the act at a place, or docket.ErrNone.
func (n *Node) At(ctx context.Context, o party.Origin, idx int64) (docket.Row, error) {
	return docket.Get(ctx, n.db.Read(), o, idx)
}

// List returns acts as the docket has them.
func (n *Node) List(ctx context.Context, f docket.Filter) ([]docket.Row, error) {
	return docket.List(ctx, n.db.Read(), f)
}

// Receipts lists what answered an act.
func (n *Node) Receipts(ctx context.Context, ref act.Ref) ([]docket.Row, error) {
	return docket.List(ctx, n.db.Read(), docket.Filter{Answers: ref,
		Kinds: []act.Kind{act.Delivered, act.Acknowledged, act.Returned, act.HandedOver, act.Confirmed, act.Contested}})
}

// Act reads one act with its canonical bytes. Of a discreet one that was opened here
// the act is what is inside, and the bytes are those in the record.
func (n *Node) Act(ctx context.Context, ref act.Ref) (*act.Act, []byte, error) {
	b, err := record.Entry(ctx, n.db.Read(), ref.Origin, ref.Index)
	if err != nil {
		return nil, nil, err
	}
	a, err := act.Parse(b)
	if err != nil {
		return nil, b, err
	}
	a, err = n.revealed(ctx, n.db.Read(), ref.Origin, ref.Index, a)
	return a, b, err
}

// Observations lists the newest observations about peers.
func (n *Node) Observations(ctx context.Context, limit int) ([]record.Observation, error) {
	return record.Observations(ctx, n.db.Read(), limit)
}

// Peers lists the other parties as this node last heard of them.
func (n *Node) Peers(ctx context.Context) ([]PeerStatus, error) {
	var out []PeerStatus
	for _, p := range n.keys.Load().Current().Parties {
		if p.ID == n.self {
			continue
		}
		s := PeerStatus{Party: p.ID, Endpoints: p.Endpoints, Link: "none"}
		if p.Card != nil {
			held, err := n.heldSize(ctx, p.Card.Origin)
			if err != nil {
				return nil, err
			}
			s.WeHold = held
			n.fillPeer(&s, p.ID)
		}
		out = append(out, s)
	}
	return out, nil
}

func (n *Node) fillPeer(s *PeerStatus, id party.ID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	p := n.peers[id]
	s.Link = "courier"
	if len(s.Endpoints) > 0 {
		s.Link = "waiting"
	}
	if p == nil {
		return
	}
	switch {
	case p.reached:
		s.Link = "direct"
	case len(s.Endpoints) == 0 && n.cfg.Now().Sub(p.lastHeard) < 2*pollWait:
		s.Link = "dials in"
	}
	s.LastHeard, s.Error = p.lastHeard, p.lastError
	if !p.lastHeard.IsZero() {
		s.Offset = p.offset.String()
		s.Remark = p.offset.Abs() > time.Duration(n.cfg.Settings.SkewSeconds)*time.Second
	}
	s.HoldsOurs = p.told[n.origin].Size
}

// Check of the whole store, as detente doctor runs it.
func (n *Node) CheckStore(ctx context.Context) error {
	all, err := record.Records(ctx, n.db.Read())
	if err != nil {
		return err
	}
	for _, o := range all {
		if err := record.Check(ctx, n.db.Read(), o); err != nil {
			return err
		}
	}
	return n.desk.CheckTrail(ctx)
}

// Rebuild drops the derived tables and folds them again from the records. It
// reports whether they came out the same.
func (n *Node) Rebuild(ctx context.Context) (same bool, err error) {
	err = errBatched
	for errors.Is(err, errBatched) {
		err = n.update(ctx, func(tx *Tx) error {
			if tx.prior > 0 {
				return errBatched
			}
			same, err = n.rebuild(ctx, tx)
			return err
		})
	}
	return same, err
}

// errBatched: acts of the same batch are folded already and not yet in the record.
var errBatched = errors.New("other changes are under way")

func (n *Node) rebuild(ctx context.Context, tx *Tx) (same bool, err error) {
	before, err := docket.Fingerprint(ctx, tx.Tx)
	if err != nil {
		return false, err
	}
	if err := docket.Clear(ctx, tx.Tx); err != nil {
		return false, err
	}
	if _, err := tx.ExecContext(ctx, "delete from node_changes"); err != nil {
		return false, err
	}
	all, err := record.Records(ctx, tx.Tx)
	if err != nil {
		return false, err
	}
	for _, o := range all {
		if err := n.refold(ctx, tx, o); err != nil {
			return false, err
		}
	}
	after, err := docket.Fingerprint(ctx, tx.Tx)
	return before == after, err
}

func (n *Node) refold(ctx context.Context, tx *Tx, o party.Origin) error {
	author, _ := n.keys.Load().Owner(o) // of any edition: a party may have left
	held, err := record.Held(ctx, tx.Tx, o)
	if err != nil {
		return err
	}
	return record.Each(ctx, tx.Tx, o, 0, held.Size, func(i int64, leaf []byte) error {
		ref := act.Ref{Origin: o, Index: i, Leaf: act.LeafHash(leaf)}
		a, err := act.Parse(leaf)
		e := docket.Entry{Ref: ref, Author: author, State: docket.Read, Act: a}
		switch {
		case err != nil:
			e.State, e.Act = docket.StateOf(err), nil
		case a.Group != n.cfg.First.Group:
			e.State, e.Act = docket.Invalid, nil
		case a.IsDiscreet():
			inside, err := n.revealed(ctx, tx.Tx, o, i, a)
			if err != nil {
				return err
			}
			e.Act = inDocket(inside, a)
		}
		if err := docket.Fold(ctx, tx.Tx, n.self, e); err != nil {
			return err
		}
		if e.Act != nil && a.Kind == act.KeyChange {
			return saveChange(ctx, tx.Tx, keyChange(author, ref, a))
		}
		return nil
	})
}

// Backup writes a consistent copy of the store while the node runs.
func (n *Node) Backup(ctx context.Context, path string) error { return n.db.Backup(ctx, path) }

// Positions are where this node stands in every record it holds.
func (n *Node) Position(ctx context.Context) (map[party.Origin]int64, error) {
	list, err := n.allPositions(ctx)
	out := map[party.Origin]int64{}
	for _, p := range list {
		out[p.Origin] = p.Size
	}
	return out, err
}

// Time formats a Unix time for people and JSON, empty for zero.
func Time(unix int64) string {
	if unix == 0 {
		return ""
	}
	return canon.FormatTime(time.Unix(unix, 0))
}
