package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"detente/act"
	"detente/clarification"
	"detente/desk"
	"detente/docket"
	"detente/internal/canon"
	"detente/party"
	"detente/record"
	"detente/regime"
	"detente/roster"
	"detente/seal"
)

// FormType is the media type of a filled form inside a seal or payload.
const FormType = "application/vnd.detente.form+json"

// TextType is the media type of plain text inside a seal or payload; always UTF-8.
const TextType = "text/plain"

// Request is what an officer wants to say: the draft that the desk keeps and
// clears, and from which the act is made.
type Request struct {
	Kind     act.Kind        `json:"kind"`               // statement, entered, handed-over, confirmed, contested, returned
	Status   act.Status      `json:"status"`             // actual, exercise, test
	To       []party.ID      `json:"to"`                 // addressees; empty: all, in the clear
	Open     bool            `json:"open"`               // true: in the clear; false: sealed to the addressees
	Discreet bool            `json:"discreet,omitempty"` // all of it sealed: others see only that there is an act
	Thread   string          `json:"thread"`             // reference
	Answers  string          `json:"answers"`            // act reference, or empty
	Life     act.Life        `json:"life"`               // of a statement
	Measure  string          `json:"measure"`            // form id
	Values   json.RawMessage `json:"values"`             // filled form: for a correction or update the changed fields only
	Text     string          `json:"text"`               // instead of a form
	For      party.ID        `json:"for"`                // entered, handed-over: for whom
	Channel  string          `json:"channel"`            // entered, handed-over: note, mail, telephone, embassy
	On       string          `json:"on"`                 // entered, handed-over: when, canon time
	Note     string          `json:"note"`               // note-verbale number
	Post     party.Post      `json:"post"`               // issuing post
	Language string          `json:"language"`           // original language
	Handling string          `json:"handling"`           // handling mark
	// Type and Body are a content of package line or clarification instead of a form or a text:
	// Body is JSON as a person may write it.
	Type string          `json:"type,omitempty"`
	Body json.RawMessage `json:"body,omitempty"`
	// Gives is the digest of what a correction or update gives, by Submit.
	Gives string `json:"gives,omitempty"`
}

// Plan is a checked request: what will be appended, shown to the officer who clears it.
type Plan struct {
	Request Request
	Form    *regime.Form
	Text    canon.Digest // of the pack by which the form was checked
	Checked regime.Checked
	Content []byte   // what goes inside
	Touches []string // numbers of the fields that a correction or update changes
}

// FaultsError lists every fault of a form.
type FaultsError struct{ Faults []regime.Fault }

func (e *FaultsError) Error() string {
	first := fmt.Sprintf("field %s: %s", e.Faults[0].Number, e.Faults[0].Text["en"])
	if len(e.Faults) == 1 {
		return "the form has one fault: " + first
	}
	return fmt.Sprintf("the form has %d faults; the first: %s", len(e.Faults), first)
}

// Check reads a request and checks it as a whole: the form with every fault
// named, the thread it continues, the addressees.
func (n *Node) Check(ctx context.Context, b []byte) (*Plan, error) {
	var p Plan
	if err := canon.ReadJSON(b, &p.Request); err != nil {
		return nil, fmt.Errorf("read draft: %w", err)
	}
	r := p.Request
	if r.Type == clarification.Type {
		if err := n.checkAccount(&p); err != nil {
			return nil, err
		}
	} else if r.Type != "" {
		if err := n.checkLine(ctx, &p); err != nil {
			return nil, err
		}
	} else if r.Measure == "" {
		if err := checkLegible(r.Text); err != nil {
			return nil, err
		}
		p.Content = []byte(r.Text)
	} else if err := n.checkForm(ctx, &p); err != nil {
		return nil, err
	}
	current := n.keys.Load().Current()
	for _, id := range r.To {
		to, ok := current.Party(id)
		if !ok {
			return nil, fmt.Errorf("addressee %s is not in the roster, edition %d", id, current.Edition)
		}
		if to.Card == nil && !r.Open {
			return nil, fmt.Errorf("addressee %s has no node and no key to seal to; send it by note and enter the hand-over: detente statement hand-over", id)
		}
		if id == n.self {
			return nil, fmt.Errorf("addressee %s is this party itself", id)
		}
	}
	if err := n.besideRecords(current, r); err != nil {
		return nil, err
	}
	if r.Kind == act.Confirmed || r.Kind == act.Contested {
		if err := n.enteredHere(ctx, r); err != nil {
			return nil, err
		}
	}
	a, err := n.actOf(&p, time.Unix(1, 0).UTC(), map[party.ID]int64{})
	if err != nil {
		return nil, err
	}
	if err := n.checkDiscreet(ctx, r, a); err != nil {
		return nil, err
	}
	if len(p.Content) > 0 && a.PayloadType == "" { // to be sealed
		_, err = a.OutsideDigest()
	} else {
		err = a.Check()
	}
	if err != nil {
		return nil, err
	}
	return &p, nil
}

