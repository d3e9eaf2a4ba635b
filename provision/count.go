package provision

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"detente/condition"
	"detente/pack"
	"detente/party"
	"detente/regime"
)

// count is a compiled pack.Count.
type count struct {
	*pack.Count
	m      *measure
	when   *condition.Condition
	most   *condition.Formula
	least  *condition.Formula
	length condition.Duration
	years  map[int]bool // for which accounts were opened that ask for a least number
}

func (m *measure) count(in *pack.Count) (*count, error) {
	c := &count{Count: in, m: m, years: map[int]bool{}}
	var err error
	if c.when, err = m.text.compile(in.When); err != nil {
		return nil, err
	}
	for _, x := range []struct {
		text string
		into **condition.Formula
	}{{in.AtMost, &c.most}, {in.AtLeast, &c.least}} {
		if x.text != "" {
			if *x.into, err = m.text.terms.CompileFormula(x.text); err != nil {
				return nil, err
			}
		}
	}
	if in.Length != "" {
		c.length, err = condition.ParseDuration(in.Length)
	}
	return c, err
}

// judges are the codes of the steps whose filings judge what counts: those that give
// the formula its figures, and those that a gate asks for.
func (c *count) judges() []string {
	var out []string
	if c.Figures != "" {
		out = append(out, c.Figures)
	}
	for _, g := range c.Gate {
		if !slices.Contains(out, g.Of) {
			out = append(out, g.Of)
		}
	}
	return out
}

// judgedKey is a count with a party by whose filings accounts of it are judged;
// empty: by those of anybody.
type judgedKey struct {
	c  *count
	by party.ID
}

