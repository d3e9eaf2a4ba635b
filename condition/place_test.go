package condition

import (
	"fmt"
	"math"
	"testing"

	"detente/pack"
)

// Distances on the ellipsoid, by the inverse formula of Vincenty (1975), worked
// out apart.
func TestDistance(t *testing.T) {
	tests := []struct {
		a, b pack.Point
		km   float64
	}{
		{pack.Point{Lat: 0, Lon: 0}, pack.Point{Lat: 0, Lon: 1}, 111.3195},
		{pack.Point{Lat: 0, Lon: 0}, pack.Point{Lat: 1, Lon: 0}, 110.5744},
		{pack.Point{Lat: 45, Lon: 0}, pack.Point{Lat: 46, Lon: 0}, 111.1411},
		{pack.Point{Lat: 60, Lon: 10}, pack.Point{Lat: 60, Lon: 11}, 55.8000},
		{pack.Point{Lat: 43.25, Lon: 76.95}, pack.Point{Lat: 42.87, Lon: 74.59}, 196.83},
	}
	for _, tt := range tests {
		if got := Distance(tt.a, tt.b); math.Abs(got-tt.km) > 0.001*tt.km {
			t.Errorf("%v to %v: %.4f km, want %.4f", tt.a, tt.b, got, tt.km)
		}
	}
}

func TestAreas(t *testing.T) {
	// A square of a degree around a place, as a form gives it.
	square := func(lat, lon, half float64) string {
		return fmt.Sprintf(`{"name":"A","points":[{"lat":"%[1]g","lon":"%[2]g"},{"lat":"%[3]g","lon":"%[2]g"},{"lat":"%[3]g","lon":"%[4]g"},{"lat":"%[1]g","lon":"%[4]g"},{"lat":"%[1]g","lon":"%[2]g"}]}`,
			lat-half, lon-half, lat+half, lon+half)
	}
	place := func(lat, lon float64) string { return fmt.Sprintf(`[{"name":"P","lat":"%g","lon":"%g"}]`, lat, lon) }
	tests := []struct {
		name, area, within, meets string
		want                      Outcome
	}{
		{"in the strip", square(45, 72, 0.25), "border", "", Holds},
		{"in the strip across its bend", square(45.1, 75, 0.25), "border", "", Holds},
		{"partly out", square(45.8, 72, 0.25), "border", "", Not},
		{"partly out still touches", square(45.8, 72, 0.25), "", "border", Holds},
		{"wholly out", square(48, 72, 0.25), "", "border", Not},
		{"a point 99 km north", place(45.89, 72), "border", "", Holds},
		{"a point 101 km north", place(45.91, 72), "border", "", Not},
		{"a point beyond the end, not at right angles", place(45, 69.9), "border", "", Not},
		{"in the box", square(40.5, 61, 0.25), "box", "", Holds},
		{"the box itself", `{"name":"A","points":[{"lat":"40","lon":"60"},{"lat":"41","lon":"60"},{"lat":"41","lon":"62"},{"lat":"40","lon":"62"},{"lat":"40","lon":"60"}]}`, "box", "", Holds},
		{"around the box", square(40.5, 61, 2), "", "box", Holds},
		{"around the box is not within", square(40.5, 61, 2), "box", "", Not},
		{"second part of a union", square(40.5, 61, 0.25), "both", "", Holds},
		{"first part of a union", square(45, 72, 0.25), "both", "", Holds},
		{"between the parts", square(43, 66, 0.25), "", "both", Not},
		{"spans both, and what lies between", `{"name":"A","points":[{"lat":"40.5","lon":"61"},{"lat":"45","lon":"72"},{"lat":"44.9","lon":"72"},{"lat":"40.5","lon":"61"}]}`, "both", "", Not},
		{"left bank", place(40.5, 69.95), "west", "", Holds},
		{"right bank", place(40.5, 70.05), "west", "", Not},
		{"a line along the strip", `{"name":"L","points":[{"lat":"45","lon":"71"},{"lat":"45.2","lon":"76"}]}`, "border", "", Holds},
		{"agreed", square(50.5, 50.5, 0.25), "agreed", "", Holds},
	}
	tm := terms(t, head())
	slot := func(id string) (string, bool) {
		return map[string]string{"area": "50 50; 51 50; 51 51; 50 51", "line": "45 70; 45 75"}[id], id == "area" || id == "line"
	}
	for _, tt := range tests {
		c, err := tm.Compile(&pack.When{Area: "area", Within: tt.within, Meets: tt.meets})
		if err != nil {
			t.Fatal(err)
		}
		r := c.Eval(&Env{Values: values(t, `{"area":`+tt.area+`}`), Slot: slot})
		if r.Outcome != tt.want {
			t.Errorf("%s: %s (%s)", tt.name, r.Outcome, r.Reason.Says("en"))
		}
	}
	near, err := tm.Compile(&pack.When{Area: "area", Near: &pack.Near{Line: "line", Km: 75}})
	if err != nil {
		t.Fatal(err)
	}
	for lat, want := range map[float64]Outcome{45.6: Holds, 45.7: Not} {
		if r := near.Eval(&Env{Values: values(t, `{"area":`+place(lat, 72)+`}`), Slot: slot}); r.Outcome != want {
			t.Errorf("near %v: %s", lat, r.Outcome)
		}
	}
	if r := near.Eval(&Env{Values: values(t, `{"area":`+place(45.1, 72)+`}`)}); r.Outcome != Unknown {
		t.Errorf("no line agreed: %s", r.Outcome)
	}
}

// A ring of land with a hole: an area over the hole is not within.
func TestHole(t *testing.T) {
	ring := strip{km: 10, line: []pack.Point{{Lat: 40, Lon: 60}, {Lat: 41, Lon: 60}, {Lat: 41, Lon: 61}, {Lat: 40, Lon: 61}, {Lat: 40, Lon: 60}}}
	over := figure{line: true, area: true, points: []pack.Point{{Lat: 40, Lon: 60}, {Lat: 41, Lon: 60}, {Lat: 41, Lon: 61}, {Lat: 40, Lon: 61}}}
	if got := over.within(ring); got != Not {
		t.Errorf("an area with a hole of the strip inside: %s", got)
	}
}

func BenchmarkWithin(b *testing.B) {
	line := make([]pack.Point, 200)
	for i := range line {
		line[i] = pack.Point{Lat: 45 + math.Sin(float64(i))/50, Lon: 60 + float64(i)/20}
	}
	f := figure{line: true, area: true, points: []pack.Point{{Lat: 44.8, Lon: 65}, {Lat: 45.2, Lon: 65}, {Lat: 45.2, Lon: 65.5}, {Lat: 44.8, Lon: 65.5}}}
	for b.Loop() {
		if f.within(strip{km: 100, line: line}) != Holds {
			b.Fatal("not within")
		}
	}
}
