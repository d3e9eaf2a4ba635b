package control

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"detente/act"
	"detente/docket"
	"detente/internal/canon"
	"detente/node"
	"detente/party"
	"detente/portfolio"
	"detente/provision"
	"detente/regime"
)

// atlas remembers the areas of statements between two looks at a map: each act is
// looked at once, and a form again when a further word on it or its content comes.
// Nothing of it is kept on disk, and all of it follows from the records. The zero value
// is ready; it is safe for concurrent use.
type atlas struct {
	behind atomic.Pointer[portfolio.Reading] // while more than a little is not read

	mu     sync.Mutex
	sheets map[act.Status]*sheet
}

// sheet is what was seen of the acts of one status.
type sheet struct {
	roster   canon.Digest // by which parties are named
	contents int64        // that were opened
	next     map[party.Origin]int64
	volumes  map[party.Origin]int          // newest volume looked at of each record, by its base
	first    map[act.Ref]act.Ref           // of each word of a statement that asks for a place, the first
	words    map[act.Ref][]docket.Row      // by the first: the words that stand
	areas    map[act.Ref]map[string][]Area // by the first, then by language
	closed   map[act.Ref]bool              // firsts of which a content may still come
	changed  map[act.Ref]bool              // firsts to be looked at again
	order    []act.Ref                     // firsts, the newest first; nil: to be sorted anew
}

// patience is how many acts are read while a page waits.
const patience = 1000

// list are the areas of the statements in force, the newest first. A caller that came
// over a network does not wait for a long reading: the error is *portfolio.Reading.
func (t *atlas) list(ctx context.Context, c *call, status act.Status, lang regime.Lang) ([]Area, error) {
	if r := t.behind.Load(); r != nil && c.remote {
		return nil, r
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	s, err := t.sheet(ctx, c, status)
	if err != nil {
		return nil, err
	}
	out := []Area{}
	for _, first := range s.sorted() {
		out = append(out, s.areas[first][string(lang)]...)
	}
	return out, nil
}

// sheet brings what was seen up to date.
func (t *atlas) sheet(ctx context.Context, c *call, status act.Status) (*sheet, error) {
	sizes, err := c.node.Positions(ctx)
	if err != nil {
		return nil, err
	}
	s := t.sheets[status]
	if s == nil || s.roster != c.node.Keys().CurrentDigest() || s.older(sizes) {
		s = &sheet{roster: c.node.Keys().CurrentDigest(), next: map[party.Origin]int64{}, volumes: map[party.Origin]int{}, first: map[act.Ref]act.Ref{},
			words: map[act.Ref][]docket.Row{}, areas: map[act.Ref]map[string][]Area{}, closed: map[act.Ref]bool{}, changed: map[act.Ref]bool{}}
	}
	r := &portfolio.Reading{}
	for o, size := range sizes {
		r.Read += s.next[o]
		r.Of += size
	}
	if r.Of-r.Read > patience {
		if c.remote {
			return nil, r
		}
		t.behind.Store(r)
		defer t.behind.Store(nil)
	}
	if err := s.read(ctx, c, status, sizes); err != nil {
		delete(t.sheets, status)
		return nil, err
	}
	if t.sheets == nil {
		t.sheets = map[act.Status]*sheet{}
	}
	t.sheets[status] = s
	return s, nil
}

// forget has the next look begin anew, since a text came that was not at hand.
func (t *atlas) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sheets = nil
}

// older reports whether acts came of a volume that is not the newest looked at of its
// record: what later volumes say of them was passed over.
func (s *sheet) older(sizes map[party.Origin]int64) bool {
	for o, size := range sizes {
		if size > s.next[o] && o.Volume() < s.volumes[o.Base()] {
			return true
		}
	}
	return false
}

// read looks at the acts that came since, in the order of each record, and then at the
// forms that may say something else.
func (s *sheet) read(ctx context.Context, c *call, status act.Status, sizes map[party.Origin]int64) error {
	contents, err := c.node.Contents(ctx)
	if err != nil {
		return err
	}
	byVolume := func(a, b party.Origin) int {
		return cmp.Or(cmp.Compare(a.Base(), b.Base()), cmp.Compare(a.Volume(), b.Volume()))
	}
	for _, o := range slices.SortedFunc(maps.Keys(sizes), byVolume) {
		for s.next[o] < sizes[o] {
			to := min(sizes[o], s.next[o]+node.MaxActs)
			rows, err := c.node.Acts(o, s.next[o], to).Rows(ctx, []act.Kind{act.Statement})
			if err != nil {
				return err
			}
			for _, r := range rows {
				if r.Status != status {
					continue
				}
				if err := s.word(ctx, c, r); err != nil {
					return err
				}
			}
			s.next[o], s.volumes[o.Base()] = to, max(o.Volume(), s.volumes[o.Base()])
		}
	}
	if s.contents != contents {
		maps.Copy(s.changed, s.closed)
	}
	for first := range s.changed {
		if err := s.look(ctx, c, first); err != nil {
			return err
		}
		delete(s.changed, first)
	}
	s.contents = contents
	return nil
}

