package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"detente/act"
	"detente/control"
	"detente/internal/canon"
	"detente/internal/phrase"
	"detente/pack"
	"detente/party"
	"detente/provision"
	"detente/regime"
	"github.com/spf13/cobra"
)

// looking are the flags of every command that looks at what texts provide for.
type looking struct {
	exercise, test   bool
	at, lodged, held string
	language         string
}

func (l *looking) flags(c *cobra.Command) {
	l.books(c)
	f := c.Flags()
	f.StringVar(&l.at, "at", "", "as it stands at a moment, e.g. 2027-08-20 or 2027-08-20T12:00:00Z (default: now)")
	f.StringVar(&l.lodged, "lodged-by", "", "only what is shown to have been lodged by then: alike on every node")
	f.StringVar(&l.held, "held-at", "", "only what this node held then")
}

// books are the flags that choose a book and a language.
func (l *looking) books(c *cobra.Command) {
	f := c.Flags()
	f.BoolVar(&l.exercise, "exercise", false, "what is said as an exercise, which never mixes with what is said in earnest")
	f.BoolVar(&l.test, "test", false, "what is said as a test")
	f.StringVar(&l.language, "language", "", "of titles and sentences: en or ru (default: that of the officer)")
}

func (l *looking) args(a *app) (control.LookArgs, error) {
	look := control.LookArgs{Status: act.Actual, Language: regime.Lang(l.language)}
	if l.language == "" {
		if look.Language = a.officer(); !slices.Contains(provision.Languages(), string(look.Language)) {
			look.Language = regime.English
		}
	}
	switch {
	case l.language != "" && !slices.Contains(provision.Languages(), l.language):
		return look, usage("--language en or ru", fmt.Sprintf("there are no sentences in %q", l.language))
	case l.exercise && l.test:
		return look, usage("", "--exercise and --test do not go together")
	case l.exercise:
		look.Status = act.Exercise
	case l.test:
		look.Status = act.Test
	}
	for _, t := range []struct {
		text string
		into *string
	}{{l.at, &look.At}, {l.lodged, &look.Lodged}, {l.held, &look.Held}} {
		if t.text == "" {
			continue
		}
		at, err := momentOf(t.text)
		if err != nil {
			return look, err
		}
		*t.into = canon.FormatTime(at)
	}
	return look, nil
}

// mark stands before whatever is not meant in earnest.
func (l *looking) mark() string {
	switch {
	case l.exercise:
		return "EXERCISE: "
	case l.test:
		return "TEST: "
	}
	return ""
}

// momentOf reads a moment, or a day, which is meant to its end in UTC.
func momentOf(text string) (time.Time, error) {
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return day.Add(24*time.Hour - time.Second), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, usage("", fmt.Sprintf("%q is neither a day such as 2027-08-20 nor a moment such as 2027-08-20T12:00:00Z", text))
	}
	return at.UTC().Truncate(time.Second), nil
}

func (a *app) cmdDue() *cobra.Command {
	var l looking
	var d control.DueArgs
	var with string
	var all bool
	c := a.command("due", "What this state will do and what it awaits, by the texts in force", `
detente due
detente due --with borovia --all
detente due --measure vd11.prior-notification --at 2027-08-20`, cobra.NoArgs, func(ctx context.Context, args []string) error {
		look, err := l.args(a)
		if err != nil {
			return err
		}
		d.LookArgs, d.Party, d.Open = look, party.ID(with), !all
		var out control.Due
		if err := a.call(ctx, "due", d, &out); err != nil {
			return err
		}
		return a.show(out, func(w writer) {
			lang := look.Language
			if a.printMissing(w, out.Missing, lang); out.Texts == 0 {
				fmt.Fprintln(w, label(lang, "no-text", nil))
				return
			}
			fmt.Fprintln(w, a.bold(l.mark()+label(lang, "own", nil)))
			a.printItems(w, out.Own, lang)
			fmt.Fprintln(w, "\n"+a.bold(l.mark()+label(lang, "awaited", nil)))
			a.printItems(w, out.Awaited, lang)
			fmt.Fprintln(w, "\n"+label(lang, "why-hint", nil))
		})
	})
	l.flags(c)
	c.Flags().StringVar(&with, "with", "", "only what concerns this other party too")
	c.Flags().StringVar(&d.Measure, "measure", "", "only this measure")
	c.Flags().StringVar(&d.Text, "text", "", "only this text")
	c.Flags().BoolVar(&all, "all", false, "also what is done, declined, past or not judged")
	return c
}

