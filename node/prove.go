package node

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"detente/act"
	"detente/checkpoint"
	"detente/docket"
	"detente/internal/canon"
	"detente/internal/durable"
	"detente/key"
	"detente/lodging"
	"detente/party"
	"detente/proof"
	"detente/record"
	"detente/roster"
	"detente/seal"
)

// Prove builds the proof file of one act from what is held here: leaf, inclusion,
// cosignatures, the author's checkpoint before it, later editions, key acts and
// receipts; and, if asked, the content with its file key.
func (n *Node) Prove(ctx context.Context, ref act.Ref, withContent bool) (*proof.File, error) {
	q := n.db.Read()
	head, ok, err := record.At(ctx, q, ref.Origin, ref.Index+1) // the first: by its time the act is judged
	if err != nil || !ok {
		return nil, errors.Join(err, docket.ErrNone)
	}
	inc, err := n.included(ctx, ref, head)
	if err != nil {
		return nil, err
	}
	f := &proof.File{Leaf: inc.Leaf, Index: ref.Index, Inclusion: inc.Inclusion, Head: inc.Head}
	cosigs, err := n.proofCosigs(ctx, ref.Origin, ref.Index, head)
	if err != nil {
		return nil, err
	}
	for _, c := range cosigs {
		f.Cosigs = append(f.Cosigs, c.Cosig)
	}
	if s, ok, err := record.BeforeUntil(ctx, q, ref.Origin, ref.Index, n.cfg.Now().Unix()); err != nil {
		return nil, err
	} else if ok {
		f.Earlier = s.Note
	}
	if err := n.proofGroup(ctx, f); err != nil {
		return nil, err
	}
	if f.Receipts, err = n.proofReceipts(ctx, ref, inc.Leaf, head.Time); err != nil {
		return nil, err
	}
	if f.Withdrawal, err = n.proofWithdrawal(ctx, ref); err != nil {
		return nil, err
	}
	if err := n.proofKeys(ctx, f, ref); err != nil {
		return nil, err
	}
	if withContent {
		return f, n.proofContent(ctx, f, ref)
	}
	return f, nil
}

// included is an act with its inclusion under a stored head.
func (n *Node) included(ctx context.Context, ref act.Ref, head record.Stored) (*proof.Included, error) {
	q := n.db.Read()
	leaf, err := record.Entry(ctx, q, ref.Origin, ref.Index)
	if err != nil {
		return nil, err
	}
	inc, err := record.Inclusion(ctx, q, ref.Origin, ref.Index, head.Head.Size)
	if err != nil {
		return nil, fmt.Errorf("prove inclusion of %s %d: %w", ref.Origin, ref.Index, err)
	}
	return &proof.Included{Leaf: leaf, Origin: ref.Origin, Index: ref.Index, Inclusion: inc, Head: head.Note}, nil
}

// includedNow is an act under its author's first head over it.
func (n *Node) includedNow(ctx context.Context, ref act.Ref) (*proof.Included, error) {
	s, ok, err := record.At(ctx, n.db.Read(), ref.Origin, ref.Index+1)
	if err != nil || !ok {
		return nil, errors.Join(err, docket.ErrNone)
	}
	return n.included(ctx, ref, s)
}

// proofReceipts are, of each addressee, its first receipt of each kind: what a
// verifier takes, however many acts answer this one. Covered is the time of the
// author's first head over it.
func (n *Node) proofReceipts(ctx context.Context, ref act.Ref, leaf []byte, covered int64) ([]proof.Included, error) {
	q := n.db.Read()
	a, err := act.Parse(leaf)
	if err != nil {
		return nil, err
	}
	keys, author := n.keys.Load(), n.author(ref.Origin)
	to := a.To
	if a.ToAll {
		for _, p := range keys.Judging(covered).Parties {
			to = append(to, p.ID)
		}
	}
	var out []proof.Included
	for _, id := range to {
		if id == author {
			continue
		}
		for _, kind := range []act.Kind{act.Delivered, act.Acknowledged, act.Returned} {
			rows, err := docket.List(ctx, q, docket.Filter{Author: id, To: author, Status: a.Status, Answers: ref, Kinds: []act.Kind{kind}, Limit: receiptsRead})
			if err != nil {
				return nil, err
			}
			if rows, err = firstPlain(ctx, q, rows); err != nil {
				return nil, err
			}
			for _, r := range rows {
				s, ok, err := record.At(ctx, q, r.Ref.Origin, r.Ref.Index+1)
				if err != nil {
					return nil, err
				}
				if !ok || s.Time > n.now().Unix() {
					continue // signed for a moment still to come
				}
				one, err := n.included(ctx, r.Ref, s)
				if err != nil {
					return nil, err
				}
				out = append(out, *one)
			}
		}
	}
	return out, nil
}

