package provision

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"detente/act"
	"detente/pack"
	"detente/party"
	"detente/regime"
)

// Returns by 15 December for the next year; a nil return is a return.
func TestYearly(t *testing.T) {
	d := open(t, textOf("vd", info()))
	q := Query{Measure: "vd.info", From: at("2027-12-01"), Until: at("2028-01-01")}
	equal(t, d.states(q, "2027-11-01"), []string{"vd.info alatau not-due", "vd.info borovia not-due", "vd.info cintra not-due", "vd.info dovania not-due", "vd.info elbria not-due"})
	equal(t, d.states(q, "2027-12-02")[0], "vd.info alatau due-soon")
	d.file("a", "2027-12-15T23:59:59Z", "alatau", "vd.info", `{"year":2028}`)
	d.file("b", "2027-12-16T00:00:01Z", "borovia", "vd.info", `{"year":2028}`, func(f *Filing) { f.Bounds.NotBefore = f.Bounds.NotAfter })
	d.file("c", "2027-12-10", "cintra", "vd.info", `{"nil_return":true}`)
	d.file("e", "2027-02-10", "dovania", "vd.info", `{"year":2027}`) // of the year before
	equal(t, d.states(q, "2027-12-31"), []string{"vd.info alatau done", "vd.info borovia done-after", "vd.info cintra nil-return", "vd.info dovania not-recorded", "vd.info elbria not-recorded"})
	equal(t, d.one(Query{Measure: "vd.info", Obligor: "cintra", From: at("2027-12-01"), Until: at("2028-01-01")}, "2027-12-31").Occasion, "2028")
	// as it was shown by the 15th
	list := d.b.Items(q, Moment{Now: at("2027-12-31"), Lodged: at("2027-12-15")})
	equal(t, list[0].State, NotRecorded)
}

// A later step looks at the return that opened the turn: the fields that its
// condition and its clock name are kept of it, also where nothing else reads them.
func TestLaterStepOfATurn(t *testing.T) {
	m := info()
	m.Steps = append(m.Steps, pack.Step{ID: "access", By: role(pack.RoleAuthor), To: role(pack.RoleOthers), After: []pack.Opening{{Step: "main", Was: pack.WasDone}},
		When: &pack.When{Field: "held", Is: []string{"true"}}, Clock: &pack.Clock{Kind: pack.ClockAfter, Least: "P3M", Anchor: "as_of"}})
	d := open(t, textOf("vd", m))
	d.file("a", "2027-12-10", "alatau", "vd.info", `{"year":2028,"held":true,"as_of":"2027-11-30"}`)
	it := d.one(Query{Code: "vd.info.access"}, "2027-12-31")
	equal(t, it.State, NotDue)
	equal(t, it.Clock.Due, at("2028-02-29T23:59:59Z"))
	d.file("b", "2027-12-11", "borovia", "vd.info", `{"year":2028,"held":false}`)
	d.one(Query{Code: "vd.info.access"}, "2027-12-31")
}

// What comes back every half year, and every week.
func TestEvery(t *testing.T) {
	for period, want := range map[string]int{"P6M": 2, "P1W": 53} {
		d := open(t, textOf("un", pack.Measure{ID: "un.ping", Occasion: pack.Occasion{Every: &pack.Every{Period: period, Since: "2024-06-10", Each: ""}},
			Steps: []pack.Step{{ID: "main", By: role(pack.RoleEach), To: role(pack.RoleOthers), Clock: &pack.Clock{Kind: pack.ClockYearly}}}}))
		got := d.b.Items(Query{Obligor: "alatau", From: at("2027-01-01"), Until: at("2028-01-01")}, Moment{Now: at("2027-01-01")})
		if n := len(got); n < want-1 || n > want {
			t.Errorf("%s: %d turns in a year", period, n)
		}
	}
}

