package node_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"detente/act"
	"detente/bundle"
	"detente/checkpoint"
	"detente/key"
	"detente/lodging"
	"detente/node"
	"detente/party"
	"detente/proof"
	"detente/roster"
)

// A leaf now and its text later: the time of the leaf counts for nothing, and
// what could look like a withdrawal does not let it count either.
func TestBankedTimestamp(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	tw, nodes := quiet(t, "borovia")
	s := newScribe(t, tw, "borovia")
	ref, blob := s.sealed("BOR/2026/1", "alatau", "cintra")
	s.give(s.all(), nodes...)
	gossip(t, nodes...)
	none := func(when string) {
		t.Helper()
		for _, n := range nodes {
			l, err := n.Lodged(ctx, ref)
			if err != nil || l.Bounds.NotAfter != 0 || l.For["alatau"].NotAfter != 0 {
				t.Fatalf("%s: %s finds it lodged: %+v %v", when, n.Self(), l, err)
			}
			if receipts(t, n, ref, act.Delivered) != 0 {
				t.Fatalf("%s: a receipt for what nobody holds", when)
			}
		}
	}
	none("leaf alone")

	// A withdrawal of another leaf at the same place, and one of a kind that
	// withdraws nothing.
	wrong := ref
	wrong.Leaf[0] ^= 1
	a := s.statement("BOR/2026/1", "alatau", "cintra")
	a.Life, a.Answers = act.Withdrawal, wrong
	s.addAct(a)
	a = s.statement("BOR/2026/1")
	a.Kind, a.ToAll, a.Serial, a.Life, a.Answers = act.Entered, true, nil, act.Withdrawal, ref
	a.For, a.Channel, a.On, a.Status = "dovania", act.ByNote, a.Claimed, act.Actual
	a.PayloadType, a.Payload = node.TextType, []byte("entered")
	if _, err := a.Bytes(); err == nil {
		s.addAct(a)
	}
	s.give(s.all(), nodes...)
	gossip(t, nodes...)
	none("seeming withdrawals")

	s.give(s.all(blob), nodes...)
	gossip(t, nodes...)
	for _, n := range nodes {
		if notAfter(t, n, ref) == 0 {
			t.Fatalf("%s: the text is held and nothing is lodged", n.Self())
		}
	}
	unaccused(t, nodes...)
}

// A true withdrawal lets mirrors pass the blob, and shows nothing about it.
func TestWithdrawnBlobIsPassedAndDoesNotCount(t *testing.T) {
	t.Parallel()
	tw, nodes := quiet(t, "borovia")
	s := newScribe(t, tw, "borovia")
	ref, _ := s.sealed("BOR/2026/1", "alatau", "cintra")
	a := s.statement("BOR/2026/1", "alatau", "cintra")
	a.Life, a.Answers = act.Withdrawal, ref
	s.addAct(a)
	after := s.clear("BOR/2026/2", "alatau")
	s.give(s.all(), nodes...)
	gossip(t, nodes...)
	for _, n := range nodes {
		if notAfter(t, n, ref) != 0 {
			t.Fatalf("%s finds it lodged", n.Self())
		}
		f, err := n.Prove(context.Background(), ref, false)
		if err != nil {
			t.Fatal(err)
		}
		if f.Withdrawal == nil || f.Withdrawal.Index != ref.Index+1 {
			t.Errorf("%s writes a proof that keeps silent about the withdrawal", n.Self())
		}
		if notAfter(t, n, after) == 0 {
			t.Fatalf("%s: what came after the withdrawal is not lodged", n.Self())
		}
	}
}

// Witnesses that withhold cannot make anyone late.
func TestWithheldCosignatures(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	tw, nodes := quiet(t, "borovia")
	s := newScribe(t, tw, "borovia")
	ref := s.clear("BOR/2026/1", "alatau")
	parts := s.all()
	s.give(parts, nodes[0]) // alone: nobody else vouches
	l, err := nodes[0].Lodged(ctx, ref)
	if err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Unix() + 100
	if got := lodging.Judge(l.Bounds, deadline, deadline+1); got != lodging.NotShownTimely {
		t.Fatalf("found %s", got)
	}
	s.give(parts, nodes...)
	gossip(t, nodes...)
	if l, err = nodes[0].Lodged(ctx, ref); err != nil || lodging.Judge(l.Bounds, deadline, deadline+1) != lodging.Timely {
		t.Fatalf("more evidence did not settle it: %+v %v", l, err)
	}
}

