package pack

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"detente/regime"
)

// codes are the values of keys that have a fixed set.
var codes = map[string][]string{
	"Head.Format": {Format}, "Head.Nature": {string(LegallyBinding), string(PoliticallyBinding), string(Voluntary), string(Proposal)},
	"Slot.Type": {SlotDuration, SlotFigure, SlotDate, SlotParties, SlotLine, SlotOutline, SlotSwitch}, "Slot.Per": {"group", "pair"},
	"Strip.Side": {"left", "right"}, "Area.Dimension": dimensions, "Area.State": {AreaProposed, AreaDeliberation, AreaAgreed, AreaActive, AreaDormant},
	"Place.Stage": stages, "Place.Family": families, "Place.Sides": {"unilateral", "bilateral", "multilateral"}, "Place.Field": {"military", "non-military"},
	"Place.Phase": phases, "Place.Dimension": dimensions, "Place.Sphere": spheres,
	"Role.Who":    {RoleEach, RoleOthers, RoleAuthor, RoleAsked, RoleField, RoleShare, RoleSet, RoleOther, RoleEither, RoleAnybody},
	"Opening.Was": {WasDone, WasSilent, WasInsufficient, WasDeclined, WasFiled}, "Step.Sealed": {"parties"},
	"Clock.Kind":   {ClockBefore, ClockWithin, ClockYearly, ClockAfter, ClockAtStart, ClockWith, ClockImmediate, ClockLasts, ClockSilence},
	"Count.Period": {PerYear, Per3Years, PerAtOnce, PerEver, PerRolling}, "Count.Full": {"tell-all", "may-decline"},
	"When.Unit": regime.Units(), "Ceiling.Unit": regime.Units(), "Slot.Unit": regime.Units(), "Field.Unit": regime.Units(),
	"Form.Format": {regime.FormFormat},
	"Field.Type": {regime.TypeString, regime.TypeText, regime.TypeDate, regime.TypeInt, regime.TypeBool, regime.TypeChoice, regime.TypeChoices, regime.TypeList,
		regime.TypeState, regime.TypeStates, regime.TypePost, regime.TypeMap, regime.TypePlaces, regime.TypeArea, regime.TypeRows,
		regime.TypeMoment, regime.TypeYear, regime.TypeNumber, regime.TypePlace, regime.TypeLine, regime.TypeRef},
	"Field.Keys": {"state", "choice"}, "Rule.Kind": {regime.RuleNotBefore, regime.RuleNotAfter, regime.RuleSum, regime.RuleAmong},
}

// patterns are the spellings of keys that have one.
var patterns = map[string]string{
	"Clock.Least": spanOrSlot, "Clock.Most": spanOrSlot, "Clock.Window": spanOrSlot, "Clock.Soon": spanOrSlot, "Count.Length": spanOrSlot,
	"Lasts.MoreThan": spanOrSlot, "Lasts.AtLeast": spanOrSlot, "Every.Period": spanRule.String(),
	"When.AtLeast": numberOrSlot, "When.MoreThan": numberOrSlot, "When.AtMost": numberOrSlot, "When.LessThan": numberOrSlot, "Ceiling.AtMost": numberOrSlot,
	"Count.AtMost": `^(=.+|\$.+|[0-9]+)$`, "Count.AtLeast": `^(=.+|\$.+|[0-9]+)$`,
	"Yearly.Due": dateOrSlot, "Yearly.AsOf": dateOrSlot, "Gate.By": dateOrSlot, "Every.Since": dayPattern, "Period.From": dayPattern, "Period.Until": dayPattern,
	"Ceiling.From": dayPattern, "Set.Codes": codeRule.String(), "Coordinator.Code": codeRule.String(),
	"Measure.ID": idRule.String(), "Step.ID": `^[a-z0-9]+(-[a-z0-9]+)*$`,
}

const (
	dayPattern   = `^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$`
	dateOrSlot   = `^(\$.+|(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01]))$`
	numberOrSlot = `^(\$.+|[0-9]{1,12}(\.[0-9]{1,6})?)$`
)

var spanOrSlot = `^\$.+$|` + spanRule.String()

