package desk

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"detente/internal/durable"
)

// Clear clears the next open step of a revision that the officer has read, or
// countersigns one of an urgent release. It refuses the author (ErrAuthor), an
// officer who may not clear that step (ErrNotYours) or has cleared another where
// the chain wants different officers (ErrDistinct), a revision that is not the
// present one (ErrStale), and a draft with nothing to clear. Reference is needed
// for a step outside the house, and welcome for any.
func (d *Desk) Clear(ctx context.Context, s Session, id string, revision int, reference string) (Draft, error) {
	if reference != "" {
		if err := checkLine("the reference", reference, maxReference); err != nil {
			return Draft{}, fmt.Errorf("clear draft: %w", err)
		}
	}
	return d.change(ctx, "clear draft", s, "", id, func(tx *sql.Tx, o Officer) error {
		draft, err := readDraft(ctx, tx, id)
		if err != nil {
			return err
		}
		chain, err := readChain(ctx, tx)
		if err != nil {
			return err
		}
		step, err := nextStep(ctx, tx, chain, draft, o)
		if err != nil {
			return err
		}
		if draft.Revision != revision {
			return fmt.Errorf("%w: revision %d is now %d", ErrStale, revision, draft.Revision)
		}
		if step.Outside && reference == "" {
			return fmt.Errorf("%w: step %s", ErrReference, step.Name)
		}
		_, err = tx.ExecContext(ctx, "insert into desk_clearance (draft, step, officer, reference, revision, at) values ($1, $2, $3, $4, $5, $6)",
			id, step.Name, o.ID, reference, revision, d.second())
		if err != nil {
			return err
		}
		if draft.State == StateSubmitted && len(chain.Open(draft)) == 1 {
			if err := setState(ctx, tx, id, StateCleared, d.second()); err != nil {
				return err
			}
		}
		return d.Audit(ctx, tx, o.ID, "draft-clear", fmt.Sprintf("draft %s, revision %d, step %s", id, revision, step.Name))
	})
}

// nextStep is the step that an officer would clear now, or why not.
func nextStep(ctx context.Context, tx *sql.Tx, chain Chain, draft Draft, o Officer) (Step, error) {
	open := chain.Open(draft)
	if draft.Author == o.ID {
		concurs, err := mayConcur(ctx, tx, open)
		if err != nil {
			return Step{}, err
		}
		if !concurs {
			return Step{}, ErrAuthor
		}
	}
	if err := clearable(draft); err != nil {
		return Step{}, err
	}
	if len(open) == 0 {
		return Step{}, ErrNothingToClear
	}
	step := open[0]
	if !step.mayClear(o) {
		return Step{}, fmt.Errorf("%w: step %s", ErrNotYours, step.Name)
	}
	if chain.Distinct && slices.ContainsFunc(draft.Cleared, func(c Clearance) bool { return c.Officer == o.ID }) {
		return Step{}, ErrDistinct
	}
	return step, nil
}

// mayConcur reports whether the author may enter a concurrence: the next step is
// one from outside, and the house has no other active officer to enter it.
func mayConcur(ctx context.Context, tx *sql.Tx, open []Step) (bool, error) {
	if len(open) == 0 || !open[0].Outside {
		return false, nil
	}
	var n int64
	err := tx.QueryRowContext(ctx, "select count(*) from desk_officer where active = 1").Scan(&n)
	return n == 1, err
}

// clearable passes a draft that waits for clearance or countersignature.
func clearable(draft Draft) error {
	switch draft.State {
	case StateSubmitted, StateCleared:
		return nil
	case StateSent:
		if draft.Urgent {
			return nil
		}
		return &SentError{draft.Sent}
	case StateDropped:
		return ErrDropped
	}
	return ErrNotSubmitted
}

// Return sends a draft back to its author with remarks and voids what was
// cleared; an officer does who may clear any step. It works until the draft is sent.
func (d *Desk) Return(ctx context.Context, s Session, id, remarks string) (Draft, error) {
	if err := checkText("the remarks", remarks, maxRemarks, true); err != nil {
		return Draft{}, fmt.Errorf("return draft: %w", err)
	}
	return d.change(ctx, "return draft", s, "", id, func(tx *sql.Tx, o Officer) error {
		draft, err := readOpen(ctx, tx, id)
		if err != nil {
			return err
		}
		chain, err := readChain(ctx, tx)
		if err != nil {
			return err
		}
		if draft.Author == o.ID {
			return ErrAuthor
		}
		if !slices.ContainsFunc(chain.Steps, func(s Step) bool { return s.mayClear(o) }) {
			return ErrNotYours
		}
		if draft.State != StateSubmitted && draft.State != StateCleared {
			return ErrNotSubmitted
		}
		if err := void(ctx, tx, id); err != nil {
			return err
		}
		err = exactlyOne(tx.ExecContext(ctx,
			"update desk_draft set state = $1, urgent = 0, released = '', reason = '', remarks = $2, changed = $3 where id = $4",
			StateReturned, remarks, d.second(), id))
		if err != nil {
			return err
		}
		return d.Audit(ctx, tx, o.ID, "draft-return", fmt.Sprintf("draft %s, revision %d", id, draft.Revision))
	})
}

