package desk

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"detente/internal/canon"
	"detente/internal/durable"
)

// Scope is what a program may do under a token. No scope clears, returns, releases,
// sends or acknowledges: those are acts of people who signed in.
type Scope string

// Scopes of a token.
const (
	ScopeRead     Scope = "read"     // look at what an officer may look at
	ScopeDraft    Scope = "draft"    // write and submit drafts of its officer
	ScopeRegister Scope = "register" // enter notes that came and went
	ScopeCourier  Scope = "courier"  // write and read bundles
)

// Scopes lists all.
func Scopes() []Scope { return []Scope{ScopeRead, ScopeDraft, ScopeRegister, ScopeCourier} }

// ErrScope means that a program's token does not reach so far.
var ErrScope = errors.New("this token does not allow it")

// ErrNoToken means that no token has the id.
var ErrNoToken = errors.New("there is no such token")

// Token is what lets a program act for an officer, without its secret.
type Token struct {
	ID      string // 8 hexadecimal digits
	Officer string // for whom it acts; what it does stands in the trail under this name
	Name    string // of the program, for people
	Scopes  []Scope
	Made    time.Time
	Expires time.Time
	Ended   time.Time // zero: not ended by a person
}

const (
	// tokenMark begins the secret of a token, so that a scanner for lost secrets
	// finds it and no session looks like it.
	tokenMark = "detente-token-"
	// tokenLongest is how long a token is in force at most.
	tokenLongest = 400 * 24 * time.Hour
	// maxTokens is how many tokens of one officer are in force at a time.
	maxTokens   = 20
	tokenIDSize = 4 // random bytes
)

// IssueToken makes a token for the officer of a session, in force until expires. The
// secret is returned once and never again.
func (d *Desk) IssueToken(ctx context.Context, s Session, name string, scopes []Scope, expires time.Time) (t Token, secret string, err error) {
	name = strings.TrimSpace(name)
	if name == "" || utf8.RuneCountInString(name) > maxName || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' }) {
		return t, "", fmt.Errorf("token: give the program a name of 1 to %d characters", maxName)
	}
	if len(scopes) == 0 {
		return t, "", fmt.Errorf("token: name at least one scope of %s", scopeList(Scopes()))
	}
	for _, one := range scopes {
		if !slices.Contains(Scopes(), one) {
			return t, "", fmt.Errorf("token: %q is no scope; there are %s", one, scopeList(Scopes()))
		}
	}
	scopes = slices.Compact(slices.Sorted(slices.Values(scopes)))
	now := d.second()
	if expires.Unix() <= now || expires.Unix() > now+seconds(tokenLongest) {
		return t, "", fmt.Errorf("token: its end lies after now and within %d days", int(tokenLongest/(24*time.Hour)))
	}
	random, err := d.randomHex(tokenSize)
	if err != nil {
		return t, "", err
	}
	id, err := d.randomHex(tokenIDSize)
	if err != nil {
		return t, "", err
	}
	err = d.update(ctx, "issue token", func(tx *sql.Tx) error {
		o, err := d.acting(ctx, tx, s)
		if err != nil {
			return err
		}
		var held int
		if err := tx.QueryRowContext(ctx, "select count(*) from desk_token where officer = $1 and ended = 0 and expires > $2", o.ID, now).Scan(&held); err != nil {
			return err
		}
		if held >= maxTokens {
			return fmt.Errorf("%s has %d tokens in force: end one first", o.ID, held)
		}
		t = Token{ID: id, Officer: o.ID, Name: name, Scopes: scopes, Made: time.Unix(now, 0).UTC(), Expires: time.Unix(expires.Unix(), 0).UTC()}
		if _, err := tx.ExecContext(ctx, "insert into desk_token (id, hash, officer, name, scopes, made, expires, ended) values ($1, $2, $3, $4, $5, $6, $7, 0)",
			id, tokenHash(tokenMark+random), o.ID, name, scopeList(scopes), now, expires.Unix()); err != nil {
			return err
		}
		return d.Audit(ctx, tx, o.ID, "token-issue", fmt.Sprintf("token %s, %s, until %s", id, scopeList(scopes), canon.FormatTime(expires)))
	})
	return t, tokenMark + random, err
}

