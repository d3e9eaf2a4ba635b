package regime

import (
	"fmt"
	"maps"
	"reflect"
)

// Apply lays a correction's or update's values over an earlier filled form. It
// returns the whole and the numbers of the fields that it changes, in the order
// of the form; for the others the first lodging stands. A field is not taken
// away: it is answered nil, not-known-now or not-applicable. The whole is not
// checked here: call Check.
func (f *Form) Apply(before, change *Values) (*Values, []string, error) {
	for _, id := range change.IDs() {
		if _, ok := f.Field(id); !ok {
			return nil, nil, fmt.Errorf("apply change: form %s has no field %q", f.ID, short(id))
		}
	}
	whole := &Values{of: map[string]any{}}
	maps.Copy(whole.of, before.fields())
	var touched []string
	for i := range f.Fields {
		field := &f.Fields[i]
		value, given := change.fields()[field.ID]
		if !given {
			continue
		}
		old, had := whole.of[field.ID]
		if had && reflect.DeepEqual(old, value) {
			continue
		}
		whole.of[field.ID] = value
		touched = append(touched, field.Number)
	}
	return whole, touched, nil
}
