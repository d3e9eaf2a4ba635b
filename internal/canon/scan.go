package canon

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"
)

// scanner reads JSON once before the standard decoder does, and refuses what
// that one lets pass: repeated keys, keys that differ in case, unknown keys
// without a place, lone surrogates, bytes that are not UTF-8, numbers that are
// not plain integers, and text after the end.
type scanner struct {
	b     []byte
	i     int
	depth int
	names map[reflect.Type]map[string]reflect.Type
}

// scan checks b; t is the type that it will be decoded into, or nil.
func scan(b []byte, t reflect.Type) error {
	if len(b) > MaxJSON {
		return fmt.Errorf("JSON of %d bytes is larger than %d", len(b), MaxJSON)
	}
	s := &scanner{b: b, names: map[reflect.Type]map[string]reflect.Type{}}
	if err := s.value(t); err != nil {
		return err
	}
	s.space()
	if s.i != len(b) {
		return s.fault("text follows the end")
	}
	return nil
}

func (s *scanner) fault(format string, args ...any) error {
	return at(s.b, s.i, fmt.Sprintf(format, args...))
}

func (s *scanner) space() {
	for s.i < len(s.b) && strings.IndexByte(" \t\r\n", s.b[s.i]) >= 0 {
		s.i++
	}
}

func (s *scanner) take(c byte) bool {
	if s.i < len(s.b) && s.b[s.i] == c {
		s.i++
		return true
	}
	return false
}

func (s *scanner) value(t reflect.Type) error {
	s.space()
	if s.i == len(s.b) {
		return s.fault("text ends where a value belongs")
	}
	switch c := s.b[s.i]; {
	case c == '{':
		return s.nested(t, s.object)
	case c == '[':
		return s.nested(t, s.array)
	case c == '"':
		start := s.i
		text, err := s.text()
		if err != nil {
			return err
		}
		return s.readable(t, text, start)
	case c == '-' || c >= '0' && c <= '9':
		return s.number()
	}
	for _, word := range []string{"true", "false", "null"} {
		if strings.HasPrefix(string(s.b[s.i:min(len(s.b), s.i+5)]), word) {
			s.i += len(word)
			return nil
		}
	}
	return s.fault("no value begins with %q", s.b[s.i])
}

// readable lets a type that reads its own text see it here, where the place of
// a fault is known.
func (s *scanner) readable(t reflect.Type, text string, start int) error {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil || reflect.PointerTo(t).Implements(jsonReader) {
		return nil
	}
	reader, ok := reflect.New(t).Interface().(encoding.TextUnmarshaler)
	if !ok {
		return nil
	}
	if err := reader.UnmarshalText([]byte(text)); err != nil {
		return at(s.b, start, err.Error())
	}
	return nil
}

func (s *scanner) nested(t reflect.Type, read func(reflect.Type) error) error {
	if s.depth++; s.depth > MaxDepth {
		return s.fault("nested deeper than %d", MaxDepth)
	}
	s.i++
	err := read(plain(t))
	s.depth--
	return err
}

func (s *scanner) array(t reflect.Type) error {
	var of reflect.Type
	if t != nil && (t.Kind() == reflect.Slice || t.Kind() == reflect.Array) {
		of = t.Elem()
	}
	if s.space(); s.take(']') {
		return nil
	}
	for {
		if err := s.value(of); err != nil {
			return err
		}
		s.space()
		if s.take(']') {
			return nil
		}
		if !s.take(',') {
			return s.fault("a comma or ] is missing")
		}
	}
}

func (s *scanner) object(t reflect.Type) error {
	var known map[string]reflect.Type
	var of reflect.Type
	if t != nil && t.Kind() == reflect.Struct {
		known = s.fields(t)
	} else if t != nil && t.Kind() == reflect.Map {
		of = t.Elem()
	}
	if s.space(); s.take('}') {
		return nil
	}
	seen := map[string]bool{}
	for {
		s.space()
		start := s.i
		name, err := s.text()
		if err != nil {
			return err
		}
		field := of
		if known != nil {
			var ok bool
			if field, ok = known[name]; !ok {
				return at(s.b, start, fmt.Sprintf("key %q is not known here", clip(name)))
			}
		}
		if seen[name] {
			return at(s.b, start, fmt.Sprintf("key %q is repeated", clip(name)))
		}
		seen[name] = true
		if s.space(); !s.take(':') {
			return s.fault("a colon is missing")
		}
		if err := s.value(field); err != nil {
			return err
		}
		s.space()
		if s.take('}') {
			return nil
		}
		if !s.take(',') {
			return s.fault("a comma or } is missing")
		}
	}
}

