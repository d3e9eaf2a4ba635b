package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"detente/control"
	"detente/internal/canon"
	"detente/node"
	"detente/pack"
	"detente/packs"
	"detente/regime"
	"github.com/spf13/cobra"
)

func (a *app) cmdForm() *cobra.Command {
	return a.noun("form", "The forms that this program knows", `
detente form list
detente form show cica.2.1.1d
detente form blank cica.2.1.1d > exercise.json`, a.formList(), a.formShow(), a.formBlank(), a.formCheck(), a.formSchema())
}

// formNamed is the form of a step under the pack that ships, by the code of the step.
func formNamed(code string) (*regime.Form, error) {
	texts, err := pack.NewLibrary(packs.FS)
	if err != nil {
		return nil, err
	}
	f, err := texts.Form(code)
	if errors.Is(err, pack.ErrNotAtHand) || errors.Is(err, pack.ErrNoForm) {
		return nil, failed(control.NotFound, "detente form list", "no form "+code+" is known here")
	}
	return f, err
}

// form is the form of a step as the home files it: under the pack in force, which may
// be one that was carried in; else under the one that ships.
func (a *app) form(ctx context.Context, code string) (*regime.Form, error) {
	shipped, err := formNamed(code)
	if a.adopted() != nil {
		return shipped, err
	}
	var known control.Form
	if a.call(ctx, "form", control.FormArgs{Code: code}, &known) != nil {
		return shipped, err
	}
	return regime.ParseForm([]byte(known.Body))
}

func (a *app) formList() *cobra.Command {
	return a.command("list", "List the forms: of the texts in force, of those carried in, and of those that ship", `
detente form list
detente form list --json
detente form show cica.2.1.1d`, cobra.NoArgs, func(ctx context.Context, args []string) error {
		all, err := a.forms(ctx)
		if err != nil {
			return err
		}
		t := newTable("form", "fields", "text", "title")
		for _, f := range all {
			t.row(f.Code, fmt.Sprint(f.Fields), strings.ReplaceAll(string(f.Of), "-", " "), f.Title[regime.English])
		}
		return a.show(all, func(w writer) { t.print(a, w, "") })
	})
}

// forms are those at hand in the home; without one those that ship.
func (a *app) forms(ctx context.Context) (all []control.FormLine, err error) {
	if a.adopted() == nil {
		return all, a.call(ctx, "forms", struct{}{}, &all)
	}
	texts, err := pack.NewLibrary(packs.FS)
	if err != nil {
		return nil, err
	}
	for _, id := range texts.IDs() {
		p, err := texts.Find(id, canon.Digest{})
		if err != nil {
			return nil, err
		}
		all = append(all, control.FormsOf(p, node.Ships)...)
	}
	return all, nil
}

func (a *app) formSchema() *cobra.Command {
	var language string
	c := a.command("schema FORM", "Print the JSON Schema (2020-12) of a form, for other programs", `
detente form schema cica.2.1.1d
detente form schema cica.2.1.1d > notification.schema.json
detente form schema cica.hum.4 --language ru`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		f, err := a.form(ctx, args[0])
		if err != nil {
			return err
		}
		b, err := f.Schema(regime.Lang(language))
		if err != nil {
			return err
		}
		_, err = a.stdout.Write(b)
		return err
	})
	c.Flags().StringVar(&language, "language", "en", "language of names and help")
	return c
}

func (a *app) formShow() *cobra.Command {
	var language string
	c := a.command("show FORM", "List the fields of a form: number, name, what it asks for and when", `
detente form show cica.2.1.1d
detente form show cica.hum.4 --language ru
detente form show cica.2.1.1d --json`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		f, err := a.form(ctx, args[0])
		if err != nil {
			return err
		}
		lang := regime.Lang(language)
		if _, ok := f.Title[lang]; !ok {
			return usage("--language "+joined(slices.Sorted(maps.Keys(f.Title))), fmt.Sprintf("the form is not written in %q", language))
		}
		return a.show(f, func(w writer) { fmt.Fprint(w, f.Describe(lang)) })
	})
	c.Flags().StringVar(&language, "language", "en", "en or ru")
	return c
}

func (a *app) formBlank() *cobra.Command {
	var all bool
	c := a.command("blank FORM", "Print a form to be filled in, as JSON", `
detente form blank cica.2.1.1d > exercise.json
detente form blank cica.hum.4 --all
detente draft new --form cica.2.1.1d --values exercise.json --to borovia`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		f, err := a.form(ctx, args[0])
		if err != nil {
			return err
		}
		var b bytes.Buffer
		b.WriteString("{")
		first := true
		for i := range f.Fields {
			if !all && f.Fields[i].Required == regime.Never {
				continue
			}
			text, err := json.Marshal(blank(&f.Fields[i]))
			if err != nil {
				return err
			}
			if !first {
				b.WriteString(",")
			}
			first = false
			fmt.Fprintf(&b, "\n  %q: %s", f.Fields[i].ID, text)
		}
		b.WriteString("\n}\n")
		_, err = a.stdout.Write(b.Bytes())
		return err
	})
	c.Flags().BoolVar(&all, "all", false, "also the fields that are never asked for")
	return c
}

// blank is the shape of a value that a field takes. None passes the check: what
// nobody filled in is never said.
func blank(f *regime.Field) any {
	switch f.Type {
	case regime.TypeChoices, regime.TypeList, regime.TypeStates:
		return []string{}
	case regime.TypeMap:
		return map[string]int{}
	case regime.TypePlaces:
		return []any{map[string]string{"name": "", "lat": "", "lon": ""}}
	case regime.TypeArea, regime.TypeLine:
		return map[string]any{"name": "", "points": []any{map[string]string{"lat": "", "lon": ""}}}
	case regime.TypePlace:
		return map[string]string{"lat": "", "lon": ""}
	case regime.TypeRows:
		row := map[string]any{}
		for i := range f.Columns {
			row[f.Columns[i].ID] = blank(&f.Columns[i])
		}
		return []any{row}
	}
	return ""
}

func (a *app) formCheck() *cobra.Command {
	return a.command("check FORM FILE", "Say every fault of a filled form at once", `
detente form check cica.2.1.1d exercise.json
detente form check cica.2.1.1d - < exercise.json
detente form check cica.hum.4 orchestra.json --json`, cobra.ExactArgs(2), func(ctx context.Context, args []string) error {
		f, err := a.form(ctx, args[0])
		if err != nil {
			return err
		}
		v, err := a.readValues(f, args[1])
		if err != nil {
			return err
		}
		a.echo(f, v, func(string) bool { return true })
		if _, faults := f.Check(v); len(faults) > 0 {
			return &node.FaultsError{Faults: faults}
		}
		return a.show(map[string]any{"form": f.ID, "faults": []string{}}, func(w writer) { fmt.Fprint(w, f.Text(v, regime.English)) })
	})
}
