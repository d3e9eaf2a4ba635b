package control

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"detente/act"
	"detente/desk"
	"detente/docket"
	"detente/internal/canon"
	"detente/line"
	"detente/node"
	"detente/party"
	"detente/roster"
	"detente/watch"
)

func lineVerbs() map[string]verb {
	return map[string]verb{
		"line-list":       reads(lineList),
		"line-end":        writes(lineEnd),
		"line-say":        writes(lineSay),
		"line-call":       writes(lineCall),
		"line-messages":   reads(lineMessages),
		"line-silence":    writes(lineSilence),
		"line-done":       writes(lineDone),
		"line-hours":      writes(lineHours),
		"hours-list":      reads(hoursList),
		"watch":           reads(watchNow),
		"shift-show":      reads(shiftShow),
		"shift-hand-over": writes(shiftHandOver),
		"shift-take":      writes(shiftTake),
	}
}

// LineView is a line as one state sees it.
type LineView struct {
	Line    line.ID    `json:"line"`
	Parties []party.ID `json:"parties"`
	Subject string     `json:"subject"` // as this state says, else as the first that says
	Mine    line.State `json:"mine"`    // this state's side; empty: it has said nothing
	Others  []Side     `json:"others"`
	// Discreet: the roster in force lets a message on the line be discreet.
	Discreet bool `json:"discreet"`
}

// Side is the side of one other party.
type Side struct {
	Party     party.ID        `json:"party"`
	Name      string          `json:"name"`
	Condition watch.Condition `json:"condition"`
	Sentence  string          `json:"sentence"`
	Until     string          `json:"until"`  // when its suspension ends by itself, as it says; empty: it names no end, or there is none
	Reason    string          `json:"reason"` // why its side is not open, as it says; empty: it does not say
	Languages []string        `json:"languages"`
	LastHeard string          `json:"last_heard"` // of its node; empty: not since this node began
	Period    int64           `json:"period"`     // seconds between two tests of the line by the nodes themselves
	OnDuty    *OnDuty         `json:"on_duty"`    // null: it published no hours to this state
	// Answer times of the newest calls and tests by this state that this party
	// acknowledged, in seconds, as its own acknowledgement claims; the newest first.
	Answers []int64 `json:"answers"`
	// Tested is when the newest acknowledged call or test by this state was made.
	Tested string `json:"tested"`
	// Unanswered is how many calls and tests since the newest of them it has not
	// acknowledged.
	Unanswered int `json:"unanswered"`
}

// OnDuty is what published hours say of a moment.
type OnDuty struct {
	On       bool   `json:"on"`
	Change   string `json:"change"` // when that next changes; empty: not known
	There    string `json:"there"`  // the same moment by the clock there, 2026-11-30 09:00; empty: not known
	Place    string `json:"place"`  // where that clock is, as its party says; may be empty
	Sentence string `json:"sentence"`
}

// answersShown is how many answer times of a party are shown, of at most
// answersRead own calls that are looked through.
const (
	answersShown = 10
	answersRead  = 100
)

func lineList(ctx context.Context, c *call, _ nothing) (any, error) { return c.lineViews(ctx) }

func (c *call) lineViews(ctx context.Context) ([]LineView, error) {
	lines, err := c.node.Lines(ctx)
	if err != nil {
		return nil, err
	}
	hours, err := c.node.Hours(ctx)
	if err != nil {
		return nil, err
	}
	peers, err := c.node.Peers(ctx)
	if err != nil {
		return nil, err
	}
	out := []LineView{}
	for i := range lines {
		l := &lines[i]
		v := LineView{Line: l.Key.ID, Parties: l.Key.Members(), Others: []Side{}, Discreet: c.node.Keys().Current().Acts >= roster.MaxActs}
		if e := l.EndOf(c.node.Self()); e != nil {
			v.Mine, v.Subject = e.StateAt(c.now()), e.Subject
		}
		for _, e := range l.Ends {
			if v.Subject == "" {
				v.Subject = e.End.Subject
			}
		}
		calls, err := c.node.LineMessages(ctx, node.Own, l.Key, "", answersRead)
		if err != nil {
			return nil, err
		}
		for _, p := range peers {
			if slices.Contains(v.Parties, p.Party) {
				v.Others = append(v.Others, c.side(p, l.EndOf(p.Party), hours[p.Party], calls))
			}
		}
		out = append(out, v)
	}
	return out, nil
}

