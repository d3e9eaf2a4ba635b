package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
	"unicode/utf16"

	"detente/control"
	"detente/home"
	"detente/internal/durable"
	"detente/node"
	"detente/regime"
	"filippo.io/age"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// defaultHome is where a service keeps its home.
const defaultHome = "/var/lib/detente"

// waitForHome is how long a command waits for another one that has the home open.
const waitForHome = 10 * time.Second

// app is one run of the command.
type app struct {
	stdin  *bufio.Reader
	in     io.Reader // below stdin: to ask whether it is a terminal
	stdout io.Writer
	stderr io.Writer
	env    func(string) string

	homeFlag       string
	unlockFlag     string
	unlockPassFile string
	json           bool
	noColor        bool
	accessible     bool
	console        bool
}

// run does one command and returns its exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	a := &app{stdin: bufio.NewReader(stdin), in: stdin, stdout: stdout, stderr: stderr, env: os.Getenv}
	// Wanted even where the command line cannot be read.
	a.json = slices.Contains(args, "--json")
	defer func() {
		if r := recover(); r != nil {
			code = a.fail(failed(control.Failed, "please report it, with the command", fmt.Sprintf("this is a fault of the program: %v", r)))
		}
	}()
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := a.root()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitDone
	}
	var ours *control.Error
	var status *statusError
	if !errors.As(err, &ours) && !errors.As(err, &status) {
		// cobra's own: the command line was not understood.
		text, _, _ := strings.Cut(err.Error(), "\n")
		hint := "detente --help"
		if c, _, err := root.Find(args); err == nil && c != root {
			hint = c.UseLine() + "; " + c.CommandPath() + " --help"
		}
		err = usage(hint, argsText(text)+suggestion(err.Error()))
	}
	if ctx.Err() != nil && exitOf(err) == exitFailed {
		err = failed(control.Interrupted, "", "interrupted")
	}
	return a.fail(err)
}

// argsText says in our words that the number of arguments does not fit.
func argsText(text string) string {
	var want, got int
	if n, _ := fmt.Sscanf(text, "accepts %d arg(s), received %d", &want, &got); n == 2 {
		return fmt.Sprintf("this takes %s beside flags, and %d were given", counted(want, "argument"), got)
	}
	if n, _ := fmt.Sscanf(text, "accepts at most %d arg(s), received %d", &want, &got); n == 2 {
		return fmt.Sprintf("this takes at most %s beside flags, and %d were given", counted(want, "argument"), got)
	}
	return text
}

