package node_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"detente/act"
	"detente/bundle"
	"detente/internal/canon"
	"detente/key"
	"detente/node"
	"detente/party"
	"detente/proof"
	"detente/roster"
	"detente/town"
	"golang.org/x/mod/sumdb/tlog"
)

// timed is quiet with a clock that the test moves.
func timed(t *testing.T, without ...party.ID) (*town.Town, []*node.Node, *atomic.Int64) {
	t.Helper()
	var ahead atomic.Int64 // seconds
	p := region(t, five...)
	p.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load()) * time.Second) }
	tw, err := town.Found(p)
	if err != nil {
		t.Fatal(err)
	}
	var nodes []*node.Node
	for _, id := range five {
		if slices.Contains(without, id) {
			continue
		}
		n, err := node.Open(context.Background(), tw.Houses[id].Config)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { n.Close() })
		if err := n.Confirm(context.Background()); err != nil {
			t.Fatal(err)
		}
		nodes = append(nodes, n)
	}
	return tw, nodes, &ahead
}

// invalid adds an act that no version 1 reader takes.
func (s *scribe) invalid(thread string) {
	s.t.Helper()
	leaf, err := s.statement(thread, "alatau").Bytes()
	if err != nil {
		s.t.Fatal(err)
	}
	s.add([]byte(strings.Replace(string(leaf), "edition 1\n", "edition 01\n", 1)))
}

// lodgedBy counts the proofs of misconduct that each party lodged, as n holds them.
func lodgedBy(t *testing.T, n *node.Node) map[party.ID]int {
	t.Helper()
	rows, err := n.List(context.Background(), misconductFilter)
	if err != nil {
		t.Fatal(err)
	}
	out := map[party.ID]int{}
	for _, r := range rows {
		out[r.Author]++
	}
	return out
}

