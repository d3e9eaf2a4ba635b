package record

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"detente/checkpoint"
	"detente/key"
	"detente/party"
	"golang.org/x/mod/sumdb/tlog"
)

// said is one signature of a model: who signed which size when.
type said struct{ size, time int64 }

// signedHeads makes checkpoints of a record of leaf(0), leaf(1) …
func signedHeads(t *testing.T, all []said) []checkpoint.Signed {
	t.Helper()
	k, ref := keys(t, origin), newReference(t, 64)
	out := make([]checkpoint.Signed, len(all))
	for i, s := range all {
		out[i] = sign(t, k, checkpoint.Head{Origin: origin, Size: s.size, Root: ref.root(t, s.size)}, s.time)
	}
	return out
}

// modelKept is what must be kept of all: of each size the earliest and the latest.
func modelKept(all []said) []said {
	var kept []said
	for _, s := range all {
		first, last := s.time, s.time
		for _, other := range all {
			if other.size == s.size {
				first, last = min(first, other.time), max(last, other.time)
			}
		}
		if (s.time == first || s.time == last) && !slices.Contains(kept, s) {
			kept = append(kept, s)
		}
	}
	return kept
}

// TestHeadsWhateverTheOrder gives the same checkpoints of an author whose clock
// jumps, in many orders, before, between and after the entries.
func TestHeadsWhateverTheOrder(t *testing.T) {
	all := []said{
		{0, 50}, {3, 100}, {3, 130}, {3, 110}, {5, 131}, {5, 140}, {9, 900}, {9, 901}, {12, 120}, {20, 150}, {20, 160}, {20, 170}, {33, 95},
	}
	heads := signedHeads(t, all)
	kept := modelKept(all)
	for seed := range uint64(12) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		db := openStore(t)
		l := load(t, db, origin)
		size := int64(0)
		for _, i := range rnd.Perm(len(all)) {
			if next := size + rnd.Int64N(8); seed > 0 && next <= 40 {
				extend(t, db, l, leaves(size, next))
				size = next
			}
			saveHead(t, db, heads[i], false)
			saveHead(t, db, heads[i], false)
		}
		extend(t, db, l, leaves(size, 40))
		checkAll(t, db)
		compareHeads(t, db, kept)
	}
}

func compareHeads(t *testing.T, db *sql.DB, kept []said) {
	t.Helper()
	var n int
	if err := db.QueryRow(`select count(*) from record_notes`).Scan(&n); err != nil || n != len(kept) {
		t.Errorf("%d notes are kept, %d should be (%v)", n, len(kept), err)
	}
	got, ok, err := Latest(ctx, db, origin)
	if err != nil || !ok || got.Head.Size != 33 || got.Time != 95 {
		t.Errorf("latest is %d at %d, %v, %v", got.Head.Size, got.Time, ok, err)
	}
	for n := range int64(36) {
		at, before := said{size: -1}, said{size: -1}
		for _, s := range kept {
			if s.size >= n && (at.size < 0 || s.size < at.size || s.size == at.size && s.time < at.time) {
				at = s
			}
			if s.size <= n && (before.size < 0 || s.time > before.time) {
				before = s
			}
		}
		if got, ok, err := At(ctx, db, origin, n); err != nil || ok != (at.size >= 0) || ok && (said{got.Head.Size, got.Time}) != at {
			t.Errorf("at %d: %d at %d, %v, %v instead of %v", n, got.Head.Size, got.Time, ok, err, at)
		}
		if got, ok, err := Before(ctx, db, origin, n); err != nil || ok != (before.size >= 0) || ok && got.Time != before.time {
			t.Errorf("before %d: %d at %d, %v, %v instead of %v", n, got.Head.Size, got.Time, ok, err, before)
		}
		for _, until := range []int64{49, 94, 100, 125, 139, 155, 500, 900, 2000} {
			want := int64(-1)
			for _, s := range kept {
				if s.size <= n && s.time <= until {
					want = max(want, s.time)
				}
			}
			if got, ok, err := BeforeUntil(ctx, db, origin, n, until); err != nil || ok != (want >= 0) || ok && got.Time != want {
				t.Errorf("before %d until %d: %d, %v, %v instead of %d", n, until, got.Time, ok, err, want)
			}
		}
	}
}

