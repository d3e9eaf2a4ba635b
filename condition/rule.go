package condition

import (
	"errors"
	"time"

	"cel.dev/cel-go/common/types"

	"detente/internal/rule"
	"detente/regime"
)

func evalRule(e *Env, n *node) Result {
	says := Arg{"says", n.rule.Text}
	if n.when.Says != nil {
		says.Value = byLang(n.when.Says)
	}
	for _, f := range n.rule.Form {
		if e.hidden(f) {
			return e.unknown(f)
		}
	}
	out, err := n.rule.Run(map[string]any{
		"form": plain(e.Values), "party": string(e.Party), "now": time.Unix(e.Now, 0).UTC(), "slots": e.slots(),
		"latest": map[string]any{}, "account": map[string]any{},
	})
	b, ok := out.(types.Bool)
	switch {
	case errors.Is(err, rule.ErrLoops):
		return because(Unknown, "rule-stopped", Arg{"rule", n.rule.Text})
	case err != nil || !ok:
		return because(Unknown, "rule-unknown", says)
	case bool(b):
		return because(Holds, "rule", says)
	}
	return because(Not, "rule-not", says)
}

// slots gives a rule the slots that are agreed.
func (e *Env) slots() map[string]string {
	of := map[string]string{}
	if e.Slots == nil {
		return of
	}
	for _, id := range e.Slots() {
		if v, ok := e.slot(id); ok {
			of[id] = v
		}
	}
	return of
}

// plain gives a rule the values of a form; an explicit answer is {"answer": …}.
func plain(v *regime.Values) map[string]any {
	of := map[string]any{}
	for _, id := range v.IDs() {
		value, _ := v.Get(id)
		of[id] = simple(value)
	}
	return of
}

func simple(value any) any {
	switch value := value.(type) {
	case regime.Answer:
		return map[string]any{"answer": string(value)}
	case []any:
		list := make([]any, len(value))
		for i := range value {
			list[i] = simple(value[i])
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(value))
		for k := range value {
			object[k] = simple(value[k])
		}
		return object
	}
	return value
}
