package desk

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"detente/internal/durable"
	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
	"github.com/go-webauthn/webauthn/webauthn"
)

// Address is where a browser sees this desk: a passkey works there and nowhere else.
type Address struct {
	Origin string // scheme, host and port as a browser writes them, e.g. https://desk.alatau.example
	Title  string // what a browser calls this desk to its user
}

// host is the name to which a browser binds a passkey; ErrAddress where it binds none:
// without TLS elsewhere than on localhost, and at an address in numbers.
func (a Address) host() (string, error) {
	u, err := url.Parse(a.Origin)
	if err != nil || len(a.Origin) > maxOrigin || u.Scheme+"://"+u.Host != a.Origin {
		return "", ErrAddress
	}
	host := u.Hostname()
	if host != strings.ToLower(host) || u.Scheme != "https" && (u.Scheme != "http" || host != "localhost") || protocol.ValidateRPID(host) != nil {
		return "", ErrAddress
	}
	return host, nil
}

// Passkey is what lets an officer sign in with a key that a machine, a telephone or a
// stick keeps, and that asks who holds it for a code, a finger or a face. What is kept
// here lets nobody sign in.
type Passkey struct {
	ID      string // 8 hexadecimal digits
	Officer string
	Name    string    // given by the officer
	Origin  string    // where it works
	Made    time.Time // UTC, as Used
	Used    time.Time // zero: never
	Count   uint32    // of its uses, as the key itself counts them; 0: it does not
	Copied  bool      // its maker may keep copies, so that it works on several machines
	Doubted bool      // its count went back: it is not taken any more
}

// kept is a passkey with what verifies its answers.
type kept struct {
	Passkey
	handle, credential, key []byte
}

// The options of WebAuthn in the form that it has for JSON: bytes are base64url.
type (
	entity struct {
		ID          string `json:"id"`
		Name        string `json:"name"`
		DisplayName string `json:"displayName,omitempty"`
	}
	kind struct {
		Type string `json:"type"`
		Alg  int    `json:"alg,omitempty"`
		ID   string `json:"id,omitempty"`
	}
	selection struct {
		ResidentKey string `json:"residentKey"`
		Required    bool   `json:"requireResidentKey"`
		Verify      string `json:"userVerification"`
	}
	creation struct {
		RP          entity    `json:"rp"`
		User        entity    `json:"user"`
		Challenge   string    `json:"challenge"`
		Params      []kind    `json:"pubKeyCredParams"`
		Timeout     int64     `json:"timeout"` // milliseconds
		Exclude     []kind    `json:"excludeCredentials"`
		Selection   selection `json:"authenticatorSelection"`
		Attestation string    `json:"attestation"`
	}
	request struct {
		Challenge string `json:"challenge"`
		RPID      string `json:"rpId"`
		Timeout   int64  `json:"timeout"` // milliseconds
		Verify    string `json:"userVerification"`
	}
)

// publicKey is the one type of credential that there is.
const publicKey = string(protocol.PublicKeyCredentialType)

// algorithms that a key may sign with, the best liked first.
func algorithms() []protocol.CredentialParameter {
	return []protocol.CredentialParameter{
		{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgEdDSA},
		{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgES256},
		{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgRS256},
	}
}

// BeginPasskey begins to make a passkey for the officer of a session, who proves once
// more by the passphrase who it is: an open desk is not enough. It returns the options
// for the browser as JSON; the answer is for AddPasskey, within five minutes.
func (d *Desk) BeginPasskey(ctx context.Context, s Session, a Address, passphrase string) ([]byte, error) {
	host, err := a.host()
	if err != nil {
		return nil, fmt.Errorf("make passkey: %w", err)
	}
	o, err := d.confirm(ctx, s, passphrase)
	if err != nil {
		return nil, err
	}
	all, err := keptOf(ctx, d.db.Read(), "where officer = $1", o.ID)
	if err != nil {
		return nil, fmt.Errorf("make passkey: %w", err)
	}
	if len(all) >= maxPasskeys {
		return nil, fmt.Errorf("make passkey: %s has %d passkeys: remove one first", o.ID, len(all))
	}
	challenge, err := d.newChallenge(makePasskey, tokenHash(s.token), a, passkeyFor)
	if err != nil {
		return nil, err
	}
	c := creation{
		RP: entity{ID: host, Name: a.Title}, User: entity{ID: text64(handleOf(challenge)), Name: o.ID, DisplayName: o.Name},
		Challenge: challenge, Timeout: passkeyFor.Milliseconds(), Exclude: []kind{},
		Selection: selection{"required", true, string(protocol.VerificationRequired)}, Attestation: string(protocol.PreferNoAttestation),
	}
	for _, p := range algorithms() {
		c.Params = append(c.Params, kind{Type: publicKey, Alg: int(p.Algorithm)})
	}
	for _, k := range all {
		if k.Origin == a.Origin {
			c.Exclude = append(c.Exclude, kind{Type: publicKey, ID: text64(k.credential)})
		}
	}
	return json.Marshal(c)
}

