package node_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"detente/act"
	"detente/docket"
	"detente/key"
	"detente/node"
	"detente/party"
	"detente/town"
)

var five = []party.ID{"alatau", "borovia", "cintra", "dovania", "elbria"}

// later lets a party say more and waits until a peer holds it.
func later(t *testing.T, tw *town.Town, id party.ID, from, count int) []act.Ref {
	t.Helper()
	n := tw.Houses[id].Node
	var refs []act.Ref
	await(t, "certain", func() bool { return n.Assured() == nil })
	for i := range count {
		refs = append(refs, say(t, n, fmt.Sprintf("ALA/2026/%d", from+i), "borovia", "cintra"))
	}
	last := refs[len(refs)-1]
	await(t, "receipts", func() bool { return receipts(t, n, last, act.Delivered) == 2 })
	for _, h := range tw.Houses {
		if h.Node != nil {
			await(t, "all hold it", func() bool { return h.Node.SizeOf(context.Background(), n.Origin()) > last.Index })
		}
	}
	return refs
}

// newVolume does what an officer does after a restore.
func newVolume(t *testing.T, tw *town.Town, id party.ID) {
	t.Helper()
	ctx := context.Background()
	h := tw.Houses[id]
	n, err := node.Open(ctx, h.Config)
	if err != nil {
		t.Fatal(err)
	}
	after := following(t, h.Next, key.Witness, key.Mirror)
	if _, err := n.NewVolume(ctx, "officer", act.Restore, h.Next, after.Commitments()); err != nil {
		t.Fatal(err)
	}
	h.Next = after
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
}

func refusedToSign(t *testing.T, n *node.Node, want error) {
	t.Helper()
	if _, err := n.TestOnlySay(context.Background(), request("ALA/2026/99", "must not be signed", "borovia")); !errors.Is(err, want) {
		t.Fatalf("it signed, or refused for another reason: %v", err)
	}
}

func TestOlderStoreBesideItsHead(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	tw := found(t, region(t, five...))
	h := tw.Houses["alatau"]
	stagedKeys(h)
	later(t, tw, "alatau", 1, 2)
	stop(t, tw, "alatau")
	putBack := keep(t, h.Config.Dir, node.StoreFile)
	start(t, tw, "alatau")
	tail := later(t, tw, "alatau", 3, 3)
	stop(t, tw, "alatau")
	putBack()

	n := start(t, tw, "alatau")
	refusedToSign(t, n, node.ErrNewVolume) // at once, without any peer
	if err := n.Confirm(ctx); !errors.Is(err, node.ErrNewVolume) {
		t.Fatalf("a confirmation passed over what is known: %v", err)
	}
	stop(t, tw, "alatau")
	old := h.Config.Keys
	newVolume(t, tw, "alatau")

	n = start(t, tw, "alatau")
	if n.Origin() != old.Origin.AtVolume(2) {
		t.Fatalf("the record is %s", n.Origin())
	}
	await(t, "the old tail comes back", func() bool { return n.SizeOf(ctx, old.Origin) > tail[2].Index })
	refs := later(t, tw, "alatau", 10, 1)
	await(t, "lodged in the new volume", func() bool { return notAfter(t, n, refs[0]) > 0 })
	for _, other := range running(tw) {
		for _, role := range []key.Role{key.Witness, key.Mirror} {
			ks := other.Keys().Cosigners("alatau", role)
			if len(ks) != 2 || !ks[1].Retired || ks[0].Retired {
				t.Fatalf("%s: keys of role %s: %d", other.Self(), role, len(ks))
			}
		}
	}
	// What the new keys sign counts: an act of another that needs them.
	b := say(t, tw.Houses["borovia"].Node, "BOR/2026/1", "alatau")
	await(t, "the new mirror key counts", func() bool {
		l, err := tw.Houses["borovia"].Node.Lodged(ctx, b)
		return err == nil && l.For["alatau"].NotAfter > 0 && l.Bounds.Have == 4
	})
	agree(t, running(tw)...)
}

