package provision

import (
	"testing"

	"detente/act"
	"detente/lodging"
	"detente/pack"
	"detente/party"
	"detente/regime"
)

const exercise = `{"troops":13200,"tanks":240,"start":"2027-10-01","end":"2027-10-09"}`

// Start 1 October 2027: 42 days before is 20 August, until its last second.
func TestLeadTime(t *testing.T) {
	tests := []struct {
		name   string
		when   string
		values string
		edit   func(*Filing)
		now    string
		want   State
		en     string
	}{
		{"45 days before", "2027-08-17", exercise, nil, "2027-11-01", Done,
			"Provided for under V, 38–46 because troops 13,200 ≥ 9,000; start: 1 October 2027; lodged by 17 August 2027 as 3 of 5 mirrors show: 45 days before; the text provides for 42 days."},
		{"the last second", "2027-08-20T23:59:59Z", exercise, nil, "2027-11-01", Done, ""},
		{"shown a second later, said nothing", "2027-08-21", exercise, func(f *Filing) { f.Bounds.NotBefore = 0 }, "2027-11-01", NotShownTimely, ""},
		{"late by its own word", "2027-09-11", exercise, nil, "2027-11-01", DoneAfter,
			"Provided for under V, 38–46 because troops 13,200 ≥ 9,000; start: 1 October 2027; lodged by 11 September 2027 as 3 of 5 mirrors show: 21 days before; the text provides for 42 days."},
		{"not yet shown", "2027-08-17", exercise, func(f *Filing) { f.Bounds = lodging.Bounds{Need: 3, Have: 1, Of: 5}; f.Claimed = at("2027-08-17") }, "2027-08-18", Done, ""},
		{"never shown", "2027-08-17", exercise, func(f *Filing) { f.Bounds = lodging.Bounds{Need: 3, Have: 1, Of: 5}; f.Claimed = at("2027-08-17") }, "2027-11-01", NotShownTimely, ""},
		{"told to one of four", "2027-08-17", exercise, func(f *Filing) { f.To = []party.ID{"borovia"} }, "2027-08-18", DueSoon,
			"Provided for under V, 38–46 because troops 13,200 ≥ 9,000; start: 1 October 2027; due by 20 August 2027; due soon. Not shown to have gone to cintra, dovania, elbria."},
		{"a note in time", "2027-08-17", exercise, func(f *Filing) { f.Bounds = lodging.Bounds{}; f.Source = FromNote; f.Claimed = at("2027-08-17") }, "2027-11-01", Done, ""},
		{"a note not in time", "2027-09-11", exercise, func(f *Filing) { f.Bounds = lodging.Bounds{}; f.Source = FromNote; f.Claimed = at("2027-09-11") }, "2027-11-01", DoneAfter, ""},
		{"entered for a party without a record", "2027-08-25", exercise, func(f *Filing) { f.For, f.Claimed, f.Kind = "borovia", at("2027-08-17"), act.Entered }, "2027-11-01", Done, ""},
		{"8,999 is below", "2027-09-11", `{"troops":8999,"tanks":249,"acvs":499,"guns":249,"start":"2027-10-01"}`, nil, "2027-11-01", NotProvided,
			"Not provided for under V, 38–46: troops 8,999 < 9,000, tanks 249 < 250, acvs 499 < 500 and guns 249 < 250."},
		{"9,000 is not", "2027-09-11", `{"troops":9000,"start":"2027-10-01"}`, nil, "2027-11-01", DoneAfter, ""},
		{"250 tanks", "2027-09-11", `{"troops":1,"tanks":250,"start":"2027-10-01"}`, nil, "2027-11-01", DoneAfter, ""},
		{"sealed to others", "2027-09-11", "", func(f *Filing) { f.Unreadable = true }, "2027-11-01", NotJudged, ""},
		{"no notice to the troops", "2027-10-01", `{"troops":9000,"start":"2027-10-01","no_notice":true}`, nil, "2027-11-01", Done, ""},
		{"no notice, a day after", "2027-10-02T00:00:05Z", `{"troops":9000,"start":"2027-10-01","no_notice":true}`, nil, "2027-11-01", DoneAfter, ""},
	}
	for _, tt := range tests {
		d := open(t, textOf("vd", notification()))
		edits := []func(*Filing){}
		if tt.edit != nil {
			edits = append(edits, tt.edit)
		}
		d.file("n", tt.when, "alatau", "vd.notice", tt.values, edits...)
		list := d.b.Items(Query{Code: "vd.notice", All: true}, Moment{Now: at(tt.now)})
		if len(list) != 1 || list[0].State != tt.want {
			t.Errorf("%s: %q, want %s", tt.name, d.states(Query{All: true}, tt.now), tt.want)
			continue
		}
		if got := d.b.Why(&list[0], regime.English); tt.en != "" && got != tt.en {
			t.Errorf("%s:\n%s\nwant\n%s", tt.name, got, tt.en)
		}
		if got := d.b.Why(&list[0], regime.Russian); len(got) < 20 {
			t.Errorf("%s: %q", tt.name, got)
		}
	}
}

