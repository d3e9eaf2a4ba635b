package regime_test

import (
	"strings"
	"testing"

	"detente/regime"
)

const incidentYAML = `# one field by number, the others by id
1.1: 2027-03-01T09:00+05:00[Asia/Almaty]
ended: 2027-03-01T06:30+00:00[Etc/UTC]
place: 43°15'N 76°57'E
route:
  name: Road to the ford
  points: ["43.1, 76.9", {lat: "43.2", lon: "76.9"}, 43 06 00 N 76 54 00 E]
covers_from: 2026
covers_to: 2026
belongs_to: ALA/2026/17
reported_by: alatau
alatau_unit: 2nd post
kind: water
discharge: 1250.50
level: -0.35
persons_hurt: да
persons_number: 2
measurements:
  - {at: "2027-03-01T09:00+05:00[Asia/Almaty]", flow: 0}
  - {2.10.1: "2027-03-01T10:00+05:00[Asia/Almaty]", flow: {answer: not-known-now}}
`

const incidentCSV = "\ufefffield;value\r\n" +
	"1.1;2027-03-01T09:00+05:00[Asia/Almaty]\r\n" +
	"ended;2027-03-01T06:30+00:00[Etc/UTC]\r\n" +
	"place;\"43°15'00\"\"N 76°57'00\"\"E\"\r\n" +
	"1.4;Road to the ford\r\n1.4;43.1, 76.9\r\n1.4;43.2, 76.9\r\n1.4;43.1, 76.9\r\n" +
	"1.5;2026\r\n1.6;2026\r\n2.1;ALA/2026/17\r\n2.2;alatau\r\n2.3;2nd post\r\n2.4;water\r\n2.5;1250.50\r\n2.6;-0.35\r\n2.7;true\r\n2.8;2\r\n;\r\n" +
	"2.10.1;2027-03-01T09:00+05:00[Asia/Almaty]\r\nmeasurements.flow;0\r\n2.10.1;2027-03-01T10:00+05:00[Asia/Almaty]\r\n2.10.2;[not-known-now]\r\n"

func TestYAMLAndCSVAreTheSameForm(t *testing.T) {
	f := incidentOf(t)
	want, err := editText(t, incident, nil).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	for name, read := range map[string]func() (*regime.Values, error){
		"YAML": func() (*regime.Values, error) { return f.ReadYAML([]byte(incidentYAML)) },
		"CSV":  func() (*regime.Values, error) { return f.ReadCSV([]byte(incidentCSV)) },
	} {
		v, err := read()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := v.Bytes()
		if err != nil || string(got) != string(want) {
			t.Errorf("%s: %v\n%s", name, err, got)
		}
		if _, faults := f.Check(v); len(faults) > 0 {
			t.Errorf("%s: %v", name, faults)
		}
	}
}

func TestCSVOfListsMapsAndPlaces(t *testing.T) {
	f := form(t, "cica.notification")
	v, err := f.ReadCSV([]byte("1.3,alatau; borovia\n1.7,land-exercise\n1.7,landing-or-airborne\nbattle_tanks,alatau=124; borovia = 31\n" +
		"embarkation_points,Temir: 43.5 77\nembarkation_points,\"Ashly: 43°30′N, 77°15′E\"\narea,Kara-Tau\narea,43 77\narea,44 77\narea,44 78\narea,43 77\n2.5,[nil]\n"))
	if err != nil {
		t.Fatal(err)
	}
	if s, _ := v.Strings("states_involved"); strings.Join(s, " ") != "alatau borovia" {
		t.Errorf("states %v", s)
	}
	if s, _ := v.Strings("kinds"); len(s) != 2 {
		t.Errorf("kinds %v", s)
	}
	if m, _ := v.Figures("battle_tanks"); m["borovia"] != 31 || len(m) != 2 {
		t.Errorf("tanks %v", m)
	}
	if p, _ := v.Points("embarkation_points"); len(p) != 2 || p[1] != (regime.Point{Lat: 43_500_000, Lon: 77_250_000}) {
		t.Errorf("points %v", p)
	}
	if p, _ := v.Points("area"); len(p) != 4 {
		t.Errorf("area %v", p)
	}
	if a, _ := v.Answer("acvs"); a != regime.Nil {
		t.Errorf("answer %v", a)
	}
}

