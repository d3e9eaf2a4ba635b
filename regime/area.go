package regime

import (
	"slices"
	"strings"

	"detente/internal/canon"
)

// Point is a place on the earth, WGS 84, in millionths of a degree (a tenth of a
// metre of latitude): from -90 to 90 and from -180 to 180 degrees.
type Point struct{ Lat, Lon Decimal }

// parseDecimal reads a decimal of at most limit, without its sign: an optional
// minus, digits without leading zeros and, after a dot, one to six more.
func parseDecimal(s string, limit uint64) (Decimal, bool) {
	digits, negative := strings.CutPrefix(s, "-")
	whole, fraction, dotted := strings.Cut(digits, ".")
	if dotted && fraction == "" || len(fraction) > 6 || strings.Trim(fraction, "0123456789") != "" {
		return 0, false
	}
	n, err := canon.ParseDecimal(whole, limit)
	if err != nil {
		return 0, false
	}
	v := int64(n)
	for _, d := range fraction + strings.Repeat("0", 6-len(fraction)) {
		v = 10*v + int64(d-'0')
	}
	if v > int64(limit)*One {
		return 0, false
	}
	if negative {
		v = -v
	}
	return Decimal(v), true
}

// parsePoint reads {"lat": "43.25", "lon": "76.95"}; with named true also a name,
// which the caller checks.
func parsePoint(value any, named bool) (Point, bool) {
	of, _ := value.(map[string]any)
	lat, _ := of["lat"].(string)
	lon, _ := of["lon"].(string)
	keys := 2
	if named {
		keys = 3
	}
	a, ok := parseDecimal(lat, 90)
	b, fine := parseDecimal(lon, 180)
	return Point{a, b}, ok && fine && len(of) == keys
}

// place checks a point: {"name": "…", "lat": "43.25", "lon": "76.95"}. In a list
// it has a name, so that its items can be told apart.
func (c *checker) place(f *Field, value any) {
	of, _ := value.(map[string]any)
	name, named := of["name"]
	if _, valid := parsePoint(value, named); !valid || !named && f.Type == TypePlaces {
		c.add(f, said{
			`not a place: write {"name": "…", "lat": "43.25", "lon": "76.95"}, latitude -90 to 90, longitude -180 to 180, at most six decimals`,
			`не пункт на местности: укажите {"name": "…", "lat": "43.25", "lon": "76.95"}, широта от -90 до 90, долгота от -180 до 180, не более шести знаков после точки`,
		})
		return
	}
	if named {
		c.text(f, name, maxLine, false)
	}
}

// area checks a named closed outline: {"name": "…", "points": [{"lat": …}, …]}.
// It does not know outlines across the 180th meridian.
func (c *checker) area(f *Field, value any) {
	points, ok := c.points(f, value, said{
		`not an area: write {"name": "…", "points": [{"lat": "43.25", "lon": "76.95"}, …]}`,
		`не район: укажите {"name": "…", "points": [{"lat": "43.25", "lon": "76.95"}, …]}`,
	})
	if ok {
		c.outline(f, points)
	}
}

// stretch checks a named open line: two points or more, neighbours apart. It may
// cross itself, as a road does. It does not know lines across the 180th meridian.
func (c *checker) stretch(f *Field, value any) {
	points, ok := c.points(f, value, said{
		`not a line: write {"name": "…", "points": [{"lat": "43.25", "lon": "76.95"}, …]}`,
		`не линия: укажите {"name": "…", "points": [{"lat": "43.25", "lon": "76.95"}, …]}`,
	})
	if !ok {
		return
	}
	if len(points) < 2 {
		c.add(f, said{"%d points do not make a line: give two or more", "%d точек недостаточно для линии: укажите не менее двух"}, len(points))
	}
	for i := 1; i < len(points); i++ {
		if points[i] == points[i-1] {
			c.add(f, said{"points %d and %d are the same", "точки %d и %d совпадают"}, i, i+1)
			return
		}
	}
}

