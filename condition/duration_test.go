package condition

import (
	"os"
	"testing"
	"time"
)

func day(s string, loc *time.Location) time.Time {
	t, err := ParseDay(s, loc)
	if err != nil {
		panic(err)
	}
	return t
}

func TestDurations(t *testing.T) {
	tests := []struct{ from, duration, add, sub string }{
		{"2027-10-01", "P42D", "2027-11-12", "2027-08-20"},
		{"2027-11-30", "P3M", "2028-02-29", "2027-08-30"},
		{"2026-11-30", "P3M", "2027-02-28", "2026-08-30"},
		{"2028-02-29", "P1Y", "2029-02-28", "2027-02-28"},
		{"2027-12-31", "P1D", "2028-01-01", "2027-12-30"},
		{"2027-01-31", "P1M", "2027-02-28", "2026-12-31"},
		{"2027-01-01", "P4W", "2027-01-29", "2026-12-04"},
		{"2027-01-01", "P1Y2M3D", "2028-03-04", "2025-10-29"},
	}
	for _, tt := range tests {
		d, err := ParseDuration(tt.duration)
		if err != nil {
			t.Fatal(err)
		}
		from := day(tt.from, time.UTC)
		if got := d.Add(from).Format(time.DateOnly); got != tt.add {
			t.Errorf("%s + %s = %s, want %s", tt.from, tt.duration, got, tt.add)
		}
		if got := d.Sub(from).Format(time.DateOnly); got != tt.sub {
			t.Errorf("%s - %s = %s, want %s", tt.from, tt.duration, got, tt.sub)
		}
	}
}

// Hours run on instants, days to the last second of a day in its zone.
func TestEndsOfAClock(t *testing.T) {
	data, err := os.ReadFile("testdata/vienna.tzif")
	if err != nil {
		t.Fatal(err)
	}
	vienna, err := time.LoadLocationFromTZData("Europe/Vienna", data)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ from, duration, latestBefore, earliestBefore, latestAfter string }{
		{"2027-10-01T00:00:00Z", "P42D", "2027-08-20T23:59:59Z", "2027-08-20T00:00:00Z", "2027-11-12T23:59:59Z"},
		{"2027-10-01T09:30:00Z", "PT48H", "2027-09-29T09:30:00Z", "2027-09-29T09:30:00Z", "2027-10-03T09:30:00Z"},
		{"2027-10-01T09:30:00Z", "P1D", "2027-09-30T23:59:59Z", "2027-09-30T00:00:00Z", "2027-10-02T23:59:59Z"},
	}
	for _, tt := range tests {
		from, _ := time.Parse(time.RFC3339, tt.from)
		d, err := ParseDuration(tt.duration)
		if err != nil {
			t.Fatal(err)
		}
		got := [3]string{d.LatestBefore(from).Format(time.RFC3339), d.EarliestBefore(from).Format(time.RFC3339), d.LatestAfter(from).Format(time.RFC3339)}
		if want := [3]string{tt.latestBefore, tt.earliestBefore, tt.latestAfter}; got != want {
			t.Errorf("%s %s: %v, want %v", tt.from, tt.duration, got, want)
		}
	}
	// 31 October 2027 has 25 hours in Vienna, 28 March 23.
	for date, hours := range map[string]float64{"2027-10-31": 25, "2027-03-28": 23, "2027-07-01": 24} {
		d := day(date, vienna)
		if got := LastSecond(d).Add(time.Second).Sub(d).Hours(); got != hours {
			t.Errorf("%s has %v hours", date, got)
		}
	}
}

func TestDurationsRefused(t *testing.T) {
	for _, s := range []string{"", "P", "42D", "PT", "P1DT", "P1D1M", "P1H", "PT1D", "P-1D", "P1.5D", "P10000D", "P01D", "P1D1D", "p1d", "P1DT1H1H", "P1 D"} {
		if _, err := ParseDuration(s); err == nil {
			t.Errorf("%q was taken", s)
		}
	}
}

func TestMonthDay(t *testing.T) {
	m, err := ParseMonthDay("02-29")
	if err != nil {
		t.Fatal(err)
	}
	if got := m.In(2027, time.UTC).Format(time.DateOnly); got != "2027-02-28" {
		t.Error(got)
	}
	if got := m.In(2028, time.UTC).Format(time.DateOnly); got != "2028-02-29" {
		t.Error(got)
	}
	for _, s := range []string{"2-29", "13-01", "02-30", "", "12-15x"} {
		if _, err := ParseMonthDay(s); err == nil {
			t.Errorf("%q was taken", s)
		}
	}
}

func FuzzDuration(f *testing.F) {
	f.Add("P42D")
	for _, s := range []string{"P3M", "PT48H", "P1Y2M3W4DT5H6M7S", "P0D", "12-15", "2027-10-01", "43.25 76.95; 43.30 77.10"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDuration(s)
		if err == nil && d.String() != s {
			t.Errorf("%q is kept as %q", s, d)
		}
		if m, err := ParseMonthDay(s); err == nil && m.Day == 0 {
			t.Errorf("%q", s)
		}
		if _, err := ParseDay(s, time.UTC); err == nil && len(s) != 10 {
			t.Errorf("%q", s)
		}
		if p, err := ParsePoints(s); err == nil && len(p) < 2 {
			t.Errorf("%q", s)
		}
	})
}
