package paper

import (
	"errors"
	"fmt"
	"strings"
)

// ErrLetters is returned where the fonts of a PDF lack a letter. The HTML takes
// every script.
var ErrLetters = errors.New("a PDF has Latin, Cyrillic, Arabic and Chinese letters: print as HTML instead")

// Millimetres of an A4 sheet.
const (
	sheetWidth  = 210.0
	sheetHeight = 297.0
	marginStart = 25.0 // where it is bound
	marginEnd   = 20.0
	marginTop   = 24.0
	marginFoot  = 24.0
	inner       = sheetWidth - marginStart - marginEnd
	indent      = 12.0 // of values below their names
	codeSize    = 26.0 // of the QR, edge to edge
)

// Points of the type.
const (
	sizeText  = 10.5
	sizeSmall = 8.5
	sizeTitle = 14.0
	near      = 0.48 // millimetres for each point of type
	far       = 0.57 // the same of scripts that reach higher
)

// PDF writes the paper as PDF with its fonts inside, but for the letters of Chinese,
// which are those of the reader's system. The same letter gives the same bytes.
func (l *Letter) PDF() ([]byte, error) {
	s, err := l.compose()
	if err != nil {
		return nil, err
	}
	rtl := s.words.direction() == "rtl"
	t, err := newTypesetter(string(l.Language), rtl)
	if err != nil {
		return nil, err
	}
	if err := s.letters(t); err != nil {
		return nil, err
	}
	p := &drawing{canvas: &canvas{typesetter: t, mirror: rtl, leading: near}, sheet: s}
	if rtl || l.Language == "zh" {
		p.leading = far
	}
	p.onPage = func() { p.stamp(10) }
	p.addPage()
	if err := p.draw(); err != nil {
		return nil, err
	}
	for i := range p.pages {
		p.at = i
		p.pageFoot(len(p.pages))
	}
	return p.pdf(s.title, string(l.Language))
}

// texts are all texts of a sheet.
func (s *sheet) texts() []string {
	out := append([]string{s.author, s.title, s.opening, s.closing}, s.stamps...)
	for _, h := range s.heads {
		out = append(out, h[0], h[1])
	}
	for _, b := range s.blocks {
		out = append(out, b.heading, b.name)
		for _, x := range b.lines {
			out = append(out, x.text)
		}
		if b.table != nil {
			out = append(out, b.table.head...)
			for _, row := range b.table.cells {
				for _, x := range row {
					out = append(out, x.text)
				}
			}
		}
	}
	return append(append(out, s.remarks...), s.check...)
}

// letters checks that the fonts have every letter: a box in its place would be read
// as a mistake of the author.
func (s *sheet) letters(t *typesetter) error {
	for _, text := range s.texts() {
		for _, r := range text {
			if !t.has(r) {
				return fmt.Errorf("the letter %q cannot be printed: %w", r, ErrLetters)
			}
		}
	}
	return nil
}

// drawing is a sheet that is drawn.
type drawing struct {
	*canvas
	sheet *sheet
}

func (p *drawing) draw() error {
	s := p.sheet
	p.top()
	for i := range s.blocks {
		p.block(&s.blocks[i])
	}
	if s.closing != "" {
		p.y += 3
		p.paragraph(s.closing, sizeText, 0)
	}
	if s.letter.Kind == NoteVerbale {
		p.hand()
	}
	return p.foot()
}

// stamp prints what every page has to say of itself, at a height.
func (p *drawing) stamp(y float64) {
	if len(p.sheet.stamps) == 0 {
		return
	}
	p.font(true, 10)
	p.frame(marginStart, y, inner, 6.5, 0.2)
	p.x, p.y = marginStart, y
	p.line(inner, 6.5, strings.Join(p.sheet.stamps, "  ·  "), centre)
	p.x, p.y = marginStart, marginTop
}