func (a *app) printMissing(w writer, missing []control.Missing, lang regime.Lang) {
	for _, m := range missing {
		fmt.Fprintln(w, label(lang, "missing", map[string]any{"id": m.ID, "digest": m.Digest.String()}))
	}
}

func (a *app) printItems(w writer, items []control.Item, lang regime.Lang) {
	t := newTable(columns(lang, "due", "state", "what", "by", "key")...)
	for i := range items {
		it := &items[i]
		words := it.Words
		if it.After > 0 {
			words = label(lang, "after", map[string]any{"words": words, "lapse": phrase.Lapse(it.After)})
		}
		if it.Sure.Unverified() {
			words = label(lang, "unverified", map[string]any{"words": words})
		}
		t.row(dueWords(it), words, it.Title, strings.Join(idsText(it.By), ", "), it.Key)
	}
	t.print(a, w, label(lang, "nothing", nil))
}

// dueWords is a due date: a day where the text counts days.
func dueWords(it *control.Item) string {
	switch {
	case it.Due == "":
		return "–"
	case it.Day != "":
		return it.Day
	}
	return it.Due
}

// columns are the labels of columns.
func columns(lang regime.Lang, keys ...string) []string {
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = label(lang, "column."+k, nil)
	}
	return out
}

func idsText(ids []party.ID) []string {
	out := make([]string, len(ids))
	for i := range ids {
		out[i] = string(ids[i])
	}
	return out
}

func (a *app) cmdWhy() *cobra.Command {
	var l looking
	c := a.command("why KEY|ACT|THREAD", "Why something is provided for, by when, and what shows that it was done", `
detente why ALA/2026/17
detente why "alatau/1f2e3d4c 12"
detente why vd11.calendar/2027/alatau --language ru`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		look, err := l.args(a)
		if err != nil {
			return err
		}
		if !l.exercise && !l.test {
			look.Status = "" // that of the thread
		}
		var out []control.Item
		if err := a.call(ctx, "why", control.WhyArgs{LookArgs: look, Of: args[0]}, &out); err != nil {
			return err
		}
		return a.show(out, func(w writer) {
			for i := range out {
				if i > 0 {
					fmt.Fprintln(w)
				}
				a.printWhy(w, &out[i], look.Language)
			}
		})
	})
	l.flags(c)
	return c
}

func (a *app) printWhy(w writer, it *control.Item, lang regime.Lang) {
	fmt.Fprintln(w, a.bold(fmt.Sprintf("%s – %s", it.Title, it.Words)))
	field := func(key, value string) {
		if value != "" {
			fmt.Fprintf(w, "%-9s %s\n", label(lang, key, nil), value)
		}
	}
	field("by", strings.Join(idsText(it.By), ", "))
	field("to", strings.Join(idsText(it.To), ", "))
	field("text", fmt.Sprintf("%s %s, %s (%s; %s)", it.Text, it.Edition, it.Article, it.Strength.In(lang), it.Nature.In(lang)))
	if it.Due != "" {
		field("due", dueWords(it))
	}
	field("not-told", strings.Join(idsText(it.Missing), ", "))
	fmt.Fprintln(w, it.Sentence)
	for _, d := range it.Acts {
		fmt.Fprintf(w, "  %s", label(lang, "as", map[string]any{"place": d.Place, "as": label(lang, "as."+d.As, nil), "party": string(d.By)}))
		if d.Lodged.Sentence != "" {
			fmt.Fprintf(w, "; %s", d.Lodged.Sentence)
		}
		if d.Had != "" {
			fmt.Fprintf(w, "; %s", label(lang, "had", map[string]any{"at": d.Had}))
		}
		fmt.Fprintln(w)
	}
	field("counts", strings.Join(it.Accounts, ", "))
	field("key", it.Key)
}

