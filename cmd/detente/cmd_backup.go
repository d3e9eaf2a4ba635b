package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"detente/control"
	"detente/home"
	"github.com/spf13/cobra"
)

func (a *app) cmdBackup() *cobra.Command {
	return a.command("backup FILE", "Write a consistent copy of the home while the node runs; the unlock key is not in it", `
detente backup /srv/backup/detente-2026-11-23.tar
detente backup alatau.tar --home ./alatau
detente backup alatau.tar --json`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		var m home.Manifest
		stop := a.working("copying the home")
		err := newFile(args[0], func(w io.Writer) error { return a.callFile(ctx, "backup", nil, nil, w, &m) })
		stop()
		if err != nil {
			return err
		}
		return a.show(m, func(w writer) {
			fmt.Fprintf(w, "%s holds the home of %s as of %s: %s at %s.\n", args[0], m.Party, m.Written, m.Origin, counted(m.Acts, "act"))
			fmt.Fprintln(w, "The unlock key is not in it: keep that apart.")
		})
	})
}

func (a *app) cmdRestore() *cobra.Command {
	return a.command("restore FILE", "Make a home of a backup, in the folder that --home names; a new volume is then due", `
detente restore /srv/backup/detente-2026-11-23.tar --home /var/lib/detente
detente restore alatau.tar --home ./alatau-2
detente node new-volume --home ./alatau-2 --next alatau-next-keys.age`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		if a.homeFlag == "" {
			return usage("--home DIR", "say in which new folder")
		}
		f, err := os.Open(args[0])
		if err != nil {
			return err
		}
		defer f.Close()
		stop := a.working("restoring")
		m, err := home.Restore(a.homeFlag, f)
		stop()
		if err != nil {
			if errors.Is(err, os.ErrPermission) {
				return err
			}
			return failed(control.Verification, "", err.Error())
		}
		return a.show(m, func(w writer) {
			fmt.Fprintf(w, "The home of %s as of %s is in %s: %s at %s.\n", m.Party, m.Written, a.homeFlag, m.Origin, counted(m.Acts, "act"))
			fmt.Fprintln(w, "It might hold less than it has signed, so it goes on in a new volume of its record.")
			fmt.Fprintf(w, "Next, with the unlock key and the next keys from the safe:\n  detente node new-volume --home %s --next FILE\n", a.homeFlag)
		})
	})
}

func (a *app) cmdRebuild() *cobra.Command {
	return a.command("rebuild", "Drop the derived tables and fold them again from the records", `
detente rebuild
detente rebuild --console
detente rebuild --json`, cobra.NoArgs, func(ctx context.Context, args []string) error {
		var r control.Rebuilt
		stop := a.working("folding the records again")
		err := a.call(ctx, "rebuild", control.ConsoleArgs{Console: a.console}, &r)
		stop()
		if err != nil {
			return err
		}
		if err := a.show(r, func(w writer) {
			if r.Same {
				fmt.Fprintln(w, "The derived tables came out the same.")
				return
			}
			fmt.Fprintln(w, "The derived tables came out different from before: please report it.")
		}); err != nil || r.Same {
			return err
		}
		return &statusError{exitVerification}
	})
}

func (a *app) cmdAudit() *cobra.Command {
	var l control.AuditArgs
	list := a.command("list", "List the trail: who did what, the newest last", `
detente audit list
detente audit list --from 1 --limit 100
detente audit list --json`, cobra.NoArgs, func(ctx context.Context, args []string) error {
		var all []control.AuditEntry
		if err := a.call(ctx, "audit-list", l, &all); err != nil {
			return err
		}
		return a.show(all, func(w writer) {
			t := newTable("nr", "at", "officer", "what", "detail")
			for _, e := range all {
				t.row(fmt.Sprint(e.Seq), e.At, e.Officer, e.What, e.Detail)
			}
			t.print(a, w, "The trail is empty.")
		})
	})
	list.Flags().Int64Var(&l.From, "from", 0, "first entry (default: so that the newest are shown)")
	list.Flags().IntVar(&l.Limit, "limit", 50, "at most so many")
	check := a.command("check", "Verify the hash chain of the trail from its first entry", `
detente audit check
detente audit check --json
detente audit list`, cobra.NoArgs, func(ctx context.Context, args []string) error {
		var c control.AuditChecked
		if err := a.call(ctx, "audit-check", nil, &c); err != nil {
			return err
		}
		return a.show(c, func(w writer) {
			fmt.Fprintf(w, "%d entries, chained without a gap. The last has the hash %s; noted elsewhere, it shows a later rewriting.\n", c.Entries, c.Hash)
		})
	})
	return a.noun("audit", "The trail of what was done in this house", `
detente audit list
detente audit check
detente audit list --json`, list, check)
}
