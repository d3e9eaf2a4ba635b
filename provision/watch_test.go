package provision

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"detente/act"
	"detente/pack"
	"detente/party"
)

// everything has each kind of count, period, gate and ceiling.
func everything() []Text {
	counts := pack.Measure{ID: "vd.counts", Occasion: pack.Occasion{Standing: true}, Counts: []pack.Count{
		{ID: "least", Of: "vd.notice", Scope: []string{"author"}, Period: pack.PerYear, AtLeast: "1"},
		{ID: "all", Of: "vd.visit", Period: pack.PerYear, AtLeast: "2"},
		{ID: "rolling", Of: "vd.visit", Scope: []string{"author"}, Period: pack.PerRolling, Length: "P1Y", From: "entry", AtLeast: "= latest.units > 60 ? 2 : 1", Figures: "vd.info"},
		{ID: "often", Of: "vd.visit", Scope: []string{"asked"}, Period: pack.PerRolling, Length: "P2M", AtMost: "$often", Except: []string{"force-majeure"}},
		{ID: "ever", Of: "vd.unusual", Scope: []string{"author"}, Period: pack.PerEver, AtMost: "1"},
		{ID: "listed", Of: "vd.notice", Period: pack.PerYear, From: "start", Gate: []pack.Gate{{Of: "vd.calendar", By: "11-15", Ahead: 1}}},
		{ID: "running", Of: "vd.notice", When: &pack.When{Elapsed: &pack.Lasts{From: "start", MoreThan: "P30D"}}, Scope: []string{"author"}, Period: pack.PerEver, AtMost: "1"},
	}, Ceilings: []pack.Ceiling{
		{Of: "vd.info", Figure: "units", AtMost: "200", Unit: "pieces"},
		{Of: "vd.info", Figure: "units", Set: "joint", AtMost: "= 300", Unit: "pieces", From: "2027-06-01"},
	}}
	months := pack.Measure{ID: "vd.months", Occasion: pack.Occasion{Every: &pack.Every{Period: "P6M"}}, Steps: []pack.Step{{ID: "main", By: role(pack.RoleEach), To: role(pack.RoleOthers), Clock: &pack.Clock{Kind: pack.ClockYearly}}}}
	talk := pack.Measure{ID: "vd.talk", Occasion: pack.Occasion{Starts: "vd.talk"}, Steps: []pack.Step{
		{ID: "main", By: role(pack.RoleAuthor), To: role(pack.RoleAsked), Strength: pack.May},
		{ID: "answer", By: role(pack.RoleAsked), To: role(pack.RoleAuthor), Clock: &pack.Clock{Kind: pack.ClockImmediate, Of: pack.OfReceipt, Word: said("promptly")}},
		{ID: "later", By: role(pack.RoleAuthor), To: role(pack.RoleOthers), When: &pack.When{Elapsed: &pack.Lasts{From: "start", MoreThan: "P30D"}}},
		{ID: "thanks", By: role(pack.RoleAuthor), To: role(pack.RoleOthers), After: []pack.Opening{{Step: "answer", Was: pack.WasDone}}, Strength: pack.May},
	}}
	vd := textOf("vd", notification(), observation(), unusual(), inspection(), info(), limits(), counts, months, talk)
	vd.Pack.Head.Slots = []pack.Slot{{ID: "often", Type: pack.SlotFigure}}
	vd.Pack.Head.Sets = []pack.Set{{ID: "joint", Codes: []string{"AA", "BB"}, Joint: true}}
	vd.Slots = []Slot{{ID: "often", Value: "1", In: Span{From: at("2027-03-01"), Until: at("2028-01-01")}}, {ID: "vd.often", Value: "0", In: Span{From: at("2028-02-01")}}}
	return []Text{vd}
}

// lively is the region with a party that came late and one that was suspended.
func lively() Group {
	g := region()
	g.Parties[3].In = Span{From: at("2027-04-01")}
	g.Parties[4].Suspended = []Span{{at("2027-09-01"), at("2028-03-01")}}
	return g
}

