package town_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"detente/act"
	"detente/courier"
	"detente/courier/couriertest"
	"detente/key"
	"detente/node"
	"detente/packs"
	"detente/party"
	"detente/portfolio"
	"detente/roster"
	"detente/town"
)

// notification is the form with a start that a lead time runs to.
const (
	notification = "cica.2.1.1d"
	leadDays     = 42
	seat         = 5 * time.Hour // by which the days of that text begin before those of UTC
)

// logs shows what operators of the nodes would read.
var logs = flag.Bool("logs", false, "print the logs of all nodes")

// residents are the parties of the drawings, by their letter.
func residents() map[rune]party.ID {
	return map[rune]party.ID{'A': "alatau", 'B': "borovia", 'C': "cintra", 'D': "dovania", 'E': "elbria", 'F': "faronia", 'S': "secretariat"}
}

// setting is what a world is founded with. The zero value of each field works.
type setting struct {
	who        string // letters; a lower-case one has no network
	apart      string // pairs without a link, "AC BD"
	f, k       int    // k 0: 1
	custodians string // letters; empty: all
	heartbeat  time.Duration
	rest       time.Duration
	skew       map[rune]time.Duration // of the clocks, from the beginning
	tune       func(*node.Config)
	host       func(courier.Host) courier.Host
}

// world is a town whose clocks, lines and couriers the test holds.
type world struct {
	folios map[*node.Node]*portfolio.Portfolio // what each running node has read of its texts
	t      *testing.T
	ctx    context.Context
	net    *couriertest.Network
	town   *town.Town
	set    setting
	ids    []party.ID
	skew   map[party.ID]*atomic.Int64 // nanoseconds

	mu    sync.Mutex
	holds map[party.ID]map[party.Origin][]holding // guarded by mu: when each size was first held
}

// holding is since when, by the one true clock, a node held so many acts.
type holding struct {
	size  int64
	since time.Time
}

// live runs f in a bubble, with all nodes running, and ends them.
func live(t *testing.T, s setting, f func(*world)) {
	t.Helper()
	dir := scratch(t)
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2027, 1, 4, 9, 0, 0, 0, time.UTC)))
		w := found(t, dir, s)
		defer func() {
			if err := w.town.Close(); err != nil {
				t.Error(err)
			}
		}()
		must(t, w.town.StartAll(w.ctx))
		for _, id := range w.ids {
			w.watch(id)
		}
		f(w)
	})
}

// scratch is a folder for the homes: in memory where there is such a place,
// because no test of this package asks what a disk keeps.
func scratch(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "detente-town-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func found(t *testing.T, dir string, s setting) *world {
	t.Helper()
	w := &world{t: t, ctx: context.Background(), net: couriertest.New(), set: s, skew: map[party.ID]*atomic.Int64{},
		holds: map[party.ID]map[party.Origin][]holding{}}
	p := town.Plan{
		Dir: dir, Group: party.Group{7}, Names: map[string]string{"en": "Region"}, F: s.f, K: max(s.k, 1),
		Packs:  []string{"cica"},
		Slots:  []roster.Slot{{ID: notification + ".lead", Value: fmt.Sprintf("P%dD", leadDays)}, {ID: notification + ".troops", Value: "9000"}},
		Listen: func(id party.ID) (net.Listener, error) { return w.net.Listen(string(id) + ".example") },
		Dial: func(from party.ID) func(context.Context, string, string) (net.Conn, error) {
			return w.net.Dial(string(from) + ".example")
		},
		Tune: w.tune,
	}
	if *logs {
		p.Log = func(id party.ID) *slog.Logger {
			return slog.New(slog.NewTextHandler(os.Stderr, nil)).With("node", string(id))
		}
	}
	for _, l := range s.who {
		upper := []rune(strings.ToUpper(string(l)))[0]
		id := residents()[upper]
		res := town.Resident{ID: id, NoNode: id == "faronia", Courier: l != upper}
		if id == "secretariat" {
			res.Standing = roster.Secretariat
		}
		if !res.NoNode {
			w.ids = append(w.ids, id)
			w.skew[id] = &atomic.Int64{}
			w.skew[id].Store(int64(s.skew[upper]))
		}
		p.Parties = append(p.Parties, res)
	}
	for i := range p.Parties {
		p.Parties[i].NoLink = w.noLink(p.Parties[i].ID)
	}
	for _, l := range s.custodians {
		p.Custodians = append(p.Custodians, residents()[l])
	}
	var err error
	w.town, err = town.Found(p)
	must(t, err)
	return w
}

// noLink lists the parties that one keeps no link with by the setting.
func (w *world) noLink(id party.ID) []party.ID {
	var out []party.ID
	for _, pair := range strings.Fields(w.set.apart) {
		a, b := residents()[rune(pair[0])], residents()[rune(pair[1])]
		if a == id {
			out = append(out, b)
		}
		if b == id {
			out = append(out, a)
		}
	}
	return out
}

