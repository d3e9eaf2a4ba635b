package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"detente/home"
	"detente/node"
	"detente/party"
	"detente/town"
)

// historySize is the size in bytes of an entry of a long history: most entries
// are receipts and notices whose content is sealed and lies beside the record.
const historySize = 400

// measureMemory measures the program with five peers at growing lengths of its record.
func measureMemory(ctx context.Context, b *bench) error {
	if _, _, err := memory(os.Getpid()); err != nil {
		b.note("  left out: %v", err)
		return nil
	}
	sizes := []int64{10_000, 100_000, 1_000_000}
	if b.short {
		sizes = []int64{2_000, 20_000}
	}
	r, err := foundMeasured(ctx, filepath.Join(b.dir, "memory"))
	if err != nil {
		return err
	}
	defer r.town.Close()
	for _, size := range sizes {
		token, err := r.lengthen(ctx, size, b.runs)
		if err != nil {
			return err
		}
		b.note("  %s acts are written", thousands(size))
		if err := b.resident(ctx, r, token, size); err != nil {
			return err
		}
	}
	return nil
}

// measured is a group of which one party runs the program itself, and the others
// are nodes in this process.
type measured struct {
	program string
	own     *ministry
	town    *town.Town
	drafts  []string
}

// perRun is how many notices are sent before the memory is read.
const perRun = 20

func foundMeasured(ctx context.Context, dir string) (*measured, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	r := &measured{}
	var err error
	if r.program, err = build(ctx, dir); err != nil {
		return nil, err
	}
	if r.own, err = settle(ctx, dir, "alatau"); err != nil {
		return nil, err
	}
	// The seventh has no network: the acts of the long history are addressed to it,
	// so that no receipts are owed for them.
	r.town, err = found(dir, 7, func(p *town.Plan) {
		p.Parties[0].Card, p.Parties[0].Endpoints = &r.own.card, []string{"https://" + r.own.addr}
		p.Parties[6].Courier = true
	})
	if err != nil {
		return nil, err
	}
	first, err := r.town.First.Bytes()
	if err != nil {
		return nil, err
	}
	if _, err = home.Join(ctx, r.own.dir, first, home.Options{Identity: r.own.unlock}); err != nil {
		return nil, err
	}
	h, err := r.own.open(ctx)
	if err != nil {
		return nil, err
	}
	return r, errors.Join(enrol(ctx, h.Node), h.Close())
}

// lengthen writes acts into the record of the measured party until there are size,
// and clears the drafts of the notices to come; the result is the token of who sends them.
func (r *measured) lengthen(ctx context.Context, size int64, runs int) (string, error) {
	h, err := r.own.open(ctx)
	if err != nil {
		return "", err
	}
	token, err := r.write(ctx, h.Node, size, runs)
	return token, errors.Join(err, h.Close())
}

func (r *measured) write(ctx context.Context, n *node.Node, size int64, runs int) (string, error) {
	held, err := n.Position(ctx)
	if err = errors.Join(err, n.Confirm(ctx)); err != nil {
		return "", err
	}
	w, err := newWriter(n, "party-07", historySize)
	if err != nil {
		return "", err
	}
	w.next = held[n.Origin()]
	if err := w.fill(ctx, size); err != nil {
		return "", err
	}
	c, err := signIn(ctx, n)
	if err != nil {
		return "", err
	}
	r.drafts, _, err = c.pile(ctx, notice(peers...), perRun*runs)
	return c.drafts.Token(), err
}

// spread gives every peer a copy of the store of the measured party, in place of
// its own: then all hold the same, as after years of mirroring.
func (r *measured) spread() error {
	for _, h := range r.town.Houses {
		if err := errors.Join(os.RemoveAll(h.Config.Dir), os.Mkdir(h.Config.Dir, 0o700)); err != nil {
			return err
		}
		if err := copyFile(filepath.Join(h.Config.Dir, node.StoreFile), filepath.Join(r.own.dir, node.StoreFile)); err != nil {
			return err
		}
	}
	return nil
}

func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

func thousands(n int64) string {
	if n >= 1_000_000 {
		return fmt.Sprintf("%d,000,000", n/1_000_000)
	}
	return fmt.Sprintf("%d,000", n/1000)
}

// peers are the parties that are linked with the one that is measured.
var peers = []party.ID{"borovia", "cintra", "dovania", "elbria", "faronia"}

// resident starts the program with its five peers and reads its memory after it
// was linked to all and has sent notices to each.
func (b *bench) resident(ctx context.Context, r *measured, token string, size int64) error {
	if err := r.spread(); err != nil {
		return fmt.Errorf("copy the store: %w", err)
	}
	for _, id := range peers {
		n, err := r.town.Start(ctx, id)
		if err != nil {
			return err
		}
		if err := n.Confirm(ctx); err != nil { // that the copy is no restore
			return err
		}
	}
	err := b.each(ctx, func(run int, m floor) error {
		p, err := r.own.run(ctx, r.program, token)
		if err != nil {
			return err
		}
		now, most, err := p.busy(ctx, r.drafts[run*perRun:][:perRun])
		if err = errors.Join(err, p.end()); err != nil {
			return err
		}
		of := thousands(size) + " acts"
		var limit, start float64
		switch size {
		case 100_000:
			limit = 60
		case 1_000_000:
			limit, start = 120, 1
		}
		b.add(row{Name: "resident, " + of, Unit: "MB", Target: target{Most: limit},
			What: fmt.Sprintf("memory of `detente node run` with five linked peers, whose record has so many acts of %d bytes, after an officer has sent %d sealed notices to all five, %s after the last receipt was verified; the officer signed in before it ran", historySize, perRun, settling)},
			float64(now)/1e6, 0)
		b.add(row{Name: "resident at most, " + of, Unit: "MB", What: "the highest since the start of the process, most of it while each notice is receipted and cosigned by all five at once"}, float64(most)/1e6, 0)
		b.add(row{Name: "start, " + of, Unit: "s", Target: target{Most: start}, What: "from the start of the process until its node runs"}, p.started.Seconds(), 0)
		return nil
	})
	return errors.Join(err, r.town.Close())
}

// settling is how long after the last receipt the memory is read: cosignatures
// of the other parties still arrive, and the runtime gives back what it gathered.
const settling = 5 * time.Second

// busy sends drafts one after the other and reads the memory after it.
func (p *running) busy(ctx context.Context, drafts []string) (now, most int64, err error) {
	if err := p.linked(ctx, len(peers)); err != nil {
		return 0, 0, err
	}
	for _, id := range drafts {
		if err := p.send(ctx, id, len(peers)); err != nil {
			return 0, 0, err
		}
	}
	select {
	case <-time.After(settling):
	case <-ctx.Done():
		return 0, 0, ctx.Err()
	}
	return p.memory()
}
