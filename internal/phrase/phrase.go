// Package phrase holds sentences in several languages, one file each, so that a
// further language is a further file. It fills in figures, days, spans of time and
// the plural forms that a language has.
//
// It chooses no words: which sentence is said is for the caller, how it reads is
// for the file. A file that lacks a sentence is a fault of ours that a test finds.
//
// Invariant: all files of a set have the same sentences with the same blanks, so
// what is said in one language is said in all.
package phrase

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// Values that a blank can take, beside string, int64 and map[string]string (by
// language).
type (
	Day    struct{ time.Time } // 1 October 2027
	Moment struct{ time.Time } // 17 August 2027, 23:59 UTC
	Span   string              // ISO 8601, one or more parts: P42D, P1Y6M, PT48H
	Lapse  int64               // seconds: a day, or more than two, said in days, else in hours or minutes
	List   []any               // with commas
)

// Set is the same sentences in several languages.
type Set struct{ of map[string]*words }

// words is one file.
type words struct {
	lang      string
	tag       language.Tag
	sentences map[string]string
	forms     []plural.Form // in the order in which a blank {n|…|…} lists them
	thousands string
	least     int // digits from which thousands are parted
	months    []string
}

// New reads the files <folder>/<language>.txt; English must be among them.
func New(files fs.FS, folder string) (*Set, error) {
	names, err := fs.Glob(files, path.Join(folder, "*.txt"))
	if err != nil {
		return nil, fmt.Errorf("read sentences: %w", err)
	}
	s := &Set{of: map[string]*words{}}
	for _, name := range names {
		b, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("read sentences: %w", err)
		}
		lang := strings.TrimSuffix(path.Base(name), ".txt")
		w, err := read(lang, string(b))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		s.of[lang] = w
	}
	if s.of["en"] == nil {
		return nil, fmt.Errorf("%s: no file en.txt", folder)
	}
	return s, s.check()
}

// Must is New for files that are part of the binary.
func Must(files fs.FS, folder string) *Set {
	s, err := New(files, folder)
	if err != nil {
		panic("phrase: " + err.Error())
	}
	return s
}

func read(lang, text string) (*words, error) {
	tag, err := language.Parse(lang)
	if err != nil {
		return nil, fmt.Errorf("language: %w", err)
	}
	w := &words{lang: lang, tag: tag, sentences: map[string]string{}, forms: []plural.Form{plural.Other}}
	for n, line := range strings.Split(text, "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, sentence, ok := strings.Cut(line, " = ")
		if !ok {
			return nil, fmt.Errorf("line %d: not of the form key = sentence", n+1)
		}
		if name, setting := strings.CutPrefix(key, "@"); setting {
			if err := w.set(name, sentence); err != nil {
				return nil, fmt.Errorf("line %d: %w", n+1, err)
			}
			continue
		}
		if _, twice := w.sentences[key]; twice {
			return nil, fmt.Errorf("line %d: %s stands twice", n+1, key)
		}
		w.sentences[key] = sentence
	}
	return w, nil
}

// set reads what holds for a whole file.
func (w *words) set(name, value string) error {
	forms := map[string]plural.Form{"zero": plural.Zero, "one": plural.One, "two": plural.Two, "few": plural.Few, "many": plural.Many, "other": plural.Other}
	fields := strings.Fields(value)
	switch name {
	case "plural":
		w.forms = nil
		for _, f := range fields {
			form, ok := forms[f]
			if !ok {
				return fmt.Errorf("%q is no plural form", f)
			}
			w.forms = append(w.forms, form)
		}
	case "months":
		if len(fields) != 12 {
			return fmt.Errorf("%d months", len(fields))
		}
		w.months = fields
	case "thousands":
		mark, least, _ := strings.Cut(value, " from ")
		n, err := strconv.Atoi(least)
		if err != nil {
			return fmt.Errorf("thousands: %w", err)
		}
		w.thousands, w.least = strings.NewReplacer("nbsp", "\u00a0").Replace(mark), n
	default:
		return fmt.Errorf("%q is no setting", name)
	}
	return nil
}

// check compares the files: the same sentences, the same blanks.
func (s *Set) check() error {
	en := s.of["en"]
	for lang, w := range s.of {
		for key, sentence := range en.sentences {
			other, ok := w.sentences[key]
			if !ok {
				return fmt.Errorf("%s.txt: %s is missing", lang, key)
			}
			if a, b := blanks(sentence), blanks(other); !slices.Equal(a, b) {
				return fmt.Errorf("%s.txt: %s has the blanks %q, in English %q", lang, key, b, a)
			}
		}
		if len(w.sentences) != len(en.sentences) {
			return fmt.Errorf("%s.txt: it has sentences that en.txt has not", lang)
		}
	}
	return nil
}

