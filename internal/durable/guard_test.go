package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

const slotSize = 512

func overwrite(t *testing.T, path, content string) {
	t.Helper()
	if err := OverwriteFile(path, []byte(content), slotSize); err != nil {
		t.Fatal(err)
	}
}

func TestGuardKeepsTheNewest(t *testing.T) {
	path := filepath.Join(t.TempDir(), "guard")
	if _, err := ReadGuard(path, slotSize); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("without a file: %v", err)
	}
	for i := range 7 {
		want := fmt.Sprintf("head %d", i)
		overwrite(t, path, want)
		if got, err := ReadGuard(path, slotSize); err != nil || string(got) != want {
			t.Fatalf("read %q, %v", got, err)
		}
	}
	overwrite(t, path, string(make([]byte, slotSize-guardHeader)))
	if err := OverwriteFile(path, make([]byte, slotSize-guardHeader+1), slotSize); err == nil {
		t.Error("more than a slot was written")
	}
	if info, err := os.Stat(path); err != nil || info.Size() != 2*guardAlign {
		t.Errorf("size %d, %v", info.Size(), err)
	}
}

// A write torn after any byte leaves the content before it or the new one.
func TestGuardTornWrite(t *testing.T) {
	for writes := range 4 {
		path := filepath.Join(t.TempDir(), "guard")
		if err := os.WriteFile(path, make([]byte, 2*guardAlign), 0o600); err != nil {
			t.Fatal(err)
		}
		for i := range writes {
			overwrite(t, path, fmt.Sprintf("head %d", i))
		}
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		overwrite(t, path, "the newest head")
		after, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		start := (writes + 1) % 2 * guardAlign
		for cut := range guardHeader + 20 {
			torn := append([]byte(nil), before...)
			copy(torn[start:start+cut], after[start:])
			if err := os.WriteFile(path, torn, 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := ReadGuard(path, slotSize)
			old := writes == 0 && errors.Is(err, fs.ErrNotExist) ||
				writes > 0 && err == nil && string(got) == fmt.Sprintf("head %d", writes-1)
			if !old && (err != nil || string(got) != "the newest head") {
				t.Fatalf("after %d writes, torn at %d: %q, %v", writes, cut, got, err)
			}
		}
		// A torn file is written again.
		overwrite(t, path, "after the crash")
		if got, err := ReadGuard(path, slotSize); err != nil || string(got) != "after the crash" {
			t.Errorf("after the crash: %q, %v", got, err)
		}
	}
}

func TestGuardDamaged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "guard")
	overwrite(t, path, "head")
	overwrite(t, path, "head")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, damage := range map[string]func(b []byte) []byte{
		"short":  func(b []byte) []byte { return b[:len(b)-1] },
		"long":   func(b []byte) []byte { return append(b, 0) },
		"both":   func(b []byte) []byte { b[20] ^= 1; b[guardAlign+20] ^= 1; return b },
		"empty":  func([]byte) []byte { return nil },
		"length": func(b []byte) []byte { b[guardHeader-4] = 0xff; b[guardAlign+guardHeader-4] = 0xff; return b },
	} {
		b := damage(append([]byte(nil), whole...))
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadGuard(path, slotSize); !errors.Is(err, ErrGuard) {
			t.Errorf("%s: %v", name, err)
		}
		if err := OverwriteFile(path, []byte("x"), slotSize); !errors.Is(err, ErrGuard) {
			t.Errorf("%s: overwrite: %v", name, err)
		}
	}
}

func TestGuardFailureTable(t *testing.T) {
	for _, step := range []Step{StepGuardWrite, StepGuardSync} {
		for _, apply := range []bool{false, true} {
			var f Files
			path := filepath.Join(t.TempDir(), "guard")
			if err := f.OverwriteFile(path, []byte("old"), slotSize); err != nil {
				t.Fatal(err)
			}
			f.TestOnlyFault(once(step, apply, errDisk))
			if err := f.OverwriteFile(path, []byte("new"), slotSize); !errors.Is(err, errDisk) {
				t.Fatalf("%s: %v", step, err)
			}
			want := "new"
			if step == StepGuardWrite && !apply {
				want = "old"
			}
			if got, err := ReadGuard(path, slotSize); err != nil || string(got) != want {
				t.Errorf("%s %t: %q, %v; want %q", step, apply, got, err, want)
			}
			if err := f.OverwriteFile(path, []byte("newer"), slotSize); err != nil {
				t.Fatal(err)
			}
			if got, err := ReadGuard(path, slotSize); err != nil || string(got) != "newer" {
				t.Errorf("%s %t, again: %q, %v", step, apply, got, err)
			}
		}
	}
}
