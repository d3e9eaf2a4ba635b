package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"detente/node"
	"detente/party"
	"detente/town"
)

// measureCatchUp measures how fast an empty node takes over a long record from
// another process, verified and durable.
func measureCatchUp(ctx context.Context, b *bench) error {
	count := int64(100_000)
	if b.short {
		count = 10_000
	}
	// Cintra is there so that the acts are addressed to somebody else: a mirror
	// owes no receipt.
	t, err := found(filepath.Join(b.dir, "catchup"), 3, func(p *town.Plan) { p.Parties[2].Courier = true })
	if err != nil {
		return err
	}
	defer t.Close()
	author := t.Houses["alatau"].Config
	n, err := node.Open(ctx, author)
	if err != nil {
		return err
	}
	w, err := newWriter(n, "cintra", entrySize)
	if err == nil {
		err = errors.Join(n.Confirm(ctx), w.fill(ctx, count))
	}
	if err = errors.Join(err, n.Close()); err != nil {
		return err
	}
	far, err := b.begin(ctx, t, "alatau")
	if err != nil {
		return err
	}
	err = b.each(ctx, func(run int, m floor) error {
		took, err := catchUp(ctx, t, author.Keys.Origin, count)
		if err != nil {
			return err
		}
		b.add(row{Name: "catch-up of a mirror", Unit: "/s", Target: target{Least: 8000, Disk: true},
			What: "entries of 2 kB without blobs from another process into an empty node: exchanged, parsed, hashed, compared with the signed heads, derived tables, durable"},
			perSecond(int(count), took), perSecond(256, 256*m.Hash+m.Batch))
		return nil
	})
	return errors.Join(err, far.end())
}

// catchUp starts borovia with an empty home and times it from the first answer.
func catchUp(ctx context.Context, t *town.Town, from party.Origin, count int64) (time.Duration, error) {
	h := t.Houses["borovia"]
	if err := errors.Join(os.RemoveAll(h.Config.Dir), os.Mkdir(h.Config.Dir, 0o700)); err != nil {
		return 0, err
	}
	n, err := t.Start(ctx, h.ID)
	if err != nil {
		return 0, err
	}
	held := func(most int64) func() (bool, error) {
		return func() (bool, error) {
			at, err := n.Position(ctx)
			return at[from] >= most, err
		}
	}
	start := time.Now()
	err = until(ctx, n, "the whole record", held(count))
	took := time.Since(start)
	return took, errors.Join(err, t.Stop(h.ID))
}
