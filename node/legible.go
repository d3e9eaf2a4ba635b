package node

import (
	"fmt"
	"strings"
	"unicode"
)

// Free text of one officer reaches the terminal of another, here and in other
// states. What would steer that terminal or turn the order of what is read could
// show who clears or receives a text something else than it says.

// Legible is s with U+FFFD in place of what would do so, and of bytes that are
// not UTF-8.
func Legible(s string) string {
	return strings.Map(func(r rune) rune {
		if !legible(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// legible is a letter, mark, number, sign or space, the end of a line, a tabulator,
// and what Arabic, Persian, Hebrew and the scripts of India are written with: the
// two joiners, and the marks that name a direction without turning another text.
func legible(r rune) bool {
	switch r {
	case '\n', '\t', '\u200c', '\u200d', '\u200e', '\u200f', '\u061c':
		return true
	}
	return unicode.IsGraphic(r)
}

// checkLegible names the first character of a text that cannot be shown.
func checkLegible(s string) error {
	for i, r := range s {
		if !legible(r) {
			return fmt.Errorf("the text has on line %d a character that cannot be shown, %U; take it out", 1+strings.Count(s[:i], "\n"), r)
		}
	}
	return nil
}
