package main

import (
	"context"
	"fmt"
	"strings"

	"detente/control"
	"detente/phrasebook"
	"github.com/spf13/cobra"
)

func (a *app) cmdPhrase() *cobra.Command {
	var chapter, language string
	list := a.command("list", "List the phrases that read the same in every language", `
detente phrase list
detente phrase list --chapter sea --language ru
detente phrase list --json`, cobra.NoArgs, func(ctx context.Context, args []string) error {
		b, err := newestBook()
		if err != nil {
			return err
		}
		if language, err = a.languageOf(b, language); err != nil {
			return err
		}
		if a.json {
			return a.document(b)
		}
		return a.show(b, func(w writer) {
			fmt.Fprintf(w, "Phrasebook %s, edition %d, %s: %s.\n", b.ID, b.Edition, language, b.Standing(language))
			t := newTable("phrase", "precedence", "text")
			for i := range b.Phrases {
				if p := &b.Phrases[i]; chapter == "" || p.Chapter == chapter {
					t.row(p.ID, fmt.Sprint(p.Precedence), p.Text[language])
				}
			}
			t.print(a, w, "There is no such chapter.")
		})
	})
	list.Flags().StringVar(&chapter, "chapter", "", "of one chapter: general, hazard, activity, border, sea, air, disaster, water, test")
	list.Flags().StringVar(&language, "language", "", "in which language (default that of the officer)")
	show := a.command("show PHRASE", "Show one phrase in every language, and what its blanks take", `
detente phrase show sea.distress
detente phrase show water.release
detente phrase show sea.distress --json`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		b, err := newestBook()
		if err != nil {
			return err
		}
		p, ok := b.Phrase(args[0])
		if !ok {
			return failed(control.NotFound, "detente phrase list", "the phrasebook has no phrase "+args[0])
		}
		return a.show(p, func(w writer) {
			fmt.Fprintln(w, a.bold(p.ID))
			for _, l := range b.Languages {
				fmt.Fprintf(w, "%s (%s): %s\n", l.Tag, l.Standing, p.Text[l.Tag])
			}
			for _, s := range b.Blanks(p) {
				fmt.Fprintf(w, "{%s}: %s, %s\n", s.Name, s.Label["en"], s.Kind)
				for _, o := range s.Options {
					fmt.Fprintf(w, "  %s: %s\n", o.ID, o.Text["en"])
				}
			}
		})
	})
	return a.noun("phrase", "Agreed text for lines", `
detente phrase list --chapter sea
detente phrase show sea.distress
detente line say capitals --precedence 4 --phrase test.line`, list, show)
}

// newestBook is the newest edition of the phrasebook that ships.
func newestBook() (*phrasebook.Book, error) {
	books, err := phrasebook.Shipped()
	if err != nil {
		return nil, err
	}
	return books[len(books)-1], nil
}

// languageOf is the language asked for, else that of the officer, else the first.
func (a *app) languageOf(b *phrasebook.Book, asked string) (string, error) {
	if asked != "" && b.Standing(asked) == "" {
		var tags []string
		for _, l := range b.Languages {
			tags = append(tags, l.Tag)
		}
		return "", usage("it has "+strings.Join(tags, ", "), fmt.Sprintf("the phrasebook is not written in %q", asked))
	}
	if asked == "" && b.Standing(string(a.officer())) != "" {
		return string(a.officer()), nil
	}
	if asked == "" {
		return b.Languages[0].Tag, nil
	}
	return asked, nil
}
