package home

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"detente/internal/durable"
	"detente/key"
	"filippo.io/age"
)

// ageHeader begins every age file.
const ageHeader = "age-encryption.org/v1\n"

// passphraseWork is the exponent of scrypt's N for what a passphrase protects:
// about a second and 256 MiB, as age's own default. What asks for more than
// maxPassphraseWork is refused.
const (
	passphraseWork    = 18
	maxPassphraseWork = 20
)

// MinPassphrase is the shortest passphrase for keys, in bytes: with scrypt at a
// second per guess, twelve characters of a sentence are out of reach.
const MinPassphrase = 12

// ErrNeedsPassphrase means that the unlock key is protected and nobody gave a passphrase.
var ErrNeedsPassphrase = errors.New("the unlock key is protected by a passphrase")

// Unlock reads an unlock identity; ask is called if a passphrase protects it.
func Unlock(path string, ask func() (string, error)) (*age.HybridIdentity, error) {
	b, err := readBounded(path, maxLockedKeys)
	if err != nil {
		return nil, fmt.Errorf("read the unlock key: %w", err)
	}
	if !bytes.HasPrefix(b, []byte(ageHeader)) {
		id, err := key.ParseUnlock(b)
		if err != nil {
			return nil, fmt.Errorf("unlock key %s: %w", path, err)
		}
		return id, nil
	}
	if ask == nil {
		return nil, ErrNeedsPassphrase
	}
	passphrase, err := ask()
	if err != nil {
		return nil, err
	}
	id, err := key.UnlockIdentity(b, passphrase)
	if err != nil {
		return nil, fmt.Errorf("unlock key %s: %w", path, err)
	}
	return id, nil
}

// saveUnlock makes an unlock identity and writes it to a path where nothing is yet.
func saveUnlock(random io.Reader, path, passphrase string) (*age.HybridIdentity, error) {
	if exists(path) {
		return nil, fmt.Errorf("write the unlock key: %s exists already", path)
	}
	id, err := key.GenerateUnlock(random)
	if err != nil {
		return nil, err
	}
	b := key.FormatUnlock(id)
	if passphrase != "" {
		if b, err = key.LockIdentity(id, passphrase); err != nil {
			return nil, err
		}
	}
	if err := durable.WriteFile(path, b, 0o600); err != nil {
		return nil, fmt.Errorf("write the unlock key: %w", err)
	}
	return id, nil
}

// SaveNext writes the keys to be kept offline, locked by a passphrase, to a path
// where nothing is yet. age itself opens the file.
func SaveNext(path string, next *key.Next, passphrase string) error {
	if exists(path) {
		return fmt.Errorf("write the next keys: %s exists already; it is never replaced", path)
	}
	if len(passphrase) < MinPassphrase {
		return fmt.Errorf("write the next keys: the passphrase has fewer than %d characters", MinPassphrase)
	}
	b, err := next.Bytes()
	if err != nil {
		return err
	}
	r, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return fmt.Errorf("lock the next keys: %w", err)
	}
	r.SetWorkFactor(passphraseWork)
	var out bytes.Buffer
	w, err := age.Encrypt(&out, r)
	if err != nil {
		return fmt.Errorf("lock the next keys: %w", err)
	}
	if _, err := w.Write(b); err != nil {
		return fmt.Errorf("lock the next keys: %w", err)
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("lock the next keys: %w", err)
	}
	if err := durable.WriteFile(filepath.Clean(path), out.Bytes(), 0o600); err != nil {
		return fmt.Errorf("write the next keys: %w", err)
	}
	return nil
}

// LoadNext reads what SaveNext wrote.
func LoadNext(path, passphrase string) (*key.Next, error) {
	b, err := readBounded(path, maxLockedKeys)
	if err != nil {
		return nil, fmt.Errorf("read the next keys: %w", err)
	}
	id, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return nil, fmt.Errorf("unlock the next keys: %w", err)
	}
	id.SetMaxWorkFactor(maxPassphraseWork)
	r, err := age.Decrypt(bytes.NewReader(b), id)
	var wrong *age.NoIdentityMatchError
	if errors.As(err, &wrong) {
		return nil, fmt.Errorf("unlock the next keys: %w", key.ErrPassphrase)
	}
	if err != nil {
		return nil, fmt.Errorf("unlock the next keys: %w", err)
	}
	plain, err := io.ReadAll(io.LimitReader(r, maxLockedKeys))
	if err != nil {
		return nil, fmt.Errorf("unlock the next keys: %w", err)
	}
	next, err := key.ParseNext(plain)
	if err != nil {
		return nil, fmt.Errorf("read the next keys: %w", err)
	}
	return next, nil
}
