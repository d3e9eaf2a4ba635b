package screen

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"detente/control"
	"detente/desk"
	"detente/home"
)

// newWatchHouse is a house with a second officer on duty.
func newWatchHouse(t *testing.T) *house {
	t.Helper()
	return openHouse(t, func(h *home.Home) {
		o := desk.Officer{ID: "umarova", Name: "U. Umarova", Post: "duty-officer", Roles: []desk.Role{desk.Duty}}
		if err := h.Node.Desk().AddOfficer(context.Background(), desk.Console, o, passphrase); err != nil {
			t.Fatal(err)
		}
	})
}

// TestShift: the outgoing officer hands over with remarks, the incoming one alone
// takes over, and both signatures stand afterwards.
func TestShift(t *testing.T) {
	h := newWatchHouse(t)
	out, in, other := h.browser(t), h.browser(t), h.browser(t)
	out.signIn("saparova")
	in.signIn("umarova")
	other.signIn("orlov")
	out.get("/shift")
	out.sees(http.StatusOK, "Nothing is open", "No shift was handed over yet", "U. Umarova")
	out.press("/shift/take")
	out.sees(http.StatusNotFound, "No hand-over waits")
	out.press("/shift/hand-over", "to", "orlov", "remarks", "Call <Borovia> back at 06:00.")
	out.sees(http.StatusForbidden, "does not have the role", "Call <Borovia> back at 06:00.")
	out.press("/shift/hand-over", "to", "saparova")
	out.sees(http.StatusConflict, "nobody hands over to oneself")
	out.press("/shift/hand-over", "to", "umarova", "remarks", "Call <Borovia> back at 06:00.")
	out.sees(http.StatusOK, "Handed over, with your signature", "Handed over by S. Saparova , signed 2", "not signed yet", "Only the officer who is named", "replaces the one that waits")
	other.get("/shift")
	other.sees(http.StatusOK, "Only an officer with the role “on duty” hands over")
	other.press("/sign-out") // has no form of the shift; its token is used up
	out.press("/shift/take")
	out.sees(http.StatusConflict, "This is for another officer")
	in.get("/shift")
	in.sees(http.StatusOK, "Take over the shift and sign", "Nothing was open", "Call <Borovia> back at 06:00.")
	in.press("/shift/take")
	in.sees(http.StatusOK, "Taken over, with your signature", "The last hand-over Handed over by S. Saparova , signed 2", "Taken over by U. Umarova , signed 2")
	if strings.Contains(text(in.page), "waits for its second signature") {
		t.Error("what was taken still waits")
	}
}

// TestTokens: the secret stands on the answer of the issue alone, and a program
// neither lists nor issues tokens.
func TestTokens(t *testing.T) {
	h := newHouse(t)
	b := h.browser(t)
	b.signIn("saparova")
	b.get("/settings")
	if !strings.Contains(b.page, `href="/tokens"`) {
		t.Error("the settings do not lead to the tokens")
	}
	b.get("/tokens")
	b.sees(http.StatusOK, "No token was issued", "look at what its officer may look at")
	b.press("/tokens", "name", "archive", "scope", "read", "days", "soon")
	b.sees(http.StatusUnprocessableEntity, "write a whole number from 1 to 400")
	if !strings.Contains(b.page, `value="archive"`) {
		t.Error("what was typed is lost")
	}
	b.press("/tokens", "name", "archive", "scope", "read", "days", "30")
	b.sees(http.StatusOK, "The token is issued", "shown this once", "S. Saparova", "in force")
	said := text(b.page)
	_, rest, ok := strings.Cut(said, "detente-token-")
	if !ok {
		t.Fatalf("no secret on the answer: %s", said)
	}
	secret := "detente-token-" + strings.Fields(rest)[0]
	var all []control.Token
	if err := h.door.As(secret).Call(context.Background(), "status", nil, nil, nil, nil); err != nil {
		t.Errorf("the secret that is shown does not work: %v", err)
	}
	b.get("/tokens")
	b.sees(http.StatusOK, "archive", "in force")
	if strings.Contains(b.page, secret) {
		t.Error("the secret is shown a second time")
	}

	program := h.browser(t)
	program.http.Transport = under{secret}
	program.get("/desk") // a program's token in place of a session
	program.get("/tokens")
	program.sees(http.StatusForbidden, "A program may not do this")
	program.post("/tokens", map[string][]string{"token": {formToken(secret)}, "name": {"second"}, "scope": {"read"}})
	program.sees(http.StatusForbidden, "A program may not do this")

	if err := h.door.As(session(t, b)).Call(context.Background(), "token-list", nil, nil, nil, &all); err != nil || len(all) != 1 {
		t.Fatalf("%d tokens, %v", len(all), err)
	}
	b.press("/tokens/nothing/end")
	b.sees(http.StatusNotFound, "There is no such token")
	b.press("/tokens/" + all[0].ID + "/end")
	b.sees(http.StatusOK, "The token is ended", "ended 2")
	if err := h.door.As(secret).Call(context.Background(), "draft-list", control.DraftsArgs{}, nil, nil, nil); err == nil {
		t.Error("the ended token still works")
	}
}

// under sends every request with a token as the session.
type under struct{ token string }

func (u under) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.AddCookie(&http.Cookie{Name: "detente-alatau-session", Value: u.token})
	return http.DefaultTransport.RoundTrip(r)
}

// clarificationIsStated: what this state says becomes a draft that shows every word
// before it is cleared, and then stands as a claim apart from what is agreed on.
func clarificationIsStated(t *testing.T, h *house) {
	b := h.browser(t)
	b.signIn("saparova")
	b.get("/clarifications")
	b.sees(http.StatusOK, "No side has stated points")
	b.get("/clarifications/matter")
	b.sees(http.StatusOK, "Clarification of matters")
	b.get("/clarifications/matter?thread=ALA/2026/17")
	b.sees(http.StatusNotFound)
	b.get("/clarifications/new")
	b.sees(http.StatusOK, "No side has stated points of this matter yet", "Borovia")
	b.press("/clarifications", "thread", "ALA/2026/17", "status", "test", "with", "borovia", "language", "en")
	b.sees(http.StatusUnprocessableEntity, "Say something of a point")
	b.press("/clarifications", "thread", "", "status", "test", "with", "borovia", "language", "en", "facts", "Shots were heard.")
	b.sees(http.StatusUnprocessableEntity, "Name the thread of the matter", "Shots were heard.")
	b.press("/clarifications", "thread", "ALA/2026/17", "status", "test", "with", "borovia", "language", "en",
		"facts", "Shots were heard at 14:05 UTC.\r\n\r\nNobody <was> hurt.", "joint", "Both sides regret it.\nBoth sides look into it.")
	b.sees(http.StatusOK, "Check the answers", "Shots were heard at 14:05 UTC.", "Nobody <was> hurt.", "Both sides regret it.")
}
