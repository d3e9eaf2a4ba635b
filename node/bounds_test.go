package node

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"detente/bundle"
	"detente/checkpoint"
	"detente/courier"
	"detente/internal/canon"
	"detente/party"
	"detente/record"
)

// A further volume is taken up only in its turn, after the one that it names,
// and no more of them than an author may have.
func TestVolumesComeInTurn(t *testing.T) {
	ctx := t.Context()
	tw, a := lone(t, "alatau", "borovia", "cintra")
	give := func(records ...*incoming) {
		t.Helper()
		if err := a.receive(ctx, "borovia", tw.arrivalOf("borovia", records...)); err != nil {
			t.Fatal(err)
		}
	}
	held := func(volume int) bool {
		t.Helper()
		size, err := a.heldSize(ctx, tw.sets["borovia"].Origin.AtVolume(volume))
		if err != nil {
			t.Fatal(err)
		}
		return size > 0
	}
	volume := func(v, after int) *incoming {
		f := tw.forge(t, "borovia", v)
		f.add(f.follows(f.origin.AtVolume(after)))
		return f.incoming()
	}
	first := tw.forge(t, "borovia", 1)
	first.add(first.statement("BOR/2026/1", "alatau"))
	give(first.incoming())
	give(volume(9, 8), volume(3, 2))
	give(volume(3, 1))
	if held(9) || held(3) {
		t.Error("a volume came before its turn")
	}
	give(volume(2, 7))
	if held(2) {
		t.Error("a volume that follows another one was taken")
	}
	var rest []*incoming
	for v := 80; v > 1; v-- {
		rest = append(rest, volume(v, v-1))
	}
	give(rest...)
	if !held(maxVolumes) {
		t.Errorf("volume %d did not come in its turn", maxVolumes)
	}
	if held(maxVolumes + 1) {
		t.Errorf("more than %d volumes of one record", maxVolumes)
	}
	ask(t, a, "cintra")
}

// Origins that nobody has are neither remembered nor repeated.
func TestInventedOriginsAreForgotten(t *testing.T) {
	tw, a := lone(t, "alatau", "borovia", "cintra")
	var have []bundle.Position
	for i := range 2000 {
		have = append(have, bundle.Position{Origin: party.Origin(fmt.Sprintf("borovia/%08x", 0xaa000000+i)), Size: 7})
	}
	for v := 2; v < 1000; v++ {
		have = append(have, bundle.Position{Origin: tw.sets["cintra"].Origin.AtVolume(v), Size: 7})
	}
	have = append(have, bundle.Position{Origin: tw.sets["cintra"].Origin, Root: emptyRoot})
	out := ask(t, a, "borovia", have...)
	if len(out.have) > 8 {
		t.Errorf("%d positions in the answer", len(out.have))
	}
	if told := len(a.peer("borovia").told); told > 2 {
		t.Errorf("%d positions are remembered", told)
	}
}

// More than one message holds is cut, and comes with the next ones.
func TestMessageIsBounded(t *testing.T) {
	ctx := t.Context()
	ids := []party.ID{"alatau", "borovia", "cintra", "dovania", "elbria", "faronia", "galdor", "hesperia", "ilmaria", "jurania", "karelon"}
	tw, a := lone(t, ids...)
	want := map[party.Origin]int64{}
	var have []bundle.Position
	for _, id := range ids[2:] {
		f := tw.forge(t, id, 1)
		for i := range 75 {
			s := f.statement(fmt.Sprintf("%s/%d", id, i), "cintra")
			s.Payload = bytes.Repeat([]byte("x"), 60_000)
			if id == "cintra" {
				s.To, s.Serial = []party.ID{"dovania"}, map[party.ID]int64{"dovania": 1}
			}
			f.add(s)
		}
		if err := a.receive(ctx, id, tw.arrivalOf(id, f.incoming())); err != nil {
			t.Fatal(err)
		}
		want[f.origin] = 75
		have = append(have, bundle.Position{Origin: f.origin, Root: emptyRoot})
	}
	for round := 0; len(want) > 0; round++ {
		if round > len(ids) {
			t.Fatalf("after %d rounds %d records are missing", round, len(want))
		}
		m, err := a.compose(ctx, "borovia", &arrival{have: have, stream: true}, nil)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := m.write(&b); err != nil {
			t.Fatal(err)
		}
		if b.Len() > messageBytes+1<<20 {
			t.Errorf("a message of %d bytes", b.Len())
		}
		in, err := readArrival(&b, bundle.NetworkLimits())
		if err != nil {
			t.Fatal(err)
		}
		for _, rec := range in.records {
			if int64(len(rec.leaves)) == want[rec.origin] && len(rec.notes) == 1 {
				delete(want, rec.origin)
			}
		}
		var left []bundle.Position
		for _, p := range have {
			if want[p.Origin] > 0 {
				left = append(left, p)
			}
		}
		have = left
	}
}

