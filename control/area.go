package control

import (
	"context"
	"slices"

	"detente/act"
	"detente/docket"
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
	out := []Area{}
	seen := map[docket.Thread]bool{}
	rows, err := c.node.List(ctx, docket.Filter{Kinds: []act.Kind{act.Statement}, Status: a.Status, Newest: true, Limit: 10_000})
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		if r.Thread == "" || r.Measure == "" || seen[r.In()] {
			continue
		}
		seen[r.In()] = true
		switch r.Life {
		case act.Cancellation, act.Withdrawal, act.IssuedInError:
			continue // nothing stands
		}
		parsed, _, err := c.node.Act(ctx, r.Ref)
		if err != nil {
			return nil, err
		}
		form := c.node.Form(ctx, r.Measure, parsed.Pack)
		if form == nil || !slices.ContainsFunc(form.Fields, located) {
			continue
		}
		v, err := c.node.Whole(ctx, r.In())
		if err != nil {
			continue // sealed to others
		}
		out = append(out, areasOf(c, r, form, v, a.Language)...)
	}
	return out, nil
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
