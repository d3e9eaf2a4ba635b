package seal

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"detente/internal/canon"
	"detente/party"
	"filippo.io/age"
)

var update = flag.Bool("update", false, "write what is missing in spec/vectors/seal; delete a file to have it written anew")

const vectorDir = "../spec/vectors/seal"

// The faults of a vector, as its index names them.
const (
	faultNone    = ""
	faultFormat  = "format"
	faultBinding = "binding"
	faultNotOurs = "not-for-us"
)

// vector is a ciphertext with the key, stanza and binding to open it by.
type vector struct {
	File    string `json:"file"`
	Stanzas int    `json:"stanzas"` // that the act's addressees demand
	Key     string `json:"key"`     // name of the identity to open with
	Stanza  int    `json:"stanza"`  // number of the stanza to open, from 0
	Author  string `json:"author"`
	Group   string `json:"group"`
	Outside string `json:"outside"`
	Header  bool   `json:"header"` // whether the check without a key passes
	Fault   string `json:"fault"`  // of opening: "", format, binding or not-for-us
	Type    string `json:"type"`
	Body    string `json:"body"` // digest of the body
	Why     string `json:"why"`
}

// insideVector is the plaintext of a ciphertext, padding included.
type insideVector struct {
	File string `json:"file"`
	Good bool   `json:"good"`
	Why  string `json:"why"`
}

type vectorIndex struct {
	Keys    map[string]string `json:"keys"`
	Vectors []vector          `json:"vectors"`
	Insides []insideVector    `json:"insides"`
}

var keyNames = []string{"borovia", "cintra", "dovania", "elbria", "secretariat"}

