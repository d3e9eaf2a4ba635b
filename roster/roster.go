package roster

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"detente/internal/canon"
	"detente/key"
	"detente/lodging"
	"detente/party"
)

// Format is the first value of every roster of this version.
const Format = "detente.roster/v1"

// Standing of a party in its group.
type Standing string

// The five standings. Only members and secretariats take part in adoption.
const (
	Member      Standing = "member"
	Observer    Standing = "observer"
	Partner     Standing = "partner"
	Secretariat Standing = "secretariat"
	WitnessOnly Standing = "witness-only" // an outsider that cosigns and no more
)

// Adoption rules: whose adoptions the next edition needs.
const (
	AdoptionAll     = "all"         // every member and secretariat with a record
	AdoptionMembers = "all-members" // every member with a record
)

// MaxActs is the newest version of acts that an edition can name.
const MaxActs = 2

// Roster is one edition. Its JSON has the canonical form of internal/canon.
type Roster struct {
	Format string `json:"format"` // Format
	// Proposal is not empty in a template and in what was made of one, as long
	// as the parties have not confirmed it; the linter refuses such an edition.
	Proposal   string            `json:"proposal,omitempty"`
	Remarks    []string          `json:"remarks,omitempty"` // for people: at most 16; no rule reads them
	Group      party.Group       `json:"group"`
	Edition    int               `json:"edition"`    // from 1
	Previous   canon.Digest      `json:"previous"`   // of the edition before; zero in edition 1
	Effective  string            `json:"effective"`  // canon time: moment of effect and deadline of its adoptions
	Names      map[string]string `json:"names"`      // of the group, by language
	Languages  []string          `json:"languages"`  // BCP 47 tags, 1 to MaxLanguages, the first is the default
	Parties    []Party           `json:"parties"`    // in protocol order, 1 to MaxParties
	Counting   Counting          `json:"counting"`   // who counts for time
	Custodians []party.ID        `json:"custodians"` // hold ciphertext that they cannot read
	Adoption   string            `json:"adoption"`   // AdoptionAll or AdoptionMembers: the rule for the next edition
	Courier    string            `json:"courier"`    // slowest round trip, e.g. "336h"; empty: no courier
	Boards     bool              `json:"boards"`     // whether the group decided on boards across states
	// Acts is the newest version of acts that every party reads, so that an author may
	// use it: MaxActs, or 0 for version 1.
	Acts      int               `json:"acts,omitempty"`
	Packs     []Pack            `json:"packs"`     // texts in force, as data, by digest
	Slots     []Slot            `json:"slots"`     // what the group, or some of it, filled in by agreement
	Retention map[string]string `json:"retention"` // class to duration, e.g. "87600h"
}

// Counting is W, f and k of protocol §2.
type Counting struct {
	Witnesses []party.ID `json:"witnesses"` // W
	F         int        `json:"f"`         // how many of them are assumed to lie or to have a wrong clock
	K         int        `json:"k"`         // how many are needed
}

// Pack names a text as data that is in force from the effect of the edition on: by
// its digest, so that every node derives the same from it.
type Pack struct {
	ID     string       `json:"id"`     // e.g. vd11
	Digest canon.Digest `json:"digest"` // of the pack
}

// LineSlots begins the names of slots that belong to no text: they say how alerts on
// the lines of the group call (spec/watch.md).
const LineSlots = "line."

// Slot is what a text leaves to agreement and the parties filled in, e.g.
// cica.2.1.1d.lead: P42D. What a value means, the pack says.
type Slot struct {
	ID      string     `json:"id"`      // pack and slot
	Value   string     `json:"value"`   // 1 to maxValue bytes on one line
	Between []party.ID `json:"between"` // the parties that agreed on it, two or more; empty: all
}

// Slot returns what was agreed on for a slot between two parties: what the
// fewest parties agreed on that both belong to (of several, the first), else what
// all agreed on.
func (r *Roster) Slot(id string, a, b party.ID) (string, bool) {
	best := -1
	for i, s := range r.Slots {
		if s.ID != id || len(s.Between) > 0 && !(slices.Contains(s.Between, a) && slices.Contains(s.Between, b)) {
			continue
		}
		if best < 0 || len(s.Between) > 0 && (len(r.Slots[best].Between) == 0 || len(s.Between) < len(r.Slots[best].Between)) {
			best = i
		}
	}
	if best < 0 {
		return "", false
	}
	return r.Slots[best].Value, true
}

// Party is one row. Card is nil for a party without a record.
type Party struct {
	ID       party.ID          `json:"id"`
	Standing Standing          `json:"standing"`
	Names    map[string]string `json:"names"` // by language
	Code     string            `json:"code"`  // ISO 3166-1 alpha-2 or another interchange code; may be empty
	// Remark is for people, e.g. which fact is to be confirmed; no rule reads it.
	Remark    string       `json:"remark,omitempty"`
	Control   string       `json:"control"`   // parties under common control share this token; may be empty
	Posts     []party.Post `json:"posts"`     // offices that issue and acknowledge
	Endpoints []string     `json:"endpoints"` // https://host:port; empty: by courier only
	Card      *key.Card    `json:"card"`
}