// handleOf is the name without meaning under which a key knows its user: the first
// bytes of the challenge by which it was made, so that nothing is stored before.
func handleOf(challenge string) []byte {
	b, err := base64.RawURLEncoding.DecodeString(challenge)
	if err != nil || len(b) < handleSize {
		return nil
	}
	return b[:handleSize]
}

func text64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// AddPasskey keeps the passkey that a browser made after BeginPasskey, under the same
// session and address. The error of an answer that does not verify is ErrPasskey.
func (d *Desk) AddPasskey(ctx context.Context, s Session, a Address, name string, answer []byte) (Passkey, error) {
	if err := checkLine("the name of the passkey", name, maxName); err != nil {
		return Passkey{}, fmt.Errorf("add passkey: %w", err)
	}
	k, challenge, err := d.made(s, a, answer)
	if err != nil {
		return Passkey{}, fmt.Errorf("add passkey: %w", err)
	}
	if k.ID, err = d.randomHex(passkeyIDSize); err != nil {
		return Passkey{}, err
	}
	k.Name, k.Made = name, moment(d.second())
	err = d.update(ctx, "add passkey", func(tx *sql.Tx) error {
		o, err := d.acting(ctx, tx, s)
		if err != nil {
			return err
		}
		k.Officer = o.ID
		var held int
		if err := tx.QueryRowContext(ctx, "select count(*) from desk_passkey where officer = $1", o.ID).Scan(&held); err != nil {
			return err
		}
		if held >= maxPasskeys || !d.spend(challenge) {
			return ErrPasskey
		}
		r, err := tx.ExecContext(ctx,
			`insert into desk_passkey (id, officer, name, origin, handle, credential, public_key, count, copied, doubted, made, used)
			 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, 0) on conflict (origin, credential) do nothing`,
			k.ID, k.Officer, k.Name, k.Origin, text64(k.handle), text64(k.credential), text64(k.key), int64(k.Count), flag(k.Copied), k.Made.Unix())
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil || n == 0 {
			return errors.Join(ErrPasskey, err)
		}
		return d.Audit(ctx, tx, o.ID, "passkey-add", "passkey "+k.ID+" for "+k.Origin)
	})
	if err != nil {
		return Passkey{}, err
	}
	return k.Passkey, nil
}

// made verifies what a browser answers when it made a passkey.
func (d *Desk) made(s Session, a Address, answer []byte) (kept, string, error) {
	host, err := a.host()
	if err != nil {
		return kept{}, "", err
	}
	if len(answer) > maxAnswer {
		return kept{}, "", ErrPasskey
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return kept{}, "", fmt.Errorf("%w: %w", ErrPasskey, err)
	}
	challenge := parsed.Response.CollectedClientData.Challenge
	open, err := d.isOpen(makePasskey, tokenHash(s.token), a, challenge)
	if err != nil {
		return kept{}, "", err
	}
	if !open {
		return kept{}, "", fmt.Errorf("%w: its challenge was not made for this or is over", ErrPasskey)
	}
	judge, err := a.judge(host)
	if err != nil {
		return kept{}, "", err
	}
	k := kept{Passkey: Passkey{Origin: a.Origin}, handle: handleOf(challenge)}
	c, err := judge.CreateCredential(&k, webauthn.SessionData{Challenge: challenge, RelyingPartyID: host, UserID: k.handle,
		UserVerification: protocol.VerificationRequired, CredParams: algorithms()}, parsed)
	if err != nil {
		return kept{}, "", fmt.Errorf("%w: %w", ErrPasskey, err)
	}
	if len(c.ID) == 0 || len(c.ID) > maxCredential || len(c.PublicKey) > maxPublicKey {
		return kept{}, "", fmt.Errorf("%w: its key or its name is larger than is taken", ErrPasskey)
	}
	k.credential, k.key, k.Count, k.Copied = c.ID, c.PublicKey, c.Authenticator.SignCount, c.Flags.BackupEligible
	return k, challenge, nil
}

// judge verifies answers that were given at an address.
func (a Address) judge(host string) (*webauthn.WebAuthn, error) {
	return webauthn.New(&webauthn.Config{RPID: host, RPDisplayName: a.Title, RPOrigins: []string{a.Origin}})
}

