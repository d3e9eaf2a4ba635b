package condition

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"detente/pack"
)

// Places are measured in the plane that touches the ellipsoid of WGS 84 halfway
// between two points. Up to 300 km and 75 degrees of latitude the distance is off
// by less than 0.1 percent. Between two points of a line or outline the way runs
// straight in latitude and longitude, as a form's outline is checked; it departs
// from the shortest way by 0.2 km on 100 km at 45 degrees, with the square of the
// length. What lies within tolerance of an edge counts as on it. Outlines across
// the 180th meridian are not known.
const (
	equator   = 6378.137         // km, WGS 84
	eccentric = 6.69437999014e-3 // first eccentricity squared, WGS 84
	tolerance = 0.010            // km
	coarse    = 0.5              // km: smaller holes of a zone are passed over
	maxSteps  = 1 << 14          // looks at a place for one comparison
)

// metres of a degree, in km: north and east, at a latitude.
func scale(lat float64) (north, east float64) {
	s := math.Sin(lat * math.Pi / 180)
	w := 1 - eccentric*s*s
	const rad = math.Pi / 180
	return equator * (1 - eccentric) / (w * math.Sqrt(w)) * rad, equator / math.Sqrt(w) * math.Cos(lat*rad) * rad
}

// Distance between two places in km.
func Distance(a, b pack.Point) float64 {
	north, east := scale((a.Lat + b.Lat) / 2)
	return math.Hypot((b.Lat-a.Lat)*north, (b.Lon-a.Lon)*east)
}

// foot is how a place lies to one segment.
type foot struct {
	km    float64 // distance
	at    float64 // 0..1 along the segment
	along float64 // unclamped
	side  float64 // > 0: left of it
}

// footOn finds the nearest place of segment ab. The scale is that of the latitude
// between the place and its foot; two rounds settle it.
func footOn(p, a, b pack.Point) foot {
	lat := p.Lat
	var f foot
	for range 2 {
		north, east := scale((p.Lat + lat) / 2)
		ax, ay := (a.Lon-p.Lon)*east, (a.Lat-p.Lat)*north
		dx, dy := (b.Lon-a.Lon)*east, (b.Lat-a.Lat)*north
		if n := dx*dx + dy*dy; n > 0 {
			f.along = -(ax*dx + ay*dy) / n
		}
		f.at = min(max(f.along, 0), 1)
		f.km = math.Hypot(ax+f.at*dx, ay+f.at*dy)
		f.side = dx*(-ay) - dy*(-ax)
		lat = a.Lat + f.at*(b.Lat-a.Lat)
	}
	return f
}

// shape is a zone that can be asked about places. Its answer holds for every place
// closer than slack km.
type shape interface {
	look(p pack.Point) (inside bool, slack float64)
	some() pack.Point // one place of it
}

// outline is a closed outline; the first point need not be repeated.
type outline []pack.Point

func (o outline) some() pack.Point { return o[0] }

func (o outline) look(p pack.Point) (bool, float64) {
	inside, slack := false, math.Inf(1)
	for i := range o {
		a, b := o[i], o[(i+1)%len(o)]
		if (a.Lat > p.Lat) != (b.Lat > p.Lat) && p.Lon < (b.Lon-a.Lon)*(p.Lat-a.Lat)/(b.Lat-a.Lat)+a.Lon {
			inside = !inside
		}
		slack = min(slack, footOn(p, a, b).km)
	}
	return inside, slack
}

// strip is the land within km of a line: on both sides or one, with flat ends, as
// "measured at right angles" has it, or round ones.
type strip struct {
	line  []pack.Point
	km    float64
	side  float64 // 1 left, -1 right, 0 both
	round bool
}

func (s strip) some() pack.Point { return s.line[0] }

