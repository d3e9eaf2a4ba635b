package control

import (
	"context"

	"detente/internal/canon"
)

func textVerbs() map[string]verb {
	return map[string]verb{
		"form": reads(formOf),
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