func scopeList(scopes []Scope) string {
	out := make([]string, len(scopes))
	for i, s := range scopes {
		out[i] = string(s)
	}
	return strings.Join(out, ",")
}

// Tokens lists the tokens of the session's officer, of an admin those of everybody;
// the newest first, ended ones too.
func (d *Desk) Tokens(ctx context.Context, s Session) ([]Token, error) {
	o, _, err := d.live(ctx, d.db.Read(), s.token)
	if err != nil {
		return nil, fmt.Errorf("list tokens: %w", err)
	}
	rows, err := d.db.Read().QueryContext(ctx, "select id, officer, name, scopes, made, expires, ended from desk_token order by made desc, id limit $1", maxTrail)
	if err != nil {
		return nil, fmt.Errorf("list tokens: %w", err)
	}
	defer rows.Close()
	out := []Token{}
	for rows.Next() {
		var t Token
		var scopes string
		var made, expires, ended int64
		if err := rows.Scan(&t.ID, &t.Officer, &t.Name, &scopes, &made, &expires, &ended); err != nil {
			return nil, fmt.Errorf("list tokens: %w", err)
		}
		if t.Officer != o.ID && !o.Has(Admin) {
			continue
		}
		t.Scopes = scopesOf(scopes)
		t.Made, t.Expires = time.Unix(made, 0).UTC(), time.Unix(expires, 0).UTC()
		if ended > 0 {
			t.Ended = time.Unix(ended, 0).UTC()
		}
		out = append(out, t)
	}
	return out, rows.Err()
}

func scopesOf(list string) []Scope {
	out := []Scope{}
	for one := range strings.SplitSeq(list, ",") {
		out = append(out, Scope(one))
	}
	return out
}

// EndToken ends a token of the session's officer; an admin ends anybody's.
func (d *Desk) EndToken(ctx context.Context, s Session, id string) error {
	return d.update(ctx, "end token", func(tx *sql.Tx) error {
		o, err := d.acting(ctx, tx, s)
		if err != nil {
			return err
		}
		var officer string
		var ended int64
		err = tx.QueryRowContext(ctx, "select officer, ended from desk_token where id = $1", id).Scan(&officer, &ended)
		if errors.Is(err, sql.ErrNoRows) || err == nil && officer != o.ID && !o.Has(Admin) {
			return ErrNoToken
		}
		if err != nil || ended > 0 {
			return err
		}
		if err := exactlyOne(tx.ExecContext(ctx, "update desk_token set ended = $1 where id = $2", d.second(), id)); err != nil {
			return err
		}
		return d.Audit(ctx, tx, o.ID, "token-end", "token "+id)
	})
}

// program finds the token of a program, or ErrSession. The officer's account is
// looked at as it is now.
func (d *Desk) program(ctx context.Context, q durable.Querier, secret string) (Officer, []Scope, error) {
	var id, scopes string
	var expires, ended int64
	err := q.QueryRowContext(ctx, "select officer, scopes, expires, ended from desk_token where hash = $1", tokenHash(secret)).Scan(&id, &scopes, &expires, &ended)
	if errors.Is(err, sql.ErrNoRows) || err == nil && (ended > 0 || expires <= d.second()) {
		return Officer{}, nil, ErrSession
	}
	if err != nil {
		return Officer{}, nil, err
	}
	o, _, err := readOfficer(ctx, q, id)
	if errors.Is(err, ErrNoOfficer) || err == nil && !o.Active {
		return Officer{}, nil, ErrSession
	}
	return o, scopesOf(scopes), err
}

// Allows reports whether the session may do what a scope names: a person who signed
// in may, a program only by its token. The zero scope is for people alone.
func (s Session) Allows(scope Scope) bool {
	return !s.IsZero() && (!isProgram(s.token) || scope != "" && slices.Contains(s.scopes, scope))
}

func isProgram(token string) bool { return strings.HasPrefix(token, tokenMark) }
