package regime

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"detente/internal/canon"
	"detente/party"
)

// lint refuses a form that Check could not apply: every fault, with its place.
func (f *Form) lint() error {
	var all faults
	all.add(f.lintHead())
	all.add(f.lintGroups())
	all.add(f.lintConditions())
	all.add(f.lintFields(f.Fields, "", true))
	if len(all) == 0 {
		all.add(f.lintRules())
	}
	return all.err()
}

func (f *Form) lintHead() error {
	if f.Format != FormFormat {
		return fmt.Errorf("format is %q, not %q", f.Format, FormFormat)
	}
	if !token(f.ID, "abcdefghijklmnopqrstuvwxyz0123456789.-") {
		return fmt.Errorf("id %q is not lower-case letters, digits, dots and hyphens", f.ID)
	}
	if n, err := canon.ParseDecimal(f.Edition, 1_000_000); err != nil || n == 0 {
		return fmt.Errorf("edition %q is not a number from 1", f.Edition)
	}
	if !slices.Contains(f.Languages, English) || !slices.Contains(f.Languages, Russian) {
		return fmt.Errorf("languages are %v; a form has at least %s and %s", f.Languages, English, Russian)
	}
	if err := f.lintTexts("title", f.Title); err != nil {
		return err
	}
	if f.Source == "" {
		return fmt.Errorf("source is empty")
	}
	return nil
}

// lintTexts demands exactly the form's languages, none empty.
func (f *Form) lintTexts(where string, texts map[Lang]string) error {
	for _, lang := range f.Languages {
		if strings.TrimSpace(texts[lang]) == "" || unsafeAt(texts[lang], false) >= 0 {
			return fmt.Errorf("%s in %q is empty, or has a control character", where, lang)
		}
	}
	if len(texts) != len(f.Languages) {
		return fmt.Errorf("%s has %d languages where the form has %d", where, len(texts), len(f.Languages))
	}
	return nil
}

func (f *Form) lintGroups() error {
	var all faults
	for i, g := range f.Groups {
		if g.Number != strconv.Itoa(i+1) {
			all.add(onLine(g.line, fmt.Errorf("group %q stands at place %d", g.Number, i+1)))
			continue
		}
		all.add(onLine(g.line, f.lintTexts("group "+g.Number, g.Name)))
	}
	return all.err()
}

func (f *Form) lintConditions() error {
	var all faults
	for i := range f.Conditions {
		c := &f.Conditions[i]
		if err := f.lintCondition(c); err != nil {
			all.add(onLine(c.line, fmt.Errorf("condition %q: %w", short(c.Name), err)))
		}
	}
	return all.err()
}

func (f *Form) lintCondition(c *Condition) error {
	if !strings.HasPrefix(c.Name, "if-") {
		return errors.New("the name does not begin with if-")
	}
	field, ok := f.Field(c.Field)
	if !ok {
		return fmt.Errorf("the form has no field %q", short(c.Field))
	}
	if len(c.Any) == 0 {
		return errors.New("any is empty: name the values with which it holds")
	}
	if field.Required == c.Name {
		return fmt.Errorf("field %s, at which it looks, waits for it", field.Number)
	}
	for _, code := range c.Any {
		fits := false
		switch field.Type {
		case TypeChoice, TypeChoices:
			_, fits = choice(field.Choices, code)
		case TypeBool:
			fits = code == "true" || code == "false"
		case TypeState, TypeStates:
			_, err := party.ParseID(code)
			fits = err == nil
		default:
			return fmt.Errorf("field %s is of type %q: a condition looks at choice, choices, bool, state or states", field.Number, field.Type)
		}
		if !fits {
			return fmt.Errorf("field %s has no value %q", field.Number, short(code))
		}
	}
	return nil
}

