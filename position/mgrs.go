package position

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// WGS 84 and the figures of UTM (NGA.STND.0037, Universal Grids).
const (
	semiMajor     = 6378137.0
	flattening    = 1 / 298.257223563
	scaleAtCentre = 0.9996
	falseEasting  = 500_000.0
	falseNorthing = 10_000_000.0 // of the southern hemisphere
)

const (
	bands   = "CDEFGHJKLMNPQRSTUVWX"     // of 8 degrees from 80 south; X has 12
	columns = "ABCDEFGHJKLMNPQRSTUVWXYZ" // eight for each zone, by turns of three
	rows    = "ABCDEFGHJKLMNPQRSTUV"     // twenty, five further in even zones
)

// errPolar says why there is no square.
var errPolar = errors.New("MGRS from 84°N on and south of 80°S uses another grid, which is not read here: write degrees")

// zoneOf is the zone of UTM, 1 to 60, with the exceptions off Norway and around
// Svalbard. The 180th meridian belongs to zone 1.
func zoneOf(lat, lon float64) int {
	if lon >= 180 {
		lon -= 360
	}
	zone := int(math.Floor((lon+180)/6)) + 1
	switch {
	case lat >= 56 && lat < 64 && lon >= 3 && lon < 6:
		return 32
	case lat < 72 || lon < 0 || lon >= 42:
		return zone
	case lon < 9:
		return 31
	case lon < 21:
		return 33
	case lon < 33:
		return 35
	}
	return 37
}

func bandOf(lat float64) byte {
	return bands[min(int(math.Floor((lat+80)/8)), len(bands)-1)]
}

// Grid writes MGRS to the metre, "43T FH 58210 91420"; the square that holds the
// point, never a rounded one. It returns false near the poles.
func (p Point) Grid() (string, bool) {
	lat, lon := float64(p.Lat)/degree, float64(p.Lon)/degree
	if lat < -80 || lat >= 84 {
		return "", false
	}
	zone := zoneOf(lat, lon)
	east, north := project(lat, lon, zone)
	e, n := int(math.Floor(east)), int(math.Floor(north))
	column := columns[8*((zone-1)%3)+e/100_000-1]
	row := rows[(n/100_000+5*((zone+1)%2))%20]
	return fmt.Sprintf("%02d%c %c%c %05d %05d", zone, bandOf(lat), column, row, e%100_000, n%100_000), true
}

// parseGrid reads MGRS: the point in the middle of the square, or where the edge of
// a zone or band cuts the square, one on the side of the zone that was named.
func parseGrid(s string) (Point, string, string, error) {
	text := strings.ReplaceAll(s, " ", "")
	fault := func(format string, args ...any) (Point, string, string, error) {
		return Point{}, "", "", fmt.Errorf("%q: "+format, append([]any{s}, args...)...)
	}
	at := strings.IndexFunc(text, func(r rune) bool { return r >= 'A' })
	if at == 0 {
		return fault("%w", errPolar)
	}
	zone, err := strconv.Atoi(text[:at])
	if err != nil || zone < 1 || zone > 60 {
		return fault("zones of MGRS are 1 to 60")
	}
	band := strings.IndexByte(bands, text[at])
	if band < 0 {
		return fault("%c is no latitude band of MGRS: C to X without I and O", text[at])
	}
	column := strings.IndexByte(columns, text[at+1]) - 8*((zone-1)%3)
	row := strings.IndexByte(rows, text[at+2])
	if column < 0 || column > 7 || row < 0 {
		return fault("zone %d has no square %s: check the two letters", zone, text[at+1:at+3])
	}
	digits := text[at+3:]
	if len(digits)%2 != 0 || len(digits) < 4 || len(digits) > 10 {
		return fault("MGRS has 4, 6, 8 or 10 digits after the letters, half of them east and half north")
	}
	half := len(digits) / 2
	size := math.Pow10(5 - half)
	e, _ := strconv.Atoi(digits[:half])
	n, _ := strconv.Atoi(digits[half:])
	east := float64(column+1)*100_000 + (float64(e)+0.5)*size
	north := float64((row+20-5*((zone+1)%2))%20)*100_000 + (float64(n)+0.5)*size
	return locate(fault, zone, band, east, north, size, half+1)
}

// steps from the middle of a square to further points of it, in its size: first
// inside, then so far that a square with only its tip in a zone is still read.
var steps = []float64{0, -.25, .25, -.49, .49, -1, 1}

