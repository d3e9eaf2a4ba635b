package main

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"detente/control"
	"github.com/spf13/cobra"
)

// shownFirst shows a draft in full and its hash, and has its id typed. There is
// no yes for it; a script names the id by --confirm.
func (a *app) shownFirst(ctx context.Context, id, verb, confirm string) (*control.Draft, error) {
	var d control.Draft
	if err := a.call(ctx, "draft-show", control.DraftArgs{ID: id}, &d); err != nil {
		return nil, err
	}
	var text bytes.Buffer
	a.printDraft(&text, &d)
	a.talk("%s", text.String())
	if confirm == "" {
		var err error
		if confirm, err = a.ask(ctx, fmt.Sprintf("Type the id of the draft to %s it: ", verb)); err != nil {
			if ctx.Err() != nil {
				return nil, err
			}
			return nil, usage("for scripts: --confirm "+d.ID, "the id of the draft was not typed")
		}
	}
	if confirm != d.ID {
		return nil, usage("the whole id, as shown", fmt.Sprintf("what was typed is not %s: nothing was done", d.ID))
	}
	return &d, nil
}

func (a *app) cmdClear() *cobra.Command {
	var confirm, reference string
	c := a.command("clear ID", "Clear the next step of a draft, after it was shown in full", `
detente clear 3f2a
detente clear 3f2a --reference "MOD 114/26"
detente clear 3f2a --confirm 3f2a91c05d7e4b18`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		d, err := a.shownFirst(ctx, args[0], "clear", confirm)
		if err != nil {
			return err
		}
		var now control.Draft
		if err := a.call(ctx, "clear", control.DraftArgs{ID: d.ID, Revision: d.Revision, Reference: reference}, &now); err != nil {
			return err
		}
		return a.show(now, func(w writer) {
			if len(now.Open) > 0 {
				fmt.Fprintf(w, "Cleared. Steps still open: %s.\n", strings.Join(now.Open, ", "))
				return
			}
			fmt.Fprintf(w, "Draft %s is cleared.\nNext: detente send %s\n", now.ID, now.ID)
		})
	})
	c.Flags().StringVar(&confirm, "confirm", "", "the whole id of the draft, instead of typing it")
	c.Flags().StringVar(&reference, "reference", "", "reference of a concurrence from outside the house")
	return c
}

func (a *app) cmdReturn() *cobra.Command {
	var remarks string
	c := a.command("return ID", "Send a draft back to its author with remarks", `
detente return 3f2a --remarks "the end date is missing"
detente return 3f2a --remarks "see file 12/26" --json
detente draft list --state returned`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		if remarks == "" {
			return usage("--remarks TEXT", "say what is to be changed")
		}
		var d control.Draft
		if err := a.call(ctx, "return", control.DraftArgs{ID: args[0], Remarks: remarks}, &d); err != nil {
			return err
		}
		return a.show(d, func(w writer) { fmt.Fprintf(w, "Draft %s is back with %s.\n", d.ID, d.Author) })
	})
	c.Flags().StringVar(&remarks, "remarks", "", "what is to be changed")
	return c
}

func (a *app) cmdRelease() *cobra.Command {
	var confirm, reason string
	c := a.command("release ID", "Release a draft urgently; the open steps are countersigned afterwards", `
detente release 3f2a --reason "floods, the border post closes tonight"
detente release 3f2a --reason "floods" --confirm 3f2a91c05d7e4b18
detente chain show`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		if reason == "" {
			return usage("--reason TEXT", "say why it is urgent")
		}
		d, err := a.shownFirst(ctx, args[0], "release", confirm)
		if err != nil {
			return err
		}
		var now control.Draft
		if err := a.call(ctx, "release", control.DraftArgs{ID: d.ID, Reason: reason}, &now); err != nil {
			return err
		}
		return a.show(now, func(w writer) {
			fmt.Fprintf(w, "Draft %s may go out; to be countersigned: %s.\nNext: detente send %s\n", now.ID, strings.Join(now.Open, ", "), now.ID)
		})
	})
	c.Flags().StringVar(&confirm, "confirm", "", "the whole id of the draft, instead of typing it")
	c.Flags().StringVar(&reason, "reason", "", "why it is urgent")
	return c
}

func (a *app) cmdSend() *cobra.Command {
	var yes bool
	c := a.command("send ID", "Send a cleared draft: it becomes an act of this state's record", `
detente send 3f2a
detente send 3f2a --yes
detente send 3f2a --yes --json`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		var d control.Draft
		if err := a.call(ctx, "draft-show", control.DraftArgs{ID: args[0]}, &d); err != nil {
			return err
		}
		if d.Sent == "" && !yes {
			var text bytes.Buffer
			a.printDraft(&text, &d)
			a.talk("%s", text.String())
			if len(d.Open) == 0 || d.Urgent {
				if err := a.confirmed(ctx, "It cannot be taken back. Send it?", yes); err != nil {
					return err
				}
			}
		}
		var s control.Appended
		if err := a.call(ctx, "send", control.DraftArgs{ID: d.ID}, &s); err != nil {
			return err
		}
		if err := a.show(s, func(w writer) {
			fmt.Fprintf(w, "Sent: it is act %s of this state's record.\n", s.Place)
			fmt.Fprintf(w, "Next: detente receipts %q\n", s.Place)
		}); err != nil {
			return err
		}
		return a.queued(s.Queued)
	})
	c.Flags().BoolVar(&yes, "yes", false, "do not ask again")
	return c
}
