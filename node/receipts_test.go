package node_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"detente/act"
	"detente/bundle"
	"detente/party"
	"detente/proof"
)

// Whatever answers an act, its proof verifies: it takes the addressees' receipts
// alone, and the first of each kind, though one of them answers four hundred times
// and somebody who was not asked answers too.
func TestProofTakesTheReceiptsThatCount(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	tw, nodes := quiet(t, "borovia", "cintra")
	author := nodes[0]
	ref := say(t, author, "ALA/1", "borovia")
	answer := func(s *scribe, kind act.Kind, status act.Status, post party.Post) {
		s.addAct(&act.Act{Group: tw.First.Group, Edition: 1, Kind: kind, Status: status, To: []party.ID{author.Self()},
			Answers: ref, Post: post, Claimed: time.Now().UTC().Truncate(time.Second)})
	}
	asked, stranger := newScribe(t, tw, "borovia"), newScribe(t, tw, "cintra")
	answer(asked, act.Delivered, act.Test, "")
	answer(asked, act.Delivered, act.Exercise, "")
	given := 0
	for i := range 400 {
		answer(asked, act.Acknowledged, act.Exercise, party.Post(fmt.Sprintf("post-%d", i)))
		if i%200 == 199 { // as many as a part of a bundle holds, and less
			asked.give([]bundle.Part{asked.entries(given), asked.signed()}, author)
			given = i + 3
		}
	}
	answer(stranger, act.Delivered, act.Exercise, "")
	stranger.give(stranger.all(), author)

	f, err := author.Prove(ctx, ref, false)
	if err != nil {
		t.Fatal(err)
	}
	b, err := f.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if f, err = proof.Parse(b); err != nil {
		t.Fatal(err)
	}
	shown, err := proof.Verify(f, tw.First, time.Now().Unix())
	if err != nil {
		t.Fatal(err)
	}
	if len(shown.Receipts) != 2 || shown.Receipts[0].Kind != act.Delivered || shown.Receipts[1].Kind != act.Acknowledged {
		t.Errorf("the proof shows %v", shown.Receipts)
	}
}
