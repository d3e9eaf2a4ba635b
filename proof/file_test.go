package proof

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"

	"detente/act"
	"detente/internal/canon"
	"detente/key"
	"detente/lodging"
	"detente/party"
	"detente/roster"
	"golang.org/x/mod/sumdb/tlog"
)

func fileBytes(t testing.TB, f *File) []byte {
	t.Helper()
	b, err := f.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func verified(t testing.TB, f *File, first *roster.Roster, now int64) *Shown {
	t.Helper()
	got, err := Parse(fileBytes(t, f))
	if err != nil {
		t.Fatal(err)
	}
	s, err := Verify(got, first, now)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFileSaysWhatIsShown(t *testing.T) {
	s := newStory(t)
	got := verified(t, s.file, s.roster, s.now)
	origin := string(s.by["alatau"].set.Origin)
	want := "Alatau lodged statement ALA/2026/17 (exercise) in its record " + origin + " as act 12; " +
		"3 of 4 counting mirrors show by 2026-11-23T12:00:40Z that it was lodged, not that its content was held; " +
		"Borovia confirmed delivery by 2026-11-23T12:00:20Z and acknowledged receipt by 2026-11-23T12:01:00Z; " +
		"the sealed content is included and opens as the act says."
	// Counting for a sealed act: custodians Dovania, Elbria, secretariat and addressees Borovia, Cintra.
	want = strings.Replace(want, "3 of 4", "3 of 5", 1)
	if got.Sentence != want {
		t.Errorf("got  %s\nwant %s", got.Sentence, want)
	}
	notShown := []string{
		"This file does not show who read it.",
		"The time it claims, 2026-11-23T12:00:05Z, is a claim.",
		"Whether the mirrors held its content is not shown: one of the acts 13 to 14, over which they signed as well, may withdraw it, and then they need not have held it.",
		"Whether a later act corrects, cancels or withdraws it is not shown.",
		"No receipt of Cintra is included; that does not show that there is none.",
	}
	if !slices.Equal(got.NotShown, notShown) {
		t.Errorf("not shown: %q", got.NotShown)
	}
	if !bytes.Equal(got.Content, s.secret) || got.ContentType != "application/json" {
		t.Errorf("content %q of type %s", got.Content, got.ContentType)
	}
	if got.Ref != s.by["alatau"].ref(12) || got.Author != "alatau" || got.Act.Thread != "ALA/2026/17" {
		t.Errorf("ref %v by %s", got.Ref, got.Author)
	}
	if b := got.Bounds; b.NotAfter != noon+40 || b.NotBefore != noon+5 || b.Have != 3 {
		t.Errorf("bounds %+v", b)
	}
	if len(got.Receipts) != 2 || got.Receipts[1].Kind != act.Acknowledged || got.Receipts[1].By != "borovia" || got.Receipts[1].Time != noon+60 {
		t.Errorf("receipts %+v", got.Receipts)
	}
}

func TestFileRoundTrip(t *testing.T) {
	s := newStory(t)
	b := fileBytes(t, s.file)
	f, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(f, s.file) {
		t.Error("what was read is not what was written")
	}
	if !bytes.Equal(fileBytes(t, f), b) {
		t.Error("written again it differs")
	}
}

func TestWithoutContentOrKey(t *testing.T) {
	s := newStory(t)
	s.file.FileKey = nil
	got := verified(t, s.file, s.roster, s.now)
	if got.Content != nil || !slices.Contains(got.NotShown, "The sealed content is included and cannot be read without a key.") {
		t.Errorf("%q", got.NotShown)
	}
	s.file.Ciphertext = nil
	got = verified(t, s.file, s.roster, s.now)
	if !slices.Contains(got.NotShown, "The content is not included.") || strings.Contains(got.Sentence, "content is included") {
		t.Errorf("%q %q", got.Sentence, got.NotShown)
	}
}

func TestTooFewMirrors(t *testing.T) {
	s := newStory(t)
	s.file.Cosigs, s.file.Earlier, s.file.Receipts = s.file.Cosigs[:2], nil, nil
	got := verified(t, s.file, s.roster, s.now)
	if !strings.Contains(got.Sentence, "2 of 5 counting mirrors show it where 3 are needed") || got.Bounds.NotAfter != 0 {
		t.Error(got.Sentence)
	}
	if !slices.Contains(got.NotShown, "No time by which it was lodged is shown to everybody.") {
		t.Errorf("%q", got.NotShown)
	}
	s.file.Cosigs = nil
	got = verified(t, s.file, s.roster, s.now)
	if strings.Contains(got.Sentence, "mirrors") || strings.Contains(got.Sentence, ";  ") {
		t.Error(got.Sentence)
	}
}

func TestSignaturesToComeAreSetAside(t *testing.T) {
	s := newStory(t)
	s.file.Receipts = nil
	got := verified(t, s.file, s.roster, noon+20) // elbria signs at noon+40
	if got.Bounds.NotAfter != 0 || got.Bounds.Have != 2 {
		t.Errorf("%+v", got.Bounds)
	}
}

func TestContradictingClocks(t *testing.T) {
	s := newStory(t)
	s.file.Earlier = s.by["alatau"].sign(t, 12, noon+300).Bytes()
	got := verified(t, s.file, s.roster, s.now)
	if !got.Bounds.Contradiction || !slices.ContainsFunc(got.NotShown, func(n string) bool { return strings.HasPrefix(n, "The clocks contradict") }) {
		t.Errorf("%+v %q", got.Bounds, got.NotShown)
	}
}

// refused are ways to damage the file, with the words that name the place.
func refused(s *story, t testing.TB) map[string]struct {
	edit  func(f *File)
	place string
} {
	a, b := s.by["alatau"], s.by["borovia"]
	type row = struct {
		edit  func(f *File)
		place string
	}
	return map[string]row{
		"another leaf":                 {func(f *File) { f.Leaf = a.leaves[11] }, "the act: inclusion"},
		"a leaf of no format":          {func(f *File) { f.Leaf = []byte("hello\n") }, "the act: "},
		"another index":                {func(f *File) { f.Index = 11 }, "the act: inclusion"},
		"index beyond the head":        {func(f *File) { f.Index = 15 }, "the act: head: its size 15 does not cover act 15"},
		"inclusion cut":                {func(f *File) { f.Inclusion = f.Inclusion[1:] }, "the act: inclusion"},
		"inclusion with more":          {func(f *File) { f.Inclusion = append(slices.Clone(f.Inclusion), f.Inclusion[0]) }, "the act: inclusion"},
		"head by another party":        {func(f *File) { f.Head = b.sign(t, 3, noon).Bytes() }, "the act: head"},
		"head without a line":          {func(f *File) { f.Head = cutLastLine(f.Head) }, "the act: head"},
		"head that covers less":        {func(f *File) { f.Head = a.sign(t, 12, noon).Bytes() }, "the act: head: its size 12"},
		"head of garbage":              {func(f *File) { f.Head = []byte("x") }, "head of the act"},
		"earlier head covers the act":  {func(f *File) { f.Earlier = a.sign(t, 13, noon).Bytes() }, "earlier head: its size 13 covers act 12"},
		"earlier head of another":      {func(f *File) { f.Earlier = b.sign(t, 1, noon).Bytes() }, "earlier head: it is of"},
		"earlier head of garbage":      {func(f *File) { f.Earlier = []byte("x") }, "earlier head"},
		"cosignature of another tree":  {func(f *File) { f.Cosigs = s.cosigs(t, b, 3, 3, noon, "elbria") }, "the act: cosignature 1"},
		"cosignature too small":        {func(f *File) { f.Cosigs = s.cosigs(t, a, 12, 15, noon, "elbria") }, "the act: cosignature 1: its size 12 does not cover"},
		"cosignature no consistency":   {func(f *File) { f.Cosigs[1].Consistency = nil }, "the act: cosignature 2: consistency"},
		"cosignature odd consistency":  {func(f *File) { f.Cosigs[2].Consistency = f.Cosigs[1].Consistency }, "the act: cosignature 3: a consistency proof between equal sizes"},
		"cosignature wrong proof":      {func(f *File) { f.Cosigs[1].Consistency = slices.Clone(f.Cosigs[1].Consistency[1:]) }, "the act: cosignature 2: consistency"},
		"cosignature by a witness key": {func(f *File) { f.Cosigs[0].Note = witnessed(t, s.by["elbria"], a, 13) }, "the act: cosignature 1: it is by the witness key"},
		"cosignature by a stranger":    {func(f *File) { f.Cosigs[0].Note = newMember(t, "faronia").cosign(t, a.tree(t, 13), noon).Bytes() }, "the act: cosignature 1: no line is by a cosigner"},
		"cosignature by the head":      {func(f *File) { f.Cosigs[2].Note = f.Head }, "the act: cosignature 3: no line is by a cosigner"},
		"cosignature one line":         {func(f *File) { f.Cosigs[0].Note = cutLastLine(f.Cosigs[0].Note) }, "the act: cosignature 1"},
		"receipt for another act":      {func(f *File) { f.Receipts[0] = s.answer(t, "borovia", act.Delivered, 11, act.Exercise) }, "receipt 1: it answers"},
		"receipt of another status":    {func(f *File) { f.Receipts[0] = s.answer(t, "borovia", act.Delivered, 12, act.Test) }, "receipt 1: its status is test"},
		"receipt by no addressee":      {func(f *File) { f.Receipts[1] = s.answer(t, "elbria", act.Delivered, 12, act.Exercise) }, "receipt 2: elbria is not an addressee"},
		"receipt by the author":        {func(f *File) { f.Receipts[1] = s.answer(t, "alatau", act.Delivered, 12, act.Exercise) }, "receipt 2: it is the author's own"},
		"receipt to another":           {func(f *File) { f.Receipts[1] = s.misdirected(t) }, "receipt 2: it is not addressed to alatau"},
		"receipt of a bad act":         {func(f *File) { f.Receipts[1].Leaf = []byte("x") }, "receipt 2: act: "},
		"receipt under garbage":        {func(f *File) { f.Receipts[1].Head = []byte("x") }, "receipt 2: head: "},
		"cosignature over a fork":      {func(f *File) { f.Cosigs[2].Note = s.by["elbria"].cosign(t, forked(t, a).tree(t, 15), noon).Bytes() }, "the act: cosignature 3: its root is not that of the head"},
		"cosignature over a volume":    {func(f *File) { f.Cosigs[2].Note = s.by["elbria"].cosign(t, volume2(a).tree(t, 15), noon).Bytes() }, "the act: cosignature 3: it is over"},
		"cosignature of garbage":       {func(f *File) { f.Cosigs[1].Note = []byte("x") }, "the act: cosignature 2: "},
		"earlier head unsigned":        {func(f *File) { f.Earlier = cutLastLine(f.Earlier) }, "earlier head: verify checkpoint"},
		"adoption of a bad act": {func(f *File) {
			f.Editions, f.Adoptions = [][]byte{s.edition2(t)}, s.oneAdoption(t)
			f.Adoptions[0].Leaf = []byte("x")
		}, "edition 1 of the file: adoption 1: act: "},
		"key act of a bad act":       {func(f *File) { f.KeyActs = []Included{{Leaf: []byte("x"), Origin: b.set.Origin, Head: f.Head}} }, "key act 1: act: "},
		"receipt that is none":       {func(f *File) { f.Receipts[1] = b.included(t, 0, noon) }, "receipt 2: it is an act of kind statement"},
		"receipt under another head": {func(f *File) { f.Receipts[1].Head = f.Head }, "receipt 2: head"},
		"receipt at another place":   {func(f *File) { f.Receipts[0].Index++ }, "receipt 1: inclusion"},
		"receipt of a stranger":      {func(f *File) { f.Receipts[0].Origin = "faronia/00000000" }, "receipt 1: no edition here names the record"},
		"receipt to come": {func(f *File) {
			f.Receipts[0] = withHead(f.Receipts[0], b.sign(t, 3, s.now+1).Bytes(), b.inclusion(t, 1, 3))
		}, "receipt 1: the head over it"},
		"content changed":           {func(f *File) { f.Ciphertext = flip(f.Ciphertext, 500) }, "content: its digest"},
		"content cut":               {func(f *File) { f.Ciphertext = f.Ciphertext[1:] }, "content: it has"},
		"another file key":          {func(f *File) { f.FileKey = flip(f.FileKey, 3) }, "content: open with the file key"},
		"unused adoption":           {func(f *File) { f.Adoptions = s.oneAdoption(t) }, "adoption 1: it adopts no edition"},
		"adoption that is none":     {func(f *File) { f.Editions, f.Adoptions = [][]byte{s.edition2(t)}, []Included{b.included(t, 0, noon)} }, "edition 1 of the file: adoption 1: it is an act of kind"},
		"edition without adoptions": {func(f *File) { f.Editions = [][]byte{s.edition2(t)} }, "edition 1 of the file: the adoption by Alatau"},
		"edition of garbage":        {func(f *File) { f.Editions = [][]byte{[]byte("{}")} }, "edition 1 of the file: "},
		"key act that is none":      {func(f *File) { f.KeyActs = []Included{b.included(t, 0, noon)} }, "key act 1: it is an act of kind"},
		"key act of a stranger":     {func(f *File) { f.KeyActs = []Included{s.strangersKeyAct(t)} }, "key act 1: no edition here names"},
	}
}

func TestDamagedFilesSayWhere(t *testing.T) {
	base := newStory(t)
	b := fileBytes(t, base.file)
	for name, row := range refused(base, t) {
		f, err := Parse(b)
		if err != nil {
			t.Fatal(err)
		}
		row.edit(f)
		_, err = Verify(f, base.roster, base.now)
		if err == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		s := err.Error()
		if !strings.HasPrefix(s, "proof file: "+row.place) || strings.Contains(s, "\n") || len(s) > 400 {
			t.Errorf("%s: got %q, want the place %q", name, s, row.place)
		}
	}
}

// Whatever edition an act names, it is judged by the one in force when its author
// first signed it: an author does not choose its judge.
func TestActDoesNotChooseItsJudge(t *testing.T) {
	w := newWorld(t)
	a := w.by["alatau"]
	raw, adoptions := w.follow(t, noon+600, noon+100, func(r *roster.Roster) { r.Counting.F, r.Counting.K = 0, 2 })
	for _, row := range []struct{ named, head, judge, need int64 }{
		{1, 5, 1, 3}, {2, 5, 1, 3}, {7, 5, 1, 3}, {1, 700, 2, 2}, {2, 700, 2, 2}, {7, 700, 2, 2},
	} {
		i := w.say(t, "alatau", act.Act{Edition: int(row.named), Kind: act.Statement, Life: act.New, PayloadType: "text/plain", Payload: []byte("x")})
		in := a.included(t, i, noon+row.head)
		f := &File{Leaf: in.Leaf, Index: i, Inclusion: in.Inclusion, Head: in.Head, Editions: [][]byte{raw}, Adoptions: adoptions}
		f.Cosigs = w.cosigs(t, a, i+1, i+1, noon+800, "borovia", "cintra", "dovania")
		got := verified(t, f, w.roster, noon+3600)
		if got.Edition.Edition != int(row.judge) || got.Bounds.Need != int(row.need) {
			t.Errorf("named %d, signed at %d: judged by %d, %d needed", row.named, row.head, got.Edition.Edition, got.Bounds.Need)
		}
		said := slices.ContainsFunc(got.NotShown, func(s string) bool { return strings.Contains(s, "it is judged by edition") })
		if said != (row.named != row.judge) {
			t.Errorf("named %d, judged by %d: %q", row.named, row.judge, got.NotShown)
		}
	}
}

func TestActOfAnotherGroup(t *testing.T) {
	s := newStory(t)
	s.roster.Group = party.Group{9}
	if _, err := Verify(s.file, s.roster, s.now); err == nil || !strings.Contains(err.Error(), "it belongs to group") {
		t.Error(err)
	}
}

func TestClearActs(t *testing.T) {
	s := newStory(t)
	a := s.by["alatau"]
	blob := []byte("a long text")
	i := s.say(t, "alatau", act.Act{Kind: act.Statement, Status: act.Actual, Life: act.Correction, Answers: a.ref(12), Thread: "ALA/2026/17",
		Clear: act.Blob{Digest: canon.DigestOf(blob), Size: int64(len(blob)), Type: "text/plain"}})
	in := a.included(t, i, noon+90)
	f := &File{Leaf: in.Leaf, Index: i, Inclusion: in.Inclusion, Head: in.Head, Ciphertext: blob}
	f.Cosigs = s.cosigs(t, a, i+1, i+1, noon+95, "borovia", "cintra", "dovania", "alatau")
	got := verified(t, f, s.roster, s.now)
	if string(got.Content) != "a long text" || got.Bounds.NotAfter != noon+97 || got.Bounds.Of != 5 {
		t.Errorf("%+v", got)
	}
	if !strings.HasPrefix(got.Sentence, "Alatau lodged statement ALA/2026/17 (correction) in its record") {
		t.Error(got.Sentence)
	}
	f.FileKey = make([]byte, fileKeySize)
	if _, err := Verify(f, s.roster, s.now); err == nil {
		t.Error("a file key for clear content was accepted")
	}
	f.FileKey, f.Ciphertext = nil, []byte("another text")
	if _, err := Verify(f, s.roster, s.now); err == nil {
		t.Error("other content was accepted")
	}
	plain := s.note(t, "alatau")
	in = a.included(t, plain, noon+99)
	f = &File{Leaf: in.Leaf, Index: plain, Inclusion: in.Inclusion, Head: in.Head}
	if got := verified(t, f, s.roster, s.now); string(got.Content) != "a remark" || got.Act.Payload == nil {
		t.Errorf("payload: %+v", got)
	}
	f.Ciphertext = blob
	if _, err := Verify(f, s.roster, s.now); err == nil {
		t.Error("a blob that the act does not name was accepted")
	}
}

// After editions and rotations the file is verified with edition 1 alone.
func TestLaterEditionsAndKeys(t *testing.T) {
	w := newWorld(t)
	alatau, borovia := w.by["alatau"], w.by["borovia"]
	rotated := w.rotate(t, alatau, key.Record, nil, noon+1)
	raw, adoptions := w.follow(t, noon+600, noon+100, func(r *roster.Roster) {
		joins := newMember(t, "faronia")
		w.by["faronia"] = joins
		card := joins.set.Card(joins.next)
		r.Parties[6].Card = &card
		r.Counting.Witnesses = append(r.Counting.Witnesses, "faronia")
	})
	joined := w.rotate(t, w.by["faronia"], key.Record, nil, noon+610)
	i := w.say(t, "alatau", act.Act{Edition: 2, Kind: act.Statement, Life: act.New, PayloadType: "text/plain", Payload: []byte("x")})
	in := alatau.included(t, i, noon+700)
	f := &File{Leaf: in.Leaf, Index: i, Inclusion: in.Inclusion, Head: in.Head, Editions: [][]byte{raw}, Adoptions: adoptions,
		KeyActs: []Included{joined, rotated}}
	old := w.cosigs(t, alatau, i+1, i+1, noon+710, "borovia")[0]
	mirrored := w.rotate(t, borovia, key.Mirror, roster.NewCosignedList(borovia.signed), noon+720)
	f.KeyActs = append(f.KeyActs, mirrored)
	f.Cosigs = append(w.cosigs(t, alatau, i+1, i+1, noon+730, "faronia", "cintra"), old)
	got := verified(t, f, w.roster, noon+3600)
	if got.Bounds.NotAfter != noon+731 || got.Bounds.Have != 3 || got.Bounds.Of != 6 {
		t.Errorf("%+v", got.Bounds)
	}

	for name, row := range map[string]struct {
		edit  func(f *File)
		place string
	}{
		"without the key act":         {func(f *File) { f.KeyActs = nil }, "edition 1 of the file: adoption 1: head"},
		"without the edition":         {func(f *File) { f.Editions, f.Adoptions = nil, nil }, "key act 1: no edition here names the record"},
		"an adoption missing":         {func(f *File) { f.Adoptions = f.Adoptions[:5] }, "edition 1 of the file: the adoption by Secretariat"},
		"an adoption with two stamps": {func(f *File) { f.Adoptions[2].Cosigs = f.Adoptions[2].Cosigs[:2] }, "edition 1 of the file: the adoption by Cintra"},
		"an adoption too late": {func(f *File) {
			m := w.by["dovania"]
			f.Adoptions[3].Cosigs = w.cosigs(t, m, f.Adoptions[3].Index+1, int64(len(m.leaves)), noon+599, "alatau", "borovia", "cintra")
		}, "edition 1 of the file: "},
		"retired key without its list":   {func(f *File) { f.KeyActs[2].Blob = nil }, "edition 1 of the file: adoption 1: cosignature 1: the mirror key of borovia is retired and the list"},
		"retired key signs once more":    {func(f *File) { f.Cosigs[2].Note = resigned(t, borovia, alatau, i+1) }, "the act: cosignature 3: the mirror key of borovia is retired and its list"},
		"another list":                   {func(f *File) { f.KeyActs[2].Blob = []byte("detente-cosigned/v1\n") }, "key act 3: its list has digest"},
		"key act at another place":       {func(f *File) { f.KeyActs[0].Index = 1 }, ""},
		"key act under the retired key":  {func(f *File) { f.KeyActs[1].Head = underOld(t, alatau) }, "key act 2: head"},
		"edition given twice":            {func(f *File) { f.Editions = append(f.Editions, f.Editions[0]) }, "edition 2 of the file"},
		"key acts of one record swapped": {func(f *File) { f.KeyActs = append(f.KeyActs, f.KeyActs[0], f.KeyActs[1]) }, ""},
	} {
		g, err := Parse(fileBytes(t, f))
		if err != nil {
			t.Fatal(err)
		}
		row.edit(g)
		_, err = Verify(g, w.roster, noon+3600)
		if name == "key acts of one record swapped" {
			continue // applying one again does nothing; it must only not crash
		}
		if err == nil || !strings.HasPrefix(err.Error(), "proof file: "+row.place) {
			t.Errorf("%s: got %v, want the place %q", name, err, row.place)
		}
	}
}

// A party that the edition in force at the stamp's time no longer lists does not count.
func TestStampsAreJudgedByTheEditionOfTheirTime(t *testing.T) {
	w := newWorld(t)
	alatau := w.by["alatau"]
	i := w.note(t, "alatau")
	head := alatau.sign(t, i+1, noon+5)
	raw, adoptions := w.follow(t, noon+600, noon+100, func(r *roster.Roster) {
		r.Counting.Witnesses = r.Counting.Witnesses[:5]
	})
	f := &File{Leaf: alatau.leaves[i], Index: i, Inclusion: alatau.inclusion(t, i, i+1), Head: head.Bytes(), Editions: [][]byte{raw}, Adoptions: adoptions}
	f.Cosigs = slices.Concat(w.cosigs(t, alatau, i+1, i+1, noon+10, "borovia", "cintra"), w.cosigs(t, alatau, i+1, i+1, noon+700, "secretariat"))
	if got := verified(t, f, w.roster, noon+3600); got.Bounds.Have != 2 {
		t.Errorf("%+v", got.Bounds)
	}
	f.Cosigs = slices.Concat(w.cosigs(t, alatau, i+1, i+1, noon+10, "borovia", "cintra"), w.cosigs(t, alatau, i+1, i+1, noon+700, "elbria"))
	got := verified(t, f, w.roster, noon+3600)
	if got.Bounds.NotAfter != noon+700 {
		t.Errorf("%+v", got.Bounds)
	}
	if !slices.Contains(got.NotShown, "The act names roster edition 1, while a later one was in force when the mirrors show it.") {
		t.Errorf("%q", got.NotShown)
	}
}

// Without the bound on sizes this test does not end: nor does sumdb/tlog.
func TestHugeSizesEnd(t *testing.T) {
	s := newStory(t)
	head := s.by["alatau"].tree(t, 15)
	head.Size = 1<<63 - 1
	if err := checkInclusion(make(tlog.RecordProof, maxHashes), head, 1<<62, []byte("x")); err == nil {
		t.Error("accepted")
	}
	if err := checkConsistency(make(tlog.TreeProof, maxHashes), s.by["alatau"].tree(t, 15), head); err == nil {
		t.Error("accepted")
	}
	if _, _, err := bothRoots(tlog.TreeProof{{}}, 1, 1<<63-1); err == nil {
		t.Error("accepted")
	}
}

func TestEveryDamagedByteOfAFile(t *testing.T) {
	s := newStory(t)
	s.file.Ciphertext, s.file.FileKey, s.file.Receipts, s.file.Cosigs = nil, nil, nil, s.file.Cosigs[:1]
	b := fileBytes(t, s.file)
	for i := range b {
		if _, err := Parse(flip(b, i)); err == nil {
			t.Fatalf("byte %d: accepted", i)
		}
	}
	// Past the digest of the closing line: the content itself.
	for i := 0; i < len(s.file.Leaf); i += 3 {
		f := *s.file
		f.Leaf = flip(s.file.Leaf, i)
		if _, err := Verify(&f, s.roster, s.now); err == nil {
			t.Fatalf("leaf byte %d: accepted", i)
		}
	}
	for i := 0; i < len(s.file.Head); i += 41 {
		f := *s.file
		f.Head = flip(s.file.Head, i)
		if _, err := Verify(&f, s.roster, s.now); err == nil {
			t.Fatalf("head byte %d: accepted", i)
		}
	}
	for i := 0; i < len(s.file.Cosigs[0].Note); i += 41 {
		f := *s.file
		f.Cosigs = []Cosig{{Note: flip(s.file.Cosigs[0].Note, i), Consistency: s.file.Cosigs[0].Consistency}}
		if _, err := Verify(&f, s.roster, s.now); err == nil {
			t.Fatalf("cosignature byte %d: accepted", i)
		}
	}
}

func TestPrivateRecord(t *testing.T) {
	w := newWorld(t)
	m := w.by["alatau"]
	b, err := (&act.Act{Group: testGroup, Kind: act.Statement, Status: act.Actual, Life: act.New, PayloadType: "text/plain", Payload: []byte("x")}).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	in := m.included(t, m.add(t, b), noon)
	got := verified(t, &File{Leaf: in.Leaf, Index: in.Index, Inclusion: in.Inclusion, Head: in.Head}, w.roster, noon)
	if want := "Alatau lodged a statement in its record " + string(in.Origin) + " as act 0."; got.Sentence != want {
		t.Errorf("got  %s\nwant %s", got.Sentence, want)
	}
}

// One addressee's own word suffices against it, with what Shown gives.
func TestAgainstOneAddressee(t *testing.T) {
	s := newStory(t)
	s.file.Cosigs = nil
	got := verified(t, s.file, s.roster, s.now)
	if b := lodging.BoundFor(got.Evidence, got.Rule, "borovia"); b.NotAfter != noon+20 {
		t.Errorf("%+v", b)
	}
	if b := lodging.BoundFor(got.Evidence, got.Rule, "cintra"); b.NotAfter != 0 {
		t.Errorf("%+v", b)
	}
}

func TestReturned(t *testing.T) {
	s := newStory(t)
	i := s.say(t, "cintra", act.Act{Kind: act.Returned, To: []party.ID{"alatau"}, Answers: s.by["alatau"].ref(12)})
	s.file.Receipts = []Included{s.by["cintra"].included(t, i, noon+50)}
	got := verified(t, s.file, s.roster, s.now)
	if !strings.Contains(got.Sentence, "Cintra returned it by 2026-11-23T12:00:50Z") || len(got.Evidence.Receipts) != 0 {
		t.Errorf("%s %+v", got.Sentence, got.Evidence.Receipts)
	}
}