// Another author lodges a ciphertext that it copied: the addressee returns it and
// shows its content to nobody.
func TestCopiedCiphertext(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	tw, nodes := quiet(t, "borovia", "cintra")
	s := newScribe(t, tw, "borovia")
	ref, blob := s.sealed("BOR/2026/1", "alatau")
	thief := newScribe(t, tw, "cintra")
	a := thief.statement("BOR/2026/1", "alatau")
	a.Sealed = act.Blob{Digest: blobPart(blob).Digest, Size: int64(len(blob))}
	copied := thief.addAct(a)
	n := nodes[0]
	thief.give(thief.all(blob), n)
	s.give(s.all(blob), n)
	if receipts(t, n, copied, act.Returned) != 1 || receipts(t, n, copied, act.Delivered) != 0 {
		t.Fatal("the copy was not returned")
	}
	if _, err := n.Content(ctx, copied); !errors.Is(err, node.ErrNoContent) {
		t.Fatalf("the copy shows its content: %v", err)
	}
	if c, err := n.Content(ctx, ref); err != nil || string(c.Body) != "text of BOR/2026/1" || receipts(t, n, ref, act.Delivered) != 1 {
		t.Fatalf("the true one: %v %v", c, err)
	}
}

// cosig is a mirror cosignature of a party whose keys the test has.
func cosig(t *testing.T, set *key.Set, h checkpoint.Head, at int64) checkpoint.Cosigned {
	t.Helper()
	c, err := checkpoint.Cosign(h, set.Mirror, at)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Times that cannot be: of zero, of two lines that differ, of next year; and a
// note with two hundred lines. One bad cosignature spoils no good one.
func TestCosignatureTimes(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	tw, nodes := quiet(t, "borovia", "cintra", "dovania", "elbria")
	n := nodes[0]
	s := newScribe(t, tw, "borovia")
	ref := s.clear("BOR/2026/1", "alatau")
	s.give(s.all(), n)
	head := s.head().Head()
	now := time.Now().Unix()
	keys := func(id party.ID) *key.Set { return tw.Houses[id].Config.Keys }
	have := func() int {
		l, err := n.Lodged(ctx, ref)
		if err != nil {
			t.Fatal(err)
		}
		return l.Bounds.Have
	}
	before := have()

	one, two := cosig(t, keys("cintra"), head, now-10), cosig(t, keys("cintra"), head, now-9)
	a, err1 := checkpoint.ParseNote(one.Bytes())
	b, err2 := checkpoint.ParseNote(two.Bytes())
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	mixed := checkpoint.Note{Head: head, Lines: []key.Line{a.Lines[0], b.Lines[1]}}
	zero := checkpoint.Note{Head: head, Lines: []key.Line{a.Lines[0], a.Lines[1]}}
	for i := range zero.Lines {
		sig := bytes.Clone(zero.Lines[i].Sig)
		copy(sig, make([]byte, 8))
		zero.Lines[i].Sig = sig
	}
	future := cosig(t, keys("dovania"), head, now+365*24*3600)
	good := cosig(t, keys("elbria"), head, now-5)
	seen := observed(t, n)
	s.give([]bundle.Part{{Kind: bundle.Cosig, Note: mixed.Bytes()}, {Kind: bundle.Cosig, Note: zero.Bytes()},
		{Kind: bundle.Cosig, Note: future.Bytes()}, {Kind: bundle.Cosig, Note: good.Bytes()}}, n)
	if got := observed(t, n) - seen; got != 2 {
		t.Errorf("%d observations for two bad cosignatures", got)
	}
	if got := have(); got != before+1 {
		t.Errorf("%d stamps count where only the good one was added to %d", got, before)
	}

	many := checkpoint.Note{Head: head, Lines: slices.Clone(a.Lines)}
	for i := range 198 {
		l := a.Lines[0]
		l.ID += uint32(i + 1)
		many.Lines = append(many.Lines, l)
	}
	raw := []byte(head.Text() + "\n")
	for _, l := range many.Lines {
		raw = append(raw, l.String()...)
	}
	if _, err := n.Import(ctx, bytes.NewReader(packed(t, s.info(), bundle.Part{Kind: bundle.Cosig, Note: raw}))); err == nil {
		t.Error("a note with 200 lines was taken")
	}
	if got := have(); got != before+1 {
		t.Errorf("%d stamps count after the note with 200 lines", got)
	}
	unaccused(t, n)
}

// A relay that alters, drops and reorders what it carries frames nobody, and what
// is sound comes through afterwards.
func TestDamagedRelayFramesNobody(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	tw, nodes := quiet(t, "borovia")
	s := newScribe(t, tw, "borovia")
	ref, blob := s.sealed("BOR/2026/1", "dovania")
	for range 4 {
		s.clear("BOR/2026/"+string(rune('2'+s.tree.Size())), "dovania")
	}
	relay, d := nodes[1], nodes[2]
	s.give(s.all(blob), relay)
	whole := export(t, relay, "dovania")
	alter := func(name string, f func([]bundle.Part) []bundle.Part) {
		info, parts := unpack(t, whole)
		for i, p := range parts {
			p.Leaves = slices.Clone(p.Leaves)
			parts[i] = p
		}
		var b bytes.Buffer
		w, err := bundle.NewWriter(&b, info)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range f(parts) {
			if err := w.Write(p); err != nil {
				t.Logf("%s: the format itself refuses it: %v", name, err)
				return
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Import(ctx, bytes.NewReader(b.Bytes())); err != nil {
			t.Logf("%s: %v", name, err)
		}
		size := d.SizeOf(ctx, s.origin)
		got, err1 := d.RootOf(ctx, s.origin, size)
		want, err2 := relay.RootOf(ctx, s.origin, size)
		if err := errors.Join(err1, err2); err != nil || got != want {
			t.Fatalf("%s: %d acts were taken that the author did not sign: %v", name, size, err)
		}
		unaccused(t, nodes...)
		if d.IsFrozen(ctx, s.origin) {
			t.Fatalf("%s: the author is framed", name)
		}
	}
	ofBorovia := func(p bundle.Part) bool { return p.Kind == bundle.Entries && p.Origin == s.origin }
	each := func(f func(p *bundle.Part)) func([]bundle.Part) []bundle.Part {
		return func(parts []bundle.Part) []bundle.Part {
			for i := range parts {
				if ofBorovia(parts[i]) {
					f(&parts[i])
				}
			}
			return parts
		}
	}
	alter("a byte of a leaf", each(func(p *bundle.Part) {
		p.Leaves[2] = bytes.Clone(p.Leaves[2])
		p.Leaves[2][len(p.Leaves[2])-1] ^= 1
	}))
	alter("a leaf that is no act", each(func(p *bundle.Part) { p.Leaves[3] = []byte("detente-act/v1\nnonsense\n") }))
	alter("a leaf dropped", each(func(p *bundle.Part) { p.Leaves = slices.Delete(p.Leaves, 1, 2) }))
	alter("two leaves exchanged", each(func(p *bundle.Part) { p.Leaves[1], p.Leaves[2] = p.Leaves[2], p.Leaves[1] }))
	alter("a leaf added", each(func(p *bundle.Part) { p.Leaves = append(p.Leaves, p.Leaves[0]) }))
	alter("the heads left out", func(parts []bundle.Part) []bundle.Part {
		return slices.DeleteFunc(parts, func(p bundle.Part) bool { return p.Kind == bundle.Head })
	})
	if d.SizeOf(ctx, s.origin) > 0 {
		t.Logf("%d acts were taken on the way", d.SizeOf(ctx, s.origin))
	}
	for i := range whole {
		if i%211 == 0 {
			flipped := bytes.Clone(whole)
			flipped[i] ^= 4
			if _, err := d.Import(ctx, bytes.NewReader(flipped)); err == nil {
				t.Fatalf("a bundle with byte %d altered was taken", i)
			}
		}
	}
	unaccused(t, nodes...)
	if _, err := d.Import(ctx, bytes.NewReader(whole)); err != nil {
		t.Fatal(err)
	}
	if c, err := d.Content(ctx, ref); err != nil || len(c.Body) == 0 || d.SizeOf(ctx, s.origin) != 5 {
		t.Fatalf("what is sound did not come through: %v", err)
	}
	if err := d.CheckEverything(ctx); err != nil {
		t.Fatal(err)
	}
}

// Hostile bundles, carried: each is refused whole with one sentence, or takes
// nothing with it that its author did not sign.
func TestHostileBundles(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	tw, nodes := quiet(t, "borovia")
	n := nodes[0]
	s := newScribe(t, tw, "borovia")
	s.clear("BOR/2026/1", "alatau")
	sound := s.all()
	ours := newScribe(t, tw, "alatau")
	ours.clear("ALA/2026/1", "borovia")
	ours.set = s.set // signed by another's key
	second := newScribe(t, tw, "borovia")
	second.origin = second.origin.AtVolume(2)
	second.clear("BOR/2026/9", "alatau")
	foreign := s.info()
	foreign.Group[0] ^= 2
	wrong := newScribe(t, tw, "borovia")
	wrong.clear("BOR/2026/1", "alatau")
	bad := wrong.all()
	wrong.clear("BOR/2026/2", "alatau")
	bad[0] = bundle.Part{Kind: bundle.Entries, Origin: s.origin, From: 0, Leaves: [][]byte{[]byte("another leaf")}}
	stranger := bundle.Part{Kind: bundle.Entries, Origin: "faronia/00000001", From: 0, Leaves: s.leaves}

	for name, c := range map[string]struct {
		bytes   []byte
		refused bool
	}{
		"empty":             {nil, true},
		"no bundle":         {[]byte("PK\x03\x04 a zip of sorts"), true},
		"cut off":           {packed(t, s.info(), sound...)[:300], true},
		"another group":     {packed(t, foreign, sound...), true},
		"entries, no head":  {packed(t, s.info(), s.entries(0)), false},
		"wrong root":        {packed(t, s.info(), bad...), false},
		"no such party":     {packed(t, s.info(), stranger), false},
		"volume alone":      {packed(t, s.info(), second.all()...), false}, // it begins with no act of kind volume
		"our own record":    {packed(t, s.info(), ours.entries(0), bundle.Part{Kind: bundle.Head, Note: s.head().Bytes()}), false},
		"a count too high":  {[]byte(strings.Replace(string(packed(t, s.info(), sound...)), "entries "+string(s.origin)+" 0", "entries "+string(s.origin)+" 9007199254740993", 1)), true},
		"a path for a name": {[]byte(strings.ReplaceAll(string(packed(t, s.info(), sound...)), "entries "+string(s.origin), "entries ../../etc/"+string(s.origin[:1]))), true},
	} {
		own, _ := n.Head()
		_, err := n.Import(ctx, bytes.NewReader(c.bytes))
		if c.refused != (err != nil) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && (strings.Contains(err.Error(), "\n") || len(err.Error()) > 600) {
			t.Errorf("%s: no sentence: %q", name, err)
		}
		if name != "our own record" && n.SizeOf(ctx, s.origin) != 0 || n.SizeOf(ctx, second.origin) > 0 {
			t.Errorf("%s: something was kept", name)
		}
		if after, _ := n.Head(); own.Head() != after.Head() || n.Assured() != nil {
			t.Errorf("%s: our own record is touched: %v", name, n.Assured())
		}
		unaccused(t, nodes...)
		if t.Failed() {
			t.FailNow()
		}
	}
	if n.SizeOf(ctx, s.origin) == 0 {
		s.give(sound, n)
	}
	if n.SizeOf(ctx, s.origin) != 1 {
		t.Fatal("the sound one was not taken")
	}
	if err := n.CheckEverything(ctx); err != nil {
		t.Fatal(err)
	}
}

// A thief of the record key in use can sign heads; it cannot enter a key, and its
// try spoils no proof of anybody's acts.
func TestThiefCannotEnterAKey(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	tw, nodes := quiet(t, "borovia")
	s := newScribe(t, tw, "borovia")
	stolen := s.clear("BOR/2026/1", "alatau")
	_, own, err := key.Generate(rand.Reader, s.origin)
	if err != nil {
		t.Fatal(err)
	}
	after := following(t, own, key.Record)
	payload, err := roster.NewChange(tw.First.Group, key.Record, s.tree.Size(), own, after.Commitments(), nil)
	if err != nil {
		t.Fatal(err)
	}
	a := s.statement("")
	a.Kind, a.To, a.Serial, a.ToAll, a.Status, a.Life = act.KeyChange, nil, nil, true, act.Actual, ""
	a.Role, a.PayloadType, a.Payload = string(key.Record), act.TypeKeyChange, payload
	s.addAct(a)
	s.give(s.all(), nodes...)
	gossip(t, nodes...)
	for _, n := range nodes {
		k, ok := n.Keys().Record(s.origin, 100)
		if !ok || k.Digest() != s.set.Record.Public.Digest() {
			t.Fatalf("%s believes the thief", n.Self())
		}
	}
	f, err := nodes[0].Prove(ctx, stolen, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := proof.Verify(f, tw.First, time.Now().Unix()); err != nil {
		t.Fatalf("the proof of an act is spoilt: %v", err)
	}
}

// An act that is invalid under the version it names is a proof against its
// author, lodged by all who see it; one of an unknown version is set aside.
func TestInvalidActIsProvenUnknownVersionSetAside(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	tw, nodes := quiet(t, "borovia", "cintra")
	s := newScribe(t, tw, "borovia")
	s.add([]byte("detente-act/v9\nfrom the future\n\n"))
	last := s.clear("BOR/2026/1", "alatau")
	s.give(s.all(), nodes...)
	gossip(t, nodes...)
	unaccused(t, nodes...)
	for _, n := range nodes {
		if n.SizeOf(ctx, s.origin) != 2 || notAfter(t, n, last) == 0 {
			t.Fatalf("%s does not go on past what it set aside", n.Self())
		}
	}
	v := newScribe(t, tw, "cintra")
	leaf, err := v.statement("CIN/2026/1", "alatau").Bytes()
	if err == nil {
		leaf = bytes.Replace(leaf, []byte("edition 1"), []byte("edition 01"), 1)
	}
	v.add(leaf)
	v.give(v.all(), nodes...)
	gossip(t, nodes...)
	for _, n := range nodes {
		rows, err := n.List(ctx, misconductFilter)
		files, err2 := n.Evidence()
		if err := errors.Join(err, err2); err != nil || len(rows) != 1 && len(rows) != len(nodes) || len(files) == 0 {
			t.Fatalf("%s: %d lodged, %d files: %v", n.Self(), len(rows), len(files), err)
		}
		if n.IsFrozen(ctx, v.origin) {
			t.Fatal("an invalid act freezes nothing")
		}
	}
	agree(t, nodes...)
}

// Old bundles and old heads change nothing, whenever they come.
func TestReplay(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	tw, nodes := quiet(t, "borovia")
	s := newScribe(t, tw, "borovia")
	s.clear("BOR/2026/1", "alatau")
	old := packed(t, s.info(), s.all()...)
	s.clear("BOR/2026/2", "alatau")
	s.give(s.all(), nodes...)
	gossip(t, nodes...)
	n := nodes[0]
	mine, _ := n.Head()
	for range 3 {
		if _, err := n.Import(ctx, bytes.NewReader(old)); err != nil {
			t.Fatal(err)
		}
	}
	if after, _ := n.Head(); after.Head() != mine.Head() || n.SizeOf(ctx, s.origin) != 2 {
		t.Fatal("a replay changed something")
	}
	unaccused(t, nodes...)
	agree(t, nodes...)
}
