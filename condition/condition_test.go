package condition

import (
	"strings"
	"testing"
	"time"

	"detente/pack"
	"detente/regime"
)

func values(t testing.TB, json string) *regime.Values {
	t.Helper()
	v, err := regime.ReadValues([]byte(json))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func terms(t testing.TB, head *pack.Head) *Terms {
	t.Helper()
	tm, err := NewTerms(head)
	if err != nil {
		t.Fatal(err)
	}
	return tm
}

// zones of an invented country: a strip of 100 km along a line on the 45th
// parallel, and a box; and a strip on the left side of a line that goes north.
func head() *pack.Head {
	return &pack.Head{Zones: []pack.Zone{
		{ID: "border", Title: pack.Text{"en": "the border zone", "ru": "приграничная зона"}, Strip: &pack.Strip{Km: 100, Along: []pack.Point{{Lat: 45, Lon: 70}, {Lat: 45, Lon: 75}, {Lat: 46, Lon: 80}}}},
		{ID: "box", Title: pack.Text{"en": "the box"}, Outline: []pack.Point{{Lat: 40, Lon: 60}, {Lat: 41, Lon: 60}, {Lat: 41, Lon: 62}, {Lat: 40, Lon: 62}, {Lat: 40, Lon: 60}}},
		{ID: "both", Title: pack.Text{"en": "both"}, Union: []string{"border", "box"}},
		{ID: "west", Title: pack.Text{"en": "the west bank"}, Strip: &pack.Strip{Km: 10, Side: "left", Along: []pack.Point{{Lat: 40, Lon: 70}, {Lat: 41, Lon: 70}}}},
		{ID: "agreed", Title: pack.Text{"en": "the agreed zone"}, Slot: "area"},
	}}
}

const exercise = `{"troops":13200,"tanks":240,"start":"2027-10-01","end":"2027-10-23","kind":"exercise","kinds":["land","air"],"command":true,
"share":{"alatau":9000,"borovia":4200},"phases":[{"troops":8000},{"troops":13200},{"troops":5000}],"guns":{"answer":"nil"},"acvs":{"answer":"not-known-now"},
"flow":"12.5","entry":"2027-10-02T09:00+05:00[Asia/Almaty]"}`

func TestConditions(t *testing.T) {
	agreed := map[string]string{"level": "9000", "long": "P21D"}
	fig := func(path, atLeast string) pack.When { return pack.When{Figure: path, AtLeast: atLeast} }
	tests := []struct {
		name string
		when pack.When
		want Outcome
		en   string
	}{
		{"at least, met", fig("troops", "9000"), Holds, "troops 13,200 ≥ 9,000"},
		{"at least, equal", fig("troops", "13200"), Holds, "troops 13,200 ≥ 13,200"},
		{"more than, equal", pack.When{Figure: "troops", MoreThan: "13200"}, Not, "troops 13,200 ≤ 13,200"},
		{"tanks below", fig("tanks", "250"), Not, "tanks 240 < 250"},
		{"sum of a map", fig("share", "13200"), Holds, "share 13,200 ≥ 13,200"},
		{"own share", fig("share.*", "9000"), Not, "share of borovia 4,200 < 9,000"},
		{"one entry", fig("share.alatau", "9000"), Holds, ""},
		{"greatest of rows", fig("phases.troops", "13000"), Holds, "phases 13,200 ≥ 13,000"},
		{"nil is nought", fig("guns", "1"), Not, "guns 0 < 1"},
		{"not known now", fig("acvs", "500"), Unknown, "acvs: not known now"},
		{"not given", fig("ships", "6"), Not, "ships not given (≥ 6)"},
		{"decimals", pack.When{Figure: "flow", MoreThan: "12.4"}, Holds, "flow 12.5 > 12.4"},
		{"at most", pack.When{Figure: "tanks", AtMost: "240"}, Holds, "tanks 240 ≤ 240"},
		{"slot", fig("troops", "$level"), Holds, "troops 13,200 ≥ 9,000"},
		{"slot not agreed", fig("troops", "$other"), Unknown, "not agreed: other"},
		{"hidden", fig("secret", "1"), Unknown, "secret: not readable here"},
		{"choice", pack.When{Field: "kind", Is: []string{"exercise"}}, Holds, "kind: exercise"},
		{"choices", pack.When{Field: "kinds", Is: []string{"sea", "air"}}, Holds, "kinds: land, air"},
		{"bool", pack.When{Field: "command", Is: []string{"true"}}, Holds, "command: yes"},
		{"bool not", pack.When{Field: "command", Is: []string{"false"}}, Not, "command: yes, not no"},
		{"any-of with a guard", pack.When{All: []pack.When{{Any: []pack.When{fig("troops", "9000"), fig("tanks", "250")}}, {Field: "command", Is: []string{"true"}}}}, Holds,
			"troops 13,200 ≥ 9,000 and command: yes"},
		{"none of any", pack.When{Any: []pack.When{fig("troops", "20000"), fig("tanks", "250")}}, Not, "troops 13,200 < 20,000 and tanks 240 < 250"},
		{"any with one not known", pack.When{Any: []pack.When{fig("tanks", "250"), fig("acvs", "500")}}, Unknown, "acvs: not known now"},
		{"any decided though one is not known", pack.When{Any: []pack.When{fig("troops", "9000"), fig("acvs", "500")}}, Holds, "troops 13,200 ≥ 9,000"},
		{"all decided though one is not known", pack.When{All: []pack.When{fig("tanks", "250"), fig("acvs", "500")}}, Not, "tanks 240 < 250"},
		{"not", pack.When{Not: &pack.When{Field: "kind", Is: []string{"drill"}}}, Holds, ""},
		{"not of what is not known", pack.When{Not: &pack.When{Figure: "acvs", AtLeast: "1"}}, Unknown, ""},
		{"lasts exactly 22 days, more than 21", pack.When{Lasts: &pack.Lasts{From: "start", To: "end", MoreThan: "P21D"}}, Holds, "from 1 October 2027 to 23 October 2027 > 21 days"},
		{"lasts, slot", pack.When{Lasts: &pack.Lasts{From: "start", To: "end", AtLeast: "$long"}}, Holds, ""},
		{"lasts 22 days, more than 22", pack.When{Lasts: &pack.Lasts{From: "start", To: "end", MoreThan: "P22D"}}, Not, ""},
		{"elapsed", pack.When{Elapsed: &pack.Lasts{From: "start", MoreThan: "PT72H"}}, Not, "72 hours have not yet passed since 1 October 2027"},
		{"elapsed from a moment", pack.When{Elapsed: &pack.Lasts{From: "entry", AtLeast: "PT24H"}}, Holds, "24 hours have passed since 2 October 2027, 09:00 +05:00"},
		{"rule", pack.When{Rule: "form.troops * 2 > 26000 && party == 'borovia'", Says: pack.Text{"en": "twice the troops"}}, Holds, "twice the troops"},
		{"rule with the moment", pack.When{Rule: "now > date('2027-01-01')"}, Holds, ""},
		{"rule on what is not given", pack.When{Rule: "form.ships > 3"}, Unknown, "not known here: form.ships > 3"},
		{"rule with a slot", pack.When{Rule: "int(slots.level) == 9000"}, Holds, ""},
	}
	tm := terms(t, head())
	env := &Env{Values: values(t, exercise), Party: "borovia", Now: time.Date(2027, 10, 4, 0, 0, 0, 0, time.UTC).Unix(),
		Hidden: func(f string) bool { return f == "secret" },
		Slot:   func(id string) (string, bool) { s, ok := agreed[id]; return s, ok },
		Slots:  func() []string { return []string{"level", "other"} }}
	for _, tt := range tests {
		c, err := tm.Compile(&tt.when)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		r := c.Eval(env)
		if r.Outcome != tt.want || r.Reason.Outcome != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, r.Outcome, tt.want)
		}
		if got := r.Reason.Says(regime.English); tt.en != "" && got != tt.en {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.en)
		}
		if got := r.Reason.Says(regime.Russian); got == "" || strings.Contains(got, "?") {
			t.Errorf("%s: in Russian %q", tt.name, got)
		}
	}
}

