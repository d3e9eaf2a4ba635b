package pack

import (
	"slices"
	"strings"

	"detente/regime"
)

// What a measure can be among the building blocks (regimes.md §6).
var (
	dimensions = []string{"military-political", "economic", "environmental", "human", "new-challenges-and-threats"}
	stages     = []string{"conflict-avoidance", "confidence-building", "strengthening-the-peace"}
	families   = []string{"communication", "constraint", "transparency", "verification", "declaratory"}
	phases     = []string{"before-conflict", "during-conflict", "after-conflict"}
	spheres    = []string{"national-security", "economic-cooperation", "cultural-contacts"}
)

// States that a text may have its own words for.
var states = []string{"not-due", "due-soon", "open", "done", "done-after", "nil-return", "not-recorded", "lawfully-declined",
	"declined", "excused", "voluntary-not-used", "contested", "superseded", "discharged", "not-shown-timely", "not-judged"}

func (l *linter) measure(m *Measure) {
	h := &l.p.Head
	if !strings.HasPrefix(m.ID, h.ID+".") || !idRule.MatchString(m.ID) || len(m.ID) > 48 {
		l.add(m.Pos, "id: %q does not begin with %q, or is not small letters and digits parted by full stops or hyphens, at most 48", m.ID, h.ID+".")
	}
	for i := range l.p.Measures {
		if o := &l.p.Measures[i]; o != m && o.ID == m.ID && overlap(o.Editions, m.Editions) {
			l.add(m.Pos, "measure %s stands twice in one edition", m.ID)
		}
	}
	if m.Article == "" {
		l.add(m.Pos, "article: say where a reader finds this in the text")
	}
	l.editionsOf(m.Pos, m.Editions)
	l.text(m.Pos, "title", m.Title, true)
	l.text(m.Pos, "meaning", m.Meaning, true)
	l.text(m.Pos, "note", m.Note, false)
	l.one(m.Pos, "strength", string(m.Strength), string(Shall), string(Should), string(May))
	l.sources(m.Pos, m.Sources, m.Sure)
	if m.Sure == Low && !m.Off {
		l.add(m.Pos, "sure: a measure known so unsurely is off; write off: true")
	}
	if m.Zone != "" {
		if _, ok := h.Zone(m.Zone); !ok {
			l.add(m.Pos, "zone: %q is not a zone of pack.yaml", m.Zone)
		}
	}
	l.place(m)
	l.outcomes(m)
	for key, ids := range map[string][]string{"needs": m.Needs, "leads": m.Leads} {
		for _, id := range ids {
			// what a measure stands on may be in another text: id and pack differ
			if _, ok := l.p.Measure(id, ""); !ok && strings.HasPrefix(id, h.ID+".") || id == m.ID {
				l.add(m.Pos, "%s: %q is not another measure", key, id)
			}
		}
	}
	for _, a := range m.Areas {
		if !slices.ContainsFunc(h.Areas, func(x Area) bool { return x.ID == a }) {
			l.add(m.Pos, "areas: %q is not an area of pack.yaml", a)
		}
	}
	l.occasion(m)
	l.steps(m)
	for i := range m.Counts {
		l.count(m, &m.Counts[i])
	}
	for i := range m.Ceilings {
		l.ceiling(&m.Ceilings[i])
	}
}

func overlap(a, b []string) bool {
	return len(a) == 0 || len(b) == 0 || slices.ContainsFunc(a, func(e string) bool { return slices.Contains(b, e) })
}

func (l *linter) place(m *Measure) {
	p := m.Place
	l.one(m.Pos, "place, stage", p.Stage, stages...)
	l.one(m.Pos, "place, sides", p.Sides, "unilateral", "bilateral", "multilateral")
	l.one(m.Pos, "place, field", p.Field, "military", "non-military")
	l.one(m.Pos, "place, dimension", p.Dimension, dimensions...)
	l.one(m.Pos, "place, sphere", p.Sphere, spheres...)
	if len(p.Family) == 0 || len(p.Phase) == 0 {
		l.add(m.Pos, "place: at least one family and one phase belong here")
	}
	for _, f := range p.Family {
		l.one(m.Pos, "place, family", f, families...)
	}
	for _, f := range p.Phase {
		l.one(m.Pos, "place, phase", f, phases...)
	}
	for _, i := range p.Issues {
		if !slices.ContainsFunc(l.p.Head.Issues, func(x Issue) bool { return x.ID == i }) {
			l.add(m.Pos, "place, issues: %q is not an issue of pack.yaml", i)
		}
	}
}

