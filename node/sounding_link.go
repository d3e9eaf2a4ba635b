package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"detente/courier"
	"detente/desk"
	"detente/internal/canon"
	"detente/party"
	"detente/sounding"
)

// Soundings over the link. What passes here is in memory alone: it is in no table, no
// log and no observation, also where it is refused. That two parties spoke, whoever
// watches the line can see.

// Bounds of what comes off the record over the links.
const (
	// maxAsked offers of one peer wait for an officer; more are refused.
	maxAsked = 4
	// soundingBurst envelopes of one peer are taken at once, and one more for each
	// soundingEvery afterwards.
	soundingBurst = 32
	soundingEvery = time.Second
	// soundingTime is how long a peer may take to take an envelope.
	soundingTime = 10 * time.Second
)

// Errors of soundings over the link.
var (
	ErrNoLink     = errors.New("no link with that party is up")
	ErrNotTaken   = errors.New("the node of that party has not taken it")
	ErrOldEdition = errors.New("the node of that party does not take soundings over the link yet")
	ErrHanding    = errors.New("it is being handed over at this moment")
)

// soundingPace is how many more envelopes of a peer are taken now.
type soundingPace struct {
	left int
	at   time.Time // up to which moment the places given back are counted
}

// admit counts one envelope of a peer, or refuses it; s.mu is not held.
func (s *soundings) admit(from party.ID, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pace == nil {
		s.pace = map[party.ID]*soundingPace{}
	}
	p := s.pace[from]
	if p == nil {
		p = &soundingPace{soundingBurst, now}
		s.pace[from] = p
	}
	if back := int(now.Sub(p.at) / soundingEvery); back > 0 {
		p.left, p.at = min(soundingBurst, p.left+back), p.at.Add(time.Duration(back)*soundingEvery)
	} else if now.Before(p.at) {
		p.at = now // the clock was set back
	}
	if p.left == 0 {
		return false
	}
	p.left--
	return true
}

// refusedSounding is what a peer is told. It is not kept as an observation.
func refusedSounding(sentence string) error { return courier.Refuse(sentence, nil) }

// Sounding takes an envelope that a peer sent over its link; node implements
// courier.Speaker. An offer waits for an officer, all else goes to its sounding.
func (n *Node) Sounding(ctx context.Context, from party.ID, b []byte) ([]byte, error) {
	if n.noLink(from) {
		return nil, refusedSounding("this node keeps no link with " + string(from))
	}
	if !n.soundings.admit(from, n.now()) {
		return nil, &courier.Refusal{Kind: courier.ErrBusy, Sentence: "too many soundings at once"}
	}
	e, err := sounding.Parse(b)
	if err != nil {
		return nil, refusedSounding("this is no envelope of a sounding")
	}
	if e.Group != n.cfg.First.Group || e.To != n.origin.Base() || n.author(e.From) != from {
		return nil, refusedSounding("this is no sounding between the two ends of this link")
	}
	if e.Kind == sounding.Offer {
		return nil, n.asked(from, e.Session, b)
	}
	if n.heardLast(from, e.Session, b) {
		return nil, nil // that it was taken was lost on the way
	}
	_, back, err := n.hear(from, e, b)
	switch {
	case errors.Is(err, ErrNoSounding):
		return nil, refusedSounding("this sounding is not held here any more")
	case errors.Is(err, ErrNotOpen):
		return nil, refusedSounding("the side that begins has not confirmed this sounding yet")
	case err != nil:
		return nil, refusedSounding("it is not in its place in this sounding, or was heard before")
	}
	n.announce()
	return back, nil
}

// heardLast reports whether an envelope is the one that was heard last.
func (n *Node) heardLast(from party.ID, session string, b []byte) bool {
	n.soundings.mu.Lock()
	defer n.soundings.mu.Unlock()
	held, ok := n.soundings.all[session]
	return ok && held.Peer == from && held.taken == canon.DigestOf(b)
}

// asked holds an offer until an officer accepts it or lets it go. The same offer
// again changes nothing.
func (n *Node) asked(from party.ID, session string, offer []byte) error {
	n.soundings.mu.Lock()
	defer n.soundings.mu.Unlock()
	waiting := 0
	for _, held := range n.soundings.all {
		if held.Peer == from && held.State == SoundingAsked {
			waiting++
		}
	}
	known, ok := n.soundings.all[session]
	switch {
	case ok && known.Peer == from && bytes.Equal(known.asked, offer):
		return nil
	case ok:
		return refusedSounding("an offer of this session was taken already")
	case waiting >= maxAsked || len(n.soundings.all) >= maxSoundings:
		return &courier.Refusal{Kind: courier.ErrBusy, Sentence: "offers wait for an officer; no more are held"}
	}
	if n.soundings.all == nil {
		n.soundings.all = map[string]*soundingHeld{}
	}
	n.soundings.all[session] = &soundingHeld{Sounding: Sounding{Session: session, Peer: from, State: SoundingAsked, Began: n.now()}, asked: bytes.Clone(offer)}
	n.announce()
	return nil
}

