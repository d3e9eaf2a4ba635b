package node_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"detente/node"
	"detente/party"
	"detente/sounding"
)

// Two nodes speak off the record by bytes that anybody may carry: nothing of what
// was said is in either home, in a backup or in a record, and it ends with the node.
func TestSounding(t *testing.T) {
	ctx := context.Background()
	tw := found(t, region(t, "alatau", "borovia", "cintra"))
	a, b, c := tw.Houses["alatau"].Node, tw.Houses["borovia"].Node, tw.Houses["cintra"].Node
	ours, _ := officers(t, a)
	theirs, _ := officers(t, b)
	before := a.SizeOf(ctx, a.Origin())

	s, offer, err := a.BeginSounding(ctx, ours, "borovia")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.TakeSounding(ctx, theirs, offer); !errors.Is(err, sounding.ErrRefused) {
		t.Errorf("an offer to another is taken: %v", err)
	}
	if _, _, err := a.SaySounding(s.Session, "too early"); !errors.Is(err, node.ErrNotOpen) {
		t.Errorf("said before the other side is known: %v", err)
	}
	_, accept, err := b.TakeSounding(ctx, theirs, offer)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.TakeSounding(ctx, theirs, offer); err == nil {
		t.Error("an offer is taken twice")
	}
	_, confirm, err := a.TakeSounding(ctx, ours, accept)
	if err != nil {
		t.Fatal(err)
	}
	if _, reply, err := b.TakeSounding(ctx, theirs, confirm); err != nil || reply != nil {
		t.Fatalf("%q, %v", reply, err)
	}
	const secret = "a-sounding-about-the-northern-crossing"
	_, first, err := a.SaySounding(s.Session, secret+" one")
	if err != nil {
		t.Fatal(err)
	}
	_, second, err := a.SaySounding(s.Session, secret+" two")
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := b.TakeSounding(ctx, theirs, second)
	if err != nil || len(got.Lines) != 1 || got.Lines[0].Text != secret+" two" || got.Lines[0].Missed != 1 || got.Lines[0].From != "alatau" {
		t.Fatalf("%+v, %v", got, err)
	}
	if _, _, err := b.TakeSounding(ctx, theirs, first); !errors.Is(err, sounding.ErrRefused) {
		t.Errorf("an earlier message is heard after a later one: %v", err)
	}
	if a.SizeOf(ctx, a.Origin()) != before {
		t.Error("a sounding left an act")
	}
	backup := filepath.Join(t.TempDir(), "backup.db")
	if err := a.Backup(ctx, backup); err != nil {
		t.Fatal(err)
	}
	stop(t, tw, "alatau")
	stop(t, tw, "borovia")
	for _, place := range []string{backup, tw.Houses["alatau"].Config.Dir, tw.Houses["borovia"].Config.Dir} {
		holds(t, place, "drafter", true) // the search finds what is there: the officer who began
		for _, text := range []string{secret, s.Session} {
			holds(t, place, text, false)
		}
	}
	if again := start(t, tw, "alatau"); len(again.Soundings()) != 0 {
		t.Error("a sounding outlived its node")
	}
}

// holds says whether a file, or any file of a folder, has a text in it.
func holds(t *testing.T, place, text string, want bool) {
	t.Helper()
	found := false
	err := filepath.WalkDir(place, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		found = found || bytes.Contains(b, []byte(text))
		return err
	})
	if err != nil || found != want {
		t.Errorf("%s holds %q: %v, %v", filepath.Base(place), text, found, err)
	}
}

// A node holds so many soundings and no more, and what cannot be shown is not said.
func TestSoundingBounds(t *testing.T) {
	ctx := context.Background()
	tw := found(t, region(t, "alatau", "borovia", "cintra"))
	a := tw.Houses["alatau"].Node
	ours, _ := officers(t, a)
	var last node.Sounding
	for range 64 {
		var err error
		if last, _, err = a.BeginSounding(ctx, ours, "borovia"); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := a.BeginSounding(ctx, ours, "borovia"); err == nil {
		t.Error("there is no bound")
	}
	if err := a.EndSounding(last.Session); err != nil || len(a.Soundings()) != 63 {
		t.Errorf("%d held, %v", len(a.Soundings()), err)
	}
	for _, id := range []party.ID{"alatau", "nobody"} {
		if _, _, err := a.BeginSounding(ctx, ours, id); err == nil {
			t.Errorf("begun with %s", id)
		}
	}
	if _, _, err := a.SaySounding(strings.Repeat("0", 32), "x"); !errors.Is(err, node.ErrNoSounding) {
		t.Errorf("said in a sounding that is not held: %v", err)
	}
}
