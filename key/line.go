package key

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"detente/internal/canon"
)

// lineStart is an em dash and a space (signed-note v1.0.0).
const lineStart = "\u2014 "

// Line is one signature line of a note, strictly parsed: "— name base64(id||sig)".
type Line struct {
	Name string // key name: no Unicode space, no plus, at most 255 bytes
	ID   uint32 // key id, big-endian in the text
	Sig  []byte // what follows the 4-byte key id; at least one byte
}

// String writes the line with its final newline.
func (l Line) String() string {
	b := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(l.Sig)), l.ID)
	return lineStart + l.Name + " " + canon.Base64(append(b, l.Sig...)) + "\n"
}

// ParseLine reads one line (with its newline) and accepts only what String
// writes. The algorithm and the key may be unknown here.
func ParseLine(s string) (Line, error) {
	if len(s) > maxLine {
		return Line{}, fmt.Errorf("signature line has %d bytes where %d is the most", len(s), maxLine)
	}
	body, ok := strings.CutSuffix(s, "\n")
	if !ok {
		return Line{}, errors.New("signature line has no newline")
	}
	body, ok = strings.CutPrefix(body, lineStart)
	if !ok {
		return Line{}, errors.New("signature line does not begin with an em dash and a space")
	}
	name, text, ok := strings.Cut(body, " ")
	if !ok {
		return Line{}, errors.New("signature line has no space after the key name")
	}
	if err := checkKeyName(name); err != nil {
		return Line{}, fmt.Errorf("signature line: %w", err)
	}
	b, err := canon.ParseBase64(text)
	if err != nil {
		return Line{}, fmt.Errorf("signature line of %s: %w", name, err)
	}
	if len(b) < 5 {
		return Line{}, fmt.Errorf("signature line of %s has %d bytes where 5 is the least", name, len(b))
	}
	return Line{Name: name, ID: binary.BigEndian.Uint32(b), Sig: b[4:]}, nil
}

// checkKeyName applies signed-note v1.0.0 and the length of tlog-cosignature;
// control characters are refused beyond that, so that a name can be shown.
func checkKeyName(s string) error {
	if len(s) == 0 || len(s) > maxKeyName {
		return fmt.Errorf("key name has %d bytes where 1 to %d belong", len(s), maxKeyName)
	}
	if !utf8.ValidString(s) {
		return errors.New("key name is not UTF-8")
	}
	for _, r := range s {
		if r == '+' || unicode.IsSpace(r) || unicode.IsControl(r) {
			return fmt.Errorf("key name has %q", r)
		}
	}
	return nil
}

// checkOwnName is for the names of our own keys, which are ASCII.
func checkOwnName(s string) error {
	if err := checkKeyName(s); err != nil {
		return err
	}
	for i := range len(s) {
		if s[i] < '!' || s[i] > '~' {
			return fmt.Errorf("key name has %q at position %d; it is not ASCII", s[i], i+1)
		}
	}
	return nil
}
