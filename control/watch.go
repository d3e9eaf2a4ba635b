package control

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"detente/act"
	"detente/clarification"
	"detente/desk"
	"detente/docket"
	"detente/exercise"
	"detente/internal/canon"
	"detente/line"
	"detente/node"
	"detente/party"
	"detente/phrasebook"
	"detente/watch"
)

// LineMessage is one message on a line as it is shown.
type LineMessage struct {
	Ref        string          `json:"ref"`
	Place      string          `json:"place"`
	Line       line.ID         `json:"line"`
	Parties    []party.ID      `json:"parties"`
	Author     party.ID        `json:"author"`
	Name       string          `json:"name"` // of the author
	Kind       line.Kind       `json:"kind"`
	Precedence line.Precedence `json:"precedence"`
	Status     act.Status      `json:"status"`
	Thread     string          `json:"thread"`
	Life       act.Life        `json:"life"`
	Post       party.Post      `json:"post"`
	Answers    string          `json:"answers"` // place
	Claimed    string          `json:"claimed"`
	Arrived    string          `json:"arrived"` // at this node
	Text       string          `json:"text"`    // in full, for people
	Agreed     []AgreedText    `json:"agreed"`
	Free       string          `json:"free"` // the free text alone
	Language   string          `json:"language"`
	Discreet   bool            `json:"discreet"` // others see only that there is an act
	// AfterSounding: its thread is one in which a sounding, still held here, goes on.
	AfterSounding bool `json:"after_sounding"`
	// Of another party's: where it stands on this desk.
	List     watch.List `json:"list"`
	Calls    watch.Call `json:"calls"`
	Sound    bool       `json:"sound"`
	Repeat   int64      `json:"repeat"`   // seconds between two sounds; 0: once
	Silenced string     `json:"silenced"` // up to when; empty: not
	Next     string     `json:"next"`     // when that changes by time alone; empty: never
	// What this house has written for its watch, of a message that is not done: how the
	// one called last is reached, empty if that is not written down, and what to do.
	Contact   string   `json:"contact"`
	Procedure []string `json:"procedure"`
	// Of an own one: how it stands towards each addressee.
	Sent []SentTo `json:"sent"`
}

// AgreedText is one agreed phrase of a message. A book that is not at hand, or a phrase
// that does not fit it, leaves Texts empty: it is shown by id and values.
type AgreedText struct {
	line.Phrase
	Texts    map[string]string              `json:"texts"`    // the sentence by language
	Standing map[string]phrasebook.Standing `json:"standing"` // of each language
}

// agreed reads the phrases of a message in every language of their book.
func agreed(books []*phrasebook.Book, m *line.Message) []AgreedText {
	out := []AgreedText{}
	for _, p := range m.Agreed {
		one := AgreedText{p, map[string]string{}, map[string]phrasebook.Standing{}}
		for _, b := range books {
			if b.Digest() != p.Book {
				continue
			}
			for _, l := range b.Languages {
				if pieces, ok := b.Read(p.ID, l.Tag, p.Values); ok {
					one.Texts[l.Tag], one.Standing[l.Tag] = phrasebook.Join(pieces), l.Standing
				}
			}
		}
		out = append(out, one)
	}
	return out
}

// SentTo is how an own message stands towards one addressee.
type SentTo struct {
	Party    party.ID     `json:"party"`
	Name     string       `json:"name"`
	Answer   watch.Answer `json:"answer"`
	Post     party.Post   `json:"post"`     // that acknowledged
	At       string       `json:"at"`       // as it claims
	Due      string       `json:"due"`      // when an awaited one becomes not acknowledged; empty: never
	Sentence string       `json:"sentence"` // neutral, in full
}