// besideRecords checks what came or went by another channel: for or to whom, and when.
func (n *Node) besideRecords(current *roster.Roster, r Request) error {
	if r.For == "" {
		return nil
	}
	if _, ok := current.Party(r.For); !ok {
		return fmt.Errorf("party %s is not in the roster, edition %d", r.For, current.Edition)
	}
	if r.For == n.self {
		return fmt.Errorf("party %s is this party itself: it says it in its own record", r.For)
	}
	// A day may have begun elsewhere, up to fourteen hours ahead.
	if on, err := canon.ParseTime(r.On); err != nil || on.After(n.now().Add(14*time.Hour)) {
		return fmt.Errorf("on %s: nothing can be entered before it came or went", r.On)
	}
	return nil
}

// checkForm checks the values, laid over the statement that is corrected or updated.
func (n *Node) checkForm(ctx context.Context, p *Plan) error {
	r := p.Request
	form, text, err := n.form(ctx, r.Measure, canon.Digest{})
	if err != nil {
		return err
	}
	p.Form, p.Text = form, text.Digest()
	if form == nil {
		if err := checkLegible(r.Text); err != nil {
			return err
		}
		p.Content = []byte(r.Text)
		return nil
	}
	values, err := regime.ReadValues(r.Values)
	if err != nil {
		return fmt.Errorf("read the form: %w", err)
	}
	if r.Life == act.Correction || r.Life == act.Update {
		before, err := n.before(ctx, r)
		if err != nil {
			return err
		}
		whole, touched, err := form.Apply(before, values)
		if err != nil {
			return err
		}
		if len(touched) == 0 {
			return errors.New("the correction changes no field")
		}
		p.Touches, values = touched, whole
	}
	checked, faults := form.Check(values)
	if len(faults) > 0 {
		return &FaultsError{faults}
	}
	p.Checked = checked
	p.Content, err = values.Bytes()
	return err
}

// actOf makes the outside of the act, without its ciphertext.
func (n *Node) actOf(p *Plan, now time.Time, serials map[party.ID]int64) (*act.Act, error) {
	r := p.Request
	a := &act.Act{
		Group: n.cfg.First.Group, Edition: n.keys.Load().Current().Edition, Kind: r.Kind, Status: r.Status,
		To: r.To, ToAll: len(r.To) == 0, Thread: r.Thread, Life: r.Life, Touches: p.Touches, Measure: r.Measure, Pack: p.Text,
		For: r.For, Channel: r.Channel, Note: r.Note, Post: r.Post, Language: r.Language, Handling: r.Handling, Claimed: now,
	}
	if len(serials) > 0 {
		a.Serial = serials
	}
	if r.On != "" {
		on, err := canon.ParseTime(r.On)
		if err != nil {
			return nil, fmt.Errorf("time of the hand-over: %w", err)
		}
		a.On = on
	}
	if r.Answers != "" {
		ref, err := act.ParseRef(r.Answers)
		if err != nil {
			return nil, fmt.Errorf("answers: %w", err)
		}
		a.Answers = ref
	}
	if len(p.Content) > 0 && (r.Open || r.Discreet || a.ToAll) {
		a.PayloadType, a.Payload = p.contentType(), p.Content
	}
	return a, nil
}

func (p *Plan) contentType() string {
	if p.Request.Type != "" {
		return p.Request.Type
	}
	if p.Form != nil {
		return FormType
	}
	return TextType
}

