package screen

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"detente/control"
)

func signRoutes() []route {
	return []route{
		{"GET /{$}", func(v *visit) error { return v.redirect("/desk", "") }, false},
		{"GET /sign-in", signInPage, true},
		{"POST /sign-in", signIn, true},
		{"POST /sign-out", signOut, false},
	}
}

// signInForm is the page of the sign-in.
type signInForm struct {
	Officer string
	Then    string // the page to go to afterwards
	Kept    string // what was typed in a form when the session had ended
	Cast    []Part
}

func signInPage(v *visit) error {
	then := v.r.URL.Query().Get("then")
	if !local(then) {
		then = "/desk"
	}
	return v.show("sign-in", v.t("sign-in.title"), signInForm{Then: then, Cast: v.site.Cast})
}

// signInWith asks for a sign-in and keeps what was posted: nothing typed is lost.
func (v *visit) signInWith(then string, form url.Values) {
	form.Del("token")
	page := signInForm{Then: then, Kept: form.Encode(), Cast: v.site.Cast}
	f := &fault{Status: http.StatusUnauthorized, Sentence: v.t("fault.no-session"), Do: v.t("sign-in.kept")}
	if err := v.render(http.StatusUnauthorized, "sign-in", frame{Title: v.t("sign-in.title"), Fault: f, Page: page}); err != nil {
		v.site.Log.Error("page of the sign-in", "reason", err.Error())
	}
}

// resumed is a form to be posted again under the new session.
type resumed struct {
	Then, Token string
	Fields      url.Values
}

func signIn(v *visit) error {
	page := signInForm{Officer: v.text("officer"), Then: v.form.Get("then"), Kept: v.form.Get("kept"), Cast: v.site.Cast}
	pass := v.form.Get("passphrase")
	if i := strings.TrimSpace(v.form.Get("part")); i != "" {
		for _, p := range v.site.Cast {
			if p.Officer == i {
				page.Officer, pass = p.Officer, p.Passphrase
			}
		}
	}
	if !local(page.Then) {
		page.Then = "/desk"
	}
	if len(page.Officer) > maxOfficer || len(pass) > maxPassphrase {
		return errTooLarge
	}
	var s control.SignedIn
	// Under no session: a new one has a new token, whatever the browser brought.
	err := v.site.Door("").Call(v.r.Context(), "sign-in", control.SignInArgs{Officer: page.Officer, Passphrase: pass}, nil, nil, &s)
	if err != nil {
		return v.again(err, "sign-in", v.t("sign-in.title"), "", page)
	}
	if v.head != nil { // whoever was signed in here is no longer
		if err := v.call("sign-out", nil, nil); err != nil {
			return err
		}
	}
	v.site.setCookie(v.w, v.r, "session", s.Token, 0)
	v.token = s.Token
	if kept, err := url.ParseQuery(page.Kept); err == nil && len(kept) > 0 {
		return v.show("resume", v.t("resume.title"), resumed{page.Then, formToken(s.Token), kept})
	}
	return v.redirect(page.Then, "")
}

func signOut(v *visit) error {
	if err := v.call("sign-out", nil, nil); err != nil {
		return err
	}
	v.site.setCookie(v.w, v.r, "session", "", -1)
	return v.redirect("/sign-in", "signed-out")
}

// cookie is the name of a cookie of this state: a browser keeps one jar for all
// ports of a machine. Under TLS that of the session is bound to the host.
func (s *Site) cookie(r *http.Request, what string) string {
	name := "detente-" + string(s.Party) + "-" + what
	if what == "session" && secure(r) {
		return "__Host-" + name
	}
	return name
}

// secure reports whether the browser came by TLS, to here or to a proxy in front,
// which says so; who says it untruly weakens nobody's cookie but the own.
func secure(r *http.Request) bool {
	return r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https"
}

// setCookie sets a cookie that scripts cannot read and other sites do not send;
// keep 0: until the browser closes, below 0: it is taken away.
func (s *Site) setCookie(w http.ResponseWriter, r *http.Request, what, value string, keep time.Duration) {
	c := &http.Cookie{Name: s.cookie(r, what), Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: secure(r)}
	switch {
	case keep < 0:
		c.MaxAge = -1
	case keep > 0:
		c.MaxAge = int(keep / time.Second)
	}
	http.SetCookie(w, c)
}
