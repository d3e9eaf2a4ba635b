package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"detente/act"
	"detente/control"
	"detente/node"
	"detente/paper"
	"detente/party"
	"detente/regime"
	"detente/roster"
	"github.com/spf13/cobra"
)

// printing are the flags of detente print.
type printing struct {
	as, to, language, out, number, place, date string
}

func (a *app) cmdPrint() *cobra.Command {
	var g printing
	c := a.command("print REF", "Print an act, a thread as it stands, or a draft: as a note verbale, a form or a mail", `
detente print ALA/2026/17 --to pdf --language ru --out note.pdf
detente print "alatau/1f2e3d4c 12" --as form --to text
detente print 3f2a --as email --number 12-26/184 --place Ashly --out note.eml`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		return a.print(ctx, args[0], &g)
	})
	f := c.Flags()
	f.StringVar(&g.as, "as", string(paper.NoteVerbale), "note-verbale, form or email")
	f.StringVar(&g.to, "to", "text", "text, html or pdf; an email is text")
	f.StringVar(&g.language, "language", "en", "of the reader: en, ru or kk")
	f.StringVar(&g.out, "out", "-", "a new file to write; - is stdout")
	f.StringVar(&g.number, "number", "", "number of the note (default: that of the act)")
	f.StringVar(&g.place, "place", "", "where the note is issued (default: a place for it)")
	f.StringVar(&g.date, "date", "", "day of the note, e.g. 2026-11-26 (default: the day that the act claims)")
	return c
}

