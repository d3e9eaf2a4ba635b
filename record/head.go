package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"

	"detente/checkpoint"
	"detente/internal/durable"
	"detente/party"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	author  = 0  // the signer of a record's own checkpoints in record_notes
	unknown = -1 // a cosigner's key that has no number yet
)

// Stored is a checkpoint note as kept; it was verified when it was stored.
type Stored struct {
	Head checkpoint.Head
	Time int64 // Unix seconds, by the author's own clock
	Note []byte
}

// SaveHead stores a checkpoint. Of each size the first signed and the last signed
// are kept, so a checkpoint signed again and again over one tree takes up two
// rows; with several that arrive in any order the same are kept in the end.
//
// own says that it was signed just now by this node: then it must be over all
// entries that are held, and neither smaller nor earlier than the last one. One
// of another author may be over entries that have not arrived yet; Extend then
// holds them to it. A root other than that of the entries or of a stored
// checkpoint of that size is refused with a Contradiction.
func SaveHead(ctx context.Context, tx *sql.Tx, s checkpoint.Signed, own bool) error {
	if s.IsZero() {
		return errors.New("save checkpoint: the zero value is not verified")
	}
	h := s.Head()
	r, err := find(ctx, tx, h.Origin)
	if err != nil {
		return err
	}
	if r.id == 0 {
		if r.id, err = enter(ctx, tx, h.Origin); err != nil {
			return err
		}
	}
	if own {
		if err := checkOwn(ctx, tx, r, s); err != nil {
			return fmt.Errorf("save own checkpoint of %s: %w", h.Origin, err)
		}
	}
	n := note{log: r.id, signer: author, head: h, time: s.Time(), bytes: s.Bytes()}
	if err := n.agrees(ctx, tx, r); err != nil {
		return fmt.Errorf("save checkpoint of %s: %w", h.Origin, err)
	}
	if _, err := n.keep(ctx, tx); err != nil {
		return fmt.Errorf("save checkpoint of %s: %w", h.Origin, err)
	}
	return nil
}

// checkOwn holds this node to what it may sign.
func checkOwn(ctx context.Context, tx *sql.Tx, r row, s checkpoint.Signed) error {
	if h := s.Head(); h.Size != r.size {
		return fmt.Errorf("it is over %d entries, %d are held", h.Size, r.size)
	}
	last, ok, err := newest(ctx, tx, r.id, author)
	if err != nil || !ok {
		return err
	}
	if s.Head().Size < last.size || s.Time() < last.time {
		return fmt.Errorf("it is over %d entries at %d, after one over %d at %d", s.Head().Size, s.Time(), last.size, last.time)
	}
	return nil
}

// Latest returns the last signed checkpoint of the largest size; it may be over
// entries that have not arrived yet.
func Latest(ctx context.Context, q durable.Querier, o party.Origin) (Stored, bool, error) {
	return oneHead(ctx, q, o, selectHeads+` order by n.size desc, n.rank desc limit 1`)
}

// Served returns the last signed checkpoint of the largest size of which all
// entries are held: what a tlog-tiles reader may be given.
func Served(ctx context.Context, q durable.Querier, o party.Origin) (Stored, bool, error) {
	return oneHead(ctx, q, o, selectHeads+` and n.size <= l.size order by n.size desc, n.rank desc limit 1`)
}

// At returns the first signed checkpoint of the smallest stored size of n or more.
func At(ctx context.Context, q durable.Querier, o party.Origin, n int64) (Stored, bool, error) {
	return oneHead(ctx, q, o, selectHeads+` and n.size >= $2 order by n.size, n.rank limit 1`, n)
}

// Before returns the newest by its time of the checkpoints over at most n
// entries: the author's latest word that entry n did not exist yet.
func Before(ctx context.Context, q durable.Querier, o party.Origin, n int64) (Stored, bool, error) {
	return BeforeUntil(ctx, q, o, n, math.MaxInt64)
}

// BeforeUntil is Before among the checkpoints signed at until or earlier, for a
// reader that sets times in the future aside.
func BeforeUntil(ctx context.Context, q durable.Querier, o party.Origin, n, until int64) (Stored, bool, error) {
	// Where times rise with the size, as they should, it is the largest size.
	s, ok, err := oneHead(ctx, q, o, selectHeads+` and n.size <= $2 and n.time <= $3
		order by n.size desc, n.rank desc limit 1`, n, until)
	if err != nil || !ok {
		return s, ok, err
	}
	// Where they fell, it may be the largest size up to one at which they fell.
	fell, ok, err := oneHead(ctx, q, o, `select n.size, n.time, n.root, n.note
		from record_logs l cross join record_reversals r cross join record_notes n
		where l.origin = $1 and r.log = l.id and r.signer = 0 and r.size <= $2
		and n.log = r.log and n.signer = r.signer and n.time <= $3 and n.size = (
			select m.size from record_notes m
			where m.log = r.log and m.signer = r.signer and m.size <= r.size and m.time <= $3
			order by m.size desc limit 1)
		order by n.time desc, n.size desc limit 1`, n, until)
	if err == nil && ok && fell.Time > s.Time {
		s = fell
	}
	return s, true, err
}

// selectHeads begins a query for the author's notes of the record $1. The cross
// join is an ordinary join that SQLite does not turn round.
const selectHeads = `select n.size, n.time, n.root, n.note from record_logs l cross join record_notes n
	where l.origin = $1 and n.log = l.id and n.signer = 0`

func oneHead(ctx context.Context, q durable.Querier, o party.Origin, query string, args ...any) (Stored, bool, error) {
	all, err := storedHeads(ctx, q, o, query, args...)
	if err != nil || len(all) == 0 {
		return Stored{}, false, err
	}
	return all[0], true, nil
}

// storedHeads runs a query for size, time, root and note, whose first argument
// is the origin.
func storedHeads(ctx context.Context, q durable.Querier, o party.Origin, query string, args ...any) ([]Stored, error) {
	rows, err := q.QueryContext(ctx, query, append([]any{string(o)}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("read checkpoints of %s: %w", o, err)
	}
	defer rows.Close()
	var all []Stored
	for rows.Next() {
		s := Stored{Head: checkpoint.Head{Origin: o}}
		var root []byte
		if err := rows.Scan(&s.Head.Size, &s.Time, &root, &s.Note); err != nil {
			return nil, fmt.Errorf("read checkpoints of %s: %w", o, err)
		}
		if len(root) != tlog.HashSize {
			return nil, corrupt(o, "the root of the checkpoint over %d entries has %d bytes", s.Head.Size, len(root))
		}
		s.Head.Root = tlog.Hash(root)
		all = append(all, s)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read checkpoints of %s: %w", o, err)
	}
	return all, nil
}
