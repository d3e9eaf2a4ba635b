package desk_test

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"detente/desk"
)

func TestTwoOfficers(t *testing.T) {
	h := newHouse(t)
	ann, bo := h.officer("ann", both, "release"), h.officer("bo", both, "release")
	draft := h.submitted(ann)
	if _, err := h.Ready(h.ctx(), h.db.Read(), draft.ID); !errors.Is(err, desk.ErrNotCleared) || !strings.Contains(err.Error(), "step release is open") {
		t.Fatalf("ready before clearance: %v", err)
	}
	if _, err := h.Clear(h.ctx(), ann, draft.ID, draft.Revision, ""); !errors.Is(err, desk.ErrAuthor) {
		t.Fatalf("the author cleared: %v", err)
	}
	h.clock.pass(time.Minute)
	draft, err := h.Clear(h.ctx(), bo, draft.ID, draft.Revision, "file 7/2026")
	if err != nil {
		t.Fatal(err)
	}
	want := desk.Clearance{Step: "release", Officer: "bo", Reference: "file 7/2026", Revision: 1, At: h.clock.now()}
	if draft.State != desk.StateCleared || len(draft.Cleared) != 1 || draft.Cleared[0] != want {
		t.Fatalf("%+v", draft)
	}
	if err := h.sent(draft.ID, "alatau/1f2e3d4c 7"); err != nil {
		t.Fatal(err)
	}
	var sent *desk.SentError
	if _, err := h.Ready(h.ctx(), h.db.Read(), draft.ID); !errors.As(err, &sent) || sent.Ref != "alatau/1f2e3d4c 7" || !errors.Is(err, desk.ErrSent) {
		t.Errorf("ready after sending: %v", err)
	}
	got := h.verbs()[4:]
	if !slices.Equal(got, []string{"draft-save", "draft-submit", "draft-clear", "draft-sent"}) {
		t.Errorf("trail %v", got)
	}
	h.sound()
}

func TestFiveSteps(t *testing.T) {
	h := newHouse(t)
	ann, admin := h.officer("ann", both, "section"), h.officer("root", manages)
	chain := five(true)
	chain.Steps[3].Deputies = []string{"deputy"}
	section, legal := h.officer("sec", clears, "section"), h.officer("leg", clears, "legal", "defence")
	liaison, deputy := h.officer("lia", clears, "defence"), h.officer("deputy", nil)
	release := h.officer("rel", clears, "release", "section")
	h.chain(admin, chain)
	draft := h.submitted(ann)
	for i, step := range []struct {
		by        desk.Session
		reference string
		err       error
	}{
		{legal, "", desk.ErrNotYours},         // legal is the second step
		{release, "", nil},                    // section
		{release, "", desk.ErrNotYours},       // legal is not this officer's
		{legal, "", nil},                      // legal
		{legal, "MoD 12", desk.ErrDistinct},   // the same officer twice
		{liaison, "", desk.ErrReference},      // from outside, without its reference
		{liaison, "MoD 12/7", nil},            // defence
		{section, "", desk.ErrNotYours},       // director is the deputy's
		{deputy, "", nil},                     // director
		{release, "", desk.ErrDistinct},       // the officer of section
		{ann, "", desk.ErrAuthor},             // never
		{admin, "", desk.ErrNotYours},         // an admin clears nothing
		{desk.Session{}, "", desk.ErrSession}, // nobody
	} {
		_, err := h.Clear(h.ctx(), step.by, draft.ID, 1, step.reference)
		if !errors.Is(err, step.err) {
			t.Fatalf("%d: %v, want %v", i, err, step.err)
		}
	}
	last := h.officer("las", clears, "release")
	draft, err := h.Clear(h.ctx(), last, draft.ID, 1, "")
	if err != nil || draft.State != desk.StateCleared || len(chain.Open(draft)) != 0 || len(draft.Cleared) != 5 {
		t.Fatalf("%+v %v", draft, err)
	}
	if _, err := h.Clear(h.ctx(), section, draft.ID, 1, ""); !errors.Is(err, desk.ErrNothingToClear) {
		t.Errorf("a sixth time: %v", err)
	}
	h.sound()
}

