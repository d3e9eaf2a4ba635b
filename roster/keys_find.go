package roster

import (
	"slices"
	"strings"
	"time"

	"detente/internal/canon"
	"detente/key"
	"detente/party"
)

// Owner is the party whose record has o as one of its volumes, in any edition.
func (k *Keys) Owner(o party.Origin) (party.ID, bool) {
	h, ok := k.holders[o.Base()]
	if !ok {
		return "", false
	}
	return h.party, true
}

// Record returns the key that signs checkpoints of o at the given size, under
// the name o. A further volume begins with the key then in force.
func (k *Keys) Record(o party.Origin, size int64) (key.RecordKey, bool) {
	t, _, ok := k.recordTerm(o, size)
	if !ok {
		return key.RecordKey{}, false
	}
	return t.key.AtOrigin(o), true
}

// recordTerm finds the record key that rules a size, and whether it is the last one.
func (k *Keys) recordTerm(o party.Origin, size int64) (t recordTerm, last, ok bool) {
	h, ok := k.holders[o.Base()]
	volume := o.Volume()
	if !ok || volume < 1 || size < 0 {
		return t, false, false
	}
	for i, t := range slices.Backward(h.record) {
		if t.volume < volume || t.volume == volume && size > t.index {
			return t, i == len(h.record)-1, true
		}
	}
	return t, false, false
}

// RecordRetired reports whether a key act replaced the key that signs checkpoints
// of o at the given size. The tree up to the key act is then fixed by what the
// entering key signed: whoever still holds the retired key can add nothing to it.
func (k *Keys) RecordRetired(o party.Origin, size int64) bool {
	_, last, ok := k.recordTerm(o, size)
	return ok && !last
}

// Commitments are those in force for the record's party: what its next keys
// must answer to.
func (k *Keys) Commitments(o party.Origin) (key.Commitments, bool) {
	h, ok := k.holders[o.Base()]
	if !ok {
		return key.Commitments{}, false
	}
	return h.next, true
}

// Cosigners returns the current and retired keys of a role (witness or mirror)
// of a party's record, newest first. The record is that of the newest edition
// that gives the party one.
func (k *Keys) Cosigners(id party.ID, role key.Role) []CosignerKey {
	for _, e := range slices.Backward(k.editions) {
		if p, ok := e.roster.Party(id); ok && p.Card != nil {
			terms := slices.Clone(k.holders[p.Card.Origin].cosigners[role])
			slices.Reverse(terms)
			return terms
		}
	}
	return nil
}

// ByName finds the cosigner key, current or retired, with this key name and the
// key id of one of its two lines.
func (k *Keys) ByName(name string, id uint32) (CosignerKey, bool) {
	slash := strings.LastIndexByte(name, '/')
	if slash < 0 {
		return CosignerKey{}, false
	}
	h, ok := k.holders[party.Origin(name[:slash])]
	if !ok {
		return CosignerKey{}, false
	}
	for _, c := range slices.Backward(h.cosigners[key.Role(name[slash+1:])]) {
		if c.ids[0] == id || c.ids[1] == id {
			return c, true
		}
	}
	return CosignerKey{}, false
}

// Sealing is the recipient (age1pq1…) that contents for the party are sealed to
// at a time; false for a party that has no record in the edition then in force.
func (k *Keys) Sealing(id party.ID, at time.Time) (string, bool) {
	v, ok := k.valid(id, key.Sealing, at)
	return v.Sealing, ok
}

// Transport is the pin of the key that the party's node shows at a time; false
// for a party that has no record in the edition then in force.
func (k *Keys) Transport(id party.ID, at time.Time) (canon.Digest, bool) {
	v, ok := k.valid(id, key.Transport, at)
	return v.Pin, ok
}

func (k *Keys) valid(id party.ID, role key.Role, at time.Time) (Validity, bool) {
	p, ok := k.In(at).Party(id)
	if !ok || p.Card == nil {
		return Validity{}, false
	}
	// The zero time of the card's own key comes before every other.
	for _, b := range slices.Backward(k.holders[p.Card.Origin].batches[role]) {
		for _, v := range slices.Backward(b.valid) {
			if !at.Before(v.From) {
				return v, true
			}
		}
	}
	return Validity{}, false
}
