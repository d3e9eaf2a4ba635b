package pack

import (
	"strings"
	"time"

	"detente/regime"
)

// span asks for a duration or a slot of that type.
func (l *linter) span(at Pos, key, s string) {
	if id, ok := strings.CutPrefix(s, "$"); ok {
		l.slot(at, id, SlotDuration)
	} else if s != "" && !isSpan(s) {
		l.add(at, "%s: a duration such as P42D or PT48H, or a slot such as $lead, belongs here, not %q", key, s)
	}
}

// dated are the types of a field that a clock can run from.
var dated = []string{regime.TypeDate, regime.TypeMoment}

// clock looks at a clock of step s, whose own form is form.
func (l *linter) clock(m *Measure, s *Step, c Clock, form *regime.Form, before map[string]bool) {
	at := c.Pos
	if at.Line == 0 {
		at = s.Pos
	}
	for key, v := range map[string]string{"least": c.Least, "most": c.Most, "window": c.Window, "soon": c.Soon} {
		l.span(at, "clock, "+key, v)
	}
	if c.Sure != "" {
		l.sure(at, c.Sure)
	}
	anchored := func() {
		// the date may stand in the form of this step, or in that which opened the occasion
		if form != nil {
			if f, ok := form.Field(c.Anchor); ok {
				l.field(at, "clock, anchor", form, f.ID, dated...)
				return
			}
		}
		l.field(at, "clock, anchor", l.opener(m), c.Anchor, dated...)
	}
	follows := func() {
		switch {
		case c.Of == OfReceipt || c.Of == OfIssue:
		case c.Of == s.ID || !before[c.Of]:
			l.add(at, "clock, of: %q is not receipt, issue, or an earlier step", c.Of)
		}
	}
	need := func(key, v string) {
		if v == "" {
			l.add(at, "clock, %s: a clock of kind %s needs it", key, c.Kind)
		}
	}
	switch c.Kind {
	case ClockBefore:
		if c.Least == "" && c.Most == "" {
			l.add(at, "clock: one end at least, least or most, belongs here")
		}
		if x, y, ok := lengths(c.Least, c.Most); ok && x > y {
			l.add(at, "clock: the ends contradict each other; not later than %s before is no earlier than %s before", c.Least, c.Most)
		}
		anchored()
	case ClockAtStart:
		anchored()
	case ClockAfter:
		need("least", c.Least)
		anchored()
	case ClockLasts:
		need("least", c.Least)
		anchored()
		l.field(at, "clock, until", form, c.Until, dated...)
	case ClockWithin, ClockSilence:
		need("least", c.Least)
		follows()
	case ClockWith:
		follows()
	case ClockImmediate:
		if c.Of == "" {
			anchored()
		} else {
			follows()
		}
		need("word", c.Word)
	case ClockYearly:
		if m.Occasion.Yearly == nil && m.Occasion.Every == nil {
			l.add(at, "clock: yearly needs an occasion that is yearly, or comes back every so long")
		}
	default:
		l.one(at, "clock, kind", c.Kind, ClockBefore, ClockWithin, ClockYearly, ClockAfter, ClockAtStart, ClockWith, ClockImmediate, ClockLasts, ClockSilence)
	}
}

// lengths compares two durations that are not slots, a month taken as 30 days.
func lengths(a, b string) (x, y time.Duration, ok bool) {
	if a == "" || b == "" || !isSpan(a) || !isSpan(b) {
		return 0, 0, false
	}
	return length(a), length(b), true
}

func length(s string) time.Duration {
	days := map[byte]int{'Y': 365, 'M': 30, 'W': 7, 'D': 1}
	total, n, clock := time.Duration(0), 0, false
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			n = n*10 + int(c-'0')
		case c == 'T':
			clock = true
		case clock && c == 'H':
			total, n = total+time.Duration(n)*time.Hour, 0
		case clock:
			total, n = total+time.Duration(n)*time.Minute, 0
		default:
			total, n = total+time.Duration(n*days[c])*24*time.Hour, 0
		}
	}
	return total
}

// number asks for a figure, or a slot of that type.
func (l *linter) number(at Pos, key, s string) {
	if id, ok := strings.CutPrefix(s, "$"); ok {
		l.slot(at, id, SlotFigure)
	} else if s != "" && !numberRule.MatchString(s) {
		l.add(at, "%s: a number, or a slot such as $troops, belongs here, not %q", key, s)
	}
}

// when looks at a condition over a form.
func (l *linter) when(w *When, form *regime.Form, depth int) {
	if depth > maxDepth {
		l.add(w.Pos, "a condition nests at most %d deep", maxDepth)
		return
	}
	ways := 0
	for _, is := range []bool{len(w.All) > 0, len(w.Any) > 0, w.Not != nil, w.Figure != "", w.Field != "", w.Lasts != nil, w.Elapsed != nil, w.Area != "", w.Rule != ""} {
		if is {
			ways++
		}
	}
	if ways != 1 {
		l.add(w.Pos, "a condition has exactly one of all, any, not, figure, field, lasts, elapsed, area and rule")
	}
	for i := range w.All {
		l.when(&w.All[i], form, depth+1)
	}
	for i := range w.Any {
		l.when(&w.Any[i], form, depth+1)
	}
	if w.Not != nil {
		l.when(w.Not, form, depth+1)
	}
	l.text(w.Pos, "says", w.Says, w.Rule != "")
	if w.Sure != "" {
		l.sure(w.Pos, w.Sure)
	}
	l.leaf(w, form)
}

