package provision

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"detente/act"
	"detente/pack"
	"detente/regime"
)

// inspection is chapter IX: three a year received, one from the same state;
// refusals that do not count, five lawful ones a year of at most thirty days.
func inspection() pack.Measure {
	return pack.Measure{ID: "vd.visit", Article: "IX, 107–138", Occasion: pack.Occasion{Starts: "vd.visit"}, Steps: []pack.Step{
		{ID: "main", By: role(pack.RoleAuthor), To: role(pack.RoleAsked), Clock: &pack.Clock{Kind: pack.ClockBefore, Least: "PT36H", Most: "P5D", Anchor: "entry"}},
		{ID: "reply", By: role(pack.RoleAsked), To: role(pack.RoleAuthor), Clock: &pack.Clock{Kind: pack.ClockWithin, Least: "PT24H", Of: pack.OfReceipt}, Answer: "answer",
			Refusals: []pack.Refusal{{Code: "not-available", Title: said("unit not available"), Lawful: true, AtMost: 5, Days: 30, DaysIn: "days", Needs: []string{"days"}},
				{Code: "force-majeure", Title: said("force majeure"), Excuse: true}, {Code: "no", Title: said("no")}}},
	}, Counts: []pack.Count{
		{ID: "received", Title: said("inspections received"), Of: "vd.visit", Scope: []string{"asked"}, Period: pack.PerYear, AtMost: "3", Full: "tell-all", Except: []string{"force-majeure"}},
		{ID: "same", Of: "vd.visit", Scope: []string{"author", "asked"}, Period: pack.PerYear, AtMost: "1"},
		{ID: "evaluation", Of: "vd.visit", When: &pack.When{Field: "kind", Is: []string{"evaluation"}}, Scope: []string{"asked"}, Period: pack.PerYear, Figures: "vd.info", AtMost: "= min(15, ceil(latest.units, 60))"},
	}}
}

// info is the annual exchange: by 15 December, for the next year.
func info() pack.Measure {
	return pack.Measure{ID: "vd.info", Article: "I, 10", Occasion: pack.Occasion{Yearly: &pack.Yearly{Due: "12-15", AsOf: "01-01", AsOfAhead: 1, Ahead: 1, Nil: true, Cycle: "year"}},
		Steps: []pack.Step{{ID: "main", By: role(pack.RoleEach), To: role(pack.RoleOthers), Nil: true, Clock: &pack.Clock{Kind: pack.ClockYearly}}}}
}

func accounts(d *desk, now string) []string {
	var out []string
	for _, a := range d.b.Accounts("", "", Moment{Now: at(now)}) {
		s := fmt.Sprintf("%s %d/%d", a.Key, a.Used, a.Allowed)
		if a.Full {
			s += " full"
		}
		out = append(out, s)
	}
	return out
}

func findings(d *desk, now string) []string {
	out := []string{}
	for _, f := range d.b.Findings(Moment{Now: at(now)}) {
		out = append(out, f.Key)
	}
	return out
}

func TestQuotas(t *testing.T) {
	d := open(t, textOf("vd", inspection(), info()))
	d.file("v1", "2027-02-01", "alatau", "vd.visit", `{"entry":"2027-02-03"}`, to("elbria"))
	d.file("v2", "2027-03-01", "borovia", "vd.visit", `{"entry":"2027-03-03"}`, to("elbria"))
	d.file("v3", "2027-04-01", "cintra", "vd.visit", `{"entry":"2027-04-03"}`, to("elbria"))
	d.file("r3", "2027-04-01T10:00:00Z", "elbria", "vd.visit.reply", `{"answer":"force-majeure"}`, to("cintra"), answers(d, "v3"))
	equal(t, accounts(d, "2027-12-01"), []string{"vd.visit.received/elbria/2027 2/3", "vd.visit.same/alatau|elbria/2027 1/1 full", "vd.visit.same/borovia|elbria/2027 1/1 full", "vd.visit.same/cintra|elbria/2027 0/1"})
	equal(t, d.states(Query{Code: "vd.visit.reply"}, "2027-12-01"), []string{"vd.visit.reply elbria not-recorded", "vd.visit.reply elbria not-recorded", "vd.visit.reply elbria excused"})
	d.file("v4", "2027-05-01", "dovania", "vd.visit", `{"entry":"2027-05-03"}`, to("elbria"))
	equal(t, findings(d, "2027-12-01"), []string{})
	d.file("v5", "2027-06-01", "alatau", "vd.visit", `{"entry":"2027-06-03"}`, to("elbria"))
	equal(t, findings(d, "2027-12-01"), []string{"above/vd.visit.received/elbria/2027", "above/vd.visit.same/alatau|elbria/2027"})
	f := d.b.Findings(Moment{Now: at("2027-12-01")})[0]
	equal(t, d.b.Finding(&f, regime.English), "elbria: inspections received, 2027: 4 counted; the text provides for at most 3.")
	// what was shown by the end of May knows nothing of June
	equal(t, len(d.b.Findings(Moment{Now: at("2027-05-31"), Lodged: at("2027-05-31")})), 0)
	d.file("x5", "2027-06-02", "alatau", "vd.visit", "", life(act.Cancellation), answers(d, "v5"))
	equal(t, findings(d, "2027-12-01"), []string{})
}

