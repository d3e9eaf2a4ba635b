package pack

import (
	"slices"
	"strings"

	"detente/regime"
)

// when says a condition: the words of the pack if it has any, else its parts.
func (w *describer) when(c *When, forms ...*regime.Form) string {
	s := w.part(c, forms)
	if len(c.Says) > 0 {
		s = c.Says.In(w.lang)
	}
	return w.marked(join(", ", s, c.Article), c.Sure)
}

// tree says a condition of a step: on one line, or where it has parts of parts as a
// list.
func (w *describer) tree(indent int, c *When, forms ...*regime.Form) {
	if !deep(c) {
		w.line(indent, w.say("when", blanks{"condition": w.when(c, forms...)}))
		return
	}
	w.branch(indent, "", c, forms)
}

func (w *describer) branch(indent int, bullet string, c *When, forms []*regime.Form) {
	key, parts := "all-of", c.All
	switch {
	case len(c.Any) > 0:
		key, parts = "any-of", c.Any
	case c.Not != nil:
		key, parts = "none-of", []When{*c.Not}
	}
	if !deep(c) && bullet != "" {
		w.line(indent, bullet+w.when(c, forms...))
		return
	}
	says := w.say(key, nil)
	if bullet == "" {
		says = w.say("when", blanks{"condition": says})
	}
	w.line(indent, bullet+w.marked(join(", ", says, c.Says.In(w.lang), c.Article), c.Sure))
	for i := range parts {
		w.branch(indent+1, "- ", &parts[i], forms)
	}
}

// deep reports whether a condition has parts that have parts themselves, or more
// than three.
func deep(c *When) bool {
	parts := slices.Concat(c.All, c.Any)
	if c.Not != nil {
		return len(c.Not.All)+len(c.Not.Any) > 0
	}
	return len(parts) > 3 || slices.ContainsFunc(parts, func(p When) bool { return len(p.All)+len(p.Any) > 0 || p.Not != nil })
}

func (w *describer) part(c *When, forms []*regime.Form) string {
	args := blanks{}
	switch {
	case len(c.All) > 0:
		return w.several(c.All, "and", forms)
	case len(c.Any) > 0:
		return w.several(c.Any, "or", forms)
	case c.Not != nil:
		return w.say("not", blanks{"part": w.when(c.Not, forms...)})
	case c.Figure != "":
		key := "figure"
		if _, column, dotted := strings.Cut(c.Figure, "."); dotted && column == "*" {
			key = "share"
		} else if dotted && w.isTable(c.Figure, forms) {
			key = "peak"
		}
		args["name"] = w.figureName(c.Figure, forms...)
		for _, x := range [][2]string{{"≥", c.AtLeast}, {">", c.MoreThan}, {"≤", c.AtMost}, {"<", c.LessThan}} {
			if x[1] != "" {
				args["sign"], args["limit"] = x[0], w.number(x[1], c.Unit)
			}
		}
		return w.say(key, args)
	case c.Field != "":
		var list []string
		for _, code := range c.Is {
			list = append(list, w.choice(c.Field, code, forms...))
		}
		return w.say("is", blanks{"name": w.fieldName(c.Field, forms...), "list": strings.Join(list, " "+w.say("or", nil)+" ")})
	case c.Lasts != nil, c.Elapsed != nil:
		return w.lapse(c, forms)
	case c.Area != "":
		args["name"] = w.fieldName(c.Area, forms...)
		switch {
		case c.Within != "":
			args["zone"] = w.zone(c.Within)
			return w.say("within", args)
		case c.Meets != "":
			args["zone"] = w.zone(c.Meets)
			return w.say("meets", args)
		case c.Near != nil:
			args["km"], args["line"] = int64(c.Near.Km), w.slot("$"+c.Near.Line)
			return w.say("near", args)
		}
	}
	return c.Rule
}

func (w *describer) lapse(c *When, forms []*regime.Form) string {
	key, l := "lasts", c.Lasts
	if l == nil {
		key, l = "elapsed", c.Elapsed
	}
	sign, limit := "≥", l.AtLeast
	if l.MoreThan != "" {
		sign, limit = ">", l.MoreThan
	}
	said := w.span(limit)
	if key == "elapsed" && l.MoreThan != "" {
		said = "> " + said
	}
	return w.say(key, blanks{"from": w.fieldName(l.From, forms...), "to": w.fieldName(l.To, forms...), "sign": sign, "limit": said})
}

// several says parts of which all, or any, are to hold; parts of parts stand in brackets.
func (w *describer) several(parts []When, word string, forms []*regime.Form) string {
	var said []string
	for i := range parts {
		s := w.when(&parts[i], forms...)
		if nested := len(parts[i].All) > 1 || len(parts[i].Any) > 1; nested && len(parts) > 1 && len(parts[i].Says) == 0 {
			s = "(" + s + ")"
		}
		said = append(said, s)
	}
	return strings.Join(said, " "+w.say(word, nil)+" ")
}

func (w *describer) isTable(figure string, forms []*regime.Form) bool {
	id, _, _ := strings.Cut(figure, ".")
	for _, f := range forms {
		if f != nil {
			if field, ok := f.Field(id); ok {
				return field.Type == regime.TypeRows
			}
		}
	}
	return false
}

// figureName names a figure: a field, a column of a table, an entry of a map.
func (w *describer) figureName(figure string, forms ...*regime.Form) string {
	id, column, dotted := strings.Cut(figure, ".")
	name := w.fieldName(id, forms...)
	if !dotted || column == "*" {
		return name
	}
	for _, f := range forms {
		if f == nil {
			continue
		}
		if field, ok := f.Field(id); ok {
			for i := range field.Columns {
				if field.Columns[i].ID == column {
					return w.quote(Text(field.Columns[i].Name).In(w.lang))
				}
			}
		}
	}
	return name + " " + w.choice(id, column, forms...)
}

// choice says a code of a field, yes or no, or what was written.
func (w *describer) choice(id, code string, forms ...*regime.Form) string {
	switch code {
	case "true":
		return w.say("yes", nil)
	case "false":
		return w.say("no", nil)
	}
	for _, f := range forms {
		if f == nil {
			continue
		}
		if field, ok := f.Field(id); ok {
			for _, c := range field.Choices {
				if c.Code == code {
					return Text(c.Name).In(w.lang)
				}
			}
		}
	}
	return code
}
