package control

import (
	"context"
	"errors"

	"detente/desk"
	"detente/internal/canon"
	"detente/node"
	"detente/party"
)

func soundingVerbs() map[string]verb {
	return map[string]verb{
		"sounding-begin":  writes(soundingBegin),
		"sounding-take":   writes(soundingTake),
		"sounding-accept": writes(soundingAccept),
		"sounding-say":    writes(soundingSay),
		"sounding-move":   writes(soundingMove),
		"sounding-send":   writes(soundingSend),
		"sounding-file":   writes(soundingFile),
		"sounding-list":   reads(soundingList),
		"sounding-end":    writes(soundingEnd),
	}
}

// Sounding is a conversation off the record as it is shown. It is in the memory of
// the running node alone.
type Sounding struct {
	Session string             `json:"session"`
	Peer    party.ID           `json:"peer"`
	Name    string             `json:"name"` // of the peer
	State   node.SoundingState `json:"state"`
	Began   string             `json:"began"`
	Lines   []SoundingLine     `json:"lines"`
	// Envelope is what goes to the other side now by another way than the link; empty:
	// nothing.
	Envelope []byte `json:"envelope,omitempty"`
	Thread   string `json:"thread"`  // in which it goes on on the record; empty: it does not
	Waiting  int    `json:"waiting"` // envelopes that were not handed over and wait here
	// Why says why they wait, in one sentence; WhyName names it for other languages:
	// no-link, old-edition, not-taken, handing. Empty: nothing was tried, or all went.
	Why     string `json:"why"`
	WhyName string `json:"why_name"`
}

// SoundingLine is one thing said off the record.
type SoundingLine struct {
	From   party.ID `json:"from"`
	Name   string   `json:"name"`
	At     string   `json:"at"`
	Text   string   `json:"text"`
	Missed int64    `json:"missed"` // messages before it that did not come
	Thread string   `json:"thread"` // in which its side goes on on the record; empty: something was said
}

func (c *call) sounding(s node.Sounding, envelope []byte) Sounding {
	out := Sounding{Session: s.Session, Peer: s.Peer, Name: c.name(s.Peer), State: s.State, Began: canon.FormatTime(s.Began), Lines: []SoundingLine{}, Envelope: envelope, Thread: s.Thread, Waiting: s.Waiting}
	for _, l := range s.Lines {
		out.Lines = append(out.Lines, SoundingLine{l.From, c.name(l.From), canon.FormatTime(l.At), l.Text, l.Missed, l.Thread})
	}
	return out
}

// went gives what a step made to the other side: over the link if it is asked for,
// else as bytes to be carried. What the link did not take waits in the node.
func (c *call) went(ctx context.Context, byLink bool, s node.Sounding, envelope []byte, err error) (any, error) {
	if err != nil || !byLink || envelope == nil {
		return c.sounding(s, envelope), err
	}
	return c.handOver(ctx, s.Session, envelope)
}

// handOver tries the link. That it did not take the envelope is no fault of the call.
func (c *call) handOver(ctx context.Context, session string, envelope []byte) (any, error) {
	s, err := c.node.HandOverSounding(ctx, session, envelope)
	if errors.Is(err, node.ErrNoSounding) {
		return nil, err
	}
	out := c.sounding(s, nil)
	out.Why, out.WhyName = whyWaits(out.Name, err)
	return out, nil
}

// whyWaits says why the link did not take an envelope.
func whyWaits(name string, err error) (sentence, key string) {
	switch {
	case err == nil:
		return "", ""
	case errors.Is(err, node.ErrOldEdition):
		return "the node of " + name + " does not take soundings over the link yet", "old-edition"
	case errors.Is(err, node.ErrHanding):
		return "it is being handed over at this moment", "handing"
	case errors.Is(err, node.ErrNoLink):
		return "no link with the node of " + name + " is up", "no-link"
	}
	return "the node of " + name + " has not taken it: " + err.Error(), "not-taken"
}