// Old events are judged by the rules of their day; in a suspension nothing is due.
func TestEditions(t *testing.T) {
	old, now := info(), info()
	old.Editions, now.Editions = []string{"1999"}, []string{"2011"}
	now.Article = "I, 12"
	txt := textOf("vd", old, now)
	txt.Pack.Head.Editions = []pack.Edition{
		{ID: "1999", InForce: []pack.Period{{From: "2000-01-01", Until: "2011-11-30"}}},
		{ID: "2011", InForce: []pack.Period{{From: "2011-12-01", Until: "2024-12-31"}, {From: "2026-01-01"}}},
	}
	d := open(t, txt)
	edition := func(year string) string {
		list := d.b.Items(Query{Obligor: "alatau", From: at(year + "-12-01"), Until: at(year + "-12-31")}, Moment{Now: at("2027-01-01")})
		if len(list) == 0 {
			return "none"
		}
		return fmt.Sprint(len(list), " ", list[0].Edition, " ", list[0].Article)
	}
	for year, want := range map[string]string{"1999": "none", "2010": "1 1999 I, 10", "2011": "1 2011 I, 12", "2024": "1 2011 I, 12", "2025": "none", "2026": "1 2011 I, 12"} {
		if got := edition(year); got != want {
			t.Errorf("%s: %s, want %s", year, got, want)
		}
	}
}

// A party that is suspended, or came later, owes nothing for that time.
func TestParties(t *testing.T) {
	g := region()
	g.Parties[1].Suspended = []Span{{at("2027-06-01"), at("2028-01-01")}}
	g.Parties[2].In = Span{From: at("2028-01-01")}
	b, err := New([]Text{textOf("vd", info())}, g)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, it := range b.Items(Query{From: at("2027-12-01"), Until: at("2027-12-31")}, Moment{Now: at("2028-02-01")}) {
		got = append(got, string(it.Obligor))
	}
	equal(t, got, []string{"alatau", "dovania", "elbria"})
}

// A joint side acts as one: what one of its members does is done for all.
func TestJointSide(t *testing.T) {
	m := pack.Measure{ID: "sh.info", Occasion: pack.Occasion{Yearly: &pack.Yearly{Due: "12-15", Ahead: 1, Each: "joint"}},
		Steps: []pack.Step{{ID: "main", By: role(pack.RoleEach), To: pack.Role{Who: pack.RoleSet, Set: "other"}, Clock: &pack.Clock{Kind: pack.ClockYearly}}}}
	q := pack.Measure{ID: "sh.question", Occasion: pack.Occasion{Starts: "sh.question"}, Steps: []pack.Step{
		{ID: "main", By: role(pack.RoleAnybody), To: role(pack.RoleOther), Strength: pack.May},
		{ID: "reply", By: role(pack.RoleOther), To: role(pack.RoleAuthor), Clock: &pack.Clock{Kind: pack.ClockWithin, Least: "P15D", Of: pack.OfReceipt}}}}
	txt := textOf("sh", m, q)
	txt.Pack.Head.Sets = []pack.Set{{ID: "joint", Codes: []string{"AA", "BB"}, Joint: true}, {ID: "other", Codes: []string{"CC"}, Joint: true}}
	d := open(t, txt)
	year := Query{Measure: "sh.info", From: at("2027-12-01"), Until: at("2027-12-31")}
	equal(t, d.states(year, "2027-12-20"), []string{"sh.info alatau, borovia not-recorded"})
	d.file("b", "2027-12-01", "borovia", "sh.info", `{}`, to("cintra"))
	equal(t, d.states(year, "2027-12-20"), []string{"sh.info alatau, borovia done"})
	d.file("q", "2027-05-01", "cintra", "sh.question", `{}`, to("alatau", "borovia"))
	d.file("r", "2027-05-10", "borovia", "sh.question.reply", `{}`, to("cintra"), answers(d, "q"))
	equal(t, d.states(Query{Measure: "sh.question"}, "2027-12-20"), []string{"sh.question.reply alatau, borovia done", "sh.question cintra done"})
}

