package node

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"detente/act"
	"detente/checkpoint"
	"detente/docket"
	"detente/internal/canon"
	"detente/internal/durable"
	"detente/lodging"
	"detente/party"
	"detente/record"
	"detente/roster"
)

// Which edition is in force, and so which keys are. An edition that came into
// force here stays in force: its digest is kept, and nothing that arrives later
// lets it un-happen.

// loadKeys builds the key state at the start and enters what came into force
// while the node was down.
func (n *Node) loadKeys(ctx context.Context) (*roster.Keys, error) {
	for {
		k, err := n.buildKeys(ctx, n.db.Read())
		if err != nil {
			return nil, err
		}
		next, err := n.nextEdition(ctx, k)
		if err != nil || next == nil {
			return k, err
		}
		if err := n.db.Update(ctx, func(tx *sql.Tx) error { return enterEdition(ctx, tx, next) }); err != nil {
			return nil, err
		}
	}
}

// buildKeys builds the key state from the editions that came into force and the
// key acts, those held and those given, each record's in its own order: the
// order in which they arrived makes no difference.
func (n *Node) buildKeys(ctx context.Context, q durable.Querier, arriving ...roster.Change) (*roster.Keys, error) {
	k, err := roster.NewKeys(n.cfg.First)
	if err != nil {
		return nil, err
	}
	list, err := changes(ctx, q)
	if err != nil {
		return nil, err
	}
	list = append(list, arriving...)
	slices.SortStableFunc(list, byPlace)
	apply := func() {
		for _, c := range list {
			_ = k.Change(c) // one that does not follow the commitment before it changes nothing
		}
	}
	apply()
	editions, err := enteredEditions(ctx, q)
	if err != nil {
		return nil, err
	}
	for _, r := range editions {
		if err := k.Adopt(r); err != nil {
			return nil, err
		}
		apply()
	}
	return k, nil
}

// rebuildKeys takes the key state from the store again. Only the writer does, so
// that of two changes neither is lost.
func (n *Node) rebuildKeys() {
	k, err := n.buildKeys(context.Background(), n.db.Read())
	if err != nil {
		n.fail(fmt.Errorf("read the keys: %w", err))
		return
	}
	n.keys.Store(k)
}

// refresh looks for an edition that has come into force.
func (n *Node) refresh(ctx context.Context) error {
	next, err := n.nextEdition(ctx, n.keys.Load())
	if err != nil || next == nil {
		return err
	}
	err = n.update(ctx, func(tx *Tx) error {
		tx.rekeyed = true
		return enterEdition(ctx, tx.Tx, next)
	})
	if err != nil {
		return err
	}
	n.mu.Lock()
	n.changeLinks()
	n.mu.Unlock()
	if n.cancel != nil {
		n.startPeers(ctx)
	}
	n.cfg.Log.Info("a roster edition is in force", "edition", next.Edition)
	return n.keepAdopted(ctx)
}

// nextEdition finds the edition that follows the newest of k and is in force by
// now: every required adoption lodged by its moment of effect. Of several, the
// one that took effect first, and then the one with the smallest digest.
func (n *Node) nextEdition(ctx context.Context, k *roster.Keys) (*roster.Roster, error) {
	cur := k.Current()
	required := roster.Required(cur)
	all, err := adoptedRosters(ctx, n.db.Read(), cur.Edition+1, required)
	if err != nil {
		return nil, err
	}
	var best *storedRoster
	for _, s := range all {
		if s.roster.Previous != k.CurrentDigest() {
			continue
		}
		if at, err := canon.ParseTime(s.roster.Effective); err != nil || at.After(n.now()) {
			continue
		}
		if best != nil && best.roster.Effective <= s.roster.Effective { // canonical times sort as text; all come by digest
			continue
		}
		shown, err := n.adoptedBy(ctx, k, cur, s.digest)
		if err != nil {
			return nil, err
		}
		adopted := map[party.ID]time.Time{}
		for id, t := range shown {
			if t > 0 {
				adopted[id] = time.Unix(t, 0).UTC()
			}
		}
		if s.roster.InForce(cur, adopted) {
			best = &s
		}
	}
	if best == nil {
		return nil, nil
	}
	return best.roster, nil
}

