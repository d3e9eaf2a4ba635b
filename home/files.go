package home

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"detente/internal/canon"
	"detente/internal/durable"
	"detente/key"
	"detente/node"
	"detente/roster"
)

// Files of a home, beside those that package node names.
const (
	SettingsFile = "node.json"     // node.Settings
	RosterFile   = "roster.json"   // the roster that this home is pinned to
	CardFile     = "card.json"     // the public half of the keys, with the commitments
	KeysFile     = "keys.age"      // keys in use, locked to the unlock identity
	StagedFile   = "keys.next.age" // keys of a rotation under way
	UnlockFile   = "unlock.key"    // the unlock identity, unless it is kept elsewhere
	SocketFile   = "control.sock"  // door of a running node
	SessionFile  = "session"       // token of the officer who signed in here
	RestoredFile = "restored"      // mark: made from a backup, a new volume is due
	BackupFile   = "backup.last"   // when the last backup was written
)

const (
	// maxSettings bounds node.json, in bytes: a policy for each of 128 parties
	// takes under 8 kB.
	maxSettings = 64 << 10
	// maxLockedKeys bounds a locked key file, in bytes: a full set has about
	// 5 kB, doubled by base64 and age's armour-free framing.
	maxLockedKeys = 128 << 10
)

// ErrNoHome means that the folder is not a home.
var ErrNoHome = errors.New("there is no home in this folder")

// ErrNoRoster means that the home has keys and awaits a roster.
var ErrNoRoster = errors.New("this home awaits the roster of its group")

// Files is what a home says without its keys.
type Files struct {
	Dir      string
	Settings node.Settings
	Card     key.Card
	First    *roster.Roster // nil: the home awaits a roster
	Restored bool           // made from a backup: a new volume is due
}

// Load reads the files of a home that need no key. It takes no lock.
func Load(dir string) (*Files, error) {
	f := &Files{Dir: dir}
	b, err := readBounded(filepath.Join(dir, SettingsFile), maxSettings)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s", ErrNoHome, dir)
	}
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	if f.Settings, err = readSettings(b); err != nil {
		return nil, err
	}
	if b, err = readBounded(filepath.Join(dir, CardFile), maxSettings); err != nil {
		return nil, fmt.Errorf("read the own card: %w", err)
	}
	if f.Card, err = key.ParseCard(b); err != nil {
		return nil, fmt.Errorf("read the own card: %w", err)
	}
	if f.First, err = loadRoster(dir); err != nil {
		return nil, err
	}
	_, err = os.Stat(filepath.Join(dir, RestoredFile))
	f.Restored = err == nil
	return f, nil
}

func loadRoster(dir string) (*roster.Roster, error) {
	b, err := readBounded(filepath.Join(dir, RosterFile), canon.MaxJSON)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the pinned roster: %w", err)
	}
	r, err := roster.Parse(b)
	if err != nil {
		return nil, fmt.Errorf("read the pinned roster: %w", err)
	}
	return r, nil
}

// readSettings reads node.json. A person may have edited it, so spacing is free.
func readSettings(b []byte) (node.Settings, error) {
	var s node.Settings
	if err := canon.ReadJSON(b, &s); err != nil {
		return s, fmt.Errorf("read %s: %w", SettingsFile, err)
	}
	if s.Party == "" {
		return s, fmt.Errorf("read %s: the party is missing", SettingsFile)
	}
	for id, p := range s.Receipts {
		switch p {
		case node.Automatic, node.ByHand, node.ByDelegation, node.None:
		default:
			return s, fmt.Errorf("read %s: receipts for %s: %q is none of automatic, by-hand, by-delegation, none", SettingsFile, id, p)
		}
	}
	if s.HeartbeatSeconds < 0 || s.SkewSeconds < 0 || s.GraceDays < 0 {
		return s, fmt.Errorf("read %s: a duration is below zero", SettingsFile)
	}
	if (s.DeskCertificate == "") != (s.DeskKey == "") {
		return s, fmt.Errorf("read %s: desk_certificate and desk_key are given both or not at all", SettingsFile)
	}
	return s, nil
}

// SaveSettings replaces node.json.
func SaveSettings(dir string, s node.Settings) error {
	b, err := canon.JSON(s)
	if err != nil {
		return fmt.Errorf("write settings: %w", err)
	}
	if _, err := readSettings(b); err != nil {
		return err
	}
	return durable.WriteFile(filepath.Join(dir, SettingsFile), b, 0o600)
}

// readBounded reads a file of at most most bytes.
func readBounded(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var b bytes.Buffer
	n, err := io.Copy(&b, io.LimitReader(f, most+1))
	if err != nil {
		return nil, err
	}
	if n > most {
		return nil, fmt.Errorf("%s has more than %d bytes", filepath.Base(path), most)
	}
	return b.Bytes(), nil
}

// exists says whether a path names something.
func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
