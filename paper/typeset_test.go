package paper

import (
	"bytes"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/go-text/typesetting/font"
)

// seen is a row as it stands on the paper, from left to right, each glyph by the text
// that it stands for.
func seen(r row) string {
	var b strings.Builder
	for _, run := range r.runs {
		last := -1
		for _, g := range run.Glyphs {
			if g.TextIndex() != last {
				last = g.TextIndex()
				b.WriteString(string(r.text[last : last+g.RunesCount()]))
			}
		}
	}
	return b.String()
}

// backwards turns a text around.
func backwards(s string) string {
	r := []rune(s)
	slices.Reverse(r)
	return string(r)
}

// TestOrderOfReading: Persian goes from right to left, figures and Latin within it from
// left to right; a year is never turned around.
func TestOrderOfReading(t *testing.T) {
	for _, one := range []struct {
		name, text, want string
		rtl              bool
	}{
		{"Persian", "سند", backwards("سند"), true},
		{"a Persian year", "سال ۱۴۰۵", "۱۴۰۵" + backwards("سال "), true},
		{"a year", "29 مارس 2027", "2027" + backwards(" مارس ") + "29", true},
		{"Latin within", "دفتر: alatau/1f2e 12", "alatau/1f2e 12" + backwards("دفتر: "), true},
		{"English", "Note 12 of 2027", "Note 12 of 2027", false},
		{"Persian within", "said سند twice", "said " + backwards("سند") + " twice", false},
		{"a Persian date within", "Ashly, 29 مارس 2027", "Ashly, 29 2027" + backwards("مارس "), false},
		{"figures alone", "12-27/184", "12-27/184", false},
		{"a place", "43.92, 77.05", "43.92, 77.05", false},
	} {
		ts, err := newTypesetter("fa", true)
		if err != nil {
			t.Fatal(err)
		}
		rows := ts.rows(one.text, false, 100*em)
		if len(rows) != 1 || seen(rows[0]) != one.want || rows[0].rtl != one.rtl {
			t.Errorf("%s: %q, from right to left %v, not %q", one.name, seen(rows[0]), rows[0].rtl, one.want)
		}
	}
}

// TestJoined: letters of Persian are drawn joined: another glyph than alone.
func TestJoined(t *testing.T) {
	ts, err := newTypesetter("fa", true)
	if err != nil {
		t.Fatal(err)
	}
	alone, shapes := ts.rows("س", false, 100*em)[0].runs[0].Glyphs[0].GlyphID, map[font.GID]bool{}
	for _, g := range ts.rows("سسس", false, 100*em)[0].runs[0].Glyphs {
		shapes[g.GlyphID] = true
	}
	if len(shapes) != 3 || shapes[alone] {
		t.Errorf("the letters are not joined: alone %d, together %v", alone, shapes)
	}
}

// TestLinesOfChinese end between letters, never before a closing mark.
func TestLinesOfChinese(t *testing.T) {
	ts, err := newTypesetter("zh", false)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Repeat("外交部向各成员外交部致意，并谨通知如下。", 5)
	rows := ts.rows(text, false, 12*em)
	if len(rows) < 8 {
		t.Fatalf("%d lines", len(rows))
	}
	whole := ""
	for _, r := range rows {
		s := seen(r)
		whole += s
		if r.width > 12*em || s == "" || strings.ContainsRune("，。", []rune(s)[0]) {
			t.Errorf("line %q of %.0f", s, r.width)
		}
	}
	if whole != text {
		t.Errorf("lines say %q", whole)
	}
	for _, p := range pieces("外交部（A）向2027年“alatau/1f2e”致意。") {
		if first := []rune(p.text)[0]; strings.ContainsRune(neverFirst, first) && len([]rune(p.text)) == 1 {
			t.Errorf("%q may begin a line", p.text)
		}
	}
	var parts []string
	for _, p := range pieces("外交部（甲）致意，见 ALA/1。") {
		parts = append(parts, p.text)
	}
	if got := strings.Join(parts, "|"); got != "外|交|部|（甲）|致|意，|见|ALA/1。" {
		t.Errorf("lines of a text end at %s", got)
	}
	if n := columnsOf("外交 a۱\u200c"); n != 7 {
		t.Errorf("%d columns", n)
	}
}

// TestOnlyWhatIsUsed: a PDF carries the outlines of its own letters and no others.
func TestOnlyWhatIsUsed(t *testing.T) {
	ts, err := newTypesetter("fa", true)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range append(slices.Clone(ts.faces[0]), ts.faces[1]...) {
		whole, err := readTrueType(f.raw)
		if err != nil {
			t.Fatal(err)
		}
		g, ok := f.face.NominalGlyph('é')
		if !ok {
			if g, ok = f.face.NominalGlyph('آ'); !ok {
				t.Fatal("neither é nor آ")
			}
		}
		b, err := whole.only([]font.GID{g})
		if err != nil {
			t.Fatal(err)
		}
		small, err := readTrueType(b)
		if err != nil {
			t.Fatal(err)
		}
		if len(b) > len(f.raw)/2 {
			t.Errorf("%d of %d bytes", len(b), len(f.raw))
		}
		want, err := whole.outline(int(g))
		if err != nil {
			t.Fatal(err)
		}
		got, err := small.outline(int(g))
		if err != nil || !bytes.HasPrefix(got, want) {
			t.Errorf("the outline has changed: %v", err)
		}
		more, err := parts(want)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range more {
			if got, err := small.outline(p); err != nil || len(got) == 0 {
				t.Errorf("a part of the letter is missing: %v", err)
			}
		}
	}
	for _, bad := range [][]byte{nil, []byte("x"), bytes.Repeat([]byte{0xff}, 64), append([]byte{0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}, "glyf\x00\x00\x00\x00\xff\xff\xff\xf0\x00\x00\x00\x10"...)} {
		if _, err := readTrueType(bad); err == nil {
			t.Errorf("%q is read as a font", bad)
		}
	}
}

// TestPDFSaysWhatItShows: each glyph of the PDF stands for a text, so that copying and
// reading aloud give what was written; and the file is whole.
func TestPDFSaysWhatItShows(t *testing.T) {
	c := &canvas{leading: near}
	var err error
	if c.typesetter, err = newTypesetter("fa", true); err != nil {
		t.Fatal(err)
	}
	c.onPage = func() {}
	c.addPage()
	c.font(false, 12)
	c.lines(100, 6, "لا سند 2027 外 é", own)
	b, err := c.pdf("عنوان", "fa")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(b, []byte("%PDF-1.7\n")) || !bytes.HasSuffix(b, []byte("%%EOF\n")) {
		t.Error("no PDF")
	}
	for i, m := range regexp.MustCompile(`(?m)^(\d{10}) 00000 n $`).FindAllSubmatch(b, -1) {
		at := 0
		for _, d := range m[1] {
			at = 10*at + int(d-'0')
		}
		if want := regexp.MustCompile(`^` + strconv.Itoa(i+1) + ` 0 obj\n`); !want.Match(b[at:]) {
			t.Errorf("object %d is not at %d", i+1, at)
		}
	}
	texts := map[string]bool{}
	for _, f := range c.faces[0] {
		for _, d := range f.order {
			texts[d.text] = true
		}
	}
	for _, want := range []string{"ل", "ا", "س", "ن", "د", "2", "é"} {
		if !texts[want] {
			t.Errorf("no glyph stands for %q: %v", want, texts)
		}
	}
	if han := c.of[c.han[0]]; !slices.Contains(han.order, drawn{glyph: '外'}) {
		t.Errorf("letters of Chinese: %v", han.order)
	}
}