// receiptsRead is how many receipts of one kind are looked at for a plain one.
const receiptsRead = 16

// firstPlain is the first of some acts that is not discreet: a verifier could not read
// the others.
func firstPlain(ctx context.Context, q durable.Querier, rows []docket.Row) ([]docket.Row, error) {
	for i, r := range rows {
		if is, err := isDiscreet(ctx, q, r.Ref); err != nil || !is {
			return rows[i : i+1], err
		}
	}
	return nil, nil
}

// proofWithdrawal is the author's act that withdraws the content, if one is held.
func (n *Node) proofWithdrawal(ctx context.Context, ref act.Ref) (*proof.Included, error) {
	row, err := docket.Get(ctx, n.db.Read(), ref.Origin, ref.Index)
	if err != nil {
		return nil, err
	}
	gap, err := n.withdrawnAt(ctx, row.Ref)
	if err != nil || gap < 0 {
		return nil, err
	}
	return n.includedNow(ctx, act.Ref{Origin: ref.Origin, Index: gap})
}

// provenCosig is a cosignature of a file with what it says.
type provenCosig struct {
	proof.Cosig
	says lodging.Stamp
}

// proofCosigs are, of each mirror, the earliest cosignature that covers the act,
// with consistency to the head of the file.
func (n *Node) proofCosigs(ctx context.Context, o party.Origin, idx int64, head record.Stored) ([]provenCosig, error) {
	q := n.db.Read()
	held, err := record.Held(ctx, q, o)
	if err != nil {
		return nil, err
	}
	all, err := record.Cosignatures(ctx, q, o, idx+1)
	if err != nil {
		return nil, err
	}
	list, err := mirrored(ctx, q, n.keys.Load(), o, idx, all, func(ck roster.CosignerKey, c record.StoredCosig) (bool, error) {
		return n.listed(ctx, ck, c) // a file with another would count for nothing
	})
	if err != nil {
		return nil, err
	}
	seen := map[party.ID]bool{}
	var out []provenCosig
	for _, c := range list {
		if c.Head.Size > held.Size || seen[c.by.Party] {
			continue
		}
		seen[c.by.Party] = true
		one := provenCosig{proof.Cosig{Note: c.Note}, lodging.Stamp{By: c.by.Party, Size: c.Head.Size, Time: c.Time}}
		if small, large := min(c.Head.Size, head.Head.Size), max(c.Head.Size, head.Head.Size); small < large {
			if one.Consistency, err = record.Consistency(ctx, q, o, small, large); err != nil {
				return nil, err
			}
		}
		out = append(out, one)
	}
	return out, nil
}

// proofGroup adds the later editions with the adoptions that brought them into force.
func (n *Node) proofGroup(ctx context.Context, f *proof.File) error {
	keys := n.keys.Load()
	for number := n.cfg.First.Edition + 1; number <= keys.Current().Edition; number++ {
		r, ok := keys.Edition(number)
		prev, follows := keys.Edition(number - 1)
		if !ok || !follows {
			continue
		}
		b, err := r.Bytes()
		if err != nil {
			return err
		}
		f.Editions = append(f.Editions, b)
		rows, err := docket.FirstNaming(ctx, n.db.Read(), act.Adoption, r.Digest().String())
		if err != nil {
			return err
		}
		for _, id := range roster.Required(prev) {
			best, err := n.proofAdoption(ctx, keys, prev, slices.DeleteFunc(slices.Clone(rows), func(r docket.Row) bool { return r.Author != id }))
			if err != nil {
				return err
			}
			if best != nil {
				f.Adoptions = append(f.Adoptions, *best)
			}
		}
	}
	return nil
}

