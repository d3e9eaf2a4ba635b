package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"detente/act"
	"detente/clarification"
	"detente/desk"
	"detente/docket"
	"detente/exercise"
	"detente/internal/canon"
	"detente/line"
	"detente/node"
	"detente/party"
)

func exerciseVerbs() map[string]verb {
	return map[string]verb{
		"exercise-begin":  writes(exerciseBegin),
		"exercise-list":   reads(exerciseList),
		"exercise-play":   writes(exercisePlay),
		"exercise-mark":   writes(exerciseMark),
		"exercise-report": reads(exerciseReport),
	}
}

// BeginArgs are a scenario and its beginning.
type BeginArgs struct {
	Scenario string `json:"scenario"` // as exercise.Parse reads it
	At       string `json:"at"`       // canon time; empty: that which another party said, else now
}

// Exercise is an exercise as it stands here.
type Exercise struct {
	ID       string             `json:"id"`
	Edition  int                `json:"edition"`
	Title    map[string]string  `json:"title"` // by language
	Scenario canon.Digest       `json:"scenario"`
	Parties  []party.ID         `json:"parties"`
	Thread   string             `json:"thread"` // of the marks
	Officer  string             `json:"officer"`
	Start    string             `json:"start"`
	Phase    exercise.Phase     `json:"phase"`
	Elapsed  exercise.Offset    `json:"elapsed"` // by its clock
	NoPlay   []party.ID         `json:"no_play"` // who says so now
	Holds    []exercise.HoldRow `json:"holds"`
	Injects  []Inject           `json:"injects"`
}

// Inject is one inject as it stands here.
type Inject struct {
	ID      string          `json:"id"`
	At      exercise.Offset `json:"at"`
	Due     string          `json:"due"` // if nothing holds the clock from now on
	By      party.ID        `json:"by"`
	Post    party.Post      `json:"post"`
	Kind    exercise.Kind   `json:"kind"`
	To      []party.ID      `json:"to"`
	Thread  string          `json:"thread"`
	Line    line.ID         `json:"line"`
	State   InjectState     `json:"state"`
	Draft   string          `json:"draft"` // of an own one that is cleared beforehand
	Place   string          `json:"place"` // of an own one that was given
	Message string          `json:"message"`
}

// InjectState is where an inject stands.
type InjectState string

const (
	OfOthers  InjectState = "of-others" // another party gives it
	Uncleared InjectState = "uncleared" // its draft waits for clearance: it is not given before
	Prepared  InjectState = "prepared"  // it is given when its time comes
	Given     InjectState = "given"
)

// under is an exercise here with what the records say of it now.
type under struct {
	node.Played
	said  []exercise.Said
	state exercise.State
}

func (c *call) exercise(ctx context.Context, id string) (*under, error) {
	p, err := c.node.Exercise(ctx, id)
	if errors.Is(err, node.ErrNoExercise) {
		return nil, refuse(NotFound, "detente exercise status", "no exercise %q was begun here", id)
	}
	if err != nil {
		return nil, err
	}
	return c.underWay(ctx, p)
}

func (c *call) underWay(ctx context.Context, p node.Played) (*under, error) {
	said, err := c.node.Marks(ctx, p.Scenario.Thread)
	if err != nil {
		return nil, err
	}
	return &under{p, said, p.Scenario.At(c.node.Self(), p.Start, said, c.now())}, nil
}

// exerciseBegin makes the drafts of this state's own injects and hands them over for
// clearance, keeps the scenario, and says to the others that this part begins.
func exerciseBegin(ctx context.Context, c *call, a BeginArgs) (any, error) {
	s, err := c.duty(ctx)
	if err != nil {
		return nil, err
	}
	sc, err := exercise.Parse([]byte(a.Scenario))
	if err != nil {
		return nil, refuse(Usage, "detente exercise lint FILE", "%v", err)
	}
	if !slices.Contains(sc.Parties, c.node.Self()) {
		return nil, refuse(Usage, "", "%s takes no part in the exercise %s", c.node.Self(), sc.ID)
	}
	old, err := c.node.Exercise(ctx, sc.ID)
	if err == nil {
		if u, err := c.underWay(ctx, old); err != nil || u.state.Phase != exercise.Ended {
			return nil, errors.Join(err, errorIf(err == nil, refuse(Failed, "detente exercise stop "+sc.ID, "the exercise %s is under way here", sc.ID)))
		}
	} else if !errors.Is(err, node.ErrNoExercise) {
		return nil, err
	}
	p := node.Played{Scenario: sc, Officer: s.Officer().ID, Drafts: map[string]string{}}
	if p.Start, err = c.beginning(ctx, sc, a.At); err != nil {
		return nil, err
	}
	if err := c.prepare(ctx, s, &p); err != nil {
		for _, id := range p.Drafts { // what was made of it is of no use
			err = errors.Join(err, c.node.Desk().Drop(ctx, s, id))
		}
		return nil, err
	}
	if err := c.node.KeepExercise(ctx, s, p); err != nil {
		return nil, err
	}
	mark := exercise.Mark{Exercise: sc.ID, Scenario: sc.Digest(), Step: exercise.Begin, Start: canon.FormatTime(p.Start)}
	if _, err := c.node.SayMark(ctx, s, sc.Thread, c.withNode(sc.Threads(c.node.Self())[0].With), &mark); err != nil {
		return nil, err
	}
	return c.exerciseView(ctx, sc.ID)
}

