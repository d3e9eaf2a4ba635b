package line

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"detente/internal/canon"
	"detente/party"
)

var update = flag.Bool("update", false, "write what is missing in spec/vectors/line; delete a file to have it written anew")

const vectorDir = "../spec/vectors/line"

// parse reads a content of any of the three kinds and writes it again. The name of
// a vector says which: good-end-…, bad-hours-….
func parse(name string, b []byte) ([]byte, error) {
	switch strings.Split(strings.TrimSuffix(name, ".json"), "-")[1] {
	case "end":
		e, err := ParseEnd(b)
		if err != nil {
			return nil, err
		}
		return e.Bytes()
	case "hours":
		h, err := ParseHours(b)
		if err != nil {
			return nil, err
		}
		return h.Bytes()
	}
	m, err := ParseMessage(b)
	if err != nil {
		return nil, err
	}
	return m.Bytes()
}

func goodEnd() *End {
	return &End{Line: "capitals", Parties: []party.ID{"alatau", "borovia"}, State: Open, Subject: "Between the two operations centres", Languages: []string{"en", "ru"}}
}

func goodMessage() *Message {
	return &Message{Line: "capitals", Kind: Said, Precedence: Immediate, Text: "A boat drifts.\nWe ask for news.", Language: "en",
		Agreed: []Phrase{{Book: canon.DigestOf([]byte("book")), ID: "sea.vessel-in-distress", Values: map[string]string{"place": "43.258333, 76.95", "time": "2026-11-27T14:05:00Z"}}}}
}

func goodHours() *Hours {
	return &Hours{Posts: []Duty{{Post: "duty-officer", Number: "+999 (71) 20-30-40", Languages: []string{"en", "ru"}, Periods: []Period{
		{From: "2026-10-25T01:00:00Z", Offset: "+05:00", Place: "Ala", Watches: []Watch{{"12345", "09:00", "18:00"}, {"6", "10:00", "24:00"}, {"7", "00:00", "02:00"}}},
		{From: "2027-03-28T01:00:00Z", Offset: "+06:00", Place: "Ala", Watches: []Watch{{"1234567", "00:00", "24:00"}}},
	}}}}
}

func must(b []byte, err error) string {
	if err != nil {
		panic("line: " + err.Error())
	}
	return string(b)
}

// vectors are what the folder holds: bytes by name, and of the bad ones why.
func vectors() map[string][2]string {
	suspended := &End{Line: "border.north", Parties: []party.ID{"alatau", "borovia", "cintra"}, State: Suspended, Until: "2026-12-01T06:00:00Z", Reason: "the exchange is being moved"}
	end, message, hours := must(goodEnd().Bytes()), must(goodMessage().Bytes()), must(goodHours().Bytes())
	call := must((&Message{Line: "capitals", Kind: Call, Precedence: Immediate}).Bytes())
	swap := func(s, old, with string) string {
		if !strings.Contains(s, old) {
			panic("line: the vector has no " + old)
		}
		return strings.Replace(s, old, with, 1)
	}
	return map[string][2]string{
		"good-end-open.json":      {end, ""},
		"good-end-suspended.json": {must(suspended.Bytes()), ""},
		"good-end-declined.json":  {must((&End{Line: "capitals", Parties: []party.ID{"alatau", "borovia"}, State: Declined}).Bytes()), ""},
		"good-message-both.json":  {message, ""},
		"good-message-call.json":  {call, ""},
		"good-message-test.json":  {must((&Message{Line: "capitals", Kind: Test, Precedence: Routine}).Bytes()), ""},
		"good-hours.json":         {hours, ""},

		"bad-end-version.json":         {swap(end, "line-end/v1", "line-end/v2"), "a version that is not known"},
		"bad-end-one-party.json":       {swap(end, "\n    \"alatau\",", ""), "a line has two parties at least"},
		"bad-end-order.json":           {swap(swap(swap(end, "alatau", "x"), "borovia", "alatau"), "\"x\"", "\"borovia\""), "parties stand in alphabetical order"},
		"bad-end-state.json":           {swap(end, "\"open\"", "\"busy\""), "a state that does not exist"},
		"bad-end-until.json":           {swap(end, "\"open\",", "\"open\",\n  \"until\": \"2026-12-01T06:00:00Z\","), "only a suspension ends by itself"},
		"bad-end-languages.json":       {swap(end, "[\n    \"en\",\n    \"ru\"\n  ]", "null"), "a list is never null"},
		"bad-end-spacing.json":         {swap(end, "  \"state\"", " \"state\""), "other spacing than that of canonical JSON"},
		"bad-message-precedence.json":  {swap(message, "\"precedence\": 1", "\"precedence\": 5"), "precedence is 1 to 4"},
		"bad-message-silent.json":      {swap(call, "\"call\"", "\"message\""), "a message says something"},
		"bad-message-call-text.json":   {swap(message, "\"message\"", "\"call\""), "a call says nothing else"},
		"bad-message-no-language.json": {swap(message, ",\n  \"language\": \"en\"", ""), "a text names its language"},
		"bad-message-steers.json":      {swap(message, "A boat drifts.", "A boat\\u202e drifts."), "a character that sets the direction of writing"},
		"bad-message-no-book.json":     {swap(message, canon.DigestOf([]byte("book")).String(), canon.Digest{}.String()), "a phrase names its book"},
		"bad-message-extra.json":       {swap(message, "\"kind\"", "\"colour\": \"red\",\n  \"kind\""), "a field that does not exist"},
		"bad-hours-days.json":          {swap(hours, "12345", "21345"), "days stand in order"},
		"bad-hours-night.json":         {swap(hours, "18:00", "08:00"), "a watch ends on the day on which it begins"},
		"bad-hours-offset.json":        {swap(hours, "+05:00", "+15:00"), "no clock is so far from UTC"},
		"bad-hours-periods.json":       {swap(hours, "2027-03-28", "2026-03-28"), "periods follow each other"},
		"bad-hours-number.json":        {swap(hours, "+999", "call +999"), "a telephone number has no words"},
		"bad-hours-person.json":        {swap(hours, "duty-officer", "Ms S."), "a post, never a person"},
	}
}