// A member of a joint side for whom the text is not in force does not belong to it,
// not even as the first of its members.
func TestJointSideIsBound(t *testing.T) {
	q := pack.Measure{ID: "sh.question", Occasion: pack.Occasion{Starts: "sh.question"}, Steps: []pack.Step{
		{ID: "main", By: role(pack.RoleAnybody), To: role(pack.RoleOther), Strength: pack.May},
		{ID: "reply", By: role(pack.RoleOther), To: role(pack.RoleAuthor)}}}
	txt := textOf("sh", q)
	txt.Pack.Head.Sets = []pack.Set{{ID: "joint", Codes: []string{"AA", "BB", "DD"}, Joint: true}, {ID: "other", Codes: []string{"CC"}, Joint: true}, {ID: "bound", Codes: []string{"BB", "CC", "DD"}}}
	txt.Pack.Head.Editions[0].InForce[0].Set = "bound"
	d := open(t, txt)
	d.file("q", "2027-05-01", "cintra", "sh.question", `{}`, to("borovia", "dovania"))
	equal(t, d.states(Query{Measure: "sh.question"}, "2027-05-02"), []string{"sh.question cintra done", "sh.question.reply borovia, dovania open"})
}

// A voluntary measure knows no default; nor does a may.
func TestVoluntary(t *testing.T) {
	for _, edit := range []func(*Text){
		func(x *Text) { x.Pack.Head.Nature = pack.Voluntary }, func(x *Text) { x.Pack.Head.Nature = pack.Proposal }, func(x *Text) { x.Pack.Measures[0].Strength = pack.May },
	} {
		m := info()
		m.Counts = []pack.Count{{ID: "yearly", Of: "vd.info", Scope: []string{"author"}, Period: pack.PerYear, AtLeast: "1"}}
		txt := textOf("vd", m)
		equal(t, len(findings(open(t, txt), "2013-02-01")), 5) // of the five, for 2012
		edit(&txt)
		equal(t, findings(open(t, txt), "2013-02-01"), []string{})
		equal(t, open(t, txt).states(Query{Obligor: "alatau", From: at("2027-12-01"), Until: at("2027-12-31")}, "2028-02-01"), []string{"vd.info alatau voluntary-not-used"})
	}
	txt := textOf("vd", info())
	txt.Pack.Measures[0].Off = true
	equal(t, open(t, txt).states(Query{Obligor: "alatau", From: at("2027-12-01"), Until: at("2027-12-31")}, "2028-02-01"), []string{"vd.info alatau not-judged"})
}

// A budget approved on 30 November: three months lead to the last day of February.
func TestAnchorOutside(t *testing.T) {
	d := open(t, textOf("vd", pack.Measure{ID: "vd.budget", Occasion: pack.Occasion{Yearly: &pack.Yearly{Due: "12-31"}},
		Steps: []pack.Step{{ID: "main", By: role(pack.RoleEach), To: role(pack.RoleOthers), Clock: &pack.Clock{Kind: pack.ClockAfter, Least: "P3M", Anchor: "approved"}}}}))
	q := Query{Obligor: "alatau", Code: "vd.budget"}
	equal(t, d.states(q, "2027-03-01")[0], "vd.budget alatau not-due")
	d.file("b", "2028-02-29T23:59:59Z", "alatau", "vd.budget", `{"approved":"2027-11-30"}`)
	var it *Item
	for _, x := range d.b.Items(q, Moment{Now: at("2028-03-05")}) {
		if len(x.By) > 0 {
			it = &x
		}
	}
	if it == nil || it.State != Done || it.Clock.Due != at("2028-02-29T23:59:59Z") {
		t.Fatalf("%+v", it)
	}
}

// "Forthwith": the delay is shown, never judged.
func TestForthwith(t *testing.T) {
	d := open(t, textOf("ia", pack.Measure{ID: "ia.accident", Occasion: pack.Occasion{Starts: "ia.accident"}, Steps: []pack.Step{
		{ID: "main", By: role(pack.RoleAuthor), To: role(pack.RoleOthers), Clock: &pack.Clock{Kind: pack.ClockImmediate, Anchor: "happened", Word: said("forthwith")}}}}))
	d.file("a", "2027-04-03T06:00:00Z", "alatau", "ia.accident", `{"happened":"2027-04-01T06:00+00:00[UTC]"}`)
	it := d.one(Query{}, "2027-06-01")
	equal(t, it.State, Done)
	equal(t, it.Clock.Delay, 48*3600)
	equal(t, d.b.Why(&it, regime.English), "Provided for under V, 38–46; happened: 1 April 2027, 06:00 UTC; lodged by 3 April 2027 as 3 of 5 mirrors show: 2 days later; the text says “forthwith” and gives no figure.")
}

