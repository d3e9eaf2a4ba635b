package provision

import (
	"slices"
	"time"

	"detente/condition"
	"detente/internal/phrase"
	"detente/lodging"
	"detente/pack"
	"detente/party"
	"detente/regime"
)

// settle says what state an item is in.
func (o *occasion) settle(s *step, w who, it *Item, c *clock, did *statement, st start) {
	if o.opener != nil {
		it.By = append(it.By, o.opener.f.basis("opened"))
		o.words(it)
	}
	switch {
	case o.m.text.head.Engine > pack.Engine:
		it.unknown("engine")
	case o.m.Off:
		it.unknown("off")
	case it.State == NotJudged:
		if !o.undecided(s, w, it, did) {
			return
		}
	default:
		o.judge(s, w, it, c, did, st)
		return
	}
	if did != nil {
		it.By = append(it.By, did.f.basis("did"))
	}
}

// words names what its author and others said later about what opened it.
func (o *occasion) words(it *Item) {
	if x := o.opener.cancelled; x != nil {
		it.By = append(it.By, x.f.basis("cancelled"))
	}
	for _, x := range o.opener.confirmed {
		it.By = append(it.By, x.f.basis("confirmed"))
	}
}

func (o *occasion) judge(s *step, w who, it *Item, c *clock, did *statement, st start) {
	if !o.applies(s, w, it, did) {
		if did != nil && it.State == NotJudged {
			it.By = append(it.By, did.f.basis("did"))
		}
		return
	}
	if did == nil {
		o.pendingState(s, w, it, c)
		return
	}
	o.doneState(s, w, it, c, did)
}

// undecided reports whether an item whose clock nobody agreed on stays without an
// answer: what does not apply needs no clock.
func (o *occasion) undecided(s *step, w who, it *Item, did *statement) bool {
	clock := it.Reasons
	it.Reasons = nil
	if o.applies(s, w, it, did) || it.State == NotJudged {
		it.State, it.Reasons = NotJudged, append(clock, it.Reasons...)
		return true
	}
	return false
}

// applies asks the condition of a step, and what discharges it.
func (o *occasion) applies(s *step, w who, it *Item, did *statement) bool {
	v, form := o.values(), o.openerForm()
	if o.opener == nil && did != nil {
		v, form = did.values, s.form
	}
	env := o.env(w, v, form)
	if s.when != nil {
		r := o.ask(s.when, env)
		it.Reasons = append(it.Reasons, r.Reason)
		switch r.Outcome {
		case condition.Not:
			it.State = o.below(s, w, env)
			return false
		case condition.Unknown:
			it.State = NotJudged
			return false
		}
	}
	if s.discharged == nil || did != nil {
		return true
	}
	if r := o.ask(s.discharged, env); r.Outcome == condition.Holds {
		it.State = Discharged
		it.Reasons = append(it.Reasons, r.Reason)
		return false
	}
	return true
}

// ask evaluates a condition, and notes when its answer changes by the passing of time.
func (o *occasion) ask(c *condition.Condition, env *condition.Env) condition.Result {
	r := c.Eval(env)
	if r.Until > 0 && (o.until == 0 || r.Until < o.until) {
		o.until = r.Until
	}
	return r
}

// below tells whether what is below the level now was above it before: then it fell,
// and what followed is discharged.
func (o *occasion) below(s *step, w who, env *condition.Env) State {
	if o.opener == nil || o.opener.changed == nil {
		return NotProvided
	}
	was := *env
	for _, v := range o.opener.past {
		was.Values = v
		if o.ask(s.when, &was).Outcome == condition.Holds {
			return Discharged
		}
	}
	return NotProvided
}

// pendingState is the state of what nothing was filed for.
func (o *occasion) pendingState(s *step, w who, it *Item, c *clock) {
	now, k := o.moment.Now, it.Clock
	switch {
	case o.opener != nil && o.opener.cancelled != nil && o.owner == nil:
		it.State = Discharged
		it.note("cancelled", condition.Arg{Name: "party", Value: string(o.by)})
	case len(it.Missing) > 0 && k.Due > 0 && now > k.Due:
		it.State = NotShownTimely
	case k.Due > 0 && now > k.Due && s.Silence != nil:
		it.State = Discharged
		it.note("silence", condition.Arg{Name: "says", Value: byLang(s.Silence)})
	case k.Due > 0 && now > k.Due && it.Clock.Claim && o.disputes(it):
		it.State = Contested
	case k.Due > 0 && now > k.Due && o.book.editionAt(o.m.text, k.Due, w.first()) == "":
		it.State = Discharged
		it.note("no-edition")
	case k.Due > 0 && now > k.Due && !o.m.Applies(o.book.editionAt(o.m.text, k.Due, w.first())):
		it.State = Superseded
	case k.Due > 0 && now > k.Due && !s.duty():
		it.State = VoluntaryNotUsed
	case k.Due > 0 && now > k.Due:
		it.State = NotRecorded
	case k.From > 0 && now < k.From:
		it.State = NotDue
	case k.Due > 0 && now >= k.Soon:
		it.State = DueSoon
	case k.Due > 0 && o.owner != nil || c != nil && k.Due == 0 && c.Anchor != "" && c.Kind != pack.ClockImmediate:
		it.State = NotDue
	default:
		it.State = Open
	}
	if len(it.Missing) > 0 && it.State != Discharged {
		it.note("in-part", condition.Arg{Name: "parties", Value: list(it.Missing)})
	}
	if c != nil && c.Kind == pack.ClockImmediate {
		it.note("immediate", condition.Arg{Name: "word", Value: byLang(c.Word)})
	}
}

