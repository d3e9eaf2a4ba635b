package record

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"

	"detente/checkpoint"
	"detente/internal/canon"
	"detente/internal/durable"
	"detente/party"
	"golang.org/x/mod/sumdb/tlog"
)

// notesRead is how many notes Check reads at a time: 64 of 3.5 kB.
const notesRead = 64

// Check recomputes a whole record from its entries: every tile, the stored size
// and root, the root of every checkpoint and cosignature over entries held, and
// every note against its row. It verifies no signature. Memory is bounded; time
// grows with the record. The first thing that does not agree is returned as a
// CorruptError. Run it in one read transaction, or while nothing is written.
func Check(ctx context.Context, q durable.Querier, o party.Origin) error {
	r, err := find(ctx, q, o)
	if err != nil {
		return err
	}
	if r.id == 0 {
		return fmt.Errorf("check record %s: %w", o, ErrNotHeld)
	}
	c := &checker{ctx: ctx, q: q, o: o, row: r}
	for _, step := range []func() error{c.entries, c.surplus, c.notes} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// checker is one run of Check.
type checker struct {
	ctx context.Context
	q   durable.Querier
	o   party.Origin
	row row
}

// entries computes the tree from the entries and compares it with the tiles and
// with the stored size and root.
func (c *checker) entries() error {
	e := &edge{origin: c.o, id: c.row.id}
	for at := int64(0); at < c.row.size; {
		run, err := readEntries(c.ctx, c.q, c.o, c.row.id, at, min(c.row.size, at+MaxRun))
		if err != nil {
			return err
		}
		g, err := e.grow(run, nil)
		if err != nil {
			return err
		}
		at += int64(len(run))
		for _, t := range g.tiles {
			if len(t.data) < tileSize {
				continue // compared below, when it is as wide as it is stored
			}
			if err := c.tile(t); err != nil {
				return err
			}
		}
		e = g.next
	}
	for level, data := range e.tiers {
		if len(data) == 0 {
			continue
		}
		if err := c.tile(tileData{level: level, n: e.tree.Size() >> ((level + 1) * tileHeight), data: data}); err != nil {
			return err
		}
	}
	if e.tree.Root() != c.row.root {
		return corrupt(c.o, "the %d entries do not have the stored root", c.row.size)
	}
	return nil
}

// tile compares one tile with its row.
func (c *checker) tile(t tileData) error {
	data, err := readTile(c.ctx, c.q, c.row.id, t.level, t.n)
	if err != nil {
		return fmt.Errorf("check tile %d/%d of %s: %w", t.level, t.n, c.o, err)
	}
	if !bytes.Equal(data, t.data) {
		return corrupt(c.o, "tile %d/%d is not what the entries give", t.level, t.n)
	}
	return nil
}

// surplus looks for entries and tiles that do not belong to the record.
func (c *checker) surplus() error {
	var n int64
	err := c.q.QueryRowContext(c.ctx, `select count(*) from record_entries where log = $1 and (idx < 0 or idx >= $2)`, c.row.id, c.row.size).Scan(&n)
	if err != nil {
		return fmt.Errorf("check %s: %w", c.o, err)
	}
	if n > 0 {
		return corrupt(c.o, "%d entries lie beyond its size %d", n, c.row.size)
	}
	var want int64
	for level := range tileTiers {
		want += (c.row.size>>(level*tileHeight) + tileWidth - 1) / tileWidth
	}
	if err := c.q.QueryRowContext(c.ctx, `select count(*) from record_tiles where log = $1`, c.row.id).Scan(&n); err != nil {
		return fmt.Errorf("check %s: %w", c.o, err)
	}
	if n != want {
		return corrupt(c.o, "%d tiles are stored, %d entries have %d", n, c.row.size, want)
	}
	return nil
}

// stored is a row of record_notes with its signer's name and key.
type stored struct {
	kept
	seq          sql.NullInt64
	root         []byte
	note, digest []byte
}

// notes checks what each signer said, signer by signer.
func (c *checker) notes() error {
	signer := int64(-1)
	for {
		err := c.q.QueryRowContext(c.ctx, `select signer from record_notes where log = $1 and signer > $2 order by signer limit 1`, c.row.id, signer).Scan(&signer)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("check notes of %s: %w", c.o, err)
		}
		if err := c.notesOf(signer); err != nil {
			return err
		}
	}
}

