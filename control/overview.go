package control

import (
	"context"
	"slices"

	"detente/act"
	"detente/desk"
	"detente/docket"
	"detente/internal/canon"
	"detente/node"
	"detente/party"
)

func overviewVerbs() map[string]verb {
	return map[string]verb{
		"overview":  reads(overview),
		"sent-list": reads(sentList),
		"sent-show": reads(sentShow),
	}
}

// Overview is what an officer sees on coming to the desk.
type Overview struct {
	Inbox        []Line      `json:"inbox"`        // what waits for a word of this state
	More         bool        `json:"more"`         // the inbox has more than is listed
	Clear        []DraftLine `json:"clear"`        // drafts whose next step this officer may clear
	Returned     []DraftLine `json:"returned"`     // own drafts that came back with remarks
	Cleared      []DraftLine `json:"cleared"`      // cleared and not sent yet
	Waiting      []Progress  `json:"waiting"`      // said by this state, and not acknowledged by all
	Acknowledged []Line      `json:"acknowledged"` // by this state, and nothing said on it since; oldest first
}

// Progress is how far a statement of this state got.
type Progress struct {
	Line
	Addressees []Reached `json:"addressees"` // in the order of the roster
	Short      int       `json:"short"`      // addressees that have not acknowledged
}

// Reached is how far it got with one addressee.
type Reached struct {
	Party party.ID `json:"party"`
	// State is returned, acknowledged, delivered, handed-over, no-record or queued: the
	// furthest that is shown. Nothing says whether anybody there read it.
	State string     `json:"state"`
	At    string     `json:"at"`   // as the receipt claims; of queued: when the party was last heard, or ""
	Post  party.Post `json:"post"` // that acknowledged
	Place string     `json:"place"`
}

const (
	// overviewRows is how many rows each list of an overview has at most.
	overviewRows = 20
	// overviewDays is how far back an overview looks for what was acknowledged and not
	// answered, in days.
	overviewDays = 30
)

func overview(ctx context.Context, c *call, _ nothing) (any, error) {
	s, err := c.session(ctx)
	if err != nil {
		return nil, err
	}
	out, err := c.ofAll(ctx)
	if err != nil {
		return nil, err
	}
	err = c.drafts(ctx, s.Officer(), &out)
	return out, err
}

// ofAll is what every officer sees alike on coming to the desk: all but drafts.
func (c *call) ofAll(ctx context.Context) (Overview, error) {
	type answer struct {
		out Overview
		err error
	}
	if c.shared == nil {
		return c.readOfAll(ctx)
	}
	a := c.shared.once(ctx, c.standing(), "overview", func() (any, bool) {
		out, err := c.readOfAll(ctx)
		return answer{out, err}, err == nil
	}).(answer)
	return a.out, a.err
}

func (c *call) readOfAll(ctx context.Context) (Overview, error) {
	out := Overview{Inbox: []Line{}, Clear: []DraftLine{}, Returned: []DraftLine{}, Cleared: []DraftLine{}, Waiting: []Progress{}, Acknowledged: []Line{}}
	rows, err := c.inbox(ctx)
	if err != nil {
		return out, err
	}
	out.More = len(rows) > overviewRows
	if out.Inbox, err = c.lines(ctx, rows[:min(len(rows), overviewRows)]); err != nil {
		return out, err
	}
	said, err := c.progress(ctx, []act.Kind{act.Statement}, overviewRows)
	if err != nil {
		return out, err
	}
	for _, p := range said {
		if p.Short > 0 {
			out.Waiting = append(out.Waiting, p)
		}
	}
	out.Acknowledged, err = c.taken(ctx)
	return out, err
}

// inbox lists what waits for a word of this state, at most MaxList.
func (c *call) inbox(ctx context.Context) ([]docket.Row, error) {
	type answer struct {
		rows []docket.Row
		err  error
	}
	if c.shared == nil {
		return c.node.Inbox(ctx, MaxList)
	}
	a := c.shared.once(ctx, c.standing(), "inbox", func() (any, bool) {
		rows, err := c.node.Inbox(ctx, MaxList)
		return answer{rows, err}, err == nil
	}).(answer)
	return slices.Clone(a.rows), a.err
}

// drafts sorts the open drafts of the house for an officer.
func (c *call) drafts(ctx context.Context, o desk.Officer, out *Overview) error {
	chain, err := c.node.Desk().Chain(ctx)
	if err != nil {
		return err
	}
	for _, one := range []struct {
		state string
		into  *[]DraftLine
	}{{desk.StateSubmitted, &out.Clear}, {desk.StateReturned, &out.Returned}, {desk.StateCleared, &out.Cleared}} {
		v, err := draftList(ctx, c, DraftsArgs{State: one.state})
		if err != nil {
			return err
		}
		for _, d := range v.([]DraftLine) {
			switch {
			case len(*one.into) == overviewRows:
			case one.state == desk.StateSubmitted && (d.Author == o.ID || !mayClear(chain, d, o)):
			case one.state == desk.StateReturned && d.Author != o.ID:
			default:
				*one.into = append(*one.into, d)
			}
		}
	}
	return nil
}

