package control

import (
	"bytes"
	"context"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"detente/act"
	"detente/desk"
	"detente/docket"
	"detente/exercise"
	"detente/home"
	"detente/internal/canon"
	"detente/line"
	"detente/node"
	"detente/party"
	"detente/roster"
)

// players are two homes with one clock, whose records are carried by hand.
type players struct {
	t      *testing.T
	clock  atomic.Int64
	homes  map[party.ID]*home.Home
	tokens map[party.ID]map[string]string
}

func (p *players) now() time.Time { return time.Unix(p.clock.Load(), 0).UTC() }

func twoPlayers(t *testing.T) *players {
	t.Helper()
	p := &players{t: t, homes: map[party.ID]*home.Home{}, tokens: map[party.ID]map[string]string{}}
	p.clock.Store(time.Date(2027, 3, 1, 5, 0, 0, 0, time.UTC).Unix())
	first := &roster.Roster{Format: roster.Format, Group: party.Group{1}, Edition: 1, Effective: canon.FormatTime(p.now().Add(-time.Hour)),
		Names: map[string]string{"en": "Region"}, Languages: []string{"en"}, Adoption: roster.AdoptionAll, Courier: "336h", Counting: roster.Counting{K: 1}}
	dirs, options := map[party.ID]string{}, map[party.ID]home.Options{}
	ids := []party.ID{"alatau", "borovia"}
	for _, id := range ids {
		dirs[id] = filepath.Join(t.TempDir(), "home")
		made, err := home.Make(t.Context(), home.Making{Dir: dirs[id], Party: id, ForGroup: true, Now: p.now, Next: filepath.Join(t.TempDir(), "next.age"), NextPassphrase: passphrase})
		if err != nil {
			t.Fatal(err)
		}
		unlock, err := home.Unlock(made.Unlock, nil)
		if err != nil {
			t.Fatal(err)
		}
		options[id] = home.Options{Identity: unlock, Now: p.now}
		first.Parties = append(first.Parties, roster.Party{ID: id, Standing: roster.Member, Names: map[string]string{"en": strings.ToUpper(string(id[:1])) + string(id[1:])}, Posts: []party.Post{"duty-officer"}, Card: &made.Card})
		first.Counting.Witnesses = append(first.Counting.Witnesses, id)
	}
	body, err := first.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if _, err := home.Join(t.Context(), dirs[id], body, options[id]); err != nil {
			t.Fatal(err)
		}
		h, err := home.Open(t.Context(), dirs[id], options[id])
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { h.Close() })
		if err := h.Node.Confirm(t.Context()); err != nil {
			t.Fatal(err)
		}
		p.homes[id], p.tokens[id] = h, map[string]string{}
		for _, o := range []desk.Officer{
			{ID: "saparova", Name: "S", Post: "duty-officer", Roles: []desk.Role{desk.Drafter, desk.Duty}},
			{ID: "orlov", Name: "O", Post: "duty-officer", Roles: []desk.Role{desk.Clearer}, Steps: []string{"release"}},
		} {
			o.Active = true
			if err := h.Node.Desk().AddOfficer(t.Context(), desk.Console, o, passphrase); err != nil {
				t.Fatal(err)
			}
			s, err := h.Node.Desk().SignIn(t.Context(), o.ID, passphrase)
			if err != nil {
				t.Fatal(err)
			}
			p.tokens[id][o.ID] = s.Token()
		}
	}
	for i, id := range ids {
		b, err := (&line.End{Line: "capitals", Parties: ids, State: line.Open, Languages: []string{"en"}}).Bytes()
		if err != nil {
			t.Fatal(err)
		}
		r := node.Request{Kind: act.Statement, Status: act.Exercise, Life: act.New, To: []party.ID{ids[1-i]}, Type: line.TypeEnd, Body: b}
		if _, err := p.homes[id].Node.TestOnlySay(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	p.carry()
	return p
}

// carry brings what each home holds to the other.
func (p *players) carry() {
	p.t.Helper()
	for _, way := range [][2]party.ID{{"alatau", "borovia"}, {"borovia", "alatau"}} {
		var b bytes.Buffer
		if _, err := p.homes[way[0]].Node.Export(p.t.Context(), &b, way[1], nil); err != nil {
			p.t.Fatal(err)
		}
		if _, err := p.homes[way[1]].Node.Import(p.t.Context(), &b); err != nil {
			p.t.Fatal(err)
		}
	}
}

func (p *players) call(at party.ID, officer, verb string, args, result any) error {
	return Local{Home: p.homes[at], Token: p.tokens[at][officer]}.Call(context.Background(), verb, args, nil, nil, result)
}

func (p *players) do(at party.ID, officer, verb string, args, result any) {
	p.t.Helper()
	if err := p.call(at, officer, verb, args, result); err != nil {
		p.t.Fatalf("%s at %s: %v", verb, at, err)
	}
}

// play looks at the clock at one side, and returns how each inject stands.
func (p *players) play(at party.ID) (Exercise, map[string]Inject) {
	p.t.Helper()
	var v Exercise
	p.do(at, "saparova", "exercise-play", ExerciseArgs{"sea"}, &v)
	by := map[string]Inject{}
	for _, n := range v.Injects {
		by[n.ID] = n
	}
	return v, by
}

// at sets the clock to seconds after the beginning.
func (p *players) at(seconds int64) {
	p.clock.Store(time.Date(2027, 3, 1, 6, 0, 0, 0, time.UTC).Unix() + seconds)
}

func seaScenario(t *testing.T) string {
	t.Helper()
	span := func(s string) exercise.Offset {
		o, err := exercise.ParseOffset(s)
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	said := func(id, at string, by, to party.ID, thread, text string) exercise.Inject {
		return exercise.Inject{ID: id, At: span(at), By: by, Post: "duty-officer", Kind: exercise.Message, To: []party.ID{to}, Thread: thread, Line: "capitals", Precedence: line.Immediate, Text: text, Language: "en"}
	}
	distress := said("distress", "00:00:10", "alatau", "borovia", "EX/SEA/1", "")
	distress.Language = ""
	distress.Agreed = []exercise.Phrase{{ID: "sea.distress", Values: map[string]string{"place": "43.12, 77.64", "time": "T-00:05:00", "number": "4", "unit": "Albatros", "request": "send-help"}}}
	distress.Expects = &exercise.Expectation{Answer: exercise.Acknowledgement, Within: span("00:05:00"), Source: "the parties"}
	come := exercise.Inject{ID: "come", At: span("00:01:00"), By: "alatau", Post: "duty-officer", Kind: exercise.Call, To: []party.ID{"borovia"}, Thread: "EX/SEA/2", Line: "capitals", Precedence: line.Immediate}
	s := exercise.Scenario{ID: "sea", Edition: 1, Title: map[string]string{"en": "At sea"}, Parties: []party.ID{"alatau", "borovia"}, Thread: "EX/SEA", Injects: []exercise.Inject{
		distress, said("ours", "00:00:30", "borovia", "alatau", "EX/SEA/3", "We see a light."), said("second", "00:00:40", "alatau", "borovia", "EX/SEA/1", "She drifts north."), come,
		{ID: "facts", At: span("00:01:30"), By: "alatau", Post: "duty-officer", Kind: exercise.Incident, To: []party.ID{"borovia"}, Thread: "EX/SEA/4", Facts: []string{"A light was seen."}, Language: "en"},
		said("later", "02:00:00", "alatau", "borovia", "EX/SEA/5", "It is over.")}}
	b, err := s.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestExercise plays a scenario between two homes: nothing is given before it is
// cleared and its time has come, nothing twice, nothing of another party; "no play" of
// one side stops both; the report says what was answered when.
func TestExercise(t *testing.T) {
	p := twoPlayers(t)
	scenario := seaScenario(t)
	var v Exercise
	if err := p.call("alatau", "orlov", "exercise-begin", BeginArgs{scenario, ""}, &v); codeOf(err) != Permission {
		t.Errorf("begun by an officer who is not on duty: %v", err)
	}
	p.do("alatau", "saparova", "exercise-begin", BeginArgs{scenario, "2027-03-01T06:00:00Z"}, &v)
	if v.Phase != exercise.Awaited || v.Injects[0].State != Uncleared || v.Injects[1].State != OfOthers || v.Injects[3].State != Prepared {
		t.Fatalf("%+v", v)
	}
	if err := p.call("alatau", "saparova", "exercise-begin", BeginArgs{scenario, ""}, nil); codeOf(err) != Failed {
		t.Errorf("begun twice: %v", err)
	}
	drafts := map[string]string{}
	for _, n := range v.Injects {
		drafts[n.ID] = n.Draft
	}
	p.at(20)
	if _, by := p.play("alatau"); by["distress"].State != Uncleared || by["distress"].Place != "" {
		t.Errorf("given without clearance: %+v", by["distress"])
	}
	if err := p.call("alatau", "saparova", "clear", DraftArgs{ID: drafts["distress"], Revision: 1}, nil); codeOf(err) != SecondPerson && codeOf(err) != Permission {
		t.Errorf("its author cleared it: %v", err)
	}
	for _, id := range []string{"distress", "facts"} {
		p.do("alatau", "orlov", "clear", DraftArgs{ID: drafts[id], Revision: 1}, nil)
	}
	_, by := p.play("alatau")
	place := by["distress"].Place
	if by["distress"].State != Given || by["come"].State != Prepared || by["facts"].State != Prepared {
		t.Errorf("%+v", by)
	}
	if _, again := p.play("alatau"); again["distress"].Place != place || p.count("alatau", "EX/SEA/1") != 1 {
		t.Errorf("given twice: %d acts", p.count("alatau", "EX/SEA/1"))
	}
	p.carry()
	p.do("borovia", "saparova", "exercise-begin", BeginArgs{scenario, ""}, &v)
	if v.Start != "2027-03-01T06:00:00Z" || v.Phase != exercise.Runs || v.Injects[0].State != OfOthers {
		t.Errorf("borovia begins at %s, %s, %+v", v.Start, v.Phase, v.Injects[0])
	}
	p.at(25)
	p.do("borovia", "saparova", "acknowledge", RefArgs{Ref: place, Post: "duty-officer"}, nil)

	// Something real happens at Borovia.
	p.at(50)
	p.do("borovia", "saparova", "exercise-mark", MarkArgs{"sea", exercise.Halt}, &v)
	if v.Phase != exercise.Held || p.count("borovia", "EX/SEA/1") != 1 || p.count("borovia", "EX/SEA/2") != 0 {
		t.Errorf("%s; marks in the open thread: %d, in one not begun: %d", v.Phase, p.count("borovia", "EX/SEA/1"), p.count("borovia", "EX/SEA/2"))
	}
	p.carry()
	p.at(100)
	p.do("alatau", "orlov", "clear", DraftArgs{ID: drafts["second"], Revision: 1}, nil)
	if v, by := p.play("alatau"); v.Phase != exercise.Held || by["second"].State != Prepared || v.Elapsed.String() != "00:00:50" || by["come"].State != Prepared {
		t.Errorf("no play does not stop the other side: %s at %s", v.Phase, v.Elapsed)
	}
	var w Watch
	p.do("alatau", "saparova", "watch", nil, &w)
	if len(w.NoPlay) != 1 || w.NoPlay[0].Names != "Borovia" || w.NoPlay[0].Since != "2027-03-01T06:00:50Z" {
		t.Errorf("the desk says %+v", w.NoPlay)
	}
	if err := p.call("alatau", "saparova", "exercise-mark", MarkArgs{"sea", exercise.Resume}, nil); codeOf(err) != Failed {
		t.Errorf("resumed by who has not said no play: %v", err)
	}
	p.do("borovia", "saparova", "exercise-mark", MarkArgs{"sea", exercise.Resume}, &v)
	p.carry()
	p.at(105)
	// What answers something is no inject, wherever it stands.
	more := node.Request{Kind: act.Statement, Status: act.Exercise, Life: act.New, To: []party.ID{"borovia"}, Thread: "EX/SEA/1", Text: "Four persons, as we said.", Language: "en"}
	row, err := p.homes["alatau"].Node.Find(t.Context(), place)
	if err != nil {
		t.Fatal(err)
	}
	more.Answers = row.Ref.String()
	if _, err := p.homes["alatau"].Node.TestOnlySay(t.Context(), more); err != nil {
		t.Fatal(err)
	}
	if _, by := p.play("alatau"); by["come"].State != Prepared || by["second"].State != Given {
		t.Error("the call came before its time by the clock of the exercise, or what was held did not come")
	}
	p.at(150)
	if v, by := p.play("alatau"); v.Elapsed.String() != "00:01:40" || by["come"].State != Given || by["facts"].State != Given || by["ours"].State != OfOthers || p.count("alatau", "EX/SEA/3") != 0 {
		t.Errorf("at %s: %+v", v.Elapsed, by)
	}

	p.wronglyEdited(drafts["later"])
	p.carry()
	p.reported()
	p.do("alatau", "saparova", "exercise-mark", MarkArgs{"sea", exercise.End}, &v)
	if v.Phase != exercise.Ended {
		t.Errorf("ended: %s", v.Phase)
	}
	p.at(20000)
	p.do("alatau", "saparova", "exercise-begin", BeginArgs{scenario, "2027-03-01T12:00:00Z"}, &v)
	if v.Phase != exercise.Awaited || v.Injects[0].Place != "" {
		t.Errorf("begun anew: %s, %+v", v.Phase, v.Injects[0])
	}
}

// count is how many statements a party made in a thread of the exercise, as its own
// home holds them.
func (p *players) count(at party.ID, thread string) int {
	p.t.Helper()
	rows, err := p.homes[at].Node.List(p.t.Context(), docket.Filter{Author: at, Thread: thread, Kinds: []act.Kind{act.Statement}})
	if err != nil {
		p.t.Fatal(err)
	}
	return len(rows)
}

// wronglyEdited: an inject that its author turned into something meant in earnest is
// never given by the clock, even if somebody cleared it.
func (p *players) wronglyEdited(draft string) {
	p.t.Helper()
	var d Draft
	p.do("alatau", "saparova", "draft-show", DraftArgs{ID: draft}, &d)
	d.Request.Status = act.Actual
	p.do("alatau", "saparova", "draft-save", SaveArgs{draft, d.Request}, &d)
	p.do("alatau", "saparova", "draft-submit", DraftArgs{ID: draft}, &d)
	p.do("alatau", "orlov", "clear", DraftArgs{ID: draft, Revision: d.Revision}, nil)
	p.at(2*3600 + 60)
	if _, by := p.play("alatau"); by["later"].Place != "" || !strings.Contains(by["later"].Message, "no longer the inject") {
		p.t.Errorf("%+v", by["later"])
	}
	p.at(2*3600 + 120)
}

func (p *players) reported() {
	p.t.Helper()
	var r exercise.Report
	p.do("alatau", "saparova", "exercise-report", ExerciseArgs{"sea"}, &r)
	if len(r.Injects) != 6 || len(r.Holds) != 1 || r.Holds[0].From != "2027-03-01T06:00:50Z" || r.Holds[0].Until != "2027-03-01T06:01:40Z" {
		p.t.Fatalf("%+v", r)
	}
	first := r.Injects[0]
	want := exercise.AnswerRow{Party: "borovia", Name: "Borovia", Answer: exercise.Acknowledgement, Post: "duty-officer", At: "2027-03-01T06:00:25Z", After: 5, Within: 300, Source: "the parties"}
	if first.Planned != "2027-03-01T06:00:10Z" || first.Given != "2027-03-01T06:00:20Z" || !slices.Equal(first.Answers, []exercise.AnswerRow{want}) || !strings.Contains(first.Text, "Albatros is in distress at 43.12, 77.64 at 2027-03-01 05:55 UTC") {
		p.t.Errorf("%+v", first)
	}
	if c := r.Injects[3]; c.Planned != "2027-03-01T06:01:50Z" || c.Given != "2027-03-01T06:02:30Z" || c.Answers[0].At != "" || c.Answers[0].Within != 900 {
		p.t.Errorf("the call: %+v", c)
	}
	// The other side finds the same in its own records, and nothing of what it was not told.
	var theirs exercise.Report
	p.do("borovia", "saparova", "exercise-report", ExerciseArgs{"sea"}, &theirs)
	if theirs.Injects[2].Place == "" || theirs.Injects[2].Place != r.Injects[2].Place {
		p.t.Errorf("the second is laid beside %q, and is %q", theirs.Injects[2].Place, r.Injects[2].Place)
	}
	if theirs.Injects[0].Place != first.Place || theirs.Injects[0].Answers[0].After != 5 || theirs.Injects[1].Given != "" {
		p.t.Errorf("%+v", theirs.Injects)
	}
	if b, err := json.Marshal(theirs); err != nil || strings.Contains(string(b), "failed") || strings.Contains(string(b), "violat") {
		p.t.Errorf("%s, %v", b, err)
	}
}
