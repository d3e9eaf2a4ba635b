package home

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"detente/internal/durable"
	"detente/key"
	"detente/node"
	"detente/pack"
	"detente/packs"
	"detente/party"
	"detente/roster"
	"filippo.io/age"
)

// bootFile names the running period of the machine (random(4)).
const bootFile = "/proc/sys/kernel/random/boot_id"

// Options are what Open needs besides the folder.
type Options struct {
	// Identity unlocks the keys. Needed.
	Identity *age.HybridIdentity
	// Restored opens a home made from a backup although a new volume is due: to
	// read, or to open that volume.
	Restored bool
	// Wait is how long Open waits for another process to let go of the home.
	// Optional: not at all.
	Wait time.Duration
	// Log takes what operators read. Optional: discarded.
	Log *slog.Logger
	// Now is the clock. Optional: time.Now.
	Now func() time.Time
	// Rand is the source of randomness. Optional: the system's.
	Rand io.Reader
}

// Home is an open home with its node, whose loops were not started.
type Home struct {
	*Files
	Node *node.Node

	id     *age.HybridIdentity
	now    func() time.Time
	lock   *durable.Lock
	logged *slog.Logger
	random io.Reader

	rotating sync.Mutex // one rotation at a time: a staged set belongs to one act

	mu     sync.Mutex // guards what follows
	keys   *Keys
	staged *Keys
}

// ErrRestored means that the home was made from a backup: it might hold less than
// it has signed, so it goes on in a new volume of its record.
var ErrRestored = errors.New("this home was made from a backup and goes on in a new volume of its record")

// Open takes the lock of a home, unlocks its keys and opens its node. If the
// process died during a rotation, the record says which keys are in force, and
// those become the ones in use.
func Open(ctx context.Context, dir string, o Options) (*Home, error) {
	f, err := Load(dir)
	if err != nil {
		return nil, err
	}
	if f.First == nil {
		return nil, ErrNoRoster
	}
	if f.Restored && !o.Restored {
		return nil, ErrRestored
	}
	if o.Identity == nil {
		return nil, errors.New("open home: the unlock key is needed")
	}
	h := &Home{Files: f, id: o.Identity, now: o.Now, logged: o.Log, random: system(o.Rand)}
	if h.now == nil {
		h.now = time.Now
	}
	if h.lock, err = lockWithin(ctx, dir, o.Wait); err != nil {
		return nil, err
	}
	if err := h.open(ctx); err != nil {
		return nil, errors.Join(err, h.lock.Close())
	}
	return h, nil
}

// lockEvery is how often the lock is tried while another process has it.
const lockEvery = 50 * time.Millisecond

func lockWithin(ctx context.Context, dir string, wait time.Duration) (*durable.Lock, error) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	tick := time.NewTicker(lockEvery)
	defer tick.Stop()
	for {
		l, err := durable.LockDir(dir)
		if err == nil || !errors.Is(err, durable.ErrLocked) {
			return l, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-tick.C:
		}
	}
}

func (h *Home) open(ctx context.Context) error {
	if err := durable.CleanTemp(h.Dir); err != nil {
		return err
	}
	var err error
	if h.keys, err = loadKeys(filepath.Join(h.Dir, KeysFile), h.id); err != nil {
		return err
	}
	if h.keys == nil {
		return fmt.Errorf("%s is missing: restore it from a backup", KeysFile)
	}
	if h.staged, err = loadKeys(filepath.Join(h.Dir, StagedFile), h.id); err != nil {
		return err
	}
	if h.Node, err = h.openNode(ctx); err != nil {
		return err
	}
	if err := h.settle(ctx); err != nil {
		return errors.Join(err, h.Node.Close())
	}
	return nil
}

func (h *Home) openNode(ctx context.Context) (*node.Node, error) {
	texts, err := pack.NewLibrary(packs.FS)
	if err != nil {
		return nil, err
	}
	if err := private(filepath.Join(h.Dir, node.StoreFile)); err != nil {
		return nil, err
	}
	cfg := node.Config{
		Dir: h.Dir, Settings: h.Settings, Keys: h.keys.Set, Local: h.keys.Local, First: h.First, Texts: texts,
		Stage: h.stage, Promote: h.promote, Boot: boot(), Now: h.now, Rand: h.random, Log: h.logged,
	}
	return node.Open(ctx, cfg)
}

