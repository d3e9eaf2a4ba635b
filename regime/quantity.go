package regime

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"detente/internal/canon"
	"detente/party"
)

// Decimal is a number in millionths, so that figures compare exactly. A value of
// type number is at most 10^12 in size.
type Decimal int64

// One is the whole unit of a Decimal.
const One = 1_000_000

// String writes d without needless zeros, e.g. "-12.5".
func (d Decimal) String() string {
	sign, n := "", int64(d)
	if n < 0 {
		sign, n = "-", -n
	}
	s := strconv.FormatInt(n/One, 10)
	if n%One != 0 {
		s += "." + strings.TrimRight(strconv.FormatInt(One+n%One, 10)[1:], "0")
	}
	return sign + s
}

// ParseDecimal reads the value of a field of type number: an optional minus,
// digits without leading zeros and, after a dot, one to six more; zero has no
// sign. What was written keeps its zeros, since they tell how exactly it is meant.
func ParseDecimal(s string) (Decimal, bool) {
	d, ok := parseDecimal(s, maxNumber)
	return d, ok && (d != 0 || !strings.HasPrefix(s, "-"))
}

func decimal(value any) (Decimal, bool) {
	s, _ := value.(string)
	return ParseDecimal(s)
}

// Moment is a local date and time as its author wrote it. Zone data change: Time
// is the instant by the offset that the author meant, and Zone says of which
// place the clock is.
type Moment struct {
	Time time.Time // with the author's offset
	Zone string    // name of the IANA time zone data base, e.g. "Asia/Almaty"
}

// momentLayout is the part of a moment before its zone.
const momentLayout = "2006-01-02T15:04-07:00"

// ParseMoment reads the value of a field of type moment: the extended format of
// RFC 9557 to the minute, "2027-03-01T09:00+05:00[Asia/Almaty]", from 1970. UTC
// is written +00:00. That the offset was in force in the zone is not judged.
func ParseMoment(s string) (Moment, bool) {
	stamp, rest, ok := strings.Cut(s, "[")
	zone, closed := strings.CutSuffix(rest, "]")
	if !ok || !closed || !isZone(zone) {
		return Moment{}, false
	}
	t, err := time.ParseInLocation(momentLayout, stamp, time.UTC)
	if err != nil || t.Format(momentLayout) != stamp || t.Year() < 1970 {
		return Moment{}, false
	}
	_, offset := t.Zone()
	if offset < 60*minOffset || offset > 60*maxOffset {
		return Moment{}, false
	}
	return Moment{Time: t, Zone: zone}, true
}

// String is what ParseMoment reads.
func (m Moment) String() string { return m.Time.Format(momentLayout) + "[" + m.Zone + "]" }

func moment(value any) (Moment, bool) {
	s, _ := value.(string)
	return ParseMoment(s)
}

// isZone accepts a name as the IANA time zone data base forms them: parts of
// letters, digits, hyphen, plus and underscore, parted by slashes, the first
// character a letter.
func isZone(s string) bool {
	for part := range strings.SplitSeq(s, "/") {
		if part == "" || strings.ContainsFunc(part, func(r rune) bool {
			return !letter(r) && (r < '0' || r > '9') && !strings.ContainsRune("-+_", r)
		}) {
			return false
		}
	}
	return len(s) <= maxRef && letter(rune(s[0]))
}

func letter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }

func year(value any) (int, bool) {
	n, ok := value.(int64)
	return int(n), ok && n >= minYear && n <= maxYear
}

// instant is a value of type date, moment or year as a moment that can be
// compared with others of the same type.
func instant(kind string, value any) (time.Time, bool) {
	switch kind {
	case TypeDate:
		return day(value)
	case TypeMoment:
		m, ok := moment(value)
		return m.Time, ok
	case TypeYear:
		n, ok := year(value)
		return time.Date(n, 1, 1, 0, 0, 0, 0, time.UTC), ok
	}
	return time.Time{}, false
}

// isRef accepts the reference of a thread, or of an act: origin, index and leaf
// hash (spec/act.md).
func isRef(s string) bool {
	origin, rest, act := strings.Cut(s, " ")
	if !act {
		return s != "" && len(s) <= maxRef && !strings.ContainsFunc(s, func(r rune) bool {
			return !letter(r) && (r < '0' || r > '9') && !strings.ContainsRune("./-", r)
		})
	}
	index, leaf, _ := strings.Cut(rest, " ")
	if _, err := party.ParseOrigin(origin); err != nil {
		return false
	}
	if _, err := canon.ParseDecimal(index, maxIndex); err != nil {
		return false
	}
	hash, err := base64.StdEncoding.Strict().DecodeString(leaf)
	return err == nil && len(hash) == 32 && len(leaf) == 44
}
