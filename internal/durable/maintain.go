package durable

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// IsFull reports whether err comes from a full disk, a used-up quota or a
// database at its largest size: nothing more can be written until someone makes
// room, and nothing that was written is lost.
func IsFull(err error) bool {
	if noSpace(err) {
		return true
	}
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	// The index of the write-ahead log has an error of its own when it cannot grow.
	return e.Code()&0xff == sqlite3.SQLITE_FULL || e.Code() == sqlite3.SQLITE_IOERR_SHMSIZE
}

// Backup writes a consistent copy while the database is in use ("vacuum into").
// There must be no file at path; a copy that was not finished does not get the name.
func (db *DB) Backup(ctx context.Context, path string) error {
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("back up to %s: %w", path, errors.Join(os.ErrExist, err))
	}
	dir := filepath.Dir(path)
	temp, err := TempDir(dir)
	if err != nil {
		return fmt.Errorf("back up to %s: %w", path, err)
	}
	defer os.RemoveAll(temp)
	part := filepath.Join(temp, "copy")
	if err := db.copyTo(ctx, part); err != nil {
		return fmt.Errorf("back up to %s: %w", path, err)
	}
	if err := os.Rename(part, path); err != nil {
		return fmt.Errorf("back up to %s: %w", path, err)
	}
	if err := syncDir(dir); err != nil {
		return fmt.Errorf("back up to %s: %w", path, err)
	}
	return nil
}

// copyTo writes the copy and makes it durable: "vacuum into" does not.
func (db *DB) copyTo(ctx context.Context, path string) error {
	source, err := connect(db.path, url.Values{"_pragma": pragmas(readerCache)})
	if err != nil {
		return err
	}
	defer source.Close()
	if _, err := source.ExecContext(ctx, "vacuum into ?", path); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Chmod(0o600), f.Sync(), f.Close())
}

// Truncate folds the write-ahead log into the database and cuts it to nothing;
// for a node that is idle. It gives up, without an error, while readers are busy.
func (db *DB) Truncate(ctx context.Context) error {
	if err := db.wait(ctx); err != nil {
		return err
	}
	defer func() { <-db.turn }()
	var busy, pages, folded int
	if err := db.writer.QueryRowContext(ctx, "pragma wal_checkpoint(truncate)").Scan(&busy, &pages, &folded); err != nil {
		return fmt.Errorf("fold the write-ahead log: %w", err)
	}
	return nil
}

// Check has SQLite look at the whole file; it returns what is wrong with it.
func (db *DB) Check(ctx context.Context) error {
	rows, err := db.reader.QueryContext(ctx, "pragma integrity_check(10)")
	if err != nil {
		return fmt.Errorf("check the database: %w", err)
	}
	defer rows.Close()
	var faults []error
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return fmt.Errorf("check the database: %w", err)
		}
		if text != "ok" {
			faults = append(faults, errors.New(text))
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("check the database: %w", err)
	}
	if len(faults) > 0 {
		return fmt.Errorf("check the database: %w", errors.Join(faults...))
	}
	return nil
}
