package control

import (
	"context"
	"encoding/json"

	"detente/desk"
	"detente/internal/canon"
)

func passkeyVerbs() map[string]verb {
	return map[string]verb{
		"passkey-list":      reads(passkeyList),
		"passkey-begin":     reads(passkeyBegin),
		"passkey-add":       writes(passkeyAdd),
		"passkey-end":       writes(passkeyEnd),
		"passkey-challenge": reads(passkeyChallenge),
		"sign-in-passkey":   reads(signInPasskey),
	}
}

// At is where a browser sees this desk.
type At struct {
	Origin string `json:"origin"` // scheme, host and port
	Title  string `json:"title"`  // what a browser calls this desk to its user
}

func (a At) address() desk.Address { return desk.Address{Origin: a.Origin, Title: a.Title} }

// Passkey lets an officer sign in by a key of the own machine.
type Passkey struct {
	ID      string `json:"id"`
	Officer string `json:"officer"`
	Name    string `json:"name"`
	Origin  string `json:"origin"` // where it works
	Made    string `json:"made"`
	Used    string `json:"used"`    // empty: never
	Count   uint32 `json:"count"`   // of its uses, as the key counts them; 0: it does not
	Copied  bool   `json:"copied"`  // its maker may keep copies
	Doubted bool   `json:"doubted"` // its count went back: it is not taken any more
}

func passkeyOf(p desk.Passkey) Passkey {
	return Passkey{p.ID, p.Officer, p.Name, p.Origin, canon.FormatTime(p.Made), timeOrEmpty(p.Used), p.Count, p.Copied, p.Doubted}
}

func passkeyList(ctx context.Context, c *call, _ nothing) (any, error) {
	s, err := c.session(ctx)
	if err != nil {
		return nil, err
	}
	all, err := c.node.Desk().Passkeys(ctx, s)
	out := []Passkey{}
	for _, p := range all {
		out = append(out, passkeyOf(p))
	}
	return out, err
}

// PasskeyBeginArgs begin to make a passkey.
type PasskeyBeginArgs struct {
	At
	Passphrase string `json:"passphrase"`
}

// PasskeyOptions are what a browser is to do, as WebAuthn writes it in JSON.
type PasskeyOptions struct {
	Options json.RawMessage `json:"options"`
}

func passkeyBegin(ctx context.Context, c *call, a PasskeyBeginArgs) (any, error) {
	s, err := c.session(ctx)
	if err != nil {
		return nil, err
	}
	options, err := c.node.Desk().BeginPasskey(ctx, s, a.address(), a.Passphrase)
	return PasskeyOptions{options}, err
}

// PasskeyAddArgs keep a passkey that a browser made.
type PasskeyAddArgs struct {
	At
	Name   string `json:"name"`
	Answer string `json:"answer"` // of the browser, as WebAuthn writes it in JSON
}

func passkeyAdd(ctx context.Context, c *call, a PasskeyAddArgs) (any, error) {
	s, err := c.session(ctx)
	if err != nil {
		return nil, err
	}
	p, err := c.node.Desk().AddPasskey(ctx, s, a.address(), a.Name, []byte(a.Answer))
	if err != nil {
		return nil, err
	}
	return passkeyOf(p), nil
}

// PasskeyEndArgs name a passkey, with the passphrase of who removes it.
type PasskeyEndArgs struct {
	ID         string `json:"id"`
	Passphrase string `json:"passphrase"`
}

func passkeyEnd(ctx context.Context, c *call, a PasskeyEndArgs) (any, error) {
	s, err := c.session(ctx)
	if err != nil {
		return nil, err
	}
	return a.ID, c.node.Desk().EndPasskey(ctx, s, a.ID, a.Passphrase)
}

func passkeyChallenge(ctx context.Context, c *call, a At) (any, error) {
	options, err := c.node.Desk().PasskeyChallenge(a.address())
	return PasskeyOptions{options}, err
}

// PasskeyArgs are a sign-in by passkey.
type PasskeyArgs struct {
	At
	Answer string `json:"answer"` // of the browser, as WebAuthn writes it in JSON
}

func signInPasskey(ctx context.Context, c *call, a PasskeyArgs) (any, error) {
	s, err := c.node.Desk().SignInPasskey(ctx, a.address(), []byte(a.Answer))
	if err != nil {
		return nil, err
	}
	return SignedIn{officerOf(s.Officer()), s.Token()}, nil
}
