package key

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"
)

// GenerateUnlock makes the identity that unlocks what is stored at rest, from
// random.
func GenerateUnlock(random io.Reader) (*age.HybridIdentity, error) { return GenerateSealing(random) }

// Lock encrypts plaintext for storage to the unlock identity's recipient, by
// age. The age library reads the system's randomness by itself.
func Lock(plaintext []byte, to *age.HybridRecipient) ([]byte, error) {
	return encrypt(plaintext, to)
}

// Unlock opens what Lock wrote.
func Unlock(ciphertext []byte, id *age.HybridIdentity) ([]byte, error) {
	return decrypt(ciphertext, id)
}

// LockIdentity encrypts an unlock identity with a passphrase, by age's scrypt
// recipient. It takes about a second and 256 MiB of memory.
func LockIdentity(id *age.HybridIdentity, passphrase string) ([]byte, error) {
	return lockIdentity(id, passphrase, passphraseWork)
}

func lockIdentity(id *age.HybridIdentity, passphrase string, work int) ([]byte, error) {
	r, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return nil, fmt.Errorf("lock identity: %w", err)
	}
	r.SetWorkFactor(work)
	return encrypt([]byte(id.String()+"\n"), r)
}

// ErrPassphrase is returned by UnlockIdentity for a passphrase that does not open it.
var ErrPassphrase = errors.New("the passphrase does not open this identity")

// UnlockIdentity opens what LockIdentity wrote.
func UnlockIdentity(ciphertext []byte, passphrase string) (*age.HybridIdentity, error) {
	s, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return nil, fmt.Errorf("unlock identity: %w", err)
	}
	s.SetMaxWorkFactor(maxPassphraseWork)
	b, err := decrypt(ciphertext, s)
	var wrong *age.NoIdentityMatchError
	if errors.As(err, &wrong) {
		return nil, ErrPassphrase
	}
	if err != nil {
		return nil, err
	}
	return ParseUnlock(b)
}

// FormatUnlock writes an unlock identity that no passphrase protects, for a
// service that starts unattended: age's own text and a newline.
func FormatUnlock(id *age.HybridIdentity) []byte { return []byte(id.String() + "\n") }

// ParseUnlock reads what FormatUnlock writes.
func ParseUnlock(b []byte) (*age.HybridIdentity, error) {
	text, ok := bytes.CutSuffix(b, []byte("\n"))
	if !ok {
		return nil, errors.New("unlock identity does not end with a newline")
	}
	id, err := age.ParseHybridIdentity(string(text))
	if err != nil || id.String() != string(text) {
		return nil, errors.New("unlock identity is not a hybrid age identity")
	}
	return id, nil
}

func encrypt(plaintext []byte, to age.Recipient) ([]byte, error) {
	var out bytes.Buffer
	w, err := age.Encrypt(&out, to)
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	if _, err := w.Write(plaintext); err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	if out.Len() > maxLocked {
		return nil, fmt.Errorf("lock: %d bytes are more than %d", out.Len(), maxLocked)
	}
	return out.Bytes(), nil
}

func decrypt(ciphertext []byte, id age.Identity) ([]byte, error) {
	if len(ciphertext) > maxLocked {
		return nil, fmt.Errorf("unlock: %d bytes are more than %d", len(ciphertext), maxLocked)
	}
	r, err := age.Decrypt(bytes.NewReader(ciphertext), id)
	if err != nil {
		return nil, fmt.Errorf("unlock: %w", err)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("unlock: %w", err)
	}
	return b, nil
}
