package paper_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"detente/act"
	"detente/internal/canon"
	"detente/pack"
	"detente/packs"
	"detente/paper"
	"detente/party"
	"detente/regime"
)

var update = flag.Bool("update", false, "write the papers in testdata, and all of them into the folder of -look")
var look = flag.String("look", "", "folder into which every paper is written, to be looked at")

func shipped(t testing.TB, id, name string) (*regime.Form, *regime.Values) {
	t.Helper()
	texts, err := pack.NewLibrary(packs.FS)
	if err != nil {
		t.Fatal(err)
	}
	f, err := texts.Form(id)
	if err != nil {
		t.Fatal(err)
	}
	b, err := fs.ReadFile(packs.FS, name)
	if err != nil {
		t.Fatal(err)
	}
	v, err := regime.ParseValues(b)
	if err != nil {
		t.Fatal(err)
	}
	return f, v
}

func incident(t testing.TB) (*regime.Form, *regime.Values) {
	t.Helper()
	b, err := os.ReadFile("../spec/vectors/form/form-incident.json")
	if err != nil {
		t.Fatal(err)
	}
	f, err := regime.ParseForm(b)
	if err != nil {
		t.Fatal(err)
	}
	b, err = os.ReadFile("../spec/vectors/form/good-incident.json")
	if err != nil {
		t.Fatal(err)
	}
	v, err := regime.ParseValues(b)
	if err != nil {
		t.Fatal(err)
	}
	return f, v
}

// invisible are signs that take no column.
var invisible = regexp.MustCompile(`[\x{200c}\p{Mn}]`)

var names = map[regime.Lang]map[party.ID]string{
	"en": {"alatau": "Alatau", "borovia": "Borovia", "cintra": "Cintra", "dovania": "United Islamic Emirates of Dovania and the Lesser Northern Archipelago"},
	"ru": {"alatau": "Алатау", "borovia": "Боровия", "cintra": "Цинтра", "dovania": "Объединённые Исламские Эмираты Довании и Малого Северного архипелага"},
	"fa": {"alatau": "آلاتائو", "borovia": "بوروویا", "cintra": "سینترا", "dovania": "امارات متحد اسلامی دووانیا و مجمع\u200cالجزایر کوچک شمالی"},
	"zh": {"alatau": "阿拉套", "borovia": "博罗维亚", "cintra": "辛特拉", "dovania": "多瓦尼亚与小北群岛伊斯兰联合酋长国"},
	"kk": {"alatau": "Алатау", "borovia": "Боровия", "cintra": "Синтра", "dovania": "Дования мен Кіші Солтүстік архипелагының Біріккен Ислам Әмірліктері"},
}

var groups = map[regime.Lang]string{"en": "Steppe Circle", "ru": "Степной круг", "kk": "Дала шеңбері", "fa": "حلقهٔ استپ", "zh": "草原圈"}

// notification is the longest shipped form as a note to two states.
func notification(t testing.TB, lang regime.Lang) *paper.Letter {
	f, v := shipped(t, "cica.2.1.1d", "cica/examples/two-brigade-exercise.json")
	ref, err := act.ParseRef("alatau/1f2e3d4c 12 " + strings.Repeat("Q", 42) + "A=")
	if err != nil {
		t.Fatal(err)
	}
	return &paper.Letter{Kind: paper.NoteVerbale, Language: lang, Original: "en", Status: act.Actual, Number: "12-27/184", Place: "Ashly",
		Date: time.Date(2027, 3, 29, 0, 0, 0, 0, time.UTC), Thread: "ALA/2027/17", Author: "alatau", To: []party.ID{"borovia", "dovania"},
		Group: groups[lang], Names: names[lang], Form: f, Values: v, Acts: []act.Ref{ref}}
}

