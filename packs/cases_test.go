package packs_test

import (
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"detente/pack"
	"detente/provision"
	"detente/regime"
)

// What is said of a ceiling names the side, the sector and the arm that it is of.
func TestCeilingSays(t *testing.T) {
	p, err := pack.Load(os.DirFS("mo97"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := provision.ParseCase(p, []byte(`parties alatau=KZ elbria=CN
agreed bound = alatau elbria
agreed reduced = alatau elbria
2027-01-01 elbria files mo97.info-china as E
  {year: 2027, strength: [{sector: west, arm: air-force, persons: 1}]}
---
finding ceiling mo97.ceilings elbria
`))
	if err != nil {
		t.Fatal(err)
	}
	for lang, want := range map[regime.Lang]string{
		regime.English: "“Personnel”, for China, Arm Air force, Sector Western: 1 person declared; the text provides for at most 0 persons.",
		"ru":           "«Личный состав», для: Китай, Вид Военно-воздушные силы, Участок Западный: заявлено 1 человек; документ предусматривает не более 0 человек.",
	} {
		out, err := c.Run(lang)
		if err != nil || len(out.Faults) > 0 || len(out.Why) != 1 || !strings.Contains(out.Why[0], want) {
			t.Errorf("%s: %v %q %q; want %q", lang, err, out.Faults, out.Why, want)
		}
	}
}

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

// Every measure under which something is filed or counted has a case that meets it, or
// an account of it, and one that does not; a ceiling, which says nothing as long as it is
// kept, has one that is exceeded.
func TestEveryMeasureHasCases(t *testing.T) {
	met := []provision.State{provision.Done, provision.NilReturn, provision.LawfullyDeclined, provision.Excused, provision.Discharged}
	root := os.DirFS(".")
	heads, err := fs.Glob(root, "*/pack.yaml")
	if err != nil || len(heads) == 0 {
		t.Fatalf("no pack was found: %v", err)
	}
	for _, head := range heads {
		dir := path.Dir(head)
		p, err := pack.Load(os.DirFS(dir))
		if err != nil {
			t.Fatal(err)
		}
		cases, err := fs.Glob(root, dir+"/cases/*.txt")
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{} // measure and kind of line
		for _, name := range cases {
			b, err := fs.ReadFile(root, name)
			if err != nil {
				t.Fatal(err)
			}
			_, expected, _ := strings.Cut(string(b), "\n---")
			for line := range strings.Lines(expected) {
				w := strings.Fields(line)
				if len(w) < 2 {
					continue
				}
				code, kind := w[0], "not met"
				switch {
				case w[0] == "none":
					code = w[1]
				case w[0] == "account":
					code, kind = w[1], "met"
				case w[0] == "finding" && len(w) > 2:
					code = w[2]
				case len(w) > 2 && slices.Contains(met, provision.State(w[2])):
					kind = "met"
				}
				for ; code != ""; code = code[:max(0, strings.LastIndexByte(code, '.'))] {
					seen[code+" "+kind] = true
				}
			}
		}
		for i := range p.Measures {
			m := &p.Measures[i]
			if len(m.Steps)+len(m.Counts)+len(m.Ceilings) == 0 {
				continue // a standing undertaking: nothing is filed and nothing counted
			}
			for _, kind := range []string{"met", "not met"} {
				if !seen[m.ID+" "+kind] && !(kind == "met" && len(m.Steps)+len(m.Counts) == 0) {
					t.Errorf("%s: no case in which it is %s", m.ID, kind)
				}
			}
		}
	}
}
