package paper

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf16"

	"detente/internal/canon"
	"github.com/go-text/typesetting/di"
	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/shaping"
)

// canvas is a PDF in the making. Lengths are millimetres from the upper edge and from
// the edge at which lines begin: on a sheet in Persian, from the right.
type canvas struct {
	*typesetter
	mirror  bool
	pages   []*bytes.Buffer
	at      int     // page that is drawn on, from 0
	x, y    float64 // where the next cell stands
	size    float64 // of the type, in points
	bold    bool
	grey    float64 // of the type: 0 is black
	onPage  func()  // called for each new page
	leading float64 // millimetres for each point of type
}

// points for each millimetre.
const points = 72 / 25.4

func (c *canvas) out(format string, args ...any) { fmt.Fprintf(c.pages[c.at], format+"\n", args...) }

func (c *canvas) addPage() {
	c.pages = append(c.pages, &bytes.Buffer{})
	c.at = len(c.pages) - 1
	c.x, c.y = marginStart, marginTop
	bold, size := c.bold, c.size
	c.onPage()
	c.bold, c.size = bold, size
}

func (c *canvas) font(bold bool, size float64) { c.bold, c.size = bold, size }

// lead is the height of a line of the type in hand.
func (c *canvas) lead() float64 { return c.size * c.leading }

// place is where something of a width stands on the paper, from its left edge.
func (c *canvas) place(x, width float64) float64 {
	if c.mirror {
		return sheetWidth - x - width
	}
	return x
}

// measure is the width of thousandths of the type in millimetres.
func (c *canvas) measure(thousandths float64) float64 {
	return thousandths / em * c.size / points
}

// wide is the width of one line of text.
func (c *canvas) wide(text string) float64 {
	most := 0.0
	for _, r := range c.rows(text, c.bold, math.MaxInt32/128) {
		most = max(most, c.measure(r.width))
	}
	return most
}

// broken sets a text in lines of at most a width.
func (c *canvas) broken(text string, width float64) []row {
	return c.rows(text, c.bold, width*points*em/c.size)
}

// sheetwise is broken of a text that goes as the sheet does, whatever it begins with.
func (c *canvas) sheetwise(text string, width float64) []row {
	return c.paragraph(text, c.typesetter.sheet, c.bold, width*points*em/c.size)
}

// side is where a line of text stands in its cell.
type side int

const (
	first  side = iota // where lines begin on this sheet
	centre             // in the middle
	last               // where lines end on this sheet
	own                // where lines of its own script begin
)

// cell writes one line of a height in a cell of a width, and goes on behind it.
func (c *canvas) cell(width, height float64, r row, at side) {
	text := c.measure(r.width)
	left := c.place(c.x, width)
	right := at == last != c.mirror
	if at == own {
		right = r.rtl
	}
	switch {
	case at == centre:
		left += (width - text) / 2
	case right:
		left += width - text
	}
	c.write(r, left, c.y+height/2+0.3*c.size/points)
	c.x += width
}

// line is cell of a text that is known to fit.
func (c *canvas) line(width, height float64, text string, at side) {
	rows := c.rows(text, c.bold, math.MaxInt32/128)
	c.cell(width, height, rows[0], at)
}

// lines writes a text in as many lines as it takes, below each other, over pages.
func (c *canvas) lines(width, height float64, text string, at side) {
	c.below(width, height, c.broken(text, width), at)
}

// below writes rows below each other.
func (c *canvas) below(width, height float64, rows []row, at side) {
	start := c.x
	for _, r := range rows {
		if c.y+height > sheetHeight-marginFoot {
			c.addPage()
		}
		c.x = start
		c.cell(width, height, r, at)
		c.y += height
	}
	c.x = marginStart
}

