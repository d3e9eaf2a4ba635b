package demo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"detente/control"
	"detente/home"
	"detente/key"
	"detente/node"
	"detente/party"
	"detente/roster"
	"detente/screen"
)

// region is the group of the story: homes made, joined and opened in the way of
// a ministry, each with its listener and its control socket.
type region struct {
	first  *roster.Roster
	houses map[party.ID]*house
	order  []party.ID
}

// house is the place of one party that has a node.
type house struct {
	id       party.ID
	dir      string
	now      func() time.Time
	addr     string // empty: no network
	listener net.Listener
	home     *home.Home // nil while the node is down
	door     *control.Server
	doorDone chan struct{}
	desk     *screen.Server // nil while it is closed
	deskDone chan struct{}
	deskAddr string // for the whole story, once it was opened

	confirmed bool // an officer said once that this is no restore
}

// resident is one party of the story.
type resident struct {
	id       party.ID
	name     string
	standing roster.Standing
	noLink   []party.ID
	courier  bool // a node without any network
	noNode   bool
}

// founding says what region to found.
type founding struct {
	dir       string // holds the homes
	group     party.Group
	name      string
	residents []resident // in protocol order
	packs     []roster.Pack
	slots     []roster.Slot
	boards    bool
	f, k      int              // assumed to lie; quorum
	now       func() time.Time // the clock of every node
}

// foundRegion makes the homes, two at a time, and the roster from their cards.
func foundRegion(ctx context.Context, p founding) (*region, error) {
	r := &region{houses: map[party.ID]*house{}}
	first := &roster.Roster{
		Format: roster.Format, Group: p.group, Edition: 1, Effective: p.now().UTC().Add(-time.Hour).Format("2006-01-02T15:04:05Z"),
		Names: map[string]string{"en": p.name}, Languages: []string{"en"}, Adoption: roster.AdoptionAll, Acts: roster.MaxActs, Courier: "336h",
		Packs: p.packs, Slots: p.slots, Boards: p.boards, Counting: roster.Counting{F: p.f, K: p.k},
	}
	cards, err := r.makeHomes(ctx, &p)
	if err != nil {
		return nil, err
	}
	for _, res := range p.residents {
		row := roster.Party{ID: res.id, Standing: res.standing, Names: map[string]string{"en": res.name}, Posts: []party.Post{"duty-officer", "verification-centre"}}
		if h := r.houses[res.id]; h != nil {
			row.Card = cards[res.id]
			if h.addr != "" {
				row.Endpoints = []string{"https://" + h.addr}
			}
			first.Counting.Witnesses = append(first.Counting.Witnesses, res.id)
			first.Custodians = append(first.Custodians, res.id)
		}
		first.Parties = append(first.Parties, row)
	}
	body, err := first.Bytes()
	if err != nil {
		return nil, fmt.Errorf("write the roster: %w", err)
	}
	if r.first, err = roster.Parse(body); err != nil {
		return nil, err
	}
	for _, id := range r.order {
		h := r.houses[id]
		o, err := h.options()
		if err != nil {
			return nil, err
		}
		if _, err := home.Join(ctx, h.dir, body, o); err != nil {
			return nil, fmt.Errorf("%s joins: %w", id, err)
		}
	}
	return r, nil
}

// makeHomes makes the home of every party that has a node.
func (r *region) makeHomes(ctx context.Context, p *founding) (map[party.ID]*key.Card, error) {
	cards := map[party.ID]*key.Card{}
	var mu sync.Mutex
	var all error
	places := make(chan struct{}, 2) // each takes 256 MiB for a second
	var wait sync.WaitGroup
	for _, res := range p.residents {
		if res.noNode {
			continue
		}
		h := &house{id: res.id, dir: filepath.Join(p.dir, string(res.id)), now: p.now}
		if !res.courier {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return nil, fmt.Errorf("find a port for %s: %w", res.id, err)
			}
			h.listener, h.addr = l, l.Addr().String()
		}
		r.houses[res.id], r.order = h, append(r.order, res.id)
		wait.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			made, err := home.Make(ctx, home.Making{Dir: h.dir, Party: res.id, Names: map[string]string{"en": res.name}, Listen: h.addr,
				ForGroup: true, Now: p.now, Next: filepath.Join(p.dir, string(res.id)+"-next-keys.age"), NextPassphrase: "demonstration " + string(res.id)})
			if err == nil {
				err = home.SaveSettings(h.dir, node.Settings{Party: res.id, Listen: h.addr, NoLink: res.noLink})
			}
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				all = errors.Join(all, fmt.Errorf("make the home of %s: %w", res.id, err))
				return
			}
			cards[res.id] = &made.Card
		})
	}
	wait.Wait()
	return cards, all
}

func (h *house) options() (home.Options, error) {
	id, err := home.Unlock(filepath.Join(h.dir, home.UnlockFile), nil)
	return home.Options{Identity: id, Now: h.now}, err
}

// start opens a node, starts its loops and its control socket.
func (r *region) start(ctx context.Context, id party.ID) error {
	h := r.houses[id]
	if err := h.open(ctx); err != nil {
		return fmt.Errorf("start %s: %w", id, err)
	}
	if !h.confirmed || len(h.home.Settings.NoLink) > 2 {
		// Its officer made the home just now, or has too few links to ask: this is no restore.
		if err := h.home.Node.Confirm(ctx); err != nil {
			return fmt.Errorf("confirm %s: %w", id, errors.Join(err, h.stop()))
		}
		h.confirmed = true
	}
	if h.addr != "" && h.listener == nil {
		l, err := net.Listen("tcp", h.addr)
		if err != nil {
			return fmt.Errorf("start %s: %w", id, errors.Join(err, h.stop()))
		}
		h.listener = l
	}
	h.run()
	if err := h.openDesk(slices.Index(r.order, id)); err != nil {
		return errors.Join(err, h.stop())
	}
	return nil
}

func (h *house) open(ctx context.Context) error {
	o, err := h.options()
	if err != nil {
		return err
	}
	if h.home, err = home.Open(ctx, h.dir, o); err != nil {
		return err
	}
	door, l, err := control.Listen(h.home)
	if err != nil {
		return errors.Join(err, h.home.Close())
	}
	h.door, h.doorDone = door, make(chan struct{})
	go func() {
		defer close(h.doorDone)
		door.Serve(l)
	}()
	return nil
}

func (h *house) run() {
	h.home.Node.Run(h.listener)
	h.listener = nil // the node closes it
}

func (h *house) stop() error {
	if h.home == nil {
		return nil
	}
	err := errors.Join(h.closeDesk(), h.door.Stop())
	<-h.doorDone
	err = errors.Join(err, h.home.Close())
	h.home, h.door = nil, nil
	return err
}

// close stops every node.
func (r *region) close() error {
	var all error
	for _, id := range r.order {
		all = errors.Join(all, r.houses[id].stop())
		if l := r.houses[id].listener; l != nil {
			all = errors.Join(all, l.Close())
		}
	}
	return all
}

// twin is a second home with the same keys, as a dishonest ministry would make.
func (h *house) twin(dir string, noLink []party.ID) (*house, error) {
	if err := os.CopyFS(dir, os.DirFS(h.dir)); err != nil {
		return nil, fmt.Errorf("copy the home of %s: %w", h.id, err)
	}
	t := &house{id: h.id, dir: dir, now: h.now}
	f, err := home.Load(dir)
	if err != nil {
		return nil, err
	}
	f.Settings.NoLink, f.Settings.Listen = noLink, ""
	return t, home.SaveSettings(dir, f.Settings)
}
