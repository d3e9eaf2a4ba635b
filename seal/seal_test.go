package seal

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"strings"
	"testing"
	"testing/iotest"

	"detente/internal/canon"
	"detente/party"
	"filippo.io/age"
)

func identities(t testing.TB) []*age.HybridIdentity {
	t.Helper()
	return testIDs(t, testKeys(t))
}

func TestEachAddresseeOpensItsStanza(t *testing.T) {
	ids := identities(t)
	c := Content{"text/plain", []byte("a notice")}
	ciphertext := seal(t, c, testBinding(), ids...)
	if err := CheckHeader(ciphertext, len(ids)); err != nil {
		t.Error(err)
	}
	for i, id := range ids {
		for _, stanza := range []int{i, everyStanza} {
			o, err := Open(ciphertext, testBinding(), stanza, []*age.HybridIdentity{id})
			if err != nil || o.IsZero() || o.Type != c.Type || !bytes.Equal(o.Body, c.Body) {
				t.Errorf("stanza %d: %v, %v", stanza, o, err)
			}
		}
		if _, err := Open(ciphertext, testBinding(), (i+1)%len(ids), []*age.HybridIdentity{id}); !errors.Is(err, ErrNotForUs) {
			t.Errorf("the stanza after %d: %v", i, err)
		}
	}
}

// In the grace period after a rotation a party presents its old key too.
func TestOldKeysAreTried(t *testing.T) {
	ids := identities(t)
	ciphertext := seal(t, form(100), testBinding(), ids[3], ids[1])
	if _, err := Open(ciphertext, testBinding(), 1, []*age.HybridIdentity{ids[0], ids[1]}); err != nil {
		t.Error(err)
	}
	if _, err := FileKey(ciphertext, []*age.HybridIdentity{ids[0], ids[1]}); err != nil {
		t.Error(err)
	}
}

func TestNotARecipient(t *testing.T) {
	ids := identities(t)
	ciphertext := seal(t, form(100), testBinding(), ids[1:]...)
	for _, stanza := range []int{everyStanza, 0, 3, 4, -2, math.MaxInt} {
		if _, err := Open(ciphertext, testBinding(), stanza, ids[:1]); !errors.Is(err, ErrNotForUs) {
			t.Errorf("stanza %d: %v", stanza, err)
		}
	}
	if _, err := Open(ciphertext, testBinding(), 0, nil); !errors.Is(err, ErrNotForUs) {
		t.Errorf("without keys: %v", err)
	}
	if _, err := FileKey(ciphertext, ids[:1]); !errors.Is(err, ErrNotForUs) {
		t.Errorf("file key: %v", err)
	}
}

func TestBindingSaysWhichFieldDiffers(t *testing.T) {
	ids := identities(t)
	ciphertext := seal(t, form(100), testBinding(), ids[0])
	for field, edit := range map[string]func(b *Binding){
		"author":  func(b *Binding) { b.Author = "borovia/00000001" },
		"group":   func(b *Binding) { b.Group[0]++ },
		"outside": func(b *Binding) { b.Outside[0]++ },
	} {
		b := testBinding()
		edit(&b)
		o, err := Open(ciphertext, b, 0, ids)
		var be *BindingError
		if !errors.As(err, &be) || !errors.Is(err, ErrBinding) || be.Field != field || be.Inside == be.Act {
			t.Errorf("%s: %v", field, err)
		}
		if !o.IsZero() || o.Body != nil {
			t.Errorf("%s: content was handed out", field)
		}
	}
}

