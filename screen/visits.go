package screen

import (
	"slices"

	"detente/control"
)

func visitsRoutes() []route { return []route{{"GET /visits", visitsPage, false}} }

// visitsView is the list of visits, and what it was narrowed to.
type visitsView struct {
	looking
	Text, Stage string
	Texts       []string // of the visits
	Stages      []string // of the visits, in order
	Rows        []control.Visit
	Pages       pager
}

func visitsPage(v *visit) error {
	var page visitsView
	q := v.r.URL.Query()
	page.Text, page.Stage = q.Get("text"), q.Get("stage")
	look, args, err := v.look()
	page.looking = look
	var all []control.Visit
	if err == nil {
		err = v.call("visit-list", args, &all)
	}
	if err != nil {
		return v.again(err, "visits", v.t("page.visits"), look.Status, page)
	}
	for _, x := range all {
		if !slices.Contains(page.Texts, x.Text) {
			page.Texts = append(page.Texts, x.Text)
		}
		if !slices.Contains(page.Stages, string(x.Stage)) {
			page.Stages = append(page.Stages, string(x.Stage))
		}
		if (page.Text == "" || page.Text == x.Text) && (page.Stage == "" || page.Stage == string(x.Stage)) {
			page.Rows = append(page.Rows, x)
		}
	}
	page.Rows, page.Pages = paged(v, page.Rows)
	return v.showAs("visits", v.t("page.visits"), look.Status, page)
}
