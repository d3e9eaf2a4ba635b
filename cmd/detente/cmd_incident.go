package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"detente/act"
	"detente/alert"
	"detente/calendar"
	"detente/clarification"
	"detente/control"
	"detente/node"
	"detente/party"
	"detente/regime"
	"github.com/spf13/cobra"
)

func (a *app) cmdIncident() *cobra.Command {
	return a.noun("incident", "What each side reports of an event, field by field; nothing decides between them", `
detente incident list
detente incident show ALA/2028/3
detente incident report --values report.yaml --to all --thread ALA/2028/3`,
		a.incidentList(), a.incidentShow(), a.incidentReport(), a.incidentExport(), a.incidentCAP())
}

func (a *app) incidentList() *cobra.Command {
	var l looking
	limit := 50
	c := a.command("list", "List the incidents that were reported, the newest first", `
detente incident list
detente incident list --exercise
detente incident list --json`, cobra.NoArgs, func(ctx context.Context, args []string) error {
		look, err := l.args(a)
		if err != nil {
			return err
		}
		var out control.Incidents
		if err := a.call(ctx, "incident-list", control.IncidentsArgs{Status: look.Status, Limit: limit}, &out); err != nil {
			return err
		}
		return a.show(out, func(w writer) {
			t := newTable("thread", "occurred", "reported by", "form")
			for _, one := range out.List {
				var by []string
				for _, id := range one.By {
					by = append(by, string(id))
				}
				t.row(one.Thread, one.Occurred, strings.Join(by, ", "), one.Measure)
			}
			t.print(a, w, "No incident was reported.")
		})
	})
	l.books(c)
	c.Flags().IntVar(&limit, "limit", limit, "at most so many")
	return c
}

func (a *app) incidentShow() *cobra.Command {
	var l looking
	c := a.command("show THREAD", "Show what each side reports beside each other", `
detente incident show ALA/2028/3
detente incident show "alatau/1f2e3d4c 12"
detente incident show ALA/2028/3 --exercise --language ru`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		i, err := a.incident(ctx, &l, args[0])
		if err != nil {
			return err
		}
		return a.show(i, func(w writer) { a.printIncident(w, i) })
	})
	l.books(c)
	return c
}

// incident reads one incident.
func (a *app) incident(ctx context.Context, l *looking, thread string) (*control.Incident, error) {
	look, err := l.args(a)
	if err != nil {
		return nil, err
	}
	i := &control.Incident{}
	return i, a.call(ctx, "incident-show", control.IncidentArgs{Thread: thread, Status: l.status(), Language: look.Language}, i)
}

// status is the one that was asked for; empty: none.
func (l *looking) status() act.Status {
	switch {
	case l.exercise:
		return act.Exercise
	case l.test:
		return act.Test
	}
	return ""
}

// likenesses are the parts of an incident in the order in which they are read.
var likenesses = []struct {
	of   clarification.Likeness
	head string
}{
	{clarification.Alike, "Reported alike by all who report"}, {clarification.Otherwise, "Reported in different ways"}, {clarification.InDispute, "Disputed by at least one"},
	{clarification.Partly, "Reported by some"}, {clarification.Unknown, "Not known to those who speak of it"}, {clarification.Untold, "Not counted: contested by the party for which it was entered"},
	{"", "Of each report itself"},
}

func (a *app) printIncident(w writer, i *control.Incident) {
	who := make([]string, len(i.Reports))
	for k, r := range i.Reports {
		if who[k] = string(r.Party); r.By != "" {
			who[k] += ", entered by " + string(r.By)
			if r.Standing != "" {
				who[k] += ", " + r.Standing
			}
		}
		fmt.Fprintf(w, "%s: %s; %s\n", a.bold(who[k]), r.Place, r.Lodged.Sentence)
		if !r.Readable {
			fmt.Fprintln(w, "  sealed to others, or its form is not at hand: it cannot be read here")
		}
	}
	for _, l := range i.Ended {
		fmt.Fprintf(w, "%s took back what it reported: %s\n", l.Author, l.Place)
	}
	for _, part := range likenesses {
		first := true
		for _, f := range i.Fields {
			if f.Likeness != part.of {
				continue
			}
			if first {
				fmt.Fprintf(w, "\n%s\n", a.bold(part.head))
				first = false
			}
			fmt.Fprintf(w, "  %s %s\n", f.Number, f.Name[regime.English])
			for k, said := range f.Said {
				switch {
				case said.Silent():
					fmt.Fprintf(w, "      %s: says nothing of it\n", who[k])
				case said.Answer != "":
					fmt.Fprintf(w, "      %s: [%s]\n", who[k], strings.ReplaceAll(string(said.Answer), "-", " "))
				default:
					fmt.Fprintf(w, "      %s: %s\n", who[k], strings.Join(said.Lines, "\n          "))
				}
			}
		}
	}
	for k := range i.Matters {
		fmt.Fprintf(w, "\n%s\n", a.bold("Points stated in this thread"))
		a.printMatter(w, &i.Matters[k])
	}
	for _, it := range i.Provided {
		fmt.Fprintf(w, "\n%s, %s\n  %s\n", it.Title, it.Article, it.Sentence)
	}
}

