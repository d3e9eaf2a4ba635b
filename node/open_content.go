package node

import (
	"context"
	"crypto/cipher"
	"errors"
	"fmt"

	"detente/act"
	"detente/docket"
	"detente/internal/canon"
	"detente/party"
	"detente/record"
	"detente/seal"
	"golang.org/x/crypto/chacha20poly1305"
)

// openAll opens what is sealed to this party among new acts, outside any
// transaction. What cannot be opened gets the word why.
func (n *Node) openAll(ctx context.Context, all []*accepted, blobs map[canon.Digest][]byte) map[act.Ref]content {
	out := map[act.Ref]content{}
	for _, acc := range all {
		for _, a := range acc.acts {
			if a.act == nil {
				continue
			}
			if c, ok := n.openOne(ctx, a.ref, a.act, blobs); ok {
				out[a.ref] = c
			}
		}
	}
	return out
}

// openOne opens one act if it is sealed to this party and its blob is here.
func (n *Node) openOne(ctx context.Context, ref act.Ref, a *act.Act, blobs map[canon.Digest][]byte) (content, bool) {
	if a.Sealed.Digest.IsZero() || a.Stanza(n.self) < 0 {
		return content{}, false
	}
	b, ok := blobs[a.Sealed.Digest]
	if !ok {
		var err error
		if b, err = record.ReadBlob(ctx, n.db.Read(), a.Sealed.Digest); err != nil {
			return content{}, false // not here yet; blobsArrived opens it later
		}
	}
	bind, err := n.binding(ref.Origin, a)
	if err != nil {
		return content{State: unreadable, Note: err.Error()}, true
	}
	o, err := seal.Open(b, bind, a.Stanza(n.self), n.set().Sealing)
	if err != nil {
		return content{State: unreadable, Note: err.Error()}, true
	}
	if err := n.fitsContent(n.author(ref.Origin), a, o.Type, o.Body); err != nil {
		return content{State: unreadable, Note: err.Error()}, true
	}
	return content{State: opened, Type: o.Type, Body: o.Body}, true
}

func (n *Node) binding(o party.Origin, a *act.Act) (seal.Binding, error) {
	d, err := a.OutsideDigest()
	if err != nil {
		return seal.Binding{}, err
	}
	return seal.Binding{Author: o.Base(), Group: a.Group, Outside: d}, nil
}

// answer appends the receipt that an act is owed, in the same transaction in
// which the act is stored. Only statements get receipts by themselves.
func (n *Node) answer(ctx context.Context, tx *Tx, ref act.Ref, a *act.Act, c content) error {
	if a.Kind != act.Statement || !(a.ToAll || a.Addressed(n.self)) {
		return nil
	}
	author := n.author(ref.Origin)
	if author == "" || author == n.self || n.cfg.Settings.receipt(author) != Automatic || !n.sure() {
		return nil
	}
	if !a.Sealed.Digest.IsZero() && a.Stanza(n.self) >= 0 && c.State == "" {
		return nil // the blob is not here yet
	}
	if !a.Clear.Digest.IsZero() {
		if held, err := record.HasBlob(ctx, tx.Tx, a.Clear.Digest); err != nil || !held {
			return err // nor this one
		}
	}
	if c.State == unreadable {
		return n.appendReturn(ctx, tx, ref, a, author, c.Note)
	}
	_, err := tx.Append(ctx, n.receiptAct(act.Delivered, ref, a.Status, author))
	return err
}

func (n *Node) receiptAct(k act.Kind, ref act.Ref, s act.Status, author party.ID) *act.Act {
	return &act.Act{
		Group: n.cfg.First.Group, Edition: n.keys.Load().Current().Edition, Kind: k, Status: s,
		To: []party.ID{author}, Answers: ref, Claimed: n.now(),
	}
}

