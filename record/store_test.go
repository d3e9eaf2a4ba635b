package record

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"detente/checkpoint"
	"detente/key"
	"detente/party"
	_ "modernc.org/sqlite" // the driver under test

	"golang.org/x/mod/sumdb/tlog"
)

const origin = party.Origin("alatau/1f2e3d4c")

// dsn has the settings of package durable.
func dsn(path string) string {
	return "file:" + path + "?_pragma=page_size(8192)&_pragma=synchronous(full)&_journal_mode=WAL&_txlock=immediate"
}

func openStore(t testing.TB) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", dsn(filepath.Join(t.TempDir(), "store.db")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if _, err := db.Exec(Schema); err != nil {
		t.Fatal(err)
	}
	return db
}

// update runs f in one transaction.
func update(t testing.TB, db *sql.DB, f func(tx *sql.Tx) error) {
	t.Helper()
	if err := tryUpdate(db, f); err != nil {
		t.Fatal(err)
	}
}

func tryUpdate(db *sql.DB, f func(tx *sql.Tx) error) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		tx.Rollback()
		return err
	}
	return tx.Commit()
}

func load(t testing.TB, db *sql.DB, o party.Origin) *Log {
	t.Helper()
	l, err := Load(context.Background(), db, o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// extend appends leaves in one transaction.
func extend(t testing.TB, db *sql.DB, l *Log, leaves [][]byte) {
	t.Helper()
	var e *Extension
	update(t, db, func(tx *sql.Tx) (err error) {
		e, err = l.Extend(context.Background(), tx, leaves)
		return err
	})
	e.Done()
}

// leaf is the entry of that index in all tests and vectors.
func leaf(i int64) []byte { return fmt.Appendf(nil, "entry %d\n", i) }

func leaves(from, to int64) [][]byte {
	var all [][]byte
	for i := from; i < to; i++ {
		all = append(all, leaf(i))
	}
	return all
}

// reference is the plain storage of x/mod: one hash after the other.
type reference []tlog.Hash

func (r reference) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		out[i] = r[x]
	}
	return out, nil
}

func newReference(t testing.TB, n int64) reference {
	t.Helper()
	var r reference
	for i := range n {
		hashes, err := tlog.StoredHashes(i, leaf(i), r)
		if err != nil {
			t.Fatal(err)
		}
		r = append(r, hashes...)
	}
	return r
}

func (r reference) root(t testing.TB, n int64) tlog.Hash {
	t.Helper()
	h, err := tlog.TreeHash(n, r)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// keys of one party, the same in every run.
func keys(t testing.TB, o party.Origin) *key.Set {
	t.Helper()
	set, _, err := key.Generate(rand.NewChaCha8(sha256.Sum256([]byte(o))), o)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func sign(t testing.TB, k *key.Set, h checkpoint.Head, at int64) checkpoint.Signed {
	t.Helper()
	s, err := checkpoint.Sign(h, k.Record, at)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func cosign(t testing.TB, k *key.CosignerSecret, h checkpoint.Head, at int64) checkpoint.Cosigned {
	t.Helper()
	c, err := checkpoint.Cosign(h, k, at)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func saveHead(t testing.TB, db *sql.DB, s checkpoint.Signed, own bool) {
	t.Helper()
	update(t, db, func(tx *sql.Tx) error { return SaveHead(context.Background(), tx, s, own) })
}

// dump is the content of every table, to compare two states of a store.
func dump(t testing.TB, db *sql.DB) string {
	t.Helper()
	var b strings.Builder
	for _, table := range []struct{ name, order string }{
		{"logs", "id"}, {"entries", "log, idx"}, {"tiles", "log, level, n"}, {"signers", "id"},
		{"notes", "log, signer, size, rank"}, {"reversals", "log, signer, size"}, {"blobs", "digest"}, {"observations", "seq"},
	} {
		rows, err := db.Query(`select * from record_` + table.name + ` order by ` + table.order)
		if err != nil {
			t.Fatal(err)
		}
		cols, _ := rows.Columns()
		for rows.Next() {
			vals := make([]any, len(cols))
			for i := range vals {
				vals[i] = new(any)
			}
			if err := rows.Scan(vals...); err != nil {
				t.Fatal(err)
			}
			b.WriteString(table.name)
			for _, v := range vals {
				fmt.Fprintf(&b, " %v", *v.(*any))
			}
			b.WriteByte('\n')
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		rows.Close()
	}
	return b.String()
}

func checkAll(t testing.TB, db *sql.DB) {
	t.Helper()
	if err := CheckAll(context.Background(), db); err != nil {
		t.Fatal(err)
	}
}
