package control

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"detente/act"
	"detente/node"
	"detente/portfolio"
)

// TestAreasFollow: what an atlas says after each further word is what a new one says of
// all words, and only statements that stand are in it.
func TestAreasFollow(t *testing.T) {
	h, _ := running(t, filepath.Join(t.TempDir(), "home"))
	n, ctx := h.Node, t.Context()
	c := &call{home: h, node: n, folio: portfolio.New(n), atlas: &atlas{}}
	size := func() int64 {
		head, _ := n.Head()
		return head.Head().Size
	}
	say := func(life act.Life, thread string, lat string, of act.Ref) act.Ref {
		t.Helper()
		a := &act.Act{Group: n.First().Group, Edition: 1, Kind: act.Statement, Status: act.Actual, ToAll: true, Life: life, Thread: thread, Measure: "vd11.inspection", Answers: of}
		if lat != "" {
			points := strings.Repeat(fmt.Sprintf("      {\n        \"lat\": %q,\n        \"lon\": \"77.05\"\n      },\n", lat), 3)
			a.PayloadType, a.Payload = node.FormType, []byte("{\n  \"specified_area\": {\n    \"name\": \"a valley\",\n    \"points\": [\n"+strings.TrimSuffix(points, ",\n")+"\n    ]\n  }\n}\n")
		}
		at := size()
		if err := n.TestOnlyAppend(ctx, []*act.Act{a}); err != nil {
			t.Fatal(err)
		}
		row, err := n.At(ctx, n.Origin(), at)
		if err != nil {
			t.Fatal(err)
		}
		return row.Ref
	}
	said := func(t *testing.T, c *call) []string {
		t.Helper()
		all, err := areas(ctx, c, AreasArgs{})
		if err != nil {
			t.Fatal(err)
		}
		out := []string{}
		for _, a := range all.([]Area) {
			out = append(out, fmt.Sprintf("%s %.1f", a.About["thread"], a.Points[0][1]))
		}
		return out
	}
	want := func(what ...string) {
		t.Helper()
		got := said(t, c)
		fresh := said(t, &call{home: h, node: n, folio: c.folio, atlas: &atlas{}})
		slices.Sort(what)
		if sorted := slices.Sorted(slices.Values(got)); !slices.Equal(sorted, what) || !slices.Equal(got, fresh) {
			t.Errorf("%q; anew %q; not %q", got, fresh, what)
		}
	}
	none := act.Ref{}
	one := say(act.New, "A/1", "43.5", none)
	want("A/1 43.5")
	two := say(act.New, "A/2", "44.5", none)
	say(act.New, "A/3", "", none) // without a form
	want("A/1 43.5", "A/2 44.5")
	say(act.Update, "A/1", "45.5", one)
	want("A/1 45.5", "A/2 44.5")
	wrong := say(act.Correction, "A/1", "46.5", one)
	want("A/1 46.5", "A/2 44.5")
	say(act.IssuedInError, "A/1", "", wrong)
	want("A/1 45.5", "A/2 44.5")
	say(act.Cancellation, "A/2", "", two)
	want("A/1 45.5")
	say(act.Update, "A/2", "47.5", two) // of what was cancelled
	want("A/1 45.5")
	say(act.Withdrawal, "A/1", "", one)
	want()
}

// TestMapIsTold: a caller over a network is told that the records are being read.
func TestMapIsTold(t *testing.T) {
	h, _ := running(t, filepath.Join(t.TempDir(), "home"))
	n := h.Node
	var all []*act.Act
	for range patience + 1 {
		all = append(all, &act.Act{Group: n.First().Group, Edition: 1, Kind: act.Statement, Status: act.Actual, Life: act.New, ToAll: true, PayloadType: node.TextType, Payload: []byte("x")})
	}
	if err := n.TestOnlyAppend(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	c := &call{home: h, node: n, folio: portfolio.New(n), atlas: &atlas{}, remote: true}
	_, err := areas(t.Context(), c, AreasArgs{})
	if e := ErrorOf(err); err == nil || e.Name != "reading" || e.Unread == nil || e.Unread.Of <= patience {
		t.Errorf("the map: %v", err)
	}
	_, err = due(t.Context(), c, DueArgs{})
	if e := ErrorOf(err); err == nil || e.Name != "reading" || e.Unread == nil {
		t.Errorf("what is due: %v", err)
	}
	if _, err := measureList(t.Context(), c, MeasureArgs{}); err != nil {
		t.Errorf("the measures: %v", err)
	}
	c.remote = false
	if _, err := areas(t.Context(), c, AreasArgs{}); err != nil {
		t.Error(err)
	}
	if _, err := due(t.Context(), c, DueArgs{}); err != nil {
		t.Error(err)
	}
	c.remote = true
	if _, err := areas(t.Context(), c, AreasArgs{}); err != nil {
		t.Errorf("once all is read: %v", err)
	}
}

// TestAreasOfDays: by days only what is dated and overlaps them is listed.
func TestAreasOfDays(t *testing.T) {
	for _, a := range []AreasArgs{{From: "2027-1-1"}, {Until: "tomorrow"}} {
		if _, err := areas(t.Context(), &call{atlas: &atlas{}}, a); err == nil || ErrorOf(err).Code != Usage {
			t.Errorf("%+v: %v", a, err)
		}
	}
	x := Area{About: map[string]string{"start_date": "2027-05-10", "end_date": "2027-05-20T12:00+00:00[UTC]"}}
	for _, c := range []struct {
		from, until string
		want        bool
	}{{"", "", true}, {"2027-05-20", "2027-06-01", true}, {"2027-05-21", "2027-06-01", false}, {"2027-04-01", "2027-05-10", false}, {"2027-04-01", "2027-05-11", true}, {"2027-05-01", "", true}, {"", "2027-05-01", false}} {
		if got := x.within(c.from, c.until); got != c.want {
			t.Errorf("%s to %s: %t", c.from, c.until, got)
		}
	}
	undated := Area{About: map[string]string{"start_date": "2027-05-10"}}
	if !undated.within("", "") || undated.within("2027-05-01", "2027-06-01") {
		t.Error("what has no two dates is listed by days, or not without")
	}
}
