package node

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"detente/checkpoint"
	"detente/courier"
	"detente/party"
	"detente/record"
	"detente/witness"
	"golang.org/x/mod/sumdb/tlog"
)

// Checkpoint serves the newest checkpoint of a record held here.
func (n *Node) Checkpoint(ctx context.Context, from party.ID, o party.Origin) ([]byte, error) {
	if n.noLink(from) {
		return nil, courier.ErrForbidden
	}
	s, ok, err := n.released(ctx, o)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, courier.ErrNotHeld
	}
	return s.Note, nil
}

// Tile serves a tile or an entry bundle of a record held here.
func (n *Node) Tile(ctx context.Context, from party.ID, o party.Origin, t tlog.Tile) ([]byte, error) {
	if n.noLink(from) {
		return nil, courier.ErrForbidden
	}
	if o == n.origin && !n.releasedTile(t) {
		return nil, courier.ErrNotHeld
	}
	b, err := record.Tile(ctx, n.db.Read(), o, t)
	if errors.Is(err, record.ErrNotHeld) {
		return nil, courier.ErrNotHeld
	}
	return b, err
}

// AddCheckpoint answers tlog-witness add-checkpoint for the records of the group.
// The state of the witness is durable before a cosignature leaves.
func (n *Node) AddCheckpoint(ctx context.Context, from party.ID, oldSize int64, path tlog.TreeProof, note []byte) ([]byte, error) {
	if n.noLink(from) || !n.counts() {
		return nil, courier.ErrForbidden
	}
	var c checkpoint.Cosigned
	err := n.update(ctx, func(tx *Tx) error {
		if err := n.maySign(); err != nil {
			return err
		}
		var err error
		c, err = witness.Submit(ctx, tx.Tx, n.set().Witness, n.believed, witness.Submission{OldSize: oldSize, Proof: path, Note: note}, n.cfg.Now())
		if err != nil {
			return err
		}
		if frozen, err := frozenIn(ctx, tx.Tx, c.Head().Origin); err != nil || frozen {
			return errors.Join(err, witness.ErrUnknown)
		}
		_, err = record.SaveCosigned(ctx, tx.Tx, c)
		if errors.Is(err, record.ErrNotHeld) {
			return nil // the entries have not arrived: they are held to this tree when they do (shown.go)
		}
		return err
	})
	if _, ok := errors.AsType[*record.Contradiction](err); ok {
		return nil, n.contradictsHeld(ctx, from, note)
	}
	if err != nil {
		return nil, n.witnessRefusal(ctx, from, err)
	}
	return witness.Lines(c), nil
}

// believed is the policy towards the records of the group: all three lines,
// under the key in force at that size.
func (n *Node) believed(h checkpoint.Head) (witness.Policy, bool) {
	if id := n.author(h.Origin); id == "" || id == n.self {
		return witness.Policy{}, false
	}
	k, ok := n.keys.Load().Record(h.Origin, h.Size)
	return witness.ThreeLines(k), ok
}

// witnessRefusal keeps a fork shown to the witness as evidence and turns its
// errors into the protocol's.
func (n *Node) witnessRefusal(ctx context.Context, from party.ID, cause error) error {
	var fork *witness.Fork
	if errors.As(cause, &fork) {
		if err := n.forkShown(ctx, from, fork); err != nil {
			return err
		}
	}
	var size *witness.SizeError
	switch {
	case errors.As(cause, &size):
		return &courier.ConflictError{Size: size.Size}
	case errors.Is(cause, witness.ErrMalformed):
		return &courier.Refusal{Kind: courier.ErrMalformed, Sentence: cause.Error()}
	case errors.Is(cause, witness.ErrUnknown):
		return &courier.Refusal{Kind: courier.ErrNotHeld, Sentence: cause.Error()}
	case errors.Is(cause, witness.ErrSignature):
		return &courier.Refusal{Kind: courier.ErrForbidden, Sentence: cause.Error()}
	case errors.Is(cause, witness.ErrProof), errors.Is(cause, witness.ErrFork):
		return &courier.Refusal{Kind: courier.ErrRefused, Sentence: cause.Error()}
	case errors.Is(cause, witness.ErrClock), errors.Is(cause, ErrNotSure), errors.Is(cause, ErrNewVolume):
		return &courier.Refusal{Kind: courier.ErrBusy, Sentence: "this witness does not sign now", Cause: cause}
	}
	return cause
}

// splitPlace reads "origin index" or "origin#index" as a person types it.
func splitPlace(text string) (party.Origin, int64, bool) {
	i := strings.LastIndexAny(text, " #")
	if i < 0 {
		return "", 0, false
	}
	o, err := party.ParseOrigin(text[:i])
	if err != nil {
		return "", 0, false
	}
	idx, err := strconv.ParseInt(text[i+1:], 10, 64)
	return o, idx, err == nil && idx >= 0
}