// proofAdoption is the one of a party's adoptions of an edition that is shown
// first, with the cosignatures that show it and no more: a large group could not
// carry all that there are.
func (n *Node) proofAdoption(ctx context.Context, keys *roster.Keys, prev *roster.Roster, rows []docket.Row) (*proof.Included, error) {
	var best *proof.Included
	var earliest int64
	for _, row := range rows {
		head, ok, err := record.At(ctx, n.db.Read(), row.Ref.Origin, row.Ref.Index+1)
		if err != nil || !ok {
			return nil, errors.Join(err, docket.ErrNone)
		}
		one, err := n.included(ctx, row.Ref, head)
		if err != nil {
			return nil, err
		}
		all, err := n.proofCosigs(ctx, row.Ref.Origin, row.Ref.Index, head)
		if err != nil {
			return nil, err
		}
		e := lodging.Evidence{Index: row.Ref.Index, Author: row.Author, Now: n.cfg.Now().Unix(), Gap: -1}
		for _, c := range all {
			e.Stamps = append(e.Stamps, c.says)
		}
		at, shown := keys.AdoptedAt(e, head.Time, prev), keys.AdoptionShown(e, prev).Shown
		for _, c := range all {
			if slices.Contains(shown, c.says) {
				one.Cosigs = append(one.Cosigs, c.Cosig)
			}
		}
		if best == nil || at > 0 && (earliest == 0 || at < earliest) {
			best, earliest = one, at
		}
	}
	return best, nil
}

// listed reports whether a reader can see that a cosignature counts: its key is
// not retired, or the list in its key act is held and names it.
func (n *Node) listed(ctx context.Context, ck roster.CosignerKey, c record.StoredCosig) (bool, error) {
	if !ck.Retired {
		return true, nil
	}
	held, err := record.HasBlob(ctx, n.db.Read(), ck.Listed)
	if err != nil || !held {
		return false, err
	}
	// The file carries the blob that the key act names, if it is the list.
	if a, err := n.readAct(ctx, act.Ref{Origin: ck.By, Index: ck.At}); err != nil || a.Clear.Digest != ck.Listed {
		return false, err
	}
	b, err := record.ReadBlob(ctx, n.db.Read(), ck.Listed)
	if err != nil {
		return false, err
	}
	list, err := roster.ParseCosignedList(b)
	return err == nil && list.Has(roster.Cosignature{Origin: c.Head.Origin, Size: c.Head.Size, Root: c.Head.Root, Time: c.Time}), nil
}

// proofKeys adds the key acts of those whose signatures are in the file: the
// record keys of all, and the mirror keys of those that cosigned. Nobody else's
// can be needed, and nobody else can burden the file with its own.
func (n *Node) proofKeys(ctx context.Context, f *proof.File, ref act.Ref) error {
	keys := n.keys.Load()
	authors, mirrors := map[party.ID]bool{}, map[party.ID]bool{}
	signed := func(o party.Origin, cosigs []proof.Cosig) {
		if id, ok := keys.Owner(o); ok {
			authors[id] = true
		}
		for _, c := range cosigs {
			note, err := checkpoint.ParseNote(c.Note)
			if err != nil || len(note.Lines) == 0 {
				continue
			}
			if ck, ok := keys.ByName(note.Lines[0].Name, note.Lines[0].ID); ok {
				authors[ck.Party], mirrors[ck.Party] = true, true // its key acts stand in its own record
			}
		}
	}
	signed(ref.Origin, f.Cosigs)
	for _, one := range slices.Concat(f.Adoptions, f.Receipts) {
		signed(one.Origin, one.Cosigs)
	}
	if f.Withdrawal != nil {
		signed(f.Withdrawal.Origin, nil)
	}
	var err error
	f.KeyActs, err = n.keyActsOf(ctx, func(id party.ID, role key.Role) bool {
		return role == key.Record && authors[id] || role == key.Mirror && mirrors[id]
	})
	return err
}

