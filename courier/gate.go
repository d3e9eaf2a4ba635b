package courier

import (
	"context"
	"sync"

	"detente/party"
)

// gate counts the requests that each peer has under way.
type gate struct {
	limit int

	mu    sync.Mutex
	under map[party.ID]int // guarded by mu; no zero values
}

func newGate(limit int) *gate {
	return &gate{limit: limit, under: make(map[party.ID]int)}
}

// enter reports whether one more may begin; leave ends one that did.
func (g *gate) enter(id party.ID) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.under[id] == g.limit {
		return false
	}
	g.under[id]++
	return true
}

func (g *gate) leave(id party.ID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.under[id]--; g.under[id] == 0 {
		delete(g.under, id)
	}
}

// queue lets each peer have some requests served at a time; some others wait.
type queue struct {
	all    *gate // those served and those that wait
	limit  int
	mu     sync.Mutex
	places map[party.ID]chan struct{} // guarded by mu; one for each party that ever asked
}

func newQueue(limit, waits int) *queue {
	return &queue{all: newGate(limit + waits), limit: limit, places: make(map[party.ID]chan struct{})}
}

func (q *queue) of(id party.ID) chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.places[id] == nil {
		q.places[id] = make(chan struct{}, q.limit)
	}
	return q.places[id]
}

// enter waits for a place; false if too many wait or ctx ended first. leave gives
// it back.
func (q *queue) enter(ctx context.Context, id party.ID) bool {
	if !q.all.enter(id) {
		return false
	}
	select {
	case q.of(id) <- struct{}{}:
		return true
	case <-ctx.Done():
		q.all.leave(id)
		return false
	}
}

func (q *queue) leave(id party.ID) {
	<-q.of(id)
	q.all.leave(id)
}
