package control

import (
	"testing"

	"detente/pack"
	"detente/provision"
)

// How far a visit is follows from its steps and from what its forms told.
func TestStageOf(t *testing.T) {
	ms := &pack.Measure{Steps: []pack.Step{{ID: pack.MainStep}, {ID: "reply", Answer: "answer"}, {ID: "visit"}, {ID: "report"}}}
	item := func(step string, s provision.State, as ...string) provision.Item {
		it := provision.Item{Step: step, State: s}
		for _, x := range as {
			it.By = append(it.By, provision.Basis{As: x})
		}
		return it
	}
	asked := item(pack.MainStep, provision.Done, "opened", "did")
	reply := func(s provision.State) provision.Item { return item("reply", s) }
	const now = 1_000_000
	for _, c := range []struct {
		items []provision.Item
		told  toldTimes
		want  VisitStage
	}{
		{[]provision.Item{item(pack.MainStep, provision.Open, "opened")}, toldTimes{}, VisitForeseen},
		{[]provision.Item{asked, reply(provision.Open)}, toldTimes{}, VisitAsked},
		{[]provision.Item{asked, reply(provision.NotRecorded)}, toldTimes{}, VisitUnheard},
		{[]provision.Item{asked, reply(provision.LawfullyDeclined)}, toldTimes{}, VisitLawful},
		{[]provision.Item{asked, reply(provision.Declined)}, toldTimes{}, VisitDeclined},
		{[]provision.Item{asked, reply(provision.Excused)}, toldTimes{}, VisitExcused},
		{[]provision.Item{asked, reply(provision.Contested)}, toldTimes{}, VisitOther},
		{[]provision.Item{asked, reply(provision.Declined), reply(provision.Done)}, toldTimes{}, VisitAgreed}, // one of two comes
		{[]provision.Item{asked}, toldTimes{}, VisitAgreed},                                                   // nobody is asked for an answer
		{[]provision.Item{asked, reply(provision.Done)}, toldTimes{from: now + 1}, VisitAgreed},
		{[]provision.Item{asked, reply(provision.Done)}, toldTimes{from: now}, VisitDue},
		{[]provision.Item{asked, reply(provision.Done)}, toldTimes{from: now, begun: true}, VisitUnderWay},
		{[]provision.Item{asked, reply(provision.Done)}, toldTimes{from: now - 5, begun: true, ended: true}, VisitDone},
		{[]provision.Item{asked, reply(provision.Done), item("report", provision.Done)}, toldTimes{ended: true}, VisitReported},
		{[]provision.Item{item(pack.MainStep, provision.Discharged, "opened", "cancelled"), reply(provision.Done)}, toldTimes{}, VisitOver},
	} {
		if got := stageOf(ms, c.items, c.told, now); got != c.want {
			t.Errorf("%v, %+v: %s where %s belongs", c.items, c.told, got, c.want)
		}
	}
}
