package desk_test

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"detente/desk"
	"detente/internal/canon"
	"detente/internal/durable"
)

var update = flag.Bool("update", false, "write spec/vectors/desk")

// trail writes n entries.
func (h *house) trail(n int) {
	h.t.Helper()
	for i := range n {
		if err := h.db.Update(h.ctx(), func(tx *sql.Tx) error {
			return h.Audit(h.ctx(), tx, "ann", "look", fmt.Sprintf("entry %d", i+1))
		}); err != nil {
			h.t.Fatal(err)
		}
		h.clock.pass(time.Second)
	}
}

// Each row alters the trail as somebody with the database might, and names the
// first entry that must be named.
func TestCheckTrailNamesTheFirst(t *testing.T) {
	for _, c := range []struct {
		name, sql string
		seq       int64
	}{
		{"detail", "update desk_trail set detail = 'nothing' where seq = 4", 4},
		{"officer", "update desk_trail set officer = 'bo' where seq = 1", 1},
		{"time", "update desk_trail set at = at + 1 where seq = 9", 9},
		{"verb", "update desk_trail set what = 'leave' where seq = 9", 9},
		{"hash", "update desk_trail set hash = (select hash from desk_trail where seq = 3) where seq = 5", 5},
		{"hash of another form", "update desk_trail set hash = 'x' where seq = 5", 5},
		{"deleted inside", "delete from desk_trail where seq = 6", 6},
		{"deleted at the start", "delete from desk_trail where seq < 3", 1},
		{"deleted at the end", "delete from desk_trail where seq > 7", 8},
		{"all deleted", "delete from desk_trail", 1},
		{"head set back", "update desk_trail_head set seq = 8", 9},
		{"head of another entry", "update desk_trail_head set hash = (select hash from desk_trail where seq = 2)", 10},
		{"head gone", "delete from desk_trail_head", 10},
		{"two exchanged", "update desk_trail set seq = case seq when 2 then -3 else -2 end where seq in (2, 3); update desk_trail set seq = -seq where seq < 0", 2},
		{"moved up", "update desk_trail set seq = seq + 1 where seq = 10", 10},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.trail(10)
			h.sound()
			if err := h.db.Update(h.ctx(), func(tx *sql.Tx) error {
				_, err := tx.Exec(c.sql)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			var broken *desk.TrailError
			if err := h.CheckTrail(h.ctx()); !errors.As(err, &broken) || broken.Seq != c.seq {
				t.Errorf("%v, want entry %d", err, c.seq)
			} else if strings.Contains(c.name, "deleted") != strings.Contains(broken.Why, "missing") && c.name != "moved up" {
				t.Errorf("%v", err)
			}
		})
	}
}

