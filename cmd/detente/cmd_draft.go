package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"detente/act"
	"detente/control"
	"detente/node"
	"detente/party"
	"detente/regime"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func (a *app) cmdDraft() *cobra.Command {
	return a.noun("draft", "Prepare what this state wants to say", `
detente draft new --form cica.2.1.1d --values exercise.json --to borovia,cintra --thread ALA/2026/17 --exercise
detente draft check 3f2a
detente draft submit 3f2a`,
		a.draftNew(), a.draftEdit(), a.draftShow(), a.draftList(), a.draftCheck(), a.draftSubmit(), a.draftDrop())
}

// wording are the flags that say what a draft contains.
type wording struct {
	to                                         []string
	open, discreet, exercise, test             bool
	form, from, values, text, textFile, thread string
	answers                                    string
	post, note, language, handling             string
	set, answer                                map[string]string
}

func (g *wording) flags(f *pflag.FlagSet) {
	f.StringSliceVar(&g.to, "to", nil, "addressees, in order, or all")
	f.BoolVar(&g.open, "open", false, "in the clear, although there are addressees")
	f.BoolVar(&g.discreet, "discreet", false, "on the record, discreet: who is not addressed sees only that there is an act")
	f.BoolVar(&g.exercise, "exercise", false, "status exercise")
	f.BoolVar(&g.test, "test", false, "status test")
	f.StringVar(&g.thread, "thread", "", "reference of the thread, e.g. ALA/2026/17")
	f.StringVar(&g.answers, "answers", "", "what it answers: a place such as \"borovia/00000001 12\", or a thread, of which the newest statement is meant")
	f.StringVar(&g.post, "post", "", "issuing post")
	f.StringVar(&g.note, "note", "", "note-verbale number")
	f.StringVar(&g.language, "language", "", "original language, e.g. en")
	f.StringVar(&g.handling, "handling", "", "handling mark")
	f.StringVar(&g.from, "from", "", "begin from a thread, an act, a draft or a file, e.g. last year's notice")
	g.content(f)
}

func (g *wording) content(f *pflag.FlagSet) {
	f.StringVar(&g.form, "form", "", "form, see: detente form list")
	f.StringVar(&g.values, "values", "", "file with the filled form: .json, .yaml or .csv, see: detente form blank; - is stdin")
	f.StringToStringVar(&g.set, "set", nil, "single fields by id or number, `field=value`, e.g. start_date=2027-03-02")
	f.StringToStringVar(&g.answer, "answer", nil, "fields answered nil, not-known-now, not-applicable or, where the form offers it, disputed, `field=answer`, e.g. observers=nil")
	f.StringVar(&g.text, "text", "", "plain text instead of a form")
	f.StringVar(&g.textFile, "text-file", "", "file with plain text instead of a form; - is stdin")
}

// request lays the flags that were given over r.
func (a *app) request(ctx context.Context, g *wording, r *node.Request, f *pflag.FlagSet) error {
	if g.exercise && g.test {
		return usage("", "a draft is exercise or test, not both")
	}
	switch {
	case g.exercise:
		r.Status = act.Exercise
	case g.test:
		r.Status = act.Test
	case r.Status == "":
		r.Status = act.Actual
	}
	if f.Changed("to") {
		r.To = []party.ID{}
		for _, s := range g.to {
			if s == "all" && len(g.to) == 1 {
				break
			}
			id, err := party.ParseID(s)
			if err != nil {
				return usage("detente peer list", err.Error())
			}
			r.To = append(r.To, id)
		}
	}
	if f.Changed("open") {
		r.Open = g.open
	}
	if f.Changed("discreet") {
		r.Discreet = g.discreet
	}
	for _, one := range []struct {
		flag, value string
		into        *string
	}{{"thread", g.thread, &r.Thread}, {"note", g.note, &r.Note}, {"language", g.language, &r.Language}, {"handling", g.handling, &r.Handling}} {
		if f.Changed(one.flag) {
			*one.into = one.value
		}
	}
	if f.Changed("post") {
		post, err := party.ParsePost(g.post)
		if err != nil {
			return usage("", err.Error())
		}
		r.Post = post
	}
	if f.Changed("answers") {
		if err := a.answered(ctx, g.answers, r); err != nil {
			return err
		}
	}
	return a.contentOf(ctx, g, r)
}

