package condition

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"cel.dev/cel-go/common/types"

	"detente/internal/rule"
	"detente/regime"
)

// Formula is how many times something may be done: a number, a slot, or a rule
// over the newest return, "= min(15, ceil(latest.units, 60))".
type Formula struct {
	text  string
	value int64
	slot  string
	rule  *rule.Rule
}

// maxTimes bounds a count.
const maxTimes = 1_000_000

// CompileFormula reads a number from 0, a slot "$id" or "= rule".
func (t *Terms) CompileFormula(s string) (*Formula, error) {
	f := &Formula{text: s}
	if text, ok := strings.CutPrefix(s, "="); ok {
		r, err := t.rules.Formula(strings.TrimSpace(text))
		if err != nil {
			return nil, fmt.Errorf("formula %q: %w", s, err)
		}
		f.rule = r
		return f, nil
	}
	if id, ok := strings.CutPrefix(s, "$"); ok {
		f.slot = id
		return f, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || n > maxTimes {
		return nil, fmt.Errorf("%q is neither a number from 0 nor a slot such as $most nor a formula that begins with =", s)
	}
	f.value = n
	return f, nil
}

// Fields lists the fields of the newest return that the formula looks at.
func (f *Formula) Fields() (fields []string, all bool) {
	if f.rule == nil {
		return nil, false
	}
	return f.rule.Latest, f.rule.Whole
}

// String is the formula as it was written.
func (f *Formula) String() string { return f.text }

// Eval gives the number; where it is not known, the reason. latest is the newest
// return, nil if none is at hand.
func (f *Formula) Eval(e *Env, latest *regime.Values) (int64, *Reason) {
	unknown := func(key string, args ...Arg) *Reason { return &Reason{Key: key, Args: args} }
	switch {
	case f.slot != "":
		s, ok := e.slot(f.slot)
		n, err := strconv.ParseInt(s, 10, 64)
		if !ok || err != nil || n < 0 || n > maxTimes {
			return 0, unknown("not-agreed", Arg{"slot", f.slot})
		}
		return n, nil
	case f.rule == nil:
		return f.value, nil
	case latest == nil:
		return 0, unknown("no-return")
	}
	out, err := f.rule.Run(map[string]any{
		"latest": plain(latest), "form": map[string]any{}, "account": map[string]any{}, "party": string(e.Party),
		"now": types.Timestamp{}, "slots": e.slots(),
	})
	if errors.Is(err, rule.ErrLoops) {
		return 0, unknown("rule-stopped", Arg{"rule", f.text})
	}
	n, ok := out.(types.Int)
	if err != nil || !ok || n < 0 || n > maxTimes {
		return 0, unknown("rule-unknown", Arg{"says", f.text})
	}
	return int64(n), nil
}
