package node

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"detente/act"
	"detente/checkpoint"
	"detente/docket"
	"detente/internal/durable"
	"detente/key"
	"detente/party"
	"detente/record"
	"golang.org/x/mod/sumdb/tlog"
)

// maxBatch is how many waiting changes one transaction and one checkpoint may
// take together: a mirror receives a whole batch at once, and 256 leaves are one
// full entry bundle.
const maxBatch = 256

// ErrNotSure means that this node may not sign yet: it cannot rule out that it
// was restored from an older state (guard.go).
var ErrNotSure = errors.New("this node is not yet sure that it holds its newest head; " +
	"wait until a peer has answered, or confirm that this is no restore: detente node confirm")

// ErrNewVolume means that this node was rolled back and must open a new volume.
var ErrNewVolume = errors.New("this node holds an older state than it has signed; " +
	"open a new volume of the record with the keys kept offline: detente node new-volume")

// Tx is one change: SQL and the acts appended to the own record. Everything in
// it becomes durable together or not at all.
type Tx struct {
	*sql.Tx
	n      *Node
	base   int64
	acts   []*act.Act // appended by this change
	prior  int        // leaves of earlier changes in the batch
	leafs  [][]byte
	signer *key.RecordSecret // set by a rotation of the record key: signs this checkpoint
	after  []func()          // run after the commit, in order
	// rekeyed: a key act or an edition was stored; the keys are built anew.
	rekeyed bool
}

// Append adds an act to the own record. Its reference is valid once the change
// is durable.
func (tx *Tx) Append(ctx context.Context, a *act.Act) (act.Ref, error) {
	b, err := a.Bytes()
	if err != nil {
		return act.Ref{}, fmt.Errorf("write act: %w", err)
	}
	ref := act.Ref{Origin: tx.n.origin, Index: tx.next(), Leaf: tlog.RecordHash(b)}
	tx.leafs = append(tx.leafs, b)
	tx.acts = append(tx.acts, a)
	if err := docket.Fold(ctx, tx.Tx, tx.n.self, docket.Entry{Ref: ref, Author: tx.n.self, State: docket.Read, Act: a}); err != nil {
		return act.Ref{}, err
	}
	return ref, nil
}

// next is the index that the next appended act will have.
func (tx *Tx) next() int64 { return tx.base + int64(tx.prior+len(tx.leafs)) }

// After runs f once the change is durable.
func (tx *Tx) After(f func()) { tx.after = append(tx.after, f) }

type change struct {
	ctx  context.Context
	f    func(*Tx) error
	tx   *Tx
	err  error
	out  bool // it undid the whole transaction: the batch goes on without it
	done chan struct{}
}

