package node

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"detente/act"
	"detente/checkpoint"
	"detente/docket"
	"detente/internal/canon"
	"detente/key"
	"detente/party"
	"detente/proof"
	"detente/record"
	"golang.org/x/mod/sumdb/tlog"
)

// EvidenceDir is the folder of a home in which proofs of misconduct are written.
const EvidenceDir = "evidence"

// conflict takes a head, verified under its author's key, that does not fit the
// tree held here. Two signed trees that cannot both be honest are a proof; what
// may come from the line (leaves that do not fit a signed head) is an
// observation.
func (n *Node) conflict(ctx context.Context, from party.ID, acc *accepted, in *incoming, signed checkpoint.Signed) (*accepted, error) {
	m, err := n.contradiction(ctx, acc, in, signed)
	if err != nil {
		return nil, err
	}
	if m == nil {
		what := fmt.Sprintf("the acts of %s do not give the root that its checkpoint at %d acts signs", acc.origin, signed.Head().Size)
		return nil, n.observe(ctx, from, what, signed.Bytes())
	}
	n.forgetBack(from, acc.origin)
	if err := n.lodge(ctx, m); err != nil {
		return nil, err
	}
	if known, err := matterOf(m).proven(ctx, n.db.Read()); err != nil || known {
		return nil, err
	}
	what := fmt.Sprintf("the checkpoint of %s at %d acts contradicts what is held, and by the keys known here this proves nothing", acc.origin, signed.Head().Size)
	return nil, n.observe(ctx, from, what, signed.Bytes())
}

// contradiction builds the proof if what is held and signed contradict.
func (n *Node) contradiction(ctx context.Context, acc *accepted, in *incoming, signed checkpoint.Signed) (*proof.Misconduct, error) {
	held := acc.log.Head()
	size := signed.Head().Size
	switch {
	case size <= held.Size:
		return n.againstHeld(ctx, acc.author, signed)
	case in.from >= 0 && in.from < held.Size && in.from+int64(len(in.leaves)) >= size:
		return n.branch(ctx, acc, in, signed)
	}
	return nil, nil
}

// verified is a stored head as verified again.
func (n *Node) verified(o party.Origin, s record.Stored) (checkpoint.Signed, error) {
	note, err := checkpoint.ParseNote(s.Note)
	if err != nil {
		return checkpoint.Signed{}, err
	}
	return verifyHead(note, func(size int64) (key.RecordKey, bool) { return n.keys.Load().Record(o, size) }, o)
}

// weighCosigs looks at cosignatures over other trees than those held. If their
// signer signed both, that is a proof against the signer; in any case the author
// may have shown two trees, so its signed head is asked for.
func (n *Node) weighCosigs(ctx context.Context) error {
	list := n.contradicted
	n.contradicted = nil
	seen := map[party.ID]*arrival{}
	for _, x := range list {
		if seen[x.from] == nil {
			seen[x.from] = &arrival{}
		}
		seen[x.from].remark(fmt.Sprintf("%s cosigned another tree of %s at %d acts than the one held", x.c.By(), x.c.Head().Origin, x.c.Head().Size), x.c.Bytes())
	}
	for from, in := range seen {
		if err := n.observeAll(ctx, from, in); err != nil {
			return err
		}
	}
	for _, x := range list {
		if x.held != nil {
			if note, err := checkpoint.ParseNote(x.held); err == nil && note.Head.Size == x.c.Head().Size {
				if other, err := verifyCosig(n.keys.Load(), note); err == nil {
					ck, _ := n.keys.Load().ByName(note.Lines[0].Name, note.Lines[0].ID)
					if err := n.lodge(ctx, proof.Cosigner(x.c, other, ck.Party)); err != nil {
						return err
					}
				}
			}
		}
		if held, err := n.heldSize(ctx, x.c.Head().Origin); err == nil {
			n.askBack(x.from, x.c.Head().Origin, min(held, x.c.Head().Size))
		}
	}
	return nil
}