// min(15, one for each begun 60 units) by the return that covers the year.
func TestFormulaQuota(t *testing.T) {
	d := open(t, textOf("vd", inspection(), info()))
	visit := `{"entry":"2027-02-03","kind":"evaluation"}`
	d.file("v", "2027-02-01", "alatau", "vd.visit", visit, to("elbria"))
	of := func() string {
		for _, a := range accounts(d, "2027-12-01") {
			if strings.HasPrefix(a, "vd.visit.evaluation") {
				return a
			}
		}
		return ""
	}
	equal(t, of(), "vd.visit.evaluation/elbria/2027 1/-1")
	d.file("i", "2026-12-10", "elbria", "vd.info", `{"year":2027,"units":61}`)
	d.file("j", "2027-12-10", "elbria", "vd.info", `{"year":2028,"units":900}`)
	equal(t, of(), "vd.visit.evaluation/elbria/2027 1/2")
	d.file("c", "2027-01-10", "elbria", "vd.info", `{"units":60}`, life(act.Correction), answers(d, "i"))
	equal(t, of(), "vd.visit.evaluation/elbria/2027 1/1 full")
}

func TestLawfulRefusals(t *testing.T) {
	d := open(t, textOf("vd", inspection()))
	want := []State{LawfullyDeclined, LawfullyDeclined, LawfullyDeclined, LawfullyDeclined, LawfullyDeclined, Declined}
	for i := range 6 {
		v, day := fmt.Sprint("v", i), fmt.Sprintf("2027-0%d-01", i+1)
		d.file(v, day, "alatau", "vd.visit", fmt.Sprintf(`{"entry":"2027-0%d-03"}`, i+1), to("elbria"))
		d.file("r"+v, day+"T10:00:00Z", "elbria", "vd.visit.reply", `{"answer":"not-available","days":6}`, to("alatau"), answers(d, v))
	}
	var got []State
	for _, it := range d.b.Items(Query{Code: "vd.visit.reply"}, Moment{Now: at("2027-12-01")}) {
		got = append(got, it.State)
	}
	equal(t, got, want)
	d.file("v", "2028-01-01", "alatau", "vd.visit", `{"entry":"2028-01-03"}`, to("elbria"))
	d.file("r", "2028-01-01T10:00:00Z", "elbria", "vd.visit.reply", `{"answer":"not-available","days":31}`, to("alatau"), answers(d, "v"))
	it := d.b.Items(Query{Code: "vd.visit.reply", From: at("2028-01-01")}, Moment{Now: at("2028-12-01")})[0]
	equal(t, it.State, Declined) // thirty days in a year
	d.file("w", "2028-02-01", "alatau", "vd.visit", `{"entry":"2028-02-03"}`, to("elbria"))
	d.file("q", "2028-02-01T10:00:00Z", "elbria", "vd.visit.reply", `{"answer":"not-available"}`, to("alatau"), answers(d, "w"))
	it = d.b.Items(Query{Code: "vd.visit.reply", From: at("2028-02-01")}, Moment{Now: at("2028-12-01")})[0]
	equal(t, it.State, Declined) // the text asks for the days
}

