package act

import (
	"fmt"

	"detente/internal/canon"
)

// The first lines of the two versions, of one length. Which one an act has follows
// from its kind.
const (
	version  = "detente-act/v1\n"
	version2 = "detente-act/v2\n"
)

// Bytes writes the canonical form after Check; an act beyond MaxSize is
// refused. Errors are *FormatError.
func (a *Act) Bytes() ([]byte, error) {
	if err := a.Check(); err != nil {
		return nil, err
	}
	out := a.write(fieldCount)
	if len(out) > MaxSize {
		return nil, &FormatError{Text: fmt.Sprintf("is %d bytes long, more than %d; large content belongs in a blob", len(out), MaxSize)}
	}
	return out, nil
}

// OutsideDigest is what the inside of a seal binds: SHA-256 of the canonical
// bytes with the ciphertext line left out. It is the same before and after
// Sealed is set, so the content can be sealed between. Errors are *FormatError.
func (a *Act) OutsideDigest() (canon.Digest, error) {
	if f := a.check(true); f != nil {
		return canon.Digest{}, f.at(0)
	}
	return canon.DigestOf(a.write(fSealed)), nil
}

// write writes the canonical form without the line of one field.
func (a *Act) write(without field) []byte {
	out := make([]byte, 0, 512+len(a.Payload))
	if a.IsDiscreet() {
		out = append(out, version2...)
	} else {
		out = append(out, version...)
	}
	for f := range rows {
		if field(f) == without || !rows[f].has(a) {
			continue
		}
		out = append(out, rows[f].name...)
		out = append(out, ' ')
		out = rows[f].write(out, a)
		out = append(out, '\n')
	}
	out = append(out, '\n')
	return append(out, a.Payload...)
}