// The user of WebAuthn is one passkey here: each has a handle of its own.

// WebAuthnID implements webauthn.User.
func (k *kept) WebAuthnID() []byte { return k.handle }

// WebAuthnName implements webauthn.User.
func (k *kept) WebAuthnName() string { return k.Officer }

// WebAuthnDisplayName implements webauthn.User.
func (k *kept) WebAuthnDisplayName() string { return k.Officer }

// WebAuthnCredentials implements webauthn.User.
func (k *kept) WebAuthnCredentials() []webauthn.Credential {
	var flags protocol.AuthenticatorFlags
	if k.Copied {
		flags |= protocol.FlagBackupEligible
	}
	return []webauthn.Credential{{ID: k.credential, PublicKey: k.key, Flags: webauthn.NewCredentialFlags(flags)}}
}

// PasskeyChallenge begins a sign-in by passkey: the options for the browser as JSON.
// They name nobody; the answer is for SignInPasskey, within two minutes.
func (d *Desk) PasskeyChallenge(a Address) ([]byte, error) {
	host, err := a.host()
	if err != nil {
		return nil, fmt.Errorf("sign in: %w", err)
	}
	challenge, err := d.newChallenge(usePasskey, "", a, challengeFor)
	if err != nil {
		return nil, err
	}
	return json.Marshal(request{challenge, host, challengeFor.Milliseconds(), string(protocol.VerificationRequired)})
}

// SignInPasskey takes the answer of a passkey. It is not slowed: nobody guesses a key.
// A passkey whose count went back is doubted from then on, with ErrDoubted.
func (d *Desk) SignInPasskey(ctx context.Context, a Address, answer []byte) (Session, error) {
	k, challenge, count, err := d.used(ctx, a, answer)
	if errors.Is(err, ErrSignIn) {
		return Session{}, d.refuse(ctx, Officer{ID: k.Officer}, "by passkey")
	}
	if err != nil {
		return Session{}, fmt.Errorf("sign in: %w", err)
	}
	var s Session
	doubted := false
	err = d.update(ctx, "sign in", func(tx *sql.Tx) error {
		// It may have been removed or used since, and the account have ended.
		all, err := keptOf(ctx, tx, "where id = $1", k.ID)
		if err != nil {
			return err
		}
		o, _, err := readOfficer(ctx, tx, k.Officer)
		if err != nil {
			return err
		}
		if len(all) == 0 || !o.Active || !d.spend(challenge) {
			return ErrSignIn
		}
		if doubted = all[0].Doubted || count <= all[0].Count && (count > 0 || all[0].Count > 0); doubted {
			return d.doubt(ctx, tx, all[0].Passkey)
		}
		if err := exactlyOne(tx.ExecContext(ctx, "update desk_passkey set count = $1, used = $2 where id = $3", int64(count), d.second(), k.ID)); err != nil {
			return err
		}
		s, err = d.begin(ctx, tx, o, "by passkey "+k.ID)
		return err
	})
	switch {
	case errors.Is(err, ErrSignIn):
		return Session{}, d.refuse(ctx, Officer{ID: k.Officer}, "by passkey")
	case err != nil:
		return Session{}, err
	case doubted:
		return Session{}, fmt.Errorf("sign in: %w", ErrDoubted)
	}
	return s, nil
}

// doubt marks a passkey that may have a copy, once.
func (d *Desk) doubt(ctx context.Context, tx *sql.Tx, k Passkey) error {
	if k.Doubted {
		return d.Audit(ctx, tx, k.Officer, "sign-in-refused", "by passkey "+k.ID+", doubted")
	}
	if err := exactlyOne(tx.ExecContext(ctx, "update desk_passkey set doubted = 1 where id = $1", k.ID)); err != nil {
		return err
	}
	return d.Audit(ctx, tx, k.Officer, "passkey-doubt", "passkey "+k.ID+": its count went back")
}

