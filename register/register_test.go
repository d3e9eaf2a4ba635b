package register_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"detente/act"
	"detente/internal/canon"
	"detente/internal/durable"
	"detente/party"
	"detente/register"
)

// counter is a source of bytes that never repeats soon, and is no secret.
type counter struct{ n byte }

func (c *counter) Read(b []byte) (int, error) {
	c.n++
	sum := sha256.Sum256([]byte{c.n})
	return copy(b, sum[:]), nil
}

type house struct {
	*register.Register
	db    *durable.DB
	trail []string
}

func open(t *testing.T, path string, key byte) *house {
	t.Helper()
	db, err := durable.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := db.Update(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.ExecContext(t.Context(), register.Schema)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	h := &house{db: db}
	now := func() time.Time { return time.Date(2027, 8, 21, 9, 0, 0, 0, time.UTC) }
	h.Register = register.Open(db, [32]byte{key}, now, &counter{}, func(_ context.Context, _ *sql.Tx, officer, what, detail string) error {
		h.trail = append(h.trail, officer+" "+what+" "+detail)
		return nil
	})
	return h
}

func note() register.Note {
	return register.Note{Way: register.In, Parties: []party.ID{"borovia"}, Ref: "12-26/184", Day: "2027-08-20", Channel: "note",
		Status: act.Actual, Code: "small.notice", Text: "secret of state"}
}

func TestRegister(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	h, ctx := open(t, path, 1), t.Context()
	first, err := h.Enter(ctx, "anna", note())
	if err != nil || first.Number != 1 || first.By != "anna" || first.At != "2027-08-21T09:00:00Z" {
		t.Fatalf("%+v %v", first, err)
	}
	answer := note()
	answer.Way, answer.Parties, answer.Answers = register.Out, []party.ID{"borovia", "cintra"}, 1
	if _, err := h.Enter(ctx, "anna", answer); err != nil {
		t.Fatal(err)
	}
	scan := bytes.Repeat([]byte("page "), 1000)
	if first, err = h.AddScan(ctx, "boris", 1, "note.pdf", scan); err != nil || len(first.Scans) != 1 {
		t.Fatalf("%+v %v", first, err)
	}
	if s, b, err := h.Scan(ctx, 1, 1); err != nil || !bytes.Equal(b, scan) || s.Name != "note.pdf" || s.Digest != canon.DigestOf(scan) {
		t.Errorf("%+v %d bytes %v", s, len(b), err)
	}
	before, err := h.Changes(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Strike(ctx, "anna", 2, "registered twice"); err != nil {
		t.Fatal(err)
	}
	if after, err := h.Changes(ctx); err != nil || after == before {
		t.Errorf("the state of the register is %d before and after a change: %v", before, err)
	}
	if _, err := h.Strike(ctx, "anna", 2, "again"); !errors.Is(err, register.ErrVoid) {
		t.Errorf("struck twice: %v", err)
	}
	all, err := h.Notes(ctx, 1, 10)
	if err != nil || len(all) != 2 || all[0].Text != "secret of state" || all[1].Void != "registered twice" || all[1].Answers != 1 {
		t.Errorf("%+v %v", all, err)
	}
	if later, err := h.Notes(ctx, 2, 10); err != nil || len(later) != 1 || later[0].Number != 2 {
		t.Errorf("from 2 on: %+v %v", later, err)
	}
	want := []string{"anna note-enter 1", "anna note-enter 2", "boris note-scan 1 " + canon.DigestOf(scan).String(), "anna note-void 2"}
	if !slices.Equal(h.trail, want) {
		t.Errorf("trail %q", h.trail)
	}
}

// What lies in the store says nothing without the key, nor in another place.
func TestAtRest(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	h, ctx := open(t, path, 1), t.Context()
	for range 2 {
		if _, err := h.Enter(ctx, "anna", note()); err != nil {
			t.Fatal(err)
		}
	}
	var b []byte
	if err := h.db.Read().QueryRowContext(ctx, "select body from register_notes where number = 1").Scan(&b); err != nil {
		t.Fatal(err)
	}
	if len(b) == 0 || bytes.Contains(b, []byte("secret")) || bytes.Contains(b, []byte("borovia")) {
		t.Errorf("a note lies readable in the store")
	}
	if err := h.db.Update(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "update register_notes set body = $1 where number = 2", b)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Note(ctx, 2); err == nil {
		t.Error("a note opens in the place of another")
	}
	if _, err := open(t, path, 2).Note(ctx, 1); err == nil {
		t.Error("a note opens under another key")
	}
}

func TestRefused(t *testing.T) {
	h, ctx := open(t, filepath.Join(t.TempDir(), "store.db"), 1), t.Context()
	for _, c := range []struct {
		name, want string
		change     func(*register.Note)
	}{
		{"no way", "comes in or goes out", func(n *register.Note) { n.Way = "about" }},
		{"from two", "comes in from one", func(n *register.Note) { n.Parties = []party.ID{"borovia", "cintra"} }},
		{"to nobody", "name the other side", func(n *register.Note) { n.Way, n.Parties = register.Out, nil }},
		{"no number", "one line", func(n *register.Note) { n.Ref = "" }},
		{"a number of two lines", "one line", func(n *register.Note) { n.Ref = "12\n13" }},
		{"no day", "not a day", func(n *register.Note) { n.Day = "20.8.2027" }},
		{"29 February", "not a day", func(n *register.Note) { n.Day = "2027-02-29" }},
		{"no party", "party", func(n *register.Note) { n.Parties = []party.ID{"Borovia!"} }},
		{"answers nothing", "no such note", func(n *register.Note) { n.Answers = 7 }},
		{"a correction of nothing", "names the note", func(n *register.Note) { n.Life = act.Correction }},
		{"a long text", "at most", func(n *register.Note) { n.Text = strings.Repeat("a", register.MaxText+1) }},
	} {
		n := note()
		c.change(&n)
		if _, err := h.Enter(ctx, "anna", n); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	if all, err := h.Notes(ctx, 1, 10); err != nil || len(all) > 0 || len(h.trail) > 0 {
		t.Errorf("something was kept: %v %v %v", all, h.trail, err)
	}
	if _, err := h.Note(ctx, 1); !errors.Is(err, register.ErrNone) {
		t.Error(err)
	}
	if _, err := h.Enter(ctx, "anna", note()); err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]func() error{
		"an empty scan":    func() error { _, err := h.AddScan(ctx, "anna", 1, "a.pdf", nil); return err },
		"a scan in a path": func() error { _, err := h.AddScan(ctx, "anna", 1, "../a.pdf", []byte("a")); return err },
		"a scan too large": func() error {
			_, err := h.AddScan(ctx, "anna", 1, "a.pdf", make([]byte, register.MaxScan+1))
			return err
		},
		"a scan of no note": func() error { _, err := h.AddScan(ctx, "anna", 9, "a.pdf", []byte("a")); return err },
		"void without why":  func() error { _, err := h.Strike(ctx, "anna", 1, ""); return err },
		"a scan not there":  func() error { _, _, err := h.Scan(ctx, 1, 1); return err },
	} {
		if f() == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