// answered names the statement that a draft answers; empty: none.
func (a *app) answered(ctx context.Context, what string, r *node.Request) error {
	if r.Answers = ""; what == "" {
		return nil
	}
	var s control.Statement
	if err := a.call(ctx, "statement-show", control.RefArgs{Ref: what}, &s); err != nil {
		return err
	}
	if s.Status != r.Status {
		return usage("say so with --exercise or --test, or with neither", fmt.Sprintf("%s is %s and the draft is %s", s.Place, s.Status, r.Status))
	}
	if r.Answers = s.Ref; r.Thread == "" {
		r.Thread = s.Thread
	}
	r.Discreet = r.Discreet || s.Discreet
	return nil
}

// contentOf reads the form or the text of a draft.
func (a *app) contentOf(ctx context.Context, g *wording, r *node.Request) error {
	if g.form != "" {
		r.Measure = g.form
	}
	switch {
	case g.text != "" && g.textFile != "":
		return usage("", "give the text once: --text or --text-file")
	case g.text != "":
		r.Text = g.text
	case g.textFile != "":
		b, err := a.readFile(g.textFile)
		if err != nil {
			return err
		}
		if !utf8.Valid(b) {
			return usage("save it as UTF-8", fmt.Sprintf("%s is not text in UTF-8", g.textFile))
		}
		// As other systems end lines and begin files.
		text := strings.ReplaceAll(strings.TrimPrefix(string(b), "\ufeff"), "\r\n", "\n")
		r.Text = strings.TrimRight(text, "\n")
	}
	if g.values == "" && g.from == "" && len(g.set) == 0 && len(g.answer) == 0 {
		return nil
	}
	return a.valuesOf(ctx, g, r)
}

// valuesOf lays what was given over what a draft has: an earlier form, a file, and
// single fields.
func (a *app) valuesOf(ctx context.Context, g *wording, r *node.Request) error {
	var v, before *regime.Values
	var err error
	switch {
	case g.from != "":
		if r.Measure, before, err = a.earlier(ctx, g.from, r.Measure); err != nil {
			return err
		}
		v = before
	case r.Measure == "":
		return usage("detente form list", "values need a form: --form ID")
	case g.values == "" && len(r.Values) > 0 && string(r.Values) != "null":
		if v, err = regime.ReadValues(r.Values); err != nil {
			return fmt.Errorf("read the draft: %w", err)
		}
	}
	form, err := a.form(ctx, r.Measure)
	if err != nil {
		return err
	}
	given := map[string]bool{}
	if g.values != "" {
		file, err := a.readValues(form, g.values)
		if err != nil {
			return err
		}
		if v, err = over(v, file); err != nil {
			return err
		}
		for _, id := range file.IDs() {
			given[id] = true
		}
	}
	for name, text := range g.set {
		if v, err = form.Set(v, name, text); err != nil {
			return usage("detente form show "+r.Measure, err.Error())
		}
		given[idOf(form, name)] = true
	}
	for name, answer := range g.answer {
		if !slices.Contains(regime.Answers(), regime.Answer(answer)) {
			return usage("", fmt.Sprintf("answer %q is none of nil, not-known-now, not-applicable, disputed", answer))
		}
		if v, err = form.Set(v, name, "["+answer+"]"); err != nil {
			return usage("detente form show "+r.Measure, err.Error())
		}
		given[idOf(form, name)] = true
	}
	a.echo(form, v, func(id string) bool { return given[id] })
	if before != nil {
		a.again(form, before, func(id string) bool { return given[id] })
	}
	r.Values, err = v.Bytes()
	return err
}

// over lays values over others, as a file over an earlier form.
func over(below, above *regime.Values) (*regime.Values, error) {
	if below == nil {
		return above, nil
	}
	one, err := below.Bytes()
	if err != nil {
		return nil, err
	}
	two, err := above.Bytes()
	if err != nil {
		return nil, err
	}
	fields := map[string]json.RawMessage{}
	for _, b := range [][]byte{one, two} {
		if err := json.Unmarshal(b, &fields); err != nil {
			return nil, err
		}
	}
	b, err := json.Marshal(fields)
	if err != nil {
		return nil, err
	}
	return regime.ReadValues(b)
}

func idOf(f *regime.Form, name string) string {
	for i := range f.Fields {
		if f.Fields[i].Number == name {
			return f.Fields[i].ID
		}
	}
	return name
}

