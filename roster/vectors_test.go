package roster

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"detente/internal/canon"
	"detente/key"
	"detente/party"
)

var update = flag.Bool("update", false, "write the vectors of this package anew")

const vectors = "../spec/vectors/"

// keep writes a vector when -update is given and compares it otherwise.
func keep(t *testing.T, path string, b []byte) {
	t.Helper()
	if *update {
		write(t, path, b)
		return
	}
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, b) {
		t.Errorf("%s differs from what is written now", path)
	}
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// files lists a vector folder by pattern and fails when there are none.
func files(t testing.TB, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(vectors + pattern)
	if err != nil {
		t.Fatal(err)
	}
	paths = slices.DeleteFunc(paths, func(p string) bool { return strings.HasSuffix(p, ".why") })
	if len(paths) == 0 {
		t.Fatalf("no vectors %s", pattern)
	}
	return paths
}

// checkFolder reads every good and bad vector of a folder.
func checkFolder(t *testing.T, folder string, parse func([]byte) ([]byte, error)) {
	t.Helper()
	for _, path := range files(t, folder+"/good-*") {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		again, err := parse(b)
		if err != nil {
			t.Errorf("%s: %v", path, err)
		} else if !bytes.Equal(again, b) {
			t.Errorf("%s: written again it differs", path)
		}
	}
	for _, path := range files(t, folder+"/bad-*") {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parse(b); err == nil {
			t.Errorf("%s: was read", path)
		}
		if why, err := os.ReadFile(path + ".why"); err != nil || len(why) == 0 {
			t.Errorf("%s: nothing says why it is bad: %v", path, err)
		}
	}
}

func reparse(b []byte) ([]byte, error) {
	r, err := Parse(b)
	if err != nil {
		return nil, err
	}
	return r.Bytes()
}

func reparseRotation(b []byte) ([]byte, error) {
	r, err := ParseRotation(b)
	if err != nil {
		return nil, err
	}
	return r.Bytes()
}

func reparseList(b []byte) ([]byte, error) {
	l, err := ParseCosignedList(b)
	if err != nil {
		return nil, err
	}
	return l.Bytes()
}

// bare is a small edition without keys, from which the bad ones are made.
func bare(t *testing.T) *Roster {
	r := withoutRecord(t)
	r.Parties = r.Parties[1:]
	r.Parties[0].Code, r.Parties[0].Posts = "XF", []party.Post{"desk"}
	return r
}

