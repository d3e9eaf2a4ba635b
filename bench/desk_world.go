package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"detente/act"
	"detente/desk"
	"detente/docket"
	"detente/home"
	"detente/line"
	"detente/node"
	"detente/pack"
	"detente/packs"
	"detente/party"
	"detente/provision"
	"detente/roster"
	"detente/town"
)

const (
	deskParty  party.ID = "party-01" // whose desk it is
	deskFriend party.ID = "party-02" // the one other node that runs
	deskBatch           = 64         // acts of one author under one head
	deskOpen            = 40         // statements to the desk that nobody acknowledged yet
	deskPass            = "correct horse battery staple"
	deskLine   line.ID  = "north"
	deskWays            = 8 // further lines of the desk
)

// world is a group of 57 under all texts that ship, after some years. One party has a
// home, with the acts of all; another has a node that says something from time to time.
type world struct {
	dir    string
	unlock string
	addr   string // where the node of the desk hears its peers
	town   *town.Town
	origin map[party.ID]party.Origin
	clock  atomic.Int64 // Unix seconds, while the history is written
	ahead  atomic.Int64 // nanoseconds that the clock of the world differs from the machine's; 0: it is written yet
	acts   int
	refs   map[provision.ID]act.Ref
	index  map[party.Origin]int64
	serial map[party.ID]map[party.ID]int64
}

// now is the clock of every node of the world.
func (w *world) now() time.Time {
	if ahead := w.ahead.Load(); ahead != 0 {
		return time.Now().Add(time.Duration(ahead))
	}
	return time.Unix(w.clock.Load(), 0)
}

// newWorld writes a history of so many acts.
func newWorld(ctx context.Context, b *bench, acts int) (*world, error) {
	w := &world{dir: filepath.Join(b.dir, "desk"), origin: map[party.ID]party.Origin{}, refs: map[provision.ID]act.Ref{}, index: map[party.Origin]int64{}, serial: map[party.ID]map[party.ID]int64{}}
	w.clock.Store(loadStart.Unix())
	l, err := newLoad()
	if err != nil {
		return nil, err
	}
	if err := w.found(ctx, l); err != nil {
		return nil, fmt.Errorf("found the group: %w", err)
	}
	said, err := w.history(l, acts)
	if err != nil {
		return nil, err
	}
	b.note("  %d acts of %d parties are made up", w.acts, loadParties)
	if err := w.write(ctx, said); err != nil {
		return nil, err
	}
	b.note("  and lie in the home of %s", deskParty)
	w.ahead.Store(int64(time.Until(time.Unix(w.clock.Load(), 0))))
	return w, nil
}

// found makes the home of the desk and the keys of the others, and has the desk join.
func (w *world) found(ctx context.Context, l *load) error {
	if err := os.MkdirAll(w.dir, 0o700); err != nil {
		return err
	}
	hears, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	w.addr = hears.Addr().String()
	if err := hears.Close(); err != nil { // it is opened again by the process of the desk
		return err
	}
	made, err := home.Make(ctx, home.Making{Dir: w.home(), Party: deskParty, Listen: w.addr, ForGroup: true, Now: w.now, Next: filepath.Join(w.dir, "next.age"), NextPassphrase: deskPass})
	if err != nil {
		return err
	}
	w.unlock = made.Unlock
	w.town, err = found(w.dir, 0, func(p *town.Plan) {
		p.F, p.K, p.Custodians, p.Now = 2, 3, nil, w.now
		for i, q := range l.group.Parties {
			if q.ID == deskParty {
				continue
			}
			p.Parties = append(p.Parties, town.Resident{ID: q.ID, Courier: q.ID != deskFriend, Outside: i > 7})
			if i <= 7 {
				p.Custodians = append(p.Custodians, q.ID)
			}
		}
	})
	if err != nil {
		return err
	}
	first, err := w.roster(l, made)
	if err != nil {
		return err
	}
	body, err := first.Bytes()
	if err != nil {
		return err
	}
	o, err := w.options()
	if err != nil {
		return err
	}
	if _, err := home.Join(ctx, w.home(), body, o); err != nil {
		return err
	}
	w.index[w.origin[deskParty]] = 1 // the adoption
	return nil
}

func (w *world) home() string { return filepath.Join(w.dir, "home") }

func (w *world) options() (home.Options, error) {
	id, err := home.Unlock(w.unlock, nil)
	return home.Options{Identity: id, Now: w.now}, err
}

