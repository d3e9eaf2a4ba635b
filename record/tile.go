package record

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"

	"detente/internal/durable"
	"detente/party"
	"golang.org/x/mod/sumdb/tlog"
)

// Tile returns a hash tile or, with L = -1, an entry bundle, as tlog-tiles serves
// it: t.W hashes of 32 bytes, or t.W entries each after its length in two bytes,
// big-endian. A narrower tile than the stored one is its beginning. ErrNotHeld
// means that the entries held do not fill it to that width; so does a tile that
// tlog-tiles does not know (H other than 8, W outside 1 to 256).
func Tile(ctx context.Context, q durable.Querier, o party.Origin, t tlog.Tile) ([]byte, error) {
	if t.H != tileHeight || t.L < -1 || t.L >= tileTiers || t.N < 0 || t.W < 1 || t.W > tileWidth {
		return nil, fmt.Errorf("tile of height %d, level %d, number %d, width %d: %w", t.H, t.L, t.N, t.W, ErrNotHeld)
	}
	r, err := find(ctx, q, o)
	if err != nil {
		return nil, err
	}
	// What lies beyond the last tile is ruled out first, so that the product cannot overflow.
	hashes := r.size >> (max(t.L, 0) * tileHeight)
	if t.N > hashes/tileWidth || t.N*tileWidth+int64(t.W) > hashes {
		return nil, fmt.Errorf("%s of %s: %w", t.Path(), o, ErrNotHeld)
	}
	if t.L == -1 {
		return entryBundle(ctx, q, o, r.id, t)
	}
	data, err := readTile(ctx, q, r.id, t.L, t.N)
	if err != nil {
		return nil, fmt.Errorf("%s of %s: %w", t.Path(), o, err)
	}
	if len(data) < t.W*tlog.HashSize {
		return nil, corrupt(o, "tile %d/%d has %d bytes, fewer than %d", t.L, t.N, len(data), t.W*tlog.HashSize)
	}
	return data[:t.W*tlog.HashSize], nil
}

func entryBundle(ctx context.Context, q durable.Querier, o party.Origin, id int64, t tlog.Tile) ([]byte, error) {
	run, err := readEntries(ctx, q, o, id, t.N*tileWidth, t.N*tileWidth+int64(t.W))
	if err != nil {
		return nil, err
	}
	size := 0
	for _, entry := range run {
		size += 2 + len(entry)
	}
	bundle := make([]byte, 0, size)
	for _, entry := range run {
		bundle = binary.BigEndian.AppendUint16(bundle, uint16(len(entry)))
		bundle = append(bundle, entry...)
	}
	return bundle, nil
}

// readTile reads one row of tiles, nil if there is none.
func readTile(ctx context.Context, q durable.Querier, id int64, level int, n int64) ([]byte, error) {
	var data []byte
	err := q.QueryRowContext(ctx, `select data from record_tiles where log = $1 and level = $2 and n = $3`, id, level, n).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return data, err
}

// hashReader reads hashes of the tree out of its tiles.
type hashReader struct {
	ctx context.Context // one call's worth: the interface of x/mod has none
	q   durable.Querier
	o   party.Origin
}

// Hashes reads the stored hashes of o for the arithmetic of
// golang.org/x/mod/sumdb/tlog: TreeHash, ProveRecord, ProveTree. It is good for
// as long as ctx and q are. Each tile is read once in each call of ReadHashes.
func Hashes(ctx context.Context, q durable.Querier, o party.Origin) tlog.HashReader {
	return &hashReader{ctx: ctx, q: q, o: o}
}

// ReadHashes implements tlog.HashReader.
func (h *hashReader) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	if len(indexes) == 0 {
		return nil, nil
	}
	r, err := find(h.ctx, h.q, h.o)
	if err != nil {
		return nil, err
	}
	return readHashes(h.ctx, h.q, h.o, r, indexes)
}

func readHashes(ctx context.Context, q durable.Querier, o party.Origin, r row, indexes []int64) ([]tlog.Hash, error) {
	type place struct {
		level int
		n     int64
	}
	tiles := make(map[place][]byte)
	hashes := make([]tlog.Hash, len(indexes))
	stored := tlog.StoredHashCount(r.size)
	for i, x := range indexes {
		if x < 0 || x >= stored {
			return nil, fmt.Errorf("hash %d of %s, which has %d entries: %w", x, o, r.size, ErrNotHeld)
		}
		tile := tlog.TileForIndex(tileHeight, x)
		at := place{tile.L, tile.N}
		data, ok := tiles[at]
		if !ok {
			var err error
			if data, err = readTile(ctx, q, r.id, tile.L, tile.N); err != nil {
				return nil, fmt.Errorf("tile %d/%d of %s: %w", tile.L, tile.N, o, err)
			}
			tiles[at] = data
		}
		if len(data) < tile.W*tlog.HashSize {
			return nil, corrupt(o, "tile %d/%d has %d bytes, fewer than %d", tile.L, tile.N, len(data), tile.W*tlog.HashSize)
		}
		var err error
		if hashes[i], err = tlog.HashFromTile(tile, data, x); err != nil {
			return nil, fmt.Errorf("tile %d/%d of %s: %w", tile.L, tile.N, o, err)
		}
	}
	return hashes, nil
}

// reader is Hashes for a row that is known already.
func (r row) reader(ctx context.Context, q durable.Querier, o party.Origin) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		return readHashes(ctx, q, o, r, indexes)
	})
}

// rootAt is the root of the first size entries, which must be held.
func (r row) rootAt(ctx context.Context, q durable.Querier, o party.Origin, size int64) (tlog.Hash, error) {
	if size == r.size {
		return r.root, nil
	}
	return tlog.TreeHash(size, r.reader(ctx, q, o))
}

// Inclusion proves that entry i of o is in the tree of the first size entries.
// ErrNotHeld if size is beyond what is held.
func Inclusion(ctx context.Context, q durable.Querier, o party.Origin, i, size int64) (tlog.RecordProof, error) {
	r, err := find(ctx, q, o)
	if err != nil {
		return nil, err
	}
	if size > r.size {
		return nil, fmt.Errorf("prove entry %d of %s at size %d: %w", i, o, size, ErrNotHeld)
	}
	p, err := tlog.ProveRecord(size, i, r.reader(ctx, q, o))
	if err != nil {
		return nil, fmt.Errorf("prove entry %d of %s at size %d: %w", i, o, size, err)
	}
	return p, nil
}

// Consistency proves that the first from entries of o begin the tree of the
// first to; 1 ≤ from ≤ to. ErrNotHeld if to is beyond what is held.
func Consistency(ctx context.Context, q durable.Querier, o party.Origin, from, to int64) (tlog.TreeProof, error) {
	r, err := find(ctx, q, o)
	if err != nil {
		return nil, err
	}
	if to > r.size {
		return nil, fmt.Errorf("prove %s from %d to %d: %w", o, from, to, ErrNotHeld)
	}
	p, err := tlog.ProveTree(to, from, r.reader(ctx, q, o))
	if err != nil {
		return nil, fmt.Errorf("prove %s from %d to %d: %w", o, from, to, err)
	}
	return p, nil
}
