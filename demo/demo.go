// Package demo plays a story in a town of real nodes, so that a person can
// follow line by line what détente does and what shows it. Every state in it is
// invented and every act is stamped exercise. It uses the same parts as a
// ministry's node and has no path of its own.
//
// Invariant: a line is printed only after what it says was read back from a
// node; when something does not come about, the story stops with an error.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"detente/act"
	"detente/desk"
	"detente/internal/canon"
	"detente/node"
	"detente/pack"
	"detente/packs"
	"detente/party"
	"detente/roster"
)

// Options of a demonstration. The zero value plays it in a folder that is
// removed afterwards.
type Options struct {
	Out io.Writer // where the story goes
	Dir string    // keeps the stores here. Optional: a temporary folder.
	// Verify runs a separate "detente verify" with these arguments and returns
	// what it printed.
	Verify func(ctx context.Context, args ...string) (string, error)
	// Now says from when the dates of the story are reckoned. Optional: time.Now.
	Now func() time.Time
}

// Show is a demonstration that has been played and is still up.
type Show struct {
	Dir   string
	town  *region
	story *story
	keep  bool
}

// Close stops the nodes and removes what was not asked to be kept.
func (s *Show) Close() error {
	err := s.town.close()
	if !s.keep {
		err = errors.Join(err, os.RemoveAll(s.Dir))
	}
	return err
}

// Homes are the folders of the homes that are up, in protocol order.
func (s *Show) Homes() []string {
	var out []string
	for _, id := range s.town.order {
		out = append(out, s.town.houses[id].dir)
	}
	return out
}

// The cast.
const (
	alatau      party.ID = "alatau"
	borovia     party.ID = "borovia"
	cintra      party.ID = "cintra"
	dovania     party.ID = "dovania"
	elbria      party.ID = "elbria"
	secretariat party.ID = "secretariat"
	faronia     party.ID = "faronia"
)

const (
	notification = "cica.2.1.1d"
	leadDays     = 42
)

// story is what the steps share.
type story struct {
	opt   Options
	out   *narrator
	town  *region
	dir   string
	ctx   context.Context
	staff map[account]desk.Session // by account
	first act.Ref                  // the notification
	relay act.Ref                  // the invitation of Dovania
	proof string                   // path of a proof file

	seeded map[string]act.Ref // statements of the seed, by measure
}

// Play plays the whole story and leaves the town up.
func Play(ctx context.Context, opt Options) (*Show, error) {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	dir, keep := opt.Dir, opt.Dir != ""
	if !keep {
		tmp, err := os.MkdirTemp("", "detente-demo-")
		if err != nil {
			return nil, fmt.Errorf("make a folder for the demonstration: %w", err)
		}
		dir = tmp
	} else if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder %s: %w", dir, err)
	}
	s := &story{opt: opt, out: newNarrator(opt.Out), dir: dir, ctx: ctx, staff: map[account]desk.Session{}, seeded: map[string]act.Ref{}}
	show := &Show{Dir: dir, story: s, keep: keep}
	err := s.found()
	show.town = s.town
	for _, step := range []func() error{s.notify, s.handOver, s.comeBack, s.carry, s.correct, s.short, s.invite, s.relayed, s.prove, s.fork} {
		if err == nil {
			err = step()
		}
	}
	if err != nil {
		if show.town != nil {
			err = errors.Join(err, show.Close())
		}
		return nil, err
	}
	return show, nil
}

// shipped are packs of the program as a roster names them.
func shipped(ids ...string) ([]roster.Pack, error) {
	library, err := pack.NewLibrary(packs.FS)
	if err != nil {
		return nil, err
	}
	var out []roster.Pack
	for _, id := range ids {
		p, err := library.Find(id, canon.Digest{})
		if err != nil {
			return nil, err
		}
		out = append(out, roster.Pack{ID: id, Digest: p.Digest()})
	}
	return out, nil
}

