package control

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"detente/act"
	"detente/clarification"
	"detente/docket"
	"detente/node"
	"detente/party"
)

func clarificationVerbs() map[string]verb {
	return map[string]verb{
		"clarify-show":  reads(clarifyShow),
		"clarify-state": writes(clarifyState),
	}
}

// MatterArgs name a matter: a thread, its status and, where a thread has several,
// the parties.
type MatterArgs struct {
	Thread  string     `json:"thread"`
	Status  act.Status `json:"status"`  // empty: actual
	Parties []party.ID `json:"parties"` // empty: the only set that accounts in the thread name
}

// Matter is how a matter stands: what is agreed on apart from what is not.
type Matter struct {
	Thread  string     `json:"thread"`
	Status  act.Status `json:"status"`
	Parties []party.ID `json:"parties"`
	Points  []Point    `json:"points"`
	// Other are further sets of parties that accounts in this thread name.
	Other [][]party.ID `json:"other"`
}

// Point is one point with what each party says of it.
type Point struct {
	Name     string                `json:"name"` // hexadecimal digits of its digest
	Kind     clarification.Kind    `json:"kind"`
	Language string                `json:"language"`
	Text     string                `json:"text"`
	Finding  clarification.Finding `json:"finding"`
	// Stances is what each party said, in the order of Parties; one that said nothing
	// is not in it.
	Stances map[party.ID]clarification.Stance `json:"stances"`
}

func clarifyShow(ctx context.Context, c *call, a MatterArgs) (any, error) {
	m, _, err := c.matter(ctx, a)
	return m, err
}

func (c *call) matter(ctx context.Context, a MatterArgs) (Matter, []clarification.Row, error) {
	a.Status = cmp.Or(a.Status, act.Actual) // never several at once
	out := Matter{Thread: a.Thread, Status: a.Status, Points: []Point{}, Other: [][]party.ID{}}
	filed, err := c.node.Accounts(ctx, a.Thread, a.Status)
	if err != nil {
		return out, nil, err
	}
	sets := clarification.Matters(filed)
	out.Parties = slices.Clone(a.Parties)
	slices.Sort(out.Parties)
	switch {
	case len(a.Parties) == 0 && len(sets) == 0:
		return out, nil, refuse(NotFound, "detente clarify state "+a.Thread+" --with PARTY --fact TEXT", "no side has stated points in the %s thread %s", a.Status, a.Thread)
	case len(a.Parties) == 0 && len(sets) > 1:
		return out, nil, refuse(Usage, "name the parties: --with PARTY,PARTY", "%d sets of parties have stated points in the thread %s", len(sets), a.Thread)
	case len(a.Parties) == 0:
		out.Parties = sets[0]
	}
	for _, s := range sets {
		if !slices.Equal(s, out.Parties) {
			out.Other = append(out.Other, s)
		}
	}
	rows := clarification.Table(out.Parties, filed)
	for i := range rows {
		r := &rows[i]
		out.Points = append(out.Points, Point{clarification.Name(&r.Point), r.Point.Kind, r.Point.Language, node.Legible(r.Point.Text), r.Finding, r.Stances})
	}
	return out, rows, nil
}

// StateArgs say what this state says of points: new ones by their text, those that
// stand by the first digits of their name.
type StateArgs struct {
	MatterArgs
	To       []party.ID                      `json:"to"` // further addressees, e.g. a third party that offers its good offices
	Facts    []string                        `json:"facts"`
	Joint    string                          `json:"joint"`
	Language string                          `json:"language"`
	Stances  map[string]clarification.Stance `json:"stances"` // by the first digits of a point's name
}

func clarifyState(ctx context.Context, c *call, a StateArgs) (any, error) {
	if len(a.Parties) > 0 && !slices.Contains(a.Parties, c.node.Self()) {
		a.Parties = append(a.Parties, c.node.Self())
	}
	m, rows, err := c.matter(ctx, a.MatterArgs)
	if err != nil {
		return nil, err
	}
	account := clarification.Account{Parties: m.Parties}
	for _, text := range a.Facts {
		account.Points = append(account.Points, clarification.Point{Kind: clarification.Fact, Language: a.Language, Text: strings.TrimSpace(text), Stance: clarification.Agrees})
	}
	if a.Joint != "" {
		account.Points = append(account.Points, clarification.Point{Kind: clarification.Joint, Language: a.Language, Text: strings.TrimSpace(a.Joint), Stance: clarification.Agrees})
	}
	for i := range rows {
		p := rows[i].Point
		for digits, stance := range a.Stances {
			if found, err := clarification.Find(rows, digits); err == nil && found.Digest() == p.Digest() {
				p.Stance = stance
				account.Points = append(account.Points, p)
			}
		}
	}
	for digits := range a.Stances {
		if _, err := clarification.Find(rows, digits); err != nil {
			return nil, refuse(NotFound, "detente clarify show "+a.Thread, "no single point of the thread %s begins with %q", a.Thread, digits)
		}
	}
	b, err := account.Bytes()
	if err != nil {
		return nil, err
	}
	r := node.Request{Status: m.Status, Thread: a.Thread, Type: clarification.Type, Body: b}
	for _, id := range append(slices.Clone(m.Parties), a.To...) {
		if id != c.node.Self() && !slices.Contains(r.To, id) {
			r.To = append(r.To, id)
		}
	}
	if r.Answers, err = c.newest(ctx, a.Thread, m.Status); err != nil {
		return nil, err
	}
	return c.lineDraft(ctx, r)
}

// newest is the newest statement of another party in a thread: what an account
// answers; empty if there is none.
func (c *call) newest(ctx context.Context, thread string, status act.Status) (string, error) {
	rows, err := c.node.List(ctx, docket.Filter{Thread: thread, Status: status, Kinds: []act.Kind{act.Statement}, Newest: true, Limit: MaxList})
	if err != nil {
		return "", err
	}
	for _, r := range rows {
		if r.Author != c.node.Self() {
			return r.Ref.String(), nil
		}
	}
	return "", nil
}

// accountText writes an account for people.
func accountText(a *clarification.Account) string {
	var b strings.Builder
	var names []string
	for _, p := range a.Parties {
		names = append(names, string(p))
	}
	fmt.Fprintf(&b, "On a matter between %s, this party says:\n", strings.Join(names, ", "))
	for i := range a.Points {
		p := &a.Points[i]
		says := map[clarification.Stance]string{clarification.Agrees: "states", clarification.Disputes: "disputes", clarification.NotKnown: "does not know", clarification.Silent: "takes back"}[p.Stance]
		if p.Kind == clarification.Joint {
			says = map[clarification.Stance]string{clarification.Agrees: "adopts the joint text", clarification.Disputes: "declines the joint text",
				clarification.NotKnown: "has not decided on the joint text", clarification.Silent: "takes back its word on the joint text"}[p.Stance]
		}
		fmt.Fprintf(&b, "  %s (%s): %s\n", says, p.Language, strings.ReplaceAll(p.Text, "\n", "\n    "))
	}
	return node.Legible(b.String())
}