// blanks lists the names of the blanks of a sentence, each once.
func blanks(sentence string) []string {
	seen := map[string]bool{}
	for sentence != "" {
		_, rest, ok := strings.Cut(sentence, "{")
		if !ok {
			break
		}
		blank, after, _ := strings.Cut(rest, "}")
		name, _, _ := strings.Cut(blank, "|")
		seen[name], sentence = true, after
	}
	return slices.Sorted(maps.Keys(seen))
}

// Languages lists what the set speaks, sorted.
func (s *Set) Languages() []string { return slices.Sorted(maps.Keys(s.of)) }

// Keys lists the sentences, sorted.
func (s *Set) Keys() []string { return slices.Sorted(maps.Keys(s.of["en"].sentences)) }

// Has reports whether there is a sentence of this key.
func (s *Set) Has(key string) bool {
	_, ok := s.of["en"].sentences[key]
	return ok
}

// Say fills in a sentence, in English where the language is not spoken. A key
// that is not there is said as it is.
func (s *Set) Say(lang, key string, args map[string]any) string {
	w := s.of[lang]
	if w == nil {
		w = s.of["en"]
	}
	sentence, ok := w.sentences[key]
	if !ok {
		return key
	}
	var out strings.Builder
	for {
		before, rest, ok := strings.Cut(sentence, "{")
		out.WriteString(before)
		if !ok {
			return out.String()
		}
		blank, after, _ := strings.Cut(rest, "}")
		name, forms, counted := strings.Cut(blank, "|")
		if counted {
			out.WriteString(w.form(args[name], strings.Split(forms, "|")))
		} else {
			out.WriteString(w.value(args[name]))
		}
		sentence = after
	}
}

// form picks the plural form for a number.
func (w *words) form(value any, forms []string) string {
	n, _ := value.(int64)
	if n < 0 {
		n = -n
	}
	want := plural.Cardinal.MatchPlural(w.tag, int(n%1_000_000), 0, 0, 0, 0)
	for i, f := range w.forms {
		if f == want && i < len(forms) {
			return forms[i]
		}
	}
	return forms[len(forms)-1]
}

func (w *words) value(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case int64:
		return w.number(v)
	case map[string]string:
		if s, ok := v[w.lang]; ok {
			return s
		}
		return v["en"]
	case Day:
		return fmt.Sprintf("%d %s %d", v.Day(), w.month(v.Month()), v.Year())
	case Moment:
		zone := v.Format("-07:00")
		if _, offset := v.Zone(); offset == 0 {
			zone = "UTC"
		}
		return fmt.Sprintf("%d %s %d, %s %s", v.Day(), w.month(v.Month()), v.Year(), v.Format("15:04"), zone)
	case Span:
		return w.span(string(v))
	case Lapse:
		return w.lapse(int64(v))
	case List:
		parts := make([]string, len(v))
		for i := range v {
			parts[i] = w.value(v[i])
		}
		return strings.Join(parts, ", ")
	}
	return "?"
}

func (w *words) month(m time.Month) string {
	if len(w.months) != 12 {
		return m.String()
	}
	return w.months[m-1]
}

func (w *words) number(n int64) string {
	if n < 0 {
		return "-" + w.number(-n)
	}
	digits := strconv.FormatInt(n, 10)
	if w.least == 0 || len(digits) < w.least {
		return digits
	}
	var b strings.Builder
	for i, c := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(w.thousands)
		}
		b.WriteRune(c)
	}
	return b.String()
}

// units of a span, as sentences unit.days and so on, by their letter.
var units = map[bool]map[rune]string{
	false: {'Y': "unit.years", 'M': "unit.months", 'W': "unit.weeks", 'D': "unit.days"},
	true:  {'H': "unit.hours", 'M': "unit.minutes", 'S': "unit.seconds"},
}

// span says an ISO 8601 duration: "42 days".
func (w *words) span(iso string) string {
	var parts []string
	var n int64
	clock := false
	for _, c := range strings.TrimPrefix(iso, "P") {
		switch {
		case c == 'T':
			clock = true
		case c >= '0' && c <= '9':
			n = 10*n + int64(c-'0')
		default:
			key, ok := units[clock][c]
			if !ok {
				return iso
			}
			parts = append(parts, w.unit(key, n))
			n = 0
		}
	}
	if len(parts) == 0 {
		return iso
	}
	return strings.Join(parts, " ")
}

func (w *words) unit(key string, n int64) string {
	one := &Set{of: map[string]*words{"en": w}}
	return one.Say("en", key, map[string]any{"n": n})
}

func (w *words) lapse(seconds int64) string {
	const hour, day = 3600, 86400
	switch {
	case seconds >= 2*day || seconds == day:
		return w.unit("unit.days", seconds/day)
	case seconds >= hour:
		return w.unit("unit.hours", seconds/hour)
	case seconds >= 60:
		return w.unit("unit.minutes", seconds/60)
	}
	return w.unit("unit.seconds", seconds)
}
