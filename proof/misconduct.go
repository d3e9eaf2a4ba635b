package proof

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"detente/act"
	"detente/checkpoint"
	"detente/internal/canon"
	"detente/party"
	"detente/roster"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	// MisconductMagic is the first line of a proof of misconduct.
	MisconductMagic = "detente-misconduct/v1"
	// MisconductType is the media type of a proof of misconduct, for the clear
	// blob of an act of kind misconduct.
	MisconductType = "application/vnd.detente.misconduct"
)

// Kinds of misconduct (protocol §8); there are no others.
const (
	KindFork         = "fork"         // two heads of one size with different roots
	KindInconsistent = "inconsistent" // two heads of different sizes, one tree cannot have both
	KindInvalidAct   = "invalid-act"  // an act invalid under the format version that it names
	KindCosigner     = "cosigner"     // two cosignatures over one size with different roots
)

// Misconduct is a proof against one party; kinds of protocol §8.
type Misconduct struct {
	Kind    string
	Against party.ID
	// A and B are notes: two heads of one record, for inconsistent the smaller
	// first; for cosigner two cosignatures; for invalid-act A alone, the head.
	A, B        []byte
	Consistency tlog.TreeProof   // inconsistent: seeded, leads to B's root and another root for A's size
	Leaf        []byte           // invalid-act
	Index       int64            // invalid-act
	Inclusion   tlog.RecordProof // invalid-act: of Leaf under A
	KeyActs     []Included       // that the keys of A and B need, each record's own in order
}

// Items of a proof of misconduct that a proof file does not have.
const (
	itemAccusation = "accusation"
	itemFirst      = "first"
	itemSecond     = "second"
)

// Bytes writes the proof. It refuses what ParseMisconduct would refuse.
func (m *Misconduct) Bytes() ([]byte, error) {
	w := newItemWriter(MisconductMagic)
	if err := checkAccusation(m.Kind, string(m.Against)); err != nil {
		w.fault(err)
	}
	w.item(itemAccusation, []string{m.Kind, string(m.Against)}, nil)
	w.note(itemFirst, m.A)
	if m.Kind == KindInvalidAct {
		w.leaf(itemAct, []string{strconv.FormatInt(m.Index, 10)}, m.Leaf, m.Index)
		w.hashes(itemInclusion, m.Inclusion)
	} else {
		w.note(itemSecond, m.B)
	}
	if m.Kind == KindInconsistent {
		w.hashes(itemConsistency, m.Consistency)
	}
	w.included(itemKeyAct, m.KeyActs, maxKeyActs)
	b, err := w.close()
	if err != nil {
		return nil, fmt.Errorf("write proof of misconduct: %w", err)
	}
	return b, nil
}

// ParseMisconduct reads a proof strictly: what it accepts, Bytes writes again.
// Nothing is verified.
func ParseMisconduct(b []byte) (*Misconduct, error) {
	r, err := readItems(b, MisconductMagic, misconductLimits())
	if err != nil {
		return nil, fmt.Errorf("proof of misconduct: %w", err)
	}
	m := new(Misconduct)
	it := r.take(itemAccusation, 2)
	if r.err == nil {
		if err := checkAccusation(it.Args[0], it.Args[1]); err != nil {
			r.fault(err)
		}
		if len(it.Body) > 0 {
			r.fault(errors.New("it has a body"))
		}
		m.Kind, m.Against = it.Args[0], party.ID(it.Args[1])
	}
	m.A = r.note(itemFirst)
	if m.Kind == KindInvalidAct {
		m.Leaf, m.Index = r.leafAt(itemAct)
		m.Inclusion = tlog.RecordProof(r.hashes(itemInclusion))
	} else {
		m.B = r.note(itemSecond)
	}
	if m.Kind == KindInconsistent {
		m.Consistency = tlog.TreeProof(r.hashes(itemConsistency))
	}
	m.KeyActs = r.included(itemKeyAct, maxKeyActs)
	if err := r.end(); err != nil {
		return nil, fmt.Errorf("proof of misconduct: %w", err)
	}
	return m, nil
}