// lintFields checks fields, or with top false the columns of one field.
func (f *Form) lintFields(fields []Field, under string, top bool) error {
	if len(fields) == 0 || len(fields) > maxFields {
		return fmt.Errorf("%s has %d fields where 1 to %d belong", orForm(under), len(fields), maxFields)
	}
	var all faults
	seen := map[string]bool{}
	for i := range fields {
		field := &fields[i]
		where := "field " + strconv.Quote(field.Number)
		switch err := f.lintField(field, under, top); {
		case seen[field.ID] || seen[field.Number]:
			all.add(onLine(field.line, fmt.Errorf("%s: its number or id %q is repeated", where, field.ID)))
		case err != nil:
			all.add(onLine(field.line, within(where, err)))
		case i > 0 && compareNumbers(fields[i-1].Number, field.Number) >= 0:
			all.add(onLine(field.line, fmt.Errorf("%s does not follow %q", where, fields[i-1].Number)))
		}
		seen[field.ID], seen[field.Number] = true, true
	}
	return all.err()
}

func orForm(under string) string {
	if under == "" {
		return "the form"
	}
	return "field " + under
}

func (f *Form) lintField(field *Field, under string, top bool) error {
	group, _, _ := strings.Cut(field.Number, ".")
	if !isNumber(field.Number) || under != "" && !strings.HasPrefix(field.Number, under+".") {
		return fmt.Errorf("the number is not digits parted by dots, below %s", orForm(under))
	}
	if n, err := strconv.Atoi(group); err != nil || n > len(f.Groups) {
		return fmt.Errorf("the form has no group %s", group)
	}
	if !token(field.ID, "abcdefghijklmnopqrstuvwxyz0123456789_") {
		return fmt.Errorf("id %q is not lower-case letters, digits and underscores", field.ID)
	}
	if err := f.lintTexts("name", field.Name); err != nil {
		return err
	}
	if field.Help != nil {
		if err := f.lintTexts("help", field.Help); err != nil {
			return err
		}
	}
	if field.Source == "" {
		return fmt.Errorf("source is empty")
	}
	if _, ok := units[field.Unit]; !ok && field.Unit != "" {
		return fmt.Errorf("unit %q is not known", field.Unit)
	}
	if err := f.lintRequired(field, top); err != nil {
		return err
	}
	return f.lintType(field, top)
}

func (f *Form) lintRequired(field *Field, top bool) error {
	for _, a := range field.Answers {
		if !a.known() {
			return fmt.Errorf("answer %q is not known", a)
		}
	}
	if field.Required == Known && field.Answers != nil {
		return errors.New("required known takes every explicit answer: leave answers out")
	}
	if field.Required == Always || field.Required == Never || field.Required == Known {
		return nil
	}
	if _, ok := f.condition(field.Required); !ok || !top {
		return fmt.Errorf("required %q is neither always, never, known, nor a condition of the form", field.Required)
	}
	return nil
}

func (f *Form) lintType(field *Field, top bool) error {
	most := maxCount
	if field.Type == TypeNumber {
		most = maxNumber
	}
	if field.Max < 0 || field.Max > most {
		return fmt.Errorf("max %d is not 0 to %d", field.Max, most)
	}
	if err := field.lintMin(); err != nil {
		return err
	}
	if field.Type != TypeMap && field.Keys != "" || field.Type != TypeRows && field.Columns != nil {
		return fmt.Errorf("keys belong to a map and columns to rows, not to type %q", field.Type)
	}
	chooses := false
	switch field.Type {
	case TypeString, TypeText, TypeDate, TypeInt, TypeBool, TypeList, TypeState, TypeStates, TypePost, TypePlaces, TypeArea,
		TypeMoment, TypeYear, TypeNumber, TypePlace, TypeLine, TypeRef:
	case TypeChoice, TypeChoices:
		chooses = true
	case TypeMap:
		if field.Keys != "state" && field.Keys != "choice" {
			return fmt.Errorf("keys %q are neither state nor choice", field.Keys)
		}
		chooses = field.Keys == "choice"
	case TypeRows:
		if !top {
			return fmt.Errorf("a column cannot be rows")
		}
		if err := f.lintFields(field.Columns, field.Number, false); err != nil {
			return err
		}
	default:
		return fmt.Errorf("type %q is not known", field.Type)
	}
	if chooses != (len(field.Choices) > 0) {
		return fmt.Errorf("type %q with %d choices", field.Type, len(field.Choices))
	}
	for i, c := range field.Choices {
		if !token(c.Code, "abcdefghijklmnopqrstuvwxyz0123456789-") {
			return onLine(c.line, fmt.Errorf("choice %q is not lower-case letters, digits and hyphens", c.Code))
		}
		if first, _ := choice(field.Choices[:i], c.Code); first.Code != "" {
			return onLine(c.line, fmt.Errorf("choice %q is repeated", c.Code))
		}
		if err := f.lintTexts("choice "+c.Code, c.Name); err != nil {
			return onLine(c.line, err)
		}
	}
	return nil
}

