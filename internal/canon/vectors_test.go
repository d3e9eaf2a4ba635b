package canon

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the vectors anew")

const vectorsDir = "../../spec/vectors/canon"

// sample is the object of the JSON vectors, described in spec/canon.md.
type sample struct {
	Name   string            `json:"name"`
	Count  int64             `json:"count"`
	Digest Digest            `json:"digest"`
	Tags   []string          `json:"tags"`
	Marks  map[string]string `json:"marks"`
	Inner  *inner            `json:"inner"`
}

type inner struct {
	Yes   bool `json:"yes"`
	Small uint `json:"small"`
}

// oneLine is one text for one reader, in texts.json.
type oneLine struct {
	Reader string `json:"reader"` // decimal (at most 2^64-1), number (at most 100), time, digest, hex (4 bytes), base64
	Text   string `json:"text"`
	Good   bool   `json:"good"`
	Why    string `json:"why"`
}

// readLine runs a reader and writes again what it read.
func readLine(reader, text string) (string, error) {
	switch reader {
	case "decimal", "number":
		most := uint64(1<<64 - 1)
		if reader == "number" {
			most = 100
		}
		n, err := ParseDecimal(text, most)
		b, _ := json.Marshal(n)
		return string(b), err
	case "time":
		t, err := ParseTime(text)
		return FormatTime(t), err
	case "digest":
		d, err := ParseDigest(text)
		return d.String(), err
	case "hex":
		var b [4]byte
		err := ParseHex(text, b[:])
		return hex.EncodeToString(b[:]), err
	case "base64":
		b, err := ParseBase64(text)
		return Base64(b), err
	}
	return "", errors.New("no reader of this name")
}

var texts = map[string]struct{ good, bad []string }{
	"decimal": {
		[]string{"0", "1", "10", "18446744073709551615"},
		[]string{"", "00", "01", "-1", "+1", " 1", "1 ", "1.0", "1e3", "0x1", "18446744073709551616", "999999999999999999999", "٣"},
	},
	"number": {[]string{"0", "100"}, []string{"101", "1000"}},
	"time": {
		[]string{"1970-01-01T00:00:00Z", "2026-11-23T14:04:00Z", "2024-02-29T23:59:59Z", "9999-12-31T23:59:59Z"},
		[]string{
			"", "2026-11-23", "2026-11-23T14:04Z", "2026-11-23T14:04:00", "2026-11-23T14:04:00z", "2026-11-23t14:04:00Z",
			"2026-11-23 14:04:00Z", "2026-11-23T14:04:00.0Z", "2026-11-23T14:04:00,0Z", "2026-11-23T14:04:00+00:00", "2026-11-23T14:04:00-05:00",
			"2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-11-23T24:00:00Z", "2026-11-23T23:59:60Z", "1969-12-31T23:59:59Z",
			"10000-01-01T00:00:0Z", "+026-11-23T14:04:00Z", "2026-11-23T1:04:00ZZ",
		},
	},
	"digest": {
		[]string{"sha256:" + strings.Repeat("0", 64), DigestOf(nil).String()},
		[]string{
			"", "sha256:", strings.Repeat("0", 64), "sha256:" + strings.Repeat("0", 63), "sha256:" + strings.Repeat("0", 65),
			"SHA256:" + strings.Repeat("0", 64), "sha256:" + strings.Repeat("A", 64), "sha256:" + strings.Repeat("g", 64),
			"sha256-" + strings.Repeat("0", 64), "sha512:" + strings.Repeat("0", 64),
		},
	},
	"hex":    {[]string{"00000000", "0123cdef"}, []string{"", "0123cde", "0123cdef0", "0123CDEF", "0x23cdef", "0123 def"}},
	"base64": {[]string{"", "AA==", "AAA=", "AAAA", "+/+/"}, []string{"A", "AA", "AA=", "AAB=", "AB==", "AA==\n", "A\nA==", "AA\r\n==", " AA==", "-_-_", "AA==AA=="}},
}

func line(t testing.TB) []oneLine {
	var all []oneLine
	for _, reader := range []string{"decimal", "number", "time", "digest", "hex", "base64"} {
		for _, s := range texts[reader].good {
			if again, err := readLine(reader, s); err != nil || again != s {
				t.Errorf("%s %q: read %q, %v", reader, s, again, err)
			}
			all = append(all, oneLine{Reader: reader, Text: s, Good: true})
		}
		for _, s := range texts[reader].bad {
			_, err := readLine(reader, s)
			if err == nil {
				t.Errorf("%s %q: accepted", reader, s)
				continue
			}
			all = append(all, oneLine{Reader: reader, Text: s, Why: err.Error()})
		}
	}
	return all
}

// plain is the smallest sample, in canonical form; bad ones are made of it.
const plainSample = `{
  "name": "exercise",
  "count": 3,
  "digest": "sha256:0000000000000000000000000000000000000000000000000000000000000000",
  "tags": [],
  "marks": {},
  "inner": null
}
`

func goodJSON() map[string]string {
	return map[string]string{
		"plain": plainSample,
		"full": `{
  "name": "\"<&>\" \\ \b\f\n\r\t\u0000\u001f /é\u2028\u2029😀",
  "count": -9007199254740991,
  "digest": "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "tags": [
    "a",
    "",
    "z"
  ],
  "marks": {
    "": "",
    "A": "1",
    "a": "2",
    "é": "3"
  },
  "inner": {
    "yes": true,
    "small": 0
  }
}
`,
		"nulls": strings.NewReplacer("[]", "null", "{}", "null").Replace(plainSample),
	}
}

