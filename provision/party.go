package provision

import (
	"slices"

	"detente/pack"
	"detente/party"
)

// who is one obligor: a party, or a joint side of which any one acts for all.
type who struct {
	id   party.ID
	side []party.ID
}

func (w who) has(id party.ID) bool { return w.id == id || slices.Contains(w.side, id) }

// first is the party by which agreements and shares are looked up.
func (w who) first() party.ID {
	if w.id == "" && len(w.side) > 0 {
		return w.side[0]
	}
	return w.id
}

// member reports whether a party takes part at a moment: within its time, not
// suspended, and a member.
func (b *Book) member(id party.ID, at int64) bool {
	p, ok := b.parties[id]
	if !ok || p.Standing != Member && p.Standing != "" || !p.In.Has(at) {
		return false
	}
	return !slices.ContainsFunc(p.Suspended, func(s Span) bool { return s.Has(at) })
}

// each makes an obligor of every id.
func each(ids []party.ID) []who {
	out := make([]who, len(ids))
	for i, id := range ids {
		out[i].id = id
	}
	return out
}

// side lists the members of a joint side for whom the text is in force.
func (b *Book) side(t *text, s *pack.Set, at int64) []party.ID {
	return b.without(t, b.setOf(t, s.ID, at), "", at)
}

// addressees lists the parties whom a role names. The list can be shared: it is not
// to be altered.
func (o *occasion) addressees(r pack.Role) []party.ID {
	switch r.Who {
	case "":
		return nil
	case pack.RoleOthers:
		if r.Step == "" {
			return o.book.others(o.m.text, o.by, o.at).ids
		}
	case pack.RoleAsked:
		return o.asked()
	}
	return ids(o.roles(r))
}

// roles lists those whom a role names on an occasion. The list can be shared: it is
// not to be altered.
func (o *occasion) roles(r pack.Role) []who {
	b, t, at := o.book, o.m.text, o.at
	author := o.by
	if r.Step != "" {
		author = ""
		if e := o.firstOf(r.Step); e != nil {
			author = e.f.By()
		}
	}
	switch r.Who {
	case pack.RoleEach:
		if r.Set != "" {
			return b.ofSet(t, r.Set, at)
		}
		return each(b.all(t, at))
	case pack.RoleOthers:
		return b.others(t, author, at).who
	case pack.RoleAuthor:
		if author == "" {
			return nil
		}
		return []who{{id: author}}
	case pack.RoleAsked:
		return each(o.asked())
	case pack.RoleField:
		named := o.named(r.Field)
		if r.Without == pack.WithoutAuthor {
			named = slices.DeleteFunc(named, func(id party.ID) bool { return id == o.by })
		}
		return each(named)
	case pack.RoleShare:
		return each(o.sharing(r.Field))
	case pack.RoleSet:
		return b.ofSet(t, r.Set, at)
	case pack.RoleOther:
		return b.otherSide(t, author, at)
	case pack.RoleEither:
		if author == "" {
			return nil
		}
		other := o.asked()
		if r.Field != "" { // the others had a copy
			other = b.without(t, o.named(r.Field), author, at)
		}
		return []who{{side: append([]party.ID{author}, other...)}}
	}
	return nil
}

// otherSide is of the joint sets that to which a party does not belong.
func (b *Book) otherSide(t *text, id party.ID, at int64) []who {
	var out []who
	for i := range t.head.Sets {
		s := &t.head.Sets[i]
		if !s.Joint || b.inSet(t, s.ID, id, at) {
			continue
		}
		if side := b.side(t, s, at); len(side) > 0 {
			out = append(out, who{side: side})
		}
	}
	return out
}

// asked are the addressees of the filing that opened the occasion, and those to whom
// its author sent it later.
func (o *occasion) asked() []party.ID {
	if o.opener == nil {
		return nil
	}
	to := slices.Clone(o.opener.f.To)
	for _, e := range o.sent() {
		if len(e.f.To) == 0 {
			return o.book.others(o.m.text, o.by, o.at).ids // to all
		}
		for _, id := range e.f.To {
			if !slices.Contains(to, id) {
				to = append(to, id)
			}
		}
	}
	return o.book.without(o.m.text, to, o.by, o.at)
}

// sent are the filing that opened the occasion and those by which its author sent it
// to further parties, in order.
func (o *occasion) sent() []*entry {
	out := []*entry{o.opener.entry}
	for _, e := range o.filed[o.opener.f.Code] {
		if e != o.opener.entry && e.f.By() == o.by && o.book.joins(o.m, e) && !e.f.Faulty {
			if s := e.read(o.moment); s != nil && s.void == nil {
				out = append(out, e)
			}
		}
	}
	return out
}

// named are the states that a field of that filing names.
func (o *occasion) named(field string) []party.ID {
	v := o.values()
	list, ok := v.Strings(field)
	if s, one := v.String(field); one && !ok {
		list = []string{s}
	}
	if len(list) == 0 {
		if of, ok := v.Figures(field); ok {
			for id := range of {
				list = append(list, id)
			}
			slices.Sort(list)
		}
	}
	var ids []party.ID
	for _, s := range list {
		if id, ok := o.book.byName(s); ok {
			ids = append(ids, id)
		}
	}
	return ids
}

// sharing are the states of a map whose share is to be looked at: all of them
// but the one that spoke for itself already.
func (o *occasion) sharing(field string) []party.ID {
	return o.book.without(o.m.text, o.named(field), o.by, o.at)
}

// byName finds a party by its id or its interchange code.
func (b *Book) byName(s string) (party.ID, bool) {
	if _, ok := b.parties[party.ID(s)]; ok {
		return party.ID(s), true
	}
	for _, id := range b.order {
		if c := b.parties[id].Code; c != "" && c == s {
			return id, true
		}
	}
	return "", false
}

// ids lists all parties of obligors.
func ids(list []who) []party.ID {
	var out []party.ID
	for _, w := range list {
		if w.id != "" {
			out = append(out, w.id)
		}
		out = append(out, w.side...)
	}
	return out
}
