package proof

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"detente/act"
	"detente/checkpoint"
	"detente/key"
	"detente/roster"
	"golang.org/x/mod/sumdb/tlog"
)

// twoFaced is a world in which Alatau keeps two records that part at act 5.
func twoFaced(t testing.TB) (w *world, one, two *member) {
	t.Helper()
	w = newWorld(t)
	for range 5 {
		w.note(t, "alatau")
	}
	one, two = w.by["alatau"], w.by["alatau"].clone()
	for i := range 8 {
		w.note(t, "alatau")
		two.add(t, []byte("detente-act/v1\nanother act "+string(rune('a'+i))))
	}
	return w, one, two
}

func accuse(t testing.TB, m *Misconduct, k *roster.Keys) string {
	t.Helper()
	if m == nil {
		t.Fatal("no proof was made")
	}
	b, err := m.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseMisconduct(b)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, m) {
		t.Error("what was read is not what was written")
	}
	again, err := got.Bytes()
	if err != nil || !bytes.Equal(again, b) {
		t.Error("written again it differs")
	}
	s, err := got.Verify(k)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFork(t *testing.T) {
	w, one, two := twoFaced(t)
	a, b := one.sign(t, 9, noon), two.sign(t, 9, noon+60)
	got := accuse(t, Fork(a, b, "alatau"), w.keys(t))
	want := "Alatau signed two heads of its record " + string(one.set.Origin) +
		" of 9 entries with different roots, at 2026-11-23T12:00:00Z and at 2026-11-23T12:01:00Z."
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for name, m := range map[string]*Misconduct{
		"the same head":            Fork(a, a, "alatau"),
		"a heartbeat":              Fork(a, one.sign(t, 9, noon+60), "alatau"),
		"two sizes":                Fork(a, two.sign(t, 8, noon), "alatau"),
		"two records":              Fork(a, w.by["borovia"].sign(t, 0, noon), "alatau"),
		"nothing":                  Fork(a, checkpoint.Signed{}, "alatau"),
		"cosigners of one root":    Cosigner(one.cosign(t, one.tree(t, 9), noon), one.cosign(t, one.tree(t, 9), noon+1), "alatau"),
		"cosigners of two sizes":   Cosigner(one.cosign(t, one.tree(t, 9), noon), one.cosign(t, two.tree(t, 8), noon+1), "alatau"),
		"cosigners and nothing":    Cosigner(checkpoint.Cosigned{}, one.cosign(t, two.tree(t, 8), noon+1), "alatau"),
		"a valid act":              InvalidAct(one.leaves[2], 2, one.inclusion(t, 2, 9), a, "alatau"),
		"an act that is elsewhere": InvalidAct(two.leaves[7], 7, two.inclusion(t, 7, 9), a, "alatau"),
	} {
		if m != nil {
			t.Errorf("%s: a proof was made", name)
		}
	}
}

func TestInconsistent(t *testing.T) {
	w, one, two := twoFaced(t)
	for small := int64(6); small < 13; small++ {
		a, b := one.sign(t, small, noon), two.sign(t, 13, noon+60)
		m, err := Inconsistent(a, b, two, "alatau")
		if err != nil {
			t.Fatal(err)
		}
		if got := accuse(t, m, w.keys(t)); !strings.Contains(got, "that no one record can have") {
			t.Error(got)
		}
		m.Consistency = m.Consistency[1:]
		if _, err := m.Verify(w.keys(t)); err == nil {
			t.Errorf("size %d: a proof without its seed was accepted", small)
		}
	}
	for small := int64(1); small < 13; small++ {
		if m, err := Inconsistent(one.sign(t, small, noon), one.sign(t, 13, noon), one, "alatau"); m != nil || err != nil {
			t.Errorf("honest heads of %d and 13: %v %v", small, m, err)
		}
	}
	if m, err := Inconsistent(one.sign(t, 3, noon), one.sign(t, 13, noon), two, "alatau"); m != nil || err == nil {
		t.Error("entries of another tree made a proof or no error")
	}
	if _, err := Inconsistent(one.sign(t, 13, noon), one.sign(t, 3, noon), one, "alatau"); err == nil {
		t.Error("the larger first: no error")
	}
}