func (a *app) draftNew() *cobra.Command {
	var g wording
	var submit bool
	c := a.command("new", "Begin a draft", `
detente draft new --form cica.2.1.1d --values exercise.json --to borovia,cintra --thread ALA/2026/17 --exercise
detente draft new --text "The line is tested on Monday." --to all --test
detente draft new --from ALA/2025/9 --set 1.5=2027-05-17,1.6=2027-06-04 --to borovia --thread ALA/2026/17
detente draft new --form cica.hum.4 --values orchestra.json --to all --thread ALA/2026/18`, cobra.NoArgs, nil)
	c.RunE = a.run(func(ctx context.Context, args []string) error {
		if len(g.to) == 0 {
			return usage("--to borovia,cintra or --to all", "say to whom it goes")
		}
		if g.form == "" && g.from == "" && g.text == "" && g.textFile == "" {
			return usage("--form ID --values FILE, --from THREAD, or --text TEXT", "say what it contains")
		}
		r := node.Request{Kind: act.Statement, Life: act.New, To: []party.ID{}}
		if err := a.request(ctx, &g, &r, c.Flags()); err != nil {
			return err
		}
		return a.save(ctx, "", r, submit)
	})
	g.flags(c.Flags())
	c.Flags().BoolVar(&submit, "submit", false, "hand it over for clearance at once")
	return c
}

// save stores a draft and says what comes next.
func (a *app) save(ctx context.Context, id string, r node.Request, submit bool) error {
	var d control.Draft
	if err := a.call(ctx, "draft-save", control.SaveArgs{ID: id, Request: r}, &d); err != nil {
		return err
	}
	return a.kept(ctx, d, submit)
}

// kept submits a draft, if asked to, and says what comes next.
func (a *app) kept(ctx context.Context, d control.Draft, submit bool) error {
	if submit {
		if err := a.call(ctx, "draft-submit", control.DraftArgs{ID: d.ID}, &d); err != nil {
			a.talk("The draft is kept: detente draft edit %s", d.ID)
			return err
		}
	}
	return a.show(d, func(w writer) {
		fmt.Fprintf(w, "Draft %s, revision %d, %s.\n", d.ID, d.Revision, d.State)
		a.printFaults(w, d.Faults)
		a.printAdvice(w, d.Provides)
		switch {
		case len(d.Faults) > 0:
			fmt.Fprintf(w, "Next: detente draft edit %s\n", d.ID)
		case submit:
			fmt.Fprintf(w, "Next: another officer: detente clear %s\n", d.ID)
		default:
			fmt.Fprintf(w, "Next: detente draft submit %s\n", d.ID)
		}
	})
}

func (a *app) printFaults(w writer, faults []control.Fault) {
	if len(faults) == 0 {
		return
	}
	fmt.Fprintf(w, "To be mended before it can be submitted (%d):\n", len(faults))
	for _, f := range faults {
		fmt.Fprintf(w, "  %s\n", a.faultLine(f))
	}
}

func (a *app) draftEdit() *cobra.Command {
	var g wording
	c := a.command("edit ID", "Change a draft; what was cleared of it is void", `
detente draft edit 3f2a --values exercise.json
detente draft edit 3f2a --set start_date=2027-03-02,end_date=2027-03-12
detente draft edit 3f2a --to borovia,cintra,dovania`, cobra.ExactArgs(1), nil)
	c.RunE = a.run(func(ctx context.Context, args []string) error {
		var d control.Draft
		if err := a.call(ctx, "draft-show", control.DraftArgs{ID: args[0]}, &d); err != nil {
			return err
		}
		if err := a.request(ctx, &g, &d.Request, c.Flags()); err != nil {
			return err
		}
		return a.save(ctx, d.ID, d.Request, false)
	})
	g.flags(c.Flags())
	return c
}

func (a *app) draftShow() *cobra.Command {
	return a.command("show ID", "Show a draft in full, with its hash and what it lacks", `
detente draft show 3f2a
detente draft show 3f2a --json
detente draft show 3f2a --home ./alatau`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		var d control.Draft
		if err := a.call(ctx, "draft-show", control.DraftArgs{ID: args[0]}, &d); err != nil {
			return err
		}
		return a.show(d, func(w writer) { a.printDraft(w, &d) })
	})
}

func (a *app) printDraft(w writer, d *control.Draft) {
	fmt.Fprintln(w, a.bold(fmt.Sprintf("Draft %s, revision %d, by %s: %s", d.ID, d.Revision, d.Author, d.State)))
	fmt.Fprintf(w, "%-12s %s\n\n", "hash", d.Digest)
	fmt.Fprint(w, d.Text)
	fmt.Fprintln(w)
	for _, c := range d.Cleared {
		fmt.Fprintf(w, "Step %s was cleared by %s at %s", c.Step, c.Officer, c.At)
		if c.Reference != "" {
			fmt.Fprintf(w, ", reference %s", c.Reference)
		}
		fmt.Fprintln(w, ".")
	}
	if len(d.Open) > 0 && d.Sent == "" {
		fmt.Fprintf(w, "Steps still open: %s.\n", strings.Join(d.Open, ", "))
	}
	if d.Urgent {
		fmt.Fprintf(w, "Released urgently: %s.\n", d.Reason)
	}
	if d.Remarks != "" {
		fmt.Fprintf(w, "Returned with remarks: %s\n", d.Remarks)
	}
	if d.Sent != "" {
		fmt.Fprintf(w, "Sent as %s.\n", d.Sent)
		return
	}
	a.printFaults(w, d.Faults)
	a.printAdvice(w, d.Provides)
}

