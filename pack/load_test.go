package pack

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

// small is the folder of the invented pack, to be altered by a test.
func small(t testing.TB) fstest.MapFS { return folder(t, "testdata/small") }

func folder(t testing.TB, dir string) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	root := os.DirFS(dir)
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(root, name)
		out[name] = &fstest.MapFile{Data: b}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestLoad(t *testing.T) {
	files := small(t)
	files["cases/one.txt"] = &fstest.MapFile{Data: []byte("for tests")}
	files["README.md"] = &fstest.MapFile{Data: []byte("for people")}
	p, err := Load(files)
	if err != nil {
		t.Fatal(err)
	}
	if p.Head.ID != "small" || len(p.Measures) != 2 || len(p.Forms) != 1 || p.Measures[0].Line != 2 {
		t.Errorf("read %s with %d measures, the first on line %d, and %d forms", p.Head.ID, len(p.Measures), p.Measures[0].Line, len(p.Forms))
	}
	again, err := Parse(p.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if again.Digest() != p.Digest() || !bytes.Equal(again.Bytes(), p.Bytes()) {
		t.Error("the pack as one file is another pack")
	}
	m, s, ok := p.Step("small.notice.answer", "2020")
	if !ok || m.ID != "small.notice" || s.ID != "answer" || m.Code(s.ID) != "small.notice.answer" {
		t.Error("the code of an answer does not lead to its step")
	}
	if _, _, ok := p.Step("small.notice.main", ""); ok {
		t.Error("the main step has a second code")
	}
	if f, ok := p.Form("small.return"); !ok || f.ID != "small.notice" {
		t.Error("the form of the return is not found")
	}
	files["forms/notice.yaml"].Data = append(files["forms/notice.yaml"].Data, '\n')
	if other, err := Load(files); err != nil || other.Digest() == p.Digest() {
		t.Errorf("a byte more gives the same digest, or %v", err)
	}
}

// The hardest measure of each text known is written without a change of the
// language: lead times by level and distance, windows, ladders, calls twice a day,
// a joint side against one, ceilings of zero, quotas that change with the edition,
// figures by formula, dates and zones left to agreement.
func TestHardest(t *testing.T) {
	p, err := Load(os.DirFS("testdata/hardest"))
	if err != nil {
		t.Fatal(err)
	}
	for day, want := range map[string]string{"1999-12-31": "3", "2000-01-01": "2"} {
		e, _, ok := p.Head.EditionOn(day, nil)
		if !ok {
			t.Fatalf("no edition on %s", day)
		}
		if m, ok := p.Measure("hard.inspection", e.ID); !ok || m.Counts[0].AtMost != want {
			t.Errorf("on %s the quota is not %s", day, want)
		}
	}
	for day, side := range map[string]bool{"2023-11-21": true, "2023-11-22": false, "2024-06-04": false, "2025-01-01": true} {
		if _, _, ok := p.Head.EditionOn(day, func(set string) bool { return set == "south" }); ok != side {
			t.Errorf("on %s it is in force for the other side: %v", day, ok)
		}
	}
}

// Each fault is named by its file and line.
func TestFaults(t *testing.T) {
	for _, c := range []struct{ name, file, from, to, want string }{
		{"unknown key", "measures/one.yaml", "article: \"3\"", "artikel: \"3\"", `measures/one.yaml, line 4: key "artikel" is not known in measures; is it article or article_sure?`},
		{"key twice", "measures/one.yaml", "strength: shall", "article: \"5\"\n    strength: shall", "line 6: key \"article\" stands twice"},
		{"key missing", "measures/one.yaml", "    article: \"3\"\n", "", `line 2: measures lacks the key "article"`},
		{"no list", "measures/one.yaml", "sources: [invented]", "sources: invented", "line 8: sources: a list belongs here"},
		{"alias", "pack.yaml", "id: small", "id: &a small", "line 3: anchors"},
		{"tag", "pack.yaml", "id: small", "id: !!str small", "line 3: anchors"},
		{"no YAML", "pack.yaml", "id: small", "id: [small", "is not YAML"},
		{"tabulator", "pack.yaml", "id: small", "id:\tsmall", "line 3: a tabulator"},
		{"second document", "pack.yaml", "engine: 1", "---\nengine: 1", "more than one document"},
		{"no number", "pack.yaml", "engine: 1", "engine: one", "line 2: engine: a whole number belongs here"},
		{"no boolean", "measures/one.yaml", "nil: true}", "nil: yes}", "nil: true or false belongs here"},
		{"form", "forms/notice.yaml", "type: date", "type: day", "forms/notice.yaml, line 10: "},
		{"empty", "pack.yaml", "", "", "pack.yaml, line 1: the file is empty"},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := small(t)
			b := string(files[c.file].Data)
			if c.from != "" && !strings.Contains(b, c.from) {
				t.Fatalf("%s has no %q", c.file, c.from)
			}
			b = strings.Replace(b, c.from, c.to, 1)
			if c.from == "" {
				b = ""
			}
			files[c.file].Data = []byte(b)
			wantFault(t, files, c.want)
		})
	}
}