// Requests are neither later than 36 hours nor earlier than five days before.
func TestTwoEnds(t *testing.T) {
	for when, want := range map[string]string{
		"2027-02-01T12:00:00Z": "done", "2027-02-01T12:00:01Z": "done-after", "2027-01-29T00:00:00Z": "done", "2027-01-28T23:59:59Z": "done early",
	} {
		d := open(t, textOf("vd", inspection()))
		d.file("v", when, "alatau", "vd.visit", `{"entry":"2027-02-03T00:00+00:00[UTC]"}`, to("elbria"), func(f *Filing) { f.Bounds.NotBefore = f.Bounds.NotAfter })
		it := d.one(Query{Code: "vd.visit"}, "2027-03-01")
		got := string(it.State)
		if slices.ContainsFunc(it.Notes, func(n Note) bool { return n.Key == "early" }) {
			got += " early"
		}
		if got != want {
			t.Errorf("%s: %s, want %s", when, got, want)
		}
	}
}

// limits of chapter VIII.
func limits() pack.Measure {
	above := func(troops string) *pack.When { return &pack.When{Figure: "troops", MoreThan: troops} }
	upTo := func(from, most string) *pack.When {
		return &pack.When{All: []pack.When{{Figure: "troops", MoreThan: from}, {Figure: "troops", AtMost: most}}}
	}
	return pack.Measure{ID: "vd.limit", Article: "VIII, 67–71", Occasion: pack.Occasion{Standing: true}, Counts: []pack.Count{
		{ID: "c1", Of: "vd.notice", When: above("40000"), Scope: []string{"author"}, Period: pack.Per3Years, From: "start", AtMost: "1",
			Gate: []pack.Gate{{Of: "vd.calendar", By: "11-15", Ahead: 2, Same: "name"}}},
		{ID: "c2", Of: "vd.notice", When: upTo("13000", "40000"), Scope: []string{"author"}, Period: pack.PerYear, From: "start", AtMost: "6"},
		{ID: "c4", Of: "vd.notice", When: above("13000"), Scope: []string{"author"}, Period: pack.PerAtOnce, From: "start", To: "end", AtMost: "3"},
	}}
}

func TestLimits(t *testing.T) {
	d := open(t, textOf("vd", notification(), limits()))
	n := 0
	exercise := func(troops int, start, end, name string) {
		n++
		d.file(fmt.Sprint("n", n), "2026-11-01", "alatau", "vd.notice", fmt.Sprintf(`{"troops":%d,"start":%q,"end":%q,"name":%q}`, troops, start, end, name))
	}
	for i := range 7 {
		exercise(14000+i, fmt.Sprintf("2027-0%d-01", i+1), fmt.Sprintf("2027-0%d-10", i+1), "x")
	}
	equal(t, findings(d, "2027-12-31"), []string{"above/vd.limit.c2/alatau/2027"})
	exercise(13000, "2027-08-01", "2027-08-10", "x") // more than 13,000 is meant
	var used []string
	for _, a := range d.b.Accounts("alatau", "", Moment{Now: at("2027-12-31")}) {
		used = append(used, fmt.Sprint(a.Key, " ", len(a.Filings)))
	}
	equal(t, used, []string{"vd.limit.c1/alatau/2025–2027 0", "vd.limit.c2/alatau/2027 7", "vd.limit.c4/alatau 1"})
	for i := range 3 {
		exercise(20000, "2028-05-01", fmt.Sprintf("2028-05-1%d", i), "x")
	}
	equal(t, findings(d, "2028-12-31"), []string{"above/vd.limit.c2/alatau/2027"})
	exercise(20000, "2028-05-10", "2028-05-20", "x") // the day on which the first three end
	equal(t, findings(d, "2028-12-31"), []string{"above/vd.limit.c2/alatau/2027", "above/vd.limit.c4/alatau"})
}

// Above 40,000: once in three calendar years, and announced by 15 November two
// years ahead.
func TestGate(t *testing.T) {
	d := open(t, textOf("vd", notification(), limits()))
	d.file("a", "2028-11-15T23:59:59Z", "alatau", "vd.calendar", `{"name":"North"}`)
	d.file("n", "2030-03-01", "alatau", "vd.notice", `{"troops":40001,"start":"2030-06-01","end":"2030-06-10","name":"North"}`)
	equal(t, findings(d, "2030-12-31"), []string{})
	d.file("m", "2032-03-01", "alatau", "vd.notice", `{"troops":50000,"start":"2032-06-01","end":"2032-06-10","name":"South"}`)
	got := strings.Join(findings(d, "2032-12-31"), " ")
	for _, want := range []string{"above/vd.limit.c1/alatau/2030–2032", "not-announced/vd.limit.c1/alatau/2030–2032/0"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not in %s", want, got)
		}
	}
}

