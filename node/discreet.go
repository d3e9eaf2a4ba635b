package node

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"detente/act"
	"detente/discreet"
	"detente/docket"
	"detente/internal/durable"
	"detente/line"
	"detente/party"
	"detente/record"
	"detente/seal"
)

// Discreet acts: whether one is for this party is found out by trying, apart from the
// taking of messages and in turn by author, so that who sends many keeps nobody else
// waiting.

// States of a discreet act here.
const (
	discreetMissing = "missing" // its blob has not come
	discreetWaits   = "waits"   // to be tried
	discreetOthers  = "others"  // not for this party
	discreetOpened  = "opened"  // for this party; what is inside is kept
	discreetOwn     = "own"     // of this party; what is inside is kept
)

// Times of receipts for discreet acts that are not urgent: some time between the two
// after it was opened.
const (
	leastReceiptDelay = 30 * time.Second
	mostReceiptDelay  = 15 * time.Minute
)

// triedInTurn is how many discreet acts of one record are tried in one turn.
const triedInTurn = 4

// isDiscreet says whether the act at a place is of version 2.
func isDiscreet(ctx context.Context, q durable.Querier, ref act.Ref) (bool, error) {
	var one int
	err := q.QueryRowContext(ctx, "select 1 from node_discreet where origin = $1 and idx = $2", string(ref.Origin), ref.Index).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look whether %s is discreet: %w", ref, err)
	}
	return true, nil
}

// Discreet says whether the act at a place is discreet.
func (n *Node) Discreet(ctx context.Context, ref act.Ref) (bool, error) {
	return isDiscreet(ctx, n.db.Read(), ref)
}

// revealed is what the act a at a place says to this party: what is inside, if it is
// discreet and was opened or made here, else a itself.
func (n *Node) revealed(ctx context.Context, q durable.Querier, o party.Origin, idx int64, a *act.Act) (*act.Act, error) {
	if !a.IsDiscreet() {
		return a, nil
	}
	var body []byte
	err := q.QueryRowContext(ctx, "select body from node_discreet where origin = $1 and idx = $2 and state in ('opened', 'own')", string(o), idx).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return a, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read what is inside act %d of %s: %w", idx, o, err)
	}
	b, err := n.unlock(o, idx, body)
	if err != nil {
		return nil, err
	}
	inside, err := act.Parse(b)
	if err != nil {
		return nil, fmt.Errorf("read what is inside act %d of %s: %w", idx, o, err)
	}
	return inside, nil
}

// Revealed hands f, in the order in which they came to be read, the discreet acts that
// this party opened or made after the past-th, and returns the number of the last.
func (n *Node) Revealed(ctx context.Context, past int64, f func(docket.Row) error) (last int64, err error) {
	for last = past; ; {
		var place act.Ref
		var seq int64
		err := n.db.Read().QueryRowContext(ctx, "select origin, idx, seq from node_discreet where seq > 0 and seq > $1 order by seq limit 1", last).Scan(&place.Origin, &place.Index, &seq)
		if errors.Is(err, sql.ErrNoRows) {
			return last, nil
		}
		if err != nil {
			return last, fmt.Errorf("list discreet acts that were opened: %w", err)
		}
		row, err := docket.Get(ctx, n.db.Read(), place.Origin, place.Index)
		if err == nil {
			err = f(row)
		}
		if err != nil {
			return last, err
		}
		last = seq
	}
}

// LastRevealed is the number of the newest discreet act that was opened or made here.
func (n *Node) LastRevealed(ctx context.Context) (last int64, err error) {
	if err := n.db.Read().QueryRowContext(ctx, "select coalesce(max(seq), 0) from node_discreet where seq > 0").Scan(&last); err != nil {
		return 0, fmt.Errorf("count discreet acts that were opened: %w", err)
	}
	return last, nil
}

// inDocket is how a discreet act stands in the docket: what is inside, with the blob
// that the leaf names, and without numbers: those of discreet acts are counted apart,
// or a number would show to others that one was left out.
func inDocket(inside, leaf *act.Act) *act.Act {
	if inside == leaf {
		return leaf
	}
	a := *inside
	a.Sealed, a.Serial = leaf.Sealed, nil
	return &a
}

