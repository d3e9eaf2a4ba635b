package control

import (
	"context"
	"time"

	"detente/act"
)

// followRest is the least time between two readings of what came.
const followRest = 500 * time.Millisecond

// follow reads what the node holds, and what comes, until ctx ends, so that a page
// finds it read: after a start the whole of the records, later a few acts at a time.
// What goes wrong is tried again with the next change; whoever asks hears of it.
func (s *Server) follow(ctx context.Context) {
	c := &call{home: s.home, node: s.home.Node, folio: s.folio, atlas: &s.atlas, live: true}
	for {
		changed := s.Changed()
		if err := s.folio.Read(ctx); err == nil {
			s.atlas.list(ctx, c, act.Actual, "") // asked for, so that it is read
		}
		rest := time.NewTimer(followRest)
		select {
		case <-rest.C:
		case <-ctx.Done():
			rest.Stop()
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}
