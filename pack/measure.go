package pack

// Strength of what a text provides for.
type Strength string

// The strengths. Only a Shall or a Should can be "not recorded"; a May that is not
// used is "voluntary and not used", never a shortfall.
const (
	Shall  Strength = "shall"
	Should Strength = "should"
	May    Strength = "may"
)

// Subject is what the statements under a measure are gathered as, besides the list of
// all statements.
type Subject string

// The subjects.
const (
	Incident Subject = "incident" // reports of an event, those of each side beside each other
	Visit    Subject = "visit"    // inspections, visits and observations, each from its request to its report
)

// Fields that the main form of a measure on incidents has: when and what.
const (
	IncidentWhen = "occurred" // a moment
	IncidentWhat = "incident" // a text
)

// How many of VisitFrom and of VisitUntil tell what happened, not what is planned.
const (
	VisitBegun = 3
	VisitEnded = 2
)

// VisitFrom are the fields by which the forms of a visit tell when it begins, of which
// the first that is told counts.
var VisitFrom = []string{"arrived", "entered", "began", "planned_entry", "arrival", "observation_from", "assembly", "start_date"}

// VisitUntil are those by which they tell when it ends.
var VisitUntil = []string{"ended", "departure", "observation_until", "planned_departure", "end_date"}

// Measure is one thing that states agreed to do.
type Measure struct {
	Pos
	ID       string   `yaml:"id"`                 // <pack>.<name>, e.g. vd11.inspection
	Editions []string `yaml:"editions,omitempty"` // of the text; empty: all
	Title    Text     `yaml:"title"`
	Article  string   `yaml:"article"` // as a reader finds it in the text
	// ArticleSure says how well the number of the article is known, if not as Sure: a
	// figure can be sure and the paragraph that it stands in be from memory.
	ArticleSure Sure      `yaml:"article_sure,omitempty"`
	Meaning     Text      `yaml:"meaning"` // our own short paraphrase, shown as such
	Strength    Strength  `yaml:"strength"`
	Subject     Subject   `yaml:"subject,omitempty"` // incident or visit: what its statements are gathered as; empty: neither
	Place       Place     `yaml:"place"`
	Sources     []string  `yaml:"sources"`
	Sure        Sure      `yaml:"sure"`
	Off         bool      `yaml:"off,omitempty"` // known too unsurely to be judged; shown as unverified
	Zone        string    `yaml:"zone,omitempty"`
	Occasion    Occasion  `yaml:"occasion"`
	Steps       []Step    `yaml:"steps,omitempty"`
	Counts      []Count   `yaml:"counts,omitempty"`
	Ceilings    []Ceiling `yaml:"ceilings,omitempty"`
	// Outcomes are this text's own words for a state of what it provides for.
	Outcomes map[string]Text `yaml:"outcomes,omitempty"`
	Needs    []string        `yaml:"needs,omitempty"` // measures that it stands on
	Leads    []string        `yaml:"leads,omitempty"` // measures that could come next
	Areas    []string        `yaml:"areas,omitempty"` // of the catalogue
	Note     Text            `yaml:"note,omitempty"`
}

// Place puts a measure among the building blocks.
type Place struct {
	Stage     string   `yaml:"stage"`     // conflict-avoidance, confidence-building, strengthening-the-peace
	Family    []string `yaml:"family"`    // communication, constraint, transparency, verification, declaratory
	Sides     string   `yaml:"sides"`     // unilateral, bilateral, multilateral
	Field     string   `yaml:"field"`     // military, non-military
	Phase     []string `yaml:"phase"`     // before-conflict, during-conflict, after-conflict
	Dimension string   `yaml:"dimension"` // military-political, economic, environmental, human, new-challenges-and-threats
	Sphere    string   `yaml:"sphere"`    // national-security, economic-cooperation, cultural-contacts
	Issues    []string `yaml:"issues,omitempty"`
}

// Occasion says what makes a measure apply. Exactly one field is set.
type Occasion struct {
	Pos
	Yearly *Yearly `yaml:"yearly,omitempty"`
	// Starts is the code of the step whose filing opens an occasion: of this
	// measure, or of another one.
	Starts string `yaml:"starts,omitempty"`
	// Every opens one for each party each period, e.g. P6M, P1W, counted from Since.
	Every *Every `yaml:"every,omitempty"`
	// Standing applies always and knows no occasion: a limit, a declaration, a line.
	Standing bool `yaml:"standing,omitempty"`
}

// Yearly is a date that comes back each year.
type Yearly struct {
	Due       string `yaml:"due"`                   // month-day, "12-15", or a slot as "$id"
	AsOf      string `yaml:"as_of,omitempty"`       // month-day that the data are valid as of
	AsOfIn    string `yaml:"as_of_in,omitempty"`    // form field that tells as of which day the data are valid
	Ahead     int    `yaml:"ahead"`                 // the year covered, from the year of Due: -1 the one before, 0, 1 the next, 2
	Cycle     string `yaml:"cycle,omitempty"`       // form field that names the year covered; empty: the nearest due date
	Nil       bool   `yaml:"nil,omitempty"`         // a nil return is a return
	AsOfAhead int    `yaml:"as_of_ahead,omitempty"` // the year of AsOf, from the year of Due
	Each      string `yaml:"each,omitempty"`        // set of parties; empty: all to whom the edition applies
}

