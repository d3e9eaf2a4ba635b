package provision

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"detente/condition"
	"detente/pack"
	"detente/party"
)

// Accounts lists the counts that belong to a party (empty: to any) under a
// measure (empty: all) in which something stands at a moment.
func (b *Book) Accounts(id party.ID, measure string, m Moment) []Account {
	b.recount()
	var out []Account
	for k, l := range b.ledgers {
		if measure != "" && k.c.m.ID != measure || id != "" && !slices.Contains(l.values, string(id)) {
			continue
		}
		if a := b.account(l, m); a.Used > 0 || len(a.Passed) > 0 {
			out = append(out, a)
		}
	}
	slices.SortFunc(out, func(x, y Account) int { return cmp.Compare(x.Key, y.Key) })
	return out
}

// account reads one ledger at a moment.
func (b *Book) account(l *ledger, m Moment) Account {
	c := l.key.c
	a := Account{Key: l.key.String(), Text: c.m.text.id, Measure: c.m.ID, Count: c.ID, Title: c.Title, Article: cmp.Or(c.Article, c.m.Article),
		Strength: cmp.Or(c.Strength, c.m.Strength), Period: l.key.period, Allowed: -1, Remaining: -1, Follows: c.Full, Sure: lessSure(c.m.Sure, c.Sure)}
	for _, v := range l.values {
		if _, known := b.parties[party.ID(v)]; known {
			a.Scope = append(a.Scope, party.ID(v))
		} else {
			a.Where = append(a.Where, v)
		}
	}
	for _, e := range l.entries {
		counts, passed := l.counts(b, e, m)
		if counts {
			a.Filings = append(a.Filings, e.f.ID)
		}
		if passed {
			a.Passed = append(a.Passed, e.f.ID)
		}
	}
	a.Used = len(a.Filings)
	switch c.Period {
	case pack.PerAtOnce:
		a.Filings = l.atOnce(b, a.Filings, m)
		a.Used = len(a.Filings)
	case pack.PerRolling:
		a.Filings = l.rolling(b, a.Filings, m)
		a.Used = len(a.Filings)
	}
	b.limits(l, &a, m)
	return a
}

// when names the period of an account in words.
func (a *Account) when() any {
	if a.Period != "" {
		return a.Period
	}
	return sentencesOf("period.open")
}

