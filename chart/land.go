package chart

import (
	_ "embed"
	"math"
	"strconv"
	"strings"
)

//go:embed land.txt
var landText string

// Point is a place in degrees, WGS 84: longitude from -180 to 180, latitude from -90 to 90.
type Point struct{ Lon, Lat float64 }

// land reads the rings of the land. A ring goes on beyond 180 degrees where it lies
// across that meridian; the one about the pole is closed there.
func land() [][]Point {
	var rings [][]Point
	for line := range strings.Lines(landText) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		var ring []Point
		lon, lat, odd := 0, 0, false
		for word := range strings.FieldsSeq(line) {
			n, err := strconv.Atoi(word)
			if err != nil {
				return nil // the file is part of the program: a test reads it
			}
			if odd {
				lat += n
				ring = append(ring, Point{float64(lon) / 10, float64(lat) / 10})
			} else {
				for lon += n; len(ring) > 0 && float64(lon)/10-ring[len(ring)-1].Lon > 180; {
					lon -= 3600
				}
				for len(ring) > 0 && float64(lon)/10-ring[len(ring)-1].Lon < -180 {
					lon += 3600
				}
			}
			odd = !odd
		}
		if first, last := ring[0], ring[len(ring)-1]; first != last {
			pole := math.Copysign(90, last.Lat)
			ring = append(ring, Point{last.Lon, pole}, Point{first.Lon, pole}, first)
		}
		rings = append(rings, ring)
	}
	return rings
}

// clip cuts a ring to a box, edge by edge: Sutherland and Hodgman.
func clip(ring []Point, b Box) []Point {
	type edge struct {
		in  func(Point) bool
		cut func(p, q Point) Point
	}
	atLon := func(lon float64) func(p, q Point) Point {
		return func(p, q Point) Point {
			return Point{lon, p.Lat + (q.Lat-p.Lat)*(lon-p.Lon)/(q.Lon-p.Lon)}
		}
	}
	atLat := func(lat float64) func(p, q Point) Point {
		return func(p, q Point) Point {
			return Point{p.Lon + (q.Lon-p.Lon)*(lat-p.Lat)/(q.Lat-p.Lat), lat}
		}
	}
	for _, e := range []edge{
		{func(p Point) bool { return p.Lon >= b.West }, atLon(b.West)},
		{func(p Point) bool { return p.Lon <= b.East }, atLon(b.East)},
		{func(p Point) bool { return p.Lat >= b.South }, atLat(b.South)},
		{func(p Point) bool { return p.Lat <= b.North }, atLat(b.North)},
	} {
		if len(ring) == 0 {
			return nil
		}
		var out []Point
		before := ring[len(ring)-1]
		for _, p := range ring {
			if e.in(p) != e.in(before) {
				out = append(out, e.cut(before, p))
			}
			if e.in(p) {
				out = append(out, p)
			}
			before = p
		}
		ring = out
	}
	return ring
}
