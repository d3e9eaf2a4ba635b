package regime

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"detente/position"
	"go.yaml.in/yaml/v3"
)

// ReadYAML reads a filled form as a person wrote it in YAML: id or number of a
// field → value. Scalars are taken as their field asks for, so that dates and
// decimals need no quotation marks; a place may be a position as it is typed. What
// does not fit is kept as it is, for Check to name.
func (f *Form) ReadYAML(b []byte) (*Values, error) {
	if len(b) > MaxValues {
		return nil, fmt.Errorf("filled form: %d bytes are more than %d", len(b), MaxValues)
	}
	var doc yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(b))
	if err := d.Decode(&doc); errors.Is(err, io.EOF) {
		return &Values{of: map[string]any{}}, nil
	} else if err != nil {
		return nil, fmt.Errorf("filled form: %s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	var more yaml.Node
	if err := d.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("filled form: line %d: more than one document", max(more.Line, 1))
	}
	top := doc.Content[0]
	if top.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("filled form: line %d: fields with values belong here, e.g. 1.5: 2027-03-01", top.Line)
	}
	raw, err := loose(top, maxNesting+1)
	if err != nil {
		return nil, fmt.Errorf("filled form: %w", err)
	}
	of, ok := raw.(map[string]any)
	if !ok {
		return nil, errors.New("filled form: an answer stands without its field")
	}
	v := &Values{of: map[string]any{}}
	for key, value := range of {
		field := f.named(key)
		if field == nil {
			v.of[key] = value
			continue
		}
		if _, twice := v.of[field.ID]; twice {
			return nil, fmt.Errorf("filled form: field %s stands by number and by id", field.Number)
		}
		if v.of[field.ID], err = field.typed(value); err != nil {
			return nil, fmt.Errorf("filled form: %w", err)
		}
	}
	return v, nil
}

// loose turns nodes into texts, lists and objects.
func loose(node *yaml.Node, depth int) (any, error) {
	at := func(what string) error { return fmt.Errorf("line %d: %s", node.Line, what) }
	if depth == 0 {
		return nil, at("nested too deep")
	}
	if node.Kind == yaml.AliasNode || node.Anchor != "" || node.Style&yaml.TaggedStyle != 0 {
		return nil, at("anchors, aliases and tags are not read: write the value out")
	}
	switch node.Kind {
	case yaml.MappingNode:
		of := map[string]any{}
		for i := 0; i < len(node.Content); i += 2 {
			key := node.Content[i]
			if _, twice := of[key.Value]; twice || key.Kind != yaml.ScalarNode {
				return nil, fmt.Errorf("line %d: key %q stands twice or is no text", key.Line, short(key.Value))
			}
			value, err := loose(node.Content[i+1], depth-1)
			if err != nil {
				return nil, err
			}
			of[key.Value] = value
		}
		if a, ok := of["answer"].(string); ok && len(of) == 1 {
			if !Answer(a).known() {
				return nil, at(fmt.Sprintf("answer %q is none of %s", short(a), codes(Answers())))
			}
			return Answer(a), nil
		}
		return of, nil
	case yaml.SequenceNode:
		list := []any{}
		for _, item := range node.Content {
			value, err := loose(item, depth-1)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		return list, nil
	}
	if node.Tag == "!!null" {
		return nil, at("there is no value: leave the field out, or write {answer: nil}")
	}
	return node.Value, nil
}

// ReadCSV reads a filled form from a table of two columns, field and value: the
// field by number or id. A list is one line for each item, or items parted by
// semicolons; a map is lines or items "key=figure"; a table is one line for each
// cell by the number of its column, a column that comes again beginning the next
// row; an area or a line is its name first, then its points in order. [nil],
// [not-known-now], [not-applicable] and [disputed] are the explicit answers. A first
// line "field,value" and lines without a field are passed over; a byte order mark and
// semicolons between the columns are read, as spreadsheets write them.
func (f *Form) ReadCSV(b []byte) (*Values, error) {
	if len(b) > MaxValues {
		return nil, fmt.Errorf("filled form: %d bytes are more than %d", len(b), MaxValues)
	}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b, []byte("\ufeff"))))
	r.FieldsPerRecord = -1
	if first, _, _ := bytes.Cut(b, []byte("\n")); !bytes.ContainsRune(first, ',') && bytes.ContainsRune(first, ';') {
		r.Comma = ';'
	}
	g := gathered{form: f, texts: map[string][]any{}, rows: map[string][]any{}}
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("filled form: %w", err)
		}
		line, _ := r.FieldPos(0)
		if len(record) > 1 && slices.ContainsFunc(record[2:], func(s string) bool { return strings.TrimSpace(s) != "" }) {
			return nil, fmt.Errorf("filled form: line %d: more than field and value; a text with a comma stands in quotation marks", line)
		}
		name := strings.TrimSpace(record[0])
		if name == "" || line == 1 && name == "field" {
			continue
		}
		if len(record) < 2 {
			return nil, fmt.Errorf("filled form: line %d: field %q has no value", line, short(name))
		}
		if err := g.take(name, strings.TrimSpace(record[1])); err != nil {
			return nil, fmt.Errorf("filled form: line %d: %w", line, err)
		}
	}
	return g.values()
}

