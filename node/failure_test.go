package node_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"detente/act"
	"detente/internal/durable"
	"detente/key"
	"detente/node"
	"detente/party"
	"detente/town"
)

// pair is two homes that meet only by carried bundles, so that nothing happens
// but what a test does.
type pair struct {
	t      *testing.T
	tw     *town.Town
	a, b   *node.Node
	staged *key.Set
	acked  []act.Ref // acts that the caller at a was told of
}

func newPair(t *testing.T) *pair {
	t.Helper()
	p := region(t, "alatau", "borovia", "cintra")
	p.Custodians = []party.ID{}
	tw, err := town.Found(p)
	if err != nil {
		t.Fatal(err)
	}
	two := &pair{t: t, tw: tw}
	h := tw.Houses["alatau"]
	h.Config.Stage = func(s *key.Set) error { two.staged = s; return nil }
	h.Config.Promote = func() error { h.Config.Keys, two.staged = two.staged, nil; return nil }
	two.a, two.b = two.open("alatau"), two.open("borovia")
	t.Cleanup(func() { two.a.Close(); two.b.Close() })
	for _, n := range []*node.Node{two.a, two.b} {
		if err := n.Confirm(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	say(t, two.b, "BOR/2026/1", "alatau")
	two.acked = append(two.acked, say(t, two.a, "ALA/2026/1", "borovia"))
	two.exchange()
	return two
}

func (p *pair) open(id party.ID) *node.Node {
	p.t.Helper()
	n, err := node.Open(context.Background(), p.tw.Houses[id].Config)
	if err != nil {
		p.t.Fatal(err)
	}
	return n
}

// export is a carried bundle from one to the other.
func export(t *testing.T, from *node.Node, to party.ID) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := from.Export(context.Background(), &b, to, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// exchange carries bundles back and forth until both have all.
func (p *pair) exchange() {
	p.t.Helper()
	ctx := context.Background()
	for range 3 {
		if _, err := p.b.Import(ctx, bytes.NewReader(export(p.t, p.a, "borovia"))); err != nil {
			p.t.Fatal(err)
		}
		if _, err := p.a.Import(ctx, bytes.NewReader(export(p.t, p.b, "alatau"))); err != nil {
			p.t.Fatal(err)
		}
	}
}

// restart closes a and opens it as a home does: of two key sets the one that the
// record names is in use.
func (p *pair) restart() {
	p.t.Helper()
	p.a.TestOnlyFault(nil)
	p.a.Close()
	p.a = p.open("alatau")
	if p.staged == nil {
		return
	}
	h := p.tw.Houses["alatau"]
	if inForce(p.a, p.staged) {
		p.a.Close()
		h.Config.Keys = p.staged
		p.a = p.open("alatau")
	}
	p.staged = nil
	if !inForce(p.a, h.Config.Keys) {
		p.t.Fatal("the record names neither of the two key sets")
	}
}

func inForce(n *node.Node, s *key.Set) bool {
	size := int64(0)
	if head, ok := n.Head(); ok {
		size = head.Head().Size
	}
	record, ok := n.Keys().Record(n.Origin(), size)
	if !ok || record.Digest() != s.Record.Public.AtOrigin(n.Origin()).Digest() {
		return false
	}
	return n.Keys().Cosigners(n.Self(), key.Witness)[0].Key.Digest() == s.Witness.Public.Digest() &&
		n.Keys().Cosigners(n.Self(), key.Mirror)[0].Key.Digest() == s.Mirror.Public.Digest()
}

// duty is one thing a node does that writes.
type duty struct {
	name    string
	prepare func(p *pair)       // before the fault is armed
	do      func(p *pair) error // while it is
	after   func(p *pair)       // what must hold once all was made good
	steps   []durable.Step
}

func rotation(role key.Role) func(p *pair) error {
	return func(p *pair) error {
		h := p.tw.Houses["alatau"]
		after := following(p.t, h.Next, role)
		_, err := p.a.Rotate(context.Background(), "officer", role, h.Next, after.Commitments())
		return err
	}
}

func duties() []duty {
	ctx := context.Background()
	store := []durable.Step{durable.StepBegin, durable.StepCommit, durable.StepGuardWrite, durable.StepGuardSync}
	files := []durable.Step{durable.StepBegin, durable.StepCommit, durable.StepGuardWrite, durable.StepGuardSync,
		durable.StepCreate, durable.StepWrite, durable.StepSync, durable.StepRename, durable.StepSyncDir}
	var carried []byte
	var other []byte
	return []duty{
		{name: "send", steps: store, do: func(p *pair) error {
			ref, err := p.a.TestOnlySay(ctx, request("ALA/2026/2", "a text", "borovia"))
			if err == nil {
				p.acked = append(p.acked, ref)
			}
			return err
		}},
		{name: "receive and cosign", steps: store, prepare: func(p *pair) {
			say(p.t, p.b, "BOR/2026/2", "alatau")
			carried = export(p.t, p.b, "alatau")
		}, do: func(p *pair) error {
			_, err := p.a.Import(ctx, bytes.NewReader(carried))
			return err
		}, after: func(p *pair) {
			rows, err := p.a.ThreadOf(ctx, "BOR/2026/2")
			if err != nil || len(rows) != 2 || rows[1].Kind != act.Delivered && rows[0].Kind != act.Delivered {
				p.t.Fatalf("the act and its receipt: %v, %v", rows, err)
			}
			if _, err := p.a.Content(ctx, rows[1].Ref); err != nil {
				if _, err := p.a.Content(ctx, rows[0].Ref); err != nil {
					p.t.Fatalf("content: %v", err)
				}
			}
		}},
		{name: "say discreetly", steps: store, do: func(p *pair) error {
			ref, err := p.a.TestOnlySay(ctx, discreetly("ALA/2026/2", "a text", "borovia"))
			if err == nil {
				p.acked = append(p.acked, ref)
			}
			return err
		}, after: func(p *pair) {
			if err := p.b.TryDiscreet(ctx); err != nil {
				p.t.Fatal(err)
			}
			for _, ref := range p.acked {
				if _, err := p.b.Content(ctx, ref); err != nil {
					p.t.Fatalf("content of %s: %v", ref, err)
				}
			}
		}},
		{name: "open and answer discreetly", steps: store, prepare: func(p *pair) {
			if _, err := p.b.TestOnlySay(ctx, discreetly("BOR/2026/2", "a text", "alatau")); err != nil {
				p.t.Fatal(err)
			}
			if _, err := p.a.Import(ctx, bytes.NewReader(export(p.t, p.b, "alatau"))); err != nil {
				p.t.Fatal(err)
			}
		}, do: func(p *pair) error {
			if err := errors.Join(p.a.TryDiscreet(ctx), p.a.DueNow(ctx)); err != nil {
				return err
			}
			_, err := p.a.GiveDiscreet(ctx)
			return err
		}, after: func(p *pair) {
			if err := errors.Join(p.a.TryDiscreet(ctx), p.b.TryDiscreet(ctx)); err != nil {
				p.t.Fatal(err)
			}
			rows, err := p.b.ThreadOf(ctx, "BOR/2026/2")
			if err != nil || len(rows) != 2 || rows[0].Kind != act.Delivered && rows[1].Kind != act.Delivered {
				p.t.Fatalf("the act and its receipt: %v, %v", rows, err)
			}
		}},
		{name: "heartbeat", steps: []durable.Step{durable.StepBegin, durable.StepCommit}, do: func(p *pair) error { return p.a.Heartbeat(ctx) }},
		{name: "rotate record", steps: store, do: rotation(key.Record)},
		{name: "rotate witness", steps: store, do: rotation(key.Witness)},
		{name: "rotate mirror", steps: store, do: rotation(key.Mirror)},
		{name: "new volume", steps: store, do: func(p *pair) error {
			h := p.tw.Houses["alatau"]
			after := following(p.t, h.Next, key.Witness, key.Mirror)
			_, err := p.a.NewVolume(ctx, "officer", act.Restore, h.Next, after.Commitments())
			return err
		}, after: func(p *pair) {
			if v := p.a.Origin().Volume(); v > 2 {
				p.t.Fatalf("volume %d was opened", v)
			}
		}},
		{name: "proof of a fork", steps: files, prepare: func(p *pair) {
			p.b.Close()
			twinDir := p.t.TempDir()
			copyFiles(p.t, p.tw.Houses["borovia"].Config.Dir, twinDir)
			p.b = p.open("borovia")
			cfg := p.tw.Houses["borovia"].Config
			cfg.Dir = twinDir
			twin, err := node.Open(ctx, cfg)
			if err != nil {
				p.t.Fatal(err)
			}
			defer twin.Close()
			for i, n := range []*node.Node{p.b, twin} {
				if err := n.Confirm(ctx); err != nil {
					p.t.Fatal(err)
				}
				say(p.t, n, fmt.Sprintf("BOR/2026/%d", 7+i), "alatau")
			}
			if _, err := p.a.Import(ctx, bytes.NewReader(export(p.t, p.b, "alatau"))); err != nil {
				p.t.Fatal(err)
			}
			other = export(p.t, twin, "alatau")
		}, do: func(p *pair) error {
			_, err := p.a.Import(ctx, bytes.NewReader(other))
			return err
		}, after: func(p *pair) {
			if _, err := p.a.Import(ctx, bytes.NewReader(other)); err != nil {
				p.t.Fatal(err)
			}
			files, err := p.a.Evidence()
			rows, err2 := p.a.List(ctx, misconductFilter)
			if err := errors.Join(err, err2); err != nil || len(files) == 0 || len(rows) == 0 || !p.a.IsFrozen(ctx, p.b.Origin()) {
				p.t.Fatalf("evidence %d, lodged %d: %v", len(files), len(rows), err)
			}
		}},
	}
}

func copyFiles(t *testing.T, from, to string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(from, "*"))
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
		if err := os.WriteFile(filepath.Join(to, filepath.Base(name)), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestFailureTable lets every step of writing go wrong in every duty of a node,
// once without and once with its work done, at its first and its later
// occurrences; closes, opens again, and looks at everything.
func TestFailureTable(t *testing.T) {
	t.Parallel()
	for i := range duties() {
		name := duties()[i].name
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			steps := duties()[i].steps
			for _, step := range steps {
				for _, written := range []bool{false, true} {
					for nth := 1; nth <= 3; nth++ {
						t.Run(fmt.Sprintf("%s/%v/%d", step, written, nth), func(t *testing.T) {
							fired := failOnce(t, duties()[i], step, written, nth, errors.New("the disk went wrong"))
							if !fired && nth == 1 {
								t.Errorf("the duty has no step %s: name its steps", step)
							}
						})
					}
				}
			}
		})
	}
}

func failOnce(t *testing.T, d duty, step durable.Step, written bool, nth int, fault error) (fired bool) {
	ctx := context.Background()
	p := newPair(t)
	if d.prepare != nil {
		d.prepare(p)
	}
	count := 0
	p.a.TestOnlyFault(func(s durable.Step) (bool, error) {
		if s != step {
			return false, nil
		}
		if count++; count != nth {
			return false, nil
		}
		fired = true
		return written, fault
	})
	doErr := d.do(p)
	p.restart()
	if err := p.a.CheckEverything(ctx); err != nil {
		t.Fatalf("after the restart (%v): %v", doErr, err)
	}
	if err := p.a.Confirm(ctx); err != nil {
		t.Fatal(err)
	}
	if doErr != nil && d.name != "new volume" && !strings.HasPrefix(d.name, "rotate") && d.name != "send" && d.name != "say discreetly" {
		if err := d.do(p); err != nil {
			t.Fatalf("once more: %v", err)
		}
	}
	if err := p.a.GiveOwed(ctx); err != nil {
		t.Fatal(err)
	}
	p.exchange()
	p.acked = append(p.acked, say(t, p.a, "ALA/2026/3", "borovia"))
	p.exchange()
	for _, ref := range p.acked {
		if _, b, err := p.b.Act(ctx, ref); err != nil || act.LeafHash(b) != ref.Leaf {
			t.Fatalf("%s was acknowledged and is lost: %v", ref, err)
		}
	}
	if d.after != nil {
		d.after(p)
	}
	if d.name == "proof of a fork" {
		if err := p.a.CheckEverything(ctx); err != nil {
			t.Fatal(err)
		}
		return fired
	}
	agree(t, p.a, p.b)
	if files, err := p.b.Evidence(); err != nil || len(files) > 0 {
		t.Fatalf("the other side accuses: %v %v", files, err)
	}
	return fired
}

// A disk that is full: no act is taken, the error says so, nothing is lost, and
// when there is room again the same node goes on.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for _, step := range []durable.Step{durable.StepBegin, durable.StepCommit} {
		p := newPair(t)
		p.a.TestOnlyFault(func(s durable.Step) (bool, error) {
			if s == step {
				return false, syscall.ENOSPC
			}
			return false, nil
		})
		for range 3 {
			if _, err := p.a.TestOnlySay(ctx, request("ALA/2026/2", "a text", "borovia")); !durable.IsFull(err) {
				t.Fatalf("%s: %v", step, err)
			}
			if err := p.a.Heartbeat(ctx); !durable.IsFull(err) {
				t.Fatalf("%s: heartbeat: %v", step, err)
			}
		}
		say(t, p.b, "BOR/2026/2", "alatau")
		carried := export(t, p.b, "alatau")
		if _, err := p.a.Import(ctx, bytes.NewReader(carried)); !durable.IsFull(err) {
			t.Fatalf("%s: import: %v", step, err)
		}
		p.a.TestOnlyFault(nil)
		p.acked = append(p.acked, say(t, p.a, "ALA/2026/2", "borovia"))
		if _, err := p.a.Import(ctx, bytes.NewReader(carried)); err != nil {
			t.Fatal(err)
		}
		p.exchange()
		agree(t, p.a, p.b)
	}
}
