package control

import (
	"context"
	"slices"
	"strings"

	"detente/desk"
	"detente/internal/canon"
	"detente/line"
	"detente/node"
	"detente/watch"
)

func alertVerbs() map[string]verb {
	return map[string]verb{
		"alerts":            reads(alertsNow),
		"instructions-show": reads(instructionsShow),
		"instructions-set":  writes(instructionsSet),
	}
}

// Alerts are the messages on lines that want a person now: what an open page asks for
// again and again, so it has less than Watch.
type Alerts struct {
	At    string        `json:"at"`
	Needs []LineMessage `json:"needs"` // by precedence, then the oldest first
	Waits []LineMessage `json:"waits"` // acknowledged and open, the oldest first
	// Late are own messages, of the newest, that an addressee has not acknowledged in
	// the time that the group adopted. It says nothing of why.
	Late []LineMessage `json:"late"`
	Next string        `json:"next"` // when one of them changes by time alone; empty: never
}

// ownWatched is among how many of the newest own messages a late one is looked for.
const ownWatched = 20

func alertsNow(ctx context.Context, c *call, _ nothing) (any, error) {
	a := Alerts{At: canon.FormatTime(c.now()), Late: []LineMessage{}}
	var err error
	if a.Needs, a.Waits, err = c.alerts(ctx); err != nil {
		return nil, err
	}
	own, err := c.lineMessages(ctx, node.Own, line.Key{}, "", ownWatched)
	if err != nil {
		return nil, err
	}
	turns := []string{}
	for _, m := range a.Needs {
		turns = append(turns, m.Next)
	}
	for _, m := range own {
		for _, s := range m.Sent {
			turns = append(turns, s.Due)
		}
		if slices.ContainsFunc(m.Sent, func(s SentTo) bool { return s.Answer == watch.NotAcknowledged }) {
			a.Late = append(a.Late, m)
		}
	}
	for _, t := range turns {
		if t != "" && (a.Next == "" || t < a.Next) { // canon times sort as text
			a.Next = t
		}
	}
	return a, nil
}

// alerts are the messages of others that nobody has acknowledged, by precedence and
// the oldest first, and those that are acknowledged and open, the oldest first.
func (c *call) alerts(ctx context.Context) (needs, waits []LineMessage, err error) {
	done := func(m LineMessage) bool { return m.List == watch.Done } // taken back
	if needs, err = c.lineMessages(ctx, node.Unacknowledged, line.Key{}, "", watched); err != nil {
		return nil, nil, err
	}
	needs = slices.DeleteFunc(needs, done)
	slices.SortStableFunc(needs, func(a, b LineMessage) int {
		if a.Precedence != b.Precedence {
			return int(a.Precedence - b.Precedence)
		}
		return strings.Compare(a.Arrived, b.Arrived)
	})
	if waits, err = c.lineMessages(ctx, node.Undone, line.Key{}, "", watched); err != nil {
		return nil, nil, err
	}
	waits = slices.DeleteFunc(waits, done)
	slices.SortStableFunc(waits, func(a, b LineMessage) int { return strings.Compare(a.Arrived, b.Arrived) })
	return needs, waits, nil
}

// Instructions are what this house has written for its watch.
type Instructions = desk.Instructions

// Procedure is what the officer on duty does when a message comes.
type Procedure = desk.Procedure

// HouseWatch is by what this house watches.
type HouseWatch struct {
	Instructions
	Figures []Figures `json:"figures"` // of the four precedences
	Remark  string    `json:"remark"`  // what could not be read of what the group adopted; empty: nothing
}

// Figures are those of one precedence, in seconds. Zero: never.
type Figures struct {
	Precedence line.Precedence `json:"precedence"`
	Sounds     bool            `json:"sounds"`
	Repeat     int64           `json:"repeat"`  // between two sounds; 0: once
	Silence    int64           `json:"silence"` // how long an officer can silence it
	Chief      int64           `json:"chief"`   // unacknowledged for so long: the chief of shift is called
	Second     int64           `json:"second"`  // … the second contact
	Sender     int64           `json:"sender"`  // … the sender's own node tells its officers
}

func instructionsShow(ctx context.Context, c *call, _ nothing) (any, error) {
	in, err := c.node.Desk().Instructions(ctx)
	if err != nil {
		return nil, err
	}
	w := HouseWatch{Instructions: in, Figures: []Figures{}}
	rules, err := c.node.WatchRules()
	if err != nil {
		w.Remark = err.Error()
	}
	for p := line.Immediate; p <= line.Routine; p++ {
		r := rules.Of(p)
		w.Figures = append(w.Figures, Figures{p, r.Sounds, int64(r.Repeat.Seconds()), int64(r.Silence.Seconds()), int64(r.Chief.Seconds()), int64(r.Second.Seconds()), int64(r.Sender.Seconds())})
	}
	return w, nil
}

func instructionsSet(ctx context.Context, c *call, a Instructions) (any, error) {
	s, err := c.session(ctx)
	if err != nil {
		return nil, err
	}
	return a, c.node.Desk().SetInstructions(ctx, s, a)
}
