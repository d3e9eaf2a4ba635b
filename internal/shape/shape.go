// Package shape reads a YAML file that a person wrote into Go types: strictly,
// within bounds, and with every fault named by its line. It knows no meaning of
// any key.
//
// What is read is YAML 1.2 without anchors, aliases, tags, merge keys or further
// documents; each key stands once and is one that the type has (struct tag
// "yaml"), and those without "omitempty" are there. A struct that embeds Pos learns its line.
//
// Invariant: without a fault every value of the file is in the result, and
// nothing else.
package shape

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Pos is where in a file something stands.
type Pos struct {
	File string `yaml:"-"`
	Line int    `yaml:"-"`

	keys *map[string]int // lines of the keys of what stands there
}

// Key is where a key of what stands at p is; without such a key it is p.
func (p Pos) Key(name string) Pos {
	if p.keys != nil {
		if line, ok := (*p.keys)[name]; ok {
			return Pos{File: p.File, Line: line}
		}
	}
	return p
}

// Fault is one thing to be changed in a file.
type Fault struct {
	Pos
	Text string // what is wrong and what belongs there
}

func (f Fault) String() string {
	if f.Line == 0 {
		return f.File + ": " + f.Text
	}
	return fmt.Sprintf("%s, line %d: %s", f.File, f.Line, f.Text)
}

// maxItems bounds each list, and the keys of each map; it is far above any real text.
const maxItems = 4096

// maxFaults bounds what is named of one file.
const maxFaults = 100

// Read fills into, a pointer to a struct, from a file of at most most bytes.
func Read(file string, b []byte, most int, into any) []Fault {
	r := &reader{file: file}
	if len(b) > most {
		r.add(0, "it has %d bytes; %d are the most", len(b), most)
		return r.faults
	}
	if bytes.Contains(b, []byte("\t")) {
		r.add(1+bytes.Count(b[:bytes.IndexByte(b, '\t')], []byte("\n")), "a tabulator stands here; use spaces")
		return r.faults
	}
	var doc, more yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(b))
	switch err := d.Decode(&doc); {
	case errors.Is(err, io.EOF):
		r.add(1, "the file is empty")
		return r.faults
	case err != nil:
		r.syntax(err)
		return r.faults
	}
	if err := d.Decode(&more); !errors.Is(err, io.EOF) {
		r.add(max(more.Line, 1), "the file has more than one document; take the line of hyphens out")
		return r.faults
	}
	r.fill(reflect.ValueOf(into).Elem(), doc.Content[0], "")
	return r.faults
}

// visible is what a text can show: letters, marks, numbers, signs, spaces, the end
// of a line, and the two joiners that Persian and the scripts of India write with.
// The rest could steer a terminal or turn the order of what is read.
func visible(c rune) bool {
	const nonJoiner, joiner = '\u200c', '\u200d'
	return c == '\n' || c == nonJoiner || c == joiner || c != unicode.ReplacementChar && unicode.IsGraphic(c)
}

// Plain is a value of the types that Read fills, as maps and lists by the keys of
// the file: what a program reads that has no YAML. Keys that were left out are
// left out.
func Plain(v any) any { return plain(reflect.ValueOf(v)) }

func plain(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer:
		return plain(v.Elem())
	case reflect.Struct:
		object := map[string]any{}
		for i := range v.NumField() {
			name, options, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
			if name != "" && name != "-" && (options != "omitempty" || !v.Field(i).IsZero()) {
				object[name] = plain(v.Field(i))
			}
		}
		return object
	case reflect.Slice:
		list := make([]any, v.Len())
		for i := range list {
			list[i] = plain(v.Index(i))
		}
		return list
	case reflect.Map:
		object := map[string]any{}
		for _, k := range v.MapKeys() {
			object[k.String()] = plain(v.MapIndex(k))
		}
		return object
	}
	return v.Interface()
}

type reader struct {
	file   string
	faults []Fault
}

func (r *reader) add(line int, format string, args ...any) {
	if len(r.faults) < maxFaults {
		r.faults = append(r.faults, Fault{Pos{File: r.file, Line: line}, fmt.Sprintf(format, args...)})
	}
}

var placed = regexp.MustCompile(`^yaml: line (\d+): `)

func (r *reader) syntax(err error) {
	text, line := err.Error(), 0
	if m := placed.FindStringSubmatch(text); m != nil {
		line, _ = strconv.Atoi(m[1])
		text = text[len(m[0]):]
	}
	r.add(line, "this is not YAML (%s); mind the indentation, and quotation marks around texts with a colon", strings.TrimPrefix(text, "yaml: "))
}

// fill descends by types, which end or stop at depth by their recursion in the
// file; the parser itself bounds that.
func (r *reader) fill(into reflect.Value, node *yaml.Node, key string) {
	if node.Kind == yaml.AliasNode || node.Anchor != "" || node.Style&yaml.TaggedStyle != 0 {
		r.add(node.Line, "anchors, aliases and tags are not read; write the value out")
		return
	}
	switch into.Kind() {
	case reflect.Pointer:
		into.Set(reflect.New(into.Type().Elem()))
		r.fill(into.Elem(), node, key)
	case reflect.Struct:
		r.object(into, node, key)
	case reflect.Map:
		r.table(into, node, key)
	case reflect.Slice:
		r.list(into, node, key)
	default:
		r.scalar(into, node, key)
	}
}

