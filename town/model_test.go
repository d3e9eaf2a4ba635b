package town_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"detente/act"
	"detente/docket"
	"detente/lodging"
	"detente/node"
	"detente/party"
	"detente/portfolio"
	"detente/provision"
	"detente/roster"
	_ "modernc.org/sqlite"
)

// said is one act that the test knows to have been said: the ground truth.
type said struct {
	ref      act.Ref
	author   party.ID
	at       time.Time // by the one true clock
	claimed  int64     // by the author's
	sealed   bool
	to       []party.ID
	thread   string // of a notification, else empty
	lead     int64  // the last second in time of a notification
	deadline int64  // some deadline to judge it against
	gap      int64  // index of the author's act that withdraws it, or -1
}

// ledger is all evidence about times in one node's store, as plain lists.
type ledger struct {
	stamps map[party.Origin][]stamp // mirror cosignatures
	heads  map[party.Origin][]stamp // the author's own checkpoints
}

type stamp struct {
	by         party.ID
	size, time int64
}

// readLedger reads the notes of a node's store by SQL, past all the node's own code.
func (w *world) readLedger(id party.ID) *ledger {
	w.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(w.town.Houses[id].Config.Dir, node.StoreFile)+"?mode=ro")
	must(w.t, err)
	defer db.Close()
	l := &ledger{stamps: map[party.Origin][]stamp{}, heads: map[party.Origin][]stamp{}}
	rows, err := db.Query(`select l.origin, coalesce(s.name, ''), n.size, n.time from record_notes n
		join record_logs l on l.id = n.log left join record_signers s on s.id = n.signer`)
	must(w.t, err)
	defer rows.Close()
	owner := w.origins()
	for rows.Next() {
		var o party.Origin
		var name string
		var s stamp
		must(w.t, rows.Scan(&o, &name, &s.size, &s.time))
		if name == "" {
			s.by = owner[o]
			l.heads[o] = append(l.heads[o], s)
		} else if base, ok := strings.CutSuffix(name, "/mirror"); ok {
			s.by = owner[party.Origin(base)]
			l.stamps[o] = append(l.stamps[o], s)
		}
	}
	must(w.t, rows.Err())
	return l
}

// expected is the answer of the model about one act at one node.
type expected struct {
	notAfter, notBefore int64
	against             map[party.ID]int64 // not after, per addressee
	from                string             // the evidence, apart from checkpoints, as text
	receipts            string             // the times of the receipts, as text
}

func (e expected) String() string { return fmt.Sprint(e.notAfter, e.notBefore, e.against) }

// expect states protocol §6 again, naively: who of those that count showed it
// when, and what is the latest that the author itself said against it.
func (l *ledger) expect(r *roster.Roster, s *said, receipts []stamp, now int64) expected {
	counting, need := r.Counting.Witnesses, r.Counting.K
	if s.sealed {
		counting = append(slices.Clone(r.Custodians), s.to...)
	}
	earliest := map[party.ID]int64{}
	for _, st := range l.stamps[s.ref.Origin] {
		covers := st.size > s.ref.Index && (s.gap < 0 || st.size <= s.gap) && st.time <= now
		if old, ok := earliest[st.by]; covers && (!ok || st.time < old) {
			earliest[st.by] = st.time
		}
	}
	var times []int64
	independent := 0
	slices.Sort(counting)
	for _, id := range slices.Compact(counting) {
		if id == s.author {
			continue
		}
		independent++
		if t, ok := earliest[id]; ok {
			times = append(times, t)
		}
	}
	if s.sealed {
		need = min(need, independent)
	}
	slices.Sort(times)
	e := expected{against: map[party.ID]int64{}, from: fmt.Sprint(earliest), receipts: fmt.Sprint(receipts)}
	if len(times) >= need {
		e.notAfter = times[need-1]
	}
	if s.claimed <= now {
		e.notBefore = s.claimed
	}
	for _, h := range l.heads[s.ref.Origin] {
		if h.size <= s.ref.Index && h.time <= now {
			e.notBefore = max(e.notBefore, h.time)
		}
	}
	for _, id := range s.to {
		t := earliest[id]
		for _, rc := range receipts {
			if rc.by == id && rc.time <= now && (t == 0 || rc.time < t) {
				t = rc.time
			}
		}
		if e.notAfter != 0 && (t == 0 || e.notAfter < t) {
			t = e.notAfter
		}
		e.against[id] = t
	}
	return e
}

// judge states the four findings again.
func judge(notAfter, notBefore, deadline, now int64) lodging.Finding {
	if notAfter != 0 && notAfter <= deadline {
		return lodging.Timely
	}
	if notBefore > deadline {
		return lodging.Late
	}
	if now <= deadline {
		return lodging.Pending
	}
	return lodging.NotShownTimely
}

