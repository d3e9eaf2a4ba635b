package node_test

import (
	"context"
	"testing"
	"time"

	"detente/act"
	"detente/bundle"
	"detente/checkpoint"
	"detente/internal/canon"
	"detente/key"
	"detente/party"
	"detente/proof"
)

// A proof file carries of an adoption what shows it and no more: k cosignatures of
// the adoptions that the edition before requires. Otherwise a group of 57 could
// not prove anything after a dozen editions. A mirror that has signed with one key
// after another stands in it once.
func TestProofCarriesWhatShowsAndNoMore(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	tw, nodes, ahead := timed(t, "borovia")
	s := newScribe(t, tw, "borovia")
	at := time.Now().Add(time.Hour)
	body := proposal(t, tw, at, nil)
	for _, n := range nodes {
		if _, err := n.Adopt(ctx, "officer", body); err != nil {
			t.Fatal(err)
		}
	}
	a := s.statement("")
	a.Kind, a.To, a.Serial, a.ToAll, a.Status, a.Life = act.Adoption, nil, nil, true, act.Actual, ""
	a.Clear = act.Blob{Digest: canon.DigestOf(body), Size: int64(len(body)), Type: act.TypeRoster}
	s.addAct(a)
	s.give(s.all(body), nodes...)
	gossip(t, nodes...)
	ahead.Store(2 * 3600)
	for _, n := range nodes {
		if err := n.Refresh(ctx); err != nil || n.Keys().Current().Edition != 2 {
			t.Fatalf("%s: edition %d %v", n.Self(), n.Keys().Current().Edition, err)
		}
	}
	n := nodes[0]
	ref := say(t, n, "ALA/2026/1", "cintra")
	gossip(t, nodes...)
	size := n.SizeOf(ctx, ref.Origin)
	root, err := n.TreeOf(ctx, ref.Origin, size)
	if err != nil {
		t.Fatal(err)
	}
	next := tw.Houses["borovia"].Next
	for range 3 {
		c, err := checkpoint.Cosign(checkpoint.Head{Origin: ref.Origin, Size: size, Root: root}, s.set.Mirror, time.Now().Unix()+2*3600)
		if err != nil {
			t.Fatal(err)
		}
		s.give([]bundle.Part{{Kind: bundle.Cosig, Note: c.Bytes()}}, n)
		h := c.Head()
		s.listing(h.Origin, h.Size, h.Root, c.Time())
		next = s.rotate(key.Mirror, next)
		s.give(s.all(s.lists[len(s.lists)-1]), n)
	}
	f, err := n.Prove(ctx, ref, true)
	if err != nil {
		t.Fatal(err)
	}
	shown, err := proof.Verify(f, tw.First, time.Now().Unix()+2*3600+5)
	if err != nil || shown.Bounds.NotAfter == 0 || shown.Edition.Edition != 2 {
		t.Fatalf("%+v %v", shown, err)
	}
	if len(f.Adoptions) != 5 {
		t.Errorf("%d adoptions are carried, five are required", len(f.Adoptions))
	}
	for _, in := range f.Adoptions {
		if len(in.Cosigs) != 2 {
			t.Errorf("%s: %d cosignatures are carried where 2 show it", in.Origin, len(in.Cosigs))
		}
	}
	of := map[party.ID]int{}
	for _, st := range shown.Evidence.Stamps {
		if of[st.By]++; of[st.By] > 1 {
			t.Errorf("%s stands in the file more than once", st.By)
		}
	}
	if of["borovia"] == 0 {
		t.Error("borovia does not stand in the file")
	}
}
