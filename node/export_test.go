package node

import (
	"context"
	"errors"
	"fmt"
	"time"

	"detente/act"
	"detente/checkpoint"
	"detente/docket"
	"detente/internal/durable"
	"detente/party"
	"detente/record"
	"golang.org/x/mod/sumdb/tlog"
)

// TestOnlyFault makes steps of writing go wrong.
func (n *Node) TestOnlyFault(f durable.Fault) { n.db.TestOnlyFault(f) }

// CheckEverything is the one full check after a fault: every record against its
// tiles and notes, the derived tables against a rebuild, the head outside the
// database, the audit trail, and that nothing stands twice.
func (n *Node) CheckEverything(ctx context.Context) error {
	if err := n.db.Check(ctx); err != nil {
		return err
	}
	if err := record.CheckAll(ctx, n.db.Read()); err != nil {
		return err
	}
	if err := n.desk.CheckTrail(ctx); err != nil {
		return err
	}
	same, err := n.Rebuild(ctx)
	if err != nil {
		return err
	}
	if !same {
		return errors.New("the derived tables do not come out the same")
	}
	if err := n.checkHeads(ctx); err != nil {
		return err
	}
	return n.checkDoubles(ctx)
}

func (n *Node) checkHeads(ctx context.Context) error {
	g, found, err := n.guard.read()
	if err != nil || !found {
		return err
	}
	if newer(g.head, n.own.Head()) {
		return fmt.Errorf("the head outside the database, %s at %d, is ahead of %s at %d", g.head.Origin, g.head.Size, n.origin, n.own.Head().Size)
	}
	root, err := n.rootAt(ctx, g.head.Origin, g.head.Size)
	if err == nil && root != g.head.Root {
		err = errors.New("the head outside the database has another root")
	}
	return err
}

// checkDoubles looks for statements with one thread, life and serial, and for
// receipts of one kind that answer one act twice.
func (n *Node) checkDoubles(ctx context.Context) error {
	all, err := record.Records(ctx, n.db.Read())
	if err != nil {
		return err
	}
	for _, o := range all {
		seen := map[string]int64{}
		size, err := n.heldSize(ctx, o)
		if err != nil {
			return err
		}
		for i := range size {
			r, err := docket.Get(ctx, n.db.Read(), o, i)
			if err != nil {
				return fmt.Errorf("act %d of %s: %w", i, o, err)
			}
			key := ""
			switch r.Kind {
			case act.Statement:
				key = fmt.Sprintf("%s %s %s", r.Kind, r.Thread, r.Life)
			case act.Delivered, act.Returned, act.Misconduct:
				key = fmt.Sprintf("%s %s %s", r.Kind, r.Answers, r.Clear)
			default:
				continue
			}
			if before, twice := seen[key]; twice {
				return fmt.Errorf("acts %d and %d of %s are the same: %s", before, i, o, key)
			}
			seen[key] = i
		}
	}
	return nil
}

// RootOf is the root of the first size acts of a record as held here.
func (n *Node) RootOf(ctx context.Context, o party.Origin, size int64) (string, error) {
	h, err := n.rootAt(ctx, o, size)
	return h.String(), err
}

// TreeOf is RootOf as a hash.
func (n *Node) TreeOf(ctx context.Context, o party.Origin, size int64) (tlog.Hash, error) {
	return n.rootAt(ctx, o, size)
}

// SizeOf is how many acts of a record are held here.
func (n *Node) SizeOf(ctx context.Context, o party.Origin) int64 {
	s, err := n.heldSize(ctx, o)
	if err != nil {
		return -1
	}
	return s
}

// HeadAt is the smallest head held of a record with at least size acts.
func (n *Node) HeadAt(ctx context.Context, o party.Origin, size int64) (checkpoint.Signed, error) {
	s, _, err := record.At(ctx, n.db.Read(), o, size)
	if err != nil {
		return checkpoint.Signed{}, err
	}
	return n.verified(o, s)
}

// IsFrozen reports whether a proven fork froze a record here.
func (n *Node) IsFrozen(ctx context.Context, o party.Origin) bool {
	f, err := n.frozen(ctx, o)
	return err == nil && f
}

// Ahead is the newest own head known outside the database.
func (n *Node) Ahead() checkpoint.Head {
	n.assured.mu.Lock()
	defer n.assured.mu.Unlock()
	return n.assured.ahead
}

// WithoutReceipt counts the statements to this party that it has not answered.
func (n *Node) WithoutReceipt(ctx context.Context) (int, error) {
	rows, err := docket.Awaiting(ctx, n.db.Read(), docket.WantsReceipt, "", -1, 1000)
	return len(rows), err
}

// Heartbeat re-signs the own head, as the loop does.
func (n *Node) Heartbeat(ctx context.Context) error { return n.heartbeat(ctx) }

// GiveOwed gives what is owed, as the loop does after a start.
func (n *Node) GiveOwed(ctx context.Context) error {
	n.owe()
	return errors.Join(n.giveOwed(ctx), n.CosignAll(ctx))
}

// TryTurn tries a few discreet acts of every record of which some wait.
func (n *Node) TryTurn(ctx context.Context) (int, error) { return n.tryTurn(ctx) }

// WaitingDiscreet is how many discreet acts of a record are to be tried.
func (n *Node) WaitingDiscreet(ctx context.Context, o party.Origin) (count int, err error) {
	err = n.db.Read().QueryRowContext(ctx, "select count(*) from node_discreet where state = 'waits' and origin = $1", string(o)).Scan(&count)
	return count, err
}

// TestOnlySilence lets a node take nothing over the link, as one whose line is down.
func (n *Node) TestOnlySilence(silent bool) {
	n.soundings.mu.Lock()
	defer n.soundings.mu.Unlock()
	if n.soundings.pace == nil {
		n.soundings.pace = map[party.ID]*soundingPace{}
	}
	for _, p := range n.keys.Load().Current().Parties {
		left := soundingBurst
		if silent {
			left = 0
		}
		n.soundings.pace[p.ID] = &soundingPace{left, n.now().Add(time.Hour)}
	}
}

// DueNow lets every receipt for a discreet act be due.
func (n *Node) DueNow(ctx context.Context) error {
	return n.update(ctx, func(tx *Tx) error {
		_, err := tx.ExecContext(ctx, "update node_discreet set due = 1 where due > 0")
		return err
	})
}
