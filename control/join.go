package control

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"detente/home"
	"detente/internal/canon"
	"detente/key"
	"detente/party"
	"detente/roster"
)

func joinVerbs() map[string]verb {
	return map[string]verb{
		"card-show":   reads(cardShow),
		"card-look":   reads(cardLook),
		"roster-look": reads(rosterLook),
	}
}

// Card is the public half of a party's keys, as people compare it.
type Card struct {
	Party  party.ID     `json:"party"`
	Origin party.Origin `json:"origin"`
	Digest canon.Digest `json:"digest"`
	Words  []string     `json:"words"` // to be read over the telephone
	Body   string       `json:"body"`  // the file that is handed to the others
	// Stands says how the card stands to the roster in force: in force, another one, or
	// the party has none in it.
	Stands CardStand `json:"stands"`
}

// CardStand is how a card stands to a roster.
type CardStand string

// How a card stands.
const (
	CardInForce CardStand = "in-force" // the roster has it
	CardOther   CardStand = "other"    // the roster has another one of the party
	CardNew     CardStand = "new"      // the roster has none of the party
)

func cardOf(k key.Card, r *roster.Roster) (Card, error) {
	b, err := k.Bytes()
	if err != nil {
		return Card{}, err
	}
	d := k.Digest()
	c := Card{Party: partyOf(k.Origin), Origin: k.Origin, Digest: d, Words: key.Words(d), Body: string(b), Stands: CardNew}
	if r == nil {
		return c, nil
	}
	if p, ok := r.Party(c.Party); ok && p.Card != nil {
		c.Stands = CardOther
		if *p.Card == k {
			c.Stands = CardInForce
		}
	}
	return c, nil
}

// partyOf is the party that an origin names; who it is says a roster.
func partyOf(o party.Origin) party.ID {
	id, _, _ := strings.Cut(string(o), "/")
	return party.ID(id)
}

func cardShow(ctx context.Context, c *call, _ nothing) (any, error) {
	return cardOf(c.home.Card, c.node.Keys().Current())
}

// FileArgs carry a small file: a card, a roster.
type FileArgs struct {
	Body string `json:"body"`
}

func cardLook(ctx context.Context, c *call, a FileArgs) (any, error) {
	return readCard(a.Body, c.node.Keys().Current())
}

// readCard reads a card that was handed over; r may be nil.
func readCard(body string, r *roster.Roster) (any, error) {
	k, err := key.ParseCard([]byte(body))
	if err != nil {
		return nil, refuse(Verification, "ask for the card again: detente key card", "%v", err)
	}
	return cardOf(k, r)
}

// RosterLook is an edition that was handed over, before anybody adopts it.
type RosterLook struct {
	Group     party.Group       `json:"group"`
	Names     map[string]string `json:"names"` // of the group, by language
	Edition   int               `json:"edition"`
	Effective string            `json:"effective"`
	Digest    canon.Digest      `json:"digest"`
	Words     []string          `json:"words"`
	Rows      []RosterRow       `json:"rows"`
	Packs     []roster.Pack     `json:"packs"`
	Gone      []party.ID        `json:"gone"` // parties of the edition in force that it lacks
	Faults    []Fault           `json:"faults"`
	Refused   bool              `json:"refused"` // it cannot be adopted as it is
	Required  []party.ID        `json:"required"`
}

// RosterRow is a party of an edition, with its card in words.
type RosterRow struct {
	Party    party.ID          `json:"party"`
	Names    map[string]string `json:"names"`
	Standing roster.Standing   `json:"standing"`
	Card     *Card             `json:"card"` // null: it has no record
}

// rosterLook reads an edition and says every fault; nothing is stored.
func rosterLook(ctx context.Context, c *call, a FileArgs) (any, error) {
	r, err := roster.Parse([]byte(a.Body))
	if err != nil {
		return nil, refuse(Verification, "detente roster check FILE", "%v", err)
	}
	out, err := lookOf(r, c.node.Keys().Current(), before(c.node, r))
	if err != nil {
		return nil, err
	}
	if r.Group != c.node.First().Group {
		out.Refused = true
		out.Faults = append(out.Faults, Fault{Where: "group", What: "it is of another group than this home",
			Do: "a home belongs to one group for good; make another home for another group: detente init --for-group", Severe: true})
	} else if me, ok := r.Party(c.node.Self()); ok && me.Card != nil {
		if err := home.CheckOwn(r, c.node.Self(), c.home.Card); err != nil {
			out.Refused = true
			out.Faults = append(out.Faults, Fault{Where: string(c.node.Self()), What: err.Error(), Severe: true})
		}
	}
	if now := c.node.Keys().Current(); r.Edition <= now.Edition {
		out.Refused = true
		out.Faults = append(out.Faults, Fault{Where: "edition", What: fmt.Sprintf("edition %d is in force here, and this one is not later", now.Edition), Severe: true})
	}
	out.Required = list(roster.Required(c.node.Keys().Current()))
	return out, nil
}

// lookOf compares an edition with the one in force and lints it against the one before.
func lookOf(r, current, previous *roster.Roster) (*RosterLook, error) {
	out := &RosterLook{Group: r.Group, Names: r.Names, Edition: r.Edition, Effective: r.Effective, Digest: r.Digest(), Words: key.Words(r.Digest()),
		Rows: []RosterRow{}, Packs: list(r.Packs), Gone: []party.ID{}, Faults: []Fault{}, Required: []party.ID{}}
	for _, p := range r.Parties {
		row := RosterRow{Party: p.ID, Names: p.Names, Standing: p.Standing}
		if p.Card != nil {
			card, err := cardOf(*p.Card, current)
			if err != nil {
				return nil, err
			}
			row.Card = &card
		}
		out.Rows = append(out.Rows, row)
	}
	if current != nil {
		for _, p := range current.Parties {
			if !slices.ContainsFunc(out.Rows, func(row RosterRow) bool { return row.Party == p.ID }) {
				out.Gone = append(out.Gone, p.ID)
			}
		}
	}
	faults := r.Lint(previous)
	for _, f := range faults {
		out.Faults = append(out.Faults, Fault{Where: f.Where, What: f.What, Do: f.Do, Severe: f.Severe})
	}
	out.Refused = roster.Refused(faults)
	return out, nil
}