// judging are the parties by whose filings a ledger is judged: those in its scope;
// of one without its author anybody may announce what counts in it.
func (l *ledger) judging(b *Book) []party.ID {
	if !slices.Contains(l.key.c.Scope, "author") && len(l.key.c.Gate) > 0 {
		return []party.ID{""}
	}
	var out []party.ID
	for _, v := range l.values {
		if id := party.ID(v); b.parties[id].ID != "" && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	if len(out) == 0 {
		out = []party.ID{""}
	}
	return out
}

// rejudge has the accounts looked at again that a statement judges.
func (b *Book) rejudge(e *entry) {
	if !e.have {
		return
	}
	for _, c := range b.judges[e.f.Code] {
		for _, by := range []party.ID{e.f.By(), ""} {
			for _, k := range b.judged[judgedKey{c, by}] {
				b.queue(k)
			}
		}
	}
	for _, c := range b.ceilings[e.f.Code] {
		if s := b.looked[c.key(e.f.By())]; s != nil {
			b.queue(s)
		}
	}
}

// codes of the steps whose filings count.
func (c *count) codes() []string { return append([]string{c.Of}, c.Also...) }

// needs names the fields that a count looks at.
func (c *count) needs(b *Book) {
	fields, all := c.when.Fields()
	for _, code := range c.codes() {
		b.need(code, all, append(fields, c.From, c.To)...)
		b.need(code, false, c.Scope...)
	}
	for _, f := range []*condition.Formula{c.most, c.least} {
		if f != nil && c.Figures != "" {
			fields, all := f.Fields()
			b.need(c.Figures, all, fields...)
		}
	}
	for _, g := range c.Gate {
		b.need(c.Of, false, g.Same)
		b.need(g.Of, false, g.Same)
		if form, ok := c.m.text.Pack.Form(g.Of); ok {
			b.need(g.Of, false, tablesWith(form, g.Same)...)
		}
	}
}

// tablesWith lists the tables of a form that have a column.
func tablesWith(form *regime.Form, column string) []string {
	var ids []string
	for i := range form.Fields {
		f := &form.Fields[i]
		if slices.ContainsFunc(f.Columns, func(c regime.Field) bool { return c.ID == column }) {
			ids = append(ids, f.ID)
		}
	}
	return ids
}

// accountKey names one account: a count, what it belongs to, and its period.
type accountKey struct {
	c      *count
	scope  string // values of the scope, parted by a bar
	period string
}

func (k accountKey) String() string {
	s := k.c.m.ID + "." + k.c.ID
	if k.scope != "" {
		s += "/" + k.scope
	}
	if k.period != "" {
		s += "/" + k.period
	}
	return s
}

// ledger lists the filings that may count in one account, in order. Whether one
// counts is asked when the account is read.
type ledger struct {
	watch
	key    accountKey
	values []string // of the scope, in its order
	lines  []line
}

// line is one filing in a ledger, with what the last look at the present gave.
type line struct {
	e        *entry
	counts   bool
	passed   bool  // it would count but for a rule, such as force majeure
	from, to int64 // the time that it takes up
	known    bool  // what stands above holds
	until    int64 // before this moment; 0: for ever
}

// recount puts the filings that changed anew into the ledgers in which they may
// count: when something is asked, not at every further word on one of them.
func (b *Book) recount() {
	for e := range b.changed { // all out first: their order may be another now
		for _, l := range e.drawn {
			l.lines = slices.DeleteFunc(l.lines, func(x line) bool { return x.e == e })
			b.queue(l)
		}
		e.drawn = nil
	}
	for e := range b.changed {
		b.count(e)
	}
	clear(b.changed)
}

// count puts a filing into the ledgers in which it may count.
func (b *Book) count(e *entry) {
	if !e.isNew() || e.f.Faulty {
		return
	}
	s := e.read(Moment{Now: 1 << 40})
	for _, c := range b.counted[e.f.Code] {
		keys := c.keys(b, s, s.values)
		if len(s.changed) > 0 {
			keys = append(keys, c.keys(b, s, s.first)...)
		}
		for _, k := range keys {
			if l := b.ledger(k); !slices.Contains(e.drawn, l) {
				e.drawn = append(e.drawn, l)
				i, _ := slices.BinarySearchFunc(l.lines, e, func(x line, e *entry) int { return before(x.e, e) })
				l.lines = slices.Insert(l.lines, i, line{e: e})
				b.queue(l)
			}
		}
	}
}

// ledger finds an account, or opens it.
func (b *Book) ledger(k scoped) *ledger {
	l := b.ledgers[k.accountKey]
	if l == nil {
		l = &ledger{key: k.accountKey, values: k.values}
		b.ledgers[k.accountKey] = l
		if len(k.c.judges()) > 0 {
			for _, id := range l.judging(b) {
				b.judged[judgedKey{k.c, id}] = append(b.judged[judgedKey{k.c, id}], l)
			}
		}
		b.queue(l)
	}
	return l
}

// drawn names the accounts on which a filing draws.
func (b *Book) drawn(e *entry) []string {
	var keys []string
	for _, l := range e.drawn {
		keys = append(keys, l.key.String())
	}
	return keys
}

// scoped is an account key with the values of its scope.
type scoped struct {
	accountKey
	values []string
}

// keys lists the accounts in which a filing may count with these values.
func (c *count) keys(b *Book, s *statement, v *regime.Values) []scoped {
	combos := [][]string{nil}
	for _, name := range c.Scope {
		var next [][]string
		for _, value := range c.scopeValues(b, s, v, name) {
			for _, before := range combos {
				next = append(next, append(slices.Clone(before), value))
			}
		}
		combos = next
	}
	var out []scoped
	for _, p := range c.periods(s, v) {
		for _, values := range combos {
			out = append(out, scoped{accountKey{c, strings.Join(values, "|"), p}, values})
		}
	}
	return out
}

// scopeValues are the values of one part of a scope: a party, or what a field says.
func (c *count) scopeValues(b *Book, s *statement, v *regime.Values, name string) []string {
	switch name {
	case "author":
		return []string{string(s.f.By())}
	case "asked":
		to := s.f.To
		if len(to) == 0 {
			to = b.order
		}
		var out []string
		for _, id := range to {
			if id != s.f.By() {
				out = append(out, string(id))
			}
		}
		return out
	}
	if many, ok := v.Strings(name); ok {
		return many
	}
	if one, ok := v.String(name); ok {
		return []string{one}
	}
	if n, ok := v.Int(name); ok {
		return []string{strconv.Itoa(n)}
	}
	return nil
}

// day is the moment by which a filing is put in its period, and its end.
func (c *count) day(s *statement, v *regime.Values) (from, to time.Time) {
	loc := c.m.text.loc
	from = c.m.text.in(s.f.When())
	if a, ok := condition.AnchorOf(v, c.From, loc); ok {
		from = a.Time.In(loc)
	}
	to = from
	if a, ok := condition.AnchorOf(v, c.To, loc); ok && a.Time.After(from) {
		to = a.Time.In(loc)
		if a.Day {
			to = condition.LastSecond(to)
		}
	}
	return from, to
}

// periods names the periods in which a filing is counted. Three calendar years are
// any three that follow each other.
func (c *count) periods(s *statement, v *regime.Values) []string {
	from, _ := c.day(s, v)
	y := from.Year()
	switch c.Period {
	case pack.PerYear:
		return []string{strconv.Itoa(y)}
	case pack.Per3Years:
		return []string{years(y - 2), years(y - 1), years(y)}
	}
	return []string{""}
}

func years(first int) string { return strconv.Itoa(first) + "–" + strconv.Itoa(first+2) }

// end is the first second past a period; 0: it has no end.
func (c *count) end(period string) int64 {
	if period == "" {
		return 0
	}
	last := period[len(period)-4:]
	y, err := strconv.Atoi(last)
	if err != nil {
		return 0
	}
	return time.Date(y+1, 1, 1, 0, 0, 0, 0, c.m.text.loc).Unix()
}

// line is the n-th filing of a ledger at a moment.
func (l *ledger) line(b *Book, n int, m Moment, h *horizon) line {
	x := &l.lines[n]
	if h != nil && x.known && (x.until == 0 || m.Now < x.until) {
		h.see(x.until)
		return *x
	}
	out := line{e: x.e}
	out.counts, out.passed = l.counts(b, x.e, m)
	if out.counts {
		s := x.e.read(m)
		from, to := l.key.c.day(s, s.values)
		out.from, out.to = from.Unix(), to.Unix()
	}
	if h == nil {
		return out
	}
	own := horizon{now: m.Now}
	own.entry(x.e)
	if w := l.key.c.when; w != nil && w.Timed() {
		own.see(m.Now + 1)
	}
	out.known, out.until = true, own.at
	*x = out
	h.see(own.at)
	return out
}

// counts tells whether a filing counts in a ledger at a moment; passed that it
// would but for a rule, such as force majeure.
func (l *ledger) counts(b *Book, e *entry, m Moment) (counts, passed bool) {
	c := l.key.c
	s := e.read(m)
	if !s.stands() || e.f.Faulty || e.f.When() > m.Now {
		return false, false
	}
	if !slices.ContainsFunc(c.keys(b, s, s.values), func(k scoped) bool { return k.accountKey == l.key }) {
		return false, false
	}
	if c.when != nil {
		o := &occasion{book: b, m: c.m, moment: m, at: e.f.When(), by: e.f.By(), opener: s}
		if c.when.Eval(o.env(who{id: e.f.By()}, s.values, nil)).Outcome != condition.Holds {
			return false, false
		}
	}
	if edition := b.editionAt(c.m.text, e.f.When(), e.f.By()); edition == "" || !c.m.Applies(edition) {
		return false, false
	}
	code, refused := l.refused(b, e, m)
	if refused && (!c.Declined || slices.Contains(c.Except, code)) {
		return false, true
	}
	return true, false
}

// refused finds the refusal that answers a filing: of the asked party if the
// account belongs to one, else of all who are asked.
func (l *ledger) refused(b *Book, e *entry, m Moment) (string, bool) {
	for _, ms := range b.opens[e.f.Code] {
		o := &occasion{book: b, m: ms, moment: m, at: e.f.When(), by: e.f.By(), opener: e.read(m)}
		for _, st := range ms.steps {
			if st.Answer == "" || len(st.Refusals) == 0 {
				continue
			}
			asked := o.roles(st.By)
			if i := slices.Index(l.key.c.Scope, "asked"); i >= 0 {
				id := party.ID(l.values[i])
				if k := slices.IndexFunc(asked, func(w who) bool { return w.has(id) }); k >= 0 {
					asked = asked[k : k+1]
				} else {
					asked = []who{{id: id}}
				}
			}
			if code, ok := st.refusedBy(e, asked, m); ok {
				return code, true
			}
		}
	}
	return "", false
}

// refusedBy is the refusal that all of these answered a filing with, the first if
// they differ. What one member of a joint side refuses is refused for all.
func (s *step) refusedBy(e *entry, asked []who, m Moment) (string, bool) {
	first := ""
	for _, w := range asked {
		found := ""
		for _, k := range e.kids {
			if !k.isNew() || k.f.Code != s.code || !w.has(k.f.By()) {
				continue
			}
			x := k.read(m)
			if !x.stands() {
				continue
			}
			code, _ := x.values.String(s.Answer)
			if slices.ContainsFunc(s.Refusals, func(r pack.Refusal) bool { return r.Code == code && !r.Disputes }) {
				found = code
			}
		}
		if found == "" {
			return "", false
		}
		if first == "" {
			first = found
		}
	}
	return first, first != ""
}

// party is the one whose returns give the figures of a formula, and with whom a
// slot is agreed: not the author if the account belongs to another party too.
func (l *ledger) party(b *Book) party.ID {
	i := slices.Index(l.key.c.Scope, "author")
	for j, v := range l.values {
		if j != i && b.parties[party.ID(v)].ID != "" {
			return party.ID(v)
		}
	}
	if i >= 0 {
		return party.ID(l.values[i])
	}
	return ""
}

// figures is the return that covers the period of a ledger, else the newest before
// its end.
func (l *ledger) figures(b *Book, m Moment, h *horizon) *regime.Values {
	c, id := l.key.c, l.party(b)
	end := c.end(l.key.period)
	for _, s := range b.steps[c.Figures] {
		if y := s.m.cycle; y != nil && y.yearly != nil && end > 0 {
			year := c.m.text.in(end - 1).Year()
			if v := c.newest(b.cycles[cycleKey{s.m, id, int64(year - y.yearly.Ahead)}], end, m, h); v != nil {
				return v
			}
		}
	}
	return c.newest(b.returns[returnKey{c.Figures, id}], end, m, h)
}

// newest is the last of some returns that stands, before an end.
func (c *count) newest(list []*entry, end int64, m Moment, h *horizon) *regime.Values {
	for i := len(list) - 1; i >= 0; i-- {
		h.entry(list[i])
		s := list[i].read(m)
		if s.stands() && !s.f.Faulty && !s.hidden && s.f.Code == c.Figures && s.f.When() <= m.Now && (end == 0 || s.f.When() < end) {
			return s.values
		}
	}
	return nil
}
