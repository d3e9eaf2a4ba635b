package node_test

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"detente/act"
	"detente/docket"
	"detente/key"
	"detente/node"
	"detente/party"
	"detente/town"
)

// patience bounds how long a test waits for what must come.
const patience = 20 * time.Second

// await looks again and again until f holds; it fails the test after patience.
func await(t testing.TB, what string, f func() bool) {
	t.Helper()
	tick := time.NewTicker(3 * time.Millisecond)
	defer tick.Stop()
	end := time.After(patience)
	for !f() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// region is a plan of n invented parties, f = 1 where that is possible.
func region(t testing.TB, ids ...party.ID) town.Plan {
	p := town.Plan{Dir: t.TempDir(), Group: party.Group{1}, Names: map[string]string{"en": "Region"}, F: 1, K: 2, Log: logFor}
	if len(ids) < 4 {
		p.F, p.K = 0, 1
	}
	for _, id := range ids {
		p.Parties = append(p.Parties, town.Resident{ID: id})
	}
	return p
}

func logFor(id party.ID) *slog.Logger {
	if !testing.Verbose() {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(os.Stderr, nil)).With("node", string(id))
}

// found founds a town and starts it.
func found(t testing.TB, p town.Plan) *town.Town {
	t.Helper()
	tw, err := town.Found(p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeAll(tw) })
	if err := tw.StartAll(context.Background()); err != nil {
		t.Fatal(err)
	}
	return tw
}

// closeAll stops all nodes at once: each waits for its peers' connections.
func closeAll(tw *town.Town) {
	var wg sync.WaitGroup
	for _, h := range tw.Houses {
		if n := h.Node; n != nil {
			wg.Go(func() { n.Close() })
		}
	}
	wg.Wait()
}

func start(t testing.TB, tw *town.Town, id party.ID) *node.Node {
	t.Helper()
	n, err := tw.Start(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func stop(t testing.TB, tw *town.Town, id party.ID) {
	t.Helper()
	if err := tw.Stop(id); err != nil {
		t.Fatal(err)
	}
}

// stopAll stops all nodes at once; their homes stay.
func stopAll(tw *town.Town) {
	closeAll(tw)
	for _, h := range tw.Houses {
		h.Node = nil
	}
}

func request(thread, text string, to ...party.ID) node.Request {
	return node.Request{Kind: act.Statement, Status: act.Exercise, To: to, Thread: thread, Life: act.New, Text: text}
}

func say(t testing.TB, n *node.Node, thread string, to ...party.ID) act.Ref {
	t.Helper()
	ref, err := n.TestOnlySay(context.Background(), request(thread, "text of "+thread, to...))
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

// receipts counts the receipts of an act that a node holds.
func receipts(t testing.TB, n *node.Node, ref act.Ref, k act.Kind) int {
	t.Helper()
	rows, err := n.Receipts(context.Background(), ref)
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, r := range rows {
		if r.Kind == k {
			count++
		}
	}
	return count
}

func notAfter(t testing.TB, n *node.Node, ref act.Ref) int64 {
	t.Helper()
	l, err := n.Lodged(context.Background(), ref)
	if err != nil {
		t.Fatal(err)
	}
	return l.Bounds.NotAfter
}

// agree checks every node of a town wholly, and that what two of them hold of one
// record is the same as far as both hold it.
func agree(t testing.TB, nodes ...*node.Node) {
	t.Helper()
	ctx := context.Background()
	for _, n := range nodes {
		if err := n.CheckEverything(ctx); err != nil {
			t.Fatalf("check of %s: %v", n.Self(), err)
		}
	}
	for _, a := range nodes {
		held, err := a.Position(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for o, size := range held {
			for _, b := range nodes {
				both := min(size, b.SizeOf(ctx, o))
				ra, err1 := a.RootOf(ctx, o, both)
				rb, err2 := b.RootOf(ctx, o, both)
				if err := errors.Join(err1, err2); err != nil {
					t.Fatal(err)
				}
				if ra != rb {
					t.Fatalf("%s and %s hold %s differently at %d", a.Self(), b.Self(), o, both)
				}
			}
		}
	}
}

func running(tw *town.Town) []*node.Node {
	var out []*node.Node
	for _, h := range tw.Houses {
		if h.Node != nil {
			out = append(out, h.Node)
		}
	}
	return out
}

// keep copies a stopped home, or one file of it, and returns what puts it back.
func keep(t testing.TB, dir string, names ...string) (putBack func()) {
	t.Helper()
	files := map[string][]byte{}
	if err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files[path], err = os.ReadFile(path)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	wanted := func(path string) bool {
		for _, name := range names {
			if filepath.Base(path) == name || filepath.Base(path) == name+"-wal" || filepath.Base(path) == name+"-shm" {
				return true
			}
		}
		return len(names) == 0
	}
	return func() {
		t.Helper()
		now, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range now {
			if wanted(path) {
				if err := os.RemoveAll(path); err != nil {
					t.Fatal(err)
				}
			}
		}
		for path, b := range files {
			if !wanted(path) {
				continue
			}
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// stagedKeys lets a house rotate keys as a home does.
func stagedKeys(h *town.House) {
	var staged *key.Set
	h.Config.Stage = func(s *key.Set) error { staged = s; return nil }
	h.Config.Promote = func() error { h.Config.Keys = staged; return nil }
}

// following are the keys committed to when next's keys of the roles enter.
func following(t testing.TB, next *key.Next, roles ...key.Role) *key.Next {
	t.Helper()
	for _, r := range roles {
		var err error
		if next, err = next.Renew(rand.Reader, r); err != nil {
			t.Fatal(err)
		}
	}
	return next
}

var misconductFilter = docket.Filter{Kinds: []act.Kind{act.Misconduct}}