// TestHeartbeatsTakeNoRoom: a tree signed a thousand times takes two rows.
func TestHeartbeatsTakeNoRoom(t *testing.T) {
	db, k := openStore(t), keys(t, origin)
	l := load(t, db, origin)
	extend(t, db, l, leaves(0, 3))
	const beats = 50
	for i := range int64(beats) {
		saveHead(t, db, sign(t, k, l.Head(), 1000+i), true)
	}
	var n int
	if err := db.QueryRow(`select count(*) from record_notes`).Scan(&n); err != nil || n != 2 {
		t.Fatalf("%d rows, %v", n, err)
	}
	s, ok, err := Latest(ctx, db, origin)
	if err != nil || !ok || s.Time != 1000+beats-1 || s.Head != l.Head() {
		t.Fatal(s, ok, err)
	}
	if first, _, err := At(ctx, db, origin, 1); err != nil || first.Time != 1000 {
		t.Fatal(first.Time, err)
	}
	note, err := checkpoint.ParseNote(s.Note)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := note.Verify(k.Record.Public); err != nil || again.Time() != s.Time {
		t.Fatal(again.Time(), err)
	}
	checkAll(t, db)
}

func TestOwnHeadsMustFollow(t *testing.T) {
	db, k := openStore(t), keys(t, origin)
	l := load(t, db, origin)
	extend(t, db, l, leaves(0, 3))
	at3 := l.Head()
	saveHead(t, db, sign(t, k, at3, 1000), true)
	extend(t, db, l, leaves(3, 5))
	saveHead(t, db, sign(t, k, l.Head(), 1000), true)
	before := dump(t, db)
	wrong := l.Head()
	wrong.Root[0] ^= 1
	ahead := l.Head()
	ahead.Size++
	for name, s := range map[string]checkpoint.Signed{
		"an earlier time": sign(t, k, l.Head(), 999), "a smaller size": sign(t, k, at3, 2000), "another root": sign(t, k, wrong, 2000),
		"entries that are not there": sign(t, k, ahead, 2000), "nothing": {},
	} {
		if err := tryUpdate(db, func(tx *sql.Tx) error { return SaveHead(ctx, tx, s, true) }); err == nil {
			t.Errorf("an own checkpoint with %s was stored", name)
		}
	}
	if dump(t, db) != before {
		t.Error("what was refused left something behind")
	}
}

// TestSignedAhead: checkpoints may come before their entries, and the entries
// are then held to them.
func TestSignedAhead(t *testing.T) {
	db, k, ref := openStore(t), keys(t, origin), newReference(t, 20)
	head := func(n int64) checkpoint.Head { return checkpoint.Head{Origin: origin, Size: n, Root: ref.root(t, n)} }
	saveHead(t, db, sign(t, k, head(10), 1000), false)
	if _, ok, err := Served(ctx, db, origin); ok || err != nil {
		t.Fatal("a checkpoint without its entries is served", err)
	}
	l := load(t, db, origin)
	if l.Head().Size != 0 {
		t.Fatal("a checkpoint alone made the record grow")
	}
	other := [][]byte{[]byte("another entry")}
	before := dump(t, db)
	err := tryUpdate(db, func(tx *sql.Tx) error {
		e, err := l.Extend(ctx, tx, leaves(0, 4))
		if err != nil {
			return err
		}
		_, err = e.Extend(ctx, tx, slices.Concat(other, leaves(5, 15)))
		return err
	})
	var c *Contradiction
	if !errors.As(err, &c) || c.Size != 10 || dump(t, db) != before {
		t.Fatalf("entries that disagree with a stored checkpoint: %v", err)
	}
	fork := head(10)
	fork.Root[3] ^= 4
	forked := sign(t, k, fork, 1001)
	err = tryUpdate(db, func(tx *sql.Tx) error { return SaveHead(ctx, tx, forked, false) })
	if !errors.As(err, &c) || !bytes.Equal(c.Given, forked.Bytes()) || c.Held == nil || c.Root != head(10).Root {
		t.Fatalf("a second checkpoint of one size: %v", err)
	}
	extend(t, db, l, leaves(0, 12))
	if s, ok, err := Served(ctx, db, origin); err != nil || !ok || s.Head != head(10) {
		t.Fatal(s, ok, err)
	}
	checkAll(t, db)
}

