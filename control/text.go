package control

import (
	"context"

	"detente/internal/canon"
	"detente/node"
	"detente/pack"
	"detente/regime"
)

func textVerbs() map[string]verb {
	return map[string]verb{
		"form":  reads(formOf),
		"forms": reads(forms),
	}
}

// FormArgs name the form of a step.
type FormArgs struct {
	Code string       `json:"code"`
	Pack canon.Digest `json:"pack"` // by which an act was checked; zero: the one in force, else the one that ships
}

// Form is a form as canonical JSON.
type Form struct {
	Body string `json:"body"`
}

func formOf(ctx context.Context, c *call, a FormArgs) (any, error) {
	f := c.node.Form(ctx, a.Code, a.Pack)
	if f == nil {
		return nil, refuse(NotFound, "detente form list", "no form %s is known here", a.Code)
	}
	b, err := f.Bytes()
	return Form{string(b)}, err
}

// FormLine is a form in a list.
type FormLine struct {
	Code    string                 `json:"code"` // of the step that is filed by it
	ID      string                 `json:"id"`   // of the form
	Edition string                 `json:"edition"`
	Title   map[regime.Lang]string `json:"title"`
	Source  string                 `json:"source"`
	Fields  int                    `json:"fields"`
	Pack    canon.Digest           `json:"pack"`
	Of      node.Standing          `json:"of"`
}

// FormsOf are the forms of a pack, in the order of its steps.
func FormsOf(p *pack.Pack, of node.Standing) []FormLine {
	var out []FormLine
	for _, code := range p.Codes() {
		if f, ok := p.Form(code); ok {
			out = append(out, FormLine{code, f.ID, f.Edition, f.Title, f.Source, len(f.Fields), p.Digest(), of})
		}
	}
	return out
}

// forms lists the forms of all packs at hand: those in force, those that were carried
// in, and those that ship.
func forms(ctx context.Context, c *call, _ struct{}) (any, error) {
	texts, err := c.node.AllTexts(ctx)
	if err != nil {
		return nil, err
	}
	out := []FormLine{}
	for _, t := range texts {
		out = append(out, FormsOf(t.Pack, t.Standing)...)
	}
	return out, nil
}
