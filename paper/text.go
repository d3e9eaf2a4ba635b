package paper

import (
	"errors"
	"fmt"
	"mime"
	"strings"
)

// columns is the width of a text: what RFC 2646 and its successors call safe for a
// mail that is answered with its lines quoted.
const columns = 72

// PlainText writes the paper as text of at most 72 columns, apart from single
// words that are longer. Lines end with a line feed.
func (l *Letter) PlainText() (string, error) {
	s, err := l.compose()
	if err != nil {
		return "", err
	}
	p := &plain{sheet: s}
	p.head()
	p.body()
	if l.Kind == NoteVerbale {
		p.gap()
		p.wrap(0, 0, s.words.Initials+": "+blank)
		p.gap()
		p.wrap(0, 0, s.words.Seal)
	}
	p.foot()
	return p.String(), nil
}

// Mail writes the paper as a message without addresses (RFC 5322) that a mail
// program opens as a draft. Lines end with CR LF, have at most 72 columns and are
// never flowed, so that they stand as they are.
func (l *Letter) Mail() (string, error) {
	s, err := l.compose()
	if err != nil {
		return "", err
	}
	p := &plain{sheet: s}
	p.head()
	p.body()
	p.foot()
	subject := s.words.Subject
	if l.Number != "" {
		subject += " " + s.words.Number + " " + oneLine(l.Number)
	}
	if len(s.stamps) > 0 {
		subject = strings.Join(s.stamps, " · ") + ": " + subject
	}
	head := "X-Unsent: 1\nSubject: " + strings.ReplaceAll(mime.BEncoding.Encode("utf-8", subject), "?= =?", "?=\n =?") +
		"\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
	text := head + strings.ReplaceAll(p.String(), "\nFrom ", "\n From ")
	for x := range strings.SplitSeq(text, "\n") {
		if len(x) > 998 {
			return "", errors.New("a word has more bytes than a line of a mail may have: print as HTML or PDF")
		}
	}
	return strings.ReplaceAll(text, "\n", "\r\n"), nil
}

// plain gathers lines of text.
type plain struct {
	strings.Builder
	sheet *sheet
}

func (p *plain) gap() { p.WriteString("\n") }

// wrap writes a text in lines: the first indented by first, the others by then.
func (p *plain) wrap(first, then int, text string) {
	line, width := strings.Repeat(" ", first), first
	empty := true
	for _, one := range pieces(text) {
		n, space := columnsOf(one.text), 0
		if one.space && !empty {
			space = 1
		}
		if !empty && width+space+n > columns {
			p.WriteString(line + "\n")
			line, width, space = strings.Repeat(" ", then), then, 0
		}
		line, width, empty = line+strings.Repeat(" ", space)+one.text, width+space+n, false
	}
	if !empty {
		p.WriteString(line + "\n")
	}
}

func (p *plain) head() {
	s := p.sheet
	p.stamp()
	p.wrap(0, 0, strings.ToUpper(s.author))
	if s.letter.Kind != Form {
		p.wrap(0, 0, s.words.Ministry)
	}
	p.gap()
	p.wrap(0, 0, s.title)
	p.gap()
	for _, h := range s.heads {
		p.wrap(0, 4, strings.Replace(h[0]+": ", s.words.Number+":", s.words.Number, 1)+h[1])
	}
	if s.opening != "" {
		p.gap()
		p.wrap(0, 0, s.opening)
	}
}

func (p *plain) stamp() {
	if len(p.sheet.stamps) > 0 {
		p.wrap(0, 0, "*** "+strings.Join(p.sheet.stamps, " · ")+" ***")
		p.gap()
	}
}

func (p *plain) body() {
	s := p.sheet
	for _, b := range s.blocks {
		p.gap()
		switch {
		case b.heading != "":
			p.wrap(0, 0, strings.ToUpper(b.heading))
			continue
		case b.number != "":
			p.wrap(0, 2+columnsOf(b.number), b.number+"  "+b.name)
		}
		row := 0
		for _, x := range b.lines {
			text, mark := x.text, s.mark(x)
			indent := 4
			if b.number == "" {
				indent = 0
			}
			if x.row > 0 {
				if x.row != row {
					p.wrap(indent, indent, fmt.Sprintf("(%d)", x.row))
				}
				row, indent, text = x.row, indent+4, x.label+": "+text
			}
			parts := strings.Split(text, "\n")
			for i, part := range parts {
				if i == len(parts)-1 && mark != "" {
					part += " " + mark
				}
				p.wrap(indent, indent, part)
			}
		}
		if b.table != nil {
			p.table(b.table)
		}
	}
	if s.closing != "" {
		p.gap()
		p.wrap(0, 0, s.closing)
	}
}

// table writes columns side by side where they fit, or else row by row.
func (p *plain) table(t *table) {
	const indent, space = 4, 2
	widths := make([]int, len(t.head))
	rows := [][]string{t.head}
	for _, row := range t.cells {
		texts := make([]string, len(row))
		for i, x := range row {
			texts[i] = strings.ReplaceAll(x.text, "\n", " ")
			if mark := p.sheet.mark(x); mark != "" {
				texts[i] += " " + mark
			}
		}
		rows = append(rows, texts)
	}
	total := indent - space
	for i := range widths {
		for _, row := range rows {
			widths[i] = max(widths[i], columnsOf(row[i]))
		}
		total += widths[i] + space
	}
	if total > columns {
		for _, row := range rows[1:] {
			p.wrap(indent, indent+4, t.head[0]+" "+row[0])
			for i := 1; i < len(row); i++ {
				p.wrap(indent+4, indent+8, t.head[i]+": "+row[i])
			}
		}
		return
	}
	for _, row := range rows {
		var b strings.Builder
		for i, cell := range row {
			b.WriteString(padded(cell, widths[i]+space))
		}
		p.WriteString(strings.Repeat(" ", indent) + strings.TrimRight(b.String(), " ") + "\n")
	}
}

func (p *plain) foot() {
	s := p.sheet
	p.gap()
	p.WriteString(strings.Repeat("-", columns) + "\n")
	for _, r := range s.remarks {
		p.wrap(0, 0, r)
	}
	for _, c := range s.check {
		p.wrap(0, 4, c)
	}
	if len(s.stamps) > 0 {
		p.gap()
		p.wrap(0, 0, "*** "+strings.Join(s.stamps, " · ")+" ***")
	}
}
