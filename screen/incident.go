package screen

import (
	"bytes"
	"errors"
	"net/url"
	"strconv"
	"strings"

	"detente/act"
	"detente/alert"
	"detente/calendar"
	"detente/clarification"
	"detente/control"
	"detente/party"
)

func incidentRoutes() []route {
	return []route{
		{"GET /incidents", incidentsPage, false},
		{"GET /incidents/table.csv", incidentsTable, false},
		{"GET /incidents/areas.geojson", incidentsAreas, false},
		{"GET /incidents/{thread}", incidentPage, false},
		{"GET /incidents/{thread}/table.csv", incidentTable, false},
		{"GET /incidents/{thread}/cap.xml", incidentAlert, false},
		{"GET /notices/{party}/{volume}/{index}/cap.xml", messageAlert, false},
	}
}

// incidentAddress is the page of an incident, or a file of it.
func incidentAddress(thread string, status act.Status, file string, more ...string) string {
	path := "/incidents/" + url.PathEscape(thread)
	if file != "" {
		path += "/" + file
	}
	q := url.Values{}
	if status != "" && status != act.Actual {
		q.Set("status", string(status))
	}
	for i := 0; i+1 < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	return withQuery(path, q)
}

// incidentsView is the list of incidents.
type incidentsView struct {
	looking
	Forms []string
	Rows  []incidentRow
	Pages pager
}

// incidentRow is an incident in the list.
type incidentRow struct {
	control.IncidentLine
	Link string
}

func incidentsPage(v *visit) error {
	look, _, err := v.look()
	if err != nil {
		return err
	}
	page := incidentsView{looking: look}
	at := v.whole("page", 1, control.MaxList/rowsOfPage-1)
	known, err := v.incidents(look, at*rowsOfPage+1) // one more shows whether there is more
	if err != nil {
		return err
	}
	page.Forms = known.Forms
	for _, l := range known.List[min((at-1)*rowsOfPage, len(known.List)):min(at*rowsOfPage, len(known.List))] {
		page.Rows = append(page.Rows, incidentRow{l, incidentAddress(l.Thread, l.Status, "")})
	}
	page.Pages = pager{Page: at, Pages: at}
	if len(known.List) > at*rowsOfPage {
		page.Pages.Pages, page.Pages.After = at+1, v.with("page", strconv.Itoa(at+1))
	}
	if at > 1 {
		page.Pages.Before = v.with("page", strconv.Itoa(at-1))
	}
	return v.showAs("incidents", v.t("page.incidents"), look.Status, page)
}

func (v *visit) incidents(look looking, most int) (control.Incidents, error) {
	var known control.Incidents
	err := v.call("incident-list", control.IncidentsArgs{Status: act.Status(look.Status), Limit: most}, &known)
	return known, err
}

// incidentView is an incident as it is read: what is alike apart from what is not.
type incidentView struct {
	control.Incident
	Sides  []reportSide
	Parts  []incidentPart
	Agreed []control.Point // that every party of a matter in this thread agrees on
	Points int             // that stand in this thread and are not agreed on
	Others string          // address of the points
	Table  string          // address of the file
	Own    bool            // this state reports itself
}

// reportSide is one report with what stands above its fields.
type reportSide struct {
	control.SideReport
	Alert string   // address of the file
	About []string // what it says of itself: how its author knows
}

// incidentPart are the fields that go together alike.
type incidentPart struct {
	Likeness clarification.Likeness
	Fields   []control.Compared
}

func incidentPage(v *visit) error {
	page, err := v.incident()
	if err != nil {
		return err
	}
	title := v.t("incident.title", "thread", page.Thread)
	return v.showAs("incident", title, string(page.Status), page)
}

