package control

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"detente/act"
	"detente/clarification"
	"detente/desk"
	"detente/docket"
	"detente/exercise"
	"detente/internal/canon"
	"detente/line"
	"detente/lodging"
	"detente/node"
	"detente/pack"
	"detente/packs"
	"detente/party"
	"detente/phrasebook"
	"detente/regime"
)

func statementVerbs() map[string]verb {
	return map[string]verb{
		"statement-list": reads(statementList),
		"statement-show": reads(statementShow),
		"acknowledge":    writes(acknowledge),
		"deliver":        writes(deliver),
		"return-faults":  writes(returnFaults),
		"thread-show":    reads(threadShow),
		"receipts":       reads(receipts),
	}
}

// ListArgs select acts.
type ListArgs struct {
	Thread string   `json:"thread"`
	Author party.ID `json:"author"`
	FromMe bool     `json:"from_me"`
	ToMe   bool     `json:"to_me"`
	Open   bool     `json:"open"` // to this party, and neither acknowledged nor returned
	All    bool     `json:"all"`  // every kind of act, not statements and entries alone
	Limit  int      `json:"limit"`
}

// Line is one act of a list.
type Line struct {
	Ref     string     `json:"ref"`
	Place   string     `json:"place"`
	Author  party.ID   `json:"author"`
	Name    string     `json:"name"` // of the author
	Kind    act.Kind   `json:"kind"`
	Status  act.Status `json:"status"`
	Life    act.Life   `json:"life"`
	Thread  string     `json:"thread"`
	Measure string     `json:"measure"`
	// Title is that of the measure's form by language; nil: it has none that is known here.
	Title   map[regime.Lang]string `json:"title,omitempty"`
	For     party.ID               `json:"for"`
	To      []party.ID             `json:"to"` // empty: all
	Post    party.Post             `json:"post"`
	Answers string                 `json:"answers"` // place
	Channel string                 `json:"channel"` // entered, handed over: by which way
	Note    string                 `json:"note"`    // note-verbale number
	On      string                 `json:"on"`      // entered, handed over: when, as stated
	Claimed string                 `json:"claimed"` // the time that the author claims
	State   string                 `json:"state"`
	// Discreet: who does not have its key sees only that there is an act; To is empty
	// then, and Kind is discreet.
	Discreet bool `json:"discreet"`
}

func (c *call) line(ctx context.Context, r docket.Row) (Line, error) {
	l := Line{Ref: r.Ref.String(), Place: place(r.Ref), Author: r.Author, Name: c.name(r.Author), Kind: r.Kind, Status: r.Status,
		Life: r.Life, Thread: r.Thread, Measure: r.Measure, For: r.For, To: []party.ID{}, Post: r.Post,
		Answers: place(r.Answers), Claimed: node.Time(r.Claimed), State: r.State}
	l.Title = c.title(ctx, r.Measure)
	if r.State != docket.Read {
		return l, nil
	}
	a, _, err := c.node.Act(ctx, r.Ref)
	if err != nil {
		return l, err
	}
	l.To, l.Channel, l.Note = list(a.To), a.Channel, a.Note
	if l.Discreet, err = c.node.Discreet(ctx, r.Ref); err != nil {
		return l, err
	}
	if !a.On.IsZero() {
		l.On = canon.FormatTime(a.On)
	}
	return l, nil
}

// title is that of the form of a step, by language.
func (c *call) title(ctx context.Context, code string) map[regime.Lang]string {
	if code == "" {
		return nil
	}
	if f := c.node.Form(ctx, code, canon.Digest{}); f != nil {
		return f.Title
	}
	return nil
}