// appendReturn returns an act whose content could not be read; the details are
// sealed to its author.
func (n *Node) appendReturn(ctx context.Context, tx *Tx, ref act.Ref, a *act.Act, author party.ID, details string) error {
	r := n.receiptAct(act.Returned, ref, a.Status, author)
	if err := n.sealInto(ctx, tx, r, seal.Content{Type: TextType, Body: []byte(details)}); err != nil {
		return err
	}
	_, err := tx.Append(ctx, r)
	return err
}

// blobsArrived opens what waited for a blob, and lets the records that name it be cosigned.
func (n *Node) blobsArrived(ctx context.Context, blobs map[canon.Digest][]byte) error {
	for d := range blobs {
		rows, err := docket.List(ctx, n.db.Read(), docket.Filter{Digest: d.String()})
		if err != nil {
			return err
		}
		for _, r := range rows {
			n.markDirty(r.Ref.Origin)
			if r.Clear == d.String() && r.Kind == act.Statement {
				n.owe() // its receipt waited for this
			}
			if _, err := n.readContent(ctx, n.db.Read(), r.Ref.Origin, r.Ref.Index); !errors.Is(err, ErrNoContent) {
				continue
			}
			a, err := n.readLeaf(ctx, r.Ref)
			if err != nil {
				return err
			}
			c, ok := n.openOne(ctx, r.Ref, a, blobs)
			if !ok {
				continue
			}
			if err := n.update(ctx, func(tx *Tx) error {
				if err := n.saveContent(ctx, tx.Tx, r.Ref, a, c); err != nil {
					return err
				}
				done, err := n.answeredBy(ctx, tx, r.Ref, act.Delivered, act.Returned)
				if err != nil || done {
					return err
				}
				return n.answer(ctx, tx, r.Ref, a, c)
			}); err != nil {
				return err
			}
		}
	}
	return nil
}

// readAct reads one held act: of a discreet one that was opened here, what is inside.
func (n *Node) readAct(ctx context.Context, ref act.Ref) (*act.Act, error) {
	a, err := n.readLeaf(ctx, ref)
	if err != nil {
		return nil, err
	}
	return n.revealed(ctx, n.db.Read(), ref.Origin, ref.Index, a)
}

// readLeaf reads one held act as it stands in the record.
func (n *Node) readLeaf(ctx context.Context, ref act.Ref) (*act.Act, error) {
	b, err := record.Entry(ctx, n.db.Read(), ref.Origin, ref.Index)
	if err != nil {
		return nil, fmt.Errorf("read act %d of %s: %w", ref.Index, ref.Origin, err)
	}
	a, err := act.Parse(b)
	if err != nil {
		return nil, fmt.Errorf("read act %d of %s: %w", ref.Index, ref.Origin, err)
	}
	return a, nil
}

// lock and unlock keep contents re-encrypted at rest under the home's own key,
// bound to the place of the act.
func (n *Node) lock(o party.Origin, idx int64, b []byte) ([]byte, error) {
	aead, err := n.localCipher()
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(b)+aead.Overhead())
	if _, err := n.cfg.Rand.Read(nonce); err != nil {
		return nil, fmt.Errorf("lock content: %w", err)
	}
	return aead.Seal(nonce, nonce, b, fmt.Appendf(nil, "%s %d", o, idx)), nil
}

func (n *Node) unlock(o party.Origin, idx int64, b []byte) ([]byte, error) {
	aead, err := n.localCipher()
	if err != nil {
		return nil, err
	}
	if len(b) < aead.NonceSize() {
		return nil, fmt.Errorf("unlock content of %s %d: too short", o, idx)
	}
	out, err := aead.Open(nil, b[:aead.NonceSize()], b[aead.NonceSize():], fmt.Appendf(nil, "%s %d", o, idx))
	if err != nil {
		return nil, fmt.Errorf("unlock content of %s %d: %w", o, idx, err)
	}
	return out, nil
}

func (n *Node) localCipher() (cipher.AEAD, error) { return chacha20poly1305.NewX(n.cfg.Local[:]) }
