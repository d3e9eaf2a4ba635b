package key

import (
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"

	"detente/internal/canon"
	"detente/party"
)

// RecordKey is the public set of a record: the plain line's key and the timed pair.
type RecordKey struct {
	Origin party.Origin
	Plain  ed25519.PublicKey // 0x01 under Origin
	Timed  Cosigner          // 0x04 and 0x06 under Origin, other keys than Plain
}

// VerifierLines are the three vkeys in C2SP text form: 0x01, 0x04, 0x06.
func (k RecordKey) VerifierLines() [3]string {
	timed := k.Timed.VerifierLines()
	return [3]string{vkey(string(k.Origin), algPlain, k.Plain), timed[0], timed[1]}
}

// ParseRecordKey reads the three vkeys. They must share the origin as name, and
// the plain key must not be the timed one: tlog-cosignature forbids one Ed25519
// key in both uses.
func ParseRecordKey(plain, ed, mldsa44 string) (RecordKey, error) {
	name, p, err := parseEd25519(plain, algPlain)
	if err != nil {
		return RecordKey{}, fmt.Errorf("record key: %w", err)
	}
	origin, err := party.ParseOrigin(name)
	if err != nil {
		return RecordKey{}, fmt.Errorf("record key: %w", err)
	}
	timed, err := ParseCosigner(ed, mldsa44)
	if err != nil {
		return RecordKey{}, fmt.Errorf("record key: %w", err)
	}
	if timed.Name != name {
		return RecordKey{}, fmt.Errorf("record key: its parts have two names, %s and %s", name, timed.Name)
	}
	if timed.Ed25519.Equal(p) {
		return RecordKey{}, fmt.Errorf("record key of %s: one Ed25519 key serves both the plain and the timed line", name)
	}
	return RecordKey{Origin: origin, Plain: p, Timed: timed}, nil
}

// IsZero reports whether k holds no keys.
func (k RecordKey) IsZero() bool { return k.Plain == nil || k.Timed.IsZero() }

// AtOrigin is the same key material under another volume's origin.
func (k RecordKey) AtOrigin(o party.Origin) RecordKey {
	return RecordKey{Origin: o, Plain: k.Plain, Timed: k.Timed.WithName(string(o))}
}

// PlainID is the key id of the plain line, 0x01.
func (k RecordKey) PlainID() uint32 { return keyID(string(k.Origin), algPlain, k.Plain) }

// IDs are the key ids of the three lines: 0x01, 0x04, 0x06.
func (k RecordKey) IDs() [3]uint32 {
	timed := k.Timed.IDs()
	return [3]uint32{k.PlainID(), timed[0], timed[1]}
}

// Verify checks the three lines over checkpoint text (any order not allowed:
// 0x01, 0x04, 0x06) and returns the common time of the last two in Unix seconds.
// The text must name k's origin.
func (k RecordKey) Verify(text string, lines [3]Line) (int64, error) {
	if k.IsZero() {
		return 0, errors.New("verify checkpoint: no key")
	}
	tr, err := parseTree(text)
	if err != nil {
		return 0, fmt.Errorf("verify checkpoint of %s: %w", k.Origin, err)
	}
	if tr.origin != string(k.Origin) {
		return 0, fmt.Errorf("verify checkpoint of %s: it is of %s", k.Origin, tr.origin)
	}
	if lines[0].Name != string(k.Origin) || lines[0].ID != k.PlainID() {
		return 0, fmt.Errorf("verify checkpoint of %s: line 1 is by %s %08x where %08x belongs", k.Origin, lines[0].Name, lines[0].ID, k.PlainID())
	}
	plain := make(chan bool, 1) // beside the other two: somebody waits
	go func() { plain <- ed25519.Verify(k.Plain, []byte(text), lines[0].Sig) }()
	t, err := k.Timed.Verify(text, [2]Line{lines[1], lines[2]})
	if !<-plain {
		return 0, fmt.Errorf("verify checkpoint of %s: the plain signature is not by this key over this text", k.Origin)
	}
	return t, err
}

// recordDomain begins what a RecordKey's digest is of.
const recordDomain = "detente/record-key/v1\n"

// Digest commits to the three keys, the origin excluded, so that they can serve
// a new volume: SHA-256 over a domain string and the public keys 0x01, 0x04, 0x06.
func (k RecordKey) Digest() canon.Digest {
	h := sha256.New()
	h.Write([]byte(recordDomain))
	h.Write(k.Plain)
	h.Write(k.Timed.Ed25519)
	h.Write(k.Timed.MLDSA.Bytes())
	return canon.Digest(h.Sum(nil))
}

// RecordSecret signs the checkpoints of one record. It is safe for concurrent
// use if the signers are.
type RecordSecret struct {
	Public RecordKey
	Plain  crypto.Signer
	Timed  CosignerSecret
}

// AtOrigin is the same secret under another volume's origin.
func (s *RecordSecret) AtOrigin(o party.Origin) *RecordSecret {
	return &RecordSecret{Public: s.Public.AtOrigin(o), Plain: s.Plain, Timed: *s.Timed.WithName(string(o))}
}

// Sign makes the three lines over text at t (Unix seconds, > 0), in the order
// 0x01, 0x04, 0x06. The text must name the secret's origin.
func (s *RecordSecret) Sign(text string, t int64) ([3]Line, error) {
	origin := string(s.Public.Origin)
	tr, err := parseTree(text)
	if err != nil {
		return [3]Line{}, fmt.Errorf("sign checkpoint of %s: %w", origin, err)
	}
	if tr.origin != origin {
		return [3]Line{}, fmt.Errorf("sign checkpoint of %s: it is of %s", origin, tr.origin)
	}
	plain, err := signEd25519(s.Plain, s.Public.Plain, []byte(text))
	if err != nil {
		return [3]Line{}, fmt.Errorf("sign checkpoint of %s: %w", origin, err)
	}
	timed, err := s.Timed.Cosign(text, t)
	if err != nil {
		return [3]Line{}, fmt.Errorf("sign checkpoint of %s: %w", origin, err)
	}
	return [3]Line{{Name: origin, ID: s.Public.PlainID(), Sig: plain}, timed[0], timed[1]}, nil
}
