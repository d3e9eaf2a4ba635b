package screen

import (
	"crypto/subtle"
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
	Passkey bool // a passkey may be bound to where the browser is
	New     bool // the house has no administrator yet
}

func (v *visit) signInForm(then string) signInForm {
	if !local(then) {
		then = "/desk"
	}
	f := signInForm{Then: then, Cast: v.site.Cast, Passkey: v.passkeysWork()}
	house := control.Founded{Founded: true}
	if err := v.call("founded", nil, &house); err != nil {
		v.site.Log.Error("look for an administrator", "reason", err.Error())
	}
	f.New = !house.Founded && len(f.Cast) == 0 // a demonstration needs none
	return f
}

func signInPage(v *visit) error {
	return v.show("sign-in", v.t("sign-in.title"), v.signInForm(v.r.URL.Query().Get("then")))
}

// signInWith asks for a sign-in and keeps what was posted: nothing typed is lost.
func (v *visit) signInWith(then string, form url.Values) {
	page := v.signInForm(then)
	page.Kept = keptOf(form).Encode()
	f := &fault{Status: http.StatusUnauthorized, Sentence: v.t("fault.no-session"), Do: v.t("sign-in.kept")}
	if err := v.render(http.StatusUnauthorized, "sign-in", frame{Title: v.t("sign-in.title"), Fault: f, Page: page}); err != nil {
		v.site.Log.Error("page of the sign-in", "reason", err.Error())
	}
}

// keptOf is a posted form without what belongs to the session in which it was posted,
// and without a passphrase.
func keptOf(form url.Values) url.Values {
	form.Del("token")
	form.Del("passphrase")
	return form
}

// resumed is a form to be posted again under the new session.
type resumed struct {
	Then, Token string
	Fields      url.Values
}

func signIn(v *visit) error {
	page := v.signInForm(v.form.Get("then"))
	page.Officer, page.Kept = v.text("officer"), v.form.Get("kept")
	pass, answer := v.form.Get("passphrase"), v.form.Get("answer")
	if i := strings.TrimSpace(v.form.Get("part")); i != "" {
		for _, p := range v.site.Cast {
			if p.Officer == i {
				page.Officer, pass = p.Officer, p.Passphrase
			}
		}
	}
	if len(page.Officer) > maxOfficer || len(pass) > maxPassphrase {
		return errTooLarge
	}
	verb, args := "sign-in", any(control.SignInArgs{Officer: page.Officer, Passphrase: pass})
	if answer != "" {
		verb, args = "sign-in-passkey", control.PasskeyArgs{At: v.seen(), Answer: answer}
	}
	var s control.SignedIn
	// Under no session: a new one has a new token, whatever the browser brought.
	if err := v.site.Door("").Call(v.r.Context(), verb, args, nil, nil, &s); err != nil {
		return v.again(err, "sign-in", v.t("sign-in.title"), "", page)
	}
	if err := v.enterAs(s); err != nil {
		return err
	}
	if kept, err := url.ParseQuery(page.Kept); err == nil && len(kept) > 0 {
		return v.resume(page.Then, kept)
	}
	return v.redirect(page.Then, "")
}

// enterAs makes a session that of the browser. Pages that are open since before keep what
// was typed: their forms are known by the token of the session before.
func (v *visit) enterAs(s control.SignedIn) error {
	if v.head != nil { // whoever was signed in here is no longer
		if err := v.call("sign-out", nil, nil); err != nil {
			return err
		}
	}
	if v.token != "" {
		v.site.setCookie(v.w, v.r, "former", formToken(v.token), formerFor)
	}
	v.site.setCookie(v.w, v.r, "session", s.Token, 0)
	v.token = s.Token
	return nil
}

// resume asks to confirm a form that was posted under another session.
func (v *visit) resume(then string, fields url.Values) error {
	return v.show("resume", v.t("resume.title"), resumed{then, formToken(v.token), fields})
}

// isFormer reports whether a posted form is of the session that this browser had
// before. No other page can know its token.
func (v *visit) isFormer() bool {
	c, err := v.r.Cookie(v.site.cookie(v.r, "former"))
	return err == nil && c.Value != "" && subtle.ConstantTimeCompare([]byte(v.form.Get("token")), []byte(c.Value)) == 1
}

func signOut(v *visit) error {
	if err := v.call("sign-out", nil, nil); err != nil {
		return err
	}
	v.site.setCookie(v.w, v.r, "session", "", -1)
	v.site.setCookie(v.w, v.r, "former", "", -1)
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
