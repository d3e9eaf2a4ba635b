package demo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"detente/act"
	"detente/clarification"
	"detente/control"
	"detente/docket"
	"detente/internal/canon"
	"detente/line"
	"detente/node"
	"detente/paper"
	"detente/party"
	"detente/record"
)

// neighbours are the states whose desks are seeded: those that reach each other by
// a link.
var neighbours = []party.ID{alatau, borovia, cintra}

// drafterOf is who drafts in a state; the head of section clears.
func drafterOf(at party.ID) string {
	if at == borovia {
		return "duty-officer"
	}
	return "desk-officer"
}

// Seed gives every page of the desks something to show: lines and what was said on
// them, notices in each state, a calendar, an inspection, an area with its
// coordinator, the register of notes, a matter that is being clarified, a shift. It
// goes the way of any officer and takes a few seconds.
func (s *Show) Seed() error {
	st := s.story
	for _, step := range []func() error{st.openLines, st.publishHours, st.testCalls, st.tidy, st.talk, st.notices, st.measures, st.clarifyMatter, s.registerNotes, s.handWatch} {
		if err := step(); err != nil {
			return fmt.Errorf("seed the desks: %w", err)
		}
	}
	return nil
}

// utter has one officer draft what another clears, and sends it to others.
func (s *story) utter(at party.ID, to []party.ID, r node.Request) (act.Ref, error) {
	r.Kind, r.Status, r.To = act.Statement, act.Exercise, to
	if r.Life == "" {
		r.Life = act.New
	}
	if r.Post == "" {
		r.Post = part(at, drafterOf(at)).post
	}
	if r.Language == "" {
		r.Language = "en"
	}
	ref, err := s.release(at, drafterOf(at), "head-of-section", r)
	if err != nil {
		return ref, fmt.Errorf("%s: %w", at, err)
	}
	return ref, nil
}

// others are the neighbours of a state.
func others(id party.ID) []party.ID {
	return slices.DeleteFunc(slices.Clone(neighbours), func(x party.ID) bool { return x == id })
}

// opened waits until an act has come to nodes and its content was opened there.
func (s *story) opened(ref act.Ref, at ...party.ID) error {
	return s.until("an act arrives", 20*time.Second, func() (bool, error) {
		for _, id := range at {
			_, err := s.node(id).Content(s.ctx, ref)
			if errors.Is(err, docket.ErrNone) || errors.Is(err, node.ErrNoContent) || errors.Is(err, record.ErrNotHeld) {
				return false, nil
			}
			if err != nil {
				return false, err
			}
		}
		return true, nil
	})
}

// come waits for several acts, each where it goes.
func (s *story) come(refs map[act.Ref][]party.ID) error {
	for ref, at := range refs {
		if err := s.opened(ref, at...); err != nil {
			return err
		}
	}
	return nil
}

// openLines: a line between each two capitals, and one of all three.
func (s *story) openLines() error {
	said := map[act.Ref][]party.ID{}
	for _, l := range []struct {
		id      line.ID
		subject string
		parties []party.ID
	}{
		{"capitals", "Between the operations centres", []party.ID{alatau, borovia}},
		{"capitals", "Between the operations centres", []party.ID{alatau, cintra}},
		{"capitals", "Between the operations centres", []party.ID{borovia, cintra}},
		{"water", "Levels and releases of the Ilen", neighbours},
	} {
		for _, id := range l.parties {
			e := line.End{Line: l.id, Parties: l.parties, State: line.Open, Subject: l.subject, Languages: []string{"en"}}
			b, err := e.Bytes()
			if err != nil {
				return err
			}
			to := slices.DeleteFunc(slices.Clone(l.parties), func(x party.ID) bool { return x == id })
			ref, err := s.utter(id, to, node.Request{Type: line.TypeEnd, Body: b, Post: "duty-officer"})
			if err != nil {
				return err
			}
			said[ref] = to
		}
	}
	return s.come(said)
}

// publishHours: two states are on duty at all hours, one on working days.
func (s *story) publishHours() error {
	said := map[act.Ref][]party.ID{}
	always := []line.Watch{{Days: "1234567", From: "00:00", Until: "24:00"}}
	for _, h := range []struct {
		at            party.ID
		number, place string
		watches       []line.Watch
	}{
		{alatau, "+999 71 203040", "Ashly", []line.Watch{{Days: "12345", From: "08:00", Until: "20:00"}}},
		{borovia, "+999 72 203040", "Temir", always},
		{cintra, "+999 73 203040", "Cintra", always},
	} {
		hours := line.Hours{Posts: []line.Duty{{Post: "duty-officer", Number: h.number, Languages: []string{"en"},
			Periods: []line.Period{{From: "2026-01-01T00:00:00Z", Offset: "+05:00", Place: h.place, Watches: h.watches}}}}}
		b, err := hours.Bytes()
		if err != nil {
			return err
		}
		ref, err := s.utter(h.at, others(h.at), node.Request{Type: line.TypeHours, Body: b, Post: "duty-officer"})
		if err != nil {
			return err
		}
		said[ref] = others(h.at)
	}
	return s.come(said)
}