// noteDiscreet remembers a discreet act that came, to be tried once its blob is here.
func (n *Node) noteDiscreet(ctx context.Context, tx *Tx, ref act.Ref, a *act.Act) error {
	if !a.IsDiscreet() {
		return nil
	}
	_, err := tx.ExecContext(ctx, `insert into node_discreet (origin, idx, state, body, due, seq)
		select $1, $2, case when exists (select 1 from node_missing m where m.origin = $1 and m.idx = $2) then 'missing' else 'waits' end, $3, 0, 0 where true
		on conflict (origin, idx) do nothing`, string(ref.Origin), ref.Index, []byte{})
	if err != nil {
		return fmt.Errorf("note a discreet act: %w", err)
	}
	tx.After(n.tryLater)
	return nil
}

// discreetCame lets a discreet act be tried whose blob came.
func (n *Node) discreetCame(ctx context.Context, tx *Tx, ref act.Ref, a *act.Act) error {
	if !a.IsDiscreet() {
		return nil
	}
	_, err := tx.ExecContext(ctx, "update node_discreet set state = 'waits' where origin = $1 and idx = $2 and state = 'missing'", string(ref.Origin), ref.Index)
	if err != nil {
		return fmt.Errorf("note a discreet act: %w", err)
	}
	tx.After(n.tryLater)
	return nil
}

func (n *Node) tryLater() {
	select {
	case n.trying <- struct{}{}:
	default:
	}
}

// discreetLoop tries discreet acts as they come and gives the receipts that are due.
func (n *Node) discreetLoop(ctx context.Context) {
	period := time.Duration(n.cfg.Settings.HeartbeatSeconds) * time.Second
	for ctx.Err() == nil {
		tried, rest := 0, period
		n.attend(ctx, "try discreet acts", func(ctx context.Context) (err error) {
			tried, err = n.tryTurn(ctx)
			return err
		})
		n.attend(ctx, "give receipts for discreet acts", func(ctx context.Context) (err error) {
			rest, err = n.GiveDiscreet(ctx)
			return err
		})
		if tried > 0 { // receipts are not kept waiting by how many others there are to try
			continue
		}
		t := time.NewTimer(max(time.Second, min(period, rest)))
		select {
		case <-n.trying:
		case <-t.C:
		case <-ctx.Done():
		}
		t.Stop()
	}
}

// TryDiscreet tries all discreet acts that wait, record by record in turn.
func (n *Node) TryDiscreet(ctx context.Context) error {
	for {
		if tried, err := n.tryTurn(ctx); err != nil || tried == 0 {
			return err
		}
	}
}

// tryTurn tries a few of every record of which some wait, and says how many in all.
func (n *Node) tryTurn(ctx context.Context) (tried int, err error) {
	var faults error
	for past := ""; ; {
		var o sql.NullString
		err := n.db.Read().QueryRowContext(ctx, "select min(origin) from node_discreet where state = 'waits' and origin > $1", past).Scan(&o)
		if err != nil {
			return tried, errors.Join(faults, fmt.Errorf("list discreet acts: %w", err))
		}
		if !o.Valid {
			return tried, faults
		}
		past = o.String
		some, err := n.tryRecord(ctx, party.Origin(past))
		faults = errors.Join(faults, err) // one record keeps no other waiting
		tried += some
	}
}

// trial is what trying one discreet act came to.
type trial struct {
	ref    act.Ref
	leaf   *act.Act
	inside *act.Act // nil: it is not for this party
	fault  string   // why what is inside is not to format; empty: it is
}

// tryRecord tries the first discreet acts of one record that wait.
func (n *Node) tryRecord(ctx context.Context, o party.Origin) (int, error) {
	places, err := n.waitingDiscreet(ctx, o)
	if err != nil {
		return 0, err
	}
	var trials []trial
	for _, idx := range places {
		t, err := n.try(ctx, act.Ref{Origin: o, Index: idx})
		if err != nil {
			return 0, err
		}
		trials = append(trials, t)
	}
	if len(trials) == 0 {
		return 0, nil
	}
	err = n.update(ctx, func(tx *Tx) error {
		for _, t := range trials {
			if err := n.storeTrial(ctx, tx, t); err != nil {
				return err
			}
		}
		return nil
	})
	return len(trials), err
}

