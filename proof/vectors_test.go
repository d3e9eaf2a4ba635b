package proof

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"detente/act"
	"detente/checkpoint"
	"detente/internal/canon"
	"detente/internal/frame"
	"detente/key"
	"detente/lodging"
	"detente/party"
	"detente/roster"
	"golang.org/x/mod/sumdb/tlog"
)

// ML-DSA signatures and seals are randomised: a run with -update writes other
// bytes, and what is stored is what every implementation must agree on.
var update = flag.Bool("update", false, "write spec/vectors/proof and spec/vectors/misconduct anew")

const (
	proofDir      = "../spec/vectors/proof"
	misconductDir = "../spec/vectors/misconduct"
)

// vectorsNow is the time at which the stored files are judged: 2026-11-23T13:00:00Z.
var vectorsNow = noon + 3600

func makeProofVectors(t testing.TB) map[string][]byte {
	s := newStory(t)
	first, err := s.roster.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	full := fileBytes(t, s.file)
	out := map[string][]byte{"roster.json": first, "good-full.proof": full}
	short, err := Parse(full)
	if err != nil {
		t.Fatal(err)
	}
	short.Ciphertext, short.FileKey, short.Receipts, short.Earlier = nil, nil, nil, nil
	short.Cosigs = short.Cosigs[:2]
	out["good-two-mirrors.proof"] = fileBytes(t, short)
	short.Cosigs = nil
	out["good-bare.proof"] = fileBytes(t, short)
	later := laterFile(t, s.fresh())
	out["good-later-edition.proof"] = fileBytes(t, later)
	gone, silent := withdrawn(t)
	out["good-withdrawn.proof"], out["good-withdrawal-left-out.proof"] = fileBytes(t, gone.file), fileBytes(t, silent)
	for name, row := range refused(s, t) {
		f, err := Parse(full)
		if err != nil {
			t.Fatal(err)
		}
		row.edit(f)
		_, err = Verify(f, s.roster, vectorsNow)
		if err == nil {
			t.Fatalf("%s: accepted", name)
		}
		name = "bad-" + strings.ReplaceAll(name, " ", "-")
		out[name+".proof"], out[name+".why"] = fileBytes(t, f), []byte(err.Error()+"\n")
	}
	for name, b := range malformed(t, full) {
		_, err := Parse(b)
		if err == nil {
			t.Fatalf("%s: accepted", name)
		}
		out["bad-"+name+".proof"], out["bad-"+name+".why"] = b, []byte(err.Error()+"\n")
	}
	return out
}

// laterFile is an act under edition 2, with a rotation on the way.
func laterFile(t testing.TB, w *world) *File {
	a := w.by["alatau"]
	keyAct := w.rotate(t, a, key.Record, nil, noon+100)
	raw, adoptions := w.follow(t, noon+600, noon+200, nil)
	i := w.say(t, "alatau", act.Act{Edition: 2, Kind: act.Statement, Status: act.Actual, Life: act.New, Thread: "ALA/2026/18", PayloadType: "text/plain", Payload: []byte("a remark")})
	in := a.included(t, i, noon+700)
	return &File{Leaf: in.Leaf, Index: i, Inclusion: in.Inclusion, Head: in.Head, Editions: [][]byte{raw}, Adoptions: adoptions,
		KeyActs: []Included{keyAct}, Cosigs: w.cosigs(t, a, i+1, i+1, noon+710, "borovia", "cintra", "dovania")}
}

