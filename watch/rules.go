package watch

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"detente/line"
)

// Rule is how alerts of one precedence call. Zero: never.
type Rule struct {
	Repeat  time.Duration // between two sounds; zero: once, on arrival, or not at all (Sounds)
	Sounds  bool          // whether it sounds
	Silence time.Duration // how long an officer can silence it
	Chief   time.Duration // unacknowledged for so long: the chief of shift is called
	Second  time.Duration // … the second contact
	Sender  time.Duration // … the sender's own node tells its officers
}

// Rules are those of the four precedences, Rules[0] that of line.Immediate.
type Rules [4]Rule

// Defaults are the figures where a group adopted none. Silence of 30 s, after which
// sound returns, is that of IMO MSC.302(87) for an alarm; the others are choices of
// this house, open to every group.
func Defaults() Rules {
	return Rules{
		{Sounds: true, Repeat: 30 * time.Second, Silence: 30 * time.Second, Chief: 5 * time.Minute, Second: 10 * time.Minute, Sender: 15 * time.Minute},
		{Sounds: true, Repeat: 5 * time.Minute, Silence: 30 * time.Second, Chief: 30 * time.Minute},
		{Sounds: true},
		{},
	}
}

// RulesOf are the defaults with what a group adopted: agreed gives the value of a
// slot of its roster, line.1.chief to line.4.sender, as a number with h, m or s;
// 0 means never. A value that cannot be read is left out and named in the error;
// the rules are usable all the same.
func RulesOf(agreed func(slot string) (string, bool)) (Rules, error) {
	r := Defaults()
	var bad []string
	for i := range r {
		for _, one := range []struct {
			name string
			into *time.Duration
		}{{"repeat", &r[i].Repeat}, {"chief", &r[i].Chief}, {"second", &r[i].Second}, {"sender", &r[i].Sender}} {
			slot := fmt.Sprintf("line.%d.%s", i+1, one.name)
			text, ok := agreed(slot)
			if !ok {
				continue
			}
			d, err := span(text)
			if err != nil {
				bad = append(bad, fmt.Sprintf("%s: %v", slot, err))
				continue
			}
			*one.into = d
		}
	}
	if len(bad) > 0 {
		return r, fmt.Errorf("read what the group agreed on for lines: %s", strings.Join(bad, "; "))
	}
	return r, nil
}

// maxSpan bounds an agreed figure: an alert that calls its chief after more than a
// week is no alert.
const maxSpan = 7 * 24 * time.Hour

func span(s string) (time.Duration, error) {
	if s == "0" {
		return 0, nil
	}
	if s == "" {
		return 0, fmt.Errorf("it is empty; write 5m")
	}
	unit, ok := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour}[s[len(s)-1]]
	n, err := strconv.ParseUint(s[:len(s)-1], 10, 20)
	if !ok || err != nil || n == 0 || time.Duration(n)*unit > maxSpan {
		return 0, fmt.Errorf("%q is no span of at most a week such as 5m, and not 0", s)
	}
	return time.Duration(n) * unit, nil
}

// Of is the rule of a precedence; one that does not exist is routine.
func (r Rules) Of(p line.Precedence) Rule {
	if p < line.Immediate || p > line.Routine {
		p = line.Routine
	}
	return r[p-1]
}
