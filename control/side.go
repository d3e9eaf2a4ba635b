package control

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"detente/act"
	"detente/clarification"
	"detente/docket"
	"detente/internal/canon"
	"detente/node"
	"detente/pack"
	"detente/party"
	"detente/regime"
)

// subjectCodes are the codes of the steps under measures with a subject.
type subjectCodes struct {
	opens   map[string]bool // by code, whether its filing opens an occasion
	inForce []string        // of a text in force, those that open one
}

// opening are the codes that open an occasion.
func (s *subjectCodes) opening() []string {
	var out []string
	for _, code := range slices.Sorted(maps.Keys(s.opens)) {
		if s.opens[code] {
			out = append(out, code)
		}
	}
	return out
}

// account is the code by which another account is given of what was reported by a code:
// that of a later step of its measure, else the same.
func (s *subjectCodes) account(code string) string {
	for _, other := range slices.Sorted(maps.Keys(s.opens)) {
		if !s.opens[other] && strings.HasPrefix(other, code+".") {
			return other
		}
	}
	return code
}

// codesOn are the codes on a subject of the texts in force and of those that ship. Of
// incidents only those count by whose form somebody says what happened.
func (c *call) codesOn(ctx context.Context, subject pack.Subject) (*subjectCodes, error) {
	out := &subjectCodes{opens: map[string]bool{}}
	read := func(id string, digest canon.Digest, inForce bool) error {
		p, err := c.node.Text(ctx, id, digest)
		if errors.Is(err, pack.ErrNotAtHand) {
			return nil
		}
		if err != nil {
			return err
		}
		for i := range p.Measures {
			m := &p.Measures[i]
			for j := range m.Steps {
				code := m.Code(m.Steps[j].ID)
				if m.Subject != subject || subject == pack.Incident && !reports(p, code) {
					continue
				}
				opens := code == m.Occasion.Starts
				out.opens[code] = out.opens[code] || opens
				if inForce && opens && !slices.Contains(out.inForce, code) {
					out.inForce = append(out.inForce, code)
				}
			}
		}
		return nil
	}
	for _, named := range c.node.Keys().Current().Packs {
		if err := read(named.ID, named.Digest, true); err != nil {
			return nil, err
		}
	}
	for _, id := range c.node.Texts().IDs() {
		if err := read(id, canon.Digest{}, false); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// reports reports whether what happened is said by the form of a step.
func reports(p *pack.Pack, code string) bool {
	f, ok := p.Form(code)
	if !ok {
		return false
	}
	_, ok = f.Field(pack.IncidentWhat)
	return ok
}

// statusOr is a status, or another where none is given.
func statusOr(s, other act.Status) (act.Status, error) {
	s = cmp.Or(s, other)
	if !slices.Contains([]act.Status{act.Actual, act.Exercise, act.Test}, s) {
		return "", refuse(Usage, "actual, exercise or test", "there is no status %q", s)
	}
	return s, nil
}

// side is what one party says of an incident, or what one entered for it.
type side struct {
	party    party.ID
	by       party.ID       // who entered it; empty: the party itself said it
	standing string         // of what was entered: confirmed, contested, or empty
	words    []docket.Row   // that stand, in order
	forms    []*regime.Form // by which it was said, each once
	values   *regime.Values // the last word on each field; nil: nothing can be read here
}

// sides gathers the reports in a thread by who said them, in the order in which they
// first came, and the first words of reports that were taken back.
func (c *call) sides(ctx context.Context, thread string, status act.Status, known *subjectCodes) ([]side, []docket.Row, error) {
	rows, err := c.inThread(ctx, thread)
	if err != nil {
		return nil, nil, err
	}
	said := newWords()
	var first []docket.Row
	var all [][]docket.Row
	seen := map[act.Ref]bool{}
	for _, r := range rows {
		_, report := known.opens[r.Measure]
		if seen[r.Ref] || r.Status != status || r.State != docket.Read {
			continue
		}
		seen[r.Ref] = true
		switch {
		case r.Kind == act.Entered && report:
			all = append(all, []docket.Row{r})
		case r.Kind == act.Statement && (report || r.Life != act.New):
			said.take(r)
			if r.Life == act.New {
				first = append(first, r)
			}
		}
	}
	standing := said.standing()
	ended := slices.DeleteFunc(first, func(r docket.Row) bool { return len(said.of[r.Ref]) > 0 })
	all = append(all, standing...)
	slices.SortStableFunc(all, func(x, y []docket.Row) int {
		a, b := x[0], y[0]
		return cmp.Or(cmp.Compare(a.Claimed, b.Claimed), cmp.Compare(a.Ref.Origin, b.Ref.Origin), cmp.Compare(a.Ref.Index, b.Ref.Index))
	})
	var out []side
	for _, words := range all {
		of := side{party: words[0].Author}
		if words[0].Kind == act.Entered {
			of.party, of.by = words[0].For, words[0].Author
		}
		i := slices.IndexFunc(out, func(x side) bool { return x.party == of.party && x.by == of.by })
		if i < 0 {
			i = len(out)
			out = append(out, of)
		}
		if err := c.tell(ctx, &out[i], words); err != nil {
			return nil, nil, err
		}
	}
	return out, ended, nil
}

// inThread lists the acts of a thread; of what has no thread, named by its place, that
// act and what answers it.
func (c *call) inThread(ctx context.Context, thread string) ([]docket.Row, error) {
	rows, err := c.node.ThreadOf(ctx, thread)
	if err != nil || len(rows) > 0 {
		return rows, err
	}
	row, err := c.node.Find(ctx, thread)
	if err != nil {
		return nil, err
	}
	answers, err := c.node.List(ctx, docket.Filter{Answers: row.Ref})
	return append([]docket.Row{row}, answers...), err
}

// tell adds a statement with its corrections to a side; of a field that was told before
// the later word counts.
func (c *call) tell(ctx context.Context, s *side, words []docket.Row) error {
	s.words = append(s.words, words...)
	last := words[len(words)-1]
	parsed, _, err := c.node.Act(ctx, last.Ref)
	if err != nil {
		return err
	}
	form := c.node.Form(ctx, words[0].Measure, parsed.Pack)
	if form == nil {
		form = c.node.Form(ctx, words[0].Measure, canon.Digest{})
	}
	v, _, err := c.lastForm(ctx, words)
	if err != nil || v == nil || form == nil {
		return err
	}
	if s.values == nil {
		s.values = v
	} else {
		s.values = s.values.Over(v)
	}
	s.forms = append(s.forms, form)
	if s.by == "" {
		return nil
	}
	answers, err := c.node.Receipts(ctx, last.Ref)
	for _, r := range answers {
		if r.Author == s.party && (r.Kind == act.Confirmed || r.Kind == act.Contested) {
			s.standing = string(r.Kind)
		}
	}
	return err
}

// aboutAuthor are the fields of a report that say something of its author alone: they
// stand with the report and are not compared.
var aboutAuthor = []string{"contact_post", "knowledge"}

// compared lays fields beside each other, in the order of the forms. What was entered
// for a party counts as its word unless it contested that, or speaks for itself.
func compared(sides []side, lang regime.Lang, named func(id string) string) []Compared {
	out := []Compared{}
	counts := func(s *side) bool {
		return s.values != nil && (s.by == "" || s.standing != string(act.Contested) &&
			!slices.ContainsFunc(sides, func(x side) bool { return x.party == s.party && x.by == "" }))
	}
	for i := range sides {
		for _, form := range sides[i].forms {
			for j := range form.Fields {
				f := &form.Fields[j]
				if slices.ContainsFunc(out, func(x Compared) bool { return x.ID == f.ID }) {
					continue
				}
				one := Compared{ID: f.ID, Number: f.Number, Name: f.Name, Said: []SaidOf{}}
				var told []clarification.Told
				for k := range sides {
					said, spelt := sides[k].on(f.ID, lang, named)
					one.Said = append(one.Said, said)
					if counts(&sides[k]) {
						told = append(told, clarification.Told{Party: sides[k].party, Value: spelt, Answer: string(said.Answer)})
					}
				}
				if one.Likeness = clarification.Compare(told); slices.Contains(aboutAuthor, f.ID) {
					one.Likeness = ""
				}
				if slices.ContainsFunc(one.Said, func(s SaidOf) bool { return !s.Silent() }) {
					out = append(out, one)
				}
			}
		}
	}
	return out
}

// on is what a side says of a field, and its value in the one spelling that it has.
func (s *side) on(id string, lang regime.Lang, named func(string) string) (SaidOf, string) {
	out := SaidOf{Lines: []string{}}
	if answer, ok := s.values.Answer(id); ok {
		out.Answer = answer
		return out, ""
	}
	for _, form := range slices.Backward(s.forms) {
		lines := form.FieldText(s.values, id, lang, named)
		if lines == nil {
			continue
		}
		for _, l := range lines {
			out.Lines = append(out.Lines, node.Legible(l))
		}
		return out, spelt(form, s.values, id)
	}
	return out, ""
}

// spelt is a value in one spelling: a moment as its instant, a number without needless
// zeros, a set in order, and all else as it is written.
func spelt(form *regime.Form, v *regime.Values, id string) string {
	f, _ := form.Field(id)
	switch f.Type {
	case regime.TypeMoment:
		if m, ok := v.Moment(id); ok {
			return canon.FormatTime(m.Time)
		}
	case regime.TypeNumber:
		if n, ok := v.Number(id); ok {
			return n.String()
		}
	case regime.TypeChoices, regime.TypeStates:
		if set, ok := v.Strings(id); ok {
			slices.Sort(set)
			return strings.Join(set, ",")
		}
	}
	b, err := v.Only(func(x string) bool { return x == id }).Bytes()
	if err != nil {
		return ""
	}
	return string(b)
}

// words are statements under a measure with what their authors said of them since.
type words struct {
	of   map[act.Ref][]docket.Row // by the first word
	root map[act.Ref]act.Ref      // of each word the first
}

func newWords() *words { return &words{map[act.Ref][]docket.Row{}, map[act.Ref]act.Ref{}} }

// take takes one statement, those of an author in the order of its record.
func (w *words) take(r docket.Row) {
	first, known := w.root[r.Answers]
	switch {
	case r.Life == act.New:
		if r.Measure != "" {
			w.root[r.Ref], w.of[r.Ref] = r.Ref, []docket.Row{r}
		}
	case !known || first.Origin.Base() != r.Ref.Origin.Base(): // about nothing that its author said under a measure
	case r.Life == act.Update || r.Life == act.Correction:
		if w.root[r.Ref] = first; w.of[first] != nil {
			w.of[first] = append(w.of[first], r)
		}
	case r.Answers != first && r.Life != act.Cancellation: // a correction is taken back
		w.of[first] = slices.DeleteFunc(w.of[first], func(x docket.Row) bool { return x.Ref == r.Answers })
	default:
		delete(w.of, first)
	}
}

// standing are the statements that stand, the newest first, each with what was said of
// it since and not taken back.
func (w *words) standing() [][]docket.Row {
	out := slices.Collect(maps.Values(w.of))
	out = slices.DeleteFunc(out, func(w []docket.Row) bool { return len(w) == 0 })
	slices.SortFunc(out, func(x, y []docket.Row) int {
		a, b := x[0], y[0]
		return cmp.Or(cmp.Compare(b.Claimed, a.Claimed), cmp.Compare(a.Ref.Origin, b.Ref.Origin), cmp.Compare(a.Ref.Index, b.Ref.Index))
	})
	return out
}
