package position

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

// TestGridAgainstGeographicLib compares the metre and the way back with points
// that an independent program converted: edges of zones and bands, the exceptions
// off Norway and around Svalbard, the 180th meridian, the southern hemisphere.
func TestGridAgainstGeographicLib(t *testing.T) {
	b, err := os.ReadFile("testdata/grid.txt")
	if err != nil {
		t.Fatal(err)
	}
	n, onEdge := 0, 0
	for l := range strings.Lines(string(b)) {
		f := strings.Fields(l)
		if f[0] == "#" {
			continue
		}
		n++
		p, _, _, err := Parse(f[0] + " " + f[1])
		if err != nil {
			t.Fatalf("%s: %v", l, err)
		}
		got, ok := p.Grid()
		if f[2][0] == 'Z' {
			if ok {
				t.Errorf("%s %s has the square %s", f[0], f[1], got)
			}
			continue
		}
		if !ok || strings.ReplaceAll(got, " ", "") != f[2] {
			// A point on the very edge of a square may fall to either side of it.
			q, _, _, err := Parse(f[2])
			if err != nil || !near(p, q, 20) {
				t.Errorf("%s %s: %s, want %s (%v)", f[0], f[1], got, f[2], err)
			}
			continue
		}
		q, _, _, err := Parse(got)
		if err != nil || !near(p, q, 12) {
			t.Errorf("%s: back at %v (%v), from %v", got, q, err, p)
		}
		if again, _ := q.Grid(); again != got {
			onEdge++
		}
	}
	// Seven of the points lie on the very edge of a band or zone that cuts their square.
	if n < 190 || onEdge > 7 {
		t.Errorf("%d points, %d of them read as a point of another square", n, onEdge)
	}
}

// near compares points within so many millionths of a degree of latitude.
func near(p, q Point, most int64) bool {
	abs := func(n int64) int64 { return max(n, -n) }
	wide := most
	if lat := abs(p.Lat); lat > 60*degree {
		wide = most * 10
	}
	lon := abs(p.Lon - q.Lon)
	return abs(p.Lat-q.Lat) <= most && min(lon, 360*degree-lon) <= wide
}

