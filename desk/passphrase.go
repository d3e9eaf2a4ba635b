package desk

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"detente/internal/canon"
	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// hashed is a passphrase as it is stored, in the form that argon2's own tools
// write: $argon2id$v=19$m=19456,t=2,p=1$salt$hash. Its parameters stand beside
// it, so that later ones need no change to what is stored.
type hashed struct {
	memory, passes, lanes uint32
	salt, sum             []byte
}

// decoy takes the place of the hash that an unknown officer does not have, so
// that a sign-in takes as long. Nothing is ever compared with it.
func decoy() hashed {
	return hashed{hashMemory, hashPasses, hashLanes, make([]byte, hashSalt), make([]byte, hashSize)}
}

func (h hashed) String() string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.memory, h.passes, h.lanes, b64.EncodeToString(h.salt), b64.EncodeToString(h.sum))
}

// parseHashed reads what String writes, and no parameters that would exhaust a machine.
func parseHashed(s string) (hashed, error) {
	bad := errors.New("stored passphrase: not in the form of argon2id")
	if len(s) > maxHashText {
		return hashed{}, bad
	}
	parts := strings.Split(s, "$")
	if len(parts) != 6 {
		return hashed{}, bad
	}
	var h hashed
	figures := strings.Split(parts[3], ",")
	if len(figures) != 3 {
		return hashed{}, bad
	}
	for i, f := range []struct {
		name string
		most uint64
		into *uint32
	}{{"m=", maxMemory, &h.memory}, {"t=", maxPasses, &h.passes}, {"p=", 16, &h.lanes}} {
		digits, ok := strings.CutPrefix(figures[i], f.name)
		n, err := canon.ParseDecimal(digits, f.most)
		if !ok || err != nil || n == 0 {
			return hashed{}, bad
		}
		*f.into = uint32(n)
	}
	var err, other error
	h.salt, err = base64.RawStdEncoding.Strict().DecodeString(parts[4])
	h.sum, other = base64.RawStdEncoding.Strict().DecodeString(parts[5])
	if err != nil || other != nil || len(h.salt) < 8 || len(h.sum) < 16 || h.String() != s {
		return hashed{}, bad
	}
	return h, nil
}

// derive hashes a passphrase; it waits for one of few places.
func (d *Desk) derive(ctx context.Context, h hashed, passphrase string) ([]byte, error) {
	select {
	case d.hashing <- struct{}{}:
		defer func() { <-d.hashing }()
	case <-ctx.Done():
		return nil, fmt.Errorf("wait to hash a passphrase: %w", ctx.Err())
	}
	// One spelling: a keyboard may send й as one character or as two.
	text := norm.NFC.String(passphrase)
	return argon2.IDKey([]byte(text), h.salt, h.passes, h.memory, uint8(h.lanes), uint32(len(h.sum))), nil
}

// hash makes the stored form of a new passphrase.
func (d *Desk) hash(ctx context.Context, passphrase string) (string, error) {
	if !utf8.ValidString(passphrase) || len(passphrase) > maxPassphrase {
		return "", fmt.Errorf("a passphrase is text of at most %d bytes", maxPassphrase)
	}
	if n := utf8.RuneCountInString(passphrase); n < minPassphrase {
		return "", fmt.Errorf("a passphrase has at least %d characters; this one has %d: several words are easy to remember", minPassphrase, n)
	}
	salt, err := d.random(hashSalt)
	if err != nil {
		return "", err
	}
	h := decoy()
	h.salt = salt
	if h.sum, err = d.derive(ctx, h, passphrase); err != nil {
		return "", err
	}
	return h.String(), nil
}

// fits hashes passphrase as h was and compares in constant time.
func (d *Desk) fits(ctx context.Context, h hashed, passphrase string) (bool, error) {
	if len(passphrase) > maxPassphrase {
		passphrase = "" // fits nothing: no stored one is empty
	}
	sum, err := d.derive(ctx, h, passphrase)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(sum, h.sum) == 1, nil
}