func (s strip) look(p pack.Point) (bool, float64) {
	best, at := foot{km: math.Inf(1)}, 0
	for i := range len(s.line) - 1 {
		if f := footOn(p, s.line[i], s.line[i+1]); f.km < best.km {
			best, at = f, i
		}
	}
	inside, slack := best.km <= s.km, math.Abs(best.km-s.km)
	if s.side != 0 {
		inside = inside && (best.side*s.side >= 0)
		slack = min(slack, best.km)
	}
	if !s.round {
		last := len(s.line) - 2
		if at == 0 && best.along < 0 || at == last && best.along > 1 {
			inside = false
		}
		slack = min(slack, s.end(p, s.line[0], s.line[1]), s.end(p, s.line[last+1], s.line[last]))
	}
	return inside, slack
}

// end is the distance to the flat end at a of a line that goes on to b.
func (s strip) end(p, a, b pack.Point) float64 {
	north, east := scale(a.Lat)
	dx, dy := (b.Lon-a.Lon)*east, (b.Lat-a.Lat)*north
	n := math.Hypot(dx, dy)
	if n == 0 {
		return 0
	}
	east, north = s.km/east, s.km/north
	l := pack.Point{Lat: a.Lat + dx/n*north, Lon: a.Lon - dy/n*east}
	r := pack.Point{Lat: a.Lat - dx/n*north, Lon: a.Lon + dy/n*east}
	return footOn(p, l, r).km
}

// union is several zones; they need not touch.
type union []shape

func (u union) some() pack.Point { return u[0].some() }

func (u union) look(p pack.Point) (bool, float64) {
	inside, in, out := false, 0.0, math.Inf(1)
	for _, s := range u {
		i, slack := s.look(p)
		if i {
			inside, in = true, max(in, slack)
		} else {
			out = min(out, slack)
		}
	}
	if inside {
		return true, in
	}
	return false, out
}

// figure is what a form places: single points, a line, or an area with its inside.
type figure struct {
	points []pack.Point
	line   bool // from point to point
	area   bool // and what lies inside; the last point leads back to the first
}

// comparison counts its looks, so that it ends.
type comparison struct {
	shape
	steps int
}

// within reports whether the whole figure lies in the shape.
func (f figure) within(s shape) Outcome {
	c := &comparison{shape: s}
	for _, p := range f.points {
		if in, slack := s.look(p); !in && slack > tolerance {
			return Not
		}
	}
	for a, b := range f.edges() {
		if !along(s, a, b) && !c.all(a, b) {
			return c.outcome(Not)
		}
	}
	if f.area && !c.filled(outline(f.points)) {
		return c.outcome(Not)
	}
	return c.outcome(Holds)
}

// meets reports whether a part of the figure lies in the shape, or touches it.
func (f figure) meets(s shape) Outcome {
	c := &comparison{shape: s}
	for _, p := range f.points {
		if in, slack := s.look(p); in || slack <= tolerance {
			return Holds
		}
	}
	for a, b := range f.edges() {
		if c.any(a, b) {
			return Holds
		}
	}
	if !f.area {
		return c.outcome(Not)
	}
	for _, p := range parts(s) {
		if in, _ := outline(f.points).look(p); in {
			return Holds
		}
	}
	return c.outcome(Not)
}

// parts is one place of each part of a zone.
func parts(s shape) []pack.Point {
	u, ok := s.(union)
	if !ok {
		return []pack.Point{s.some()}
	}
	var all []pack.Point
	for _, p := range u {
		all = append(all, parts(p)...)
	}
	return all
}

func (f figure) edges() func(func(a, b pack.Point) bool) {
	return func(yield func(a, b pack.Point) bool) {
		n := len(f.points)
		if !f.line {
			return
		}
		for i := range n - 1 {
			if !yield(f.points[i], f.points[i+1]) {
				return
			}
		}
		if f.area {
			yield(f.points[n-1], f.points[0])
		}
	}
}

func (c *comparison) outcome(o Outcome) Outcome {
	if c.steps > maxSteps {
		return Unknown
	}
	return o
}

// along reports whether a way runs along one edge of an outline.
func along(s shape, a, b pack.Point) bool {
	switch s := s.(type) {
	case union:
		return slices.ContainsFunc(s, func(part shape) bool { return along(part, a, b) })
	case outline:
		for i := range s {
			p, q := s[i], s[(i+1)%len(s)]
			if footOn(a, p, q).km < tolerance && footOn(b, p, q).km < tolerance {
				return true
			}
		}
	}
	return false
}

