package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"detente/act"
	"detente/desk"
	"detente/docket"
	"detente/internal/canon"
	"detente/regime"
)

// maxThread is how many statements of one author in one thread are read. Only
// the author itself can write more, and then nothing is said about its thread.
const maxThread = 10_000

// statements are those of a thread, in the order of its author's record, without
// what follows a statement that is not among them.
func (n *Node) statements(ctx context.Context, t docket.Thread) ([]docket.Row, error) {
	rows, err := docket.List(ctx, n.db.Read(), docket.Filter{Author: t.Author, Thread: t.Name, Status: t.Status,
		Kinds: []act.Kind{act.Statement}, Limit: maxThread})
	if err != nil {
		return nil, err
	}
	if len(rows) == maxThread {
		return nil, fmt.Errorf("thread %q of %s has too many statements", t.Name, t.Author)
	}
	inOrder := n.inOrder(t.Author)
	slices.SortFunc(rows, func(a, b docket.Row) int { return inOrder(a.Ref, b.Ref) })
	seen := map[act.Ref]bool{}
	var out []docket.Row
	for _, r := range rows {
		if r.Life != act.New && !seen[r.Answers] {
			continue
		}
		seen[r.Ref] = true
		out = append(out, r)
	}
	return out, nil
}

// Whole is the filled form of a thread as its author corrected and updated it so
// far, for this reader: the last content that could be read. Nobody else's
// statement under the same name has a part in it.
func (n *Node) Whole(ctx context.Context, t docket.Thread) (*regime.Values, error) {
	rows, err := n.statements(ctx, t)
	if err != nil {
		return nil, err
	}
	return n.lastOf(ctx, t, rows)
}

// lastOf is the last content among statements of a thread that this reader can read.
func (n *Node) lastOf(ctx context.Context, t docket.Thread, rows []docket.Row) (*regime.Values, error) {
	for _, r := range slices.Backward(rows) {
		c, err := n.Content(ctx, r.Ref)
		if errors.Is(err, ErrNoContent) || err == nil && c.Type != FormType {
			continue
		}
		if err != nil {
			return nil, err
		}
		return regime.ParseValues(c.Body)
	}
	return nil, fmt.Errorf("no filled form is held in the %s thread %q of %s", t.Status, t.Name, t.Author)
}

// ErrThreadWentOn means that what would be sent is not what was cleared.
var ErrThreadWentOn = errors.New("the thread went on since this draft was submitted, and what would be sent is not what was cleared; " +
	"have the draft returned and submit it again")

// Submit hands a draft over for clearance. A correction or update is bound to
// the whole content that it gives now: what is cleared is what is sent.
func (n *Node) Submit(ctx context.Context, s desk.Session, id string) (desk.Draft, error) {
	d, err := n.desk.Draft(ctx, id)
	if err != nil {
		return d, err
	}
	plan, err := n.Check(ctx, d.Request)
	if err != nil {
		return d, err
	}
	if plan.overlaid() && (d.State == desk.StateDraft || d.State == desk.StateReturned) {
		r := plan.Request
		r.Gives = plan.digest().String()
		b, err := json.Marshal(r)
		if err != nil {
			return d, fmt.Errorf("write request: %w", err)
		}
		if d, err = n.desk.Save(ctx, s, id, b); err != nil {
			return d, err
		}
	}
	return n.desk.Submit(ctx, s, id)
}

// overlaid reports whether the content is laid over what was said before.
func (p *Plan) overlaid() bool {
	return p.Form != nil && (p.Request.Life == act.Correction || p.Request.Life == act.Update)
}

// digest is over what an overlaid plan gives.
func (p *Plan) digest() canon.Digest {
	return canon.DigestOf(fmt.Appendf(nil, "%q\n%s", p.Touches, p.Content))
}

// bound checks that a plan gives what it gave when it was submitted.
func (p *Plan) bound() error {
	if p.overlaid() && p.Request.Gives != p.digest().String() {
		return ErrThreadWentOn
	}
	return nil
}

// before is what a correction or update is laid over: the statement that it answers,
// as corrected and updated so far. That is one of this party's own thread, made with
// the same form; what else was said in the thread, e.g. an invitation beside a
// notification, has no part in it.
func (n *Node) before(ctx context.Context, r Request) (*regime.Values, error) {
	ref, err := act.ParseRef(r.Answers)
	if err != nil {
		return nil, fmt.Errorf("answers: %w", err)
	}
	t := docket.Thread{Author: n.self, Name: r.Thread, Status: r.Status}
	rows, err := n.statements(ctx, t)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(rows, func(row docket.Row) bool { return row.Ref == ref })
	if i < 0 {
		return nil, fmt.Errorf("what it answers is no statement of this party in the %s thread %q", r.Status, r.Thread)
	}
	if rows[i].Measure != r.Measure {
		return nil, fmt.Errorf("what it answers was made with the form %q", rows[i].Measure)
	}
	first := map[act.Ref]act.Ref{} // the statement that each one changes
	for _, row := range rows {
		first[row.Ref] = row.Ref
		if row.Life != act.New {
			first[row.Ref] = first[row.Answers]
		}
	}
	return n.lastOf(ctx, t, slices.DeleteFunc(rows, func(row docket.Row) bool { return first[row.Ref] != first[ref] }))
}

// enteredHere asks that a confirmation or contestation is about what another
// party entered for this one: nobody speaks for a third.
func (n *Node) enteredHere(ctx context.Context, r Request) error {
	ref, err := act.ParseRef(r.Answers)
	if err != nil {
		return fmt.Errorf("answers: %w", err)
	}
	row, err := docket.Get(ctx, n.db.Read(), ref.Origin, ref.Index)
	if err != nil {
		return err
	}
	switch {
	case row.Kind != act.Entered:
		return fmt.Errorf("%s was not entered for anybody: only what another party entered for this one is confirmed or contested", refText(row.Ref))
	case row.For != n.self:
		return fmt.Errorf("%s was entered for %s: that party confirms or contests it, nobody else", refText(row.Ref), row.For)
	}
	return nil
}
