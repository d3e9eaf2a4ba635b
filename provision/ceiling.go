package provision

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"detente/condition"
	"detente/pack"
	"detente/party"
	"detente/regime"
)

// ceiling is a compiled pack.Ceiling.
type ceiling struct {
	*pack.Ceiling
	m    *measure
	n    int // place in the measure
	most *condition.Formula
	from int64
}

// ceilingKey is one side, or one party, under a ceiling.
type ceilingKey struct {
	c  *ceiling
	by party.ID // empty: the side
}

// strength is what is known under one ceiling.
type strength struct {
	watch
	key     ceilingKey
	parties []party.ID
}

// key is under what a party's figures are looked at.
func (c *ceiling) key(by party.ID) ceilingKey {
	if c.Set != "" {
		by = ""
	}
	return ceilingKey{c, by}
}

func (m *measure) ceiling(in *pack.Ceiling, n int) (*ceiling, error) {
	c := &ceiling{Ceiling: in, m: m, n: n}
	var err error
	if c.most, err = m.text.terms.CompileFormula(in.AtMost); err != nil {
		return nil, err
	}
	if in.From != "" {
		day, err := condition.ParseDay(in.From, m.text.loc)
		if err != nil {
			return nil, err
		}
		c.from = day.Unix()
	}
	return c, nil
}

func (c *ceiling) needs(b *Book) {
	field, _, _ := strings.Cut(c.Figure, ".")
	b.need(c.Of, false, field)
	for f := range c.Where {
		b.need(c.Of, false, f)
	}
}

// strengthen notes that a return gives figures under a ceiling.
func (b *Book) strengthen(e *entry) {
	for _, c := range b.ceilings[e.f.Code] {
		k := c.key(e.f.By())
		if b.looked[k] == nil {
			b.looked[k] = &strength{key: k}
		}
		if s := b.looked[k]; !slices.Contains(s.parties, e.f.By()) {
			s.parties = append(s.parties, e.f.By())
			slices.Sort(s.parties)
		}
	}
}

// look compares the newest returns with a ceiling.
func (s *strength) look(b *Book, m Moment, h *horizon) []*found {
	c, by := s.key.c, s.key.by
	h.see(c.from)
	h.see(c.m.text.edgeAfter(m.Now))
	sum, filings, parties := b.total(c, s, m, h)
	most, why := c.most.Eval(&condition.Env{Now: m.Now, Slot: func(id string) (string, bool) { return c.m.text.slotOf(id, m.Now, by, "") }}, nil)
	if why != nil || len(filings) == 0 || m.Now < c.from || c.m.Off || sum <= regime.Decimal(most)*regime.One {
		return nil
	}
	if !slices.ContainsFunc(parties, func(id party.ID) bool { return b.applied(c.m, id, m.Now) }) {
		return nil
	}
	article, known := c.m.cites(c.Article, c.Sure)
	return []*found{{text: c.m.text.n, Finding: Finding{Key: "ceiling/" + c.m.ID + "/" + strconv.Itoa(c.n) + "/" + string(by), Text: c.m.text.id, Measure: c.m.ID, Kind: OverCeiling,
		Parties: parties, Article: article, ArticleSure: known, Filings: filings, Sure: lessSure(c.m.Sure, c.Sure),
		Note: Note{"ceiling", []condition.Arg{{Name: "figure", Value: byLang(c.m.text.Pack.CeilingText(c.Ceiling))}, {Name: "used", Value: quantity(sum, c.Unit)}, {Name: "most", Value: quantity(regime.Decimal(most)*regime.One, c.Unit)}}}}}}
}

// quantity is a figure as it was given, with its unit, by language.
func quantity(d regime.Decimal, unit string) map[string]string {
	of := map[string]string{}
	for _, lang := range sentences.Languages() {
		of[lang] = regime.Quantity(d.String(), unit, regime.Lang(lang))
	}
	return of
}

// total adds up the newest returns of a side, or takes that of a party. Of what
// comes back by the calendar a joint side gives those of its newest turn: one of its
// members may have returned all of it then, and another one the time before.
func (b *Book) total(c *ceiling, s *strength, m Moment, h *horizon) (sum regime.Decimal, filings []ID, parties []party.ID) {
	side, _ := c.m.text.head.Set(c.Set)
	newest := int64(math.MinInt64)
	for _, id := range s.parties {
		if c.Set != "" && !b.inSet(c.m.text, c.Set, id, m.Now) {
			continue
		}
		list := b.returns[returnKey{c.Of, id}]
		for i := len(list) - 1; i >= 0; i-- {
			h.entry(list[i])
			st := list[i].read(m)
			if !st.stands() || st.f.Faulty || st.f.When() > m.Now {
				continue
			}
			n, ok := sumWhere(st.values, c.Figure, c.Where, id)
			if !ok {
				continue
			}
			if turn := list[i].turn(); side != nil && side.Joint && turn != newest {
				if turn < newest {
					break
				}
				sum, filings, parties, newest = 0, nil, nil, turn
			}
			sum, filings, parties = sum+n, append(filings, st.f.ID), append(parties, id)
			break
		}
	}
	return sum, filings, parties
}

// turn is that to which a return belongs, 0 if it does not come back.
func (e *entry) turn() int64 {
	if len(e.cycle) == 0 {
		return 0
	}
	return e.cycle[0].from
}

// sumWhere reads a figure: of rows the sum of a column over the rows that fit. A
// table without such a row says that there is nothing.
func sumWhere(v *regime.Values, figure string, where map[string]string, id party.ID) (regime.Decimal, bool) {
	field, column, _ := strings.Cut(figure, ".")
	fits := func(v *regime.Values) bool {
		for f, want := range where {
			if s, _ := v.String(f); s != want {
				return false
			}
		}
		return true
	}
	rows, tabled := v.Rows(field)
	if !tabled {
		if !fits(v) {
			return 0, false
		}
		return condition.Given(v, figure, id)
	}
	var sum regime.Decimal
	fit, given := false, false
	for _, r := range rows {
		if !fits(r) {
			continue
		}
		fit = true
		if n, ok := condition.Given(r, column, id); ok {
			sum, given = sum+n, true
		}
	}
	return sum, given || !fit
}
