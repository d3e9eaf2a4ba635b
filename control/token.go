package control

import (
	"context"
	"time"

	"detente/desk"
	"detente/internal/canon"
)

func tokenVerbs() map[string]verb {
	return map[string]verb{
		"token-issue": writes(tokenIssue),
		"token-list":  reads(tokenList),
		"token-end":   writes(tokenEnd),
	}
}

// TokenArgs say what a program may do for the officer who is signed in.
type TokenArgs struct {
	Name   string       `json:"name"` // of the program, for people
	Scopes []desk.Scope `json:"scopes"`
	Days   int          `json:"days"` // for which it is in force; 0: 90
}

// Token is what lets a program act for an officer.
type Token struct {
	ID      string       `json:"id"`
	Officer string       `json:"officer"`
	Name    string       `json:"name"`
	Scopes  []desk.Scope `json:"scopes"`
	Made    string       `json:"made"`
	Expires string       `json:"expires"`
	Ended   string       `json:"ended"`  // empty: not ended by a person
	Secret  string       `json:"secret"` // shown once, when it is issued; else empty
}

// tokenDays is for how long a token is in force where nobody says so.
const tokenDays = 90

func tokenOf(t desk.Token) Token {
	return Token{t.ID, t.Officer, t.Name, t.Scopes, canon.FormatTime(t.Made), canon.FormatTime(t.Expires), timeOrEmpty(t.Ended), ""}
}

func tokenIssue(ctx context.Context, c *call, a TokenArgs) (any, error) {
	s, err := c.session(ctx)
	if err != nil {
		return nil, err
	}
	if a.Days == 0 {
		a.Days = tokenDays
	}
	if a.Days < 0 || a.Days > 10_000 {
		return nil, refuse(Usage, "", "a token is not in force for %d days", a.Days)
	}
	t, secret, err := c.node.Desk().IssueToken(ctx, s, a.Name, a.Scopes, c.home.Time().Add(time.Duration(a.Days)*24*time.Hour))
	if err != nil {
		return nil, err
	}
	out := tokenOf(t)
	out.Secret = secret
	return out, nil
}

func tokenList(ctx context.Context, c *call, _ nothing) (any, error) {
	s, err := c.session(ctx)
	if err != nil {
		return nil, err
	}
	all, err := c.node.Desk().Tokens(ctx, s)
	out := []Token{}
	for _, t := range all {
		out = append(out, tokenOf(t))
	}
	return out, err
}

// TokenEndArgs name a token.
type TokenEndArgs struct {
	ID string `json:"id"`
}

func tokenEnd(ctx context.Context, c *call, a TokenEndArgs) (any, error) {
	s, err := c.session(ctx)
	if err != nil {
		return nil, err
	}
	return a.ID, c.node.Desk().EndToken(ctx, s, a.ID)
}

// anybody are the verbs that ask for no session even over a network: they begin or
// end one.
func anybody(verb string) bool {
	switch verb {
	case "sign-in", "challenge", "sign-in-agent", "sign-out", "passkey-challenge", "sign-in-passkey", "founded", "link-show", "first-take", "link-take":
		return true
	}
	return false
}

// ScopeOf is what the token of a program needs for a verb. Empty: it is an act of a
// person, and no program does it.
func ScopeOf(verb string) desk.Scope {
	switch verb {
	case "status", "ready", "doctor", "officer-list", "chain-show", "audit-list", "audit-check",
		"draft-show", "draft-list", "draft-check", "draft-follow", "statement-list", "statement-show", "thread-show", "receipts",
		"roster-show", "roster-status", "peer-list", "observations", "evidence", "key-list",
		"due", "why", "quota", "findings", "portfolio", "blocks", "matrix", "report", "areas", "form", "forms",
		"note-list", "note-show", "note-file", "masthead", "overview", "sent-list", "sent-show", "print", "earlier",
		"measure-list", "measure-show", "pulse", "line-list", "line-messages", "hours-list", "watch", "alerts", "instructions-show", "shift-show", "clarify-show", "incident-list", "incident-show", "visit-list", "document-list", "document-file", "alert", "exercise-list", "exercise-report", "prove", "verify", "evidence-file":
		return desk.ScopeRead
	case "draft-save", "draft-submit", "draft-drop":
		return desk.ScopeDraft
	case "note-enter", "note-scan", "note-void":
		return desk.ScopeRegister
	case "export", "import", "import-look":
		return desk.ScopeCourier
	}
	return ""
}

// admit says whether the caller may call a verb at all: over a network, only under a
// session; a program, only within its scopes, by whatever door it comes.
func (c *call) admit(ctx context.Context, verb string) error {
	if c.token == "" {
		if c.remote && !anybody(verb) {
			return desk.ErrSession
		}
		return nil
	}
	s, err := c.session(ctx)
	if err != nil {
		if !c.remote || anybody(verb) {
			return nil // what asks for a session says so itself
		}
		return err
	}
	if !anybody(verb) && !s.Allows(ScopeOf(verb)) {
		return desk.ErrScope
	}
	return nil
}
