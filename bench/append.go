package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"detente/act"
	"detente/bundle"
	"detente/checkpoint"
	"detente/key"
	"detente/node"
	"detente/party"
	"detente/record"
	"golang.org/x/mod/sumdb/tlog"
)

// measureAppend measures a node alone: one act, batches, and the verification of
// what it exports.
func measureAppend(ctx context.Context, b *bench) error {
	t, err := found(filepath.Join(b.dir, "append"), 2, nil)
	if err != nil {
		return err
	}
	defer t.Close()
	n, err := node.Open(ctx, t.Houses["alatau"].Config)
	if err != nil {
		return err
	}
	defer n.Close()
	if err := n.Confirm(ctx); err != nil { // no peer is there to say that the home is new
		return err
	}
	w, err := newWriter(n, "borovia", entrySize)
	if err != nil {
		return err
	}
	single, batches := 500, 40
	if b.short {
		single, batches = 100, 8
	}
	err = b.each(ctx, func(run int, m floor) error {
		took := make([]time.Duration, single)
		for i := range took {
			start := time.Now()
			if err := w.batch(ctx, 1); err != nil {
				return err
			}
			took[i] = time.Since(start)
		}
		b.add(row{Name: "append, p50", Unit: "ms", Target: target{Most: 1.5, Disk: true},
			What: "one act of 2 kB through the node's writer: derived tables, tree, three signature lines (two Ed25519, one ML-DSA-44), commit, head outside the database"},
			ms(percentile(took, 50)), ms(m.append()))
		start := time.Now()
		for range batches {
			if err := w.batch(ctx, 256); err != nil {
				return err
			}
		}
		b.add(row{Name: "append in batches", Unit: "/s", Target: target{Least: 10000, Disk: true},
			What: "256 acts of 2 kB as one change, under one checkpoint"},
			perSecond(256*batches, time.Since(start)), perSecond(256, m.batch()))
		rate, err := appendTogether(ctx, w, batches/2)
		if err != nil {
			return err
		}
		b.add(row{Name: "append by 256 callers", Unit: "/s", What: "256 callers at once, each waits for its own act of 2 kB; the writer gathers them"},
			rate, perSecond(256, m.batch()))
		return nil
	})
	if err != nil {
		return err
	}
	return measureOffline(ctx, b, n, w)
}

// appendTogether lets 256 callers append rounds acts each.
func appendTogether(ctx context.Context, w *writer, rounds int) (float64, error) {
	const callers = 256
	acts := make([][]*act.Act, callers)
	for i := range acts {
		for range rounds {
			acts[i] = append(acts[i], w.act())
		}
	}
	all := make(chan error, callers)
	start := time.Now()
	for _, mine := range acts {
		go func() {
			for _, a := range mine {
				if err := w.n.TestOnlyAppend(ctx, []*act.Act{a}); err != nil {
					all <- err
					return
				}
			}
			all <- nil
		}()
	}
	var err error
	for range callers {
		err = errors.Join(err, <-all)
	}
	return perSecond(callers*rounds, time.Since(start)), err
}

// measureOffline verifies the record that a node exports, from the file alone.
func measureOffline(ctx context.Context, b *bench, n *node.Node, w *writer) error {
	count := int64(100_000)
	if b.short {
		count = 20_000
	}
	if err := w.fill(ctx, count); err != nil {
		return err
	}
	path := filepath.Join(b.dir, "exported")
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = n.Export(ctx, file, "", nil)
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	k, ok := n.Keys().Record(n.Origin(), 1)
	if !ok {
		return errors.New("the record has no key")
	}
	return b.each(ctx, func(run int, m floor) error {
		start := time.Now()
		size, err := verifyExport(path, n.Origin(), k)
		took := time.Since(start)
		if err != nil || size != w.next {
			return fmt.Errorf("verified %d of %d entries: %w", size, w.next, err)
		}
		b.add(row{Name: "offline verification", Unit: "/s", Target: target{Least: 120_000},
			What: "an exported record of 2 kB entries read from its file: the bundle and its closing hash, each act parsed strictly, tree, roots, signatures of every head in it"},
			perSecond(int(size), took), perSecond(1, 2*m.Hash))
		return nil
	})
}

// chunk is a run of entries on its way through the workers.
type chunk struct {
	leaves [][]byte
	hashes []tlog.Hash
	err    error
	done   chan struct{}
}

// verifyExport verifies the heads of one record in an exported bundle against
// its entries and returns the number of entries under a verified head. Entries
// are parsed and hashed side by side; the tree grows in order.
func verifyExport(path string, o party.Origin, k key.RecordKey) (int64, error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	br, _, err := bundle.NewReader(bufio.NewReaderSize(file, 1<<20), bundle.FileLimits())
	if err != nil {
		return 0, err
	}
	work := make(chan *chunk)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for c := range work {
				c.check()
			}
		})
	}
	defer workers.Wait()
	defer close(work)
	var tree record.Tree
	var pending []*chunk
	verified := int64(0)
	settle := func(keep int) error {
		for ; len(pending) > keep; pending = pending[1:] {
			<-pending[0].done
			if pending[0].err != nil {
				return pending[0].err
			}
			for _, h := range pending[0].hashes {
				if err := tree.Append(h); err != nil {
					return err
				}
			}
		}
		return nil
	}
	for {
		p, err := br.Next()
		if errors.Is(err, io.EOF) {
			return verified, nil
		}
		if err != nil {
			return 0, err
		}
		switch {
		case p.Kind == bundle.Entries && p.Origin == o:
			c := &chunk{leaves: p.Leaves, done: make(chan struct{})}
			pending = append(pending, c)
			work <- c
			err = settle(4 * runtime.GOMAXPROCS(0))
		case p.Kind == bundle.Head:
			if err = settle(0); err == nil {
				verified, err = verifyHead(p.Note, o, k, &tree, verified)
			}
		}
		if err != nil {
			return 0, err
		}
	}
}

func (c *chunk) check() {
	defer close(c.done)
	c.hashes = make([]tlog.Hash, len(c.leaves))
	for i, l := range c.leaves {
		if _, err := act.Parse(l); err != nil {
			c.err = err
			return
		}
		c.hashes[i] = tlog.RecordHash(l)
	}
}

// verifyHead verifies a head over the tree so far; one of another record is
// passed over.
func verifyHead(b []byte, o party.Origin, k key.RecordKey, tree *record.Tree, before int64) (int64, error) {
	note, err := checkpoint.ParseNote(b)
	if err != nil || note.Head.Origin != o {
		return before, err
	}
	signed, err := note.Verify(k)
	if err != nil {
		return 0, err
	}
	if h := signed.Head(); h.Size != tree.Size() || h.Root != tree.Root() {
		return 0, fmt.Errorf("the head over %d entries does not fit the %d read", h.Size, tree.Size())
	}
	return signed.Head().Size, nil
}
