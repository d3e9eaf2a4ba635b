package roster

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"detente/internal/canon"
	"detente/party"
)

// Fault is one finding of the linter: where, what, what to do. A severe one
// means that the edition could not keep what a group relies on: it is not to be
// adopted. Any other is advice.
type Fault struct {
	Where, What, Do string
	Severe          bool
}

// String is the fault in one line.
func (f Fault) String() string { return f.Where + ": " + f.What + "; " + f.Do }

// Refused reports whether one of the faults is severe.
func Refused(faults []Fault) bool {
	for _, f := range faults {
		if f.Severe {
			return true
		}
	}
	return false
}

// findings collects faults.
type findings []Fault

func (f *findings) severe(where, what, do string) {
	*f = append(*f, Fault{where, what, do, true})
}

func (f *findings) advice(where, what, do string) {
	*f = append(*f, Fault{where, what, do, false})
}

// Lint checks an edition by the rules of spec/roster.md §4 and, if prev is not
// nil, that it follows prev. Edition 1 has no prev; a later one without prev is
// advised against. The faults come in a fixed order.
func (r *Roster) Lint(prev *Roster) []Fault {
	var f findings
	if err := r.check(edition); err != nil {
		where := "roster"
		var bound *boundError
		what := err.Error()
		if errors.As(err, &bound) {
			where, what = bound.where, bound.what
		}
		f.severe(where, what, "mend this first; other rules may not apply until then")
		// A draft that only lacks its last decisions is looked at all the same.
		if r.check(draft) != nil {
			return f
		}
	}
	if r.Proposal != "" {
		f.severe("proposal", "this is still a proposal: "+r.Proposal, "let each party confirm its names, then take the line out")
	}
	r.lintTime(&f)
	r.lintParties(&f)
	r.lintNames(&f)
	r.lintCounting(&f)
	r.lintCustodians(&f)
	r.lintAgreed(&f)
	switch {
	case prev != nil:
		f = append(f, r.follows(prev, prev.Digest())...)
	case r.Edition > 1:
		f.advice("previous", "the edition before was not at hand", "check again beside edition "+fmt.Sprint(r.Edition-1))
	}
	return f
}

// Years outside of which a moment of effect is taken for a slip: no group of
// this kind was founded before and no edition is agreed on a lifetime ahead.
const (
	firstYear = 2000
	lastYear  = 2199
)

func (r *Roster) lintTime(f *findings) {
	t, err := canon.ParseTime(r.Effective)
	if err != nil {
		return // check said so
	}
	if t.Year() < firstYear || t.Year() > lastYear {
		f.severe("effective", fmt.Sprintf("the moment of effect lies in the year %d", t.Year()), "write the year that was agreed")
	}
}

// lintParties looks at what stands between the parties.
func (r *Roster) lintParties(f *findings) {
	records := 0
	codes := map[string]party.ID{}
	control := map[string]party.ID{}
	endpoints := map[string]party.ID{}
	for _, p := range r.Parties {
		where := row(p.ID)
		if p.Card != nil {
			records++
		} else if len(p.Endpoints) > 0 {
			f.advice(where, "it has endpoints but no record, so nothing listens there for this group", "enter its card, or take the endpoints out")
		}
		if other, twice := codes[p.Code]; twice && p.Code != "" {
			f.advice(where, fmt.Sprintf("code %s is also that of %s", p.Code, other), "leave one of them empty")
		}
		codes[p.Code] = p.ID
		if other, twice := control[p.Control]; twice && p.Control != "" {
			f.advice(where, "it is under common control with "+string(other), "nothing, if that is so: together they count once")
		}
		control[p.Control] = p.ID
		for _, e := range p.Endpoints {
			if other, twice := endpoints[e]; twice {
				f.severe(where, fmt.Sprintf("endpoint %s is also that of %s", e, other), "give each node an address of its own")
			}
			endpoints[e] = p.ID
		}
	}
	if records == 0 {
		f.severe("parties", "no party has a record, so nobody could adopt this edition", "enter the cards of those that have one")
	} else if len(Required(r)) == 0 {
		f.severe("adoption", "no party with a record has a standing whose adoption counts, so the next edition would need nobody's", "enter the card of a member")
	}
}

// lintNames looks for names that a screen in a language of the group would miss.
func (r *Roster) lintNames(f *findings) {
	for _, l := range r.Languages {
		if r.Names[l] == "" {
			f.severe("names", "the group has no name in "+l+", one of its languages", "enter it")
		}
		names := map[string]party.ID{}
		for _, p := range r.Parties {
			name := p.Names[l]
			if name == "" {
				f.advice(row(p.ID), "it has no name in "+l+", one of the group's languages", "ask it for the form it wishes")
				continue
			}
			if other, twice := names[name]; twice {
				f.advice(row(p.ID), fmt.Sprintf("its name in %s is also that of %s", l, other), "tell them apart")
			}
			names[name] = p.ID
		}
	}
}