// outcomes: a voluntary measure knows no default.
func (l *linter) outcomes(m *Measure) {
	for state, t := range m.Outcomes {
		l.one(m.Pos, "outcomes", state, states...)
		l.text(m.Pos, "outcomes, "+state, t, true)
		if l.voluntary(m) && slices.Contains([]string{"not-recorded", "done-after", "declined", "not-shown-timely"}, state) {
			l.add(m.Pos, "outcomes: a voluntary measure knows no default; take %q out", state)
		}
	}
	for _, c := range m.Counts {
		if l.voluntary(m) && c.AtLeast != "" && c.Strength != May {
			l.add(c.Pos, "at_least: a voluntary measure knows no default; say strength: may")
		}
	}
}

func (l *linter) voluntary(m *Measure) bool {
	return l.p.Head.Nature == Voluntary || m.Strength == May
}

func (l *linter) occasion(m *Measure) {
	o := m.Occasion
	ways := 0
	for _, is := range []bool{o.Yearly != nil, o.Starts != "", o.Every != nil, o.Standing} {
		if is {
			ways++
		}
	}
	if ways != 1 {
		l.add(m.Pos, "occasion: exactly one of yearly, starts, every and standing belongs here")
	}
	if o.Starts != "" && !l.codes[o.Starts] {
		l.add(m.Pos, "occasion, starts: no step has the code %q", o.Starts)
	}
	if y := o.Yearly; y != nil {
		l.date(m.Pos, "occasion, due", y.Due)
		if y.AsOf != "" {
			l.date(m.Pos, "occasion, as_of", y.AsOf)
		}
		l.set(m.Pos, y.Each)
		if y.Ahead < -2 || y.Ahead > 3 {
			l.add(m.Pos, "occasion, ahead: the year covered lies between 2 before and 3 after that of the date")
		}
	}
	if e := o.Every; e != nil {
		if !isSpan(e.Period) {
			l.add(m.Pos, "occasion, period: a duration such as P6M belongs here, not %q", e.Period)
		}
		l.day(m.Pos, "occasion, since", e.Since, true)
		l.set(m.Pos, e.Each)
	}
}

func (l *linter) date(at Pos, key, s string) {
	if id, ok := strings.CutPrefix(s, "$"); ok {
		l.slot(at, id, SlotDate)
	} else if !dateRule.MatchString(s) {
		l.add(at, "%s: a month and day such as 12-15, or a slot such as $due, belongs here, not %q", key, s)
	}
}

// opener is the form of the filing that opens an occasion, if there is one.
func (l *linter) opener(m *Measure) *regime.Form {
	if m.Occasion.Starts != "" {
		f, _ := l.p.Form(m.Occasion.Starts)
		return f
	}
	if s, ok := m.Step(MainStep); ok {
		return l.p.Forms[s.Form]
	}
	return nil
}

func (l *linter) steps(m *Measure) {
	seen := map[string]bool{}
	for i := range m.Steps {
		s := &m.Steps[i]
		l.ids("step", s.Pos, s.ID, seen)
		if strings.Contains(s.ID, ".") {
			l.add(s.Pos, "step: id %q has a full stop, by which a code is parted", s.ID)
		}
		l.step(m, s, seen)
	}
	if len(m.Steps) == 0 && !m.Occasion.Standing {
		l.add(m.Pos, "steps: at least one belongs here")
	}
}

