package lodging

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"detente/party"
)

// five parties and a secretariat; alatau is the author throughout.
var group = []party.ID{"alatau", "borovia", "cintra", "dovania", "elbria", "secretariat"}

func rule() Rule {
	return Rule{Counting: group, K: 3, Custodians: []party.ID{"dovania", "elbria", "secretariat"}}
}

func clearAct(stamps ...Stamp) Evidence {
	return Evidence{Index: 12, Author: "alatau", Stamps: stamps, Now: 10_000, Gap: -1}
}

func TestNotAfterIsTheKthSmallest(t *testing.T) {
	b := Bound(clearAct(
		Stamp{"cintra", 13, 300}, Stamp{"borovia", 13, 100}, Stamp{"elbria", 14, 500},
		Stamp{"dovania", 13, 200}, Stamp{"dovania", 14, 250},
	), rule())
	want := Bounds{NotAfter: 300, Need: 3, Have: 4, Of: 5,
		Shown: []Stamp{{"borovia", 13, 100}, {"dovania", 13, 200}, {"cintra", 13, 300}}}
	if !reflect.DeepEqual(b, want) {
		t.Errorf("got %+v\nwant %+v", b, want)
	}
}

// Each row adds to two good stamps a third that must not count.
func TestWhatDoesNotCount(t *testing.T) {
	two := []Stamp{{"borovia", 13, 100}, {"cintra", 13, 200}}
	tests := []struct {
		name  string
		third Stamp
		edit  func(*Evidence, *Rule)
	}{
		{"head does not cover", Stamp{"dovania", 12, 50}, nil},
		{"the author itself", Stamp{"alatau", 13, 50}, nil},
		{"not a counting mirror", Stamp{"faronia", 13, 50}, nil},
		{"the same mirror again", Stamp{"cintra", 14, 50}, nil},
		{"zero time", Stamp{"dovania", 13, 0}, nil},
		{"negative time", Stamp{"dovania", 13, -1}, nil},
		{"next year", Stamp{"dovania", 13, 10_001}, nil},
		{"past the withdrawal", Stamp{"dovania", 21, 50}, func(e *Evidence, _ *Rule) { e.Gap = 20 }},
		{"common control with another", Stamp{"dovania", 13, 50}, func(_ *Evidence, r *Rule) {
			r.Control = map[party.ID]string{"dovania": "union", "cintra": "union"}
		}},
		{"common control with the author", Stamp{"dovania", 13, 50}, func(_ *Evidence, r *Rule) {
			r.Control = map[party.ID]string{"dovania": "union", "alatau": "union"}
		}},
		{"shares control with a listed one, not listed", Stamp{"faronia", 13, 50}, func(_ *Evidence, r *Rule) {
			r.Control = map[party.ID]string{"dovania": "union", "faronia": "union"}
		}},
	}
	for _, tt := range tests {
		e, r := clearAct(append(slices.Clone(two), tt.third)...), rule()
		if tt.edit != nil {
			tt.edit(&e, &r)
		}
		if b := Bound(e, r); b.NotAfter != 0 || b.Have != 2 || b.Shown != nil {
			t.Errorf("%s: counted: %+v", tt.name, b)
		}
	}
	if b := Bound(clearAct(append(two, Stamp{"dovania", 13, 300})...), rule()); b.NotAfter != 300 {
		t.Errorf("a third good stamp must count: %+v", b)
	}
}

func TestCommonControlCountsTheEarliest(t *testing.T) {
	r := rule()
	r.Control = map[party.ID]string{"cintra": "union", "dovania": "union"}
	b := Bound(clearAct(Stamp{"cintra", 13, 400}, Stamp{"dovania", 13, 100}, Stamp{"borovia", 13, 200}, Stamp{"elbria", 13, 300}), r)
	if b.NotAfter != 300 || b.Have != 3 || b.Of != 4 {
		t.Errorf("got %+v", b)
	}
}

