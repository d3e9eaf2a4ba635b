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
// the period is over, and the text applied from its first second to its last.
func (b *Book) owed(l *ledger, now int64) bool {
	c := l.key.c
	from, until := c.length.Sub(c.m.text.in(now)).Unix(), now+1
	if c.Period != pack.PerRolling {
		if until = c.end(l.key.period); until == 0 || now < until {
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

// unused are the accounts that ask for a least number and in which nothing was
// ever filed: of each party, or of all together.
func (b *Book) unused(now int64) []*ledger {
	var out []*ledger
	for _, c := range b.leasts {
		owners := [][]string{nil}
		switch {
		case slices.Equal(c.Scope, []string{"author"}):
			owners = owners[:0]
			for _, id := range b.order {
				owners = append(owners, []string{string(id)})
			}
		case len(c.Scope) > 0:
			continue
		}
		for _, period := range b.pastPeriods(c, now) {
			for _, values := range owners {
				key := accountKey{c, "", period}
				if values != nil {
					key.scope = values[0]
				}
				if b.ledgers[key] == nil {
					out = append(out, &ledger{key: key, values: values})
				}
			}
		}
	}
	return out
}

// pastPeriods names the calendar years that ended since a text applies; of a
// rolling period the one that ends now.
func (b *Book) pastPeriods(c *count, now int64) []string {
	switch c.Period {
	case pack.PerRolling:
		return []string{""}
	case pack.PerYear:
	default:
		return nil
	}
	t := c.m.text
	first := t.in(now).Year()
	for _, e := range t.editions {
		for _, p := range e.periods {
			first = min(first, t.in(p.From).Year())
		}
	}
	if t.InForce.From > 0 {
		first = max(first, t.in(t.InForce.From).Year())
	}
	var out []string
	for y := max(first, t.in(now).Year()-maxYears); y < t.in(now).Year(); y++ {
		out = append(out, strconv.Itoa(y))
	}
	return out
}

// maxYears bounds how far back a missing filing is named.
const maxYears = 20
