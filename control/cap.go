package control

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"detente/act"
	"detente/alert"
	"detente/clarification"
	"detente/docket"
	"detente/line"
	"detente/node"
	"detente/pack"
	"detente/party"
	"detente/position"
	"detente/regime"
)

func capVerbs() map[string]verb {
	return map[string]verb{"alert": reads(alertOf)}
}

// AlertArgs name what an alert is about: an incident by thread, or by the place of a
// report, or a message of a line by its place.
type AlertArgs struct {
	Ref    string     `json:"ref"`
	Status act.Status `json:"status"` // of an incident; empty: actual, or that of the report that is named
	// Party is whose report of an incident; empty: that of the report that is named, or
	// the first.
	Party party.ID `json:"party"`
}

// Alerted says what was written.
type Alerted struct {
	Identifier string   `json:"identifier"`
	Party      party.ID `json:"party"`
	Place      string   `json:"place"` // of the act
	Bytes      int      `json:"bytes"`
}

// knowledgeOwn is the answer of a report that its author saw itself what it reports.
const knowledgeOwn = "own"

// maxHeadline is how many characters a headline has at most (CAP 1.2: 160).
const maxHeadline = 160

// alertOf writes an alert: of a party's report of an incident, or of a message of a line.
func alertOf(ctx context.Context, c *call, a AlertArgs) (any, error) {
	var out *alert.Alert
	var of docket.Row
	message, row, err := c.messageNamed(ctx, a.Ref)
	switch {
	case err != nil:
		return nil, err
	case message != nil:
		of = row
		out, err = c.messageAlert(ctx, row, message)
	default:
		out, of, err = c.incidentAlert(ctx, a)
	}
	if err != nil {
		return nil, err
	}
	b, err := out.XML()
	if err != nil {
		return nil, err
	}
	if _, err := c.out.Write(b); err != nil {
		return nil, fmt.Errorf("write the alert: %w", err)
	}
	who := of.Author
	if of.Kind == act.Entered {
		who = of.For
	}
	return Alerted{out.Identifier, who, place(of.Ref), len(b)}, nil
}

// messageNamed is the message of a line at a place; nil: there is another thing.
func (c *call) messageNamed(ctx context.Context, ref string) (*line.Message, docket.Row, error) {
	row, err := c.node.Find(ctx, ref)
	if err != nil {
		return nil, row, err
	}
	content, err := c.node.Content(ctx, row.Ref)
	if errors.Is(err, node.ErrNoContent) || err == nil && content.Type != line.TypeMessage {
		return nil, row, nil
	}
	if err != nil {
		return nil, row, err
	}
	m, err := line.ParseMessage(content.Body)
	if err != nil {
		return nil, row, nil // in the clear, where nothing was checked on arrival
	}
	return m, row, nil
}

// heading is what every alert has of the act that it is about.
func (c *call) heading(ctx context.Context, r docket.Row) (*alert.Alert, error) {
	parsed, _, err := c.node.Act(ctx, r.Ref)
	if err != nil {
		return nil, err
	}
	out := &alert.Alert{Identifier: c.alertName(r.Ref), Sender: c.alertSender(r.Author), Sent: parsed.Claimed, Message: alert.First, Source: string(r.Post),
		Note: say(regime.English, "alert.note", nil)}
	out.Status = map[act.Status]alert.Status{act.Actual: alert.Actual, act.Exercise: alert.Exercise, act.Test: alert.Test}[r.Status]
	for _, id := range parsed.To {
		out.Addresses = append(out.Addresses, c.alertSender(id))
	}
	if len(out.Addresses) == 0 {
		out.Restriction = say(regime.English, "alert.all", map[string]any{"group": c.node.First().Group.String()})
	}
	if r.Thread != "" {
		out.Incidents = []string{r.Thread}
	}
	return out, nil
}

// alertName is the identifier of an act as an alert: its place, and the beginning of the
// hash of its leaf.
func (c *call) alertName(r act.Ref) string {
	return fmt.Sprintf("%s-%d-%s", strings.ReplaceAll(string(r.Origin), "/", "-"), r.Index, hex.EncodeToString(r.Leaf[:6]))
}

// alertSender names a party of the group in the world. The name is no address.
func (c *call) alertSender(id party.ID) string {
	return string(id) + "@" + c.node.First().Group.String()[:12] + ".detente.invalid"
}

// houseLanguages are those in which the words of an alert are there.
func houseLanguages() []regime.Lang { return []regime.Lang{regime.English, regime.Russian} }

