package desk

import (
	"context"
	"database/sql"
	"fmt"

	"detente/internal/durable"
)

// TakeOver copies the accounts, with their stored passphrases, and the chain of
// another house into a new one that has no account yet: one state's officers
// serve its nodes in several groups. Sessions, drafts and the trail stay where
// they are. The schema is made where it is missing.
func TakeOver(ctx context.Context, db *durable.DB, d *Desk, from *durable.DB) error {
	return db.Update(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, Schema); err != nil {
			return fmt.Errorf("take over officers: create tables: %w", err)
		}
		var n int64
		if err := tx.QueryRowContext(ctx, "select count(*) from desk_officer").Scan(&n); err != nil {
			return fmt.Errorf("take over officers: %w", err)
		}
		if n > 0 {
			return fmt.Errorf("take over officers: this house has %d accounts already", n)
		}
		count, err := copyAccounts(ctx, tx, from.Read())
		if err != nil {
			return fmt.Errorf("take over officers: %w", err)
		}
		var chain string
		err = from.Read().QueryRowContext(ctx, "select coalesce(max(chain), '') from desk_chain").Scan(&chain)
		if err != nil {
			return fmt.Errorf("take over the chain: %w", err)
		}
		if chain != "" {
			if _, err := tx.ExecContext(ctx, "insert into desk_chain (one, chain) values (1, $1)", chain); err != nil {
				return fmt.Errorf("take over the chain: %w", err)
			}
		}
		return d.Audit(ctx, tx, Console, "officers-take-over", fmt.Sprintf("%d accounts of another home of this house", count))
	})
}

func copyAccounts(ctx context.Context, tx *sql.Tx, from durable.Querier) (int, error) {
	rows, err := from.QueryContext(ctx, "select id, name, post, roles, steps, ssh_key, passphrase, active from desk_officer order by id")
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	count := 0
	for rows.Next() {
		var id, name, post, roles, steps, key, passphrase string
		var active int64
		if err := rows.Scan(&id, &name, &post, &roles, &steps, &key, &passphrase, &active); err != nil {
			return 0, err
		}
		_, err := tx.ExecContext(ctx,
			`insert into desk_officer (id, name, post, roles, steps, ssh_key, passphrase, active)
			 values ($1, $2, $3, $4, $5, $6, $7, $8)`, id, name, post, roles, steps, key, passphrase, active)
		if err != nil {
			return 0, err
		}
		count++
	}
	return count, rows.Err()
}
