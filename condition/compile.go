package condition

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"detente/internal/rule"
	"detente/pack"
	"detente/regime"
)

// Terms are what the conditions of one pack share: its zones, its slots and the
// environment of its rules. Terms and what they compile may be shared by any
// number of readers.
type Terms struct {
	head  *pack.Head
	zones map[string]zone
	rules *rule.Env
}

// zone is a compiled pack.Zone. A zone on a slot is made when the slot is known.
type zone struct {
	title pack.Text
	shape shape
	make  func(slot func(string) (string, bool)) (shape, string)
}

// maxLeaves and maxDepth bound a condition, as pack.When says.
const (
	maxLeaves = 64
	maxDepth  = 8
)

// NewTerms compiles the zones of a pack.
func NewTerms(head *pack.Head) (*Terms, error) {
	t := &Terms{head: head, zones: map[string]zone{}}
	var err error
	if t.rules, err = rule.New(); err != nil {
		return nil, err
	}
	for i := range head.Zones {
		z := &head.Zones[i]
		if t.zones[z.ID], err = t.zone(z); err != nil {
			return nil, fmt.Errorf("zone %s: %w", z.ID, err)
		}
	}
	return t, nil
}

func (t *Terms) zone(z *pack.Zone) (zone, error) {
	out := zone{title: z.Title}
	switch {
	case z.Strip != nil && z.Strip.Line == "":
		s, err := stripOf(z.Strip, z.Strip.Along)
		out.shape = s
		return out, err
	case z.Strip != nil:
		out.make = func(slot func(string) (string, bool)) (shape, string) {
			return madeOf(slot, z.Strip.Line, func(p []pack.Point) (shape, error) { return stripOf(z.Strip, p) })
		}
	case z.Slot != "":
		out.make = func(slot func(string) (string, bool)) (shape, string) {
			return madeOf(slot, z.Slot, func(p []pack.Point) (shape, error) { return outlineOf(p) })
		}
	case len(z.Union) > 0:
		parts := make([]zone, len(z.Union))
		for i, id := range z.Union {
			part, ok := t.zones[id]
			if !ok {
				return zone{}, fmt.Errorf("%q is not a zone that stands before it", id)
			}
			parts[i] = part
		}
		out.make = unionOf(parts)
	default:
		s, err := outlineOf(z.Outline)
		out.shape = s
		return out, err
	}
	return out, nil
}

func unionOf(parts []zone) func(func(string) (string, bool)) (shape, string) {
	return func(slot func(string) (string, bool)) (shape, string) {
		var u union
		for _, p := range parts {
			s, missing := p.of(slot)
			if s == nil {
				return nil, missing
			}
			u = append(u, s)
		}
		return u, ""
	}
}

// of is the shape of a zone, or the slot that is not agreed.
func (z zone) of(slot func(string) (string, bool)) (shape, string) {
	if z.shape != nil {
		return z.shape, ""
	}
	return z.make(slot)
}

func madeOf(slot func(string) (string, bool), id string, make func([]pack.Point) (shape, error)) (shape, string) {
	value, ok := slot(id)
	if !ok {
		return nil, id
	}
	points, err := ParsePoints(value)
	if err != nil {
		return nil, id
	}
	s, err := make(points)
	if err != nil {
		return nil, id
	}
	return s, ""
}

func stripOf(s *pack.Strip, line []pack.Point) (shape, error) {
	side, ok := map[string]float64{"": 0, "left": 1, "right": -1}[s.Side]
	switch {
	case len(line) < 2 || len(line) > maxLine:
		return nil, fmt.Errorf("a line of %d points is not one of 2 to %d", len(line), maxLine)
	case s.Km < 1 || s.Km > 1000:
		return nil, fmt.Errorf("%d km are not 1 to 1,000", s.Km)
	case !ok:
		return nil, fmt.Errorf("side %q is neither left nor right", s.Side)
	}
	return strip{line: line, km: float64(s.Km), side: side}, nil
}

func outlineOf(points []pack.Point) (shape, error) {
	if len(points) > 1 && points[0] == points[len(points)-1] {
		points = points[:len(points)-1]
	}
	if len(points) < 3 || len(points) > maxLine {
		return nil, fmt.Errorf("an outline of %d corners is not one of 3 to %d", len(points), maxLine)
	}
	return outline(points), nil
}

// Condition is a compiled pack.When.
type Condition struct {
	terms  *Terms
	root   *node
	fields []string
	whole  bool
	timed  bool
	untold bool // timed by a rule, whose result has no Until
}

// Fields lists the fields of the form that the answer depends on, sorted; all
// reports that it may depend on any of them. Nil is no condition.
func (c *Condition) Fields() (fields []string, all bool) {
	if c == nil {
		return nil, false
	}
	return c.fields, c.whole
}

// Slots lists the slots that the condition compares with, sorted.
func (c *Condition) Slots() []string {
	var out []string
	var walk func(n *node)
	walk = func(n *node) {
		for _, id := range []string{n.bound.slot, n.slot} {
			if id != "" {
				out = append(out, id)
			}
		}
		if n.when.Near != nil {
			out = append(out, n.when.Near.Line)
		}
		for _, p := range n.parts {
			walk(p)
		}
	}
	walk(c.root)
	slices.Sort(out)
	return slices.Compact(out)
}

// Timed reports whether the answer can change by the passing of time.
func (c *Condition) Timed() bool { return c.timed }

// Untold reports whether it can change so at a moment that no result tells.
func (c *Condition) Untold() bool { return c.untold }

