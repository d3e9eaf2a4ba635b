package screen

import (
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"time"

	"detente/control"
	"detente/internal/phrase"
	"detente/line"
	"detente/party"
	"detente/regime"
	"golang.org/x/text/language"
)

//go:embed text
var texts embed.FS

//go:embed page
var pages embed.FS

// sentences are every word of every page, by language.
var sentences = phrase.Must(texts, "text")

// say says a sentence; args are names and values in turn.
func say(lang, key string, args ...any) string {
	of := map[string]any{}
	for i := 0; i+1 < len(args); i += 2 {
		name, _ := args[i].(string)
		switch value := args[i+1].(type) {
		case int:
			of[name] = int64(value)
		case int64, string, phrase.Day, phrase.Moment, phrase.Span, phrase.Lapse:
			of[name] = value
		default: // a coded value of another package
			of[name] = fmt.Sprint(value)
		}
	}
	return sentences.Say(lang, key, of)
}

// word says a coded value of a family, e.g. of "state" the value "returned"; a value
// that this version has no word for stands as it is.
func word(lang, family string, value any) string {
	code := fmt.Sprint(value)
	if key := family + "." + code; sentences.Has(key) {
		return sentences.Say(lang, key, nil)
	}
	return code
}

// direction of a script.
func direction(lang string) string {
	switch lang {
	case "ar", "fa", "ur", "ps":
		return "rtl"
	}
	return "ltr"
}

// reviewed is the one place that says which languages are more than a translation by
// machine: of the others each page says so.
func reviewed(lang string) bool { return lang == "en" || lang == "ru" }

// language chooses: what the officer chose, else what the browser asks for, else
// English.
func (s *Site) language(r *http.Request) string {
	all := sentences.Languages()
	if c, err := r.Cookie(s.cookie(r, "language")); err == nil && slices.Contains(all, c.Value) {
		return c.Value
	}
	asked, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil || len(asked) == 0 {
		return "en"
	}
	known := []language.Tag{language.English} // the first is taken where nothing fits
	for _, lang := range all {
		if lang != "en" {
			known = append(known, language.Make(lang))
		}
	}
	tag, _, _ := language.NewMatcher(known).Match(asked...)
	base, _ := tag.Base()
	if slices.Contains(all, base.String()) {
		return base.String()
	}
	return "en"
}

// templates parses every page once for each language.
func (s *Site) templates() (map[string]*template.Template, error) {
	all := map[string]*template.Template{}
	for _, lang := range sentences.Languages() {
		t := template.New("").Option("missingkey=error").Funcs(s.functions(lang)).Funcs(lookFunctions(lang))
		t, err := t.ParseFS(pages, "page/*.html")
		if err != nil {
			return nil, fmt.Errorf("pages: %w", err)
		}
		all[lang] = t
	}
	return all, nil
}

// functions are what a template may call, in one language.
func (s *Site) functions(lang string) template.FuncMap {
	return template.FuncMap{
		"t":        func(key string, args ...any) string { return say(lang, key, args...) },
		"word":     func(family string, value any) string { return word(lang, family, value) },
		"at":       func(v any) template.HTML { return at(lang, v) },
		"ltr":      ltr,
		"isolated": isolated,
		"link":     link,
		"row":      func(head *control.Masthead, l control.Line) row { return row{head, l} },
		"names":    func(head *control.Masthead, ids []party.ID) string { return namesIn(lang, head, ids) },
		"hand":     func(f frame, of any) handed { return handed{f, of} },
		"ends":     func() []line.State { return []line.State{line.Open, line.Suspended, line.Closed, line.Declined} },
		"precedences": func() []line.Precedence {
			return []line.Precedence{line.Immediate, line.Urgent, line.Timed, line.Routine}
		},
		"week":     func(days string) []string { return strings.Split(days, "") },
		"lasting":  func(seconds int64) string { return lasting(lang, seconds) },
		"asset":    s.assetPath,
		"plus":     func(a, b int) int { return a + b },
		"channels": func() []string { return []string{"note", "mail", "telephone", "embassy"} },
		"typing": func(kind string) string { // how a value is typed, where that needs saying
			if key := "typing." + kind; sentences.Has(key) {
				return say(lang, key)
			}
			return ""
		},
		"languages": sentences.Languages,
		"reviewed":  func() bool { return reviewed(lang) },
		"book": func() template.HTMLAttr { // of help, which is not there in every language
			if slices.Contains(book.Languages(), lang) {
				return ""
			}
			return `lang="en" dir="ltr"`
		},
		"called":    func(of string) string { return say(of, "language.name") },
		"direction": direction,
		"name":      nameIn,
		"title":     func(names map[regime.Lang]string) string { return inLanguage(lang, names) },
		"join":      func(list []string) string { return joined(lang, list) },
	}
}

// row hands a line of a list to a part of a page, with the names of its parties.
type row struct {
	Head *control.Masthead
	Line control.Line
}

// handed hands something to a part of a page, with the frame of the page.
type handed struct {
	frame
	Of any
}

// With hands something further with the same frame.
func (h handed) With(of any) handed { return handed{h.frame, of} }

// inLanguage is a name of a form in a language, else in the nearest that there is.
func inLanguage(lang string, names map[regime.Lang]string) string {
	for _, l := range []regime.Lang{regime.Lang(lang), houseLanguage(lang), regime.English} {
		if s := names[l]; s != "" {
			return s
		}
	}
	return ""
}

// joined is a list as a sentence has it.
func joined(lang string, list []string) string {
	if len(list) == 0 {
		return ""
	}
	all := list[0]
	for _, one := range list[1:] {
		all = say(lang, "list.two", "a", all, "b", one)
	}
	return all
}

// lasting is a span in the largest unit in which it is whole.
func lasting(lang string, seconds int64) string {
	for _, unit := range []struct {
		key  string
		size int64
	}{{"unit.hours", 3600}, {"unit.minutes", 60}} {
		if seconds >= unit.size && seconds%unit.size == 0 {
			return say(lang, unit.key, "n", seconds/unit.size)
		}
	}
	return say(lang, "unit.seconds", "n", seconds)
}

// ltr keeps a reference, a place or a hash from left to right in every script.
func ltr(v any) template.HTML {
	return template.HTML(`<bdi dir="ltr" class="ltr">` + template.HTMLEscapeString(fmt.Sprint(v)) + `</bdi>`)
}

// isolated keeps a moment in a sentence from left to right and on one line, as ltr and
// the style do in markup.
func isolated(s string) string {
	return "\u2066" + strings.NewReplacer("-", "-\u2060", " ", "\u00a0").Replace(s) + "\u2069"
}

// at writes a moment: 2026-11-23 21:04Z. What is no moment stands as it is, nothing
// is said to be not shown.
func at(lang string, v any) template.HTML {
	var when time.Time
	switch v := v.(type) {
	case time.Time:
		when = v
	case string:
		t, err := time.Parse(time.RFC3339, v)
		if err != nil && v != "" {
			return ltr(v)
		}
		when = t
	}
	if when.IsZero() {
		return template.HTML(template.HTMLEscapeString(say(lang, "time.none")))
	}
	when = when.UTC()
	return template.HTML(fmt.Sprintf(`<time dir="ltr" class="ltr" datetime="%s">%s</time>`, when.Format(time.RFC3339), when.Format("2006-01-02 15:04Z")))
}

// readAll reads an embedded file that is part of the binary.
func readAll(files fs.FS, name string) ([]byte, error) {
	b, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, fmt.Errorf("asset %s: %w", name, err)
	}
	return b, nil
}
