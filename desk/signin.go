package desk

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"detente/internal/canon"
)

// SignIn takes an officer's passphrase. A name that does not exist, an account
// that is not active and a wrong passphrase get the same ErrSignIn after the
// same work. After five in fifteen minutes that were not accepted, further ones
// are refused (SlowError) for a time that doubles from half a minute to fifteen.
func (d *Desk) SignIn(ctx context.Context, officer, passphrase string) (Session, error) {
	o, stored, err := d.prove(ctx, officer, passphrase)
	if err != nil {
		return Session{}, err
	}
	var s Session
	err = d.update(ctx, "sign in", func(tx *sql.Tx) error {
		// The account may have changed while the passphrase was hashed.
		now, same, err := readOfficer(ctx, tx, o.ID)
		if err != nil {
			return err
		}
		if !now.Active || same != stored {
			return ErrSignIn
		}
		if _, err := tx.ExecContext(ctx, "delete from desk_attempt where who = $1", attemptOf(o.ID, true)); err != nil {
			return err
		}
		s, err = d.begin(ctx, tx, now, "by passphrase")
		return err
	})
	if err != nil {
		return Session{}, err
	}
	return s, nil
}

// prove finds the officer whom a passphrase fits, and the stored form that it fits. The
// attempt stays counted: whoever goes on takes it back.
func (d *Desk) prove(ctx context.Context, officer, passphrase string) (Officer, string, error) {
	// Counted before the work: a hundred guesses at once are a hundred, not one.
	if err := d.count(ctx, officer); err != nil {
		return Officer{}, "", err
	}
	o, stored, err := readOfficer(ctx, d.db.Read(), officer)
	known := err == nil
	if err != nil && !errors.Is(err, ErrNoOfficer) {
		return Officer{}, "", fmt.Errorf("sign in: %w", err)
	}
	h := decoy()
	usable := known && o.Active && stored != ""
	if usable {
		if h, err = parseHashed(stored); err != nil {
			return Officer{}, "", fmt.Errorf("sign in %s: %w", o.ID, err)
		}
	}
	fits, err := d.fits(ctx, h, passphrase)
	if err != nil {
		return Officer{}, "", fmt.Errorf("sign in: %w", err)
	}
	if !usable || !fits {
		return Officer{}, "", d.refuse(ctx, o, "by passphrase")
	}
	return o, stored, nil
}

// refuse notes a sign-in that was not accepted, without what was typed.
func (d *Desk) refuse(ctx context.Context, o Officer, how string) error {
	who := o.ID
	if who == "" {
		who = unknown
	}
	err := d.update(ctx, "sign in", func(tx *sql.Tx) error {
		return d.Audit(ctx, tx, who, "sign-in-refused", how)
	})
	if err != nil {
		return err
	}
	return fmt.Errorf("sign in: %w", ErrSignIn)
}

// attemptOf is where attempts under a name are counted: an officer's own count,
// and for names that do not exist one of 256, so that guessing them fills no
// table and looks no different.
func attemptOf(officer string, known bool) string {
	if known {
		return "officer " + officer
	}
	sum := canon.DigestOf([]byte(officer))
	return fmt.Sprintf("unknown %02x", sum[0])
}

// count counts one more attempt as not accepted (a success takes it back), or
// refuses it for a while. It is stored: a restart forgets nothing.
func (d *Desk) count(ctx context.Context, officer string) error {
	return d.update(ctx, "sign in", func(tx *sql.Tx) error {
		_, _, err := readOfficer(ctx, tx, officer)
		if err != nil && !errors.Is(err, ErrNoOfficer) {
			return err
		}
		who := attemptOf(officer, err == nil)
		var n, last, until int64
		err = tx.QueryRowContext(ctx, "select count, last, until from desk_attempt where who = $1", who).Scan(&n, &last, &until)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		now := d.second()
		// A wait longer than the longest comes from a clock that was set back.
		if now < until && until-now <= seconds(longestWait) {
			return &SlowError{moment(until)}
		}
		if now >= max(last, until)+seconds(attemptWindow) {
			n = 0
		}
		n++
		until = 0
		if n >= attempts {
			until = now + wait(n)
		}
		_, err = tx.ExecContext(ctx,
			`insert into desk_attempt (who, count, last, until) values ($1, $2, $3, $4)
			 on conflict (who) do update set count = excluded.count, last = excluded.last, until = excluded.until`, who, n, now, until)
		return err
	})
}

// wait is how long sign-ins are refused after the nth in a row, in seconds.
func wait(n int64) int64 {
	w := seconds(firstWait)
	for range min(n-attempts, 16) {
		w = min(2*w, seconds(longestWait))
	}
	return w
}