// A slot that nobody filled in is not judged; a pair's own agreement comes first.
func TestSlots(t *testing.T) {
	m := notification()
	m.Steps[0].Clock = &pack.Clock{Kind: pack.ClockBefore, Least: "$lead", Anchor: "start"}
	txt := textOf("ci", m)
	addressees := []party.ID{"borovia", "cintra", "dovania", "elbria"}
	due := func(slots ...Slot) string {
		txt.Slots = slots
		d := open(t, txt)
		d.file("n", "2027-08-17", "alatau", "vd.notice", exercise, to(addressees...))
		it := d.one(Query{Code: "vd.notice"}, "2027-11-01")
		if it.Clock.Due == 0 {
			return string(it.State)
		}
		return d.b.texts[0].in(it.Clock.Due).Format("2006-01-02")
	}
	equal(t, due(), "not-judged")
	equal(t, due(Slot{ID: "lead", Value: "P42D"}), "2027-08-20")
	equal(t, due(Slot{ID: "lead", Value: "P42D", In: Span{From: at("2027-09-01")}}), "not-judged")
	// What a pair agreed on holds between the two alone.
	all, pair := Slot{ID: "ci.lead", Value: "P42D"}, Slot{ID: "lead", Value: "P10D", Between: []party.ID{"alatau", "borovia"}}
	equal(t, due(all, pair), "2027-08-20")
	equal(t, due(pair), "not-judged")
	equal(t, due(Slot{ID: "lead", Value: "P10D", Between: []party.ID{"alatau", "borovia", "cintra", "dovania", "elbria"}}), "2027-09-21")
	addressees = addressees[:1]
	equal(t, due(all, pair), "2027-09-21")
	addressees = nil // to all
	equal(t, due(all, pair), "2027-08-20")
}

// A day that is agreed on from one year on is due in that year, whatever earlier
// year is looked at as well.
func TestYearlyDayAgreedLater(t *testing.T) {
	m := info()
	m.Occasion.Yearly.Due = "$day"
	txt := textOf("vd", m)
	txt.Slots = []Slot{{ID: "day", Value: "12-15", In: Span{From: at("2027-01-01")}}}
	q := Query{Obligor: "alatau", From: at("2025-12-01"), Until: at("2028-01-01")}
	equal(t, open(t, txt).states(q, "2027-12-20"), []string{"vd.info alatau not-recorded"})
}

// What the text does not provide for needs no agreed lead time to say so; what may be
// provided for is not judged, and all that is lacking is named.
func TestSlotOfWhatDoesNotApply(t *testing.T) {
	m := notification()
	m.Steps[0].Clock = &pack.Clock{Kind: pack.ClockBefore, Least: "$lead", Anchor: "start"}
	m.Steps[0].When = &pack.When{Figure: "troops", AtLeast: "9000"}
	d := open(t, textOf("ci", m))
	d.file("n", "2027-08-17", "alatau", "vd.notice", `{"troops":8999,"start":"2027-10-01"}`)
	it := d.one(Query{Code: "vd.notice", All: true}, "2027-11-01")
	equal(t, it.State, NotProvided)
	equal(t, len(it.Reasons), 1)
	d = open(t, textOf("ci", m))
	d.file("n", "2027-08-17", "alatau", "vd.notice", `{"troops":9000,"start":"2027-10-01"}`)
	it = d.one(Query{Code: "vd.notice"}, "2027-11-01")
	equal(t, it.State, NotJudged)
	equal(t, it.Reasons[0].Key, "not-agreed")
}

// The date of a text runs to the last second of its day in the text's own zone.
func TestZone(t *testing.T) {
	data, err := os.ReadFile("../condition/testdata/vienna.tzif")
	if err != nil {
		t.Fatal(err)
	}
	txt := textOf("vd", info())
	txt.Pack.Head.TimeZone, txt.Pack.Zones = "Europe/Vienna", map[string][]byte{"Europe/Vienna": data}
	d := open(t, txt)
	d.file("a", "2027-12-15T22:59:59Z", "alatau", "vd.info", `{"year":2028}`)
	d.file("b", "2027-12-15T23:00:00Z", "borovia", "vd.info", `{"year":2028}`, func(f *Filing) { f.Bounds.NotBefore = f.Bounds.NotAfter })
	got := d.states(Query{From: at("2027-12-01"), Until: at("2027-12-31")}, "2027-12-31")[:2]
	equal(t, got, []string{"vd.info alatau done", "vd.info borovia done-after"})
}

