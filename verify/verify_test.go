package verify_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"detente/roster"
	"detente/verify"
)

// TestVectors: what the vectors hold is shown with what it does not show, and a file
// that was altered shows nothing.
func TestVectors(t *testing.T) {
	now := time.Date(2026, 11, 23, 13, 0, 0, 0, time.UTC) // of the vectors
	for _, kind := range []string{verify.Proof, verify.Misconduct} {
		dir := filepath.Join("..", "spec", "vectors", kind)
		b, err := os.ReadFile(filepath.Join(dir, "roster.json"))
		if err != nil {
			t.Fatal(err)
		}
		first, err := roster.Parse(b)
		if err != nil {
			t.Fatal(err)
		}
		files, err := filepath.Glob(filepath.Join(dir, "*."+kind))
		if err != nil {
			t.Fatal(err)
		}
		held := 0
		for _, path := range files {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			v, err := verify.File(bytes.NewReader(b), first, now)
			if bad := strings.HasPrefix(filepath.Base(path), "bad-"); bad != (err != nil) {
				t.Errorf("%s: %v", path, err)
				continue
			} else if bad {
				continue
			}
			held++
			if v.Kind != kind || v.Sentence == "" || len(v.NotShown) == 0 || v.Roster != first.Digest() || (v.Shown != nil) != (kind == verify.Proof) {
				t.Errorf("%s shows %+v", path, v)
			}
			b[len(b)-len(b)/3] ^= 1
			if v, err := verify.File(bytes.NewReader(b), first, now); err == nil {
				t.Errorf("%s, altered, shows %s", path, v.Sentence)
			}
		}
		if held == 0 {
			t.Errorf("no %s was verified: this test shows nothing", kind)
		}
	}
}

func TestOthers(t *testing.T) {
	for _, s := range []string{"", "x", "detente.nothing/v1\n", "%PDF-1.7\n"} {
		if v, err := verify.File(strings.NewReader(s), &roster.Roster{}, time.Now()); err == nil {
			t.Errorf("%q shows %s", s, v.Sentence)
		}
	}
}
