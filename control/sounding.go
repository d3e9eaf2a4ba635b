package control

import (
	"context"

	"detente/desk"
	"detente/internal/canon"
	"detente/node"
	"detente/party"
)

func soundingVerbs() map[string]verb {
	return map[string]verb{
		"sounding-begin": writes(soundingBegin),
		"sounding-take":  writes(soundingTake),
		"sounding-say":   writes(soundingSay),
		"sounding-list":  reads(soundingList),
		"sounding-end":   writes(soundingEnd),
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
	// Envelope is what goes to the other side now; empty: nothing.
	Envelope []byte `json:"envelope,omitempty"`
}

// SoundingLine is one thing said off the record.
type SoundingLine struct {
	From   party.ID `json:"from"`
	Name   string   `json:"name"`
	At     string   `json:"at"`
	Text   string   `json:"text"`
	Missed int64    `json:"missed"` // messages before it that did not come
}

func (c *call) sounding(s node.Sounding, envelope []byte) Sounding {
	out := Sounding{Session: s.Session, Peer: s.Peer, Name: c.name(s.Peer), State: s.State, Began: canon.FormatTime(s.Began), Lines: []SoundingLine{}, Envelope: envelope}
	for _, l := range s.Lines {
		out.Lines = append(out.Lines, SoundingLine{l.From, c.name(l.From), canon.FormatTime(l.At), l.Text, l.Missed})
	}
	return out
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
}

func soundingBegin(ctx context.Context, c *call, a SoundingArgs) (any, error) {
	s, err := c.speaker(ctx)
	if err != nil {
		return nil, err
	}
	out, b, err := c.node.BeginSounding(ctx, s, a.Peer)
	if err != nil {
		return nil, err
	}
	return c.sounding(out, b), nil
}

func soundingTake(ctx context.Context, c *call, a SoundingArgs) (any, error) {
	s, err := c.speaker(ctx)
	if err != nil {
		return nil, err
	}
	out, b, err := c.node.TakeSounding(ctx, s, a.Envelope)
	if err != nil {
		return nil, err
	}
	return c.sounding(out, b), nil
}

func soundingSay(ctx context.Context, c *call, a SoundingArgs) (any, error) {
	if _, err := c.speaker(ctx); err != nil {
		return nil, err
	}
	out, b, err := c.node.SaySounding(a.Session, a.Text)
	if err != nil {
		return nil, err
	}
	return c.sounding(out, b), nil
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
