package portfolio

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"detente/act"
	"detente/internal/canon"
	"detente/node"
	"detente/pack"
	"detente/packs"
	"detente/party"
	"detente/provision"
	"detente/roster"
	"detente/town"
)

// patience bounds how long a test waits for what must come.
const patience = 60 * time.Second

// world is a group of real nodes under a clock of its own, each with a portfolio
// that was asked from the beginning.
type world struct {
	t     testing.TB
	town  *town.Town
	ahead atomic.Int64
	folio map[party.ID]*Portfolio
	ids   []party.ID
	last  *roster.Roster
}

func (w *world) now() time.Time          { return time.Now().Add(time.Duration(w.ahead.Load())) }
func (w *world) forward(d time.Duration) { w.ahead.Add(int64(d)) }

// found founds a group that has the packs named in force from edition 2 on.
func found(t testing.TB, names []string, ids ...party.ID) *world {
	t.Helper()
	w := &world{t: t, folio: map[party.ID]*Portfolio{}, ids: ids}
	p := town.Plan{Dir: t.TempDir(), Group: party.Group{1}, Names: map[string]string{"en": "Region"}, K: 1, Now: w.now, Tune: func(c *node.Config) {
		c.Settings.HeartbeatSeconds = 1
		lib, err := pack.NewLibrary(packs.FS) // each its own: what one keeps is not at hand for another
		if err != nil {
			t.Fatal(err)
		}
		c.Texts = lib
	}}
	for _, id := range ids {
		p.Parties = append(p.Parties, town.Resident{ID: id, Outside: len(ids) == 1})
	}
	if len(ids) == 1 {
		p.K, p.Custodians = 0, []party.ID{}
	}
	tw, err := town.Found(p)
	if err != nil {
		t.Fatal(err)
	}
	w.town, w.last = tw, tw.First
	t.Cleanup(w.close)
	if err := tw.StartAll(context.Background()); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		w.folio[id] = New(w.node(id))
	}
	if len(names) > 0 {
		w.edition(func(r *roster.Roster) {
			var list []string
			for _, id := range ids {
				list = append(list, string(id))
			}
			for _, name := range names {
				r.Packs = append(r.Packs, roster.Pack{ID: name, Digest: shipped(t, name).Digest()})
			}
			r.Slots = append(r.Slots, roster.Slot{ID: "vd11.adopting-parties", Value: strings.Join(list, " ")})
		})
	}
	return w
}