// counted is a number with its noun, which takes an s where there is not one.
func counted[N int | int64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// suggestion is what cobra offers in place of an unknown verb, in one line.
func suggestion(text string) string {
	_, after, ok := strings.Cut(text, "Did you mean this?")
	if !ok {
		return ""
	}
	return "; did you mean " + strings.Join(strings.Fields(after), ", ") + "?"
}

// fail says an error and returns its exit code.
func (a *app) fail(err error) int {
	var status *statusError
	if errors.As(err, &status) {
		return status.exit
	}
	e := control.ErrorOf(err)
	if a.json {
		a.document(map[string]*control.Error{"error": e})
		return exitOf(e)
	}
	a.talk("detente: %s", e.Message)
	for _, f := range e.Faults {
		a.talk("  %s", a.faultLine(f))
	}
	if e.Hint != "" {
		a.talk("  what to do: %s", e.Hint)
	}
	return exitOf(e)
}

// officer is the language in which an officer reads: $DETENTE_LANGUAGE, or that of
// the terminal.
func (a *app) officer() regime.Lang {
	for _, name := range []string{"DETENTE_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"} {
		lang := a.env(name) // e.g. ru_RU.UTF-8, C.UTF-8
		if i := strings.IndexAny(lang, "_.@"); i >= 0 {
			lang = lang[:i]
		}
		if lang != "" && lang != "C" && lang != "POSIX" {
			return regime.Lang(lang)
		}
	}
	return regime.English
}

func (a *app) faultLine(f control.Fault) string {
	what, ok := f.Texts[a.officer()]
	if !ok {
		what = f.What
	}
	s := strings.TrimSpace(f.Where) + ": " + what
	if f.Do != "" {
		s += "; " + f.Do
	}
	return s
}

// document prints one JSON document. What would steer a terminal is escaped, which
// to a program is the same.
func (a *app) document(v any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	var out strings.Builder
	for _, r := range b.String() {
		switch {
		case node.Legible(string(r)) == string(r):
			out.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&out, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	_, err := io.WriteString(a.stdout, out.String())
	return err
}

// show prints a result: as a document, or by text.
func (a *app) show(v any, text func(w io.Writer)) error {
	if a.json {
		return a.document(v)
	}
	var b bytes.Buffer
	text(&b)
	_, err := io.WriteString(a.stdout, harmless(b.String()))
	return err
}

// talk says something to the person, on stderr.
func (a *app) talk(format string, args ...any) {
	io.WriteString(a.stderr, harmless(fmt.Sprintf(format+"\n", args...)))
}

// harmless is text for a terminal: nothing in it steers it, whoever wrote it, save
// the two commands of a heading.
func harmless(s string) string {
	var b strings.Builder
	for s != "" {
		i := strings.IndexByte(s, boldOn[0])
		if i < 0 {
			i = len(s)
		}
		b.WriteString(node.Legible(s[:i]))
		s = s[i:]
		switch {
		case strings.HasPrefix(s, boldOn):
			b.WriteString(boldOn)
			s = s[len(boldOn):]
		case strings.HasPrefix(s, boldOff):
			b.WriteString(boldOff)
			s = s[len(boldOff):]
		case s != "":
			b.WriteString(node.Legible(s[:1]))
			s = s[1:]
		}
	}
	return b.String()
}

// What begins and ends a heading on a terminal.
const (
	boldOn  = "\x1b[1m"
	boldOff = "\x1b[0m"
)

// terminal reports whether a stream is one.
func terminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// bold marks a heading where the terminal can.
func (a *app) bold(s string) string {
	if a.noColor || a.json || a.env("NO_COLOR") != "" || a.env("TERM") == "dumb" || !terminal(a.stdout) {
		return s
	}
	return boldOn + s + boldOff
}

// plain reports whether nothing on the screen may be drawn anew.
func (a *app) plain() bool { return a.accessible || a.env("DETENTE_ACCESSIBLE") == "1" }

// quietFor is how long work may take before it shows progress.
const quietFor = 2 * time.Second

// working shows that something takes its time: on a terminal only, after two
// seconds. The function that it returns ends it.
func (a *app) working(what string) func() {
	if !terminal(a.stderr) {
		return func() {}
	}
	stop := make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() {
		t := time.NewTimer(quietFor)
		defer t.Stop()
		for shown := 0; ; shown++ {
			select {
			case <-stop:
				if shown > 0 && !a.plain() {
					fmt.Fprint(a.stderr, "\r\x1b[K")
				}
				return
			case <-t.C:
			}
			switch {
			case shown == 0 && a.plain():
				a.talk("%s: it takes a while …", what)
			case !a.plain():
				fmt.Fprintf(a.stderr, "\r%s … %d s", what, 2+shown)
			}
			t.Reset(time.Second)
		}
	})
	return func() { close(stop); done.Wait() }
}

// home is the folder of the home.
func (a *app) home() string {
	for _, dir := range []string{a.homeFlag, a.env("DETENTE_HOME")} {
		if dir != "" {
			return dir
		}
	}
	return defaultHome
}

// unlockPath is where the unlock key is: by flag, environment, as a service
// credential, or in the home.
func (a *app) unlockPath() string {
	for _, path := range []string{a.unlockFlag, a.env("DETENTE_UNLOCK")} {
		if path != "" {
			return path
		}
	}
	if dir := a.env("CREDENTIALS_DIRECTORY"); dir != "" {
		path := filepath.Join(dir, "unlock")
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return filepath.Join(a.home(), home.UnlockFile)
}

func (a *app) identity(ctx context.Context) (*age.HybridIdentity, error) {
	path := a.unlockPath()
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return nil, failed(control.NotFound, "put it there, or name it: --unlock FILE, DETENTE_UNLOCK", "the unlock key is not there: "+path)
	}
	return home.Unlock(path, func() (string, error) {
		if a.unlockPassFile == "" && !terminal(a.in) {
			return "", home.ErrNeedsPassphrase
		}
		return a.passphrase(ctx, "Passphrase of the unlock key: ", a.unlockPassFile, false)
	})
}

// adopted reports an error unless there is a home here that has a roster.
func (a *app) adopted() error {
	f, err := home.Load(a.home())
	if err == nil && f.First == nil {
		err = home.ErrNoRoster
	}
	return err
}

// sessionPath is where the token of the signed-in officer is kept.
func (a *app) sessionPath() string {
	if path := a.env("DETENTE_SESSION"); path != "" {
		return path
	}
	return filepath.Join(a.home(), home.SessionFile)
}

// token is that of the signed-in officer, or empty.
func (a *app) token() string {
	b, err := os.ReadFile(a.sessionPath())
	if err != nil || len(b) > 1024 {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// saveToken keeps a token, readable by this account alone; empty removes it.
func (a *app) saveToken(token string) error {
	if token == "" {
		if err := os.Remove(a.sessionPath()); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("forget the session: %w", err)
		}
		return nil
	}
	if err := durable.WriteFile(a.sessionPath(), []byte(token+"\n"), 0o600); err != nil {
		return fmt.Errorf("keep the session: %w", err)
	}
	return nil
}

// openHome opens the home in this process.
func (a *app) openHome(ctx context.Context) (*home.Home, error) {
	if err := a.adopted(); err != nil {
		return nil, err
	}
	id, err := a.identity(ctx)
	if err != nil {
		return nil, err
	}
	return home.Open(ctx, a.home(), home.Options{Identity: id, Restored: true, Wait: waitForHome})
}

// call calls a verb: of the running node, or in this process where none runs.
func (a *app) call(ctx context.Context, verb string, args, result any) error {
	return a.callFile(ctx, verb, args, nil, nil, result)
}

func (a *app) callFile(ctx context.Context, verb string, args any, in io.Reader, out io.Writer, result any) error {
	c, err := control.Dial(ctx, a.home())
	if err == nil {
		defer c.Close()
		c.Token = a.token()
		return c.Call(ctx, verb, args, in, out, result)
	}
	if !errors.Is(err, control.ErrNotRunning) {
		return control.ErrorOf(err)
	}
	h, err := a.openHome(ctx)
	if err != nil {
		return control.ErrorOf(err)
	}
	err = control.Local{Home: h, Token: a.token()}.Call(ctx, verb, args, in, out, result)
	if closeErr := h.Close(); err == nil && closeErr != nil {
		return control.ErrorOf(closeErr)
	}
	return err
}

// command makes a verb. Every error of do becomes one that crosses with a code.
func (a *app) command(use, short, examples string, args cobra.PositionalArgs, do func(ctx context.Context, args []string) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Example: indent(examples), Args: args,
		RunE: func(cmd *cobra.Command, args []string) error {
			err := do(cmd.Context(), args)
			var status *statusError
			if err == nil || errors.As(err, &status) {
				return err
			}
			return control.ErrorOf(err)
		},
	}
}

// noun makes a command that only gathers verbs.
func (a *app) noun(use, short, examples string, verbs ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{
		Use: use, Short: short, Example: indent(examples), Args: cobra.ArbitraryArgs,
		SuggestionsMinimumDistance: 2,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			hint := cmd.CommandPath() + " --help"
			if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
				hint = "did you mean: " + cmd.CommandPath() + " " + strings.Join(near, ", ") + "?; " + hint
			}
			return usage(hint, fmt.Sprintf("%s has no verb %q", cmd.CommandPath(), args[0]))
		},
	}
	c.AddCommand(verbs...)
	return c
}

func indent(examples string) string {
	lines := strings.Split(strings.TrimSpace(examples), "\n")
	for i, l := range lines {
		lines[i] = "  " + strings.TrimSpace(l)
	}
	return strings.Join(lines, "\n")
}

// queued ends a command whose act waits for the node to run.
func (a *app) queued(is bool) error {
	if !is {
		return nil
	}
	a.talk("queued; will be sent when the node runs: detente node run")
	return &statusError{exitUnreachable}
}
