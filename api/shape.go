package api

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strings"
	"time"
)

// shapes writes Go types as JSON Schema 2020-12, as encoding/json writes their
// values. Structs with a name become components.
type shapes struct {
	components map[string]any
	names      map[reflect.Type]string
}

var (
	timeType    = reflect.TypeFor[time.Time]()
	rawType     = reflect.TypeFor[json.RawMessage]()
	textType    = reflect.TypeFor[encoding.TextMarshaler]()
	marshalType = reflect.TypeFor[json.Marshaler]()
	bytesType   = reflect.TypeFor[[]byte]()
)

type schema = map[string]any

// of is the schema of a type. What is told (in) is strict; of what is answered a
// later version may have more.
func (s *shapes) of(t reflect.Type, in bool) schema {
	switch {
	case t == timeType:
		return schema{"type": "string", "format": "date-time"}
	case t == rawType:
		return schema{}
	case t.Kind() == reflect.Pointer:
		return schema{"anyOf": []any{s.of(t.Elem(), in), schema{"type": "null"}}}
	case t.Implements(textType) || reflect.PointerTo(t).Implements(textType):
		return schema{"type": "string"}
	case t.Implements(marshalType) || reflect.PointerTo(t).Implements(marshalType):
		return schema{}
	case t == bytesType:
		return schema{"type": []string{"string", "null"}, "contentEncoding": "base64"}
	}
	switch t.Kind() {
	case reflect.Bool:
		return schema{"type": "boolean"}
	case reflect.String:
		return schema{"type": "string"}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return schema{"type": "integer"}
	case reflect.Float32, reflect.Float64:
		return schema{"type": "number"}
	case reflect.Slice, reflect.Array:
		return schema{"type": []string{"array", "null"}, "items": s.of(t.Elem(), in)}
	case reflect.Map:
		return schema{"type": []string{"object", "null"}, "additionalProperties": s.of(t.Elem(), in)}
	case reflect.Struct:
		if t.Name() == "" || in {
			return s.object(t, in)
		}
		return schema{"$ref": "#/components/schemas/" + s.component(t)}
	}
	return schema{}
}

// component gives a struct a name of its own.
func (s *shapes) component(t reflect.Type) string {
	if name, ok := s.names[t]; ok {
		return name
	}
	name := t.Name()
	if _, taken := s.components[name]; taken {
		name = strings.ReplaceAll(t.String(), ".", "-")
	}
	s.names[t] = name
	s.components[name] = schema{} // a type may hold itself
	s.components[name] = s.object(t, false)
	return name
}

func (s *shapes) object(t reflect.Type, in bool) schema {
	properties, required := schema{}, []string{}
	s.fields(t, in, properties, &required)
	out := schema{"type": "object", "properties": properties}
	if in {
		out["additionalProperties"] = false
	} else if len(required) > 0 {
		out["required"] = required
	}
	return out
}

func (s *shapes) fields(t reflect.Type, in bool, properties schema, required *[]string) {
	for f := range t.Fields() {
		tag, has := f.Tag.Lookup("json")
		name, options, _ := strings.Cut(tag, ",")
		if tag == "-" || !f.IsExported() && !f.Anonymous {
			continue
		}
		if inner := f.Type; f.Anonymous && (!has || name == "") {
			if inner.Kind() == reflect.Pointer {
				inner = inner.Elem()
			}
			s.fields(inner, in, properties, required)
			continue
		}
		if name == "" {
			name = f.Name
		}
		properties[name] = s.of(f.Type, in)
		if !strings.Contains(options, "omit") {
			*required = append(*required, name)
		}
	}
}
