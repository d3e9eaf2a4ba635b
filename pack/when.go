package pack

// When is a condition over a filled form. Exactly one of its ways is used; a
// structure of All, Any and Not is at most eight deep and 64 leaves wide.
// Comparisons are by name, since texts use both: at least (>=), more than (>).
type When struct {
	Pos
	All []When `yaml:"all,omitempty"`
	Any []When `yaml:"any,omitempty"`
	Not *When  `yaml:"not,omitempty"`

	// Figure compares a figure: an int field, "map" for the sum of a map field,
	// "map.*" for the share of the party that is looked at, or "rows.column": at any
	// time during the activity, the greatest of a column counts.
	Figure   string `yaml:"figure,omitempty"`
	AtLeast  string `yaml:"at_least,omitempty"` // a number, or a slot "$id"
	MoreThan string `yaml:"more_than,omitempty"`
	AtMost   string `yaml:"at_most,omitempty"`
	LessThan string `yaml:"less_than,omitempty"`

	// Field looks at a choice, choices, bool or state.
	Field string   `yaml:"field,omitempty"`
	Is    []string `yaml:"is,omitempty"` // one of these codes, or "true", "false"

	// Lasts compares the time between two dates.
	Lasts *Lasts `yaml:"lasts,omitempty"`
	// Elapsed holds once so long has passed since a date, at the moment looked at.
	Elapsed *Lasts `yaml:"elapsed,omitempty"`

	// Area compares a field of type area or places with a zone.
	Area   string `yaml:"area,omitempty"`
	Within string `yaml:"within,omitempty"` // zone: wholly inside
	Meets  string `yaml:"meets,omitempty"`  // zone: touches
	Near   *Near  `yaml:"near,omitempty"`   // within a distance of a line

	// Rule is a CEL expression over form (the filled form), party, now and slots;
	// its evaluation is bounded.
	Rule string `yaml:"rule,omitempty"`
	// Says is the condition in words, for "why"; needed with Rule.
	Says    Text   `yaml:"says,omitempty"`
	Article string `yaml:"article,omitempty"`
	Unit    string `yaml:"unit,omitempty"`
	Sure    Sure   `yaml:"sure,omitempty"`
}

// Lasts is a span between two date fields, or since one of them.
type Lasts struct {
	From     string `yaml:"from"`
	To       string `yaml:"to,omitempty"`
	MoreThan string `yaml:"more_than,omitempty"` // ISO 8601 duration
	AtLeast  string `yaml:"at_least,omitempty"`
}

// Near is a distance from a line.
type Near struct {
	Line string `yaml:"line"` // slot of type line
	Km   int    `yaml:"km"`
}
