package condition

import (
	"embed"
	"strings"

	"detente/internal/phrase"
	"detente/regime"
)

//go:embed words/*.txt
var files embed.FS

var sentences = phrase.Must(files, "words")

// Says is the reason in a language, one sentence without a full stop. Of several
// parts it names those that decide: of a condition that holds what holds, of one
// that does not what does not.
func (r Reason) Says(lang regime.Lang) string {
	said := r.says(string(lang))
	if r.Article != "" && said != "" {
		return sentences.Say(string(lang), "article", map[string]any{"part": said, "article": r.Article})
	}
	return said
}

func (r Reason) says(lang string) string {
	switch {
	case r.Key == "all" || r.Key == "any":
		var parts []string
		for _, p := range r.Parts {
			if p.Outcome != r.Outcome {
				continue
			}
			if s := p.Says(regime.Lang(lang)); s != "" {
				parts = append(parts, s)
			}
		}
		word := "and"
		if r.Key == "any" && r.Outcome != Not || r.Key == "all" && r.Outcome == Not {
			word = "or"
		}
		if r.Key == "any" && r.Outcome == Holds || r.Key == "all" && r.Outcome == Not {
			word = "and" // each of them alone would do, and all that are named are so
		}
		return list(parts, sentences.Say(lang, word, nil))
	case r.Key == "not" && len(r.Parts) == 1:
		return sentences.Say(lang, "not", map[string]any{"part": r.Parts[0].Says(regime.Lang(lang))})
	}
	args := make(map[string]any, len(r.Args))
	for _, a := range r.Args {
		args[a.Name] = a.Value
	}
	return sentences.Say(lang, r.Key, args)
}

func list(parts []string, word string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	return strings.Join(parts[:len(parts)-1], ", ") + " " + word + " " + parts[len(parts)-1]
}
