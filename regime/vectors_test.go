package regime_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"detente/packs"
	"detente/regime"
)

var update = flag.Bool("update", false, "write spec/vectors/form and the rendered examples in testdata")

const vectors = "../spec/vectors/form"

// refused are texts that ParseValues refuses, each with the reason.
var refused = map[string]struct{ text, why string }{
	"spacing":       {"{\"a\":1}\n", "other spacing than canonical"},
	"no-newline":    {"{\n  \"a\": 1\n}", "no final newline"},
	"order":         {"{\n  \"b\": 1,\n  \"a\": 1\n}\n", "keys are not sorted"},
	"repeated":      {"{\n  \"a\": 1,\n  \"a\": 1\n}\n", "a field is repeated"},
	"null":          {"{\n  \"a\": null\n}\n", "null is no value"},
	"null-inside":   {"{\n  \"a\": [\n    null\n  ]\n}\n", "null is no value, at any depth"},
	"fraction":      {"{\n  \"a\": 1.5\n}\n", "a number that is not an integer"},
	"exponent":      {"{\n  \"a\": 1e3\n}\n", "a number with an exponent"},
	"large-number":  {"{\n  \"a\": 9007199254740992\n}\n", "a number above 2^53-1"},
	"minus-zero":    {"{\n  \"a\": -0\n}\n", "zero with a sign"},
	"answer":        {"{\n  \"a\": {\n    \"answer\": \"unknown\"\n  }\n}\n", "an answer that is not one of three"},
	"deep":          {"{\n  \"a\": [\n    [\n      [\n        [\n          [\n            [\n              1\n            ]\n          ]\n        ]\n      ]\n    ]\n  ]\n}\n", "a value nested deeper than six"},
	"list":          {"[\n  1\n]\n", "a list where an object belongs"},
	"nothing":       {"null\n", "null where an object belongs"},
	"empty":         {"", "an empty file"},
	"after-the-end": {"{}\n{}\n", "text after the end"},
	"not-utf8":      {"{\n  \"a\": \"\xff\"\n}\n", "bytes that are not UTF-8"},
	"surrogate":     {"{\n  \"a\": \"\\ud800\"\n}\n", "half of a surrogate pair"},
	"escape":        {"{\n  \"a\": \"\\u0041\"\n}\n", "a letter written as an escape"},
}

// checkVector is a change to a good form and the one fault that it brings.
type checkVector struct {
	Name   string                     `json:"name"`
	Form   string                     `json:"form"`
	Base   string                     `json:"base"`
	Set    map[string]json.RawMessage `json:"set"`
	Leave  []string                   `json:"leave_out"`
	Number string                     `json:"number"` // of the field with the fault; empty: the form has no such field
}

// vectorFiles are all files of the vectors, as they are to be.
func vectorFiles(t testing.TB) map[string][]byte {
	files := map[string][]byte{}
	for name, path := range map[string]string{"good-notification.json": brigades, "good-invitation.json": orchestra} {
		b, err := fs.ReadFile(packs.FS, path)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = b
	}
	files["good-empty.json"] = []byte("{}\n")
	files["good-answers.json"] = []byte("{\n  \"a\": {\n    \"answer\": \"nil\"\n  },\n  \"b\": {\n    \"answer\": \"not-known-now\"\n  },\n  \"c\": {\n    \"answer\": \"not-applicable\"\n  },\n  \"c2\": {\n    \"answer\": \"disputed\"\n  },\n  \"d\": -1,\n  \"e\": false,\n  \"f\": \"<т>\"\n}\n")
	why := map[string]string{}
	for name, r := range refused {
		files["bad-"+name+".json"] = []byte(r.text)
		why["bad-"+name+".json"] = r.why
	}
	written, err := os.ReadFile(incidentForm)
	if err != nil {
		t.Fatal(err)
	}
	files["form-incident.yaml"] = written
	if files["form-incident.json"], err = incidentOf(t).Bytes(); err != nil {
		t.Fatal(err)
	}
	if files["good-incident.json"], err = editText(t, incident, nil).Bytes(); err != nil {
		t.Fatal(err)
	}
	list := vectorsOf(checks, "cica.notification", "good-notification.json")
	list = append(list, vectorsOf(typeChecks, "example.incident", "good-incident.json")...)
	for name, content := range map[string]any{"index.json": why, "checks.json": list} {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(content); err != nil {
			t.Fatal(err)
		}
		files[name] = b.Bytes()
	}
	return files
}

func vectorsOf(cases map[string]checkCase, form, base string) (list []checkVector) {
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		c := cases[name]
		v := checkVector{Name: name, Form: form, Base: base, Set: map[string]json.RawMessage{}, Leave: []string{}, Number: c.number}
		for _, id := range slices.Sorted(maps.Keys(c.change)) {
			if c.change[id] == "" {
				v.Leave = append(v.Leave, id)
			} else {
				v.Set[id] = json.RawMessage(c.change[id])
			}
		}
		list = append(list, v)
	}
	return list
}

