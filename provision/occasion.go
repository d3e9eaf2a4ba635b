package provision

import (
	"slices"
	"strconv"
	"time"

	"detente/condition"
	"detente/pack"
	"detente/party"
	"detente/regime"
)

// occasion is one measure on one occasion: opened by a filing, or by the calendar
// for one obligor.
type occasion struct {
	book   *Book
	m      *measure
	moment Moment
	key    string
	at     int64 // the day by whose rules it is judged
	by     party.ID
	owner  *who       // of what the calendar opens: the one whose occasion it is
	opener *statement // nil: nothing was filed
	turn   turn       // of what the calendar opens
	filed  map[string][]*entry
	memo   map[memoKey]*Item // of those whom the group does not know
	steps  []roled           // by the place of the step
	drawn  []string
	until  int64 // when a condition that was asked for changes by the passing of time; 0: never
}

// roled is who acts in a step, and to whom, once it was asked for.
type roled struct {
	by    []who
	to    []party.ID
	hasBy bool
	hasTo bool
	items []*Item // by the place of the obligor
	done  []bool
}

type memoKey struct {
	step *step
	who  party.ID
}

// opened is the occasion that a filing opens under a measure; nil if the moment
// does not see it, or the filing was taken back.
func (b *Book) opened(m *measure, e *entry, at Moment) *occasion {
	s := e.read(at)
	if s == nil || !e.isNew() || s.void != nil || e.f.Faulty || e.f.When() > at.Now {
		return nil
	}
	if b.joins(m, e) {
		return nil
	}
	return &occasion{book: b, m: m, moment: at, key: e.f.ID.String(), at: e.f.When(), by: e.f.By(), opener: s}
}

// joins reports whether a filing belongs to the occasion of another under the
// same code that it answers: the own share in an activity of others.
func (b *Book) joins(m *measure, e *entry) bool {
	return e.parent != nil && e.parent.have && e.parent.f.Code == e.f.Code && m.Occasion.Starts == e.f.Code
}

// values of the filing that opened the occasion; never nil.
func (o *occasion) values() *regime.Values {
	if o.opener == nil || o.opener.values == nil {
		return &regime.Values{}
	}
	return o.opener.values
}

// gather lists what was filed on the occasion, by code, in order.
func (o *occasion) gather() {
	o.filed, o.memo, o.steps = map[string][]*entry{}, map[memoKey]*Item{}, make([]roled, len(o.m.steps))
	if o.opener == nil {
		return
	}
	o.filed[o.opener.f.Code] = []*entry{o.opener.entry}
	var walk func(e *entry, depth int)
	walk = func(e *entry, depth int) {
		for _, k := range e.kids {
			if depth >= maxDepth || !k.have {
				continue
			}
			if k.isNew() && o.moment.sees(&k.f) && k.f.When() <= o.moment.Now {
				o.filed[k.f.Code] = insert(o.filed[k.f.Code], k)
			}
			walk(k, depth+1)
		}
	}
	walk(o.opener.entry, 0)
}

// firstOf is the first filing of a step on this occasion.
func (o *occasion) firstOf(id string) *entry {
	if s := o.m.find(id); s != nil {
		for _, e := range o.filed[s.code] {
			if st := e.read(o.moment); st != nil && st.void == nil && !e.f.Faulty {
				return e
			}
		}
	}
	return nil
}

// items derives all items of the occasion for those obligors that want tells.
func (o *occasion) items(want func(*step, who) bool) []*Item {
	o.gather()
	var out []*Item
	for _, s := range o.m.steps {
		for _, w := range o.obligors(s) {
			if want != nil && !want(s, w) {
				continue
			}
			if it := o.item(s, w); it != nil {
				out = append(out, it)
			}
		}
	}
	return out
}

// obligors are those who act in a step. Who may, and has, is one too.
func (o *occasion) obligors(s *step) []who {
	r := &o.steps[s.n]
	if !r.hasBy {
		r.by, r.hasBy = o.findObligors(s), true
	}
	return r.by
}

// to are the addressees of a step. The list is shared: it is not to be altered.
func (o *occasion) to(s *step) []party.ID {
	r := &o.steps[s.n]
	if !r.hasTo {
		r.to, r.hasTo = o.addressees(s.To), true
	}
	return r.to
}

func (o *occasion) findObligors(s *step) []who {
	if s.By.Who == pack.RoleAnybody {
		var list []party.ID
		for _, e := range o.filed[s.code] {
			if !slices.Contains(list, e.f.By()) {
				list = append(list, e.f.By())
			}
		}
		return each(list)
	}
	if o.owner != nil && (s.By.Who == pack.RoleEach || s.By.Who == pack.RoleSet) && s.By.Step == "" {
		return []who{*o.owner}
	}
	return o.roles(s.By)
}

