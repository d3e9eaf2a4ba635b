package key

import (
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"

	"detente/internal/canon"
	"filippo.io/mldsa"
)

// Cosigner is the public pair of a witness or mirror (or the timed pair of a record).
type Cosigner struct {
	Name    string // key name, e.g. origin + "/witness"; ASCII, no space or plus
	Ed25519 ed25519.PublicKey
	MLDSA   *mldsa.PublicKey
}

// VerifierLines are the two vkeys in C2SP text form, 0x04 then 0x06.
func (c Cosigner) VerifierLines() [2]string {
	return [2]string{vkey(c.Name, algTimed, c.Ed25519), vkey(c.Name, algMLDSA, c.MLDSA.Bytes())}
}

// ParseCosigner reads the two vkeys; they must share the name.
func ParseCosigner(ed, mldsa44 string) (Cosigner, error) {
	name, e, err := parseEd25519(ed, algTimed)
	if err != nil {
		return Cosigner{}, err
	}
	second, m, err := parseMLDSA(mldsa44)
	if err != nil {
		return Cosigner{}, err
	}
	if name != second {
		return Cosigner{}, fmt.Errorf("the verifier keys of one cosigner have two names, %s and %s", name, second)
	}
	return Cosigner{Name: name, Ed25519: e, MLDSA: m}, nil
}

// IDs are the key ids of the two lines, 0x04 then 0x06.
func (c Cosigner) IDs() [2]uint32 {
	return [2]uint32{keyID(c.Name, algTimed, c.Ed25519), keyID(c.Name, algMLDSA, c.MLDSA.Bytes())}
}

// IsZero reports whether c holds no keys.
func (c Cosigner) IsZero() bool { return c.Ed25519 == nil || c.MLDSA == nil }

// WithName is the same key material under another key name.
func (c Cosigner) WithName(name string) Cosigner {
	c.Name = name
	return c
}

// Equal reports whether c and d are the same keys under the same name.
func (c Cosigner) Equal(d Cosigner) bool {
	if c.IsZero() || d.IsZero() {
		return c.IsZero() && d.IsZero() && c.Name == d.Name
	}
	return c.Name == d.Name && c.Ed25519.Equal(d.Ed25519) && c.MLDSA.Equal(d.MLDSA)
}

// Verify checks two lines, 0x04 then 0x06, over checkpoint text and returns
// their common time in Unix seconds. Zero or unequal times, or one bad line, are
// errors.
func (c Cosigner) Verify(text string, lines [2]Line) (int64, error) {
	if c.IsZero() {
		return 0, errors.New("verify cosignature: no key")
	}
	tr, err := parseTree(text)
	if err != nil {
		return 0, fmt.Errorf("verify cosignature of %s: %w", c.Name, err)
	}
	for i, id := range c.IDs() {
		if lines[i].Name != c.Name || lines[i].ID != id {
			return 0, fmt.Errorf("verify cosignature of %s: line %d is by %s %08x where %08x belongs", c.Name, i+1, lines[i].Name, lines[i].ID, id)
		}
	}
	t, ed, err := unstamp(lines[0].Sig, ed25519.SignatureSize)
	if err != nil {
		return 0, fmt.Errorf("verify Ed25519 cosignature of %s: %w", c.Name, err)
	}
	t2, ml, err := unstamp(lines[1].Sig, mldsa.MLDSA44SignatureSize)
	if err != nil {
		return 0, fmt.Errorf("verify ML-DSA-44 cosignature of %s: %w", c.Name, err)
	}
	if t != t2 {
		return 0, fmt.Errorf("verify cosignature of %s: its lines have two times, %d and %d", c.Name, t, t2)
	}
	plain := make(chan bool, 1) // beside the other: somebody waits
	go func() { plain <- ed25519.Verify(c.Ed25519, timedMessage(text, t), ed) }()
	quantum := mldsa.Verify(c.MLDSA, subtreeMessage(c.Name, tr, t), ml, nil)
	if !<-plain {
		return 0, fmt.Errorf("verify Ed25519 cosignature of %s: the signature is not by this key over this text", c.Name)
	}
	if quantum != nil {
		return 0, fmt.Errorf("verify ML-DSA-44 cosignature of %s: the signature is not by this key over this text", c.Name)
	}
	return t, nil
}

