package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"

	"detente/checkpoint"
	"detente/internal/durable"
	"detente/party"
	"golang.org/x/mod/sumdb/tlog"
)

// Log is the right edge of one record, in memory: enough to append without
// reading. Its methods may be called from several goroutines; who extends it
// does so one transaction at a time.
type Log struct {
	mu  sync.Mutex
	now *edge // guarded by mu; what it points to never changes
}

// edge is a record at one size.
type edge struct {
	origin party.Origin
	id     int64 // of record_logs; 0 means that there is no row yet
	tree   Tree
	tiers  [tileTiers][]byte // the partial tile of each level, possibly empty
}

func (e *edge) head() checkpoint.Head {
	return checkpoint.Head{Origin: e.origin, Size: e.tree.Size(), Root: e.tree.Root()}
}

// Load reads the edge of a record, at most one tile for each level, and compares
// it with the stored root. An unknown record has size 0; it becomes known when
// it is extended.
func Load(ctx context.Context, q durable.Querier, o party.Origin) (*Log, error) {
	if _, err := party.ParseOrigin(string(o)); err != nil {
		return nil, fmt.Errorf("load record: %w", err)
	}
	r, err := find(ctx, q, o)
	if err != nil {
		return nil, err
	}
	e := &edge{origin: o, id: r.id}
	e.tree.size = r.size
	for level := range e.tiers {
		if e.tiers[level], err = loadTier(ctx, q, o, r, level); err != nil {
			return nil, err
		}
	}
	for l := range maxHeight {
		if r.size>>l&1 == 0 {
			continue
		}
		tile := tlog.Tile{H: tileHeight, L: l / tileHeight, N: r.size >> (l/tileHeight*tileHeight + tileHeight)}
		tile.W = len(e.tiers[tile.L]) / tlog.HashSize
		if e.tree.peaks[l], err = tlog.HashFromTile(tile, e.tiers[tile.L], tlog.StoredHashIndex(l, r.size>>l-1)); err != nil {
			return nil, fmt.Errorf("load record %s: %w", o, err)
		}
	}
	if e.tree.Root() != r.root {
		return nil, corrupt(o, "the tiles at its edge do not have its root at size %d", r.size)
	}
	return &Log{now: e}, nil
}

// loadTier reads the hashes of the tile at the edge of one level; none if the
// last tile of the level is full.
func loadTier(ctx context.Context, q durable.Querier, o party.Origin, r row, level int) ([]byte, error) {
	hashes := r.size >> (level * tileHeight)
	n := hashes / tileWidth
	width := int(hashes % tileWidth)
	if width == 0 {
		return nil, nil
	}
	data, err := readTile(ctx, q, r.id, level, n)
	if err != nil {
		return nil, fmt.Errorf("load record %s: %w", o, err)
	}
	if len(data) != width*tlog.HashSize {
		return nil, corrupt(o, "tile %d/%d has %d bytes instead of %d", level, n, len(data), width*tlog.HashSize)
	}
	return data, nil
}

// Head is the tree as last committed.
func (l *Log) Head() checkpoint.Head { return l.edge().head() }

// Tree returns a copy of the edge, with which the root of further entries is
// known before any of them is written.
func (l *Log) Tree() Tree { return l.edge().tree }

