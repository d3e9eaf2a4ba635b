package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"detente/act"
	"detente/node"
	"detente/paper"
	"detente/party"
	"detente/regime"
)

func paperVerbs() map[string]verb {
	return map[string]verb{
		"print":   reads(printed),
		"earlier": reads(earlier),
	}
}

// PrintArgs say what is printed, and how.
type PrintArgs struct {
	Ref      string      `json:"ref"`      // an act, a thread as it stands, or a draft
	As       paper.Kind  `json:"as"`       // note-verbale, form or email
	To       string      `json:"to"`       // text, html or pdf; an email is text
	Language regime.Lang `json:"language"` // of the reader
	Number   string      `json:"number"`   // of the note; empty: that of the act
	Place    string      `json:"place"`    // where it is issued; empty: a place for it
	Date     string      `json:"date"`     // day, 2026-11-26; empty: that which the act claims
}

// Printed says what came out.
type Printed struct {
	Reviewed bool `json:"reviewed"` // the words of the paper in its language were reviewed
	Bytes    int  `json:"bytes"`
}

func printed(ctx context.Context, c *call, a PrintArgs) (any, error) {
	l := &paper.Letter{Kind: a.As, Language: a.Language, Names: map[party.ID]string{}}
	switch {
	case !slices.Contains([]paper.Kind{paper.NoteVerbale, paper.Form, paper.Email}, l.Kind):
		return nil, refuse(Usage, "detente print --help", "%q is none of note-verbale, form, email", a.As)
	case !slices.Contains([]string{"text", "html", "pdf"}, a.To) || l.Kind == paper.Email && a.To != "text":
		return nil, refuse(Usage, "detente print --help", "%q does not fit: text, html or pdf; an email is text", a.To)
	case !slices.Contains(paper.Languages(), l.Language):
		return nil, refuse(Usage, "detente print --help", "%v, not in %q", paper.ErrLanguage, a.Language)
	}
	if _, err := c.letter(ctx, a.Ref, l); err != nil {
		return nil, err
	}
	c.letterhead(l)
	if a.Number != "" {
		l.Number = a.Number
	}
	l.Place = a.Place
	if a.Date != "" {
		t, err := time.Parse(time.DateOnly, a.Date)
		if err != nil {
			return nil, refuse(Usage, "", "%q is not a day: write 2026-11-26", a.Date)
		}
		l.Date = t
	}
	b, err := written(l, a.To)
	if errors.Is(err, paper.ErrLetters) {
		return nil, refuse(Failed, "detente print "+a.Ref+" --to html", "%v", err)
	}
	if err != nil {
		return nil, err
	}
	if _, err := c.out.Write(b); err != nil {
		return nil, fmt.Errorf("write the paper: %w", err)
	}
	return Printed{paper.Reviewed(l.Language), len(b)}, nil
}

func written(l *paper.Letter, to string) ([]byte, error) {
	switch {
	case to == "pdf":
		return l.PDF()
	case to == "html":
		return l.HTML()
	case l.Kind == paper.Email:
		s, err := l.Mail()
		return []byte(s), err
	}
	s, err := l.PlainText()
	return []byte(s), err
}

// Earlier is the filled form of something said or drafted before, as it stands.
type Earlier struct {
	Code   string          `json:"code"` // of the step
	Values json.RawMessage `json:"values"`
}

// earlier reads what a draft begins from: an act, a thread as it stands, or a draft.
func earlier(ctx context.Context, c *call, a RefArgs) (any, error) {
	var l paper.Letter
	code, err := c.letter(ctx, a.Ref, &l)
	if err != nil {
		return nil, err
	}
	if l.Form == nil {
		return nil, refuse(Usage, "detente draft new --text TEXT", "%s has no form to begin from", a.Ref)
	}
	b, err := l.Values.Bytes()
	return Earlier{code, b}, err
}

