package node

import (
	"testing"
	"time"

	"detente/act"
	"detente/bundle"
	"detente/checkpoint"
	"detente/internal/canon"
	"detente/party"
	"detente/record"
	"golang.org/x/mod/sumdb/tlog"
)

// lone opens one node of a town whose other parties are played by the test.
func lone(t *testing.T, ids ...party.ID) (*town, *Node) {
	t.Helper()
	tw := newHomes(t, ids...)
	n, err := Open(t.Context(), tw.cfgs[ids[0]])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	if err := n.Confirm(t.Context()); err != nil {
		t.Fatal(err)
	}
	return tw, n
}

// forged is a record written with a party's true keys by nobody's rules.
type forged struct {
	t      *testing.T
	tw     *town
	id     party.ID
	origin party.Origin
	tree   record.Tree
	leaves [][]byte
}

func (tw *town) forge(t *testing.T, id party.ID, volume int) *forged {
	return &forged{t: t, tw: tw, id: id, origin: tw.sets[id].Origin.AtVolume(volume)}
}

func (f *forged) add(a *act.Act) act.Ref {
	f.t.Helper()
	b, err := a.Bytes()
	if err != nil {
		f.t.Fatal(err)
	}
	return f.addLeaf(b)
}

func (f *forged) addLeaf(b []byte) act.Ref {
	f.t.Helper()
	ref := act.Ref{Origin: f.origin, Index: f.tree.Size(), Leaf: tlog.RecordHash(b)}
	if err := f.tree.Append(ref.Leaf); err != nil {
		f.t.Fatal(err)
	}
	f.leaves = append(f.leaves, b)
	return ref
}

// statement is one in the clear, which f may complete.
func (f *forged) statement(thread string, to ...party.ID) *act.Act {
	a := &act.Act{Group: f.tw.first.Group, Edition: 1, Kind: act.Statement, Status: act.Exercise, To: to, Life: act.New, Thread: thread,
		Claimed: time.Now().UTC().Truncate(time.Second), Serial: map[party.ID]int64{}, PayloadType: TextType, Payload: []byte(thread)}
	for _, id := range to {
		a.Serial[id] = 1
	}
	return a
}

// follows is the first act of a volume that names another as the one before.
func (f *forged) follows(o party.Origin) *act.Act {
	f.t.Helper()
	b, err := act.VolumeHead{Origin: o, Size: 1, Root: tlog.Hash{1}, Reason: act.Restore}.Bytes()
	if err != nil {
		f.t.Fatal(err)
	}
	return &act.Act{Group: f.tw.first.Group, Edition: 1, Kind: act.Volume, Status: act.Actual, ToAll: true,
		Claimed: time.Now().UTC().Truncate(time.Second), PayloadType: act.TypeVolume, Payload: b}
}

func (f *forged) head() checkpoint.Head {
	return checkpoint.Head{Origin: f.origin, Size: f.tree.Size(), Root: f.tree.Root()}
}

// note is the signed head over all so far.
func (f *forged) note() checkpoint.Note {
	f.t.Helper()
	s, err := checkpoint.Sign(f.head(), f.tw.sets[f.id].Record.AtOrigin(f.origin), time.Now().Unix())
	if err != nil {
		f.t.Fatal(err)
	}
	n, err := checkpoint.ParseNote(s.Bytes())
	if err != nil {
		f.t.Fatal(err)
	}
	return n
}

func (f *forged) incoming() *incoming {
	return &incoming{origin: f.origin, leaves: f.leaves, notes: []checkpoint.Note{f.note()}}
}

// arrivalOf is an arrival from a party.
func (tw *town) arrivalOf(from party.ID, records ...*incoming) *arrival {
	return &arrival{info: bundle.Info{Group: tw.first.Group, From: from, Written: canon.FormatTime(time.Now())},
		blobs: map[canon.Digest][]byte{}, records: records}
}

// ref is the place of a leaf.
func (f *forged) ref(i int) act.Ref {
	return act.Ref{Origin: f.origin, Index: int64(i), Leaf: tlog.RecordHash(f.leaves[i])}
}
