package node

import (
	"context"
	"errors"
	"fmt"
	"time"

	"detente/act"
	"detente/docket"
	"detente/internal/durable"
	"detente/lodging"
	"detente/party"
	"detente/record"
)

// Shown is what the evidence held here shows of the time of one act.
type Shown struct {
	Bounds lodging.Bounds
	// Had is, for each addressee of which it is shown, the moment since which it had
	// the act, in Unix seconds: of its own mirror cosignature or its receipt the earlier.
	Had map[party.ID]int64
	// Held is the moment since which this party vouches that it holds the act, by its
	// own head or mirror cosignature; 0: it does not yet.
	Held int64
}

// Shown gathers the times of one act.
func (n *Node) Shown(ctx context.Context, ref act.Ref) (Shown, error) {
	k := n.keys.Load()
	e, rule, err := n.evidence(ctx, k, ref)
	if err != nil {
		return Shown{}, err
	}
	out := Shown{Bounds: lodging.Bound(e, rule), Had: map[party.ID]int64{}}
	had := func(list []lodging.Stamp) {
		for _, s := range list {
			if t := out.Had[s.By]; s.By != e.Author && (t == 0 || s.Time < t) {
				out.Had[s.By] = s.Time
			}
		}
	}
	if len(e.To) == 0 {
		row, err := docket.Get(ctx, n.db.Read(), ref.Origin, ref.Index)
		if err != nil {
			return out, err
		}
		if e.Receipts, err = n.receiptStamps(ctx, n.db.Read(), row, n.others(row.Author)); err != nil {
			return out, err
		}
	}
	had(e.Stamps)
	had(e.Receipts)
	out.Held, err = n.heldSince(ctx, n.db.Read(), ref)
	return out, err
}

// others are the parties of the newest edition that have a record, but one.
func (n *Node) others(but party.ID) []party.ID {
	var out []party.ID
	for _, p := range n.keys.Load().Current().Parties {
		if p.Card != nil && p.ID != but {
			out = append(out, p.ID)
		}
	}
	return out
}

func (n *Node) heldSince(ctx context.Context, q durable.Querier, ref act.Ref) (int64, error) {
	if n.author(ref.Origin) == n.self {
		s, ok, err := record.At(ctx, q, ref.Origin, ref.Index+1)
		if err != nil || !ok {
			return 0, err
		}
		return s.Time, nil
	}
	list, err := record.CosignaturesBy(ctx, q, ref.Origin, n.set().Mirror.Public.Name, ref.Index+1, 1)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	return list[0].Time, nil
}

// Positions are the records held here, each volume with its size.
func (n *Node) Positions(ctx context.Context) (map[party.Origin]int64, error) {
	all, err := record.Records(ctx, n.db.Read())
	if err != nil {
		return nil, fmt.Errorf("list records: %w", err)
	}
	out := map[party.Origin]int64{}
	for _, o := range all {
		held, err := record.Held(ctx, n.db.Read(), o)
		if err != nil {
			return nil, err
		}
		out[o] = held.Size
	}
	return out, nil
}

// Stamped calls f for each cosignature that came after seq and was made over a
// tree of size entries of a record, and returns the newest seq. What f is called
// for may have changed when acts of that record, before size, are shown to be lodged.
func (n *Node) Stamped(ctx context.Context, seq int64, f func(o party.Origin, size, at int64)) (int64, error) {
	for {
		list, err := record.CosignaturesSince(ctx, n.db.Read(), seq, record.MaxPage)
		if err != nil {
			return seq, err
		}
		for _, c := range list {
			f(c.Head.Origin, c.Head.Size, c.Time)
			seq = max(seq, c.Seq)
		}
		if len(list) == 0 {
			return seq, nil
		}
	}
}

// LastStamp is the newest seq that Stamped would return.
func (n *Node) LastStamp(ctx context.Context) (int64, error) {
	var last int64
	err := n.db.Read().QueryRowContext(ctx, "select coalesce(max(seq), 0) from record_notes").Scan(&last)
	if err != nil {
		return 0, fmt.Errorf("read the last cosignature: %w", err)
	}
	return last, nil
}

// Now is the time by the node's clock.
func (n *Node) Now() time.Time { return n.cfg.Now() }

// OthersTime is the newest time that a head of another party held here bears, by
// that party's clock; false for a party that has no peers.
func (n *Node) OthersTime(ctx context.Context) (time.Time, bool, error) {
	if !n.hasPeers() {
		return time.Time{}, false, nil
	}
	sizes, err := n.Positions(ctx)
	if err != nil {
		return time.Time{}, false, err
	}
	newest := int64(0)
	for o := range sizes {
		if n.author(o) == n.self {
			continue
		}
		s, ok, err := record.Latest(ctx, n.db.Read(), o)
		if err != nil {
			return time.Time{}, false, err
		}
		if ok {
			newest = max(newest, s.Time)
		}
	}
	return time.Unix(newest, 0), true, nil
}

// Rules names everything else by which times are judged: the editions in force
// here, what retired keys signed, and what was proven. As long as it is the same,
// a time changes by new acts and cosignatures alone.
func (n *Node) Rules(ctx context.Context) (string, error) {
	var editions, retired, frozen, conflicting string
	err := n.db.Read().QueryRowContext(ctx, `select
		coalesce((select max(edition) from node_editions), 0) || ' ' || (select count(*) from node_editions),
		(select count(*) from node_retired), (select count(*) from node_frozen), (select count(*) from node_conflicting)`).
		Scan(&editions, &retired, &frozen, &conflicting)
	if err != nil {
		return "", errors.Join(errors.New("read by what times are judged"), err)
	}
	return fmt.Sprintf("%s %s %s %s %s", n.keys.Load().CurrentDigest(), editions, retired, frozen, conflicting), nil
}
