package key

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"detente/internal/canon"
	"filippo.io/mldsa"
)

// Signature types of C2SP signed-note v1.0.0.
const (
	algPlain = 0x01 // Ed25519 over the note text
	algTimed = 0x04 // timestamped Ed25519 cosignature
	algMLDSA = 0x06 // timestamped ML-DSA-44 cosignature
)

// keyID is SHA-256(name || 0x0A || algorithm || public key)[:4], big-endian.
func keyID(name string, alg byte, public []byte) uint32 {
	h := sha256.New()
	h.Write([]byte(name))
	h.Write([]byte{'\n', alg})
	h.Write(public)
	return binary.BigEndian.Uint32(h.Sum(nil))
}

// vkey writes a verifier key: name+id+base64(algorithm || public key).
func vkey(name string, alg byte, public []byte) string {
	b := append([]byte{alg}, public...)
	return fmt.Sprintf("%s+%08x+%s", name, keyID(name, alg, public), canon.Base64(b))
}

// parseVkey reads what vkey writes for one algorithm and size of key.
func parseVkey(s string, alg byte, size int) (name string, public []byte, err error) {
	parts := strings.SplitN(s, "+", 3)
	if len(parts) != 3 {
		return "", nil, errors.New("verifier key is not of the form name+id+key")
	}
	name = parts[0]
	if err := checkOwnName(name); err != nil {
		return "", nil, fmt.Errorf("verifier key: %w", err)
	}
	b, err := canon.ParseBase64(parts[2])
	if err != nil {
		return "", nil, fmt.Errorf("verifier key of %s: %w", name, err)
	}
	if len(b) != 1+size || b[0] != alg {
		return "", nil, fmt.Errorf("verifier key of %s is not of type 0x%02x with %d bytes", name, alg, size)
	}
	public = b[1:]
	if vkey(name, alg, public) != s {
		return "", nil, fmt.Errorf("verifier key of %s has the id %q where %08x belongs", name, parts[1], keyID(name, alg, public))
	}
	return name, public, nil
}

func parseEd25519(s string, alg byte) (string, ed25519.PublicKey, error) {
	name, public, err := parseVkey(s, alg, ed25519.PublicKeySize)
	return name, public, err
}

func parseMLDSA(s string) (string, *mldsa.PublicKey, error) {
	name, public, err := parseVkey(s, algMLDSA, mldsa.MLDSA44PublicKeySize)
	if err != nil {
		return "", nil, err
	}
	k, err := mldsa.NewPublicKey(mldsa.MLDSA44(), public)
	if err != nil {
		return "", nil, fmt.Errorf("verifier key of %s: %w", name, err)
	}
	return name, k, nil
}
