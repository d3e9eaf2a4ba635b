package screen

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"detente/position"
	"detente/regime"
)

// input is one field of a form as it is typed, with all that a page shows beside it.
type input struct {
	Name    string // of the posted field, and of its place on the page
	Number  string
	Label   string
	Help    string
	Type    string
	Unit    string
	Must    bool     // always asked for
	Value   string   // typed text; of several lines one each
	Echo    []string // how it was understood, in other spellings
	Answer  string   // the explicit answer given; empty: a value, or nothing
	Answers []string // explicit answers that do
	Options []option // of a choice, choices, a state, states, and the keys of a map
	Day     [3]string
	Rows    [][]input // of a table: each its columns
	Titled  string    // name of an area or a line
	Faults  []string
}

// option is one code of a choice, or one key of a map with its figure.
type option struct {
	Code, Name, Figure string
	Chosen             bool
}

// formView shows and reads one form in one language.
type formView struct {
	form   *regime.Form
	lang   string
	states []option // parties of the group
}

// input prepares a field for a page.
func (w *formView) input(f *regime.Field, name string, value any) input {
	in := input{Name: name, Number: f.Number, Label: inLanguage(w.lang, f.Name), Help: inLanguage(w.lang, f.Help), Type: f.Type, Unit: regime.UnitName(f.Unit, houseLanguage(w.lang)), Must: f.Required == regime.Always}
	for _, a := range f.Accepted() {
		in.Answers = append(in.Answers, string(a))
	}
	if a, ok := value.(regime.Answer); ok {
		in.Answer, value = string(a), nil
		if !slices.Contains(in.Answers, in.Answer) {
			in.Answers = append(in.Answers, in.Answer)
		}
	}
	switch f.Type {
	case regime.TypeChoice, regime.TypeChoices, regime.TypeState, regime.TypeStates, regime.TypeMap:
		in.Options = w.options(f, value)
		in.Value = typed(value)
	case regime.TypeDate:
		in.Value = typed(value)
		in.Day, in.Echo = w.day(in.Value)
	case regime.TypeArea, regime.TypeLine:
		of, _ := value.(map[string]any)
		in.Titled, _ = of["name"].(string)
		in.Value = typed(of["points"])
		in.Echo = spellings(of["points"])
		if of == nil {
			in.Value = typed(value)
		}
	case regime.TypeRows:
		rows, _ := value.([]any)
		for i := 0; i <= len(rows); i++ { // one more, to be filled
			var row map[string]any
			if i < len(rows) {
				row, _ = rows[i].(map[string]any)
			}
			var columns []input
			for j := range f.Columns {
				c := &f.Columns[j]
				columns = append(columns, w.input(c, fmt.Sprintf("%s.%d.%s", name, i, c.ID), row[c.ID]))
			}
			in.Rows = append(in.Rows, columns)
		}
	case regime.TypePlace, regime.TypePlaces:
		in.Value, in.Echo = typed(value), spellings(value)
	default:
		in.Value = typed(value)
	}
	return in
}

// options are the codes of a field, with what is chosen of them or counted by them.
func (w *formView) options(f *regime.Field, value any) []option {
	var all []option
	if f.Type == regime.TypeState || f.Type == regime.TypeStates || f.Keys == "state" {
		all = append(all, w.states...)
	} else {
		for _, c := range f.Choices {
			all = append(all, option{Code: c.Code, Name: inLanguage(w.lang, c.Name)})
		}
	}
	for i := range all {
		switch value := value.(type) {
		case string:
			all[i].Chosen = value == all[i].Code
		case []any:
			all[i].Chosen = slices.ContainsFunc(value, func(x any) bool { return x == all[i].Code })
		case map[string]any:
			all[i].Figure = typed(value[all[i].Code])
		}
	}
	return all
}

// day parts a date into what stands in its three boxes, and says it with its weekday.
func (w *formView) day(s string) ([3]string, []string) {
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return [3]string{strconv.Itoa(t.Day()), strconv.Itoa(int(t.Month())), strconv.Itoa(t.Year())},
			[]string{s + ", " + word(w.lang, "weekday", int(t.Weekday()))}
	}
	var parts [3]string
	copy(parts[:], strings.SplitN(s, ".", 3))
	return parts, nil
}

// typed is a value as it is typed: an item for each line.
func typed(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case int64:
		return strconv.FormatInt(value, 10)
	case bool:
		return strconv.FormatBool(value)
	case []any:
		lines := make([]string, len(value))
		for i := range value {
			lines[i] = typed(value[i])
		}
		return strings.Join(lines, "\n")
	case map[string]any:
		lat, _ := value["lat"].(string)
		lon, _ := value["lon"].(string)
		if name, _ := value["name"].(string); name != "" {
			return name + ": " + lat + ", " + lon
		}
		if lat+lon != "" {
			return lat + ", " + lon
		}
	}
	return ""
}

