package key

import (
	"crypto"
	"crypto/ed25519"
	"errors"
	"fmt"

	"detente/internal/canon"
	"detente/party"
	"filippo.io/age"
	"filippo.io/mldsa"
)

const (
	setFormat  = "detente.key-set/v1"
	nextFormat = "detente.key-next/v1"
)

// storedSet is a Set at rest: seeds in base64, identities in age's own text.
type storedSet struct {
	Format    string       `json:"format"`
	Origin    party.Origin `json:"origin"`
	Record    storedRecord `json:"record"`
	Witness   storedPair   `json:"witness"`
	Mirror    storedPair   `json:"mirror"`
	Sealing   []string     `json:"sealing"`
	Transport string       `json:"transport"`
}

// storedNext is a Next at rest.
type storedNext struct {
	Format  string       `json:"format"`
	Origin  party.Origin `json:"origin"`
	Record  storedRecord `json:"record"`
	Witness storedPair   `json:"witness"`
	Mirror  storedPair   `json:"mirror"`
	Batch   string       `json:"batch"`
}

type storedRecord struct {
	Plain   string `json:"plain"`
	Ed25519 string `json:"ed25519"`
	MLDSA   string `json:"mldsa44"`
}

type storedPair struct {
	Ed25519 string `json:"ed25519"`
	MLDSA   string `json:"mldsa44"`
}

// Bytes writes the secret set for storage, to be locked before it is stored. A
// key held by a token or an agent cannot be written.
func (s *Set) Bytes() ([]byte, error) {
	st := storedSet{Format: setFormat, Origin: s.Origin, Transport: canon.Base64(s.Transport.Key.Seed())}
	var err error
	if st.Record, err = storeRecord(s.Record); err != nil {
		return nil, fmt.Errorf("store keys: record: %w", err)
	}
	if st.Witness, err = storePair(s.Witness); err != nil {
		return nil, fmt.Errorf("store keys: witness: %w", err)
	}
	if st.Mirror, err = storePair(s.Mirror); err != nil {
		return nil, fmt.Errorf("store keys: mirror: %w", err)
	}
	if len(s.Sealing) == 0 || len(s.Sealing) > MaxSealing {
		return nil, fmt.Errorf("store keys: %d sealing identities where 1 to %d belong", len(s.Sealing), MaxSealing)
	}
	for _, id := range s.Sealing {
		st.Sealing = append(st.Sealing, id.String())
	}
	return canon.JSON(st)
}

// ParseSet reads what Set.Bytes writes.
func ParseSet(b []byte) (*Set, error) {
	var st storedSet
	if err := parseStored(b, &st, &st.Format, setFormat); err != nil {
		return nil, fmt.Errorf("key set: %w", err)
	}
	s := &Set{Origin: st.Origin}
	var err error
	if s.Record, s.Witness, s.Mirror, err = loadRoles(st.Origin, st.Record, st.Witness, st.Mirror); err != nil {
		return nil, fmt.Errorf("key set: %w", err)
	}
	if len(st.Sealing) == 0 || len(st.Sealing) > MaxSealing {
		return nil, fmt.Errorf("key set: %d sealing identities where 1 to %d belong", len(st.Sealing), MaxSealing)
	}
	for i, text := range st.Sealing {
		id, err := age.ParseHybridIdentity(text)
		if err != nil || id.String() != text {
			return nil, fmt.Errorf("key set: sealing identity %d is not a hybrid age identity", i+1)
		}
		s.Sealing = append(s.Sealing, id)
	}
	seed, err := parseSeed(st.Transport)
	if err != nil {
		return nil, fmt.Errorf("key set: transport: %w", err)
	}
	s.Transport.Key = ed25519.NewKeyFromSeed(seed)
	return s, nil
}

// Bytes writes the secret next keys for storage offline, to be locked first.
func (n *Next) Bytes() ([]byte, error) {
	st := storedNext{Format: nextFormat, Origin: n.Origin, Batch: canon.Base64(n.Batch.Seed())}
	var err error
	if st.Record, err = storeRecord(n.Record); err != nil {
		return nil, fmt.Errorf("store next keys: record: %w", err)
	}
	if st.Witness, err = storePair(n.Witness); err != nil {
		return nil, fmt.Errorf("store next keys: witness: %w", err)
	}
	if st.Mirror, err = storePair(n.Mirror); err != nil {
		return nil, fmt.Errorf("store next keys: mirror: %w", err)
	}
	return canon.JSON(st)
}

