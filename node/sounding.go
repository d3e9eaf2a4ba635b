package node

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"detente/desk"
	"detente/party"
	"detente/sounding"
)

// Bounds of what is kept off the record, in memory alone.
const (
	maxSoundings     = 64  // of this node
	maxSoundingLines = 500 // of one sounding, of both sides
)

// Errors of soundings.
var (
	ErrNoSounding = errors.New("no such sounding is held by the node that runs; one ends with the node")
	ErrNotOpen    = errors.New("the other side has not shown yet who it is")
)

// SoundingState says how far a sounding is.
type SoundingState string

const (
	SoundingOffered  SoundingState = "offered"  // by this side; no answer yet
	SoundingAccepted SoundingState = "accepted" // by this side; the other has not confirmed yet
	SoundingOpen     SoundingState = "open"     // each side knows the other
)

// SoundingLine is one thing said off the record.
type SoundingLine struct {
	From   party.ID
	At     time.Time // said or heard, by this node's clock
	Text   string
	Missed int64 // how many of the other side before it did not come
}

// Sounding is a conversation off the record. It is in the memory of the running
// node and nowhere else: no table, record, backup or log has what was said.
type Sounding struct {
	Session string
	Peer    party.ID
	State   SoundingState
	Began   time.Time
	Lines   []SoundingLine
}

// soundings are those of this node.
type soundings struct {
	mu  sync.Mutex
	all map[string]*soundingHeld
}

type soundingHeld struct {
	Sounding
	offered  *sounding.Offered
	accepted *sounding.Accepted
	session  *sounding.Session
}

// soundingSide is this state towards another, with the keys of this moment.
func (n *Node) soundingSide(peer party.ID) (sounding.Side, error) {
	p, ok := n.keys.Load().Current().Party(peer)
	if !ok || p.Card == nil || peer == n.self {
		return sounding.Side{}, fmt.Errorf("%s is no other party with a node", peer)
	}
	text, ok := n.keys.Load().Sealing(peer, n.now())
	if !ok {
		return sounding.Side{}, fmt.Errorf("%s has no key to seal to", peer)
	}
	r, err := n.sealers.recipient(text)
	if err != nil {
		return sounding.Side{}, fmt.Errorf("sealing key of %s: %w", peer, err)
	}
	return sounding.Side{Group: n.cfg.First.Group, Self: n.origin.Base(), Peer: p.Card.Origin, Keys: n.set().Sealing, PeerKey: r, Rand: n.cfg.Rand}, nil
}

// BeginSounding offers a sounding to a party; the bytes go to it by any way. The
// trail says that, and with whom, and never what was said.
func (n *Node) BeginSounding(ctx context.Context, s desk.Session, peer party.ID) (Sounding, []byte, error) {
	side, err := n.soundingSide(peer)
	if err != nil {
		return Sounding{}, nil, err
	}
	o, b, err := sounding.Begin(side)
	if err != nil {
		return Sounding{}, nil, err
	}
	held := &soundingHeld{Sounding: Sounding{Session: o.Session(), Peer: peer, State: SoundingOffered, Began: n.now()}, offered: o}
	if err := n.holdSounding(ctx, s, "sounding-begin", held); err != nil {
		return Sounding{}, nil, err
	}
	return held.Sounding, b, nil
}

func (n *Node) holdSounding(ctx context.Context, s desk.Session, what string, held *soundingHeld) error {
	n.soundings.mu.Lock()
	defer n.soundings.mu.Unlock()
	if len(n.soundings.all) >= maxSoundings {
		return fmt.Errorf("%d soundings are held: end one first", maxSoundings)
	}
	if _, ok := n.soundings.all[held.Session]; ok {
		return errors.New("this offer was taken already")
	}
	if err := n.Note(ctx, s.Officer().ID, what, string(held.Peer)); err != nil {
		return err
	}
	if n.soundings.all == nil {
		n.soundings.all = map[string]*soundingHeld{}
	}
	n.soundings.all[held.Session] = held
	return nil
}

