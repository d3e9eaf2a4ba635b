package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"detente/control"
	"detente/internal/canon"
	"golang.org/x/term"
)

// table is rows of text in columns.
type table struct {
	head []string
	rows [][]string
}

func newTable(head ...string) *table { return &table{head: head} }

// row adds a row; what a cell says stays in it.
func (t *table) row(cells ...string) {
	for i, c := range cells {
		cells[i] = strings.Join(strings.Fields(c), " ")
	}
	t.rows = append(t.rows, cells)
}

// print prints the table, or a sentence if it has no rows. On a terminal that is
// too narrow each row becomes lines of its own, with the head of each cell.
func (t *table) print(a *app, w writer, empty string) {
	if len(t.rows) == 0 {
		fmt.Fprintln(w, empty)
		return
	}
	width := make([]int, len(t.head))
	for _, cells := range append([][]string{t.head}, t.rows...) {
		for i, c := range cells {
			width[i] = max(width[i], utf8.RuneCountInString(c))
		}
	}
	whole := 2 * (len(width) - 1)
	for _, n := range width {
		whole += n
	}
	if columns := a.columns(); columns > 0 && whole > columns {
		t.printNarrow(a, w)
		return
	}
	line := func(cells []string) string {
		var b strings.Builder
		for i, c := range cells {
			b.WriteString(c)
			if i < len(cells)-1 {
				b.WriteString(strings.Repeat(" ", width[i]-utf8.RuneCountInString(c)+2))
			}
		}
		return strings.TrimRight(b.String(), " ")
	}
	fmt.Fprintln(w, a.bold(line(t.head)))
	for _, cells := range t.rows {
		fmt.Fprintln(w, line(cells))
	}
}

func (t *table) printNarrow(a *app, w writer) {
	margin := 0
	for _, h := range t.head {
		margin = max(margin, utf8.RuneCountInString(h))
	}
	for i, cells := range t.rows {
		if i > 0 {
			fmt.Fprintln(w)
		}
		for j, c := range cells {
			if c != "" {
				fmt.Fprintf(w, "%s  %s\n", a.bold(fmt.Sprintf("%-*s", margin, t.head[j])), c)
			}
		}
	}
}

// columns is the width of the terminal, or 0 where stdout is none.
func (a *app) columns() int {
	f, ok := a.stdout.(*os.File)
	if !ok {
		return 0
	}
	n, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return n
}

// readFile reads a file of at most canon.MaxJSON bytes; "-" is stdin.
func (a *app) readFile(path string) ([]byte, error) {
	var r io.Reader = a.stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		r = f
	}
	b, err := io.ReadAll(io.LimitReader(r, canon.MaxJSON+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if len(b) > canon.MaxJSON {
		return nil, fmt.Errorf("%s has more than %d bytes", path, canon.MaxJSON)
	}
	return b, nil
}

// readJSON reads JSON that a person wrote.
func (a *app) readJSON(path string, v any) error {
	b, err := a.readFile(path)
	if err != nil {
		return err
	}
	if err := canon.ReadJSON(b, v); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	return nil
}

// newFile makes a file where none is, for w to fill; on an error it goes again.
func newFile(path string, fill func(w io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return failed(control.Failed, "choose another name, or move that file away", path+" is there already and is not written over")
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err = fill(f); err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		os.Remove(path)
	}
	return err
}