// all reports whether a way lies in the shape as a whole.
func (c *comparison) all(a, b pack.Point) bool {
	if c.steps++; c.steps > maxSteps {
		return false
	}
	m, half := middle(a, b), Distance(a, b)/2*1.01
	in, slack := c.look(m)
	switch {
	case in && slack > half:
		return true
	case !in && slack > tolerance:
		return false
	case half < tolerance:
		return true
	}
	return c.all(a, m) && c.all(m, b)
}

// any reports whether a part of a way lies in the shape.
func (c *comparison) any(a, b pack.Point) bool {
	if c.steps++; c.steps > maxSteps {
		return false
	}
	m, half := middle(a, b), Distance(a, b)/2*1.01
	in, slack := c.look(m)
	switch {
	case in || slack <= tolerance:
		return true
	case slack > half || half < tolerance:
		return false
	}
	return c.any(a, m) || c.any(m, b)
}

// filled reports whether the inside of an area has no hole of the shape.
func (c *comparison) filled(o outline) bool {
	low, high := o[0], o[0]
	for _, p := range o {
		low = pack.Point{Lat: min(low.Lat, p.Lat), Lon: min(low.Lon, p.Lon)}
		high = pack.Point{Lat: max(high.Lat, p.Lat), Lon: max(high.Lon, p.Lon)}
	}
	return c.cell(o, low, high)
}

func (c *comparison) cell(o outline, low, high pack.Point) bool {
	if c.steps++; c.steps > maxSteps {
		return false
	}
	m, r := middle(low, high), max(Distance(low, high), Distance(pack.Point{Lat: low.Lat, Lon: high.Lon}, pack.Point{Lat: high.Lat, Lon: low.Lon}))/2*1.01
	own, slack := o.look(m)
	if !own && slack > r {
		return true
	}
	in, room := c.look(m)
	switch {
	case in && room > r:
		return true
	case own && !in && room > tolerance:
		return false
	case r < coarse:
		return true
	}
	return c.cell(o, low, m) && c.cell(o, m, high) &&
		c.cell(o, pack.Point{Lat: low.Lat, Lon: m.Lon}, pack.Point{Lat: m.Lat, Lon: high.Lon}) &&
		c.cell(o, pack.Point{Lat: m.Lat, Lon: low.Lon}, pack.Point{Lat: high.Lat, Lon: m.Lon})
}

func middle(a, b pack.Point) pack.Point {
	return pack.Point{Lat: (a.Lat + b.Lat) / 2, Lon: (a.Lon + b.Lon) / 2}
}

// maxLine bounds the points of a line or outline.
const maxLine = 500

// ParsePoints reads the value of a slot of type line or outline: latitude and
// longitude in decimal degrees, parted by a space, point after point, parted by
// semicolons: "43.25 76.95; 43.30 77.10".
func ParsePoints(s string) ([]pack.Point, error) {
	parts := strings.Split(s, ";")
	if len(parts) < 2 || len(parts) > maxLine {
		return nil, fmt.Errorf("%d points are not 2 to %d", len(parts), maxLine)
	}
	points := make([]pack.Point, len(parts))
	for i, part := range parts {
		f := strings.Fields(part)
		if len(f) != 2 {
			return nil, fmt.Errorf("point %d is not a latitude and a longitude", i+1)
		}
		lat, ok := degrees(f[0], 90)
		lon, fine := degrees(f[1], 180)
		if !ok || !fine {
			return nil, fmt.Errorf("point %d: %q is not a latitude of -90 to 90 and a longitude of -180 to 180", i+1, strings.TrimSpace(part))
		}
		points[i] = pack.Point{Lat: lat, Lon: lon}
	}
	return points, nil
}

func degrees(s string, limit float64) (float64, bool) {
	if s == "" || strings.Trim(s, "-0123456789.") != "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil && f >= -limit && f <= limit
}
