package screen

import (
	"detente/control"
	"detente/party"
)

func welcomeRoutes() []route {
	return []route{
		{"GET /welcome", welcomePage, true},
		{"POST /welcome", welcome, true},
	}
}

// welcomeView is what a link that serves once leads to: the account of the first
// officer, or the passphrase of one who was added.
type welcomeView struct {
	Key  string // secret of the link
	For  control.LinkFor
	Form officerForm
}

func (v *visit) welcome(key string) (*welcomeView, error) {
	w := &welcomeView{Key: key}
	if err := v.call("link-show", control.LinkArgs{Secret: key}, &w.For); err != nil {
		return nil, err
	}
	w.Form = officerForm{AllRoles: control.Roles()}
	w.Form.Roles, w.Form.Post = []control.Role{"admin", "drafter", "duty"}, "duty-officer"
	return w, nil
}

func (w *welcomeView) title(v *visit) string {
	if w.For.Awaiting {
		return v.t("awaiting.title")
	}
	return v.t("welcome.title")
}

// welcomePage uses nothing up: mail programs and messengers look at links too.
func welcomePage(v *visit) error {
	w, err := v.welcome(v.r.URL.Query().Get("key"))
	if err != nil {
		return err
	}
	return v.show("welcome", w.title(v), w)
}

func welcome(v *visit) error {
	w, err := v.welcome(v.form.Get("key"))
	if err != nil {
		return err
	}
	pass := v.form.Get("passphrase")
	if len(pass) > maxPassphrase {
		return errTooLarge
	}
	o := control.Officer{ID: v.text("id"), Name: v.text("name"), Post: party.Post(v.text("post"))}
	for _, r := range v.form["role"] {
		o.Roles = append(o.Roles, control.Role(r))
	}
	if w.For.First {
		w.Form.Officer = o
	}
	if pass != v.form.Get("again") {
		return v.again(&control.Error{Code: control.Usage, Message: v.t("welcome.differ")}, "welcome", w.title(v), "", w)
	}
	verb, args, to := "link-take", any(control.LinkArgs{Secret: w.Key, Passphrase: pass}), "/desk"
	if w.For.First {
		verb, args, to = "first-take", control.FirstArgs{Officer: o, Secret: w.Key, Passphrase: pass}, "/start"
	}
	var s control.SignedIn
	if err := v.site.Door("").Call(v.r.Context(), verb, args, nil, nil, &s); err != nil {
		return v.again(err, "welcome", w.title(v), "", w)
	}
	if err := v.enterAs(s); err != nil {
		return err
	}
	if w.For.Awaiting {
		return v.redirect("/group", "")
	}
	return v.redirect(to, "welcome")
}
