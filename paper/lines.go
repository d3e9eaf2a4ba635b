package paper

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// wide reports whether a character takes two columns, as those of Chinese do. Beside
// such a character a line may end without a space: UAX #14, class ID.
func wide(r rune) bool {
	k := width.LookupRune(r).Kind()
	return k == width.EastAsianWide || k == width.EastAsianFullwidth
}

// columnsOf is how many columns of a text a string takes.
func columnsOf(s string) int {
	n := 0
	for _, r := range s {
		switch {
		case wide(r):
			n += 2
		case unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Cf, r):
		default:
			n++
		}
	}
	return n
}

// neverFirst and neverLast do not begin and do not end a line.
const (
	neverFirst = "、。，．：；！？）］｝〉》」』】〕”’…—%％)]}.,:;!?"
	neverLast  = "（［｛〈《「『【〔“‘([{"
)

// piece is what is never parted by the end of a line.
type piece struct {
	text  string
	space bool // a space stands before it, unless it begins a line
}

// pieces parts one line of text where a line may end: at spaces, and beside wide
// characters.
func pieces(text string) []piece {
	var all []piece
	for word := range strings.FieldsSeq(text) {
		start, space := 0, true
		var last rune
		for i, r := range word {
			if i > start && (wide(last) || wide(r)) && !strings.ContainsRune(neverFirst, r) && !strings.ContainsRune(neverLast, last) {
				all = append(all, piece{word[start:i], space})
				start, space = i, false
			}
			last = r
		}
		all = append(all, piece{word[start:], space})
	}
	return all
}

// padded is s with spaces behind it up to so many columns.
func padded(s string, columns int) string {
	return s + strings.Repeat(" ", max(0, columns-columnsOf(s)))
}
