package control

import (
	"slices"
	"strings"
	"testing"
	"time"

	"detente/line"
	"detente/watch"
)

// What is a party's word is said to be its word; a fault is said to be nobody's.
func TestConditionsAreNotMixedUp(t *testing.T) {
	t.Parallel()
	end := &line.End{Until: "2027-03-01T06:00:00Z", Reason: "the exchange is being moved"}
	for condition, want := range map[watch.Condition]string{
		watch.InService: "in service; last heard 2027-03-01T05:00:00Z",
		watch.Suspended: "Borovia says that it is suspended until 2027-03-01T06:00:00Z: the exchange is being moved",
		watch.Closed:    "Borovia says that it is closed: the exchange is being moved",
		watch.Declined:  "Borovia says that it does not take part: the exchange is being moved",
		watch.NotOpened: "Borovia has said nothing of this line",
		watch.ByCourier: "open; there is no connection between the nodes: what is said goes by courier",
		watch.NotHeard: "nothing has come from the node of Borovia since 2027-03-01T05:00:00Z: a fault somewhere on the way, of either side; " +
			"Borovia has said nothing of it",
	} {
		got := conditionSentence(Side{Name: "Borovia", Condition: condition, LastHeard: "2027-03-01T05:00:00Z"}, end)
		if got != want {
			t.Errorf("%s: %q", condition, got)
		}
		if says := strings.Contains(got, "says that"); says != slices.Contains([]watch.Condition{watch.Suspended, watch.Closed, watch.Declined}, condition) {
			t.Errorf("%s is put as somebody's word: %v", condition, says)
		}
	}
}

// A line that people have not tested for a week is named, unless there is nobody at
// its other end to answer.
func TestUntested(t *testing.T) {
	t.Parallel()
	now := time.Date(2027, 3, 8, 5, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		mine      line.State
		condition watch.Condition
		tested    string
		want      int
	}{
		{line.Open, watch.InService, "", 1},
		{line.Open, watch.InService, "2027-03-01T04:59:59Z", 1},
		{line.Open, watch.InService, "2027-03-01T05:00:00Z", 0},
		{line.Open, watch.Suspended, "", 0},
		{line.Open, watch.NotHeard, "", 0},
		{line.Closed, watch.InService, "", 0},
	} {
		got := untested([]LineView{{Line: "capitals", Mine: c.mine, Others: []Side{{Name: "Borovia", Condition: c.condition, Tested: c.tested}}}}, now)
		if len(got) != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}
