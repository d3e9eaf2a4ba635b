package control

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"detente/act"
	"detente/docket"
	"detente/exercise"
	"detente/internal/canon"
	"detente/node"
	"detente/party"
	"detente/phrasebook"
	"detente/watch"
)

// exerciseReport is made from what this state holds at the moment at which it is
// asked for: made again later it may show more.
func exerciseReport(ctx context.Context, c *call, a ExerciseArgs) (any, error) {
	u, err := c.exercise(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	sc := u.Scenario
	r := exercise.Report{Format: exercise.FormatReport, Exercise: sc.ID, Edition: sc.Edition, Scenario: sc.Digest().String(), Title: sc.Title["en"], Aim: sc.Aim,
		Party: c.node.Self(), Name: c.name(c.node.Self()), Made: canon.FormatTime(c.now()), Start: canon.FormatTime(u.Start),
		Holds: c.holdRows(u.state.Holds), Injects: []exercise.InjectRow{}}
	for _, m := range u.said {
		if m.By == c.node.Self() && m.Mark.Step == exercise.End && m.Mark.Scenario == sc.Digest() {
			r.End = canon.FormatTime(m.At)
		}
	}
	rules, _ := c.node.WatchRules() // what cannot be read of them the watch shows
	books, err := c.node.Phrasebooks()
	if err != nil {
		return nil, err
	}
	next := map[string]int{} // by thread and author: how many acts are laid beside injects
	for i := range sc.Injects {
		n := &sc.Injects[i]
		row := exercise.InjectRow{ID: n.ID, At: n.At, By: n.By, Name: c.name(n.By), Post: n.Post, Kind: n.Kind, Thread: n.Thread,
			Planned: canon.FormatTime(exercise.Moment(u.Start, u.state.Holds, n.At)), Answers: []exercise.AnswerRow{}}
		row.Shown = n.Kind == exercise.NoPlay || n.By == c.node.Self() || slices.Contains(n.To, c.node.Self())
		found, err := c.injectAct(ctx, u, n, next)
		if err != nil {
			return nil, err
		}
		if found != nil && row.Shown {
			row.Given, row.Place = node.Time(found.Claimed), place(found.Ref)
			if row.Text, err = c.injectText(ctx, books, found.Ref); err != nil {
				return nil, err
			}
			if row.Answers, err = c.injectAnswers(ctx, rules, n, found); err != nil {
				return nil, err
			}
		}
		r.Injects = append(r.Injects, row)
	}
	return r, nil
}

// injectAct is the act that an inject became. Of an own one the house knows which;
// those of another party are its statements in the thread that answer nothing, laid
// beside its injects in order.
func (c *call) injectAct(ctx context.Context, u *under, n *exercise.Inject, next map[string]int) (*docket.Row, error) {
	if n.By == c.node.Self() {
		ref, ok := u.Given[n.ID]
		if !ok {
			return nil, nil
		}
		row, err := c.node.Find(ctx, ref.String())
		return &row, err
	}
	thread := n.Thread
	if n.Kind == exercise.NoPlay {
		thread = u.Scenario.Thread
	}
	rows, err := c.node.List(ctx, docket.Filter{Thread: thread, Author: n.By, Status: act.Exercise, Kinds: []act.Kind{act.Statement}, Limit: MaxList})
	if err != nil {
		return nil, err
	}
	key := thread + " " + string(n.By)
	seen := 0
	for i := range rows {
		r := &rows[i]
		if !r.Answers.IsZero() || r.Claimed < u.Start.Unix() {
			continue
		}
		fits, err := c.isInject(ctx, r.Ref, n.Kind)
		if err != nil {
			return nil, err
		}
		if !fits {
			continue
		}
		if seen == next[key] {
			next[key]++
			return r, nil
		}
		seen++
	}
	return nil, nil
}

// isInject says whether an act can be an inject of a kind: a mark of "no play" for
// that kind alone.
func (c *call) isInject(ctx context.Context, ref act.Ref, kind exercise.Kind) (bool, error) {
	content, err := c.node.Content(ctx, ref)
	if errors.Is(err, node.ErrNoContent) {
		return false, nil
	}
	if err != nil || content.Type != exercise.Type {
		return kind != exercise.NoPlay, err
	}
	m, err := exercise.ParseMark(content.Body)
	return err == nil && kind == exercise.NoPlay && m.Step == exercise.Halt, nil
}

func (c *call) injectText(ctx context.Context, books []*phrasebook.Book, ref act.Ref) (string, error) {
	content, err := c.node.Content(ctx, ref)
	if errors.Is(err, node.ErrNoContent) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	a, _, err := c.node.Act(ctx, ref)
	if err != nil {
		return "", err
	}
	return contentText(books, c.node.Form(ctx, a.Measure, a.Pack), content.Type, content.Body), nil
}

// injectAnswers is how each addressee answered, beside the figure that was provided
// for: that of the scenario, else of a message on a line that of the group.
func (c *call) injectAnswers(ctx context.Context, rules watch.Rules, n *exercise.Inject, given *docket.Row) ([]exercise.AnswerRow, error) {
	want := exercise.AnswerRow{Answer: exercise.Acknowledgement}
	switch {
	case n.Expects != nil:
		want.Answer, want.Within, want.Source = n.Expects.Answer, int64(n.Expects.Within.Duration()/time.Second), n.Expects.Source
	case n.Kind == exercise.Message || n.Kind == exercise.Call:
		if d := rules.Of(n.Precedence).Sender; d > 0 {
			want.Within, want.Source = int64(d/time.Second), fmt.Sprintf("what the group agreed on for lines, precedence %d", n.Precedence)
		}
	}
	rows, err := c.node.List(ctx, docket.Filter{Answers: given.Ref, Kinds: []act.Kind{act.Acknowledged, act.Statement}, Limit: MaxList})
	if err != nil {
		return nil, err
	}
	out := []exercise.AnswerRow{}
	for _, id := range addressees(n, c) {
		one := want
		one.Party, one.Name = id, c.name(id)
		best := int64(0)
		for _, r := range rows {
			if r.Author == id && (r.Kind == act.Acknowledged) == (want.Answer == exercise.Acknowledgement) && (best == 0 || r.Claimed < best) {
				best = r.Claimed
				one.Post, one.At, one.After = r.Post, node.Time(r.Claimed), r.Claimed-given.Claimed
			}
		}
		out = append(out, one)
	}
	return out, nil
}

// addressees are those whose answers this state can see: all of an own inject, and
// of another's this state itself and those whose acts came here.
func addressees(n *exercise.Inject, c *call) []party.ID {
	if n.By == c.node.Self() {
		return n.To
	}
	return slices.DeleteFunc(slices.Clone(n.To), func(id party.ID) bool { return id != c.node.Self() })
}

// exerciseText writes a mark for people.
func exerciseText(body []byte) string {
	m, err := exercise.ParseMark(body)
	if err != nil {
		return node.Legible(string(body))
	}
	return m.Sentence() + "\n"
}
