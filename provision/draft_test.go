package provision

import (
	"reflect"
	"strings"
	"testing"

	"detente/act"
	"detente/pack"
	"detente/regime"
)

// What would follow is told before anything is said, and leaves nothing behind.
func TestTry(t *testing.T) {
	d := open(t, textOf("vd", notification(), observation(), limits(), info()))
	d.file("n", "2027-01-10", "alatau", "vd.notice", `{"troops":14000,"start":"2027-03-01","end":"2027-03-10","name":"x"}`)
	now := Moment{Now: at("2027-06-01")}
	look := func() any {
		return []any{d.b.Items(Query{All: true}, now), d.b.Accounts("", "", now), d.b.Findings(now), len(d.b.entries), len(d.b.openers)}
	}
	before := look()
	draft := func(code, json string, edit ...func(*Filing)) []string {
		f := Filing{ID: ID{Origin: "draft", Index: 1}, Author: "alatau", Kind: act.Statement, Code: code, Values: form(t, json), Claimed: now.Now, Held: now.Now, Source: FromRecord}
		for _, e := range edit {
			e(&f)
		}
		var out []string
		for _, it := range d.b.Try(f, now) {
			out = append(out, it.Code+" "+string(it.State)+": "+d.b.Why(&it, regime.English))
		}
		return out
	}
	has := func(lines []string, want ...string) {
		t.Helper()
		for _, w := range want {
			found := false
			for _, l := range lines {
				found = found || strings.Contains(l, w)
			}
			if !found {
				t.Errorf("nothing says %q: %q", w, lines)
			}
		}
		if after := look(); !reflect.DeepEqual(before, after) {
			t.Errorf("a draft left something behind:\n%v\n%v", before, after)
		}
	}
	has(draft("vd.notice", `{"troops":8999,"start":"2027-09-01","end":"2027-09-10"}`), "vd.notice not-provided: Not provided for", "8,999 < 9,000")
	has(draft("vd.notice", `{"troops":13000,"start":"2027-09-01","end":"2027-09-10"}`), "troops 13,000 ≥ 9,000; start: 1 September 2027; due by 21 July 2027; open", "vd.observation")
	has(draft("vd.notice", `{"troops":14000,"start":"2027-03-20"}`, life(act.Correction), answers(d, "n")), "due by 6 February 2027; nothing is recorded")
	has(draft("vd.notice", `{"troops":8000}`, life(act.Correction), answers(d, "n")), "vd.notice discharged", "8,000 < 9,000")
	has(draft("vd.info", `{"year":2028,"units":3}`), "vd.info open")
	if lines := draft("vd.unheard-of", `{}`); len(lines) != 0 {
		t.Errorf("%q", lines)
	}
	// A name that is taken is not tried: Remove would take the real one out.
	if items := d.b.Try(Filing{ID: d.names["n"], Author: "alatau", Kind: act.Statement, Code: "vd.notice"}, now); items != nil || !reflect.DeepEqual(before, look()) {
		t.Error("a draft under the name of a statement")
	}
}

// What a party declared under a measure that applies always stands in its portfolio
// until it is taken back.
func TestDeclared(t *testing.T) {
	line := pack.Measure{ID: "vd.line", Title: said("line"), Occasion: pack.Occasion{Standing: true}, Steps: []pack.Step{{ID: "main", By: role(pack.RoleEach)}}}
	d := open(t, textOf("vd", line, notification()))
	declared := func(now string) (out []string) {
		for _, f := range d.b.Portfolio("alatau", Moment{Now: at(now)}) {
			for _, x := range f.Declared {
				out = append(out, x.Code+" "+x.Filing.String())
			}
		}
		return out
	}
	d.file("a", "2027-01-01", "alatau", "vd.line", `{"text":"the old line"}`)
	d.file("b", "2027-02-01", "alatau", "vd.line", `{"text":"the new line"}`)
	d.file("c", "2027-02-01", "borovia", "vd.line", `{"text":"another line"}`)
	d.file("n", "2027-02-01", "alatau", "vd.notice", exercise)
	d.file("w", "2027-03-01", "alatau", "vd.line", "", life(act.Withdrawal), answers(d, "b"))
	first, second := "vd.line "+d.names["a"].String(), "vd.line "+d.names["b"].String()
	equal(t, declared("2027-01-15"), []string{first})
	equal(t, declared("2027-02-15"), []string{second, first})
	equal(t, declared("2027-03-15"), []string{first})
}