// reframed writes the items of a framed file again after an edit.
func reframed(t testing.TB, b []byte, magic string, edit func([]frame.Item) []frame.Item) []byte {
	t.Helper()
	r, err := readItems(b, magic, fileLimits())
	if err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	w := frame.NewWriter(&buf, magic)
	for _, it := range edit(r.items) {
		if err := w.Write(it); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// malformed are files that Parse refuses: framed well, but of the wrong items.
func malformed(t testing.TB, full []byte) map[string][]byte {
	edit := func(f func(its []frame.Item) []frame.Item) []byte { return reframed(t, full, FileMagic, f) }
	at := func(kind string, f func(it *frame.Item)) []byte {
		return edit(func(its []frame.Item) []frame.Item {
			i := slices.IndexFunc(its, func(it frame.Item) bool { return it.Type == kind })
			f(&its[i])
			return its
		})
	}
	h := strings.Repeat("A", 43) + "=\n"
	return map[string][]byte{
		"empty":                {},
		"no-items":             edit(func([]frame.Item) []frame.Item { return nil }),
		"first-item-missing":   edit(func(its []frame.Item) []frame.Item { return its[1:] }),
		"inclusion-missing":    edit(func(its []frame.Item) []frame.Item { return slices.Delete(its, 1, 2) }),
		"items-swapped":        edit(func(its []frame.Item) []frame.Item { its[1], its[2] = its[2], its[1]; return its }),
		"file-key-alone":       edit(func(its []frame.Item) []frame.Item { return slices.Delete(its, len(its)-2, len(its)-1) }),
		"file-key-twice":       edit(func(its []frame.Item) []frame.Item { return append(its, its[len(its)-1]) }),
		"unknown-item":         edit(func(its []frame.Item) []frame.Item { return append(its, frame.Item{Type: "gift"}) }),
		"act-empty":            at("act", func(it *frame.Item) { it.Body = nil }),
		"act-too-long":         at("act", func(it *frame.Item) { it.Body = make([]byte, act.MaxSize+1) }),
		"act-without-index":    at("act", func(it *frame.Item) { it.Args = nil }),
		"index-leading-zero":   at("act", func(it *frame.Item) { it.Args = []string{"012"} }),
		"index-negative":       at("act", func(it *frame.Item) { it.Args = []string{"-1"} }),
		"index-out-of-range":   at("act", func(it *frame.Item) { it.Args = []string{"9007199254740991"} }),
		"inclusion-long":       at("inclusion", func(it *frame.Item) { it.Body = []byte(strings.Repeat(h, maxHashes+1)) }),
		"inclusion-cut-off":    at("inclusion", func(it *frame.Item) { it.Body = it.Body[:len(it.Body)-1] }),
		"inclusion-short-hash": at("inclusion", func(it *frame.Item) { it.Body = []byte("AAAA\n") }),
		"inclusion-odd-bits":   at("inclusion", func(it *frame.Item) { it.Body = []byte(strings.Repeat("A", 42) + "B=\n") }),
		"inclusion-cr":         at("inclusion", func(it *frame.Item) { it.Body = []byte(strings.Replace(h, "\n", "\r\n", 1)) }),
		"head-empty":           at("head", func(it *frame.Item) { it.Body = nil }),
		"head-too-long":        at("head", func(it *frame.Item) { it.Body = make([]byte, maxNote+1) }),
		"consistency-empty":    at("consistency", func(it *frame.Item) { it.Body = nil }),
		"receipt-path":         at("receipt", func(it *frame.Item) { it.Args[0] = "../../etc/00000000" }),
		"receipt-no-index":     at("receipt", func(it *frame.Item) { it.Args = it.Args[:1] }),
		"file-key-short":       at("file-key", func(it *frame.Item) { it.Body = it.Body[1:] }),
		"cosignatures-129": edit(func(its []frame.Item) []frame.Item {
			i := slices.IndexFunc(its, func(it frame.Item) bool { return it.Type == "cosignature" })
			short := frame.Item{Type: "cosignature", Body: []byte("x")}
			return slices.Insert(its, i, slices.Repeat([]frame.Item{short}, maxCosigs)...)
		}),
		"cut-off":    full[:len(full)-10],
		"more-after": append(slices.Clip(full), '\n'),
		"a-bundle":   append([]byte("detente-bundle/v1"), full[len(FileMagic):]...),
	}
}

func makeMisconductVectors(t testing.TB) map[string][]byte {
	w, one, two := twoFaced(t)
	first, err := w.roster.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{"roster.json": first}
	put := func(name string, m *Misconduct) {
		b, err := m.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		out[name+".misconduct"] = b
		if _, err := m.Verify(w.keys(t)); strings.HasPrefix(name, "bad-") {
			out[name+".why"] = []byte(err.Error() + "\n")
		}
	}
	put("good-fork", Fork(one.sign(t, 9, noon), two.sign(t, 9, noon+60), "alatau"))
	for _, small := range []int64{7, 8} {
		m, err := Inconsistent(one.sign(t, small, noon), two.sign(t, 13, noon+60), two, "alatau")
		if err != nil {
			t.Fatal(err)
		}
		put("good-inconsistent-"+string(rune('0'+small)), m)
		m.Consistency = slices.Clone(m.Consistency[1:])
		put("bad-inconsistent-without-seed-"+string(rune('0'+small)), m)
	}
	put("good-invalid-act", InvalidAct(two.leaves[7], 7, two.inclusion(t, 7, 13), two.sign(t, 13, noon), "alatau"))
	b := w.by["borovia"]
	put("good-cosigner", Cosigner(b.cosign(t, one.tree(t, 9), noon), b.cosign(t, two.tree(t, 9), noon+60), "borovia"))
	shown, err := checkpoint.Cosign(two.tree(t, 9), b.set.Witness, noon+60)
	if err != nil {
		t.Fatal(err)
	}
	put("bad-witness-and-mirror", Cosigner(b.cosign(t, one.tree(t, 9), noon), shown, "borovia"))
	put("bad-other-party", Fork(one.sign(t, 9, noon), two.sign(t, 9, noon+60), "borovia"))
	_, all := honest(t)
	for name, m := range all {
		put("bad-honest-"+strings.NewReplacer(" ", "-", ",", "").Replace(name), m)
	}
	later := two.clone()
	i := later.add(t, []byte("detente-act/v3\nwhat a later version says\n"))
	put("bad-later-version", &Misconduct{Kind: KindInvalidAct, Against: "alatau", A: later.sign(t, i+1, noon).Bytes(), Leaf: later.leaves[i], Index: i, Inclusion: later.inclusion(t, i, i+1)})
	return out
}

func writeVectors(t *testing.T, dir string, vs map[string][]byte) {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(vs)) {
		if err := os.WriteFile(filepath.Join(dir, name), vs[name], 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// stored reads the vectors of one kind, at least n of them, and their roster.
func stored(t testing.TB, dir, ext string, n int) (map[string][]byte, *roster.Roster) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"+ext))
	if err != nil || len(files) < n {
		t.Fatalf("%d vectors in %s: %v", len(files), dir, err)
	}
	out := make(map[string][]byte)
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		out[strings.TrimSuffix(filepath.Base(f), ext)] = b
	}
	b, err := os.ReadFile(filepath.Join(dir, "roster.json"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := roster.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	return out, r
}

// says compares or writes the words that a good vector shows.
func says(t *testing.T, dir, name, words string) {
	t.Helper()
	path := filepath.Join(dir, name+".says")
	if *update {
		if err := os.WriteFile(path, []byte(words), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(b) != words {
		t.Errorf("%s: says\n%s\ninstead of\n%s", name, words, b)
	}
}

// shownJSON is what a good proof file shows, apart from words.
type shownJSON struct {
	File        string        `json:"file"`
	Author      party.ID      `json:"author"`
	Origin      party.Origin  `json:"origin"`
	Index       int64         `json:"index"`
	Leaf        string        `json:"leaf"`
	Edition     int           `json:"edition"` // by which it is judged
	Lodged      boundsJSON    `json:"lodged"`
	Held        boundsJSON    `json:"held"`
	Receipts    []receiptJSON `json:"receipts"`
	Withdrawal  int64         `json:"withdrawal"` // -1: none is included
	Content     string        `json:"content"`    // digest; empty: not shown
	ContentType string        `json:"content_type"`
}

type boundsJSON struct {
	NotAfter  int64      `json:"not_after"`
	NotBefore int64      `json:"not_before"`
	By        []party.ID `json:"by"`
	Need      int        `json:"need"`
	Have      int        `json:"have"`
	Of        int        `json:"of"`
}

type receiptJSON struct {
	By   party.ID `json:"by"`
	Kind act.Kind `json:"kind"`
	Time int64    `json:"time"`
}

func showing(name string, s *Shown) shownJSON {
	bounds := func(b lodging.Bounds) boundsJSON {
		out := boundsJSON{NotAfter: b.NotAfter, NotBefore: b.NotBefore, By: []party.ID{}, Need: b.Need, Have: b.Have, Of: b.Of}
		for _, st := range b.Shown {
			out.By = append(out.By, st.By)
		}
		return out
	}
	out := shownJSON{File: name + ".proof", Author: s.Author, Origin: s.Ref.Origin, Index: s.Ref.Index, Leaf: canon.Base64(s.Ref.Leaf[:]),
		Edition: s.Edition.Edition, Lodged: bounds(s.Bounds), Held: bounds(s.Held), Receipts: []receiptJSON{}, Withdrawal: s.Evidence.Gap, ContentType: s.ContentType}
	for _, r := range s.Receipts {
		out.Receipts = append(out.Receipts, receiptJSON{r.By, r.Kind, r.Time})
	}
	if s.Content != nil {
		out.Content = canon.DigestOf(s.Content).String()
	}
	return out
}

// compareShown compares or writes the list of what the good files show.
func compareShown(t *testing.T, all []shownJSON) {
	t.Helper()
	slices.SortFunc(all, func(a, b shownJSON) int { return strings.Compare(a.File, b.File) })
	want, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	path := filepath.Join(proofDir, "index.json")
	if *update {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
		t.Errorf("index.json is not what the files show (%v)", err)
	}
}

func TestVectors(t *testing.T) {
	if *update {
		writeVectors(t, proofDir, makeProofVectors(t))
		writeVectors(t, misconductDir, makeMisconductVectors(t))
	}
	files, first := stored(t, proofDir, ".proof", 60)
	var shown []shownJSON
	for name, b := range files {
		f, err := Parse(b)
		var s *Shown
		if err == nil {
			if !bytes.Equal(fileBytes(t, f), b) {
				t.Errorf("%s: written again it differs", name)
			}
			s, err = Verify(f, first, vectorsNow)
		}
		if good := strings.HasPrefix(name, "good-"); good != (err == nil) {
			t.Errorf("%s: %v", name, err)
		} else if good {
			says(t, proofDir, name, s.Sentence+"\n"+strings.Join(s.NotShown, "\n")+"\n")
			shown = append(shown, showing(name, s))
		}
	}
	compareShown(t, shown)
	files, first = stored(t, misconductDir, ".misconduct", 12)
	k, err := roster.NewKeys(first)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range files {
		m, err := ParseMisconduct(b)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		s, err := m.Verify(k)
		if good := strings.HasPrefix(name, "good-"); good != (err == nil) {
			t.Errorf("%s: %v", name, err)
		} else if good {
			says(t, misconductDir, name, s+"\n")
		}
	}
}

func FuzzParse(f *testing.F) {
	files, first := stored(f, proofDir, ".proof", 60)
	for _, b := range files {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := Parse(b)
		if err != nil {
			return
		}
		if again, err := p.Bytes(); err != nil || !bytes.Equal(again, b) {
			t.Fatalf("written again it differs (%v)", err)
		}
		Verify(p, first, vectorsNow) // must not crash
	})
}

func FuzzParseMisconduct(f *testing.F) {
	files, first := stored(f, misconductDir, ".misconduct", 12)
	for _, b := range files {
		f.Add(b)
	}
	k, err := roster.NewKeys(first)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := ParseMisconduct(b)
		if err != nil {
			return
		}
		if again, err := m.Bytes(); err != nil || !bytes.Equal(again, b) {
			t.Fatalf("written again it differs (%v)", err)
		}
		m.Verify(k) // must not crash
	})
}

// FuzzItems goes past the digest of the closing line: a program picks items and
// arguments, the body is that of the items that need one.
func FuzzItems(f *testing.F) {
	files, _ := stored(f, proofDir, ".proof", 60)
	r, err := readItems(files["good-full"], FileMagic, fileLimits())
	if err != nil {
		f.Fatal(err)
	}
	types := []string{itemAct, itemInclusion, itemHead, itemEarlier, itemCosignature, itemConsistency, itemEdition,
		itemAdoption, itemKeyAct, itemReceipt, itemBlob, itemContent, itemFileKey, itemAccusation, itemFirst, itemSecond}
	var program []byte
	for _, it := range r.items {
		program = append(program, byte(slices.Index(types, it.Type)))
	}
	f.Add(program, []byte("0123456789abcdef"))
	hash := joinHashes([]tlog.Hash{{1}})
	f.Add([]byte{13, 14, 15}, hash)
	f.Add([]byte{13 + 16, 14, 15, 5}, hash)
	f.Add([]byte{13 + 32, 14, 0, 1}, hash)
	f.Fuzz(func(t *testing.T, program, body []byte) {
		for _, magic := range []string{FileMagic, MisconductMagic} {
			var buf bytes.Buffer
			w := frame.NewWriter(&buf, magic)
			for _, p := range program {
				if err := w.Write(fuzzItem(types[p%16], int(p/16), body)); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			var again []byte
			var err error
			if magic == FileMagic {
				p, fault := Parse(buf.Bytes())
				if fault != nil {
					continue
				}
				again, err = p.Bytes()
			} else {
				m, fault := ParseMisconduct(buf.Bytes())
				if fault != nil {
					continue
				}
				again, err = m.Bytes()
			}
			if err != nil || !bytes.Equal(again, buf.Bytes()) {
				t.Fatalf("written again it differs (%v)", err)
			}
		}
	})
}

func fuzzItem(kind string, variant int, body []byte) frame.Item {
	it := frame.Item{Type: kind, Body: body}
	switch kind {
	case itemAct:
		it.Args = []string{"3"}
	case itemAdoption, itemKeyAct, itemReceipt:
		it.Args = []string{"alatau/1f2e3d4c", "4"}
	case itemAccusation:
		it.Args = []string{[]string{KindFork, KindInconsistent, KindInvalidAct, KindCosigner}[variant%4], "alatau"}
		it.Body = nil
	case itemInclusion, itemConsistency:
		if variant > 7 {
			it.Body = joinHashes([]tlog.Hash{{1}, {2}})
		}
	}
	return it
}
