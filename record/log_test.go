package record

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

var ctx = context.Background()

// edges are sizes around the edges of tiles.
var edges = []int64{1, 2, 255, 256, 257, 511, 512, 65535, 65536, 65537}

func TestTreeIsRFC6962(t *testing.T) {
	ref := newReference(t, 1000)
	var tree Tree
	for n := range int64(1001) {
		if got, want := tree.Root(), ref.root(t, n); got != want || tree.Size() != n {
			t.Fatalf("tree of %d: size %d, root %v instead of %v", n, tree.Size(), got, want)
		}
		if err := tree.Append(tlog.RecordHash(leaf(n))); err != nil {
			t.Fatal(err)
		}
	}
	branch := tree
	if err := branch.Append(tlog.Hash{1}); err != nil {
		t.Fatal(err)
	}
	if tree.Root() == branch.Root() || tree.Size() != 1001 {
		t.Fatal("a copy of a tree is not independent of it")
	}
	full := Tree{size: MaxSize}
	if err := full.Append(tlog.Hash{}); err == nil || full.size != MaxSize {
		t.Fatal("a tree of MaxSize entries took another")
	}
}

// TestExtendAtTileEdges grows one record past the edges of tiles; root, tiles,
// bundles and proofs must be those of x/mod at every stop.
func TestExtendAtTileEdges(t *testing.T) {
	db := openStore(t)
	ref := newReference(t, edges[len(edges)-1])
	l := load(t, db, origin)
	if l.Head().Size != 0 || l.Head().Root != emptyRoot {
		t.Fatalf("unknown record has head %v", l.Head())
	}
	size := int64(0)
	for _, next := range edges {
		extend(t, db, l, leaves(size, next))
		if got := l.Head(); got.Size != next || got.Root != ref.root(t, next) || got.Origin != origin {
			t.Fatalf("head at %d is %v", next, got)
		}
		if again := load(t, db, origin); again.Head() != l.Head() || again.Tree() != l.Tree() {
			t.Fatalf("loaded at %d: %v instead of %v", next, again.Head(), l.Head())
		}
		if held, err := Held(ctx, db, origin); err != nil || held != l.Head() {
			t.Fatalf("held at %d: %v, %v", next, held, err)
		}
		compareTiles(t, db, ref, next)
		compareProofs(t, db, ref, size, next)
		size = next
	}
	checkAll(t, db)
}

// compareTiles compares what is served with what x/mod computes.
func compareTiles(t *testing.T, db *sql.DB, ref reference, size int64) {
	t.Helper()
	tiles := tlog.NewTiles(8, 0, size)
	if len(tiles) > 20 { // the beginning and the edge are enough
		tiles = append(tiles[:4:4], tiles[len(tiles)-8:]...)
	}
	for _, tile := range tiles {
		for _, w := range []int{1, tile.W/2 + 1, tile.W} {
			tile := tile
			tile.W = w
			want, err := tlog.ReadTileData(tile, ref)
			if err != nil {
				t.Fatal(err)
			}
			got, err := Tile(ctx, db, origin, tile)
			if err != nil || !bytes.Equal(got, want) {
				t.Fatalf("%s at size %d: %d bytes, %v", tile.Path(), size, len(got), err)
			}
			if tile.L == 0 {
				tile.L = -1
				got, err := Tile(ctx, db, origin, tile)
				if err != nil || !bytes.Equal(got, bundle(tile.N*256, tile.N*256+int64(w))) {
					t.Fatalf("%s at size %d: %d bytes, %v", tile.Path(), size, len(got), err)
				}
			}
		}
		beyond := tile
		if beyond.W++; beyond.W <= 256 {
			if _, err := Tile(ctx, db, origin, beyond); !errors.Is(err, ErrNotHeld) {
				t.Fatalf("%s at size %d: %v", beyond.Path(), size, err)
			}
		}
	}
}

func bundle(from, to int64) []byte {
	var b []byte
	for i := from; i < to; i++ {
		b = binary.BigEndian.AppendUint16(b, uint16(len(leaf(i))))
		b = append(b, leaf(i)...)
	}
	return b
}

