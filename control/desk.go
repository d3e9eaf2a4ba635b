package control

import (
	"context"

	"detente/desk"
	"detente/internal/canon"
	"detente/party"
)

func deskVerbs() map[string]verb {
	return map[string]verb{
		"sign-in":            reads(signIn),
		"challenge":          reads(challenge),
		"sign-in-agent":      reads(signInAgent),
		"sign-out":           reads(signOut),
		"officer-add":        writes(officerAdd),
		"officer-list":       reads(officerList),
		"officer-set":        writes(officerSet),
		"officer-deactivate": writes(officerDeactivate),
		"officer-passphrase": writes(officerPassphrase),
		"chain-show":         reads(chainShow),
		"chain-set":          writes(chainSet),
		"audit-list":         reads(auditList),
		"audit-check":        reads(auditCheck),
	}
}

// SignInArgs are a sign-in by passphrase.
type SignInArgs struct {
	Officer    string `json:"officer"`
	Passphrase string `json:"passphrase"`
}

// SignedIn is a session.
type SignedIn struct {
	Officer Officer `json:"officer"`
	Token   string  `json:"token"`
}

// Officer is an account as it is shown.
type Officer struct {
	ID     string      `json:"id"`
	Name   string      `json:"name"`
	Post   party.Post  `json:"post"`
	Roles  []desk.Role `json:"roles"`
	Steps  []string    `json:"steps"`
	SSHKey string      `json:"ssh_key"`
	Active bool        `json:"active"`
}

func officerOf(o desk.Officer) Officer {
	return Officer{ID: o.ID, Name: o.Name, Post: o.Post, Roles: list(o.Roles), Steps: list(o.Steps), SSHKey: o.SSHKey, Active: o.Active}
}

// account is an active account with what o says.
func (o Officer) account() desk.Officer {
	return desk.Officer{ID: o.ID, Name: o.Name, Post: o.Post, Roles: o.Roles, Steps: o.Steps, SSHKey: o.SSHKey, Active: true}
}

// list is s, or an empty list in place of nil, so that JSON has one shape.
func list[E any](s []E) []E {
	if s == nil {
		return []E{}
	}
	return s
}

func signIn(ctx context.Context, c *call, a SignInArgs) (any, error) {
	s, err := c.node.Desk().SignIn(ctx, a.Officer, a.Passphrase)
	if err != nil {
		return nil, err
	}
	return SignedIn{officerOf(s.Officer()), s.Token()}, nil
}

// OfficerArgs name an account.
type OfficerArgs struct {
	Officer    string `json:"officer"`
	Passphrase string `json:"passphrase,omitempty"`
	Console    bool   `json:"console,omitempty"`
}

// Challenge is what an ssh-agent is to sign, and with which key.
type Challenge struct {
	Challenge []byte `json:"challenge"`
	Key       string `json:"key"` // authorized_keys line; empty if the account has none
}

func challenge(ctx context.Context, c *call, a OfficerArgs) (any, error) {
	b, err := c.node.Desk().Challenge(ctx, a.Officer)
	if err != nil {
		return nil, err
	}
	out := Challenge{Challenge: b}
	all, err := c.node.Desk().Officers(ctx)
	for _, o := range all {
		if o.ID == a.Officer && o.Active {
			out.Key = o.SSHKey
		}
	}
	return out, err
}

// AgentArgs are a sign-in by ssh-agent.
type AgentArgs struct {
	Officer   string `json:"officer"`
	Challenge []byte `json:"challenge"`
	Signature []byte `json:"signature"`
}

func signInAgent(ctx context.Context, c *call, a AgentArgs) (any, error) {
	s, err := c.node.Desk().SignInAgent(ctx, a.Officer, a.Challenge, a.Signature)
	if err != nil {
		return nil, err
	}
	return SignedIn{officerOf(s.Officer()), s.Token()}, nil
}

func signOut(ctx context.Context, c *call, _ nothing) (any, error) {
	s, err := c.session(ctx)
	if err != nil {
		return nil, err
	}
	return officerOf(s.Officer()), c.node.Desk().SignOut(ctx, s)
}

// NewOfficer is an account to be made.
type NewOfficer struct {
	Officer
	Passphrase string `json:"passphrase"`
	Console    bool   `json:"console"`
}

