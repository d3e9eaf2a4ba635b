package screen

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"detente/control"
)

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
	b.sees(http.StatusOK, "No token was issued", "look at what its officer may look at", "write and submit drafts", "enter notes in the register", "write and read bundles")
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
