package provision

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
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
