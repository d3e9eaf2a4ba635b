package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"detente/act"
	"detente/control"
	"detente/internal/canon"
	"detente/node"
	"detente/party"
	"github.com/spf13/cobra"
)

func (a *app) cmdStatement() *cobra.Command {
	return a.noun("statement", "What was said, by this state and by others", `
detente statement list --to-me --open
detente statement show ALA/2026/17
detente statement acknowledge ALA/2026/17 --post duty-officer`,
		a.statementList("list", false), a.statementShow(),
		a.statementChange("correct", act.Correction, "Correct fields; for the others the first lodging stands", true),
		a.statementChange("update", act.Update, "Update fields, e.g. one that was not known before", true),
		a.statementChange("cancel", act.Cancellation, "Cancel what was announced", false),
		a.statementChange("withdraw", act.Withdrawal, "Withdraw a statement; its leaf and its times stand", false),
		a.statementChange("in-error", act.IssuedInError, "Mark a statement as issued in error", false),
		a.statementReturn(), a.statementAcknowledge(), a.statementDeliver(),
		a.statementEnter(), a.statementHandOver(),
		a.statementAnswer("confirm", act.Confirmed, "Confirm what another entered for this state"),
		a.statementAnswer("contest", act.Contested, "Contest what another entered for this state"))
}

func (a *app) cmdInbox() *cobra.Command { return a.statementList("inbox", true) }

func (a *app) statementList(use string, inbox bool) *cobra.Command {
	var l control.ListArgs
	var author string
	short, examples := "List statements, the latest first", `
detente statement list --to-me --open
detente statement list --author borovia
detente statement list --thread ALA/2026/17 --json`
	if inbox {
		short, examples = "What came and has no answer yet", `
detente inbox
detente inbox --json
detente statement acknowledge ALA/2026/17 --post duty-officer`
	}
	c := a.command(use, short, examples, cobra.NoArgs, func(ctx context.Context, args []string) error {
		if inbox {
			l.ToMe, l.Open = true, true
		}
		if author != "" {
			id, err := party.ParseID(author)
			if err != nil {
				return usage("detente peer list", err.Error())
			}
			l.Author = id
		}
		var all []control.Line
		if err := a.call(ctx, "statement-list", l, &all); err != nil {
			return err
		}
		empty := "There is no such statement."
		if inbox {
			empty = "Nothing waits for an answer."
		}
		return a.show(all, func(w writer) { a.printLines(w, all, empty) })
	})
	f := c.Flags()
	f.IntVar(&l.Limit, "limit", 50, "at most so many")
	if inbox {
		return c
	}
	f.StringVar(&l.Thread, "thread", "", "of one thread")
	f.StringVar(&author, "author", "", "of one party")
	f.BoolVar(&l.FromMe, "from-me", false, "of this party")
	f.BoolVar(&l.ToMe, "to-me", false, "addressed to this party by name")
	f.BoolVar(&l.Open, "open", false, "what waits for an answer, as: detente inbox")
	f.BoolVar(&l.All, "all", false, "acts of every kind")
	return c
}

func (a *app) printLines(w writer, all []control.Line, empty string) {
	t := newTable("act", "author", "kind", "status", "thread", "to", "claimed")
	for _, l := range all {
		t.row(l.Place, string(l.Author), kindOf(l), string(l.Status), dash(l.Thread), seenTo(l), dash(l.Claimed))
	}
	t.print(a, w, empty)
}

// kindOf is an act's kind as people say it.
func kindOf(l control.Line) string {
	switch {
	case l.Kind == act.Statement && l.Life != act.New:
		return strings.ReplaceAll(string(l.Life), "-", " ")
	case l.Kind == act.Entered:
		return "entered for " + string(l.For)
	case l.Kind == act.HandedOver:
		return "hand-over to " + string(l.For)
	case l.Kind == "":
		return l.State
	}
	return string(l.Kind)
}

func (a *app) statementShow() *cobra.Command {
	var outside bool
	c := a.command("show REF", "Show one statement with what is shown about its time and its receipts", `
detente statement show ALA/2026/17
detente statement show "alatau/1f2e3d4c 12"
detente statement show ALA/2026/17 --outside`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		var s control.Statement
		if err := a.call(ctx, "statement-show", control.RefArgs{Ref: args[0]}, &s); err != nil {
			return err
		}
		return a.show(s, func(w writer) {
			a.printStatement(w, &s)
			if outside {
				fmt.Fprintf(w, "\nAs it stands in the record:\n\n%s", s.Outside)
			}
			a.printProvided(w, s.Provided)
		})
	})
	c.Flags().BoolVar(&outside, "outside", false, "also the act as it stands in the record")
	return c
}