// branch looks at a record sent from before what is held: if its leaves, after
// those that both have, give the root that the author signed, while at a smaller
// size they give another root than the one the author also signed, the two heads
// contradict.
func (n *Node) branch(ctx context.Context, acc *accepted, in *incoming, signed checkpoint.Signed) (*proof.Misconduct, error) {
	q := n.db.Read()
	size := signed.Head().Size
	hashes, err := newBranch(record.Hashes(ctx, q, acc.origin), in.from, in.leaves[:size-in.from])
	if err != nil {
		return nil, err
	}
	root, err := tlog.TreeHash(size, hashes)
	if err != nil || root != signed.Head().Root {
		return nil, err
	}
	stored, ok, err := record.Latest(ctx, q, acc.origin)
	if err != nil || !ok || stored.Head.Size > size {
		return nil, err
	}
	if at, err := tlog.TreeHash(stored.Head.Size, hashes); err != nil || at == stored.Head.Root {
		return nil, err
	}
	ours, err := n.verified(acc.origin, stored)
	if err != nil {
		return nil, err
	}
	return proof.Inconsistent(ours, signed, hashes, acc.author)
}

// branchHashes are the stored hashes of a tree whose first leaves are held here
// and whose further ones came just now.
type branchHashes struct {
	held tlog.HashReader
	from int64 // number of stored hashes over the leaves that both have
	own  []tlog.Hash
}

func (b *branchHashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	var ask []int64
	for i, x := range indexes {
		switch {
		case x < b.from:
			ask = append(ask, x)
		case x-b.from < int64(len(b.own)):
			out[i] = b.own[x-b.from]
		default:
			return nil, fmt.Errorf("hash %d is not held", x)
		}
	}
	if len(ask) == 0 {
		return out, nil
	}
	got, err := b.held.ReadHashes(ask)
	if err != nil {
		return nil, err
	}
	for i, x := range indexes {
		if x < b.from {
			out[i], got = got[0], got[1:]
		}
	}
	return out, nil
}

// invalidActs lodges a proof for the first act of an arrival that is invalid, if
// there is none of this record yet, and remarks the rest together.
func (n *Node) invalidActs(ctx context.Context, from party.ID, acc *accepted) error {
	var bad []act.Ref
	for _, a := range acc.acts {
		if a.state == docket.Invalid {
			bad = append(bad, a.ref)
		}
	}
	if len(bad) == 0 {
		return nil
	}
	if len(bad) > 1 {
		what := fmt.Sprintf("%d acts of %s, from %d to %d, are invalid", len(bad), acc.origin, bad[0].Index, bad[len(bad)-1].Index)
		if err := n.observe(ctx, from, what, nil); err != nil {
			return err
		}
	}
	for _, ref := range bad[:min(len(bad), invalidTried)] {
		if err := n.invalidAct(ctx, acc.author, ref); err != nil {
			return err
		}
	}
	return nil
}

// invalidTried is how many acts of a record are tried for the one proof: one that
// is of another group, say, is invalid here and proves nothing to others.
const invalidTried = 16

// invalidAct lodges the proof that an author put into its record an act that is
// invalid under the format version it names.
func (n *Node) invalidAct(ctx context.Context, author party.ID, ref act.Ref) error {
	q := n.db.Read()
	if known, err := (matter{author, ref.Origin, proof.KindInvalidAct}).proven(ctx, q); err != nil || known {
		return err // one is enough
	}
	stored, ok, err := record.Latest(ctx, q, ref.Origin) // by the key in force: a retired one proves nothing
	if err != nil || !ok {
		return err
	}
	head, err := n.verified(ref.Origin, stored)
	if err != nil {
		return err
	}
	leaf, err := record.Entry(ctx, q, ref.Origin, ref.Index)
	if err != nil {
		return err
	}
	inc, err := record.Inclusion(ctx, q, ref.Origin, ref.Index, head.Head().Size)
	if err != nil {
		return err
	}
	return n.lodge(ctx, proof.InvalidAct(leaf, ref.Index, inc, head, author))
}

// lodge keeps a proof of misconduct: as a file for people, as an act with the
// proof as clear blob for the others; and freezes the record of a fork. A proof
// that does not verify here is never lodged, and one of what is proven already
// neither. Nothing that others serve or withhold puts it off. The file comes first:
// what follows is made good from it at the next start.
func (n *Node) lodge(ctx context.Context, m *proof.Misconduct) error {
	if m == nil {
		return nil
	}
	known, err := matterOf(m).proven(ctx, n.db.Read())
	if err != nil || known {
		return err
	}
	b, sentence, err := n.written(ctx, m)
	if err != nil {
		n.cfg.Log.Warn("a contradiction could not be proven", "against", string(m.Against), "reason", err.Error())
		return nil
	}
	if _, err := n.writeEvidence(b); err != nil {
		return err
	}
	n.cfg.Log.Error("proof of misconduct", "against", string(m.Against), "shown", sentence)
	return n.lodgeKept(ctx, m, b)
}