// Release lets a submitted draft go out before all steps are cleared, where the
// chain allows it: an officer with the role duty or clearer does, never the
// author. The open steps are countersigned afterwards by Clear.
func (d *Desk) Release(ctx context.Context, s Session, id string, reason string) (Draft, error) {
	if err := checkLine("the reason", reason, maxReason); err != nil {
		return Draft{}, fmt.Errorf("release draft: %w", err)
	}
	return d.change(ctx, "release draft", s, "", id, func(tx *sql.Tx, o Officer) error {
		draft, err := readOpen(ctx, tx, id)
		if err != nil {
			return err
		}
		chain, err := readChain(ctx, tx)
		if err != nil {
			return err
		}
		switch {
		case draft.Author == o.ID:
			return ErrAuthor
		case !chain.Urgent:
			return ErrNotUrgent
		case !o.Has(Duty) && !o.Has(Clearer):
			return fmt.Errorf("%w: duty or clearer", ErrRole)
		case draft.State == StateCleared:
			return ErrNothingToClear
		case draft.State != StateSubmitted:
			return ErrNotSubmitted
		}
		err = exactlyOne(tx.ExecContext(ctx, "update desk_draft set state = $1, urgent = 1, released = $2, reason = $3, changed = $4 where id = $5",
			StateCleared, o.ID, reason, d.second(), id))
		if err != nil {
			return err
		}
		return d.Audit(ctx, tx, o.ID, "draft-release", fmt.Sprintf("draft %s, revision %d, urgent, open %s", id, draft.Revision, stepNames(chain.Open(draft))))
	})
}

func stepNames(steps []Step) string {
	names := make([]string, len(steps))
	for i := range steps {
		names[i] = steps[i].Name
	}
	s := strings.Join(names, ",")
	return s[:min(len(s), maxDetail/2)]
}

// Cleared is a draft that may go out; only Ready makes one.
type Cleared struct{ draft Draft }

// Draft is the draft as it was cleared.
func (c Cleared) Draft() Draft { return c.draft }

// IsZero reports whether c was made by Ready.
func (c Cleared) IsZero() bool { return c.draft.ID == "" }

// Ready returns the draft as Cleared, or ErrNotCleared saying which step is
// open; SentError if it went out already.
func (d *Desk) Ready(ctx context.Context, q durable.Querier, id string) (Cleared, error) {
	c, err := ready(ctx, q, id)
	if err != nil {
		return Cleared{}, fmt.Errorf("draft %q: %w", id, err)
	}
	return c, nil
}

func ready(ctx context.Context, q durable.Querier, id string) (Cleared, error) {
	draft, err := readDraft(ctx, q, id)
	if err != nil {
		return Cleared{}, err
	}
	switch draft.State {
	case StateSent:
		return Cleared{}, &SentError{draft.Sent}
	case StateDropped:
		return Cleared{}, ErrDropped
	}
	chain, err := readChain(ctx, q)
	if err != nil {
		return Cleared{}, err
	}
	open := chain.Open(draft)
	switch {
	case draft.State == StateDraft || draft.State == StateReturned:
		return Cleared{}, fmt.Errorf("%w: it is not submitted", ErrNotCleared)
	case len(open) > 0 && !draft.Urgent:
		return Cleared{}, fmt.Errorf("%w: step %s is open", ErrNotCleared, open[0].Name)
	case draft.State != StateCleared:
		return Cleared{}, fmt.Errorf("%w: it is %s", ErrNotCleared, draft.State)
	}
	// Clear never stores these; the invariant does not rest on it alone.
	for _, c := range draft.Cleared {
		outside := slices.ContainsFunc(chain.Steps, func(s Step) bool { return s.Name == c.Step && s.Outside })
		if c.Revision != draft.Revision || c.Officer == draft.Author && !outside {
			return Cleared{}, fmt.Errorf("%w: the clearance of step %s is not one that Clear stores", ErrNotCleared, c.Step)
		}
	}
	return Cleared{draft}, nil
}

// MarkSent is called in the transaction that appends the act. It looks again
// whether the draft is cleared as c says: what changed since is ErrStale. A
// second call returns SentError with the reference.
func (d *Desk) MarkSent(ctx context.Context, tx *sql.Tx, c Cleared, ref string) error {
	if c.IsZero() {
		return fmt.Errorf("mark draft sent: %w", ErrNotCleared)
	}
	if err := checkLine("the reference", ref, maxSent); err != nil {
		return fmt.Errorf("mark draft sent: %w", err)
	}
	now, err := d.Ready(ctx, tx, c.draft.ID)
	if err != nil {
		return fmt.Errorf("mark sent: %w", err)
	}
	if now.draft.Revision != c.draft.Revision {
		return fmt.Errorf("mark draft %s sent: %w", c.draft.ID, ErrStale)
	}
	err = exactlyOne(tx.ExecContext(ctx, "update desk_draft set state = $1, sent = $2, changed = $3 where id = $4", StateSent, ref, d.second(), c.draft.ID))
	if err != nil {
		return fmt.Errorf("mark draft %s sent: %w", c.draft.ID, err)
	}
	return d.Audit(ctx, tx, NodeItself, "draft-sent", fmt.Sprintf("draft %s, revision %d, as %s", c.draft.ID, c.draft.Revision, ref))
}