func (n *Node) waitingDiscreet(ctx context.Context, o party.Origin) ([]int64, error) {
	rows, err := n.db.Read().QueryContext(ctx, "select idx from node_discreet where state = 'waits' and origin = $1 order by idx limit $2", string(o), triedInTurn)
	if err != nil {
		return nil, fmt.Errorf("list discreet acts: %w", err)
	}
	defer rows.Close()
	var out []int64
	for rows.Next() {
		var idx int64
		if err := rows.Scan(&idx); err != nil {
			return nil, fmt.Errorf("list discreet acts: %w", err)
		}
		out = append(out, idx)
	}
	return out, rows.Err()
}

// try opens one discreet act, if it is for this party. Of one that is not, nothing more
// is known, whatever is inside.
func (n *Node) try(ctx context.Context, place act.Ref) (trial, error) {
	row, err := docket.Get(ctx, n.db.Read(), place.Origin, place.Index)
	if err != nil {
		return trial{}, fmt.Errorf("try a discreet act: %w", err)
	}
	t := trial{ref: row.Ref}
	if t.leaf, err = n.readLeaf(ctx, t.ref); err != nil {
		return t, err
	}
	b, err := record.ReadBlob(ctx, n.db.Read(), t.leaf.Sealed.Digest)
	if err != nil {
		return t, fmt.Errorf("try a discreet act: %w", err)
	}
	inside, err := discreet.Open(t.ref.Origin, t.leaf, b, n.set().Sealing)
	switch {
	case err == nil && inside.Addressed(n.self):
		t.inside = inside
	case err == nil, errors.Is(err, seal.ErrNotForUs):
		return t, nil
	default:
		n.cfg.Log.Info("a discreet act opens and is not to format", "record", string(t.ref.Origin), "act", t.ref.Index, "reason", err.Error())
		return t, nil
	}
	if inside.PayloadType == "" {
		return t, nil
	}
	if err := n.fitsContent(n.author(t.ref.Origin), inside, inside.PayloadType, inside.Payload); err != nil {
		bare := *inside
		bare.PayloadType, bare.Payload = "", nil
		t.inside, t.fault = &bare, err.Error()
	}
	return t, nil
}

// storeTrial keeps what a trial came to: the act stands in the docket as what it is,
// and its receipt is given in time.
func (n *Node) storeTrial(ctx context.Context, tx *Tx, t trial) error {
	if t.inside == nil {
		_, err := tx.ExecContext(ctx, "update node_discreet set state = 'others' where origin = $1 and idx = $2 and state = 'waits'", string(t.ref.Origin), t.ref.Index)
		if err != nil {
			return fmt.Errorf("keep what a trial came to: %w", err)
		}
		return nil
	}
	author := n.author(t.ref.Origin)
	c := content{State: opened, Type: t.inside.PayloadType, Body: t.inside.Payload}
	if t.fault != "" {
		c = content{State: unreadable, Note: t.fault}
	}
	due := int64(0)
	if t.inside.Kind == act.Statement && author != "" && author != n.self && n.cfg.Settings.receipt(author) == Automatic {
		var err error
		if due, err = n.receiptDue(t.inside); err != nil {
			return err
		}
	}
	owner, _ := n.keys.Load().Owner(t.ref.Origin) // of any edition: a party may have left
	return n.saveInside(ctx, tx, t.ref, owner, t.leaf, t.inside, c, discreetOpened, due)
}

// saveInside keeps what is inside a discreet act, encrypted under the home's own key,
// and lets the docket say it.
func (n *Node) saveInside(ctx context.Context, tx *Tx, ref act.Ref, author party.ID, leaf, inside *act.Act, c content, state string, due int64) error {
	b, err := inside.Bytes()
	if err != nil {
		return fmt.Errorf("keep what is inside a discreet act: %w", err)
	}
	if b, err = n.lock(ref.Origin, ref.Index, b); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `insert into node_discreet (origin, idx, state, body, due, seq)
		select $1, $2, $3, $4, $5, coalesce(max(seq), 0) + 1 from node_discreet where true
		on conflict (origin, idx) do update set state = excluded.state, body = excluded.body, due = excluded.due, seq = excluded.seq`,
		string(ref.Origin), ref.Index, state, b, due)
	if err != nil {
		return fmt.Errorf("keep what is inside a discreet act: %w", err)
	}
	for id, serial := range inside.Serial {
		if _, err := tx.ExecContext(ctx, `insert into node_discreet_serials (origin, idx, party, serial) values ($1,$2,$3,$4)
			on conflict (party, origin, serial, idx) do nothing`, string(ref.Origin), ref.Index, string(id), serial); err != nil {
			return fmt.Errorf("keep the number of a discreet act: %w", err)
		}
	}
	if inside.PayloadType != "" || c.State == unreadable {
		if err := n.saveContent(ctx, tx.Tx, ref, inside, c); err != nil {
			return err
		}
	}
	if due > 0 {
		tx.After(n.tryLater)
	}
	return docket.Reveal(ctx, tx.Tx, n.self, docket.Entry{Ref: ref, Author: author, State: docket.Read, Act: inDocket(inside, leaf)})
}