// Send makes the act of a cleared draft, seals it, and appends it to the own
// record; peers get it from there. Sending the same draft again returns the same
// act. Steps, and what the next start finds if the machine dies after each:
//
//  1. check: nothing.
//  2. seal: nothing; the ciphertext was only in memory.
//  3. append, keep blob and content, mark the draft sent: all of it or nothing.
//  4. push: the positions of the peers say what they still lack.
func (n *Node) Send(ctx context.Context, s desk.Session, id string) (act.Ref, error) {
	if d, err := n.desk.Draft(ctx, id); err == nil && d.Sent != "" {
		return act.ParseRef(d.Sent)
	}
	cleared, err := n.desk.Ready(ctx, n.db.Read(), id)
	if err != nil {
		return act.Ref{}, err
	}
	plan, err := n.Check(ctx, cleared.Draft().Request)
	if err != nil {
		return act.Ref{}, err
	}
	if err := plan.bound(); err != nil {
		return act.Ref{}, err
	}
	var ref act.Ref
	err = n.update(ctx, func(tx *Tx) error {
		var err error
		if ref, err = n.say(ctx, tx, plan); err != nil {
			return err
		}
		if err := n.desk.MarkSent(ctx, tx.Tx, cleared, refText(ref)); err != nil {
			return err
		}
		return n.desk.Audit(ctx, tx.Tx, s.Officer().ID, "send", fmt.Sprintf("draft %s as %s", id, refText(ref)))
	})
	return ref, err
}

// say seals and appends a plan inside a change.
func (n *Node) say(ctx context.Context, tx *Tx, p *Plan) (act.Ref, error) {
	if p.Request.Discreet {
		return n.sayDiscreetly(ctx, tx, p)
	}
	serials, err := n.serials(ctx, tx, p.Request)
	if err != nil {
		return act.Ref{}, err
	}
	a, err := n.actOf(p, n.now(), serials)
	if err != nil {
		return act.Ref{}, err
	}
	if len(p.Content) > 0 && a.PayloadType == "" {
		if err := n.sealInto(ctx, tx, a, seal.Content{Type: p.contentType(), Body: p.Content}); err != nil {
			return act.Ref{}, err
		}
	}
	ref, err := tx.Append(ctx, a)
	if err != nil {
		return act.Ref{}, err
	}
	if a.PayloadType == "" && len(p.Content) > 0 {
		err = n.saveContent(ctx, tx.Tx, ref, a, content{State: opened, Type: p.contentType(), Body: p.Content})
	}
	return ref, err
}

// serials numbers a statement per addressee, so that a gap shows.
func (n *Node) serials(ctx context.Context, tx *Tx, r Request) (map[party.ID]int64, error) {
	if r.Kind != act.Statement {
		return nil, nil
	}
	out := map[party.ID]int64{}
	for _, id := range r.To {
		s, err := docket.NextSerial(ctx, tx.Tx, n.origin, id)
		if err != nil {
			return nil, err
		}
		out[id] = s
	}
	return out, nil
}

// volumes are the origins of the own record, oldest first.
func (n *Node) volumes() []party.Origin {
	var out []party.Origin
	for v := 1; v <= n.origin.Volume(); v++ {
		out = append(out, n.origin.AtVolume(v))
	}
	return out
}

// sealInto seals c to the addressees of a, keeps the ciphertext and names it in a.
func (n *Node) sealInto(ctx context.Context, tx *Tx, a *act.Act, c seal.Content) error {
	bind, err := n.binding(n.origin, a)
	if err != nil {
		return err
	}
	to, err := n.recipients(a.To)
	if err != nil {
		return err
	}
	b, fileKey, err := seal.SealWithKey(n.cfg.Rand, c, bind, to)
	if err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	d, err := record.SaveBlob(ctx, tx.Tx, b)
	if err != nil {
		return err
	}
	if err := n.saveFileKey(ctx, tx, d, fileKey); err != nil {
		return err
	}
	a.Sealed = act.Blob{Digest: d, Size: int64(len(b))}
	return nil
}

// Content is the readable content of an act: its payload, or what was opened.
type Content struct {
	Type string
	Body []byte
}

// Content reads what this party may and could read of an act, or ErrNoContent.
func (n *Node) Content(ctx context.Context, ref act.Ref) (Content, error) {
	a, err := n.readAct(ctx, ref)
	if err != nil {
		return Content{}, err
	}
	if a.PayloadType != "" {
		return Content{a.PayloadType, a.Payload}, nil
	}
	c, err := n.readContent(ctx, n.db.Read(), ref.Origin, ref.Index)
	if err != nil {
		return Content{}, err
	}
	return c.open()
}
