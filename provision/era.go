package provision

import (
	"slices"
	"strings"

	"detente/party"
)

// era is who is bound by what under a text between two of its edges. It is worked
// out when it is first asked for.
type era struct {
	edition string              // in force for anybody
	others  string              // in force for whom the group does not know
	of      map[party.ID]string // in force for a party
	bound   map[party.ID]bool
	all     []party.ID            // who is bound, in the order of the group
	sets    map[string][]party.ID // members of the sets
	but     map[party.ID]*rest
}

// rest is all who are bound but one.
type rest struct {
	ids []party.ID
	who []who
}

// maxEras bounds how many are kept: parties come, go and suspend rarely.
const maxEras = 512

// findEdges gathers the moments at which an era of a text can end: editions, what was
// agreed, and the parties.
func (b *Book) findEdges(t *text) {
	t.eras = map[int64]*era{}
	spans := []Span{t.InForce}
	for _, e := range t.editions {
		for _, p := range e.periods {
			spans = append(spans, p.Span)
		}
	}
	for _, s := range t.Slots {
		spans = append(spans, s.In)
	}
	for _, p := range b.parties {
		spans = append(append(spans, p.In), p.Suspended...)
	}
	for _, s := range spans {
		t.edges = append(t.edges, s.From, s.Until)
	}
	slices.Sort(t.edges)
	t.edges = slices.Compact(t.edges)
}

// edgeAfter is the next edge after a moment; 0: none.
func (t *text) edgeAfter(at int64) int64 {
	if i, _ := slices.BinarySearch(t.edges, at+1); i < len(t.edges) {
		return t.edges[i]
	}
	return 0
}

// eraAt is the era of a text in which a moment lies.
func (b *Book) eraAt(t *text, at int64) *era {
	i, exact := slices.BinarySearch(t.edges, at)
	from := int64(-1 << 62)
	if exact {
		from = at
	} else if i > 0 {
		from = t.edges[i-1]
	}
	if e := t.eras[from]; e != nil {
		return e
	}
	if len(t.eras) >= maxEras {
		clear(t.eras)
	}
	e := b.newEra(t, at)
	t.eras[from] = e
	return e
}

func (b *Book) newEra(t *text, at int64) *era {
	e := &era{of: map[party.ID]string{}, bound: map[party.ID]bool{}, sets: map[string][]party.ID{}, but: map[party.ID]*rest{}}
	for i := range t.head.Sets {
		e.sets[t.head.Sets[i].ID] = b.findSet(t, t.head.Sets[i].ID, at)
	}
	if !t.InForce.Has(at) {
		return e
	}
	inForce := func(in func(set string) bool) string {
		for i := len(t.editions) - 1; i >= 0; i-- {
			for _, p := range t.editions[i].periods {
				if p.Has(at) && (p.set == "" || in(p.set)) {
					return t.editions[i].id
				}
			}
		}
		return ""
	}
	e.edition = inForce(func(string) bool { return true })
	e.others = inForce(func(string) bool { return false })
	for _, id := range b.order {
		e.of[id] = inForce(func(set string) bool { return slices.Contains(e.sets[set], id) })
		if e.of[id] != "" && b.member(id, at) {
			e.bound[id] = true
			e.all = append(e.all, id)
		}
	}
	return e
}

// findSet lists the members of a set at a moment.
func (b *Book) findSet(t *text, set string, at int64) []party.ID {
	s, ok := t.head.Set(set)
	if !ok {
		return nil
	}
	var ids []party.ID
	switch {
	case s.All:
		return slices.Clone(b.order)
	case s.Slot != "":
		value, _ := t.slotOf(s.Slot, at, "", "")
		for _, f := range strings.FieldsFunc(value, func(r rune) bool { return r == ' ' || r == ',' }) {
			if _, known := b.parties[party.ID(f)]; known {
				ids = append(ids, party.ID(f))
			}
		}
	default:
		for _, id := range b.order {
			if slices.Contains(s.Codes, b.parties[id].Code) {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// editionAt is the edition in force at a moment for a party (empty: for any).
// Empty: none, or the text is suspended.
func (b *Book) editionAt(t *text, at int64, id party.ID) string {
	e := b.eraAt(t, at)
	if id == "" {
		return e.edition
	}
	if of, known := e.of[id]; known {
		return of
	}
	return e.others
}

// bound reports whether a text applies to a party at a moment.
func (b *Book) bound(t *text, id party.ID, at int64) bool { return b.eraAt(t, at).bound[id] }

// all lists the parties to a text at a moment, in the order of the group. The list is
// shared: it is not to be altered.
func (b *Book) all(t *text, at int64) []party.ID { return b.eraAt(t, at).all }

// others are all who are bound but one. The lists are shared: they are not to be altered.
func (b *Book) others(t *text, id party.ID, at int64) *rest {
	e := b.eraAt(t, at)
	if !e.bound[id] {
		id = ""
	}
	r := e.but[id]
	if r == nil {
		ids := b.without(t, e.all, id, at)
		r = &rest{ids, each(ids)}
		e.but[id] = r
	}
	return r
}

// setOf lists the members of a set at a moment. The list is shared: it is not to be altered.
func (b *Book) setOf(t *text, set string, at int64) []party.ID { return b.eraAt(t, at).sets[set] }

func (b *Book) inSet(t *text, set string, id party.ID, at int64) bool {
	return slices.Contains(b.setOf(t, set, at), id)
}

// ofSet is one joint side, or each member of a set.
func (b *Book) ofSet(t *text, set string, at int64) []who {
	if s, ok := t.head.Set(set); ok && s.Joint {
		if side := b.side(t, s, at); len(side) > 0 {
			return []who{{side: side}}
		}
		return nil
	}
	return each(b.setOf(t, set, at))
}

// without drops an id and whoever is not bound.
func (b *Book) without(t *text, ids []party.ID, id party.ID, at int64) []party.ID {
	bound := b.eraAt(t, at).bound
	out := make([]party.ID, 0, len(ids))
	for _, x := range ids {
		if x != id && bound[x] {
			out = append(out, x)
		}
	}
	return out
}
