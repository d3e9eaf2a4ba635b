package provision

import (
	"fmt"
	"strings"
	"testing"

	"detente/act"
	"detente/condition"
	"detente/pack"
	"detente/party"
	"detente/regime"
)

// What was taken back later stood until then: at each moment that is seen which was
// seen then, whatever came since.
func TestTakenBackLater(t *testing.T) {
	d := open(t, textOf("vd", notification()))
	d.file("n", "2027-08-10", "alatau", "vd.notice", exercise)
	d.file("u", "2027-08-12", "alatau", "vd.notice", `{"start":"2027-11-01"}`, life(act.Update), answers(d, "n"))
	d.file("e", "2027-08-14", "alatau", "vd.notice", "", life(act.IssuedInError), answers(d, "u"), func(f *Filing) { f.Held = at("2027-08-15") })
	old, moved := at("2027-08-20T23:59:59Z"), at("2027-09-20T23:59:59Z")
	for _, x := range []struct {
		m    Moment
		want int64
	}{
		{Moment{Now: at("2027-08-11")}, old},
		{Moment{Now: at("2027-08-13")}, moved},
		{Moment{Now: at("2027-08-16")}, old},
		{Moment{Now: at("2027-08-16"), Lodged: at("2027-08-13")}, moved},
		{Moment{Now: at("2027-08-16"), Lodged: at("2027-08-14")}, old},
		{Moment{Now: at("2027-08-16"), Held: at("2027-08-14T12:00:00Z")}, moved},
		{Moment{Now: at("2027-08-16"), Held: at("2027-08-15")}, old},
	} {
		list := d.b.Items(Query{Code: "vd.notice"}, x.m)
		if len(list) != 1 || list[0].Clock.Due != x.want {
			t.Errorf("at %+v: %+v, due %d belongs there", x.m, list, x.want)
		}
	}
}

// A note of which the register has no fields was sent: what depends on a field is
// not known, and never below a level.
func TestNoteWithoutFields(t *testing.T) {
	note := func(f *Filing) { f.Source, f.Claimed, f.Formless = FromNote, f.Held, true }
	d := open(t, textOf("vd", notification(), info()))
	d.file("n", "2027-08-10", "alatau", "vd.notice", "", note)
	equal(t, d.states(Query{Code: "vd.notice", All: true}, "2027-08-11"), []string{"vd.notice alatau not-judged"})
	equal(t, findings(d, "2027-08-11"), []string{"not-read/alatau 0"})
	f := d.b.Findings(Moment{Now: at("2027-08-11")})[0]
	equal(t, d.b.Finding(&f, regime.English), "A note of alatau was registered without the fields of its form: what depends on them is not known.")
	d.file("i", "2027-12-10", "alatau", "vd.info", "", note)
	it := d.one(Query{Code: "vd.info", Obligor: "alatau", From: at("2027-12-01"), Until: at("2027-12-31")}, "2027-12-12")
	equal(t, it.State, Done)
	equal(t, d.b.Why(&it, regime.English), "Provided for under I, 10; dated 10 December 2027, as the register has it: in time. The register has no fields of its form: what depends on them is not shown in the form.")
}

// Data of another day than the text asks for are named as such; the return stands.
func TestAsOf(t *testing.T) {
	m := info()
	m.Occasion.Yearly.AsOfIn = "valid"
	d := open(t, textOf("vd", m))
	for by, values := range map[string]string{"alatau": `{"year":2028,"valid":"2028-01-01"}`, "borovia": `{"year":2028,"valid":"2027-10-01"}`, "cintra": `{"year":2028}`, "dovania": `{"nil_return":true,"valid":"2027-10-01"}`} {
		d.file(by, "2027-12-10", by, "vd.info", values)
	}
	for _, x := range []struct {
		by   party.ID
		want State
		says string
	}{
		{"alatau", Done, ""}, {"cintra", Done, ""}, {"dovania", NilReturn, ""},
		{"borovia", Done, "Data as of 1 October 2027; the text provides for data as of 1 January 2028."},
	} {
		it := d.one(Query{Code: "vd.info", Obligor: x.by, From: at("2027-12-01"), Until: at("2027-12-31")}, "2027-12-12")
		why := d.b.Why(&it, regime.English)
		if it.State != x.want || strings.Contains(why, "Data as of") != (x.says != "") || !strings.HasSuffix(why, x.says) {
			t.Errorf("%s: %s, %s", x.by, it.State, why)
		}
	}
}