// notesOf goes through one signer's notes in order of size, with a tree that
// grows beside them.
func (c *checker) notesOf(signer int64) error {
	line, err := c.lineOf(signer)
	if err != nil {
		return err
	}
	w := &walk{checker: c}
	prev := stored{kept: kept{size: -1, rank: -1}}
	for {
		page, err := c.page(signer, prev.kept)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, s := range page {
			if err := c.note(s, signer, line, w); err != nil {
				return err
			}
			if err := c.sequence(prev.kept, s.kept, signer); err != nil {
				return err
			}
			prev = s
		}
	}
}

// line is the first line that a signer's notes must have; the author's is not
// known here.
type line struct {
	name string
	id   int64
}

func (c *checker) lineOf(signer int64) (line, error) {
	if signer == author {
		return line{}, nil
	}
	var l line
	err := c.q.QueryRowContext(c.ctx, `select name, key_id from record_signers where id = $1`, signer).Scan(&l.name, &l.id)
	if errors.Is(err, sql.ErrNoRows) {
		return l, corrupt(c.o, "there are cosignatures of signer %d, which has no name", signer)
	}
	if err != nil {
		return l, fmt.Errorf("check notes of %s: %w", c.o, err)
	}
	return l, nil
}

func (c *checker) page(signer int64, after kept) ([]stored, error) {
	rows, err := c.q.QueryContext(c.ctx, `select size, rank, time, seq, root, note, digest from record_notes
		where log = $1 and signer = $2 and size >= $3 and (size > $3 or rank > $4) order by size, rank limit $5`,
		c.row.id, signer, after.size, after.rank, notesRead)
	if err != nil {
		return nil, fmt.Errorf("check notes of %s: %w", c.o, err)
	}
	defer rows.Close()
	var page []stored
	for rows.Next() {
		var s stored
		if err := rows.Scan(&s.size, &s.rank, &s.time, &s.seq, &s.root, &s.note, &s.digest); err != nil {
			return nil, fmt.Errorf("check notes of %s: %w", c.o, err)
		}
		page = append(page, s)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("check notes of %s: %w", c.o, err)
	}
	return page, nil
}

// note compares one note with its row and its root with that of the entries.
func (c *checker) note(s stored, signer int64, l line, w *walk) error {
	bad := func(format string, args ...any) error {
		what := "checkpoint"
		if signer != author {
			what = "cosignature of " + l.name
		}
		return corrupt(c.o, "the %s over %d entries (rank %d): %s", what, s.size, s.rank, fmt.Sprintf(format, args...))
	}
	if d := canon.DigestOf(s.note); !bytes.Equal(d[:], s.digest) {
		return bad("its bytes do not have the stored digest")
	}
	n, err := checkpoint.ParseNote(s.note)
	if err != nil {
		return bad("%v", err)
	}
	if n.Head.Origin != c.o || n.Head.Size != s.size || !bytes.Equal(n.Head.Root[:], s.root) {
		return bad("its text is not what the row says")
	}
	if signer != author && (n.Lines[0].Name != l.name || int64(n.Lines[0].ID) != l.id) {
		return bad("it has the line of %s %08x", n.Lines[0].Name, n.Lines[0].ID)
	}
	if s.seq.Valid != (signer != author) {
		return bad("it has no place, or one too many, in the order of arrival")
	}
	ts, err := times(n, signer)
	if err != nil {
		return bad("%v", err)
	}
	for _, t := range ts {
		if t != s.time {
			return bad("its lines say %d, the row %d", t, s.time)
		}
	}
	if s.size > c.row.size {
		return nil
	}
	root, err := w.rootAt(s.size)
	if err != nil {
		return err
	}
	if root != n.Head.Root {
		return bad("the entries have another root at that size")
	}
	return nil
}

