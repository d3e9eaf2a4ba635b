package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"detente/demo"
	"github.com/spf13/cobra"
)

// cmdDemo plays the story in a region of invented states.
func (a *app) cmdDemo() *cobra.Command {
	var once bool
	var dir string
	c := a.command("demo", "Play a story with six nodes of an invented region", `
detente demo
detente demo --once
detente demo --dir ./region`, cobra.NoArgs, func(ctx context.Context, args []string) error {
		return a.demo(ctx, once, dir)
	})
	c.Long = `demo starts six real nodes of an invented region on this machine, each with its
own keys, store and listener, and plays a story that shows line by line what
détente does. It then stays up with the desk of each state filled, so that you can
look around in a browser and try commands on the nodes, and twenty seconds later
raises an incident that waits for you; until you press Ctrl-C. It leaves nothing
behind unless --dir is given.`
	c.Flags().BoolVar(&once, "once", false, "end after the story")
	c.Flags().StringVar(&dir, "dir", "", "keep the homes in this folder")
	c.AddCommand(a.demoSeason())
	return c
}

// demoSeason plays a year of measures and ends.
func (a *app) demoSeason() *cobra.Command {
	var dir string
	c := a.command("season", "Play one season of measures, from calendar to inspection, under a clock of its own", `
detente demo season
detente demo season --dir ./season
detente demo season > season.txt`, cobra.NoArgs, func(ctx context.Context, args []string) error {
		ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
		defer stop()
		full, err := absolute(dir)
		if err != nil {
			return err
		}
		if err := demo.Season(ctx, demo.SeasonOptions{Out: a.stdout, Dir: full}); err != nil {
			return err
		}
		a.afterSeason(full)
		return nil
	})
	c.Long = `season starts five real nodes of an invented region on this machine, whose clock
the story moves from October 2024 to October 2025, and says after each scene what
the nodes derive from their records: what is due, what was done, why, which quota
is full, what the figures are. It ends by itself and leaves nothing behind unless
--dir is given.`
	c.Flags().StringVar(&dir, "dir", "", "keep the homes in this folder")
	return c
}

// absolute is a folder that a flag names; empty stays empty.
func absolute(dir string) (string, error) {
	if dir == "" {
		return "", nil
	}
	return filepath.Abs(dir)
}

func (a *app) demo(ctx context.Context, once bool, dir string) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	dir, err := absolute(dir)
	if err != nil {
		return err
	}
	show, err := demo.Play(ctx, demo.Options{Out: a.stdout, Dir: dir, Verify: selfVerify})
	if err != nil {
		return err
	}
	if once {
		fmt.Fprintln(a.stdout, "\nThe story is told.")
		return show.Close()
	}
	err = show.Seed()
	if err == nil {
		a.tryNext(show)
		if err = show.Live(ctx, a.stdout, incidentAfter); err == nil && ctx.Err() == nil {
			a.afterIncident(show)
			<-ctx.Done()
		}
	}
	return errors.Join(err, show.Close())
}

// incidentAfter is how long after the nodes stay up the live incident comes.
const incidentAfter = 20 * time.Second

// afterIncident says what can be tried once the incident was answered.
func (a *app) afterIncident(show *demo.Show) {
	name, dir := show.Incident()
	fmt.Fprintf(a.stdout, "\nIt was an exercise by a scenario. What was given and answered when:\n\n  %s --home %s exercise report %s\n", ourselves(), dir, name)
}

// selfVerify runs this same program as a separate process.
func selfVerify(ctx context.Context, args ...string) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Env = []string{"NO_COLOR=1"}
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// ourselves is how this program was called.
func ourselves() string {
	if self, err := os.Executable(); err == nil && strings.Contains(self, "go-build") {
		return "go run ./cmd/detente"
	}
	return "detente"
}

// afterSeason says what can be tried once the season is over.
func (a *app) afterSeason(dir string) {
	fmt.Fprintf(a.stdout, `
The season is over, and the nodes are stopped. To try next:

  %[1]s pack show vd11             # the text, measure by measure, with what was not found
  %[1]s pack test vd11 -v          # its test cases, with the sentences that say why
`, ourselves())
	if dir == "" {
		fmt.Fprintf(a.stdout, "  %s demo season --dir ./season    # the same; the homes stay, to be asked again\n", ourselves())
		return
	}
	fmt.Fprintf(a.stdout, `
The homes stay in %[2]s. One of them, by the clock of this machine:

  export DETENTE_HOME=%[3]s
  %[1]s node run                   # in another terminal; Ctrl-C ends it
  %[1]s due --exercise --all --measure vd11.unusual-activity --at 2025-07-25
  %[1]s quota --exercise --measure vd11.inspection --at 2025-09-10
  %[1]s finding list --exercise --at 2025-10-31
`, ourselves(), dir, filepath.Join(dir, "borovia"))
}

func (a *app) tryNext(show *demo.Show) {
	home := func(id string) string {
		for _, h := range show.Homes() {
			if filepath.Base(h) == id {
				return h
			}
		}
		return ""
	}
	fmt.Fprintf(a.stdout, "\nThe nodes stay up. Their desks, in a browser on this machine; choose a role there:\n\n")
	for _, d := range show.Desks() {
		fmt.Fprintf(a.stdout, "  %-10s %s   %s\n", d.Party, d.URL, strings.Join(d.Officers, ", "))
	}
	fmt.Fprintf(a.stdout, `
In another terminal, try:

  export DETENTE_HOME=%[2]s
  %[1]s sign-in duty-officer        # passphrase: demonstration duty-officer
  %[1]s inbox
  %[1]s thread show ALA/EX/1
  %[1]s peer list
  %[1]s doctor

  %[1]s --home %[3]s thread show ALA/EX/2
  %[1]s verify %[4]s --roster %[5]s

In 20 s there is an incident: Borovia calls on Cintra, and you are on duty. What to do is said here.
Ctrl-C ends it%[6]s.
`, ourselves(), home("cintra"), home("borovia"), filepath.Join(show.Dir, "notice.proof"), filepath.Join(show.Dir, "roster.json"), a.leftBehind(show))
}

func (a *app) leftBehind(show *demo.Show) string {
	if show.Kept() {
		return "; the homes stay in " + show.Dir
	}
	return " and removes all of it"
}
