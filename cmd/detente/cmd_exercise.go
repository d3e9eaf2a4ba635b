package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"time"

	"detente/control"
	"detente/exercise"
	"detente/internal/canon"
	"github.com/spf13/cobra"
)

func (a *app) cmdExercise() *cobra.Command {
	return a.noun("exercise", "Exercises by a scenario: each state gives its own injects, by the clock", `
detente exercise lint sea.json
detente exercise start sea.json --at 2027-03-01T06:00:00Z
detente exercise play sea`, a.exerciseLint(), a.exerciseStart(), a.exerciseStatus(), a.exercisePlay(),
		a.exerciseMark("no-play", exercise.Halt, "Say that a real event stops play: no inject is given until play is resumed"),
		a.exerciseMark("resume", exercise.Resume, "Say that play is resumed"),
		a.exerciseMark("stop", exercise.End, "Say that this state's part has ended"),
		a.exerciseReport())
}

// scenarioOf reads a scenario file, and says what it comes to.
func (a *app) scenarioOf(path string) (*exercise.Scenario, []byte, error) {
	b, err := a.readFile(path)
	if err != nil {
		return nil, nil, err
	}
	s, err := exercise.Read(b)
	if err != nil {
		return nil, nil, failed(control.Findings, "spec/exercise.md says what each field takes", err.Error())
	}
	whole, err := s.Bytes()
	return s, whole, err
}

func (a *app) exerciseLint() *cobra.Command {
	var out string
	c := a.command("lint FILE", "Check a scenario and show its time table; every party checks that the digest is the same", `
detente exercise lint sea.json
detente exercise lint sea.json --out sea.scenario.json
detente exercise lint sea.json --json`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		s, whole, err := a.scenarioOf(args[0])
		if err != nil {
			return err
		}
		if out != "" {
			if err := newFile(out, func(w io.Writer) error { _, err := w.Write(whole); return err }); err != nil {
				return err
			}
		}
		return a.show(map[string]any{"id": s.ID, "edition": s.Edition, "scenario": s.Digest(), "parties": s.Parties, "injects": s.Injects}, func(w writer) {
			fmt.Fprintln(w, a.bold(fmt.Sprintf("%s, edition %d: %s", s.ID, s.Edition, s.Title["en"])))
			fmt.Fprintf(w, "  %s\n  parties: %v; marks stand in the thread %s\n", s.Digest(), s.Parties, s.Thread)
			for _, n := range s.Injects {
				fmt.Fprintf(w, "  T+%s  %-16s %s by %s", n.At, n.ID, n.Kind, n.By)
				if len(n.To) > 0 {
					fmt.Fprintf(w, " to %v, thread %s", n.To, n.Thread)
				}
				fmt.Fprintln(w)
			}
		})
	})
	c.Flags().StringVar(&out, "out", "", "write the scenario here in the form that the parties exchange")
	return c
}

func (a *app) exerciseStart() *cobra.Command {
	var at string
	c := a.command("start FILE", "Begin this state's part: its own injects become drafts, to be cleared before their time", `
detente exercise start sea.json
detente exercise start sea.json --at 2027-03-01T06:00:00Z
detente exercise play sea`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		_, whole, err := a.scenarioOf(args[0])
		if err != nil {
			return err
		}
		var v control.Exercise
		if err := a.call(ctx, "exercise-begin", control.BeginArgs{Scenario: string(whole), At: at}, &v); err != nil {
			return err
		}
		return a.show(v, func(w writer) {
			a.printExercise(w, &v)
			fmt.Fprintf(w, "Injects are given while this runs: detente exercise play %s\n", v.ID)
		})
	})
	c.Flags().StringVar(&at, "at", "", "when it begins, e.g. 2027-03-01T06:00:00Z (default what another party has said, else now)")
	return c
}

func (a *app) exerciseStatus() *cobra.Command {
	return a.command("status [NAME]", "Show the exercises begun here, with each inject as it stands", `
detente exercise status
detente exercise status sea
detente exercise status --json`, cobra.MaximumNArgs(1), func(ctx context.Context, args []string) error {
		all, err := a.exercises(ctx, args)
		if err != nil {
			return err
		}
		return a.show(all, func(w writer) {
			if len(all) == 0 {
				fmt.Fprintln(w, "No exercise was begun here. Begin one: detente exercise start FILE")
			}
			for i := range all {
				a.printExercise(w, &all[i])
			}
		})
	})
}

// exercises are those begun here, or the one that is named.
func (a *app) exercises(ctx context.Context, args []string) ([]control.Exercise, error) {
	var all []control.Exercise
	if err := a.call(ctx, "exercise-list", nil, &all); err != nil {
		return nil, err
	}
	if len(args) == 0 {
		return all, nil
	}
	for _, v := range all {
		if v.ID == args[0] {
			return []control.Exercise{v}, nil
		}
	}
	return nil, failed(control.NotFound, "detente exercise status", fmt.Sprintf("no exercise %q was begun here", args[0]))
}

