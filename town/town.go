// Package town is a group of real nodes in one process, each with its own keys,
// its own store on disk and its own mutual-TLS listener, under one roster that
// all adopted. The demonstration, the benchmark and the tests live in it. It is
// made of the same parts as a node of a ministry and takes no short cut.
//
// Invariant: what a node of a town does, a node of a ministry does.
package town

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"detente/internal/canon"
	"detente/key"
	"detente/node"
	"detente/pack"
	"detente/packs"
	"detente/party"
	"detente/roster"
)

// Plan says what town to found. The zero value of each field works.
type Plan struct {
	Dir   string // folder that holds the homes; it must exist
	Group party.Group
	Names map[string]string // of the group, by language
	// Parties in protocol order.
	Parties []Resident
	F, K    int // assumed to lie; quorum
	// Custodians hold ciphertext; none: all parties with a node.
	Custodians []party.ID
	Packs      []string // ids of packs that ship, to be in force
	Slots      []roster.Slot

	Now  func() time.Time // Optional: time.Now.
	Rand io.Reader        // Optional: crypto/rand.
	Log  func(party.ID) *slog.Logger
	// Listen opens the listener of a party and says its address. Optional: a
	// free port of the loopback interface.
	Listen func(party.ID) (net.Listener, error)
	// Dial opens connections. Optional: the network.
	Dial func(from party.ID) func(ctx context.Context, network, addr string) (net.Conn, error)
	// Tune alters a node's configuration before it is opened. Optional.
	Tune func(*node.Config)
}

// Resident is one party of the plan.
type Resident struct {
	ID       party.ID
	Standing roster.Standing
	Names    map[string]string
	NoNode   bool       // a party without a record
	Courier  bool       // a node without any network
	NoLink   []party.ID // parties it keeps no link with
	Outside  bool       // no counting witness
	// Card and Endpoints are of a home that lies elsewhere: the town writes them in
	// the roster and makes no house. Optional.
	Card      *key.Card
	Endpoints []string
}

// Town is a founded group.
type Town struct {
	plan   Plan
	First  *roster.Roster
	Houses map[party.ID]*House
}

// House is the place of one party.
type House struct {
	ID     party.ID
	Config node.Config
	Next   *key.Next
	Node   *node.Node // nil while it is stopped
	addr   string
	listen func() (net.Listener, error)
	opened bool // once before
}

// Found makes keys and homes and the roster; it starts nothing.
func Found(p Plan) (*Town, error) {
	if p.Now == nil {
		p.Now = time.Now
	}
	if p.Log == nil {
		p.Log = func(party.ID) *slog.Logger { return slog.New(slog.DiscardHandler) }
	}
	t := &Town{plan: p, Houses: map[party.ID]*House{}}
	r := &roster.Roster{
		Format: roster.Format, Group: p.Group, Edition: 1, Effective: p.Now().UTC().Add(-time.Hour).Format("2006-01-02T15:04:05Z"),
		Names: p.Names, Languages: []string{"en"}, Adoption: roster.AdoptionAll, Acts: roster.MaxActs, Courier: "336h", Slots: p.Slots,
		Counting: roster.Counting{F: p.F, K: p.K}, Custodians: p.Custodians,
	}
	for _, res := range p.Parties {
		row, err := t.settle(res)
		if err != nil {
			return nil, err
		}
		r.Parties = append(r.Parties, row)
		if !res.NoNode && !res.Outside {
			r.Counting.Witnesses = append(r.Counting.Witnesses, res.ID)
		}
		if !res.NoNode && p.Custodians == nil {
			r.Custodians = append(r.Custodians, res.ID)
		}
	}
	texts, err := pack.NewLibrary(packs.FS)
	if err != nil {
		return nil, err
	}
	for _, id := range p.Packs {
		text, err := texts.Find(id, canon.Digest{})
		if err != nil {
			return nil, err
		}
		r.Packs = append(r.Packs, roster.Pack{ID: id, Digest: text.Digest()})
	}
	b, err := r.Bytes()
	if err != nil {
		return nil, fmt.Errorf("write the roster: %w", err)
	}
	if t.First, err = roster.Parse(b); err != nil {
		return nil, err
	}
	if faults := t.First.Lint(nil); roster.Refused(faults) {
		return nil, fmt.Errorf("the roster is refused: %s", faults[0])
	}
	for _, h := range t.Houses {
		h.Config.First, h.Config.Texts = t.First, texts
		if p.Tune != nil {
			p.Tune(&h.Config)
		}
	}
	return t, nil
}

