package bundle

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"detente/internal/frame"
)

var update = flag.Bool("update", false, "write spec/vectors/bundle anew")

const vectorsDir = "../spec/vectors/bundle"

func vectors(t testing.TB) map[string][]byte {
	vs := map[string][]byte{
		"good-every-part.bundle":   write(t, info(), parts()),
		"good-header-only.bundle":  write(t, info(), nil),
		"good-full-entries.bundle": write(t, info(), []Part{{Kind: Entries, Origin: alatau, Leaves: fullLeaves()}}),
	}
	for name, b := range hostile(t) {
		if len(b) > 20_000 {
			continue // large ones are made in the test only
		}
		_, _, err := read(b, frame.Limits{})
		if err == nil {
			t.Fatalf("%s: accepted", name)
		}
		vs["bad-"+name+".bundle"] = b
		vs["bad-"+name+".why"] = []byte(err.Error() + "\n")
	}
	return vs
}

func fullLeaves() [][]byte {
	leaves := make([][]byte, MaxLeaves)
	for i := range leaves {
		leaves[i] = []byte{byte(i)}
	}
	return leaves
}

func TestVectors(t *testing.T) {
	vs := vectors(t)
	if *update {
		if err := os.RemoveAll(vectorsDir); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(vectorsDir, 0o755); err != nil {
			t.Fatal(err)
		}
		for name, b := range vs {
			if err := os.WriteFile(filepath.Join(vectorsDir, name), b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	files, err := filepath.Glob(filepath.Join(vectorsDir, "*"))
	if err != nil || len(files) != len(vs) {
		t.Fatalf("%d vectors stored, %d made; if the specification changed, run with -update (%v)", len(files), len(vs), err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(f)
		if strings.HasSuffix(name, ".why") {
			continue // words may change; the fault is named for a reader
		}
		if !bytes.Equal(b, vs[name]) {
			t.Errorf("%s: stored bytes differ", name)
		}
		_, _, err = read(b, frame.Limits{})
		if good := strings.HasPrefix(name, "good-"); good != (err == nil) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	files, err := filepath.Glob(filepath.Join(vectorsDir, "*.bundle"))
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds in %s: %v", vectorsDir, err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		i, ps, err := read(b, frame.Limits{})
		if err != nil {
			return
		}
		if again := write(t, i, ps); !bytes.Equal(again, b) {
			t.Fatalf("written again it differs:\n%q\n%q", b, again)
		}
	})
}

// FuzzPart goes past the digest of the closing line, which hides the parts from FuzzRead.
func FuzzPart(f *testing.F) {
	f.Add("entries", "alatau/1f2e3d4c 0", []byte("\x00\x01a"))
	f.Add("have", "", []byte("alatau/1f2e3d4c 1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"))
	f.Add("want", "", []byte("sha256:0100000000000000000000000000000000000000000000000000000000000000\n"))
	f.Add("head", "", []byte("x"))
	f.Add("since", "1 2 own", []byte{})
	f.Fuzz(func(t *testing.T, kind, args string, body []byte) {
		it := frame.Item{Type: kind, Args: strings.Fields(args), Body: body}
		p, err := parse(it)
		if err != nil {
			return
		}
		again, err := p.item()
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		if again.Type != it.Type || strings.Join(again.Args, " ") != strings.Join(it.Args, " ") || !bytes.Equal(again.Body, it.Body) {
			t.Fatalf("written again it differs: %+v %+v", it, again)
		}
	})
}
