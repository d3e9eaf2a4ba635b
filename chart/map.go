package chart

import (
	"fmt"
	"html"
	"math"
	"slices"
	"strings"
)

// Kinds of a shape.
const (
	Outline = "outline" // closed by its first point
	Line    = "line"
	Places  = "places" // each for itself
)

// Shape is something that somebody notified at a place.
type Shape struct {
	Kind   string
	Points []Point
	Number int    // by which the table beside the map explains it
	Title  string // in words, for whoever does not see the map
	Href   string // address of its page; empty: none
	Own    bool   // of the state whose map it is
}

// Map is what is drawn.
type Map struct {
	Title, Desc string // what the drawing is, for whoever does not see it
	Box         Box
	Shapes      []Shape
}

const (
	// width of a drawing in its own units, and the bounds of its height.
	width, least, most = 960.0, 320.0, 720.0
	// earthRadius in kilometres: of the sphere with the earth's area.
	earthRadius = 6371.007
)

// canvas is a drawing that grows.
type canvas struct {
	strings.Builder
	box    Box
	to     projection
	scale  float64 // units for a radius of the earth
	x0, y1 float64 // of the upper left corner
	height float64
	marks  [][2]float64 // where numbers stand already
}

// SVG is the drawing as one element.
func (m Map) SVG() string {
	c := newCanvas(m.Box)
	role := "img"
	if slices.ContainsFunc(m.Shapes, func(s Shape) bool { return s.Href != "" }) {
		role = "group" // an image would hide the links in it
	}
	fmt.Fprintf(c, `<svg class="map" viewBox="0 0 %.0f %.0f" role="%s" aria-labelledby="map-title map-desc"><title id="map-title">%s</title><desc id="map-desc">%s</desc>`,
		width, c.height, role, html.EscapeString(m.Title), html.EscapeString(m.Desc))
	fmt.Fprintf(c, `<rect class="map-water" width="%.0f" height="%.0f"/>`, width, c.height)
	c.land()
	c.graticule()
	for i := range m.Shapes {
		c.shape(&m.Shapes[i])
	}
	c.scaleBar()
	c.WriteString(`</svg>`)
	return c.String()
}

func newCanvas(b Box) *canvas {
	c := &canvas{box: b, to: b.projection()}
	minX, maxX, minY, maxY := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for i := 0; i <= 24; i++ { // along the edges of the box
		f := float64(i) / 24
		lon, lat := b.West+(b.East-b.West)*f, b.South+(b.North-b.South)*f
		for _, p := range []Point{{lon, b.South}, {lon, b.North}, {b.West, lat}, {b.East, lat}} {
			x, y := c.to(p)
			minX, maxX, minY, maxY = min(minX, x), max(maxX, x), min(minY, y), max(maxY, y)
		}
	}
	c.scale = width / (maxX - minX)
	c.height = math.Round(min(most, max(least, (maxY-minY)*c.scale)))
	if (maxY-minY)*c.scale > most { // a box higher than wide: its height counts
		c.scale = most / (maxY - minY)
	}
	c.x0 = (minX+maxX)/2 - width/2/c.scale
	c.y1 = (minY+maxY)/2 + c.height/2/c.scale
	return c
}

// at is where a place is drawn.
func (c *canvas) at(p Point) (x, y float64) {
	x, y = c.to(p)
	return (x - c.x0) * c.scale, (c.y1 - y) * c.scale
}

// near is a place by the turn of the earth in which it lies nearest to the middle.
func (c *canvas) near(p Point) Point {
	middle := (c.box.West + c.box.East) / 2
	for p.Lon < middle-180 {
		p.Lon += 360
	}
	for p.Lon > middle+180 {
		p.Lon -= 360
	}
	return p
}

// room is the box with so many degrees around it, as far as the earth goes.
func (c *canvas) room(degrees float64) Box {
	if c.box.IsWorld() {
		return World()
	}
	return Box{c.box.West - degrees, max(-90, c.box.South-degrees), c.box.East + degrees, min(90, c.box.North+degrees)}
}

func (c *canvas) land() {
	// Beyond the box as far as the corners of the drawing may show, and the cut does not.
	room := c.room(30)
	var d strings.Builder
	for _, ring := range land() {
		for _, shift := range []float64{-720, -360, 0, 360, 720} {
			turned := make([]Point, len(ring))
			for i, p := range ring {
				turned[i] = Point{p.Lon + shift, p.Lat}
			}
			c.path(&d, clip(turned, room), true)
		}
	}
	fmt.Fprintf(c, `<path class="map-land" d="%s"/>`, d.String())
}

// path adds points to the data of a path; what lies within half a unit of the point
// before adds nothing.
func (c *canvas) path(d *strings.Builder, points []Point, closed bool) {
	var lastX, lastY float64
	n := 0
	for i, p := range points {
		x, y := c.at(p)
		if n > 0 && math.Abs(x-lastX) < 0.5 && math.Abs(y-lastY) < 0.5 && i < len(points)-1 {
			continue
		}
		command := byte('L')
		if n == 0 {
			command = 'M'
		}
		fmt.Fprintf(d, "%c%.1f %.1f", command, x, y)
		lastX, lastY = x, y
		n++
	}
	if n > 0 && closed {
		d.WriteByte('Z')
	}
}

