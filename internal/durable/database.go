package durable

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"modernc.org/sqlite"
)

// Querier is what readers need; *sql.Tx and *sql.DB have it.
type Querier interface {
	QueryContext(ctx context.Context, q string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, q string, args ...any) *sql.Row
}

// ErrUnknown is returned by Update when the commit itself went wrong: whether
// the change is on the disk has to be read before anything is released. The
// error wraps the cause too, so that IsFull sees it.
var ErrUnknown = errors.New("the outcome of the commit is unknown")

// DB is a SQLite database: WAL, synchronous=FULL, 8 KiB pages, one writer. It
// is safe for concurrent use.
type DB struct {
	path   string
	turn   chan struct{} // holds one token: the right to write
	closed chan struct{} // closed by Close, which keeps the token
	once   sync.Once     // guards Close
	writer *sql.DB       // one connection
	reader *sql.DB
	files  Files
}

// Open opens or creates the database at path; it refuses a library older than
// 3.51.3. Only the holder of the folder's lock should open it.
func Open(ctx context.Context, path string) (*DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	db := &DB{path: abs, turn: make(chan struct{}, 1), closed: make(chan struct{})}
	if err := db.open(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open database %s: %w", path, err), db.close())
	}
	return db, nil
}

func (db *DB) open(ctx context.Context) error {
	_, err := os.Stat(db.path)
	fresh := errors.Is(err, os.ErrNotExist)
	db.writer, err = connect(db.path, url.Values{
		"_txlock": {"immediate"},
		"_pragma": append(pragmas(writerCache), fmt.Sprintf("page_size(%d)", pageSize)),
		// The driver sorts the list above and switches the journal after it; no
		// page size can be set once that was done.
		"_journal_mode": {"WAL"},
	})
	if err != nil {
		return err
	}
	db.writer.SetMaxOpenConns(1)
	db.writer.SetMaxIdleConns(1)
	if err := checkVersion(ctx, db.writer); err != nil {
		return err
	}
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "page_size": strconv.Itoa(pageSize)} {
		var got string
		if err := db.writer.QueryRowContext(ctx, "pragma "+pragma).Scan(&got); err != nil {
			return err
		}
		if got != want {
			return fmt.Errorf("%s is %s where %s belongs", pragma, got, want)
		}
	}
	if fresh {
		if err := syncDir(filepath.Dir(db.path)); err != nil {
			return err
		}
	}
	db.reader, err = connect(db.path, url.Values{"_pragma": append(pragmas(readerCache), "query_only(1)")})
	if err != nil {
		return err
	}
	n := max(2, min(readers, 2*runtime.GOMAXPROCS(0)))
	db.reader.SetMaxOpenConns(n)
	db.reader.SetMaxIdleConns(n)
	db.reader.SetConnMaxIdleTime(readerIdle)
	return db.reader.PingContext(ctx)
}

// pragmas are the settings of every connection; cache is in KiB.
func pragmas(cache int) []string {
	return []string{
		fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds()),
		"synchronous(full)",
		fmt.Sprintf("cache_size(-%d)", cache),
		fmt.Sprintf("journal_size_limit(%d)", walLimit),
		"temp_store(memory)",
		"foreign_keys(1)",
		"cell_size_check(1)",
		"trusted_schema(0)",
	}
}

// connect makes a pool of connections to the file at path.
func connect(path string, settings url.Values) (*sql.DB, error) {
	settings.Set("_dqs", "0")       // a misspelt column is an error, not a text
	settings.Set("_defensive", "1") // no statement can damage the file
	u := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path), RawQuery: settings.Encode()}
	c, err := sqlite.NewConnector(u.String())
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector{c}), nil
}

func checkVersion(ctx context.Context, q Querier) error {
	var text string
	if err := q.QueryRowContext(ctx, "select sqlite_version()").Scan(&text); err != nil {
		return err
	}
	if !recent(text) {
		return fmt.Errorf("SQLite %s is older than %d.%d.%d, which does not lose commits", text, minVersion[0], minVersion[1], minVersion[2])
	}
	return nil
}

// recent reports whether a version of three numbers is minVersion or later.
func recent(version string) bool {
	parts := strings.Split(version, ".")
	if len(parts) != 3 {
		return false
	}
	for i, p := range parts {
		n, err := strconv.Atoi(p)
		if err != nil || n < minVersion[i] {
			return false
		}
		if n > minVersion[i] {
			return true
		}
	}
	return true
}

// Files are the writer of files beside the database; TestOnlyFault reaches it too.
func (db *DB) Files() *Files { return &db.files }

// TestOnlyFault makes steps of the database and of Files go wrong, for tests;
// nil ends it.
func (db *DB) TestOnlyFault(fault Fault) { db.files.faults.set(fault) }

// Update runs f in one immediate write transaction. Writers queue; ctx ends the
// waiting, not a transaction that has begun. An error of f rolls back and is
// returned as it is. If the commit's outcome is unknown the error is
// ErrUnknown: re-read before release.
//
// Many changes in one f cost one fsync together: a caller that has several at
// hand passes them as a group.
func (db *DB) Update(ctx context.Context, f func(tx *sql.Tx) error) error {
	if err := db.wait(ctx); err != nil {
		return err
	}
	defer func() { <-db.turn }()
	var tx *sql.Tx
	begin := func() (err error) {
		tx, err = db.writer.BeginTx(context.WithoutCancel(ctx), nil)
		return err
	}
	err := db.files.faults.do(StepBegin, begin)
	if tx == nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback() // has no effect after a commit; needed if f panics
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err := f(tx); err != nil {
		return err
	}
	if err := db.files.faults.do(StepCommit, tx.Commit); err != nil {
		return fmt.Errorf("%w: %w", ErrUnknown, err)
	}
	return nil
}

// wait takes the right to write.
func (db *DB) wait(ctx context.Context) error {
	select {
	case db.turn <- struct{}{}:
		return nil
	case <-db.closed:
		return fmt.Errorf("wait for the database: %w", os.ErrClosed)
	case <-ctx.Done():
		return fmt.Errorf("wait for the database: %w", ctx.Err())
	}
}

// Read returns the pool of readers (each query sees the last commit).
func (db *DB) Read() *sql.DB { return db.reader }

// View runs f in one read transaction, a consistent snapshot from its first
// query on. It never waits for a writer.
func (db *DB) View(ctx context.Context, f func(tx *sql.Tx) error) error {
	tx, err := db.reader.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("begin reading: %w", err)
	}
	defer tx.Rollback()
	return f(tx)
}

// Close folds the write-ahead log into the database and closes it. It waits for
// an Update under way; those that still wait get os.ErrClosed. Closing again has
// no effect.
func (db *DB) Close() error {
	var err error
	db.once.Do(func() {
		db.turn <- struct{}{} // never given back: no Update begins any more
		close(db.closed)
		err = db.close()
	})
	return err
}

func (db *DB) close() error {
	var err error
	if db.reader != nil {
		err = db.reader.Close()
	}
	if db.writer != nil {
		// SQLite folds the log in when the last connection closes.
		err = errors.Join(err, db.writer.Close())
	}
	return err
}
