package node_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"detente/act"
	"detente/internal/canon"
	"detente/key"
	"detente/node"
	"detente/party"
	"detente/proof"
	"detente/roster"
	"detente/town"
)

var fiveStates = []party.ID{"alatau", "borovia", "cintra", "dovania", "elbria"}

// clock is the time of a town, moved on by hand.
type clock struct{ ahead atomic.Int64 }

func (c *clock) Now() time.Time          { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) forward(d time.Duration) { c.ahead.Add(int64(d)) }

func clocked(t *testing.T, ids ...party.ID) (*town.Town, *clock) {
	c := &clock{}
	p := region(t, ids...)
	p.Now = c.Now
	if len(ids) == 1 { // a private group
		p.K, p.Parties[0].Outside, p.Custodians = 0, true, []party.ID{}
	}
	return found(t, p), c
}

// proposal is edition 2 of a town, effective some time from now.
func proposal(t *testing.T, tw *town.Town, at time.Time, edit func(*roster.Roster)) []byte {
	t.Helper()
	next := *tw.First
	next.Edition, next.Previous = 2, tw.First.Digest()
	next.Effective = canon.FormatTime(at.UTC().Truncate(time.Second))
	if edit != nil {
		edit(&next)
	}
	b, err := next.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func adopts(t *testing.T, tw *town.Town, body []byte, ids ...party.ID) {
	t.Helper()
	for _, id := range ids {
		if _, err := tw.Houses[id].Node.Adopt(context.Background(), "officer", body); err != nil {
			t.Fatalf("%s: %v", id, err)
		}
	}
}

// allShown waits until every node sees every adoption of a proposal lodged.
func allShown(t *testing.T, tw *town.Town, body []byte) {
	t.Helper()
	d := canon.DigestOf(body)
	await(t, "adoptions are shown", func() bool {
		for _, n := range running(tw) {
			all, err := n.Editions(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			shown := 0
			for _, e := range all {
				for _, at := range e.Adopted {
					if e.Roster.Digest() == d && at > 0 {
						shown++
					}
				}
			}
			if shown < len(tw.Houses) {
				return false
			}
		}
		return true
	})
}

func refreshed(t *testing.T, tw *town.Town) {
	t.Helper()
	for _, n := range running(tw) {
		if err := n.Refresh(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestEditionDoesNotUnhappen(t *testing.T) {
	tw, c := clocked(t, fiveStates...)
	body := proposal(t, tw, c.Now().Add(time.Hour), nil)
	adopts(t, tw, body, fiveStates...)
	allShown(t, tw, body)
	c.forward(2 * time.Hour)
	refreshed(t, tw)
	b := tw.Houses["borovia"].Node
	if got := b.Keys().Current().Edition; got != 2 {
		t.Fatalf("edition %d is in force", got)
	}
	// What showed it is lost, or counts no more.
	if err := b.Exec(context.Background(), "delete from docket_acts where kind = 'adoption'"); err != nil {
		t.Fatal(err)
	}
	stop(t, tw, "borovia")
	if got := start(t, tw, "borovia").Keys().Current().Edition; got != 2 {
		t.Errorf("after a restart edition %d is in force", got)
	}
}

// Of two editions of one number the first to take effect is in force, at every
// node and after a restart, whichever was seen first.
func TestTwoEditionsOfOneNumber(t *testing.T) {
	tw, c := clocked(t, fiveStates...)
	ctx := context.Background()
	late := proposal(t, tw, c.Now().Add(2*time.Hour), nil)
	early := proposal(t, tw, c.Now().Add(time.Hour), nil)
	adopts(t, tw, late, fiveStates...)
	if _, err := tw.Houses["alatau"].Node.Adopt(ctx, "officer", early); !errors.Is(err, node.ErrRival) {
		t.Fatalf("a second edition of one number was adopted: %v", err)
	}
	for _, id := range fiveStates { // who does not keep to it
		adoptAnyway(t, tw.Houses[id].Node, early)
	}
	allShown(t, tw, late)
	allShown(t, tw, early)
	c.forward(3 * time.Hour)
	refreshed(t, tw)
	stop(t, tw, "cintra")
	start(t, tw, "cintra")
	for _, n := range running(tw) {
		if n.Keys().CurrentDigest() != canon.DigestOf(early) {
			t.Errorf("%s has another edition 2 in force", n.Self())
		}
	}
}

// adoptAnyway appends an adoption past the officer's door. The roster comes to
// the node as a clear blob comes from a peer: it is taken from the others.
func adoptAnyway(t *testing.T, n *node.Node, body []byte) {
	t.Helper()
	if err := n.TestOnlyAdopt(context.Background(), body); err != nil {
		t.Fatal(err)
	}
}

// Once the moment has passed without everybody's adoption, a new one may be adopted.
func TestVoidProposalMakesWay(t *testing.T) {
	tw, c := clocked(t, fiveStates...)
	first := proposal(t, tw, c.Now().Add(time.Hour), nil)
	adopts(t, tw, first, "alatau", "borovia")
	second := proposal(t, tw, c.Now().Add(5*time.Hour), nil)
	c.forward(2 * time.Hour)
	adopts(t, tw, second, fiveStates...)
	allShown(t, tw, second)
	c.forward(4 * time.Hour)
	refreshed(t, tw)
	for _, n := range running(tw) {
		if n.Keys().CurrentDigest() != canon.DigestOf(second) {
			t.Errorf("at %s edition %d is in force", n.Self(), n.Keys().Current().Edition)
		}
	}
}

// Who adopts a thousand times hides nobody, and one whose adoption is not needed
// proposes what nobody even reads.
func TestManyAdoptionsHideNobody(t *testing.T) {
	tw, c := clocked(t, fiveStates...)
	body := proposal(t, tw, c.Now().Add(time.Hour), nil)
	adopts(t, tw, body, fiveStates...)
	a := tw.Houses["alatau"].Node
	var many []*act.Act
	for range 1100 {
		many = append(many, &act.Act{Group: tw.First.Group, Edition: 1, Kind: act.Adoption, Status: act.Actual, ToAll: true,
			Clear: act.Blob{Digest: canon.DigestOf(body), Size: int64(len(body)), Type: act.TypeRoster}, Claimed: c.Now().UTC().Truncate(time.Second)})
	}
	if err := a.TestOnlyAppend(context.Background(), many); err != nil {
		t.Fatal(err)
	}
	d := tw.Houses["dovania"].Node
	await(t, "dovania holds them", func() bool { return d.SizeOf(context.Background(), a.Origin()) > 1100 })
	allShown(t, tw, body)
	c.forward(2 * time.Hour)
	refreshed(t, tw)
	if got := d.Keys().Current().Edition; got != 2 {
		t.Errorf("edition %d is in force", got)
	}
}

// The edition that an act names changes nothing; a node and the reader of its
// proof file judge alike.
func TestNodeAndReaderJudgeAlike(t *testing.T) {
	tw, c := clocked(t, fiveStates...)
	ctx := context.Background()
	a, b := tw.Houses["alatau"].Node, tw.Houses["borovia"].Node
	body := proposal(t, tw, c.Now().Add(time.Hour), func(r *roster.Roster) {
		r.Counting.F, r.Counting.K = 0, 1
		r.Counting.Witnesses = []party.ID{"alatau", "borovia", "cintra"}
	})
	var refs []act.Ref
	say := func() {
		for _, named := range []int{1, 2, 7} {
			at := a.SizeOf(ctx, a.Origin())
			one := &act.Act{Group: tw.First.Group, Edition: named, Kind: act.Statement, Status: act.Exercise, ToAll: true, Life: act.New,
				Thread: fmt.Sprintf("ALA/%d", at), PayloadType: "text/plain", Payload: []byte("x"), Claimed: c.Now().UTC().Truncate(time.Second)}
			if err := a.TestOnlyAppend(ctx, []*act.Act{one}); err != nil {
				t.Fatal(err)
			}
			row, err := a.Find(ctx, one.Thread)
			if err != nil {
				t.Fatal(err)
			}
			refs = append(refs, row.Ref)
		}
	}
	say()
	adopts(t, tw, body, fiveStates...)
	allShown(t, tw, body)
	c.forward(2 * time.Hour)
	refreshed(t, tw)
	say()
	for i, ref := range refs {
		need, of := 2, 4
		if i >= 3 {
			need, of = 1, 2
		}
		await(t, "it is shown", func() bool { return b.SizeOf(ctx, ref.Origin) > ref.Index && notAfter(t, b, ref) > 0 })
		l, err := b.Lodged(ctx, ref)
		if err != nil {
			t.Fatal(err)
		}
		if l.Bounds.Need != need || l.Bounds.Of != of {
			t.Errorf("act %d: %d of %d are needed, want %d of %d", i, l.Bounds.Need, l.Bounds.Of, need, of)
		}
		f, err := b.Prove(ctx, ref, false)
		if err != nil {
			t.Fatal(err)
		}
		shown, err := proof.Verify(f, tw.First, c.Now().Unix())
		if err != nil {
			t.Fatal(err)
		}
		if shown.Bounds.NotAfter != l.Bounds.NotAfter || shown.Bounds.Need != need || shown.Bounds.Of != of {
			t.Errorf("act %d: the file shows %+v, the node %+v", i, shown.Bounds, l.Bounds)
		}
	}
	remarks, err := b.Observations(ctx, 100)
	if err != nil {
		t.Fatal(err)
	}
	said := 0
	for _, o := range remarks {
		if strings.Contains(o.What, "names roster edition 7") {
			said++
		}
	}
	if said == 0 {
		t.Errorf("nothing was remarked on: %v", remarks)
	}
}

// A rotation and an edition at the same moment: neither is lost.
func TestRotationBesideAnEdition(t *testing.T) {
	for range 3 {
		tw, c := clocked(t, "alatau")
		h := tw.Houses["alatau"]
		stagedKeys(h)
		stop(t, tw, "alatau")
		n := start(t, tw, "alatau")
		ctx := context.Background()
		body := proposal(t, tw, c.Now().Add(time.Hour), nil)
		adopts(t, tw, body, "alatau")
		c.forward(2 * time.Hour)
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := n.Refresh(ctx); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			after := following(t, h.Next, key.Mirror)
			if _, err := n.Rotate(ctx, "officer", key.Mirror, h.Next, after.Commitments()); err != nil {
				t.Error(err)
			}
		})
		wg.Wait()
		if n.Keys().Current().Edition != 2 || len(n.Keys().Cosigners("alatau", key.Mirror)) != 2 {
			t.Fatalf("edition %d, %d mirror keys", n.Keys().Current().Edition, len(n.Keys().Cosigners("alatau", key.Mirror)))
		}
		closeAll(tw)
	}
}
