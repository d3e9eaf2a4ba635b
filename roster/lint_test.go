package roster

import (
	"testing"
	"time"

	"detente/internal/canon"
	"detente/party"
)

func TestLintPasses(t *testing.T) {
	one := region(t)
	big := region(t)
	big.Counting.K = 2
	for name, c := range map[string]struct{ r, prev *Roster }{
		"region":           {one, nil},
		"region with k=2":  {big, nil},
		"private":          {private(t), nil},
		"second edition":   {after(t, one), one},
		"private, second":  {after(t, private(t)), private(t)},
		"one and a member": {withoutRecord(t), nil},
	} {
		if faults := c.r.Lint(c.prev); len(faults) > 0 {
			t.Errorf("%s: %v", name, faults)
		}
	}
}

// withoutRecord is a private register with a second party that has no record.
func withoutRecord(t *testing.T) *Roster {
	r := private(t)
	r.Parties = append(r.Parties, Party{ID: "faronia", Standing: Member, Names: map[string]string{"en": "Faronia"}})
	return r
}

// TestLint sees every rule fail once, and nothing else with it.
func TestLint(t *testing.T) {
	cases := []struct {
		name   string
		where  string
		severe bool
		spoil  func(r *Roster)
	}{
		{"a bound", "parties, faronia", true, func(r *Roster) { r.Parties[6].Code = "f" }},
		{"no group", "group", true, func(r *Roster) { r.Group = party.Group{} }},
		{"still a proposal", "proposal", true, func(r *Roster) { r.Proposal = Proposed }},
		{"too early", "effective", true, func(r *Roster) { r.Effective = "1999-12-31T23:59:59Z" }},
		{"too late", "effective", true, func(r *Roster) { r.Effective = "2200-01-01T00:00:00Z" }},
		{"k below f+1", "counting", true, func(r *Roster) { r.Counting.K = 1 }},
		{"too few witnesses", "counting", true, func(r *Roster) { r.Counting.Witnesses = r.Counting.Witnesses[:4]; r.Counting.F = 1; r.Counting.K = 3 }},
		{"witness without a record", "counting, witnesses", true, func(r *Roster) { r.Counting.Witnesses = append(r.Counting.Witnesses, "faronia") }},
		{"custodian without a record", "custodians", true, func(r *Roster) { r.Custodians = append(r.Custodians, "faronia") }},
		{"too few custodians", "custodians", true, func(r *Roster) { r.Custodians = r.Custodians[:5] }},
		{"no custodians", "custodians", false, func(r *Roster) { r.Custodians = nil }},
		{"f is zero", "counting", false, func(r *Roster) { r.Counting.F = 0 }},
		{"outsider that does not count", "parties, secretariat", false, func(r *Roster) {
			r.Parties[5].Standing = WitnessOnly
			r.Counting.Witnesses = r.Counting.Witnesses[:5]
		}},
		{"group without a name", "names", true, func(r *Roster) {
			r.Languages = []string{"en", "ru"}
			for i := range r.Parties {
				r.Parties[i].Names["ru"] = "Имя " + string(r.Parties[i].ID)
			}
		}},
		{"party without a name", "parties, cintra", false, func(r *Roster) { r.Parties[2].Names = map[string]string{"fr": "Cintra"} }},
		{"one name twice", "parties, cintra", false, func(r *Roster) { r.Parties[2].Names["en"] = "Alatau" }},
		{"one code twice", "parties, cintra", false, func(r *Roster) { r.Parties[0].Code = "XA"; r.Parties[2].Code = "XA" }},
		{"one endpoint twice", "parties, cintra", true, func(r *Roster) { r.Parties[2].Endpoints = r.Parties[0].Endpoints }},
		{"endpoint without a record", "parties, faronia", false, func(r *Roster) { r.Parties[6].Endpoints = []string{"https://a:1"} }},
		{"common control of two", "parties, faronia", false, func(r *Roster) { r.Parties[6].Control = "x"; r.Parties[5].Control = "x" }},
		{"courier not agreed", "parties, cintra", false, func(r *Roster) { r.Parties[2].Endpoints = nil; r.Courier = "" }},
		{"courier too slow", "courier", false, func(r *Roster) { r.Courier = "2000h" }},
		{"slot of no text", "slots, cica.2.1.1d.lead", false, func(r *Roster) { r.Packs = nil; r.Slots = r.Slots[:1] }},
		{"edition before not at hand", "previous", false, func(r *Roster) { r.Edition = 2; r.Previous[0] = 1 }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := region(t)
			c.spoil(r)
			faults := r.Lint(nil)
			if len(faults) != 1 || faults[0].Where != c.where || faults[0].Severe != c.severe {
				t.Fatalf("want one fault at %q, severe %t; got %v", c.where, c.severe, faults)
			}
			if faults[0].What == "" || faults[0].Do == "" {
				t.Errorf("a fault says what is wrong and what to do: %v", faults[0])
			}
			if Refused(faults) != c.severe {
				t.Error("Refused tells otherwise")
			}
		})
	}
}

func TestLintNobodyAdopts(t *testing.T) {
	r := private(t)
	r.Parties[0].Standing = Observer
	wantOnly(t, r.Lint(nil), "adoption")
	r = private(t)
	r.Parties[0].Card, r.Parties[0].Endpoints = nil, nil
	if faults := r.Lint(nil); !Refused(faults) || faults[0].Where != "parties" {
		t.Errorf("no record at all: %v", faults)
	}
}

