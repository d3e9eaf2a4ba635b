package regime

import (
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"detente/party"
)

// value checks a value against the type of its field.
func (c *checker) value(f *Field, value any) {
	switch f.Type {
	case TypeString:
		c.text(f, value, maxLine, false)
	case TypeText:
		c.text(f, value, maxText, true)
	case TypeDate:
		if _, ok := day(value); !ok {
			c.add(f, said{`not a date: write "2027-03-01"`, `не дата: укажите в виде "2027-03-01"`})
		}
	case TypeInt:
		c.figure(f, value)
	case TypeBool:
		if _, ok := value.(bool); !ok {
			c.add(f, said{"neither true nor false", "допускается только true (да) или false (нет)"})
		}
	case TypeChoice:
		c.choice(f, value)
	case TypeState:
		c.state(f, value)
	case TypePost:
		c.post(f, value)
	case TypeChoices:
		c.set(f, value, c.choice)
	case TypeStates:
		c.set(f, value, c.state)
	case TypeList:
		c.list(f, value, func(f *Field, item any) { c.text(f, item, maxLine, false) })
	case TypeMap:
		c.figures(f, value)
	case TypePlaces:
		c.list(f, value, c.place)
	case TypeArea:
		c.area(f, value)
	case TypeRows:
		c.rows(f, value)
	default:
		c.measured(f, value)
	}
}

// measured checks the types of a value that has a spelling of its own.
func (c *checker) measured(f *Field, value any) {
	switch f.Type {
	case TypeMoment:
		if _, ok := moment(value); !ok {
			c.add(f, said{
				`not a local time with its offset and zone: write "2027-03-01T09:00+05:00[Asia/Almaty]"`,
				`не местное время с указанием смещения и часового пояса: укажите в виде "2027-03-01T09:00+05:00[Asia/Almaty]"`,
			})
		}
	case TypeYear:
		if _, ok := year(value); !ok {
			c.add(f, said{"not a year from %d to %d", "не год от %d до %d"}, minYear, maxYear)
		}
	case TypeNumber:
		c.number(f, value)
	case TypePlace:
		c.place(f, value)
	case TypeLine:
		c.stretch(f, value)
	case TypeRef:
		if s, _ := value.(string); !isRef(s) {
			c.add(f, said{
				`%q is neither a thread (e.g. ALA/2026/17) nor an act (origin, index and leaf hash)`,
				`%q — ни обозначение переписки (например, ALA/2026/17), ни акт (запись, номер и хеш)`,
			}, word(value))
		}
	}
}

func (c *checker) number(f *Field, value any) {
	n, ok := decimal(value)
	least, most := f.span()
	if !ok || n < Decimal(least)*One || n > Decimal(most)*One {
		c.add(f, said{
			`not a number from %d to %d as text, with a dot and at most six decimals: write "12.5"`,
			`не число от %d до %d в виде текста, с точкой и не более чем шестью знаками после неё: укажите "12.5"`,
		}, least, most)
	}
}

// span is the least and the greatest number of a field, in whole units.
func (f *Field) span() (least, most int) {
	return f.Min, f.limit(maxNumber)
}

// limit is the bound of a field: its own if it has one below the general.
func (f *Field) limit(general int) int {
	if f.Max > 0 {
		return min(f.Max, general)
	}
	return general
}

func (c *checker) text(f *Field, value any, most int, lines bool) {
	s, ok := value.(string)
	if !ok {
		c.add(f, said{"not a text: write it in quotation marks", "не текст: заключите значение в кавычки"})
		return
	}
	if f.Type == TypeString || f.Type == TypeText {
		most = f.limit(most)
	}
	n := utf8.RuneCountInString(s)
	at := unsafeAt(s, lines)
	switch {
	case blank(s):
		c.add(f, said{"the text is empty", "текст пуст"})
	case n > most:
		c.add(f, said{"%d characters are more than %d: shorten it", "%d знаков — больше допустимых %d: сократите текст"}, n, most)
	case at >= 0:
		c.add(f, said{"character %d cannot be shown: remove it", "знак %d не отображается: удалите его"}, 1+utf8.RuneCountInString(s[:at]))
	}
}

