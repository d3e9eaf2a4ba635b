package node_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"testing"
	"time"

	"detente/act"
	"detente/desk"
	"detente/docket"
	"detente/node"
	"detente/packs"
	"detente/party"
	"detente/portfolio"
	"detente/provision"
	"detente/roster"
)

const (
	measured   = "cica.2.1.1d"
	startField = "start_date"
	titleField = "designation"
)

// filled is the form that ships with the pack, moved to start on a day.
func filled(t *testing.T, start time.Time) json.RawMessage {
	t.Helper()
	b, err := fs.ReadFile(packs.FS, "cica/examples/two-brigade-exercise.json")
	if err != nil {
		t.Fatal(err)
	}
	var v map[string]any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	old, err := time.Parse(time.DateOnly, fmt.Sprint(v[startField]))
	if err != nil {
		t.Fatal(err)
	}
	if b, err = json.Marshal(moved(v, start.UTC().Truncate(24*time.Hour).Sub(old))); err != nil {
		t.Fatal(err)
	}
	return b
}

// moved shifts every date in a filled form.
func moved(v any, by time.Duration) any {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			v[k] = moved(x, by)
		}
	case []any:
		for i, x := range v {
			v[i] = moved(x, by)
		}
	case string:
		if t, err := time.Parse(time.DateOnly, v); err == nil {
			return t.Add(by).Format(time.DateOnly)
		}
	}
	return v
}

