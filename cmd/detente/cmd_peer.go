package main

import (
	"context"
	"fmt"
	"time"

	"detente/control"
	"github.com/spf13/cobra"
)

func (a *app) cmdPeer() *cobra.Command {
	list := a.command("list", "List the other parties: who answers, whose clock differs, who holds what", `
detente peer list
detente peer list --json
detente peer list --home ./alatau`, cobra.NoArgs, func(ctx context.Context, args []string) error {
		var all []control.Peer
		if err := a.call(ctx, "peer-list", nil, &all); err != nil {
			return err
		}
		return a.show(all, func(w writer) {
			t := newTable("party", "link", "last heard", "clock", "holds of ours", "we hold", "remark")
			for _, p := range all {
				heard, clock, remark := "–", dash(p.Offset), p.Error
				if !p.LastHeard.IsZero() {
					heard = p.LastHeard.UTC().Format(time.RFC3339)
				}
				if p.Remark {
					clock += " (differs)"
				}
				if p.Suspended {
					remark = "suspended its participation"
				}
				t.row(string(p.Party), p.Link, heard, clock, fmt.Sprint(p.HoldsOurs), fmt.Sprint(p.WeHold), remark)
			}
			t.print(a, w, "There is no other party: a private record.")
		})
	})
	return a.noun("peer", "The other parties of the group", `
detente peer list
detente peer list --json
detente doctor`, list)
}

func (a *app) cmdObservation() *cobra.Command {
	var limit int
	list := a.command("list", "List what did not verify; it may come from the line and accuses nobody", `
detente observation list
detente observation list --limit 5
detente observation list --json`, cobra.NoArgs, func(ctx context.Context, args []string) error {
		var all []control.Observation
		if err := a.call(ctx, "observations", control.LimitArgs{Limit: limit}, &all); err != nil {
			return err
		}
		return a.show(all, func(w writer) {
			t := newTable("at", "from", "what")
			for _, o := range all {
				t.row(o.At, dash(o.From), o.What)
			}
			t.print(a, w, "Nothing was observed.")
		})
	})
	list.Flags().IntVar(&limit, "limit", 50, "at most so many")
	return a.noun("observation", "What did not verify and may come from the line", `
detente observation list
detente observation list --json
detente peer list`, list)
}

func (a *app) cmdEvidence() *cobra.Command {
	list := a.command("list", "List the proofs of misconduct of this home", `
detente evidence list
detente evidence list --json
detente verify evidence/misconduct-1f2e3d4c5b6a7988.proof --roster roster.json`, cobra.NoArgs, func(ctx context.Context, args []string) error {
		var all []control.Evidence
		if err := a.call(ctx, "evidence", nil, &all); err != nil {
			return err
		}
		return a.show(all, func(w writer) {
			if len(all) == 0 {
				fmt.Fprintln(w, "There is none.")
			}
			for _, e := range all {
				fmt.Fprintf(w, "%s\n  %s\n", e.File, e.Shown)
			}
		})
	})
	return a.noun("evidence", "Proofs of misconduct: bytes that verify anywhere", `
detente evidence list
detente evidence list --json
detente verify FILE --roster roster.json`, list)
}

func (a *app) cmdGroup() *cobra.Command {
	standing := func(use, verb, short, done string) *cobra.Command {
		var reason string
		var yes bool
		c := a.command(use, short, fmt.Sprintf(`
detente group %s --reason "decree 12 of 2026"
detente group %s --yes
detente group %s --yes --json`, use, use, use), cobra.NoArgs, func(ctx context.Context, args []string) error {
			if err := a.confirmed(ctx, "All parties will see it, and it stays in the record. Go on?", yes); err != nil {
				return err
			}
			var s control.Appended
			if err := a.call(ctx, verb, control.ReasonArgs{Reason: reason, Console: a.console}, &s); err != nil {
				return err
			}
			if err := a.show(s, func(w writer) { fmt.Fprintf(w, "%s, as act %s of this state's record.\n", done, s.Place) }); err != nil {
				return err
			}
			return a.queued(s.Queued)
		})
		c.Flags().StringVar(&reason, "reason", "", "what is to be said with it, in the clear")
		c.Flags().BoolVar(&yes, "yes", false, "do not ask")
		return c
	}
	return a.noun("group", "Participation of this state in the group", `
detente group suspend --reason "decree 12 of 2026"
detente group resume
detente roster status`,
		standing("suspend", "suspend", "Suspend own participation; it is an act in the record", "Participation is suspended"),
		standing("resume", "resume", "Take participation up again", "Participation is taken up again"))
}
