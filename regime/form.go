package regime

import (
	"detente/internal/canon"
)

// Lang is a language tag of BCP 47, e.g. "en", "ru".
type Lang string

// The languages in which the house speaks of a form. A form may carry names in
// more; its sentences about faults are in these.
const (
	English Lang = "en"
	Russian Lang = "ru"
)

// FormFormat is the first value of every form file.
const FormFormat = "detente.form/v1"

// Form is one form of a measure, read from packs/<pack>/<name>.json. It is not
// to be altered after Load.
type Form struct {
	Format     string          `json:"format"`  // FormFormat
	ID         string          `json:"id"`      // measure, e.g. "cica.2.1.1d"
	Edition    string          `json:"edition"` // of the form, a decimal number from 1
	Languages  []Lang          `json:"languages"`
	Title      map[Lang]string `json:"title"`
	Source     string          `json:"source"`               // article and document
	Groups     []Group         `json:"groups"`               // headings, in order
	Conditions []Condition     `json:"conditions,omitempty"` // when a field is asked for
	Rules      []Rule          `json:"rules,omitempty"`      // between fields
	Fields     []Field         `json:"fields"`               // in order of their numbers
}

// Group is a heading; its fields begin with its number.
type Group struct {
	Number string          `json:"number"` // "2"
	Name   map[Lang]string `json:"name"`

	line int
}

// Field is one numbered field, or one column of a field of type "rows".
type Field struct {
	Number   string          `json:"number"` // "5", "12.2"
	ID       string          `json:"id"`     // start_date
	Name     map[Lang]string `json:"name"`
	Help     map[Lang]string `json:"help,omitempty"`
	Type     string          `json:"type"`              // one of the Type constants
	Unit     string          `json:"unit,omitempty"`    // a key of units, e.g. persons, m3/s
	Required string          `json:"required"`          // Always, Never, Known, or the name of a condition of the form
	Answers  []Answer        `json:"answers,omitempty"` // answers accepted beside a value
	Max      int             `json:"max,omitempty"`     // bound below the general one: characters, figure, whole units of a number, items; 0: none
	Min      int             `json:"min,omitempty"`     // least figure or number; a number below 0 needs one below 0
	Keys     string          `json:"keys,omitempty"`    // of a map: "state" or "choice"
	Choices  []Choice        `json:"choices,omitempty"` // of a choice, choices, or a map by choice
	Columns  []Field         `json:"columns,omitempty"` // of rows
	Source   string          `json:"source"`            // article and document

	line int
}

// Types of a field.
const (
	TypeString  = "string"  // one line of text
	TypeText    = "text"    // text of several lines
	TypeDate    = "date"    // a day, "2006-01-02"
	TypeInt     = "int"     // a figure from 0
	TypeBool    = "bool"    // true or false
	TypeChoice  = "choice"  // one code of Choices
	TypeChoices = "choices" // one code or more of Choices, without repetition
	TypeList    = "list"    // lines of text
	TypeState   = "state"   // a party of the group
	TypeStates  = "states"  // parties of the group, without repetition
	TypePost    = "post"    // an office, never a person
	TypeMap     = "map"     // figures by state or by choice
	TypePlaces  = "places"  // named points
	TypeArea    = "area"    // a named closed outline
	TypeRows    = "rows"    // a table with Columns
	TypeMoment  = "moment"  // local date and time, offset and zone, "2027-03-01T09:00+05:00[Asia/Almaty]"
	TypeYear    = "year"    // a calendar year
	TypeNumber  = "number"  // a quantity with decimals, as text
	TypePlace   = "place"   // one point, with a name or without
	TypeLine    = "line"    // a named open line of points
	TypeRef     = "ref"     // a thread or an act of the group
)

// Required of a field, beside the names of conditions.
const (
	Always = "always"
	Never  = "never"
	Known  = "known" // asked for as far as known: any explicit answer suffices
)

// Choice is one code of a field with a fixed set of answers.
type Choice struct {
	Code string          `json:"code"`
	Name map[Lang]string `json:"name"`

	line int
}

// Condition holds when the value of Field names one of Any: codes of a choice or
// of choices, "true" or "false" of a bool, parties of a state or of states.
type Condition struct {
	Name  string   `json:"name"` // if-land
	Field string   `json:"field"`
	Any   []string `json:"any"`

	line int // in its YAML file; 0: none
}

// Rule relates two fields. A column is written "field.column".
type Rule struct {
	Kind  string `json:"kind"`  // one of the Rule constants
	Field string `json:"field"` // the field that the fault is put to
	Other string `json:"other"`

	line int
}

// Kinds of rule.
const (
	RuleNotBefore = "not-before" // date, moment or year Field is not before Other, of the same type
	RuleNotAfter  = "not-after"  // date, moment or year Field is not after Other, of the same type
	RuleSum       = "sum"        // the figures of map Field add up to Other
	RuleAmong     = "among"      // the states of Field are among those of Other
)

// Bytes writes the form as canonical JSON, as its file holds it.
func (f *Form) Bytes() ([]byte, error) { return canon.JSON(f) }

// Digest is the hash of Bytes: it names this edition of the form for ever.
func (f *Form) Digest() (canon.Digest, error) {
	b, err := f.Bytes()
	if err != nil {
		return canon.Digest{}, err
	}
	return canon.DigestOf(b), nil
}

// Field returns the field with an id.
func (f *Form) Field(id string) (*Field, bool) { return find(f.Fields, id) }

func find(fields []Field, id string) (*Field, bool) {
	for i := range fields {
		if fields[i].ID == id {
			return &fields[i], true
		}
	}
	return nil, false
}

// in returns a text in a language, in English if the form does not have it.
func in(texts map[Lang]string, lang Lang) string {
	if s, ok := texts[lang]; ok {
		return s
	}
	return texts[English]
}

func choice(choices []Choice, code string) (Choice, bool) {
	for _, c := range choices {
		if c.Code == code {
			return c, true
		}
	}
	return Choice{}, false
}
