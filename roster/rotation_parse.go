package roster

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"strings"

	"detente/internal/canon"
	"detente/key"
	"detente/party"
	"filippo.io/mldsa"
)

// ParseRotation reads a payload strictly: exactly what Bytes writes. It does not
// verify the signatures; Keys.Change does, against the commitment in force.
func ParseRotation(b []byte) (*Rotation, error) {
	if len(b) > maxChange {
		return nil, fmt.Errorf("parse key act: %d bytes where %d are the most", len(b), maxChange)
	}
	l := lines{rest: string(b)}
	r := l.rotation()
	if l.err == nil && l.rest != "" {
		l.fault("the payload goes on after its last signature")
	}
	if l.err != nil {
		return nil, fmt.Errorf("parse key act: line %d: %w", l.number, l.err)
	}
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("parse key act: %w", err)
	}
	if again, err := r.Bytes(); err != nil || !bytes.Equal(again, b) {
		return nil, errors.New("parse key act: not in canonical form")
	}
	return r, nil
}

// lines reads "name value" lines one after the other and keeps the first fault.
type lines struct {
	rest   string
	number int // of the line read last, from 1
	err    error
}

func (l *lines) fault(format string, args ...any) {
	if l.err == nil {
		l.err = fmt.Errorf(format, args...)
	}
}

// line takes the next line; "" after a fault.
func (l *lines) line() string {
	if l.err != nil {
		return ""
	}
	l.number++
	line, rest, ok := strings.Cut(l.rest, "\n")
	if !ok {
		l.fault("the payload ends here")
		return ""
	}
	l.rest = rest
	return line
}

// value takes the next line, which must be the named one.
func (l *lines) value(name string) string {
	v, ok := strings.CutPrefix(l.line(), name+" ")
	if !ok {
		l.fault("%q does not begin here", name)
	}
	return v
}

// isNext reports whether the next line is the named one.
func (l *lines) isNext(name string) bool {
	return l.err == nil && strings.HasPrefix(l.rest, name+" ")
}

// keep remembers a fault in the value read last.
func (l *lines) keep(err error) {
	if err != nil {
		l.fault("%w", err)
	}
}

func (l *lines) rotation() *Rotation {
	r := &Rotation{}
	var err error
	if l.line() != RotationFormat {
		l.fault("the first line is not %q", RotationFormat)
	}
	r.Group, err = party.ParseGroup(l.value("group"))
	l.keep(err)
	r.In, err = party.ParseOrigin(l.value("record"))
	l.keep(err)
	r.Index, err = parseInt(l.value("index"))
	l.keep(err)
	r.Role, err = key.ParseRole(l.value("role"))
	l.keep(err)
	switch r.Role {
	case key.Record:
		r.Record, err = key.ParseRecordKey(l.value("key"), l.value("key"), l.value("key"))
		l.keep(err)
		r.Next = l.digest(l.value("next"))
	case key.Witness, key.Mirror:
		digest, size, _ := strings.Cut(l.value("listed"), " ")
		r.Listed = l.digest(digest)
		r.ListedSize, err = parseInt(size)
		l.keep(err)
		r.Cosigner, err = key.ParseCosigner(l.value("key"), l.value("key"))
		l.keep(err)
		r.Next = l.digest(l.value("next"))
	case key.Sealing, key.Transport:
		r.Batch = l.bytes(l.value("key"), ed25519.PublicKeySize)
		r.Next = l.digest(l.value("next"))
		for l.isNext("from") && len(r.Valid) <= maxValidities {
			r.Valid = append(r.Valid, l.validity(r.Role))
		}
	}
	if l.line() != "" {
		l.fault("no empty line before the signatures")
	}
	l.signatures(r)
	return r
}

func (l *lines) validity(role key.Role) Validity {
	var v Validity
	var err error
	from, value, _ := strings.Cut(l.value("from"), " ")
	v.From, err = canon.ParseTime(from)
	l.keep(err)
	if role == key.Sealing {
		v.Sealing = value
	} else {
		v.Pin = l.digest(value)
	}
	return v
}

func (l *lines) signatures(r *Rotation) {
	switch r.Role {
	case key.Record:
		r.sig.Plain = l.bytes(l.value("signature"), ed25519.SignatureSize)
		fallthrough
	case key.Witness, key.Mirror:
		r.sig.Ed25519 = l.bytes(l.value("signature"), ed25519.SignatureSize)
		r.sig.MLDSA = l.bytes(l.value("signature"), mldsa.MLDSA44SignatureSize)
	case key.Sealing, key.Transport:
		r.batchSig = l.bytes(l.value("signature"), ed25519.SignatureSize)
	}
}

func (l *lines) digest(s string) canon.Digest {
	if l.err != nil {
		return canon.Digest{}
	}
	d, err := canon.ParseDigest(s)
	l.keep(err)
	return d
}

// bytes reads base64 of exactly size bytes.
func (l *lines) bytes(s string, size int) []byte {
	if l.err != nil {
		return nil
	}
	b, err := canon.ParseBase64(s)
	l.keep(err)
	if err == nil && len(b) != size {
		l.fault("%d bytes where %d belong", len(b), size)
	}
	return b
}
