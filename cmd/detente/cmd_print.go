package main

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"detente/control"
	"detente/paper"
	"detente/regime"
	"github.com/spf13/cobra"
)

// printing are the flags of detente print.
type printing struct {
	as, to, language, out, number, place, date string
}

func (a *app) cmdPrint() *cobra.Command {
	var g printing
	c := a.command("print REF", "Print an act, a thread as it stands, or a draft: as a note verbale, a form or a mail", `
detente print ALA/2026/17 --to pdf --language ru --out note.pdf
detente print "alatau/1f2e3d4c 12" --as form --to text
detente print 3f2a --as email --number 12-26/184 --place Ashly --out note.eml`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		return a.print(ctx, args[0], &g)
	})
	f := c.Flags()
	f.StringVar(&g.as, "as", string(paper.NoteVerbale), "note-verbale, form or email")
	f.StringVar(&g.to, "to", "text", "text, html or pdf; an email is text")
	f.StringVar(&g.language, "language", "en", "of the reader: en, ru, kk, fa or zh")
	f.StringVar(&g.out, "out", "-", "a new file to write; - is stdout")
	f.StringVar(&g.number, "number", "", "number of the note (default: that of the act)")
	f.StringVar(&g.place, "place", "", "where the note is issued (default: a place for it)")
	f.StringVar(&g.date, "date", "", "day of the note, e.g. 2026-11-26 (default: the day that the act claims)")
	return c
}

func (a *app) print(ctx context.Context, ref string, g *printing) error {
	args := control.PrintArgs{Ref: ref, As: paper.Kind(g.as), To: g.to, Language: regime.Lang(g.language), Number: g.number, Place: g.place, Date: g.date}
	var b bytes.Buffer
	var p control.Printed
	if err := a.callFile(ctx, "print", args, nil, &b, &p); err != nil {
		return err
	}
	if !p.Reviewed {
		a.talk("The words of a paper in %s are unreviewed: have somebody who writes notes in it read this one before it goes out.", args.Language)
	}
	if g.out == "-" {
		_, err := a.stdout.Write(b.Bytes())
		return err
	}
	if err := newFile(g.out, func(w io.Writer) error { _, err := w.Write(b.Bytes()); return err }); err != nil {
		return err
	}
	return a.show(map[string]any{"file": g.out, "bytes": b.Len()}, func(w writer) { fmt.Fprintf(w, "Written: %s, %d bytes.\n", g.out, b.Len()) })
}
