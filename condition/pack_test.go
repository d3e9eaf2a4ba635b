package condition

import (
	"os"
	"path/filepath"
	"testing"

	"detente/pack"
)

// What the linter of a pack accepts, this package compiles: every zone, condition
// and formula of all packs that ship, and of the hardest measures known.
func TestPacksCompile(t *testing.T) {
	dirs, err := filepath.Glob("../packs/*/pack.yaml")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no packs: %v", err)
	}
	compiled := 0
	for _, name := range append(dirs, "../pack/testdata/hardest/pack.yaml", "../pack/testdata/small/pack.yaml") {
		p, err := pack.Load(os.DirFS(filepath.Dir(name)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		tm, err := NewTerms(&p.Head)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		when := func(w *pack.When) {
			if w == nil {
				return
			}
			compiled++
			if _, err := tm.Compile(w); err != nil {
				t.Errorf("%s, line %d: %v", w.File, w.Line, err)
			}
		}
		span := func(at pack.Pos, s string) {
			if s == "" || s[0] == '$' {
				return
			}
			if _, err := ParseDuration(s); err != nil {
				t.Errorf("%s, line %d: %v", at.File, at.Line, err)
			}
		}
		for i := range p.Measures {
			for j := range p.Measures[i].Steps {
				s := &p.Measures[i].Steps[j]
				when(s.When)
				when(s.Discharged)
				if s.Clock != nil {
					span(s.Clock.Pos, s.Clock.Least)
					span(s.Clock.Pos, s.Clock.Most)
				}
				for k := range s.Instead {
					when(&s.Instead[k].When)
					span(s.Instead[k].Pos, s.Instead[k].Clock.Least)
				}
			}
			for j := range p.Measures[i].Counts {
				c := &p.Measures[i].Counts[j]
				when(c.When)
				for _, text := range []string{c.AtMost, c.AtLeast} {
					if _, err := tm.CompileFormula(text); text != "" && err != nil {
						t.Errorf("%s, line %d: %v", c.File, c.Line, err)
					}
				}
			}
		}
	}
	if compiled < 20 {
		t.Errorf("only %d conditions were compiled", compiled)
	}
}
