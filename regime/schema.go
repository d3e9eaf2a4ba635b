package regime

import (
	"fmt"
	"strconv"
	"strings"

	"detente/internal/canon"
)

// object is a part of a JSON Schema.
type object = map[string]any

// Schema derives the JSON Schema 2020-12 of filled forms, for programs that do
// not have this one: types, spellings, bounds, what is asked for and when. Names
// and help are in lang. It says all that Check says but for the rules between
// fields and the geometry of areas and lines; nor can a schema tell 1 from 1.0 or
// count bytes. Patterns assert, so that "format" need not.
func (f *Form) Schema(lang Lang) ([]byte, error) {
	fields, required, conditions := f.schemaOf(f.Fields, lang)
	s := object{
		"$schema":              "https://json-schema.org/draft/2020-12/schema",
		"$id":                  "urn:detente:form:" + f.ID + ":" + f.Edition + ":" + string(lang),
		"title":                in(f.Title, lang),
		"description":          f.Source,
		"type":                 "object",
		"properties":           fields,
		"additionalProperties": false,
		"$defs": object{
			"answer": object{"type": "object", "properties": object{"answer": object{"enum": list(Answers()...)}},
				"required": list("answer"), "additionalProperties": false},
			"point": object{"type": "object", "properties": object{"lat": degrees(90), "lon": degrees(180)},
				"required": list("lat", "lon"), "additionalProperties": false},
		},
	}
	if len(required) > 0 {
		s["required"] = required
	}
	if len(conditions) > 0 {
		s["allOf"] = conditions
	}
	b, err := canon.JSON(s)
	if err != nil {
		return nil, fmt.Errorf("schema of form %s: %w", f.ID, err)
	}
	return b, nil
}

func list[S ~string](items ...S) []any {
	out := make([]any, len(items))
	for i := range items {
		out[i] = string(items[i])
	}
	return out
}

// schemaOf writes fields, or the columns of one, and what is required of them.
func (f *Form) schemaOf(fields []Field, lang Lang) (properties object, required, conditions []any) {
	properties = object{}
	for i := range fields {
		field := &fields[i]
		value := field.schema(f, lang)
		value["title"] = field.Number + " " + in(field.Name, lang)
		help := in(field.Help, lang)
		if field.Unit != "" {
			help = strings.TrimPrefix(help+" ["+field.Unit+"]", " ")
		}
		if help != "" {
			value["description"] = help
		}
		answer := object{"$ref": "#/$defs/answer"}
		asked := object{"anyOf": []any{value, object{"properties": object{"answer": object{"enum": list(field.accepted()...)}}, "$ref": "#/$defs/answer"}}}
		if len(field.accepted()) == 0 {
			asked = value
		}
		switch field.Required {
		case Always, Known:
			required = append(required, field.ID)
			properties[field.ID] = asked
			continue
		}
		free := object{"properties": object{"answer": object{"enum": list(field.free()...)}}, "$ref": "#/$defs/answer"}
		properties[field.ID] = object{"anyOf": []any{value, free}}
		cond, ok := f.condition(field.Required)
		if !ok {
			continue
		}
		looked, _ := f.Field(cond.Field)
		judged, holds := cond.schema(looked.Type)
		then := object{"required": list(field.ID)}
		if len(field.accepted()) < len(Answers()) { // of the answers, only these
			then["properties"] = object{field.ID: object{"not": object{"properties": object{"answer": object{"not": object{"enum": list(field.accepted()...)}}}, "$ref": "#/$defs/answer"}}}
			if len(field.accepted()) == 0 {
				then["properties"] = object{field.ID: object{"not": answer}}
			}
		}
		conditions = append(conditions, object{
			"if": object{"properties": object{cond.Field: judged}, "required": list(cond.Field)},
			"then": object{
				"if":   object{"properties": object{cond.Field: holds}},
				"then": then,
				"else": object{"properties": object{field.ID: free}},
			},
		})
	}
	return properties, required, conditions
}

// schema says when a condition on a field of type kind is judged, and when it holds.
func (cond *Condition) schema(kind string) (judged, holds object) {
	switch kind {
	case TypeBool:
		any := make([]any, len(cond.Any))
		for i := range cond.Any {
			any[i] = cond.Any[i] == "true"
		}
		return object{"type": "boolean"}, object{"enum": any}
	case TypeChoices, TypeStates:
		return object{"type": "array"}, object{"contains": object{"enum": list(cond.Any...)}}
	}
	return object{"type": "string"}, object{"enum": list(cond.Any...)}
}

// schema of a value.
func (field *Field) schema(f *Form, lang Lang) object {
	codes := make([]any, len(field.Choices))
	for i := range field.Choices {
		codes[i] = field.Choices[i].Code
	}
	items := func(of object, unique bool) object {
		o := object{"type": "array", "items": of, "minItems": 1, "maxItems": field.limit(maxItems)}
		if unique {
			o["uniqueItems"] = true
		}
		return o
	}
	switch field.Type {
	case TypeString:
		return line(field.limit(maxLine))
	case TypeText:
		return object{"type": "string", "maxLength": field.limit(maxText), "pattern": inked(`\n`)}
	case TypeBool:
		return object{"type": "boolean"}
	case TypeInt:
		return object{"type": "integer", "minimum": field.Min, "maximum": field.limit(maxCount)}
	case TypeYear:
		return object{"type": "integer", "minimum": minYear, "maximum": maxYear}
	case TypeChoice:
		return object{"enum": codes}
	case TypeChoices:
		return items(object{"enum": codes}, true)
	case TypeList:
		return items(line(maxLine), false)
	case TypeStates:
		return items(spelled(TypeState), true)
	case TypeNumber:
		return field.numberSchema()
	case TypeMap:
		o := object{"type": "object", "minProperties": 1, "maxProperties": maxItems,
			"additionalProperties": object{"type": "integer", "minimum": field.Min, "maximum": field.limit(maxCount)}}
		o["propertyNames"] = object{"enum": codes}
		if field.Keys == "state" {
			o["propertyNames"] = spelled(TypeState)
		}
		return o
	case TypePlace, TypePlaces:
		return field.placeSchema(items)
	case TypeArea, TypeLine:
		least := 2
		if field.Type == TypeArea {
			least = 4
		}
		return object{"type": "object", "required": list("name", "points"), "additionalProperties": false, "properties": object{
			"name":   line(maxLine),
			"points": object{"type": "array", "items": object{"$ref": "#/$defs/point"}, "minItems": least, "maxItems": maxPoints},
		}}
	case TypeRows:
		columns, required, _ := f.schemaOf(field.Columns, lang)
		row := object{"type": "object", "properties": columns, "additionalProperties": false}
		if len(required) > 0 {
			row["required"] = required
		}
		return items(row, false)
	}
	return spelled(field.Type)
}

