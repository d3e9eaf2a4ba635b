package bundle

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"

	"detente/internal/canon"
	"detente/internal/frame"
	"detente/party"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	alatau  = party.Origin("alatau/1f2e3d4c")
	borovia = party.Origin("borovia/00aa11bb")
)

func info() Info {
	return Info{Group: party.Group{1, 2, 3}, From: "alatau", Written: "2026-11-23T14:04:00Z"}
}

// parts is one of every kind, in a lawful order.
func parts() []Part {
	blob := []byte("a blob\nof two lines")
	return []Part{
		{Kind: Have, Have: []Position{{alatau, 12, tlog.Hash{1}}, {borovia, 0, tlog.Hash(sha256.Sum256(nil))}}},
		{Kind: Want, Want: []canon.Digest{{1}, {2}}},
		{Kind: Since, Held: 17, Upto: 0, All: true},
		{Kind: Blob, Blob: blob, Digest: canon.DigestOf(blob)},
		{Kind: Blob, Blob: []byte{}, Digest: canon.DigestOf(nil)},
		{Kind: Entries, Origin: alatau, From: 10, Leaves: [][]byte{[]byte("ten"), {0}, []byte("twelve\n")}},
		{Kind: Entries, Origin: borovia, From: 0, Leaves: [][]byte{bytes.Repeat([]byte{0xff}, 300)}},
		{Kind: Entries, Origin: alatau, From: 13, Leaves: [][]byte{[]byte("thirteen")}},
		{Kind: Head, Note: []byte("a head")},
		{Kind: Cosig, Note: []byte("a cosignature")},
	}
}

