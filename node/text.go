package node

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"detente/internal/canon"
	"detente/pack"
	"detente/regime"
)

// Texts are the packs at hand here: those that ship and, once they were asked
// for, those that were carried in.
func (n *Node) Texts() *pack.Library { return n.cfg.Texts }

// Text is the pack with an id and a digest, as an edition or an act names it. A
// zero digest asks for the one that the edition in force names under the id, else
// for the one that ships. One that is not at hand is pack.ErrNotAtHand.
func (n *Node) Text(ctx context.Context, id string, digest canon.Digest) (*pack.Pack, error) {
	if digest.IsZero() {
		for _, p := range n.keys.Load().In(n.now()).Packs {
			if p.ID == id {
				digest = p.Digest
			}
		}
	}
	p, err := n.cfg.Texts.Find(id, digest)
	if digest.IsZero() || !errors.Is(err, pack.ErrNotAtHand) {
		return p, err
	}
	var body []byte
	switch none := n.db.Read().QueryRowContext(ctx, "select body from node_texts where digest = $1", digest.String()).Scan(&body); {
	case errors.Is(none, sql.ErrNoRows):
		return nil, err
	case none != nil:
		return nil, fmt.Errorf("read pack %s: %w", digest, none)
	}
	kept, broken := pack.Parse(body)
	if broken != nil { // kept by a program that read packs otherwise
		return nil, fmt.Errorf("%w: %s %s: %w", pack.ErrNotAtHand, id, digest, broken)
	}
	if n.cfg.Texts.Add(kept); kept.Head.ID != id {
		return nil, err
	}
	return kept, nil
}

// Standing is how a pack is at hand.
type Standing string

const (
	InForce Standing = "in-force"   // the edition in force names it
	Ships   Standing = "ships"      // part of the program, and not in force
	Carried Standing = "carried-in" // kept here, neither in force nor part of the program
)

// AtHand is a pack at hand.
type AtHand struct {
	*pack.Pack
	Standing Standing
}

// AllTexts are the packs at hand by id: those in force before those that ship,
// and these before those that were carried in. Each stands once.
func (n *Node) AllTexts(ctx context.Context) ([]AtHand, error) {
	var out []AtHand
	add := func(id string, digest canon.Digest, s Standing) error {
		p, err := n.Text(ctx, id, digest)
		if errors.Is(err, pack.ErrNotAtHand) {
			return nil
		}
		if err == nil && !slices.ContainsFunc(out, func(t AtHand) bool { return t.Digest() == p.Digest() }) {
			out = append(out, AtHand{p, s})
		}
		return err
	}
	for _, k := range n.keys.Load().In(n.now()).Packs {
		if err := add(k.ID, k.Digest, InForce); err != nil {
			return nil, err
		}
	}
	for _, id := range n.cfg.Texts.IDs() {
		p, err := n.cfg.Texts.Find(id, canon.Digest{})
		if err != nil {
			return nil, err
		}
		if err := add(id, p.Digest(), Ships); err != nil {
			return nil, err
		}
	}
	kept, err := n.keptTexts(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range kept {
		if err := add(p.Head.ID, p.Digest(), Carried); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(out, func(a, b AtHand) int { return strings.Compare(a.Head.ID, b.Head.ID) })
	return out, nil
}

// keptTexts are the packs kept here that this program can read.
func (n *Node) keptTexts(ctx context.Context) ([]*pack.Pack, error) {
	rows, err := n.db.Read().QueryContext(ctx, "select body from node_texts order by digest")
	if err != nil {
		return nil, fmt.Errorf("list packs: %w", err)
	}
	defer rows.Close()
	var out []*pack.Pack
	for rows.Next() {
		var body []byte
		if err := rows.Scan(&body); err != nil {
			return nil, fmt.Errorf("list packs: %w", err)
		}
		if p, broken := pack.Parse(body); broken == nil { // one kept by a program that read packs otherwise is not at hand
			out = append(out, p)
		}
	}
	return out, rows.Err()
}

// keepAdopted keeps the texts in force that ship, so that they stay at hand when a
// later program ships other ones.
func (n *Node) keepAdopted(ctx context.Context) error {
	for _, named := range n.keys.Load().Current().Packs {
		var kept int
		if err := n.db.Read().QueryRowContext(ctx, "select count(*) from node_texts where digest = $1", named.Digest.String()).Scan(&kept); err != nil {
			return fmt.Errorf("look for pack %s: %w", named.Digest, err)
		}
		if kept > 0 || n.cfg.Texts == nil {
			continue
		}
		p, err := n.cfg.Texts.Find(named.ID, named.Digest)
		if err != nil {
			continue // it is shown as missing
		}
		if err := n.db.Update(ctx, func(tx *sql.Tx) error {
			_, err := insertText(ctx, tx, p)
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

// insertText stores a pack, and reports whether it was not stored before.
func insertText(ctx context.Context, tx *sql.Tx, p *pack.Pack) (bool, error) {
	r, err := tx.ExecContext(ctx, "insert into node_texts (digest, body) values ($1, $2) on conflict (digest) do nothing", p.Digest().String(), p.Bytes())
	if err != nil {
		return false, fmt.Errorf("keep pack: %w", err)
	}
	rows, err := r.RowsAffected()
	return rows > 0, err
}

// KeepText keeps a pack that was carried in, as one file, and enters it in the
// trail. What does not pass the linter is refused.
func (n *Node) KeepText(ctx context.Context, by string, b []byte) (*pack.Pack, error) {
	p, err := pack.Parse(b)
	if err != nil {
		return nil, err
	}
	err = n.db.Update(ctx, func(tx *sql.Tx) error {
		if fresh, err := insertText(ctx, tx, p); err != nil || !fresh {
			return err
		}
		return n.desk.Audit(ctx, tx, by, "text-keep", p.Head.ID+" "+p.Digest().String())
	})
	if err != nil {
		return nil, err
	}
	n.cfg.Texts.Add(p)
	return p, nil
}

// form is the form by which a step is filed under the pack with a digest, with
// that pack. A step without a form is free text: nil.
func (n *Node) form(ctx context.Context, code string, digest canon.Digest) (*regime.Form, *pack.Pack, error) {
	p, err := n.Text(ctx, pack.IDOf(code), digest)
	if errors.Is(err, pack.ErrNotAtHand) && digest.IsZero() {
		return nil, nil, fmt.Errorf("no form %s is known here", code)
	}
	if err != nil {
		return nil, nil, err
	}
	if _, _, ok := p.Step(code, ""); !ok {
		return nil, nil, fmt.Errorf("no form %s is known here", code)
	}
	f, _ := p.Form(code)
	return f, p, nil
}

// Form is the form of a step under the pack with a digest, as Text finds it; nil
// where the step is filed as free text, or the pack is not at hand.
func (n *Node) Form(ctx context.Context, code string, digest canon.Digest) *regime.Form {
	f, _, err := n.form(ctx, code, digest)
	if err != nil {
		return nil
	}
	return f
}