// What the trail cannot show by itself: a chain rewritten whole. The head kept
// outside shows it.
func TestTrailHeadOutside(t *testing.T) {
	h := newHouse(t)
	h.trail(3)
	seq, hash, err := h.TrailHead(h.ctx())
	if err != nil || seq != 3 {
		t.Fatalf("%d %v", seq, err)
	}
	if err := h.db.Update(h.ctx(), func(tx *sql.Tx) error {
		_, err := tx.Exec("delete from desk_trail; update desk_trail_head set seq = 0, hash = ''")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	h.clock.pass(time.Hour)
	h.trail(3)
	h.sound()
	entries, err := h.Trail(h.ctx(), seq, 1)
	if err != nil || len(entries) != 1 || entries[0].Hash == hash {
		t.Errorf("the head outside does not show it: %v", err)
	}
}

func TestAuditRefuses(t *testing.T) {
	h := newHouse(t)
	for name, e := range map[string][3]string{
		"officer with a space": {"ann b", "look", ""}, "verb with a space": {"ann", "look at", ""}, "verb empty": {"ann", "", ""},
		"two lines": {"ann", "look", "a\nb"}, "too long": {"ann", "look", strings.Repeat("x", 501)}, "not text": {"ann", "look", "\xff"},
		"escape": {"ann", "look", "\x1b[2J"}, "line separator": {"ann", "look", "a\u2028b"},
	} {
		if err := h.db.Update(h.ctx(), func(tx *sql.Tx) error { return h.Audit(h.ctx(), tx, e[0], e[1], e[2]) }); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if err := h.db.Update(h.ctx(), func(tx *sql.Tx) error { return h.Audit(h.ctx(), tx, "", "start", strings.Repeat("x", 500)) }); err != nil {
		t.Error(err)
	}
	entries, err := h.Trail(h.ctx(), 0, 10)
	if err != nil || len(entries) != 1 || entries[0].Officer != desk.NodeItself || entries[0].Seq != 1 {
		t.Errorf("%+v %v", entries, err)
	}
}

// trailVector is an entry as another implementation would hash it.
type trailVector struct {
	Seq  int64        `json:"seq"`
	At   string       `json:"at"`
	Text string       `json:"text"` // what is hashed
	Hash canon.Digest `json:"hash"`
}

func TestVectors(t *testing.T) {
	h := newHouse(t)
	for _, e := range [][3]string{{"console", "officer-add", "officer ann, post desk, roles drafter"}, {"ann", "sign-in", "by passphrase"}, {"", "draft-sent", "draft 0011223344556677, revision 2, as alatau/1f2e3d4c 7"}, {"ann", "sign-out", ""}} {
		if err := h.db.Update(h.ctx(), func(tx *sql.Tx) error { return h.Audit(h.ctx(), tx, e[0], e[1], e[2]) }); err != nil {
			t.Fatal(err)
		}
		h.clock.pass(time.Minute)
	}
	entries, err := h.Trail(h.ctx(), 1, 10)
	if err != nil {
		t.Fatal(err)
	}
	var list []trailVector
	previous := "sha256:" + strings.Repeat("0", 64)
	for _, e := range entries {
		text := fmt.Sprintf("detente-audit/v1\n%s\n%d %s %s %s %s\n", previous, e.Seq, e.At.Format("2006-01-02T15:04:05Z"), e.Officer, e.What, e.Detail)
		if sha256.Sum256([]byte(text)) != e.Hash {
			t.Errorf("entry %d is not hashed as the page says", e.Seq)
		}
		list = append(list, trailVector{Seq: e.Seq, At: e.At.Format(time.RFC3339), Text: text, Hash: e.Hash})
		previous = e.Hash.String()
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(list); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("..", "spec", "vectors", "desk", "good-trail.json")
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(path); err != nil || !bytes.Equal(want, b.Bytes()) {
		t.Errorf("%s is not as written by -update: %v", path, err)
	}
}

// The failure table: each change, at each step of its transaction, failed and
// not written or failed but written; then a restart and a look at everything.
func TestFailureTable(t *testing.T) {
	changes := map[string]func(h *house, ann, bo, root desk.Session, id string) error{
		"save": func(h *house, ann, bo, root desk.Session, id string) error {
			_, err := h.Save(h.ctx(), ann, id, []byte("{}\n"))
			return err
		},
		"new": func(h *house, ann, bo, root desk.Session, id string) error {
			_, err := h.Save(h.ctx(), ann, "", []byte("{}\n"))
			return err
		},
		"clear": func(h *house, ann, bo, root desk.Session, id string) error {
			_, err := h.Clear(h.ctx(), bo, id, 1, "")
			return err
		},
		"return": func(h *house, ann, bo, root desk.Session, id string) error {
			_, err := h.Return(h.ctx(), bo, id, "no")
			return err
		},
		"release": func(h *house, ann, bo, root desk.Session, id string) error {
			_, err := h.Release(h.ctx(), bo, id, "now")
			return err
		},
		"drop": func(h *house, ann, bo, root desk.Session, id string) error { return h.Drop(h.ctx(), ann, id) },
		"deactivate": func(h *house, ann, bo, root desk.Session, id string) error {
			return h.Deactivate(h.ctx(), "root", "bo")
		},
		"sign out": func(h *house, ann, bo, root desk.Session, id string) error { return h.SignOut(h.ctx(), bo) },
		"set chain": func(h *house, ann, bo, root desk.Session, id string) error {
			return h.SetChain(h.ctx(), root, five(false))
		},
		"set instructions": func(h *house, ann, bo, root desk.Session, id string) error {
			return h.SetInstructions(h.ctx(), root, desk.Instructions{Chief: "room 4"})
		},
		"add": func(h *house, ann, bo, root desk.Session, id string) error {
			return h.AddOfficer(h.ctx(), "root", desk.Officer{ID: "cy", Name: "Cy", Post: "desk", SSHKey: ann.Officer().SSHKey}, "")
		},
		"set": func(h *house, ann, bo, root desk.Session, id string) error {
			o := bo.Officer()
			o.Name = "Other"
			return h.SetOfficer(h.ctx(), "root", o)
		},
		"send": func(h *house, ann, bo, root desk.Session, id string) error {
			draft := h.other(bo)
			return h.sent(draft, "r")
		},
	}
	faults := []struct {
		step  durable.Step
		apply bool
	}{{durable.StepBegin, false}, {durable.StepBegin, true}, {durable.StepCommit, false}, {durable.StepCommit, true}}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, f := range faults {
				h := newHouse(t)
				ann, bo, root := h.officer("ann", writes), h.officer("bo", clears, "release"), h.officer("root", manages)
				h.chain(root, desk.Chain{Steps: []desk.Step{{Name: "release"}}, Urgent: true})
				draft := h.submitted(ann)
				ready := h.submitted(ann)
				if _, err := h.Clear(h.ctx(), bo, ready.ID, 1, ""); err != nil {
					t.Fatal(err)
				}
				before := h.dump()
				boom := errors.New("input/output error")
				h.db.TestOnlyFault(func(s durable.Step) (bool, error) {
					if s == f.step {
						return f.apply, boom
					}
					return false, nil
				})
				err := change(h, ann, bo, root, draft.ID)
				h.db.TestOnlyFault(nil)
				if !errors.Is(err, boom) {
					t.Fatalf("%v: the fault was not met: %v", f, err)
				}
				if errors.Is(err, durable.ErrUnknown) != (f.step == durable.StepCommit) {
					t.Errorf("%v: %v", f, err)
				}
				h.restart()
				h.sound()
				after := h.dump()
				if written := f.step == durable.StepCommit && f.apply; (after != before) != written {
					t.Errorf("%v: the change is there: %t, its commit was written: %t", f, after != before, written)
				}
				// Whether or not it was written, the next change goes well.
				if _, err := h.Save(h.ctx(), ann, "", []byte("{}\n")); err != nil {
					t.Errorf("%v: afterwards: %v", f, err)
				}
				h.sound()
			}
		})
	}
}

// other is the id of a draft that bo has cleared.
func (h *house) other(bo desk.Session) string {
	h.t.Helper()
	list, err := h.Drafts(h.ctx(), desk.StateCleared)
	if err != nil || len(list) != 1 {
		h.t.Fatalf("%d cleared drafts: %v", len(list), err)
	}
	return list[0].ID
}

// dump is everything that the desk stores, with the number of its entries in the
// trail: an act without its entry, or the reverse, shows.
func (h *house) dump() string {
	h.t.Helper()
	var b strings.Builder
	for _, table := range []string{"desk_officer", "desk_session", "desk_challenge", "desk_attempt", "desk_chain", "desk_instructions", "desk_draft", "desk_clearance", "desk_trail", "desk_trail_head"} {
		rows, err := h.db.Read().Query("select * from " + table + " order by 1, 2")
		if err != nil {
			h.t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err != nil {
			h.t.Fatal(err)
		}
		for rows.Next() {
			row := make([]any, len(columns))
			for i := range row {
				row[i] = new(any)
			}
			if err := rows.Scan(row...); err != nil {
				h.t.Fatal(err)
			}
			b.WriteString(table)
			for _, cell := range row {
				fmt.Fprintf(&b, "|%v", *cell.(*any))
			}
			b.WriteString("\n")
		}
		if err := rows.Close(); err != nil {
			h.t.Fatal(err)
		}
	}
	return b.String()
}

// Entries of some kinds are listed the newest first, and no others.
func TestTrailOf(t *testing.T) {
	h := newHouse(t)
	for _, what := range []string{"bundle-export", "proof-export", "bundle-import", "bundle-export"} {
		if err := h.db.Update(h.ctx(), func(tx *sql.Tx) error { return h.Audit(h.ctx(), tx, "saparova", what, "x") }); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := h.TrailOf(h.ctx(), []string{"bundle-export", "bundle-import"}, 2)
	if err != nil || len(entries) != 2 || entries[0].What != "bundle-export" || entries[1].What != "bundle-import" || entries[0].Seq < entries[1].Seq {
		t.Errorf("%v, %v", entries, err)
	}
	if entries, err = h.TrailOf(h.ctx(), nil, 10); err != nil || len(entries) != 0 {
		t.Errorf("of nothing: %v, %v", entries, err)
	}
}