func checkAccusation(kind, against string) error {
	if !slices.Contains([]string{KindFork, KindInconsistent, KindInvalidAct, KindCosigner}, kind) {
		return fmt.Errorf("%q is no kind of misconduct", kind)
	}
	_, err := party.ParseID(against)
	return err
}

// Verify returns the sentence that it shows. It needs the editions in force and
// applies the included key acts to a copy of k. An error means that nothing is
// shown against anybody; it is never an accusation.
func (m *Misconduct) Verify(k *roster.Keys) (string, error) {
	s, err := m.verify(k)
	if err != nil {
		return "", fmt.Errorf("proof of misconduct: %w", err)
	}
	return s, nil
}

func (m *Misconduct) verify(k *roster.Keys) (string, error) {
	v, err := m.verifier(k)
	if err != nil {
		return "", err
	}
	a, err := checkpoint.ParseNote(m.A)
	if err != nil {
		return "", fmt.Errorf("first note: %w", err)
	}
	if m.Kind == KindInvalidAct {
		return m.verifyAct(v, a)
	}
	b, err := checkpoint.ParseNote(m.B)
	if err != nil {
		return "", fmt.Errorf("second note: %w", err)
	}
	if a.Head.Origin != b.Head.Origin {
		return "", fmt.Errorf("the notes are of two records, %s and %s", a.Head.Origin, b.Head.Origin)
	}
	switch m.Kind {
	case KindFork:
		return m.verifyFork(v, a, b)
	case KindInconsistent:
		return m.verifyInconsistent(v, a, b)
	case KindCosigner:
		return m.verifyCosigner(v, a, b)
	}
	return "", fmt.Errorf("%q is no kind of misconduct", m.Kind)
}

// verifier applies the key acts to a copy of k; each must be included in its record.
func (m *Misconduct) verifier(k *roster.Keys) (*verifier, error) {
	v := &verifier{first: k.Current(), keys: k.Clone(), lists: make(map[canon.Digest]roster.CosignedList)}
	for i, in := range m.KeyActs {
		if err := v.apply(in); err != nil {
			return nil, fmt.Errorf("key act %d: %w", i+1, err)
		}
	}
	for i, in := range m.KeyActs {
		if _, err := v.include(in); err != nil {
			return nil, fmt.Errorf("key act %d: %w", i+1, err)
		}
	}
	return v, nil
}

// head verifies one head as signed by the accused. What a retired record key signed
// shows nothing: the tree up to its retirement is fixed by the key that followed.
func (m *Misconduct) head(v *verifier, n checkpoint.Note) (checkpoint.Signed, error) {
	owner, ok := v.keys.Owner(n.Head.Origin)
	if !ok {
		return checkpoint.Signed{}, fmt.Errorf("no edition here names the record %s", n.Head.Origin)
	}
	if owner != m.Against {
		return checkpoint.Signed{}, fmt.Errorf("the record %s is that of %s, not of %s", n.Head.Origin, owner, m.Against)
	}
	if v.keys.RecordRetired(n.Head.Origin, n.Head.Size) {
		return checkpoint.Signed{}, errors.New("it is signed with a record key that was retired since; whoever holds that key could have signed it")
	}
	return v.signed(n)
}

// heads verifies both notes as heads by the accused.
func (m *Misconduct) heads(v *verifier, a, b checkpoint.Note) (x, y checkpoint.Signed, err error) {
	if x, err = m.head(v, a); err != nil {
		return x, y, fmt.Errorf("first head: %w", err)
	}
	if y, err = m.head(v, b); err != nil {
		return x, y, fmt.Errorf("second head: %w", err)
	}
	return x, y, nil
}

func (m *Misconduct) verifyFork(v *verifier, a, b checkpoint.Note) (string, error) {
	if a.Head.Size != b.Head.Size {
		return "", fmt.Errorf("the heads have two sizes, %d and %d", a.Head.Size, b.Head.Size)
	}
	if a.Head.Root == b.Head.Root {
		return "", errors.New("the heads have the same root")
	}
	x, y, err := m.heads(v, a, b)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s signed two heads of its record %s of %d entries with different roots, at %s and at %s.",
		m.name(v), a.Head.Origin, a.Head.Size, when(x.Time()), when(y.Time())), nil
}