// text reads a string and returns what it spells.
func (s *scanner) text() (string, error) {
	if s.i == len(s.b) || s.b[s.i] != '"' {
		return "", s.fault("a quotation mark is missing")
	}
	start := s.i
	escaped := false
	for s.i++; s.i < len(s.b); {
		switch c := s.b[s.i]; {
		case c == '"':
			s.i++
			if !escaped {
				return string(s.b[start+1 : s.i-1]), nil
			}
			var name string
			if err := json.Unmarshal(s.b[start:s.i], &name); err != nil {
				return "", at(s.b, start, err.Error())
			}
			return name, nil
		case c < 0x20:
			return "", s.fault("control character 0x%02x in a string", c)
		case c == '\\':
			escaped = true
			if err := s.escape(); err != nil {
				return "", err
			}
		case c < utf8.RuneSelf:
			s.i++
		default:
			r, n := utf8.DecodeRune(s.b[s.i:])
			if r == utf8.RuneError && n == 1 {
				return "", s.fault("text is not UTF-8")
			}
			s.i += n
		}
	}
	return "", at(s.b, start, "a string does not end")
}

// escape reads one escape sequence, two for a pair of surrogates.
func (s *scanner) escape() error {
	if s.i+1 < len(s.b) && strings.IndexByte(`"\/bfnrt`, s.b[s.i+1]) >= 0 {
		s.i += 2
		return nil
	}
	first, ok := s.unit(s.i)
	if !ok {
		return s.fault("not an escape sequence")
	}
	if first < 0xd800 || first > 0xdfff {
		s.i += 6
		return nil
	}
	second, ok := s.unit(s.i + 6)
	if first > 0xdbff || !ok || second < 0xdc00 || second > 0xdfff {
		return s.fault("half of a surrogate pair")
	}
	s.i += 12
	return nil
}

// unit reads \uXXXX at i.
func (s *scanner) unit(i int) (rune, bool) {
	if i+6 > len(s.b) || s.b[i] != '\\' || s.b[i+1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range s.b[i+2 : i+6] {
		d := strings.IndexByte("0123456789abcdef", c|0x20)
		if d < 0 || c < '0' {
			return 0, false
		}
		r = r<<4 | rune(d)
	}
	return r, true
}

func (s *scanner) number() error {
	start := s.i
	s.take('-')
	digits := s.i
	for s.i < len(s.b) && s.b[s.i] >= '0' && s.b[s.i] <= '9' {
		s.i++
	}
	text := string(s.b[digits:s.i])
	if s.i < len(s.b) && strings.IndexByte(".eE", s.b[s.i]) >= 0 {
		return at(s.b, start, "number is not an integer; write a quantity with decimals as a string")
	}
	if _, err := ParseDecimal(text, MaxNumber); err != nil {
		return at(s.b, start, err.Error())
	}
	if digits > start && text == "0" {
		return at(s.b, start, "zero has no sign")
	}
	return nil
}

// fields returns the keys of a struct with their types.
func (s *scanner) fields(t reflect.Type) map[string]reflect.Type {
	if known, ok := s.names[t]; ok {
		return known
	}
	known := map[string]reflect.Type{}
	for _, f := range reflect.VisibleFields(t) {
		tag := f.Tag.Get("json")
		name, _, _ := strings.Cut(tag, ",")
		if !f.IsExported() || tag == "-" || f.Anonymous && name == "" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		known[name] = f.Type
	}
	s.names[t] = known
	return known
}

var (
	textReader = reflect.TypeFor[encoding.TextUnmarshaler]()
	jsonReader = reflect.TypeFor[json.Unmarshaler]()
)

// plain strips pointers; it returns nil for a type that reads itself or may be anything.
func plain(t reflect.Type) reflect.Type {
	for t != nil {
		p := reflect.PointerTo(t)
		if p.Implements(textReader) || p.Implements(jsonReader) {
			return nil
		}
		if t.Kind() != reflect.Pointer {
			return t
		}
		t = t.Elem()
	}
	return nil
}
