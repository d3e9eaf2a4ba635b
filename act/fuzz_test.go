package act

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"detente/internal/canon"
)

// seed adds every file of a folder of vectors; an empty folder is an error, so
// that the target never runs on nothing.
func seed(f *testing.F, dir string) {
	f.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds in %s (%v)", dir, err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
}

func FuzzAct(f *testing.F) {
	seed(f, vectorDir)
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := Parse(b)
		if err != nil {
			var fe *FormatError
			if errors.Is(err, ErrVersion) == errors.As(err, &fe) {
				t.Errorf("%v is neither or both", err)
			}
			return
		}
		again, err := a.Bytes()
		if err != nil || !bytes.Equal(again, b) {
			t.Errorf("%q re-encodes to %q, %v", b, again, err)
		}
		outside, err := a.OutsideDigest()
		if err != nil || !a.IsSealed() && outside != canon.DigestOf(b) {
			t.Errorf("outside digest %v, %v", outside, err)
		}
	})
}

func FuzzRef(f *testing.F) {
	f.Add(testRef().String())
	f.Add("alatau/1f2e3d4c/v2 0 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
	f.Fuzz(func(t *testing.T, s string) {
		r, err := ParseRef(s)
		if err == nil && r.String() != s {
			t.Errorf("%q re-encodes to %q", s, r.String())
		}
	})
}