// letter reads a draft, an act, or a thread with its corrections and updates. It
// returns the code of the step under which it was said.
func (c *call) letter(ctx context.Context, ref string, l *paper.Letter) (code string, err error) {
	if !strings.ContainsAny(ref, "/ ") {
		d, err := c.find(ctx, ref)
		if err != nil {
			return "", err
		}
		shown, err := c.draft(ctx, d)
		if err != nil {
			return "", err
		}
		r := shown.Request
		if r.Kind != act.Statement {
			return "", refuse(Usage, "detente draft show "+ref, "only statements are printed; this draft is to be an act of kind %s", r.Kind)
		}
		l.Life = r.Life
		l.Draft, l.Status, l.To, l.Thread, l.Number, l.Handling, l.Original = shown.Digest, r.Status, r.To, r.Thread, r.Note, r.Handling, regime.Lang(r.Language)
		return r.Measure, c.fill(ctx, l, FormArgs{Code: r.Measure}, []byte(r.Values), r.Text)
	}
	acts, err := c.printable(ctx, ref)
	if err != nil {
		return "", err
	}
	for i, s := range acts {
		where, err := act.ParseRef(s.Ref)
		if err != nil {
			return "", err
		}
		if s.Content == "" {
			return "", refuse(NotFound, "detente statement show \""+s.Place+"\"", "there is nothing to print: %s", s.Reading)
		}
		l.Acts, code = append(l.Acts, where), s.Measure
		if i == 0 {
			l.Life = s.Life
			l.Author, l.Status, l.To, l.Thread = s.Author, s.Status, s.To, s.Thread
			l.Number, l.Handling, l.Original = s.Note, s.Handling, regime.Lang(s.Original)
			l.Date, _ = time.Parse(time.RFC3339, s.Claimed)
		}
		values, text := []byte(s.Content), ""
		if s.Type != node.FormType {
			values, text = nil, s.Content
		}
		if err := c.fill(ctx, l, FormArgs{Code: s.Measure, Pack: s.Pack}, values, text); err != nil {
			return "", err
		}
	}
	return code, nil
}

// printable are the one act that a reference names, or the first statement of a
// thread with what corrected and updated it since.
func (c *call) printable(ctx context.Context, ref string) ([]Statement, error) {
	if strings.Contains(ref, " ") {
		row, err := c.node.Find(ctx, ref)
		if err != nil {
			return nil, err
		}
		s, err := c.alone(ctx, row, regime.English)
		if err != nil {
			return nil, err
		}
		if s.Kind != act.Statement {
			return nil, refuse(Usage, "detente statement show \""+ref+"\"", "only statements are printed; this act is of kind %s", s.Kind)
		}
		return []Statement{*s}, nil
	}
	v, err := threadShow(ctx, c, RefArgs{Ref: ref})
	if err != nil {
		return nil, err
	}
	var acts []Statement
	for _, s := range v.(Thread).Acts {
		switch {
		case s.Kind != act.Statement:
		case len(acts) == 0:
			acts = append(acts, s)
		case s.Author != acts[0].Author || s.Status != acts[0].Status:
		case s.Life == act.Correction || s.Life == act.Update:
			acts = append(acts, s)
		case s.Life != act.New:
			// As it stands there is nothing: a paper of it would be taken for more.
			return nil, refuse(Usage, "detente print \""+s.Place+"\"",
				"the thread has ended by %s: print one of its acts", strings.ReplaceAll(string(s.Life), "-", " "))
		}
	}
	if len(acts) == 0 {
		return nil, refuse(NotFound, "detente thread show "+ref, "the thread has no statement to print")
	}
	return acts, nil
}

// fill lays content over that of a letter.
func (c *call) fill(ctx context.Context, l *paper.Letter, by FormArgs, values []byte, text string) error {
	if len(values) == 0 || string(values) == "null" {
		l.Text = text
		return nil
	}
	form := c.node.Form(ctx, by.Code, by.Pack)
	if form == nil {
		return refuse(NotFound, "detente form list", "no form %s is known here", by.Code)
	}
	v, err := regime.ReadValues(values)
	if err != nil {
		return err
	}
	if l.Form != nil {
		if v, _, err = l.Form.Apply(l.Values, v); err != nil {
			return err
		}
	}
	l.Form, l.Values = form, v
	return nil
}

// letterhead names the parties and the group in the language of the reader.
func (c *call) letterhead(l *paper.Letter) {
	current := c.node.Keys().Current()
	for i := range current.Parties {
		id := current.Parties[i].ID
		l.Names[id] = current.Name(id, string(l.Language))
	}
	for _, lang := range append([]string{string(l.Language)}, current.Languages...) {
		if name := current.Names[lang]; name != "" {
			l.Group = name
			break
		}
	}
	if l.Author == "" {
		l.Author = c.node.Self()
	}
}
