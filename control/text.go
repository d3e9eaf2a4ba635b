package control

import (
	"context"

	"detente/act"
	"detente/internal/canon"
	"detente/pack"
	"detente/portfolio"
	"detente/regime"
)

func textVerbs() map[string]verb {
	return map[string]verb{
		"form":      reads(formOf),
		"form-list": reads(formList),
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

// FormLine is one form of a list.
type FormLine struct {
	Code   string                 `json:"code"` // of the step that is filed by it
	Text   string                 `json:"text"` // the pack
	Title  map[regime.Lang]string `json:"title"`
	Source string                 `json:"source"`
	Fields int                    `json:"fields"`
}

// formList lists the forms of the texts in force; where none is, of those that ship.
func formList(ctx context.Context, c *call, _ nothing) (any, error) {
	var texts []*pack.Pack
	err := c.folio.Look(ctx, act.Actual, func(v *portfolio.View) error {
		now := c.node.Now().Unix()
		for _, t := range v.Texts {
			if t.InForce.Has(now) {
				texts = append(texts, t.Pack)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(texts) == 0 {
		for _, id := range c.node.Texts().IDs() {
			p, err := c.node.Texts().Find(id, canon.Digest{})
			if err != nil {
				return nil, err
			}
			texts = append(texts, p)
		}
	}
	out := []FormLine{}
	for _, p := range texts {
		for _, code := range p.Codes() {
			if f, ok := p.Form(code); ok {
				out = append(out, FormLine{code, p.Head.ID, f.Title, f.Source, len(f.Fields)})
			}
		}
	}
	return out, nil
}