func letters(t testing.TB) map[string]*paper.Letter {
	all := map[string]*paper.Letter{}
	for _, lang := range paper.Languages() {
		l := notification(t, lang)
		all["notification."+string(lang)] = l
		exercise := *l
		exercise.Status, exercise.To, exercise.Handling = act.Exercise, nil, "RESTRICTED"
		all["exercise."+string(lang)] = &exercise
		form := *l
		form.Kind, form.Form, form.Values = paper.Form, nil, nil
		form.Form, form.Values = incident(t)
		form.To, form.Original = []party.ID{"cintra"}, ""
		all["incident."+string(lang)] = &form
		draft := *l
		draft.Form, draft.Values = shipped(t, "cica.hum.4", "cica/examples/youth-orchestra.json")
		draft.Acts, draft.Draft, draft.Number, draft.Date, draft.Place = nil, canon.DigestOf([]byte("draft")), "", time.Time{}, ""
		draft.To = []party.ID{"borovia"}
		all["draft."+string(lang)] = &draft
	}
	mail := *all["notification.ru"]
	mail.Kind = paper.Email
	all["mail.ru"] = &mail
	plain := *all["notification.en"]
	plain.Form, plain.Values, plain.Text, plain.To = nil, nil, "The line is tested on Monday.\n\nПросим подтвердить получение. Қабылданғанын растауыңызды сұраймыз.", []party.ID{"cintra"}
	all["plain.en"] = &plain
	return all
}

