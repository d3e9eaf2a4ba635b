package record

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	"detente/internal/durable"
	"detente/party"
)

// insertRows is how many entries one statement writes; see
// BenchmarkAppendBatch for what it is worth.
const insertRows = 16

// writeEntries inserts leaves from index first on.
func writeEntries(ctx context.Context, tx *sql.Tx, id, first int64, leaves [][]byte) error {
	at := 0
	for _, rows := range []int{insertRows, 1} {
		if len(leaves)-at < rows {
			continue
		}
		text := insertEntries(rows)
		args := make([]any, 3*rows)
		for ; len(leaves)-at >= rows; at += rows {
			for i := range rows {
				args[3*i], args[3*i+1], args[3*i+2] = id, first+int64(at+i), leaves[at+i]
			}
			if _, err := tx.ExecContext(ctx, text, args...); err != nil {
				return fmt.Errorf("entry %d: %w", first+int64(at), err)
			}
		}
	}
	return nil
}

// insertEntries is the statement for that many rows.
func insertEntries(rows int) string {
	var b strings.Builder
	b.WriteString(`insert into record_entries (log, idx, data) values `)
	for i := range rows {
		if i > 0 {
			b.WriteString(", ")
		}
		for j, sep := range []string{"($", ", $", ", $"} {
			b.WriteString(sep + strconv.Itoa(3*i+j+1))
		}
		b.WriteString(")")
	}
	return b.String()
}

// Entries returns the entries of o with index from, from+1 … to-1; at most
// MaxRun of them may be asked for. ErrNotHeld means that some lie beyond what is
// held; a CorruptError, that one is missing in between.
func Entries(ctx context.Context, q durable.Querier, o party.Origin, from, to int64) ([][]byte, error) {
	if from < 0 || to < from || to-from > MaxRun {
		return nil, fmt.Errorf("read entries %d to %d of %s: a run has 0 to %d entries", from, to, o, MaxRun)
	}
	r, err := find(ctx, q, o)
	if err != nil {
		return nil, err
	}
	if to > r.size {
		return nil, fmt.Errorf("entries %d to %d of %s, which has %d: %w", from, to, o, r.size, ErrNotHeld)
	}
	return readEntries(ctx, q, o, r.id, from, to)
}

// readEntries reads a run that must be there.
func readEntries(ctx context.Context, q durable.Querier, o party.Origin, id, from, to int64) ([][]byte, error) {
	rows, err := q.QueryContext(ctx, `select idx, data from record_entries where log = $1 and idx >= $2 and idx < $3 order by idx`, id, from, to)
	if err != nil {
		return nil, fmt.Errorf("read entries of %s: %w", o, err)
	}
	defer rows.Close()
	run := make([][]byte, 0, to-from)
	for rows.Next() {
		var i int64
		var data []byte
		if err := rows.Scan(&i, &data); err != nil {
			return nil, fmt.Errorf("read entries of %s: %w", o, err)
		}
		if want := from + int64(len(run)); i != want {
			return nil, corrupt(o, "entry %d is missing", want)
		}
		if len(data) == 0 || len(data) > MaxEntry {
			return nil, corrupt(o, "entry %d has %d bytes", i, len(data))
		}
		run = append(run, data)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read entries of %s: %w", o, err)
	}
	if int64(len(run)) < to-from {
		return nil, corrupt(o, "entry %d is missing", from+int64(len(run)))
	}
	return run, nil
}

// Entry returns one entry; ErrNotHeld if i lies beyond what is held.
func Entry(ctx context.Context, q durable.Querier, o party.Origin, i int64) ([]byte, error) {
	run, err := Entries(ctx, q, o, i, i+1)
	if err != nil {
		return nil, err
	}
	return run[0], nil
}

// Each calls f with the entries from index from up to, not including, to, in
// order, until f returns an error, which it returns. It reads MaxRun entries at a
// time and no query is open while f runs, so f may use the same transaction.
func Each(ctx context.Context, q durable.Querier, o party.Origin, from, to int64, f func(i int64, entry []byte) error) error {
	for from < to {
		run, err := Entries(ctx, q, o, from, min(to, from+MaxRun))
		if err != nil {
			return err
		}
		for _, entry := range run {
			if err := f(from, entry); err != nil {
				return err
			}
			from++
		}
	}
	return nil
}