// refusals: who does what to a draft of ann that bo cleared, and what comes of it.
var refusals = []struct {
	name string
	do   func(h *house, ann, bo, eve, admin desk.Session, id string) error
	want error
}{
	{"author clears", func(h *house, ann, bo, eve, admin desk.Session, id string) error {
		_, err := h.Clear(h.ctx(), ann, id, 1, "")
		return err
	}, desk.ErrAuthor},
	{"author clears with a reference", func(h *house, ann, bo, eve, admin desk.Session, id string) error {
		_, err := h.Clear(h.ctx(), ann, id, 1, "MoD 12")
		return err
	}, desk.ErrAuthor},
	{"author returns", func(h *house, ann, bo, eve, admin desk.Session, id string) error {
		_, err := h.Return(h.ctx(), ann, id, "better so")
		return err
	}, desk.ErrAuthor},
	{"author releases", func(h *house, ann, bo, eve, admin desk.Session, id string) error {
		_, err := h.Release(h.ctx(), ann, id, "urgent")
		return err
	}, desk.ErrAuthor},
	{"author becomes deputy and clears", func(h *house, ann, bo, eve, admin desk.Session, id string) error {
		h.chain(admin, desk.Chain{Steps: []desk.Step{{Name: "release", Deputies: []string{"ann"}}}})
		_, err := h.Clear(h.ctx(), ann, id, 1, "")
		return err
	}, desk.ErrAuthor},
	{"author clears an outside step while others are there", func(h *house, ann, bo, eve, admin desk.Session, id string) error {
		h.chain(admin, desk.Chain{Steps: []desk.Step{{Name: "release", Outside: true}}})
		_, err := h.Clear(h.ctx(), ann, id, 1, "MoD 12")
		return err
	}, desk.ErrAuthor},
	{"another edits, so as to let the author clear", func(h *house, ann, bo, eve, admin desk.Session, id string) error {
		_, err := h.Save(h.ctx(), bo, id, []byte("{}\n"))
		return err
	}, desk.ErrNotYours},
	{"another submits", func(h *house, ann, bo, eve, admin desk.Session, id string) error {
		_, err := h.Submit(h.ctx(), bo, id)
		return err
	}, desk.ErrNotYours},
	{"another drops", func(h *house, ann, bo, eve, admin desk.Session, id string) error {
		return h.Drop(h.ctx(), bo, id)
	}, desk.ErrNotYours},
	{"edit after clearance, then send", func(h *house, ann, bo, eve, admin desk.Session, id string) error {
		if _, err := h.Save(h.ctx(), ann, id, []byte("{\"x\": 1}\n")); err != nil {
			return err
		}
		return h.sent(id, "r")
	}, desk.ErrNotCleared},
	{"edit after clearance, submit, then send", func(h *house, ann, bo, eve, admin desk.Session, id string) error {
		if _, err := h.Save(h.ctx(), ann, id, []byte("{}\n")); err != nil {
			return err
		}
		if _, err := h.Submit(h.ctx(), ann, id); err != nil {
			return err
		}
		return h.sent(id, "r")
	}, desk.ErrNotCleared},
	{"clear a revision that is past", func(h *house, ann, bo, eve, admin desk.Session, id string) error {
		if _, err := h.Save(h.ctx(), ann, id, []byte("{}\n")); err != nil {
			return err
		}
		if _, err := h.Submit(h.ctx(), ann, id); err != nil {
			return err
		}
		_, err := h.Clear(h.ctx(), bo, id, 1, "")
		return err
	}, desk.ErrStale},
	{"edit between ready and sending", func(h *house, ann, bo, eve, admin desk.Session, id string) error {
		c, err := h.Ready(h.ctx(), h.db.Read(), id)
		if err != nil {
			return err
		}
		if _, err := h.Save(h.ctx(), ann, id, []byte("{}\n")); err != nil {
			return err
		}
		draft, err := h.Submit(h.ctx(), ann, id)
		if err != nil {
			return err
		}
		if _, err := h.Clear(h.ctx(), bo, id, draft.Revision, ""); err != nil {
			return err
		}
		return h.db.Update(h.ctx(), func(tx *sql.Tx) error { return h.MarkSent(h.ctx(), tx, c, "r") })
	}, desk.ErrStale},
	{"return after clearance, then send", func(h *house, ann, bo, eve, admin desk.Session, id string) error {
		if _, err := h.Return(h.ctx(), bo, id, "the dates"); err != nil {
			return err
		}
		return h.sent(id, "r")
	}, desk.ErrNotCleared},
	{"another chain after clearance, then send", func(h *house, ann, bo, eve, admin desk.Session, id string) error {
		h.chain(admin, desk.Chain{Steps: []desk.Step{{Name: "release"}}})
		return h.sent(id, "r")
	}, desk.ErrNotCleared},
	{"clear twice", func(h *house, ann, bo, eve, admin desk.Session, id string) error {
		_, err := h.Clear(h.ctx(), bo, id, 1, "")
		return err
	}, desk.ErrNothingToClear},
	{"clear what is not submitted", func(h *house, ann, bo, eve, admin desk.Session, id string) error {
		if _, err := h.Save(h.ctx(), ann, id, []byte("{}\n")); err != nil {
			return err
		}
		_, err := h.Clear(h.ctx(), bo, id, 2, "")
		return err
	}, desk.ErrNotSubmitted},
	{"clear without a step", func(h *house, ann, bo, eve, admin desk.Session, id string) error {
		draft := h.submitted(ann)
		_, err := h.Clear(h.ctx(), eve, draft.ID, 1, "")
		return err
	}, desk.ErrNotYours},
	{"return without a step", func(h *house, ann, bo, eve, admin desk.Session, id string) error {
		_, err := h.Return(h.ctx(), eve, id, "no")
		return err
	}, desk.ErrNotYours},
	{"release where the chain does not allow it", func(h *house, ann, bo, eve, admin desk.Session, id string) error {
		draft := h.submitted(ann)
		_, err := h.Release(h.ctx(), bo, draft.ID, "urgent")
		return err
	}, desk.ErrNotUrgent},
	{"save without the role", func(h *house, ann, bo, eve, admin desk.Session, id string) error {
		_, err := h.Save(h.ctx(), admin, "", []byte("{}\n"))
		return err
	}, desk.ErrRole},
	{"chain without the role", func(h *house, ann, bo, eve, admin desk.Session, id string) error {
		return h.SetChain(h.ctx(), ann, five(false))
	}, desk.ErrRole},
	{"clear after deactivation", func(h *house, ann, bo, eve, admin desk.Session, id string) error {
		draft := h.submitted(ann)
		if err := h.Deactivate(h.ctx(), "root", "bo"); err != nil {
			return err
		}
		_, err := h.Clear(h.ctx(), bo, draft.ID, 1, "")
		return err
	}, desk.ErrSession},
	{"clear after the step was taken away", func(h *house, ann, bo, eve, admin desk.Session, id string) error {
		draft := h.submitted(ann)
		o := bo.Officer()
		o.Steps = nil
		if err := h.SetOfficer(h.ctx(), "root", o); err != nil {
			return err
		}
		_, err := h.Clear(h.ctx(), bo, draft.ID, 1, "")
		return err
	}, desk.ErrNotYours},
	{"clear with an expired session", func(h *house, ann, bo, eve, admin desk.Session, id string) error {
		draft := h.submitted(ann)
		h.clock.pass(12 * time.Hour)
		_, err := h.Clear(h.ctx(), bo, draft.ID, 1, "")
		return err
	}, desk.ErrSession},
	{"clear after signing out", func(h *house, ann, bo, eve, admin desk.Session, id string) error {
		draft := h.submitted(ann)
		if err := h.SignOut(h.ctx(), bo); err != nil {
			return err
		}
		_, err := h.Clear(h.ctx(), bo, draft.ID, 1, "")
		return err
	}, desk.ErrSession},
	{"no such draft", func(h *house, ann, bo, eve, admin desk.Session, id string) error {
		_, err := h.Clear(h.ctx(), bo, "0000000000000000", 1, "")
		return err
	}, desk.ErrNoDraft},
	{"edit what is sent", func(h *house, ann, bo, eve, admin desk.Session, id string) error {
		if err := h.sent(id, "r"); err != nil {
			return err
		}
		_, err := h.Save(h.ctx(), ann, id, []byte("{}\n"))
		return err
	}, desk.ErrSent},
	{"send twice", func(h *house, ann, bo, eve, admin desk.Session, id string) error {
		c, err := h.Ready(h.ctx(), h.db.Read(), id)
		if err != nil {
			return err
		}
		if err := h.sent(id, "r"); err != nil {
			return err
		}
		return h.db.Update(h.ctx(), func(tx *sql.Tx) error { return h.MarkSent(h.ctx(), tx, c, "s") })
	}, desk.ErrSent},
	{"clear what is sent", func(h *house, ann, bo, eve, admin desk.Session, id string) error {
		if err := h.sent(id, "r"); err != nil {
			return err
		}
		_, err := h.Clear(h.ctx(), bo, id, 1, "")
		return err
	}, desk.ErrSent},
	{"send what is dropped", func(h *house, ann, bo, eve, admin desk.Session, id string) error {
		if err := h.Drop(h.ctx(), admin, id); err != nil {
			return err
		}
		return h.sent(id, "r")
	}, desk.ErrDropped},
	{"send the zero value", func(h *house, ann, bo, eve, admin desk.Session, id string) error {
		return h.db.Update(h.ctx(), func(tx *sql.Tx) error { return h.MarkSent(h.ctx(), tx, desk.Cleared{}, "r") })
	}, desk.ErrNotCleared},
	{"a clearance of the author written past Clear", func(h *house, ann, bo, eve, admin desk.Session, id string) error {
		if err := h.db.Update(h.ctx(), func(tx *sql.Tx) error {
			_, err := tx.Exec("update desk_clearance set officer = 'ann'")
			return err
		}); err != nil {
			return err
		}
		return h.sent(id, "r")
	}, desk.ErrNotCleared},
}