func TestClaimOfNoNoticeCanBeDisputed(t *testing.T) {
	d := open(t, textOf("vd", notification()))
	d.file("n", "2027-10-01", "alatau", "vd.notice", `{"troops":9000,"start":"2027-10-01","no_notice":true}`)
	equal(t, d.states(Query{}, "2027-11-01"), []string{"vd.notice alatau done"})
	d.file("x", "2027-10-03", "borovia", "", "", kind(act.Contested), answers(d, "n"))
	equal(t, d.states(Query{}, "2027-11-01"), []string{"vd.notice alatau contested"})
}

func TestOwnShare(t *testing.T) {
	d := open(t, textOf("vd", notification()))
	d.file("n", "2027-08-17", "alatau", "vd.notice", `{"troops":30000,"start":"2027-10-01","share":{"alatau":15000,"borovia":9000,"cintra":6000}}`)
	q := Query{}
	equal(t, d.states(q, "2027-08-18"), []string{"vd.notice alatau done", "vd.notice.share borovia due-soon"})
	equal(t, d.states(q, "2027-11-01"), []string{"vd.notice alatau done", "vd.notice.share borovia not-recorded"})
	d.file("s", "2027-08-19", "borovia", "vd.notice.share", `{}`, answers(d, "n"))
	equal(t, d.states(q, "2027-11-01"), []string{"vd.notice alatau done", "vd.notice.share borovia done"})
}

// A moved start runs its clock again; for untouched fields the first lodging stands.
func TestCorrections(t *testing.T) {
	q := Query{Code: "vd.notice"}
	d := open(t, textOf("vd", notification()))
	d.file("n", "2027-08-17", "alatau", "vd.notice", exercise)
	d.file("c", "2027-09-20", "alatau", "vd.notice", `{"troops":14000}`, life(act.Correction), answers(d, "n"))
	equal(t, d.states(q, "2027-11-01"), []string{"vd.notice alatau done"})
	d.file("u", "2027-09-25", "alatau", "vd.notice", `{"start":"2027-10-05"}`, life(act.Update), answers(d, "n"))
	it := d.one(q, "2027-11-01")
	equal(t, it.State, DoneAfter)
	equal(t, it.Clock.Due, at("2027-08-24T23:59:59Z"))
	d.file("e", "2027-09-26", "alatau", "vd.notice", "", life(act.IssuedInError), answers(d, "u"))
	equal(t, d.states(q, "2027-11-01"), []string{"vd.notice alatau done"})
	d.file("w", "2027-09-27", "alatau", "vd.notice", "", life(act.Withdrawal), answers(d, "n"))
	equal(t, d.states(q, "2027-11-01"), []string{})
	// another party's word on it changes nothing
	e := open(t, textOf("vd", notification()))
	e.file("n", "2027-08-17", "alatau", "vd.notice", exercise)
	e.file("w", "2027-09-27", "borovia", "vd.notice", "", life(act.Withdrawal), answers(e, "n"))
	equal(t, e.states(q, "2027-11-01"), []string{"vd.notice alatau done"})
}

