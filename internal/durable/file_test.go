package durable

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

var errDisk = errors.New("the disk says no")

// once makes the first step of a name go wrong.
func once(s Step, apply bool, err error) Fault {
	done := false
	return func(at Step) (bool, error) {
		if at != s || done {
			return false, nil
		}
		done = true
		return apply, err
	}
}

func TestWriteFileReplacesWhole(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "roster.json")
	for _, content := range []string{"old", "a longer content", ""} {
		if err := WriteFile(path, []byte(content), 0o640); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != content {
			t.Fatalf("read %q, %v", got, err)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if err := WriteFile(filepath.Join(dir, "none", "file"), nil, 0o600); err == nil {
		t.Error("a missing folder was no error")
	}
}

func TestWriteFileFailureTable(t *testing.T) {
	for _, step := range []Step{StepCreate, StepWrite, StepSync, StepRename, StepSyncDir} {
		for _, apply := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s-%t", step, apply), func(t *testing.T) {
				dir := t.TempDir()
				path := filepath.Join(dir, "file")
				var f Files
				if err := f.WriteFile(path, []byte("old"), 0o600); err != nil {
					t.Fatal(err)
				}
				f.TestOnlyFault(once(step, apply, errDisk))
				if err := f.WriteFile(path, []byte("new"), 0o600); !errors.Is(err, errDisk) {
					t.Fatalf("error %v", err)
				}
				want := "old"
				if step == StepRename && apply || step == StepSyncDir {
					want = "new"
				}
				if got, err := os.ReadFile(path); err != nil || string(got) != want {
					t.Errorf("after the fault it reads %q, %v; want %q", got, err, want)
				}
				if err := f.WriteFile(path, []byte("newer"), 0o600); err != nil {
					t.Fatal(err)
				}
				if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
					t.Errorf("%d files stay, %v", len(entries), err)
				}
			})
		}
	}
}

func TestCleanTemp(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{tempPrefix + "123", "kept", ".kept"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, tempPrefix+"456", "copy"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := CleanTemp(dir); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("%v stay, %v", entries, err)
	}
}

func TestLockDir(t *testing.T) {
	dir := t.TempDir()
	first, err := LockDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := LockDir(dir); !errors.Is(err, ErrLocked) {
		t.Fatalf("second lock: %v", err)
	} else if !bytes.Contains([]byte(err.Error()), fmt.Appendf(nil, "process %d", os.Getpid())) {
		t.Errorf("the error does not name the holder: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := LockDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
}

func TestIsFullOfFiles(t *testing.T) {
	var f Files
	f.TestOnlyFault(once(StepWrite, false, &os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}))
	err := f.WriteFile(filepath.Join(t.TempDir(), "file"), []byte("x"), 0o600)
	if !IsFull(err) {
		t.Errorf("not recognised as full: %v", err)
	}
	if IsFull(errDisk) || IsFull(nil) {
		t.Error("another error is taken for a full disk")
	}
}