// testCalls: each line was tested, and the other side answered.
func (s *story) testCalls() error {
	calls := map[act.Ref]party.ID{}
	for _, by := range neighbours {
		for i, other := range others(by) {
			key := line.KeyOf("capitals", []party.ID{by, other})
			thread := fmt.Sprintf("%s/TEST/%d", strings.ToUpper(string(by[:3])), i+1)
			ref, err := s.node(by).CallLine(s.ctx, s.staff[account{by, "duty-officer"}], key, line.Test, line.Timed, act.Test, thread)
			if err != nil {
				return err
			}
			calls[ref] = other
		}
	}
	for ref, other := range calls {
		if err := s.acknowledged(ref, other); err != nil {
			return err
		}
		if err := s.node(other).DoneLine(s.ctx, s.staff[account{other, "duty-officer"}], ref); err != nil {
			return err
		}
	}
	return nil
}

// tidy: what was said of lines and hours is acknowledged, so that the desks show what
// still needs a person.
func (s *story) tidy() error {
	for _, id := range neighbours {
		rows, err := s.node(id).Inbox(s.ctx, 1000)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if r.Thread != "" || !slices.Contains(neighbours, r.Author) {
				continue
			}
			if _, err := s.node(id).Acknowledge(s.ctx, s.staff[account{id, "duty-officer"}], r.Ref, "duty-officer"); err != nil {
				return err
			}
		}
	}
	return nil
}

// acknowledged has the officer on duty in a state acknowledge an act once it came.
func (s *story) acknowledged(ref act.Ref, at party.ID) error {
	if err := s.opened(ref, at); err != nil {
		return err
	}
	_, err := s.node(at).Acknowledge(s.ctx, s.staff[account{at, "duty-officer"}], ref, "duty-officer")
	return err
}

// spoken is one message on a line.
type spoken struct {
	at         party.ID
	to         []party.ID
	line       line.ID
	thread     string
	precedence line.Precedence
	phrase     string
	values     map[string]string
	text       string
	answers    act.Ref
}

func (s *story) speak(m spoken) (act.Ref, error) {
	books, err := s.node(m.at).Phrasebooks()
	if err != nil {
		return act.Ref{}, err
	}
	out := line.Message{Line: m.line, Kind: line.Said, Precedence: m.precedence, Text: m.text}
	if m.text != "" {
		out.Language = "en"
	}
	for _, b := range books {
		if _, ok := b.Phrase(m.phrase); ok {
			out.Agreed = []line.Phrase{{Book: b.Digest(), ID: m.phrase, Values: m.values}}
		}
	}
	body, err := out.Bytes()
	if err != nil {
		return act.Ref{}, err
	}
	r := node.Request{Type: line.TypeMessage, Body: body, Thread: m.thread, Post: "duty-officer"}
	if !m.answers.IsZero() {
		r.Answers = m.answers.String()
	}
	return s.utter(m.at, m.to, r)
}

// ago is a moment before the present one, as phrases write it.
func (s *story) ago(d time.Duration) string { return canon.FormatTime(s.opt.Now().Add(-d)) }

