package roster

import (
	"slices"
	"time"

	"detente/lodging"
	"detente/party"
)

// Whoever judges an act, a node or the reader of a proof file, asks here, so that
// the same evidence gives the same finding to both.

// Judging is the edition whose rule an act is judged by: the one in force when
// its author first signed a head over it, covered in Unix seconds by the author's
// clock. The edition that the act names changes nothing: an author does not
// choose its judge. The result is not to be altered.
func (k *Keys) Judging(covered int64) *Roster { return k.In(time.Unix(covered, 0)) }

// Judge turns what was verified about an act into what counts, with the rule. It
// leaves out the addressees that have no record and so no mirror, and the stamps
// of parties to which the edition in force at the stamp's time no longer gives
// the role in which they would count. What a later edition lets pass, it lets pass
// from its own moment on: an author that shows a later head gains no earlier time.
func (k *Keys) Judge(e lodging.Evidence, covered int64) (lodging.Evidence, lodging.Rule) {
	by := k.Judging(covered)
	e.To = slices.DeleteFunc(slices.Clone(e.To), func(id party.ID) bool { return !by.hasRecord(id) })
	e.Stamps = k.counting(e)
	rule := by.Rule()
	if by != k.editions[0].roster {
		rule.From = k.from(by).Unix()
	}
	return e, rule
}

// AdoptedAt is when an adoption is shown to be lodged, in Unix seconds, and 0 if
// it is not. It is judged by prev, the edition before the adopted one, or by
// edition 1 itself. In a private group, which has no mirrors, the time of the
// party's own checkpoint over it, covered, stands in.
func (k *Keys) AdoptedAt(e lodging.Evidence, covered int64, prev *Roster) int64 {
	if prev.isPrivate() {
		if covered > e.Now {
			return 0
		}
		return covered
	}
	return k.AdoptionShown(e, prev).NotAfter
}

// AdoptionShown is AdoptedAt in a group that is not private, with the stamps that
// show it.
func (k *Keys) AdoptionShown(e lodging.Evidence, prev *Roster) lodging.Bounds {
	e.Sealed, e.Gap = false, -1
	e.Stamps = k.counting(e)
	return lodging.Bound(e, prev.Rule())
}

// counting leaves out the stamps of parties that did not count at their time.
func (k *Keys) counting(e lodging.Evidence) []lodging.Stamp {
	var out []lodging.Stamp
	for _, s := range e.Stamps {
		r := k.In(time.Unix(s.Time, 0))
		listed := slices.Concat(r.Counting.Witnesses, e.To) // an addressee holds against itself
		if e.Sealed {
			listed = slices.Concat(r.Custodians, e.To)
		}
		if slices.Contains(listed, s.By) && r.hasRecord(s.By) {
			out = append(out, s)
		}
	}
	return out
}

// from is the moment of effect of an edition that was adopted here.
func (k *Keys) from(r *Roster) time.Time {
	i := slices.IndexFunc(k.editions, func(e inForce) bool { return e.roster == r })
	return k.editions[i].from
}

func (r *Roster) hasRecord(id party.ID) bool {
	p, ok := r.Party(id)
	return ok && p.Card != nil
}
