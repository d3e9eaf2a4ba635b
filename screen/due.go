package screen

import (
	"slices"

	"detente/act"
	"detente/control"
	"detente/party"
	"detente/provision"
	"detente/roster"
)

func dueRoutes() []route {
	return []route{
		{"GET /due", duePage, false},
		{"GET /why", whyPage, false},
	}
}

// dueView is what texts provide for, this state's own side first.
type dueView struct {
	looking
	control.Due
	With, Text, Measure string
	All                 bool
	Packs               []roster.Pack
	Side                string // own or awaited: that side alone, in pages; empty: the beginning of both
	MoreOwn, MoreAwaits string // addresses of the whole of a side; empty: nothing more
	OwnAll, AwaitsAll   int    // items of each side
	Pages               pager
	Boards              bool // the group decided on boards across states
}

func duePage(v *visit) error {
	var d dueView
	var a control.DueArgs
	q := v.r.URL.Query()
	var err error
	d.looking, a.LookArgs, err = v.look()
	d.With, d.Text, d.Measure, d.All, d.Side = q.Get("with"), q.Get("text"), q.Get("measure"), q.Get("all") != "", q.Get("side")
	a.Party, a.Text, a.Measure, a.Open = party.ID(d.With), d.Text, d.Measure, !d.All
	d.Packs, d.Boards = v.head.Packs, v.head.Boards
	if err == nil {
		err = v.call("due", a, &d.Due)
	}
	if err != nil {
		return v.again(err, "due", v.t("page.due"), d.Status, d)
	}
	d.OwnAll, d.AwaitsAll = len(d.Own), len(d.Awaited)
	switch d.Side {
	case "own":
		d.Own, d.Pages = paged(v, d.Own)
	case "awaited":
		d.Awaited, d.Pages = paged(v, d.Awaited)
	default:
		if d.Side = ""; d.OwnAll > rowsOfPage {
			d.Own, d.MoreOwn = d.Own[:rowsOfPage], v.with("side", "own")
		}
		if d.AwaitsAll > rowsOfPage {
			d.Awaited, d.MoreAwaits = d.Awaited[:rowsOfPage], v.with("side", "awaited")
		}
	}
	return v.showAs("due", v.t("page.due"), d.Status, d)
}

// whyView is the explanation of items.
type whyView struct {
	looking
	Of    string
	Items []control.Item
}

func whyPage(v *visit) error {
	w := whyView{Of: v.r.URL.Query().Get("of")}
	var a control.WhyArgs
	var err error
	if w.looking, a.LookArgs, err = v.look(); err != nil {
		return err
	}
	if a.Of = w.Of; a.Of == "" {
		return errNoPage
	}
	statuses := []act.Status{a.Status}
	if !v.r.URL.Query().Has("status") { // that of the thread, else wherever there is such an item
		statuses = []act.Status{"", act.Exercise, act.Test}
	}
	for _, s := range statuses {
		a.Status = s
		if err = v.call("why", a, &w.Items); err == nil {
			w.Status = string(statusNamed(string(s)))
			break
		}
	}
	if err != nil {
		return err
	}
	return v.showAs("why", v.t("why.title"), w.Status, w)
}

// markOf is the mark of a state on this state's own side; others have none: no state
// is coloured.
func markOf(s provision.State) string {
	switch {
	case s == provision.DueSoon:
		return "soon"
	case s.IsOpen():
		return "open"
	case slices.Contains([]provision.State{provision.Done, provision.DoneAfter, provision.NilReturn}, s):
		return "done"
	}
	return "none"
}

// itemRow is an item in a list.
type itemRow struct {
	Head   *control.Masthead
	Item   control.Item
	Status string
	Mark   string // of the own side; empty: none
}

func itemRowOf(head *control.Masthead, it control.Item, status string, own bool) itemRow {
	r := itemRow{Head: head, Item: it, Status: status}
	if own {
		r.Mark = markOf(it.State)
	}
	return r
}

// Unverified reports whether a fact on which the item rests is known unsurely.
func (r itemRow) Unverified() bool { return r.Item.Sure.Unverified() }
