package main

import (
	"context"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"detente/node"
	"detente/party"
	"detente/town"
)

// measureCrowd measures one act to 56 addressees, all nodes in this process.
func measureCrowd(ctx context.Context, b *bench) error {
	count := 57
	if b.short {
		count = 13
	}
	t, err := found(filepath.Join(b.dir, "crowd"), count, func(p *town.Plan) {
		p.F, p.K = 2, 3
		for i := range p.Parties { // seven are witnesses and custodians for all
			if p.Parties[i].Outside = i >= 7; i < 7 {
				p.Custodians = append(p.Custodians, p.Parties[i].ID)
			}
		}
	})
	if err != nil {
		return err
	}
	defer t.Close()
	var to []party.ID
	for _, p := range t.First.Parties {
		if _, err := t.Start(ctx, p.ID); err != nil {
			return err
		}
		if p.ID != "alatau" {
			to = append(to, p.ID)
		}
	}
	for _, p := range t.First.Parties {
		n := t.Houses[p.ID].Node
		if err := until(ctx, n, "links of all to all", linked(ctx, n, count-1)); err != nil {
			return err
		}
	}
	if err := quiet(ctx, t); err != nil {
		return err
	}
	b.note("  %d nodes are linked and quiet", count)
	n := t.Houses["alatau"].Node
	err = b.each(ctx, func(run int, m floor) error {
		took, err := sendToAll(ctx, n, to)
		if err != nil {
			return err
		}
		k := time.Duration(len(to))
		work := m.Seal + k*(m.Stanza+m.Open) + (k+1)*m.signed() + 2*k*m.checked()
		floor := work/time.Duration(runtime.GOMAXPROCS(0)) + 3*m.Append + 2*m.Guard
		b.add(row{Name: "one act to all of 57", Unit: "s", Target: target{Most: 1.5, Disk: true},
			What: "sealed to 56 addressees, 57 nodes in one process with a store and a listener each, until all receipts are verified and durable at the author; floor: the cryptography on all processors, 3 commits, 2 heads"},
			took.Seconds(), floor.Seconds())
		start := time.Now()
		if err := quiet(ctx, t); err != nil {
			return err
		}
		b.add(row{Name: "then quiet after", Unit: "s", What: "until every receipt and cosignature has reached every node, and nothing happened for 2.5 s"}, time.Since(start).Seconds(), 0)
		return nil
	})
	return err
}

func sendToAll(ctx context.Context, n *node.Node, to []party.ID) (time.Duration, error) {
	start := time.Now()
	ref, err := n.TestOnlySay(ctx, notice(to...))
	if err != nil {
		return 0, err
	}
	err = until(ctx, n, "the receipts of all", func() (bool, error) {
		rows, err := n.Receipts(ctx, ref)
		return len(rows) >= len(to), err
	})
	return time.Since(start), err
}

// quiet waits until no node of the town has changed for a while: receipts and
// cosignatures reach everybody after the author has what it waits for.
func quiet(ctx context.Context, t *town.Town) error {
	const still = 2500 * time.Millisecond // longer than what a node gathers, and gathers again
	for {
		var changed []<-chan struct{}
		for _, h := range t.Houses {
			changed = append(changed, h.Node.Changed())
		}
		select {
		case <-time.After(still):
		case <-ctx.Done():
			return ctx.Err()
		}
		moved := slices.ContainsFunc(changed, func(c <-chan struct{}) bool {
			select {
			case <-c:
				return true
			default:
				return false
			}
		})
		if !moved {
			return nil
		}
	}
}
