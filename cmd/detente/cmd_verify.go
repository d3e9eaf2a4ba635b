package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"detente/bundle"
	"detente/control"
	"detente/home"
	"detente/internal/canon"
	"detente/key"
	"detente/proof"
	"detente/roster"
	"github.com/spf13/cobra"
)

// verdict is what a verification shows.
type verdict struct {
	File     string       `json:"file"`
	Kind     string       `json:"kind"` // proof, misconduct or bundle
	Roster   canon.Digest `json:"roster"`
	Sentence string       `json:"sentence"`  // what is shown
	NotShown []string     `json:"not_shown"` // what is not
	Content  string       `json:"content"`   // of a proof, if disclosed and text
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

// maxProof bounds a proof file in memory, in bytes: the largest content and the
// lists of retired keys.
const maxProof = 256 << 20

// verifyFile verifies a file by what its first line says it is.
func verifyFile(path string, first *roster.Roster, now time.Time) (*verdict, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	head := make([]byte, 64)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, notVerified(path, errors.New("it is empty"))
	}
	magic, _, _ := bytes.Cut(head[:n], []byte("\n"))
	whole := io.MultiReader(bytes.NewReader(head[:n]), f)
	v := &verdict{File: path, Roster: first.Digest(), NotShown: []string{}}
	switch string(magic) {
	case proof.FileMagic:
		err = v.proof(whole, first, now)
	case proof.MisconductMagic:
		err = v.misconduct(whole, first)
	case bundle.Magic:
		err = v.bundle(f, first)
	default:
		err = errors.New("its first line names no proof and no bundle")
	}
	if err != nil {
		return nil, notVerified(path, err)
	}
	return v, nil
}

func notVerified(path string, err error) error {
	return failed(control.Verification, "nothing is shown by it", fmt.Sprintf("%s does not verify: %v", filepath.Base(path), err))
}

func readAll(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxProof+1))
	if err == nil && len(b) > maxProof {
		err = fmt.Errorf("it has more than %d bytes", maxProof)
	}
	return b, err
}

func (v *verdict) proof(r io.Reader, first *roster.Roster, now time.Time) error {
	v.Kind = "proof"
	b, err := readAll(r)
	if err != nil {
		return err
	}
	f, err := proof.Parse(b)
	if err != nil {
		return err
	}
	s, err := proof.Verify(f, first, now.Unix())
	if err != nil {
		return err
	}
	v.Sentence = s.Sentence
	v.NotShown = append(v.NotShown, s.NotShown...)
	if s.Content != nil {
		v.Content, err = control.ContentText(s.Act.Measure, s.ContentType, s.Content)
	}
	return err
}

func (v *verdict) misconduct(r io.Reader, first *roster.Roster) error {
	v.Kind = "misconduct"
	b, err := readAll(r)
	if err != nil {
		return err
	}
	m, err := proof.ParseMisconduct(b)
	if err != nil {
		return err
	}
	keys, err := roster.NewKeys(first)
	if err != nil {
		return err
	}
	if v.Sentence, err = m.Verify(keys); err != nil {
		return err
	}
	v.NotShown = append(v.NotShown, "Why it came about is not shown: a copied machine and intent look alike.")
	return nil
}
