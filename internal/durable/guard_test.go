package durable

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

func openGuard(t *testing.T, path string) *Guard {
	t.Helper()
	g, err := OpenGuard(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	return g
}

func TestGuardKeepsTheNewest(t *testing.T) {
	path := filepath.Join(t.TempDir(), "guard")
	if _, ok, err := ReadGuard(path); ok || err != nil {
		t.Fatalf("without a file: %t, %v", ok, err)
	}
	g := openGuard(t, path)
	if _, ok := g.Read(); ok {
		t.Error("a new guard holds something")
	}
	for i := range 7 {
		want := fmt.Sprintf("head %d", i)
		if err := g.Write([]byte(want)); err != nil {
			t.Fatal(err)
		}
		got, ok, err := ReadGuard(path)
		if err != nil || !ok || string(got) != want {
			t.Fatalf("read %q, %t, %v", got, ok, err)
		}
		if again, ok := openGuard(t, path).Read(); !ok || string(again) != want {
			t.Fatalf("opened again it reads %q", again)
		}
	}
	if err := g.Write(make([]byte, MaxGuard)); err != nil {
		t.Errorf("largest content: %v", err)
	}
	if err := g.Write(make([]byte, MaxGuard+1)); err == nil {
		t.Error("more than MaxGuard was written")
	}
	if info, err := os.Stat(path); err != nil || info.Size() != 2*guardSlot {
		t.Errorf("size %d, %v", info.Size(), err)
	}
}

// A write torn after any byte leaves the content before it or the new one.
func TestGuardTornWrite(t *testing.T) {
	for writes := range 4 {
		path := filepath.Join(t.TempDir(), "guard")
		g := openGuard(t, path)
		for i := range writes {
			if err := g.Write(fmt.Appendf(nil, "head %d", i)); err != nil {
				t.Fatal(err)
			}
		}
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := g.Write([]byte("the newest head")); err != nil {
			t.Fatal(err)
		}
		after, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		start := (writes + 1) % 2 * guardSlot
		for cut := range guardHeader + 20 {
			torn := append([]byte(nil), before...)
			copy(torn[start:start+cut], after[start:])
			if err := os.WriteFile(path, torn, 0o600); err != nil {
				t.Fatal(err)
			}
			got, ok, err := ReadGuard(path)
			if err != nil {
				t.Fatalf("after %d writes, torn at %d: %v", writes, cut, err)
			}
			old := ok && writes > 0 && string(got) == fmt.Sprintf("head %d", writes-1) || !ok && writes == 0
			if !old && string(got) != "the newest head" {
				t.Fatalf("after %d writes, torn at %d: %q, %t", writes, cut, got, ok)
			}
		}
	}
}

func TestGuardDamaged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "guard")
	g := openGuard(t, path)
	for range 2 {
		if err := g.Write([]byte("head")); err != nil {
			t.Fatal(err)
		}
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, damage := range map[string]func(b []byte) []byte{
		"short":  func(b []byte) []byte { return b[:len(b)-1] },
		"long":   func(b []byte) []byte { return append(b, 0) },
		"both":   func(b []byte) []byte { b[20] ^= 1; b[guardSlot+20] ^= 1; return b },
		"empty":  func(b []byte) []byte { return nil },
		"length": func(b []byte) []byte { b[guardHeader-4] = 0xff; b[guardSlot+guardHeader-4] = 0xff; return b },
	} {
		b := damage(append([]byte(nil), whole...))
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := ReadGuard(path); !errors.Is(err, ErrGuard) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := OpenGuard(path); !errors.Is(err, ErrGuard) {
			t.Errorf("%s: open: %v", name, err)
		}
	}
}

func TestGuardFailureTable(t *testing.T) {
	for _, step := range []Step{StepGuardWrite, StepGuardSync} {
		for _, apply := range []bool{false, true} {
			var f Files
			path := filepath.Join(t.TempDir(), "guard")
			g, err := f.OpenGuard(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := g.Write([]byte("old")); err != nil {
				t.Fatal(err)
			}
			f.TestOnlyFault(once(step, apply, errDisk))
			if err := g.Write([]byte("new")); !errors.Is(err, errDisk) {
				t.Fatalf("%s: %v", step, err)
			}
			got, _, err := ReadGuard(path)
			if err != nil || string(got) != "old" && string(got) != "new" {
				t.Errorf("%s %t: %q, %v", step, apply, got, err)
			}
			if err := g.Write([]byte("newer")); err != nil {
				t.Fatal(err)
			}
			if got, _, err := ReadGuard(path); err != nil || string(got) != "newer" {
				t.Errorf("%s %t, again: %q, %v", step, apply, got, err)
			}
			g.Close()
		}
	}
}