func (c *call) side(p node.PeerStatus, end *line.End, hours *line.Hours, calls []node.LineMessage) Side {
	now := c.now()
	heard := watch.Heard{Last: p.LastHeard, Period: time.Duration(c.node.Settings().HeartbeatSeconds) * time.Second, Courier: p.Link == "courier" || p.Link == "none"}
	s := Side{Party: p.Party, Name: c.name(p.Party), Condition: watch.Stands(end, heard, now), Languages: []string{}, Answers: []int64{}, Period: int64(heard.Period / time.Second)}
	if !p.LastHeard.IsZero() {
		s.LastHeard = canon.FormatTime(p.LastHeard)
	}
	if end != nil {
		s.Languages, s.Until, s.Reason = list(end.Languages), end.Until, end.Reason
	}
	if s.Condition == watch.NotHeard && !c.live {
		s.Sentence = "this state's own node does not run: nothing can be said of the line"
	} else {
		s.Sentence = conditionSentence(s, end)
	}
	if hours != nil {
		s.OnDuty = onDuty(hours, now)
	}
	for i := range calls {
		m := &calls[i]
		if m.Message.Kind == line.Said {
			continue
		}
		ack, ok := m.Acks[p.Party]
		switch {
		case ok && len(s.Answers) < answersShown:
			if s.Tested == "" {
				s.Tested = node.Time(m.Row.Claimed)
			}
			s.Answers = append(s.Answers, int64(ack.At.Sub(time.Unix(m.Row.Claimed, 0))/time.Second))
		case !ok && len(s.Answers) == 0:
			s.Unanswered++
		}
	}
	return s
}

// conditionSentence says how a line stands. What is a party's word is said to be
// its word; what is not is nobody's.
func conditionSentence(s Side, end *line.End) string {
	because := ""
	if end != nil && end.Reason != "" {
		because = ": " + end.Reason
	}
	switch s.Condition {
	case watch.InService:
		return "in service; last heard " + s.LastHeard
	case watch.Suspended:
		until := "without a term"
		if end.Until != "" {
			until = "until " + end.Until
		}
		return fmt.Sprintf("%s says that it is suspended %s%s", s.Name, until, because)
	case watch.Closed:
		return fmt.Sprintf("%s says that it is closed%s", s.Name, because)
	case watch.Declined:
		return fmt.Sprintf("%s says that it does not take part%s", s.Name, because)
	case watch.NotOpened:
		return s.Name + " has said nothing of this line"
	case watch.ByCourier:
		return "open; there is no connection between the nodes: what is said goes by courier"
	}
	since := "this node began"
	if s.LastHeard != "" {
		since = s.LastHeard
	}
	return fmt.Sprintf("nothing has come from the node of %s since %s: a fault somewhere on the way, of either side; %s has said nothing of it", s.Name, since, s.Name)
}

func onDuty(h *line.Hours, now time.Time) *OnDuty {
	on, change := h.At(now)
	d := &OnDuty{On: on}
	if !change.IsZero() {
		d.Change = canon.FormatTime(change)
		var local time.Time
		local, d.Place = h.There(change)
		d.There = local.Format("2006-01-02 15:04")
	}
	switch {
	case on && d.Change == "":
		d.Sentence = "somebody is on duty at all hours"
	case on:
		d.Sentence = "on duty until " + d.Change
	case d.Change == "":
		d.Sentence = "nobody is on duty, and no further hours are published"
	default:
		d.Sentence = "nobody on duty until " + d.Change
	}
	return d
}

// now is the present second.
func (c *call) now() time.Time { return c.node.Now().UTC().Truncate(time.Second) }

// LineArgs name a line: by its name, and where it has several, by the others on it.
type LineArgs struct {
	Line line.ID    `json:"line"`
	With []party.ID `json:"with"` // the other parties; empty: the one line of this name
}

// key finds the line meant among those that anybody spoke of.
func (c *call) key(ctx context.Context, a LineArgs) (line.Key, *node.Line, error) {
	lines, err := c.node.Lines(ctx)
	if err != nil {
		return line.Key{}, nil, err
	}
	want := line.KeyOf(a.Line, append([]party.ID{c.node.Self()}, a.With...))
	var found []*node.Line
	for i := range lines {
		if l := &lines[i]; l.Key.ID == a.Line && (len(a.With) == 0 || l.Key == want) {
			found = append(found, l)
		}
	}
	switch {
	case len(found) == 1:
		return found[0].Key, found[0], nil
	case len(found) > 1:
		return line.Key{}, nil, refuse(Usage, "name the others: --with PARTY,PARTY", "%d lines have the name %s", len(found), a.Line)
	case len(a.With) > 0:
		return want, nil, nil
	}
	return line.Key{}, nil, refuse(NotFound, "detente line list; open one: detente line open "+string(a.Line)+" --with PARTY", "nobody has spoken of a line %s here", a.Line)
}

