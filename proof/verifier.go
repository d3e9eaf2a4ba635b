package proof

import (
	"errors"
	"fmt"
	"time"

	"detente/act"
	"detente/checkpoint"
	"detente/internal/canon"
	"detente/key"
	"detente/lodging"
	"detente/party"
	"detente/roster"
	"golang.org/x/mod/sumdb/tlog"
)

// verifier holds what a file's evidence is judged by.
type verifier struct {
	first *roster.Roster
	keys  *roster.Keys
	now   int64                                // Unix seconds
	lists map[canon.Digest]roster.CosignedList // of retired cosigner keys
}

// newVerifier builds the keys: the first roster, later editions with the
// adoptions that bring them into force, and key acts.
func newVerifier(f *File, first *roster.Roster, now int64) (*verifier, error) {
	keys, err := roster.NewKeys(first)
	if err != nil {
		return nil, err
	}
	v := &verifier{first: first, keys: keys, now: now, lists: make(map[canon.Digest]roster.CosignedList)}
	waiting, err := v.applyAll(f.KeyActs, all(len(f.KeyActs)))
	if err != nil {
		return nil, err
	}
	used := make([]bool, len(f.Adoptions))
	for i, raw := range f.Editions {
		if err := v.adopt(raw, f.Adoptions, used); err != nil {
			return nil, fmt.Errorf("edition %d of the file: %w", i+1, err)
		}
		if waiting, err = v.applyAll(f.KeyActs, waiting); err != nil {
			return nil, err
		}
	}
	if len(waiting) > 0 {
		return nil, fmt.Errorf("key act %d: no edition here names the record %s", waiting[0]+1, f.KeyActs[waiting[0]].Origin)
	}
	for i, ok := range used {
		if !ok {
			return nil, fmt.Errorf("adoption %d: it adopts no edition of this file", i+1)
		}
	}
	// The keys that cover key acts are known only now; what is not included
	// makes the whole file void.
	for i, in := range f.KeyActs {
		if _, err := v.include(in); err != nil {
			return nil, fmt.Errorf("key act %d: %w", i+1, err)
		}
	}
	return v, nil
}

func all(n int) []int {
	is := make([]int, n)
	for i := range is {
		is[i] = i
	}
	return is
}

// applyAll applies the key acts numbered in which and returns those whose
// record no edition has named so far.
func (v *verifier) applyAll(acts []Included, which []int) (waiting []int, err error) {
	for _, i := range which {
		err := v.apply(acts[i])
		switch {
		case errors.Is(err, roster.ErrNoRecord):
			waiting = append(waiting, i)
		case err != nil:
			return nil, fmt.Errorf("key act %d: %w", i+1, err)
		}
	}
	return waiting, nil
}

// apply enters one key act; its inclusion is verified by the caller, later.
func (v *verifier) apply(in Included) error {
	a, err := act.Parse(in.Leaf)
	if err != nil {
		return err
	}
	if a.Kind != act.KeyChange {
		return fmt.Errorf("it is an act of kind %s", a.Kind)
	}
	owner, ok := v.keys.Owner(in.Origin)
	if !ok {
		return roster.ErrNoRecord
	}
	c := roster.Change{Party: owner, Origin: in.Origin, Index: in.Index, Role: key.Role(a.Role), Payload: a.Payload}
	if err := v.keys.Change(c); err != nil {
		return err
	}
	if len(in.Blob) == 0 {
		return nil
	}
	digest := canon.DigestOf(in.Blob)
	if a.Clear.Digest != digest {
		return fmt.Errorf("its list has digest %s, the act names %s", digest, a.Clear.Digest)
	}
	list, err := roster.ParseCosignedList(in.Blob)
	if err != nil {
		return err
	}
	v.lists[digest] = list
	return nil
}

