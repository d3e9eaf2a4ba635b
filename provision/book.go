package provision

import (
	"fmt"
	"slices"

	"detente/act"
	"detente/condition"
	"detente/party"
	"detente/regime"
)

// Book holds what was filed under the texts in force, so that one further filing
// touches only its own occasion and accounts. It is not safe for concurrent use.
type Book struct {
	texts   []*text
	parties map[party.ID]Party
	since   int64
	order   []party.ID
	places  map[party.ID]int // in the order, from 1; 0: whoever is not of the group

	steps    map[string][]*step    // by code
	opens    map[string][]*measure // by the code that starts an occasion
	counted  map[string][]*count   // by the code that counts
	leasts   []*count              // that ask for a least number
	judges   map[string][]*count   // by the code whose filings judge it: its figures, its gates
	ceilings map[string][]*ceiling
	needed   map[string]*needed

	entries map[ID]*entry
	openers []opener                 // filings that open an occasion
	keeping []int                    // places of openers of which items are kept, the oldest first
	cycles  map[cycleKey][]*entry    // returns of what is yearly or comes back
	returns map[returnKey][]*entry   // by code and party, in order
	unread  map[ID]*unread           // faulty or unknown
	ledgers map[accountKey]*ledger   // counts
	judged  map[judgedKey][]*ledger  // by whose filings they are judged
	looked  map[ceilingKey]*strength // ceilings
	changed map[*entry]bool          // to be counted anew

	found    []*found  // at the moment seen, but for what is pending
	list     []Finding // the same for a reader; nil: to be made anew
	seen     int64     // newest moment that was asked for
	pending  []watched
	expiring expiries
}

// returnKey is one party's statements under one code.
type returnKey struct {
	code string
	by   party.ID
}

// needed are the fields that anything looks at: the rest of a form is not kept.
type needed struct {
	fields map[string]bool
	whole  bool
}

// entry is one filing in its place: what it answers, and what answers it.
type entry struct {
	f      Filing
	have   bool // false: only known from what answers it
	parent *entry
	kids   []*entry
	opener int // place among the openers, from 1; 0: none
	cycle  []cycleKey
	drawn  []*ledger // in which it stands
	empty  bool      // a nil return
}

// New opens an empty book. An error names the pack and place that cannot be used.
func New(texts []Text, group Group) (*Book, error) {
	b := &Book{
		parties: map[party.ID]Party{}, places: map[party.ID]int{}, since: group.Since, steps: map[string][]*step{}, opens: map[string][]*measure{},
		counted: map[string][]*count{}, judges: map[string][]*count{}, ceilings: map[string][]*ceiling{},
		needed: map[string]*needed{}, entries: map[ID]*entry{}, cycles: map[cycleKey][]*entry{}, returns: map[returnKey][]*entry{},
		unread: map[ID]*unread{}, ledgers: map[accountKey]*ledger{}, judged: map[judgedKey][]*ledger{}, looked: map[ceilingKey]*strength{},
		changed: map[*entry]bool{}, seen: -1 << 62,
	}
	for _, p := range group.Parties {
		b.parties[p.ID] = p
		b.order = append(b.order, p.ID)
		b.places[p.ID] = len(b.order)
	}
	for i := range texts {
		t, err := newText(texts[i])
		if err != nil {
			return nil, fmt.Errorf("text %s: %w", texts[i].Pack.Head.ID, err)
		}
		t.n = i
		b.findEdges(t)
		b.texts = append(b.texts, t)
		for _, m := range t.measures {
			b.index(m)
		}
	}
	return b, nil
}

// index enters a measure where filings will look for it.
func (b *Book) index(m *measure) {
	for _, s := range m.steps {
		b.steps[s.code] = append(b.steps[s.code], s)
		if m.Occasion.Standing && len(s.After) == 0 {
			b.opens[s.code] = append(b.opens[s.code], m)
		}
	}
	if m.Occasion.Starts != "" {
		b.opens[m.Occasion.Starts] = append(b.opens[m.Occasion.Starts], m)
	}
	for _, c := range m.counts {
		for _, code := range c.codes() {
			b.counted[code] = append(b.counted[code], c)
		}
		if c.least != nil {
			b.leasts = append(b.leasts, c)
		}
		for _, code := range c.judges() {
			b.judges[code] = append(b.judges[code], c)
		}
	}
	for _, c := range m.ceilings {
		b.ceilings[c.Of] = append(b.ceilings[c.Of], c)
	}
	b.needs(m)
}

