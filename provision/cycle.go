package provision

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"detente/condition"
	"detente/pack"
	"detente/party"
)

// cycle is what comes back by the calendar.
type cycle struct {
	text   *text
	yearly *pack.Yearly
	every  *pack.Every
	period condition.Duration
	since  time.Time
}

// cycleKey is one party's return for one turn of a cycle.
type cycleKey struct {
	m    *measure
	by   party.ID
	from int64 // year of the due date, or first second of the period
}

// turn is one coming back: the year or period, and the day by which.
type turn struct {
	key  string
	from int64
	due  time.Time // first second of the last day
}

// maxTurns bounds how many turns are looked at at once: a period of a day for a
// hundred years.
const maxTurns = 40_000

func (m *measure) newCycle() (*cycle, error) {
	switch {
	case m.Occasion.Yearly != nil:
		c := &cycle{text: m.text, yearly: m.Occasion.Yearly}
		for _, day := range []string{c.yearly.Due, c.yearly.AsOf} {
			if day == "" || strings.HasPrefix(day, "$") {
				continue
			}
			if _, err := condition.ParseMonthDay(day); err != nil {
				return nil, err
			}
		}
		return c, nil
	case m.Occasion.Every != nil:
		c := &cycle{text: m.text, every: m.Occasion.Every}
		var err error
		if c.period, err = condition.ParseDuration(c.every.Period); err != nil {
			return nil, err
		}
		epoch := time.Unix(0, 0)
		if !c.period.Add(epoch).After(epoch.Add(time.Hour - 1)) {
			return nil, fmt.Errorf("period %s is shorter than an hour", c.every.Period)
		}
		since := c.every.Since
		if since == "" {
			for _, e := range m.text.head.Editions {
				if len(e.InForce) > 0 && (since == "" || e.InForce[0].From < since) && m.Applies(e.ID) {
					since = e.InForce[0].From
				}
			}
		}
		if since == "" {
			return nil, fmt.Errorf("no day from which the period runs: name since, or an edition in force")
		}
		c.since, err = condition.ParseDay(since, m.text.loc)
		return c, err
	}
	return nil, nil
}

// dueIn is the day in a year on which a yearly return is due; false: not agreed.
func (c *cycle) dueIn(year int) (time.Time, bool) { return c.dayIn(c.yearly.Due, year) }

// dayIn is the first second of a month-day, or of that which a slot gives, in a year;
// false: not agreed.
func (c *cycle) dayIn(day string, year int) (time.Time, bool) {
	if id, ok := strings.CutPrefix(day, "$"); ok {
		at := time.Date(year, 1, 1, 0, 0, 0, 0, c.text.loc).Unix()
		if day, ok = c.text.slotOf(id, at, "", ""); !ok {
			return time.Time{}, false
		}
	}
	d, err := condition.ParseMonthDay(day)
	if err != nil {
		return time.Time{}, false
	}
	return d.In(year, c.text.loc), true
}

// of is the turn to which a filing belongs: by the field that names the year
// covered, else by the nearest due date; of a period the one in which it lies.
func (c *cycle) of(f *Filing) int64 {
	at := c.text.in(f.When())
	if c.yearly == nil {
		return c.turnAt(at).from
	}
	if field := c.yearly.Cycle; field != "" {
		if y, ok := yearOf(f, field); ok {
			return int64(y - c.yearly.Ahead)
		}
	}
	year := at.Year()
	best, least := year, time.Duration(1<<63-1)
	for y := year - 1; y <= year+1; y++ {
		due, ok := c.dueIn(y)
		if !ok {
			return int64(year)
		}
		if d := due.Sub(condition.Midnight(at)).Abs(); d < least {
			best, least = y, d
		}
	}
	return int64(best)
}

// yearOf reads a year, or the year of a day.
func yearOf(f *Filing, field string) (int, bool) {
	if y, ok := f.Values.Year(field); ok {
		return y, true
	}
	if d, ok := f.Values.Date(field); ok {
		return d.Year(), true
	}
	if s, ok := f.Values.String(field); ok {
		y, err := strconv.Atoi(s)
		return y, err == nil
	}
	return 0, false
}

