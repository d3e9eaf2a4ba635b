package screen

import (
	"slices"
	"strconv"

	"detente/control"
)

func tokenRoutes() []route {
	return []route{
		{"GET /tokens", tokensPage, false},
		{"POST /tokens", issueToken, false},
		{"POST /tokens/{id}/end", endToken, false},
	}
}

// tokensView is what lets programs act for officers.
type tokensView struct {
	Tokens []control.Token // the newest first
	Scopes []string
	Names  map[string]string // of officers
	Issued *control.Token    // just now, with its secret, which is shown this once
	Typed  tokenForm         // in a form that could not be done
	Now    string
}

// tokenForm is control.TokenArgs with scopes as they are posted.
type tokenForm struct {
	Name   string   `json:"name"`
	Scopes []string `json:"scopes"`
	Days   int      `json:"days"`
}

// scopes are those that some verb asks of a program.
func scopes() []string {
	var all []string
	for _, verb := range control.Verbs() {
		if s := string(verb.Scope); s != "" && !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	slices.Sort(all)
	return all
}

// Chosen reports whether a scope was chosen in the form.
func (t *tokensView) Chosen(s string) bool { return slices.Contains(t.Typed.Scopes, s) }

// State is the word for how a token stands.
func (t *tokensView) State(one control.Token) string {
	switch {
	case one.Ended != "":
		return "ended"
	case one.Expires <= t.Now:
		return "expired"
	}
	return "in-force"
}

func (v *visit) tokens() (*tokensView, error) {
	t := &tokensView{Scopes: scopes(), Names: map[string]string{}, Now: v.head.Now, Typed: tokenForm{Scopes: []string{"read"}}}
	if err := v.call("token-list", nil, &t.Tokens); err != nil {
		return nil, err
	}
	var all []control.Officer
	if err := v.call("officer-list", nil, &all); err != nil {
		return nil, err
	}
	for _, o := range all {
		t.Names[o.ID] = o.Name
	}
	return t, nil
}

func tokensPage(v *visit) error {
	t, err := v.tokens()
	if err != nil {
		return err
	}
	return v.show("tokens", v.t("page.tokens"), t)
}

// issueToken answers with the page itself: a secret stands in no address.
func issueToken(v *visit) error {
	a := tokenForm{Name: v.text("name"), Scopes: v.form["scope"]}
	if days := v.text("days"); days != "" {
		n, err := strconv.Atoi(days)
		if err != nil || n < 1 {
			return v.tokensAgain(&control.Error{Code: control.Usage, Message: v.t("tokens.days.wrong")}, a)
		}
		a.Days = n
	}
	issued := &control.Token{}
	if err := v.call("token-issue", a, issued); err != nil {
		return v.tokensAgain(err, a)
	}
	t, err := v.tokens()
	if err != nil {
		return err
	}
	t.Issued = issued
	return v.show("tokens", v.t("page.tokens"), t)
}

func endToken(v *visit) error {
	if err := v.call("token-end", control.TokenEndArgs{ID: v.r.PathValue("id")}, nil); err != nil {
		return v.tokensAgain(err, tokenForm{})
	}
	return v.redirect("/tokens", "token-ended")
}

// tokensAgain shows the page with what kept it from being done and what was typed.
func (v *visit) tokensAgain(err error, typed tokenForm) error {
	t, readErr := v.tokens()
	if readErr != nil {
		return readErr
	}
	t.Typed = typed
	return v.again(err, "tokens", v.t("page.tokens"), "", t)
}
