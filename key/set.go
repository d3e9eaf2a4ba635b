package key

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"

	"detente/party"
	"filippo.io/age"
	"filippo.io/mldsa"
)

// Set is everything one party holds for one group in a running node. What
// follows a key, Next, is kept offline.
type Set struct {
	Origin    party.Origin
	Record    *RecordSecret
	Witness   *CosignerSecret
	Mirror    *CosignerSecret
	Sealing   []*age.HybridIdentity // newest first; older ones are kept for the grace period
	Transport TransportSecret
}

// Next is the set of keys that the next rotation of each committed role will
// enter, and the batch key that signs new sealing and transport keys. It is kept
// offline.
type Next struct {
	Origin  party.Origin
	Record  *RecordSecret
	Witness *CosignerSecret
	Mirror  *CosignerSecret
	Batch   ed25519.PrivateKey // signs lists of sealing and transport keys
}

// Generate makes a Set and its Next from random. All keys come from random
// alone: the same bytes give the same keys.
func Generate(random io.Reader, origin party.Origin) (*Set, *Next, error) {
	if _, err := party.ParseOrigin(string(origin)); err != nil {
		return nil, nil, fmt.Errorf("generate keys: %w", err)
	}
	next, err := GenerateNext(random, origin)
	if err != nil {
		return nil, nil, err
	}
	// The keys in use are made in the same way as those that follow them.
	first, err := GenerateNext(random, origin)
	if err != nil {
		return nil, nil, err
	}
	sealing, err := GenerateSealing(random)
	if err != nil {
		return nil, nil, err
	}
	transport, err := GenerateTransport(random)
	if err != nil {
		return nil, nil, err
	}
	return &Set{
		Origin:    origin,
		Record:    first.Record,
		Witness:   first.Witness,
		Mirror:    first.Mirror,
		Sealing:   []*age.HybridIdentity{sealing},
		Transport: transport,
	}, next, nil
}

// GenerateNext makes keys to commit to, all from random.
func GenerateNext(random io.Reader, origin party.Origin) (*Next, error) {
	seeds, err := readSeeds(random, 8)
	if err != nil {
		return nil, err
	}
	n := &Next{Origin: origin, Batch: ed25519.NewKeyFromSeed(seeds[7])}
	if n.Record, err = newRecordSecret(origin, seeds[0], seeds[1], seeds[2]); err != nil {
		return nil, err
	}
	if n.Witness, err = newCosignerSecret(CosignerName(origin, Witness), seeds[3], seeds[4]); err != nil {
		return nil, err
	}
	n.Mirror, err = newCosignerSecret(CosignerName(origin, Mirror), seeds[5], seeds[6])
	return n, err
}

// GenerateSealing makes a sealing identity from random: the 32-byte seed of
// HPKE's MLKEM768-X25519.
func GenerateSealing(random io.Reader) (*age.HybridIdentity, error) {
	seeds, err := readSeeds(random, 1)
	if err != nil {
		return nil, err
	}
	id, err := age.ParseHybridIdentity(identityText(seeds[0]))
	if err != nil {
		return nil, fmt.Errorf("generate sealing key: %w", err)
	}
	return id, nil
}

// GenerateTransport makes a transport key from random.
func GenerateTransport(random io.Reader) (TransportSecret, error) {
	seeds, err := readSeeds(random, 1)
	if err != nil {
		return TransportSecret{}, err
	}
	return TransportSecret{Key: ed25519.NewKeyFromSeed(seeds[0])}, nil
}

// seedSize is the size of every secret here in bytes: Ed25519 (RFC 8032),
// ML-DSA-44 (FIPS 204) and MLKEM768-X25519 keys are all expanded from 32 bytes.
const seedSize = 32