// schemer writes the schema of the types of one kind of file.
type schemer struct {
	comments map[string]string // by Type.Field
	tag      string
	defs     map[string]any
	used     map[string]bool // of codes and patterns
}

// comments reads the comments of the fields of structs of a folder.
func comments(t *testing.T, into map[string]string, folder string) {
	t.Helper()
	names, err := filepath.Glob(folder + "/*.go")
	if err != nil || len(names) == 0 {
		t.Fatalf("no source in %s: %v", folder, err)
	}
	for _, name := range names {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			if s, ok := spec.Type.(*ast.StructType); ok {
				for _, f := range s.Fields.List {
					text := strings.TrimSpace(f.Doc.Text() + f.Comment.Text())
					for _, id := range f.Names {
						into[spec.Name.Name+"."+id.Name] = strings.ReplaceAll(text, "\n", " ")
					}
				}
			}
			return true
		})
	}
}

func (s *schemer) of(typ reflect.Type, path string) map[string]any {
	switch {
	case typ == reflect.TypeFor[Text]() || typ == reflect.TypeFor[map[regime.Lang]string]():
		return map[string]any{"$ref": "#/$defs/Text"}
	case typ == reflect.TypeFor[Sure]():
		return map[string]any{"enum": []Sure{Seen, High, Medium, Low}}
	case typ == reflect.TypeFor[Strength]():
		return map[string]any{"enum": []Strength{Shall, Should, May}}
	case typ == reflect.TypeFor[Subject]():
		return map[string]any{"enum": []Subject{Incident, Visit}}
	}
	switch typ.Kind() {
	case reflect.Pointer:
		return s.of(typ.Elem(), path)
	case reflect.Struct:
		s.define(typ)
		return map[string]any{"$ref": "#/$defs/" + typ.Name()}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": s.of(typ.Elem(), path)}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": s.of(typ.Elem(), path)}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int:
		return map[string]any{"type": "integer"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	}
	s.used[path] = true
	if known := codes[path]; known != nil {
		return map[string]any{"enum": known}
	}
	// What is read as text may look like a number or a truth to an editor.
	scalar := map[string]any{"type": []string{"string", "number", "boolean"}}
	if p := patterns[path]; p != "" {
		scalar["pattern"] = p
	}
	return scalar
}

