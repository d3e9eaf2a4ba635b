package desk

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"detente/internal/durable"
	"detente/party"
)

// Role of an officer in the house.
type Role string

const (
	Drafter Role = "drafter" // may write drafts
	Clearer Role = "clearer" // may clear the steps listed for the officer
	Duty    Role = "duty"    // may acknowledge for a post, and release urgently
	Admin   Role = "admin"   // accounts, chain, keys, roster
)

// Console stands for whoever commands the machine itself, where an admin acts:
// the first account, and the rescue of a house that locked itself out. It is
// written to the trail.
const Console = "console"

// unknown stands in the trail for a sign-in under no known name; what was typed
// is not kept: it may have been a passphrase.
const unknown = "unknown"

// Officer is an account. Never in the record.
type Officer struct {
	ID     string // [a-z][a-z0-9-]{0,31}
	Name   string
	Post   party.Post
	Roles  []Role
	Steps  []string // clearance steps this officer may clear
	SSHKey string   // authorized_keys line, optional: sign in by ssh-agent
	Active bool
}

// Has reports whether the officer is active and has the role.
func (o Officer) Has(r Role) bool { return o.Active && slices.Contains(o.Roles, r) }

// check refuses an account that cannot be; it returns the key line as it is stored.
func (o Officer) check() (string, error) {
	if _, err := party.ParseID(o.ID); err != nil {
		return "", fmt.Errorf("officer: %w", err)
	}
	if slices.Contains([]string{NodeItself, Console, unknown}, o.ID) {
		return "", fmt.Errorf("officer: the name %q has a meaning of its own in the audit trail", o.ID)
	}
	if err := checkLine("the officer's name", o.Name, maxName); err != nil {
		return "", err
	}
	if _, err := party.ParsePost(string(o.Post)); err != nil {
		return "", err
	}
	for i, r := range o.Roles {
		if !slices.Contains([]Role{Drafter, Clearer, Duty, Admin}, r) || slices.Contains(o.Roles[:i], r) {
			return "", fmt.Errorf("role %q is unknown or repeated; roles are drafter, clearer, duty, admin", r)
		}
	}
	if len(o.Steps) > maxSteps {
		return "", fmt.Errorf("%d steps are more than the %d of a chain", len(o.Steps), maxSteps)
	}
	for i, s := range o.Steps {
		if err := checkStep(s); err != nil || slices.Contains(o.Steps[:i], s) {
			return "", fmt.Errorf("step %q is repeated or no name of a step", s)
		}
	}
	if o.SSHKey == "" {
		return "", nil
	}
	_, line, err := parseKey(o.SSHKey)
	return line, err
}

// AddOfficer stores an active account with a passphrase of at least twelve
// characters; an empty one only with an ssh key. By is an admin, or Console;
// for the first account of a house it may be anything that Audit accepts.
func (d *Desk) AddOfficer(ctx context.Context, by string, o Officer, passphrase string) error {
	key, err := o.check()
	if err != nil {
		return fmt.Errorf("add officer: %w", err)
	}
	stored := ""
	if passphrase != "" || key == "" {
		if stored, err = d.hash(ctx, passphrase); err != nil {
			return fmt.Errorf("add officer: %w", err)
		}
	}
	return d.update(ctx, "add officer", func(tx *sql.Tx) error {
		if err := d.mayAdminister(ctx, tx, by); err != nil {
			return err
		}
		if err := insertOfficer(ctx, tx, o, key, stored); err != nil {
			return err
		}
		return d.Audit(ctx, tx, by, "officer-add", account(o))
	})
}

func insertOfficer(ctx context.Context, tx *sql.Tx, o Officer, key, stored string) error {
	r, err := tx.ExecContext(ctx,
		`insert into desk_officer (id, name, post, roles, steps, ssh_key, passphrase, active)
		 values ($1, $2, $3, $4, $5, $6, $7, 1) on conflict (id) do nothing`,
		o.ID, o.Name, string(o.Post), joined(o.Roles), joined(o.Steps), key, stored)
	if err != nil {
		return err
	}
	if n, err := r.RowsAffected(); err != nil || n == 0 {
		return errors.Join(fmt.Errorf("officer %s exists already; names are not given twice", o.ID), err)
	}
	return nil
}

// SetOfficer replaces name, post, roles, steps, ssh key and Active of an
// account; the passphrase stays. Who is made inactive is signed out.
func (d *Desk) SetOfficer(ctx context.Context, by string, o Officer) error {
	key, err := o.check()
	if err != nil {
		return fmt.Errorf("set officer: %w", err)
	}
	return d.update(ctx, "set officer", func(tx *sql.Tx) error {
		if err := d.mayAdminister(ctx, tx, by); err != nil {
			return err
		}
		old, stored, err := readOfficer(ctx, tx, o.ID)
		if err != nil {
			return err
		}
		if stored == "" && key == "" {
			return errors.New("an account without a passphrase needs an ssh key")
		}
		if err := exactlyOne(tx.ExecContext(ctx,
			"update desk_officer set name = $1, post = $2, roles = $3, steps = $4, ssh_key = $5, active = $6 where id = $7",
			o.Name, string(o.Post), joined(o.Roles), joined(o.Steps), key, flag(o.Active), o.ID)); err != nil {
			return err
		}
		if err := keepAdmin(ctx, tx, old); err != nil {
			return err
		}
		if !o.Active {
			if err := endSessions(ctx, tx, o.ID); err != nil {
				return err
			}
		}
		return d.Audit(ctx, tx, by, "officer-set", account(o))
	})
}

