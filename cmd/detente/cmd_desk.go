package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"detente/control"
	"detente/line"
	"detente/watch"
	"github.com/spf13/cobra"
)

func (a *app) cmdShift() *cobra.Command {
	show := a.command("show", "Show the last hand-over of the watch and the one that waits", `
detente shift show
detente shift show --json
detente desk`, cobra.NoArgs, func(ctx context.Context, args []string) error {
		var s control.Shifts
		if err := a.call(ctx, "shift-show", nil, &s); err != nil {
			return err
		}
		return a.show(s, func(w writer) {
			if s.Last == nil && s.Waits == nil {
				fmt.Fprintln(w, "No shift was handed over.")
			}
			printShift(w, s.Last)
			printShift(w, s.Waits)
		})
	})
	var remarks string
	over := a.command("hand-over OFFICER", "Hand the watch over to another officer, with what is open", `
detente shift hand-over orlov
detente shift hand-over orlov --remarks "Borovia calls back at 06:00"
detente shift take`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		var s control.Shift
		if err := a.call(ctx, "shift-hand-over", control.ShiftArgs{To: args[0], Remarks: remarks}, &s); err != nil {
			return err
		}
		return a.show(s, func(w writer) { printShift(w, &s) })
	})
	over.Flags().StringVar(&remarks, "remarks", "", "what the next officer has to know")
	take := a.command("take", "Take the watch that was handed over: the second signature", `
detente shift take
detente shift show
detente desk`, cobra.NoArgs, func(ctx context.Context, args []string) error {
		var s control.Shift
		if err := a.call(ctx, "shift-take", nil, &s); err != nil {
			return err
		}
		return a.show(s, func(w writer) { printShift(w, &s) })
	})
	return a.noun("shift", "The watch of the desk: handed over and taken, both signed", `
detente shift show
detente shift hand-over orlov
detente shift take`, show, over, take)
}

func printShift(w writer, s *control.Shift) {
	if s == nil {
		return
	}
	fmt.Fprintf(w, "Handed over by %s at %s to %s", s.Outgoing, s.Handed, s.Incoming)
	if s.Taken == "" {
		fmt.Fprintln(w, "; it waits for the second signature.")
	} else {
		fmt.Fprintf(w, ", taken at %s.\n", s.Taken)
	}
	if s.Remarks != "" {
		fmt.Fprintf(w, "Remarks: %s\n", s.Remarks)
	}
	if len(s.Items) == 0 {
		fmt.Fprintln(w, "Nothing was open.")
	}
	for _, it := range s.Items {
		fmt.Fprintf(w, "  %s\n", it)
	}
}

func (a *app) cmdDesk() *cobra.Command {
	var once, mute bool
	var hook string
	var every time.Duration
	c := a.command("desk", "Watch the lines in a terminal: what needs you now, what waits, how each line stands", `
detente desk
detente desk --hook /usr/local/bin/siren
detente desk --once --json`, cobra.NoArgs, func(ctx context.Context, args []string) error {
		if once || a.json {
			var w control.Watch
			if err := a.call(ctx, "watch", nil, &w); err != nil {
				return err
			}
			return a.show(w, func(out writer) { a.printWatch(out, &w) })
		}
		d := &terminalDesk{app: a, mute: mute, hook: hook, rung: map[string]time.Time{}, told: map[string]string{}}
		defer d.hooks.Wait()
		return d.watch(ctx, max(every, time.Second))
	})
	f := c.Flags()
	f.BoolVar(&once, "once", false, "print it once and end; --json does so too")
	f.BoolVar(&mute, "mute", false, "no bell")
	f.StringVar(&hook, "hook", "", "`command` for the shell at each new alert of precedence 1, and each time that it calls one more person; see DETENTE_ALERT in doc/operating.md")
	f.DurationVar(&every, "every", 2*time.Second, "how often it looks")
	return c
}

// printWatch writes the desk of one moment.
func (a *app) printWatch(w writer, d *control.Watch) {
	for _, p := range d.NoPlay {
		fmt.Fprintln(w, a.bold(fmt.Sprintf("NO PLAY since %s, said by %s: the exercise %s stands still. What is real comes outside of it.", p.Since, p.Names, p.Exercise)))
	}
	fmt.Fprintln(w, a.bold("Needs you now"))
	var heard []string
	for _, l := range d.Lines {
		for _, s := range l.Others {
			if s.LastHeard != "" {
				heard = append(heard, fmt.Sprintf("%s %s", s.Party, s.LastHeard))
			}
		}
	}
	quiet := "Nothing needs you."
	if len(heard) > 0 {
		quiet += " Last heard: " + strings.Join(heard, ", ") + "."
	}
	a.printMessages(w, d.Needs, quiet)
	if len(d.Waits) > 0 {
		fmt.Fprintln(w, "\n"+a.bold("Acknowledged and open, the oldest first"))
		a.printMessages(w, d.Waits, "")
	}
	if len(d.Sent) > 0 {
		fmt.Fprintln(w, "\n"+a.bold("Sent, not acknowledged by all"))
		a.printMessages(w, d.Sent, "")
	}
	fmt.Fprintln(w, "\n"+a.bold("Lines"))
	a.printLinesOf(w, d.Lines)
	fmt.Fprintf(w, "\nInbox: %d without an answer beside the lines: detente inbox\n", d.Inbox)
	for _, r := range d.Remarks {
		fmt.Fprintf(w, "Note: %s.\n", r)
	}
	fmt.Fprintf(w, "As of %s.\n", d.At)
}