// adopt brings the next edition into force if every adoption that the edition
// before requires is shown lodged by its moment of effect.
func (v *verifier) adopt(raw []byte, adoptions []Included, used []bool) error {
	r, err := roster.Parse(raw)
	if err != nil {
		return err
	}
	prev := v.keys.Current()
	digest := canon.DigestOf(raw)
	adopted := make(map[party.ID]time.Time)
	for i, in := range adoptions {
		a, err := act.Parse(in.Leaf)
		if err != nil {
			return fmt.Errorf("adoption %d: %w", i+1, err)
		}
		if a.Kind != act.Adoption {
			return fmt.Errorf("adoption %d: it is an act of kind %s", i+1, a.Kind)
		}
		if a.Clear.Digest != digest {
			continue
		}
		used[i] = true
		by, t, err := v.lodged(in, prev)
		if err != nil {
			return fmt.Errorf("adoption %d: %w", i+1, err)
		}
		if old, twice := adopted[by]; t > 0 && (!twice || time.Unix(t, 0).Before(old)) {
			adopted[by] = time.Unix(t, 0)
		}
	}
	if missing := r.Missing(prev, adopted); len(missing) > 0 {
		return fmt.Errorf("the adoption by %s is not shown lodged by the moment of effect, %s", prev.Name(missing[0], "en"), r.Effective)
	}
	if !r.InForce(prev, adopted) {
		return errors.New("nobody can adopt an edition after the one before")
	}
	return v.keys.Adopt(r)
}

// lodged is when an adoption is shown lodged, by the rule of the edition before;
// zero if it is not.
func (v *verifier) lodged(in Included, prev *roster.Roster) (party.ID, int64, error) {
	got, err := v.include(in)
	if err != nil {
		return "", 0, err
	}
	e := lodging.Evidence{Index: in.Index, Author: got.author, Stamps: got.stamps, Now: v.now, Gap: -1}
	return got.author, v.keys.AdoptedAt(e, got.head.Time(), prev), nil
}

// inclusion is an act verified in its place.
type inclusion struct {
	act    *act.Act
	author party.ID
	ref    act.Ref
	head   checkpoint.Signed
	stamps []lodging.Stamp
}

// include verifies an act, its place under the head, and the cosignatures.
func (v *verifier) include(in Included) (*inclusion, error) {
	a, err := act.Parse(in.Leaf)
	if err != nil {
		return nil, err
	}
	if a.Group != v.first.Group {
		return nil, fmt.Errorf("it belongs to group %s, the roster is of %s", a.Group, v.first.Group)
	}
	author, ok := v.keys.Owner(in.Origin)
	if !ok {
		return nil, fmt.Errorf("no edition here names the record %s", in.Origin)
	}
	note, err := checkpoint.ParseNote(in.Head)
	if err != nil {
		return nil, fmt.Errorf("head: %w", err)
	}
	if note.Head.Origin != in.Origin {
		return nil, fmt.Errorf("head: it is of %s instead of %s", note.Head.Origin, in.Origin)
	}
	if err := checkInclusion(in.Inclusion, note.Head, in.Index, in.Leaf); err != nil {
		return nil, err
	}
	head, err := v.signed(note)
	if err != nil {
		return nil, fmt.Errorf("head: %w", err)
	}
	got := &inclusion{act: a, author: author, head: head,
		ref: act.Ref{Origin: in.Origin, Index: in.Index, Leaf: act.LeafHash(in.Leaf)}}
	for i, c := range in.Cosigs {
		s, err := v.cosigned(c, note.Head, in.Index)
		if err != nil {
			return nil, fmt.Errorf("cosignature %d: %w", i+1, err)
		}
		got.stamps = append(got.stamps, s)
	}
	return got, nil
}

// signed verifies a head under the record key that ruled its size.
func (v *verifier) signed(n checkpoint.Note) (checkpoint.Signed, error) {
	return verifySigned(n, v.keys)
}

func verifySigned(n checkpoint.Note, keys *roster.Keys) (checkpoint.Signed, error) {
	k, ok := keys.Record(n.Head.Origin, n.Head.Size)
	if !ok {
		return checkpoint.Signed{}, fmt.Errorf("no edition here names the record %s", n.Head.Origin)
	}
	return n.Verify(k)
}