func TestInvalidAct(t *testing.T) {
	w, _, two := twoFaced(t)
	m := InvalidAct(two.leaves[7], 7, two.inclusion(t, 7, 13), two.sign(t, 13, noon), "alatau")
	if got := accuse(t, m, w.keys(t)); !strings.Contains(got, "as act 7, under a head signed at 2026-11-23T12:00:00Z, an act that is invalid") {
		t.Error(got)
	}
	valid := string(w.by["alatau"].leaves[0])
	for name, leaf := range map[string]string{
		"a later version":     strings.Replace(valid, "detente-act/v1", "detente-act/v3", 1),
		"garbage":             "garbage",
		"nothing":             "",
		"an unknown kind":     strings.Replace(valid, "kind statement", "kind gift", 1),
		"a reserved kind":     strings.Replace(valid, "kind statement", "kind proposal", 1),
		"a reserved kind too": strings.Replace(valid, "kind statement", "kind objection\nx y", 1),
		"a valid act":         valid,
	} {
		c := two.clone()
		i := c.add(t, []byte(leaf))
		head, p := c.sign(t, i+1, noon), c.inclusion(t, i, i+1)
		if m := InvalidAct([]byte(leaf), i, p, head, "alatau"); m != nil {
			t.Errorf("%s: a proof was made", name)
		}
		m := &Misconduct{Kind: KindInvalidAct, Against: "alatau", A: head.Bytes(), Leaf: []byte(leaf), Index: i, Inclusion: p}
		if s, err := m.Verify(w.keys(t)); err == nil {
			t.Errorf("%s: %s", name, s)
		}
	}
}

func TestCosignerContradictsItself(t *testing.T) {
	w, one, two := twoFaced(t)
	b := w.by["borovia"]
	x, y := b.cosign(t, one.tree(t, 9), noon), b.cosign(t, two.tree(t, 9), noon+60)
	if got := accuse(t, Cosigner(x, y, "borovia"), w.keys(t)); !strings.HasPrefix(got, "Borovia cosigned two different roots of the record "+string(one.set.Origin)+" of 9 entries with its key as mirror, at ") {
		t.Error(got)
	}
	z, err := checkpoint.Cosign(two.tree(t, 9), b.set.Witness, noon)
	if err != nil {
		t.Fatal(err)
	}
	if s, err := Cosigner(x, z, "borovia").Verify(w.keys(t)); err == nil {
		t.Error("a witness that was shown one tree and a mirror that was sent another made a proof: " + s)
	}
	other := w.by["cintra"].cosign(t, two.tree(t, 9), noon)
	if s, err := Cosigner(x, other, "borovia").Verify(w.keys(t)); err == nil {
		t.Error("two cosigners made one proof: " + s)
	}
}

// Whoever holds a retired key must not be able to accuse its former owner.
func TestRetiredCosignerKey(t *testing.T) {
	w, one, two := twoFaced(t)
	b := w.by["borovia"]
	x := b.cosign(t, one.tree(t, 9), noon)
	thief := newMember(t, "borovia")
	list := roster.NewCosignedList(b.signed)
	keyAct := w.rotate(t, b, key.Mirror, list, noon+100)
	y := thief.cosign(t, two.tree(t, 9), noon+60)
	m := Cosigner(x, y, "borovia")
	m.KeyActs = []Included{keyAct}
	if s, err := m.Verify(w.keys(t)); err == nil {
		t.Error("a stolen retired key accused: " + s)
	}
	k := w.keys(t)
	known := &Misconduct{Kind: m.Kind, Against: m.Against, A: m.A, B: m.B}
	if err := k.Change(roster.Change{Party: "borovia", Origin: b.set.Origin, Index: keyAct.Index, Role: key.Mirror, Payload: payload(t, keyAct.Leaf)}); err != nil {
		t.Fatal(err)
	}
	if s, err := known.Verify(k); err == nil {
		t.Error("a stolen retired key accused: " + s)
	}
	if _, ok := w.keys(t).Owner(b.set.Origin); !ok {
		t.Fatal("the world changed")
	}
	// What the list itself names speaks against its author.
	w2, one, two := twoFaced(t)
	b = w2.by["borovia"]
	x, y = b.cosign(t, one.tree(t, 9), noon), b.cosign(t, two.tree(t, 9), noon+60)
	m = Cosigner(x, y, "borovia")
	m.KeyActs = []Included{w2.rotate(t, b, key.Mirror, roster.NewCosignedList(b.signed), noon+100)}
	accuse(t, m, w2.keys(t))
}

