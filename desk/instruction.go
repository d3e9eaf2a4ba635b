package desk

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"detente/internal/canon"
	"detente/internal/durable"
	"detente/line"
)

// Instructions are what a house has written for its own watch: how those are reached
// whom an alert calls after the officer on duty, and what is done when a message
// comes. They never leave the house.
type Instructions struct {
	Chief      string      `json:"chief"`      // how the chief of shift is reached, one line of at most 200 characters; empty: not written down
	Second     string      `json:"second"`     // how the second contact is
	Procedures []Procedure `json:"procedures"` // at most 64, each line and precedence once
}

// Procedure is what the officer on duty does when a message comes.
type Procedure struct {
	Line       line.ID         `json:"line"`       // empty: on every line
	Precedence line.Precedence `json:"precedence"` // 0: of every precedence
	Text       string          `json:"text"`       // 1 to 4,000 characters, with line feeds
}

// For are the procedures for a message, in the order in which they are written.
func (i Instructions) For(id line.ID, p line.Precedence) []string {
	out := []string{}
	for _, one := range i.Procedures {
		if (one.Line == "" || one.Line == id) && (one.Precedence == 0 || one.Precedence == p) {
			out = append(out, one.Text)
		}
	}
	return out
}

func (i Instructions) check() error {
	for _, contact := range []struct{ what, text string }{{"the chief of shift", i.Chief}, {"the second contact", i.Second}} {
		if contact.text == "" {
			continue
		}
		if err := checkLine(contact.what, contact.text, maxContact); err != nil {
			return err
		}
	}
	if len(i.Procedures) > maxProcedures {
		return fmt.Errorf("%d procedures where %d are the most", len(i.Procedures), maxProcedures)
	}
	seen := map[Procedure]bool{}
	for _, p := range i.Procedures {
		if p.Line != "" {
			if _, err := line.ParseID(string(p.Line)); err != nil {
				return err
			}
		}
		if p.Precedence < 0 || p.Precedence > line.Routine {
			return fmt.Errorf("precedence: %d where 1 to 4 belong, or 0 for every one", p.Precedence)
		}
		if err := checkText("a procedure", p.Text, maxProcedure, true); err != nil {
			return err
		}
		place := Procedure{Line: p.Line, Precedence: p.Precedence}
		if seen[place] {
			return fmt.Errorf("there are two procedures for the line %q and the precedence %d", p.Line, p.Precedence)
		}
		seen[place] = true
	}
	return nil
}

// Instructions returns those in force; a new house has none.
func (d *Desk) Instructions(ctx context.Context) (Instructions, error) {
	return readInstructions(ctx, d.db.Read())
}

func readInstructions(ctx context.Context, q durable.Querier) (Instructions, error) {
	var i Instructions
	var text string
	err := q.QueryRowContext(ctx, "select instructions from desk_instructions where one = 1").Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return Instructions{Procedures: []Procedure{}}, nil
	}
	if err == nil {
		err = canon.ParseJSON([]byte(text), &i)
	}
	if err != nil {
		return i, fmt.Errorf("read the instructions of the watch: %w", err)
	}
	return i, nil
}

// SetInstructions puts others in force; the session is an admin's.
func (d *Desk) SetInstructions(ctx context.Context, s Session, i Instructions) error {
	if err := i.check(); err != nil {
		return fmt.Errorf("set the instructions of the watch: %w", err)
	}
	i.Procedures = append([]Procedure{}, i.Procedures...)
	text, err := canon.JSON(i)
	if err != nil {
		return fmt.Errorf("set the instructions of the watch: %w", err)
	}
	return d.update(ctx, "set the instructions of the watch", func(tx *sql.Tx) error {
		o, err := d.acting(ctx, tx, s)
		if err != nil {
			return err
		}
		if !o.Has(Admin) {
			return fmt.Errorf("%w: admin", ErrRole)
		}
		if _, err := tx.ExecContext(ctx, "insert into desk_instructions (one, instructions) values (1, $1) on conflict (one) do update set instructions = excluded.instructions", string(text)); err != nil {
			return err
		}
		return d.Audit(ctx, tx, o.ID, "instructions-set", fmt.Sprintf("%d procedures, instructions %s", len(i.Procedures), canon.DigestOf(text)))
	})
}
