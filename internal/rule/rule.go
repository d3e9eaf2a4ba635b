// Package rule compiles and runs the expressions that a text may use where a table
// does not suffice: CEL over a filled form, with a bound on how long one runs. It
// is the one environment, so that what the linter of a pack accepts is what every
// node evaluates. It knows neither forms nor packs.
//
// Invariant: no expression reads anything but its variables, changes anything, or
// takes more than MaxCost steps. Spec: spec/pack.md.
package rule

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/ext"
)

const (
	// maxRule is the longest rule in bytes; the longest one needed so far has 200.
	maxRule = 2000

	// MaxCost bounds the evaluation of a rule, in steps of the engine: a loop over
	// the 200 rows of the largest table, with 100 steps each, ends; a loop in a
	// loop over them does not. It is a millisecond.
	MaxCost = 20_000

	// maxRows is the longest table or list that a form can have.
	maxRows = 200
)

// ErrLoops is what the evaluation of a rule that takes too long ends with.
var ErrLoops = errors.New("the rule takes too many steps and was stopped")

// Env is what rules can name. It may be shared by any number of readers.
type Env struct{ env *cel.Env }

// Rule is one compiled rule. It may be shared by any number of readers.
type Rule struct {
	Text   string
	Form   []string // fields of form that it looks at, sorted
	Latest []string // fields of latest
	Slots  []string
	Whole  bool   // it looks at form, latest or slots as a whole
	Timed  bool   // its answer can change by the passing of time
	Most   uint64 // steps that it can take over the largest form; above MaxCost it may be stopped

	program cel.Program
}

// New makes the environment.
func New() (*Env, error) {
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
	return &Env{env}, nil
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

// date is the first second of a day in UTC.
func date(v ref.Val) ref.Val {
	s, _ := v.(types.String)
	t, err := time.Parse(time.DateOnly, string(s))
	if err != nil {
		return types.NewErr("%q is not a day such as 2027-10-01", string(s))
	}
	return types.Timestamp{Time: t}
}

// Condition compiles a rule that is true or false.
func (e *Env) Condition(text string) (*Rule, error) {
	return e.compile(text, cel.BoolType, "true or false")
}

// Formula compiles a rule that gives a whole number.
func (e *Env) Formula(text string) (*Rule, error) {
	return e.compile(text, cel.IntType, "a whole number")
}

func (e *Env) compile(text string, want *cel.Type, due string) (*Rule, error) {
	if len(text) > maxRule {
		return nil, fmt.Errorf("%d bytes are more than %d", len(text), maxRule)
	}
	checked, issues := e.env.Compile(text)
	if err := issues.Err(); err != nil {
		return nil, errors.New(first(issues))
	}
	if out := checked.OutputType(); !out.IsExactType(want) && !out.IsExactType(cel.DynType) {
		return nil, fmt.Errorf("it gives %s where %s is due", out, due)
	}
	program, err := e.env.Program(checked, cel.CostLimit(MaxCost), cel.InterruptCheckFrequency(1000))
	if err != nil {
		return nil, err
	}
	most, err := e.env.EstimateCost(checked, sizes{})
	if err != nil {
		return nil, err
	}
	r := &Rule{Text: text, program: program, Most: most.Max}
	r.look(ast.NavigateAST(checked.NativeRep()))
	return r, nil
}

// first is the first thing that the compiler has to say, with its column.
func first(issues *cel.Issues) string {
	for _, e := range issues.Errors() {
		said, _, _ := strings.Cut(e.Message, " expecting ")
		return fmt.Sprintf("at character %d: %s", e.Location.Column()+1, said)
	}
	return "it is not understood"
}

// sizes tells the estimate how large what a rule looks at can be.
type sizes struct{}

func (sizes) EstimateSize(cost.AstNode) *cost.SizeEstimate {
	return &cost.SizeEstimate{Min: 0, Max: maxRows}
}

func (sizes) EstimateCallCost(string, string, *cost.AstNode, []cost.AstNode) *cost.CallEstimate {
	return nil
}

// look finds what a rule reads: form.x, form["x"] or has(form.x).
func (r *Rule) look(root ast.NavigableExpr) {
	for _, e := range ast.MatchDescendants(root, ast.KindMatcher(ast.IdentKind)) {
		var into *[]string
		switch e.AsIdent() {
		case "now":
			r.Timed = true
			continue
		case "form":
			into = &r.Form
		case "latest":
			into = &r.Latest
		case "slots":
			into = &r.Slots
		default:
			continue
		}
		parent, _ := e.Parent()
		if field := selected(parent); field != "" {
			*into = append(*into, field)
		} else {
			r.Whole = true
		}
	}
	for _, list := range []*[]string{&r.Form, &r.Latest, &r.Slots} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
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

// Run evaluates within the bound: ErrLoops says that it was reached.
func (r *Rule) Run(vars map[string]any) (ref.Val, error) {
	out, details, err := r.program.Eval(vars)
	if err != nil && details != nil {
		if cost := details.ActualCost(); cost != nil && *cost >= MaxCost {
			return nil, ErrLoops
		}
	}
	return out, err
}