func TestTypedRefusals(t *testing.T) {
	f := incidentOf(t)
	for text, says := range map[string]string{
		"a: &x 1":            "line 1: anchors",
		"a: 1\na: 2":         "stands twice",
		"- 1":                "line 1: fields with values",
		"1.1: x\nbegan: y":   "field 1.1 stands by number and by id",
		"1.1:":               "line 1: there is no value",
		"place: 43":          "field 1.3: ",
		"a: 1\n---\nb: 2":    "more than one document",
		"a: [[[[[[[1]]]]]]]": "nested too deep",
		"answer: nil":        "an answer stands without",
		"a:\n  answer: soon": "line 2: answer \"soon\" is none of",
		"a: {b: [":           "line ",
	} {
		if _, err := f.ReadYAML([]byte(text)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q", text, err, says)
		}
	}
	for text, says := range map[string]string{
		"1.1,a\n1.1,b\n":     "field 1.1 stands 2 times",
		"9.9,a\n":            `line 1: the form has no field "9.9"`,
		"1.1\n":              `line 1: field "1.1" has no value`,
		"1.1,a,b\n":          "line 1: more than field and value",
		"1.3,Z\n":            "field 1.3: ",
		"2.10,x\n2.10.1,y\n": "field 2.10 has a value beside its rows",
		"1.1,\"a\n":          "filled form: ",
	} {
		if _, err := f.ReadCSV([]byte(text)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q", text, err, says)
		}
	}
	// What does not fit is kept, and Check names it by its number.
	v, err := f.ReadYAML([]byte("2.8: many\nnobody: 1"))
	if err != nil {
		t.Fatal(err)
	}
	_, faults := f.Check(v)
	var numbers []string
	for _, x := range faults {
		numbers = append(numbers, x.Number)
	}
	if got := strings.Join(numbers, " "); got != "1.1 1.2 1.3 2.2 2.4 2.7 2.8 " {
		t.Errorf("faults at %q", got)
	}
}

func TestSet(t *testing.T) {
	f := incidentOf(t)
	var v *regime.Values
	for _, one := range [][2]string{{"1.3", "43T FH 58297 90423"}, {"discharge", "12.5"}, {"2.7", "no"}, {"2.8", "[not-applicable]"},
		{"measurements", `[{"at": "2027-03-01T09:00+05:00[Asia/Almaty]", "flow": "1"}]`}} {
		var err error
		if v, err = f.Set(v, one[0], one[1]); err != nil {
			t.Fatal(err)
		}
	}
	if p, ok := v.Points("place"); !ok || p[0].Lat != 43_249_999 {
		t.Errorf("place %v", p)
	}
	if b, ok := v.Bool("persons_hurt"); !ok || b {
		t.Error("no is not false")
	}
	if a, _ := v.Answer("persons_number"); a != regime.NotApplicable {
		t.Errorf("answer %v", a)
	}
	if r, _ := v.Rows("measurements"); len(r) != 1 {
		t.Errorf("rows %v", r)
	}
	if _, err := f.Set(v, "nobody", "1"); err == nil {
		t.Error("an unknown field was set")
	}
}

func FuzzTyped(f *testing.F) {
	f.Add([]byte(incidentYAML))
	f.Add([]byte(incidentCSV))
	form := incidentOf(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, read := range []func([]byte) (*regime.Values, error){form.ReadYAML, form.ReadCSV} {
			v, err := read(b)
			if err != nil {
				if strings.Contains(err.Error(), "\n") {
					t.Fatalf("not one line: %q", err)
				}
				continue
			}
			form.Check(v)
			out, err := v.Bytes()
			if err != nil {
				continue // not UTF-8, or too large
			}
			if _, err := regime.ReadValues(out); err != nil && !strings.Contains(err.Error(), "nested") {
				t.Fatalf("typed, but not read back: %v", err)
			}
		}
	})
}