func (a *app) printStatement(w writer, s *control.Statement) {
	fmt.Fprintln(w, a.bold(heading(s)+", "+strings.ToUpper(string(s.Status))))
	field := func(name, value string) {
		if value != "" {
			fmt.Fprintf(w, "%-12s %s\n", name, value)
		}
	}
	field("act", s.Place)
	field("hash", s.Ref[strings.LastIndexByte(s.Ref, ' ')+1:])
	field("thread", s.Thread)
	field("to", seenTo(s.Line))
	field("answers", s.Answers)
	field("reached", beside(s.Line))
	field("post", string(s.Post))
	field("claims", s.Claimed)
	field("time", s.Lodged.Sentence)
	for _, id := range slices.Sorted(maps.Keys(s.For)) {
		field("", fmt.Sprintf("towards %s alone: by %s", id, s.For[id]))
	}
	field("content", s.Reading)
	if s.Text != "" {
		fmt.Fprintf(w, "\n%s", s.Text)
		if !strings.HasSuffix(s.Text, "\n") {
			fmt.Fprintln(w)
		}
	}
	if s.Kind != act.Statement && s.Kind != act.Entered {
		return
	}
	fmt.Fprintln(w)
	if len(s.Receipts) == 0 {
		fmt.Fprintln(w, "No receipt is recorded.")
	}
	printReceipts(w, s.Receipts)
}

// heading says in one line what an act is.
func heading(s *control.Statement) string {
	by := s.Name
	switch {
	case s.Kind == act.Entered:
		return fmt.Sprintf("entered for %s by %s", s.Line.For, by)
	case s.Kind == act.HandedOver:
		return fmt.Sprintf("hand-over to %s, as %s states", s.Line.For, by)
	case s.Life == act.IssuedInError:
		return "marked as issued in error by " + by
	case s.Kind == act.Confirmed, s.Kind == act.Contested:
		return fmt.Sprintf("%s by %s", s.Kind, by)
	}
	return kindOf(s.Line) + " of " + by
}

// beside says by which channel beside the records an act came or went, and when.
func beside(l control.Line) string {
	if l.Channel == "" {
		return ""
	}
	s := "by " + l.Channel
	if l.Note != "" {
		s += " " + l.Note
	}
	return s + ", " + strings.TrimSuffix(l.On, "T00:00:00Z")
}

// printReceipts lists receipts, and the faults of those that return a statement.
func printReceipts(w writer, all []control.Receipt) {
	for _, r := range all {
		fmt.Fprintln(w, receiptLine(r.Line))
		if r.Kind != act.HandedOver && r.Text != "" {
			fmt.Fprintf(w, "  %s\n", strings.ReplaceAll(r.Text, "\n", "\n  "))
		}
	}
}

func receiptLine(l control.Line) string {
	if l.Kind == act.HandedOver {
		return fmt.Sprintf("%s states that it was handed over to %s %s (%s).", l.Name, l.For, beside(l), l.Place)
	}
	does := map[act.Kind]string{
		act.Delivered: "confirms delivery", act.Acknowledged: "acknowledges receipt", act.Returned: "returns it",
		act.Confirmed: "confirms what was entered for it", act.Contested: "contests what was entered for it",
	}[l.Kind]
	if l.Post != "" && l.Kind != act.Delivered {
		does += " by the post " + string(l.Post)
	}
	return fmt.Sprintf("%s %s (%s), claimed %s.", l.Name, does, l.Place, l.Claimed)
}

// printProvided says what the texts in force provide for of a statement, and what is
// shown.
func (a *app) printProvided(w writer, items []control.Item) {
	for i := range items {
		it := &items[i]
		fmt.Fprintf(w, "%s, %s: %s. %s\n\n", it.Text, it.Title, it.Words, it.Sentence)
	}
}