func (c *call) lineMessage(books []*phrasebook.Book, rules watch.Rules, house desk.Instructions, m *node.LineMessage) LineMessage {
	now, self := c.now(), c.node.Self()
	r := m.Row
	out := LineMessage{Ref: r.Ref.String(), Place: place(r.Ref), Line: m.Key.ID, Parties: m.Key.Members(), Author: r.Author, Name: c.name(r.Author),
		Kind: m.Message.Kind, Precedence: m.Message.Precedence, Status: r.Status, Thread: r.Thread, Life: r.Life, Post: r.Post, Answers: place(r.Answers),
		Claimed: node.Time(r.Claimed), Arrived: canon.FormatTime(m.Arrived), Text: messageText(books, m.Message), Agreed: agreed(books, m.Message),
		Free: m.Message.Text, Language: m.Message.Language, Sent: []SentTo{}, Procedure: []string{}, Discreet: m.Discreet,
		AfterSounding: c.node.AfterSounding(r.Thread, m.Key.Members())}
	if r.Author == self {
		for _, id := range m.To {
			out.Sent = append(out.Sent, c.sentTo(rules, m, id))
		}
		return out
	}
	s := rules.At(m.Alert(self, now), now)
	out.Repeat = int64(rules.Of(out.Precedence).Repeat / time.Second)
	out.List, out.Calls, out.Sound, out.Silenced, out.Next = s.List, s.Calls, s.Sound, timeOrEmpty(s.Silenced), timeOrEmpty(s.Next)
	if s.List != watch.Done {
		out.Procedure = house.For(out.Line, out.Precedence)
	}
	switch s.Calls {
	case watch.Chief:
		out.Contact = house.Chief
	case watch.Second:
		out.Contact = house.Second
	}
	return out
}

func timeOrEmpty(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return canon.FormatTime(t)
}

func (c *call) sentTo(rules watch.Rules, m *node.LineMessage, id party.ID) SentTo {
	ack := m.Acks[id]
	answer, due := rules.Sent(m.Message.Precedence, time.Unix(m.Row.Claimed, 0), ack.At, c.now())
	s := SentTo{Party: id, Name: c.name(id), Answer: answer, Post: ack.Post, At: timeOrEmpty(ack.At), Due: timeOrEmpty(due)}
	switch answer {
	case watch.Acknowledged:
		s.Sentence = fmt.Sprintf("receipt acknowledged %s by the post %s of %s", s.At, s.Post, s.Name)
	case watch.NotAcknowledged:
		s.Sentence = fmt.Sprintf("%s has not acknowledged", s.Name)
	default:
		s.Sentence = fmt.Sprintf("an acknowledgement of %s is awaited", s.Name)
		if s.Due != "" {
			s.Sentence += " until " + s.Due
		}
	}
	return s
}

// messageText is a message for people: agreed text marked as such, beside free text.
func messageText(books []*phrasebook.Book, m *line.Message) string {
	var b strings.Builder
	switch m.Kind {
	case line.Call:
		b.WriteString("Call: please come to the line.\n")
	case line.Test:
		b.WriteString("Test call: please acknowledge.\n")
	}
	for _, p := range agreed(books, m) {
		text, ok := p.Texts["en"]
		if !ok {
			text = p.ID + ", of a phrasebook that is not at hand, or not as it asks"
			for _, slot := range slices.Sorted(maps.Keys(p.Values)) {
				text += fmt.Sprintf("; %s: %s", slot, p.Values[slot])
			}
		}
		fmt.Fprintf(&b, "[agreed text, %s] %s\n", p.ID, text)
	}
	if m.Text != "" {
		fmt.Fprintf(&b, "[free text, %s] %s\n", m.Language, m.Text)
	}
	return node.Legible(b.String())
}

// lineText writes a content of package line or clarification for people.
func lineText(books []*phrasebook.Book, contentType string, body []byte) string {
	switch contentType {
	case line.TypeMessage:
		if m, err := line.ParseMessage(body); err == nil {
			return fmt.Sprintf("On the line %s, precedence %d of 4.\n%s", m.Line, m.Precedence, messageText(books, m))
		}
	case line.TypeEnd:
		if e, err := line.ParseEnd(body); err == nil {
			return node.Legible(endText(e))
		}
	case clarification.Type:
		if a, err := clarification.Parse(body); err == nil {
			return accountText(a)
		}
	case exercise.Type:
		return exerciseText(body)
	case line.TypeHours:
		if h, err := line.ParseHours(body); err == nil {
			return node.Legible(HoursText(h))
		}
	}
	return node.Legible(string(body))
}

func endText(e *line.End) string {
	var b strings.Builder
	var names []string
	for _, p := range e.Parties {
		names = append(names, string(p))
	}
	fmt.Fprintf(&b, "Line %s between %s: this side is %s", e.Line, strings.Join(names, ", "), e.State)
	if e.Until != "" {
		b.WriteString(" until " + e.Until)
	}
	b.WriteString(".\n")
	for _, f := range [][2]string{{"Subject", e.Subject}, {"Languages", strings.Join(e.Languages, ", ")}, {"Reason", e.Reason}} {
		if f[1] != "" {
			fmt.Fprintf(&b, "%s: %s.\n", f[0], f[1])
		}
	}
	return b.String()
}

