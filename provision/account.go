package provision

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"detente/condition"
	"detente/pack"
	"detente/party"
	"detente/regime"
)

// Accounts lists the counts that belong to a party, or to all together, (empty: to any) under a
// measure (empty: all) in which something stands at a moment; of a party also those
// of its own that have a limit, in which nothing stands yet.
func (b *Book) Accounts(id party.ID, measure string, m Moment) []Account {
	b.recount()
	var out []Account
	for k, l := range b.ledgers {
		if len(l.lines) == 0 || measure != "" && k.c.m.ID != measure || id != "" && !l.concerns(b, id, m.Now) {
			continue
		}
		if a := b.account(l, m, nil); a.Used > 0 || len(a.Passed) > 0 {
			out = append(out, a)
		}
	}
	if id != "" {
		out = append(out, b.unused(id, measure, m)...)
	}
	slices.SortFunc(out, func(x, y Account) int { return cmp.Compare(x.Key, y.Key) })
	return out
}

// unused are the accounts of a party alone, of the period of a moment, that have a
// limit and in which nothing stands yet.
func (b *Book) unused(id party.ID, measure string, m Moment) []Account {
	var out []Account
	for _, t := range b.texts {
		for _, ms := range t.measures {
			if measure != "" && ms.ID != measure || !b.applied(ms, id, m.Now) {
				continue
			}
			for _, c := range ms.counts {
				if c.most == nil || len(c.Scope) != 1 || !b.ofParty(c, c.Scope[0]) {
					continue
				}
				period := ""
				if c.Period == pack.PerYear {
					period = strconv.Itoa(t.in(m.Now).Year())
				} else if c.Period == pack.Per3Years {
					period = years(t.in(m.Now).Year() - 2)
				}
				l := &ledger{key: accountKey{c, string(id), period}, values: []string{string(id)}}
				if held := b.ledgers[l.key]; held != nil {
					l = held
				}
				if a := b.account(l, m, nil); a.Used == 0 && len(a.Passed) == 0 {
					out = append(out, a)
				}
			}
		}
	}
	return out
}

// concerns reports whether an account belongs to a party: it is in its scope, or no
// party is, and the text applies to it.
func (l *ledger) concerns(b *Book, id party.ID, at int64) bool {
	if slices.Contains(l.values, string(id)) {
		return true
	}
	for _, v := range l.values {
		if _, known := b.parties[party.ID(v)]; known {
			return false
		}
	}
	return b.applied(l.key.c.m, id, at)
}

// ofParty reports whether a part of a scope is a party: the author, who is asked, or
// one that a field names.
func (b *Book) ofParty(c *count, name string) bool {
	if name == "author" || name == "asked" {
		return true
	}
	for _, s := range b.steps[c.Of] {
		if s.form != nil {
			f, ok := s.form.Field(name)
			return ok && f.Type == regime.TypeState
		}
	}
	return false
}

// account reads one ledger at a moment.
func (b *Book) account(l *ledger, m Moment, h *horizon) Account {
	c := l.key.c
	a := Account{Key: l.key.String(), Text: c.m.text.id, Measure: c.m.ID, Count: c.ID, Title: c.Title,
		Strength: cmp.Or(c.Strength, c.m.Strength), Period: l.key.period, Allowed: -1, Remaining: -1, Follows: c.Full, ever: c.Period == pack.PerEver, Sure: lessSure(c.m.Sure, c.Sure)}
	a.Article, a.ArticleSure = c.m.cites(c.Article, c.Sure)
	for _, v := range l.values {
		if _, known := b.parties[party.ID(v)]; known {
			a.Scope = append(a.Scope, party.ID(v))
		} else {
			a.Where = append(a.Where, v)
		}
	}
	var counted []line
	for i := range l.lines {
		x := l.line(b, i, m, h)
		if x.counts {
			counted = append(counted, x)
		}
		if x.passed {
			a.Passed = append(a.Passed, x.e.f.ID)
		}
	}
	switch c.Period {
	case pack.PerAtOnce:
		counted = atOnce(counted)
	case pack.PerRolling:
		counted = l.rolling(counted, m, h)
	}
	for _, x := range counted {
		a.Filings = append(a.Filings, x.e.f.ID)
	}
	a.Used = len(a.Filings)
	b.limits(l, &a, m, h)
	return a
}

// when names the period of an account in words.
func (a *Account) when() any {
	if a.Period != "" {
		return a.Period
	}
	if a.ever {
		return sentencesOf("period.ever")
	}
	return sentencesOf("period.open")
}

// limits compares an account with what the text provides for.
func (b *Book) limits(l *ledger, a *Account, m Moment, h *horizon) {
	c := l.key.c
	at := m.Now
	end := c.end(l.key.period)
	if end > 0 {
		at = min(at, end-1)
	}
	if end == 0 || m.Now < end {
		h.see(c.m.text.edgeAfter(m.Now)) // what was agreed
	}
	other := party.ID("")
	if i := slices.Index(c.Scope, "author"); i >= 0 {
		other = party.ID(l.values[i])
	}
	env := &condition.Env{Party: l.party(b), Now: m.Now, Loc: c.m.text.loc,
		Slot:  func(id string) (string, bool) { return c.m.text.slotOf(id, at, l.party(b), other) },
		Slots: func() []string { return c.m.text.slotIDs }}
	if c.most != nil {
		n, why := c.most.Eval(env, l.figures(b, m, h))
		if why != nil {
			a.NotKnown = append(a.NotKnown, *why)
		} else {
			a.Allowed, a.Remaining = int(n), max(0, int(n)-a.Used)
			a.Full, a.Over = a.Used >= int(n), max(0, a.Used-int(n))
		}
	}
	if c.least != nil {
		n, why := c.least.Eval(env, l.figures(b, m, h))
		if why != nil {
			a.NotKnown = append(a.NotKnown, *why)
		} else {
			a.Least = int(n)
		}
	}
	if c.m.Off {
		a.NotKnown = append(a.NotKnown, condition.Reason{Key: "off"})
		a.Full, a.Over = false, 0
	}
}