func (a *app) printExercise(w writer, v *control.Exercise) {
	fmt.Fprintln(w, a.bold(fmt.Sprintf("EXERCISE %s, edition %d: %s", v.ID, v.Edition, v.Title["en"])))
	switch v.Phase {
	case exercise.Awaited:
		fmt.Fprintf(w, "  begins at %s\n", v.Start)
	case exercise.Held:
		fmt.Fprintf(w, "  NO PLAY, said by %v since %s; the clock stands at T+%s\n", v.NoPlay, v.Holds[len(v.Holds)-1].From, v.Elapsed)
	case exercise.Ended:
		fmt.Fprintf(w, "  began at %s; this state's part ended at T+%s\n", v.Start, v.Elapsed)
	default:
		fmt.Fprintf(w, "  began at %s; the clock stands at T+%s\n", v.Start, v.Elapsed)
	}
	for _, n := range v.Injects {
		how := ""
		switch n.State {
		case control.OfOthers:
			how = "by " + string(n.By)
		case control.Given:
			how = "given, act " + n.Place
		case control.Prepared:
			how = "prepared for " + n.Due
		case control.Uncleared:
			how = fmt.Sprintf("draft %s waits for clearance; due %s", n.Draft, n.Due)
		}
		fmt.Fprintf(w, "  T+%s  %-16s %s: %s\n", n.At, n.ID, n.Kind, how)
		if n.Message != "" {
			fmt.Fprintf(w, "    %s\n", n.Message)
		}
	}
}

// playEvery is how often the clock of an exercise is looked at: injects are planned
// to the second.
const playEvery = time.Second

func (a *app) exercisePlay() *cobra.Command {
	return a.command("play NAME", "Give this state's injects when their time comes, until its part ends or Ctrl-C", `
detente exercise play sea
detente exercise no-play sea
detente exercise stop sea`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		tick := time.NewTicker(playEvery)
		defer tick.Stop()
		shown := ""
		for {
			var v control.Exercise
			if err := a.callRunning(ctx, "exercise-play", control.ExerciseArgs{ID: args[0]}, &v); err != nil {
				if ctx.Err() != nil {
					return nil
				}
				return err
			}
			var b bytes.Buffer
			elapsed := v.Elapsed
			v.Elapsed = 0
			a.printExercise(&b, &v)
			v.Elapsed = elapsed
			if b.String() != shown { // said anew when more than the clock has changed
				shown = b.String()
				if err := a.show(v, func(w writer) { a.printExercise(w, &v) }); err != nil {
					return err
				}
			}
			if v.Phase == exercise.Ended {
				return nil
			}
			select {
			case <-ctx.Done():
				return nil
			case <-tick.C:
			}
		}
	})
}

func (a *app) exerciseMark(verb string, step exercise.Step, short string) *cobra.Command {
	return a.command(verb+" NAME", short, fmt.Sprintf(`
detente exercise %[1]s sea
detente exercise %[1]s sea --json
detente exercise status sea`, verb), cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		var v control.Exercise
		if err := a.call(ctx, "exercise-mark", control.MarkArgs{ID: args[0], Step: step}, &v); err != nil {
			return err
		}
		return a.show(v, func(w writer) {
			fmt.Fprintln(w, "Said to the others, in each thread of the exercise that is open.")
			a.printExercise(w, &v)
		})
	})
}

func (a *app) exerciseReport() *cobra.Command {
	var as, out string
	c := a.command("report NAME", "After-action report: what was given when, who answered when, and what was provided for", `
detente exercise report sea
detente exercise report sea --as html --out sea.html
detente exercise report sea --as json`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		var r exercise.Report
		if err := a.call(ctx, "exercise-report", control.ExerciseArgs{ID: args[0]}, &r); err != nil {
			return err
		}
		if a.json {
			as = "json"
		}
		var b []byte
		var err error
		switch as {
		case "text":
			b = []byte(harmless(r.PlainText()))
		case "html":
			b, err = r.HTML()
		case "json":
			b, err = canon.JSON(&r)
		default:
			return usage("text, html or json", fmt.Sprintf("%q is no form of a report", as))
		}
		if err != nil {
			return err
		}
		if out == "-" {
			_, err := a.stdout.Write(b)
			return err
		}
		if err := newFile(out, func(w io.Writer) error { _, err := w.Write(b); return err }); err != nil {
			return err
		}
		return a.show(map[string]any{"file": out, "bytes": len(b)}, func(w writer) { fmt.Fprintf(w, "Written: %s, %d bytes.\n", out, len(b)) })
	})
	c.Flags().StringVar(&as, "as", "text", "text, html (a page to be printed) or json")
	c.Flags().StringVar(&out, "out", "-", "a new file to write; - is stdout")
	return c
}