// word takes in one statement. Only those under a measure whose form asks for a place
// are kept, and what their authors said of them since and did not take back.
func (s *sheet) word(ctx context.Context, c *call, r docket.Row) error {
	first, known := s.first[r.Answers]
	switch {
	case r.Life == act.New:
		form, err := c.formOf(ctx, r)
		if err != nil || form == nil || !hasPlace(form) {
			return err
		}
		first = r.Ref
		s.first[first], s.words[first] = first, []docket.Row{r}
	case !known || first.Origin.Base() != r.Ref.Origin.Base():
		return nil // about nothing that its author said and that is kept
	case r.Life == act.Update || r.Life == act.Correction:
		if s.first[r.Ref] = first; s.words[first] != nil {
			s.words[first] = append(s.words[first], r)
		}
	case r.Answers != first && r.Life != act.Cancellation: // a correction is taken back
		s.words[first] = slices.DeleteFunc(s.words[first], func(x docket.Row) bool { return x.Ref == r.Answers })
	default:
		delete(s.words, first)
	}
	s.changed[first], s.order = true, nil
	return nil
}

// look finds the areas of one statement by its words.
func (s *sheet) look(ctx context.Context, c *call, first act.Ref) error {
	delete(s.areas, first)
	delete(s.closed, first)
	words := s.words[first]
	if len(words) == 0 {
		return nil
	}
	last := words[len(words)-1]
	form, err := c.formOf(ctx, last)
	if err != nil || form == nil {
		return err
	}
	v, closed, err := c.lastForm(ctx, words)
	if err != nil {
		return err
	}
	if closed {
		s.closed[first] = true
	}
	if v == nil {
		return nil
	}
	s.areas[first] = map[string][]Area{}
	for _, lang := range slices.Concat(provision.Languages(), []string{""}) {
		s.areas[first][lang] = areasOf(c, last, form, v, regime.Lang(lang))
	}
	return nil
}

// sorted are the firsts of the statements that stand, the newest first.
func (s *sheet) sorted() []act.Ref {
	if s.order == nil {
		s.order = slices.SortedFunc(maps.Keys(s.words), func(x, y act.Ref) int {
			a, b := s.words[x], s.words[y]
			return cmp.Or(cmp.Compare(b[0].Claimed, a[0].Claimed), cmp.Compare(x.Origin, y.Origin), cmp.Compare(x.Index, y.Index))
		})
	}
	return s.order
}

// formOf is the form by which a statement was made; nil: none, or not at hand.
func (c *call) formOf(ctx context.Context, r docket.Row) (*regime.Form, error) {
	if r.Measure == "" || r.State != docket.Read {
		return nil, nil
	}
	parsed, _, err := c.node.Act(ctx, r.Ref)
	if err != nil {
		return nil, err
	}
	return c.node.Form(ctx, r.Measure, parsed.Pack), nil
}

// lastForm is the form of a statement as it stands, which every further word on it
// has whole: the last that can be read here; nil: none. Closed reports whether the
// content of a later one may still come.
func (c *call) lastForm(ctx context.Context, words []docket.Row) (v *regime.Values, closed bool, err error) {
	for _, r := range slices.Backward(words) {
		content, err := c.node.Content(ctx, r.Ref)
		if errors.Is(err, node.ErrNoContent) {
			parsed, _, err := c.node.Act(ctx, r.Ref)
			if err != nil {
				return nil, closed, err
			}
			closed = closed || !parsed.IsSealed() || parsed.Addressed(c.node.Self())
			continue
		}
		if err != nil {
			return nil, closed, err
		}
		if content.Type != node.FormType {
			continue
		}
		if v, err := regime.ParseValues(content.Body); err == nil {
			return v, closed, nil
		}
	}
	return nil, closed, nil
}
