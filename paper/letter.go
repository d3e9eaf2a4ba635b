package paper

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"detente/act"
	"detente/internal/canon"
	"detente/party"
	"detente/regime"
)

// Kind is what is made of an act.
type Kind string

// The kinds of paper.
const (
	NoteVerbale Kind = "note-verbale" // with formulas, place for initials and seal
	Form        Kind = "form"         // the content alone
	Email       Kind = "email"        // a note without seal, as the text of a mail
)

// Letter is what is to be printed.
type Letter struct {
	Kind     Kind
	Language regime.Lang // of the reader: one of Languages
	Original regime.Lang // in which the author wrote; empty: not said
	Status   act.Status
	Life     act.Life            // of what is printed, where it follows a statement that is not printed with it; or empty
	Number   string              // of the note; empty: a place for it
	Place    string              // where it is issued; empty: a place for it
	Date     time.Time           // its day, UTC; zero: a place for it
	Thread   string              // reference; may be empty
	Handling string              // handling mark; may be empty
	Author   party.ID            // who speaks
	To       []party.ID          // addressees; empty: all
	Group    string              // name of the group in the language
	Names    map[party.ID]string // of the parties in the language, from the roster
	Form     *regime.Form        // nil: Text is the content
	Values   *regime.Values      // the filled form
	Text     string              // of a statement without a form
	Acts     []act.Ref           // where the record has it, with what changed it since, in order; none: a draft
	Draft    canon.Digest        // of a draft
}

// ErrLanguage is returned for a language that a paper cannot be in.
var ErrLanguage = errors.New("papers are in en, ru, kk, fa and zh")

// sheet is a paper before its layout: every word chosen, nothing placed.
type sheet struct {
	letter  *Letter
	words   *words
	stamps  []string // on each page: handling mark, exercise, draft
	author  string   // name
	title   string
	heads   [][2]string // label and value: number, date, to, reference
	opening string
	blocks  []block
	closing string
	remarks []string // on marks and languages
	check   []string // lines by which it is compared with the record
	code    string   // of the QR
}

// block is a heading, a paragraph of text, or one field.
type block struct {
	heading string
	number  string
	name    string
	lines   []line
	table   *table
}

// line is one line or paragraph of a value.
type line struct {
	text  string
	free  bool   // written by the author, in the author's language
	label string // of a cell, where a table is written row by row
	row   int    // of that table, from 1; 0: no row
}

// table has columns with a head.
type table struct {
	head  []string
	cells [][]line
	stack []line // the same row by row, where the columns do not fit; nil: none
}

// compose chooses the words.
func (l *Letter) compose() (*sheet, error) {
	w, err := wordsOf(l.Language)
	if err != nil {
		return nil, err
	}
	s := &sheet{letter: l, words: w, author: l.name(l.Author)}
	if l.Handling != "" {
		s.stamps = append(s.stamps, oneLine(l.Handling))
	}
	switch l.Status {
	case act.Exercise:
		s.stamps = append(s.stamps, w.Exercise)
	case act.Test:
		s.stamps = append(s.stamps, w.Test)
	}
	if len(l.Acts) == 0 {
		s.stamps = append(s.stamps, w.Draft)
	}
	s.title = w.Note
	if l.Kind == Form && l.Form != nil {
		s.title = text(l.Form.Title, l.Language)
	}
	if life, ok := w.Lives[string(l.Life)]; ok {
		s.title += ": " + life
	}
	s.head()
	if l.Kind != Form {
		s.opening, s.closing = s.formula(w.Opening), s.formula(w.Closing)
	}
	s.content()
	s.checks()
	return s, nil
}

// name is that of the roster; a party that it does not have is shown by its id.
func (l *Letter) name(id party.ID) string {
	if name, ok := l.Names[id]; ok {
		return oneLine(name)
	}
	return oneLine(string(id))
}

// oneLine is text from elsewhere as one line of what can be shown.
func oneLine(s string) string { return strings.Join(strings.Fields(clean(s)), " ") }

// addressees by name.
func (l *Letter) addressees() []string {
	names := make([]string, len(l.To))
	for i, id := range l.To {
		names[i] = l.name(id)
	}
	return names
}

// blank is a place to be filled in by hand.
const blank = "____________________"

func (s *sheet) head() {
	l, w := s.letter, s.words
	number, date := oneLine(l.Number), blank
	if number == "" {
		number = blank
	}
	if !l.Date.IsZero() {
		date = w.day(l.Date)
	}
	if l.Place != "" {
		date = oneLine(l.Place) + ", " + date
	}
	to := strings.Join(l.addressees(), w.Between)
	if len(l.To) == 0 {
		to = w.All
	}
	s.heads = append(s.heads, [2]string{w.Number, number}, [2]string{w.DateLabel, date})
	if l.Kind == Form {
		s.heads = append(s.heads, [2]string{w.From, s.author})
	}
	s.heads = append(s.heads, [2]string{w.To, to})
	if l.Thread != "" {
		s.heads = append(s.heads, [2]string{w.Reference, oneLine(l.Thread)})
	}
}

// formula fills in an opening or a closing.
func (s *sheet) formula(f formula) string {
	pattern, to := f.Many, ""
	switch names := s.letter.addressees(); len(names) {
	case 0:
		pattern, to = f.All, oneLine(s.letter.Group)
	case 1:
		pattern, to = f.One, names[0]
	default:
		to = strings.Join(names, s.words.Between)
		if !strings.Contains(strings.Join(names, ""), s.words.Between) { // else a name with a comma
			last := len(names) - 1
			to = strings.Join(names[:last], s.words.Between) + s.words.And + names[last]
		}
	}
	return strings.NewReplacer("{from}", s.author, "{to}", to).Replace(pattern)
}

// checks are the lines by which a paper is compared with the record.
func (s *sheet) checks() {
	l, w := s.letter, s.words
	if len(l.Acts) == 0 {
		s.check = []string{w.Unsent + " " + l.Draft.String()}
		s.code = "detente draft " + l.Draft.String()
		return
	}
	for _, ref := range l.Acts {
		s.check = append(s.check, fmt.Sprintf("%s: %s, %s %d. %s: %s", w.Record, ref.Origin, w.Act, ref.Index, w.Leaf, ref.Leaf))
	}
	last := l.Acts[len(l.Acts)-1]
	s.check = append(s.check, strings.ReplaceAll(w.Check, "{ref}", fmt.Sprintf("%s %d", last.Origin, last.Index)))
	s.code = "detente act " + last.String()
}

// foot is what each page says of itself: number, place in the record, and the first
// signs of the hash.
func (s *sheet) foot() string {
	l, parts := s.letter, []string{}
	if number := oneLine(l.Number); number != "" {
		parts = append(parts, number)
	}
	if n := len(l.Acts); n > 0 {
		last := l.Acts[n-1]
		parts = append(parts, fmt.Sprintf("%s %d", last.Origin, last.Index), last.Leaf.String()[:footSigns])
	} else if !l.Draft.IsZero() {
		parts = append(parts, strings.TrimPrefix(l.Draft.String(), "sha256:")[:footSigns])
	}
	return strings.Join(parts, " · ")
}

// footSigns is how much of a hash stands on each page; the whole stands at the end.
const footSigns = 16

// text of a form in a language, or in English where the form has no such names.
func text(texts map[regime.Lang]string, lang regime.Lang) string {
	if s, ok := texts[lang]; ok {
		return s
	}
	return texts[regime.English]
}