func (w *world) tune(c *node.Config) {
	id := c.Settings.Party
	c.Now = func() time.Time { return time.Now().Add(time.Duration(w.skew[id].Load())) }
	c.Settings.HeartbeatSeconds = int(w.set.heartbeat / time.Second)
	c.TestOnlyRest, c.TestOnlyHost = w.set.rest, w.set.host
	var staged *key.Set
	c.Stage = func(s *key.Set) error { staged = s; return nil }
	c.Promote = func() error { c.Keys = staged; return nil }
	if w.set.tune != nil {
		w.set.tune(c)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) id(letter rune) party.ID { return residents()[letter] }

func (w *world) node(id party.ID) *node.Node { return w.town.Houses[id].Node }

// running are the nodes that are not stopped.
func (w *world) running() []party.ID {
	var out []party.ID
	for _, id := range w.ids {
		if w.node(id) != nil {
			out = append(out, id)
		}
	}
	return out
}

func (w *world) start(letters string) {
	w.t.Helper()
	for _, l := range letters {
		_, err := w.town.Start(w.ctx, w.id(l))
		must(w.t, err)
		w.watch(w.id(l))
	}
}

func (w *world) stop(letters string) {
	w.t.Helper()
	for _, l := range letters {
		must(w.t, w.town.Stop(w.id(l)))
	}
}

// watch notes when a node first held how much, by the one true clock.
func (w *world) watch(id party.ID) {
	n := w.node(id)
	go func() {
		for {
			changed := n.Changed()
			held, err := n.Position(w.ctx)
			if err != nil {
				return // closed
			}
			w.noteHolding(id, held)
			select {
			case <-changed:
			case <-n.Closing():
				return
			}
		}
	}()
}

func (w *world) noteHolding(id party.ID, held map[party.Origin]int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.holds[id] == nil {
		w.holds[id] = map[party.Origin][]holding{}
	}
	for o, size := range held {
		list := w.holds[id][o]
		if len(list) == 0 || list[len(list)-1].size < size {
			w.holds[id][o] = append(list, holding{size, time.Now()})
		}
	}
}

// heldSince is when a node first held size acts of a record.
func (w *world) heldSince(id party.ID, o party.Origin, size int64) (time.Time, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, h := range w.holds[id][o] {
		if h.size >= size {
			return h.since, true
		}
	}
	return time.Time{}, false
}

// draw sets the lines as drawn: letters side by side are all linked, a dash
// links its two neighbours, a bar and a blank link nothing. Others are cut.
func (w *world) draw(drawing string) {
	linked := map[[2]party.ID]bool{}
	link := func(a, b rune) {
		x, y := w.id(a), w.id(b)
		linked[[2]party.ID{x, y}], linked[[2]party.ID{y, x}] = true, true
	}
	for _, island := range strings.Split(drawing, "|") {
		runs := strings.Split(strings.TrimSpace(island), "-")
		for i, run := range runs {
			for j, a := range run {
				for _, b := range run[j+1:] {
					link(a, b)
				}
			}
			if i > 0 {
				link(rune(runs[i-1][len(runs[i-1])-1]), rune(run[0]))
			}
		}
	}
	for i, a := range w.ids {
		for _, b := range w.ids[i+1:] {
			line := w.line(a, b)
			if linked[[2]party.ID{a, b}] {
				line.Mend()
				line.Delay(0)
			} else {
				line.Cut()
			}
		}
	}
}

func (w *world) line(a, b party.ID) *couriertest.Line {
	return w.net.Line(string(a)+".example", string(b)+".example")
}

// heal mends every line.
func (w *world) heal() {
	for i, a := range w.ids {
		for _, b := range w.ids[i+1:] {
			w.line(a, b).Mend()
			w.line(a, b).Delay(0)
		}
	}
}

// say sends a statement, sealed to the addressees, or open to all if there are none.
func (w *world) say(from rune, to, thread string) act.Ref {
	w.t.Helper()
	return w.request(w.id(from), node.Request{Kind: act.Statement, Status: act.Exercise, To: w.several(to), Open: to == "",
		Thread: thread, Life: act.New, Text: "In " + thread + " the following is said."})
}

// notify sends a notification of an activity that starts in so many days.
func (w *world) notify(from rune, to, thread string, days int) act.Ref {
	w.t.Helper()
	return w.request(w.id(from), node.Request{Kind: act.Statement, Status: act.Exercise, To: w.several(to),
		Thread: thread, Life: act.New, Measure: notification, Values: w.form(days), Language: "en", Post: "verification-centre"})
}

func (w *world) request(from party.ID, r node.Request) act.Ref {
	w.t.Helper()
	ref, err := w.node(from).TestOnlySay(w.ctx, r)
	must(w.t, err)
	return ref
}

func (w *world) several(letters string) []party.ID {
	var out []party.ID
	for _, l := range letters {
		out = append(out, w.id(l))
	}
	return out
}

// form is the filled form that ships with the pack, moved to start in days.
func (w *world) form(days int) json.RawMessage {
	w.t.Helper()
	b, err := fs.ReadFile(packs.FS, "cica/examples/two-brigade-exercise.json")
	must(w.t, err)
	var v map[string]any
	must(w.t, json.Unmarshal(b, &v))
	old, err := time.Parse(time.DateOnly, fmt.Sprint(v["start_date"]))
	must(w.t, err)
	by := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, days).Sub(old)
	out, err := json.Marshal(moveDates(v, by))
	must(w.t, err)
	return out
}

