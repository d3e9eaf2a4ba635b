package main

import (
	"context"
	"fmt"
	"strings"

	"detente/clarification"
	"detente/control"
	"detente/party"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func (a *app) cmdClarify() *cobra.Command {
	return a.noun("clarify", "What sides say of one matter, point by point: agreed facts apart from claims, and joint texts", `
detente clarify state ALA/2026/17 --with borovia --fact "Shots were heard at 14:05 UTC."
detente clarify show ALA/2026/17
detente clarify state ALA/2026/17 --agree 3f2a91c0 --dispute 0b7714de --submit`, a.clarifyShow(), a.clarifyState())
}

// matterFlags are the flags that name a matter.
type matterFlags struct {
	with           []string
	exercise, test bool
}

func (m *matterFlags) flags(f *pflag.FlagSet) {
	f.StringSliceVar(&m.with, "with", nil, "the other parties of the matter; needed for the first account, and where a thread has several matters")
	f.BoolVar(&m.exercise, "exercise", false, "status exercise")
	f.BoolVar(&m.test, "test", false, "status test")
}

func (m *matterFlags) args(thread string) (out control.MatterArgs, err error) {
	out.Thread = thread
	if out.Status, err = statusOf(m.exercise, m.test); err != nil {
		return out, err
	}
	out.Parties, err = parties(m.with)
	return out, err
}

func parties(names []string) ([]party.ID, error) {
	var out []party.ID
	for _, s := range names {
		id, err := party.ParseID(s)
		if err != nil {
			return nil, usage("detente peer list", err.Error())
		}
		out = append(out, id)
	}
	return out, nil
}

func (a *app) clarifyShow() *cobra.Command {
	var m matterFlags
	c := a.command("show THREAD", "Show the sides of a matter beside each other", `
detente clarify show ALA/2026/17
detente clarify show ALA/2026/17 --exercise
detente clarify show ALA/2026/17 --json`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		q, err := m.args(args[0])
		if err != nil {
			return err
		}
		var out control.Matter
		if err := a.call(ctx, "clarify-show", q, &out); err != nil {
			return err
		}
		return a.show(out, func(w writer) { a.printMatter(w, &out) })
	})
	m.flags(c.Flags())
	return c
}

func (a *app) printMatter(w writer, m *control.Matter) {
	for _, part := range []struct {
		finding clarification.Finding
		head    string
	}{{clarification.AgreedOn, "Agreed by all"}, {clarification.Disputed, "Disputed"}, {clarification.Claimed, "Said by some"}, {clarification.Dropped, "Taken back"}} {
		first := true
		for _, p := range m.Points {
			if p.Finding != part.finding {
				continue
			}
			if first {
				fmt.Fprintln(w, a.bold(part.head))
				first = false
			}
			kind := ""
			if p.Kind == clarification.Joint {
				kind = "joint text: "
			}
			fmt.Fprintf(w, "  %s  %s%s\n", p.Name[:8], kind, strings.ReplaceAll(p.Text, "\n", "\n            "))
			for _, id := range m.Parties {
				says := "has said nothing"
				if s, ok := p.Stances[id]; ok {
					says = strings.ReplaceAll(string(s), "-", " ")
				}
				fmt.Fprintf(w, "            %s: %s\n", id, says)
			}
		}
	}
	for _, other := range m.Other {
		fmt.Fprintf(w, "This thread has another matter too, between %v.\n", other)
	}
}

func (a *app) clarifyState() *cobra.Command {
	var m matterFlags
	var s control.StateArgs
	var agree, dispute, unknown, takeBack, to []string
	var jointFile string
	var submit bool
	c := a.command("state THREAD", "Say what this state says of points of a matter (makes a draft, to be cleared)", `
detente clarify state ALA/2026/17 --with borovia --fact "Shots were heard at 14:05 UTC." --fact "Nobody was hurt."
detente clarify state ALA/2026/17 --agree 3f2a91c0 --dispute 0b7714de --not-known 77aa01ff --submit
detente clarify state ALA/2026/17 --joint-file statement.txt --submit`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		var err error
		if s.MatterArgs, err = m.args(args[0]); err != nil {
			return err
		}
		if s.To, err = parties(to); err != nil {
			return err
		}
		if jointFile != "" {
			b, err := a.readFile(jointFile)
			if err != nil {
				return err
			}
			s.Joint = string(b)
		}
		s.Stances = map[string]clarification.Stance{}
		for _, one := range []struct {
			digits []string
			stance clarification.Stance
		}{{agree, clarification.Agrees}, {dispute, clarification.Disputes}, {unknown, clarification.NotKnown}, {takeBack, clarification.Silent}} {
			for _, d := range one.digits {
				s.Stances[d] = one.stance
			}
		}
		if len(s.Facts)+len(s.Stances) == 0 && s.Joint == "" {
			return usage("--fact TEXT, --joint-file FILE, --agree, --dispute, --not-known or --take-back with the digits of a point", "say something of a point")
		}
		return a.drafted(ctx, "clarify-state", s, submit)
	})
	f := c.Flags()
	m.flags(f)
	f.StringArrayVar(&s.Facts, "fact", nil, "a fact as this state states it; may be given several times")
	f.StringVar(&jointFile, "joint-file", "", "file with a joint text that this state proposes and adopts; - is stdin")
	f.StringVar(&s.Language, "language", "en", "language of new points")
	f.StringSliceVar(&agree, "agree", nil, "agree to a point, or adopt a joint text; first digits of its name")
	f.StringSliceVar(&dispute, "dispute", nil, "dispute a point, or decline a joint text")
	f.StringSliceVar(&unknown, "not-known", nil, "say that it is not known here, or not decided")
	f.StringSliceVar(&takeBack, "take-back", nil, "take back what this state said of a point")
	f.StringSliceVar(&to, "to", nil, "further addressees, e.g. a third party that offers its good offices")
	f.BoolVar(&submit, "submit", false, "hand it over for clearance at once")
	return c
}