func payload(t testing.TB, leaf []byte) []byte {
	t.Helper()
	a, err := act.Parse(leaf)
	if err != nil {
		t.Fatal(err)
	}
	return a.Payload
}

func TestForkUnderLaterKeys(t *testing.T) {
	w := newWorld(t)
	a := w.by["alatau"]
	w.note(t, "alatau")
	retired := *a.set.Record
	x := a.sign(t, 1, noon)
	keyAct := w.rotate(t, a, key.Record, nil, noon+100)
	two := a.clone()
	w.note(t, "alatau")
	two.add(t, []byte("x"))
	m := Fork(a.sign(t, 3, noon+200), two.sign(t, 3, noon+201), "alatau")
	if _, err := m.Verify(w.keys(t)); err == nil {
		t.Error("heads under a key that nobody entered were accepted")
	}
	m.KeyActs = []Included{keyAct}
	k := w.keys(t)
	accuse(t, m, k)
	if got, _ := k.Record(a.set.Origin, 3); got.Digest() != retired.Public.Digest() {
		t.Error("Verify changed the caller's keys")
	}
	// What the retired key signed beside the tree that the entering key fixed shows
	// nothing: it may have been stolen since.
	thief := newMember(t, "alatau")
	thief.add(t, []byte(strings.Replace(string(a.leaves[0]), "edition 1\n", "edition 01\n", 1)))
	stolen := Fork(x, thief.sign(t, 1, noon+1), "alatau")
	accuse(t, stolen, w.keys(t)) // before anybody knows of the rotation
	stolen.KeyActs = []Included{keyAct}
	if s, err := stolen.Verify(w.keys(t)); err == nil {
		t.Error("a stolen retired key accused: " + s)
	}
	bad := InvalidAct(thief.leaves[0], 0, thief.inclusion(t, 0, 1), thief.sign(t, 1, noon+1), "alatau")
	accuse(t, bad, w.keys(t))
	bad.KeyActs = []Included{keyAct}
	if s, err := bad.Verify(w.keys(t)); err == nil {
		t.Error("a stolen retired key accused: " + s)
	}
	m.KeyActs = []Included{{Leaf: keyAct.Leaf, Origin: keyAct.Origin, Index: keyAct.Index, Inclusion: keyAct.Inclusion, Head: x.Bytes()}}
	if _, err := m.Verify(w.keys(t)); err == nil {
		t.Error("a key act that is not included was accepted")
	}
}

func TestAgainstTheRightParty(t *testing.T) {
	w, one, two := twoFaced(t)
	m := Fork(one.sign(t, 9, noon), two.sign(t, 9, noon), "borovia")
	if s, err := m.Verify(w.keys(t)); err == nil {
		t.Error("Borovia was accused of Alatau's heads: " + s)
	}
	b := w.by["borovia"]
	c := Cosigner(b.cosign(t, one.tree(t, 9), noon), b.cosign(t, two.tree(t, 9), noon), "alatau")
	if s, err := c.Verify(w.keys(t)); err == nil {
		t.Error("Alatau was accused of Borovia's cosignatures: " + s)
	}
	m = Fork(one.sign(t, 9, noon), two.sign(t, 9, noon), "alatau")
	m.Kind = KindCosigner
	if s, err := m.Verify(w.keys(t)); err == nil {
		t.Error("heads were taken for cosignatures: " + s)
	}
	c.Kind, c.Against = KindFork, "borovia"
	if s, err := c.Verify(w.keys(t)); err == nil {
		t.Error("cosignatures were taken for heads: " + s)
	}
}