// TakeSounding takes an envelope of another party. What it answers, if anything,
// goes back by any way: to an offer the acceptance, to an acceptance the
// confirmation. An officer takes an offer deliberately: taking is accepting.
func (n *Node) TakeSounding(ctx context.Context, s desk.Session, b []byte) (Sounding, []byte, error) {
	e, err := sounding.Parse(b)
	if err != nil {
		return Sounding{}, nil, err
	}
	peer := n.author(e.From)
	if peer == "" {
		return Sounding{}, nil, fmt.Errorf("%w: no party of this group has the record %s", sounding.ErrRefused, e.From)
	}
	if e.Kind == sounding.Offer {
		return n.acceptSounding(ctx, s, peer, b)
	}
	n.soundings.mu.Lock()
	defer n.soundings.mu.Unlock()
	held, ok := n.soundings.all[e.Session]
	if !ok || held.Peer != peer {
		return Sounding{}, nil, ErrNoSounding
	}
	switch {
	case e.Kind == sounding.Accept && held.offered != nil:
		session, reply, err := held.offered.Complete(b)
		if err != nil {
			return held.copy(), nil, err
		}
		held.offered, held.session, held.State = nil, session, SoundingOpen
		return held.copy(), reply, nil
	case e.Kind == sounding.Confirm && held.accepted != nil:
		session, err := held.accepted.Complete(b)
		if err != nil {
			return held.copy(), nil, err
		}
		held.accepted, held.session, held.State = nil, session, SoundingOpen
		return held.copy(), nil, nil
	case e.Kind == sounding.Said && held.session != nil:
		text, missed, err := held.session.Hear(b)
		if err != nil {
			return held.copy(), nil, err
		}
		held.add(SoundingLine{peer, n.now(), Legible(string(text)), missed})
		return held.copy(), nil, nil
	case e.Kind == sounding.Said:
		return held.copy(), nil, ErrNotOpen
	}
	return held.copy(), nil, sounding.ErrRefused
}

func (n *Node) acceptSounding(ctx context.Context, s desk.Session, peer party.ID, offer []byte) (Sounding, []byte, error) {
	side, err := n.soundingSide(peer)
	if err != nil {
		return Sounding{}, nil, err
	}
	a, reply, err := sounding.Answer(side, offer)
	if err != nil {
		return Sounding{}, nil, err
	}
	held := &soundingHeld{Sounding: Sounding{Session: a.Session(), Peer: peer, State: SoundingAccepted, Began: n.now()}, accepted: a}
	if err := n.holdSounding(ctx, s, "sounding-take", held); err != nil {
		return Sounding{}, nil, err
	}
	return held.copy(), reply, nil
}

// SaySounding says something off the record; the bytes go to the other side by any
// way. Nobody clears it, and nobody can be shown it.
func (n *Node) SaySounding(session, text string) (Sounding, []byte, error) {
	if err := checkLegible(text); err != nil {
		return Sounding{}, nil, err
	}
	n.soundings.mu.Lock()
	defer n.soundings.mu.Unlock()
	held, ok := n.soundings.all[session]
	if !ok {
		return Sounding{}, nil, ErrNoSounding
	}
	if held.session == nil {
		return held.copy(), nil, ErrNotOpen
	}
	b, err := held.session.Say([]byte(text))
	if err != nil {
		return held.copy(), nil, err
	}
	held.add(SoundingLine{From: n.self, At: n.now(), Text: text})
	return held.copy(), b, nil
}

// Soundings are those that this node holds, the newest first.
func (n *Node) Soundings() []Sounding {
	n.soundings.mu.Lock()
	defer n.soundings.mu.Unlock()
	var out []Sounding
	for _, held := range n.soundings.all {
		out = append(out, held.copy())
	}
	slices.SortFunc(out, func(a, b Sounding) int { return cmp.Or(b.Began.Compare(a.Began), cmp.Compare(a.Session, b.Session)) })
	return out
}

// EndSounding forgets a sounding with all that was said.
func (n *Node) EndSounding(session string) error {
	n.soundings.mu.Lock()
	defer n.soundings.mu.Unlock()
	if _, ok := n.soundings.all[session]; !ok {
		return ErrNoSounding
	}
	delete(n.soundings.all, session)
	return nil
}

// add keeps the newest lines.
func (h *soundingHeld) add(l SoundingLine) {
	h.Lines = append(h.Lines, l)
	if over := len(h.Lines) - maxSoundingLines; over > 0 {
		h.Lines = slices.Delete(h.Lines, 0, over)
	}
}

func (h *soundingHeld) copy() Sounding {
	s := h.Sounding
	s.Lines = slices.Clone(h.Lines)
	return s
}
