package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"detente/act"
	"detente/control"
	"detente/line"
	"detente/party"
	"detente/regime"
	"detente/watch"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func (a *app) cmdLine() *cobra.Command {
	return a.noun("line", "Hotlines: who answers, what is said, calls and tests", `
detente line list
detente line say capitals --precedence 1 --text "We ask for news of the vessel." --submit
detente line acknowledge BOROVIA/20270301-140500`,
		a.lineList(), a.lineEnd("open", line.Open, "Say that this state answers on a line"),
		a.lineEnd("suspend", line.Suspended, "Say that this state does not answer on a line for a time"),
		a.lineEnd("close", line.Closed, "Say that this state answers on a line no more"),
		a.lineEnd("decline", line.Declined, "Say that this state does not take part in a line"),
		a.lineSay(), a.lineCall(false), a.lineCall(true), a.lineAcknowledge(), a.lineSilence(), a.lineDone(),
		a.lineMessages(), a.lineHours(), a.linePublish(), a.lineProcedures(), a.lineInstruct())
}

// with are the flags that tell lines of one name apart.
func with(f *pflag.FlagSet, into *[]string) {
	f.StringSliceVar(into, "with", nil, "the other parties of the line; needed where several have its name, and to open one")
}

func lineArgs(name string, with []string) (control.LineArgs, error) {
	id, err := line.ParseID(name)
	if err != nil {
		return control.LineArgs{}, usage("e.g. capitals", err.Error())
	}
	out := control.LineArgs{Line: id}
	for _, s := range with {
		p, err := party.ParseID(s)
		if err != nil {
			return out, usage("detente peer list", err.Error())
		}
		out.With = append(out.With, p)
	}
	return out, nil
}

func (a *app) lineList() *cobra.Command {
	return a.command("list", "List the lines of this state and how each stands", `
detente line list
detente line list --json
detente desk`, cobra.NoArgs, func(ctx context.Context, args []string) error {
		var all []control.LineView
		if err := a.call(ctx, "line-list", nil, &all); err != nil {
			return err
		}
		return a.show(all, func(w writer) { a.printLinesOf(w, all) })
	})
}

func (a *app) printLinesOf(w writer, all []control.LineView) {
	if len(all) == 0 {
		fmt.Fprintln(w, "No line is known. Open one: detente line open NAME --with PARTY")
	}
	for _, l := range all {
		mine := string(l.Mine)
		if mine == "" {
			mine = "nothing said"
		}
		fmt.Fprintln(w, a.bold(fmt.Sprintf("%s: this state's side: %s", l.Line, mine)))
		if l.Subject != "" {
			fmt.Fprintf(w, "  %s\n", l.Subject)
		}
		for _, s := range l.Others {
			fmt.Fprintf(w, "  %s: %s\n", s.Name, s.Sentence)
			if s.OnDuty != nil {
				fmt.Fprintf(w, "    %s%s\n", s.OnDuty.Sentence, there(s.OnDuty))
			}
			if len(s.Languages) > 0 {
				fmt.Fprintf(w, "    answers in %s\n", strings.Join(s.Languages, ", "))
			}
			if len(s.Answers) > 0 {
				fmt.Fprintf(w, "    call of %s acknowledged after %d s\n", s.Tested, s.Answers[0])
			}
			if s.Unanswered > 0 {
				fmt.Fprintf(w, "    %s since without an acknowledgement\n", counted(s.Unanswered, "call"))
			}
		}
	}
}