// written writes a proof with the key acts that a reader of the rosters alone
// needs or, where those are not to be had, without them.
func (n *Node) written(ctx context.Context, m *proof.Misconduct) (b []byte, sentence string, err error) {
	if acts, err := n.accusedKeyActs(ctx, m); err != nil {
		n.cfg.Log.Warn("a proof of misconduct is lodged without key acts", "against", string(m.Against), "reason", err.Error())
	} else {
		whole := *m
		whole.KeyActs = acts
		if sentence, err := whole.Verify(n.keys.Load()); err == nil {
			if b, err := whole.Bytes(); err == nil {
				*m = whole
				return b, sentence, nil
			}
		}
	}
	if sentence, err = m.Verify(n.keys.Load()); err != nil {
		return nil, "", err
	}
	b, err = m.Bytes()
	return b, sentence, err
}

// lodgeKept lodges a proof whose file is written.
func (n *Node) lodgeKept(ctx context.Context, m *proof.Misconduct, b []byte) error {
	if _, err := m.Verify(n.keys.Load()); err != nil {
		return nil
	}
	return n.update(ctx, func(tx *Tx) error {
		d, err := record.SaveBlob(ctx, tx.Tx, b)
		if err != nil {
			return err
		}
		if err := n.keepProven(ctx, tx, m, n.self, d); err != nil {
			return err
		}
		rows, err := docket.List(ctx, tx.Tx, docket.Filter{Digest: d.String(), Kinds: []act.Kind{act.Misconduct}, Limit: 1})
		if err != nil || len(rows) > 0 || !n.sure() {
			return err // a node that is not sure lodges it once it is: owed.go
		}
		a := n.groupAct(act.Misconduct)
		a.Clear = act.Blob{Digest: d, Size: int64(len(b)), Type: proof.MisconductType}
		_, err = tx.Append(ctx, a)
		return err
	})
}

// forked is the record that a proof freezes; empty for one that freezes none.
func forked(m *proof.Misconduct) party.Origin {
	if m.Kind != proof.KindFork && m.Kind != proof.KindInconsistent {
		return ""
	}
	note, err := checkpoint.ParseNote(m.A)
	if err != nil {
		return ""
	}
	return note.Head.Origin
}

// accusedKeyActs are the key acts of the accused without which its signatures
// cannot be verified by who has the rosters alone: those of its record key and,
// for a cosigner, of its witness and mirror keys.
func (n *Node) accusedKeyActs(ctx context.Context, m *proof.Misconduct) ([]proof.Included, error) {
	return n.keyActsOf(ctx, func(id party.ID, role key.Role) bool {
		return id == m.Against && (role == key.Record || m.Kind == proof.KindCosigner && (role == key.Witness || role == key.Mirror))
	})
}

// writeEvidence writes a proof as a file named by its content.
func (n *Node) writeEvidence(b []byte) (string, error) {
	dir := filepath.Join(n.cfg.Dir, EvidenceDir)
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("make the folder for evidence: %w", err)
	}
	sum := sha256.Sum256(b)
	path := filepath.Join(dir, "misconduct-"+hex.EncodeToString(sum[:8])+".proof")
	if err := n.db.Files().WriteFile(path, b, 0o600); err != nil {
		return "", fmt.Errorf("write evidence: %w", err)
	}
	return path, nil
}

func (n *Node) freeze(ctx context.Context, tx *Tx, o party.Origin, d canon.Digest) error {
	if o == "" {
		return nil
	}
	_, err := tx.ExecContext(ctx, `insert into node_frozen (origin, proof, at) values ($1,$2,$3) on conflict (origin) do nothing`,
		string(o), d.String(), n.now().Unix())
	return err
}

// frozen reports whether a record is frozen by a proven fork: it is mirrored and
// cosigned no further, and either branch may be used against its author.
func (n *Node) frozen(ctx context.Context, o party.Origin) (bool, error) {
	return frozenIn(ctx, n.db.Read(), o)
}

// Evidence lists the files with proofs of misconduct of this home.
func (n *Node) Evidence() ([]string, error) {
	list, err := filepath.Glob(filepath.Join(n.cfg.Dir, EvidenceDir, "*.proof"))
	return list, err
}
