package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

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
détente does. It then stays up, so that you can try commands on the nodes, until
you press Ctrl-C. It leaves nothing behind unless --dir is given.`
	c.Flags().BoolVar(&once, "once", false, "end after the story")
	c.Flags().StringVar(&dir, "dir", "", "keep the homes in this folder")
	return c
}

func (a *app) demo(ctx context.Context, once bool, dir string) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	if dir != "" {
		full, err := filepath.Abs(dir)
		if err != nil {
			return err
		}
		dir = full
	}
	show, err := demo.Play(ctx, demo.Options{Out: a.stdout, Dir: dir, Verify: selfVerify})
	if err != nil {
		return err
	}
	if once {
		fmt.Fprintln(a.stdout, "\nThe story is told.")
		return show.Close()
	}
	a.tryNext(show)
	<-ctx.Done()
	return show.Close()
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

func (a *app) tryNext(show *demo.Show) {
	command := "detente"
	if self, err := os.Executable(); err == nil && strings.Contains(self, "go-build") {
		command = "go run ./cmd/detente"
	}
	home := func(id string) string {
		for _, h := range show.Homes() {
			if filepath.Base(h) == id {
				return h
			}
		}
		return ""
	}
	fmt.Fprintf(a.stdout, `
The nodes stay up. In another terminal, try:

  export DETENTE_HOME=%[2]s
  %[1]s sign-in duty-officer        # passphrase: demonstration duty-officer
  %[1]s inbox
  %[1]s thread show ALA/EX/1
  %[1]s peer list
  %[1]s doctor

  %[1]s --home %[3]s thread show ALA/EX/2
  %[1]s verify %[4]s --roster %[5]s

Ctrl-C ends it%[6]s.
`, command, home("cintra"), home("borovia"), filepath.Join(show.Dir, "notice.proof"), filepath.Join(show.Dir, "roster.json"), a.leftBehind(show))
}

func (a *app) leftBehind(show *demo.Show) string {
	if show.Kept() {
		return "; the homes stay in " + show.Dir
	}
	return " and removes all of it"
}