// Serials count in each volume alone: what is said in a new volume before the old
// tail is back repeats no number and leaves none out.
func TestSerialsAfterARestore(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	tw := found(t, region(t, five...))
	h := tw.Houses["alatau"]
	stagedKeys(h)
	later(t, tw, "alatau", 1, 2)
	stop(t, tw, "alatau")
	putBack := keep(t, h.Config.Dir, node.StoreFile)
	start(t, tw, "alatau")
	tail := later(t, tw, "alatau", 3, 3)
	stop(t, tw, "alatau")
	putBack()
	newVolume(t, tw, "alatau")
	apart, err := node.Open(ctx, h.Config)
	if err != nil {
		t.Fatal(err)
	}
	if err := apart.Confirm(ctx); err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		say(t, apart, fmt.Sprintf("ALA/2027/%d", i), "borovia")
	}
	if err := apart.Close(); err != nil {
		t.Fatal(err)
	}
	n := start(t, tw, "alatau")
	await(t, "the old tail comes back", func() bool { return n.SizeOf(ctx, tail[0].Origin) > tail[2].Index })
	last := later(t, tw, "alatau", 10, 1)[0]
	b := tw.Houses["borovia"].Node
	if gaps, err := b.Gaps(ctx); err != nil || len(gaps) > 0 {
		t.Errorf("numbers seem to be missing: %v %v", gaps, err)
	}
	for o, want := range map[party.Origin]int64{tail[0].Origin: 5, last.Origin: 3} {
		rows, err := b.List(ctx, docket.Filter{Origin: o, To: "borovia", Kinds: []act.Kind{act.Statement}})
		if err != nil {
			t.Fatal(err)
		}
		var got []int64
		for _, r := range rows {
			a, _, err := b.Act(ctx, r.Ref)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, a.Serial["borovia"])
		}
		if len(got) != int(want) {
			t.Fatalf("%s: %v %v", o, got, err)
		}
		for i, s := range got {
			if s != int64(i)+1 {
				t.Errorf("%s: the numbers are %v", o, got)
			}
		}
	}
}

func TestHomePutBackWhole(t *testing.T) {
	t.Parallel()
	tw := found(t, region(t, five...))
	h := tw.Houses["alatau"]
	stagedKeys(h)
	later(t, tw, "alatau", 1, 2)
	stop(t, tw, "alatau")
	putBack := keep(t, h.Config.Dir)
	start(t, tw, "alatau")
	later(t, tw, "alatau", 3, 3)
	stop(t, tw, "alatau")
	putBack()

	n := start(t, tw, "alatau")
	before, _ := n.Head()
	await(t, "the peers tell", func() bool { return errors.Is(n.Assured(), node.ErrNewVolume) })
	refusedToSign(t, n, node.ErrNewVolume)
	if after, _ := n.Head(); after.Head() != before.Head() || after.Time() != before.Time() {
		t.Fatal("something was signed before the peers told")
	}
	stop(t, tw, "alatau")
	newVolume(t, tw, "alatau")
	start(t, tw, "alatau")
	later(t, tw, "alatau", 10, 1)

	// Put back once more to where the first volume was the only one: the peers know
	// of the second, and the third follows it.
	stop(t, tw, "alatau")
	putBack()
	n = start(t, tw, "alatau")
	await(t, "the peers tell of the second volume", func() bool { return errors.Is(n.Assured(), node.ErrNewVolume) })
	await(t, "its head is known", func() bool { return n.Ahead().Origin.Volume() == 2 })
}

