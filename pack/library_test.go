package pack

import (
	"os"
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
	files := small(t)
	first, err := Load(files)
	if err != nil {
		t.Fatal(err)
	}
	files["measures/one.yaml"].Data = []byte(strings.Replace(string(files["measures/one.yaml"].Data), "P14D", "P7D", 1) + "# another one\n")
	second, err := Load(files)
	if err != nil {
		t.Fatal(err)
	}
	at := func(day string) int64 {
		d, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		return d.Unix()
	}
	l := NewLibrary(first, second)
	strange := canon.DigestOf([]byte("elsewhere"))
	l.Adopt(first.Digest(), at("2021-01-01"), at("2023-01-01"))
	l.Adopt(second.Digest(), at("2023-01-01"), 0)
	l.Adopt(strange, at("2026-01-01"), 0)
	for _, c := range []struct {
		day  string
		want *Pack
	}{{"2020-12-31", nil}, {"2021-01-01", first}, {"2022-12-31", first}, {"2023-01-01", second}, {"2024-07-01", nil}, {"2025-01-01", second}} {
		p, m, s, ok := l.Step("small.notice.answer", at(c.day))
		if p != c.want || ok != (c.want != nil) || ok && (m.ID != "small.notice" || s.ID != "answer") {
			t.Errorf("%s: another pack, or another step", c.day)
		}
	}
	if _, _, _, ok := l.Step("small.parade", at("2025-01-01")); ok {
		t.Error("a code that no step has leads to one")
	}
	if packs, missing := l.InForce(at("2026-06-01")); len(packs) != 1 || len(missing) != 1 || missing[0] != strange {
		t.Errorf("%d packs are in force and %v missing", len(packs), missing)
	}
	if p, ok := l.Pack(first.Digest()); !ok || p != first {
		t.Error("a pack that is no longer in force cannot be found by its digest")
	}
}

// The zone travels with the pack: its days begin where the text is at home.
func TestZone(t *testing.T) {
	data, err := os.ReadFile("../condition/testdata/vienna.tzif")
	if err != nil {
		t.Fatal(err)
	}
	files := small(t)
	files["pack.yaml"].Data = []byte(strings.Replace(string(files["pack.yaml"].Data), "id: small\n", "id: small\ntime_zone: Europe/Vienna\n", 1))
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
	files["zones/Europe/Vienna.tzif"].Data = append([]byte("TZif2"), 0)
	wantFault(t, files, "zones/Europe/Vienna.tzif: this is not zone data")
}
