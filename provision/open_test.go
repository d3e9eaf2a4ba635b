package provision

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"detente/pack"
	"detente/party"
)

// TestQueryLeavesNothingOut: what a query by dates or by party gives of what filings
// opened is what each of the filings gives by itself.
func TestQueryLeavesNothingOut(t *testing.T) {
	texts := []Text{textOf("vd", notification(), observation(), unusual(), inspection(), info(), limits())}
	rnd := rand.New(rand.NewPCG(3, 5))
	given, left := 0, 0
	for range 40 {
		d := open(t, texts...)
		random(d, rnd, 40)
		for _, m := range []Moment{{Now: at("2028-06-01")}, {Now: at("2027-07-01")}, {Now: at("2027-03-01")}, {Now: at("2028-06-01"), Lodged: at("2027-05-01")}} {
			all := map[string]Item{}
			for i := range d.filed {
				for _, it := range d.b.Items(Query{Filing: d.filed[i].ID, All: true}, m) {
					if it.Occasion == it.Opener.String() {
						all[it.Key()] = it
					}
				}
			}
			for _, q := range []Query{
				{}, {All: true}, {From: at("2027-04-01"), Until: at("2027-05-01")}, {From: at("2027-09-10"), Until: at("2027-09-11"), All: true},
				{Party: "elbria", Until: at("2027-03-01")}, {Party: "forum"}, {Obligor: "cintra", From: at("2027-08-01")}, {Obligor: "dovania"},
			} {
				var got, want []string
				for _, it := range d.b.Items(q, m) {
					if it.Occasion == it.Opener.String() {
						got = append(got, it.Key())
					}
				}
				for key, it := range all {
					if q.takes(&it) {
						want = append(want, key)
					} else {
						left++
					}
				}
				slices.Sort(got)
				slices.Sort(want)
				if given += len(got); fmt.Sprint(got) != fmt.Sprint(want) {
					t.Fatalf("%+v at %+v:\ngot  %q\nwant %q", q, m, got, want)
				}
			}
		}
	}
	if given < 1000 || left < 1000 {
		t.Errorf("only %d items were asked for and %d were not", given, left)
	}
}

// TestKeptItemsMoveWithTime: what is kept for a party is at each moment, and after each
// further filing, what each of the filings gives by itself then.
func TestKeptItemsMoveWithTime(t *testing.T) {
	texts := []Text{textOf("vd", notification(), observation(), unusual(), inspection(), info(), limits())}
	rnd := rand.New(rand.NewPCG(13, 17))
	seen := map[State]int{}
	for round := range 10 {
		d := open(t, texts...)
		random(d, rnd, 60)
		self := region().Parties[round%5].ID
		now := at("2027-03-01")
		for i := range 120 {
			if now += int64(rnd.IntN(5 * 86400)); i%10 == 9 {
				random(d, rnd, 1)
			}
			m := Moment{Now: now}
			for _, id := range []party.ID{self, self, "forum"} {
				q := Query{Party: id, All: true}
				want, got := map[string]State{}, map[string]State{}
				for j := range d.filed {
					for _, it := range d.b.Items(Query{Filing: d.filed[j].ID, All: true}, m) {
						if it.Occasion == it.Opener.String() && q.takes(&it) {
							want[it.Key()] = it.State
						}
					}
				}
				for _, it := range d.b.Items(q, m) {
					if it.Occasion == it.Opener.String() {
						got[it.Key()] = it.State
						seen[it.State]++
					}
				}
				if !maps.Equal(got, want) {
					t.Fatalf("%s at %d:\ngot  %v\nwant %v", id, now, got, want)
				}
			}
		}
		if n := len(d.b.keeping); n == 0 {
			t.Error("nothing is kept")
		}
	}
	for _, s := range []State{DueSoon, Open, Done, NotRecorded, Contested} {
		if seen[s] == 0 {
			t.Errorf("nothing was ever %s: %v", s, seen)
		}
	}
}

// TestRefusalsAreNotKept: whether a refusal is lawful follows from how often the same
// was refused, on whatever occasion.
func TestRefusalsAreNotKept(t *testing.T) {
	visit := pack.Measure{ID: "vd.visit", Occasion: pack.Occasion{Starts: "vd.visit"}, Steps: []pack.Step{
		{ID: "main", By: role(pack.RoleAuthor), To: role(pack.RoleAsked)},
		{ID: "reply", By: role(pack.RoleAsked), To: role(pack.RoleAuthor), After: []pack.Opening{{Step: "main", Was: pack.WasDone}}, Answer: "answer",
			Refusals: []pack.Refusal{{Code: "no", Title: said("no")}}},
	}}
	d := open(t, textOf("vd", visit))
	d.file("v", "2027-02-01", "cintra", "vd.visit", `{}`, to("alatau"))
	q := Query{Party: "cintra"}
	equal(t, d.states(q, "2027-02-02"), []string{"vd.visit cintra done", "vd.visit.reply alatau open"})
	if d.b.openers[0].kept == nil {
		t.Error("what nobody refused is not kept")
	}
	d.file("r", "2027-02-03", "alatau", "vd.visit.reply", `{"answer":"no"}`, to("cintra"), answers(d, "v"))
	equal(t, d.states(q, "2027-02-04"), []string{"vd.visit cintra done", "vd.visit.reply alatau declined"})
	if d.b.openers[0].kept != nil {
		t.Error("a refusal is kept")
	}
}

// What is kept while only the answer to a filing is there goes when the filing comes:
// the order of arrival makes no difference.
func TestKeptItemsAndLateParents(t *testing.T) {
	d := open(t, textOf("vd", notification(), observation()))
	d.file("n", "2027-04-01", "alatau", "vd.notice", `{"troops":9500,"start":"2027-05-20","end":"2027-05-25"}`)
	first := d.filed[0]
	answer := first
	answer.ID, answer.Answers, answer.Author = ID{Origin: "borovia", Index: 1}, first.ID, "borovia"
	q, m := Query{Party: "cintra", All: true}, Moment{Now: at("2027-05-01")}
	keys := func(b *Book) (out []string) {
		for _, it := range b.Items(q, m) {
			out = append(out, it.Key()+" "+string(it.State))
		}
		slices.Sort(out)
		return out
	}
	late, fresh := open(t, textOf("vd", notification(), observation())), open(t, textOf("vd", notification(), observation()))
	late.b.Add(answer)
	alone := keys(late.b)
	late.b.Add(first)
	fresh.b.Add(first)
	fresh.b.Add(answer)
	if got, want := keys(late.b), keys(fresh.b); len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("alone %q; then\ngot  %q\nwant %q", alone, got, want)
	}
}

// TestKeptUntilElapsed: what a condition says of a time that has passed is said once it
// has, of what was kept before too.
func TestKeptUntilElapsed(t *testing.T) {
	d := open(t, textOf("vd", notification(), observation()))
	d.file("n", "2027-04-28", "alatau", "vd.notice", `{"troops":9500,"no_notice":true,"start":"2027-05-01","end":"2027-05-20"}`)
	for _, c := range []struct{ at, want string }{
		{"2027-05-02", "vd.observation alatau not-provided"}, {"2027-05-03", "vd.observation alatau not-provided"}, {"2027-05-06", "vd.observation alatau not-recorded"},
	} {
		equal(t, d.states(Query{Party: "borovia", Code: "vd.observation", All: true}, c.at), []string{c.want})
		if d.b.openers[0].kept == nil {
			t.Errorf("nothing is kept at %s", c.at)
		}
	}
}
