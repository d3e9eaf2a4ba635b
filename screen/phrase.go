package screen

import (
	"strings"

	"detente/line"
	"detente/phrasebook"
)

// phraseMenu is the newest phrasebook in the language of the page, to choose from.
type phraseMenu struct {
	Chapters []phraseChapter
	Chosen   *phraseForm // nil: none
}

// phraseChapter is a chapter of the phrasebook.
type phraseChapter struct {
	Title   string
	Phrases []phraseChoice
}

// phraseChoice is a phrase as it is chosen, or an option of a blank.
type phraseChoice struct{ ID, Text string }

// phraseForm is a phrase with its blanks, as they are filled in.
type phraseForm struct {
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
// The number is the precedence that fits the chosen one as a rule; 0: none is chosen.
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
	if len(chosen) == 0 {
		return m, 0, nil
	}
	p, ok := b.Phrase(chosen[0].ID)
	if !ok {
		return m, 0, errNoPage
	}
	m.Chosen = &phraseForm{ID: p.ID, Language: lang, Standing: b.Standing(lang), Text: bracketed(b, p, lang)}
	for _, s := range b.Blanks(p) {
		blank := phraseBlank{Name: s.Name, Label: s.Label[lang], Value: chosen[0].Values[s.Name], Kind: s.Kind}
		for _, o := range s.Options {
			blank.Options = append(blank.Options, phraseChoice{o.ID, o.Text[lang]})
		}
		m.Chosen.Blanks = append(m.Chosen.Blanks, blank)
	}
	return m, p.Precedence, nil
}

// bracketed is the sentence of a phrase with the names of its blanks in brackets.
func bracketed(b *phrasebook.Book, p *phrasebook.Phrase, lang string) string {
	text := p.Text[lang]
	for _, s := range b.Blanks(p) {
		text = strings.ReplaceAll(text, "{"+s.Name+"}", "["+s.Label[lang]+"]")
	}
	return text
}

// agreed is the phrase of the posted form with its blanks; empty: none.
func (v *visit) agreed() []line.Phrase {
	id := v.text("phrase")
	if id == "" {
		return []line.Phrase{}
	}
	p := line.Phrase{ID: id, Values: map[string]string{}}
	for name := range v.form {
		if slot, ok := strings.CutPrefix(name, "slot."); ok && v.text(name) != "" {
			p.Values[slot] = v.text(name)
		}
	}
	return []line.Phrase{p}
}