// TestPapers keeps the texts, so that a change of a word is seen in review, and
// writes every paper for people to look at where -look asks for it.
func TestPapers(t *testing.T) {
	for name, l := range letters(t) {
		write := l.PlainText
		if l.Kind == paper.Email {
			write = l.Mail
		}
		got, err := write()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		path := filepath.Join("testdata", name+".txt")
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if want, err := os.ReadFile(path); err != nil || string(want) != got {
			t.Errorf("%s is not as written: %v", path, err)
		}
		for n, line := range strings.Split(got, "\n") {
			line = strings.TrimSuffix(line, "\r")
			if utf8.RuneCountInString(invisible.ReplaceAllString(line, "")) > 72 && !strings.Contains(line, "=?utf-8?") && strings.Contains(strings.TrimSpace(line), " ") {
				t.Errorf("%s:%d has %d columns", path, n+1, utf8.RuneCountInString(line))
			}
			if strings.TrimRight(line, " ") != line {
				t.Errorf("%s:%d ends in a space", path, n+1)
			}
		}
		page, err := l.HTML()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		pdf, err := l.PDF()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		again, err := l.PDF()
		if err != nil || !bytes.Equal(pdf, again) {
			t.Errorf("%s: two PDF of one letter differ: %v", name, err)
		}
		if *look != "" {
			for end, b := range map[string][]byte{"html": page, "pdf": pdf} {
				if err := os.WriteFile(filepath.Join(*look, name+"."+end), b, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

func TestEveryPaperOfAnExerciseSaysSo(t *testing.T) {
	for _, lang := range paper.Languages() {
		for status, stamp := range map[act.Status]map[regime.Lang]string{
			act.Exercise: {"en": "EXERCISE", "ru": "УЧЕБНОЕ", "kk": "ОҚУ-ЖАТТЫҒУ", "fa": "تمرین", "zh": "演习"},
			act.Test:     {"en": "TEST", "ru": "ПРОВЕРКА", "kk": "СЫНАҚ", "fa": "آزمایش", "zh": "测试"},
			act.Actual:   {},
		} {
			l := notification(t, lang)
			l.Status = status
			text, err := l.PlainText()
			if err != nil {
				t.Fatal(err)
			}
			page, err := l.HTML()
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range []string{"EXERCISE", "УЧЕБНОЕ", "ОҚУ-ЖАТТЫҒУ", "TEST", "ПРОВЕРКА", "СЫНАҚ", "تمرین", "آزمایش", "演习", "测试"} {
				is := s == stamp[lang]
				if strings.Contains(text, "*** "+s) != is || strings.Contains(string(page), `each">`+s) != is {
					t.Errorf("%s %s: stamp %q", lang, status, s)
				}
			}
		}
	}
}

func TestHostileContent(t *testing.T) {
	l := notification(t, "en")
	for _, bad := range []string{`"><script>alert(1)</script>`, "</style><style>*{display:none}", "a\x1b[2Jb", "\u202eb", "{{.Title}}", "x\x00y"} {
		l.Form, l.Values, l.Text = nil, nil, bad
		l.Names = map[party.ID]string{"alatau": bad, "borovia": bad}
		l.Number, l.Place, l.Thread, l.Handling, l.Group = bad, bad, bad, bad, bad
		page, err := l.HTML()
		if err != nil {
			t.Fatal(err)
		}
		for _, no := range []string{"<script", "\x1b", "\u202e", "\x00", "</style><style>"} {
			if bytes.Contains(page, []byte(no)) {
				t.Errorf("%q: the page has %q", bad, no)
			}
		}
		text, err := l.PlainText()
		if err != nil {
			t.Fatal(err)
		}
		mail, err := l.Mail()
		if err != nil {
			t.Fatal(err)
		}
		if strings.ContainsAny(text+mail, "\x1b\u202e\x00") {
			t.Errorf("%q: the text has a command", bad)
		}
		if _, err := l.PDF(); err != nil && !errors.Is(err, paper.ErrLetters) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	l = notification(t, "en")
	l.Number = "1\r\nBcc: all@example.org"
	mail, err := l.Mail()
	if err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(mail, "\r\n\r\n")
	if strings.Contains(head, "Bcc") {
		t.Errorf("a number adds a header: %q", head)
	}
}

func TestLettersThatTheFontLacks(t *testing.T) {
	l := notification(t, "en")
	l.Form, l.Values, l.Text = nil, nil, "ტექსტი"
	if _, err := l.PDF(); !errors.Is(err, paper.ErrLetters) {
		t.Errorf("printed with boxes: %v", err)
	}
	if _, err := l.HTML(); err != nil {
		t.Error(err)
	}
}

func TestLanguages(t *testing.T) {
	l := notification(t, "fr")
	if _, err := l.PlainText(); !errors.Is(err, paper.ErrLanguage) {
		t.Errorf("%v", err)
	}
	if paper.Reviewed("kk") || !paper.Reviewed("en") || paper.Reviewed("ru") {
		t.Error("what was reviewed has changed: was it?")
	}
	// Every file has every word: what the English has, and months of a year.
	keys := func(lang regime.Lang) (list []string) {
		b, err := os.ReadFile("words/" + string(lang) + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^ {0,2}"?([a-z_]+)"?: *(\S)?`).FindAllStringSubmatch(string(b), -1) {
			list = append(list, m[1])
		}
		return list
	}
	english := keys("en")
	if len(english) < 45 {
		t.Fatalf("%d words", len(english))
	}
	for _, lang := range paper.Languages() {
		got := keys(lang)
		for _, k := range english {
			if !slices.Contains(got, k) {
				t.Errorf("%s lacks %s", lang, k)
			}
		}
	}
	for _, unit := range regime.Units() {
		for _, lang := range []string{"kk", "fa", "zh"} {
			b, err := os.ReadFile("words/" + lang + ".yaml")
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(b), "\n  "+unit+": ") {
				t.Errorf("%s has no unit %s", lang, unit)
			}
		}
	}
}

// TestLongTable fills a table and an area to their bounds.
func TestLongTable(t *testing.T) {
	l := notification(t, "ru")
	var rows, points []string
	for i := range 200 {
		rows = append(rows, fmt.Sprintf(`{"arm": "motor rifle", "count": %d, "designation": "%d-я отдельная гвардейская мотострелковая бригада имени Двухсотлетия", "level": "brigade", "state": "dovania", "subordination": "Южное военное командование"}`, i, i))
		points = append(points, fmt.Sprintf(`{"lat": "%d.123456", "lon": "%d.654321"}`, i/3, i-100))
	}
	b, err := l.Values.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(b), "{\n", `{"formations": [`+strings.Join(rows, ",")+`], "area": {"name": "`+strings.Repeat("Ү", 200)+`", "points": [`+strings.Join(points, ",")+"]},\n", 1)
	text = regexp.MustCompile(`(?s)\n  "(formations": \[.*?\n  \]|area": \{.*?\n  \}),`).ReplaceAllString(text, "")
	if l.Values, err = regime.ReadValues([]byte(text)); err != nil {
		t.Fatal(err)
	}
	pdf, err := l.PDF()
	if err != nil {
		t.Fatal(err)
	}
	page, err := l.HTML()
	if err != nil {
		t.Fatal(err)
	}
	if *look != "" {
		for end, b := range map[string][]byte{"html": page, "pdf": pdf} {
			if err := os.WriteFile(filepath.Join(*look, "long."+end), b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := bytes.Count(pdf, []byte("/Type /Page\n")); n < 8 || n > 60 {
		t.Errorf("%d pages", n)
	}
}
