package node_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"detente/act"
	"detente/discreet"
	"detente/docket"
	"detente/internal/canon"
	"detente/line"
	"detente/node"
	"detente/party"
	"detente/proof"
	"detente/town"
	"filippo.io/age"
)

// still is a town whose nodes run no loops, under a clock that the test turns.
type still struct {
	t     *testing.T
	tw    *town.Town
	now   time.Time
	nodes map[party.ID]*node.Node
}

func newStill(t *testing.T, ids ...party.ID) *still {
	t.Helper()
	s := &still{t: t, now: time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC), nodes: map[party.ID]*node.Node{}}
	p := region(t, ids...)
	p.Now = func() time.Time { return s.now }
	p.Custodians = []party.ID{}
	tw, err := town.Found(p)
	if err != nil {
		t.Fatal(err)
	}
	s.tw = tw
	for _, id := range ids {
		n, err := node.Open(t.Context(), tw.Houses[id].Config)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { n.Close() })
		if err := n.Confirm(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.nodes[id] = n
	}
	return s
}

// settle carries everything, tries what is discreet, and has every node vouch.
func (s *still) settle() {
	s.t.Helper()
	var all []*node.Node
	for _, n := range s.nodes {
		all = append(all, n)
	}
	for range 2 {
		gossip(s.t, all...)
		for _, n := range all {
			if err := errors.Join(n.TryDiscreet(s.t.Context()), n.CosignAll(s.t.Context())); err != nil {
				s.t.Fatal(err)
			}
		}
	}
}

