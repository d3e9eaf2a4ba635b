package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"detente/control"
	"detente/pack"
	"detente/provision"
	"detente/regime"
	"github.com/spf13/cobra"
)

// caseLine is the outcome of one case.
type caseLine struct {
	Case   string   `json:"case"`
	Met    bool     `json:"met"`
	Faults []string `json:"faults"`
	Why    []string `json:"why,omitempty"`
}

func (a *app) packTest() *cobra.Command {
	var why bool
	var lang string
	c := a.command("test PACK [FILE…]", "Run the cases of a pack: what they expect against what comes out", `
detente pack test cica
detente pack test ./our-text
detente pack test ./our-text ../our-cases/exercise.txt -v`, cobra.MinimumNArgs(1), func(ctx context.Context, args []string) error {
		p, err := packAt(args[0])
		if err != nil {
			return err
		}
		files, err := caseFiles(args[0], args[1:])
		if err != nil {
			return err
		}
		var all []caseLine
		e := &control.Error{Code: control.Findings, Hint: "change the text or the case; spec/case.md says how a case is written"}
		for _, name := range slices.Sorted(maps.Keys(files)) {
			l := runCase(p, name, files[name], regime.Lang(lang))
			if !why {
				l.Why = nil
			}
			all = append(all, l)
			for _, f := range l.Faults {
				e.Faults = append(e.Faults, control.Fault{Where: name, What: f})
			}
		}
		if err := a.show(all, func(w writer) { printCases(w, all) }); err != nil {
			return err
		}
		if len(e.Faults) > 0 {
			e.Message = fmt.Sprintf("%s: %d of the expectations are not met", p.Head.ID, len(e.Faults))
			e.Faults = nil // they were shown case by case
			return e
		}
		return nil
	})
	c.Flags().BoolVarP(&why, "verbose", "v", false, "also say why, for each item and finding that a case names")
	c.Flags().StringVar(&lang, "lang", "en", "language of the reasons: "+strings.Join(provision.Languages(), ", "))
	return c
}

// caseFiles reads the cases named, or those of the pack's own folder.
func caseFiles(dir string, names []string) (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		files[name] = b
	}
	if len(names) > 0 {
		return files, nil
	}
	fsys, err := packFolder(dir)
	if err != nil {
		return nil, err
	}
	found, err := fs.Glob(fsys, "cases/*.txt")
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, failed(control.NotFound, "write the first one; spec/case.md shows how", filepath.Join(dir, "cases")+" has no case")
	}
	for _, name := range found {
		if files[name], err = fs.ReadFile(fsys, name); err != nil {
			return nil, err
		}
	}
	return files, nil
}

func runCase(p *pack.Pack, name string, b []byte, lang regime.Lang) caseLine {
	l := caseLine{Case: strings.TrimSuffix(filepath.Base(name), ".txt"), Faults: []string{}}
	c, err := provision.ParseCase(p, b)
	if err != nil {
		var where *provision.CaseError
		if errors.As(err, &where) {
			l.Faults = append(l.Faults, fmt.Sprintf("%s:%d: %s", name, where.Line, where.Text))
		} else {
			l.Faults = append(l.Faults, err.Error())
		}
		return l
	}
	out, err := c.Run(lang)
	if err != nil {
		l.Faults = append(l.Faults, err.Error())
		return l
	}
	l.Faults = append(l.Faults, out.Faults...)
	l.Why, l.Met = out.Why, len(out.Faults) == 0
	return l
}

func printCases(w io.Writer, all []caseLine) {
	for _, l := range all {
		word := "met    "
		if !l.Met {
			word = "not met"
		}
		fmt.Fprintf(w, "%s  %s\n", word, l.Case)
		for _, f := range l.Faults {
			fmt.Fprintf(w, "    %s\n", strings.ReplaceAll(f, "\n", "\n    "))
		}
		for _, y := range l.Why {
			fmt.Fprintf(w, "    %s\n", strings.ReplaceAll(y, "\n", "\n    "))
		}
	}
}
