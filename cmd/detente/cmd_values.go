package main

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"detente/control"
	"detente/position"
	"detente/regime"
)

// readValues reads a filled form as JSON, YAML or CSV by the end of its name; from
// stdin, JSON if it begins with a brace, or else YAML.
func (a *app) readValues(f *regime.Form, path string) (*regime.Values, error) {
	b, err := a.readFile(path)
	if err != nil {
		return nil, err
	}
	var v *regime.Values
	switch end := strings.ToLower(filepath.Ext(path)); {
	case end == ".csv":
		v, err = f.ReadCSV(b)
	case end == ".yaml" || end == ".yml" || path == "-" && !bytes.HasPrefix(bytes.TrimSpace(b), []byte("{")):
		v, err = f.ReadYAML(b)
	default:
		v, err = regime.ReadValues(b)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return v, nil
}

// earlier reads what a draft begins from: an act, a thread as it stands, another
// draft, or a file. It returns the code of the form.
func (a *app) earlier(ctx context.Context, from string, form string) (string, *regime.Values, error) {
	if slices.Contains([]string{".json", ".yaml", ".yml", ".csv"}, strings.ToLower(filepath.Ext(from))) {
		f, err := a.form(ctx, form)
		if err != nil {
			return "", nil, err
		}
		v, err := a.readValues(f, from)
		return form, v, err
	}
	var e control.Earlier
	if err := a.call(ctx, "earlier", control.RefArgs{Ref: from}, &e); err != nil {
		return "", nil, err
	}
	if form != "" && form != e.Code {
		return "", nil, usage("detente draft new --from "+from, fmt.Sprintf("%s was made with the form %s, not %s", from, e.Code, form))
	}
	v, err := regime.ReadValues(e.Values)
	return e.Code, v, err
}

// again names the dates that a draft took over from an earlier one and that nobody
// has set since.
func (a *app) again(f *regime.Form, v *regime.Values, set func(id string) bool) {
	timed := func(kind string) bool {
		return kind == regime.TypeDate || kind == regime.TypeMoment || kind == regime.TypeYear
	}
	var lines []string
	for i := range f.Fields {
		field := &f.Fields[i]
		value, ok := v.Get(field.ID)
		if !ok || set(field.ID) {
			continue
		}
		if _, answered := v.Answer(field.ID); timed(field.Type) && !answered {
			lines = append(lines, fmt.Sprintf("%s %s: %v", field.Number, field.Name[regime.English], value))
		}
		for j := range field.Columns {
			if timed(field.Columns[j].Type) {
				lines = append(lines, fmt.Sprintf("%s %s: %s in each row", field.Number, field.Name[regime.English], field.Columns[j].Name[regime.English]))
			}
		}
	}
	if len(lines) == 0 {
		return
	}
	a.talk("Dates to be looked at again, taken over as they were:")
	for _, l := range lines {
		a.talk("  %s", l)
	}
}

// echo shows each point of the fields that were typed in all three spellings, so
// that a mistake is seen before it is kept.
func (a *app) echo(f *regime.Form, v *regime.Values, typed func(id string) bool) {
	for i := range f.Fields {
		field := &f.Fields[i]
		points, ok := v.Points(field.ID)
		if !ok || !typed(field.ID) {
			continue
		}
		for j, p := range points {
			at := position.Point{Lat: int64(p.Lat), Lon: int64(p.Lon)}
			grid, ok := at.Grid()
			if !ok {
				grid = "no MGRS so near the pole"
			}
			a.talk("  %s point %d: %s | %s | %s", field.Number, j+1, at.Sexagesimal(), at.Degrees(), grid)
		}
	}
}