// limits compares an account with what the text provides for.
func (b *Book) limits(l *ledger, a *Account, m Moment) {
	c := l.key.c
	at := m.Now
	if end := c.end(l.key.period); end > 0 {
		at = min(at, end-1)
	}
	other := party.ID("")
	if i := slices.Index(c.Scope, "author"); i >= 0 {
		other = party.ID(l.values[i])
	}
	env := &condition.Env{Party: l.party(b), Now: m.Now, Loc: c.m.text.loc,
		Slot:  func(id string) (string, bool) { return c.m.text.slotOf(id, at, l.party(b), other) },
		Slots: func() []string { return c.m.text.slotIDs }}
	if c.most != nil {
		n, why := c.most.Eval(env, l.figures(b, m))
		if why != nil {
			a.NotKnown = append(a.NotKnown, *why)
		} else {
			a.Allowed, a.Remaining = int(n), max(0, int(n)-a.Used)
			a.Full, a.Over = a.Used >= int(n), max(0, a.Used-int(n))
		}
	}
	if c.least != nil {
		n, why := c.least.Eval(env, l.figures(b, m))
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

// spanOf is the time that a filing takes up, at a moment.
func (l *ledger) spanOf(b *Book, id ID, m Moment) (from, to int64) {
	s := b.entries[id].read(m)
	f, t := l.key.c.day(s, s.values)
	return f.Unix(), t.Unix()
}

// atOnce finds the most filings whose times overlap at one moment.
func (l *ledger) atOnce(b *Book, ids []ID, m Moment) []ID {
	type end struct {
		at    int64
		begin bool
		id    ID
	}
	var ends []end
	for _, id := range ids {
		from, to := l.spanOf(b, id, m)
		ends = append(ends, end{from, true, id}, end{to, false, id})
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
		return x.id.Compare(y.id)
	})
	var now, most []ID
	for _, e := range ends {
		if e.begin {
			if now = append(now, e.id); len(now) > len(most) {
				most = slices.Clone(now)
			}
			continue
		}
		now = slices.DeleteFunc(now, func(id ID) bool { return id == e.id })
	}
	return most
}

// rolling keeps what lies within the length back from the day looked at.
func (l *ledger) rolling(b *Book, ids []ID, m Moment) []ID {
	since := l.key.c.length.Sub(l.key.c.m.text.in(m.Now)).Unix()
	return slices.DeleteFunc(ids, func(id ID) bool {
		from, _ := l.spanOf(b, id, m)
		return from <= since || from > m.Now
	})
}

// Findings lists the counts outside of what the texts provide for, the gates
// without an announcement, and the filings that cannot be read.
func (b *Book) Findings(m Moment) []Finding {
	b.recount()
	var out []Finding
	// what was set aside holds for all that is known, not for a moment before it
	plain := m.Lodged == 0 && m.Held == 0 && m.Now >= b.newest
	if plain {
		b.settlePending(m)
	}
	seen := map[string]bool{}
	look := func(l *ledger) {
		for _, f := range b.ledgerFindings(l, m) {
			key := f.Key
			if f.Kind == Above && l.key.c.Period == pack.Per3Years {
				// The periods overlap: the same filings are named once.
				key = l.key.c.m.ID + "." + l.key.c.ID + strings.Join(names(f.Filings), " ")
			}
			if !seen[key] {
				seen[key] = true
				out = append(out, f)
			}
		}
	}
	if plain {
		for _, k := range slices.SortedFunc(maps.Keys(b.over), func(x, y accountKey) int { return cmp.Compare(x.String(), y.String()) }) {
			look(b.ledgers[k])
		}
	} else {
		for _, k := range slices.SortedFunc(maps.Keys(b.ledgers), func(x, y accountKey) int { return cmp.Compare(x.String(), y.String()) }) {
			look(b.ledgers[k])
		}
	}
	for _, l := range b.unused(m.Now) {
		look(l)
	}
	out = append(out, b.ceilingFindings(m)...)
	for _, e := range b.unread {
		if m.sees(&e.f) {
			out = append(out, Finding{Key: "not-read/" + e.f.ID.String(), Measure: e.f.Code, Kind: NotRead, Parties: []party.ID{e.f.By()}, Filings: []ID{e.f.ID},
				Note: Note{"not-read", []condition.Arg{{Name: "party", Value: string(e.f.By())}}}})
		}
	}
	slices.SortFunc(out, func(x, y Finding) int { return cmp.Compare(x.Key, y.Key) })
	return out
}

// settlePending looks again at the ledgers that changed, and keeps those that
// have a finding now or can get one by the passing of time.
func (b *Book) settlePending(m Moment) {
	for k := range b.pending {
		l := b.ledgers[k]
		if k.c.least != nil || k.c.Period == pack.PerRolling || len(b.ledgerFindings(l, Moment{Now: 1 << 40})) > 0 {
			b.over[k] = true
		} else {
			delete(b.over, k)
		}
		delete(b.pending, k)
	}
}

// ledgerFindings are the findings of one account.
func (b *Book) ledgerFindings(l *ledger, m Moment) []Finding {
	a := b.account(l, m)
	var out []Finding
	find := func(kind, note string, filings []ID, args ...condition.Arg) {
		out = append(out, Finding{Key: kind + "/" + a.Key, Text: a.Text, Measure: a.Measure, Kind: kind, Parties: a.Scope, Article: a.Article,
			Filings: filings, Sure: a.Sure, Note: Note{note, append(args, condition.Arg{Name: "title", Value: byLang(a.Title)}, condition.Arg{Name: "period", Value: a.when()})}})
	}
	if a.Over > 0 {
		find(Above, "above", a.Filings, condition.Arg{Name: "used", Value: int64(a.Used)}, condition.Arg{Name: "most", Value: int64(a.Allowed)})
	}
	if a.Least > a.Used && l.key.c.m.text.owes(a.Strength) && b.owed(l, m.Now) {
		find(Below, "below", a.Filings, condition.Arg{Name: "used", Value: int64(a.Used)}, condition.Arg{Name: "least", Value: int64(a.Least)})
	}
	for i, g := range l.key.c.Gate {
		var lacking []ID
		for _, id := range a.Filings {
			if !b.announced(l.key.c, g, id, m) {
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
func (b *Book) announced(c *count, g pack.Gate, id ID, m Moment) bool {
	s := b.entries[id].read(m)
	from, _ := c.day(s, s.values)
	day, err := condition.ParseMonthDay(g.By)
	if err != nil {
		return false
	}
	until := condition.LastSecond(day.In(from.Year()-g.Ahead, c.m.text.loc)).Unix()
	name, _ := s.values.String(g.Same)
	for _, e := range b.returns[returnKey{g.Of, s.f.By()}] {
		x := e.read(m)
		if !x.stands() || e.f.Faulty || e.f.When() > until {
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
