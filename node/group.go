package node

import (
	"context"
	"errors"
	"fmt"
	"time"

	"detente/act"
	"detente/docket"
	"detente/internal/canon"
	"detente/key"
	"detente/lodging"
	"detente/party"
	"detente/record"
	"detente/roster"
)

// loadKeys builds the key state from the stored editions, adoptions and key acts.
func (n *Node) loadKeys(ctx context.Context) (*roster.Keys, error) {
	k, err := roster.NewKeys(n.cfg.First)
	if err != nil {
		return nil, err
	}
	list, err := changes(ctx, n.db.Read())
	if err != nil {
		return nil, err
	}
	apply := func() error {
		for _, c := range list {
			if err := k.Change(c); err != nil && !errors.Is(err, roster.ErrNoRecord) {
				n.cfg.Log.Warn("a key act does not follow the commitment before it", "origin", string(c.Origin), "index", c.Index, "reason", err.Error())
			}
		}
		return nil
	}
	if err := apply(); err != nil {
		return nil, err
	}
	for {
		next, err := n.nextEdition(ctx, k)
		if err != nil || next == nil {
			return k, err
		}
		if err := k.Adopt(next); err != nil {
			return nil, err
		}
		if err := apply(); err != nil {
			return nil, err
		}
	}
}

// nextEdition finds the edition that follows the newest of k and is in force by
// now: every required adoption lodged by its moment of effect.
func (n *Node) nextEdition(ctx context.Context, k *roster.Keys) (*roster.Roster, error) {
	cur := k.Current()
	all, err := rostersOf(ctx, n.db.Read(), cur.Edition+1)
	if err != nil {
		return nil, err
	}
	for _, s := range all {
		if s.roster.Previous != k.CurrentDigest() {
			continue
		}
		at, err := canon.ParseTime(s.roster.Effective)
		if err != nil || at.After(n.now()) {
			continue
		}
		adopted, err := n.adoptedBy(ctx, k, s.digest)
		if err != nil {
			return nil, err
		}
		if s.roster.InForce(cur, adopted) {
			return s.roster, nil
		}
	}
	return nil, nil
}

// adoptedBy is when each party's adoption of an edition is shown to have been lodged.
func (n *Node) adoptedBy(ctx context.Context, k *roster.Keys, d canon.Digest) (map[party.ID]time.Time, error) {
	rows, err := docket.List(ctx, n.db.Read(), docket.Filter{Digest: d.String(), Kinds: []act.Kind{act.Adoption}})
	if err != nil {
		return nil, err
	}
	out := map[party.ID]time.Time{}
	for _, r := range rows {
		at, err := n.adoptedAt(ctx, k, r.Ref)
		if err != nil {
			return nil, err
		}
		if at == 0 {
			continue
		}
		t := time.Unix(at, 0).UTC()
		if old, ok := out[r.Author]; !ok || t.Before(old) {
			out[r.Author] = t
		}
	}
	return out, nil
}

// adoptedAt is by when an adoption is shown to have been lodged, in Unix seconds;
// 0 if it is not. In a private group, which has no mirrors, the party's own
// checkpoint over it stands in (spec/roster.md §5).
func (n *Node) adoptedAt(ctx context.Context, k *roster.Keys, ref act.Ref) (int64, error) {
	if private(k.Current()) {
		s, ok, err := record.At(ctx, n.db.Read(), ref.Origin, ref.Index+1)
		if err != nil || !ok || s.Time > n.cfg.Now().Unix() {
			return 0, err
		}
		return s.Time, nil
	}
	b, err := n.bounds(ctx, k, ref)
	return b.NotAfter, err
}

// private reports whether an edition is that of a group of one: one party with a
// record, and nobody who counts.
func private(r *roster.Roster) bool {
	records := 0
	for _, p := range r.Parties {
		if p.Card != nil {
			records++
		}
	}
	return records == 1 && len(r.Counting.Witnesses) == 0 && r.Counting.K == 0 && r.Counting.F == 0
}

// refresh rebuilds the key state: an edition may have come into force.
func (n *Node) refresh(ctx context.Context) error {
	next, err := n.nextEdition(ctx, n.keys.Load())
	if err != nil || next == nil {
		return err
	}
	k, err := n.loadKeys(ctx)
	if err != nil {
		return err
	}
	n.keys.Store(k)
	n.mu.Lock()
	n.changeLinks()
	n.mu.Unlock()
	if n.cancel != nil {
		n.startPeers(ctx)
	}
	n.cfg.Log.Info("a roster edition is in force", "edition", k.Current().Edition)
	return nil
}

