package screen

import (
	"net/http"
	"strings"
	"testing"

	"detente/control"
	"detente/exercise"
	"detente/line"
	"detente/party"
)

// TestExercisesPage: an exercise stands with its injects; an officer on duty says "no
// play" by one button, every desk says so, and it is resumed by the same side alone.
func TestExercisesPage(t *testing.T) {
	h, _ := twoHomes(t)
	b := h.browser(t)
	b.signIn("saparova")
	b.get("/exercises")
	b.sees(http.StatusOK, "No exercise was begun here")
	sc := exercise.Scenario{ID: "sea", Edition: 3, Title: map[string]string{"en": "At <sea>", "ru": "На море"}, Parties: []party.ID{"alatau", "borovia"}, Thread: "EX/SEA", Injects: []exercise.Inject{
		{ID: "theirs", By: "borovia", Post: "duty-officer", Kind: exercise.Call, To: []party.ID{"alatau"}, Thread: "EX/SEA/1", Line: "capitals", Precedence: line.Immediate},
		{ID: "facts", By: "alatau", Post: "duty-officer", Kind: exercise.Incident, To: []party.ID{"borovia"}, Thread: "EX/SEA/2", Facts: []string{"A light was seen."}, Language: "en"},
	}}
	body, err := sc.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	session, err := h.home.Node.Desk().SignIn(t.Context(), "saparova", passphrase)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.door.As(session.Token()).Call(t.Context(), "exercise-begin", control.BeginArgs{Scenario: string(body)}, nil, nil, nil); err != nil {
		t.Fatal(err)
	}
	b.get("/exercises")
	b.sees(http.StatusOK, "EXERCISE", "At <sea>", "edition 3", "under way", "given by that party", "waits for clearance", "Borovia")
	b.press("/exercises/sea/mark", "step", "no-play")
	b.sees(http.StatusOK, "Said to the others: no play", "Resume play")
	b.press("/exercises/sea/mark", "step", "no-play")
	b.sees(http.StatusConflict, "said no play already")
	b.get("/desk")
	b.sees(http.StatusOK, "NO PLAY A real event stops the exercise sea: Alatau says so.")
	b.lang = "ru"
	b.get("/exercises")
	b.sees(http.StatusOK, "На море", "ВНЕ УЧЕНИЯ")
	b.lang = "en"
	b.press("/exercises/sea/mark", "step", "resume")
	b.sees(http.StatusOK, "play is resumed", "No play: a real event")
	b.get("/desk")
	if strings.Contains(text(b.page), "NO PLAY") {
		t.Error("the desk still says no play")
	}
	b.press("/exercises/sea/mark", "step", "end")
	b.sees(http.StatusOK, "this part has ended")
	if strings.Contains(b.page, `name="step"`) {
		t.Error("an exercise that has ended can be marked")
	}
	clearer := h.browser(t)
	clearer.signIn("orlov")
	clearer.get("/exercises")
	if strings.Contains(clearer.page, `name="step"`) {
		t.Error("marks are offered to an officer who is not on duty")
	}
	clearer.press("/exercises/sea/mark", "step", "no-play")
	clearer.sees(http.StatusForbidden)
}