// pageFoot prints which act this is, and which page of how many.
func (p *drawing) pageFoot(pages int) {
	p.stamp(sheetHeight - 19)
	p.font(false, sizeSmall)
	p.x, p.y = marginStart, sheetHeight-11
	const number = 30.0 // for page x of y
	p.line(inner-number, 4, p.sheet.foot(), first)
	p.line(number, 4, p.sheet.words.page(p.at+1, pages), last)
}

// room starts another page unless so many millimetres are left on this one.
func (p *drawing) room(height float64) {
	if p.y+height > sheetHeight-marginFoot {
		p.addPage()
	}
}

// paragraph prints wrapped text.
func (p *drawing) paragraph(text string, size, left float64) {
	p.font(false, size)
	at := first
	if len(p.broken(text, inner-left)) > 1 { // one line stands below its name in every script
		at = own
	}
	p.x = marginStart + left
	p.lines(inner-left, p.lead(), text, at)
}

func (p *drawing) top() {
	s := p.sheet
	p.font(true, 13)
	p.lines(inner, p.lead(), strings.ToUpper(s.author), centre)
	if s.letter.Kind != Form {
		p.font(false, 11)
		p.lines(inner, p.lead(), s.words.Ministry, centre)
	}
	p.y += 6
	p.font(true, sizeTitle)
	p.lines(inner, p.lead(), s.title, centre)
	p.y += 4
	width := 0.0
	p.font(false, sizeText)
	for _, h := range s.heads {
		width = max(width, p.wide(h[0])+4)
	}
	for _, h := range s.heads {
		p.x = marginStart
		p.line(width, p.lead(), h[0], first)
		p.below(inner-width, p.lead(), p.sheetwise(h[1], inner-width), first)
	}
	p.y += 4
	if s.opening != "" {
		p.paragraph(s.opening, sizeText, 0)
		p.y += 2
	}
}

func (p *drawing) block(b *block) {
	if b.heading != "" {
		p.room(26)
		p.y += 3
		p.font(true, 11)
		p.x = marginStart
		p.lines(inner, p.lead(), b.heading, first)
		p.stroke(marginStart, p.y+0.5, marginStart+inner, p.y+0.5, 0.15)
		p.y += 2
		return
	}
	left := 0.0
	if b.number != "" {
		left = indent
		p.room(12)
		if b.table != nil && len(b.lines) == 0 {
			p.room(32) // a name stays with the head of its table
		}
		p.font(true, 9)
		p.x = marginStart
		p.line(indent, p.lead(), b.number, first)
		p.font(false, 9)
		p.x = marginStart + indent
		p.lines(inner-indent, p.lead(), b.name, first)
	}
	p.list(b.lines, left)
	if b.table != nil {
		p.table(b.table, left)
	}
	p.y += 1.6
}

// step is how far a row of a table stands in, where it is written line by line.
const step = 8.0

func (p *drawing) list(lines []line, left float64) {
	at := 0
	for _, x := range lines {
		text, in := x.text, left
		if mark := p.sheet.mark(x); mark != "" {
			text += " " + mark
		}
		if x.row > 0 {
			text, in = x.label+": "+text, left+step
			if x.row != at {
				p.room(14)
				p.y += 0.8
				p.font(false, sizeText)
				p.x = marginStart + left
				p.line(step, p.lead(), fmt.Sprintf("(%d)", x.row), first)
			}
			at = x.row
		}
		p.paragraph(text, sizeText, in)
	}
}

// table prints columns as wide as their texts ask for; where that is more than the
// sheet has, each gives way in proportion, but none below its longest word. A table
// that does not fit even in small type is written row by row.
func (p *drawing) table(t *table, left float64) {
	var width []float64
	size, fits := 9.5, false
	for !fits && size > 7.5 {
		size -= 0.5
		width, fits = p.widths(t, inner-left, size)
	}
	if !fits && t.stack != nil {
		p.list(t.stack, left)
		return
	}
	head := p.height(t.head, width, size, true)
	for i, cells := range t.cells {
		texts := make([]string, len(cells))
		for j, x := range cells {
			texts[j] = x.text
			if mark := p.sheet.mark(x); mark != "" {
				texts[j] += " " + mark
			}
		}
		height := p.height(texts, width, size, false)
		broken := p.y+height > sheetHeight-marginFoot
		switch {
		case i == 0:
			p.room(head + height)
		case broken:
			p.addPage()
		}
		if i == 0 || broken {
			p.row(t.head, width, left, size, true)
		}
		p.row(texts, width, left, size, false)
	}
}

