package act

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"detente/party"
)

// Character classes of the field grammars, as bits of class.
const (
	lower = 1 << iota
	upper
	digit
)

// within says whether every byte of s is of the classes or one of extra.
func within(s string, classes int, extra string) bool {
	for i := range len(s) {
		c := s[i]
		switch {
		case classes&lower != 0 && 'a' <= c && c <= 'z':
		case classes&upper != 0 && 'A' <= c && c <= 'Z':
		case classes&digit != 0 && '0' <= c && c <= '9':
		case strings.IndexByte(extra, c) >= 0:
		default:
			return false
		}
	}
	return true
}

func checkLength(s string, most int) error {
	if s == "" {
		return errors.New("has no value")
	}
	if len(s) > most {
		return fmt.Errorf("is %d bytes long, more than %d", len(s), most)
	}
	return nil
}

// oneOf accepts one of a few words.
func oneOf(words ...string) func(s string) error {
	return func(s string) error {
		if slices.Contains(words, s) {
			return nil
		}
		return fmt.Errorf("is %q, which is not one of %s", clip(s), strings.Join(words, ", "))
	}
}

func checkKindName(s string) error {
	switch {
	case ruleOf(Kind(s)) != nil:
		return nil
	case isReserved(Kind(s)):
		return fmt.Errorf("is %q, which is reserved for a later version and is not an act of version 1", s)
	}
	return fmt.Errorf("is %q, which is not a kind of version 1", clip(s))
}

// checkToken: 1–64 of letters, digits, full stop, slash, hyphen.
func checkToken(s string) error {
	if err := checkLength(s, MaxToken); err != nil {
		return err
	}
	if !within(s, lower|upper|digit, "./-") {
		return fmt.Errorf("is %q, which has a character other than letters, digits, full stop, slash and hyphen", clip(s))
	}
	return nil
}

// checkMeasure: words of lower-case letters, digits and hyphens, joined by full stops.
func checkMeasure(s string) error {
	if err := checkLength(s, MaxMeasure); err != nil {
		return err
	}
	for word := range strings.SplitSeq(s, ".") {
		if word == "" || !within(word, lower|digit, "-") {
			return fmt.Errorf("is %q, which is not words of lower-case letters, digits and hyphens joined by full stops", clip(s))
		}
	}
	return nil
}

// checkTouch: words of letters and digits, joined by full stops, e.g. 12.2 or B1.3.
func checkTouch(s string) error {
	if err := checkLength(s, MaxTouch); err != nil {
		return err
	}
	for word := range strings.SplitSeq(s, ".") {
		if word == "" || !within(word, lower|upper|digit, "") {
			return fmt.Errorf("names %q, which is not words of letters and digits joined by full stops", clip(s))
		}
	}
	return nil
}

// checkLanguage: the shape of a BCP 47 tag, a language of two or three
// lower-case letters and further subtags; the registry is not consulted.
func checkLanguage(s string) error {
	if err := checkLength(s, MaxLanguage); err != nil {
		return err
	}
	first := true
	for tag := range strings.SplitSeq(s, "-") {
		ok := len(tag) >= 1 && len(tag) <= 8 && within(tag, lower|upper|digit, "")
		if first {
			ok = len(tag) >= 2 && len(tag) <= 3 && within(tag, lower, "")
			first = false
		}
		if !ok {
			return fmt.Errorf("is %q, which is not a language tag", clip(s))
		}
	}
	return nil
}

// checkMediaType: type and subtype in lower case, without parameters.
func checkMediaType(s string) error {
	if err := checkLength(s, MaxMediaType); err != nil {
		return err
	}
	top, sub, ok := strings.Cut(s, "/")
	if !ok || !isMediaName(top) || !isMediaName(sub) {
		return fmt.Errorf("has the media type %q, which is not a type and subtype in lower case without parameters", clip(s))
	}
	return nil
}

// isMediaName is the restricted-name of RFC 6838 §4.2, in lower case and
// without the rarer signs.
func isMediaName(s string) bool {
	return s != "" && within(s[:1], lower|digit, "") && within(s, lower|digit, ".+-")
}

func checkID(s string) error {
	if s == everyone {
		return errors.New("has a party named all, which would mean all parties")
	}
	_, err := party.ParseID(s)
	return err
}

func checkPost(s string) error {
	_, err := party.ParsePost(s)
	return err
}

// checkTime: whole seconds, years 1970 to 9999.
func checkTime(t time.Time) error {
	if t.Nanosecond() != 0 {
		return errors.New("is not in whole seconds")
	}
	if y := t.UTC().Year(); y < 1970 || y > 9999 {
		return fmt.Errorf("is in the year %d, which is not between 1970 and 9999", y)
	}
	return nil
}

// clip shortens a foreign value for a sentence.
func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}
