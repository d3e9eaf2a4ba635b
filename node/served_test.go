package node

import (
	"context"
	"testing"
)

// The head that a message tells is the one that was made durable last, though it
// was asked for before.
func TestServedIsForgottenWithEachArrival(t *testing.T) {
	ctx := context.Background()
	tw := newTown(t, "alatau", "borovia")
	a, b := tw.nodes["alatau"], tw.nodes["borovia"]
	for i := range 5 {
		if err := a.TestOnlyAppend(ctx, openActs(a, i, 1, []byte("x"))); err != nil {
			t.Fatal(err)
		}
		want, _ := a.Head()
		for changed := b.Changed(); ; changed = b.Changed() {
			s, ok, err := b.released(ctx, a.Origin())
			if err != nil {
				t.Fatal(err)
			}
			if ok && s.Head == want.Head() {
				break
			}
			select {
			case <-changed:
			case <-t.Context().Done():
				t.Fatal("the test ended")
			}
		}
	}
}

func TestGatherGrowsWithTheGroup(t *testing.T) {
	tw := newTown(t, "alatau", "borovia")
	if d := tw.nodes["alatau"].gather(lazyAfter); d != lazyAfter {
		t.Fatalf("a small group waits %s", d)
	}
}
