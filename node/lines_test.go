package node_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"detente/act"
	"detente/bundle"
	"detente/courier"
	"detente/courier/couriertest"
	"detente/key"
	"detente/node"
	"detente/party"
	"detente/roster"
	"detente/town"
)

// answering is a peer whose answers somebody else writes while it is bad.
type answering struct {
	courier.Host
	bad   *atomic.Bool
	write func(out io.Writer) error
}

func (a *answering) Exchange(ctx context.Context, from party.ID, wait time.Duration, in io.Reader, out io.Writer) error {
	if !a.bad.Load() {
		return a.Host.Exchange(ctx, from, wait, in, out)
	}
	if _, err := io.Copy(io.Discard, in); err != nil {
		return err
	}
	return a.write(out)
}

// Garbage, a body without an end, and a false sender as an answer: the node goes
// on with the others, and with this one once it is well.
func TestGarbageAsAnswer(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]func(io.Writer) error{
		"garbage": func(w io.Writer) error { _, err := io.CopyN(w, rand.Reader, 10_000); return err },
		"endless": func(w io.Writer) error {
			zeros := make([]byte, 1<<20)
			for {
				if _, err := w.Write(zeros); err != nil {
					return err
				}
			}
		},
		"endless bundle": func(w io.Writer) error {
			if _, err := io.WriteString(w, bundle.Magic+"\n"); err != nil {
				return err
			}
			for {
				if _, err := w.Write(bytes.Repeat([]byte("have 0\n\n"), 4096)); err != nil {
					return err
				}
			}
		},
		"nothing": func(w io.Writer) error { _, err := w.Write(nil); return err },
		"another's": func(w io.Writer) error {
			bw, err := bundle.NewWriter(w, bundle.Info{Group: party.Group{1}, From: "cintra", Written: "2026-01-01T00:00:00Z"})
			if err != nil {
				return err
			}
			return bw.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var bad atomic.Bool
			bad.Store(true)
			p := region(t, "alatau", "borovia", "cintra")
			p.Custodians = []party.ID{}
			p.Tune = func(c *node.Config) {
				if c.Settings.Party == "borovia" {
					c.TestOnlyHost = func(h courier.Host) courier.Host { return &answering{h, &bad, write} }
				}
			}
			tw := found(t, p)
			a := tw.Houses["alatau"].Node
			ref := say(t, a, "ALA/2026/1", "borovia", "cintra")
			await(t, "cintra answers", func() bool { return receipts(t, a, ref, act.Delivered) >= 1 })
			if name != "nothing" {
				await(t, "a remark about borovia", func() bool { return observed(t, a) > 0 || peerError(t, a, "borovia") != "" })
			}
			bad.Store(false)
			await(t, "borovia is well", func() bool { return receipts(t, a, ref, act.Delivered) == 2 })
			unaccused(t, running(tw)...)
			if err := a.CheckEverything(context.Background()); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func peerError(t *testing.T, n *node.Node, id party.ID) string {
	t.Helper()
	peers, err := n.Peers(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range peers {
		if p.Party == id {
			return p.Error
		}
	}
	return ""
}

// Two parties without a link speak through a third whose line flips bytes for a
// while: nobody is framed and all comes through.
func TestRelayThatFlipsBytes(t *testing.T) {
	t.Parallel()
	var left atomic.Int64
	left.Store(30)
	flip := func(_ party.ID, b []byte) []byte {
		if n := left.Add(-1); n >= 0 && len(b) > 0 {
			b[int(n*7919)%len(b)] ^= 1
		}
		return b
	}
	p := region(t, "alatau", "borovia", "cintra")
	p.Custodians = []party.ID{}
	p.Parties[0].NoLink = []party.ID{"borovia"}
	p.Parties[1].NoLink = []party.ID{"alatau"}
	p.Tune = func(c *node.Config) {
		if c.Settings.Party == "cintra" {
			c.TestOnlyHost = func(h courier.Host) courier.Host { return &couriertest.Altered{Host: h, In: flip, Out: flip} }
		}
	}
	tw := found(t, p)
	a := tw.Houses["alatau"].Node
	ref := say(t, a, "ALA/2026/1", "borovia")
	await(t, "the receipt comes through the relay", func() bool { return receipts(t, a, ref, act.Delivered) == 1 })
	if left.Load() > 25 {
		t.Error("nothing was altered: this test shows little")
	}
	unaccused(t, running(tw)...)
}

// Over the network: what a bundle says of its sender must be the peer, and no
// request of a hostile peer stops the node.
func TestHostilePeer(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	tw := found(t, region(t, five...))
	stop(t, tw, "borovia")
	a := tw.Houses["alatau"].Node
	s := newScribe(t, tw, "borovia")
	pin := tw.Houses["alatau"].Config.Keys.Transport.Pin()
	c := courier.NewClient([]string{"https://" + tw.Houses["alatau"].Addr()}, courier.ClientTLS(s.set.Transport, pin, time.Now), nil)
	defer c.Close()
	s.clear("BOR/2026/1", "alatau")
	other := s.info()
	other.From = "cintra"
	foreign := s.info()
	foreign.Group[0] ^= 2
	for name, body := range map[string][]byte{
		"another sender": packed(t, other, s.all()...),
		"another group":  packed(t, foreign, s.all()...),
		"garbage":        []byte("garbage"),
		"nothing":        nil,
	} {
		seen := observed(t, a)
		res, err := c.Exchange(ctx, 0, bytes.NewReader(body))
		if err == nil {
			res.Close()
			t.Errorf("%s: it was answered", name)
		}
		if observed(t, a) == seen {
			t.Errorf("%s: no observation is kept", name)
		}
	}
	res, err := c.Exchange(ctx, 0, io.LimitReader(rand.Reader, 100<<20))
	if err == nil {
		res.Close()
		t.Error("100 MiB of noise were answered")
	}
	ref := say(t, a, "ALA/2026/1", "cintra")
	await(t, "the node serves the others", func() bool { return receipts(t, a, ref, act.Delivered) == 1 })
	unaccused(t, running(tw)...)
}

// Every role is rotated while peers run, and the acts that follow are received,
// lodged and opened.
func TestRotationOfEveryRole(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	tw := found(t, region(t, five...))
	h := tw.Houses["alatau"]
	stagedKeys(h)
	stop(t, tw, "alatau")
	a := start(t, tw, "alatau")
	await(t, "certain", func() bool { return a.Assured() == nil })
	b := tw.Houses["borovia"].Node
	check := func(i int, what string) {
		t.Helper()
		out := say(t, a, "ALA/2026/"+string(rune('1'+i)), "borovia")
		in := say(t, b, "BOR/2026/"+string(rune('1'+i)), "alatau")
		await(t, "delivered after "+what, func() bool {
			return receipts(t, a, out, act.Delivered) == 1 && receipts(t, b, in, act.Delivered) == 1
		})
		await(t, "lodged after "+what, func() bool { return notAfter(t, b, out) > 0 && notAfter(t, a, in) > 0 })
		await(t, "cosigned by the new keys after "+what, func() bool {
			l, err := b.Lodged(ctx, in)
			return err == nil && l.Bounds.Have == 4
		})
	}
	check(0, "nothing")
	before := say(t, b, "BOR/2026/A", "cintra")
	await(t, "all vouch", func() bool { l, err := b.Lodged(ctx, before); return err == nil && l.Bounds.Have == 4 })
	for i, role := range []key.Role{key.Record, key.Witness, key.Mirror} {
		after := following(t, h.Next, role)
		if _, err := a.Rotate(ctx, "officer", role, h.Next, after.Commitments()); err != nil {
			t.Fatal(err)
		}
		h.Next = after
		check(i+1, string(role))
	}
	sealing, err := key.GenerateSealing(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.RotateBatch(ctx, "officer", key.Sealing, h.Config.Keys.EnterSealing(sealing), h.Next); err != nil {
		t.Fatal(err)
	}
	check(4, "sealing")
	transport, err := key.GenerateTransport(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.RotateBatch(ctx, "officer", key.Transport, h.Config.Keys.EnterTransport(transport), h.Next); err != nil {
		t.Fatal(err)
	}
	check(5, "transport")
	if l, err := b.Lodged(ctx, before); err != nil || l.Bounds.Have != 4 {
		t.Fatalf("what the retired mirror key signed counts no longer: %+v %v", l, err)
	}
	stop(t, tw, "alatau")
	a = start(t, tw, "alatau")
	await(t, "certain", func() bool { return a.Assured() == nil })
	check(6, "a restart with all new keys")
	agree(t, running(tw)...)
}

// A suspension is known to all, and ends.
func TestSuspension(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	p := region(t, "alatau", "borovia", "cintra")
	p.Custodians = []party.ID{}
	tw := found(t, p)
	a := tw.Houses["alatau"].Node
	if _, err := a.Resume(ctx, "officer", ""); err == nil {
		t.Fatal("resumed what was not suspended")
	}
	for _, want := range []bool{true, false, true} {
		f := a.Suspend
		if !want {
			f = a.Resume
		}
		if _, err := f(ctx, "officer", "a reason"); err != nil {
			t.Fatal(err)
		}
		for _, n := range running(tw) {
			await(t, "all know", func() bool { s, err := n.Suspended(ctx, "alatau"); return err == nil && s == want })
		}
	}
}

// nextEdition is edition 2 with another name, in force at a moment.
func nextEdition(t *testing.T, tw *town.Town, at time.Time) []byte {
	t.Helper()
	b, err := tw.First.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	r, err := roster.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	r.Edition, r.Previous, r.Effective = 2, tw.First.Digest(), at.UTC().Format("2006-01-02T15:04:05Z")
	r.Names = map[string]string{"en": "Region, second edition"}
	if b, err = r.Bytes(); err != nil {
		t.Fatal(err)
	}
	return b
}

// An edition that all adopted comes into force at its moment; one that somebody
// adopted too late stays void. A private group adopts by its own checkpoint.
func TestEditions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		ids   []party.ID
		late  party.ID
		force bool
	}{
		{"adopted by all", []party.ID{"alatau", "borovia", "cintra"}, "", true},
		{"one too late", []party.ID{"alatau", "borovia", "cintra"}, "cintra", false},
		{"private", []party.ID{"alatau"}, "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ctx := context.Background()
			p := region(t, c.ids...)
			p.Custodians = []party.ID{}
			if len(c.ids) == 1 {
				p.F, p.K, p.Parties[0].Outside = 0, 0, true
			}
			p.Tune = func(cfg *node.Config) { cfg.Settings.HeartbeatSeconds = 1 }
			tw := found(t, p)
			moment := time.Now().Add(6 * time.Second)
			body := nextEdition(t, tw, moment)
			for _, n := range running(tw) {
				if n.Self() == c.late {
					continue
				}
				if _, err := n.Adopt(ctx, "officer", body); err != nil {
					t.Fatal(err)
				}
			}
			<-time.After(time.Until(moment.Add(2 * time.Second)))
			if c.late != "" {
				if _, err := tw.Houses[c.late].Node.Adopt(ctx, "officer", body); err != nil {
					t.Fatal(err)
				}
				<-time.After(3 * time.Second)
			}
			for _, n := range running(tw) {
				if c.force {
					await(t, "in force", func() bool { return n.Keys().Current().Edition == 2 })
				} else if n.Keys().Current().Edition != 1 {
					t.Errorf("%s: a void edition is in force", n.Self())
				}
			}
			for _, id := range c.ids { // and after a restart the same
				stop(t, tw, id)
				n, err := node.Open(ctx, tw.Houses[id].Config)
				if err != nil {
					t.Fatal(err)
				}
				if (n.Keys().Current().Edition == 2) != c.force {
					t.Errorf("%s: after a restart edition %d", id, n.Keys().Current().Edition)
				}
				n.Close()
			}
		})
	}
}
