package rule

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"cel.dev/cel-go/common/types"
)

func env(t *testing.T) *Env {
	t.Helper()
	e, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestFormula(t *testing.T) {
	for _, c := range []struct {
		text string
		want int64
	}{
		{"min(15, ceil(latest.units, 60))", 15},
		{"max(1, ceil(latest.units, 60) / 5)", 3},
		{"ceil(1.2)", 2},
		{"ceil(60, 60)", 1},
		{"ceil(0, 60)", 0},
	} {
		r, err := env(t).Formula(c.text)
		if err != nil {
			t.Fatalf("%s: %v", c.text, err)
		}
		out, err := r.Run(map[string]any{"latest": map[string]any{"units": int64(901)}})
		if err != nil || out != types.Int(c.want) {
			t.Errorf("%s = %v, %v; want %d", c.text, out, err, c.want)
		}
	}
}

func TestLook(t *testing.T) {
	r, err := env(t).Condition(`form.b > 1 && form["a"] == "x" && has(form.c) && now > date("2027-01-01") && slots.level != ""`)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(r.Form, []string{"a", "b", "c"}) || !slices.Equal(r.Slots, []string{"level"}) || r.Latest != nil || !r.Timed || r.Whole {
		t.Errorf("it looks at %v, %v, %v, timed %v, whole %v", r.Form, r.Slots, r.Latest, r.Timed, r.Whole)
	}
	if r, err = env(t).Condition(`form.exists(f, f == "a")`); err != nil || !r.Whole {
		t.Errorf("the form as a whole is not seen: %v", err)
	}
}

// What the estimate says before a rule runs, and what stops one that runs.
func TestBound(t *testing.T) {
	one, err := env(t).Condition("form.rows.exists(r, r.troops > 9000 && r.tanks > 250)")
	if err != nil || one.Most > MaxCost {
		t.Errorf("one loop over a table can take %d steps: %v", one.Most, err)
	}
	two, err := env(t).Condition("form.rows.exists(r, form.rows.exists(s, s.troops + r.troops > 9000))")
	if err != nil || two.Most <= MaxCost {
		t.Fatalf("a loop in a loop can take %d steps: %v", two.Most, err)
	}
	rows := make([]any, maxRows)
	for i := range rows {
		rows[i] = map[string]any{"troops": int64(1), "tanks": int64(1)}
	}
	vars := map[string]any{"form": map[string]any{"rows": rows}}
	if _, err := two.Run(vars); !errors.Is(err, ErrLoops) {
		t.Errorf("the loop in a loop ends with %v", err)
	}
	if out, err := one.Run(vars); err != nil || out != types.False {
		t.Errorf("the one loop ends with %v, %v", out, err)
	}
}

func TestRefused(t *testing.T) {
	for text, want := range map[string]string{
		"form.x +":                         "Syntax error",
		"1 + 1":                            "int where true or false is due",
		"forms.x > 1":                      "undeclared reference",
		`open("/etc/passwd")`:              "undeclared reference",
		strings.Repeat("1 == 1 && ", 300):  "bytes are more than",
		`form.x > 1 || "a" + 1 == "a" + 1`: "no matching overload",
	} {
		if _, err := env(t).Condition(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		} else if strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: more than one line: %v", text, err)
		}
	}
}
