package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"detente/control"
	"detente/node"
	"detente/party"
	"github.com/spf13/cobra"
)

func (a *app) cmdSounding() *cobra.Command {
	list := a.command("list", "Show the soundings that the running node holds", `
detente sounding list
detente sounding list --json
detente sounding end SESSION`, cobra.NoArgs, func(ctx context.Context, args []string) error {
		var all []control.Sounding
		if err := a.call(ctx, "sounding-list", nil, &all); err != nil {
			return err
		}
		return a.show(all, func(w writer) {
			if len(all) == 0 {
				fmt.Fprintln(w, "The running node holds no sounding.")
			}
			for i := range all {
				a.printSounding(w, &all[i])
			}
		})
	})
	end := a.command("end SESSION", "Forget a sounding with all that was said", `
detente sounding end 0f1e2d3c4b5a69788796a5b4c3d2e1f0
detente sounding list
detente sounding begin borovia --out offer.sounding`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		var session string
		if err := a.call(ctx, "sounding-end", control.SoundingArgs{Session: args[0]}, &session); err != nil {
			return err
		}
		return a.show(map[string]string{"session": session}, func(w writer) { fmt.Fprintln(w, "Forgotten here. What the other side keeps is its own affair.") })
	})
	return a.noun("sounding", "Off the record: neither side can show anybody what was said", `
detente sounding begin borovia --out offer.sounding
detente sounding take accept.sounding --out confirm.sounding
detente sounding say SESSION --text "What if we met in May?" --out said.sounding`,
		a.soundingBegin(), a.soundingTake(), a.soundingSay(), list, end)
}

func (a *app) soundingBegin() *cobra.Command {
	var out string
	c := a.command("begin PARTY", "Offer a sounding to a party; the file goes to it by any way", `
detente sounding begin borovia --out offer.sounding
detente sounding take accept.sounding --out confirm.sounding
detente sounding list`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		id, err := party.ParseID(args[0])
		if err != nil {
			return usage("detente peer list", err.Error())
		}
		return a.sounding(ctx, "sounding-begin", control.SoundingArgs{Peer: id}, out)
	})
	c.Flags().StringVar(&out, "out", "", "file for what goes to the other side")
	return c
}

func (a *app) soundingTake() *cobra.Command {
	var out string
	c := a.command("take FILE", "Take what the other side sent; taking an offer accepts it", `
detente sounding take offer.sounding --out accept.sounding
detente sounding take accept.sounding --out confirm.sounding
detente sounding take said.sounding`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		b, err := a.readFile(args[0])
		if err != nil {
			return err
		}
		return a.sounding(ctx, "sounding-take", control.SoundingArgs{Envelope: b}, out)
	})
	c.Flags().StringVar(&out, "out", "", "file for what goes back to the other side, if anything does")
	return c
}

func (a *app) soundingSay() *cobra.Command {
	var out, text string
	c := a.command("say SESSION", "Say something off the record; the file goes to the other side by any way", `
detente sounding say 0f1e2d3c4b5a69788796a5b4c3d2e1f0 --text "What if we met in May?" --out said.sounding
detente sounding list
detente sounding end 0f1e2d3c4b5a69788796a5b4c3d2e1f0`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		if text == "" {
			return usage("--text TEXT", "say something")
		}
		return a.sounding(ctx, "sounding-say", control.SoundingArgs{Session: args[0], Text: text}, out)
	})
	c.Flags().StringVar(&text, "text", "", "what is said")
	c.Flags().StringVar(&out, "out", "", "file for what goes to the other side")
	return c
}

// sounding calls a verb, writes what goes to the other side and shows the rest.
func (a *app) sounding(ctx context.Context, verb string, args control.SoundingArgs, out string) error {
	needed := verb != "sounding-take" || strings.Contains(string(args.Envelope), `"kind": "offer"`) || strings.Contains(string(args.Envelope), `"kind": "accept"`)
	if needed && out == "" {
		return usage("--out FILE", "name the file that goes to the other side")
	}
	var s control.Sounding
	call := func(w io.Writer) error {
		if err := a.call(ctx, verb, args, &s); err != nil {
			return err
		}
		_, err := w.Write(s.Envelope)
		return err
	}
	if out == "" {
		if err := call(io.Discard); err != nil {
			return err
		}
	} else if err := newFile(out, call); err != nil {
		return err
	}
	return a.show(s, func(w writer) {
		a.printSounding(w, &s)
		if len(s.Envelope) > 0 {
			fmt.Fprintf(w, "Carry %s to %s.\n", out, s.Name)
		}
	})
}

func (a *app) printSounding(w writer, s *control.Sounding) {
	state := map[node.SoundingState]string{
		node.SoundingOffered:  "offered; the acceptance is awaited",
		node.SoundingAccepted: "accepted; the confirmation is awaited, and until then it is not shown who offered it",
		node.SoundingOpen:     "open; each side has shown who it is",
	}[s.State]
	fmt.Fprintln(w, a.bold(fmt.Sprintf("OFF THE RECORD with %s: %s", s.Name, state)))
	fmt.Fprintf(w, "  session %s, in the memory of the running node alone\n", s.Session)
	for _, l := range s.Lines {
		if l.Missed > 0 {
			fmt.Fprintf(w, "  (%s of %s did not come)\n", counted(l.Missed, "message"), l.Name)
		}
		fmt.Fprintf(w, "  %s %s: %s\n", l.At, l.Name, strings.ReplaceAll(l.Text, "\n", "\n    "))
	}
}
