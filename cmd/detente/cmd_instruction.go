package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"detente/control"
	"github.com/spf13/cobra"
)

func (a *app) lineProcedures() *cobra.Command {
	return a.command("procedures", "Show by which figures this house watches, whom an alert calls, and what to do", `
detente line procedures
detente line procedures --json > watch.json
detente desk`, cobra.NoArgs, func(ctx context.Context, args []string) error {
		var h control.HouseWatch
		if err := a.call(ctx, "instructions-show", nil, &h); err != nil {
			return err
		}
		if a.json {
			return a.document(h.Instructions)
		}
		return a.show(h, func(w writer) { a.printHouseWatch(w, &h) })
	})
}

func (a *app) lineInstruct() *cobra.Command {
	return a.command("instruct FILE", "Write down how those are reached whom an alert calls, and what to do (an admin)", `
detente line instruct watch.json
detente line procedures --json > watch.json
detente line instruct -`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		var in control.Instructions
		if err := a.readJSON(args[0], &in); err != nil {
			return err
		}
		if err := a.call(ctx, "instructions-set", in, &in); err != nil {
			return err
		}
		return a.show(in, func(w writer) { a.printInstructions(w, in) })
	})
}

func (a *app) printHouseWatch(w writer, h *control.HouseWatch) {
	t := newTable("precedence", "sound", "chief of shift", "second contact", "sender is told")
	after := func(seconds int64) string {
		if seconds == 0 {
			return "-"
		}
		return "after " + (time.Duration(seconds) * time.Second).String()
	}
	for _, f := range h.Figures {
		sound := "-"
		if f.Sounds && f.Repeat == 0 {
			sound = "once"
		} else if f.Sounds {
			sound = "every " + (time.Duration(f.Repeat) * time.Second).String()
		}
		t.row(fmt.Sprint(f.Precedence), sound, after(f.Chief), after(f.Second), after(f.Sender))
	}
	t.print(a, w, "")
	if h.Remark != "" {
		fmt.Fprintf(w, "Note: %s.\n", h.Remark)
	}
	a.printInstructions(w, h.Instructions)
}

func (a *app) printInstructions(w writer, in control.Instructions) {
	for _, contact := range [][2]string{{"Chief of shift", in.Chief}, {"Second contact", in.Second}} {
		if contact[1] == "" {
			contact[1] = "not written down"
		}
		fmt.Fprintf(w, "%s: %s\n", contact[0], contact[1])
	}
	for _, p := range in.Procedures {
		where, which := "every line", "every precedence"
		if p.Line != "" {
			where = string(p.Line)
		}
		if p.Precedence != 0 {
			which = fmt.Sprintf("precedence %d", p.Precedence)
		}
		fmt.Fprintln(w, a.bold(where+", "+which))
		fmt.Fprintf(w, "  %s\n", strings.ReplaceAll(p.Text, "\n", "\n  "))
	}
}