// Add enters a filing, or replaces what was known of it: further receipts, closer
// bounds, a form that became readable. Filings may come in any order. What no
// text looks at is passed over.
func (b *Book) Add(f Filing) {
	e := b.entries[f.ID]
	relevant := b.relevant(&f)
	if f.ID.IsZero() || !relevant && (e == nil || !e.have) {
		return
	}
	if e = b.entry(f.ID); !relevant { // any longer
		f = Filing{ID: f.ID}
	}
	before := e.parent
	if e.parent != nil && e.f.Answers != f.Answers {
		e.parent.kids = slices.DeleteFunc(e.parent.kids, func(k *entry) bool { return k == e })
		e.parent = nil
	}
	b.rejudge(e)
	b.leave(e)
	e.empty = isNil(f.Values)
	f.Values = b.keep(f.Code, f.Values)
	e.f, e.have = f, relevant
	if !f.Answers.IsZero() && f.Answers != f.ID && e.parent == nil {
		e.parent = b.entry(f.Answers)
		e.parent.kids = append(e.parent.kids, e)
	}
	b.enter(e)
	b.touch(e)
	for _, kid := range e.kids { // what answers it may be an occasion of its own no more
		if kid.opener > 0 {
			b.openers[kid.opener-1].known = false
		}
	}
	if before != e.parent {
		b.touch(before)
	}
}

// touch has everything looked at again to which a filing belongs.
func (b *Book) touch(e *entry) {
	for n := 0; e != nil && n < maxDepth; e, n = e.parent, n+1 {
		if len(b.counted[e.f.Code]) > 0 || len(e.drawn) > 0 {
			b.changed[e] = true
		}
		b.rejudge(e)
		if e.opener > 0 {
			b.openers[e.opener-1].known = false
		}
	}
}

// maxDepth bounds how far answers to answers are followed.
const maxDepth = 64

// relevant reports whether a text could look at a filing.
func (b *Book) relevant(f *Filing) bool {
	switch f.Kind {
	case act.Statement, act.Entered:
		return b.needed[f.Code] != nil || f.Faulty || f.Life != "" && f.Life != act.New
	case act.Confirmed, act.Contested:
		return !f.Answers.IsZero()
	}
	return false
}

func (b *Book) entry(id ID) *entry {
	e := b.entries[id]
	if e == nil {
		e = &entry{f: Filing{ID: id}}
		b.entries[id] = e
	}
	return e
}

// enter puts an entry where it is looked for.
func (b *Book) enter(e *entry) {
	if u := b.unread[e.f.ID]; u != nil || e.f.Faulty || e.f.Formless {
		if u == nil {
			u = &unread{e: e}
			b.unread[e.f.ID] = u
		}
		b.queue(u)
	}
	if !e.isNew() {
		return
	}
	if len(b.opens[e.f.Code]) > 0 && e.opener == 0 {
		b.openers = append(b.openers, opener{e: e})
		e.opener = len(b.openers)
	}
	key := returnKey{e.f.Code, e.f.By()}
	b.returns[key] = insert(b.returns[key], e)
	for _, s := range b.steps[e.f.Code] {
		if s.m.cycle != nil {
			k := cycleKey{s.m, e.f.By(), s.m.cycle.of(&e.f)}
			b.cycles[k] = insert(b.cycles[k], e)
			e.cycle = append(e.cycle, k)
		}
	}
	b.strengthen(e)
}

// leave takes an entry out of where it was put.
func (b *Book) leave(e *entry) {
	if !e.have {
		return
	}
	key := returnKey{e.f.Code, e.f.By()}
	b.returns[key] = remove(b.returns[key], e)
	for _, k := range e.cycle {
		b.cycles[k] = remove(b.cycles[k], e)
	}
	e.cycle = nil
}