// What judges an account may come after it was looked at, or be taken back.
func TestJudgedLater(t *testing.T) {
	d := open(t, textOf("vd", notification(), limits(), inspection(), info()))
	d.file("n", "2030-03-01", "alatau", "vd.notice", `{"troops":40001,"start":"2030-06-01","end":"2030-06-10","name":"North"}`)
	for _, name := range []string{"v", "w"} {
		d.file(name, "2030-02-01", "alatau", "vd.visit", `{"entry":"2030-02-03","kind":"evaluation"}`, to("elbria"))
	}
	unannounced := "not-announced/vd.limit.c1/alatau/"
	full := "above/vd.visit.evaluation/elbria/2030"
	has := func(key string) bool {
		return slices.ContainsFunc(findings(d, "2030-12-31"), func(k string) bool { return strings.HasPrefix(k, key) })
	}
	equal(t, []bool{has(unannounced), has(full)}, []bool{true, false})
	d.file("a", "2028-11-15", "alatau", "vd.calendar", `{"name":"North"}`)
	d.file("i", "2029-12-10", "elbria", "vd.info", `{"year":2030,"units":60}`)
	equal(t, []bool{has(unannounced), has(full)}, []bool{false, true})
	d.file("x", "2028-11-20", "alatau", "vd.calendar", "", life(act.Withdrawal), answers(d, "a"))
	d.file("j", "2029-12-12", "elbria", "vd.info", `{"units":61}`, life(act.Correction), answers(d, "i"))
	equal(t, []bool{has(unannounced), has(full)}, []bool{true, false})
}

// Ceilings of Moscow 1997, article 5: a joint side, by arm and sector; zero is a
// ceiling too.
func TestCeilings(t *testing.T) {
	m := pack.Measure{ID: "mo.ceilings", Article: "5", Occasion: pack.Occasion{Standing: true}, Ceilings: []pack.Ceiling{
		{Of: "mo.data", Figure: "forces.persons", Where: map[string]string{"arm": "ground", "sector": "east"}, Set: "joint", AtMost: "104400", Unit: "persons"},
		{Of: "mo.data", Figure: "forces.persons", Where: map[string]string{"arm": "air", "sector": "west"}, Set: "joint", AtMost: "0", Unit: "persons"},
	}}
	txt := textOf("mo", m)
	txt.Pack.Head.Sets = []pack.Set{{ID: "joint", Codes: []string{"AA", "BB"}, Joint: true}, {ID: "other", Codes: []string{"CC"}, Joint: true}}
	d := open(t, txt)
	row := func(n int, west int) string {
		return fmt.Sprintf(`{"forces":[{"arm":"ground","sector":"east","persons":%d},{"arm":"air","sector":"west","persons":%d}]}`, n, west)
	}
	d.file("a", "2027-01-01", "alatau", "mo.data", row(60000, 0))
	d.file("b", "2027-01-01", "borovia", "mo.data", row(44400, 0))
	d.file("c", "2027-01-01", "cintra", "mo.data", row(99999, 9))
	equal(t, findings(d, "2027-02-01"), []string{})
	d.file("b2", "2027-01-02", "borovia", "mo.data", row(44401, 1))
	equal(t, findings(d, "2027-02-01"), []string{"ceiling/mo.ceilings/0/", "ceiling/mo.ceilings/1/"})
}

// A ceiling says the figure as it was given, with its unit in the reader's language.
func TestCeilingSaysItsFigure(t *testing.T) {
	m := pack.Measure{ID: "riv.limits", Article: "7", Occasion: pack.Occasion{Standing: true}, Ceilings: []pack.Ceiling{
		{Of: "riv.report", Figure: "above_limit", AtMost: "0", Unit: "million-m3"},
	}}
	txt := textOf("riv", m)
	txt.Pack.Head.Languages = []regime.Lang{regime.English, regime.Russian}
	d := open(t, txt)
	d.file("a", "2027-10-05", "alatau", "riv.report", `{"above_limit":"0.5"}`)
	found := d.b.Findings(Moment{Now: at("2027-11-01")})
	if len(found) != 1 {
		t.Fatalf("%d findings, not 1", len(found))
	}
	for lang, want := range map[regime.Lang]string{
		regime.English: "alatau: “above_limit”: 0.5 million m³ declared; the text provides for at most 0 million m³.",
		regime.Russian: "0,5 млн м³",
	} {
		if said := d.b.Finding(&found[0], lang); !strings.Contains(said, want) {
			t.Errorf("in %s it says %q, not %q", lang, said, want)
		}
	}
}

