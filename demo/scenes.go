package demo

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"detente/act"
	"detente/docket"
	"detente/internal/canon"
	"detente/node"
	"detente/party"
	"detente/portfolio"
	"detente/provision"
	"detente/roster"
)

// calendar: what is planned for the next year, by 15 November.
func (s *season) calendar() error {
	const code, year = "vd11.calendar", "2025"
	if err := s.scene("2024-11-05 09:00", "November: the calendar of the next year"); err != nil {
		return err
	}
	if err := s.stands(dovania, "Ten days ahead Dovania's node says what is to come:", code, year, stand{dovania, provision.DueSoon}); err != nil {
		return err
	}
	if _, err := s.file(statement{at: alatau, measure: code, thread: "ALA/CAL/2025", form: "calendar"}); err != nil {
		return err
	}
	for _, id := range []party.ID{borovia, cintra, elbria} {
		if _, err := s.file(statement{at: id, measure: code, thread: strings.ToUpper(string(id[:3])) + "/CAL/2025", form: "calendar-nil"}); err != nil {
			return err
		}
	}
	if err := s.stands(dovania, "Alatau lists one exercise; Borovia, Cintra and Elbria plan none and say so, which is a return too:", code, year,
		stand{alatau, provision.Done}, stand{borovia, provision.NilReturn}, stand{cintra, provision.NilReturn}, stand{elbria, provision.NilReturn}); err != nil {
		return err
	}
	if err := s.moveTo("2024-11-18 09:00"); err != nil {
		return err
	}
	if err := s.stands(borovia, "On 18 November nothing of Dovania stands in the records. Borovia's node says that, and no more:", code, year,
		stand{dovania, provision.NotRecorded}); err != nil {
		return err
	}
	if _, err := s.file(statement{at: dovania, measure: code, thread: "DOV/CAL/2025", form: "calendar-nil"}); err != nil {
		return err
	}
	return s.stands(borovia, "Dovania sends it that day:", code, year, stand{dovania, provision.DoneAfter})
}

// nilReturn: a yearly return of a state that has nothing to report.
func (s *season) nilReturn() error {
	if err := s.scene("2024-12-10 09:00", "December: a yearly return by nil"); err != nil {
		return err
	}
	if _, err := s.file(statement{at: borovia, measure: "vd11.aemi", thread: "BOR/AEMI/2025", form: "aemi-nil"}); err != nil {
		return err
	}
	return s.stands(cintra, "Borovia has no forces to report and says so; what the others owe stays open beside it:", "vd11.aemi", "2025",
		stand{borovia, provision.NilReturn}, stand{cintra, provision.DueSoon})
}

// area: a coordinator for an area of the Catalogue, and a statement under it.
func (s *season) area() error {
	const name = "env.disaster"
	if err := s.scene("2025-02-10 09:00", "An area of the Catalogue gets its coordinator"); err != nil {
		return err
	}
	err := s.look(cintra, func(v *portfolio.View, m provision.Moment) error {
		for _, t := range v.Texts {
			for _, a := range t.Pack.Head.Areas {
				if a.ID != name {
					continue
				}
				var under []string
				for _, ms := range t.Pack.Measures {
					if slices.Contains(ms.Areas, name) && !slices.Contains(under, ms.ID) {
						under = append(under, ms.ID)
					}
				}
				here := 0
				for _, c := range a.Coordinators {
					if slices.ContainsFunc(v.Roster.Parties, func(p roster.Party) bool { return p.Code != "" && p.Code == c.Code }) {
						here++
					}
				}
				s.out.say("What the text itself says of the area, at Cintra's node:",
					fmt.Sprintf("%s: %s, %s dimension; %s", a.ID, a.Title.In("en"), a.Dimension, a.State),
					fmt.Sprintf("coordinators that it names: %d; of them in this group: %d", len(a.Coordinators), here),
					"measures of the area: "+strings.Join(under, ", "))
				return nil
			}
		}
		return fmt.Errorf("no text in force has the area %s", name)
	})
	if err != nil {
		return err
	}
	offer, err := s.file(statement{at: alatau, measure: "cica.cycle.coordinator", thread: "ALA/COORD/1", form: "coordination"})
	if err != nil {
		return err
	}
	if err := s.stands(cintra, "Alatau tells the others that it coordinates the area, which is active here from that day on:", "cica.cycle.coordinator", occasionOf(offer),
		stand{alatau, provision.Done}); err != nil {
		return err
	}
	v, err := s.fields(offer)
	if err != nil {
		return err
	}
	s.out.say("As Cintra reads it:", fmt.Sprintf("area %v, %v; Alatau is its %v from %v until %v (act %d of %s)", v["area"], v["state"], v["role"], v["valid_from"], v["until"], offer.Index, offer.Origin))
	if err := s.moveTo("2025-03-02 06:30"); err != nil {
		return err
	}
	flood, err := s.file(statement{at: alatau, measure: "cica.env.5", thread: "ALA/FLOOD/1", form: "disaster"})
	if err != nil {
		return err
	}
	return s.stands(borovia, "On 2 March a river floods, and Alatau tells its neighbour under a measure of that area. The text has no figure: the delay is shown and not judged.",
		"cica.env.5", occasionOf(flood), stand{alatau, provision.Done})
}

