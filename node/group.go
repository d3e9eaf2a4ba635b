package node

import (
	"context"
	"fmt"

	"detente/act"
	"detente/key"
	"detente/record"
	"detente/roster"
)

func (n *Node) groupAct(k act.Kind) *act.Act {
	return &act.Act{Group: n.cfg.First.Group, Edition: n.keys.Load().Current().Edition, Kind: k, Status: act.Actual, ToAll: true, Claimed: n.now()}
}

// fileKeyChange stores a key act, with how far the cosignatures held reach by
// now; it is applied once the change is durable.
func (n *Node) fileKeyChange(ctx context.Context, tx *Tx, c roster.Change) error {
	if err := saveChange(ctx, tx.Tx, c); err != nil {
		return err
	}
	tx.rekeyed = true
	return saveHeldBefore(ctx, tx.Tx, c)
}

// Rotate enters the next key of a role (record, witness or mirror): the act
// carries the next key's own signature and commits to the one after it, and for
// a cosigner key the list of all it has signed. The new set is staged before the
// act is appended and takes effect with it; a crash in between is settled at the
// next start by what the record says.
func (n *Node) Rotate(ctx context.Context, officer string, role key.Role, next *key.Next, after key.Commitments) (act.Ref, error) {
	entering, err := n.set().Enter(role, next)
	if err != nil {
		return act.Ref{}, err
	}
	if err := n.cfg.Stage(entering); err != nil {
		return act.Ref{}, fmt.Errorf("stage the new keys: %w", err)
	}
	var ref act.Ref
	err = n.update(ctx, func(tx *Tx) error {
		var err error
		if ref, err = n.appendRotation(ctx, tx, role, next, after); err != nil {
			return err
		}
		if role == key.Record {
			tx.signer = entering.Record
		}
		tx.After(func() { n.secrets.Store(entering) })
		return n.desk.Audit(ctx, tx.Tx, officer, "rotate", "key of role "+string(role))
	})
	if err != nil {
		return ref, err
	}
	return ref, n.cfg.Promote()
}

func (n *Node) appendRotation(ctx context.Context, tx *Tx, role key.Role, next *key.Next, after key.Commitments) (act.Ref, error) {
	a := n.groupAct(act.KeyChange)
	a.Role, a.PayloadType = string(role), act.TypeKeyChange
	var listed roster.CosignedList
	if role == key.Witness || role == key.Mirror {
		name := key.CosignerName(n.origin, role)
		made, err := record.CosignedBy(ctx, tx.Tx, name)
		if err != nil {
			return act.Ref{}, err
		}
		var signed []roster.Cosignature
		for _, c := range made {
			signed = append(signed, roster.Cosignature{Origin: c.Head.Origin, Size: c.Head.Size, Root: c.Head.Root, Time: c.Time})
		}
		listed = roster.NewCosignedList(signed)
		b, err := listed.Bytes()
		if err != nil {
			return act.Ref{}, err
		}
		d, err := record.SaveBlob(ctx, tx.Tx, b)
		if err != nil {
			return act.Ref{}, err
		}
		a.Clear = act.Blob{Digest: d, Size: int64(len(b)), Type: act.TypeCosignatures}
	}
	payload, err := roster.NewChange(n.cfg.First.Group, role, tx.next(), next.AtOrigin(n.origin), after, listed)
	if err != nil {
		return act.Ref{}, err
	}
	a.Payload = payload
	ref, err := tx.Append(ctx, a)
	if err != nil {
		return ref, err
	}
	return ref, n.fileKeyChange(ctx, tx, keyChange(n.self, ref, a))
}

// RotateBatch enters a new sealing or transport key, signed by the offline batch key.
func (n *Node) RotateBatch(ctx context.Context, officer string, role key.Role, entering *key.Set, next *key.Next) (act.Ref, error) {
	v := roster.Validity{From: n.now()}
	switch role {
	case key.Sealing:
		v.Sealing = entering.Sealing[0].Recipient().String()
	case key.Transport:
		v.Pin = entering.Transport.Pin()
	default:
		return act.Ref{}, fmt.Errorf("role %s has no batch", role)
	}
	if err := n.cfg.Stage(entering); err != nil {
		return act.Ref{}, fmt.Errorf("stage the new keys: %w", err)
	}
	var ref act.Ref
	err := n.update(ctx, func(tx *Tx) error {
		payload, err := roster.NewBatch(n.cfg.First.Group, role, tx.next(), next.AtOrigin(n.origin), next.Commitments().Sealing, []roster.Validity{v})
		if err != nil {
			return err
		}
		a := n.groupAct(act.KeyChange)
		a.Role, a.PayloadType, a.Payload = string(role), act.TypeKeyChange, payload
		if ref, err = tx.Append(ctx, a); err != nil {
			return err
		}
		if err := n.fileKeyChange(ctx, tx, keyChange(n.self, ref, a)); err != nil {
			return err
		}
		tx.After(func() {
			if role == key.Transport {
				n.showTransport(entering.Transport)
			}
			n.secrets.Store(entering)
		})
		return n.desk.Audit(ctx, tx.Tx, officer, "rotate", "key of role "+string(role))
	})
	if err != nil {
		return ref, err
	}
	return ref, n.cfg.Promote()
}

// Suspend and Resume say that this party suspends its participation, or takes it
// up again: a refusal that is told apart from a fault.
func (n *Node) Suspend(ctx context.Context, officer, reason string) (act.Ref, error) {
	return n.standing(ctx, officer, act.Suspension, reason)
}

// Resume ends a suspension.
func (n *Node) Resume(ctx context.Context, officer, reason string) (act.Ref, error) {
	return n.standing(ctx, officer, act.Resumption, reason)
}

func (n *Node) standing(ctx context.Context, officer string, k act.Kind, reason string) (act.Ref, error) {
	var ref act.Ref
	err := n.update(ctx, func(tx *Tx) error {
		suspended, _, err := n.suspendedIn(ctx, tx, n.self)
		if err != nil {
			return err
		}
		if suspended == (k == act.Suspension) {
			return fmt.Errorf("%s: participation is already in that state", k)
		}
		a := n.groupAct(k)
		if reason != "" {
			a.PayloadType, a.Payload = TextType, []byte(reason)
		}
		if ref, err = tx.Append(ctx, a); err != nil {
			return err
		}
		return n.desk.Audit(ctx, tx.Tx, officer, string(k), refText(ref))
	})
	return ref, err
}
