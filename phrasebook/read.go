package phrasebook

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"detente/internal/canon"
	"detente/position"
)

// Piece is a part of a sentence: words of the book, or the value of a slot. A screen
// keeps a value together and in its own direction of writing.
type Piece struct {
	Text string
	Slot string // empty: words of the book
}

// split parts a sentence at its blanks; of a blank, Text is empty. What is no blank
// stays as it is.
func split(s string) []Piece {
	var out []Piece
	for s != "" {
		begin := strings.IndexByte(s, '{')
		end := strings.IndexByte(s, '}')
		if begin < 0 || end < begin {
			return append(out, Piece{Text: s})
		}
		if begin > 0 {
			out = append(out, Piece{Text: s[:begin]})
		}
		out = append(out, Piece{Slot: s[begin+1 : end]})
		s = s[end+1:]
	}
	return out
}

// blanks are the slots that a sentence names, sorted, each once, and its braces in
// order.
func blanks(s string) ([]string, error) {
	var out []string
	for _, p := range split(s) {
		if p.Slot == "" {
			if strings.ContainsAny(p.Text, "{}") {
				return nil, errors.New("a brace without its other half")
			}
			continue
		}
		if err := checkID(p.Slot); err != nil {
			return nil, err
		}
		if !slices.Contains(out, p.Slot) {
			out = append(out, p.Slot)
		}
	}
	slices.Sort(out)
	if len(out) > maxBlanks {
		return nil, fmt.Errorf("%d blanks where %d are the most", len(out), maxBlanks)
	}
	return out, nil
}

// Fault is one blank that is not filled in as it should be.
type Fault struct {
	Slot string
	What string // one sentence: what is wrong and what to write
}

// FaultsError lists every fault of a phrase.
type FaultsError struct {
	Phrase string
	Faults []Fault
}

// Error names the first.
func (e *FaultsError) Error() string {
	s := fmt.Sprintf("phrase %s, %s: %s", e.Phrase, e.Faults[0].Slot, e.Faults[0].What)
	if len(e.Faults) > 1 {
		s += fmt.Sprintf(" (and %d more)", len(e.Faults)-1)
	}
	return s
}

// ErrNoPhrase means that the book has no phrase of this id.
var ErrNoPhrase = errors.New("the phrasebook has no such phrase")

// Check wants every blank of a phrase filled in as its kind asks, and nothing else:
// ErrNoPhrase, or a *FaultsError with every fault.
func (b *Book) Check(id string, values map[string]string) error {
	p, ok := b.Phrase(id)
	if !ok {
		return fmt.Errorf("%w: %s in %s, edition %d", ErrNoPhrase, id, b.ID, b.Edition)
	}
	e := &FaultsError{Phrase: id}
	want := b.Blanks(p)
	for _, s := range want {
		v, ok := values[s.Name]
		if !ok {
			e.Faults = append(e.Faults, Fault{s.Name, "is not filled in; " + s.asks()})
		} else if err := s.check(v); err != nil {
			e.Faults = append(e.Faults, Fault{s.Name, fmt.Sprintf("%v; %s", err, s.asks())})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !slices.ContainsFunc(want, func(s *Slot) bool { return s.Name == name }) {
			e.Faults = append(e.Faults, Fault{name, "is no blank of this phrase"})
		}
	}
	if len(e.Faults) > 0 {
		return e
	}
	return nil
}

// asks says what a slot takes.
func (s *Slot) asks() string {
	switch s.Kind {
	case Place:
		return "write a position such as 43.25, 76.95 or a name"
	case Time:
		return "write 2027-03-01T14:05:00Z"
	case Unit:
		return "write a designation"
	case Number:
		return "write a number such as 12 or 3.5"
	case Course:
		return "write 000 to 359"
	}
	var ids []string
	for _, o := range s.Options {
		ids = append(ids, o.ID)
	}
	return "choose " + strings.Join(ids, ", ")
}

func (s *Slot) check(v string) error {
	switch s.Kind {
	case Place:
		if p, _, _, err := position.Parse(v); err == nil && p.Degrees() != v {
			return fmt.Errorf("%q is a position in another spelling than %s", v, p.Degrees())
		}
		return checkLine(v)
	case Time:
		_, err := canon.ParseTime(v)
		return err
	case Unit:
		return checkLine(v)
	case Number:
		return checkNumber(v)
	case Course:
		n, err := strconv.Atoi(v)
		if err != nil || len(v) != 3 || n < 0 || n > 359 || v[0] == '+' || v[0] == '-' {
			return fmt.Errorf("%q is no course", v)
		}
		return nil
	}
	if !slices.ContainsFunc(s.Options, func(o Option) bool { return o.ID == v }) {
		return fmt.Errorf("%q is none of the choices", v)
	}
	return nil
}

// maxValue bounds a place or designation, in characters.
const maxValue = 100

func checkLine(v string) error {
	if !utf8.ValidString(v) || strings.TrimSpace(v) == "" || strings.TrimSpace(v) != v || utf8.RuneCountInString(v) > maxValue {
		return fmt.Errorf("it is empty, has more than %d characters, or begins or ends with a space", maxValue)
	}
	for _, r := range v {
		if !unicode.IsGraphic(r) && r != '\u200c' && r != '\u200d' {
			return fmt.Errorf("it has a character that cannot be shown: %U", r)
		}
	}
	return nil
}

func checkNumber(v string) error {
	digits := func(s string, most int) bool {
		return len(s) >= 1 && len(s) <= most && strings.Trim(s, "0123456789") == ""
	}
	whole, rest, point := strings.Cut(strings.TrimPrefix(v, "-"), ".")
	if !digits(whole, 12) || len(whole) > 1 && whole[0] == '0' || point && !digits(rest, 6) {
		return fmt.Errorf("%q is no number", v)
	}
	return nil
}

// Spell writes a value that a person typed in the one spelling of its kind: a
// position in decimal degrees. What it does not know stays as it is.
func (s *Slot) Spell(v string) string {
	v = strings.TrimSpace(v)
	if s.Kind == Place {
		if p, _, _, err := position.Parse(v); err == nil {
			return p.Degrees()
		}
	}
	return v
}

// Read is a phrase with its blanks filled in, in a language of the book: the same
// values in the same characters in every language, choices apart. It is false if
// the book lacks the phrase, the language or a value; Check says which.
func (b *Book) Read(id, tag string, values map[string]string) ([]Piece, bool) {
	p, ok := b.Phrase(id)
	if !ok || b.Standing(tag) == "" || b.Check(id, values) != nil {
		return nil, false
	}
	out := split(p.Text[tag])
	for i := range out {
		if s, ok := b.Slot(out[i].Slot); ok {
			out[i].Text = s.show(tag, values[s.Name])
		}
	}
	return out, true
}

// show is a value as it reads in a language.
func (s *Slot) show(tag, v string) string {
	switch s.Kind {
	case Time:
		if t, err := canon.ParseTime(v); err == nil {
			if t.Second() == 0 {
				return t.Format("2006-01-02 15:04") + " UTC"
			}
			return t.Format("2006-01-02 15:04:05") + " UTC"
		}
	case Choice:
		for _, o := range s.Options {
			if o.ID == v {
				return o.Text[tag]
			}
		}
	}
	return v
}

// Join is the sentence as one text.
func Join(pieces []Piece) string {
	var b strings.Builder
	for _, p := range pieces {
		b.WriteString(p.Text)
	}
	return b.String()
}