// Every is a period that runs on.
type Every struct {
	Period string `yaml:"period"`          // ISO 8601
	Since  string `yaml:"since,omitempty"` // a day; empty: the entry into force
	Each   string `yaml:"each,omitempty"`
}

// Step is one thing to be done on an occasion, by a form of its own.
//
// An act names a step by its code in the field "measure": the id of the measure
// for the step "main", else <measure>.<step>.
type Step struct {
	Pos
	ID       string   `yaml:"id"`
	Title    Text     `yaml:"title"`
	Article  string   `yaml:"article,omitempty"` // if not that of the measure
	Form     string   `yaml:"form,omitempty"`    // name of a file of forms/; empty: free text
	By       Role     `yaml:"by"`
	To       Role     `yaml:"to"`
	Copy     *Role    `yaml:"copy,omitempty"`
	Strength Strength `yaml:"strength,omitempty"` // if not that of the measure
	When     *When    `yaml:"when,omitempty"`     // over the filing that opened the occasion; empty: always
	// After lists the ways in which an earlier step opens this one; empty: open at once.
	After []Opening `yaml:"after,omitempty"`
	Clock *Clock    `yaml:"clock,omitempty"` // nil: none
	// Instead lists exceptions to Clock, the first that holds. Its condition may be a
	// claim that others can dispute.
	Instead  []Exception `yaml:"instead,omitempty"`
	Nil      bool        `yaml:"nil,omitempty"`
	Answer   string      `yaml:"answer,omitempty"`   // field of the form with the answer: its codes are listed in Refusals, else it is an acceptance
	Refusals []Refusal   `yaml:"refusals,omitempty"` // lawful ones and others
	Silence  Text        `yaml:"silence,omitempty"`  // what silence means where the text gives it a meaning of its own
	// Discharged says when nothing remains to be done: besides cancellation.
	Discharged *When  `yaml:"discharged,omitempty"`
	Sealed     string `yaml:"sealed,omitempty"` // parties: confidential to the parties of the step
	Sure       Sure   `yaml:"sure,omitempty"`
}

// Roles.
const (
	RoleEach    = "each"       // each party to the text (or of Set)
	RoleOthers  = "others"     // all parties to the text but the one who acts
	RoleAuthor  = "author"     // of the filing that opened the occasion
	RoleAsked   = "asked"      // addressees of that filing
	RoleField   = "field"      // the states that Field of that filing names
	RoleShare   = "share"      // the states in map Field whose own figure meets the condition of the step
	RoleSet     = "set"        // the parties of Set; if the set is joint any one of them acts for all
	RoleOther   = "other-side" // of two joint sets, the one to which the author does not belong
	RoleEither  = "either"     // author or asked; with Field, the states that it names in place of the asked
	RoleAnybody = "anybody"    // whoever wishes: a right, not a duty
)

// Role says who acts, or to whom.
type Role struct {
	Who   string `yaml:"who"`
	Field string `yaml:"field,omitempty"`
	Set   string `yaml:"set,omitempty"`
	Step  string `yaml:"step,omitempty"` // "author" of this earlier step instead of the opening one
	// Without leaves somebody out of those whom Field names; WithoutAuthor: the one who filed.
	Without string `yaml:"without,omitempty"`
}

// WithoutAuthor leaves out the author of the filing that names others.
const WithoutAuthor = "author"

// Ways in which an earlier step opens the next.
const (
	WasDone         = "done"
	WasSilent       = "silent"       // its clock ran out without an answer
	WasInsufficient = "insufficient" // the asker says that the answer does not suffice
	WasDeclined     = "declined"
	WasFiled        = "filed" // done or declined
)

// Opening is one way to the next step.
type Opening struct {
	Pos
	Step string `yaml:"step"`
	Was  string `yaml:"was"`
	// Answer opens only where the filing of Step gave this code in its answer field.
	Answer string `yaml:"answer,omitempty"`
}

// Exception replaces the clock where its condition holds.
type Exception struct {
	Pos
	When  When  `yaml:"when"`
	Clock Clock `yaml:"clock"`
	Claim bool  `yaml:"claim,omitempty"` // said by the author and open to dispute
	Says  Text  `yaml:"says"`
}

// Refusal is one way to say no.
type Refusal struct {
	Pos
	Code   string `yaml:"code"`
	Title  Text   `yaml:"title"`
	Lawful bool   `yaml:"lawful,omitempty"`
	Excuse bool   `yaml:"excuse,omitempty"` // force majeure: excused, and does not count
	// Disputes: it says that the text does not apply to this case. That is contested,
	// neither done nor declined, and what may follow an answer is open.
	Disputes bool     `yaml:"disputes,omitempty"`
	AtMost   int      `yaml:"at_most,omitempty"` // in a calendar year; 0: no limit
	Days     int      `yaml:"days,omitempty"`    // in a calendar year, by field DaysIn
	DaysIn   string   `yaml:"days_in,omitempty"`
	Needs    []string `yaml:"needs,omitempty"` // fields to be filled in with it
}
