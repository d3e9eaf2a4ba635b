package control

import (
	"embed"

	"detente/internal/phrase"
	"detente/lodging"
	"detente/node"
	"detente/regime"
)

//go:embed words/*.txt
var files embed.FS

var sentences = phrase.Must(files, "words")

func say(lang regime.Lang, key string, blanks map[string]any) string {
	return sentences.Say(string(lang), key, blanks)
}

// lodgedSentence says neutrally what is shown to everybody.
func lodgedSentence(b lodging.Bounds, lang regime.Lang) string {
	blanks := map[string]any{"at": node.Time(b.NotAfter), "have": int64(b.Have), "n": int64(b.Of), "need": int64(b.Need)}
	switch {
	case b.Of == 0:
		return say(lang, "lodged.alone", nil)
	case b.NotAfter > 0:
		return say(lang, "lodged.by", blanks)
	}
	return say(lang, "lodged.not", blanks)
}
