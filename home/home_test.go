package home

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"detente/desk"
	"detente/internal/canon"
	"detente/internal/durable"
	"detente/key"
	"detente/node"
	"filippo.io/age"
)

const passphrase = "correct horse battery staple"

// made makes a home of a private group of one and returns its folder, the unlock
// identity and where the next keys are.
func made(t *testing.T, change func(*Making)) (string, *age.HybridIdentity, string) {
	t.Helper()
	dir := t.TempDir()
	m := Making{Dir: filepath.Join(dir, "home"), Party: "alatau", Next: filepath.Join(dir, "next.age"), NextPassphrase: passphrase}
	if change != nil {
		change(&m)
	}
	out, err := Make(context.Background(), m)
	if err != nil {
		t.Fatal(err)
	}
	id, err := Unlock(out.Unlock, func() (string, error) { return m.UnlockPassphrase, nil })
	if err != nil {
		t.Fatal(err)
	}
	return m.Dir, id, m.Next
}

func open(t *testing.T, dir string, id *age.HybridIdentity, change func(*Options)) *Home {
	t.Helper()
	o := Options{Identity: id}
	if change != nil {
		change(&o)
	}
	h, err := Open(context.Background(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

func TestHomeIsMadeWholeOrRefused(t *testing.T) {
	dir, id, next := made(t, nil)
	h := open(t, dir, id, nil)
	if head, ok := h.Node.Head(); !ok || head.Head().Size != 1 {
		t.Fatal("the roster of one was not adopted")
	}
	if _, err := Open(context.Background(), dir, Options{Identity: id}); !errors.Is(err, durable.ErrLocked) {
		t.Fatalf("a second opening: %v", err)
	}
	if _, err := Make(context.Background(), Making{Dir: t.TempDir(), Party: "alatau", Next: next, NextPassphrase: passphrase}); err == nil {
		t.Fatal("the next keys of another home were replaced")
	}
	if _, err := Make(context.Background(), Making{Dir: t.TempDir(), Party: "alatau", Next: next + "2", NextPassphrase: "short"}); err == nil {
		t.Fatal("a short passphrase was taken")
	}
	if _, err := LoadNext(next, "another passphrase"); !errors.Is(err, key.ErrPassphrase) {
		t.Fatalf("the next keys by another passphrase: %v", err)
	}
	n, err := LoadNext(next, passphrase)
	if err != nil {
		t.Fatal(err)
	}
	if in, ok := h.Node.Keys().Commitments(h.Node.Origin()); !ok || in != n.Commitments() {
		t.Fatal("the next keys are not those that the record commits to")
	}
	for _, name := range []string{KeysFile, UnlockFile, node.StoreFile, SettingsFile} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
}

func TestUnlockKeyProtectedByPassphrase(t *testing.T) {
	dir, _, _ := made(t, func(m *Making) { m.UnlockPassphrase = passphrase })
	path := filepath.Join(dir, UnlockFile)
	if _, err := Unlock(path, nil); !errors.Is(err, ErrNeedsPassphrase) {
		t.Fatalf("without asking: %v", err)
	}
	if _, err := Unlock(path, func() (string, error) { return "wrong", nil }); !errors.Is(err, key.ErrPassphrase) {
		t.Fatalf("by another passphrase: %v", err)
	}
}

// TestRotationCutOff dies before the act and after it: the record decides which
// keys are in use.
func TestRotationCutOff(t *testing.T) {
	ctx := context.Background()
	dir, id, nextPath := made(t, nil)
	next, err := LoadNext(nextPath, passphrase)
	if err != nil {
		t.Fatal(err)
	}
	h := open(t, dir, id, nil)
	old := h.keys.Set.Witness.Public
	entering, err := h.keys.Set.Enter(key.Witness, next)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.stage(entering); err != nil {
		t.Fatal(err)
	}
	h.Close()

	// Staged, and no act: the old keys stay.
	h = open(t, dir, id, nil)
	if !h.keys.Set.Witness.Public.Equal(old) || exists(filepath.Join(dir, StagedFile)) {
		t.Fatal("keys that no act entered are in use")
	}
	before, err := os.ReadFile(filepath.Join(dir, KeysFile))
	if err != nil {
		t.Fatal(err)
	}
	after, err := next.Renew(system(nil), key.Witness)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Node.Rotate(ctx, desk.Console, key.Witness, next, after.Commitments()); err != nil {
		t.Fatal(err)
	}
	h.Close()

	// The act is durable and the promotion is not: the new keys are in force.
	promoted, err := os.ReadFile(filepath.Join(dir, KeysFile))
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{KeysFile: before, StagedFile: promoted} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	h = open(t, dir, id, nil)
	if !h.keys.Set.Witness.Public.Equal(next.Witness.Public) || exists(filepath.Join(dir, StagedFile)) {
		t.Fatal("the keys in force are not the ones in use")
	}
	h.Close()

	// Neither fits: it stops instead of signing with a key that counts for nothing.
	for _, name := range []string{KeysFile, StagedFile} {
		if err := os.WriteFile(filepath.Join(dir, name), before, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if h, err := Open(ctx, dir, Options{Identity: id}); err == nil {
		h.Close()
		t.Fatal("it opened with keys that the record retired")
	}
}

func TestSealingKeyIsDestroyedAfterItsGrace(t *testing.T) {
	dir, id, nextPath := made(t, nil)
	h := open(t, dir, id, nil)
	rotated(t, h, nextPath)
	h.Close()
	for _, c := range []struct{ days, want int }{{29, 2}, {31, 1}, {29, 1}} {
		later := time.Now().Add(time.Duration(c.days) * 24 * time.Hour)
		h = open(t, dir, id, func(o *Options) { o.Now = func() time.Time { return later } })
		if n := len(h.keys.Set.Sealing); n != c.want {
			t.Errorf("after %d days %d sealing keys, want %d", c.days, n, c.want)
		}
		h.Close()
	}
}

func TestBackupAndRestore(t *testing.T) {
	ctx := context.Background()
	dir, id, _ := made(t, nil)
	h := open(t, dir, id, nil)
	var b bytes.Buffer
	if _, err := h.Backup(ctx, &b); err != nil {
		t.Fatal(err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, ".new-*")); err != nil || len(left) > 0 {
		t.Errorf("%v was left behind, %v", left, err)
	}
	if last, err := LastBackup(dir); err != nil || time.Since(last) > time.Hour {
		t.Errorf("last backup %v, %v", last, err)
	}
	to := filepath.Join(t.TempDir(), "home")
	if _, err := Restore(to, bytes.NewReader(b.Bytes())); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(ctx, to, Options{Identity: id}); !errors.Is(err, ErrRestored) {
		t.Fatalf("a restored home opened: %v", err)
	}
	r := open(t, to, id, func(o *Options) { o.Restored = true })
	if r.Node.Origin() != h.Node.Origin() {
		t.Error("another record")
	}
	if _, err := Restore(to, bytes.NewReader(b.Bytes())); err == nil {
		t.Error("a restore overwrote a home")
	}
	for _, cut := range []int{0, 100, 512, 1000, 5000, b.Len() - 2000, b.Len() / 2} {
		where := filepath.Join(t.TempDir(), "home")
		if _, err := Restore(where, bytes.NewReader(b.Bytes()[:cut])); err == nil {
			t.Errorf("a backup of %d bytes was taken", cut)
		}
		if _, err := Load(where); !errors.Is(err, ErrNoHome) {
			t.Errorf("a backup of %d bytes left a home: %v", cut, err)
		}
	}
}

// meanwhile is a writer that does something else before its second write.
type meanwhile struct {
	bytes.Buffer
	writes int
	do     func()
}

func (m *meanwhile) Write(p []byte) (int, error) {
	if m.writes++; m.writes == 2 {
		m.do()
	}
	return m.Buffer.Write(p)
}

// A backup is of one moment and whole, though another one is written and a key is
// rotated before it has reached its end.
func TestBackupIsOfOneMoment(t *testing.T) {
	ctx := context.Background()
	dir, id, nextPath := made(t, nil)
	next, err := LoadNext(nextPath, passphrase)
	if err != nil {
		t.Fatal(err)
	}
	h := open(t, dir, id, nil)
	var inner bytes.Buffer
	var innerErr, rotateErr error
	outer := meanwhile{do: func() {
		_, innerErr = h.Backup(ctx, &inner)
		rotateErr = h.Rotate(func() error {
			fresh, err := key.GenerateSealing(system(nil))
			if err != nil {
				return err
			}
			_, err = h.Node.RotateBatch(ctx, desk.Console, key.Sealing, h.Keys().Set.EnterSealing(fresh), next)
			return err
		})
	}}
	_, outerErr := h.Backup(ctx, &outer)
	if err := errors.Join(outerErr, innerErr, rotateErr); err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"outer": outer.Bytes(), "inner": inner.Bytes()} {
		to := filepath.Join(t.TempDir(), "home")
		if _, err := Restore(to, bytes.NewReader(b)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		r := open(t, to, id, func(o *Options) { o.Restored = true })
		if !r.inForce(r.Keys().Set) {
			t.Errorf("%s: the keys are not those that the store names", name)
		}
	}
}

// A file that says it is mostly holes would fill the disk out of a few bytes.
func TestBackupOfHolesIsRefused(t *testing.T) {
	dir, id, _ := made(t, nil)
	h := open(t, dir, id, nil)
	var good bytes.Buffer
	if _, err := h.Backup(context.Background(), &good); err != nil {
		t.Fatal(err)
	}
	const holes = 64 << 20
	zeros := sha256.Sum256(make([]byte, holes))
	var bad bytes.Buffer
	w, r := tar.NewWriter(&bad), tar.NewReader(bytes.NewReader(good.Bytes()))
	for {
		head, err := r.Next()
		if err != nil {
			break
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		switch head.Name {
		case manifestFile:
			m, err := parseManifest(b)
			if err != nil {
				t.Fatal(err)
			}
			last := &m.Files[len(m.Files)-1]
			last.Size, last.Digest = holes, zeros
			if b, err = canon.JSON(m); err != nil {
				t.Fatal(err)
			}
			head.Size = int64(len(b))
		case node.StoreFile:
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
			bad.Write(sparse(t, holes))
			continue
		}
		head.Format, head.PAXRecords = tar.FormatUnknown, nil
		if err := w.WriteHeader(head); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if bad.Len() > 1<<20 {
		t.Fatalf("the hostile backup has %d bytes", bad.Len())
	}
	to := filepath.Join(t.TempDir(), "home")
	if _, err := Restore(to, &bad); err == nil || !strings.Contains(err.Error(), "list of files") {
		t.Errorf("restored: %v", err)
	}
	if info, err := os.Stat(filepath.Join(to, node.StoreFile)); err == nil && info.Size() > 1<<20 {
		t.Errorf("%d bytes were written", info.Size())
	}
}

// sparse is a store of size zeros in the form that GNU tar has for it, version 1.0.
func sparse(t *testing.T, size int) []byte {
	t.Helper()
	var records string
	for _, kv := range []string{"GNU.sparse.major=1", "GNU.sparse.minor=0", "GNU.sparse.name=" + node.StoreFile, fmt.Sprintf("GNU.sparse.realsize=%d", size)} {
		n := len(kv) + 4
		if n > 99 {
			t.Fatal(kv)
		}
		records += fmt.Sprintf("%d %s\n", n, kv)
	}
	entry := func(kind byte, body string) []byte {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		if err := w.WriteHeader(&tar.Header{Name: node.StoreFile, Typeflag: tar.TypeReg, Mode: 0o600, Size: int64(len(body)), Format: tar.FormatUSTAR}); err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, body)
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		out := b.Bytes()
		out[156] = kind
		copy(out[148:156], "        ")
		sum := 0
		for _, c := range out[:512] {
			sum += int(c)
		}
		copy(out[148:156], fmt.Sprintf("%06o\x00 ", sum))
		return out
	}
	return append(entry('x', records), entry('0', "0\n"+strings.Repeat("\x00", 510))...)
}

func TestHostileBackups(t *testing.T) {
	dir, id, _ := made(t, nil)
	h := open(t, dir, id, nil)
	var good bytes.Buffer
	if _, err := h.Backup(context.Background(), &good); err != nil {
		t.Fatal(err)
	}
	change := map[string]func(*tar.Header, []byte) []byte{
		"path": func(t *tar.Header, b []byte) []byte { t.Name = "../" + t.Name; return b },
		"symlink": func(t *tar.Header, b []byte) []byte {
			t.Typeflag, t.Linkname, t.Size = tar.TypeSymlink, "/etc/passwd", 0
			return nil
		},
		"renamed":  func(t *tar.Header, b []byte) []byte { t.Name = "unlock.key"; return b },
		"one byte": func(t *tar.Header, b []byte) []byte { b[len(b)-1] ^= 1; return b },
	}
	for name, spoil := range change {
		for _, file := range []string{manifestFile, SettingsFile, RosterFile, KeysFile, node.StoreFile} {
			var bad bytes.Buffer
			w, r := tar.NewWriter(&bad), tar.NewReader(bytes.NewReader(good.Bytes()))
			for {
				head, err := r.Next()
				if err != nil {
					break
				}
				b, err := io.ReadAll(r)
				if err != nil {
					t.Fatal(err)
				}
				if head.Name == file {
					b = spoil(head, b)
				}
				head.Format = tar.FormatUnknown
				if err := w.WriteHeader(head); err != nil {
					t.Fatal(err)
				}
				if _, err := w.Write(b); err != nil {
					t.Fatal(err)
				}
			}
			w.Close()
			to := filepath.Join(t.TempDir(), "home")
			if _, err := Restore(to, &bad); err == nil {
				t.Errorf("%s of %s was taken", name, file)
			}
			if _, err := Load(to); !errors.Is(err, ErrNoHome) {
				t.Errorf("%s of %s left a home", name, file)
			}
		}
	}
}

func TestOfficersAreTakenOver(t *testing.T) {
	ctx := context.Background()
	dir, id, _ := made(t, nil)
	h := open(t, dir, id, nil)
	err := h.Node.Desk().AddOfficer(ctx, desk.Console, desk.Officer{ID: "saparova", Name: "S", Post: "duty-officer", Roles: []desk.Role{desk.Admin}}, passphrase)
	if err != nil {
		t.Fatal(err)
	}
	other, otherID, _ := made(t, func(m *Making) { m.From = dir })
	o := open(t, other, otherID, nil)
	if _, err := o.Node.Desk().SignIn(ctx, "saparova", passphrase); err != nil {
		t.Fatal(err)
	}
	if o.Node.Origin() == h.Node.Origin() {
		t.Fatal("two homes have one record")
	}
}

func TestSettingsAreChecked(t *testing.T) {
	for _, bad := range []string{
		``, `{}`, `{"party":""}`, `{"party":"alatau","unknown":1}`, `{"party":"Alatau"}`, `{"party":"alatau","party":"alatau"}`,
		`{"party":"alatau","receipts":{"default":"sometimes"}}`, `{"party":"alatau","heartbeat_seconds":-1}`,
	} {
		if _, err := readSettings([]byte(bad)); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
	if s, err := readSettings([]byte(`{"receipts": {"default": "by-hand"}, "party": "alatau"}`)); err != nil || s.Receipts["default"] != node.ByHand {
		t.Errorf("%v, %v", s, err)
	}
}

func FuzzParseKeys(f *testing.F) {
	generate := func(r io.Reader) (*key.Set, *key.Next, error) { return key.Generate(r, "alatau/1f2e3d4c") }
	k, _, err := generateKeys(system(nil), generate, time.Unix(1_800_000_000, 0).UTC())
	if err != nil {
		f.Fatal(err)
	}
	seed, err := k.bytes()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Fuzz(func(t *testing.T, b []byte) {
		k, err := parseKeys(b)
		if err != nil {
			return
		}
		again, err := k.bytes()
		if err != nil || !bytes.Equal(again, b) {
			t.Fatalf("written again it differs: %v", err)
		}
	})
}

func FuzzParseManifest(f *testing.F) {
	f.Add([]byte("{\n  \"format\": \"detente.backup/v1\",\n  \"party\": \"alatau\",\n  \"origin\": \"alatau/1f2e3d4c\",\n  \"acts\": 1,\n  \"written\": \"2026-11-23T14:04:00Z\",\n  \"files\": []\n}\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := parseManifest(b)
		if err != nil {
			return
		}
		if len(m.Files) < 5 {
			t.Fatal("a backup without all its files was taken")
		}
	})
}
