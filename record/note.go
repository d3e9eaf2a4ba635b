package record

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"

	"detente/checkpoint"
	"detente/internal/canon"
	"golang.org/x/mod/sumdb/tlog"
)

// Of each record, signer and size two notes are kept.
const (
	first = 0 // rank of the earliest
	last  = 1 // rank of the latest, if it is another
)

// note is a verified note on its way into record_notes.
type note struct {
	log    int64
	signer int64 // author, a row of record_signers, or unknown
	head   checkpoint.Head
	time   int64
	bytes  []byte
}

// kept is what keep needs to know of a row of record_notes.
type kept struct {
	size, rank, time int64
}

func oneKept(ctx context.Context, tx *sql.Tx, query string, args ...any) (kept, bool, error) {
	var k kept
	// Without the cast SQLite plans the statement anew whenever the number changes
	// from 0 or 1 to another, that is, from the author to a cosigner and back.
	err := tx.QueryRowContext(ctx, `select size, rank, time from record_notes where log = $1 and signer = cast($2 as bigint) `+query, args...).Scan(&k.size, &k.rank, &k.time)
	if errors.Is(err, sql.ErrNoRows) {
		return k, false, nil
	}
	return k, err == nil, err
}

// newest is the last signed note of the largest size.
func newest(ctx context.Context, tx *sql.Tx, log, signer int64) (kept, bool, error) {
	return oneKept(ctx, tx, `order by size desc, rank desc limit 1`, log, signer)
}

// agrees compares the root of n with the entries held or, beyond them, with the
// author's checkpoint of that size. An author may sign ahead of what is held
// here, a cosigner may not: otherwise one that lies could stop the mirroring of
// somebody else's record.
func (n note) agrees(ctx context.Context, tx *sql.Tx, r row) error {
	o, size := n.head.Origin, n.head.Size
	if size <= r.size {
		root, err := r.rootAt(ctx, tx, o, size)
		if err != nil {
			return err
		}
		if root != n.head.Root {
			return n.contradiction(ctx, tx, r, root)
		}
		return nil
	}
	ahead, ok, err := oneHead(ctx, tx, o, selectHeads+` and n.size = $2 order by n.rank limit 1`, size)
	switch {
	case err != nil:
		return err
	case ok && ahead.Head.Root != n.head.Root:
		return n.contradiction(ctx, tx, r, ahead.Head.Root)
	case !ok && n.signer != author:
		return fmt.Errorf("it is over %d entries, of which %d are held, and no checkpoint of that size: %w", size, r.size, ErrNotHeld)
	}
	return nil
}

// contradiction finds the bytes that show that n and the same signer's earlier
// word cannot both be true. root is that of the first n.head.Size entries.
func (n note) contradiction(ctx context.Context, tx *sql.Tx, r row, root tlog.Hash) error {
	c := &Contradiction{Given: n.bytes, Size: n.head.Size, Root: root}
	var size int64
	err := tx.QueryRowContext(ctx, `select size, note from record_notes
		where log = $1 and signer = $2 and size >= $3 and (size = $3 or size <= $4) order by size, rank limit 1`,
		n.log, n.signer, n.head.Size, r.size).Scan(&size, &c.Held)
	if errors.Is(err, sql.ErrNoRows) {
		return c
	}
	if err != nil {
		return err
	}
	if size > n.head.Size && n.head.Size > 0 {
		if c.Proof, err = tlog.ProveTree(size, n.head.Size, r.reader(ctx, tx, n.head.Origin)); err != nil {
			return err
		}
	}
	return c
}