// gathered are the lines of a CSV by field.
type gathered struct {
	form  *Form
	texts map[string][]any // by id
	rows  map[string][]any // of tables, by id
}

func (g *gathered) take(name, text string) error {
	if field := g.form.named(name); field != nil {
		g.texts[field.ID] = append(g.texts[field.ID], text)
		return nil
	}
	for i := range g.form.Fields {
		table := &g.form.Fields[i]
		for j := range table.Columns {
			column := &table.Columns[j]
			if name != column.Number && name != table.ID+"."+column.ID {
				continue
			}
			value, err := column.typed(cellOf(column, []any{text}))
			if err != nil {
				return err
			}
			rows := g.rows[table.ID]
			if len(rows) > 0 {
				last := rows[len(rows)-1].(map[string]any)
				if _, again := last[column.ID]; !again {
					last[column.ID] = value
					return nil
				}
			}
			g.rows[table.ID] = append(rows, map[string]any{column.ID: value})
			return nil
		}
	}
	return fmt.Errorf("the form has no field %q", short(name))
}

func (g *gathered) values() (*Values, error) {
	v := &Values{of: map[string]any{}}
	for id, rows := range g.rows {
		v.of[id] = rows
	}
	for id, texts := range g.texts {
		field, _ := g.form.Field(id)
		if _, table := g.rows[id]; table {
			return nil, fmt.Errorf("filled form: field %s has a value beside its rows", field.Number)
		}
		many := slices.Contains([]string{TypeList, TypeChoices, TypeStates, TypeMap, TypePlaces, TypeArea, TypeLine}, field.Type)
		if len(texts) > 1 && !many {
			return nil, fmt.Errorf("filled form: field %s stands %d times and takes one value", field.Number, len(texts))
		}
		value, err := field.typed(cellOf(field, texts))
		if err != nil {
			return nil, fmt.Errorf("filled form: %w", err)
		}
		v.of[id] = value
	}
	return v, nil
}

// Set returns a copy in which the field of a number or an id has a value as it is
// typed on one line: as in a CSV, or JSON where it begins with [ or {.
func (f *Form) Set(v *Values, name, text string) (*Values, error) {
	field := f.named(name)
	if field == nil {
		return nil, fmt.Errorf("form %s has no field %q", f.ID, short(name))
	}
	n := &Values{of: map[string]any{}}
	for id, value := range v.fields() {
		n.of[id] = value
	}
	if j := strings.TrimSpace(text); strings.HasPrefix(j, "{") || strings.HasPrefix(j, "[") && !answered(j) {
		one, err := ReadValues([]byte(`{"` + field.ID + `": ` + j + "}"))
		if err != nil {
			return nil, err
		}
		n.of[field.ID] = one.of[field.ID]
		return n, nil
	}
	value, err := field.typed(cellOf(field, []any{text}))
	if err != nil {
		return nil, err
	}
	n.of[field.ID] = value
	return n, nil
}

