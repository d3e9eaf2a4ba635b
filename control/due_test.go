package control

import (
	"context"
	"fmt"
	"testing"
	"time"

	"detente/act"
	"detente/node"
	"detente/party"
	"detente/portfolio"
	"detente/town"
)

// Without boards a state is told of what is addressed to it, or to all, and exercises
// are never among what is meant.
func TestOthersAffairsStayTheirs(t *testing.T) {
	ctx := context.Background()
	p := town.Plan{Dir: t.TempDir(), Group: party.Group{1}, Names: map[string]string{"en": "Region"}, K: 1}
	for _, id := range []party.ID{"alatau", "borovia", "cintra"} {
		p.Parties = append(p.Parties, town.Resident{ID: id})
	}
	tw, err := town.Found(p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tw.Close() })
	if err := tw.StartAll(ctx); err != nil {
		t.Fatal(err)
	}
	b := tw.Houses["borovia"].Node
	file := func(s act.Status, measure, thread string, payload string, to ...party.ID) {
		t.Helper()
		a := &act.Act{Group: tw.First.Group, Edition: 1, Kind: act.Statement, Status: s, To: to, ToAll: len(to) == 0, Life: act.New, Thread: thread, Measure: measure,
			PayloadType: node.FormType, Payload: []byte(payload)}
		if err := b.TestOnlyAppend(ctx, []*act.Act{a}); err != nil {
			t.Fatal(err)
		}
	}
	area := "{\n  \"specified_area\": {\n    \"name\": \"a valley\",\n    \"points\": [%s]\n  }\n}\n"
	points := `
      {
        "lat": "43.92",
        "lon": "77.05"
      },
      {
        "lat": "44.05",
        "lon": "77.61"
      },
      {
        "lat": "43.78",
        "lon": "78.02"
      },
      {
        "lat": "43.92",
        "lon": "77.05"
      }
    `
	file(act.Actual, "nowhere.notice", "BOR/1", "{}", "cintra")
	file(act.Exercise, "vd11.inspection", "BOR/2", fmt.Sprintf(area, points))
	file(act.Exercise, "vd11.observation", "BOR/2", "{}") // beside it in the thread, without an area
	file(act.Actual, "nowhere.notice", "BOR/3", "{}")
	end := time.After(30 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for _, id := range []party.ID{"alatau", "cintra"} {
		for {
			if rows, err := tw.Houses[id].Node.ThreadOf(ctx, "BOR/3"); err == nil && len(rows) > 0 {
				break
			}
			select {
			case <-tick.C:
			case <-end:
				t.Fatal("the statements do not arrive")
			}
		}
	}
	for id, want := range map[party.ID]int{"alatau": 1, "borovia": 2, "cintra": 2} {
		n := tw.Houses[id].Node
		c := &call{node: n, folio: portfolio.New(n), atlas: &atlas{}}
		out, err := findings(ctx, c, LookArgs{})
		if err != nil || len(out.([]TextFinding)) != want {
			t.Errorf("%s is told of %+v, %v", id, out, err)
		}
		for s, want := range map[act.Status]int{"": 0, act.Exercise: 1} {
			out, err := areas(ctx, c, AreasArgs{LookArgs: LookArgs{Status: s}})
			if err != nil || len(out.([]Area)) != want {
				t.Errorf("%s: areas of %q: %+v, %v", id, s, out, err)
			}
		}
	}
	if _, err := areas(ctx, &call{node: b}, AreasArgs{LookArgs: LookArgs{At: "2027-01-01T00:00:00Z"}}); err == nil || ErrorOf(err).Code != Usage {
		t.Errorf("areas of another moment: %v", err)
	}
}