// limits: how much each state may take from a river in the season to come.
func (s *season) limits() error {
	if err := s.scene("2025-03-25 09:00", "The limits of a river are set for the summer"); err != nil {
		return err
	}
	ref, err := s.file(statement{at: alatau, measure: "icwc.limits", thread: "RIVER/2025/V", form: "limits"})
	if err != nil {
		return err
	}
	s.river = ref
	return s.stands(borovia, "Alatau files the decision for all; who has a limit reports its intake in autumn, within the time that the group agreed on:", "icwc.limits.report", occasionOf(ref),
		stand{alatau, provision.Open}, stand{borovia, provision.Open}, stand{cintra, provision.Open})
}

// notice: prior notification in time, and the invitation of observers with it.
func (s *season) notice() error {
	if err := s.scene("2025-04-01 10:00", "Spring: the exercise is notified, and observers are invited"); err != nil {
		return err
	}
	var err error
	if s.first, err = s.file(statement{at: alatau, measure: "vd11.prior-notification", thread: "ALA/EX/2025/1", form: "notification"}); err != nil {
		return err
	}
	invitation, err := s.file(statement{at: alatau, measure: "vd11.observation", thread: "ALA/EX/2025/1", form: "observation", answers: s.first})
	if err != nil {
		return err
	}
	s.invited = invitation
	if err := s.stands(borovia, "Borovia's node lays the notice beside the text:", "vd11.prior-notification", occasionOf(s.first), stand{alatau, provision.Done}); err != nil {
		return err
	}
	shown, err := s.node(borovia).Shown(s.ctx, s.first)
	if err != nil {
		return err
	}
	s.out.say("What that date rests on is the others' word, not Alatau's:", fmt.Sprintf("act %d of %s; lodged by %s, as %d of %d counting mirrors show; %d suffice",
		s.first.Index, s.first.Origin, node.Time(shown.Bounds.NotAfter), shown.Bounds.Have, shown.Bounds.Of, shown.Bounds.Need))
	return s.stands(borovia, "At this strength observers are invited, together with the notice:", "vd11.observation", occasionOf(s.first), stand{alatau, provision.Done})
}

// corrected: for the fields that a correction leaves alone, the first lodging stands.
func (s *season) corrected() error {
	if err := s.scene("2025-04-14 10:00", "Alatau corrects two fields"); err != nil {
		return err
	}
	ref, err := s.file(statement{at: alatau, measure: "vd11.prior-notification", thread: "ALA/EX/2025/1", answers: s.first, life: act.Correction,
		set: map[string]any{"commanding_level": "Corps", "general_purpose": "Cooperation of two brigades in defence, and evacuation of the wounded."}})
	if err != nil {
		return err
	}
	a, _, err := s.node(alatau).Act(s.ctx, ref)
	if err != nil {
		return err
	}
	return s.stands(borovia, fmt.Sprintf("The correction touches the fields %s. It comes 36 days ahead; the notice was 49 days ahead, and still is:", strings.Join(a.Touches, " and ")),
		"vd11.prior-notification", occasionOf(s.first), stand{alatau, provision.Done})
}

