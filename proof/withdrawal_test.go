package proof

import (
	"slices"
	"strings"
	"testing"

	"detente/act"
	"detente/party"
)

// withdrawn is the story in which the author withdraws the content at once, as
// act 13, so that mirrors may pass it: the file of an act of which nobody but the
// author need have held the content.
func withdrawn(t testing.TB) (s *story, stripped *File) {
	t.Helper()
	s = newStory(t)
	a := s.by["alatau"]
	kept := a.leaves[:13]
	a.leaves, a.hashes = nil, nil
	for _, leaf := range kept {
		a.add(t, leaf)
	}
	s.say(t, "alatau", act.Act{Kind: act.Statement, To: []party.ID{"borovia", "cintra", "faronia"}, Serial: map[party.ID]int64{"borovia": 2, "cintra": 2, "faronia": 2},
		Thread: "ALA/2026/17", Life: act.Withdrawal, Answers: a.ref(12)})
	s.note(t, "alatau")
	f := s.file
	f.Inclusion, f.Head = a.inclusion(t, 12, 15), a.sign(t, 15, noon+30).Bytes()
	f.Cosigs = s.cosigs(t, a, 15, 15, noon+40, "borovia", "dovania", "elbria")
	f.Receipts = nil
	w := a.included(t, 13, noon+30)
	stripped = new(File)
	*stripped = *f
	f.Withdrawal = &w
	return s, stripped
}

// A timestamp over a leaf whose content was withdrawn before the mirrors signed
// shows nothing, and a file that keeps silent about it claims no more than that
// the leaf was lodged.
func TestBankedTimestamp(t *testing.T) {
	s, stripped := withdrawn(t)
	got := verified(t, s.file, s.roster, s.now)
	if got.Bounds.NotAfter != 0 || got.Held.NotAfter != 0 || strings.Contains(got.Sentence, "mirrors show") {
		t.Errorf("%s %+v", got.Sentence, got.Bounds)
	}
	if !slices.Contains(got.NotShown, "Act 13 withdraws its content; what mirrors signed past it does not count.") {
		t.Errorf("%q", got.NotShown)
	}
	got = verified(t, stripped, s.roster, s.now)
	if got.Held.NotAfter != 0 || !strings.Contains(got.Sentence, "that it was lodged, not that its content was held") {
		t.Errorf("%s %+v", got.Sentence, got.Held)
	}
	if !slices.ContainsFunc(got.NotShown, func(p string) bool {
		return strings.HasPrefix(p, "Whether the mirrors held its content is not shown: one of the acts 13 to 14,")
	}) {
		t.Errorf("%q", got.NotShown)
	}
}

// Heads that end with the act leave no room for a withdrawal.
func TestContentShownHeld(t *testing.T) {
	s := newStory(t)
	s.file.Cosigs = append(s.file.Cosigs[:2:2], s.cosigs(t, s.by["alatau"], 13, 15, noon+40, "elbria")...)
	got := verified(t, s.file, s.roster, s.now)
	if got.Held.NotAfter != noon+40 || !strings.Contains(got.Sentence, "3 of 5 counting mirrors show it, with its content held, by 2026-11-23T12:00:40Z") {
		t.Errorf("%s %+v", got.Sentence, got.Held)
	}
	if slices.ContainsFunc(got.NotShown, func(p string) bool { return strings.Contains(p, "mirrors held its content") }) {
		t.Errorf("%q", got.NotShown)
	}
	// An act that carries its content itself has nothing to withdraw.
	w := newWorld(t)
	a := w.by["alatau"]
	w.note(t, "alatau")
	w.note(t, "alatau")
	f := &File{Leaf: a.leaves[0], Inclusion: a.inclusion(t, 0, 2), Head: a.sign(t, 2, noon).Bytes(), Cosigs: w.cosigs(t, a, 2, 2, noon, "borovia", "cintra", "dovania")}
	got = verified(t, f, w.roster, s.now)
	if got.Held.NotAfter == 0 || got.Held.NotAfter != got.Bounds.NotAfter || !strings.Contains(got.Sentence, "counting mirrors show it by") {
		t.Errorf("%s %+v", got.Sentence, got.Held)
	}
}

// What only seems to withdraw the act makes the file void.
func TestWithdrawalMustWithdraw(t *testing.T) {
	s, _ := withdrawn(t)
	a := s.by["alatau"]
	other := s.say(t, "alatau", act.Act{Kind: act.Statement, To: []party.ID{"borovia"}, Serial: map[party.ID]int64{"borovia": 3},
		Thread: "ALA/2026/17", Life: act.Withdrawal, Answers: a.ref(11)})
	for name, edit := range map[string]func(*Included){
		"of another act":  func(in *Included) { *in = a.included(t, other, noon+30) },
		"another act":     func(in *Included) { *in = a.included(t, 14, noon+30) },
		"an earlier act":  func(in *Included) { *in = a.included(t, 11, noon+30) },
		"another record":  func(in *Included) { *in = s.by["borovia"].included(t, 0, noon+30) },
		"no inclusion":    func(in *Included) { in.Inclusion = in.Inclusion[1:] },
		"another's index": func(in *Included) { in.Index = 14 },
	} {
		f, w := *s.file, *s.file.Withdrawal
		edit(&w)
		f.Withdrawal = &w
		if _, err := Verify(&f, s.roster, s.now); err == nil || !strings.Contains(err.Error(), "withdrawal: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
