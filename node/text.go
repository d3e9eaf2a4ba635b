package node

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

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
	if p, err = pack.Parse(body); err != nil {
		return nil, fmt.Errorf("read pack %s: %w", digest, err)
	}
	n.cfg.Texts.Add(p)
	return p, nil
}

// KeepText keeps a pack that was carried in, as one file, and enters it in the
// trail. What does not pass the linter is refused.
func (n *Node) KeepText(ctx context.Context, by string, b []byte) (*pack.Pack, error) {
	p, err := pack.Parse(b)
	if err != nil {
		return nil, err
	}
	err = n.db.Update(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "insert into node_texts (digest, body) values ($1, $2) on conflict (digest) do nothing", p.Digest().String(), p.Bytes()); err != nil {
			return fmt.Errorf("keep pack: %w", err)
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
