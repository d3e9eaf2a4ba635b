package regime_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"detente/regime"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// schemaOf compiles the schema of a form as another program would.
func schemaOf(t testing.TB, f *regime.Form) *jsonschema.Schema {
	t.Helper()
	b, err := f.Schema(regime.English)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("form.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("form.json")
	if err != nil {
		t.Fatalf("schema of %s: %v", f.ID, err)
	}
	return s
}

func accepts(t testing.TB, s *jsonschema.Schema, text []byte) bool {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(doc) == nil
}

// beyond lists the vectors of Check that a schema cannot refuse: rules between
// fields, and geometry.
var beyond = []string{
	"end before start", "sum", "map of another state", "phase ends before it", "formation of another state",
	"area not closed", "area crosses itself", "area folds back", "area touches itself", "area point repeated",
	"ended before it began", "line that stands still", "first year after the last",
}

func TestSchemaJudgesTheVectors(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(vectors, "checks.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all []checkVector
	if err := json.Unmarshal(b, &all); err != nil || len(all) < 100 {
		t.Fatalf("%d vectors: %v", len(all), err)
	}
	forms := map[string]*jsonschema.Schema{}
	for _, id := range []string{"cica.notification", "example.incident"} {
		f := incidentOf(t)
		if id != f.ID {
			f = form(t, id)
		}
		forms[id] = schemaOf(t, f)
	}
	used := map[string]bool{}
	for _, c := range all {
		base, err := os.ReadFile(filepath.Join(vectors, c.Base))
		if err != nil {
			t.Fatal(err)
		}
		if !accepts(t, forms[c.Form], base) {
			t.Fatalf("%s is refused by its schema", c.Base)
		}
		past := slices.Contains(beyond, c.Name)
		used[c.Name] = past
		if got := accepts(t, forms[c.Form], changed(t, base, c)); got != past {
			t.Errorf("%s: the schema accepts: %v", c.Name, got)
		}
	}
	for _, name := range beyond {
		if !used[name] {
			t.Errorf("no vector %q", name)
		}
	}
}

// pool are values of every type, good and bad, that are laid into every field.
func pool() []string {
	texts := []string{
		"", " ", "\u00a0", "a", " a", "a\nb", "\n", "a\tb", "a\u202eb", "\u0635\u200c\u0646", "\u200d", "Ә Ғ Қ", strings.Repeat("я", 200), strings.Repeat("я", 201),
		strings.Repeat("x", 8000), strings.Repeat("x", 8001),
		"2027-03-01", "2027-02-29", "2028-02-29", "2100-02-29", "2000-02-29", "2400-02-29", "1970-01-01", "1969-12-31", "2027-04-31", "2027-12-31", "2027-13-01", "2027-1-1", "27-01-01", "9999-12-31",
		"2027-03-01T09:00+05:00[Asia/Almaty]", "2027-03-01T09:00-00:00[Etc/UTC]", "2027-03-01T09:00+00:00[Etc/UTC]", "2027-03-01T09:00+14:00[A]", "2027-03-01T09:00+14:01[A]",
		"2027-03-01T09:00-12:00[A]", "2027-03-01T09:00-12:01[A]", "2027-03-01T09:00-00:30[A/b+1_-]", "2027-03-01T24:00+05:00[A]", "2027-03-01T09:60+05:00[A]", "2027-03-01T09:00+05:60[A]",
		"2027-03-01T09:00+05:00[1A]", "2027-03-01T09:00+05:00[A//B]", "2027-03-01T09:00+05:00[A/]", "2027-03-01T09:00+05:00[" + strings.Repeat("A", 64) + "]", "2027-03-01T09:00+05:00[" + strings.Repeat("A", 65) + "]",
		"0", "-0", "-0.0", "-0.35", "0.000001", "0.0000001", "1.", ".5", "00", "01", "+1", "1,5", "20000", "20000.0", "20000.000000", "20000.000001", "20001", "19999.999999", "9.5", "9.999999", "10", "10.5",
		"100", "-100", "-100.000001", "-99.999999", "99.999999", "100.1", "1000000000000", "1000000000000.5", "999999999999.999999", "1000000000001",
		"alatau", "borovia", "a", "a-", "a--b", "-a", "Alatau", "a1", "1a", strings.Repeat("a", 32), strings.Repeat("a", 33), "duty-officer", "fire", "water", "land-exercise",
		"ALA/2026/17", "ALA 2026", strings.Repeat("A", 64), strings.Repeat("A", 65), "alatau/1f2e3d4c 12 " + leaf(43), "alatau/1f2e3d4c 012 " + leaf(43), "alatau/1f2e3d4c 12 " + strings.Repeat("B", 43) + "=",
		"alatau/1f2e3d4c/v2 0 " + leaf(43), "alatau/1f2e3d4c/v1 0 " + leaf(43), "alatau/1f2e3d4c 9007199254740991 " + leaf(43), "alatau/1f2e3d4c 9007199254740992 " + leaf(43),
	}
	var all []string
	for _, s := range texts {
		b, _ := json.Marshal(s)
		all = append(all, string(b))
	}
	all = append(all,
		"true", "false", "0", "1", "-1", "12", "1899", "1900", "2999", "3000", "100000000", "100000001", "{}", "[]", "[[]]", "[{}]",
		`{"answer": "nil"}`, `{"answer": "not-known-now"}`, `{"answer": "not-applicable"}`, `{"answer": "disputed"}`, `{"answer": 1}`, `{"answer": "nil", "x": 1}`,
		`["a"]`, `["a", "a"]`, `["a", "b"]`, `[1]`, `["land-exercise"]`, `["land-exercise", "land-exercise"]`, `["land-exercise", "cyber"]`, `["alatau", "Borovia"]`, `[true]`, `[{"answer": "nil"}]`,
		`["landing-or-airborne"]`, `["air-part", "naval-part", "transfer-or-concentration"]`,
		`{"alatau": 1}`, `{"alatau": -1}`, `{"alatau": "1"}`, `{"Alatau": 1}`, `{"attack": 2}`, `{"attack": 100000001}`,
		`{"lat": "43.25", "lon": "76.95"}`, `{"name": "p", "lat": "90", "lon": "-180"}`, `{"name": "p", "lat": "90.000001", "lon": "0"}`, `{"name": "", "lat": "9", "lon": "0"}`, `{"lat": "-0", "lon": "180.0"}`, `{"lat": 1, "lon": 2}`,
		`{"name": "p", "lat": "1"}`, `[{"name": "p", "lat": "90", "lon": "-180"}]`, `[{"lat": "90", "lon": "-180"}]`,
		`{"name": "a", "points": [{"lat": "1", "lon": "1"}, {"lat": "2", "lon": "2"}]}`, `{"name": "a", "points": [{"lat": "1", "lon": "1"}]}`, `{"points": [{"lat": "1", "lon": "1"}, {"lat": "2", "lon": "2"}]}`,
		`{"name": "a", "points": [{"lat": "1", "lon": "1"}, {"lat": "2", "lon": "2"}, {"lat": "1", "lon": "3"}, {"lat": "1", "lon": "1"}]}`,
		`{"name": "a", "points": [{"lat": "1", "lon": "1", "name": "x"}, {"lat": "2", "lon": "2"}]}`, `{"name": "a", "points": []}`, `{"name": "a", "points": {}, "x": 1}`,
		`[{"at": "2027-03-01T09:00+05:00[Asia/Almaty]", "flow": "1"}]`, `[{"at": "2027-03-01T09:00+05:00[Asia/Almaty]"}]`, `[{"at": {"answer": "nil"}, "flow": "1"}]`, `[{"at": "x", "flow": {"answer": "nil"}, "z": 1}]`,
		fmt.Sprintf(onePhase, "2027-05-26"),
	)
	return all
}

// TestSchemaJudgesAsCheckDoes lays every value of the pool into every field of
// every form, alone and in random company: the schema accepts what Check accepts.
// The forms are taken without their rules, which a schema cannot say.
func TestSchemaJudgesAsCheckDoes(t *testing.T) {
	values, random := pool(), rand.New(rand.NewPCG(3, 5))
	agreed := map[bool]int{}
	for _, base := range []struct{ form, text string }{
		{"cica.notification", textOf(t, brigades)}, {"cica.invitation", textOf(t, orchestra)}, {"example.incident", incident},
	} {
		whole := incidentOf(t)
		if base.form != whole.ID {
			whole = form(t, base.form)
		}
		f := *whole
		f.Rules = nil
		s := schemaOf(t, &f)
		judge := func(changes map[string]string) {
			v := editText(t, base.text, changes)
			b, err := v.Bytes()
			if err != nil {
				return // more than a filled form may have
			}
			_, faults := f.Check(v)
			got := accepts(t, s, b)
			if got != (len(faults) == 0) {
				t.Errorf("%s %.200v: the schema accepts: %v, Check finds %v", f.ID, changes, got, faults)
			}
			agreed[got]++
		}
		for i := range f.Fields {
			judge(map[string]string{f.Fields[i].ID: ""})
			for _, text := range values {
				if parses(text) {
					judge(map[string]string{f.Fields[i].ID: text})
				}
			}
		}
		for range 200 {
			changes := map[string]string{}
			for range 1 + random.IntN(3) {
				text := values[random.IntN(len(values))]
				if random.IntN(4) == 0 || !parses(text) {
					text = ""
				}
				changes[f.Fields[random.IntN(len(f.Fields))].ID] = text
			}
			judge(changes)
		}
	}
	t.Logf("%d accepted by both, %d refused by both", agreed[true], agreed[false])
	if agreed[true] < 500 || agreed[false] < 5000 {
		t.Errorf("%d accepted, %d refused: too few to show anything", agreed[true], agreed[false])
	}
}

func parses(text string) bool {
	_, err := regime.ReadValues([]byte(`{"a": ` + text + `}`))
	return err == nil
}

func textOf(t testing.TB, name string) string {
	b, err := example(t, name).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// large is a notification of more than sixty fields, and how it is filled in: the
// shipped one with each field twice, its rules included.
func large(b *testing.B) (*regime.Form, *regime.Values) {
	f := *form(b, "cica.notification")
	of := map[string]json.RawMessage{}
	if err := json.Unmarshal([]byte(textOf(b, brigades)), &of); err != nil {
		b.Fatal(err)
	}
	for _, field := range slices.Clone(f.Fields) {
		id := field.ID
		field.ID += "_2"
		f.Fields = append(f.Fields, field)
		if value, ok := of[id]; ok {
			of[field.ID] = value
		}
	}
	for _, r := range slices.Clone(f.Rules) {
		again := func(path string) string {
			id, column, dotted := strings.Cut(path, ".")
			if dotted {
				return id + "_2." + column
			}
			return id + "_2"
		}
		r.Field, r.Other = again(r.Field), again(r.Other)
		f.Rules = append(f.Rules, r)
	}
	loose, err := json.Marshal(of)
	if err != nil {
		b.Fatal(err)
	}
	v, err := regime.ReadValues(loose)
	if err != nil {
		b.Fatal(err)
	}
	if len(f.Fields) < 60 || len(of) < 50 {
		b.Fatalf("%d fields, %d filled", len(f.Fields), len(of))
	}
	return &f, v
}

// BenchmarkCheck checks a form of more than sixty fields: 4,000 a second are due.
func BenchmarkCheck(b *testing.B) {
	f, v := large(b)
	for b.Loop() {
		if _, faults := f.Check(v); len(faults) > 0 {
			b.Fatal(faults)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "forms/s")
}

// BenchmarkParse reads the same form, 20 kB of canonical JSON.
func BenchmarkParse(b *testing.B) {
	_, v := large(b)
	text, err := v.Bytes()
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := regime.ParseValues(text); err != nil {
			b.Fatal(err)
		}
	}
}
