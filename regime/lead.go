package regime

import (
	"fmt"
	"time"
)

// Lead is the one lead time of this issue: what the text provides for against
// what was shown. Days are calendar days in UTC: a text that asks for 42 days is
// met by a statement lodged at any hour of the 42nd day before the start.
type Lead struct {
	Days     int       // provided for; 0: the group set none
	Start    time.Time // first moment of the day on which the activity starts
	Deadline time.Time // last second of the last day in time; zero if Days is 0
}

// LeadFor returns the lead of an activity that starts on the day of start, with
// the days that the group agreed on (roster, Measure).
func LeadFor(days int, start time.Time) Lead {
	l := Lead{Days: days, Start: midnight(start)}
	if days > 0 {
		l.Deadline = l.Start.AddDate(0, 0, 1-days).Add(-time.Second)
	}
	return l
}

// DaysBefore counts the calendar days from lodged to the start; it is negative
// after the start.
func (l Lead) DaysBefore(lodged time.Time) int {
	return int(l.Start.Sub(midnight(lodged)) / (24 * time.Hour))
}

func midnight(t time.Time) time.Time {
	y, m, d := t.UTC().Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// Sentence says it neutrally in a language: "received 20 days before the start;
// the text provides for 42".
func (l Lead) Sentence(lodged time.Time, lang Lang) string {
	n := l.DaysBefore(lodged)
	var when said
	switch {
	case n > 0:
		when = said{
			"received " + counted(n, "days", English) + " before the start",
			"получено за " + counted(n, "days", Russian) + " до начала",
		}
	case n == 0:
		when = said{"received on the day of the start", "получено в день начала"}
	default:
		when = said{
			"received " + counted(-n, "days", English) + " after the start",
			"получено через " + counted(-n, "days", Russian) + " после начала",
		}
	}
	provides := said{"the group has set no lead time", "срок уведомления группой не установлен"}
	if l.Days > 0 {
		provides = said{
			"the text provides for " + grouped(l.Days, English),
			"документ предусматривает " + counted(l.Days, "days", Russian),
		}
		if n <= 0 {
			provides.en = "the text provides for " + counted(l.Days, "days", English) + " before it"
			provides.ru += " до него"
		}
	}
	return fmt.Sprintf("%s; %s", when.in(lang), provides.in(lang))
}
