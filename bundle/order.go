package bundle

import (
	"fmt"

	"detente/internal/canon"
	"detente/party"
)

// order is what Writer and Reader hold in common: which part may follow which.
// Its memory is bounded by MaxPositions and MaxBlobs.
type order struct {
	parts int // parts admitted, the header included
	have  bool
	want  bool
	since bool
	next  map[party.Origin]int64 // entries: index that must follow
	blobs map[canon.Digest]struct{}
}

func newOrder() order {
	return order{parts: 1, next: make(map[party.Origin]int64), blobs: make(map[canon.Digest]struct{})}
}

// admit refuses a part that may not come here.
func (o *order) admit(p Part) error {
	switch p.Kind {
	case Have:
		if o.have {
			return fmt.Errorf("a second list of positions")
		}
		o.have = true
	case Want:
		if o.want {
			return fmt.Errorf("a second list of wanted blobs")
		}
		o.want = true
	case Since:
		if o.since {
			return fmt.Errorf("a second position in the streams of cosignatures")
		}
		o.since = true
	case Blob:
		if _, ok := o.blobs[p.Digest]; ok {
			return fmt.Errorf("blob %s is repeated", p.Digest)
		}
		if len(o.blobs) == MaxBlobs {
			return fmt.Errorf("more than %d blobs", MaxBlobs)
		}
		o.blobs[p.Digest] = struct{}{}
	case Entries:
		next, seen := o.next[p.Origin]
		if seen && p.From != next {
			return fmt.Errorf("entries of %s begin at %d, %d is next", p.Origin, p.From, next)
		}
		if !seen && len(o.next) == MaxPositions {
			return fmt.Errorf("entries of more than %d records", MaxPositions)
		}
		o.next[p.Origin] = p.From + int64(len(p.Leaves))
	}
	o.parts++
	return nil
}
