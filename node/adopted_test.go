package node_test

import (
	"context"
	"testing"
	"testing/fstest"

	"detente/node"
	"detente/pack"
)

// A text in force stays at hand when a later program ships it no more.
func TestAdoptedTextOutlivesItsProgram(t *testing.T) {
	plan := region(t, fiveStates...)
	plan.Packs = []string{"cica"}
	tw := found(t, plan)
	h := tw.Houses["alatau"]
	if err := h.Node.Close(); err != nil {
		t.Fatal(err)
	}
	cfg := h.Config
	var err error
	if cfg.Texts, err = pack.NewLibrary(fstest.MapFS{}); err != nil {
		t.Fatal(err)
	}
	n, err := node.Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	digest := tw.First.Packs[0].Digest
	if p, err := n.Text(t.Context(), "cica", digest); err != nil || p.Digest() != digest {
		t.Errorf("the text in force is no longer at hand: %v", err)
	}
}