// TestContradictionProves: what SaveHead returns for a fork convinces a third.
func TestContradictionProves(t *testing.T) {
	db, k := openStore(t), keys(t, origin)
	l := load(t, db, origin)
	extend(t, db, l, leaves(0, 7))
	extend(t, db, l, leaves(7, 11))
	saveHead(t, db, sign(t, k, l.Head(), 1000), false)
	forked := sign(t, k, checkpoint.Head{Origin: origin, Size: 7, Root: tlog.Hash{7}}, 900)
	err := tryUpdate(db, func(tx *sql.Tx) error { return SaveHead(ctx, tx, forked, false) })
	var c *Contradiction
	if !errors.As(err, &c) {
		t.Fatal(err)
	}
	held, err := checkpoint.ParseNote(c.Held)
	if err != nil {
		t.Fatal(err)
	}
	if err := tlog.CheckTree(c.Proof, held.Head.Size, held.Head.Root, c.Size, c.Root); err != nil {
		t.Fatal(err)
	}
	if c.Root == forked.Head().Root || c.Size != 7 || held.Head.Size != 11 {
		t.Fatalf("%d with %d", c.Size, held.Head.Size)
	}
}

// cosigners are the mirrors and witnesses of two parties, and a mirror key that
// follows the first.
func cosigners(t *testing.T) []*key.CosignerSecret {
	t.Helper()
	b, c := keys(t, "borovia/00000001"), keys(t, "cintra/00000002")
	after := keys(t, "dovania/00000003").Mirror.WithName(b.Mirror.Public.Name)
	return []*key.CosignerSecret{b.Mirror, b.Witness, c.Mirror, c.Witness, after}
}

type cosigned struct {
	by int
	said
}

func TestCosignaturesWhateverTheOrder(t *testing.T) {
	secrets, ref := cosigners(t), newReference(t, 64)
	var all []cosigned
	rnd := rand.New(rand.NewPCG(1, 4))
	for by := range secrets {
		for _, size := range []int64{4, 9, 9, 9, 17, 30} {
			// The first two have honest clocks; those of the others jump.
			s := said{size, 1000 + 10*size + int64(len(all))}
			if by > 1 {
				s.time = 1000 + rnd.Int64N(300)
			}
			all = append(all, cosigned{by, s})
		}
	}
	notes := make([]checkpoint.Cosigned, len(all))
	for i, c := range all {
		notes[i] = cosign(t, secrets[c.by], checkpoint.Head{Origin: origin, Size: c.size, Root: ref.root(t, c.size)}, c.time)
	}
	for seed := range uint64(6) {
		db := openStore(t)
		extend(t, db, load(t, db, origin), leaves(0, 40))
		for _, i := range rand.New(rand.NewPCG(seed, 5)).Perm(len(all)) {
			update(t, db, func(tx *sql.Tx) error {
				_, err := SaveCosigned(ctx, tx, notes[i])
				return err
			})
			update(t, db, func(tx *sql.Tx) error {
				if again, err := SaveCosigned(ctx, tx, notes[i]); err != nil || again {
					return fmt.Errorf("saved twice: %v, %w", again, err)
				}
				return nil
			})
		}
		checkAll(t, db)
		compareCosigs(t, db, secrets, all)
	}
}

// compareCosigs compares with a model that keeps everything.
func compareCosigs(t *testing.T, db *sql.DB, secrets []*key.CosignerSecret, all []cosigned) {
	t.Helper()
	kept := 0
	for by := range secrets {
		var mine []said
		for _, c := range all {
			if c.by == by {
				mine = append(mine, c.said)
			}
		}
		kept += len(modelKept(mine))
	}
	since, err := CosignaturesSince(ctx, db, 0, MaxPage)
	if err != nil || len(since) != kept {
		t.Errorf("%d cosignatures since the beginning, %d should be kept, %v", len(since), kept, err)
	}
	for n := range int64(35) {
		got, err := Cosignatures(ctx, db, origin, n)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.IsSortedFunc(got, func(a, b StoredCosig) int { return int(a.Time - b.Time) }) {
			t.Errorf("cosignatures covering %d are not in order of time", n)
		}
		for by, secret := range secrets {
			want, have := int64(-1), int64(-1)
			for _, c := range all {
				if c.by == by && c.size >= n && (want < 0 || c.time < want) {
					want = c.time
				}
			}
			for _, c := range got {
				note, err := checkpoint.ParseNote(c.Note)
				if err != nil {
					t.Fatal(err)
				}
				if v, err := note.VerifyCosigned(secret.Public); err == nil && v.Time() == c.Time && c.Head.Size >= n && (have < 0 || c.Time < have) {
					have = c.Time
				}
			}
			if have != want {
				t.Errorf("earliest of %d covering %d is %d instead of %d", by, n, have, want)
			}
		}
	}
}

