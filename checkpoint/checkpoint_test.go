package checkpoint

import (
	"bytes"
	"crypto"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"detente/internal/canon"
	"detente/key"
	"detente/party"
	"filippo.io/mldsa"
	formats "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

var update = flag.Bool("update", false, "write the vectors anew")

const (
	vectorsDir = "../spec/vectors/checkpoint"
	origin     = party.Origin("alatau/1f2e3d4c")
	at         = int64(1795440000)
)

// deterministic signs without the randomness of ML-DSA, for vectors only.
type deterministic struct{ *mldsa.PrivateKey }

func (d deterministic) Sign(_ io.Reader, message []byte, _ crypto.SignerOpts) ([]byte, error) {
	return d.SignDeterministic(message, nil)
}

func steady(s *key.CosignerSecret) *key.CosignerSecret {
	return &key.CosignerSecret{Public: s.Public, Ed25519: s.Ed25519, MLDSA: deterministic{s.MLDSA.(*mldsa.PrivateKey)}}
}

// keys are those of two invented parties; the witness is the second's.
func keys(t testing.TB) (record *key.RecordSecret, witness *key.CosignerSecret, card, other key.Card) {
	t.Helper()
	a, an, err := key.Generate(rand.NewChaCha8([32]byte{1}), origin)
	if err != nil {
		t.Fatal(err)
	}
	b, bn, err := key.Generate(rand.NewChaCha8([32]byte{2}), "borovia/5a6b7c8d")
	if err != nil {
		t.Fatal(err)
	}
	record = &key.RecordSecret{Public: a.Record.Public, Plain: a.Record.Plain, Timed: *steady(&a.Record.Timed)}
	return record, steady(b.Witness), a.Card(an), b.Card(bn)
}

func head(size int64) Head {
	if size == 0 {
		root, _ := tlog.TreeHash(0, nil)
		return Head{Origin: origin, Root: root}
	}
	return Head{Origin: origin, Size: size, Root: tlog.RecordHash([]byte{byte(size)})}
}

func sign(t testing.TB, size, at int64) Signed {
	t.Helper()
	k, _, _, _ := keys(t)
	s, err := Sign(head(size), k, at)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func cosign(t testing.TB, size, at int64) Cosigned {
	t.Helper()
	_, w, _, _ := keys(t)
	c, err := Cosign(head(size), w, at)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// raw makes the two lines of s over h with any times at all.
func raw(t testing.TB, s *key.CosignerSecret, h Head, ed, ml int64) []key.Line {
	t.Helper()
	lines, err := s.Cosign(h.Text(), 1)
	if err != nil {
		t.Fatal(err)
	}
	a, err := s.Ed25519.Sign(nil, fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", uint64(ed), h.Text()), crypto.Hash(0))
	if err != nil {
		t.Fatal(err)
	}
	m := append([]byte("subtree/v1\n\x00"), byte(len(s.Public.Name)))
	m = binary.BigEndian.AppendUint64(append(m, s.Public.Name...), uint64(ml))
	m = append(append(m, byte(len(h.Origin))), h.Origin...)
	m = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(m, 0), uint64(h.Size))
	b, err := s.MLDSA.Sign(nil, append(m, h.Root[:]...), crypto.Hash(0))
	if err != nil {
		t.Fatal(err)
	}
	stamp := func(t int64, sig []byte) []byte { return append(binary.BigEndian.AppendUint64(nil, uint64(t)), sig...) }
	lines[0].Sig, lines[1].Sig = stamp(ed, a), stamp(ml, b)
	return lines[:]
}

func TestSignedVerifies(t *testing.T) {
	k, _, _, _ := keys(t)
	for _, size := range []int64{0, 1, 256, 1<<53 - 1} {
		s := sign(t, size, at)
		n, err := ParseNote(s.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		again, err := n.Verify(k.Public)
		if err != nil || again.Head() != head(size) || again.Time() != at || !bytes.Equal(again.Bytes(), s.Bytes()) {
			t.Errorf("size %d: %v", size, err)
		}
		if len(n.Lines) != 3 || s.IsZero() || !(Signed{}).IsZero() {
			t.Errorf("size %d: %d lines", size, len(n.Lines))
		}
	}
}

// Lines of others are dropped, and the note opens elsewhere too.
func TestForeignLinesAreDropped(t *testing.T) {
	k, w, _, _ := keys(t)
	s, c := sign(t, 3, at), cosign(t, 3, at+5)
	n, err := ParseNote(s.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	cn, err := ParseNote(c.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	national := key.Line{Name: "élbria/krypto", ID: 7, Sig: []byte("signature")}
	mixed := Note{Head: n.Head, Lines: append(append([]key.Line{national}, cn.Lines...), n.Lines...)}
	parsed, err := ParseNote(mixed.Bytes())
	if err != nil || len(parsed.Lines) != 6 {
		t.Fatalf("%d lines, %v", len(parsed.Lines), err)
	}
	again, err := parsed.Verify(k.Public)
	if err != nil || !bytes.Equal(again.Bytes(), s.Bytes()) {
		t.Errorf("the record's: %v", err)
	}
	co, err := parsed.VerifyCosigned(w.Public)
	if err != nil || !bytes.Equal(co.Bytes(), c.Bytes()) || co.By() != w.Public.Name || co.Time() != at+5 || co.Head() != head(3) {
		t.Errorf("the witness's: %v", err)
	}
	v := k.Public.VerifierLines()
	plain, err := note.NewVerifier(v[0])
	if err != nil {
		t.Fatal(err)
	}
	wv, err := formats.NewMLDSAVerifier(w.Public.VerifierLines()[1])
	if err != nil {
		t.Fatal(err)
	}
	opened, err := note.Open(mixed.Bytes(), note.VerifierList(plain, wv))
	if err != nil || len(opened.Sigs) != 2 {
		t.Errorf("elsewhere: %v", err)
	}
}

func TestSignRefuses(t *testing.T) {
	k, w, _, _ := keys(t)
	for name, h := range map[string]Head{
		"no head":      {},
		"below zero":   {Origin: origin, Size: -1, Root: head(1).Root},
		"empty root":   {Origin: origin, Size: 0, Root: head(1).Root},
		"no origin":    {Size: 1, Root: head(1).Root},
		"other origin": {Origin: "cintra/00000000", Size: 1, Root: head(1).Root},
	} {
		if s, err := Sign(h, k, at); err == nil || !s.IsZero() {
			t.Errorf("%s: signed", name)
		}
		if c, err := Cosign(h, w, at); name != "other origin" && (err == nil || !c.IsZero()) {
			t.Errorf("%s: cosigned", name)
		}
	}
	if _, err := Sign(head(1), k, 0); err == nil {
		t.Error("signed at zero")
	}
	if _, err := Cosign(head(1), w, 0); err == nil {
		t.Error("cosigned at zero")
	}
}

// vector is one row of index.json.
type vector struct {
	File string `json:"file"`
	// As says whose signature is asked for: record (of the first card) or
	// witness (of the second). Time is what it shows, zero where it is refused.
	As   string `json:"as"`
	Time int64  `json:"time"`
	Why  string `json:"why"`
}

func goodNotes(t testing.TB) map[string]Note {
	parse := func(b []byte) Note {
		n, err := ParseNote(b)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	s, c := parse(sign(t, 3, at).Bytes()), parse(cosign(t, 3, at+5).Bytes())
	both := Note{Head: s.Head, Lines: append(c.Lines[:2:2], s.Lines...)}
	return map[string]Note{
		"record":     s,
		"witness":    c,
		"both":       both,
		"empty-tree": parse(sign(t, 0, 1).Bytes()),
		"largest":    parse(sign(t, 1<<53-1, canon.MaxTime).Bytes()),
		"national":   {Head: s.Head, Lines: append([]key.Line{{Name: "élbria/krypto", ID: 7, Sig: []byte{0}}}, s.Lines...)},
		"sixteen":    {Head: s.Head, Lines: append(many(13), s.Lines...)},
	}
}

// many are lines of keys that nobody knows.
func many(n int) []key.Line {
	var lines []key.Line
	for i := range n {
		lines = append(lines, key.Line{Name: "unknown", ID: uint32(i), Sig: []byte("x")})
	}
	return lines
}

// unparsable are the edits of the record's note that no reader lets in.
func unparsable(t testing.TB) map[string][]byte {
	s := string(sign(t, 3, at).Bytes())
	edit := func(old, new string) []byte {
		if !strings.Contains(s, old) {
			t.Fatalf("nothing to edit: %q", old)
		}
		return []byte(strings.Replace(s, old, new, 1))
	}
	root := canon.Base64(rootOf(3))
	text := head(3).Text()
	return map[string][]byte{
		"empty":            {},
		"text-alone":       []byte(text),
		"no-lines":         []byte(text + "\n"),
		"no-empty-line":    edit("\n\n", "\n"),
		"two-empty-lines":  edit("\n\n", "\n\n\n"),
		"crlf":             []byte(strings.ReplaceAll(s, "\n", "\r\n")),
		"no-end":           []byte(strings.TrimSuffix(s, "\n")),
		"empty-line-after": []byte(s + "\n"),
		"extension":        edit(root+"\n", root+"\nextension\n"),
		"two-text-lines":   edit("\n3\n", "\n"),
		"leading-zero":     edit("\n3\n", "\n03\n"),
		"plus":             edit("\n3\n", "\n+3\n"),
		"negative":         edit("\n3\n", "\n-3\n"),
		"size-overflow":    edit("\n3\n", "\n9007199254740992\n"),
		"size-missing":     edit("\n3\n", "\n\n"),
		"size-space":       edit("\n3\n", "\n3 \n"),
		"origin-missing":   edit(string(origin)+"\n3", "\n3"),
		"origin-volume-1":  edit(string(origin)+"\n3", string(origin)+"/v1\n3"),
		"origin-capital":   edit("alatau", "Alatau"),
		"root-short":       edit(root, "AAAA"),
		"root-long":        edit(root, "AAAA"+root),
		"root-loose":       edit(root, strings.TrimSuffix(root, "=")),
		"root-url":         edit(root, "-"+root[1:]),
		"empty-tree-root":  edit("\n3\n", "\n0\n"),
		"line-hyphen":      edit("\u2014 ", "- "),
		"line-loose":       edit("=\n\u2014", "\n\u2014"),
		"line-twice":       append([]byte(s), s[strings.Index(s, "\n\n")+2:]...),
		"line-space":       edit("=\n\u2014", "= \n\u2014"),
		"lines-17":         Note{Head: head(3), Lines: many(17)}.Bytes(),
		"lines-200":        Note{Head: head(3), Lines: many(200)}.Bytes(),
	}
}

func rootOf(size int64) []byte {
	r := head(size).Root
	return r[:]
}

// unverified are notes that can be read but show nothing.
func unverified(t testing.TB) map[string]vectorNote {
	k, w, _, _ := keys(t)
	good := goodNotes(t)
	s, c := good["record"], good["witness"]
	with := func(n Note, lines ...key.Line) Note { return Note{Head: n.Head, Lines: lines} }
	plain := s.Lines[0]
	timed := &k.Timed
	moved := s
	moved.Head = head(4)
	cosignedElsewhere := c
	cosignedElsewhere.Head = head(4)
	flipped := func(n Note, line, i int) Note {
		m := Note{Head: n.Head, Lines: append([]key.Line(nil), n.Lines...)}
		m.Lines[line].Sig = bytes.Clone(m.Lines[line].Sig)
		m.Lines[line].Sig[i] ^= 1
		return m
	}
	later := raw(t, w, head(3), at+5, at+6)
	return map[string]vectorNote{
		"time-zero":           {with(c, raw(t, w, head(3), 0, 0)...), "witness"},
		"time-below-zero":     {with(c, raw(t, w, head(3), -1, -1)...), "witness"},
		"time-beyond-9999":    {with(c, raw(t, w, head(3), canon.MaxTime+1, canon.MaxTime+1)...), "witness"},
		"two-times":           {with(c, later...), "witness"},
		"mixed-times":         {with(c, c.Lines[0], later[1]), "witness"},
		"one-line":            {with(c, c.Lines[0]), "witness"},
		"other-line":          {with(c, c.Lines[1]), "witness"},
		"other-head":          {cosignedElsewhere, "witness"},
		"ed25519-flipped":     {flipped(c, 0, 20), "witness"},
		"mldsa-flipped":       {flipped(c, 1, 20), "witness"},
		"record-as-witness":   {s, "witness"},
		"witness-as-record":   {c, "record"},
		"record-other-head":   {moved, "record"},
		"record-no-plain":     {with(s, s.Lines[1], s.Lines[2]), "record"},
		"record-no-ed25519":   {with(s, s.Lines[0], s.Lines[2]), "record"},
		"record-no-mldsa":     {with(s, s.Lines[0], s.Lines[1]), "record"},
		"record-plain-alone":  {with(s, plain), "record"},
		"record-plain-broken": {flipped(s, 0, 0), "record"},
		"record-time-zero":    {with(s, append([]key.Line{plain}, raw(t, timed, head(3), 0, 0)...)...), "record"},
		"record-two-times":    {with(s, append([]key.Line{plain}, raw(t, timed, head(3), at, at+1)...)...), "record"},
	}
}

type vectorNote struct {
	note Note
	as   string
}

// verify runs the verification that a row asks for.
func verify(t testing.TB, n Note, as string) (int64, error) {
	k, w, _, _ := keys(t)
	if as == "record" {
		s, err := n.Verify(k.Public)
		return s.Time(), err
	}
	c, err := n.VerifyCosigned(w.Public)
	return c.Time(), err
}

func TestVectors(t *testing.T) {
	files := map[string][]byte{}
	var index []vector
	as := map[string][]string{"both": {"record", "witness"}, "witness": {"witness"}}
	for _, name := range sorted(goodNotes(t)) {
		n := goodNotes(t)[name]
		file := "good-" + name + ".note"
		files[file] = n.Bytes()
		roles := as[name]
		if roles == nil {
			roles = []string{"record"}
		}
		for _, role := range roles {
			got, err := verify(t, n, role)
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			index = append(index, vector{File: file, As: role, Time: got})
		}
	}
	for _, name := range sorted(unparsable(t)) {
		b := unparsable(t)[name]
		_, err := ParseNote(b)
		if err == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		files["bad-"+name+".note"] = b
		index = append(index, vector{File: "bad-" + name + ".note", Why: err.Error()})
	}
	for _, name := range sorted(unverified(t)) {
		v := unverified(t)[name]
		b := v.note.Bytes()
		n, err := ParseNote(b)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got, err := verify(t, n, v.as); err == nil || got != 0 {
			t.Errorf("%s: verified at %d", name, got)
		} else {
			files["unsigned-"+name+".note"] = b
			index = append(index, vector{File: "unsigned-" + name + ".note", As: v.as, Why: err.Error()})
		}
	}
	_, _, first, second := keys(t)
	for name, v := range map[string]any{"index.json": index, "first.card": first, "second.card": second} {
		b, err := canon.JSON(v)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = b
	}
	compareVectors(t, files)
}

func compareVectors(t *testing.T, files map[string][]byte) {
	t.Helper()
	if *update {
		if err := errors.Join(os.RemoveAll(vectorsDir), os.MkdirAll(vectorsDir, 0o755)); err != nil {
			t.Fatal(err)
		}
		for name, b := range files {
			if err := os.WriteFile(filepath.Join(vectorsDir, name), b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	entries, err := os.ReadDir(vectorsDir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != len(files) {
		t.Errorf("%d files in the folder where %d belong", len(entries), len(files))
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(vectorsDir, name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s differs from what this code writes: %v", name, err)
		}
	}
}

func TestTooLarge(t *testing.T) {
	b := append(sign(t, 3, at).Bytes(), make([]byte, MaxNote)...)
	if _, err := ParseNote(b); err == nil {
		t.Error("more than MaxNote was read")
	}
}

func TestNoKey(t *testing.T) {
	n := goodNotes(t)["both"]
	if _, err := n.Verify(key.RecordKey{}); err == nil {
		t.Error("verified without a record key")
	}
	if _, err := n.VerifyCosigned(key.Cosigner{}); err == nil {
		t.Error("verified without a cosigner's key")
	}
}

func seeds(f *testing.F) {
	names, err := filepath.Glob(vectorsDir + "/*.note")
	if err != nil || len(names) == 0 {
		f.Fatalf("no seeds in %s: %v", vectorsDir, err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
}

func FuzzParseNote(f *testing.F) {
	seeds(f)
	k, w, _, _ := keys(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		n, err := ParseNote(b)
		if err != nil {
			return
		}
		if !bytes.Equal(n.Bytes(), b) {
			t.Errorf("%q was read and written again as %q", b, n.Bytes())
		}
		if len(n.Lines) == 0 || len(n.Lines) > MaxLines {
			t.Errorf("%d lines", len(n.Lines))
		}
		if s, err := n.Verify(k.Public); err == nil && (s.Time() <= 0 || s.Head() != n.Head) {
			t.Errorf("verified %v at %d", s.Head(), s.Time())
		}
		if c, err := n.VerifyCosigned(w.Public); err == nil && (c.Time() <= 0 || c.Head() != n.Head) {
			t.Errorf("verified %v at %d", c.Head(), c.Time())
		}
	})
}

func FuzzParseHead(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		text, _, _ := strings.Cut(string(b), "\n\n")
		for _, s := range []string{string(b), text + "\n"} {
			h, err := ParseHead(s)
			if err != nil {
				continue
			}
			if h.Text() != s {
				t.Errorf("%q was read and written again as %q", s, h.Text())
			}
			if h.Size < 0 {
				t.Errorf("size %d", h.Size)
			}
		}
	})
}

// sorted are the names of a map in order.
func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
