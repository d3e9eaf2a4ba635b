package desk_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"detente/desk"
)

func TestAccounts(t *testing.T) {
	h := newHouse(t)
	o := desk.Officer{ID: "root", Name: "Айгуль Н.", Post: "desk", Roles: []desk.Role{desk.Admin, desk.Duty}, Steps: []string{"release", "legal"}, SSHKey: h.key()}
	if err := h.AddOfficer(h.ctx(), "root", o, ""); err != nil {
		t.Fatalf("the first account: %v", err)
	}
	got, err := h.Officers(h.ctx())
	if err != nil || len(got) != 1 {
		t.Fatalf("%v %v", got, err)
	}
	o.Active = true
	if g := got[0]; g.ID != o.ID || g.Name != o.Name || g.Post != o.Post || !slices.Equal(g.Roles, o.Roles) || !slices.Equal(g.Steps, o.Steps) || g.SSHKey != o.SSHKey || !g.Active {
		t.Errorf("%+v, want %+v", g, o)
	}
	if err := h.AddOfficer(h.ctx(), "root", o, ""); err == nil {
		t.Error("a name was given twice")
	}
	bo := desk.Officer{ID: "bo", Name: "Bo", Post: "desk", Roles: writes, SSHKey: h.key()}
	for name, err := range map[string]error{
		"unknown by":                    h.AddOfficer(h.ctx(), "eve", bo, ""),
		"last admin":                    h.Deactivate(h.ctx(), "root", "root"),
		"last admin by another account": h.SetOfficer(h.ctx(), "root", desk.Officer{ID: "root", Name: "x", Post: "desk", SSHKey: o.SSHKey, Active: true}),
		"unknown officer":               h.Deactivate(h.ctx(), "root", "eve"),
		"unknown passphrase":            h.SetPassphrase(h.ctx(), "root", "eve", phrase),
	} {
		want := map[string]error{"unknown by": desk.ErrRole, "last admin": desk.ErrLastAdmin, "last admin by another account": desk.ErrLastAdmin}[name]
		if want == nil {
			want = desk.ErrNoOfficer
		}
		if !errors.Is(err, want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := h.AddOfficer(h.ctx(), "root", bo, ""); err != nil {
		t.Fatal(err)
	}
	if err := h.AddOfficer(h.ctx(), "bo", desk.Officer{ID: "cy", Name: "Cy", Post: "desk", SSHKey: h.key()}, ""); !errors.Is(err, desk.ErrRole) {
		t.Errorf("by no admin: %v", err)
	}
	if err := h.SetPassphrase(h.ctx(), "bo", "root", phrase); !errors.Is(err, desk.ErrRole) {
		t.Errorf("another's passphrase: %v", err)
	}
	if err := h.SetPassphrase(h.ctx(), "bo", "bo", phrase); err != nil {
		t.Errorf("own passphrase: %v", err)
	}
	bo.SSHKey = ""
	bo.Active = true
	if err := h.SetOfficer(h.ctx(), "root", bo); err != nil {
		t.Errorf("key taken away from an account with a passphrase: %v", err)
	}
	root := got[0]
	root.SSHKey = ""
	if err := h.SetOfficer(h.ctx(), "root", root); err == nil {
		t.Error("key taken away from an account without a passphrase")
	}
	// Inactive and active again.
	s, err := h.SignIn(h.ctx(), "bo", phrase)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Deactivate(h.ctx(), "root", "bo"); err != nil {
		t.Fatal(err)
	}
	if err := h.SetPassphrase(h.ctx(), "bo", "bo", phrase); !errors.Is(err, desk.ErrRole) {
		t.Errorf("own passphrase when not active: %v", err)
	}
	if err := h.SetOfficer(h.ctx(), desk.Console, bo); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Resume(h.ctx(), s.Token()); !errors.Is(err, desk.ErrSession) {
		t.Errorf("a session came back with the account: %v", err)
	}
	if _, err := h.SignIn(h.ctx(), "bo", phrase); err != nil {
		t.Errorf("active again: %v", err)
	}
	h.sound()
}

func TestAccountsThatCannotBe(t *testing.T) {
	h := newHouse(t)
	key := h.key()
	for name, o := range map[string]desk.Officer{
		"id in capitals":   {ID: "Ann", Name: "a", Post: "desk", SSHKey: key},
		"id of the trail":  {ID: "node", Name: "a", Post: "desk", SSHKey: key},
		"id console":       {ID: "console", Name: "a", Post: "desk", SSHKey: key},
		"no name":          {ID: "ann", Post: "desk", SSHKey: key},
		"name of two rows": {ID: "ann", Name: "a\nb", Post: "desk", SSHKey: key},
		"no post":          {ID: "ann", Name: "a", SSHKey: key},
		"unknown role":     {ID: "ann", Name: "a", Post: "desk", Roles: []desk.Role{"king"}, SSHKey: key},
		"role repeated":    {ID: "ann", Name: "a", Post: "desk", Roles: []desk.Role{"duty", "duty"}, SSHKey: key},
		"step with comma":  {ID: "ann", Name: "a", Post: "desk", Steps: []string{"a,b"}, SSHKey: key},
		"no way to enter":  {ID: "ann", Name: "a", Post: "desk"},
	} {
		if err := h.AddOfficer(h.ctx(), desk.Console, o, ""); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	o := desk.Officer{ID: "ann", Name: "a", Post: "desk"}
	for name, p := range map[string]string{"short": "elf letters", "too long": strings.Repeat("x", 1025), "no text": strings.Repeat("\xff", 20)} {
		if err := h.AddOfficer(h.ctx(), desk.Console, o, p); err == nil {
			t.Errorf("passphrase %s: taken", name)
		}
	}
	if n, _, err := h.TrailHead(h.ctx()); err != nil || n != 0 {
		t.Errorf("%d entries tell of nothing: %v", n, err)
	}
}