// beginning is the moment given, else that which another party said, else now.
func (c *call) beginning(ctx context.Context, sc *exercise.Scenario, at string) (time.Time, error) {
	if at != "" {
		t, err := canon.ParseTime(at)
		if err != nil {
			return t, refuse(Usage, "write 2027-03-01T06:00:00Z", "%v", err)
		}
		return t, nil
	}
	said, err := c.node.Marks(ctx, sc.Thread)
	if err != nil {
		return time.Time{}, err
	}
	for _, m := range slices.Backward(said) {
		if m.Mark.Step == exercise.Begin && m.Mark.Scenario == sc.Digest() && m.By != c.node.Self() {
			return canon.ParseTime(m.Mark.Start)
		}
	}
	return c.now(), nil
}

// withNode are those parties to which something can be sealed.
func (c *call) withNode(ids []party.ID) []party.ID {
	current := c.node.Keys().Current()
	return slices.DeleteFunc(slices.Clone(ids), func(id party.ID) bool {
		p, ok := current.Party(id)
		return !ok || p.Card == nil
	})
}

// prepare makes and submits the drafts of own injects that say something.
func (c *call) prepare(ctx context.Context, s desk.Session, p *node.Played) error {
	for i := range p.Scenario.Injects {
		n := &p.Scenario.Injects[i]
		if n.By != c.node.Self() || n.Kind == exercise.Call || n.Kind == exercise.NoPlay {
			continue
		}
		r, err := c.injectRequest(n, p.Start)
		if err != nil {
			return fmt.Errorf("inject %s: %w", n.ID, err)
		}
		b, err := requestBytes(r)
		if err != nil {
			return fmt.Errorf("inject %s: %w", n.ID, err)
		}
		if _, err := c.node.Check(ctx, b); err != nil {
			return injectError(n.ID, err)
		}
		d, err := c.node.Desk().Save(ctx, s, "", b)
		if err != nil {
			return fmt.Errorf("inject %s: %w", n.ID, err)
		}
		p.Drafts[n.ID] = d.ID
		if _, err := c.node.Submit(ctx, s, d.ID); err != nil {
			return fmt.Errorf("inject %s: %w", n.ID, err)
		}
	}
	return nil
}

// injectError names the inject whose content has faults, and keeps the faults.
func injectError(id string, err error) error {
	e := *ErrorOf(err)
	e.Message = fmt.Sprintf("inject %s: %s", id, e.Message)
	return &e
}

// injectRequest is what an own inject says.
func (c *call) injectRequest(n *exercise.Inject, start time.Time) (node.Request, error) {
	r := node.Request{Kind: act.Statement, Status: act.Exercise, Life: act.New, To: n.To, Thread: n.Thread, Post: n.Post}
	var err error
	switch n.Kind {
	case exercise.Message:
		m := line.Message{Line: n.Line, Kind: line.Said, Precedence: n.Precedence, Text: n.Text, Language: n.Language}
		for i := range n.Agreed {
			m.Agreed = append(m.Agreed, line.Phrase{ID: n.Agreed[i].ID, Values: n.Agreed[i].Blanks(start)})
		}
		if err := c.spell(m.Agreed); err != nil {
			return r, err
		}
		r.Type = line.TypeMessage
		r.Body, err = m.Bytes()
	case exercise.Incident:
		a := clarification.Account{Parties: slices.Sorted(slices.Values(append(slices.Clone(n.To), n.By)))}
		for _, f := range n.Facts {
			a.Points = append(a.Points, clarification.Point{Kind: clarification.Fact, Language: n.Language, Text: f, Stance: clarification.Agrees})
		}
		r.Type = clarification.Type
		r.Body, err = a.Bytes()
	case exercise.Notice:
		r.Measure, r.Language = n.Measure, n.Language
		r.Values, err = json.Marshal(n.Form(start))
	}
	return r, err
}

