package desk_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"detente/desk"
)

// issue makes a token and resumes it.
func (h *house) issue(s desk.Session, scopes ...desk.Scope) (desk.Token, desk.Session) {
	h.t.Helper()
	t, secret, err := h.IssueToken(h.ctx(), s, "archive", scopes, h.clock.now().Add(90*24*time.Hour))
	if err != nil {
		h.t.Fatal(err)
	}
	p, err := h.Resume(h.ctx(), secret)
	if err != nil {
		h.t.Fatal(err)
	}
	return t, p
}

func TestProgramStaysInItsScope(t *testing.T) {
	h := newHouse(t)
	ann := h.officer("ann", []desk.Role{desk.Admin, desk.Drafter, desk.Clearer}, "release")
	bo := h.officer("bo", []desk.Role{desk.Drafter})
	_, writer := h.issue(ann, desk.ScopeDraft, desk.ScopeRead, desk.ScopeRead)
	_, reader := h.issue(ann, desk.ScopeRead)
	for name, got := range map[string]bool{
		"a person, all": ann.Allows(""), "a writer, drafts": writer.Allows(desk.ScopeDraft), "a reader, reading": reader.Allows(desk.ScopeRead),
		"a reader, no drafts": !reader.Allows(desk.ScopeDraft), "a writer, nothing of people": !writer.Allows(""), "nobody, nothing": !desk.Session{}.Allows(desk.ScopeRead),
	} {
		if !got {
			t.Error(name)
		}
	}
	d, err := h.Save(h.ctx(), writer, "", []byte("{}"))
	if err != nil || d.Author != "ann" {
		t.Fatalf("a program writes a draft of its officer: %+v, %v", d, err)
	}
	if _, err := h.Save(h.ctx(), reader, d.ID, []byte("{}")); !errors.Is(err, desk.ErrScope) {
		t.Errorf("a reader wrote: %v", err)
	}
	other, err := h.Save(h.ctx(), bo, "", []byte("{}"))
	if err != nil {
		t.Fatal(err)
	}
	if other, err = h.Submit(h.ctx(), bo, other.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Clear(h.ctx(), writer, other.ID, other.Revision, ""); !errors.Is(err, desk.ErrScope) {
		t.Errorf("a program cleared: %v", err)
	}
	if _, err := h.Clear(h.ctx(), ann, other.ID, other.Revision, ""); err != nil {
		t.Errorf("its officer clears: %v", err)
	}
	chain, err := h.Chain(h.ctx())
	if err != nil {
		t.Fatal(err)
	}
	if err := h.SetChain(h.ctx(), writer, chain); !errors.Is(err, desk.ErrScope) {
		t.Errorf("a program set the chain: %v", err)
	}
	if _, _, err := h.IssueToken(h.ctx(), writer, "more", desk.Scopes(), h.clock.now().Add(time.Hour)); !errors.Is(err, desk.ErrScope) {
		t.Errorf("a token made a token: %v", err)
	}
	var stored string
	if err := h.db.Read().QueryRowContext(h.ctx(), "select group_concat(id || hash || officer || name || scopes) from desk_token").Scan(&stored); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(stored, strings.TrimPrefix(writer.Token(), "detente-token-")) || strings.Count(stored, "archive") != 2 {
		t.Error("the secret of a token is stored")
	}
	h.sound()
}

func TestTokenEnds(t *testing.T) {
	h := newHouse(t)
	ann := h.officer("ann", []desk.Role{desk.Admin})
	bo := h.officer("bo", []desk.Role{desk.Drafter})
	lives := func(p desk.Session) bool { _, err := h.Resume(h.ctx(), p.Token()); return err == nil }

	first, program := h.issue(bo, desk.ScopeRead)
	if err := h.EndToken(h.ctx(), h.officer("cy", []desk.Role{desk.Drafter}), first.ID); !errors.Is(err, desk.ErrNoToken) {
		t.Errorf("somebody else's token: %v", err)
	}
	if !lives(program) {
		t.Fatal("it ended by itself")
	}
	if err := h.EndToken(h.ctx(), ann, first.ID); err != nil || lives(program) {
		t.Errorf("an admin ends it: %v", err)
	}
	if list, err := h.Tokens(h.ctx(), bo); err != nil || len(list) != 1 || list[0].Ended.IsZero() {
		t.Errorf("its officer sees that it ended: %+v, %v", list, err)
	}

	_, program = h.issue(bo, desk.ScopeRead)
	h.clock.pass(90*24*time.Hour - time.Second)
	if !lives(program) {
		t.Error("it ended too soon")
	}
	h.clock.pass(time.Second)
	if lives(program) {
		t.Error("it outlived its end")
	}

	bo = h.signIn("bo")
	_, program = h.issue(bo, desk.ScopeRead)
	h.restart()
	if !lives(program) {
		t.Error("it did not outlive a restart")
	}
	if err := h.Deactivate(h.ctx(), desk.Console, "bo"); err != nil || lives(program) {
		t.Errorf("it outlived the account: %v", err)
	}
}

func TestTokenRefused(t *testing.T) {
	h := newHouse(t)
	ann := h.officer("ann", []desk.Role{desk.Drafter})
	in := func(d time.Duration) time.Time { return h.clock.now().Add(d) }
	for name, try := range map[string]struct {
		name    string
		scopes  []desk.Scope
		expires time.Time
	}{
		"no name":             {" ", desk.Scopes(), in(time.Hour)},
		"a name of two lines": {"a\nb", desk.Scopes(), in(time.Hour)},
		"no scope":            {"a", nil, in(time.Hour)},
		"unknown scope":       {"a", []desk.Scope{"clear"}, in(time.Hour)},
		"over already":        {"a", desk.Scopes(), in(0)},
		"for too long":        {"a", desk.Scopes(), in(401 * 24 * time.Hour)},
	} {
		if _, secret, err := h.IssueToken(h.ctx(), ann, try.name, try.scopes, try.expires); err == nil {
			t.Errorf("%s: %s", name, secret)
		}
	}
	for range 20 {
		h.issue(ann, desk.ScopeRead)
	}
	if _, _, err := h.IssueToken(h.ctx(), ann, "archive", desk.Scopes(), in(time.Hour)); err == nil || !strings.Contains(err.Error(), "end one first") {
		t.Errorf("one too many: %v", err)
	}
}

func TestOnce(t *testing.T) {
	h := newHouse(t)
	ann, bo := h.officer("ann", writes), h.officer("bo", writes)
	begin := func(s desk.Session, name, what string) (string, bool, error) {
		return h.BeginOnce(h.ctx(), s, name, what)
	}
	if _, done, err := begin(ann, "k", "a"); done || err != nil {
		t.Fatalf("the first: %v, %v", done, err)
	}
	h.restart() // the machine stopped in between
	if _, _, err := begin(ann, "k", "a"); !errors.Is(err, desk.ErrUnfinished) {
		t.Errorf("again, before it is done: %v", err)
	}
	if _, done, err := begin(bo, "k", "a"); done || err != nil {
		t.Errorf("another officer's name: %v, %v", done, err)
	}
	if err := h.FinishOnce(h.ctx(), ann, "k", "done"); err != nil {
		t.Fatal(err)
	}
	if got, done, err := begin(ann, "k", "a"); got != "done" || !done || err != nil {
		t.Errorf("again, when it is done: %q, %v, %v", got, done, err)
	}
	if _, _, err := begin(ann, "k", "b"); !errors.Is(err, desk.ErrOtherCall) {
		t.Errorf("another call under the name: %v", err)
	}
	h.clock.pass(48 * time.Hour)
	if _, done, err := begin(ann, "k", "b"); done || err != nil {
		t.Errorf("after two days the name is free: %v, %v", done, err)
	}
	for _, name := range []string{"", strings.Repeat("k", 129)} {
		if _, _, err := begin(ann, name, "a"); err == nil {
			t.Errorf("a name of %d bytes", len(name))
		}
	}
}
