package home

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"detente/desk"
	"detente/internal/canon"
	"detente/internal/durable"
	"detente/key"
	"detente/node"
	"detente/party"
	"detente/roster"
)

// Making says what a new home is for.
type Making struct {
	Dir      string
	Party    party.ID
	Names    map[string]string // of the party, by language. Optional: the id, in English.
	Listen   string            // host:port of the listener; may be empty
	ForGroup bool              // keys and card only: the home awaits a roster
	// From is another home whose officers, with their passphrases, and clearance
	// chain are taken over. Optional.
	From string
	// Unlock is where the unlock key is written. Optional: in the home.
	Unlock string
	// UnlockPassphrase protects the unlock key. Optional: nothing does, and a
	// service can start unattended.
	UnlockPassphrase string
	// Next is where the keys to be kept offline are written, locked by
	// NextPassphrase.
	Next           string
	NextPassphrase string
	// Now and Rand are optional: the system's.
	Now  func() time.Time
	Rand io.Reader
}

// Made says what was made.
type Made struct {
	Card   key.Card
	Unlock string
	Next   string
	Group  party.Group  // zero for a home that awaits a roster
	Digest canon.Digest // of the pinned roster; zero for such a home
}

// Make makes a home where none is. Alone, it is pinned to a private group of
// one, whose roster it adopts at once. The settings are written last, so a home
// that was not finished is none; what it left behind is named by the error of
// the next attempt.
func Make(ctx context.Context, m Making) (*Made, error) {
	if _, err := party.ParseID(string(m.Party)); err != nil {
		return nil, err
	}
	if m.Now == nil {
		m.Now = time.Now
	}
	if m.Next == "" {
		return nil, errors.New("say where the next keys are to be written")
	}
	m.Rand = system(m.Rand)
	if err := os.MkdirAll(m.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the home: %w", err)
	}
	if err := os.Chmod(m.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the home: %w", err)
	}
	lock, err := durable.LockDir(m.Dir)
	if err != nil {
		return nil, err
	}
	made, err := m.make(ctx)
	if err := errors.Join(err, lock.Close()); err != nil {
		return nil, err
	}
	if m.ForGroup {
		return made, nil
	}
	return made, m.alone(ctx, made)
}

func (m *Making) make(ctx context.Context) (*Made, error) {
	for _, name := range []string{SettingsFile, KeysFile, CardFile, RosterFile, node.StoreFile} {
		if exists(filepath.Join(m.Dir, name)) {
			return nil, fmt.Errorf("make the home: %s is there already in %s", name, m.Dir)
		}
	}
	origin, err := party.GenerateOrigin(m.Rand, m.Party)
	if err != nil {
		return nil, err
	}
	generate := func(r io.Reader) (*key.Set, *key.Next, error) { return key.Generate(r, origin) }
	keys, next, err := generateKeys(m.Rand, generate, m.Now())
	if err != nil {
		return nil, err
	}
	made := &Made{Card: keys.Set.Card(next), Unlock: m.Unlock, Next: m.Next}
	if made.Unlock == "" {
		made.Unlock = filepath.Join(m.Dir, UnlockFile)
	}
	if err := SaveNext(m.Next, next, m.NextPassphrase); err != nil {
		return nil, err
	}
	id, err := saveUnlock(m.Rand, made.Unlock, m.UnlockPassphrase)
	if err != nil {
		return nil, err
	}
	if err := keys.save(filepath.Join(m.Dir, KeysFile), id); err != nil {
		return nil, err
	}
	card, err := made.Card.Bytes()
	if err != nil {
		return nil, err
	}
	if err := durable.WriteFile(filepath.Join(m.Dir, CardFile), card, 0o644); err != nil {
		return nil, fmt.Errorf("write the card: %w", err)
	}
	if m.From != "" {
		if err := copyOfficers(ctx, m.From, m.Dir, m.Now, m.Rand); err != nil {
			return nil, err
		}
	}
	return made, SaveSettings(m.Dir, node.Settings{Party: m.Party, Listen: m.Listen, Receipts: map[string]node.Policy{}, NoLink: []party.ID{}})
}

// alone pins the roster of a private group of one and adopts it.
func (m *Making) alone(ctx context.Context, made *Made) error {
	group, err := party.GenerateGroup(m.Rand)
	if err != nil {
		return err
	}
	names := m.Names
	if len(names) == 0 {
		names = map[string]string{"en": string(m.Party)}
	}
	r := &roster.Roster{
		Format: roster.Format, Group: group, Edition: 1, Effective: canon.FormatTime(m.Now()),
		Names: names, Languages: languages(names), Adoption: roster.AdoptionAll,
		Parties: []roster.Party{{ID: m.Party, Standing: roster.Member, Names: names, Card: &made.Card}},
	}
	b, err := r.Bytes()
	if err != nil {
		return err
	}
	id, err := Unlock(made.Unlock, func() (string, error) { return m.UnlockPassphrase, nil })
	if err != nil {
		return err
	}
	joined, err := Join(ctx, m.Dir, b, Options{Identity: id, Now: m.Now, Rand: m.Rand})
	if err != nil {
		return err
	}
	made.Group, made.Digest = group, joined.Digest
	return nil
}

