package screen

import (
	"net/http"
	"strings"

	"detente/control"
)

func passkeyRoutes() []route {
	return []route{
		{"GET /passkeys", passkeysPage, false},
		{"POST /passkeys", addPasskey, false},
		{"POST /passkeys/begin", beginPasskey, false},
		{"POST /passkeys/{id}/end", endPasskey, false},
		{"GET /sign-in/passkey", passkeyOptions, true},
	}
}

// seen is where the browser of a visit sees this desk.
func (v *visit) seen() control.At {
	scheme := "http"
	if secure(v.r) {
		scheme = "https"
	}
	return control.At{Origin: scheme + "://" + strings.ToLower(v.r.Host), Title: "détente · " + v.site.Name(v.lang)}
}

// passkeysWork reports whether a passkey can be bound to where the browser is.
func (v *visit) passkeysWork() bool { return v.call("passkey-challenge", v.seen(), nil) == nil }

// passkeysView is what lets officers sign in without a passphrase.
type passkeysView struct {
	Passkeys []control.Passkey
	Names    map[string]string // of officers
	Works    bool              // here, where the browser is
	At       string            // where that is
	Name     string            // typed in a form that could not be done
	Options  string            // for the browser, which is to make one; empty: none is being made
}

func (v *visit) passkeys() (*passkeysView, error) {
	p := &passkeysView{Works: v.passkeysWork(), At: v.seen().Origin}
	if err := v.call("passkey-list", nil, &p.Passkeys); err != nil {
		return nil, err
	}
	var err error
	p.Names, err = v.officerNames()
	return p, err
}

// officerNames are the names of the officers by the names of their accounts.
func (v *visit) officerNames() (map[string]string, error) {
	var all []control.Officer
	if err := v.call("officer-list", nil, &all); err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, o := range all {
		names[o.ID] = o.Name
	}
	return names, nil
}

func passkeysPage(v *visit) error {
	p, err := v.passkeys()
	if err != nil {
		return err
	}
	return v.show("passkeys", v.t("page.passkeys"), p)
}

// beginPasskey answers with the page on which the browser makes the key: what it is to
// make is bound to this session and over in a few minutes.
func beginPasskey(v *visit) error {
	name, pass := v.text("name"), v.form.Get("passphrase")
	if len(pass) > maxPassphrase {
		return errTooLarge
	}
	var options control.PasskeyOptions
	if err := v.call("passkey-begin", control.PasskeyBeginArgs{At: v.seen(), Passphrase: pass}, &options); err != nil {
		return v.passkeysAgain(err, name)
	}
	p, err := v.passkeys()
	if err != nil {
		return err
	}
	p.Name, p.Options = name, string(options.Options)
	return v.show("passkeys", v.t("page.passkeys"), p)
}

func addPasskey(v *visit) error {
	a := control.PasskeyAddArgs{At: v.seen(), Name: v.text("name"), Answer: v.form.Get("answer")}
	if err := v.call("passkey-add", a, nil); err != nil {
		return v.passkeysAgain(err, a.Name)
	}
	return v.redirect("/passkeys", "passkey-added")
}

func endPasskey(v *visit) error {
	a := control.PasskeyEndArgs{ID: v.r.PathValue("id"), Passphrase: v.form.Get("passphrase")}
	if len(a.Passphrase) > maxPassphrase {
		return errTooLarge
	}
	if err := v.call("passkey-end", a, nil); err != nil {
		return v.passkeysAgain(err, "")
	}
	return v.redirect("/passkeys", "passkey-ended")
}

// passkeysAgain shows the page with what kept it from being done.
func (v *visit) passkeysAgain(err error, name string) error {
	p, readErr := v.passkeys()
	if readErr != nil {
		return readErr
	}
	p.Name = name
	return v.again(err, "passkeys", v.t("page.passkeys"), "", p)
}

// passkeyOptions are what the script hands to the browser when somebody signs in. They
// name nobody, and nothing is kept of them.
func passkeyOptions(v *visit) error {
	var options control.PasskeyOptions
	if err := v.call("passkey-challenge", v.seen(), &options); err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "application/json")
	v.w.WriteHeader(http.StatusOK)
	v.w.Write(options.Options)
	return nil
}