// EndArgs say what this state says of its side of a line.
type EndArgs struct {
	LineArgs
	State     line.State `json:"state"`
	Until     string     `json:"until"`
	Subject   string     `json:"subject"`
	Languages []string   `json:"languages"`
	Reason    string     `json:"reason"`
}

// lineEnd makes a draft of an end. What is not given stays as this state last said.
func lineEnd(ctx context.Context, c *call, a EndArgs) (any, error) {
	key, l, err := c.key(ctx, a.LineArgs)
	if err != nil {
		return nil, err
	}
	e := line.End{Line: key.ID, Parties: key.Members(), State: a.State, Until: a.Until, Subject: a.Subject, Languages: a.Languages, Reason: a.Reason}
	if l != nil {
		if old := l.EndOf(c.node.Self()); old != nil {
			e.Subject = cmp.Or(e.Subject, old.Subject)
			if len(e.Languages) == 0 {
				e.Languages = old.Languages
			}
		}
	}
	b, err := e.Bytes()
	if err != nil {
		return nil, err
	}
	return c.lineDraft(ctx, node.Request{Status: act.Actual, To: c.others(key), Type: line.TypeEnd, Body: b})
}

func (c *call) others(key line.Key) []party.ID {
	return slices.DeleteFunc(key.Members(), func(id party.ID) bool { return id == c.node.Self() })
}

// lineDraft keeps a draft of the signed-in officer.
func (c *call) lineDraft(ctx context.Context, r node.Request) (any, error) {
	s, err := c.session(ctx)
	if err != nil {
		return nil, err
	}
	r.Kind, r.Life, r.Post = act.Statement, act.New, s.Officer().Post
	b, err := requestBytes(r)
	if err != nil {
		return nil, err
	}
	d, err := c.node.Desk().Save(ctx, s, "", b)
	if err != nil {
		return nil, err
	}
	return c.draft(ctx, d)
}

// SayArgs are a message on a line.
type SayArgs struct {
	LineArgs
	Precedence line.Precedence `json:"precedence"`
	Status     act.Status      `json:"status"`
	Thread     string          `json:"thread"`  // empty: that of what is answered, else a new one
	Answers    string          `json:"answers"` // reference, place or thread; empty: nothing
	Agreed     []line.Phrase   `json:"agreed"`
	Text       string          `json:"text"`
	Language   string          `json:"language"`
	// Discreet: others see only that there is an act. An answer to what was said
	// discreetly is discreet in any case.
	Discreet bool `json:"discreet,omitempty"`
}

func lineSay(ctx context.Context, c *call, a SayArgs) (any, error) {
	key, _, err := c.key(ctx, a.LineArgs)
	if err != nil {
		return nil, err
	}
	r := node.Request{Status: a.Status, To: c.others(key), Thread: a.Thread, Type: line.TypeMessage, Discreet: a.Discreet}
	if a.Answers != "" {
		row, err := c.node.Find(ctx, a.Answers)
		if err != nil {
			return nil, err
		}
		r.Answers, r.Thread = row.Ref.String(), cmp.Or(r.Thread, row.Thread)
		discreet, err := c.node.Discreet(ctx, row.Ref)
		if err != nil {
			return nil, err
		}
		r.Discreet = r.Discreet || discreet
	}
	if r.Thread == "" {
		if r.Thread, err = c.newThread(ctx); err != nil {
			return nil, err
		}
	}
	if err := c.spell(a.Agreed); err != nil {
		return nil, err
	}
	m := line.Message{Line: key.ID, Kind: line.Said, Precedence: a.Precedence, Agreed: a.Agreed, Text: a.Text, Language: a.Language}
	if r.Body, err = m.Bytes(); err != nil {
		return nil, err
	}
	return c.lineDraft(ctx, r)
}

// spell gives phrases without a book the newest one that has them, and values the
// one spelling of their kind.
func (c *call) spell(phrases []line.Phrase) error {
	books, err := c.node.Phrasebooks()
	if err != nil {
		return err
	}
	for i := range phrases {
		p := &phrases[i]
		for _, b := range slices.Backward(books) {
			phrase, ok := b.Phrase(p.ID)
			if !ok || !p.Book.IsZero() && p.Book != b.Digest() {
				continue
			}
			p.Book = b.Digest()
			for _, s := range b.Blanks(phrase) {
				if v, ok := p.Values[s.Name]; ok {
					p.Values[s.Name] = s.Spell(v)
				}
			}
			break
		}
		if p.Book.IsZero() {
			return refuse(NotFound, "detente phrase list", "no phrase %s is in the phrasebook", p.ID)
		}
	}
	return nil
}

