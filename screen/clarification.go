package screen

import (
	"errors"
	"net/url"
	"slices"
	"strings"

	"detente/act"
	"detente/clarification"
	"detente/control"
	"detente/party"
)

func clarificationRoutes() []route {
	return []route{
		{"GET /clarifications", clarificationsPage, false},
		{"GET /clarifications/matter", matterPage, false},
		{"GET /clarifications/new", newMatterPage, false},
		{"POST /clarifications", stateMatter, false},
	}
}

// matterLine is a matter in the list.
type matterLine struct {
	Thread  string
	Status  act.Status
	Parties []party.ID // none: several sets of parties spoke
	Link    string
	Counts  map[clarification.Finding]int
}

// Agreed, Disputed and Claimed are how many points stand so.
func (m matterLine) Agreed() int { return m.Counts[clarification.AgreedOn] }

// Disputed is how many points at least one party disputes.
func (m matterLine) Disputed() int { return m.Counts[clarification.Disputed] }

// Claimed is how many points only some parties say.
func (m matterLine) Claimed() int { return m.Counts[clarification.Claimed] }

// threadsOfPage is how many of the newest threads the list looks through.
const threadsOfPage = 50

// matterAddress is the page of a matter.
func matterAddress(thread string, status act.Status, parties []party.ID) string {
	q := url.Values{"thread": {thread}, "status": {string(status)}}
	for _, id := range parties {
		q.Add("with", string(id))
	}
	return withQuery("/clarifications/matter", q)
}

// clarificationsPage lists the matters among the newest threads; an older one is
// found by its thread.
func clarificationsPage(v *visit) error {
	var lines []control.Line
	if err := v.call("statement-list", control.ListArgs{Limit: control.MaxList}, &lines); err != nil {
		return err
	}
	var page []matterLine
	seen := map[matterKey]bool{}
	for _, l := range lines {
		k := matterKey{l.Thread, l.Status}
		if l.Thread == "" || l.Kind != act.Statement || seen[k] {
			continue
		}
		if len(seen) == threadsOfPage {
			break
		}
		seen[k] = true
		m := matterLine{Thread: l.Thread, Status: l.Status, Link: matterAddress(l.Thread, l.Status, nil), Counts: map[clarification.Finding]int{}}
		var found control.Matter
		err := v.call("clarify-show", control.MatterArgs{Thread: l.Thread, Status: l.Status}, &found)
		if e, ok := errors.AsType[*control.Error](err); ok && e.Code == control.NotFound {
			continue
		} else if err != nil && (!ok || e.Code != control.Usage) { // Usage: several sets of parties
			return err
		}
		m.Parties = found.Parties
		for _, p := range found.Points {
			m.Counts[p.Finding]++
		}
		page = append(page, m)
	}
	return v.show("clarifications", v.t("page.clarifications"), page)
}

// matterKey is a thread as it is meant in earnest, as an exercise or as a test.
type matterKey struct {
	thread string
	status act.Status
}

// matterView is a matter with what the form says that this state will say of it.
type matterView struct {
	control.Matter
	New     bool // nothing was said yet
	Several bool // the parties must be chosen first
	Parts   []matterPart
	Typed   stating
}

// matterPart are the points that stand alike.
type matterPart struct {
	Finding clarification.Finding
	Points  []control.Point
}

// stating is what was typed of a matter.
type stating struct {
	Facts, Joint, Language string
	Stances                map[string]string // by the name of the point
}

// Link is the page of the matter of other parties in this thread.
func (m *matterView) Link(parties []party.ID) string {
	return matterAddress(m.Thread, m.Status, parties)
}

// Chosen reports whether a party is one of the matter.
func (m *matterView) Chosen(id party.ID) bool { return slices.Contains(m.Parties, id) }

// Stance is what was typed of a point; empty: as it stands.
func (m *matterView) Stance(name string) string { return m.Typed.Stances[name] }

func partiesOf(ids []string) []party.ID {
	var all []party.ID
	for _, id := range ids {
		all = append(all, party.ID(id))
	}
	return all
}

