package node

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"detente/act"
	"detente/discreet"
	"detente/docket"
	"detente/internal/canon"
	"detente/party"
	"detente/record"
	"detente/seal"
)

// A mirror vouches that it holds what an act names, readable or not. Bytes that
// have the digest and cannot be what the act says they are, a ciphertext of which
// no addressee could ever open its stanza, are not held: the blob stays missing,
// and nobody is asked for it again, for there are no other bytes of that digest.

// fits says why b cannot be what a names under digest d, or nil.
func fits(a *act.Act, d canon.Digest, b []byte) error {
	for _, named := range []act.Blob{a.Sealed, a.Clear} {
		if named.Digest == d && named.Size != int64(len(b)) {
			return fmt.Errorf("it has %d bytes where the act names %d", len(b), named.Size)
		}
	}
	switch {
	case a.Sealed.Digest != d:
		return nil
	case a.IsDiscreet():
		return discreet.CheckBlob(b)
	}
	return seal.CheckHeader(b, len(a.To))
}

// unnamed are those of the blobs that no act held here names.
func (n *Node) unnamed(ctx context.Context, blobs map[canon.Digest][]byte) (map[canon.Digest]bool, error) {
	out := map[canon.Digest]bool{}
	for d := range blobs {
		var one int
		err := n.db.Read().QueryRowContext(ctx, "select 1 from docket_blobs where digest = $1 limit 1", d.String()).Scan(&one)
		if errors.Is(err, sql.ErrNoRows) {
			out[d] = true
		} else if err != nil {
			return nil, fmt.Errorf("look for acts that name %s: %w", d, err)
		}
	}
	return out, nil
}

// sift lets go of the blobs that nobody has named, before the store is asked to
// change for them. An act that names one and came meanwhile asks for it again.
func sift(blobs map[canon.Digest][]byte, unnamed map[canon.Digest]bool, all []*accepted) {
	named := namedBy(all)
	for d := range unnamed {
		if len(named[d]) == 0 {
			delete(blobs, d)
		}
	}
}

// namedBy are the new acts by the blobs that they name.
func namedBy(all []*accepted) map[canon.Digest][]arrived {
	named := map[canon.Digest][]arrived{}
	for _, acc := range all {
		for _, a := range acc.acts {
			if a.act == nil {
				continue
			}
			for _, d := range []canon.Digest{a.act.Sealed.Digest, a.act.Clear.Digest} {
				if !d.IsZero() {
					named[d] = append(named[d], a)
				}
			}
		}
	}
	return named
}

// place keeps a blob if it fits one of the acts that name it: among those that
// came with it, those that wait for it, or others held. For an act that it does not
// fit it stays missing. It returns how many acts had waited for it and got it.
func (n *Node) place(ctx context.Context, tx *Tx, from party.ID, d canon.Digest, b []byte, came []arrived) (kept bool, waited int, err error) {
	var why error
	for _, a := range came {
		if fault := fits(a.act, d, b); fault == nil {
			kept = true
		} else if why, err = fault, n.markUnfit(ctx, tx, d, a.ref); err != nil {
			return false, 0, err
		}
	}
	waiting, err := n.waitingFor(ctx, tx, d)
	if err != nil {
		return false, 0, err
	}
	for _, ref := range waiting {
		a, err := n.readLeaf(ctx, ref)
		if err != nil {
			return false, 0, err
		}
		if fault := fits(a, d, b); fault != nil {
			why = fault
			if err := n.markUnfit(ctx, tx, d, ref); err != nil {
				return false, 0, err
			}
			continue
		}
		kept = true
		waited++
		if err := n.discreetCame(ctx, tx, ref, a); err != nil {
			return false, 0, err
		}
		if _, err := tx.ExecContext(ctx, "delete from node_missing where digest = $1 and origin = $2 and idx = $3", d.String(), string(ref.Origin), ref.Index); err != nil {
			return false, 0, err
		}
	}
	if len(came) == 0 && len(waiting) == 0 {
		if kept, err = n.fitsHeld(ctx, tx, d, b); err != nil || !kept {
			return false, 0, err
		}
	}
	if kept {
		_, err = record.SaveBlob(ctx, tx.Tx, b)
		return true, waited, err
	}
	what := fmt.Sprintf("content %s is not what an act says it is: %v", d, why)
	return false, 0, record.Observe(ctx, tx.Tx, record.Observation{From: string(from), What: what, At: n.now().Unix()})
}

// fitsHeld reports whether b fits one of the first acts held that name it.
func (n *Node) fitsHeld(ctx context.Context, tx *Tx, d canon.Digest, b []byte) (bool, error) {
	rows, err := docket.List(ctx, tx.Tx, docket.Filter{Digest: d.String(), Limit: namersRead})
	if err != nil {
		return false, err
	}
	for _, r := range rows {
		a, err := n.readLeaf(ctx, r.Ref)
		if err != nil {
			return false, err
		}
		if fits(a, d, b) == nil {
			return true, nil
		}
	}
	return false, nil
}

// namersRead is how many acts that name a blob nobody here waits for are looked
// at; honest ones name a blob of their own.
const namersRead = 16

// waitingFor are the acts for which a blob is missing and of which it is not known
// that it does not fit.
func (n *Node) waitingFor(ctx context.Context, tx *Tx, d canon.Digest) ([]act.Ref, error) {
	rows, err := tx.QueryContext(ctx, `select m.origin, m.idx from node_missing m where m.digest = $1 and not exists (
		select 1 from node_unfit u where u.digest = m.digest and u.origin = m.origin and u.idx = m.idx)`, d.String())
	if err != nil {
		return nil, fmt.Errorf("list acts that wait for %s: %w", d, err)
	}
	defer rows.Close()
	var out []act.Ref
	for rows.Next() {
		var r act.Ref
		if err := rows.Scan(&r.Origin, &r.Index); err != nil {
			return nil, fmt.Errorf("list acts that wait for %s: %w", d, err)
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

func (n *Node) markUnfit(ctx context.Context, tx *Tx, d canon.Digest, ref act.Ref) error {
	_, err := tx.ExecContext(ctx, "insert into node_unfit (digest, origin, idx) values ($1,$2,$3) on conflict (digest, origin, idx) do nothing",
		d.String(), string(ref.Origin), ref.Index)
	if err != nil {
		return fmt.Errorf("keep that %s does not fit: %w", d, err)
	}
	return nil
}

// holds reports whether a blob that fits the act is held; one that is held for
// another act and does not fit this one never will.
func (n *Node) holds(ctx context.Context, tx *Tx, ref act.Ref, a *act.Act, d canon.Digest) (bool, error) {
	held, err := record.HasBlob(ctx, tx.Tx, d)
	if err != nil || !held {
		return false, err
	}
	b, err := record.ReadBlob(ctx, tx.Tx, d)
	if err != nil {
		return false, err
	}
	if fits(a, d, b) == nil {
		return true, nil
	}
	return false, n.markUnfit(ctx, tx, d, ref)
}