func TestRefusals(t *testing.T) {
	for _, r := range refusals {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			ann, bo := h.officer("ann", both, "release"), h.officer("bo", both, "release")
			eve, admin := h.officer("eve", clears, "legal"), h.officer("root", manages)
			draft := h.submitted(ann)
			if _, err := h.Clear(h.ctx(), bo, draft.ID, draft.Revision, ""); err != nil {
				t.Fatal(err)
			}
			err := r.do(h, ann, bo, eve, admin, draft.ID)
			if !errors.Is(err, r.want) {
				t.Errorf("%v, want %v", err, r.want)
			}
			if err != nil && strings.Contains(err.Error(), "\n") {
				t.Errorf("not one sentence: %q", err)
			}
			h.sound()
		})
	}
}

func TestReturnAndAgain(t *testing.T) {
	h := newHouse(t)
	ann, bo := h.officer("ann", writes), h.officer("bo", clears, "release")
	draft := h.submitted(ann)
	draft, err := h.Return(h.ctx(), bo, draft.ID, "the end date\nand the area")
	if err != nil || draft.State != desk.StateReturned || draft.Remarks != "the end date\nand the area" {
		t.Fatalf("%+v %v", draft, err)
	}
	if _, err := h.Clear(h.ctx(), bo, draft.ID, 1, ""); !errors.Is(err, desk.ErrNotSubmitted) {
		t.Errorf("cleared what was returned: %v", err)
	}
	if draft, err = h.Save(h.ctx(), ann, draft.ID, []byte("{\"x\": 2}\n")); err != nil || draft.Revision != 2 || draft.Remarks != "" {
		t.Fatalf("%+v %v", draft, err)
	}
	if _, err = h.Submit(h.ctx(), ann, draft.ID); err != nil {
		t.Fatal(err)
	}
	if draft, err = h.Clear(h.ctx(), bo, draft.ID, 2, ""); err != nil || draft.State != desk.StateCleared {
		t.Fatalf("%+v %v", draft, err)
	}
	if got, err := h.Draft(h.ctx(), draft.ID); err != nil || string(got.Request) != "{\"x\": 2}\n" || got.Author != "ann" {
		t.Errorf("%+v %v", got, err)
	}
}

