package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"detente/internal/durable"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func (a *app) cmdMan() *cobra.Command {
	var dir string
	c := a.command("man", "Write the manual pages", `
detente man --dir /usr/local/share/man/man1
detente man --dir ./man
man -l ./man/detente-statement.1`, cobra.NoArgs, nil)
	c.RunE = a.run(func(ctx context.Context, args []string) error {
		if dir == "" {
			return usage("--dir DIR", "say where to write the pages")
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("write the manual: %w", err)
		}
		count, err := writeMan(dir, c.Root())
		if err != nil {
			return err
		}
		return a.show(map[string]int{"pages": count}, func(w writer) { fmt.Fprintf(w, "%d pages were written to %s.\n", count, dir) })
	})
	c.Flags().StringVar(&dir, "dir", "", "folder to write to")
	return c
}

// writeMan writes one page for each command.
func writeMan(dir string, c *cobra.Command) (int, error) {
	if !c.IsAvailableCommand() && c.HasParent() && c.Runnable() {
		return 0, nil
	}
	name := strings.ReplaceAll(c.CommandPath(), " ", "-")
	if err := durable.WriteFile(filepath.Join(dir, name+".1"), manPage(c, name), 0o644); err != nil {
		return 0, fmt.Errorf("write the manual: %w", err)
	}
	count := 1
	for _, sub := range c.Commands() {
		n, err := writeMan(dir, sub)
		if err != nil {
			return 0, err
		}
		count += n
	}
	return count, nil
}

// manPage is one page in the man macros.
func manPage(c *cobra.Command, name string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, ".TH %s 1 \"\" \"detente\" \"detente manual\"\n.SH NAME\n%s \\- %s\n", strings.ToUpper(roff(name)), roff(name), roff(c.Short))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.B %s\n", roff(c.UseLine()))
	if c.Long != "" {
		fmt.Fprintf(&b, ".SH DESCRIPTION\n.nf\n%s\n.fi\n", roff(c.Long))
	}
	if c.HasAvailableSubCommands() {
		b.WriteString(".SH COMMANDS\n")
		for _, sub := range c.Commands() {
			if sub.IsAvailableCommand() {
				fmt.Fprintf(&b, ".TP\n.B %s\n%s\n", roff(sub.Name()), roff(sub.Short))
			}
		}
	}
	manFlags(&b, "OPTIONS", c.NonInheritedFlags())
	manFlags(&b, "OPTIONS OF EVERY COMMAND", c.InheritedFlags())
	if c.Example != "" {
		fmt.Fprintf(&b, ".SH EXAMPLES\n.nf\n%s\n.fi\n", roff(c.Example))
	}
	if !c.HasParent() {
		fmt.Fprintf(&b, ".SH EXIT STATUS\n.nf\n%s\n.fi\n", roff(exitHelp))
		b.WriteString(".SH ENVIRONMENT\n.TP\n.B DETENTE_HOME\nfolder of the home\n.TP\n.B DETENTE_UNLOCK\nfile with the unlock key\n" +
			".TP\n.B DETENTE_SESSION\nfile that keeps the session\n.TP\n.B DETENTE_ACCESSIBLE\n1: draw nothing anew\n.TP\n.B NO_COLOR\nno bold type\n")
	}
	if c.HasParent() {
		fmt.Fprintf(&b, ".SH SEE ALSO\n.BR %s (1)\n", roff(strings.ReplaceAll(c.Parent().CommandPath(), " ", "-")))
	}
	return b.Bytes()
}

func manFlags(b *bytes.Buffer, title string, flags *pflag.FlagSet) {
	if !flags.HasAvailableFlags() {
		return
	}
	fmt.Fprintf(b, ".SH %s\n", title)
	flags.VisitAll(func(f *pflag.Flag) {
		kind, text := pflag.UnquoteUsage(f)
		fmt.Fprintf(b, ".TP\n.B \\-\\-%s %s\n%s\n", roff(f.Name), roff(kind), roff(text))
	})
}

// roff escapes what the macros would take as a command.
func roff(s string) string {
	s = strings.ReplaceAll(s, `\`, `\e`)
	s = strings.ReplaceAll(s, "-", `\-`)
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, ".") || strings.HasPrefix(l, "'") {
			lines[i] = `\&` + l
		}
	}
	return strings.Join(lines, "\n")
}
