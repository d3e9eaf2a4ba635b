package provision

import (
	"reflect"
	"slices"

	"detente/act"
	"detente/party"
	"detente/regime"
)

// statement is one statement with what its author said about it later and what
// others said: the first lodging stands for what was not touched.
type statement struct {
	*entry
	values    *regime.Values
	hidden    bool              // a form, or a change to it, is not readable here, or not given
	changed   map[string]*entry // by which later word a field got its value
	first     *regime.Values
	past      []*regime.Values // the forms as they stood before each change, the first one first
	cancelled *entry
	void      *entry // withdrawn, or issued in error
	contested []*entry
	confirmed []*entry
	last      *entry // the newest word, for the record
}

// read folds a statement at a moment. It is nil if the moment does not see it.
func (e *entry) read(m Moment) *statement {
	if !e.have || !m.sees(&e.f) {
		return nil
	}
	s := &statement{entry: e, values: e.f.Values, first: e.f.Values, hidden: e.f.Unreadable || e.f.Formless, last: e}
	for _, r := range e.revisions(m) {
		s.revise(r, m)
	}
	return s
}

// revisions are the further words on a statement, in order.
func (e *entry) revisions(m Moment) []*entry {
	var list []*entry
	var gather func(x *entry, depth int)
	gather = func(x *entry, depth int) {
		for _, k := range x.kids {
			if k.have && !k.isNew() && m.sees(&k.f) && depth < maxDepth {
				list = append(list, k)
				gather(k, depth+1)
			}
		}
	}
	gather(e, 0)
	slices.SortFunc(list, before)
	return list
}

func (s *statement) revise(r *entry, m Moment) {
	switch r.f.Kind {
	case act.Contested:
		s.contested = append(s.contested, r)
		return
	case act.Confirmed:
		s.confirmed = append(s.confirmed, r)
		return
	}
	if r.f.By() != s.f.By() && r.f.Author != s.f.Author {
		return
	}
	switch r.f.Life {
	case act.Update, act.Correction:
		s.change(r, m)
	case act.Cancellation:
		s.cancelled = r
	case act.Withdrawal, act.IssuedInError:
		if r.parent == s.entry {
			s.void = r
		}
	}
}

// change lays an update or correction over the statement, unless it was taken
// back itself by the moment that is looked at.
func (s *statement) change(r *entry, m Moment) {
	for _, k := range r.kids {
		if k.have && m.sees(&k.f) && k.f.Answers == r.f.ID && (k.f.Life == act.Withdrawal || k.f.Life == act.IssuedInError) && k.f.By() == r.f.By() {
			return
		}
	}
	s.last = r
	if r.f.Unreadable {
		s.hidden = true
		return
	}
	if r.f.Faulty || r.f.Values == nil {
		return
	}
	if s.changed == nil {
		s.changed = map[string]*entry{}
	}
	for _, id := range r.f.Values.IDs() {
		was, had := s.values.Get(id)
		is, _ := r.f.Values.Get(id)
		if !had || !reflect.DeepEqual(was, is) {
			s.changed[id] = r
		}
	}
	s.past = append(s.past, s.values)
	s.values = s.values.Over(r.f.Values)
}

// stands reports whether a statement still says something.
func (s *statement) stands() bool { return s != nil && s.void == nil && s.cancelled == nil }

// disputed lists who contests a statement that others made, or that was entered
// for them.
func (s *statement) disputed() []party.ID {
	var by []party.ID
	for _, c := range s.contested {
		if !slices.Contains(by, c.f.By()) {
			by = append(by, c.f.By())
		}
	}
	return by
}