// A least number without a period is asked for as long as the text applies.
func TestLeastEver(t *testing.T) {
	m := pack.Measure{ID: "vd.contact", Occasion: pack.Occasion{Starts: "vd.contact"}, Steps: []pack.Step{{ID: "main", By: role(pack.RoleAuthor), To: role(pack.RoleOthers)}},
		Counts: []pack.Count{{ID: "named", Title: said("a contact point is named"), Of: "vd.contact", Scope: []string{"author"}, Period: pack.PerEver, AtLeast: "1"}}}
	d := open(t, textOf("vd", m))
	equal(t, findings(d, "2011-11-30"), []string{})
	equal(t, len(findings(d, "2027-01-01")), 5)
	d.file("c", "2027-01-02", "alatau", "vd.contact", "{}")
	equal(t, findings(d, "2027-01-03"), []string{"below/vd.contact.named/borovia", "below/vd.contact.named/cintra", "below/vd.contact.named/dovania", "below/vd.contact.named/elbria"})
	f := d.b.Findings(Moment{Now: at("2027-01-03")})[0]
	equal(t, d.b.Finding(&f, regime.English), "borovia: a contact point is named, so far: 0 recorded; the text provides for at least 1.")
	equal(t, len(findings(d, "2027-01-01")), 5) // as of then
}

// Parties are called as the group calls them.
func TestPartiesByName(t *testing.T) {
	g := region()
	g.Parties[0].Names = map[string]string{"en": "Alatau", "ru": "Алатау"}
	g.Parties[1].Names = map[string]string{"en": "Borovia"}
	b, err := New([]Text{textOf("vd", notification())}, g)
	if err != nil {
		t.Fatal(err)
	}
	f := Finding{Kind: Above, Parties: []party.ID{"alatau", "borovia", "cintra"}, Note: Note{Key: "above"}}
	if said := b.Finding(&f, regime.Russian); !strings.HasPrefix(said, "Алатау, Borovia, cintra: ") {
		t.Error(said)
	}
	if said := b.Says(Note{Key: "cancelled", Args: []condition.Arg{{Name: "party", Value: "alatau"}}}, regime.English); said != "Alatau cancelled it" {
		t.Error(said)
	}
	d := &desk{t: t, b: b, names: map[string]ID{}}
	d.file("n", "2027-08-17", "alatau", "vd.notice", exercise, to("cintra"))
	it := d.one(Query{Code: "vd.notice"}, "2027-08-18")
	if why := b.Why(&it, regime.English); !strings.HasSuffix(why, "Not shown to have gone to Borovia, dovania, elbria.") {
		t.Error(why)
	}
}

// Those whom a field names act, but, where the text says so, not the one who filed it.
func TestFieldWithoutAuthor(t *testing.T) {
	for without, want := range map[string][]string{
		"":                 {"vd.plan.word alatau open", "vd.plan.word cintra open"},
		pack.WithoutAuthor: {"vd.plan.word cintra open"},
	} {
		d := open(t, textOf("vd", pack.Measure{ID: "vd.plan", Occasion: pack.Occasion{Starts: "vd.plan"}, Steps: []pack.Step{
			{ID: "main", By: role(pack.RoleAuthor), To: role(pack.RoleOthers)},
			{ID: "word", By: pack.Role{Who: pack.RoleField, Field: "with", Without: without}, To: role(pack.RoleOthers)},
		}}))
		d.file("p", "2027-01-02", "alatau", "vd.plan", `{"with":["cintra","alatau"]}`)
		got := d.states(Query{Code: "vd.plan.word"}, "2027-01-03")
		equal(t, got, want)
	}
}

