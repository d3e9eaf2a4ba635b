package screen

import (
	"net/http"
	"strings"
	"testing"

	"detente/act"
	"detente/node"
	"detente/party"
)

// TestSideBySide: what two states report stands beside each other, what is alike apart
// from what is not, in every language and direction; each report is a file of its own.
func TestSideBySide(t *testing.T) {
	h, borovia := twoHomes(t)
	b := h.browser(t)
	b.signIn("saparova")
	b.get("/incidents")
	b.sees(http.StatusOK, "No incident was reported.", "Report an incident ( ceasefire.incident )")
	b.get("/incidents/ALA%2F2028%2F3")
	b.sees(http.StatusNotFound)
	report := func(n *node.Node, to party.ID, measure, answers, form string) string {
		t.Helper()
		ref, err := n.TestOnlySay(t.Context(), node.Request{Kind: act.Statement, Status: act.Exercise, Life: act.New, To: []party.ID{to}, Thread: "ALA/2028/3", Measure: measure, Answers: answers, Values: []byte(form)})
		if err != nil {
			t.Fatal(err)
		}
		return ref.String()
	}
	first := report(h.home.Node, "borovia", "ceasefire.incident", "", `{"occurred": "2028-02-29T23:30+00:00[UTC]", "location": {"name": "the <b>ford</b>", "lat": "43.1", "lon": "76.4"}, "kinds": ["shots"],
		"incident": "Two shots.", "knowledge": "own", "participants": [{"who": "people of the valley", "kind": "people", "part": "affected"}], "dead": 0, "wounded": {"answer": "not-known-now"}, "contact_post": "duty-officer"}`)
	b.get("/incidents?status=exercise")
	b.sees(http.StatusOK, "EXERCISE", "ALA/2028/3", "Report of an incident", "Reported by: Alatau", "2028-02-29T23:30+00:00[UTC]")
	b.get("/incidents?status=exercise&page=2")
	b.sees(http.StatusOK)
	if strings.Contains(b.page, "ALA%2F2028") || !strings.Contains(b.page, `rel="prev"`) || strings.Contains(b.page, `rel="next"`) {
		t.Error("the second page of one incident")
	}
	b.get("/incidents/ALA%2F2028%2F3?status=exercise")
	b.sees(http.StatusOK, "Incident: ALA/2028/3", "Reported by some", "the <b>ford</b>", "people of the valley", "Give this state's own account", "own observation")
	carry(t, h.home, borovia)
	report(borovia.Node, "alatau", "ceasefire.incident.account", first, `{"occurred": "2028-03-01T05:30+06:00[Asia/Almaty]", "incident": "A blast in the quarry.", "knowledge": "third", "kinds": {"answer": "disputed"}, "wounded": {"answer": "not-known-now"}, "contact_post": "duty-officer"}`)
	carry(t, borovia, h.home)
	b.get("/incidents/ALA%2F2028%2F3?status=exercise")
	b.sees(http.StatusOK, "Reported alike by all who report", "Reported in different ways", "Two shots.", "A blast in the quarry.", "Not known")
	said := text(b.page)
	before, rest, _ := strings.Cut(said, "Reported in different ways")
	_, alike, ok := strings.Cut(before, "Reported alike by all who report")
	if !ok || !strings.Contains(alike, "1.1 Time Alatau 2028-02-29 23:30 +00:00 UTC Borovia 2028-03-01 05:30 +06:00 Asia/Almaty") || strings.Contains(alike, "shots") {
		t.Errorf("alike: %s", alike)
	}
	differs, disputed, ok := strings.Cut(rest, "Disputed At least one")
	if !ok || !strings.Contains(differs, "Facts as the author knows them Alatau Two shots. Borovia A blast in the quarry.") || !strings.Contains(disputed, "1.3 Kind Alatau shots Borovia Disputed") {
		t.Errorf("differs: %s\ndisputed: %s", differs, disputed)
	}
	for _, judged := range []string{"violat", "guilt", "urgent\"", "blame"} {
		if strings.Contains(b.page, judged) {
			t.Errorf("the page has %q", judged)
		}
	}
	for _, lang := range []string{"ru", "kk", "fa", "zh"} {
		b.lang = lang
		b.get("/incidents/ALA%2F2028%2F3?status=exercise")
		b.sees(http.StatusOK, "Two shots.", "A blast in the quarry.")
		if lang == "fa" && !strings.Contains(b.page, `dir="rtl"`) {
			t.Error("Persian is not written from the right")
		}
	}
	b.lang = "en"
	for path, want := range map[string]string{
		"/incidents/ALA%2F2028%2F3/cap.xml?status=exercise&by=borovia": "A blast in the quarry.", "/incidents/ALA%2F2028%2F3/cap.xml?status=exercise": "Two shots.",
		"/incidents/ALA%2F2028%2F3/table.csv?status=exercise": "A blast in the quarry.", "/incidents/table.csv?status=exercise": "Two shots.", "/incidents/areas.geojson?status=exercise": "the <b>ford</b>",
	} {
		b.get(path)
		if b.code != http.StatusOK || !strings.Contains(b.page, strings.NewReplacer("<b>", "", "</b>", "").Replace(want)) && !strings.Contains(b.page, "43.1") {
			t.Errorf("%s: %d %.300s", path, b.code, b.page)
		}
	}
	b.get("/incidents/ALA%2F2028%2F3/cap.xml?status=exercise")
	if !strings.Contains(b.page, "<certainty>Unknown</certainty>") || !strings.Contains(b.page, "<scope>Private</scope>") || !strings.Contains(b.page, "<status>Exercise</status>") {
		t.Errorf("what another disputes is said to be observed, or for all:\n%s", b.page)
	}
	b.get("/notices/" + strings.ReplaceAll(first[:strings.LastIndex(first, " ")], " ", "/"))
	b.sees(http.StatusOK, "What each side reports of this event")
	if strings.Contains(b.page, "<b>ford</b>") {
		t.Error("what another state wrote is markup here")
	}
}

