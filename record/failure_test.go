package record

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"detente/checkpoint"
	"modernc.org/sqlite"
)

var errFault = errors.New("fault put in by the test")

// fault counts the steps that reach the driver and spoils one of them.
type fault struct {
	step    int  // which, from 1; 0 spoils none
	written bool // whether the step is carried out before it is reported as lost
	commits bool // whether commits are counted
	n       int
	seen    func(query string) // Optional: told of each query before it runs
}

// run carries out one step.
func (f *fault) run(do func() error) error {
	f.n++
	if f.n != f.step {
		return do()
	}
	if f.written {
		if err := do(); err != nil {
			return err
		}
	}
	return errFault
}

// faultDriver is SQLite behind a fault.
type faultDriver struct {
	dsn   string
	fault *fault
}

func (d faultDriver) Driver() driver.Driver { return &sqlite.Driver{} }

func (d faultDriver) Connect(context.Context) (driver.Conn, error) {
	c, err := d.Driver().Open(d.dsn)
	return faultConn{c, d.fault}, err
}

type faultConn struct {
	driver.Conn
	fault *fault
}

func (c faultConn) ExecContext(ctx context.Context, q string, args []driver.NamedValue) (res driver.Result, err error) {
	if c.fault.seen != nil {
		c.fault.seen(q)
	}
	err = c.fault.run(func() error {
		res, err = c.Conn.(driver.ExecerContext).ExecContext(ctx, q, args)
		return err
	})
	return res, err
}

func (c faultConn) QueryContext(ctx context.Context, q string, args []driver.NamedValue) (rows driver.Rows, err error) {
	if c.fault.seen != nil {
		c.fault.seen(q)
	}
	err = c.fault.run(func() error {
		rows, err = c.Conn.(driver.QueryerContext).QueryContext(ctx, q, args)
		return err
	})
	if err != nil && rows != nil {
		rows.Close()
	}
	return rows, err
}

func (c faultConn) PrepareContext(ctx context.Context, q string) (driver.Stmt, error) {
	s, err := c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, q)
	return faultStmt{s, c.fault}, err
}

func (c faultConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	tx, err := c.Conn.(driver.ConnBeginTx).BeginTx(ctx, o)
	return faultTx{tx, c.fault}, err
}

type faultStmt struct {
	driver.Stmt
	fault *fault
}