// What costs a peer little may not cost this node much.
func TestCheapBundlesAreBounded(t *testing.T) {
	ctx := t.Context()
	tw, a := lone(t, "alatau", "borovia", "cintra")
	f := tw.forge(t, "borovia", 1)
	f.add(f.statement("BOR/2026/1", "alatau"))
	note := f.note()

	t.Run("heads", func(t *testing.T) {
		parts := []bundle.Part{{Kind: bundle.Entries, Origin: f.origin, Leaves: f.leaves}}
		for range maxHeads + 1 {
			parts = append(parts, bundle.Part{Kind: bundle.Head, Note: note.Bytes()})
		}
		if err := exchange(t, a, "borovia", parts...); !errors.Is(err, courier.ErrRefused) {
			t.Errorf("%d heads of one record: %v", maxHeads+1, err)
		}
	})
	t.Run("leaves", func(t *testing.T) {
		var parts []bundle.Part
		least := slices.Repeat([][]byte{{0}}, bundle.MaxLeaves)
		for i := range maxArrivalLeaves/bundle.MaxLeaves + 1 {
			parts = append(parts, bundle.Part{Kind: bundle.Entries, Origin: f.origin, From: int64(i * bundle.MaxLeaves), Leaves: least})
		}
		if err := exchange(t, a, "borovia", parts...); !errors.Is(err, courier.ErrRefused) {
			t.Errorf("more than %d leaves: %v", maxArrivalLeaves, err)
		}
	})
	t.Run("many sizes", func(t *testing.T) {
		in := f.incoming()
		in.leaves = make([][]byte, maxArrivalLeaves)
		for i := range in.leaves {
			in.leaves[i] = []byte{1}
		}
		for i := range 2000 {
			n := note
			n.Head.Size = int64(1_000_000 + i)
			in.notes = append(in.notes, n)
		}
		start := time.Now()
		_ = a.receive(ctx, "borovia", tw.arrivalOf("borovia", in))
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("it took %v", took)
		}
	})
	t.Run("cosignatures", func(t *testing.T) {
		in := tw.arrivalOf("borovia")
		for i := range 200 {
			h := f.head()
			h.Size = int64(i + 1)
			c, err := checkpoint.Cosign(h, tw.sets["borovia"].Witness, 1)
			if err != nil {
				t.Fatal(err)
			}
			n, err := checkpoint.ParseNote(c.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			n.Head.Size += 1000 // another tree than the one signed
			in.cosigs = append(in.cosigs, n)
		}
		before, err := record.Observations(ctx, a.db.Read(), 256)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.receive(ctx, "borovia", in); err != nil {
			t.Fatal(err)
		}
		after, err := record.Observations(ctx, a.db.Read(), 256)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(after) - len(before); n == 0 || n > maxRemarks+1 {
			t.Errorf("%d observations of one arrival", n)
		}
	})
	t.Run("bytes of all", func(t *testing.T) {
		a.reading.all.Add(maxReading)
		defer a.reading.all.Add(-maxReading)
		if err := exchange(t, a, "borovia"); !errors.Is(err, courier.ErrBusy) {
			t.Errorf("with no room to read into: %v", err)
		}
	})
}

// exchange sends parts as a peer does and drops the answer.
func exchange(t *testing.T, n *Node, from party.ID, parts ...bundle.Part) error {
	t.Helper()
	m := &message{info: bundle.Info{Group: n.cfg.First.Group, From: from, Written: canon.FormatTime(n.now())}, parts: parts}
	var in, out bytes.Buffer
	if err := m.write(&in); err != nil {
		t.Fatal(err)
	}
	return n.Exchange(t.Context(), from, 0, &in, &out)
}
