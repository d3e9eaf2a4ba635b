package calendar_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"detente/calendar"
	ics "github.com/arran4/golang-ical"
	"github.com/xuri/excelize/v2"
)

func entries() []calendar.Entry {
	return []calendar.Entry{
		{Key: "vd11.calendar/2028/alatau", Day: "2027-11-15", What: "Annual calendar", By: "alatau", To: "borovia, cintra", State: "not-due", Words: "not yet due",
			Article: "VII, 61", Text: "vd11 2011-plus", Sentence: "Provided for under VII, 61; due by 15 November 2027.", Own: true, AlarmBefore: 14 * 24 * time.Hour},
		{Key: "vd11.inspection.reply/x 3/borovia", At: time.Date(2027, 3, 4, 9, 30, 0, 0, time.UTC), What: "=HYPERLINK(\"x\"), with; a, comma\nand a line", By: "borovia",
			State: "discharged", Words: "ничего не требуется " + strings.Repeat("очень ", 30), Over: true, Acts: []string{"borovia/1f 3", "alatau/2c 7"}},
	}
}

func TestICS(t *testing.T) {
	now := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	var b bytes.Buffer
	if err := calendar.ICS(&b, "group-a", "détente: Alatau", entries(), now); err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(strings.TrimSuffix(b.String(), "\r\n"), "\r\n") {
		if len(line) > 75 || strings.ContainsAny(line, "\r\n") {
			t.Errorf("line %d has %d bytes: %q", i+1, len(line), line)
		}
	}
	cal, err := ics.ParseCalendar(bytes.NewReader(b.Bytes()))
	if err != nil || len(cal.Events()) != 2 {
		t.Fatalf("%d events: %v", len(cal.Events()), err)
	}
	first, second := cal.Events()[0], cal.Events()[1]
	if day, err := first.GetAllDayStartAt(); err != nil || day.Format(time.DateOnly) != "2027-11-15" || len(first.Alarms()) != 1 {
		t.Errorf("the day is %v, alarms %d: %v", day, len(first.Alarms()), err)
	}
	if at, err := second.GetStartAt(); err != nil || !at.Equal(entries()[1].At) || len(second.Alarms()) != 0 {
		t.Errorf("the moment is %v: %v", at, err)
	}
	for name, want := range map[ics.ComponentProperty]string{ics.ComponentPropertyStatus: "CANCELLED", ics.ComponentPropertySequence: "2", "X-DETENTE-KEY": entries()[1].Key} {
		if p := second.GetProperty(name); p == nil || p.Value != want {
			t.Errorf("%s: %+v, want %s", name, p, want)
		}
	}
	if got := second.GetProperty(ics.ComponentPropertySummary).Value; !strings.Contains(got, "with; a, comma\nand a line") {
		t.Errorf("the summary reads %q", got)
	}
}

// An entry keeps its identifier whatever becomes of it, and two never share one.
func TestUID(t *testing.T) {
	a := calendar.UID("group-a", "vd11.calendar/2028/alatau")
	if !regexp.MustCompile(`^[0-9a-f]{32}@[0-9a-f]{12}\.detente\.invalid$`).MatchString(a) {
		t.Errorf("identifier %s", a)
	}
	seen := map[string]bool{a: true}
	for _, other := range []string{calendar.UID("group-b", "vd11.calendar/2028/alatau"), calendar.UID("group-a", "vd11.calendar/2029/alatau")} {
		if seen[other] {
			t.Errorf("%s stands for two entries", other)
		}
		seen[other] = true
	}
	changed := entries()[0]
	changed.Day, changed.Words = "2027-11-20", "done"
	var b bytes.Buffer
	if err := calendar.ICS(&b, "group-a", "x", []calendar.Entry{changed}, time.Unix(0, 0)); err != nil || !strings.Contains(b.String(), "UID:"+a+"\r\n") {
		t.Errorf("another identifier after a change: %v\n%s", err, b.String())
	}
}

func TestTables(t *testing.T) {
	var b bytes.Buffer
	if err := calendar.CSV(&b, entries()); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil || len(rows) != 3 {
		t.Fatalf("%d rows: %v", len(rows), err)
	}
	if rows[1][0] != "2027-11-15" || rows[2][0] != "2027-03-04T09:30:00Z" || !strings.HasPrefix(rows[2][1], "'=HYPERLINK") {
		t.Errorf("%q", rows)
	}
	b.Reset()
	if err := calendar.XLSX(&b, "A & B", entries()); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	props, _ := f.Pkg.Load("docProps/core.xml")
	if text, ok := props.([]byte); !ok || !bytes.Contains(text, []byte("<cp:coreProperties ")) || !bytes.Contains(text, []byte("<dc:title>A &amp; B</dc:title>")) || bytes.Contains(text, []byte("2006-09")) {
		t.Errorf("properties: %s", props)
	}
	sheet, err := f.GetRows("Sheet1")
	if err != nil || len(sheet) != 3 || sheet[0][0] != "due" || !strings.HasPrefix(sheet[2][1], "=HYPERLINK") {
		t.Fatalf("%q %v", sheet, err)
	}
	if formula, err := f.GetCellFormula("Sheet1", "B3"); err != nil || formula != "" {
		t.Errorf("a text became the formula %q: %v", formula, err)
	}
	if panes, err := f.GetPanes("Sheet1"); err != nil || !panes.Freeze || panes.YSplit != 1 {
		t.Errorf("the head does not stay: %+v %v", panes, err)
	}
}

func TestGeoJSON(t *testing.T) {
	clock := [][2]float64{{77, 43}, {77, 44}, {78, 44}, {77, 43}} // north, then east: with the clock
	var b bytes.Buffer
	err := calendar.GeoJSON(&b, []calendar.Area{
		{Shape: calendar.Outline, Points: clock, About: map[string]string{"author": "alatau"}},
		{Shape: calendar.Line, Points: clock[:2]}, {Shape: calendar.Places, Points: clock[:1]}, {Shape: calendar.Places, Points: clock[:3]},
	})
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		Features []struct {
			Geometry struct {
				Type        string
				Coordinates json.RawMessage
			}
			Properties map[string]string
		}
	}
	if err := json.Unmarshal(b.Bytes(), &all); err != nil || len(all.Features) != 4 {
		t.Fatalf("%v: %s", err, b.String())
	}
	for i, want := range []string{"Polygon", "LineString", "Point", "MultiPoint"} {
		if got := all.Features[i].Geometry.Type; got != want {
			t.Errorf("area %d is a %s, want %s", i, got, want)
		}
	}
	var rings [][][2]float64
	if err := json.Unmarshal(all.Features[0].Geometry.Coordinates, &rings); err != nil || len(rings) != 1 || rings[0][1] != [2]float64{78, 44} {
		t.Errorf("the ring turns with the clock: %v %v", rings, err)
	}
	if clock[1] != [2]float64{77, 44} {
		t.Error("what was handed over was altered")
	}
	for _, bad := range []calendar.Area{
		{Shape: calendar.Outline, Points: clock[:3]}, {Shape: calendar.Outline, Points: append(clock[:3:3], [2]float64{1, 1})},
		{Shape: calendar.Line, Points: clock[:1]}, {Shape: calendar.Places}, {Shape: "state", Points: clock},
	} {
		if calendar.GeoJSON(&b, []calendar.Area{bad}) == nil {
			t.Errorf("%d points are taken for a %s", len(bad.Points), bad.Shape)
		}
	}
}
