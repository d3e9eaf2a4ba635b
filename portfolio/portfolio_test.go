package portfolio

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"detente/act"
	"detente/internal/canon"
	"detente/lodging"
	"detente/node"
	"detente/party"
	"detente/provision"
	"detente/register"
	"detente/roster"
)

var three = []party.ID{"alatau", "borovia", "cintra"}

// Receipts, replies and late evidence change what is due at once, and every node
// that holds the same finds the same.
func TestARequestAndItsReply(t *testing.T) {
	t.Parallel()
	w := found(t, []string{"vd11"}, three...)
	for _, id := range three {
		w.same(id)
	}
	q := w.say("alatau", node.Request{To: []party.ID{"borovia", "cintra"}, Open: true, Thread: "ALA/2027/1", Measure: "vd11.unusual-activity", Values: asks("borovia")})
	w.reach(q, "borovia", "cintra")
	for _, id := range three { // while receipts and cosignatures come
		w.same(id)
	}
	w.everywhere()
	for _, id := range three {
		if got := w.items(id, act.Actual, q); got["vd11.unusual-activity.reply borovia"] != provision.Open {
			t.Errorf("%s: before the reply %v", id, got)
		}
	}
	r := w.say("borovia", node.Request{To: []party.ID{"alatau", "cintra"}, Thread: "ALA/2027/1", Measure: "vd11.unusual-activity.reply", Values: replies(), Answers: q.String()})
	w.reach(r, "alatau", "cintra")
	w.everywhere()
	for _, id := range three {
		if got := w.items(id, act.Actual, q); got["vd11.unusual-activity.reply borovia"] != provision.Done {
			t.Errorf("%s: after the reply %v", id, got)
		}
	}
	i := w.say("cintra", node.Request{To: []party.ID{"alatau"}, Thread: "CIN/2027/1", Measure: "vd11.inspection", Values: inspects("alatau", w.now().AddDate(0, 0, 3))})
	w.reach(i, "alatau", "borovia")
	w.everywhere()
	if got := w.items("alatau", act.Actual, i); got["vd11.inspection.reply alatau"] != provision.Open {
		t.Errorf("alatau is asked: %v", got)
	}
	used := 0
	w.look("alatau", act.Actual, func(v *View, m provision.Moment) {
		for _, a := range v.Book.Accounts("alatau", "vd11.inspection", m) {
			used += a.Used
		}
	})
	if used != 2 { // received by it, and received from the same state
		t.Errorf("it counts %d times", used)
	}
	if got := w.items("borovia", act.Actual, i); len(got) > 0 && got["vd11.inspection.reply alatau"] != "" {
		t.Errorf("borovia, which cannot read it, says %v", got)
	}
}

// An act to all was received by each since its own receipt or cosignature.
func TestReceiptsOfAnActToAll(t *testing.T) {
	t.Parallel()
	w := valleys(t, three...)
	ref := w.say("alatau", node.Request{Thread: "ALA/2027/1", Measure: "small.notice", Values: w.notice(60, 10_000)})
	w.everywhere()
	for _, id := range three {
		f := w.folio[id].filings[idOf(ref)]
		var by []string
		for _, r := range f.Receipts {
			by = append(by, string(r.By))
		}
		slices.Sort(by)
		if strings.Join(by, " ") != "borovia cintra" || f.Held == 0 || f.Bounds.NotAfter == 0 {
			t.Errorf("%s: receipts %v, held %d, %+v", id, by, f.Held, f.Bounds)
		}
	}
}

