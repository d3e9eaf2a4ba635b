package node

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"detente/checkpoint"
	"detente/courier"
	"detente/internal/durable"
	"detente/key"
	"detente/party"
	"detente/proof"
	"detente/record"
	"detente/witness"
	"golang.org/x/mod/sumdb/tlog"
)

// What the witness is shown without entries, and what this node holds as a
// mirror, have to be one tree. Whoever is shown one and sent another signs
// neither further and proves the fork: otherwise an author could gather from one
// honest party its word for both.

// frozenIn is frozen within a change.
func frozenIn(ctx context.Context, q durable.Querier, o party.Origin) (bool, error) {
	var count int
	err := q.QueryRowContext(ctx, "select count(*) from node_frozen where origin = $1", string(o)).Scan(&count)
	return count > 0, err
}

// forkShown lodges what the witness was shown, if it proves a fork.
func (n *Node) forkShown(ctx context.Context, from party.ID, fork *witness.Fork) error {
	first, err := n.readHead(fork.First)
	if err != nil {
		return err
	}
	second, err := n.readHead(fork.Second)
	if err != nil {
		return err
	}
	o := second.Head().Origin
	if err := n.observe(ctx, from, "two trees of "+string(o)+" were shown to the witness", fork.Second); err != nil {
		return err
	}
	if first.Head().Size == second.Head().Size {
		return n.lodge(ctx, proof.Fork(first, second, n.author(o)))
	}
	m, err := proof.Inconsistent(first, second, record.Hashes(ctx, n.db.Read(), o), n.author(o))
	if err != nil {
		return fmt.Errorf("prove a fork of %s: %w", o, err)
	}
	return n.lodge(ctx, m)
}

// readHead verifies the head of a note under the key that rules its size.
func (n *Node) readHead(note []byte) (checkpoint.Signed, error) {
	parsed, err := checkpoint.ParseNote(note)
	if err != nil {
		return checkpoint.Signed{}, err
	}
	o := parsed.Head.Origin
	return verifyHead(parsed, func(size int64) (key.RecordKey, bool) { return n.keys.Load().Record(o, size) }, o)
}

// contradictsHeld refuses a submission over another tree than that of the
// entries held, and lodges the proof if there is one.
func (n *Node) contradictsHeld(ctx context.Context, from party.ID, note []byte) error {
	signed, err := n.readHead(note)
	if err != nil {
		return err
	}
	o := signed.Head().Origin
	if err := n.observe(ctx, from, "the witness was shown another tree of "+string(o)+" than the one held", note); err != nil {
		return err
	}
	m, err := n.againstHeld(ctx, n.author(o), signed)
	if err != nil {
		return err
	}
	if err := n.lodge(ctx, m); err != nil {
		return err
	}
	return &courier.Refusal{Kind: courier.ErrRefused, Sentence: "the entries held here give another root at that size"}
}

// againstHeld builds the proof that a verified head contradicts the tree held
// here, which has at least as many entries.
func (n *Node) againstHeld(ctx context.Context, author party.ID, signed checkpoint.Signed) (*proof.Misconduct, error) {
	q, h := n.db.Read(), signed.Head()
	stored, ok, err := record.At(ctx, q, h.Origin, h.Size)
	if err != nil || !ok {
		return nil, err
	}
	ours, err := n.verified(h.Origin, stored)
	if err != nil {
		return nil, err
	}
	if ours.Head().Size == h.Size {
		return proof.Fork(signed, ours, author), nil
	}
	return proof.Inconsistent(signed, ours, record.Hashes(ctx, q, h.Origin), author)
}

// witnessed is the newest head of a record that this party's witness vouched
// for; its zero value if there is none. Entries may not have arrived for it.
func (n *Node) witnessed(ctx context.Context, o party.Origin) (checkpoint.Head, error) {
	h, _, ok, err := witness.Last(ctx, n.db.Read(), o, n.set().Witness.Public.Name)
	if err != nil || !ok {
		return checkpoint.Head{}, err
	}
	return h, nil
}

// notAsShown takes new entries, with verified heads over them, that give another
// root than the one that this party's witness was shown: the author signed both.
func (n *Node) notAsShown(ctx context.Context, from party.ID, acc *accepted, size int64, shown checkpoint.Head) error {
	signed := acc.heads[len(acc.heads)-1]
	for _, h := range acc.heads {
		if h.Head().Size > signed.Head().Size {
			signed = h
		}
	}
	if err := n.observe(ctx, from, "the acts of "+string(acc.origin)+" are not those of the tree that the witness was shown", signed.Bytes()); err != nil {
		return err
	}
	note, err := witness.LastNote(ctx, n.db.Read(), acc.origin, n.set().Witness.Public.Name)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	first, err := n.readHead(note)
	if err != nil {
		return err
	}
	if first.Head() != shown {
		return nil // it was shown more meanwhile: the next arrival tells
	}
	if shown.Size == signed.Head().Size {
		return n.lodge(ctx, proof.Fork(first, signed, acc.author))
	}
	hashes, err := newBranch(record.Hashes(ctx, n.db.Read(), acc.origin), size, acc.leaves[:signed.Head().Size-size])
	if err != nil {
		return err
	}
	m, err := proof.Inconsistent(first, signed, hashes, acc.author)
	if err != nil {
		return err
	}
	return n.lodge(ctx, m)
}

// newBranch reads the tree whose first from entries are held and whose further
// ones are leaves.
func newBranch(held tlog.HashReader, from int64, leaves [][]byte) (*branchHashes, error) {
	b := &branchHashes{held: held, from: tlog.StoredHashCount(from)}
	for i, l := range leaves {
		hs, err := tlog.StoredHashes(from+int64(i), l, b)
		if err != nil {
			return nil, err
		}
		b.own = append(b.own, hs...)
	}
	return b, nil
}
