package desk

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"detente/internal/durable"
)

// States of a draft.
const (
	StateDraft     = "draft"     // the author writes
	StateSubmitted = "submitted" // waits for clearance
	StateReturned  = "returned"  // back to the author, with remarks
	StateCleared   = "cleared"   // may go out: every step cleared, or released urgently
	StateSent      = "sent"      // an act of the record
	StateDropped   = "dropped"   // given up
)

// Draft is what an officer prepares: everything a node needs to make an act.
type Draft struct {
	ID       string // 16 hexadecimal digits, random
	Author   string // officer
	Revision int    // counts edits, from 1; a clearance names the revision it cleared
	Request  []byte // canonical JSON of node.Request: opaque here, at most 4 MiB
	State    string // one of the State constants
	Cleared  []Clearance
	Urgent   bool   // released before all steps cleared
	Released string // officer who released it urgently
	Reason   string // of the urgent release
	Remarks  string // of a return
	Sent     string // act reference once sent
	Changed  time.Time
}

// Clearance is one step cleared, for one revision.
type Clearance struct {
	Step, Officer, Reference string
	Revision                 int
	At                       time.Time
}

// Save stores a draft of the session's officer, who needs the role drafter; id
// "" makes a new one. Any edit, even of the same bytes, makes a new revision and
// voids clearances and an urgent release. Only the author edits: another officer
// who takes it over saves it as an own draft.
func (d *Desk) Save(ctx context.Context, s Session, id string, request []byte) (Draft, error) {
	if len(request) == 0 || len(request) > maxRequest || !utf8.Valid(request) {
		return Draft{}, fmt.Errorf("save draft: the request is not text of 1 to %d bytes", maxRequest)
	}
	fresh := id == ""
	if fresh {
		var err error
		if id, err = d.randomHex(draftID); err != nil {
			return Draft{}, fmt.Errorf("save draft: %w", err)
		}
	}
	return d.change(ctx, "save draft", s, ScopeDraft, id, func(tx *sql.Tx, o Officer) error {
		if !o.Has(Drafter) {
			return fmt.Errorf("%w: drafter", ErrRole)
		}
		if fresh {
			_, err := tx.ExecContext(ctx,
				`insert into desk_draft (id, author, revision, request, state, urgent, released, reason, remarks, sent, changed)
				 values ($1, $2, 1, $3, $4, 0, '', '', '', '', $5)`, id, o.ID, string(request), StateDraft, d.second())
			if err != nil {
				return err
			}
			return d.Audit(ctx, tx, o.ID, "draft-save", revision(id, 1))
		}
		draft, err := readOpen(ctx, tx, id)
		if err != nil {
			return err
		}
		if draft.Author != o.ID {
			return fmt.Errorf("%w: only %s edits this draft", ErrNotYours, draft.Author)
		}
		err = exactlyOne(tx.ExecContext(ctx,
			`update desk_draft set revision = revision + 1, request = $1, state = $2, urgent = 0, released = '', reason = '', remarks = '', changed = $3
			 where id = $4`, string(request), StateDraft, d.second(), id))
		if err != nil {
			return err
		}
		if err := void(ctx, tx, id); err != nil {
			return err
		}
		return d.Audit(ctx, tx, o.ID, "draft-save", revision(id, draft.Revision+1))
	})
}

// Submit hands the author's draft over for clearance, as it is.
func (d *Desk) Submit(ctx context.Context, s Session, id string) (Draft, error) {
	return d.change(ctx, "submit draft", s, ScopeDraft, id, func(tx *sql.Tx, o Officer) error {
		draft, err := readOpen(ctx, tx, id)
		if err != nil {
			return err
		}
		if draft.Author != o.ID {
			return fmt.Errorf("%w: only %s submits this draft", ErrNotYours, draft.Author)
		}
		if draft.State != StateDraft && draft.State != StateReturned {
			return nil // submitted before: once is enough
		}
		if err := setState(ctx, tx, id, StateSubmitted, d.second()); err != nil {
			return err
		}
		return d.Audit(ctx, tx, o.ID, "draft-submit", revision(id, draft.Revision))
	})
}

// Drop gives a draft up; its author does, or an admin. It stays readable.
func (d *Desk) Drop(ctx context.Context, s Session, id string) error {
	_, err := d.change(ctx, "drop draft", s, ScopeDraft, id, func(tx *sql.Tx, o Officer) error {
		draft, err := readOpen(ctx, tx, id)
		if err != nil {
			return err
		}
		if draft.Author != o.ID && !o.Has(Admin) {
			return fmt.Errorf("%w: %s or an admin drops this draft", ErrNotYours, draft.Author)
		}
		if err := void(ctx, tx, id); err != nil {
			return err
		}
		if err := setState(ctx, tx, id, StateDropped, d.second()); err != nil {
			return err
		}
		return d.Audit(ctx, tx, o.ID, "draft-drop", revision(id, draft.Revision))
	})
	return err
}