// AcceptSounding accepts an offer that came over the link. The bytes go back to the
// party that made it.
func (n *Node) AcceptSounding(ctx context.Context, s desk.Session, session string) (Sounding, []byte, error) {
	n.soundings.mu.Lock()
	held, ok := n.soundings.all[session]
	var peer party.ID
	var offer []byte
	if ok {
		peer, offer = held.Peer, held.asked
	}
	n.soundings.mu.Unlock()
	if !ok || offer == nil {
		return Sounding{}, nil, fmt.Errorf("%w: no offer of this session waits", ErrNoSounding)
	}
	return n.acceptSounding(ctx, s, peer, offer)
}

// HandOverSounding gives what this side has to say to the other side's node over the
// link, in order: b, unless it is nil, after what waited before. What the other side
// answers at once is taken. Where it is not handed over, it waits here: the error
// says why, ErrNoLink, ErrOldEdition, ErrNotTaken or ErrHanding.
func (n *Node) HandOverSounding(ctx context.Context, session string, b []byte) (Sounding, error) {
	held, err := n.beginHanding(session, b)
	if err != nil {
		return n.soundingNow(session), err
	}
	for err == nil {
		var next []byte
		if next = n.nextWaiting(held); next == nil {
			break
		}
		var back []byte
		if back, err = n.carrySounding(ctx, held.Peer, next); err != nil {
			break
		}
		n.soundings.mu.Lock()
		if len(held.waiting) > 0 && bytes.Equal(held.waiting[0], next) {
			held.waiting = held.waiting[1:]
		}
		n.soundings.mu.Unlock()
		err = n.hearBack(held.Peer, back)
	}
	n.soundings.mu.Lock()
	held.handing = false
	n.soundings.mu.Unlock()
	n.announce()
	return n.soundingNow(session), err
}

func (n *Node) beginHanding(session string, b []byte) (*soundingHeld, error) {
	n.soundings.mu.Lock()
	defer n.soundings.mu.Unlock()
	held, ok := n.soundings.all[session]
	if !ok {
		return nil, ErrNoSounding
	}
	if b != nil {
		held.waiting = append(held.waiting, b)
	}
	if held.handing {
		return nil, ErrHanding
	}
	held.handing = true
	return held, nil
}

func (n *Node) nextWaiting(held *soundingHeld) []byte {
	n.soundings.mu.Lock()
	defer n.soundings.mu.Unlock()
	if len(held.waiting) == 0 {
		return nil
	}
	return held.waiting[0]
}

// soundingNow is a sounding as it stands; the zero value if it is held no more.
func (n *Node) soundingNow(session string) Sounding {
	n.soundings.mu.Lock()
	defer n.soundings.mu.Unlock()
	if held, ok := n.soundings.all[session]; ok {
		return held.copy()
	}
	return Sounding{}
}

// hearBack takes what a peer answered at once; nothing is no fault.
func (n *Node) hearBack(peer party.ID, back []byte) error {
	if len(back) == 0 {
		return nil
	}
	e, err := sounding.Parse(back)
	if err != nil || e.Kind != sounding.Confirm || n.author(e.From) != peer {
		return fmt.Errorf("%w: what it answered is no confirmation of this sounding", ErrNotTaken)
	}
	if _, _, err := n.hear(peer, e, back); err != nil {
		return fmt.Errorf("%w: %w", ErrNotTaken, err)
	}
	return nil
}

// FileSounding takes the first envelope that waits to be handed over, to be carried by
// another way.
func (n *Node) FileSounding(session string) (Sounding, []byte, error) {
	n.soundings.mu.Lock()
	defer n.soundings.mu.Unlock()
	held, ok := n.soundings.all[session]
	switch {
	case !ok:
		return Sounding{}, nil, ErrNoSounding
	case held.handing:
		return held.copy(), nil, ErrHanding
	case len(held.waiting) == 0:
		return held.copy(), nil, errors.New("nothing of this sounding waits to be handed over")
	}
	b := held.waiting[0]
	held.waiting = held.waiting[1:]
	return held.copy(), b, nil
}

// carrySounding gives one envelope to a peer: it is dialled, or, if it only dials in,
// asks for it.
func (n *Node) carrySounding(ctx context.Context, to party.ID, b []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, soundingTime)
	defer cancel()
	row, ok := n.keys.Load().Current().Party(to)
	if !ok || n.noLink(to) {
		return nil, ErrNoLink
	}
	if len(row.Endpoints) == 0 {
		return nil, n.awaitCollected(ctx, to, b)
	}
	client, err := n.clientOf(n.peer(to))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoLink, err)
	}
	back, err := client.Sounding(ctx, b)
	return back, soundingFault(err)
}

