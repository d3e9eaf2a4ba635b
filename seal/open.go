package seal

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"
)

// Opened is content whose binding was checked.
type Opened struct {
	Content
	ok bool
}

// IsZero says whether o was made by anything but opening.
func (o Opened) IsZero() bool { return !o.ok }

// everyStanza is the stanza number that stands for trying all.
const everyStanza = -1

// Open tries stanza number stanza (from 0) with each identity in turn; stanza
// -1 tries all. Errors: ErrNotForUs, ErrBinding, ErrFormat (wrapped). The
// result keeps nothing of ciphertext.
func Open(ciphertext []byte, b Binding, stanza int, ids []*age.HybridIdentity) (Opened, error) {
	h, err := parseHeader(ciphertext)
	if err != nil {
		return Opened{}, fmt.Errorf("open: %w", err)
	}
	if stanza < everyStanza || stanza >= h.stanzas {
		return Opened{}, fmt.Errorf("open: %w: there is no stanza %d among %d", ErrNotForUs, stanza, h.stanzas)
	}
	return open(ciphertext, h, b, &reader{ids, stanza})
}

// OpenWithFileKey opens with the key of this one message, which age checks
// against the header's MAC. Errors: ErrBinding, ErrFormat (wrapped).
func OpenWithFileKey(ciphertext []byte, b Binding, fileKey []byte) (Opened, error) {
	h, err := parseHeader(ciphertext)
	if err != nil {
		return Opened{}, fmt.Errorf("open with file key: %w", err)
	}
	if len(fileKey) != fileKeySize {
		return Opened{}, fmt.Errorf("open with file key: %w: a file key has %d bytes, not %d", ErrFormat, fileKeySize, len(fileKey))
	}
	return open(ciphertext, h, b, age.NewInjectedFileKeyIdentity(bytes.Clone(fileKey)))
}

// FileKey extracts the file key of one message, for disclosure to an arbiter:
// it opens this message and no other. All stanzas are tried. Errors:
// ErrNotForUs, ErrFormat (wrapped).
func FileKey(ciphertext []byte, ids []*age.HybridIdentity) ([]byte, error) {
	h, err := parseHeader(ciphertext)
	if err != nil {
		return nil, fmt.Errorf("file key: %w", err)
	}
	key, err := age.DecryptHeader(ciphertext[:h.size], &reader{ids, everyStanza})
	if err != nil {
		return nil, fmt.Errorf("file key: %w", classify(err))
	}
	return key, nil
}

// fileKeySize is the size of age's file key in bytes.
const fileKeySize = 16

func open(ciphertext []byte, h header, b Binding, id age.Identity) (Opened, error) {
	r, err := age.Decrypt(bytes.NewReader(ciphertext), id)
	if err != nil {
		return Opened{}, fmt.Errorf("open: %w", classify(err))
	}
	plain := make([]byte, h.inside)
	if _, err := io.ReadFull(r, plain); err != nil {
		return Opened{}, fmt.Errorf("open: %w: %w", ErrFormat, err)
	}
	// Reading on makes age check that the last chunk was the last.
	if n, err := r.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		return Opened{}, fmt.Errorf("open: %w: the payload does not end where it should", ErrFormat)
	}
	in, body, err := parseInside(plain)
	if err != nil {
		return Opened{}, fmt.Errorf("open: %w", err)
	}
	if err := in.binding.match(b); err != nil {
		return Opened{}, fmt.Errorf("open: %w", err)
	}
	return Opened{Content{in.contentType, body}, true}, nil
}

// classify turns an error of age into one of ours.
func classify(err error) error {
	var none *age.NoIdentityMatchError
	if errors.As(err, &none) {
		return fmt.Errorf("%w: %w", ErrNotForUs, err)
	}
	return fmt.Errorf("%w: %w", ErrFormat, err)
}

// reader is the identity that one party presents to age: all its keys, newest
// first, on one stanza or on all.
type reader struct {
	ids    []*age.HybridIdentity
	stanza int
}

// Unwrap implements age.Identity. Each stanza is tried alone, so that one which
// its author spoiled keeps nobody from the next. A spoiled stanza counts as one
// that does not open, unless it is the only one tried.
func (r *reader) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	if r.stanza != everyStanza {
		stanzas = stanzas[r.stanza : r.stanza+1]
	}
	var spoiled error
	for i := range stanzas {
		for _, id := range r.ids {
			fileKey, err := id.Unwrap(stanzas[i : i+1])
			if err == nil {
				return fileKey, nil
			}
			if !errors.Is(err, age.ErrIncorrectIdentity) {
				spoiled = err
			}
		}
	}
	if spoiled != nil && r.stanza != everyStanza {
		return nil, spoiled
	}
	return nil, age.ErrIncorrectIdentity
}
