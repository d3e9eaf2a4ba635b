package main

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"detente/control"
	"detente/party"
	"github.com/spf13/cobra"
)

func (a *app) cmdVisit() *cobra.Command {
	var l looking
	c := a.command("list", "List inspections, visits and observations: how far each is, what is next, and the counts it draws on", `
detente visit list
detente visit list --at 2028-05-01
detente visit list --exercise --json`, cobra.NoArgs, func(ctx context.Context, args []string) error {
		look, err := l.args(a)
		if err != nil {
			return err
		}
		var all []control.Visit
		if err := a.call(ctx, "visit-list", look, &all); err != nil {
			return err
		}
		return a.show(all, func(w writer) {
			for i := range all {
				a.printVisit(w, &all[i])
			}
			if len(all) == 0 {
				fmt.Fprintln(w, "No inspection, visit or observation concerns this state.")
			}
		})
	})
	l.flags(c)
	return a.noun("visit", "Inspections, visits and observations, from the request to the report", `
detente visit list
detente visit list --at 2028-05-01
detente visit list --exercise --json`, c)
}

func (a *app) printVisit(w writer, v *control.Visit) {
	fmt.Fprintf(w, "%s: %s\n", a.bold(v.Title), strings.ReplaceAll(string(v.Stage), "-", " "))
	fmt.Fprintf(w, "  %s %s, %s; by %s to %s\n", v.Text, v.Edition, v.Article, joinParties(v.By), joinParties(v.To))
	for _, part := range [][]control.Shown{v.When, v.Where, v.Team} {
		for _, s := range part {
			fmt.Fprintf(w, "  %s: %s\n", s.Name["en"], strings.Join(s.Lines, "; "))
		}
	}
	for _, s := range v.Steps {
		mark := " "
		if s.Key == v.Next {
			mark = ">"
		}
		due := ""
		if s.Due != "" {
			if due = " by " + s.Due; s.Day != "" {
				due = " by " + s.Day
			}
		}
		fmt.Fprintf(w, "  %s %s (%s): %s%s\n", mark, s.Title, joinParties(s.By), s.Words, due)
	}
	for _, x := range v.Accounts {
		most := ""
		if x.Allowed >= 0 {
			most = fmt.Sprintf(" of at most %d", x.Allowed)
		}
		fmt.Fprintf(w, "  %s %s: %d%s\n", x.Title, x.Period, x.Used, most)
	}
	fmt.Fprintln(w)
}

func joinParties(ids []party.ID) string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = string(id)
	}
	return strings.Join(names, ", ")
}

func (a *app) cmdDocument() *cobra.Command {
	return a.noun("document", "What the group adopted, and what was taken in and made here, with digests", `
detente document list
detente document list --json
detente document write roster sha256:0a1b… --out roster.json`, a.documentList(), a.documentWrite())
}

func (a *app) documentList() *cobra.Command {
	return a.command("list", "List editions of the roster, texts, joint texts, proofs and carried files", `
detente document list
detente document list --json
detente --home ./alatau document list`, cobra.NoArgs, func(ctx context.Context, args []string) error {
		var all []control.Document
		if err := a.call(ctx, "document-list", struct{}{}, &all); err != nil {
			return err
		}
		return a.show(all, func(w writer) {
			t := newTable("kind", "what", "date", "standing", "digest")
			for _, d := range all {
				what := d.Name
				if what == "" {
					what = d.Detail
				}
				t.row(string(d.Kind), what, d.Date, d.Standing, d.Digest)
			}
			t.print(a, w, "There are no documents.")
		})
	})
}

func (a *app) documentWrite() *cobra.Command {
	out := "-"
	c := a.command("write KIND DIGEST", "Write a document that is kept here, as its bytes are", `
detente document write roster sha256:0a1b… --out roster.json
detente document write pack sha256:0a1b… --out vd11.pack
detente document write joint sha256:0a1b…`, cobra.ExactArgs(2), func(ctx context.Context, args []string) error {
		var b bytes.Buffer
		if err := a.callFile(ctx, "document-file", control.DocumentArgs{Kind: control.DocumentKind(args[0]), Digest: args[1]}, nil, &b, nil); err != nil {
			return err
		}
		return a.hand(b.Bytes(), out)
	})
	c.Flags().StringVar(&out, "out", out, "a new file to write; - is stdout")
	return c
}