func (a *app) lineEnd(verb string, state line.State, short string) *cobra.Command {
	var e control.EndArgs
	var others []string
	var submit bool
	examples := fmt.Sprintf(`
detente line %s capitals
detente line %s capitals --with borovia --submit
detente line list`, verb, verb)
	if state == line.Open {
		examples = `
detente line open capitals --with borovia --languages en,ru --subject "Between the operations centres" --submit
detente line open border.north --with borovia,cintra --languages en
detente line list`
	}
	c := a.command(verb+" NAME", short+" (makes a draft, to be cleared)", examples, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		var err error
		if e.LineArgs, err = lineArgs(args[0], others); err != nil {
			return err
		}
		e.State = state
		return a.drafted(ctx, "line-end", e, submit)
	})
	f := c.Flags()
	with(f, &others)
	if state == line.Open {
		f.StringVar(&e.Subject, "subject", "", "what the line is for, one line")
		f.StringSliceVar(&e.Languages, "languages", nil, "in which this state answers, e.g. en,ru")
	} else {
		f.StringVar(&e.Reason, "reason", "", "why, one line, if it is to be said")
	}
	if state == line.Suspended {
		f.StringVar(&e.Until, "until", "", "when the suspension ends by itself, e.g. 2027-03-01T06:00:00Z")
	}
	f.BoolVar(&submit, "submit", false, "hand it over for clearance at once")
	return c
}

// drafted calls a verb that makes a draft, and says what comes next.
func (a *app) drafted(ctx context.Context, verb string, args any, submit bool) error {
	var d control.Draft
	if err := a.call(ctx, verb, args, &d); err != nil {
		return err
	}
	return a.kept(ctx, d, submit)
}

func (a *app) lineSay() *cobra.Command {
	var s control.SayArgs
	var others, phrases []string
	var precedence int
	var textFile string
	var exercise, test, submit bool
	c := a.command("say NAME", "Say something on a line (makes a draft, to be cleared)", `
detente line say capitals --precedence 1 --phrase "sea.distress place=43.25, 76.95; time=2027-03-01T14:05:00Z" --submit
detente line say capitals --precedence 2 --text "We ask for an explanation." --language en
detente line say capitals --answers BOROVIA/20270301-140500 --text "We confirm." --language en --submit`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		var err error
		if s.LineArgs, err = lineArgs(args[0], others); err != nil {
			return err
		}
		if s.Status, err = statusOf(exercise, test); err != nil {
			return err
		}
		if textFile != "" {
			b, err := a.readFile(textFile)
			if err != nil {
				return err
			}
			s.Text = strings.TrimRight(string(b), "\n")
		}
		if s.Text == "" {
			s.Language = ""
		}
		for _, p := range phrases {
			one, err := phraseOf(p)
			if err != nil {
				return err
			}
			s.Agreed = append(s.Agreed, one)
		}
		s.Precedence = line.Precedence(precedence)
		if err := a.drafted(ctx, "line-say", s, submit); err != nil {
			return err
		}
		return a.awaits(ctx, s.LineArgs)
	})
	f := c.Flags()
	with(f, &others)
	f.IntVar(&precedence, "precedence", 3, "1 immediate, 2 urgent, 3 timed, 4 routine")
	f.StringArrayVar(&phrases, "phrase", nil, "agreed text: `\"id slot=value; slot=value\"`; may be given several times; see: detente phrase list")
	f.StringVar(&s.Text, "text", "", "free text")
	f.StringVar(&textFile, "text-file", "", "file with free text; - is stdin")
	f.StringVar(&s.Language, "language", "en", "language of the free text")
	f.StringVar(&s.Thread, "thread", "", "reference of the thread (default that of what is answered, else a new one)")
	f.StringVar(&s.Answers, "answers", "", "what it answers: a thread or a place")
	f.BoolVar(&s.Discreet, "discreet", false, "on the record, discreet: who is not on the line sees only that there is an act")
	f.BoolVar(&exercise, "exercise", false, "status exercise")
	f.BoolVar(&test, "test", false, "status test")
	f.BoolVar(&submit, "submit", false, "hand it over for clearance at once")
	return c
}

// awaits says of each other party of a line what stands in the way of an early
// answer: how the line stands, and that nobody is on duty there.
func (a *app) awaits(ctx context.Context, args control.LineArgs) error {
	var all []control.LineView
	if err := a.call(ctx, "line-list", nil, &all); err != nil {
		return err
	}
	for _, l := range all {
		for _, s := range l.Others {
			if l.Line != args.Line || len(args.With) > 0 && !slices.Contains(args.With, s.Party) {
				continue
			}
			if s.Condition != watch.InService {
				a.talk("%s", s.Sentence)
			}
			if s.OnDuty != nil && !s.OnDuty.On {
				a.talk("%s: %s%s", s.Name, s.OnDuty.Sentence, there(s.OnDuty))
			}
		}
	}
	return nil
}