// receiptDue is when the receipt for a discreet statement is given: at once for an
// urgent message on a line, else some time later, so that the moment does not tell
// whom it was for.
func (n *Node) receiptDue(inside *act.Act) (int64, error) {
	now := n.now().Unix()
	if inside.PayloadType == line.TypeMessage {
		if m, err := line.ParseMessage(inside.Payload); err == nil && m.Precedence < line.Timed {
			return now, nil
		}
	}
	var b [8]byte
	if _, err := io.ReadFull(n.cfg.Rand, b[:]); err != nil {
		return 0, fmt.Errorf("choose the moment of a receipt: %w", err)
	}
	span := uint64((mostReceiptDelay-leastReceiptDelay)/time.Second) + 1
	return now + int64(leastReceiptDelay/time.Second) + int64(binary.BigEndian.Uint64(b[:])%span), nil
}

// GiveDiscreet gives the receipts for discreet acts that are due, and says after how
// long the next one is; a year if none is.
func (n *Node) GiveDiscreet(ctx context.Context) (next time.Duration, err error) {
	const none = 365 * 24 * time.Hour
	if !n.sure() {
		return none, nil // becoming sure asks again
	}
	var faults error
	for {
		var o party.Origin
		var idx, due int64
		err := n.db.Read().QueryRowContext(ctx, "select origin, idx, due from node_discreet where due > 0 order by due limit 1").Scan(&o, &idx, &due)
		if errors.Is(err, sql.ErrNoRows) {
			return none, faults
		}
		if err != nil {
			return none, errors.Join(faults, fmt.Errorf("list receipts for discreet acts: %w", err))
		}
		if wait := time.Unix(due, 0).Sub(n.now()); wait > 0 {
			return wait, faults
		}
		err = n.giveOneDiscreet(ctx, o, idx)
		if err == nil {
			continue
		}
		// One that cannot be given now, such as to a party that left, keeps no other waiting.
		faults = errors.Join(faults, err)
		if err := n.postponeDiscreet(ctx, o, idx); err != nil {
			return none, errors.Join(faults, err)
		}
	}
}

// postponeDiscreet lets a receipt wait as long as the longest chosen delay.
func (n *Node) postponeDiscreet(ctx context.Context, o party.Origin, idx int64) error {
	return n.update(ctx, func(tx *Tx) error {
		_, err := tx.ExecContext(ctx, "update node_discreet set due = $3 where origin = $1 and idx = $2", string(o), idx, n.now().Add(mostReceiptDelay).Unix())
		if err != nil {
			return fmt.Errorf("postpone a receipt for a discreet act: %w", err)
		}
		return nil
	})
}

func (n *Node) giveOneDiscreet(ctx context.Context, o party.Origin, idx int64) error {
	row, err := docket.Get(ctx, n.db.Read(), o, idx)
	if err != nil {
		return fmt.Errorf("receipt for a discreet act: %w", err)
	}
	c, err := n.readContent(ctx, n.db.Read(), o, idx)
	if err != nil && !errors.Is(err, ErrNoContent) {
		return err
	}
	return n.update(ctx, func(tx *Tx) error {
		if _, err := tx.ExecContext(ctx, "update node_discreet set due = 0 where origin = $1 and idx = $2", string(o), idx); err != nil {
			return fmt.Errorf("receipt for a discreet act: %w", err)
		}
		done, err := n.answeredBy(ctx, tx, row.Ref, act.Delivered, act.Returned)
		if err != nil || done || n.cfg.Settings.receipt(row.Author) != Automatic {
			return err
		}
		kind := act.Delivered
		if c.State == unreadable {
			kind = act.Returned
		}
		_, err = n.appendReceipt(ctx, tx, n.receiptAct(kind, row.Ref, row.Status, row.Author))
		return err
	})
}
