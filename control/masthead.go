package control

import (
	"context"

	"detente/internal/canon"
	"detente/party"
	"detente/regime"
	"detente/roster"
)

func mastheadVerbs() map[string]verb {
	return map[string]verb{
		"masthead": reads(masthead),
	}
}

// MastheadArgs say in which language states are named.
type MastheadArgs struct {
	Language regime.Lang `json:"language"`
}

// Masthead is what stands above every page of an officer: who and where one is, and
// whether the lines are heard.
type Masthead struct {
	Officer   Officer       `json:"officer"`
	Party     party.ID      `json:"party"`
	Group     string        `json:"group"` // its name
	Origin    party.Origin  `json:"origin"`
	Now       string        `json:"now"`     // by the clock of the node
	Parties   []Named       `json:"parties"` // in the order of the roster
	Lines     int           `json:"lines"`   // parties with a record, this one apart
	Heard     int           `json:"heard"`   // of them, those that answer now
	Packs     []roster.Pack `json:"packs"`   // texts in force
	Boards    bool          `json:"boards"`  // the group decided on boards across states
	Suspended bool          `json:"suspended"`
	Assured   string        `json:"assured"` // empty: the node signs; else why not
	Restored  bool          `json:"restored"`
	Awaiting  bool          `json:"awaiting"` // the home awaits a roster: no node runs
}

// Named is a party as a page names it.
type Named struct {
	ID       party.ID        `json:"id"`
	Name     string          `json:"name"`
	Standing roster.Standing `json:"standing"`
	Record   bool            `json:"record"` // false: it has no record
}

// masthead asks for a session: a page shows nothing to anybody else.
func masthead(ctx context.Context, c *call, a MastheadArgs) (any, error) {
	s, err := c.session(ctx)
	if err != nil {
		return nil, err
	}
	n := c.node
	current := n.Keys().Current()
	m := Masthead{Officer: officerOf(s.Officer()), Party: n.Self(), Origin: n.Origin(), Now: canon.FormatTime(n.Now().UTC()), Parties: []Named{}, Packs: list(current.Packs), Boards: current.Boards, Restored: c.home.Restored}
	for _, lang := range append([]string{string(a.Language)}, current.Languages...) {
		if m.Group = current.Names[lang]; m.Group != "" {
			break
		}
	}
	for _, p := range current.Parties {
		m.Parties = append(m.Parties, Named{p.ID, current.Name(p.ID, string(a.Language)), p.Standing, p.Card != nil})
	}
	if err := n.Assured(); err != nil {
		m.Assured = err.Error()
	}
	peers, err := n.Peers(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range peers {
		if row, ok := current.Party(p.Party); ok && row.Card != nil {
			m.Lines++
			if p.Link == "direct" || p.Link == "dials in" {
				m.Heard++
			}
		}
	}
	m.Suspended, err = n.Suspended(ctx, n.Self())
	return m, err
}