// newThread names a thread by author and moment; it says nothing of the line to
// those who hold the record and are not on it.
func (c *call) newThread(ctx context.Context) (string, error) {
	name := strings.ToUpper(string(c.node.Self())) + "/" + c.now().Format("20060102-150405")
	for i := 1; ; i++ {
		thread := name
		if i > 1 {
			thread = fmt.Sprintf("%s-%d", name, i)
		}
		rows, err := c.node.List(ctx, docket.Filter{Thread: thread, Limit: 1})
		if err != nil || len(rows) == 0 {
			return thread, err
		}
	}
}

// CallArgs are a call or a test call.
type CallArgs struct {
	LineArgs
	Test       bool            `json:"test"`
	Precedence line.Precedence `json:"precedence"`
	Status     act.Status      `json:"status"` // of a call; a test call is always test
	Thread     string          `json:"thread"`
}

// Called is a call that is in the own record now.
type Called struct {
	Appended
	Thread string `json:"thread"`
}

func lineCall(ctx context.Context, c *call, a CallArgs) (any, error) {
	s, err := c.duty(ctx)
	if err != nil {
		return nil, err
	}
	key, _, err := c.key(ctx, a.LineArgs)
	if err != nil {
		return nil, err
	}
	kind, status := line.Call, a.Status
	if a.Test {
		kind, status = line.Test, act.Test
	}
	thread := a.Thread
	if thread == "" {
		if thread, err = c.newThread(ctx); err != nil {
			return nil, err
		}
	}
	ref, err := c.node.CallLine(ctx, s, key, kind, a.Precedence, status, thread)
	if err != nil {
		return nil, err
	}
	return Called{Appended{ref.String(), place(ref), c.queued()}, thread}, nil
}

func lineSilence(ctx context.Context, c *call, a RefArgs) (any, error) {
	s, err := c.duty(ctx)
	if err != nil {
		return nil, err
	}
	row, err := c.node.Find(ctx, a.Ref)
	if err != nil {
		return nil, err
	}
	until, err := c.node.SilenceLine(ctx, s, row.Ref)
	return canon.FormatTime(until), err
}

func lineDone(ctx context.Context, c *call, a RefArgs) (any, error) {
	s, err := c.duty(ctx)
	if err != nil {
		return nil, err
	}
	row, err := c.node.Find(ctx, a.Ref)
	if err != nil {
		return nil, err
	}
	return row.Ref.String(), c.node.DoneLine(ctx, s, row.Ref)
}

// HoursArgs publish duty hours.
type HoursArgs struct {
	Hours line.Hours `json:"hours"`
	To    []party.ID `json:"to"` // empty: every other party that has a node
}

func lineHours(ctx context.Context, c *call, a HoursArgs) (any, error) {
	b, err := a.Hours.Bytes()
	if err != nil {
		return nil, err
	}
	to := a.To
	if len(to) == 0 {
		for _, p := range c.node.Keys().Current().Parties {
			if p.Card != nil && p.ID != c.node.Self() {
				to = append(to, p.ID)
			}
		}
	}
	if len(to) == 0 {
		return nil, refuse(Failed, "", "there is no other party with a node to publish hours to")
	}
	return c.lineDraft(ctx, node.Request{Status: act.Actual, To: to, Type: line.TypeHours, Body: b})
}

// PartyHours are the hours that one party published to this one.
type PartyHours struct {
	Party  party.ID    `json:"party"`
	Name   string      `json:"name"`
	OnDuty *OnDuty     `json:"on_duty"`
	Hours  *line.Hours `json:"hours"`
}

func hoursList(ctx context.Context, c *call, _ nothing) (any, error) {
	hours, err := c.node.Hours(ctx)
	if err != nil {
		return nil, err
	}
	out := []PartyHours{}
	for _, p := range c.node.Keys().Current().Parties { // in the order of the roster
		if h := hours[p.ID]; h != nil {
			out = append(out, PartyHours{p.ID, c.name(p.ID), onDuty(h, c.now()), h})
		}
	}
	return out, nil
}

// duty is the sign-in of a caller who has the role duty.
func (c *call) duty(ctx context.Context) (s desk.Session, err error) {
	if s, err = c.session(ctx); err != nil {
		return s, err
	}
	if !s.Officer().Has("duty") {
		return s, refuse(Permission, "an admin gives roles: detente officer list", "this officer does not have the role for it: duty")
	}
	return s, nil
}
