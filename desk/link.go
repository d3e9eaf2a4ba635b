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

// Link is the secret of an address that serves once: for the first officer of a house,
// who makes the own account by it, or for an officer who sets the own passphrase by it,
// so that no administrator knows it. Only its hash is stored.
type Link struct {
	Secret  string // 64 hexadecimal digits
	Expires time.Time
}

// FirstLink makes the link for the first officer, in place of an earlier one, for one
// hour. A house that has an administrator needs none: ErrFounded. Whoever calls it
// commands the machine.
func (d *Desk) FirstLink(ctx context.Context) (Link, error) {
	var l Link
	err := d.update(ctx, "make the link for the first officer", func(tx *sql.Tx) error {
		if err := unfounded(ctx, tx); err != nil {
			return err
		}
		var err error
		if l, err = d.newLink(ctx, tx, "", firstFor); err != nil {
			return err
		}
		return d.Audit(ctx, tx, Console, "link-issue", "for the first officer, until "+canon.FormatTime(l.Expires))
	})
	return l, err
}

// Founded reports whether the house has an active administrator.
func (d *Desk) Founded(ctx context.Context) (bool, error) {
	founded, err := isFounded(ctx, d.db.Read())
	if err != nil {
		return false, fmt.Errorf("look for an administrator: %w", err)
	}
	return founded, nil
}

func isFounded(ctx context.Context, q durable.Querier) (bool, error) {
	var n int64
	err := q.QueryRowContext(ctx, "select count(*) from desk_officer where active = 1 and ',' || roles || ',' like '%,admin,%'").Scan(&n)
	return n > 0, err
}

// unfounded refuses a house that has an administrator.
func unfounded(ctx context.Context, q durable.Querier) error {
	founded, err := isFounded(ctx, q)
	if err == nil && founded {
		err = ErrFounded
	}
	return err
}

// newLink makes a link for an account, in place of an earlier one.
func (d *Desk) newLink(ctx context.Context, tx *sql.Tx, officer string, lasts time.Duration) (Link, error) {
	secret, err := d.randomHex(tokenSize)
	if err != nil {
		return Link{}, err
	}
	l := Link{secret, moment(d.second() + seconds(lasts))}
	if _, err := tx.ExecContext(ctx, "delete from desk_link where officer = $1 or expires <= $2", officer, d.second()); err != nil {
		return Link{}, err
	}
	_, err = tx.ExecContext(ctx, "insert into desk_link (officer, hash, expires) values ($1, $2, $3)", officer, tokenHash(secret), l.Expires.Unix())
	return l, err
}

// InviteOfficer stores an account as AddOfficer does, without a passphrase that
// anybody knows, and makes the link by which its officer sets one within three days.
func (d *Desk) InviteOfficer(ctx context.Context, by string, o Officer) (Link, error) {
	unguessed, err := d.randomHex(tokenSize)
	if err != nil {
		return Link{}, err
	}
	if err := d.AddOfficer(ctx, by, o, unguessed); err != nil {
		return Link{}, err
	}
	return d.OfficerLink(ctx, by, o.ID)
}

// OfficerLink makes a link by which an active officer sets a passphrase within three
// days, in place of an earlier one; by is an admin. The passphrase stays as it is until
// then.
func (d *Desk) OfficerLink(ctx context.Context, by, officer string) (Link, error) {
	var l Link
	err := d.update(ctx, "make a link", func(tx *sql.Tx) error {
		if err := d.mayAdminister(ctx, tx, by); err != nil {
			return err
		}
		o, _, err := readOfficer(ctx, tx, officer)
		if err != nil {
			return err
		}
		if !o.Active {
			return ErrNoOfficer
		}
		if l, err = d.newLink(ctx, tx, officer, accountFor); err != nil {
			return err
		}
		return d.Audit(ctx, tx, by, "link-issue", "for officer "+officer+", until "+canon.FormatTime(l.Expires))
	})
	return l, err
}

