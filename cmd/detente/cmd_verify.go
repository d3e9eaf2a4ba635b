package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"detente/control"
	"detente/home"
	"detente/key"
	"detente/roster"
	"detente/verify"
	"github.com/spf13/cobra"
)

// verdict is what a verification shows.
type verdict struct {
	File string `json:"file"`
	verify.Verdict
	Content string `json:"content"` // of a proof, if disclosed and text
}

func (a *app) cmdVerify() *cobra.Command {
	var first string
	c := a.command("verify FILE", "Verify a proof, a proof of misconduct or a bundle offline, with the first roster alone", `
detente verify ala-17.proof --roster roster.json
detente verify misconduct-1f2e3d4c5b6a7988.proof --roster roster.json
detente verify from-elbria.bundle --roster roster.json --json`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		r, err := a.firstRoster(first)
		if err != nil {
			return err
		}
		stop := a.working("verifying")
		v, err := verifyFile(args[0], r, time.Now())
		stop()
		if err != nil {
			return err
		}
		return a.show(v, func(w writer) {
			fmt.Fprintln(w, v.Sentence)
			if len(v.NotShown) > 0 {
				fmt.Fprintln(w, "\nWhat is not shown:")
			}
			for _, s := range v.NotShown {
				fmt.Fprintf(w, "  %s\n", s)
			}
			if v.Content != "" {
				fmt.Fprintf(w, "\nThe content:\n\n%s\n", v.Content)
			}
			fmt.Fprintf(w, "\nVerified with the roster of these words; whoever trusts them trusts this:\n\n")
			printWords(w, key.Words(v.Roster))
		})
	})
	c.Flags().StringVar(&first, "roster", "", "the first roster, whose words were compared (default that of the home)")
	return c
}

// firstRoster is the roster that the reader trusts.
func (a *app) firstRoster(path string) (*roster.Roster, error) {
	if path == "" {
		path = filepath.Join(a.home(), home.RosterFile)
		if _, err := os.Stat(path); err != nil {
			return nil, usage("--roster roster.json", "say by which roster: the first one, whose words were compared")
		}
	}
	b, err := a.readFile(path)
	if err != nil {
		return nil, err
	}
	r, err := roster.Parse(b)
	if err != nil {
		return nil, failed(control.Verification, "", fmt.Sprintf("%s: %v", path, err))
	}
	return r, nil
}

// verifyFile verifies a file by what its first line says it is.
func verifyFile(path string, first *roster.Roster, now time.Time) (*verdict, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	shown, err := verify.File(f, first, now)
	if err != nil {
		return nil, failed(control.Verification, "nothing is shown by it", fmt.Sprintf("%s does not verify: %v", filepath.Base(path), err))
	}
	v := &verdict{File: path, Verdict: *shown}
	if s := shown.Shown; s != nil && s.Content != nil {
		v.Content, err = control.ContentText(s.Act.Measure, s.ContentType, s.Content)
	}
	return v, err
}
