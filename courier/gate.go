package courier

import (
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
