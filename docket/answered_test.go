package docket

import (
	"fmt"
	"testing"

	"detente/act"
	"detente/internal/durable"
	"detente/party"
)

// said is an act of borovia, of cintra or of alatau itself that may bear on the times of acts of alatau.
func said(o party.Origin, idx int64, kind act.Kind, of act.Ref, change func(a *act.Act)) Entry {
	return entry(o, idx, kind, func(a *act.Act) {
		a.To, a.Answers = []party.ID{"alatau"}, of
		change(a)
	})
}

// TestAnsweredIn: what is told of many acts at once is what List tells of each.
func TestAnsweredIn(t *testing.T) {
	const cintra, second party.Origin = "cintra/00000002", "borovia/00000001/v2"
	none := func(*act.Act) {}
	other := place(alatau, 2)
	other.Leaf[0]++
	db := openStore(t)
	fold(t, db, append(story(),
		said(borovia, 4, act.Acknowledged, place(alatau, 2), none),
		said(borovia, 5, act.Delivered, place(alatau, 2), none),
		said(second, 0, act.Delivered, place(alatau, 2), none),
		said(cintra, 0, act.Delivered, place(alatau, 2), func(a *act.Act) { a.Status = act.Actual }), // another status
		said(cintra, 1, act.Delivered, place(alatau, 3), func(a *act.Act) { a.To = []party.ID{"borovia"} }),
		said(cintra, 2, act.Delivered, other, none), // another leaf at that place
		said(cintra, 3, act.Returned, place(alatau, 2), none),
		said(cintra, 4, act.Delivered, place(alatau, 4), none),
		said(cintra, 5, act.Statement, place(alatau, 4), func(a *act.Act) { a.Life = act.Withdrawal }), // not its own word
		said(alatau, 5, act.Statement, place(alatau, 2), func(a *act.Act) { a.Life = act.Correction }),
		said(alatau, 6, act.Statement, place(alatau, 2), func(a *act.Act) { a.Life = act.Withdrawal }),
		said(alatau, 7, act.Statement, place(alatau, 2), func(a *act.Act) { a.Life = act.Withdrawal }),
		said(alatau, 8, act.Statement, other, func(a *act.Act) { a.Life = act.Withdrawal }),
	))
	receipts, withdrawn := 0, 0
	for from := int64(0); from < 9; from++ {
		for to := from + 1; to <= 9; to++ {
			all, err := AnsweredIn(t.Context(), db.Read(), alatau, from, to)
			if err != nil {
				t.Fatal(err)
			}
			for idx := range int64(10) {
				got, told := all[idx]
				if idx < from || idx >= to {
					if told {
						t.Errorf("from %d to %d: told of %d", from, to, idx)
					}
					continue
				}
				want := answered(t, db, idx)
				if !told {
					got.Withdrawn = -1
				}
				if fmt.Sprint(got) != fmt.Sprint(want) {
					t.Errorf("of %d: %v instead of %v", idx, got, want)
				}
				receipts += len(want.Receipts)
				if want.Withdrawn >= 0 {
					withdrawn++
				}
			}
		}
	}
	if receipts == 0 || withdrawn == 0 {
		t.Fatalf("%d receipts, %d withdrawals were compared", receipts, withdrawn)
	}
}

// answered asks of one act.
func answered(t *testing.T, db *durable.DB, idx int64) Answered {
	t.Helper()
	row, err := Get(t.Context(), db.Read(), alatau, idx)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := List(t.Context(), db.Read(), Filter{To: "alatau", Status: row.Status, Answers: row.Ref, Kinds: []act.Kind{act.Delivered, act.Acknowledged}})
	if err != nil {
		t.Fatal(err)
	}
	out := Answered{Withdrawn: -1}
	for i, r := range rows {
		if i == 0 || rows[i-1].Ref.Origin != r.Ref.Origin {
			out.Receipts = append(out.Receipts, Receipt{r.Author, r.Ref.Origin, r.Ref.Index})
		}
	}
	rows, err = List(t.Context(), db.Read(), Filter{Origin: alatau, Answers: row.Ref, Kinds: []act.Kind{act.Statement}, Life: act.Withdrawal, Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) > 0 {
		out.Withdrawn = rows[0].Ref.Index
	}
	return out
}
