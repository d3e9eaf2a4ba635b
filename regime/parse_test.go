package regime_test

import (
	"bytes"
	"io/fs"
	"strings"
	"testing"

	"detente/packs"
	"detente/regime"
)

// shipped are two forms that ship, one of which has every kind of field that a
// notification needs, by id.
func shipped(t testing.TB) map[string]*regime.Form {
	t.Helper()
	all := map[string]*regime.Form{}
	for _, name := range []string{"cica/forms/notification.yaml", "cica/forms/invitation.yaml"} {
		b, err := fs.ReadFile(packs.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := regime.ParseFormYAML(b)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all[f.ID] = f
	}
	return all
}

func form(t testing.TB, id string) *regime.Form {
	t.Helper()
	f, ok := shipped(t)[id]
	if !ok {
		t.Fatalf("no form %s", id)
	}
	return f
}

func example(t testing.TB, name string) *regime.Values {
	t.Helper()
	b, err := fs.ReadFile(packs.FS, name)
	if err != nil {
		t.Fatal(err)
	}
	v, err := regime.ParseValues(b)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return v
}

const (
	brigades  = "cica/examples/two-brigade-exercise.json"
	orchestra = "cica/examples/youth-orchestra.json"
)

func TestExamplesPassTheirForms(t *testing.T) {
	for name, id := range map[string]string{brigades: "cica.notification", orchestra: "cica.invitation"} {
		f := form(t, id)
		v := example(t, name)
		c, faults := f.Check(v)
		for _, fault := range faults {
			t.Errorf("%s: %s %s: %s", name, fault.Number, fault.Field, fault.Text[regime.English])
		}
		if c.IsZero() || c.Form() != f || c.Values() != v {
			t.Errorf("%s: not checked", name)
		}
	}
	names, err := fs.Glob(packs.FS, "*/examples/*.json")
	if err != nil || len(names) != 2 {
		t.Errorf("%d examples, two are checked here: %v", len(names), err)
	}
}

// The fields that the Vienna Document asks for, by id: none may be lost.
func TestNotificationHasTheFieldsOfTheSource(t *testing.T) {
	f := form(t, "cica.notification")
	for id := range strings.FieldsSeq(`designation general_purpose states_involved commanding_level start_date end_date
		troops_total troops_by_state formations battle_tanks acvs atgm_launchers_on_vehicles artillery_100mm
		helicopters_by_category sorties_expected air_mission_purpose aircraft_categories air_command_level
		naval_gunfire other_ship_support naval_command_level landing_troops_total embarkation_points
		troops_transferred divisions tanks_acvs_artillery_transferred arrival_and_concentration_points
		area phases changes_from_calendar related_activities`) {
		field, ok := f.Field(id)
		if !ok {
			t.Errorf("no field %s", id)
			continue
		}
		if field.Source != "VD11 V, 38–46" {
			t.Errorf("%s: source %q", id, field.Source)
		}
	}
	phases, _ := f.Field("phases")
	if len(phases.Columns) != 7 || len(phases.Columns[0].Choices) != 5 {
		t.Errorf("phases have %d columns", len(phases.Columns))
	}
}

func TestParseFormRefuses(t *testing.T) {
	good, err := form(t, "cica.invitation").Bytes()
	if err != nil {
		t.Fatal(err)
	}
	file := func(old, new string) []byte {
		s := strings.Replace(string(good), old, new, 1)
		if s == string(good) {
			t.Fatalf("%q is not in the form", old)
		}
		return []byte(s)
	}
	cases := map[string][]byte{
		"nothing":                  {},
		"too large":                make([]byte, regime.MaxForm+1),
		"not canonical":            file("\n  \"id\"", "\n   \"id\""),
		"unknown key":              file(`"source"`, `"sauce"`),
		"other format":             file("detente.form/v1", "detente.form/v2"),
		"id with capitals":         file("cica.invitation", "Cica.invitation"),
		"edition 0":                file(`"edition": "1"`, `"edition": "0"`),
		"no Russian":               file(`"ru"`+"\n", `"rue"`+"\n"),
		"name without Russian":     file(`"ru": "Место проведения"`, `"ru": " "`),
		"group out of order":       file(`"number": "1"`, `"number": "4"`),
		"field of no group":        file(`"number": "3.3"`, `"number": "4.3"`),
		"numbers out of order":     file(`"number": "1.2"`, `"number": "1.9"`),
		"number repeated":          file(`"number": "1.2"`, `"number": "1.1"`),
		"number with a zero":       file(`"number": "1.2"`, `"number": "1.02"`),
		"id repeated":              file(`"id": "organiser"`, `"id": "title"`),
		"unknown type":             file(`"type": "text"`, `"type": "prose"`),
		"unknown unit":             file(`"unit": "places"`, `"unit": "spots"`),
		"unknown condition":        file(`"required": "never"`, `"required": "if-asked"`),
		"unknown answer":           file(`"not-known-now"`, `"unknown"`),
		"choice without choices":   file(`"type": "string"`, `"type": "choice"`),
		"columns without rows":     file(`"type": "rows"`, `"type": "list"`),
		"choice repeated":          file(`"code": "lodging"`, `"code": "travel"`),
		"rule of an unknown kind":  file(`"kind": "not-before"`, `"kind": "not-beside"`),
		"rule of an unknown field": file(`"field": "end_date"`, `"field": "end"`),
		"rule that does not fit":   file(`"field": "end_date"`, `"field": "title"`),
		"rule into a missing cell": file(`"field": "end_date"`, `"field": "costs.start"`),
	}
	for name, b := range cases {
		if f, err := regime.ParseForm(b); err == nil {
			t.Errorf("%s: accepted as %s", name, f.ID)
		} else if strings.ContainsRune(err.Error(), '\n') {
			t.Errorf("%s: not one line: %v", name, err)
		}
	}
	again, err := regime.ParseForm(good)
	if err != nil {
		t.Fatalf("unaltered: %v", err)
	}
	if b, err := again.Bytes(); err != nil || !bytes.Equal(b, good) {
		t.Errorf("unaltered, but it does not re-encode: %v", err)
	}
}

func FuzzForm(f *testing.F) {
	for _, form := range shipped(f) {
		b, err := form.Bytes()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	empty, err := regime.ReadValues([]byte("{}"))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		form, err := regime.ParseForm(b)
		if err != nil {
			return
		}
		again, err := form.Bytes()
		if err != nil || string(again) != string(b) {
			t.Fatalf("accepted, but re-encodes otherwise: %v", err)
		}
		form.Check(empty)
		form.Describe(regime.Russian)
	})
}
