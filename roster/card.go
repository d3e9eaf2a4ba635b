package roster

import (
	"crypto/ed25519"
	"fmt"

	"detente/internal/canon"
	"detente/key"
	"detente/party"
)

// SetCard enters a party's card and endpoints, as its people handed them over
// and after the fingerprint was compared. Both are checked; on an error r is
// unchanged. The endpoints are copied.
func (r *Roster) SetCard(id party.ID, card key.Card, endpoints []string) error {
	for i := range r.Parties {
		if r.Parties[i].ID != id {
			continue
		}
		p := r.Parties[i]
		p.Card = &card
		p.Endpoints = append([]string{}, endpoints...)
		if err := p.checkReach(); err != nil {
			return fmt.Errorf("set card: %w", err)
		}
		trial := *r
		trial.Parties = append([]Party{}, r.Parties...)
		trial.Parties[i] = p
		if err := trial.checkKeys(nil); err != nil {
			return fmt.Errorf("set card: %w", err)
		}
		r.Parties[i] = p
		return nil
	}
	return fmt.Errorf("set card: %q is no party of this roster", clip(string(id)))
}

// SetNoRecord makes a party one without a record: what it says is entered for
// it by others. It leaves W and the custodians.
func (r *Roster) SetNoRecord(id party.ID) error {
	for i := range r.Parties {
		if r.Parties[i].ID != id {
			continue
		}
		r.Parties[i].Card = nil
		r.Parties[i].Endpoints = nil
		r.Counting.Witnesses = without(r.Counting.Witnesses, id)
		r.Custodians = without(r.Custodians, id)
		return nil
	}
	return fmt.Errorf("set no record: %q is no party of this roster", clip(string(id)))
}

func without(ids []party.ID, id party.ID) []party.ID {
	kept := []party.ID{}
	for _, i := range ids {
		if i != id {
			kept = append(kept, i)
		}
	}
	return kept
}

// cardKeys are the keys of a card, read once.
type cardKeys struct {
	record          key.RecordKey
	witness, mirror key.Cosigner
}

func readCard(c *key.Card) (cardKeys, error) {
	if err := c.Check(); err != nil {
		return cardKeys{}, err
	}
	if c.Origin.Volume() != 1 {
		return cardKeys{}, fmt.Errorf("card of %s: a card names the first volume of a record", c.Origin)
	}
	var k cardKeys
	var err error
	if k.record, err = c.RecordKey(); err != nil {
		return cardKeys{}, err
	}
	if k.witness, err = c.WitnessKey(); err != nil {
		return cardKeys{}, err
	}
	k.mirror, err = c.MirrorKey()
	return k, err
}

// material is one public key or one commitment in a form that shows equality
// whatever the role, name or algorithm byte it stands under.
type material canon.Digest

// roleMaterial is a material with the role it stands in.
type roleMaterial struct {
	material material
	role     key.Role
}

// materialsOf are the public keys of a card, each with its role. One that stands
// in two roles is there twice.
func materialsOf(c *key.Card, k cardKeys) []roleMaterial {
	var all []roleMaterial
	add := func(role key.Role, ms ...material) {
		for _, m := range ms {
			all = append(all, roleMaterial{m, role})
		}
	}
	add(key.Record, recordMaterials(k.record)...)
	add(key.Witness, cosignerMaterials(k.witness)...)
	add(key.Mirror, cosignerMaterials(k.mirror)...)
	add(key.Sealing, material(canon.DigestOf([]byte(c.Sealing))))
	add(key.Transport, material(c.Transport))
	return all
}

// recordMaterials and cosignerMaterials list the single keys and the digest that
// commits to them together.
func recordMaterials(k key.RecordKey) []material {
	return []material{ed25519Material(k.Plain), ed25519Material(k.Timed.Ed25519), material(canon.DigestOf(k.Timed.MLDSA.Bytes())), material(k.Digest())}
}

func cosignerMaterials(c key.Cosigner) []material {
	return []material{ed25519Material(c.Ed25519), material(canon.DigestOf(c.MLDSA.Bytes())), material(c.Digest())}
}

// spkiPrefix is the DER of an Ed25519 SubjectPublicKeyInfo up to the key (RFC 8410 §4).
const spkiPrefix = "\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00"

// ed25519Material is the transport pin that the key would have, so that a
// signing key that also serves a connection is found.
func ed25519Material(public ed25519.PublicKey) material {
	return material(canon.DigestOf(append([]byte(spkiPrefix), public...)))
}

// checkKeys holds all cards together: each readable, and no origin, key or
// commitment in two places. A card whose keys are known is not read again; known
// may be nil.
func (r *Roster) checkKeys(known func(*key.Card) (cardKeys, bool)) error {
	type place struct {
		id   party.ID
		role key.Role
	}
	origins := map[party.Origin]party.ID{}
	seen := map[material]place{}
	for _, p := range r.Parties {
		if p.Card == nil {
			continue
		}
		keys, err := readUnlessKnown(p.Card, known)
		if err != nil {
			return out(row(p.ID), "%s", err)
		}
		if other, twice := origins[p.Card.Origin]; twice {
			return out(row(p.ID), "origin %s is that of %s", p.Card.Origin, other)
		}
		origins[p.Card.Origin] = p.ID
		for _, m := range materialsOf(p.Card, keys) {
			if other, twice := seen[m.material]; twice {
				return out(row(p.ID), "the %s key is the %s key of %s; one key serves one role of one party", m.role, other.role, other.id)
			}
			seen[m.material] = place{p.ID, m.role}
		}
	}
	for _, p := range r.Parties {
		if p.Card == nil {
			continue
		}
		for _, c := range commitmentsOf(p.Card.Next) {
			if other, twice := seen[material(c.digest)]; twice {
				return out(row(p.ID), "the next %s key is the %s key of %s or its next; one key serves one role of one party", c.role, other.role, other.id)
			}
			seen[material(c.digest)] = place{p.ID, c.role}
		}
	}
	return nil
}

func readUnlessKnown(c *key.Card, known func(*key.Card) (cardKeys, bool)) (cardKeys, error) {
	if known != nil {
		if k, ok := known(c); ok {
			return k, nil
		}
	}
	return readCard(c)
}

// commitment is the digest of the key that follows in a role.
type commitment struct {
	role   key.Role
	digest canon.Digest
}

func commitmentsOf(n key.Commitments) []commitment {
	return []commitment{{key.Record, n.Record}, {key.Witness, n.Witness}, {key.Mirror, n.Mirror}, {key.Sealing, n.Sealing}}
}
