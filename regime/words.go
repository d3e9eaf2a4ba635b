package regime

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// said is one sentence or word in the languages of the house.
type said struct{ en, ru string }

func (s said) in(lang Lang) string {
	if lang == Russian {
		return s.ru
	}
	return s.en
}

func (s said) texts() map[Lang]string { return map[Lang]string{English: s.en, Russian: s.ru} }

// forms of a counted noun: one, few, many. English has one and many.
type forms struct{ one, few, many string }

// units are the units that a field may name.
var units = map[string]map[Lang]forms{
	"persons": {
		English: {"person", "persons", "persons"},
		Russian: {"человек", "человека", "человек"},
	},
	"pieces": {
		English: {}, // "battle tanks: 124"
		Russian: {"ед.", "ед.", "ед."},
	},
	"sorties": {
		English: {"sortie", "sorties", "sorties"},
		Russian: {"самолёто-вылет", "самолёто-вылета", "самолёто-вылетов"},
	},
	"places": {
		English: {"place", "places", "places"},
		Russian: {"место", "места", "мест"},
	},
	"days": {
		English: {"day", "days", "days"},
		Russian: {"день", "дня", "дней"},
	},
	"hours": {
		English: {"hour", "hours", "hours"},
		Russian: {"час", "часа", "часов"},
	},
	"m":           sign("m", "м"),
	"km":          sign("km", "км"),
	"km2":         sign("km²", "км²"),
	"ha":          sign("ha", "га"),
	"m3":          sign("m³", "м³"),
	"million-m3":  sign("million m³", "млн м³"),
	"m3/s":        sign("m³/s", "м³/с"),
	"mg/l":        sign("mg/l", "мг/л"),
	"kWh":         sign("kWh", "кВт·ч"),
	"million-kWh": sign("million kWh", "млн кВт·ч"),
	"MW":          sign("MW", "МВт"),
	"kg":          sign("kg", "кг"),
	"t":           sign("t", "т"),
	"percent":     sign("%", "%"),
	"degrees-c":   sign("°C", "°C"),
}

// Figure writes a whole number with its unit in a house language: "1,250 persons".
// Without a unit it is the number alone.
func Figure(n int, unit string, lang Lang) string { return counted(n, unit, lang) }

// Quantity writes the value of a field of type number, as it was given, with its
// unit in a house language: "1,250.50 m³/s".
func Quantity(s, unit string, lang Lang) string { return quantity(s, unit, lang) }

// sign is a unit that is written the same after any number.
func sign(en, ru string) map[Lang]forms {
	return map[Lang]forms{English: {en, en, en}, Russian: {ru, ru, ru}}
}

// Units lists the units that a field may name, sorted.
func Units() []string { return slices.Sorted(maps.Keys(units)) }

// counted writes a number with its unit: "1 day", "21 день", "42 дня".
func counted(n int, unit string, lang Lang) string {
	words, ok := units[unit]
	if !ok {
		return grouped(n, lang)
	}
	if lang != Russian {
		lang = English
	}
	return strings.TrimSuffix(grouped(n, lang)+" "+plural(n, words[lang], lang), " ")
}

// quantity writes a number as it was given with its unit: "1,250.50 m³/s".
func quantity(s, unit string, lang Lang) string {
	whole, fraction, dotted := strings.Cut(s, ".")
	n, err := strconv.Atoi(whole)
	if err != nil {
		return s
	}
	text, mark := grouped(n, lang), "."
	if n == 0 {
		text = whole // keeps the sign of -0.5
	}
	if lang == Russian {
		mark = ","
	} else {
		lang = English
	}
	if dotted {
		text += mark + fraction
	}
	words := units[unit][lang]
	if !dotted {
		return strings.TrimSuffix(text+" "+plural(n, words, lang), " ")
	}
	// A number with decimals takes the genitive singular in Russian, the plural in English.
	return strings.TrimSuffix(text+" "+words.few, " ")
}

func plural(n int, words forms, lang Lang) string {
	if lang != Russian {
		if n == 1 {
			return words.one
		}
		return words.many
	}
	switch last := n % 10; {
	case n%100 >= 11 && n%100 <= 14:
		return words.many
	case last == 1:
		return words.one
	case last >= 2 && last <= 4:
		return words.few
	}
	return words.many
}

// grouped writes a number with its thousands parted: a comma in English from
// 1,000, a space that does not break in Russian from 10 000.
func grouped(n int, lang Lang) string {
	if n < 0 {
		return "-" + grouped(-n, lang)
	}
	digits := strconv.Itoa(n)
	mark, least := ",", 4
	if lang == Russian {
		mark, least = "\u00a0", 5
	}
	if len(digits) < least {
		return digits
	}
	var b strings.Builder
	for i, c := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(mark)
		}
		b.WriteRune(c)
	}
	return b.String()
}

// answers as they stand in a rendered form.
var answers = map[Answer]said{
	Nil:           {"nil", "нет"},
	NotKnownNow:   {"not known now", "в настоящее время неизвестно"},
	NotApplicable: {"not applicable", "не применимо"},
	Disputed:      {"disputed", "оспаривается"},
}

func yes(b bool) said {
	if b {
		return said{"yes", "да"}
	}
	return said{"no", "нет"}
}
