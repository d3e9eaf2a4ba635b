package record

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"detente/checkpoint"
)

// clocks are authors and cosigners whose times rise with the size, and others.
var clocks = map[string]func(rnd *rand.Rand, size int64) int64{
	"honest": func(rnd *rand.Rand, size int64) int64 { return 1000 + 10*size + rnd.Int64N(8) },
	"jumps":  func(rnd *rand.Rand, size int64) int64 { return 1000 + rnd.Int64N(400) },
}

// TestHeadsInRuns: what is answered from a run is what the functions answer.
func TestHeadsInRuns(t *testing.T) {
	for name, clock := range clocks {
		rnd := rand.New(rand.NewPCG(7, 1))
		db := openStore(t)
		extend(t, db, load(t, db, origin), leaves(0, 60))
		var all []said
		for range 25 {
			size := 3 + rnd.Int64N(50)
			all = append(all, said{size, clock(rnd, size)})
		}
		for _, s := range signedHeads(t, all) {
			saveHead(t, db, s, false)
		}
		answered := 0
		for _, most := range []int{1, 2, 5, 512} {
			ascending, random := NewHeads(db, origin, most), NewHeads(db, origin, most)
			for i := range int64(60) {
				answered += compareRun(t, db, name, ascending, i, 900+rnd.Int64N(700))
				compareRun(t, db, name, random, rnd.Int64N(60), 900+rnd.Int64N(700))
			}
		}
		if answered == 0 {
			t.Fatalf("%s: nothing was answered", name)
		}
	}
}

// compareRun compares what covers n entries, and what does not.
func compareRun(t *testing.T, db *sql.DB, name string, h *Heads, n, until int64) int {
	t.Helper()
	bare := func(s Stored, ok bool, err error) string {
		return fmt.Sprint(s.Head, s.Time, ok, err)
	}
	got, ok, err := h.At(ctx, n)
	want, wanted, wrong := At(ctx, db, origin, n)
	if bare(got, ok, err) != bare(want, wanted, wrong) {
		t.Errorf("%s: at %d: %s instead of %s", name, n, bare(got, ok, err), bare(want, wanted, wrong))
	}
	got, before, err := h.BeforeUntil(ctx, n, until)
	want, wanted, wrong = BeforeUntil(ctx, db, origin, n, until)
	if bare(got, before, err) != bare(want, wanted, wrong) {
		t.Errorf("%s: before %d until %d: %s instead of %s", name, n, until, bare(got, before, err), bare(want, wanted, wrong))
	}
	if ok && before {
		return 1
	}
	return 0
}

// TestCosignedInRuns: what is answered from a run is what the functions answer.
func TestCosignedInRuns(t *testing.T) {
	secrets, ref := cosigners(t), newReference(t, 64)
	for name, clock := range clocks {
		rnd := rand.New(rand.NewPCG(8, 1))
		db := openStore(t)
		extend(t, db, load(t, db, origin), leaves(0, 60))
		for range 60 {
			size := 1 + rnd.Int64N(55)
			c := cosign(t, secrets[rnd.IntN(len(secrets))], checkpoint.Head{Origin: origin, Size: size, Root: ref.root(t, size)}, clock(rnd, size))
			update(t, db, func(tx *sql.Tx) error {
				_, err := SaveCosigned(ctx, tx, c)
				return err
			})
		}
		some := 0
		for _, width := range []int64{1, 7, 60} {
			for from := int64(0); from < 60; from += width {
				to := min(60, from+width)
				c, err := ReadCosigned(ctx, db, origin, from, to)
				if err != nil {
					t.Fatal(err)
				}
				for n := from + 1; n <= to; n++ {
					some += compareCosigned(t, db, name, c, n)
				}
				if _, err := c.Over(ctx, to+1); err == nil {
					t.Errorf("%s: an entry outside of the run is answered for", name)
				}
			}
		}
		if some == 0 {
			t.Fatalf("%s: nothing was answered", name)
		}
	}
}

func compareCosigned(t *testing.T, db *sql.DB, name string, c *Cosigned, n int64) int {
	t.Helper()
	bare := func(list []StoredCosig) string {
		list = slices.Clone(list)
		for i := range list {
			list[i].Note = nil
		}
		return fmt.Sprint(list)
	}
	got, err := c.Over(ctx, n)
	if err != nil {
		t.Fatal(err)
	}
	want, err := Cosignatures(ctx, db, origin, n)
	if err != nil || bare(got) != bare(want) {
		t.Fatalf("%s: over %d: %s instead of %s, %v", name, n, bare(got), bare(want), err)
	}
	for _, s := range cosigners(t) {
		by := s.Public.Name
		want, err := CosignaturesBy(ctx, db, origin, by, n, 1)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := c.FirstBy(n, by)
		if ok != (len(want) > 0) || ok && bare([]StoredCosig{got}) != bare(want) {
			t.Errorf("%s: first of %s over %d: %v, %v instead of %v", name, by, n, got, ok, want)
		}
	}
	return len(want)
}
