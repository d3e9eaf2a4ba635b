package node

import (
	"context"
	"errors"
	"fmt"
	"time"

	"detente/act"
	"detente/checkpoint"
	"detente/docket"
	"detente/internal/canon"
	"detente/key"
	"detente/party"
	"detente/record"
)

// markDirty asks for a record to be cosigned soon.
func (n *Node) markDirty(o party.Origin) {
	n.mu.Lock()
	n.dirty[o] = true
	n.mu.Unlock()
	select {
	case n.cosign <- struct{}{}:
	default:
	}
}

// cosignLoop vouches for what arrived, gathered over CosignDelay.
func (n *Node) cosignLoop(ctx context.Context) {
	for {
		select {
		case <-n.cosign:
		case <-ctx.Done():
			return
		}
		if !waitFor(ctx, time.NewTimer(n.cfg.CosignDelay)) {
			return
		}
		if err := n.CosignAll(ctx); err != nil && ctx.Err() == nil {
			n.cfg.Log.Error("cosign", "reason", err.Error())
		}
	}
}

// CosignAll vouches for all records that changed since it last did: as witness
// that the tree is consistent, as mirror that every entry, and every blob this
// party must hold, is durable here. Nothing is signed twice for one tree.
func (n *Node) CosignAll(ctx context.Context) error {
	if !n.sure() {
		return nil
	}
	n.mu.Lock()
	list := n.dirty
	n.dirty = map[party.Origin]bool{}
	n.mu.Unlock()
	var all []checkpoint.Cosigned
	for o := range list {
		some, err := n.vouch(ctx, o)
		if err != nil {
			return err
		}
		all = append(all, some...)
	}
	if len(all) == 0 {
		return nil
	}
	err := n.update(ctx, func(tx *Tx) error {
		if err := n.maySign(); err != nil {
			return err
		}
		for _, c := range all {
			if _, err := record.SaveCosigned(ctx, tx.Tx, c); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		n.wakeAll() // released only now that they are durable
	}
	return err
}

// vouch makes the cosignatures that this party owes over one record.
func (n *Node) vouch(ctx context.Context, o party.Origin) ([]checkpoint.Cosigned, error) {
	if o.Base() == n.origin.Base() {
		return nil, nil
	}
	if frozen, err := n.frozen(ctx, o); err != nil || frozen {
		return nil, err
	}
	q := n.db.Read()
	latest, ok, err := record.Latest(ctx, q, o)
	if err != nil || !ok || latest.Head.Size == 0 {
		return nil, err
	}
	counting := n.counts()
	var out []checkpoint.Cosigned
	if counting {
		if out, err = n.cosignOne(ctx, out, latest.Head, n.set().Witness); err != nil {
			return nil, err
		}
	}
	head, err := n.durableHead(ctx, o, latest)
	if err != nil || head.Size == 0 {
		return out, err
	}
	if !counting && !n.isCustodian(n.self) {
		addressed, err := n.addressedSince(ctx, o, head.Size)
		if err != nil || !addressed {
			return out, err
		}
	}
	return n.cosignOne(ctx, out, head, n.set().Mirror)
}

// counts reports whether this party is one of the counting witnesses.
func (n *Node) counts() bool {
	for _, id := range n.keys.Load().Current().Counting.Witnesses {
		if id == n.self {
			return true
		}
	}
	return false
}

// cosignOne adds a cosignature over h unless this key has signed that tree or a
// larger one. Its time never falls as the size grows.
func (n *Node) cosignOne(ctx context.Context, out []checkpoint.Cosigned, h checkpoint.Head, k *key.CosignerSecret) ([]checkpoint.Cosigned, error) {
	size, at, err := record.LastCosigned(ctx, n.db.Read(), h.Origin, k.Public.Name, k.Public.IDs()[0])
	if err != nil || size >= h.Size {
		return out, err
	}
	c, err := checkpoint.Cosign(h, k, max(n.cfg.Now().Unix(), at))
	if err != nil {
		return out, fmt.Errorf("cosign %s: %w", h.Origin, err)
	}
	return append(out, c), nil
}

// durableHead is the largest signed head of o up to which every blob that this
// party must hold is held.
func (n *Node) durableHead(ctx context.Context, o party.Origin, latest record.Stored) (checkpoint.Head, error) {
	miss, err := n.firstMissing(ctx, o)
	if err != nil || miss < 0 || miss >= latest.Head.Size {
		return latest.Head, err
	}
	h, ok, err := record.Before(ctx, n.db.Read(), o, miss)
	if err != nil || !ok {
		return checkpoint.Head{}, err
	}
	return h.Head, nil
}

// addressedSince reports whether an act past the last mirror cosignature is
// addressed to this party.
func (n *Node) addressedSince(ctx context.Context, o party.Origin, size int64) (bool, error) {
	last, _, err := record.LastCosigned(ctx, n.db.Read(), o, n.set().Mirror.Public.Name, n.set().Mirror.Public.IDs()[0])
	if err != nil {
		return false, err
	}
	return docket.AddressedBetween(ctx, n.db.Read(), o, n.self, last, size)
}

// mustHold says which blobs of an act this party has to hold before it vouches as mirror.
func (n *Node) mustHold(a *act.Act) []canon.Digest {
	var out []canon.Digest
	if !a.Clear.Digest.IsZero() {
		out = append(out, a.Clear.Digest)
	}
	if !a.Sealed.Digest.IsZero() && (a.Addressed(n.self) || n.isCustodian(n.self)) {
		out = append(out, a.Sealed.Digest)
	}
	return out
}

// noteMissing remembers, in the transaction that stores an act, the blobs that
// are still to come, and forgets those that came.
func (n *Node) noteMissing(ctx context.Context, tx *Tx, ref act.Ref, a *act.Act) error {
	for _, d := range n.mustHold(a) {
		held, err := record.HasBlob(ctx, tx.Tx, d)
		if err != nil {
			return err
		}
		if held {
			continue
		}
		if _, err := tx.ExecContext(ctx, `insert into node_missing (digest, origin, idx) values ($1,$2,$3)
			on conflict (digest, origin, idx) do nothing`, d.String(), string(ref.Origin), ref.Index); err != nil {
			return err
		}
	}
	if a.Life == act.Withdrawal && !a.Answers.IsZero() && a.Answers.Origin.Base() == ref.Origin.Base() {
		_, err := tx.ExecContext(ctx, "delete from node_missing where origin = $1 and idx = $2", string(a.Answers.Origin), a.Answers.Index)
		return err
	}
	return nil
}

func (n *Node) firstMissing(ctx context.Context, o party.Origin) (int64, error) {
	var idx int64
	err := n.db.Read().QueryRowContext(ctx, "select coalesce(min(idx), -1) from node_missing where origin = $1", string(o)).Scan(&idx)
	return idx, err
}

// wanted are the blobs to ask a peer for: every missing one, since a relay or
// another custodian may hold what the author could not send.
func (n *Node) wanted(ctx context.Context, _ party.ID) ([]canon.Digest, error) {
	rows, err := n.db.Read().QueryContext(ctx, "select distinct digest from node_missing order by digest limit $1", maxWants)
	if err != nil {
		return nil, fmt.Errorf("list missing blobs: %w", err)
	}
	defer rows.Close()
	var out []canon.Digest
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		d, err := canon.ParseDigest(s)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, rows.Err()
}

// entitled reports whether a peer may be given a blob: some act that names it
// allows it.
func (n *Node) entitled(ctx context.Context, to party.ID, d canon.Digest) (bool, error) {
	rows, err := docket.List(ctx, n.db.Read(), docket.Filter{Digest: d.String(), Limit: 16})
	if err != nil {
		return false, err
	}
	for _, r := range rows {
		if r.Clear == d.String() {
			return true, nil
		}
		a, err := n.readAct(ctx, r.Ref)
		if err != nil {
			return false, err
		}
		if n.mayHold(to, r.Ref.Origin, a) {
			return true, nil
		}
	}
	return false, nil
}

// heartbeatLoop re-signs the own head and looks after what time alone brings.
func (n *Node) heartbeatLoop(ctx context.Context) {
	for waitFor(ctx, time.NewTimer(time.Duration(n.cfg.Settings.HeartbeatSeconds)*time.Second)) {
		err := n.heartbeat(ctx)
		if err == nil {
			err = n.refresh(ctx)
		}
		if err == nil {
			err = n.oweReceipts(ctx)
		}
		if err != nil && !errors.Is(err, ErrNotSure) && !errors.Is(err, ErrNewVolume) && !errors.Is(err, ErrClosed) && ctx.Err() == nil {
			n.cfg.Log.Error("heartbeat", "reason", err.Error())
		}
	}
}

func (n *Node) heldSize(ctx context.Context, o party.Origin) (int64, error) {
	s, ok, err := record.Latest(ctx, n.db.Read(), o)
	if err != nil || !ok {
		return 0, err
	}
	return s.Head.Size, nil
}

// allOrigins are the records of every party of the edition in force, and every
// further volume held here.
func (n *Node) allOrigins() []party.Origin {
	var out []party.Origin
	for _, p := range n.keys.Load().Current().Parties {
		if p.Card == nil {
			continue
		}
		vs, err := n.volumesOf(context.Background(), p.Card.Origin)
		if err == nil {
			out = append(out, vs...)
		}
	}
	return out
}
