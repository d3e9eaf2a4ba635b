package provision

import (
	"cmp"
	"slices"
	"strings"

	"detente/condition"
	"detente/pack"
	"detente/party"
)

// Blocks lays out the measures between two parties as building blocks: what
// stands, and of the rest what it would need. What stands comes first, then by
// stage, in the order of the texts.
func (b *Book) Blocks(x, y party.ID, now int64) []Block {
	stands := map[string]bool{}
	for _, t := range b.texts {
		for _, m := range t.measures {
			if b.stands(m, x, y, now) {
				stands[m.ID] = true
			}
		}
	}
	var out []Block
	seen := map[string]bool{}
	for _, t := range b.texts {
		for _, m := range t.measures {
			if seen[m.ID] || !t.InForce.Has(now) || b.past(m, x, now) {
				continue
			}
			seen[m.ID] = true
			bl := Block{Text: t.id, Measure: m.ID, Title: m.Title, Place: m.Place, Nature: t.head.Nature, Stands: stands[m.ID]}
			if !bl.Stands {
				bl.Needs = b.lacks(m, x, y, now, stands)
			}
			bl.From = b.leading(m.ID, stands)
			out = append(out, bl)
		}
	}
	order := []string{"conflict-avoidance", "confidence-building", "strengthening-the-peace"}
	slices.SortStableFunc(out, func(p, q Block) int {
		if p.Stands != q.Stands {
			if p.Stands {
				return -1
			}
			return 1
		}
		return cmp.Compare(slices.Index(order, p.Place.Stage), slices.Index(order, q.Place.Stage))
	})
	return out
}

// past reports whether a measure belongs only to editions in whose place the one
// that holds for a party has come: it neither stands nor could come next.
func (b *Book) past(m *measure, id party.ID, now int64) bool {
	var gone []string
	for e := b.editionAt(m.text, now, id); e != ""; {
		i := slices.IndexFunc(m.text.head.Editions, func(x pack.Edition) bool { return x.ID == e })
		if e = ""; i >= 0 && !slices.Contains(gone, m.text.head.Editions[i].Replaces) {
			e = m.text.head.Editions[i].Replaces
			gone = append(gone, e)
		}
	}
	return len(m.Editions) > 0 && !slices.ContainsFunc(m.Editions, func(e string) bool { return !slices.Contains(gone, e) })
}

// stands reports whether a measure stands between two parties: both are bound,
// and what it leaves to agreement is agreed.
func (b *Book) stands(m *measure, x, y party.ID, now int64) bool {
	e := b.editionAt(m.text, now, x)
	return b.bothOf(m.text, x, y, now) && m.Applies(e) && !m.Off && len(b.open(m, x, y, now)) == 0
}

// open lists the slots of a measure that are not agreed between two parties.
func (b *Book) open(m *measure, x, y party.ID, now int64) []string {
	var out []string
	for _, id := range m.slots() {
		if _, ok := m.text.slotOf(id, now, x, y); !ok && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}

// slots are those that the clocks, exceptions and counts of a measure name.
func (m *measure) slots() []string {
	var out []string
	add := func(text string) {
		if id, ok := strings.CutPrefix(text, "$"); ok {
			out = append(out, id)
		}
	}
	for _, s := range m.steps {
		if s.clock != nil {
			add(s.clock.Least)
			add(s.clock.Most)
		}
		if s.when != nil {
			out = append(out, s.when.Slots()...)
		}
	}
	for _, c := range m.counts {
		add(c.AtMost)
		add(c.AtLeast)
	}
	return out
}

// lacks says what it would take for a measure to stand.
func (b *Book) lacks(m *measure, x, y party.ID, now int64, stands map[string]bool) []Note {
	var out []Note
	for _, id := range []party.ID{x, y} {
		if !b.bound(m.text, id, now) {
			out = append(out, Note{"needs-text", []condition.Arg{{Name: "party", Value: string(id)}, {Name: "text", Value: byLang(m.text.head.Title)}}})
		}
	}
	if m.Off {
		out = append(out, Note{Key: "needs-verified"})
	}
	for _, id := range b.open(m, x, y, now) {
		out = append(out, Note{"needs-slot", []condition.Arg{{Name: "slot", Value: m.text.slotTitle(id)}}})
	}
	for _, id := range m.Needs {
		if !stands[id] {
			out = append(out, Note{"needs-measure", []condition.Arg{{Name: "measure", Value: b.title(id)}}})
		}
	}
	return out
}

// leading lists the standing measures that lead to another.
func (b *Book) leading(id string, stands map[string]bool) []string {
	var out []string
	for _, t := range b.texts {
		for _, m := range t.measures {
			if stands[m.ID] && slices.Contains(m.Leads, id) && !slices.Contains(out, m.ID) {
				out = append(out, m.ID)
			}
		}
	}
	return out
}

func (t *text) slotTitle(id string) map[string]string {
	for i := range t.head.Slots {
		if s := &t.head.Slots[i]; s.ID == id {
			return byLang(s.Title)
		}
	}
	return map[string]string{"en": id}
}

func (b *Book) title(id string) map[string]string {
	for _, t := range b.texts {
		for _, m := range t.measures {
			if m.ID == id {
				return byLang(m.Title)
			}
		}
	}
	return map[string]string{"en": id}
}
