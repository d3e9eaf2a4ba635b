package regime

import "strings"

// FieldText renders the value or the answer of one field in a language, line by line,
// as Text does; nil where the field is not answered.
func (f *Form) FieldText(v *Values, id string, lang Lang) []string {
	field, known := f.Field(id)
	value, ok := v.fields()[id]
	if !known || !ok {
		return nil
	}
	w := &writer{form: f, lang: lang}
	w.value(field, value, 0)
	return strings.Split(strings.TrimSuffix(w.String(), "\n"), "\n")
}