// What is said as an exercise changes nothing of what is said in earnest, whatever it answers.
func TestExercisesStayApart(t *testing.T) {
	t.Parallel()
	w := valleys(t, three...)
	earnest := w.say("alatau", node.Request{Thread: "ALA/2027/1", Measure: "small.notice", Values: w.notice(60, 10_000)})
	w.reach(earnest, three...)
	w.everywhere()
	later := provision.Moment{Now: w.now().Unix() + 86400}
	actual := func() string {
		out := ""
		w.look("borovia", act.Actual, func(v *View, _ provision.Moment) {
			for _, it := range v.Book.Items(provision.Query{All: true}, later) {
				out += it.Key() + " " + string(it.State) + "\n"
			}
		})
		return out
	}
	was := actual()
	play := w.say("alatau", node.Request{Status: act.Exercise, Thread: "ALA/2027/1", Measure: "small.notice", Values: w.notice(50, 50_000)})
	w.file("alatau", &act.Act{Status: act.Exercise, Thread: "ALA/2027/1", Life: act.Cancellation, Answers: earnest, Measure: "small.notice"})
	w.file("cintra", &act.Act{Status: act.Test, Thread: "CIN/2027/1", Measure: "small.notice.question", Answers: earnest, PayloadType: node.TextType, Payload: []byte("x")})
	w.everywhere()
	if now := actual(); now != was {
		t.Errorf("in earnest it was\n%sand is\n%s", was, now)
	}
	if got := w.items("borovia", act.Exercise, play); got["small.notice alatau"] == "" {
		t.Errorf("as an exercise there is %v", got)
	}
	if got := w.items("borovia", act.Exercise, earnest); len(got) > 0 {
		t.Errorf("what is meant in earnest stands among the exercises: %v", got)
	}
}

// What cannot be read, or is not as it should be, is shown as such and stops nothing.
func TestUnreadableStopsNothing(t *testing.T) {
	t.Parallel()
	w := valleys(t, three...)
	form := func(body string) *act.Act {
		return &act.Act{Thread: "BOR/2027/9", Measure: "small.notice", Pack: small(t, "").Digest(), PayloadType: node.FormType, Payload: []byte(body)}
	}
	unknown := form(`{}`)
	unknown.Measure = "nowhere.notice"
	other := form(string(canonical(t, w.notice(60, 10_000))))
	other.Pack = canon.DigestOf([]byte("another edition"))
	without := form(string(canonical(t, w.notice(60, 10_000))))
	without.Pack = canon.Digest{}
	text := form("It begins soon.")
	text.PayloadType = node.TextType
	nothing := &act.Act{Thread: "BOR/2027/9", Measure: "small.notice", Pack: small(t, "").Digest()}
	clear := &act.Act{Thread: "BOR/2027/9", Measure: "small.notice", Pack: small(t, "").Digest(), Clear: act.Blob{Digest: canon.DigestOf([]byte("x")), Size: 1, Type: node.FormType}}
	for _, c := range []struct {
		what               string
		a                  *act.Act
		faulty, unreadable bool
	}{
		{"of a form that is unknown", unknown, true, false},
		{"no JSON", form("\x00{"), true, false},
		{"null", form("null"), true, false},
		{"of free text, where there is a form", text, true, false},
		{"of nothing, where there is a form", nothing, true, false},
		{"of fields that there are not", form(`{"nobody":1}`), true, false},
		{"not complete", form(`{"troops":1}`), true, false},
		{"by a pack that is not at hand", other, true, false},
		{"without a pack", without, false, false},
		{"in a file that this reader does not open", clear, false, true},
	} {
		ref := w.file("borovia", c.a)
		w.reach(ref, three...)
		f := func() *filing {
			w.look("alatau", act.Actual, func(*View, provision.Moment) {})
			return w.folio["alatau"].filings[idOf(ref)]
		}()
		if f == nil || f.Faulty != c.faulty || f.Unreadable != c.unreadable {
			t.Errorf("%s: %+v", c.what, f)
		}
		shown := false
		w.look("alatau", act.Actual, func(v *View, m provision.Moment) {
			m.Now += 10
			for _, x := range v.Book.Findings(m) {
				shown = shown || x.Kind == provision.NotRead && slices.Contains(x.Filings, idOf(ref))
			}
		})
		if shown != c.faulty {
			t.Errorf("%s: shown as not read: %v", c.what, shown)
		}
	}
	sealed := w.say("borovia", node.Request{To: []party.ID{"cintra"}, Thread: "BOR/2027/10", Measure: "small.notice", Values: w.notice(60, 10_000)})
	good := w.say("borovia", node.Request{Thread: "BOR/2027/11", Measure: "small.notice", Values: w.notice(60, 10_000)})
	w.reach(good, three...)
	w.everywhere()
	if f := w.folio["alatau"].filings[idOf(sealed)]; !f.Unreadable || f.Faulty {
		t.Errorf("sealed to others: %+v", f)
	}
	if got := w.items("alatau", act.Actual, sealed); got["small.notice borovia"] != provision.NotJudged {
		t.Errorf("sealed to others: %v", got)
	}
	for _, id := range three {
		if got := w.items(id, act.Actual, good); got["small.notice borovia"] != provision.Done {
			t.Errorf("%s: what follows is %v", id, got)
		}
	}
}