func TestCosignaturesByAndSince(t *testing.T) {
	db, secrets := openStore(t), cosigners(t)
	l := load(t, db, origin)
	name := secrets[0].Public.Name
	for i := range int64(6) {
		extend(t, db, l, leaves(i, i+1))
		update(t, db, func(tx *sql.Tx) error {
			for _, s := range []*key.CosignerSecret{secrets[0], secrets[4], secrets[2]} {
				if isNew, err := SaveCosigned(ctx, tx, cosign(t, s, l.Head(), 1000+i)); err != nil || !isNew {
					return fmt.Errorf("%v: %w", isNew, err)
				}
			}
			return nil
		})
	}
	by, err := CosignaturesBy(ctx, db, origin, name, 3, 100)
	if err != nil || len(by) != 8 || by[0].Head.Size != 3 || by[0].By != name {
		t.Fatalf("%d by name, %v", len(by), err)
	}
	if few, err := CosignaturesBy(ctx, db, origin, name, 3, 3); err != nil || len(few) != 3 {
		t.Fatalf("%d of 3, %v", len(few), err)
	}
	list, err := CosignedBy(ctx, db, name)
	if err != nil || len(list) != 12 || list[0].Note != nil || list[11].Head != l.Head() {
		t.Fatalf("%d listed, %v", len(list), err)
	}
	var seqs []int64
	for from := int64(0); ; {
		page, err := CosignaturesSince(ctx, db, from, 5)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, c := range page {
			seqs = append(seqs, c.Seq)
		}
		from = page[len(page)-1].Seq
	}
	if len(seqs) != 18 || !slices.IsSorted(seqs) || len(slices.Compact(slices.Clone(seqs))) != 18 {
		t.Fatalf("numbers %v", seqs)
	}
	for i, want := range []struct{ size, at int64 }{{6, 1005}, {0, 0}, {6, 1005}, {0, 0}, {6, 1005}} {
		k := secrets[i].Public
		if size, at, err := LastCosigned(ctx, db, origin, k.Name, k.IDs()[0]); err != nil || size != want.size || at != want.at {
			t.Errorf("last of %s: %d at %d, %v", k.Name, size, at, err)
		}
	}
	kept, err := CosignaturesBy(ctx, db, origin, name, 6, 1)
	if err != nil || len(kept) != 1 {
		t.Fatalf("%d kept, %v", len(kept), err)
	}
	held := kept[0].Note
	for _, c := range []struct {
		what   string
		h      checkpoint.Head
		by     string
		note   []byte
		expect bool
	}{
		{"as it is", l.Head(), name, held, true},
		{"at another time", l.Head(), name, cosign(t, secrets[0], l.Head(), 1006).Bytes(), false},
		{"under another name", l.Head(), secrets[1].Public.Name, held, false},
		{"of another size", checkpoint.Head{Origin: origin, Size: 5, Root: l.Head().Root}, name, held, false},
		{"of another record", checkpoint.Head{Origin: "borovia/00000001", Size: 6, Root: l.Head().Root}, name, held, false},
		{"with a byte changed", l.Head(), name, append(slices.Clone(held), '\n'), false},
	} {
		if is, err := HoldsCosigned(ctx, db, c.h, c.by, secrets[0].Public.IDs()[0], c.note); err != nil || is != c.expect {
			t.Errorf("held %s: %v, %v", c.what, is, err)
		}
	}
	// A later one displaces the latest of its size under a new number; the earliest stays.
	update(t, db, func(tx *sql.Tx) error {
		for _, at := range []int64{2000, 3000, 2500} {
			if _, err := SaveCosigned(ctx, tx, cosign(t, secrets[0], l.Head(), at)); err != nil {
				return err
			}
		}
		return nil
	})
	fresh, err := CosignaturesSince(ctx, db, 18, 10)
	if err != nil || len(fresh) != 1 || fresh[0].Time != 3000 || fresh[0].Seq <= 18 {
		t.Fatalf("%v, %v", fresh, err)
	}
	covering, err := Cosignatures(ctx, db, origin, 6)
	if err != nil || len(covering) != 4 || covering[0].Time != 1005 || covering[3].Time != 3000 {
		t.Fatalf("%d covering, %v", len(covering), err)
	}
	checkAll(t, db)
}

