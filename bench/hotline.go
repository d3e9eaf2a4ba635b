package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"detente/node"
	"detente/party"
)

// inFlight is how many notices are under way at once for the sustained rate.
const inFlight = 32

// measureHotline measures the way of a notice from a cleared draft to the
// receipt, between this process and another one.
func measureHotline(ctx context.Context, b *bench) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	t, err := found(filepath.Join(b.dir, "hotline"), 2, nil)
	if err != nil {
		return err
	}
	defer t.Close()
	far, err := b.begin(ctx, t, "borovia")
	if err != nil {
		return err
	}
	n, err := t.Start(ctx, "alatau")
	if err != nil {
		return errors.Join(err, far.end())
	}
	err = hotline(ctx, b, n, t.Houses["borovia"].Config.Keys.Origin)
	return errors.Join(err, t.Close(), far.end())
}

func hotline(ctx context.Context, b *bench, n *node.Node, far party.Origin) error {
	if err := until(ctx, n, "a link to the other process", linked(ctx, n, 1)); err != nil {
		return err
	}
	if err := enrol(ctx, n); err != nil {
		return err
	}
	desk, err := signIn(ctx, n)
	if err != nil {
		return err
	}
	in, err := watchReceipts(ctx, n, far)
	if err != nil {
		return err
	}
	line := &way{n: n, desk: desk, in: in}
	trips, burst, lasting := 550, 640, 5*time.Second
	if b.short {
		trips, burst, lasting = 60, 64, time.Second
	}
	return b.each(ctx, func(run int, m floor) error {
		drafts, cleared, err := desk.pile(ctx, notice("borovia"), trips)
		if err != nil {
			return err
		}
		took, err := line.oneByOne(ctx, drafts)
		if err != nil {
			return err
		}
		took = took[trips/11:] // the first ones warm the line up
		p50 := percentile(took, 50)
		b.add(row{Name: "hotline round trip, p50", Unit: "ms", Target: target{Most: 12, Ratio: 2.5, Disk: true},
			What: "two processes, one notice at a time: Send of a cleared draft of 2 kB (seal, append, sign, commit), mutual TLS, verified, opened, receipted and durable there, until its receipt is verified and durable here; floor: seal, open, 2 checkpoints signed and verified, 3 commits, 2 heads outside the database"},
			ms(p50), ms(m.roundTrip()))
		b.add(row{Name: "hotline p99 / p50", Unit: "×", Target: target{Most: 5}, What: ""},
			float64(percentile(took, 99))/float64(p50), 0)
		b.add(row{Name: "the desk before it", Unit: "ms", What: "draft, submission and clearance by a second officer, each durable; not part of the round trip"}, ms(cleared), 0)
		rate, err := line.sustained(ctx, burst, lasting)
		if err != nil {
			return err
		}
		b.add(row{Name: "hotline sustained, 32 in flight", Unit: "/s", Target: target{Least: 400, Disk: true},
			What: "round trips as above, 32 under way at all times, for 5 s"}, rate, 0)
		return nil
	})
}

// way sends prepared drafts and waits for their receipts.
type way struct {
	n    *node.Node
	desk *clerks
	in   *receipts
}

func (l *way) trip(ctx context.Context, draft string) (time.Duration, error) {
	start := time.Now()
	ref, err := l.n.Send(ctx, l.desk.drafts, draft)
	if err != nil {
		return 0, err
	}
	end, err := l.in.wait(ctx, ref)
	return end.Sub(start), err
}

func (l *way) oneByOne(ctx context.Context, drafts []string) ([]time.Duration, error) {
	took := make([]time.Duration, len(drafts))
	for i, d := range drafts {
		var err error
		if took[i], err = l.trip(ctx, d); err != nil {
			return nil, err
		}
	}
	return took, nil
}

// sustained finds out the rate with a burst, prepares what is needed for the
// time, and sends it.
func (l *way) sustained(ctx context.Context, burst int, lasting time.Duration) (float64, error) {
	rate, _, err := l.together(ctx, burst, time.Hour)
	if err != nil {
		return 0, err
	}
	count := int(1.5*rate*lasting.Seconds()) + 2*inFlight
	rate, took, err := l.together(ctx, count, lasting)
	if err == nil && took < lasting*9/10 {
		err = fmt.Errorf("%d notices were sent in %v, before the time was up", count, took)
	}
	return rate, err
}

// together sends up to count notices, inFlight at a time, for at most lasting.
func (l *way) together(ctx context.Context, count int, lasting time.Duration) (float64, time.Duration, error) {
	drafts, _, err := l.desk.pile(ctx, notice("borovia"), count)
	if err != nil {
		return 0, 0, err
	}
	queue := make(chan string, len(drafts))
	for _, d := range drafts {
		queue <- d
	}
	close(queue)
	var done atomic.Int64
	var workers sync.WaitGroup
	errs := make(chan error, inFlight)
	start := time.Now()
	for range inFlight {
		workers.Go(func() {
			for d := range queue {
				if _, err := l.trip(ctx, d); err != nil {
					errs <- err
					return
				}
				done.Add(1)
				if time.Since(start) > lasting {
					return
				}
			}
		})
	}
	workers.Wait()
	took := time.Since(start)
	close(errs)
	for e := range errs {
		err = errors.Join(err, e)
	}
	return perSecond(int(done.Load()), took), took, err
}