func blank(s string) bool {
	for _, r := range s {
		if !unicode.IsSpace(r) {
			return false
		}
	}
	return true
}

// unsafeAt returns the offset of the first character that is not shown or that
// changes how others are shown: controls, separators of lines, marks that turn
// the direction of writing, or bytes that are not UTF-8. A text of several lines
// may have line feeds. It returns -1 if there is none.
func unsafeAt(s string, lines bool) int {
	for i, r := range s {
		if r == utf8.RuneError && !strings.HasPrefix(s[i:], string(utf8.RuneError)) {
			return i
		}
		if !visible(r) && (r != '\n' || !lines) {
			return i
		}
	}
	return -1
}

// visible is a letter, mark, number, sign or space, or one of the two joiners
// that Persian and the scripts of India write with.
func visible(r rune) bool {
	const nonJoiner, joiner = '\u200c', '\u200d'
	return r == nonJoiner || r == joiner || unicode.IsGraphic(r)
}

func (c *checker) figure(f *Field, value any) {
	most := f.limit(maxCount)
	if n, ok := figure(value); !ok || n < f.Min || n > most {
		c.add(f, said{"not a whole number from %d to %d", "не целое число от %d до %d"}, f.Min, most)
	}
}

func (c *checker) choice(f *Field, value any) {
	s, ok := value.(string)
	if _, known := choice(f.Choices, s); ok && known {
		return
	}
	list := make([]string, len(f.Choices))
	for i := range f.Choices {
		list[i] = f.Choices[i].Code
	}
	c.add(f, said{"%q is none of %s", "%q не входит в перечень: %s"}, word(value), codes(list))
}

// word is a value as a sentence may quote it.
func word(value any) string {
	if s, ok := value.(string); ok {
		return short(s)
	}
	return "…"
}

func (c *checker) state(f *Field, value any) {
	s, _ := value.(string)
	if _, err := party.ParseID(s); err != nil {
		c.add(f, said{"%q is not the id of a party in the group's roster", "%q — не идентификатор участника из реестра группы"}, word(value))
	}
}

func (c *checker) post(f *Field, value any) {
	s, _ := value.(string)
	if _, err := party.ParsePost(s); err != nil {
		c.add(f, said{"%q is not the id of a post: an office of the roster, never a person", "%q — не идентификатор службы: указывается служба из реестра, но не лицо"}, word(value))
	}
}

// list checks the number of items and each of them.
func (c *checker) list(f *Field, value any, item func(*Field, any)) []any {
	items, ok := value.([]any)
	most := f.limit(maxItems)
	switch {
	case !ok:
		c.add(f, said{"not a list: write it in square brackets", "не перечень: заключите значения в квадратные скобки"})
		return nil
	case len(items) == 0:
		c.add(f, said{"the list is empty", "перечень пуст"})
		return nil
	case len(items) > most:
		c.add(f, said{"%d items are more than %d", "%d позиций — больше допустимых %d"}, len(items), most)
		return nil
	}
	for i := range items {
		item(f, items[i])
	}
	return items
}

// set is a list without repetition.
func (c *checker) set(f *Field, value any, item func(*Field, any)) {
	seen := map[string]bool{}
	for _, v := range c.list(f, value, item) {
		s, _ := v.(string)
		if s != "" && seen[s] {
			c.add(f, said{"%q is repeated", "%q повторяется"}, short(s))
		}
		seen[s] = true
	}
}

// figures checks a map of figures by state or by choice.
func (c *checker) figures(f *Field, value any) {
	of, ok := value.(map[string]any)
	switch {
	case !ok:
		c.add(f, said{"not a table of figures: write {\"key\": 0}", "не таблица чисел: укажите в виде {\"ключ\": 0}"})
		return
	case len(of) == 0:
		c.add(f, said{"the table is empty", "таблица пуста"})
		return
	case len(of) > maxItems:
		c.add(f, said{"%d entries are more than %d", "%d записей — больше допустимых %d"}, len(of), maxItems)
		return
	}
	for _, key := range slices.Sorted(maps.Keys(of)) {
		if f.Keys == "state" {
			c.state(f, key)
		} else {
			c.choice(f, key)
		}
		c.where.key = key
		c.figure(f, of[key])
		c.where.key = ""
	}
}