// incident reads the incident that the address names.
func (v *visit) incident() (*incidentView, error) {
	page := &incidentView{}
	a := control.IncidentArgs{Thread: v.r.PathValue("thread"), Language: houseLanguage(v.lang)}
	if v.r.URL.Query().Has("status") {
		a.Status = statusNamed(v.r.URL.Query().Get("status"))
	}
	if err := v.call("incident-show", a, &page.Incident); err != nil {
		return nil, err
	}
	for k, r := range page.Reports {
		one := reportSide{SideReport: r, Alert: incidentAddress(r.Place, page.Status, "cap.xml")}
		for _, f := range page.Fields {
			if f.Likeness == "" && !f.Said[k].Silent() {
				one.About = append(one.About, inLanguage(v.lang, f.Name)+": "+v.said(f.Said[k]))
			}
		}
		page.Sides = append(page.Sides, one)
		page.Own = page.Own || r.Party == v.head.Party && r.By == ""
	}
	for _, l := range []clarification.Likeness{clarification.Alike, clarification.Otherwise, clarification.InDispute, clarification.Partly, clarification.Unknown, clarification.Untold} {
		part := incidentPart{Likeness: l}
		for _, f := range page.Fields {
			if f.Likeness == l {
				part.Fields = append(part.Fields, f)
			}
		}
		if len(part.Fields) > 0 {
			page.Parts = append(page.Parts, part)
		}
	}
	for _, m := range page.Matters {
		for _, p := range m.Points {
			if p.Finding == clarification.AgreedOn {
				page.Agreed = append(page.Agreed, p)
			} else {
				page.Points++
			}
		}
	}
	page.Others = matterAddress(page.Thread, page.Status, nil)
	page.Table = incidentAddress(page.Thread, page.Status, "table.csv")
	return page, nil
}

// said is what a report says of a field as one line.
func (v *visit) said(s control.SaidOf) string {
	if s.Answer != "" {
		return word(v.lang, "answer", s.Answer)
	}
	return strings.Join(s.Lines, ", ")
}

// Column names the report of a side: Title is its place among them, from 1.
func (p *incidentView) Column(k int) control.SideReport { return p.Reports[k] }

func incidentsTable(v *visit) error {
	look, _, err := v.look()
	if err != nil {
		return err
	}
	known, err := v.incidents(look, control.MaxList)
	if err != nil {
		return err
	}
	var rows [][]string
	for _, l := range known.List {
		var i control.Incident
		if err := v.call("incident-show", control.IncidentArgs{Thread: l.Thread, Status: l.Status, Language: houseLanguage(v.lang)}, &i); err != nil {
			return err
		}
		rows = append(rows, i.Table()...)
	}
	return v.incidentRows(rows)
}

func incidentTable(v *visit) error {
	page, err := v.incident()
	if err != nil {
		return err
	}
	return v.incidentRows(page.Incident.Table())
}

func (v *visit) incidentRows(rows [][]string) error {
	var b bytes.Buffer
	if err := calendar.Table(&b, control.IncidentColumns(), rows); err != nil {
		return err
	}
	return v.hand("incidents.csv", "text/csv; charset=utf-8", b.Bytes())
}

// incidentsAreas is where reports say that it was, for another program.
func incidentsAreas(v *visit) error {
	look, args, err := v.look()
	if err != nil {
		return err
	}
	known, err := v.incidents(look, 1) // for its codes
	if err != nil {
		return err
	}
	args.At = "" // areas are shown as they stand now
	var all []control.Area
	if err := v.call("areas", args, &all); err != nil {
		return err
	}
	var b bytes.Buffer
	if err := calendar.GeoJSON(&b, known.Areas(all)); err != nil {
		return err
	}
	return v.hand("incidents.geojson", "application/geo+json", b.Bytes())
}

func incidentAlert(v *visit) error {
	a := control.AlertArgs{Ref: v.r.PathValue("thread"), Party: party.ID(v.r.URL.Query().Get("by"))}
	if v.r.URL.Query().Has("status") {
		a.Status = statusNamed(v.r.URL.Query().Get("status"))
	}
	return v.alert(a)
}

func messageAlert(v *visit) error { return v.alert(control.AlertArgs{Ref: v.place()}) }

// alert hands an alert over as a file.
func (v *visit) alert(a control.AlertArgs) error {
	var b bytes.Buffer
	var written control.Alerted
	if err := v.file("alert", a, &b, &written); err != nil {
		return err
	}
	if written.Identifier == "" {
		return errors.New("an alert without a name")
	}
	return v.hand(written.Identifier+".xml", alert.Type, b.Bytes())
}
