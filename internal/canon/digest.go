package canon

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// digestPrefix names the hash; the text of a Digest is this and 64 digits.
const digestPrefix = "sha256:"

// Digest is a SHA-256 hash, written "sha256:" and 64 lower-case hexadecimal digits.
type Digest [sha256.Size]byte

// DigestOf returns the SHA-256 of b.
func DigestOf(b []byte) Digest { return sha256.Sum256(b) }

// String returns the one spelling of d.
func (d Digest) String() string { return digestPrefix + hex.EncodeToString(d[:]) }

// IsZero reports whether d is the zero value, which stands for "none".
func (d Digest) IsZero() bool { return d == Digest{} }

// ParseDigest reads what Digest.String writes.
func ParseDigest(s string) (Digest, error) {
	digits, ok := strings.CutPrefix(s, digestPrefix)
	if !ok {
		return Digest{}, fmt.Errorf("digest %q does not begin with %q", clip(s), digestPrefix)
	}
	var d Digest
	if err := ParseHex(digits, d[:]); err != nil {
		return Digest{}, fmt.Errorf("digest: %w", err)
	}
	return d, nil
}

// MarshalText writes d as String does, for JSON.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText writes, for JSON.
func (d *Digest) UnmarshalText(b []byte) error {
	p, err := ParseDigest(string(b))
	if err != nil {
		return err
	}
	*d = p
	return nil
}

// ParseHex fills into with the bytes that s spells: exactly two lower-case
// hexadecimal digits for each byte.
func ParseHex(s string, into []byte) error {
	if len(s) != 2*len(into) {
		return fmt.Errorf("%d hexadecimal digits where %d belong", len(s), 2*len(into))
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return fmt.Errorf("%q is not a lower-case hexadecimal digit, at position %d", c, i+1)
		}
	}
	_, err := hex.Decode(into, []byte(s))
	return err
}