func officerAdd(ctx context.Context, c *call, a NewOfficer) (any, error) {
	all, err := c.node.Desk().Officers(ctx)
	if err != nil {
		return nil, err
	}
	by := desk.Console // the first account of a house
	if len(all) > 0 || c.remote {
		if by, err = c.admin(ctx, a.Console); err != nil {
			return nil, err
		}
	}
	o := a.Officer.account()
	if err := c.node.Desk().AddOfficer(ctx, by, o, a.Passphrase); err != nil {
		return nil, err
	}
	return officerOf(o), nil
}

func officerList(ctx context.Context, c *call, _ nothing) (any, error) {
	all, err := c.node.Desk().Officers(ctx)
	out := []Officer{}
	for _, o := range all {
		out = append(out, officerOf(o))
	}
	return out, err
}

// officerSet replaces name, post, roles, steps and key of an account, and takes one
// that is not active back into use.
func officerSet(ctx context.Context, c *call, a InviteArgs) (any, error) {
	by, err := c.admin(ctx, a.Console)
	if err != nil {
		return nil, err
	}
	o := a.Officer.account()
	return officerOf(o), c.node.Desk().SetOfficer(ctx, by, o)
}

func officerDeactivate(ctx context.Context, c *call, a OfficerArgs) (any, error) {
	by, err := c.admin(ctx, a.Console)
	if err != nil {
		return nil, err
	}
	return a.Officer, c.node.Desk().Deactivate(ctx, by, a.Officer)
}

func officerPassphrase(ctx context.Context, c *call, a OfficerArgs) (any, error) {
	by := desk.Console
	if !a.Console || c.remote {
		s, err := c.session(ctx)
		if err != nil {
			return nil, err
		}
		by = s.Officer().ID
	}
	return a.Officer, c.node.Desk().SetPassphrase(ctx, by, a.Officer, a.Passphrase)
}

// Chain is how this state clears what it says, and Step one clearance of it.
type (
	Chain = desk.Chain
	Step  = desk.Step
)

// Role of an officer in the house.
type Role = desk.Role

// Roles lists the roles.
func Roles() []Role { return []Role{desk.Drafter, desk.Clearer, desk.Duty, desk.Admin} }

// IsAdmin reports whether the officer is active and may change accounts, chain, keys and
// roster.
func (o Officer) IsAdmin() bool { return o.account().Has(desk.Admin) && o.Active }

func chainShow(ctx context.Context, c *call, _ nothing) (any, error) {
	return c.node.Desk().Chain(ctx)
}

func chainSet(ctx context.Context, c *call, a desk.Chain) (any, error) {
	s, err := c.session(ctx)
	if err != nil {
		return nil, err
	}
	return a, c.node.Desk().SetChain(ctx, s, a)
}

// AuditArgs select entries of the trail.
type AuditArgs struct {
	From  int64 `json:"from"`
	Limit int   `json:"limit"`
}

// AuditEntry is one line of the trail.
type AuditEntry struct {
	Seq     int64        `json:"seq"`
	At      string       `json:"at"`
	Officer string       `json:"officer"`
	What    string       `json:"what"`
	Detail  string       `json:"detail"`
	Hash    canon.Digest `json:"hash"`
}

func auditList(ctx context.Context, c *call, a AuditArgs) (any, error) {
	last, _, err := c.node.Desk().TrailHead(ctx)
	if err != nil {
		return nil, err
	}
	if a.From == 0 { // the newest
		a.From = max(1, last-int64(a.Limit)+1)
	}
	trail, err := c.node.Desk().Trail(ctx, a.From, a.Limit)
	out := []AuditEntry{}
	for _, e := range trail {
		out = append(out, AuditEntry{e.Seq, canon.FormatTime(e.At), e.Officer, e.What, e.Detail, e.Hash})
	}
	return out, err
}

// AuditChecked says how long the trail is that was checked.
type AuditChecked struct {
	Entries int64        `json:"entries"`
	Hash    canon.Digest `json:"hash"` // of the last; kept elsewhere, it shows a later rewriting
}

func auditCheck(ctx context.Context, c *call, _ nothing) (any, error) {
	if err := c.node.Desk().CheckTrail(ctx); err != nil {
		return nil, err
	}
	n, hash, err := c.node.Desk().TrailHead(ctx)
	return AuditChecked{n, hash}, err
}
