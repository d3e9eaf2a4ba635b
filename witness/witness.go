// Package witness vouches for the growth of logs: it cosigns a checkpoint only
// if it is signed as a policy demands and extends, by proof, what was cosigned
// last. It answers C2SP tlog-witness add-checkpoint, and it looks at no entry:
// that is a mirror's affair.
//
// Invariant: of one log and one witness name the sizes never fall, all trees
// cosigned are beginnings of one another, and the times never fall. The state
// is stored in the transaction that the signature is made in; the caller
// releases the signature only after the commit. A witness that lost its state
// is retired, never restarted. Spec: spec/witness.md.
package witness

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"time"

	"detente/checkpoint"
	"detente/key"

	"golang.org/x/mod/sumdb/tlog"
)

// Submission is what a log hands in.
type Submission struct {
	OldSize int64          // what it thinks was cosigned last
	Proof   tlog.TreeProof // from there to the note's size; empty if OldSize is 0
	Note    []byte         // as it came
}

// Submit judges a submission and cosigns at now with k. policy tells for the
// tree that a note claims under which keys it is believed; false if the log is
// not one of ours. It writes the new state into tx and returns the cosignature,
// which must not leave before tx has committed.
//
// Errors in the order of the checks: ErrMalformed, ErrUnknown, ErrSignature,
// ErrMalformed (an old size above the note's), *SizeError, *Fork, ErrProof,
// *ClockError.
func Submit(ctx context.Context, tx *sql.Tx, k *key.CosignerSecret, policy func(checkpoint.Head) (Policy, bool), s Submission, now time.Time) (checkpoint.Cosigned, error) {
	seen, err := read(s.Note, policy)
	if err != nil {
		return checkpoint.Cosigned{}, err
	}
	if s.OldSize < 0 || s.OldSize > seen.head.Size {
		return checkpoint.Cosigned{}, fmt.Errorf("%w: the old size is %d, the checkpoint's %d", ErrMalformed, s.OldSize, seen.head.Size)
	}
	last, err := load(ctx, tx, seen.head.Origin, k.Public.Name)
	if err != nil {
		return checkpoint.Cosigned{}, err
	}
	if err := extends(last, seen, s); err != nil {
		return checkpoint.Cosigned{}, err
	}
	return cosign(ctx, tx, k, last, seen, now)
}

// Vouch cosigns a checkpoint of a record that is replayed here: hashes are
// those of the entries held, at least to the checkpoint's size, and stand in
// the place of a proof. State, errors and release are those of Submit;
// a *SizeError says that a larger tree was cosigned before.
func Vouch(ctx context.Context, tx *sql.Tx, k *key.CosignerSecret, s checkpoint.Signed, hashes tlog.HashReader, now time.Time) (checkpoint.Cosigned, error) {
	if s.IsZero() {
		return checkpoint.Cosigned{}, fmt.Errorf("%w: the checkpoint is not verified", ErrSignature)
	}
	seen := signed{head: s.Head(), note: s.Bytes()}
	last, err := load(ctx, tx, seen.head.Origin, k.Public.Name)
	if err != nil {
		return checkpoint.Cosigned{}, err
	}
	if last.head.Size > seen.head.Size {
		return checkpoint.Cosigned{}, &SizeError{Size: last.head.Size}
	}
	if err := replayed(last, seen, hashes); err != nil {
		return checkpoint.Cosigned{}, err
	}
	return cosign(ctx, tx, k, last, seen, now)
}

// Lines are the two signature lines of a cosignature: the answer to
// add-checkpoint.
func Lines(c checkpoint.Cosigned) []byte {
	_, lines, _ := bytes.Cut(c.Bytes(), []byte("\n\n"))
	return lines
}

// extends checks the submission against what was cosigned last.
func extends(last state, seen signed, s Submission) error {
	fork := last.forks(seen)
	if s.OldSize != last.head.Size {
		stale := &SizeError{Size: last.head.Size}
		if fork != nil {
			fork.Stale = stale // by the protocol the size is told; the evidence is kept all the same
			return fork
		}
		return stale
	}
	switch {
	case fork != nil:
		return fork
	case s.OldSize == 0 || s.OldSize == seen.head.Size:
		if len(s.Proof) != 0 {
			return fmt.Errorf("%w: it has %d hashes where none is needed", ErrProof, len(s.Proof))
		}
		return nil
	}
	if err := tlog.CheckTree(s.Proof, seen.head.Size, seen.head.Root, last.head.Size, last.head.Root); err != nil {
		return fmt.Errorf("%w: from %d to %d", ErrProof, last.head.Size, seen.head.Size)
	}
	return nil
}

// replayed checks both trees against the hashes held.
func replayed(last state, seen signed, hashes tlog.HashReader) error {
	root, err := treeHash(seen.head.Size, hashes)
	if err != nil {
		return fmt.Errorf("witness %s: %w", seen.head.Origin, err)
	}
	if root != seen.head.Root {
		return fmt.Errorf("%w: the entries held have another root at %d", ErrProof, seen.head.Size)
	}
	if fork := last.forks(seen); fork != nil {
		return fork
	}
	before, err := treeHash(last.head.Size, hashes)
	if err != nil {
		return fmt.Errorf("witness %s: %w", seen.head.Origin, err)
	}
	if last.head.Size == 0 || before == last.head.Root {
		return nil
	}
	fork := &Fork{First: last.note, Second: seen.note, Root: before}
	if fork.Proof, err = tlog.ProveTree(seen.head.Size, last.head.Size, hashes); err != nil {
		return fmt.Errorf("witness %s: %w", seen.head.Origin, err)
	}
	return fork
}

// treeHash is tlog.TreeHash, which knows no empty tree.
func treeHash(size int64, hashes tlog.HashReader) (tlog.Hash, error) {
	if size == 0 {
		return sha256.Sum256(nil), nil
	}
	return tlog.TreeHash(size, hashes)
}

// cosign stores the new state and signs.
func cosign(ctx context.Context, tx *sql.Tx, k *key.CosignerSecret, last state, seen signed, now time.Time) (checkpoint.Cosigned, error) {
	at := now.Unix()
	if at < last.time {
		return checkpoint.Cosigned{}, &ClockError{Wait: time.Unix(last.time, 0).Sub(now)}
	}
	c, err := checkpoint.Cosign(seen.head, k, at)
	if err != nil {
		return checkpoint.Cosigned{}, err
	}
	next := state{head: seen.head, time: at, note: seen.note}
	if err := next.save(ctx, tx, k.Public.Name); err != nil {
		return checkpoint.Cosigned{}, err
	}
	return c, nil
}
