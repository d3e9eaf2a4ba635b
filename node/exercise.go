package node

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"detente/act"
	"detente/desk"
	"detente/docket"
	"detente/exercise"
	"detente/party"
)

// Played is an exercise that this state takes part in, as its own house keeps it.
// What was said of it stands in the records.
type Played struct {
	Scenario *exercise.Scenario
	Start    time.Time
	Officer  string            // who began it here
	Drafts   map[string]string // of this state's injects that are cleared beforehand: draft by inject
	Given    map[string]act.Ref
}

// ErrNoExercise means that no exercise of a name was begun here.
var ErrNoExercise = errors.New("no exercise of that name was begun here")

// KeepExercise keeps an exercise that begins here, in place of an earlier one of its
// name.
func (n *Node) KeepExercise(ctx context.Context, s desk.Session, p Played) error {
	body, err := p.Scenario.Bytes()
	if err != nil {
		return err
	}
	return n.update(ctx, func(tx *Tx) error {
		if _, err := tx.ExecContext(ctx, "delete from node_injects where exercise = $1", p.Scenario.ID); err != nil {
			return fmt.Errorf("keep an exercise: %w", err)
		}
		_, err := tx.ExecContext(ctx, `insert into node_exercises (id, scenario, start, officer) values ($1,$2,$3,$4)
			on conflict (id) do update set scenario = excluded.scenario, start = excluded.start, officer = excluded.officer`,
			p.Scenario.ID, body, p.Start.Unix(), s.Officer().ID)
		if err != nil {
			return fmt.Errorf("keep an exercise: %w", err)
		}
		for inject, draft := range p.Drafts {
			if _, err := tx.ExecContext(ctx, "insert into node_injects (exercise, inject, draft, ref) values ($1,$2,$3,'')", p.Scenario.ID, inject, draft); err != nil {
				return fmt.Errorf("keep an exercise: %w", err)
			}
		}
		return n.desk.Audit(ctx, tx.Tx, s.Officer().ID, "exercise-begin", fmt.Sprintf("%s, edition %d", p.Scenario.ID, p.Scenario.Edition))
	})
}

// Exercises are those that were begun here, by name.
func (n *Node) Exercises(ctx context.Context) ([]Played, error) {
	rows, err := n.db.Read().QueryContext(ctx, "select scenario, start, officer from node_exercises order by id")
	if err != nil {
		return nil, fmt.Errorf("list exercises: %w", err)
	}
	defer rows.Close()
	var out []Played
	for rows.Next() {
		p := Played{Drafts: map[string]string{}, Given: map[string]act.Ref{}}
		var body []byte
		var start int64
		if err := rows.Scan(&body, &start, &p.Officer); err != nil {
			return nil, fmt.Errorf("list exercises: %w", err)
		}
		if p.Scenario, err = exercise.Parse(body); err != nil {
			return nil, err
		}
		p.Start = time.Unix(start, 0).UTC()
		out = append(out, p)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for i := range out {
		if err := n.injects(ctx, &out[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (n *Node) injects(ctx context.Context, p *Played) error {
	rows, err := n.db.Read().QueryContext(ctx, "select inject, draft, ref from node_injects where exercise = $1", p.Scenario.ID)
	if err != nil {
		return fmt.Errorf("list injects: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var inject, draft, ref string
		if err := rows.Scan(&inject, &draft, &ref); err != nil {
			return fmt.Errorf("list injects: %w", err)
		}
		if draft != "" {
			p.Drafts[inject] = draft
		}
		if ref != "" {
			if p.Given[inject], err = act.ParseRef(ref); err != nil {
				return fmt.Errorf("list injects: %w", err)
			}
		}
	}
	return rows.Err()
}

// GiveInject notes that an inject of this state became an act. Injects that are
// cleared drafts are sent by Send, which gives the same act if it is called again
// after a stop between the two.
func (n *Node) GiveInject(ctx context.Context, s desk.Session, id, inject string, ref act.Ref) error {
	return n.update(ctx, func(tx *Tx) error {
		_, err := tx.ExecContext(ctx, `insert into node_injects (exercise, inject, draft, ref) values ($1,$2,'',$3)
			on conflict (exercise, inject) do update set ref = excluded.ref`, id, inject, ref.String())
		if err != nil {
			return fmt.Errorf("note an inject: %w", err)
		}
		return n.desk.Audit(ctx, tx.Tx, s.Officer().ID, "exercise-inject", fmt.Sprintf("%s of %s as %s", inject, id, refText(ref)))
	})
}

// SayMark says a mark in a thread to others. It says nothing but that, so it needs no
// clearance, like a call on a line. The caller sees to the role.
func (n *Node) SayMark(ctx context.Context, s desk.Session, thread string, to []party.ID, m *exercise.Mark) (act.Ref, error) {
	body, err := m.Bytes()
	if err != nil {
		return act.Ref{}, err
	}
	plan := &Plan{Content: body, Request: Request{Kind: act.Statement, Status: act.Exercise, Life: act.New, To: to, Thread: thread, Post: s.Officer().Post, Type: exercise.Type}}
	var ref act.Ref
	err = n.update(ctx, func(tx *Tx) error {
		if ref, err = n.say(ctx, tx, plan); err != nil {
			return err
		}
		return n.desk.Audit(ctx, tx.Tx, s.Officer().ID, "exercise-mark", fmt.Sprintf("%s, %s in %s as %s", m.Exercise, m.Step, thread, refText(ref)))
	})
	return ref, err
}

// Marks are the marks in the thread of an exercise that this party can read: each
// author's in the order of its record.
func (n *Node) Marks(ctx context.Context, thread string) ([]exercise.Said, error) {
	rows, err := docket.List(ctx, n.db.Read(), docket.Filter{Thread: thread, Status: act.Exercise, Kinds: []act.Kind{act.Statement}, Limit: maxThread})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(rows, func(a, b docket.Row) int {
		if a.Author != b.Author {
			return cmp.Compare(a.Author, b.Author)
		}
		return n.inOrder(a.Author)(a.Ref, b.Ref)
	})
	var out []exercise.Said
	for _, r := range rows {
		c, err := n.Content(ctx, r.Ref)
		if errors.Is(err, ErrNoContent) || err == nil && c.Type != exercise.Type {
			continue
		}
		if err != nil {
			return nil, err
		}
		m, err := exercise.ParseMark(c.Body)
		if err != nil {
			continue // in the clear, where nothing was checked on arrival
		}
		out = append(out, exercise.Said{By: r.Author, At: time.Unix(r.Claimed, 0).UTC(), Mark: m})
	}
	return out, nil
}

// fitsMark says whether an opened mark is in order beside the act that carried it.
func fitsMark(a *act.Act, body []byte) error {
	if a.Status != act.Exercise {
		return fmt.Errorf("a mark has the status exercise, not %s", a.Status)
	}
	_, err := exercise.ParseMark(body)
	return err
}

// Exercise is one that was begun here.
func (n *Node) Exercise(ctx context.Context, id string) (Played, error) {
	all, err := n.Exercises(ctx)
	if err != nil {
		return Played{}, err
	}
	i := slices.IndexFunc(all, func(p Played) bool { return p.Scenario.ID == id })
	if i < 0 {
		return Played{}, ErrNoExercise
	}
	return all[i], nil
}