func write(t testing.TB, i Info, ps []Part) []byte {
	t.Helper()
	var buf bytes.Buffer
	w, err := NewWriter(&buf, i)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range ps {
		if err := w.Write(p); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// read returns what was read until the end or the first error.
func read(b []byte, lim frame.Limits) (Info, []Part, error) {
	r, i, err := NewReader(bytes.NewReader(b), lim)
	if err != nil {
		return i, nil, err
	}
	var ps []Part
	for {
		p, err := r.Next()
		if err == io.EOF {
			return i, ps, nil
		}
		if err != nil {
			if _, again := r.Next(); again != err {
				return i, ps, fmt.Errorf("the error did not stay: %v", again)
			}
			return i, ps, err
		}
		ps = append(ps, p)
	}
}

func TestRoundTrip(t *testing.T) {
	b := write(t, info(), parts())
	i, ps, err := read(b, frame.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if i != info() {
		t.Errorf("header %+v", i)
	}
	if !reflect.DeepEqual(ps, parts()) {
		t.Errorf("got  %+v\nwant %+v", ps, parts())
	}
	if !bytes.Equal(write(t, i, ps), b) {
		t.Error("written again it differs")
	}
}

func TestEmptyBundle(t *testing.T) {
	if _, ps, err := read(write(t, info(), nil), frame.Limits{}); err != nil || len(ps) != 0 {
		t.Errorf("%v %v", ps, err)
	}
}

func TestWriterPutsListsInOrder(t *testing.T) {
	have := []Position{{Origin: borovia}, {Origin: alatau}}
	want := []canon.Digest{{9}, {3}}
	_, ps, err := read(write(t, info(), []Part{{Kind: Have, Have: have}, {Kind: Want, Want: want}}), frame.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if ps[0].Have[0].Origin != alatau || ps[1].Want[0] != (canon.Digest{3}) {
		t.Errorf("not in order: %+v", ps)
	}
	if have[0].Origin != borovia || want[0] != (canon.Digest{9}) {
		t.Error("the caller's slices were reordered")
	}
}

// fails are parts that neither writer nor reader may accept after parts().
func fails() map[string]Part {
	blob := []byte("a blob\nof two lines")
	many := make([][]byte, MaxLeaves+1)
	for i := range many {
		many[i] = []byte{}
	}
	return map[string]Part{
		"header again":           {Kind: Header},
		"unknown kind":           {Kind: "gift"},
		"positions again":        {Kind: Have},
		"wants again":            {Kind: Want},
		"since again":            {Kind: Since},
		"blob again":             {Kind: Blob, Blob: blob, Digest: canon.DigestOf(blob)},
		"blob with wrong digest": {Kind: Blob, Blob: []byte("x"), Digest: canon.Digest{1}},
		"entries with a gap":     {Kind: Entries, Origin: alatau, From: 15, Leaves: [][]byte{{1}}},
		"entries again":          {Kind: Entries, Origin: alatau, From: 10, Leaves: [][]byte{{1}}},
		"entries going back":     {Kind: Entries, Origin: borovia, From: 0, Leaves: [][]byte{{1}}},
		"no leaves":              {Kind: Entries, Origin: alatau, From: 14},
		"too many leaves":        {Kind: Entries, Origin: alatau, From: 14, Leaves: many},
		"negative index":         {Kind: Entries, Origin: "cintra/00000000", From: -1, Leaves: [][]byte{{1}}},
		"index out of range":     {Kind: Entries, Origin: "cintra/00000000", From: canon.MaxNumber, Leaves: [][]byte{{1}}},
		"path as origin":         {Kind: Entries, Origin: "../../etc/00000000", From: 0, Leaves: [][]byte{{1}}},
		"dots as origin":         {Kind: Entries, Origin: "../1f2e3d4c", From: 0, Leaves: [][]byte{{1}}},
		"absolute origin":        {Kind: Entries, Origin: "/alatau/1f2e3d4c", From: 0, Leaves: [][]byte{{1}}},
		"empty leaf":             {Kind: Entries, Origin: alatau, From: 0, Leaves: [][]byte{{1}, {}}},
		"empty origin":           {Kind: Entries, Origin: "", From: 0, Leaves: [][]byte{{1}}},
		"empty head":             {Kind: Head},
		"huge head":              {Kind: Head, Note: make([]byte, MaxNote+1)},
		"huge cosignature":       {Kind: Cosig, Note: make([]byte, MaxNote+1)},
	}
}

func TestWriterRefuses(t *testing.T) {
	for name, p := range fails() {
		var buf bytes.Buffer
		w, err := NewWriter(&buf, info())
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range parts() {
			if err := w.Write(q); err != nil {
				t.Fatal(err)
			}
		}
		n := buf.Len()
		if err := w.Write(p); err == nil {
			t.Errorf("%s: written", name)
		}
		if w.Write(Part{Kind: Head, Note: []byte("x")}) == nil || w.Close() == nil || buf.Len() != n {
			t.Errorf("%s: the writer went on", name)
		}
	}
	lists := map[string]Part{
		"two positions of one record": {Kind: Have, Have: []Position{{Origin: alatau}, {Origin: alatau, Size: 1}}},
		"negative size":               {Kind: Have, Have: []Position{{Origin: alatau, Size: -1}}},
		"bad origin":                  {Kind: Have, Have: []Position{{Origin: "../x"}}},
		"too many positions":          {Kind: Have, Have: make([]Position, MaxPositions+1)},
		"held below zero":             {Kind: Since, Held: -1},
		"upto below zero":             {Kind: Since, Upto: -1},
		"held beyond range":           {Kind: Since, Held: canon.MaxNumber + 1},
		"upto beyond range":           {Kind: Since, Upto: canon.MaxNumber + 1},
		"wanted twice":                {Kind: Want, Want: []canon.Digest{{1}, {1}}},
		"too many wanted":             {Kind: Want, Want: make([]canon.Digest, MaxWanted+1)},
		"leaf too long":               {Kind: Entries, Origin: alatau, Leaves: [][]byte{make([]byte, MaxLeaf+1)}},
		"blob too long":               {Kind: Blob, Blob: make([]byte, MaxBlob+1), Digest: canon.DigestOf(make([]byte, MaxBlob+1))},
	}
	for name, p := range lists {
		w, err := NewWriter(io.Discard, info())
		if err != nil {
			t.Fatal(err)
		}
		if w.Write(p) == nil {
			t.Errorf("%s: written", name)
		}
	}
	for name, i := range map[string]Info{
		"no group":   {From: "alatau", Written: info().Written},
		"no sender":  {Group: info().Group, Written: info().Written},
		"path":       {Group: info().Group, From: "../alatau", Written: info().Written},
		"no time":    {Group: info().Group, From: "alatau"},
		"other time": {Group: info().Group, From: "alatau", Written: "2026-11-23 14:04"},
	} {
		if _, err := NewWriter(io.Discard, i); err == nil {
			t.Errorf("header with %s: written", name)
		}
	}
}

// items frames raw items under the header, past the checks of Writer.
func items(t testing.TB, its ...frame.Item) []byte {
	t.Helper()
	header, err := info().item()
	if err != nil {
		t.Fatal(err)
	}
	return framed(t, Magic, append([]frame.Item{header}, its...)...)
}

func framed(t testing.TB, magic string, its ...frame.Item) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := frame.NewWriter(&buf, magic)
	for _, it := range its {
		if err := w.Write(it); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// entries is an item of the given body.
func entries(body string) frame.Item {
	return frame.Item{Type: "entries", Args: []string{string(alatau), "0"}, Body: []byte(body)}
}

func list(kind, body string) frame.Item { return frame.Item{Type: kind, Body: []byte(body)} }

func since(args ...string) frame.Item { return frame.Item{Type: "since", Args: args} }

// hostile are bundles that are framed well and must be refused all the same.
func hostile(t testing.TB) map[string][]byte {
	header, _ := info().item()
	root := canon.Base64(make([]byte, 32))
	d1, d2 := canon.Digest{1}.String(), canon.Digest{2}.String()
	blob := frame.Item{Type: "blob", Args: []string{canon.DigestOf([]byte("x")).String()}, Body: []byte("x")}
	withBody := header
	withBody.Body = []byte("x")
	lines := strings.Repeat("\n", MaxWanted+1)
	return map[string][]byte{
		"no-parts":              framed(t, Magic),
		"other-magic":           framed(t, "detente-proof/v1", header),
		"next-version":          framed(t, "detente-bundle/v2", header),
		"head-before-header":    framed(t, Magic, list("head", "x"), header),
		"header-twice":          items(t, header),
		"header-with-body":      framed(t, Magic, withBody),
		"header-short":          framed(t, Magic, frame.Item{Type: "group", Args: header.Args[:2]}),
		"header-path":           framed(t, Magic, frame.Item{Type: "group", Args: []string{header.Args[0], "../../alatau", header.Args[2]}}),
		"header-zero-group":     framed(t, Magic, frame.Item{Type: "group", Args: []string{strings.Repeat("0", 32), "alatau", header.Args[2]}}),
		"header-local-time":     framed(t, Magic, frame.Item{Type: "group", Args: []string{header.Args[0], "alatau", "2026-11-23T14:04:00+05:00"}}),
		"unknown-part":          items(t, list("gift", "x")),
		"entries-path":          items(t, frame.Item{Type: "entries", Args: []string{"../../etc/passwd", "0"}, Body: []byte("\x00\x01a")}),
		"entries-dots":          items(t, frame.Item{Type: "entries", Args: []string{"../1f2e3d4c", "0"}, Body: []byte("\x00\x01a")}),
		"entries-leading-zero":  items(t, frame.Item{Type: "entries", Args: []string{string(alatau), "00"}, Body: []byte("\x00\x01a")}),
		"entries-negative":      items(t, frame.Item{Type: "entries", Args: []string{string(alatau), "-1"}, Body: []byte("\x00\x01a")}),
		"entries-beyond-range":  items(t, frame.Item{Type: "entries", Args: []string{string(alatau), "9007199254740991"}, Body: []byte("\x00\x01a")}),
		"entries-overflow":      items(t, frame.Item{Type: "entries", Args: []string{string(alatau), "18446744073709551616"}, Body: []byte("\x00\x01a")}),
		"entries-none":          items(t, entries("")),
		"entries-empty-leaf":    items(t, entries("\x00\x01a\x00\x00\x00\x01b")),
		"entries-cut-length":    items(t, entries("\x00\x01a\x00")),
		"entries-cut-leaf":      items(t, entries("\x00\x05abc")),
		"entries-long-length":   items(t, entries("\xff\xffabc")),
		"entries-257":           items(t, entries(strings.Repeat("\x00\x00", MaxLeaves+1))),
		"entries-doubled":       items(t, entries("\x00\x01a"), entries("\x00\x01a")),
		"entries-no-argument":   items(t, frame.Item{Type: "entries", Body: []byte("\x00\x01a")}),
		"head-empty":            items(t, list("head", "")),
		"head-huge":             items(t, list("head", strings.Repeat("x", MaxNote+1))),
		"head-argument":         items(t, frame.Item{Type: "head", Args: []string{"x"}, Body: []byte("x")}),
		"blob-other-bytes":      items(t, frame.Item{Type: "blob", Args: []string{d1}, Body: []byte("x")}),
		"blob-bad-digest":       items(t, frame.Item{Type: "blob", Args: []string{"sha256:../../x"}, Body: []byte("x")}),
		"blob-twice":            items(t, blob, blob),
		"have-twice":            items(t, list("have", ""), list("have", "")),
		"have-out-of-order":     items(t, list("have", fmt.Sprintf("%s 1 %s\n%s 1 %s\n", borovia, root, alatau, root))),
		"have-origin-twice":     items(t, list("have", fmt.Sprintf("%s 1 %s\n%s 2 %s\n", alatau, root, alatau, root))),
		"have-leading-zero":     items(t, list("have", fmt.Sprintf("%s 01 %s\n", alatau, root))),
		"have-short-root":       items(t, list("have", fmt.Sprintf("%s 1 %s\n", alatau, canon.Base64(make([]byte, 31))))),
		"have-cut-off":          items(t, list("have", fmt.Sprintf("%s 1 %s", alatau, root))),
		"have-two-fields":       items(t, list("have", fmt.Sprintf("%s 1\n", alatau))),
		"have-path":             items(t, list("have", fmt.Sprintf("../../x 1 %s\n", root))),
		"since-twice":           items(t, since("1", "2", "own"), since("1", "2", "own")),
		"since-two-arguments":   items(t, since("1", "2")),
		"since-leading-zero":    items(t, since("01", "2", "own")),
		"since-negative":        items(t, since("1", "-2", "own")),
		"since-beyond-range":    items(t, since("1", "9007199254740992", "own")),
		"since-other-scope":     items(t, since("1", "2", "none")),
		"since-with-body":       items(t, frame.Item{Type: "since", Args: []string{"1", "2", "own"}, Body: []byte("x")}),
		"want-twice":            items(t, list("want", ""), list("want", "")),
		"want-out-of-order":     items(t, list("want", d2+"\n"+d1+"\n")),
		"want-digest-twice":     items(t, list("want", d1+"\n"+d1+"\n")),
		"want-other-spelling":   items(t, list("want", strings.ToUpper(d1)+"\n")),
		"want-empty-lines":      items(t, list("want", "\n\n")),
		"want-too-many":         items(t, list("want", lines)),
		"closed-then-more":      append(items(t), []byte("head 1\nx\n")...),
		"closed-then-newline":   append(items(t), '\n'),
		"closed-twice":          append(items(t), items(t)...),
		"cut-before-close":      cutLastLine(items(t, list("head", "x"))),
		"empty":                 {},
		"length-bomb":           bomb(t, "9007199254740991"),
		"length-bomb-overflow":  bomb(t, "99999999999999999999999"),
		"length-bomb-negative":  bomb(t, "-1"),
		"length-leading-zero":   bomb(t, "0001"),
		"count-bomb-close":      bytes.Replace(items(t), []byte(" 1 "), []byte(" 4294967296 "), 1),
		"entries-length-beyond": entriesBeyond(t),
	}
}

func cutLastLine(b []byte) []byte {
	return b[:bytes.LastIndexByte(b[:len(b)-1], '\n')+1]
}

// bomb announces a head of n bytes and ends.
func bomb(t testing.TB, n string) []byte {
	return append(cutLastLine(items(t)), []byte("head "+n+"\nx\n")...)
}

// entriesBeyond announces more leaf bytes than any leaf can have, each within its own body.
func entriesBeyond(t testing.TB) []byte {
	body := binary.BigEndian.AppendUint16(nil, 65535)
	return items(t, entries(string(append(body, make([]byte, 65534)...))))
}

func TestHostileBundles(t *testing.T) {
	for name, b := range hostile(t) {
		_, _, err := read(b, frame.Limits{})
		if err == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		if s := err.Error(); !strings.HasPrefix(s, "bundle part ") || strings.Contains(s, "\n") || len(s) > 400 {
			t.Errorf("%s: no clear sentence with the place: %q", name, s)
		}
	}
}

func TestReaderRefusesWhatWriterRefuses(t *testing.T) {
	var before []frame.Item
	for _, p := range parts() {
		it, err := p.item()
		if err != nil {
			t.Fatal(err)
		}
		before = append(before, it)
	}
	if _, _, err := read(items(t, before...), frame.Limits{}); err != nil {
		t.Fatal(err)
	}
	for name, p := range fails() {
		it, _ := p.item()
		if p.Kind == Entries && len(it.Args) == 0 {
			continue // cannot be framed as it is; hostile has it raw
		}
		if _, _, err := read(items(t, append(slices.Clip(before), it)...), frame.Limits{}); err == nil {
			t.Errorf("%s: read", name)
		}
	}
}

func TestEveryDamagedByteIsRefused(t *testing.T) {
	good := write(t, info(), parts())
	for i := range good {
		for _, x := range []byte{0x01, 0x20, 0x80} {
			b := bytes.Clone(good)
			b[i] ^= x
			if _, _, err := read(b, frame.Limits{}); err == nil {
				t.Fatalf("byte %d changed from %q to %q: accepted", i, good[i], b[i])
			}
		}
		if _, _, err := read(good[:i], frame.Limits{}); err == nil {
			t.Fatalf("cut off at byte %d: accepted", i)
		}
	}
}

func TestLimits(t *testing.T) {
	b := write(t, info(), parts())
	for name, lim := range map[string]frame.Limits{
		"items": {Items: len(parts())},
		"body":  {Body: 301},
		"total": {Total: int64(len(b) - 100)},
	} {
		if _, _, err := read(b, lim); err == nil {
			t.Errorf("%s: read past the limit", name)
		}
	}
	if _, _, err := read(b, frame.Limits{Items: len(parts()) + 1, Body: 302, Total: int64(len(b))}); err != nil {
		t.Errorf("exact limits: %v", err)
	}
}

// endless is a source that never ends.
type endless struct{ n int64 }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'a'
	}
	e.n += int64(len(p))
	return len(p), nil
}

func TestEndlessBodyEnds(t *testing.T) {
	for name, start := range map[string][]byte{
		"nothing but letters": nil,
		"a large head":        append(cutLastLine(items(t)), []byte("head 33554432\n")...),
		"a line":              append(cutLastLine(items(t)), []byte("head ")...),
	} {
		src := &endless{}
		r, _, err := NewReader(io.MultiReader(bytes.NewReader(start), src), frame.Limits{})
		if err == nil {
			_, err = r.Next()
		}
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
		if src.n > NetworkLimits().Total {
			t.Errorf("%s: read %d bytes", name, src.n)
		}
	}
}