// Adopt appends this party's adoption of an edition, with the edition as clear blob.
func (n *Node) Adopt(ctx context.Context, officer string, body []byte) (act.Ref, error) {
	r, err := roster.Parse(body)
	if err != nil {
		return act.Ref{}, err
	}
	cur := n.keys.Load().Current()
	prev := cur
	if r.Edition == cur.Edition && r.Digest() == cur.Digest() {
		prev = nil // adopting the edition that this home is pinned to
	}
	if faults := r.Lint(prev); roster.Refused(faults) {
		return act.Ref{}, fmt.Errorf("the roster is refused: %s", faults[0])
	}
	var ref act.Ref
	err = n.update(ctx, func(tx *Tx) error {
		d, err := record.SaveBlob(ctx, tx.Tx, body)
		if err != nil {
			return err
		}
		a := n.groupAct(act.Adoption)
		a.Clear = act.Blob{Digest: d, Size: int64(len(body)), Type: act.TypeRoster}
		done, err := docket.List(ctx, tx.Tx, docket.Filter{Author: n.self, Digest: d.String(), Kinds: []act.Kind{act.Adoption}, Limit: 1})
		if err != nil {
			return err
		}
		if len(done) > 0 {
			ref = done[0].Ref
			return nil
		}
		if ref, err = tx.Append(ctx, a); err != nil {
			return err
		}
		if err := saveRoster(ctx, tx.Tx, r, body); err != nil {
			return err
		}
		return n.desk.Audit(ctx, tx.Tx, officer, "adopt", fmt.Sprintf("roster edition %d, %s", r.Edition, d))
	})
	return ref, err
}

func (n *Node) groupAct(k act.Kind) *act.Act {
	return &act.Act{Group: n.cfg.First.Group, Edition: n.keys.Load().Current().Edition, Kind: k, Status: act.Actual, ToAll: true, Claimed: n.now()}
}

// fileAdoption keeps the roster that an adoption carries, once its blob is here.
func (n *Node) fileAdoption(ctx context.Context, tx *Tx, a *act.Act) error {
	if known, err := hasRoster(ctx, tx.Tx, a.Clear.Digest); err != nil || known {
		return err
	}
	b, err := record.ReadBlob(ctx, tx.Tx, a.Clear.Digest)
	if err != nil {
		return nil // noteMissing asks for it; blobsArrived files it
	}
	r, err := roster.Parse(b)
	if err != nil {
		n.cfg.Log.Warn("an adoption names bytes that are no roster", "digest", a.Clear.Digest.String(), "reason", err.Error())
		return nil
	}
	if r.Group != n.cfg.First.Group {
		return nil
	}
	return saveRoster(ctx, tx.Tx, r, b)
}

// fileKeyChange stores a key act and applies it once the change is durable.
func (n *Node) fileKeyChange(ctx context.Context, tx *Tx, c roster.Change) error {
	if err := saveChange(ctx, tx.Tx, c); err != nil {
		return err
	}
	tx.After(func() {
		k := n.keys.Load().Clone()
		if err := k.Change(c); err == nil {
			n.keys.Store(k)
			n.cfg.Log.Info("a key was rotated", "party", string(c.Party), "role", string(c.Role))
		}
	})
	return nil
}

// Rotate enters the next key of a role (record, witness or mirror): the act
// carries the next key's own signature and commits to the one after it, and for
// a cosigner key the list of all it has signed. The new set is staged before the
// act is appended and takes effect with it; a crash in between is settled at the
// next start by what the record says.
func (n *Node) Rotate(ctx context.Context, officer string, role key.Role, next *key.Next, after key.Commitments) (act.Ref, error) {
	entering, err := n.set().Enter(role, next)
	if err != nil {
		return act.Ref{}, err
	}
	if err := n.cfg.Stage(entering); err != nil {
		return act.Ref{}, fmt.Errorf("stage the new keys: %w", err)
	}
	var ref act.Ref
	err = n.update(ctx, func(tx *Tx) error {
		var err error
		if ref, err = n.appendRotation(ctx, tx, role, next, after); err != nil {
			return err
		}
		if role == key.Record {
			tx.signer = entering.Record
		}
		tx.After(func() { n.secrets.Store(entering) })
		return n.desk.Audit(ctx, tx.Tx, officer, "rotate", "key of role "+string(role))
	})
	if err != nil {
		return ref, err
	}
	return ref, n.cfg.Promote()
}