// node is one leaf or structure.
type node struct {
	when  *pack.When
	eval  func(e *Env, n *node) Result
	parts []*node
	bound bound
	since Duration
	slot  string // of since, if it is not a constant
	more  bool   // more than, not at least
	rule  *rule.Rule
	zone  zone
}

// bound is a figure to compare with: a constant or a slot.
type bound struct {
	value regime.Decimal
	slot  string
	sign  string // ≥ > ≤ <
}

// Compile reads a condition. An error says what a lawyer should change.
func (t *Terms) Compile(w *pack.When) (*Condition, error) {
	c := &Condition{terms: t}
	leaves := 0
	root, err := c.compile(w, maxDepth, &leaves)
	if err != nil {
		return nil, err
	}
	c.root = root
	slices.Sort(c.fields)
	c.fields = slices.Compact(c.fields)
	return c, nil
}

func (c *Condition) compile(w *pack.When, depth int, leaves *int) (*node, error) {
	if depth == 0 {
		return nil, fmt.Errorf("a condition more than %d deep", maxDepth)
	}
	if *leaves++; *leaves > maxLeaves {
		return nil, fmt.Errorf("a condition of more than %d parts", maxLeaves)
	}
	n := &node{when: w}
	list, eval := w.All, evalAll
	switch {
	case len(w.All) > 0:
	case len(w.Any) > 0:
		list, eval = w.Any, evalAny
	case w.Not != nil:
		list, eval = []pack.When{*w.Not}, evalNot
	default:
		return n, c.leaf(n)
	}
	n.eval = eval
	for i := range list {
		part, err := c.compile(&list[i], depth-1, leaves)
		if err != nil {
			return nil, err
		}
		n.parts = append(n.parts, part)
	}
	return n, nil
}

func (c *Condition) leaf(n *node) error {
	w := n.when
	switch {
	case w.Figure != "":
		n.eval = evalFigure
		return c.figure(n)
	case w.Field != "":
		n.eval = evalField
		c.needs(w.Field)
		if len(w.Is) == 0 {
			return fmt.Errorf("field %s: say under \"is\" what it is to be", w.Field)
		}
		return nil
	case w.Lasts != nil:
		n.eval = evalLasts
		return c.span(n, w.Lasts, true)
	case w.Elapsed != nil:
		n.eval, c.timed = evalElapsed, true
		return c.span(n, w.Elapsed, false)
	case w.Area != "":
		n.eval = evalArea
		return c.area(n)
	case w.Rule != "":
		n.eval = evalRule
		r, err := c.terms.rules.Condition(w.Rule)
		if err != nil {
			return fmt.Errorf("rule %q: %w", w.Rule, err)
		}
		n.rule = r
		c.needs(r.Form...)
		c.whole = c.whole || r.Whole
		c.timed, c.untold = c.timed || r.Timed, c.untold || r.Timed
		return nil
	}
	return errors.New("an empty condition: name a figure, a field, a span, an area or a rule")
}

func (c *Condition) needs(fields ...string) {
	for _, f := range fields {
		id, _, _ := strings.Cut(f, ".")
		c.fields = append(c.fields, id)
	}
}

func (c *Condition) figure(n *node) error {
	w := n.when
	c.needs(w.Figure)
	found := 0
	for _, x := range []struct{ sign, text string }{{"≥", w.AtLeast}, {">", w.MoreThan}, {"≤", w.AtMost}, {"<", w.LessThan}} {
		if x.text == "" {
			continue
		}
		found++
		b, err := parseBound(x.text)
		if err != nil {
			return fmt.Errorf("figure %s: %w", w.Figure, err)
		}
		b.sign = x.sign
		n.bound = b
	}
	if found != 1 {
		return fmt.Errorf("figure %s: %d comparisons where one is due: at_least, more_than, at_most or less_than", w.Figure, found)
	}
	return nil
}

func parseBound(s string) (bound, error) {
	if id, ok := strings.CutPrefix(s, "$"); ok {
		return bound{slot: id}, nil
	}
	d, ok := regime.ParseDecimal(s)
	if !ok {
		return bound{}, fmt.Errorf("%q is neither a number nor a slot such as $level", s)
	}
	return bound{value: d}, nil
}

func (c *Condition) span(n *node, l *pack.Lasts, two bool) error {
	c.needs(l.From)
	if l.To != "" {
		c.needs(l.To)
	}
	text := l.AtLeast
	if l.MoreThan != "" {
		text, n.more = l.MoreThan, true
	}
	switch {
	case l.From == "" || two && l.To == "":
		return errors.New("a span without its fields: name from and to")
	case (l.AtLeast == "") == (l.MoreThan == ""):
		return errors.New("a span needs one of at_least and more_than")
	}
	if id, ok := strings.CutPrefix(text, "$"); ok {
		n.slot = id
		return nil
	}
	d, err := ParseDuration(text)
	n.since = d
	return err
}

func (c *Condition) area(n *node) error {
	w := n.when
	c.needs(w.Area)
	given := 0
	for _, id := range []string{w.Within, w.Meets} {
		if id == "" {
			continue
		}
		given++
		ok := false
		if n.zone, ok = c.terms.zones[id]; !ok {
			return fmt.Errorf("area %s: the pack has no zone %q", w.Area, id)
		}
	}
	if w.Near != nil {
		given++
		if w.Near.Line == "" || w.Near.Km < 1 || w.Near.Km > 1000 {
			return fmt.Errorf("area %s: near needs a line and 1 to 1,000 km", w.Area)
		}
	}
	if given != 1 {
		return fmt.Errorf("area %s: %d of within, meets and near where one is due", w.Area, given)
	}
	return nil
}

func utc(loc *time.Location) *time.Location {
	if loc == nil {
		return time.UTC
	}
	return loc
}