// Who fills its record with acts that are not valid is proven to do so once, and
// fills nobody else's.
func TestInvalidActsDoNotFlood(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	tw, nodes := quiet(t, "borovia", "cintra")
	s := newScribe(t, tw, "borovia")
	for i := range 60 {
		s.invalid(fmt.Sprintf("BOR/%d", i))
		if i%20 == 19 {
			s.give(s.all(), nodes...)
		}
	}
	// Cintra lodges what is true, again and again.
	c := newScribe(t, tw, "cintra")
	var blobs [][]byte
	head := s.head()
	for i := range int64(20) {
		var path tlog.RecordProof
		path, err := nodes[0].InclusionOf(ctx, s.origin, i, head.Head().Size)
		if err != nil {
			t.Fatal(err)
		}
		m := proof.InvalidAct(s.leaves[i], i, path, head, "borovia")
		b, err := m.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		c.misconduct(b)
		blobs = append(blobs, b)
	}
	c.give(c.all(blobs...), nodes...)
	gossip(t, nodes...)
	for _, n := range nodes {
		if err := n.GiveOwed(ctx); err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range nodes {
		for id, count := range lodgedBy(t, n) {
			if count != 1 && id != "cintra" {
				t.Errorf("%s lodged %d proofs of the same record", id, count)
			}
		}
		if lodgedBy(t, n)[n.Self()] != 1 {
			t.Errorf("%s lodged none", n.Self())
		}
		if files, err := n.Evidence(); err != nil || len(files) != 1 {
			t.Errorf("%s keeps %d files: %v", n.Self(), len(files), err)
		}
		if count := observed(t, n); count > 3 {
			t.Errorf("%s made %d observations", n.Self(), count)
		}
	}
}

// misconduct adds an act that lodges a proof.
func (s *scribe) misconduct(b []byte) act.Ref {
	a := s.statement("")
	a.Kind, a.To, a.Serial, a.ToAll, a.Status, a.Life = act.Misconduct, nil, nil, true, act.Actual, ""
	a.Clear = act.Blob{Digest: canon.DigestOf(b), Size: int64(len(b)), Type: proof.MisconductType}
	return s.addAct(a)
}

// rotate adds a key act that enters the key of a role committed to before; the
// list of what a cosigner signed is not given to anybody.
func (s *scribe) rotate(role key.Role, next *key.Next) *key.Next {
	s.t.Helper()
	after := following(s.t, next, role)
	var list roster.CosignedList
	a := s.statement("")
	if role == key.Mirror {
		list = roster.NewCosignedList(s.made)
		s.made = nil
		b, err := list.Bytes()
		if err != nil {
			s.t.Fatal(err)
		}
		a.Clear = act.Blob{Digest: canon.DigestOf(b), Size: int64(len(b)), Type: act.TypeCosignatures}
		s.lists = append(s.lists, b)
	}
	payload, err := roster.NewChange(s.tw.First.Group, role, s.tree.Size(), next, after.Commitments(), list)
	if err != nil {
		s.t.Fatal(err)
	}
	a.Kind, a.To, a.Serial, a.ToAll, a.Status, a.Life = act.KeyChange, nil, nil, true, act.Actual, ""
	a.Role, a.PayloadType, a.Payload = string(role), act.TypeKeyChange, payload
	s.addAct(a)
	if s.set, err = s.set.Enter(role, next); err != nil {
		s.t.Fatal(err)
	}
	return after
}

// After a proven fork what mirrors cosigned before the proof was lodged stands,
// and nothing counts for the author that was cosigned later.
func TestProvenForkEndsWhatCounts(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	tw, nodes, ahead := timed(t, "borovia")
	a, b := newScribe(t, tw, "borovia"), newScribe(t, tw, "borovia")
	early := a.clear("BOR/early", "alatau")
	b.add(a.leaves[0])
	a.give(a.all(), nodes...)
	gossip(t, nodes...)
	before := notAfter(t, nodes[0], early)
	if before == 0 {
		t.Fatal("what is common is not lodged")
	}
	late := a.clear("BOR/late", "alatau")
	b.clear("BOR/other", "alatau")
	a.give(a.all(), nodes[0])
	b.give(b.all(), nodes[0])
	if !nodes[0].IsFrozen(ctx, a.origin) {
		t.Fatal("no fork is proven")
	}
	gossip(t, nodes...)
	held := nodes[0]
	ahead.Add(3600)
	for _, id := range []party.ID{"cintra", "dovania", "elbria"} {
		c := cosig(t, tw.Houses[id].Config.Keys, a.head().Head(), time.Now().Unix()+1800)
		a.give([]bundle.Part{{Kind: bundle.Cosig, Note: c.Bytes()}}, held)
	}
	if got := notAfter(t, held, late); got != 0 {
		t.Errorf("cosignatures made after the proof show the act lodged at %d", got)
	}
	if got := notAfter(t, held, early); got != before {
		t.Errorf("what stood before is lodged at %d, it was at %d", got, before)
	}
}

// What k mirrors cosigned before the proof stands, unless k of others cosigned a
// conflicting branch: then neither branch counts for its author. What both branches
// have in common stands. All nodes of a branch find the same, whether the
// cosignatures over the other came before the proof or after it.
func TestConflictingBranchHasItsMirrorsToo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		two       []party.ID // who hold the second branch, k of them or fewer
		proofLast bool
		stands    bool
	}{
		{"k of either, proof first", []party.ID{"dovania", "elbria"}, false, false},
		{"k of either, cosignatures first", []party.ID{"dovania", "elbria"}, true, false},
		{"one of the other", []party.ID{"dovania"}, false, true},
		{"one of the other, cosignatures first", []party.ID{"dovania"}, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			conflictingBranch(t, c.two, c.proofLast, c.stands)
		})
	}
}

