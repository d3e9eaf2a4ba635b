package node_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"testing"
	"time"

	"detente/act"
	"detente/bundle"
	"detente/checkpoint"
	"detente/internal/canon"
	"detente/key"
	"detente/node"
	"detente/party"
	"detente/record"
	"detente/roster"
	"detente/seal"
	"detente/town"
	"filippo.io/age"
	"golang.org/x/mod/sumdb/tlog"
)

// scribe writes the record of a party that keeps to no rule: it has the party's
// true keys and no node that would hold it back.
type scribe struct {
	t      *testing.T
	tw     *town.Town
	id     party.ID
	origin party.Origin
	set    *key.Set
	tree   record.Tree
	leaves [][]byte
	made   []roster.Cosignature // what the next list of the mirror key names
	lists  [][]byte             // of the mirror keys that were rotated
}

// listing puts a cosignature of the mirror key into its list.
func (s *scribe) listing(o party.Origin, size int64, root tlog.Hash, at int64) {
	s.made = append(s.made, roster.Cosignature{Origin: o, Size: size, Root: root, Time: at})
}

func newScribe(t *testing.T, tw *town.Town, id party.ID) *scribe {
	set := tw.Houses[id].Config.Keys
	return &scribe{t: t, tw: tw, id: id, origin: set.Origin, set: set}
}

// add appends bytes as a leaf.
func (s *scribe) add(leaf []byte) act.Ref {
	s.t.Helper()
	ref := act.Ref{Origin: s.origin, Index: s.tree.Size(), Leaf: tlog.RecordHash(leaf)}
	if err := s.tree.Append(ref.Leaf); err != nil {
		s.t.Fatal(err)
	}
	s.leaves = append(s.leaves, leaf)
	return ref
}

func (s *scribe) addAct(a *act.Act) act.Ref {
	s.t.Helper()
	b, err := a.Bytes()
	if err != nil {
		s.t.Fatal(err)
	}
	return s.add(b)
}

// statement is one that s may complete.
func (s *scribe) statement(thread string, to ...party.ID) *act.Act {
	a := &act.Act{Group: s.tw.First.Group, Edition: 1, Kind: act.Statement, Status: act.Exercise, To: to, Life: act.New, Thread: thread,
		Claimed: time.Now().UTC().Truncate(time.Second), Serial: map[party.ID]int64{}}
	for _, id := range to {
		a.Serial[id] = 1
	}
	return a
}

// clear adds a statement in the clear.
func (s *scribe) clear(thread string, to ...party.ID) act.Ref {
	a := s.statement(thread, to...)
	a.PayloadType, a.Payload = node.TextType, []byte("text of "+thread)
	return s.addAct(a)
}

// sealed adds a sealed statement and returns its ciphertext.
func (s *scribe) sealed(thread string, to ...party.ID) (act.Ref, []byte) {
	s.t.Helper()
	return s.sealing(s.statement(thread, to...), seal.Content{Type: node.TextType, Body: []byte("text of " + thread)})
}

// sealing completes a statement with a content sealed to its addressees, and adds it.
func (s *scribe) sealing(a *act.Act, c seal.Content) (act.Ref, []byte) {
	s.t.Helper()
	outside, err := a.OutsideDigest()
	if err != nil {
		s.t.Fatal(err)
	}
	var keys []*age.HybridRecipient
	for _, id := range a.To {
		keys = append(keys, s.tw.Houses[id].Config.Keys.Sealing[0].Recipient())
	}
	b, err := seal.Seal(rand.Reader, c,
		seal.Binding{Author: s.origin.Base(), Group: a.Group, Outside: outside}, keys)
	if err != nil {
		s.t.Fatal(err)
	}
	a.Sealed = act.Blob{Digest: canon.DigestOf(b), Size: int64(len(b))}
	return s.addAct(a), b
}