// ParseNext reads what Next.Bytes writes.
func ParseNext(b []byte) (*Next, error) {
	var st storedNext
	if err := parseStored(b, &st, &st.Format, nextFormat); err != nil {
		return nil, fmt.Errorf("next keys: %w", err)
	}
	n := &Next{Origin: st.Origin}
	var err error
	if n.Record, n.Witness, n.Mirror, err = loadRoles(st.Origin, st.Record, st.Witness, st.Mirror); err != nil {
		return nil, fmt.Errorf("next keys: %w", err)
	}
	seed, err := parseSeed(st.Batch)
	if err != nil {
		return nil, fmt.Errorf("next keys: batch: %w", err)
	}
	n.Batch = ed25519.NewKeyFromSeed(seed)
	return n, nil
}

func parseStored(b []byte, into any, format *string, want string) error {
	if len(b) > maxStored {
		return fmt.Errorf("%d bytes where %d is the most", len(b), maxStored)
	}
	if err := canon.ParseJSON(b, into); err != nil {
		return err
	}
	if *format != want {
		return fmt.Errorf("format %q where %q belongs", *format, want)
	}
	return nil
}

func loadRoles(o party.Origin, r storedRecord, w, m storedPair) (*RecordSecret, *CosignerSecret, *CosignerSecret, error) {
	if o == "" {
		return nil, nil, nil, errors.New("the origin is missing")
	}
	record, err := loadRecord(o, r)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("record: %w", err)
	}
	witness, err := loadPair(CosignerName(o, Witness), w)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("witness: %w", err)
	}
	mirror, err := loadPair(CosignerName(o, Mirror), m)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("mirror: %w", err)
	}
	if err := distinct(record.Public, witness.Public, mirror.Public); err != nil {
		return nil, nil, nil, err
	}
	return record, witness, mirror, nil
}

func loadRecord(o party.Origin, st storedRecord) (*RecordSecret, error) {
	seeds, err := parseSeeds(st.Plain, st.Ed25519, st.MLDSA)
	if err != nil {
		return nil, err
	}
	return newRecordSecret(o, seeds[0], seeds[1], seeds[2])
}

func loadPair(name string, st storedPair) (*CosignerSecret, error) {
	seeds, err := parseSeeds(st.Ed25519, st.MLDSA)
	if err != nil {
		return nil, err
	}
	return newCosignerSecret(name, seeds[0], seeds[1])
}

func parseSeeds(texts ...string) ([][]byte, error) {
	var seeds [][]byte
	for _, s := range texts {
		seed, err := parseSeed(s)
		if err != nil {
			return nil, err
		}
		seeds = append(seeds, seed)
	}
	return seeds, nil
}

func parseSeed(s string) ([]byte, error) {
	b, err := canon.ParseBase64(s)
	if err != nil {
		return nil, err
	}
	if len(b) != seedSize {
		return nil, fmt.Errorf("seed has %d bytes where %d belong", len(b), seedSize)
	}
	return b, nil
}

func storeRecord(s *RecordSecret) (storedRecord, error) {
	pair, err := storePair(&s.Timed)
	if err != nil {
		return storedRecord{}, err
	}
	plain, err := storeSeed(s.Plain)
	return storedRecord{Plain: plain, Ed25519: pair.Ed25519, MLDSA: pair.MLDSA}, err
}

func storePair(s *CosignerSecret) (storedPair, error) {
	ed, err := storeSeed(s.Ed25519)
	if err != nil {
		return storedPair{}, err
	}
	ml, err := storeSeed(s.MLDSA)
	return storedPair{Ed25519: ed, MLDSA: ml}, err
}

func storeSeed(k crypto.Signer) (string, error) {
	switch k := k.(type) {
	case ed25519.PrivateKey:
		return canon.Base64(k.Seed()), nil
	case *mldsa.PrivateKey:
		return canon.Base64(k.Bytes()), nil
	}
	return "", fmt.Errorf("a key of type %T is held elsewhere and cannot be written", k)
}