// env is what conditions of the occasion are asked about, for one obligor.
func (o *occasion) env(w who, v *regime.Values, form *regime.Form) *condition.Env {
	hidden := o.opener != nil && o.opener.hidden
	return &condition.Env{
		Form: form, Values: v, Party: w.first(), Now: o.moment.Now, Loc: o.m.text.loc,
		Hidden: func(field string) bool {
			_, given := v.Get(field)
			return hidden && !given
		},
		Slot:  func(id string) (string, bool) { return o.slot(id, w) },
		Slots: func() []string { return o.m.text.slotIDs },
	}
}

// slot is what an obligor agreed on with the other side of the occasion: with the one
// that opened it, or, of its own filing, with those whom that went to. Where these
// agreed on different values, what holds for all is what counts.
func (o *occasion) slot(id string, w who) (string, bool) {
	if o.by != w.first() {
		return o.m.text.slotOf(id, o.at, w.first(), o.by)
	}
	to := o.book.order
	if o.opener != nil && len(o.opener.f.To) > 0 {
		to = o.opener.f.To
	}
	value, ok := o.m.text.slotOf(id, o.at, "", "")
	first := true
	for _, other := range to {
		if other == w.first() {
			continue
		}
		v, agreed := o.m.text.slotOf(id, o.at, w.first(), other)
		if first {
			value, ok, first = v, agreed, false
		} else if v != value || agreed != ok {
			return o.m.text.slotOf(id, o.at, "", "")
		}
	}
	return value, ok
}

// openerForm is the form of the filing that opened the occasion.
func (o *occasion) openerForm() *regime.Form {
	if o.opener == nil {
		return nil
	}
	for _, s := range o.book.steps[o.opener.f.Code] {
		if s.form != nil {
			return s.form
		}
	}
	return nil
}

// item derives one item; nil if the text provides for nothing there.
func (o *occasion) item(s *step, w who) *Item {
	at := &o.steps[s.n]
	n := o.book.places[w.first()]
	if n == 0 {
		return o.strange(s, w)
	}
	if at.items == nil {
		at.items, at.done = make([]*Item, len(o.book.order)+1), make([]bool, len(o.book.order)+1)
	}
	if !at.done[n] {
		at.done[n] = true // a step that waits for itself never opens
		at.items[n] = o.derive(s, w)
	}
	return at.items[n]
}

// strange is the item of somebody whom the group does not know.
func (o *occasion) strange(s *step, w who) *Item {
	key := memoKey{s, w.first()}
	if it, done := o.memo[key]; done {
		return it
	}
	o.memo[key] = nil
	it := o.derive(s, w)
	o.memo[key] = it
	return it
}

func (o *occasion) derive(s *step, w who) *Item {
	edition := o.book.editionAt(o.m.text, o.at, w.first())
	if edition == "" || !o.m.Applies(edition) {
		return nil
	}
	it := &Item{
		Text: o.m.text.id, Edition: edition, Measure: o.m.ID, Step: s.ID, Code: s.code,
		Strength: s.strength(), Nature: o.m.text.head.Nature, Occasion: o.key, Obligor: w.id, Side: w.side,
	}
	it.Article, it.ArticleSure = o.m.cites(s.Article, s.Sure)
	if o.opener != nil {
		it.Opener = o.opener.f.ID
		if o.drawn == nil {
			o.drawn = o.book.drawn(o.opener.entry)
		}
		it.Accounts = o.drawn
	}
	start, open := o.opens(s, w)
	if !open {
		return nil
	}
	it.Opened = start.at
	did := o.did(s, w, it)
	c := o.clockOf(s, w, it, did, start)
	it.Sure = s.sure(c)
	o.settle(s, w, it, c, did, start)
	if it.State == NotProvided && s.By.Who == pack.RoleShare {
		it.Missing = nil
	}
	return it
}

// start is what opened a step: a filing, or the passing of time.
type start struct {
	entry *entry
	at    int64
}

// opens tells whether a step is open for an obligor, by what and since when.
func (o *occasion) opens(s *step, w who) (start, bool) {
	if len(s.After) == 0 {
		if o.opener == nil {
			return start{}, true
		}
		return start{o.opener.entry, o.opener.f.When()}, true
	}
	best, found := start{}, false
	for _, a := range s.After {
		prev := o.m.find(a.Step)
		if prev == nil {
			continue
		}
		for _, p := range o.before(prev, w) {
			st, ok := o.way(a, prev, p)
			if ok && (!found || st.at < best.at) {
				best, found = st, true
			}
		}
	}
	return best, found
}

