package lodging

import (
	"cmp"
	"slices"

	"detente/party"
)

// Bound computes what the evidence shows to everybody (protocol §6): not after
// is the Need-th smallest of the counting mirrors' earliest covering stamps,
// not before the latest word of the author itself.
func Bound(e Evidence, r Rule) Bounds {
	if e.Index < 0 {
		return Bounds{}
	}
	mirrors := r.mirrors(e)
	b := Bounds{Need: r.K, Of: independent(mirrors), NotBefore: e.notBefore()}
	if e.Sealed {
		b.Need = min(r.K, b.Of)
	}
	earliest := e.earliest(mirrors)
	b.Have = len(earliest)
	if b.Need >= 1 && b.Have >= b.Need {
		b.show(earliest[:b.Need])
		b.NotAfter = max(b.NotAfter, r.From) // what an edition lets pass, it lets pass from its moment on
	}
	return b.contradicted()
}

// BoundFor computes what the evidence shows against one addressee: its own
// mirror cosignature or receipt suffices, and so does what Bound shows. The
// earlier of the two is reported; if neither is known, Need is 1 and Have 0.
func BoundFor(e Evidence, r Rule, addressee party.ID) Bounds {
	if e.Index < 0 {
		return Bounds{}
	}
	b := Bounds{Need: 1, Of: 1, NotBefore: e.notBefore()}
	if addressee != e.Author {
		own := e.earliest(map[party.ID]string{addressee: ""})
		for _, s := range e.Receipts {
			if s.By == addressee && e.usable(s.Time) {
				own = append(own, s)
			}
		}
		if len(own) > 0 {
			b.Have = 1
			b.show([]Stamp{slices.MinFunc(own, compare)})
		}
	}
	if all := Bound(e, r); all.NotAfter > 0 && (b.NotAfter == 0 || all.NotAfter < b.NotAfter) {
		return all
	}
	return b.contradicted()
}

// mirrors names the counting mirrors for e, each with the unit under which it
// counts: W for a clear act, custodians and addressees for a sealed one, never
// the author or a party under common control with it. A party outside the list
// does not count in the place of one inside with which it shares control.
func (r Rule) mirrors(e Evidence) map[party.ID]string {
	listed := r.Counting
	if e.Sealed {
		listed = slices.Concat(r.Custodians, e.To)
	}
	units := make(map[party.ID]string, len(listed))
	for _, id := range listed {
		if u := r.unit(id); u != r.unit(e.Author) {
			units[id] = u
		}
	}
	return units
}

// unit is the name under which a party counts: its control token or itself.
// The prefix, which no party has, keeps a token from being taken for a party.
func (r Rule) unit(id party.ID) string {
	if c := r.Control[id]; c != "" {
		return "control " + c
	}
	return string(id)
}

// independent counts the units of mirrors.
func independent(mirrors map[party.ID]string) int {
	units := make(map[string]struct{}, len(mirrors))
	for _, u := range mirrors {
		units[u] = struct{}{}
	}
	return len(units)
}

// earliest picks, for each unit of mirrors, the earliest usable covering
// stamp, and sorts the result; equal evidence gives equal results.
func (e Evidence) earliest(mirrors map[party.ID]string) []Stamp {
	first := make(map[string]Stamp)
	for _, s := range e.Stamps {
		u, ok := mirrors[s.By]
		if !ok || !e.covers(s) {
			continue
		}
		if old, seen := first[u]; !seen || compare(s, old) < 0 {
			first[u] = s
		}
	}
	out := make([]Stamp, 0, len(first))
	for _, s := range first {
		out = append(out, s)
	}
	slices.SortFunc(out, compare)
	return out
}

// covers says whether s shows that the act, with its content, was held.
func (e Evidence) covers(s Stamp) bool {
	return s.Size > e.Index && (e.Gap < 0 || s.Size <= e.Gap) && e.usable(s.Time)
}

// usable refuses the zero time, which every reader refuses before, and sets
// aside what is later than now until its time comes (protocol §3).
func (e Evidence) usable(t int64) bool { return t > 0 && t <= e.Now }

// notBefore is the later of the claimed time and the newest own checkpoint
// that does not cover the act. Both are the author's own word.
func (e Evidence) notBefore() int64 {
	var t int64
	if e.usable(e.Claimed) {
		t = e.Claimed
	}
	for _, h := range e.Heads {
		if h.Size >= 0 && h.Size <= e.Index && e.usable(h.Time) {
			t = max(t, h.Time)
		}
	}
	return t
}

func (b *Bounds) show(s []Stamp) {
	b.Shown = slices.Clone(s)
	b.NotAfter = s[len(s)-1].Time
}

func (b Bounds) contradicted() Bounds {
	b.Contradiction = b.NotAfter > 0 && b.NotBefore > b.NotAfter
	return b
}

// compare orders stamps by time; party and size only make the choice among
// equal times independent of arrival.
func compare(a, b Stamp) int {
	return cmp.Or(cmp.Compare(a.Time, b.Time), cmp.Compare(a.By, b.By), cmp.Compare(a.Size, b.Size))
}
