package control

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"detente/act"
	"detente/calendar"
	"detente/clarification"
	"detente/docket"
	"detente/node"
	"detente/pack"
	"detente/party"
	"detente/regime"
)

func incidentVerbs() map[string]verb {
	return map[string]verb{
		"incident-list": reads(incidentList),
		"incident-show": reads(incidentShow),
	}
}

// IncidentsArgs select incidents.
type IncidentsArgs struct {
	Status act.Status `json:"status"` // empty: actual
	Limit  int        `json:"limit"`
}

// Incidents are the events that were reported, the newest first.
type Incidents struct {
	// Forms are the codes by which an incident can be reported here: of the texts in
	// force, else of all at hand.
	Forms []string       `json:"forms"`
	List  []IncidentLine `json:"list"`
	Codes []string       `json:"codes"` // of every form by which somebody says what happened
}

// Areas are those of a list that reports of incidents gave.
func (i *Incidents) Areas(all []Area) []calendar.Area {
	out := []calendar.Area{}
	for _, a := range all {
		if slices.Contains(i.Codes, a.About["measure"]) {
			out = append(out, calendar.Area{Shape: calendar.Shape(a.Shape), Points: a.Points, About: a.About})
		}
	}
	return out
}

// IncidentLine is one incident in a list.
type IncidentLine struct {
	Thread   string                 `json:"thread"` // or the place of its report, where that has no thread
	Status   act.Status             `json:"status"`
	Measure  string                 `json:"measure"`
	Title    map[regime.Lang]string `json:"title"` // of the form
	Occurred string                 `json:"occurred"`
	Claimed  string                 `json:"claimed"` // of the first report
	By       []party.ID             `json:"by"`      // who reported, in order
}

// IncidentArgs name an incident by its thread, or by the place of one of its reports.
type IncidentArgs struct {
	Thread   string      `json:"thread"`
	Status   act.Status  `json:"status"` // empty: actual, or that of the report that is named
	Language regime.Lang `json:"language"`
}

// Incident is what each side reports of one event, field by field. Nothing in it
// decides between them.
type Incident struct {
	Thread  string       `json:"thread"`
	Status  act.Status   `json:"status"`
	Reports []SideReport `json:"reports"` // those that stand, one for each side, in the order in which they first came
	Ended   []Line       `json:"ended"`   // reports that their authors took back
	Fields  []Compared   `json:"fields"`
	Matters []Matter     `json:"matters"` // what sides state point by point in the same thread
	// Provided is what the texts in force provide for of it, and how that stands.
	Provided []Item   `json:"provided"`
	Unread   *Reading `json:"unread,omitempty"` // what is provided for is not known yet: the records are being read
	// Form is the code by which another account of it is given, Answers the report that
	// it then answers.
	Form    string `json:"form"`
	Answers string `json:"answers"`
}

// SideReport is what one side says of an incident, as it stands.
type SideReport struct {
	Party    party.ID               `json:"party"`
	By       party.ID               `json:"by"`       // who entered it for Party; empty: Party itself said it
	Standing string                 `json:"standing"` // of what was entered: confirmed, contested, or empty: nothing said of it
	Title    map[regime.Lang]string `json:"title"`
	Measure  string                 `json:"measure"`
	Place    string                 `json:"place"` // of the newest word
	Acts     []string               `json:"acts"`  // places of all words that stand, in order
	To       []party.ID             `json:"to"`    // addressees of the newest; empty: all
	Claimed  string                 `json:"claimed"`
	Lodged   Lodged                 `json:"lodged"`   // of the newest
	Readable bool                   `json:"readable"` // its content can be read here
}

// Compared is one field with what each report says of it.
type Compared struct {
	ID       string                 `json:"id"`
	Number   string                 `json:"number"`
	Name     map[regime.Lang]string `json:"name"`
	Likeness clarification.Likeness `json:"likeness"`
	Said     []SaidOf               `json:"said"` // of each report, in their order
}

// SaidOf is what one report says of one field.
type SaidOf struct {
	Lines  []string      `json:"lines"`  // the value in the language; empty: none
	Answer regime.Answer `json:"answer"` // in place of a value; empty: none
}

// Silent reports whether nothing is said.
func (s SaidOf) Silent() bool { return len(s.Lines) == 0 && s.Answer == "" }

// incidentList lists the reports that stand, those of one thread as one incident.
func incidentList(ctx context.Context, c *call, a IncidentsArgs) (any, error) {
	out := Incidents{Forms: []string{}, List: []IncidentLine{}, Codes: []string{}}
	status, err := statusOr(a.Status, act.Actual)
	if err != nil {
		return nil, err
	}
	known, err := c.codesOn(ctx, pack.Incident)
	if err != nil {
		return nil, err
	}
	opening := known.opening()
	out.Codes = append(out.Codes, slices.Sorted(maps.Keys(known.opens))...)
	if out.Forms = list(known.inForce); len(known.inForce) == 0 {
		out.Forms = list(opening)
	}
	if len(opening) == 0 {
		return out, nil
	}
	rows, err := c.node.List(ctx, docket.Filter{Status: status, Measures: opening, Kinds: []act.Kind{act.Statement, act.Entered}, Newest: true, Limit: MaxList})
	if err != nil {
		return nil, err
	}
	limit := min(max(a.Limit, 1), MaxList)
	seen := map[string]bool{}
	for _, r := range rows {
		thread := cmp.Or(r.Thread, place(r.Ref))
		if seen[thread] || len(out.List) == limit {
			continue
		}
		seen[thread] = true
		sides, _, err := c.sides(ctx, thread, status, known)
		if err != nil {
			return nil, err
		}
		if len(sides) > 0 { // else all was taken back
			out.List = append(out.List, c.incidentLine(ctx, thread, sides))
		}
	}
	return out, nil
}

