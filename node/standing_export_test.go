package node

import (
	"context"
	"database/sql"

	"detente/act"
	"detente/party"
	"detente/record"
	"detente/roster"
)

// Refresh looks for an edition in force, as the loop does.
func (n *Node) Refresh(ctx context.Context) error { return n.refresh(ctx) }

// Exec alters the store behind the node's back.
func (n *Node) Exec(ctx context.Context, query string, args ...any) error {
	return n.db.Update(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, query, args...)
		return err
	})
}

// FromStore is the key state as the next start would build it.
func (n *Node) FromStore(ctx context.Context) (*roster.Keys, error) {
	return n.buildKeys(ctx, n.db.Read())
}

// SaveChanges stores key acts in the order given.
func (n *Node) SaveChanges(ctx context.Context, list ...roster.Change) error {
	return n.update(ctx, func(tx *Tx) error {
		for _, c := range list {
			if err := n.fileKeyChange(ctx, tx, c); err != nil {
				return err
			}
		}
		return nil
	})
}

// Vouches is how many mirror cosignatures over an act stand.
func (n *Node) Vouches(ctx context.Context, o party.Origin, idx int64) (int, error) {
	s, err := n.stamps(ctx, n.db.Read(), n.keys.Load(), o, idx)
	return len(s), err
}

// TestOnlyAdopt adopts an edition past the rule that forbids a rival.
func (n *Node) TestOnlyAdopt(ctx context.Context, body []byte) error {
	r, err := roster.Parse(body)
	if err != nil {
		return err
	}
	return n.update(ctx, func(tx *Tx) error {
		d, err := record.SaveBlob(ctx, tx.Tx, body)
		if err != nil {
			return err
		}
		a := n.groupAct(act.Adoption)
		a.Clear = act.Blob{Digest: d, Size: int64(len(body)), Type: act.TypeRoster}
		if _, err := tx.Append(ctx, a); err != nil {
			return err
		}
		return saveRoster(ctx, tx.Tx, r, body)
	})
}