// spellings are the points of a value in degrees, minutes and seconds, and in MGRS.
func spellings(value any) []string {
	list, ok := value.([]any)
	if !ok {
		list = []any{value}
	}
	var out []string
	for _, one := range list {
		of, _ := one.(map[string]any)
		lat, _ := of["lat"].(string)
		lon, _ := of["lon"].(string)
		p, _, _, err := position.Parse(lat + ", " + lon)
		if err != nil {
			continue
		}
		s := p.Sexagesimal()
		if grid, ok := p.Grid(); ok {
			s += " | " + grid
		}
		out = append(out, s)
	}
	return out
}

// read takes a field from a posted form, as JSON has it; false: it says nothing.
func (w *formView) read(f *regime.Field, name string, posted url.Values) (any, bool) {
	if a := posted.Get(name + ".answer"); a != "" && a != "value" {
		return map[string]any{"answer": a}, true
	}
	one := strings.TrimSpace(strings.ReplaceAll(posted.Get(name), "\r\n", "\n"))
	switch f.Type {
	case regime.TypeChoices, regime.TypeStates:
		var all []any
		for _, s := range posted[name] {
			if s != "" {
				all = append(all, s)
			}
		}
		return all, len(all) > 0
	case regime.TypeList, regime.TypePlaces:
		all := linesOf(one)
		return all, len(all) > 0
	case regime.TypeDate:
		return dateOf(posted.Get(name+".d"), posted.Get(name+".m"), posted.Get(name+".y"))
	case regime.TypeMap:
		of := map[string]any{}
		for _, o := range w.options(f, nil) {
			if s := strings.TrimSpace(posted.Get(name + "." + o.Code)); s != "" {
				of[o.Code] = s
			}
		}
		return of, len(of) > 0
	case regime.TypeArea, regime.TypeLine:
		points := linesOf(one)
		titled := strings.TrimSpace(posted.Get(name + ".name"))
		if f.Type == regime.TypeArea && len(points) > 2 && points[0] != points[len(points)-1] {
			points = append(points, points[0]) // an outline is closed
		}
		return map[string]any{"name": titled, "points": points}, titled != "" || len(points) > 0
	case regime.TypeRows:
		rows := []any{}
		for i := range min(maxRows, 1+highest(name, posted)) {
			row := map[string]any{}
			for j := range f.Columns {
				c := &f.Columns[j]
				if value, ok := w.read(c, fmt.Sprintf("%s.%d.%s", name, i, c.ID), posted); ok {
					row[c.ID] = value
				}
			}
			if len(row) > 0 {
				rows = append(rows, row)
			}
		}
		return rows, len(rows) > 0
	}
	return one, one != ""
}

// highest is the number of the last row that was posted of a table; below 0: none.
func highest(name string, posted url.Values) int {
	most := -1
	for key := range posted {
		rest, ok := strings.CutPrefix(key, name+".")
		number, _, more := strings.Cut(rest, ".")
		if n, err := strconv.Atoi(number); ok && more && err == nil && n > most {
			most = n
		}
	}
	return most
}

func linesOf(s string) []any {
	all := []any{}
	for line := range strings.SplitSeq(s, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, line)
		}
	}
	return all
}

// dateOf puts three boxes together; the month may be a word of any language of the
// pages. What is no date stays as it was typed.
func dateOf(d, m, y string) (any, bool) {
	d, m, y = strings.TrimSpace(d), strings.TrimSpace(m), strings.TrimSpace(y)
	if d+m+y == "" {
		return nil, false
	}
	month := monthOf(m)
	t, err := time.Parse("2006-1-2", y+"-"+month+"-"+strings.TrimPrefix(d, "0"))
	if err != nil {
		return d + "." + m + "." + y, true
	}
	return t.Format(time.DateOnly), true
}

// monthOf is the number of a month that is written as a number or a word.
func monthOf(s string) string {
	if n, err := strconv.Atoi(s); err == nil {
		return strconv.Itoa(n)
	}
	low := strings.ToLower(s)
	for _, lang := range sentences.Languages() {
		for n := range 12 {
			if names := strings.Fields(say(lang, fmt.Sprintf("month.%d", n+1))); slices.Contains(names, low) {
				return strconv.Itoa(n + 1)
			}
		}
	}
	return s
}

// values lays what was posted of some fields over what a draft has. What does not fit
// its field stays as it was typed, for the check to name.
func (w *formView) values(had *regime.Values, fields []*regime.Field, posted url.Values) (*regime.Values, error) {
	of := map[string]bool{}
	for _, f := range fields {
		of[f.ID] = true
	}
	out := had.Only(func(id string) bool { return !of[id] })
	for _, f := range fields {
		raw, ok := w.read(f, "f."+f.ID, posted)
		if !ok {
			continue
		}
		b, err := json.Marshal(map[string]any{f.ID: raw})
		if err != nil {
			return nil, err
		}
		one, err := w.form.ReadYAML(b)
		if err != nil { // a position that cannot be read
			if one, err = regime.ReadValues(b); err != nil {
				return nil, err
			}
		}
		out = out.Over(one)
	}
	return out, nil
}