// A pack that is adopted and not at hand is listed as missing, and found once it is kept.
func TestTextNotAtHand(t *testing.T) {
	t.Parallel()
	w := found(t, nil, three...)
	other := small(t, "Another agreement")
	w.keep("alatau", other)
	w.keep("cintra", other)
	w.edition(func(r *roster.Roster) {
		r.Packs = []roster.Pack{{ID: "small", Digest: other.Digest()}}
		r.Slots = []roster.Slot{{ID: "small.notice.lead", Value: "P42D"}}
	})
	ref := w.say("alatau", node.Request{Thread: "ALA/2027/1", Measure: "small.notice", Values: w.notice(60, 10_000)})
	w.reach(ref, "borovia")
	w.everywhere()
	missing := func(id party.ID) (out []Missing) {
		w.look(id, act.Actual, func(v *View, _ provision.Moment) { out = v.Missing })
		return out
	}
	if m := missing("alatau"); len(m) > 0 {
		t.Errorf("at alatau %v is missing", m)
	}
	if m := missing("borovia"); len(m) != 1 || m[0] != (Missing{"small", other.Digest()}) {
		t.Errorf("at borovia %v is missing", m)
	}
	if got := w.items("borovia", act.Actual, ref); len(got) > 0 {
		t.Errorf("something is said about it: %v", got)
	}
	w.keep("borovia", other)
	w.same("borovia")
	if m := missing("borovia"); len(m) > 0 {
		t.Errorf("once it is kept %v is missing", m)
	}
	if got := w.items("borovia", act.Actual, ref); got["small.notice alatau"] != provision.Done {
		t.Errorf("once it is kept: %v", got)
	}
}

// A new edition begins another text, or another slot, from its own moment on.
func TestEditionsFollow(t *testing.T) {
	t.Parallel()
	w := valleys(t, three...)
	other := small(t, "Another agreement")
	first := w.say("alatau", node.Request{Thread: "ALA/2027/1", Measure: "small.notice", Values: w.notice(60, 10_000)})
	w.reach(first, three...)
	w.everywhere()
	for _, id := range three {
		w.keep(id, other)
	}
	w.edition(func(r *roster.Roster) {
		r.Packs = []roster.Pack{{ID: "small", Digest: other.Digest()}}
		r.Slots = []roster.Slot{{ID: "small.notice.lead", Value: "P7D"}}
	})
	w.everywhere()
	second := w.say("borovia", node.Request{Thread: "BOR/2027/1", Measure: "small.notice", Values: w.notice(10, 10_000)})
	w.reach(second, three...)
	w.everywhere()
	for _, id := range three {
		w.look(id, act.Actual, func(v *View, m provision.Moment) {
			if len(v.Texts) != 2 || v.Texts[0].InForce.Until != v.Texts[1].InForce.From || v.Texts[1].InForce.Until != 0 {
				t.Errorf("%s: texts in force %+v", id, v.Texts)
			}
		})
		if got := w.items(id, act.Actual, first); got["small.notice alatau"] != provision.Done {
			t.Errorf("%s: under the first edition %v", id, got)
		}
		if got := w.items(id, act.Actual, second); got["small.notice borovia"] != provision.Done {
			t.Errorf("%s: under the second edition %v", id, got)
		}
	}
}