// write draws a row from a point of the paper, left and on the base of its letters.
func (c *canvas) write(r row, left, base float64) {
	x, y := left*points, (sheetHeight-base)*points
	c.out("BT %.2f g", c.grey)
	for _, run := range r.runs {
		f := c.of[run.Face]
		c.out("/%s %.2f Tf %s", f.name(c.typesetter), c.size, map[bool]string{true: fmt.Sprintf("2 Tr %.2f w %.2f G", c.size/40, c.grey), false: "0 Tr"}[f.face == nil && f.bold])
		var codes strings.Builder
		from, pen := x, x // where the string began, and where a reader would go on
		flush := func() {
			if codes.Len() > 0 {
				c.out("1 0 0 1 %.3f %.3f Tm <%s> Tj", from, y, codes.String())
			}
			codes.Reset()
		}
		for i, g := range run.Glyphs {
			scale := c.size / em
			text, hidden, room := said(r.text, run, i)
			step := thousandths(g.Advance) * scale
			if len(hidden) > 0 && f.face != nil {
				flush()
				for n, h := range hidden {
					c.out("1 0 0 1 %.3f %.3f Tm <%04x> Tj", x+float64(n*room)*scale, y, f.number(drawn{f.space(), string(h), room}))
				}
				pen = -1
			}
			switch {
			case g.GlyphID > 0xffff: // nothing to be seen
			case g.XOffset != 0 || g.YOffset != 0:
				flush()
				c.out("1 0 0 1 %.3f %.3f Tm <%04x> Tj", x+thousandths(g.XOffset)*scale, y+thousandths(g.YOffset)*scale, f.code(g.GlyphID, text))
				pen = -1
			default:
				if math.Abs(pen-x) > 0.005 {
					flush()
					from, pen = x, x
				} else if codes.Len() == 0 {
					from = x
				}
				fmt.Fprintf(&codes, "%04x", f.code(g.GlyphID, text))
				pen += f.width(g.GlyphID) * scale
			}
			x += step
		}
		flush()
	}
	c.out("0 Tr ET")
}

// said is the text that the glyph at a place of a run stands for. Where several letters
// of a script from right to left share glyphs, those stand for nothing, and the letters
// are hidden behind the first of them, in the order in which they are seen, with an equal
// room for each: programs that read a PDF take letters by their places.
func said(text []rune, run shaping.Output, at int) (shown string, hidden []rune, room int) {
	of := func(i int) int { return run.Glyphs[i].TextIndex() }
	letters := text[of(at):min(of(at)+run.Glyphs[at].RunesCount(), len(text))]
	begins := at == 0 || of(at-1) != of(at)
	switch {
	case !begins && (run.Direction == di.DirectionLTR || len(letters) > 1):
		return "", nil, 0
	case run.Direction == di.DirectionLTR:
		return string(letters), nil, 0
	}
	whole, widest := 0.0, at
	for i := range run.Glyphs {
		if of(i) == of(at) {
			whole += thousandths(run.Glyphs[i].Advance)
			if run.Glyphs[i].Advance > run.Glyphs[widest].Advance {
				widest = i
			}
		}
	}
	if len(letters) <= 1 {
		if at != widest {
			return "", nil, 0
		}
		return string(letters), nil, 0
	}
	hidden = slices.Clone(letters)
	slices.Reverse(hidden)
	return "", hidden, int(whole) / len(hidden)
}

// space is a glyph that shows nothing.
func (f *typeface) space() font.GID {
	g, _ := f.face.NominalGlyph(' ')
	return g
}

// code of a glyph in a string of the PDF; that of Chinese is the letter itself.
func (f *typeface) code(g font.GID, text string) int {
	if f.face == nil {
		f.number(drawn{glyph: g})
		return int(g)
	}
	return f.number(drawn{glyph: g, text: text})
}

// name of a typeface in the PDF.
func (f *typeface) name(t *typesetter) string {
	for weight := range t.faces {
		for i, one := range t.faces[weight] {
			if one == f {
				return fmt.Sprintf("F%d%d", weight, i)
			}
		}
	}
	return "H" // both weights: the stroke tells them apart
}

// stroke draws a line between two points, as thick as said.
func (c *canvas) stroke(x1, y1, x2, y2, thick float64) {
	c.out("%.3f w 0 G %.3f %.3f m %.3f %.3f l S", thick*points, c.place(x1, 0)*points, (sheetHeight-y1)*points, c.place(x2, 0)*points, (sheetHeight-y2)*points)
}

