package paper

import (
	"bytes"
	"embed"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/go-text/typesetting/di"
	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/language"
	"github.com/go-text/typesetting/shaping"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/unicode/bidi"
)

//go:embed fonts/*.ttf
var fontFiles embed.FS

// em is the size at which text is shaped: lengths come out in thousandths of the type,
// for every size alike.
const em = 1000

// typeface is one font of a PDF. A glyph has a number in the PDF for each text that it
// stands for, so that what is copied from the PDF is what was written, whichever way a
// font draws it.
type typeface struct {
	face    *font.Face // nil: letters of Chinese, which the reader's system has
	family  string     // for programs that show the PDF
	raw     []byte     // TrueType
	bold    bool
	numbers map[drawn]int
	order   []drawn // by number, from 1
}

// drawn is a glyph and the text that it stands for; empty where another glyph of the
// same letter stands for it.
type drawn struct {
	glyph font.GID
	text  string
	room  int // in thousandths, of a letter that is hidden behind others; 0: that of the glyph
}

// number of a glyph in the PDF.
func (f *typeface) number(d drawn) int {
	n, ok := f.numbers[d]
	if !ok {
		f.order = append(f.order, d)
		n = len(f.order)
		f.numbers[d] = n
	}
	return n
}

// width that the font itself gives a glyph, in thousandths.
func (f *typeface) width(g font.GID) float64 {
	if f.face == nil {
		return em
	}
	return float64(f.face.HorizontalAdvance(g)) * em / float64(f.face.Upem())
}

// typesetter turns text into glyphs in the order in which they are seen. It is made
// for one PDF.
type typesetter struct {
	shaper    shaping.HarfbuzzShaper
	segmenter shaping.Segmenter
	wrapper   shaping.LineWrapper
	language  language.Language
	sheet     di.Direction // of lines that mix what the author wrote with words of the sheet
	faces     [2][]*typeface
	han       [2]*font.Face // stands for letters without a font, by weight
	of        map[*font.Face]*typeface
}

func newTypesetter(lang string, rtl bool) (*typesetter, error) {
	t := &typesetter{language: language.NewLanguage(lang), sheet: di.DirectionLTR, of: map[*font.Face]*typeface{}}
	if rtl {
		t.sheet = di.DirectionRTL
	}
	for weight, end := range []string{"Regular", "SemiBold"} {
		for _, family := range []string{"IBMPlexSerif", "Vazirmatn"} {
			b, err := fontFiles.ReadFile("fonts/" + family + "-" + end + ".ttf")
			if err != nil {
				return nil, fmt.Errorf("font of the PDF: %w", err)
			}
			face, err := font.ParseTTF(bytes.NewReader(b))
			if err != nil {
				return nil, fmt.Errorf("font of the PDF: %w", err)
			}
			f := &typeface{face: face, family: family + "-" + end, raw: b, bold: weight == 1, numbers: map[drawn]int{}}
			t.faces[weight], t.of[face] = append(t.faces[weight], f), f
		}
		han := &font.Face{}
		t.han[weight], t.of[han] = han, &typeface{bold: weight == 1, numbers: map[drawn]int{}}
	}
	return t, nil
}

// weighted chooses among the faces of one weight.
type weighted struct {
	t      *typesetter
	weight int
}

// ResolveFace implements shaping.Fontmap.
func (w weighted) ResolveFace(r rune) *font.Face {
	for _, f := range w.t.faces[w.weight] {
		if _, ok := f.face.NominalGlyph(r); ok {
			return f.face
		}
	}
	if chinese(r) {
		return w.t.han[w.weight]
	}
	return w.t.faces[w.weight][0].face
}

// chinese reports whether every reader of PDF with Chinese letters has this one: it is
// in Adobe-GB1.
func chinese(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Bopomofo) && r < 0x10000 ||
		r >= 0x3000 && r <= 0x303f || r >= 0xff01 && r <= 0xff5e
}

// has reports whether a letter can be printed.
func (t *typesetter) has(r rune) bool {
	if r == '\n' || unicode.Is(unicode.Cf, r) || chinese(r) {
		return true
	}
	for _, f := range t.faces[0] {
		if _, ok := f.face.NominalGlyph(r); ok {
			return true
		}
	}
	return false
}