// mayClear reports whether the next open step of a draft is one of an officer's.
func mayClear(chain desk.Chain, d DraftLine, o desk.Officer) bool {
	return len(d.Open) > 0 && slices.ContainsFunc(chain.Steps, func(s desk.Step) bool {
		return s.Name == d.Open[0] && (o.Has(desk.Clearer) && slices.Contains(o.Steps, s.Name) || slices.Contains(s.Deputies, o.ID))
	})
}

// taken lists what this state acknowledged of late and has said nothing on since,
// the oldest first: acknowledged is not done.
func (c *call) taken(ctx context.Context) ([]Line, error) {
	since := c.node.Now().AddDate(0, 0, -overviewDays).Unix()
	acks, err := c.node.List(ctx, docket.Filter{Author: c.node.Self(), Kinds: []act.Kind{act.Acknowledged}, Since: since, Newest: true, Limit: 5 * overviewRows})
	if err != nil {
		return nil, err
	}
	out := []Line{}
	seen := map[act.Ref]bool{}
	for _, a := range acks {
		if len(out) == overviewRows {
			break
		}
		row, err := c.node.At(ctx, a.Answers.Origin, a.Answers.Index)
		if err != nil || row.Kind != act.Statement || seen[row.Ref] {
			continue
		}
		seen[row.Ref] = true
		answered, err := c.node.List(ctx, docket.Filter{Author: c.node.Self(), Kinds: []act.Kind{act.Statement}, Answers: row.Ref, Limit: 1})
		if err != nil {
			return nil, err
		}
		if len(answered) > 0 {
			continue
		}
		l, err := c.line(ctx, row)
		if err != nil {
			return nil, err
		}
		l.On = node.Time(a.Claimed)
		out = append(out, l)
	}
	slices.Reverse(out)
	return out, nil
}

func sentList(ctx context.Context, c *call, a LimitArgs) (any, error) {
	return c.progress(ctx, []act.Kind{act.Statement, act.Entered}, min(max(a.Limit, 1), MaxList))
}

// sentShow says of one act of this state how far it got.
func sentShow(ctx context.Context, c *call, a RefArgs) (any, error) {
	row, err := c.node.Find(ctx, a.Ref)
	if err != nil {
		return nil, err
	}
	if row.Author != c.node.Self() {
		return nil, refuse(Permission, "detente statement list --from-me", "%s is not of this state", place(row.Ref))
	}
	all, err := c.far(ctx, []docket.Row{row})
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// progress says of the newest acts of some kinds of this state how far they got.
func (c *call) progress(ctx context.Context, kinds []act.Kind, limit int) ([]Progress, error) {
	rows, err := c.node.List(ctx, docket.Filter{Author: c.node.Self(), Kinds: kinds, Newest: true, Limit: limit})
	if err != nil {
		return nil, err
	}
	return c.far(ctx, rows)
}

func (c *call) far(ctx context.Context, rows []docket.Row) ([]Progress, error) {
	heard, err := c.heard(ctx)
	if err != nil {
		return nil, err
	}
	out := []Progress{}
	for _, r := range rows {
		l, err := c.line(ctx, r)
		if err != nil {
			return nil, err
		}
		receipts, err := c.node.Receipts(ctx, r.Ref)
		if err != nil {
			return nil, err
		}
		p := Progress{Line: l}
		if p.Addressees, err = c.reached(ctx, l, receipts, heard); err != nil {
			return nil, err
		}
		for _, x := range p.Addressees {
			if x.State != string(act.Acknowledged) && x.State != noRecord {
				p.Short++
			}
		}
		out = append(out, p)
	}
	return out, nil
}

const (
	noRecord = "no-record"
	queued   = "queued"
)

// heard is when each party was last heard.
func (c *call) heard(ctx context.Context) (map[party.ID]string, error) {
	peers, err := c.node.Peers(ctx)
	out := map[party.ID]string{}
	for _, p := range peers {
		if !p.LastHeard.IsZero() {
			out[p.Party] = canon.FormatTime(p.LastHeard)
		}
	}
	return out, err
}

// reached orders receipts by addressee: of each the furthest.
func (c *call) reached(ctx context.Context, l Line, receipts []docket.Row, heard map[party.ID]string) ([]Reached, error) {
	out := []Reached{}
	for _, p := range c.node.Keys().Current().Parties {
		if p.ID == c.node.Self() || len(l.To) > 0 && !slices.Contains(l.To, p.ID) {
			continue
		}
		x := Reached{Party: p.ID, State: queued, At: heard[p.ID]}
		if p.Card == nil {
			x.State, x.At = noRecord, ""
		}
		for _, r := range receipts {
			if r.Author != p.ID && (r.Kind != act.HandedOver || r.For != p.ID) || rank(string(r.Kind)) <= rank(x.State) {
				continue
			}
			x.State, x.At, x.Post, x.Place = string(r.Kind), node.Time(r.Claimed), r.Post, place(r.Ref)
		}
		out = append(out, x)
	}
	return out, ctx.Err()
}

// rank orders what is shown of one addressee: a later word outweighs an earlier one.
func rank(state string) int {
	return slices.Index([]string{queued, noRecord, string(act.HandedOver), string(act.Delivered), string(act.Acknowledged), string(act.Returned)}, state)
}