// steps of a graticule in degrees, the widest first.
func steps() []float64 { return []float64{30, 20, 10, 5, 2, 1, 0.5, 0.2} }

func (c *canvas) graticule() {
	b := c.box
	step := steps()[0]
	for _, s := range steps() {
		if step = s; (b.East-b.West)/s >= 4 {
			break
		}
	}
	var d, labels strings.Builder
	r := c.room(max(b.East-b.West, b.North-b.South))
	for lon := math.Ceil(r.West/step) * step; lon <= r.East; lon += step {
		c.path(&d, between(Point{lon, r.South}, Point{lon, r.North}), false)
		if b.IsWorld() && (math.Mod(lon, 60) != 0 || math.Abs(lon) == 180) {
			continue // they would stand in each other's way
		}
		if x, _ := c.at(Point{lon, b.South}); x > 30 && x < width-40 {
			fmt.Fprintf(&labels, `<text x="%.1f" y="%.1f" text-anchor="middle">%s</text>`, x, c.height-8, meridian(lon))
		}
	}
	for lat := math.Ceil(r.South/step) * step; lat <= r.North; lat += step {
		c.path(&d, between(Point{r.West, lat}, Point{r.East, lat}), false)
		if _, y := c.at(Point{b.West, lat}); y > 20 && y < c.height-24 {
			fmt.Fprintf(&labels, `<text x="6" y="%.1f">%s</text>`, y-3, degrees(lat, "N", "S"))
		}
	}
	fmt.Fprintf(c, `<path class="map-lines" d="%s"/><g class="map-degrees">%s</g>`, d.String(), labels.String())
}

// between are the points of a straight line in degrees.
func between(p, q Point) []Point {
	var out []Point
	for i := 0; i <= 32; i++ {
		f := float64(i) / 32
		out = append(out, Point{p.Lon + (q.Lon-p.Lon)*f, p.Lat + (q.Lat-p.Lat)*f})
	}
	return out
}

func meridian(lon float64) string {
	if lon > 180 {
		lon -= 360
	}
	return degrees(lon, "E", "W")
}

func degrees(d float64, positive, negative string) string {
	letter := positive
	if d < 0 {
		d, letter = -d, negative
	}
	return fmt.Sprintf("%g°%s", math.Round(d*10)/10, letter)
}

func (c *canvas) shape(s *Shape) {
	if len(s.Points) == 0 {
		return
	}
	class := "map-other"
	if s.Own {
		class = "map-own"
	}
	fmt.Fprintf(c, `<g class="%s">`, class)
	if s.Href != "" {
		fmt.Fprintf(c, `<a href="%s">`, html.EscapeString(s.Href))
	}
	fmt.Fprintf(c, `<title>%d. %s</title>`, s.Number, html.EscapeString(s.Title))
	points := make([]Point, len(s.Points))
	for i, p := range s.Points {
		points[i] = c.near(p)
	}
	switch s.Kind {
	case Places:
		for _, p := range points {
			x, y := c.at(p)
			fmt.Fprintf(c, `<circle class="map-place" cx="%.1f" cy="%.1f" r="5"/>`, x, y)
		}
	default:
		var d strings.Builder
		c.path(&d, points, s.Kind == Outline)
		fmt.Fprintf(c, `<path class="map-%s" d="%s"/>`, map[bool]string{true: "zone", false: "line"}[s.Kind == Outline], d.String())
	}
	x, y := c.middle(points)
	fmt.Fprintf(c, `<circle class="map-mark" cx="%.1f" cy="%.1f" r="11"/><text class="map-number" x="%.1f" y="%.1f" text-anchor="middle">%d</text>`, x, y, x, y+5, s.Number)
	if s.Href != "" {
		c.WriteString(`</a>`)
	}
	c.WriteString(`</g>`)
}

// middle is where the number of a shape stands: above the middle of its points.
func (c *canvas) middle(points []Point) (x, y float64) {
	minX, maxX, top := math.Inf(1), math.Inf(-1), math.Inf(1)
	for _, p := range points {
		px, py := c.at(p)
		minX, maxX, top = min(minX, px), max(maxX, px), min(top, py)
	}
	x, y = min(width-14, max(14, (minX+maxX)/2)), min(c.height-14, max(14, top-16))
	for slices.ContainsFunc(c.marks, func(m [2]float64) bool { return math.Hypot(m[0]-x, m[1]-y) < 22 }) && x < width-38 {
		x += 24 // beside the number that stands there
	}
	c.marks = append(c.marks, [2]float64{x, y})
	return x, y
}

func (c *canvas) scaleBar() {
	if c.box.IsWorld() {
		return // no one scale holds
	}
	km := 1.0
	for _, k := range []float64{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000} {
		if k/earthRadius*c.scale < width/5 {
			km = k
		}
	}
	long := km / earthRadius * c.scale
	x := width - 16 - long
	fmt.Fprintf(c, `<g class="map-scale"><path d="M%.1f 18v8h%.1fv-8"/><text x="%.1f" y="16" text-anchor="middle">%g km</text><path d="M24 34v-20l-5 8m5-8l5 8"/><text x="24" y="50" text-anchor="middle">N</text></g>`, x, long, x+long/2, km)
}
