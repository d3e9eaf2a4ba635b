package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"detente/act"
	"detente/internal/canon"
	"detente/pack"
	"detente/party"
	"detente/regime"
	"detente/register"
)

func noteVerbs() map[string]verb {
	return map[string]verb{
		"note-enter": writes(noteEnter),
		"note-list":  reads(noteList),
		"note-show":  reads(noteShow),
		"note-void":  writes(noteVoid),
		"note-scan":  writes(noteScan),
		"note-file":  reads(noteFile),
		"pack-keep":  writes(packKeep),
	}
}

// NoteArgs are a note to be registered.
type NoteArgs struct {
	Way      string          `json:"way"`
	Parties  []party.ID      `json:"parties"`
	Ref      string          `json:"ref"`
	Day      string          `json:"day"`
	Channel  string          `json:"channel"`
	Status   act.Status      `json:"status"`
	Code     string          `json:"code"`
	Life     act.Life        `json:"life"`
	Answers  int64           `json:"answers"`
	Values   json.RawMessage `json:"values"`
	Text     string          `json:"text"`
	Language string          `json:"language"`
}

// RegisterNote is a note of the register as it is shown.
type RegisterNote struct {
	register.Note
	Form   string  `json:"form"`   // the filled form for people
	Bare   bool    `json:"bare"`   // its step has a form, and no fields of it were registered
	Faults []Fault `json:"faults"` // of the form; such a note counts as nothing done
}

func noteEnter(ctx context.Context, c *call, a NoteArgs) (any, error) {
	s, err := c.session(ctx)
	if err != nil {
		return nil, err
	}
	n := register.Note{Way: a.Way, Parties: a.Parties, Ref: a.Ref, Day: a.Day, Channel: a.Channel, Status: a.Status, Code: a.Code, Life: a.Life,
		Answers: a.Answers, Values: json.RawMessage("null"), Text: a.Text, Language: a.Language}
	for _, id := range a.Parties {
		if id == c.node.Self() {
			return nil, refuse(Usage, "detente note enter --help", "%s is this party itself: name the other side", id)
		}
		if _, ok := c.node.Keys().Current().Party(id); !ok {
			return nil, refuse(NotFound, "detente roster show; a state alone adds another by detente pack adopt --with "+string(id)+", a group by detente roster add-party", "%s is not in the roster: no text in force can look at what it says", id)
		}
	}
	if a.Code != "" {
		p, err := c.node.Text(ctx, pack.IDOf(a.Code), canon.Digest{})
		if err != nil || !hasStep(p, a.Code) {
			return nil, errors.Join(errorIf(err == nil || errors.Is(err, pack.ErrNotAtHand), refuse(NotFound, "detente form list", "no measure has a step %s", a.Code)), unless(err, pack.ErrNotAtHand))
		}
		n.Pack = p.Digest()
	}
	if len(a.Values) > 0 && string(a.Values) != "null" {
		v, err := regime.ReadValues(a.Values)
		if err != nil {
			return nil, err
		}
		if n.Values, err = v.Bytes(); err != nil {
			return nil, err
		}
	}
	if n, err = c.node.Notes().Enter(ctx, s.Officer().ID, n); err != nil {
		return nil, noteError(err)
	}
	return c.note(ctx, n), nil
}

func hasStep(p *pack.Pack, code string) bool {
	_, _, ok := p.Step(code, "")
	return ok
}

// unless is err, or nil where it is of a kind.
func unless(err, kind error) error {
	if errors.Is(err, kind) {
		return nil
	}
	return err
}

// noteError gives an error of the register its code.
func noteError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, register.ErrNone):
		return refuse(NotFound, "detente note list", "%v", err)
	case errors.Is(err, register.ErrVoid):
		return refuse(Usage, "detente note list", "%v", err)
	}
	return refuse(Usage, "detente note enter --help", "%v", err)
}

