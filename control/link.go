package control

import (
	"context"

	"detente/desk"
	"detente/internal/canon"
)

func linkVerbs() map[string]verb {
	return map[string]verb{
		"founded":        reads(founded),
		"first-link":     writes(firstLink),
		"first-take":     writes(firstTake),
		"link-show":      reads(linkShow),
		"link-take":      writes(linkTake),
		"officer-invite": writes(officerInvite),
		"officer-link":   writes(officerLink),
	}
}

// Founded says whether the house has an administrator.
type Founded struct {
	Founded bool `json:"founded"`
}

func founded(ctx context.Context, c *call, _ nothing) (any, error) {
	is, err := c.node.Desk().Founded(ctx)
	return Founded{is}, err
}

// Link is the secret of an address that serves once, shown when it is made.
type Link struct {
	Secret  string `json:"secret"`
	Expires string `json:"expires"`
}

func linkOf(l desk.Link, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return Link{l.Secret, canon.FormatTime(l.Expires)}, nil
}

// firstLink is for whoever commands the machine.
func firstLink(ctx context.Context, c *call, a ConsoleArgs) (any, error) {
	if c.remote || !a.Console {
		return nil, refuse(Permission, "detente officer link, on the machine of the node", "the link for the first officer is made on the machine of the node")
	}
	return linkOf(c.node.Desk().FirstLink(ctx))
}

// FirstArgs are the account of the first officer.
type FirstArgs struct {
	Officer
	Secret     string `json:"secret"`
	Passphrase string `json:"passphrase"`
}

func firstTake(ctx context.Context, c *call, a FirstArgs) (any, error) {
	s, err := c.node.Desk().TakeFirst(ctx, a.Secret, a.Officer.account(), a.Passphrase)
	if err != nil {
		return nil, err
	}
	return SignedIn{officerOf(s.Officer()), s.Token()}, nil
}

// LinkArgs name a link, and what is set by it.
type LinkArgs struct {
	Secret     string `json:"secret"`
	Passphrase string `json:"passphrase,omitempty"`
}

// LinkFor says for whom a link is.
type LinkFor struct {
	First    bool    `json:"first"`    // for the first officer, who makes an account
	Awaiting bool    `json:"awaiting"` // for whoever pins the roster of a home that awaits one
	Officer  Officer `json:"officer"`  // who sets a passphrase
}

func linkShow(ctx context.Context, c *call, a LinkArgs) (any, error) {
	o, err := c.node.Desk().LinkOf(ctx, a.Secret)
	if err != nil {
		return nil, err
	}
	return LinkFor{First: o.ID == "", Officer: officerOf(o)}, nil
}

func linkTake(ctx context.Context, c *call, a LinkArgs) (any, error) {
	s, err := c.node.Desk().TakeLink(ctx, a.Secret, a.Passphrase)
	if err != nil {
		return nil, err
	}
	return SignedIn{officerOf(s.Officer()), s.Token()}, nil
}

// InviteArgs are an account whose officer sets the passphrase by a link.
type InviteArgs struct {
	Officer
	Console bool `json:"console"`
}

func officerInvite(ctx context.Context, c *call, a InviteArgs) (any, error) {
	by, err := c.admin(ctx, a.Console)
	if err != nil {
		return nil, err
	}
	return linkOf(c.node.Desk().InviteOfficer(ctx, by, a.Officer.account()))
}

func officerLink(ctx context.Context, c *call, a OfficerArgs) (any, error) {
	by, err := c.admin(ctx, a.Console)
	if err != nil {
		return nil, err
	}
	return linkOf(c.node.Desk().OfficerLink(ctx, by, a.Officer))
}
