package node

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"detente/act"
	"detente/docket"
	"detente/key"
	"detente/lodging"
	"detente/party"
	"detente/record"
	"detente/roster"
)

// Shown is what the evidence held here shows of the time of one act.
type Shown struct {
	Bounds lodging.Bounds
	// Had is, for each addressee of which it is shown, the moment since which it had
	// the act, in Unix seconds: of its own mirror cosignature or its receipt the earlier.
	Had map[party.ID]int64
	// Held is the moment since which this party vouches that it holds the act, by its
	// own head or mirror cosignature; 0: it does not yet.
	Held int64
	Seen Seen
}

// Seen tells what was looked at, and so what a cosignature that comes later can change.
type Seen struct {
	Stamps    map[party.ID]int64 // the earliest mirror cosignature of each party over the act
	Before    int64              // entries under the author's newest head that does not cover the act; -1: none
	Over      int64              // entries under its first head that does
	Withdrawn bool               // what is over larger trees than the withdrawal does not count
	Next      int64              // when the first of what lies in the future is to be looked at; 0: nothing does
}

// Alters reports whether a mirror cosignature over a tree that holds the act can
// change what is shown of it.
func (s *Seen) Alters(c Stamp) bool {
	at, known := s.Stamps[c.By]
	return !known || c.Time < at || s.Withdrawn
}

// Shown gathers the times of one act.
func (n *Node) Shown(ctx context.Context, ref act.Ref) (Shown, error) {
	row, err := docket.Get(ctx, n.db.Read(), ref.Origin, ref.Index)
	if err != nil {
		return Shown{}, err
	}
	r := n.acts(n.keys.Load(), ref.Origin, ref.Index, ref.Index+1)
	a, err := r.Act(ctx, ref.Index)
	if err != nil {
		return Shown{}, err
	}
	return r.Shown(ctx, row, a)
}

// seen notes what was looked at.
func (n *Node) seen(ctx context.Context, g *assembled) (Seen, error) {
	s := Seen{Stamps: map[party.ID]int64{}, Before: -1, Over: g.head.Head.Size, Withdrawn: g.Gap >= 0}
	ahead := func(t int64) {
		if t > g.Now && (s.Next == 0 || t < s.Next) {
			s.Next = t
		}
	}
	for _, x := range g.Stamps {
		ahead(x.Time)
		if t, known := s.Stamps[x.By]; !known || x.Time < t {
			s.Stamps[x.By] = x.Time
		}
	}
	for _, x := range g.Receipts {
		ahead(x.Time)
	}
	ahead(g.Claimed)
	for _, h := range g.Heads {
		s.Before = h.Size
	}
	if g.head.Time <= g.Now {
		return s, nil
	}
	ahead(g.head.Time) // its clock runs ahead, and with it perhaps the head before
	h, ok, err := record.Before(ctx, n.db.Read(), g.row.Ref.Origin, g.Index)
	if err != nil {
		return s, fmt.Errorf("read the head before an act: %w", err)
	}
	if ok {
		s.Before = h.Head.Size
		ahead(h.Time)
	}
	return s, nil
}

// others are the parties of the newest edition that have a record, but one.
func (n *Node) others(but party.ID) []party.ID {
	var out []party.ID
	for _, p := range n.keys.Load().Current().Parties {
		if p.Card != nil && p.ID != but {
			out = append(out, p.ID)
		}
	}
	return out
}

// Positions are the records held here, each volume with its size.
func (n *Node) Positions(ctx context.Context) (map[party.Origin]int64, error) {
	return record.Sizes(ctx, n.db.Read())
}

// Stamp is a cosignature over a tree of Size entries of a record.
type Stamp struct {
	Origin     party.Origin
	By         party.ID
	Mirror     bool // it vouches for contents; else it is a witness's
	Size, Time int64
}

