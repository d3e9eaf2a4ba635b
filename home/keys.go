package home

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"detente/internal/canon"
	"detente/internal/durable"
	"detente/key"
	"filippo.io/age"
)

// keysFormat is the first value of what keys.age holds.
const keysFormat = "detente.home-keys/v1"

// Keys is what keys.age holds: the key set in use, the key of contents that are
// kept locally, and since when each sealing identity has been in use.
type Keys struct {
	Set   *key.Set
	Local [32]byte
	Since []time.Time // of Set.Sealing, same order: newest first
}

// storedKeys is Keys at rest, canonical JSON; Set is the text of key.Set.Bytes.
type storedKeys struct {
	Format string   `json:"format"`
	Local  string   `json:"local"`
	Since  []string `json:"since"`
	Set    string   `json:"set"`
}

func (k *Keys) bytes() ([]byte, error) {
	set, err := k.Set.Bytes()
	if err != nil {
		return nil, err
	}
	st := storedKeys{Format: keysFormat, Local: canon.Base64(k.Local[:]), Set: canon.Base64(set)}
	for _, t := range k.Since {
		st.Since = append(st.Since, canon.FormatTime(t))
	}
	return canon.JSON(st)
}

// parseKeys reads what bytes writes, and nothing else.
func parseKeys(b []byte) (*Keys, error) {
	var st storedKeys
	if err := canon.ParseJSON(b, &st); err != nil {
		return nil, fmt.Errorf("keys of the home: %w", err)
	}
	if st.Format != keysFormat {
		return nil, fmt.Errorf("keys of the home: format %q where %q belongs", st.Format, keysFormat)
	}
	k := &Keys{}
	local, err := canon.ParseBase64(st.Local)
	if err != nil || len(local) != len(k.Local) {
		return nil, errors.New("keys of the home: the local key is not 32 bytes in base64")
	}
	copy(k.Local[:], local)
	set, err := canon.ParseBase64(st.Set)
	if err != nil {
		return nil, fmt.Errorf("keys of the home: set: %w", err)
	}
	if k.Set, err = key.ParseSet(set); err != nil {
		return nil, fmt.Errorf("keys of the home: %w", err)
	}
	if len(st.Since) != len(k.Set.Sealing) {
		return nil, fmt.Errorf("keys of the home: %d times for %d sealing identities", len(st.Since), len(k.Set.Sealing))
	}
	for i, s := range st.Since {
		t, err := canon.ParseTime(s)
		if err != nil {
			return nil, fmt.Errorf("keys of the home: since, number %d: %w", i+1, err)
		}
		k.Since = append(k.Since, t)
	}
	return k, nil
}

// generateKeys makes the keys of a new home and those to be kept offline.
func generateKeys(random io.Reader, g func(io.Reader) (*key.Set, *key.Next, error), now time.Time) (*Keys, *key.Next, error) {
	set, next, err := g(random)
	if err != nil {
		return nil, nil, err
	}
	k := &Keys{Set: set, Since: []time.Time{now}}
	if _, err := io.ReadFull(random, k.Local[:]); err != nil {
		return nil, nil, fmt.Errorf("generate the local key: %w", err)
	}
	return k, next, nil
}

// save locks k and replaces the file.
func (k *Keys) save(path string, id *age.HybridIdentity) error {
	b, err := k.bytes()
	if err != nil {
		return err
	}
	locked, err := key.Lock(b, id.Recipient())
	if err != nil {
		return err
	}
	if err := durable.WriteFile(path, locked, 0o600); err != nil {
		return fmt.Errorf("write keys: %w", err)
	}
	return nil
}

// loadKeys opens a key file; it returns nil without an error if there is none.
func loadKeys(path string, id *age.HybridIdentity) (*Keys, error) {
	b, err := readBounded(path, maxLockedKeys)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	plain, err := key.Unlock(b, id)
	var wrong *age.NoIdentityMatchError
	if errors.As(err, &wrong) {
		return nil, fmt.Errorf("the unlock key does not open %s: it is of another home", filepath.Base(path))
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", filepath.Base(path), err)
	}
	return parseKeys(plain)
}

// with is k with another set: identities that are new in it are in use since now.
func (k *Keys) with(set *key.Set, now time.Time) *Keys {
	n := &Keys{Set: set, Local: k.Local}
	for _, id := range set.Sealing {
		since := now
		if i := slices.IndexFunc(k.Set.Sealing, func(o *age.HybridIdentity) bool { return o.String() == id.String() }); i >= 0 {
			since = k.Since[i]
		}
		n.Since = append(n.Since, since)
	}
	return n
}

// expired is k without the sealing identities that were replaced longer than
// grace ago, and whether that is fewer. What was sealed to them and opened is
// kept re-encrypted; what never arrived cannot be read any more.
func (k *Keys) expired(grace time.Duration, now time.Time) (*Keys, bool) {
	for i := 1; i < len(k.Since); i++ {
		if now.Sub(k.Since[i-1]) > grace {
			return &Keys{Set: k.Set.DropSealing(i), Local: k.Local, Since: k.Since[:i]}, true
		}
	}
	return k, false
}

// stage keeps a set beside the one in use, and promote puts it in its place.
func (h *Home) stage(set *key.Set) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	k := h.keys.with(set, h.now())
	if err := k.save(filepath.Join(h.Dir, StagedFile), h.id); err != nil {
		return err
	}
	h.staged = k
	return nil
}

func (h *Home) promote() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.staged == nil {
		return errors.New("promote keys: none are staged")
	}
	if err := h.staged.save(filepath.Join(h.Dir, KeysFile), h.id); err != nil {
		return err
	}
	h.keys, h.staged = h.staged, nil
	return h.unstage()
}

// unstage removes the staged file, once it says nothing that keys.age does not.
func (h *Home) unstage() error {
	err := os.Remove(filepath.Join(h.Dir, StagedFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove staged keys: %w", err)
	}
	return nil
}

// system is the randomness of the system.
func system(r io.Reader) io.Reader {
	if r == nil {
		return rand.Reader
	}
	return r
}
