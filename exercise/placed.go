package exercise

import (
	"maps"
	"strconv"
	"strings"
	"time"

	"detente/internal/canon"
)

// Values of an inject that are relative are written T+00:15:00 and T-00:15:00, a
// moment before or after the beginning, and D+45 and D-3, a day before or after the
// day on which the exercise begins, by UTC.

// Blanks are the values of a phrase once the exercise has its beginning: moments as
// package canon writes them.
func (p *Phrase) Blanks(start time.Time) map[string]string {
	out := map[string]string{}
	for slot, v := range p.Values {
		out[slot] = v
		if t, ok := moment(v, start); ok {
			out[slot] = canon.FormatTime(t)
		}
	}
	return out
}

// Form is the form of a notice once the exercise has its beginning: moments as forms
// write them, and days.
func (n *Inject) Form(start time.Time) map[string]any {
	return placed(maps.Clone(n.Values), start).(map[string]any)
}

func placed(v any, start time.Time) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			out[k] = placed(x, start)
		}
		return out
	case []any:
		out := make([]any, 0, len(v))
		for _, x := range v {
			out = append(out, placed(x, start))
		}
		return out
	case string:
		if t, ok := moment(v, start); ok {
			return t.Format("2006-01-02T15:04") + "+00:00[UTC]"
		}
		if t, ok := day(v, start); ok {
			return t.Format(time.DateOnly)
		}
	}
	return v
}

// moment reads T+00:15:00.
func moment(s string, start time.Time) (time.Time, bool) {
	if len(s) < 2 || s[0] != 'T' || s[1] != '+' && s[1] != '-' {
		return start, false
	}
	o, err := ParseOffset(s[2:])
	if err != nil {
		return start, false
	}
	if s[1] == '-' {
		o = -o
	}
	return start.UTC().Add(o.Duration()), true
}

// day reads D+45.
func day(s string, start time.Time) (time.Time, bool) {
	if len(s) < 3 || len(s) > 6 || s[0] != 'D' || s[1] != '+' && s[1] != '-' || strings.Trim(s[2:], "0123456789") != "" {
		return start, false
	}
	n, err := strconv.Atoi(s[1:])
	return start.UTC().AddDate(0, 0, n), err == nil
}
