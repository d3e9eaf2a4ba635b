package proof

import (
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// A seeded consistency proof is an RFC 9162 §2.1.4 consistency proof whose
// first hash is always present. The RFC leaves it out when the smaller size is
// a power of two, for it is then the smaller root itself; but a proof that two
// roots contradict must not take one of them on trust.

// bothRoots computes, by RFC 9162 §2.1.4.2 with an explicit seed, the root of
// the first small entries and the root of all large entries that a seeded proof
// leads to. If the second equals a signed root, the first is the only root that
// small entries of that tree can have.
func bothRoots(p tlog.TreeProof, small, large int64) (first, second tlog.Hash, err error) {
	if small < 1 || small >= large || large > maxIndex {
		return first, second, fmt.Errorf("no consistency between sizes %d and %d", small, large)
	}
	if len(p) == 0 {
		return first, second, errors.New("consistency: no hashes")
	}
	fn, sn := small-1, large-1
	for fn&1 == 1 {
		fn, sn = fn>>1, sn>>1
	}
	first, second = p[0], p[0]
	for _, c := range p[1:] {
		if sn == 0 {
			return first, second, fmt.Errorf("consistency: more hashes than sizes %d and %d take", small, large)
		}
		if fn&1 == 1 || fn == sn {
			first, second = tlog.NodeHash(c, first), tlog.NodeHash(c, second)
			for fn&1 == 0 && fn != 0 {
				fn, sn = fn>>1, sn>>1
			}
		} else {
			second = tlog.NodeHash(second, c)
		}
		fn, sn = fn>>1, sn>>1
	}
	if sn != 0 {
		return first, second, fmt.Errorf("consistency: fewer hashes than sizes %d and %d take", small, large)
	}
	return first, second, nil
}

// proveSeeded makes a seeded proof from the hashes of a tree of at least large entries.
func proveSeeded(small, large int64, r tlog.HashReader) (tlog.TreeProof, error) {
	if small < 1 || small >= large || large > maxIndex {
		return nil, fmt.Errorf("no consistency between sizes %d and %d", small, large)
	}
	p, err := tlog.ProveTree(large, small, r)
	if err != nil {
		return nil, fmt.Errorf("prove consistency of sizes %d and %d: %w", small, large, err)
	}
	if small&(small-1) != 0 {
		return p, nil
	}
	seed, err := tlog.TreeHash(small, r)
	if err != nil {
		return nil, fmt.Errorf("prove consistency of sizes %d and %d: %w", small, large, err)
	}
	return append(tlog.TreeProof{seed}, p...), nil
}