// SetPassphrase replaces a passphrase and ends the officer's sessions. By is the
// officer, an admin, or Console.
func (d *Desk) SetPassphrase(ctx context.Context, by, officer, passphrase string) error {
	stored, err := d.hash(ctx, passphrase)
	if err != nil {
		return fmt.Errorf("set passphrase: %w", err)
	}
	return d.update(ctx, "set passphrase", func(tx *sql.Tx) error {
		o, _, err := readOfficer(ctx, tx, officer)
		if err != nil {
			return err
		}
		if by != officer || !o.Active {
			if err := d.mayAdminister(ctx, tx, by); err != nil {
				return err
			}
		}
		if err := d.replacePassphrase(ctx, tx, officer, stored); err != nil {
			return err
		}
		return d.Audit(ctx, tx, by, "passphrase-set", "officer "+officer)
	})
}

// replacePassphrase replaces a passphrase by its stored form and ends the officer's
// sessions.
func (d *Desk) replacePassphrase(ctx context.Context, tx *sql.Tx, officer, stored string) error {
	if err := exactlyOne(tx.ExecContext(ctx, "update desk_officer set passphrase = $1 where id = $2", stored, officer)); err != nil {
		return err
	}
	if err := endSessions(ctx, tx, officer); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "delete from desk_attempt where who = $1", attemptOf(officer, true))
	return err
}

// Deactivate ends an account and its sessions. What the officer cleared before
// stands. The last active admin stays (ErrLastAdmin).
func (d *Desk) Deactivate(ctx context.Context, by, officer string) error {
	return d.update(ctx, "deactivate officer", func(tx *sql.Tx) error {
		if err := d.mayAdminister(ctx, tx, by); err != nil {
			return err
		}
		old, _, err := readOfficer(ctx, tx, officer)
		if err != nil {
			return err
		}
		if err := exactlyOne(tx.ExecContext(ctx, "update desk_officer set active = 0 where id = $1", officer)); err != nil {
			return err
		}
		if err := keepAdmin(ctx, tx, old); err != nil {
			return err
		}
		if err := endSessions(ctx, tx, officer); err != nil {
			return err
		}
		return d.Audit(ctx, tx, by, "officer-deactivate", "officer "+officer)
	})
}

// Officers lists the accounts by name of account, inactive ones too.
func (d *Desk) Officers(ctx context.Context) ([]Officer, error) {
	rows, err := d.db.Read().QueryContext(ctx, "select id, name, post, roles, steps, ssh_key, active from desk_officer order by id")
	if err != nil {
		return nil, fmt.Errorf("list officers: %w", err)
	}
	defer rows.Close()
	var all []Officer
	for rows.Next() {
		o, err := scanOfficer(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("list officers: %w", err)
		}
		all = append(all, o)
	}
	return all, rows.Err()
}

// readOfficer returns an account and the stored passphrase, or ErrNoOfficer.
func readOfficer(ctx context.Context, q durable.Querier, id string) (Officer, string, error) {
	var stored string
	o, err := scanOfficer(func(into ...any) error {
		return q.QueryRowContext(ctx,
			"select id, name, post, roles, steps, ssh_key, active, passphrase from desk_officer where id = $1", id).Scan(append(into, &stored)...)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return Officer{}, "", ErrNoOfficer
	}
	return o, stored, err
}

func scanOfficer(scan func(...any) error) (Officer, error) {
	var o Officer
	var post, roles, steps string
	var active int64
	if err := scan(&o.ID, &o.Name, &post, &roles, &steps, &o.SSHKey, &active); err != nil {
		return Officer{}, err
	}
	o.Post, o.Steps, o.Active = party.Post(post), list(steps), active != 0
	for _, r := range list(roles) {
		o.Roles = append(o.Roles, Role(r))
	}
	return o, nil
}

// mayAdminister passes an active admin, Console, and the founder of an empty house.
func (d *Desk) mayAdminister(ctx context.Context, tx *sql.Tx, by string) error {
	if by == Console {
		return nil
	}
	var n int64
	if err := tx.QueryRowContext(ctx, "select count(*) from desk_officer").Scan(&n); err != nil {
		return err
	}
	if n == 0 {
		return nil
	}
	o, _, err := readOfficer(ctx, tx, by)
	if errors.Is(err, ErrNoOfficer) || err == nil && !o.Has(Admin) {
		return fmt.Errorf("%w: admin", ErrRole)
	}
	return err
}

// keepAdmin refuses a change after which a house that had an admin has none.
func keepAdmin(ctx context.Context, tx *sql.Tx, old Officer) error {
	if !old.Has(Admin) {
		return nil
	}
	var n int64
	err := tx.QueryRowContext(ctx, "select count(*) from desk_officer where active = 1 and ',' || roles || ',' like '%,admin,%'").Scan(&n)
	if err == nil && n == 0 {
		return ErrLastAdmin
	}
	return err
}

func endSessions(ctx context.Context, tx *sql.Tx, officer string) error {
	if _, err := tx.ExecContext(ctx, "delete from desk_session where officer = $1", officer); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "delete from desk_challenge where officer = $1", officer); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "delete from desk_link where officer = $1", officer)
	return err
}

// account is an account as the trail tells of it.
func account(o Officer) string {
	s := fmt.Sprintf("officer %s, post %s, roles %s", o.ID, o.Post, joined(o.Roles))
	if len(o.Steps) > 0 {
		s += ", steps " + joined(o.Steps)
	}
	if len(s) > maxDetail-1 {
		s = s[:maxDetail-len("…")] + "…"
	}
	return s
}

func joined[S ~string](words []S) string {
	all := make([]string, len(words))
	for i := range words {
		all[i] = string(words[i])
	}
	return strings.Join(all, ",")
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