// terminalDesk is the desk drawn again and again.
type terminalDesk struct {
	app  *app
	mute bool
	hook string

	rung  map[string]time.Time // when the bell last rang for an alert
	told  map[string]string    // whom the hook was last told to call
	hooks sync.WaitGroup

	mu     sync.Mutex // guards broken
	broken string     // what the last hook came to, if it did not end well
}

// watch looks until the person ends it. A desk that has lost its node says so, and
// since when, and goes on looking.
func (d *terminalDesk) watch(ctx context.Context, every time.Duration) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	var lost time.Time
	shown := ""
	for {
		var w control.Watch
		err := d.app.callRunning(ctx, "watch", nil, &w)
		if ctx.Err() != nil {
			return nil
		}
		var b bytes.Buffer
		if err != nil {
			if lost.IsZero() {
				lost = time.Now().UTC().Truncate(time.Second)
				d.ring()
				d.call(ctx, control.LineMessage{Calls: deskLost})
			}
			fmt.Fprintf(&b, "This desk has lost its node at %s: what is shown elsewhere on this screen is old. %s\n", lost.Format(time.RFC3339), control.ErrorOf(err).Message)
		} else {
			lost = time.Time{}
			d.alert(ctx, &w, time.Now())
			d.app.printWatch(&b, &w)
		}
		d.mu.Lock()
		if d.broken != "" {
			fmt.Fprintf(&b, "Note: the hook: %s\n", d.broken)
		}
		d.mu.Unlock()
		if text := b.String(); same(text) != same(shown) || !d.app.plain() && terminal(d.app.stdout) {
			d.draw(text)
			shown = text
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// callRunning calls a verb of the running node and never opens the home itself: what
// looks every second or two would keep the node from starting.
func (a *app) callRunning(ctx context.Context, verb string, args, result any) error {
	c, err := control.Dial(ctx, a.home())
	if err != nil {
		return control.ErrorOf(err)
	}
	defer c.Close()
	c.Token = a.token()
	return c.Call(ctx, verb, args, nil, nil, result)
}

// same is a text without the moment at its end, to see whether anything changed.
func same(text string) string {
	head, _, _ := strings.Cut(text, "As of ")
	return head
}

func (d *terminalDesk) draw(text string) {
	if terminal(d.app.stdout) && !d.app.plain() {
		io.WriteString(d.app.stdout, "\x1b[H\x1b[2J")
	}
	io.WriteString(d.app.stdout, harmless(text))
}

// alert rings and calls the hook for what needs somebody now, and rings once when
// the time for an acknowledgement of an own message is past.
func (d *terminalDesk) alert(ctx context.Context, w *control.Watch, now time.Time) {
	ring := false
	for _, m := range w.Needs {
		if m.Sound {
			last, before := d.rung[m.Ref]
			repeat := time.Duration(m.Repeat) * time.Second
			if !before || repeat > 0 && now.Sub(last) >= repeat {
				d.rung[m.Ref], ring = now, true
			}
		}
		if m.Precedence == line.Immediate && d.told[m.Ref] != string(m.Calls) {
			d.told[m.Ref] = string(m.Calls)
			d.call(ctx, m)
		}
	}
	for _, m := range w.Sent {
		for _, s := range m.Sent {
			key := m.Ref + " " + string(s.Party)
			if _, told := d.rung[key]; s.Answer == watch.NotAcknowledged && !told {
				d.rung[key], ring = now, true
			}
		}
	}
	if ring {
		d.ring()
	}
}

func (d *terminalDesk) ring() {
	if !d.mute {
		io.WriteString(d.app.stdout, "\a")
	}
}

// deskLost is what the hook is told when the desk itself has lost its node: who
// relies on it has to know that nothing would call any more.
const deskLost = "desk-lost"

// hookFor is how long a hook may run: it wakes somebody and ends.
const hookFor = time.Minute

// call runs the hook beside the desk. What another state wrote is not handed to it:
// names, numbers and references alone.
func (d *terminalDesk) call(ctx context.Context, m control.LineMessage) {
	if d.hook == "" {
		return
	}
	d.hooks.Go(func() {
		ctx, stop := context.WithTimeout(ctx, hookFor)
		defer stop()
		cmd := exec.CommandContext(ctx, "/bin/sh", "-c", d.hook)
		cmd.Env = append(os.Environ(), "DETENTE_ALERT="+m.Place, "DETENTE_LINE="+string(m.Line), "DETENTE_FROM="+string(m.Author),
			"DETENTE_STATUS="+string(m.Status), "DETENTE_THREAD="+m.Thread, "DETENTE_CALLS="+string(m.Calls), "DETENTE_CONTACT="+m.Contact)
		cmd.WaitDelay = time.Second
		err := cmd.Run()
		d.mu.Lock()
		defer d.mu.Unlock()
		d.broken = ""
		if err != nil {
			d.broken = err.Error()
		}
	})
}