// HoursText writes duty hours for people.
func HoursText(h *line.Hours) string {
	var b strings.Builder
	for _, d := range h.Posts {
		fmt.Fprintf(&b, "Post %s", d.Post)
		if d.Number != "" {
			b.WriteString(", telephone " + d.Number)
		}
		if len(d.Languages) > 0 {
			b.WriteString(", in " + strings.Join(d.Languages, ", "))
		}
		b.WriteString("\n")
		for _, p := range d.Periods {
			fmt.Fprintf(&b, "  from %s, clock %s", p.From, p.Offset)
			if p.Place != "" {
				b.WriteString(" (" + p.Place + ")")
			}
			if len(p.Watches) == 0 {
				b.WriteString(": nobody on duty")
			}
			b.WriteString("\n")
			for _, w := range p.Watches {
				fmt.Fprintf(&b, "    %s %s to %s\n", dayNames(w.Days), w.From, w.Until)
			}
		}
	}
	return b.String()
}

func dayNames(days string) string {
	if days == "1234567" {
		return "every day"
	}
	names := []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
	var out []string
	for _, d := range days {
		out = append(out, names[d-'1'])
	}
	return strings.Join(out, ", ")
}

// MessagesArgs select messages on lines.
type MessagesArgs struct {
	LineArgs
	Thread string `json:"thread"`
	Limit  int    `json:"limit"`
}

func lineMessages(ctx context.Context, c *call, a MessagesArgs) (any, error) {
	var key line.Key
	if a.Line != "" {
		var err error
		if key, _, err = c.key(ctx, a.LineArgs); err != nil {
			return nil, err
		}
	}
	return c.lineMessages(ctx, node.Every, key, a.Thread, min(max(a.Limit, 1), MaxList))
}

func (c *call) lineMessages(ctx context.Context, which node.Which, key line.Key, thread string, limit int) ([]LineMessage, error) {
	rules, _ := c.node.WatchRules() // what cannot be read of them the watch shows
	all, err := c.node.LineMessages(ctx, which, key, thread, limit)
	if err != nil {
		return nil, err
	}
	books, err := c.node.Phrasebooks()
	if err != nil {
		return nil, err
	}
	house, err := c.node.Desk().Instructions(ctx)
	if err != nil {
		return nil, err
	}
	out := []LineMessage{}
	for i := range all {
		out = append(out, c.lineMessage(books, rules, house, &all[i]))
	}
	return out, nil
}

// Watch is the desk of the officer on duty at one moment.
type Watch struct {
	At    string        `json:"at"`
	Needs []LineMessage `json:"needs"` // by precedence, then the oldest first
	Waits []LineMessage `json:"waits"` // acknowledged, the oldest first
	// Sent are own messages of which an acknowledgement is awaited, or was not given.
	Sent    []LineMessage `json:"sent"`
	Lines   []LineView    `json:"lines"`
	Inbox   int           `json:"inbox"` // statements beside lines that have no answer yet
	Shift   Shifts        `json:"shift"`
	Remarks []string      `json:"remarks"` // what this desk itself needs
	// NoPlay are the exercises that a real event has stopped.
	NoPlay []NoPlay `json:"no_play"`
}

// watched bounds each list of the watch.
const watched = 200

func watchNow(ctx context.Context, c *call, _ nothing) (any, error) {
	w := Watch{At: canon.FormatTime(c.now()), Sent: []LineMessage{}, Remarks: []string{}}
	var err error
	if w.Needs, w.Waits, err = c.alerts(ctx); err != nil {
		return nil, err
	}
	own, err := c.lineMessages(ctx, node.Own, line.Key{}, "", watched)
	if err != nil {
		return nil, err
	}
	for _, m := range own {
		if slices.ContainsFunc(m.Sent, func(s SentTo) bool { return s.Answer != watch.Acknowledged }) {
			w.Sent = append(w.Sent, m)
		}
	}
	if w.Lines, err = c.lineViews(ctx); err != nil {
		return nil, err
	}
	if w.Inbox, err = c.beside(ctx); err != nil {
		return nil, err
	}
	if w.Shift, err = c.shifts(ctx); err != nil {
		return nil, err
	}
	if w.NoPlay, err = c.noPlay(ctx); err != nil {
		return nil, err
	}
	if _, err := c.node.WatchRules(); err != nil {
		w.Remarks = append(w.Remarks, err.Error())
	}
	w.Remarks = append(w.Remarks, untested(w.Lines, c.now())...)
	if !c.live {
		w.Remarks = append(w.Remarks, "this state's own node does not run: nothing arrives; start it: detente node run")
	}
	if w.Shift.Waits != nil {
		w.Remarks = append(w.Remarks, fmt.Sprintf("the shift handed over by %s waits for the signature of %s", w.Shift.Waits.Outgoing, w.Shift.Waits.Incoming))
	}
	return w, nil
}