func (c *call) messageAlert(ctx context.Context, r docket.Row, m *line.Message) (*alert.Alert, error) {
	out, err := c.heading(ctx, r)
	if err != nil {
		return nil, err
	}
	books, err := c.node.Phrasebooks()
	if err != nil {
		return nil, err
	}
	urgency := alert.UnknownUrgency
	switch m.Precedence {
	case line.Immediate:
		urgency = alert.Immediate
	case line.Urgent:
		urgency = alert.Expected
	}
	for _, lang := range houseLanguages() {
		info := alert.Info{Language: string(lang), Category: alert.Other, Urgency: urgency, Severity: alert.UnknownSeverity, Certainty: alert.UnknownCertain,
			Event:      say(lang, "alert.message."+string(m.Kind), map[string]any{"line": string(m.Line)}),
			SenderName: c.nameIn(r.Author, lang), Contact: string(r.Post)}
		var said []string
		for _, p := range agreed(books, m) {
			if s, ok := p.Texts[string(lang)]; ok {
				said = append(said, node.Legible(s))
			}
		}
		if m.Text != "" {
			said = append(said, node.Legible(m.Text))
		}
		info.Description = strings.Join(said, "\n")
		info.Headline = headline(append(said, info.Event)[0])
		info.Parameters = append(about(r), alert.Parameter{Name: "precedence", Value: fmt.Sprint(int(m.Precedence))})
		out.Infos = append(out.Infos, info)
	}
	return out, nil
}

// incidentAlert is what one party reports of an incident: its last word; where that is
// no first one, an update of the earlier; where it took its report back, a cancellation.
func (c *call) incidentAlert(ctx context.Context, a AlertArgs) (*alert.Alert, docket.Row, error) {
	none := docket.Row{}
	thread, status, err := c.incidentNamed(ctx, IncidentArgs{Thread: a.Ref, Status: a.Status})
	if err != nil {
		return nil, none, err
	}
	incident, err := incidentShow(ctx, c, IncidentArgs{Thread: thread, Status: status})
	if err != nil {
		return nil, none, err
	}
	known, err := c.codesOn(ctx, pack.Incident)
	if err != nil {
		return nil, none, err
	}
	sides, ended, err := c.sides(ctx, thread, status, known)
	if err != nil {
		return nil, none, err
	}
	named := func(s side) bool {
		if a.Party != "" {
			return s.party == a.Party
		}
		return slices.ContainsFunc(s.words, func(r docket.Row) bool { return place(r.Ref) == a.Ref || r.Ref.String() == a.Ref })
	}
	i := slices.IndexFunc(sides, named)
	if i < 0 && a.Party == "" && len(sides) > 0 {
		i = 0
	}
	if i >= 0 {
		out, err := c.reportAlert(ctx, &sides[i], incident.(Incident).Fields)
		return out, sides[i].words[len(sides[i].words)-1], err
	}
	for _, r := range ended {
		if a.Party == "" || r.Author == a.Party {
			return c.endAlert(ctx, r)
		}
	}
	return nil, none, refuse(NotFound, "detente incident show "+thread, "%s reported nothing in the %s thread %s", a.Party, status, thread)
}

// reportAlert is the alert of what a side reports.
func (c *call) reportAlert(ctx context.Context, s *side, fields []Compared) (*alert.Alert, error) {
	last := s.words[len(s.words)-1]
	if s.values == nil {
		return nil, refuse(NotFound, "detente statement show \""+place(last.Ref)+"\"", "the report of %s cannot be read here, so no alert is made of it", s.party)
	}
	out, err := c.heading(ctx, last)
	if err != nil {
		return nil, err
	}
	if out.References, err = c.references(ctx, s.words[:len(s.words)-1]); err != nil {
		return nil, err
	}
	if len(out.References) > 0 {
		out.Message = alert.Update
	}
	certainty := alert.UnknownCertain
	if how, _ := s.values.String("knowledge"); how == knowledgeOwn && !contradicted(fields) {
		certainty = alert.Observed
	}
	form := s.forms[len(s.forms)-1]
	for _, lang := range houseLanguages() {
		info := alert.Info{Language: string(lang), Category: alert.Security, Event: form.Title[lang], Urgency: alert.UnknownUrgency, Severity: alert.UnknownSeverity,
			Certainty: certainty, SenderName: c.nameIn(s.party, lang), Contact: string(last.Post), Headline: headline(form.Title[lang]),
			Description: node.Legible(form.Text(s.values, lang)), Parameters: about(last)}
		if s.by != "" {
			info.Parameters = append(info.Parameters, alert.Parameter{Name: "entered-by", Value: string(s.by)})
		}
		if m, ok := s.values.Moment(pack.IncidentWhen); ok {
			info.Onset = m.Time.UTC()
		}
		info.Areas = placesOf(form, s.values, lang)
		out.Infos = append(out.Infos, info)
	}
	return out, nil
}

