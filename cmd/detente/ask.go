package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"detente/control"
	"detente/home"
	"golang.org/x/term"
)

// writer is where text goes.
type writer = io.Writer

// maxLine bounds what is read of a person, in bytes.
const maxLine = 4096

// ask puts a question and reads a line.
func (a *app) ask(ctx context.Context, question string) (string, error) {
	fmt.Fprint(a.stderr, question)
	line, err := interruptible(ctx, a.line)
	if errors.Is(err, io.EOF) && line == "" {
		return "", usage("", "nobody answered: stdin has ended")
	}
	return line, nil
}

// interruptible ends the waiting for a person when ctx ends; what is still read
// then is lost with the process.
func interruptible(ctx context.Context, read func() (string, error)) (string, error) {
	type answer struct {
		text string
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		text, err := read()
		got <- answer{text, err}
	}()
	select {
	case r := <-got:
		return r.text, r.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func (a *app) line() (string, error) {
	var b strings.Builder
	for b.Len() < maxLine {
		c, err := a.stdin.ReadByte()
		if err != nil {
			return strings.TrimSpace(b.String()), err
		}
		if c == '\n' {
			break
		}
		b.WriteByte(c)
	}
	return strings.TrimSpace(b.String()), nil
}

// confirmed asks whether to go on, unless yes was given.
func (a *app) confirmed(ctx context.Context, question string, yes bool) error {
	if yes {
		return nil
	}
	line, err := a.ask(ctx, question+" [yes/no] ")
	if ctx.Err() != nil {
		return err
	}
	if err != nil {
		return usage("--yes", "this needs a yes")
	}
	if strings.EqualFold(line, "yes") || strings.EqualFold(line, "y") {
		return nil
	}
	return failed(control.Interrupted, "", "nothing was done")
}

// passphrase reads one from a file ("-": stdin), or at the terminal without
// showing it; twice if it is new.
func (a *app) passphrase(ctx context.Context, prompt, file string, fresh bool) (string, error) {
	switch {
	case file == "-":
		return a.line()
	case file != "":
		b, err := os.ReadFile(file)
		if err != nil {
			return "", fmt.Errorf("read the passphrase: %w", err)
		}
		if len(b) > maxLine {
			return "", fmt.Errorf("the passphrase in %s is longer than %d bytes", file, maxLine)
		}
		return strings.TrimRight(string(b), "\r\n"), nil
	}
	f, ok := a.in.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return "", usage("give it by a file (- is stdin); --help names the flag", "a passphrase is needed and there is no terminal to ask at")
	}
	for {
		first, err := a.hidden(ctx, f, prompt)
		if err != nil || !fresh {
			return first, err
		}
		if n := utf8.RuneCountInString(first); n < home.MinPassphrase {
			a.talk("It has %d characters; %d or more are needed: several words are easy to remember.", n, home.MinPassphrase)
			continue
		}
		second, err := a.hidden(ctx, f, "Once more: ")
		if err != nil {
			return "", err
		}
		if first == second {
			return first, nil
		}
		a.talk("The two differ.")
	}
}

func (a *app) hidden(ctx context.Context, f *os.File, prompt string) (string, error) {
	fmt.Fprint(a.stderr, prompt)
	state, err := term.GetState(int(f.Fd()))
	if err != nil {
		return "", fmt.Errorf("read the passphrase: %w", err)
	}
	b, err := interruptible(ctx, func() (string, error) {
		b, err := term.ReadPassword(int(f.Fd()))
		return string(b), err
	})
	fmt.Fprintln(a.stderr)
	if ctx.Err() != nil {
		return "", errors.Join(err, term.Restore(int(f.Fd()), state))
	}
	if err != nil {
		return "", fmt.Errorf("read the passphrase: %w", err)
	}
	return b, nil
}