// moveDates shifts every date in a filled form.
func moveDates(v any, by time.Duration) any {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			v[k] = moveDates(x, by)
		}
	case []any:
		for i, x := range v {
			v[i] = moveDates(x, by)
		}
	case string:
		if t, err := time.Parse(time.DateOnly, v); err == nil {
			return t.Add(by).Format(time.DateOnly)
		}
	}
	return v
}

// until lets time pass until f holds, and says how much.
func (w *world) until(what string, most time.Duration, f func() bool) time.Duration {
	w.t.Helper()
	for began := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		if f() {
			return time.Since(began)
		}
		if time.Since(began) > most {
			w.t.Fatalf("not within %s: %s", most, what)
		}
	}
}

// holdsAct reports whether a running node holds an act.
func (w *world) holdsAct(id party.ID, ref act.Ref) bool {
	w.t.Helper()
	held, err := w.node(id).Position(w.ctx)
	must(w.t, err)
	return held[ref.Origin] > ref.Index
}

// receipted reports whether a node holds the receipts of all of them.
func (w *world) receipted(at party.ID, ref act.Ref, by string) bool {
	w.t.Helper()
	rows, err := w.node(at).Receipts(w.ctx, ref)
	must(w.t, err)
	have := map[party.ID]bool{}
	for _, r := range rows {
		have[r.Author] = true
	}
	return !slices.ContainsFunc(w.several(by), func(id party.ID) bool { return !have[id] })
}

// export is what a courier takes along from one party to another.
func (w *world) export(from, to party.ID) []byte {
	w.t.Helper()
	var b bytes.Buffer
	_, err := w.node(from).Export(w.ctx, &b, to, nil)
	must(w.t, err)
	return b.Bytes()
}

func (w *world) deliver(at party.ID, bundle []byte) {
	w.t.Helper()
	_, err := w.node(at).Import(w.ctx, bytes.NewReader(bundle))
	must(w.t, err)
}

// rotate enters a new key of a role at a party.
func (w *world) rotate(id party.ID, role key.Role) {
	w.t.Helper()
	h := w.town.Houses[id]
	switch role {
	case key.Sealing:
		fresh, err := key.GenerateSealing(rand.Reader)
		must(w.t, err)
		_, err = h.Node.RotateBatch(w.ctx, "officer", role, h.Config.Keys.EnterSealing(fresh), h.Next)
		must(w.t, err)
	case key.Transport:
		fresh, err := key.GenerateTransport(rand.Reader)
		must(w.t, err)
		_, err = h.Node.RotateBatch(w.ctx, "officer", role, h.Config.Keys.EnterTransport(fresh), h.Next)
		must(w.t, err)
	default:
		after, err := h.Next.Renew(rand.Reader, role)
		must(w.t, err)
		_, err = h.Node.Rotate(w.ctx, "officer", role, h.Next, after.Commitments())
		must(w.t, err)
		h.Next = after
	}
}

// keyState is what a node knows of all keys, as text.
func (w *world) keyState(id party.ID) string {
	k, now := w.node(id).Keys(), time.Now()
	var b strings.Builder
	fmt.Fprintln(&b, "edition", k.Current().Edition, k.CurrentDigest())
	for _, p := range k.Current().Parties {
		if p.Card == nil {
			continue
		}
		r, _ := k.Record(p.Card.Origin, 1<<40)
		sealing, _ := k.Sealing(p.ID, now)
		transport, _ := k.Transport(p.ID, now)
		fmt.Fprintln(&b, p.ID, r.Digest(), sealing[len(sealing)-8:], transport)
		for _, role := range []key.Role{key.Witness, key.Mirror} {
			for _, c := range k.Cosigners(p.ID, role) {
				fmt.Fprintln(&b, " ", role, c.Key.Digest(), c.Retired, c.Listed)
			}
		}
	}
	return b.String()
}

// origins are the records of the parties, first volumes.
func (w *world) origins() map[party.Origin]party.ID {
	out := map[party.Origin]party.ID{}
	for _, p := range w.town.First.Parties {
		if p.Card != nil {
			out[p.Card.Origin] = p.ID
		}
	}
	return out
}
