package node

import (
	"fmt"
	"testing"

	"detente/bundle"
	"detente/checkpoint"
	"detente/party"
	"detente/record"
)

// vouchFor cosigns the tree of the first size acts of f as a party's witness.
func (f *forged) vouchFor(by party.ID, size int) checkpoint.Cosigned {
	f.t.Helper()
	sub := f.tw.forge(f.t, f.id, f.origin.Volume())
	for _, l := range f.leaves[:size] {
		sub.addLeaf(l)
	}
	c, err := checkpoint.Cosign(sub.head(), f.tw.sets[by].Witness, 1000)
	if err != nil {
		f.t.Fatal(err)
	}
	return c
}

func noteOf(t *testing.T, c checkpoint.Cosigned) checkpoint.Note {
	t.Helper()
	n, err := checkpoint.ParseNote(c.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// filled is a node that holds count cosignatures of Borovia over Cintra's record
// and then one of its own.
func filled(t *testing.T, count int) (*town, *Node) {
	t.Helper()
	ctx := t.Context()
	tw, a := lone(t, "alatau", "borovia", "cintra", "dovania")
	f := tw.forge(t, "cintra", 1)
	for i := range count {
		f.add(f.statement(fmt.Sprintf("CIN/2026/%d", i+1), "borovia"))
	}
	in := tw.arrivalOf("cintra", f.incoming())
	for i := range count {
		in.cosigs = append(in.cosigs, noteOf(t, f.vouchFor("borovia", i+1)))
	}
	if err := a.receive(ctx, "cintra", in); err != nil {
		t.Fatal(err)
	}
	if err := a.update(ctx, func(tx *Tx) error {
		_, err := record.SaveCosigned(ctx, tx.Tx, f.vouchFor("alatau", count))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return tw, a
}

// What a peer does not ask for takes no message of its own.
func TestStreamPassesWhatIsNotAskedFor(t *testing.T) {
	_, a := filled(t, chunkCosigs+100)
	m, err := a.compose(t.Context(), "dovania", &arrival{stream: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, p := range m.parts {
		if p.Kind == bundle.Cosig {
			count++
		}
	}
	if count != 1 || m.upto != chunkCosigs+101 {
		t.Errorf("one message brings %d cosignatures and goes up to %d", count, m.upto)
	}
}

// A peer whose store is shorter than what is held of it was put back: its stream
// begins again.
func TestStreamOfShorterStoreBeginsAgain(t *testing.T) {
	_, a := filled(t, 3)
	m, err := a.compose(t.Context(), "dovania", &arrival{stream: true, held: 1000}, nil)
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, p := range m.parts {
		if p.Kind == bundle.Cosig {
			count++
		}
	}
	if m.upto != 4 || count != 1 {
		t.Errorf("it brings %d cosignatures and goes up to %d", count, m.upto)
	}
	a.peer("dovania").got = 1000
	a.heard("dovania", &arrival{stream: true, upto: 4, told: 1000, follows: true})
	if got := a.heldStream("dovania"); got != 4 {
		t.Errorf("held up to %d", got)
	}
	// What was written for one who held more before a restart leaves a hole.
	a.heard("dovania", &arrival{stream: true, upto: 9})
	if got := a.heldStream("dovania"); got != 4 {
		t.Errorf("held up to %d over a hole", got)
	}
	if a.heardOurs("dovania") || !a.heardOurs("dovania") {
		t.Error("a peer is taken to know before it was told, or is not afterwards")
	}
}

// A peer whose cosignatures find no room is not asked again at once.
func TestNoHasteWhereThereIsNoRoom(t *testing.T) {
	_, a := lone(t, "alatau", "borovia", "cintra")
	in := &arrival{cosigs: make([]checkpoint.Note, chunkCosigs)}
	if !a.moreToSay(t.Context(), in, &arrival{}, false) {
		t.Error("a full message is not gone on from")
	}
	in.dropped = true
	if a.moreToSay(t.Context(), in, &arrival{}, false) {
		t.Error("what was left out is asked for again at once")
	}
}

// How far a stream is held outlives a restart, but not past what waits in memory;
// and it begins again with a further volume of the peer's record.
func TestStreamOutlivesRestart(t *testing.T) {
	ctx := t.Context()
	tw, a := filled(t, 1)
	f := tw.forge(t, "cintra", 1)
	f.add(f.statement("CIN/2026/1", "borovia"))
	f.add(f.statement("CIN/2026/2", "borovia"))
	give := func(upto int64, records []*incoming, cosigs ...checkpoint.Cosigned) {
		t.Helper()
		in := tw.arrivalOf("dovania", records...)
		in.stream, in.upto, in.follows = true, upto, true
		for _, c := range cosigs {
			in.cosigs = append(in.cosigs, noteOf(t, c))
		}
		if err := a.receive(ctx, "dovania", in); err != nil {
			t.Fatal(err)
		}
		a.heard("dovania", in)
	}
	restart := func() {
		t.Helper()
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
		var err error
		if a, err = Open(ctx, tw.cfgs["alatau"]); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { a.Close() })
	}
	want := func(upto int64) {
		t.Helper()
		if got := a.heldStream("dovania"); got != upto {
			t.Fatalf("held up to %d, not %d", got, upto)
		}
	}
	give(7, nil, f.vouchFor("dovania", 1))
	restart()
	want(7)
	give(9, nil, f.vouchFor("dovania", 2)) // its record is not here yet
	want(9)
	restart()
	want(7)
	give(9, []*incoming{f.incoming()}, f.vouchFor("dovania", 2))
	restart()
	want(9)

	d := tw.forge(t, "dovania", 1)
	d.add(d.statement("DOV/2026/1", "borovia"))
	v := tw.forge(t, "dovania", 2)
	v.add(v.follows(d.origin))
	give(9, []*incoming{d.incoming(), v.incoming()})
	a.peer("dovania")
	restart()
	want(0)
}

// One party's cosignatures that nobody can place take no room from those of
// others, and what was not kept is asked for again.
func TestWaitingCosignaturesAreBoundedBySender(t *testing.T) {
	ctx := t.Context()
	tw, a := lone(t, "alatau", "borovia", "cintra", "dovania")
	f := tw.forge(t, "cintra", 1)
	f.add(f.statement("CIN/2026/1", "borovia"))
	none := tw.forge(t, "borovia", 1)
	none.add(none.statement("BOR/2026/1", "alatau"))
	c := none.vouchFor("borovia", 1)
	in := tw.arrivalOf("borovia")
	in.stream, in.upto, in.follows = true, 50, true
	for range maxWaiting + 1 {
		in.proven = append(in.proven, c)
	}
	if err := a.receive(ctx, "borovia", in); err != nil {
		t.Fatal(err)
	}
	a.heard("borovia", in)
	if got := a.heldStream("borovia"); got != 0 {
		t.Errorf("held up to %d although not all was kept", got)
	}
	if n := len(a.parked[none.origin]); n > maxWaiting {
		t.Errorf("%d of one sender wait", n)
	}
	for range 6 {
		if err := a.receive(ctx, "borovia", &arrival{info: in.info, proven: in.proven}); err != nil {
			t.Fatal(err)
		}
	}
	honest := tw.arrivalOf("dovania")
	honest.cosigs = []checkpoint.Note{noteOf(t, f.vouchFor("dovania", 1))}
	if err := a.receive(ctx, "dovania", honest); err != nil {
		t.Fatal(err)
	}
	if err := a.receive(ctx, "cintra", tw.arrivalOf("cintra", f.incoming())); err != nil {
		t.Fatal(err)
	}
	got, err := record.Cosignatures(ctx, a.db.Read(), f.origin, 1)
	if err != nil || len(got) != 1 {
		t.Errorf("%d cosignatures over what came later, %v", len(got), err)
	}
}
