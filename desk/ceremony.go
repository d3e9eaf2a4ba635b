package desk

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"sync"
	"time"
)

// purpose is what the answer of a passkey is for: it serves nothing else.
type purpose string

const (
	makePasskey purpose = "make"
	usePasskey  purpose = "use"
)

// ceremonies know the challenges that passkeys sign. A challenge is not stored until it
// has served: it carries its end, and a code of this process over what it is for. So
// whoever asks for challenges without end fills nothing, and a restart voids all.
type ceremonies struct {
	mu    sync.Mutex
	key   []byte           // of the code; drawn when it is first needed
	spent map[string]int64 // those that served, with their ends in Unix seconds
}

// Parts of a challenge, in bytes: random ones, its end in Unix seconds, the code.
const (
	nonceSize = 32
	endSize   = 8
	codeSize  = sha256.Size
)

// ceremonyFormat begins what the code is over.
const ceremonyFormat = "detente-passkey/v1"

// newChallenge makes a challenge for one purpose at one address; who binds it further,
// e.g. to a session. It serves for a time.
func (d *Desk) newChallenge(p purpose, who string, a Address, lasts time.Duration) (string, error) {
	b, err := d.random(nonceSize)
	if err != nil {
		return "", err
	}
	b = binary.BigEndian.AppendUint64(b, uint64(d.second()+seconds(lasts)))
	code, err := d.code(p, who, a, b)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(append(b, code...)), nil
}

// isOpen reports whether a challenge was made here for this, and its time is not over.
func (d *Desk) isOpen(p purpose, who string, a Address, challenge string) (bool, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(challenge)
	if err != nil || len(b) != nonceSize+endSize+codeSize {
		return false, nil
	}
	said, code := b[:nonceSize+endSize], b[nonceSize+endSize:]
	want, err := d.code(p, who, a, said)
	if err != nil {
		return false, err
	}
	return hmac.Equal(code, want) && d.second() < int64(binary.BigEndian.Uint64(said[nonceSize:])), nil
}

// spend uses a challenge up that isOpen passed. False: it had served before.
func (d *Desk) spend(challenge string) bool {
	c := &d.ceremonies
	c.mu.Lock()
	defer c.mu.Unlock()
	now := d.second()
	for old, end := range c.spent {
		if end <= now {
			delete(c.spent, old)
		}
	}
	if _, served := c.spent[challenge]; served {
		return false
	}
	if c.spent == nil {
		c.spent = map[string]int64{}
	}
	c.spent[challenge] = now + seconds(passkeyFor)
	return true
}

func (d *Desk) code(p purpose, who string, a Address, said []byte) ([]byte, error) {
	c := &d.ceremonies
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.key == nil {
		key, err := d.random(sha256.Size)
		if err != nil {
			return nil, err
		}
		c.key = key
	}
	h := hmac.New(sha256.New, c.key)
	h.Write([]byte(strings.Join([]string{ceremonyFormat, string(p), who, a.Origin, ""}, "\n")))
	h.Write(said)
	return h.Sum(nil), nil
}