// observers: one accepts, one declines, one is silent.
func (s *season) observers() error {
	if err := s.scene("2025-04-16 09:00", "Who sends observers"); err != nil {
		return err
	}
	if _, err := s.file(statement{at: borovia, measure: "vd11.observation.reply", thread: "ALA/EX/2025/1", form: "observation-accepted", answers: s.invited}); err != nil {
		return err
	}
	if _, err := s.file(statement{at: cintra, measure: "vd11.observation.reply", thread: "ALA/EX/2025/1", form: "observation-declined", answers: s.invited}); err != nil {
		return err
	}
	if err := s.moveTo("2025-04-24 09:00"); err != nil {
		return err
	}
	return s.stands(alatau, "Borovia accepts, Cintra declines, as it may; Dovania and Elbria are silent, and the text says what silence means:", "vd11.observation.reply", occasionOf(s.first),
		stand{borovia, provision.Done}, stand{cintra, provision.LawfullyDeclined}, stand{dovania, provision.Discharged}, stand{elbria, provision.Discharged})
}

// question: on an unusual activity, answered in time.
func (s *season) question() error {
	if err := s.scene("2025-07-02 10:00", "Summer: a question about an unusual activity, answered"); err != nil {
		return err
	}
	q, err := s.file(statement{at: cintra, measure: "vd11.unusual-activity", thread: "CIN/Q/1", form: "question"})
	if err != nil {
		return err
	}
	if err := s.stands(borovia, "Cintra asks Borovia why columns move by night. Borovia's node says by when it answers, counted from its own receipt:", "vd11.unusual-activity.reply", occasionOf(q),
		stand{borovia, provision.Open}); err != nil {
		return err
	}
	if err := s.moveTo("2025-07-03 16:00"); err != nil {
		return err
	}
	if _, err := s.file(statement{at: borovia, measure: "vd11.unusual-activity.reply", thread: "CIN/Q/1", form: "answer", answers: q}); err != nil {
		return err
	}
	return s.stands(cintra, "Thirty hours later Borovia answers:", "vd11.unusual-activity.reply", occasionOf(q), stand{borovia, provision.Done})
}

// silence: a question without an answer. The records hold nothing: that is all.
func (s *season) silence() error {
	if err := s.scene("2025-07-21 08:00", "A second question stays without an answer"); err != nil {
		return err
	}
	q, err := s.file(statement{at: borovia, measure: "vd11.unusual-activity", thread: "BOR/Q/1", form: "question",
		set: map[string]any{"responding_state": "dovania", "cause_of_concern": "Engineers build a bridge at a place where there was none.", "activity_type": "river crossing", "first_seen": "2025-07-19T06:00" + utc}})
	if err != nil {
		return err
	}
	if err := s.moveTo("2025-07-25 08:00"); err != nil {
		return err
	}
	if err := s.stands(borovia, "Four days later no answer of Dovania stands in the records. The word for it is neutral: a line may be down, a note may be on its way.",
		"vd11.unusual-activity.reply", occasionOf(q), stand{dovania, provision.NotRecorded}); err != nil {
		return err
	}
	return s.stands(borovia, "What the text offers next, to who asked:", "vd11.unusual-activity.meeting-request", occasionOf(q), stand{borovia, provision.Open})
}