// The clock of an elapsed condition tells when its answer changes.
func TestElapsedTellsWhenItChanges(t *testing.T) {
	c, err := terms(t, head()).Compile(&pack.When{Elapsed: &pack.Lasts{From: "start", To: "end", MoreThan: "PT72H"}})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2027, 10, 1, 0, 0, 0, 0, time.UTC).Unix()
	env := &Env{Values: values(t, `{"start":"2027-10-01","end":"2027-10-09"}`), Now: start}
	r := c.Eval(env)
	if r.Outcome != Not || r.Until != start+72*3600+1 {
		t.Errorf("%v %d", r.Outcome, r.Until-start)
	}
	env.Now = start + 72*3600
	if r = c.Eval(env); r.Outcome != Not {
		t.Error("72 hours are not more than 72 hours")
	}
	env.Now++
	if r = c.Eval(env); r.Outcome != Holds || r.Until != 0 {
		t.Errorf("%+v", r)
	}
	env.Values = values(t, `{"start":"2027-10-01","end":"2027-10-02"}`)
	if r = c.Eval(env); r.Outcome != Not || r.Reason.Key != "ended-before" {
		t.Errorf("it ended before: %+v", r)
	}
}

func TestRuleThatLoopsIsStoppedAndNamed(t *testing.T) {
	rule := "[1,2,3,4,5,6,7,8,9,10].all(a, [1,2,3,4,5,6,7,8,9,10].all(b, [1,2,3,4,5,6,7,8,9,10].all(c, [1,2,3,4,5,6,7,8,9,10].all(d, [1,2,3,4,5,6,7,8,9,10].all(e, a+b+c+d+e > 0)))))"
	c, err := terms(t, head()).Compile(&pack.When{Rule: rule})
	if err != nil {
		t.Fatal(err)
	}
	r := c.Eval(&Env{})
	if r.Outcome != Unknown || r.Reason.Key != "rule-stopped" || !strings.Contains(r.Reason.Says(regime.English), "too many steps") {
		t.Errorf("%v %s", r.Outcome, r.Reason.Says(regime.English))
	}
	one, err := terms(t, head()).Compile(&pack.When{Rule: "form.rows.all(r, r.troops > 0)"})
	if err != nil {
		t.Fatal(err)
	}
	rows := strings.Repeat(`{"troops":5},`, 199) + `{"troops":5}`
	if r := one.Eval(&Env{Values: values(t, `{"rows":[`+rows+`]}`)}); r.Outcome != Holds {
		t.Errorf("a loop over the largest table must end by itself: %+v", r)
	}
	if f, all := one.Fields(); all || len(f) != 1 || f[0] != "rows" {
		t.Errorf("fields %q %v", f, all)
	}
}