func (a *app) incidentReport() *cobra.Command {
	var g wording
	var on string
	var submit bool
	c := a.command("report", "Report an incident, or give this state's own account of one (makes a draft, to be cleared)", `
detente incident report --values report.yaml --to all --thread ALA/2028/3
detente incident report --on ALA/2028/3 --set incident="One shot was heard." --answer location=disputed,dead=not-known-now --to all
detente incident report --form ceasefire.incident --values report.yaml --to borovia,cintra --exercise --submit`, cobra.NoArgs, nil)
	c.RunE = a.run(func(ctx context.Context, args []string) error {
		if len(g.to) == 0 {
			return usage("--to borovia,cintra or --to all", "say to whom it goes")
		}
		if err := a.incidentForm(ctx, &g, on); err != nil {
			return err
		}
		if on != "" {
			if err := c.Flags().Set("answers", g.answers); err != nil {
				return err
			}
		}
		r := node.Request{Kind: act.Statement, Life: act.New, To: []party.ID{}}
		if err := a.request(ctx, &g, &r, c.Flags()); err != nil {
			return err
		}
		return a.save(ctx, "", r, submit)
	})
	g.flags(c.Flags())
	c.Flags().StringVar(&on, "on", "", "thread of an incident that another reported: this state's own account stands beside it")
	c.Flags().BoolVar(&submit, "submit", false, "hand it over for clearance at once")
	return c
}

// incidentForm says by which form an incident is reported, where that was not said: the
// only one of the texts in force, or that of an account of an incident.
func (a *app) incidentForm(ctx context.Context, g *wording, on string) error {
	status, err := statusOf(g.exercise, g.test)
	if err != nil {
		return err
	}
	if on != "" {
		var i control.Incident
		if err := a.call(ctx, "incident-show", control.IncidentArgs{Thread: on, Status: status}, &i); err != nil {
			return err
		}
		if g.form == "" {
			g.form = i.Form
		}
		g.answers = i.Answers
		return nil
	}
	if g.form != "" || g.from != "" {
		return nil
	}
	var known control.Incidents
	if err := a.call(ctx, "incident-list", control.IncidentsArgs{Status: status}, &known); err != nil {
		return err
	}
	if len(known.Forms) != 1 {
		return usage("--form "+strings.Join(known.Forms, " or --form "), "say by which form it is reported")
	}
	g.form = known.Forms[0]
	return nil
}

func (a *app) incidentExport() *cobra.Command {
	var l looking
	to, out := "csv", "-"
	c := a.command("export", "Write the reports of incidents as a table, or where they say that it was as GeoJSON", `
detente incident export --to csv --out incidents.csv
detente incident export --to geojson
detente incident export --exercise`, cobra.NoArgs, func(ctx context.Context, args []string) error {
		look, err := l.args(a)
		if err != nil {
			return err
		}
		if !slices.Contains([]string{"csv", "geojson"}, to) {
			return usage("--to csv or geojson", fmt.Sprintf("incidents are not written as %q", to))
		}
		b, err := a.incidents(ctx, look, to)
		if err != nil {
			return err
		}
		return a.hand(b, out)
	})
	l.books(c)
	c.Flags().StringVar(&to, "to", to, "csv or geojson")
	c.Flags().StringVar(&out, "out", out, "a new file to write; - is stdout")
	return c
}

// incidents writes all incidents.
func (a *app) incidents(ctx context.Context, look control.LookArgs, to string) ([]byte, error) {
	var b bytes.Buffer
	var known control.Incidents
	most := control.MaxList
	if to == "geojson" {
		most = 1 // for its codes
	}
	if err := a.call(ctx, "incident-list", control.IncidentsArgs{Status: look.Status, Limit: most}, &known); err != nil {
		return nil, err
	}
	if to == "geojson" {
		var list []control.Area
		if err := a.call(ctx, "areas", look, &list); err != nil {
			return nil, err
		}
		err := calendar.GeoJSON(&b, known.Areas(list))
		return b.Bytes(), err
	}
	var rows [][]string
	for _, one := range known.List {
		var i control.Incident
		if err := a.call(ctx, "incident-show", control.IncidentArgs{Thread: one.Thread, Status: one.Status, Language: look.Language}, &i); err != nil {
			return nil, err
		}
		rows = append(rows, i.Table()...)
	}
	err := calendar.Table(&b, control.IncidentColumns(), rows)
	return b.Bytes(), err
}

// hand writes bytes to stdout or a new file.
func (a *app) hand(b []byte, out string) error {
	if out == "-" {
		_, err := a.stdout.Write(b)
		return err
	}
	if err := newFile(out, func(w io.Writer) error { _, err := w.Write(b); return err }); err != nil {
		return err
	}
	return a.show(map[string]any{"file": out, "bytes": len(b)}, func(w writer) { fmt.Fprintf(w, "Written: %s, %d bytes.\n", out, len(b)) })
}

func (a *app) incidentCAP() *cobra.Command {
	var l looking
	var by string
	out := "-"
	c := a.command("cap REF", "Write one party's report of an incident, or a message of a line, as an alert in CAP 1.2", `
detente incident cap ALA/2028/3 --out alert.xml
detente incident cap ALA/2028/3 --by borovia
detente incident cap "alatau/1f2e3d4c 12"`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		if _, err := l.args(a); err != nil {
			return err
		}
		p := control.AlertArgs{Ref: args[0], Status: l.status()}
		if by != "" {
			id, err := party.ParseID(by)
			if err != nil {
				return usage("detente peer list", err.Error())
			}
			p.Party = id
		}
		var b bytes.Buffer
		if err := a.callFile(ctx, "alert", p, nil, &b, nil); err != nil {
			return err
		}
		return a.hand(b.Bytes(), out)
	})
	l.books(c)
	c.Flags().StringVar(&by, "by", "", "whose report (default: that of the act that is named, or the first)")
	c.Flags().StringVar(&out, "out", out, "a new file to write, of type "+alert.Type+"; - is stdout")
	return c
}