// direction of a text: that of its first letter which has one; figures alone, such as a
// place on a map, go from left to right.
func (*typesetter) direction(text string) di.Direction {
	for _, r := range text {
		p, _ := bidi.LookupRune(r)
		switch p.Class() {
		case bidi.L:
			return di.DirectionLTR
		case bidi.R, bidi.AL:
			return di.DirectionRTL
		}
	}
	return di.DirectionLTR
}

// row is one line of text as it is seen, from left to right.
type row struct {
	text  []rune
	runs  []shaping.Output
	width float64 // thousandths of the type
	rtl   bool
}

// rows sets a text in lines of at most so many thousandths of the type; a line feed
// begins another.
func (t *typesetter) rows(text string, bold bool, most float64) []row {
	var all []row
	for part := range strings.SplitSeq(text, "\n") {
		all = append(all, t.paragraph(strings.ReplaceAll(part, "\t", " "), t.direction(part), bold, most)...)
	}
	return all
}

func (t *typesetter) paragraph(text string, direction di.Direction, bold bool, most float64) []row {
	runes := []rune(text)
	if len(runes) == 0 {
		return []row{{}}
	}
	w := weighted{t, 0}
	if bold {
		w.weight = 1
	}
	in := shaping.Input{Text: runes, RunEnd: len(runes), Direction: direction, Size: fixed.I(em), Language: t.language}
	var shaped []shaping.Output
	for _, run := range t.segmenter.Split(in, w) {
		if t.of[run.Face].face == nil {
			shaped = append(shaped, squares(run))
		} else {
			shaped = append(shaped, t.shaper.Shape(run))
		}
	}
	config := shaping.WrapConfig{Direction: direction, DisableTrailingWhitespaceTrim: true}
	lines, _ := t.wrapper.WrapParagraphF(config, fixed.Int26_6(most*64), runes, shaping.NewSliceIterator(shaped))
	var all []row
	for _, l := range lines {
		r := row{text: runes, runs: seenOrder(runes, l, direction), rtl: direction == di.DirectionRTL}
		for _, run := range r.runs {
			r.width += thousandths(run.Advance)
		}
		all = append(all, r)
	}
	return all
}

// seenOrder puts the runs of a line in the order in which they are seen: UAX #9, rule L2.
// Figures that follow a word from right to left belong to it, also in a line from left
// to right.
func seenOrder(text []rune, line []shaping.Output, direction di.Direction) []shaping.Output {
	runs, levels := slices.Clone(line), make([]int, len(line))
	highest := 0
	for i, run := range runs {
		switch {
		case run.Direction == di.DirectionRTL:
			levels[i] = 1
		case direction == di.DirectionRTL, i > 0 && levels[i-1] > 0 && !hasLetters(text[run.Runes.Offset:run.Runes.Offset+run.Runes.Count]):
			levels[i] = 2
		}
		highest = max(highest, levels[i])
	}
	for level := highest; level > 0; level-- {
		for i := 0; i < len(runs); i++ {
			end := i
			for end < len(runs) && levels[end] >= level {
				end++
			}
			if end > i {
				slices.Reverse(runs[i:end])
				slices.Reverse(levels[i:end])
				i = end
			}
		}
	}
	return runs
}

// hasLetters reports whether a text has a letter from left to right.
func hasLetters(text []rune) bool {
	return slices.ContainsFunc(text, func(r rune) bool {
		p, _ := bidi.LookupRune(r)
		return p.Class() == bidi.L
	})
}

func thousandths(v fixed.Int26_6) float64 { return float64(v) / 64 }

// squares sets letters of which each takes a whole square.
func squares(in shaping.Input) shaping.Output {
	out := shaping.Output{Size: in.Size, Direction: in.Direction, Face: in.Face, Runes: shaping.Range{Offset: in.RunStart, Count: in.RunEnd - in.RunStart}}
	for i := in.RunStart; i < in.RunEnd; i++ {
		//lint:ignore SA1019 the library reads these by methods and has no other way to set them
		g := shaping.Glyph{Advance: fixed.I(em), Width: fixed.I(em), ClusterIndex: i, RuneCount: 1, GlyphCount: 1, GlyphID: font.GID(in.Text[i])}
		if in.Text[i] == ' ' {
			g.Advance, g.Width = fixed.I(em/4), 0
		}
		out.Glyphs = append(out.Glyphs, g)
		out.Advance += g.Advance
	}
	return out
}
