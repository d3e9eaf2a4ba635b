package desk_test

import (
	"strings"
	"testing"

	"detente/desk"
)

func TestTakeOver(t *testing.T) {
	old, h := newHouse(t), newHouse(t)
	old.clerk("ann")
	root := old.officer("root", manages)
	old.chain(root, five(true))
	if err := old.Deactivate(old.ctx(), "root", "ann"); err != nil {
		t.Fatal(err)
	}
	old.clerk("bo")
	if err := desk.TakeOver(h.ctx(), h.db, h.Desk, old.db); err != nil {
		t.Fatal(err)
	}
	if _, err := h.SignIn(h.ctx(), "bo", phrase); err != nil {
		t.Errorf("the passphrase did not come along: %v", err)
	}
	if _, err := h.SignIn(h.ctx(), "ann", phrase); err == nil {
		t.Error("an account that is not active came to life")
	}
	if _, err := h.Resume(h.ctx(), root.Token()); err == nil {
		t.Error("a session came along")
	}
	if c, err := h.Chain(h.ctx()); err != nil || len(c.Steps) != 5 {
		t.Errorf("chain %+v %v", c, err)
	}
	if got := h.verbs()[0]; got != "officers-take-over" {
		t.Errorf("trail begins with %s", got)
	}
	h.sound()
	if err := desk.TakeOver(h.ctx(), h.db, h.Desk, old.db); err == nil || !strings.Contains(err.Error(), "3 accounts already") {
		t.Errorf("a second time: %v", err)
	}
}
