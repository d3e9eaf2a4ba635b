package node

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"detente/act"
	"detente/bundle"
	"detente/checkpoint"
	"detente/courier"
	"detente/internal/canon"
	"detente/internal/durable"
	"detente/party"
	"detente/record"
	"golang.org/x/mod/sumdb/tlog"
)

// changesDuring counts the transactions that f makes.
func changesDuring(n *Node, f func()) int {
	count := 0
	n.db.TestOnlyFault(func(s durable.Step) (bool, error) {
		if s == durable.StepCommit {
			count++
		}
		return false, nil
	})
	defer n.db.TestOnlyFault(nil)
	f()
	return count
}

// One message that names thousands of records of nobody costs the node no more
// transactions than any other: meanwhile nothing else is taken from anybody.
func TestRecordsOfNobodyCostOneChange(t *testing.T) {
	tw, a := lone(t, "alatau", "borovia", "cintra")
	f := tw.forge(t, "borovia", 1)
	f.add(f.statement("BOR/1", "alatau"))
	var records []*incoming
	for i := range 300 {
		o := party.Origin(fmt.Sprintf("nobody/%08x", 0xaa000000+i))
		note := f.note()
		note.Head.Origin = o
		records = append(records, &incoming{origin: o, from: -1, notes: []checkpoint.Note{note}})
	}
	records = append(records, f.incoming())
	changes := changesDuring(a, func() {
		if err := a.receive(t.Context(), "borovia", tw.arrivalOf("borovia", records...)); err != nil {
			t.Fatal(err)
		}
	})
	if size, err := a.heldSize(t.Context(), f.origin); err != nil || size != 1 {
		t.Errorf("what came with them: %d acts, %v", size, err)
	}
	if changes > 4 {
		t.Errorf("%d transactions", changes)
	}
}

// Neither do hundreds of cosignatures over trees that nobody holds.
func TestCosignaturesOverOtherTreesCostOneChange(t *testing.T) {
	tw, a := lone(t, "alatau", "borovia", "cintra")
	f := tw.forge(t, "borovia", 1)
	for i := range 300 {
		f.add(f.statement(fmt.Sprintf("BOR/%d", i), "alatau"))
	}
	if err := a.receive(t.Context(), "borovia", tw.arrivalOf("borovia", f.incoming())); err != nil {
		t.Fatal(err)
	}
	arr := tw.arrivalOf("cintra")
	for i := range 300 {
		c, err := checkpoint.Cosign(checkpoint.Head{Origin: f.origin, Size: int64(1 + i), Root: tlog.Hash{1}}, tw.sets["cintra"].Witness, time.Now().Unix())
		if err != nil {
			t.Fatal(err)
		}
		note, err := checkpoint.ParseNote(c.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		arr.cosigs = append(arr.cosigs, note)
	}
	changes := changesDuring(a, func() {
		if err := a.receive(t.Context(), "cintra", arr); err != nil {
			t.Fatal(err)
		}
	})
	if changes > 4 {
		t.Errorf("%d transactions", changes)
	}
	seen, err := a.Observations(t.Context(), 256)
	if err != nil || len(seen) < 2 || len(seen) > maxRemarks+1 {
		t.Errorf("%d observations, %v", len(seen), err)
	}
}

// Contents that no act names are put aside before the store is asked to change.
func TestUnnamedContentsWaitForNoChange(t *testing.T) {
	tw, a := lone(t, "alatau", "borovia", "cintra")
	arr := tw.arrivalOf("borovia")
	for i := range 100 {
		b := fmt.Appendf(nil, "blob %d", i)
		arr.blobs[canon.DigestOf(b)] = b
	}
	changes := changesDuring(a, func() {
		if err := a.receive(t.Context(), "borovia", arr); err != nil {
			t.Fatal(err)
		}
	})
	if changes > 0 || len(arr.blobs) > 0 {
		t.Errorf("%d transactions, %d contents looked at in them", changes, len(arr.blobs))
	}
	f := tw.forge(t, "borovia", 1)
	named := f.statement("BOR/1", "alatau")
	b := []byte("a content in the clear")
	named.PayloadType, named.Payload, named.Clear = "", nil, act.Blob{Digest: canon.DigestOf(b), Size: int64(len(b)), Type: TextType}
	f.add(named)
	if err := a.receive(t.Context(), "borovia", tw.arrivalOf("borovia", f.incoming())); err != nil {
		t.Fatal(err)
	}
	arr = tw.arrivalOf("borovia")
	arr.blobs[canon.DigestOf(b)] = b
	if err := a.receive(t.Context(), "borovia", arr); err != nil {
		t.Fatal(err)
	}
	if held, err := record.HasBlob(t.Context(), a.db.Read(), canon.DigestOf(b)); err != nil || !held {
		t.Errorf("what an act waited for is not held: %v", err)
	}
}

// stuck is a line over which nothing is read.
type stuck struct{ open chan struct{} }

func (s stuck) Write(p []byte) (int, error) {
	<-s.open
	return len(p), nil
}

// A peer that asks for much and reads none of it makes the node hold a few answers,
// not one for each exchange that it may begin; others are served meanwhile.
func TestAnswersThatNobodyReadsAreBounded(t *testing.T) {
	ids := []party.ID{"alatau", "borovia", "cintra", "dovania", "elbria", "faronia", "galdor"}
	tw, a := lone(t, ids...)
	var have []bundle.Position
	for _, id := range ids[2:] {
		f := tw.forge(t, id, 1)
		for i := range 75 {
			s := f.statement(fmt.Sprintf("%s/%d", id, i), "dovania")
			s.Payload = bytes.Repeat([]byte("x"), 60_000)
			f.add(s)
		}
		if err := a.receive(t.Context(), id, tw.arrivalOf(id, f.incoming())); err != nil {
			t.Fatal(err)
		}
		have = append(have, bundle.Position{Origin: f.origin, Root: emptyRoot})
	}
	slices.SortFunc(have, func(x, y bundle.Position) int { return strings.Compare(string(x.Origin), string(y.Origin)) })
	line := stuck{make(chan struct{})}
	ended := make(chan error)
	const tries = 8
	for range tries {
		go func() {
			var in bytes.Buffer
			m := &message{info: bundle.Info{Group: a.cfg.First.Group, From: "borovia", Written: canon.FormatTime(a.now())},
				parts: []bundle.Part{{Kind: bundle.Have, Have: have}}}
			if err := m.write(&in); err != nil {
				ended <- err
				return
			}
			ended <- a.Exchange(t.Context(), "borovia", 0, &in, line)
		}()
	}
	const most = maxGivingOne / (3 * 75 * 60_000) // three records fit one answer
	for range tries - most {
		select {
		case err := <-ended:
			if !errors.Is(err, courier.ErrBusy) {
				t.Errorf("ended with %v", err)
			}
		case <-time.After(20 * time.Second):
			t.Fatal("the node holds all answers")
		}
	}
	if held := a.giving.all.Load(); held > maxGivingOne {
		t.Errorf("%d bytes are held", held)
	}
	ask(t, a, "cintra")
	close(line.open)
	for range most {
		if err := <-ended; err != nil {
			t.Errorf("once it was read: %v", err)
		}
	}
	if held := a.giving.all.Load(); held != 0 {
		t.Errorf("%d bytes are held in the end", held)
	}
}
