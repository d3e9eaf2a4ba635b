package packs_test

import (
	"io/fs"
	"os"
	"testing"

	"detente/pack"
)

// Every pack that ships passes the linter, and reads the same as one file.
func TestPacks(t *testing.T) {
	root := os.DirFS(".")
	names, err := fs.Glob(root, "*/pack.yaml")
	if err != nil || len(names) == 0 {
		t.Fatalf("no pack was found: %v", err)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			dir, err := fs.Sub(root, name[:len(name)-len("/pack.yaml")])
			if err != nil {
				t.Fatal(err)
			}
			p, err := pack.Load(dir)
			if faults, ok := err.(pack.Faults); ok {
				for _, f := range faults {
					t.Error(f)
				}
				return
			} else if err != nil {
				t.Fatal(err)
			}
			again, err := pack.Parse(p.Bytes())
			if err != nil || again.Digest() != p.Digest() {
				t.Errorf("as one file it is another pack: %v", err)
			}
		})
	}
}