// Who suspends takes no part until it resumes.
func TestSuspension(t *testing.T) {
	t.Parallel()
	w := valleys(t, three...)
	for _, id := range three {
		w.same(id)
	}
	span := func() (out []provision.Span) {
		g, err := w.folio["alatau"].group(context.Background())
		w.must(nil, err)
		for _, q := range g.Parties {
			if q.ID == "borovia" {
				out = q.Suspended
			}
		}
		return out
	}
	w.must(w.node("borovia").Suspend(context.Background(), "officer", "a reason"))
	w.everywhere()
	w.forward(time.Hour)
	if s := span(); len(s) != 1 || s[0].Until != 0 {
		t.Fatalf("suspended: %v", s)
	}
	w.must(w.node("borovia").Resume(context.Background(), "officer", "another"))
	w.everywhere()
	if s := span(); len(s) != 1 || s[0].Until-s[0].From < 3600 {
		t.Fatalf("resumed: %v", s)
	}
	// It does not say today that it had suspended years ago, or at no time.
	before := w.now().Unix()
	last := w.file("borovia", &act.Act{Kind: act.Suspension, Claimed: w.now().UTC().AddDate(-5, 0, 0).Truncate(time.Second)})
	w.reach(last, three...)
	w.everywhere()
	if s := span(); len(s) != 2 || s[1].From < before-60 {
		t.Errorf("suspended years ago: %v, now it is %d", s, before)
	}
}

// Notes are filings of this state alone, and of no use to another.
func TestNotes(t *testing.T) {
	t.Parallel()
	w := valleys(t, three...)
	ctx := context.Background()
	notes := w.node("alatau").Notes()
	enter := func(n register.Note) register.Note {
		t.Helper()
		n.Ref, n.Channel = "12-26/184", "note"
		if n.Day == "" {
			n.Day = w.now().UTC().Format(time.DateOnly)
		}
		if n.Status == "" {
			n.Status = act.Actual
		}
		n, err := notes.Enter(ctx, "officer", n)
		if err != nil {
			t.Fatal(err)
		}
		w.same("alatau")
		return n
	}
	of := func(number int64) *filing { return w.folio["alatau"].filings[provision.ID{Index: number}] }
	w.forward(24 * time.Hour)
	in := enter(register.Note{Way: register.In, Parties: []party.ID{"borovia"}, Code: "small.notice", Pack: small(t, "").Digest(), Values: w.notice(60, 10_000)})
	if f := of(in.Number); f == nil || f.Author != "borovia" || f.Faulty || len(f.Receipts) != 1 {
		t.Fatalf("%+v", f)
	}
	enter(register.Note{Way: register.In, Parties: []party.ID{"borovia"}, Code: "small.notice", Pack: small(t, "").Digest(), Life: act.Correction, Answers: in.Number, Values: w.notice(61, 10_000)})
	enter(register.Note{Way: register.Out, Parties: []party.ID{"borovia"}, Code: "small.notice.question", Answers: in.Number, Text: "why?"})
	bad := enter(register.Note{Way: register.In, Parties: []party.ID{"borovia"}, Code: "small.notice", Values: []byte(`{"troops":"x"}`)})
	if f := of(bad.Number); f == nil || !f.Faulty {
		t.Errorf("a faulty note: %+v", f)
	}
	for code, want := range map[string]bool{"small.notice": true, "small.notice.question": false, "": false} { // the question is free text
		bare := enter(register.Note{Way: register.In, Parties: []party.ID{"borovia"}, Code: code, Text: "see the paper"})
		if f := of(bare.Number); f == nil || f.Formless != want || f.Faulty {
			t.Errorf("a note without fields under %q: %+v", code, f)
		}
	}
	play := enter(register.Note{Way: register.In, Parties: []party.ID{"borovia"}, Code: "small.notice", Status: act.Exercise, Values: w.notice(60, 10_000)})
	if f := of(play.Number); f.status != act.Exercise {
		t.Errorf("an exercise: %+v", f)
	}
	w.must(notes.Strike(ctx, "officer", in.Number, "entered twice"))
	w.same("alatau")
	if of(in.Number) != nil {
		t.Error("a void note counts")
	}
	w.same("borovia")
	if n := len(w.folio["borovia"].filings); n != 0 {
		t.Errorf("borovia has %d filings of the register of another", n)
	}
}