func (l *linter) step(m *Measure, s *Step, before map[string]bool) {
	l.text(s.Pos, "title", s.Title, true)
	l.text(s.Pos, "silence", s.Silence, false)
	if s.Form != "" && l.p.Forms[s.Form] == nil {
		l.add(s.Pos, "form: there is no file forms/%s.yaml", s.Form)
	}
	if s.Strength != "" {
		l.one(s.Pos, "strength", string(s.Strength), string(Shall), string(Should), string(May))
	}
	if s.Sure != "" {
		l.sure(s.Pos, s.Sure)
	}
	l.role(m, s, "by", s.By)
	l.role(m, s, "to", s.To)
	if s.Copy != nil {
		l.role(m, s, "copy", *s.Copy)
	}
	for _, o := range s.After {
		if o.Step == s.ID || !before[o.Step] {
			l.add(s.Pos, "after: %q is not an earlier step of this measure", o.Step)
		}
		l.one(s.Pos, "after, was", o.Was, WasDone, WasSilent, WasInsufficient, WasDeclined, WasFiled)
	}
	form := l.opener(m)
	if s.When != nil {
		l.when(s.When, form, 1)
	}
	if s.Discharged != nil {
		l.when(s.Discharged, form, 1)
	}
	own := l.p.Forms[s.Form]
	if s.Clock != nil {
		l.clock(m, s, *s.Clock, own, before)
	}
	for i := range s.Instead {
		l.when(&s.Instead[i].When, form, 1)
		l.text(s.Pos, "instead, says", s.Instead[i].Says, true)
		l.clock(m, s, s.Instead[i].Clock, own, before)
	}
	l.answers(s, own)
}

func (l *linter) answers(s *Step, form *regime.Form) {
	if len(s.Refusals) > 0 && s.Answer == "" {
		l.add(s.Pos, "refusals: name in answer the field of the form that gives one of them")
	}
	if s.Answer == "" {
		return
	}
	f := l.field(s.Pos, "answer", form, s.Answer, regime.TypeChoice)
	seen := map[string]bool{}
	for _, r := range s.Refusals {
		l.ids("refusal", s.Pos, r.Code, seen)
		l.text(s.Pos, "refusals, title", r.Title, true)
		if f != nil && !slices.ContainsFunc(f.Choices, func(c regime.Choice) bool { return c.Code == r.Code }) {
			l.add(s.Pos, "refusals: the field %s has no choice %q", s.Answer, r.Code)
		}
		for _, need := range r.Needs {
			l.field(s.Pos, "refusals, needs", form, need)
		}
		if r.DaysIn != "" {
			l.field(s.Pos, "refusals, days_in", form, r.DaysIn, regime.TypeInt)
		}
	}
}

func (l *linter) role(m *Measure, s *Step, key string, r Role) {
	l.one(s.Pos, key+", who", r.Who, RoleEach, RoleOthers, RoleAuthor, RoleAsked, RoleField, RoleShare, RoleSet, RoleOther, RoleEither, RoleAnybody)
	if (r.Who == RoleSet) && r.Set == "" {
		l.add(s.Pos, "%s: name the set", key)
	}
	l.set(s.Pos, r.Set)
	switch r.Who {
	case RoleField:
		l.field(s.Pos, key, l.opener(m), r.Field, regime.TypeState, regime.TypeStates)
	case RoleShare:
		l.field(s.Pos, key, l.opener(m), r.Field, regime.TypeMap)
	}
	if r.Step != "" {
		if _, ok := m.Step(r.Step); !ok {
			l.add(s.Pos, "%s: %q is not a step of this measure", key, r.Step)
		}
	}
}

// field asks for a field of a form, of one of some types (none: of any). Without
// a form it says so.
func (l *linter) field(at Pos, key string, form *regime.Form, id string, types ...string) *regime.Field {
	if form == nil {
		l.add(at, "%s: there is no form with a field %q", key, id)
		return nil
	}
	f, ok := form.Field(id)
	if !ok {
		l.add(at, "%s: the form %s has no field %q", key, form.ID, id)
		return nil
	}
	if len(types) > 0 && !slices.Contains(types, f.Type) {
		l.add(at, "%s: field %s is a %s; %s belongs here", key, id, f.Type, strings.Join(types, " or "))
	}
	return f
}
