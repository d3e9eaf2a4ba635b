package node_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"detente/act"
	"detente/node"
	"detente/party"
	"detente/proof"
	"detente/town"
)

// twin opens a second node of one party beside the first: the same keys and the
// same record so far, no listener, and links with some only. This is what a party
// does that shows two versions of its record.
func twin(t *testing.T, tw *town.Town, id party.ID, noLink ...party.ID) *node.Node {
	t.Helper()
	h := tw.Houses[id]
	cfg := h.Config
	cfg.Dir = t.TempDir()
	names, err := filepath.Glob(filepath.Join(h.Config.Dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if s, err := os.Stat(name); err != nil || s.IsDir() {
			continue
		}
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(cfg.Dir, filepath.Base(name)), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cfg.Settings.NoLink = noLink
	n, err := node.Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	if err := n.Confirm(context.Background()); err != nil {
		t.Fatal(err)
	}
	n.Run(nil)
	return n
}

// TestFork: Alatau shows one version of its record to two parties and another to
// two others, of the same size, and of different sizes with and without a head in
// common. The others catch it.
func TestFork(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		one, two int // acts in each version past what is common
		batch    bool
		common   int
	}{
		{"same size", 1, 1, false, 2},
		{"one longer", 1, 3, true, 2},
		{"other longer", 4, 2, true, 5},
		{"long common part", 3, 9, true, 700},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			forkOnce(t, c.one, c.two, c.batch, c.common)
		})
	}
}

func forkOnce(t *testing.T, one, two int, batch bool, common int) {
	ctx := context.Background()
	p := region(t, five...)
	p.Tune = func(c *node.Config) { c.Settings.HeartbeatSeconds = 1 }
	tw := found(t, p)
	h := tw.Houses["alatau"]
	honest := []*node.Node{tw.Houses["borovia"].Node, tw.Houses["cintra"].Node, tw.Houses["dovania"].Node, tw.Houses["elbria"].Node}
	first := say(t, h.Node, "ALA/2026/1", "borovia", "cintra")
	if err := h.Node.TestOnlyAppend(ctx, filler(h.Node, common)); err != nil {
		t.Fatal(err)
	}
	size := first.Index + 1 + int64(common)
	for _, n := range honest {
		await(t, "all hold and lodge what is common", func() bool { return n.SizeOf(ctx, first.Origin) >= size && notAfter(t, n, first) > 0 })
	}
	lodged := map[party.ID]int64{}
	await(t, "all agree about the common part", func() bool {
		for _, n := range honest {
			lodged[n.Self()] = notAfter(t, n, first)
		}
		return lodged["borovia"] == lodged["cintra"] && lodged["cintra"] == lodged["dovania"] && lodged["dovania"] == lodged["elbria"]
	})
	stop(t, tw, "alatau")
	h.Config.Settings.NoLink = []party.ID{"dovania", "elbria"}
	other := twin(t, tw, "alatau", "borovia", "cintra")
	n := start(t, tw, "alatau")
	if err := n.Confirm(ctx); err != nil {
		t.Fatal(err)
	}
	forkSay(t, n, "one", one, batch)
	forkSay(t, other, "two", two, batch)

	for _, n := range honest {
		await(t, fmt.Sprintf("%s freezes the record", n.Self()), func() bool { return n.IsFrozen(ctx, first.Origin) })
		await(t, fmt.Sprintf("%s has a file of the proof", n.Self()), func() bool {
			files, err := n.Evidence()
			return err == nil && len(files) > 0
		})
		files, _ := n.Evidence()
		b, err := os.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		m, err := proof.ParseMisconduct(b)
		if err != nil {
			t.Fatal(err)
		}
		if sentence, err := m.Verify(n.Keys()); err != nil || m.Against != "alatau" {
			t.Fatalf("%s: %q, %v", n.Self(), sentence, err)
		}
		await(t, fmt.Sprintf("%s holds a lodged proof", n.Self()), func() bool {
			rows, err := n.List(ctx, misconductFilter)
			return err == nil && len(rows) > 0
		})
		if got := notAfter(t, n, first); got != lodged[n.Self()] {
			t.Errorf("%s: what k mirrors cosigned before was lodged at %d, now %d", n.Self(), lodged[n.Self()], got)
		}
	}
	for _, n := range honest {
		if err := n.CheckEverything(ctx); err != nil {
			t.Errorf("check of %s: %v", n.Self(), err)
		}
	}
}

func forkSay(t *testing.T, n *node.Node, version string, count int, batch bool) {
	t.Helper()
	acts := filler(n, count)
	for i, a := range acts {
		a.Thread = fmt.Sprintf("%s/%d", version, i)
	}
	if batch {
		if err := n.TestOnlyAppend(context.Background(), acts); err != nil {
			t.Fatal(err)
		}
		return
	}
	for _, a := range acts {
		if err := n.TestOnlyAppend(context.Background(), []*act.Act{a}); err != nil {
			t.Fatal(err)
		}
	}
}

// filler are statements in the clear to one party.
func filler(n *node.Node, count int) []*act.Act {
	var out []*act.Act
	for i := range count {
		id := fmt.Sprintf("filler/%d", i)
		out = append(out, &act.Act{Group: n.First().Group, Edition: 1, Kind: act.Statement, Status: act.Exercise, To: []party.ID{"borovia"},
			Serial: map[party.ID]int64{"borovia": int64(1000 + i)}, Life: act.New, Thread: id, Claimed: time.Now().UTC().Truncate(time.Second),
			PayloadType: node.TextType, Payload: []byte(id)})
	}
	return out
}
