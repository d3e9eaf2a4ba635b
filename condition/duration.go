package condition

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Duration is an ISO 8601 duration. Its calendar part counts in whole days of a
// calendar, the rest in seconds.
type Duration struct {
	Months  int   // years are twelve
	Days    int   // weeks are seven
	Seconds int64 // hours, minutes, seconds
	text    string
}

// maxUnits bounds one part of a duration; no text counts further than that.
const maxUnits = 9999

// ParseDuration reads PnYnMnWnDTnHnMnS, each part at most once, in this order and
// at most 9,999; at least one part is there, and no fraction.
func ParseDuration(s string) (Duration, error) {
	d := Duration{text: s}
	rest, ok := strings.CutPrefix(s, "P")
	if !ok || rest == "" || len(s) > 64 {
		return Duration{}, errors.New("not a duration such as P42D, P3M or PT48H")
	}
	order, clock := "YMWD", false
	for rest != "" {
		if rest[0] == 'T' && !clock && len(rest) > 1 {
			clock, order, rest = true, "HMS", rest[1:]
			continue
		}
		n, digits := 0, 0
		for digits < len(rest) && rest[digits] >= '0' && rest[digits] <= '9' && digits < 5 {
			n = 10*n + int(rest[digits]-'0')
			digits++
		}
		if digits == 0 || digits == len(rest) || n > maxUnits || digits > 1 && rest[0] == '0' {
			return Duration{}, fmt.Errorf("%q is not a duration such as P42D, P3M or PT48H", s)
		}
		i := strings.IndexByte(order, rest[digits])
		if i < 0 {
			return Duration{}, fmt.Errorf("%q is not a duration such as P42D, P3M or PT48H", s)
		}
		d.add(clock, order[i], n)
		order, rest = order[i+1:], rest[digits+1:]
	}
	return d, nil
}

func (d *Duration) add(clock bool, unit byte, n int) {
	switch {
	case clock && unit == 'H':
		d.Seconds += int64(n) * 3600
	case clock && unit == 'M':
		d.Seconds += int64(n) * 60
	case clock:
		d.Seconds += int64(n)
	case unit == 'Y':
		d.Months += 12 * n
	case unit == 'M':
		d.Months += n
	case unit == 'W':
		d.Days += 7 * n
	case unit == 'D':
		d.Days += n
	}
}

// String is the duration as it was written.
func (d Duration) String() string { return d.text }

// Calendar reports whether d counts whole days, so that it runs to the end of a
// day and not to an instant.
func (d Duration) Calendar() bool { return d.Seconds == 0 }

// Add is the same time of day d after t, in t's zone. From 30 November P3M leads
// to the last day of February, from 29 February P1Y to 28 February.
func (d Duration) Add(t time.Time) time.Time { return d.shift(t, 1) }

// Sub is the same time of day d before t, in t's zone.
func (d Duration) Sub(t time.Time) time.Time { return d.shift(t, -1) }

func (d Duration) shift(t time.Time, sign int) time.Time {
	if d.Months != 0 {
		y, m, day := t.Date()
		first := time.Date(y, m+time.Month(sign*d.Months), 1, t.Hour(), t.Minute(), t.Second(), 0, t.Location())
		last := time.Date(first.Year(), first.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
		t = time.Date(first.Year(), first.Month(), min(day, last), t.Hour(), t.Minute(), t.Second(), 0, t.Location())
	}
	if d.Days != 0 {
		t = t.AddDate(0, 0, sign*d.Days)
	}
	return t.Add(time.Duration(sign) * time.Duration(d.Seconds) * time.Second)
}

// LatestBefore is the last second that lies d before t: of a calendar duration the
// last second of that day, else the instant.
func (d Duration) LatestBefore(t time.Time) time.Time {
	if d.Calendar() {
		return LastSecond(d.Sub(Midnight(t)))
	}
	return d.Sub(t)
}

// EarliestBefore is the first second that lies no more than d before t.
func (d Duration) EarliestBefore(t time.Time) time.Time {
	if d.Calendar() {
		return d.Sub(Midnight(t))
	}
	return d.Sub(t)
}

// LatestAfter is the last second that lies within d after t.
func (d Duration) LatestAfter(t time.Time) time.Time {
	if d.Calendar() {
		return LastSecond(d.Add(Midnight(t)))
	}
	return d.Add(t)
}

// Midnight is the first second of t's day in its zone.
func Midnight(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, t.Location())
}

// LastSecond is the last second of t's day in its zone, which has 23 to 25 hours.
func LastSecond(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, t.Location()).Add(-time.Second)
}

// MonthDay is a day that comes back each year.
type MonthDay struct {
	Month time.Month
	Day   int
}

// ParseMonthDay reads "12-15"; 29 February is allowed.
func ParseMonthDay(s string) (MonthDay, error) {
	t, err := time.Parse("2006-01-02", "2000-"+s)
	if err != nil || len(s) != 5 {
		return MonthDay{}, fmt.Errorf("%q is not a day of the year such as 12-15", s)
	}
	return MonthDay{t.Month(), t.Day()}, nil
}

// In is the first second of that day in a year; 29 February is the 28th in a
// year that has no other.
func (m MonthDay) In(year int, loc *time.Location) time.Time {
	last := time.Date(year, m.Month+1, 0, 0, 0, 0, 0, time.UTC).Day()
	return time.Date(year, m.Month, min(m.Day, last), 0, 0, 0, 0, loc)
}

// ParseDay reads "2006-01-02" as the first second of that day in a zone.
func ParseDay(s string, loc *time.Location) (time.Time, error) {
	t, err := time.ParseInLocation(time.DateOnly, s, loc)
	if err != nil || t.Format(time.DateOnly) != s {
		return time.Time{}, fmt.Errorf("%q is not a day such as 2027-10-01", s)
	}
	return t, nil
}
