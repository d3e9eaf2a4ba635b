package node

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"

	"detente/act"
	"detente/clarification"
	"detente/docket"
	"detente/exercise"
	"detente/internal/canon"
	"detente/party"
)

// fitsContent says whether an opened content of a type that this house knows is in
// order beside the act that carried it; what is not is returned as not to format.
func (n *Node) fitsContent(author party.ID, a *act.Act, contentType string, body []byte) error {
	if contentType == exercise.Type && a.Kind == act.Statement {
		return fitsMark(a, body)
	}
	if contentType != clarification.Type || a.Kind != act.Statement {
		return n.fitsLine(author, a, contentType, body)
	}
	account, err := clarification.Parse(body)
	if err != nil {
		return err
	}
	return account.Fits(author, a.To)
}

// checkAccount reads and checks a request whose content is an account of a matter.
func (n *Node) checkAccount(p *Plan) error {
	r := p.Request
	if r.Kind != act.Statement || r.Open || len(r.To) == 0 || r.Measure != "" || r.Text != "" || r.Thread == "" {
		return errors.New("an account is a statement sealed to the parties of the matter by name, in its thread, without form or other text")
	}
	var a clarification.Account
	if err := canon.ReadJSON(r.Body, &a); err != nil {
		return err
	}
	var err error
	if p.Content, err = a.Bytes(); err != nil {
		return err
	}
	return a.Fits(n.self, r.To)
}

// Accounts are what this party can read of what sides said of a matter in a thread:
// each author's in the order of its record, the authors' merged by the times that
// they claim.
func (n *Node) Accounts(ctx context.Context, thread string, status act.Status) ([]clarification.Filed, error) {
	rows, err := docket.List(ctx, n.db.Read(), docket.Filter{Thread: thread, Status: status, Kinds: []act.Kind{act.Statement}, Limit: maxThread})
	if err != nil {
		return nil, err
	}
	by := map[party.ID][]docket.Row{}
	for _, r := range rows {
		by[r.Author] = append(by[r.Author], r)
	}
	for author, theirs := range by {
		inOrder := n.inOrder(author)
		slices.SortFunc(theirs, func(a, b docket.Row) int { return inOrder(a.Ref, b.Ref) })
	}
	var out []clarification.Filed
	for range rows {
		next := slices.MinFunc(slices.Collect(maps.Keys(by)), func(a, b party.ID) int {
			return cmp.Or(cmp.Compare(by[a][0].Claimed, by[b][0].Claimed), cmp.Compare(a, b))
		})
		r := by[next][0]
		if by[next] = by[next][1:]; len(by[next]) == 0 {
			delete(by, next)
		}
		c, err := n.Content(ctx, r.Ref)
		if errors.Is(err, ErrNoContent) || err == nil && c.Type != clarification.Type {
			continue
		}
		if err != nil {
			return nil, err
		}
		a, err := clarification.Parse(c.Body)
		if err != nil {
			continue // in the clear, where nothing was checked on arrival
		}
		out = append(out, clarification.Filed{Author: r.Author, Account: a})
	}
	return out, nil
}