// printAdvice says what the texts in force say of a draft.
func (a *app) printAdvice(w writer, all []control.Advice) {
	if len(all) == 0 {
		return
	}
	fmt.Fprintln(w, "By the texts in force:")
	for i := range all {
		x := &all[i]
		sentence := x.Sentence
		if own, ok := x.Texts[a.officer()]; ok {
			sentence = own
		}
		fmt.Fprintf(w, "  %s, %s: %s\n", x.Text, x.Title, sentence)
		if x.Due != "" {
			fmt.Fprintf(w, "  To be lodged by %s", x.Due)
			if x.Courier != "" {
				fmt.Fprintf(w, "; by courier on its way by %s, the slowest round trip before it", x.Courier)
			}
			fmt.Fprintln(w, ".")
		}
		if len(x.Missing) > 0 {
			fmt.Fprintf(w, "  Not among the addressees: %s.\n", joined(x.Missing))
		}
	}
}

func (a *app) draftList() *cobra.Command {
	var args control.DraftsArgs
	c := a.command("list", "List drafts, the latest changed first", `
detente draft list
detente draft list --state submitted
detente draft list --mine --json`, cobra.NoArgs, func(ctx context.Context, _ []string) error {
		var all []control.DraftLine
		if err := a.call(ctx, "draft-list", args, &all); err != nil {
			return err
		}
		return a.show(all, func(w writer) {
			t := newTable("draft", "state", "author", "status", "thread", "about", "to", "open steps")
			for _, d := range all {
				about := d.Measure
				if about == "" {
					about = string(d.Kind)
				}
				t.row(d.ID, d.State, d.Author, string(d.Status), dash(d.Thread), about, toWords(d.To), dash(strings.Join(d.Open, ", ")))
			}
			t.print(a, w, "There is no draft.")
		})
	})
	c.Flags().StringVar(&args.State, "state", "", "draft, submitted, returned, cleared, sent or dropped")
	c.Flags().BoolVar(&args.Mine, "mine", false, "of the signed-in officer alone")
	return c
}

func dash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

func toWords(ids []party.ID) string {
	if len(ids) == 0 {
		return "all"
	}
	return joined(ids)
}

func (a *app) draftCheck() *cobra.Command {
	return a.command("check ID", "Say every fault of a draft at once", `
detente draft check 3f2a
detente draft check 3f2a --json
detente form check cica.2.1.1d exercise.json`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		var c control.Checked
		if err := a.call(ctx, "draft-check", control.SaveArgs{ID: args[0]}, &c); err != nil {
			return err
		}
		return a.show(c, func(w writer) {
			fmt.Fprintln(w, "The draft has no fault.")
			a.printAdvice(w, c.Provides)
		})
	})
}

func (a *app) draftSubmit() *cobra.Command {
	return a.command("submit ID", "Hand a draft over for clearance", `
detente draft submit 3f2a
detente draft submit 3f2a --json
detente draft submit 3f2a --home ./alatau`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		var d control.Draft
		if err := a.call(ctx, "draft-submit", control.DraftArgs{ID: args[0]}, &d); err != nil {
			return err
		}
		return a.show(d, func(w writer) {
			fmt.Fprintf(w, "Draft %s waits for clearance: %s.\nNext: another officer: detente clear %s\n", d.ID, strings.Join(d.Open, ", "), d.ID)
		})
	})
}

func (a *app) draftDrop() *cobra.Command {
	return a.command("drop ID", "Give a draft up; it stays readable", `
detente draft drop 3f2a
detente draft drop 3f2a --json
detente draft list --state dropped`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		var id string
		if err := a.call(ctx, "draft-drop", control.DraftArgs{ID: args[0]}, &id); err != nil {
			return err
		}
		return a.show(id, func(w writer) { fmt.Fprintf(w, "Draft %s was dropped.\n", id) })
	})
}

// run is command's way for verbs that need their own flag set.
func (a *app) run(do func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return a.command("", "", "", nil, do).RunE
}
