package desk_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"detente/desk"
)

// A shift is handed over by one officer and taken by another, each in the own
// session, and lists what was open.
func TestShift(t *testing.T) {
	h := newHouse(t)
	ann, bo, cy := h.officer("ann", []desk.Role{desk.Duty}), h.officer("bo", []desk.Role{desk.Duty}), h.officer("cy", []desk.Role{desk.Drafter})
	if _, err := h.TakeShift(h.ctx(), bo); !errors.Is(err, desk.ErrNoShift) {
		t.Errorf("taken before it was handed over: %v", err)
	}
	for name, want := range map[string]error{"ann": desk.ErrSameOfficer, "cy": desk.ErrRole, "nobody": desk.ErrNoOfficer} {
		if _, err := h.HandOver(h.ctx(), ann, name, "", nil); !errors.Is(err, want) {
			t.Errorf("to %s: %v, want %v", name, err, want)
		}
	}
	if _, err := h.HandOver(h.ctx(), cy, "bo", "", nil); !errors.Is(err, desk.ErrRole) {
		t.Errorf("by an officer who is not on duty: %v", err)
	}
	if _, err := h.HandOver(h.ctx(), ann, "bo", "", []string{"two\nlines"}); err == nil {
		t.Error("an item of two lines is kept")
	}
	if _, err := h.HandOver(h.ctx(), ann, "bo", "first", nil); err != nil {
		t.Fatal(err)
	}
	h.clock.pass(time.Minute)
	handed, err := h.HandOver(h.ctx(), ann, "bo", "call back at 06:00", []string{"1 capitals A/1 from borovia"})
	if err != nil {
		t.Fatal(err)
	}
	last, waits, err := h.Shifts(h.ctx())
	if err != nil || last != nil || waits == nil || waits.Remarks != "call back at 06:00" || !slices.Equal(waits.Items, handed.Items) {
		t.Fatalf("last %+v, waits %+v, %v", last, waits, err)
	}
	if _, err := h.TakeShift(h.ctx(), ann); !errors.Is(err, desk.ErrNotYours) {
		t.Errorf("the outgoing officer took it: %v", err)
	}
	h.clock.pass(time.Minute)
	if _, err := h.TakeShift(h.ctx(), bo); err != nil {
		t.Fatal(err)
	}
	last, waits, err = h.Shifts(h.ctx())
	if err != nil || waits != nil || last == nil || last.Taken.Sub(last.Handed) != time.Minute || last.Incoming != "bo" {
		t.Errorf("last %+v, waits %+v, %v", last, waits, err)
	}
	if got := h.verbs()[3:]; !slices.Equal(got[len(got)-3:], []string{"shift-hand-over", "shift-hand-over", "shift-take"}) {
		t.Errorf("trail %v", got)
	}
	h.sound()
}