func (r *reader) object(into reflect.Value, node *yaml.Node, key string) {
	if node.Kind != yaml.MappingNode {
		r.add(node.Line, "%s: keys with values belong here", or(key, "the file"))
		return
	}
	names, lines := map[string]int{}, map[string]int{}
	var known, needed []string
	for i := range into.NumField() {
		field := into.Type().Field(i)
		name, options, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		if field.Type == reflect.TypeFor[Pos]() {
			into.Field(i).Set(reflect.ValueOf(Pos{r.file, node.Line, &lines}))
		} else if field.IsExported() && name != "" && name != "-" {
			names[name] = i
			known = append(known, name)
			if options != "omitempty" {
				needed = append(needed, name)
			}
		}
	}
	seen := map[string]bool{}
	for i := 0; i < len(node.Content); i += 2 {
		name, value := node.Content[i], node.Content[i+1]
		field, ok := names[name.Value]
		switch {
		case !ok:
			r.add(name.Line, "key %q is not known in %s; %s", clip(name.Value), or(key, "the file"), near(name.Value, known))
		case seen[name.Value]:
			r.add(name.Line, "key %q stands twice", name.Value)
		default:
			lines[name.Value] = name.Line
			r.fill(into.Field(field), value, name.Value)
		}
		seen[name.Value] = true
	}
	for _, name := range needed {
		if !seen[name] {
			r.add(node.Line, "%s lacks the key %q", or(key, "the file"), name)
		}
	}
}

func (r *reader) table(into reflect.Value, node *yaml.Node, key string) {
	if node.Kind != yaml.MappingNode || len(node.Content) > 2*maxItems {
		r.add(node.Line, "%s: names with values belong here, e.g. en: …", key)
		return
	}
	into.Set(reflect.MakeMap(into.Type()))
	for i := 0; i < len(node.Content); i += 2 {
		name := node.Content[i]
		k := reflect.ValueOf(name.Value).Convert(into.Type().Key())
		if into.MapIndex(k).IsValid() {
			r.add(name.Line, "key %q stands twice", clip(name.Value))
			continue
		}
		v := reflect.New(into.Type().Elem()).Elem()
		r.fill(v, node.Content[i+1], key+" "+name.Value)
		into.SetMapIndex(k, v)
	}
}

func (r *reader) list(into reflect.Value, node *yaml.Node, key string) {
	if node.Kind != yaml.SequenceNode {
		r.add(node.Line, "%s: a list belongs here, e.g. [a, b], or lines that begin with a hyphen", key)
		return
	}
	if len(node.Content) > maxItems {
		r.add(node.Line, "%s: %d items; %d are the most", key, len(node.Content), maxItems)
		return
	}
	into.Set(reflect.MakeSlice(into.Type(), len(node.Content), len(node.Content)))
	for i, item := range node.Content {
		r.fill(into.Index(i), item, key)
	}
}

func (r *reader) scalar(into reflect.Value, node *yaml.Node, key string) {
	if node.Kind != yaml.ScalarNode || node.Tag == "!!null" {
		r.add(node.Line, "%s: one value belongs here; a text with a colon or comma stands in quotation marks", key)
		return
	}
	switch into.Kind() {
	case reflect.String: // as written: 2.10 stays 2.10
		if i := strings.IndexFunc(node.Value, func(c rune) bool { return !visible(c) }); i >= 0 {
			c, _ := utf8.DecodeRuneInString(node.Value[i:])
			r.add(node.Line, "%s: the character %U cannot be shown; take it out", key, c)
			return
		}
		into.SetString(node.Value)
	case reflect.Bool:
		if node.Value != "true" && node.Value != "false" {
			r.add(node.Line, "%s: true or false belongs here, not %q", key, clip(node.Value))
			return
		}
		into.SetBool(node.Value == "true")
	case reflect.Int:
		n, err := strconv.Atoi(node.Value)
		if err != nil || strconv.Itoa(n) != node.Value {
			r.add(node.Line, "%s: a whole number belongs here, not %q", key, clip(node.Value))
			return
		}
		into.SetInt(int64(n))
	case reflect.Float64:
		x, err := strconv.ParseFloat(node.Value, 64)
		if err != nil || strings.ContainsAny(node.Value, "eExXpPnNiI_") {
			r.add(node.Line, "%s: a decimal number belongs here, not %q", key, clip(node.Value))
			return
		}
		into.SetFloat(x)
	default:
		panic("shape: a type has a field of kind " + into.Kind().String())
	}
}

// near offers the keys that begin like one that is not known, else all.
func near(name string, known []string) string {
	slices.Sort(known)
	if like := slices.DeleteFunc(slices.Clone(known), func(k string) bool { return !alike(k, name) }); len(like) > 0 {
		return "is it " + strings.Join(like, " or ") + "?"
	}
	return "known are " + strings.Join(known, ", ")
}

func alike(a, b string) bool { return len(a) > 2 && len(b) > 2 && a[:3] == b[:3] }

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func clip(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}