// honest are accusations made of honest material; none may verify.
func honest(t testing.TB) (*world, map[string]*Misconduct) {
	w := newWorld(t)
	for range 9 {
		w.note(t, "alatau")
	}
	a, b := w.by["alatau"], w.by["borovia"]
	p, err := proveSeeded(4, 9, a)
	if err != nil {
		t.Fatal(err)
	}
	q, err := proveSeeded(5, 9, a)
	if err != nil {
		t.Fatal(err)
	}
	v2 := newMember(t, "alatau")
	v2.set = v2.set.AtOrigin(v2.set.Origin.AtVolume(2))
	for i := range 9 {
		v2.add(t, []byte{byte(i)})
	}
	return w, map[string]*Misconduct{
		"two volumes, fork":         {Kind: KindFork, Against: "alatau", A: a.sign(t, 9, noon).Bytes(), B: v2.sign(t, 9, noon+60).Bytes()},
		"two volumes, inconsistent": {Kind: KindInconsistent, Against: "alatau", A: v2.sign(t, 5, noon).Bytes(), B: a.sign(t, 9, noon+60).Bytes(), Consistency: q},
		"two volumes, cosigner":     {Kind: KindCosigner, Against: "borovia", A: b.cosign(t, a.tree(t, 9), noon).Bytes(), B: b.cosign(t, v2.tree(t, 9), noon+60).Bytes()},
		"cosigner, two sizes":       {Kind: KindCosigner, Against: "borovia", A: b.cosign(t, a.tree(t, 8), noon).Bytes(), B: b.cosign(t, a.tree(t, 9), noon+60).Bytes()},
		"fork":                      {Kind: KindFork, Against: "alatau", A: a.sign(t, 9, noon).Bytes(), B: a.sign(t, 9, noon+60).Bytes()},
		"fork, two sizes":           {Kind: KindFork, Against: "alatau", A: a.sign(t, 8, noon).Bytes(), B: a.sign(t, 9, noon+60).Bytes()},
		"inconsistent 4":            {Kind: KindInconsistent, Against: "alatau", A: a.sign(t, 4, noon).Bytes(), B: a.sign(t, 9, noon+60).Bytes(), Consistency: p},
		"inconsistent 5":            {Kind: KindInconsistent, Against: "alatau", A: a.sign(t, 5, noon).Bytes(), B: a.sign(t, 9, noon+60).Bytes(), Consistency: q},
		"invalid act":               {Kind: KindInvalidAct, Against: "alatau", A: a.sign(t, 9, noon).Bytes(), Leaf: a.leaves[6], Index: 6, Inclusion: a.inclusion(t, 6, 9)},
		"cosigner":                  {Kind: KindCosigner, Against: "borovia", A: b.cosign(t, a.tree(t, 9), noon).Bytes(), B: b.cosign(t, a.tree(t, 9), noon+60).Bytes()},
	}
}

// Damage on the line never becomes an accusation: every byte of honest material
// is changed in turn, in the two ways that keep most of it well formed.
func TestDamageNeverAccuses(t *testing.T) {
	w, all := honest(t)
	k := w.keys(t)
	for name, m := range all {
		if s, err := m.Verify(k); err == nil {
			t.Fatalf("%s: honest material accuses: %s", name, s)
		}
		var hashes [][]byte
		c := *m
		c.A, c.B, c.Leaf = bytes.Clone(m.A), bytes.Clone(m.B), bytes.Clone(m.Leaf)
		c.Consistency, c.Inclusion = slices.Clone(m.Consistency), slices.Clone(m.Inclusion)
		for i := range c.Consistency {
			hashes = append(hashes, c.Consistency[i][:])
		}
		for i := range c.Inclusion {
			hashes = append(hashes, c.Inclusion[i][:])
		}
		for _, part := range append(hashes, c.A, c.B, c.Leaf) {
			for i := range part {
				for _, x := range []byte{1, 2} {
					part[i] ^= x
					if s, err := c.Verify(k); err == nil {
						t.Fatalf("%s: byte %d: %s", name, i, s)
					}
					part[i] ^= x
				}
			}
		}
		for _, i := range []int64{0, 1, 5, 7, 8, 9} {
			c.Index = i
			if s, err := c.Verify(k); err == nil && i != m.Index {
				t.Fatalf("%s at index %d: %s", name, i, s)
			}
		}
		for n := range m.Consistency {
			c.Consistency = m.Consistency[:n]
			if s, err := c.Verify(k); err == nil {
				t.Fatalf("%s with %d hashes: %s", name, n, s)
			}
		}
	}
}

