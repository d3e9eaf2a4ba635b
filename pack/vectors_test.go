package pack

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
	good = map[string][]byte{"good-small": p.Bytes()}
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
