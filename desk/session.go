package desk

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"detente/internal/canon"
	"detente/internal/durable"
)

// Session proves a sign-in, or the token of a program that acts for an officer; made
// only by SignIn, SignInAgent, SignInPasskey, TakeFirst and Resume. The zero value is refused. It tells who signed in, not what the officer still may:
// every method looks that up again.
type Session struct {
	officer Officer
	token   string
	scopes  []Scope // of a program; a person has none and may all
}

// Officer is the account as it was at sign-in.
func (s Session) Officer() Officer { return s.officer }

// Token is what Resume takes: 64 hexadecimal digits, to be kept secret.
func (s Session) Token() string { return s.token }

// IsZero reports whether s proves nothing.
func (s Session) IsZero() bool { return s.token == "" }

// tokenHash is how a token is stored: who reads the database cannot sign in.
func tokenHash(token string) string { return canon.DigestOf([]byte(token)).String() }

// begin makes a session for an officer who proved who it is, and clears away
// the sessions that ended.
func (d *Desk) begin(ctx context.Context, tx *sql.Tx, o Officer, how string) (Session, error) {
	now := d.second()
	_, err := tx.ExecContext(ctx, "delete from desk_session where made <= $1 or used <= $2", now-seconds(lastFor), now-seconds(idleFor))
	if err != nil {
		return Session{}, err
	}
	token, err := d.randomHex(tokenSize)
	if err != nil {
		return Session{}, err
	}
	_, err = tx.ExecContext(ctx, "insert into desk_session (hash, officer, made, used) values ($1, $2, $3, $4)", tokenHash(token), o.ID, now, now)
	if err != nil {
		return Session{}, err
	}
	return Session{officer: o, token: token}, d.Audit(ctx, tx, o.ID, "sign-in", how)
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }

// live returns the officer of a token and the last use, or ErrSession.
func (d *Desk) live(ctx context.Context, q durable.Querier, token string) (Officer, int64, error) {
	if token == "" {
		return Officer{}, 0, ErrSession
	}
	var id string
	var made, used int64
	err := q.QueryRowContext(ctx, "select officer, made, used from desk_session where hash = $1", tokenHash(token)).Scan(&id, &made, &used)
	if errors.Is(err, sql.ErrNoRows) {
		return Officer{}, 0, ErrSession
	}
	if err != nil {
		return Officer{}, 0, err
	}
	now := d.second()
	if now >= made+seconds(lastFor) || now >= used+seconds(idleFor) {
		return Officer{}, 0, ErrSession
	}
	o, _, err := readOfficer(ctx, q, id)
	if errors.Is(err, ErrNoOfficer) || err == nil && !o.Active {
		return Officer{}, 0, ErrSession
	}
	return o, used, err
}

// acting returns the officer who acts in a transaction, with the roles of now. A
// program is refused.
func (d *Desk) acting(ctx context.Context, tx *sql.Tx, s Session) (Officer, error) {
	return d.actingAs(ctx, tx, s, "")
}

// actingAs is acting for what programs may do too, by a scope.
func (d *Desk) actingAs(ctx context.Context, tx *sql.Tx, s Session, scope Scope) (Officer, error) {
	if isProgram(s.token) {
		o, scopes, err := d.program(ctx, tx, s.token)
		if err == nil && !(Session{token: s.token, scopes: scopes}).Allows(scope) {
			err = ErrScope
		}
		return o, err
	}
	o, used, err := d.live(ctx, tx, s.token)
	if err != nil {
		return Officer{}, err
	}
	return o, d.touch(ctx, tx, s.token, used)
}

func (d *Desk) touch(ctx context.Context, tx *sql.Tx, token string, used int64) error {
	now := d.second()
	if now < used+seconds(touchAfter) {
		return nil
	}
	_, err := tx.ExecContext(ctx, "update desk_session set used = $1 where hash = $2", now, tokenHash(token))
	return err
}

// Resume returns the session of a token, with the officer's account as it is
// now, or ErrSession.
func (d *Desk) Resume(ctx context.Context, token string) (Session, error) {
	if isProgram(token) {
		o, scopes, err := d.program(ctx, d.db.Read(), token)
		if err != nil {
			return Session{}, fmt.Errorf("resume session: %w", err)
		}
		return Session{officer: o, token: token, scopes: scopes}, nil
	}
	o, used, err := d.live(ctx, d.db.Read(), token)
	if err != nil {
		return Session{}, fmt.Errorf("resume session: %w", err)
	}
	if d.second() >= used+seconds(touchAfter) {
		err = d.update(ctx, "resume session", func(tx *sql.Tx) error {
			return d.touch(ctx, tx, token, used)
		})
	}
	if err != nil {
		return Session{}, err
	}
	return Session{officer: o, token: token}, nil
}

// SignOut ends a session. One that ended already is no error.
func (d *Desk) SignOut(ctx context.Context, s Session) error {
	return d.update(ctx, "sign out", func(tx *sql.Tx) error {
		r, err := tx.ExecContext(ctx, "delete from desk_session where hash = $1", tokenHash(s.token))
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil || n == 0 {
			return err
		}
		return d.Audit(ctx, tx, s.officer.ID, "sign-out", "")
	})
}
