package provision

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"detente/regime"
)

// values reads the indented lines below a filing: YAML, a field of its form each.
// Figures of number fields, and latitudes and longitudes, may be written plainly.
func (c *Case) values(f *caseFiling, block []string) error {
	var form *regime.Form
	if _, s, ok := c.pack.Step(f.Code, ""); ok && s.Form != "" {
		form = c.pack.Forms[s.Form]
	}
	if len(block) == 0 {
		return nil
	}
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(strings.Join(block, "\n")), &doc); err != nil {
		return fmt.Errorf("fields: %w", err)
	}
	if len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		return fmt.Errorf("fields: write one field a line, such as total_troops: 13200")
	}
	root := doc.Content[0]
	of := map[string]any{}
	for i := 0; i+1 < len(root.Content); i += 2 {
		id := root.Content[i].Value
		var field *regime.Field
		if form != nil {
			var ok bool
			if field, ok = form.Field(id); !ok {
				return fmt.Errorf("the form %s has no field %q", form.ID, id)
			}
		}
		value, err := plainYAML(root.Content[i+1], field, id, 0)
		if err != nil {
			return fmt.Errorf("field %s: %w", id, err)
		}
		of[id] = value
	}
	text, err := json.Marshal(of)
	if err != nil {
		return fmt.Errorf("fields: %w", err)
	}
	if f.Values, err = regime.ReadValues(text); err != nil {
		return err
	}
	if f.faults != nil && form != nil {
		_, found := form.Check(f.Values)
		f.faults = append(f.faults, found...)
		f.Faulty = f.Faulty || len(f.faults) > 0
	}
	return nil
}

// plainYAML turns a node into what JSON of a form has.
func plainYAML(n *yaml.Node, field *regime.Field, key string, depth int) (any, error) {
	if depth > 6 {
		return nil, fmt.Errorf("nested too deep")
	}
	switch n.Kind {
	case yaml.SequenceNode:
		list := []any{}
		for _, x := range n.Content {
			value, err := plainYAML(x, field, key, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		return list, nil
	case yaml.MappingNode:
		of := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			id := n.Content[i].Value
			value, err := plainYAML(n.Content[i+1], column(field, id), id, depth+1)
			if err != nil {
				return nil, err
			}
			of[id] = value
		}
		return of, nil
	case yaml.ScalarNode:
		return scalar(n, field, key)
	}
	return nil, fmt.Errorf("an alias has no place here")
}

func column(field *regime.Field, id string) *regime.Field {
	if field == nil {
		return nil
	}
	for i := range field.Columns {
		if field.Columns[i].ID == id {
			return &field.Columns[i]
		}
	}
	return nil
}

func scalar(n *yaml.Node, field *regime.Field, key string) (any, error) {
	text := key == "lat" || key == "lon" || field != nil && field.Type == regime.TypeNumber
	switch {
	case text || n.Tag == "!!str" || n.Tag == "!!timestamp" || n.Tag == "!!float":
		return n.Value, nil
	case n.Tag == "!!int":
		return strconv.ParseInt(strings.ReplaceAll(n.Value, "_", ""), 10, 64)
	case n.Tag == "!!bool":
		return n.Value == "true", nil
	}
	return nil, fmt.Errorf("%q is no value; for an answer write {answer: nil}", n.Value)
}