func testBinding() Binding {
	return Binding{
		Author:  "alatau/1f2e3d4c",
		Group:   party.Group{0x5f, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
		Outside: canon.DigestOf([]byte("outside")),
	}
}

// form is a content of some size.
func form(size int) Content {
	return Content{"application/json", bytes.Repeat([]byte{'x'}, size)}
}

// plaintext writes the inside of c, padded as the format wants it.
func plaintext(c Content, b Binding) []byte {
	in := inside{contentType: c.Type, length: len(c.Body), salt: [saltSize]byte{1, 2, 3}, binding: b}
	plain := append(in.head(), c.Body...)
	return append(plain, make([]byte, padded(len(plain))-len(plain))...)
}

// raw encrypts any plaintext to any recipients: what an author can do who does
// not keep to the format.
func raw(t testing.TB, plain []byte, to ...age.Recipient) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := age.Encrypt(&out, to...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func recipients(ids []*age.HybridIdentity) []*age.HybridRecipient {
	var out []*age.HybridRecipient
	for _, id := range ids {
		out = append(out, id.Recipient())
	}
	return out
}

func seal(t testing.TB, c Content, b Binding, ids ...*age.HybridIdentity) []byte {
	t.Helper()
	out, err := Seal(rand.Reader, c, b, recipients(ids))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// spoiled is a recipient that writes a stanza which nobody can open, with a
// body and argument of the right lengths.
type spoiled struct{ *age.HybridRecipient }

func (s spoiled) WrapWithLabels(fileKey []byte) ([]*age.Stanza, []string, error) {
	stanzas, labels, err := s.HybridRecipient.WrapWithLabels(fileKey)
	for _, st := range stanzas {
		st.Args[0] = strings.Repeat("A", len(st.Args[0])) // an X25519 share of order one
	}
	return stanzas, labels, err
}

// makeVectors writes the cases; good is one ciphertext to five, which the cases
// of a damaged line edit.
func makeVectors(t *testing.T, ids []*age.HybridIdentity) map[string]func() []byte {
	b := testBinding()
	five := func() []byte { return seal(t, form(2000), b, ids...) }
	edit := func(at int, with string) func() []byte {
		return func() []byte {
			out := five()
			copy(out[at:], with)
			return out
		}
	}
	first := introSize + len(stanzaPrefix)
	unpadded := func(n int) []byte { return plaintext(form(2000), b)[:n] }
	return map[string]func() []byte{
		"good-one.age":    func() []byte { return seal(t, form(100), b, ids[0]) },
		"good-five.age":   five,
		"good-chunks.age": func() []byte { return seal(t, form(70_000), b, ids[0], ids[1]) },
		"good-empty.age":  func() []byte { return seal(t, form(0), b, ids[0]) },

		"bad-not-addressed.age": func() []byte { return seal(t, form(100), b, ids[1]) },
		"bad-other-stanza.age":  five,
		"bad-copied-author.age": five,
		"bad-copied-group.age":  five,
		"bad-outside.age":       five,
		"bad-spoiled-stanza.age": func() []byte {
			return raw(t, plaintext(form(100), b), ids[0].Recipient(), spoiled{ids[1].Recipient()}, ids[2].Recipient())
		},
		"bad-swapped-key.age": func() []byte {
			return raw(t, plaintext(form(100), b), ids[0].Recipient(), ids[2].Recipient(), ids[2].Recipient())
		},
		"bad-stanza-changed.age": edit(first, "AAAA"),
		"bad-stanza-type.age":    edit(introSize, "-> mlkem768x25518 "),
		"bad-stanza-base64.age":  edit(first+10, "_"),
		"bad-stanza-loose.age":   edit(first+encodedKey-1, "x"),
		"bad-stanza-lines.age":   edit(first+100, "\n"),
		"bad-stanza-carriage.age": func() []byte {
			out := five()
			return slices.Insert(out, introSize+stanzaSize-1, '\r')
		},
		"bad-mac.age":      edit(introSize+5*stanzaSize+len(macPrefix), "AAAA"),
		"bad-mac-line.age": edit(introSize+5*stanzaSize, "----"),
		"bad-version.age":  edit(0, "age-encryption.org/v2"),
		"bad-empty.age":    func() []byte { return nil },
		"bad-no-stanza.age": func() []byte {
			out := five()
			return slices.Delete(out, introSize, introSize+5*stanzaSize)
		},
		"bad-stanza-missing.age": func() []byte { return seal(t, form(2000), b, ids[:4]...) },
		"bad-stanza-more.age":    func() []byte { return seal(t, form(2000), b, append(ids[:5:5], ids[0])...) },
		"bad-classic.age": func() []byte {
			id, err := age.GenerateX25519Identity()
			if err != nil {
				t.Fatal(err)
			}
			return raw(t, plaintext(form(100), b), id.Recipient())
		},
		"bad-truncated.age": func() []byte { out := five(); return out[:len(out)-1] },
		"bad-cut-chunk.age": func() []byte {
			out := seal(t, form(70_000), b, ids[0])
			return out[:introSize+stanzaSize+macSize+nonceSize+chunkSize+tagSize]
		},
		"bad-trailing.age": func() []byte { return append(five(), 0) },
		"bad-bit.age":      func() []byte { out := five(); out[len(out)-1] ^= 1; return out },
		"bad-unpadded.age": func() []byte { return raw(t, unpadded(2231), ids[0].Recipient()) },
		"bad-overpadded.age": func() []byte {
			return raw(t, append(plaintext(form(100), b), make([]byte, 1024)...), ids[0].Recipient())
		},
		"bad-short.age":       func() []byte { return raw(t, unpadded(512), ids[0].Recipient()) },
		"bad-padding.age":     func() []byte { p := plaintext(form(100), b); p[len(p)-1] = 1; return raw(t, p, ids[0].Recipient()) },
		"bad-inside-form.age": func() []byte { return raw(t, bytes.Repeat([]byte("x"), 1024), ids[0].Recipient()) },
	}
}

// vectorCases says what is expected of each file.
func vectorCases() []vector {
	b := testBinding()
	base := vector{Stanzas: 5, Key: "borovia", Author: string(b.Author), Group: b.Group.String(), Outside: b.Outside.String(), Header: true}
	with := func(file, fault, why string, edits ...func(v *vector)) vector {
		v := base
		v.File, v.Fault, v.Why = file, fault, why
		for _, edit := range edits {
			edit(&v)
		}
		return v
	}
	stanzas := func(n int) func(v *vector) { return func(v *vector) { v.Stanzas = n } }
	opens := func(size int) func(v *vector) {
		return func(v *vector) { v.Type, v.Body = "application/json", canon.DigestOf(form(size).Body).String() }
	}
	by := func(key string, stanza int) func(v *vector) { return func(v *vector) { v.Key, v.Stanza = key, stanza } }
	refused := func(v *vector) { v.Header = false }
	return []vector{
		with("good-one.age", faultNone, "one recipient", stanzas(1), opens(100)),
		with("good-five.age", faultNone, "the first of five", opens(2000)),
		with("good-five.age", faultNone, "the last of five", opens(2000), by("secretariat", 4)),
		with("good-chunks.age", faultNone, "two chunks of payload", stanzas(2), opens(70_000), by("cintra", 1)),
		with("good-empty.age", faultNone, "an empty body", stanzas(1), opens(0)),
		with("bad-not-addressed.age", faultNotOurs, "sealed to another", stanzas(1)),
		with("bad-other-stanza.age", faultNotOurs, "the stanza of another", by("borovia", 1)),
		with("bad-copied-author.age", faultBinding, "lodged by another author", func(v *vector) { v.Author = "borovia/00000001" }),
		with("bad-copied-group.age", faultBinding, "lodged in another group", func(v *vector) { v.Group = "6" + v.Group[1:] }),
		with("bad-outside.age", faultBinding, "lodged under other outside fields", func(v *vector) { v.Outside = canon.DigestOf(nil).String() }),
		with("bad-spoiled-stanza.age", faultFormat, "the author spoiled one stanza", stanzas(3), by("cintra", 1)),
		with("bad-spoiled-stanza.age", faultNone, "the stanza beside it opens", stanzas(3), by("dovania", 2), opens(100)),
		with("bad-swapped-key.age", faultNotOurs, "the author sealed one stanza to another's key", stanzas(3), by("cintra", 1)),
		with("bad-stanza-changed.age", faultNotOurs, "a stanza changed on the way: not opened by its own recipient"),
		with("bad-stanza-changed.age", faultFormat, "a stanza changed on the way: the MAC shows it to the others", by("cintra", 1)),
		with("bad-stanza-type.age", faultFormat, "another type of stanza", refused),
		with("bad-stanza-base64.age", faultFormat, "a sign that base64 does not have", refused),
		with("bad-stanza-loose.age", faultFormat, "unused bits are not zero", refused),
		with("bad-stanza-lines.age", faultFormat, "an argument over two lines", refused),
		with("bad-stanza-carriage.age", faultFormat, "a carriage return", refused),
		with("bad-mac.age", faultFormat, "another MAC"),
		with("bad-mac-line.age", faultFormat, "no MAC line", refused),
		with("bad-version.age", faultFormat, "another version of age", refused),
		with("bad-empty.age", faultFormat, "nothing", refused),
		with("bad-no-stanza.age", faultFormat, "no stanza", refused),
		with("bad-stanza-missing.age", faultNone, "fewer stanzas than addressees", refused, opens(2000)),
		with("bad-stanza-more.age", faultNone, "more stanzas than addressees", refused, opens(2000)),
		with("bad-classic.age", faultFormat, "an X25519 stanza", stanzas(1), refused),
		with("bad-truncated.age", faultFormat, "the last byte is missing", refused),
		with("bad-cut-chunk.age", faultFormat, "the last chunk is missing", stanzas(1)),
		with("bad-trailing.age", faultFormat, "a byte follows", refused),
		with("bad-bit.age", faultFormat, "a bit changed"),
		with("bad-unpadded.age", faultFormat, "the size is not one of padding", stanzas(1), refused),
		with("bad-overpadded.age", faultFormat, "more padding than belongs", stanzas(1)),
		with("bad-short.age", faultFormat, "less than the smallest size", stanzas(1), refused),
		with("bad-padding.age", faultFormat, "the padding is not zeros", stanzas(1)),
		with("bad-inside-form.age", faultFormat, "the inside has no head", stanzas(1)),
	}
}

// insideCases are edits of one good inside; the size stays that of padding
// unless the edit says otherwise.
func insideCases() map[string][]byte {
	good := plaintext(form(100), testBinding())
	edit := func(old, new string) []byte {
		out := bytes.Replace(good, []byte(old), []byte(new), 1)
		if bytes.Equal(out, good) {
			panic("nothing to edit: " + old)
		}
		if len(out) > len(good) {
			return out[:len(good)]
		}
		return append(out, make([]byte, len(good)-len(out))...)
	}
	return map[string][]byte{
		"good-inside.bin":                good,
		"good-inside-empty.bin":          plaintext(form(0), testBinding()),
		"good-inside-large.bin":          plaintext(form(2000), testBinding()),
		"bad-inside-version.bin":         edit("sealed/v1", "sealed/v2"),
		"bad-inside-type.bin":            edit("application/json", "application/JSON"),
		"bad-inside-type-parameter.bin":  edit("application/json", "application/json;v=1"),
		"bad-inside-type-missing.bin":    edit("type application/json\n", ""),
		"bad-inside-length-zero.bin":     edit("length 100", "length 0100"),
		"bad-inside-length-more.bin":     edit("length 100", "length 1000"),
		"bad-inside-length-less.bin":     edit("length 100", "length 99"),
		"bad-inside-length-bound.bin":    edit("length 100", "length 16777217"),
		"bad-inside-salt.bin":            edit("salt 01", "salt 1"),
		"bad-inside-author.bin":          edit("author alatau", "author Alatau"),
		"bad-inside-author-volume.bin":   edit("1f2e3d4c\n", "1f2e3d4c/v2\n"),
		"bad-inside-group-zero.bin":      edit("5f0102030405060708090a0b0c0d0e0f", strings.Repeat("0", 32)),
		"bad-inside-outside-zero.bin":    edit(testBinding().Outside.String(), canon.Digest{}.String()),
		"bad-inside-order.bin":           edit("length 100\nsalt 01020300000000000000000000000000\n", "salt 01020300000000000000000000000000\nlength 100\n"),
		"bad-inside-further-line.bin":    edit("\n\n", "\nnote x\n\n"),
		"bad-inside-no-empty-line.bin":   edit("\n\n", "\n"),
		"bad-inside-final-space.bin":     edit("/json\n", "/json \n"),
		"bad-inside-carriage-return.bin": edit("/json\n", "/json\r\n"),
		"bad-inside-padding.bin":         append(bytes.Clone(good[:len(good)-1]), 1),
		"bad-inside-short.bin":           good[:len(good)-1],
		"bad-inside-long.bin":            append(bytes.Clone(good), 0),
	}
}

func TestVectors(t *testing.T) {
	index := vectorIndex{Keys: testKeys(t)}
	ids := testIDs(t, index.Keys)
	files := map[string]bool{"index.json": true}
	for name, write := range makeVectors(t, ids) {
		files[name] = true
		keepOrWrite(t, name, write)
	}
	for name, b := range insideCases() {
		files[name] = true
		good := strings.HasPrefix(name, "good-")
		why := strings.TrimSuffix(strings.TrimPrefix(name, "bad-inside-"), ".bin")
		index.Insides = append(index.Insides, insideVector{name, good, strings.ReplaceAll(why, "-", " ")})
		keepOrWrite(t, name, func() []byte { return b })
		if !bytes.Equal(readVector(t, name), b) {
			t.Errorf("%s differs from what the code writes", name)
		}
		if _, _, err := parseInside(b); (err == nil) != good || err != nil && !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
	slices.SortFunc(index.Insides, func(a, b insideVector) int { return strings.Compare(a.File, b.File) })
	index.Vectors = vectorCases()
	for _, v := range index.Vectors {
		if !files[v.File] {
			t.Errorf("%s is not written", v.File)
		}
		checkVector(t, v, ids)
	}
	checkIndex(t, index, files)
}

// checkIndex demands that index and folder are what the tables say.
func checkIndex(t *testing.T, index vectorIndex, files map[string]bool) {
	t.Helper()
	text, err := json.MarshalIndent(index, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, '\n')
	if *update {
		if err := os.WriteFile(filepath.Join(vectorDir, "index.json"), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(readVector(t, "index.json"), text) {
		t.Error("index.json differs from the tables")
	}
	have, err := os.ReadDir(vectorDir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range have {
		if !files[f.Name()] {
			t.Errorf("%s is in no table", f.Name())
		}
	}
}

func checkVector(t *testing.T, v vector, ids []*age.HybridIdentity) {
	t.Helper()
	ciphertext := readVector(t, v.File)
	if err := CheckHeader(ciphertext, v.Stanzas); (err == nil) != v.Header || err != nil && !errors.Is(err, ErrFormat) {
		t.Errorf("%s (%s): the check without a key: %v", v.File, v.Why, err)
	}
	group, err := party.ParseGroup(v.Group)
	if err != nil {
		t.Fatal(err)
	}
	outside, err := canon.ParseDigest(v.Outside)
	if err != nil {
		t.Fatal(err)
	}
	id := ids[slices.Index(keyNames, v.Key)]
	o, err := Open(ciphertext, Binding{party.Origin(v.Author), group, outside}, v.Stanza, []*age.HybridIdentity{id})
	want := map[string]error{faultNone: nil, faultFormat: ErrFormat, faultBinding: ErrBinding, faultNotOurs: ErrNotForUs}[v.Fault]
	if !errors.Is(err, want) {
		t.Errorf("%s (%s): got %v, want %v", v.File, v.Why, err, want)
		return
	}
	if o.IsZero() != (err != nil) {
		t.Errorf("%s (%s): content in spite of %v", v.File, v.Why, err)
	}
	if err == nil && (o.Type != v.Type || canon.DigestOf(o.Body).String() != v.Body) {
		t.Errorf("%s (%s): opened as %s, %d bytes", v.File, v.Why, o.Type, len(o.Body))
	}
}

// testKeys are the identities of the vectors: from the index, or new ones if
// -update finds none.
func testKeys(t testing.TB) map[string]string {
	t.Helper()
	var index vectorIndex
	b, err := os.ReadFile(filepath.Join(vectorDir, "index.json"))
	if err == nil {
		err = json.Unmarshal(b, &index)
	}
	if err == nil && len(index.Keys) == len(keyNames) {
		return index.Keys
	}
	if !*update {
		t.Fatalf("the index of vectors has no keys: %v", err)
	}
	keys := map[string]string{}
	for _, name := range keyNames {
		id, err := age.GenerateHybridIdentity()
		if err != nil {
			t.Fatal(err)
		}
		keys[name] = id.String()
	}
	return keys
}

func testIDs(t testing.TB, keys map[string]string) []*age.HybridIdentity {
	t.Helper()
	var ids []*age.HybridIdentity
	for _, name := range keyNames {
		id, err := age.ParseHybridIdentity(keys[name])
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	return ids
}

// keepOrWrite writes a file that is not there, with -update. Ciphertexts are
// random, so what is there stays.
func keepOrWrite(t *testing.T, name string, write func() []byte) {
	t.Helper()
	path := filepath.Join(vectorDir, name)
	if _, err := os.Stat(path); err == nil || !*update {
		return
	}
	if err := os.WriteFile(path, write(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func readVector(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(vectorDir, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