// ExerciseArgs name an exercise.
type ExerciseArgs struct {
	ID string `json:"id"`
}

// exercises are those that were begun here, as each stands.
func (c *call) exercises(ctx context.Context) ([]*under, error) {
	all, err := c.node.Exercises(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]*under, len(all))
	for i, p := range all {
		if out[i], err = c.underWay(ctx, p); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func exerciseList(ctx context.Context, c *call, _ nothing) (any, error) {
	all, err := c.exercises(ctx)
	if err != nil {
		return nil, err
	}
	out := []Exercise{}
	for _, u := range all {
		v, err := c.viewOf(ctx, u)
		if err != nil {
			return nil, err
		}
		out = append(out, *v)
	}
	return out, nil
}

func (c *call) exerciseView(ctx context.Context, id string) (*Exercise, error) {
	u, err := c.exercise(ctx, id)
	if err != nil {
		return nil, err
	}
	return c.viewOf(ctx, u)
}

func (c *call) viewOf(ctx context.Context, u *under) (*Exercise, error) {
	sc := u.Scenario
	v := &Exercise{ID: sc.ID, Edition: sc.Edition, Title: sc.Title, Scenario: sc.Digest(), Parties: sc.Parties, Thread: sc.Thread, Officer: u.Officer,
		Start: canon.FormatTime(u.Start), Phase: u.state.Phase, Elapsed: exercise.Offset(u.state.Elapsed.Truncate(time.Second)),
		NoPlay: list(u.state.Now), Holds: c.holdRows(u.state.Holds), Injects: []Inject{}}
	for i := range sc.Injects {
		n := &sc.Injects[i]
		row := Inject{ID: n.ID, At: n.At, Due: canon.FormatTime(exercise.Moment(u.Start, u.state.Holds, n.At)), By: n.By, Post: n.Post, Kind: n.Kind,
			To: list(n.To), Thread: n.Thread, Line: n.Line, Draft: u.Drafts[n.ID], Place: place(u.Given[n.ID])}
		switch {
		case n.By != c.node.Self():
			row.State = OfOthers
		case row.Place != "":
			row.State = Given
		case row.Draft == "":
			row.State = Prepared
		default:
			d, err := c.node.Desk().Draft(ctx, row.Draft)
			if err != nil {
				return nil, err
			}
			if row.State = Uncleared; d.State == desk.StateCleared || d.State == desk.StateSent {
				row.State = Prepared
			}
		}
		v.Injects = append(v.Injects, row)
	}
	return v, nil
}

func (c *call) holdRows(holds []exercise.Hold) []exercise.HoldRow {
	out := []exercise.HoldRow{}
	for _, h := range holds {
		out = append(out, exercise.HoldRow{By: h.By, Name: c.name(h.By), From: canon.FormatTime(h.From), Until: timeOrEmpty(h.Until)})
	}
	return out
}

// exercisePlay gives the own injects whose time has come and that are prepared, and
// says how the exercise stands. Called again it gives nothing twice. What it cannot
// give is named in the inject's Message and tried again at the next call.
func exercisePlay(ctx context.Context, c *call, a ExerciseArgs) (any, error) {
	s, err := c.duty(ctx)
	if err != nil {
		return nil, err
	}
	u, err := c.exercise(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	kept := map[string]string{}
	for _, n := range u.Scenario.Due(c.node.Self(), u.state.Elapsed) {
		if u.state.Phase != exercise.Runs || !u.Given[n.ID].IsZero() {
			continue
		}
		ref, err := c.give(ctx, s, u, &n)
		if errors.Is(err, desk.ErrNotCleared) || errors.Is(err, desk.ErrDropped) {
			continue
		}
		if err == nil {
			err = c.node.GiveInject(ctx, s, u.Scenario.ID, n.ID, ref)
		}
		if err != nil {
			kept[n.ID] = ErrorOf(err).Message
			continue
		}
		if n.Kind == exercise.NoPlay { // nothing further until play is resumed
			break
		}
	}
	v, err := c.exerciseView(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	for i := range v.Injects {
		v.Injects[i].Message = kept[v.Injects[i].ID]
	}
	return v, nil
}

// give makes an own inject an act.
func (c *call) give(ctx context.Context, s desk.Session, u *under, n *exercise.Inject) (act.Ref, error) {
	switch n.Kind {
	case exercise.Call:
		key := line.KeyOf(n.Line, append(slices.Clone(n.To), n.By))
		return c.node.CallLine(ctx, s, key, line.Call, n.Precedence, act.Exercise, n.Thread)
	case exercise.NoPlay:
		return c.mark(ctx, s, u, exercise.Halt)
	}
	d, err := c.node.Desk().Draft(ctx, u.Drafts[n.ID])
	if err != nil {
		return act.Ref{}, err
	}
	var r node.Request
	if err := canon.ReadJSON(d.Request, &r); err != nil {
		return act.Ref{}, fmt.Errorf("read draft %s: %w", d.ID, err)
	}
	if r.Status != act.Exercise || r.Thread != n.Thread { // its author wrote something else into it
		return act.Ref{}, refuse(Failed, "detente draft show "+d.ID, "draft %s is no longer the inject %s: it is not given by the clock", d.ID, n.ID)
	}
	return c.node.Send(ctx, s, d.ID)
}

// MarkArgs are a mark to be said.
type MarkArgs struct {
	ID   string        `json:"id"`
	Step exercise.Step `json:"step"` // no-play, resume or end
}

func exerciseMark(ctx context.Context, c *call, a MarkArgs) (any, error) {
	s, err := c.duty(ctx)
	if err != nil {
		return nil, err
	}
	u, err := c.exercise(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	mine := slices.Contains(u.state.Now, c.node.Self())
	switch {
	case u.state.Phase == exercise.Ended:
		return nil, refuse(Failed, "detente exercise report "+a.ID, "this state's part in the exercise %s has ended", a.ID)
	case a.Step == exercise.Halt && mine:
		return nil, refuse(Failed, "detente exercise resume "+a.ID, "this state has said no play already")
	case a.Step == exercise.Resume && !mine:
		return nil, refuse(Failed, "detente exercise status", "this state has not said no play: who has said it resumes")
	case a.Step != exercise.Halt && a.Step != exercise.Resume && a.Step != exercise.End:
		return nil, refuse(Usage, "", "%q is none of no-play, resume, end", a.Step)
	}
	if _, err := c.mark(ctx, s, u, a.Step); err != nil {
		return nil, err
	}
	return c.exerciseView(ctx, a.ID)
}

// mark says a mark in the thread of the marks and in every thread of the exercise
// that is open between this state and others. It returns the first.
func (c *call) mark(ctx context.Context, s desk.Session, u *under, step exercise.Step) (act.Ref, error) {
	m := exercise.Mark{Exercise: u.Scenario.ID, Scenario: u.Scenario.Digest(), Step: step}
	var first act.Ref
	for i, t := range u.Scenario.Threads(c.node.Self()) {
		if i > 0 {
			rows, err := c.node.List(ctx, docket.Filter{Thread: t.Name, Status: act.Exercise, Kinds: []act.Kind{act.Statement}, Limit: 1})
			if err != nil {
				return first, err
			}
			if len(rows) == 0 {
				continue // nothing was said in it
			}
		}
		to := c.withNode(t.With)
		if len(to) == 0 {
			continue
		}
		ref, err := c.node.SayMark(ctx, s, t.Name, to, &m)
		if err != nil {
			return first, err
		}
		if i == 0 {
			first = ref
		}
	}
	return first, nil
}

// NoPlay is an exercise whose clock a real event has stopped.
type NoPlay struct {
	Exercise string     `json:"exercise"`
	By       []party.ID `json:"by"`
	Names    string     `json:"names"`
	Since    string     `json:"since"`
}

// noPlay are the exercises under way here that stand still.
func (c *call) noPlay(ctx context.Context) ([]NoPlay, error) {
	all, err := c.exercises(ctx)
	if err != nil {
		return nil, err
	}
	out := []NoPlay{}
	for _, u := range all {
		if u.state.Phase != exercise.Held {
			continue
		}
		var names []string
		for _, id := range u.state.Now {
			names = append(names, c.name(id))
		}
		out = append(out, NoPlay{u.Scenario.ID, u.state.Now, strings.Join(names, ", "), canon.FormatTime(u.state.Holds[len(u.state.Holds)-1].From)})
	}
	return out, nil
}