// cosignerDomain begins what a Cosigner's digest is of.
const cosignerDomain = "detente/cosigner-key/v1\n"

// Digest commits to the pair (name excluded, so it can serve a new volume):
// SHA-256 over a domain string and both public keys.
func (c Cosigner) Digest() canon.Digest {
	h := sha256.New()
	h.Write([]byte(cosignerDomain))
	h.Write(c.Ed25519)
	h.Write(c.MLDSA.Bytes())
	return canon.Digest(h.Sum(nil))
}

// CosignerSecret signs as a Cosigner. Signers are crypto.Signer so that a token
// or agent can hold the Ed25519 half. It is safe for concurrent use if the
// signers are.
type CosignerSecret struct {
	Public  Cosigner
	Ed25519 crypto.Signer
	MLDSA   crypto.Signer
}

// WithName is the same secret under another key name.
func (s *CosignerSecret) WithName(name string) *CosignerSecret {
	return &CosignerSecret{Public: s.Public.WithName(name), Ed25519: s.Ed25519, MLDSA: s.MLDSA}
}

// Cosign signs text at t (Unix seconds, > 0). The caller has stored t before
// the lines leave the house: times of one key never fall as size grows.
func (s *CosignerSecret) Cosign(text string, t int64) ([2]Line, error) {
	name := s.Public.Name
	if t <= 0 || t > canon.MaxTime {
		return [2]Line{}, fmt.Errorf("cosign as %s: time %d is not from 1 to %d", name, t, int64(canon.MaxTime))
	}
	if err := checkOwnName(name); err != nil {
		return [2]Line{}, fmt.Errorf("cosign: %w", err)
	}
	tr, err := parseTree(text)
	if err != nil {
		return [2]Line{}, fmt.Errorf("cosign as %s: %w", name, err)
	}
	ed, err := signEd25519(s.Ed25519, s.Public.Ed25519, timedMessage(text, t))
	if err != nil {
		return [2]Line{}, fmt.Errorf("cosign as %s: %w", name, err)
	}
	ml, err := signMLDSA(s.MLDSA, s.Public.MLDSA, subtreeMessage(name, tr, t))
	if err != nil {
		return [2]Line{}, fmt.Errorf("cosign as %s: %w", name, err)
	}
	ids := s.Public.IDs()
	return [2]Line{
		{Name: name, ID: ids[0], Sig: stamped(t, ed)},
		{Name: name, ID: ids[1], Sig: stamped(t, ml)},
	}, nil
}

// signEd25519 signs; what a token or an agent answers is verified before use.
func signEd25519(k crypto.Signer, public ed25519.PublicKey, message []byte) ([]byte, error) {
	sig, err := k.Sign(nil, message, crypto.Hash(0))
	if err != nil {
		return nil, fmt.Errorf("sign with Ed25519: %w", err)
	}
	if _, here := k.(ed25519.PrivateKey); !here && !ed25519.Verify(public, message, sig) {
		return nil, errors.New("sign with Ed25519: the signer answered with a signature of another key")
	}
	return sig, nil
}

func signMLDSA(k crypto.Signer, public *mldsa.PublicKey, message []byte) ([]byte, error) {
	sig, err := k.Sign(nil, message, crypto.Hash(0))
	if err != nil {
		return nil, fmt.Errorf("sign with ML-DSA-44: %w", err)
	}
	if _, here := k.(*mldsa.PrivateKey); !here && mldsa.Verify(public, message, sig, nil) != nil {
		return nil, errors.New("sign with ML-DSA-44: the signer answered with a signature of another key")
	}
	return sig, nil
}
