package canon

import (
	"fmt"
	"time"
)

// timeLayout is whole seconds in UTC, RFC 3339 with the letter Z.
const timeLayout = "2006-01-02T15:04:05Z"

// FormatTime writes t as whole-second UTC, "2006-01-02T15:04:05Z". A fraction
// of a second is dropped. The year of t must be 1970 to 9999; ParseTime refuses
// what is written for any other.
func FormatTime(t time.Time) string { return t.UTC().Format(timeLayout) }

// ParseTime reads what FormatTime writes, years 1970 to 9999.
func ParseTime(s string) (time.Time, error) {
	if len(s) != len(timeLayout) {
		return time.Time{}, fmt.Errorf("%q is not a time of the form %s", clip(s), timeLayout)
	}
	t, err := time.Parse(timeLayout, s)
	if err != nil || t.Format(timeLayout) != s {
		return time.Time{}, fmt.Errorf("%q is not a time of the form %s", s, timeLayout)
	}
	if t.Year() < 1970 {
		return time.Time{}, fmt.Errorf("time %s is before 1970", s)
	}
	return t, nil
}

// clip shortens foreign text for an error sentence.
func clip(s string) string {
	const most = 64
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
