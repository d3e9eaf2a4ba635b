package roster

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"detente/internal/canon"
	"detente/key"
	"detente/party"
)

// Change is a key act: the entering key's own statement. Payload format:
// spec/key-act.md. The new key of role record rules checkpoints of size > Index;
// a witness or mirror key, cosignatures after the act; the act carries the list
// of cosignatures made under the retired key, and only those count from then on.
// That the act lies at Index of Origin the caller has verified.
type Change struct {
	Party   party.ID     // author
	Origin  party.Origin // volume that holds the act
	Index   int64        // of the act in it
	Role    key.Role
	Payload []byte
}

// Change verifies a key act against the commitment then in force and applies it.
// Key acts of one record come in its own order; one that was applied before does
// nothing. ErrNoRecord marks a record that is not known yet.
func (k *Keys) Change(c Change) error {
	base := c.Origin.Base()
	h, known := k.holders[base]
	if !known {
		return fmt.Errorf("key act of %s at %d: %w", c.Origin, c.Index, ErrNoRecord)
	}
	changed, err := h.apply(c, k.editions[0].roster.Group)
	if err != nil {
		return fmt.Errorf("key act of %s at %d: %w", c.Origin, c.Index, err)
	}
	k.holders[base] = changed
	return nil
}

// MaxChanges is how many key acts for its record key, its witness key and its
// mirror key each a record may have in all its volumes: two a year for more than
// thirty years. Further ones change nothing. Without a bound one party could make
// every proof of what it signed too large to carry.
const MaxChanges = 64

// MaxBatches is how many key acts for its sealing and its transport keys each a
// record may have: one a week for ten years, and a batch can hold keys for four.
// Further ones change nothing. No proof needs them; without a bound one party could
// fill the memory of all others with keys.
const MaxBatches = 512

// mostChanges is how often the key of a role may be changed.
func mostChanges(role key.Role) int {
	if role == key.Sealing || role == key.Transport {
		return MaxBatches
	}
	return MaxChanges
}

// apply returns h after the key act; h itself is not altered.
func (h *holder) apply(c Change, group party.Group) (*holder, error) {
	if c.Party != h.party {
		return nil, fmt.Errorf("the record is that of %s, not of %s", h.party, c.Party)
	}
	seen := actSeen{c.Origin.Volume(), c.Index, canon.DigestOf(append([]byte(c.Role+"\n"), c.Payload...))}
	if slices.Contains(h.acts, seen) {
		return h, nil
	}
	if n := len(h.acts); n > 0 && !h.acts[n-1].before(seen) {
		return nil, fmt.Errorf("it comes after the one at %d of volume %d", h.acts[n-1].index, h.acts[n-1].volume)
	}
	if most := mostChanges(c.Role); h.changes[c.Role] >= most {
		return nil, fmt.Errorf("the %s key has been changed %d times; more are not followed", c.Role, most)
	}
	r, err := ParseRotation(c.Payload)
	if err != nil {
		return nil, err
	}
	if r.Group != group || r.In != c.Origin || r.Index != c.Index || r.Role != c.Role {
		return nil, fmt.Errorf("the payload is for the %s key at %d of %s in group %s", r.Role, r.Index, r.In, r.Group)
	}
	if err := r.verify(h.committed(r.Role)); err != nil {
		return nil, err
	}
	entering := r.materials()
	for _, m := range entering {
		if slices.Contains(h.used, m) {
			return nil, fmt.Errorf("the entering %s key has served before; one key serves one role once", r.Role)
		}
	}
	if slices.Contains(h.used, material(r.Next)) {
		return nil, errors.New("the key that follows has served before")
	}
	changed := *h
	changed.used = append(slices.Clip(h.used), entering...)
	changed.acts = append(slices.Clip(h.acts), seen)
	changed.changes = map[key.Role]int{c.Role: h.changes[c.Role] + 1}
	for role, n := range h.changes {
		if role != c.Role {
			changed.changes[role] = n
		}
	}
	changed.enter(r)
	return &changed, nil
}

func (a actSeen) before(b actSeen) bool {
	return a.volume < b.volume || a.volume == b.volume && a.index < b.index
}

// committed is the commitment in force for a role. Sealing and transport keys
// share the batch key.
func (h *holder) committed(role key.Role) canon.Digest {
	switch role {
	case key.Record:
		return h.next.Record
	case key.Witness:
		return h.next.Witness
	case key.Mirror:
		return h.next.Mirror
	}
	return h.next.Sealing
}

// materials are the keys that enter. A batch key is not among them: it may sign
// again.
func (r *Rotation) materials() []material {
	switch r.Role {
	case key.Record:
		return recordMaterials(r.Record)
	case key.Witness, key.Mirror:
		return cosignerMaterials(r.Cosigner)
	}
	all := make([]material, len(r.Valid))
	for i, v := range r.Valid {
		all[i] = material(v.Pin)
		if r.Role == key.Sealing {
			all[i] = material(canon.DigestOf([]byte(v.Sealing)))
		}
	}
	return all
}

// enter applies a verified rotation. What h shares with others is copied first.
func (h *holder) enter(r *Rotation) {
	switch r.Role {
	case key.Record:
		h.next.Record = r.Next
		h.record = append(slices.Clip(h.record), recordTerm{r.In.Volume(), r.Index, r.Record})
	case key.Witness, key.Mirror:
		if r.Role == key.Witness {
			h.next.Witness = r.Next
		} else {
			h.next.Mirror = r.Next
		}
		terms := append(slices.Clone(h.cosigners[r.Role]), newCosignerKey(h.party, r.Role, r.Cosigner))
		retired := &terms[len(terms)-2]
		retired.Retired, retired.Listed = true, r.Listed
		retired.By, retired.At = r.In, r.Index
		h.cosigners = maps.Clone(h.cosigners)
		h.cosigners[r.Role] = terms
	case key.Sealing, key.Transport:
		h.next.Sealing = r.Next
		h.batches = maps.Clone(h.batches)
		h.batches[r.Role] = append(slices.Clip(h.batches[r.Role]), batch{r.Valid})
	}
}
