package node

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"testing"
	"time"

	"detente/act"
	"detente/party"
)

// openActs are acts in the clear that need no receipt of those who are here.
func openActs(n *Node, from, count int, payload []byte) []*act.Act {
	out := make([]*act.Act, count)
	for i := range out {
		a := n.groupAct(act.Statement)
		a.Status, a.Life = act.Exercise, act.New
		a.Thread = fmt.Sprintf("ALA/2026/%d", from+i+1)
		a.ToAll, a.To = false, []party.ID{"cintra"}
		a.Serial = map[party.ID]int64{"cintra": int64(from + i + 1)}
		a.PayloadType, a.Payload = TextType, payload
		out[i] = a
	}
	return out
}

// A record that is longer than one run, one message in entries and one message
// in bytes arrives whole, whatever the sizes of the batches it was written in.
func TestLongRecordCatchesUp(t *testing.T) {
	ctx := context.Background()
	tw := newTown(t, "alatau", "borovia", "cintra")
	a := tw.nodes["alatau"]
	if err := tw.nodes["borovia"].Close(); err != nil {
		t.Fatal(err)
	}
	at := 0
	for _, batch := range []struct{ count, size int }{{1, 10}, {300, 10}, {5000, 10}, {256, 40_000}, {3, 60_000}, {1, 10}} {
		if err := a.TestOnlyAppend(ctx, openActs(a, at, batch.count, bytes.Repeat([]byte("x"), batch.size))); err != nil {
			t.Fatal(err)
		}
		at += batch.count
	}
	l, err := net.Listen("tcp", tw.ls["borovia"].Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	tw.ls["borovia"] = l
	b := tw.start("borovia")
	wait, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for changed := b.Changed(); ; changed = b.Changed() {
		held, err := b.Position(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if held[a.Origin()] == int64(at) {
			break
		}
		select {
		case <-changed:
		case <-wait.Done():
			t.Fatalf("held %d of %d", held[a.Origin()], at)
		}
	}
}