// sides is a text between a joint side (alatau, borovia) and another one (cintra),
// in two editions: while forces are reduced, and since 2028.
func sides(measures ...pack.Measure) Text {
	txt := textOf("mo", measures...)
	txt.Pack.Head.Sets = []pack.Set{{ID: "joint", Codes: []string{"AA", "BB"}, Joint: true}, {ID: "other", Codes: []string{"CC"}, Joint: true}}
	txt.Pack.Head.Editions = []pack.Edition{
		{ID: "reducing", InForce: []pack.Period{{From: "2011-12-01", Until: "2027-12-31"}}},
		{ID: "reduced", InForce: []pack.Period{{From: "2028-01-01", Set: "joint"}, {From: "2028-01-01", Set: "other"}}},
	}
	return txt
}

// A number of inspections that changes with the edition counts what was filed under
// that edition, by those for whom it is in force.
func TestCountsOfAnEdition(t *testing.T) {
	quota := func(edition, most string) pack.Measure {
		return pack.Measure{ID: "mo.quota", Editions: []string{edition}, Occasion: pack.Occasion{Standing: true},
			Counts: []pack.Count{{ID: "sector", Title: said("inspections"), Of: "mo.visit", Scope: []string{"sector"}, Period: pack.PerYear, AtMost: most}}}
	}
	visit := pack.Measure{ID: "mo.visit", Occasion: pack.Occasion{Starts: "mo.visit"}, Steps: []pack.Step{{ID: "main", By: role(pack.RoleAuthor), To: role(pack.RoleOther)}}}
	d := open(t, sides(quota("reducing", "3"), quota("reduced", "2"), visit))
	for i := range 3 {
		d.file(fmt.Sprint("v", i), fmt.Sprintf("2027-0%d-01", i+1), "cintra", "mo.visit", `{"sector":"east"}`)
	}
	equal(t, accounts(d, "2027-12-01"), []string{"mo.quota.sector/east/2027 3/3 full"})
	equal(t, findings(d, "2027-12-01"), []string{})
	for i := range 3 {
		d.file(fmt.Sprint("w", i), fmt.Sprintf("2028-0%d-01", i+1), "cintra", "mo.visit", `{"sector":"east"}`)
	}
	d.file("x", "2028-05-01", "dovania", "mo.visit", `{"sector":"west"}`) // for whom no edition is in force
	equal(t, accounts(d, "2028-12-01"), []string{"mo.quota.sector/east/2027 3/3 full", "mo.quota.sector/east/2028 3/2 full"})
	equal(t, findings(d, "2028-12-01"), []string{"above/mo.quota.sector/east/2028"})
}

// A ceiling holds while its edition is in force. Of a joint side the returns of one
// turn are added up: what one of its members returned for all is not added to what
// another one returned a year before.
func TestCeilingsOfASide(t *testing.T) {
	limit := pack.Measure{ID: "mo.ceilings", Editions: []string{"reduced"}, Occasion: pack.Occasion{Standing: true},
		Ceilings: []pack.Ceiling{{Of: "mo.data", Figure: "strength", Set: "joint", AtMost: "1000", Unit: "persons"}}}
	data := pack.Measure{ID: "mo.data", Occasion: pack.Occasion{Yearly: &pack.Yearly{Due: "12-15", Ahead: 1, Cycle: "year", Each: "joint"}},
		Steps: []pack.Step{{ID: "main", By: role(pack.RoleEach), To: role(pack.RoleOther), Clock: &pack.Clock{Kind: pack.ClockYearly}}}}
	d := open(t, sides(limit, data))
	d.file("a", "2026-12-01", "alatau", "mo.data", `{"year":2027,"strength":1001}`)
	equal(t, findings(d, "2027-12-31"), []string{})
	equal(t, findings(d, "2028-01-01"), []string{"ceiling/mo.ceilings/0/"})
	d.file("b", "2028-01-02", "borovia", "mo.data", `{"year":2028,"strength":1000}`)
	equal(t, findings(d, "2028-02-01"), []string{})
	d.file("c", "2028-01-03", "alatau", "mo.data", `{"year":2028,"strength":1}`)
	equal(t, findings(d, "2028-02-01"), []string{"ceiling/mo.ceilings/0/"})
}

