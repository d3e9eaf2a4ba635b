package provision

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"detente/act"
	"detente/lodging"
	"detente/pack"
	"detente/party"
	"detente/regime"
)

// five invented states and an observer.
func region() Group {
	var g Group
	for i, id := range []party.ID{"alatau", "borovia", "cintra", "dovania", "elbria"} {
		g.Parties = append(g.Parties, Party{ID: id, Code: []string{"AA", "BB", "CC", "DD", "EE"}[i], Standing: Member, Record: true})
	}
	g.Parties = append(g.Parties, Party{ID: "forum", Standing: Observer})
	return g
}

func at(s string) int64 {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.Unix()
		}
	}
	panic("not a time: " + s)
}

func form(t testing.TB, json string) *regime.Values {
	t.Helper()
	if json == "" {
		return nil
	}
	v, err := regime.ReadValues([]byte(json))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// desk files in a book, by short names.
type desk struct {
	t     testing.TB
	b     *Book
	names map[string]ID
	filed []Filing
}

func open(t testing.TB, texts ...Text) *desk {
	t.Helper()
	b, err := New(texts, region())
	if err != nil {
		t.Fatal(err)
	}
	return &desk{t: t, b: b, names: map[string]ID{}}
}

// shown are the bounds of what five of five mirrors show at once.
func shown(when int64) lodging.Bounds {
	return lodging.Bounds{NotAfter: when, NotBefore: when - 1, Need: 3, Have: 3, Of: 5}
}

// file adds a statement: shown to be lodged at a time, and received by all then.
func (d *desk) file(name, when, by, code, json string, edit ...func(*Filing)) ID {
	d.t.Helper()
	id := ID{Origin: party.Origin(by), Index: int64(len(d.filed))}
	t := at(when)
	f := Filing{ID: id, Author: party.ID(by), Kind: act.Statement, Code: code, Values: form(d.t, json), Bounds: shown(t), Held: t, Source: FromRecord}
	for _, p := range region().Parties {
		if p.ID != f.Author {
			f.Receipts = append(f.Receipts, Receipt{p.ID, t})
		}
	}
	for _, e := range edit {
		e(&f)
	}
	d.names[name] = id
	d.filed = append(d.filed, f)
	d.b.Add(f)
	return id
}

func answers(d *desk, name string) func(*Filing) {
	return func(f *Filing) { f.Answers = d.names[name] }
}

func to(ids ...party.ID) func(*Filing) { return func(f *Filing) { f.To = ids } }

func life(l act.Life) func(*Filing) { return func(f *Filing) { f.Life = l } }

func kind(k act.Kind) func(*Filing) { return func(f *Filing) { f.Kind = k } }

// states lists items as "code obligor state", in order.
func (d *desk) states(q Query, now string) []string {
	d.t.Helper()
	var out []string
	for _, it := range d.b.Items(q, Moment{Now: at(now)}) {
		who := string(it.Obligor)
		if who == "" {
			who = strings.Join(list(it.Side), ", ")
		}
		out = append(out, fmt.Sprintf("%s %s %s", it.Code, who, it.State))
	}
	return out
}

// one is the only item of a query.
func (d *desk) one(q Query, now string) Item {
	d.t.Helper()
	list := d.b.Items(q, Moment{Now: at(now)})
	if len(list) != 1 {
		d.t.Fatalf("%d items where one is due: %q", len(list), d.states(q, now))
	}
	return list[0]
}

func equal(t testing.TB, got, want any) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func said(en string) pack.Text { return pack.Text{"en": en, "ru": en} }

// textOf makes a pack of measures that is in force since 2011.
func textOf(id string, measures ...pack.Measure) Text {
	for i := range measures {
		m := &measures[i]
		if m.Article == "" {
			m.Article = "V, 38–46"
		}
		if m.Strength == "" {
			m.Strength = pack.Shall
		}
		if m.Sure == "" {
			m.Sure = pack.High
		}
		m.Title = said(m.ID)
	}
	return Text{Pack: &pack.Pack{
		Head: pack.Head{Format: pack.Format, Engine: pack.Engine, ID: id, Title: said(strings.ToUpper(id)), Nature: pack.PoliticallyBinding,
			Editions: []pack.Edition{{ID: "2011", InForce: []pack.Period{{From: "2011-12-01"}}}}},
		Measures: measures,
	}}
}

func role(who string) pack.Role { return pack.Role{Who: who} }

// levels of the notification of land exercises, regimes.md 1.3.
func level() *pack.When {
	return &pack.When{Any: []pack.When{{Figure: "troops", AtLeast: "9000"}, {Figure: "tanks", AtLeast: "250"}, {Figure: "acvs", AtLeast: "500"}, {Figure: "guns", AtLeast: "250"}}}
}

// notification is chapter V: 42 days before the start, unless the troops had no
// notice; and each other participant whose own share reaches the level.
func notification() pack.Measure {
	share := &pack.When{Any: []pack.When{{Figure: "share.*", AtLeast: "9000"}}}
	return pack.Measure{ID: "vd.notice", Occasion: pack.Occasion{Starts: "vd.notice"}, Steps: []pack.Step{
		{ID: "main", By: role(pack.RoleAuthor), To: role(pack.RoleOthers), When: level(),
			Clock: &pack.Clock{Kind: pack.ClockBefore, Least: "P42D", Anchor: "start"},
			Instead: []pack.Exception{{When: pack.When{Field: "no_notice", Is: []string{"true"}}, Claim: true, Says: said("the troops had no advance notice"),
				Clock: pack.Clock{Kind: pack.ClockAtStart, Anchor: "start"}}}},
		{ID: "share", By: pack.Role{Who: pack.RoleShare, Field: "share"}, To: role(pack.RoleOthers), When: share,
			Clock: &pack.Clock{Kind: pack.ClockBefore, Least: "P42D", Anchor: "start"}},
	}}
}

// observation is chapter VI: above 13,000, invited with the notification; answers
// within 21 days of issue, and silence means no observers.
func observation() pack.Measure {
	return pack.Measure{ID: "vd.observation", Article: "VI, 47–58", Occasion: pack.Occasion{Starts: "vd.notice"}, Steps: []pack.Step{
		{ID: "main", By: role(pack.RoleAuthor), To: role(pack.RoleOthers),
			When:  &pack.When{Any: []pack.When{{Figure: "troops", AtLeast: "13000"}, {All: []pack.When{{Field: "no_notice", Is: []string{"true"}}, {Elapsed: &pack.Lasts{From: "start", To: "end", MoreThan: "PT72H"}}}}}},
			Clock: &pack.Clock{Kind: pack.ClockWith, Of: pack.OfIssue}},
		{ID: "reply", By: role(pack.RoleAsked), To: role(pack.RoleAuthor), After: []pack.Opening{{Step: "main", Was: pack.WasDone}},
			Clock: &pack.Clock{Kind: pack.ClockWithin, Least: "P21D", Of: pack.OfIssue}, Silence: said("no observers")},
	}}
}

// unusual is chapter III: reply, meeting and meeting of all within 48 hours each.
func unusual() pack.Measure {
	return pack.Measure{ID: "vd.unusual", Article: "III, 16", Occasion: pack.Occasion{Starts: "vd.unusual"}, Steps: []pack.Step{
		{ID: "main", By: role(pack.RoleAnybody), To: role(pack.RoleAsked), Strength: pack.May},
		{ID: "reply", By: role(pack.RoleAsked), To: role(pack.RoleAuthor), Clock: &pack.Clock{Kind: pack.ClockWithin, Least: "PT48H", Of: pack.OfReceipt}},
		{ID: "meeting", By: role(pack.RoleAuthor), To: role(pack.RoleAsked), Strength: pack.May,
			After: []pack.Opening{{Step: "reply", Was: pack.WasSilent}, {Step: "reply", Was: pack.WasInsufficient}}, Clock: &pack.Clock{Kind: pack.ClockWithin, Least: "PT48H", Of: pack.OfIssue}},
	}}
}