func compareProofs(t *testing.T, db *sql.DB, ref reference, from, to int64) {
	t.Helper()
	root := ref.root(t, to)
	for _, i := range []int64{0, from, (from + to) / 2, to - 1} {
		if i >= to {
			continue
		}
		p, err := Inclusion(ctx, db, origin, i, to)
		if err != nil {
			t.Fatal(err)
		}
		if err := tlog.CheckRecord(p, to, root, i, tlog.RecordHash(leaf(i))); err != nil {
			t.Fatalf("inclusion of %d at %d: %v", i, to, err)
		}
		entry, err := Entry(ctx, db, origin, i)
		if err != nil || !bytes.Equal(entry, leaf(i)) {
			t.Fatalf("entry %d: %q, %v", i, entry, err)
		}
	}
	for _, n := range []int64{1, from, (from + to) / 2, to} {
		if n < 1 || n > to {
			continue
		}
		p, err := Consistency(ctx, db, origin, n, to)
		if err != nil {
			t.Fatal(err)
		}
		if err := tlog.CheckTree(p, to, root, n, ref.root(t, n)); err != nil {
			t.Fatalf("consistency of %d with %d: %v", n, to, err)
		}
		if h, err := tlog.TreeHash(n, Hashes(ctx, db, origin)); err != nil || h != ref.root(t, n) {
			t.Fatalf("root at %d of %d: %v, %v", n, to, h, err)
		}
	}
	if _, err := Inclusion(ctx, db, origin, to, to+1); !errors.Is(err, ErrNotHeld) {
		t.Fatalf("inclusion beyond %d: %v", to, err)
	}
	if _, err := Consistency(ctx, db, origin, 1, to+1); !errors.Is(err, ErrNotHeld) {
		t.Fatalf("consistency beyond %d: %v", to, err)
	}
	if _, err := Consistency(ctx, db, origin, to+1, to+1); !errors.Is(err, ErrNotHeld) {
		t.Fatalf("consistency of a size beyond %d with itself: %v", to, err)
	}
	if _, err := tlog.TreeHash(to+1, Hashes(ctx, db, origin)); !errors.Is(err, ErrNotHeld) {
		t.Fatalf("root beyond %d: %v", to, err)
	}
}

// TestReplayIsAppend: however the entries are cut into appends, chained, rolled
// back and loaded again, two records of the same entries are the same.
func TestReplayIsAppend(t *testing.T) {
	const total = 3000
	ref := newReference(t, total)
	for seed := range uint64(5) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		db := openStore(t)
		l := load(t, db, origin)
		for size := int64(0); size < total; {
			var e *Extension
			lost := rnd.IntN(4) == 0
			first := min(total, size+1+rnd.Int64N(400))
			second := min(total, first+rnd.Int64N(300))
			err := tryUpdate(db, func(tx *sql.Tx) (err error) {
				if e, err = l.Extend(ctx, tx, leaves(size, first)); err != nil {
					return err
				}
				if e, err = e.Extend(ctx, tx, leaves(first, second)); err != nil {
					return err
				}
				if tree := e.Tree(); e.Head().Root != ref.root(t, second) || tree.Size() != second {
					t.Fatalf("extension to %d has head %v", second, e.Head())
				}
				if lost {
					return errors.New("refused")
				}
				return nil
			})
			if (err != nil) != lost {
				t.Fatal(err)
			}
			if !lost {
				e.Done()
				e.Done()
				size = second
			}
			if l.Head().Size != size || l.Head().Root != ref.root(t, size) {
				t.Fatalf("seed %d: head %v at %d", seed, l.Head(), size)
			}
			if rnd.IntN(3) == 0 {
				l = load(t, db, origin)
			}
		}
		n := int64(0)
		if err := Each(ctx, db, origin, 0, total, func(i int64, entry []byte) error {
			if i != n || !bytes.Equal(entry, leaf(i)) {
				t.Fatalf("entry %d is %q, %d is next", i, entry, n)
			}
			n++
			return nil
		}); err != nil || n != total {
			t.Fatal(n, err)
		}
		checkAll(t, db)
	}
}

