package pack

// Periods of a count.
const (
	PerYear    = "calendar-year"
	Per3Years  = "3-calendar-years"
	PerAtOnce  = "at-one-time" // between the dates From and To
	PerEver    = "ever"        // or: once per Scope
	PerRolling = "rolling"     // Length back from the day looked at
)

// Count is a quota or a limit: how often something is provided for, or may be
// done, in a scope and a period.
type Count struct {
	Pos
	ID      string `yaml:"id"`
	Title   Text   `yaml:"title"`
	Article string `yaml:"article,omitempty"`
	Of      string `yaml:"of"` // code of the step whose filings count
	// Also lists further steps whose filings count, by forms with the same fields: one
	// activity a year, above or below the levels.
	Also []string `yaml:"also,omitempty"`
	When *When    `yaml:"when,omitempty"` // only those that meet this
	// Scope names what each account belongs to: "author", "asked", "host", a form
	// field, in any combination; empty: all together.
	Scope    []string `yaml:"scope,omitempty"`
	Period   string   `yaml:"period"`
	Length   string   `yaml:"length,omitempty"`   // ISO 8601, of PerRolling
	From     string   `yaml:"from,omitempty"`     // date field by which a filing is put in its period; empty: its lodging
	To       string   `yaml:"to,omitempty"`       // of PerAtOnce
	AtMost   string   `yaml:"at_most,omitempty"`  // a number, a slot "$id", or a CEL formula "= …" over latest (figures of the newest return of Figures) and the account
	AtLeast  string   `yaml:"at_least,omitempty"` // by the end of the period
	Figures  string   `yaml:"figures,omitempty"`  // code of the step whose newest return gives the formula its figures
	Declined bool     `yaml:"declined,omitempty"` // refused ones count too
	Except   []string `yaml:"except,omitempty"`   // codes of refusals that do not count, e.g. force-majeure
	Full     string   `yaml:"full,omitempty"`     // what follows when full: tell-all, may-decline
	// Gate: each filing that counts needs these before it.
	Gate     []Gate   `yaml:"gate,omitempty"`
	Strength Strength `yaml:"strength,omitempty"`
	Sure     Sure     `yaml:"sure,omitempty"`
}

// Gate is something that must have been filed before: "only if announced two years
// ahead and listed in the calendar".
type Gate struct {
	Pos
	Of    string `yaml:"of"` // code of a step
	By    string `yaml:"by"` // month-day of the year Ahead years before that of From
	Ahead int    `yaml:"ahead"`
	Same  string `yaml:"same,omitempty"` // field that names the activity in both
}

// Ceiling is a greatest strength. Zero is a ceiling too.
type Ceiling struct {
	Pos
	Of      string            `yaml:"of"`              // code of the step whose return gives the figures
	Figure  string            `yaml:"figure"`          // as in When
	Where   map[string]string `yaml:"where,omitempty"` // e.g. sector: east
	Set     string            `yaml:"set,omitempty"`   // the side whose members are added up
	AtMost  string            `yaml:"at_most"`
	Unit    string            `yaml:"unit"`
	Article string            `yaml:"article,omitempty"`
	From    string            `yaml:"from,omitempty"` // day from which it applies
	Sources []string          `yaml:"sources,omitempty"`
	Sure    Sure              `yaml:"sure,omitempty"`
}