// lintMin checks the least value of a figure or a number.
func (f *Field) lintMin() error {
	switch {
	case f.Min == 0:
	case f.Type != TypeInt && f.Type != TypeNumber:
		return fmt.Errorf("min belongs to int and number, not to type %q", f.Type)
	case f.Type == TypeInt && f.Min < 0:
		return errors.New("a figure counts from 0: min is not below it")
	case f.Min < -maxNumber || f.Min > f.limit(maxNumber):
		return fmt.Errorf("min %d is above max, or below -%d", f.Min, maxNumber)
	}
	return nil
}

func (f *Form) lintRules() error {
	var all faults
	for i, r := range f.Rules {
		if err := f.lintRule(r); err != nil {
			all.add(onLine(r.line, fmt.Errorf("rule %d: %w", i+1, err)))
		}
	}
	return all.err()
}

func (f *Form) lintRule(r Rule) error {
	field, other := f.at(r.Field), f.at(r.Other)
	if field == nil {
		return fmt.Errorf("no field %q", r.Field)
	}
	if other == nil {
		return fmt.Errorf("no field %q", r.Other)
	}
	fits := false
	switch r.Kind {
	case RuleNotBefore, RuleNotAfter:
		timed := field.Type == TypeDate || field.Type == TypeMoment || field.Type == TypeYear
		fits = timed && field.Type == other.Type && sameTable(r)
	case RuleSum:
		fits = field.Type == TypeMap && other.Type == TypeInt && !strings.ContainsRune(r.Field+r.Other, '.')
	case RuleAmong:
		byState := field.Type == TypeMap && field.Keys == "state"
		fits = other.Type == TypeStates && (byState || field.Type == TypeState || field.Type == TypeStates)
	}
	if !fits {
		return fmt.Errorf("kind %q does not fit %q and %q", r.Kind, r.Field, r.Other)
	}
	return nil
}

// sameTable reports whether a rule between dates compares two plain fields, two
// columns of one table, or a column with a plain field.
func sameTable(r Rule) bool {
	a, _, inTable := strings.Cut(r.Field, ".")
	b, _, otherInTable := strings.Cut(r.Other, ".")
	return !otherInTable || inTable && a == b
}

// at returns the field or the column that a rule names, or nil.
func (f *Form) at(path string) *Field {
	id, column, inTable := strings.Cut(path, ".")
	field, ok := f.Field(id)
	if !ok {
		return nil
	}
	if inTable {
		field, ok = find(field.Columns, column)
		if !ok {
			return nil
		}
	}
	return field
}

func (f *Form) condition(name string) (*Condition, bool) {
	for i := range f.Conditions {
		if f.Conditions[i].Name == name {
			return &f.Conditions[i], true
		}
	}
	return nil, false
}

// token reports whether s begins with a letter and has only these characters.
func token(s, characters string) bool {
	return s != "" && len(s) <= maxKey && s[0] >= 'a' && s[0] <= 'z' && strings.Trim(s, characters) == ""
}

// isNumber accepts "5" and "12.2.1": numbers from 1 to 999, parted by dots.
func isNumber(s string) bool {
	for part := range strings.SplitSeq(s, ".") {
		if n, err := canon.ParseDecimal(part, 999); err != nil || n == 0 {
			return false
		}
	}
	return len(s) <= maxKey
}

// compareNumbers orders "2.9" before "2.10".
func compareNumbers(a, b string) int {
	return slices.CompareFunc(strings.Split(a, "."), strings.Split(b, "."), func(x, y string) int {
		if len(x) != len(y) {
			return len(x) - len(y)
		}
		return strings.Compare(x, y)
	})
}
