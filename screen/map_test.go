package screen

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"detente/act"
	"detente/chart"
	"detente/node"
	"detente/regime"
)

// mapIsDrawn: the map and the table beside it have the same features, under the standing
// disclaimer.
func mapIsDrawn(t *testing.T, h *house) {
	b := h.browser(t)
	b.signIn("saparova")
	b.get("/map")
	b.sees(http.StatusOK, "Nothing with a place stands now", "do not express or imply any position", "The world")
	h.says(t, "vd11.inspection", "ALA/1", `{"specified_area":{"name":"a <valley>","points":[{"lat":"43.92","lon":"77.05"},{"lat":"44.05","lon":"77.61"},{"lat":"43.78","lon":"78.02"},{"lat":"43.92","lon":"77.05"}]}}`)
	b.get("/map")
	b.sees(http.StatusOK, "1 ALA/1 Alatau", "area", "43.92, 77.05", "43.78, 78.02", "Nearer")
	if strings.Count(b.page, `class="map-number"`) != 1 || !strings.Contains(b.page, `class="map-own"`) {
		t.Error("the map does not have what the table has")
	}
	for _, bad := range []string{"?box=1,2,3", "?box=NaN,0,1,1", "?box=0,0,1e9,1", "?box=x,y,z,w"} {
		b.get("/map" + bad)
		b.sees(http.StatusOK, "1 ALA/1 Alatau")
	}
	b.get("/map?box=" + url.QueryEscape(nameOfBox(chart.World())))
	b.sees(http.StatusOK, "1 ALA/1 Alatau")
	b.get("/map?on=yesterday")
	b.sees(http.StatusUnprocessableEntity, "neither a day")
	h.says(t, "vd11.inspection", "ALA/2", `{"specified_area":{"name":"a pass","points":[{"lat":"42","lon":"76"},{"lat":"42.5","lon":"76"},{"lat":"42","lon":"76.5"},{"lat":"42","lon":"76"}]}}`)
	b.get("/map")
	b.sees(http.StatusOK, "ALA/1 Alatau", "ALA/2 Alatau", "42.5, 76")
	b.get("/map/areas")
	if b.code != http.StatusOK || !strings.Contains(b.page, `"Polygon"`) {
		t.Errorf("the file: %d %.100s", b.code, b.page)
	}
}

// says has the house say something under a measure, in the clear and in earnest.
func (h *house) says(t *testing.T, measure, thread, form string) {
	t.Helper()
	v, err := regime.ReadValues([]byte(form))
	if err != nil {
		t.Fatal(err)
	}
	b, err := v.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	n := h.home.Node
	a := &act.Act{Group: n.First().Group, Edition: 2, Kind: act.Statement, Status: act.Actual, ToAll: true, Life: act.New, Thread: thread, Measure: measure, PayloadType: node.FormType, Payload: b}
	if err := n.TestOnlyAppend(context.Background(), []*act.Act{a}); err != nil {
		t.Fatal(err)
	}
}
