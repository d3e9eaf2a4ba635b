package screen

import (
	"fmt"
	"slices"
	"strconv"

	"detente/control"
	"detente/regime"
)

func reviewRoutes() []route {
	return []route{
		{"GET /drafts/{id}/review", reviewPage, false},
		{"GET /drafts/{id}/paper", func(v *visit) error {
			return v.paper(v.r.PathValue("id"), v.r.URL.Query().Get("as"), v.r.URL.Query().Get("to"))
		}, false},
		{"GET /sent", sentPage, false},
	}
}

// review is the page on which the answers are checked, by the author and by the
// officer who clears.
type review struct {
	*draft
	Parts []reviewPart
	Steps []string // of the chain that are open
	// Urgent: it may go out before they are cleared, and be countersigned afterwards.
	Urgent bool
}

// reviewPart is one section with its answers.
type reviewPart struct {
	Section section
	Fields  []shownField
}

func reviewPage(v *visit) error {
	d, err := v.draft()
	if err != nil {
		return err
	}
	return v.review(d, nil)
}

func (v *visit) review(d *draft, fail error) error {
	r := review{draft: d, Steps: d.Open}
	var chain struct {
		Urgent bool `json:"urgent"`
	}
	if err := v.call("chain-show", nil, &chain); err != nil {
		return err
	}
	r.Urgent = chain.Urgent && !d.Mine && d.State == "submitted" && !d.Draft.Urgent
	for _, s := range d.Sections[1:] {
		p := reviewPart{Section: s}
		if d.form != nil {
			p.Fields = v.fields(d.form, d.values.Only(func(id string) bool {
				return slices.ContainsFunc(s.fields, func(f *regime.Field) bool { return f.ID == id })
			}), d.before)
		}
		r.Parts = append(r.Parts, p)
	}
	title := v.t("review.title")
	if fail != nil {
		f := v.faultOf(fail)
		if len(f.Faults) > 0 {
			f.Faults = d.Faulty // with the way to each field
		}
		return v.againWith(f, fail, "review", title, string(d.Request.Status), r)
	}
	return v.showAs("review", title, string(d.Request.Status), r)
}

// onDraft posts what is done with a draft: a fault shows the review again, with the
// way to each field that has one.
func (v *visit) onDraft(verb string, a control.DraftArgs, done string) error {
	a.ID = v.r.PathValue("id")
	err := v.call(verb, a, nil)
	if err == nil {
		return v.redirect("/drafts/"+a.ID+"/review", done)
	}
	d, readErr := v.draft()
	if readErr != nil {
		return readErr
	}
	d.Remarked = v.text("remarks")
	return v.review(d, err)
}

func submitDraft(v *visit) error {
	return v.onDraft("draft-submit", control.DraftArgs{}, "submitted")
}

func clearDraft(v *visit) error {
	revision, err := strconv.Atoi(v.form.Get("revision"))
	if err != nil {
		return fmt.Errorf("%w: %w", errForm, err)
	}
	return v.onDraft("clear", control.DraftArgs{Revision: revision, Reference: v.text("reference")}, "cleared")
}

func returnDraft(v *visit) error {
	return v.onDraft("return", control.DraftArgs{Remarks: v.text("remarks")}, "draft-returned")
}

func releaseDraft(v *visit) error {
	return v.onDraft("release", control.DraftArgs{Reason: v.text("reason")}, "released")
}

func dropDraft(v *visit) error { return v.onDraft("draft-drop", control.DraftArgs{}, "dropped") }

// sendDraft leads to the act that the draft became.
func sendDraft(v *visit) error {
	id := v.r.PathValue("id")
	var a control.Appended
	if err := v.call("send", control.DraftArgs{ID: id}, &a); err != nil {
		d, readErr := v.draft()
		if readErr != nil {
			return readErr
		}
		return v.review(d, err)
	}
	return v.redirect(link(a.Place), "sent")
}

func sentPage(v *visit) error {
	var all []control.Progress
	if err := v.call("sent-list", control.LimitArgs{Limit: rowsOfPage}, &all); err != nil {
		return err
	}
	return v.show("sent", v.t("sent.title"), all)
}
