package durable

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// lockName is the file in a folder that carries its lock. It stays when the lock
// ends; only the lock on it counts.
const lockName = "lock"

// ErrLocked is returned by LockDir when another process holds the folder.
var ErrLocked = errors.New("another process has it open")

// Lock is held by the one process that may write in a folder.
type Lock struct{ f *os.File }

// LockDir takes the lock of a folder without waiting. The lock ends with Close
// or with the process, however that ends.
func LockDir(dir string) (*Lock, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	free, err := lockFile(f)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	if !free {
		holder := readHolder(f)
		f.Close()
		return nil, fmt.Errorf("lock %s: %w%s", dir, ErrLocked, holder)
	}
	// Who holds it is for the reader of the error only; losing it costs nothing.
	if err := f.Truncate(0); err == nil {
		fmt.Fprintf(f, "%d\n", os.Getpid())
	}
	return &Lock{f: f}, nil
}

// readHolder is the number of the process that holds the lock, as text.
func readHolder(f *os.File) string {
	b := make([]byte, 20)
	n, _ := f.Read(b)
	pid := strings.TrimSpace(string(b[:n]))
	if pid == "" || strings.Trim(pid, "0123456789") != "" {
		return ""
	}
	return " (process " + pid + ")"
}

// Close ends the lock.
func (l *Lock) Close() error { return l.f.Close() }
