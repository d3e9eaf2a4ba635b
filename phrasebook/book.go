package phrasebook

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"unicode"

	"detente/internal/canon"
)

// files are the books that ship, one edition each, <id>-<edition>.json. An edition
// that was ever used stays, so that old messages can be read.
//
//go:embed books/*.json
var files embed.FS

// Bounds of a book.
const (
	maxBook      = 1 << 20 // bytes
	maxLanguages = 24
	maxChapters  = 64
	maxSlots     = 64
	maxOptions   = 64
	maxPhrases   = 512
	maxID        = 64  // bytes
	maxText      = 800 // bytes of a sentence, title or label in one language
	maxTag       = 35  // bytes
	maxBlanks    = 8   // of one sentence
)

const format = "detente.phrasebook/v1"

// Standing says how a language of a book came about.
type Standing string

const (
	Authentic  Standing = "authentic"
	Unofficial Standing = "unofficial" // a translation by the makers, read by a speaker
	Unreviewed Standing = "unreviewed" // a translation that nobody has reviewed
)

// Book is one edition of a phrasebook.
type Book struct {
	Format    string     `json:"format"`
	ID        string     `json:"id"`
	Edition   int        `json:"edition"`
	Languages []Language `json:"languages"` // the first is authentic
	Chapters  []Chapter  `json:"chapters"`
	Slots     []Slot     `json:"slots"`
	Phrases   []Phrase   `json:"phrases"`

	digest canon.Digest
}

// Language is one language of a book.
type Language struct {
	Tag      string   `json:"tag"`
	Standing Standing `json:"standing"`
}

// Chapter gathers phrases for a menu.
type Chapter struct {
	ID    string            `json:"id"`
	Title map[string]string `json:"title"` // by language
}

// Kind says what a blank takes.
type Kind string

const (
	Place  Kind = "place"  // decimal degrees as package position writes them, or a name on one line
	Time   Kind = "time"   // canon time, UTC
	Unit   Kind = "unit"   // a designation on one line
	Number Kind = "number" // decimal, at most 12 digits before and 6 after the point
	Course Kind = "course" // 000 to 359, degrees from true north
	Choice Kind = "choice" // one of the options
)

// Slot is a kind of blank that sentences name in braces.
type Slot struct {
	Name    string            `json:"name"`
	Kind    Kind              `json:"kind"`
	Label   map[string]string `json:"label"`             // by language
	Options []Option          `json:"options,omitempty"` // of a choice
}

// Option is one answer of a choice.
type Option struct {
	ID   string            `json:"id"`
	Text map[string]string `json:"text"` // by language
}

// Phrase is one sentence.
type Phrase struct {
	ID         string            `json:"id"`
	Chapter    string            `json:"chapter"`
	Precedence int               `json:"precedence"` // 1 to 4: what fits as a rule; the officer decides
	Text       map[string]string `json:"text"`       // by language, with {slot} for each blank
}

// Digest names the edition: SHA-256 of its bytes.
func (b *Book) Digest() canon.Digest { return b.digest }

// Parse reads a book: canonical JSON, complete in every language it names.
func Parse(text []byte) (*Book, error) {
	if len(text) > maxBook {
		return nil, fmt.Errorf("read a phrasebook: %d bytes where %d are the most", len(text), maxBook)
	}
	var b Book
	if err := canon.ParseJSON(text, &b); err != nil {
		return nil, fmt.Errorf("read a phrasebook: %w", err)
	}
	if err := b.check(); err != nil {
		return nil, fmt.Errorf("read a phrasebook: %w", err)
	}
	b.digest = canon.DigestOf(text)
	return &b, nil
}

// Shipped are the books that ship with the program, the newest edition of each id
// last.
func Shipped() ([]*Book, error) {
	names, err := fs.Glob(files, "books/*.json")
	if err != nil {
		return nil, fmt.Errorf("list the phrasebooks: %w", err)
	}
	var out []*Book
	for _, name := range names {
		text, err := files.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read a phrasebook: %w", err)
		}
		b, err := Parse(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out = append(out, b)
	}
	slices.SortStableFunc(out, func(a, b *Book) int {
		if a.ID != b.ID {
			return strings.Compare(a.ID, b.ID)
		}
		return a.Edition - b.Edition
	})
	return out, nil
}

// Phrase finds a phrase by its id.
func (b *Book) Phrase(id string) (*Phrase, bool) {
	i := slices.IndexFunc(b.Phrases, func(p Phrase) bool { return p.ID == id })
	if i < 0 {
		return nil, false
	}
	return &b.Phrases[i], true
}

// Slot finds a slot by its name.
func (b *Book) Slot(name string) (*Slot, bool) {
	i := slices.IndexFunc(b.Slots, func(s Slot) bool { return s.Name == name })
	if i < 0 {
		return nil, false
	}
	return &b.Slots[i], true
}

// Standing is that of a language, or "" if the book lacks it.
func (b *Book) Standing(tag string) Standing {
	for _, l := range b.Languages {
		if l.Tag == tag {
			return l.Standing
		}
	}
	return ""
}

