package regime_test

import (
	"encoding/json"
	"maps"
	"os"
	"strings"
	"testing"
	"time"

	"detente/regime"
)

// incident is the form of the vectors with the types that no shipped form uses.
const (
	incidentForm = "testdata/incident.yaml"
	incident     = `{"began": "2027-03-01T09:00+05:00[Asia/Almaty]", "ended": "2027-03-01T06:30+00:00[Etc/UTC]",
		"place": {"lat": "43.25", "lon": "76.95"},
		"route": {"name": "Road to the ford", "points": [{"lat": "43.1", "lon": "76.9"}, {"lat": "43.2", "lon": "76.9"}, {"lat": "43.1", "lon": "76.9"}]},
		"covers_from": 2026, "covers_to": 2026, "belongs_to": "ALA/2026/17", "reported_by": "alatau", "alatau_unit": "2nd post", "kind": "water",
		"discharge": "1250.50", "level": "-0.35", "persons_hurt": true, "persons_number": 2,
		"measurements": [{"at": "2027-03-01T09:00+05:00[Asia/Almaty]", "flow": "0"}, {"at": "2027-03-01T10:00+05:00[Asia/Almaty]", "flow": {"answer": "not-known-now"}}]}`
)

func incidentOf(t testing.TB) *regime.Form {
	t.Helper()
	b, err := os.ReadFile(incidentForm)
	if err != nil {
		t.Fatal(err)
	}
	f, err := regime.ParseFormYAML(b)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// editText lays JSON over fields of a filled form; an empty text leaves one out.
func editText(t testing.TB, base string, changes map[string]string) *regime.Values {
	t.Helper()
	var of map[string]json.RawMessage
	if err := json.Unmarshal([]byte(base), &of); err != nil {
		t.Fatal(err)
	}
	for id, text := range changes {
		if text == "" {
			delete(of, id)
			continue
		}
		of[id] = json.RawMessage(text)
	}
	b, err := json.Marshal(of)
	if err != nil {
		t.Fatal(err)
	}
	v, err := regime.ReadValues(b)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func leaf(n int) string { return strings.Repeat("A", 43)[:n] + "=" }

// typeChecks are changes to the incident, each with the number of its one fault.
var typeChecks = map[string]checkCase{
	"moment without an offset":      {map[string]string{"began": `"2027-03-01T09:00[Asia/Almaty]"`}, "1.1", "not a local time"},
	"moment without a zone":         {map[string]string{"began": `"2027-03-01T09:00+05:00"`}, "1.1", "not a local time"},
	"moment with an empty zone":     {map[string]string{"began": `"2027-03-01T09:00+05:00[]"`}, "1.1", "not a local time"},
	"moment with a zone of a space": {map[string]string{"began": `"2027-03-01T09:00+05:00[Asia/ Almaty]"`}, "1.1", "not a local time"},
	"moment with a path":            {map[string]string{"began": `"2027-03-01T09:00+05:00[../etc]"`}, "1.1", "not a local time"},
	"moment with text after it":     {map[string]string{"began": `"2027-03-01T09:00+05:00[Asia/Almaty] "`}, "1.1", "not a local time"},
	"moment with seconds":           {map[string]string{"began": `"2027-03-01T09:00:00+05:00[Asia/Almaty]"`}, "1.1", "not a local time"},
	"moment with Z":                 {map[string]string{"began": `"2027-03-01T04:00Z[Etc/UTC]"`}, "1.1", "not a local time"},
	"moment of minus zero":          {map[string]string{"began": `"2027-03-01T04:00-00:00[Etc/UTC]"`}, "1.1", "not a local time"},
	"moment east of all":            {map[string]string{"began": `"2027-03-01T09:00+14:01[Pacific/Kiritimati]"`}, "1.1", "not a local time"},
	"moment west of all":            {map[string]string{"began": `"2027-03-01T02:00-12:01[Etc/GMT+12]"`}, "1.1", "not a local time"},
	"moment on no day":              {map[string]string{"began": `"2027-02-29T09:00+05:00[Asia/Almaty]"`}, "1.1", "not a local time"},
	"moment at 24:00":               {map[string]string{"began": `"2027-02-28T24:00+05:00[Asia/Almaty]"`}, "1.1", "not a local time"},
	"moment in lower case":          {map[string]string{"began": `"2027-03-01t09:00+05:00[Asia/Almaty]"`}, "1.1", "not a local time"},
	"moment of 1969":                {map[string]string{"began": `"1969-12-31T23:59+05:00[Asia/Almaty]"`}, "1.1", "not a local time"},
	"moment as a figure":            {map[string]string{"began": `20270301`}, "1.1", "not a local time"},
	"ended before it began":         {map[string]string{"ended": `"2027-03-01T03:59+00:00[Etc/UTC]"`}, "1.2", "is before 2027-03-01T09:00+05:00[Asia/Almaty]"},
	"known is left out":             {map[string]string{"ended": ""}, "1.2", "or answer nil, not-known-now, not-applicable"},
	"place is a list":               {map[string]string{"place": `[{"lat": "43.25", "lon": "76.95"}]`}, "1.3", "not a place"},
	"place with an empty name":      {map[string]string{"place": `{"name": " ", "lat": "43.25", "lon": "76.95"}`}, "1.3", "the text is empty"},
	"place with more":               {map[string]string{"place": `{"height": "9", "lat": "43.25", "lon": "76.95"}`}, "1.3", "not a place"},
	"line of one point":             {map[string]string{"route": `{"name": "r", "points": [{"lat": "43.1", "lon": "76.9"}]}`}, "1.4", "1 points do not make a line"},
	"line that stands still":        {map[string]string{"route": `{"name": "r", "points": [{"lat": "43.1", "lon": "76.9"}, {"lat": "43.10", "lon": "76.9"}]}`}, "1.4", "points 1 and 2 are the same"},
	"line without a name":           {map[string]string{"route": `{"points": [{"lat": "43.1", "lon": "76.9"}, {"lat": "43.2", "lon": "76.9"}]}`}, "1.4", "not a line"},
	"year of two digits":            {map[string]string{"covers_from": "26"}, "1.5", "not a year"},
	"year as text":                  {map[string]string{"covers_from": `"2026"`}, "1.5", "not a year"},
	"year 3000":                     {map[string]string{"covers_to": "3000"}, "1.6", "not a year"},
	"first year after the last":     {map[string]string{"covers_from": "2027"}, "1.5", "is after 2026"},
	"ref with a space":              {map[string]string{"belongs_to": `"ALA 2026"`}, "2.1", "neither a thread"},
	"ref of 65 characters":          {map[string]string{"belongs_to": `"` + strings.Repeat("a", 65) + `"`}, "2.1", "neither a thread"},
	"ref without a hash":            {map[string]string{"belongs_to": `"alatau/1f2e3d4c 12"`}, "2.1", "neither a thread"},
	"ref with a short hash":         {map[string]string{"belongs_to": `"alatau/1f2e3d4c 12 ` + leaf(42) + `"`}, "2.1", "neither a thread"},
	"ref with index 012":            {map[string]string{"belongs_to": `"alatau/1f2e3d4c 012 ` + leaf(43) + `"`}, "2.1", "neither a thread"},
	"asked for by a state":          {map[string]string{"alatau_unit": ""}, "2.3", "not answered"},
	"asked for by another state":    {map[string]string{"reported_by": `"borovia"`}, "2.3", "answered only with “alatau” in field 2.2"},
	"asked for by a choice":         {map[string]string{"discharge": ""}, "2.5", "not answered"},
	"asked for by another choice":   {map[string]string{"kind": `"fire"`}, "2.5", "answered only with “Release of water” in field 2.4"},
	"asked for by yes":              {map[string]string{"persons_number": ""}, "2.8", "not answered"},
	"asked for by no":               {map[string]string{"persons_hurt": "false"}, "2.8", "answered only with “yes” in field 2.7"},
	"condition without a value":     {map[string]string{"persons_hurt": `"true"`}, "2.7", "neither true nor false"},
	"number as a figure":            {map[string]string{"discharge": "1250"}, "2.5", "not a number"},
	"number with a comma":           {map[string]string{"discharge": `"1250,5"`}, "2.5", "not a number"},
	"number above its bound":        {map[string]string{"discharge": `"20000.000001"`}, "2.5", "from 0 to 20000"},
	"number below zero":             {map[string]string{"discharge": `"-0.1"`}, "2.5", "from 0 to 20000"},
	"number of seven decimals":      {map[string]string{"discharge": `"1.0000001"`}, "2.5", "not a number"},
	"number with an exponent":       {map[string]string{"discharge": `"1e3"`}, "2.5", "not a number"},
	"number with a plus":            {map[string]string{"discharge": `"+1"`}, "2.5", "not a number"},
	"number with a leading zero":    {map[string]string{"discharge": `"01"`}, "2.5", "not a number"},
	"number of nothing":             {map[string]string{"discharge": `""`}, "2.5", "not a number"},
	"number below its least":        {map[string]string{"level": `"-100.1"`}, "2.6", "from -100 to 100"},
	"number of minus zero":          {map[string]string{"level": `"-0"`}, "2.6", "not a number"},
	"figure below its least":        {map[string]string{"persons_number": "0"}, "2.8", "from 1 to"},
	"known column is left out":      {map[string]string{"measurements": `[{"at": "2027-03-01T09:00+05:00[Asia/Almaty]"}]`}, "2.10", "row 1, Flow: not answered"},
	"moment in a row":               {map[string]string{"measurements": `[{"at": "09:00", "flow": "1"}]`}, "2.10", "row 1, Time: not a local time"},
}

func TestChecksOfTypes(t *testing.T) {
	f := incidentOf(t)
	for name, c := range typeChecks {
		checked, faults := f.Check(editText(t, incident, c.change))
		if len(faults) != 1 || !checked.IsZero() {
			t.Errorf("%s: %d faults where one belongs: %v", name, len(faults), faults)
			continue
		}
		got := faults[0]
		if got.Number != c.number || !strings.Contains(got.Text[regime.English], c.says) {
			t.Errorf("%s: %s %q, want %s %q", name, got.Number, got.Text[regime.English], c.number, c.says)
		}
		if ru := got.Text[regime.Russian]; ru == "" || ru == got.Text[regime.English] || strings.Contains(ru+got.Text[regime.English], "%!") {
			t.Errorf("%s: Russian %q", name, ru)
		}
	}
}

// typeGood are changes to the incident that leave it without a fault.
var typeGood = map[string]map[string]string{
	"as it is":             {},
	"at the same moment":   {"ended": `"2027-03-01T04:00+00:00[Etc/UTC]"`},
	"a zone of three":      {"began": `"2027-02-28T18:00-10:00[America/Argentina/Buenos_Aires]"`},
	"half an hour":         {"began": `"2027-03-01T09:00+05:30[Asia/Kolkata]"`},
	"not known":            {"ended": `{"answer": "not-known-now"}`},
	"a named place":        {"place": `{"name": "Ford", "lat": "-43.25", "lon": "-180"}`},
	"an act":               {"belongs_to": `"alatau/1f2e3d4c 12 ` + leaf(43) + `"`},
	"the bounds":           {"discharge": `"20000"`, "level": `"-100.000000"`, "covers_to": "2999", "persons_number": "1"},
	"another state":        {"reported_by": `"borovia"`, "alatau_unit": ""},
	"nobody hurt":          {"persons_hurt": "false", "persons_number": `{"answer": "not-applicable"}`},
	"hurt, number to come": {"persons_number": `{"answer": "not-known-now"}`},
}

func TestTypesAccepted(t *testing.T) {
	f := incidentOf(t)
	for name, change := range typeGood {
		if _, faults := f.Check(editText(t, incident, change)); len(faults) > 0 {
			t.Errorf("%s: %s %s", name, faults[0].Number, faults[0].Text[regime.English])
		}
	}
}

func TestGetters(t *testing.T) {
	v := editText(t, incident, nil)
	m, ok := v.Moment("began")
	if !ok || m.Zone != "Asia/Almaty" || !m.Time.Equal(time.Date(2027, 3, 1, 4, 0, 0, 0, time.UTC)) || m.String() != "2027-03-01T09:00+05:00[Asia/Almaty]" {
		t.Errorf("moment %v %v", m, ok)
	}
	if n, ok := v.Number("discharge"); !ok || n != 1250_500_000 || n.String() != "1250.5" {
		t.Errorf("number %v", n)
	}
	if n, ok := v.Number("level"); !ok || n != -350_000 || n.String() != "-0.35" {
		t.Errorf("number %v", n)
	}
	if n, ok := v.Year("covers_to"); !ok || n != 2026 {
		t.Errorf("year %v", n)
	}
	if b, ok := v.Bool("persons_hurt"); !ok || !b {
		t.Error("bool")
	}
	if p, ok := v.Points("place"); !ok || len(p) != 1 || p[0] != (regime.Point{Lat: 43_250_000, Lon: 76_950_000}) {
		t.Errorf("place %v", p)
	}
	if p, ok := v.Points("route"); !ok || len(p) != 3 {
		t.Errorf("route %v", p)
	}
	rows, ok := v.Rows("measurements")
	if !ok || len(rows) != 2 {
		t.Fatalf("rows %v", rows)
	}
	if n, ok := rows[0].Number("flow"); !ok || n != 0 {
		t.Errorf("flow %v", n)
	}
	if a, ok := rows[1].Answer("flow"); !ok || a != regime.NotKnownNow {
		t.Errorf("flow %v", a)
	}
	b := example(t, brigades)
	if list, ok := b.Strings("kinds"); !ok || len(list) != 2 {
		t.Errorf("kinds %v", list)
	}
	if of, ok := b.Figures("battle_tanks"); !ok || !maps.Equal(of, map[string]int{"alatau": 124, "borovia": 31}) {
		t.Errorf("tanks %v", of)
	}
	for _, id := range []string{"began", "no_such_field"} {
		_, bad1 := v.Number(id)
		_, bad2 := v.Year(id)
		_, bad3 := v.Points(id)
		_, bad4 := v.Rows(id)
		_, bad5 := v.Strings(id)
		_, bad6 := v.Figures(id)
		_, bad7 := v.Bool(id)
		if bad1 || bad2 || bad3 || bad4 || bad5 || bad6 || bad7 {
			t.Errorf("%s was read as another type", id)
		}
	}
}

func TestFormInYAMLIsTheSameForm(t *testing.T) {
	f := incidentOf(t)
	b, err := f.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	again, err := regime.ParseForm(b)
	if err != nil {
		t.Fatal(err)
	}
	one, _ := f.Digest()
	other, _ := again.Digest()
	if one != other {
		t.Error("the canonical JSON of a form in YAML is another form")
	}
	// Every shipped form, JSON being YAML.
	for _, shippedForm := range shipped(t) {
		b, err := shippedForm.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		same, err := regime.ParseFormYAML(b)
		if err != nil {
			t.Fatalf("%s: %v", shippedForm.ID, err)
		}
		if c, _ := same.Bytes(); string(c) != string(b) {
			t.Errorf("%s differs when read as YAML", shippedForm.ID)
		}
	}
}

func TestFormInYAMLRefused(t *testing.T) {
	b, err := os.ReadFile(incidentForm)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ old, new, says string }{
		"nothing":              {string(b), "", "line 1: the file is empty"},
		"two documents":        {"groups:\n", "groups: []\n---\n", "line 10: the file has more"},
		"unknown key":          {"source: an example", "sauce: an example", `line 8: key "sauce" is not known`},
		"key twice":            {"edition: 1\n", "edition: 1\nedition: 2\n", `line 6: key "edition" stands twice`},
		"language twice":       {"title: {en: Report of an incident", "title: {en: a, en: Report of an incident", `line 7: "en" stands twice`},
		"anchor":               {"edition: 1", "edition: &e 1", "line 5: anchors"},
		"tag":                  {"edition: 1", "edition: !!str 1", "line 5: anchors"},
		"null":                 {"edition: 1", "edition:", "line 5: edition: one value"},
		"list for a value":     {"edition: 1", "edition: [1]", "line 5: edition: one value"},
		"value for a list":     {"languages: [en, ru]", "languages: en", "line 6: languages: a list"},
		"value for texts":      {"title: {en: Report of an incident, ru: Сообщение об инциденте}", "title: Report", "line 7: title: texts by language"},
		"words for a bound":    {"max: 20000", "max: many", `line 89: max: "many" is not a whole number`},
		"bad indent":           {"  - number: 1.2", " - number: 1.2", "line "},
		"lint of a field":      {"type: number\n    unit: m3/s", "type: number\n    unit: m4/s", `line 83: field "2.5": unit "m4/s"`},
		"lint of a condition":  {"field: persons_hurt, any", "field: began, any", `line 13: condition "if-persons"`},
		"condition of nothing": {`any: ["true"]`, "any: []", "line 13: "},
		"condition of a maybe": {`any: ["true"]`, "any: [maybe]", "line 13: "},
		"condition on itself":  {"required: if-persons", "required: if-persons", ""},
		"lint of a rule":       {"field: ended, other: began", "field: ended, other: covers_to", "line 17: rule 1"},
		"lint of a group":      {"{number: 2, name: {en: What", "{number: 3, name: {en: What", "line 11: group"},
		"lint of a choice":     {"{code: water, name: {en: Release of water, ru: Сброс воды}}", "{code: water, name: {en: Release}}", "line 81: field \"2.4\": choice water"},
		"lint of the form":     {"id: example.incident", "id: Example", "line 3: "},
		"known with answers":   {"required: known\n    source: example\n  - number: 1.3", "required: known\n    answers: [nil]\n    source: example\n  - number: 1.3", "line 26: "},
		"least of a text":      {"required: if-alatau", "required: if-alatau\n    min: 1", "line 68: "},
		"least above the most": {"min: -100", "min: 101", "line 91: "},
		"figure below zero":    {"min: 1", "min: -1", "line 106: "},
	} {
		if !strings.Contains(string(b), c.old) {
			t.Fatalf("%s: %q is not in the form", name, c.old)
		}
		_, err := regime.ParseFormYAML([]byte(strings.Replace(string(b), c.old, c.new, 1)))
		switch {
		case c.says == "":
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		case err == nil:
			t.Errorf("%s: accepted", name)
		case !strings.HasPrefix(err.Error(), c.says) || strings.Contains(err.Error(), "\n"):
			t.Errorf("%s: %v, want %s", name, err, c.says)
		}
	}
}

func FuzzFormYAML(f *testing.F) {
	b, err := os.ReadFile(incidentForm)
	if err != nil || len(b) == 0 {
		f.Fatal("no seed")
	}
	f.Add(b)
	f.Add([]byte("a: &a [*a]"))
	values := editText(f, incident, nil)
	f.Fuzz(func(t *testing.T, b []byte) {
		form, err := regime.ParseFormYAML(b)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Fatalf("not one line: %v", err)
			}
			return
		}
		j, err := form.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		again, err := regime.ParseForm(j)
		if err != nil {
			t.Fatalf("a form in YAML that its JSON is not: %v", err)
		}
		if k, _ := again.Bytes(); string(k) != string(j) {
			t.Fatal("re-encodes otherwise")
		}
		form.Check(values)
		form.Describe(regime.Russian)
	})
}

func FuzzQuantities(f *testing.F) {
	seeds := 0
	for _, c := range typeChecks {
		for _, text := range c.change {
			var s string
			if json.Unmarshal([]byte(text), &s) == nil {
				f.Add(s)
				seeds++
			}
		}
	}
	if seeds == 0 {
		f.Fatal("no seeds")
	}
	f.Add("2027-03-01T09:00+05:00[Asia/Almaty]")
	f.Add("-999999999999.999999")
	f.Fuzz(func(t *testing.T, s string) {
		if m, ok := regime.ParseMoment(s); ok && m.String() != s {
			t.Fatalf("moment %q is written %q", s, m)
		}
		if d, ok := regime.ParseDecimal(s); ok {
			if again, ok := regime.ParseDecimal(d.String()); !ok || again != d {
				t.Fatalf("number %q is written %q", s, d)
			}
		}
	})
}