// talk: a fire near the line, acknowledged and answered; a release of water,
// acknowledged; a question on levels that waits.
func (s *story) talk() error {
	fire, err := s.speak(spoken{at: alatau, to: []party.ID{borovia}, line: "capitals", thread: "ALA/LINE/1", precedence: line.Immediate, phrase: "border.fire",
		values: map[string]string{"place": "43.4, 77.1", "request": "inform-own-side"}, text: "The wind is from the north-west."})
	if err != nil {
		return err
	}
	if err := s.acknowledged(fire, borovia); err != nil {
		return err
	}
	answer, err := s.speak(spoken{at: borovia, to: []party.ID{alatau}, line: "capitals", thread: "ALA/LINE/1", precedence: line.Urgent, phrase: "general.received",
		values: map[string]string{"time": s.ago(2 * time.Minute)}, answers: fire})
	if err != nil {
		return err
	}
	if err := s.acknowledged(answer, alatau); err != nil {
		return err
	}
	release, err := s.speak(spoken{at: alatau, to: []party.ID{borovia, cintra}, line: "water", thread: "ALA/WATER/1", precedence: line.Immediate, phrase: "water.release",
		values: map[string]string{"place": "Kara dam", "time": s.ago(-24 * time.Hour), "until": s.ago(-30 * time.Hour), "discharge": "420"}})
	if err != nil {
		return err
	}
	for _, id := range []party.ID{borovia, cintra} {
		if err := s.acknowledged(release, id); err != nil {
			return err
		}
	}
	_, err = s.speak(spoken{at: cintra, to: []party.ID{alatau}, line: "capitals", thread: "CIN/LINE/1", precedence: line.Timed, phrase: "water.ask-level",
		values: map[string]string{"place": "Kara dam", "time": s.ago(time.Hour)}})
	return err
}

// notices: one in each state that a notice can be in.
func (s *story) notices() error {
	request := func(thread, designation string, days int) (node.Request, error) {
		v, err := s.example("cica/examples/two-brigade-exercise.json", days)
		if err != nil {
			return node.Request{}, err
		}
		v["designation"] = designation
		b, err := json.Marshal(v)
		return node.Request{Kind: act.Statement, Status: act.Exercise, To: others(alatau), Thread: thread, Life: act.New, Measure: notification, Values: b, Language: "en", Post: "verification-centre"}, err
	}
	for i, n := range []struct {
		designation string
		days        int
	}{{"Winter Bridge", 60}, {"Spring Bridge", 120}, {"Summer Bridge", 200}, {"Night Bridge", 90}} {
		r, err := request(fmt.Sprintf("ALA/EX/%d", 3+i), n.designation, n.days)
		if err != nil {
			return err
		}
		switch i {
		case 0: // begun
			b, err := json.Marshal(r)
			if err != nil {
				return err
			}
			if _, err := s.node(alatau).Desk().Save(s.ctx, s.staff[account{alatau, "desk-officer"}], "", b); err != nil {
				return err
			}
		case 1: // waits for clearance
			if _, err := s.draft(alatau, "desk-officer", r); err != nil {
				return err
			}
		case 2: // returned with remarks
			d, err := s.draft(alatau, "desk-officer", r)
			if err != nil {
				return err
			}
			if _, err := s.node(alatau).Desk().Return(s.ctx, s.staff[account{alatau, "head-of-section"}], d.ID, "Field 12: name the town nearest to the area, and give its second point anew."); err != nil {
				return err
			}
		case 3: // sent, and cancelled
			ref, err := s.utter(alatau, r.To, r)
			if err != nil {
				return err
			}
			if _, err := s.utter(alatau, r.To, node.Request{Thread: r.Thread, Life: act.Cancellation, Answers: ref.String()}); err != nil {
				return err
			}
		}
	}
	return nil
}

// measures: the calendar of the coming year, an inspection that is accepted, an area
// of the Catalogue with its coordinator, a question on an activity.
func (s *story) measures() error {
	today := s.opt.Now().UTC()
	year := fmt.Sprint(today.Year() + 1)
	for _, f := range []struct {
		at              party.ID
		measure, thread string
		form            string
		replace         map[string]string
		answers         string
	}{
		{alatau, "vd11.calendar", "ALA/CAL/" + year, "calendar", map[string]string{"2025": year}, ""},
		{borovia, "vd11.calendar", "BOR/CAL/" + year, "calendar-nil", map[string]string{"2025": year}, ""},
		{cintra, "vd11.calendar", "CIN/CAL/" + year, "calendar-nil", map[string]string{"2025": year}, ""},
		{alatau, "cica.cycle.coordinator", "ALA/COORD/1", "coordination", map[string]string{"2025-02-10": today.Format(time.DateOnly),
			"10 February 2025": today.Format("2 January 2006"), "2027-02-09": today.AddDate(2, 0, -1).Format(time.DateOnly)}, ""},
		{cintra, "vd11.inspection", "CIN/INSP/1", "inspection", map[string]string{"2025-08-07T09:00": today.AddDate(0, 0, 3).Format("2006-01-02") + "T09:00"}, ""},
		{borovia, "vd11.inspection.reply", "CIN/INSP/1", "inspection-accepted", nil, "vd11.inspection"},
		{cintra, "vd11.unusual-activity", "CIN/Q/1", "question", map[string]string{"2025-07-01T22:00": today.AddDate(0, 0, -1).Format("2006-01-02") + "T22:00"}, ""},
	} {
		b, err := filled.ReadFile("season/" + f.form + ".json")
		if err != nil {
			return err
		}
		for old, with := range f.replace {
			b = bytes.ReplaceAll(b, []byte(old), []byte(with))
		}
		r := node.Request{Measure: f.measure, Values: b, Thread: f.thread, Post: "verification-centre"}
		if f.answers != "" {
			r.Answers = s.seeded[f.answers].String()
			if err := s.opened(s.seeded[f.answers], f.at); err != nil {
				return err
			}
		}
		ref, err := s.utter(f.at, others(f.at), r)
		if err != nil {
			return fmt.Errorf("%s: %w", f.measure, err)
		}
		s.seeded[f.measure] = ref
	}
	return nil
}

