package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"detente/act"
	"detente/control"
	"detente/node"
	"detente/party"
	"detente/register"
	"github.com/spf13/cobra"
)

func (a *app) cmdNote() *cobra.Command {
	return a.noun("note", "The register of notes, in and out, with scans: kept by this state for itself", `
detente note enter --in --from borovia --number 12-26/184 --day 2027-08-20 --form vd11.prior-notification --values n.yaml --scan n.pdf
detente note list
detente note show 12`, a.noteEnter(), a.noteList(), a.noteShow(), a.noteScan(), a.noteVoid())
}

func (a *app) noteEnter() *cobra.Command {
	var in, out, exercise bool
	var from string
	var to, scans []string
	n := control.NoteArgs{Status: act.Actual}
	var values, life string
	c := a.command("enter", "Register a note that came in or went out", `
detente note enter --in --from borovia --number 12-26/184 --day 2027-08-20 --form vd11.prior-notification --values notice.yaml
detente note enter --out --to borovia,cintra --number 3/27 --day 2027-08-22 --answers 12 --text "Received with thanks."
detente note enter --in --from borovia --number 12-26/190 --day 2027-09-01 --life correction --answers 12 --form vd11.prior-notification --values c.yaml --scan c.pdf`,
		cobra.NoArgs, func(ctx context.Context, args []string) error {
			switch {
			case in == out:
				return usage("--in --from PARTY, or --out --to PARTY", "say whether the note came in or went out")
			case in && (from == "" || len(to) > 0):
				return usage("--in --from PARTY", "a note that came in has one sender")
			case out && (from != "" || len(to) == 0):
				return usage("--out --to PARTY,PARTY", "a note that went out has addressees")
			case n.Ref == "" || n.Day == "":
				return usage("--number 12-26/184 --day 2027-08-20", "a note has a number and a date of its own")
			case values != "" && n.Code == "":
				return usage("detente form list", "values need a form: --form ID")
			}
			n.Way, n.Parties = register.In, []party.ID{party.ID(from)}
			if out {
				n.Way, n.Parties = register.Out, nil
				for _, id := range to {
					n.Parties = append(n.Parties, party.ID(id))
				}
			}
			if exercise {
				n.Status = act.Exercise
			}
			n.Life = act.Life(life)
			if values != "" {
				form, err := a.form(ctx, n.Code)
				if err != nil {
					return err
				}
				v, err := a.readValues(form, values)
				if err != nil {
					return err
				}
				a.echo(form, v, func(string) bool { return true })
				if n.Values, err = v.Bytes(); err != nil {
					return err
				}
			}
			for _, path := range scans { // before anything is registered
				if err := checkScan(path); err != nil {
					return err
				}
			}
			var entered control.RegisterNote
			if err := a.call(ctx, "note-enter", n, &entered); err != nil {
				return err
			}
			for _, path := range scans {
				if err := a.addScan(ctx, entered.Number, path); err != nil {
					a.talk("Note %d is registered, without all of its scans: detente note scan %d FILE", entered.Number, entered.Number)
					return err
				}
			}
			if err := a.call(ctx, "note-show", control.NumberArgs{Number: entered.Number}, &entered); err != nil {
				return err
			}
			return a.show(entered, func(w writer) { a.printNote(w, &entered) })
		})
	f := c.Flags()
	f.BoolVar(&in, "in", false, "it came in")
	f.BoolVar(&out, "out", false, "it went out")
	f.StringVar(&from, "from", "", "sender of a note that came in")
	f.StringSliceVar(&to, "to", nil, "addressees of a note that went out")
	f.StringVar(&n.Ref, "number", "", "number that the note bears")
	f.StringVar(&n.Day, "day", "", "date that the note bears, e.g. 2027-08-20")
	f.StringVar(&n.Channel, "channel", "note", "note, mail, telephone or embassy")
	f.StringVar(&n.Code, "form", "", "measure under which it is said, e.g. vd11.prior-notification")
	f.StringVar(&values, "values", "", "filled form: JSON, YAML or CSV")
	f.StringVar(&n.Text, "text", "", "what it says, without a form or beside it")
	f.StringVar(&life, "life", "", "new, update, correction, cancellation, withdrawal or issued-in-error")
	f.Int64Var(&n.Answers, "answers", 0, "number in the register of the note that it answers or continues")
	f.StringVar(&n.Language, "original", "", "language of the original, e.g. ru")
	f.BoolVar(&exercise, "exercise", false, "it is an exercise")
	f.StringSliceVar(&scans, "scan", nil, "files to keep with it")
	return c
}