func TestCompileRefuses(t *testing.T) {
	deep := pack.When{Figure: "x", AtLeast: "1"}
	for range 8 {
		deep = pack.When{Not: &deep}
	}
	wide := pack.When{}
	for range 65 {
		wide.Any = append(wide.Any, pack.When{Figure: "x", AtLeast: "1"})
	}
	tests := []struct {
		when pack.When
		want string
	}{
		{pack.When{}, "empty condition"},
		{pack.When{Figure: "x"}, "0 comparisons"},
		{pack.When{Figure: "x", AtLeast: "1", AtMost: "2"}, "2 comparisons"},
		{pack.When{Figure: "x", AtLeast: "many"}, "neither a number nor a slot"},
		{pack.When{Field: "x"}, "under \"is\""},
		{pack.When{Area: "x", Within: "nowhere"}, "no zone"},
		{pack.When{Area: "x"}, "0 of within"},
		{pack.When{Lasts: &pack.Lasts{From: "a", AtLeast: "P1D"}}, "name from and to"},
		{pack.When{Elapsed: &pack.Lasts{From: "a", AtLeast: "1 day"}}, "not a duration"},
		{pack.When{Rule: "form.x +"}, "rule"},
		{pack.When{Rule: "1 + 1"}, "int where true or false is due"},
		{pack.When{Rule: strings.Repeat("!", 2001) + "true"}, "more than"},
		{deep, "deep"},
		{wide, "parts"},
	}
	tm := terms(t, head())
	for _, tt := range tests {
		if _, err := tm.Compile(&tt.when); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: %v, want %q", tt.when, err, tt.want)
		}
	}
}

func TestFormula(t *testing.T) {
	agreed := func(id string) (string, bool) { return "7", id == "most" }
	latest := values(t, `{"units":125,"quota":4}`)
	tests := []struct {
		text   string
		latest *regime.Values
		want   int64
		reason string
	}{
		{"3", nil, 3, ""},
		{"$most", nil, 7, ""},
		{"$other", nil, 0, "not agreed: other"},
		{"= min(15, ceil(latest.units, 60))", latest, 3, ""},
		{"= min(15, ceil(double(latest.units) / 60.0))", latest, 3, ""},
		{"= min(15, ceil(latest.units, 60))", values(t, `{"units":120}`), 2, ""},
		{"= min(15, ceil(latest.units, 60))", values(t, `{"units":9000}`), 15, ""},
		{"= max(1, latest.quota / 5)", latest, 1, ""},
		{"= max(1, latest.quota / 5)", nil, 0, "the return that gives the figures is not at hand"},
		{"= max(1, latest.none / 5)", latest, 0, "not known here: = max(1, latest.none / 5)"},
	}
	tm := terms(t, head())
	for _, tt := range tests {
		f, err := tm.CompileFormula(tt.text)
		if err != nil {
			t.Errorf("%s: %v", tt.text, err)
			continue
		}
		n, why := f.Eval(&Env{Slot: agreed}, tt.latest)
		got := ""
		if why != nil {
			got = why.Says(regime.English)
		}
		if n != tt.want || got != tt.reason {
			t.Errorf("%s: %d %q, want %d %q", tt.text, n, got, tt.want, tt.reason)
		}
	}
	for _, bad := range []string{"", "-1", "many", "= true", "= 1 +", "10000000"} {
		if _, err := tm.CompileFormula(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}
