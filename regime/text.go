package regime

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Text renders a filled form as plain text in a language: every numbered field
// that is answered, in order, under the headings of the form. The same values
// give the same text. It also renders values that Check refuses, so that a
// returned form can be read; characters that cannot be shown become U+FFFD.
func (f *Form) Text(v *Values, lang Lang) string {
	w := &writer{form: f, lang: lang}
	w.line(0, in(f.Title, lang))
	w.line(0, f.ID+", "+said{"edition ", "редакция "}.in(lang)+f.Edition)
	group := ""
	for i := range f.Fields {
		field := &f.Fields[i]
		value, ok := v.fields()[field.ID]
		if !ok {
			continue
		}
		if g, _, _ := strings.Cut(field.Number, "."); g != group {
			group = g
			w.heading(g)
		}
		w.line(0, field.Number+"  "+in(field.Name, lang))
		w.value(field, value, 4)
	}
	return w.String()
}

// Describe lists the fields of the form in a language, for who is to fill it:
// number, name, id, type, when it is asked for, and the help.
func (f *Form) Describe(lang Lang) string {
	w := &writer{form: f, lang: lang}
	w.line(0, in(f.Title, lang))
	w.line(0, f.ID+", "+said{"edition ", "редакция "}.in(lang)+f.Edition+"; "+f.Source)
	group := ""
	for i := range f.Fields {
		field := &f.Fields[i]
		if g, _, _ := strings.Cut(field.Number, "."); g != group {
			group = g
			w.heading(g)
		}
		w.describe(field, 0)
	}
	return w.String()
}

// writer gathers lines of text.
type writer struct {
	strings.Builder
	form  *Form
	lang  Lang
	named func(id string) string // of a party; nil: its id stands
}

func (w *writer) line(indent int, s string) {
	w.WriteString(strings.Repeat(" ", indent) + shown(s) + "\n")
}

func (w *writer) heading(number string) {
	w.WriteString("\n")
	for _, g := range w.form.Groups {
		if g.Number == number {
			w.line(0, number+"  "+in(g.Name, w.lang))
		}
	}
	w.WriteString("\n")
}

// shown replaces what cannot be shown.
func shown(s string) string {
	return strings.Map(func(r rune) rune {
		if !visible(r) {
			return utf8.RuneError
		}
		return r
	}, s)
}

func (w *writer) value(f *Field, value any, indent int) {
	switch value := value.(type) {
	case Answer:
		w.line(indent, answers[value].in(w.lang))
	case bool:
		w.line(indent, yes(value).in(w.lang))
	case int64:
		w.line(indent, w.figure(f, value))
	case string:
		for s := range strings.SplitSeq(w.word(f, value), "\n") {
			w.line(indent, s)
		}
	case []any:
		w.items(f, value, indent)
	case map[string]any:
		w.object(f, value, indent)
	}
}

func (w *writer) figure(f *Field, n int64) string {
	if f.Type == TypeYear {
		return strconv.FormatInt(n, 10)
	}
	return counted(int(n), f.Unit, w.lang)
}

// word names a choice; any other text stands as it is.
func (w *writer) word(f *Field, s string) string {
	if c, ok := choice(f.Choices, s); ok {
		return in(c.Name, w.lang)
	}
	if w.named != nil && (f.Type == TypeState || f.Type == TypeStates || f.Keys == "state") {
		return w.named(s)
	}
	if _, ok := ParseDecimal(s); ok && f.Type == TypeNumber {
		return quantity(s, f.Unit, w.lang)
	}
	if m, ok := ParseMoment(s); ok && f.Type == TypeMoment {
		return m.Time.Format("2006-01-02 15:04 -07:00 ") + m.Zone
	}
	return s
}

func (w *writer) items(f *Field, items []any, indent int) {
	for i, item := range items {
		row, ok := item.(map[string]any)
		if !ok || f.Type != TypeRows {
			w.value(f, item, indent)
			continue
		}
		w.line(indent, "("+strconv.Itoa(i+1)+")")
		for j := range f.Columns {
			column := &f.Columns[j]
			cell, ok := row[column.ID]
			if !ok {
				continue
			}
			name := in(column.Name, w.lang)
			if s, ok := cell.(string); ok && !strings.Contains(s, "\n") {
				w.line(indent+4, name+": "+w.word(column, s))
				continue
			}
			if n, ok := cell.(int64); ok {
				w.line(indent+4, name+": "+w.figure(column, n))
				continue
			}
			w.line(indent+4, name+":")
			w.value(column, cell, indent+8)
		}
	}
}

func (w *writer) object(f *Field, of map[string]any, indent int) {
	name, _ := of["name"].(string)
	lat, _ := of["lat"].(string)
	lon, _ := of["lon"].(string)
	points, outlined := of["points"].([]any)
	switch {
	case outlined:
		w.line(indent, name)
		for _, p := range points {
			w.value(f, p, indent+4)
		}
	case lat != "" && lon != "":
		w.line(indent, strings.TrimPrefix(name+": ", ": ")+directed(lat, "N", "S")+" "+directed(lon, "E", "W"))
	default:
		for _, key := range slices.Sorted(maps.Keys(of)) {
			if n, ok := of[key].(int64); ok {
				w.line(indent, w.word(f, key)+": "+counted(int(n), f.Unit, w.lang))
				continue
			}
			w.line(indent, w.word(f, key)+":")
			w.value(f, of[key], indent+4)
		}
	}
}

// directed writes decimal degrees with their direction: "43.25° N".
func directed(s, positive, negative string) string {
	if digits, ok := strings.CutPrefix(s, "-"); ok {
		return digits + "° " + negative
	}
	return s + "° " + positive
}

func (w *writer) describe(f *Field, indent int) {
	w.line(indent, fmt.Sprintf("%s  %s", f.Number, in(f.Name, w.lang)))
	w.line(indent+4, fmt.Sprintf("%s: %s, %s%s", f.ID, w.kind(f), w.required(f), w.also(f)))
	if f.Help != nil {
		w.line(indent+4, in(f.Help, w.lang))
	}
	for _, c := range f.Choices {
		w.line(indent+4, fmt.Sprintf("%s — %s", c.Code, in(c.Name, w.lang)))
	}
	for i := range f.Columns {
		w.describe(&f.Columns[i], indent+4)
	}
}

// kind is the type of a field, with the unit of a number.
func (w *writer) kind(f *Field) string {
	if f.Type == TypeNumber && f.Unit != "" {
		return f.Type + " (" + f.Unit + ")"
	}
	return f.Type
}

func (w *writer) required(f *Field) string {
	switch f.Required {
	case Always:
		return said{"always", "обязательно"}.in(w.lang)
	case Never:
		return said{"optional", "по желанию"}.in(w.lang)
	case Known:
		return said{"as far as known", "если известно"}.in(w.lang)
	}
	cond, ok := w.form.condition(f.Required)
	if !ok {
		return f.Required
	}
	c := &checker{form: w.form}
	return said{"with ", "при указании "}.in(w.lang) + c.named(cond, w.lang)
}

func (w *writer) also(f *Field) string {
	answers := f.accepted()
	if len(answers) == 0 {
		return ""
	}
	return said{"; or answer ", "; либо ответ "}.in(w.lang) + codes(answers)
}
