package calendar

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
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
	Points [][2]float64      // longitude and latitude in degrees, WGS 84
	About  map[string]string // e.g. place of the act, sender, name, from, until
}

// geometry and feature are those of RFC 7946 §3.1 and §3.2.
type geometry struct {
	Type        string `json:"type"`
	Coordinates any    `json:"coordinates"`
}

type feature struct {
	Type       string            `json:"type"`
	Geometry   geometry          `json:"geometry"`
	Properties map[string]string `json:"properties"`
}

// GeoJSON writes areas as one feature collection: outlines, lines and points, and
// never a state.
func GeoJSON(w io.Writer, areas []Area) error {
	all := struct {
		Type     string    `json:"type"`
		Features []feature `json:"features"`
	}{"FeatureCollection", []feature{}}
	for i := range areas {
		g, err := areas[i].geometry()
		if err != nil {
			return err
		}
		about := areas[i].About
		if about == nil {
			about = map[string]string{}
		}
		all.Features = append(all.Features, feature{"Feature", g, about})
	}
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	if err := out.Encode(all); err != nil {
		return fmt.Errorf("write areas: %w", err)
	}
	return nil
}

func (a *Area) geometry() (geometry, error) {
	switch {
	case a.Shape == Outline && len(a.Points) >= 4 && a.Points[0] == a.Points[len(a.Points)-1]:
		ring := slices.Clone(a.Points)
		if clockwise(ring) { // RFC 7946 §3.1.6: an outer ring turns against the clock
			slices.Reverse(ring)
		}
		return geometry{"Polygon", [][][2]float64{ring}}, nil
	case a.Shape == Line && len(a.Points) >= 2:
		return geometry{"LineString", a.Points}, nil
	case a.Shape == Places && len(a.Points) == 1:
		return geometry{"Point", a.Points[0]}, nil
	case a.Shape == Places && len(a.Points) > 1:
		return geometry{"MultiPoint", a.Points}, nil
	}
	return geometry{}, fmt.Errorf("%d points are no %s", len(a.Points), a.Shape)
}

// clockwise reports in which direction a ring turns, by the sign of its area.
func clockwise(ring [][2]float64) bool {
	sum := 0.0
	for i := 1; i < len(ring); i++ {
		sum += (ring[i][0] - ring[i-1][0]) * (ring[i][1] + ring[i-1][1])
	}
	return sum > 0
}
