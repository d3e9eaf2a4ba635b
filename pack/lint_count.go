package pack

import (
	"slices"
	"strings"

	"detente/regime"
)

func (l *linter) count(c *Count) {
	l.text(c.Pos, "title", c.Title, true)
	l.one(c.Pos, "period", c.Period, PerYear, Per3Years, PerAtOnce, PerEver, PerRolling)
	if c.Strength != "" {
		l.one(c.Pos, "strength", string(c.Strength), string(Shall), string(Should), string(May))
	}
	if c.Sure != "" {
		l.sure(c.Pos, c.Sure)
	}
	l.period(c)
	l.counted(c, "of", c.Of)
	for _, code := range c.Also {
		l.counted(c, "also", code)
	}
	if c.AtMost == "" && c.AtLeast == "" && len(c.Gate) == 0 {
		l.add(c.Pos, "a count has at_most, at_least, or a gate")
	}
	l.formula(c, "at_most", c.AtMost)
	l.formula(c, "at_least", c.AtLeast)
	for _, code := range c.Except {
		if !l.refuses(code) {
			l.add(c.Pos, "except: no step of the pack has a refusal %q", code)
		}
	}
	if c.Full != "" {
		l.one(c.Pos, "full", c.Full, "tell-all", "may-decline")
		if c.AtMost == "" {
			l.add(c.Pos, "full: a count without at_most is never full")
		}
	}
	for _, g := range c.Gate {
		if l.date(g.Pos, "gate, by", g.By); strings.HasPrefix(g.By, "$") {
			l.add(g.Pos, "gate, by: a month and day belongs here; a slot cannot give it")
		}
		if g.Ahead < 0 || g.Ahead > 5 {
			l.add(g.Pos, "gate, ahead: 0 to 5 years belong here")
		}
		if !l.codes[g.Of] {
			l.add(g.Pos, "gate, of: no step has the code %q", g.Of)
		} else if g.Same != "" {
			l.listed(g)
		}
	}
}

// listed asks that the announcement names the activity, in a field or in a column of
// a table.
func (l *linter) listed(g Gate) {
	form := l.formBy(g.Of)
	if form.Form != nil {
		for _, f := range form.Fields {
			if slices.ContainsFunc(f.Columns, func(c regime.Field) bool { return c.ID == g.Same }) {
				return
			}
		}
	}
	l.field(g.Pos, "gate, same", form, g.Same)
}

// counted looks at one step whose filings a count counts.
func (l *linter) counted(c *Count, key, code string) {
	if !l.codes[code] {
		l.add(c.Pos, "%s: no step has the code %q", key, code)
		return
	}
	form := l.formBy(code)
	l.when(c.When, form)
	for key, id := range map[string]string{"from": c.From, "to": c.To} {
		if id != "" {
			l.field(c.Pos, key, form, id, dated...)
		}
	}
	for _, s := range c.Scope {
		if s != "author" && s != "asked" {
			l.field(c.Pos, "scope", form, s, regime.TypeState, regime.TypeStates, regime.TypeChoice, regime.TypeChoices, regime.TypeString, regime.TypeInt, regime.TypeYear)
		}
	}
	for _, g := range c.Gate {
		if g.Same != "" {
			l.field(g.Pos, "gate, same", form, g.Same)
		}
	}
}

// period looks at the span in which filings are counted.
func (l *linter) period(c *Count) {
	if (c.Period == PerRolling) != (c.Length != "") {
		l.add(c.Pos, "length: belongs to the period %s, and only there", PerRolling)
	}
	if l.span(c.Pos, "length", c.Length); strings.HasPrefix(c.Length, "$") {
		l.add(c.Pos, "length: a duration belongs here; a slot cannot give it")
	}
	if c.Period == PerAtOnce && (c.From == "" || c.To == "") || c.Period != PerAtOnce && c.To != "" {
		l.add(c.Pos, "from, to: the first and last day belong to the period %s, and to only there", PerAtOnce)
	}
	if c.AtLeast != "" && c.Period == PerAtOnce {
		l.add(c.Pos, "at_least: the period %s has no end by which it could be asked for", PerAtOnce)
	}
}

// formula looks at how many times something may, or is to, be done.
func (l *linter) formula(c *Count, key, text string) {
	expression, ok := strings.CutPrefix(text, "=")
	if !ok {
		if text != "" && !strings.HasPrefix(text, "$") && (len(text) > 6 || !numberRule.MatchString(text) || strings.Contains(text, ".")) {
			l.add(c.Pos, "%s: a whole number, a slot such as $quota, or a formula that begins with = belongs here, not %q", key, text)
		} else {
			l.number(c.Pos, key, text)
		}
		return
	}
	r := l.rule(c.Pos, key, strings.TrimSpace(expression), l.rules.Formula)
	if r == nil {
		return
	}
	if len(r.Form) > 0 {
		l.add(c.Pos, "%s: form belongs to conditions; a formula reads latest, the newest return of figures", key)
	}
	if len(r.Latest) == 0 && !r.Whole {
		return
	}
	if !l.codes[c.Figures] {
		l.add(c.Pos, "figures: the code of the step whose newest return gives the figures belongs here, not %q", c.Figures)
		return
	}
	for _, id := range r.Latest {
		l.field(c.Pos, key, l.formBy(c.Figures), id)
	}
}

// refuses reports whether a step anywhere in the pack knows a refusal.
func (l *linter) refuses(code string) bool {
	for i := range l.p.Measures {
		for _, s := range l.p.Measures[i].Steps {
			if slices.ContainsFunc(s.Refusals, func(r Refusal) bool { return r.Code == code }) {
				return true
			}
		}
	}
	return false
}

func (l *linter) ceiling(c *Ceiling) {
	if !l.codes[c.Of] {
		l.add(c.Pos, "of: no step has the code %q", c.Of)
	} else {
		whole := l.formBy(c.Of)
		l.figure(c.Pos, c.Figure, whole)
		looked := form{Form: rowOf(whole.Form, c.Figure), unread: whole.unread}
		for id, code := range c.Where {
			if f := l.field(c.Pos, "where", looked, id); f != nil && f.Type == regime.TypeChoice {
				l.choices(c.Pos, "where", f, code)
			}
		}
	}
	if c.AtMost == "" {
		l.add(c.Pos, "at_most: a ceiling has a figure; zero is one too")
	}
	l.number(c.Pos, "at_most", c.AtMost)
	l.unit(c.Pos, c.Unit)
	l.set(c.Pos, c.Set)
	l.day(c.Pos, "from", c.From, true)
	l.sources(c.Pos, c.Sources, c.Sure)
}

// rowOf is one row of a table as a form, where a figure is a column of one: of such
// a ceiling the columns are looked at, row by row. Else it is the form itself.
func rowOf(f *regime.Form, figure string) *regime.Form {
	id, _, dotted := strings.Cut(figure, ".")
	if f == nil || !dotted {
		return f
	}
	table, ok := f.Field(id)
	if !ok || table.Type != regime.TypeRows {
		return f
	}
	return &regime.Form{ID: f.ID + "." + id, Fields: table.Columns}
}
