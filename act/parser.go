package act

import (
	"bytes"
	"fmt"
	"strings"
)

// Parse reads one act strictly; the result passed Check and keeps nothing of b.
// An error wraps ErrVersion if the first line is not that of version 1 or 2: such an
// entry is set aside and is never an accusation. Every other error is a
// *FormatError and says that the entry is invalid under the version it names.
func Parse(b []byte) (*Act, error) {
	second := bytes.HasPrefix(b, []byte(version2))
	if !second && !bytes.HasPrefix(b, []byte(version)) {
		first, _, _ := bytes.Cut(b[:min(len(b), MaxSize)], []byte("\n"))
		return nil, fmt.Errorf("act: %w: first line is %q", ErrVersion, clip(string(first)))
	}
	if len(b) > MaxSize {
		return nil, &FormatError{Text: fmt.Sprintf("is %d bytes long, more than %d", len(b), MaxSize)}
	}
	// Both version lines have one length, and their newline counts: an act may have no fields at all
	// as far as this search is concerned.
	end := bytes.Index(b[len(version)-1:], []byte("\n\n"))
	if end < 0 {
		return nil, &FormatError{Line: bytes.Count(b, []byte("\n")) + 1, Text: "no blank line ends the fields"}
	}
	end += len(version)
	a := new(Act)
	lines, err := a.readFields(string(b[len(version):end]), second)
	if err != nil {
		return nil, err
	}
	if payload := b[end+1:]; len(payload) > 0 {
		a.Payload = bytes.Clone(payload)
	}
	var present set
	for f, n := range lines {
		if n > 0 {
			present |= 1 << f
		}
	}
	if f := a.checkRules(present, false); f != nil {
		return nil, f.at(int(lines[f.field]))
	}
	return a, nil
}

// readFields fills a from lines in the order of the table and tells on which
// line each field stands (0: absent).
func (a *Act) readFields(text string, second bool) (lines [fieldCount]uint8, err error) {
	next := field(0)
	for n := 2; text != ""; n++ {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		name, value, ok := strings.Cut(line, " ")
		for next < fieldCount && rows[next].name != name {
			next++
		}
		if next == fieldCount {
			return lines, &FormatError{Line: n, Field: clip(name), Text: misplaced(name)}
		}
		lines[next] = uint8(n)
		if !ok {
			return lines, &FormatError{Line: n, Field: name, Text: "has no value"}
		}
		if err := rows[next].read(a, value); err != nil {
			return lines, &FormatError{Line: n, Field: name, Text: err.Error()}
		}
		if next == fKind && a.IsDiscreet() != second {
			return lines, &FormatError{Line: n, Field: name, Text: fmt.Sprintf("%q is not a kind of this version", a.Kind)}
		}
		next++
	}
	return lines, nil
}

// misplaced says what is wrong with a name that cannot stand on its line.
func misplaced(name string) string {
	for f := range rows {
		if rows[f].name == name {
			return "stands twice or after a field that it must precede"
		}
	}
	return "is not a field of this version"
}