// inspections: three of them, which is as many as the text provides for in a year.
func (s *season) inspections() error {
	if err := s.scene("2025-08-05 09:00", "August: three inspections use up a quota"); err != nil {
		return err
	}
	for i, x := range []struct {
		by                     party.ID
		ask, reply, over, done string
		entry, came, left      string
	}{
		{alatau, "2025-08-05 09:00", "2025-08-05 20:00", "2025-08-09 12:00", "2025-08-18 09:00", "2025-08-07T09:00", "2025-08-07T10:00", "2025-08-09T08:00"},
		{cintra, "2025-08-20 09:00", "2025-08-20 20:00", "", "", "2025-08-23T09:00", "", ""},
		{dovania, "2025-09-02 09:00", "2025-09-02 20:00", "", "", "2025-09-05T09:00", "", ""},
	} {
		if err := s.moveTo(x.ask); err != nil {
			return err
		}
		thread := strings.ToUpper(string(x.by[:3])) + "/INSP/1"
		q, err := s.file(statement{at: x.by, measure: "vd11.inspection", thread: thread, form: "inspection", set: map[string]any{"planned_entry": x.entry + utc}})
		if err != nil {
			return err
		}
		if err := s.moveTo(x.reply); err != nil {
			return err
		}
		if _, err := s.file(statement{at: borovia, measure: "vd11.inspection.reply", thread: thread, form: "inspection-accepted", answers: q}); err != nil {
			return err
		}
		if i > 0 {
			continue
		}
		if err := s.stands(alatau, "Alatau asks Borovia, two days ahead; Borovia accepts eleven hours later:", "vd11.inspection", occasionOf(q), stand{alatau, provision.Done}); err != nil {
			return err
		}
		if err := s.stands(alatau, "And the answer:", "vd11.inspection.reply", occasionOf(q), stand{borovia, provision.Done}); err != nil {
			return err
		}
		if err := s.moveTo(x.over); err != nil {
			return err
		}
		if _, err := s.file(statement{at: x.by, measure: "vd11.inspection.visit", thread: thread, form: "inspection-visit", answers: q}); err != nil {
			return err
		}
		if err := s.stands(borovia, "The team is in the area for two days at most; a report follows:", "vd11.inspection.visit", occasionOf(q), stand{alatau, provision.Done}); err != nil {
			return err
		}
		if err := s.moveTo(x.done); err != nil {
			return err
		}
		if _, err := s.file(statement{at: x.by, measure: "vd11.inspection.report", thread: thread, form: "inspection-report", answers: q}); err != nil {
			return err
		}
		if err := s.stands(borovia, "Nine days after its end:", "vd11.inspection.report", occasionOf(q), stand{alatau, provision.Done}); err != nil {
			return err
		}
	}
	return s.counts(cintra, borovia, "By 2 September Cintra and Dovania have inspected too. What every node counts:", "vd11.inspection", "received", 3)
}

// utc is how a moment in a form ends.
const utc = "+00:00[UTC]"

// fourth: what follows when the quota is full.
func (s *season) fourth() error {
	if err := s.scene("2025-09-15 09:00", "A fourth request meets a full quota"); err != nil {
		return err
	}
	q, err := s.file(statement{at: elbria, measure: "vd11.inspection", thread: "ELB/INSP/1", form: "inspection", set: map[string]any{"planned_entry": "2025-09-18T09:00" + utc}})
	if err != nil {
		return err
	}
	if err := s.finds(borovia, "As long as nothing is answered, Elbria's request counts. Borovia's node says so, as figures:", "vd11.inspection", 1); err != nil {
		return err
	}
	if err := s.moveTo("2025-09-15 18:00"); err != nil {
		return err
	}
	if _, err := s.file(statement{at: borovia, measure: "vd11.inspection.reply", thread: "ELB/INSP/1", form: "inspection-refused", answers: q}); err != nil {
		return err
	}
	if err := s.stands(alatau, "Borovia answers that the number of the year is used up, as the text allows:", "vd11.inspection.reply", occasionOf(q), stand{borovia, provision.LawfullyDeclined}); err != nil {
		return err
	}
	if err := s.counts(alatau, borovia, "What was refused does not count:", "vd11.inspection", "received", 3); err != nil {
		return err
	}
	return s.finds(alatau, "And the finding is gone:", "vd11.inspection", 0)
}

