package main

import (
	"bytes"
	"testing"
	"time"

	"detente/control"
)

// On a narrow terminal each row becomes lines of its own; an empty cell none.
func TestNarrowTable(t *testing.T) {
	t.Parallel()
	table := newTable("act", "author", "remark")
	table.row("alatau/1f2e3d4c 1", "alatau", "")
	table.row("borovia/5a6b7c8d 2", "borovia", "suspended")
	var b bytes.Buffer
	table.printNarrow(&app{stdout: &b, env: func(string) string { return "" }}, &b)
	const want = "act     alatau/1f2e3d4c 1\nauthor  alatau\n\nact     borovia/5a6b7c8d 2\nauthor  borovia\nremark  suspended\n"
	if b.String() != want {
		t.Errorf("%q", b.String())
	}
}

// One edition is in force at a time.
func TestStandingOfEditions(t *testing.T) {
	t.Parallel()
	now := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	all := []control.Edition{
		{Edition: 1, Effective: "2026-01-01T00:00:00Z", InForce: true},
		{Edition: 2, Effective: "2026-06-01T00:00:00Z", InForce: true},
		{Edition: 3, Effective: "2026-09-01T00:00:00Z"},
		{Edition: 4, Effective: "2027-03-01T00:00:00Z"},
	}
	for i, want := range []string{"gave way to a later one", "in force", "not in force", "not yet in force"} {
		if got := standing(all, i, now); got != want {
			t.Errorf("edition %d: %s", all[i].Edition, got)
		}
	}
	if got := standing([]control.Edition{{Effective: "2027-03-01T00:00:00Z", InForce: true}}, 0, now); got != "pinned" {
		t.Errorf("a first edition before its moment: %s", got)
	}
}
