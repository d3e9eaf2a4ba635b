package node

import (
	"bytes"
	"fmt"
	"io"
	"testing"
)

// A long file is taken in pieces, each of them small; one with a fault at its end
// is refused before anything of it is taken.
func TestLongFileIsTakenInPieces(t *testing.T) {
	ctx := t.Context()
	tw, a := lone(t, "alatau", "borovia", "cintra")
	cfg := tw.cfgs["borovia"]
	b, err := Open(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	f := tw.forge(t, "cintra", 1)
	f.add(f.statement("CIN/2026/1", "borovia"))
	if err := a.receive(ctx, "cintra", tw.arrivalOf("cintra", f.incoming())); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if err := a.TestOnlyAppend(ctx, openActs(a, 100*i, 100, bytes.Repeat([]byte("x"), 60_000))); err != nil {
			t.Fatal(err)
		}
	}
	var file bytes.Buffer
	if _, err := a.Export(ctx, &file, "borovia", nil); err != nil {
		t.Fatal(err)
	}
	whole := file.Bytes()
	damaged := bytes.Clone(whole)
	damaged[len(damaged)-3] ^= 1
	none := func() {
		t.Helper()
		if size, err := b.heldSize(ctx, a.origin); err != nil || size != 0 {
			t.Fatalf("%d acts of a refused file were taken, %v", size, err)
		}
	}
	if _, err := b.importPieces(ctx, bytes.NewReader(damaged), 1<<20, 32<<20); err == nil {
		t.Fatal("a damaged file was taken")
	}
	none()
	if _, err := b.importPieces(ctx, bytes.NewReader(whole), 1<<20, 2<<20); err == nil {
		t.Fatal("a file with too much between two checkpoints was taken")
	}
	none()
	pieces := &counted{Reader: bytes.NewReader(whole)}
	rep, err := b.importPieces(ctx, pieces, 1<<20, 32<<20)
	if err != nil {
		t.Fatal(err)
	}
	if size, err := b.heldSize(ctx, a.origin); err != nil || size != 300 || rep.Records[a.origin] != [2]int64{0, 300} {
		t.Errorf("%d acts, report %v, %v", size, rep.Records, err)
	}
	if size, err := b.heldSize(ctx, f.origin); err != nil || size != 1 {
		t.Errorf("%d acts of the other record, %v", size, err)
	}
	look, err := b.ReadCarried(ctx, bytes.NewReader(whole))
	if err != nil || fmt.Sprint(look.Blobs, look.Cosigs) != fmt.Sprint(rep.Blobs, rep.Cosigs) {
		t.Errorf("a look says %+v, %v", look, err)
	}
	if pieces.seeks != 1 {
		t.Errorf("it went back %d times", pieces.seeks)
	}
}

type counted struct {
	*bytes.Reader
	seeks int
}

func (c *counted) Seek(off int64, from int) (int64, error) {
	c.seeks++
	return c.Reader.Seek(off, from)
}

var _ io.ReadSeeker = (*counted)(nil)
