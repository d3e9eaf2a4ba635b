package demo

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// narrator writes the story: numbered steps, plain sentences, and below each
// what shows it. Every line is whole and final, so that it reads the same on a
// terminal, in a file and aloud.
type narrator struct {
	w     io.Writer
	step  int
	began time.Time
	now   func() time.Time // of a story with a clock of its own; nil: none
}

func newNarrator(w io.Writer) *narrator {
	n := &narrator{w: w, began: time.Now()}
	fmt.Fprintln(w, "détente: a demonstration. Every state here is invented. Every act is stamped EXERCISE.")
	return n
}

func (n *narrator) title(text string) {
	n.step++
	if n.now != nil {
		fmt.Fprintf(n.w, "\n%2d. %s  [%s]\n", n.step, text, n.now().Format("2 January 2006, 15:04 UTC"))
		return
	}
	fmt.Fprintf(n.w, "\n%2d. %s  [%4.1f s]\n", n.step, text, time.Since(n.began).Seconds())
}

// say writes one sentence and what shows it.
func (n *narrator) say(sentence string, shown ...string) {
	fmt.Fprintf(n.w, "    %s\n", sentence)
	for _, s := range shown {
		for _, line := range strings.Split(strings.TrimRight(s, "\n"), "\n") {
			if line == "" {
				continue
			}
			fmt.Fprintf(n.w, "      · %s\n", line)
		}
	}
}

// waiting tells that something takes its time, once it has taken two seconds.
func (n *narrator) waiting(what string) (stop func()) {
	t := time.AfterFunc(2*time.Second, func() { fmt.Fprintf(n.w, "      … %s\n", what) })
	return func() { t.Stop() }
}
