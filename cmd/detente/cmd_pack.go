package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"detente/control"
	"detente/internal/canon"
	"detente/pack"
	"detente/packs"
	"detente/regime"
	"github.com/spf13/cobra"
)

func (a *app) cmdPack() *cobra.Command {
	return a.noun("pack", "Texts as data: what each provides for, and checking one that you write", `
detente pack list
detente pack digest cica
detente pack lint ./our-text
detente pack test ./our-text`, a.packList(), a.packShow(), a.packLint(), a.packTest(), a.packDigest(), a.packSchema(), a.packAdopt(), a.packKeep())
}

// packAt reads a pack: of the program by its id, or a folder that lies elsewhere.
func packAt(name string) (*pack.Pack, error) {
	texts, err := pack.NewLibrary(packs.FS)
	if err != nil {
		return nil, err
	}
	p, err := texts.Find(name, canon.Digest{})
	if !errors.Is(err, pack.ErrNotAtHand) {
		return p, err
	}
	if !strings.ContainsRune(name, os.PathSeparator) {
		return nil, failed(control.NotFound, "detente pack list; a folder is written with a slash: ./"+name, "no pack "+name+" is known here")
	}
	return packIn(name)
}

// packFolder is where a pack lies with its cases: in the program, or elsewhere.
func packFolder(name string) (fs.FS, error) {
	texts, err := pack.NewLibrary(packs.FS)
	if err != nil {
		return nil, err
	}
	dir, err := texts.Folder(name)
	if errors.Is(err, pack.ErrNotAtHand) {
		return os.DirFS(name), nil
	}
	return dir, err
}

// packIn reads the pack in a folder, or in a file as digest --out writes it. All its
// faults come as findings.
func packIn(dir string) (*pack.Pack, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return nil, err
	}
	var p *pack.Pack
	switch {
	case info.IsDir():
		p, err = pack.Load(os.DirFS(dir))
	case info.Size() > 2*pack.MaxPack:
		return nil, fmt.Errorf("%s has more than %d bytes", dir, 2*pack.MaxPack)
	default:
		b, readErr := os.ReadFile(dir)
		if readErr != nil {
			return nil, readErr
		}
		p, err = pack.Parse(b)
	}
	var faults pack.Faults
	if !errors.As(err, &faults) {
		return p, err
	}
	e := &control.Error{Code: control.Findings, Message: fmt.Sprintf("%s: the pack is not as it should be in one place", dir),
		Hint: "mend the lines named; spec/pack.md says what each key means"}
	if len(faults) > 1 {
		e.Message = fmt.Sprintf("%s: the pack is not as it should be in %d places", dir, len(faults))
	}
	for _, f := range faults {
		where := f.File
		if f.Line > 0 {
			where = fmt.Sprintf("%s, line %d", f.File, f.Line)
		}
		e.Faults = append(e.Faults, control.Fault{Where: where, What: f.Text})
	}
	return nil, e
}

// packLine is a pack in a list.
type packLine struct {
	ID        string        `json:"id"`
	Title     string        `json:"title"`
	Nature    pack.Nature   `json:"nature"`
	Editions  []string      `json:"editions"`
	Languages []regime.Lang `json:"languages"`
	Measures  int           `json:"measures"`
	Digest    string        `json:"digest"`
}

func packLineOf(p *pack.Pack) packLine {
	l := packLine{p.Head.ID, p.Head.Title[regime.English], p.Head.Nature, nil, p.Head.Languages, len(p.Measures), p.Digest().String()}
	for i := range p.Head.Editions {
		l.Editions = append(l.Editions, p.Head.Editions[i].ID)
	}
	return l
}

func (a *app) packList() *cobra.Command {
	return a.command("list", "List the packs that are part of this program", `
detente pack list
detente pack list --json
detente pack list --no-color`, cobra.NoArgs, func(ctx context.Context, args []string) error {
		texts, err := pack.NewLibrary(packs.FS)
		if err != nil {
			return err
		}
		all := []packLine{}
		t := newTable("pack", "editions", "measures", "nature", "title")
		for _, id := range texts.IDs() {
			p, err := texts.Find(id, canon.Digest{})
			if err != nil {
				return err
			}
			l := packLineOf(p)
			all = append(all, l)
			t.row(l.ID, strings.Join(l.Editions, ", "), fmt.Sprint(l.Measures), string(l.Nature), l.Title)
		}
		return a.show(all, func(w writer) { t.print(a, w, "") })
	})
}

func (a *app) packShow() *cobra.Command {
	var measure, language string
	c := a.command("show PACK", "Read a text measure by measure: article, who, to whom, when, quotas, how sure", `
detente pack show cica
detente pack show cica --measure cica.2.1.1d --language ru
detente pack show ./our-text`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		p, err := packAt(args[0])
		if err != nil {
			return err
		}
		lang := regime.Lang(language)
		if measure == "" {
			return a.show(p.Plain(), func(w writer) { fmt.Fprint(w, p.Text(lang)) })
		}
		found := p.Editions(measure)
		if len(found) == 0 {
			return failed(control.NotFound, "detente pack show "+args[0]+" lists the measures", "the pack has no measure "+measure)
		}
		plain := make([]any, len(found))
		for i := range found {
			plain[i] = found[i].Plain()
		}
		return a.show(plain, func(w writer) {
			for i, m := range found {
				if i > 0 {
					fmt.Fprintln(w)
				}
				fmt.Fprint(w, p.MeasureText(m, lang))
			}
		})
	})
	c.Flags().StringVar(&measure, "measure", "", "only this measure, in every edition that has it")
	c.Flags().StringVar(&language, "language", "en", "a language of the pack; English where it has no wording")
	return c
}

func (a *app) packLint() *cobra.Command {
	return a.command("lint DIR", "Say every fault of a pack at once, by file and line", `
detente pack lint ./our-text
detente pack lint packs/cica
detente pack lint ./our-text --json`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		p, err := packIn(args[0])
		if err != nil {
			return err
		}
		return a.show(map[string]any{"pack": packLineOf(p), "faults": []string{}}, func(w writer) {
			fmt.Fprintf(w, "%s: no faults (measures: %d, forms: %d)\n", p.Head.ID, len(p.Measures), len(p.Forms))
		})
	})
}

func (a *app) packSchema() *cobra.Command {
	return a.command("schema FILE", "Print the JSON Schema of a kind of file of a pack, for an editor: "+strings.Join(pack.Schemas(), ", "), `
detente pack schema measures > measures.schema.json
detente pack schema pack > pack.schema.json
detente pack schema form > form.schema.json`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		b, ok := pack.Schema(args[0])
		if !ok {
			return failed(control.NotFound, "one of "+strings.Join(pack.Schemas(), ", "), "no schema of "+args[0])
		}
		_, err := a.stdout.Write(b)
		return err
	})
}

func (a *app) packDigest() *cobra.Command {
	var out string
	c := a.command("digest PACK", "Print the digest by which a group adopts a pack; with --out, write the pack as one file", `
detente pack digest cica
detente pack digest ./our-text
detente pack digest ./our-text --out our-text.pack`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		p, err := packAt(args[0])
		if err != nil {
			return err
		}
		if out != "" {
			if err := newFile(out, func(w writer) error { _, err := w.Write(p.Bytes()); return err }); err != nil {
				return err
			}
		}
		return a.show(packLineOf(p), func(w writer) { fmt.Fprintln(w, p.Digest()) })
	})
	c.Flags().StringVar(&out, "out", "", "a new file for the pack, to be carried or lodged")
	return c
}