// clarifyMatter: two sides state what they know of one night, in part alike.
func (s *story) clarifyMatter() error {
	const thread = "CIN/Q/1"
	parties := []party.ID{borovia, cintra}
	fact := func(text string, stance clarification.Stance) clarification.Point {
		return clarification.Point{Kind: clarification.Fact, Language: "en", Text: text, Stance: stance}
	}
	for _, a := range []clarification.Account{
		{Parties: parties, Points: []clarification.Point{
			fact("Columns of vehicles moved by night towards the lower Ilen.", clarification.Agrees),
			fact("About forty vehicles took part.", clarification.Agrees),
			fact("No notice was given of it.", clarification.Agrees)}},
		{Parties: parties, Points: []clarification.Point{
			fact("Columns of vehicles moved by night towards the lower Ilen.", clarification.Agrees),
			fact("About forty vehicles took part.", clarification.NotKnown),
			fact("No notice was given of it.", clarification.Disputes),
			fact("They returned to their garrison by 06:00.", clarification.Agrees)}},
	} {
		b, err := a.Bytes()
		if err != nil {
			return err
		}
		by := borovia
		if len(a.Points) == 3 {
			by = cintra
		}
		to := slices.DeleteFunc(slices.Clone(parties), func(id party.ID) bool { return id == by })
		if _, err := s.utter(by, to, node.Request{Type: clarification.Type, Body: b, Thread: thread}); err != nil {
			return err
		}
	}
	return nil
}

// registerNotes: notes that came and went on paper, one of them with its scan.
func (s *Show) registerNotes() error {
	ctx, today := s.story.ctx, s.story.opt.Now().UTC()
	desk := s.at(alatau, "desk-officer")
	var first control.RegisterNote
	for i, a := range []control.NoteArgs{
		{Way: "out", Parties: []party.ID{faronia}, Ref: "ALA-117/" + fmt.Sprint(today.Year()), Day: today.Format(time.DateOnly), Text: "Notice of an exercise, handed over with its form."},
		{Way: "in", Parties: []party.ID{faronia}, Ref: "FAR-40/" + fmt.Sprint(today.Year()), Day: today.Format(time.DateOnly), Text: "Faronia thanks for note ALA-117 and has no remarks.", Answers: 1},
		{Way: "in", Parties: []party.ID{dovania}, Ref: "DOV-8/" + fmt.Sprint(today.Year()), Day: today.AddDate(0, 0, -6).Format(time.DateOnly), Text: "Dovania proposes that both conservatories rehearse one work together."},
	} {
		a.Channel, a.Status, a.Language = act.ByNote, act.Exercise, "en"
		var n control.RegisterNote
		if err := desk.Call(ctx, "note-enter", a, nil, nil, &n); err != nil {
			return err
		}
		if i == 0 {
			first = n
		}
	}
	var sheet bytes.Buffer
	p := control.PrintArgs{Ref: s.story.first.String(), As: paper.NoteVerbale, To: "pdf", Language: "en", Number: first.Ref, Place: "Ashly"}
	if err := desk.Call(ctx, "print", p, nil, &sheet, nil); err != nil {
		return err
	}
	return desk.Call(ctx, "note-scan", control.NumberArgs{Number: first.Number, Name: "ALA-117.pdf"}, &sheet, nil, nil)
}

// handWatch: a watch that was handed over and taken, both signed.
func (s *Show) handWatch() error {
	ctx := s.story.ctx
	if err := s.at(borovia, "duty-officer").Call(ctx, "shift-hand-over", control.ShiftArgs{To: "chief-of-shift", Remarks: "Alatau reports on the fire again at 18:00."}, nil, nil, nil); err != nil {
		return err
	}
	return s.at(borovia, "chief-of-shift").Call(ctx, "shift-take", nil, nil, nil, nil)
}