func wantFault(t *testing.T, files fs.FS, want string) {
	t.Helper()
	_, err := Load(files)
	faults, ok := err.(Faults)
	if !ok {
		t.Fatalf("no faults but %v", err)
	}
	var all []string
	for _, f := range faults {
		all = append(all, f.String())
	}
	if !strings.Contains(strings.Join(all, "\n"), want) {
		t.Errorf("want %q, got\n%s", want, strings.Join(all, "\n"))
	}
}

func FuzzParse(f *testing.F) {
	names, err := filepath.Glob(filepath.Join(vectorsDir, "*.pack"))
	if err != nil || len(names) == 0 {
		f.Fatalf("no seeds in %s: %v", vectorsDir, err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := Parse(b)
		if err != nil {
			return
		}
		if !bytes.Equal(p.Bytes(), b) {
			t.Error("what was read is written otherwise")
		}
	})
}

// A form that cannot be read hides nothing else, and nothing that looks at it is
// held against the measures.
func TestAllAtOnce(t *testing.T) {
	files := small(t)
	for _, c := range []struct{ file, from, to string }{
		{"forms/notice.yaml", "type: date", "type: day"},
		{"forms/notice.yaml", "unit: persons", "unit: people"},
		{"pack.yaml", "nature: politically-binding", "nature: binding"},
		{"measures/one.yaml", "period: 3-calendar-years", "period: sometimes"},
	} {
		files[c.file].Data = []byte(strings.Replace(string(files[c.file].Data), c.from, c.to, 1))
	}
	_, err := Load(files)
	faults, ok := err.(Faults)
	if !ok || len(faults) != 4 {
		t.Fatalf("four faults, not %v", faults)
	}
	for i, file := range []string{"forms/notice.yaml", "forms/notice.yaml", "measures/one.yaml", "pack.yaml"} {
		if faults[i].File != file || faults[i].Line == 0 {
			t.Errorf("fault %d is %s", i, faults[i])
		}
	}
}

// FuzzFiles spoils the files themselves, which the closing line of an archive keeps
// FuzzParse from.
func FuzzFiles(f *testing.F) {
	files := small(f)
	seed := func(name string) []byte { return files[name].Data }
	f.Add(seed("pack.yaml"), seed("measures/one.yaml"), seed("forms/notice.yaml"))
	names, err := filepath.Glob("../packs/*/measures/*.yaml")
	if err != nil || len(names) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(seed("pack.yaml"), b, seed("forms/notice.yaml"))
	}
	f.Fuzz(func(t *testing.T, head, measures, form []byte) {
		p, err := read(map[string][]byte{"pack.yaml": head, "measures/one.yaml": measures, "forms/notice.yaml": form})
		if err != nil {
			return
		}
		again, err := Parse(p.Bytes())
		if err != nil || again.Digest() != p.Digest() || again.Text("ru") != p.Text("ru") {
			t.Errorf("as one file it is another pack: %v", err)
		}
	})
}