// there is the moment of a change by the clock there, for the end of a sentence.
func there(d *control.OnDuty) string {
	if d.There == "" {
		return ""
	}
	return fmt.Sprintf(" (there: %s)", d.There)
}

func statusOf(exercise, test bool) (act.Status, error) {
	switch {
	case exercise && test:
		return "", usage("", "it is exercise or test, not both")
	case exercise:
		return act.Exercise, nil
	case test:
		return act.Test, nil
	}
	return act.Actual, nil
}

// phraseOf reads "id slot=value; slot=value".
func phraseOf(s string) (line.Phrase, error) {
	id, rest, _ := strings.Cut(strings.TrimSpace(s), " ")
	p := line.Phrase{ID: id, Values: map[string]string{}}
	for _, part := range strings.Split(rest, ";") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		slot, value, ok := strings.Cut(part, "=")
		if !ok {
			return p, usage(`e.g. --phrase "sea.distress place=43.25, 76.95; time=2027-03-01T14:05:00Z"`, fmt.Sprintf("%q is not written as slot=value", part))
		}
		p.Values[strings.TrimSpace(slot)] = strings.TrimSpace(value)
	}
	return p, nil
}

func (a *app) lineCall(isTest bool) *cobra.Command {
	var r control.CallArgs
	var others []string
	var exercise bool
	use, short, examples := "call NAME", "Call on a line: come to the line; goes at once and says nothing else", `
detente line call capitals
detente line call capitals --exercise
detente line call border.north --with borovia,cintra`
	if isTest {
		use, short, examples = "test NAME", "Make a test call on a line; goes at once", `
detente line test capitals
detente line test border.north --with borovia,cintra
detente line list`
	}
	c := a.command(use, short, examples, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		var err error
		if r.LineArgs, err = lineArgs(args[0], others); err != nil {
			return err
		}
		r.Test, r.Precedence = isTest, line.Immediate
		if isTest {
			r.Precedence = line.Timed
		}
		if r.Status, err = statusOf(exercise, false); err != nil {
			return err
		}
		var done control.Called
		if err := a.call(ctx, "line-call", r, &done); err != nil {
			return err
		}
		if err := a.show(done, func(w writer) {
			fmt.Fprintf(w, "Called in the thread %s, as act %s of this state's record.\n", done.Thread, done.Place)
		}); err != nil {
			return err
		}
		if err := a.awaits(ctx, r.LineArgs); err != nil {
			return err
		}
		return a.queued(done.Queued)
	})
	f := c.Flags()
	with(f, &others)
	f.StringVar(&r.Thread, "thread", "", "reference of the thread (default a new one)")
	if !isTest {
		f.BoolVar(&exercise, "exercise", false, "status exercise")
	}
	return c
}

func (a *app) lineAcknowledge() *cobra.Command {
	var post string
	c := a.command("acknowledge REF", "Acknowledge receipt of a message by a post; never agreement", `
detente line acknowledge BOROVIA/20270301-140500
detente line acknowledge BOROVIA/20270301-140500 --post duty-officer
detente desk`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		r := control.RefArgs{Ref: args[0]}
		if post != "" {
			p, err := party.ParsePost(post)
			if err != nil {
				return usage("", err.Error())
			}
			r.Post = p
		}
		return a.respond(ctx, "acknowledge", r, "Receipt was acknowledged")
	})
	c.Flags().StringVar(&post, "post", "", "post that acknowledges (default that of the officer)")
	return c
}

