package main

import (
	"cmp"
	"container/heap"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"detente/act"
	"detente/condition"
	"detente/lodging"
	"detente/pack"
	"detente/packs"
	"detente/party"
	"detente/provision"
	"detente/regime"
)

// load makes up twenty years of a group under all texts that ship: returns each
// year, notices, visits, requests with their replies, corrections, words of others.
// It is the same in every run, and goes on past the twenty years at the same pace.
type load struct {
	rnd     *rand.Rand
	fill    *filler
	texts   []provision.Text
	group   provision.Group
	opens   []opening // what a party files of its own accord
	follows map[string][]opening
	due     dueQueue
	now     time.Time
	forms   int // acts that a text looks at, so far
	next    int64
	behind  []provision.Filing // acts that follow the last form and that no text looks at
	faulty  int
	given   int
}

const (
	loadParties = 57
	loadYears   = 20
	loadActs    = 500_000
	loadForms   = loadActs / 10 // of which a text looks at
	loadSeed    = 57
)

// loadStart is the first day of the history.
var loadStart = time.Date(2013, 1, 1, 0, 0, 0, 0, time.UTC)

// opening is a step that can be filed.
type opening struct {
	pack *pack.Pack
	m    *pack.Measure
	step *pack.Step
	by   []party.ID // to whom the text applies
}

func (o *opening) code() string { return o.m.Code(o.step.ID) }

// told is a filing with what those that follow it need to know.
type told struct {
	opening
	f     *provision.Filing
	asked []party.ID
	first *told // that opened the occasion
}

// due is something that will be filed.
type due struct {
	at   time.Time
	file func() *provision.Filing
}

type dueQueue []due