// speaker is the sign-in of an officer who may speak off the record: nobody clears
// it, so it is for those who draft or are on duty. It needs the node that runs,
// since nothing of it is kept elsewhere.
func (c *call) speaker(ctx context.Context) (desk.Session, error) {
	s, err := c.session(ctx)
	if err != nil {
		return s, err
	}
	if !s.Officer().Has(desk.Drafter) && !s.Officer().Has(desk.Duty) {
		return s, refuse(Permission, "an admin gives roles: detente officer list", "this officer does not have the role for it: drafter or duty")
	}
	if !c.live {
		return s, refuse(Unreachable, "start it: detente node run", "a sounding is in the memory of the running node alone, and no node runs")
	}
	return s, nil
}

// SoundingArgs name a sounding, and what is done with it.
type SoundingArgs struct {
	Peer     party.ID `json:"peer,omitempty"`
	Session  string   `json:"session,omitempty"`
	Text     string   `json:"text,omitempty"`
	Envelope []byte   `json:"envelope,omitempty"`
	Thread   string   `json:"thread,omitempty"` // of sounding-move; empty: a new one
	// Link sends what goes to the other side over the link; else it is in the answer,
	// to be carried.
	Link bool `json:"link,omitempty"`
}

func soundingBegin(ctx context.Context, c *call, a SoundingArgs) (any, error) {
	s, err := c.speaker(ctx)
	if err != nil {
		return nil, err
	}
	out, b, err := c.node.BeginSounding(ctx, s, a.Peer)
	return c.went(ctx, a.Link, out, b, err)
}

func soundingTake(ctx context.Context, c *call, a SoundingArgs) (any, error) {
	s, err := c.speaker(ctx)
	if err != nil {
		return nil, err
	}
	out, b, err := c.node.TakeSounding(ctx, s, a.Envelope)
	return c.went(ctx, a.Link, out, b, err)
}

func soundingSay(ctx context.Context, c *call, a SoundingArgs) (any, error) {
	if _, err := c.speaker(ctx); err != nil {
		return nil, err
	}
	out, b, err := c.node.SaySounding(a.Session, a.Text)
	return c.went(ctx, a.Link, out, b, err)
}

func soundingAccept(ctx context.Context, c *call, a SoundingArgs) (any, error) {
	s, err := c.speaker(ctx)
	if err != nil {
		return nil, err
	}
	out, b, err := c.node.AcceptSounding(ctx, s, a.Session)
	return c.went(ctx, true, out, b, err)
}

// soundingMove says that this state goes on on the record, in a thread.
func soundingMove(ctx context.Context, c *call, a SoundingArgs) (any, error) {
	if _, err := c.speaker(ctx); err != nil {
		return nil, err
	}
	thread := a.Thread
	if thread == "" {
		var err error
		if thread, err = c.newThread(ctx); err != nil {
			return nil, err
		}
	}
	out, b, err := c.node.MoveSounding(a.Session, thread)
	return c.went(ctx, a.Link, out, b, err)
}

// soundingSend tries the link again.
func soundingSend(ctx context.Context, c *call, a SoundingArgs) (any, error) {
	if _, err := c.speaker(ctx); err != nil {
		return nil, err
	}
	return c.handOver(ctx, a.Session, nil)
}

// soundingFile takes what waits, to be carried.
func soundingFile(ctx context.Context, c *call, a SoundingArgs) (any, error) {
	if _, err := c.speaker(ctx); err != nil {
		return nil, err
	}
	out, b, err := c.node.FileSounding(a.Session)
	return c.sounding(out, b), err
}

func soundingList(ctx context.Context, c *call, _ nothing) (any, error) {
	if _, err := c.speaker(ctx); err != nil {
		return nil, err
	}
	out := []Sounding{}
	for _, s := range c.node.Soundings() {
		out = append(out, c.sounding(s, nil))
	}
	return out, nil
}

func soundingEnd(ctx context.Context, c *call, a SoundingArgs) (any, error) {
	if _, err := c.speaker(ctx); err != nil {
		return nil, err
	}
	return a.Session, c.node.EndSounding(a.Session)
}