func (l *Log) edge() *edge {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

// Extension is a Log with leaves appended in a transaction that has not
// committed yet.
type Extension struct {
	log   *Log
	bases []*edge // where the Log may stand when Done is called
	next  *edge
}

// Extend writes leaves, of 1 to MaxEntry bytes each, and the tiles that they
// touch into tx, and keeps none of them. Everything is checked and hashed before
// the first write. l is unchanged until Done, which the caller calls after the
// commit; after a commit that was refused drop the Extension, after one whose
// outcome is unknown Load again. Several appends in one transaction are chained
// through Extension.Extend.
//
// ErrStale means that the store no longer stands where l does. Leaves that
// disagree with a stored checkpoint are refused with a Contradiction.
func (l *Log) Extend(ctx context.Context, tx *sql.Tx, leaves [][]byte) (*Extension, error) {
	base := l.edge()
	next, err := base.extend(ctx, tx, leaves)
	if err != nil {
		return nil, err
	}
	return &Extension{log: l, bases: []*edge{base}, next: next}, nil
}

// Extend appends further leaves in the same transaction. Done of the result
// serves for both.
func (e *Extension) Extend(ctx context.Context, tx *sql.Tx, leaves [][]byte) (*Extension, error) {
	next, err := e.next.extend(ctx, tx, leaves)
	if err != nil {
		return nil, err
	}
	return &Extension{log: e.log, bases: append(slices.Clone(e.bases), e.next), next: next}, nil
}

// Head is the tree with the leaves appended: what the checkpoint will say.
func (e *Extension) Head() checkpoint.Head { return e.next.head() }

// Tree returns a copy of the edge with the leaves appended.
func (e *Extension) Tree() Tree { return e.next.tree }

// Done moves the Log on after the commit. Calling it again, or after Done of a
// later Extension of the same chain, changes nothing.
func (e *Extension) Done() {
	e.log.mu.Lock()
	defer e.log.mu.Unlock()
	switch {
	case slices.Contains(e.bases, e.log.now):
		e.log.now = e.next
	case e.log.now.tree.Size() < e.next.tree.Size():
		panic("record: Done on an Extension of another state of the Log")
	}
}

// growth is what an append will write.
type growth struct {
	next  *edge
	tiles []tileData
	roots map[int64]tlog.Hash // of the sizes at which a checkpoint waits
}

type tileData struct {
	level int
	n     int64
	data  []byte
}

func (e *edge) extend(ctx context.Context, tx *sql.Tx, leaves [][]byte) (*edge, error) {
	if len(leaves) == 0 {
		return e, nil
	}
	for i, leaf := range leaves {
		if len(leaf) == 0 || len(leaf) > MaxEntry {
			return nil, fmt.Errorf("append to %s: entry %d has %d bytes, 1 to %d are allowed", e.origin, e.tree.Size()+int64(i), len(leaf), MaxEntry)
		}
	}
	waiting, err := e.waiting(ctx, tx, int64(len(leaves)))
	if err != nil {
		return nil, err
	}
	g, err := e.grow(leaves, waiting)
	if err != nil {
		return nil, fmt.Errorf("append to %s: %w", e.origin, err)
	}
	for _, w := range waiting {
		if root := g.roots[w.Head.Size]; root != w.Head.Root {
			return nil, fmt.Errorf("append to %s: %w", e.origin, &Contradiction{Given: w.Note, Size: w.Head.Size, Root: root})
		}
	}
	if err := e.write(ctx, tx, g, leaves); err != nil {
		return nil, err
	}
	return g.next, nil
}

// waiting reads the stored checkpoints that the next n entries will reach. There
// are none unless checkpoints arrived before their entries.
func (e *edge) waiting(ctx context.Context, tx *sql.Tx, n int64) ([]Stored, error) {
	return storedHeads(ctx, tx, e.origin, selectHeads+` and n.size > $2 and n.size <= $3 and n.rank = 0
		order by n.size`, e.tree.Size(), e.tree.Size()+n)
}

// grow computes the next edge. It writes nothing, and e stays as it is.
func (e *edge) grow(leaves [][]byte, waiting []Stored) (*growth, error) {
	g := &growth{next: &edge{origin: e.origin, id: e.id, tree: e.tree}, roots: make(map[int64]tlog.Hash, len(waiting))}
	for _, w := range waiting {
		g.roots[w.Head.Size] = tlog.Hash{}
	}
	g.next.tiers = e.tiers
	var touched [tileTiers]bool
	tier := func(level int, h tlog.Hash) {
		data := g.next.tiers[level]
		if !touched[level] { // what e holds is not to be written over
			data = append(make([]byte, 0, tileSize), data...)
			touched[level] = true
		}
		data = append(data, h[:]...)
		g.next.tiers[level] = data
		if len(data) == tileSize {
			n := g.next.tree.Size() >> ((level + 1) * tileHeight)
			g.tiles = append(g.tiles, tileData{level: level, n: n, data: data})
			g.next.tiers[level], touched[level] = nil, false
		}
	}
	for _, leaf := range leaves {
		if err := g.next.tree.append(tlog.RecordHash(leaf), tier); err != nil {
			return nil, err
		}
		if _, ok := g.roots[g.next.tree.Size()]; ok {
			g.roots[g.next.tree.Size()] = g.next.tree.Root()
		}
	}
	for level, data := range g.next.tiers {
		if touched[level] {
			n := g.next.tree.Size() >> ((level + 1) * tileHeight)
			g.tiles = append(g.tiles, tileData{level: level, n: n, data: data})
		}
	}
	return g, nil
}

// write stores what grow computed. The row of the record is changed first and
// only if it stands where e does, so that a second writer stops here.
func (e *edge) write(ctx context.Context, tx *sql.Tx, g *growth, leaves [][]byte) error {
	if g.next.id == 0 {
		id, err := enter(ctx, tx, e.origin)
		if err != nil {
			return err
		}
		g.next.id = id
	}
	was, is := e.tree.Root(), g.next.tree.Root()
	moved, err := tx.ExecContext(ctx, `update record_logs set size = $1, root = $2 where id = $3 and size = $4 and root = $5`,
		g.next.tree.Size(), is[:], g.next.id, e.tree.Size(), was[:])
	if err != nil {
		return fmt.Errorf("append to %s: %w", e.origin, err)
	}
	if n, err := moved.RowsAffected(); err != nil || n != 1 {
		return fmt.Errorf("append to %s at %d: %w", e.origin, e.tree.Size(), errors.Join(ErrStale, err))
	}
	if err := writeEntries(ctx, tx, g.next.id, e.tree.Size(), leaves); err != nil {
		return fmt.Errorf("append to %s: %w", e.origin, err)
	}
	for _, t := range g.tiles {
		if _, err := tx.ExecContext(ctx, `insert into record_tiles (log, level, n, data) values ($1, $2, $3, $4)
			on conflict (log, level, n) do update set data = excluded.data`, g.next.id, t.level, t.n, t.data); err != nil {
			return fmt.Errorf("append to %s: tile %d/%d: %w", e.origin, t.level, t.n, err)
		}
	}
	return nil
}