// update runs f in the next transaction, under a savepoint of its own; changes
// that wait together share one commit and one checkpoint. What must happen only
// once the change is durable belongs in Tx.After.
func (n *Node) update(ctx context.Context, f func(*Tx) error) error {
	c := &change{ctx: ctx, f: f, done: make(chan struct{})}
	select {
	case n.changes <- c:
	case <-n.closed:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	<-c.done
	return c.err
}

// ErrClosed means that the node is shutting down.
var ErrClosed = errors.New("the node is shutting down")

func (n *Node) writer() {
	defer close(n.writerDone)
	for {
		select {
		case c := <-n.changes:
			batch := []*change{c}
			for len(batch) < maxBatch {
				select {
				case c := <-n.changes:
					batch = append(batch, c)
					continue
				default:
				}
				break
			}
			n.commit(batch)
		case <-n.closed:
			return
		}
	}
}

// commit makes a batch durable and answers each of its changes. The order is
// the contract: sign inside the transaction, commit, write the guard outside the
// database, and only then let anything leave.
//
//   - die before the commit: nothing happened; callers were not answered.
//   - die after the commit, before the guard: the guard is behind the database,
//     which the next start accepts and repairs.
//   - commit outcome unknown: the head in the database is read again and decides.
func (n *Node) commit(batch []*change) {
	ctx := context.Background()
	var head checkpoint.Signed
	var ext *record.Extension
	urgent := false
	run := func(sqltx *sql.Tx) error {
		head, ext = checkpoint.Signed{}, nil
		var leaves [][]byte
		for i, c := range batch {
			if c.out {
				continue
			}
			if err := n.runChange(ctx, sqltx, c, i, len(leaves)); err != nil {
				return err
			}
			if c.err == nil {
				leaves = append(leaves, c.tx.leafs...)
			}
		}
		if len(leaves) == 0 {
			return nil
		}
		urgent = urgentAmong(batch)
		if err := n.maySign(); err != nil {
			return err
		}
		e, err := n.own.Extend(ctx, sqltx, leaves)
		if err != nil {
			return fmt.Errorf("append to the own record: %w", err)
		}
		ext = e
		head, err = checkpoint.Sign(e.Head(), n.signerOf(batch), n.signTime())
		if err != nil {
			return fmt.Errorf("sign checkpoint: %w", err)
		}
		return record.SaveHead(ctx, sqltx, head, true)
	}
	err := n.db.Update(ctx, run)
	for spoilt, ok := errors.AsType[*spoiltError](err); ok; spoilt, ok = errors.AsType[*spoiltError](err) {
		spoilt.by.out = true
		err = n.db.Update(ctx, run) // each time without one more
	}
	if errors.Is(err, durable.ErrUnknown) {
		err = n.settle(ctx, head, err)
	}
	if err == nil && ext != nil {
		err = n.release(ext, head, urgent)
	}
	for _, c := range batch {
		if err != nil && c.err == nil {
			c.err = err
		}
		if c.err == nil {
			if c.tx.rekeyed {
				n.rebuildKeys()
			}
			for _, f := range c.tx.after {
				f()
			}
		}
		close(c.done)
	}
	n.announce()
}

// spoiltError says that a change which was refused took the transaction with it:
// SQLite undoes all of it when a write is interrupted, as happens to one that waits
// on a peer whose connection ends.
type spoiltError struct {
	by    *change
	cause error
}

func (e *spoiltError) Error() string { return "undo a change: " + e.cause.Error() }

// runChange runs one change under a savepoint, so that a refused change leaves
// nothing and does not spoil the batch. It returns an error only if the
// transaction itself can no longer be used. A change may be run again.
func (n *Node) runChange(ctx context.Context, sqltx *sql.Tx, c *change, i, prior int) error {
	if _, err := sqltx.ExecContext(ctx, "savepoint change"); err != nil {
		return fmt.Errorf("begin change %d: %w", i, err)
	}
	c.tx = &Tx{Tx: sqltx, n: n, base: n.own.Head().Size, prior: prior}
	c.err = c.f(c.tx)
	if c.err == nil && len(c.tx.leafs) > 0 {
		c.err = n.maySign()
	}
	end := "release savepoint change"
	if c.err != nil {
		if durable.IsFull(c.err) {
			return c.err
		}
		if _, err := sqltx.ExecContext(ctx, "rollback to savepoint change"); err != nil {
			return &spoiltError{c, err}
		}
	}
	if _, err := sqltx.ExecContext(ctx, end); err != nil {
		return fmt.Errorf("end change %d: %w", i, err)
	}
	return nil
}

// settle decides a commit whose outcome is unknown: the head in the database is
// read again. Without a head of our own in it nothing can decide, and this
// process no longer knows what is on disk: it stops, and the next start reloads.
// A full disk is no such case: SQLite has then written nothing of the change, and
// the node goes on when there is room.
func (n *Node) settle(ctx context.Context, head checkpoint.Signed, cause error) error {
	if head.IsZero() && durable.IsFull(cause) {
		return cause
	}
	if head.IsZero() {
		n.fail(cause)
		return cause
	}
	s, ok, err := record.Latest(ctx, n.db.Read(), n.origin)
	if err != nil {
		err = fmt.Errorf("read the own head after %w: %w", cause, err)
		n.fail(err)
		return err
	}
	if ok && s.Head == head.Head() {
		return nil
	}
	return cause
}

// release lets a committed head out: the guard first.
func (n *Node) release(ext *record.Extension, head checkpoint.Signed, urgent bool) error {
	switch err := n.guard.write(head.Head(), n.cfg.Boot, n.confirmed()); {
	case errors.Is(err, ErrNewVolume):
		return err // a peer showed a newer head meanwhile: this one stays here
	case err != nil:
		// The database is ahead of the guard; the next start accepts that. What is
		// not known is whether this machine still writes at all: stop.
		n.fail(fmt.Errorf("write the head outside the database: %w", err))
		return err
	}
	ext.Done()
	n.ownHead.Store(&head)
	n.lastSigned = head.Time()
	if urgent {
		n.wakeAll()
	} else {
		n.wakeLazy()
	}
	return nil
}

// signerOf is the key that signs the checkpoint over a batch.
func (n *Node) signerOf(batch []*change) *key.RecordSecret {
	for _, c := range batch {
		if c.err == nil && c.tx.signer != nil {
			return c.tx.signer.AtOrigin(n.origin)
		}
	}
	return n.recordSecret()
}

// urgentAmong reports whether a batch holds more than automatic receipts: those
// reach the author in the answer to its own message, and the others with the
// next one.
func urgentAmong(batch []*change) bool {
	for _, c := range batch {
		if c.err != nil {
			continue
		}
		for _, a := range c.tx.acts {
			if a.Kind != act.Delivered {
				return true
			}
		}
	}
	return false
}

// signTime is the time for the next own checkpoint: never before the last one.
func (n *Node) signTime() int64 {
	return max(n.cfg.Now().Unix(), n.lastSigned)
}

// heartbeat re-signs the own head so that others see a fresh time.
func (n *Node) heartbeat(ctx context.Context) error {
	return n.update(ctx, func(tx *Tx) error {
		if err := n.maySign(); err != nil {
			return err
		}
		h := n.own.Head()
		if h.Size == 0 || len(tx.leafs)+tx.prior > 0 {
			return nil
		}
		s, err := checkpoint.Sign(h, n.recordSecret(), n.signTime())
		if err != nil {
			return fmt.Errorf("sign heartbeat: %w", err)
		}
		if err := record.SaveHead(ctx, tx.Tx, s, true); err != nil {
			return err
		}
		tx.After(func() {
			if cur := n.ownHead.Load(); cur == nil || cur.Head().Size <= h.Size {
				n.ownHead.Store(&s)
			}
			n.lastSigned = max(n.lastSigned, s.Time())
			n.wakeAll()
		})
		return nil
	})
}

// author returns the party of an origin in the edition in force, or "".
func (n *Node) author(o party.Origin) party.ID {
	k := n.keys.Load()
	if p, ok := k.Current().ByOrigin(o.Base()); ok {
		return p.ID
	}
	return ""
}

func (n *Node) now() time.Time { return n.cfg.Now().UTC().Truncate(time.Second) }
