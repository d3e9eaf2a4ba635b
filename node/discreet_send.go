package node

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"detente/act"
	"detente/discreet"
	"detente/internal/durable"
	"detente/party"
	"detente/record"
	"filippo.io/age"
)

// Errors of discreet acts.
var (
	ErrDiscreetEdition = errors.New("the roster in force does not say that every party reads discreet acts (acts: 2)")
	ErrDiscreetAnswer  = errors.New("what it answers, or its thread, is discreet: say this discreetly too, or begin another thread")
	ErrDiscreetReturn  = errors.New("what was said discreetly is not returned by hand: say what is to be mended in a discreet answer")
)

// discreetActs is the version of acts that the roster must allow.
const discreetActs = 2

// checkDiscreet checks a request that is to be discreet, with the plain act that will
// be inside, and that no other one gives away what was said discreetly.
func (n *Node) checkDiscreet(ctx context.Context, r Request, inside *act.Act) error {
	if !r.Discreet {
		return n.givesNothingAway(ctx, r)
	}
	if r.Kind != act.Statement || r.Open || len(r.To) == 0 {
		return errors.New("a discreet act is a statement sealed to its addressees by name")
	}
	if n.keys.Load().Current().Acts < discreetActs {
		return ErrDiscreetEdition
	}
	if err := discreet.Check(inside); err != nil {
		return err
	}
	if most := discreet.MostBytes; len(inside.Payload) > most {
		return fmt.Errorf("%w: its content has %d bytes, more than %d", discreet.ErrTooLong, len(inside.Payload), most)
	}
	return nil
}

// givesNothingAway refuses a plain act that answers a discreet one, or goes on in a
// thread in which this party has spoken discreetly.
func (n *Node) givesNothingAway(ctx context.Context, r Request) error {
	if r.Answers != "" {
		ref, err := act.ParseRef(r.Answers)
		if err != nil {
			return fmt.Errorf("answers: %w", err)
		}
		if is, err := n.Discreet(ctx, ref); err != nil || is {
			return errors.Join(err, ErrDiscreetAnswer)
		}
	}
	if r.Thread == "" {
		return nil
	}
	var one int
	err := n.db.Read().QueryRowContext(ctx, `select 1 from docket_acts d join node_discreet w on w.origin = d.origin and w.idx = d.idx
		where d.thread <> '' and d.thread = $1 and d.author = $2 limit 1`, r.Thread, string(n.self)).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return errors.Join(err, ErrDiscreetAnswer)
}

// sayDiscreetly seals and appends a plan inside a change: no smaller than what it
// answers.
func (n *Node) sayDiscreetly(ctx context.Context, tx *Tx, p *Plan) (act.Ref, error) {
	a, err := n.actOf(p, n.now(), nil)
	if err != nil {
		return act.Ref{}, err
	}
	least, _, err := n.shapeOf(ctx, tx.Tx, a.Answers)
	if err != nil {
		return act.Ref{}, err
	}
	return n.appendDiscreet(ctx, tx, a, least)
}

// appendReceipt appends a receipt: for a discreet act a discreet one, of the same size.
func (n *Node) appendReceipt(ctx context.Context, tx *Tx, r *act.Act) (act.Ref, error) {
	shape, is, err := n.shapeOf(ctx, tx.Tx, r.Answers)
	if err != nil || !is {
		if err == nil {
			return tx.Append(ctx, r)
		}
		return act.Ref{}, err
	}
	return n.appendDiscreet(ctx, tx, r, shape)
}

// shapeOf is the size class of the discreet act at a place; false if there is none.
func (n *Node) shapeOf(ctx context.Context, q durable.Querier, ref act.Ref) (discreet.Shape, bool, error) {
	is, err := isDiscreet(ctx, q, ref)
	if err != nil || !is {
		return discreet.Shape{}, false, err
	}
	leaf, err := n.readLeaf(ctx, ref)
	if err != nil {
		return discreet.Shape{}, false, err
	}
	s, ok := discreet.ShapeOf(leaf.Sealed.Size)
	return s, ok, nil
}

// appendDiscreet seals a plain act whole and appends what is left to see of it.
func (n *Node) appendDiscreet(ctx context.Context, tx *Tx, inside *act.Act, least discreet.Shape) (act.Ref, error) {
	if inside.Kind == act.Statement {
		var err error
		if inside.Serial, err = n.discreetSerials(ctx, tx, inside.To); err != nil {
			return act.Ref{}, err
		}
	}
	to, err := n.recipients(inside.To)
	if err != nil {
		return act.Ref{}, err
	}
	s, err := discreet.Seal(n.cfg.Rand, n.origin, inside, to, least)
	if err != nil {
		return act.Ref{}, err
	}
	d, err := record.SaveBlob(ctx, tx.Tx, s.Ciphertext)
	if err != nil {
		return act.Ref{}, err
	}
	if err := n.saveFileKey(ctx, tx, d, s.FileKey); err != nil {
		return act.Ref{}, err
	}
	ref, err := tx.Append(ctx, s.Act)
	if err != nil {
		return act.Ref{}, err
	}
	c := content{State: opened, Type: inside.PayloadType, Body: inside.Payload}
	return ref, n.saveInside(ctx, tx, ref, n.self, s.Act, inside, c, discreetOwn, 0)
}

// recipients are the keys to which something is sealed for parties, in their order.
func (n *Node) recipients(ids []party.ID) ([]*age.HybridRecipient, error) {
	keys := n.keys.Load()
	to := make([]*age.HybridRecipient, 0, len(ids))
	for _, id := range ids {
		text, ok := keys.Sealing(id, n.now())
		if !ok {
			return nil, fmt.Errorf("%s has no key to seal to", id)
		}
		r, err := n.sealers.recipient(text)
		if err != nil {
			return nil, fmt.Errorf("sealing key of %s: %w", id, err)
		}
		to = append(to, r)
	}
	return to, nil
}

// discreetSerials numbers a discreet statement per addressee, apart from plain ones.
func (n *Node) discreetSerials(ctx context.Context, tx *Tx, to []party.ID) (map[party.ID]int64, error) {
	out := map[party.ID]int64{}
	for _, id := range to {
		var last int64
		err := tx.QueryRowContext(ctx, "select coalesce(max(serial), 0) from node_discreet_serials where party = $1 and origin = $2", string(id), string(n.origin)).Scan(&last)
		if err != nil {
			return nil, fmt.Errorf("number a discreet act: %w", err)
		}
		out[id] = last + 1
	}
	return out, nil
}

// DiscreetGaps lists, by volume, the numbers that are missing among the discreet acts
// of others to this party, at most limit of each.
func (n *Node) DiscreetGaps(ctx context.Context, limit int) (map[party.Origin][]int64, error) {
	rows, err := n.db.Read().QueryContext(ctx, "select origin, serial from node_discreet_serials where party = $1 order by origin, serial", string(n.self))
	if err != nil {
		return nil, fmt.Errorf("look for missing numbers of discreet acts: %w", err)
	}
	defer rows.Close()
	out := map[party.Origin][]int64{}
	var of party.Origin
	next := int64(1)
	for rows.Next() {
		var o party.Origin
		var serial int64
		if err := rows.Scan(&o, &serial); err != nil {
			return nil, fmt.Errorf("look for missing numbers of discreet acts: %w", err)
		}
		if o != of {
			of, next = o, 1
		}
		for ; next < serial && len(out[o]) < limit; next++ {
			out[o] = append(out[o], next)
		}
		next = serial + 1
	}
	return out, rows.Err()
}