func badJSON() map[string]string {
	with := func(old, new string) string { return strings.Replace(plainSample, old, new, 1) }
	return map[string]string{
		"empty":             "",
		"other-type":        "[]\n",
		"null":              "null\n",
		"no-final-newline":  strings.TrimSuffix(plainSample, "\n"),
		"two-newlines":      plainSample + "\n",
		"text-after":        plainSample + "{}\n",
		"crlf":              strings.ReplaceAll(plainSample, "\n", "\r\n"),
		"tab":               strings.ReplaceAll(plainSample, "  ", "\t"),
		"byte-order-mark":   "\ufeff" + plainSample,
		"compact":           `{"name":"exercise","count":3,"digest":"sha256:` + strings.Repeat("0", 64) + `","tags":[],"marks":{},"inner":null}` + "\n",
		"key-order":         strings.Replace(with("  \"count\": 3,\n", ""), "{\n", "{\n  \"count\": 3,\n", 1),
		"key-unknown":       with("\"count\"", "\"counts\""),
		"key-repeated":      with("  \"count\": 3,\n", "  \"count\": 3,\n  \"count\": 3,\n"),
		"key-missing":       with("  \"count\": 3,\n", ""),
		"key-case":          with("\"count\"", "\"Count\""),
		"key-escaped":       with("\"count\"", "\"c\\u006funt\""),
		"map-key-repeated":  with("{}", "{\n    \"a\": \"1\",\n    \"a\": \"2\"\n  }"),
		"map-key-order":     with("{}", "{\n    \"b\": \"1\",\n    \"a\": \"2\"\n  }"),
		"inner-key-unknown": with("null", "{\n    \"yes\": true,\n    \"small\": 0,\n    \"big\": 0\n  }"),
		"number-fraction":   with("3", "3.0"),
		"number-exponent":   with("3", "3e0"),
		"number-zero":       with("3", "03"),
		"number-minus-zero": with("3", "-0"),
		"number-plus":       with("3", "+3"),
		"number-minus":      with("3", "-"),
		"number-large":      with("3", "9007199254740992"),
		"number-text":       with("3", "\"3\""),
		"number-null":       with("3", "null"),
		"number-negative":   with("null", "{\n    \"yes\": true,\n    \"small\": -1\n  }"),
		"escape-slash":      with("exercise", "a\\/b"),
		"escape-letter":     with("exercise", "\\u0041"),
		"escape-upper-case": with("exercise", "\\u001F"),
		"escape-html":       with("exercise", "\\u003c"),
		"escape-unknown":    with("exercise", "\\x41"),
		"escape-cut":        with("exercise\"", "\\u00\""),
		"surrogate-half":    with("exercise", "\\ud83d"),
		"surrogate-swapped": with("exercise", "\\ude00\\ud83d"),
		"surrogate-pair":    with("exercise", "\\ud83d\\ude00"),
		"not-utf8":          with("exercise", "\xff"),
		"overlong-utf8":     with("exercise", "\xc0\xaf"),
		"control-character": with("exercise", "\x01"),
		"delete-escaped":    with("exercise", "\\u007f"),
		"string-open":       "{\n  \"name\": \"",
		"comma-at-end":      with("null\n", "null,\n"),
		"comma-missing":     with("3,", "3"),
		"colon-missing":     with("\"count\":", "\"count\""),
		"bracket-open":      with("[]", "["),
		"brace-open":        strings.TrimSuffix(plainSample, "}\n"),
		"single-quotes":     with("\"exercise\"", "'exercise'"),
		"comment":           with("null\n", "null // none\n"),
		"word":              with("null", "nul"),
		"nested-deep":       with("null", strings.Repeat("[", 40)+strings.Repeat("]", 40)),
		"digest-short":      with("sha256:00", "sha256:0"),
		"digest-number":     with("\"sha256:"+strings.Repeat("0", 64)+"\"", "0"),
	}
}

func TestVectors(t *testing.T) {
	files := map[string][]byte{}
	for name, text := range goodJSON() {
		files["good-"+name+".json"] = []byte(text)
	}
	for name, text := range badJSON() {
		var v sample
		err := ParseJSON([]byte(text), &v)
		if err == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		files["bad-"+name+".json"] = []byte(text)
		files["bad-"+name+".json.why"] = []byte(err.Error() + "\n")
	}
	index, err := JSON(line(t))
	if err != nil {
		t.Fatal(err)
	}
	files["texts.json"] = index
	compareVectors(t, files)
}

func compareVectors(t *testing.T, files map[string][]byte) {
	t.Helper()
	if *update {
		if err := errors.Join(os.RemoveAll(vectorsDir), os.MkdirAll(vectorsDir, 0o755)); err != nil {
			t.Fatal(err)
		}
		for name, b := range files {
			if err := os.WriteFile(filepath.Join(vectorsDir, name), b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	entries, err := os.ReadDir(vectorsDir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != len(files) {
		t.Errorf("%d files in the folder where %d belong", len(entries), len(files))
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(vectorsDir, name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s differs from what this code writes: %v", name, err)
		}
	}
}

// seeds are the texts of the vectors for the named readers.
func seeds(f *testing.F, readers ...string) {
	b, err := os.ReadFile(filepath.Join(vectorsDir, "texts.json"))
	if err != nil {
		f.Fatal(err)
	}
	var all []oneLine
	if err := ParseJSON(b, &all); err != nil {
		f.Fatal(err)
	}
	n := 0
	for _, l := range all {
		for _, r := range readers {
			if l.Reader == r {
				f.Add(l.Text)
				n++
			}
		}
	}
	if n == 0 {
		f.Fatalf("no seeds for %v in %s", readers, vectorsDir)
	}
}