// used verifies the answer of a passkey at a sign-in; how often it says it was used. The
// error of an answer that does not verify is ErrSignIn, with the officer if it is known.
func (d *Desk) used(ctx context.Context, a Address, answer []byte) (kept, string, uint32, error) {
	host, err := a.host()
	if err != nil {
		return kept{}, "", 0, err
	}
	if len(answer) > maxAnswer {
		return kept{}, "", 0, ErrSignIn
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return kept{}, "", 0, fmt.Errorf("%w: %w", ErrSignIn, err)
	}
	all, err := keptOf(ctx, d.db.Read(), "where origin = $1 and credential = $2", a.Origin, text64(parsed.RawID))
	if err != nil {
		return kept{}, "", 0, err
	}
	if len(all) == 0 {
		return kept{}, "", 0, ErrSignIn
	}
	k, challenge := all[0], parsed.Response.CollectedClientData.Challenge
	open, err := d.isOpen(usePasskey, "", a, challenge)
	if err != nil {
		return kept{}, "", 0, err
	}
	if !open {
		return k, "", 0, ErrSignIn
	}
	judge, err := a.judge(host)
	if err != nil {
		return kept{}, "", 0, err
	}
	_, _, err = judge.ValidatePasskeyLogin(func(_, _ []byte) (webauthn.User, error) { return &k, nil },
		webauthn.SessionData{Challenge: challenge, RelyingPartyID: host, UserVerification: protocol.VerificationRequired}, parsed)
	if err != nil {
		return k, "", 0, fmt.Errorf("%w: %w", ErrSignIn, err)
	}
	return k, challenge, parsed.Response.AuthenticatorData.Counter, nil
}

// keptOf reads passkeys, the newest first.
func keptOf(ctx context.Context, q durable.Querier, where string, args ...any) ([]kept, error) {
	rows, err := q.QueryContext(ctx, "select id, officer, name, origin, handle, credential, public_key, count, copied, doubted, made, used from desk_passkey "+
		where+" order by made desc, id", args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []kept
	for rows.Next() {
		var k kept
		var handle, credential, key string
		var count, copied, doubted, made, used int64
		if err := rows.Scan(&k.ID, &k.Officer, &k.Name, &k.Origin, &handle, &credential, &key, &count, &copied, &doubted, &made, &used); err != nil {
			return nil, err
		}
		for i, into := range []*[]byte{&k.handle, &k.credential, &k.key} {
			if *into, err = base64.RawURLEncoding.Strict().DecodeString([]string{handle, credential, key}[i]); err != nil {
				return nil, fmt.Errorf("passkey %s: %w", k.ID, err)
			}
		}
		k.Count, k.Copied, k.Doubted, k.Made = uint32(count), copied != 0, doubted != 0, moment(made)
		if used > 0 {
			k.Used = moment(used)
		}
		all = append(all, k)
	}
	return all, rows.Err()
}

// Passkeys lists those of the session's officer, of an admin those of everybody; the
// newest first.
func (d *Desk) Passkeys(ctx context.Context, s Session) ([]Passkey, error) {
	o, _, err := d.live(ctx, d.db.Read(), s.token)
	if err != nil {
		return nil, fmt.Errorf("list passkeys: %w", err)
	}
	all, err := keptOf(ctx, d.db.Read(), "where 1 = 1")
	if err != nil {
		return nil, fmt.Errorf("list passkeys: %w", err)
	}
	out := []Passkey{}
	for _, k := range all {
		if k.Officer == o.ID || o.Has(Admin) {
			out = append(out, k.Passkey)
		}
	}
	return out, nil
}

// EndPasskey removes a passkey of the session's officer, for an admin anybody's; who
// does it proves by the passphrase who it is. The other sessions of its officer end: a
// passkey that is lost may have begun one.
func (d *Desk) EndPasskey(ctx context.Context, s Session, id, passphrase string) error {
	if _, err := d.confirm(ctx, s, passphrase); err != nil {
		return err
	}
	return d.update(ctx, "remove passkey", func(tx *sql.Tx) error {
		o, err := d.acting(ctx, tx, s)
		if err != nil {
			return err
		}
		all, err := keptOf(ctx, tx, "where id = $1", id)
		if err != nil {
			return err
		}
		if len(all) == 0 || all[0].Officer != o.ID && !o.Has(Admin) {
			return ErrNoPasskey
		}
		if err := exactlyOne(tx.ExecContext(ctx, "delete from desk_passkey where id = $1", id)); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "delete from desk_session where officer = $1 and hash <> $2", all[0].Officer, tokenHash(s.token)); err != nil {
			return err
		}
		return d.Audit(ctx, tx, o.ID, "passkey-end", "passkey "+id+" of "+all[0].Officer)
	})
}

// confirm takes the passphrase of the officer of a session once more, slowed as at the
// sign-in. A program is refused.
func (d *Desk) confirm(ctx context.Context, s Session, passphrase string) (Officer, error) {
	if isProgram(s.token) {
		return Officer{}, ErrScope
	}
	o, _, err := d.live(ctx, d.db.Read(), s.token)
	if err != nil {
		return Officer{}, err
	}
	if _, _, err = d.prove(ctx, o.ID, passphrase); err != nil {
		return Officer{}, err
	}
	return o, d.update(ctx, "confirm", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "delete from desk_attempt where who = $1", attemptOf(o.ID, true))
		return err
	})
}
