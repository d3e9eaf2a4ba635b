package control

import (
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"detente/act"
	"detente/desk"
	"detente/node"
)

// TestAskedAtOnce: of many who ask the same of the same state one reads it; in another
// state, and of what may not be told to others, each reads.
func TestAskedAtOnce(t *testing.T) {
	var s shared
	var reads atomic.Int64
	ask := func(as standing, key string, good bool) int64 {
		before := reads.Load()
		var wait sync.WaitGroup
		for range 20 {
			wait.Go(func() { s.once(t.Context(), as, key, func() (any, bool) { return reads.Add(1), good }) })
		}
		wait.Wait()
		return reads.Load() - before
	}
	now := standing{second: 1}
	for _, c := range []struct {
		as   standing
		key  string
		good bool
		want int64
	}{
		{now, "a", true, 1}, {now, "a", true, 0}, {now, "b", true, 1}, {now, "c", false, 20},
		{standing{second: 2}, "a", true, 1}, {standing{second: 2, writes: 1}, "a", true, 1}, {standing{second: 2, writes: 1, changed: make(chan struct{})}, "a", true, 1},
	} {
		if n := ask(c.as, c.key, c.good); n != c.want {
			t.Errorf("%s at %+v, to be told to others %t: %d reads, not %d", c.key, c.as, c.good, n, c.want)
		}
	}
}

// TestSharedFollows: what an officer or the node changed is in the next answer.
func TestSharedFollows(t *testing.T) {
	h, server := running(t, filepath.Join(t.TempDir(), "home"))
	c := &call{home: h, node: h.Node, shared: &server.shared}
	asked := 0
	ask := func() int {
		return c.shared.once(t.Context(), standing{c.node.Changed(), c.shared.writes.Load(), 0}, "x", func() (any, bool) { asked++; return asked, true }).(int)
	}
	for range 2 {
		if got := ask(); got != 1 {
			t.Errorf("of one state answer %d is given", got)
		}
	}
	was := c.standing()
	a := &act.Act{Group: h.Node.First().Group, Edition: 1, Kind: act.Statement, Status: act.Test, Life: act.New, ToAll: true, PayloadType: node.TextType, Payload: []byte("x")}
	changed := h.Node.Changed()
	if err := h.Node.TestOnlyAppend(t.Context(), []*act.Act{a}); err != nil {
		t.Fatal(err)
	}
	<-changed
	if c.standing().changed == was.changed {
		t.Error("an act changed nothing")
	}
	if got := ask(); got != 2 {
		t.Errorf("after an act answer %d is given", got)
	}
	was = c.standing()
	if err := server.Own().Call(t.Context(), "note-enter", NoteArgs{}, nil, nil, nil); err == nil {
		t.Error("an empty note was entered")
	}
	if c.standing().writes == was.writes {
		t.Error("a verb that may change something changed nothing")
	}
	if got := ask(); got != 3 {
		t.Errorf("after a verb that may change something answer %d is given", got)
	}
}

// TestOverviewIsOfTheOfficer: what is shared has nothing of another officer's drafts.
func TestOverviewIsOfTheOfficer(t *testing.T) {
	h, server := running(t, filepath.Join(t.TempDir(), "home"))
	other := desk.Officer{ID: "nurlan", Name: "N", Post: "duty-officer", Roles: []desk.Role{desk.Clearer}, Steps: []string{"release"}}
	if err := h.Node.Desk().AddOfficer(t.Context(), desk.Console, other, passphrase); err != nil {
		t.Fatal(err)
	}
	tokens := map[string]string{}
	for _, id := range []string{"saparova", "nurlan"} {
		s, err := h.Node.Desk().SignIn(t.Context(), id, passphrase)
		if err != nil {
			t.Fatal(err)
		}
		tokens[id] = s.Token()
	}
	as := func(id, verb string, args, result any) {
		t.Helper()
		if err := server.As(tokens[id]).Call(t.Context(), verb, args, nil, nil, result); err != nil {
			t.Fatal(err)
		}
	}
	var d Draft
	as("saparova", "draft-save", SaveArgs{Request: node.Request{Kind: act.Statement, Status: act.Test, Life: act.New, Thread: "T/1", Text: "x", Values: []byte("null")}}, &d)
	as("saparova", "draft-submit", DraftArgs{ID: d.ID}, nil)
	for range 2 {
		for id, want := range map[string]int{"saparova": 0, "nurlan": 1} {
			var o Overview
			if as(id, "overview", nil, &o); len(o.Clear) != want {
				t.Errorf("%s is shown %d drafts to clear, not %d", id, len(o.Clear), want)
			}
		}
	}
}
