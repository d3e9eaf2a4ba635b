package roster

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"detente/internal/canon"
	"detente/key"
	"detente/party"
)

// ErrNoRecord marks a record that no edition known here has pinned. The key act
// may be read again once that edition is in force.
var ErrNoRecord = errors.New("no edition in force names this record")

// Keys answers which key a party had for a role. It is built from editions in
// force, in their order, and key acts, in any order that respects each record's
// own; the same set gives the same answers.
//
// It is not safe for concurrent use while it is changed; a reader that runs
// beside a writer takes a Clone. Adopt and Change alter nothing when they return
// an error.
type Keys struct {
	editions []inForce
	holders  map[party.Origin]*holder // by origin of the first volume; never altered in place
}

// inForce is an edition with what is asked of it often.
type inForce struct {
	roster *Roster // never altered
	digest canon.Digest
	from   time.Time
}

// holder is the state of the keys of one record's party. It is replaced, never
// altered, so that a Clone is one copied map.
type holder struct {
	party     party.ID
	card      key.Card // as pinned
	first     cardKeys // of card
	next      key.Commitments
	record    []recordTerm               // oldest first
	cosigners map[key.Role][]CosignerKey // witness and mirror, oldest first
	batches   map[key.Role][]batch       // sealing and transport, oldest first
	used      []material                 // every key that ever served here
	acts      []actSeen                  // ascending
	changes   map[key.Role]int           // how often the key of a role was changed
}

// recordTerm is a record key with the place after which it rules.
type recordTerm struct {
	volume int
	index  int64 // sizes above it in volume, and all later volumes; -1: from the beginning
	key    key.RecordKey
}

// batch is a list of sealing or transport keys that entered together.
type batch struct{ valid []Validity }

// actSeen is a key act that was applied.
type actSeen struct {
	volume int
	index  int64
	digest canon.Digest // of role and payload
}

// CosignerKey is a cosigner's key with the party, role and, when retired, the
// digest of the list of what it had signed.
type CosignerKey struct {
	Party   party.ID
	Role    key.Role // witness or mirror
	Key     key.Cosigner
	Retired bool         // by a key act
	Listed  canon.Digest // of the CosignedList; only what it lists counts once Retired
	By      party.Origin // volume with the key act that retired it
	At      int64        // index of that act in By
	ids     [2]uint32
}

// NewKeys begins with the edition that people pinned, edition 1 as a rule. The
// roster is kept and must not be altered afterwards.
func NewKeys(first *Roster) (*Keys, error) {
	k := &Keys{holders: map[party.Origin]*holder{}}
	b, err := first.Bytes()
	if err == nil {
		err = k.enter(first, canon.DigestOf(b))
	}
	if err != nil {
		return nil, fmt.Errorf("take keys of the first edition: %w", err)
	}
	return k, nil
}

// Adopt adds the following edition, in force from its moment of effect; InForce
// says whether it is. Adopting an edition again does nothing. The roster is kept
// and must not be altered afterwards.
func (k *Keys) Adopt(r *Roster) error {
	b, err := r.bytesKnowing(k.known)
	if err != nil {
		return fmt.Errorf("adopt edition %d: %w", r.Edition, err)
	}
	digest := canon.DigestOf(b)
	for _, e := range k.editions {
		if e.digest == digest {
			return nil
		}
	}
	last := k.editions[len(k.editions)-1]
	if faults := r.follows(last.roster, last.digest); len(faults) > 0 {
		return fmt.Errorf("adopt edition %d: %s: %s", r.Edition, faults[0].Where, faults[0].What)
	}
	if err := k.enter(r, digest); err != nil {
		return fmt.Errorf("adopt edition %d: %w", r.Edition, err)
	}
	return nil
}

// known finds the keys of a card that was pinned before exactly as it is.
func (k *Keys) known(c *key.Card) (cardKeys, bool) {
	h, ok := k.holders[c.Origin]
	if !ok || h.card != *c {
		return cardKeys{}, false
	}
	return h.first, true
}

// enter pins the cards of a checked edition that are new.
func (k *Keys) enter(r *Roster, digest canon.Digest) error {
	holders := maps.Clone(k.holders)
	for _, p := range r.Parties {
		if p.Card == nil {
			continue
		}
		if h, known := holders[p.Card.Origin]; known {
			if h.party != p.ID || h.card != *p.Card {
				return out(row(p.ID), "record %s was pinned with another card or for another party", p.Card.Origin)
			}
			continue
		}
		h, err := newHolder(p)
		if err != nil {
			return out(row(p.ID), "%s", err)
		}
		holders[p.Card.Origin] = h
	}
	from, err := canon.ParseTime(r.Effective)
	if err != nil {
		return out("effective", "%s", err)
	}
	k.holders = holders
	k.editions = append(slices.Clip(k.editions), inForce{r, digest, from})
	return nil
}

func newHolder(p Party) (*holder, error) {
	keys, err := readCard(p.Card)
	if err != nil {
		return nil, err
	}
	h := &holder{
		party:  p.ID,
		card:   *p.Card,
		first:  keys,
		next:   p.Card.Next,
		record: []recordTerm{{1, -1, keys.record}},
		cosigners: map[key.Role][]CosignerKey{
			key.Witness: {newCosignerKey(p.ID, key.Witness, keys.witness)},
			key.Mirror:  {newCosignerKey(p.ID, key.Mirror, keys.mirror)},
		},
		batches: map[key.Role][]batch{
			key.Sealing:   {{[]Validity{{Sealing: p.Card.Sealing}}}},
			key.Transport: {{[]Validity{{Pin: p.Card.Transport}}}},
		},
	}
	for _, m := range materialsOf(p.Card, keys) {
		h.used = append(h.used, m.material)
	}
	return h, nil
}

func newCosignerKey(id party.ID, role key.Role, c key.Cosigner) CosignerKey {
	return CosignerKey{Party: id, Role: role, Key: c, ids: c.IDs()}
}

// Clone is an independent copy. It shares what is never altered and is cheap.
func (k *Keys) Clone() *Keys {
	return &Keys{editions: slices.Clip(k.editions), holders: maps.Clone(k.holders)}
}

// In returns the edition in force at t. Before the moment of effect of the first
// it is the first, by which its own adoptions are judged. It is not to be altered.
func (k *Keys) In(t time.Time) *Roster {
	for _, e := range slices.Backward(k.editions) {
		if !t.Before(e.from) {
			return e.roster
		}
	}
	return k.editions[0].roster
}

// Current is the newest edition given to Adopt; its moment of effect may still
// lie ahead. It is not to be altered.
func (k *Keys) Current() *Roster { return k.editions[len(k.editions)-1].roster }

// CurrentDigest is the digest of Current, which need not be computed again.
func (k *Keys) CurrentDigest() canon.Digest { return k.editions[len(k.editions)-1].digest }

// Edition finds an edition by its number.
func (k *Keys) Edition(number int) (*Roster, bool) {
	i := number - k.editions[0].roster.Edition
	if i < 0 || i >= len(k.editions) {
		return nil, false
	}
	return k.editions[i].roster, true
}
