package node_test

import (
	"context"
	"testing"

	"detente/act"
	"detente/internal/canon"
	"detente/party"
)

// names adds a statement that names bytes as its sealed content.
func (s *scribe) names(b []byte, size int64, to ...party.ID) (act.Ref, []byte) {
	a := s.statement("BOR/1", to...)
	a.Sealed = act.Blob{Digest: canon.DigestOf(b), Size: size}
	return s.addAct(a), b
}

// A ciphertext with fewer stanzas than addressees, bytes that are none, and a
// size that is not the named one are not held, and no mirror vouches for them;
// what comes after a withdrawal goes on.
func TestMalformedCiphertextIsNotHeld(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for _, c := range []struct {
		name string
		make func(*scribe) (act.Ref, []byte)
	}{
		{"a stanza too few", func(s *scribe) (act.Ref, []byte) {
			_, b := newScribe(s.t, s.tw, "borovia").sealed("BOR/1", "alatau")
			return s.names(b, int64(len(b)), "alatau", "cintra")
		}},
		{"no ciphertext", func(s *scribe) (act.Ref, []byte) {
			b := []byte("never sealed")
			return s.names(b, int64(len(b)), "alatau", "cintra")
		}},
		{"another size", func(s *scribe) (act.Ref, []byte) {
			_, b := newScribe(s.t, s.tw, "borovia").sealed("BOR/1", "alatau", "cintra")
			return s.names(b, int64(len(b))+1, "alatau", "cintra")
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tw, nodes := quiet(t, "borovia")
			s := newScribe(t, tw, "borovia")
			ref, blob := c.make(s)
			s.give(s.all(blob), nodes...)
			gossip(t, nodes...)
			s.give(s.all(blob), nodes...) // again, now that the act is held
			for _, n := range nodes {
				if got := notAfter(t, n, ref); got != 0 {
					t.Errorf("%s finds it lodged", n.Self())
				}
				if n.Holds(ctx, canon.DigestOf(blob)) {
					t.Errorf("%s holds it", n.Self())
				}
				if wants, err := n.Wanted(ctx); err != nil || len(wants) > 0 {
					t.Errorf("%s goes on asking for it: %v %v", n.Self(), wants, err)
				}
				if count := observed(t, n); count == 0 || count > 3 {
					t.Errorf("%s made %d observations", n.Self(), count)
				}
			}
			a := s.statement("BOR/1", "alatau", "cintra")
			a.Life, a.Answers = act.Withdrawal, ref
			s.addAct(a)
			after := s.clear("BOR/2", "alatau")
			s.give(s.all(), nodes...)
			gossip(t, nodes...)
			if notAfter(t, nodes[1], after) == 0 {
				t.Error("what comes after the withdrawal is not lodged")
			}
			unaccused(t, nodes...)
		})
	}
}

// A sound ciphertext that a second act names falsely is held for the first alone.
func TestCiphertextFitsOneActOnly(t *testing.T) {
	t.Parallel()
	tw, nodes := quiet(t, "borovia", "cintra")
	s, c := newScribe(t, tw, "borovia"), newScribe(t, tw, "cintra")
	ref, blob := s.sealed("BOR/1", "alatau", "dovania")
	false1, _ := c.names(blob, int64(len(blob)), "alatau")
	c.give(c.all(), nodes...)
	s.give(s.all(blob), nodes...)
	false2, _ := c.names(blob, int64(len(blob)), "dovania")
	c.give(c.all(), nodes...)
	gossip(t, nodes...)
	for _, n := range nodes {
		if notAfter(t, n, ref) == 0 {
			t.Errorf("%s does not find the sound act lodged", n.Self())
		}
		for _, x := range []act.Ref{false1, false2} {
			if notAfter(t, n, x) != 0 {
				t.Errorf("%s finds act %d lodged, which names another's content", n.Self(), x.Index)
			}
		}
	}
}
