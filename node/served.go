package node

import (
	"context"
	"sync"

	"detente/internal/durable"
	"detente/party"
	"detente/record"
)

// served are the newest heads of other records as read last: every message tells
// where this node stands in some of them, a full one in all. The zero value is
// empty; it is safe for concurrent use.
type served struct {
	mu      sync.Mutex
	heads   map[party.Origin]record.Stored
	changes int // how often a head was forgotten
}

// head is the newest checkpoint of o of which all entries are held.
func (s *served) head(ctx context.Context, q durable.Querier, o party.Origin) (record.Stored, bool, error) {
	s.mu.Lock()
	h, ok := s.heads[o]
	before := s.changes
	s.mu.Unlock()
	if ok {
		return h, true, nil
	}
	h, ok, err := record.Served(ctx, q, o)
	if err != nil || !ok {
		return h, ok, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.changes == before { // else what was read may be older than what is durable now
		if s.heads == nil {
			s.heads = map[party.Origin]record.Stored{}
		}
		s.heads[o] = h
	}
	return h, true, nil
}

// forget is called once a newer head of o is durable.
func (s *served) forget(o party.Origin) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changes++
	delete(s.heads, o)
}
