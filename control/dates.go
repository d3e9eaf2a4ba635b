package control

import (
	"slices"
	"strings"
	"time"

	"detente/calendar"
	"detente/internal/canon"
	"detente/party"
	"detente/provision"
)

// How long before a date a calendar reminds of it, by whether it is a day or a moment.
const (
	remindDay    = 14 * 24 * time.Hour
	remindMoment = 2 * time.Hour
)

// Dates are what is provided for as entries of a calendar, by date. Each begins with
// mark, which says what is not meant in earnest.
func (d *Due) Dates(mark string) []calendar.Entry {
	var out []calendar.Entry
	for i := range d.Own {
		out = append(out, d.Own[i].entry(mark, true))
	}
	for i := range d.Awaited {
		out = append(out, d.Awaited[i].entry(mark, false))
	}
	slices.SortStableFunc(out, func(x, y calendar.Entry) int {
		return strings.Compare(x.Day+x.At.Format(time.RFC3339), y.Day+y.At.Format(time.RFC3339))
	})
	return out
}

// When is the date of an item: of what has none the moment of what was done, or since
// when it is open. A day is 2027-11-15, a moment RFC 3339; empty: no date at all.
func (it *Item) When() string {
	if it.Due != "" {
		if it.Day != "" {
			return it.Day
		}
		return it.Due
	}
	for _, d := range it.Acts {
		if d.As == "did" || d.As == "declined" {
			return d.When
		}
	}
	return it.Opened
}

func (it *Item) entry(mark string, own bool) calendar.Entry {
	e := calendar.Entry{Key: it.Key, What: mark + it.Title, By: joinIDs(it.By), To: joinIDs(it.To), State: string(it.State), Words: it.Marked,
		Article: it.Article, Text: it.Text + " " + it.Edition, Sentence: it.Sentence, Acts: []string{},
		Over: it.State == provision.Discharged || it.State == provision.Superseded, Own: own && it.State.IsOpen(), AlarmBefore: remindDay}
	for _, d := range it.Acts {
		if !slices.Contains(e.Acts, d.Place) { // one act can have opened and done it
			e.Acts = append(e.Acts, d.Place)
		}
	}
	when := it.When()
	if len(when) == len(time.DateOnly) {
		e.Day = when
	} else if at, err := canon.ParseTime(when); err == nil {
		e.At, e.AlarmBefore = at, remindMoment
	}
	return e
}

func joinIDs(ids []party.ID) string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = string(id)
	}
	return strings.Join(out, ", ")
}
