package control

import (
	"context"
	"slices"
	"time"

	"detente/act"
	"detente/docket"
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

// AreasArgs select areas.
type AreasArgs struct {
	LookArgs
	// From and Until are days, 2027-08-20: only what is dated and lies from the first
	// until before the second, at least in part. Empty: whatever its time.
	From  string `json:"from"`
	Until string `json:"until"`
}

// areas lists the areas, lines and places of the statements in force that this
// state can read, each as its author corrected it since.
func areas(ctx context.Context, c *call, a AreasArgs) (any, error) {
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
	for _, day := range []string{a.From, a.Until} {
		if _, err := time.Parse(time.DateOnly, day); day != "" && err != nil {
			return nil, refuse(Usage, "write 2027-08-20", "%q is no day", day)
		}
	}
	all, err := c.atlas.list(ctx, c, a.Status, a.Language)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(x Area) bool { return !x.within(a.From, a.Until) }), nil
}

// within reports whether an area is dated and lies from a day until before another, at
// least in part; without days every one does.
func (x Area) within(first, end string) bool {
	from, until := day(x.About["start_date"]), day(x.About["end_date"])
	return first == "" && end == "" || from != "" && until != "" && (first == "" || until >= first) && (end == "" || from < end)
}

// day is the day of a date or of a moment.
func day(s string) string { return s[:min(len(s), len(time.DateOnly))] }

// hasPlace reports whether a form asks for an area, a line or a place.
func hasPlace(f *regime.Form) bool { return slices.ContainsFunc(f.Fields, located) }

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
