package phrasebook

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"detente/internal/canon"
)

const vectorDir = "../spec/vectors/phrasebook"

func shipped(t testing.TB) *Book {
	t.Helper()
	books, err := Shipped()
	if err != nil || len(books) == 0 {
		t.Fatalf("%d books, %v", len(books), err)
	}
	return books[len(books)-1]
}

// filled are values that fit the blanks of a phrase.
func filled(b *Book, p *Phrase) map[string]string {
	out := map[string]string{}
	for _, s := range b.Blanks(p) {
		switch s.Kind {
		case Place:
			out[s.Name] = "43.258333, 76.95"
		case Time:
			out[s.Name] = "2027-03-01T14:05:00Z"
		case Unit:
			out[s.Name] = "Aral 7"
		case Number:
			out[s.Name] = "3.5"
		case Course:
			out[s.Name] = "047"
		case Choice:
			out[s.Name] = s.Options[0].ID
		}
	}
	return out
}

// Every phrase reads in every language, with every value in it, and the areas that
// lines are for all have phrases. The edition that ships is fixed by its digest:
// another text is another edition.
func TestShipped(t *testing.T) {
	t.Parallel()
	b := shipped(t)
	const want = "sha256:b3b0291d96e53a5579468437f443f25d48a8a784cb869c1a8885e122d37ffbfb"
	if got := b.Digest().String(); b.ID == "standard" && b.Edition == 1 && got != want {
		t.Errorf("the digest of edition 1 is %s; a changed text is a new edition", got)
	}
	for _, chapter := range []string{"hazard", "activity", "border", "sea", "air", "disaster", "water", "test"} {
		n := 0
		for _, p := range b.Phrases {
			if p.Chapter == chapter {
				n++
			}
		}
		if n < 4 {
			t.Errorf("chapter %s has %d phrases", chapter, n)
		}
	}
	for tag, standing := range map[string]Standing{"en": Authentic, "ru": Unofficial, "kk": Unreviewed, "fa": Unreviewed, "zh": Unreviewed} {
		if b.Standing(tag) != standing {
			t.Errorf("%s is %q", tag, b.Standing(tag))
		}
		for i := range b.Phrases {
			p := &b.Phrases[i]
			values := filled(b, p)
			pieces, ok := b.Read(p.ID, tag, values)
			text := Join(pieces)
			if !ok || strings.ContainsAny(text, "{}") {
				t.Errorf("%s in %s: %q", p.ID, tag, text)
			}
			for name, v := range values {
				if s, _ := b.Slot(name); s.Kind != Choice && s.Kind != Time && !strings.Contains(text, v) {
					t.Errorf("%s in %s does not say %s: %q", p.ID, tag, v, text)
				}
			}
		}
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	b := shipped(t)
	values := map[string]string{"place": "43.258333, 76.95", "time": "2027-03-01T14:05:00Z", "unit": "Aral 7", "number": "12", "request": "send-help"}
	for tag, want := range map[string]string{
		"en": "The vessel Aral 7 is in distress at 43.258333, 76.95 at 2027-03-01 14:05 UTC, with 12 persons aboard. Our request: send assistance.",
		"ru": "Судно Aral 7 терпит бедствие в месте 43.258333, 76.95, время 2027-03-01 14:05 UTC, на борту лиц: 12. Наша просьба: направить помощь.",
	} {
		if pieces, ok := b.Read("sea.distress", tag, values); !ok || Join(pieces) != want {
			t.Errorf("%s: %q", tag, Join(pieces))
		}
	}
	if _, ok := b.Read("sea.distress", "xx", values); ok {
		t.Error("it reads in a language that it lacks")
	}
	if s, _ := b.Slot("place"); s.Spell(`43°15'30"N 76°57'00"E`) != "43.258333, 76.95" || s.Spell("  Lake Aral ") != "Lake Aral" {
		t.Errorf("spelled %q", s.Spell(`43°15'30"N 76°57'00"E`))
	}
}

// Every blank that is not filled in as it should be is named at once.
func TestCheck(t *testing.T) {
	t.Parallel()
	b := shipped(t)
	good := map[string]string{"place": "43.258333, 76.95", "time": "2027-03-01T14:05:00Z", "course": "047"}
	if err := b.Check("hazard.spread", good); err != nil {
		t.Fatal(err)
	}
	for slot, values := range map[string][]string{
		"place":  {"", " x", "43°15'30\"N 76°57'00\"E", "a\u202eb", strings.Repeat("x", 101)},
		"time":   {"", "2027-03-01", "2027-03-01T14:05:00+05:00"},
		"course": {"", "47", "360", "+47", "-01", "abc"},
	} {
		for _, v := range values {
			bad := map[string]string{"place": good["place"], "time": good["time"], "course": good["course"], slot: v}
			var faults *FaultsError
			if err := b.Check("hazard.spread", bad); !errors.As(err, &faults) || len(faults.Faults) != 1 || faults.Faults[0].Slot != slot {
				t.Errorf("%s = %q: %v", slot, v, err)
			}
		}
	}
	for _, v := range []string{"", "1,5", "1.", ".5", "01", "1e3", "--1", "1234567890123", "0.1234567"} {
		if checkNumber(v) == nil {
			t.Errorf("%q is a number", v)
		}
	}
	for _, v := range []string{"0", "-3", "12.5", "0.05", "123456789012"} {
		if err := checkNumber(v); err != nil {
			t.Errorf("%q: %v", v, err)
		}
	}
	var faults *FaultsError
	if err := b.Check("sea.distress", map[string]string{"colour": "red"}); !errors.As(err, &faults) || len(faults.Faults) != 6 {
		t.Errorf("%v", err)
	}
	if err := b.Check("sea.none", nil); !errors.Is(err, ErrNoPhrase) {
		t.Errorf("%v", err)
	}
}

// The vectors are a small book and changes of it that are refused.
func TestVectors(t *testing.T) {
	t.Parallel()
	good, err := os.ReadFile(filepath.Join(vectorDir, "good-small.json"))
	if err != nil {
		t.Fatal(err)
	}
	if b, err := Parse(good); err != nil || b.Digest() != canon.DigestOf(good) {
		t.Fatal(err)
	}
	bad, err := filepath.Glob(filepath.Join(vectorDir, "bad-*.json"))
	if err != nil || len(bad) < 10 {
		t.Fatalf("%d vectors, %v", len(bad), err)
	}
	for _, path := range bad {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Parse(text); err == nil {
			t.Errorf("%s is accepted", path)
		} else if bytes.Equal(text, good) {
			t.Errorf("%s is the good one", path)
		}
	}
}

func FuzzParse(f *testing.F) {
	seeds, err := filepath.Glob(filepath.Join(vectorDir, "*.json"))
	if err != nil || len(seeds) == 0 {
		f.Fatalf("no seeds in %s (%v)", vectorDir, err)
	}
	for _, path := range seeds {
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		b, err := Parse(text)
		if err != nil {
			return
		}
		again, err := canon.JSON(b)
		if err != nil || !bytes.Equal(again, text) {
			t.Errorf("%q re-encodes to %q, %v", text, again, err)
		}
		for i := range b.Phrases {
			p := &b.Phrases[i]
			for _, l := range b.Languages {
				if _, ok := b.Read(p.ID, l.Tag, filled(b, p)); !ok {
					t.Errorf("%s does not read in %s", p.ID, l.Tag)
				}
			}
		}
	})
}