func readSeeds(random io.Reader, n int) ([][]byte, error) {
	seeds := make([][]byte, n)
	for i := range seeds {
		seeds[i] = make([]byte, seedSize)
		if _, err := io.ReadFull(random, seeds[i]); err != nil {
			return nil, fmt.Errorf("generate keys: %w", err)
		}
	}
	return seeds, nil
}

func newCosignerSecret(name string, ed, ml []byte) (*CosignerSecret, error) {
	e := ed25519.NewKeyFromSeed(ed)
	m, err := mldsa.NewPrivateKey(mldsa.MLDSA44(), ml)
	if err != nil {
		return nil, fmt.Errorf("make keys of %s: %w", name, err)
	}
	return &CosignerSecret{
		Public:  Cosigner{Name: name, Ed25519: e.Public().(ed25519.PublicKey), MLDSA: m.PublicKey()},
		Ed25519: e,
		MLDSA:   m,
	}, nil
}

func newRecordSecret(origin party.Origin, plain, ed, ml []byte) (*RecordSecret, error) {
	timed, err := newCosignerSecret(string(origin), ed, ml)
	if err != nil {
		return nil, err
	}
	p := ed25519.NewKeyFromSeed(plain)
	public := RecordKey{Origin: origin, Plain: p.Public().(ed25519.PublicKey), Timed: timed.Public}
	if public.Plain.Equal(public.Timed.Ed25519) {
		return nil, errors.New("make record keys: the plain and the timed key are the same")
	}
	return &RecordSecret{Public: public, Plain: p, Timed: *timed}, nil
}

// AtOrigin is the same set with its record at another volume. The names of
// witness and mirror keep the first volume's origin.
func (s *Set) AtOrigin(o party.Origin) *Set {
	t := *s
	t.Origin = o
	t.Record = s.Record.AtOrigin(o)
	return &t
}

// AtOrigin is the same keys with the record's at another volume.
func (n *Next) AtOrigin(o party.Origin) *Next {
	m := *n
	m.Origin = o
	m.Record = n.Record.AtOrigin(o)
	return &m
}

// Enter is a copy of s in which n's key of one committed role (Record, Witness,
// Mirror) has taken the place of the old one.
func (s *Set) Enter(r Role, n *Next) (*Set, error) {
	t := *s
	switch r {
	case Record:
		t.Record = n.Record.AtOrigin(s.Origin)
	case Witness:
		t.Witness = n.Witness
	case Mirror:
		t.Mirror = n.Mirror
	default:
		return nil, fmt.Errorf("enter next key: role %s has none", r)
	}
	return &t, nil
}

// EnterSealing is a copy of s that seals to id from now on; the older
// identities stay, up to MaxSealing, until DropSealing.
func (s *Set) EnterSealing(id *age.HybridIdentity) *Set {
	t := *s
	t.Sealing = append([]*age.HybridIdentity{id}, s.Sealing...)
	t.Sealing = t.Sealing[:min(len(t.Sealing), MaxSealing)]
	return &t
}

// DropSealing is a copy of s that keeps only the newest n sealing identities;
// at least one is kept.
func (s *Set) DropSealing(n int) *Set {
	t := *s
	t.Sealing = s.Sealing[:min(len(s.Sealing), max(n, 1))]
	return &t
}

// EnterTransport is a copy of s with another transport key.
func (s *Set) EnterTransport(k TransportSecret) *Set {
	t := *s
	t.Transport = k
	return &t
}

// Renew is a copy of n with new keys of one committed role, from random: what
// is committed to when n's own key of that role enters.
func (n *Next) Renew(random io.Reader, r Role) (*Next, error) {
	fresh, err := GenerateNext(random, n.Origin)
	if err != nil {
		return nil, err
	}
	m := *n
	switch r {
	case Record:
		m.Record = fresh.Record
	case Witness:
		m.Witness = fresh.Witness
	case Mirror:
		m.Mirror = fresh.Mirror
	default:
		return nil, fmt.Errorf("renew next key: role %s has none", r)
	}
	return &m, nil
}
