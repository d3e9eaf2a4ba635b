package clarification

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"detente/party"
)

var update = flag.Bool("update", false, "write what is missing in spec/vectors/clarification; delete a file to have it written anew")

const vectorDir = "../spec/vectors/clarification"

func account(parties []party.ID, points ...Point) *Account {
	return &Account{Parties: parties, Points: points}
}

func fact(text string, s Stance) Point { return Point{Fact, "en", text, s} }

// two are the parties of the matter.
var two = []party.ID{"alatau", "borovia"}

// What all agree on in the same words stands apart from what one says, and the last
// word of each party counts.
func TestTable(t *testing.T) {
	t.Parallel()
	three := []party.ID{"alatau", "borovia", "cintra"}
	joint := Point{Joint, "en", "The parties regret the incident.", Agrees}
	filed := []Filed{
		{"alatau", account(two, fact("Shots were heard.", Agrees), fact("They came from the north.", Agrees), fact("Two were hurt.", Agrees), joint)},
		{"borovia", account(two, fact("Shots were heard.", Agrees), fact("They came from the north.", Disputes), fact("Two were hurt.", NotKnown), joint)},
		{"cintra", account(two, fact("Shots were heard.", Disputes))}, // not a party of it
		{"alatau", account(three, fact("Another matter.", Agrees))},   // another matter
		{"alatau", account(two, fact("It was raining.", Agrees))},
		{"alatau", account(two, fact("It was raining.", Silent))},
		{"borovia", account(two, fact("Shots were heard!", Agrees))}, // other words are another point
	}
	want := map[string]Finding{
		"Shots were heard.": AgreedOn, "They came from the north.": Disputed, "Two were hurt.": Claimed,
		"The parties regret the incident.": AgreedOn, "It was raining.": Dropped, "Shots were heard!": Claimed,
	}
	rows := Table(two, filed)
	if len(rows) != len(want) || rows[0].Point.Text != "Shots were heard." {
		t.Fatalf("%+v", rows)
	}
	for _, r := range rows {
		if r.Finding != want[r.Point.Text] || r.Stances["cintra"] != "" || r.Point.Stance != "" {
			t.Errorf("%q is %s, by %v", r.Point.Text, r.Finding, r.Stances)
		}
	}
	filed = append(filed, Filed{"borovia", account(two, Point{Joint, "en", joint.Text, Disputes})})
	if r := Table(two, filed)[3]; r.Finding != Disputed {
		t.Errorf("a joint text that one side declines is %s", r.Finding)
	}
	if got := Matters(filed); len(got) != 2 || len(got[0]) != 2 {
		t.Errorf("matters %v", got)
	}
	p, err := Find(rows, Name(&rows[1].Point)[:8])
	if err != nil || p.Text != "They came from the north." {
		t.Errorf("%+v, %v", p, err)
	}
	for _, digits := range []string{"", "zz"} {
		if _, err := Find(rows, digits); !errors.Is(err, ErrNoPoint) {
			t.Errorf("%q finds a point", digits)
		}
	}
}

func TestFits(t *testing.T) {
	t.Parallel()
	a := account(two, fact("x", Agrees))
	if err := a.Fits("alatau", []party.ID{"borovia", "cintra"}); err != nil {
		t.Errorf("with a third party that offers its good offices: %v", err)
	}
	if a.Fits("cintra", two) == nil || a.Fits("alatau", []party.ID{"cintra"}) == nil {
		t.Error("an account of a stranger, or one that a party does not get, fits")
	}
}

func vectors(t *testing.T) map[string][2]string {
	t.Helper()
	b, err := account(two, fact("Shots were heard.\nThey ended at dusk.", Agrees), Point{Joint, "en", "The parties regret the incident.", Agrees}).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	good := string(b)
	swap := func(old, with string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("the vector has no %s", old)
		}
		return strings.Replace(good, old, with, 1)
	}
	return map[string][2]string{
		"good-both.json":     {good, ""},
		"bad-version.json":   {swap("account/v1", "account/v2"), "a version that is not known"},
		"bad-one-party.json": {swap(",\n    \"borovia\"", ""), "a matter has two parties at least"},
		"bad-order.json":     {swap("\"alatau\"", "\"cintra\""), "parties stand in alphabetical order"},
		"bad-kind.json":      {swap("\"fact\"", "\"claim\""), "a kind that does not exist"},
		"bad-stance.json":    {swap("\"agrees\"", "\"insists\""), "a stance that does not exist"},
		"bad-language.json":  {swap("\"en\"", "\"e_n\""), "no language tag"},
		"bad-steers.json":    {swap("Shots were", "Shots\u202e were"), "a character that sets the direction of writing"},
		"bad-space.json":     {swap("dusk.", "dusk. "), "a text does not end with a space"},
		"bad-twice.json":     {swap("\"joint\",\n      \"language\": \"en\",\n      \"text\": \"The parties regret the incident.\"", "\"fact\",\n      \"language\": \"en\",\n      \"text\": \"Shots were heard.\\nThey ended at dusk.\""), "a point stands once"},
		"bad-spacing.json":   {swap("  \"parties\"", " \"parties\""), "other spacing than that of canonical JSON"},
	}
}

func TestVectors(t *testing.T) {
	t.Parallel()
	for name, v := range vectors(t) {
		path := filepath.Join(vectorDir, name)
		if _, err := os.Stat(path); *update && err != nil {
			if err := os.WriteFile(path, []byte(v[0]), 0o644); err != nil {
				t.Fatal(err)
			}
			if v[1] != "" {
				if err := os.WriteFile(strings.TrimSuffix(path, ".json")+".why", []byte(v[1]+"\n"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
		b, err := os.ReadFile(path)
		if err != nil || string(b) != v[0] {
			t.Errorf("%s is not what this program writes, %v", name, err)
		}
		a, err := Parse(b)
		if good := strings.HasPrefix(name, "good-"); good != (err == nil) {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil {
			if again, err := a.Bytes(); err != nil || !bytes.Equal(again, b) {
				t.Errorf("%s is written as %q, %v", name, again, err)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	files, err := filepath.Glob(filepath.Join(vectorDir, "*.json"))
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds in %s (%v)", vectorDir, err)
	}
	for _, path := range files {
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := Parse(b)
		if err != nil {
			return
		}
		if again, err := a.Bytes(); err != nil || !bytes.Equal(again, b) {
			t.Errorf("%q re-encodes to %q, %v", b, again, err)
		}
		for _, r := range Table(a.Parties, []Filed{{a.Parties[0], a}}) {
			if r.Finding == AgreedOn {
				t.Errorf("one party alone agrees with itself: %+v", r)
			}
		}
	})
}