// Draft returns one draft, or ErrNoDraft.
func (d *Desk) Draft(ctx context.Context, id string) (Draft, error) {
	var draft Draft
	err := d.db.View(ctx, func(tx *sql.Tx) error {
		var err error
		draft, err = readDraft(ctx, tx, id)
		return err
	})
	if err != nil {
		return Draft{}, fmt.Errorf("read draft %q: %w", id, err)
	}
	return draft, nil
}

// Drafts lists the drafts in a state, or all with "": the latest changed first,
// at most 1,000.
func (d *Desk) Drafts(ctx context.Context, state string) ([]Draft, error) {
	var all []Draft
	err := d.db.View(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, "select "+draftColumns+" from desk_draft where $1 = '' or state = $1 order by changed desc, id limit $2", state, maxDrafts)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			draft, err := scanDraft(rows.Scan)
			if err != nil {
				return err
			}
			all = append(all, draft)
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return err
		}
		for i := range all {
			if all[i].Cleared, err = readClearances(ctx, tx, all[i].ID); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list drafts: %w", err)
	}
	return all, nil
}

// change runs f for the session's officer in one transaction and returns the
// draft as it is then. A program needs the scope; the zero scope is for people.
func (d *Desk) change(ctx context.Context, what string, s Session, scope Scope, id string, f func(tx *sql.Tx, o Officer) error) (Draft, error) {
	var draft Draft
	err := d.update(ctx, what, func(tx *sql.Tx) error {
		o, err := d.actingAs(ctx, tx, s, scope)
		if err != nil {
			return err
		}
		if err := f(tx, o); err != nil {
			return err
		}
		draft, err = readDraft(ctx, tx, id)
		return err
	})
	if err != nil {
		return Draft{}, err
	}
	return draft, nil
}

const draftColumns = "id, author, revision, request, state, urgent, released, reason, remarks, sent, changed"

func scanDraft(scan func(...any) error) (Draft, error) {
	var draft Draft
	var request string
	var urgent, changed int64
	err := scan(&draft.ID, &draft.Author, &draft.Revision, &request, &draft.State, &urgent, &draft.Released, &draft.Reason, &draft.Remarks, &draft.Sent, &changed)
	draft.Request, draft.Urgent, draft.Changed = []byte(request), urgent != 0, moment(changed)
	return draft, err
}

func readDraft(ctx context.Context, q durable.Querier, id string) (Draft, error) {
	draft, err := scanDraft(q.QueryRowContext(ctx, "select "+draftColumns+" from desk_draft where id = $1", id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return Draft{}, ErrNoDraft
	}
	if err != nil {
		return Draft{}, err
	}
	draft.Cleared, err = readClearances(ctx, q, id)
	return draft, err
}

// readOpen is readDraft for a change: a draft that is sent or dropped takes none.
func readOpen(ctx context.Context, tx *sql.Tx, id string) (Draft, error) {
	draft, err := readDraft(ctx, tx, id)
	switch {
	case err != nil:
		return Draft{}, err
	case draft.State == StateSent:
		return Draft{}, &SentError{draft.Sent}
	case draft.State == StateDropped:
		return Draft{}, ErrDropped
	}
	return draft, nil
}

func readClearances(ctx context.Context, q durable.Querier, id string) ([]Clearance, error) {
	rows, err := q.QueryContext(ctx, "select step, officer, reference, revision, at from desk_clearance where draft = $1 order by at, step", id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Clearance
	for rows.Next() {
		var c Clearance
		var at int64
		if err := rows.Scan(&c.Step, &c.Officer, &c.Reference, &c.Revision, &at); err != nil {
			return nil, err
		}
		c.At = moment(at)
		all = append(all, c)
	}
	return all, rows.Err()
}

func setState(ctx context.Context, tx *sql.Tx, id, state string, now int64) error {
	return exactlyOne(tx.ExecContext(ctx, "update desk_draft set state = $1, changed = $2 where id = $3", state, now, id))
}

// void takes back what was cleared.
func void(ctx context.Context, tx *sql.Tx, id string) error {
	_, err := tx.ExecContext(ctx, "delete from desk_clearance where draft = $1", id)
	return err
}

// revision is a draft as the trail names it.
func revision(id string, n int) string { return fmt.Sprintf("draft %s, revision %d", id, n) }