// sequence checks that a note may follow the one before it.
func (c *checker) sequence(prev, s kept, signer int64) error {
	if s.rank != first && (s.rank != last || prev.size != s.size || prev.time >= s.time) {
		return corrupt(c.o, "signer %d has a note over %d entries of rank %d that is not later than a first one", signer, s.size, s.rank)
	}
	if prev.size < 0 || prev.size == s.size || prev.time <= s.time {
		return nil
	}
	var n int64
	err := c.q.QueryRowContext(c.ctx, `select count(*) from record_reversals where log = $1 and signer = $2 and size in ($3, $4)`,
		c.row.id, signer, prev.size, s.size).Scan(&n)
	if err != nil {
		return fmt.Errorf("check notes of %s: %w", c.o, err)
	}
	if n != 2 {
		return corrupt(c.o, "the time of signer %d fell between %d and %d entries, and this is not marked", signer, prev.size, s.size)
	}
	return nil
}

// walk grows a tree out of the leaf hashes in the tiles, which entries has
// compared, to the sizes that the notes of one signer have.
type walk struct {
	*checker
	tree Tree
	tile []byte
}

func (w *walk) rootAt(size int64) (tlog.Hash, error) {
	for w.tree.Size() < size {
		at := int(w.tree.Size()%tileWidth) * tlog.HashSize
		if at == 0 || len(w.tile) <= at {
			var err error
			if w.tile, err = readTile(w.ctx, w.q, w.row.id, 0, w.tree.Size()/tileWidth); err != nil {
				return tlog.Hash{}, fmt.Errorf("check notes of %s: %w", w.o, err)
			}
		}
		if len(w.tile) < at+tlog.HashSize {
			return tlog.Hash{}, corrupt(w.o, "tile 0/%d is too short", w.tree.Size()/tileWidth)
		}
		if err := w.tree.Append(tlog.Hash(w.tile[at : at+tlog.HashSize])); err != nil {
			return tlog.Hash{}, err
		}
	}
	return w.tree.Root(), nil
}

// CheckAll is Check of every record, of every blob against its digest and of
// every observation against its own.
func CheckAll(ctx context.Context, q durable.Querier) error {
	all, err := Records(ctx, q)
	if err != nil {
		return err
	}
	for _, o := range all {
		if _, err := party.ParseOrigin(string(o)); err != nil {
			return corrupt("", "a record has the origin %q", string(o))
		}
		if err := Check(ctx, q, o); err != nil {
			return err
		}
	}
	if err := checkOwners(ctx, q); err != nil {
		return err
	}
	if err := checkBlobs(ctx, q); err != nil {
		return err
	}
	return checkObservations(ctx, q)
}

// checkOwners looks for rows of a record that has no row of its own.
func checkOwners(ctx context.Context, q durable.Querier) error {
	for _, table := range []string{"record_entries", "record_tiles", "record_notes", "record_reversals"} {
		var n int64
		err := q.QueryRowContext(ctx, `select count(*) from (select distinct log from `+table+`) as t
			where log not in (select id from record_logs)`).Scan(&n)
		if err != nil {
			return fmt.Errorf("check owners of %s: %w", table, err)
		}
		if n > 0 {
			return corrupt("", "%s has rows of %d records that are not listed", table, n)
		}
	}
	return nil
}

func checkBlobs(ctx context.Context, q durable.Querier) error {
	var at []byte
	for {
		var digest, data []byte
		err := q.QueryRowContext(ctx, `select digest, data from record_blobs where digest > $1 order by digest limit 1`, orEmpty(at)).Scan(&digest, &data)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("check blobs: %w", err)
		}
		if d := canon.DigestOf(data); !bytes.Equal(d[:], digest) {
			return corrupt("", "blob sha256:%x has other bytes than its digest says", digest)
		}
		at = digest
	}
}

func checkObservations(ctx context.Context, q durable.Querier) error {
	at := int64(-1)
	for {
		var from, what string
		var data, digest []byte
		err := q.QueryRowContext(ctx, `select seq, party, what, data, digest from record_observations where seq > $1 order by seq limit 1`, at).
			Scan(&at, &from, &what, &data, &digest)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("check observations: %w", err)
		}
		if d := observed(from, what, data); !bytes.Equal(d[:], digest) {
			return corrupt("", "observation %d has other content than its digest says", at)
		}
	}
}

// orEmpty keeps a nil from becoming a null.
func orEmpty(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