// any files something of any kind, or says more of what is known of an earlier one.
func (d *desk) any(rnd *rand.Rand) {
	if n := len(d.filed); n > 0 && rnd.IntN(5) == 0 {
		f := &d.filed[rnd.IntN(n)]
		switch rnd.IntN(6) {
		case 5:
			f.Answers = d.filed[rnd.IntN(n)].ID
		case 0:
			f.Receipts = append(slices.Clone(f.Receipts), Receipt{By: "cintra", At: f.When() + 60})
		case 1:
			f.Faulty = !f.Faulty
		case 2:
			f.Bounds.NotAfter += 86400 * int64(rnd.IntN(40))
		case 3:
			f.Values, f.Unreadable = nil, true
		case 4:
			f.To = []party.ID{"elbria"}
		}
		d.b.Add(*f)
		return
	}
	codes := []string{"vd.notice", "vd.notice", "vd.observation", "vd.observation.reply", "vd.unusual", "vd.unusual.reply", "vd.unusual.meeting", "vd.visit", "vd.visit", "vd.visit.reply", "vd.info", "vd.info", "vd.notice.share", "vd.calendar", "vd.months", "vd.talk", "vd.talk.answer", "vd.talk.thanks", "other"}
	lives := []act.Life{act.New, act.New, act.New, act.New, act.New, act.New, act.Update, act.Correction, act.Cancellation, act.Withdrawal, act.IssuedInError}
	day := func() string {
		return fmt.Sprintf("20%d-%02d-%02d", 26+rnd.IntN(3), 1+rnd.IntN(12), 1+rnd.IntN(28))
	}
	values := fmt.Sprintf(`{"troops":%d,"start":%q,"end":%q,"entry":%q,"answer":%q,"days":%d,"year":%d,"units":%d,"name":%q,"no_notice":%v,"kind":"evaluation","share":{"borovia":%d}}`,
		8000+rnd.IntN(40000), day(), day(), day(), []string{"yes", "not-available", "no", "force-majeure"}[rnd.IntN(4)], rnd.IntN(20), 2026+rnd.IntN(4), rnd.IntN(300), []string{"North", "South"}[rnd.IntN(2)], rnd.IntN(3) == 0, 8990+rnd.IntN(20))
	who := region().Parties
	d.file(fmt.Sprint(len(d.filed)), day(), string(who[rnd.IntN(5)].ID), codes[rnd.IntN(len(codes))], values, func(f *Filing) {
		f.Life = lives[rnd.IntN(len(lives))]
		if n := len(d.filed); n > 0 && (rnd.IntN(2) == 0 || f.Life != act.New) {
			g := &d.filed[rnd.IntN(n)]
			if f.Answers = g.ID; rnd.IntN(2) == 0 {
				f.Author = g.Author
			}
		}
		switch rnd.IntN(12) {
		case 0:
			f.Kind, f.Life = act.Contested, ""
		case 1:
			f.Faulty = true
		case 2:
			f.For, f.Kind, f.Claimed = "dovania", act.Entered, f.Bounds.NotAfter-86400*30
		case 3:
			f.Source, f.Claimed, f.Bounds.NotAfter = FromNote, f.Bounds.NotAfter, 0
		case 4:
			f.Receipts = nil
		case 5:
			f.Bounds.NotAfter, f.Held = 0, 0
		case 6, 7: // it came here by courier
			f.Held += int64(rnd.IntN(300)) * 3600
		}
		if rnd.IntN(2) == 0 {
			f.To = append(f.To, who[rnd.IntN(5)].ID)
		}
	})
}

// What is derived one filing after the other is what a new book derives, at the
// present, at moments of the past, and of what was shown to be lodged.
func TestOneByOne(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 5))
	texts := everything()
	for range 80 {
		b, err := New(texts, lively())
		if err != nil {
			t.Fatal(err)
		}
		d := &desk{t: t, b: b, names: map[string]ID{}}
		now := at("2026-06-01")
		for n := range 60 {
			if rnd.IntN(3) > 0 || n == 0 {
				d.any(rnd)
			}
			if now += int64(rnd.IntN(30)) * 86400; rnd.IntN(40) == 0 {
				now += int64(rnd.IntN(9)) * 366 * 86400
			}
			if g := d.filed[rnd.IntN(len(d.filed))]; rnd.IntN(8) == 0 { // a draft, taken out again
				g.ID.Index = 1000
				d.b.Add(g)
				d.b.Findings(Moment{Now: now})
				d.b.Items(Query{Open: true}, Moment{Now: now})
				d.b.Remove(g.ID)
			}
			if rnd.IntN(8) == 0 {
				continue // several filings between two questions
			}
			m := Moment{Now: now}
			if got, want := fmt.Sprint(b.Findings(m)), fmt.Sprint(once(b.at(m))); got != want {
				t.Fatalf("findings at %v:\n%s\nif all is looked at:\n%s", m, got, want)
			}
			past := at("2026-01-01") + int64(rnd.IntN(1200))*86400
			if f := &d.filed[rnd.IntN(len(d.filed))]; rnd.IntN(2) == 0 { // within the hours that clocks run
				past = f.When() + int64(rnd.IntN(150))*3600
			}
			if n%3 == 0 {
				m := []Moment{m, {Now: past}, {Now: now, Lodged: past}, {Now: past, Held: past}, {Now: now, Held: past}, {Now: past, Lodged: past}}[rnd.IntN(6)]
				openAlike(t, b, m, b.order[rnd.IntN(len(b.order))])
			}
			if rnd.IntN(200) > 0 {
				continue
			}
			fresh, err := New(texts, lively())
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range rnd.Perm(len(d.filed)) {
				fresh.Add(d.filed[i])
			}
			for _, m := range []Moment{m, {Now: past}, {Now: now, Lodged: past}, {Now: past, Held: past}, m} {
				alike(t, d.b, fresh, m)
			}
			if t.Failed() {
				return
			}
		}
	}
}

func same(t *testing.T, m Moment, what string, got, want any) {
	t.Helper()
	if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != w {
		t.Errorf("%s at %v:\n%s\nwhere is due:\n%s", what, m, g, w)
	}
}

func alike(t *testing.T, b, fresh *Book, m Moment) {
	t.Helper()
	same(t, m, "findings", b.Findings(m), fresh.Findings(m))
	same(t, m, "accounts", b.Accounts("", "", m), fresh.Accounts("", "", m))
	same(t, m, "items", b.Items(Query{}, m), fresh.Items(Query{}, m))
	for _, id := range b.order {
		openAlike(t, b, m, id)
	}
}

// openAlike compares what is listed as open for a party with what is open of all.
func openAlike(t *testing.T, b *Book, m Moment, id party.ID) {
	t.Helper()
	later := func(it Item) bool { return it.Opener.IsZero() && it.Clock.Due < m.Now } // of what the calendar opened
	for _, q := range []Query{{Obligor: id}, {Party: id}} {
		want := slices.DeleteFunc(b.Items(q, m), func(it Item) bool { return !it.State.IsOpen() || later(it) })
		q.Open = true
		same(t, m, fmt.Sprintf("open %+v", q), slices.DeleteFunc(b.Items(q, m), later), want)
	}
}