func (a *app) cmdQuota() *cobra.Command {
	var l looking
	var q control.QuotaArgs
	c := a.command("quota", "The counts of this state: how often something was done, and how often the text provides for", `
detente quota
detente quota --measure vd11.inspection
detente quota --at 2027-12-31 --json`, cobra.NoArgs, func(ctx context.Context, args []string) error {
		look, err := l.args(a)
		if err != nil {
			return err
		}
		q.LookArgs = look
		var out []control.Account
		if err := a.call(ctx, "quota", q, &out); err != nil {
			return err
		}
		return a.show(out, func(w writer) {
			lang := look.Language
			say := func(key string, n int) string { return label(lang, key, map[string]any{"n": int64(n)}) }
			t := newTable(columns(lang, "count", "of", "period", "used", "provided", "remark")...)
			for _, x := range out {
				most := "–"
				switch {
				case x.Allowed >= 0:
					most = say("at-most", x.Allowed)
				case x.Least > 0:
					most = say("at-least", x.Least)
				}
				if x.Sure.Unverified() && most != "–" {
					most = label(lang, "unverified", map[string]any{"words": most})
				}
				remark := strings.Join(x.NotKnown, "; ")
				if x.Full {
					remark = strings.Trim(remark+"; "+label(lang, "full", nil), "; ")
				}
				t.row(x.Title, strings.Join(append(idsText(x.Scope), x.Where...), ", "), dash(x.Period), fmt.Sprint(x.Used), most, remark)
			}
			t.print(a, w, label(lang, "nothing-counted", nil))
		})
	})
	l.flags(c)
	c.Flags().StringVar(&q.Measure, "measure", "", "only this measure")
	return c
}

func (a *app) cmdFinding() *cobra.Command {
	var l looking
	list := a.command("list", "List counts outside of what the texts provide for, and statements whose form cannot be read", `
detente finding list
detente finding list --language ru
detente finding list --at 2027-12-31 --json`, cobra.NoArgs, func(ctx context.Context, args []string) error {
		look, err := l.args(a)
		if err != nil {
			return err
		}
		var out []control.TextFinding
		if err := a.call(ctx, "findings", look, &out); err != nil {
			return err
		}
		return a.show(out, func(w writer) {
			if len(out) == 0 {
				fmt.Fprintln(w, "There is no finding.")
			}
			for _, f := range out {
				fmt.Fprintln(w, strings.TrimSpace(f.Sentence+" "+f.Article))
				for _, place := range f.Acts {
					fmt.Fprintf(w, "  %s\n", place)
				}
			}
		})
	})
	l.flags(list)
	return a.noun("finding", "Counts outside of what the texts provide for", `
detente finding list
detente finding list --json
detente quota`, list)
}

func (a *app) cmdPortfolio() *cobra.Command {
	var l looking
	c := a.command("portfolio", "What this state is bound by: edition, since when, what was agreed and what is open", `
detente portfolio
detente portfolio --at 2005-01-01
detente portfolio --language ru`, cobra.NoArgs, func(ctx context.Context, args []string) error {
		look, err := l.args(a)
		if err != nil {
			return err
		}
		var out control.Portfolio
		if err := a.call(ctx, "portfolio", look, &out); err != nil {
			return err
		}
		return a.show(out, func(w writer) { a.printPortfolio(w, &out, look.Language) })
	})
	l.flags(c)
	return c
}