func (a *app) statementChange(verb string, life act.Life, short string, content bool) *cobra.Command {
	var g wording
	var submit bool
	examples := fmt.Sprintf(`
detente statement %s ALA/2026/17 --text "reason, if any"
detente statement %s ALA/2026/17 --submit
detente draft list --mine`, verb, verb)
	if content {
		examples = fmt.Sprintf(`
detente statement %s ALA/2026/17 --set start_date=2027-03-02,end_date=2027-03-12
detente statement %s ALA/2026/17 --values changed.json --submit
detente statement %s ALA/2026/17 --answer observers=nil`, verb, verb, verb)
	}
	c := a.command(verb+" REF", short+" (makes a draft, to be cleared)", examples, cobra.ExactArgs(1), nil)
	c.RunE = a.run(func(ctx context.Context, args []string) error {
		if content && !slices.ContainsFunc([]string{"set", "answer", "values", "text", "text-file"}, c.Flags().Changed) {
			return usage("--set FIELD=VALUE, --answer, --values FILE; a statement in words: --text", "say what changes")
		}
		var r node.Request
		if err := a.call(ctx, "draft-follow", control.FollowArgs{Ref: args[0], Kind: act.Statement, Life: life, Text: g.text, Values: json.RawMessage("null")}, &r); err != nil {
			return err
		}
		if err := a.contentOf(ctx, &g, &r); err != nil {
			return err
		}
		return a.save(ctx, "", r, submit)
	})
	if content {
		g.content(c.Flags())
	} else {
		c.Flags().StringVar(&g.text, "text", "", "reason, if it is to be said")
	}
	c.Flags().BoolVar(&submit, "submit", false, "hand it over for clearance at once")
	return c
}

func (a *app) statementReturn() *cobra.Command {
	var faults []string
	c := a.command("return REF", "Return a statement as not to format; the faults are sealed to its author", `
detente statement return BOR/2026/3 --fault "9.2: no end date"
detente statement return BOR/2026/3 --fault "5: no area" --fault "9.2: no end date"
detente receipts BOR/2026/3`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		if len(faults) == 0 {
			return usage("--fault TEXT", "say what is to be mended")
		}
		return a.respond(ctx, "return-faults", control.RefArgs{Ref: args[0], Faults: strings.Join(faults, "\n")}, "Returned with its faults")
	})
	c.Flags().StringArrayVar(&faults, "fault", nil, "one `fault`; may be given several times")
	return c
}

func (a *app) statementAcknowledge() *cobra.Command {
	var post string
	c := a.command("acknowledge REF", "Acknowledge receipt by a post; never agreement", `
detente statement acknowledge ALA/2026/17
detente statement acknowledge ALA/2026/17 --post verification-centre
detente inbox`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
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

func (a *app) statementDeliver() *cobra.Command {
	return a.command("deliver REF", "Confirm delivery by hand, where the policy is by-hand", `
detente statement deliver ALA/2026/17
detente statement deliver "alatau/1f2e3d4c 12"
detente statement deliver ALA/2026/17 --json`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		return a.respond(ctx, "deliver", control.RefArgs{Ref: args[0]}, "Delivery was confirmed")
	})
}

func (a *app) respond(ctx context.Context, verb string, args control.RefArgs, done string) error {
	var s control.Appended
	if err := a.call(ctx, verb, args, &s); err != nil {
		return err
	}
	if err := a.show(s, func(w writer) { fmt.Fprintf(w, "%s, as act %s of this state's record.\n", done, s.Place) }); err != nil {
		return err
	}
	return a.queued(s.Queued)
}

// channel are the flags of what came or went beside the records.
type channel struct{ party, channel, note, on string }

func (h *channel) lay(r *node.Request) error {
	id, err := party.ParseID(h.party)
	if err != nil {
		return usage("detente peer list", err.Error())
	}
	if !slices.Contains([]string{act.ByNote, act.ByMail, act.ByTelephone, act.ByEmbassy}, h.channel) {
		return usage("", fmt.Sprintf("channel %q is none of note, mail, telephone, embassy", h.channel))
	}
	on := h.on
	if len(on) == len("2006-01-02") {
		on += "T00:00:00Z"
	}
	if _, err := canon.ParseTime(on); err != nil {
		return usage("--on 2026-11-20 or --on 2026-11-20T14:00:00Z", err.Error())
	}
	r.For, r.Channel, r.Note, r.On = id, h.channel, h.note, on
	return nil
}

func (a *app) statementEnter() *cobra.Command {
	var g wording
	var h channel
	var submit bool
	c := a.command("enter", "Enter what a party without a record said by another channel (makes a draft)", `
detente statement enter --for faronia --channel note --note 114/2026 --on 2026-11-20 --text-file note.txt
detente statement enter --for faronia --channel telephone --note T-9 --on 2026-11-20T14:00:00Z --text "No exercise in March."
detente statement enter --for faronia --channel note --note 12/27 --on 2027-01-08 --form cica.hum.4 --values festival.json --submit`, cobra.NoArgs, nil)
	c.RunE = a.run(func(ctx context.Context, args []string) error {
		r := node.Request{Kind: act.Entered, To: []party.ID{}, Open: true}
		if err := a.request(ctx, &g, &r, c.Flags()); err != nil {
			return err
		}
		h.note = g.note
		if err := h.lay(&r); err != nil {
			return err
		}
		return a.save(ctx, "", r, submit)
	})
	g.flags(c.Flags())
	f := c.Flags()
	f.StringVar(&h.party, "for", "", "party that said it")
	f.StringVar(&h.channel, "channel", "", "note, mail, telephone or embassy")
	f.StringVar(&h.on, "on", "", "when it was received, e.g. 2026-11-20")
	f.BoolVar(&submit, "submit", false, "hand it over for clearance at once")
	return c
}

func (a *app) statementHandOver() *cobra.Command {
	var h channel
	var submit bool
	c := a.command("hand-over REF", "Enter that a statement was handed over by another channel (makes a draft)", `
detente statement hand-over ALA/2026/17 --to faronia --channel note --note 88/2026 --on 2026-11-21
detente statement hand-over ALA/2026/17 --to faronia --channel embassy --on 2026-11-21T09:30:00Z --submit
detente receipts ALA/2026/17`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		var r node.Request
		if err := a.call(ctx, "draft-follow", control.FollowArgs{Ref: args[0], Kind: act.HandedOver, Values: json.RawMessage("null")}, &r); err != nil {
			return err
		}
		if err := h.lay(&r); err != nil {
			return err
		}
		return a.save(ctx, "", r, submit)
	})
	f := c.Flags()
	f.StringVar(&h.party, "to", "", "party to which it was handed over")
	f.StringVar(&h.channel, "channel", "", "note, mail, telephone or embassy")
	f.StringVar(&h.note, "note", "", "note-verbale number")
	f.StringVar(&h.on, "on", "", "when, e.g. 2026-11-21")
	f.BoolVar(&submit, "submit", false, "hand it over for clearance at once")
	return c
}

