package checkpoint

import (
	"fmt"
	"strings"

	"detente/key"
)

// Note is a strictly parsed, unverified note: at most 16 lines and 64 KiB.
// Lines of unknown keys are kept in Lines.
type Note struct {
	Head  Head
	Lines []key.Line // one or more, no key twice
}

// ParseNote reads a note. It accepts exactly what Bytes writes; nothing is
// verified yet.
func ParseNote(b []byte) (Note, error) {
	if len(b) > MaxNote {
		return Note{}, fmt.Errorf("note has %d bytes where %d is the most", len(b), MaxNote)
	}
	text, rest, ok := strings.Cut(string(b), "\n\n")
	if !ok {
		return Note{}, fmt.Errorf("note has no empty line before its signatures")
	}
	h, err := ParseHead(text + "\n")
	if err != nil {
		return Note{}, fmt.Errorf("note: %w", err)
	}
	n := Note{Head: h}
	for i, s := range strings.SplitAfter(rest, "\n") {
		if s == "" && i > 0 {
			break // what follows the last newline
		}
		if i == MaxLines {
			return Note{}, fmt.Errorf("note has more than %d signature lines", MaxLines)
		}
		l, err := key.ParseLine(s)
		if err != nil {
			return Note{}, fmt.Errorf("note: line %d: %w", i+5, err)
		}
		if _, again := n.line(l.Name, l.ID); again {
			return Note{}, fmt.Errorf("note: line %d: key %s %08x has signed before", i+5, l.Name, l.ID)
		}
		n.Lines = append(n.Lines, l)
	}
	return n, nil
}

// Bytes writes the note.
func (n Note) Bytes() []byte {
	var b strings.Builder
	b.WriteString(n.Head.Text())
	b.WriteByte('\n')
	for _, l := range n.Lines {
		b.WriteString(l.String())
	}
	return []byte(b.String())
}

// line finds the line of a key.
func (n Note) line(name string, id uint32) (key.Line, bool) {
	for _, l := range n.Lines {
		if l.Name == name && l.ID == id {
			return l, true
		}
	}
	return key.Line{}, false
}
