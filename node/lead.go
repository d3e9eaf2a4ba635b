package node

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"detente/act"
	"detente/docket"
	"detente/lodging"
	"detente/party"
	"detente/regime"
)

// Lead is what a text provides for in advance of an activity, against what is
// shown: the one obligation of this version.
type Lead struct {
	Thread    string
	Author    party.ID
	Counts    act.Ref // the act whose lodging counts: the first that named this start
	Start     time.Time
	Days      int            // provided for; 0: the group agreed on none
	Deadline  time.Time      // lodged by
	Lodged    time.Time      // not after; zero: not shown
	Bounds    lodging.Bounds // what the counting mirrors show
	Own       lodging.Bounds // what is shown against this party alone, if it is an addressee
	Finding   lodging.Finding
	Discharge act.Life // cancellation, withdrawal or issued-in-error, if it ended the thread
	Sentence  string   // in English
}

// ErrNoLead means that nothing in the thread has a start that a lead time could
// run to, or that this reader could not read it.
var ErrNoLead = errors.New("no start of an activity can be read in this thread")

// LeadOf judges the lead time of a thread as this reader can read it. For the
// fields that a correction leaves alone the first lodging stands; a moved start
// runs its clock again. What others say under the same name changes nothing.
func (n *Node) LeadOf(ctx context.Context, t docket.Thread) (*Lead, error) {
	rows, err := n.statements(ctx, t)
	if err != nil {
		return nil, err
	}
	var out *Lead
	for _, r := range rows {
		switch r.Life {
		case act.Cancellation, act.Withdrawal, act.IssuedInError:
			if out != nil {
				out.Discharge = r.Life
			}
			continue
		}
		start, ok, err := n.startIn(ctx, r)
		if err != nil {
			return nil, err
		}
		if !ok || out != nil && out.Start.Equal(start) {
			continue
		}
		out = &Lead{Thread: t.Name, Author: r.Author, Counts: r.Ref, Start: start}
		out.Days = n.leadDays(r.Measure)
	}
	if out == nil {
		return nil, ErrNoLead
	}
	return out, n.judge(ctx, out)
}

func (n *Node) judge(ctx context.Context, out *Lead) error {
	l, err := n.Lodged(ctx, out.Counts)
	if err != nil {
		return err
	}
	out.Bounds, out.Own = l.Bounds, l.For[n.self]
	best := out.Bounds
	if out.Own.NotAfter > 0 && (best.NotAfter == 0 || out.Own.NotAfter < best.NotAfter) {
		best = out.Own // what this party itself received suffices against it
	}
	if best.NotAfter > 0 {
		out.Lodged = time.Unix(best.NotAfter, 0).UTC()
	}
	lead := regime.LeadFor(out.Days, out.Start)
	out.Deadline = lead.Deadline
	out.Finding = lodging.Judge(best, out.Deadline.Unix(), n.cfg.Now().Unix())
	if out.Lodged.IsZero() {
		out.Sentence = fmt.Sprintf("not yet shown to be lodged; the text provides for %d days", out.Days)
		return nil
	}
	out.Sentence = lead.Sentence(out.Lodged, "en")
	return nil
}

// startIn reads the start of the activity from a statement's form.
func (n *Node) startIn(ctx context.Context, r docket.Row) (time.Time, bool, error) {
	a, err := n.readAct(ctx, r.Ref)
	if err != nil {
		return time.Time{}, false, err
	}
	form := n.Form(ctx, r.Measure, a.Pack)
	if form == nil || form.Start == "" {
		return time.Time{}, false, nil
	}
	c, err := n.Content(ctx, r.Ref)
	if errors.Is(err, ErrNoContent) {
		return time.Time{}, false, nil
	}
	if err != nil {
		return time.Time{}, false, err
	}
	v, err := regime.ParseValues(c.Body)
	if err != nil {
		return time.Time{}, false, nil // not to format: returned, not judged
	}
	checked, faults := form.Check(v)
	if len(faults) > 0 {
		return time.Time{}, false, nil
	}
	start, ok := checked.Start()
	return start, ok, nil
}

// leadDays is the lead time in days that all agreed on for a measure: its slot "lead".
func (n *Node) leadDays(measure string) int {
	text, _ := n.keys.Load().Current().Slot(measure+".lead", "", "")
	days, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(text, "P"), "D"))
	if err != nil || days < 0 {
		return 0
	}
	return days
}
