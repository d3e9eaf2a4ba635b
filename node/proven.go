package node

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"detente/act"
	"detente/checkpoint"
	"detente/docket"
	"detente/internal/canon"
	"detente/internal/durable"
	"detente/lodging"
	"detente/party"
	"detente/proof"
	"detente/record"
	"detente/roster"
)

// What is proven is kept once for each record and kind, and of each party that
// lodged a proof of it: who accuses itself a thousand times fills no disk.

// maxUnproven is how many proofs of one party wait for keys that are not known
// yet: a few per change of keys.
const maxUnproven = 16

// matter is what a proof is about: one record and one kind of misconduct.
type matter struct {
	against party.ID
	origin  party.Origin
	kind    string
}

func matterOf(m *proof.Misconduct) matter {
	t := matter{against: m.Against, kind: m.Kind}
	if t.kind == proof.KindInconsistent {
		t.kind = proof.KindFork // two ways to show the same
	}
	if note, err := checkpoint.ParseNote(m.A); err == nil {
		t.origin = note.Head.Origin
	}
	return t
}

// proven reports whether a proof of the same is kept here, by anybody's hand.
func (t matter) proven(ctx context.Context, q durable.Querier) (bool, error) {
	return t.count(ctx, q, "")
}

// provenBy reports whether lodger's proof of the same is kept here.
func (t matter) provenBy(ctx context.Context, q durable.Querier, lodger party.ID) (bool, error) {
	return t.count(ctx, q, lodger)
}

func (t matter) count(ctx context.Context, q durable.Querier, lodger party.ID) (bool, error) {
	var count int
	err := q.QueryRowContext(ctx, `select count(*) from node_proven where against = $1 and origin = $2 and kind = $3 and ($4 = '' or lodger = $4)`,
		string(t.against), string(t.origin), t.kind, string(lodger)).Scan(&count)
	if err != nil {
		return false, fmt.Errorf("look for what is proven: %w", err)
	}
	return count > 0, nil
}

// keepProven enters a verified proof and freezes the record of a fork.
func (n *Node) keepProven(ctx context.Context, tx *Tx, m *proof.Misconduct, lodger party.ID, d canon.Digest) error {
	t := matterOf(m)
	if _, err := tx.ExecContext(ctx, `insert into node_proven (against, origin, kind, lodger, proof) values ($1,$2,$3,$4,$5)
		on conflict (against, origin, kind, lodger) do nothing`, string(t.against), string(t.origin), t.kind, string(lodger), d.String()); err != nil {
		return fmt.Errorf("keep what is proven: %w", err)
	}
	return n.freeze(ctx, tx, forked(m), d)
}

// fileMisconduct verifies a proof that another party lodged and freezes the
// record by our own verification, never by its word. What does not verify may do
// so once a key act or an edition is known here: it waits.
func (n *Node) fileMisconduct(ctx context.Context, tx *Tx, lodger party.ID, a *act.Act) error {
	return n.fileProof(ctx, tx, lodger, a.Clear.Digest)
}

func (n *Node) fileProof(ctx context.Context, tx *Tx, lodger party.ID, d canon.Digest) error {
	b, err := record.ReadBlob(ctx, tx.Tx, d)
	if err != nil {
		return nil // asked for as missing; filed when it comes
	}
	m, err := proof.ParseMisconduct(b)
	if err != nil {
		return nil // it never will be one
	}
	t := matterOf(m)
	if done, err := t.provenBy(ctx, tx.Tx, lodger); err != nil || done {
		return errors.Join(err, n.forgetUnproven(ctx, tx, d))
	}
	if _, err := m.Verify(n.keys.Load()); err != nil {
		return n.keepUnproven(ctx, tx, lodger, d)
	}
	known, err := t.proven(ctx, tx.Tx)
	if err != nil {
		return err
	}
	if err := n.keepProven(ctx, tx, m, lodger, d); err != nil {
		return err
	}
	if err := n.forgetUnproven(ctx, tx, d); err != nil || known {
		return err
	}
	tx.After(func() {
		if _, err := n.writeEvidence(b); err != nil {
			n.cfg.Log.Error("write evidence", "reason", err.Error())
		}
	})
	return nil
}

func (n *Node) keepUnproven(ctx context.Context, tx *Tx, lodger party.ID, d canon.Digest) error {
	_, err := tx.ExecContext(ctx, `insert into node_unproven (proof, lodger) select $1, $2
		where (select count(*) from node_unproven where lodger = $2) < $3 on conflict (proof) do nothing`, d.String(), string(lodger), maxUnproven)
	if err != nil {
		return fmt.Errorf("keep a proof for later: %w", err)
	}
	return nil
}

func (n *Node) forgetUnproven(ctx context.Context, tx *Tx, d canon.Digest) error {
	if _, err := tx.ExecContext(ctx, "delete from node_unproven where proof = $1", d.String()); err != nil {
		return fmt.Errorf("forget a proof that waited: %w", err)
	}
	return nil
}

