package node

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"detente/act"
	"detente/docket"
	"detente/internal/canon"
	"detente/internal/durable"
	"detente/party"
)

// Who gets which blob, and what is asked for.

// entitled reports whether a peer may be given a blob. What some act names as
// sealed goes by the act that named it so first, as far as this node knows: who
// names another's ciphertext later, as its own or in the clear, gets nothing by
// it and takes it from nobody.
func (n *Node) entitled(ctx context.Context, to party.ID, d canon.Digest) (bool, error) {
	q := n.db.Read()
	ref, sealed, err := n.sealedBy(ctx, q, d)
	if err != nil {
		return false, err
	}
	if !sealed {
		rows, err := docket.List(ctx, q, docket.Filter{Digest: d.String(), Limit: 1})
		return len(rows) > 0, err
	}
	row, err := docket.Get(ctx, q, ref.Origin, ref.Index)
	if err != nil {
		return false, fmt.Errorf("look up who may hold %s: %w", d, err)
	}
	if is, err := isDiscreet(ctx, q, ref); err != nil || is {
		return is, err // every mirror holds it, whomever it is for
	}
	ids, err := addressees(ctx, q, ref)
	if err != nil {
		return false, err
	}
	return n.mayHold(ctx, to, row.Ref, ids)
}

// sealedBy is the act that first named a digest as sealed: one of our own, or
// the first that came.
func (n *Node) sealedBy(ctx context.Context, q durable.Querier, d canon.Digest) (ref act.Ref, found bool, err error) {
	for _, o := range n.volumes() {
		err := q.QueryRowContext(ctx, `select d.idx from docket_blobs b join docket_acts d on d.origin = b.origin and d.idx = b.idx
			where b.digest = $1 and b.origin = $2 and d.sealed = $1 order by d.idx limit 1`, d.String(), string(o)).Scan(&ref.Index)
		if err == nil {
			ref.Origin = o
			return ref, true, nil
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return ref, false, fmt.Errorf("look up who sealed %s: %w", d, err)
		}
	}
	err = q.QueryRowContext(ctx, "select origin, idx from node_sealed where digest = $1", d.String()).Scan(&ref.Origin, &ref.Index)
	if errors.Is(err, sql.ErrNoRows) {
		return ref, false, nil
	}
	if err != nil {
		return ref, false, fmt.Errorf("look up who sealed %s: %w", d, err)
	}
	return ref, true, nil
}

// saveSealed remembers which act first named a ciphertext.
func saveSealed(ctx context.Context, tx *Tx, ref act.Ref, a *act.Act) error {
	if a.Sealed.Digest.IsZero() {
		return nil
	}
	_, err := tx.ExecContext(ctx, `insert into node_sealed (digest, origin, idx) values ($1,$2,$3)
		on conflict (digest) do nothing`, a.Sealed.Digest.String(), string(ref.Origin), ref.Index)
	if err != nil {
		return fmt.Errorf("keep who sealed %s: %w", a.Sealed.Digest, err)
	}
	return nil
}

func addressees(ctx context.Context, q durable.Querier, ref act.Ref) ([]party.ID, error) {
	rows, err := q.QueryContext(ctx, "select party from docket_addressees where origin = $1 and idx = $2 order by stanza", string(ref.Origin), ref.Index)
	if err != nil {
		return nil, fmt.Errorf("read the addressees of %s: %w", ref, err)
	}
	defer rows.Close()
	var out []party.ID
	for rows.Next() {
		var id party.ID
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		out = append(out, id)
	}
	return out, rows.Err()
}

// mayHold says who gets the ciphertext of an act: its author, addressees and
// custodians, and a relay towards an addressee that has not answered the act and
// with whom we keep no link, that has no endpoint or, if the relay is a counting
// witness, that does not answer us.
func (n *Node) mayHold(ctx context.Context, to party.ID, ref act.Ref, addressees []party.ID) (bool, error) {
	if n.isCustodian(to) || n.author(ref.Origin) == to {
		return true, nil
	}
	for _, id := range addressees {
		if id == to {
			return true, nil
		}
	}
	for _, id := range addressees {
		if !n.noLink(id) && !n.byCourier(id) && !(n.isWitness(to) && n.unreachable(id)) {
			continue
		}
		done, err := docket.List(ctx, n.db.Read(), docket.Filter{Author: id, Answers: ref, Kinds: []act.Kind{act.Delivered, act.Returned}, Limit: 1})
		if err != nil || len(done) == 0 {
			return err == nil, err
		}
	}
	return false, nil
}

