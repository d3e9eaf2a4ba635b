package regime

// The getters return false where a field has no value of the type asked for:
// left out, answered, or not fitting.

// Get returns the value of a field as it was parsed: a string, bool, int64,
// Answer, []any or map[string]any of these. It is not to be altered.
func (v *Values) Get(id string) (any, bool) {
	value, ok := v.fields()[id]
	return value, ok
}

// Bool returns yes or no.
func (v *Values) Bool(id string) (value, ok bool) {
	value, ok = v.fields()[id].(bool)
	return value, ok
}

// Year returns a calendar year.
func (v *Values) Year(id string) (int, bool) { return year(v.fields()[id]) }

// Moment returns a local date and time.
func (v *Values) Moment(id string) (Moment, bool) { return moment(v.fields()[id]) }

// Number returns a quantity in the unit of its field.
func (v *Values) Number(id string) (Decimal, bool) { return decimal(v.fields()[id]) }

// Strings returns a list of texts, choices or states.
func (v *Values) Strings(id string) ([]string, bool) {
	items, ok := v.fields()[id].([]any)
	if !ok {
		return nil, false
	}
	list := make([]string, len(items))
	for i := range items {
		if list[i], ok = items[i].(string); !ok {
			return nil, false
		}
	}
	return list, true
}

// Figures returns the figures of a map by state or by choice.
func (v *Values) Figures(id string) (map[string]int, bool) {
	of, ok := v.fields()[id].(map[string]any)
	if !ok {
		return nil, false
	}
	figures := make(map[string]int, len(of))
	for key, value := range of {
		if figures[key], ok = figure(value); !ok {
			return nil, false
		}
	}
	return figures, true
}

// Points returns the points of a place (one), of places, of a line, or of an
// area (the first again at the end).
func (v *Values) Points(id string) ([]Point, bool) {
	list, ok := v.fields()[id].([]any)
	if of, object := v.fields()[id].(map[string]any); object {
		if list, ok = of["points"].([]any); !ok {
			list, ok = []any{of}, true
		}
	}
	if !ok || len(list) == 0 {
		return nil, false
	}
	points := make([]Point, len(list))
	for i := range list {
		of, _ := list[i].(map[string]any)
		_, named := of["name"]
		if points[i], ok = parsePoint(of, named); !ok {
			return nil, false
		}
	}
	return points, true
}

// Rows returns the rows of a table, each as values by column id.
func (v *Values) Rows(id string) ([]*Values, bool) {
	items, ok := v.fields()[id].([]any)
	if !ok {
		return nil, false
	}
	rows := make([]*Values, len(items))
	for i := range items {
		of, ok := items[i].(map[string]any)
		if !ok {
			return nil, false
		}
		rows[i] = &Values{of: of}
	}
	return rows, true
}