func conflictingBranch(t *testing.T, second []party.ID, proofLast, stands bool) {
	ctx := context.Background()
	tw, nodes, ahead := timed(t, "borovia")
	a, b := newScribe(t, tw, "borovia"), newScribe(t, tw, "borovia")
	early := a.clear("BOR/early", "alatau")
	b.add(a.leaves[0])
	a.give(a.all(), nodes...)
	gossip(t, nodes...)
	lodged := notAfter(t, nodes[0], early)
	if lodged == 0 {
		t.Fatal("what is common is not lodged")
	}
	var one, two []*node.Node
	for _, n := range nodes {
		if slices.Contains(second, n.Self()) {
			two = append(two, n)
		} else {
			one = append(one, n)
		}
	}
	ahead.Add(10)
	first, other := a.clear("BOR/one", "alatau"), b.clear("BOR/two", "alatau")
	a.give(a.all(), one...)
	b.give(b.all(), two...)
	for _, n := range nodes {
		if err := n.CosignAll(ctx); err != nil {
			t.Fatal(err)
		}
	}
	gossip(t, one...)
	gossip(t, two...)
	if notAfter(t, one[0], first) == 0 || (notAfter(t, two[0], other) == 0) != stands {
		t.Fatal("the branches are not lodged among those who hold them")
	}
	ahead.Add(10)
	if proofLast {
		var words []bundle.Part
		for _, n := range two {
			for _, c := range cosigned(t, n, b) {
				words = append(words, bundle.Part{Kind: bundle.Cosig, Note: c.Bytes()})
			}
		}
		b.give(words, one...)
	}
	// One of each side sees both branches; the others hear of it.
	b.give(b.all(), one[0])
	a.give(a.all(), two[0])
	for range 2 {
		gossip(t, nodes...)
	}
	for _, n := range nodes {
		if !n.IsFrozen(ctx, a.origin) {
			t.Errorf("%s does not freeze the record", n.Self())
		}
		if got := notAfter(t, n, early); got != lodged {
			t.Errorf("%s: what is common is lodged at %d, it was at %d", n.Self(), got, lodged)
		}
	}
	for _, n := range one {
		if got := notAfter(t, n, first); (got > 0) != stands {
			t.Errorf("%s: the act of the first branch is lodged at %d", n.Self(), got)
		}
	}
	for _, n := range two {
		if got := notAfter(t, n, other); got != 0 {
			t.Errorf("%s: the act of the second branch is lodged at %d", n.Self(), got)
		}
	}
}

// A proof that needs a key act which comes later is tried again.
func TestProofWaitsForKeys(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	tw, nodes := quiet(t, "borovia", "cintra")
	n := nodes[0]
	a := newScribe(t, tw, "borovia")
	a.rotate(key.Record, tw.Houses["borovia"].Next)
	b := newScribe(t, tw, "borovia")
	b.set, _ = a.set, b.add(a.leaves[0])
	a.clear("BOR/one", "alatau")
	b.clear("BOR/two", "alatau")
	bare, err := proof.Fork(a.head(), b.head(), "borovia").Bytes()
	if err != nil {
		t.Fatal(err)
	}
	c := newScribe(t, tw, "cintra")
	c.misconduct(bare)
	c.give(c.all(bare), n)
	if err := n.RetryProofs(ctx); err != nil {
		t.Fatal(err)
	}
	if n.IsFrozen(ctx, a.origin) {
		t.Fatal("frozen under a key that nobody entered here")
	}
	a.give(a.all(), n)
	if err := n.RetryProofs(ctx); err != nil {
		t.Fatal(err)
	}
	forkProven(t, n, a)
}