func TestExtendRefuses(t *testing.T) {
	db := openStore(t)
	l := load(t, db, origin)
	extend(t, db, l, [][]byte{{0}, bytes.Repeat([]byte{1}, MaxEntry)})
	before := dump(t, db)
	for name, bad := range map[string][]byte{"empty": {}, "too long": make([]byte, MaxEntry+1)} {
		err := tryUpdate(db, func(tx *sql.Tx) error {
			_, err := l.Extend(ctx, tx, [][]byte{leaf(2), bad})
			return err
		})
		if err == nil {
			t.Errorf("an entry that is %s was taken", name)
		}
	}
	err := tryUpdate(db, func(tx *sql.Tx) error {
		e, err := l.Extend(ctx, tx, nil)
		if err == nil && e.Head() != l.Head() {
			t.Error("an append of nothing changed the head")
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	stale := load(t, db, origin)
	if dump(t, db) != before {
		t.Error("what was refused left something behind")
	}
	extend(t, db, l, leaves(2, 3))
	if err := tryUpdate(db, func(tx *sql.Tx) error { _, err := stale.Extend(ctx, tx, leaves(2, 4)); return err }); !errors.Is(err, ErrStale) {
		t.Errorf("append to a record that moved on: %v", err)
	}
	if _, err := Load(ctx, db, "Not an origin"); err == nil {
		t.Error("a record without a proper origin was loaded")
	}
}

// TestDoneOutOfOrder: Done is harmless where it is late and loud where it is wrong.
func TestDoneOutOfOrder(t *testing.T) {
	db := openStore(t)
	l := load(t, db, origin)
	var one, two, other *Extension
	update(t, db, func(tx *sql.Tx) (err error) {
		if one, err = l.Extend(ctx, tx, leaves(0, 1)); err != nil {
			return err
		}
		two, err = one.Extend(ctx, tx, leaves(1, 2))
		return err
	})
	if l.Head().Size != 0 {
		t.Fatal("the log moved before Done")
	}
	two.Done()
	one.Done()
	if l.Head().Size != 2 {
		t.Fatalf("head %v", l.Head())
	}
	_ = tryUpdate(db, func(tx *sql.Tx) (err error) {
		if other, err = l.Extend(ctx, tx, leaves(2, 9)); err != nil {
			t.Fatal(err)
		}
		return errors.New("refused")
	})
	extend(t, db, l, leaves(2, 3))
	defer func() {
		if recover() == nil {
			t.Error("Done of an extension that was rolled back went unnoticed")
		}
	}()
	other.Done()
}

func TestEntriesAreBounded(t *testing.T) {
	db := openStore(t)
	l := load(t, db, origin)
	extend(t, db, l, leaves(0, 600))
	for _, tt := range []struct {
		from, to int64
		ok       bool
		notHeld  bool
	}{
		{0, 0, true, false}, {0, 256, true, false}, {599, 600, true, false}, {600, 600, true, false},
		{0, 257, false, false}, {5, 4, false, false}, {-1, 3, false, false},
		{599, 601, false, true}, {700, 701, false, true},
	} {
		run, err := Entries(ctx, db, origin, tt.from, tt.to)
		if (err == nil) != tt.ok || errors.Is(err, ErrNotHeld) != tt.notHeld || tt.ok && int64(len(run)) != tt.to-tt.from {
			t.Errorf("entries %d to %d: %d, %v", tt.from, tt.to, len(run), err)
		}
	}
	if _, err := Entries(ctx, db, "borovia/00000000", 0, 1); !errors.Is(err, ErrNotHeld) {
		t.Errorf("entries of an unknown record: %v", err)
	}
	for _, tile := range []tlog.Tile{
		{H: 8, L: 0, N: 3, W: 1}, {H: 8, L: 0, N: 1 << 62, W: 256}, {H: 8, L: -1, N: 2, W: 89}, {H: 8, L: 2, N: 0, W: 1},
		{H: 8, L: 63, N: 0, W: 1}, {H: 8, L: -2, N: 0, W: 1}, {H: 8, L: 0, N: -1, W: 1}, {H: 8, L: 0, N: 0, W: 0},
		{H: 8, L: 0, N: 0, W: 257}, {H: 7, L: 0, N: 0, W: 1},
	} {
		if _, err := Tile(ctx, db, origin, tile); !errors.Is(err, ErrNotHeld) {
			t.Errorf("%+v: %v", tile, err)
		}
	}
}

// TestRecordsShareTables: what one record does is not seen in another.
func TestRecordsShareTables(t *testing.T) {
	db := openStore(t)
	a, b := load(t, db, origin), load(t, db, origin.AtVolume(2))
	update(t, db, func(tx *sql.Tx) error {
		x, err := a.Extend(ctx, tx, leaves(0, 300))
		if err != nil {
			return err
		}
		y, err := b.Extend(ctx, tx, leaves(300, 310))
		if err != nil {
			return err
		}
		x.Done()
		y.Done()
		return nil
	})
	all, err := Records(ctx, db)
	if err != nil || len(all) != 2 || all[0] != origin || all[1] != origin.AtVolume(2) {
		t.Fatal(all, err)
	}
	if e, err := Entry(ctx, db, origin.AtVolume(2), 9); err != nil || !bytes.Equal(e, leaf(309)) {
		t.Fatalf("%q, %v", e, err)
	}
	checkAll(t, db)
}
