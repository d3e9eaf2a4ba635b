package discreet

import (
	"bytes"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"testing"

	"detente/act"
	"detente/party"
	"detente/seal"
	"filippo.io/age"
	"golang.org/x/mod/sumdb/tlog"
)

const author = party.Origin("alatau/1f2e3d4c")

var group = party.Group{1, 2, 3}

func identity(t testing.TB) *age.HybridIdentity {
	t.Helper()
	id, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func statement(text string, to ...party.ID) *act.Act {
	return &act.Act{Group: group, Edition: 1, Kind: act.Statement, Status: act.Actual, To: to, Thread: "ALA/2026/17",
		Life: act.New, PayloadType: "text/plain", Payload: []byte(text)}
}

func delivered() *act.Act {
	return &act.Act{Group: group, Edition: 1, Kind: act.Delivered, Status: act.Actual, To: []party.ID{"borovia"},
		Answers: act.Ref{Origin: "borovia/00000001", Index: 4, Leaf: tlog.RecordHash([]byte("x"))}}
}

func sealFor(t testing.TB, a *act.Act, least Shape, ids ...*age.HybridIdentity) *Sealed {
	t.Helper()
	var to []*age.HybridRecipient
	for _, id := range ids {
		to = append(to, id.Recipient())
	}
	s, err := Seal(rand.Reader, author, a, to, least)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Each addressee opens what was sealed, from any place; a stranger does not, and what
// lies outside is the same whatever is inside.
func TestSealAndOpen(t *testing.T) {
	t.Parallel()
	ids := []*age.HybridIdentity{identity(t), identity(t), identity(t)}
	a := statement("We propose a meeting.", "borovia", "cintra", "dovania")
	s := sealFor(t, a, Shape{}, ids...)
	want, err := a.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	for i, id := range ids {
		got, err := Open(author, s.Act, s.Ciphertext, []*age.HybridIdentity{identity(t), id})
		if err != nil {
			t.Fatalf("addressee %d: %v", i, err)
		}
		if b, err := got.Bytes(); err != nil || !bytes.Equal(b, want) {
			t.Errorf("addressee %d reads %q, %v", i, b, err)
		}
	}
	if _, err := Open(author, s.Act, s.Ciphertext, []*age.HybridIdentity{identity(t)}); !errors.Is(err, seal.ErrNotForUs) {
		t.Errorf("a stranger: %v", err)
	}
	if got, err := OpenWithFileKey(author, s.Act, s.Ciphertext, s.FileKey); err != nil || got.Thread != a.Thread {
		t.Errorf("with the file key: %v, %v", got, err)
	}
	outside, err := s.Act.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	for _, hidden := range []string{"borovia", "cintra", "ALA", "statement", "actual", "text/plain"} {
		if bytes.Contains(outside, []byte(hidden)) {
			t.Errorf("the outside says %q: %q", hidden, outside)
		}
	}
	// The order of the stanzas is not that of the addressees: of 64 tries the first
	// addressee stands in each of the four places.
	places := map[int]bool{}
	for range 64 {
		s := sealFor(t, a, Shape{}, ids...)
		for stanza := range 4 {
			if _, err := seal.Open(s.Ciphertext, mustBind(t, s.Act), stanza, ids[:1]); err == nil {
				places[stanza] = true
			}
		}
	}
	if len(places) != 4 {
		t.Errorf("the first addressee stands only in the places %v", places)
	}
}

func mustBind(t testing.TB, a *act.Act) seal.Binding {
	t.Helper()
	b, err := binding(author, a)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// All that can be seen of an act is its shape, and a receipt takes that of what it
// answers. The sizes are those that package act allows.
func TestShapes(t *testing.T) {
	t.Parallel()
	var ids []*age.HybridIdentity
	var names []party.ID
	for i := range MaxAddressees + 1 {
		ids = append(ids, identity(t))
		names = append(names, party.ID("p"+strings.Repeat("x", i+1)))
	}
	seen := map[int64]Shape{}
	for _, c := range []struct {
		to, text int
		want     Shape
	}{
		{1, 1, Shape{2, 4 << 10}}, {2, 1, Shape{2, 4 << 10}}, {3, 1, Shape{4, 4 << 10}}, {5, 1, Shape{8, 4 << 10}}, {16, 1, Shape{16, 4 << 10}},
		{1, 3 << 10, Shape{2, 4 << 10}}, {1, 4 << 10, Shape{2, 16 << 10}}, {1, 15 << 10, Shape{2, 16 << 10}}, {1, 60 << 10, Shape{2, 64 << 10}}, {16, 40 << 10, Shape{16, 64 << 10}},
	} {
		s := sealFor(t, statement(strings.Repeat("x", c.text), names[:c.to]...), Shape{}, ids[:c.to]...)
		got, ok := ShapeOf(int64(len(s.Ciphertext)))
		if !ok || got != c.want || s.Act.Sealed.Size != int64(len(s.Ciphertext)) {
			t.Errorf("%d bytes to %d: %v, %v, want %v", c.text, c.to, got, ok, c.want)
		}
		seen[int64(len(s.Ciphertext))] = got
		// A receipt to one party looks alike.
		r := sealFor(t, delivered(), got, ids[0])
		if len(r.Ciphertext) != len(s.Ciphertext) {
			t.Errorf("a receipt has %d bytes where what it answers has %d", len(r.Ciphertext), len(s.Ciphertext))
		}
	}
	sizes := act.DiscreetSizes()
	if len(sizes) != len(stanzas)*len(insides) || len(slices.Compact(slices.Sorted(slices.Values(sizes)))) != len(sizes) {
		t.Errorf("%d sizes, some of them the same: %v", len(sizes), sizes)
	}
	for size := range seen {
		if !slices.Contains(sizes, size) {
			t.Errorf("%d is no size of an act", size)
		}
	}
	if _, err := Seal(rand.Reader, author, statement(strings.Repeat("x", 65_300), "borovia"), []*age.HybridRecipient{ids[0].Recipient()}, Shape{}); !errors.Is(err, ErrTooLong) {
		t.Errorf("too long: %v", err)
	}
	if _, err := Seal(rand.Reader, author, statement("x", names...), make([]*age.HybridRecipient, len(names)), Shape{}); !errors.Is(err, ErrInside) {
		t.Errorf("too many addressees: %v", err)
	}
}

// forge seals any body as the content of a discreet act.
func forge(t testing.TB, outside *act.Act, contentType string, body []byte, to ...*age.HybridRecipient) []byte {
	t.Helper()
	b, err := seal.Seal(rand.Reader, seal.Content{Type: contentType, Body: body}, mustBind(t, outside), to)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// What is not to format is refused with the fault that it has.
func TestHostile(t *testing.T) {
	t.Parallel()
	me, other := identity(t), identity(t)
	mine := []*age.HybridIdentity{me}
	both := []*age.HybridRecipient{me.Recipient(), other.Recipient()}
	out := Outside(group, 1)
	room, ok := seal.Room(Type, mustBind(t, out), 4<<10)
	if !ok {
		t.Fatal("no room")
	}
	good, err := Write(statement("x", "borovia"), room)
	if err != nil {
		t.Fatal(err)
	}
	if a, err := Open(author, out, forge(t, out, Type, good, both...), mine); err != nil || a.Kind != act.Statement {
		t.Fatalf("the good one: %v", err)
	}
	edit := func(f func(b []byte)) []byte {
		b := bytes.Clone(good)
		f(b)
		return b
	}
	of := func(f func(a *act.Act)) []byte {
		a := statement("x", "borovia")
		f(a)
		b, err := a.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		return edit(func(body []byte) {
			clear(body)
			body[2], body[3] = byte(len(b)>>8), byte(len(b))
			copy(body[4:], b)
		})
	}
	outer, err := (&act.Act{Group: group, Edition: 1, Kind: act.Discreet, Sealed: act.Blob{Digest: [32]byte{1}, Size: act.DiscreetSizes()[0]}}).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		blob []byte
		want error
	}{
		"three stanzas":        {forge(t, out, Type, good, me.Recipient(), other.Recipient(), other.Recipient()), seal.ErrFormat},
		"one stanza":           {forge(t, out, Type, good, me.Recipient()), seal.ErrFormat},
		"padded as a plain":    {forge(t, out, Type, good[:300], both...), seal.ErrFormat},
		"a byte short of full": {forge(t, out, Type, good[:len(good)-1], both...), ErrInside},
		"another type":         {forge(t, out, "application/vnd.detente.discreet-bct", good, both...), ErrInside},
		"of another edition":   {forge(t, Outside(group, 2), Type, good, both...), seal.ErrBinding},
		"nothing inside":       {forge(t, out, Type, make([]byte, room), both...), ErrInside},
		"longer than it is":    {forge(t, out, Type, edit(func(b []byte) { b[0] = 1 }), both...), ErrInside},
		"bytes after it":       {forge(t, out, Type, edit(func(b []byte) { b[len(b)-1] = 1 }), both...), ErrInside},
		"no act":               {forge(t, out, Type, edit(func(b []byte) { b[5] = 'x' }), both...), ErrInside},
		"to all":               {forge(t, out, Type, of(func(a *act.Act) { a.To, a.ToAll = nil, true }), both...), ErrInside},
		"group state": {forge(t, out, Type, of(func(a *act.Act) {
			*a = act.Act{Group: group, Edition: 1, Kind: act.Suspension, Status: act.Actual, ToAll: true}
		}), both...), ErrInside},
		"a withdrawal": {forge(t, out, Type, of(func(a *act.Act) {
			a.Life, a.Answers = act.Withdrawal, act.Ref{Origin: author, Index: 1, Leaf: tlog.RecordHash([]byte("x"))}
		}), both...), ErrInside},
		"inside of edition 2": {forge(t, out, Type, of(func(a *act.Act) { a.Edition = 2 }), both...), ErrInside},
		"of another group":    {forge(t, out, Type, of(func(a *act.Act) { a.Group = party.Group{9} }), both...), ErrInside},
		"with a clear blob": {forge(t, out, Type, of(func(a *act.Act) {
			a.PayloadType, a.Payload, a.Clear = "", nil, act.Blob{Digest: [32]byte{1}, Size: 1, Type: "text/plain"}
		}), both...), ErrInside},
		"discreet in discreet": {forge(t, out, Type, edit(func(b []byte) {
			clear(b)
			b[2], b[3] = byte(len(outer)>>8), byte(len(outer))
			copy(b[4:], outer)
		}), both...), ErrInside},
	} {
		if a, err := Open(author, out, c.blob, mine); !errors.Is(err, c.want) || a != nil {
			t.Errorf("%s: %v, %v; want %v", name, a, err, c.want)
		}
	}
	// Nobody lodges another's ciphertext as its own.
	if _, err := Open("borovia/00000001", out, forge(t, out, Type, good, both...), mine); !errors.Is(err, seal.ErrBinding) {
		t.Errorf("another's ciphertext: %v", err)
	}
}

// With more keys than a reader holds in use, it tries the newest alone: what a hostile
// act costs is bounded.
func TestTrialIsBounded(t *testing.T) {
	t.Parallel()
	me := identity(t)
	s := sealFor(t, statement("x", "borovia"), Shape{}, me)
	var ids []*age.HybridIdentity
	for range maxKeys {
		ids = append(ids, identity(t))
	}
	if _, err := Open(author, s.Act, s.Ciphertext, append(ids, me)); !errors.Is(err, seal.ErrNotForUs) {
		t.Errorf("with the key in place %d: %v", maxKeys+1, err)
	}
	if _, err := Open(author, s.Act, s.Ciphertext, append(ids[1:], me)); err != nil {
		t.Errorf("with the key in place %d: %v", maxKeys, err)
	}
}
