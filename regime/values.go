package regime

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"detente/internal/canon"
)

// Answer is an explicit answer in place of a value, written {"answer": "nil"}.
type Answer string

// The answers beside a value. A field that is left out says nothing. Disputed stands
// where the form offers it by name, and nowhere else.
const (
	Nil           Answer = "nil"            // there is nothing to report
	NotKnownNow   Answer = "not-known-now"  // will follow by an update
	NotApplicable Answer = "not-applicable" // the question does not arise
	Disputed      Answer = "disputed"       // what another says of it is disputed, and no value is given
)

// Answers are all explicit answers, in the order in which they are offered.
func Answers() []Answer { return []Answer{Nil, NotKnownNow, NotApplicable, Disputed} }

func (a Answer) known() bool { return slices.Contains(Answers(), a) }

// Values is a filled form: a value or an Answer by field id. It is never
// altered; With returns another. What the values mean, a Form says.
type Values struct {
	of map[string]any // string, int64, bool, Answer, []any, map[string]any
}

// ParseValues reads a filled form from canonical JSON of at most MaxValues
// bytes, as it is sealed or lodged.
func ParseValues(b []byte) (*Values, error) { return parse(b, canon.ParseJSON) }

// ReadValues reads a filled form from JSON as a person wrote it: any spacing
// and order of keys.
func ReadValues(b []byte) (*Values, error) { return parse(b, canon.ReadJSON) }

func parse(b []byte, read func([]byte, any) error) (*Values, error) {
	if len(b) > MaxValues {
		return nil, fmt.Errorf("filled form: %d bytes are more than %d", len(b), MaxValues)
	}
	var raw map[string]any
	if err := read(b, &raw); err != nil {
		return nil, fmt.Errorf("filled form: %w", err)
	}
	if raw == nil {
		return nil, errors.New("filled form: null where an object belongs")
	}
	v := &Values{of: map[string]any{}}
	for _, id := range slices.Sorted(maps.Keys(raw)) {
		value, err := node(raw[id], maxNesting)
		if err != nil {
			return nil, fmt.Errorf("filled form: field %q: %w", short(id), err)
		}
		v.of[id] = value
	}
	return v, nil
}

// node turns what the JSON decoder made into the few types of a value.
func node(raw any, depth int) (any, error) {
	if depth == 0 {
		return nil, fmt.Errorf("nested deeper than %d", maxNesting)
	}
	switch raw := raw.(type) {
	case string, bool:
		return raw, nil
	case float64:
		return int64(raw), nil // canon passes only integers below 2^53
	case []any:
		list := make([]any, len(raw))
		for i := range raw {
			value, err := node(raw[i], depth-1)
			if err != nil {
				return nil, err
			}
			list[i] = value
		}
		return list, nil
	case map[string]any:
		if a, ok := raw["answer"].(string); ok && len(raw) == 1 {
			if !Answer(a).known() {
				return nil, fmt.Errorf("answer %q is none of %s", short(a), codes(Answers()))
			}
			return Answer(a), nil
		}
		object := make(map[string]any, len(raw))
		for k := range raw {
			value, err := node(raw[k], depth-1)
			if err != nil {
				return nil, err
			}
			object[k] = value
		}
		return object, nil
	}
	return nil, errors.New(`null is no value; leave the field out, or write {"answer": "nil"}`)
}

// Bytes writes the values as canonical JSON; ParseValues reads them back.
func (v *Values) Bytes() ([]byte, error) {
	b, err := canon.JSON(plain(v.fields()))
	if err != nil {
		return nil, fmt.Errorf("filled form: %w", err)
	}
	if len(b) > MaxValues {
		return nil, fmt.Errorf("filled form: %d bytes are more than %d", len(b), MaxValues)
	}
	return b, nil
}

// plain writes an Answer as the object that stands for it.
func plain(value any) any {
	switch value := value.(type) {
	case Answer:
		return map[string]any{"answer": string(value)}
	case []any:
		list := make([]any, len(value))
		for i := range value {
			list[i] = plain(value[i])
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(value))
		for k := range value {
			object[k] = plain(value[k])
		}
		return object
	}
	return value
}

func (v *Values) fields() map[string]any {
	if v == nil {
		return nil
	}
	return v.of
}

// IDs lists the fields that are answered, sorted.
func (v *Values) IDs() []string { return slices.Sorted(maps.Keys(v.fields())) }

// Answer returns the explicit answer to a field, if that is what it has.
func (v *Values) Answer(id string) (Answer, bool) {
	a, ok := v.fields()[id].(Answer)
	return a, ok
}

// String returns a line, a text, a choice, a state or a post.
func (v *Values) String(id string) (string, bool) {
	s, ok := v.fields()[id].(string)
	return s, ok
}

// Int returns a figure.
func (v *Values) Int(id string) (int, bool) { return figure(v.fields()[id]) }

// Date returns a day as its first moment, UTC.
func (v *Values) Date(id string) (time.Time, bool) { return day(v.fields()[id]) }

// With returns a copy in which field id has a value: a string, bool, int,
// int64, time.Time (its day, UTC) or Answer. Other kinds of value are read from JSON.
func (v *Values) With(id string, value any) (*Values, error) {
	switch x := value.(type) {
	case string, bool, int64:
	case int:
		value = int64(x)
	case time.Time:
		value = x.UTC().Format(dayLayout)
	case Answer:
		if !x.known() {
			return nil, fmt.Errorf("answer %q is not known", x)
		}
	default:
		return nil, fmt.Errorf("field %q: a value of type %T is read from JSON", id, value)
	}
	n := &Values{of: map[string]any{}}
	maps.Copy(n.of, v.fields())
	n.of[id] = value
	return n, nil
}

// dayLayout is the one spelling of a date.
const dayLayout = "2006-01-02"

func day(value any) (time.Time, bool) {
	s, _ := value.(string)
	t, err := time.Parse(dayLayout, s)
	if err != nil || t.Format(dayLayout) != s || t.Year() < 1970 {
		return time.Time{}, false
	}
	return t, true
}

func figure(value any) (int, bool) {
	n, ok := value.(int64)
	if !ok || n < 0 || n > maxCount {
		return 0, false
	}
	return int(n), true
}

// short clips foreign text for a sentence.
func short(s string) string {
	const most = 60
	s = strings.ToValidUTF8(s, "\ufffd")
	runes := []rune(s)
	if len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}