func (a *app) lineSilence() *cobra.Command {
	return a.command("silence REF", "Silence the sound of a message for 30 s; it still waits and calls", `
detente line silence BOROVIA/20270301-140500
detente line silence "borovia/1f2e3d4c 12"
detente desk`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		var until string
		if err := a.call(ctx, "line-silence", control.RefArgs{Ref: args[0]}, &until); err != nil {
			return err
		}
		return a.show(map[string]string{"until": until}, func(w writer) { fmt.Fprintf(w, "Silent until %s; then sound returns.\n", until) })
	})
}

func (a *app) lineDone() *cobra.Command {
	return a.command("done REF", "Mark an acknowledged message as done, in this house alone", `
detente line done BOROVIA/20270301-140500
detente line done "borovia/1f2e3d4c 12"
detente desk`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		var ref string
		if err := a.call(ctx, "line-done", control.RefArgs{Ref: args[0]}, &ref); err != nil {
			return err
		}
		return a.show(map[string]string{"ref": ref}, func(w writer) { fmt.Fprintln(w, "Marked as done on this state's desk. No other state is told.") })
	})
}

func (a *app) lineMessages() *cobra.Command {
	var m control.MessagesArgs
	var others []string
	c := a.command("messages [NAME]", "List what was said on lines, the latest first", `
detente line messages
detente line messages capitals --limit 20
detente line messages --thread BOROVIA/20270301-140500`, cobra.MaximumNArgs(1), func(ctx context.Context, args []string) error {
		if len(args) == 1 {
			var err error
			if m.LineArgs, err = lineArgs(args[0], others); err != nil {
				return err
			}
		}
		var all []control.LineMessage
		if err := a.call(ctx, "line-messages", m, &all); err != nil {
			return err
		}
		return a.show(all, func(w writer) { a.printMessages(w, all, "Nothing was said on lines.") })
	})
	f := c.Flags()
	with(f, &others)
	f.StringVar(&m.Thread, "thread", "", "of one thread")
	f.IntVar(&m.Limit, "limit", 50, "at most so many")
	return c
}

// printMessages writes messages in full, each with how it stands.
func (a *app) printMessages(w writer, all []control.LineMessage, empty string) {
	if len(all) == 0 {
		fmt.Fprintln(w, empty)
	}
	lang := string(a.officer())
	for _, m := range all {
		fmt.Fprintln(w, a.bold(fmt.Sprintf("%d %s, %s: %s from %s, %s", m.Precedence, strings.ToUpper(string(m.Status)), m.Line, m.Kind, m.Name, m.Arrived)))
		fmt.Fprintf(w, "  thread %s, act %s\n", m.Thread, m.Place)
		if m.Discreet {
			fmt.Fprintln(w, "  on the record, discreet")
		}
		if m.AfterSounding {
			fmt.Fprintln(w, "  its thread goes on from a conversation off the record; the record does not say so")
		}
		if m.Life != act.New {
			fmt.Fprintf(w, "  %s of %s\n", strings.ReplaceAll(string(m.Life), "-", " "), m.Answers)
		}
		for _, p := range m.Agreed {
			if text, ok := p.Texts[lang]; ok && lang != string(regime.English) {
				fmt.Fprintf(w, "  [%s, %s, %s] %s\n", p.ID, lang, p.Standing[lang], text)
			}
		}
		for _, text := range strings.Split(strings.TrimRight(m.Text, "\n"), "\n") {
			fmt.Fprintf(w, "  %s\n", text)
		}
		if m.Calls != "" && m.Precedence < line.Timed {
			fmt.Fprintf(w, "  calls: %s", strings.ReplaceAll(string(m.Calls), "-", " "))
			if m.Contact != "" {
				fmt.Fprintf(w, " (%s)", m.Contact)
			}
			if m.Silenced != "" {
				fmt.Fprintf(w, "; silenced until %s", m.Silenced)
			}
			fmt.Fprintln(w)
		}
		for _, text := range m.Procedure {
			fmt.Fprintf(w, "  to do: %s\n", strings.ReplaceAll(text, "\n", "\n         "))
		}
		for _, s := range m.Sent {
			fmt.Fprintf(w, "  %s\n", s.Sentence)
		}
	}
}

