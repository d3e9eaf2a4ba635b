package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"detente/calendar"
	"detente/control"
	"detente/internal/canon"
	"detente/regime"
	"github.com/spf13/cobra"
)

func (a *app) cmdCalendar() *cobra.Command {
	var l looking
	var year int
	var to, out string
	c := a.command("calendar", "Every date of every text in one calendar: to read, or for other programs", `
detente calendar
detente calendar --year 2027 --to ics --out 2027.ics
detente calendar --to xlsx --out dates.xlsx`, cobra.NoArgs, func(ctx context.Context, args []string) error {
		look, err := l.args(a)
		if err != nil {
			return err
		}
		if !slices.Contains([]string{"text", "ics", "csv", "xlsx"}, to) {
			return usage("--to text, ics, csv or xlsx", fmt.Sprintf("a calendar is not written as %q", to))
		}
		if to == "xlsx" && out == "-" {
			return usage("--out dates.xlsx", "a spreadsheet is written to a file")
		}
		now := time.Now().UTC()
		if look.At != "" {
			if now, err = canon.ParseTime(look.At); err != nil {
				return err
			}
		}
		from, until := now.AddDate(0, 0, -31), now.AddDate(1, 0, 0)
		if year < 0 || year > maxYear {
			return usage("--year 2027", fmt.Sprintf("%d is no year", year))
		}
		if year > 0 {
			from = time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
			until = from.AddDate(1, 0, 0)
		}
		var d control.Due
		if err := a.call(ctx, "due", control.DueArgs{LookArgs: look, From: canon.FormatTime(from.Truncate(time.Second)), Until: canon.FormatTime(until.Truncate(time.Second))}, &d); err != nil {
			return err
		}
		var s control.Status
		if err := a.call(ctx, "status", struct{}{}, &s); err != nil {
			return err
		}
		return a.writeCalendar(&d, &s, look.Language, l.mark(), to, out)
	})
	l.flags(c)
	c.Flags().IntVar(&year, "year", 0, "calendar year (default: from a month ago until a year ahead)")
	c.Flags().StringVar(&to, "to", "text", "text, ics, csv or xlsx")
	c.Flags().StringVar(&out, "out", "-", "a new file to write; - is stdout")
	return c
}

// maxYear is the last year of which both ends can be written.
const maxYear = 9998

func (a *app) writeCalendar(d *control.Due, s *control.Status, lang regime.Lang, mark, to, out string) error {
	entries := d.Dates(mark)
	name := mark + "détente: " + s.Name
	if to == "text" && out == "-" {
		return a.show(d, func(w writer) {
			a.printMissing(w, d.Missing, lang)
			t := newTable("day", "what", "by", "state")
			for i := range entries {
				e := &entries[i]
				t.row(whenWords(e), e.What, e.By, e.Words)
			}
			t.print(a, w, "Nothing is due in this time.")
		})
	}
	write := func(w io.Writer) error {
		switch to {
		case "ics":
			return calendar.ICS(w, mark+s.Group.String(), name, entries, time.Now())
		case "xlsx":
			return calendar.XLSX(w, name, entries)
		}
		return calendar.CSV(w, entries)
	}
	if out == "-" {
		return write(a.stdout)
	}
	if err := newFile(out, write); err != nil {
		return err
	}
	return a.show(map[string]any{"file": out, "entries": len(entries)}, func(w writer) { fmt.Fprintf(w, "Written: %s, %s.\n", out, counted(len(entries), "date")) })
}

func whenWords(e *calendar.Entry) string {
	if e.Day != "" {
		return e.Day
	}
	if e.At.IsZero() {
		return "–"
	}
	return e.At.UTC().Format(time.RFC3339)
}

func (a *app) cmdArea() *cobra.Command {
	var l looking
	var out string
	export := a.command("export", "Write the areas, lines and places that were notified and can be read here as GeoJSON", `
detente area export --out areas.geojson
detente area export --exercise
detente area export --language ru`, cobra.NoArgs, func(ctx context.Context, args []string) error {
		look, err := l.args(a)
		if err != nil {
			return err
		}
		var list []control.Area
		if err := a.call(ctx, "areas", control.AreasArgs{LookArgs: look}, &list); err != nil {
			return err
		}
		var all []calendar.Area
		for _, x := range list {
			all = append(all, calendar.Area{Shape: calendar.Shape(x.Shape), Points: x.Points, About: x.About})
		}
		if out == "-" {
			return calendar.GeoJSON(a.stdout, all)
		}
		if err := newFile(out, func(w io.Writer) error { return calendar.GeoJSON(w, all) }); err != nil {
			return err
		}
		return a.show(map[string]any{"file": out, "areas": len(all)}, func(w writer) { fmt.Fprintf(w, "Written: %s, %s.\n", out, counted(len(all), "area")) })
	})
	l.books(export)
	export.Flags().StringVar(&out, "out", "-", "a new file to write; - is stdout")
	return a.noun("area", "Areas that were notified, for a map of one's own", `
detente area export --out areas.geojson
detente area export --exercise
detente area export --language ru`, export)
}
