package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"detente/calendar"
	"detente/control"
	"detente/provision"
	"detente/regime"
	"github.com/spf13/cobra"
)

// across are the arguments of what stands across states for a year.
func (a *app) across(l *looking, m *control.MatrixArgs) error {
	var err error
	if m.LookArgs, err = l.args(a); m.Year == 0 {
		m.Year = time.Now().UTC().Year()
	}
	return err
}

func acrossFlags(c *cobra.Command, l *looking, m *control.MatrixArgs) {
	l.flags(c)
	c.Flags().IntVar(&m.Year, "year", 0, "calendar year (default: the present one)")
	c.Flags().StringVar(&m.Text, "text", "", "only this text")
	c.Flags().StringVar(&m.Measure, "measure", "", "only this measure")
}

func (a *app) cmdMatrix() *cobra.Command {
	var l looking
	var m control.MatrixArgs
	c := a.command("matrix", "Measures beside states for one year, where the group decided on boards across states", `
detente matrix
detente matrix --year 2027 --text vd11
detente matrix --year 2027 --json`, cobra.NoArgs, func(ctx context.Context, args []string) error {
		if err := a.across(&l, &m); err != nil {
			return err
		}
		var out []control.Cell
		if err := a.call(ctx, "matrix", m, &out); err != nil {
			return err
		}
		return a.show(out, func(w writer) {
			t := newTable(columns(m.Language, "measure", "party", "how-many")...)
			for _, x := range out {
				var parts []string
				for _, s := range provision.States() {
					if n := x.States[s]; n > 0 {
						parts = append(parts, fmt.Sprintf("%d %s", n, x.Words[s]))
					}
				}
				t.row(x.Measure, string(x.Party), strings.Join(parts, ", "))
			}
			t.print(a, w, label(m.Language, "nothing-in-year", nil))
		})
	})
	acrossFlags(c, &l, &m)
	return c
}

func (a *app) cmdReport() *cobra.Command {
	var l looking
	var m control.MatrixArgs
	var to, out string
	c := a.command("report", "Account of a year, measure by measure, where the group decided on reports across states", `
detente report --year 2027
detente report --year 2027 --text vd11 --language ru
detente report --year 2027 --to xlsx --out 2027.xlsx`, cobra.NoArgs, func(ctx context.Context, args []string) error {
		if !slices.Contains([]string{"text", "csv", "xlsx"}, to) {
			return usage("--to text, csv or xlsx", fmt.Sprintf("a report is not written as %q", to))
		}
		if to == "xlsx" && out == "-" {
			return usage("--out 2027.xlsx", "a spreadsheet is written to a file")
		}
		if err := a.across(&l, &m); err != nil {
			return err
		}
		var r control.Report
		if err := a.call(ctx, "report", m, &r); err != nil {
			return err
		}
		return a.writeReport(&r, m.Language, l.mark(), to, out)
	})
	acrossFlags(c, &l, &m)
	c.Flags().StringVar(&to, "to", "text", "text, csv or xlsx")
	c.Flags().StringVar(&out, "out", "-", "a new file to write; - is stdout")
	return c
}

func (a *app) writeReport(r *control.Report, lang regime.Lang, mark, to, out string) error {
	if to == "text" && out == "-" {
		return a.show(r, func(w writer) { a.printReport(w, r, lang, mark) })
	}
	entries := r.Entries(mark)
	write := func(w io.Writer) error {
		switch to {
		case "csv":
			return calendar.CSV(w, entries)
		case "xlsx":
			return calendar.XLSX(w, fmt.Sprintf("%sdétente %d", mark, r.Year), entries)
		}
		a.printReport(w, r, lang, mark)
		return nil
	}
	if out == "-" {
		return write(a.stdout)
	}
	if err := newFile(out, write); err != nil {
		return err
	}
	return a.show(map[string]any{"file": out, "entries": len(entries)}, func(w writer) { fmt.Fprintf(w, "Written: %s, %s.\n", out, counted(len(entries), "row")) })
}

func (a *app) printReport(w io.Writer, r *control.Report, lang regime.Lang, mark string) {
	a.printMissing(w, r.Missing, lang)
	fmt.Fprintln(w, a.bold(mark+label(lang, "report", map[string]any{"year": fmt.Sprint(r.Year), "at": r.Now})))
	if len(r.Measures) == 0 {
		fmt.Fprintln(w, label(lang, "nothing-in-year", nil))
	}
	for i := range r.Measures {
		m := &r.Measures[i]
		fmt.Fprintf(w, "\n%s\n%s, %s (%s; %s)\n", a.bold(m.Title), m.Measure, m.Article, m.Strength.In(lang), m.Nature.In(lang))
		a.printItems(w, m.Items, lang)
	}
	fmt.Fprintln(w, "\n"+label(lang, "why-hint", nil))
}
