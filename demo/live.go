package demo

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"strings"
	"time"

	"detente/control"
	"detente/exercise"
	"detente/internal/canon"
	"detente/party"
	"detente/watch"
)

// vessel is the scenario of the live incident: one inject, twenty seconds after the
// beginning.
//
//go:embed live/vessel.json
var vessel []byte

// Who plays the live incident.
const (
	caller = borovia
	called = cintra
)

// live is the incident while it is played.
type live struct {
	show     *Show
	out      io.Writer
	scenario *exercise.Scenario
	inject   *exercise.Inject
	given    time.Time // by the clock of this machine
}

// Live plays an incident between two of the nodes, which comes as long after now as
// wait says: a message of precedence 1 by the scenario that ships, cleared beforehand
// by a second officer and given by the clock of an exercise. It writes how to answer
// it, and then what came of it, until somebody has acknowledged it or ctx ends.
func (s *Show) Live(ctx context.Context, out io.Writer, wait time.Duration) error {
	sc, err := exercise.Read(vessel)
	if err != nil {
		return err
	}
	l := &live{show: s, out: out, scenario: sc, inject: &sc.Injects[0]}
	err = l.play(ctx, time.Now().Add(wait-l.inject.At.Duration()))
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func (l *live) play(ctx context.Context, start time.Time) error {
	if err := l.prepare(ctx, start); err != nil {
		return fmt.Errorf("prepare the live incident: %w", err)
	}
	if err := l.give(ctx); err != nil {
		return fmt.Errorf("play the live incident: %w", err)
	}
	l.given = time.Now()
	if err := l.announce(ctx); err != nil {
		return err
	}
	return l.follow(ctx)
}

// at calls verbs of a house under the session of one of its officers.
func (s *Show) at(id party.ID, officer string) control.Caller {
	return s.town.houses[id].door.As(s.story.staff[account{id, officer}].Token())
}

// prepare begins the exercise and has another officer clear what it is about to say.
func (l *live) prepare(ctx context.Context, start time.Time) error {
	b, err := l.scenario.Bytes()
	if err != nil {
		return err
	}
	var v control.Exercise
	a := control.BeginArgs{Scenario: string(b), At: canon.FormatTime(start)}
	if err := l.show.at(caller, "duty-officer").Call(ctx, "exercise-begin", a, nil, nil, &v); err != nil {
		return err
	}
	for _, n := range v.Injects {
		if n.Draft == "" {
			continue
		}
		second := l.show.at(caller, "head-of-section")
		var d control.Draft
		if err := second.Call(ctx, "draft-show", control.DraftArgs{ID: n.Draft}, nil, nil, &d); err != nil {
			return err
		}
		if err := second.Call(ctx, "clear", control.DraftArgs{ID: d.ID, Revision: d.Revision}, nil, nil, nil); err != nil {
			return err
		}
	}
	return nil
}

// give looks at the clock of the exercise until the inject is an act.
func (l *live) give(ctx context.Context) error {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		var v control.Exercise
		if err := l.show.at(caller, "duty-officer").Call(ctx, "exercise-play", control.ExerciseArgs{ID: l.scenario.ID}, nil, nil, &v); err != nil {
			return err
		}
		for _, n := range v.Injects {
			if n.Message != "" {
				return fmt.Errorf("inject %s: %s", n.ID, n.Message)
			}
			if n.ID == l.inject.ID && n.State == control.Given {
				return nil
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// message is the incident as a house has it now; nil: it has not come.
func (l *live) message(ctx context.Context, at party.ID) (*control.LineMessage, error) {
	var all []control.LineMessage
	a := control.MessagesArgs{Thread: l.inject.Thread, Limit: 10}
	if err := l.show.town.houses[at].door.Own().Call(ctx, "line-messages", a, nil, nil, &all); err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].Author == caller {
			return &all[i], nil
		}
	}
	return nil, nil
}

// changed waits for the next change at a house, and at most a second.
func (l *live) changed(ctx context.Context, at party.ID) {
	t := time.NewTimer(time.Second)
	defer t.Stop()
	select {
	case <-l.show.town.houses[at].door.Changed():
	case <-t.C:
	case <-ctx.Done():
	}
}

// announce waits until the message is on the other desk, and says how it is answered.
func (l *live) announce(ctx context.Context) error {
	for ctx.Err() == nil {
		m, err := l.message(ctx, called)
		if err != nil {
			return err
		}
		if m == nil {
			l.changed(ctx, called)
			continue
		}
		fmt.Fprintf(l.out, "\nEXERCISE. A live incident, %s UTC. %s says to %s on the line %q, precedence %d of 4:\n\n", time.Now().UTC().Format(time.TimeOnly),
			named(caller), named(called), m.Line, m.Precedence)
		for _, one := range m.Agreed {
			fmt.Fprintf(l.out, "  %s\n", one.Texts["en"])
		}
		fmt.Fprintf(l.out, `
You are on duty in %[1]s. To acknowledge it, in a browser on this machine:

  1. open           http://%[2]s/
  2. choose         %[3]s
  3. follow         %[4]s · %[5]s
  4. press          Acknowledge receipt as %[6]s

If nobody does within a minute, the chief of shift is called.
`, named(called), l.show.town.houses[called].deskAddr, roleOf(called, "duty-officer"), m.Line, named(caller), postOf(called, "duty-officer"))
		return nil
	}
	return ctx.Err()
}

// follow says what becomes of the incident on the desk that was called.
func (l *live) follow(ctx context.Context) error {
	told := watch.Duty
	for ctx.Err() == nil {
		m, err := l.message(ctx, called)
		if err != nil {
			return err
		}
		if m != nil && m.List != watch.NeedsYou {
			return l.answered(ctx)
		}
		if m != nil && m.Calls != told && m.Calls != watch.Nobody {
			told = m.Calls
			fmt.Fprintf(l.out, "\n%s: nobody has acknowledged it. The desk of %s calls the %s as well.\n", after(l.given), named(called), strings.ReplaceAll(string(told), "-", " "))
		}
		l.changed(ctx, called)
	}
	return ctx.Err()
}

// answered waits until the sender has the acknowledgement too, and says both.
func (l *live) answered(ctx context.Context) error {
	took := after(l.given)
	for ctx.Err() == nil {
		m, err := l.message(ctx, caller)
		if err != nil {
			return err
		}
		if m == nil || len(m.Sent) == 0 || m.Sent[0].Answer != watch.Acknowledged {
			l.changed(ctx, caller)
			continue
		}
		fmt.Fprintf(l.out, "\n%s: receipt was acknowledged by the post %s of %s; it is receipt, not agreement.\n", took, m.Sent[0].Post, named(called))
		fmt.Fprintf(l.out, "%s's desk shows it as well: http://%s/ (%s)\n", named(caller), l.show.town.houses[caller].deskAddr, roleOf(caller, "duty-officer"))
		return nil
	}
	return ctx.Err()
}

func after(t time.Time) string { return fmt.Sprintf("After %d s", int(time.Since(t).Seconds())) }

// Incident is the name of the exercise that Live plays, and the folder of the home
// that gives it.
func (s *Show) Incident() (name, dir string) {
	sc, err := exercise.Read(vessel)
	if err != nil {
		panic("demo: the scenario that ships: " + err.Error())
	}
	return sc.ID, s.town.houses[caller].dir
}

// roleOf is the name of an officer in the role picker, postOf the post.
func roleOf(at party.ID, id string) string { return part(at, id).name }

func postOf(at party.ID, id string) party.Post { return part(at, id).post }

func part(at party.ID, id string) officer {
	for _, o := range cast() {
		if o.at == at && o.id == id {
			return o
		}
	}
	return officer{}
}
