package control

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"

	"detente/act"
	"detente/docket"
	"detente/node"
	"detente/provision"
	"detente/regime"
)

// Area is where a statement that can be read here says that something is.
type Area struct {
	Place  string            `json:"place"` // of the act
	Shape  string            `json:"shape"` // outline, line, places
	Points [][2]float64      `json:"points"`
	About  map[string]string `json:"about"`
}

// areas lists the areas, lines and places of the statements in force that this
// state can read, each as its author corrected it since.
func areas(ctx context.Context, c *call, a LookArgs) (any, error) {
	if a.At != "" || a.Lodged != "" || a.Held != "" {
		return nil, refuse(Usage, "", "areas are shown as they stand now")
	}
	if a.Status == "" {
		a.Status = act.Actual
	}
	if !slices.Contains([]act.Status{act.Actual, act.Exercise, act.Test}, a.Status) {
		return nil, refuse(Usage, "actual, exercise or test", "there is no status %q", a.Status)
	}
	if a.Language != "" && !slices.Contains(provision.Languages(), string(a.Language)) {
		return nil, refuse(Usage, "en or ru", "there are no sentences in %q", a.Language)
	}
	return c.atlas.areas(ctx, c, sheetKey{a.Status, a.Language})
}

// hasPlace reports whether a form asks for an area, a line or a place.
func hasPlace(f *regime.Form) bool { return slices.ContainsFunc(f.Fields, located) }

// lastForm is the form of a statement as it stands, which every further word on it
// has whole: the last that can be read here; nil: none.
func (c *call) lastForm(ctx context.Context, words []docket.Row) (*regime.Values, error) {
	for _, r := range slices.Backward(words) {
		content, err := c.node.Content(ctx, r.Ref)
		if errors.Is(err, node.ErrNoContent) || err == nil && content.Type != node.FormType {
			continue
		}
		if err != nil {
			return nil, err
		}
		if v, err := regime.ParseValues(content.Body); err == nil {
			return v, nil
		}
	}
	return nil, nil
}

// standing lists the statements under a measure that stand, the newest first, each
// with the corrections and updates of its author that were not taken back.
func (c *call) standing(ctx context.Context, s act.Status) ([][]docket.Row, error) {
	sizes, err := c.node.Positions(ctx)
	if err != nil {
		return nil, err
	}
	words := newWords()
	for _, o := range slices.Sorted(maps.Keys(sizes)) {
		for from := int64(0); ; {
			rows, err := c.node.List(ctx, docket.Filter{Origin: o, From: from, Kinds: []act.Kind{act.Statement}, Status: s, Limit: 1000})
			if err != nil {
				return nil, err
			}
			for _, r := range rows {
				words.take(r)
			}
			if len(rows) < 1000 {
				break
			}
			from = rows[len(rows)-1].Ref.Index + 1
		}
	}
	return words.standing(), nil
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

func located(f regime.Field) bool {
	switch f.Type {
	case regime.TypeArea, regime.TypeLine, regime.TypePlace, regime.TypePlaces:
		return true
	}
	return false
}

func areasOf(c *call, r docket.Row, form *regime.Form, v *regime.Values, lang regime.Lang) []Area {
	var out []Area
	about := map[string]string{"author": string(r.Author), "name": c.name(r.Author), "thread": r.Thread, "measure": r.Measure, "status": string(r.Status), "act": place(r.Ref)}
	for _, id := range []string{"start_date", "end_date"} {
		if s, ok := v.String(id); ok {
			about[id] = s
		}
	}
	for i := range form.Fields {
		f := &form.Fields[i]
		points, ok := v.Points(f.ID)
		if !located(*f) || !ok || len(points) == 0 {
			continue
		}
		one := Area{Place: place(r.Ref), Shape: "places", Points: [][2]float64{}, About: map[string]string{"field": f.Number + " " + f.Name[regime.English]}}
		if s, ok := f.Name[lang]; ok {
			one.About["field"] = f.Number + " " + s
		}
		switch f.Type {
		case regime.TypeArea:
			one.Shape = "outline"
		case regime.TypeLine:
			one.Shape = "line"
		}
		for k, s := range about {
			one.About[k] = s
		}
		for _, p := range points {
			one.Points = append(one.Points, [2]float64{float64(p.Lon) / float64(regime.One), float64(p.Lat) / float64(regime.One)})
		}
		out = append(out, one)
	}
	return out
}