// head signs what was written so far.
func (s *scribe) head() checkpoint.Signed {
	s.t.Helper()
	h, err := checkpoint.Sign(checkpoint.Head{Origin: s.origin, Size: s.tree.Size(), Root: s.tree.Root()}, s.set.Record.AtOrigin(s.origin), time.Now().Unix())
	if err != nil {
		s.t.Fatal(err)
	}
	return h
}

func (s *scribe) entries(from int) bundle.Part {
	return bundle.Part{Kind: bundle.Entries, Origin: s.origin, From: int64(from), Leaves: s.leaves[from:]}
}

func (s *scribe) signed() bundle.Part { return bundle.Part{Kind: bundle.Head, Note: s.head().Bytes()} }

// all is everything so far with blobs before it.
func (s *scribe) all(blobs ...[]byte) []bundle.Part {
	var parts []bundle.Part
	for _, b := range blobs {
		parts = append(parts, blobPart(b))
	}
	return append(parts, s.entries(0), s.signed())
}

func blobPart(b []byte) bundle.Part {
	return bundle.Part{Kind: bundle.Blob, Digest: canon.DigestOf(b), Blob: b}
}

func (s *scribe) info() bundle.Info {
	return bundle.Info{Group: s.tw.First.Group, From: s.id, Written: canon.FormatTime(time.Now())}
}

// packed writes a bundle.
func packed(t *testing.T, info bundle.Info, parts ...bundle.Part) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := bundle.NewWriter(&b, info)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range parts {
		if err := w.Write(p); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// unpack reads a bundle's parts.
func unpack(t *testing.T, b []byte) (bundle.Info, []bundle.Part) {
	t.Helper()
	r, info, err := bundle.NewReader(bytes.NewReader(b), bundle.FileLimits())
	if err != nil {
		t.Fatal(err)
	}
	var parts []bundle.Part
	for {
		p, err := r.Next()
		if err != nil {
			return info, parts
		}
		parts = append(parts, p)
	}
}

// give hands parts to nodes as a carried bundle.
func (s *scribe) give(parts []bundle.Part, to ...*node.Node) {
	s.t.Helper()
	for _, n := range to {
		if _, err := n.Import(context.Background(), bytes.NewReader(packed(s.t, s.info(), parts...))); err != nil {
			s.t.Fatal(err)
		}
	}
}

// quiet is a town whose nodes are open and run no loops, save those whose records
// a scribe writes.
func quiet(t *testing.T, without ...party.ID) (*town.Town, []*node.Node) {
	t.Helper()
	tw, err := town.Found(region(t, five...))
	if err != nil {
		t.Fatal(err)
	}
	var nodes []*node.Node
next:
	for _, id := range five {
		for _, w := range without {
			if id == w {
				continue next
			}
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
	return tw, nodes
}

// gossip carries everything from everyone to everyone, until all have all.
func gossip(t *testing.T, nodes ...*node.Node) {
	t.Helper()
	for range 2 {
		for _, a := range nodes {
			for _, b := range nodes {
				if a == b {
					continue
				}
				if _, err := b.Import(context.Background(), bytes.NewReader(export(t, a, b.Self()))); err != nil {
					t.Fatalf("from %s to %s: %v", a.Self(), b.Self(), err)
				}
			}
		}
	}
}

// unaccused fails if a node keeps or lodged a proof against anybody.
func unaccused(t *testing.T, nodes ...*node.Node) {
	t.Helper()
	for _, n := range nodes {
		files, err := n.Evidence()
		if err != nil || len(files) > 0 {
			t.Fatalf("%s accuses: %v %v", n.Self(), files, err)
		}
		rows, err := n.List(context.Background(), misconductFilter)
		if err != nil || len(rows) > 0 {
			t.Fatalf("%s holds an accusation: %v %v", n.Self(), rows, err)
		}
	}
}

func observed(t *testing.T, n *node.Node) int {
	t.Helper()
	list, err := n.Observations(context.Background(), 256)
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}
