package main

import (
	"embed"

	"detente/internal/phrase"
	"detente/regime"
)

//go:embed words/*.txt
var wordFiles embed.FS

var labels = phrase.Must(wordFiles, "words")

// label is a word of what is printed in an officer's language.
func label(lang regime.Lang, key string, blanks map[string]any) string {
	return labels.Say(string(lang), key, blanks)
}
