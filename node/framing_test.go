package node_test

import (
	"context"
	"os"
	"testing"

	"detente/checkpoint"
	"detente/node"
	"detente/proof"
	"golang.org/x/mod/sumdb/tlog"
)

// branches are two records of Borovia: the same first acts and then others.
func branches(t *testing.T, common, one, two int) (a, b *scribe, nodes []*node.Node) {
	t.Helper()
	tw, nodes := quiet(t, "borovia")
	a, b = newScribe(t, tw, "borovia"), newScribe(t, tw, "borovia")
	for range common {
		ref := a.clear("BOR/common", "alatau")
		b.add(a.leaves[ref.Index])
	}
	for range one {
		a.clear("BOR/one", "alatau")
	}
	for range two {
		b.clear("BOR/two", "alatau")
	}
	return a, b, nodes
}

// submit shows the witness the head of s, beginning with nothing cosigned before.
func submit(n *node.Node, s *scribe) ([]byte, error) {
	return n.AddCheckpoint(context.Background(), "borovia", 0, tlog.TreeProof{}, s.head().Bytes())
}

// cosigned are the cosignatures that n made over the head of s.
func cosigned(t *testing.T, n *node.Node, s *scribe) []checkpoint.Cosigned {
	t.Helper()
	list, err := n.CosignaturesOver(context.Background(), s.origin, s.tree.Size())
	if err != nil {
		t.Fatal(err)
	}
	var out []checkpoint.Cosigned
	for _, c := range list {
		if c.Head().Root == s.tree.Root() {
			out = append(out, c)
		}
	}
	return out
}

// forkProven waits for nothing: the proof against Borovia is there, and none
// against anybody else.
func forkProven(t *testing.T, n *node.Node, s *scribe) {
	t.Helper()
	ctx := context.Background()
	if !n.IsFrozen(ctx, s.origin) {
		t.Errorf("%s does not freeze the record", n.Self())
	}
	files, err := n.Evidence()
	if err != nil || len(files) != 1 {
		t.Fatalf("%s: evidence %v %v", n.Self(), files, err)
	}
	body, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	m, err := proof.ParseMisconduct(body)
	if err != nil || m.Against != "borovia" {
		t.Fatalf("%s accuses %v: %v", n.Self(), m, err)
	}
	if _, err := m.Verify(n.Keys()); err != nil {
		t.Error(err)
	}
}

// An author shows the witness of an honest party one tree and sends its mirror
// another. It gets no word for the second, the fork is proven, and the words that
// it has do not accuse the honest party.
func TestWitnessAndMirrorAreNotPlayedOff(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name             string
		common, one, two int
	}{
		{"first act", 0, 1, 1},
		{"same size", 3, 1, 1},
		{"other longer", 3, 1, 3},
		{"other longer past a power of two", 3, 1, 6},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx := context.Background()
			a, b, nodes := branches(t, c.common, c.one, c.two)
			n := nodes[0]
			lines, err := submit(n, a)
			if err != nil {
				t.Fatal(err)
			}
			b.give(b.all(), n)
			if err := n.CosignAll(ctx); err != nil {
				t.Fatal(err)
			}
			note, err := checkpoint.ParseNote(append([]byte(a.head().Head().Text()+"\n"), lines...))
			if err != nil {
				t.Fatal(err)
			}
			ck, _ := n.Keys().ByName(note.Lines[0].Name, note.Lines[0].ID)
			seen, err := note.VerifyCosigned(ck.Key)
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range cosigned(t, n, b) {
				t.Error("a cosignature over the other tree:", x.By())
				if m := proof.Cosigner(seen, x, "alatau"); m != nil {
					if s, err := m.Verify(n.Keys()); err == nil {
						t.Error("an honest party is framed: " + s)
					}
				}
			}
			forkProven(t, n, a)
		})
	}
}

// The other way round: entries are held, and the witness is shown another tree.
func TestWitnessIsShownAnotherTreeThanHeld(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name             string
		common, one, two int
	}{{"same size", 2, 1, 1}, {"held longer", 2, 1, 4}} {
		t.Run(c.name, func(t *testing.T) {
			a, b, nodes := branches(t, c.common, c.one, c.two)
			n := nodes[0]
			if err := n.Receive(context.Background(), packed(t, b.info(), b.all()...)); err != nil {
				t.Fatal(err)
			}
			if _, err := submit(n, a); err == nil {
				t.Error("the witness vouches for another tree than the one held")
			}
			if got := cosigned(t, n, a); len(got) > 0 {
				t.Error("a cosignature over the other tree was kept")
			}
			forkProven(t, n, a)
			if _, err := submit(n, b); err == nil {
				t.Error("a frozen record is vouched for")
			}
		})
	}
}

// A tree that the witness is shown ahead of its entries is no fork.
func TestShownAheadOfEntries(t *testing.T) {
	t.Parallel()
	a, _, nodes := branches(t, 3, 2, 0)
	n := nodes[0]
	if _, err := submit(n, a); err != nil {
		t.Fatal(err)
	}
	a.give(a.all(), n)
	if err := n.CosignAll(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := cosigned(t, n, a); len(got) != 2 {
		t.Errorf("%d cosignatures instead of witness and mirror", len(got))
	}
	unaccused(t, nodes...)
}