// A table without a row for a place says that there is nothing there; the row of an
// older return does not stand in for it.
func TestCeilingWithoutARow(t *testing.T) {
	txt := textOf("mo", pack.Measure{ID: "mo.ceilings", Occasion: pack.Occasion{Standing: true}, Ceilings: []pack.Ceiling{
		{Of: "mo.data", Figure: "forces.persons", Where: map[string]string{"sector": "west"}, AtMost: "0", Unit: "persons"}}})
	d := open(t, txt)
	d.file("a", "2027-01-01", "alatau", "mo.data", `{"forces":[{"sector":"west","persons":1}]}`)
	equal(t, findings(d, "2027-02-01"), []string{"ceiling/mo.ceilings/0/alatau"})
	d.file("b", "2028-01-01", "alatau", "mo.data", `{"forces":[{"sector":"east","persons":1}]}`)
	equal(t, findings(d, "2028-02-01"), []string{})
	// a row whose figure is not known says nothing: the older return stands
	d.file("c", "2029-01-01", "alatau", "mo.data", `{"forces":[{"sector":"west","persons":{"answer":"not-known-now"}}]}`)
	equal(t, findings(d, "2029-02-01"), []string{})
	d.file("d", "2029-03-01", "alatau", "mo.data", `{"forces":[{"sector":"west","persons":2}]}`)
	d.file("e", "2029-04-01", "alatau", "mo.data", `{"forces":[{"sector":"west","persons":{"answer":"not-known-now"}}]}`)
	equal(t, findings(d, "2029-05-01"), []string{"ceiling/mo.ceilings/0/alatau"})
}

// A moment does not see what came after it: what was cancelled later counted then.
func TestFindingsOfThen(t *testing.T) {
	d := open(t, textOf("vd", notification(), limits()))
	for i := range 4 {
		d.file(fmt.Sprint("n", i), "2027-01-0"+fmt.Sprint(i+1), "alatau", "vd.notice", `{"troops":14000,"start":"2027-05-01","end":"2027-05-10","name":"x"}`)
	}
	d.file("x", "2027-02-01", "alatau", "vd.notice", "", life(act.Cancellation), answers(d, "n3"))
	equal(t, findings(d, "2027-01-31"), []string{"above/vd.limit.c4/alatau"})
	equal(t, findings(d, "2027-02-02"), []string{})
	equal(t, findings(d, "2027-01-31"), []string{"above/vd.limit.c4/alatau"})
}

// What one member of a joint side refuses is refused for all.
func TestRefusalOfASide(t *testing.T) {
	visit := pack.Measure{ID: "mo.visit", Occasion: pack.Occasion{Starts: "mo.visit"}, Steps: []pack.Step{
		{ID: "main", By: role(pack.RoleAuthor), To: role(pack.RoleOther)},
		{ID: "reply", By: role(pack.RoleOther), To: role(pack.RoleAuthor), After: []pack.Opening{{Step: "main", Was: pack.WasDone}}, Answer: "answer",
			Refusals: []pack.Refusal{{Code: "no", Title: said("no")}}},
	}, Counts: []pack.Count{
		{ID: "made", Title: said("inspections"), Of: "mo.visit", Scope: []string{"author"}, Period: pack.PerYear, AtMost: "3"},
		{ID: "met", Title: said("inspections"), Of: "mo.visit", Scope: []string{"asked"}, Period: pack.PerYear, AtMost: "3"},
	}}
	d := open(t, sides(visit))
	d.file("v", "2027-02-01", "cintra", "mo.visit", `{}`, to("alatau", "borovia"))
	d.file("r", "2027-02-02", "borovia", "mo.visit.reply", `{"answer":"no"}`, to("cintra"), answers(d, "v"))
	equal(t, accounts(d, "2027-12-01"), []string{"mo.visit.made/cintra/2027 0/3", "mo.visit.met/alatau/2027 0/3", "mo.visit.met/borovia/2027 0/3"})
}