func TestParse(t *testing.T) {
	for _, c := range []struct{ typed, lat, lon string }{
		{`43°15'30"N 76°57'00"E`, "43.258333", "76.95"},
		{"43°15′30″N, 76°57′0″E", "43.258333", "76.95"},
		{"43 15 30 N 76 57 00 E", "43.258333", "76.95"},
		{"N43°15'30\" E76°57'", "43.258333", "76.95"},
		{"n 43 15.5 w 76 57", "43.258333", "-76.95"},
		{"43°15'30\"S76°57'W", "-43.258333", "-76.95"},
		{"43°15′30″ с. ш. 76°57′ в. д.", "43.258333", "76.95"},
		{"33°51′24″ ю.ш., 151°12′54″ з.д.", "-33.856667", "-151.215"},
		{"43.2583, 76.950", "43.2583", "76.950"},
		{"-43.25 76.9", "-43.25", "76.9"},
		{"−43.25; −076.9", "-43.25", "-76.9"},
		{"43.25N 76.9E", "43.25", "76.9"},
		{"43.25°N, 76.9°E", "43.25", "76.9"},
		{"90 -180", "90", "-180"},
		{"0 0", "0", "0"},
		{"0°0'0\"S 180°E", "0", "180"},
		{"-0.0, 000.5", "0.0", "0.5"},
		{"59°59'59.9995\"N 0°0'0.001\"W", "60", "0"},
		{"31U DQ 48251 11943", "48.858297", "2.294495"},
		{"31udq4825111943", "48.858297", "2.294495"},
		{"31UDQ4825 1194", "48.85831", "2.29454"},
		{"31UDQ482119", "48.8584", "2.2945"},
		{"31UDQ4811", "48.854", "2.298"},
	} {
		p, lat, lon, err := Parse(c.typed)
		if err != nil || lat != c.lat || lon != c.lon {
			t.Errorf("%q: %s %s %v, want %s %s", c.typed, lat, lon, err, c.lat, c.lon)
			continue
		}
		if q, _, _, err := Parse(lat + ", " + lon); err != nil || q != p {
			t.Errorf("%q: its text is read as %v, not %v", c.typed, q, p)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for typed, says := range map[string]string{
		"":                                 "not a position",
		"here":                             "not a position",
		"43.25":                            "not a position",
		"43,25, 76,95":                     "more than one comma",
		"43 15 30 76 57 00":                "not a position",
		"4315N 7657E":                      "not a position",
		"90.000001 0":                      "the latitude is more than 90 degrees",
		"0 180.000001":                     "the longitude is more than 180 degrees",
		"90°0'0.01\"N 0°E":                 "the latitude is more than 90 degrees",
		"76°57'E 43°15'N":                  "the latitude (N or S) comes first",
		"43°60'N 76°E":                     "minutes of the latitude are 0 to 59: 60 is not",
		"43°N 76°0'60\"E":                  "seconds of the longitude are 0 to 59",
		"43.5°15'N 76°E":                   "decimals before its last part",
		"43°15.5'30\"N 76°E":               "decimals before its last part",
		"-43 N 76 E":                       "a sign and a letter",
		"N43N 76E":                         "",
		"43.1234567 76":                    "more than six decimals",
		"ZAH 12345 12345":                  "another grid",
		"BAN1234512345":                    "another grid",
		"61U DQ 48251 11932":               "zones of MGRS are 1 to 60",
		"00U DQ 48251 11932":               "zones of MGRS are 1 to 60",
		"31I DQ 48251 11932":               "no latitude band",
		"31U AQ 48251 11932":               "not lie in zone 31, band U",
		"31U JQ 48251 11932":               "zone 31 has no square JQ",
		"31U DW 48251 11932":               "zone 31 has no square DW",
		"31U DQ 4825 11932":                "4, 6, 8 or 10 digits",
		"31U DQ":                           "4, 6, 8 or 10 digits",
		"31U DH 48251 11932":               "not lie in zone 31, band U",
		"32X MK 50000 50000":               "not lie in zone 32, band X",
		strings.Repeat("1", maxText) + " ": "",
	} {
		p, _, _, err := Parse(typed)
		if err == nil {
			t.Errorf("%q: read as %v", typed, p)
		} else if !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want %q", typed, err, says)
		}
	}
}

func TestPolesHaveNoGrid(t *testing.T) {
	for _, p := range []Point{{84 * degree, 0}, {-80*degree - 1, 0}, {90 * degree, 180 * degree}, {-90 * degree, 0}} {
		if s, ok := p.Grid(); ok {
			t.Errorf("%v has the square %s", p, s)
		}
	}
}

func TestEchoes(t *testing.T) {
	for _, c := range []struct{ typed, degrees, sexagesimal, grid string }{
		{"43°15'30\"N 76°57'E", "43.258333, 76.95", "43°15′30″N 76°57′00″E", "43T FH 58275 91348"},
		{"-33.8568, 151.2153", "-33.8568, 151.2153", "33°51′24.48″S 151°12′55.08″E", ""},
		{"0 0", "0, 0", "0°00′00″N 0°00′00″E", "31N AA 66021 00000"},
		{"59.999999 -180", "59.999999, -180", "59°59′59.996″N 180°00′00″W", ""},
	} {
		p, _, _, err := Parse(c.typed)
		if err != nil {
			t.Fatal(err)
		}
		grid, _ := p.Grid()
		if p.Degrees() != c.degrees || p.Sexagesimal() != c.sexagesimal || c.grid != "" && c.grid != grid {
			t.Errorf("%s: %s | %s | %s", c.typed, p.Degrees(), p.Sexagesimal(), grid)
		}
	}
}

func FuzzParse(f *testing.F) {
	b, err := os.ReadFile("testdata/grid.txt")
	if err != nil || len(b) == 0 {
		f.Fatal("no seeds")
	}
	for l := range strings.Lines(string(b)) {
		p := strings.Fields(l)
		f.Add(p[0] + " " + p[1])
		f.Add(p[2])
	}
	f.Add(`43°15'30.25"N 76°57'00"E`)
	f.Fuzz(func(t *testing.T, s string) {
		p, lat, lon, err := Parse(s)
		if err != nil {
			if p != (Point{}) {
				t.Fatalf("%q: refused, with a point", s)
			}
			return
		}
		if p.Lat < -90*degree || p.Lat > 90*degree || p.Lon < -180*degree || p.Lon > 180*degree {
			t.Fatalf("%q: %v", s, p)
		}
		for _, text := range []string{lat + " " + lon, p.Degrees(), p.Sexagesimal()} {
			if q, _, _, err := Parse(text); err != nil || q != p {
				t.Fatalf("%q: %v is written %q, read as %v (%v)", s, p, text, q, err)
			}
		}
		if a, err := strconv.ParseFloat(lat, 64); err != nil || a < -90 || a > 90 {
			t.Fatalf("%q: latitude %q", s, lat)
		}
		if grid, ok := p.Grid(); ok {
			if q, _, _, err := Parse(grid); err != nil || !near(p, q, 20) {
				t.Fatalf("%q: square %s is read as %v (%v)", s, grid, q, err)
			}
		}
	})
}
