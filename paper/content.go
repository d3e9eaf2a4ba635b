package paper

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"detente/party"
	"detente/position"
	"detente/regime"
)

// content writes the filled form, or the text, as blocks.
func (s *sheet) content() {
	l := s.letter
	if l.Form == nil {
		for p := range strings.SplitSeq(l.Text, "\n") {
			if strings.TrimSpace(p) != "" {
				s.blocks = append(s.blocks, block{lines: []line{s.free(p)}})
			}
		}
	} else {
		s.form()
	}
	if marked := s.marked(); marked && l.Original != l.Language {
		s.remarks = append(s.remarks, s.words.Unnamed)
		if l.Original != "" {
			s.remarks[0] = strings.ReplaceAll(s.words.Original, "{lang}", string(l.Original))
		}
	}
	if l.Form != nil && l.Form.Title[l.Language] == "" {
		s.remarks = append(s.remarks, s.words.Fallback)
	}
}

func (s *sheet) marked() bool {
	for _, b := range s.blocks {
		if slices.ContainsFunc(b.lines, func(x line) bool { return x.free }) {
			return true
		}
		if b.table != nil && slices.ContainsFunc(b.table.cells, func(row []line) bool {
			return slices.ContainsFunc(row, func(x line) bool { return x.free })
		}) {
			return true
		}
	}
	return false
}

// mark is what stands behind free text; nothing if reader and author share a language.
func (s *sheet) mark(x line) string {
	if !x.free || s.letter.Original == s.letter.Language {
		return ""
	}
	if s.letter.Original == "" {
		return "[*]"
	}
	return "[" + string(s.letter.Original) + "]"
}

func (s *sheet) form() {
	l, group := s.letter, ""
	if l.Kind != Form {
		s.blocks = append(s.blocks, block{heading: text(l.Form.Title, l.Language)})
	}
	for i := range l.Form.Fields {
		f := &l.Form.Fields[i]
		value, ok := l.Values.Get(f.ID)
		if !ok {
			continue
		}
		if g, _, _ := strings.Cut(f.Number, "."); g != group {
			group = g
			for _, x := range l.Form.Groups {
				if x.Number == g {
					s.blocks = append(s.blocks, block{heading: g + ". " + text(x.Name, l.Language)})
				}
			}
		}
		b := block{number: f.Number, name: text(f.Name, l.Language)}
		b.lines, b.table = s.value(f, value)
		s.blocks = append(s.blocks, b)
	}
	// What the form does not know is shown as it is, never dropped.
	for _, id := range l.Values.IDs() {
		if _, known := l.Form.Field(id); known {
			continue
		}
		value, _ := l.Values.Get(id)
		s.blocks = append(s.blocks, block{number: "–", name: clean(id), lines: []line{s.free(fmt.Sprint(value))}})
	}
}

// free is text of the author, without what cannot be shown.
func (s *sheet) free(text string) line { return line{text: clean(text), free: true} }

// clean replaces characters that are not shown or change how others are shown.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\u200c' || r == '\u200d' || unicode.IsGraphic(r):
			return r
		}
		return utf8.RuneError
	}, s)
}

// value writes one value; one that does not fit its field is shown as it is.
func (s *sheet) value(f *regime.Field, value any) ([]line, *table) {
	switch value := value.(type) {
	case []any:
		return s.items(f, value)
	case map[string]any:
		return s.object(f, value)
	}
	return []line{s.word(f, value)}, nil
}

// word writes a value that is one line or text.
func (s *sheet) word(f *regime.Field, value any) line {
	w := s.words
	switch value := value.(type) {
	case regime.Answer:
		return line{text: w.answer(value)}
	case bool:
		return line{text: w.yes(value)}
	case int64:
		if f.Type == regime.TypeYear {
			return line{text: strconv.FormatInt(value, 10)}
		}
		return line{text: w.count(int(value), f.Unit)}
	case string:
		return s.coded(f, value)
	}
	return s.free(fmt.Sprint(value))
}

// coded writes a text that its field gives a meaning, or free text.
func (s *sheet) coded(f *regime.Field, value string) line {
	w := s.words
	switch f.Type {
	case regime.TypeDate:
		if t, err := time.Parse(time.DateOnly, value); err == nil {
			return line{text: w.day(t)}
		}
	case regime.TypeMoment:
		if m, ok := regime.ParseMoment(value); ok {
			return line{text: fmt.Sprintf("%s, %s (UTC%s, %s)", w.day(m.Time), m.Time.Format("15:04"), m.Time.Format("-07:00"), m.Zone)}
		}
	case regime.TypeNumber:
		if _, ok := regime.ParseDecimal(value); ok {
			return line{text: w.quantity(value, f.Unit)}
		}
	case regime.TypeChoice, regime.TypeChoices, regime.TypeMap:
		for _, c := range f.Choices {
			if c.Code == value {
				return line{text: text(c.Name, s.letter.Language)}
			}
		}
		if f.Keys == "state" {
			return line{text: s.letter.name(party.ID(value))}
		}
	case regime.TypeState, regime.TypeStates:
		return line{text: s.letter.name(party.ID(value))}
	case regime.TypePost, regime.TypeRef:
		return line{text: clean(value)}
	}
	return s.free(value)
}