func (l *linter) leaf(w *When, form *regime.Form) {
	switch {
	case w.Figure != "":
		l.figure(w.Pos, w.Figure, form)
		bounds := 0
		for key, v := range map[string]string{"at_least": w.AtLeast, "more_than": w.MoreThan, "at_most": w.AtMost, "less_than": w.LessThan} {
			if v != "" {
				bounds++
			}
			l.number(w.Pos, key, v)
		}
		if bounds == 0 {
			l.add(w.Pos, "figure: one of at_least, more_than, at_most and less_than belongs here")
		}
	case w.Field != "":
		l.field(w.Pos, "field", form, w.Field, regime.TypeChoice, regime.TypeChoices, regime.TypeBool, regime.TypeState, regime.TypeStates)
		if len(w.Is) == 0 {
			l.add(w.Pos, "is: the answers for which this holds belong here")
		}
	case w.Lasts != nil, w.Elapsed != nil:
		l.lasts(w, form)
	case w.Area != "":
		l.area(w, form)
	}
}

func (l *linter) figure(at Pos, name string, form *regime.Form) {
	id, column, split := strings.Cut(name, ".")
	switch {
	case !split:
		l.field(at, "figure", form, id, regime.TypeInt, regime.TypeNumber, regime.TypeMap)
	case column == "*":
		l.field(at, "figure", form, id, regime.TypeMap)
	default:
		f := l.field(at, "figure", form, id, regime.TypeMap, regime.TypeRows)
		if f != nil && f.Type == regime.TypeRows {
			for _, c := range f.Columns {
				if c.ID == column {
					return
				}
			}
			l.add(at, "figure: the table %s has no column %q", id, column)
		}
	}
}

func (l *linter) lasts(w *When, form *regime.Form) {
	x := w.Lasts
	if x == nil {
		x = w.Elapsed
	}
	l.field(w.Pos, "from", form, x.From, dated...)
	if w.Lasts != nil {
		l.field(w.Pos, "to", form, x.To, dated...)
	}
	if (x.MoreThan == "") == (x.AtLeast == "") {
		l.add(w.Pos, "one of more_than and at_least, a duration, belongs here")
	}
	l.span(w.Pos, "more_than", x.MoreThan)
	l.span(w.Pos, "at_least", x.AtLeast)
}

func (l *linter) area(w *When, form *regime.Form) {
	l.field(w.Pos, "area", form, w.Area, regime.TypeArea, regime.TypePlaces, regime.TypePlace, regime.TypeLine)
	ways := 0
	for _, z := range []string{w.Within, w.Meets} {
		if z == "" {
			continue
		}
		ways++
		if _, ok := l.p.Head.Zone(z); !ok {
			l.add(w.Pos, "%q is not a zone of pack.yaml", z)
		}
	}
	if w.Near != nil {
		ways++
		l.slot(w.Pos, w.Near.Line, SlotLine)
		if w.Near.Km <= 0 {
			l.add(w.Pos, "near: km from 1 belongs here")
		}
	}
	if ways != 1 {
		l.add(w.Pos, "area: exactly one of within, meets and near belongs here")
	}
}

func (l *linter) count(m *Measure, c *Count) {
	l.text(c.Pos, "title", c.Title, true)
	l.one(c.Pos, "period", c.Period, PerYear, Per3Years, PerAtOnce, PerEver, PerRolling)
	form, known := l.p.Form(c.Of)
	if !l.codes[c.Of] {
		l.add(c.Pos, "of: no step has the code %q", c.Of)
	}
	if c.When != nil && known {
		l.when(c.When, form, 1)
	}
	if (c.Period == PerRolling) != (c.Length != "") {
		l.add(c.Pos, "length: belongs to the period rolling, and only there")
	}
	l.span(c.Pos, "length", c.Length)
	if c.From != "" && known {
		l.field(c.Pos, "from", form, c.From, dated...)
	}
	if c.Period == PerAtOnce && known {
		l.field(c.Pos, "to", form, c.To, dated...)
	}
	if c.AtMost == "" && c.AtLeast == "" && len(c.Gate) == 0 {
		l.add(c.Pos, "a count has at_most, at_least, or a gate")
	}
	for key, v := range map[string]string{"at_most": c.AtMost, "at_least": c.AtLeast} {
		if !strings.HasPrefix(v, "=") {
			l.number(c.Pos, key, v)
		} else if c.Figures != "" && !l.codes[c.Figures] {
			l.add(c.Pos, "figures: no step has the code %q", c.Figures)
		}
	}
	for _, s := range c.Scope {
		if s != "author" && s != "asked" && known {
			l.field(c.Pos, "scope", form, s)
		}
	}
	if c.Full != "" {
		l.one(c.Pos, "full", c.Full, "tell-all", "may-decline")
	}
	for _, g := range c.Gate {
		if !l.codes[g.Of] {
			l.add(c.Pos, "gate, of: no step has the code %q", g.Of)
		}
		l.date(c.Pos, "gate, by", g.By)
	}
}

func (l *linter) ceiling(c *Ceiling) {
	form, known := l.p.Form(c.Of)
	if !l.codes[c.Of] {
		l.add(c.Pos, "of: no step has the code %q", c.Of)
	} else if known {
		l.figure(c.Pos, c.Figure, form)
		for id := range c.Where {
			l.field(c.Pos, "where", form, id)
		}
	}
	if c.AtMost == "" {
		l.add(c.Pos, "at_most: a ceiling has a figure; zero is one too")
	}
	l.number(c.Pos, "at_most", c.AtMost)
	l.set(c.Pos, c.Set)
	l.day(c.Pos, "from", c.From, true)
	l.sources(c.Pos, c.Sources, c.Sure)
}