func (c *call) incidentLine(ctx context.Context, thread string, sides []side) IncidentLine {
	first := sides[0].words[0]
	out := IncidentLine{Thread: thread, Status: first.Status, Measure: first.Measure, Title: c.title(ctx, first.Measure), Claimed: node.Time(first.Claimed), By: []party.ID{}}
	for _, s := range sides {
		if !slices.Contains(out.By, s.party) {
			out.By = append(out.By, s.party)
		}
		if m, ok := s.values.Moment(pack.IncidentWhen); ok && out.Occurred == "" {
			out.Occurred = m.String()
		}
	}
	return out
}

// incidentShow lays the reports of an incident beside each other.
func incidentShow(ctx context.Context, c *call, a IncidentArgs) (any, error) {
	thread, status, err := c.incidentNamed(ctx, a)
	if err != nil {
		return nil, err
	}
	known, err := c.codesOn(ctx, pack.Incident)
	if err != nil {
		return nil, err
	}
	sides, ended, err := c.sides(ctx, thread, status, known)
	if err != nil {
		return nil, err
	}
	if len(sides)+len(ended) == 0 {
		return nil, refuse(NotFound, "detente incident list", "nobody reported an incident in the %s thread %s", status, thread)
	}
	out := Incident{Thread: thread, Status: status, Reports: []SideReport{}, Matters: []Matter{}, Provided: []Item{}}
	if out.Ended, err = c.lines(ctx, ended); err != nil {
		return nil, err
	}
	for i := range sides {
		r, items, unread, err := c.report(ctx, &sides[i], a.Language)
		if err != nil {
			return nil, err
		}
		out.Reports, out.Unread = append(out.Reports, r), cmp.Or(out.Unread, unread)
		for _, it := range items {
			if !slices.ContainsFunc(out.Provided, func(x Item) bool { return x.Key == it.Key }) {
				out.Provided = append(out.Provided, it)
			}
		}
	}
	lang := cmp.Or(a.Language, regime.English)
	out.Fields = compared(sides, lang, func(id string) string { return c.nameIn(party.ID(id), lang) })
	if len(sides) > 0 {
		first := sides[0].words[0]
		out.Form, out.Answers = known.account(first.Measure), place(first.Ref)
	}
	filed, err := c.node.Accounts(ctx, thread, status)
	if err != nil {
		return nil, err
	}
	for _, set := range clarification.Matters(filed) {
		m, _, err := c.matter(ctx, MatterArgs{Thread: thread, Status: status, Parties: set})
		if err != nil {
			return nil, err
		}
		out.Matters = append(out.Matters, m)
	}
	return out, nil
}

// incidentNamed is the thread and status of an incident that is named by thread, or by
// the place of a report.
func (c *call) incidentNamed(ctx context.Context, a IncidentArgs) (thread string, status act.Status, err error) {
	rows, err := c.node.ThreadOf(ctx, a.Thread)
	if err != nil {
		return "", "", err
	}
	if len(rows) > 0 {
		status, err = statusOr(a.Status, act.Actual)
		return a.Thread, status, err
	}
	row, err := c.node.Find(ctx, a.Thread)
	if err != nil {
		return "", "", err
	}
	status, err = statusOr(a.Status, row.Status)
	return cmp.Or(row.Thread, place(row.Ref)), status, err
}

// report is what one side says as it stands, with what texts provide for of it.
func (c *call) report(ctx context.Context, s *side, lang regime.Lang) (SideReport, []Item, *Reading, error) {
	last := s.words[len(s.words)-1]
	out := SideReport{Party: s.party, By: s.by, Standing: s.standing, Title: c.title(ctx, s.words[0].Measure), Measure: s.words[0].Measure,
		Place: place(last.Ref), Acts: []string{}, To: []party.ID{}, Claimed: node.Time(last.Claimed), Readable: s.values != nil}
	var items []Item
	var unread *Reading
	for _, r := range s.words {
		out.Acts = append(out.Acts, place(r.Ref))
		more, reading, err := c.provided(ctx, r, lang)
		if err != nil {
			return out, nil, nil, err
		}
		unread = cmp.Or(unread, reading)
		items = append(items, more...)
	}
	parsed, _, err := c.node.Act(ctx, last.Ref)
	if err != nil {
		return out, nil, nil, err
	}
	out.To = list(parsed.To)
	out.Lodged, err = c.lodged(ctx, last.Ref)
	return out, items, unread, err
}

// Table is an incident as rows under IncidentColumns: one for each field that a report
// speaks of.
func (i *Incident) Table() [][]string {
	var rows [][]string
	for _, f := range i.Fields {
		for k, said := range f.Said {
			r := &i.Reports[k]
			if !said.Silent() {
				rows = append(rows, []string{i.Thread, string(i.Status), string(r.Party), string(r.By), r.Place, r.Claimed, r.Lodged.NotAfter,
					f.Number, f.ID, strings.Join(said.Lines, "\n"), string(said.Answer), string(f.Likeness)})
			}
		}
	}
	return rows
}

// IncidentColumns is the head of the table of an incident.
func IncidentColumns() []string {
	return []string{"thread", "status", "party", "entered_by", "act", "claimed", "lodged_by", "number", "field", "value", "answer", "likeness"}
}
