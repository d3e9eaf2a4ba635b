package portfolio

import (
	"context"
	"errors"

	"detente/act"
	"detente/docket"
	"detente/node"
	"detente/provision"
	"detente/regime"
)

// filing is what a text looks at in an act; nil if it looks at nothing.
func (p *Portfolio) filing(ctx context.Context, run *node.Acts, r docket.Row) (*filing, error) {
	if r.State != docket.Read {
		return nil, nil
	}
	a, err := run.Act(ctx, r.Ref.Index)
	if err != nil {
		return nil, err
	}
	f := &filing{ref: r.Ref, status: r.Status, Filing: provision.Filing{
		ID: idOf(r.Ref), Author: r.Author, For: r.For, To: a.To, Kind: r.Kind, Life: r.Life, Touches: a.Touches, Code: r.Measure, Pack: a.Pack,
		Thread: r.Thread, Claimed: r.Claimed, Source: provision.FromRecord, Number: a.Note,
	}}
	if !r.Answers.IsZero() {
		if err := p.about(ctx, f, r.Answers); err != nil {
			return nil, err
		}
	}
	if r.Kind == act.Entered && !a.On.IsZero() {
		f.Claimed = a.On.Unix()
	}
	if err := p.content(ctx, run, f, a); err != nil {
		return nil, err
	}
	s, err := run.Shown(ctx, r, a)
	if err != nil {
		return nil, err
	}
	p.times(f, s)
	return f, nil
}

// about notes what a filing answers. A place with another leaf than it names is not
// what it answers; one that is not held yet is compared when it comes.
func (p *Portfolio) about(ctx context.Context, f *filing, ref act.Ref) error {
	f.about, f.Answers = ref, idOf(ref)
	if x := p.filings[f.Answers]; x != nil && x.ref == ref {
		return nil
	}
	row, err := p.n.At(ctx, ref.Origin, ref.Index)
	switch {
	case errors.Is(err, docket.ErrNone):
		p.ahead[f.Answers] = append(p.ahead[f.Answers], f)
	case err != nil:
		return err
	case row.Ref != ref:
		f.Answers = provision.ID{}
	}
	return nil
}

// content reads the form of an act, as far as this reader can.
func (p *Portfolio) content(ctx context.Context, run *node.Acts, f *filing, a *act.Act) error {
	if f.Code == "" {
		return nil
	}
	c, err := run.Content(ctx, f.ref.Index, a)
	if err != nil && !errors.Is(err, node.ErrNoContent) {
		return err
	}
	delete(p.waiting, f.ID)
	switch {
	case err == nil && c.Type == node.FormType:
		p.form(ctx, f, c.Body)
	case err != nil && (a.IsSealed() || !a.Clear.IsZero()):
		f.Unreadable = true
		if a.IsSealed() && a.Addressed(p.n.Self()) {
			p.waiting[f.ID] = true // it may not be here yet
		}
	default: // further words on a statement need no form, nor does a step without one
		f.Faulty = (f.Life == "" || f.Life == act.New) && p.n.Form(ctx, f.Code, f.Pack) != nil
	}
	return nil
}

// form reads a filled form and checks it by the pack that the filing names. A form
// that is unknown or has faults is marked, and never stops the rest.
func (p *Portfolio) form(ctx context.Context, f *filing, body []byte) {
	form := p.n.Form(ctx, f.Code, f.Pack)
	v, err := regime.ReadValues(body)
	if form == nil || err != nil {
		f.Faulty = true
		return
	}
	f.Values = v
	if _, faults := form.Check(v); len(faults) > 0 {
		f.Faulty = true
	}
}

// times takes in what the evidence shows of the time of an act.
func (p *Portfolio) times(f *filing, s node.Shown) {
	f.Bounds, f.Held, f.Receipts, f.seen, f.round = s.Bounds, s.Held, nil, s.Seen, p.round
	for id, at := range s.Had {
		f.Receipts = append(f.Receipts, provision.Receipt{By: id, At: at})
	}
}