// gutter is between two columns.
const gutter = 1.5

// widths of columns, and whether the longest words fit.
func (p *drawing) widths(t *table, whole, size float64) ([]float64, bool) {
	want, least := make([]float64, len(t.head)), make([]float64, len(t.head))
	see := func(i int, text string, bold bool) {
		p.font(bold, size)
		want[i] = max(want[i], p.wide(text)+2*gutter)
		for _, one := range pieces(text) {
			least[i] = max(least[i], p.wide(one.text)+2*gutter)
		}
	}
	for i := range t.head {
		see(i, t.head[i], true)
		for _, row := range t.cells {
			see(i, row[i].text+" "+p.sheet.mark(row[i]), false)
		}
	}
	sum, spare := 0.0, whole
	for i := range want {
		sum += want[i] - min(least[i], want[i])
		spare -= min(least[i], want[i])
	}
	switch {
	case spare < 0: // not even the longest words fit: they are broken
		for i := range want {
			want[i] = whole / float64(len(want))
		}
	case sum > spare:
		for i := range want {
			low := min(least[i], want[i])
			want[i] = low + (want[i]-low)*spare/sum
		}
	}
	return want, spare >= 0
}

func (p *drawing) height(texts []string, width []float64, size float64, bold bool) float64 {
	p.font(bold, size)
	lines := 1
	for i, text := range texts {
		lines = max(lines, len(p.broken(text, width[i]-gutter)))
	}
	return float64(lines)*p.lead() + 0.8
}

func (p *drawing) row(texts []string, width []float64, left, size float64, bold bool) {
	height := p.height(texts, width, size, bold)
	y, x := p.y, marginStart+left
	end := x
	for i, text := range texts {
		for j, part := range p.broken(text, width[i]-gutter) {
			p.x, p.y = end, y+0.3+float64(j)*p.lead()
			p.cell(width[i]-gutter, p.lead(), part, first)
		}
		end += width[i]
	}
	thick := 0.05
	if bold {
		thick = 0.2
	}
	p.stroke(x, y+height, end, y+height, thick)
	p.x, p.y = marginStart, y+height
}

// hand is the place for initials and seal.
func (p *drawing) hand() {
	const round, grey = 34.0, 0.4
	p.room(round + 14)
	p.y += 8
	y := p.y
	p.font(false, sizeText)
	p.x, p.y = marginStart, y+round/2-3
	p.line(inner/2, 6, p.sheet.words.Initials+": "+blank, first)
	p.ring(marginStart+inner*3/4, y+round/2, round/2, 0.15, grey)
	p.grey = grey
	p.x, p.y = marginStart+inner*3/4-round/2, y+round/2-3
	p.line(round, 6, p.sheet.words.Seal, centre)
	p.grey = 0
	p.x, p.y = marginStart, y+round
}

// foot is what compares the paper with the record.
func (p *drawing) foot() error {
	code, err := square(p.sheet.code)
	if err != nil {
		return err
	}
	p.room(codeSize + 8)
	p.y += 5
	y := p.y
	p.stroke(marginStart, y, marginStart+inner, y, 0.2)
	p.x, p.y = marginStart, y+2
	p.font(false, sizeSmall)
	for _, text := range append(append([]string{}, p.sheet.remarks...), p.sheet.check...) {
		p.x = marginStart
		p.lines(inner-codeSize-4, p.lead(), text, own)
		p.y += 0.6
	}
	unit := codeSize / float64(code.Size+8)
	left := p.place(marginStart+inner-codeSize, codeSize)
	for row := range code.Size {
		for column := range code.Size {
			if code.Black(column, row) {
				p.fill(left+unit*float64(column+4), y+1+unit*float64(row+4), unit)
			}
		}
	}
	return nil
}
