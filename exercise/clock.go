package exercise

import (
	"cmp"
	"slices"
	"time"

	"detente/party"
)

// Said is a mark with who said it and when, as that party claims.
type Said struct {
	By   party.ID
	At   time.Time
	Mark *Mark
}

// Phase is where an exercise stands for one party.
type Phase string

const (
	Awaited Phase = "awaited" // its beginning is still to come
	Runs    Phase = "runs"
	Held    Phase = "no-play" // at least one party has said so
	Ended   Phase = "ended"   // this party's part is over
)

// Hold is a span in which the clock of an exercise stood still.
type Hold struct {
	By    party.ID  // who said "no play" first
	From  time.Time // as that party claims
	Until time.Time // zero: it still holds
}

// State is an exercise at one moment.
type State struct {
	Phase   Phase
	Elapsed time.Duration // by the clock of the exercise
	Holds   []Hold        // by From
	Now     []party.ID    // who says "no play" now, in alphabetical order
}

// At is where an exercise stands for self at a moment. Marks of others than the
// parties, or of another edition, count for nothing; the order of said is that in
// which each author's marks stand in its record.
func (s *Scenario) At(self party.ID, start time.Time, said []Said, now time.Time) State {
	var mine []Said
	for _, x := range said {
		if slices.Contains(s.Parties, x.By) && x.Mark.Exercise == s.ID && x.Mark.Scenario == s.digest && !x.At.After(now) {
			mine = append(mine, x)
		}
	}
	// Within one second what others said counts first, so that a party which ends its
	// part leaves nothing open that another has resumed.
	slices.SortStableFunc(mine, func(a, b Said) int { return cmp.Or(a.At.Compare(b.At), own(a, self)-own(b, self)) })
	st := State{Phase: Runs}
	holding := map[party.ID]bool{}
	stop := now
	begun := -1 // where self began last: what it ended before is an earlier run
	for i, x := range mine {
		if x.By == self && x.Mark.Step == Begin {
			begun = i
		}
	}
	for i, x := range mine {
		if x.Mark.Step == End && x.By == self && i > begun {
			st.Phase, stop = Ended, x.At
			break
		}
		was := len(holding) > 0
		switch x.Mark.Step {
		case Halt:
			holding[x.By] = true
		case Begin, Resume, End:
			delete(holding, x.By)
		}
		switch holds := len(holding) > 0; {
		case holds && !was:
			st.Holds = append(st.Holds, Hold{By: x.By, From: x.At})
		case was && !holds:
			st.Holds[len(st.Holds)-1].Until = x.At
		}
	}
	st.Holds = slices.DeleteFunc(st.Holds, func(h Hold) bool { return !h.Until.IsZero() && !h.Until.After(start) })
	st.Elapsed = elapsed(start, st.Holds, stop)
	if st.Phase != Ended {
		for id := range holding {
			st.Now = append(st.Now, id)
		}
		slices.Sort(st.Now)
		switch {
		case len(st.Now) > 0:
			st.Phase = Held
		case now.Before(start):
			st.Phase = Awaited
		}
	}
	return st
}

// own is 1 for what self said, else 0.
func own(x Said, self party.ID) int {
	if x.By == self {
		return 1
	}
	return 0
}

// elapsed is the time from start to stop without the holds.
func elapsed(start time.Time, holds []Hold, stop time.Time) time.Duration {
	d := max(0, stop.Sub(start))
	for _, h := range holds {
		from, until := h.From, h.Until
		if from.Before(start) {
			from = start
		}
		if until.IsZero() || until.After(stop) {
			until = stop
		}
		d -= max(0, until.Sub(from))
	}
	return max(0, d)
}

// Moment is when the clock of an exercise came to an offset, or will if nothing
// holds it from now on.
func Moment(start time.Time, holds []Hold, at Offset) time.Time {
	t := start.Add(at.Duration())
	for _, h := range holds {
		from := h.From
		if from.Before(start) {
			from = start
		}
		if !h.Until.IsZero() && h.Until.After(from) && !from.After(t) {
			t = t.Add(h.Until.Sub(from))
		}
	}
	return t
}

// Due are the injects of a party whose time has come.
func (s *Scenario) Due(by party.ID, elapsed time.Duration) []Inject {
	var out []Inject
	for _, n := range s.Injects {
		if n.By == by && n.At.Duration() <= elapsed {
			out = append(out, n)
		}
	}
	return out
}

// Threads are the threads of an exercise in which a party gives or receives, and who
// else does, in alphabetical order: that of the marks with all parties first.
func (s *Scenario) Threads(self party.ID) []Thread {
	out := []Thread{{s.Thread, without(s.Parties, self)}}
	for _, n := range s.Injects {
		if n.Thread == "" || n.By != self && !slices.Contains(n.To, self) {
			continue
		}
		with := without(append(slices.Clone(n.To), n.By), self)
		i := slices.IndexFunc(out, func(t Thread) bool { return t.Name == n.Thread })
		if i < 0 {
			out = append(out, Thread{n.Thread, with})
			continue
		}
		out[i].With = without(append(out[i].With, with...), self)
	}
	return out
}

// Thread is one thread of an exercise as a party sees it.
type Thread struct {
	Name string
	With []party.ID // the others
}

func without(ids []party.ID, self party.ID) []party.ID {
	out := slices.DeleteFunc(slices.Clone(ids), func(id party.ID) bool { return id == self })
	slices.Sort(out)
	return slices.Compact(out)
}
