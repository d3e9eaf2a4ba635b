package condition

import (
	"errors"
	"fmt"
	"math"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/ext"

	"detente/regime"
)

const (
	// maxRule is the longest rule in bytes; the longest one needed so far has 200.
	maxRule = 2000

	// maxCost bounds the evaluation of a rule, in steps of the engine: a loop over
	// the 200 rows of the largest table, with 100 steps each, ends; a loop in a
	// loop over them does not. It is a millisecond.
	maxCost = 20_000
)

// ErrLoops is what the evaluation of a rule that takes too long ends with.
var ErrLoops = errors.New("the rule takes too many steps and was stopped")

// rules is the environment of the rules of one pack.
type rules struct{ env *cel.Env }

// rule is one compiled rule.
type rule struct {
	text    string
	program cel.Program
	fields  []string
	whole   bool // it looks at the form as a whole
	timed   bool
}

func newRules() (*rules, error) {
	env, err := cel.NewEnv(
		cel.Variable("form", cel.MapType(cel.StringType, cel.DynType)),
		cel.Variable("latest", cel.MapType(cel.StringType, cel.DynType)),
		cel.Variable("account", cel.MapType(cel.StringType, cel.DynType)),
		cel.Variable("party", cel.StringType),
		cel.Variable("now", cel.TimestampType),
		cel.Variable("slots", cel.MapType(cel.StringType, cel.StringType)),
		cel.Function("min", cel.Overload("min_int_int", []*cel.Type{cel.IntType, cel.IntType}, cel.IntType,
			cel.BinaryBinding(ofTwo(func(a, b int64) int64 { return min(a, b) })))),
		cel.Function("max", cel.Overload("max_int_int", []*cel.Type{cel.IntType, cel.IntType}, cel.IntType,
			cel.BinaryBinding(ofTwo(func(a, b int64) int64 { return max(a, b) })))),
		cel.Function("ceil", cel.Overload("ceil_double", []*cel.Type{cel.DoubleType}, cel.IntType,
			cel.UnaryBinding(ceil))),
		cel.Function("ceil", cel.Overload("ceil_int_int", []*cel.Type{cel.IntType, cel.IntType}, cel.IntType,
			cel.BinaryBinding(ofTwo(ceilOf)))),
		cel.Function("date", cel.Overload("date_string", []*cel.Type{cel.StringType}, cel.TimestampType,
			cel.UnaryBinding(date))),
		ext.Sets(),
	)
	if err != nil {
		return nil, fmt.Errorf("make the environment of rules: %w", err)
	}
	return &rules{env}, nil
}

func ofTwo(f func(a, b int64) int64) func(a, b ref.Val) ref.Val {
	return func(a, b ref.Val) ref.Val {
		x, ok := a.(types.Int)
		y, fine := b.(types.Int)
		if !ok || !fine {
			return types.NewErr("not two whole numbers")
		}
		return types.Int(f(int64(x), int64(y)))
	}
}

// ceilOf is how many times b goes into a, begun ones counted.
func ceilOf(a, b int64) int64 {
	if b <= 0 || a <= 0 {
		return 0
	}
	return (a-1)/b + 1
}

func ceil(v ref.Val) ref.Val {
	d, ok := v.(types.Double)
	if !ok || math.Abs(float64(d)) > 1e15 || math.IsNaN(float64(d)) {
		return types.NewErr("not a number")
	}
	return types.Int(math.Ceil(float64(d)))
}

func date(v ref.Val) ref.Val {
	s, _ := v.(types.String)
	t, err := ParseDay(string(s), time.UTC)
	if err != nil {
		return types.NewErr("%s", err)
	}
	return types.Timestamp{Time: t}
}

// compile checks a rule and finds out which fields it looks at.
func (r *rules) compile(text string) (*rule, error) { return r.compileAs(text, cel.BoolType) }

func (r *rules) compileAs(text string, want *cel.Type) (*rule, error) {
	if len(text) > maxRule {
		return nil, fmt.Errorf("%d bytes are more than %d", len(text), maxRule)
	}
	checked, issues := r.env.Compile(text)
	if err := issues.Err(); err != nil {
		return nil, err
	}
	if out := checked.OutputType(); !out.IsExactType(want) && !out.IsExactType(cel.DynType) {
		return nil, fmt.Errorf("it gives %s where %s is due", out, want)
	}
	program, err := r.env.Program(checked, cel.CostLimit(maxCost), cel.InterruptCheckFrequency(1000))
	if err != nil {
		return nil, err
	}
	out := &rule{text: text, program: program}
	root := ast.NavigateAST(checked.NativeRep())
	out.look(root)
	return out, nil
}

// look finds which fields a rule reads: form.x, form["x"] or has(form.x).
func (r *rule) look(root ast.NavigableExpr) {
	for _, e := range ast.MatchDescendants(root, ast.KindMatcher(ast.IdentKind)) {
		switch e.AsIdent() {
		case "now":
			r.timed = true
		case "form", "latest":
			parent, ok := e.Parent()
			if field := selected(parent); ok && field != "" {
				r.fields = append(r.fields, field)
			} else {
				r.whole = true
			}
		}
	}
}

func selected(parent ast.NavigableExpr) string {
	if parent == nil {
		return ""
	}
	switch parent.Kind() {
	case ast.SelectKind:
		return parent.AsSelect().FieldName()
	case ast.CallKind:
		call := parent.AsCall()
		if args := call.Args(); call.FunctionName() == "_[_]" && len(args) == 2 && args[1].Kind() == ast.LiteralKind {
			if s, ok := args[1].AsLiteral().(types.String); ok {
				return string(s)
			}
		}
	}
	return ""
}

func evalRule(e *Env, n *node) Result {
	says := Arg{"says", n.rule.text}
	if n.when.Says != nil {
		says.Value = byLang(n.when.Says)
	}
	for _, f := range n.rule.fields {
		if e.hidden(f) {
			return e.unknown(f)
		}
	}
	out, err := n.rule.run(map[string]any{
		"form": plain(e.Values), "party": string(e.Party), "now": time.Unix(e.Now, 0).UTC(), "slots": slots{e},
		"latest": map[string]any{}, "account": map[string]any{},
	})
	b, ok := out.(types.Bool)
	switch {
	case errors.Is(err, ErrLoops):
		return because(Unknown, "rule-stopped", Arg{"rule", n.rule.text})
	case err != nil || !ok:
		return because(Unknown, "rule-unknown", says)
	case bool(b):
		return because(Holds, "rule", says)
	}
	return because(Not, "rule-not", says)
}

// run evaluates within the bound.
func (r *rule) run(vars map[string]any) (ref.Val, error) {
	if s, ok := vars["slots"].(slots); ok {
		vars["slots"] = s.all()
	}
	out, details, err := r.program.Eval(vars)
	if err != nil && details != nil {
		if cost := details.ActualCost(); cost != nil && *cost >= maxCost {
			return nil, ErrLoops
		}
	}
	return out, err
}

// slots gives a rule the slots that are agreed.
type slots struct{ e *Env }

func (s slots) all() map[string]string {
	of := map[string]string{}
	if s.e.Slots == nil {
		return of
	}
	for _, id := range s.e.Slots() {
		if v, ok := s.e.slot(id); ok {
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