// byCourier reports whether a party has no endpoint, so that another may have to
// carry what is meant for it.
func (n *Node) byCourier(id party.ID) bool {
	p, ok := n.keys.Load().Current().Party(id)
	return ok && p.Card != nil && len(p.Endpoints) == 0
}

func (n *Node) isCustodian(id party.ID) bool {
	return slices.Contains(n.keys.Load().Current().Custodians, id)
}

func (n *Node) isWitness(id party.ID) bool {
	return slices.Contains(n.keys.Load().Current().Counting.Witnesses, id)
}

// wanted are the blobs to ask a peer for: the missing ones, since a relay or
// another custodian may hold what the author could not send. Where there are more
// than one message asks for, the records take turns, and each goes on where it
// was the last time: what is never sent keeps nothing else from being asked for.
func (n *Node) wanted(ctx context.Context, from party.ID) ([]canon.Digest, error) {
	list, err := n.missing(ctx, "select distinct m.digest, 0 from node_missing m"+fit+" order by m.digest limit $1", maxWants+1)
	if err != nil || len(list) <= maxWants {
		return digests(list), err
	}
	origins, err := n.missingOrigins(ctx)
	if err != nil {
		return nil, err
	}
	p := n.peer(from)
	taken := map[canon.Digest]bool{}
	var out []canon.Digest
	share := max(1, maxWants/max(1, len(origins)))
	for i := 0; i < 2*len(origins) && len(out) < maxWants; i++ {
		if i == len(origins) {
			share = maxWants // what the others left
		}
		o := origins[i%len(origins)]
		n.mu.Lock()
		next := p.asked[o]
		n.mu.Unlock()
		some, err := n.missing(ctx, "select m.digest, m.idx from node_missing m"+fit+" and m.origin = $2 and m.idx >= $3 order by m.idx limit $1",
			min(share, maxWants-len(out)), string(o), next)
		if err != nil {
			return nil, err
		}
		if len(some) == 0 {
			next = 0 // from the beginning the next time
		}
		for _, b := range some {
			next = b.idx + 1
			if !taken[b.digest] {
				taken[b.digest] = true
				out = append(out, b.digest)
			}
		}
		n.mu.Lock()
		p.asked[o] = next
		n.mu.Unlock()
	}
	return out, nil
}

// fit leaves out what came and cannot be what the act names.
const fit = ` where not exists (
	select 1 from node_unfit u where u.digest = m.digest and u.origin = m.origin and u.idx = m.idx)`

// missingBlob is a blob that is to come, and the act that names it.
type missingBlob struct {
	digest canon.Digest
	idx    int64
}

func digests(list []missingBlob) []canon.Digest {
	var out []canon.Digest
	for _, b := range list {
		out = append(out, b.digest)
	}
	return out
}

func (n *Node) missing(ctx context.Context, query string, args ...any) ([]missingBlob, error) {
	rows, err := n.db.Read().QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("list missing blobs: %w", err)
	}
	defer rows.Close()
	var out []missingBlob
	for rows.Next() {
		var s string
		var b missingBlob
		if err := rows.Scan(&s, &b.idx); err != nil {
			return nil, fmt.Errorf("list missing blobs: %w", err)
		}
		if b.digest, err = canon.ParseDigest(s); err != nil {
			return nil, fmt.Errorf("list missing blobs: %w", err)
		}
		out = append(out, b)
	}
	return out, rows.Err()
}

// missingOrigins are the records of which blobs are missing.
func (n *Node) missingOrigins(ctx context.Context) ([]party.Origin, error) {
	var out []party.Origin
	for past := ""; ; {
		var next sql.NullString
		if err := n.db.Read().QueryRowContext(ctx, "select min(origin) from node_missing where origin > $1", past).Scan(&next); err != nil {
			return nil, fmt.Errorf("list missing blobs: %w", err)
		}
		if !next.Valid {
			return out, nil
		}
		past = next.String
		out = append(out, party.Origin(past))
	}
}
