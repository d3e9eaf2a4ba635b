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
	"detente/internal/canon"
	"detente/party"
	"detente/sounding"
)

// Bounds of what is kept off the record, in memory alone.
const (
	maxSoundings     = 64  // of this node
	maxSoundingLines = 500 // of one sounding, of both sides
	maxUnsent        = 16  // own envelopes of one sounding that are to be handed over
)

// Errors of soundings.
var (
	ErrNoSounding = errors.New("no such sounding is held by the node that runs; one ends with the node")
	ErrNotOpen    = errors.New("the other side has not shown yet who it is")
	ErrMoved      = errors.New("this conversation goes on on the record, in the thread")
	ErrWaiting    = errors.New("what was said before has not been handed over: send it again, or take it as files")
)

// SoundingState says how far a sounding is.
type SoundingState string

const (
	SoundingAsked    SoundingState = "asked"    // by the other side, over the link; an officer has not accepted it
	SoundingOffered  SoundingState = "offered"  // by this side; no answer yet
	SoundingAccepted SoundingState = "accepted" // by this side; the other has not confirmed yet
	SoundingOpen     SoundingState = "open"     // each side knows the other
	SoundingMoved    SoundingState = "moved"    // a side said that it goes on on the record
)

// SoundingLine is one thing said off the record.
type SoundingLine struct {
	From   party.ID
	At     time.Time // said or heard, by this node's clock
	Text   string
	Missed int64 // how many of the other side before it did not come
	// Thread is where the side that says this goes on on the record; the text is
	// empty then. Empty: it is something said.
	Thread string
}

// Sounding is a conversation off the record. It is in the memory of the running
// node and nowhere else: no table, record, backup or log has what was said.
type Sounding struct {
	Session string
	Peer    party.ID
	State   SoundingState
	Began   time.Time
	Lines   []SoundingLine
	Waiting int    // envelopes of this side that are to be handed over
	Thread  string // in which it goes on on the record; empty: it does not
}

// soundings are those of this node.
type soundings struct {
	mu   sync.Mutex
	all  map[string]*soundingHeld
	pace map[party.ID]*soundingPace // what came of each peer over the link
	out  map[party.ID]*collection   // what waits for peers that only dial in
}

type soundingHeld struct {
	Sounding
	asked    []byte // the offer of the other side, while an officer has not accepted it
	offered  *sounding.Offered
	accepted *sounding.Accepted
	session  *sounding.Session

	waiting  [][]byte     // own envelopes to be handed over, in order
	handing  bool         // they are being handed over
	answered canon.Digest // the acceptance that was taken …
	confirm  []byte       // … and what was answered, should it come again
	taken    canon.Digest // the last envelope that was heard
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
	return held.copy(), b, nil
}

func (n *Node) holdSounding(ctx context.Context, s desk.Session, what string, held *soundingHeld) error {
	n.soundings.mu.Lock()
	defer n.soundings.mu.Unlock()
	known, ok := n.soundings.all[held.Session]
	switch {
	case ok && (known.State != SoundingAsked || held.State != SoundingAccepted || known.Peer != held.Peer):
		return errors.New("this offer was taken already")
	case !ok && len(n.soundings.all) >= maxSoundings:
		return fmt.Errorf("%d soundings are held: end one first", maxSoundings)
	}
	if err := n.Note(ctx, s.Officer().ID, what, string(held.Peer)); err != nil {
		return err
	}
	if n.soundings.all == nil {
		n.soundings.all = map[string]*soundingHeld{}
	}
	n.soundings.all[held.Session] = held
	n.announce()
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
	return n.hear(peer, e, b)
}

// hear takes an envelope of a sounding that is held here: the answer to an offer, the
// confirmation, or what is said.
func (n *Node) hear(peer party.ID, e *sounding.Envelope, b []byte) (Sounding, []byte, error) {
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
		held.answered, held.confirm = canon.DigestOf(b), reply
		return held.copy(), reply, nil
	case e.Kind == sounding.Accept && held.confirm != nil && held.answered == canon.DigestOf(b):
		return held.copy(), held.confirm, nil // the answer was lost on the way
	case e.Kind == sounding.Confirm && held.accepted != nil:
		session, err := held.accepted.Complete(b)
		if err != nil {
			return held.copy(), nil, err
		}
		held.accepted, held.session, held.State = nil, session, SoundingOpen
		held.taken = canon.DigestOf(b)
		return held.copy(), nil, nil
	case e.Kind == sounding.Said && held.session != nil:
		text, missed, err := held.session.Hear(b)
		if err != nil {
			return held.copy(), nil, err
		}
		held.taken = canon.DigestOf(b)
		held.confirm = nil // it came: the other side speaks
		line := SoundingLine{From: peer, At: n.now(), Missed: missed}
		if thread, ok := sounding.ParseOnTheRecord(text); ok {
			if line.Thread = thread; held.State != SoundingMoved { // where a side moved first stands
				held.State, held.Thread = SoundingMoved, thread
			}
		} else {
			line.Text = Legible(string(text))
		}
		held.add(line)
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
	return n.speak(session, []byte(text), SoundingLine{From: n.self, At: n.now(), Text: text})
}

// MoveSounding says to the other side that this one goes on on the record, in a
// thread. Nothing more is said in the sounding afterwards, and the desk of each side
// shows it beside the thread for as long as its node runs; the record does not.
func (n *Node) MoveSounding(session, thread string) (Sounding, []byte, error) {
	body, err := sounding.OnTheRecord(thread)
	if err != nil {
		return Sounding{}, nil, err
	}
	return n.speak(session, body, SoundingLine{From: n.self, At: n.now(), Thread: thread})
}

func (n *Node) speak(session string, body []byte, line SoundingLine) (Sounding, []byte, error) {
	n.soundings.mu.Lock()
	defer n.soundings.mu.Unlock()
	held, ok := n.soundings.all[session]
	switch {
	case !ok:
		return Sounding{}, nil, ErrNoSounding
	case held.session == nil:
		return held.copy(), nil, ErrNotOpen
	case held.State == SoundingMoved:
		return held.copy(), nil, fmt.Errorf("%w %s", ErrMoved, held.Thread)
	case len(held.waiting) >= maxUnsent:
		return held.copy(), nil, ErrWaiting
	}
	b, err := held.session.Say(body)
	if err != nil {
		return held.copy(), nil, err
	}
	held.add(line)
	if line.Thread != "" {
		held.State, held.Thread = SoundingMoved, line.Thread
	}
	return held.copy(), b, nil
}

// AfterSounding reports whether a thread with other parties is one in which a
// sounding with one of them, still held here, goes on on the record.
func (n *Node) AfterSounding(thread string, with []party.ID) bool {
	n.soundings.mu.Lock()
	defer n.soundings.mu.Unlock()
	for _, held := range n.soundings.all {
		if held.Thread != "" && held.Thread == thread && slices.Contains(with, held.Peer) {
			return true
		}
	}
	return false
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
	held, ok := n.soundings.all[session]
	if !ok {
		return ErrNoSounding
	}
	held.waiting = nil // nothing more of it goes out
	delete(n.soundings.all, session)
	n.announce()
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
	s.Lines, s.Waiting = slices.Clone(h.Lines), len(h.waiting)
	return s
}
