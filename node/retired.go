package node

import (
	"cmp"
	"context"
	"slices"

	"detente/checkpoint"
	"detente/internal/canon"
	"detente/internal/durable"
	"detente/key"
	"detente/lodging"
	"detente/party"
	"detente/record"
	"detente/roster"
)

// Which mirror cosignatures count, and what a retired key can still say.

// stamps are the verified mirror cosignatures over heads that cover an act. They
// were verified when stored; whether a retired key's counts is asked here.
func (n *Node) stamps(ctx context.Context, q durable.Querier, k *roster.Keys, o party.Origin, idx int64) ([]lodging.Stamp, error) {
	list, err := record.Cosignatures(ctx, q, o, idx+1)
	if err != nil {
		return nil, err
	}
	return standing(ctx, q, k, o, idx, list, retiredLists{})
}

// standing are those of a list of what Cosignatures has over an act that count.
func standing(ctx context.Context, q durable.Querier, k *roster.Keys, o party.Origin, idx int64, list []record.StoredCosig, lists retiredLists) ([]lodging.Stamp, error) {
	all, err := mirrored(ctx, q, k, o, idx, list, func(ck roster.CosignerKey, c record.StoredCosig) (bool, error) {
		return lists.stands(ctx, q, ck, c)
	})
	var out []lodging.Stamp
	for _, m := range all {
		out = append(out, lodging.Stamp{By: m.by.Party, Size: m.Head.Size, Time: m.Time})
	}
	return out, err
}

// mirroring is a mirror cosignature as stored, with its key.
type mirroring struct {
	record.StoredCosig
	by roster.CosignerKey
}

// mirrored are, of each mirror key, the earliest cosignatures over an act that
// stand, in order of time, from the list that Cosignatures has. Where the earliest of a retired key does not stand, the
// ones over larger trees may: who holds the key can sign small trees again.
func mirrored(ctx context.Context, q durable.Querier, k *roster.Keys, o party.Origin, idx int64, list []record.StoredCosig, stands func(roster.CosignerKey, record.StoredCosig) (bool, error)) ([]mirroring, error) {
	var out []mirroring
	asked := map[string]bool{}
	for i := 0; i < len(list); i++ {
		c := list[i]
		ck, ok := k.ByName(c.By, c.KeyID)
		if !ok || ck.Role != key.Mirror {
			continue
		}
		if ok, err := stands(ck, c); err != nil {
			return nil, err
		} else if ok {
			out = append(out, mirroring{c, ck})
		} else if !asked[c.By] {
			asked[c.By] = true
			more, err := allBy(ctx, q, o, c.By, idx+1)
			if err != nil {
				return nil, err
			}
			list = append(list, more...)
		}
	}
	slices.SortFunc(out, func(a, b mirroring) int {
		return cmp.Or(cmp.Compare(a.Time, b.Time), cmp.Compare(a.By, b.By), cmp.Compare(a.Head.Size, b.Head.Size), cmp.Compare(a.Seq, b.Seq))
	})
	return slices.CompactFunc(out, func(a, b mirroring) bool { return a.Seq == b.Seq }), nil
}

// allBy is all that the keys of one name cosigned of o over n entries or more.
func allBy(ctx context.Context, q durable.Querier, o party.Origin, by string, n int64) ([]record.StoredCosig, error) {
	var out []record.StoredCosig
	for {
		some, err := record.CosignaturesBy(ctx, q, o, by, n, record.MaxPage)
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
		if len(some) < record.MaxPage || some[len(some)-1].Head.Size == n {
			return out, nil
		}
		n = some[len(some)-1].Head.Size
	}
}

// retiredOut refuses what a retired key signed if its list does not name it. As
// long as the list is not here, it takes what is over a tree that the key has not
// signed so far: nothing that came before may have to make room.
func (n *Node) retiredOut(ctx context.Context, q durable.Querier, k *roster.Keys, l retiredLists, c checkpoint.Cosigned) (bool, error) {
	note, err := checkpoint.ParseNote(c.Bytes())
	if err != nil {
		return false, err
	}
	ck, ok := k.ByName(c.By(), note.Lines[0].ID)
	if !ok || !ck.Retired {
		return false, nil
	}
	list, err := l.read(ctx, q, ck.Listed)
	if err != nil {
		return false, err
	}
	h := c.Head()
	if list != nil {
		return !list.Has(roster.Cosignature{Origin: h.Origin, Size: h.Size, Root: h.Root, Time: c.Time()}), nil
	}
	held, err := record.CosignaturesBy(ctx, q, h.Origin, c.By(), h.Size, record.MaxPage)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(held, func(s record.StoredCosig) bool {
		return s.Head.Size == h.Size && s.KeyID == note.Lines[0].ID
	}), nil
}

// retiredLists are the lists of retired keys that were looked at, by digest.
type retiredLists map[canon.Digest]*roster.CosignedList

// stands reports whether a cosignature counts although its key may be retired: if
// the list that the key act carries has it, if that list is not here yet, or if it
// was held here before the key act came. A cosigner cannot take back by a
// rotation what was counted on.
func (l retiredLists) stands(ctx context.Context, q durable.Querier, ck roster.CosignerKey, c record.StoredCosig) (bool, error) {
	if !ck.Retired {
		return true, nil
	}
	list, err := l.read(ctx, q, ck.Listed)
	if err != nil || list == nil {
		return err == nil, err
	}
	if list.Has(roster.Cosignature{Origin: c.Head.Origin, Size: c.Head.Size, Root: c.Head.Root, Time: c.Time}) {
		return true, nil
	}
	seq, err := heldBefore(ctx, q, ck.By, ck.At)
	return c.Seq <= seq, err
}

// read returns nil for a list that is not here; bytes that are no list list nothing.
func (l retiredLists) read(ctx context.Context, q durable.Querier, d canon.Digest) (*roster.CosignedList, error) {
	if list, seen := l[d]; seen {
		return list, nil
	}
	held, err := record.HasBlob(ctx, q, d)
	if err != nil {
		return nil, err
	}
	if held {
		b, err := record.ReadBlob(ctx, q, d)
		if err != nil {
			return nil, err
		}
		list, _ := roster.ParseCosignedList(b)
		l[d] = &list
		return l[d], nil
	}
	l[d] = nil
	return nil, nil
}