// keep stores n if it is the earliest or the latest of its size, and reports
// whether it did. What is kept does not depend on the order of arrival.
func (n note) keep(ctx context.Context, tx *sql.Tx) (bool, error) {
	top, any, err := newest(ctx, tx, n.log, n.signer)
	if err != nil {
		return false, err
	}
	if !any || n.head.Size > top.size && n.time >= top.time {
		return true, n.put(ctx, tx, first)
	}
	early, some, err := oneKept(ctx, tx, `and size = $3 and rank = 0`, n.log, n.signer, n.head.Size)
	if err != nil {
		return false, err
	}
	late, two, err := oneKept(ctx, tx, `and size = $3 and rank = 1`, n.log, n.signer, n.head.Size)
	if err != nil {
		return false, err
	}
	if !two {
		late = early
	}
	switch {
	case !some:
		err = n.put(ctx, tx, first)
	case n.time < early.time && !two:
		if _, err := tx.ExecContext(ctx, `update record_notes set rank = 1
			where log = $1 and signer = $2 and size = $3 and rank = 0`, n.log, n.signer, n.head.Size); err != nil {
			return false, err
		}
		err = n.put(ctx, tx, first)
	case n.time < early.time:
		err = n.put(ctx, tx, first)
	case n.time > late.time:
		err = n.put(ctx, tx, last)
	default:
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, n.markReversals(ctx, tx)
}

// put writes n over what is there at that rank. A cosignature gets the next
// number of the order of arrival; numbers rise and are never given again.
func (n note) put(ctx context.Context, tx *sql.Tx, rank int) error {
	seq := sql.NullInt64{Valid: n.signer != author}
	if seq.Valid {
		if err := tx.QueryRowContext(ctx, `select coalesce(max(seq), 0) + 1 from record_notes`).Scan(&seq.Int64); err != nil {
			return err
		}
	}
	digest := canon.DigestOf(n.bytes)
	_, err := tx.ExecContext(ctx, `insert into record_notes (log, signer, size, rank, time, seq, root, note, digest)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		on conflict (log, signer, size, rank) do update set
		time = excluded.time, seq = excluded.seq, root = excluded.root, note = excluded.note, digest = excluded.digest`,
		n.log, n.signer, n.head.Size, rank, n.time, seq, n.head.Root[:], n.bytes, digest[:])
	return err
}

// markReversals notes the sizes between which the signer's time fell although
// the tree grew. An honest signer has none; with them, a question about the
// latest or the earliest time need not read all notes to be exact.
func (n note) markReversals(ctx context.Context, tx *sql.Tx) error {
	below, ok, err := oneKept(ctx, tx, `and size < $3 order by size desc, rank desc limit 1`, n.log, n.signer, n.head.Size)
	if err == nil && ok && below.time > n.time {
		err = n.mark(ctx, tx, below.size)
	}
	if err != nil {
		return err
	}
	above, ok, err := oneKept(ctx, tx, `and size > $3 order by size, rank limit 1`, n.log, n.signer, n.head.Size)
	if err == nil && ok && above.time < n.time {
		err = n.mark(ctx, tx, above.size)
	}
	return err
}

// mark marks the size of n and a neighbour's.
func (n note) mark(ctx context.Context, tx *sql.Tx, neighbour int64) error {
	for _, size := range []int64{n.head.Size, neighbour} {
		if _, err := tx.ExecContext(ctx, `insert into record_reversals (log, signer, size) values ($1, $2, $3)
			on conflict (log, signer, size) do nothing`, n.log, n.signer, size); err != nil {
			return err
		}
	}
	return nil
}

// times are the timestamps in the lines of a note, unverified: the last two
// lines of a checkpoint, both lines of a cosignature.
func times(n checkpoint.Note, signer int64) ([]int64, error) {
	want := 2
	if signer == author {
		want = 3
	}
	if len(n.Lines) != want {
		return nil, fmt.Errorf("it has %d lines instead of %d", len(n.Lines), want)
	}
	var all []int64
	for _, l := range n.Lines[want-2:] {
		if len(l.Sig) < 8 {
			return nil, errors.New("a line is too short for a timestamp")
		}
		all = append(all, int64(binary.BigEndian.Uint64(l.Sig)))
	}
	return all, nil
}