// roster is that of the town with the desk in it, and with all texts that ship.
func (w *world) roster(l *load, made *home.Made) (*roster.Roster, error) {
	r := *w.town.First
	row := roster.Party{ID: deskParty, Standing: roster.Member, Names: map[string]string{"en": string(deskParty)}, Posts: []party.Post{"duty-officer", "verification-centre"},
		Endpoints: []string{"https://" + w.addr}, Card: &made.Card}
	r.Parties = append([]roster.Party{row}, r.Parties...)
	for i := range r.Parties {
		r.Parties[i].Code = l.party(r.Parties[i].ID).Code
		w.origin[r.Parties[i].ID] = r.Parties[i].Card.Origin
	}
	for _, t := range l.texts {
		r.Packs = append(r.Packs, roster.Pack{ID: t.Pack.Head.ID, Digest: t.Pack.Digest()})
		for _, s := range t.Slots {
			r.Slots = append(r.Slots, roster.Slot{ID: s.ID, Value: s.Value})
		}
	}
	b, err := r.Bytes()
	if err != nil {
		return nil, err
	}
	first, err := roster.Parse(b)
	if err != nil {
		return nil, err
	}
	if w.town.First = first; roster.Refused(first.Lint(nil)) {
		return nil, fmt.Errorf("the roster is refused: %v", first.Lint(nil))
	}
	for _, h := range w.town.Houses {
		h.Config.First = first
		if h.Config.Texts, err = pack.NewLibrary(packs.FS); err != nil {
			return nil, err
		}
	}
	return first, nil
}

// history makes acts of what the load makes up, by author.
func (w *world) history(l *load, count int) (map[party.ID][]*act.Act, error) {
	said := map[party.ID][]*act.Act{}
	for w.acts < count {
		f, err := l.act()
		if err != nil {
			return nil, err
		}
		a, err := w.act(&f)
		if err != nil {
			return nil, fmt.Errorf("act %s of %s: %w", f.ID, f.Code, err)
		}
		said[f.Author] = append(said[f.Author], a)
		w.acts++
		w.clock.Store(max(w.clock.Load(), f.Claimed))
	}
	return said, nil
}

// act is a filing as its author says it.
func (w *world) act(f *provision.Filing) (*act.Act, error) {
	a := &act.Act{Group: w.town.First.Group, Edition: 1, Kind: f.Kind, Status: act.Actual, To: f.To, Thread: strings.ToUpper(f.Thread), Claimed: time.Unix(f.Claimed, 0).UTC()}
	if ref, ok := w.refs[f.Answers]; ok {
		a.Answers = ref
	}
	if f.Kind == act.Delivered && (a.Answers.IsZero() || f.To[0] == f.Author) {
		a.Kind, a.Answers = act.Statement, act.Ref{} // nobody gives itself a receipt
	}
	switch a.Kind {
	case act.Delivered:
		a.Thread = ""
	case act.Statement, act.Entered:
		a.Life, a.Measure, a.Pack = f.Life, f.Code, f.Pack
		if a.Life == "" || a.Answers.IsZero() {
			a.Life = act.New
		}
		a.PayloadType, a.Payload = node.TextType, []byte(strings.Repeat("A letter. ", 20))
		if f.Values != nil {
			b, err := f.Values.Bytes()
			if err != nil {
				return nil, err
			}
			a.PayloadType, a.Payload = node.FormType, b
		}
		if a.Kind == act.Entered {
			a.For, a.Channel, a.Note, a.On = f.For, act.ByNote, fmt.Sprintf("ND/%d", w.acts), a.Claimed
		}
	}
	if a.To = slices.Compact(slices.Sorted(slices.Values(a.To))); len(a.To) == 0 {
		a.ToAll = true
	}
	w.number(f.Author, a)
	b, err := a.Bytes()
	if err != nil {
		return nil, err
	}
	o := w.origin[f.Author]
	w.refs[f.ID] = act.Ref{Origin: o, Index: w.index[o], Leaf: act.LeafHash(b)}
	w.index[o]++
	return a, nil
}

// number gives an act its serial to each addressee.
func (w *world) number(author party.ID, a *act.Act) {
	if w.serial[author] == nil {
		w.serial[author] = map[party.ID]int64{}
	}
	for _, id := range a.To {
		if a.Serial == nil {
			a.Serial = map[party.ID]int64{}
		}
		w.serial[author][id]++
		a.Serial[id] = w.serial[author][id]
	}
}