func (s *sheet) items(f *regime.Field, items []any) ([]line, *table) {
	switch f.Type {
	case regime.TypeRows:
		return s.rows(f, items)
	case regime.TypePlaces:
		return nil, s.points(items, true)
	}
	lines := make([]line, len(items))
	for i := range items {
		lines[i] = s.word(f, items[i])
	}
	return lines, nil
}

// widest is the number of columns that a sheet may have room for; a table with
// more is written row by row.
const widest = 7

func (s *sheet) rows(f *regime.Field, items []any) ([]line, *table) {
	lang, t := s.letter.Language, &table{head: []string{s.words.Row}}
	narrow := len(f.Columns) <= widest
	for i := range f.Columns {
		t.head = append(t.head, text(f.Columns[i].Name, lang))
		narrow = narrow && f.Columns[i].Type != regime.TypeText
	}
	var lines []line
	for i, item := range items {
		row, ok := item.(map[string]any)
		if !ok {
			lines = append(lines, s.free(fmt.Sprint(item)))
			continue
		}
		cells := []line{{text: strconv.Itoa(i + 1)}}
		for j := range f.Columns {
			column := &f.Columns[j]
			cell := line{text: "–"}
			if value, given := row[column.ID]; given {
				cell = s.cell(column, value)
				lines = append(lines, line{cell.text, cell.free, text(column.Name, lang), i + 1})
			}
			cells = append(cells, cell)
		}
		t.cells = append(t.cells, cells)
	}
	if narrow && len(t.cells) == len(items) {
		t.stack = lines
		return nil, t
	}
	return lines, nil
}

// cell writes a value into one line.
func (s *sheet) cell(f *regime.Field, value any) line {
	lines, t := s.value(f, value)
	if t != nil {
		for _, row := range t.cells {
			var texts []string
			for _, x := range row {
				texts = append(texts, x.text)
			}
			lines = append(lines, line{text: strings.Join(texts, " · ")})
		}
	}
	out := line{}
	for i, x := range lines {
		if i > 0 {
			out.text += "; "
		}
		out.text += x.text
		out.free = out.free || x.free
	}
	return out
}

func (s *sheet) object(f *regime.Field, of map[string]any) ([]line, *table) {
	points, outlined := of["points"].([]any)
	_, located := of["lat"]
	switch {
	case f.Type == regime.TypePlace && located:
		return nil, s.points([]any{of}, of["name"] != nil)
	case outlined:
		var lines []line
		if name, ok := of["name"].(string); ok {
			lines = []line{s.free(name)}
		}
		return lines, s.points(points, false)
	}
	head := s.words.Category
	if f.Keys == "state" {
		head = s.words.State
	}
	t := &table{head: []string{head, s.words.Figure}}
	for _, key := range slices.Sorted(maps.Keys(of)) {
		t.cells = append(t.cells, []line{s.coded(f, key), s.word(f, of[key])})
	}
	return nil, t
}

// points writes places in all three spellings, so that a reader with any map can
// find them and a mistake shows.
func (s *sheet) points(items []any, named bool) *table {
	w := s.words
	t := &table{head: []string{w.Point, w.Sexagesimal, w.Degrees, w.Grid}}
	for i, item := range items {
		of, _ := item.(map[string]any)
		name := line{text: strconv.Itoa(i + 1)}
		if text, ok := of["name"].(string); ok && named {
			name = s.free(text)
		}
		lat, _ := of["lat"].(string)
		lon, _ := of["lon"].(string)
		row := []line{name, {text: "–"}, s.free(lat + " " + lon), {text: "–"}}
		if p, _, _, err := position.Parse(lat + ", " + lon); err == nil {
			row[1].text = p.Sexagesimal()
			row[2] = line{text: lat + ", " + lon}
			if grid, ok := p.Grid(); ok {
				row[3].text = grid
			}
		}
		t.cells = append(t.cells, row)
	}
	if len(items) == 1 && !named {
		t.head = t.head[1:]
		t.cells[0] = t.cells[0][1:]
	}
	return t
}
