package demo

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"detente/act"
	"detente/desk"
	"detente/docket"
	"detente/lodging"
	"detente/node"
	"detente/packs"
	"detente/party"
	"detente/portfolio"
	"detente/provision"
	"detente/regime"
)

// four are the states to which Alatau writes.
var four = []party.ID{borovia, cintra, dovania, elbria}

// example reads a filled form that ships with a pack and moves its dates so that
// the activity starts in days from now.
func (s *story) example(path string, days int) (map[string]any, error) {
	b, err := fs.ReadFile(packs.FS, path)
	if err != nil {
		return nil, err
	}
	var v map[string]any
	if err := json.Unmarshal(b, &v); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	old, err := time.Parse(time.DateOnly, fmt.Sprint(v["start_date"]))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	today := s.opt.Now().UTC().Truncate(24 * time.Hour)
	return moveDates(v, today.AddDate(0, 0, days).Sub(old)).(map[string]any), nil
}

// moveDates shifts every date in a filled form.
func moveDates(v any, by time.Duration) any {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			v[k] = moveDates(x, by)
		}
		return v
	case []any:
		for i, x := range v {
			v[i] = moveDates(x, by)
		}
		return v
	case string:
		if t, err := time.Parse(time.DateOnly, v); err == nil {
			return t.Add(by).Format(time.DateOnly)
		}
	}
	return v
}

// release drafts a request by one officer, has it cleared by another and sends it.
func (s *story) release(at party.ID, drafter, clearer string, r node.Request) (act.Ref, error) {
	d, err := s.draft(at, drafter, r)
	if err != nil {
		return act.Ref{}, err
	}
	return s.clearAndSend(at, clearer, d)
}

func (s *story) draft(at party.ID, drafter string, r node.Request) (desk.Draft, error) {
	b, err := json.Marshal(r)
	if err != nil {
		return desk.Draft{}, err
	}
	n := s.node(at)
	if _, err := n.Check(s.ctx, b); err != nil {
		return desk.Draft{}, err
	}
	d, err := n.Desk().Save(s.ctx, s.staff[account{at, drafter}], "", b)
	if err != nil {
		return d, err
	}
	return n.Submit(s.ctx, s.staff[account{at, drafter}], d.ID)
}

func (s *story) clearAndSend(at party.ID, clearer string, d desk.Draft) (act.Ref, error) {
	n := s.node(at)
	if _, err := n.Desk().Clear(s.ctx, s.staff[account{at, clearer}], d.ID, d.Revision, ""); err != nil {
		return act.Ref{}, err
	}
	return n.Send(s.ctx, s.staff[account{at, clearer}], d.ID)
}

// notify: the notification from draft to acknowledgement, while Borovia is down.
func (s *story) notify() error {
	s.out.title("Alatau notifies an exercise of two brigades, 45 days ahead")
	if err := s.town.houses[borovia].stop(); err != nil {
		return err
	}
	s.out.say("Borovia's node is down for the notice.")
	v, err := s.example("cica/examples/two-brigade-exercise.json", 45)
	if err != nil {
		return err
	}
	values, err := json.Marshal(v)
	if err != nil {
		return err
	}
	d, err := s.draft(alatau, "desk-officer", node.Request{Kind: act.Statement, Status: act.Exercise, To: four, Thread: "ALA/EX/1",
		Life: act.New, Measure: notification, Values: values, Language: "en", Post: "verification-centre"})
	if err != nil {
		return err
	}
	s.out.say(fmt.Sprintf("The desk officer drafted it on the form of CICA 2.1.1d: %d fields, %s troops; the group's level is 9,000.", len(v), regime.Quantity(fmt.Sprint(v["troops_total"]), "", regime.English)),
		"draft "+d.ID)
	_, err = s.node(alatau).Desk().Clear(s.ctx, s.staff[account{alatau, "desk-officer"}], d.ID, d.Revision, "")
	if !errors.Is(err, desk.ErrAuthor) {
		return fmt.Errorf("the author was not refused when clearing alone: %v", err)
	}
	s.out.say("The same officer tried to clear it alone and was refused.", err.Error())
	ref, err := s.clearAndSend(alatau, "head-of-section", d)
	if err != nil {
		return err
	}
	s.first = ref
	a, raw, err := s.node(alatau).Act(s.ctx, ref)
	if err != nil {
		return err
	}
	s.out.say("The head of section cleared it; it was sealed to the four addressees, appended to Alatau's record and pushed.",
		fmt.Sprintf("act %d of %s, %d bytes outside, %d bytes sealed", ref.Index, ref.Origin, len(raw), a.Sealed.Size))
	if err := s.delivered(ref, cintra, dovania); err != nil {
		return err
	}
	s.out.say("Cintra opened it and countersigned: delivered. Dovania, which has no link with Alatau, got it through the Secretariat and did the same.",
		s.receiptLines(ref)...)
	back, err := s.node(cintra).Acknowledge(s.ctx, s.staff[account{cintra, "duty-officer"}], ref, "duty-officer")
	if err != nil {
		return err
	}
	if err := s.until("Alatau holds the acknowledgement", 15*time.Second, func() (bool, error) {
		p, err := s.node(alatau).Position(s.ctx)
		return p[back.Origin] > back.Index, err
	}); err != nil {
		return err
	}
	s.out.say("The post duty-officer in Cintra acknowledged it: receipt, not agreement.", fmt.Sprintf("act %d of %s", back.Index, back.Origin))
	return s.lodged(alatau, "ALA/EX/1")
}