// intake: what each state took, beside its limit, as figures.
func (s *season) intake() error {
	if err := s.scene("2025-10-14 09:00", "October: intake beside the limits"); err != nil {
		return err
	}
	var high act.Ref
	for _, x := range []struct {
		by                        party.ID
		limit, intake, over, used string
	}{{alatau, "1500", "1542", "42", "102.8"}, {borovia, "900", "861", "0", "95.7"}, {cintra, "600", "600", "0", "100"}} {
		ref, err := s.file(statement{at: x.by, measure: "icwc.limits.report", thread: "RIVER/2025/V", form: "intake", answers: s.river,
			set: map[string]any{"limit": x.limit, "intake": x.intake, "above_limit": x.over, "used": x.used}})
		if err != nil {
			return err
		}
		if x.by == alatau {
			high = ref
		}
	}
	if err := s.stands(cintra, "All three report within the agreed time:", "icwc.limits.report", occasionOf(s.river),
		stand{alatau, provision.Done}, stand{borovia, provision.Done}, stand{cintra, provision.Done}); err != nil {
		return err
	}
	var lines []string
	for _, id := range []party.ID{alatau, borovia, cintra} {
		line, err := s.sideBySide(id)
		if err != nil {
			return err
		}
		lines = append(lines, line)
	}
	s.out.say("The figures side by side, as Cintra reads them:", lines...)
	if err := s.finds(cintra, "What the text provides for is no intake above the limit. The difference is named as a figure:", "icwc.limits", 1); err != nil {
		return err
	}
	return s.stands(cintra, "Nothing follows from it by itself; Alatau may explain:", "icwc.intake", occasionOf(high), stand{alatau, provision.Open})
}

// sideBySide reads the newest report of a state beside the decision.
func (s *season) sideBySide(id party.ID) (string, error) {
	rows, err := s.node(cintra).List(s.ctx, docket.Filter{Author: id, Thread: "RIVER/2025/V"})
	if err != nil {
		return "", err
	}
	limit, err := s.fields(s.river)
	if err != nil {
		return "", err
	}
	for _, r := range rows {
		if r.Measure != "icwc.limits.report" {
			continue
		}
		v, err := s.fields(r.Ref)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%s: limit %v, intake %v, above the limit %v million m³ (act %d of %s)", named(id), limit["limits"].(map[string]any)[string(id)],
			v["intake"], v["above_limit"], r.Ref.Index, r.Ref.Origin), nil
	}
	return "", errors.New("Cintra holds no report of " + named(id))
}

// fields reads a filled form at Cintra.
func (s *season) fields(ref act.Ref) (map[string]any, error) {
	c, err := s.node(cintra).Content(s.ctx, ref)
	if err != nil {
		return nil, err
	}
	var v map[string]any
	return v, canon.ReadJSON(c.Body, &v)
}

// alike: what each node derives by itself, compared.
func (s *season) alike() error {
	if err := s.scene("2025-10-31 09:00", "Five nodes, one answer"); err != nil {
		return err
	}
	if err := s.quiet(); err != nil {
		return err
	}
	var digests, lines []string
	var a answer
	for _, id := range parties {
		var err error
		if a, err = s.answer(id); err != nil {
			return err
		}
		d, err := a.digest()
		if err != nil {
			return err
		}
		digests = append(digests, d)
		lines = append(lines, fmt.Sprintf("%s: items %d, counts %d, findings %d; digest of all of it %s", named(id), len(a.Items), len(a.Accounts), len(a.Findings), d))
	}
	if len(slices.Compact(slices.Clone(digests))) != 1 {
		return fmt.Errorf("the nodes do not derive the same: %s", strings.Join(lines, "; "))
	}
	s.out.say("No node told another what it found: each derived it from the records that it holds, word for word the same.", lines...)
	return s.finds(elbria, "The finding about the river, as Elbria's node has it, which it does not concern; the group decided that all may see all:", "icwc.limits", 1)
}
