package roster

import (
	"slices"
	"testing"

	"detente/party"
)

func TestSlot(t *testing.T) {
	r := &Roster{Slots: []Slot{
		{ID: "cica.lead", Value: "P42D"},
		{ID: "cica.lead", Value: "P30D", Between: []party.ID{"alatau", "borovia", "cintra"}},
		{ID: "cica.lead", Value: "P15D", Between: []party.ID{"borovia", "alatau"}},
		{ID: "cica.troops", Value: "9000", Between: []party.ID{"alatau", "borovia"}},
	}}
	for _, c := range []struct {
		id   string
		a, b party.ID
		want string
	}{
		{"cica.lead", "", "", "P42D"},
		{"cica.lead", "alatau", "dovania", "P42D"},
		{"cica.lead", "alatau", "cintra", "P30D"},
		{"cica.lead", "alatau", "borovia", "P15D"},
		{"cica.troops", "borovia", "alatau", "9000"},
		{"cica.troops", "borovia", "cintra", ""},
		{"cica.tanks", "alatau", "borovia", ""},
	} {
		if got, ok := r.Slot(c.id, c.a, c.b); got != c.want || ok != (c.want != "") {
			t.Errorf("Slot(%s, %s, %s) = %q, %v; want %q", c.id, c.a, c.b, got, ok, c.want)
		}
	}
}

// Slots that say how the lines of a group call belong to no text, and the linter
// does not ask for one.
func TestLineSlotsNeedNoText(t *testing.T) {
	r := region(t)
	r.Slots = append(r.Slots, Slot{ID: "line.1.chief", Value: "2m"}, Slot{ID: "lines.of.no.text", Value: "1"})
	var advised []string
	for _, f := range r.Lint(nil) {
		advised = append(advised, f.Where)
	}
	if slices.Contains(advised, "slots, line.1.chief") || !slices.Contains(advised, "slots, lines.of.no.text") {
		t.Errorf("advice on %q", advised)
	}
}
