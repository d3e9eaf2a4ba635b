package node

import (
	"context"
	"encoding/base64"
	"fmt"

	"detente/act"
	"detente/checkpoint"
	"detente/internal/durable"
	"detente/key"
	"detente/lodging"
	"detente/record"
	"detente/roster"
	"golang.org/x/mod/sumdb/tlog"
)

// maxConflicting is of how many sizes of one record a key's cosignatures over
// other trees are kept: the largest, which cover most. A cosigner signs a tree at
// most some times before its author's fork is proven.
const maxConflicting = 256

// keepConflicting keeps a verified cosignature over another tree than the one
// held: should the author's fork be proven, it says what the other branch has. What
// is kept does not depend on the order of arrival.
func keepConflicting(ctx context.Context, tx *Tx, c checkpoint.Cosigned) error {
	note, err := checkpoint.ParseNote(c.Bytes())
	if err != nil {
		return err
	}
	h := c.Head()
	o, by, id := string(h.Origin), c.By(), int64(note.Lines[0].ID)
	if _, err := tx.ExecContext(ctx, `insert into node_conflicting (origin, signer, key_id, size, time, root) values ($1,$2,$3,$4,$5,$6)
		on conflict (origin, signer, key_id, size) do update set time = excluded.time, root = excluded.root
		where excluded.time < node_conflicting.time or excluded.time = node_conflicting.time and excluded.root < node_conflicting.root`,
		o, by, id, h.Size, c.Time(), base64.StdEncoding.EncodeToString(h.Root[:])); err != nil {
		return fmt.Errorf("keep a cosignature over another tree of %s: %w", h.Origin, err)
	}
	if _, err := tx.ExecContext(ctx, `delete from node_conflicting where origin = $1 and signer = $2 and key_id = $3 and size < (
		select min(size) from (select size from node_conflicting where origin = $1 and signer = $2 and key_id = $3 order by size desc limit $4) largest)`,
		o, by, id, maxConflicting); err != nil {
		return fmt.Errorf("keep a cosignature over another tree of %s: %w", h.Origin, err)
	}
	return nil
}

// conflicting are the mirror cosignatures up to a time over other trees than the
// one held, of more entries than the index of the act.
func (n *Node) conflicting(ctx context.Context, q durable.Querier, k *roster.Keys, ref act.Ref, upto int64) ([]lodging.Stamp, error) {
	rows, err := q.QueryContext(ctx, `select signer, key_id, size, time, root from node_conflicting
		where origin = $1 and size > $2 and time <= $3 order by signer, key_id, size`, string(ref.Origin), ref.Index, upto)
	if err != nil {
		return nil, fmt.Errorf("list cosignatures over other trees of %s: %w", ref.Origin, err)
	}
	defer rows.Close()
	var held []record.StoredCosig
	var by []roster.CosignerKey
	for rows.Next() {
		c := record.StoredCosig{Head: checkpoint.Head{Origin: ref.Origin}}
		var id int64
		var root string
		if err := rows.Scan(&c.By, &id, &c.Head.Size, &c.Time, &root); err != nil {
			return nil, fmt.Errorf("list cosignatures over other trees of %s: %w", ref.Origin, err)
		}
		if c.Head.Root, err = tlog.ParseHash(root); err != nil {
			return nil, fmt.Errorf("list cosignatures over other trees of %s: %w", ref.Origin, err)
		}
		if ck, ok := k.ByName(c.By, uint32(id)); ok && ck.Role == key.Mirror {
			held, by = append(held, c), append(by, ck)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list cosignatures over other trees of %s: %w", ref.Origin, err)
	}
	var out []lodging.Stamp
	lists := retiredLists{}
	for i, c := range held {
		if list, err := lists.read(ctx, q, by[i].Listed); err != nil {
			return nil, err
		} else if by[i].Retired && list != nil && !list.Has(roster.Cosignature{Origin: c.Head.Origin, Size: c.Head.Size, Root: c.Head.Root, Time: c.Time}) {
			continue
		}
		out = append(out, lodging.Stamp{By: by[i].Party, Size: c.Head.Size, Time: c.Time})
	}
	return out, nil
}