// retryProofs tries the proofs that waited again, if the keys have changed since.
func (n *Node) retryProofs(ctx context.Context) error {
	keys := n.keys.Load()
	if n.triedUnder.Load() == keys {
		return nil
	}
	type waiting struct{ proof, lodger string }
	var all []waiting
	rows, err := n.db.Read().QueryContext(ctx, "select proof, lodger from node_unproven order by lodger, proof")
	if err != nil {
		return fmt.Errorf("list proofs that wait: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var w waiting
		if err := rows.Scan(&w.proof, &w.lodger); err != nil {
			return fmt.Errorf("list proofs that wait: %w", err)
		}
		all = append(all, w)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("list proofs that wait: %w", err)
	}
	for _, w := range all {
		d, err := canon.ParseDigest(w.proof)
		if err != nil {
			return err
		}
		if err := n.update(ctx, func(tx *Tx) error { return n.fileProof(ctx, tx, party.ID(w.lodger), d) }); err != nil {
			return err
		}
	}
	n.triedUnder.Store(keys)
	return nil
}

// cutFrozen takes from the evidence about an act in a frozen record what was
// signed after the proof of the fork was lodged: what mirrors cosigned before
// stands, unless as many vouched for a conflicting branch; the rest may be used
// against the author, never for it. covered is the time of the first head over the act.
func (n *Node) cutFrozen(ctx context.Context, q durable.Querier, k *roster.Keys, row docket.Row, covered int64, e *lodging.Evidence) error {
	if row.Kind == act.Misconduct {
		return nil // itself asked for when a cut is sought
	}
	at, from, err := n.frozenFrom(ctx, q, k, row.Ref.Origin)
	if err != nil || at == 0 {
		return err
	}
	if from == 0 {
		from = at
	}
	other := *e
	if other.Stamps, err = n.conflicting(ctx, q, k, row.Ref, from); err != nil {
		return err
	}
	other.Stamps = slices.DeleteFunc(other.Stamps, func(s lodging.Stamp) bool {
		return slices.ContainsFunc(e.Stamps, func(own lodging.Stamp) bool { return own.By == s.By })
	})
	other.Receipts, other.Gap = nil, -1
	if judged, rule := k.Judge(other, covered); lodging.Bound(judged, rule).NotAfter > 0 {
		e.Stamps, e.Receipts = nil, nil
		return nil
	}
	late := func(s lodging.Stamp) bool { return s.Time > from }
	e.Stamps, e.Receipts = slices.DeleteFunc(e.Stamps, late), slices.DeleteFunc(e.Receipts, late)
	return nil
}

// frozenFrom is when this node froze a record, 0 if it did not, and when a proof of
// the fork is shown to be lodged, 0 as long as that is not shown. Nodes that hold
// the same proofs agree about the latter.
func (n *Node) frozenFrom(ctx context.Context, q durable.Querier, k *roster.Keys, o party.Origin) (at, from int64, err error) {
	err = q.QueryRowContext(ctx, "select at from node_frozen where origin = $1", string(o)).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, fmt.Errorf("look whether %s is frozen: %w", o, err)
	}
	proofs, err := n.forkProofs(ctx, q, o)
	if err != nil {
		return 0, 0, err
	}
	for _, d := range proofs {
		acts, err := docket.List(ctx, q, docket.Filter{Digest: d, Kinds: []act.Kind{act.Misconduct}})
		if err != nil {
			return 0, 0, err
		}
		for _, r := range acts {
			e, rule, err := n.evidence(ctx, k, r.Ref)
			if err != nil {
				return 0, 0, err
			}
			if t := lodging.Bound(e, rule).NotAfter; t > 0 && (from == 0 || t < from) {
				from = t
			}
		}
	}
	return at, from, nil
}

// frozenOut reports whether a cosignature over a frozen record was made after the
// proof was lodged: then it counts for nobody and is not kept.
func (n *Node) frozenOut(ctx context.Context, tx *Tx, c checkpoint.Cosigned) (bool, error) {
	frozen, err := frozenIn(ctx, tx.Tx, c.Head().Origin)
	if err != nil || !frozen {
		return false, err
	}
	// By what is durable: the acts of the change under way are not shown to be lodged yet.
	_, from, err := n.frozenFrom(ctx, n.db.Read(), n.keys.Load(), c.Head().Origin)
	return from > 0 && c.Time() > from, err
}

// forkProofs are the digests of the proofs of a fork of o, at most one of each party.
func (n *Node) forkProofs(ctx context.Context, q durable.Querier, o party.Origin) ([]string, error) {
	rows, err := q.QueryContext(ctx, "select distinct proof from node_proven where origin = $1 and kind = $2", string(o), proof.KindFork)
	if err != nil {
		return nil, fmt.Errorf("list proofs of a fork of %s: %w", o, err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var d string
		if err := rows.Scan(&d); err != nil {
			return nil, fmt.Errorf("list proofs of a fork of %s: %w", o, err)
		}
		out = append(out, d)
	}
	return out, rows.Err()
}
