package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"detente/act"
	"detente/desk"
	"detente/docket"
	"detente/internal/canon"
	"detente/node"
	"detente/party"
	"detente/regime"
)

func draftVerbs() map[string]verb {
	return map[string]verb{
		"draft-save":   writes(draftSave),
		"draft-show":   reads(draftShow),
		"draft-list":   reads(draftList),
		"draft-check":  reads(draftCheck),
		"draft-submit": writes(draftSubmit),
		"draft-drop":   writes(draftDrop),
		"draft-follow": reads(draftFollow),
		"clear":        writes(clearDraft),
		"return":       writes(returnDraft),
		"release":      writes(releaseDraft),
		"send":         writes(sendDraft),
	}
}

// Request is what a draft asks to be said.
type Request = node.Request

// SaveArgs are a new draft, or with an ID another revision of it.
type SaveArgs struct {
	ID      string       `json:"id"`
	Request node.Request `json:"request"`
}

// Draft is a draft as it is shown.
type Draft struct {
	ID       string       `json:"id"`
	Author   string       `json:"author"`
	Revision int          `json:"revision"`
	State    string       `json:"state"`
	Digest   canon.Digest `json:"digest"` // of the request: what is cleared
	Request  node.Request `json:"request"`
	Text     string       `json:"text"` // in full, for people
	Faults   []Fault      `json:"faults"`
	Provides []Advice     `json:"provides"`         // what the texts in force say of it, before anything is said
	Unread   *Reading     `json:"unread,omitempty"` // that is not known yet: the records are being read
	Cleared  []Clearance  `json:"cleared"`
	Open     []string     `json:"open"` // steps that the present revision lacks
	Urgent   bool         `json:"urgent"`
	Reason   string       `json:"reason"`
	Remarks  string       `json:"remarks"`
	Sent     string       `json:"sent"`
	Changed  string       `json:"changed"`
}

// Clearance is one cleared step.
type Clearance struct {
	Step      string `json:"step"`
	Officer   string `json:"officer"`
	Reference string `json:"reference"`
	Revision  int    `json:"revision"`
	At        string `json:"at"`
}

func draftSave(ctx context.Context, c *call, a SaveArgs) (any, error) {
	s, err := c.session(ctx)
	if err != nil {
		return nil, err
	}
	b, err := requestBytes(a.Request)
	if err != nil {
		return nil, err
	}
	d, err := c.node.Desk().Save(ctx, s, a.ID, b)
	if err != nil {
		return nil, err
	}
	return c.draft(ctx, d)
}

// requestBytes are the bytes that are cleared: canonical, so that their digest
// is the digest of what was meant.
func requestBytes(r node.Request) ([]byte, error) {
	if len(r.Values) > 0 && string(r.Values) != "null" {
		v, err := regime.ReadValues(r.Values)
		if err != nil {
			return nil, err
		}
		if r.Values, err = v.Bytes(); err != nil {
			return nil, err
		}
	} else {
		r.Values = json.RawMessage("null")
	}
	if r.To == nil {
		r.To = []party.ID{}
	}
	b, err := canon.JSON(r)
	if err != nil {
		return nil, fmt.Errorf("write the draft: %w", err)
	}
	return b, nil
}

