package control

import (
	"cmp"
	"context"
	"maps"
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
	if a.At != "" || a.Lodged != "" || a.Held != "" {
		return nil, refuse(Usage, "", "areas are shown as they stand now")
	}
	if a.Status == "" {
		a.Status = act.Actual
	}
	last, err := c.standing(ctx, a.Status)
	if err != nil {
		return nil, err
	}
	out := []Area{}
	for _, r := range last {
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

// standing lists the newest statement of each thread that stands, the newest first.
func (c *call) standing(ctx context.Context, s act.Status) ([]docket.Row, error) {
	sizes, err := c.node.Positions(ctx)
	if err != nil {
		return nil, err
	}
	last, over, first := map[docket.Thread]docket.Row{}, map[docket.Thread]bool{}, map[act.Ref]bool{}
	for _, o := range slices.Sorted(maps.Keys(sizes)) {
		for from := int64(0); ; {
			rows, err := c.node.List(ctx, docket.Filter{Origin: o, From: from, Kinds: []act.Kind{act.Statement}, Status: s, Limit: 1000})
			if err != nil {
				return nil, err
			}
			for _, r := range rows {
				switch t := r.In(); {
				case r.Thread == "":
				case r.Life == act.Cancellation, (r.Life == act.Withdrawal || r.Life == act.IssuedInError) && first[r.Answers]:
					over[t] = true // nothing stands
				case r.Life != act.Withdrawal && r.Life != act.IssuedInError && r.Measure != "":
					last[t] = r
					first[r.Ref] = r.Life == act.New
				}
			}
			if len(rows) < 1000 {
				break
			}
			from = rows[len(rows)-1].Ref.Index + 1
		}
	}
	var out []docket.Row
	for t, r := range last {
		if !over[t] {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b docket.Row) int {
		return cmp.Or(cmp.Compare(b.Claimed, a.Claimed), cmp.Compare(a.Ref.Origin, b.Ref.Origin), cmp.Compare(a.Ref.Index, b.Ref.Index))
	})
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