// receiptsIn are the times by which a node's store shows the receipts of an act.
func (w *world) receiptsIn(id party.ID, l *ledger, s *said) []stamp {
	w.t.Helper()
	rows, err := w.node(id).Receipts(w.ctx, s.ref)
	must(w.t, err)
	var out []stamp
	for _, r := range rows {
		if r.Kind != act.Delivered && r.Kind != act.Acknowledged {
			continue
		}
		best, size := int64(0), int64(0)
		for _, h := range l.heads[r.Ref.Origin] {
			if h.size > r.Ref.Index && (size == 0 || h.size < size || h.size == size && h.time < best) {
				best, size = h.time, h.size
			}
		}
		if best != 0 {
			out = append(out, stamp{by: r.Author, time: best})
		}
	}
	return out
}

// judged is what a node found about an act when it was last asked.
type judged struct {
	notAfter, notBefore int64
	finding             lodging.Finding
}

// history keeps what each node found of each act, and holds it to protocol §6:
// more evidence may settle a finding, never reverse it.
type history map[party.ID]map[act.Ref]judged

// look asks every running node about every act that it holds, compares with the
// model and with what the node said before, and returns what was found.
func (w *world) look(past history, acts []*said) map[party.ID]map[act.Ref]expected {
	w.t.Helper()
	found := map[party.ID]map[act.Ref]expected{}
	for _, id := range w.running() {
		if past[id] == nil {
			past[id] = map[act.Ref]judged{}
		}
		found[id] = map[act.Ref]expected{}
		held, err := w.node(id).Position(w.ctx)
		must(w.t, err)
		before := w.readLedger(id)
		for _, s := range acts {
			if held[s.ref.Origin] <= s.ref.Index {
				continue
			}
			e, ok := w.lookAt(id, before, s, past[id], held[s.ref.Origin])
			if ok {
				found[id][s.ref] = e
			}
		}
	}
	return found
}

// lookAt looks at one act at one node. The store may grow in between; then the
// ledger is read again.
func (w *world) lookAt(id party.ID, l *ledger, s *said, past map[act.Ref]judged, held int64) (expected, bool) {
	w.t.Helper()
	n := w.node(id)
	one := *s
	if one.gap >= held {
		one.gap = -1 // not known there yet
	}
	var want, got expected
	var now int64
	for try := 0; ; try++ {
		now = time.Now().Add(time.Duration(w.skew[id].Load())).Unix()
		x, err := n.Lodged(w.ctx, s.ref)
		must(w.t, err)
		got = expected{notAfter: x.Bounds.NotAfter, notBefore: x.Bounds.NotBefore, against: map[party.ID]int64{}}
		for a, b := range x.For {
			got.against[a] = b.NotAfter
		}
		want = l.expect(n.Keys().Current(), &one, w.receiptsIn(id, l, &one), now)
		if fmt.Sprint(got) == fmt.Sprint(want) {
			break
		}
		if try == 2 {
			w.t.Errorf("%s about act %d of %s: it says %v, the model %v", id, s.ref.Index, s.author, got, want)
			return got, false
		}
		l = w.readLedger(id)
		p, err := n.Position(w.ctx)
		must(w.t, err)
		if one.gap = s.gap; one.gap >= p[s.ref.Origin] {
			one.gap = -1
		}
	}
	w.checkLead(id, s, got, now)
	w.settle(id, s, past, judged{got.notAfter, got.notBefore, judge(got.notAfter, got.notBefore, s.deadline, now)}, now)
	got.from, got.receipts = want.from, want.receipts
	return got, true
}

// checkLead compares the finding about a notification's lead time, as the texts in
// force have it, with that of the model.
func (w *world) checkLead(id party.ID, s *said, e expected, now int64) {
	w.t.Helper()
	if s.thread == "" || id != s.author && !slices.Contains(s.to, id) {
		return
	}
	lead := w.lead(id, s.author, s.thread)
	if lead.counts.IsZero() {
		return // the content has not come yet
	}
	if want := judge(e.notAfter, e.notBefore, s.lead, now); lead.counts.Origin != s.ref.Origin || lead.counts.Index != s.ref.Index || lead.due != s.lead || lead.finding != want {
		w.t.Errorf("%s about the lead time of %s: %s by %s, counted from act %d; the model says %s by %s",
			id, s.thread, lead.finding, time.Unix(lead.due, 0).UTC(), lead.counts.Index, want, time.Unix(s.lead, 0).UTC())
	}
}

// lead is what a text provides for of a notification, and how it stands.
type lead struct {
	counts  provision.ID // the act whose lodging counts
	due     int64
	least   string // e.g. P42D
	finding lodging.Finding
}

// lead is that of the notification in a thread as one node finds it, from what it had
// read before and what came since.
func (w *world) lead(id, author party.ID, thread string) lead {
	w.t.Helper()
	n := w.node(id)
	if w.folios == nil {
		w.folios = map[*node.Node]*portfolio.Portfolio{}
	}
	if w.folios[n] == nil {
		w.folios[n] = portfolio.New(n)
	}
	rows, err := n.List(w.ctx, docket.Filter{Author: author, Thread: thread, Status: act.Exercise, Kinds: []act.Kind{act.Statement}})
	must(w.t, err)
	var out lead
	must(w.t, w.folios[n].Look(w.ctx, act.Exercise, func(v *portfolio.View) error {
		for _, r := range rows {
			for _, it := range v.Book.Of(provision.ID{Origin: r.Ref.Origin, Index: r.Ref.Index}, provision.Moment{Now: n.Now().Unix()}) {
				for _, b := range it.By {
					if it.Code == notification && b.As == "did" {
						out = lead{b.Filing, it.Clock.Due, it.Clock.Least, b.Finding}
					}
				}
			}
		}
		return nil
	}))
	return out
}