// draft is a draft with its text in full and every fault.
func (c *call) draft(ctx context.Context, d desk.Draft) (*Draft, error) {
	out := &Draft{ID: d.ID, Author: d.Author, Revision: d.Revision, State: d.State, Digest: canon.DigestOf(d.Request),
		Urgent: d.Urgent, Reason: d.Reason, Remarks: d.Remarks, Sent: d.Sent, Changed: canon.FormatTime(d.Changed),
		Cleared: []Clearance{}, Open: []string{}, Faults: []Fault{}, Provides: []Advice{}}
	if err := canon.ReadJSON(d.Request, &out.Request); err != nil {
		return nil, fmt.Errorf("read draft %s: %w", d.ID, err)
	}
	for _, cl := range d.Cleared {
		out.Cleared = append(out.Cleared, Clearance{cl.Step, cl.Officer, cl.Reference, cl.Revision, canon.FormatTime(cl.At)})
	}
	chain, err := c.node.Desk().Chain(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range chain.Open(d) {
		out.Open = append(out.Open, s.Name)
	}
	plan, err := c.node.Check(ctx, d.Request)
	if err != nil {
		e := ErrorOf(err)
		if out.Faults = e.Faults; len(out.Faults) == 0 {
			out.Faults = []Fault{{Where: "draft", What: e.Message, Severe: true}}
		}
		plan = &node.Plan{Request: out.Request}
	}
	out.Text = c.requestText(ctx, plan)
	if d.State != desk.StateSent && d.State != desk.StateDropped {
		out.Provides, out.Unread, err = c.advice(ctx, plan)
	}
	return out, err
}

// requestText is a draft in full, as it is read before it is cleared.
func (c *call) requestText(ctx context.Context, p *node.Plan) string {
	var b strings.Builder
	r := p.Request
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%-12s %s\n", name, strings.Join(strings.Fields(value), " "))
		}
	}
	line("kind", kindWords(r.Kind))
	line("status", strings.ToUpper(string(r.Status)))
	line("to", c.parties(r.To))
	switch {
	case r.Measure == "" && r.Text == "" && r.Type == "":
	case r.Open || len(r.To) == 0:
		line("readable by", "all who hold the record: it is not sealed")
	case r.Discreet:
		line("readable by", "the addressees alone; DISCREET: others see only that there is an act")
	default:
		line("readable by", "the addressees alone: it will be sealed to them")
	}
	line("thread", r.Thread)
	line("answers", r.Answers)
	line("life", string(r.Life))
	line("for", string(r.For))
	line("channel", r.Channel)
	line("on", r.On)
	line("note", r.Note)
	line("post", string(r.Post))
	line("handling", r.Handling)
	line("language", r.Language)
	line("touches", strings.Join(p.Touches, ", "))
	form := c.node.Form(ctx, r.Measure, canon.Digest{})
	switch {
	case r.Type != "":
		content := p.Content
		if len(content) == 0 { // it has faults
			content = r.Body
		}
		books, _ := c.node.Phrasebooks() // without them phrases stand by id and values
		b.WriteString("\n" + lineText(books, r.Type, content))
	case form != nil:
		v := p.Checked.Values()
		if v == nil {
			v, _ = regime.ReadValues(r.Values)
		}
		b.WriteString("\n" + form.Text(v, regime.English))
	case r.Text != "":
		b.WriteString("\n" + r.Text + "\n")
	}
	return node.Legible(b.String())
}