// visitsAreShown: a request, its answer and what is next, with the count that it draws
// on and local times with their zone.
func visitsAreShown(t *testing.T, h *house) {
	b := h.browser(t)
	b.signIn("saparova")
	h.says(t, "vd11.inspection", "INSP/1", `{"receiving_state":"borovia","specified_area":{"name":"the <i>plain</i>","points":[{"lat":"43.92","lon":"77.05"},{"lat":"44.05","lon":"77.61"},{"lat":"43.78","lon":"78.02"},{"lat":"43.92","lon":"77.05"}]},"planned_entry":"2099-03-01T09:00+05:00[Asia/Almaty]","points_of_entry":[{"name":"Northern bridge","lat":"43.9","lon":"77"}],"transport_to_entry":"by road","start_point_in_area":{"lat":"43.95","lon":"77.4"},"ground_or_air":"ground","vehicles":"receiving-state","team":4,"sub_teams":2,"other_states":{"answer":"nil"},"visa_data":"with the embassy","language":"ru","contact_post":"duty-officer"}`)
	b.get("/visits")
	b.sees(http.StatusOK, "Inspection of a specified area", "asked for or offered, not answered yet", "2099-03-01 09:00 +05:00 Asia/Almaty", "the <i>plain</i>", "Members of the team 4 persons", "Northern bridge", "Borovia", "next", "Count")
	if !strings.Contains(b.page, `href="/why?of=`) || !strings.Contains(b.page, `href="/notices/alatau/`) {
		t.Error("a visit leads neither to why nor to its acts")
	}
	b.get("/visits?stage=done")
	b.sees(http.StatusOK, "No inspection, visit or observation concerns this state.")
	b.get("/visits?at=yesterday")
	b.sees(http.StatusUnprocessableEntity, "neither a day")
	for _, lang := range []string{"ru", "kk", "fa", "zh"} {
		b.lang = lang
		b.get("/visits")
		b.sees(http.StatusOK, "2099-03-01 09:00 +05:00 Asia/Almaty")
	}
}

// documentsAreKept: what the group adopted is listed with its digest, and handed over
// as a file with a safe name.
func documentsAreKept(t *testing.T, h *house) {
	b := h.browser(t)
	b.signIn("saparova")
	b.get("/documents")
	b.sees(http.StatusOK, "Editions of the roster", "roster-2.json", "in force", "Adopted by: Alatau", "Texts as data", "Prints are not kept")
	_, rest, _ := strings.Cut(b.page, `href="/documents/roster/`)
	digest, _, _ := strings.Cut(rest, `"`)
	req, err := http.NewRequest(http.MethodGet, b.url+"/documents/roster/"+digest, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := b.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if got := res.Header.Get("Content-Disposition"); res.StatusCode != http.StatusOK || !strings.HasPrefix(got, `attachment; filename="roster-`) {
		t.Errorf("%d, %q", res.StatusCode, got)
	}
	b.get("/documents/roster/sha256:00")
	b.sees(http.StatusNotFound)
	b.get("/documents/..%2Fx/sha256:00")
	b.sees(http.StatusNotFound)
	for _, lang := range []string{"ru", "kk", "fa", "zh"} {
		b.lang = lang
		b.get("/documents")
		b.sees(http.StatusOK, "roster-2.json")
	}
}