// doneState is the state of what something was filed for.
func (o *occasion) doneState(s *step, w who, it *Item, c *clock, did *statement) {
	f := o.judged(c, did)
	as := "did"
	refused, state := o.refusal(s, w, it, did)
	if refused && state != Contested {
		as = "declined"
	}
	b := did.f.basis(as)
	if f != did.entry {
		it.By = append(it.By, did.f.basis("first"))
		b = f.f.basis(as)
		it.note("moved")
	}
	told := c != nil && c.Until != "" // the form tells the moment that is compared
	if it.Clock.Due > 0 && !told {
		b.Finding, it.After = finding(&f.f, it.Clock.Due, o.moment)
	}
	if c != nil && c.Kind == pack.ClockImmediate && it.Clock.At > 0 {
		it.Clock.Delay = max(0, b.When-it.Clock.At)
		it.note("immediate", condition.Arg{Name: "word", Value: byLang(c.Word)})
	}
	it.By = append(it.By, b)
	if did.f.Formless {
		it.note("formless")
	}
	o.asOf(it, did)
	switch {
	case refused:
		it.State = state
	case b.Finding == lodging.Late:
		it.State = DoneAfter
	case b.Finding == lodging.NotShownTimely:
		it.State = NotShownTimely
	case did.empty && (s.Nil || o.owner != nil):
		it.State = NilReturn
	default:
		it.State = Done
	}
	if it.Clock.From > 0 && b.When < it.Clock.From {
		it.note("early", condition.Arg{Name: "most", Value: it.Clock.Most})
	}
	if told && !refused {
		o.presence(it, c, did)
	}
	o.dispute(s, it, did)
}

// asOf notes where the data of a yearly return are not of the day that the text asks for.
func (o *occasion) asOf(it *Item, did *statement) {
	if o.m.cycle == nil || o.m.cycle.yearly == nil || o.owner == nil || did.empty {
		return
	}
	y := o.m.cycle.yearly
	told, given := did.values.Date(y.AsOfIn)
	asked, agreed := o.m.cycle.dayIn(y.AsOf, int(o.turn.from)+y.AsOfAhead)
	if !given || !agreed || told.Format(time.DateOnly) == asked.Format(time.DateOnly) {
		return
	}
	it.note("as-of", condition.Arg{Name: "told", Value: phrase.Day{Time: told}}, condition.Arg{Name: "asked", Value: phrase.Day{Time: asked}})
}

// judged is the word whose lodging counts: of a moved date the one that moved it,
// else the first.
func (o *occasion) judged(c *clock, did *statement) *entry {
	if c == nil || c.Anchor == "" || c.Kind != pack.ClockBefore && c.Kind != pack.ClockAtStart {
		return did.entry
	}
	if e := did.changed[c.Anchor]; e != nil {
		return e
	}
	return did.entry
}

// finding compares a filing with a date. Late is only what its author says; of a
// note, and of what was entered for a party, the date of the note stands.
func finding(f *Filing, due int64, m Moment) (lodging.Finding, int64) {
	if f.Source == FromNote || f.For != "" {
		switch at := f.When(); {
		case at == 0:
			return lodging.NotShownTimely, 0
		case at <= due:
			return lodging.Timely, 0
		default:
			return lodging.Late, at - due
		}
	}
	found := lodging.Judge(f.Bounds, due, m.Now)
	if found == lodging.Late {
		return found, f.Bounds.NotBefore - due
	}
	return found, 0
}

