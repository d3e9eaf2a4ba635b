package home

import (
	"bytes"
	"context"
	"path/filepath"
	"testing"
	"time"

	"detente/act"
	"detente/desk"
	"detente/key"
	"detente/node"
	"detente/party"
	"detente/roster"
)

// A clock that is a year ahead destroys no key that others may still seal to: their
// heads tell the time too.
func TestWrongClockDestroysNoKey(t *testing.T) {
	ctx := context.Background()
	first := &roster.Roster{Format: roster.Format, Group: party.Group{1}, Edition: 1, Effective: time.Now().UTC().Add(-time.Hour).Format("2006-01-02T15:04:05Z"),
		Names: map[string]string{"en": "Region"}, Languages: []string{"en"}, Adoption: roster.AdoptionAll, Courier: "336h", Counting: roster.Counting{K: 1}}
	options, dirs, next := map[party.ID]Options{}, map[party.ID]string{}, map[party.ID]string{}
	for _, id := range []party.ID{"alatau", "borovia"} {
		dir := t.TempDir()
		dirs[id], next[id] = filepath.Join(dir, "home"), filepath.Join(dir, "next.age")
		made, err := Make(ctx, Making{Dir: dirs[id], Party: id, ForGroup: true, Next: next[id], NextPassphrase: passphrase})
		if err != nil {
			t.Fatal(err)
		}
		unlock, err := Unlock(made.Unlock, nil)
		if err != nil {
			t.Fatal(err)
		}
		options[id] = Options{Identity: unlock}
		first.Parties = append(first.Parties, roster.Party{ID: id, Standing: roster.Member, Names: map[string]string{"en": string(id)}, Posts: []party.Post{"duty-officer"}, Card: &made.Card})
		first.Counting.Witnesses = append(first.Counting.Witnesses, id)
	}
	body, err := first.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	for id, dir := range dirs {
		if _, err := Join(ctx, dir, body, options[id]); err != nil {
			t.Fatal(err)
		}
	}
	at := func(id party.ID, days int) *Home {
		t.Helper()
		return open(t, dirs[id], nil, func(o *Options) {
			*o = options[id]
			o.Now = func() time.Time { return time.Now().Add(time.Duration(days) * 24 * time.Hour) }
		})
	}
	carry := func(from, to *Home) {
		t.Helper()
		var b bytes.Buffer
		if err := from.Node.Confirm(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := from.Node.TestOnlySay(ctx, node.Request{Kind: act.Statement, Status: act.Test, Thread: "T/" + string(from.Settings.Party), Life: act.New, Text: "The line is tested."}); err != nil {
			t.Fatal(err)
		}
		if _, err := from.Node.Export(ctx, &b, to.Settings.Party, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := to.Node.Import(ctx, &b); err != nil {
			t.Fatal(err)
		}
	}
	meet := func(days int) int {
		t.Helper()
		a, b := at("alatau", days), at("borovia", days)
		defer a.Close()
		defer b.Close()
		carry(b, a)
		return len(a.keys.Set.Sealing)
	}
	meet(0)
	a := at("alatau", 0)
	rotated(t, a, next["alatau"])
	a.Close()
	a = at("alatau", 365)
	if n := len(a.keys.Set.Sealing); n != 2 {
		t.Errorf("by the own clock alone, a year ahead, %d sealing keys are kept, want 2", n)
	}
	a.Close()
	meet(31)
	a = at("alatau", 31)
	if n := len(a.keys.Set.Sealing); n != 1 {
		t.Errorf("after 31 days by all clocks %d sealing keys are kept, want 1", n)
	}
}

// rotated enters a fresh sealing key.
func rotated(t *testing.T, h *Home, nextPath string) {
	t.Helper()
	ctx := context.Background()
	next, err := LoadNext(nextPath, passphrase)
	if err != nil {
		t.Fatal(err)
	}
	fresh, err := key.GenerateSealing(system(nil))
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Node.Confirm(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Node.RotateBatch(ctx, desk.Console, key.Sealing, h.keys.Set.EnterSealing(fresh), next); err != nil {
		t.Fatal(err)
	}
}
