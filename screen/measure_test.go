package screen

import (
	"net/http"
	"strings"
	"testing"
)

// measuresAreRead: a text is read measure by measure, as a paraphrase, in its languages
// side by side; a text that is not adopted can be read too.
func measuresAreRead(t *testing.T, h *house) {
	b := h.browser(t)
	b.signIn("saparova")
	b.get("/measures")
	b.sees(http.StatusOK, "Vienna Document 2011", "politically binding · adopted here", "Inspection of a specified area", "not adopted here", "never the wording")
	b.get("/measures?text=icwc")
	b.sees(http.StatusOK, "All texts", "not adopted here")
	b.get("/measures/vd11.inspection")
	b.sees(http.StatusOK, "IX, 74–106 (unverified)", "Our paraphrase", "This is not the text", "English · Inspection of a specified area", "Русский", "An unofficial translation", "not later than 36 hours before", "It stands on: vd11.network")
	b.lang = "ru"
	b.get("/measures/vd11.inspection")
	b.sees(http.StatusOK, "Наш пересказ", "не позднее чем за")
	b.lang = "en"
	for _, bad := range []string{"/measures/vd11.nothing", "/measures/nowhere.x", "/measures?text=nowhere"} {
		b.get(bad)
		b.sees(http.StatusNotFound)
	}
	b.get("/measures/board")
	b.sees(http.StatusForbidden, "has not decided on boards")
	b.get("/measures/report")
	b.sees(http.StatusForbidden, "has not decided on boards")
	b.get("/measures/report/csv")
	b.sees(http.StatusForbidden, "has not decided on boards")
}

// TestBoard: where the group decided on it, each cell says in words what is provided for.
func TestBoard(t *testing.T) {
	b := newBoundHouse(t, true, "vd11").browser(t)
	b.signIn("saparova")
	b.get("/measures/board?year=2026")
	b.sees(http.StatusOK, "Measure Alatau Borovia Cintra", "vd11.aemi 1 not yet due")
	if strings.Contains(b.page, `class="tag soon"`) || strings.Contains(b.page, `class="tag done"`) || strings.Contains(b.page, `class="tag urgent"`) {
		t.Error("a state is coloured")
	}
	b.get("/measures")
	b.sees(http.StatusOK, "Measures beside states")
	b.get("/measures/board?year=0")
	b.sees(http.StatusOK)
	b.get("/measures/report?year=2026&measure=vd11.aemi")
	b.sees(http.StatusOK, "Report across states, 2026", "Nothing is added up by state", "politically binding", "Alatau", "Borovia", "not yet due")
	for _, not := range []string{`class="tag soon"`, `class="tag done"`, `class="tag urgent"`, "vd11.calendar"} {
		if strings.Contains(b.page, not) {
			t.Errorf("the report of one measure has %q", not)
		}
	}
	b.get("/measures/report/csv?year=2026")
	b.sees(http.StatusOK)
	for _, key := range []string{"vd11.aemi/2027/alatau", "vd11.aemi/2027/borovia"} {
		if !strings.Contains(b.page, key) {
			t.Errorf("the file lacks %s", key)
		}
	}
	b.get("/measures/report/pdf?year=2026")
	b.sees(http.StatusNotFound)
	b.get("/measures/report?measure=nowhere.x")
	b.sees(http.StatusNotFound)
}

// portfolioIsRead: what binds this state, with what is agreed, open and not found.
func portfolioIsRead(t *testing.T, h *house) {
	b := h.browser(t)
	b.signIn("saparova")
	b.get("/portfolio")
	b.sees(http.StatusOK, "Vienna Document 2011", "edition 2011-plus", "since 2013-01-01", "Not agreed", "Not found, and therefore left open", "More than one text has measures of the same kind")
	b.get("/portfolio?at=2005-01-01")
	b.sees(http.StatusOK, "no edition is in force for this state now")
	b.get("/portfolio?at=x")
	b.sees(http.StatusUnprocessableEntity, "neither a day")
	b.get("/quotas")
	b.sees(http.StatusOK, "IX, 74–106 (number unverified)", "at most 3 · 3 left", "a contact point is named, so far: 0 recorded")
	b.get("/quotas?measure=nowhere.x")
	b.sees(http.StatusNotFound, "no text that is adopted here has a measure")
	b.get("/blocks")
	b.sees(http.StatusOK, "Building blocks", "Borovia")
	b.get("/blocks?with=borovia")
	b.sees(http.StatusOK, "Building blocks with Borovia", "Stands", "Inspection of a specified area")
	b.get("/blocks/alatau")
	b.sees(http.StatusNotFound, "no other party")
}