// soundingFault says in the words of this package why a peer did not take an envelope.
func soundingFault(err error) error {
	_, answered := errors.AsType[*courier.PeerError](err)
	switch {
	case err == nil:
		return nil
	case !answered:
		return fmt.Errorf("%w: %w", ErrNoLink, err)
	case errors.Is(err, courier.ErrMalformed), errors.Is(err, courier.ErrNotHeld):
		return fmt.Errorf("%w: %w", ErrOldEdition, err)
	}
	return fmt.Errorf("%w: %w", ErrNotTaken, err)
}

// collection is what waits for a peer that only dials in.
type collection struct {
	waiting []*collected
	news    chan struct{} // closed and replaced when something more waits
}

// collected is one envelope; done is closed once the peer took it.
type collected struct {
	b    []byte
	done chan struct{}
}

func (s *soundings) collection(id party.ID) *collection {
	if s.out == nil {
		s.out = map[party.ID]*collection{}
	}
	c := s.out[id]
	if c == nil {
		c = &collection{news: make(chan struct{})}
		s.out[id] = c
	}
	return c
}

// awaitCollected holds an envelope until the peer has taken it.
func (n *Node) awaitCollected(ctx context.Context, to party.ID, b []byte) error {
	if !n.dialsIn(to) {
		return fmt.Errorf("%w: it dials in only, and has not of late", ErrNoLink)
	}
	one := &collected{b, make(chan struct{})}
	n.soundings.mu.Lock()
	c := n.soundings.collection(to)
	c.waiting = append(c.waiting, one)
	close(c.news)
	c.news = make(chan struct{})
	n.soundings.mu.Unlock()
	select {
	case <-one.done:
		return nil
	case <-ctx.Done():
	case <-n.closed:
	}
	n.soundings.mu.Lock()
	defer n.soundings.mu.Unlock()
	c.waiting = slices.DeleteFunc(c.waiting, func(w *collected) bool { return w == one })
	select {
	case <-one.done:
		return nil // it came just now
	default:
		return fmt.Errorf("%w: it dials in only, and has not asked for it", ErrNoLink)
	}
}

// dialsIn reports whether a peer without an endpoint was heard of late.
func (n *Node) dialsIn(id party.ID) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	p := n.peers[id]
	return p != nil && !p.lastHeard.IsZero() && n.cfg.Now().Sub(p.lastHeard) < 2*pollWait
}

// Collect gives a peer what waits for it; node implements courier.Speaker.
func (n *Node) Collect(ctx context.Context, from party.ID, wait time.Duration, took canon.Digest) ([]byte, error) {
	if n.noLink(from) {
		return nil, refusedSounding("this node keeps no link with " + string(from))
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		n.soundings.mu.Lock()
		c := n.soundings.collection(from)
		if len(c.waiting) > 0 && !took.IsZero() && canon.DigestOf(c.waiting[0].b) == took {
			close(c.waiting[0].done)
			c.waiting = c.waiting[1:]
		}
		took = canon.Digest{}
		var next []byte
		if len(c.waiting) > 0 {
			next = c.waiting[0].b
		}
		news := c.news
		n.soundings.mu.Unlock()
		if next != nil {
			return next, nil
		}
		select {
		case <-news:
		case <-timer.C:
			return nil, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-courier.Closing(ctx):
			return nil, nil
		case <-n.closed:
			return nil, nil
		}
	}
}

// collect asks a peer for what waits for this node there, while nobody can dial this
// one.
func (n *Node) collect(ctx context.Context, p *peer) {
	var took canon.Digest
	for ctx.Err() == nil {
		changed := n.linksChanged()
		if me, _ := n.keys.Load().Current().Party(n.self); len(me.Endpoints) > 0 {
			n.awaitLinks(ctx, changed)
			continue
		}
		b, err := n.collectOnce(ctx, p, took)
		rest := n.cfg.TestOnlyRest
		switch {
		case errors.Is(soundingFault(err), ErrOldEdition):
			rest = max(rest, time.Duration(n.cfg.Settings.HeartbeatSeconds)*time.Second)
		case err != nil:
			rest = max(rest, retryAfter)
		}
		took = canon.Digest{}
		if err == nil && len(b) > 0 {
			took = canon.DigestOf(b)
		}
		if rest > 0 && !waitFor(ctx, time.NewTimer(rest)) {
			return
		}
	}
}

// collectOnce asks once, takes what comes, and gives back what answers it. What it
// refuses stays where it is until its sender gives up.
func (n *Node) collectOnce(ctx context.Context, p *peer, took canon.Digest) ([]byte, error) {
	client, err := n.clientOf(p)
	if err != nil {
		return nil, err
	}
	b, err := client.Collect(ctx, pollWait, took)
	if err != nil || len(b) == 0 {
		return nil, err
	}
	back, err := n.Sounding(ctx, p.id, b)
	if err != nil || len(back) == 0 {
		return b, err
	}
	ctx, cancel := context.WithTimeout(ctx, soundingTime)
	defer cancel()
	_, err = client.Sounding(ctx, back)
	return b, err
}
