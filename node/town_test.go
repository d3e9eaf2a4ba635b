package node

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"testing"
	"time"

	"detente/act"
	"detente/key"
	"detente/pack"
	"detente/packs"
	"detente/party"
	"detente/roster"
)

// town is a group of real nodes in one process, on loopback.
type town struct {
	t     testing.TB
	first *roster.Roster
	sets  map[party.ID]*key.Set
	nexts map[party.ID]*key.Next
	nodes map[party.ID]*Node
	cfgs  map[party.ID]Config
	ls    map[party.ID]net.Listener
}

func newTown(t testing.TB, ids ...party.ID) *town {
	t.Helper()
	tw := newHomes(t, ids...)
	for _, id := range ids {
		tw.start(id)
	}
	return tw
}

// newHomes is a town in which no node is open yet.
func newHomes(t testing.TB, ids ...party.ID) *town {
	t.Helper()
	tw := &town{t: t, sets: map[party.ID]*key.Set{}, nexts: map[party.ID]*key.Next{}, nodes: map[party.ID]*Node{}, cfgs: map[party.ID]Config{}, ls: map[party.ID]net.Listener{}}
	r := &roster.Roster{Format: roster.Format, Group: party.Group{1, 2, 3}, Edition: 1, Effective: "2026-01-01T00:00:00Z",
		Names: map[string]string{"en": "Region"}, Languages: []string{"en"}, Adoption: "all", Courier: "336h", Acts: roster.MaxActs}
	n := len(ids)
	for i, id := range ids {
		set, next, err := key.Generate(rand.NewChaCha8([32]byte{byte(i + 1)}), party.Origin(fmt.Sprintf("%s/%08x", id, i+1)))
		if err != nil {
			t.Fatal(err)
		}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		card := set.Card(next)
		tw.sets[id], tw.nexts[id], tw.ls[id] = set, next, l
		r.Parties = append(r.Parties, roster.Party{ID: id, Standing: roster.Member, Names: map[string]string{"en": string(id)}, Endpoints: []string{"https://" + l.Addr().String()}, Card: &card})
		r.Counting.Witnesses = append(r.Counting.Witnesses, id)
		r.Custodians = append(r.Custodians, id)
	}
	r.Counting.F = min(1, max(0, (n-2)/2))
	r.Counting.K = min(r.Counting.F+1, n-1)
	b, err := r.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if tw.first, err = roster.Parse(b); err != nil {
		t.Fatal(err)
	}
	texts, err := pack.NewLibrary(packs.FS)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		log := slog.New(slog.DiscardHandler)
		if testing.Verbose() {
			log = slog.New(slog.NewTextHandler(os.Stderr, nil)).With("node", string(id))
		}
		tw.cfgs[id] = Config{Dir: t.TempDir(), Settings: Settings{Party: id}, Keys: tw.sets[id], First: tw.first, Texts: texts, Log: log, Boot: "boot"}
	}
	return tw
}

func (tw *town) start(id party.ID) *Node {
	tw.t.Helper()
	n, err := Open(context.Background(), tw.cfgs[id])
	if err != nil {
		tw.t.Fatal(err)
	}
	if _, again := tw.nodes[id]; !again { // its officer made the home just now
		if err := n.Confirm(context.Background()); err != nil {
			tw.t.Fatal(err)
		}
	}
	tw.nodes[id] = n
	n.Run(tw.ls[id])
	tw.t.Cleanup(func() { n.Close() })
	return n
}

// say appends a statement without the desk.
func (n *Node) testSay(r Request) (act.Ref, error) {
	b, _ := json.Marshal(r)
	p, err := n.Check(context.Background(), b)
	if err != nil {
		return act.Ref{}, err
	}
	var ref act.Ref
	err = n.update(context.Background(), func(tx *Tx) error {
		var err error
		ref, err = n.say(context.Background(), tx, p)
		return err
	})
	return ref, err
}

func until(t testing.TB, what string, f func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	end := time.After(15 * time.Second)
	for !f() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("not within 15 s: %s", what)
		}
	}
}

func TestStatementGoesTheWholeWay(t *testing.T) {
	ctx := context.Background()
	tw := newTown(t, "alatau", "borovia", "cintra", "dovania")
	a := tw.nodes["alatau"]
	ref, err := a.testSay(Request{Kind: act.Statement, Status: act.Exercise, To: []party.ID{"borovia", "cintra"}, Thread: "ALA/2026/1", Life: act.New, Text: "hello"})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	until(t, "receipts", func() bool {
		rows, err := a.Receipts(ctx, ref)
		if err != nil {
			t.Fatal(err)
		}
		return len(rows) == 2
	})
	t.Log("receipts after", time.Since(start))
	c, err := tw.nodes["borovia"].Content(ctx, ref)
	if err != nil || !bytes.Equal(c.Body, []byte("hello")) {
		t.Fatalf("content %q, %v", c.Body, err)
	}
	if _, err := tw.nodes["dovania"].Content(ctx, ref); err == nil {
		t.Fatal("dovania reads what is not sealed to it")
	}
	until(t, "lodging", func() bool {
		l, err := a.Lodged(ctx, ref)
		if err != nil {
			t.Fatal(err)
		}
		return l.Bounds.NotAfter > 0
	})
	t.Log("lodged after", time.Since(start))
	until(t, "all agree", func() bool {
		for _, n := range tw.nodes {
			l, err := n.Lodged(ctx, ref)
			if err != nil || l.Bounds.Have < 3 {
				return false
			}
		}
		return true
	})
	t.Log("all agree after", time.Since(start))
}
