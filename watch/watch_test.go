package watch

import (
	"testing"
	"time"

	"detente/line"
)

func at(s int) time.Time { return time.Unix(1_800_000_000+int64(s), 0).UTC() }

func or(z, s int) time.Time {
	if s == z {
		return time.Time{}
	}
	return at(s)
}

// An alert of precedence 1 calls the duty officer at once, the chief of shift after
// five minutes, the second contact after ten; silence lasts 30 s and sound returns.
func TestAlert(t *testing.T) {
	t.Parallel()
	const never = -1
	for _, c := range []struct {
		name                 string
		p                    line.Precedence
		acked, silenced, now int
		over                 int
		list                 List
		calls                Call
		sound                bool
		next                 int
	}{
		{"on arrival", 1, never, never, 0, never, NeedsYou, Duty, true, 300},
		{"before five minutes", 1, never, never, 299, never, NeedsYou, Duty, true, 300},
		{"at five minutes", 1, never, never, 300, never, NeedsYou, Chief, true, 600},
		{"at ten minutes", 1, never, never, 600, never, NeedsYou, Second, true, never},
		{"a day later it still sounds", 1, never, never, 86400, never, NeedsYou, Second, true, never},
		{"silenced", 1, never, 40, 10, never, NeedsYou, Duty, false, 40},
		{"sound returns", 1, never, 40, 40, never, NeedsYou, Duty, true, 300},
		{"a silence does not stop the call", 1, never, 320, 301, never, NeedsYou, Chief, false, 320},
		{"a longer silence than the rule's is none", 1, never, 100, 10, never, NeedsYou, Duty, true, 300},
		{"acknowledged", 1, 60, never, 60, never, Waiting, Nobody, false, never},
		{"a claim from the future is none yet", 1, 60, never, 59, never, NeedsYou, Duty, true, 300},
		{"done", 1, 60, never, 90, 80, Done, Nobody, false, never},
		{"taken back before anybody saw it", 1, never, never, 90, 80, Done, Nobody, false, never},
		{"urgent", 2, never, never, 1799, never, NeedsYou, Duty, true, 1800},
		{"urgent, at thirty minutes", 2, never, never, 1800, never, NeedsYou, Chief, true, never},
		{"timed", 3, never, never, 86400, never, NeedsYou, Duty, true, never},
		{"routine", 4, never, never, 0, never, NeedsYou, Duty, false, never},
		{"a precedence that does not exist is routine", 9, never, never, 0, never, NeedsYou, Duty, false, never},
	} {
		s := Defaults().At(Alert{c.p, at(0), or(never, c.acked), or(never, c.silenced), or(never, c.over)}, at(c.now))
		if s.List != c.list || s.Calls != c.calls || s.Sound != c.sound || !s.Next.Equal(or(never, c.next)) {
			t.Errorf("%s: %+v, next %v", c.name, s, s.Next)
		}
	}
}

// The sender is told by its own clock, and an acknowledgement that came later
// outranks that.
func TestSenderIsTold(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		p     line.Precedence
		acked bool
		now   int
		want  Answer
		due   bool
	}{
		{1, false, 899, Awaited, true}, {1, false, 900, NotAcknowledged, false}, {1, true, 5000, Acknowledged, false},
		{2, false, 90_000, Awaited, false}, {4, false, 90_000, Awaited, false},
	} {
		acked := time.Time{}
		if c.acked {
			acked = at(4000)
		}
		if got, due := Defaults().Sent(c.p, at(0), acked, at(c.now)); got != c.want || due.IsZero() == c.due {
			t.Errorf("precedence %d after %d s: %s, %v", c.p, c.now, got, due)
		}
	}
}

// A group's figures stand over the defaults; one that cannot be read is named, and
// the alert calls by the default.
func TestRulesOfAGroup(t *testing.T) {
	t.Parallel()
	slots := map[string]string{"line.1.chief": "2m", "line.1.second": "0", "line.2.sender": "1h", "line.3.chief": "soon", "line.4.repeat": "9999h"}
	r, err := RulesOf(func(s string) (string, bool) { v, ok := slots[s]; return v, ok })
	want := Defaults()
	want[0].Chief, want[0].Second, want[1].Sender = 2*time.Minute, 0, time.Hour
	if err == nil || r != want {
		t.Errorf("%+v, %v", r, err)
	}
	if s := r.At(Alert{Precedence: 1, Arrived: at(0)}, at(3600)); s.Calls != Chief {
		t.Errorf("where no second contact is agreed on, it calls %s", s.Calls)
	}
}

// A refusal and a suspension are a party's word; a fault is what nobody said.
func TestStands(t *testing.T) {
	t.Parallel()
	heard := Heard{Last: at(0), Period: time.Minute}
	for _, c := range []struct {
		end   *line.End
		heard Heard
		now   int
		want  Condition
	}{
		{nil, heard, 0, NotOpened},
		{&line.End{State: line.Open}, heard, 180, InService},
		{&line.End{State: line.Open}, heard, 181, NotHeard},
		{&line.End{State: line.Open}, Heard{Period: time.Minute}, 0, NotHeard},
		{&line.End{State: line.Open}, Heard{Courier: true}, 0, ByCourier},
		{&line.End{State: line.Declined}, Heard{}, 0, Declined},
		{&line.End{State: line.Closed}, heard, 0, Closed},
		{&line.End{State: line.Suspended}, heard, 9999, Suspended},
		{&line.End{State: line.Suspended, Until: "2027-01-15T08:00:10Z"}, heard, 9, Suspended},
		{&line.End{State: line.Suspended, Until: "2027-01-15T08:00:10Z"}, heard, 10, InService},
	} {
		if got := Stands(c.end, c.heard, at(c.now)); got != c.want {
			t.Errorf("%+v, heard %+v, at %d: %s, want %s", c.end, c.heard, c.now, got, c.want)
		}
	}
}