// checkScan looks whether a file can be kept with a note.
func checkScan(path string) error {
	f, err := os.Stat(path)
	switch {
	case err != nil:
		return err
	case !f.Mode().IsRegular():
		return usage("", path+" is no file")
	case f.Size() == 0 || f.Size() > register.MaxScan:
		return usage("", fmt.Sprintf("%s has %d bytes; a scan has 1 to %d", path, f.Size(), register.MaxScan))
	}
	return nil
}

// addScan keeps one file with a note.
func (a *app) addScan(ctx context.Context, number int64, path string) error {
	if err := checkScan(path); err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return a.callFile(ctx, "note-scan", control.NumberArgs{Number: number, Name: filepath.Base(path)}, f, nil, nil)
}

func (a *app) printNote(w writer, n *control.RegisterNote) {
	side := "from " + string(n.Parties[0])
	if n.Way == register.Out {
		side = "to " + strings.Join(idsText(n.Parties), ", ")
	}
	head := fmt.Sprintf("%d in the register: %s %s of %s, %s", n.Number, n.Channel, n.Ref, n.Day, side)
	if n.Status != act.Actual {
		head += ", " + strings.ToUpper(string(n.Status))
	}
	fmt.Fprintln(w, a.bold(head))
	field := func(name, value string) {
		if value != "" {
			fmt.Fprintf(w, "%-12s %s\n", name, value)
		}
	}
	field("under", n.Code)
	field("life", string(n.Life))
	if n.Answers > 0 {
		field("answers", fmt.Sprintf("%d in the register", n.Answers))
	}
	field("language", n.Language)
	field("registered", n.At+" by "+n.By)
	for i, s := range n.Scans {
		field("scan "+strconv.Itoa(i+1), fmt.Sprintf("%s, %d bytes, SHA-256 %s", s.Name, s.Size, s.Digest))
	}
	field("void", n.Void)
	if n.Text != "" {
		fmt.Fprintln(w, "\n"+node.Legible(n.Text))
	}
	if n.Form != "" {
		fmt.Fprint(w, "\n"+n.Form)
	}
	if n.Bare && n.Void == "" {
		fmt.Fprintln(w, "\nNo fields of its form are registered: it counts as sent on its day, and what depends on a field is not known. To give them: --form with --values.")
	}
	if len(n.Faults) > 0 {
		fmt.Fprintln(w, "\nIts form has faults, and it counts as nothing done:")
		for _, f := range n.Faults {
			fmt.Fprintf(w, "  %s: %s\n", f.Where, f.What)
		}
	}
}

func (a *app) noteList() *cobra.Command {
	args := control.NotesArgs{From: 1}
	c := a.command("list", "List the register", `
detente note list
detente note list --from 100 --limit 20
detente note list --json`, cobra.NoArgs, func(ctx context.Context, _ []string) error {
		var all []register.Note
		if err := a.call(ctx, "note-list", args, &all); err != nil {
			return err
		}
		return a.show(all, func(w writer) {
			t := newTable("no.", "way", "with", "number", "date", "under", "scans", "remark")
			for _, n := range all {
				remark := ""
				if n.Void != "" {
					remark = "void: " + n.Void
				}
				t.row(fmt.Sprint(n.Number), n.Way, strings.Join(idsText(n.Parties), ", "), n.Ref, n.Day, dash(n.Code), fmt.Sprint(len(n.Scans)), remark)
			}
			t.print(a, w, "The register is empty.")
		})
	})
	c.Flags().Int64Var(&args.From, "from", 1, "from this number of the register on")
	c.Flags().IntVar(&args.Limit, "limit", 1000, "at most so many")
	return c
}