func only(t *testing.T, id string, value any) json.RawMessage {
	t.Helper()
	b, err := json.Marshal(map[string]any{id: value})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func noticeIn(thread string, status act.Status, values json.RawMessage, to ...party.ID) node.Request {
	return node.Request{Kind: act.Statement, Status: status, To: to, Thread: thread, Life: act.New, Measure: measured,
		Values: values, Language: "en", Post: "verification-centre"}
}

func tell(t *testing.T, n *node.Node, r node.Request) act.Ref {
	t.Helper()
	ref, err := n.TestOnlySay(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

// A thread is its author's, in one status: what another says under its name, and
// what is an exercise beside what is meant, has no part in it.
func TestThreadsDoNotMix(t *testing.T) {
	plan := region(t, fiveStates...)
	plan.Packs, plan.Slots = []string{"cica"}, []roster.Slot{{ID: measured + ".lead", Value: "P42D"}, {ID: measured + ".troops", Value: "9000"}}
	tw := found(t, plan)
	ctx := context.Background()
	a, b, c := tw.Houses["alatau"].Node, tw.Houses["borovia"].Node, tw.Houses["cintra"].Node
	soon, later := time.Now().AddDate(0, 0, 10), time.Now().AddDate(0, 0, 80)
	seat := time.FixedZone("the zone of the text", 5*60*60)
	first := tell(t, a, noticeIn("X/1", act.Actual, filled(t, later), "borovia", "cintra"))
	tell(t, a, noticeIn("X/1", act.Exercise, filled(t, soon), "borovia", "cintra"))
	// Borovia says something else under the name and cancels it.
	theirs := tell(t, b, noticeIn("X/1", act.Actual, filled(t, soon), "alatau", "cintra"))
	cancel := node.Request{Kind: act.Statement, Status: act.Actual, To: []party.ID{"alatau", "cintra"}, Thread: "X/1", Life: act.Cancellation, Answers: theirs.String(), Text: "it is off"}
	tell(t, b, cancel)
	cancel.Answers = first.String() // nor can it cancel what Alatau said
	tell(t, b, cancel)
	await(t, "cintra and alatau hold them", func() bool {
		return c.SizeOf(ctx, a.Origin()) >= a.SizeOf(ctx, a.Origin()) && c.SizeOf(ctx, b.Origin()) >= b.SizeOf(ctx, b.Origin()) &&
			a.SizeOf(ctx, b.Origin()) >= b.SizeOf(ctx, b.Origin())
	})
	for _, n := range []*node.Node{a, c} {
		of := func(author party.ID) (from []string) {
			t.Helper()
			if err := portfolio.New(n).Look(ctx, act.Actual, func(v *portfolio.View) error {
				for _, it := range v.Book.Items(provision.Query{Obligor: author, Code: measured, All: true}, provision.Moment{Now: v.Now.Unix()}) {
					from = append(from, fmt.Sprint(it.Opener, time.Unix(it.Clock.At, 0).In(seat).Format(time.DateOnly)))
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			return from
		}
		if got := of("alatau"); len(got) != 1 || got[0] != fmt.Sprint(provision.ID{Origin: first.Origin, Index: first.Index}, later.UTC().Format(time.DateOnly)) {
			t.Errorf("%s: what Alatau notified, and when it starts: %q", n.Self(), got)
		}
		if got := of("borovia"); len(got) != 1 || got[0] != fmt.Sprint(provision.ID{Origin: theirs.Origin, Index: theirs.Index}, soon.UTC().Format(time.DateOnly)) {
			t.Errorf("%s: what Borovia notified, and when it starts: %q", n.Self(), got)
		}
	}
	whole, err := a.Whole(ctx, docket.Thread{Author: "alatau", Name: "X/1", Status: act.Actual})
	if err != nil {
		t.Fatal(err)
	}
	if start, _ := whole.Date(startField); start.Format(time.DateOnly) != later.UTC().Format(time.DateOnly) {
		t.Errorf("what Alatau said begins on %s", start)
	}
	// A correction answers a statement of one's own.
	r := noticeIn("X/1", act.Actual, only(t, titleField, "Another name"), "borovia")
	r.Life, r.Answers = act.Correction, theirs.String()
	if _, err := a.TestOnlySay(ctx, r); err == nil {
		t.Error("a correction of what another said is accepted")
	}
}

func officers(t *testing.T, n *node.Node) (drafts, clears desk.Session) {
	t.Helper()
	ctx := context.Background()
	const pass = "correct horse battery staple"
	for _, o := range []desk.Officer{
		{ID: "drafter", Name: "Drafter", Post: "duty-officer", Roles: []desk.Role{desk.Admin, desk.Drafter}},
		{ID: "clearer", Name: "Clearer", Post: "duty-officer", Roles: []desk.Role{desk.Clearer}, Steps: []string{"release"}},
	} {
		if err := n.Desk().AddOfficer(ctx, desk.Console, o, pass); err != nil {
			t.Fatal(err)
		}
	}
	drafts, err := n.Desk().SignIn(ctx, "drafter", pass)
	clears, again := n.Desk().SignIn(ctx, "clearer", pass)
	if err := errors.Join(err, again); err != nil {
		t.Fatal(err)
	}
	return drafts, clears
}

// What was cleared is what is sent: a correction that was overtaken is refused.
func TestClearedCorrectionIsSentAsCleared(t *testing.T) {
	tw := found(t, region(t, fiveStates...))
	ctx := context.Background()
	a := tw.Houses["alatau"].Node
	drafts, clears := officers(t, a)
	start := time.Now().AddDate(0, 0, 80)
	first := tell(t, a, noticeIn("X/1", act.Exercise, filled(t, start), "borovia"))
	correction := func(title string) node.Request {
		r := noticeIn("X/1", act.Exercise, only(t, titleField, title), "borovia")
		r.Life, r.Answers = act.Correction, first.String()
		return r
	}
	prepare := func(r node.Request) string {
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		d, err := a.Desk().Save(ctx, drafts, "", b)
		if err == nil {
			d, err = a.Submit(ctx, drafts, d.ID)
		}
		if err == nil {
			_, err = a.Desk().Clear(ctx, clears, d.ID, d.Revision, "")
		}
		if err != nil {
			t.Fatal(err)
		}
		return d.ID
	}
	id := prepare(correction("Steppe 6"))
	overtaken := noticeIn("X/1", act.Exercise, only(t, startField, start.AddDate(0, 0, 1).UTC().Format(time.DateOnly)), "borovia")
	overtaken.Life, overtaken.Answers = act.Update, first.String()
	tell(t, a, overtaken)
	if ref, err := a.Send(ctx, drafts, id); !errors.Is(err, node.ErrThreadWentOn) {
		t.Fatalf("sent as %v, %v", ref, err)
	}
	if _, err := a.Send(ctx, drafts, prepare(correction("Steppe 7"))); err != nil {
		t.Fatal(err)
	}
}

// A correction is laid over the statement that it answers, and over no other one
// of the same thread.
func TestCorrectionBesideAnotherForm(t *testing.T) {
	tw := found(t, region(t, fiveStates...))
	ctx := context.Background()
	a := tw.Houses["alatau"].Node
	start := time.Now().AddDate(0, 0, 80)
	first := tell(t, a, noticeIn("X/1", act.Exercise, filled(t, start), "borovia"))
	beside := noticeIn("X/1", act.Exercise, json.RawMessage(`{"content":"As every year.","subject":"Exercises"}`), "borovia")
	beside.Measure, beside.Answers = "cica.env.1", first.String()
	tell(t, a, beside)
	tell(t, a, noticeIn("X/1", act.Exercise, filled(t, start.AddDate(0, 0, 40)), "borovia"))
	r := noticeIn("X/1", act.Exercise, only(t, titleField, "Steppe 6"), "borovia")
	r.Life, r.Answers = act.Correction, first.String()
	c, err := a.Content(ctx, tell(t, a, r))
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(c.Body, &got); err != nil {
		t.Fatal(err)
	}
	if got[titleField] != "Steppe 6" || got[startField] != start.UTC().Format(time.DateOnly) {
		t.Fatalf("the correction gives %v, starting %v", got[titleField], got[startField])
	}
}
