package node

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"detente/act"
	"detente/desk"
	"detente/docket"
	"detente/line"
	"detente/party"
	"detente/watch"
)

// LineMessage is one message on a line, with what this node knows about it.
type LineMessage struct {
	Row      docket.Row
	To       []party.ID
	Key      line.Key
	Message  *line.Message
	Discreet bool      // others see only that there is an act
	Arrived  time.Time // here; of an own one: when it was said
	Silenced time.Time // up to which an officer of this house silenced it; zero: not
	Done     time.Time // when an officer of this house marked it as done; zero: not
	// Acks are the acknowledgements of each addressee, as claimed: the first of each.
	Acks map[party.ID]Ack
	// Answered is when the first own statement answered it, TakenBack when its
	// author cancelled, withdrew or disowned it; zero: not.
	Answered, TakenBack time.Time
}

// Ack is one acknowledgement: receipt by a post, never agreement.
type Ack struct {
	Post party.Post
	At   time.Time // as its author claims
}

// Which selects messages on lines.
type Which string

const (
	Unacknowledged Which = "unacknowledged" // of others, with no acknowledgement or return of this state
	Undone         Which = "undone"         // of others, acknowledged by this state, neither answered nor done
	Own            Which = "own"            // of this state
	Every          Which = "every"
)

