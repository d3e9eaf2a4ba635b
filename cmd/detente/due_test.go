package main

import (
	"testing"

	"detente/control"
)

// A moment is shown as one, on whatever second it falls; a day as a day.
func TestDueWords(t *testing.T) {
	for want, it := range map[string]control.Item{
		"–":                    {},
		"2027-11-15":           {Due: "2027-11-15T18:59:59Z", Day: "2027-11-15"},
		"2027-03-01T12:30:59Z": {Due: "2027-03-01T12:30:59Z"},
		"2027-03-01T22:30:00Z": {Due: "2027-03-01T22:30:00Z"},
	} {
		if got := dueWords(&it); got != want {
			t.Errorf("%s is shown as %s", it.Due, got)
		}
		d := control.Due{Own: []control.Item{it}}
		if e := d.Dates("")[0]; it.Due != "" && (e.Day != "") != (it.Day != "") {
			t.Errorf("%s is in the calendar as %+v", it.Due, e)
		}
	}
}