// languages of a private group: those that the party has a name in, English first.
func languages(names map[string]string) []string {
	out := []string{}
	for _, l := range []string{"en", "ru"} {
		if names[l] != "" {
			out = append(out, l)
		}
	}
	for _, l := range slices.Sorted(maps.Keys(names)) {
		if l != "en" && l != "ru" {
			out = append(out, l)
		}
	}
	return out
}

// Joined says what Join pinned.
type Joined struct {
	Group  party.Group
	Digest canon.Digest // of the roster: what people compare
	Faults []roster.Fault
	Act    string // the adoption in the own record
}

// Join pins the first roster of a group in a home that awaits one, and adopts
// it. The roster must have passed the linter and hold the own card unaltered.
// After a stop in between it goes on where it was.
func Join(ctx context.Context, dir string, body []byte, o Options) (*Joined, error) {
	f, err := Load(dir)
	if err != nil {
		return nil, err
	}
	r, err := roster.Parse(body)
	if err != nil {
		return nil, err
	}
	j := &Joined{Group: r.Group, Digest: r.Digest()}
	if f.First != nil && f.First.Digest() != j.Digest {
		return nil, fmt.Errorf("this home is pinned to the roster %s and belongs to its group for good; make a home of its own for another group", f.First.Digest())
	}
	if err := CheckOwn(r, f.Settings.Party, f.Card); err != nil {
		return nil, err
	}
	if j.Faults = r.Lint(nil); roster.Refused(j.Faults) {
		return j, &RefusedError{Faults: j.Faults}
	}
	if f.First == nil {
		if err := durable.WriteFile(filepath.Join(dir, RosterFile), body, 0o600); err != nil {
			return nil, fmt.Errorf("pin the roster: %w", err)
		}
	}
	h, err := Open(ctx, dir, o)
	if err != nil {
		return nil, err
	}
	if f.First == nil { // made just now: not one that lost its store
		if err := h.Node.Confirm(ctx); err != nil {
			return nil, errors.Join(err, h.Close())
		}
	}
	ref, err := h.Node.Adopt(ctx, desk.Console, body)
	if err := errors.Join(err, h.Close()); err != nil {
		return nil, err
	}
	j.Act = ref.String()
	return j, nil
}

// RefusedError lists why a roster is not adopted.
type RefusedError struct{ Faults []roster.Fault }

// Error names the first severe fault.
func (e *RefusedError) Error() string {
	for _, f := range e.Faults {
		if f.Severe {
			return "the roster is refused: " + f.String()
		}
	}
	return "the roster is refused"
}

// ErrOwnCard means that a roster does not hold the own card as it was handed out.
var ErrOwnCard = errors.New("the roster does not hold the card of this home unaltered")

// CheckOwn refuses a roster in which the own party is missing or has other keys
// than the card of this home says.
func CheckOwn(r *roster.Roster, id party.ID, card key.Card) error {
	p, ok := r.Party(id)
	switch {
	case !ok:
		return fmt.Errorf("%w: %s is no party of it", ErrOwnCard, id)
	case p.Card == nil:
		return fmt.Errorf("%w: %s has none in it", ErrOwnCard, id)
	case *p.Card != card:
		return fmt.Errorf("%w: that of %s has other keys; do not go on, call the scribe", ErrOwnCard, id)
	}
	return nil
}

// copyOfficers takes over the accounts and the chain of another home, which may
// be in use meanwhile.
func copyOfficers(ctx context.Context, from, to string, now func() time.Time, random io.Reader) error {
	if !exists(filepath.Join(from, node.StoreFile)) {
		return fmt.Errorf("take officers over: %w: %s", ErrNoHome, from)
	}
	source, err := durable.Open(ctx, filepath.Join(from, node.StoreFile))
	if err != nil {
		return fmt.Errorf("take officers over: %w", err)
	}
	defer source.Close()
	if err := private(filepath.Join(to, node.StoreFile)); err != nil {
		return err
	}
	target, err := durable.Open(ctx, filepath.Join(to, node.StoreFile))
	if err != nil {
		return fmt.Errorf("take officers over: %w", err)
	}
	err = desk.TakeOver(ctx, target, desk.Open(target, now, random), source)
	return errors.Join(err, target.Close())
}