// A faulty filing is shown, and counts for nothing.
func TestFaultyIsShown(t *testing.T) {
	d := open(t, textOf("vd", info()))
	d.file("a", "2027-12-10", "alatau", "vd.info", "", func(f *Filing) { f.Faulty = true })
	d.file("z", "2027-12-10", "alatau", "vd.nowhere", "", func(f *Filing) { f.Faulty = true })
	equal(t, d.states(Query{Obligor: "alatau", From: at("2027-12-01"), Until: at("2027-12-31")}, "2027-12-20"), []string{"vd.info alatau not-recorded"})
	equal(t, findings(d, "2027-12-20"), []string{"not-read/alatau 0", "not-read/alatau 1"})
}

// A statement entered for a party shows the dispute, once the party contests it.
func TestEnteredAndContested(t *testing.T) {
	d := open(t, textOf("vd", info()))
	q := Query{Obligor: "borovia", From: at("2027-12-01"), Until: at("2027-12-31")}
	d.file("a", "2027-12-12", "alatau", "vd.info", `{"year":2028}`, kind(act.Entered), func(f *Filing) { f.For, f.Claimed = "borovia", at("2027-12-10") })
	it := d.one(q, "2027-12-20")
	equal(t, []any{it.State, it.By[len(it.By)-1].Entered}, []any{Done, true})
	d.file("x", "2027-12-13", "borovia", "", "", kind(act.Contested), answers(d, "a"))
	equal(t, d.states(q, "2027-12-20"), []string{"vd.info borovia contested"})
}

func TestBlocks(t *testing.T) {
	a, b := info(), notification()
	a.Leads = []string{"vd.notice"}
	a.Place.Stage, b.Place.Stage = "confidence-building", "strengthening-the-peace"
	b.Needs = []string{"vd.info"}
	b.Steps[0].Clock.Least = "$lead"
	txt := textOf("vd", a, b)
	txt.Pack.Head.Slots = []pack.Slot{{ID: "lead", Title: said("lead time")}}
	d := open(t, txt)
	got := d.b.Blocks("alatau", "borovia", at("2027-01-01"))
	equal(t, []any{got[0].Measure, got[0].Stands, got[1].Measure, got[1].Stands, got[1].From}, []any{"vd.info", true, "vd.notice", false, []string{"vd.info"}})
	equal(t, got[1].Needs[0].Says(regime.English), "to be agreed: lead time")
	got = d.b.Blocks("alatau", "forum", at("2027-01-01"))
	equal(t, got[0].Stands, false)
}

// What only a replaced edition has is no building block; what only a later one has
// could come next.
func TestBlocksOfEditions(t *testing.T) {
	kept, gone, later := info(), info(), info()
	gone.ID, gone.Editions = "vd.gone", []string{"2004"}
	later.ID, later.Editions = "vd.later", []string{"2030"}
	txt := textOf("vd", kept, gone, later)
	txt.Pack.Head.Editions = []pack.Edition{
		{ID: "2004", InForce: []pack.Period{{From: "2004-01-01", Until: "2020-12-31"}}},
		{ID: "2021", InForce: []pack.Period{{From: "2021-01-01"}}, Replaces: "2004"},
		{ID: "2030", Replaces: "2021"},
	}
	var got []string
	for _, bl := range open(t, txt).b.Blocks("alatau", "borovia", at("2027-01-01")) {
		got = append(got, fmt.Sprint(bl.Measure, " ", bl.Stands))
	}
	equal(t, got, []string{"vd.info true", "vd.later false"})
}

