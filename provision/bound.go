package provision

import (
	"cmp"
	"slices"

	"detente/pack"
	"detente/party"
)

// Bound is one text as it binds a party at a moment.
type Bound struct {
	Text    string
	Title   pack.Text
	Nature  pack.Nature
	Remark  pack.Text
	Edition string // in force for the party; empty: none, or suspended
	Since   int64  // beginning of that period, in Unix seconds; 0: not known
	Until   int64  // its end, itself outside; 0: open
	Adopted int64  // since when the group has the pack; 0: from the beginning
	Sure    pack.Sure
	// Agreed is what was filled in where the text leaves it open, as far as the party
	// takes part in it; Open what was not.
	Agreed []Agreed
	Open   []*pack.Slot
	// Declared is what the party stated under measures that apply always, and that
	// stands: a declaration, a line, a contact point; of each step the newest first.
	Declared []Declared
	Gaps     []pack.Text // what was not found of the text
	Off      []string    // measures known too unsurely to be judged
}

// Declared is one statement under a measure that knows no occasion.
type Declared struct {
	Filing ID
	Code   string
	Title  pack.Text // of the measure
	When   int64
}

// Agreed is what was filled in for a slot.
type Agreed struct {
	Slot    *pack.Slot
	Value   string
	Between []party.ID // empty: all
}

// Portfolio lists the texts that a group has adopted as they bind a party at a
// moment, in the order of the texts.
func (b *Book) Portfolio(id party.ID, m Moment) []Bound {
	now := m.Now
	var out []Bound
	for _, t := range b.texts {
		if !t.InForce.Has(now) {
			continue
		}
		f := Bound{Text: t.id, Title: t.head.Title, Nature: t.head.Nature, Remark: t.head.Remark, Adopted: t.InForce.From, Gaps: t.head.Gaps}
		b.period(t, id, now, &f)
		t.agreed(id, now, &f)
		b.declared(t, id, m, &f)
		for _, m := range t.measures {
			if m.Off && m.Applies(f.Edition) {
				f.Off = append(f.Off, m.ID)
			}
		}
		out = append(out, f)
	}
	return out
}

// declared finds what a party stated under the standing measures of a text.
func (b *Book) declared(t *text, id party.ID, m Moment, f *Bound) {
	seen := map[ID]bool{} // a measure can stand in several editions
	for _, ms := range t.measures {
		if !ms.Occasion.Standing || !ms.Applies(f.Edition) {
			continue
		}
		for _, s := range ms.steps {
			for _, e := range slices.Backward(b.returns[returnKey{s.code, id}]) {
				if st := e.read(m); st.stands() && !e.f.Faulty && e.f.When() <= m.Now && !seen[e.f.ID] {
					seen[e.f.ID] = true
					f.Declared = append(f.Declared, Declared{e.f.ID, s.code, ms.Title, e.f.When()})
				}
			}
		}
	}
}

// period finds the edition in force for a party with the period in which now lies.
func (b *Book) period(t *text, id party.ID, now int64, f *Bound) {
	if !b.member(id, now) {
		return
	}
	f.Edition = b.editionAt(t, now, id)
	for i := range t.editions {
		if t.editions[i].id != f.Edition {
			continue
		}
		f.Sure = t.head.Editions[i].Sure
		for _, p := range t.editions[i].periods {
			if p.Has(now) && (p.set == "" || b.inSet(t, p.set, id, now)) {
				f.Since, f.Until = p.From, p.Until
			}
		}
	}
}

func (t *text) agreed(id party.ID, now int64, f *Bound) {
	for i := range t.head.Slots {
		s := &t.head.Slots[i]
		some := false
		for _, v := range t.Slots {
			if v.ID != s.ID && v.ID != t.id+"."+s.ID || !v.In.Has(now) || len(v.Between) > 0 && !slices.Contains(v.Between, id) {
				continue
			}
			some = true
			f.Agreed = append(f.Agreed, Agreed{s, v.Value, v.Between})
		}
		if !some && s.Default == "" {
			f.Open = append(f.Open, s)
		}
	}
}

// Overlap is one kind of measure that several texts in force have for a party.
type Overlap struct {
	Stage, Field, Family string
	Measures             []string // of two texts or more, in their order
}

// Overlaps lists the kinds of measure, by stage, field and tool family, that more
// than one text in force for a party has at a moment. Whether they ask for the
// same, people compare.
func (b *Book) Overlaps(id party.ID, now int64) []Overlap {
	type kind struct{ stage, field, family string }
	found := map[kind][]*measure{}
	for _, t := range b.texts {
		e := b.editionAt(t, now, id)
		for _, m := range t.measures {
			if e == "" || !m.Applies(e) || !b.bound(t, id, now) {
				continue
			}
			for _, f := range m.Place.Family {
				k := kind{m.Place.Stage, m.Place.Field, f}
				found[k] = append(found[k], m)
			}
		}
	}
	var out []Overlap
	for k, list := range found {
		if !slices.ContainsFunc(list, func(m *measure) bool { return m.text != list[0].text }) {
			continue
		}
		o := Overlap{Stage: k.stage, Field: k.field, Family: k.family}
		for _, m := range list {
			o.Measures = append(o.Measures, m.ID)
		}
		out = append(out, o)
	}
	slices.SortFunc(out, func(x, y Overlap) int {
		return cmp.Or(cmp.Compare(x.Stage, y.Stage), cmp.Compare(x.Field, y.Field), cmp.Compare(x.Family, y.Family))
	})
	return out
}