// turnAt is the period in which a moment lies; before the first the first.
func (c *cycle) turnAt(at time.Time) turn {
	// A first guess by the length of one period, then step by step.
	length := c.period.Add(c.since).Sub(c.since)
	n := 0
	if at.After(c.since) {
		n = int(at.Sub(c.since)/length) + 1
	}
	for n > 0 && c.begin(n).After(at) {
		n--
	}
	for n < maxTurns && !c.begin(n+1).After(at) {
		n++
	}
	return c.turn(n)
}

// begin is the first second of period n.
func (c *cycle) begin(n int) time.Time {
	t := c.since
	p := c.period
	p.Months, p.Days, p.Seconds = p.Months*n, p.Days*n, p.Seconds*int64(n)
	return p.Add(t)
}

func (c *cycle) turn(n int) turn {
	from := c.begin(n)
	return turn{key: from.Format(time.DateOnly), from: from.Unix(), due: condition.Midnight(c.begin(n + 1).Add(-time.Second))}
}

// from is the turn that begins with a year, or a period with its first second.
func (c *cycle) from(from int64) (turn, bool) {
	if c.yearly == nil {
		return c.turnAt(time.Unix(from, 0).In(c.text.loc)), true
	}
	due, ok := c.dueIn(int(from))
	return turn{key: strconv.Itoa(int(from) + c.yearly.Ahead), from: from, due: due}, ok
}

// turns lists those whose last day lies from one moment to another.
func (c *cycle) turns(from, until int64) []turn {
	var out []turn
	if c.yearly != nil {
		first := c.text.in(from).Year()
		for y := first; y <= c.text.in(until).Year() && y-first < maxTurns; y++ {
			t, ok := c.from(int64(y))
			if !ok {
				continue // not agreed in that year
			}
			if end := condition.LastSecond(t.due).Unix(); end >= from && t.due.Unix() <= until {
				out = append(out, t)
			}
		}
		return out
	}
	t := c.turnAt(time.Unix(max(from, c.since.Unix()), 0).In(c.text.loc))
	for t.from <= until && len(out) < maxTurns {
		if condition.LastSecond(t.due).Unix() >= from {
			out = append(out, t)
		}
		t = c.turnAt(condition.LastSecond(t.due).Add(time.Second))
	}
	return out
}

// each lists those for whom the calendar opens an occasion.
func (b *Book) owners(m *measure, at int64) []who {
	set := ""
	if m.cycle.yearly != nil {
		set = m.cycle.yearly.Each
	} else {
		set = m.cycle.every.Each
	}
	var list []who
	if set != "" {
		list = b.ofSet(m.text, set, at)
	} else {
		list = each(b.all(m.text, at))
	}
	out := make([]who, 0, len(list))
	for _, w := range list {
		if w.id == "" || b.bound(m.text, w.id, at) {
			out = append(out, w)
		}
	}
	return out
}

// turned is the occasion of one obligor on one turn.
func (b *Book) turned(m *measure, t turn, w who, at Moment) *occasion {
	o := &occasion{book: b, m: m, moment: at, key: t.key, at: t.due.Unix(), by: w.first(), owner: &w, turn: t}
	for _, id := range append([]party.ID{w.id}, w.side...) {
		for _, e := range b.cycles[cycleKey{m, id, t.from}] {
			if s := e.read(at); s != nil && s.void == nil && !e.f.Faulty && e.f.When() <= at.Now && o.opener == nil && m.isFirst(e.f.Code) {
				o.opener = s
			}
		}
	}
	return o
}

// isFirst reports whether a code is of a step that nothing comes before.
func (m *measure) isFirst(code string) bool {
	for _, s := range m.steps {
		if s.code == code {
			return len(s.After) == 0
		}
	}
	return false
}
