package home

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"detente/internal/canon"
	"detente/internal/durable"
	"detente/node"
	"detente/party"
)

// backupFormat is the first value of a backup's list of files.
const backupFormat = "detente.backup/v1"

// manifestFile is the first file of a backup.
const manifestFile = "backup.json"

const (
	// maxManifest bounds the list of files, in bytes: six files of 200 bytes each.
	maxManifest = 16 << 10
	// maxStore bounds a restored store, in bytes: 1 TiB, thirty years of a very
	// busy group.
	maxStore = 1 << 40
)

// Manifest is the list of files of a backup. The unlock key is never among them.
type Manifest struct {
	Format  string       `json:"format"`
	Party   party.ID     `json:"party"`
	Origin  party.Origin `json:"origin"` // newest volume of the own record
	Acts    int64        `json:"acts"`   // in it
	Written string       `json:"written"`
	Files   []Saved      `json:"files"`
}

// Saved is one file of a backup.
type Saved struct {
	Name   string       `json:"name"`
	Size   int64        `json:"size"` // bytes
	Digest canon.Digest `json:"digest"`
}

// saved are the files that a backup may hold, in order.
func saved() []string {
	return []string{SettingsFile, CardFile, RosterFile, KeysFile, StagedFile, node.StoreFile}
}

// Backup writes a copy of the home at one moment as a tar file, while the node runs.
// The unlock key is not in it.
func (h *Home) Backup(ctx context.Context, w io.Writer) (*Manifest, error) {
	dir, err := durable.TempDir(h.Dir)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	m, err := h.copyTo(ctx, dir)
	if err != nil {
		return nil, err
	}
	if err := writeBackup(w, dir, m, h.now()); err != nil {
		return nil, fmt.Errorf("write the backup: %w", err)
	}
	return m, durable.WriteFile(filepath.Join(h.Dir, BackupFile), []byte(m.Written+"\n"), 0o600)
}

// copyTo copies the files of the home into a folder. No key is rotated meanwhile:
// the keys are those that the store names.
func (h *Home) copyTo(ctx context.Context, dir string) (*Manifest, error) {
	h.rotating.Lock()
	defer h.rotating.Unlock()
	m := &Manifest{Format: backupFormat, Party: h.Settings.Party, Origin: h.Node.Origin(), Written: canon.FormatTime(h.now())}
	if head, ok := h.Node.Head(); ok {
		m.Acts = head.Head().Size
	}
	for _, name := range saved() {
		to := filepath.Join(dir, name)
		var err error
		if name == node.StoreFile {
			err = h.Node.Backup(ctx, to)
		} else {
			err = copyFile(to, filepath.Join(h.Dir, name))
		}
		if errors.Is(err, fs.ErrNotExist) && name == StagedFile {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("copy %s: %w", name, err)
		}
		s, err := measure(to, name)
		if err != nil {
			return nil, fmt.Errorf("read the copy of %s: %w", name, err)
		}
		m.Files = append(m.Files, s)
	}
	return m, nil
}

func copyFile(to, from string) error {
	b, err := readBounded(from, canon.MaxJSON)
	if err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o600)
}

func measure(path, name string) (Saved, error) {
	f, err := os.Open(path)
	if err != nil {
		return Saved{}, err
	}
	defer f.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, f)
	return Saved{Name: name, Size: n, Digest: canon.Digest(sum.Sum(nil))}, err
}

func writeBackup(w io.Writer, dir string, m *Manifest, now time.Time) error {
	list, err := canon.JSON(m)
	if err != nil {
		return err
	}
	t := tar.NewWriter(w)
	head := tar.Header{Typeflag: tar.TypeReg, Name: manifestFile, Size: int64(len(list)), Mode: 0o600, ModTime: now.Truncate(time.Second), Format: tar.FormatPAX}
	if err := t.WriteHeader(&head); err != nil {
		return err
	}
	if _, err := t.Write(list); err != nil {
		return err
	}
	for _, s := range m.Files {
		head.Name, head.Size = s.Name, s.Size
		if err := t.WriteHeader(&head); err != nil {
			return err
		}
		if err := writeFile(t, filepath.Join(dir, s.Name)); err != nil {
			return err
		}
	}
	return t.Close()
}

func writeFile(w io.Writer, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(w, f)
	return err
}

// LastBackup is when the last backup of a home was written, or zero.
func LastBackup(dir string) (time.Time, error) {
	b, err := readBounded(filepath.Join(dir, BackupFile), 64)
	if errors.Is(err, fs.ErrNotExist) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	return canon.ParseTime(string(bytes.TrimSuffix(b, []byte("\n"))))
}

