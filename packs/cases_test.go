package packs_test

import (
	"io/fs"
	"os"
	"path"
	"testing"

	"detente/pack"
	"detente/provision"
	"detente/regime"
)

// Every case that lies beside a pack gives what it expects.
func TestCases(t *testing.T) {
	root := os.DirFS(".")
	names, err := fs.Glob(root, "*/cases/*.txt")
	if err != nil || len(names) == 0 {
		t.Fatalf("no case was found: %v", err)
	}
	packs := map[string]*pack.Pack{}
	for _, name := range names {
		dir := path.Dir(path.Dir(name))
		if packs[dir] == nil {
			sub, err := fs.Sub(root, dir)
			if err != nil {
				t.Fatal(err)
			}
			if packs[dir], err = pack.Load(sub); err != nil {
				t.Fatal(err)
			}
		}
		t.Run(name, func(t *testing.T) {
			b, err := fs.ReadFile(root, name)
			if err != nil {
				t.Fatal(err)
			}
			c, err := provision.ParseCase(packs[dir], b)
			if err != nil {
				t.Fatal(err)
			}
			out, err := c.Run(regime.English)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range out.Faults {
				t.Error(f)
			}
		})
	}
}