// found makes the town and its officers.
func (s *story) found() error {
	s.out.title("Six nodes and a member without one found a group")
	var err error
	texts, err := shipped("cica", "vd11")
	if err != nil {
		return err
	}
	s.town, err = foundRegion(s.ctx, founding{
		dir: s.dir, group: party.Group{0xde, 0x7e, 0x17, 0xe0, 1}, name: "Group of the Invented Region", f: 1, k: 3, now: s.opt.Now,
		residents: []resident{
			{id: alatau, name: "Alatau", standing: roster.Member, noLink: []party.ID{dovania}},
			{id: borovia, name: "Borovia", standing: roster.Member},
			{id: cintra, name: "Cintra", standing: roster.Member},
			{id: dovania, name: "Dovania", standing: roster.Member, noLink: []party.ID{alatau, borovia, cintra}},
			{id: elbria, name: "Elbria", standing: roster.Member, courier: true, noLink: []party.ID{alatau, borovia, cintra, dovania, secretariat}},
			{id: secretariat, name: "Secretariat", standing: roster.Secretariat},
			{id: faronia, name: "Faronia", standing: roster.Member, noNode: true},
		},
		packs: texts, slots: []roster.Slot{{ID: notification + ".lead", Value: fmt.Sprintf("P%dD", leadDays)}, {ID: notification + ".troops", Value: "9000"},
			{ID: "vd11.adopting-parties", Value: "alatau borovia cintra"},
			{ID: "line.1.chief", Value: "1m"}, {ID: "line.1.second", Value: "2m"}, {ID: "line.1.sender", Value: "3m"}},
	})
	if err != nil {
		return err
	}
	for _, id := range s.town.order {
		if err := s.town.start(s.ctx, id); err != nil {
			return err
		}
	}
	s.out.say("Alatau, Borovia, Cintra, Dovania, Elbria and a Secretariat each run a node: own keys, own store, own listener. Faronia has none.",
		"stores in "+s.dir)
	s.out.say("All six adopted the same roster: three of the five counting mirrors must vouch, one may lie.",
		"roster "+short(s.town.first.Digest().String()))
	if err := s.until("every node holds every adoption", 20*time.Second, func() (bool, error) {
		for _, id := range []party.ID{alatau, borovia, cintra, secretariat} {
			for _, of := range []party.ID{alatau, borovia, cintra, secretariat} {
				p, err := s.node(id).Position(s.ctx)
				if err != nil {
					return false, err
				}
				if p[s.node(of).Origin()] == 0 {
					return false, nil
				}
			}
		}
		return true, nil
	}); err != nil {
		return err
	}
	return s.hire()
}

// hire makes accounts for the officers of the story and signs them in.
func (s *story) hire() error {
	for _, o := range cast() {
		d := s.node(o.at).Desk()
		pass := passphraseOf(o.id)
		if err := d.AddOfficer(s.ctx, desk.Console, desk.Officer{ID: o.id, Name: o.name, Post: o.post, Roles: o.roles, Steps: []string{"release"}, Active: true}, pass); err != nil {
			return fmt.Errorf("account of %s in %s: %w", o.id, o.at, err)
		}
		session, err := d.SignIn(s.ctx, o.id, pass)
		if err != nil {
			return fmt.Errorf("sign in %s: %w", o.id, err)
		}
		s.staff[account{o.at, o.id}] = session
	}
	return nil
}

func (s *story) node(id party.ID) *node.Node { return s.town.houses[id].home.Node }

// until waits for f with a deadline; it looks again at short intervals.
func (s *story) until(what string, most time.Duration, f func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(s.ctx, most)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	stop := s.out.waiting(what)
	defer stop()
	for {
		ok, err := f()
		if err != nil || ok {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%s: not within %s", what, most)
		}
	}
}

func short(digest string) string {
	if len(digest) > 23 {
		return digest[:23] + "…"
	}
	return digest
}

// Kept reports whether the homes stay after Close.
func (s *Show) Kept() bool { return s.keep }