// points reads the points of an area or a line; what is wrong with the value as a
// whole, shape says.
func (c *checker) points(f *Field, value any, shape said) ([]Point, bool) {
	of, _ := value.(map[string]any)
	list, ok := of["points"].([]any)
	name, named := of["name"]
	if !ok || !named || len(of) != 2 {
		c.add(f, shape)
		return nil, false
	}
	c.text(f, name, maxLine, false)
	if len(list) > maxPoints {
		c.add(f, said{"%d points are more than %d", "%d точек — больше допустимых %d"}, len(list), maxPoints)
		return nil, false
	}
	points := make([]Point, len(list))
	for i := range list {
		points[i], ok = parsePoint(list[i], false)
		if !ok {
			c.add(f, said{
				"point %d is not a latitude of -90 to 90 and a longitude of -180 to 180 degrees with at most six decimals, as text",
				"точка %d: требуются широта от -90 до 90 и долгота от -180 до 180 градусов, не более шести знаков после точки, в виде текста",
			}, i+1)
			return nil, false
		}
	}
	return points, true
}

func (c *checker) outline(f *Field, points []Point) {
	n := len(points)
	if n < 4 {
		c.add(f, said{
			"%d points do not enclose an area: give three corners or more, and the first again at the end",
			"%d точек недостаточно для района: укажите не менее трёх вершин и в конце повторите первую",
		}, n)
		return
	}
	if points[0] != points[n-1] {
		c.add(f, said{
			"the outline is not closed: repeat the first point at the end",
			"контур не замкнут: в конце повторите первую точку",
		})
		return
	}
	corners := points[:n-1]
	for i, p := range corners {
		if j := slices.Index(corners, p); j != i {
			c.add(f, said{"points %d and %d are the same", "точки %d и %d совпадают"}, j+1, i+1)
			return
		}
	}
	if i, j, crossed := crossing(corners); crossed {
		c.add(f, said{
			"the side after point %d meets the side after point %d: put the points in order along the outline",
			"сторона после точки %d пересекает сторону после точки %d: расположите точки по порядку вдоль контура",
		}, i+1, j+1)
	}
}

// crossing finds two sides of a closed outline that meet although they are not
// neighbours, or neighbours that fold back on each other.
func crossing(corners []Point) (int, int, bool) {
	n := len(corners)
	for i := range n {
		a, b := corners[i], corners[(i+1)%n]
		for j := i + 1; j < n; j++ {
			p, q := corners[j], corners[(j+1)%n]
			switch {
			case j == i+1:
				if turn(a, b, q) == 0 && (between(a, b, q) || between(b, q, a)) {
					return i, j, true
				}
			case (j+1)%n == i:
				if turn(p, a, b) == 0 && (between(p, a, b) || between(a, b, p)) {
					return i, j, true
				}
			case meet(a, b, p, q):
				return i, j, true
			}
		}
	}
	return 0, 0, false
}

// turn is the sign of the turn from ab to ac. The products stay below 2^59.
func turn(a, b, c Point) int {
	d := (b.Lat-a.Lat)*(c.Lon-a.Lon) - (b.Lon-a.Lon)*(c.Lat-a.Lat)
	switch {
	case d > 0:
		return 1
	case d < 0:
		return -1
	}
	return 0
}

// between reports whether c, on the line through a and b, lies between them.
func between(a, b, c Point) bool {
	return min(a.Lat, b.Lat) <= c.Lat && c.Lat <= max(a.Lat, b.Lat) &&
		min(a.Lon, b.Lon) <= c.Lon && c.Lon <= max(a.Lon, b.Lon)
}

func meet(a, b, p, q Point) bool {
	t1, t2, t3, t4 := turn(a, b, p), turn(a, b, q), turn(p, q, a), turn(p, q, b)
	if t1 != t2 && t3 != t4 {
		return true
	}
	return t1 == 0 && between(a, b, p) || t2 == 0 && between(a, b, q) ||
		t3 == 0 && between(p, q, a) || t4 == 0 && between(p, q, b)
}
