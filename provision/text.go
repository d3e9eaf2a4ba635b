package provision

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"detente/condition"
	"detente/pack"
	"detente/party"
	"detente/regime"
)

// text is a compiled pack.
type text struct {
	Text
	n        int // place among the texts
	id       string
	head     *pack.Head
	terms    *condition.Terms
	loc      *time.Location
	editions []edition
	measures []*measure
	slotIDs  []string
	edges    []int64        // moments at which who is bound by what can change
	eras     map[int64]*era // by the edge that begins them
}

// edition is a pack.Edition with its periods in seconds.
type edition struct {
	id      string
	periods []period
}

type period struct {
	Span
	set string
}

// measure is a compiled pack.Measure.
type measure struct {
	*pack.Measure
	text     *text
	steps    []*step
	counts   []*count
	ceilings []*ceiling
	cycle    *cycle
	margin   int64 // seconds: the clocks of all steps one after the other
}

// step is a compiled pack.Step.
type step struct {
	*pack.Step
	m          *measure
	n          int // place in the measure
	code       string
	form       *regime.Form // nil: free text
	when       *condition.Condition
	discharged *condition.Condition
	clock      *clock
	instead    []exception
	disputable bool // a later step opens where its answer is held to be insufficient
}

type exception struct {
	*pack.Exception
	when  *condition.Condition
	clock *clock
}

// clock is a compiled pack.Clock.
type clock struct {
	*pack.Clock
	least, most, soon length
}

// length is a duration or the slot that gives it.
type length struct {
	d    condition.Duration
	slot string
	set  bool
}

func newText(in Text) (*text, error) {
	head := &in.Pack.Head
	t := &text{Text: in, id: head.ID, head: head, loc: time.UTC}
	var err error
	if t.terms, err = condition.NewTerms(head); err != nil {
		return nil, err
	}
	if head.TimeZone != "" {
		if t.loc, err = time.LoadLocationFromTZData(head.TimeZone, in.Pack.Zones[head.TimeZone]); err != nil {
			return nil, fmt.Errorf("time zone %s: %w", head.TimeZone, err)
		}
	}
	for i := range head.Slots {
		t.slotIDs = append(t.slotIDs, head.Slots[i].ID)
	}
	if err := t.readEditions(); err != nil {
		return nil, err
	}
	for i := range in.Pack.Measures {
		m, err := t.measure(&in.Pack.Measures[i])
		if err != nil {
			return nil, fmt.Errorf("measure %s: %w", in.Pack.Measures[i].ID, err)
		}
		t.measures = append(t.measures, m)
	}
	return t, nil
}

func (t *text) readEditions() error {
	for i := range t.head.Editions {
		e := &t.head.Editions[i]
		out := edition{id: e.ID}
		for _, p := range e.InForce {
			from, err := condition.ParseDay(p.From, t.loc)
			if err != nil {
				return fmt.Errorf("edition %s: %w", e.ID, err)
			}
			span := Span{From: from.Unix()}
			if p.Until != "" {
				until, err := condition.ParseDay(p.Until, t.loc)
				if err != nil {
					return fmt.Errorf("edition %s: %w", e.ID, err)
				}
				span.Until = condition.LastSecond(until).Unix() + 1
			}
			out.periods = append(out.periods, period{span, p.Set})
		}
		t.editions = append(t.editions, out)
	}
	return nil
}

func (t *text) measure(in *pack.Measure) (*measure, error) {
	m := &measure{Measure: in, text: t}
	for i := range in.Steps {
		s, err := m.step(&in.Steps[i])
		if err != nil {
			return nil, fmt.Errorf("step %s: %w", in.Steps[i].ID, err)
		}
		s.n = i
		m.steps = append(m.steps, s)
		if s.clock != nil && s.clock.least.set {
			m.margin += s.clock.least.d.Add(time.Unix(0, 0)).Unix() + 86400
		}
	}
	for _, s := range m.steps {
		for _, a := range s.After {
			if a.Was != pack.WasInsufficient {
				continue
			}
			if before := m.find(a.Step); before != nil {
				before.disputable = true
			}
		}
	}
	var err error
	if m.cycle, err = m.newCycle(); err != nil {
		return nil, err
	}
	for i := range in.Counts {
		c, err := m.count(&in.Counts[i])
		if err != nil {
			return nil, fmt.Errorf("count %s: %w", in.Counts[i].ID, err)
		}
		m.counts = append(m.counts, c)
	}
	for i := range in.Ceilings {
		c, err := m.ceiling(&in.Ceilings[i], i)
		if err != nil {
			return nil, fmt.Errorf("ceiling on %s: %w", in.Ceilings[i].Figure, err)
		}
		m.ceilings = append(m.ceilings, c)
	}
	return m, nil
}

