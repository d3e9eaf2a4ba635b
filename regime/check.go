package regime

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Fault is one fault of a filled form: the field, what is wrong, and what to do,
// by language (English and Russian). Number is empty for a field that the form
// does not have.
type Fault struct {
	Number, Field string
	Text          map[Lang]string
}

// Checked is a filled form without faults. Only Check makes one; the zero value
// is refused by whoever takes it.
type Checked struct {
	form   *Form
	values *Values
}

// IsZero reports whether c was made by Check.
func (c Checked) IsZero() bool { return c.form == nil }

// Form is the form that was filled.
func (c Checked) Form() *Form { return c.form }

// Values are the values that were checked.
func (c Checked) Values() *Values { return c.values }

// Check names every fault of v at once, in the order of the fields, at most
// maxFaults of them. Without faults it returns v as Checked.
func (f *Form) Check(v *Values) (Checked, []Fault) {
	c := &checker{form: f, values: v.fields()}
	for i := range f.Fields {
		c.field(&f.Fields[i])
	}
	for _, r := range f.Rules {
		c.rule(r)
	}
	slices.SortStableFunc(c.faults, func(a, b Fault) int { return compareNumbers(a.Number, b.Number) })
	for _, id := range v.IDs() {
		if _, ok := f.Field(id); !ok {
			c.fault("", id, said{"the form has no such field: leave it out", "в форме нет такого поля: исключите его"})
		}
	}
	if len(c.faults) > 0 {
		return Checked{}, c.faults
	}
	return Checked{form: f, values: v}, nil
}

// checker gathers the faults of one filled form.
type checker struct {
	form   *Form
	values map[string]any
	where  place // while inside a table
	faults []Fault
}

// place is where in a table the checker is: a row and a column, an entry of a map
// by key, or both.
type place struct {
	row    int // from 1; 0: none
	column *Field
	key    string
}

// prefix is the place in front of a sentence: "row 2, Start: ".
func (p place) prefix() (s said) {
	if p.row > 0 {
		s = said{
			fmt.Sprintf("row %d, %s: ", p.row, in(p.column.Name, English)),
			fmt.Sprintf("строка %d, %s: ", p.row, in(p.column.Name, Russian)),
		}
	}
	if p.key != "" {
		key := short(p.key) + ": "
		s.en, s.ru = s.en+key, s.ru+key
	}
	return s
}

// add notes a fault; both sentences take the same arguments.
func (c *checker) add(f *Field, text said, args ...any) {
	if len(args) > 0 {
		text = said{fmt.Sprintf(text.en, args...), fmt.Sprintf(text.ru, args...)}
	}
	prefix := c.where.prefix()
	c.fault(f.Number, f.ID, said{prefix.en + text.en, prefix.ru + text.ru})
}

func (c *checker) fault(number, id string, text said) {
	if len(c.faults) < maxFaults {
		c.faults = append(c.faults, Fault{Number: number, Field: short(id), Text: text.texts()})
	}
}

// field checks whether a field is answered as its condition asks, and how.
func (c *checker) field(f *Field) {
	value, given := c.values[f.ID]
	answer, explicit := value.(Answer)
	asked, cond := c.asked(f)
	switch {
	case !given && asked:
		c.missing(f)
	case !given:
	case explicit:
		c.answer(f, answer, asked)
	case cond != nil && !asked:
		kinds, _ := c.form.Field(cond.Field)
		c.add(f, said{
			fmt.Sprintf("answered only with %s in field %s: name that there, or leave this out", c.named(cond, English), kinds.Number),
			fmt.Sprintf("заполняется только при указании %s в пункте %s: укажите это там либо исключите это поле", c.named(cond, Russian), kinds.Number),
		})
	default:
		c.value(f, value)
	}
}

// asked reports whether f must be answered, and by which condition, if any. A
// condition on a field without a usable value says nothing: that is one fault,
// not one for each field that depends on it.
func (c *checker) asked(f *Field) (bool, *Condition) {
	switch f.Required {
	case Always, Known:
		return true, nil
	case Never:
		return false, nil
	}
	cond, ok := c.form.condition(f.Required)
	if !ok {
		return false, nil
	}
	looked, _ := c.form.Field(cond.Field)
	holds, judged := cond.holds(looked.Type, c.values[cond.Field])
	if !judged {
		return false, nil
	}
	return holds, cond
}

// holds judges a condition by the value of its field, which is of type kind;
// without a usable value it is not judged.
func (cond *Condition) holds(kind string, value any) (holds, judged bool) {
	switch value := value.(type) {
	case string:
		return slices.Contains(cond.Any, value), kind == TypeChoice || kind == TypeState
	case bool:
		return slices.Contains(cond.Any, strconv.FormatBool(value)), kind == TypeBool
	case []any:
		return slices.ContainsFunc(value, func(k any) bool {
			code, _ := k.(string)
			return slices.Contains(cond.Any, code)
		}), kind == TypeChoices || kind == TypeStates
	}
	return false, false
}

// named lists the values that a condition waits for, as the form calls them.
func (c *checker) named(cond *Condition, lang Lang) string {
	field, _ := c.form.Field(cond.Field)
	names := make([]string, len(cond.Any))
	for i, code := range cond.Any {
		name := code
		if ch, ok := choice(field.Choices, code); ok {
			name = in(ch.Name, lang)
		} else if field.Type == TypeBool {
			name = yes(code == "true").in(lang)
		}
		names[i] = "“" + name + "”"
		if lang == Russian {
			names[i] = "«" + name + "»"
		}
	}
	return strings.Join(names, said{" or ", " или "}.in(lang))
}

func (c *checker) missing(f *Field) {
	answers := f.accepted()
	if len(answers) == 0 {
		c.add(f, said{"not answered: give a value", "не заполнено: укажите значение"})
		return
	}
	c.add(f, said{"not answered: give a value, or answer %s", "не заполнено: укажите значение или дайте ответ %s"}, codes(answers))
}

// answer checks an explicit answer. Where the field is not asked for, any will do but
// Disputed, which a form offers by name.
func (c *checker) answer(f *Field, a Answer, asked bool) {
	switch {
	case !asked && a != Disputed || slices.Contains(f.accepted(), a):
	case len(f.Answers) == 0:
		c.add(f, said{"the answer %s is not accepted here: give a value", "ответ %s здесь не принимается: укажите значение"}, a)
	default:
		c.add(f, said{"the answer %s is not accepted here: give a value, or answer %s", "ответ %s здесь не принимается: укажите значение или дайте ответ %s"}, a, codes(f.Answers))
	}
}

// accepted are the explicit answers that do where the field is asked for.
func (f *Field) accepted() []Answer {
	if f.Required == Known {
		return []Answer{Nil, NotKnownNow, NotApplicable}
	}
	return f.Answers
}

// free are the explicit answers that do where the field is not asked for.
func (f *Field) free() []Answer {
	return slices.DeleteFunc(Answers(), func(a Answer) bool { return a == Disputed && !slices.Contains(f.Answers, a) })
}

// codes lists words as they are written in a filled form.
func codes[S ~string](words []S) string {
	list := make([]string, len(words))
	for i := range words {
		list[i] = string(words[i])
	}
	return strings.Join(list, ", ")
}