// isPrivate reports whether the group is one party with its own register: at
// most one party has a record, and nothing is to be shown to others.
func (r *Roster) isPrivate() bool {
	records := 0
	for _, p := range r.Parties {
		if p.Card != nil {
			records++
		}
	}
	return records == 1 && len(r.Counting.Witnesses) == 0 && r.Counting.F == 0 && r.Counting.K == 0
}

// lintCounting holds W, f and k to protocol §2: k ≥ f+1, so that one of k speaks
// the truth, and |W without the author| ≥ k+f, so that f that stay silent
// prevent nothing. Parties under common control count once, and those under
// control with the author not at all.
func (r *Roster) lintCounting(f *findings) {
	if r.isPrivate() {
		return
	}
	w, n, k := r.Counting.Witnesses, r.Counting.F, r.Counting.K
	if k < n+1 {
		f.severe("counting", fmt.Sprintf("k = %d is below f+1 = %d: %d that lie or whose clocks are wrong could show what is not so", k, n+1, n), fmt.Sprintf("raise k to %d or lower f", n+1))
	}
	for _, id := range w {
		if p, _ := r.Party(id); p.Card == nil {
			f.severe("counting, witnesses", string(id)+" has no record, so it can cosign nothing", "enter its card, or take it out of the witnesses")
		}
	}
	all := r.units(w)
	worst, least := party.ID(""), len(all)
	for _, p := range r.Parties {
		if all[r.unit(p.ID)] && len(all)-1 < least {
			worst, least = p.ID, len(all)-1
		}
	}
	if least < k+n {
		of := "nobody"
		if worst != "" {
			of = string(worst)
		}
		f.severe("counting", fmt.Sprintf("%d independent witnesses remain without an author such as %s, k+f = %d are needed", least, of, k+n), "add witnesses, witness-only outsiders for instance, or lower k or f")
	}
	if n == 0 {
		f.advice("counting", "f = 0: one witness that lies or whose clock is wrong can mislead all", "add witness-only outsiders and choose f = 1")
	}
	for _, p := range r.Parties {
		if p.Standing == WitnessOnly && !all[r.unit(p.ID)] {
			f.advice(row(p.ID), "it is witness-only but not among the counting witnesses", "add it to them")
		}
	}
}

// lintCustodians holds the custodians to protocol §2 in the worst case that a
// roster can tell: one author and one addressee that are both custodians.
func (r *Roster) lintCustodians(f *findings) {
	for _, id := range r.Custodians {
		if p, _ := r.Party(id); p.Card == nil {
			f.severe("custodians", string(id)+" has no record, so it can hold nothing", "enter its card, or take it out of the custodians")
		}
	}
	if r.isPrivate() {
		return
	}
	if len(r.Custodians) == 0 {
		f.advice("custodians", "there are none: when a sealed act was lodged only its addressees can show", "name neutral parties, witness-only outsiders for instance")
		return
	}
	need := r.Counting.K + r.Counting.F
	if left := len(r.units(r.Custodians)) - 2; left < need {
		f.severe("custodians", fmt.Sprintf("%d independent custodians remain when author and addressee are two of them, k+f = %d are needed", max(left, 0), need), fmt.Sprintf("name %d more, or none if nothing is sealed", need-left))
	}
}

// unit is what counts once: the parties under one control, or the party alone.
func (r *Roster) unit(id party.ID) string {
	if p, _ := r.Party(id); p.Control != "" {
		return "control " + p.Control
	}
	return "party " + string(id)
}

func (r *Roster) units(ids []party.ID) map[string]bool {
	all := map[string]bool{}
	for _, id := range ids {
		all[r.unit(id)] = true
	}
	return all
}

// lintAgreed looks at courier and slots.
func (r *Roster) lintAgreed(f *findings) {
	const slow = 60 * 24 * time.Hour // two months: longer than any known lead time
	trip, ok := r.RoundTrip()
	for _, p := range r.Parties {
		if p.Card != nil && len(p.Endpoints) == 0 && !ok && !r.isPrivate() {
			f.advice(row(p.ID), "it has no endpoint and the group names no courier round trip, so no safe dispatch time can be told", `agree on the slowest round trip, e.g. "336h"`)
		}
	}
	if trip > slow {
		f.advice("courier", fmt.Sprintf("a round trip of %s is longer than most lead times", r.Courier), "check the figure")
	}
	for _, s := range r.Slots {
		if strings.HasPrefix(s.ID, LineSlots) {
			continue // of no text: how a group's lines call
		}
		if !slices.ContainsFunc(r.Packs, func(p Pack) bool { return strings.HasPrefix(s.ID, p.ID+".") }) {
			f.advice("slots, "+s.ID, "no text in force has it", "put its pack in force, or take the slot out")
		}
	}
}