// settle makes the keys and the home of one party and its row in the roster.
func (t *Town) settle(res Resident) (roster.Party, error) {
	standing := res.Standing
	if standing == "" {
		standing = roster.Member
	}
	row := roster.Party{ID: res.ID, Standing: standing, Names: res.Names, Posts: []party.Post{"duty-officer", "verification-centre"}}
	if row.Names == nil {
		row.Names = map[string]string{"en": string(res.ID)}
	}
	if res.Card != nil {
		row.Card, row.Endpoints = res.Card, res.Endpoints
	}
	if res.NoNode || res.Card != nil {
		return row, nil
	}
	h := &House{ID: res.ID, Config: node.Config{
		Dir: filepath.Join(t.plan.Dir, string(res.ID)), Now: t.plan.Now, Rand: t.plan.Rand, Log: t.plan.Log(res.ID), Boot: "town",
		Settings: node.Settings{Party: res.ID, NoLink: res.NoLink},
	}}
	if err := os.Mkdir(h.Config.Dir, 0o700); err != nil {
		return row, fmt.Errorf("make the home of %s: %w", res.ID, err)
	}
	random := t.plan.Rand
	if random == nil {
		random = cryptoRand
	}
	var tag [4]byte
	if _, err := io.ReadFull(random, tag[:]); err != nil {
		return row, err
	}
	set, next, err := key.Generate(random, party.Origin(fmt.Sprintf("%s/%x", res.ID, tag)))
	if err != nil {
		return row, err
	}
	if _, err := io.ReadFull(random, h.Config.Local[:]); err != nil {
		return row, err
	}
	h.Config.Keys, h.Next = set, next
	h.Config.Stage = func(*key.Set) error { return nil }
	h.Config.Promote = func() error { return nil }
	card := set.Card(next)
	row.Card = &card
	if !res.Courier {
		if err := t.place(h); err != nil {
			return row, err
		}
		row.Endpoints = []string{"https://" + h.addr}
	}
	if t.plan.Dial != nil {
		h.Config.Dial = t.plan.Dial(res.ID)
	}
	t.Houses[res.ID] = h
	return row, nil
}

// place finds the address of a house and how to listen there again after a stop.
func (t *Town) place(h *House) error {
	if t.plan.Listen != nil {
		h.listen = func() (net.Listener, error) { return t.plan.Listen(h.ID) }
		h.addr = string(h.ID) + ".example:443"
		return nil
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("find a port for %s: %w", h.ID, err)
	}
	h.addr = l.Addr().String()
	first := l
	h.listen = func() (net.Listener, error) {
		if l := first; l != nil {
			first = nil
			return l, nil
		}
		return net.Listen("tcp", h.addr)
	}
	return nil
}

// Addr is where a house listens; empty for one without a network.
func (h *House) Addr() string { return h.addr }

// Listen opens the listener of a house, for a node that runs in another process;
// nil for a house without a network.
func (h *House) Listen() (net.Listener, error) {
	if h.listen == nil {
		return nil, nil
	}
	return h.listen()
}

// Start opens a node and starts its loops.
func (t *Town) Start(ctx context.Context, id party.ID) (*node.Node, error) {
	h := t.Houses[id]
	if h == nil || h.Node != nil {
		return nil, fmt.Errorf("start %s: there is no such house, or it is running", id)
	}
	n, err := node.Open(ctx, h.Config)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", id, err)
	}
	var l net.Listener
	if h.listen != nil {
		if l, err = h.listen(); err != nil {
			return nil, errors.Join(err, n.Close())
		}
	}
	if h.listen == nil || !h.opened {
		// Its officer made the home just now, or has nobody to ask: no restore.
		if err := n.Confirm(ctx); err != nil {
			return nil, errors.Join(fmt.Errorf("confirm %s: %w", id, err), n.Close())
		}
	}
	h.Node, h.opened = n, true
	n.Run(l)
	return n, nil
}

// StartAll starts every house in protocol order and lets each adopt the roster.
func (t *Town) StartAll(ctx context.Context) error {
	body, err := t.First.Bytes()
	if err != nil {
		return err
	}
	for _, p := range t.First.Parties {
		if t.Houses[p.ID] == nil {
			continue
		}
		n, err := t.Start(ctx, p.ID)
		if err != nil {
			return err
		}
		if _, err := n.Adopt(ctx, "town", body); err != nil {
			return fmt.Errorf("%s adopts the roster: %w", p.ID, err)
		}
	}
	return nil
}

// Stop closes a node; its home stays.
func (t *Town) Stop(id party.ID) error {
	h := t.Houses[id]
	if h == nil || h.Node == nil {
		return nil
	}
	n := h.Node
	h.Node = nil
	return n.Close()
}

// Close stops every node.
func (t *Town) Close() error {
	var all error
	for id := range t.Houses {
		all = errors.Join(all, t.Stop(id))
	}
	return all
}