// The same with the bytes of the file, where the frame's own digest stands first.
func TestDamagedProofsOfMisconductAreRefused(t *testing.T) {
	w, one, two := twoFaced(t)
	m := Fork(one.sign(t, 9, noon), two.sign(t, 9, noon+60), "alatau")
	b, err := m.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	for i := range b {
		if _, err := ParseMisconduct(flip(b, i)); err == nil {
			t.Fatalf("byte %d: accepted", i)
		}
	}
	for name, m := range map[string]*Misconduct{
		"unknown kind": {Kind: "late", Against: "alatau", A: m.A, B: m.B},
		"no party":     {Kind: KindFork, A: m.A, B: m.B},
		"no note":      {Kind: KindFork, Against: "alatau", A: m.A},
		"no act":       {Kind: KindInvalidAct, Against: "alatau", A: m.A},
		"huge note":    {Kind: KindFork, Against: "alatau", A: m.A, B: make([]byte, maxNote+1)},
		"many hashes":  {Kind: KindInconsistent, Against: "alatau", A: m.A, B: m.B, Consistency: make(tlog.TreeProof, maxHashes+1)},
		"path":         {Kind: KindFork, Against: "../alatau", A: m.A, B: m.B},
	} {
		if _, err := m.Bytes(); err == nil {
			t.Errorf("%s: written", name)
		}
		if _, err := m.Verify(w.keys(t)); err == nil {
			t.Errorf("%s: verified", name)
		}
	}
}

// bothRoots agrees with sumdb/tlog on what is consistent.
func TestBothRootsAgainstTlog(t *testing.T) {
	m := &member{id: "alatau"}
	const most = 70
	for i := range most {
		m.add(t, []byte{byte(i)})
	}
	rnd := rand.New(rand.NewPCG(1, 1))
	for large := int64(2); large <= most; large++ {
		for small := int64(1); small < large; small++ {
			p, err := proveSeeded(small, large, m)
			if err != nil {
				t.Fatal(err)
			}
			first, second, err := bothRoots(p, small, large)
			rootS, _ := tlog.TreeHash(small, m)
			rootL, _ := tlog.TreeHash(large, m)
			if err != nil || first != rootS || second != rootL {
				t.Fatalf("%d of %d: %v", small, large, err)
			}
			if _, _, err := bothRoots(append(slices.Clip(p), tlog.Hash{}), small, large); err == nil {
				t.Fatalf("%d of %d: a hash more was accepted", small, large)
			}
			if _, _, err := bothRoots(p[:len(p)-1], small, large); err == nil {
				t.Fatalf("%d of %d: a hash less was accepted", small, large)
			}
			p[rnd.IntN(len(p))][rnd.IntN(32)] ^= 1
			if _, second, _ := bothRoots(p, small, large); second == rootL {
				t.Fatalf("%d of %d: another hash led to the same root", small, large)
			}
		}
	}
	for _, sizes := range [][2]int64{{0, 5}, {5, 5}, {6, 5}, {-1, 5}, {1, 1 << 62}} {
		if _, _, err := bothRoots(tlog.TreeProof{{}}, sizes[0], sizes[1]); err == nil {
			t.Errorf("sizes %v were accepted", sizes)
		}
	}
}
