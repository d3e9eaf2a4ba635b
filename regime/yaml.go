package regime

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// ParseFormYAML reads a form as a person writes it: the same keys and values as
// the canonical JSON, in YAML 1.2 without anchors, aliases, tags and merge keys.
// Bytes of what it returns are the canonical JSON of the form. It must pass the
// linter. The error names every fault with its line: a *FormError if there are several.
func ParseFormYAML(b []byte) (*Form, error) {
	if len(b) > MaxForm {
		return nil, fmt.Errorf("%d bytes are more than the %d of a form", len(b), MaxForm)
	}
	var doc, more yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(b))
	if err := d.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, errors.New("line 1: the file is empty")
	} else if err != nil {
		return nil, errors.New(strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := d.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("line %d: the file has more than one document", max(more.Line, 1))
	}
	return FormOf(doc.Content[0])
}

// FormOf is ParseFormYAML for a node of a document that was read already.
func FormOf(node *yaml.Node) (*Form, error) {
	f := &Form{}
	if err := fill(reflect.ValueOf(f).Elem(), node, ""); err != nil {
		return nil, err
	}
	if err := f.lint(); err != nil {
		return nil, onLine(node.Line, err)
	}
	return f, nil
}

// LineError is a fault with its line, from 1, in a YAML file.
type LineError struct {
	Line int
	Err  error
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }
func (e *LineError) Unwrap() error { return e.Err }

// onLine adds a line to a fault that has none yet.
func onLine(line int, err error) error {
	if err == nil || line == 0 {
		return err
	}
	return eachFault(err, func(err error) error {
		if _, placed := err.(*LineError); placed {
			return err
		}
		return &LineError{line, err}
	})
}

// within says in which field a fault is; its line stays in front.
func within(where string, err error) error {
	return eachFault(err, func(err error) error {
		if placed, ok := err.(*LineError); ok {
			return &LineError{placed.Line, fmt.Errorf("%s: %w", where, placed.Err)}
		}
		return fmt.Errorf("%s: %w", where, err)
	})
}

// fill reads a node into a value of the few kinds that a form consists of. It
// descends by types, which end, so a hostile file cannot make it deep.
func fill(into reflect.Value, node *yaml.Node, key string) error {
	fault := func(format string, args ...any) error {
		return &LineError{node.Line, fmt.Errorf(format, args...)}
	}
	if node.Kind == yaml.AliasNode || node.Anchor != "" || node.Style&yaml.TaggedStyle != 0 {
		return fault("anchors, aliases and tags are not read: write the value out")
	}
	switch into.Kind() {
	case reflect.Struct:
		return fillObject(into, node, key, fault)
	case reflect.Map:
		if node.Kind != yaml.MappingNode {
			return fault("%s: texts by language belong here, e.g. en: …", key)
		}
		into.Set(reflect.MakeMap(into.Type()))
		for i := 0; i < len(node.Content); i += 2 {
			name, text := node.Content[i], reflect.New(into.Type().Elem()).Elem()
			if err := fill(text, node.Content[i+1], name.Value); err != nil {
				return err
			}
			lang := reflect.ValueOf(name.Value).Convert(into.Type().Key())
			if into.MapIndex(lang).IsValid() {
				return &LineError{name.Line, fmt.Errorf("%q stands twice", short(name.Value))}
			}
			into.SetMapIndex(lang, text)
		}
	case reflect.Slice:
		if node.Kind != yaml.SequenceNode {
			return fault("%s: a list belongs here, e.g. [a, b] or lines that begin with a hyphen", key)
		}
		if len(node.Content) > maxFields {
			return fault("%s: %d items are more than %d", key, len(node.Content), maxFields)
		}
		into.Set(reflect.MakeSlice(into.Type(), len(node.Content), len(node.Content)))
		var all faults
		for i, item := range node.Content {
			all.add(fill(into.Index(i), item, key))
		}
		return all.err()
	default:
		if node.Kind != yaml.ScalarNode || node.Tag == "!!null" {
			return fault("%s: one value belongs here; a text with a comma inside braces stands in quotation marks", short(key))
		}
		if into.Kind() == reflect.String {
			into.SetString(node.Value) // as written: 2.10 is a number of a field, not 2.1
			return nil
		}
		n, err := strconv.Atoi(node.Value)
		if err != nil || strconv.Itoa(n) != node.Value {
			return fault("%s: %q is not a whole number", key, short(node.Value))
		}
		into.SetInt(int64(n))
	}
	return nil
}

func fillObject(into reflect.Value, node *yaml.Node, key string, fault func(string, ...any) error) error {
	if node.Kind != yaml.MappingNode {
		return fault("%s: keys with values belong here", orTop(key))
	}
	names := map[string]int{}
	for i := range into.NumField() {
		field := into.Type().Field(i)
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); field.IsExported() {
			names[name] = i
		}
	}
	setLine(into, node.Line)
	var all faults
	seen := map[string]bool{}
	for i := 0; i < len(node.Content); i += 2 {
		name := node.Content[i]
		field, ok := names[name.Value]
		switch {
		case !ok:
			all.add(&LineError{name.Line, fmt.Errorf("key %q is not known here", short(name.Value))})
		case seen[name.Value]:
			all.add(&LineError{name.Line, fmt.Errorf("key %q stands twice", name.Value)})
		default:
			all.add(fill(into.Field(field), node.Content[i+1], name.Value))
		}
		seen[name.Value] = true
	}
	return all.err()
}

func setLine(into reflect.Value, line int) {
	switch x := into.Addr().Interface().(type) {
	case *Group:
		x.line = line
	case *Condition:
		x.line = line
	case *Rule:
		x.line = line
	case *Field:
		x.line = line
	case *Choice:
		x.line = line
	}
}

func orTop(key string) string {
	if key == "" {
		return "the form"
	}
	return key
}
