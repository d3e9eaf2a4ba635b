package node_test

import (
	"context"
	"testing"
	"time"

	"detente/act"
	"detente/bundle"
	"detente/checkpoint"
	"detente/key"
	"detente/node"
)

// have is how many counting mirrors show an act.
func have(t *testing.T, n *node.Node, ref act.Ref) int {
	t.Helper()
	l, err := n.Lodged(context.Background(), ref)
	if err != nil {
		t.Fatal(err)
	}
	return l.Bounds.Have
}

// Whoever holds a retired mirror key, its party or a thief, signs again over what it
// signed before the change. What was counted on goes on counting: the new words
// neither push the old one out of the store nor stand before it.
func TestRetiredMirrorKeyTakesNothingBack(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for _, withheld := range []bool{false, true} {
		tw, nodes := quiet(t, "borovia")
		n := nodes[0]
		s := newScribe(t, tw, "borovia")
		retired := s.set.Mirror
		ref := say(t, n, "ALA/2026/1", "cintra")
		say(t, n, "ALA/2026/2", "cintra")
		size := n.SizeOf(ctx, ref.Origin)
		sign := func(size, at int64) bundle.Part {
			root, err := n.TreeOf(ctx, ref.Origin, size)
			if err != nil {
				t.Fatal(err)
			}
			c, err := checkpoint.Cosign(checkpoint.Head{Origin: ref.Origin, Size: size, Root: root}, retired, at)
			if err != nil {
				t.Fatal(err)
			}
			return bundle.Part{Kind: bundle.Cosig, Note: c.Bytes()}
		}
		at := time.Now().Unix() - 100
		s.give([]bundle.Part{sign(size, at)}, n)
		if got := have(t, n, ref); got != 1 {
			t.Fatalf("%d mirrors show the act", got)
		}
		s.rotate(key.Mirror, tw.Houses["borovia"].Next)
		list := blobPart([]byte("detente-cosigned/v1\n"))
		if withheld {
			s.give([]bundle.Part{s.entries(0), s.signed()}, n)
		} else {
			s.give([]bundle.Part{list, s.entries(0), s.signed()}, n)
		}
		s.give([]bundle.Part{sign(size, at-50), sign(size, at+50), sign(ref.Index+1, at-60)}, n)
		if withheld {
			s.give([]bundle.Part{list, s.entries(0), s.signed()}, n)
		}
		if got := have(t, n, ref); got != 1 {
			t.Errorf("list withheld %v: after a retired key signed again, %d mirrors show the act", withheld, got)
		}
	}
}
