package node

import (
	"context"
	"encoding/json"
	"fmt"

	"detente/act"
)

// TestOnlyAppend appends acts to the own record as one change, without the desk:
// for the benchmark and for tests, which need records that no officer could
// write in their lifetime. Everything else is as for Send.
func (n *Node) TestOnlyAppend(ctx context.Context, acts []*act.Act) error {
	return n.update(ctx, func(tx *Tx) error {
		for _, a := range acts {
			if _, err := tx.Append(ctx, a); err != nil {
				return err
			}
		}
		return nil
	})
}

// TestOnlySay sends a request that no officer cleared: for the benchmark and for
// tests that are not about the desk.
func (n *Node) TestOnlySay(ctx context.Context, r Request) (act.Ref, error) {
	b, err := json.Marshal(r)
	if err != nil {
		return act.Ref{}, fmt.Errorf("write request: %w", err)
	}
	p, err := n.Check(ctx, b)
	if err != nil {
		return act.Ref{}, err
	}
	var ref act.Ref
	err = n.update(ctx, func(tx *Tx) error {
		var err error
		ref, err = n.say(ctx, tx, p)
		return err
	})
	return ref, err
}