// noteNumber reads a number of the register.
func noteNumber(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		return 0, usage("detente note list", fmt.Sprintf("%q is no number of the register", text))
	}
	return n, nil
}

func (a *app) noteShow() *cobra.Command {
	return a.command("show NUMBER", "Show one note with its form and its faults", `
detente note show 12
detente note show 12 --json
detente note scan 12 --get 1 --out note.pdf`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		number, err := noteNumber(args[0])
		if err != nil {
			return err
		}
		var n control.RegisterNote
		if err := a.call(ctx, "note-show", control.NumberArgs{Number: number}, &n); err != nil {
			return err
		}
		return a.show(n, func(w writer) { a.printNote(w, &n) })
	})
}

func (a *app) noteScan() *cobra.Command {
	var get int
	var out string
	c := a.command("scan NUMBER [FILE]", "Keep a file with a note, or write one out again", `
detente note scan 12 note.pdf
detente note scan 12 --get 1 --out note.pdf
detente note scan 12 --get 1 > note.pdf`, cobra.RangeArgs(1, 2), func(ctx context.Context, args []string) error {
		number, err := noteNumber(args[0])
		if err != nil {
			return err
		}
		switch {
		case get > 0 && len(args) == 1:
			return a.getScan(ctx, number, get, out)
		case get > 0 || len(args) != 2:
			return usage("detente note scan NUMBER FILE, or --get 1", "give a file to keep, or --get with the number of a scan")
		}
		if err := a.addScan(ctx, number, args[1]); err != nil {
			return err
		}
		var n control.RegisterNote
		if err := a.call(ctx, "note-show", control.NumberArgs{Number: number}, &n); err != nil {
			return err
		}
		return a.show(n, func(w writer) { a.printNote(w, &n) })
	})
	c.Flags().IntVar(&get, "get", 0, "write this scan of the note, from 1")
	c.Flags().StringVar(&out, "out", "-", "a new file to write; - is stdout")
	return c
}

func (a *app) getScan(ctx context.Context, number int64, place int, out string) error {
	var b bytes.Buffer
	var s register.Scan
	if err := a.callFile(ctx, "note-file", control.NumberArgs{Number: number, Place: place}, nil, &b, &s); err != nil {
		return err
	}
	if out == "-" {
		_, err := a.stdout.Write(b.Bytes())
		return err
	}
	if err := newFile(out, func(w io.Writer) error { _, err := w.Write(b.Bytes()); return err }); err != nil {
		return err
	}
	return a.show(s, func(w writer) { fmt.Fprintf(w, "Written: %s, %d bytes, SHA-256 %s.\n", out, s.Size, s.Digest) })
}

func (a *app) noteVoid() *cobra.Command {
	var reason string
	c := a.command("void NUMBER", "Mark a note void that was registered in error; it stays readable", `
detente note void 12 --reason "registered twice"
detente note show 12
detente note list`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		number, err := noteNumber(args[0])
		if err != nil {
			return err
		}
		if reason == "" {
			return usage("--reason \"registered twice\"", "say why it is void")
		}
		var n register.Note
		if err := a.call(ctx, "note-void", control.NumberArgs{Number: number, Reason: reason}, &n); err != nil {
			return err
		}
		return a.show(n, func(w writer) { fmt.Fprintf(w, "Note %d is void: %s.\n", n.Number, n.Void) })
	})
	c.Flags().StringVar(&reason, "reason", "", "why, in one line")
	return c
}
