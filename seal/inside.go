package seal

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"detente/internal/canon"
	"detente/party"
)

// version is the first line of every inside of this version.
const version = "detente-sealed/v1\n"

// inside is the head of what is encrypted; the body and the padding follow it.
type inside struct {
	contentType string
	length      int // of the body in bytes
	salt        [saltSize]byte
	binding     Binding
}

// head writes the lines before the body, the empty line included.
func (in inside) head() []byte {
	return fmt.Appendf(nil, "%stype %s\nlength %d\nsalt %x\nauthor %s\ngroup %s\noutside %s\n\n", version,
		in.contentType, in.length, in.salt, in.binding.Author, in.binding.Group, in.binding.Outside)
}

// parseInside reads what was encrypted, padding included; body is part of
// plain. Errors name the line and wrap ErrFormat.
func parseInside(plain []byte) (in inside, body []byte, err error) {
	if !bytes.HasPrefix(plain, []byte(version)) {
		return in, nil, fmt.Errorf("%w: the inside does not begin with %s", ErrFormat, strings.TrimSpace(version))
	}
	head, rest, ok := bytes.Cut(plain, []byte("\n\n"))
	if !ok {
		return in, nil, fmt.Errorf("%w: no empty line ends the head of the inside", ErrFormat)
	}
	lines := strings.Split(string(head), "\n")
	names := [...]string{"type ", "length ", "salt ", "author ", "group ", "outside "}
	if len(lines) != 1+len(names) {
		return in, nil, fmt.Errorf("%w: the head of the inside has %d lines where %d belong", ErrFormat, len(lines), 1+len(names))
	}
	for i, name := range names {
		value, ok := strings.CutPrefix(lines[1+i], name)
		if !ok {
			return in, nil, fmt.Errorf("%w: line %d of the inside does not begin with %q", ErrFormat, i+2, name)
		}
		if err := in.read(i, value); err != nil {
			return in, nil, fmt.Errorf("%w: line %d of the inside: %w", ErrFormat, i+2, err)
		}
	}
	if err := in.binding.check(); err != nil {
		return in, nil, fmt.Errorf("%w: the inside: %w", ErrFormat, err)
	}
	if used := len(plain) - len(rest) + in.length; in.length > len(rest) || len(plain) != padded(used) {
		return in, nil, fmt.Errorf("%w: a body of %d bytes does not belong into an inside of %d", ErrFormat, in.length, len(plain))
	}
	if len(bytes.Trim(rest[in.length:], "\x00")) > 0 {
		return in, nil, fmt.Errorf("%w: the padding is not all zeros", ErrFormat)
	}
	return in, rest[:in.length:in.length], nil
}

// read reads the value of head line i, counted from 0 after the version.
func (in *inside) read(i int, value string) (err error) {
	switch i {
	case 0:
		in.contentType = value
		return checkMediaType(value)
	case 1:
		var n uint64
		n, err = canon.ParseDecimal(value, MaxContent)
		in.length = int(n)
	case 2:
		err = canon.ParseHex(value, in.salt[:])
	case 3:
		in.binding.Author, err = party.ParseOrigin(value)
	case 4:
		in.binding.Group, err = party.ParseGroup(value)
	case 5:
		in.binding.Outside, err = canon.ParseDigest(value)
	}
	return err
}

// checkMediaType: type and subtype in lower case, without parameters.
func checkMediaType(s string) error {
	if len(s) > maxMediaType {
		return fmt.Errorf("media type of %d bytes, more than %d", len(s), maxMediaType)
	}
	top, sub, ok := strings.Cut(s, "/")
	if !ok || !isMediaName(top) || !isMediaName(sub) {
		return errors.New("media type is not a type and subtype in lower case without parameters")
	}
	return nil
}

func isMediaName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && (i == 0 || strings.IndexByte(".+-", c) < 0) {
			return false
		}
	}
	return s != ""
}
