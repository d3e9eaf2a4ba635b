package node_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"detente/courier"
	"detente/desk"
	"detente/node"
	"detente/party"
	"detente/sounding"
	"detente/town"
)

// overLink gives what a step made to the other side.
func overLink(t *testing.T, n *node.Node, s node.Sounding, b []byte, err error) node.Sounding {
	t.Helper()
	if err == nil {
		s, err = n.HandOverSounding(t.Context(), s.Session, b)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// held is the one sounding that a node holds.
func held(t *testing.T, n *node.Node) node.Sounding {
	t.Helper()
	all := n.Soundings()
	if len(all) != 1 {
		t.Fatalf("%s holds %d soundings", n.Self(), len(all))
	}
	return all[0]
}

// spoken opens a sounding from a to b over the link.
func spoken(t *testing.T, a, b *node.Node, ours, theirs desk.Session) string {
	t.Helper()
	s, offer, err := a.BeginSounding(t.Context(), ours, b.Self())
	overLink(t, a, s, offer, err)
	await(t, "the offer is there", func() bool { return len(b.Soundings()) == 1 })
	if got := held(t, b); got.State != node.SoundingAsked || got.Peer != a.Self() || got.Session != s.Session {
		t.Fatalf("%s has %+v", b.Self(), got)
	}
	x, accept, err := b.AcceptSounding(t.Context(), theirs, s.Session)
	overLink(t, b, x, accept, err)
	for _, n := range []*node.Node{a, b} {
		await(t, "it is open", func() bool { return held(t, n).State == node.SoundingOpen })
	}
	return s.Session
}

// Two nodes speak over their link: each officer acts once to begin, what is said is
// heard at once, and nothing of it is in a record, a table, an observation or a file.
func TestSoundingOverTheLink(t *testing.T) {
	ctx := context.Background()
	tw := found(t, region(t, "alatau", "borovia", "cintra"))
	a, b, c := tw.Houses["alatau"].Node, tw.Houses["borovia"].Node, tw.Houses["cintra"].Node
	ours, _ := officers(t, a)
	theirs, _ := officers(t, b)
	sizes := []int64{a.SizeOf(ctx, a.Origin()), b.SizeOf(ctx, b.Origin())}
	session := spoken(t, a, b, ours, theirs)

	const secret = "what-if-we-met-in-the-month-of-may"
	s, said, err := a.SaySounding(session, secret)
	overLink(t, a, s, said, err)
	if got := held(t, b).Lines; len(got) != 1 || got[0].Text != secret || got[0].From != "alatau" || got[0].Missed != 0 {
		t.Fatalf("borovia heard %+v", got)
	}
	if b.AfterSounding("ALA/2026/4", []party.ID{"alatau"}) {
		t.Error("the thread follows a sounding before anybody said so")
	}
	s, moved, err := b.MoveSounding(session, "ALA/2026/4")
	overLink(t, b, s, moved, err)
	for _, n := range []*node.Node{a, b} {
		got := held(t, n)
		if last := got.Lines[len(got.Lines)-1]; got.State != node.SoundingMoved || got.Thread != "ALA/2026/4" || last.Thread != got.Thread || last.From != "borovia" || last.Text != "" {
			t.Errorf("%s has %+v", n.Self(), got)
		}
		if !n.AfterSounding("ALA/2026/4", []party.ID{"alatau", "borovia"}) || n.AfterSounding("ALA/2026/4", []party.ID{"cintra"}) || n.AfterSounding("", []party.ID{"alatau", "borovia"}) {
			t.Errorf("%s does not know which thread follows it", n.Self())
		}
		if _, _, err := n.SaySounding(session, "one more word"); !errors.Is(err, node.ErrMoved) {
			t.Errorf("%s speaks on off the record: %v", n.Self(), err)
		}
	}
	if len(c.Soundings()) != 0 {
		t.Error("a third party has it")
	}
	if a.SizeOf(ctx, a.Origin()) != sizes[0] || b.SizeOf(ctx, b.Origin()) != sizes[1] {
		t.Error("a sounding left an act")
	}
	if observed(t, a)+observed(t, b) != 0 {
		t.Error("a sounding left an observation")
	}
	stop(t, tw, "alatau")
	stop(t, tw, "borovia")
	for _, id := range []party.ID{"alatau", "borovia"} {
		for _, text := range []string{secret, session, "ALA/2026/4"} {
			holds(t, tw.Houses[id].Config.Dir, text, false)
		}
	}
}

// Where no link is up, it is said, and what was said waits: it goes once there is one,
// in order, or is carried.
func TestSoundingWithoutALink(t *testing.T) {
	ctx := context.Background()
	tw := found(t, region(t, "alatau", "borovia", "cintra"))
	a, b := tw.Houses["alatau"].Node, tw.Houses["borovia"].Node
	ours, _ := officers(t, a)
	officers(t, b)
	stop(t, tw, "borovia")
	s, offer, err := a.BeginSounding(ctx, ours, "borovia")
	if err != nil {
		t.Fatal(err)
	}
	s, err = a.HandOverSounding(ctx, s.Session, offer)
	if !errors.Is(err, node.ErrNoLink) || s.Waiting != 1 || s.State != node.SoundingOffered {
		t.Fatalf("%+v, %v", s, err)
	}
	b = start(t, tw, "borovia")
	await(t, "the link is up", func() bool {
		s, err = a.HandOverSounding(ctx, s.Session, nil)
		return err == nil
	})
	if s.Waiting != 0 || held(t, b).State != node.SoundingAsked {
		t.Fatalf("%+v, %+v", s, held(t, b))
	}
	theirs, err := b.Desk().SignIn(ctx, "drafter", "correct horse battery staple")
	if err != nil {
		t.Fatal(err)
	}
	x, accept, err := b.AcceptSounding(ctx, theirs, s.Session)
	overLink(t, b, x, accept, err)

	// One message is carried by hand, the next over the link; each is heard once.
	b.TestOnlySilence(true)
	s, one, err := a.SaySounding(s.Session, "one")
	if err != nil {
		t.Fatal(err)
	}
	if s, err = a.HandOverSounding(ctx, s.Session, one); err == nil || s.Waiting != 1 {
		t.Fatalf("%+v, %v", s, err)
	}
	_, file, err := a.FileSounding(s.Session)
	if err != nil || !bytes.Equal(file, one) {
		t.Fatalf("the file is not what waits: %v", err)
	}
	if _, _, err := a.FileSounding(s.Session); err == nil {
		t.Error("it is handed out twice")
	}
	if _, _, err := b.TakeSounding(ctx, theirs, file); err != nil {
		t.Fatal(err)
	}
	b.TestOnlySilence(false)
	s, two, err := a.SaySounding(s.Session, "two")
	overLink(t, a, s, two, err)
	if got := held(t, b).Lines; len(got) != 2 || got[0].Text != "one" || got[1].Text != "two" || got[1].Missed != 0 {
		t.Errorf("borovia heard %+v", got)
	}
	if _, err := a.HandOverSounding(ctx, strings.Repeat("0", 32), nil); !errors.Is(err, node.ErrNoSounding) {
		t.Errorf("of a sounding that is not held: %v", err)
	}
}

// A node that nobody can dial asks what waits for it, and speaks like any other.
func TestSoundingWithOneThatDialsIn(t *testing.T) {
	p := region(t, "alatau", "borovia", "cintra")
	p.Parties[1].Courier = true
	tw := found(t, p)
	a, b := tw.Houses["alatau"].Node, tw.Houses["borovia"].Node
	ours, _ := officers(t, a)
	theirs, _ := officers(t, b)
	await(t, "borovia dials in", func() bool {
		peers, err := a.Peers(t.Context())
		return err == nil && peers[0].Link == "dials in"
	})
	session := spoken(t, a, b, ours, theirs)
	for i, text := range []string{"first", "second", "third"} {
		s, said, err := a.SaySounding(session, text)
		overLink(t, a, s, said, err)
		if got := held(t, b).Lines; len(got) != i+1 || got[i].Text != text {
			t.Fatalf("borovia heard %+v", got)
		}
	}
	s, said, err := b.SaySounding(session, "answer")
	overLink(t, b, s, said, err)
	if got := held(t, a).Lines; len(got) != 4 || got[3].Text != "answer" {
		t.Errorf("alatau heard %+v", got)
	}
}

// A node of an older version has no such door: it is said in a word of its own.
func TestSoundingToAnOlderNode(t *testing.T) {
	p := region(t, "alatau", "borovia", "cintra")
	p.Tune = func(c *node.Config) {
		if c.Settings.Party == "borovia" {
			c.TestOnlyHost = func(h courier.Host) courier.Host { return struct{ courier.Host }{h} }
		}
	}
	tw := found(t, p)
	a := tw.Houses["alatau"].Node
	ours, _ := officers(t, a)
	s, offer, err := a.BeginSounding(t.Context(), ours, "borovia")
	if err != nil {
		t.Fatal(err)
	}
	if s, err = a.HandOverSounding(t.Context(), s.Session, offer); !errors.Is(err, node.ErrOldEdition) || s.Waiting != 1 {
		t.Errorf("%+v, %v", s, err)
	}
}

// What a hostile peer sends over its link is refused, bounded and leaves nothing.
func TestHostileSoundings(t *testing.T) {
	ctx := context.Background()
	now := time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)
	p := region(t, "alatau", "borovia", "cintra")
	p.Now = func() time.Time { return now }
	tw, err := town.Found(p)
	if err != nil {
		t.Fatal(err)
	}
	nodes := map[party.ID]*node.Node{}
	for id, h := range tw.Houses {
		n, err := node.Open(ctx, h.Config)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { n.Close() })
		if err := n.Confirm(ctx); err != nil {
			t.Fatal(err)
		}
		nodes[id] = n
	}
	a, b, c := nodes["alatau"], nodes["borovia"], nodes["cintra"]
	ours, _ := officers(t, a)
	theirs, _ := officers(t, b)
	refused := func(what string, from party.ID, envelope []byte, want error) {
		t.Helper()
		now = now.Add(time.Second) // a place is given back
		if back, err := b.Sounding(ctx, from, envelope); !errors.Is(err, want) || back != nil {
			t.Errorf("%s: %q, %v; want %v", what, back, err, want)
		}
	}
	s, offer, err := a.BeginSounding(ctx, ours, "borovia")
	if err != nil {
		t.Fatal(err)
	}
	_, elsewhere, err := a.BeginSounding(ctx, ours, "cintra")
	if err != nil {
		t.Fatal(err)
	}
	refused("garbage", "alatau", []byte("x"), courier.ErrRefused)
	refused("too much", "alatau", bytes.Repeat([]byte("x"), sounding.MaxSize+1), courier.ErrRefused)
	refused("of another party", "cintra", offer, courier.ErrRefused)
	refused("to another party", "alatau", elsewhere, courier.ErrRefused)
	refused("of no party", "nobody", offer, courier.ErrRefused)
	other := bytes.Replace(offer, []byte(tw.First.Group.String()), []byte(party.Group{9}.String()), 1)
	refused("of another group", "alatau", other, courier.ErrRefused)
	refused("an answer to nothing", "alatau", bytes.Replace(offer, []byte(`"offer"`), []byte(`"said"`), 1), courier.ErrRefused)
	if len(b.Soundings()) != 0 {
		t.Fatalf("it holds %+v", b.Soundings())
	}

	// An offer waits, once however often it comes; four of one peer and no more.
	for range 3 {
		now = now.Add(time.Second)
		if _, err := b.Sounding(ctx, "alatau", offer); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 4 {
		_, more, err := a.BeginSounding(ctx, ours, "borovia")
		if err != nil {
			t.Fatal(err)
		}
		if i == 3 {
			refused("a fifth offer", "alatau", more, courier.ErrBusy)
			break
		}
		now = now.Add(time.Second)
		if _, err := b.Sounding(ctx, "alatau", more); err != nil {
			t.Fatal(err)
		}
	}
	if got := b.Soundings(); len(got) != 4 {
		t.Fatalf("%d offers wait", len(got))
	}
	for _, one := range b.Soundings() {
		if one.Session != s.Session {
			if err := b.EndSounding(one.Session); err != nil {
				t.Fatal(err)
			}
		}
	}

	// The same acceptance gets the same confirmation until something was said; a
	// message is heard once, and none before its side is known.
	_, accept, err := b.AcceptSounding(ctx, theirs, s.Session)
	if err != nil {
		t.Fatal(err)
	}
	confirm, err := a.Sounding(ctx, "borovia", accept)
	if err != nil || len(confirm) == 0 {
		t.Fatalf("%q, %v", confirm, err)
	}
	if again, err := a.Sounding(ctx, "borovia", accept); err != nil || !bytes.Equal(again, confirm) {
		t.Errorf("a second time it answers %q, %v", again, err)
	}
	_, said, err := a.SaySounding(s.Session, "said")
	if err != nil {
		t.Fatal(err)
	}
	refused("said before it is confirmed", "alatau", said, courier.ErrRefused)
	refused("a confirmation of another", "cintra", confirm, courier.ErrRefused)
	now = now.Add(time.Minute)
	for _, e := range [][]byte{confirm, said} {
		if _, err := b.Sounding(ctx, "alatau", e); err != nil {
			t.Fatal(err)
		}
	}
	// The answer to what was heard last may have been lost: again it changes nothing.
	if again, err := b.Sounding(ctx, "alatau", said); err != nil || len(again) != 0 {
		t.Errorf("said again: %q, %v", again, err)
	}
	if held := b.Soundings(); len(held) != 1 || len(held[0].Lines) != 1 {
		t.Errorf("said again, it is held as %+v", held)
	}
	refused("said again by another", "cintra", said, courier.ErrRefused)
	_, more, err := a.SaySounding(s.Session, "more")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Sounding(ctx, "alatau", more); err != nil {
		t.Fatal(err)
	}
	refused("said again after more", "alatau", said, courier.ErrRefused)
	refused("the offer again", "alatau", offer, courier.ErrRefused)
	_, back, err := b.SaySounding(s.Session, "heard")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Sounding(ctx, "borovia", back); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Sounding(ctx, "borovia", accept); !errors.Is(err, courier.ErrRefused) {
		t.Errorf("the acceptance, after something was said: %v", err)
	}
	if err := b.EndSounding(s.Session); err != nil {
		t.Fatal(err)
	}
	_, late, err := a.SaySounding(s.Session, "late")
	if err != nil {
		t.Fatal(err)
	}
	refused("of one that was forgotten", "alatau", late, courier.ErrRefused)

	// One peer has so many places and no more; another has its own.
	now = now.Add(time.Hour)
	busy := 0
	for range 40 {
		if _, err := b.Sounding(ctx, "alatau", []byte("x")); errors.Is(err, courier.ErrBusy) {
			busy++
		}
	}
	if busy != 8 {
		t.Errorf("of 40 at once %d were too many", busy)
	}
	if _, err := b.Sounding(ctx, "cintra", []byte("x")); errors.Is(err, courier.ErrBusy) {
		t.Error("another peer has no place")
	}
	for _, n := range []*node.Node{a, b, c} {
		if observed(t, n) != 0 {
			t.Errorf("%s keeps an observation of it", n.Self())
		}
	}
}
