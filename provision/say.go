package provision

import (
	"cmp"
	"time"

	"detente/pack"
	"detente/regime"
)

// StateIn names the state of an item in a language: in the words of its own text if
// that has some for it.
func (b *Book) StateIn(it *Item, lang regime.Lang) string {
	if s := b.stepOf(it); s != nil {
		if own, ok := s.m.Outcomes[string(it.State)]; ok {
			return own.In(lang)
		}
	}
	return sentences.Say(string(lang), "state."+string(it.State), nil)
}

// TitleOf names what an item asks for: its measure, and its step unless that is the
// only one.
func (b *Book) TitleOf(it *Item, lang regime.Lang) string {
	s := b.stepOf(it)
	if s == nil {
		return it.Code
	}
	title := s.m.Title.In(lang)
	if len(s.m.steps) > 1 && s.Title != nil {
		title += ": " + s.Title.In(lang)
	}
	return title
}

// Article cites an article for a reader: marked where its number is not verified, and
// in words where none was found.
func Article(number string, sure pack.Sure, lang regime.Lang) string {
	switch {
	case number == pack.Unnumbered:
		return sentences.Say(string(lang), "article-unnumbered", nil)
	case sure.Unverified() && number != "":
		return sentences.Say(string(lang), "article-unverified", map[string]any{"article": number})
	}
	return number
}

// cites is the article of a part of a measure and how well its number is known: its
// own, or else that of the measure.
func (m *measure) cites(own string, sure pack.Sure) (string, pack.Sure) {
	if own != "" {
		return own, cmp.Or(sure, m.Sure)
	}
	return m.Article, m.ArticleCertainty()
}

// Day is the day of a moment in the zone of a text.
func (b *Book) Day(text string, at int64) string {
	if t := b.text(text); t != nil {
		return t.in(at).Format(time.DateOnly)
	}
	return time.Unix(at, 0).UTC().Format(time.DateOnly)
}

// LastDay is the day in the zone of a text of which a moment is the last second;
// empty: it is none.
func (b *Book) LastDay(text string, at int64) string {
	if day := b.Day(text, at); day != b.Day(text, at+1) {
		return day
	}
	return ""
}

// stepOf is the step of an item in the edition by which it is judged.
func (b *Book) stepOf(it *Item) *step {
	for _, s := range b.steps[it.Code] {
		if s.m.text.id == it.Text && s.m.Applies(it.Edition) {
			return s
		}
	}
	return nil
}