// presence judges from the form whether something was held, or ended, in time. Of
// a day its last second counts.
func (o *occasion) presence(it *Item, c *clock, did *statement) {
	for _, v := range o.forms(did) {
		a, ok := condition.AnchorOf(v, c.Until, o.m.text.loc)
		if !ok {
			continue
		}
		it.Clock.Until, it.Clock.Told, it.Clock.ToldDay = c.Until, a.Time.Unix(), a.Day
		if it.Clock.Due == 0 {
			return
		}
		it.State, it.After = Done, 0
		end := a.Time
		if a.Day {
			end = condition.LastSecond(end)
		}
		if late := end.Unix() - it.Clock.Due; late > 0 {
			it.State, it.After = DoneAfter, late
		}
		return
	}
}

// refusal reads the answer of a reply: whether it says no, and in which way.
func (o *occasion) refusal(s *step, w who, it *Item, did *statement) (bool, State) {
	if s.Answer == "" || len(s.Refusals) == 0 {
		return false, ""
	}
	code, _ := did.values.String(s.Answer)
	i := slices.IndexFunc(s.Refusals, func(r pack.Refusal) bool { return r.Code == code })
	if i < 0 {
		if code == "" && did.hidden {
			return true, NotJudged
		}
		return false, ""
	}
	r := &s.Refusals[i]
	it.note("refusal", condition.Arg{Name: "title", Value: byLang(r.Title)})
	for _, f := range r.Needs {
		if _, given := did.values.Get(f); !given {
			it.note("refusal-needs", condition.Arg{Name: "field", Value: f})
			return true, Declined
		}
	}
	switch {
	case r.Disputes:
		return true, Contested
	case r.Excuse:
		return true, Excused
	case !r.Lawful:
		return true, Declined
	}
	return true, o.lawful(s, r, it, did)
}

// lawful counts the refusals of the same kind in the calendar year up to this one.
func (o *occasion) lawful(s *step, r *pack.Refusal, it *Item, did *statement) State {
	t := o.m.text
	year := t.in(did.f.When()).Year()
	n, days := 0, 0
	for _, e := range o.book.returns[returnKey{s.code, did.f.By()}] {
		if t.in(e.f.When()).Year() != year || before(e, did.entry) > 0 {
			continue
		}
		x := e.read(o.moment)
		if !x.stands() {
			continue
		}
		if code, _ := x.values.String(s.Answer); code != r.Code {
			continue
		}
		n++
		if d, ok := x.values.Int(r.DaysIn); ok {
			days += d
		}
	}
	if r.AtMost > 0 {
		it.note("refusal-count", condition.Arg{Name: "n", Value: int64(n)}, condition.Arg{Name: "most", Value: int64(r.AtMost)})
	}
	if r.Days > 0 {
		it.note("refusal-days", condition.Arg{Name: "n", Value: int64(days)}, condition.Arg{Name: "most", Value: int64(r.Days)})
	}
	if r.AtMost > 0 && n > r.AtMost || r.Days > 0 && days > r.Days {
		return Declined
	}
	return LawfullyDeclined
}

// dispute shows who contests what an item rests on. Where the next step opens on
// an answer that does not suffice, that is what the asker's word means.
func (o *occasion) dispute(s *step, it *Item, did *statement) {
	if s.disputable && o.opener != nil && did.entry != o.opener.entry {
		for _, x := range did.contested {
			if x.f.By() != did.f.By() {
				it.By = append(it.By, x.f.basis("insufficient"))
				it.note("insufficient", condition.Arg{Name: "party", Value: string(x.f.By())})
			}
		}
		return
	}
	if by := did.disputed(); len(by) > 0 {
		it.State = Contested
		for _, x := range did.contested {
			it.By = append(it.By, x.f.basis("contested"))
		}
		it.note("contested", condition.Arg{Name: "parties", Value: list(by)})
		return
	}
	if it.Clock.Claim && o.disputes(it) {
		it.State = Contested
	}
}

// disputes reports whether the claim by which an exception applies is contested.
func (o *occasion) disputes(it *Item) bool {
	if o.opener == nil || len(o.opener.contested) == 0 {
		return false
	}
	for _, x := range o.opener.contested {
		it.By = append(it.By, x.f.basis("contested"))
	}
	it.note("claim-contested", condition.Arg{Name: "parties", Value: list(o.opener.disputed())})
	return true
}

// isNil reports whether a return says that there is nothing to report: its field
// nil_return is true, or all that it answers is nil.
func isNil(v *regime.Values) bool {
	if yes, ok := v.Bool("nil_return"); ok {
		return yes
	}
	ids := v.IDs()
	for _, id := range ids {
		if a, _ := v.Answer(id); a != regime.Nil {
			return false
		}
	}
	return len(ids) > 0
}

func list(ids []party.ID) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = string(id)
	}
	return out
}

func byLang(t pack.Text) map[string]string {
	out := make(map[string]string, len(t))
	for lang, s := range t {
		out[string(lang)] = s
	}
	return out
}
