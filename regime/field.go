package regime

import "strings"

// FieldText renders the value or the answer of one field in a language, line by line,
// as Text does; nil where the field is not answered. States are named by named, which
// takes the id of a party.
func (f *Form) FieldText(v *Values, id string, lang Lang, named func(id string) string) []string {
	field, known := f.Field(id)
	value, ok := v.fields()[id]
	if !known || !ok {
		return nil
	}
	w := &writer{form: f, lang: lang, named: named}
	w.value(field, value, 0)
	return strings.Split(strings.TrimSuffix(w.String(), "\n"), "\n")
}

// Accepted are the explicit answers that do in place of a value where the field is
// asked for.
func (f *Field) Accepted() []Answer { return f.accepted() }

// UnitName is a unit as it stands beside a box for figures: its plural in a house
// language; empty where figures stand without one.
func UnitName(unit string, lang Lang) string { return units[unit][lang].many }
