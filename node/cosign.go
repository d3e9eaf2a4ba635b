package node

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"detente/act"
	"detente/checkpoint"
	"detente/docket"
	"detente/internal/canon"
	"detente/key"
	"detente/party"
	"detente/record"
	"detente/witness"
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

// markAllDirty asks for every record held here: after a start, or after a key of
// ours was rotated, what was not cosigned is not known in memory.
func (n *Node) markAllDirty() {
	all, err := record.Records(context.Background(), n.db.Read())
	if err != nil {
		n.cfg.Log.Error("list records to cosign", "reason", err.Error())
		return
	}
	for _, o := range all {
		n.markDirty(o)
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
		if !waitFor(ctx, time.NewTimer(n.gather(n.cfg.CosignDelay))) {
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
func (n *Node) CosignAll(ctx context.Context) (err error) {
	if !n.sure() {
		return nil
	}
	n.cosigning.Lock()
	defer n.cosigning.Unlock()
	n.mu.Lock()
	list := n.dirty
	n.dirty = map[party.Origin]bool{}
	n.mu.Unlock()
	defer func() {
		if err != nil { // nothing is forgotten: the next arrival tries again
			n.mu.Lock()
			for o := range list {
				n.dirty[o] = true
			}
			n.mu.Unlock()
		}
	}()
	var all []vouching
	for o := range list {
		v, err := n.vouch(ctx, o)
		if err != nil {
			return err
		}
		if !v.witnessed.IsZero() || !v.mirrored.IsZero() {
			all = append(all, v)
		}
	}
	if len(all) == 0 {
		return nil
	}
	err = n.update(ctx, func(tx *Tx) error {
		if err := n.maySign(); err != nil {
			return err
		}
		for _, v := range all {
			if err := n.sign(ctx, tx, v); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	// Released only now that they are durable; in a large group with what else waits.
	if n.gather(1) > 1 {
		n.wakeLazy()
	} else {
		n.wakeAll()
	}
	forks := n.shown
	n.shown = nil
	for _, f := range forks {
		err = errors.Join(err, n.forkShown(ctx, "", f))
	}
	return err
}

// vouching is what this party owes over one record: the head to vouch for as
// witness, and the cosignature as mirror.
type vouching struct {
	origin    party.Origin
	witnessed checkpoint.Signed
	mirrored  checkpoint.Cosigned
}

// sign makes and stores the cosignatures of one record inside a change.
func (n *Node) sign(ctx context.Context, tx *Tx, v vouching) error {
	if frozen, err := frozenIn(ctx, tx.Tx, v.origin); err != nil || frozen {
		return err // meanwhile a fork was proven
	}
	if !v.witnessed.IsZero() {
		c, err := witness.Vouch(ctx, tx.Tx, n.set().Witness, v.witnessed, record.Hashes(ctx, tx.Tx, v.witnessed.Head().Origin), n.cfg.Now())
		var size *witness.SizeError
		var fork *witness.Fork
		switch {
		case errors.As(err, &size), errors.Is(err, witness.ErrClock):
			// A larger tree was witnessed meanwhile, or the clock has to catch up.
		case errors.As(err, &fork):
			// As mirror it signs nothing either: its words for two trees, put side
			// by side, are what the author is after.
			tx.After(func() { n.shown = append(n.shown, fork) })
			return nil
		case err != nil:
			return fmt.Errorf("witness %s: %w", v.witnessed.Head().Origin, err)
		default:
			if _, err := record.SaveCosigned(ctx, tx.Tx, c); err != nil {
				return err
			}
		}
	}
	if !v.mirrored.IsZero() {
		if _, err := record.SaveCosigned(ctx, tx.Tx, v.mirrored); err != nil {
			return err
		}
	}
	return nil
}

// vouch finds what this party owes over one record.
func (n *Node) vouch(ctx context.Context, o party.Origin) (v vouching, err error) {
	v.origin = o
	if o.Base() == n.origin.Base() {
		return v, nil
	}
	if frozen, err := n.frozen(ctx, o); err != nil || frozen {
		return v, err
	}
	latest, ok, err := record.Served(ctx, n.db.Read(), o)
	if err != nil || !ok || latest.Head.Size == 0 {
		return v, err
	}
	counting := n.counts()
	if counting {
		size, _, err := n.lastCosigned(ctx, o, n.set().Witness)
		if err != nil {
			return v, err
		}
		if size < latest.Head.Size {
			if v.witnessed, err = n.verified(o, latest); err != nil {
				return v, err
			}
		}
	}
	head, err := n.durableHead(ctx, o, latest)
	if err != nil || head.Size == 0 {
		return v, err
	}
	if !counting && !n.isCustodian(n.self) {
		addressed, err := n.addressedSince(ctx, o, head.Size)
		if err != nil || !addressed {
			return v, err
		}
	}
	v.mirrored, err = n.mirrorHead(ctx, head)
	return v, err
}

// mirrorHead cosigns h as mirror unless this key has signed that tree or a
// larger one. Its time never falls as the size grows.
func (n *Node) mirrorHead(ctx context.Context, h checkpoint.Head) (checkpoint.Cosigned, error) {
	k := n.set().Mirror
	size, at, err := n.lastCosigned(ctx, h.Origin, k)
	if err != nil || size >= h.Size {
		return checkpoint.Cosigned{}, err
	}
	c, err := checkpoint.Cosign(h, k, max(n.cfg.Now().Unix(), at))
	if err != nil {
		return c, fmt.Errorf("cosign %s: %w", h.Origin, err)
	}
	return c, nil
}

func (n *Node) lastCosigned(ctx context.Context, o party.Origin, k *key.CosignerSecret) (size, at int64, err error) {
	return record.LastCosigned(ctx, n.db.Read(), o, k.Public.Name, k.Public.IDs()[0])
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
	last, _, err := n.lastCosigned(ctx, o, n.set().Mirror)
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
	if !a.Sealed.Digest.IsZero() && (a.IsDiscreet() || a.Addressed(n.self) || n.isCustodian(n.self)) {
		out = append(out, a.Sealed.Digest)
	}
	return out
}

// noteMissing remembers, in the transaction that stores an act, the blobs that
// are still to come, and forgets those that came.
func (n *Node) noteMissing(ctx context.Context, tx *Tx, ref act.Ref, a *act.Act) error {
	for _, d := range n.mustHold(a) {
		held, err := n.holds(ctx, tx, ref, a, d)
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
	if !withdraws(a, ref) {
		return nil
	}
	// The answered leaf must be the one held: lodging.go looks for the withdrawal by
	// the whole reference, and a blob that is passed here must be passed there.
	row, err := docket.Get(ctx, tx.Tx, a.Answers.Origin, a.Answers.Index)
	if errors.Is(err, docket.ErrNone) || err == nil && row.Ref != a.Answers {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "delete from node_missing where origin = $1 and idx = $2", string(a.Answers.Origin), a.Answers.Index)
	return err
}

// withdraws reports whether an act at ref withdraws an earlier one of the same
// volume, so that mirrors may pass its blob.
func withdraws(a *act.Act, ref act.Ref) bool {
	return a.Kind == act.Statement && a.Life == act.Withdrawal && a.Answers.Origin == ref.Origin && a.Answers.Index < ref.Index
}

func (n *Node) firstMissing(ctx context.Context, o party.Origin) (int64, error) {
	var idx int64
	err := n.db.Read().QueryRowContext(ctx, "select coalesce(min(idx), -1) from node_missing where origin = $1", string(o)).Scan(&idx)
	return idx, err
}

func (n *Node) heldSize(ctx context.Context, o party.Origin) (int64, error) {
	s, ok, err := n.released(ctx, o)
	if err != nil || !ok {
		return 0, err
	}
	return s.Head.Size, nil
}

// allOrigins are the records of every party of the edition in force, and every
// further volume held here.
func (n *Node) allOrigins() []party.Origin {
	var out []party.Origin
	frozen, err := n.Frozen(context.Background())
	if err != nil {
		return nil
	}
	for _, p := range n.keys.Load().Current().Parties {
		if p.Card == nil {
			continue
		}
		for _, o := range n.volumesOf(p.Card.Origin) {
			if !slices.Contains(frozen, o) {
				out = append(out, o)
			}
		}
	}
	return out
}
