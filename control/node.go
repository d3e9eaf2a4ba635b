package control

import (
	"context"

	"detente/internal/canon"
	"detente/node"
	"detente/party"
	"detente/record"
)

func nodeVerbs() map[string]verb {
	return map[string]verb{
		"status":  reads(status),
		"ready":   reads(ready),
		"confirm": writes(confirm),
		"rebuild": writes(rebuild),
		"doctor":  reads(doctor),
	}
}

// Observation is something about a peer that may as well have come from the line.
type Observation struct {
	Seq   int64  `json:"seq"`
	From  string `json:"from"`
	What  string `json:"what"`
	Bytes int64  `json:"bytes"` // of evidence kept with it
	At    string `json:"at"`
}

func observationOf(o record.Observation) Observation {
	return Observation{o.Seq, o.From, o.What, o.Length, node.Time(o.At)}
}

// Status is how a node stands.
type Status struct {
	Party     party.ID       `json:"party"`
	Name      string         `json:"name"`
	Group     party.Group    `json:"group"`
	Edition   int            `json:"edition"`
	Origin    party.Origin   `json:"origin"`
	Acts      int64          `json:"acts"`
	Signed    string         `json:"signed"`  // time of the newest own checkpoint
	Running   bool           `json:"running"` // its loops run, in another process
	Listen    string         `json:"listen"`
	Peers     int            `json:"peers"`     // with a record
	Reachable int            `json:"reachable"` // of them
	Open      int            `json:"open"`      // statements to this party without an answer
	Missing   int            `json:"missing"`   // contents that have not arrived
	Frozen    []party.Origin `json:"frozen"`    // records with a proven fork
	Suspended bool           `json:"suspended"`
	Assured   string         `json:"assured"` // empty: it may sign; else why not
	Restored  bool           `json:"restored"`
}

func status(ctx context.Context, c *call, _ nothing) (any, error) {
	n := c.node
	current := n.Keys().Current()
	s := Status{Party: n.Self(), Name: c.name(n.Self()), Group: n.First().Group, Edition: current.Edition, Origin: n.Origin(),
		Running: c.live, Listen: n.Settings().Listen, Frozen: []party.Origin{}, Restored: c.home.Restored}
	if head, ok := n.Head(); ok {
		s.Acts, s.Signed = head.Head().Size, node.Time(head.Time())
	}
	if err := n.Assured(); err != nil {
		s.Assured = err.Error()
	}
	peers, err := n.Peers(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range peers {
		if row, ok := current.Party(p.Party); ok && row.Card != nil {
			s.Peers++
			if p.Link == "direct" || p.Link == "dials in" {
				s.Reachable++
			}
		}
	}
	open, err := n.Unanswered(ctx, MaxList)
	if err != nil {
		return nil, err
	}
	s.Open = len(open)
	if s.Missing, err = n.MissingBlobs(ctx); err != nil {
		return nil, err
	}
	frozen, err := n.Frozen(ctx)
	if err != nil {
		return nil, err
	}
	s.Frozen = list(frozen)
	s.Suspended, err = n.Suspended(ctx, n.Self())
	return s, err
}

// ready says whether the node can do its own work: its store takes changes and its
// clock is not behind its own signatures. Keys are loaded where a node is open, and
// other parties have no part in it.
func ready(ctx context.Context, c *call, _ nothing) (any, error) {
	if behind := c.clockBehind(); behind > 0 {
		return nil, refuse(Failed, setClock, "the clock of this machine is %s before the newest own signature", behind)
	}
	return nil, c.node.Writable(ctx)
}

// ConsoleArgs say that the console acts.
type ConsoleArgs struct {
	Console bool `json:"console"`
}

func confirm(ctx context.Context, c *call, a ConsoleArgs) (any, error) {
	by, err := c.admin(ctx, a.Console)
	if err != nil {
		return nil, err
	}
	if err := c.node.Confirm(ctx); err != nil {
		return nil, err
	}
	return "confirmed", c.node.Note(ctx, by, "confirm", "this machine was not restored from an older state")
}

// Rebuilt says whether the derived tables came out the same.
type Rebuilt struct {
	Same bool `json:"same"`
}

func rebuild(ctx context.Context, c *call, a ConsoleArgs) (any, error) {
	by, err := c.admin(ctx, a.Console)
	if err != nil {
		return nil, err
	}
	same, err := c.node.Rebuild(ctx)
	if err != nil {
		return nil, err
	}
	return Rebuilt{same}, c.node.Note(ctx, by, "rebuild", canon.FormatTime(c.home.Time()))
}