func (a *app) statementAnswer(verb string, kind act.Kind, short string) *cobra.Command {
	var text string
	var submit bool
	c := a.command(verb+" REF", short+" (makes a draft, to be cleared)", fmt.Sprintf(`
detente statement %s "alatau/1f2e3d4c 12"
detente statement %s "alatau/1f2e3d4c 12" --text "see our note 12/27"
detente statement %s "alatau/1f2e3d4c 12" --submit`, verb, verb, verb), cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		var r node.Request
		if err := a.call(ctx, "draft-follow", control.FollowArgs{Ref: args[0], Kind: kind, Text: text, Values: json.RawMessage("null")}, &r); err != nil {
			return err
		}
		r.Open = true
		return a.save(ctx, "", r, submit)
	})
	c.Flags().StringVar(&text, "text", "", "what is to be said with it")
	c.Flags().BoolVar(&submit, "submit", false, "hand it over for clearance at once")
	return c
}

func (a *app) cmdThread() *cobra.Command {
	show := a.command("show THREAD", "Show a thread: each statement with its times and receipts", `
detente thread show ALA/2026/17
detente thread show "alatau/1f2e3d4c 12"
detente thread show ALA/2026/17 --json`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		var t control.Thread
		if err := a.call(ctx, "thread-show", control.RefArgs{Ref: args[0]}, &t); err != nil {
			return err
		}
		return a.show(t, func(w writer) {
			a.printProvided(w, t.Provided)
			for i := range t.Acts {
				if i > 0 {
					fmt.Fprintf(w, "\n%s\n\n", strings.Repeat("–", 40))
				}
				a.printStatement(w, &t.Acts[i])
			}
			if t.Whole != "" {
				fmt.Fprintf(w, "\n%s\n\n%s", a.bold("As it stands with its corrections and updates:"), t.Whole)
			}
		})
	})
	return a.noun("thread", "Statements that belong together", `
detente thread show ALA/2026/17
detente thread show ALA/2026/17 --json
detente statement list --thread ALA/2026/17`, show)
}

func (a *app) cmdReceipts() *cobra.Command {
	return a.command("receipts REF", "List who confirmed delivery, acknowledged or returned a statement", `
detente receipts ALA/2026/17
detente receipts "alatau/1f2e3d4c 12"
detente receipts ALA/2026/17 --json`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		var all []control.Receipt
		if err := a.call(ctx, "receipts", control.RefArgs{Ref: args[0]}, &all); err != nil {
			return err
		}
		return a.show(all, func(w writer) {
			if len(all) == 0 {
				fmt.Fprintln(w, "No receipt is recorded.")
			}
			printReceipts(w, all)
		})
	})
}

// seenTo is to whom an act goes, as far as that can be seen.
func seenTo(l control.Line) string {
	if l.Kind == act.Discreet {
		return "not to be seen"
	}
	return toWords(l.To)
}