// contradicted reports whether sides say some field in different ways.
func contradicted(fields []Compared) bool {
	return slices.ContainsFunc(fields, func(f Compared) bool {
		return f.Likeness == clarification.Otherwise || f.Likeness == clarification.InDispute
	})
}

// endAlert takes back an alert whose report was taken back.
func (c *call) endAlert(ctx context.Context, first docket.Row) (*alert.Alert, docket.Row, error) {
	end := first
	rows, err := c.node.List(ctx, docket.Filter{Author: first.Author, Answers: first.Ref, Kinds: []act.Kind{act.Statement}})
	if err != nil {
		return nil, end, err
	}
	for _, r := range rows {
		if r.Life == act.Cancellation || r.Life == act.Withdrawal || r.Life == act.IssuedInError {
			end = r
		}
	}
	out, err := c.heading(ctx, end)
	if err != nil {
		return nil, end, err
	}
	out.Message = alert.Cancel
	if out.References, err = c.references(ctx, []docket.Row{first}); err != nil {
		return nil, end, err
	}
	for _, lang := range houseLanguages() {
		event := string(first.Measure)
		if title := c.title(ctx, first.Measure); title[lang] != "" {
			event = title[lang]
		}
		out.Infos = append(out.Infos, alert.Info{Language: string(lang), Category: alert.Security, Event: event, Urgency: alert.UnknownUrgency, Severity: alert.UnknownSeverity,
			Certainty: alert.UnknownCertain, SenderName: c.nameIn(first.Author, lang), Headline: headline(say(lang, "alert.ended", map[string]any{"event": event})), Parameters: about(end)})
	}
	return out, end, nil
}

func (c *call) references(ctx context.Context, rows []docket.Row) ([]alert.Reference, error) {
	var out []alert.Reference
	for _, r := range rows {
		parsed, _, err := c.node.Act(ctx, r.Ref)
		if err != nil {
			return nil, err
		}
		out = append(out, alert.Reference{Sender: c.alertSender(r.Author), Identifier: c.alertName(r.Ref), Sent: parsed.Claimed})
	}
	return out, nil
}

// nameIn is how the roster names a party in a language.
func (c *call) nameIn(id party.ID, lang regime.Lang) string {
	return c.node.Keys().Current().Name(id, string(lang))
}

// about are the values by which a reader finds the act.
func about(r docket.Row) []alert.Parameter {
	out := []alert.Parameter{{Name: "act", Value: place(r.Ref)}}
	if r.Measure != "" {
		out = append(out, alert.Parameter{Name: "measure", Value: r.Measure})
	}
	return out
}

// headline is the first line of a text, as far as a headline goes.
func headline(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	if runes := []rune(s); len(runes) > maxHeadline {
		return string(runes[:maxHeadline-1]) + "…"
	}
	return s
}

// placesOf are the places of a filled form, as their author gave them.
func placesOf(form *regime.Form, v *regime.Values, lang regime.Lang) []alert.Area {
	var out []alert.Area
	for i := range form.Fields {
		f := &form.Fields[i]
		points, ok := v.Points(f.ID)
		if !located(*f) || !ok || len(points) == 0 {
			continue
		}
		one := alert.Area{Desc: f.Name[lang]}
		if raw, _ := v.Get(f.ID); raw != nil {
			if of, _ := raw.(map[string]any); of != nil {
				if s, _ := of["name"].(string); s != "" {
					one.Desc = node.Legible(s)
				}
			}
		}
		for _, p := range points {
			pair := [2]float64{float64(p.Lat) / float64(regime.One), float64(p.Lon) / float64(regime.One)}
			if f.Type == regime.TypeArea {
				one.Outline = append(one.Outline, pair)
				continue
			}
			one.Points = append(one.Points, pair)
		}
		if one.Desc == "" {
			one.Desc = position.Point{Lat: int64(points[0].Lat), Lon: int64(points[0].Lon)}.Degrees()
		}
		out = append(out, one)
	}
	return out
}