func TestControlTokenIsNoParty(t *testing.T) {
	r := rule()
	r.Counting = append(slices.Clone(group), "union")
	r.Control = map[party.ID]string{"cintra": "union"}
	b := Bound(clearAct(Stamp{"cintra", 13, 100}, Stamp{"union", 13, 200}, Stamp{"borovia", 13, 300}), r)
	if b.NotAfter != 300 || b.Of != 6 {
		t.Errorf("a party is taken for the control token of its name: %+v", b)
	}
}

func TestStampAtTheWithdrawalCounts(t *testing.T) {
	e := clearAct(Stamp{"borovia", 20, 100}, Stamp{"cintra", 20, 100}, Stamp{"dovania", 20, 100})
	e.Gap = 20 // a head of 20 entries does not yet hold the withdrawing act, index 20
	if b := Bound(e, rule()); b.NotAfter != 100 {
		t.Errorf("got %+v", b)
	}
}

func TestSealed(t *testing.T) {
	e := clearAct(Stamp{"borovia", 13, 100}, Stamp{"cintra", 13, 50}, Stamp{"dovania", 13, 300})
	e.Sealed, e.To = true, []party.ID{"borovia"}
	r := rule() // custodians dovania, elbria, secretariat; k = 3
	if b := Bound(e, r); b.NotAfter != 0 || b.Have != 2 || b.Of != 4 || b.Need != 3 {
		t.Errorf("cintra neither holds the key nor is custodian: %+v", b)
	}
	r.Custodians = []party.ID{"dovania"}
	if b := Bound(e, r); b.NotAfter != 300 || b.Need != 2 {
		t.Errorf("k' is the smaller of k and the number of mirrors: %+v", b)
	}
	r.Custodians, e.To = nil, nil
	if b := Bound(e, r); b.NotAfter != 0 || b.Need != 0 {
		t.Errorf("no counting mirror shows nothing: %+v", b)
	}
}

func TestNobodyCounts(t *testing.T) {
	if b := Bound(clearAct(Stamp{"borovia", 13, 100}), Rule{}); !reflect.DeepEqual(b, Bounds{}) {
		t.Errorf("quorum 0: %+v", b)
	}
	e := clearAct(Stamp{"borovia", 13, 100})
	e.Index = -1
	if b := Bound(e, rule()); !reflect.DeepEqual(b, Bounds{}) {
		t.Errorf("no such act: %+v", b)
	}
	if b := BoundFor(e, rule(), "borovia"); !reflect.DeepEqual(b, Bounds{}) {
		t.Errorf("no such act: %+v", b)
	}
}

func TestBoundForOneAddressee(t *testing.T) {
	e := clearAct(Stamp{"borovia", 13, 400}, Stamp{"dovania", 13, 100})
	e.Sealed, e.To = true, []party.ID{"borovia", "cintra"}
	r := rule()
	if b := BoundFor(e, r, "borovia"); b.NotAfter != 400 || b.Need != 1 || b.Have != 1 {
		t.Errorf("own mirror stamp suffices: %+v", b)
	}
	e.Receipts = []Stamp{{By: "borovia", Time: 350}, {By: "borovia", Time: 20_000}, {By: "borovia"}}
	if b := BoundFor(e, r, "borovia"); b.NotAfter != 350 {
		t.Errorf("the earlier receipt suffices: %+v", b)
	}
	if b := BoundFor(e, r, "cintra"); b.NotAfter != 0 || b.Have != 0 || b.Need != 1 {
		t.Errorf("nothing against cintra: %+v", b)
	}
	own := e
	own.Stamps, own.Receipts = []Stamp{{"alatau", 13, 100}}, []Stamp{{By: "alatau", Time: 100}}
	if b := BoundFor(own, r, "alatau"); b.NotAfter != 0 {
		t.Errorf("the author never counts: %+v", b)
	}
	e.Stamps = append(e.Stamps, Stamp{"elbria", 13, 120}, Stamp{"secretariat", 13, 130})
	if b := BoundFor(e, r, "cintra"); b.NotAfter != 130 || b.Need != 3 {
		t.Errorf("what holds against all holds against cintra: %+v", b)
	}
	if b := BoundFor(e, r, "borovia"); b.NotAfter != 130 {
		t.Errorf("the earlier of both: %+v", b)
	}
}

