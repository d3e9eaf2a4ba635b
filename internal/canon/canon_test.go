package canon

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestGoodJSON(t *testing.T) {
	for name, text := range goodJSON() {
		var v sample
		if err := ParseJSON([]byte(text), &v); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if again, err := JSON(v); err != nil || string(again) != text {
			t.Errorf("%s: written again, %v:\n%s", name, err, again)
		}
	}
}

func TestReadJSON(t *testing.T) {
	for name, text := range map[string]string{
		"order":   `{"inner":{"small":1,"yes":false},"name":"a","marks":{"b":"","a":""}}`,
		"spacing": "\t{ \"name\"\r\n:\"a\" , \"count\" : 3 }  ",
		"partial": `{}`,
		"escaped": `{"name":"\u0041\ud83d\ude00\/"}`,
		"key":     `{"n\u0061me":"x"}`,
		"null":    `{"name":null}`,
	} {
		var v sample
		if err := ReadJSON([]byte(text), &v); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, text := range map[string]string{
		"unknown":       `{"nome":"a"}`,
		"unknown inner": `{"inner":{"nome":"a"}}`,
		"case":          `{"Name":"a"}`,
		"repeated":      `{"name":"a","name":"a"}`,
		"escaped twice": `{"name":"a","n\u0061me":"a"}`,
		"in map":        `{"marks":{"a":"","a":""}}`,
		"fraction":      `{"count":1.5}`,
		"half":          `{"name":"\ud83d"}`,
		"after":         `{} {}`,
		"type":          `{"tags":{}}`,
	} {
		var v sample
		if err := ReadJSON([]byte(text), &v); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestPlaceOfFault(t *testing.T) {
	text := "{\n  \"name\": \"a\",\n  \"counts\": 3\n}\n"
	var v sample
	err := ReadJSON([]byte(text), &v)
	if err == nil || !strings.HasPrefix(err.Error(), "line 3, column 3:") {
		t.Errorf("the fault is told as %v", err)
	}
	err = ParseJSON([]byte("{\n  \"name\":  \"a\"\n}\n"), &v)
	if err == nil || !strings.HasPrefix(err.Error(), "line 2, column 11:") {
		t.Errorf("the fault is told as %v", err)
	}
}

func TestJSONRefuses(t *testing.T) {
	for name, v := range map[string]any{
		"text":     sample{Name: "\xff"},
		"key":      map[string]int{"\xff": 1},
		"fraction": 1.5,
		"large":    int64(MaxNumber + 1),
		"small":    int64(-MaxNumber - 1),
		"channel":  make(chan int),
	} {
		if b, err := JSON(v); err == nil {
			t.Errorf("%s: written as %s", name, b)
		}
	}
	// A true U+FFFD and the text of an escape are no faults.
	for _, s := range []string{"\ufffd", `\ufffd`, `\\ufffd`} {
		b, err := JSON(s)
		if err != nil {
			t.Errorf("%q: %v", s, err)
		}
		var again string
		if err := ParseJSON(b, &again); err != nil || again != s {
			t.Errorf("%q: read again as %q, %v", s, again, err)
		}
	}
}

// TestEmbedded keeps promoted keys known.
func TestEmbedded(t *testing.T) {
	type base struct {
		A int `json:"a"`
	}
	var v struct {
		base
		B       int `json:"b"`
		C       int
		Hidden  int `json:"-"`
		Pointer *[]struct {
			D time.Time `json:"d"`
		} `json:"p"`
	}
	if err := ReadJSON([]byte(`{"a":1,"b":2,"C":3,"p":[{"d":"2026-11-23T14:04:00Z"}]}`), &v); err != nil {
		t.Error(err)
	}
	for _, text := range []string{`{"Hidden":1}`, `{"base":{}}`, `{"p":[{"x":1}]}`} {
		if err := ReadJSON([]byte(text), &v); err == nil {
			t.Errorf("%s: accepted", text)
		}
	}
}

func TestTooLarge(t *testing.T) {
	b := []byte(`"` + strings.Repeat("a", MaxJSON) + `"`)
	var s string
	if err := ReadJSON(b, &s); err == nil {
		t.Error("more than MaxJSON was read")
	}
	if _, err := JSON(string(b)); err == nil {
		t.Error("more than MaxJSON was written")
	}
}

func TestFormatTime(t *testing.T) {
	zone := time.FixedZone("", 5*3600)
	if got := FormatTime(time.Date(2026, 11, 23, 19, 4, 0, 999, zone)); got != "2026-11-23T14:04:00Z" {
		t.Errorf("written as %s", got)
	}
}

func TestMaxTime(t *testing.T) {
	if got := FormatTime(time.Unix(MaxTime, 0)); got != "9999-12-31T23:59:59Z" {
		t.Errorf("the last time is %s", got)
	}
}

func TestDigest(t *testing.T) {
	d := DigestOf([]byte("abc"))
	if d.String() != "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" {
		t.Errorf("digest of abc is %s", d)
	}
	if d.IsZero() || !(Digest{}).IsZero() {
		t.Error("zero is told wrongly")
	}
	b, err := d.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	var e Digest
	if err := e.UnmarshalText(b); err != nil || e != d {
		t.Errorf("read again as %s, %v", e, err)
	}
	if err := e.UnmarshalText(b[1:]); err == nil || e != d {
		t.Error("a bad text changed the value")
	}
}

// same checks that what was accepted is written again as it was.
func same(t *testing.T, err error, text, again string) {
	t.Helper()
	if err == nil && again != text {
		t.Errorf("%q was read and written again as %q", text, again)
	}
}

func FuzzParseDecimal(f *testing.F) {
	seeds(f, "decimal", "number")
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseDecimal(s, math.MaxUint64)
		same(t, err, s, strconv.FormatUint(n, 10))
		if n, err := ParseDecimal(s, 100); err == nil && n > 100 {
			t.Errorf("%d is above 100", n)
		}
	})
}

func FuzzParseTime(f *testing.F) {
	seeds(f, "time")
	f.Fuzz(func(t *testing.T, s string) {
		at, err := ParseTime(s)
		same(t, err, s, FormatTime(at))
	})
}

func FuzzParseDigest(f *testing.F) {
	seeds(f, "digest")
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDigest(s)
		same(t, err, s, d.String())
	})
}