// LinkOf says for whom a link is: the zero Officer for the first one. A link that does
// not serve is ErrLink. Nothing is used up.
func (d *Desk) LinkOf(ctx context.Context, secret string) (Officer, error) {
	o, err := d.linkOf(ctx, d.db.Read(), secret)
	if err != nil {
		return Officer{}, fmt.Errorf("look at the link: %w", err)
	}
	return o, nil
}

func (d *Desk) linkOf(ctx context.Context, q durable.Querier, secret string) (Officer, error) {
	var officer string
	err := q.QueryRowContext(ctx, "select officer from desk_link where hash = $1 and expires > $2", tokenHash(secret), d.second()).Scan(&officer)
	if errors.Is(err, sql.ErrNoRows) {
		return Officer{}, ErrLink
	}
	if err != nil || officer == "" {
		return Officer{}, err
	}
	o, _, err := readOfficer(ctx, q, officer)
	if err == nil && !o.Active {
		err = ErrLink
	}
	return o, err
}

// TakeFirst makes the account of the first officer, who is made an admin, uses the link
// up and signs in. The account is that of o, the passphrase as AddOfficer wants it.
func (d *Desk) TakeFirst(ctx context.Context, secret string, o Officer, passphrase string) (Session, error) {
	if _, err := d.LinkOf(ctx, secret); err != nil { // before the work of a hash
		return Session{}, err
	}
	o.Active = true
	if !o.Has(Admin) {
		o.Roles = append([]Role{Admin}, o.Roles...)
	}
	key, err := o.check()
	if err != nil {
		return Session{}, fmt.Errorf("add officer: %w", err)
	}
	stored, err := d.hash(ctx, passphrase)
	if err != nil {
		return Session{}, fmt.Errorf("add officer: %w", err)
	}
	var s Session
	err = d.update(ctx, "add the first officer", func(tx *sql.Tx) error {
		if err := unfounded(ctx, tx); err != nil {
			return err
		}
		if err := d.useLink(ctx, tx, secret, ""); err != nil {
			return err
		}
		if err := insertOfficer(ctx, tx, o, key, stored); err != nil {
			return err
		}
		if err := d.Audit(ctx, tx, o.ID, "officer-add", account(o)); err != nil {
			return err
		}
		s, err = d.begin(ctx, tx, o, "by the link for the first officer")
		return err
	})
	if err != nil {
		return Session{}, err
	}
	return s, nil
}

// TakeLink sets the passphrase of the officer whom a link is for, uses the link up and
// signs in. Earlier sessions of the account end.
func (d *Desk) TakeLink(ctx context.Context, secret, passphrase string) (Session, error) {
	o, err := d.LinkOf(ctx, secret)
	if err != nil {
		return Session{}, err
	}
	if o.ID == "" {
		return Session{}, fmt.Errorf("set passphrase: %w", ErrLink)
	}
	stored, err := d.hash(ctx, passphrase)
	if err != nil {
		return Session{}, fmt.Errorf("set passphrase: %w", err)
	}
	var s Session
	err = d.update(ctx, "set passphrase", func(tx *sql.Tx) error {
		if o, err = d.linkOf(ctx, tx, secret); err != nil {
			return err
		}
		if err := d.useLink(ctx, tx, secret, o.ID); err != nil {
			return err
		}
		if err := d.replacePassphrase(ctx, tx, o.ID, stored); err != nil {
			return err
		}
		if err := d.Audit(ctx, tx, o.ID, "passphrase-set", "officer "+o.ID+", by link"); err != nil {
			return err
		}
		s, err = d.begin(ctx, tx, o, "by link")
		return err
	})
	if err != nil {
		return Session{}, err
	}
	return s, nil
}

// useLink takes a link away, so that it serves once.
func (d *Desk) useLink(ctx context.Context, tx *sql.Tx, secret, officer string) error {
	r, err := tx.ExecContext(ctx, "delete from desk_link where hash = $1 and officer = $2 and expires > $3", tokenHash(secret), officer, d.second())
	if err != nil {
		return err
	}
	if n, err := r.RowsAffected(); err != nil || n == 0 {
		return errors.Join(ErrLink, err)
	}
	return nil
}
