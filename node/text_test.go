package node

import (
	"database/sql"
	"errors"
	"os"
	"testing"

	"detente/internal/canon"
	"detente/pack"
	"detente/packs"
)

// What was carried in is at hand after a restart, under its own id alone; what this
// program cannot read any more is as if it were not there.
func TestTextsKept(t *testing.T) {
	ctx := t.Context()
	library := func() *pack.Library {
		t.Helper()
		l, err := pack.NewLibrary(packs.FS)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	_, n := lone(t, "alatau", "borovia")
	n.cfg.Texts = library()
	small, err := pack.Load(os.DirFS("../pack/testdata/small"))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := n.KeepText(ctx, "officer", small.Bytes()); err != nil {
			t.Fatal(err)
		}
	}
	trail, err := n.desk.Trail(ctx, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	kept := 0
	for _, e := range trail {
		if e.What == "text-keep" {
			kept++
		}
	}
	if kept != 1 {
		t.Errorf("it is entered in the trail %d times", kept)
	}
	n.cfg.Texts = library() // a restart
	if _, err := n.Text(ctx, "other", small.Digest()); !errors.Is(err, pack.ErrNotAtHand) {
		t.Errorf("under another id: %v", err)
	}
	if p, err := n.Text(ctx, "small", small.Digest()); err != nil || p.Digest() != small.Digest() {
		t.Errorf("after a restart: %v", err)
	}
	if n.Form(ctx, "small.notice", small.Digest()) == nil || n.Form(ctx, "small.notice", canon.Digest{}) != nil {
		t.Error("the form is known by its digest alone")
	}
	if err := n.db.Update(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "update node_texts set body = $1", []byte("another format"))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	n.cfg.Texts = library()
	if _, err := n.Text(ctx, "small", small.Digest()); !errors.Is(err, pack.ErrNotAtHand) {
		t.Errorf("what cannot be read: %v", err)
	}
}
