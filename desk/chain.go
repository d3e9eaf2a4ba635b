package desk

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"detente/internal/canon"
	"detente/internal/durable"
	"detente/party"
)

// Chain is the state's own clearance: steps in order, each cleared by one
// officer who may clear it and is not the author; Distinct: no officer clears
// two steps.
type Chain struct {
	Steps    []Step `json:"steps"` // 1 to 16
	Distinct bool   `json:"distinct"`
	Urgent   bool   `json:"urgent"` // an urgent release may be countersigned afterwards
}

// Step is one clearance.
type Step struct {
	Name     string   `json:"name"`     // [a-z][a-z0-9-]{0,31}
	Deputies []string `json:"deputies"` // officers who may clear it besides those whose Steps name it
	Outside  bool     `json:"outside"`  // concurrence from outside the house, by reference
}

// Open returns the steps that the draft's present revision still lacks, in
// order: for an urgent release those to be countersigned.
func (c Chain) Open(d Draft) []Step {
	var open []Step
	for _, s := range c.Steps {
		if !slices.ContainsFunc(d.Cleared, func(cl Clearance) bool { return cl.Step == s.Name && cl.Revision == d.Revision }) {
			open = append(open, s)
		}
	}
	return open
}

// mayClear reports whether an acting officer may clear a step, authorship apart.
func (s Step) mayClear(o Officer) bool {
	return o.Has(Clearer) && slices.Contains(o.Steps, s.Name) || slices.Contains(s.Deputies, o.ID)
}

func (c Chain) check() error {
	if len(c.Steps) == 0 || len(c.Steps) > maxSteps {
		return fmt.Errorf("a chain has 1 to %d steps, not %d: nobody clears an own draft", maxSteps, len(c.Steps))
	}
	for i, s := range c.Steps {
		if err := checkStep(s.Name); err != nil {
			return err
		}
		if slices.ContainsFunc(c.Steps[:i], func(t Step) bool { return t.Name == s.Name }) {
			return fmt.Errorf("step %q is repeated", s.Name)
		}
		if len(s.Deputies) > maxDeputies {
			return fmt.Errorf("step %q has %d deputies, more than %d", s.Name, len(s.Deputies), maxDeputies)
		}
		for j, id := range s.Deputies {
			if _, err := party.ParseID(id); err != nil || slices.Contains(s.Deputies[:j], id) {
				return fmt.Errorf("step %q: deputy %q is repeated or no name of an officer", s.Name, id)
			}
		}
	}
	return nil
}

func checkStep(name string) error {
	if _, err := party.ParseID(name); err != nil {
		return fmt.Errorf("step: %w", err)
	}
	return nil
}

// first is the chain of a house that has set none: one step, one other officer.
func first() Chain {
	return Chain{Steps: []Step{{Name: "release", Deputies: []string{}}}, Distinct: true}
}

// Chain returns the chain in force; a new house has one step "release".
func (d *Desk) Chain(ctx context.Context) (Chain, error) { return readChain(ctx, d.db.Read()) }

func readChain(ctx context.Context, q durable.Querier) (Chain, error) {
	var text string
	err := q.QueryRowContext(ctx, "select chain from desk_chain where one = 1").Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return first(), nil
	}
	if err != nil {
		return Chain{}, fmt.Errorf("read chain: %w", err)
	}
	var c Chain
	if err := canon.ParseJSON([]byte(text), &c); err != nil {
		return Chain{}, fmt.Errorf("read chain: %w", err)
	}
	return c, nil
}

// SetChain puts another chain in force; the session is an admin's. A draft is
// cleared under one chain: what was cleared of drafts not yet sent is void, and
// they wait for clearance again. Urgent releases already sent keep theirs and
// are countersigned under the new chain.
func (d *Desk) SetChain(ctx context.Context, s Session, c Chain) error {
	if err := c.check(); err != nil {
		return fmt.Errorf("set chain: %w", err)
	}
	c.Steps = slices.Clone(c.Steps)
	for i := range c.Steps {
		c.Steps[i].Deputies = append([]string{}, c.Steps[i].Deputies...)
	}
	text, err := canon.JSON(c)
	if err != nil {
		return fmt.Errorf("set chain: %w", err)
	}
	return d.update(ctx, "set chain", func(tx *sql.Tx) error {
		o, err := d.acting(ctx, tx, s)
		if err != nil {
			return err
		}
		if !o.Has(Admin) {
			return fmt.Errorf("%w: admin", ErrRole)
		}
		for _, step := range c.Steps {
			for _, id := range step.Deputies {
				if _, _, err := readOfficer(ctx, tx, id); err != nil {
					return fmt.Errorf("deputy %s of step %s: %w", id, step.Name, err)
				}
			}
		}
		_, err = tx.ExecContext(ctx, "insert into desk_chain (one, chain) values (1, $1) on conflict (one) do update set chain = excluded.chain", string(text))
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "delete from desk_clearance where draft in (select id from desk_draft where state <> $1)", StateSent)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "update desk_draft set state = $1, urgent = 0, released = '', reason = '' where state = $2", StateSubmitted, StateCleared)
		if err != nil {
			return err
		}
		return d.Audit(ctx, tx, o.ID, "chain-set", fmt.Sprintf("%d steps, distinct %t, urgent %t, chain %s", len(c.Steps), c.Distinct, c.Urgent, canon.DigestOf(text)))
	})
}