// before are the obligors of an earlier step whose doing matters to w: w itself
// if it is one of them, else any.
func (o *occasion) before(prev *step, w who) []who {
	all := o.obligors(prev)
	for _, p := range all {
		if p.has(w.first()) {
			return []who{p}
		}
	}
	return all
}

// way tells whether one earlier item opens the next in one way.
func (o *occasion) way(a pack.Opening, prev *step, p who) (start, bool) {
	it := o.item(prev, p)
	if it == nil || it.State == NotProvided {
		return start{}, false
	}
	did := basis(it, "did", "declined")
	refused := it.State == Declined || it.State == LawfullyDeclined || it.State == Excused
	if did != nil && a.Answer != "" {
		v := o.book.entries[did.Filing].read(o.moment)
		if v == nil || prev.Answer == "" {
			return start{}, false
		}
		if s, _ := v.values.String(prev.Answer); s != a.Answer {
			return start{}, false
		}
	}
	byFiling := func(b *Basis) (start, bool) {
		if b == nil {
			return start{}, false
		}
		return start{o.book.entries[b.Filing], b.When}, true
	}
	switch a.Was {
	case pack.WasDone:
		if refused {
			return start{}, false
		}
		return byFiling(did)
	case pack.WasDeclined:
		if !refused {
			return start{}, false
		}
		return byFiling(did)
	case pack.WasFiled:
		return byFiling(did)
	case pack.WasInsufficient:
		return byFiling(basis(it, "insufficient"))
	case pack.WasSilent:
		if did == nil && it.Clock.Due > 0 && it.Clock.Due < o.moment.Now {
			return start{nil, it.Clock.Due + 1}, true
		}
	}
	return start{}, false
}

// basis finds the first filing of an item that plays one of these parts.
func basis(it *Item, as ...string) *Basis {
	for i := range it.By {
		if slices.Contains(as, it.By[i].As) {
			return &it.By[i]
		}
	}
	return nil
}

// did finds the statement by which an obligor did what a step provides for: the
// first, or that by which it reached the last of its addressees. What is faulty
// is named and does not count.
func (o *occasion) did(s *step, w who, it *Item) *statement {
	if it.To = o.to(s); slices.ContainsFunc(it.To, w.has) {
		it.To = slices.DeleteFunc(slices.Clone(it.To), w.has)
	}
	missing := it.To
	var last *statement
	for _, e := range o.candidates(s, w) {
		st := e.read(o.moment)
		if st == nil || st.void != nil {
			continue
		}
		if e.f.Faulty {
			it.note("faulty", condition.Arg{Name: "filing", Value: e.f.ID.String()})
			continue
		}
		last = st
		if len(e.f.To) > 0 && !e.f.Beyond {
			missing = slices.DeleteFunc(slices.Clone(missing), func(id party.ID) bool { return slices.Contains(e.f.To, id) })
		} else {
			missing = nil
		}
		if len(missing) == 0 {
			return st
		}
		it.By = append(it.By, e.f.basis("in-part"))
	}
	if last != nil {
		it.Missing = missing
	}
	return nil
}

// candidates are the filings of a step by an obligor on this occasion, in order.
func (o *occasion) candidates(s *step, w who) []*entry {
	list := o.filed[s.code]
	if o.owner != nil && len(s.After) == 0 {
		list = nil
		for _, id := range append(slices.Clone(w.side), w.id) {
			list = append(list, o.book.cycles[cycleKey{o.m, id, o.turn.from}]...)
		}
		slices.SortFunc(list, before)
	}
	return slices.DeleteFunc(slices.Clone(list), func(e *entry) bool {
		return e.f.Code != s.code || !w.has(e.f.By()) || e.f.When() > o.moment.Now
	})
}

func (f *Filing) basis(as string) Basis {
	return Basis{Filing: f.ID, As: as, By: f.By(), Entered: f.For != "", Note: f.Source == FromNote, When: f.When(), Bounds: f.Bounds}
}

func (it *Item) note(key string, args ...condition.Arg) {
	it.Notes = append(it.Notes, Note{key, args})
}

// String is the spelling of a filing's id.
func (id ID) String() string {
	n := strconv.FormatInt(id.Index, 10)
	if id.Origin == "" {
		return n
	}
	return string(id.Origin) + " " + n
}

// in is a moment in the zone of the text.
func (t *text) in(unix int64) time.Time { return time.Unix(unix, 0).In(t.loc) }
