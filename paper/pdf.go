package paper

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/sfnt"
)

//go:embed fonts/*.ttf
var fontFiles embed.FS

// ErrLetters is returned where the font of a PDF lacks a letter. The HTML takes
// every script.
var ErrLetters = errors.New("the font of the PDF has Latin, Greek and Cyrillic letters: print as HTML instead")

// Millimetres of an A4 sheet.
const (
	sheetWidth  = 210.0
	sheetHeight = 297.0
	marginLeft  = 25.0
	marginRight = 20.0
	marginTop   = 24.0
	marginFoot  = 24.0
	inner       = sheetWidth - marginLeft - marginRight
	indent      = 12.0 // of values below their names
	codeSize    = 26.0 // of the QR, edge to edge
)

// Points of the type.
const (
	sizeText  = 10.5
	sizeSmall = 8.5
	sizeTitle = 14.0
	leading   = 0.48 // millimetres for each point of type
)

// printed is the date inside a PDF: the same for all, so that the same letter
// gives the same bytes.
var printed = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// PDF writes the paper as PDF with its font inside. The same letter gives the same
// bytes.
func (l *Letter) PDF() ([]byte, error) {
	s, err := l.compose()
	if err != nil {
		return nil, err
	}
	if err := s.letters(); err != nil {
		return nil, err
	}
	pages := 0
	for range 2 { // the first time to count the pages
		p, err := s.draw(pages)
		if err != nil {
			return nil, err
		}
		if n := p.PageCount(); n != pages {
			pages = n
			continue
		}
		var b bytes.Buffer
		if err := p.Output(&b); err != nil {
			return nil, fmt.Errorf("write PDF: %w", err)
		}
		return b.Bytes(), nil
	}
	p, err := s.draw(pages)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := p.Output(&b); err != nil {
		return nil, fmt.Errorf("write PDF: %w", err)
	}
	return b.Bytes(), nil
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

// letters checks that the font has every letter: a box in its place would be read
// as a mistake of the author.
func (s *sheet) letters() error {
	b, err := fontFiles.ReadFile("fonts/IBMPlexSerif-Regular.ttf")
	if err != nil {
		return fmt.Errorf("font of the PDF: %w", err)
	}
	f, err := sfnt.Parse(b)
	if err != nil {
		return fmt.Errorf("font of the PDF: %w", err)
	}
	var buf sfnt.Buffer
	for _, text := range s.texts() {
		for _, r := range text {
			if g, err := f.GlyphIndex(&buf, r); r != '\n' && (err != nil || g == 0) {
				return fmt.Errorf("the letter %q cannot be printed: %w", r, ErrLetters)
			}
		}
	}
	return nil
}

// drawing is a PDF in the making.
type drawing struct {
	*fpdf.Fpdf
	sheet *sheet
}

func (s *sheet) draw(pages int) (*fpdf.Fpdf, error) {
	p := &drawing{fpdf.New("P", "mm", "A4", ""), s}
	p.SetCatalogSort(true)
	p.SetCreationDate(printed)
	p.SetModificationDate(printed)
	p.SetTitle(s.title, true)
	p.SetLang(string(s.letter.Language))
	p.SetProducer("detente", true)
	for _, face := range [][2]string{{"", "Regular"}, {"B", "SemiBold"}} {
		b, err := fontFiles.ReadFile("fonts/IBMPlexSerif-" + face[1] + ".ttf")
		if err != nil {
			return nil, fmt.Errorf("font of the PDF: %w", err)
		}
		p.AddUTF8FontFromBytes("serif", face[0], b)
	}
	p.SetMargins(marginLeft, marginTop, marginRight)
	p.SetCellMargin(0)
	p.SetAutoPageBreak(true, marginFoot)
	p.SetHeaderFunc(func() { p.stamp(10) })
	p.SetFooterFunc(func() { p.pageFoot(pages) })
	p.AddPage()
	p.top()
	for i := range s.blocks {
		p.block(&s.blocks[i])
	}
	if s.closing != "" {
		p.Ln(3)
		p.paragraph(s.closing, sizeText, 0)
	}
	if s.letter.Kind == NoteVerbale {
		p.hand()
	}
	if err := p.foot(); err != nil {
		return nil, err
	}
	if err := p.Error(); err != nil {
		return nil, fmt.Errorf("draw PDF: %w", err)
	}
	return p.Fpdf, nil
}

func (p *drawing) font(style string, size float64) { p.SetFont("serif", style, size) }

// stamp prints what every page has to say of itself, at a height.
func (p *drawing) stamp(y float64) {
	if len(p.sheet.stamps) == 0 {
		return
	}
	p.font("B", 10)
	p.SetXY(marginLeft, y)
	p.CellFormat(inner, 6.5, strings.Join(p.sheet.stamps, "  ·  "), "1", 0, "C", false, 0, "")
	p.SetXY(marginLeft, marginTop)
}

func (p *drawing) pageFoot(pages int) {
	p.stamp(sheetHeight - 19)
	p.font("", sizeSmall)
	p.SetXY(marginLeft, sheetHeight-11)
	number := oneLine(p.sheet.letter.Number)
	if acts := p.sheet.letter.Acts; len(acts) > 0 {
		place := fmt.Sprintf("%s %d", acts[len(acts)-1].Origin, acts[len(acts)-1].Index)
		number = strings.TrimPrefix(number+" · "+place, " · ")
	}
	p.CellFormat(inner/2, 4, number, "", 0, "L", false, 0, "")
	p.CellFormat(inner/2, 4, p.sheet.words.page(p.PageNo(), pages), "", 0, "R", false, 0, "")
}

// room starts another page unless so many millimetres are left on this one.
func (p *drawing) room(height float64) {
	if p.GetY()+height > sheetHeight-marginFoot {
		p.AddPage()
	}
}

// paragraph prints wrapped text.
func (p *drawing) paragraph(text string, size, left float64) {
	p.font("", size)
	p.SetX(marginLeft + left)
	p.MultiCell(inner-left, size*leading, text, "", "L", false)
}

func (p *drawing) top() {
	s := p.sheet
	p.font("B", 13)
	p.MultiCell(inner, 6.5, strings.ToUpper(s.author), "", "C", false)
	if s.letter.Kind != Form {
		p.font("", 11)
		p.MultiCell(inner, 5.5, s.words.Ministry, "", "C", false)
	}
	p.Ln(6)
	p.font("B", sizeTitle)
	p.MultiCell(inner, sizeTitle*leading, s.title, "", "C", false)
	p.Ln(4)
	width := 0.0
	p.font("", sizeText)
	for _, h := range s.heads {
		width = max(width, p.GetStringWidth(h[0])+4)
	}
	for _, h := range s.heads {
		p.font("", sizeText)
		p.SetX(marginLeft)
		p.CellFormat(width, sizeText*leading, h[0], "", 0, "L", false, 0, "")
		p.MultiCell(inner-width, sizeText*leading, h[1], "", "L", false)
	}
	p.Ln(4)
	if s.opening != "" {
		p.paragraph(s.opening, sizeText, 0)
		p.Ln(2)
	}
}

func (p *drawing) block(b *block) {
	if b.heading != "" {
		p.room(26)
		p.Ln(3)
		p.font("B", 11)
		p.MultiCell(inner, 5.5, b.heading, "", "L", false)
		y := p.GetY() + 0.5
		p.SetLineWidth(0.15)
		p.Line(marginLeft, y, marginLeft+inner, y)
		p.SetY(y + 1.5)
		return
	}
	left := 0.0
	if b.number != "" {
		left = indent
		p.room(12)
		if b.table != nil && len(b.lines) == 0 {
			p.room(32) // a name stays with the head of its table
		}
		p.font("B", 9)
		p.SetX(marginLeft)
		p.CellFormat(indent, 9*leading, b.number, "", 0, "L", false, 0, "")
		p.paragraph(b.name, 9, indent)
	}
	p.lines(b.lines, left)
	if b.table != nil {
		p.table(b.table, left)
	}
	p.Ln(1.6)
}

// step is how far a row of a table stands in, where it is written line by line.
const step = 8.0

func (p *drawing) lines(lines []line, left float64) {
	row := 0
	for _, x := range lines {
		text, in := x.text, left
		if mark := p.sheet.mark(x); mark != "" {
			text += " " + mark
		}
		if x.row > 0 {
			text, in = x.label+": "+text, left+step
			if x.row != row {
				p.room(14)
				p.Ln(0.8)
				p.font("", sizeText)
				p.SetX(marginLeft + left)
				p.CellFormat(step, sizeText*leading, fmt.Sprintf("(%d)", x.row), "", 0, "L", false, 0, "")
			}
			row = x.row
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
		p.lines(t.stack, left)
		return
	}
	head := p.height(t.head, width, size, "B")
	for i, cells := range t.cells {
		texts := make([]string, len(cells))
		for j, x := range cells {
			texts[j] = x.text
			if mark := p.sheet.mark(x); mark != "" {
				texts[j] += " " + mark
			}
		}
		height := p.height(texts, width, size, "")
		broken := p.GetY()+height > sheetHeight-marginFoot
		switch {
		case i == 0:
			p.room(head + height)
		case broken:
			p.AddPage()
		}
		if i == 0 || broken {
			p.row(t.head, width, left, size, "B")
		}
		p.row(texts, width, left, size, "")
	}
}

// gutter is between two columns.
const gutter = 1.5

// widths of columns, and whether the longest words fit.
func (p *drawing) widths(t *table, whole, size float64) ([]float64, bool) {
	want, least := make([]float64, len(t.head)), make([]float64, len(t.head))
	see := func(i int, text, style string) {
		p.font(style, size)
		want[i] = max(want[i], p.GetStringWidth(text)+2*gutter)
		for word := range strings.FieldsSeq(text) {
			least[i] = max(least[i], p.GetStringWidth(word)+2*gutter)
		}
	}
	for i := range t.head {
		see(i, t.head[i], "B")
		for _, row := range t.cells {
			see(i, row[i].text+" "+p.sheet.mark(row[i]), "")
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

func (p *drawing) height(texts []string, width []float64, size float64, style string) float64 {
	p.font(style, size)
	lines := 1
	for i, text := range texts {
		lines = max(lines, len(p.SplitText(text, width[i]-gutter)))
	}
	return float64(lines)*size*leading + 0.8
}

func (p *drawing) row(texts []string, width []float64, left, size float64, style string) {
	height := p.height(texts, width, size, style)
	y, x := p.GetY(), marginLeft+left
	end := x
	for i, text := range texts {
		p.SetXY(end, y+0.3)
		for j, part := range p.SplitText(text, width[i]-gutter) {
			p.SetXY(end, y+0.3+float64(j)*size*leading)
			p.CellFormat(width[i], size*leading, part, "", 0, "L", false, 0, "")
		}
		end += width[i]
	}
	p.SetLineWidth(0.05)
	if style == "B" {
		p.SetLineWidth(0.2)
	}
	p.Line(x, y+height, end, y+height)
	p.SetXY(marginLeft, y+height)
}

// hand is the place for initials and seal.
func (p *drawing) hand() {
	const round = 34.0
	p.room(round + 14)
	p.Ln(8)
	y := p.GetY()
	p.font("", sizeText)
	p.SetXY(marginLeft, y+round/2-3)
	p.CellFormat(inner/2, 6, p.sheet.words.Initials+": "+blank, "", 0, "L", false, 0, "")
	p.SetLineWidth(0.15)
	p.SetDashPattern([]float64{1, 1}, 0)
	p.SetDrawColor(102, 102, 102)
	p.Circle(marginLeft+inner*3/4, y+round/2, round/2, "D")
	p.SetDashPattern(nil, 0)
	p.SetDrawColor(0, 0, 0)
	p.SetTextColor(102, 102, 102)
	p.SetXY(marginLeft+inner*3/4-round/2, y+round/2-3)
	p.CellFormat(round, 6, p.sheet.words.Seal, "", 0, "C", false, 0, "")
	p.SetTextColor(0, 0, 0)
	p.SetXY(marginLeft, y+round)
}

// foot is what compares the paper with the record.
func (p *drawing) foot() error {
	code, err := square(p.sheet.code)
	if err != nil {
		return err
	}
	p.room(codeSize + 8)
	p.Ln(5)
	y := p.GetY()
	p.SetLineWidth(0.2)
	p.Line(marginLeft, y, marginLeft+inner, y)
	p.SetXY(marginLeft, y+2)
	p.font("", sizeSmall)
	for _, text := range append(append([]string{}, p.sheet.remarks...), p.sheet.check...) {
		p.SetX(marginLeft)
		p.MultiCell(inner-codeSize-4, sizeSmall*leading, text, "", "L", false)
		p.Ln(0.6)
	}
	unit := codeSize / float64(code.Size+8)
	for row := range code.Size {
		for column := range code.Size {
			if code.Black(column, row) {
				p.Rect(marginLeft+inner-codeSize+unit*float64(column+4), y+1+unit*float64(row+4), unit, unit, "F")
			}
		}
	}
	return nil
}