// frame draws the four sides of a box.
func (c *canvas) frame(x, y, width, height, thick float64) {
	c.out("%.3f w 0 G %.3f %.3f %.3f %.3f re S", thick*points, c.place(x, width)*points, (sheetHeight-y-height)*points, width*points, height*points)
}

// ring draws a dashed circle.
func (c *canvas) ring(x, y, radius, thick, grey float64) {
	const k = 0.5523 // of a circle by four curves
	cx, cy, r := c.place(x, 0)*points, (sheetHeight-y)*points, radius*points
	c.out("q %.3f w %.2f G [%.3f] 0 d %.3f %.3f m", thick*points, grey, points, cx+r, cy)
	for _, q := range [][6]float64{{1, k, k, 1, 0, 1}, {-k, 1, -1, k, -1, 0}, {-1, -k, -k, -1, 0, -1}, {k, -1, 1, -k, 1, 0}} {
		c.out("%.3f %.3f %.3f %.3f %.3f %.3f c", cx+r*q[0], cy+r*q[1], cx+r*q[2], cy+r*q[3], cx+r*q[4], cy+r*q[5])
	}
	c.out("S Q")
}

// fill draws a black square whose left edge is at a place of the paper.
func (c *canvas) fill(left, y, side float64) {
	c.out("%.3f %.3f %.3f %.3f re f", left*points, (sheetHeight-y-side)*points, side*points, side*points)
}

// objects are those of a PDF, in order.
type objects struct{ list [][]byte }

// add appends an object and returns its number.
func (o *objects) add(format string, args ...any) int {
	o.list = append(o.list, fmt.Appendf(nil, format, args...))
	return len(o.list)
}

func (o *objects) set(n int, format string, args ...any) {
	o.list[n-1] = fmt.Appendf(nil, format, args...)
}

// stream adds packed bytes.
func (o *objects) stream(head string, b []byte) (int, error) {
	var packed bytes.Buffer
	w := zlib.NewWriter(&packed)
	if _, err := w.Write(b); err != nil {
		return 0, fmt.Errorf("write PDF: %w", err)
	}
	if err := w.Close(); err != nil {
		return 0, fmt.Errorf("write PDF: %w", err)
	}
	return o.add("<< %s /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream", head, packed.Len(), packed.Bytes()), nil
}

// text of the PDF's own entries: UTF-16 with a mark of order.
func utf16Hex(s string) string {
	b := []byte{}
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.BigEndian.AppendUint16(b, u)
	}
	return hex.EncodeToString(b)
}

// pdf writes the pages.
func (c *canvas) pdf(title, lang string) ([]byte, error) {
	o := &objects{}
	catalog, pages, info, resources := o.add(""), o.add(""), o.add(""), o.add("")
	var fonts []string
	for weight := range c.faces {
		for _, f := range c.faces[weight] {
			if len(f.order) == 0 {
				continue
			}
			n, err := f.write(o)
			if err != nil {
				return nil, err
			}
			fonts = append(fonts, fmt.Sprintf("/%s %d 0 R", f.name(c.typesetter), n))
		}
	}
	if len(c.of[c.han[0]].order)+len(c.of[c.han[1]].order) > 0 {
		fonts = append(fonts, fmt.Sprintf("/H %d 0 R", writeChinese(o)))
	}
	var kids []string
	for _, page := range c.pages {
		content, err := o.stream("", page.Bytes())
		if err != nil {
			return nil, err
		}
		kids = append(kids, fmt.Sprintf("%d 0 R", o.add("<< /Type /Page\n/Parent %d 0 R /MediaBox [0 0 %.2f %.2f] /Resources %d 0 R /Contents %d 0 R >>",
			pages, sheetWidth*points, sheetHeight*points, resources, content)))
	}
	direction := "L2R"
	if c.mirror {
		direction = "R2L"
	}
	o.set(catalog, "<< /Type /Catalog /Pages %d 0 R /Lang (%s) /ViewerPreferences << /DisplayDocTitle true /Direction /%s >> >>", pages, lang, direction)
	o.set(pages, "<< /Type /Pages /Kids [%s] /Count %d >>", strings.Join(kids, " "), len(kids))
	o.set(info, "<< /Title <feff%s> /Producer (detente) /CreationDate (D:20000101000000Z) >>", utf16Hex(title))
	o.set(resources, "<< /Font << %s >> >>", strings.Join(fonts, " "))
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	places := make([]int, len(o.list))
	for i, one := range o.list {
		places[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, one)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(places)+1)
	for _, at := range places {
		fmt.Fprintf(&b, "%010d 00000 n \n", at)
	}
	id := strings.TrimPrefix(canon.DigestOf(b.Bytes()).String(), "sha256:")[:32]
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root %d 0 R /Info %d 0 R /ID [<%s> <%s>] >>\nstartxref\n%d\n%%%%EOF\n", len(places)+1, catalog, info, id, id, start)
	return b.Bytes(), nil
}

