package node

import (
	"context"
	"errors"
	"fmt"

	"detente/act"
	"detente/checkpoint"
	"detente/key"
	"detente/record"
)

// NewVolume opens a further volume of the own record, after a restore, a loss,
// a fork or for size: entry 0 names the last head known of the volume before,
// and the witness and mirror keys are retired for those kept offline, since this
// machine may have forgotten what they signed. The longer old tail that peers
// hold stays binding and comes back from them. It runs on a node whose loops
// were not started; the node is then opened again.
func (n *Node) NewVolume(ctx context.Context, officer string, reason act.VolumeReason, next *key.Next, after key.Commitments) (act.Ref, error) {
	if n.cancel != nil {
		return act.Ref{}, errors.New("stop the node first: a new volume is opened while it does not run")
	}
	last := n.lastKnown()
	if last.Origin.Volume() >= maxVolumes {
		return act.Ref{}, fmt.Errorf("the record has %d volumes, and the others take up no more: agree on an edition with a new record", maxVolumes)
	}
	set, err := n.set().Enter(key.Witness, next)
	if err == nil {
		set, err = set.Enter(key.Mirror, next)
	}
	if err != nil {
		return act.Ref{}, err
	}
	if err := n.cfg.Stage(set); err != nil {
		return act.Ref{}, fmt.Errorf("stage the new keys: %w", err)
	}
	var ref act.Ref
	err = n.update(ctx, func(tx *Tx) error {
		// Runs in the writer, which alone owns origin and own.
		old, oldLog := n.origin, n.own
		if err := n.turnTo(ctx, last); err != nil {
			return err
		}
		tx.base = 0
		if ref, err = n.openVolume(ctx, tx, officer, reason, last, next, after); err != nil {
			n.origin, n.own = old, oldLog
		}
		return err
	})
	if err != nil {
		return act.Ref{}, err
	}
	n.secrets.Store(set)
	return ref, n.cfg.Promote()
}

// lastKnown is the newest own head known: in the database, outside it, or from a peer.
func (n *Node) lastKnown() checkpoint.Head {
	last := n.own.Head()
	last.Origin = n.origin
	n.assured.mu.Lock()
	defer n.assured.mu.Unlock()
	ahead := n.assured.ahead
	if ahead.Origin != "" && (ahead.Origin.Volume() > last.Origin.Volume() || ahead.Origin == last.Origin && ahead.Size > last.Size) {
		return ahead
	}
	return last
}

// turnTo makes the volume after last the own record.
func (n *Node) turnTo(ctx context.Context, last checkpoint.Head) error {
	o := last.Origin.AtVolume(last.Origin.Volume() + 1)
	log, err := record.Load(ctx, n.db.Read(), o)
	if err != nil {
		return err
	}
	n.origin, n.own = o, log
	n.assured.mu.Lock()
	n.assured.level, n.assured.ahead = certain, checkpoint.Head{}
	n.assured.mu.Unlock()
	return nil
}

func (n *Node) openVolume(ctx context.Context, tx *Tx, officer string, reason act.VolumeReason, last checkpoint.Head, next *key.Next, after key.Commitments) (act.Ref, error) {
	payload, err := act.VolumeHead{Origin: last.Origin, Size: last.Size, Root: last.Root, Reason: reason}.Bytes()
	if err != nil {
		return act.Ref{}, err
	}
	a := n.groupAct(act.Volume)
	a.PayloadType, a.Payload = act.TypeVolume, payload
	ref, err := tx.Append(ctx, a)
	if err != nil {
		return ref, err
	}
	for _, role := range []key.Role{key.Witness, key.Mirror} {
		if _, err := n.appendRotation(ctx, tx, role, next, after); err != nil {
			return ref, err
		}
	}
	return ref, n.desk.Audit(ctx, tx.Tx, officer, "new-volume", fmt.Sprintf("%s after %s at %d acts", n.origin, last.Origin, last.Size))
}