// isNew reports whether an entry is a statement of its own, not a further word on one.
func (e *entry) isNew() bool {
	return e.have && (e.f.Kind == act.Statement || e.f.Kind == act.Entered) && (e.f.Life == "" || e.f.Life == act.New)
}

// unread is a filing that cannot be read, or could not be once, or has no fields.
type unread struct {
	watch
	e *entry
}

func (u *unread) look(b *Book, m Moment, h *horizon) []*found {
	f := &u.e.f
	h.see(f.When())
	if !f.Faulty && !f.Formless || !m.sees(f) {
		return nil
	}
	note := "not-read"
	if f.Formless {
		note = "no-fields"
	}
	return []*found{{text: -1, Finding: Finding{Key: "not-read/" + f.ID.String(), Measure: f.Code, Kind: NotRead, Parties: []party.ID{f.By()}, Filings: []ID{f.ID},
		Note: Note{note, []condition.Arg{{Name: "party", Value: string(f.By())}}}}}}
}

// before orders entries by time, then by place.
func before(a, b *entry) int {
	if x, y := a.f.When(), b.f.When(); x != y {
		if x < y {
			return -1
		}
		return 1
	}
	return a.f.ID.Compare(b.f.ID)
}

func insert(list []*entry, e *entry) []*entry {
	i, found := slices.BinarySearchFunc(list, e, before)
	if found {
		return list
	}
	return slices.Insert(list, i, e)
}

func remove(list []*entry, e *entry) []*entry {
	if i, found := slices.BinarySearchFunc(list, e, before); found && list[i] == e {
		return slices.Delete(list, i, i+1)
	}
	return list
}

// openers are the codes whose filings open an occasion of a measure: that which
// starts it, else those of the steps that nothing comes before.
func (m *measure) openers() []string {
	if m.Occasion.Starts != "" {
		return []string{m.Occasion.Starts}
	}
	var codes []string
	for _, s := range m.steps {
		if len(s.After) == 0 {
			codes = append(codes, s.code)
		}
	}
	return codes
}

// needs gathers the fields that a measure looks at, by the code of the filing
// that carries them.
func (b *Book) needs(m *measure) {
	openers := m.openers()
	for _, s := range m.steps {
		own := append([]string{s.code}, openers...)
		for _, code := range own {
			b.need(code, false, s.Answer)
			for _, r := range s.Refusals {
				b.need(code, false, append(slices.Clone(r.Needs), r.DaysIn)...)
			}
			for _, r := range []string{s.By.Field, s.To.Field} {
				b.need(code, false, r)
			}
			clocks := []*clock{s.clock}
			for _, x := range s.instead {
				clocks = append(clocks, x.clock)
				fields, all := x.when.Fields()
				b.need(code, all, fields...)
			}
			for _, c := range clocks {
				if c != nil {
					b.need(code, false, c.Anchor, c.Until)
					b.need(m.Code(c.Of), false, c.Anchor)
				}
			}
			for _, w := range []interface {
				Fields() ([]string, bool)
			}{s.when, s.discharged} {
				fields, all := w.Fields()
				b.need(code, all, fields...)
			}
		}
		if m.cycle != nil && m.cycle.yearly != nil {
			b.need(s.code, false, m.cycle.yearly.Cycle, m.cycle.yearly.AsOfIn)
		}
	}
	for _, c := range m.counts {
		c.needs(b)
	}
	for _, c := range m.ceilings {
		c.needs(b)
	}
}

func (b *Book) need(code string, whole bool, fields ...string) {
	n := b.needed[code]
	if n == nil {
		n = &needed{fields: map[string]bool{}}
		b.needed[code] = n
	}
	n.whole = n.whole || whole
	for _, f := range fields {
		if f != "" {
			n.fields[f] = true
		}
	}
}

// keep drops the fields that nothing looks at.
func (b *Book) keep(code string, v *regime.Values) *regime.Values {
	n := b.needed[code]
	if v == nil || n == nil || n.whole {
		return v
	}
	return v.Only(func(field string) bool { return n.fields[field] })
}