// The answers do not depend on the order in which filings arrive, or on how often.
func TestOrderOfArrivalDoesNotMatter(t *testing.T) {
	texts := []Text{textOf("vd", notification(), observation(), unusual(), inspection(), info(), limits())}
	rnd := rand.New(rand.NewPCG(7, 11))
	for range 60 {
		d := open(t, texts...)
		random(d, rnd, 40)
		m := Moment{Now: at("2028-06-01")}
		past := Moment{Now: at("2027-07-01"), Lodged: at("2027-07-01")}
		want := fmt.Sprint(d.b.Items(Query{All: true}, m), d.b.Accounts("", "", m), d.b.Findings(m), d.b.Items(Query{All: true}, past), d.b.Findings(past))
		b, err := New(texts, region())
		if err != nil {
			t.Fatal(err)
		}
		list := append(slices.Clone(d.filed), d.filed[:10]...)
		rnd.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		for i, f := range list {
			if i%3 == 0 { // first without its bounds, its form unread
				g := f
				g.Bounds.NotAfter, g.Bounds.NotBefore, g.Values, g.Unreadable = 0, 0, nil, true
				b.Add(g)
			}
			b.Add(f)
			if i%7 == 0 {
				b.Findings(m)
				b.Items(Query{Open: true}, m)
			}
		}
		got := fmt.Sprint(b.Items(Query{All: true}, m), b.Accounts("", "", m), b.Findings(m), b.Items(Query{All: true}, past), b.Findings(past))
		if got != want {
			t.Fatalf("another order gives another answer:\n%s\n%s", got, want)
		}
		// what is open is a part of all
		open := map[string]bool{}
		for _, it := range b.Items(Query{}, past) {
			if it.State.IsOpen() && (it.Clock.Due == 0 || it.Clock.Due >= past.Now) {
				open[it.Key()] = true
			}
		}
		for _, it := range b.Items(Query{Open: true}, past) {
			delete(open, it.Key())
		}
		if len(open) > 0 {
			t.Fatalf("open, and not listed as open: %v", open)
		}
	}
}

// random files a small world in which much refers to each other.
func random(d *desk, rnd *rand.Rand, n int) {
	who := []string{"alatau", "borovia", "cintra", "dovania", "elbria"}
	codes := []string{"vd.notice", "vd.observation", "vd.observation.reply", "vd.unusual", "vd.unusual.reply", "vd.unusual.meeting", "vd.visit", "vd.visit.reply", "vd.info", "vd.notice.share", "vd.calendar"}
	lives := []act.Life{act.New, act.New, act.New, act.New, act.Update, act.Correction, act.Cancellation, act.Withdrawal, act.IssuedInError}
	for i := range n {
		when := fmt.Sprintf("2027-%02d-%02dT%02d:00:00Z", 1+rnd.IntN(12), 1+rnd.IntN(28), rnd.IntN(24))
		values := fmt.Sprintf(`{"troops":%d,"start":"2027-%02d-01","end":"2027-%02d-20","entry":"2027-%02d-05","answer":%q,"days":%d,"year":2028,"units":%d,"no_notice":%v,"share":{"borovia":%d}}`,
			8000+rnd.IntN(40000), 1+rnd.IntN(12), 1+rnd.IntN(12), 1+rnd.IntN(12), []string{"yes", "not-available", "no", "force-majeure"}[rnd.IntN(4)], rnd.IntN(20), rnd.IntN(300), rnd.IntN(3) == 0, 8990+rnd.IntN(20))
		d.file(fmt.Sprint(i), when, who[rnd.IntN(5)], codes[rnd.IntN(len(codes))], values, func(f *Filing) {
			f.Life = lives[rnd.IntN(len(lives))]
			if i > 0 && (rnd.IntN(2) == 0 || f.Life != act.New) {
				f.Answers = d.filed[rnd.IntN(i)].ID
			}
			if rnd.IntN(6) == 0 {
				f.Kind, f.Life = act.Contested, ""
			}
			if rnd.IntN(8) == 0 {
				f.Faulty = true
			}
			if rnd.IntN(2) == 0 {
				f.To = append(f.To, region().Parties[rnd.IntN(5)].ID)
			}
		})
	}
}