// write adds a typeface with the glyphs that were used of it.
func (f *typeface) write(o *objects) (int, error) {
	t, err := readTrueType(f.raw)
	if err != nil {
		return 0, err
	}
	var glyphs []font.GID
	var widths, texts strings.Builder
	places := make([]byte, 2) // of number 0: no glyph
	for n, d := range f.order {
		glyphs = append(glyphs, d.glyph)
		places = binary.BigEndian.AppendUint16(places, uint16(d.glyph))
		if d.room > 0 {
			fmt.Fprintf(&widths, "%d ", d.room)
		} else {
			fmt.Fprintf(&widths, "%.0f ", f.width(d.glyph))
		}
		if d.text != "" {
			fmt.Fprintf(&texts, "1 beginbfchar\n<%04x> <%s>\nendbfchar\n", n+1, utf16Hex(d.text))
		}
	}
	small, err := t.only(glyphs)
	if err != nil {
		return 0, err
	}
	file, err := o.stream(fmt.Sprintf("/Length1 %d", len(small)), small)
	if err != nil {
		return 0, err
	}
	places0, err := o.stream("", places)
	if err != nil {
		return 0, err
	}
	unicode, err := o.stream("", []byte("/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n/CMapName /Of def /CMapType 2 def\n1 begincodespacerange\n<0000> <ffff>\nendcodespacerange\n"+
		texts.String()+"endcmap CMapName currentdict /CMap defineresource pop end end\n"))
	if err != nil {
		return 0, err
	}
	name := tagOf(small) + "+" + f.family
	descriptor := o.add("<< /Type /FontDescriptor /FontName /%s /Flags 4 /FontBBox [%d %d %d %d] /ItalicAngle 0 /Ascent %d /Descent %d /CapHeight %d /StemV 80 /FontFile2 %d 0 R >>",
		name, t.word("head", 36), t.word("head", 38), t.word("head", 40), t.word("head", 42), t.word("hhea", 4), t.word("hhea", 6), t.word("hhea", 4), file)
	descendant := o.add("<< /Type /Font /Subtype /CIDFontType2 /BaseFont /%s /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /FontDescriptor %d 0 R /DW 0 /W [1 [%s]] /CIDToGIDMap %d 0 R >>",
		name, descriptor, widths.String(), places0)
	return o.add("<< /Type /Font /Subtype /Type0 /BaseFont /%s /Encoding /Identity-H /DescendantFonts [%d 0 R] /ToUnicode %d 0 R >>", name, descendant, unicode), nil
}

// tagOf names a part of a font: six capitals, which follow from its bytes.
func tagOf(b []byte) string {
	d := canon.DigestOf(b)
	tag := make([]byte, 6)
	for i := range tag {
		tag[i] = 'A' + d[i]%26
	}
	return string(tag)
}

// writeChinese adds the font of Chinese letters: those of the reader's system, which
// every program that shows PDF in Chinese has. None is brought: it would be larger than
// the whole program. ISO 32000-1, 9.7.5.2.
func writeChinese(o *objects) int {
	descriptor := o.add("<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] /ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>")
	descendant := o.add("<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 5 >> /FontDescriptor %d 0 R /DW 1000 >>", descriptor)
	return o.add("<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light-UniGB-UTF16-H /Encoding /UniGB-UTF16-H /DescendantFonts [%d 0 R] >>", descendant)
}