// locate finds the turn of the row letters in which the square lies in its band.
func locate(fault func(string, ...any) (Point, string, string, error), zone, band int, east, north, size float64, places int) (Point, string, string, error) {
	south := band < 10
	for n := north; n < falseNorthing; n += 2_000_000 {
		for i := range len(steps) * len(steps) {
			x, y := steps[i%len(steps)], steps[i/len(steps)]
			lat, lon := unproject(east+x*size, n+y*size, zone, south)
			if lat < -80 || lat >= 84 || bandOf(lat) != bands[band] || zoneOf(lat, lon) != zone {
				continue
			}
			if math.Abs(x) == 1 || math.Abs(y) == 1 {
				lat, lon = unproject(east, n, zone, south)
			}
			if i > 0 {
				places = 6
			}
			p := Point{rounded(lat, places), rounded(lon, places)}
			switch {
			case p.Lon > 180*degree:
				p.Lon -= 360 * degree
			case p.Lon < -180*degree:
				p.Lon += 360 * degree
			}
			return p, trimmed(decimals(p.Lat, places)), trimmed(decimals(p.Lon, places)), nil
		}
	}
	return fault("the square does not lie in zone %d, band %c: check zone and letters", zone, bands[band])
}

// rounded is an angle in millionths, to so many decimals of a degree.
func rounded(angle float64, places int) int64 {
	ten := math.Pow10(places)
	return int64(math.Round(angle*ten)) * int64(math.Pow10(6-places))
}

// The series of Krüger for the transverse Mercator projection in the third
// flattening n, to the fourth order: under a millimetre within a zone. Source:
// C. F. F. Karney, Transverse Mercator with an accuracy of a few nanometers,
// Journal of Geodesy 85 (2011), equations 35 and 36.
const (
	third  = flattening / (2 - flattening)
	radius = semiMajor / (1 + third) * (1 + third*third/4 + third*third*third*third/64)
)

var (
	forward = [4]float64{
		third/2 - 2*third*third/3 + 5*third*third*third/16 + 41*third*third*third*third/180,
		13*third*third/48 - 3*third*third*third/5 + 557*third*third*third*third/1440,
		61*third*third*third/240 - 103*third*third*third*third/140,
		49561 * third * third * third * third / 161280,
	}
	backward = [4]float64{
		third/2 - 2*third*third/3 + 37*third*third*third/96 - third*third*third*third/360,
		third*third/48 + third*third*third/15 - 437*third*third*third*third/1440,
		17*third*third*third/480 - 37*third*third*third*third/840,
		4397 * third * third * third * third / 161280,
	}
	eccentricity = math.Sqrt(flattening * (2 - flattening))
)

func centre(zone int) float64 { return float64(6*zone - 183) }

// project gives easting and northing in metres.
func project(lat, lon float64, zone int) (east, north float64) {
	phi, lambda := lat*math.Pi/180, (lon-centre(zone))*math.Pi/180
	if lambda > math.Pi {
		lambda -= 2 * math.Pi
	}
	sin := math.Sin(phi)
	t := math.Sinh(math.Atanh(sin) - eccentricity*math.Atanh(eccentricity*sin))
	xi0 := math.Atan2(t, math.Cos(lambda))
	eta0 := math.Asinh(math.Sin(lambda) / math.Hypot(t, math.Cos(lambda)))
	xi, eta := xi0, eta0
	for j, a := range forward {
		k := float64(2 * (j + 1))
		xi += a * math.Sin(k*xi0) * math.Cosh(k*eta0)
		eta += a * math.Cos(k*xi0) * math.Sinh(k*eta0)
	}
	north = scaleAtCentre * radius * xi
	if lat < 0 {
		north += falseNorthing
	}
	return falseEasting + scaleAtCentre*radius*eta, north
}

// unproject is the inverse of project.
func unproject(east, north float64, zone int, south bool) (lat, lon float64) {
	if south {
		north -= falseNorthing
	}
	xi0, eta0 := north/(scaleAtCentre*radius), (east-falseEasting)/(scaleAtCentre*radius)
	xi, eta := xi0, eta0
	for j, b := range backward {
		k := float64(2 * (j + 1))
		xi -= b * math.Sin(k*xi0) * math.Cosh(k*eta0)
		eta -= b * math.Cos(k*xi0) * math.Sinh(k*eta0)
	}
	// Conformal latitude to geographic by Newton's method: three steps reach 1e-15.
	tau0 := math.Sin(xi) / math.Hypot(math.Sinh(eta), math.Cos(xi))
	tau := tau0
	for range 5 {
		sigma := math.Sinh(eccentricity * math.Atanh(eccentricity*tau/math.Hypot(1, tau)))
		now := tau*math.Hypot(1, sigma) - sigma*math.Hypot(1, tau)
		slope := (1 + (1-eccentricity*eccentricity)*tau*tau) / ((1 - eccentricity*eccentricity) * math.Hypot(1, now) * math.Hypot(1, tau))
		tau += (tau0 - now) * slope
	}
	lat = math.Atan(tau) * 180 / math.Pi
	lon = centre(zone) + math.Atan2(math.Sinh(eta), math.Cos(xi))*180/math.Pi
	return lat, lon
}
