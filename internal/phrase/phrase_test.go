package phrase

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

const english = `# settings
@plural = one other
@thousands = , from 4
@months = January February March April May June July August September October November December
unit.years = {n} {n|year|years}
unit.months = {n} {n|month|months}
unit.weeks = {n} {n|week|weeks}
unit.days = {n} {n|day|days}
unit.hours = {n} {n|hour|hours}
unit.minutes = {n} {n|minute|minutes}
unit.seconds = {n} {n|second|seconds}
due = {what}: lodged {past} past {day}; the text provides for {least}
`

const russian = `@plural = one few many
@thousands = nbsp from 5
@months = января февраля марта апреля мая июня июля августа сентября октября ноября декабря
unit.years = {n} {n|год|года|лет}
unit.months = {n} {n|месяц|месяца|месяцев}
unit.weeks = {n} {n|неделя|недели|недель}
unit.days = {n} {n|день|дня|дней}
unit.hours = {n} {n|час|часа|часов}
unit.minutes = {n} {n|минута|минуты|минут}
unit.seconds = {n} {n|секунда|секунды|секунд}
due = {what}: представлено спустя {past} после {day}; документ предусматривает {least}
`

func files(en, ru string) fstest.MapFS {
	return fstest.MapFS{"w/en.txt": {Data: []byte(en)}, "w/ru.txt": {Data: []byte(ru)}}
}

func TestSay(t *testing.T) {
	s, err := New(files(english, russian), "w")
	if err != nil {
		t.Fatal(err)
	}
	day := Day{time.Date(2027, 8, 17, 0, 0, 0, 0, time.UTC)}
	tests := []struct {
		lang string
		args map[string]any
		want string
	}{
		{"en", map[string]any{"what": int64(13200), "past": Lapse(86400), "day": day, "least": Span("P42D")},
			"13,200: lodged 1 day past 17 August 2027; the text provides for 42 days"},
		{"ru", map[string]any{"what": int64(13200), "past": Lapse(22 * 86400), "day": day, "least": Span("P42D")},
			"13\u00a0200: представлено спустя 22 дня после 17 августа 2027; документ предусматривает 42 дня"},
		{"ru", map[string]any{"what": map[string]string{"en": "troops", "ru": "войска"}, "past": Lapse(11 * 86400), "day": day, "least": Span("P1Y6M")},
			"войска: представлено спустя 11 дней после 17 августа 2027; документ предусматривает 1 год 6 месяцев"},
		{"en", map[string]any{"what": List{"a", "b"}, "past": Lapse(60), "day": Moment{time.Date(2027, 8, 17, 23, 59, 0, 0, time.UTC)}, "least": Span("PT1H")},
			"a, b: lodged 1 minute past 17 August 2027, 23:59 UTC; the text provides for 1 hour"},
		{"fr", map[string]any{"what": "x", "past": Lapse(1), "day": day, "least": Span("P1W")},
			"x: lodged 1 second past 17 August 2027; the text provides for 1 week"},
	}
	for _, tt := range tests {
		if got := s.Say(tt.lang, "due", tt.args); got != tt.want {
			t.Errorf("%s: %q\nwant %q", tt.lang, got, tt.want)
		}
	}
}

func TestFilesAgree(t *testing.T) {
	tests := []struct{ name, en, ru, want string }{
		{"a sentence less", english, strings.Replace(russian, "due = ", "due2 = ", 1), "due is missing"},
		{"a blank less", english, strings.Replace(russian, "{day}", "", 1), "has the blanks"},
		{"a sentence more", english, russian + "more = x\n", "not"},
		{"twice", english + "due = x\n", russian, "stands twice"},
		{"no sentence", english + "due\n", russian, "key = sentence"},
		{"no setting", english + "@x = 1\n", russian, "no setting"},
	}
	for _, tt := range tests {
		if _, err := New(files(tt.en, tt.ru), "w"); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}
