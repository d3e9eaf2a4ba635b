package calendar

import (
	"fmt"
	"io"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"
)

// Shape says how the points of an area belong together.
type Shape string

// The shapes.
const (
	Outline Shape = "outline" // closed by its first point
	Line    Shape = "line"
	Places  Shape = "places" // each for itself
)

// Area is where something was said to be.
type Area struct {
	Shape  Shape
	Points [][2]float64      // longitude and latitude, WGS 84
	About  map[string]string // e.g. place of the act, sender, name, from, until
}

// GeoJSON writes areas as one feature collection: outlines, lines and points, and
// never a state.
func GeoJSON(w io.Writer, areas []Area) error {
	all := geojson.NewFeatureCollection()
	for i := range areas {
		a := &areas[i]
		var points []orb.Point
		for _, p := range a.Points {
			points = append(points, orb.Point(p))
		}
		var g orb.Geometry
		switch {
		case a.Shape == Outline && len(points) >= 4:
			ring := orb.Ring(points)
			if ring.Orientation() == orb.CW {
				ring.Reverse()
			}
			g = orb.Polygon{ring}
		case a.Shape == Line && len(points) >= 2:
			g = orb.LineString(points)
		case a.Shape == Places && len(points) == 1:
			g = points[0]
		case a.Shape == Places && len(points) > 1:
			g = orb.MultiPoint(points)
		default:
			return fmt.Errorf("an area of %d points is no %s", len(points), a.Shape)
		}
		f := geojson.NewFeature(g)
		for k, v := range a.About {
			f.Properties[k] = v
		}
		all.Append(f)
	}
	b, err := all.MarshalJSON()
	if err != nil {
		return fmt.Errorf("write areas: %w", err)
	}
	if _, err := w.Write(append(b, '\n')); err != nil {
		return fmt.Errorf("write areas: %w", err)
	}
	return nil
}
