package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"detente/control"
	"detente/internal/canon"
	"detente/pack"
	"detente/party"
	"detente/roster"
	"github.com/spf13/cobra"
)

// effectIn is how far ahead the edition of a state alone takes effect: its own
// adoption has to be in its record by then.
const effectIn = 2 * time.Second

func (a *app) packKeep() *cobra.Command {
	return a.command("keep PACK", "Keep a pack that was carried in, so that it can be adopted and read here", `
detente pack keep our-text.pack
detente pack keep ./our-text
detente pack keep our-text.pack --json`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		p, err := packAt(args[0])
		if err != nil {
			return err
		}
		k, err := a.keep(ctx, p)
		if err != nil {
			return err
		}
		return a.show(k, func(w writer) { fmt.Fprintf(w, "Kept: %s, %s, digest %s.\n", k.ID, k.Title, k.Digest) })
	})
}

func (a *app) keep(ctx context.Context, p *pack.Pack) (control.Kept, error) {
	var k control.Kept
	err := a.callFile(ctx, "pack-keep", struct{}{}, bytes.NewReader(p.Bytes()), nil, &k)
	return k, err
}

func (a *app) packAdopt() *cobra.Command {
	var slots, between, with []string
	c := a.command("adopt PACK…", "Put texts in force for a state alone; a group does so with its roster", `
detente pack adopt vd11 cica --with borovia=KZ,cintra=KG
detente pack adopt cica --slot cica.2.1.1d.lead=P42D --slot cica.2.1.1d.troops=9000
detente pack adopt ./our-text`, cobra.ArbitraryArgs, func(ctx context.Context, args []string) error {
		if len(args) == 0 && len(slots) == 0 && len(with) == 0 {
			return usage("detente pack list", "name a pack, a slot or a party")
		}
		r, err := a.beginRoster(ctx, "", true)
		if err != nil {
			return err
		}
		if err := a.alone(ctx, r); err != nil {
			return err
		}
		if len(between) > 0 && len(slots) == 0 {
			return usage("--slot ID=VALUE --between alatau,borovia", "--between says between whom a slot holds")
		}
		texts := map[string]*pack.Pack{}
		for _, name := range args {
			p, err := packAt(name)
			if err != nil {
				return err
			}
			if _, err := a.keep(ctx, p); err != nil {
				return err
			}
			texts[p.Head.ID] = p
			if err := setPack(r, p.Head.ID+"="+p.Digest().String()); err != nil {
				return err
			}
		}
		for _, s := range slots {
			if err := checkSlot(r, texts, s); err != nil {
				return err
			}
			if err := setSlot(r, s, between); err != nil {
				return err
			}
		}
		for _, w := range with {
			if err := addDistant(r, w); err != nil {
				return err
			}
		}
		return a.takeEffect(ctx, r)
	})
	f := c.Flags()
	f.StringArrayVar(&slots, "slot", nil, "what was agreed where a text leaves it open, `ID=VALUE`")
	f.StringSliceVar(&between, "between", nil, "the slots hold between these parties alone")
	f.StringSliceVar(&with, "with", nil, "other states, which keep no record here, `party=CODE`, e.g. borovia=KZ")
	return c
}

// checkSlot refuses a slot that no text has: it would never be used. A text that was
// carried in before is not looked into.
func checkSlot(r *roster.Roster, texts map[string]*pack.Pack, text string) error {
	id, value, ok := strings.Cut(text, "=")
	if !ok || value == "" {
		return nil // setSlot says so, or takes it out
	}
	of, name, _ := strings.Cut(id, ".")
	i := slices.IndexFunc(r.Packs, func(p roster.Pack) bool { return p.ID == of })
	if i < 0 {
		return failed(control.NotFound, "detente pack adopt "+of+" --slot "+text, "no text "+of+" is adopted here")
	}
	p := texts[of]
	if p == nil {
		if shipped, err := packAt(of); err == nil && shipped.Digest() == r.Packs[i].Digest {
			p = shipped
		}
	}
	if p == nil {
		return nil
	}
	s, ok := p.Head.Slot(name)
	switch {
	case !ok:
		return failed(control.NotFound, "detente pack show "+of, "the text "+of+" leaves no "+name+" to agreement")
	case !s.Takes(value):
		return usage("detente pack show "+of, fmt.Sprintf("%s is a %s, and %q is none", id, s.Type, value))
	}
	return nil
}

// alone refuses an edition that others have to adopt too.
func (a *app) alone(ctx context.Context, r *roster.Roster) error {
	var s control.Status
	if err := a.call(ctx, "status", struct{}{}, &s); err != nil {
		return err
	}
	if slices.ContainsFunc(roster.Required(r), func(id party.ID) bool { return id != s.Party }) {
		return failed(control.Usage, "detente roster new --follow --out next.json; detente roster set next.json --pack ID=DIGEST; then all adopt it: detente roster adopt next.json",
			"texts of a group are in its roster, which all adopt")
	}
	return nil
}

// addDistant adds a member without a record, with its code.
func addDistant(r *roster.Roster, text string) error {
	id, code, _ := strings.Cut(text, "=")
	if _, ok := r.Party(party.ID(id)); !ok {
		if err := addParty(r, id, nil, string(roster.Member)); err != nil {
			return err
		}
		if err := r.SetNoRecord(party.ID(id)); err != nil {
			return usage("", err.Error())
		}
	}
	for i := range r.Parties {
		if r.Parties[i].ID == party.ID(id) && code != "" {
			r.Parties[i].Code = code
		}
	}
	return nil
}

// takeEffect adopts an edition of this state alone and waits until it is in force.
func (a *app) takeEffect(ctx context.Context, r *roster.Roster) error {
	at := time.Now().UTC().Add(effectIn).Truncate(time.Second).Add(time.Second)
	r.Effective = canon.FormatTime(at)
	b, err := r.Bytes()
	if err != nil {
		return usage("", err.Error())
	}
	var s control.Adopted
	if err := a.call(ctx, "roster-adopt", control.AdoptArgs{Body: string(b), Console: a.console}, &s); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Until(at)):
	}
	var all []control.Edition
	if err := a.call(ctx, "roster-status", nil, &all); err != nil {
		return err
	}
	if !slices.ContainsFunc(all, func(e control.Edition) bool { return e.Digest == s.Digest && e.InForce }) {
		return errors.New("the edition was adopted and is not in force: detente roster status")
	}
	return a.show(s, func(w writer) {
		fmt.Fprintf(w, "Edition %d of the roster is in force, adopted as act %s.\n", s.Edition, s.Place)
		for _, p := range r.Packs {
			fmt.Fprintf(w, "  %s %s\n", p.ID, p.Digest)
		}
		fmt.Fprintln(w, "Next: detente portfolio; detente due; detente note enter --help")
	})
}
