package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"detente/node"
	"detente/party"
	"detente/town"
)

// historySize is the size in bytes of an entry of a long history: most entries
// are receipts and notices whose content is sealed and lies beside the record.
const historySize = 400

// measureMemory measures a node with five peers at growing lengths of its record.
func measureMemory(ctx context.Context, b *bench) error {
	if _, _, err := memory(); err != nil {
		b.note("  left out: %v", err)
		return nil
	}
	sizes := []int64{10_000, 100_000, 1_000_000}
	if b.short {
		sizes = []int64{2_000, 20_000}
	}
	// The seventh has no network: the acts are addressed to it, so that no receipts
	// are owed for them.
	t, err := found(filepath.Join(b.dir, "memory"), 7, func(p *town.Plan) { p.Parties[6].Courier = true })
	if err != nil {
		return err
	}
	defer t.Close()
	for _, size := range sizes {
		if err := lengthen(ctx, t, size); err != nil {
			return err
		}
		b.note("  %s acts are written", thousands(size))
		if err := b.resident(ctx, t, size); err != nil {
			return err
		}
	}
	return nil
}

// lengthen writes acts into the record of alatau until there are size.
func lengthen(ctx context.Context, t *town.Town, size int64) error {
	n, err := node.Open(ctx, t.Houses["alatau"].Config)
	if err != nil {
		return err
	}
	held, err := n.Position(ctx)
	if err = errors.Join(err, n.Confirm(ctx)); err != nil {
		return errors.Join(err, n.Close())
	}
	w, err := newWriter(n, "party-07", historySize)
	if err == nil {
		w.next = held[n.Origin()]
		err = w.fill(ctx, size)
	}
	return errors.Join(err, n.Close())
}

// spread gives every peer a copy of the store of alatau, in place of its own:
// then all hold the same, as after years of mirroring.
func spread(t *town.Town) error {
	from := filepath.Join(t.Houses["alatau"].Config.Dir, node.StoreFile)
	for id, h := range t.Houses {
		if id == "alatau" {
			continue
		}
		if err := errors.Join(os.RemoveAll(h.Config.Dir), os.Mkdir(h.Config.Dir, 0o700)); err != nil {
			return err
		}
		if err := copyFile(filepath.Join(h.Config.Dir, node.StoreFile), from); err != nil {
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

// resident starts the node with its five peers and reads its memory after it was
// linked to all and has sent twenty notices to each.
func (b *bench) resident(ctx context.Context, t *town.Town, size int64) error {
	if err := spread(t); err != nil {
		return fmt.Errorf("copy the store: %w", err)
	}
	for _, id := range peers {
		n, err := t.Start(ctx, id)
		if err != nil {
			return err
		}
		if err := n.Confirm(ctx); err != nil { // that the copy is no restore
			return err
		}
	}
	err := b.each(ctx, func(run int, m floor) error {
		p, err := b.begin(ctx, t, "alatau")
		if err != nil {
			return err
		}
		started := p.started
		var a answer
		if _, err = p.ask("linked", len(peers)); err == nil {
			if _, err = p.ask("say", 20); err == nil {
				a, err = p.ask("memory", 0)
			}
		}
		if err = errors.Join(err, p.end()); err != nil {
			return err
		}
		of := thousands(size) + " acts"
		var most, start float64
		switch size {
		case 100_000:
			most = 60
		case 1_000_000:
			most, start = 120, 1
		}
		b.add(row{Name: "resident, " + of, Unit: "MB", Target: target{Most: most},
			What: fmt.Sprintf("memory of a process with five linked peers whose record has so many acts of %d bytes, after 20 sealed notices to all five and their receipts", historySize)},
			float64(a.RSS)/1e6, 0)
		b.add(row{Name: "resident at most, " + of, Unit: "MB"}, float64(a.Peak)/1e6, 0)
		b.add(row{Name: "start, " + of, Unit: "s", Target: target{Most: start}, What: "from the start of the process until its node runs"}, started.Seconds(), 0)
		return nil
	})
	return errors.Join(err, t.Close())
}
