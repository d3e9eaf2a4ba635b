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
	"detente/roster"
	"github.com/spf13/cobra"
)

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
		if len(between) > 0 && len(slots) == 0 {
			return usage("--slot ID=VALUE --between alatau,borovia", "--between says between whom a slot holds")
		}
		t := control.TextsArgs{Packs: []roster.Pack{}, Slots: []roster.Slot{}, With: []control.Distant{}, Console: a.console}
		for _, name := range args {
			p, err := packAt(name)
			if err != nil {
				return err
			}
			if _, err := a.keep(ctx, p); err != nil {
				return err
			}
			t.Packs = append(t.Packs, roster.Pack{ID: p.Head.ID, Digest: p.Digest()})
		}
		for _, s := range slots {
			slot, err := slotOf(s, between)
			if err != nil {
				return err
			}
			t.Slots = append(t.Slots, slot)
		}
		for _, w := range with {
			id, code, _ := strings.Cut(w, "=")
			t.With = append(t.With, control.Distant{ID: id, Code: code})
		}
		return a.takeEffect(ctx, t)
	})
	f := c.Flags()
	f.StringArrayVar(&slots, "slot", nil, "what was agreed where a text leaves it open, `ID=VALUE`")
	f.StringSliceVar(&between, "between", nil, "the slots hold between these parties alone")
	f.StringSliceVar(&with, "with", nil, "other states, which keep no record here, `party=CODE`, e.g. borovia=KZ")
	return c
}

// takeEffect puts texts in force for this state alone and waits until they are.
func (a *app) takeEffect(ctx context.Context, t control.TextsArgs) error {
	var s control.Adopted
	if err := a.call(ctx, "texts-adopt", t, &s); err != nil {
		return err
	}
	at, err := canon.ParseTime(s.Effective)
	if err != nil {
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
		for _, p := range t.Packs {
			fmt.Fprintf(w, "  %s %s\n", p.ID, p.Digest)
		}
		fmt.Fprintln(w, "Next: detente portfolio; detente due; detente note enter --help")
	})
}