// Restore makes a home of a backup in a folder that is empty or does not exist.
// The home is marked: it might hold less than it has signed, so it goes on in a
// new volume. The settings are written last: a restore that was cut off leaves
// no home.
func Restore(dir string, r io.Reader) (*Manifest, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("restore: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("restore: %w", err)
	}
	for _, e := range entries {
		if e.Name() != UnlockFile {
			return nil, fmt.Errorf("restore: %s is not empty: %s is there; a restore never overwrites", dir, e.Name())
		}
	}
	t := tar.NewReader(r)
	m, err := readManifest(t)
	if err != nil {
		return nil, fmt.Errorf("read the backup: %w", err)
	}
	if err := durable.WriteFile(filepath.Join(dir, RestoredFile), []byte(m.Written+"\n"), 0o600); err != nil {
		return nil, fmt.Errorf("restore: %w", err)
	}
	const waiting = SettingsFile + ".waiting"
	for _, s := range m.Files {
		to := filepath.Join(dir, s.Name)
		if s.Name == SettingsFile {
			to = filepath.Join(dir, waiting)
		}
		if err := restoreFile(t, to, s); err != nil {
			return nil, fmt.Errorf("read the backup: %s: %w", s.Name, err)
		}
	}
	if _, err := t.Next(); !errors.Is(err, io.EOF) {
		return nil, errors.New("read the backup: something follows the last file of its list")
	}
	if err := os.Rename(filepath.Join(dir, waiting), filepath.Join(dir, SettingsFile)); err != nil {
		return nil, fmt.Errorf("restore: %w", err)
	}
	return m, nil
}

func readManifest(t *tar.Reader) (*Manifest, error) {
	head, err := t.Next()
	if err != nil {
		return nil, fmt.Errorf("it is no tar file: %w", err)
	}
	if head.Name != manifestFile || head.Typeflag != tar.TypeReg || head.Size > maxManifest {
		return nil, fmt.Errorf("it does not begin with %s", manifestFile)
	}
	b, err := io.ReadAll(t)
	if err != nil {
		return nil, err
	}
	return parseManifest(b)
}

func parseManifest(b []byte) (*Manifest, error) {
	var m Manifest
	if err := canon.ParseJSON(b, &m); err != nil {
		return nil, fmt.Errorf("%s: %w", manifestFile, err)
	}
	if m.Format != backupFormat {
		return nil, fmt.Errorf("%s: format %q where %q belongs", manifestFile, m.Format, backupFormat)
	}
	if _, err := canon.ParseTime(m.Written); err != nil {
		return nil, fmt.Errorf("%s: written: %w", manifestFile, err)
	}
	if m.Party == "" || m.Origin == "" || m.Acts < 0 {
		return nil, fmt.Errorf("%s: party, origin or number of acts is missing", manifestFile)
	}
	last := -1
	for _, s := range m.Files {
		i := slices.Index(saved(), s.Name)
		if i <= last {
			return nil, fmt.Errorf("%s: %q is no file of a backup, or not in its place", manifestFile, s.Name)
		}
		last = i
		if s.Size < 0 || s.Size > maxStore || s.Name != node.StoreFile && s.Size > canon.MaxJSON {
			return nil, fmt.Errorf("%s: %s has %d bytes", manifestFile, s.Name, s.Size)
		}
	}
	for _, name := range saved() {
		if name != StagedFile && !slices.ContainsFunc(m.Files, func(s Saved) bool { return s.Name == name }) {
			return nil, fmt.Errorf("%s: %s is missing", manifestFile, name)
		}
	}
	return &m, nil
}

func restoreFile(t *tar.Reader, path string, s Saved) error {
	head, err := t.Next()
	if err != nil {
		return fmt.Errorf("it is missing: %w", err)
	}
	if head.Name != s.Name || head.Typeflag != tar.TypeReg || head.Size != s.Size || isSparse(head) {
		return errors.New("it is not as the list of files says")
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	sum := sha256.New()
	if _, err = io.Copy(io.MultiWriter(f, sum), t); err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if canon.Digest(sum.Sum(nil)) != s.Digest {
		return errors.New("its bytes are not those that were saved")
	}
	return nil
}

// isSparse reports whether a file has holes, which the archive does not hold.
func isSparse(head *tar.Header) bool {
	for name := range head.PAXRecords {
		if strings.HasPrefix(name, "GNU.sparse.") {
			return true
		}
	}
	return false
}