// LineMessages lists messages: of one line if key is not zero, of one thread if
// thread is not empty, at most limit, the newest first.
func (n *Node) LineMessages(ctx context.Context, which Which, key line.Key, thread string, limit int) ([]LineMessage, error) {
	where, args := "type = $1", []any{line.TypeMessage}
	and := func(text string, v ...any) {
		for _, x := range v {
			args = append(args, x)
			text = fmt.Sprintf(text, len(args))
		}
		where += " and " + text
	}
	const acked = ` exists (select 1 from docket_acts a where a.a_origin <> '' and a.a_origin = m.origin and a.a_idx = m.idx and a.kind in ('acknowledged', 'returned') and a.a_leaf = d.leaf and a.author = $%d)`
	switch which {
	case Unacknowledged:
		and("m.author <> $%d", string(n.self))
		and("not"+acked, string(n.self))
	case Undone:
		and("m.author <> $%d", string(n.self))
		and(acked, string(n.self))
		and("not exists (select 1 from node_line_marks k where k.origin = m.origin and k.idx = m.idx and k.done > 0)")
		and(`not exists (select 1 from docket_acts a where a.a_origin <> '' and a.a_origin = m.origin and a.a_idx = m.idx and a.kind = 'statement' and a.a_leaf = d.leaf and a.author = $%d)`, string(n.self))
	case Own:
		and("m.author = $%d", string(n.self))
	}
	if key.ID != "" {
		and("m.line = $%d", string(key.ID))
		and("m.parties = $%d", key.Parties)
	}
	if thread != "" {
		and("d.thread = $%d", thread)
	}
	args = append(args, limit)
	found, err := n.noted(ctx, where+fmt.Sprintf(" order by m.arrived desc, m.origin, m.idx desc limit $%d", len(args)), args...)
	if err != nil {
		return nil, err
	}
	out := make([]LineMessage, 0, len(found))
	for _, f := range found {
		m, err := n.lineMessage(ctx, f)
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

func (n *Node) lineMessage(ctx context.Context, f notice) (LineMessage, error) {
	m := LineMessage{Key: f.key, Arrived: time.Unix(f.arrived, 0).UTC(), Acks: map[party.ID]Ack{}}
	var err error
	if m.Row, err = docket.Get(ctx, n.db.Read(), f.ref.Origin, f.ref.Index); err != nil {
		return m, err
	}
	c, err := n.readContent(ctx, n.db.Read(), f.ref.Origin, f.ref.Index)
	if err != nil {
		return m, err
	}
	if m.Message, err = line.ParseMessage(c.Body); err != nil {
		return m, err
	}
	a, err := n.readAct(ctx, f.ref)
	if err != nil {
		return m, err
	}
	m.To = a.To
	if m.Discreet, err = n.Discreet(ctx, f.ref); err != nil {
		return m, err
	}
	var silenced, done int64
	err = n.db.Read().QueryRowContext(ctx, "select silenced, done from node_line_marks where origin = $1 and idx = $2", string(f.ref.Origin), f.ref.Index).Scan(&silenced, &done)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return m, fmt.Errorf("read the marks of a message: %w", err)
	}
	m.Silenced, m.Done = unixOrZero(silenced), unixOrZero(done)
	answers, err := docket.List(ctx, n.db.Read(), docket.Filter{Answers: f.ref, Kinds: []act.Kind{act.Acknowledged, act.Statement}})
	if err != nil {
		return m, err
	}
	for _, r := range answers {
		at := unixOrZero(r.Claimed)
		switch {
		case r.Kind == act.Acknowledged && a.Addressed(r.Author):
			if first, ok := m.Acks[r.Author]; !ok || at.Before(first.At) {
				m.Acks[r.Author] = Ack{r.Post, at}
			}
		case r.Kind == act.Statement && r.Author == m.Row.Author && (r.Life == act.Cancellation || r.Life == act.Withdrawal || r.Life == act.IssuedInError):
			m.TakenBack = earlier(m.TakenBack, at)
		case r.Kind == act.Statement && r.Author == n.self && m.Row.Author != n.self:
			m.Answered = earlier(m.Answered, at)
		}
	}
	return m, nil
}

func unixOrZero(s int64) time.Time {
	if s == 0 {
		return time.Time{}
	}
	return time.Unix(s, 0).UTC()
}

// earlier is the earlier of two moments of which the first may be zero.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

// Alert is the evidence about a message of another party. What its author took
// back, by whatever clock, is over now.
func (m *LineMessage) Alert(self party.ID, now time.Time) watch.Alert {
	a := watch.Alert{Precedence: m.Message.Precedence, Arrived: m.Arrived, Silenced: m.Silenced, Over: m.Done}
	if ack, ok := m.Acks[self]; ok {
		a.Acknowledged = earlier(now, ack.At)
	}
	for _, over := range []time.Time{m.Answered, m.TakenBack} {
		if !over.IsZero() {
			a.Over = earlier(earlier(a.Over, over), now)
		}
	}
	return a
}

// WatchRules are the figures by which this house watches: those of the edition in
// force, else the defaults. The error names what could not be read of them.
func (n *Node) WatchRules() (watch.Rules, error) {
	current := n.keys.Load().Current()
	return watch.RulesOf(func(slot string) (string, bool) { return current.Slot(slot, "", "") })
}

// CallLine calls on a line, or tests it: the act says nothing but that, so it needs
// no clearance, like an acknowledgement. The caller sees to the role.
func (n *Node) CallLine(ctx context.Context, s desk.Session, key line.Key, kind line.Kind, p line.Precedence, status act.Status, thread string) (act.Ref, error) {
	if kind != line.Call && kind != line.Test {
		return act.Ref{}, fmt.Errorf("a %s is cleared before it is said", kind)
	}
	m := &line.Message{Line: key.ID, Kind: kind, Precedence: p}
	body, err := m.Bytes()
	if err != nil {
		return act.Ref{}, err
	}
	r := Request{Kind: act.Statement, Status: status, Life: act.New, Thread: thread, Post: s.Officer().Post, Type: line.TypeMessage, Body: body}
	for _, id := range key.Members() {
		if id != n.self {
			r.To = append(r.To, id)
		}
	}
	plan := &Plan{Request: r}
	if err := errors.Join(n.checkLine(ctx, plan), n.givesNothingAway(ctx, r)); err != nil {
		return act.Ref{}, err
	}
	var ref act.Ref
	err = n.update(ctx, func(tx *Tx) error {
		if ref, err = n.say(ctx, tx, plan); err != nil {
			return err
		}
		return n.desk.Audit(ctx, tx.Tx, s.Officer().ID, "line-"+string(kind), fmt.Sprintf("%s as %s", key.ID, refText(ref)))
	})
	return ref, err
}

// Errors of marks.
var (
	ErrNoMessage       = errors.New("this is no message of another party on a line")
	ErrNotAcknowledged = errors.New("nobody has acknowledged it: an item is done only after that")
)

// SilenceLine silences the sound of a message for as long as the rules allow, and
// returns up to when. It silences nothing else and tells nobody outside.
func (n *Node) SilenceLine(ctx context.Context, s desk.Session, ref act.Ref) (time.Time, error) {
	m, err := n.received(ctx, ref)
	if err != nil {
		return time.Time{}, err
	}
	rules, _ := n.WatchRules() // what cannot be read is shown with the alerts
	until := n.now().Add(rules.Of(m.Message.Precedence).Silence)
	return until, n.markLine(ctx, s, ref, "line-silence", "silenced", until.Unix())
}

// DoneLine marks a message as done, in this house alone.
func (n *Node) DoneLine(ctx context.Context, s desk.Session, ref act.Ref) error {
	m, err := n.received(ctx, ref)
	if err != nil {
		return err
	}
	if _, ok := m.Acks[n.self]; !ok {
		return ErrNotAcknowledged
	}
	return n.markLine(ctx, s, ref, "line-done", "done", n.now().Unix())
}

// received is a message of another party.
func (n *Node) received(ctx context.Context, ref act.Ref) (LineMessage, error) {
	found, err := n.noted(ctx, "type = $1 and m.origin = $2 and m.idx = $3", line.TypeMessage, string(ref.Origin), ref.Index)
	if err != nil {
		return LineMessage{}, err
	}
	if len(found) == 0 || found[0].author == n.self {
		return LineMessage{}, ErrNoMessage
	}
	return n.lineMessage(ctx, found[0])
}

func (n *Node) markLine(ctx context.Context, s desk.Session, ref act.Ref, what, column string, value int64) error {
	return n.update(ctx, func(tx *Tx) error {
		_, err := tx.ExecContext(ctx, `insert into node_line_marks (origin, idx, silenced, done) values ($1,$2,0,0) on conflict (origin, idx) do nothing`,
			string(ref.Origin), ref.Index)
		if err != nil {
			return fmt.Errorf("mark a message: %w", err)
		}
		if _, err = tx.ExecContext(ctx, "update node_line_marks set "+column+" = $3 where origin = $1 and idx = $2", string(ref.Origin), ref.Index, value); err != nil {
			return fmt.Errorf("mark a message: %w", err)
		}
		return n.desk.Audit(ctx, tx.Tx, s.Officer().ID, what, refText(ref))
	})
}