// An error stops one question, and nothing is lost for the next.
func TestNothingIsLostByAnError(t *testing.T) {
	t.Parallel()
	w := valleys(t, three...)
	ctx := context.Background()
	for i := range 5 {
		w.must(w.node("alatau").Notes().Enter(ctx, "officer", register.Note{Way: register.In, Parties: []party.ID{"borovia"}, Ref: "1", Day: "2026-01-01", Channel: "note",
			Status: act.Actual, Code: "small.notice", Values: w.notice(60+i, 10_000)}))
		w.say("alatau", node.Request{Thread: "ALA/2027/1" + string(rune('a'+i)), Measure: "small.notice", Values: w.notice(60, 10_000)})
	}
	w.everywhere()
	p := w.folio["alatau"]
	look := func(left int) (int, error) {
		stopped := &expiring{Context: ctx, left: left}
		err := p.Look(stopped, act.Actual, func(*View) error { return nil })
		return left - stopped.left, err
	}
	// each way to go on is stopped at each of its looks: from nothing, after a note, and
	// when times are to be asked again
	for name, prepare := range map[string]func(){
		"all": func() { p.filings = nil },
		"a note": func() {
			w.must(w.node("alatau").Notes().Enter(ctx, "officer", register.Note{Way: register.In, Parties: []party.ID{"borovia"}, Ref: "1", Day: "2026-01-01", Channel: "note", Status: act.Actual}))
		},
		"times": func() {
			for id, f := range p.filings {
				if f.Source != provision.FromRecord {
					continue
				}
				f.Bounds, f.Receipts, f.Held = lodging.Bounds{}, nil, 0
				p.stale[id] = true
			}
		},
	} {
		prepare()
		whole, err := look(1 << 30)
		if err != nil || whole < 10 {
			t.Fatalf("%s: %d looks, %v", name, whole, err)
		}
		stopped := 0
		for left := 0; left < whole; left += 1 + whole/15 {
			prepare()
			_, err := look(left)
			if err != nil && !errors.Is(err, context.Canceled) {
				t.Fatalf("%s, after %d looks of %d: %v", name, left, whole, err)
			}
			if err != nil {
				stopped++
			}
			w.same("alatau")
		}
		if stopped == 0 {
			t.Errorf("%s: it was never stopped", name)
		}
	}
}

// expiring is cancelled once it was looked at so often.
type expiring struct {
	context.Context
	mu   sync.Mutex
	left int
}

func (e *expiring) Err() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.left--; e.left < 0 {
		return context.Canceled
	}
	return nil
}

func (e *expiring) Done() <-chan struct{} {
	if e.Err() == nil {
		return nil
	}
	c := make(chan struct{})
	close(c)
	return c
}

// What comes from a clock that runs ahead counts when its time has come.
func TestClockAhead(t *testing.T) {
	t.Parallel()
	w := valleys(t, three...)
	ref := w.file("borovia", &act.Act{Thread: "BOR/2027/1", Measure: "small.notice", Pack: small(t, "").Digest(), PayloadType: node.FormType,
		Payload: canonical(t, w.notice(60, 10_000)), Claimed: w.now().UTC().Add(time.Hour).Truncate(time.Second)})
	w.everywhere()
	f := w.folio["alatau"].filings[idOf(ref)]
	if early := f.Bounds.NotBefore; early >= f.Claimed {
		t.Fatalf("a claim of the future counts: %+v", f.Bounds)
	}
	w.forward(2 * time.Hour)
	w.same("alatau")
	if f := w.folio["alatau"].filings[idOf(ref)]; f.Bounds.NotBefore != f.Claimed {
		t.Errorf("when its time has come: %+v", f.Bounds)
	}
}

