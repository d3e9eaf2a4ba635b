package chart

import (
	"encoding/xml"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestLandIsThere: the rings are closed and lie on the earth.
func TestLandIsThere(t *testing.T) {
	rings := land()
	if len(rings) < 100 {
		t.Fatalf("%d rings", len(rings))
	}
	for i, r := range rings {
		if len(r) < 4 || r[0] != r[len(r)-1] {
			t.Errorf("ring %d of %d points is not closed", i, len(r))
		}
		for j, p := range r {
			if j > 0 && math.Abs(p.Lon-r[j-1].Lon) > 180 && math.Abs(p.Lat) != 90 {
				t.Fatalf("ring %d leaps from %v to %v", i, r[j-1], p)
			}
			if p.Lon < -540 || p.Lon > 540 || p.Lat < -90 || p.Lat > 90 {
				t.Fatalf("ring %d has %v", i, p)
			}
		}
	}
}

func wellFormed(t *testing.T, s string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(s))
	for {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatalf("%v in %.300s", err, s)
		}
	}
}

// TestEqualArea: a degree square has the area on the map that it has on the earth, so
// no state is drawn larger than it is.
func TestEqualArea(t *testing.T) {
	for _, b := range []Box{World(), {60, 30, 90, 55}, {170, 60, 200, 75}} {
		to := b.projection()
		for _, p := range []Point{{b.West + 1, b.South + 1}, {(b.West + b.East) / 2, (b.South + b.North) / 2}, {b.East - 1, b.North - 1}} {
			const e = 0.01
			x1, y1 := to(p)
			x2, y2 := to(Point{p.Lon + e, p.Lat})
			x3, y3 := to(Point{p.Lon, p.Lat + e})
			got := math.Abs((x2-x1)*(y3-y1) - (x3-x1)*(y2-y1))
			want := radians(e) * radians(e) * math.Cos(radians(p.Lat))
			if math.Abs(got/want-1) > 0.01 {
				t.Errorf("%v in %v: area %g, not %g", p, b, got, want)
			}
		}
	}
}

// TestMap: every shape is in the drawing with its number, what is handed in cannot
// change the drawing, and there is no border.
func TestMap(t *testing.T) {
	shapes := []Shape{
		{Outline, []Point{{77, 44}, {78, 44}, {78, 45}, {77, 44}}, 1, `zone "<script>"`, "/notices/a/b/1", true},
		{Line, []Point{{77, 44}, {79, 46}}, 2, "line", "", false},
		{Places, []Point{{77.5, 44.5}, {78.5, 45.5}}, 3, "places", "/x?a=1&b=2", false},
		{Places, nil, 4, "nowhere", "", false},
	}
	var all []Point
	for _, s := range shapes {
		all = append(all, s.Points...)
	}
	for _, b := range []Box{Around(all), World(), Around([]Point{{179.9, 66}, {-179.5, 67}}), Around([]Point{{10, 89.9}}), Around([]Point{{10, -89.9}})} {
		if !b.Valid() {
			t.Fatalf("the box %v cannot be drawn", b)
		}
		s := Map{`title <&">`, "desc", b, shapes}.SVG()
		wellFormed(t, s)
		if strings.Contains(s, "<script>") || strings.Contains(s, "NaN") || strings.Contains(s, "Inf") || strings.Contains(s, "style=") {
			t.Errorf("%v: %.200s", b, s)
		}
		for n, want := range map[string]int{`class="map-number"`: 3, `class="map-place"`: 2, `class="map-zone"`: 1, `class="map-line"`: 1, `class="map-land"`: 1, `class="map-own"`: 1} {
			if got := strings.Count(s, n); got != want {
				t.Errorf("%s is drawn %d times, not %d", n, got, want)
			}
		}
	}
	twice := Map{"", "", World(), []Shape{shapes[0], shapes[0]}}.SVG()
	if m := regexp.MustCompile(`<circle class="map-mark" cx="([-0-9.]+)"`).FindAllStringSubmatch(twice, -1); len(m) != 2 || m[0][1] == m[1][1] {
		t.Errorf("two numbers stand at one place: %v", m)
	}
	s := Map{"", "", Around(all), shapes}.SVG()
	for _, m := range regexp.MustCompile(`<circle class="map-place" cx="([-0-9.]+)" cy="([-0-9.]+)"`).FindAllStringSubmatch(s, -1) {
		x, _ := strconv.ParseFloat(m[1], 64)
		y, _ := strconv.ParseFloat(m[2], 64)
		if x < 0 || x > width || y < 0 || y > most {
			t.Errorf("a place of the box is drawn at %g, %g", x, y)
		}
	}
	if !strings.Contains(s, `role="group"`) || !strings.Contains(Map{"", "", World(), shapes[1:2]}.SVG(), `role="img"`) {
		t.Error("an image has links in it, or a map without links is no image")
	}
	if len(Map{"", "", World(), nil}.SVG()) > 100<<10 {
		t.Error("the world has more than 100 kB")
	}
}

// TestBoxes: whatever is done with a box, it can be drawn.
func TestBoxes(t *testing.T) {
	for _, start := range []Box{World(), {-180, 60, -170, 70}, {175, 60, 190, 70}, {0, 88, 3, 90}, {0, -90, 2, -88}} {
		for _, factor := range []float64{0.01, 0.5, 1, 2, 100} {
			for _, east := range []float64{-0.5, 0, 0.5} {
				b := start
				for range 50 {
					b = b.Scaled(factor).Moved(east, east)
					if !b.Valid() {
						t.Fatalf("from %v by %g and %g comes %v", start, factor, east, b)
					}
				}
			}
		}
	}
	if b := Around([]Point{{179, 0}, {-179, 1}}); b.East-b.West > 10 {
		t.Errorf("across the meridian of 180 degrees lies %v", b)
	}
	for _, b := range []Box{{}, {math.NaN(), 0, 1, 1}, {0, 0, 0, 1}, {0, -91, 1, 1}, {0, 0, 600, 1}} {
		if b.Valid() {
			t.Errorf("%v can be drawn", b)
		}
	}
}