// cosigned verifies one mirror cosignature over a head that covers the act and
// belongs to the same tree as head.
func (v *verifier) cosigned(c Cosig, head checkpoint.Head, index int64) (lodging.Stamp, error) {
	note, err := checkpoint.ParseNote(c.Note)
	if err != nil {
		return lodging.Stamp{}, err
	}
	if note.Head.Origin != head.Origin {
		return lodging.Stamp{}, fmt.Errorf("it is over %s instead of %s", note.Head.Origin, head.Origin)
	}
	if note.Head.Size <= index {
		return lodging.Stamp{}, fmt.Errorf("its size %d does not cover act %d", note.Head.Size, index)
	}
	if err := checkConsistency(c.Consistency, head, note.Head); err != nil {
		return lodging.Stamp{}, err
	}
	k, signed, err := verifyCosigned(note, v.keys)
	if err != nil {
		return lodging.Stamp{}, err
	}
	if k.Role != key.Mirror {
		return lodging.Stamp{}, fmt.Errorf("it is by the %s key of %s; only mirrors vouch for contents", k.Role, k.Party)
	}
	if err := listed(k, signed, v.lists); err != nil {
		return lodging.Stamp{}, err
	}
	return lodging.Stamp{By: k.Party, Size: note.Head.Size, Time: signed.Time()}, nil
}

// verifyCosigned finds the cosigner of a note and verifies its two lines.
func verifyCosigned(n checkpoint.Note, keys *roster.Keys) (roster.CosignerKey, checkpoint.Cosigned, error) {
	for _, l := range n.Lines {
		if k, ok := keys.ByName(l.Name, l.ID); ok {
			signed, err := n.VerifyCosigned(k.Key)
			return k, signed, err
		}
	}
	return roster.CosignerKey{}, checkpoint.Cosigned{}, errors.New("no line is by a cosigner that the rosters and key acts here name")
}

// listed refuses what a retired key signed beyond the list in its key act:
// whoever holds a retired key could otherwise sign for times past.
func listed(k roster.CosignerKey, c checkpoint.Cosigned, lists map[canon.Digest]roster.CosignedList) error {
	if !k.Retired {
		return nil
	}
	list, ok := lists[k.Listed]
	if !ok {
		return fmt.Errorf("the %s key of %s is retired and the list of what it signed is not included", k.Role, k.Party)
	}
	h := c.Head()
	if !list.Has(roster.Cosignature{Origin: h.Origin, Size: h.Size, Root: h.Root, Time: c.Time()}) {
		return fmt.Errorf("the %s key of %s is retired and its list does not name this cosignature", k.Role, k.Party)
	}
	return nil
}

// checkInclusion checks that leaf stands at index under head.
func checkInclusion(p tlog.RecordProof, head checkpoint.Head, index int64, leaf []byte) error {
	if head.Size > maxIndex {
		return fmt.Errorf("head: its size %d is out of range", head.Size)
	}
	if index < 0 || index >= head.Size {
		return fmt.Errorf("head: its size %d does not cover act %d", head.Size, index)
	}
	if err := tlog.CheckRecord(p, head.Size, head.Root, index, act.LeafHash(leaf)); err != nil {
		return fmt.Errorf("inclusion: the hashes do not lead from the act to the root of the head")
	}
	return nil
}

// checkConsistency checks that two heads of one record belong to one tree.
func checkConsistency(p tlog.TreeProof, a, b checkpoint.Head) error {
	if a.Size > b.Size {
		a, b = b, a
	}
	switch {
	case b.Size > maxIndex:
		return fmt.Errorf("its size %d is out of range", b.Size)
	case a.Size == b.Size && a.Root != b.Root:
		return errors.New("its root is not that of the head of the same size")
	case a.Size == b.Size && len(p) > 0:
		return errors.New("a consistency proof between equal sizes")
	case a.Size == b.Size:
		return nil
	}
	if err := tlog.CheckTree(p, b.Size, b.Root, a.Size, a.Root); err != nil {
		return fmt.Errorf("consistency: the hashes do not lead from size %d to size %d", a.Size, b.Size)
	}
	return nil
}
