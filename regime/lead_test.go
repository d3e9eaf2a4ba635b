package regime_test

import (
	"testing"
	"time"

	"detente/regime"
)

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic("regime: " + err.Error())
	}
	return t
}

func TestLeadSentence(t *testing.T) {
	for _, c := range []struct {
		days   int
		lodged string
		en, ru string
	}{
		{42, "2027-04-27T14:04:00Z", "received 20 days before the start; the text provides for 42", "получено за 20 дней до начала; документ предусматривает 42 дня"},
		{42, "2027-04-26T00:00:00Z", "received 21 days before the start; the text provides for 42", "получено за 21 день до начала; документ предусматривает 42 дня"},
		{21, "2027-05-16T23:59:59Z", "received 1 day before the start; the text provides for 21", "получено за 1 день до начала; документ предусматривает 21 день"},
		{30, "2027-05-14T00:00:00Z", "received 3 days before the start; the text provides for 30", "получено за 3 дня до начала; документ предусматривает 30 дней"},
		{11, "2027-05-05T00:00:00Z", "received 12 days before the start; the text provides for 11", "получено за 12 дней до начала; документ предусматривает 11 дней"},
		{42, "2027-05-17T08:00:00Z", "received on the day of the start; the text provides for 42 days before it", "получено в день начала; документ предусматривает 42 дня до него"},
		{1, "2027-05-18T08:00:00Z", "received 1 day after the start; the text provides for 1 day before it", "получено через 1 день после начала; документ предусматривает 1 день до него"},
		{0, "2027-04-27T14:04:00Z", "received 20 days before the start; the group has set no lead time", "получено за 20 дней до начала; срок уведомления группой не установлен"},
	} {
		l := regime.LeadFor(c.days, at("2027-05-17T00:00:00Z"))
		if got := l.Sentence(at(c.lodged), regime.English); got != c.en {
			t.Errorf("%q, want %q", got, c.en)
		}
		if got := l.Sentence(at(c.lodged), regime.Russian); got != c.ru {
			t.Errorf("%q, want %q", got, c.ru)
		}
		if got := l.Sentence(at(c.lodged), "fr"); got != c.en {
			t.Errorf("another language: %q", got)
		}
	}
}

// What is lodged by the deadline was received the days before that the text
// provides for, and a second later one fewer.
func TestLeadDeadline(t *testing.T) {
	l := regime.LeadFor(42, at("2027-05-17T09:30:00Z"))
	if !l.Start.Equal(at("2027-05-17T00:00:00Z")) || !l.Deadline.Equal(at("2027-04-05T23:59:59Z")) {
		t.Fatalf("start %v, deadline %v", l.Start, l.Deadline)
	}
	if n := l.DaysBefore(l.Deadline); n != 42 {
		t.Errorf("%d days at the deadline", n)
	}
	if n := l.DaysBefore(l.Deadline.Add(time.Second)); n != 41 {
		t.Errorf("%d days a second later", n)
	}
	if l := regime.LeadFor(0, at("2027-05-17T00:00:00Z")); !l.Deadline.IsZero() {
		t.Errorf("a deadline without a lead time: %v", l.Deadline)
	}
}