// write has each party say what it said, and carries all of it to the desk, which
// acknowledges all but the newest.
func (w *world) write(ctx context.Context, said map[party.ID][]*act.Act) error {
	o, err := w.options()
	if err != nil {
		return err
	}
	end := w.clock.Load()
	var files []string
	for _, id := range slices.Sorted(maps.Keys(said)) {
		if id == deskParty {
			continue
		}
		path, err := w.export(ctx, id, said[id])
		if err != nil {
			return fmt.Errorf("the record of %s: %w", id, err)
		}
		files = append(files, path)
	}
	w.clock.Store(loadStart.Unix())
	h, err := home.Open(ctx, w.home(), o)
	if err != nil {
		return err
	}
	defer h.Close()
	if err := errors.Join(h.Node.Confirm(ctx), w.append(ctx, h.Node, said[deskParty])); err != nil {
		return fmt.Errorf("the own record: %w", err)
	}
	w.clock.Store(end)
	for _, path := range files {
		if err := importFile(ctx, h.Node, path); err != nil {
			return err
		}
	}
	if err := w.acknowledge(ctx, h.Node); err != nil {
		return err
	}
	return w.staff(ctx, h.Node)
}

// append says acts in their order of time, some at once.
func (w *world) append(ctx context.Context, n *node.Node, all []*act.Act) error {
	for part := range slices.Chunk(all, deskBatch) {
		w.clock.Store(max(w.clock.Load(), part[len(part)-1].Claimed.Unix()))
		if err := n.TestOnlyAppend(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) export(ctx context.Context, id party.ID, all []*act.Act) (string, error) {
	w.clock.Store(loadStart.Unix())
	n, err := node.Open(ctx, w.town.Houses[id].Config)
	if err != nil {
		return "", err
	}
	defer n.Close()
	if err := errors.Join(n.Confirm(ctx), w.append(ctx, n, all)); err != nil {
		return "", err
	}
	path := filepath.Join(w.dir, string(id)+".bundle")
	file, err := os.Create(path)
	if err != nil {
		return "", err
	}
	_, err = n.Export(ctx, file, "", nil)
	return path, errors.Join(err, file.Close())
}

func importFile(ctx context.Context, n *node.Node, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := n.Import(ctx, file); err != nil {
		return fmt.Errorf("carry %s: %w", filepath.Base(path), err)
	}
	return os.Remove(path)
}

// acknowledge gives the word of a post on all that waits but the newest.
func (w *world) acknowledge(ctx context.Context, n *node.Node) error {
	rows, err := n.Unanswered(ctx, w.acts)
	if err != nil {
		return err
	}
	slices.SortFunc(rows, func(a, b docket.Row) int { return int(a.Claimed - b.Claimed) })
	var all []*act.Act
	for _, r := range rows[:max(0, len(rows)-deskOpen)] {
		a := &act.Act{Group: w.town.First.Group, Edition: 1, Kind: act.Acknowledged, Status: r.Status, To: []party.ID{r.Author}, Answers: r.Ref, Post: "duty-officer", Claimed: time.Unix(r.Claimed, 0).Add(time.Hour).UTC()}
		all = append(all, a)
	}
	end := w.clock.Load()
	err = w.append(ctx, n, all)
	w.clock.Store(max(end, w.clock.Load()))
	return err
}

// staff gives the desk its officer and its lines.
func (w *world) staff(ctx context.Context, n *node.Node) error {
	o := desk.Officer{ID: "officer", Name: "Officer", Post: "duty-officer", Roles: []desk.Role{desk.Admin, desk.Drafter, desk.Clearer, desk.Duty}, Steps: []string{"release"}}
	if err := n.Desk().AddOfficer(ctx, desk.Console, o, deskPass); err != nil {
		return err
	}
	for i := range deskWays + 1 {
		id := party.ID(fmt.Sprintf("party-%02d", i+2))
		if err := openEnd(ctx, n, id); err != nil {
			return fmt.Errorf("a line with %s: %w", id, err)
		}
	}
	return nil
}

// openEnd has a party say that it answers on the line with another.
func openEnd(ctx context.Context, n *node.Node, other party.ID) error {
	parties := []party.ID{n.Self(), other}
	slices.Sort(parties)
	e := line.End{Line: deskLine, Parties: parties, State: line.Open, Languages: []string{"en"}}
	body, err := e.Bytes()
	if err == nil {
		_, err = n.TestOnlySay(ctx, node.Request{Kind: act.Statement, Status: act.Actual, Life: act.New, To: []party.ID{other}, Type: line.TypeEnd, Body: body})
	}
	return err
}