// Blanks are the slots of a phrase in the order of its first language, each once.
func (b *Book) Blanks(p *Phrase) []*Slot {
	var out []*Slot
	for _, piece := range split(p.Text[b.Languages[0].Tag]) {
		if s, ok := b.Slot(piece.Slot); ok && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

func (b *Book) check() error {
	if b.Format != format {
		return fmt.Errorf("format: %q where %q belongs", b.Format, format)
	}
	if err := checkID(b.ID); err != nil {
		return err
	}
	if b.Edition < 1 || b.Edition > 1_000_000 {
		return fmt.Errorf("edition: %d where 1 to 1000000 belong", b.Edition)
	}
	for _, n := range []struct {
		what      string
		has, most int
	}{{"languages", len(b.Languages), maxLanguages}, {"chapters", len(b.Chapters), maxChapters}, {"slots", len(b.Slots), maxSlots}, {"phrases", len(b.Phrases), maxPhrases}} {
		if n.has < 1 || n.has > n.most {
			return fmt.Errorf("%s: %d where 1 to %d belong", n.what, n.has, n.most)
		}
	}
	if err := b.checkLanguages(); err != nil {
		return err
	}
	ids := map[string]bool{}
	once := func(what, id string) error {
		if err := checkID(id); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		if ids[what+" "+id] {
			return fmt.Errorf("%s %s stands twice", what, id)
		}
		ids[what+" "+id] = true
		return nil
	}
	for _, c := range b.Chapters {
		if err := errors.Join(once("chapter", c.ID), b.checkTexts(c.Title)); err != nil {
			return fmt.Errorf("chapter %s: %w", c.ID, err)
		}
	}
	for _, s := range b.Slots {
		if err := errors.Join(once("slot", s.Name), b.checkSlot(&s, once)); err != nil {
			return fmt.Errorf("slot %s: %w", s.Name, err)
		}
	}
	for i := range b.Phrases {
		p := &b.Phrases[i]
		if err := once("phrase", p.ID); err != nil {
			return err
		}
		if err := b.checkPhrase(p, ids); err != nil {
			return fmt.Errorf("phrase %s: %w", p.ID, err)
		}
	}
	return nil
}

func (b *Book) checkLanguages() error {
	for i, l := range b.Languages {
		if len(l.Tag) < 2 || len(l.Tag) > maxTag || strings.Trim(l.Tag, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != "" {
			return fmt.Errorf("language %q is no tag such as en", l.Tag)
		}
		switch l.Standing {
		case Authentic, Unofficial, Unreviewed:
		default:
			return fmt.Errorf("language %s: standing %q is none of authentic, unofficial, unreviewed", l.Tag, l.Standing)
		}
		if i == 0 && l.Standing != Authentic {
			return fmt.Errorf("language %s: the first one is authentic", l.Tag)
		}
		if slices.IndexFunc(b.Languages, func(o Language) bool { return o.Tag == l.Tag }) != i {
			return fmt.Errorf("language %s stands twice", l.Tag)
		}
	}
	return nil
}

func (b *Book) checkSlot(s *Slot, once func(what, id string) error) error {
	switch s.Kind {
	case Choice:
		if len(s.Options) < 2 || len(s.Options) > maxOptions {
			return fmt.Errorf("options: %d where 2 to %d belong", len(s.Options), maxOptions)
		}
	case Place, Time, Unit, Number, Course:
		if s.Options != nil {
			return errors.New("options: belong to a choice")
		}
	default:
		return fmt.Errorf("kind: %q is none that this version knows", s.Kind)
	}
	for _, o := range s.Options {
		if err := errors.Join(once("option "+s.Name, o.ID), b.checkTexts(o.Text)); err != nil {
			return fmt.Errorf("option %s: %w", o.ID, err)
		}
	}
	return b.checkTexts(s.Label)
}

func (b *Book) checkPhrase(p *Phrase, ids map[string]bool) error {
	if p.Precedence < 1 || p.Precedence > 4 {
		return fmt.Errorf("precedence: %d where 1 to 4 belong", p.Precedence)
	}
	if !ids["chapter "+p.Chapter] {
		return fmt.Errorf("chapter %q is not in the book", p.Chapter)
	}
	if err := b.checkTexts(p.Text); err != nil {
		return err
	}
	var first []string
	for i, l := range b.Languages {
		names, err := blanks(p.Text[l.Tag])
		if err != nil {
			return fmt.Errorf("%s: %w", l.Tag, err)
		}
		for _, n := range names {
			if !ids["slot "+n] {
				return fmt.Errorf("%s: {%s} is no slot of the book", l.Tag, n)
			}
		}
		if i == 0 {
			first = names
		}
		if !slices.Equal(first, names) {
			return fmt.Errorf("%s: its blanks are not those of %s", l.Tag, b.Languages[0].Tag)
		}
	}
	return nil
}

// checkTexts wants one text for each language of the book, all of which shows.
func (b *Book) checkTexts(texts map[string]string) error {
	if len(texts) != len(b.Languages) {
		return fmt.Errorf("%d languages where the book has %d", len(texts), len(b.Languages))
	}
	for _, l := range b.Languages {
		s := texts[l.Tag]
		if s == "" || len(s) > maxText || strings.TrimSpace(s) != s {
			return fmt.Errorf("%s: the text is missing, too long, or begins or ends with a space", l.Tag)
		}
		for _, r := range s {
			if !unicode.IsGraphic(r) && r != '\u200c' && r != '\u200d' {
				return fmt.Errorf("%s: a character that cannot be shown: %U", l.Tag, r)
			}
		}
	}
	return nil
}

func checkID(s string) error {
	if len(s) == 0 || len(s) > maxID {
		return fmt.Errorf("a name has %d bytes where 1 to %d belong", len(s), maxID)
	}
	for _, word := range strings.Split(s, ".") {
		if word == "" || strings.Trim(word, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || strings.Trim(word, "-") != word {
			return fmt.Errorf("the name %q is not of a-z, 0-9 and hyphens, words joined by full stops", s)
		}
	}
	return nil
}
