package screen

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// calendarIsKept: the three views show the same dates, and the files have them too.
func calendarIsKept(t *testing.T, h *house) {
	b := h.browser(t)
	b.signIn("saparova")
	b.get("/calendar?month=2026-12")
	b.sees(http.StatusOK, "December 2026", "15 Annual exchange of military information Plans to deploy", "Borovia, Cintra")
	if !strings.Contains(b.page, `<li class="own"><a href="/why?of=vd11.`) {
		t.Error("what this state will do is not marked")
	}
	b.get("/calendar?month=2026-11&view=quarter")
	b.sees(http.StatusOK, "October 2026 – December 2026", "Annual exchange of military information")
	b.get("/calendar?month=2026-12&view=list")
	b.sees(http.StatusOK, "December 2026 – November 2027", "2026-12-15 Annual exchange of military information Alatau", "2027-11-15 Annual calendar Borovia")
	b.get("/calendar?month=2026-13&view=none")
	b.sees(http.StatusOK, "today")
	for kind, begins := range map[string]string{"ics": "BEGIN:VCALENDAR", "csv": "due,what", "xlsx": "PK", "json": "{"} {
		res, err := b.http.Get(b.url + "/calendar/dates/" + kind)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || !strings.HasPrefix(string(body), begins) || !strings.Contains(res.Header.Get("Content-Disposition"), "dates."+kind) {
			t.Errorf("%s: %v, %.40q, %v", kind, err, body, res.Header)
		}
	}
	b.get("/calendar/dates/exe")
	b.sees(http.StatusNotFound)
	b.get("/calendar/dates/csv?status=exercise")
	if !strings.Contains(b.page, "EXERCISE: Annual calendar") {
		t.Errorf("a file of an exercise does not say so: %.200s", b.page)
	}
	b.get("/calendar?month=2026-12&status=exercise")
	b.sees(http.StatusOK)
	if !strings.Contains(b.page, "Nothing on this page is meant in earnest") {
		t.Error("no band on a page of an exercise")
	}
}