func (a *app) print(ctx context.Context, ref string, g *printing) error {
	l := &paper.Letter{Kind: paper.Kind(g.as), Language: regime.Lang(g.language), Names: map[party.ID]string{}}
	switch {
	case !slices.Contains([]paper.Kind{paper.NoteVerbale, paper.Form, paper.Email}, l.Kind):
		return usage("detente print --help", fmt.Sprintf("--as %s is none of note-verbale, form, email", g.as))
	case !slices.Contains([]string{"text", "html", "pdf"}, g.to) || l.Kind == paper.Email && g.to != "text":
		return usage("detente print --help", fmt.Sprintf("--to %s does not fit: text, html or pdf; an email is text", g.to))
	case !slices.Contains(paper.Languages(), l.Language):
		return usage("detente print --help", fmt.Sprintf("%v, not in %q", paper.ErrLanguage, g.language))
	}
	if _, err := a.letter(ctx, ref, l); err != nil {
		return err
	}
	if err := a.roster(ctx, l); err != nil {
		return err
	}
	if g.number != "" {
		l.Number = g.number
	}
	l.Place = g.place
	if g.date != "" {
		t, err := time.Parse(time.DateOnly, g.date)
		if err != nil {
			return usage("", fmt.Sprintf("--date %q is not a day: write 2026-11-26", g.date))
		}
		l.Date = t
	}
	b, err := written(l, g.to)
	if errors.Is(err, paper.ErrLetters) {
		return failed(control.Failed, "detente print "+ref+" --to html", err.Error())
	}
	if err != nil {
		return err
	}
	if !paper.Reviewed(l.Language) {
		a.talk("The words of a paper in %s are unreviewed: have somebody who writes notes in it read this one before it goes out.", l.Language)
	}
	if g.out == "-" {
		_, err = a.stdout.Write(b)
		return err
	}
	if err := newFile(g.out, func(w io.Writer) error { _, err := w.Write(b); return err }); err != nil {
		return err
	}
	return a.show(map[string]any{"file": g.out, "bytes": len(b)}, func(w writer) { fmt.Fprintf(w, "Written: %s, %d bytes.\n", g.out, len(b)) })
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

// letter reads a draft, an act, or a thread with its corrections and updates. It
// returns the code of the step under which it was said.
func (a *app) letter(ctx context.Context, ref string, l *paper.Letter) (code string, err error) {
	if !strings.ContainsAny(ref, "/ ") {
		var d control.Draft
		if err := a.call(ctx, "draft-show", control.DraftArgs{ID: ref}, &d); err != nil {
			return "", err
		}
		r := d.Request
		if r.Kind != act.Statement {
			return "", failed(control.Usage, "detente draft show "+ref, "only statements are printed; this draft is to be an act of kind "+string(r.Kind))
		}
		l.Life = r.Life
		l.Draft, l.Status, l.To, l.Thread, l.Number, l.Handling, l.Original = d.Digest, r.Status, r.To, r.Thread, r.Note, r.Handling, regime.Lang(r.Language)
		return r.Measure, a.fill(ctx, l, control.FormArgs{Code: r.Measure}, []byte(r.Values), r.Text)
	}
	acts, err := a.acts(ctx, ref)
	if err != nil {
		return "", err
	}
	for i, s := range acts {
		parsed, err := act.Parse([]byte(s.Outside))
		if err != nil {
			return "", fmt.Errorf("read the act %s: %w", s.Place, err)
		}
		where, err := act.ParseRef(s.Ref)
		if err != nil {
			return "", err
		}
		if s.Content == "" {
			return "", failed(control.NotFound, "detente statement show \""+s.Place+"\"", "there is nothing to print: "+s.Reading)
		}
		l.Acts, code = append(l.Acts, where), s.Measure
		if i == 0 {
			l.Life = s.Life
			l.Author, l.Status, l.To, l.Thread = s.Author, s.Status, s.To, s.Thread
			l.Number, l.Handling, l.Original = parsed.Note, parsed.Handling, regime.Lang(parsed.Language)
			l.Date, _ = time.Parse(time.RFC3339, s.Claimed)
		}
		values, text := []byte(s.Content), ""
		if s.Type != node.FormType {
			values, text = nil, s.Content
		}
		if err := a.fill(ctx, l, control.FormArgs{Code: s.Measure, Pack: parsed.Pack}, values, text); err != nil {
			return "", err
		}
	}
	return code, nil
}

// acts are the one act that a reference names, or the first statement of a thread
// with what corrected and updated it since.
func (a *app) acts(ctx context.Context, ref string) ([]control.Statement, error) {
	if strings.Contains(ref, " ") {
		var s control.Statement
		if err := a.call(ctx, "statement-show", control.RefArgs{Ref: ref}, &s); err != nil {
			return nil, err
		}
		if s.Kind != act.Statement {
			return nil, failed(control.Usage, "detente statement show \""+ref+"\"", "only statements are printed; this act is of kind "+string(s.Kind))
		}
		return []control.Statement{s}, nil
	}
	var t control.Thread
	if err := a.call(ctx, "thread-show", control.RefArgs{Ref: ref}, &t); err != nil {
		return nil, err
	}
	var acts []control.Statement
	for _, s := range t.Acts {
		switch {
		case s.Kind != act.Statement:
		case len(acts) == 0:
			acts = append(acts, s)
		case s.Author != acts[0].Author || s.Status != acts[0].Status:
		case s.Life == act.Correction || s.Life == act.Update:
			acts = append(acts, s)
		case s.Life != act.New:
			// As it stands there is nothing: a paper of it would be taken for more.
			return nil, failed(control.Usage, "detente print \""+s.Place+"\"",
				fmt.Sprintf("the thread has ended by %s: print one of its acts", strings.ReplaceAll(string(s.Life), "-", " ")))
		}
	}
	if len(acts) == 0 {
		return nil, failed(control.NotFound, "detente thread show "+ref, "the thread has no statement to print")
	}
	return acts, nil
}

// fill lays content over that of a letter.
func (a *app) fill(ctx context.Context, l *paper.Letter, by control.FormArgs, values []byte, text string) error {
	if len(values) == 0 || string(values) == "null" {
		l.Text = text
		return nil
	}
	var known control.Form
	if err := a.call(ctx, "form", by, &known); err != nil {
		return err
	}
	form, err := regime.ParseForm([]byte(known.Body))
	if err != nil {
		return err
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

// roster names the parties and the group in the language of the reader.
func (a *app) roster(ctx context.Context, l *paper.Letter) error {
	var r control.Roster
	if err := a.call(ctx, "roster-show", struct{}{}, &r); err != nil {
		return err
	}
	parsed, err := roster.Parse([]byte(r.Body))
	if err != nil {
		return err
	}
	for i := range parsed.Parties {
		id := parsed.Parties[i].ID
		l.Names[id] = parsed.Name(id, string(l.Language))
	}
	for _, lang := range append([]string{string(l.Language)}, parsed.Languages...) {
		if name := parsed.Names[lang]; name != "" {
			l.Group = name
			break
		}
	}
	if l.Author == "" {
		var s control.Status
		if err := a.call(ctx, "status", struct{}{}, &s); err != nil {
			return err
		}
		l.Author = s.Party
	}
	return nil
}
