package portfolio

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"detente/act"
	"detente/node"
	"detente/provision"
)

// TestReadingIsTold: who does not wait is told how far the reading is, and never gets
// the answer of a part.
func TestReadingIsTold(t *testing.T) {
	t.Parallel()
	w := found(t, []string{"vd11"}, "alatau")
	n, ctx := w.node("alatau"), context.Background()
	const said = atOnce + 200
	var all []*act.Act
	for i := range said {
		all = append(all, &act.Act{Group: w.last.Group, Edition: w.last.Edition, Kind: act.Statement, Status: act.Actual, Life: act.New, ToAll: true,
			Thread: fmt.Sprintf("ALA/%d", i), Measure: "vd11.unusual-activity", PayloadType: node.TextType, Payload: []byte("x")})
	}
	w.must(nil, n.TestOnlyAppend(ctx, all))
	p := New(n)
	now := func() (seen int, err error) {
		err = p.LookNow(ctx, act.Actual, func(v *View) error { seen = len(v.filings); return nil })
		return seen, err
	}
	told := func(when string) {
		t.Helper()
		seen, err := now()
		if r, ok := errors.AsType[*Reading](err); !ok || seen > 0 || r.Of < said || r.Read >= r.Of {
			t.Errorf("%s: %d seen, %v", when, seen, err)
		}
	}
	told("before anything is read")
	if done, err := p.step(ctx, act.Actual, func(*View) error { return nil }); done || err != nil {
		t.Fatalf("read at once: %t, %v", done, err)
	}
	told("after a part is read")
	w.must(nil, p.Look(ctx, act.Actual, func(v *View) error {
		if len(v.filings) != said {
			t.Errorf("who waits sees %d", len(v.filings))
		}
		if seen, err := now(); seen > 0 || err == nil { // what follows from it is not derived yet
			t.Errorf("%d seen, %v", seen, err)
		}
		return nil
	}))
	w.must(nil, p.Read(ctx))
	if seen, err := now(); seen != said || err != nil {
		t.Errorf("after the reading: %d seen, %v", seen, err)
	}
	for more := 1; ; more++ {
		rules, err := n.Rules(ctx)
		w.must(nil, err)
		w.must(nil, p.Read(ctx))
		w.must(nil, n.TestOnlyAppend(ctx, all[:1]))
		seen, told := now()
		after, err := n.Rules(ctx)
		w.must(nil, err)
		if after != rules && more < 100 {
			continue // a text was kept meanwhile: all is read anew
		}
		if seen != said+more || told != nil {
			t.Errorf("a little is read at once: %d of %d seen, %v", seen, said+more, told)
		}
		break
	}
	w.folio["alatau"] = p
	w.same("alatau")
}

// TestTextsWhileReading: which texts there are is known before the records are read.
func TestTextsWhileReading(t *testing.T) {
	t.Parallel()
	w := found(t, []string{"vd11"}, "alatau")
	texts, missing, err := New(w.node("alatau")).Texts(context.Background())
	w.must(nil, err)
	w.look("alatau", act.Actual, func(v *View, _ provision.Moment) {
		if fmt.Sprint(texts, missing) != fmt.Sprint(v.Texts, v.Missing) || len(texts) == 0 {
			t.Errorf("%v, %v", texts, missing)
		}
	})
}