func TestFallingBelowAndCancelling(t *testing.T) {
	q := Query{Measure: "vd.observation", Obligor: "alatau"}
	d := open(t, textOf("vd", notification(), observation()))
	d.file("n", "2027-08-17", "alatau", "vd.notice", exercise)
	equal(t, d.states(q, "2027-08-17T12:00:00Z"), []string{"vd.observation alatau due-soon"})
	equal(t, d.states(q, "2027-09-01"), []string{"vd.observation alatau not-recorded"})
	d.file("u", "2027-08-20", "alatau", "vd.notice", `{"troops":12000}`, life(act.Update), answers(d, "n"))
	equal(t, d.states(q, "2027-09-01"), []string{"vd.observation alatau discharged"})
	// It need not have begun above the level.
	u := open(t, textOf("vd", notification(), observation()))
	u.file("n", "2027-08-17", "alatau", "vd.notice", `{"troops":12000,"start":"2027-10-01","end":"2027-10-09"}`)
	u.file("up", "2027-08-18", "alatau", "vd.notice", `{"troops":13000}`, life(act.Update), answers(u, "n"))
	u.file("down", "2027-08-20", "alatau", "vd.notice", `{"troops":12999}`, life(act.Update), answers(u, "n"))
	equal(t, u.states(q, "2027-08-18T12:00:00Z"), []string{"vd.observation alatau not-recorded"})
	equal(t, u.states(q, "2027-09-01"), []string{"vd.observation alatau discharged"})
	e := open(t, textOf("vd", notification(), observation()))
	e.file("n", "2027-08-17", "alatau", "vd.notice", exercise)
	e.file("x", "2027-08-18", "alatau", "vd.notice", "", life(act.Cancellation), answers(e, "n"))
	equal(t, e.states(Query{}, "2027-09-01"), []string{"vd.observation alatau discharged", "vd.notice alatau done"})
}

// Past 72 hours an activity without notice becomes observable.
func TestElapsed(t *testing.T) {
	d := open(t, textOf("vd", observation()))
	d.file("n", "2027-10-01", "alatau", "vd.notice", `{"troops":9000,"start":"2027-10-01","end":"2027-10-09","no_notice":true}`)
	equal(t, d.states(Query{}, "2027-10-03T23:59:59Z"), []string{})
	equal(t, d.states(Query{}, "2027-10-04T00:00:01Z"), []string{"vd.observation alatau not-recorded"})
}

// Silence has the meaning that the text gives it.
func TestSilence(t *testing.T) {
	q := Query{Code: "vd.observation.reply"}
	d := open(t, textOf("vd", observation()))
	d.file("n", "2027-08-17", "alatau", "vd.notice", exercise)
	d.file("i", "2027-08-17", "alatau", "vd.observation", `{}`, answers(d, "n"))
	d.file("r", "2027-08-20", "borovia", "vd.observation.reply", `{}`, answers(d, "i"))
	equal(t, d.states(q, "2027-08-18"), []string{"vd.observation.reply borovia open", "vd.observation.reply cintra open", "vd.observation.reply dovania open", "vd.observation.reply elbria open"})
	equal(t, d.states(q, "2027-09-08"), []string{"vd.observation.reply borovia done", "vd.observation.reply cintra discharged", "vd.observation.reply dovania discharged", "vd.observation.reply elbria discharged"})
	it := d.one(Query{Code: "vd.observation.reply", Obligor: "cintra"}, "2027-09-08")
	equal(t, d.b.Why(&it, regime.English), "Provided for under VI, 47–58; runs from issue, 17 August 2027, 00:00 UTC; due by 7 September 2027; nothing remains to be done. No answer was given; in this text that means: no observers.")
}