func answered(text string) bool {
	inner, closed := strings.CutSuffix(text, "]")
	return closed && len(inner) > 1 && inner[0] == '[' && Answer(inner[1:]).known()
}

// named is the field with an id or a number, or nil.
func (f *Form) named(name string) *Field {
	for i := range f.Fields {
		if f.Fields[i].ID == name || f.Fields[i].Number == name {
			return &f.Fields[i]
		}
	}
	return nil
}

// cellOf shapes lines of text as their field asks for.
func cellOf(f *Field, texts []any) any {
	if s := texts[0].(string); len(texts) == 1 && answered(s) {
		return Answer(s[1 : len(s)-1])
	}
	var items []any
	for _, text := range texts {
		for part := range strings.SplitSeq(text.(string), ";") {
			items = append(items, strings.TrimSpace(part))
		}
	}
	switch f.Type {
	case TypeList, TypeChoices, TypeStates, TypePlaces:
		return items
	case TypeMap:
		of := map[string]any{}
		for _, item := range items {
			key, figure, _ := strings.Cut(item.(string), "=")
			of[strings.TrimSpace(key)] = strings.TrimSpace(figure)
		}
		return of
	case TypeArea, TypeLine:
		return map[string]any{"name": items[0], "points": items[1:]}
	}
	return texts[0]
}

// typed turns texts into the values that a field asks for; what does not fit stays
// as it is. The error is about a position, which only its writer can mend.
func (f *Field) typed(value any) (any, error) {
	of, object := value.(map[string]any)
	switch f.Type {
	case TypePlace:
		return f.point(value)
	case TypePlaces, TypeRows:
		items, ok := value.([]any)
		if !ok {
			return value, nil
		}
		return each(items, func(item any) (any, error) {
			if f.Type == TypePlaces {
				return f.point(item)
			}
			return f.typedRow(item)
		})
	case TypeArea, TypeLine:
		points, ok := of["points"].([]any)
		if !ok {
			return value, nil
		}
		list, err := each(points, f.point)
		if err != nil {
			return nil, err
		}
		out := map[string]any{}
		for key, x := range of {
			out[key] = x
		}
		out["points"] = list
		return out, nil
	case TypeMap:
		if !object {
			return value, nil
		}
		out := map[string]any{}
		for key, x := range of {
			out[key] = whole(x)
		}
		return out, nil
	case TypeInt, TypeYear:
		return whole(value), nil
	case TypeBool:
		switch s, _ := value.(string); strings.ToLower(s) {
		case "true", "yes", "да":
			return true, nil
		case "false", "no", "нет":
			return false, nil
		}
	}
	return value, nil
}

func each(items []any, do func(any) (any, error)) (any, error) {
	list := make([]any, len(items))
	for i := range items {
		value, err := do(items[i])
		if err != nil {
			return nil, err
		}
		list[i] = value
	}
	return list, nil
}

func (f *Field) typedRow(item any) (any, error) {
	row, ok := item.(map[string]any)
	if !ok {
		return item, nil
	}
	out := map[string]any{}
	for key, value := range row {
		out[key] = value
		for i := range f.Columns {
			column := &f.Columns[i]
			if column.ID != key && column.Number != key {
				continue
			}
			typed, err := column.typed(value)
			if err != nil {
				return nil, err
			}
			delete(out, key)
			out[column.ID] = typed
		}
	}
	return out, nil
}

// whole is a text as the whole number that it writes, or the text.
func whole(value any) any {
	s, ok := value.(string)
	if !ok {
		return value
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || strconv.FormatInt(n, 10) != s || n > 1<<53-1 || n < -(1<<53-1) {
		return value
	}
	return n
}

// point reads a position as it is typed, after a name and a colon if it has one.
func (f *Field) point(value any) (any, error) {
	s, ok := value.(string)
	if !ok {
		return value, nil
	}
	out := map[string]any{}
	if name, rest, named := strings.Cut(s, ":"); named {
		out["name"], s = strings.TrimSpace(name), rest
	}
	_, lat, lon, err := position.Parse(s)
	if err != nil {
		return nil, fmt.Errorf("field %s: %w", f.Number, err)
	}
	out["lat"], out["lon"] = lat, lon
	return out, nil
}
