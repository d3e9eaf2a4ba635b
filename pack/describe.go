package pack

import (
	"embed"
	"slices"
	"strings"
	"time"

	"detente/internal/phrase"
	"detente/regime"
)

//go:embed words/*.txt
var files embed.FS

// In is how strongly a text binds, in a language.
func (s Strength) In(lang regime.Lang) string {
	return sentences.Say(string(lang), "strength."+string(s), nil)
}

// In is what kind of text it is, in a language.
func (n Nature) In(lang regime.Lang) string {
	return sentences.Say(string(lang), "nature."+string(n), nil)
}

// PlaceWord is a value of one field of a Place, such as its stage, in a language.
func PlaceWord(value string, lang regime.Lang) string {
	return sentences.Say(string(lang), value, nil)
}

var sentences = phrase.Must(files, "words")

// Text renders the whole pack in a language, as it is read beside the text: what
// the text is, what it leaves open, and each measure. What is not sure is marked
// unverified; where the pack has no wording in the language, English stands.
func (p *Pack) Text(lang regime.Lang) string {
	w := &describer{p: p, lang: lang}
	w.head()
	w.titled("measures", len(p.Measures))
	for i := range p.Measures {
		if i > 0 {
			w.WriteString("\n")
		}
		w.measure(&p.Measures[i])
	}
	w.titled("sources", len(p.Head.Sources))
	for _, s := range p.Head.Sources {
		w.line(1, "["+s.Key+"] "+join("; ", s.Title, s.Address, s.Seen))
	}
	w.titled("gaps", len(p.Head.Gaps))
	for _, g := range p.Head.Gaps {
		w.line(1, "- "+g.In(lang))
	}
	return w.String()
}

// MeasureText renders one measure as Text does, with the sources in full.
func (p *Pack) MeasureText(m *Measure, lang regime.Lang) string {
	w := &describer{p: p, lang: lang}
	w.measure(m)
	for _, s := range p.Head.Sources {
		if slices.Contains(m.Sources, s.Key) {
			w.line(2, "["+s.Key+"] "+join("; ", s.Title, s.Address, s.Seen))
		}
	}
	return w.String()
}

// describer gathers lines.
type describer struct {
	strings.Builder
	p    *Pack
	lang regime.Lang
}

type blanks = map[string]any

func (w *describer) say(key string, args blanks) string {
	return sentences.Say(string(w.lang), key, args)
}

func (w *describer) line(indent int, parts ...string) {
	if s := join("; ", parts...); s != "" {
		w.WriteString(strings.Repeat("  ", indent) + s + "\n")
	}
}

// titled begins a part that has n lines.
func (w *describer) titled(key string, n int) {
	if n > 0 {
		w.WriteString("\n" + w.say(key, nil) + "\n")
	}
}

// join joins those that are not empty.
func join(by string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(slices.Clone(parts), func(s string) bool { return s == "" }), by)
}

// mark says that a fact is not sure.
func (w *describer) mark(s Sure) string {
	if s.Unverified() {
		return "[" + w.say("unverified", nil) + "]"
	}
	return ""
}

// marked adds the mark to what it is about.
func (w *describer) marked(s string, sure Sure) string { return join(" ", s, w.mark(sure)) }

func (w *describer) day(s string) string {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return s
	}
	return w.say("day", blanks{"day": phrase.Day{Time: t}})
}

// date says a month and day, or the slot that gives it.
func (w *describer) date(s string) string {
	if strings.HasPrefix(s, "$") {
		return w.slot(s)
	}
	return strings.TrimSuffix(w.day("2000-"+s), " 2000")
}

// slot says "$id" by its title.
func (w *describer) slot(s string) string {
	if slot, ok := w.p.Head.Slot(strings.TrimPrefix(s, "$")); ok {
		s = slot.Title.In(w.lang)
		if slot.Default != "" {
			return s + " (" + w.say("slot.default", blanks{"value": w.value(slot.Type, slot.Default)}) + ")"
		}
	}
	return w.say("not-agreed", blanks{"slot": s})
}

// value says what a slot holds.
func (w *describer) value(kind, s string) string {
	switch kind {
	case SlotDuration:
		return w.span(s)
	case SlotFigure:
		return w.number(s, "")
	case SlotDate:
		return w.date(s)
	}
	return s
}

func (w *describer) span(s string) string {
	if strings.HasPrefix(s, "$") {
		return w.slot(s)
	}
	return w.say("span", blanks{"span": phrase.Span(s)})
}

// number says a figure with its unit, a slot, or a formula as it stands.
func (w *describer) number(s, unit string) string {
	if strings.HasPrefix(s, "$") {
		return w.slot(s)
	}
	return regime.Quantity(s, unit, w.lang)
}

func (w *describer) set(id string) string {
	if s, ok := w.p.Head.Set(id); ok {
		return s.Title.In(w.lang)
	}
	return id
}

func (w *describer) zone(id string) string {
	if z, ok := w.p.Head.Zone(id); ok {
		return z.Title.In(w.lang)
	}
	return id
}

