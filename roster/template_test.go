package roster

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"detente/internal/canon"
	"detente/party"
)

func TestTemplates(t *testing.T) {
	want := map[string]map[Standing]int{
		"central-asia-5": {Member: 5},
		"cica-28":        {Member: 28, Secretariat: 1, Observer: 15},
		"osce-57":        {Member: 57, Secretariat: 1},
	}
	if names := Templates(); !slices.Equal(names, []string{"central-asia-5", "cica-28", "osce-57"}) {
		t.Fatalf("templates %v", names)
	}
	for name, count := range want {
		t.Run(name, func(t *testing.T) {
			r, err := Template(name)
			if err != nil {
				t.Fatal(err)
			}
			if r.Proposal != Proposed {
				t.Errorf("marked %q", r.Proposal)
			}
			got := map[Standing]int{}
			for _, p := range r.Parties {
				got[p.Standing]++
				checkRow(t, p)
			}
			for s, n := range count {
				if got[s] != n {
					t.Errorf("%d of standing %s where %d belong", got[s], s, n)
				}
			}
			if !strings.Contains(strings.Join(r.Remarks, " "), "alphabetical by English name") {
				t.Error("the order is not explained")
			}
			text, err := templateFiles.ReadFile("templates/" + name + ".json")
			if err != nil {
				t.Fatal(err)
			}
			if again, err := r.DraftBytes(); err != nil || !bytes.Equal(again, text) {
				t.Errorf("the file is not in the layout of DraftBytes: %v", err)
			}
		})
	}
	if _, err := Template("../template"); err == nil {
		t.Error("a template that there is not")
	}
}

func checkRow(t *testing.T, p Party) {
	t.Helper()
	if p.Names["en"] == "" || p.Names["ru"] == "" {
		t.Errorf("%s: a name is missing", p.ID)
	}
	if p.Card != nil || len(p.Endpoints) > 0 {
		t.Errorf("%s: a template has no keys", p.ID)
	}
	state := p.Standing == Member || p.Standing == Observer && p.Code != ""
	if state && len(p.Code) != 2 {
		t.Errorf("%s: code %q is not ISO 3166-1 alpha-2", p.ID, p.Code)
	}
	if p.Standing == Observer && p.Remark == "" {
		t.Errorf("%s: nothing says that it is to be confirmed", p.ID)
	}
}

// TestTemplateOrder: within one standing, states and then organisations, each
// alphabetical by English name.
func TestTemplateOrder(t *testing.T) {
	fold := strings.NewReplacer("ü", "u", "’", "")
	for _, name := range Templates() {
		r, err := Template(name)
		if err != nil {
			t.Fatal(err)
		}
		group := func(p Party) string {
			if p.Standing == Observer && p.Code == "" {
				return "organisation"
			}
			return string(p.Standing)
		}
		for i := 1; i < len(r.Parties); i++ {
			a, b := r.Parties[i-1], r.Parties[i]
			if group(a) == group(b) && fold.Replace(a.Names["en"]) >= fold.Replace(b.Names["en"]) {
				t.Errorf("%s: %s stands before %s", name, a.ID, b.ID)
			}
		}
	}
}

// TestTemplateFacts checks what is common to the templates and a few rows.
func TestTemplateFacts(t *testing.T) {
	codes := map[string]map[string]Party{}
	for _, name := range Templates() {
		r, err := Template(name)
		if err != nil {
			t.Fatal(err)
		}
		codes[name] = map[string]Party{}
		for _, p := range r.Parties {
			if p.Code == "" {
				continue
			}
			if _, twice := codes[name][p.Code]; twice {
				t.Errorf("%s: %s stands twice", name, p.Code)
			}
			codes[name][p.Code] = p
		}
	}
	both := ""
	for _, c := range sortedCodes(codes["osce-57"]) {
		o := codes["osce-57"][c]
		p, in := codes["cica-28"][c]
		if in && (p.ID != o.ID || p.Names["en"] != o.Names["en"] || p.Names["ru"] != o.Names["ru"]) {
			t.Errorf("%s has two forms of its name", c)
		}
		if in && p.Standing == Member {
			both += c + " "
		}
	}
	if both != "AZ KG KZ MN RU TJ TR UZ " {
		t.Errorf("in both: %s", both)
	}
	for _, c := range []string{"KZ", "KG", "TJ", "TM", "UZ"} {
		if _, ok := codes["central-asia-5"][c]; !ok {
			t.Errorf("%s is missing", c)
		}
	}
	if p := codes["cica-28"]["TR"]; p.Names["en"] != "Türkiye" || p.ID != "turkiye" {
		t.Errorf("TR is %+v", p)
	}
	if p := codes["cica-28"]["SA"]; !strings.Contains(p.Remark, "not certain") {
		t.Error("an uncertain fact is not marked")
	}
}

func sortedCodes(m map[string]Party) []string {
	var codes []string
	for c := range m {
		codes = append(codes, c)
	}
	slices.Sort(codes)
	return codes
}

// TestTemplateFillsIn: once each party has its card and the mark is gone, the
// linter has nothing to refuse; before, it names what is missing and no more.
func TestTemplateFillsIn(t *testing.T) {
	for _, name := range Templates() {
		t.Run(name, func(t *testing.T) {
			r, err := Template(name)
			if err != nil {
				t.Fatal(err)
			}
			r.Group, r.Effective = testGroup, canon.FormatTime(start)
			missing := map[string]bool{"proposal": true, "parties": true, "counting, witnesses": true, "custodians": true}
			for _, f := range r.Lint(nil) {
				if f.Severe && !missing[f.Where] {
					t.Errorf("%v", f)
				}
			}
			r.Proposal = ""
			for _, p := range r.Parties {
				k := keysOf(t, string(p.ID))
				if err := r.SetCard(p.ID, k.set.Card(k.next), []string{"https://" + string(p.ID) + ".example:8443"}); err != nil {
					t.Fatal(err)
				}
			}
			for _, f := range r.Lint(nil) {
				t.Errorf("%v", f)
			}
			bytesOf(t, r)
		})
	}
}

func TestTemplateOfTheRegionGoesDown(t *testing.T) {
	r, err := Template("central-asia-5")
	if err != nil {
		t.Fatal(err)
	}
	r.Group, r.Effective, r.Proposal = testGroup, canon.FormatTime(start), ""
	for _, id := range []party.ID{"kazakhstan", "kyrgyzstan", "tajikistan", "uzbekistan"} {
		k := keysOf(t, string(id))
		if err := r.SetCard(id, k.set.Card(k.next), nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.SetNoRecord("turkmenistan"); err != nil {
		t.Fatal(err)
	}
	wantOnly(t, severe(r.Lint(nil)), "custodians")
	r.Custodians = nil
	wantNone(t, severe(r.Lint(nil)))
}

func severe(faults []Fault) []Fault {
	var s []Fault
	for _, f := range faults {
		if f.Severe {
			s = append(s, f)
		}
	}
	return s
}

func wantNone(t *testing.T, faults []Fault) {
	t.Helper()
	if len(faults) > 0 {
		t.Errorf("%v", faults)
	}
}
