package desk_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"detente/desk"
	"detente/line"
)

// Instructions are an admin's to write, hold after a restart, and are chosen by line
// and precedence in the order in which they are written.
func TestInstructions(t *testing.T) {
	h := newHouse(t)
	ann, root := h.officer("ann", []desk.Role{desk.Duty}), h.officer("root", manages)
	if in, err := h.Instructions(h.ctx()); err != nil || in.Chief != "" || len(in.Procedures) != 0 {
		t.Errorf("a new house has %+v, %v", in, err)
	}
	want := desk.Instructions{Chief: "room 4, +999 1", Second: "+999 2", Procedures: []desk.Procedure{
		{Text: "Write the time down."},
		{Line: "capitals", Precedence: line.Immediate, Text: "Wake the interpreter.\nThen answer."},
		{Line: "border.north", Text: "Call the post."},
		{Precedence: line.Urgent, Text: "Look into the file."},
	}}
	if err := h.SetInstructions(h.ctx(), ann, want); !errors.Is(err, desk.ErrRole) {
		t.Errorf("by an officer who is no admin: %v", err)
	}
	if err := h.SetInstructions(h.ctx(), root, want); err != nil {
		t.Fatal(err)
	}
	h.restart()
	got, err := h.Instructions(h.ctx())
	if err != nil || got.Chief != want.Chief || got.Second != want.Second || !slices.Equal(got.Procedures, want.Procedures) {
		t.Errorf("%+v, %v", got, err)
	}
	for _, c := range []struct {
		id   line.ID
		p    line.Precedence
		want []string
	}{
		{"capitals", line.Immediate, []string{"Write the time down.", "Wake the interpreter.\nThen answer."}},
		{"capitals", line.Urgent, []string{"Write the time down.", "Look into the file."}},
		{"border.north", line.Routine, []string{"Write the time down.", "Call the post."}},
	} {
		if all := got.For(c.id, c.p); !slices.Equal(all, c.want) {
			t.Errorf("for %s, %d: %q", c.id, c.p, all)
		}
	}
	for name, bad := range map[string]desk.Instructions{
		"a contact of two lines":     {Chief: "a\nb"},
		"no precedence":              {Procedures: []desk.Procedure{{Precedence: 5, Text: "x"}}},
		"no line":                    {Procedures: []desk.Procedure{{Line: "Capitals", Text: "x"}}},
		"no text":                    {Procedures: []desk.Procedure{{}}},
		"a text that is too long":    {Procedures: []desk.Procedure{{Text: strings.Repeat("x", 4001)}}},
		"two for one line":           {Procedures: []desk.Procedure{{Text: "x"}, {Text: "y"}}},
		"more than a house can need": {Procedures: make([]desk.Procedure, 65)},
		"a character that steers":    {Second: "a\u202eb"},
	} {
		if err := h.SetInstructions(h.ctx(), root, bad); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if got := h.verbs(); got[len(got)-1] != "instructions-set" {
		t.Errorf("trail %v", got)
	}
	h.sound()
}
