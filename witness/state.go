package witness

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

// Schema creates the table of this package: of each log and witness name, what
// was cosigned last. The same text serves SQLite and, with bytea in the place
// of blob, PostgreSQL. The state goes on under the next key of the same name.
const Schema = `
create table if not exists witness_state (
	origin text not null,
	name text not null,
	size bigint not null,
	root blob not null,
	time bigint not null,
	note blob not null,
	primary key (origin, name)
);
`

// state is what was cosigned last; a size of 0 and no note if nothing was.
type state struct {
	head checkpoint.Head
	time int64  // Unix seconds, of the cosignature
	note []byte // the log's own, as verified
}

// load reads the state of a log.
func load(ctx context.Context, q durable.Querier, o party.Origin, name string) (state, error) {
	s := state{head: checkpoint.Head{Origin: o}}
	var root []byte
	err := q.QueryRowContext(ctx, `select size, root, time, note from witness_state where origin = $1 and name = $2`,
		string(o), name).Scan(&s.head.Size, &root, &s.time, &s.note)
	if errors.Is(err, sql.ErrNoRows) {
		return s, nil
	}
	if err != nil {
		return state{}, fmt.Errorf("read what was cosigned last of %s: %w", o, err)
	}
	if s.head.Size < 0 || len(root) != tlog.HashSize {
		return state{}, fmt.Errorf("read what was cosigned last of %s: the store is damaged", o)
	}
	s.head.Root = tlog.Hash(root)
	return s, nil
}

// save replaces the state. It refuses what would go back, whatever led here.
func (s state) save(ctx context.Context, tx *sql.Tx, name string) error {
	done, err := tx.ExecContext(ctx, `insert into witness_state (origin, name, size, root, time, note)
		values ($1, $2, $3, $4, $5, $6)
		on conflict (origin, name) do update set
		size = excluded.size, root = excluded.root, time = excluded.time, note = excluded.note
		where witness_state.size <= excluded.size and witness_state.time <= excluded.time`,
		string(s.head.Origin), name, s.head.Size, s.head.Root[:], s.time, s.note)
	if err != nil {
		return fmt.Errorf("store what is cosigned of %s: %w", s.head.Origin, err)
	}
	n, err := done.RowsAffected()
	if err == nil && n != 1 {
		err = errors.New("a later state is there")
	}
	if err != nil {
		return fmt.Errorf("store what is cosigned of %s: %w", s.head.Origin, err)
	}
	return nil
}

// forks finds the contradiction that two notes of one size show by themselves.
func (s state) forks(seen signed) *Fork {
	if s.note == nil || s.head.Size != seen.head.Size || s.head.Root == seen.head.Root {
		return nil
	}
	return &Fork{First: s.note, Second: seen.note}
}

// Last is the tree that the witness of this name cosigned last of a log, with
// the time in Unix seconds; false if none.
func Last(ctx context.Context, q durable.Querier, o party.Origin, name string) (checkpoint.Head, int64, bool, error) {
	s, err := load(ctx, q, o, name)
	return s.head, s.time, s.note != nil, err
}

// LastNote is the log's own note over what was cosigned last under the key name,
// as it was verified; sql.ErrNoRows if nothing was. It is evidence when the same
// log shows another tree.
func LastNote(ctx context.Context, q durable.Querier, o party.Origin, name string) ([]byte, error) {
	s, err := load(ctx, q, o, name)
	if err == nil && s.note == nil {
		err = sql.ErrNoRows
	}
	return s.note, err
}