// testEvery is how often people test a line: a circuit that only machines use may
// have nobody at its end (screens of the risk-reduction centres: every week).
const testEvery = 7 * 24 * time.Hour

// untested names the lines in service on which no call of this state was
// acknowledged for a week. It is this state's own work that it names.
func untested(lines []LineView, now time.Time) []string {
	var out []string
	for _, l := range lines {
		for _, s := range l.Others {
			if l.Mine != line.Open || s.Condition != watch.InService {
				continue
			}
			if at, err := canon.ParseTime(s.Tested); err != nil || now.Sub(at) > testEvery {
				out = append(out, fmt.Sprintf("line %s: make a test call: none to %s was acknowledged in the last 7 days", l.Line, s.Name))
			}
		}
	}
	return out
}

// beside counts what waits in the inbox and is no message on a line.
func (c *call) beside(ctx context.Context) (int, error) {
	rows, err := c.inbox(ctx)
	if err != nil {
		return 0, err
	}
	said, err := c.node.LineMessages(ctx, node.Unacknowledged, line.Key{}, "", MaxList)
	if err != nil {
		return 0, err
	}
	onLine := map[act.Ref]bool{}
	for i := range said {
		onLine[said[i].Row.Ref] = true
	}
	rows = slices.DeleteFunc(rows, func(r docket.Row) bool { return onLine[r.Ref] })
	return len(rows), nil
}

// Shifts are the last hand-over of the watch and the one that waits.
type Shifts struct {
	Last  *Shift `json:"last"`
	Waits *Shift `json:"waits"`
}

// Shift is one hand-over as it is shown.
type Shift struct {
	Outgoing string   `json:"outgoing"`
	Incoming string   `json:"incoming"`
	Remarks  string   `json:"remarks"`
	Items    []string `json:"items"`
	Handed   string   `json:"handed"`
	Taken    string   `json:"taken"` // empty: not yet
}

func shiftOf(s *desk.Shift) *Shift {
	if s == nil {
		return nil
	}
	return &Shift{s.Outgoing, s.Incoming, s.Remarks, list(s.Items), canon.FormatTime(s.Handed), timeOrEmpty(s.Taken)}
}

func (c *call) shifts(ctx context.Context) (Shifts, error) {
	last, waits, err := c.node.Desk().Shifts(ctx)
	return Shifts{shiftOf(last), shiftOf(waits)}, err
}

func shiftShow(ctx context.Context, c *call, _ nothing) (any, error) { return c.shifts(ctx) }

// ShiftArgs hand the watch over.
type ShiftArgs struct {
	To      string `json:"to"` // officer
	Remarks string `json:"remarks"`
}

// shiftHandOver lists what is open by itself: an officer cannot leave an item out.
func shiftHandOver(ctx context.Context, c *call, a ShiftArgs) (any, error) {
	s, err := c.duty(ctx)
	if err != nil {
		return nil, err
	}
	v, err := watchNow(ctx, c, nothing{})
	if err != nil {
		return nil, err
	}
	w := v.(Watch)
	items := []string{}
	for _, part := range []struct {
		what string
		all  []LineMessage
	}{{"not acknowledged", w.Needs}, {"acknowledged, open", w.Waits}, {"sent", w.Sent}} {
		for _, m := range part.all {
			item := fmt.Sprintf("%s: precedence %d, line %s, thread %s of %s, %s", part.what, m.Precedence, m.Line, m.Thread, m.Author, m.Place)
			if m.Silenced != "" {
				item += ", silenced until " + m.Silenced
			}
			items = append(items, item)
		}
	}
	if w.Inbox > 0 {
		items = append(items, fmt.Sprintf("inbox: %d without an answer", w.Inbox))
	}
	shift, err := c.node.Desk().HandOver(ctx, s, a.To, a.Remarks, items)
	return shiftOf(&shift), err
}

func shiftTake(ctx context.Context, c *call, _ nothing) (any, error) {
	s, err := c.session(ctx)
	if err != nil {
		return nil, err
	}
	shift, err := c.node.Desk().TakeShift(ctx, s)
	return shiftOf(&shift), err
}