func (a *app) printPortfolio(w writer, p *control.Portfolio, lang regime.Lang) {
	a.printMissing(w, p.Missing, lang)
	if len(p.Texts) == 0 {
		fmt.Fprintln(w, label(lang, "no-text", nil))
		return
	}
	for _, t := range p.Texts {
		fmt.Fprintf(w, "%s\n", a.bold(fmt.Sprintf("%s – %s", t.Text, t.Title)))
		fmt.Fprintf(w, "  %s; %s\n", t.Nature.In(lang), inForceWords(&t, lang))
		if t.Remark != "" {
			fmt.Fprintf(w, "  %s\n", t.Remark)
		}
		line := func(key string, blanks map[string]any) { fmt.Fprintf(w, "  %s\n", label(lang, key, blanks)) }
		for _, g := range t.Agreed {
			key := "agreed"
			if len(g.Between) > 0 {
				key = "agreed-between"
			}
			line(key, map[string]any{"title": g.Title, "value": g.Value, "slot": g.Slot, "parties": strings.Join(idsText(g.Between), ", ")})
		}
		for _, g := range t.Open {
			key := "not-agreed"
			if g.Proposed != "" {
				key = "not-agreed-proposed"
			}
			line(key, map[string]any{"title": g.Title, "slot": g.Slot, "value": g.Proposed})
		}
		for _, d := range t.Declared {
			line("declared", map[string]any{"title": d.Title, "when": dash(d.When), "place": d.Place, "code": d.Code})
		}
		if len(t.Off) > 0 {
			line("too-unsure", map[string]any{"measures": strings.Join(t.Off, ", ")})
		}
		for _, g := range t.Gaps {
			line("not-found", map[string]any{"what": g})
		}
		fmt.Fprintln(w)
	}
	if len(p.Overlaps) > 0 {
		fmt.Fprintln(w, a.bold(label(lang, "overlaps", nil)))
		for _, o := range p.Overlaps {
			fmt.Fprintf(w, "  %s, %s, %s: %s\n", pack.PlaceWord(o.Stage, lang), pack.PlaceWord(o.Field, lang), pack.PlaceWord(o.Family, lang), strings.Join(o.Measures, ", "))
		}
	}
}

func inForceWords(t *control.Bound, lang regime.Lang) string {
	say := func(key, value string) string { return label(lang, key, map[string]any{"value": value}) }
	words := say("no-edition", "")
	if t.Edition != "" {
		words = say("edition", t.Edition)
		if t.Since != "" {
			words += ", " + say("in-force-since", t.Since)
		}
		if t.Until != "" {
			words += ", " + say("until", t.Until)
		}
		if t.Sure.Unverified() {
			words = label(lang, "unverified", map[string]any{"words": words})
		}
	}
	if t.Adopted != "" {
		words += "; " + say("adopted-here", t.Adopted)
	}
	return words
}

func (a *app) cmdBlocks() *cobra.Command {
	var l looking
	c := a.command("blocks PARTY", "The building blocks between this state and another: what stands, what could come next, what it would need", `
detente blocks borovia
detente blocks borovia --language ru
detente blocks borovia --json`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		look, err := l.args(a)
		if err != nil {
			return err
		}
		var out []control.Block
		if err := a.call(ctx, "blocks", control.BlocksArgs{LookArgs: look, With: party.ID(args[0])}, &out); err != nil {
			return err
		}
		return a.show(out, func(w writer) {
			if len(out) == 0 {
				fmt.Fprintln(w, label(look.Language, "no-text", nil))
			}
			stage := ""
			for _, b := range out {
				head := label(look.Language, "could-come", map[string]any{"stage": pack.PlaceWord(b.Stage, look.Language)})
				if b.Stands {
					head = label(look.Language, "stands", nil)
				}
				if head != stage {
					fmt.Fprintln(w, a.bold(head))
					stage = head
				}
				fmt.Fprintf(w, "  %s  %s\n", b.Measure, b.Title)
				for _, n := range b.Needs {
					fmt.Fprintf(w, "      %s\n", label(look.Language, "needs", map[string]any{"what": n}))
				}
				if len(b.From) > 0 && !b.Stands {
					fmt.Fprintf(w, "      %s\n", label(look.Language, "builds-on", map[string]any{"measures": strings.Join(b.From, ", ")}))
				}
			}
		})
	})
	l.flags(c)
	return c
}
