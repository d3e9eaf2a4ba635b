package screen

import (
	"bytes"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"

	"detente/calendar"
	"detente/chart"
	"detente/control"
	"detente/party"
	"detente/position"
)

func mapRoutes() []route {
	return []route{
		{"GET /map", mapPage, false},
		{"GET /map/areas", areasFile, false},
	}
}

// mapView is the map of what was notified, and the same as a table.
type mapView struct {
	looking
	On      string // day; empty: whatever its time
	Box     string // as an address has it; empty: around all that is shown
	Drawing template.HTML
	Rows    []mapRow
	Others  int    // not of that day
	Moves   []move // ways over the map
	Files   string // query of the file
}

// move is a link that draws the map anew.
type move struct{ Key, Href string }

// mapRow is a feature of the map.
type mapRow struct {
	Number      int
	Place       string
	Party       party.ID
	Thread      string
	Field       string
	Shape       string
	From, Until string
	Points      []string // as coordinates
	Own         bool
}

func mapPage(v *visit) error {
	m, all, err := v.areas()
	if err != nil {
		return err
	}
	shown := all[:0]
	for _, a := range all {
		from, until := day(a.About["start_date"]), day(a.About["end_date"])
		if m.On != "" && from != "" && (m.On < from || m.On > max(from, until)) {
			m.Others++
			continue
		}
		shown = append(shown, a)
	}
	var shapes []chart.Shape
	var points []chart.Point
	for i, a := range shown {
		row := mapRow{Number: i + 1, Place: a.Place, Party: party.ID(a.About["author"]), Thread: a.About["thread"], Field: a.About["field"], Shape: a.Shape,
			From: day(a.About["start_date"]), Until: day(a.About["end_date"]), Own: a.About["author"] == string(v.head.Party)}
		s := chart.Shape{Kind: a.Shape, Number: row.Number, Title: v.nameOf(a.About["author"]) + ", " + row.Thread + ", " + row.Field, Href: link(a.Place), Own: row.Own}
		for _, p := range a.Points {
			s.Points = append(s.Points, chart.Point{Lon: p[0], Lat: p[1]})
			row.Points = append(row.Points, position.Point{Lat: int64(math.Round(p[1] * 1e6)), Lon: int64(math.Round(p[0] * 1e6))}.Degrees())
		}
		points = append(points, s.Points...)
		shapes = append(shapes, s)
		m.Rows = append(m.Rows, row)
	}
	box := chart.Around(points)
	if asked, ok := boxNamed(v.r.URL.Query().Get("box")); ok {
		box = asked
	}
	m.Moves = v.moves(box, len(points) > 0)
	m.Drawing = template.HTML(chart.Map{Title: v.t("page.map"), Desc: v.t("map.desc", "n", len(shapes)), Box: box, Shapes: shapes}.SVG())
	return v.showAs("map", v.t("page.map"), m.Status, m)
}

// areas are what was notified with a place, own ones first.
func (v *visit) areas() (*mapView, []control.Area, error) {
	look, args, err := v.look()
	if err != nil {
		return nil, nil, err
	}
	args.At = "" // areas are shown as they stand now
	m := &mapView{looking: look, Box: v.r.URL.Query().Get("box"), Files: "?status=" + look.Status}
	if on := strings.TrimSpace(v.r.URL.Query().Get("on")); on != "" {
		if _, err := momentOf(on); err != nil {
			return nil, nil, err
		}
		m.On = day(on)
	}
	var all []control.Area
	if err := v.call("areas", control.AreasArgs{LookArgs: args}, &all); err != nil {
		return nil, nil, err
	}
	slices.SortStableFunc(all, func(x, y control.Area) int {
		a, b := x.About["author"] == string(v.head.Party), y.About["author"] == string(v.head.Party)
		return map[bool]int{true: 1}[b] - map[bool]int{true: 1}[a]
	})
	return m, all, nil
}

// moves are the ways over a map, each a link: they need no script.
func (v *visit) moves(b chart.Box, any bool) []move {
	to := func(b chart.Box) string { return v.with("box", nameOfBox(b)) }
	all := []move{{"nearer", to(b.Scaled(0.5))}, {"wider", to(b.Scaled(2))}}
	if !b.IsWorld() {
		all = append(all, move{"west", to(b.Moved(-0.5, 0))}, move{"east", to(b.Moved(0.5, 0))}, move{"north", to(b.Moved(0, 0.5))}, move{"south", to(b.Moved(0, -0.5))})
	}
	if any {
		all = append(all, move{"all", v.with("box", "")})
	}
	return append(all, move{"world", to(chart.World())})
}

func nameOfBox(b chart.Box) string {
	return fmt.Sprintf("%.4f,%.4f,%.4f,%.4f", b.West, b.South, b.East, b.North)
}

// boxNamed reads a box of an address; false: it is none.
func boxNamed(s string) (chart.Box, bool) {
	parts := strings.Split(s, ",")
	if len(parts) != 4 {
		return chart.Box{}, false
	}
	var f [4]float64
	for i, p := range parts {
		n, err := strconv.ParseFloat(p, 64)
		if err != nil {
			return chart.Box{}, false
		}
		f[i] = n
	}
	b := chart.Box{West: f[0], South: f[1], East: f[2], North: f[3]}
	return b, b.Valid()
}

// areasFile is what the map shows for another program, as GeoJSON.
func areasFile(v *visit) error {
	_, list, err := v.areas()
	if err != nil {
		return err
	}
	all := []calendar.Area{}
	for _, a := range list {
		all = append(all, calendar.Area{Shape: calendar.Shape(a.Shape), Points: a.Points, About: a.About})
	}
	var b bytes.Buffer
	if err := calendar.GeoJSON(&b, all); err != nil {
		return err
	}
	return v.hand("areas.geojson", "application/geo+json", b.Bytes())
}