func TestVectorsRoster(t *testing.T) {
	first := region(t)
	for name, r := range map[string]*Roster{
		"region-1": first, "region-2": after(t, first), "private": private(t), "without-record": bare(t),
	} {
		keep(t, vectors+"roster/good-"+name+".json", bytesOf(t, r))
	}
	good := string(bytesOf(t, bare(t)))
	for _, c := range []struct{ name, why, old, new string }{
		{"format", "another version", "roster/v1", "roster/v2"},
		{"group-zero", "the group is zero", testGroup.String(), strings.Repeat("0", 32)},
		{"edition-zero", "editions are numbered from 1", `"edition": 1`, `"edition": 0`},
		{"edition-text", "a number written as text", `"edition": 1`, `"edition": "1"`},
		{"edition-fraction", "a number with decimals", `"edition": 1`, `"edition": 1.0`},
		{"previous", "edition 1 names an edition before it", "sha256:0", "sha256:1"},
		{"second-without-previous", "edition 2 names none before it", `"edition": 1`, `"edition": 2`},
		{"effective", "a time without seconds", "T00:00:00Z", "T00:00Z"},
		{"effective-zone", "a time that is not in UTC", "T00:00:00Z", "T00:00:00+05:00"},
		{"language", "not a language tag", "\"languages\": [\n    \"en\"", "\"languages\": [\n    \"EN\""},
		{"name-control", "a name with a line break", `"Faronia"`, `"Faro\nnia"`},
		{"name-direction", "a name that turns the direction of writing", `"Faronia"`, "\"Faro\u202enia\""},
		{"name-space", "a name that ends with a space", `"Faronia"`, `"Faronia "`},
		{"id", "a party id with a capital letter", `"faronia"`, `"Faronia"`},
		{"standing", "a standing that there is not", `"member"`, `"guest"`},
		{"code", "a code in small letters", `"XF"`, `"xf"`},
		{"endpoint-http", "an endpoint without TLS", `"endpoints": []`, "\"endpoints\": [\n        \"http://a.example:443\"\n      ]"},
		{"endpoint-path", "an endpoint with a path", `"endpoints": []`, "\"endpoints\": [\n        \"https://a.example:443/\"\n      ]"},
		{"witness-unknown", "a counting witness that is no party", `"witnesses": []`, "\"witnesses\": [\n      \"alatau\"\n    ]"},
		{"f-negative", "f below zero", `"f": 0`, `"f": -1`},
		{"adoption", "an adoption rule that there is not", `"adoption": "all"`, `"adoption": "most"`},
		{"courier", "a duration in weeks", `"courier": ""`, `"courier": "2w"`},
		{"retention", "a duration of zero", `"retention": {}`, "\"retention\": {\n    \"notices\": \"0h\"\n  }"},
		{"null-list", "null in place of a list", `"custodians": []`, `"custodians": null`},
		{"remarks-empty", "an empty list where the field is left out", "  \"group\"", "  \"remarks\": [],\n  \"group\""},
		{"proposal-empty", "an empty text where the field is left out", "  \"group\"", "  \"proposal\": \"\",\n  \"group\""},
		{"unknown-field", "a field that there is not", `"boards": false`, "\"boards\": false,\n  \"bench\": false"},
		{"missing-field", "a field is missing", "  \"boards\": false,\n", ""},
		{"field-order", "fields in another order", "  \"courier\": \"\",\n  \"boards\": false,\n", "  \"boards\": false,\n  \"courier\": \"\",\n"},
		{"spacing", "other spacing", `"edition": 1`, `"edition":1`},
		{"escape", "a character escaped that need not be", `"Faronia"`, `"\u0046aronia"`},
		{"no-end", "no newline at the end", "}\n", "}"},
	} {
		bad := strings.Replace(good, c.old, c.new, 1)
		if c.name == "no-end" {
			bad = strings.TrimSuffix(good, "\n")
		}
		if bad == good {
			t.Fatalf("%s: the case does not apply", c.name)
		}
		keep(t, vectors+"roster/bad-"+c.name+".json", []byte(bad))
		keep(t, vectors+"roster/bad-"+c.name+".json.why", []byte(c.why+"\n"))
	}
	for _, c := range []struct {
		name, why string
		spoil     func(r *Roster)
	}{
		{"key-name", "the witness key is named as the mirror key", func(r *Roster) {
			w := keysOf(t, "alatau").set.Witness.Public
			r.Parties[0].Card.Witness = w.WithName(key.CosignerName(r.Parties[0].Card.Origin, key.Mirror)).VerifierLines()
		}},
		{"key-in-two-roles", "the plain record key is also the transport key", func(r *Roster) {
			r.Parties[0].Card.Transport = canon.Digest(ed25519Material(keysOf(t, "alatau").set.Record.Public.Plain))
		}},
		{"next-in-two-roles", "witness and mirror commit to one key", func(r *Roster) {
			r.Parties[0].Card.Next.Mirror = r.Parties[0].Card.Next.Witness
		}},
		{"next-in-use", "the following witness key is the one in use", func(r *Roster) {
			r.Parties[0].Card.Next.Witness = keysOf(t, "alatau").set.Witness.Public.Digest()
		}},
		{"card-of-a-volume", "the card names a further volume", func(r *Roster) { *r.Parties[0].Card = volumeCard(t, "alatau") }},
		{"one-card-twice", "two parties have one card", func(r *Roster) {
			p := r.Parties[0]
			p.ID = "borovia"
			r.Parties = append(r.Parties, p)
		}},
	} {
		r := private(t)
		c.spoil(r)
		b, err := canon.JSON(r.filled())
		if err != nil {
			t.Fatal(err)
		}
		keep(t, vectors+"roster/bad-"+c.name+".json", b)
		keep(t, vectors+"roster/bad-"+c.name+".json.why", []byte(c.why+"\n"))
	}
	checkFolder(t, "roster", reparse)
}