func (a *app) lineHours() *cobra.Command {
	return a.command("hours", "Say when somebody is on duty, as each party publishes it", `
detente line hours
detente line hours --json
detente line publish-hours --post duty-officer --offset +05:00 --watch "12345 09:00-18:00"`, cobra.NoArgs, func(ctx context.Context, args []string) error {
		var all []control.PartyHours
		if err := a.call(ctx, "hours-list", nil, &all); err != nil {
			return err
		}
		return a.show(all, func(w writer) {
			if len(all) == 0 {
				fmt.Fprintln(w, "No party has published duty hours to this one.")
			}
			for _, p := range all {
				fmt.Fprintln(w, a.bold(p.Name+": "+p.OnDuty.Sentence))
				fmt.Fprint(w, "  "+strings.ReplaceAll(strings.TrimRight(control.HoursText(p.Hours), "\n"), "\n", "\n  ")+"\n")
			}
		})
	})
}

func (a *app) linePublish() *cobra.Command {
	var post, number, offset, place, from, file string
	var languages, watches, to []string
	var submit bool
	c := a.command("publish-hours", "Publish when this state's posts are on duty (makes a draft, to be cleared)", `
detente line publish-hours --post duty-officer --number "+999 71 203040" --languages en,ru --offset +05:00 --watch "12345 09:00-18:00" --submit
detente line publish-hours --post duty-officer --offset +00:00 --watch "1234567 00:00-24:00"
detente line publish-hours --file hours.json --submit`, cobra.NoArgs, func(ctx context.Context, args []string) error {
		var h control.HoursArgs
		for _, s := range to {
			p, err := party.ParseID(s)
			if err != nil {
				return usage("detente peer list", err.Error())
			}
			h.To = append(h.To, p)
		}
		if file != "" {
			if err := a.readJSON(file, &h.Hours); err != nil {
				return err
			}
			return a.drafted(ctx, "line-hours", h, submit)
		}
		id, err := party.ParsePost(post)
		if err != nil {
			return usage("--post duty-officer, or --file FILE", err.Error())
		}
		p := line.Period{From: from, Offset: offset, Place: place}
		for _, s := range watches {
			w, err := watchOf(s)
			if err != nil {
				return err
			}
			p.Watches = append(p.Watches, w)
		}
		h.Hours.Posts = []line.Duty{{Post: id, Number: number, Languages: languages, Periods: []line.Period{p}}}
		return a.drafted(ctx, "line-hours", h, submit)
	})
	f := c.Flags()
	f.StringVar(&post, "post", "", "post on duty; never a person")
	f.StringVar(&number, "number", "", "its telephone")
	f.StringSliceVar(&languages, "languages", nil, "in which it answers, e.g. en,ru")
	f.StringVar(&offset, "offset", "+00:00", "of the clock there from UTC")
	f.StringVar(&place, "place", "", "where that clock is, for people")
	f.StringVar(&from, "from", "2000-01-01T00:00:00Z", "from when on it holds")
	f.StringArrayVar(&watches, "watch", nil, "days (1 Monday to 7 Sunday) and hours, `\"12345 09:00-18:00\"`; may be given several times")
	f.StringVar(&file, "file", "", "file with hours of several posts or periods, as spec/line.md has them")
	f.StringSliceVar(&to, "to", nil, "to whom (default every other party that has a node)")
	f.BoolVar(&submit, "submit", false, "hand it over for clearance at once")
	return c
}

// watchOf reads "12345 09:00-18:00".
func watchOf(s string) (line.Watch, error) {
	days, span, ok := strings.Cut(strings.TrimSpace(s), " ")
	from, until, both := strings.Cut(strings.TrimSpace(span), "-")
	if !ok || !both {
		return line.Watch{}, usage(`e.g. --watch "12345 09:00-18:00"`, fmt.Sprintf("%q is not days and hours", s))
	}
	return line.Watch{Days: days, From: from, Until: until}, nil
}
