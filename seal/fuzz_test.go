package seal

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"filippo.io/age"
)

// seed adds the vectors of a pattern; none is an error, so that the target
// never runs on nothing.
func seed(f *testing.F, pattern string) {
	f.Helper()
	files, err := filepath.Glob(filepath.Join(vectorDir, pattern))
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds %s (%v)", pattern, err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
}

// What the check without a key accepts, age reads too, and re-encodes to the
// same bytes.
func FuzzHeader(f *testing.F) {
	seed(f, "*.age")
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := parseHeader(b)
		if err != nil {
			if !errors.Is(err, ErrFormat) {
				t.Errorf("%v", err)
			}
			return
		}
		again, err := age.ExtractHeader(bytes.NewReader(b))
		if err != nil || !bytes.Equal(again, b[:h.size]) {
			t.Errorf("age re-encodes the header otherwise: %v", err)
		}
		if len(b) != ciphertextSize(h.stanzas, h.inside) {
			t.Errorf("%d bytes, computed %d", len(b), ciphertextSize(h.stanzas, h.inside))
		}
	})
}

func FuzzInside(f *testing.F) {
	seed(f, "*inside*.bin")
	f.Fuzz(func(t *testing.T, b []byte) {
		in, body, err := parseInside(b)
		if err != nil {
			if !errors.Is(err, ErrFormat) {
				t.Errorf("%v", err)
			}
			return
		}
		again := append(in.head(), body...)
		again = append(again, make([]byte, padded(len(again))-len(again))...)
		if !bytes.Equal(again, b) {
			t.Errorf("%q re-encodes to %q", b, again)
		}
	})
}
