package record

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"detente/checkpoint"
	"detente/internal/durable"
	"golang.org/x/mod/sumdb/tlog"
)

// entry2k is an entry of 2 kB that no other equals.
func entry2k(i int64) []byte {
	h := sha256.Sum256(leaf(i))
	return append(bytes.Repeat(h[:], 62), leaf(i)...)
}

func batch2k(from int64, n int) [][]byte {
	all := make([][]byte, n)
	for i := range all {
		all[i] = entry2k(from + int64(i))
	}
	return all
}

func openDurable(b *testing.B) *durable.DB {
	b.Helper()
	db, err := durable.Open(ctx, filepath.Join(b.TempDir(), "store.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	commit(b, db, func(tx *sql.Tx) error { _, err := tx.Exec(Schema); return err })
	return db
}

func commit(b *testing.B, db *durable.DB, f func(tx *sql.Tx) error) {
	b.Helper()
	if err := db.Update(ctx, f); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkAppendSigned is one act: append, sign with three lines, store the
// checkpoint, commit to the disk.
func BenchmarkAppendSigned(b *testing.B) {
	db, k := openDurable(b), keys(b, origin)
	l := load(b, db.Read(), origin)
	took := make([]time.Duration, 0, b.N)
	entries := batch2k(0, b.N)
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		start := time.Now()
		var e *Extension
		commit(b, db, func(tx *sql.Tx) (err error) {
			if e, err = l.Extend(ctx, tx, entries[i:i+1]); err != nil {
				return err
			}
			return SaveHead(ctx, tx, sign(b, k, e.Head(), 1_800_000_000+int64(i)), true)
		})
		e.Done()
		took = append(took, time.Since(start))
	}
	report(b, took)
}

// BenchmarkAppendBare leaves signatures out.
func BenchmarkAppendBare(b *testing.B) {
	db := openDurable(b)
	l := load(b, db.Read(), origin)
	took := make([]time.Duration, 0, b.N)
	entries := batch2k(0, b.N)
	b.ResetTimer()
	for i := range b.N {
		start := time.Now()
		var e *Extension
		commit(b, db, func(tx *sql.Tx) (err error) {
			e, err = l.Extend(ctx, tx, entries[i:i+1])
			return err
		})
		e.Done()
		took = append(took, time.Since(start))
	}
	report(b, took)
}

// BenchmarkAppendBatch appends 256 entries of 2 kB with one checkpoint.
func BenchmarkAppendBatch(b *testing.B) {
	db, k := openDurable(b), keys(b, origin)
	l := load(b, db.Read(), origin)
	b.ReportAllocs()
	for i := range b.N {
		b.StopTimer()
		batch := batch2k(int64(i)*256, 256)
		b.StartTimer()
		var e *Extension
		commit(b, db, func(tx *sql.Tx) (err error) {
			if e, err = l.Extend(ctx, tx, batch); err != nil {
				return err
			}
			return SaveHead(ctx, tx, sign(b, k, e.Head(), 1_800_000_000+int64(i)), true)
		})
		e.Done()
	}
	b.ReportMetric(256*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}

// BenchmarkCatchUp is a mirror: verify the checkpoint, compute the root before
// anything is written, then store; 256 entries of 2 kB at a time.
func BenchmarkCatchUp(b *testing.B) {
	db, k := openDurable(b), keys(b, origin)
	var author Tree
	l := load(b, db.Read(), origin)
	for i := range b.N {
		b.StopTimer()
		batch := batch2k(int64(i)*256, 256)
		for _, e := range batch {
			if err := author.Append(tlog.RecordHash(e)); err != nil {
				b.Fatal(err)
			}
		}
		head := checkpoint.Head{Origin: origin, Size: author.Size(), Root: author.Root()}
		note := sign(b, k, head, 1_800_000_000+int64(i)).Bytes()
		b.StartTimer()
		parsed, err := checkpoint.ParseNote(note)
		if err != nil {
			b.Fatal(err)
		}
		signed, err := parsed.Verify(k.Record.Public)
		if err != nil {
			b.Fatal(err)
		}
		tree := l.Tree()
		for _, e := range batch {
			if err := tree.Append(tlog.RecordHash(e)); err != nil {
				b.Fatal(err)
			}
		}
		if tree.Root() != signed.Head().Root {
			b.Fatal("wrong root")
		}
		var e *Extension
		commit(b, db, func(tx *sql.Tx) (err error) {
			if e, err = l.Extend(ctx, tx, batch); err != nil {
				return err
			}
			return SaveHead(ctx, tx, signed, false)
		})
		e.Done()
	}
	b.ReportMetric(256*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}

// BenchmarkVerify is offline verification of an exported record of 2 kB entries.
func BenchmarkVerify(b *testing.B) {
	batch := batch2k(0, 1024)
	var tree Tree
	b.ResetTimer()
	for i := range b.N {
		if err := tree.Append(tlog.RecordHash(batch[i%1024])); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}

// BenchmarkStore reads out of a record of 100,000 small entries.
func BenchmarkStore(b *testing.B) {
	db := openStore(b)
	l := load(b, db, origin)
	const n = 100_000
	for at := int64(0); at < n; at += 4096 {
		extend(b, db, l, leaves(at, min(n, at+4096)))
	}
	b.Run("Load", func(b *testing.B) {
		for range b.N {
			load(b, db, origin)
		}
	})
	b.Run("Inclusion", func(b *testing.B) {
		for i := range b.N {
			if _, err := Inclusion(ctx, db, origin, int64(i*7919)%n, n); err != nil {
				b.Fatal(err)
			}
		}
	})
	for _, tile := range []tlog.Tile{{H: 8, L: 0, N: 7, W: 256}, {H: 8, L: -1, N: 7, W: 256}} {
		b.Run(fmt.Sprintf("Tile%d", tile.L), func(b *testing.B) {
			for range b.N {
				if _, err := Tile(ctx, db, origin, tile); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("Check", func(b *testing.B) {
		for range b.N {
			checkAll(b, db)
		}
		b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
	})
}

func report(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
	b.ReportMetric(0, "ns/op")
}