func TestVectors(t *testing.T) {
	want := vectorFiles(t)
	if *update {
		if err := os.MkdirAll(vectors, 0o755); err != nil {
			t.Fatal(err)
		}
		for name, b := range want {
			if err := os.WriteFile(filepath.Join(vectors, name), b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	entries, err := os.ReadDir(vectors)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != len(want) {
		t.Errorf("%d files, %d belong", len(entries), len(want))
	}
	for name, b := range want {
		got, err := os.ReadFile(filepath.Join(vectors, name))
		if err != nil || !bytes.Equal(got, b) {
			t.Errorf("%s is not as written by -update: %v", name, err)
		}
		switch {
		case strings.HasPrefix(name, "good-"):
			v, err := regime.ParseValues(b)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if again, err := v.Bytes(); err != nil || !bytes.Equal(again, b) {
				t.Errorf("%s does not re-encode: %v", name, err)
			}
		case strings.HasPrefix(name, "bad-"):
			if _, err := regime.ParseValues(b); err == nil {
				t.Errorf("%s: accepted", name)
			} else if strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: not one line: %v", name, err)
			}
		}
	}
}

// The vectors of Check are run as another implementation would: from the files.
func TestVectorsOfCheck(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(vectors, "checks.json"))
	if err != nil {
		t.Fatal(err)
	}
	var list []checkVector
	if err := json.Unmarshal(b, &list); err != nil || len(list) < 50 {
		t.Fatalf("%d vectors: %v", len(list), err)
	}
	for _, c := range list {
		base, err := os.ReadFile(filepath.Join(vectors, c.Base))
		if err != nil {
			t.Fatal(err)
		}
		v, err := regime.ReadValues(changed(t, base, c))
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		f := incidentOf(t)
		if c.Form != f.ID {
			f = form(t, c.Form)
		}
		_, faults := f.Check(v)
		if len(faults) != 1 || faults[0].Number != c.Number {
			t.Errorf("%s: %d faults, one at %q belongs", c.Name, len(faults), c.Number)
		}
	}
}

// changed is a good form with the changes of a vector.
func changed(t testing.TB, base []byte, c checkVector) []byte {
	t.Helper()
	var of map[string]json.RawMessage
	if err := json.Unmarshal(base, &of); err != nil {
		t.Fatal(err)
	}
	maps.Copy(of, c.Set)
	for _, id := range c.Leave {
		delete(of, id)
	}
	text, err := json.Marshal(of)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// The rendered examples are kept so that a change of a word is seen in review.
func TestTextOfTheExamples(t *testing.T) {
	for name, c := range map[string]struct{ form, example string }{
		"two-brigade-exercise": {"cica.notification", brigades},
		"youth-orchestra":      {"cica.invitation", orchestra},
	} {
		for _, lang := range []regime.Lang{regime.English, regime.Russian} {
			f := form(t, c.form)
			path := filepath.Join("testdata", name+"."+string(lang)+".txt")
			for what, got := range map[string]string{path: f.Text(example(t, c.example), lang), filepath.Join("testdata", c.form+"."+string(lang)+".txt"): f.Describe(lang)} {
				if *update {
					if err := os.MkdirAll("testdata", 0o755); err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(what, []byte(got), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(what)
				if err != nil || got != string(want) {
					t.Errorf("%s is not as rendered: %v", what, err)
				}
			}
		}
	}
}

func TestTextOfValuesThatDoNotFit(t *testing.T) {
	f := form(t, "cica.notification")
	v, err := regime.ReadValues([]byte(`{"designation": "a\u001b[2Jb\u202e", "start_date": 7, "troops_total": "many", "formations": ["x", {"state": {"y": -1234}}],
		"area": {"points": [{"lat": "x", "lon": "1"}, 3]}, "battle_tanks": [{"alatau": {"answer": "nil"}}], "unknown": "u"}`))
	if err != nil {
		t.Fatal(err)
	}
	got := f.Text(v, "fr")
	if strings.ContainsAny(got, "\x1b\u202e") {
		t.Errorf("a character that cannot be shown is shown: %q", got)
	}
	for _, want := range []string{"a\ufffd[2Jb\ufffd", "many", "-1,234", "    7\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in %q", want, got)
		}
	}
}

func FuzzValues(f *testing.F) {
	names, err := filepath.Glob(filepath.Join(vectors, "*-*.json"))
	if err != nil || len(names) == 0 {
		f.Fatal("no seeds: spec/vectors/form is empty")
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	notification, invitation := form(f, "cica.notification"), form(f, "cica.invitation")
	f.Fuzz(func(t *testing.T, b []byte) {
		loose, looseErr := regime.ReadValues(b)
		v, err := regime.ParseValues(b)
		if err == nil {
			again, err := v.Bytes()
			if err != nil || !bytes.Equal(again, b) {
				t.Fatalf("accepted, but re-encodes otherwise: %v", err)
			}
			if looseErr != nil {
				t.Fatalf("canonical, but not read: %v", looseErr)
			}
		}
		if looseErr != nil {
			return
		}
		for _, form := range []*regime.Form{notification, invitation} {
			checked, faults := form.Check(loose)
			if checked.IsZero() == (len(faults) == 0) {
				t.Fatal("checked with faults, or not checked without")
			}
			if text := form.Text(loose, regime.Russian); text != form.Text(loose, regime.Russian) {
				t.Fatal("rendered in two ways")
			}
			if checked.IsZero() {
				continue
			}
			b, err := loose.Bytes()
			if err != nil {
				return // canonical spacing may pass the bound
			}
			same, err := regime.ParseValues(b)
			if err != nil {
				t.Fatalf("checked, but not read back: %v", err)
			}
			if _, faults := form.Check(same); len(faults) > 0 {
				t.Fatalf("faults after a round trip: %v", faults)
			}
		}
	})
}
