package paper

import (
	"embed"
	"fmt"
	"html/template"
	"strings"

	"rsc.io/qr"
)

//go:embed sheet.html
var pageFile embed.FS

// HTML writes the paper as one file that a browser prints on A4: no script, no
// other file, nothing from elsewhere; the browser is told to refuse all of it.
func (l *Letter) HTML() ([]byte, error) {
	s, err := l.compose()
	if err != nil {
		return nil, err
	}
	code, err := square(s.code)
	if err != nil {
		return nil, err
	}
	v := page{Language: string(l.Language), Dir: s.words.direction(), Foot: s.foot(), Title: s.title, Stamp: strings.Join(s.stamps, " · "), Author: s.author, Heads: s.heads,
		Opening: s.opening, Closing: s.closing, Remarks: s.remarks, Check: s.check, Formal: l.Kind == NoteVerbale,
		Initials: s.words.Initials, Seal: s.words.Seal, Code: code.path(), Size: code.Size + 8}
	if l.Kind != Form {
		v.Ministry = s.words.Ministry
	}
	for _, b := range s.blocks {
		v.Blocks = append(v.Blocks, s.pageBlock(b))
	}
	t, err := template.ParseFS(pageFile, "sheet.html")
	if err != nil {
		return nil, fmt.Errorf("page of a paper: %w", err)
	}
	var out strings.Builder
	if err := t.Execute(&out, v); err != nil {
		return nil, fmt.Errorf("page of a paper: %w", err)
	}
	return []byte(out.String()), nil
}

// page is what the template sheet.html shows.
type page struct {
	Language, Dir, Foot, Title, Stamp, Author, Ministry, Opening, Closing, Initials, Seal, Code string
	Formal                                                                                      bool
	Size                                                                                        int
	Heads                                                                                       [][2]string
	Remarks, Check                                                                              []string
	Blocks                                                                                      []pageBlock
}

type pageBlock struct {
	Heading, Number, Name string
	Lines                 []pageLine
	Head                  []string
	Rows                  [][]pageLine
	Long                  bool // may be parted by the end of a page
}

type pageLine struct {
	Text, Mark, Language, Label string
	Row                         int // at its first line
}

func (s *sheet) pageBlock(b block) pageBlock {
	out := pageBlock{Heading: b.heading, Number: b.number, Name: b.name}
	row := 0
	for _, x := range b.lines {
		l := s.pageLine(x)
		if x.row != row {
			row, l.Row = x.row, x.row
		}
		out.Lines = append(out.Lines, l)
	}
	const most = 12 // lines or rows that are kept together
	out.Long = len(b.lines) > most || b.table != nil && len(b.table.cells) > most
	if b.table != nil {
		out.Head = b.table.head
		for _, row := range b.table.cells {
			var cells []pageLine
			for _, x := range row {
				cells = append(cells, s.pageLine(x))
			}
			out.Rows = append(out.Rows, cells)
		}
	}
	return out
}

func (s *sheet) pageLine(x line) pageLine {
	l := pageLine{Text: x.text, Mark: s.mark(x), Label: x.label}
	if x.free {
		l.Language = string(s.letter.Original)
	}
	return l
}

// symbol is a QR code.
type symbol struct{ *qr.Code }

func square(text string) (symbol, error) {
	c, err := qr.Encode(text, qr.M)
	if err != nil {
		return symbol{}, fmt.Errorf("QR of a paper: %w", err)
	}
	return symbol{c}, nil
}

// path draws the code in units of its squares, with the quiet zone of four.
func (c symbol) path() string {
	var b strings.Builder
	for y := range c.Size {
		for x := range c.Size {
			if c.Black(x, y) {
				fmt.Fprintf(&b, "M%d %dh1v1h-1z", x+4, y+4)
			}
		}
	}
	return b.String()
}