func (q dueQueue) Len() int           { return len(q) }
func (q dueQueue) Less(i, j int) bool { return q[i].at.Before(q[j].at) }
func (q dueQueue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *dueQueue) Push(x any)        { *q = append(*q, x.(due)) }
func (q *dueQueue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

func newLoad() (*load, error) {
	rnd := rand.New(rand.NewPCG(loadSeed, loadYears))
	l := &load{rnd: rnd, fill: &filler{rnd: rnd}, follows: map[string][]opening{}, now: loadStart}
	library, err := pack.NewLibrary(packs.FS)
	if err != nil {
		return nil, err
	}
	var all []*pack.Pack
	for _, id := range library.IDs() {
		p, err := library.Find(id, [32]byte{})
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	l.people(all)
	for _, p := range all {
		l.texts = append(l.texts, provision.Text{Pack: p, Slots: l.agreed(p)})
		l.plan(p)
	}
	l.calendar(all)
	return l, nil
}

// people are 57 parties with the codes that the texts name most often.
func (l *load) people(all []*pack.Pack) {
	var codes []string
	times := map[string]int{}
	for _, p := range all {
		of := map[string]bool{}
		for _, s := range p.Head.Sets {
			for _, c := range s.Codes {
				if !of[c] {
					of[c] = true
					times[c]++
				}
				if times[c] == 1 && !slices.Contains(codes, c) {
					codes = append(codes, c)
				}
			}
		}
	}
	slices.SortStableFunc(codes, func(a, b string) int { return cmp.Compare(times[b], times[a]) })
	for i := range loadParties {
		p := provision.Party{ID: party.ID(fmt.Sprintf("party-%02d", i+1)), Standing: provision.Member, Record: i%8 != 7, In: provision.Span{From: loadStart.Unix()}}
		if i < len(codes) {
			p.Code = codes[i]
		}
		l.group.Parties = append(l.group.Parties, p)
	}
}

// agreed fills in what a text leaves open, as it proposes or simply.
func (l *load) agreed(p *pack.Pack) []provision.Slot {
	var out []provision.Slot
	for _, s := range p.Head.Slots {
		v := s.Proposed
		if v == "" {
			v = map[string]string{pack.SlotDuration: "P30D", pack.SlotFigure: "9000", pack.SlotDate: "03-01", pack.SlotParties: "party-01", pack.SlotSwitch: "on"}[s.Type]
		}
		if v != "" && s.Default == "" {
			out = append(out, provision.Slot{ID: p.Head.ID + "." + s.ID, Value: v, In: provision.Span{From: loadStart.Unix()}})
		}
	}
	return out
}

// bound lists the parties to whom a text applies in some edition.
func (l *load) bound(p *pack.Pack) []party.ID {
	var out []party.ID
	for _, q := range l.group.Parties {
		for _, e := range p.Head.Editions {
			if slices.ContainsFunc(e.InForce, func(in pack.Period) bool {
				s, ok := p.Head.Set(in.Set)
				return !ok || s.All || slices.Contains(s.Codes, q.Code)
			}) {
				out = append(out, q.ID)
				break
			}
		}
	}
	return out
}

// plan sorts the steps of a text into what opens and what follows.
func (l *load) plan(p *pack.Pack) {
	by := l.bound(p)
	if len(by) < 2 {
		return
	}
	for i := range p.Measures {
		m := &p.Measures[i]
		for j := range m.Steps {
			s := &m.Steps[j]
			o := opening{p, m, s, by}
			if s.By.Set != "" {
				if set, ok := p.Head.Set(s.By.Set); ok && len(set.Codes) > 0 {
					o.by = slices.DeleteFunc(slices.Clone(by), func(id party.ID) bool { return !slices.Contains(set.Codes, l.party(id).Code) })
				}
			}
			if len(o.by) == 0 {
				continue
			}
			starts := m.Occasion.Starts
			switch {
			case len(s.After) > 0:
				for _, a := range s.After {
					l.follows[m.Code(a.Step)] = append(l.follows[m.Code(a.Step)], o)
				}
			case m.Occasion.Yearly != nil || m.Occasion.Every != nil:
			case starts == "" || starts == o.code():
				l.opens = append(l.opens, slices.Repeat([]opening{o}, weight(p, o.code()))...)
			default:
				l.follows[starts] = append(l.follows[starts], o)
			}
		}
	}
}

// weight of a step: what texts count is filed more often than the rest.
func weight(p *pack.Pack, code string) int {
	for i := range p.Measures {
		for _, c := range p.Measures[i].Counts {
			if c.Of == code || slices.Contains(c.Also, code) {
				return 5
			}
		}
	}
	return 1
}

func (l *load) party(id party.ID) *provision.Party {
	i := slices.IndexFunc(l.group.Parties, func(p provision.Party) bool { return p.ID == id })
	return &l.group.Parties[i]
}

// calendar puts in what comes back: most parties send most of it, most of them in time.
func (l *load) calendar(all []*pack.Pack) {
	n := 0
	for _, p := range all {
		for i := range p.Measures {
			if p.Measures[i].Occasion.Yearly != nil {
				n++
			}
		}
	}
	// Whatever ships, returns are at most half of all.
	share := min(0.97, float64(loadForms)/loadYears/2/float64(max(1, n*loadParties)))
	for _, p := range all {
		by := l.bound(p)
		for i := range p.Measures {
			m := &p.Measures[i]
			if len(m.Steps) == 0 || len(by) < 2 {
				continue
			}
			o := opening{p, m, &m.Steps[0], by}
			for year := range loadYears + 2 {
				for _, id := range by {
					switch {
					case m.Occasion.Yearly != nil && l.rnd.Float64() < share:
						l.yearly(o, id, loadStart.Year()+year)
					case m.Occasion.Every != nil && l.rnd.Float64() < share:
						l.once(o, id, loadStart.AddDate(year, 0, l.rnd.IntN(365)))
					}
				}
			}
		}
	}
}

// yearly schedules a return for the day of a year; one in thirty comes late.
func (l *load) yearly(o opening, id party.ID, year int) {
	day := condition.MonthDay{Month: time.March, Day: 1}
	if d, err := condition.ParseMonthDay(o.m.Occasion.Yearly.Due); err == nil {
		day = d
	}
	before := time.Duration(l.rnd.IntN(40)) * 24 * time.Hour
	if l.rnd.IntN(30) == 0 {
		before = -before / 4
	}
	l.schedule(day.In(year, time.UTC).Add(-before).Add(l.minutes(600)), func() *provision.Filing {
		l.fill.year = year + o.m.Occasion.Yearly.Ahead
		return l.file(o, id, nil, nil)
	})
}

func (l *load) once(o opening, id party.ID, at time.Time) {
	l.schedule(at, func() *provision.Filing { return l.file(o, id, nil, nil) })
}

func (l *load) minutes(most int) time.Duration {
	return time.Duration(1+l.rnd.IntN(most)) * time.Minute
}

func (l *load) schedule(at time.Time, file func() *provision.Filing) {
	if at.After(l.now) {
		heap.Push(&l.due, due{at, file})
	}
}

// act is the next act in the order of time, as a node hands it over.
func (l *load) act() (provision.Filing, error) {
	if len(l.behind) > 0 {
		f := l.behind[0]
		l.behind = l.behind[1:]
		return f, nil
	}
	f, err := l.form()
	if err != nil {
		return f, err
	}
	for range loadActs/loadForms - 1 {
		l.behind = append(l.behind, l.aside(&f))
	}
	return f, nil
}

// aside is an act that no text looks at: a receipt, or a letter without a form.
func (l *load) aside(of *provision.Filing) provision.Filing {
	by := l.group.Parties[l.rnd.IntN(loadParties)].ID
	f := l.blank(by, l.now.Add(l.minutes(300)))
	f.Kind = act.Statement
	if l.rnd.IntN(3) > 0 {
		f.Kind, f.Answers = act.Delivered, of.ID
	}
	f.To = []party.ID{clone(of.Author)}
	return f
}

// form is the next act that a text looks at. What a party files of its own accord
// fills the pace of the whole.
func (l *load) form() (provision.Filing, error) {
	for {
		pace := loadYears * 365 * 24 * time.Hour / loadForms
		at := loadStart.Add(time.Duration(l.forms) * pace)
		if at.Before(l.now) {
			at = l.now
		}
		var f *provision.Filing
		if len(l.due) > 0 && l.due[0].at.Before(at.Add(pace)) {
			d := heap.Pop(&l.due).(due)
			l.now = d.at
			f = d.file()
		} else {
			l.now = at.Add(pace)
			if l.now.Sub(loadStart) > time.Duration(l.forms+1)*pace {
				l.now = loadStart.Add(time.Duration(l.forms+1) * pace)
			}
			o := l.opens[l.rnd.IntN(len(l.opens))]
			f = l.file(o, o.by[l.rnd.IntN(len(o.by))], nil, nil)
		}
		if l.fill.err != nil {
			return provision.Filing{}, l.fill.err
		}
		if f != nil {
			l.forms++
			return *f, nil
		}
	}
}

// blank is an act of a party at a time, with the times that the evidence shows. Its
// texts are its own, as they come from a store.
func (l *load) blank(by party.ID, at time.Time) provision.Filing {
	t := at.Unix()
	l.next++
	stamps := make([]lodging.Stamp, 3)
	for i := range stamps {
		stamps[i].Time = t + 60 + int64(l.rnd.IntN(1800))
	}
	return provision.Filing{
		ID: provision.ID{Origin: party.Origin("detente/v1/bench/" + string(by) + "/1"), Index: l.next}, Author: clone(by), Thread: fmt.Sprintf("%s/%d", by, l.next),
		Claimed: t, Held: t + 600, Source: provision.FromRecord,
		Bounds: lodging.Bounds{NotAfter: t + 60 + int64(l.rnd.IntN(1800)), NotBefore: t - 30, Shown: stamps, Need: 3, Have: 3 + l.rnd.IntN(4), Of: 7},
	}
}

func clone[S ~string](s S) S { return S(strings.Clone(string(s))) }

// file is a filing of a step, which schedules what follows it.
func (l *load) file(o opening, by party.ID, answers, first *told) *provision.Filing {
	f := l.blank(by, l.now)
	f.Kind, f.Code, f.Pack = act.Statement, strings.Clone(o.code()), o.pack.Digest()
	t := &told{opening: o, f: &f, first: first}
	if answers != nil {
		f.Answers = answers.f.ID
	}
	t.asked = l.asked(o, by, first)
	if o.step.To.Who != pack.RoleOthers && o.step.To.Who != pack.RoleEach && o.step.To.Who != "" {
		for _, id := range t.asked {
			f.To = append(f.To, clone(id))
		}
	}
	if l.rnd.IntN(40) == 0 { // by note, entered by another
		f.Kind, f.For = act.Entered, f.Author
		f.Author = clone(l.other(o.by, by))
	}
	l.values(o, t)
	l.received(&f)
	if first == nil {
		t.first = t
	}
	l.follow(t)
	l.later(t)
	kept := f // what follows looks at the envelope alone
	kept.Values, kept.Receipts, kept.Bounds.Shown = nil, nil, nil
	t.f = &kept
	return &f
}

func (l *load) other(of []party.ID, not party.ID) party.ID {
	id := of[l.rnd.IntN(len(of))]
	if id == not {
		id = of[(slices.Index(of, id)+1)%len(of)]
	}
	return id
}

// asked are those to whom a filing goes, or about whom it is.
func (l *load) asked(o opening, by party.ID, first *told) []party.ID {
	switch who := o.step.To.Who; {
	case first != nil && (who == pack.RoleAuthor || who == pack.RoleOther || who == pack.RoleEither):
		return []party.ID{first.f.By()}
	case first != nil && who == pack.RoleAsked:
		return first.asked
	case who == pack.RoleAsked && l.rnd.IntN(3) == 0:
		return []party.ID{l.other(o.by, by), l.other(o.by, by)}
	}
	return []party.ID{l.other(o.by, by)}
}

// received is since when the addressees had it.
func (l *load) received(f *provision.Filing) {
	to := f.To
	if len(to) == 0 {
		for _, p := range l.group.Parties {
			to = append(to, p.ID)
		}
	}
	for _, id := range to {
		if id != f.Author && l.rnd.IntN(20) > 0 {
			f.Receipts = append(f.Receipts, provision.Receipt{By: clone(id), At: f.Claimed + 60 + int64(l.rnd.IntN(7200))})
		}
	}
}

// values fills the form of a step and checks it, as a node does.
func (l *load) values(o opening, t *told) {
	form := o.pack.Forms[o.step.Form]
	if o.step.Form == "" || form == nil {
		return
	}
	l.fill.about(l.now, t)
	f := t.f
	f.Values = l.fill.form(form, nil)
	if l.rnd.IntN(100) == 0 {
		f.Values, f.Unreadable = nil, true
		return
	}
	_, faults := form.Check(f.Values)
	f.Faulty = len(faults) > 0 || l.rnd.IntN(100) == 0
	l.given++
	if len(faults) > 0 {
		l.faulty++
	}
}

// follow schedules what comes after a filing on its occasion: most of what a text
// provides for, and some of what it allows.
func (l *load) follow(t *told) {
	for _, o := range l.follows[t.code()] {
		chance := 0.85
		if o.step.Strength == pack.May || o.step.Strength == "" && o.m.Strength == pack.May || o.pack.Head.Nature == pack.Voluntary {
			chance = 0.3
		}
		for _, by := range l.actors(o, t) {
			if l.rnd.Float64() > chance {
				continue
			}
			l.schedule(l.now.Add(l.delay(o.step)), func() *provision.Filing { return l.file(o, by, t, t.first) })
		}
	}
}

// actors are those who act in a step that follows.
func (l *load) actors(o opening, t *told) []party.ID {
	switch o.step.By.Who {
	case pack.RoleAuthor:
		return []party.ID{t.first.f.By()}
	case pack.RoleAsked, pack.RoleField, pack.RoleShare:
		if len(t.first.f.To) == 0 && o.step.By.Who == pack.RoleAsked { // all were asked
			from := l.rnd.IntN(len(o.by))
			return o.by[from:min(len(o.by), from+1+l.rnd.IntN(6))]
		}
		return t.first.asked
	case pack.RoleEither:
		return []party.ID{t.first.asked[0]}
	}
	return []party.ID{l.other(o.by, t.f.By())}
}

// delay is how long after a filing the next step comes: mostly within its clock.
func (l *load) delay(s *pack.Step) time.Duration {
	d := 20 * 24 * time.Hour
	if s.Clock != nil && s.Clock.Kind == pack.ClockWithin {
		if least, err := condition.ParseDuration(s.Clock.Least); err == nil {
			epoch := time.Unix(0, 0)
			d = least.Add(epoch).Sub(epoch) * 11 / 10
		}
	}
	return l.minutes(max(2, int(d.Minutes())))
}

// later schedules further words on a filing: changes of its author, words of others.
func (l *load) later(t *told) {
	word := func(days int, edit func(f *provision.Filing)) {
		l.schedule(l.now.Add(l.minutes(days*1440)), func() *provision.Filing {
			f := l.blank(t.f.Author, l.now)
			f.Kind, f.For, f.Code, f.Pack, f.Answers, f.To = act.Statement, clone(t.f.For), strings.Clone(t.f.Code), t.f.Pack, t.f.ID, t.f.To
			if f.For != "" {
				f.Kind = act.Entered
			}
			edit(&f)
			l.received(&f)
			return &f
		})
	}
	if t.f.For != "" && l.rnd.IntN(10) < 7 {
		word(20, func(f *provision.Filing) { f.Kind, f.Author, f.For = act.Confirmed, clone(t.f.For), "" })
	}
	switch n := l.rnd.IntN(100); {
	case n < 6:
		life := act.Update
		if n < 2 {
			life = act.Correction
		}
		word(30, func(f *provision.Filing) {
			f.Life = life
			if form := t.pack.Forms[t.step.Form]; form != nil {
				l.fill.about(l.now, t)
				f.Values = l.fill.form(form, &form.Fields[l.rnd.IntN(len(form.Fields))])
			}
		})
	case n < 8:
		word(30, func(f *provision.Filing) { f.Life = act.Cancellation })
	case n < 9:
		word(10, func(f *provision.Filing) { f.Life = act.Withdrawal })
	case n < 10:
		word(30, func(f *provision.Filing) { f.Kind, f.Author, f.For = act.Contested, clone(l.other(t.by, t.f.By())), "" })
	}
}

// filler fills forms with what fits their fields.
type filler struct {
	rnd    *rand.Rand
	year   int // that the next return covers; 0: the present one
	day    time.Time
	author party.ID
	asked  []party.ID
	answer string // field, with the refusals in refuse
	refuse []pack.Refusal
	shared []string // fields by which accounts are kept
	err    error
}

// about sets what the next form is about: its dates lie so that most are in time.
func (f *filler) about(now time.Time, t *told) {
	*f = filler{rnd: f.rnd, year: f.year, day: now.AddDate(0, 0, -4), author: t.f.By(), asked: t.asked, answer: t.step.Answer, refuse: t.step.Refusals, err: f.err}
	if c := t.step.Clock; c != nil && (c.Kind == pack.ClockBefore || c.Kind == pack.ClockAtStart || c.Kind == pack.ClockWith || c.Kind == pack.ClockImmediate) {
		f.day = now.AddDate(0, 0, 5+f.rnd.IntN(20))
		if least, err := condition.ParseDuration(c.Least); err == nil {
			f.day = least.Add(now).AddDate(0, 0, f.rnd.IntN(40)-2)
		}
	} else if len(t.step.After) == 0 {
		f.day = now.AddDate(0, 0, f.rnd.IntN(60))
	}
	for _, c := range t.m.Counts {
		f.shared = append(f.shared, c.Scope...)
	}
	if f.year == 0 {
		f.year = now.Year()
	}
}

// form fills a form, or only one field of it.
func (f *filler) form(form *regime.Form, only *regime.Field) *regime.Values {
	of := map[string]any{}
	for range 2 { // a field may wait for one that comes later
		for i := range form.Fields {
			field := &form.Fields[i]
			if _, done := of[field.ID]; done || only != nil && field != only || !f.asks(form, field, of) {
				continue
			}
			of[field.ID] = f.value(field, i)
		}
	}
	for _, r := range form.Rules {
		mend(r, of)
	}
	f.year = 0
	b, err := json.Marshal(of)
	if err == nil {
		var v *regime.Values
		if v, err = regime.ReadValues(b); err == nil {
			return v
		}
	}
	f.err = cmp.Or(f.err, fmt.Errorf("fill %s: %w", form.ID, err))
	return &regime.Values{}
}

// mend makes two fields agree.
func mend(r regime.Rule, of map[string]any) {
	if total, ok := of[r.Field].(map[string]any); ok && r.Kind == regime.RuleSum {
		sum := 0
		for _, n := range total {
			sum += n.(int)
		}
		of[r.Other] = sum
	}
	// Dates and moments, all of UTC, are in the order of their spelling.
	a, ok := of[r.Field].(string)
	b, known := of[r.Other].(string)
	if ok && known && (r.Kind == regime.RuleNotAfter && a > b || r.Kind == regime.RuleNotBefore && a < b) {
		of[r.Field] = b
	}
}

// asks reports whether a field is to be filled in.
func (f *filler) asks(form *regime.Form, field *regime.Field, of map[string]any) bool {
	switch field.Required {
	case regime.Always, regime.Known, regime.Never:
		return true
	}
	i := slices.IndexFunc(form.Conditions, func(c regime.Condition) bool { return c.Name == field.Required })
	if i < 0 {
		return false
	}
	c := form.Conditions[i]
	if list, ok := of[c.Field].([]any); ok {
		return slices.ContainsFunc(list, func(x any) bool { return slices.Contains(c.Any, fmt.Sprint(x)) })
	}
	value, given := of[c.Field]
	return given && slices.Contains(c.Any, fmt.Sprint(value))
}

// value is a value of a field that is the n-th of its form.
func (f *filler) value(field *regime.Field, n int) any {
	switch field.Type {
	case regime.TypeDate:
		return f.day.AddDate(0, 0, n).Format(time.DateOnly)
	case regime.TypeMoment:
		return f.day.Add(time.Duration(n)*time.Hour).Format("2006-01-02T15:04+00:00") + "[UTC]"
	case regime.TypeYear:
		return f.year
	case regime.TypeInt:
		return f.figure(field)
	case regime.TypeNumber:
		return fmt.Sprintf("%d.5", f.figure(field))
	case regime.TypeBool:
		return f.rnd.IntN(8) == 0
	case regime.TypeChoice:
		return f.code(field)
	case regime.TypeChoices:
		return []any{f.code(field)}
	case regime.TypeState:
		return f.asked[0]
	case regime.TypeStates:
		return []any{f.author, f.asked[0]}
	case regime.TypePost:
		return "duty-officer"
	case regime.TypeRef:
		return fmt.Sprintf("ALA/%d/%d", f.day.Year(), f.rnd.IntN(500))
	}
	return f.wide(field, n)
}

// wide is a value that has parts, or a text.
func (f *filler) wide(field *regime.Field, n int) any {
	point := func(i int) map[string]any {
		return map[string]any{"lat": fmt.Sprintf("%d.%02d", 42+f.rnd.IntN(8), 11+f.rnd.IntN(80)), "lon": fmt.Sprintf("%d.%02d", 60+i, 11+f.rnd.IntN(80))}
	}
	switch field.Type {
	case regime.TypeMap:
		if field.Keys != "state" {
			return map[string]any{f.code(field): f.figure(field)}
		}
		return map[string]any{string(f.author): f.figure(field), string(f.asked[0]): f.figure(field) / 3}
	case regime.TypeList:
		return []any{f.words(3), f.words(4)}
	case regime.TypePlace:
		return point(0)
	case regime.TypePlaces:
		p := point(0)
		p["name"] = f.words(1)
		return []any{p}
	case regime.TypeLine:
		return map[string]any{"name": f.words(2), "points": []any{point(0), point(1), point(2)}}
	case regime.TypeArea:
		a, b, c := map[string]any{"lat": "45.1", "lon": "60.1"}, map[string]any{"lat": "46.2", "lon": "60.2"}, map[string]any{"lat": "46.3", "lon": "61.3"}
		return map[string]any{"name": f.words(2), "points": []any{a, b, c, a}}
	case regime.TypeRows:
		var rows []any
		for range 1 + f.rnd.IntN(4) {
			row := map[string]any{}
			for i := range field.Columns {
				row[field.Columns[i].ID] = f.value(&field.Columns[i], i)
			}
			rows = append(rows, row)
		}
		return rows
	case regime.TypeText:
		return f.words(20)
	}
	if slices.Contains(f.shared, field.ID) {
		return fmt.Sprintf("%s unit %d", f.author, f.rnd.IntN(40))
	}
	return fmt.Sprintf("%s %d", f.words(1), f.rnd.IntN(12))
}

// figure is a number around the levels of the texts: many small, few large.
func (f *filler) figure(field *regime.Field) int {
	n := 20 + f.rnd.IntN(200)
	if field.Unit == "persons" {
		n = 500 + f.rnd.IntN(9000)
	}
	if f.rnd.IntN(8) == 0 {
		n *= 2 + f.rnd.IntN(4)
	}
	if field.Max > 0 {
		n %= field.Max + 1
	}
	return max(n, field.Min)
}

// code is one of the answers of a field; of an answer to a request mostly yes.
func (f *filler) code(field *regime.Field) string {
	var codes []string
	for _, c := range field.Choices {
		no := field.ID == f.answer && slices.ContainsFunc(f.refuse, func(r pack.Refusal) bool { return r.Code == c.Code })
		if !no || f.rnd.IntN(4) == 0 {
			codes = append(codes, c.Code)
		}
	}
	if len(codes) == 0 {
		return field.Choices[0].Code
	}
	return codes[f.rnd.IntN(len(codes))]
}

// words are some of a small stock.
func (f *filler) words(n int) string {
	stock := []string{"North", "Spring", "River", "Bridge", "Range", "Shield", "Harbour", "Winter", "Steppe", "Lake"}
	out := make([]string, n)
	for i := range out {
		out[i] = stock[f.rnd.IntN(len(stock))]
	}
	return strings.Join(out, " ")
}
