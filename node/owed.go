package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"detente/act"
	"detente/docket"
	"detente/internal/canon"
	"detente/party"
	"detente/proof"
)

// What a node owes and could not give at once: it was not yet sure that it may
// sign, a blob was missing, or it died in between. All of it follows from the
// store and the folder of evidence, so a start finds it again.

// owe asks for what is owed to be looked through soon.
func (n *Node) owe() {
	n.markAllDirty()
	select {
	case n.owed <- struct{}{}:
	default:
	}
}

// heartbeatLoop re-signs the own head and looks after what time alone brings.
func (n *Node) heartbeatLoop(ctx context.Context) {
	period := time.Duration(n.cfg.Settings.HeartbeatSeconds) * time.Second
	t := time.NewTimer(period)
	defer t.Stop()
	effect := time.NewTimer(n.untilEffect(ctx))
	defer effect.Stop()
	owing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			t.Reset(period)
			n.attend(ctx, "heartbeat", n.heartbeat)
		case <-effect.C:
		case <-n.owed:
			owing = true
		}
		n.attend(ctx, "look for a new edition", n.refresh)
		effect.Reset(n.untilEffect(ctx))
		n.attend(ctx, "try proofs that waited", n.retryProofs)
		if owing {
			owing = !n.attend(ctx, "give what is owed", n.giveOwed)
		}
	}
}

// untilEffect is how long it is until the next edition that this party adopted is to
// take effect; where none is ahead, an hour.
func (n *Node) untilEffect(ctx context.Context) time.Duration {
	first := time.Hour
	all, err := adoptedRosters(ctx, n.db.Read(), n.keys.Load().Current().Edition+1, []party.ID{n.self})
	if err != nil {
		return first // the next heartbeat looks again
	}
	for _, s := range all {
		if at, err := canon.ParseTime(s.roster.Effective); err == nil && at.After(n.now()) {
			first = min(first, at.Sub(n.now()))
		}
	}
	return first
}

// attend runs one duty of the loop and reports whether it was done. What cannot
// be signed yet is no fault.
func (n *Node) attend(ctx context.Context, what string, f func(context.Context) error) bool {
	err := f(ctx)
	if err == nil {
		return true
	}
	if ctx.Err() == nil && !errors.Is(err, ErrNotSure) && !errors.Is(err, ErrNewVolume) && !errors.Is(err, ErrClosed) {
		n.cfg.Log.Error(what, "reason", err.Error())
	}
	return false
}

func (n *Node) giveOwed(ctx context.Context) error {
	if !n.sure() {
		return nil // becoming sure asks again
	}
	return errors.Join(n.oweReceipts(ctx), n.oweInvalid(ctx), n.oweProofs(ctx))
}

// oweReceipts gives the receipts that could not be given when the act arrived.
func (n *Node) oweReceipts(ctx context.Context) error {
	var o party.Origin
	idx := int64(-1)
	for {
		rows, err := docket.Awaiting(ctx, n.db.Read(), docket.WantsReceipt, o, idx, owedPage)
		if err != nil {
			return err
		}
		for _, r := range rows {
			o, idx = r.Ref.Origin, r.Ref.Index
			if err := n.oweReceipt(ctx, r); err != nil {
				return err
			}
		}
		if len(rows) < owedPage {
			return nil
		}
	}
}

// owedPage is how many acts without a receipt are read at a time.
const owedPage = 256

func (n *Node) oweReceipt(ctx context.Context, r docket.Row) error {
	if is, err := isDiscreet(ctx, n.db.Read(), r.Ref); err != nil || is {
		return err // its receipt has a moment of its own: giveDiscreet
	}
	a, err := n.readAct(ctx, r.Ref)
	if err != nil {
		return err
	}
	c, err := n.readContent(ctx, n.db.Read(), r.Ref.Origin, r.Ref.Index)
	if err != nil && !errors.Is(err, ErrNoContent) {
		return err
	}
	late := false
	if errors.Is(err, ErrNoContent) {
		c, late = n.openOne(ctx, r.Ref, a, nil) // the blob came, the reading of it was cut short
	}
	if !late && n.cfg.Settings.receipt(n.author(r.Ref.Origin)) != Automatic {
		return nil
	}
	return n.update(ctx, func(tx *Tx) error {
		if late {
			if err := n.saveContent(ctx, tx.Tx, r.Ref, a, c); err != nil {
				return err
			}
		}
		done, err := n.answeredBy(ctx, tx, r.Ref, act.Delivered, act.Returned)
		if err != nil || done {
			return err
		}
		return n.answer(ctx, tx, r.Ref, a, c)
	})
}

// answeredBy reports whether this party has already answered ref with one of the kinds.
func (n *Node) answeredBy(ctx context.Context, tx *Tx, ref act.Ref, kinds ...act.Kind) (bool, error) {
	rows, err := docket.List(ctx, tx.Tx, docket.Filter{Author: n.self, Answers: ref, Kinds: kinds, Limit: 1})
	return len(rows) > 0, err
}

// oweInvalid looks at the acts that are invalid under the version they name, the
// first ones of each record.
func (n *Node) oweInvalid(ctx context.Context) error {
	rows, err := docket.FirstInvalid(ctx, n.db.Read(), invalidTried)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if r.Author == n.self {
			continue
		}
		if err := n.invalidAct(ctx, r.Author, r.Ref); err != nil {
			return err
		}
	}
	return nil
}

// oweProofs lodges the proofs in the folder of evidence that nobody has lodged:
// this node found them while it might not sign, or died before it could.
func (n *Node) oweProofs(ctx context.Context) error {
	files, err := n.Evidence()
	if err != nil {
		return err
	}
	for _, path := range files {
		b, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("read evidence: %w", err)
		}
		m, err := proof.ParseMisconduct(b)
		if err != nil {
			continue // put there by a person, or damaged
		}
		rows, err := docket.List(ctx, n.db.Read(), docket.Filter{Digest: canon.DigestOf(b).String(), Kinds: []act.Kind{act.Misconduct}, Limit: 1})
		if err != nil {
			return err
		}
		if len(rows) > 0 {
			continue
		}
		if err := n.lodgeKept(ctx, m, b); err != nil {
			return err
		}
	}
	return nil
}