// A home whose store and head are lost while the keys came from a backup looks
// like a new one.
func TestKeysWithoutStore(t *testing.T) {
	t.Parallel()
	tw := found(t, region(t, five...))
	h := tw.Houses["alatau"]
	later(t, tw, "alatau", 1, 2)
	stop(t, tw, "alatau")
	files, err := filepath.Glob(filepath.Join(h.Config.Dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if err := os.RemoveAll(f); err != nil {
			t.Fatal(err)
		}
	}
	n := start(t, tw, "alatau")
	await(t, "the peers tell", func() bool { return errors.Is(n.Assured(), node.ErrNewVolume) })
	refusedToSign(t, n, node.ErrNewVolume)
}

// Of the peers f may lie: one answer is not enough where f is 1.
func TestOneAnswerIsNotEnough(t *testing.T) {
	t.Parallel()
	tw := found(t, region(t, five...))
	later(t, tw, "alatau", 1, 1)
	stopAll(tw)
	start(t, tw, "borovia")
	n := start(t, tw, "alatau")
	await(t, "borovia answers", func() bool {
		peers, err := n.Peers(context.Background())
		return err == nil && peers[0].Party == "borovia" && peers[0].Link == "direct"
	})
	refusedToSign(t, n, node.ErrNotSure)
	start(t, tw, "cintra")
	await(t, "certain after the second", func() bool { return n.Assured() == nil })
	say(t, n, "ALA/2026/2", "borovia")
}

// An officer's word starts a node without peers. It holds until the machine
// starts again, and it is written down only as the word that it was.
func TestConfirm(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	tw := found(t, region(t, five...))
	later(t, tw, "alatau", 1, 1)
	stopAll(tw)
	h := tw.Houses["alatau"]
	n := start(t, tw, "alatau")
	refusedToSign(t, n, node.ErrNotSure)
	if err := n.Confirm(ctx); err != nil {
		t.Fatal(err)
	}
	say(t, n, "ALA/2026/2", "borovia")
	stop(t, tw, "alatau")
	n = start(t, tw, "alatau")
	say(t, n, "ALA/2026/3", "borovia") // the word still holds
	stop(t, tw, "alatau")
	h.Config.Boot = "another"
	n = start(t, tw, "alatau")
	refusedToSign(t, n, node.ErrNotSure)
}

func TestPrivateGroupStartsAtOnce(t *testing.T) {
	t.Parallel()
	p := region(t, "alatau")
	p.F, p.K = 0, 0
	p.Parties[0].Outside = true
	p.Custodians = []party.ID{}
	tw := found(t, p)
	for i := range 3 {
		n := tw.Houses["alatau"].Node
		if _, err := n.TestOnlySay(context.Background(), node.Request{Kind: act.Statement, Status: act.Actual, Open: true, Thread: fmt.Sprintf("A/%d", i), Life: act.New, Text: "a note"}); err != nil {
			t.Fatal(err)
		}
		stop(t, tw, "alatau")
		tw.Houses["alatau"].Config.Boot = fmt.Sprint(i)
		start(t, tw, "alatau")
	}
}

// A carried bundle is anybody's word: it makes no node certain.
func TestCarriedBundleMakesNobodyCertain(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	p := region(t, five...)
	p.Parties[3].Courier = true
	tw := found(t, p)
	d := tw.Houses["dovania"]
	say(t, d.Node, "DOV/2026/1", "borovia")
	stop(t, tw, "dovania")
	d.Config.Boot = "another"
	n, err := node.Open(ctx, d.Config)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	for _, id := range five[:3] {
		path := filepath.Join(t.TempDir(), "bundle")
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tw.Houses[id].Node.Export(ctx, f, "dovania", nil); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Seek(0, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := n.Import(ctx, f); err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	refusedToSign(t, n, node.ErrNotSure)
}

// A head file that belongs to another home vouches for nothing: an officer's word
// in it was about that home.
func TestHeadFileOfAnotherHome(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	tw, nodes := quiet(t)
	for _, n := range nodes[:2] {
		say(t, n, "ALA/2026/1", "cintra")
		if err := n.Confirm(ctx); err != nil {
			t.Fatal(err)
		}
		if err := n.Close(); err != nil {
			t.Fatal(err)
		}
	}
	a, b := tw.Houses["alatau"].Config, tw.Houses["borovia"].Config
	foreign, err := os.ReadFile(filepath.Join(b.Dir, node.GuardFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(a.Dir, node.GuardFile), foreign, 0o600); err != nil {
		t.Fatal(err)
	}
	n, err := node.Open(ctx, a)
	if err == nil {
		defer n.Close()
		t.Fatalf("opened with the head file of borovia; may it sign: %v", n.Assured())
	}
	if want := "is of another home"; !strings.Contains(err.Error(), want) {
		t.Errorf("%v", err)
	}
}
