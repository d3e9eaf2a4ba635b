package paper

import (
	"bytes"
	"embed"
	"fmt"
	"strconv"
	"strings"
	"time"

	"detente/regime"
	"go.yaml.in/yaml/v3"
)

//go:embed words/*.yaml
var wordFiles embed.FS

// words are the words of a paper in one language, from its file in words/.
type words struct {
	language     regime.Lang
	Reviewed     bool              `yaml:"reviewed"` // by somebody who writes notes in it
	Ministry     string            `yaml:"ministry"`
	Opening      formula           `yaml:"opening"`
	Closing      formula           `yaml:"closing"`
	Between      string            `yaml:"between"` // two names of a list
	And          string            `yaml:"and"`
	Note         string            `yaml:"note"`
	Number       string            `yaml:"number"`
	From         string            `yaml:"from"`
	To           string            `yaml:"to"`
	All          string            `yaml:"all"`
	Reference    string            `yaml:"reference"`
	DateLabel    string            `yaml:"date_label"`
	Edition      string            `yaml:"edition"`
	Date         string            `yaml:"date"` // with {d}, {month} and {y}
	Months       []string          `yaml:"months"`
	Initials     string            `yaml:"initials"`
	Seal         string            `yaml:"seal"`
	Page         string            `yaml:"page"` // with {n} and {m}
	Exercise     string            `yaml:"exercise"`
	Test         string            `yaml:"test"`
	Draft        string            `yaml:"draft"`
	Original     string            `yaml:"original"` // with {lang}
	Unnamed      string            `yaml:"unnamed"`
	Fallback     string            `yaml:"fallback"`
	Record       string            `yaml:"record"`
	Act          string            `yaml:"act"`
	Leaf         string            `yaml:"leaf"`
	Check        string            `yaml:"check"` // with {ref}
	Unsent       string            `yaml:"unsent"`
	Point        string            `yaml:"point"`
	Sexagesimal  string            `yaml:"sexagesimal"`
	Degrees      string            `yaml:"degrees"`
	Grid         string            `yaml:"grid"`
	Row          string            `yaml:"row"`
	State        string            `yaml:"state"`
	Figure       string            `yaml:"figure"`
	Category     string            `yaml:"category"`
	Nil          string            `yaml:"nil"`
	Unknown      string            `yaml:"unknown"`
	Inapplicable string            `yaml:"inapplicable"`
	Yes          string            `yaml:"yes"`
	No           string            `yaml:"no"`
	Lives        map[string]string `yaml:"lives"` // what a statement is to the one before
	Subject      string            `yaml:"subject"`
	Units        map[string]string `yaml:"units"` // of a language that regime has no units in
}

// formula is one sentence for one addressee, for several, for all. {from} and {to}
// are names as the roster has them: a language with cases puts them where the
// nominative is right.
type formula struct {
	One  string `yaml:"one"`
	Many string `yaml:"many"`
	All  string `yaml:"all"`
}

// Languages in which a paper can be.
func Languages() []regime.Lang {
	return []regime.Lang{regime.English, regime.Russian, "kk", "fa", "zh"}
}

// Reviewed reports whether somebody who writes notes in a language has read the
// words of a paper in it.
func Reviewed(lang regime.Lang) bool {
	w, err := wordsOf(lang)
	return err == nil && w.Reviewed
}

func wordsOf(lang regime.Lang) (*words, error) {
	for _, known := range Languages() {
		if lang != known {
			continue
		}
		b, err := wordFiles.ReadFile("words/" + string(lang) + ".yaml")
		if err != nil {
			return nil, fmt.Errorf("words in %s: %w", lang, err)
		}
		w := &words{language: lang}
		d := yaml.NewDecoder(bytes.NewReader(b))
		d.KnownFields(true)
		if err := d.Decode(w); err != nil {
			return nil, fmt.Errorf("words in %s: %w", lang, err)
		}
		return w, nil
	}
	return nil, fmt.Errorf("%w, not in %q", ErrLanguage, lang)
}

// day writes a date in words.
func (w *words) day(t time.Time) string {
	return strings.NewReplacer("{d}", strconv.Itoa(t.Day()), "{month}", w.Months[t.Month()-1], "{y}", strconv.Itoa(t.Year())).Replace(w.Date)
}

// house is the language in which regime writes figures: that with the same marks of
// thousands and decimals.
func (w *words) house() regime.Lang {
	switch w.language {
	case regime.Russian, "kk":
		return regime.Russian
	}
	return regime.English
}

// direction of the script: of a page in this language, not of each text on it.
func (w *words) direction() string {
	if w.language == "fa" {
		return "rtl"
	}
	return "ltr"
}

func (w *words) count(n int, unit string) string {
	if w.Units == nil {
		return regime.Figure(n, unit, w.house())
	}
	return strings.TrimSuffix(regime.Figure(n, "", w.house())+" "+w.Units[unit], " ")
}

func (w *words) quantity(s, unit string) string {
	if w.Units == nil {
		return regime.Quantity(s, unit, w.house())
	}
	return strings.TrimSuffix(regime.Quantity(s, "", w.house())+" "+w.Units[unit], " ")
}

func (w *words) answer(a regime.Answer) string {
	switch a {
	case regime.Nil:
		return w.Nil
	case regime.NotKnownNow:
		return w.Unknown
	}
	return w.Inapplicable
}

func (w *words) yes(b bool) string {
	if b {
		return w.Yes
	}
	return w.No
}

func (w *words) page(n, of int) string {
	return strings.NewReplacer("{n}", strconv.Itoa(n), "{m}", strconv.Itoa(of)).Replace(w.Page)
}
