package desk_test

import (
	"errors"
	"testing"
	"time"

	"detente/desk"
)

func TestFirstLink(t *testing.T) {
	h := newHouse(t)
	if yes, err := h.Founded(h.ctx()); yes || err != nil {
		t.Fatalf("a new house: %v %v", yes, err)
	}
	old, err := h.FirstLink(h.ctx())
	if err != nil {
		t.Fatal(err)
	}
	l, err := h.FirstLink(h.ctx())
	if err != nil || len(l.Secret) != 64 || l.Expires.Sub(h.clock.now()) != time.Hour {
		t.Fatalf("%+v %v", l, err)
	}
	o := desk.Officer{ID: "ann", Name: "Ann", Post: "desk", Roles: writes}
	for name, secret := range map[string]string{"an earlier one": old.Secret, "none": "", "a guess": "00"} {
		if _, err := h.TakeFirst(h.ctx(), secret, o, phrase); !errors.Is(err, desk.ErrLink) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if for_, err := h.LinkOf(h.ctx(), l.Secret); err != nil || for_.ID != "" {
		t.Errorf("%+v %v", for_, err)
	}
	if _, err := h.TakeFirst(h.ctx(), l.Secret, o, "short"); err == nil {
		t.Error("a short passphrase is taken")
	}
	if _, err := h.TakeFirst(h.ctx(), l.Secret, desk.Officer{ID: "console", Name: "x", Post: "desk"}, phrase); err == nil {
		t.Error("a name of the trail is taken")
	}
	if _, err := h.TakeLink(h.ctx(), l.Secret, phrase); !errors.Is(err, desk.ErrLink) {
		t.Errorf("as a link for an officer: %v", err)
	}
	s, err := h.TakeFirst(h.ctx(), l.Secret, o, phrase)
	if err != nil || !s.Officer().Has(desk.Admin) || !s.Officer().Has(desk.Drafter) {
		t.Fatalf("%+v %v", s.Officer(), err)
	}
	if _, err := h.Resume(h.ctx(), s.Token()); err != nil {
		t.Errorf("the session: %v", err)
	}
	if _, err := h.SignIn(h.ctx(), "ann", phrase); err != nil {
		t.Errorf("the passphrase: %v", err)
	}
	if _, err := h.TakeFirst(h.ctx(), l.Secret, desk.Officer{ID: "bo", Name: "Bo", Post: "desk"}, phrase); !errors.Is(err, desk.ErrLink) {
		t.Errorf("a second time: %v", err)
	}
	if _, err := h.FirstLink(h.ctx()); !errors.Is(err, desk.ErrFounded) {
		t.Errorf("a house that has an administrator: %v", err)
	}
	h.sound()
}

// TestFirstLinkEnds: in an hour, and where an administrator was made otherwise.
func TestFirstLinkEnds(t *testing.T) {
	h := newHouse(t)
	o := desk.Officer{ID: "bo", Name: "Bo", Post: "desk"}
	l, err := h.FirstLink(h.ctx())
	if err != nil {
		t.Fatal(err)
	}
	h.clock.pass(time.Hour)
	if _, err := h.TakeFirst(h.ctx(), l.Secret, o, phrase); !errors.Is(err, desk.ErrLink) {
		t.Errorf("after an hour: %v", err)
	}
	if l, err = h.FirstLink(h.ctx()); err != nil {
		t.Fatal(err)
	}
	h.officer("root", manages)
	if _, err := h.TakeFirst(h.ctx(), l.Secret, o, phrase); !errors.Is(err, desk.ErrFounded) {
		t.Errorf("beside an administrator: %v", err)
	}
}

func TestOfficerLink(t *testing.T) {
	h := newHouse(t)
	h.officer("root", manages)
	h.officer("ann", writes)
	bo := desk.Officer{ID: "bo", Name: "Bo", Post: "desk", Roles: writes}
	if _, err := h.InviteOfficer(h.ctx(), "ann", bo); !errors.Is(err, desk.ErrRole) {
		t.Errorf("by no admin: %v", err)
	}
	old, err := h.InviteOfficer(h.ctx(), "root", bo)
	if err != nil || old.Expires.Sub(h.clock.now()) != 72*time.Hour {
		t.Fatalf("%+v %v", old, err)
	}
	if _, err := h.OfficerLink(h.ctx(), "ann", "bo"); !errors.Is(err, desk.ErrRole) {
		t.Errorf("a link by no admin: %v", err)
	}
	l, err := h.OfficerLink(h.ctx(), "root", "bo")
	if err != nil {
		t.Fatal(err)
	}
	if for_, err := h.LinkOf(h.ctx(), l.Secret); err != nil || for_.ID != "bo" {
		t.Errorf("%+v %v", for_, err)
	}
	if _, err := h.TakeLink(h.ctx(), old.Secret, phrase); !errors.Is(err, desk.ErrLink) {
		t.Errorf("an earlier one: %v", err)
	}
	if _, err := h.TakeFirst(h.ctx(), l.Secret, desk.Officer{ID: "eve", Name: "Eve", Post: "desk"}, phrase); err == nil {
		t.Error("as a link for the first officer")
	}
	s, err := h.TakeLink(h.ctx(), l.Secret, phrase)
	if err != nil || s.Officer().ID != "bo" {
		t.Fatal(err)
	}
	if _, err := h.TakeLink(h.ctx(), l.Secret, "another passphrase"); !errors.Is(err, desk.ErrLink) {
		t.Errorf("a second time: %v", err)
	}
	if _, err := h.SignIn(h.ctx(), "bo", phrase); err != nil {
		t.Errorf("the passphrase: %v", err)
	}
	// A lost passphrase: the link ends the sessions that there are.
	if l, err = h.OfficerLink(h.ctx(), "root", "bo"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Resume(h.ctx(), s.Token()); err != nil {
		t.Errorf("a link alone ended a session: %v", err)
	}
	if _, err := h.TakeLink(h.ctx(), l.Secret, "another passphrase"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Resume(h.ctx(), s.Token()); !errors.Is(err, desk.ErrSession) {
		t.Errorf("a session from before: %v", err)
	}
	// An account that ends takes its link with it.
	if l, err = h.OfficerLink(h.ctx(), "root", "bo"); err != nil {
		t.Fatal(err)
	}
	if err := h.Deactivate(h.ctx(), "root", "bo"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.TakeLink(h.ctx(), l.Secret, phrase); !errors.Is(err, desk.ErrLink) {
		t.Errorf("of an account that ended: %v", err)
	}
	if _, err := h.OfficerLink(h.ctx(), "root", "bo"); !errors.Is(err, desk.ErrNoOfficer) {
		t.Errorf("for an account that ended: %v", err)
	}
	h.sound()
}