// parties writes addressees with their names.
func (c *call) parties(ids []party.ID) string {
	if len(ids) == 0 {
		return "all"
	}
	current := c.node.Keys().Current()
	var names []string
	for _, id := range ids {
		name := current.Name(id, "en")
		if name != string(id) {
			name += " (" + string(id) + ")"
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// kindWords are the kinds in the words of people.
func kindWords(k act.Kind) string {
	switch k {
	case act.HandedOver:
		return "hand-over by another channel"
	case act.Entered:
		return "entered for a party without a record"
	case act.Confirmed:
		return "confirms what was entered for this party"
	case act.Contested:
		return "contests what was entered for this party"
	}
	return string(k)
}

// DraftArgs name a draft and what is done with it.
type DraftArgs struct {
	ID        string `json:"id"`
	Revision  int    `json:"revision,omitempty"`
	Reference string `json:"reference,omitempty"`
	Remarks   string `json:"remarks,omitempty"`
	Reason    string `json:"reason,omitempty"`
}

// find reads a draft by its id or the beginning of it, if only one fits.
func (c *call) find(ctx context.Context, id string) (desk.Draft, error) {
	d, err := c.node.Desk().Draft(ctx, id)
	if !errors.Is(err, desk.ErrNoDraft) || len(id) < 4 {
		return d, err
	}
	all, listErr := c.node.Desk().Drafts(ctx, "")
	if listErr != nil {
		return d, listErr
	}
	var found []desk.Draft
	for _, one := range all {
		if strings.HasPrefix(one.ID, id) {
			found = append(found, one)
		}
	}
	if len(found) == 1 {
		return found[0], nil
	}
	if len(found) > 1 {
		return d, refuse(Usage, "give more of it", "%d drafts begin with %q", len(found), id)
	}
	return d, err
}

func draftShow(ctx context.Context, c *call, a DraftArgs) (any, error) {
	d, err := c.find(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	return c.draft(ctx, d)
}

// DraftsArgs select drafts.
type DraftsArgs struct {
	State string `json:"state"` // empty: all
	Mine  bool   `json:"mine"`
}

// DraftLine is one draft of a list.
type DraftLine struct {
	ID       string                 `json:"id"`
	Author   string                 `json:"author"`
	Revision int                    `json:"revision"`
	State    string                 `json:"state"`
	Kind     act.Kind               `json:"kind"`
	Status   act.Status             `json:"status"`
	Thread   string                 `json:"thread"`
	Measure  string                 `json:"measure"`
	Title    map[regime.Lang]string `json:"title,omitempty"` // of the measure's form
	To       []party.ID             `json:"to"`
	Open     []string               `json:"open"`
	Urgent   bool                   `json:"urgent"`
	Sent     string                 `json:"sent"`
	Changed  string                 `json:"changed"`
}

func draftList(ctx context.Context, c *call, a DraftsArgs) (any, error) {
	all, err := c.node.Desk().Drafts(ctx, a.State)
	if err != nil {
		return nil, err
	}
	me := ""
	if a.Mine {
		s, err := c.session(ctx)
		if err != nil {
			return nil, err
		}
		me = s.Officer().ID
	}
	chain, err := c.node.Desk().Chain(ctx)
	if err != nil {
		return nil, err
	}
	out := []DraftLine{}
	for _, d := range all {
		if me != "" && d.Author != me {
			continue
		}
		var r node.Request
		if err := canon.ReadJSON(d.Request, &r); err != nil {
			return nil, fmt.Errorf("read draft %s: %w", d.ID, err)
		}
		l := DraftLine{d.ID, d.Author, d.Revision, d.State, r.Kind, r.Status, r.Thread, r.Measure, c.title(ctx, r.Measure), list(r.To), []string{}, d.Urgent, d.Sent, canon.FormatTime(d.Changed)}
		for _, s := range chain.Open(d) {
			l.Open = append(l.Open, s.Name)
		}
		out = append(out, l)
	}
	return out, nil
}

// Checked says that a request holds, with its text in full.
type Checked struct {
	Text     string   `json:"text"`
	Touches  []string `json:"touches"`
	Provides []Advice `json:"provides"`
	Unread   *Reading `json:"unread,omitempty"` // what is provided for is not known yet: the records are being read
}

func draftCheck(ctx context.Context, c *call, a SaveArgs) (any, error) {
	var b []byte
	if a.ID != "" {
		d, err := c.find(ctx, a.ID)
		if err != nil {
			return nil, err
		}
		b = d.Request
	} else {
		var err error
		if b, err = requestBytes(a.Request); err != nil {
			return nil, err
		}
	}
	plan, err := c.node.Check(ctx, b)
	if err != nil {
		return nil, err
	}
	provides, unread, err := c.advice(ctx, plan)
	return Checked{c.requestText(ctx, plan), list(plan.Touches), provides, unread}, err
}

// draftSubmit checks first: what has faults would only come back.
func draftSubmit(ctx context.Context, c *call, a DraftArgs) (any, error) {
	s, d, err := c.mine(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	if _, err := c.node.Check(ctx, d.Request); err != nil {
		return nil, err
	}
	if d, err = c.node.Submit(ctx, s, d.ID); err != nil {
		return nil, err
	}
	return c.draft(ctx, d)
}

// mine is the session of the caller and the draft meant.
func (c *call) mine(ctx context.Context, id string) (desk.Session, desk.Draft, error) {
	s, err := c.session(ctx)
	if err != nil {
		return s, desk.Draft{}, err
	}
	d, err := c.find(ctx, id)
	return s, d, err
}

func draftDrop(ctx context.Context, c *call, a DraftArgs) (any, error) {
	s, d, err := c.mine(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	return d.ID, c.node.Desk().Drop(ctx, s, d.ID)
}

func clearDraft(ctx context.Context, c *call, a DraftArgs) (any, error) {
	s, d, err := c.mine(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	cleared, err := c.node.Desk().Clear(ctx, s, d.ID, a.Revision, a.Reference)
	if errors.Is(err, desk.ErrAuthor) { // whoever tries it is seen, page or command
		return nil, errors.Join(err, c.node.Note(ctx, s.Officer().ID, "draft-clear-refused", fmt.Sprintf("draft %s, revision %d: the author", d.ID, d.Revision)))
	}
	if err != nil {
		return nil, err
	}
	return c.draft(ctx, cleared)
}

func returnDraft(ctx context.Context, c *call, a DraftArgs) (any, error) {
	s, d, err := c.mine(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	if d, err = c.node.Desk().Return(ctx, s, d.ID, a.Remarks); err != nil {
		return nil, err
	}
	return c.draft(ctx, d)
}

func releaseDraft(ctx context.Context, c *call, a DraftArgs) (any, error) {
	s, d, err := c.mine(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	if d, err = c.node.Desk().Release(ctx, s, d.ID, a.Reason); err != nil {
		return nil, err
	}
	return c.draft(ctx, d)
}

// Appended is an act that is in the own record now.
type Appended struct {
	Ref    string `json:"ref"`    // origin, index, leaf hash
	Place  string `json:"place"`  // origin and index
	Queued bool   `json:"queued"` // it waits for the node to run
}

func (c *call) appended(r act.Ref, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return Appended{r.String(), place(r), c.queued()}, nil
}

func place(r act.Ref) string {
	if r.IsZero() {
		return ""
	}
	return fmt.Sprintf("%s %d", r.Origin, r.Index)
}

func sendDraft(ctx context.Context, c *call, a DraftArgs) (any, error) {
	s, d, err := c.mine(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	return c.appended(c.node.Send(ctx, s, d.ID))
}

// FollowArgs ask for a request that follows a statement.
type FollowArgs struct {
	Ref    string          `json:"ref"`
	Kind   act.Kind        `json:"kind"` // statement, handed-over, confirmed, contested
	Life   act.Life        `json:"life"`
	Values json.RawMessage `json:"values"` // the changed fields; null: none
	Text   string          `json:"text"`
}

// draftFollow prepares what follows a statement of the own record: same thread,
// status and addressees. Hand-overs, confirmations and contestations answer an
// act of any record and go to all.
func draftFollow(ctx context.Context, c *call, a FollowArgs) (any, error) {
	row, err := c.node.Find(ctx, a.Ref)
	if err != nil {
		return nil, err
	}
	old, _, err := c.node.Act(ctx, row.Ref)
	if err != nil {
		return nil, err
	}
	discreet, err := c.node.Discreet(ctx, row.Ref)
	if err != nil {
		return nil, err
	}
	r := node.Request{Kind: a.Kind, Status: old.Status, Thread: old.Thread, Answers: row.Ref.String(), Text: a.Text, To: []party.ID{}}
	if a.Kind != act.Statement {
		return r, nil
	}
	if row.Kind != act.Statement || row.Author != c.node.Self() {
		return nil, refuse(Permission, "detente statement list --from-me", "%s %d is no statement of this party", row.Ref.Origin, row.Ref.Index)
	}
	if ended, err := c.ended(ctx, old.Thread); err != nil || ended != "" {
		return nil, errors.Join(err, errorIf(ended != "", refuse(Failed, "detente thread show "+old.Thread, "the thread %s has ended by %s", old.Thread, strings.ReplaceAll(string(ended), "-", " "))))
	}
	r.Life, r.To, r.Open = a.Life, list(old.To), old.PayloadType != ""
	if discreet {
		r.Open, r.Discreet = false, true
	}
	if a.Life == act.Correction || a.Life == act.Update {
		r.Measure, r.Values = old.Measure, a.Values
		if r.Measure == "" && a.Text == "" {
			return nil, refuse(Usage, "detente statement correct REF --text-file FILE", "this statement has no form: give the whole text")
		}
	}
	return r, nil
}

func errorIf(cond bool, err error) error {
	if cond {
		return err
	}
	return nil
}

// ended is the life by which this party ended a thread, or "".
func (c *call) ended(ctx context.Context, thread string) (act.Life, error) {
	if thread == "" {
		return "", nil
	}
	rows, err := c.node.List(ctx, docket.Filter{Thread: thread, Author: c.node.Self(), Kinds: []act.Kind{act.Statement}})
	if err != nil {
		return "", err
	}
	for _, r := range rows {
		switch r.Life {
		case act.Cancellation, act.Withdrawal, act.IssuedInError:
			return r.Life, nil
		}
	}
	return "", nil
}
