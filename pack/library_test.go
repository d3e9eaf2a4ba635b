package pack

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"detente/internal/canon"
)

func TestEditionOn(t *testing.T) {
	h := &Head{Editions: []Edition{
		{ID: "1990", InForce: []Period{{From: "1990-01-01", Until: "1999-12-31"}, {From: "2000-01-01", Until: "2005-06-30", Set: "north"}}},
		{ID: "2000", InForce: []Period{{From: "2000-01-01", Until: "2003-12-31", Set: "south"}, {From: "2005-01-01"}}},
	}}
	of := func(set string) func(string) bool { return func(s string) bool { return s == set } }
	for _, c := range []struct {
		day  string
		in   func(string) bool
		want string
	}{
		{"1989-12-31", nil, ""},
		{"1990-01-01", of("north"), "1990"},
		{"1999-12-31", of("south"), "1990"},
		{"2000-01-01", of("south"), "2000"},
		{"2000-01-01", of("north"), "1990"},
		{"2000-02-29", of("west"), ""},
		{"2004-02-29", of("south"), ""}, // suspended
		{"2004-02-29", of("north"), "1990"},
		{"2004-02-29", nil, "1990"},
		{"2005-01-01", of("north"), "2000"},
		{"2100-01-01", nil, "2000"},
	} {
		e, p, ok := h.EditionOn(c.day, c.in)
		switch {
		case ok != (c.want != ""):
			t.Errorf("%s: in force %v", c.day, ok)
		case ok && (e.ID != c.want || p.From > c.day):
			t.Errorf("%s: edition %s from %s, want %s", c.day, e.ID, p.From, c.want)
		}
	}
}

func TestLibrary(t *testing.T) {
	files, shelf := small(t), fstest.MapFS{"README": {Data: []byte("not a pack")}}
	for name, f := range files {
		shelf["small/"+name] = f
	}
	first, err := Load(files)
	if err != nil {
		t.Fatal(err)
	}
	other := small(t)
	other["measures/one.yaml"].Data = []byte(strings.Replace(string(other["measures/one.yaml"].Data), "P14D", "P7D", 1) + "# another one\n")
	second, err := Load(other)
	if err != nil {
		t.Fatal(err)
	}
	l, err := NewLibrary(shelf)
	if err != nil {
		t.Fatal(err)
	}
	if ids := l.IDs(); !slices.Equal(ids, []string{"small"}) {
		t.Errorf("packs %q ship", ids)
	}
	for _, d := range []canon.Digest{{}, first.Digest()} {
		if p, err := l.Find("small", d); err != nil || p.Digest() != first.Digest() {
			t.Errorf("%s: another pack, or none: %v", d, err)
		}
	}
	for id, d := range map[string]canon.Digest{"small": second.Digest(), "large": {}} {
		if _, err := l.Find(id, d); !errors.Is(err, ErrNotAtHand) {
			t.Errorf("%s %s: %v", id, d, err)
		}
	}
	l.Add(second)
	if p, err := l.Find("small", second.Digest()); err != nil || p != second {
		t.Errorf("what was carried in is not found: %v", err)
	}
	if _, err := l.Find("large", second.Digest()); !errors.Is(err, ErrNotAtHand) {
		t.Errorf("it is found under another id: %v", err)
	}
	if f, err := l.Form("small.notice"); err != nil || f.ID != "small.notice" {
		t.Errorf("the form of a step: %v", err)
	}
	for _, code := range []string{"small.parade", "large.notice", "small", ""} {
		if _, err := l.Form(code); err == nil {
			t.Errorf("%q leads to a form", code)
		}
	}
}

// The zone travels with the pack: its days begin where the text is at home.
func TestZone(t *testing.T) {
	data, err := os.ReadFile("../condition/testdata/vienna.tzif")
	if err != nil {
		t.Fatal(err)
	}
	files := small(t)
	files["pack.yaml"].Data = []byte(strings.Replace(string(files["pack.yaml"].Data), "id: small\n", "id: small\ntime_zone: Europe/Vienna\nzone_data: 2025c\n", 1))
	files["zones/Europe/Vienna.tzif"] = &fstest.MapFile{Data: data}
	p, err := Load(files)
	if err != nil {
		t.Fatal(err)
	}
	if day := p.Day(time.Date(2027, 7, 1, 22, 0, 0, 0, time.UTC).Unix()); day != "2027-07-02" {
		t.Errorf("22:00 UTC in summer is on %s", day)
	}
	again, err := Parse(p.Bytes())
	if err != nil || again.Digest() != p.Digest() {
		t.Errorf("as one file it is another pack: %v", err)
	}
	files["zones/Europe/Paris.tzif"] = &fstest.MapFile{Data: data}
	wantFault(t, files, "zones/Europe/Paris.tzif: no time_zone names it")
	delete(files, "zones/Europe/Paris.tzif")
	files["zones/Europe/Vienna.tzif"].Data = append([]byte("TZif2"), 0)
	wantFault(t, files, "zones/Europe/Vienna.tzif: this is not zone data")
}
