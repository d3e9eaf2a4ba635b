package provision

import (
	"slices"
	"strconv"
	"time"

	"detente/pack"
	"detente/party"
)

// applied reports whether a measure applied to a party (empty: to any) at a moment.
func (b *Book) applied(m *measure, id party.ID, at int64) bool {
	if id == "" {
		return slices.ContainsFunc(b.order, func(id party.ID) bool { return b.applied(m, id, at) })
	}
	if !b.member(id, at) {
		return false
	}
	e := b.editionAt(m.text, at, id)
	return e != "" && m.Applies(e)
}

// owed reports whether the least number of an account was to be reached by now:
// the period is over, not for too long, and the text applied from its first second
// to its last. Where there is no period it is to be reached as long as the text applies.
func (b *Book) owed(l *ledger, now int64, h *horizon) bool {
	c := l.key.c
	from, until := c.length.Sub(c.m.text.in(now)).Unix(), now+1
	switch c.Period {
	case pack.PerEver: // at any moment at which the text applies
		from = now
	case pack.PerRolling:
		if h != nil {
			for _, at := range c.m.text.edges {
				h.around(c.length.Add(c.m.text.in(at)).Unix())
			}
		}
	default:
		if until = c.end(l.key.period); until == 0 {
			return false
		}
		past := c.m.text.in(until-1).AddDate(maxYears, 0, 0).Unix() + 1
		h.see(until)
		h.see(past)
		if now < until || now >= past {
			return false
		}
		from = c.begin(l.key.period)
	}
	if from < b.since {
		return false
	}
	id := party.ID("")
	if i := slices.Index(c.Scope, "author"); i >= 0 {
		id = party.ID(l.values[i])
	}
	return b.applied(c.m, id, from) && b.applied(c.m, id, until-1)
}

// begin is the first second of a period of calendar years.
func (c *count) begin(period string) int64 {
	y, _ := strconv.Atoi(period[:4])
	return time.Date(y, 1, 1, 0, 0, 0, 0, c.m.text.loc).Unix()
}

// foresee opens the accounts that ask for a least number, whether anything is filed
// or not: of each party, or of all together, for the years up to a moment.
func (b *Book) foresee(now int64) {
	for _, c := range b.leasts {
		first, last := 0, 0 // one account, whatever the year
		switch c.Period {
		case pack.PerYear:
			last = c.m.text.in(now).Year()
			first = c.m.text.begins(last)
		case pack.PerRolling, pack.PerEver:
		default:
			continue
		}
		for y := first; y <= last; y++ {
			if !c.years[y] {
				c.years[y] = true
				b.openLeast(c, y)
			}
		}
	}
}

// openLeast opens the accounts of one count for a year.
func (b *Book) openLeast(c *count, year int) {
	period := ""
	if year != 0 {
		period = strconv.Itoa(year)
	}
	switch {
	case len(c.Scope) == 0:
		b.ledger(scoped{accountKey{c, "", period}, nil})
	case len(c.Scope) == 1 && c.Scope[0] == "author":
		for _, id := range b.order {
			b.ledger(scoped{accountKey{c, string(id), period}, []string{string(id)}})
		}
	}
}

// begins is the first year for which a missing filing can be named in a year.
func (t *text) begins(year int) int {
	first := year
	for _, e := range t.editions {
		for _, p := range e.periods {
			first = min(first, t.in(p.From).Year())
		}
	}
	if t.InForce.From > 0 {
		first = max(first, t.in(t.InForce.From).Year())
	}
	return max(first, year-maxYears)
}

// maxYears bounds how far back a missing filing is named.
const maxYears = 20