func (s *schemer) define(typ reflect.Type) {
	if s.defs[typ.Name()] != nil {
		return
	}
	s.defs[typ.Name()] = true // it may contain itself
	properties, required := map[string]any{}, []string{}
	for i := range typ.NumField() {
		field := typ.Field(i)
		name, options, _ := strings.Cut(field.Tag.Get(s.tag), ",")
		if name == "" || name == "-" || !field.IsExported() {
			continue
		}
		path := typ.Name() + "." + field.Name
		value := s.of(field.Type, path)
		if text := s.comments[path]; text != "" {
			value["description"] = text
		}
		properties[name] = value
		if options != "omitempty" {
			required = append(required, name)
		}
	}
	s.defs[typ.Name()] = map[string]any{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
}

// written is each schema as the types have it.
func written(t *testing.T) map[string][]byte {
	t.Helper()
	out, used := map[string][]byte{}, map[string]bool{}
	for kind, x := range map[string]struct {
		typ  reflect.Type
		tag  string
		name string
	}{
		"pack": {reflect.TypeFor[Head](), "yaml", "pack.yaml"}, "measures": {reflect.TypeFor[measuresFile](), "yaml", "a file of measures/"},
		"form": {reflect.TypeFor[regime.Form](), "json", "a file of forms/"},
	} {
		s := &schemer{comments: map[string]string{}, tag: x.tag, defs: map[string]any{}, used: used}
		comments(t, s.comments, ".")
		if kind == "form" {
			comments(t, s.comments, "../regime")
		}
		root := s.of(x.typ, "")
		s.defs["Text"] = map[string]any{"type": "object", "description": "One text by language; English is always there.", "required": []string{"en"},
			"additionalProperties": map[string]any{"type": []string{"string", "number"}}}
		root["$schema"], root["$id"], root["title"], root["$defs"] = "https://json-schema.org/draft/2020-12/schema", "urn:detente:pack:"+kind, x.name, s.defs
		b, err := json.MarshalIndent(root, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		out[kind] = append(b, '\n')
	}
	for _, path := range slices.Concat(slices.Collect(maps.Keys(codes)), slices.Collect(maps.Keys(patterns))) {
		if !used[path] {
			t.Errorf("%s is no key of a schema", path)
		}
	}
	return out
}

func TestSchemas(t *testing.T) {
	all := written(t)
	if len(all) != len(Schemas()) {
		t.Fatalf("%d schemas", len(all))
	}
	for _, kind := range Schemas() {
		if *update {
			if err := os.WriteFile("schema/"+kind+".schema.json", all[kind], 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if b, ok := Schema(kind); !ok || !bytes.Equal(b, all[kind]) {
			t.Errorf("the schema of %s is not that of the types: go test ./pack -run Schemas -update", kind)
		}
	}
}

// value is a YAML node as an editor sees it.
func value(n *yaml.Node) any {
	switch n.Kind {
	case yaml.MappingNode:
		of := map[string]any{}
		for i := 0; i < len(n.Content); i += 2 {
			of[n.Content[i].Value] = value(n.Content[i+1])
		}
		return of
	case yaml.SequenceNode:
		list := []any{}
		for _, c := range n.Content {
			list = append(list, value(c))
		}
		return list
	}
	switch n.Tag {
	case "!!int", "!!float":
		return json.Number(n.Value)
	case "!!bool":
		return n.Value == "true"
	}
	return n.Value
}

func compiled(t *testing.T, kind string) *jsonschema.Schema {
	t.Helper()
	b, _ := Schema(kind)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(kind, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(kind)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func accepts(t *testing.T, s *jsonschema.Schema, b []byte) error {
	t.Helper()
	var doc yaml.Node
	if err := yaml.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	return s.Validate(value(doc.Content[0]))
}

// The schema accepts every pack that ships, and refuses what the reader refuses by
// its look.
func TestSchemaAgrees(t *testing.T) {
	head, measures, form := compiled(t, "pack"), compiled(t, "measures"), compiled(t, "form")
	kinds := map[string]*jsonschema.Schema{"pack.yaml": head, "measures/*.yaml": measures, "forms/*.yaml": form}
	seen := 0
	for pattern, s := range kinds {
		for _, root := range []string{"testdata/small", "../packs/*"} {
			names, err := filepath.Glob(filepath.Join(root, pattern))
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range names {
				b, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				if err := accepts(t, s, b); err != nil {
					t.Errorf("%s: %v", name, err)
				}
				seen++
			}
		}
	}
	if seen < 20 {
		t.Errorf("only %d files were held against a schema", seen)
	}
	files := small(t)
	for _, c := range []struct {
		file, from, to string
		s              *jsonschema.Schema
	}{
		{"measures/one.yaml", "article: \"3\"", "artikel: \"3\"", measures},
		{"measures/one.yaml", "strength: shall", "strength: must", measures},
		{"measures/one.yaml", "least: $notice.lead", "least: 42 days", measures},
		{"measures/one.yaml", "    sure: high\n", "", measures},
		{"measures/one.yaml", "due: 12-15", "due: 15 December", measures},
		{"measures/one.yaml", "to: {who: others}", "to: others", measures},
		{"pack.yaml", "engine: 1", "engine: one", head},
		{"pack.yaml", "from: 2025-01-01", "from: 1 January 2025", head},
		{"pack.yaml", "title: {en: Agreement of two invented valleys, ru", "title: {ru", head},
		{"forms/notice.yaml", "type: date", "type: day", form},
	} {
		if err := accepts(t, c.s, files[c.file].Data); err != nil {
			t.Fatalf("%s: %v", c.file, err)
		}
		spoilt := bytes.Replace(files[c.file].Data, []byte(c.from), []byte(c.to), 1)
		if bytes.Equal(spoilt, files[c.file].Data) {
			t.Fatalf("%s has no %q", c.file, c.from)
		}
		if accepts(t, c.s, spoilt) == nil {
			t.Errorf("the schema accepts %q", c.to)
		}
	}
}
