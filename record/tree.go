package record

import (
	"crypto/sha256"
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

var emptyRoot = tlog.Hash(sha256.Sum256(nil)) // RFC 6962 §2.1

// Tree is the right edge of an RFC 6962 tree: enough to append to it and to know
// its root, whatever its size. The zero value is the empty tree. It does no I/O,
// so a record that came from outside can be verified before any of it is stored:
//
//	for each entry: tree.Append(tlog.RecordHash(entry))
//	compare tree.Root() with the signed checkpoint of tree.Size() entries
//
// A Tree is a value: an assignment copies it, the copies grow apart, and == says
// whether two are over the same entries.
type Tree struct {
	size int64
	// peaks[l] is the root of the complete subtree of 2^l entries that ends at
	// the edge; it is zero where bit l of size is not set.
	peaks [maxHeight]tlog.Hash
}

// Size is the number of entries.
func (t *Tree) Size() int64 { return t.size }

// Append adds the hash of one entry, tlog.RecordHash of its bytes. The only
// error is a tree of MaxSize entries.
func (t *Tree) Append(leaf tlog.Hash) error { return t.append(leaf, nil) }

// append calls tier with each hash that becomes part of a tile, lowest first.
func (t *Tree) append(leaf tlog.Hash, tier func(level int, h tlog.Hash)) error {
	if t.size >= MaxSize {
		return fmt.Errorf("a record has at most %d entries", int64(MaxSize))
	}
	h := leaf
	for l := 0; ; l++ {
		if tier != nil && l%tileHeight == 0 {
			tier(l/tileHeight, h)
		}
		if t.size>>l&1 == 0 {
			t.peaks[l] = h
			break
		}
		h, t.peaks[l] = tlog.NodeHash(t.peaks[l], h), tlog.Hash{}
	}
	t.size++
	return nil
}

// Root is the tree hash of RFC 6962.
func (t *Tree) Root() tlog.Hash {
	if t.size == 0 {
		return emptyRoot
	}
	rest := uint64(t.size)
	root := t.peaks[bits.TrailingZeros64(rest)]
	for rest &= rest - 1; rest != 0; rest &= rest - 1 {
		root = tlog.NodeHash(t.peaks[bits.TrailingZeros64(rest)], root)
	}
	return root
}