// delivered waits until the author holds delivered receipts of these parties.
func (s *story) delivered(ref act.Ref, by ...party.ID) error {
	return s.until("the receipts arrive", 20*time.Second, func() (bool, error) {
		rows, err := s.node(party.ID(strings.Split(string(ref.Origin), "/")[0])).Receipts(s.ctx, ref)
		if err != nil {
			return false, err
		}
		have := map[party.ID]bool{}
		for _, r := range rows {
			if r.Kind == act.Delivered {
				have[r.Author] = true
			}
		}
		for _, id := range by {
			if !have[id] {
				return false, nil
			}
		}
		return true, nil
	})
}

func (s *story) receiptLines(ref act.Ref) []string {
	rows, err := s.node(alatau).Receipts(s.ctx, ref)
	if err != nil {
		return []string{err.Error()}
	}
	var out []string
	for _, r := range rows {
		out = append(out, fmt.Sprintf("%s by %s: act %d of %s", r.Kind, r.Author, r.Ref.Index, r.Ref.Origin))
	}
	return out
}

// lodged waits until a thread's lodging is shown at a node, and says it.
func (s *story) lodged(at party.ID, thread string) error {
	var l timing
	err := s.until("the mirrors vouch", 20*time.Second, func() (bool, error) {
		var err error
		l, err = s.timing(at, thread)
		return err == nil && l.did.Bounds.NotAfter > 0 && l.did.Bounds.Have >= 3, err
	})
	if err != nil {
		return err
	}
	b := l.did.Bounds
	var who []string
	for _, st := range b.Shown {
		who = append(who, string(st.By))
	}
	slices.Sort(who)
	shown := fmt.Sprintf("lodged by %s, as %d of %d counting mirrors show (%s)", node.Time(b.NotAfter), len(who), b.Of, strings.Join(who, ", "))
	when := "to be lodged by "
	if l.did.Finding != lodging.Timely {
		when = "the text provides for lodging by "
	}
	s.out.say("What that shows about time: "+l.sentence, shown, when+node.Time(l.due))
	return nil
}

// timing is what the text provides for of a notice, and what is shown.
type timing struct {
	did      provision.Basis
	due      int64
	sentence string
}

// timing asks one node about Alatau's notice in a thread.
func (s *story) timing(at party.ID, thread string) (timing, error) {
	n := s.node(at)
	rows, err := n.List(s.ctx, docket.Filter{Author: alatau, Thread: thread, Status: act.Exercise, Kinds: []act.Kind{act.Statement}})
	if err != nil {
		return timing{}, err
	}
	var out timing
	err = portfolio.New(n).Look(s.ctx, act.Exercise, func(v *portfolio.View) error {
		for _, r := range rows {
			for _, it := range v.Book.Of(provision.ID{Origin: r.Ref.Origin, Index: r.Ref.Index}, provision.Moment{Now: v.Now.Unix()}) {
				for _, b := range it.By {
					if it.Code == notification && b.As == "did" {
						out = timing{b, it.Clock.Due, v.Book.Why(&it, regime.English)}
					}
				}
			}
		}
		return nil
	})
	return out, err
}

// handOver enters the note that Alatau's embassy handed to Faronia.
func (s *story) handOver() error {
	s.out.title("Faronia has no node: the notice is handed over by note")
	ref, err := s.release(alatau, "desk-officer", "head-of-section", node.Request{Kind: act.HandedOver, Status: act.Exercise, Thread: "ALA/EX/1",
		Answers: s.first.String(), For: faronia, Channel: "note", On: s.opt.Now().UTC().Format("2006-01-02T15:04:05Z"), Note: "ALA-117/2026", Open: true})
	if err != nil {
		return err
	}
	s.out.say("Alatau entered that its embassy handed note ALA-117/2026 to Faronia; it stands as Alatau's word, never as Faronia's.",
		fmt.Sprintf("act %d of %s", ref.Index, ref.Origin))
	return nil
}