// give has a node give the receipts that are due.
func (s *still) give(id party.ID) time.Duration {
	s.t.Helper()
	next, err := s.nodes[id].GiveDiscreet(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return next
}

func discreetly(thread, text string, to ...party.ID) node.Request {
	r := request(thread, text, to...)
	r.Discreet = true
	return r
}

// leafOf is what stands in the record.
func leafOf(t *testing.T, n *node.Node, ref act.Ref) *act.Act {
	t.Helper()
	_, b, err := n.Act(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	a, err := act.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// newest is the last act of a record.
func newest(t *testing.T, n *node.Node, o party.Origin) docket.Row {
	t.Helper()
	row, err := n.At(t.Context(), o, n.SizeOf(t.Context(), o)-1)
	if err != nil {
		t.Fatal(err)
	}
	return row
}

// A discreet statement reaches its addressee like any other, and everybody else sees an
// act and nothing more; its receipt comes later, of the same size, and is as discreet.
func TestDiscreet(t *testing.T) {
	ctx := t.Context()
	s := newStill(t, "alatau", "borovia", "cintra", "dovania")
	a, b, c := s.nodes["alatau"], s.nodes["borovia"], s.nodes["cintra"]
	const secret = "we-propose-to-meet-in-faronia"
	ref, err := a.TestOnlySay(ctx, discreetly("ALA/2026/9", secret, "borovia"))
	if err != nil {
		t.Fatal(err)
	}
	s.settle()

	row, err := b.At(ctx, ref.Origin, ref.Index)
	if err != nil || row.Kind != act.Statement || row.Thread != "ALA/2026/9" || row.State != docket.Read {
		t.Fatalf("borovia has it as %+v, %v", row, err)
	}
	got, err := b.Content(ctx, ref)
	if err != nil || string(got.Body) != secret {
		t.Fatalf("borovia reads %q, %v", got.Body, err)
	}
	if list, err := b.List(ctx, docket.Filter{To: "borovia", Kinds: []act.Kind{act.Statement}}); err != nil || len(list) != 1 {
		t.Errorf("in the inbox of borovia: %v, %v", list, err)
	}
	for _, id := range []party.ID{"cintra", "dovania"} {
		n := s.nodes[id]
		row, err := n.At(ctx, ref.Origin, ref.Index)
		if err != nil || row.Kind != act.Discreet || row.Thread != "" || row.Status != "" || row.Claimed != 0 {
			t.Errorf("%s has it as %+v, %v", id, row, err)
		}
		if _, err := n.Content(ctx, ref); !errors.Is(err, node.ErrNoContent) {
			t.Errorf("%s reads it: %v", id, err)
		}
		if l, err := n.Lodged(ctx, ref); err != nil || l.Bounds.NotAfter == 0 || l.Bounds.Of != 3 {
			t.Errorf("%s cannot show when it was lodged: %+v, %v", id, l, err)
		}
	}
	for _, id := range []party.ID{"alatau", "borovia"} {
		if l, err := s.nodes[id].Lodged(ctx, ref); err != nil || l.Bounds.NotAfter == 0 || l.For["borovia"].NotAfter == 0 {
			t.Errorf("%s cannot show that borovia had it: %+v, %v", id, l, err)
		}
	}

	// The receipt is due in half a minute to a quarter of an hour.
	size := b.SizeOf(ctx, b.Origin())
	if next := s.give("borovia"); next < 30*time.Second || next > 15*time.Minute || b.SizeOf(ctx, b.Origin()) != size {
		t.Fatalf("the receipt is due after %v; %d acts", next, b.SizeOf(ctx, b.Origin()))
	}
	if err := b.GiveOwed(ctx); err != nil || b.SizeOf(ctx, b.Origin()) != size {
		t.Fatalf("a receipt was given out of its time: %v", err)
	}
	s.now = s.now.Add(15 * time.Minute)
	s.give("borovia")
	receipt := newest(t, b, b.Origin())
	if receipt.Kind != act.Delivered || receipt.Answers != ref {
		t.Fatalf("borovia gave %+v", receipt)
	}
	if sent, back := leafOf(t, a, ref), leafOf(t, b, receipt.Ref); !back.IsDiscreet() || back.Sealed.Size != sent.Sealed.Size {
		t.Errorf("the receipt has %d bytes, what it answers %d", back.Sealed.Size, sent.Sealed.Size)
	}
	s.settle()
	if receipts(t, a, ref, act.Delivered) != 1 || receipts(t, c, ref, act.Delivered) != 0 {
		t.Errorf("alatau sees %d receipts, cintra %d", receipts(t, a, ref, act.Delivered), receipts(t, c, ref, act.Delivered))
	}

	// So is what a post says, and nothing plain gives it away.
	drafts, _ := officers(t, b)
	ack, err := b.Acknowledge(ctx, drafts, ref, "duty-officer")
	if err != nil {
		t.Fatal(err)
	}
	if back := leafOf(t, b, ack); !back.IsDiscreet() || back.Sealed.Size != leafOf(t, a, ref).Sealed.Size {
		t.Errorf("the acknowledgement is %+v", back)
	}
	if again, err := b.Acknowledge(ctx, drafts, ref, "duty-officer"); err != nil || again != ack {
		t.Errorf("a second acknowledgement: %v, %v", again, err)
	}
	if _, err := b.ReturnFaults(ctx, drafts, ref, "the date"); !errors.Is(err, node.ErrDiscreetReturn) {
		t.Errorf("returned by hand: %v", err)
	}
	plain := request("ALA/2026/9", "We agree.", "alatau")
	plain.Answers = ref.String()
	if _, err := b.TestOnlySay(ctx, plain); !errors.Is(err, node.ErrDiscreetAnswer) {
		t.Errorf("a plain answer: %v", err)
	}
	plain.Discreet = true
	answer, err := b.TestOnlySay(ctx, plain)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.TestOnlySay(ctx, request("ALA/2026/9", "In the clear.", "alatau")); !errors.Is(err, node.ErrDiscreetAnswer) {
		t.Errorf("a plain statement in a thread that is discreet: %v", err)
	}
	s.settle()
	if got, err := a.Content(ctx, answer); err != nil || string(got.Body) != "We agree." {
		t.Errorf("alatau reads the answer as %q, %v", got.Body, err)
	}
	if receipts(t, a, ref, act.Acknowledged) != 1 {
		t.Error("alatau does not see the acknowledgement")
	}

	// A file shows when it was lodged, and with its key what it says and to whom.
	for _, n := range []*node.Node{a, b, c} {
		f, err := n.Prove(ctx, ref, n != c)
		if err != nil {
			t.Fatal(err)
		}
		shown, err := proof.Verify(f, s.tw.First, s.now.Unix())
		if err != nil || shown.Bounds.NotAfter == 0 {
			t.Fatalf("of %s: %+v, %v", n.Self(), shown, err)
		}
		if n == c {
			if shown.Inside != nil || shown.Content != nil || !strings.Contains(shown.Sentence, "a discreet act") || strings.Contains(shown.Sentence, "orovia") {
				t.Errorf("cintra's file shows %q", shown.Sentence)
			}
			continue
		}
		if shown.Inside == nil || string(shown.Content) != secret || !strings.Contains(shown.Sentence, "opens as statement ALA/2026/9 (exercise) to borovia") {
			t.Errorf("the file of %s shows %q", n.Self(), shown.Sentence)
		}
		f.FileKey[0] ^= 1
		if _, err := proof.Verify(f, s.tw.First, s.now.Unix()); err == nil {
			t.Error("another file key opens it")
		}
	}

	// Nothing of it is in the homes or the records of others, and every docket comes
	// out the same when it is made anew.
	agree(t, a, b, c, s.nodes["dovania"])
	if err := c.Backup(ctx, t.TempDir()+"/c.db"); err != nil {
		t.Fatal(err)
	}
	holds(t, s.tw.Houses["cintra"].Config.Dir, secret, false)
	holds(t, s.tw.Houses["cintra"].Config.Dir, "ALA/2026/9", false)
	for _, n := range s.nodes {
		unaccused(t, n)
	}
}

// A receipt that cannot be given keeps no other waiting.
func TestDiscreetReceiptKeepsNoOtherWaiting(t *testing.T) {
	s := newStill(t, "alatau", "borovia", "cintra")
	var said []act.Ref
	for _, thread := range []string{"ALA/1", "ALA/2"} {
		ref, err := s.nodes["alatau"].TestOnlySay(t.Context(), discreetly(thread, "x", "borovia"))
		if err != nil {
			t.Fatal(err)
		}
		said = append(said, ref)
		s.settle()
		s.now = s.now.Add(20 * time.Minute) // so that the first is due first
	}
	db, err := sql.Open("sqlite", filepath.Join(s.tw.Houses["borovia"].Config.Dir, node.StoreFile))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("delete from docket_acts where origin = ? and idx = ?", string(said[0].Origin), said[0].Index); err != nil {
		t.Fatal(err)
	}
	if _, err := s.nodes["borovia"].GiveDiscreet(t.Context()); err == nil {
		t.Error("a receipt was given for what is not there")
	}
	if got, err := s.nodes["borovia"].Receipts(t.Context(), said[1]); err != nil || len(got) != 1 {
		t.Errorf("the receipt after it: %v, %v", got, err)
	}
}

// Whoever holds a discreet act passes it on whole, to everybody: the one for whom it is
// may be among them.
func TestDiscreetIsRelayed(t *testing.T) {
	ctx := t.Context()
	s := newStill(t, "alatau", "borovia", "cintra", "dovania")
	a, b, c := s.nodes["alatau"], s.nodes["borovia"], s.nodes["cintra"]
	ref, err := a.TestOnlySay(ctx, discreetly("ALA/1", "by way of a third", "borovia"))
	if err != nil {
		t.Fatal(err)
	}
	for _, way := range [][2]*node.Node{{a, c}, {c, b}} {
		if _, err := way[1].Import(ctx, bytes.NewReader(export(t, way[0], way[1].Self()))); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.TryDiscreet(ctx); err != nil {
		t.Fatal(err)
	}
	if got, err := b.Content(ctx, ref); err != nil || string(got.Body) != "by way of a third" {
		t.Errorf("borovia reads %q, %v", got.Body, err)
	}
}

// Numbers of discreet acts are counted apart: plain ones show no gap to anybody, and
// a discreet one that is missing shows to its addressee alone.
func TestDiscreetNumbers(t *testing.T) {
	ctx := t.Context()
	s := newStill(t, "alatau", "borovia", "cintra", "dovania")
	a, b := s.nodes["alatau"], s.nodes["borovia"]
	first := say(t, a, "ALA/1", "borovia")
	var refs []act.Ref
	for range 3 {
		ref, err := a.TestOnlySay(ctx, discreetly("ALA/2", "x", "borovia"))
		if err != nil {
			t.Fatal(err)
		}
		refs = append(refs, ref)
	}
	last := say(t, a, "ALA/3", "borovia")
	if one, two := leafOf(t, a, first).Serial["borovia"], leafOf(t, a, last).Serial["borovia"]; one != 1 || two != 2 {
		t.Errorf("plain statements are numbered %d and %d", one, two)
	}
	for i, ref := range refs {
		if inside, _, err := a.Act(ctx, ref); err != nil || inside.Serial["borovia"] != int64(i+1) {
			t.Errorf("discreet statement %d: %+v, %v", i, inside, err)
		}
	}
	s.settle()
	if gaps, err := b.Gaps(ctx); err != nil || len(gaps) > 0 {
		t.Errorf("gaps %v, %v", gaps, err)
	}
	if gaps, err := b.DiscreetGaps(ctx, 20); err != nil || len(gaps) > 0 {
		t.Errorf("gaps among discreet acts %v, %v", gaps, err)
	}
}

// An urgent message on a line is receipted at once, one of routine is not; on the line it
// stands marked, and a party of another line sees nothing.
func TestDiscreetLine(t *testing.T) {
	ctx := t.Context()
	s := newStill(t, "alatau", "borovia", "cintra", "dovania")
	a, b, c := s.nodes["alatau"], s.nodes["borovia"], s.nodes["cintra"]
	openEnd(t, a, "capitals", "borovia")
	openEnd(t, b, "capitals", "alatau")
	s.settle()
	for _, p := range []line.Precedence{line.Immediate, line.Routine} {
		r := message(t, "capitals", p, "A word in confidence.", "A/"+string('0'+rune(p)), "borovia")
		r.Discreet = true
		if _, err := a.TestOnlySay(ctx, r); err != nil {
			t.Fatal(err)
		}
		s.settle()
		before := b.SizeOf(ctx, b.Origin())
		s.give("borovia")
		if given := b.SizeOf(ctx, b.Origin()) - before; (given == 1) != (p == line.Immediate) {
			t.Errorf("of precedence %d: %d receipts at once", p, given)
		}
	}
	if got := messages(t, b, node.Unacknowledged); len(got) != 2 || !got[0].Discreet || got[0].Message.Text != "A word in confidence." {
		t.Errorf("borovia has on the line %+v", got)
	}
	if got := messages(t, c, node.Every); len(got) != 0 {
		t.Errorf("cintra has on lines %+v", got)
	}
}

// A group that has not said that all read version 2 has no discreet acts, and what
// cannot be discreet is refused before it is drafted.
func TestDiscreetIsRefused(t *testing.T) {
	ctx := t.Context()
	s := newStill(t, "alatau", "borovia", "cintra", "dovania")
	a := s.nodes["alatau"]
	for name, r := range map[string]node.Request{
		"to all":      discreetly("A/1", "x"),
		"in the open": func() node.Request { r := discreetly("A/1", "x", "borovia"); r.Open = true; return r }(),
		"too long":    discreetly("A/1", strings.Repeat("x", 57<<10), "borovia"),
		"an entry": func() node.Request {
			r := discreetly("A/1", "x", "borovia")
			r.Kind, r.For, r.Channel, r.On, r.Note, r.Life = act.Entered, "cintra", act.ByNote, canon.FormatTime(s.now), "1", ""
			return r
		}(),
	} {
		if ref, err := a.TestOnlySay(ctx, r); err == nil {
			t.Errorf("%s: %v", name, ref)
		}
	}
	old := region(t, "alatau", "borovia", "cintra")
	tw, err := town.Found(old)
	if err != nil {
		t.Fatal(err)
	}
	first := *tw.First
	first.Acts = 0
	body, err := first.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(body, []byte("acts")) {
		t.Errorf("an edition without discreet acts names them: %s", body)
	}
	cfg := tw.Houses["alatau"].Config
	cfg.First = &first
	n, err := node.Open(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	if _, err := n.TestOnlySay(ctx, discreetly("A/1", "x", "borovia")); !errors.Is(err, node.ErrDiscreetEdition) {
		t.Errorf("in a group that does not read them: %v", err)
	}
}

// sealedBy makes a discreet act of a scribe for recipients.
func (s *scribe) discreet(inside *act.Act, to ...*age.HybridRecipient) ([]byte, act.Ref) {
	s.t.Helper()
	made, err := discreet.Seal(rand.Reader, s.origin, inside, to, discreet.Shape{})
	if err != nil {
		s.t.Fatal(err)
	}
	return made.Ciphertext, s.addAct(made.Act)
}

// What hostile authors make discreetly harms nobody and shows nothing: neither a copy
// of another's ciphertext, nor a stanza for one who is not addressed, nor bytes that no
// key opens. What is not to format is returned as discreetly, in its time.
func TestHostileDiscreetActs(t *testing.T) {
	ctx := t.Context()
	s := newStill(t, "alatau", "borovia", "cintra", "dovania")
	a := s.nodes["alatau"]
	keyOf := func(id party.ID) *age.HybridRecipient { return s.tw.Houses[id].Config.Keys.Sealing[0].Recipient() }
	inside := func(to ...party.ID) *act.Act {
		return &act.Act{Group: s.tw.First.Group, Edition: 1, Kind: act.Statement, Status: act.Exercise, To: to, Life: act.New, Thread: "X/1",
			PayloadType: node.TextType, Payload: []byte("x")}
	}
	before := a.SizeOf(ctx, a.Origin())

	c := newScribe(t, s.tw, "cintra")
	theirs, _ := c.discreet(inside("alatau"), keyOf("alatau"))
	b := newScribe(t, s.tw, "borovia")
	copied := b.addAct(&act.Act{Group: s.tw.First.Group, Edition: 1, Kind: act.Discreet, Sealed: act.Blob{Digest: canon.DigestOf(theirs), Size: int64(len(theirs))}})
	unnamed, unnamedRef := b.discreet(inside("dovania"), keyOf("alatau"))
	wrong := inside("alatau")
	wrong.PayloadType, wrong.Payload = line.TypeMessage, []byte("no message")
	unfit, unfitRef := b.discreet(wrong, keyOf("alatau"))
	noise := bytes.Repeat([]byte("x"), int(act.DiscreetSizes()[0]))
	b.give(b.all(theirs, unnamed, unfit), a)
	if err := a.TryDiscreet(ctx); err != nil {
		t.Fatal(err)
	}
	for name, ref := range map[string]act.Ref{"copied": copied, "not named": unnamedRef} {
		if row, err := a.At(ctx, ref.Origin, ref.Index); err != nil || row.Kind != act.Discreet {
			t.Errorf("%s: %+v, %v", name, row, err)
		}
		if _, err := a.Content(ctx, ref); !errors.Is(err, node.ErrNoContent) {
			t.Errorf("%s is read: %v", name, err)
		}
	}
	if _, err := a.Content(ctx, unfitRef); !errors.Is(err, node.ErrNoContent) {
		t.Errorf("what is not to format is read: %v", err)
	}
	s.now = s.now.Add(time.Hour)
	s.give("alatau")
	if got := newest(t, a, a.Origin()); a.SizeOf(ctx, a.Origin()) != before+1 || got.Kind != act.Returned || got.Answers != unfitRef || !leafOf(t, a, got.Ref).IsDiscreet() {
		t.Errorf("alatau said %+v; %d acts where %d were", got, a.SizeOf(ctx, a.Origin()), before)
	}

	// The true one still arrives, and a message taken again changes nothing.
	c.give(c.all(theirs), a)
	b.give(b.all(theirs, unnamed, unfit), a)
	if err := a.TryDiscreet(ctx); err != nil {
		t.Fatal(err)
	}
	if list, err := a.List(ctx, docket.Filter{Author: "cintra", To: "alatau"}); err != nil || len(list) != 1 {
		t.Errorf("of cintra: %v, %v", list, err)
	}

	// Bytes that have the digest and are no sealed content are not held, and the record
	// is not vouched for past them.
	d := newScribe(t, s.tw, "dovania")
	d.addAct(&act.Act{Group: s.tw.First.Group, Edition: 1, Kind: act.Discreet, Sealed: act.Blob{Digest: canon.DigestOf(noise), Size: int64(len(noise))}})
	d.give(d.all(noise), a)
	if err := errors.Join(a.TryDiscreet(ctx), a.CosignAll(ctx)); err != nil {
		t.Fatal(err)
	}
	if got := notAfter(t, a, act.Ref{Origin: d.origin, Index: 0, Leaf: act.LeafHash(d.leaves[0])}); got != 0 {
		t.Errorf("alatau vouches for what it does not hold: %d", got)
	}
	unaccused(t, a)

	// A discreet act that names its addressee in the clear is no act of its version.
	e := newScribe(t, s.tw, "dovania")
	e.leaves, e.tree = d.leaves, d.tree
	leaf, err := (&act.Act{Group: s.tw.First.Group, Edition: 1, Kind: act.Discreet, Sealed: act.Blob{Digest: canon.DigestOf(theirs), Size: int64(len(theirs))}}).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	e.add(bytes.Replace(leaf, []byte("kind discreet\n"), []byte("kind discreet\nto alatau\n"), 1))
	e.give(e.all(), a)
	if files, err := a.Evidence(); err != nil || len(files) != 1 {
		t.Errorf("a discreet act with a clear addressee: %v, %v", files, err)
	}
}

// Who lodges any number of discreet acts keeps nobody else's waiting: they are tried in
// turn, and none of them while a message is taken.
func TestFloodOfDiscreetActs(t *testing.T) {
	ctx := context.Background()
	s := newStill(t, "alatau", "borovia", "cintra", "dovania")
	a := s.nodes["alatau"]
	stranger, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	inside := &act.Act{Group: s.tw.First.Group, Edition: 1, Kind: act.Statement, Status: act.Exercise, To: []party.ID{"dovania"}, Life: act.New}
	b := newScribe(t, s.tw, "borovia")
	blob, _ := b.discreet(inside, stranger.Recipient())
	const flood = 256
	for range flood - 1 {
		b.add(b.leaves[0])
	}
	b.give(b.all(blob), a)
	if waiting, err := a.WaitingDiscreet(ctx, b.origin); err != nil || waiting != flood {
		t.Fatalf("%d wait, %v: some were tried while the message was taken", waiting, err)
	}
	ref, err := s.nodes["cintra"].TestOnlySay(ctx, discreetly("CIN/1", "urgent", "alatau"))
	if err != nil {
		t.Fatal(err)
	}
	gossip(t, a, s.nodes["cintra"])
	tried, err := a.TryTurn(ctx)
	if err != nil || tried > 8 {
		t.Errorf("%d were tried in one turn, %v", tried, err)
	}
	if got, err := a.Content(ctx, ref); err != nil || string(got.Body) != "urgent" {
		t.Errorf("after one turn alatau reads %q, %v", got.Body, err)
	}
	if waiting, err := a.WaitingDiscreet(ctx, b.origin); err != nil || waiting < flood-8 {
		t.Errorf("%d of the flood wait, %v", waiting, err)
	}
}
