package roster

import (
	"fmt"
	"time"

	"detente/internal/canon"
	"detente/key"
	"detente/party"
)

// follows lists what keeps r from being the edition after prev, whose digest is
// d; all of it is severe.
func (r *Roster) follows(prev *Roster, d canon.Digest) []Fault {
	var f findings
	if r.Group != prev.Group {
		f.severe("group", fmt.Sprintf("%s is not the group of the edition before, %s", r.Group, prev.Group), "copy it from there")
	}
	if r.Edition != prev.Edition+1 {
		f.severe("edition", fmt.Sprintf("%d does not follow %d", r.Edition, prev.Edition), fmt.Sprintf("write %d", prev.Edition+1))
	}
	if r.Previous != d {
		f.severe("previous", fmt.Sprintf("%s is not the digest of the edition before", r.Previous), "write "+d.String())
	}
	before, err1 := canon.ParseTime(prev.Effective)
	now, err2 := canon.ParseTime(r.Effective)
	if err1 == nil && err2 == nil && !now.After(before) {
		f.severe("effective", fmt.Sprintf("%s is not after the moment of effect of the edition before, %s", r.Effective, prev.Effective), "choose a later moment")
	}
	r.followsCards(prev, &f)
	return f
}

// followsCards holds the cards to those of prev: editions pin first keys and key
// acts change them, so a card stays as it is or names a new record.
func (r *Roster) followsCards(prev *Roster, f *findings) {
	for _, p := range r.Parties {
		if p.Card == nil {
			continue
		}
		old, had := prev.ByOrigin(p.Card.Origin)
		switch {
		case had && old.ID != p.ID:
			f.severe(row(p.ID), fmt.Sprintf("record %s was that of %s in the edition before", p.Card.Origin, old.ID), "make new keys for this party")
			continue
		case had && *old.Card != *p.Card:
			f.severe(row(p.ID), "its card differs from that of the edition before, while its record is the same", "keep the card, keys change by key acts; after a loss of keys enter a card with a new record")
			continue
		case had:
			continue
		}
		if other, used := prev.usesKeyOf(p.Card); used {
			f.severe(row(p.ID), fmt.Sprintf("a key of its new card was one of %s in the edition before", other), "make new keys for this record")
		}
	}
}

// usesKeyOf reports whether a key of c stands in one of r's cards, and whose.
func (r *Roster) usesKeyOf(c *key.Card) (party.ID, bool) {
	keys, err := readCard(c)
	if err != nil {
		return "", false // check says so
	}
	own := map[material]bool{}
	for _, m := range materialsOf(c, keys) {
		own[m.material] = true
	}
	for _, p := range r.Parties {
		if p.Card == nil {
			continue
		}
		others, err := readCard(p.Card)
		if err != nil {
			continue
		}
		for _, m := range materialsOf(p.Card, others) {
			if own[m.material] {
				return p.ID, true
			}
		}
	}
	return "", false
}

// Required lists the parties whose adoption the edition after prev needs, in
// protocol order: those with a record that are members, or under AdoptionAll
// also secretariats. For edition 1, which nothing precedes, prev is edition 1
// itself; so a private group needs its one party alone.
func Required(prev *Roster) []party.ID {
	ids := []party.ID{}
	for _, p := range prev.Parties {
		counts := p.Standing == Member || p.Standing == Secretariat && prev.Adoption == AdoptionAll
		if p.Card != nil && counts {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

// InForce reports whether r came into force at its moment of effect: every party
// that prev requires (for edition 1 prev is nil) lodged its adoption of exactly
// this edition by then. adopted holds the not-after time of each adoption, as
// package lodging finds it. An adoption that came later does not count, so an
// edition that is not in force after its moment is void for ever and is proposed
// anew, with another moment and so another digest.
//
// More evidence may still show that an adoption was lodged in time. An edition
// that nobody can adopt is never in force.
func (r *Roster) InForce(prev *Roster, adopted map[party.ID]time.Time) bool {
	if (r.Edition == 1) != (prev == nil) {
		return false
	}
	rule := prev
	if rule == nil {
		rule = r
	}
	return len(Required(rule)) > 0 && len(r.Missing(prev, adopted)) == 0
}

// Missing lists the required parties whose adoption by the moment of effect is
// not shown, in protocol order.
func (r *Roster) Missing(prev *Roster, adopted map[party.ID]time.Time) []party.ID {
	if prev == nil {
		prev = r
	}
	effective, err := canon.ParseTime(r.Effective)
	missing := []party.ID{}
	for _, id := range Required(prev) {
		t, ok := adopted[id]
		if err != nil || !ok || t.After(effective) {
			missing = append(missing, id)
		}
	}
	return missing
}