// TestCommonControlCountsOnce: two of six under one control leave five units,
// of which an author under that control takes one.
func TestCommonControlCountsOnce(t *testing.T) {
	r := region(t)
	r.Counting.K = 4 // 6-1 = 5 ≥ 4+1
	r.Custodians = nil
	if Refused(r.Lint(nil)) {
		t.Fatalf("six independent witnesses: %v", r.Lint(nil))
	}
	r.Parties[0].Control, r.Parties[1].Control = "one", "one"
	severe := 0
	for _, f := range r.Lint(nil) {
		if f.Severe {
			severe++
			if f.Where != "counting" {
				t.Errorf("%v", f)
			}
		}
	}
	if severe != 1 {
		t.Errorf("two under one control counted twice: %v", r.Lint(nil))
	}
	// An author outside of W but under control with one in it takes that one away.
	s := region(t)
	s.Custodians = nil
	s.Counting.Witnesses = s.Counting.Witnesses[:4]
	s.Counting.K = 2 // 3 ≥ 2+1
	if Refused(s.Lint(nil)) {
		t.Fatalf("%v", s.Lint(nil))
	}
	s.Counting.Witnesses = s.Counting.Witnesses[:3]
	s.Parties = s.Parties[:5]
	if !Refused(s.Lint(nil)) {
		t.Error("2 witnesses passed for k+f = 3")
	}
}

func TestFollows(t *testing.T) {
	first := region(t)
	cases := []struct {
		name, where string
		spoil       func(r *Roster)
	}{
		{"another group", "group", func(r *Roster) { r.Group[1] = 1 }},
		{"a number left out", "edition", func(r *Roster) { r.Edition = 3 }},
		{"another edition before", "previous", func(r *Roster) { r.Previous[0] ^= 1 }},
		{"no later moment", "effective", func(r *Roster) { r.Effective = first.Effective }},
		{"another card for the record", "parties, alatau", func(r *Roster) { r.Parties[0].Card.Next.Record[0] ^= 1 }},
		{"another's record", "parties, zemlia", func(r *Roster) { r.Parties[0].ID = "zemlia"; rename(r, "alatau", "zemlia") }},
		{"an old key in a new record", "parties, alatau", func(r *Roster) {
			old := r.Parties[0].Card.Sealing
			k := keysOf(t, "alatau-new")
			card := k.set.Card(k.next)
			card.Sealing = old
			r.Parties[0].Card = &card
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := after(t, first)
			c.spoil(r)
			wantOnly(t, r.Lint(first), c.where)
			k, err := NewKeys(first)
			if err != nil {
				t.Fatal(err)
			}
			if err := k.Adopt(r); err == nil {
				t.Error("was adopted")
			}
			if k.Current() != first {
				t.Error("a refused edition left a trace")
			}
		})
	}
}

func rename(r *Roster, from, to party.ID) {
	all := [][]party.ID{r.Counting.Witnesses, r.Custodians}
	for _, s := range r.Slots {
		all = append(all, s.Between)
	}
	for _, ids := range all {
		for i := range ids {
			if ids[i] == from {
				ids[i] = to
			}
		}
	}
}

func wantOnly(t *testing.T, faults []Fault, where string) {
	t.Helper()
	if len(faults) != 1 || faults[0].Where != where || !faults[0].Severe {
		t.Errorf("want one severe fault at %q, got %v", where, faults)
	}
}

func TestAdoption(t *testing.T) {
	first := region(t)
	all := []party.ID{"alatau", "borovia", "cintra", "dovania", "elbria", "secretariat"}
	if got := Required(first); !equal(got, all) {
		t.Errorf("required: %v", got)
	}
	members := region(t)
	members.Adoption = AdoptionMembers
	if got := Required(members); !equal(got, all[:5]) {
		t.Errorf("required of members: %v", got)
	}
	if got := Required(private(t)); !equal(got, all[:1]) {
		t.Errorf("required of one: %v", got)
	}
	effective, err := canon.ParseTime(first.Effective)
	if err != nil {
		t.Fatal(err)
	}
	adopted := map[party.ID]time.Time{}
	for i, id := range all {
		adopted[id] = effective.Add(-time.Duration(i) * time.Hour) // the first in the very second
	}
	if !first.InForce(nil, adopted) {
		t.Error("adopted by all in time, not in force")
	}
	second := after(t, first)
	second.Parties = append(second.Parties, member(t, "gardenia", "Gardenia"))
	if second.InForce(nil, adopted) || first.InForce(first, adopted) {
		t.Error("edition 1 alone has none before it")
	}
	if !second.InForce(first, adopted) {
		t.Error("who joins by an edition is not required for it")
	}
	adopted["alatau"] = effective.Add(time.Second)
	if first.InForce(nil, adopted) {
		t.Error("an adoption a second late counted")
	}
	delete(adopted, "dovania")
	if got := first.Missing(nil, adopted); !equal(got, []party.ID{"alatau", "dovania"}) {
		t.Errorf("missing: %v", got)
	}
	nobody := private(t)
	nobody.Parties[0].Standing = Observer
	if nobody.InForce(nil, adopted) {
		t.Error("an edition that nobody adopts is in force")
	}
}

func equal(a, b []party.ID) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
