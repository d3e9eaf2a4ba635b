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
detente sounding begin borovia
detente sounding say SESSION --text "What if we met in May?"
detente sounding begin borovia --out offer.sounding`,
		a.soundingBegin(), a.soundingTake(), a.soundingAccept(), a.soundingSay(), a.soundingMove(), a.soundingSend(), a.soundingFile(), list, end)
}

func (a *app) soundingBegin() *cobra.Command {
	var out string
	c := a.command("begin PARTY", "Offer a sounding to a party: over the link, or as a file by any way", `
detente sounding begin borovia
detente sounding begin borovia --out offer.sounding
detente sounding list`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		id, err := party.ParseID(args[0])
		if err != nil {
			return usage("detente peer list", err.Error())
		}
		return a.sounding(ctx, "sounding-begin", control.SoundingArgs{Peer: id}, out)
	})
	c.Flags().StringVar(&out, "out", "", byFile)
	return c
}

// byFile is what --out means where something goes to the other side.
const byFile = "file for what goes to the other side; without it, it goes over the link"

func (a *app) soundingAccept() *cobra.Command {
	return a.command("accept SESSION", "Accept an offer that came over the link", `
detente sounding accept 0f1e2d3c4b5a69788796a5b4c3d2e1f0
detente sounding list
detente sounding end 0f1e2d3c4b5a69788796a5b4c3d2e1f0`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		return a.sounding(ctx, "sounding-accept", control.SoundingArgs{Session: args[0]}, "")
	})
}

func (a *app) soundingMove() *cobra.Command {
	var out, thread string
	c := a.command("move SESSION", "Say that this state goes on on the record, in a thread", `
detente sounding move 0f1e2d3c4b5a69788796a5b4c3d2e1f0
detente sounding move 0f1e2d3c4b5a69788796a5b4c3d2e1f0 --thread ALA/2027/4
detente line say capitals --thread ALA/2027/4 --text "We propose a meeting in May." --submit`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		return a.sounding(ctx, "sounding-move", control.SoundingArgs{Session: args[0], Thread: thread}, out)
	})
	c.Flags().StringVar(&thread, "thread", "", "reference of the thread (default a new one)")
	c.Flags().StringVar(&out, "out", "", byFile)
	return c
}

func (a *app) soundingSend() *cobra.Command {
	return a.command("send SESSION", "Try the link again for what waits", `
detente sounding send 0f1e2d3c4b5a69788796a5b4c3d2e1f0
detente sounding file 0f1e2d3c4b5a69788796a5b4c3d2e1f0 --out said.sounding
detente peer list`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		return a.sounding(ctx, "sounding-send", control.SoundingArgs{Session: args[0]}, "")
	})
}

func (a *app) soundingFile() *cobra.Command {
	var out string
	c := a.command("file SESSION", "Take the first of what waits as a file, to be carried", `
detente sounding file 0f1e2d3c4b5a69788796a5b4c3d2e1f0 --out said.sounding
detente sounding send 0f1e2d3c4b5a69788796a5b4c3d2e1f0
detente sounding list`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		if out == "" {
			return usage("--out FILE", "name the file that goes to the other side")
		}
		return a.sounding(ctx, "sounding-file", control.SoundingArgs{Session: args[0]}, out)
	})
	c.Flags().StringVar(&out, "out", "", "file for what goes to the other side")
	return c
}

func (a *app) soundingTake() *cobra.Command {
	var out string
	c := a.command("take FILE", "Take a file of the other side; taking an offer accepts it", `
detente sounding take offer.sounding --out accept.sounding
detente sounding take accept.sounding --out confirm.sounding
detente sounding take said.sounding`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		b, err := a.readFile(args[0])
		if err != nil {
			return err
		}
		return a.sounding(ctx, "sounding-take", control.SoundingArgs{Envelope: b}, out)
	})
	c.Flags().StringVar(&out, "out", "", "file for what goes back to the other side, if anything does; without it, it goes over the link")
	return c
}

func (a *app) soundingSay() *cobra.Command {
	var out, text string
	c := a.command("say SESSION", "Say something off the record: over the link, or as a file by any way", `
detente sounding say 0f1e2d3c4b5a69788796a5b4c3d2e1f0 --text "What if we met in May?"
detente sounding say 0f1e2d3c4b5a69788796a5b4c3d2e1f0 --text "What if we met in May?" --out said.sounding
detente sounding end 0f1e2d3c4b5a69788796a5b4c3d2e1f0`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		if text == "" {
			return usage("--text TEXT", "say something")
		}
		return a.sounding(ctx, "sounding-say", control.SoundingArgs{Session: args[0], Text: text}, out)
	})
	c.Flags().StringVar(&text, "text", "", "what is said")
	c.Flags().StringVar(&out, "out", "", byFile)
	return c
}

// sounding calls a verb: what goes to the other side goes into the file named, else
// over the link.
func (a *app) sounding(ctx context.Context, verb string, args control.SoundingArgs, out string) error {
	args.Link = out == ""
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
	err := a.show(s, func(w writer) {
		a.printSounding(w, &s)
		if len(s.Envelope) > 0 {
			fmt.Fprintf(w, "Carry %s to %s.\n", out, s.Name)
		}
	})
	if err != nil || s.Why == "" {
		return err
	}
	a.talk("not handed over: %s. Try again: detente sounding send %s; or carry it: detente sounding file %s --out FILE", s.Why, s.Session, s.Session)
	return &statusError{exitUnreachable}
}

func (a *app) printSounding(w writer, s *control.Sounding) {
	state := map[node.SoundingState]string{
		node.SoundingAsked:    "offered over its link; nobody here has accepted it: detente sounding accept " + s.Session,
		node.SoundingOffered:  "offered; the acceptance is awaited",
		node.SoundingAccepted: "accepted; the confirmation is awaited, and until then it is not shown who offered it",
		node.SoundingOpen:     "open; each side has shown who it is",
		node.SoundingMoved:    "ended; it goes on on the record, in the thread " + s.Thread,
	}[s.State]
	fmt.Fprintln(w, a.bold(fmt.Sprintf("OFF THE RECORD with %s: %s", s.Name, state)))
	fmt.Fprintf(w, "  session %s, in the memory of the running node alone\n", s.Session)
	for _, l := range s.Lines {
		if l.Missed > 0 {
			fmt.Fprintf(w, "  (%s of %s did not come)\n", counted(l.Missed, "message"), l.Name)
		}
		if l.Thread != "" {
			fmt.Fprintf(w, "  %s %s goes on on the record, in the thread %s\n", l.At, l.Name, l.Thread)
			continue
		}
		fmt.Fprintf(w, "  %s %s: %s\n", l.At, l.Name, strings.ReplaceAll(l.Text, "\n", "\n    "))
	}
	if s.Waiting > 0 {
		fmt.Fprintf(w, "  %s of this state not handed over\n", counted(int64(s.Waiting), "message"))
	}
}
