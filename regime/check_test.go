package regime_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"detente/packs"
	"detente/regime"
)

// edit returns an example with fields replaced by JSON; an empty text leaves the
// field out.
func edit(t testing.TB, name string, changes map[string]string) *regime.Values {
	t.Helper()
	b, err := fs.ReadFile(packs.FS, name)
	if err != nil {
		t.Fatal(err)
	}
	var of map[string]json.RawMessage
	if err := json.Unmarshal(b, &of); err != nil {
		t.Fatal(err)
	}
	for id, text := range changes {
		if text == "" {
			if _, ok := of[id]; !ok {
				t.Fatalf("the example has no %s to leave out", id)
			}
			delete(of, id)
			continue
		}
		of[id] = json.RawMessage(text)
	}
	b, err = json.Marshal(of)
	if err != nil {
		t.Fatal(err)
	}
	v, err := regime.ReadValues(b)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// box is an area with these points, "lat lon" each.
func box(points ...string) string {
	var list []string
	for _, p := range points {
		lat, lon, _ := strings.Cut(p, " ")
		list = append(list, fmt.Sprintf(`{"lat": %q, "lon": %q}`, lat, lon))
	}
	return `{"name": "Kara-Tau", "points": [` + strings.Join(list, ",") + `]}`
}

const onePhase = `[{"phase": "active", "start": "2027-05-25", "end": "%s", "purpose": "p", "area": "a", "description": "d"}]`

type checkCase struct {
	change map[string]string // JSON by field; an empty text leaves the field out
	number string
	says   string
}

// checks name a change to the example and the faults that it must bring: the
// field's number and a part of the English sentence.
var checks = map[string]checkCase{
	"missing":                    {map[string]string{"designation": ""}, "1.1", "not answered: give a value"},
	"missing with answers":       {map[string]string{"changes_from_calendar": ""}, "6.1", "or answer nil, not-applicable"},
	"missing by condition":       {map[string]string{"battle_tanks": ""}, "2.4", "not answered"},
	"answer not accepted":        {map[string]string{"start_date": `{"answer": "not-known-now"}`}, "1.5", "the answer not-known-now is not accepted here: give a value"},
	"disputed only where listed": {map[string]string{"battle_tanks": `{"answer": "disputed"}`}, "2.4", "the answer disputed is not accepted"},
	"disputed where not asked":   {map[string]string{"landing_troops_total": `{"answer": "disputed"}`}, "3.1", "the answer disputed is not accepted here"},
	"other answer not accepted":  {map[string]string{"battle_tanks": `{"answer": "not-applicable"}`}, "2.4", "or answer nil, not-known-now"},
	"field of another kind":      {map[string]string{"landing_troops_total": "100"}, "3.1", "answered only with “Amphibious or heliborne landing, or parachute assault” in field 1.7"},
	"unknown field":              {map[string]string{"start": `"2027-05-17"`}, "", "no such field"},
	"string is a number":         {map[string]string{"designation": "7"}, "1.1", "not a text"},
	"string of two lines":        {map[string]string{"designation": `"Steppe\nBridge"`}, "1.1", "character 7 cannot be shown"},
	"string too long":            {map[string]string{"designation": `"` + strings.Repeat("д", 201) + `"`}, "1.1", "201 characters are more than 200"},
	"string blank":               {map[string]string{"designation": `" \u00a0"`}, "1.1", "empty"},
	"text too long":              {map[string]string{"general_purpose": `"` + strings.Repeat("a", 2001) + `"`}, "1.2", "2001 characters are more than 2000"},
	"text that turns direction":  {map[string]string{"general_purpose": `"a\u202eb"`}, "1.2", "character 2 cannot be shown"},
	"text with an escape":        {map[string]string{"general_purpose": `"\u001b[2J"`}, "1.2", "character 1 cannot be shown"},
	"date of no day":             {map[string]string{"end_date": `"2027-06-31"`}, "1.6", "not a date"},
	"date in words":              {map[string]string{"end_date": `"4 June 2027"`}, "1.6", "not a date"},
	"date as a number":           {map[string]string{"end_date": "20270604"}, "1.6", "not a date"},
	"end before start":           {map[string]string{"end_date": `"2027-05-16"`}, "1.6", "2027-05-16 is before 2027-05-17 (1.5, Start of the activity)"},
	"figure below zero":          {map[string]string{"sorties_expected": "-1"}, "2.9", "not a whole number"},
	"figure as text":             {map[string]string{"sorties_expected": `"240"`}, "2.9", "not a whole number"},
	"figure too large":           {map[string]string{"sorties_expected": "100000001"}, "2.9", "100000000"},
	"not true or false":          {map[string]string{"no_advance_notice": `"no"`}, "6.4", "neither true nor false"},
	"choices not a list":         {map[string]string{"kinds": `"land-exercise"`}, "1.7", "not a list"},
	"choice unknown":             {map[string]string{"kinds": `["land-exercise", "air-part", "cyber"]`}, "1.7", `"cyber" is none of`},
	"choice repeated":            {map[string]string{"kinds": `["land-exercise", "air-part", "air-part"]`}, "1.7", `"air-part" is repeated`},
	"list empty":                 {map[string]string{"aircraft_categories": "[]"}, "2.11", "empty"},
	"list too long":              {map[string]string{"aircraft_categories": "[" + strings.Repeat(`"a",`, 200) + `"a"]`}, "2.11", "201 items are more than 200"},
	"list of numbers":            {map[string]string{"aircraft_categories": "[1]"}, "2.11", "not a text"},
	"state in capitals":          {map[string]string{"states_involved": `["alatau", "borovia", "Cintra"]`}, "1.3", `"Cintra" is not the id of a party`},
	"post is a name":             {map[string]string{"contact_post": `"Col. A. Example"`}, "6.3", "never a person"},
	"map is a figure":            {map[string]string{"battle_tanks": "155"}, "2.4", "not a table of figures"},
	"map empty":                  {map[string]string{"battle_tanks": "{}"}, "2.4", "empty"},
	"map with a text":            {map[string]string{"battle_tanks": `{"alatau": "many"}`}, "2.4", "alatau: not a whole number"},
	"map of another category":    {map[string]string{"helicopters_by_category": `{"heavy": 2}`}, "2.8", `"heavy" is none of attack`},
	"map of another state":       {map[string]string{"battle_tanks": `{"alatau": 1, "cintra": 2}`}, "2.4", `"cintra" is not among the states of field 1.3`},
	"sum":                        {map[string]string{"troops_total": "13000"}, "2.2", "the figures add up to 13,200, field 2.1 says 13,000"},
	"rows not objects":           {map[string]string{"phases": `["active"]`}, "5.2", "row 1 is not an object"},
	"column missing":             {map[string]string{"phases": `[{"phase": "active", "start": "2027-05-25", "end": "2027-05-26", "area": "a", "description": "d"}]`}, "5.2", "row 1, Purpose: not answered"},
	"column unknown":             {map[string]string{"phases": strings.Replace(fmt.Sprintf(onePhase, "2027-05-26"), `"area"`, `"areas": 1, "area"`, 1)}, "5.2", `row 1: there is no column "areas"`},
	"phase ends before it":       {map[string]string{"phases": fmt.Sprintf(onePhase, "2027-05-24")}, "5.2", "row 1, End: 2027-05-24 is before 2027-05-25 (5.2.2, Start)"},
	"formation of another state": {map[string]string{"formations": `[{"state": "cintra", "designation": "d", "subordination": "s", "level": "brigade", "arm": "a", "count": 1}]`}, "2.3", `row 1, State: "cintra" is not among`},
	"area is a text":             {map[string]string{"area": `"Kara-Tau"`}, "5.1", "not an area"},
	"area of two points":         {map[string]string{"area": box("43 77", "44 77", "43 77")}, "5.1", "3 points do not enclose"},
	"area not closed":            {map[string]string{"area": box("43 77", "44 77", "44 78", "43 78")}, "5.1", "not closed"},
	"area crosses itself":        {map[string]string{"area": box("43 77", "44 78", "44 77", "43 78", "43 77")}, "5.1", "the side after point 1 meets the side after point 3"},
	"area folds back":            {map[string]string{"area": box("43 77", "43 79", "43 78", "44 78", "43 77")}, "5.1", "the side after point 1 meets the side after point 2"},
	"area touches itself":        {map[string]string{"area": box("43 77", "43 79", "44 79", "43 78", "44 77", "43 77")}, "5.1", "meets"},
	"area point repeated":        {map[string]string{"area": box("43 77", "44 77", "44 78", "44 77", "43 77")}, "5.1", "points 2 and 4 are the same"},
	"latitude":                   {map[string]string{"area": box("90.000001 77", "44 77", "44 78", "90.000001 77")}, "5.1", "point 1 is not a latitude"},
	"longitude":                  {map[string]string{"area": box("43 77", "44 180.5", "44 78", "43 77")}, "5.1", "point 2 is not"},
	"degrees and minutes":        {map[string]string{"area": box("43 77", "44°30' 77", "44 78", "43 77")}, "5.1", "point 2 is not"},
	"degrees of seven decimals":  {map[string]string{"area": box("43 77", "44.1234567 77", "44 78", "43 77")}, "5.1", "point 2 is not"},
	"degrees as numbers":         {map[string]string{"area": `{"name": "a", "points": [{"lat": 43, "lon": 77}, {"lat": 44, "lon": 77}, {"lat": 44, "lon": 78}, {"lat": 43, "lon": 77}]}`}, "5.1", "point 1 is not"},
	"place without a name": {map[string]string{"kinds": `["land-exercise", "air-part", "landing-or-airborne"]`, "landing_troops_total": "3000",
		"embarkation_points": `[{"lat": "43.5", "lon": "77"}]`}, "3.2", "not a place"},
	"place on no map": {map[string]string{"kinds": `["land-exercise", "air-part", "landing-or-airborne"]`, "landing_troops_total": "3000",
		"embarkation_points": `[{"name": "Temir", "lat": "143.5", "lon": "77"}]`}, "3.2", "not a place"},
}

func TestCheckNamesTheFault(t *testing.T) {
	f := form(t, "cica.notification")
	for name, c := range checks {
		checked, faults := f.Check(edit(t, brigades, c.change))
		if len(faults) != 1 || !checked.IsZero() {
			t.Errorf("%s: %d faults where one belongs", name, len(faults))
			for _, x := range faults {
				t.Logf("  %s %s", x.Number, x.Text[regime.English])
			}
			continue
		}
		got := faults[0]
		if got.Number != c.number || !strings.Contains(got.Text[regime.English], c.says) {
			t.Errorf("%s: %s %q, want %s %q", name, got.Number, got.Text[regime.English], c.number, c.says)
		}
		if ru := got.Text[regime.Russian]; ru == "" || ru == got.Text[regime.English] || strings.Contains(ru+got.Text[regime.English], "%!") {
			t.Errorf("%s: Russian %q", name, ru)
		}
	}
}

func TestCheckAccepts(t *testing.T) {
	f := form(t, "cica.notification")
	for name, change := range map[string]map[string]string{
		"explicit answers": {"battle_tanks": `{"answer": "nil"}`, "troops_by_state": `{"answer": "not-known-now"}`, "related_activities": `["ALA/2027/3"]`},
		"an answer where nothing is asked": {"landing_troops_total": `{"answer": "not-applicable"}`,
			"naval_gunfire": `{"answer": "nil"}`},
		"one day":            {"end_date": `"2027-05-17"`},
		"joiners of Persian": {"designation": `"می\u200cرود"`},
		"the poles":          {"area": box("90 -180", "-90 -180", "-90 180", "90 180", "90 -180")},
		"two lines of text":  {"remarks": `"one\ntwo"`},
		"another kind": {"kinds": `["land-exercise", "air-part", "landing-or-airborne"]`, "landing_troops_total": "3000",
			"embarkation_points": `[{"name": "Temir", "lat": "-0.5", "lon": "77"}]`},
	} {
		if _, faults := f.Check(edit(t, brigades, change)); len(faults) > 0 {
			t.Errorf("%s: %s %s", name, faults[0].Number, faults[0].Text[regime.English])
		}
	}
}

func TestCheckNamesEveryFaultInOrder(t *testing.T) {
	f := form(t, "cica.notification")
	_, faults := f.Check(edit(t, brigades, map[string]string{
		"contact_post": "", "designation": "", "sorties_expected": "-3", "air_command_level": "7", "end_date": `"2027-01-01"`, "zz": "1",
	}))
	var numbers []string
	for _, x := range faults {
		numbers = append(numbers, x.Number)
	}
	if got := strings.Join(numbers, " "); got != "1.1 1.6 2.9 2.12 6.3 " {
		t.Errorf("faults at %q", got)
	}
}

func TestCheckBoundsItsFaults(t *testing.T) {
	f := form(t, "cica.notification")
	var b strings.Builder
	b.WriteString("{")
	for i := range 10000 {
		fmt.Fprintf(&b, `"x%d": 1,`, i)
	}
	b.WriteString(`"y": 1}`)
	v, err := regime.ReadValues([]byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	if _, faults := f.Check(v); len(faults) != 200 {
		t.Errorf("%d faults", len(faults))
	}
}

func TestCheckOfNothing(t *testing.T) {
	f := form(t, "cica.invitation")
	if c, faults := f.Check(nil); !c.IsZero() || len(faults) != 13 {
		t.Errorf("%d faults", len(faults))
	}
}

func TestInvitationReplyBeforeItBegins(t *testing.T) {
	f := form(t, "cica.invitation")
	_, faults := f.Check(edit(t, orchestra, map[string]string{"reply_by": `"2027-07-06"`}))
	if len(faults) != 1 || faults[0].Number != "3.1" || !strings.Contains(faults[0].Text[regime.English], "after 2027-07-05") {
		t.Errorf("%v", faults)
	}
}