// An article is cited with how well its number is known; against a day lateness is
// counted in days, the begun one among them.
func TestSaidOfArticleAndLateness(t *testing.T) {
	for _, c := range []struct {
		own         string
		number, all pack.Sure
		lang        regime.Lang
		want        string
	}{
		{"I, 9", "", pack.Seen, "en", "under I, 9; "},
		{"I, 9", pack.Medium, pack.Seen, "en", "under I, 9 (number unverified); "},
		{"I, 9", pack.Medium, pack.Seen, "ru", "I, 9 (номер не проверен); "},
		{"I, 9", "", pack.Low, "en", "under I, 9 (number unverified); "},
		{pack.Unnumbered, pack.Low, pack.Seen, "en", "under an article whose number was not found; "},
	} {
		m := info()
		m.Article, m.ArticleSure, m.Sure = c.own, c.number, c.all
		d := open(t, textOf("vd", m))
		d.file("a", "2027-12-18T09:00:00Z", "alatau", "vd.info", `{"year":2028}`)
		it := d.one(Query{Obligor: "alatau", From: at("2027-12-01"), Until: at("2027-12-31")}, "2027-12-20")
		if said := d.b.Why(&it, c.lang); !strings.Contains(said, c.want) || c.lang == "en" && !strings.Contains(said, "3 days past the date") {
			t.Errorf("%s, %s, %s: %s", c.own, c.number, c.all, said)
		}
	}
}

// That nothing is recorded of the time before anything was written down is not said.
func TestBeforeAnythingWasWritten(t *testing.T) {
	talk := pack.Measure{ID: "vd.talk", Occasion: pack.Occasion{Standing: true}, Steps: []pack.Step{{ID: "main", By: role(pack.RoleEach)}},
		Counts: []pack.Count{{ID: "yearly", Title: said("talks"), Of: "vd.talk", Scope: []string{"author"}, Period: pack.PerYear, AtLeast: "1"}}}
	group := region()
	look := func() (due, least []string) {
		b, err := New([]Text{textOf("vd", info(), talk)}, group)
		if err != nil {
			t.Fatal(err)
		}
		for _, it := range b.Items(Query{Obligor: "alatau", From: at("2025-01-01"), Until: at("2028-01-01")}, Moment{Now: at("2027-12-20")}) {
			due = append(due, it.Occasion+" "+string(it.State))
		}
		for _, f := range b.Findings(Moment{Now: at("2027-12-20")}) {
			if slices.Contains(f.Parties, "alatau") && strings.Contains(f.Key, "vd.talk") {
				least = append(least, f.Key)
			}
		}
		return due, least
	}
	due, least := look()
	equal(t, due, []string{"2026 not-recorded", "2027 not-recorded", "2028 not-recorded"})
	equal(t, len(least), 15) // since 2012
	group.Since = at("2026-03-01")
	due, least = look()
	equal(t, due, []string{"2027 not-recorded", "2028 not-recorded"})
	equal(t, len(least), 0)
}

// What falls due when its text, or its measure, is in force no more is nobody's default.
func TestDueUnderAnotherEdition(t *testing.T) {
	m := notification()
	m.Editions = []string{"old"}
	txt := textOf("vd", m)
	state := func(editions ...pack.Edition) string {
		txt.Pack.Head.Editions = editions
		d := open(t, txt)
		d.file("n", "2027-06-01", "alatau", "vd.notice", exercise)
		d.file("s", "2027-06-01", "alatau", "vd.notice", `{"troops":1,"share":{"borovia":9000},"start":"2027-10-01"}`)
		it := d.b.Items(Query{Code: "vd.notice.share", Obligor: "borovia"}, Moment{Now: at("2027-11-01")})
		if len(it) != 1 {
			return ""
		}
		return string(it[0].State) + ": " + d.b.Why(&it[0], regime.English)
	}
	old := func(until string) pack.Edition {
		return pack.Edition{ID: "old", InForce: []pack.Period{{From: "2011-12-01", Until: until}}}
	}
	for want, got := range map[string]string{
		"not-recorded: ": state(old("")),
		"superseded: ":   state(old("2027-08-19"), pack.Edition{ID: "new", InForce: []pack.Period{{From: "2027-08-20"}}}),
		"discharged: ":   state(old("2027-08-19")),
		"The text was not in force on the day by which it was due.": state(old("2027-08-19")),
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := state(old("2027-08-20")); !strings.Contains(got, "not-recorded") {
		t.Errorf("in force to the last second of the day: %q", got)
	}
}
