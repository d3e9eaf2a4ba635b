package regime_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"detente/regime"
)

func TestValuesWith(t *testing.T) {
	v := example(t, brigades)
	before, err := v.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2027, 8, 1, 23, 59, 0, 0, time.FixedZone("", -3600))
	n, err := v.With("start_date", start)
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := n.Date("start_date"); !ok || got.Format(time.DateOnly) != "2027-08-02" {
		t.Errorf("start %v", got)
	}
	n, err = n.With("troops_total", 14000)
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := n.Int("troops_total"); !ok || got != 14000 {
		t.Errorf("troops %d", got)
	}
	n, err = n.With("battle_tanks", regime.Nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := n.Answer("battle_tanks"); !ok || got != regime.Nil {
		t.Errorf("tanks %q", got)
	}
	if _, err := n.With("designation", 1.5); err == nil {
		t.Error("a float was taken")
	}
	if _, err := n.With("designation", regime.Answer("perhaps")); err == nil {
		t.Error("an unknown answer was taken")
	}
	if after, _ := v.Bytes(); string(after) != string(before) {
		t.Error("With altered the values it was called on")
	}
	if _, ok := n.String("troops_total"); ok {
		t.Error("a figure is no text")
	}
	if n, err := (*regime.Values)(nil).With("a", true); err != nil || !slices.Equal(n.IDs(), []string{"a"}) {
		t.Errorf("with on nothing: %v", err)
	}
}

func TestParseValuesBounds(t *testing.T) {
	large := `{"a": "` + strings.Repeat("x", regime.MaxValues) + `"}`
	if _, err := regime.ReadValues([]byte(large)); err == nil {
		t.Error("too large a form was read")
	}
	v, err := (*regime.Values)(nil).With("a", strings.Repeat("x", regime.MaxValues))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Bytes(); err == nil {
		t.Error("too large a form was written")
	}
	if _, err := regime.ReadValues([]byte(`{"a": [[[[[["deep"]]]]]]}`)); err == nil {
		t.Error("too deep a value was read")
	}
}

func TestApply(t *testing.T) {
	f := form(t, "cica.notification")
	before := example(t, brigades)
	change, err := regime.ReadValues([]byte(`{"end_date": "2027-06-10", "contact_post": "duty-desk", "designation": "Steppe Bridge 2027",
		"troops_total": 13600, "troops_by_state": {"alatau": 12200, "borovia": 1400}, "remarks": {"answer": "nil"}}`))
	if err != nil {
		t.Fatal(err)
	}
	whole, touched, err := f.Apply(before, change)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(touched, " "); got != "1.6 2.1 2.2 6.3 6.5" {
		t.Errorf("touched %q", got)
	}
	if _, faults := f.Check(whole); len(faults) > 0 {
		t.Errorf("the whole: %v", faults)
	}
	if s, _ := whole.String("general_purpose"); s == "" {
		t.Error("what the change does not name was lost")
	}
	if n, _ := before.Int("troops_total"); n != 13200 {
		t.Error("Apply altered what was before")
	}
	if _, touched, err := f.Apply(before, before); err != nil || len(touched) != 0 {
		t.Errorf("no change touches %v, %v", touched, err)
	}
	if _, _, err := f.Apply(before, edit(t, brigades, map[string]string{"zz": "1"})); err == nil {
		t.Error("a field that the form does not have was applied")
	}
}