// lintVector is a change to good-region-1.json with the places of its severe faults.
type lintVector struct {
	Name       string              `json:"name"`
	Witnesses  []party.ID          `json:"witnesses"`
	F          int                 `json:"f"`
	K          int                 `json:"k"`
	Custodians []party.ID          `json:"custodians"`
	Control    map[party.ID]string `json:"control"`
	Severe     []string            `json:"severe"`
}

func TestVectorsLint(t *testing.T) {
	all := []party.ID{"alatau", "borovia", "cintra", "dovania", "elbria", "secretariat"}
	two := map[party.ID]string{"alatau": "one", "borovia": "one"}
	cases := []lintVector{
		{Name: "as it is", Witnesses: all, F: 1, K: 3, Custodians: all},
		{Name: "k below f+1", Witnesses: all, F: 2, K: 2, Custodians: all},
		{Name: "k as high as can be", Witnesses: all, F: 1, K: 4},
		{Name: "k too high", Witnesses: all, F: 1, K: 5},
		{Name: "two under one control", Witnesses: all, F: 1, K: 4, Control: two},
		{Name: "two under one control, enough left", Witnesses: all, F: 1, K: 3, Control: two},
		{Name: "two custodians under one control", Witnesses: all, F: 1, K: 3, Custodians: all, Control: two},
		{Name: "five custodians", Witnesses: all, F: 1, K: 3, Custodians: all[:5]},
		{Name: "five custodians, k=2", Witnesses: all, F: 1, K: 2, Custodians: all[:5]},
		{Name: "a witness without a record", Witnesses: append(slices.Clone(all), "faronia"), F: 1, K: 3, Custodians: all},
		{Name: "a custodian without a record", Witnesses: all, F: 1, K: 3, Custodians: append(slices.Clone(all), "faronia")},
		{Name: "nobody counts", F: 0, K: 0},
	}
	for i, c := range cases {
		r := region(t)
		r.Counting = Counting{c.Witnesses, c.F, c.K}
		r.Custodians = c.Custodians
		for j := range r.Parties {
			r.Parties[j].Control = c.Control[r.Parties[j].ID]
		}
		cases[i].Severe = []string{}
		for _, f := range severe(r.Lint(nil)) {
			cases[i].Severe = append(cases[i].Severe, f.Where)
		}
	}
	b, err := json.MarshalIndent(cases, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	keep(t, vectors+"roster/lint.json", append(b, '\n'))
}

func TestVectorsCosigned(t *testing.T) {
	l := NewCosignedList(sample())
	for name, l := range map[string]CosignedList{"some": l, "none": {}, "one": l[:1]} {
		b, err := l.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		keep(t, vectors+"cosigned/good-"+name+".txt", b)
	}
	b, err := l[:2].Bytes()
	if err != nil {
		t.Fatal(err)
	}
	good := string(b)
	lines := strings.SplitAfter(good, "\n")
	for _, c := range []struct{ name, why, text string }{
		{"empty", "not even the first line", ""},
		{"format", "another version", strings.Replace(good, "/v1", "/v2", 1)},
		{"order", "lines that do not go forward", lines[0] + lines[2] + lines[1]},
		{"twice", "a line twice", lines[0] + lines[1] + lines[1]},
		{"no-end", "no newline at the end", strings.TrimSuffix(good, "\n")},
		{"empty-line", "an empty line", good + "\n"},
		{"leading-zero", "a size with a leading zero", strings.Replace(good, " 9 ", " 09 ", 1)},
		{"time-zero", "a time of zero", strings.Replace(good, " 1790000200", " 0", 1)},
		{"root", "a root of three bytes", strings.Replace(good, strings.Fields(lines[1])[2], "AAAA", 1)},
		{"field-missing", "a line without a time", strings.Replace(good, " 1790000200", "", 1)},
		{"carriage-returns", "lines that end in CR LF", strings.ReplaceAll(good, "\n", "\r\n")},
	} {
		if c.text == good {
			t.Fatalf("%s: the case does not apply", c.name)
		}
		keep(t, vectors+"cosigned/bad-"+c.name+".txt", []byte(c.text))
		keep(t, vectors+"cosigned/bad-"+c.name+".txt.why", []byte(c.why+"\n"))
	}
	checkFolder(t, "cosigned", reparseList)
}

// step is a key act of spec/vectors/key-act/index.json, applied in order to
// first-edition.json. Bad ones are refused by the keys although they can be read.
type step struct {
	File    string       `json:"file"`
	Party   party.ID     `json:"party"`
	Origin  party.Origin `json:"origin"`
	Index   int64        `json:"index"`
	Role    key.Role     `json:"role"`
	Refused string       `json:"refused,omitempty"` // why
}

// TestVectorsKeyAct reads the stored vectors; their ML-DSA-44 signatures hold
// randomness, so they are not written anew but verified.
func TestVectorsKeyAct(t *testing.T) {
	folder := vectors + "key-act/"
	if *update {
		writeKeyActs(t, folder)
	}
	b, err := os.ReadFile(folder + "first-edition.json")
	if err != nil {
		t.Fatal(err)
	}
	first, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	b, err = os.ReadFile(folder + "index.json")
	if err != nil {
		t.Fatal(err)
	}
	var steps []step
	if err := json.Unmarshal(b, &steps); err != nil || len(steps) == 0 {
		t.Fatalf("no steps: %v", err)
	}
	k := keysFor(t, first)
	for _, s := range steps {
		payload, err := os.ReadFile(folder + s.File)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseRotation(payload); err != nil {
			t.Errorf("%s: %v", s.File, err)
		}
		err = k.Change(Change{s.Party, s.Origin, s.Index, s.Role, payload})
		if (err != nil) != (s.Refused != "") {
			t.Errorf("%s, refused %q: %v", s.File, s.Refused, err)
		}
	}
	for _, c := range spoiledPayloads() {
		if _, err := os.Stat(folder + "bad-" + c.name + ".txt"); err != nil {
			t.Error(err)
		}
	}
	checkFolder(t, "key-act", reparseRotation)
}

func writeKeyActs(t *testing.T, folder string) {
	t.Helper()
	write(t, folder+"first-edition.json", bytesOf(t, private(t)))
	var steps []step
	add := func(name string, c Change, refused string) {
		s := step{name + ".txt", c.Party, c.Origin, c.Index, c.Role, refused}
		write(t, folder+s.File, c.Payload)
		steps = append(steps, s)
	}
	thief := authorOf(t, "alatau")
	n := *thief.next
	n.Record = keysOf(t, "alatau").set.Record
	thief.next = &n
	add("refused-current-key", thief.rotate(key.Record, 17), "signed by the key in use, which is not the one committed to")
	a := authorOf(t, "alatau")
	moved := a.rotate(key.Record, 17)
	add("good-record", moved, "")
	moved.Index = 18
	add("refused-moved", moved, "the payload names another index")
	steps[len(steps)-1].File = "good-record.txt"
	add("good-witness", a.rotate(key.Witness, 18), "")
	add("good-mirror", a.rotate(key.Mirror, 19), "")
	c, _ := a.batch(key.Sealing, 20, start, start.AddDate(0, 3, 0))
	add("good-sealing", c, "")
	c, _ = a.batch(key.Transport, 21, start)
	add("good-transport", c, "")
	a.volume(2)
	add("good-record-volume-2", a.rotate(key.Record, 1), "")
	b, err := json.MarshalIndent(steps, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	write(t, folder+"index.json", append(b, '\n'))
	if err := os.Remove(folder + "refused-moved.txt"); err != nil {
		t.Fatal(err)
	}
	all := payloads(t)
	for _, c := range spoiledPayloads() {
		write(t, folder+"bad-"+c.name+".txt", []byte(c.replace(string(all[c.role].Payload))))
		write(t, folder+"bad-"+c.name+".txt.why", []byte(c.why+"\n"))
	}
}
