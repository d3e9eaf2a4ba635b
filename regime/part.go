package regime

// Only returns those values whose field is asked for.
func (v *Values) Only(field func(id string) bool) *Values {
	part := &Values{of: map[string]any{}}
	for id, value := range v.fields() {
		if field(id) {
			part.of[id] = value
		}
	}
	return part
}

// Over lays a change over v: what the change answers replaces what v had. Unlike
// Form.Apply it knows no form and refuses nothing.
func (v *Values) Over(change *Values) *Values {
	whole := v.Only(func(string) bool { return true })
	for id, value := range change.fields() {
		whole.of[id] = value
	}
	return whole
}