func TestUrgentReleaseIsCountersigned(t *testing.T) {
	h := newHouse(t)
	ann, admin := h.officer("ann", both, "director"), h.officer("root", manages)
	duty, section := h.officer("duty", []desk.Role{desk.Duty}), h.officer("sec", clears, "section")
	director := h.officer("dir", clears, "director")
	chain := desk.Chain{Steps: []desk.Step{{Name: "section"}, {Name: "director"}}, Distinct: true, Urgent: true}
	h.chain(admin, chain)
	draft := h.submitted(ann)
	if _, err := h.Release(h.ctx(), admin, draft.ID, "fire"); !errors.Is(err, desk.ErrRole) {
		t.Errorf("released without the role: %v", err)
	}
	draft, err := h.Release(h.ctx(), duty, draft.ID, "the activity began without notice to the troops")
	if err != nil || !draft.Urgent || draft.Released != "duty" || draft.State != desk.StateCleared {
		t.Fatalf("%+v %v", draft, err)
	}
	if err := h.sent(draft.ID, "r"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Clear(h.ctx(), ann, draft.ID, 1, ""); !errors.Is(err, desk.ErrAuthor) {
		t.Errorf("the author countersigned: %v", err)
	}
	for _, by := range []desk.Session{section, director} {
		if draft, err = h.Clear(h.ctx(), by, draft.ID, 1, ""); err != nil || draft.State != desk.StateSent {
			t.Fatalf("%+v %v", draft, err)
		}
	}
	if open := chain.Open(draft); len(open) != 0 {
		t.Errorf("open after both: %v", open)
	}
	// Another chain before sending takes the release back, and so does an edit.
	draft = h.submitted(ann)
	if _, err = h.Release(h.ctx(), duty, draft.ID, "again"); err != nil {
		t.Fatal(err)
	}
	h.chain(admin, chain)
	if err := h.sent(draft.ID, "s"); !errors.Is(err, desk.ErrNotCleared) {
		t.Errorf("sent after another chain: %v", err)
	}
	draft = h.submitted(ann)
	if _, err = h.Release(h.ctx(), duty, draft.ID, "again"); err != nil {
		t.Fatal(err)
	}
	if draft, err = h.Save(h.ctx(), ann, draft.ID, []byte("{}\n")); err != nil || draft.Urgent || draft.Released != "" {
		t.Errorf("%+v %v", draft, err)
	}
	if err := h.sent(draft.ID, "s"); !errors.Is(err, desk.ErrNotCleared) {
		t.Errorf("sent after the edit: %v", err)
	}
	h.sound()
}

func TestHouseOfOneOfficer(t *testing.T) {
	h := newHouse(t)
	one := h.officer("one", all, "release")
	draft := h.submitted(one)
	if _, err := h.Clear(h.ctx(), one, draft.ID, 1, "MFA 3"); !errors.Is(err, desk.ErrAuthor) {
		t.Fatalf("cleared alone: %v", err)
	}
	h.chain(one, desk.Chain{Steps: []desk.Step{{Name: "release", Outside: true}}})
	if _, err := h.Clear(h.ctx(), one, draft.ID, 1, ""); !errors.Is(err, desk.ErrReference) {
		t.Fatalf("concurrence without a reference: %v", err)
	}
	if _, err := h.Clear(h.ctx(), one, draft.ID, 1, "MFA 3"); err != nil {
		t.Fatal(err)
	}
	if err := h.sent(draft.ID, "r"); err != nil {
		t.Error(err)
	}
}

// A draft is cleared under one chain, even if the next has steps of the same name.
func TestAnotherChainBeginsAnew(t *testing.T) {
	h := newHouse(t)
	ann, bo, root := h.officer("ann", writes), h.officer("bo", clears, "a", "b"), h.officer("root", manages)
	h.chain(root, desk.Chain{Steps: []desk.Step{{Name: "a"}, {Name: "b"}}})
	draft := h.submitted(ann)
	if _, err := h.Clear(h.ctx(), bo, draft.ID, 1, ""); err != nil {
		t.Fatal(err)
	}
	h.chain(root, desk.Chain{Steps: []desk.Step{{Name: "a"}}})
	if _, err := h.Ready(h.ctx(), h.db.Read(), draft.ID); !errors.Is(err, desk.ErrNotCleared) || !strings.Contains(err.Error(), "step a is open") {
		t.Fatalf("%v", err)
	}
	draft, err := h.Clear(h.ctx(), bo, draft.ID, 1, "")
	if err != nil || len(draft.Cleared) != 1 || draft.State != desk.StateCleared {
		t.Errorf("%+v %v", draft, err)
	}
}

func TestChainIsChecked(t *testing.T) {
	h := newHouse(t)
	admin := h.officer("root", manages)
	if c, err := h.Chain(h.ctx()); err != nil || len(c.Steps) != 1 || c.Steps[0].Name != "release" || !c.Distinct || c.Urgent {
		t.Errorf("first chain %+v %v", c, err)
	}
	for name, c := range map[string]desk.Chain{
		"no steps":        {},
		"too many steps":  {Steps: make([]desk.Step, 17)},
		"step repeated":   {Steps: []desk.Step{{Name: "a"}, {Name: "a"}}},
		"step no name":    {Steps: []desk.Step{{Name: "The Director"}}},
		"deputy unknown":  {Steps: []desk.Step{{Name: "a", Deputies: []string{"nobody"}}}},
		"deputy repeated": {Steps: []desk.Step{{Name: "a", Deputies: []string{"root", "root"}}}},
	} {
		if err := h.SetChain(h.ctx(), admin, c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	want := five(true)
	h.chain(admin, want)
	if got, err := h.Chain(h.ctx()); err != nil || len(got.Steps) != 5 || !got.Steps[2].Outside || !got.Urgent {
		t.Errorf("%+v %v", got, err)
	}
	if want.Steps[0].Deputies != nil {
		t.Error("SetChain altered its argument")
	}
}

func TestDraftsByState(t *testing.T) {
	h := newHouse(t)
	ann, bo := h.officer("ann", writes), h.officer("bo", clears, "release")
	for range 3 {
		draft := h.submitted(ann)
		h.clock.pass(time.Second)
		if _, err := h.Clear(h.ctx(), bo, draft.ID, 1, ""); err != nil {
			t.Fatal(err)
		}
	}
	h.clock.pass(time.Second)
	last := h.submitted(ann)
	for state, want := range map[string]int{"": 4, desk.StateCleared: 3, desk.StateSubmitted: 1, desk.StateSent: 0} {
		list, err := h.Drafts(h.ctx(), state)
		if err != nil || len(list) != want {
			t.Errorf("%q: %d drafts, %v", state, len(list), err)
		}
		if state == "" && (list[0].ID != last.ID || len(list[1].Cleared) != 1) {
			t.Errorf("order or clearances: %+v", list)
		}
	}
	for name, request := range map[string]string{"empty": "", "too large": strings.Repeat("x", 4<<20+1), "no text": "\xff"} {
		if _, err := h.Save(h.ctx(), ann, "", []byte(request)); err == nil {
			t.Errorf("%s request saved", name)
		}
	}
}

// Many officers at once: each draft is cleared once and sent once.
func TestAtOnce(t *testing.T) {
	h := newHouse(t)
	ann := h.officer("ann", writes)
	var clearers []desk.Session
	for i := range 4 {
		clearers = append(clearers, h.officer(fmt.Sprintf("c%d", i), clears, "release"))
	}
	draft := h.submitted(ann)
	var mu sync.Mutex
	cleared, sent := 0, 0
	var wg sync.WaitGroup
	for _, s := range clearers {
		wg.Go(func() {
			_, err := h.Clear(h.ctx(), s, draft.ID, 1, "")
			if err != nil && !errors.Is(err, desk.ErrNothingToClear) && !errors.Is(err, desk.ErrSent) {
				t.Error(err)
			}
			again := h.sent(draft.ID, s.Officer().ID)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				cleared++
			}
			if again == nil {
				sent++
			} else if !errors.Is(again, desk.ErrSent) {
				t.Error(again)
			}
		})
	}
	wg.Wait()
	if cleared != 1 || sent != 1 {
		t.Errorf("cleared %d times, sent %d times", cleared, sent)
	}
	h.sound()
}
