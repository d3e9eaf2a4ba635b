package regime

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"detente/internal/canon"
)

// Pack is a set of forms, by id.
type Pack struct{ forms []*Form }

// Load reads every form of fsys: the JSON files in its root and in the folders
// of the root, e.g. cica-2.1.1d/notification.json; deeper folders hold examples.
// Each file is canonical JSON of at most MaxForm bytes and must pass the linter.
// The error names the file.
func Load(fsys fs.FS) (*Pack, error) {
	p := &Pack{}
	for _, pattern := range []string{"*.json", "*/*.json"} {
		names, err := fs.Glob(fsys, pattern)
		if err != nil {
			return nil, fmt.Errorf("list forms: %w", err)
		}
		for _, name := range names {
			if path.Base(path.Dir(name)) == "examples" {
				continue
			}
			if err := p.load(fsys, name); err != nil {
				return nil, fmt.Errorf("form %s: %w", name, err)
			}
		}
	}
	if len(p.forms) == 0 {
		return nil, errors.New("no form in the pack: expected files such as <pack>/<name>.json")
	}
	slices.SortFunc(p.forms, func(a, b *Form) int { return strings.Compare(a.ID, b.ID) })
	return p, nil
}

func (p *Pack) load(fsys fs.FS, name string) error {
	if len(p.forms) == maxForms {
		return fmt.Errorf("a pack has at most %d forms", maxForms)
	}
	b, err := fs.ReadFile(fsys, name)
	if err != nil {
		return err
	}
	f, err := ParseForm(b)
	if err != nil {
		return err
	}
	if other, ok := p.Form(f.ID); ok {
		return fmt.Errorf("id %q is also that of %q", f.ID, other.Title[English])
	}
	p.forms = append(p.forms, f)
	return nil
}

// Form returns the form of a measure.
func (p *Pack) Form(id string) (*Form, bool) {
	for _, f := range p.forms {
		if f.ID == id {
			return f, true
		}
	}
	return nil, false
}

// Forms lists the forms by id.
func (p *Pack) Forms() []*Form { return slices.Clone(p.forms) }

// ParseForm reads one form file: canonical JSON that passes the linter.
func ParseForm(b []byte) (*Form, error) {
	if len(b) > MaxForm {
		return nil, fmt.Errorf("%d bytes are more than the %d of a form", len(b), MaxForm)
	}
	f := &Form{}
	if err := canon.ParseJSON(b, f); err != nil {
		return nil, err
	}
	if err := f.lint(); err != nil {
		return nil, err
	}
	return f, nil
}
