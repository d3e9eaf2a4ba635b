package desk

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// What a call under a name may come to, beside being done.
var (
	// ErrOtherCall means that the name stands for another call.
	ErrOtherCall = errors.New("this name was given to another call: take a new one for each")
	// ErrUnfinished means that a call under the name began and its outcome is not
	// known: it is under way, or the machine stopped in between.
	ErrUnfinished = errors.New("a call under this name began and its outcome is not known: look whether it was done before you repeat it under a new name")
)

const (
	// onceFor is how long a name is kept.
	onceFor = 48 * time.Hour
	// maxOnce is how many names of one officer are kept, and maxOnceName and
	// maxOutcome how long a name and an outcome are, in bytes.
	maxOnce     = 10_000
	maxOnceName = 128
	maxOutcome  = 256 << 10
)

// BeginOnce begins a call that its caller named, so that it is done once however
// often it is sent. What tells the call apart from others, e.g. its digest. If the
// call under the name is done, its outcome is returned and nothing is to be done.
func (d *Desk) BeginOnce(ctx context.Context, s Session, name, what string) (outcome string, done bool, err error) {
	if name == "" || len(name) > maxOnceName {
		return "", false, fmt.Errorf("the name of a call has 1 to %d bytes", maxOnceName)
	}
	err = d.update(ctx, "begin call", func(tx *sql.Tx) error {
		now := d.second()
		if _, err := tx.ExecContext(ctx, "delete from desk_once where made <= $1", now-seconds(onceFor)); err != nil {
			return err
		}
		var before string
		err := tx.QueryRowContext(ctx, "select what, outcome from desk_once where who = $1 and name = $2", s.officer.ID, name).Scan(&before, &outcome)
		switch {
		case err == nil && before != what:
			return ErrOtherCall
		case err == nil && outcome == "":
			return ErrUnfinished
		case err == nil:
			done = true
			return nil
		case !errors.Is(err, sql.ErrNoRows):
			return err
		}
		var held int
		if err := tx.QueryRowContext(ctx, "select count(*) from desk_once where who = $1", s.officer.ID).Scan(&held); err != nil {
			return err
		}
		if held >= maxOnce {
			return fmt.Errorf("%d named calls of %s are kept for %s: name fewer", held, s.officer.ID, onceFor)
		}
		_, err = tx.ExecContext(ctx, "insert into desk_once (who, name, what, outcome, made) values ($1, $2, $3, '', $4)", s.officer.ID, name, what, now)
		return err
	})
	if err != nil {
		return "", false, err
	}
	return outcome, done, nil
}

// FinishOnce keeps the outcome of a call that BeginOnce began. One that is too long
// is not kept: whoever repeats the call hears ErrUnfinished.
func (d *Desk) FinishOnce(ctx context.Context, s Session, name, outcome string) error {
	if outcome == "" || len(outcome) > maxOutcome {
		return nil
	}
	return d.update(ctx, "finish call", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "update desk_once set outcome = $1 where who = $2 and name = $3", outcome, s.officer.ID, name)
		return err
	})
}