// matter reads how a matter stands. Where several sets of parties spoke and none is
// named, it has the sets alone.
func (v *visit) matter(thread string, status act.Status, parties []party.ID) (*matterView, error) {
	m := &matterView{Typed: stating{Language: v.lang}}
	a := control.MatterArgs{Thread: thread, Status: status, Parties: parties}
	err := v.call("clarify-show", a, &m.Matter)
	if e, ok := errors.AsType[*control.Error](err); ok && e.Code == control.Usage && len(parties) == 0 {
		m.Several = true
		a.Parties = []party.ID{v.head.Party} // of a matter of one nobody speaks: all sets are others
		err = v.call("clarify-show", a, &m.Matter)
	}
	if err != nil {
		return nil, err
	}
	m.New = len(m.Points) == 0 && !m.Several
	m.Parts = partsOf(m.Points)
	return m, nil
}

// partsOf puts what all agree on first, apart from what only some say.
func partsOf(points []control.Point) []matterPart {
	var parts []matterPart
	for _, f := range []clarification.Finding{clarification.AgreedOn, clarification.Disputed, clarification.Claimed, clarification.Dropped} {
		part := matterPart{Finding: f}
		for _, p := range points {
			if p.Finding == f {
				part.Points = append(part.Points, p)
			}
		}
		if len(part.Points) > 0 {
			parts = append(parts, part)
		}
	}
	return parts
}

func matterPage(v *visit) error {
	q := v.r.URL.Query()
	thread := strings.TrimSpace(q.Get("thread"))
	if thread == "" {
		return v.redirect("/clarifications", "")
	}
	status := statusNamed(q.Get("status"))
	m, err := v.matter(thread, status, partiesOf(q["with"]))
	if e, ok := errors.AsType[*control.Error](err); ok && e.Code == control.NotFound {
		return v.newMatter(thread, status)
	}
	if err != nil {
		return err
	}
	return v.showAs("matter", v.t("clarify.title", "thread", thread), string(m.Status), m)
}

func newMatterPage(v *visit) error { return v.newMatter("", act.Actual) }

// newMatter is the form of a matter of which nobody has said anything.
func (v *visit) newMatter(thread string, status act.Status) error {
	m := &matterView{New: true, Typed: stating{Language: v.lang}}
	m.Thread, m.Status = thread, status
	return v.showAs("matter", v.t("clarify.new"), string(status), m)
}

// stateMatter makes a draft of what this state says; it goes through the chain like
// any other.
func stateMatter(v *visit) error {
	a := control.StateArgs{Joint: v.text("joint"), Language: v.text("language"), Stances: map[string]clarification.Stance{}}
	a.Thread, a.Status, a.Parties = v.text("thread"), statusNamed(v.text("status")), partiesOf(v.form["with"])
	typed := stating{Facts: v.text("facts"), Joint: a.Joint, Language: a.Language, Stances: map[string]string{}}
	for line := range strings.Lines(typed.Facts) {
		if line = strings.TrimSpace(line); line != "" {
			a.Facts = append(a.Facts, line)
		}
	}
	for key := range v.form {
		if name, ok := strings.CutPrefix(key, "stance."); ok && v.text(key) != "" {
			typed.Stances[name] = v.text(key)
			a.Stances[name] = clarification.Stance(v.text(key))
		}
	}
	var err error = &control.Error{Code: control.Usage, Message: v.t("clarify.say")}
	switch {
	case a.Thread == "":
		err = &control.Error{Code: control.Usage, Message: v.t("clarify.thread.needed")}
	case len(a.Parties) == 0:
		err = &control.Error{Code: control.Usage, Message: v.t("clarify.with.needed")}
	case len(a.Facts)+len(a.Stances) > 0 || a.Joint != "":
		var d control.Draft
		if err = v.call("clarify-state", a, &d); err == nil {
			return v.redirect("/drafts/"+d.ID+"/review", "saved")
		}
	}
	m := &matterView{New: true}
	if a.Thread != "" && len(a.Parties) > 0 {
		var readErr error
		if m, readErr = v.matter(a.Thread, a.Status, a.Parties); readErr != nil {
			return readErr
		}
	}
	m.Thread, m.Status, m.Parties, m.Typed = a.Thread, a.Status, a.Parties, typed
	title := v.t("clarify.new")
	if !m.New {
		title = v.t("clarify.title", "thread", m.Thread)
	}
	return v.again(err, "matter", title, string(m.Status), m)
}
