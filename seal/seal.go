// Package seal closes content to its addressees and opens it again: age with
// hybrid ML-KEM-768 + X25519 recipients only, padded (Padmé), bound inside to
// author, group and outside fields so that nobody can lodge another's
// ciphertext as its own. It knows no act and no form, and it does not say who
// sealed: the act that names the ciphertext's digest does.
//
// Invariant: an Opened value's binding was checked. Spec: spec/seal.md.
package seal

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"detente/internal/canon"
	"detente/party"
	"filippo.io/age"
)

// ErrNotForUs: no identity opens any stanza that was tried.
var ErrNotForUs = errors.New("not sealed to a key of ours")

// ErrBinding: the inside names another author, group or outside than the act
// that carries the ciphertext. It comes as a *BindingError.
var ErrBinding = errors.New("sealed for another act")

// ErrFormat: the ciphertext or its inside is not to format, damaged or cut short.
var ErrFormat = errors.New("sealed content is not to format")

// BindingError says which field of the binding differs. It wraps ErrBinding.
type BindingError struct {
	Field  string // author, group or outside
	Inside string // as the seal has it
	Act    string // as the act has it
}

func (e *BindingError) Error() string {
	return fmt.Sprintf("%v: the %s inside is %s, that of the act %s", ErrBinding, e.Field, e.Inside, e.Act)
}

// Unwrap is ErrBinding.
func (e *BindingError) Unwrap() error { return ErrBinding }

// Binding is what the inside must repeat of the outside.
type Binding struct {
	Author  party.Origin // base origin of the author
	Group   party.Group
	Outside canon.Digest // of the act without its ciphertext line
}

func (b Binding) check() error {
	if _, err := party.ParseOrigin(string(b.Author)); err != nil {
		return fmt.Errorf("author: %w", err)
	}
	if b.Author != b.Author.Base() {
		return fmt.Errorf("author: origin %s is of a further volume; the base origin belongs here", b.Author)
	}
	if b.Group.IsZero() {
		return errors.New("group: zero names no group")
	}
	if b.Outside.IsZero() {
		return errors.New("outside: the digest is zero")
	}
	return nil
}

// match compares the binding found inside with that of the act.
func (b Binding) match(act Binding) error {
	switch {
	case b.Author != act.Author:
		return &BindingError{"author", string(b.Author), string(act.Author)}
	case b.Group != act.Group:
		return &BindingError{"group", b.Group.String(), act.Group.String()}
	case b.Outside != act.Outside:
		return &BindingError{"outside", b.Outside.String(), act.Outside.String()}
	}
	return nil
}

// Content is what is sealed.
type Content struct {
	Type string // media type in lower case, without parameters, at most 127 bytes
	Body []byte // at most MaxContent bytes; may be empty
}

// Seal encrypts c to 1 to MaxRecipients recipients, one stanza each, in their
// order. Rand gives the salt of the inside; age takes the file key, the nonce
// and the encapsulations from crypto/rand, whatever rand is.
func Seal(rand io.Reader, c Content, b Binding, to []*age.HybridRecipient) ([]byte, error) {
	ciphertext, _, err := SealWithKey(rand, c, b, to)
	return ciphertext, err
}

// SealWithKey seals as Seal does and returns the file key too, 16 bytes that
// open this one message (OpenWithFileKey). The author, who is no addressee,
// keeps it if it may have to show an arbiter what it sent.
func SealWithKey(rand io.Reader, c Content, b Binding, to []*age.HybridRecipient) (ciphertext, fileKey []byte, err error) {
	if err := checkSealing(c, b, to); err != nil {
		return nil, nil, fmt.Errorf("seal: %w", err)
	}
	in := inside{contentType: c.Type, length: len(c.Body), binding: b}
	if _, err := io.ReadFull(rand, in.salt[:]); err != nil {
		return nil, nil, fmt.Errorf("seal: salt: %w", err)
	}
	head := in.head()
	size := padded(len(head) + len(c.Body))
	out := bytes.NewBuffer(make([]byte, 0, ciphertextSize(len(to), size)))
	keys := &addressees{to: to}
	w, err := age.Encrypt(out, keys)
	if err != nil {
		return nil, nil, fmt.Errorf("seal: %w", err)
	}
	for _, part := range [][]byte{head, c.Body, make([]byte, size-len(head)-len(c.Body))} {
		if _, err := w.Write(part); err != nil {
			return nil, nil, fmt.Errorf("seal: %w", err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, nil, fmt.Errorf("seal: %w", err)
	}
	return out.Bytes(), keys.fileKey, nil
}

func checkSealing(c Content, b Binding, to []*age.HybridRecipient) error {
	if len(to) < 1 || len(to) > MaxRecipients {
		return fmt.Errorf("%d recipients, which is not between 1 and %d", len(to), MaxRecipients)
	}
	for i, r := range to {
		if r == nil {
			return fmt.Errorf("recipient %d has no key", i)
		}
	}
	if len(c.Body) > MaxContent {
		return fmt.Errorf("content of %d bytes, more than %d", len(c.Body), MaxContent)
	}
	if err := checkMediaType(c.Type); err != nil {
		return err
	}
	return b.check()
}

// addressees wraps the file key for each recipient in order, and keeps it.
type addressees struct {
	to      []*age.HybridRecipient
	fileKey []byte
}

// Wrap implements age.Recipient.
func (a *addressees) Wrap(fileKey []byte) ([]*age.Stanza, error) {
	stanzas, _, err := a.WrapWithLabels(fileKey)
	return stanzas, err
}

// WrapWithLabels implements age.RecipientWithLabels.
func (a *addressees) WrapWithLabels(fileKey []byte) (stanzas []*age.Stanza, labels []string, err error) {
	for i, r := range a.to {
		s, l, err := r.WrapWithLabels(fileKey)
		if err != nil {
			return nil, nil, fmt.Errorf("recipient %d: %w", i, err)
		}
		stanzas, labels = append(stanzas, s...), l
	}
	a.fileKey = bytes.Clone(fileKey)
	return stanzas, labels, nil
}