// keyActsOf are the key acts that wanted names, each included in its record, that
// follow the commitment before them. Others change nothing, and a proof that
// carried them would not verify. The list of what a retired key signed is left out
// where it is not held: then what that key signed shows nothing, and no more.
func (n *Node) keyActsOf(ctx context.Context, wanted func(party.ID, key.Role) bool) ([]proof.Included, error) {
	list, err := n.validChanges(ctx)
	if err != nil {
		return nil, err
	}
	var out []proof.Included
	for _, c := range list {
		if !wanted(c.Party, c.Role) {
			continue
		}
		one, err := n.keyActIncluded(ctx, c)
		if err != nil {
			return nil, err
		}
		out = append(out, *one)
	}
	return out, nil
}

// validChanges are the key acts that follow the commitment before them. Others
// change nothing, and a proof that carried them would not verify.
func (n *Node) validChanges(ctx context.Context) ([]roster.Change, error) {
	list, err := changes(ctx, n.db.Read())
	if err != nil {
		return nil, err
	}
	keys := n.keys.Load()
	k, err := roster.NewKeys(n.cfg.First)
	if err != nil {
		return nil, err
	}
	for number := n.cfg.First.Edition + 1; number <= keys.Current().Edition; number++ {
		if r, ok := keys.Edition(number); ok {
			if err := k.Adopt(r); err != nil {
				return nil, err
			}
		}
	}
	var out []roster.Change
	for _, c := range list {
		if k.Change(c) == nil {
			out = append(out, c)
		}
	}
	return out, nil
}

func (n *Node) keyActIncluded(ctx context.Context, c roster.Change) (*proof.Included, error) {
	one, err := n.includedNow(ctx, act.Ref{Origin: c.Origin, Index: c.Index})
	if err != nil {
		return nil, err
	}
	a, err := act.Parse(one.Leaf)
	if err != nil {
		return nil, err
	}
	held, err := record.HasBlob(ctx, n.db.Read(), a.Clear.Digest)
	if err != nil || !held {
		return one, err
	}
	b, err := record.ReadBlob(ctx, n.db.Read(), a.Clear.Digest)
	if err != nil {
		return nil, fmt.Errorf("list of cosignatures of key act %s %d: %w", c.Origin, c.Index, err)
	}
	if _, err := roster.ParseCosignedList(b); err == nil {
		one.Blob = b
	}
	return one, nil
}

// proofContent adds the ciphertext and its file key. An addressee can take the
// key out of its own stanza; the author kept it when it sealed.
func (n *Node) proofContent(ctx context.Context, f *proof.File, ref act.Ref) error {
	a, err := act.Parse(f.Leaf)
	if err != nil {
		return err
	}
	d := a.Sealed.Digest
	if d.IsZero() {
		d = a.Clear.Digest
	}
	if d.IsZero() {
		return nil
	}
	if f.Ciphertext, err = record.ReadBlob(ctx, n.db.Read(), d); err != nil {
		return fmt.Errorf("content of the act: %w", err)
	}
	if a.Sealed.Digest.IsZero() {
		return nil
	}
	if f.FileKey, err = n.readFileKey(ctx, ref); err == nil {
		return nil
	}
	f.FileKey, err = seal.FileKey(f.Ciphertext, n.set().Sealing)
	if errors.Is(err, seal.ErrNotForUs) {
		return errors.New("this party holds no key to the content: its author or a reader exports it")
	}
	if err != nil {
		return fmt.Errorf("key to the content: %w", err)
	}
	return nil
}

// saveFileKey keeps the file key of what this party sealed, so that it can show
// the content later.
func (n *Node) saveFileKey(ctx context.Context, tx *Tx, d canon.Digest, fileKey []byte) error {
	b, err := n.lock("", 0, fileKey)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "insert into node_filekeys (digest, body) values ($1,$2) on conflict (digest) do nothing", d.String(), b)
	return err
}

func (n *Node) readFileKey(ctx context.Context, ref act.Ref) ([]byte, error) {
	row, err := docket.Get(ctx, n.db.Read(), ref.Origin, ref.Index)
	if err != nil {
		return nil, err
	}
	var b []byte
	if err := n.db.Read().QueryRowContext(ctx, "select body from node_filekeys where digest = $1", row.Sealed).Scan(&b); err != nil {
		return nil, err
	}
	return n.unlock("", 0, b)
}
