package screen

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"detente/line"
	"detente/phrasebook"
)

// phraseMenu is the newest phrasebook in the language of the page, to choose from.
type phraseMenu struct {
	Chapters []phraseChapter
	Chosen   []phraseForm // in the order in which they are said
}

// phraseChapter is a chapter of the phrasebook.
type phraseChapter struct {
	Title   string
	Phrases []phraseChoice
}

// phraseChoice is a phrase as it is chosen, or an option of a blank.
type phraseChoice struct{ ID, Text string }

// phraseForm is a phrase with its blanks, as they are filled in. No is its place in the
// message, from 1; Of, how many there are.
type phraseForm struct {
	No, Of   int
	ID       string
	Language string
	Standing phrasebook.Standing
	Text     string // with the names of the blanks in brackets
	Blanks   []phraseBlank
}

// phraseBlank is one blank.
type phraseBlank struct {
	Name, Label, Value string
	Kind               phrasebook.Kind
	Options            []phraseChoice
}

// phraseMenu reads the phrasebook; chosen are the phrases that the message has so far.
// The number is the precedence that fits the most pressing of them as a rule; 0: none
// is chosen.
// The error is errNoPage if the book has no such phrase.
func (v *visit) phraseMenu(chosen []line.Phrase) (phraseMenu, int, error) {
	var m phraseMenu
	books, err := phrasebook.Shipped()
	if err != nil || len(books) == 0 {
		return m, 0, err
	}
	b := books[len(books)-1]
	lang := v.lang
	if b.Standing(lang) == "" {
		lang = b.Languages[0].Tag
	}
	for _, c := range b.Chapters {
		one := phraseChapter{Title: c.Title[lang]}
		for i := range b.Phrases {
			if p := &b.Phrases[i]; p.Chapter == c.ID {
				one.Phrases = append(one.Phrases, phraseChoice{p.ID, bracketed(b, p, lang)})
			}
		}
		m.Chapters = append(m.Chapters, one)
	}
	fits := 0
	for i, one := range chosen {
		p, ok := b.Phrase(one.ID)
		if !ok {
			return m, 0, errNoPage
		}
		if fits == 0 || p.Precedence < fits {
			fits = p.Precedence
		}
		f := phraseForm{No: i + 1, Of: len(chosen), ID: p.ID, Language: lang, Standing: b.Standing(lang), Text: bracketed(b, p, lang)}
		for _, s := range b.Blanks(p) {
			blank := phraseBlank{Name: s.Name, Label: s.Label[lang], Value: one.Values[s.Name], Kind: s.Kind}
			for _, o := range s.Options {
				blank.Options = append(blank.Options, phraseChoice{o.ID, o.Text[lang]})
			}
			f.Blanks = append(f.Blanks, blank)
		}
		m.Chosen = append(m.Chosen, f)
	}
	return m, fits, nil
}

// bracketed is the sentence of a phrase with the names of its blanks in brackets.
func bracketed(b *phrasebook.Book, p *phrasebook.Phrase, lang string) string {
	text := p.Text[lang]
	for _, s := range b.Blanks(p) {
		text = strings.ReplaceAll(text, "{"+s.Name+"}", "["+s.Label[lang]+"]")
	}
	return text
}

// agreed are the phrases of the posted form, in order, each with its blanks. A blank is
// named by the place of its phrase, since one phrase may be said twice.
func (v *visit) agreed() []line.Phrase {
	out := []line.Phrase{}
	for i, id := range v.form["phrase"] {
		p := line.Phrase{ID: id, Values: map[string]string{}}
		for name := range v.form {
			if slot, ok := strings.CutPrefix(name, fmt.Sprintf("slot.%d.", i+1)); ok && v.text(name) != "" {
				p.Values[slot] = v.text(name)
			}
		}
		out = append(out, p)
	}
	return out
}

// arranged are the phrases after a button of the form was pressed: add, or drop, up or
// down with the place of a phrase. It reports whether it was one of these.
func (v *visit) arranged(all []line.Phrase) ([]line.Phrase, bool) {
	do, place, _ := strings.Cut(v.form.Get("do"), ".")
	i, err := strconv.Atoi(place)
	i-- // places begin with 1
	there := err == nil && i >= 0 && i < len(all)
	switch do {
	case "add":
		if id := v.text("add"); id != "" {
			all = append(all, line.Phrase{ID: id, Values: map[string]string{}})
		}
	case "drop":
		if there {
			all = slices.Delete(all, i, i+1)
		}
	case "up":
		if there && i > 0 {
			all[i-1], all[i] = all[i], all[i-1]
		}
	case "down":
		if there && i+1 < len(all) {
			all[i], all[i+1] = all[i+1], all[i]
		}
	default:
		return all, false
	}
	return all, true
}
