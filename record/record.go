// Package record keeps signed append-only logs in SQL: the own record and the
// mirrors of the others in the same tables, as C2SP tlog-tiles. It keeps bytes:
// it does not know what an act says, and it verifies no signature, since a
// checkpoint.Signed or checkpoint.Cosigned exists only after verification. All
// writes go through the transaction that it is handed, so that an entry and what
// follows from it commit together.
//
// Invariant: a stored checkpoint or cosignature over no more entries than are
// held has the root of those entries. Spec: spec/record.md.
package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"detente/checkpoint"
	"detente/internal/durable"
	"detente/party"
	"golang.org/x/mod/sumdb/tlog"
)

// row is one row of record_logs: the small number that stands for an origin in
// all other tables, and the tree of the entries held.
type row struct {
	id   int64 // 0 means that nothing of this origin is stored
	size int64
	root tlog.Hash
}

// find reads the row of o. An unknown origin is an empty tree with id 0.
func find(ctx context.Context, q durable.Querier, o party.Origin) (row, error) {
	var r row
	var root []byte
	err := q.QueryRowContext(ctx, `select id, size, root from record_logs where origin = $1`, string(o)).Scan(&r.id, &r.size, &root)
	if errors.Is(err, sql.ErrNoRows) {
		return row{root: emptyRoot}, nil
	}
	if err != nil {
		return row{}, fmt.Errorf("read record %s: %w", o, err)
	}
	if r.size < 0 || r.size > MaxSize || len(root) != tlog.HashSize {
		return row{}, corrupt(o, "its size is %d and its root has %d bytes", r.size, len(root))
	}
	r.root = tlog.Hash(root)
	return r, nil
}

// enter gives o a number, once, and returns it. Numbers begin at 2: SQLite plans
// a statement anew when a number in it changes from 0 or 1 to another, so that
// every act would pay for it where two records take turns.
func enter(ctx context.Context, tx *sql.Tx, o party.Origin) (int64, error) {
	if _, err := party.ParseOrigin(string(o)); err != nil {
		return 0, fmt.Errorf("enter record: %w", err)
	}
	var id int64
	err := tx.QueryRowContext(ctx, `insert into record_logs (id, origin, size, root)
		select coalesce(max(id), 1) + 1, $1, 0, $2 from record_logs where true
		on conflict (origin) do update set origin = excluded.origin returning id`,
		string(o), emptyRoot[:]).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("enter record %s: %w", o, err)
	}
	return id, nil
}

// Records lists the origins of which anything is stored, in order of origin. A
// record may be known by checkpoints alone and hold no entry.
func Records(ctx context.Context, q durable.Querier) ([]party.Origin, error) {
	rows, err := q.QueryContext(ctx, `select origin from record_logs order by origin`)
	if err != nil {
		return nil, fmt.Errorf("list records: %w", err)
	}
	defer rows.Close()
	var all []party.Origin
	for rows.Next() {
		var o string
		if err := rows.Scan(&o); err != nil {
			return nil, fmt.Errorf("list records: %w", err)
		}
		all = append(all, party.Origin(o))
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list records: %w", err)
	}
	return all, nil
}

// Sizes are the records of which anything is stored with how many entries of each are
// held, signed or not.
func Sizes(ctx context.Context, q durable.Querier) (map[party.Origin]int64, error) {
	rows, err := q.QueryContext(ctx, "select origin, size from record_logs")
	if err != nil {
		return nil, fmt.Errorf("list records: %w", err)
	}
	defer rows.Close()
	all := map[party.Origin]int64{}
	for rows.Next() {
		var o party.Origin
		var size int64
		if err := rows.Scan(&o, &size); err != nil {
			return nil, fmt.Errorf("list records: %w", err)
		}
		all[o] = size
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list records: %w", err)
	}
	return all, nil
}

// Held is the tree of the entries of o that are held, signed or not; the empty
// tree if there are none.
func Held(ctx context.Context, q durable.Querier, o party.Origin) (checkpoint.Head, error) {
	r, err := find(ctx, q, o)
	if err != nil {
		return checkpoint.Head{}, err
	}
	return checkpoint.Head{Origin: o, Size: r.size, Root: r.root}, nil
}