// settle compares a finding with what the same node found before.
func (w *world) settle(id party.ID, s *said, past map[act.Ref]judged, is judged, now int64) {
	w.t.Helper()
	was, known := past[s.ref]
	past[s.ref] = is
	if !known {
		return
	}
	where := fmt.Sprintf("%s about act %d of %s", id, s.ref.Index, s.author)
	if was.notAfter != 0 && (is.notAfter == 0 || is.notAfter > was.notAfter) {
		w.t.Errorf("%s: not after went from %d to %d", where, was.notAfter, is.notAfter)
	}
	if is.notBefore < was.notBefore {
		w.t.Errorf("%s: not before went from %d back to %d", where, was.notBefore, is.notBefore)
	}
	contradiction := is.notAfter != 0 && is.notBefore > is.notAfter
	switch {
	case was.finding == is.finding,
		was.finding == lodging.Pending,
		was.finding == lodging.NotShownTimely && is.finding != lodging.Pending,
		was.finding == lodging.Late && is.finding == lodging.Timely && contradiction:
	default:
		w.t.Errorf("%s: the finding %s was reversed to %s (%+v to %+v, deadline %d, now %d)", where, was.finding, is.finding, was, is, s.deadline, now)
	}
}

// checkStamps holds every honest mirror to who held what when: nobody vouched
// for acts before it held them, nor for what nobody had said.
func (w *world) checkStamps(liar party.ID) {
	w.t.Helper()
	seen := map[string]bool{}
	for _, id := range w.running() {
		for o, list := range w.readLedger(id).stamps {
			for _, st := range list {
				key := fmt.Sprint(o, st)
				if seen[key] || st.by == liar {
					continue
				}
				seen[key] = true
				since, ok := w.heldSince(st.by, o, st.size)
				if !ok {
					w.t.Errorf("%s vouched for %d acts of %s, which it never held", st.by, st.size, o)
					continue
				}
				// Its clock at that moment, whole seconds.
				if clock := since.Add(time.Duration(w.skew[st.by].Load())).Unix(); st.time < clock {
					w.t.Errorf("%s vouched for %d acts of %s at %d and held them at %d by its clock", st.by, st.size, o, st.time, clock)
				}
			}
		}
	}
	if len(seen) == 0 {
		w.t.Error("no mirror vouched for anything")
	}
}

// checkEqual compares what nodes with the same evidence found, except for one
// whose clock lies: it sets aside what the others believe.
func (w *world) checkEqual(found map[party.ID]map[act.Ref]expected, acts []*said, liar party.ID) {
	w.t.Helper()
	var first party.ID
	keys := ""
	for _, id := range w.running() {
		n := w.node(id)
		same, err := n.Rebuild(w.ctx)
		must(w.t, err)
		if !same {
			w.t.Errorf("%s: the derived tables came out otherwise when they were rebuilt", id)
		}
		if id == liar {
			continue
		}
		if first == "" {
			first, keys = id, w.keyState(id)
			continue
		}
		if k := w.keyState(id); k != keys {
			w.t.Errorf("keys at %s:\n%s\nat %s:\n%s", id, k, first, keys)
		}
		for _, s := range acts {
			a, okA := found[first][s.ref]
			b, okB := found[id][s.ref]
			if !okA || !okB {
				w.t.Errorf("act %d of %s (%s): held at %s %v, at %s %v", s.ref.Index, s.author, s.thread, first, okA, id, okB)
				continue
			}
			if s.author == liar {
				a.notBefore, b.notBefore = 0, 0 // of its words that its clock took back, who was away heard fewer
			}
			if a.from != b.from {
				w.t.Errorf("act %d of %s: the cosignatures did not spread: at %s %s, at %s %s", s.ref.Index, s.author, first, a.from, id, b.from)
			}
			if a.receipts != b.receipts {
				a.against, b.against = nil, nil // who was away heard a later checkpoint over the receipt
			}
			if fmt.Sprint(a) != fmt.Sprint(b) {
				w.t.Errorf("act %d of %s: %s found %v, %s found %v", s.ref.Index, s.author, first, a, id, b)
			}
		}
	}
}

// counts are the rows of every table of a node's store.
func (w *world) counts(id party.ID) map[string]int {
	w.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(w.town.Houses[id].Config.Dir, node.StoreFile)+"?mode=ro")
	must(w.t, err)
	defer db.Close()
	rows, err := db.Query("select name from sqlite_schema where type = 'table'")
	must(w.t, err)
	var names []string
	for rows.Next() {
		var name string
		must(w.t, rows.Scan(&name))
		names = append(names, name)
	}
	must(w.t, rows.Err())
	rows.Close()
	out := map[string]int{}
	for _, name := range names {
		var n int
		must(w.t, db.QueryRow("select count(*) from "+name).Scan(&n))
		out[name] = n
	}
	return out
}