// Stamped calls f for each cosignature that came after seq, and returns the newest seq.
func (n *Node) Stamped(ctx context.Context, seq int64, f func(Stamp)) (int64, error) {
	for {
		list, err := record.CosignaturesSince(ctx, n.db.Read(), seq, record.MaxPage)
		if err != nil {
			return seq, err
		}
		for _, c := range list {
			by, role, _ := strings.Cut(c.By, "/")
			f(Stamp{c.Head.Origin, party.ID(by), strings.HasSuffix(role, "/"+string(key.Mirror)), c.Head.Size, c.Time})
			seq = max(seq, c.Seq)
		}
		if len(list) == 0 {
			return seq, nil
		}
	}
}

// LastStamp is the newest seq that Stamped would return.
func (n *Node) LastStamp(ctx context.Context) (int64, error) {
	var last int64
	err := n.db.Read().QueryRowContext(ctx, "select coalesce(max(seq), 0) from record_notes").Scan(&last)
	if err != nil {
		return 0, fmt.Errorf("read the last cosignature: %w", err)
	}
	return last, nil
}

// Now is the time by the node's clock.
func (n *Node) Now() time.Time { return n.cfg.Now() }

// OthersTime is the newest time that a head of another party held here bears, by
// that party's clock; false for a party that has no peers.
func (n *Node) OthersTime(ctx context.Context) (time.Time, bool, error) {
	if !n.hasPeers() {
		return time.Time{}, false, nil
	}
	sizes, err := n.Positions(ctx)
	if err != nil {
		return time.Time{}, false, err
	}
	newest := int64(0)
	for o := range sizes {
		if n.author(o) == n.self {
			continue
		}
		s, ok, err := record.Latest(ctx, n.db.Read(), o)
		if err != nil {
			return time.Time{}, false, err
		}
		if ok {
			newest = max(newest, s.Time)
		}
	}
	return time.Unix(newest, 0), true, nil
}

// Rules names everything else by which times and forms are judged: the editions in
// force here, the keys, what retired keys signed, what was proven, and the texts that
// were carried in. As long as it is the same, only new acts, contents and
// cosignatures change anything.
func (n *Node) Rules(ctx context.Context) (string, error) {
	k := n.keys.Load()
	var editions, rest string
	err := n.db.Read().QueryRowContext(ctx, `select
		coalesce((select max(edition) from node_editions), 0) || ' ' || (select count(*) from node_editions),
		(select count(*) from node_changes) || ' ' || (select count(*) from node_retired) || ' ' || (select count(*) from node_conflicting)
		|| ' ' || (select count(*) from node_texts)`).Scan(&editions, &rest)
	if err != nil {
		return "", errors.Join(errors.New("read by what times are judged"), err)
	}
	frozen, err := n.frozenAll(ctx, k)
	return fmt.Sprintf("%s %s %s%s", k.CurrentDigest(), editions, rest, frozen), err
}

// frozenAll names the frozen records, and since when that is shown.
func (n *Node) frozenAll(ctx context.Context, k *roster.Keys) (string, error) {
	rows, err := n.db.Read().QueryContext(ctx, "select origin from node_frozen order by origin")
	if err != nil {
		return "", fmt.Errorf("list frozen records: %w", err)
	}
	defer rows.Close()
	var list []party.Origin
	for rows.Next() {
		var o string
		if err := rows.Scan(&o); err != nil {
			return "", fmt.Errorf("list frozen records: %w", err)
		}
		list = append(list, party.Origin(o))
	}
	if err := rows.Err(); err != nil {
		return "", fmt.Errorf("list frozen records: %w", err)
	}
	out := ""
	for _, o := range list {
		at, from, err := n.frozenFrom(ctx, n.db.Read(), k, o)
		if err != nil {
			return "", err
		}
		out += fmt.Sprintf(" %s %d %d", o, at, from)
	}
	return out, nil
}

// Contents counts what was opened here: as long as it is the same, so is what can be read.
func (n *Node) Contents(ctx context.Context) (int64, error) {
	var all int64
	if err := n.db.Read().QueryRowContext(ctx, "select count(*) from node_contents").Scan(&all); err != nil {
		return 0, fmt.Errorf("count contents: %w", err)
	}
	return all, nil
}