// Those to whom a filing goes later are asked too, and their clock runs from their
// own receipt of it.
func TestAskedLater(t *testing.T) {
	d := open(t, textOf("vd", unusual()))
	q := Query{Code: "vd.unusual.reply"}
	d.file("q", "2027-03-01T10:00:00Z", "alatau", "vd.unusual", "{}", to("borovia"))
	equal(t, d.states(q, "2027-03-01T11:00:00Z"), []string{"vd.unusual.reply borovia open"})
	d.file("more", "2027-03-02T10:00:00Z", "alatau", "vd.unusual", "{}", to("cintra"), answers(d, "q"))
	d.file("other", "2027-03-02T10:00:00Z", "dovania", "vd.unusual", "{}", to("elbria"), answers(d, "q"))
	equal(t, d.states(q, "2027-03-02T09:00:00Z"), []string{"vd.unusual.reply borovia open"})
	list := d.b.Items(q, Moment{Now: at("2027-03-02T11:00:00Z")})
	var got []string
	for _, it := range list {
		got = append(got, string(it.Obligor)+" "+string(it.State))
	}
	equal(t, got, []string{"borovia open", "cintra open"})
	equal(t, list[0].Clock.Due, at("2027-03-03T10:00:00Z"))
	equal(t, list[1].Clock.Due, at("2027-03-04T10:00:00Z"))
	d.file("gone", "2027-03-02T12:00:00Z", "alatau", "vd.unusual", "", life(act.Withdrawal), answers(d, "more"))
	equal(t, d.states(q, "2027-03-02T13:00:00Z"), []string{"vd.unusual.reply borovia open"})
}

// A count of all together is shown to each to whom the text applies, and a limit of
// one's own also before anything counts.
func TestAccountOfAll(t *testing.T) {
	m := inspection()
	m.Counts = []pack.Count{{ID: "all", Of: "vd.visit", Period: pack.PerYear, AtMost: "9"}, {ID: "of", Of: "vd.visit", Scope: []string{"asked"}, Period: pack.PerYear, AtMost: "3"},
		{ID: "where", Of: "vd.visit", Scope: []string{"area"}, Period: pack.PerYear, AtMost: "3"}}
	d := open(t, textOf("vd", m))
	d.file("v", "2027-03-01", "alatau", "vd.visit", `{"entry":"2027-03-03","area":"north"}`, to("borovia"))
	for id, want := range map[party.ID][]string{
		"borovia": {"vd.visit.all/2027 1/9", "vd.visit.of/borovia/2027 1/3", "vd.visit.where/north/2027 1/3"},
		"cintra":  {"vd.visit.all/2027 1/9", "vd.visit.of/cintra/2027 0/3", "vd.visit.where/north/2027 1/3"},
		"forum":   nil, // it observes
	} {
		var got []string
		for _, a := range d.b.Accounts(id, "", Moment{Now: at("2027-04-01")}) {
			got = append(got, fmt.Sprintf("%s %d/%d", a.Key, a.Used, a.Allowed))
		}
		equal(t, got, want)
	}
}

// An answer that came here long after it was given leaves the question open at the
// moments between.
func TestOpenUntilHeld(t *testing.T) {
	d := open(t, everything()...)
	d.file("q", "2027-03-01T10:00:00Z", "alatau", "vd.talk", "{}", to("borovia"))
	d.file("a", "2027-03-01T11:00:00Z", "borovia", "vd.talk.answer", "{}", to("alatau"), answers(d, "q"), func(f *Filing) { f.Held = at("2027-09-01") })
	q := Query{Open: true, Obligor: "borovia", Measure: "vd.talk"}
	for held, want := range map[string]int{"2027-08-01": 1, "2027-09-01": 0} {
		if got := d.b.Items(q, Moment{Now: at("2027-10-01"), Held: at(held)}); len(got) != want {
			t.Errorf("as held on %s %d are open, %d should be: %+v", held, len(got), want, got)
		}
	}
}
