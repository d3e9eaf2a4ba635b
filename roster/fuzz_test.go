package roster

import (
	"bytes"
	"os"
	"testing"
)

// seed adds every vector of a folder; without any the target has nothing to
// begin from and fails. Large ones would only slow the search down.
func seed(f *testing.F, folder string) {
	f.Helper()
	for _, pattern := range []string{"/good-*", "/bad-*"} {
		for _, path := range files(f, folder+pattern) {
			b, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			if len(b) <= 20<<10 {
				f.Add(b)
			}
		}
	}
}

// same fails when what was read is written with other bytes.
func same(t *testing.T, b, again []byte, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("what was read cannot be written: %v", err)
	}
	if !bytes.Equal(again, b) {
		t.Fatalf("written again it differs:\n%q\n%q", b, again)
	}
}

func FuzzParse(f *testing.F) {
	seed(f, "roster")
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := Parse(b)
		if err != nil {
			return
		}
		again, err := r.Bytes()
		same(t, b, again, err)
		if _, err := NewKeys(r); err != nil {
			t.Fatalf("no keys of a roster that was read: %v", err)
		}
	})
}

func FuzzRead(f *testing.F) {
	seed(f, "roster")
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := Read(b)
		if err != nil {
			return
		}
		r.Lint(nil)
		draft, err := r.DraftBytes()
		if err != nil {
			t.Fatalf("a draft that was read cannot be written: %v", err)
		}
		if r, err = Read(draft); err != nil {
			t.Fatalf("a draft that was written cannot be read: %v", err)
		}
		again, err := r.DraftBytes()
		same(t, draft, again, err)
	})
}

func FuzzRotation(f *testing.F) {
	seed(f, "key-act")
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ParseRotation(b)
		if err != nil {
			return
		}
		again, err := r.Bytes()
		same(t, b, again, err)
	})
}

func FuzzCosignedList(f *testing.F) {
	seed(f, "cosigned")
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := ParseCosignedList(b)
		if err != nil {
			return
		}
		again, err := l.Bytes()
		same(t, b, again, err)
	})
}
