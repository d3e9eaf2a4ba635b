package control

import "context"

// Changed returns a channel that is closed at the next change of what this node holds,
// so that a page can be brought up to date at once. Who waits asks for the channel
// first, then for the pulse, then waits.
func (s *Server) Changed() <-chan struct{} { return s.home.Node.Changed() }

func pulseVerbs() map[string]verb {
	return map[string]verb{
		"pulse": reads(pulse),
	}
}

// Pulse differs whenever a page may have something new to show.
type Pulse struct {
	Acts  int64 `json:"acts"`  // held, of all records
	Trail int64 `json:"trail"` // entries of the audit trail: every draft and clearance has one
	Heard int   `json:"heard"` // parties that answer now
}

func pulse(ctx context.Context, c *call, _ nothing) (any, error) {
	var p Pulse
	held, err := c.node.Position(ctx)
	if err != nil {
		return nil, err
	}
	for _, size := range held {
		p.Acts += size
	}
	if p.Trail, _, err = c.node.Desk().TrailHead(ctx); err != nil {
		return nil, err
	}
	peers, err := c.node.Peers(ctx)
	for _, one := range peers {
		if one.Link == "direct" || one.Link == "dials in" {
			p.Heard++
		}
	}
	return p, err
}