func (w *describer) head() {
	h := &w.p.Head
	w.line(0, h.Title.In(w.lang))
	w.line(0, w.say("head", blanks{"id": h.ID, "nature": w.say("nature."+string(h.Nature), nil), "n": int64(len(w.p.Measures))}))
	w.line(0, w.p.digest.String())
	w.line(0, h.Remark.In(w.lang))
	if h.TimeZone != "" {
		w.line(0, w.say("clock.zone", blanks{"zone": h.TimeZone, "edition": h.ZoneData}))
	}
	if slices.Contains(h.Unofficial, w.lang) {
		w.line(0, w.say("unofficial", nil))
	}
	if h.Engine > Engine {
		w.line(0, w.say("engine-newer", blanks{"n": int64(h.Engine)}))
	}
	w.titled("editions", len(h.Editions))
	for i := range h.Editions {
		w.edition(&h.Editions[i])
	}
	w.terms()
	w.titled("areas", len(h.Areas))
	for i := range h.Areas {
		w.area(&h.Areas[i])
	}
	w.titled("cycle", len(h.Cycle))
	for _, s := range h.Cycle {
		w.line(1, w.marked(s.Title.In(w.lang), s.Sure), s.By.In(w.lang), s.When.In(w.lang), strings.Join(s.Path, " → "))
	}
	w.titled("issues", len(h.Issues))
	for _, i := range h.Issues {
		w.line(1, i.Title.In(w.lang))
	}
}

func (w *describer) edition(e *Edition) {
	var periods []string
	for i := range e.InForce {
		p := &e.InForce[i]
		s := w.say("in-force-since", blanks{"from": w.day(p.From)})
		if p.Until != "" {
			s = w.say("in-force", blanks{"from": w.day(p.From), "until": w.day(p.Until)})
		}
		if p.Set != "" {
			s = w.say("in-force-for", blanks{"period": s, "set": w.set(p.Set)})
		}
		periods = append(periods, join(", ", s, p.Note.In(w.lang)))
	}
	if len(periods) == 0 {
		periods = []string{w.say("not-in-force", nil)}
	}
	replaces := ""
	if e.Replaces != "" {
		replaces = w.say("replaces", blanks{"id": e.Replaces})
	}
	w.line(1, w.marked(w.say("edition", blanks{"id": e.ID, "periods": strings.Join(periods, "; ")}), e.Sure), replaces, w.keys(e.Sources))
}

// keys names sources.
func (w *describer) keys(keys []string) string {
	if len(keys) == 0 {
		return ""
	}
	return "[" + strings.Join(keys, ", ") + "]"
}

// terms are the sets, slots and zones that measures use.
func (w *describer) terms() {
	h := &w.p.Head
	w.titled("sets", len(h.Sets))
	for i := range h.Sets {
		s := &h.Sets[i]
		who, joint := strings.Join(s.Codes, ", "), ""
		if s.All {
			who = w.say("set.all", nil)
		} else if s.Slot != "" {
			who = w.slot("$" + s.Slot)
		}
		if s.Joint {
			joint = w.say("set.joint", nil)
		}
		w.line(1, s.Title.In(w.lang)+": "+who, joint)
	}
	w.titled("slots", len(h.Slots))
	for i := range h.Slots {
		s := &h.Slots[i]
		per := w.say("slot.per.group", nil)
		if s.Per == "pair" {
			per = w.say("slot.per.pair", nil)
		}
		w.line(1, join(", ", w.say("slot", blanks{"title": s.Title.In(w.lang), "id": s.ID, "type": w.say("type."+s.Type, nil), "per": per}), s.Article))
		switch {
		case s.Default != "":
			w.line(2, w.say("slot.default", blanks{"value": w.value(s.Type, s.Default)}), w.keys(s.Sources))
		case s.Proposed != "":
			w.line(2, w.marked(w.say("slot.proposed", blanks{"value": w.value(s.Type, s.Proposed)}), s.Sure), w.keys(s.Sources))
		default:
			w.line(2, w.say("slot.open", nil))
		}
	}
	w.titled("zones", len(h.Zones))
	for i := range h.Zones {
		z := &h.Zones[i]
		w.line(1, w.marked(z.Title.In(w.lang)+": "+w.shape(z), z.Sure), strings.TrimSuffix(z.Article, Unnumbered), w.keys(z.Sources))
	}
}

func (w *describer) shape(z *Zone) string {
	switch {
	case z.Strip != nil:
		key := "zone.strip"
		if z.Strip.Side != "" {
			key += "-" + z.Strip.Side
		}
		line := ""
		if z.Strip.Line != "" {
			line = w.slot("$" + z.Strip.Line)
		}
		return join(": ", w.say(key, blanks{"km": int64(z.Strip.Km)}), line)
	case len(z.Outline) > 0:
		return w.say("zone.outline", blanks{"n": int64(len(z.Outline) - 1)})
	case len(z.Union) > 0:
		var parts []string
		for _, id := range z.Union {
			parts = append(parts, w.zone(id))
		}
		return w.say("zone.union", blanks{"list": strings.Join(parts, ", ")})
	}
	return w.slot("$" + z.Slot)
}

func (w *describer) area(a *Area) {
	w.line(1, w.marked(a.Title.In(w.lang)+": "+w.say("area."+a.State, nil), a.Sure), w.say(a.Dimension, nil), w.keys(a.Sources))
	for _, co := range []bool{false, true} {
		var list []string
		for i := range a.Coordinators {
			c := &a.Coordinators[i]
			if c.Co != co {
				continue
			}
			span := ""
			if c.From != "" || c.Until != "" {
				span = "(" + c.From + "–" + c.Until + ")"
			}
			list = append(list, w.marked(join(" ", c.Code, span), c.Sure))
		}
		if len(list) > 0 {
			key := map[bool]string{false: "coordinators", true: "co-coordinators"}[co]
			w.line(2, w.say(key, blanks{"list": strings.Join(list, ", ")}))
		}
	}
	w.line(2, a.Note.In(w.lang))
}
