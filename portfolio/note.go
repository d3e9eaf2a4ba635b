package portfolio

import (
	"context"
	"fmt"
	"time"

	"detente/act"
	"detente/internal/canon"
	"detente/party"
	"detente/provision"
	"detente/register"
)

// readNotes takes in the notes of the register, if they are sound, and lets go of those
// that became void.
func (p *Portfolio) readNotes(ctx context.Context) error {
	for from := int64(1); ; {
		list, err := p.n.Notes().Notes(ctx, from, page)
		if err != nil {
			return err
		}
		for i := range list {
			f, err := p.note(ctx, &list[i])
			if err != nil {
				return err
			}
			if f != nil {
				p.enter(f)
			} else {
				p.leave(provision.ID{Index: list[i].Number})
			}
		}
		if len(list) < page {
			return nil
		}
		from = list[len(list)-1].Number + 1
	}
}

// note is what a text looks at in a note; nil if it is void.
func (p *Portfolio) note(ctx context.Context, n *register.Note) (*filing, error) {
	if n.Void != "" {
		return nil, nil
	}
	day, err := time.Parse(time.DateOnly, n.Day)
	if err != nil {
		return nil, fmt.Errorf("note %d: %w", n.Number, err)
	}
	f := &filing{status: n.Status, Filing: provision.Filing{ID: provision.ID{Index: n.Number}, Source: provision.FromNote, Number: n.Ref,
		Kind: act.Statement, Life: n.Life, Code: n.Code, Pack: n.Pack, Claimed: day.Add(12 * time.Hour).Unix()}}
	if at, err := canon.ParseTime(n.At); err == nil {
		f.Held = at.Unix()
	}
	if n.Answers > 0 {
		f.Answers = provision.ID{Index: n.Answers}
	}
	f.Author, f.To = p.n.Self(), n.Parties
	if n.Way == register.In {
		f.Author, f.To, f.Beyond = n.Parties[0], []party.ID{p.n.Self()}, true
	}
	// The date of the note is since when the other side had it: nothing else is known.
	for _, id := range f.To {
		f.Receipts = append(f.Receipts, provision.Receipt{By: id, At: f.Claimed})
	}
	switch {
	case len(n.Values) > 0 && string(n.Values) != "null":
		p.form(ctx, f, n.Values)
	case f.Life == "" || f.Life == act.New:
		f.Formless = f.Code != "" && p.n.Form(ctx, f.Code, f.Pack) != nil
	}
	return f, nil
}
