package control

import (
	"context"
	"errors"
	"math"

	"detente/act"
	"detente/internal/canon"
	"detente/node"
	"detente/portfolio"
	"detente/provision"
	"detente/regime"
)

// Advice is what a text in force says of a draft: whether its levels are met, and by
// when it is to be lodged.
type Advice struct {
	Item
	// Courier is when it has to be on its way at the latest where it goes by courier:
	// the slowest round trip of the roster before the date. Empty: no courier, or no date.
	Courier string `json:"courier"`
	// Texts are Sentence by language.
	Texts map[regime.Lang]string `json:"texts"`
}

// advice asks the texts in force about what a plan would say. It enters nothing. While
// the records are being read that is not known, and how far they are is told.
func (c *call) advice(ctx context.Context, p *node.Plan) ([]Advice, *Reading, error) {
	out := []Advice{}
	r := &p.Request
	if r.Measure == "" || r.Kind != act.Statement && r.Kind != act.Entered {
		return out, nil, nil
	}
	f := provision.Filing{ID: provision.ID{Origin: c.node.Origin(), Index: math.MaxInt64}, Author: c.node.Self(), For: r.For, To: r.To, Kind: r.Kind, Life: r.Life,
		Code: r.Measure, Thread: r.Thread, Claimed: c.node.Now().Unix(), Held: c.node.Now().Unix(), Source: provision.FromRecord, Values: p.Checked.Values()}
	if f.Values == nil { // it has faults; what is given can be looked at all the same
		if v, err := regime.ReadValues(r.Values); err == nil {
			f.Values = v
		}
	}
	if on, err := canon.ParseTime(r.On); err == nil {
		f.Claimed = on.Unix()
	}
	if ref, err := act.ParseRef(r.Answers); err == nil {
		f.Answers = provision.ID{Origin: ref.Origin, Index: ref.Index}
	}
	err := c.look(ctx, LookArgs{Status: r.Status, Language: regime.English}, func(v *portfolio.View, m provision.Moment) error {
		for _, it := range v.Book.Try(f, m) {
			a := Advice{Item: c.item(v, &it, regime.English), Texts: map[regime.Lang]string{}}
			if it.State == provision.NotProvided { // what is not provided for has no date
				a.Due, a.Day, a.From = "", "", ""
			}
			for _, lang := range provision.Languages() {
				a.Texts[regime.Lang(lang)] = v.Book.Why(&it, regime.Lang(lang))
			}
			if trip, ok := v.Roster.RoundTrip(); ok && a.Due != "" {
				a.Courier = node.Time(it.Clock.Due - int64(trip.Seconds()))
			}
			out = append(out, a)
		}
		return nil
	})
	if r, ok := errors.AsType[*portfolio.Reading](err); ok {
		return out, readingOf(r), nil
	}
	return out, nil, err
}
