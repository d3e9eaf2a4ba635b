package desk

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"detente/internal/durable"
)

// Shift is a hand-over of the watch from one officer to the next, with what was
// open. Each signs in the own session: the outgoing by handing over, the incoming
// by taking it. It never leaves the house.
type Shift struct {
	ID       int64
	Outgoing string // officer
	Incoming string // officer
	Remarks  string
	Items    []string  // what was open, one line each, as it stood when it was handed over
	Handed   time.Time // signed by the outgoing officer
	Taken    time.Time // signed by the incoming officer; zero: not yet
}

// HandOver signs a hand-over as the outgoing officer, who has the role duty, to an
// active officer with that role. One that nobody took is replaced by the next.
func (d *Desk) HandOver(ctx context.Context, s Session, incoming, remarks string, items []string) (Shift, error) {
	if remarks != "" {
		if err := checkText("the remarks", remarks, maxRemarks, true); err != nil {
			return Shift{}, fmt.Errorf("hand over the shift: %w", err)
		}
	}
	if len(items) > maxItems {
		return Shift{}, fmt.Errorf("hand over the shift: %d open items where %d are the most", len(items), maxItems)
	}
	for _, it := range items {
		if err := checkLine("an open item", it, maxItem); err != nil {
			return Shift{}, fmt.Errorf("hand over the shift: %w", err)
		}
	}
	if items == nil {
		items = []string{}
	}
	list, err := json.Marshal(items)
	if err != nil {
		return Shift{}, fmt.Errorf("hand over the shift: %w", err)
	}
	var out Shift
	err = d.update(ctx, "hand over the shift", func(tx *sql.Tx) error {
		o, err := d.acting(ctx, tx, s)
		if err != nil {
			return err
		}
		in, _, err := readOfficer(ctx, tx, incoming)
		switch {
		case err != nil:
			return err
		case !o.Has(Duty):
			return fmt.Errorf("%w: duty", ErrRole)
		case in.ID == o.ID:
			return ErrSameOfficer
		case !in.Active || !in.Has(Duty):
			return fmt.Errorf("%s: %w: duty", in.ID, ErrRole)
		}
		if _, err := tx.ExecContext(ctx, "delete from desk_shift where taken = 0"); err != nil {
			return err
		}
		var last int64
		if err := tx.QueryRowContext(ctx, "select coalesce(max(id), 0) from desk_shift").Scan(&last); err != nil {
			return err
		}
		now := d.second()
		out = Shift{last + 1, o.ID, in.ID, remarks, items, moment(now), time.Time{}}
		if _, err := tx.ExecContext(ctx, "insert into desk_shift (id, outgoing, incoming, remarks, items, handed, taken) values ($1,$2,$3,$4,$5,$6,0)",
			out.ID, out.Outgoing, out.Incoming, out.Remarks, string(list), now); err != nil {
			return err
		}
		return d.Audit(ctx, tx, o.ID, "shift-hand-over", fmt.Sprintf("to %s, %d open", in.ID, len(items)))
	})
	return out, err
}

// TakeShift signs the hand-over that waits as its incoming officer.
func (d *Desk) TakeShift(ctx context.Context, s Session) (Shift, error) {
	var out Shift
	err := d.update(ctx, "take the shift", func(tx *sql.Tx) error {
		o, err := d.acting(ctx, tx, s)
		if err != nil {
			return err
		}
		waits, found, err := readShift(ctx, tx, "taken = 0")
		switch {
		case err != nil:
			return err
		case !found:
			return ErrNoShift
		case waits.Incoming != o.ID:
			return fmt.Errorf("%w: %s", ErrNotYours, waits.Incoming)
		case !o.Has(Duty):
			return fmt.Errorf("%w: duty", ErrRole)
		}
		now := d.second()
		if err := exactlyOne(tx.ExecContext(ctx, "update desk_shift set taken = $1 where id = $2", now, waits.ID)); err != nil {
			return err
		}
		out = waits
		out.Taken = moment(now)
		return d.Audit(ctx, tx, o.ID, "shift-take", fmt.Sprintf("from %s, %d open", out.Outgoing, len(out.Items)))
	})
	return out, err
}

// Shifts are the last hand-over that both signed and the one that waits for its
// second signature; nil where there is none.
func (d *Desk) Shifts(ctx context.Context) (last, waits *Shift, err error) {
	for _, one := range []struct {
		where string
		into  **Shift
	}{{"taken > 0", &last}, {"taken = 0", &waits}} {
		s, found, err := readShift(ctx, d.db.Read(), one.where)
		if err != nil {
			return nil, nil, fmt.Errorf("read the shift: %w", err)
		}
		if found {
			*one.into = &s
		}
	}
	return last, waits, nil
}

func readShift(ctx context.Context, q durable.Querier, where string) (Shift, bool, error) {
	var s Shift
	var items string
	var handed, taken int64
	err := q.QueryRowContext(ctx, "select id, outgoing, incoming, remarks, items, handed, taken from desk_shift where "+where+" order by id desc limit 1").
		Scan(&s.ID, &s.Outgoing, &s.Incoming, &s.Remarks, &items, &handed, &taken)
	if errors.Is(err, sql.ErrNoRows) {
		return s, false, nil
	}
	if err != nil {
		return s, false, err
	}
	if s.Handed = moment(handed); taken > 0 {
		s.Taken = moment(taken)
	}
	return s, true, json.Unmarshal([]byte(items), &s.Items)
}
