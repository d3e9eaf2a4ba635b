package durable

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
)

func open(t testing.TB, path string) *DB {
	t.Helper()
	db, err := Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func fresh(t testing.TB) *DB {
	t.Helper()
	db := open(t, filepath.Join(t.TempDir(), "detente.db"))
	exec1(t, db, "create table entry (n integer primary key, body blob not null)")
	return db
}

func exec1(t testing.TB, db *DB, q string, args ...any) {
	t.Helper()
	err := db.Update(context.Background(), func(tx *sql.Tx) error {
		_, err := tx.Exec(q, args...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func count(t testing.TB, db *DB) int {
	t.Helper()
	var n int
	if err := db.Read().QueryRow("select count(*) from entry").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func insert(n int) func(tx *sql.Tx) error {
	return func(tx *sql.Tx) error {
		_, err := tx.Exec("insert into entry (n, body) values ($1, $2)", n, []byte("body"))
		return err
	}
}

func TestSettings(t *testing.T) {
	// A question mark and a percent sign must not end the name.
	dir := filepath.Join(t.TempDir(), "a?b %20 #c")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	db := open(t, filepath.Join(dir, "x.db"))
	if _, err := os.Stat(filepath.Join(dir, "x.db")); err != nil {
		t.Fatal(err)
	}
	for name, q := range map[string]*sql.DB{"writer": db.writer, "reader": db.reader} {
		for pragma, want := range map[string]string{
			"journal_mode": "wal", "synchronous": "2", "page_size": "8192",
			"busy_timeout": "10000", "foreign_keys": "1", "trusted_schema": "0",
		} {
			var got string
			if err := q.QueryRow("pragma " + pragma).Scan(&got); err != nil || got != want {
				t.Errorf("%s: %s is %s, %v; want %s", name, pragma, got, err, want)
			}
		}
	}
	if _, err := db.Read().Exec("create table t (a)"); err == nil {
		t.Error("a reader wrote")
	}
	if _, err := db.Read().Query(`select "no such column"`); err == nil {
		t.Error("a misspelt column passed as text")
	}
}

func TestOtherPageSizeRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	other, err := connect(path, map[string][]string{"_pragma": {"page_size(4096)", "journal_mode(wal)"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Exec("create table t (a)"); err != nil {
		t.Fatal(err)
	}
	other.Close()
	if _, err := Open(context.Background(), path); err == nil {
		t.Error("a database with other pages was opened")
	}
}

func TestRecent(t *testing.T) {
	for version, want := range map[string]bool{
		"3.51.3": true, "3.51.4": true, "3.52.0": true, "4.0.0": true, "3.54.1": true,
		"3.51.2": false, "3.50.9": false, "2.99.99": false, "": false, "3.51": false, "3.51.x": false,
	} {
		if recent(version) != want {
			t.Errorf("%q: %t", version, !want)
		}
	}
}

func TestUpdateFailureTable(t *testing.T) {
	for _, step := range []Step{StepBegin, StepCommit} {
		for _, apply := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s-%t", step, apply), func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "x.db")
				db := open(t, path)
				exec1(t, db, "create table entry (n integer primary key, body blob not null)")
				db.TestOnlyFault(once(step, apply, errDisk))
				err := db.Update(context.Background(), insert(1))
				if !errors.Is(err, errDisk) || errors.Is(err, ErrUnknown) != (step == StepCommit) {
					t.Fatalf("error %v", err)
				}
				want := 0
				if step == StepCommit && apply {
					want = 1
				}
				if n := count(t, db); n != want {
					t.Errorf("%d rows where %d belong", n, want)
				}
				if err := db.Update(context.Background(), insert(2)); err != nil {
					t.Fatal(err)
				}
				if err := db.Close(); err != nil {
					t.Fatal(err)
				}
				again := open(t, path)
				if n := count(t, again); n != want+1 {
					t.Errorf("after a restart %d rows where %d belong", n, want+1)
				}
				if err := again.Check(context.Background()); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

func TestUpdateRollsBack(t *testing.T) {
	db := fresh(t)
	err := db.Update(context.Background(), func(tx *sql.Tx) error {
		if err := insert(1)(tx); err != nil {
			return err
		}
		return errDisk
	})
	if err != errDisk {
		t.Errorf("error %v", err)
	}
	func() {
		defer func() { recover() }()
		db.Update(context.Background(), func(tx *sql.Tx) error {
			insert(1)(tx)
			panic("stop")
		})
	}()
	if n := count(t, db); n != 0 {
		t.Errorf("%d rows stay", n)
	}
	exec1(t, db, "insert into entry (n, body) values (1, 'x')")
}

func TestUpdateWaits(t *testing.T) {
	db := fresh(t)
	inside := make(chan struct{})
	leave := make(chan struct{})
	done := make(chan error)
	go func() {
		done <- db.Update(context.Background(), func(tx *sql.Tx) error {
			close(inside)
			<-leave
			return insert(1)(tx)
		})
	}()
	<-inside
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := db.Update(ctx, insert(2)); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting ended with %v", err)
	}
	close(leave)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	// A context that ends inside does not undo what has begun.
	ctx, cancel = context.WithCancel(context.Background())
	if err := db.Update(ctx, func(tx *sql.Tx) error { cancel(); return insert(3)(tx) }); err != nil {
		t.Errorf("a transaction under way ended with its context: %v", err)
	}
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			if err := db.Update(context.Background(), insert(100+i)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := count(t, db); n != 22 {
		t.Errorf("%d rows", n)
	}
}

func TestClosed(t *testing.T) {
	db := fresh(t)
	inside, leave, waiting := make(chan struct{}), make(chan struct{}), make(chan error)
	go db.Update(context.Background(), func(tx *sql.Tx) error {
		close(inside)
		<-leave
		return insert(1)(tx)
	})
	<-inside
	go func() { waiting <- db.Close() }()
	close(leave)
	if err := <-waiting; err != nil {
		t.Fatal(err)
	}
	if err := db.Update(context.Background(), insert(2)); !errors.Is(err, os.ErrClosed) {
		t.Errorf("an update after closing: %v", err)
	}
	if err := errors.Join(db.Close(), db.Close()); err != nil {
		t.Error(err)
	}
	if n := count(t, open(t, db.path)); n != 1 {
		t.Errorf("%d rows", n)
	}
}

func TestViewIsASnapshot(t *testing.T) {
	db := fresh(t)
	exec1(t, db, "insert into entry (n, body) values (1, 'x')")
	err := db.View(context.Background(), func(tx *sql.Tx) error {
		var before, after int
		if err := tx.QueryRow("select count(*) from entry").Scan(&before); err != nil {
			return err
		}
		if err := db.Update(context.Background(), insert(2)); err != nil {
			return err
		}
		if err := tx.QueryRow("select count(*) from entry").Scan(&after); err != nil {
			return err
		}
		if before != 1 || after != 1 {
			t.Errorf("the snapshot shows %d, then %d", before, after)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := count(t, db); n != 2 {
		t.Errorf("%d rows", n)
	}
}

func TestBackup(t *testing.T) {
	db := fresh(t)
	exec1(t, db, "insert into entry (n, body) values (1, 'x')")
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := db.Backup(context.Background(), path); err != nil {
		t.Fatal(err)
	}
	exec1(t, db, "insert into entry (n, body) values (2, 'x')")
	if err := db.Backup(context.Background(), path); !errors.Is(err, os.ErrExist) {
		t.Errorf("a copy was overwritten: %v", err)
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
		t.Errorf("%v beside the copy, %v", entries, err)
	}
	if n := count(t, open(t, path)); n != 1 {
		t.Errorf("the copy has %d rows", n)
	}
}

func TestFullDatabase(t *testing.T) {
	db := fresh(t)
	exec1(t, db, "insert into entry (n, body) values (1, 'x')")
	if _, err := db.writer.Exec("pragma max_page_count=6"); err != nil {
		t.Fatal(err)
	}
	err := db.Update(context.Background(), func(tx *sql.Tx) error {
		_, err := tx.Exec("insert into entry (n, body) values (2, zeroblob(1000000))")
		return err
	})
	if !IsFull(err) {
		t.Fatalf("not recognised as full: %v", err)
	}
	if n := count(t, db); n != 1 {
		t.Errorf("%d rows", n)
	}
	exec1(t, db, "insert into entry (n, body) values (3, 'x')")
}

func TestStatementsAreKept(t *testing.T) {
	db := fresh(t)
	for i := range 3 {
		if err := db.Update(context.Background(), insert(i)); err != nil {
			t.Fatal(err)
		}
	}
	// The same text runs inside its own rows.
	err := db.Update(context.Background(), func(tx *sql.Tx) error {
		const q = "select n from entry where n >= $1 order by n"
		rows, err := tx.Query(q, 0)
		if err != nil {
			return err
		}
		defer rows.Close()
		var outer, inner int
		for rows.Next() {
			var n, m int
			if err := rows.Scan(&n); err != nil {
				return err
			}
			if err := tx.QueryRow(q, 2).Scan(&m); err != nil {
				return err
			}
			outer, inner = outer+n, inner+m
		}
		if outer != 3 || inner != 6 {
			t.Errorf("sums %d and %d", outer, inner)
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	// A changed table does not leave an old statement behind.
	exec1(t, db, "alter table entry add column mark text")
	var columns []string
	rows, err := db.Read().Query("select * from entry where n = $1", 1)
	if err != nil {
		t.Fatal(err)
	}
	if columns, err = rows.Columns(); err != nil || len(columns) != 3 {
		t.Errorf("columns %v, %v", columns, err)
	}
	rows.Close()
	// More texts than are kept.
	for i := range maxStatements + 10 {
		var n int
		if err := db.Read().QueryRow(fmt.Sprintf("select n + %d from entry where n = $1", i), 1).Scan(&n); err != nil || n != i+1 {
			t.Fatalf("text %d: %d, %v", i, n, err)
		}
	}
	exec1(t, db, "create table a (x); create table b (y); insert into a values (1)")
	if err := db.Truncate(context.Background()); err != nil {
		t.Error(err)
	}
	if err := db.Check(context.Background()); err != nil {
		t.Error(err)
	}
}

// TestKilled kills a writing process and reads what it had acknowledged.
func TestKilled(t *testing.T) {
	path := os.Getenv("DURABLE_TEST_DATABASE")
	if path != "" {
		writeUntilKilled(path)
	}
	path = filepath.Join(t.TempDir(), "x.db")
	exec1(t, open(t, path), "create table entry (n integer primary key, body blob not null)")
	acked := -1
	for range 8 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilled$")
		cmd.Env = append(os.Environ(), "DURABLE_TEST_DATABASE="+path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for i := 0; lines.Scan(); i++ {
			if acked, err = strconv.Atoi(lines.Text()); err != nil {
				t.Fatalf("the writer says %q", lines.Text())
			}
			if i == 15 {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		cmd.Wait()
		db := open(t, path)
		n := count(t, db)
		if n < acked+1 {
			t.Fatalf("%d were acknowledged, %d are there", acked+1, n)
		}
		if err := db.Check(context.Background()); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if acked < 8*15 {
		t.Errorf("only %d were acknowledged", acked)
	}
}

func writeUntilKilled(path string) {
	db, err := Open(context.Background(), path)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	var n int
	if err := db.Read().QueryRow("select count(*) from entry").Scan(&n); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for ; ; n++ {
		if err := db.Update(context.Background(), insert(n)); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(n)
	}
}

func BenchmarkUpdate(b *testing.B) {
	for _, size := range []int{1, 256} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			db := fresh(b)
			body := make([]byte, 2000)
			n := 0
			for b.Loop() {
				err := db.Update(context.Background(), func(tx *sql.Tx) error {
					for range size {
						n++
						if _, err := tx.Exec("insert into entry (n, body) values ($1, $2)", n, body); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

func TestTablesByKey(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "store.db"))
	schema := Tables("create table a (x bigint not null, y text not null, primary key (y, x)) /* by key */;\n" +
		"create table b (x bigint not null, y text not null, primary key (y, x));")
	if err := db.Update(t.Context(), func(tx *sql.Tx) error { _, err := tx.Exec(schema); return err }); err != nil {
		t.Fatal(err)
	}
	for table, whole := range map[string]bool{"a": true, "b": false} {
		rows, err := db.Read().Query("select rowid from " + table)
		if err == nil {
			err = rows.Close()
		}
		if whole != (err != nil) {
			t.Errorf("table %s has a key of its own beside the primary one: %v", table, err)
		}
	}
}
