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
	"detente/node"
	"detente/party"
	"detente/roster"
	"detente/town"
)

// Options of a demonstration. The zero value plays it in a folder that is
// removed afterwards.
type Options struct {
	Out io.Writer // where the story goes
	Dir string    // keeps the stores here. Optional: a temporary folder.
	// Verify runs a separate "detente verify" with these arguments and returns
	// what it printed.
	Verify func(ctx context.Context, args ...string) (string, error)
	// Clock of the nodes. Optional: time.Now.
	Now func() time.Time
}

// Show is a demonstration that has been played and is still up.
type Show struct {
	Town *town.Town
	Dir  string
	keep bool
}

// Close stops the nodes and removes what was not asked to be kept.
func (s *Show) Close() error {
	err := s.Town.Close()
	if !s.keep {
		err = errors.Join(err, os.RemoveAll(s.Dir))
	}
	return err
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
	town  *town.Town
	dir   string
	ctx   context.Context
	staff map[string]desk.Session // by officer
	first act.Ref                 // the notification
	relay act.Ref                 // the invitation of Dovania
	proof string                  // path of a proof file
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
	s := &story{opt: opt, out: newNarrator(opt.Out), dir: dir, ctx: ctx, staff: map[string]desk.Session{}}
	show := &Show{Dir: dir, keep: keep}
	err := s.found()
	show.Town = s.town
	for _, step := range []func() error{s.notify, s.handOver, s.comeBack, s.carry, s.correct, s.short, s.invite, s.relayed, s.prove, s.fork} {
		if err == nil {
			err = step()
		}
	}
	if err != nil {
		if show.Town != nil {
			err = errors.Join(err, show.Close())
		}
		return nil, err
	}
	return show, nil
}

// found makes the town and its officers.
func (s *story) found() error {
	s.out.title("Six nodes and a member without one found a group")
	name := func(en string) map[string]string { return map[string]string{"en": en} }
	t, err := town.Found(town.Plan{
		Dir: s.dir, Group: party.Group{0xde, 0x7e, 0x17, 0xe0, 1}, Names: name("Group of the Invented Region"),
		Now: s.opt.Now, F: 1, K: 3,
		Measures: []roster.Measure{{ID: notification, LeadDays: leadDays, Troops: 9000}},
		Parties: []town.Resident{
			{ID: alatau, Names: name("Alatau"), NoLink: []party.ID{dovania}},
			{ID: borovia, Names: name("Borovia")},
			{ID: cintra, Names: name("Cintra")},
			{ID: dovania, Names: name("Dovania"), NoLink: []party.ID{alatau, borovia, cintra}},
			{ID: elbria, Names: name("Elbria"), Courier: true, NoLink: []party.ID{alatau, borovia, cintra, dovania, secretariat}},
			{ID: secretariat, Standing: roster.Secretariat, Names: name("Secretariat")},
			{ID: faronia, Names: name("Faronia"), NoNode: true},
		},
	})
	if err != nil {
		return err
	}
	s.town = t
	if err := t.StartAll(s.ctx); err != nil {
		return err
	}
	s.out.say("Alatau, Borovia, Cintra, Dovania, Elbria and a Secretariat each run a node: own keys, own store, own listener. Faronia has none.",
		"stores in "+s.dir)
	s.out.say("All six adopted the same roster: three of the five counting mirrors must vouch, one may lie.",
		"roster "+short(t.First.Digest().String()))
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
	for _, o := range []struct {
		at    party.ID
		id    string
		name  string
		post  party.Post
		roles []desk.Role
	}{
		{alatau, "desk-officer", "Desk officer", "verification-centre", []desk.Role{desk.Drafter}},
		{alatau, "head-of-section", "Head of section", "verification-centre", []desk.Role{desk.Drafter, desk.Clearer}},
		{cintra, "duty-officer", "Duty officer", "duty-officer", []desk.Role{desk.Duty}},
		{dovania, "culture-desk", "Culture desk", "cultural-exchange", []desk.Role{desk.Drafter}},
		{dovania, "deputy-minister", "Deputy minister", "minister-office", []desk.Role{desk.Clearer}},
	} {
		d := s.node(o.at).Desk()
		pass := "demonstration " + o.id
		if err := d.AddOfficer(s.ctx, desk.Console, desk.Officer{ID: o.id, Name: o.name, Post: o.post, Roles: o.roles, Steps: []string{"release"}, Active: true}, pass); err != nil {
			return fmt.Errorf("account of %s in %s: %w", o.id, o.at, err)
		}
		session, err := d.SignIn(s.ctx, o.id, pass)
		if err != nil {
			return fmt.Errorf("sign in %s: %w", o.id, err)
		}
		s.staff[o.id] = session
	}
	return nil
}

func (s *story) node(id party.ID) *node.Node { return s.town.Houses[id].Node }

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