// adoptedBy is when each party's adoption of an edition is shown to have been
// lodged, in Unix seconds; 0 for one that is held and not shown yet. Of each
// record only the first adoption matters: what covers a later one covers it.
func (n *Node) adoptedBy(ctx context.Context, k *roster.Keys, prev *roster.Roster, d canon.Digest) (map[party.ID]int64, error) {
	rows, err := docket.FirstNaming(ctx, n.db.Read(), act.Adoption, d.String())
	if err != nil {
		return nil, err
	}
	out := map[party.ID]int64{}
	for _, r := range rows {
		t, err := n.adoptedAt(ctx, k, prev, r)
		if err != nil {
			return nil, err
		}
		if old := out[r.Author]; old == 0 || t > 0 && t < old {
			out[r.Author] = t
		}
	}
	return out, nil
}

func (n *Node) adoptedAt(ctx context.Context, k *roster.Keys, prev *roster.Roster, r docket.Row) (int64, error) {
	q := n.db.Read()
	head, ok, err := record.At(ctx, q, r.Ref.Origin, r.Ref.Index+1)
	if err != nil || !ok {
		return 0, err
	}
	e := lodging.Evidence{Index: r.Ref.Index, Author: r.Author, Now: n.cfg.Now().Unix(), Gap: -1}
	if e.Stamps, err = n.stamps(ctx, q, k, r.Ref.Origin, r.Ref.Index); err != nil {
		return 0, err
	}
	return k.AdoptedAt(e, head.Time, prev), nil
}

// Adopt appends this party's adoption of an edition, with the edition as clear
// blob. A second edition under one number is refused as long as the first can
// still come into force: two that are both adopted could part the group.
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
		if err := n.noRival(ctx, tx, r, cur); err != nil {
			return err
		}
		if ref, err = tx.Append(ctx, a); err != nil {
			return err
		}
		if err := saveRoster(ctx, tx.Tx, r, body); err != nil {
			return err
		}
		return n.desk.Audit(ctx, tx.Tx, officer, "adopt", fmt.Sprintf("roster edition %d, %s", r.Edition, d))
	})
	if err == nil {
		n.owe() // whoever waits for its moment of effect hears of it
	}
	return ref, err
}

// ErrRival means that this party adopted another edition of the same number,
// which can still come into force.
var ErrRival = errors.New("this party has adopted another edition of this number, which can still come into force")

// noRival refuses r if this party adopted another edition of its number that can
// still come into force: its moment has not come, or everybody required has
// adopted it, so that late evidence may show that all did so in time.
func (n *Node) noRival(ctx context.Context, tx *Tx, r, cur *roster.Roster) error {
	if r.Edition != cur.Edition+1 {
		return nil
	}
	own, err := adoptedRosters(ctx, tx.Tx, r.Edition, []party.ID{n.self})
	if err != nil {
		return err
	}
	byAll, err := adoptedRosters(ctx, tx.Tx, r.Edition, roster.Required(cur))
	if err != nil {
		return err
	}
	for _, s := range own {
		at, err := canon.ParseTime(s.roster.Effective)
		if err != nil || s.digest == r.Digest() || s.roster.Previous != r.Previous {
			continue
		}
		all := slices.ContainsFunc(byAll, func(o storedRoster) bool { return o.digest == s.digest })
		if all || !n.now().After(at) {
			return fmt.Errorf("%w: %s, effective %s", ErrRival, s.digest, s.roster.Effective)
		}
	}
	return nil
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

// remarkEdition observes that acts of an arrival name another edition than the
// one they are judged by. A node that has yet to learn of an edition does not
// remark on the number after its own.
func (n *Node) remarkEdition(ctx context.Context, tx *Tx, from party.ID, acc *accepted) error {
	k := n.keys.Load()
	for _, a := range acc.acts {
		i := slices.IndexFunc(acc.heads, func(h checkpoint.Signed) bool { return h.Head().Size > a.ref.Index })
		if a.act == nil || i < 0 {
			continue
		}
		by := k.Judging(acc.heads[i].Time()).Edition
		if a.act.Edition == by || a.act.Edition == k.Current().Edition+1 {
			continue
		}
		what := fmt.Sprintf("act %d of %s names roster edition %d and is judged by edition %d", a.ref.Index, a.ref.Origin, a.act.Edition, by)
		return record.Observe(ctx, tx.Tx, record.Observation{From: string(from), What: what, At: n.now().Unix()})
	}
	return nil
}
