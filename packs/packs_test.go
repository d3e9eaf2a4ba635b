package packs_test

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"

	"detente/pack"
)

// unsaid is a key of a sentence that was printed in place of the sentence.
var unsaid = regexp.MustCompile(`(?:^|[\s(“«])(role|clock|opens|state|period|nature|strength|full|applies|refusal|slot|zone)\.[a-z]+|\{[a-z]+\}`)

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
			for _, lang := range p.Head.Languages {
				text := p.Text(lang)
				for i := range p.Measures {
					if !strings.Contains(text, "\n"+p.Measures[i].ID+"  ") {
						t.Errorf("as it reads in %s there is no %s", lang, p.Measures[i].ID)
					}
				}
				if key := unsaid.FindString(text); key != "" {
					t.Errorf("as it reads in %s there are no words for %q", lang, key)
				}
			}
		})
	}
}
