package node

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"detente/act"
	"detente/docket"
	"detente/party"
	"detente/roster"
)

// What the commands ask of a node beside the way of a statement. Nothing here
// signs or alters the record.

// Settings are the local choices that the node was opened with.
func (n *Node) Settings() Settings { return n.cfg.Settings }

// First is the roster that this home is pinned to.
func (n *Node) First() *roster.Roster { return n.cfg.First }

// Closing is closed when the node shuts down; Failure then says whether it had to.
func (n *Node) Closing() <-chan struct{} { return n.closed }

// Failure is why the node stopped by itself, or nil.
func (n *Node) Failure() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.failure
}

// errUnchanged ends a change that was only tried.
var errUnchanged = errors.New("nothing to change")

// Writable says whether the store takes changes, as nil or the reason. It changes
// nothing; it waits for the change under way.
func (n *Node) Writable(ctx context.Context) error {
	if err := n.Failure(); err != nil {
		return err
	}
	if err := n.db.Update(ctx, func(*sql.Tx) error { return errUnchanged }); !errors.Is(err, errUnchanged) {
		return err
	}
	return nil
}

// Assured says whether this node may sign, as nil, ErrNotSure or ErrNewVolume
// with the reason.
func (n *Node) Assured() error { return n.maySign() }

// HasPeers reports whether another party of the edition in force has a record.
func (n *Node) HasPeers() bool { return n.hasPeers() }

// Note writes a local act into the audit trail.
func (n *Node) Note(ctx context.Context, officer, what, detail string) error {
	return n.db.Update(ctx, func(tx *sql.Tx) error { return n.desk.Audit(ctx, tx, officer, what, detail) })
}

// Unanswered lists the statements to this party, or to all, that it has neither
// acknowledged nor returned, at most limit.
func (n *Node) Unanswered(ctx context.Context, limit int) ([]docket.Row, error) {
	return docket.Awaiting(ctx, n.db.Read(), docket.WantsWord, "", -1, limit)
}

// Inbox lists what waits for a word of this party: what Unanswered lists, what
// was entered for it and it neither confirmed nor contested, and returns of its
// own statements about which it has said nothing since.
func (n *Node) Inbox(ctx context.Context, limit int) ([]docket.Row, error) {
	out, err := n.Unanswered(ctx, limit)
	if err != nil {
		return nil, err
	}
	entered, err := docket.List(ctx, n.db.Read(), docket.Filter{Kinds: []act.Kind{act.Entered}, For: n.self, Newest: true})
	if err != nil {
		return nil, err
	}
	for _, r := range entered {
		if r.Author == n.self {
			continue
		}
		said, err := docket.List(ctx, n.db.Read(), docket.Filter{Author: n.self, Answers: r.Ref, Kinds: []act.Kind{act.Confirmed, act.Contested}, Limit: 1})
		if err != nil {
			return nil, err
		}
		if len(said) == 0 {
			out = append(out, r)
		}
	}
	returned, err := docket.List(ctx, n.db.Read(), docket.Filter{To: n.self, Kinds: []act.Kind{act.Returned}, Newest: true})
	if err != nil {
		return nil, err
	}
	for _, r := range returned {
		followed, err := n.followed(ctx, r.Answers)
		if err != nil {
			return nil, err
		}
		if !followed {
			out = append(out, r)
		}
	}
	return out[:min(len(out), limit)], nil
}

// followed reports whether this party said more about an act of its own: in its
// thread, or in answer to it.
func (n *Node) followed(ctx context.Context, ref act.Ref) (bool, error) {
	row, err := docket.Get(ctx, n.db.Read(), ref.Origin, ref.Index)
	if errors.Is(err, docket.ErrNone) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	f := docket.Filter{Author: n.self, Kinds: []act.Kind{act.Statement}, Answers: ref}
	if row.Thread != "" {
		f = docket.Filter{Author: n.self, Kinds: []act.Kind{act.Statement}, Thread: row.Thread, Status: row.Status}
	}
	rows, err := docket.List(ctx, n.db.Read(), f)
	return slices.ContainsFunc(rows, func(r docket.Row) bool {
		return r.Life != act.New && (r.Ref.Origin != ref.Origin || r.Ref.Index > ref.Index)
	}), err
}

// EditionStatus is one edition of the roster that this node knows, and who
// adopted it.
type EditionStatus struct {
	Roster   *roster.Roster
	InForce  bool
	Required []party.ID         // whose adoption it needs
	Adopted  map[party.ID]int64 // Unix seconds by which each adoption is shown to be lodged; 0: appended, not yet shown
}

// Editions lists the editions known here, by number.
func (n *Node) Editions(ctx context.Context) ([]EditionStatus, error) {
	k := n.keys.Load()
	all, err := rosters(ctx, n.db.Read())
	if err != nil {
		return nil, err
	}
	var out []EditionStatus
	for _, s := range all {
		prev := s.roster
		if s.roster.Edition > 1 {
			if before, ok := k.Edition(s.roster.Edition - 1); ok {
				prev = before
			}
		}
		inForce, ok := k.Edition(s.roster.Edition)
		e := EditionStatus{Roster: s.roster, Required: roster.Required(prev),
			InForce: ok && inForce.Digest() == s.digest}
		if e.Adopted, err = n.adoptedBy(ctx, k, prev, s.digest); err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// MissingBlobs counts the contents that acts name, that this party may hold, and
// that have not arrived.
func (n *Node) MissingBlobs(ctx context.Context) (int, error) {
	var count int
	err := n.db.Read().QueryRowContext(ctx, "select count(distinct digest) from node_missing").Scan(&count)
	if err != nil {
		return 0, fmt.Errorf("count missing contents: %w", err)
	}
	return count, nil
}

// Frozen lists the records that a proven fork has frozen.
func (n *Node) Frozen(ctx context.Context) ([]party.Origin, error) {
	rows, err := n.db.Read().QueryContext(ctx, "select origin from node_frozen order by origin")
	if err != nil {
		return nil, fmt.Errorf("list frozen records: %w", err)
	}
	defer rows.Close()
	var out []party.Origin
	for rows.Next() {
		var o party.Origin
		if err := rows.Scan(&o); err != nil {
			return nil, fmt.Errorf("list frozen records: %w", err)
		}
		out = append(out, o)
	}
	return out, rows.Err()
}

// Gaps lists, by volume, the serials that are missing among the statements to
// this party, at most 20 of each.
func (n *Node) Gaps(ctx context.Context) (map[party.Origin][]int64, error) {
	out := map[party.Origin][]int64{}
	held, err := n.allPositions(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range held {
		author := n.author(p.Origin)
		if author == "" || author == n.self {
			continue
		}
		gaps, err := docket.Gaps(ctx, n.db.Read(), p.Origin, n.self, 20)
		if err != nil {
			return nil, fmt.Errorf("look for missing serials: %w", err)
		}
		if len(gaps) > 0 {
			out[p.Origin] = gaps
		}
	}
	return out, nil
}
