package control

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"detente/internal/canon"
	"detente/pack"
	"detente/party"
	"detente/roster"
)

func adoptVerbs() map[string]verb {
	return map[string]verb{
		"texts-adopt": writes(textsAdopt),
	}
}

// effectIn is how far ahead the edition of a state alone takes effect: its own
// adoption has to be in its record by then.
const effectIn = 2 * time.Second

// TextsArgs put texts in force for a state alone.
type TextsArgs struct {
	Packs   []roster.Pack `json:"packs"` // a zero digest: the one at hand
	Slots   []roster.Slot `json:"slots"` // an empty value takes one out
	With    []Distant     `json:"with"`
	Console bool          `json:"console"`
}

// Distant is another state, which keeps no record here, or a code for one that is
// known, the own one too.
type Distant struct {
	ID    string            `json:"id"`
	Names map[string]string `json:"names"` // by language; empty: from its id
	Code  string            `json:"code"`  // as the texts name it; empty: none, or the one that it has
}

// textsAdopt writes and adopts the next edition of a group of one, which takes effect
// within a few seconds. Who is of a group adopts texts with the group's roster.
func textsAdopt(ctx context.Context, c *call, a TextsArgs) (any, error) {
	r, err := c.nextAlone()
	if err != nil {
		return nil, err
	}
	for _, w := range a.With {
		if err := addDistant(r, w); err != nil {
			return nil, err
		}
	}
	for _, p := range a.Packs {
		at, err := c.node.Text(ctx, p.ID, p.Digest)
		if errors.Is(err, pack.ErrNotAtHand) {
			return nil, refuse(NotFound, "detente pack list", "no pack %s is known here", p.ID)
		}
		if err != nil {
			return nil, err
		}
		r.Packs = slices.DeleteFunc(r.Packs, func(q roster.Pack) bool { return q.ID == p.ID })
		r.Packs = append(r.Packs, roster.Pack{ID: p.ID, Digest: at.Digest()})
	}
	for _, s := range a.Slots {
		if err := c.setSlot(ctx, r, s); err != nil {
			return nil, err
		}
	}
	r.Effective = canon.FormatTime(c.home.Time().UTC().Add(effectIn).Truncate(time.Second).Add(time.Second))
	b, err := r.Bytes()
	if err != nil {
		return nil, refuse(Usage, "", "%v", err)
	}
	return rosterAdopt(ctx, c, AdoptArgs{Body: string(b), Console: a.Console})
}

// nextAlone is the draft of the edition that follows, of a state that is alone in its
// group.
func (c *call) nextAlone() (*roster.Roster, error) {
	now := c.node.Keys().Current()
	b, err := now.Bytes()
	if err != nil {
		return nil, err
	}
	r, err := roster.Parse(b) // a copy of its own
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(roster.Required(r), func(id party.ID) bool { return id != c.node.Self() }) {
		return nil, refuse(Usage, "detente roster new --follow --out next.json; detente roster set next.json --pack ID=DIGEST; then all adopt it: detente roster adopt next.json",
			"texts of a group are in its roster, which all adopt")
	}
	r.Previous, r.Edition = r.Digest(), r.Edition+1
	return r, nil
}

// addDistant adds a member without a record, or sets the code of one that is there.
func addDistant(r *roster.Roster, w Distant) error {
	id, err := party.ParseID(w.ID)
	if err != nil {
		return refuse(Usage, "", "%v", err)
	}
	if _, ok := r.Party(id); !ok {
		names := w.Names
		if len(names) == 0 {
			names = map[string]string{}
			for _, l := range r.Languages {
				names[l] = strings.ToUpper(w.ID[:1]) + w.ID[1:]
			}
		}
		r.Parties = append(r.Parties, roster.Party{ID: id, Standing: roster.Member, Names: names, Posts: []party.Post{"duty-officer"}})
	}
	for i := range r.Parties {
		if r.Parties[i].ID == id && w.Code != "" {
			r.Parties[i].Code = w.Code
		}
	}
	return nil
}

// setSlot fills in what a text leaves to agreement. A slot that no text has is
// refused: it would never be used.
func (c *call) setSlot(ctx context.Context, r *roster.Roster, s roster.Slot) error {
	r.Slots = slices.DeleteFunc(r.Slots, func(x roster.Slot) bool {
		return x.ID == s.ID && slices.Equal(slices.Sorted(slices.Values(x.Between)), slices.Sorted(slices.Values(s.Between)))
	})
	if s.Value == "" {
		return nil
	}
	of, name, _ := strings.Cut(s.ID, ".")
	i := slices.IndexFunc(r.Packs, func(p roster.Pack) bool { return p.ID == of })
	if i < 0 {
		return refuse(NotFound, "detente pack adopt "+of+" --slot "+s.ID+"="+s.Value, "no text %s is adopted here", of)
	}
	p, err := c.node.Text(ctx, of, r.Packs[i].Digest)
	if err != nil && !errors.Is(err, pack.ErrNotAtHand) {
		return err
	}
	if err == nil {
		switch slot, ok := p.Head.Slot(name); {
		case !ok:
			return refuse(NotFound, "detente pack show "+of, "the text %s leaves no %s to agreement", of, name)
		case !slot.Takes(s.Value):
			return refuse(Usage, "detente pack show "+of, "%s is a %s, and %q is none", s.ID, slot.Type, s.Value)
		}
	}
	r.Slots = append(r.Slots, s)
	return nil
}