func TestVectors(t *testing.T) {
	t.Parallel()
	for name, v := range vectors() {
		path := filepath.Join(vectorDir, name)
		why := strings.TrimSuffix(path, ".json") + ".why"
		if _, err := os.Stat(path); *update && err != nil {
			if err := os.WriteFile(path, []byte(v[0]), 0o644); err != nil {
				t.Fatal(err)
			}
			if v[1] != "" {
				if err := os.WriteFile(why, []byte(v[1]+"\n"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(b) != v[0] {
			t.Errorf("%s is not what this program writes", name)
		}
		again, err := parse(name, b)
		if good := strings.HasPrefix(name, "good-"); good != (err == nil) || good && !bytes.Equal(again, b) {
			t.Errorf("%s: %v", name, err)
		}
	}
	files, err := filepath.Glob(filepath.Join(vectorDir, "*.json"))
	if err != nil || len(files) != len(vectors()) {
		t.Errorf("%d files, %d vectors, %v", len(files), len(vectors()), err)
	}
}

// fuzz wants of what a parser accepts that it writes the same bytes again.
func fuzz(f *testing.F, kind string) {
	files, err := filepath.Glob(filepath.Join(vectorDir, "*-"+kind+"*.json"))
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds in %s (%v)", vectorDir, err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		again, err := parse("x-"+kind+"-", b)
		if err == nil && !bytes.Equal(again, b) {
			t.Errorf("%q re-encodes to %q", b, again)
		}
		if err == nil && kind == "hours" {
			h, _ := ParseHours(b)
			now := moment(t, "2026-11-27T14:05:00Z")
			if on, change := h.At(now); !change.IsZero() && (!change.After(now) || on == first(h.At(change))) {
				t.Errorf("%q changes at %v and does not", b, change)
			}
		}
	})
}

func FuzzParseEnd(f *testing.F)     { fuzz(f, "end"); _ = ParseEnd }
func FuzzParseMessage(f *testing.F) { fuzz(f, "message"); _ = ParseMessage }
func FuzzParseHours(f *testing.F)   { fuzz(f, "hours"); _ = ParseHours }
func FuzzParseID(f *testing.F) {
	f.Add("border.north")
	f.Fuzz(func(t *testing.T, s string) {
		if id, err := ParseID(s); err == nil && string(id) != s {
			t.Errorf("%q becomes %q", s, id)
		}
	})
}
