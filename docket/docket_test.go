package docket

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"detente/act"
	"detente/internal/canon"
	"detente/internal/durable"
	"detente/party"
)

const (
	alatau  party.Origin = "alatau/1f2e3d4c"
	borovia party.Origin = "borovia/00000001"
)

func openStore(t testing.TB) *durable.DB {
	t.Helper()
	db, err := durable.Open(t.Context(), filepath.Join(t.TempDir(), "store.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	update(t, db, func(tx *sql.Tx) error { _, err := tx.Exec(durable.Tables(Schema)); return err })
	return db
}

func update(t testing.TB, db *durable.DB, f func(tx *sql.Tx) error) {
	t.Helper()
	if err := db.Update(context.Background(), f); err != nil {
		t.Fatal(err)
	}
}

// entry is a read leaf; change makes the act.
func entry(o party.Origin, idx int64, kind act.Kind, change func(a *act.Act)) Entry {
	a := &act.Act{Group: party.Group{1}, Edition: 1, Kind: kind, Status: act.Exercise, Claimed: time.Unix(1_800_000_000+idx, 0).UTC()}
	change(a)
	return Entry{Ref: place(o, idx), Author: party.ID(strings.Split(string(o), "/")[0]), State: Read, Act: a}
}

func place(o party.Origin, idx int64) act.Ref {
	return act.Ref{Origin: o, Index: idx, Leaf: act.LeafHash(fmt.Appendf(nil, "%s %d", o, idx))}
}

func to(ids ...party.ID) func(a *act.Act) {
	return func(a *act.Act) {
		a.To, a.Thread, a.Life = ids, "ALA/2026/1", act.New
		a.ToAll = len(ids) == 0
	}
}

// story is a little of everything.
func story() []Entry {
	return []Entry{
		entry(alatau, 0, act.Adoption, func(a *act.Act) {
			a.ToAll, a.Clear = true, act.Blob{Digest: canon.DigestOf([]byte("roster")), Size: 6, Type: act.TypeRoster}
		}),
		entry(alatau, 1, act.Statement, func(a *act.Act) {
			to("borovia", "cintra")(a)
			a.Sealed, a.Serial = act.Blob{Digest: canon.DigestOf([]byte("sealed")), Size: 6}, map[party.ID]int64{"borovia": 1, "cintra": 1}
		}),
		entry(alatau, 2, act.Statement, func(a *act.Act) { to()(a); a.Measure = "small.other" }),
		entry(alatau, 3, act.Statement, to("cintra")),
		entry(alatau, 4, act.Statement, to("borovia")),
		entry(borovia, 0, act.Statement, func(a *act.Act) { to()(a); a.Measure = "small.notice" }),
		entry(borovia, 1, act.Delivered, func(a *act.Act) { a.To, a.Answers = []party.ID{"alatau"}, place(alatau, 1) }),
		entry(borovia, 2, act.Acknowledged, func(a *act.Act) { a.To, a.Answers = []party.ID{"alatau"}, place(alatau, 1) }),
		{Ref: place(borovia, 3), Author: "borovia", State: Invalid},
	}
}

func fold(t testing.TB, db *durable.DB, all []Entry) {
	t.Helper()
	foldFor(t, db, "borovia", all)
}

// foldFor folds into the tables that one party reads.
func foldFor(t testing.TB, db *durable.DB, reader party.ID, all []Entry) {
	t.Helper()
	update(t, db, func(tx *sql.Tx) error {
		if err := Prepare(context.Background(), tx, reader); err != nil {
			return err
		}
		for _, e := range all {
			if err := Fold(context.Background(), tx, reader, e); err != nil {
				return err
			}
		}
		return nil
	})
}

func places(rows []Row) string {
	var out []string
	for _, r := range rows {
		out = append(out, fmt.Sprintf("%c%d", r.Ref.Origin[0], r.Ref.Index))
	}
	return strings.Join(out, " ")
}

func TestListsWhatIsAskedFor(t *testing.T) {
	db := openStore(t)
	fold(t, db, story())
	sealed, roster := canon.DigestOf([]byte("sealed")).String(), canon.DigestOf([]byte("roster")).String()
	for want, f := range map[string]Filter{
		"a0 a1 a2 a3 a4 b0 b1 b2 b3": {},
		"a1 a2":                      {Kinds: []act.Kind{act.Statement}, Limit: 2},
		"a1 a2 a3 a4":                {Origin: alatau, Kinds: []act.Kind{act.Statement}},
		"a1 a2 a3 a4 b0":             {Thread: "ALA/2026/1"},
		"b0":                         {Thread: "ALA/2026/1", Author: "borovia", Kinds: []act.Kind{act.Statement}},
		"a1 a4":                      {To: "borovia"},
		"a4 a1":                      {To: "borovia", Newest: true},
		"a4":                         {To: "borovia", Newest: true, Limit: 1},
		"a1 a3":                      {To: "cintra", Thread: "ALA/2026/1"},
		"b1 b2":                      {Answers: place(alatau, 1)},
		"b1":                         {Answers: place(alatau, 1), Kinds: []act.Kind{act.Delivered}, To: "alatau"},
		"a1 ":                        {Digest: sealed},
		"a0":                         {Digest: roster, Kinds: []act.Kind{act.Adoption}, Author: "alatau"},
		"":                           {Digest: roster, Origin: borovia},
		" ":                          {Digest: sealed, To: "dovania"},
		"a2 b0":                      {Measures: []string{"small.notice", "small.other"}},
		"b0 ":                        {Measures: []string{"small.notice"}, Author: "borovia"},
		"  ":                         {Measures: []string{"small"}},
	} {
		rows, err := List(t.Context(), db.Read(), f)
		if err != nil || places(rows) != strings.TrimSpace(want) {
			t.Errorf("%+v: %s, %v", f, places(rows), err)
		}
	}
}

func TestAwaiting(t *testing.T) {
	returned := append(story(), entry(borovia, 4, act.Returned, func(a *act.Act) { a.To, a.Answers = []party.ID{"alatau"}, place(alatau, 4) }))
	unread := entry(alatau, 5, act.Statement, to())
	unread.State, unread.Act = SetAside, nil
	for _, c := range []struct {
		reader party.ID
		want   Want
		past   act.Ref
		limit  int
		places string
	}{
		{"borovia", WantsReceipt, act.Ref{Index: -1}, 10, "a2"},
		{"borovia", WantsWord, act.Ref{Index: -1}, 10, "a2"},
		{"cintra", WantsReceipt, act.Ref{Index: -1}, 10, "a1 a2 a3 b0"},
		{"cintra", WantsWord, act.Ref{Index: -1}, 2, "a1 a2"},
		{"cintra", WantsWord, place(alatau, 2), 2, "a3 b0"},
		{"alatau", WantsWord, act.Ref{Index: -1}, 10, "b0"},
	} {
		for _, backwards := range []bool{false, true} {
			for _, later := range []bool{false, true} {
				db, all := openStore(t), append(returned, unread)
				if backwards {
					slices.Reverse(all)
				}
				before := c.reader
				if later { // as a store that was kept before anybody asked what waits, or for another
					before = "dovania"
				}
				foldFor(t, db, before, all)
				foldFor(t, db, c.reader, nil)
				rows, err := Awaiting(t.Context(), db.Read(), c.want, c.past.Origin, c.past.Index, c.limit)
				if err != nil || places(rows) != c.places {
					t.Errorf("%s %s, backwards %t, later %t: %s instead of %s, %v", c.reader, c.want, backwards, later, places(rows), c.places, err)
				}
			}
		}
	}
}

func TestWhateverTheOrderOfFolding(t *testing.T) {
	one, two := openStore(t), openStore(t)
	all := story()
	fold(t, one, all)
	slices.Reverse(all)
	fold(t, two, append(all, all...))
	a, err := Fingerprint(t.Context(), one.Read())
	b, again := Fingerprint(t.Context(), two.Read())
	if errors.Join(err, again) != nil || a != b {
		t.Fatalf("%s and %s, %v, %v", a, b, err, again)
	}
}

// TestCostDoesNotGrowWithHistory: whatever a node asks for in the course of its
// work is found by an index that leads to it, not by reading all acts, nor all
// acts of the most frequent kind.
func TestCostDoesNotGrowWithHistory(t *testing.T) {
	db := openStore(t)
	ref := place(alatau, 1)
	seen := &plans{DB: db, t: t}
	for _, f := range []Filter{
		{Digest: "x"}, {Digest: "x", Limit: 16}, {Digest: "x", Kinds: []act.Kind{act.Adoption}}, {Author: "alatau", Digest: "x", Kinds: []act.Kind{act.Adoption}},
		{Thread: "x"}, {Thread: "x", Kinds: []act.Kind{act.Statement}}, {Thread: "x", Origin: alatau},
		{Answers: ref}, {Answers: ref, Kinds: []act.Kind{act.Delivered}}, {Author: "alatau", Answers: ref, Kinds: []act.Kind{act.Delivered}, Limit: 1},
		{Origin: alatau, Answers: ref, Kinds: []act.Kind{act.Statement}, Life: act.Withdrawal},
		{Author: "alatau", Kinds: []act.Kind{act.Suspension, act.Resumption}}, {Kinds: []act.Kind{act.Statement, act.Entered}, Newest: true, Limit: 50},
		{Author: "alatau", Kinds: []act.Kind{act.Statement, act.Entered}, Newest: true, Limit: 50}, {Author: "alatau", Kinds: []act.Kind{act.Acknowledged}, Newest: true, Since: 1},
		{To: "borovia", Kinds: []act.Kind{act.Returned}, Newest: true}, {Kinds: []act.Kind{act.Entered}, For: "borovia", Newest: true}, {To: "borovia"}, {To: "borovia", Kinds: []act.Kind{act.Statement}},
	} {
		if _, err := List(t.Context(), seen, f); err != nil {
			t.Fatal(err)
		}
	}
	_, e1 := Awaiting(t.Context(), seen, WantsReceipt, alatau, 1, 10)
	_, e2 := NotRead(t.Context(), seen, 10)
	_, e3 := Get(t.Context(), seen, alatau, 1)
	_, e4 := NextSerial(t.Context(), seen, alatau, "borovia")
	_, e5 := AddressedBetween(t.Context(), seen, alatau, "borovia", 1, 2)
	_, e6 := AnsweredIn(t.Context(), seen, alatau, 1, 3)
	if err := errors.Join(e1, e2, e3, e4, e5, e6); err != nil && !errors.Is(err, ErrNone) {
		t.Fatal(err)
	}
	if seen.count < 26 {
		t.Fatalf("only %d statements were seen", seen.count)
	}
}

// plans looks at how SQLite goes about each statement.
type plans struct {
	*durable.DB
	t     *testing.T
	count int
}

func (p *plans) QueryContext(ctx context.Context, q string, args ...any) (*sql.Rows, error) {
	p.look(q, args)
	return p.Read().QueryContext(ctx, q, args...)
}

func (p *plans) QueryRowContext(ctx context.Context, q string, args ...any) *sql.Row {
	p.look(q, args)
	return p.Read().QueryRowContext(ctx, q, args...)
}

func (p *plans) look(q string, args []any) {
	p.t.Helper()
	p.count++
	rows, err := p.Read().Query("explain query plan "+q, args...)
	if err != nil {
		p.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var a, b, c int
		var step string
		if err := rows.Scan(&a, &b, &c, &step); err != nil {
			p.t.Fatal(err)
		}
		rare := strings.Contains(step, "docket_acts_unread")
		seldom := func(k act.Kind) bool { return slices.Contains(args, any(string(k))) }
		whole := strings.HasSuffix(step, " (origin=?)") || // a record
			strings.HasSuffix(step, "(kind=?)") && !seldom(act.Suspension) && !seldom(act.Entered) && !seldom(act.Returned)
		newest := step == "SCAN d USING INDEX docket_acts_newest" && strings.Contains(q, " limit ") // in order, as far as it is asked for
		if strings.HasPrefix(step, "SCAN") && !rare && !newest || whole || strings.Contains(step, "TEMP B-TREE") && strings.Contains(q, "claimed desc") && !seldom(act.Entered) && !seldom(act.Returned) {
			p.t.Errorf("%s\n%v: %s", q, args, step)
		}
	}
}