// A thief of a retired record key signs another tree than the one that the key
// after it fixed, and shows it to everybody, the owner too. It is remarked, and
// stops nobody and nothing.
func TestThiefOfARetiredRecordKey(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	tw, nodes := quiet(t)
	a, others := nodes[0], nodes[1:]
	first, err := a.TestOnlySay(ctx, request("ALA/1", "text", "borovia"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.TestOnlySay(ctx, request("ALA/1a", "text", "borovia")); err != nil {
		t.Fatal(err)
	}
	thief := newScribe(t, tw, "alatau")
	h := tw.Houses["alatau"]
	after := following(t, h.Next, key.Record)
	if _, err := a.Rotate(ctx, "officer", key.Record, h.Next, after.Commitments()); err != nil {
		t.Fatal(err)
	}
	second, err := a.TestOnlySay(ctx, request("ALA/2", "text", "borovia"))
	if err != nil {
		t.Fatal(err)
	}
	gossip(t, nodes...)
	thief.clear("ALA/forged", "borovia")
	same := thief.head() // of the size of the first act alone
	thief.invalid("ALA/invalid")
	// As a carried file of a dishonest party, and as a proof that it lodges.
	parts := append(thief.all(), bundle.Part{Kind: bundle.Head, Note: same.Bytes()})
	courier := newScribe(t, tw, "elbria")
	courier.give(parts, nodes...)
	held, err := a.HeadAt(ctx, first.Origin, 1)
	if err != nil {
		t.Fatal(err)
	}
	lie, err := proof.Fork(held, same, "alatau").Bytes()
	if err != nil {
		t.Fatal(err)
	}
	c := newScribe(t, tw, "elbria")
	c.misconduct(lie)
	for _, n := range nodes[:4] { // all but the node that the scribe stands for
		c.give(c.all(lie), n)
		if err := n.RetryProofs(ctx); err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range nodes {
		if n.IsFrozen(ctx, first.Origin) {
			t.Errorf("%s froze the record", n.Self())
		}
		if files, err := n.Evidence(); err != nil || len(files) > 0 {
			t.Errorf("%s accuses: %v %v", n.Self(), files, err)
		}
		if observed(t, n) == 0 {
			t.Errorf("%s remarks nothing", n.Self())
		}
	}
	third, err := a.TestOnlySay(ctx, request("ALA/3", "text", "borovia"))
	if err != nil {
		t.Fatalf("the owner is stopped: %v", err)
	}
	gossip(t, nodes[:4]...)
	for _, n := range others[:3] {
		if n.SizeOf(ctx, first.Origin) <= third.Index || notAfter(t, n, second) == 0 {
			t.Errorf("%s holds %d acts", n.Self(), n.SizeOf(ctx, first.Origin))
		}
	}
}

// A party that withholds the list of its retired mirror key, or changes keys on
// end, is proven to fork all the same, and stops nobody's proof files.
func TestOwnKeyActsDoNotShield(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	tw, nodes := quiet(t, "borovia")
	a := newScribe(t, tw, "borovia")
	next := a.rotate(key.Mirror, tw.Houses["borovia"].Next)
	for range 200 {
		next = a.rotateBatch(next)
	}
	a.give(a.all(), nodes...)
	ref, err := nodes[0].TestOnlySay(ctx, request("ALA/2026/1", "text", "cintra"))
	if err != nil {
		t.Fatal(err)
	}
	gossip(t, nodes...)
	f, err := nodes[0].Prove(ctx, ref, true)
	if err != nil {
		t.Fatal(err)
	}
	if s, err := proof.Verify(f, tw.First, time.Now().Unix()); err != nil || s.Bounds.NotAfter == 0 {
		t.Fatalf("%+v %v", s, err)
	}
	if len(f.KeyActs) > 0 {
		t.Errorf("%d key acts of others burden the file", len(f.KeyActs))
	}
	b := newScribe(t, tw, "borovia")
	for _, l := range a.leaves {
		b.add(l)
	}
	a.clear("BOR/one", "alatau")
	b.clear("BOR/two", "alatau")
	b.set = a.set
	a.give(a.all(), nodes[0])
	b.give(b.all(), nodes[0])
	forkProven(t, nodes[0], a)
}

// rotateBatch adds a key act for a transport key, which no proof needs.
func (s *scribe) rotateBatch(next *key.Next) *key.Next {
	s.t.Helper()
	fresh, _, err := key.Generate(rand.Reader, s.origin)
	if err != nil {
		s.t.Fatal(err)
	}
	payload, err := roster.NewBatch(s.tw.First.Group, key.Transport, s.tree.Size(), next, next.Commitments().Sealing,
		[]roster.Validity{{From: time.Now().UTC().Truncate(time.Second), Pin: fresh.Transport.Pin()}})
	if err != nil {
		s.t.Fatal(err)
	}
	a := s.statement("")
	a.Kind, a.To, a.Serial, a.ToAll, a.Status, a.Life = act.KeyChange, nil, nil, true, act.Actual, ""
	a.Role, a.PayloadType, a.Payload = string(key.Transport), act.TypeKeyChange, payload
	s.addAct(a)
	return next
}
