package chart

import "math"

// Box is a part of the earth in degrees. East may be beyond 180, where a box lies
// across the meridian of 180 degrees.
type Box struct{ West, South, East, North float64 }

// World is the box of the whole earth.
func World() Box { return Box{-180, -90, 180, 90} }

// Around is the box that holds some points with room around them; of none it is World.
func Around(points []Point) Box {
	if len(points) == 0 {
		return World()
	}
	straight, across := boxOf(points, 0), boxOf(points, 360)
	b := straight
	if across.East-across.West < straight.East-straight.West {
		b = across
	}
	// Room of a third on each side, and never less than what shows where one is.
	return b.about((b.East-b.West)*5/3, (b.North-b.South)*5/3)
}

// boxOf is the least box, with shift added to what lies west of Greenwich.
func boxOf(points []Point, shift float64) Box {
	b := Box{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
	for _, p := range points {
		if p.Lon < 0 {
			p.Lon += shift
		}
		b.West, b.East = min(b.West, p.Lon), max(b.East, p.Lon)
		b.South, b.North = min(b.South, p.Lat), max(b.North, p.Lat)
	}
	return b
}

const (
	// leastDegrees is the least height of a box, in degrees.
	leastDegrees = 2.0
	// mostDegrees is the greatest width of a box that is drawn as a region.
	mostDegrees = 150.0
)

// about is a box of another size with the same middle, within bounds; a region wider
// than mostDegrees is the world.
func (b Box) about(width, height float64) Box {
	lon, lat := (b.West+b.East)/2, (b.South+b.North)/2
	height = max(height, leastDegrees)
	width = max(width, leastDegrees/math.Max(0.2, math.Cos(lat*math.Pi/180)))
	if width > mostDegrees || height > mostDegrees {
		return World()
	}
	out := Box{lon - width/2, lat - height/2, lon + width/2, lat + height/2}
	if out.North > 90 {
		out.South, out.North = max(-90, out.South-(out.North-90)), 90
	}
	if out.South < -90 {
		out.South, out.North = -90, min(90, out.North+(-90-out.South))
	}
	return out.turned()
}

// turned has its western edge from -180 to below 180.
func (b Box) turned() Box {
	for b.West < -180 {
		b.West, b.East = b.West+360, b.East+360
	}
	for b.West >= 180 {
		b.West, b.East = b.West-360, b.East-360
	}
	return b
}

// Scaled is a box with the same middle, wider by a factor.
func (b Box) Scaled(factor float64) Box {
	return b.about((b.East-b.West)*factor, (b.North-b.South)*factor)
}

// Moved is a box moved by parts of its own size to the east and to the north.
func (b Box) Moved(east, north float64) Box {
	if b.IsWorld() {
		return b
	}
	dx, dy := (b.East-b.West)*east, (b.North-b.South)*north
	return Box{b.West + dx, b.South + dy, b.East + dx, b.North + dy}.about(b.East-b.West, b.North-b.South)
}

// Valid reports whether a box can be drawn.
func (b Box) Valid() bool {
	ok := !math.IsNaN(b.West + b.East + b.South + b.North)
	return ok && b.West >= -180 && b.West < 180 && b.East > b.West && b.East <= 540 && b.South >= -90 && b.North <= 90 && b.North > b.South
}

// IsWorld reports whether a box is too wide for a region.
func (b Box) IsWorld() bool { return b.East-b.West > mostDegrees || b.North-b.South > mostDegrees }

// projection puts a place on a plane, x to the east and y to the north, in radii of
// the earth.
type projection func(Point) (x, y float64)

// projection is azimuthal and of equal area about the middle of a region, and Equal
// Earth for the world: no state is drawn larger than it is.
func (b Box) projection() projection {
	if b.IsWorld() {
		return equalEarth
	}
	lon0, lat0 := radians((b.West+b.East)/2), radians((b.South+b.North)/2)
	return func(p Point) (x, y float64) {
		lon, lat := radians(p.Lon)-lon0, radians(p.Lat)
		c := math.Sin(lat0)*math.Sin(lat) + math.Cos(lat0)*math.Cos(lat)*math.Cos(lon)
		k := math.Sqrt(2 / math.Max(1e-9, 1+c))
		return k * math.Cos(lat) * math.Sin(lon), k * (math.Cos(lat0)*math.Sin(lat) - math.Sin(lat0)*math.Cos(lat)*math.Cos(lon))
	}
}

// equalEarth is the projection of Šavrič, Patterson and Jenny, 2018.
func equalEarth(p Point) (x, y float64) {
	const a1, a2, a3, a4 = 1.340264, -0.081106, 0.000893, 0.003796
	t := math.Asin(math.Sqrt(3) / 2 * math.Sin(radians(p.Lat)))
	t2 := t * t
	t6 := t2 * t2 * t2
	x = 2 * math.Sqrt(3) * radians(p.Lon) * math.Cos(t) / (3 * (9*a4*t6*t2 + 7*a3*t6 + 3*a2*t2 + a1))
	return x, t * (a4*t6*t2 + a3*t6 + a2*t2 + a1)
}

func radians(degrees float64) float64 { return degrees * math.Pi / 180 }
