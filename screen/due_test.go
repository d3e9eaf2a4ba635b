package screen

import (
	"context"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"detente/control"
	"detente/home"
	"detente/internal/canon"
	"detente/pack"
	"detente/packs"
	"detente/party"
	"detente/roster"
)

// newBoundHouse is a house that is alone with texts in force; Borovia and Cintra, which
// keep no record, are the other sides.
func newBoundHouse(t *testing.T, boards bool, ids ...string) *house {
	t.Helper()
	library, err := pack.NewLibrary(packs.FS)
	if err != nil {
		t.Fatal(err)
	}
	return openHouse(t, func(h *home.Home) {
		door, ctx := control.Local{Home: h}, context.Background()
		var shown control.Roster
		if err := door.Call(ctx, "roster-show", nil, nil, nil, &shown); err != nil {
			t.Fatal(err)
		}
		r, err := roster.Parse([]byte(shown.Body))
		if err != nil {
			t.Fatal(err)
		}
		r.Previous, r.Edition, r.Boards = shown.Digest, r.Edition+1, boards
		for _, id := range ids {
			p, err := library.Find(id, canon.Digest{})
			if err != nil {
				t.Fatal(err)
			}
			r.Packs = append(r.Packs, roster.Pack{ID: id, Digest: p.Digest()})
		}
		r.Parties[0].Code = "KZ" // the sets of the texts that ship name states by their codes
		for _, x := range []struct {
			id   party.ID
			name string
			code string
		}{{"borovia", "Borovia", "KG"}, {"cintra", "Cintra", "TJ"}} {
			r.Parties = append(r.Parties, roster.Party{ID: x.id, Standing: roster.Member, Names: map[string]string{"en": x.name}, Code: x.code, Posts: []party.Post{"duty-officer"}, Endpoints: []string{}})
		}
		r.Effective = canon.FormatTime(h.Time().Add(5 * time.Second))
		b, err := r.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		if err := door.Call(ctx, "roster-adopt", control.AdoptArgs{Body: string(b), Console: true}, nil, nil, nil); err != nil {
			t.Fatal(err)
		}
	})
}

// TestTexts looks at one house that is bound by two texts: a house takes its time.
func TestTexts(t *testing.T) {
	h := newBoundHouse(t, false, "vd11", "cica")
	for _, one := range []struct {
		name string
		look func(*testing.T, *house)
	}{
		{"due", dueAndWhy}, {"calendar", calendarIsKept}, {"portfolio", portfolioIsRead}, {"measures", measuresAreRead}, {"notes", notesAreKept},
		{"group and house", groupAndHouse}, {"proofs and bundles", verifyAndCarry}, {"map", mapIsDrawn}, {"help", helpIsThere}, {"visits", visitsAreShown}, {"documents", documentsAreKept},
	} {
		t.Run(one.name, func(t *testing.T) { one.look(t, h) })
	}
}

// TestEmptyHouse: on the first day every page is there and says that there is nothing.
func TestEmptyHouse(t *testing.T) {
	b := newHouse(t).browser(t)
	b.signIn("saparova")
	for _, c := range chapters() {
		for _, p := range c.Pages {
			b.get("/" + p.Key)
			b.sees(http.StatusOK)
		}
	}
	for path, says := range map[string]string{"/due": "No text is in force here", "/calendar": "No text is in force here", "/portfolio": "No text is in force here",
		"/notes": "The register is empty", "/peers": "There is no other party", "/map": "Nothing with a place stands now", "/quotas": "Nothing is counted yet"} {
		b.get(path)
		b.sees(http.StatusOK, says)
	}
}

// dueAndWhy: what is provided for leads to its reasons.
func dueAndWhy(t *testing.T, h *house) {
	b := h.browser(t)
	b.signIn("saparova")
	b.get("/due?text=vd11")
	b.sees(http.StatusOK, "This state will do 4", "Annual exchange of military information not yet due Alatau Borovia, Cintra", "This state awaits 8")
	own, awaited, _ := strings.Cut(b.page, `id="awaited"`)
	if !strings.Contains(own, `class="tag open"`) || strings.Contains(awaited, `class="tag`) {
		t.Error("what this state will do is not marked, or what another will do is")
	}
	b.get("/due?at=2027-02-30")
	b.sees(http.StatusUnprocessableEntity, "neither a day such as 2027-08-20")
	b.get("/due?text=nowhere")
	b.sees(http.StatusNotFound, "no text nowhere is adopted")
	why := html.UnescapeString(regexp.MustCompile(`/why\?of=vd11\.calendar[^"]*alatau[^"]*`).FindString(own))
	b.get(why)
	b.sees(http.StatusOK, "Annual calendar", "The arithmetic", "Provided for under", "No act and no note is recorded for it")
	b.get("/why?of=nothing")
	b.sees(http.StatusNotFound, "rests on")
	b.lang = "ru"
	b.get(strings.Replace(why, "status=actual", "status=exercise", 1))
	b.sees(http.StatusOK, "Расчёт")
	if !strings.Contains(b.page, "УЧЕНИЕ") {
		t.Error("a page of an exercise does not say so")
	}
}
