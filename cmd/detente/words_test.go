package main

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// known parses a command line as the program would, and runs nothing.
func known(t *testing.T, where, line string) {
	t.Helper()
	a := &app{stdin: bufio.NewReader(strings.NewReader("")), in: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard, env: func(string) string { return "" }}
	root := a.root()
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	c, rest, err := root.Find(shellWords(line)[1:])
	if err != nil {
		t.Errorf("%s: %s: %v", where, line, err)
		return
	}
	if err := c.ParseFlags(rest); err != nil {
		t.Errorf("%s: %s: %v", where, line, err)
		return
	}
	if c.HasSubCommands() && len(c.Flags().Args()) > 0 {
		t.Errorf("%s: %s: no verb %s", where, line, c.Flags().Args()[0])
	}
}

// shellWords splits a line as a shell does, as far as our documents go.
func shellWords(line string) []string {
	line = regexp.MustCompile(`\s+#.*$`).ReplaceAllString(line, "")
	line = regexp.MustCompile(`\s[<>|].*$`).ReplaceAllString(line, "")
	var words []string
	for _, w := range regexp.MustCompile(`[^\s"]*"[^"]*"|\S+`).FindAllString(line, -1) {
		words = append(words, strings.ReplaceAll(w, `"`, ""))
	}
	return words
}

func every(c *cobra.Command, f func(*cobra.Command)) {
	f(c)
	for _, sub := range c.Commands() {
		every(sub, f)
	}
}

// TestExamplesAreCommands parses the three examples of each help.
func TestExamplesAreCommands(t *testing.T) {
	a := &app{}
	count := 0
	every(a.root(), func(c *cobra.Command) {
		if c.Name() == "exit-codes" {
			return
		}
		if c.Short == "" {
			t.Errorf("%s says nothing of itself", c.CommandPath())
		}
		lines := strings.Split(c.Example, "\n")
		if len(lines) < 3 {
			t.Errorf("%s has %d examples, three are due", c.CommandPath(), len(lines))
		}
		for _, l := range lines {
			l = regexp.MustCompile(`^\s*([A-Z_]+=\S+ )*`).ReplaceAllString(l, "")
			if strings.HasPrefix(l, "detente ") {
				known(t, c.CommandPath(), l)
				count++
			}
		}
	})
	if count < 150 {
		t.Errorf("%d examples were read", count)
	}
}

// TestDocumentedCommandsExist parses each command that the documents name.
func TestDocumentedCommandsExist(t *testing.T) {
	quoted := regexp.MustCompile("`(detente [^`]+)`")
	for _, path := range []string{"../../doc/operating.md", "../../README.md", "../../SECURITY.md"} {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		fenced, count := false, 0
		for s := bufio.NewScanner(bytes.NewReader(b)); s.Scan(); {
			line := s.Text()
			if strings.HasPrefix(line, "```") {
				fenced = !fenced
				continue
			}
			var lines []string
			if fenced && strings.HasPrefix(line, "detente ") {
				lines = append(lines, line)
			}
			for _, m := range quoted.FindAllStringSubmatch(line, -1) {
				if m[1] != "detente NOUN VERB" {
					lines = append(lines, m[1])
				}
			}
			for _, l := range lines {
				known(t, path, l)
				count++
			}
		}
		if strings.Contains(path, "operating") && count < 40 {
			t.Errorf("%s: %d commands were read", path, count)
		}
	}
}