// Each step of chapter III has its clock from receipt; the next opens on silence
// or on an answer that is held not to suffice.
func TestUnusualActivity(t *testing.T) {
	d := open(t, textOf("vd", unusual()))
	d.file("q", "2027-03-01T09:00:00Z", "alatau", "vd.unusual", `{}`, to("borovia"), func(f *Filing) { f.Receipts = []Receipt{{"borovia", at("2027-03-01T12:00:00Z")}} })
	q := Query{Measure: "vd.unusual"}
	it := d.one(Query{Code: "vd.unusual.reply"}, "2027-03-02")
	equal(t, it.Clock.Due, at("2027-03-03T12:00:00Z"))
	equal(t, d.states(q, "2027-03-02"), []string{"vd.unusual.reply borovia open", "vd.unusual alatau done"})
	equal(t, d.states(q, "2027-03-03T13:00:00Z"), []string{"vd.unusual.reply borovia not-recorded", "vd.unusual.meeting alatau open", "vd.unusual alatau done"})
	equal(t, d.one(Query{Code: "vd.unusual.meeting"}, "2027-03-03T13:00:00Z").Clock.Due, at("2027-03-05T12:00:01Z"))
	d.file("r", "2027-03-03T11:00:00Z", "borovia", "vd.unusual.reply", `{}`, to("alatau"), answers(d, "q"))
	equal(t, d.states(q, "2027-03-04"), []string{"vd.unusual.reply borovia done", "vd.unusual alatau done"})
	d.file("x", "2027-03-03T15:00:00Z", "alatau", "", "", kind(act.Contested), answers(d, "r"))
	equal(t, d.states(q, "2027-03-04"), []string{"vd.unusual.reply borovia done", "vd.unusual.meeting alatau open", "vd.unusual alatau done"})
	d.file("m", "2027-03-04T15:00:00Z", "alatau", "vd.unusual.meeting", `{}`, to("borovia"), answers(d, "r"))
	equal(t, d.states(q, "2027-03-08"), []string{"vd.unusual.reply borovia done", "vd.unusual.meeting alatau done", "vd.unusual alatau done"})
}

// Without a receipt the clock does not run.
func TestReceiptNotShown(t *testing.T) {
	d := open(t, textOf("vd", unusual()))
	d.file("q", "2027-03-01T09:00:00Z", "alatau", "vd.unusual", `{}`, to("borovia"), func(f *Filing) { f.Receipts = nil })
	it := d.one(Query{Code: "vd.unusual.reply"}, "2027-04-01")
	equal(t, it.State, Open)
	equal(t, it.Notes[0].Key, "receipt-open")
}

// A clock that runs from an earlier step does so whatever opened its own: the
// answer, or that none came.
func TestClockOfAnEarlierStep(t *testing.T) {
	m := unusual()
	m.Steps[2].Clock = &pack.Clock{Kind: pack.ClockWithin, Least: "PT72H", Of: pack.MainStep}
	m.Steps[2].After = []pack.Opening{{Step: "reply", Was: pack.WasFiled}, {Step: "reply", Was: pack.WasSilent}}
	d := open(t, textOf("vd", m))
	d.file("q", "2027-03-01T09:00:00Z", "alatau", "vd.unusual", `{}`, to("borovia"))
	due := func() int64 { return d.one(Query{Code: "vd.unusual.meeting"}, "2027-03-04").Clock.Due }
	equal(t, due(), at("2027-03-04T09:00:00Z"))
	d.file("r", "2027-03-03T08:00:00Z", "borovia", "vd.unusual.reply", `{}`, to("alatau"), answers(d, "q"))
	equal(t, due(), at("2027-03-04T09:00:00Z"))
}
