package node

import (
	"context"
	"errors"
	"fmt"

	"detente/checkpoint"
	"detente/party"
	"detente/record"
)

// How far this node holds the streams of cosignatures of its peers, and what of
// them waits in memory: for the record that it is over, or for the act that
// enters its key.

// maxWaiting bounds what came from one peer and waits in memory: some 3 kB each.
// What one sends takes no room from another; a stream goes on only once what is
// left out of it would be kept.
const maxWaiting = 2000

// sentCosig is a cosignature and the peer from which it came.
type sentCosig struct {
	from party.ID
	c    checkpoint.Cosigned
}

// stranger is a cosignature under a key that is not known yet.
type stranger struct {
	from party.ID
	note checkpoint.Note
}

// admit counts one more cosignature of a peer that waits, and reports whether
// there is room for it.
func (n *Node) admit(from party.ID) bool {
	if n.waiting[from] >= maxWaiting {
		return false
	}
	n.waiting[from]++
	return true
}

// leave counts one less.
func (n *Node) leave(from party.ID) {
	if n.waiting[from]--; n.waiting[from] <= 0 {
		delete(n.waiting, from)
	}
}

// park keeps a cosignature until its record comes.
func (n *Node) park(s sentCosig) bool {
	if !n.admit(s.from) {
		return false
	}
	n.parked[s.c.Head().Origin] = append(n.parked[s.c.Head().Origin], s)
	return true
}

// unpark takes the cosignatures that waited for records which have now grown.
func (n *Node) unpark(all []*accepted) []sentCosig {
	var out []sentCosig
	for _, acc := range all {
		if len(acc.leaves) == 0 {
			continue
		}
		for _, s := range n.parked[acc.origin] {
			n.leave(s.from)
			out = append(out, s)
		}
		delete(n.parked, acc.origin)
	}
	return out
}

// storeCosigs keeps cosignatures. One over a tree that is not held yet waits in
// memory for its record; one over another tree than the one held is an
// observation, or, if its signer signed both, a proof.
func (n *Node) storeCosigs(ctx context.Context, tx *Tx, from party.ID, in *arrival, cosigs []sentCosig) error {
	waits := n.waiting[from] > 0 // before those of this arrival
	keys, lists := n.keys.Load(), retiredLists{}
	if tx.rekeyed {
		var err error
		if keys, err = n.buildKeys(ctx, tx.Tx); err != nil {
			return err
		}
	}
	for _, s := range cosigs {
		if out, err := n.frozenOut(ctx, tx, s.c); err != nil {
			return err
		} else if out {
			continue
		}
		if out, err := n.retiredOut(ctx, tx.Tx, keys, lists, s.c); err != nil {
			return err
		} else if out {
			continue
		}
		_, err := record.SaveCosigned(ctx, tx.Tx, s.c)
		var both *record.Contradiction
		switch {
		case errors.Is(err, record.ErrNotHeld):
			frozen, err := frozenIn(ctx, tx.Tx, s.c.Head().Origin)
			if err != nil {
				return err
			}
			if frozen {
				continue // the record grows no further here
			}
			waits = true
			tx.After(func() { in.dropped = !n.park(s) || in.dropped })
		case errors.As(err, &both):
			if err := keepConflicting(ctx, tx, s.c); err != nil {
				return err
			}
			tx.After(func() { n.contradicted = append(n.contradicted, contradictedCosig{s.from, s.c, both.Held}) })
		case err != nil:
			return err
		}
	}
	if waits || in.dropped || !in.stream || !in.follows || len(in.cosigs) == 0 {
		return nil // a restart asks for it again
	}
	return saveStream(ctx, tx, from, in.upto)
}

// saveStream keeps how far the stream of a peer is held on disk.
func saveStream(ctx context.Context, tx *Tx, id party.ID, upto int64) error {
	_, err := tx.ExecContext(ctx, `insert into node_streams (party, upto) values ($1,$2)
		on conflict (party) do update set upto = excluded.upto`, string(id), upto)
	if err != nil {
		return fmt.Errorf("keep the place in the stream of %s: %w", id, err)
	}
	return nil
}

// beginStream begins the stream of a peer again: it opened a further volume, so
// its store may be another one, which numbers anew.
func (n *Node) beginStream(ctx context.Context, tx *Tx, id party.ID) error {
	tx.After(func() {
		p := n.peer(id)
		n.mu.Lock()
		p.got = 0
		n.mu.Unlock()
	})
	return saveStream(ctx, tx, id, 0)
}

// loadStreams reads how far the streams of the peers are held.
func (n *Node) loadStreams(ctx context.Context) error {
	rows, err := n.db.Read().QueryContext(ctx, "select party, upto from node_streams")
	if err != nil {
		return fmt.Errorf("read the places in the streams: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id party.ID
		var upto int64
		if err := rows.Scan(&id, &upto); err != nil {
			return fmt.Errorf("read the places in the streams: %w", err)
		}
		n.peer(id).got = upto
	}
	return rows.Err()
}

// hold takes how far an arrival brought the stream of its sender; n.mu is held.
// What does not follow on what was held, since it was written for one who held
// more before a restart, does not count. An answer that goes less far than what
// it was told comes from a store that was put back to an older state.
func (p *peer) hold(arr *arrival) {
	switch {
	case arr.dropped || !arr.follows:
	case arr.told > 0 && arr.upto < arr.told && p.got <= arr.told:
		p.got = arr.upto
	default:
		p.got = max(p.got, arr.upto)
	}
}