// A stanza that its author spoiled takes the content from one party, which says
// so; it takes it from nobody else, not even from one that tries all stanzas.
func TestSpoiledStanzaOfOneRecipient(t *testing.T) {
	ids := identities(t)
	ciphertext := raw(t, plaintext(form(100), testBinding()), spoiled{ids[0].Recipient()}, ids[1].Recipient())
	if err := CheckHeader(ciphertext, 2); err != nil {
		t.Errorf("a custodian cannot see it: %v", err)
	}
	if _, err := Open(ciphertext, testBinding(), 0, ids[:1]); !errors.Is(err, ErrFormat) {
		t.Errorf("the one: %v", err)
	}
	if _, err := Open(ciphertext, testBinding(), everyStanza, ids[:1]); !errors.Is(err, ErrNotForUs) {
		t.Errorf("the one, trying all: %v", err)
	}
	for _, stanza := range []int{1, everyStanza} {
		if _, err := Open(ciphertext, testBinding(), stanza, ids[1:2]); err != nil {
			t.Errorf("the other, stanza %d: %v", stanza, err)
		}
	}
}

func TestFileKeyOpensOneMessage(t *testing.T) {
	ids := identities(t)
	ciphertext, kept, err := SealWithKey(rand.Reader, form(100), testBinding(), recipients(ids))
	if err != nil {
		t.Fatal(err)
	}
	key, err := FileKey(ciphertext, ids[2:3])
	if err != nil || !bytes.Equal(key, kept) {
		t.Fatalf("the addressee's key %x differs from the author's %x (%v)", key, kept, err)
	}
	if o, err := OpenWithFileKey(ciphertext, testBinding(), key); err != nil || !bytes.Equal(o.Body, form(100).Body) {
		t.Errorf("%v, %v", o, err)
	}
	other := testBinding()
	other.Author = "borovia/00000001"
	if _, err := OpenWithFileKey(ciphertext, other, key); !errors.Is(err, ErrBinding) {
		t.Errorf("another author: %v", err)
	}
	for name, k := range map[string][]byte{"none": nil, "short": key[:15], "long": append(bytes.Clone(key), 0), "another": make([]byte, 16)} {
		if _, err := OpenWithFileKey(ciphertext, testBinding(), k); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := OpenWithFileKey(ciphertext[1:], testBinding(), key); !errors.Is(err, ErrFormat) {
		t.Errorf("cut: %v", err)
	}
	if _, err := FileKey(ciphertext[1:], ids); !errors.Is(err, ErrFormat) {
		t.Errorf("cut: %v", err)
	}
}

// Every cut is refused, at every length near a border of the format.
func TestTruncated(t *testing.T) {
	ids := identities(t)[:1]
	ciphertext := seal(t, form(70_000), testBinding(), ids...)
	h, err := parseHeader(ciphertext)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []int{0, introSize, introSize + stanzaSize, h.size, h.size + nonceSize, h.size + nonceSize + chunkSize + tagSize, len(ciphertext)} {
		for n := max(at-2, 0); n <= min(at+2, len(ciphertext)-1); n++ {
			if o, err := Open(ciphertext[:n], testBinding(), 0, ids); !errors.Is(err, ErrFormat) {
				t.Errorf("the first %d bytes: %v, %v", n, o, err)
			}
		}
	}
}

func TestHeaderLines(t *testing.T) {
	ids := identities(t)
	good := seal(t, form(100), testBinding(), ids[:2]...)
	key, end, mac := introSize+len(stanzaPrefix), introSize+stanzaSize-1, introSize+2*stanzaSize+len(macPrefix)
	for name, at := range map[string]int{
		"argument": key + encodedKey,
		"body":     end,
		"MAC":      mac + encodedEnd,
	} {
		bad := bytes.Clone(good)
		bad[at] = 'A'
		if err := CheckHeader(bad, 2); !errors.Is(err, ErrFormat) {
			t.Errorf("no newline after the %s: %v", name, err)
		}
	}
	// The decoder of base64 skips line breaks; where what is left has a length
	// that base64 can have, only the check of the line refuses them.
	for name, at := range map[string][]int{
		"argument": {key + 64, key + 65},
		"body":     {end - 1},
		"MAC":      {mac + encodedEnd - 1},
	} {
		for _, c := range []byte("\r\n") {
			bad := bytes.Clone(good)
			bad[at[0]-1] = 'A' // if it becomes the last sign, its unused bits are zero
			for _, i := range at {
				bad[i] = c
			}
			if err := CheckHeader(bad, 2); !errors.Is(err, ErrFormat) {
				t.Errorf("a line break in the %s: %v", name, err)
			}
		}
	}
	many := make([]age.Recipient, MaxRecipients+1)
	for i := range many {
		many[i] = ids[0].Recipient()
	}
	if err := CheckHeader(raw(t, plaintext(form(1), testBinding()), many...), len(many)); !errors.Is(err, ErrFormat) {
		t.Errorf("one stanza too many: %v", err)
	}
	// A last chunk without content gives a size that padding could give.
	if n, err := insideSize(nonceSize + chunkSize + 2*tagSize); err == nil {
		t.Errorf("an empty last chunk: %d bytes", n)
	}
}

func TestSealRefuses(t *testing.T) {
	ids := identities(t)
	one := recipients(ids[:1])
	many := make([]*age.HybridRecipient, MaxRecipients+1)
	for i := range many {
		many[i] = one[0]
	}
	good := form(100)
	binding := func(edit func(b *Binding)) Binding {
		b := testBinding()
		edit(&b)
		return b
	}
	for name, c := range map[string]struct {
		rand io.Reader
		c    Content
		b    Binding
		to   []*age.HybridRecipient
	}{
		"no recipient":     {rand.Reader, good, testBinding(), nil},
		"many recipients":  {rand.Reader, good, testBinding(), many},
		"no key":           {rand.Reader, good, testBinding(), []*age.HybridRecipient{nil}},
		"large":            {rand.Reader, form(MaxContent + 1), testBinding(), one},
		"no type":          {rand.Reader, Content{"", good.Body}, testBinding(), one},
		"type of two":      {rand.Reader, Content{"a/b/c", good.Body}, testBinding(), one},
		"type with a line": {rand.Reader, Content{"a/b\nlength 1", good.Body}, testBinding(), one},
		"long type":        {rand.Reader, Content{"a/" + strings.Repeat("b", maxMediaType), good.Body}, testBinding(), one},
		"no author":        {rand.Reader, good, binding(func(b *Binding) { b.Author = "" }), one},
		"a further volume": {rand.Reader, good, binding(func(b *Binding) { b.Author += "/v2" }), one},
		"no group":         {rand.Reader, good, binding(func(b *Binding) { b.Group = party.Group{} }), one},
		"no outside":       {rand.Reader, good, binding(func(b *Binding) { b.Outside = canon.Digest{} }), one},
		"no randomness":    {iotest.ErrReader(io.ErrUnexpectedEOF), good, testBinding(), one},
	} {
		if out, err := Seal(c.rand, c.c, c.b, c.to); err == nil || out != nil {
			t.Errorf("%s: sealed", name)
		}
	}
}

func TestSaltComesFromTheReader(t *testing.T) {
	ids := identities(t)[:1]
	salt := bytes.Repeat([]byte{7}, saltSize)
	ciphertext, err := Seal(bytes.NewReader(salt), form(100), testBinding(), recipients(ids))
	if err != nil {
		t.Fatal(err)
	}
	r, err := age.Decrypt(bytes.NewReader(ciphertext), ids[0])
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if in, _, err := parseInside(plain); err != nil || !bytes.Equal(in.salt[:], salt) {
		t.Errorf("salt %x, %v", in.salt, err)
	}
}

// The largest content with the longest head fits the bounds, and a ciphertext
// has the size that is computed for it.
func TestSizes(t *testing.T) {
	if stanzaSize != 1557 {
		t.Errorf("a stanza of %d bytes", stanzaSize)
	}
	long := Binding{Author: party.Origin(strings.Repeat("a", 63) + "/00000000"), Group: testBinding().Group, Outside: testBinding().Outside}
	in := inside{contentType: "a/" + strings.Repeat("b", maxMediaType-2), length: MaxContent, binding: long}
	if got := padded(len(in.head()) + MaxContent); got != maxInside {
		t.Errorf("the largest inside is %d bytes, the bound %d", got, maxInside)
	}
	if got := ciphertextSize(MaxRecipients, maxInside); got != MaxSize {
		t.Errorf("the largest ciphertext is %d bytes, the bound %d", got, MaxSize)
	}
	ids := identities(t)
	large := seal(t, Content{in.contentType, make([]byte, MaxContent)}, long, ids[:2]...)
	if len(large) != ciphertextSize(2, maxInside) {
		t.Errorf("%d bytes, computed %d", len(large), ciphertextSize(2, maxInside))
	}
	if o, err := Open(large, long, 1, ids[1:2]); err != nil || len(o.Body) != MaxContent {
		t.Errorf("the largest content: %v", err)
	}
	if err := CheckHeader(make([]byte, MaxSize+1), 1); !errors.Is(err, ErrFormat) {
		t.Errorf("beyond the bound: %v", err)
	}
}

// What sizes tell: up to 2^k bytes there are few of them, the padding is small,
// and a padded size is a fixed point, which is what a custodian checks.
func TestPaddingTellsLittle(t *testing.T) {
	for n := 0; n <= MaxContent; n += 1 + n/1000 {
		p := padded(n)
		switch {
		case p < n, p > padded(n+1):
			t.Fatalf("padded(%d) = %d", n, p)
		case n > minInside && float64(p-n) > 0.12*float64(n):
			t.Fatalf("%d bytes are padded by %d", n, p-n)
		case padded(p) != p:
			t.Fatalf("padded(%d) = %d is padded again to %d", n, p, padded(p))
		}
	}
	// All sizes, from one to the next: between 2^e and 2^(e+1) at most 2e of them.
	sizes, most := 0, 1
	for n := 1; n <= MaxContent; n = padded(n) + 1 {
		sizes++
	}
	for e := bits.Len(minInside) - 1; e < bits.Len(MaxContent); e++ {
		most += 2 * e
	}
	if sizes > most {
		t.Errorf("%d sizes up to 16 MiB, more than %d", sizes, most)
	}
	t.Logf("%d sizes up to 16 MiB", sizes)
	if padded(1) != padded(minInside) {
		t.Error("short contents differ in size")
	}
	for n, want := range map[int]int{1025: 1088, 2049: 2176, 70_000: 71_680, 1<<20 + 1: 1<<20 + 1<<15} {
		if got := padded(n); got != want {
			t.Errorf("padded(%d) = %d, want %d", n, got, want)
		}
	}
}

// The age library and command open what Seal writes, with any one key.
func TestAgeOpens(t *testing.T) {
	ids := identities(t)
	ciphertext := seal(t, form(100), testBinding(), ids...)
	r, err := age.Decrypt(bytes.NewReader(ciphertext), ids[4])
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(r)
	if err != nil || !bytes.Contains(plain, form(100).Body) {
		t.Errorf("%q, %v", plain, err)
	}
}

func BenchmarkSeal(b *testing.B) {
	each(b, func(b *testing.B, ids []*age.HybridIdentity) {
		to := recipients(ids)
		for b.Loop() {
			if _, err := Seal(rand.Reader, form(2000), testBinding(), to); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkOpenLast(b *testing.B) {
	each(b, func(b *testing.B, ids []*age.HybridIdentity) {
		n := len(ids)
		ciphertext := seal(b, form(2000), testBinding(), ids...)
		for b.Loop() {
			if _, err := Open(ciphertext, testBinding(), n-1, ids[n-1:]); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkCheckHeader(b *testing.B) {
	each(b, func(b *testing.B, ids []*age.HybridIdentity) {
		ciphertext := seal(b, form(2000), testBinding(), ids...)
		for b.Loop() {
			if err := CheckHeader(ciphertext, len(ids)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// each runs a benchmark for a pair, the demonstration's group and 57 states.
func each(b *testing.B, run func(b *testing.B, ids []*age.HybridIdentity)) {
	for _, n := range []int{1, 5, 57} {
		ids := make([]*age.HybridIdentity, n)
		for i := range ids {
			id, err := age.GenerateHybridIdentity()
			if err != nil {
				b.Fatal(err)
			}
			ids[i] = id
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) { run(b, ids) })
	}
}