func TestCosignaturesRefused(t *testing.T) {
	db, k, secrets := openStore(t), keys(t, origin), cosigners(t)
	save := func(c checkpoint.Cosigned) error {
		return tryUpdate(db, func(tx *sql.Tx) error { _, err := SaveCosigned(ctx, tx, c); return err })
	}
	ref := newReference(t, 20)
	head := func(n int64) checkpoint.Head { return checkpoint.Head{Origin: origin, Size: n, Root: ref.root(t, n)} }
	if err := save(checkpoint.Cosigned{}); err == nil {
		t.Error("the zero value was stored")
	}
	if err := save(cosign(t, secrets[0], head(3), 1000)); !errors.Is(err, ErrNotHeld) {
		t.Errorf("over an unknown record: %v", err)
	}
	l := load(t, db, origin)
	extend(t, db, l, leaves(0, 8))
	if err := save(cosign(t, secrets[0], head(12), 1000)); !errors.Is(err, ErrNotHeld) {
		t.Errorf("over a tree that nobody signed: %v", err)
	}
	if err := save(cosign(t, secrets[0], head(5), 1000)); err != nil {
		t.Error(err)
	}
	// The same cosigner over another tree: its own words contradict.
	liar := cosign(t, secrets[0], checkpoint.Head{Origin: origin, Size: 4, Root: tlog.Hash{1}}, 1001)
	var c *Contradiction
	if err := save(liar); !errors.As(err, &c) || c.Held == nil || len(c.Proof) == 0 {
		t.Errorf("over another tree: %v", err)
	}
	// A cosigner that never signed before: nothing of its own to hold against it.
	before := dump(t, db)
	update(t, db, func(tx *sql.Tx) error {
		_, err := SaveCosigned(ctx, tx, cosign(t, secrets[2], checkpoint.Head{Origin: origin, Size: 4, Root: tlog.Hash{1}}, 1001))
		if !errors.As(err, &c) || c.Held != nil {
			t.Errorf("over another tree, the first time: %v", err)
		}
		return nil // the rest of the transaction goes on
	})
	if dump(t, db) != before {
		t.Error("what was refused left something behind")
	}
	saveHead(t, db, sign(t, k, head(12), 1000), false)
	if err := save(cosign(t, secrets[0], head(12), 1002)); err != nil {
		t.Errorf("over a signed tree whose entries have not come: %v", err)
	}
	if err := save(cosign(t, secrets[0], checkpoint.Head{Origin: origin, Size: 12, Root: tlog.Hash{1}}, 1003)); !errors.As(err, &c) || c.Held == nil {
		t.Errorf("over a fork of it: %v", err)
	}
	// What it signed ahead is not held against what it says of entries held here,
	// as there is no proof between the two yet.
	update(t, db, func(tx *sql.Tx) error {
		_, err := SaveCosigned(ctx, tx, cosign(t, secrets[3], head(12), 1002))
		return err
	})
	if err := save(cosign(t, secrets[3], checkpoint.Head{Origin: origin, Size: 4, Root: tlog.Hash{1}}, 1003)); !errors.As(err, &c) || c.Held != nil {
		t.Errorf("over another tree, after one ahead: %v", err)
	}
	extend(t, db, l, leaves(8, 15))
	checkAll(t, db)
	if all, err := CosignaturesSince(ctx, db, 0, -1); err != nil || len(all) != 0 {
		t.Errorf("a negative limit gave %d, %v", len(all), err)
	}
	if all, err := Cosignatures(ctx, db, party.Origin("elbria/00000009"), 0); err != nil || len(all) != 0 {
		t.Errorf("an unknown record gave %d, %v", len(all), err)
	}
}