func (field *Field) placeSchema(items func(object, bool) object) object {
	o := object{"type": "object", "properties": object{"name": line(maxLine), "lat": degrees(90), "lon": degrees(180)},
		"required": list("lat", "lon"), "additionalProperties": false}
	if field.Type == TypePlace {
		return o
	}
	o["required"] = list("name", "lat", "lon")
	return items(o, false)
}

// line is one line of text.
func line(most int) object {
	return object{"type": "string", "maxLength": most, "pattern": inked("")}
}

// inked is the pattern of a text of visible characters that is not blank; also
// are further ones, e.g. line feeds.
func inked(also string) string {
	const ink = `\p{L}\p{M}\p{N}\p{P}\p{S}` + "\u200c\u200d"
	return `^[\p{Zs}` + also + `]*[` + ink + `][` + ink + `\p{Zs}` + also + `]*$`
}

// The spellings of the types that have one.
const (
	leapDay = `(?:19(?:7[26]|8[048]|9[26])|[2-9][0-9](?:0[48]|[2468][048]|[13579][26])|(?:2[048]|3[26]|4[048]|5[26]|6[048]|7[26]|8[048]|9[26])00)-02-29`
	anyDay  = `(?:(?:19[789][0-9]|[2-9][0-9]{3})-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))|` + leapDay + `)`
	clock   = `T(?:[01][0-9]|2[0-3]):[0-5][0-9]`
	offset  = `(?:\+(?:0[0-9]|1[0-3]):[0-5][0-9]|\+14:00|-(?:0[1-9]|1[01]):[0-5][0-9]|-00:(?:0[1-9]|[1-5][0-9])|-12:00)`
	zone    = `\[[A-Za-z][A-Za-z0-9+_-]*(?:/[A-Za-z0-9+_-]+)*\]`
	named   = `[a-z](?:[a-z0-9-]{0,30}[a-z0-9])?` // of a party or a post
	thread  = `[A-Za-z0-9./-]{1,64}`
	origin  = `[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?/[0-9a-f]{8}(?:/v(?:[2-9]|[1-9][0-9]{1,3}))?`
	leaf    = `[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=`
)

// spelled is the schema of a type with one spelling.
func spelled(kind string) object {
	pattern, most := named, 32
	switch kind {
	case TypeDate:
		pattern, most = anyDay, 10
	case TypeMoment:
		pattern, most = anyDay+clock+offset+zone, 22+2+maxRef
	case TypeRef:
		pattern, most = "(?:"+thread+"|"+origin+" (?:"+upTo(maxIndex)+") "+leaf+")", 182
	}
	return object{"type": "string", "maxLength": most, "pattern": "^" + pattern + "$"}
}

// degrees are decimal degrees of at most limit.
func degrees(limit int) object {
	return object{"type": "string", "pattern": "^-?(?:" + decimals(limit) + ")$"}
}

func (f *Field) numberSchema() object {
	least, most := f.span()
	pattern := decimals(most)
	var refused []any
	if least < 0 {
		pattern += "|-(?:" + decimals(-least) + ")"
		refused = append(refused, object{"pattern": `^-0(?:\.0+)?$`})
	}
	if least > 0 {
		refused = append(refused, object{"pattern": "^(?:" + upTo(least-1) + ")" + fraction + "$"})
	}
	o := object{"type": "string", "pattern": "^(?:" + pattern + ")$"}
	if refused != nil {
		o["not"] = object{"anyOf": refused}
	}
	return o
}

// fraction is what may follow the whole part of a decimal.
const fraction = `(?:\.[0-9]{1,6})?`

// decimals is the pattern of decimals from 0 to n.
func decimals(n int) string {
	last := strconv.Itoa(n) + `(?:\.0{1,6})?`
	if n == 0 {
		return last
	}
	return "(?:" + upTo(n-1) + ")" + fraction + "|" + last
}

// upTo is the pattern of whole numbers from 0 to n, without leading zeros.
func upTo(n int) string {
	digits := strconv.Itoa(n)
	ways := []string{"0"}
	if len(digits) > 1 {
		ways = append(ways, fmt.Sprintf("[1-9][0-9]{0,%d}", len(digits)-2))
	}
	for i, d := range digits {
		first, last := '0', d-1
		if i == 0 {
			first = '1'
		}
		if first <= last {
			ways = append(ways, fmt.Sprintf("%s[%c-%c][0-9]{%d}", digits[:i], first, last, len(digits)-1-i))
		}
	}
	if n > 0 {
		ways = append(ways, digits)
	}
	return strings.Join(ways, "|")
}
