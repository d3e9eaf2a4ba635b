package pack

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

// A pack from a stranger costs what its size allows and no more, reads no file but
// its own, and is refused whole, with what is to be changed.
func TestHostilePacks(t *testing.T) {
	const when = `{figure: troops, at_least: "9000", unit: persons}`
	one := func(from, to string) func(fstest.MapFS) {
		return func(files fstest.MapFS) {
			f := files["measures/one.yaml"]
			f.Data = []byte(strings.Replace(string(f.Data), from, to, 1))
		}
	}
	measures := func(n int) []byte {
		var b strings.Builder
		b.WriteString("measures:\n")
		for i := range n {
			fmt.Fprintf(&b, "  - {id: a%d}\n", i)
		}
		return []byte(b.String())
	}
	for _, c := range []struct {
		name  string
		spoil func(fstest.MapFS)
		want  string
	}{
		{"lists in lists without end", func(f fstest.MapFS) {
			f["measures/one.yaml"].Data = []byte("measures: " + strings.Repeat("[", 250_000))
		}, "exceeded max depth"},
		{"conditions in conditions", one(when, strings.Repeat("{not: ", 5000)+"{figure: troops}"+strings.Repeat("}", 5000)), "nests at most 8 deep"},
		{"a condition of thousands", one(when, "{any: ["+strings.Repeat(when+",", 4000)+when+"]}"), "at most 64 parts"},
		{"aliases of aliases", func(f fstest.MapFS) {
			f["pack.yaml"].Data = append(f["pack.yaml"].Data, "gaps: [&a [x, x], &b [*a, *a], &c [*b, *b]]\n"...)
		}, "anchors, aliases and tags"},
		{"a loop in a loop", one(when, `{rule: "form.troops.exists(a, form.troops.exists(b, a > b))", says: {en: a, ru: б}}`), "take the loop in the loop out"},
		{"a rule that reads a file", one(when, `{rule: "readFile('/etc/passwd') != ''", says: {en: a, ru: б}}`), "undeclared reference"},
		{"a pattern in a rule", one(when, `{rule: "'`+strings.Repeat("a", 60)+`'.matches('(a+)+$')", says: {en: a, ru: б}}`), ""},
		{"brackets without end", one(when, `{rule: "`+strings.Repeat("(", 900)+"1"+strings.Repeat(")", 900)+` > 1", says: {en: a, ru: б}}`), "recursion limit"},
		{"formulas beyond number", func(f fstest.MapFS) {
			var b strings.Builder
			for i := range maxRules + 1 {
				fmt.Fprintf(&b, "      - {id: c%d, title: {en: a, ru: б}, of: small.notice, period: ever, at_most: \"= 1\"}\n", i)
			}
			f["measures/one.yaml"].Data = append(f["measures/one.yaml"].Data, b.String()...)
		}, "at most 200 rules and formulas"},
		{"measures beyond number", func(f fstest.MapFS) {
			b := string(f["measures/one.yaml"].Data)
			one := b[strings.Index(b, "  - id: small.notice"):strings.Index(b, "  - id: small.return")]
			for i := range 4 {
				f[fmt.Sprintf("measures/m%d.yaml", i)] = &fstest.MapFile{Data: []byte("measures:\n" + strings.Repeat(one, 130))}
			}
		}, "500 are the most"},
		{"rules without number", one(when, "{any: ["+strings.Repeat(`{rule: "form.troops > 1", says: {en: a, ru: б}},`, 60)+when+"]}"), ""},
		{"measures without number", func(f fstest.MapFS) { f["measures/two.yaml"] = &fstest.MapFile{Data: measures(5000)} }, "4096 are the most"},
		{"a file too large", func(f fstest.MapFS) { f["measures/two.yaml"] = &fstest.MapFile{Data: make([]byte, maxFile+1)} }, "524288 are the most"},
		{"a byte that is no text", func(f fstest.MapFS) { f["pack.yaml"].Data = append(f["pack.yaml"].Data, "# \xff\n"...) }, "is not YAML"},
		{"a name that lies", func(f fstest.MapFS) {
			f["measures/a\u202elmay.yaml"] = &fstest.MapFile{Data: []byte("measures: []\n")}
		}, "a name of a file has letters"},
		{"letters that turn the line", one("en: Yearly return, ru", `en: "Yearly \u202enruter", ru`), "U+202E cannot be shown"},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := small(t)
			c.spoil(files)
			if c.want == "" { // harmless: read within bounds
				if _, err := Load(files); err != nil {
					t.Error(err)
				}
				return
			}
			wantFault(t, files, c.want)
		})
	}
	files := small(t)
	for i := range maxFiles {
		files[fmt.Sprintf("measures/m%d.yaml", i)] = &fstest.MapFile{Data: []byte("measures: []\n")}
	}
	if _, err := Load(files); err == nil || !strings.Contains(err.Error(), "at most 256 files") {
		t.Errorf("files without number: %v", err)
	}
}

// A link in the folder of a pack leads nowhere.
func TestPackLink(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/small")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "measures", "two.yaml")); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(os.DirFS(dir)); err == nil || !strings.Contains(err.Error(), "measures/two.yaml is not a file") {
		t.Errorf("the link ends with %v", err)
	}
}
