package node

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"detente/act"
	"detente/internal/canon"
	"detente/party"
	"detente/record"
)

// sealedTo is a statement of f with a ciphertext, as far as others can tell.
func (f *forged) sealedTo(blob []byte, to ...party.ID) act.Ref {
	f.t.Helper()
	a := f.statement(fmt.Sprintf("%s/%d", f.id, f.tree.Size()), to...)
	a.PayloadType, a.Payload = "", nil
	a.Sealed = act.Blob{Digest: canon.DigestOf(blob), Size: int64(len(blob))}
	return f.add(a)
}

// clearly is a statement of f that names a blob in the clear.
func (f *forged) clearly(blob []byte, to ...party.ID) act.Ref {
	f.t.Helper()
	a := f.statement(fmt.Sprintf("%s/%d", f.id, f.tree.Size()), to...)
	a.PayloadType, a.Payload = "", nil
	a.Clear = act.Blob{Digest: canon.DigestOf(blob), Size: int64(len(blob)), Type: TextType}
	return f.add(a)
}

// Who names another's ciphertext, as its own or in the clear, neither gets it nor
// takes it from whom it is for.
func TestCiphertextBelongsToTheFirstWhoNamedIt(t *testing.T) {
	ctx := t.Context()
	tw := newHomes(t, "alatau", "borovia", "cintra", "dovania")
	r := *tw.first
	r.Custodians = nil
	cfg := tw.cfgs["alatau"]
	cfg.First = &r
	tw.first = &r
	a, err := Open(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	if err := a.Confirm(ctx); err != nil {
		t.Fatal(err)
	}
	blob := make([]byte, 600)
	d := canon.DigestOf(blob)
	true1 := tw.forge(t, "dovania", 1)
	true1.sealedTo(blob, "cintra")
	in := tw.arrivalOf("dovania", true1.incoming())
	if err := a.receive(ctx, "dovania", in); err != nil {
		t.Fatal(err)
	}
	if err := a.update(ctx, func(tx *Tx) error { // as if it were one that can be opened
		_, err := record.SaveBlob(ctx, tx.Tx, blob)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	thief := tw.forge(t, "borovia", 1)
	for range 20 {
		thief.sealedTo(blob, "borovia")
	}
	thief.clearly(blob, "cintra")
	if err := a.receive(ctx, "borovia", tw.arrivalOf("borovia", thief.incoming())); err != nil {
		t.Fatal(err)
	}
	check := func(when string, want map[party.ID]bool) {
		t.Helper()
		for id, ok := range want {
			got, err := a.entitled(ctx, id, d)
			if err != nil || got != ok {
				t.Errorf("%s: %s is entitled: %t, %v", when, id, got, err)
			}
			m := &message{}
			if err := a.addWanted(ctx, m, id, []canon.Digest{d}, map[canon.Digest]bool{}); err != nil || (len(m.parts) == 1) != ok {
				t.Errorf("%s: %s asks and gets %d blobs, %v", when, id, len(m.parts), err)
			}
			m = &message{}
			latest, _, err := a.released(ctx, thief.origin)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := a.addLeaves(ctx, m, id, thief.origin, 0, latest, map[canon.Digest]bool{}); err != nil || (m.blobs > 0) != ok {
				t.Errorf("%s: %s gets %d bytes of blobs beside the acts that name it, %v", when, id, m.blobs, err)
			}
		}
	}
	check("all answer", map[party.ID]bool{"dovania": true, "cintra": true, "borovia": false})
	a.attempted(a.peer("cintra"), errors.New("no answer"))
	check("the addressee does not answer", map[party.ID]bool{"cintra": true, "borovia": true}) // a witness may relay

	// Once the addressee has answered, nobody needs to carry it to it.
	c := tw.forge(t, "cintra", 1)
	receipt := &act.Act{Group: tw.first.Group, Edition: 1, Kind: act.Delivered, Status: act.Exercise, To: []party.ID{"dovania"},
		Answers: true1.ref(0), Claimed: a.now()}
	c.add(receipt)
	if err := a.receive(ctx, "cintra", tw.arrivalOf("cintra", c.incoming())); err != nil {
		t.Fatal(err)
	}
	check("the addressee has answered", map[party.ID]bool{"cintra": true, "borovia": false})
}

// A node's own ciphertext is its own, though the act of another that names it was
// the first to be noted.
func TestOwnCiphertextIsNotTaken(t *testing.T) {
	ctx := t.Context()
	tw := newHomes(t, "alatau", "borovia", "cintra", "dovania")
	r := *tw.first
	r.Custodians = nil
	cfg := tw.cfgs["alatau"]
	cfg.First, tw.first = &r, &r
	a, err := Open(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	if err := a.Confirm(ctx); err != nil {
		t.Fatal(err)
	}
	ref, err := a.testSay(Request{Kind: act.Statement, Status: act.Exercise, To: []party.ID{"cintra"}, Thread: "ALA/2026/1", Life: act.New, Text: "hello"})
	if err != nil {
		t.Fatal(err)
	}
	said, err := a.readAct(ctx, ref)
	if err != nil {
		t.Fatal(err)
	}
	blob, err := record.ReadBlob(ctx, a.db.Read(), said.Sealed.Digest)
	if err != nil {
		t.Fatal(err)
	}
	thief := tw.forge(t, "borovia", 1)
	thief.sealedTo(blob, "borovia")
	if err := a.receive(ctx, "borovia", tw.arrivalOf("borovia", thief.incoming())); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[party.ID]bool{"borovia": false, "cintra": true, "dovania": false} {
		if got, err := a.entitled(ctx, id, said.Sealed.Digest); err != nil || got != want {
			t.Errorf("%s is entitled: %t, %v", id, got, err)
		}
	}
}

// What one author names and never sends does not keep others' blobs from being
// asked for.
func TestWantedTakesTurns(t *testing.T) {
	ctx := t.Context()
	tw, a := lone(t, "alatau", "borovia", "cintra", "dovania")
	flood := tw.forge(t, "borovia", 1)
	for i := range 3 * maxWants {
		flood.clearly(fmt.Appendf(nil, "never sent %d", i), "cintra")
	}
	if err := a.receive(ctx, "borovia", tw.arrivalOf("borovia", flood.incoming())); err != nil {
		t.Fatal(err)
	}
	c := tw.forge(t, "cintra", 1)
	var wanted []canon.Digest
	for i := range 20 {
		b := fmt.Appendf(nil, "to come %d", i)
		c.clearly(b, "alatau")
		wanted = append(wanted, canon.DigestOf(b))
	}
	if err := a.receive(ctx, "cintra", tw.arrivalOf("cintra", c.incoming())); err != nil {
		t.Fatal(err)
	}
	seen := map[canon.Digest]bool{}
	for round := range 8 {
		list, err := a.wanted(ctx, "dovania")
		if err != nil || len(list) > maxWants {
			t.Fatalf("%d blobs are asked for, %v", len(list), err)
		}
		for _, d := range list {
			seen[d] = true
		}
		for _, d := range wanted {
			if round == 0 && !slices.Contains(list, d) {
				t.Errorf("a blob of Cintra's is not asked for at once")
			}
		}
	}
	if len(seen) != 3*maxWants+20 {
		t.Errorf("%d blobs were asked for in turn", len(seen))
	}
}
