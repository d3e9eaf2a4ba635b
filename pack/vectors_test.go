package pack

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"detente/internal/frame"
)

var update = flag.Bool("update", false, "write spec/vectors/pack anew")

const vectorsDir = "../spec/vectors/pack"

// vectors are the small pack as one file, and files spoilt in one way each.
func vectors(t *testing.T) (good map[string][]byte, bad map[string][]byte, why map[string]string) {
	p, err := Load(small(t))
	if err != nil {
		t.Fatal(err)
	}
	item := func(name, body string) frame.Item {
		return frame.Item{Type: "file", Args: []string{name}, Body: []byte(body)}
	}
	head, one, form := string(p.files["pack.yaml"]), string(p.files["measures/one.yaml"]), string(p.files["forms/notice.yaml"])
	file := func(items ...frame.Item) []byte {
		var b bytes.Buffer
		w := frame.NewWriter(&b, archive)
		for _, it := range items {
			if err := w.Write(it); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	hardest, err := Load(os.DirFS("testdata/hardest"))
	if err != nil {
		t.Fatal(err)
	}
	zoned := small(t)
	zoned["pack.yaml"].Data = []byte(strings.Replace(string(zoned["pack.yaml"].Data), "id: small\n", "id: small\ntime_zone: Europe/Vienna\nzone_data: 2025c\n", 1))
	zone, err := os.ReadFile("../condition/testdata/vienna.tzif")
	if err != nil {
		t.Fatal(err)
	}
	zoned["zones/Europe/Vienna.tzif"] = &fstest.MapFile{Data: zone}
	local, err := Load(zoned)
	if err != nil {
		t.Fatal(err)
	}
	good = map[string][]byte{"good-small": p.Bytes(), "good-hardest": hardest.Bytes(), "good-zone": local.Bytes()}
	bad, why = map[string][]byte{}, map[string]string{}
	add := func(name, reason string, b []byte) { bad["bad-"+name], why["bad-"+name] = b, reason }
	add("order", "the files are not in the order of their names", file(item("measures/one.yaml", one), item("forms/notice.yaml", form), item("pack.yaml", head)))
	add("no-head", "there is no pack.yaml", file(item("forms/notice.yaml", form), item("measures/one.yaml", one)))
	add("stranger", "a case does not belong into the file", file(item("cases/one.txt", "x"), item("forms/notice.yaml", form), item("measures/one.yaml", one), item("pack.yaml", head)))
	add("path", "a name leads out of the folder", file(item("forms/notice.yaml", form), item("measures/one.yaml", one), item("pack.yaml", head), item("zones/../x.tzif", "x")))
	spoilt := func(from, to string) []byte {
		return file(item("forms/notice.yaml", form), item("measures/one.yaml", strings.Replace(one, from, to, 1)), item("pack.yaml", head))
	}
	add("key", "a key is not known", spoilt("article:", "artikel:"))
	add("key-twice", "a key stands twice", spoilt(`article: "3"`, "article: \"3\"\n    article: \"3\""))
	add("alias", "an anchor", spoilt(`article: "3"`, `article: &a "3"`))
	add("reference", "a clock runs from a field that the form does not have", spoilt("anchor: start_date", "anchor: begin"))
	add("ends", "the two ends of a clock contradict each other", spoilt("least: $notice.lead", "least: P42D, most: PT36H"))
	add("language", "a text lacks a language of the pack", spoilt(", ru: Уведомление об учениях", ""))
	for _, c := range [][4]string{
		{"control", "a text has a character that steers a terminal", "en: Yearly return, ru", `en: "Yearly \e[2J return", ru`},
		{"null", "a value is missing", "strength: should", "strength:"},
		{"code", "two steps have one code", "id: small.return", "id: small.notice.answer"},
		{"circle", "the occasion begins with a step that waits for another", "occasion: {starts: small.notice}", "occasion: {starts: small.notice.answer}"},
		{"own-step", "a clock runs from the receipt of the step that it belongs to", "kind: before, least: $notice.lead, anchor: start_date", "kind: within, least: P1D, of: receipt"},
		{"later-step", "a clock runs from its own step", "least: PT48H, of: receipt", "least: PT48H, of: answer"},
		{"never-silent", "a step opens by the silence of one that has no clock", "step: question, was: done}]", "step: question, was: silent}]"},
		{"stray-key", "a clock has a key that its kind does not read", "{kind: yearly}", "{kind: yearly, least: P1D}"},
		{"duration", "a duration is not ISO 8601", "least: $notice.lead", "least: 42 days"},
		{"day", "there is no such day", "due: 12-15", "due: 02-30"},
		{"rule", "a rule is not understood", `figure: troops, at_least: "9000", unit: persons`, `rule: "form.troops >", says: {en: a, ru: б}`},
		{"loop", "a rule has a loop in a loop", `figure: troops, at_least: "9000", unit: persons`, `rule: "form.troops.exists(a, form.troops.exists(b, a > b))", says: {en: a, ru: б}`},
		{"field", "a condition compares a field that is no figure", "figure: troops, at_least", "figure: start_date, at_least"},
		{"bounds", "a figure has two bounds", `at_least: "9000", unit`, `at_least: "9000", at_most: "1", unit`},
		{"default", "a voluntary measure has words for a default", "strength: should", "strength: may\n    outcomes: {not-recorded: {en: no return, ru: сведений нет}}"},
		{"word", "a text judges", "tells the others of its larger exercises", "is in violation of nothing"},
		{"source", "a source is not named in the head", "sources: [invented]\n    sure: high\n    occasion: {starts", "sources: [memory]\n    sure: high\n    occasion: {starts"},
		{"low", "a measure known so unsurely is not off", "sure: high\n    occasion: {starts", "sure: low\n    occasion: {starts"},
		{"count", "a count has neither a bound nor a gate", "        at_most: \"1\"\n", ""},
	} {
		add(c[0], c[1], spoilt(c[2], c[3]))
	}
	ofHead := func(from, to string) []byte {
		return file(item("forms/notice.yaml", form), item("measures/one.yaml", one), item("pack.yaml", strings.Replace(head, from, to, 1)))
	}
	add("no-zone", "the time zone is not carried", ofHead("id: small\n", "id: small\ntime_zone: Europe/Vienna\nzone_data: 2025c\n"))
	add("no-zone-edition", "the edition of the zone data is not named", file(item("forms/notice.yaml", form), item("measures/one.yaml", one),
		item("pack.yaml", strings.Replace(head, "id: small\n", "id: small\ntime_zone: Europe/Vienna\n", 1)), item("zones/Europe/Vienna.tzif", string(zone))))
	add("editions", "two editions are in force on one day", ofHead("    sure: high\nsets", "    sure: high\n  - {id: \"2024\", in_force: [{from: 2024-01-01}], sources: [invented], sure: high}\nsets"))
	add("unsure-default", "a figure that is not sure is in force by default", ofHead("proposed: P42D", "default: P42D"))
	add("second-document", "a file has two documents", ofHead("engine: 1", "---\nengine: 1"))
	add("empty-zone", "the zone data cannot be read", file(item("forms/notice.yaml", form), item("measures/one.yaml", one), item("pack.yaml", head), item("zones/Europe/Vienna.tzif", "TZif")))
	add("twice", "a file stands twice", file(item("forms/notice.yaml", form), item("measures/one.yaml", one), item("measures/one.yaml", one), item("pack.yaml", head)))
	add("truncated", "the closing line is missing", p.Bytes()[:len(p.Bytes())-20])
	return good, bad, why
}

func TestVectors(t *testing.T) {
	good, bad, why := vectors(t)
	if *update {
		if err := os.MkdirAll(vectorsDir, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, set := range []map[string][]byte{good, bad} {
			for name, b := range set {
				write(t, name+".pack", b)
			}
		}
		for name, reason := range why {
			write(t, name+".why", []byte(reason+"\n"))
		}
	}
	names, err := filepath.Glob(filepath.Join(vectorsDir, "*.pack"))
	if err != nil || len(names) != len(good)+len(bad) {
		t.Fatalf("%d vectors where %d belong: %v", len(names), len(good)+len(bad), err)
	}
	for _, path := range names {
		name := strings.TrimSuffix(filepath.Base(path), ".pack")
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if want := append(good[name], bad[name]...); !bytes.Equal(b, want) {
			t.Errorf("%s is no longer what the test writes", name)
		}
		p, err := Parse(b)
		switch {
		case good[name] != nil && err != nil:
			t.Errorf("%s: %v", name, err)
		case good[name] != nil && !bytes.Equal(p.Bytes(), b):
			t.Errorf("%s is written otherwise", name)
		case bad[name] != nil && err == nil:
			t.Errorf("%s is accepted, but %s", name, why[name])
		}
	}
}

func write(t *testing.T, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(vectorsDir, name), b, 0o644); err != nil {
		t.Fatal(err)
	}
}