// settle makes the keys that the record says are in force the ones in use, and
// drops sealing keys whose grace is over.
func (h *Home) settle(ctx context.Context) error {
	if h.staged != nil {
		switch {
		case h.inForce(h.staged.Set):
			if err := h.promote(); err != nil {
				return err
			}
			return h.reopen(ctx)
		case h.inForce(h.keys.Set):
			h.staged = nil
			if err := h.unstage(); err != nil {
				return err
			}
		default:
			return errors.New("neither the keys in use nor those of a rotation under way are the ones that the record names: run detente doctor")
		}
	}
	grace := h.Settings.GraceDays
	if grace == 0 {
		grace = defaultGrace
	}
	fewer, due := h.keys.expired(time.Duration(grace)*24*time.Hour, h.now())
	if !due {
		return nil
	}
	// A key is destroyed for good: the own clock alone, which may be wrong, is not
	// enough where others' heads tell the time too.
	others, known, err := h.Node.OthersTime(ctx)
	if err != nil {
		return err
	}
	if known {
		if fewer, due = h.keys.expired(time.Duration(grace)*24*time.Hour, earlier(h.now(), others)); !due {
			return nil
		}
	}
	if err := fewer.save(filepath.Join(h.Dir, KeysFile), h.id); err != nil {
		return err
	}
	h.keys = fewer
	return h.reopen(ctx)
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// defaultGrace is that of node.Settings, in days.
const defaultGrace = 30

func (h *Home) reopen(ctx context.Context) error {
	if err := h.Node.Close(); err != nil {
		return err
	}
	n, err := h.openNode(ctx)
	if err != nil {
		return err
	}
	h.Node = n
	return nil
}

// inForce reports whether the public keys of a set are the ones that the record
// names for this party.
func (h *Home) inForce(s *key.Set) bool {
	keys, at := h.Node.Keys(), h.now()
	o := h.Node.Origin()
	size := int64(0)
	if head, ok := h.Node.Head(); ok {
		size = head.Head().Size
	}
	record, ok := keys.Record(o, size)
	if !ok || record.AtOrigin(o).VerifierLines() != s.Record.Public.AtOrigin(o).VerifierLines() {
		return false
	}
	if !current(keys, h.Settings.Party, key.Witness, s.Witness.Public) || !current(keys, h.Settings.Party, key.Mirror, s.Mirror.Public) {
		return false
	}
	sealing, ok := keys.Sealing(h.Settings.Party, at)
	if !ok || sealing != s.Sealing[0].Recipient().String() {
		return false
	}
	pin, ok := keys.Transport(h.Settings.Party, at)
	return ok && pin == s.Transport.Pin()
}

func current(keys *roster.Keys, id party.ID, role key.Role, c key.Cosigner) bool {
	list := keys.Cosigners(id, role)
	return len(list) > 0 && list[0].Key.Equal(c)
}

// Close closes the node and lets go of the home.
func (h *Home) Close() error {
	return errors.Join(h.Node.Close(), h.lock.Close())
}

// Keys is the key set in use and since when each sealing identity has been.
func (h *Home) Keys() *Keys {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.keys
}

// Rotate runs f, which rotates a key of the node, with no other rotation beside it.
func (h *Home) Rotate(f func() error) error {
	h.rotating.Lock()
	defer h.rotating.Unlock()
	return f()
}

// MarkNewVolume takes the mark of a restored home away, once its new volume is open.
func (h *Home) MarkNewVolume() error {
	if !h.Restored {
		return nil
	}
	if err := os.Remove(filepath.Join(h.Dir, RestoredFile)); err != nil {
		return fmt.Errorf("take the mark of the restore away: %w", err)
	}
	h.Restored = false
	return nil
}

// boot names the running period of this machine, or "" where it has no name.
func boot() string {
	b, err := os.ReadFile(bootFile)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// Time is the time by the home's clock.
func (h *Home) Time() time.Time { return h.now().UTC() }

// private makes a file, if there is none, that this account alone can read; the
// store's companions take its mode over.
func private(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("make the store: %w", err)
	}
	return f.Close()
}
