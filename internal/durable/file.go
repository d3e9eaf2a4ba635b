package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// tempPrefix begins the name of a file that is not whole yet; CleanTemp removes
// what a crash left.
const tempPrefix = ".new-"

// Files writes files. The zero value is ready; it exists so that a test can make
// its steps go wrong.
type Files struct{ faults faults }

// TestOnlyFault makes steps go wrong, for tests; nil ends it.
func (f *Files) TestOnlyFault(fault Fault) { f.faults.set(fault) }

// WriteFile replaces path with data: temporary file, fsync, rename, fsync of the
// folder. perm is as for os.WriteFile, the umask not applied. After an error the
// file holds the old content or the new, whole in either case.
func WriteFile(path string, data []byte, perm uint32) error {
	return new(Files).WriteFile(path, data, perm)
}

// WriteFile is as the function of that name.
func (f *Files) WriteFile(path string, data []byte, perm uint32) error {
	if err := f.write(path, data, perm); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

func (f *Files) write(path string, data []byte, perm uint32) error {
	dir := filepath.Dir(path)
	var t *os.File
	err := f.faults.do(StepCreate, func() (err error) {
		t, err = os.CreateTemp(dir, tempPrefix+"*")
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the folder %s is not there: %w", dir, fs.ErrNotExist)
	}
	if t == nil {
		return err
	}
	defer os.Remove(t.Name()) // is gone after the rename
	defer t.Close()
	if err != nil {
		return err
	}
	if err := t.Chmod(fs.FileMode(perm).Perm()); err != nil {
		return err
	}
	if err := f.faults.do(StepWrite, func() error { _, err := t.Write(data); return err }); err != nil {
		return err
	}
	if err := f.faults.do(StepSync, t.Sync); err != nil {
		return err
	}
	if err := t.Close(); err != nil {
		return err
	}
	if err := f.faults.do(StepRename, func() error { return os.Rename(t.Name(), path) }); err != nil {
		return err
	}
	return f.faults.do(StepSyncDir, func() error { return syncDir(dir) })
}

// TempDir makes a folder in dir for files that are of use to this process alone.
// Who made it removes it; after a crash CleanTemp does.
func TempDir(dir string) (string, error) {
	path, err := os.MkdirTemp(dir, tempPrefix+"*")
	if err != nil {
		return "", fmt.Errorf("make a folder for temporary files: %w", err)
	}
	return path, nil
}

// CleanTemp removes the temporary files and folders that a crash left in dir. Only
// the holder of the folder's lock may call it.
func CleanTemp(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("clean %s: %w", dir, err)
	}
	for _, e := range entries {
		if !e.Type().IsRegular() && !e.IsDir() || !strings.HasPrefix(e.Name(), tempPrefix) {
			continue
		}
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return fmt.Errorf("clean %s: %w", dir, err)
		}
	}
	return nil
}