func (s faultStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (res driver.Result, err error) {
	err = s.fault.run(func() error {
		res, err = s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
		return err
	})
	return res, err
}

type faultTx struct {
	driver.Tx
	fault *fault
}

func (tx faultTx) Commit() error {
	if !tx.fault.commits {
		return tx.Tx.Commit()
	}
	return tx.fault.run(tx.Tx.Commit)
}

// day is everything that one transaction of a node may write.
type day struct {
	head   checkpoint.Head
	signed []checkpoint.Signed
	cosigs []checkpoint.Cosigned
}

// write writes it; l is where the record stands.
func (d *day) write(tx *sql.Tx, l *Log) (*Extension, error) {
	e, err := l.Extend(ctx, tx, leaves(250, 290))
	if err != nil {
		return nil, err
	}
	if e, err = e.Extend(ctx, tx, leaves(290, 300)); err != nil {
		return nil, err
	}
	for _, s := range d.signed {
		if err := SaveHead(ctx, tx, s, false); err != nil {
			return nil, err
		}
	}
	for _, c := range d.cosigs {
		if _, err := SaveCosigned(ctx, tx, c); err != nil {
			return nil, err
		}
	}
	digest, err := SaveBlob(ctx, tx, []byte("new"))
	if err != nil {
		return nil, err
	}
	if err := DropBlob(ctx, tx, digest); err != nil {
		return nil, err
	}
	if _, err := SaveBlob(ctx, tx, []byte("another")); err != nil {
		return nil, err
	}
	return e, Observe(ctx, tx, Observation{From: "borovia", What: "garbage", Bytes: []byte{1, 2, 3}, At: 1000})
}

// begin makes the store that the day starts with.
func begin(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if _, err := db.Exec(Schema); err != nil {
		t.Fatal(err)
	}
	extend(t, db, load(t, db, origin), leaves(0, 250))
	return db
}

// TestFaultAtEveryStep spoils each SQL step of a full transaction in turn, not
// written and written. After the rollback the store and the Log are as before,
// and the same can be done again.
func TestFaultAtEveryStep(t *testing.T) {
	k, ref := keys(t, origin), newReference(t, 300)
	head := func(n int64) checkpoint.Head { return checkpoint.Head{Origin: origin, Size: n, Root: ref.root(t, n)} }
	mirror := cosigners(t)[0]
	d := &day{
		head:   head(300),
		signed: []checkpoint.Signed{sign(t, k, head(300), 1000), sign(t, k, head(300), 1100), sign(t, k, head(299), 1200), sign(t, k, head(299), 1150)},
		cosigs: []checkpoint.Cosigned{cosign(t, mirror, head(300), 1001), cosign(t, mirror, head(300), 1101), cosign(t, mirror, head(280), 1300)},
	}
	path := filepath.Join(t.TempDir(), "store.db")
	plain := begin(t, path)
	before := dump(t, plain)

	f := &fault{}
	db := sql.OpenDB(faultDriver{dsn(path), f})
	defer db.Close()
	l := load(t, db, origin)
	f.n = 0
	// Counted without a fault, and rolled back.
	if err := tryUpdate(db, func(tx *sql.Tx) error {
		if _, err := d.write(tx, l); err != nil {
			t.Fatal(err)
		}
		return errFault
	}); !errors.Is(err, errFault) {
		t.Fatal(err)
	}
	steps := f.n
	if steps < 40 {
		t.Fatalf("only %d steps were seen", steps)
	}
	for step := 1; step <= steps; step++ {
		for _, written := range []bool{false, true} {
			t.Run(fmt.Sprintf("step %d written %v", step, written), func(t *testing.T) {
				*f = fault{step: step, written: written}
				err := tryUpdate(db, func(tx *sql.Tx) error { _, err := d.write(tx, l); return err })
				*f = fault{}
				if !errors.Is(err, errFault) {
					t.Fatalf("the fault was not reported: %v", err)
				}
				if l.Head() != head(250) {
					t.Errorf("the log stands at %v", l.Head())
				}
				if dump(t, plain) != before {
					t.Error("the store is not as before")
				}
				checkAll(t, plain)
			})
		}
	}
	var e *Extension
	update(t, db, func(tx *sql.Tx) (err error) { e, err = d.write(tx, l); return err })
	e.Done()
	if l.Head() != d.head {
		t.Errorf("head %v", l.Head())
	}
	checkAll(t, plain)
}

// TestFaultAtCommit: after a commit that was reported as lost, the store is
// either as before or whole; a Log that does not know is refused, and loading
// again goes on from what is there.
func TestFaultAtCommit(t *testing.T) {
	k, ref := keys(t, origin), newReference(t, 301)
	head := func(n int64) checkpoint.Head { return checkpoint.Head{Origin: origin, Size: n, Root: ref.root(t, n)} }
	d := &day{signed: []checkpoint.Signed{sign(t, k, head(300), 1000)}}
	for _, written := range []bool{false, true} {
		path := filepath.Join(t.TempDir(), "store.db")
		plain := begin(t, path)
		f := &fault{}
		db := sql.OpenDB(faultDriver{dsn(path), f})
		l := load(t, db, origin)
		*f = fault{commits: true}
		if err := tryUpdate(db, func(tx *sql.Tx) error {
			if _, err := d.write(tx, l); err != nil {
				return err
			}
			f.step, f.written = f.n+1, written
			return nil
		}); !errors.Is(err, errFault) {
			t.Fatal(err)
		}
		*f = fault{}
		db.Close()
		if l.Head().Size != 250 {
			t.Errorf("the log moved to %v", l.Head())
		}
		checkAll(t, plain)
		want := int64(250)
		if written {
			want = 300
			err := tryUpdate(plain, func(tx *sql.Tx) error { _, err := l.Extend(ctx, tx, leaves(250, 251)); return err })
			if !errors.Is(err, ErrStale) {
				t.Errorf("a log that does not know what was committed: %v", err)
			}
		}
		again := load(t, plain, origin)
		if again.Head() != head(want) {
			t.Errorf("written %v: loaded %v", written, again.Head())
		}
		extend(t, plain, again, leaves(want, 301))
		if again.Head() != head(301) {
			t.Errorf("written %v: went on to %v", written, again.Head())
		}
		checkAll(t, plain)
	}
}
