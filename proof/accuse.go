package proof

import (
	"errors"
	"fmt"

	"detente/act"
	"detente/checkpoint"
	"detente/party"
	"golang.org/x/mod/sumdb/tlog"
)

// Fork builds the proof from two verified heads if they contradict, else nil.
func Fork(a, b checkpoint.Signed, against party.ID) *Misconduct {
	if a.IsZero() || b.IsZero() || !contradict(a.Head(), b.Head()) {
		return nil
	}
	return &Misconduct{Kind: KindFork, Against: against, A: a.Bytes(), B: b.Bytes()}
}

// Cosigner builds the proof from two verified cosignatures by one party if they
// contradict, else nil.
func Cosigner(a, b checkpoint.Cosigned, against party.ID) *Misconduct {
	if a.IsZero() || b.IsZero() || !contradict(a.Head(), b.Head()) {
		return nil
	}
	return &Misconduct{Kind: KindCosigner, Against: against, A: a.Bytes(), B: b.Bytes()}
}

func contradict(a, b checkpoint.Head) bool {
	return a.Origin == b.Origin && a.Size == b.Size && a.Root != b.Root
}

// Inconsistent builds the proof from two verified heads of different sizes and
// the hashes of the tree of the larger one, which r reads. It is nil if the
// heads are consistent; an error means that r does not hold the larger tree,
// which shows nothing.
func Inconsistent(small, large checkpoint.Signed, r tlog.HashReader, against party.ID) (*Misconduct, error) {
	if small.IsZero() || large.IsZero() || small.Head().Origin != large.Head().Origin {
		return nil, errors.New("two verified heads of one record are needed")
	}
	a, b := small.Head(), large.Head()
	p, err := proveSeeded(a.Size, b.Size, r)
	if err != nil {
		return nil, err
	}
	first, second, err := bothRoots(p, a.Size, b.Size)
	if err != nil {
		return nil, err
	}
	if second != b.Root {
		return nil, fmt.Errorf("the entries at hand do not make the root of %s of %d entries", b.Origin, b.Size)
	}
	if first == a.Root {
		return nil, nil
	}
	return &Misconduct{Kind: KindInconsistent, Against: against, A: small.Bytes(), B: large.Bytes(), Consistency: p}, nil
}

// InvalidAct builds the proof for a leaf that is included under a verified head,
// if it is invalid under the format version that it names, else nil. Versions
// and kinds that are not known here are set aside.
func InvalidAct(leaf []byte, index int64, p tlog.RecordProof, head checkpoint.Signed, against party.ID) *Misconduct {
	if head.IsZero() || checkInclusion(p, head.Head(), index, leaf) != nil {
		return nil
	}
	if _, err := act.Parse(leaf); !accusable(err) {
		return nil
	}
	return &Misconduct{Kind: KindInvalidAct, Against: against, A: head.Bytes(), Leaf: leaf, Index: index, Inclusion: p}
}
