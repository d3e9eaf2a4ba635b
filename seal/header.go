package seal

import (
	"bytes"
	"encoding/base64"
	"fmt"
)

// The lines of an age v1 header. A hybrid stanza has one argument, the
// encapsulation, and a body of one line, the wrapped file key.
const (
	intro        = "age-encryption.org/v1\n"
	stanzaPrefix = "-> mlkem768x25519 "
	macPrefix    = "--- "
)

// header is what is known of a ciphertext without a key.
type header struct {
	stanzas int // number of them
	size    int // of the header in bytes
	inside  int // size of what is inside, in bytes
}

// CheckHeader is what a custodian checks without a key: an age v1 header of
// exactly n hybrid stanzas, well formed, and a padded size. It cannot see
// whether a stanza opens. The error wraps ErrFormat.
func CheckHeader(ciphertext []byte, n int) error {
	h, err := parseHeader(ciphertext)
	if err != nil {
		return err
	}
	if h.stanzas != n {
		return fmt.Errorf("%w: %d stanzas where %d belong", ErrFormat, h.stanzas, n)
	}
	return nil
}

// parseHeader reads the header strictly; all of its lines have fixed lengths.
// Errors name the offset in bytes and wrap ErrFormat.
func parseHeader(ciphertext []byte) (header, error) {
	if len(ciphertext) > MaxSize {
		return header{}, fmt.Errorf("%w: %d bytes, more than %d", ErrFormat, len(ciphertext), MaxSize)
	}
	rest, ok := bytes.CutPrefix(ciphertext, []byte(intro))
	if !ok {
		return header{}, fmt.Errorf("%w: does not begin as an age v1 file", ErrFormat)
	}
	h := header{size: introSize}
	for ; bytes.HasPrefix(rest, []byte("->")); h.stanzas++ {
		if h.stanzas == MaxRecipients {
			return header{}, fmt.Errorf("%w: more than %d stanzas", ErrFormat, MaxRecipients)
		}
		if !isStanza(rest) {
			return header{}, fmt.Errorf("%w: stanza %d, at byte %d, is not a hybrid stanza", ErrFormat, h.stanzas, h.size)
		}
		rest = rest[stanzaSize:]
		h.size += stanzaSize
	}
	if h.stanzas == 0 {
		return header{}, fmt.Errorf("%w: no stanza at byte %d", ErrFormat, h.size)
	}
	if len(rest) < macSize || string(rest[:len(macPrefix)]) != macPrefix || !isBase64Line(rest[len(macPrefix):], encodedEnd) {
		return header{}, fmt.Errorf("%w: no line of the MAC at byte %d", ErrFormat, h.size)
	}
	h.size += macSize
	var err error
	h.inside, err = insideSize(len(ciphertext) - h.size)
	return h, err
}

// isStanza says whether b begins with one well-formed hybrid stanza.
func isStanza(b []byte) bool {
	return len(b) >= stanzaSize &&
		string(b[:len(stanzaPrefix)]) == stanzaPrefix &&
		isBase64Line(b[len(stanzaPrefix):], encodedKey) &&
		isBase64Line(b[len(stanzaPrefix)+encodedKey+1:], encodedEnd)
}

// isBase64Line says whether b begins with n characters of base64 without
// padding, unused bits zero, and a newline.
func isBase64Line(b []byte, n int) bool {
	if len(b) <= n || b[n] != '\n' || bytes.ContainsAny(b[:n], "\r\n") {
		return false
	}
	var buf [encodedKey]byte // more than n characters can hold
	_, err := base64.RawStdEncoding.Strict().Decode(buf[:], b[:n])
	return err == nil
}

// insideSize is the plaintext size of an age payload of n bytes, nonce
// included; it must be one that padding gives.
func insideSize(n int) (int, error) {
	body := n - nonceSize
	chunks := (body + chunkSize + tagSize - 1) / (chunkSize + tagSize)
	size := body - chunks*tagSize
	if body <= 0 || (size+chunkSize-1)/chunkSize != chunks {
		return 0, fmt.Errorf("%w: a payload of %d bytes is cut short", ErrFormat, n)
	}
	if size > maxInside || size != padded(size) {
		return 0, fmt.Errorf("%w: the content is not padded to a size that this format has: %d bytes", ErrFormat, size)
	}
	return size, nil
}

// ciphertextSize is the size in bytes of a ciphertext with n stanzas around an
// inside of size bytes.
func ciphertextSize(n, size int) int {
	chunks := (size + chunkSize - 1) / chunkSize
	return introSize + n*stanzaSize + macSize + nonceSize + size + chunks*tagSize
}