func FuzzParseHex(f *testing.F) {
	seeds(f, "hex")
	f.Fuzz(func(t *testing.T, s string) {
		b := make([]byte, len(s)/2)
		same(t, ParseHex(s, b), s, hex.EncodeToString(b))
	})
}

func FuzzParseBase64(f *testing.F) {
	seeds(f, "base64")
	f.Fuzz(func(t *testing.T, s string) {
		b, err := ParseBase64(s)
		same(t, err, s, Base64(b))
	})
}

func FuzzParseJSON(f *testing.F) {
	names, err := filepath.Glob(vectorsDir + "/*.json")
	if err != nil || len(names) == 0 {
		f.Fatalf("no seeds in %s: %v", vectorsDir, err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var v sample
		if ParseJSON(b, &v) == nil {
			if again, err := JSON(v); err != nil || !bytes.Equal(again, b) {
				t.Errorf("read and written again, %v:\n%s", err, again)
			}
		}
		// What a person may write is valid JSON, and has one canonical form.
		var anything any
		if ReadJSON(b, &anything) != nil {
			return
		}
		if !json.Valid(b) {
			t.Errorf("accepted, but not JSON: %q", b)
		}
		canonical, err := JSON(anything)
		if err != nil {
			t.Fatalf("%q cannot be written: %v", b, err)
		}
		var again any
		if err := ParseJSON(canonical, &again); err != nil {
			t.Errorf("%q: its canonical form is refused: %v", b, err)
		}
	})
}
