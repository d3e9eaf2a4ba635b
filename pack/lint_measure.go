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
		if o := &l.p.Measures[i]; o == m {
			break
		} else if o.ID == m.ID && overlap(o.Editions, m.Editions) {
			l.add(m.Pos, "measure %s stands twice in one edition; %s, line %d has it too", m.ID, o.File, o.Line)
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
	if m.ArticleSure != "" {
		l.one(m.Pos, "article_sure", string(m.ArticleSure), certainties...)
	}
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
	l.subject(m)
	l.occasion(m)
	l.steps(m)
	seen := map[string]bool{}
	for i := range m.Counts {
		l.ids("count", m.Counts[i].Pos, m.Counts[i].ID, seen)
		l.count(&m.Counts[i])
	}
	for i := range m.Ceilings {
		l.ceiling(&m.Ceilings[i])
	}
}

func overlap(a, b []string) bool {
	return len(a) == 0 || len(b) == 0 || slices.ContainsFunc(a, func(e string) bool { return slices.Contains(b, e) })
}

// subject: what is gathered as an incident tells when and what; a visit is something
// that opens with a filing.
func (l *linter) subject(m *Measure) {
	if m.Subject == "" {
		return
	}
	l.one(m.Pos, "subject", string(m.Subject), string(Incident), string(Visit))
	if m.Occasion.Starts == "" {
		l.add(m.Pos, "subject: an occasion that starts with a filing belongs to it")
	}
	if m.Subject != Incident {
		return
	}
	f, ok := l.p.Form(m.ID)
	for _, want := range []struct{ id, kind string }{{IncidentWhen, regime.TypeMoment}, {IncidentWhat, regime.TypeText}} {
		if !ok {
			l.add(m.Pos, "subject: its main step has no form with the field %q", want.id)
			continue
		}
		if field, has := f.Field(want.id); !has || field.Type != want.kind {
			l.add(m.Pos, "subject: its main form has no field %q of type %s", want.id, want.kind)
		}
	}
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
	} else if o.Starts != "" {
		l.begins(m)
	}
	if y := o.Yearly; y != nil {
		l.date(m.Pos, "occasion, due", y.Due)
		if y.AsOf != "" {
			l.date(m.Pos, "occasion, as_of", y.AsOf)
		}
		if y.AsOfIn != "" {
			l.field(m.Pos, "occasion, as_of_in", l.formOf(m, MainStep), y.AsOfIn, regime.TypeDate)
			if y.AsOf == "" {
				l.add(m.Pos, "occasion, as_of_in: as_of, the day that the text asks for, belongs to it")
			}
		}
		l.set(m.Pos, y.Each)
		if y.Ahead < -2 || y.Ahead > 3 || y.AsOfAhead < -2 || y.AsOfAhead > 3 {
			l.add(m.Pos, "occasion, ahead, as_of_ahead: the year meant lies between 2 before and 3 after that of the date")
		}
		if y.Cycle != "" {
			l.field(m.Pos, "occasion, cycle", l.formOf(m, MainStep), y.Cycle, regime.TypeYear, regime.TypeInt, regime.TypeDate)
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

// begins asks that an occasion begins somewhere: measures that start each other in
// a circle would all wait.
func (l *linter) begins(m *Measure) {
	at := m
	for range len(l.p.Measures) {
		next, s, ok := l.p.Step(at.Occasion.Starts, "")
		if !ok || next.Occasion.Starts == "" {
			return
		}
		if next.ID == at.ID {
			if len(s.After) > 0 {
				l.add(m.Pos, "occasion, starts: the step %q waits for another one itself, so no occasion begins", s.ID)
			}
			return
		}
		at = next
	}
	l.add(m.Pos, "occasion, starts: the measures from %q on start each other in a circle, so no occasion begins", m.Occasion.Starts)
}

func (l *linter) date(at Pos, key, s string) {
	if id, ok := strings.CutPrefix(s, "$"); ok {
		l.slot(at, id, SlotDate)
	} else if !isDate(s) {
		l.add(at, "%s: a month and day such as 12-15, or a slot such as $due, belongs here, not %q", key, s)
	}
}

// opener is the form of the filing that opens an occasion, if there is one.
func (l *linter) opener(m *Measure) form {
	if m.Occasion.Starts != "" {
		return l.formBy(m.Occasion.Starts)
	}
	return l.formOf(m, MainStep)
}

// form is the form of a step while it is looked at.
type form struct {
	*regime.Form
	other  *regime.Form // where the field may stand as well; nil: nowhere
	unread bool         // one of them has faults of its own: nothing more is said
}

// or is f, or where it has no such field, other.
func (f form) or(other form) form {
	if f.Form == nil {
		return form{other.Form, nil, f.unread || other.unread}
	}
	return form{f.Form, other.Form, f.unread || other.unread}
}

func (l *linter) formNamed(name string) form {
	return form{Form: l.p.Forms[name], unread: l.unread[name]}
}

func (l *linter) formOf(m *Measure, step string) form {
	if s, ok := m.Step(step); ok {
		return l.formNamed(s.Form)
	}
	return form{}
}

// formBy is the form of the step that a code names.
func (l *linter) formBy(code string) form {
	if _, s, ok := l.p.Step(code, ""); ok {
		return l.formNamed(s.Form)
	}
	return form{}
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

// after looks at what opens a step.
func (l *linter) after(m *Measure, s *Step, before map[string]bool) {
	for _, o := range s.After {
		l.one(o.Pos, "after, was", o.Was, WasDone, WasSilent, WasInsufficient, WasDeclined, WasFiled)
		earlier, ok := m.Step(o.Step)
		if !ok || o.Step == s.ID || !before[o.Step] {
			l.add(o.Pos, "after: %q is not an earlier step of this measure", o.Step)
			continue
		}
		if o.Was == WasSilent && (earlier.Clock == nil || earlier.Clock.Kind == ClockImmediate) {
			l.add(o.Pos, "after: the step %q has no clock that runs out, so it is never silent", o.Step)
		}
		if o.Was == WasDeclined && len(earlier.Refusals) == 0 {
			l.add(o.Pos, "after: the step %q has no refusals, so it is never declined", o.Step)
		}
		if o.Answer == "" {
			continue
		}
		if earlier.Answer == "" {
			l.add(o.Pos, "after: the step %q has no field of answers, so it never answers %q", o.Step, o.Answer)
		} else if f := l.field(o.Pos, "after, answer", l.formNamed(earlier.Form), earlier.Answer); f != nil {
			l.choices(o.Pos, "after, answer", f, o.Answer)
		}
	}
}

// choices asks that codes are among those of a field.
func (l *linter) choices(at Pos, key string, f *regime.Field, codes ...string) {
	for _, c := range codes {
		if !slices.ContainsFunc(f.Choices, func(x regime.Choice) bool { return x.Code == c }) {
			l.add(at, "%s: the field %s has no choice %q", key, f.ID, c)
		}
	}
}

func (l *linter) step(m *Measure, s *Step, before map[string]bool) {
	l.text(s.Pos, "title", s.Title, true)
	l.text(s.Pos, "silence", s.Silence, false)
	if s.Form != "" && l.p.Forms[s.Form] == nil && !l.unread[s.Form] {
		l.add(s.Pos, "form: there is no file forms/%s.yaml", s.Form)
	}
	if s.Strength != "" {
		l.one(s.Pos, "strength", string(s.Strength), string(Shall), string(Should), string(May))
	}
	if s.Sure != "" {
		l.sure(s.Pos, s.Sure)
	}
	l.role(m, s, "by", s.By, before)
	l.role(m, s, "to", s.To, before)
	if s.Copy != nil {
		l.role(m, s, "copy", *s.Copy, before)
	}
	if s.Sealed != "" {
		l.one(s.Pos, "sealed", s.Sealed, "parties")
	}
	l.after(m, s, before)
	opener, own := l.opener(m), l.formNamed(s.Form)
	l.when(s.When, opener)
	l.when(s.Discharged, opener)
	if s.Clock != nil {
		l.clock(m, s, s.Clock, own, before)
	}
	for i := range s.Instead {
		x := &s.Instead[i]
		if s.Clock == nil {
			l.add(x.Pos, "instead: the step has no clock to which this could be an exception")
		}
		l.when(&x.When, own.or(opener)) // the filing itself can claim it
		l.text(x.Pos, "instead, says", x.Says, true)
		l.clock(m, s, &x.Clock, own, before)
	}
	l.answers(s, own)
}

func (l *linter) answers(s *Step, form form) {
	if len(s.Refusals) > 0 && s.Answer == "" {
		l.add(s.Pos, "refusals: name in answer the field of the form that gives one of them")
	}
	if s.Answer == "" {
		return
	}
	f := l.field(s.Pos, "answer", form, s.Answer, regime.TypeChoice)
	seen := map[string]bool{}
	for _, r := range s.Refusals {
		l.ids("refusal", r.Pos, r.Code, seen)
		l.text(r.Pos, "refusals, title", r.Title, true)
		if f != nil {
			l.choices(r.Pos, "refusals", f, r.Code)
		}
		for _, need := range r.Needs {
			l.field(r.Pos, "refusals, needs", form, need)
		}
		if r.DaysIn != "" {
			l.field(r.Pos, "refusals, days_in", form, r.DaysIn, regime.TypeInt)
		}
		if r.AtMost < 0 || r.Days < 0 || (r.Days > 0) != (r.DaysIn != "") {
			l.add(r.Pos, "refusals: days belong together with the field days_in that counts them, and no number is below 0")
		}
	}
}

func joint(sets []Set) int {
	n := 0
	for i := range sets {
		if sets[i].Joint {
			n++
		}
	}
	return n
}

func (l *linter) role(m *Measure, s *Step, key string, r Role, before map[string]bool) {
	l.one(s.Pos, key+", who", r.Who, RoleEach, RoleOthers, RoleAuthor, RoleAsked, RoleField, RoleShare, RoleSet, RoleOther, RoleEither, RoleAnybody)
	if (r.Who == RoleSet) != (r.Set != "") && r.Who != RoleEach && r.Who != RoleOther {
		l.add(s.Pos, "%s: who: set and the name of the set belong together", key)
	}
	l.set(s.Pos, r.Set)
	switch r.Who {
	case RoleField:
		l.field(s.Pos, key, l.opener(m), r.Field, regime.TypeState, regime.TypeStates)
		if r.Without != "" {
			l.one(s.Pos, key+", without", r.Without, WithoutAuthor)
		}
	case RoleEither:
		if r.Field != "" {
			l.field(s.Pos, key, l.opener(m), r.Field, regime.TypeState, regime.TypeStates)
		}
	case RoleShare:
		l.field(s.Pos, key, l.opener(m), r.Field, regime.TypeMap)
		if s.When == nil {
			l.add(s.Pos, "%s: who: share needs the condition of the step (when), which each state's own figure meets", key)
		}
	case RoleOther:
		if joint(l.p.Head.Sets) != 2 {
			l.add(s.Pos, "%s: who: other-side needs two sets of pack.yaml that are joint", key)
		}
	}
	if r.Without != "" && r.Who != RoleField {
		l.add(s.Pos, "%s: without belongs to who: field, and only there", key)
	}
	if r.Step != "" && (r.Step == s.ID || !before[r.Step]) {
		l.add(s.Pos, "%s: %q is not an earlier step of this measure", key, r.Step)
	}
}

// field asks for a field of a form, of one of some types (none: of any). Without
// a form it says so.
func (l *linter) field(at Pos, key string, form form, id string, types ...string) *regime.Field {
	if form.unread {
		return nil
	}
	if form.Form == nil {
		l.add(at, "%s: there is no form with a field %q", key, id)
		return nil
	}
	f, ok := form.Field(id)
	if !ok && form.other != nil {
		f, ok = form.other.Field(id)
	}
	if !ok {
		l.add(at, "%s: the form %s has no field %q", key, form.ID, id)
		return nil
	}
	if len(types) > 0 && !slices.Contains(types, f.Type) {
		l.add(at, "%s: field %s is a %s; %s belongs here", key, id, f.Type, strings.Join(types, " or "))
	}
	return f
}