// Parse reads an edition strictly: canonical JSON within the bounds of
// spec/roster.md. The error names the place. It does not lint.
func Parse(b []byte) (*Roster, error) {
	var r Roster
	if err := canon.ParseJSON(b, &r); err != nil {
		return nil, fmt.Errorf("parse roster: %w", err)
	}
	if err := r.check(edition); err != nil {
		return nil, fmt.Errorf("parse roster: %w", err)
	}
	again, err := canon.JSON(r.filled())
	if err != nil {
		return nil, fmt.Errorf("parse roster: %w", err)
	}
	if !bytes.Equal(again, b) {
		return nil, errors.New("parse roster: null stands where a list or an object belongs; write [] or {}")
	}
	return &r, nil
}

// Read reads a draft that a person wrote: any spacing and order of keys, and
// group, edition, previous and effective may still be missing. All other bounds hold.
func Read(b []byte) (*Roster, error) {
	var r Roster
	if err := canon.ReadJSON(b, &r); err != nil {
		return nil, fmt.Errorf("read roster draft: %w", err)
	}
	if err := r.check(draft); err != nil {
		return nil, fmt.Errorf("read roster draft: %w", err)
	}
	return &r, nil
}

// Bytes writes the canonical form. A roster that Parse would refuse is refused
// here with the same words.
func (r *Roster) Bytes() ([]byte, error) { return r.bytesKnowing(nil) }

func (r *Roster) bytesKnowing(known func(*key.Card) (cardKeys, bool)) ([]byte, error) {
	if err := r.checkKnowing(edition, known); err != nil {
		return nil, fmt.Errorf("write roster: %w", err)
	}
	b, err := canon.JSON(r.filled())
	if err != nil {
		return nil, fmt.Errorf("write roster: %w", err)
	}
	return b, nil
}

// DraftBytes writes a draft for a person to go on with, in the layout of Bytes.
// It has a group only if one was set.
func (r *Roster) DraftBytes() ([]byte, error) {
	if err := r.check(draft); err != nil {
		return nil, fmt.Errorf("write roster draft: %w", err)
	}
	b, err := canon.JSON(r.filled())
	if err != nil {
		return nil, fmt.Errorf("write roster draft: %w", err)
	}
	if r.Group.IsZero() { // no reader accepts a group of zeros
		b = bytes.Replace(b, fmt.Appendf(nil, "  \"group\": %q,\n", r.Group), nil, 1)
	}
	return b, nil
}

// Digest is the SHA-256 of Bytes; zero for a roster that Bytes refuses.
func (r *Roster) Digest() canon.Digest {
	b, err := r.Bytes()
	if err != nil {
		return canon.Digest{}
	}
	return canon.DigestOf(b)
}

// filled is r with empty lists and objects in place of nil ones, so that a
// roster has one spelling. r is not touched.
func (r *Roster) filled() *Roster {
	c := *r
	c.Format = Format
	c.Names = object(c.Names)
	c.Languages = list(c.Languages)
	c.Counting.Witnesses = list(c.Counting.Witnesses)
	c.Custodians = list(c.Custodians)
	c.Packs = list(c.Packs)
	c.Slots = make([]Slot, len(r.Slots))
	for i, s := range r.Slots {
		s.Between = list(s.Between)
		c.Slots[i] = s
	}
	c.Retention = object(c.Retention)
	c.Parties = make([]Party, len(r.Parties))
	for i, p := range r.Parties {
		p.Names = object(p.Names)
		p.Posts = list(p.Posts)
		p.Endpoints = list(p.Endpoints)
		c.Parties[i] = p
	}
	return &c
}

func list[E any](s []E) []E {
	if s == nil {
		return []E{}
	}
	return s
}

func object(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}

// Party finds a party by its id.
func (r *Roster) Party(id party.ID) (Party, bool) {
	for _, p := range r.Parties {
		if p.ID == id {
			return p, true
		}
	}
	return Party{}, false
}

// ByOrigin finds the party whose record has o as one of its volumes.
func (r *Roster) ByOrigin(o party.Origin) (Party, bool) {
	base := o.Base()
	for _, p := range r.Parties {
		if p.Card != nil && p.Card.Origin == base {
			return p, true
		}
	}
	return Party{}, false
}

// Rule is the part of the edition that counts for findings about time.
func (r *Roster) Rule() lodging.Rule {
	rule := lodging.Rule{Counting: r.Counting.Witnesses, K: r.Counting.K, Custodians: r.Custodians, Control: map[party.ID]string{}}
	for _, p := range r.Parties {
		if p.Control != "" {
			rule.Control[p.ID] = p.Control
		}
	}
	return rule
}

// Name is the party's name in a language, else in the first language of the
// roster that it has one in, else its id.
func (r *Roster) Name(id party.ID, language string) string {
	p, _ := r.Party(id)
	if n := p.Names[language]; n != "" {
		return n
	}
	for _, l := range r.Languages {
		if n := p.Names[l]; n != "" {
			return n
		}
	}
	return string(id)
}