func TestNotBefore(t *testing.T) {
	e := clearAct()
	e.Heads = []Own{{Size: 11, Time: 90}, {Size: 12, Time: 200}, {Size: 13, Time: 900}, {Size: 5, Time: 20_000}, {Size: -1, Time: 950}}
	if b := Bound(e, rule()); b.NotBefore != 200 {
		t.Errorf("latest head that does not cover: %+v", b)
	}
	e.Claimed = 250
	if b := Bound(e, rule()); b.NotBefore != 250 {
		t.Errorf("the later of claim and head: %+v", b)
	}
	e.Claimed = 20_000
	if b := Bound(e, rule()); b.NotBefore != 200 {
		t.Errorf("a claim later than now is set aside: %+v", b)
	}
}

func TestJudge(t *testing.T) {
	const T = 1000
	tests := []struct {
		name string
		b    Bounds
		now  int64
		want Finding
	}{
		{"nothing before the deadline", Bounds{}, T, Pending},
		{"nothing after it", Bounds{}, T + 1, NotShownTimely},
		{"at the deadline", Bounds{NotAfter: T}, T + 1, Timely},
		{"shown one second past", Bounds{NotAfter: T + 1}, T + 1, NotShownTimely},
		{"own word at the deadline", Bounds{NotBefore: T}, T + 1, NotShownTimely},
		{"own word past it", Bounds{NotBefore: T + 1}, T + 1, Late},
		{"both, consistent", Bounds{NotAfter: T + 5, NotBefore: T + 1}, T + 9, Late},
		{"timely outranks late", Bounds{NotAfter: T, NotBefore: T + 1, Contradiction: true}, T + 9, Timely},
	}
	for _, tt := range tests {
		if got := Judge(tt.b, T, tt.now); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestContradictionIsTheAuthorAgainstTheMirrors(t *testing.T) {
	e := clearAct(Stamp{"borovia", 13, 100}, Stamp{"cintra", 13, 100}, Stamp{"dovania", 13, 100})
	e.Claimed = 100
	if Bound(e, rule()).Contradiction {
		t.Error("equal times contradict nothing")
	}
	e.Claimed = 101
	if !Bound(e, rule()).Contradiction || !BoundFor(e, rule(), "borovia").Contradiction {
		t.Error("not before 101 and not after 100 must show")
	}
	e.Stamps = e.Stamps[:2]
	if Bound(e, rule()).Contradiction {
		t.Error("what is not shown contradicts nothing")
	}
}

// random makes a small world in which everything collides often.
func random(rnd *rand.Rand) (Evidence, Rule) {
	r := Rule{Counting: pick(rnd, group), K: rnd.IntN(4), Custodians: pick(rnd, group), Control: map[party.ID]string{}}
	for _, id := range pick(rnd, group) {
		r.Control[id] = []string{"", "union", "league"}[rnd.IntN(3)]
	}
	e := Evidence{Index: int64(rnd.IntN(4)), Author: "alatau", Claimed: int64(rnd.IntN(12)), Now: int64(rnd.IntN(12)),
		Sealed: rnd.IntN(2) == 0, To: pick(rnd, group), Gap: int64(rnd.IntN(8)) - 1}
	for range rnd.IntN(12) {
		e.Stamps = append(e.Stamps, stamp(rnd))
	}
	for range rnd.IntN(4) {
		e.Heads = append(e.Heads, own(rnd))
		e.Receipts = append(e.Receipts, stamp(rnd))
	}
	return e, r
}

func pick(rnd *rand.Rand, ids []party.ID) []party.ID {
	var out []party.ID
	for _, id := range ids {
		if rnd.IntN(2) == 0 {
			out = append(out, id)
		}
	}
	return out
}

func stamp(rnd *rand.Rand) Stamp {
	return Stamp{By: group[rnd.IntN(len(group))], Size: int64(rnd.IntN(8)), Time: int64(rnd.IntN(12))}
}

func own(rnd *rand.Rand) Own { return Own{Size: int64(rnd.IntN(8)), Time: int64(rnd.IntN(12))} }

func shuffled[T any](rnd *rand.Rand, s []T) []T {
	s = slices.Clone(s)
	rnd.Shuffle(len(s), func(i, j int) { s[i], s[j] = s[j], s[i] })
	return s
}

func TestOrderOfArrivalDoesNotMatter(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		e, r := random(rnd)
		f, s := e, r
		f.Stamps = shuffled(rnd, append(slices.Clone(e.Stamps), e.Stamps...)) // and doubled
		f.Heads, f.Receipts, f.To = shuffled(rnd, e.Heads), shuffled(rnd, e.Receipts), shuffled(rnd, e.To)
		s.Counting, s.Custodians = shuffled(rnd, r.Counting), shuffled(rnd, r.Custodians)
		if a, b := Bound(e, r), Bound(f, s); !reflect.DeepEqual(a, b) {
			t.Fatalf("%+v\n%+v\n%+v\n%+v", e, r, a, b)
		}
		if a, b := BoundFor(e, r, "borovia"), BoundFor(f, s, "borovia"); !reflect.DeepEqual(a, b) {
			t.Fatalf("%+v\n%+v\n%+v\n%+v", e, r, a, b)
		}
	}
}

// More evidence: a stamp, a head or a receipt more, or time passing.
func TestMoreEvidenceNeverReverses(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	seen := map[[2]Finding]int{}
	for range 100_000 {
		e, r := random(rnd)
		deadline := int64(rnd.IntN(12))
		f := e
		switch rnd.IntN(4) {
		case 0:
			f.Stamps = append(slices.Clone(e.Stamps), stamp(rnd))
		case 1:
			f.Heads = append(slices.Clone(e.Heads), own(rnd))
		case 2:
			f.Receipts = append(slices.Clone(e.Receipts), stamp(rnd))
		case 3:
			f.Now += int64(rnd.IntN(5))
		}
		before, after := Bound(e, r), Bound(f, r)
		settles(t, seen, before, after, deadline, e.Now, f.Now)
		settles(t, seen, BoundFor(e, r, "borovia"), BoundFor(f, r, "borovia"), deadline, e.Now, f.Now)
	}
	for _, must := range [][2]Finding{{Pending, Timely}, {NotShownTimely, Timely}, {NotShownTimely, Late}, {Late, Timely}} {
		if seen[must] == 0 {
			t.Errorf("the random worlds never went from %s to %s", must[0], must[1])
		}
	}
}

func settles(t *testing.T, seen map[[2]Finding]int, before, after Bounds, deadline, now, later int64) {
	t.Helper()
	was, is := Judge(before, deadline, now), Judge(after, deadline, later)
	seen[[2]Finding{was, is}]++
	switch {
	case before.NotAfter > 0 && (after.NotAfter == 0 || after.NotAfter > before.NotAfter):
		t.Fatalf("not-after grew from %+v to %+v", before, after)
	case after.NotBefore < before.NotBefore:
		t.Fatalf("not-before fell from %+v to %+v", before, after)
	case was == Timely && is != Timely:
		t.Fatalf("timely reversed to %s", is)
	case was == Late && is == Timely && !after.Contradiction:
		t.Fatalf("late became timely without a contradiction: %+v %+v", before, after)
	case was == Late && is != Late && is != Timely:
		t.Fatalf("late reversed to %s", is)
	case was == NotShownTimely && is == Pending:
		t.Fatalf("not shown timely became pending")
	}
}

func TestInputIsNotTouched(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	for range 2000 {
		e, r := random(rnd)
		stamps, receipts, to, counting := slices.Clone(e.Stamps), slices.Clone(e.Receipts), slices.Clone(e.To), slices.Clone(r.Counting)
		b := BoundFor(e, r, "borovia")
		for i := range b.Shown {
			b.Shown[i].Time = 0
		}
		if !slices.Equal(stamps, e.Stamps) || !slices.Equal(receipts, e.Receipts) || !slices.Equal(to, e.To) || !slices.Equal(counting, r.Counting) {
			t.Fatal("the caller's slices were changed")
		}
	}
}