func (m *measure) find(id string) *step {
	for _, s := range m.steps {
		if s.ID == id {
			return s
		}
	}
	return nil
}

func (m *measure) step(in *pack.Step) (*step, error) {
	s := &step{Step: in, m: m, code: m.Code(in.ID)}
	if in.Form != "" {
		s.form = m.text.Pack.Forms[in.Form]
		if s.form == nil {
			return nil, fmt.Errorf("form %s is not in the pack", in.Form)
		}
	}
	var err error
	if s.when, err = m.text.compile(in.When); err != nil {
		return nil, err
	}
	if s.discharged, err = m.text.compile(in.Discharged); err != nil {
		return nil, err
	}
	if s.clock, err = newClock(in.Clock); err != nil {
		return nil, err
	}
	for i := range in.Instead {
		x := exception{Exception: &in.Instead[i]}
		if x.when, err = m.text.compile(&in.Instead[i].When); err != nil {
			return nil, err
		}
		if x.clock, err = newClock(&in.Instead[i].Clock); err != nil {
			return nil, err
		}
		s.instead = append(s.instead, x)
	}
	return s, nil
}

// compile reads a condition; none gives nil.
func (t *text) compile(w *pack.When) (*condition.Condition, error) {
	if w == nil {
		return nil, nil
	}
	return t.terms.Compile(w)
}

func newClock(in *pack.Clock) (*clock, error) {
	if in == nil {
		return nil, nil
	}
	c := &clock{Clock: in}
	for _, x := range []struct {
		text string
		into *length
	}{{in.Least, &c.least}, {in.Most, &c.most}, {in.Soon, &c.soon}} {
		if x.text == "" {
			continue
		}
		x.into.set = true
		if id, ok := strings.CutPrefix(x.text, "$"); ok {
			x.into.slot = id
			continue
		}
		d, err := condition.ParseDuration(x.text)
		if err != nil {
			return nil, fmt.Errorf("clock: %w", err)
		}
		x.into.d = d
	}
	return c, nil
}

// strength of a step is its own, or that of its measure.
func (s *step) strength() pack.Strength {
	if s.Strength != "" {
		return s.Strength
	}
	return s.m.Strength
}

// duty reports whether the step can be "not recorded".
func (s *step) duty() bool { return s.m.text.owes(s.strength()) }

// owes reports whether what is not done can be a shortfall: a voluntary text or a
// proposal knows no default, nor does a may.
func (t *text) owes(s pack.Strength) bool {
	return t.head.Nature != pack.Voluntary && t.head.Nature != pack.Proposal && s != pack.May
}

// sure is the least sure of the facts behind a step.
func (s *step) sure(c *clock) pack.Sure {
	worst := s.m.Sure
	marks := []pack.Sure{s.Sure}
	if c != nil {
		marks = append(marks, c.Sure)
	}
	for _, m := range marks {
		worst = lessSure(worst, m)
	}
	return worst
}

func lessSure(a, b pack.Sure) pack.Sure {
	order := []pack.Sure{"", pack.Seen, pack.High, pack.Medium, pack.Low}
	if slices.Index(order, b) > slices.Index(order, a) {
		return b
	}
	return a
}

// slotOf gives what was agreed on for a slot at a moment, for a pair if there is
// one, else for all, else the default of the text.
func (t *text) slotOf(id string, at int64, x, y party.ID) (string, bool) {
	best, found, fewest := "", false, 0
	for _, s := range t.Slots {
		if s.ID != id && s.ID != t.id+"."+id || !s.In.Has(at) {
			continue
		}
		n := len(s.Between)
		if n > 0 && !(slices.Contains(s.Between, x) && slices.Contains(s.Between, y)) {
			continue
		}
		if !found || n > 0 && (fewest == 0 || n < fewest) {
			best, found, fewest = s.Value, true, n
		}
	}
	if found {
		return best, true
	}
	for i := range t.head.Slots {
		if s := &t.head.Slots[i]; s.ID == id && s.Default != "" {
			return s.Default, true
		}
	}
	return "", false
}