// atOnce finds the most filings whose times overlap at one moment.
func atOnce(all []line) []line {
	type end struct {
		at    int64
		begin bool
		line
	}
	ends := make([]end, 0, 2*len(all))
	for _, x := range all {
		ends = append(ends, end{x.from, true, x}, end{x.to, false, x})
	}
	slices.SortFunc(ends, func(x, y end) int {
		if x.at != y.at {
			return cmp.Compare(x.at, y.at)
		}
		if x.begin != y.begin {
			if x.begin {
				return -1
			}
			return 1
		}
		return x.e.f.ID.Compare(y.e.f.ID)
	})
	var now, most []line
	for _, x := range ends {
		if x.begin {
			if now = append(now, x.line); len(now) > len(most) {
				most = slices.Clone(now)
			}
			continue
		}
		now = slices.DeleteFunc(now, func(y line) bool { return y.e == x.e })
	}
	return most
}

// rolling keeps what lies within the length back from the day looked at.
func (l *ledger) rolling(all []line, m Moment, h *horizon) []line {
	t := l.key.c.m.text
	since := l.key.c.length.Sub(t.in(m.Now)).Unix()
	return slices.DeleteFunc(all, func(x line) bool {
		h.see(x.from)
		h.around(l.key.c.length.Add(t.in(x.from)).Unix())
		return x.from <= since || x.from > m.Now
	})
}

// look finds what an account shows.
func (l *ledger) look(b *Book, m Moment, h *horizon) []*found {
	var out []*found
	for _, f := range b.ledgerFindings(l, m, h) {
		x := &found{Finding: f, text: l.key.c.m.text.n}
		if f.Kind == Above && l.key.c.Period == pack.Per3Years {
			// The periods overlap: the same filings are named once.
			x.same = l.key.c.m.ID + "." + l.key.c.ID + strings.Join(names(f.Filings), " ")
		}
		out = append(out, x)
	}
	return out
}

// ledgerFindings are the findings of one account.
func (b *Book) ledgerFindings(l *ledger, m Moment, h *horizon) []Finding {
	a := b.account(l, m, h)
	var out []Finding
	find := func(kind, note string, filings []ID, args ...condition.Arg) {
		out = append(out, Finding{Key: kind + "/" + a.Key, Text: a.Text, Measure: a.Measure, Kind: kind, Parties: a.Scope, Article: a.Article, ArticleSure: a.ArticleSure,
			Filings: filings, Sure: a.Sure, Note: Note{note, append(args, condition.Arg{Name: "title", Value: byLang(a.Title)}, condition.Arg{Name: "period", Value: a.when()})}})
	}
	if a.Over > 0 {
		find(Above, "above", a.Filings, condition.Arg{Name: "used", Value: int64(a.Used)}, condition.Arg{Name: "most", Value: int64(a.Allowed)})
	}
	if a.Least > a.Used && l.key.c.m.text.owes(a.Strength) && b.owed(l, m.Now, h) {
		find(Below, "below", a.Filings, condition.Arg{Name: "used", Value: int64(a.Used)}, condition.Arg{Name: "least", Value: int64(a.Least)})
	}
	for i, g := range l.key.c.Gate {
		var lacking []ID
		for _, id := range a.Filings {
			if !b.announced(l.key.c, g, id, m, h) {
				lacking = append(lacking, id)
			}
		}
		if len(lacking) > 0 {
			find(NotAnnounced, "not-announced", lacking, condition.Arg{Name: "code", Value: g.Of}, condition.Arg{Name: "day", Value: g.By}, condition.Arg{Name: "n", Value: int64(g.Ahead)})
			out[len(out)-1].Key += "/" + strconv.Itoa(i)
		}
	}
	return out
}

// announced reports whether a filing that counts was announced as a gate asks.
func (b *Book) announced(c *count, g pack.Gate, id ID, m Moment, h *horizon) bool {
	s := b.entries[id].read(m)
	from, _ := c.day(s, s.values)
	day, err := condition.ParseMonthDay(g.By)
	if err != nil {
		return false
	}
	until := condition.LastSecond(day.In(from.Year()-g.Ahead, c.m.text.loc)).Unix()
	name, _ := s.values.String(g.Same)
	for _, e := range b.returns[returnKey{g.Of, s.f.By()}] {
		h.entry(e)
		if e.f.When() > until {
			break
		}
		x := e.read(m)
		if !x.stands() || e.f.Faulty {
			continue
		}
		if g.Same == "" || mentions(x, g.Same, name) {
			return true
		}
	}
	return false
}

// mentions reports whether a filing names something in a field, or in a column of
// that name of one of its tables.
func mentions(s *statement, field, name string) bool {
	if v, ok := s.values.String(field); ok {
		return v == name
	}
	for _, id := range s.values.IDs() {
		rows, _ := s.values.Rows(id)
		for _, r := range rows {
			if v, ok := r.String(field); ok && v == name {
				return true
			}
		}
	}
	return false
}

func names(list []ID) []string {
	out := make([]string, len(list))
	for i, id := range list {
		out[i] = id.String()
	}
	return out
}