// shipped is a pack that comes with the program.
func shipped(t testing.TB, name string) *pack.Pack {
	t.Helper()
	lib, err := pack.NewLibrary(packs.FS)
	if err != nil {
		t.Fatal(err)
	}
	p, err := lib.Find(name, canon.Digest{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (w *world) close() {
	var wg sync.WaitGroup
	for _, h := range w.town.Houses {
		if n := h.Node; n != nil {
			wg.Go(func() { n.Close() })
		}
	}
	wg.Wait()
}

func (w *world) node(id party.ID) *node.Node { return w.town.Houses[id].Node }

// await looks again and again until f holds.
func (w *world) await(what string, f func() bool) {
	w.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	end := time.After(patience)
	for !f() {
		select {
		case <-tick.C:
		case <-end:
			w.t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// edition has all adopt the next edition, and waits until it is in force everywhere.
func (w *world) edition(edit func(*roster.Roster)) {
	w.t.Helper()
	next := *w.last
	next.Edition, next.Previous = w.last.Edition+1, w.last.Digest()
	next.Packs, next.Slots, next.Parties = slices.Clone(next.Packs), slices.Clone(next.Slots), slices.Clone(next.Parties)
	next.Effective = canon.FormatTime(w.now().UTC().Add(time.Hour).Truncate(time.Second))
	edit(&next)
	b, err := next.Bytes()
	if err != nil {
		w.t.Fatal(err)
	}
	for _, id := range w.ids {
		if _, err := w.node(id).Adopt(context.Background(), "officer", b); err != nil {
			w.t.Fatalf("%s: %v", id, err)
		}
	}
	if len(w.ids) > 1 {
		w.await("adoptions are shown", func() bool { return w.shown(next.Digest()) })
	}
	w.forward(61 * time.Minute)
	for _, id := range w.ids {
		w.await("the edition is in force", func() bool { return w.node(id).Keys().Current().Edition == next.Edition })
	}
	w.last = &next
}

func (w *world) shown(d canon.Digest) bool {
	for _, id := range w.ids {
		all, err := w.node(id).Editions(context.Background())
		if err != nil {
			w.t.Fatal(err)
		}
		n := 0
		for _, e := range all {
			if e.Roster.Digest() != d {
				continue
			}
			for _, at := range e.Adopted {
				if at > 0 {
					n++
				}
			}
		}
		if n < len(w.ids) {
			return false
		}
	}
	return true
}

func (w *world) must(_ any, err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// say says something in earnest, as an officer would, and waits until all hold it.
func (w *world) say(id party.ID, r node.Request) act.Ref {
	w.t.Helper()
	if r.Kind == "" {
		r.Kind = act.Statement
	}
	if r.Status == "" {
		r.Status = act.Actual
	}
	if r.Kind == act.Statement && r.Life == "" {
		r.Life = act.New
	}
	ref, err := w.node(id).TestOnlySay(context.Background(), r)
	if err != nil {
		w.t.Fatal(err)
	}
	return ref
}

// file appends an act past every door, as a stranger's program could.
func (w *world) file(id party.ID, a *act.Act) act.Ref {
	w.t.Helper()
	n := w.node(id)
	a.Group, a.Edition = w.last.Group, w.last.Edition
	if a.Status == "" {
		a.Status = act.Actual
	}
	if a.Kind == "" {
		a.Kind = act.Statement
	}
	if a.Kind == act.Statement && a.Life == "" {
		a.Life = act.New
	}
	if len(a.To) == 0 {
		a.ToAll = true
	}
	at := w.size(n, n.Origin())
	if err := n.TestOnlyAppend(context.Background(), []*act.Act{a}); err != nil {
		w.t.Fatal(err)
	}
	b, err := a.Bytes()
	if err != nil {
		w.t.Fatal(err)
	}
	for ; ; at++ {
		row, err := n.Find(context.Background(), fmt.Sprintf("%s %d", n.Origin(), at))
		if err != nil {
			w.t.Fatal(err)
		}
		if row.Ref.Leaf == act.LeafHash(b) {
			return row.Ref
		}
	}
}

// reach waits until the parties hold an act.
func (w *world) reach(ref act.Ref, ids ...party.ID) {
	w.t.Helper()
	for _, id := range ids {
		w.await("the act arrives", func() bool { return w.size(w.node(id), ref.Origin) > ref.Index })
	}
}

// quiet waits until all hold the same acts and no further one comes.
func (w *world) quiet() {
	w.t.Helper()
	was, since := "", time.Now()
	w.await("all is quiet", func() bool {
		var all []string
		for _, id := range w.ids {
			sizes, err := w.node(id).Positions(context.Background())
			w.must(nil, err)
			all = append(all, fmt.Sprint(sizes))
		}
		slices.Sort(all)
		if now := strings.Join(all, "\n"); now != was {
			was, since = now, time.Now()
		}
		return all[0] == all[len(all)-1] && time.Since(since) > 400*time.Millisecond
	})
}

// size is how many acts of a record a node holds.
func (w *world) size(n *node.Node, o party.Origin) int64 {
	all, err := n.Positions(context.Background())
	w.must(nil, err)
	return all[o]
}

// evidence names what a node holds.
func (w *world) evidence(n *node.Node) string {
	ctx := context.Background()
	sizes, err := n.Positions(ctx)
	w.must(nil, err)
	last, err := n.LastStamp(ctx)
	w.must(nil, err)
	rules, err := n.Rules(ctx)
	w.must(nil, err)
	notes, err := n.Notes().Changes(ctx)
	w.must(nil, err)
	return fmt.Sprint(sizes, last, rules, notes)
}

// same compares what a portfolio that was asked before says with what a fresh one
// says, in every book.
func (w *world) same(id party.ID) {
	w.t.Helper()
	n, p := w.node(id), w.folio[id]
	for range 200 {
		before := w.evidence(n)
		moments := w.moments()
		now, all := w.answers(p, moments), dump(p)
		fresh := New(n)
		anew, whole := w.answers(fresh, moments), dump(fresh)
		if w.evidence(n) != before {
			continue // something arrived meanwhile
		}
		if d := differ(all, whole); d != "" {
			w.t.Fatalf("%s: what was read bit by bit is not what is read at once: %s", id, d)
		}
		if d := differ(now, anew); d != "" {
			w.t.Fatalf("%s: other answers: %s", id, d)
		}
		return
	}
	w.t.Fatal("it never gets quiet")
}

func (w *world) moments() []provision.Moment {
	now := w.now().Unix()
	return []provision.Moment{{Now: now}, {Now: now + 3*86400}, {Now: now + 400*86400}, {Now: now, Lodged: now - 1800}, {Now: now, Held: now - 1800}}
}

// answers are all that is derived, as text by line.
func (w *world) answers(p *Portfolio, moments []provision.Moment) []string {
	w.t.Helper()
	var out []string
	for _, s := range []act.Status{act.Actual, act.Exercise, act.Test} {
		err := p.Look(context.Background(), s, func(v *View) error {
			for _, t := range v.Texts {
				out = append(out, fmt.Sprint(s, " text ", t.Pack.Head.ID, t.Pack.Digest(), t.InForce, t.Slots))
			}
			out = append(out, fmt.Sprint(s, " missing ", v.Missing))
			for i, m := range moments {
				for _, it := range v.Book.Items(provision.Query{All: true}, m) {
					b, err := json.Marshal(it)
					w.must(nil, err)
					out = append(out, fmt.Sprint(s, " ", i, " item ", it.Key(), " ", string(b), v.Book.Why(&it, "ru")))
				}
				for _, id := range w.ids {
					for _, x := range v.Book.Accounts(id, "", m) {
						out = append(out, fmt.Sprintf("%s %d account %+v", s, i, x))
					}
				}
				for _, f := range v.Book.Findings(m) {
					out = append(out, fmt.Sprintf("%s %d finding %+v", s, i, f))
				}
			}
			return nil
		})
		if err != nil {
			w.t.Fatal(err)
		}
	}
	slices.Sort(out)
	return out
}

// dump is what a portfolio keeps, as text by line.
func dump(p *Portfolio) []string {
	var out []string
	for _, id := range slices.SortedFunc(maps.Keys(p.filings), provision.ID.Compare) {
		f := *p.filings[id]
		form := "none"
		if f.Values != nil {
			b, err := f.Values.Bytes()
			form = fmt.Sprint(string(b), err)
		}
		f.Values, f.round = nil, 0
		f.Receipts = slices.SortedFunc(slices.Values(f.Receipts), func(a, b provision.Receipt) int { return strings.Compare(string(a.By), string(b.By)) })
		out = append(out, fmt.Sprintf("%+v %s", f, form))
	}
	return out
}

// differ is the first line in which two lists differ.
func differ(a, b []string) string {
	for i := range max(len(a), len(b)) {
		var x, y string
		if i < len(a) {
			x = a[i]
		}
		if i < len(b) {
			y = b[i]
		}
		if x != y {
			return fmt.Sprintf("\n  bit by bit: %s\n  at once:    %s", x, y)
		}
	}
	return ""
}

// look hands what a portfolio says of a book to f.
func (w *world) look(id party.ID, s act.Status, f func(v *View, m provision.Moment)) {
	w.t.Helper()
	w.must(nil, w.folio[id].Look(context.Background(), s, func(v *View) error {
		f(v, provision.Moment{Now: v.Now.Unix()})
		return nil
	}))
}

// items are the states of the items that a filing opened or did, by code and obligor.
func (w *world) items(id party.ID, s act.Status, ref act.Ref) map[string]provision.State {
	w.t.Helper()
	out := map[string]provision.State{}
	w.look(id, s, func(v *View, m provision.Moment) {
		for _, it := range v.Book.Items(provision.Query{All: true}, m) {
			for _, b := range it.By {
				if b.Filing == idOf(ref) {
					out[it.Code+" "+string(it.Obligor)] = it.State
				}
			}
		}
	})
	return out
}

// small is the pack of two invented valleys, under another title if one is given.
func small(t testing.TB, title string) *pack.Pack {
	t.Helper()
	dir := fstest.MapFS{}
	root := os.DirFS("../pack/testdata/small")
	if err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(root, path)
		if title != "" {
			b = bytes.ReplaceAll(b, []byte("Agreement of two invented valleys"), []byte(title))
		}
		dir[path] = &fstest.MapFile{Data: b}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	p, err := pack.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// valleys is a group that has the small pack in force, at hand everywhere.
func valleys(t testing.TB, ids ...party.ID) *world {
	t.Helper()
	w := found(t, nil, ids...)
	for _, id := range ids {
		w.keep(id, small(t, ""))
	}
	w.edition(func(r *roster.Roster) {
		r.Packs = []roster.Pack{{ID: "small", Digest: small(t, "").Digest()}}
		r.Slots = []roster.Slot{{ID: "small.notice.lead", Value: "P42D"}}
	})
	return w
}

func (w *world) keep(id party.ID, p *pack.Pack) {
	w.t.Helper()
	w.must(w.node(id).KeepText(context.Background(), "officer", p.Bytes()))
}

// everywhere waits until all is quiet, and compares at every node.
func (w *world) everywhere() {
	w.t.Helper()
	w.quiet()
	for _, id := range w.ids {
		w.same(id)
	}
}

// notice is a filled notice of an exercise so many days ahead.
func (w *world) notice(days, troops int) json.RawMessage {
	return fmt.Appendf(nil, `{"start_date":%q,"troops":%d}`, w.now().AddDate(0, 0, days).UTC().Format(time.DateOnly), troops)
}

// asks is a filled request for an explanation.
func asks(of party.ID) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(`{"responding_state":%q,"cause_of_concern":"columns near the border","activity_type":{"answer":"not-known-now"},
		"location":{"answer":"not-known-now"},"first_seen":{"answer":"not-known-now"},"questions":["what is it"],"contact_post":"duty-officer"}`, of))
}

// replies is a filled reply to it.
func replies() json.RawMessage {
	return json.RawMessage(`{"answer":"answered","content":"a rehearsal","aims":{"answer":"not-known-now"},"location":{"answer":"not-known-now"},
		"end_date":{"answer":"not-known-now"},"units":{"answer":"not-known-now"},"troops":{"answer":"not-known-now"},"equipment":{"answer":"not-known-now"},
		"contact_post":"duty-officer"}`)
}

// inspects is a filled request for an inspection, with entry at a time.
func inspects(of party.ID, at time.Time) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(`{"receiving_state":%q,"specified_area":{"name":"a valley","points":[{"lat":"43.92","lon":"77.05"},{"lat":"44.05","lon":"77.61"},
		{"lat":"43.78","lon":"78.02"},{"lat":"43.92","lon":"77.05"}]},"planned_entry":%q,"points_of_entry":[{"name":"north gate","lat":"43.95","lon":"77.2"}],
		"transport_to_entry":"by road","start_point_in_area":{"name":"the bridge","lat":"43.9","lon":"77.3"},"ground_or_air":"ground","vehicles":"receiving-state",
		"team":4,"sub_teams":1,"other_states":{"answer":"nil"},"visa_data":"with the embassy","language":"en","contact_post":"duty-officer"}`,
		of, at.UTC().Format("2006-01-02T15:04")+"+00:00[UTC]"))
}
