package screen

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"detente/control"
	"detente/party"
)

func officerRoutes() []route {
	return []route{
		{"GET /officers", officersPage, false},
		{"POST /officers", addOfficer, false},
		{"POST /officers/chain", setChain, false},
		{"GET /officers/{id}", officerPage, false},
		{"POST /officers/{id}", setOfficer, false},
		{"POST /officers/{id}/link", officerLink, false},
		{"POST /officers/{id}/end", endOfficer, false},
	}
}

// officersView is who works here, and how this state clears what it says.
type officersView struct {
	Officers []control.Officer
	Chain    control.Chain
	Rows     []chainRow // of the form of the chain
	May      bool       // who looks is an administrator
	One      bool       // the page of the account in Form
	Form     officerForm
	Issued   *handedLink // just now, shown this once
}

// officerForm is an account as it is typed, with what may be chosen.
type officerForm struct {
	control.Officer
	AllRoles []control.Role
	AllSteps []string
}

// Has reports whether a role is chosen.
func (f officerForm) Has(r control.Role) bool { return slices.Contains(f.Roles, r) }

// Clears reports whether a step is chosen.
func (f officerForm) Clears(step string) bool { return slices.Contains(f.Steps, step) }

// chainRow is a step of the chain as it is typed; an empty name is none.
type chainRow struct {
	Name, Deputies string
	Outside        bool
}

// handedLink is a link that serves once, as it is handed over.
type handedLink struct{ Officer, URL, Expires string }

// spareRows are the empty rows of the form of a chain.
const spareRows = 2

func (v *visit) officers() (*officersView, error) {
	o := &officersView{May: v.head.Officer.IsAdmin()}
	if err := v.call("officer-list", nil, &o.Officers); err != nil {
		return nil, err
	}
	if err := v.call("chain-show", nil, &o.Chain); err != nil {
		return nil, err
	}
	o.Form = v.officerForm(o.Chain)
	o.Form.Roles, o.Form.Post = []control.Role{"drafter"}, "duty-officer"
	for _, s := range o.Chain.Steps {
		o.Rows = append(o.Rows, chainRow{s.Name, strings.Join(s.Deputies, ", "), s.Outside})
	}
	o.Rows = append(o.Rows, make([]chainRow, spareRows)...)
	return o, nil
}

func (v *visit) officerForm(c control.Chain) officerForm {
	f := officerForm{AllRoles: control.Roles()}
	for _, s := range c.Steps {
		f.AllSteps = append(f.AllSteps, s.Name)
	}
	return f
}

func officersPage(v *visit) error {
	o, err := v.officers()
	if err != nil {
		return err
	}
	return v.show("officers", v.t("page.officers"), o)
}

// account reads an account from a posted form.
func (v *visit) account(id string) control.Officer {
	o := control.Officer{ID: id, Name: v.text("name"), Post: party.Post(v.text("post")), Steps: v.form["step"], SSHKey: v.text("key"), Active: true}
	for _, r := range v.form["role"] {
		o.Roles = append(o.Roles, control.Role(r))
	}
	return o
}

// addOfficer answers with the page itself: a link stands in no address but its own.
func addOfficer(v *visit) error {
	a := v.account(v.text("id"))
	var l control.Link
	if err := v.call("officer-invite", control.InviteArgs{Officer: a}, &l); err != nil {
		return v.officersAgain(err, &a)
	}
	return v.handOver(a.ID, l)
}

// handOver shows a link that was made, this once.
func (v *visit) handOver(officer string, l control.Link) error {
	o, err := v.officers()
	if err != nil {
		return err
	}
	o.Issued = &handedLink{officer, v.seen().Origin + "/welcome?" + url.Values{"key": {l.Secret}}.Encode(), l.Expires}
	return v.show("officers", v.t("page.officers"), o)
}

// officersAgain shows the page with what kept it from being done, and with the account
// as it was typed; nil: none was.
func (v *visit) officersAgain(err error, typed *control.Officer) error {
	o, readErr := v.officers()
	if readErr != nil {
		return readErr
	}
	if typed != nil {
		o.Form.Officer = *typed
	}
	return v.again(err, "officers", v.t("page.officers"), "", o)
}

// one is the page of one account.
func (v *visit) one() (*officersView, error) {
	o, err := v.officers()
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(o.Officers, func(x control.Officer) bool { return x.ID == v.r.PathValue("id") })
	if i < 0 {
		return nil, errNoPage
	}
	o.One, o.Form.Officer = true, o.Officers[i]
	return o, nil
}

func officerPage(v *visit) error {
	o, err := v.one()
	if err != nil {
		return err
	}
	return v.show("officers", o.Form.Name, o)
}

func setOfficer(v *visit) error {
	o, err := v.one()
	if err != nil {
		return err
	}
	title := o.Form.Name
	o.Form.Officer = v.account(o.Form.ID)
	if err := v.call("officer-set", control.InviteArgs{Officer: o.Form.Officer}, nil); err != nil {
		return v.again(err, "officers", title, "", o)
	}
	return v.redirect("/officers", "officer-set")
}

func officerLink(v *visit) error {
	id := v.r.PathValue("id")
	var l control.Link
	if err := v.call("officer-link", control.OfficerArgs{Officer: id}, &l); err != nil {
		return v.officersAgain(err, nil)
	}
	return v.handOver(id, l)
}

func endOfficer(v *visit) error {
	if err := v.call("officer-deactivate", control.OfficerArgs{Officer: v.r.PathValue("id")}, nil); err != nil {
		return v.officersAgain(err, nil)
	}
	return v.redirect("/officers", "officer-ended")
}

// setChain puts the chain of the form in force.
func setChain(v *visit) error {
	o, err := v.officers()
	if err != nil {
		return err
	}
	c := control.Chain{Distinct: v.text("distinct") == "yes", Urgent: v.text("urgent") == "yes"}
	o.Rows = nil
	for i := range maxChainRows {
		n := strconv.Itoa(i)
		if !v.form.Has("name." + n) {
			break
		}
		r := chainRow{v.text("name." + n), v.text("deputies." + n), v.text("outside."+n) == "yes"}
		o.Rows = append(o.Rows, r)
		if r.Name == "" {
			continue
		}
		deputies := strings.FieldsFunc(r.Deputies, func(c rune) bool { return c == ',' || c == ' ' || c == '،' || c == '，' })
		c.Steps = append(c.Steps, control.Step{Name: r.Name, Deputies: deputies, Outside: r.Outside})
	}
	o.Chain = c
	if err := v.call("chain-set", c, nil); err != nil {
		return v.again(err, "officers", v.t("page.officers"), "", o)
	}
	return v.redirect("/officers", "chain-set")
}