func (c *call) lines(ctx context.Context, rows []docket.Row) ([]Line, error) {
	out := []Line{}
	for _, r := range rows {
		l, err := c.line(ctx, r)
		if err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	return out, nil
}

func (c *call) name(id party.ID) string { return c.node.Keys().Current().Name(id, "en") }

func statementList(ctx context.Context, c *call, a ListArgs) (any, error) {
	limit := min(max(a.Limit, 1), MaxList)
	if a.Open {
		rows, err := c.inbox(ctx)
		if err != nil {
			return nil, err
		}
		return c.lines(ctx, rows[:min(len(rows), limit)])
	}
	f := docket.Filter{Thread: a.Thread, Author: a.Author, Newest: true, Limit: limit}
	if a.FromMe {
		f.Author = c.node.Self()
	}
	if a.ToMe {
		f.To = c.node.Self()
	}
	if !a.All {
		f.Kinds = []act.Kind{act.Statement, act.Entered}
	}
	rows, err := c.node.List(ctx, f)
	if err != nil {
		return nil, err
	}
	return c.lines(ctx, rows)
}

// RefArgs name an act and what is done with it.
type RefArgs struct {
	Ref    string     `json:"ref"`
	Post   party.Post `json:"post,omitempty"`
	Faults string     `json:"faults,omitempty"`
	// Language of the sentences about what texts provide for; empty: English.
	Language regime.Lang `json:"language,omitempty"`
}

// Lodged is what is shown about the time of an act.
type Lodged struct {
	NotAfter  string     `json:"not_after"`  // empty: not shown
	NotBefore string     `json:"not_before"` // empty: not shown
	Need      int        `json:"need"`       // mirrors needed
	Have      int        `json:"have"`       // counting mirrors that show it
	Of        int        `json:"of"`         // counting mirrors there are
	By        []party.ID `json:"by"`         // those that establish not_after
	Sentence  string     `json:"sentence"`
}

func (c *call) lodged(ctx context.Context, ref act.Ref) (Lodged, error) {
	l, err := c.node.Lodged(ctx, ref)
	if err != nil {
		return Lodged{}, err
	}
	return lodgedOf(l.Bounds, regime.English), nil
}

// lodgedOf says what bounds show.
func lodgedOf(b lodging.Bounds, lang regime.Lang) Lodged {
	out := Lodged{NotAfter: node.Time(b.NotAfter), NotBefore: node.Time(b.NotBefore), Need: b.Need, Have: b.Have, Of: b.Of, By: []party.ID{}}
	for _, s := range b.Shown {
		out.By = append(out.By, s.By)
	}
	out.Sentence = lodgedSentence(b, lang)
	return out
}

// Statement is one act in full.
type Statement struct {
	Line
	Outside  string       `json:"outside"`  // the act as it stands in the record
	Type     string       `json:"type"`     // media type of the content, if it can be read here
	Text     string       `json:"text"`     // the content in full, for people
	Content  string       `json:"content"`  // the content as it is, if it is text
	Pack     canon.Digest `json:"pack"`     // by which the author checked the form; zero: none
	Handling string       `json:"handling"` // mark
	Original string       `json:"original"` // language in which the author wrote, if said
	Reading  string       `json:"reading"`  // how it is readable here, in words
	Lodged   Lodged       `json:"lodged"`
	// Provided is what the texts in force provide for of it, as far as it concerns
	// this state, and how that stands.
	Provided []Item `json:"provided"`
	// Unread is set while the records are being read: what is provided for is not known yet.
	Unread *Reading `json:"unread,omitempty"`
	// For is, by addressee, the time by which it is shown to have been lodged
	// against that addressee alone.
	For      map[party.ID]string `json:"for_addressee"`
	Receipts []Receipt           `json:"receipts"`
}

func statementShow(ctx context.Context, c *call, a RefArgs) (any, error) {
	row, err := c.node.Find(ctx, a.Ref)
	if err != nil {
		return nil, err
	}
	return c.statement(ctx, row, a.Language)
}

func (c *call) statement(ctx context.Context, row docket.Row, lang regime.Lang) (*Statement, error) {
	s, err := c.alone(ctx, row, lang)
	if err == nil {
		s.Receipts, err = c.receipts(ctx, row)
	}
	return s, err
}

// alone is a statement without what answers it.
func (c *call) alone(ctx context.Context, row docket.Row, lang regime.Lang) (*Statement, error) {
	s := &Statement{For: map[party.ID]string{}, Receipts: []Receipt{}, Provided: []Item{}}
	var err error
	if s.Line, err = c.line(ctx, row); err != nil {
		return nil, err
	}
	if row.State != docket.Read {
		s.Reading = "this version cannot read it (" + row.State + ")"
		return s, nil
	}
	parsed, b, err := c.node.Act(ctx, row.Ref)
	if err != nil {
		return nil, err
	}
	s.Outside, s.Pack, s.Handling, s.Original = string(b), parsed.Pack, parsed.Handling, parsed.Language
	if err := c.read(ctx, s, row, parsed); err != nil {
		return nil, err
	}
	if s.Lodged, err = c.lodged(ctx, row.Ref); err != nil {
		return nil, err
	}
	l, err := c.node.Lodged(ctx, row.Ref)
	if err != nil {
		return nil, err
	}
	for id, b := range l.For {
		if b.NotAfter > 0 {
			s.For[id] = node.Time(b.NotAfter)
		}
	}
	s.Provided, s.Unread, err = c.provided(ctx, row, lang)
	return s, err
}

// read says what this reader can read of an act.
func (c *call) read(ctx context.Context, s *Statement, row docket.Row, a *act.Act) error {
	content, err := c.node.Content(ctx, row.Ref)
	switch {
	case errors.Is(err, node.ErrNoContent) && a.IsDiscreet():
		s.Reading = "discreet: this party holds it and sees only that there is an act"
		return nil
	case errors.Is(err, node.ErrNoContent) && a.IsSealed() && !a.Addressed(c.node.Self()) && row.Author != c.node.Self():
		s.Reading = "sealed to others: this party holds it and cannot read it"
		return nil
	case errors.Is(err, node.ErrNoContent) && a.IsSealed():
		s.Reading = "sealed; its content has not arrived or cannot be opened here"
		return nil
	case errors.Is(err, node.ErrNoContent):
		s.Reading = "it has no content of its own"
		return nil
	case err != nil:
		return err
	}
	s.Reading = "in the clear"
	switch {
	case s.Discreet:
		s.Reading = "discreet: sealed to the addressees; others see only that there is an act"
	case a.IsSealed():
		s.Reading = "sealed to the addressees"
	}
	s.Type = content.Type
	if content.Type == node.FormType || content.Type == node.TextType || line.IsType(content.Type) || content.Type == clarification.Type || content.Type == exercise.Type {
		s.Content = string(content.Body)
	}
	books, err := c.node.Phrasebooks()
	if err != nil {
		return err
	}
	s.Text = contentText(books, c.node.Form(ctx, a.Measure, a.Pack), content.Type, content.Body)
	return nil
}

// contentText writes content for people. It is another state's: what would steer
// a terminal is replaced.
func contentText(books []*phrasebook.Book, form *regime.Form, contentType string, body []byte) string {
	switch contentType {
	case node.FormType:
		v, err := regime.ParseValues(body)
		if form != nil && err == nil {
			return form.Text(v, regime.English)
		}
		return node.Legible(string(body))
	case node.TextType:
		return node.Legible(string(body))
	case line.TypeMessage, line.TypeEnd, line.TypeHours, clarification.Type, exercise.Type:
		return lineText(books, contentType, body)
	}
	return fmt.Sprintf("%d bytes of %s", len(body), contentType)
}

func acknowledge(ctx context.Context, c *call, a RefArgs) (any, error) {
	s, err := c.session(ctx)
	if err != nil {
		return nil, err
	}
	if !s.Officer().Has("duty") {
		return nil, fmt.Errorf("%w: duty", desk.ErrRole)
	}
	row, err := c.node.Find(ctx, a.Ref)
	if err != nil {
		return nil, err
	}
	return c.appended(c.node.Acknowledge(ctx, s, row.Ref, a.Post))
}

func deliver(ctx context.Context, c *call, a RefArgs) (any, error) {
	s, err := c.session(ctx)
	if err != nil {
		return nil, err
	}
	row, err := c.node.Find(ctx, a.Ref)
	if err != nil {
		return nil, err
	}
	return c.appended(c.node.Deliver(ctx, s, row.Ref))
}

func returnFaults(ctx context.Context, c *call, a RefArgs) (any, error) {
	s, err := c.session(ctx)
	if err != nil {
		return nil, err
	}
	if !s.Officer().Has("duty") {
		return nil, fmt.Errorf("%w: duty", desk.ErrRole)
	}
	row, err := c.node.Find(ctx, a.Ref)
	if err != nil {
		return nil, err
	}
	return c.appended(c.node.ReturnFaults(ctx, s, row.Ref, a.Faults))
}

// Thread is one thread with everything that belongs to it.
type Thread struct {
	Thread string      `json:"thread"`
	Acts   []Statement `json:"acts"`
	// Provided is what the texts in force provide for of its statements, each once.
	Provided []Item `json:"provided"`
	// Unread is set while the records are being read: what is provided for is not known yet.
	Unread *Reading `json:"unread,omitempty"`
	Whole  string   `json:"whole"` // the form as corrected and updated so far, if readable here
}

func threadShow(ctx context.Context, c *call, a RefArgs) (any, error) {
	thread := a.Ref
	rows, err := c.node.ThreadOf(ctx, thread)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 { // a place, perhaps
		row, err := c.node.Find(ctx, a.Ref)
		if err != nil {
			return nil, err
		}
		thread = row.Thread
		rows = []docket.Row{row}
		if thread != "" {
			if rows, err = c.node.ThreadOf(ctx, thread); err != nil {
				return nil, err
			}
		}
	}
	out := Thread{Thread: thread, Acts: []Statement{}, Provided: []Item{}}
	for _, r := range rows {
		if r.Kind == act.Delivered || r.Kind == act.Acknowledged || r.Kind == act.Returned {
			continue // they stand with what they answer
		}
		s, err := c.statement(ctx, r, a.Language)
		if err != nil {
			return nil, err
		}
		for _, it := range s.Provided { // once for the thread
			if !slices.ContainsFunc(out.Provided, func(x Item) bool { return x.Key == it.Key }) {
				out.Provided = append(out.Provided, it)
			}
		}
		s.Provided = []Item{}
		out.Acts = append(out.Acts, *s)
	}
	slices.SortStableFunc(out.Acts, func(a, b Statement) int { return strings.Compare(a.Claimed, b.Claimed) })
	said := firstSaid(rows)
	out.Whole = c.whole(ctx, said, out.Acts)
	return out, nil
}

// firstSaid is the thread of the statement that claims to be the first: others
// may have used its name too.
func firstSaid(rows []docket.Row) docket.Thread {
	var first docket.Row
	for _, r := range rows {
		if r.Kind == act.Statement && (first.Ref.IsZero() || r.Claimed < first.Claimed) {
			first = r
		}
	}
	return first.In()
}

// whole is the form of a thread as it stands now, once more than one act made it.
func (c *call) whole(ctx context.Context, thread docket.Thread, acts []Statement) string {
	if len(acts) < 2 || thread.Name == "" {
		return ""
	}
	v, err := c.node.Whole(ctx, thread)
	if err != nil {
		return ""
	}
	for _, a := range acts {
		if form := c.node.Form(ctx, a.Measure, canon.Digest{}); form != nil {
			return form.Text(v, regime.English)
		}
	}
	return ""
}

// Receipt is one answer to an act, with the text of a return if it is readable here.
type Receipt struct {
	Line
	Text   string `json:"text"`
	Lodged Lodged `json:"lodged"`
}

func receipts(ctx context.Context, c *call, a RefArgs) (any, error) {
	row, err := c.node.Find(ctx, a.Ref)
	if err != nil {
		return nil, err
	}
	return c.receipts(ctx, row)
}

func (c *call) receipts(ctx context.Context, said docket.Row) ([]Receipt, error) {
	rows, err := c.node.Receipts(ctx, said.Ref)
	if err != nil {
		return nil, err
	}
	out := []Receipt{}
	for _, r := range rows {
		if (r.Kind == act.Confirmed || r.Kind == act.Contested) && r.Author != said.For {
			continue // nobody speaks for a third
		}
		s, err := c.alone(ctx, r, regime.English)
		if err != nil {
			return nil, err
		}
		out = append(out, Receipt{s.Line, s.Text, s.Lodged})
	}
	return out, nil
}

// ContentText writes content for people, by the forms that ship with the program.
func ContentText(measure, contentType string, body []byte) (string, error) {
	texts, err := pack.NewLibrary(packs.FS)
	if err != nil {
		return "", fmt.Errorf("load the forms: %w", err)
	}
	form, err := texts.Form(measure)
	if err != nil && !errors.Is(err, pack.ErrNotAtHand) && !errors.Is(err, pack.ErrNoForm) {
		return "", err
	}
	books, err := phrasebook.Shipped()
	if err != nil {
		return "", err
	}
	return contentText(books, form, contentType, body), nil
}
