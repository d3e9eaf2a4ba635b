package pack

import (
	"slices"
	"strings"
	"time"

	"detente/internal/rule"
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
func (l *linter) clock(m *Measure, s *Step, c *Clock, own form, before map[string]bool) {
	at := c.Pos
	for key, v := range map[string]string{"least": c.Least, "most": c.Most, "window": c.Window, "soon": c.Soon} {
		l.span(at, "clock, "+key, v)
	}
	if c.Sure != "" {
		l.sure(at, c.Sure)
	}
	l.keys(at, c)
	if c.Until != "" {
		l.field(at, "clock, until", own.or(l.opener(m)), c.Until, dated...)
	}
	// the date may stand in the form of this step, or in that which opened the occasion
	anchored := func() { l.field(at, "clock, anchor", own.or(l.opener(m)), c.Anchor, dated...) }
	follows := func() {
		switch {
		case c.Of == OfReceipt || c.Of == OfIssue:
			if len(s.After) == 0 && m.Occasion.Starts == m.Code(s.ID) && c.Kind != ClockImmediate {
				l.add(at, "clock, of: this step opens the occasion, so a clock cannot run from its own %s", c.Of)
			}
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
		if c.Of == "" {
			anchored()
		} else if follows(); before[c.Of] {
			l.field(at, "clock, anchor", l.formOf(m, c.Of), c.Anchor, dated...)
		}
	case ClockLasts:
		need("least", c.Least)
		need("until", c.Until)
		anchored()
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
		need("word", c.Word[regime.English])
		l.text(at, "clock, word", c.Word, false)
	case ClockYearly:
		if m.Occasion.Yearly == nil && m.Occasion.Every == nil {
			l.add(at, "clock: yearly needs an occasion that is yearly, or comes back every so long")
		}
	default:
		l.one(at, "clock, kind", c.Kind, ClockBefore, ClockWithin, ClockYearly, ClockAfter, ClockAtStart, ClockWith, ClockImmediate, ClockLasts, ClockSilence)
	}
}

// clockKeys are the keys that a kind of clock reads; another one would look as if
// it meant something.
var clockKeys = map[string]string{
	ClockBefore: "least most anchor window soon", ClockWithin: "least of until soon", ClockYearly: "soon", ClockAfter: "least anchor of until soon",
	ClockAtStart: "anchor soon", ClockWith: "of soon", ClockImmediate: "anchor of word", ClockLasts: "least anchor until soon", ClockSilence: "least of soon",
}

func (l *linter) keys(at Pos, c *Clock) {
	known, ok := clockKeys[c.Kind]
	if !ok {
		return
	}
	for _, k := range [][2]string{{"least", c.Least}, {"most", c.Most}, {"anchor", c.Anchor}, {"until", c.Until}, {"of", c.Of}, {"window", c.Window}, {"word", c.Word[regime.English]}, {"soon", c.Soon}} {
		if k[1] != "" && !slices.Contains(strings.Fields(known), k[0]) {
			l.add(at, "clock, %s: a clock of kind %s does not read it; take it out", k[0], c.Kind)
		}
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

// when looks at a condition over a form; nil is none.
func (l *linter) when(w *When, form form) {
	if w != nil {
		leaves := 0
		l.part(w, form, 1, &leaves)
	}
}

func (l *linter) part(w *When, form form, depth int, leaves *int) {
	if depth > maxDepth {
		l.add(w.Pos, "a condition nests at most %d deep", maxDepth)
		return
	}
	if *leaves++; *leaves > maxLeaves {
		if *leaves == maxLeaves+1 {
			l.add(w.Pos, "a condition has at most %d parts", maxLeaves)
		}
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
		l.part(&w.All[i], form, depth+1, leaves)
	}
	for i := range w.Any {
		l.part(&w.Any[i], form, depth+1, leaves)
	}
	if w.Not != nil {
		l.part(w.Not, form, depth+1, leaves)
	}
	l.text(w.Pos, "says", w.Says, w.Rule != "")
	if w.Sure != "" {
		l.sure(w.Pos, w.Sure)
	}
	l.leaf(w, form)
}

func (l *linter) leaf(w *When, form form) {
	switch {
	case w.Figure != "":
		l.figure(w.Pos, w.Figure, form)
		l.unit(w.Pos, w.Unit)
		bounds := 0
		for key, v := range map[string]string{"at_least": w.AtLeast, "more_than": w.MoreThan, "at_most": w.AtMost, "less_than": w.LessThan} {
			if v != "" {
				bounds++
			}
			l.number(w.Pos, key, v)
		}
		if bounds != 1 {
			l.add(w.Pos, "figure: exactly one of at_least, more_than, at_most and less_than belongs here")
		}
	case w.Field != "":
		l.is(w, l.field(w.Pos, "field", form, w.Field, regime.TypeChoice, regime.TypeChoices, regime.TypeBool, regime.TypeState, regime.TypeStates))
	case w.Lasts != nil, w.Elapsed != nil:
		l.lasts(w, form)
	case w.Area != "":
		l.area(w, form)
	case w.Rule != "":
		if r := l.rule(w.Pos, "rule", w.Rule, l.rules.Condition); r != nil {
			for _, id := range r.Form {
				l.field(w.Pos, "rule", form, id)
			}
			if len(r.Latest) > 0 {
				l.add(w.Pos, "rule: latest belongs to formulas of counts; a condition reads form")
			}
		}
	}
}

// is looks at the answers for which a field is asked.
func (l *linter) is(w *When, f *regime.Field) {
	if len(w.Is) == 0 {
		l.add(w.Pos, "is: the answers for which this holds belong here")
	}
	if f == nil {
		return
	}
	switch f.Type {
	case regime.TypeChoice, regime.TypeChoices:
		l.choices(w.Pos, "is", f, w.Is...)
	case regime.TypeBool:
		for _, v := range w.Is {
			l.one(w.Pos, "is", v, "true", "false")
		}
	}
}

// rule compiles an expression as the engine will, and asks that it ends in time.
func (l *linter) rule(at Pos, key, text string, compile func(string) (*rule.Rule, error)) *rule.Rule {
	if l.ruled++; l.ruled > maxRules {
		if l.ruled == maxRules+1 {
			l.add(at, "%s: a pack has at most %d rules and formulas", key, maxRules)
		}
		return nil
	}
	r, err := compile(text)
	if err != nil {
		l.add(at, "%s: this is not understood: %v", key, err)
		return nil
	}
	if r.Most > rule.MaxCost {
		l.add(at, "%s: it can take %d steps over the largest form and would be stopped at %d; take the loop in the loop out", key, r.Most, rule.MaxCost)
	}
	for _, id := range r.Slots {
		if _, ok := l.p.Head.Slot(id); !ok {
			l.add(at, "%s: slot %q is not among the slots of pack.yaml", key, id)
		}
	}
	return r
}

func (l *linter) unit(at Pos, unit string) {
	if unit != "" {
		l.one(at, "unit", unit, regime.Units()...)
	}
}

func (l *linter) figure(at Pos, name string, form form) {
	id, column, split := strings.Cut(name, ".")
	switch {
	case !split:
		l.field(at, "figure", form, id, regime.TypeInt, regime.TypeNumber, regime.TypeMap)
	case column == "*":
		l.field(at, "figure", form, id, regime.TypeMap)
	default:
		f := l.field(at, "figure", form, id, regime.TypeMap, regime.TypeRows)
		switch {
		case f == nil:
		case f.Type == regime.TypeMap && f.Keys == "choice":
			l.choices(at, "figure", f, column)
		case f.Type == regime.TypeRows && !slices.ContainsFunc(f.Columns, func(c regime.Field) bool {
			return c.ID == column && (c.Type == regime.TypeInt || c.Type == regime.TypeNumber || c.Type == regime.TypeMap)
		}):
			l.add(at, "figure: the table %s has no column %q of figures", id, column)
		}
	}
}

func (l *linter) lasts(w *When, form form) {
	x := w.Lasts
	if x == nil {
		x = w.Elapsed
	}
	l.field(w.Pos, "from", form, x.From, dated...)
	if w.Lasts != nil || x.To != "" {
		l.field(w.Pos, "to", form, x.To, dated...)
	}
	if (x.MoreThan == "") == (x.AtLeast == "") {
		l.add(w.Pos, "one of more_than and at_least, a duration, belongs here")
	}
	l.span(w.Pos, "more_than", x.MoreThan)
	l.span(w.Pos, "at_least", x.AtLeast)
}

func (l *linter) area(w *When, form form) {
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