// A content that comes after its act is read then.
func TestContentComesLater(t *testing.T) {
	t.Parallel()
	w := valleys(t, three...)
	ref := w.say("borovia", node.Request{To: []party.ID{"alatau", "cintra"}, Thread: "BOR/2027/1", Measure: "small.notice", Values: w.notice(60, 10_000)})
	w.everywhere()
	p := w.folio["alatau"]
	f := p.filings[idOf(ref)]
	f.Values, f.Unreadable, p.waiting[f.ID], p.contents = nil, true, true, p.contents-1 // as if the act alone had come
	p.enter(f)
	w.same("alatau")
	if got := w.items("alatau", act.Actual, ref); got["small.notice borovia"] != provision.Done {
		t.Errorf("%v", got)
	}
	if len(p.waiting) > 0 {
		t.Error("it still waits")
	}
}

// A discreet statement is filed for its author and its addressees, whenever it was opened;
// the book of who is not addressed does not have it.
func TestDiscreetStatement(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := valleys(t, three...)
	ref := w.say("borovia", node.Request{To: []party.ID{"alatau", "cintra"}, Thread: "BOR/2027/1", Measure: "small.notice", Values: w.notice(60, 10_000), Discreet: true})
	other := w.say("borovia", node.Request{To: []party.ID{"cintra"}, Thread: "BOR/2027/2", Measure: "small.notice", Values: w.notice(70, 10_000), Discreet: true})
	n := w.node("alatau")
	w.await("alatau opens it", func() bool { _, err := n.Content(ctx, ref); return err == nil })
	w.everywhere()
	for _, id := range []party.ID{"alatau", "borovia"} {
		w.same(id)
		if got := w.items(id, act.Actual, ref); got["small.notice borovia"] != provision.Done {
			t.Errorf("%s: %v", id, got)
		}
	}
	if f := w.folio["alatau"].filings[idOf(other)]; f != nil {
		t.Errorf("alatau has on file what is for cintra: %+v", f)
	}

	// As if its place in the record had been passed before it was opened.
	p := New(n)
	var err error
	if err = p.begin(ctx); err != nil {
		t.Fatal(err)
	}
	if p.next, err = n.Positions(ctx); err != nil {
		t.Fatal(err)
	}
	p.revealed = 0
	if p.rules, err = n.Rules(ctx); err != nil {
		t.Fatal(err)
	}
	if p.notes, err = n.Notes().Changes(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := p.refresh(ctx, atOnce); err != nil {
		t.Fatal(err)
	}
	if f := p.filings[idOf(ref)]; f == nil || f.Values == nil {
		t.Errorf("opened after its place was passed, it is filed as %+v", f)
	}
	if len(p.filings) != 1 {
		t.Errorf("%d filings: this test shows nothing", len(p.filings))
	}
}

// Calls come at once, while acts arrive.
func TestSixteenAtOnce(t *testing.T) {
	t.Parallel()
	w := valleys(t, three...)
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for i := range 16 {
		wg.Go(func() {
			p := w.folio[three[i%3]]
			for {
				select {
				case <-stop:
					return
				default:
				}
				s := []act.Status{act.Actual, act.Exercise, act.Test}[i%3]
				if err := p.Look(context.Background(), s, func(v *View) error {
					v.Book.Items(provision.Query{All: true}, provision.Moment{Now: v.Now.Unix()})
					v.Book.Findings(provision.Moment{Now: v.Now.Unix()})
					return nil
				}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for i := range 12 {
		w.say(three[i%3], node.Request{Status: []act.Status{act.Actual, act.Exercise}[i%2], Thread: "T/" + string(rune('a'+i)), Measure: "small.notice", Values: w.notice(60, 10_000+i)})
	}
	w.quiet()
	close(stop)
	wg.Wait()
	w.everywhere()
}

func canonical(t *testing.T, b []byte) []byte {
	t.Helper()
	var v map[string]any
	if err := canon.ReadJSON(b, &v); err != nil {
		t.Fatal(err)
	}
	out, err := canon.JSON(v)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
