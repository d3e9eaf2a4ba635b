package docket

import (
	"context"
	"fmt"

	"detente/act"
	"detente/internal/durable"
	"detente/party"
)

// Answered is what was said of one act that bears on its times.
type Answered struct {
	// Receipts are, of each record, the first act to its author by which the act was
	// delivered or acknowledged, in order of record.
	Receipts []Receipt
	// Withdrawn is the index of the first act of its own record that withdraws it, or -1.
	Withdrawn int64
}

// Receipt is where a party says that it has an act.
type Receipt struct {
	By     party.ID
	Origin party.Origin
	Index  int64
}

// AnsweredIn tells of each act of a record from index from up to, not including, to
// what was said of it; of an act of which nothing was said it tells nothing.
func AnsweredIn(ctx context.Context, q durable.Querier, o party.Origin, from, to int64) (map[int64]Answered, error) {
	out := map[int64]Answered{}
	at := func(idx int64) Answered {
		if a, seen := out[idx]; seen {
			return a
		}
		return Answered{Withdrawn: -1}
	}
	// A cross join is an ordinary join that SQLite does not turn round.
	const answers = ` from docket_acts t cross join docket_acts d
		where t.origin = $1 and t.idx >= $2 and t.idx < $3
		and d.a_origin <> '' and d.a_origin = t.origin and d.a_idx = t.idx and d.a_leaf = t.leaf `
	err := each(ctx, q, `select t.idx, d.author, d.origin, min(d.idx)`+answers+`
		and d.kind in ('delivered', 'acknowledged') and d.status = t.status
		and exists (select 1 from docket_addressees x where x.origin = d.origin and x.idx = d.idx and x.party = t.author)
		group by t.idx, d.author, d.origin order by t.idx, d.origin`, func(s scanner) error {
		var idx int64
		var r Receipt
		if err := s.Scan(&idx, &r.By, &r.Origin, &r.Index); err != nil {
			return err
		}
		a := at(idx)
		a.Receipts = append(a.Receipts, r)
		out[idx] = a
		return nil
	}, string(o), from, to)
	if err != nil {
		return nil, fmt.Errorf("list receipts of acts of %s: %w", o, err)
	}
	err = each(ctx, q, `select t.idx, min(d.idx)`+answers+`
		and d.kind = 'statement' and d.life = $4 and coalesce(d.origin, '') = t.origin group by t.idx`, func(s scanner) error {
		var idx, by int64
		if err := s.Scan(&idx, &by); err != nil {
			return err
		}
		a := at(idx)
		a.Withdrawn = by
		out[idx] = a
		return nil
	}, string(o), from, to, string(act.Withdrawal))
	if err != nil {
		return nil, fmt.Errorf("list withdrawals of acts of %s: %w", o, err)
	}
	return out, nil
}
