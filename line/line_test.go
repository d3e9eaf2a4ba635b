package line

import (
	"slices"
	"testing"
	"time"

	"detente/internal/canon"
	"detente/party"
)

func moment(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := canon.ParseTime(s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func first[A, B any](a A, _ B) A { return a }

// Who uses a name between other parties has another line.
func TestKey(t *testing.T) {
	t.Parallel()
	k := KeyOf("capitals", []party.ID{"borovia", "alatau"})
	if k != goodEnd().Key() || k == KeyOf("capitals", []party.ID{"alatau", "cintra"}) {
		t.Errorf("%v", k)
	}
	if got := k.Members(); !slices.Equal(got, []party.ID{"alatau", "borovia"}) {
		t.Errorf("members %v", got)
	}
}

// A suspension with an end is over at that second, by everybody's clock alike.
func TestSuspensionEndsByItself(t *testing.T) {
	t.Parallel()
	e := End{State: Suspended, Until: "2026-12-01T06:00:00Z"}
	for at, want := range map[string]State{"2026-12-01T05:59:59Z": Suspended, "2026-12-01T06:00:00Z": Open} {
		if got := e.StateAt(moment(t, at)); got != want {
			t.Errorf("at %s it is %s, want %s", at, got, want)
		}
	}
	e.Until = ""
	if got := e.StateAt(moment(t, "2036-12-01T06:00:00Z")); got != Suspended {
		t.Errorf("without an end it is %s", got)
	}
}

// The hours are those of the clock there: 09:00 at +05:00 is 04:00 UTC, and from
// the next period on 24 hours at +06:00.
func TestHours(t *testing.T) {
	t.Parallel()
	h := goodHours()
	for _, c := range []struct {
		at     string
		on     bool
		change string
	}{
		{"2026-10-25T00:59:59Z", false, "2026-10-26T04:00:00Z"}, // before anything was published: Sunday, watch of the 25th is over at 02:00 there
		{"2026-11-27T03:59:59Z", false, "2026-11-27T04:00:00Z"}, // Friday
		{"2026-11-27T04:00:00Z", true, "2026-11-27T13:00:00Z"},
		{"2026-11-27T13:00:00Z", false, "2026-11-28T05:00:00Z"},
		{"2026-11-28T18:59:59Z", true, "2026-11-28T21:00:00Z"}, // Saturday's watch runs into Sunday's
		{"2026-11-28T21:00:00Z", false, "2026-11-30T04:00:00Z"},
		{"2027-03-28T00:59:59Z", false, "2027-03-28T01:00:00Z"},
		{"2027-06-01T00:00:00Z", true, ""},
	} {
		on, change := h.At(moment(t, c.at))
		got := ""
		if !change.IsZero() {
			got = canon.FormatTime(change)
		}
		if on != c.on || got != c.change {
			t.Errorf("at %s: %v until %q, want %v until %q", c.at, on, got, c.on, c.change)
		}
	}
	d := &h.Posts[0]
	if on, change := d.At(moment(t, "2026-11-27T04:00:00Z")); !on || canon.FormatTime(change) != "2026-11-27T13:00:00Z" {
		t.Errorf("the post: %v until %v", on, change)
	}
}

// A change is said by the clock of the post that changes then: Ala is at +05:00 in
// November, and from the end of March on at +06:00.
func TestThere(t *testing.T) {
	t.Parallel()
	h := goodHours()
	h.Posts = append(h.Posts, Duty{Post: "night-desk", Periods: []Period{{From: "2026-10-25T01:00:00Z", Offset: "+03:00", Place: "Bor", Watches: []Watch{{"1", "00:00", "06:00"}}}}})
	for at, want := range map[string][2]string{
		"2026-11-30T04:00:00Z": {"2026-11-30 09:00", "Ala"},
		"2026-11-29T21:00:00Z": {"2026-11-30 00:00", "Bor"}, // Ala goes off duty at that second on Saturday only
		"2027-06-01T00:00:00Z": {"2027-06-01 06:00", "Ala"},
		"2020-06-01T00:00:00Z": {"2020-06-01 00:00", ""},
	} {
		if local, place := h.There(moment(t, at)); local.Format("2006-01-02 15:04") != want[0] || place != want[1] {
			t.Errorf("at %s it is %s in %q there, not %v", at, local, place, want)
		}
	}
}