func (n *Node) appendRotation(ctx context.Context, tx *Tx, role key.Role, next *key.Next, after key.Commitments) (act.Ref, error) {
	a := n.groupAct(act.KeyChange)
	a.Role, a.PayloadType = string(role), act.TypeKeyChange
	var listed roster.CosignedList
	if role == key.Witness || role == key.Mirror {
		name := key.CosignerName(n.origin, role)
		made, err := record.CosignedBy(ctx, tx.Tx, name)
		if err != nil {
			return act.Ref{}, err
		}
		var signed []roster.Cosignature
		for _, c := range made {
			signed = append(signed, roster.Cosignature{Origin: c.Head.Origin, Size: c.Head.Size, Root: c.Head.Root, Time: c.Time})
		}
		listed = roster.NewCosignedList(signed)
		b, err := listed.Bytes()
		if err != nil {
			return act.Ref{}, err
		}
		d, err := record.SaveBlob(ctx, tx.Tx, b)
		if err != nil {
			return act.Ref{}, err
		}
		a.Clear = act.Blob{Digest: d, Size: int64(len(b)), Type: act.TypeCosignatures}
	}
	payload, err := roster.NewChange(n.cfg.First.Group, role, tx.next(), next.AtOrigin(n.origin), after, listed)
	if err != nil {
		return act.Ref{}, err
	}
	a.Payload = payload
	ref, err := tx.Append(ctx, a)
	if err != nil {
		return ref, err
	}
	return ref, n.fileKeyChange(ctx, tx, keyChange(n.self, ref, a))
}

// RotateBatch enters a new sealing or transport key, signed by the offline batch key.
func (n *Node) RotateBatch(ctx context.Context, officer string, role key.Role, entering *key.Set, next *key.Next) (act.Ref, error) {
	v := roster.Validity{From: n.now()}
	switch role {
	case key.Sealing:
		v.Sealing = entering.Sealing[0].Recipient().String()
	case key.Transport:
		v.Pin = entering.Transport.Pin()
	default:
		return act.Ref{}, fmt.Errorf("role %s has no batch", role)
	}
	if err := n.cfg.Stage(entering); err != nil {
		return act.Ref{}, fmt.Errorf("stage the new keys: %w", err)
	}
	var ref act.Ref
	err := n.update(ctx, func(tx *Tx) error {
		payload, err := roster.NewBatch(n.cfg.First.Group, role, tx.next(), next.AtOrigin(n.origin), next.Commitments().Sealing, []roster.Validity{v})
		if err != nil {
			return err
		}
		a := n.groupAct(act.KeyChange)
		a.Role, a.PayloadType, a.Payload = string(role), act.TypeKeyChange, payload
		if ref, err = tx.Append(ctx, a); err != nil {
			return err
		}
		if err := n.fileKeyChange(ctx, tx, keyChange(n.self, ref, a)); err != nil {
			return err
		}
		tx.After(func() {
			if role == key.Transport {
				n.showTransport(entering.Transport)
			}
			n.secrets.Store(entering)
		})
		return n.desk.Audit(ctx, tx.Tx, officer, "rotate", "key of role "+string(role))
	})
	if err != nil {
		return ref, err
	}
	return ref, n.cfg.Promote()
}

// Suspend and Resume say that this party suspends its participation, or takes it
// up again: a refusal that is told apart from a fault.
func (n *Node) Suspend(ctx context.Context, officer, reason string) (act.Ref, error) {
	return n.standing(ctx, officer, act.Suspension, reason)
}

// Resume ends a suspension.
func (n *Node) Resume(ctx context.Context, officer, reason string) (act.Ref, error) {
	return n.standing(ctx, officer, act.Resumption, reason)
}

func (n *Node) standing(ctx context.Context, officer string, k act.Kind, reason string) (act.Ref, error) {
	var ref act.Ref
	err := n.update(ctx, func(tx *Tx) error {
		suspended, _, err := n.suspendedIn(ctx, tx, n.self)
		if err != nil {
			return err
		}
		if suspended == (k == act.Suspension) {
			return fmt.Errorf("%s: participation is already in that state", k)
		}
		a := n.groupAct(k)
		if reason != "" {
			a.PayloadType, a.Payload = TextType, []byte(reason)
		}
		if ref, err = tx.Append(ctx, a); err != nil {
			return err
		}
		return n.desk.Audit(ctx, tx.Tx, officer, string(k), refText(ref))
	})
	return ref, err
}

// bounds computes what is shown about the time of an act, under the rule of the
// edition in force when it was made.
func (n *Node) bounds(ctx context.Context, k *roster.Keys, ref act.Ref) (lodging.Bounds, error) {
	e, rule, err := n.evidence(ctx, k, ref)
	if err != nil {
		return lodging.Bounds{}, err
	}
	return lodging.Bound(e, rule), nil
}
