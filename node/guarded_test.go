package node

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"detente/bundle"
	"detente/checkpoint"
	"detente/internal/canon"
	"detente/internal/durable"
	"detente/party"
	"detente/record"
	"golang.org/x/mod/sumdb/tlog"
)

// ask is one message of a peer that holds nothing, and what the answer says.
func ask(t *testing.T, n *Node, from party.ID, have ...bundle.Position) *arrival {
	t.Helper()
	var in, out bytes.Buffer
	m := &message{info: bundle.Info{Group: n.cfg.First.Group, From: from, Written: canon.FormatTime(n.now())},
		parts: []bundle.Part{{Kind: bundle.Have, Have: have}}}
	if err := m.write(&in); err != nil {
		t.Fatal(err)
	}
	if err := n.Exchange(t.Context(), from, 0, &in, &out); err != nil {
		t.Fatal(err)
	}
	arr, err := readArrival(&out, bundle.NetworkLimits())
	if err != nil {
		t.Fatal(err)
	}
	return arr
}

// Between the commit and the head outside the database nothing of a new act
// leaves, by whichever door; and after the head could not be written neither.
func TestNothingLeavesBeforeTheGuard(t *testing.T) {
	ctx := t.Context()
	tw := newTown(t, "alatau", "borovia", "cintra")
	a := tw.nodes["alatau"]
	for _, id := range []party.ID{"borovia", "cintra"} {
		if err := tw.nodes[id].Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.TestOnlyAppend(ctx, openActs(a, 0, 1, []byte("guarded"))); err != nil {
		t.Fatal(err)
	}
	at, goOn := make(chan struct{}), make(chan struct{})
	a.TestOnlyFault(func(s durable.Step) (bool, error) {
		if s == durable.StepGuardWrite {
			close(at)
			<-goOn
			return false, errors.New("the disk is gone")
		}
		return false, nil
	})
	done := make(chan error, 1)
	go func() { done <- a.TestOnlyAppend(context.Background(), openActs(a, 1, 1, []byte("not guarded"))) }()
	<-at
	if s, ok, err := record.Latest(ctx, a.db.Read(), a.origin); err != nil || !ok || s.Head.Size != 2 {
		t.Fatalf("the store holds %d acts, %v", s.Head.Size, err)
	}
	look := func(when string) {
		t.Helper()
		arr := ask(t, a, "borovia", bundle.Position{Origin: a.origin, Root: emptyRoot})
		for _, rec := range arr.records {
			if len(rec.leaves) > 1 {
				t.Errorf("%s: an exchange brings %d acts", when, len(rec.leaves))
			}
			for _, note := range rec.notes {
				if note.Head.Size > 1 {
					t.Errorf("%s: an exchange brings a head of %d acts", when, note.Head.Size)
				}
			}
		}
		for _, p := range arr.have {
			if p.Origin == a.origin && p.Size > 1 {
				t.Errorf("%s: an exchange tells of %d acts", when, p.Size)
			}
		}
		note, err := a.Checkpoint(ctx, "borovia", a.origin)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := checkpoint.ParseNote(note); err != nil || n.Head.Size != 1 {
			t.Errorf("%s: a checkpoint of %d acts is served, %v", when, n.Head.Size, err)
		}
		if _, err := a.Tile(ctx, "borovia", a.origin, tlog.Tile{H: 8, L: -1, N: 0, W: 2}); err == nil {
			t.Errorf("%s: a tile of 2 acts is served", when)
		}
		if _, err := a.Tile(ctx, "borovia", a.origin, tlog.Tile{H: 8, L: -1, N: 0, W: 1}); err != nil {
			t.Errorf("%s: the tile of 1 act is not served: %v", when, err)
		}
		var carried bytes.Buffer
		if _, err := a.Export(ctx, &carried, "borovia", nil); err != nil {
			t.Fatal(err)
		}
		out, err := readArrival(&carried, bundle.FileLimits())
		if err != nil || len(out.records) != 1 || len(out.records[0].leaves) != 1 {
			t.Errorf("%s: a carried bundle brings %d records, %v", when, len(out.records), err)
		}
	}
	look("before the guard")
	close(goOn)
	if err := <-done; err == nil {
		t.Fatal("the change was answered although its head is not guarded")
	}
}

// A head of our own that a peer shows is in the database before it is guarded:
// that is no rollback.
func TestOwnHeadInTheStoreIsNoRollback(t *testing.T) {
	ctx := t.Context()
	tw := newTown(t, "alatau", "borovia", "cintra")
	a := tw.nodes["alatau"]
	if err := a.TestOnlyAppend(ctx, openActs(a, 0, 1, []byte("one"))); err != nil {
		t.Fatal(err)
	}
	before := a.ownHead.Load()
	if err := a.TestOnlyAppend(ctx, openActs(a, 1, 1, []byte("two"))); err != nil {
		t.Fatal(err)
	}
	head, _ := a.Head()
	note, err := checkpoint.ParseNote(head.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	a.ownHead.Store(before) // as between the commit and the guard
	if err := a.verifyOwn(ctx, "borovia", &incoming{origin: a.origin, from: -1, notes: []checkpoint.Note{note}}); err != nil {
		t.Fatal(err)
	}
	if err := a.Assured(); err != nil {
		t.Fatalf("it takes itself for rolled back: %v", err)
	}
}

// What a peer showed of our own record is not forgotten by a restart with that
// peer away, nor for the volume that has to follow.
func TestSeenHeadOutlivesRestart(t *testing.T) {
	ctx := t.Context()
	tw := newTown(t, "alatau", "borovia", "cintra")
	a := tw.nodes["alatau"]
	for _, id := range []party.ID{"borovia", "cintra"} {
		if err := tw.nodes[id].Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.TestOnlyAppend(ctx, openActs(a, 0, 1, []byte("one"))); err != nil {
		t.Fatal(err)
	}
	seen := checkpoint.Head{Origin: a.origin, Size: 101, Root: tlog.Hash{7}}
	signed, err := checkpoint.Sign(seen, a.recordSecret(), time.Now().Unix())
	if err != nil {
		t.Fatal(err)
	}
	note, err := checkpoint.ParseNote(signed.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if err := a.verifyOwn(ctx, "borovia", &incoming{origin: a.origin, from: -1, notes: []checkpoint.Note{note}}); err != nil {
		t.Fatal(err)
	}
	if err := a.Assured(); !errors.Is(err, ErrNewVolume) {
		t.Fatalf("before the restart: %v", err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Open(ctx, tw.cfgs["alatau"])
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	again.peerAnswered("cintra") // peers that lag behind
	again.peerAnswered("borovia")
	if err := again.Assured(); !errors.Is(err, ErrNewVolume) {
		t.Fatalf("after the restart: %v", err)
	}
	if last := again.lastKnown(); last != seen {
		t.Fatalf("the volume that follows would name %d acts", last.Size)
	}
}