func (m *Misconduct) verifyInconsistent(v *verifier, a, b checkpoint.Note) (string, error) {
	first, second, err := bothRoots(m.Consistency, a.Head.Size, b.Head.Size)
	if err != nil {
		return "", err
	}
	if second != b.Head.Root {
		return "", errors.New("consistency: the hashes do not lead to the root of the larger head")
	}
	if first == a.Head.Root {
		return "", errors.New("the heads are consistent")
	}
	x, y, err := m.heads(v, a, b)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s signed two heads of its record %s that no one record can have, of %d entries at %s and of %d entries at %s.",
		m.name(v), a.Head.Origin, a.Head.Size, when(x.Time()), b.Head.Size, when(y.Time())), nil
}

func (m *Misconduct) verifyAct(v *verifier, a checkpoint.Note) (string, error) {
	if err := checkInclusion(m.Inclusion, a.Head, m.Index, m.Leaf); err != nil {
		return "", err
	}
	_, fault := act.Parse(m.Leaf)
	if fault == nil {
		return "", errors.New("the act is valid")
	}
	if !accusable(fault) {
		return "", errors.New("the act names a format version or a kind that is not known here; it is set aside")
	}
	signed, err := m.head(v, a)
	if err != nil {
		return "", fmt.Errorf("head: %w", err)
	}
	return fmt.Sprintf("%s lodged in its record %s as act %d, under a head signed at %s, an act that is invalid under the format version it names: %s.",
		m.name(v), a.Head.Origin, m.Index, when(signed.Time()), fault), nil
}

// accusable says whether an error of act.Parse is about what version 1 refuses
// for ever. Versions and kinds that are not known here may be sound to a later
// node and are set aside.
func accusable(err error) bool {
	var format *act.FormatError
	return errors.As(err, &format) && format.Field != "kind" // act.ErrVersion is no FormatError
}

func (m *Misconduct) verifyCosigner(v *verifier, a, b checkpoint.Note) (string, error) {
	if a.Head.Size != b.Head.Size {
		return "", fmt.Errorf("the cosignatures are over two sizes, %d and %d", a.Head.Size, b.Head.Size)
	}
	if a.Head.Root == b.Head.Root {
		return "", errors.New("the cosignatures are over the same root")
	}
	x, s, err := m.cosigner(v, a)
	if err != nil {
		return "", fmt.Errorf("first cosignature: %w", err)
	}
	y, t, err := m.cosigner(v, b)
	if err != nil {
		return "", fmt.Errorf("second cosignature: %w", err)
	}
	// A witness vouches for a tree that grows, a mirror for entries that it holds:
	// if the author shows it two trees, one honest party may sign each once. And a
	// key that enters knows nothing of what the one before it signed in other hands.
	if x.Role != y.Role {
		return "", fmt.Errorf("one is as %s and one as %s; each key answers for its own word alone", x.Role, y.Role)
	}
	if x.Key.IDs() != y.Key.IDs() {
		return "", errors.New("the cosignatures are by two keys, of which each answers for its own word alone")
	}
	return fmt.Sprintf("%s cosigned two different roots of the record %s of %d entries with its key as %s, at %s and at %s.",
		m.name(v), a.Head.Origin, a.Head.Size, x.Role, when(s), when(t)), nil
}

// cosigner verifies one cosignature by the accused. What a retired key signed
// counts only if its list names it: the key may be in other hands.
func (m *Misconduct) cosigner(v *verifier, n checkpoint.Note) (k roster.CosignerKey, time int64, err error) {
	k, signed, err := verifyCosigned(n, v.keys)
	if err != nil {
		return k, 0, err
	}
	if k.Party != m.Against {
		return k, 0, fmt.Errorf("it is by %s, not by %s", k.Party, m.Against)
	}
	if err := listed(k, signed, v.lists); err != nil {
		return k, 0, err
	}
	return k, signed.Time(), nil
}

func (m *Misconduct) name(v *verifier) string { return v.keys.Current().Name(m.Against, "en") }
