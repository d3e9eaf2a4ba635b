package canon

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
)

// JSON writes v as canonical JSON: struct fields in declared order, map keys
// sorted, two-space indentation, no HTML escaping, one final newline. Text that
// is not UTF-8 and numbers that are no integers of at most MaxNumber are
// refused: their spelling would depend on the writer. A quantity with decimals
// is a string.
//
// Types that write themselves (json.Marshaler, json.RawMessage) are outside the
// promise; formats of the house use only encoding.TextMarshaler.
func JSON(v any) ([]byte, error) {
	b, err := encode(v)
	if err != nil {
		return nil, err
	}
	if i := invalidText(b); i >= 0 {
		return nil, fmt.Errorf("write JSON: %w", at(b, i, "text is not UTF-8"))
	}
	if err := scan(b, nil); err != nil {
		return nil, fmt.Errorf("write JSON: %w", err)
	}
	return b, nil
}

func encode(v any) ([]byte, error) {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("write JSON: %w", err)
	}
	return buf.Bytes(), nil
}

// invalidText finds the escape that the encoder writes in place of bytes that
// are not UTF-8; a true U+FFFD it writes as itself.
func invalidText(b []byte) int {
	for i := 0; i < len(b); i++ {
		if b[i] != '\\' {
			continue
		}
		if bytes.HasPrefix(b[i:], []byte(`\ufffd`)) {
			return i
		}
		i++ // the escaped character
	}
	return -1
}

// ParseJSON reads canonical JSON into v, a pointer to a zero value. Unknown or
// repeated keys, other spacing, invalid UTF-8, or bytes after the end are
// refused, with line and column of the first fault: it decodes, re-encodes with
// JSON and compares. Columns count bytes from 1.
func ParseJSON(b []byte, v any) error {
	if err := ReadJSON(b, v); err != nil {
		return err
	}
	again, err := encode(v)
	if err != nil {
		return err
	}
	if i := difference(b, again); i >= 0 {
		return at(b, i, "not in canonical form")
	}
	return nil
}

// ReadJSON reads JSON that a person wrote into v, a pointer to a zero value: any
// spacing and key order, but unknown and repeated keys are refused with line and
// column. Keys are compared exactly, including case.
func ReadJSON(b []byte, v any) error {
	t := reflect.TypeOf(v)
	if t == nil || t.Kind() != reflect.Pointer {
		panic("canon: ReadJSON needs a pointer")
	}
	if err := scan(b, t); err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		var kind *json.UnmarshalTypeError
		if errors.As(err, &kind) {
			where := "here"
			if kind.Field != "" {
				where = fmt.Sprintf("in %q", kind.Field)
			}
			return at(b, max(0, int(kind.Offset)-1), kind.Value+" does not belong "+where)
		}
		return at(b, max(0, min(len(b), int(d.InputOffset()))-1), err.Error())
	}
	return nil
}

// difference returns the first offset at which a and b differ, or -1.
func difference(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	if len(a) != len(b) {
		return n
	}
	return -1
}

// at makes an error with the place of offset i in b.
func at(b []byte, i int, what string) error {
	i = min(i, len(b))
	line := 1 + bytes.Count(b[:i], []byte("\n"))
	column := i - bytes.LastIndexByte(b[:i], '\n')
	return fmt.Errorf("line %d, column %d: %s", line, column, what)
}