// note is a note with its form in words and its faults.
func (c *call) note(ctx context.Context, n register.Note) RegisterNote {
	out := RegisterNote{Note: n, Faults: []Fault{}}
	form := c.node.Form(ctx, n.Code, n.Pack)
	if form == nil {
		return out
	}
	if len(n.Values) == 0 || string(n.Values) == "null" {
		out.Bare = n.Life == "" || n.Life == act.New
		return out
	}
	v, err := regime.ReadValues(n.Values)
	if err != nil {
		out.Faults = append(out.Faults, Fault{Where: "form", What: err.Error(), Severe: true})
		return out
	}
	out.Form = form.Text(v, regime.English)
	if _, faults := form.Check(v); len(faults) > 0 {
		out.Faults = formFaults(faults)
	}
	return out
}

// NotesArgs select notes.
type NotesArgs struct {
	From  int64 `json:"from"`
	Limit int   `json:"limit"`
	// Newest asks for the last notes first; with Before, for those before that number.
	Newest bool  `json:"newest,omitempty"`
	Before int64 `json:"before,omitempty"`
}

func noteList(ctx context.Context, c *call, a NotesArgs) (any, error) {
	limit := min(max(a.Limit, 1), MaxList)
	if a.Newest {
		last, err := c.node.Notes().Last(ctx)
		if err != nil {
			return nil, err
		}
		if a.Before > 0 {
			last = min(last, a.Before-1)
		}
		a.From = max(1, last-int64(limit)+1)
		limit = int(max(0, last-a.From+1))
	}
	all, err := c.node.Notes().Notes(ctx, a.From, limit)
	if a.Newest {
		slices.Reverse(all)
	}
	if all == nil {
		all = []register.Note{}
	}
	return all, err
}

// NumberArgs name a note of the register.
type NumberArgs struct {
	Number int64  `json:"number"`
	Reason string `json:"reason,omitempty"`
	Name   string `json:"name,omitempty"`  // of a scan
	Place  int    `json:"place,omitempty"` // of a scan, from 1
}

func noteShow(ctx context.Context, c *call, a NumberArgs) (any, error) {
	n, err := c.node.Notes().Note(ctx, a.Number)
	if err != nil {
		return nil, noteError(err)
	}
	return c.note(ctx, n), nil
}

func noteVoid(ctx context.Context, c *call, a NumberArgs) (any, error) {
	s, err := c.session(ctx)
	if err != nil {
		return nil, err
	}
	n, err := c.node.Notes().Strike(ctx, s.Officer().ID, a.Number, a.Reason)
	return n, noteError(err)
}

// noteScan keeps the file that the call brings.
func noteScan(ctx context.Context, c *call, a NumberArgs) (any, error) {
	s, err := c.session(ctx)
	if err != nil {
		return nil, err
	}
	b, err := c.body(register.MaxScan)
	if err != nil {
		return nil, err
	}
	n, err := c.node.Notes().AddScan(ctx, s.Officer().ID, a.Number, a.Name, b)
	return n, noteError(err)
}

// noteFile writes a scan.
func noteFile(ctx context.Context, c *call, a NumberArgs) (any, error) {
	s, b, err := c.node.Notes().Scan(ctx, a.Number, a.Place)
	if err != nil {
		return nil, noteError(err)
	}
	if _, err := c.out.Write(b); err != nil {
		return nil, err
	}
	return s, nil
}

// body is the file that a call brings, of at most most bytes.
func (c *call) body(most int64) ([]byte, error) {
	if c.in == nil {
		return nil, refuse(Usage, "", "the call brings no file")
	}
	b, err := io.ReadAll(io.LimitReader(c.in, most+1))
	if err != nil {
		return nil, fmt.Errorf("read the file: %w", err)
	}
	if int64(len(b)) > most {
		return nil, refuse(Usage, "", "the file has more than %d bytes", most)
	}
	return b, nil
}

// Kept is a pack that the home keeps.
type Kept struct {
	ID     string       `json:"id"`
	Title  string       `json:"title"`
	Digest canon.Digest `json:"digest"`
}

// packKeep keeps a pack that was carried in, so that it can be adopted and read.
func packKeep(ctx context.Context, c *call, _ nothing) (any, error) {
	b, err := c.body(2 * pack.MaxPack)
	if err != nil {
		return nil, err
	}
	p, err := c.node.KeepText(ctx, c.actor(ctx), b)
	if err != nil {
		return nil, refuse(Verification, "detente pack lint FILE", "%v", err)
	}
	c.atlas.forget()
	return Kept{p.Head.ID, p.Head.Title[regime.English], p.Digest()}, nil
}
