package roster

import (
	"slices"
	"testing"
	"time"

	"detente/internal/canon"
	"detente/lodging"
	"detente/party"
)

// judged is a group whose second edition, in force an hour after the first, drops
// a counting mirror, which is a custodian too.
func judged(t *testing.T) (*Keys, int64, party.ID) {
	t.Helper()
	first := region(t)
	from, err := canon.ParseTime(first.Effective)
	if err != nil {
		t.Fatal(err)
	}
	out := first.Counting.Witnesses[2]
	next := after(t, first)
	next.Effective = canon.FormatTime(from.Add(time.Hour))
	drop := func(id party.ID) bool { return id == out }
	next.Counting.Witnesses = slices.DeleteFunc(slices.Clone(next.Counting.Witnesses), drop)
	next.Custodians = slices.DeleteFunc(slices.Clone(next.Custodians), drop)
	next.Counting.F, next.Counting.K = 0, 1
	k, err := NewKeys(first)
	if err == nil {
		err = k.Adopt(next)
	}
	if err != nil {
		t.Fatal(err)
	}
	return k, from.Unix(), out
}

func TestActIsJudgedByTheEditionOfItsFirstHead(t *testing.T) {
	k, from, out := judged(t)
	for _, sealed := range []bool{false, true} {
		e := lodging.Evidence{Author: "alatau", Sealed: sealed, Now: from + 9000, Gap: -1,
			Stamps: []lodging.Stamp{{By: out, Size: 1, Time: from + 10}, {By: out, Size: 2, Time: from + 4000}}}
		for covered, want := range map[int64]int{from + 5: 1, from + 3599: 1, from + 3600: 2, from + 5000: 2} {
			got, rule := k.Judge(e, covered)
			r, _ := k.Edition(want)
			if k.Judging(covered) != r || rule.K != r.Counting.K {
				t.Errorf("signed at %d: judged by edition %d, want %d", covered-from, k.Judging(covered).Edition, want)
			}
			if len(got.Stamps) != 1 || got.Stamps[0].Time != from+10 {
				t.Errorf("sealed %v: a stamp counts that its party no longer may give: %v", sealed, got.Stamps)
			}
		}
		if len(e.Stamps) != 2 {
			t.Error("the evidence was altered")
		}
	}
}

// An author that signs a head again under a later edition, which asks for fewer
// mirrors, gains no earlier time by it: what an edition lets pass, it lets pass
// from its own moment on.
func TestLaterHeadGainsNoEarlierTime(t *testing.T) {
	k, from, _ := judged(t)
	e := lodging.Evidence{Author: "alatau", To: []party.ID{"borovia"}, Now: from + 9000, Gap: -1, Stamps: []lodging.Stamp{{By: "borovia", Size: 1, Time: from + 10}}}
	got, rule := k.Judge(e, from+5)
	if b := lodging.Bound(got, rule); b.NotAfter != 0 {
		t.Errorf("one mirror shows it under edition 1: %+v", b)
	}
	got, rule = k.Judge(e, from+5000)
	if b := lodging.Bound(got, rule); b.NotAfter != from+3600 {
		t.Errorf("under edition 2 it is shown by %d after the first moment, %+v", b.NotAfter-from, b)
	}
	if b := lodging.BoundFor(got, rule, "borovia"); b.NotAfter != from+10 {
		t.Errorf("against the one addressee it is shown by %d after the first moment, %+v", b.NotAfter-from, b)
	}
}

// The addressee of a clear act need not be one of the counting mirrors for its own
// mirror cosignature to hold against it.
func TestAddresseeOfAClearActHoldsItself(t *testing.T) {
	k, from, out := judged(t)
	e := lodging.Evidence{Author: "alatau", To: []party.ID{out}, Now: from + 9000, Gap: -1, Stamps: []lodging.Stamp{{By: out, Size: 2, Time: from + 4000}}}
	got, rule := k.Judge(e, from+3700)
	if b := lodging.BoundFor(got, rule, out); b.NotAfter != from+4000 {
		t.Errorf("against the addressee: %+v", b)
	}
	if b := lodging.Bound(got, rule); b.NotAfter != 0 || b.Have != 0 {
		t.Errorf("to everybody: %+v", b)
	}
}

// One that is addressed counts for a sealed act, whether custodian or not.
func TestAddresseeCountsBeyondItsOffice(t *testing.T) {
	k, from, out := judged(t)
	e := lodging.Evidence{Author: "alatau", Sealed: true, To: []party.ID{out, "faronia"}, Now: from + 9000, Gap: -1,
		Stamps: []lodging.Stamp{{By: out, Size: 2, Time: from + 4000}}}
	got, _ := k.Judge(e, from+3700)
	if len(got.Stamps) != 1 {
		t.Error("the addressee's own stamp does not count")
	}
	if slices.Contains(got.To, "faronia") {
		t.Error("an addressee without a record is taken for a mirror")
	}
}

// A private group has no mirrors: its party's own checkpoint stands in.
func TestAdoptionInAPrivateGroup(t *testing.T) {
	r := private(t)
	k, err := NewKeys(r)
	if err != nil {
		t.Fatal(err)
	}
	e := lodging.Evidence{Author: r.Parties[0].ID, Now: 100, Gap: -1}
	if got := k.AdoptedAt(e, 50, r); got != 50 {
		t.Errorf("adopted at %d", got)
	}
	if got := k.AdoptedAt(e, 150, r); got != 0 {
		t.Errorf("a head of the time to come counts: %d", got)
	}
}
