package act

import (
	"bytes"
	"crypto/sha256"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"detente/party"
	"golang.org/x/mod/sumdb/tlog"
)

const volumeDir = "../spec/vectors/volume"

const goodVolume = `detente-volume/v1
origin alatau/1f2e3d4c/v2
size 41
root DIVb/gjecv7SfbsDvMHKfx3gdQOdEvqiMmwhH4ENhhs=
reason restore
`

var badVolumes = []struct{ name, old, new string }{
	{"version", "volume/v1", "volume/v2"},
	{"origin", "alatau/", "Alatau/"},
	{"size-leading-zero", "size 41", "size 041"},
	{"size-bound", "size 41", "size 9007199254740992"},
	{"size-zero-root", "size 41", "size 0"},
	{"root-loose", "hhs=", "hht="},
	{"root-short", "hhs=", "hh=="},
	{"reason", "restore", "rest"},
	{"order", "size 41\nroot DIVb/gjecv7SfbsDvMHKfx3gdQOdEvqiMmwhH4ENhhs=\n", "root DIVb/gjecv7SfbsDvMHKfx3gdQOdEvqiMmwhH4ENhhs=\nsize 41\n"},
	{"no-final-newline", "restore\n", "restore"},
	{"trailing", "restore\n", "restore\n\n"},
	{"crlf", "\n", "\r\n"},
	{"long", "restore", "restore" + strings.Repeat(" ", 512)},
}

func TestVolumeVectors(t *testing.T) {
	empty := VolumeHead{Origin: "borovia/00000001", Root: sha256.Sum256(nil), Reason: Loss}
	b, err := empty.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{"good-restore.txt": []byte(goodVolume), "good-empty.txt": b}
	for _, bad := range badVolumes {
		files["bad-"+bad.name+".txt"] = []byte(strings.Replace(goodVolume, bad.old, bad.new, 1))
	}
	for name, want := range files {
		path := filepath.Join(volumeDir, name)
		if *update {
			if err := os.MkdirAll(volumeDir, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s differs from what the code writes (%v)", name, err)
		}
		v, err := ParseVolumeHead(got)
		if good := strings.HasPrefix(name, "good-"); (err == nil) != good {
			t.Errorf("%s: read as %v, %v", name, v, err)
		}
	}
}

func TestVolumeHeadCheck(t *testing.T) {
	good := VolumeHead{Origin: "alatau/1f2e3d4c", Size: 41, Root: tlog.RecordHash(nil), Reason: Growth}
	if b, err := good.Bytes(); err != nil {
		t.Fatal(err)
	} else if got, err := ParseVolumeHead(b); err != nil || got != good {
		t.Errorf("got %v, %v", got, err)
	}
	for name, edit := range map[string]func(v *VolumeHead){
		"origin": func(v *VolumeHead) { v.Origin = party.Origin("alatau") },
		"size":   func(v *VolumeHead) { v.Size = -1 },
		"large":  func(v *VolumeHead) { v.Size = MaxIndex + 1 },
		"empty":  func(v *VolumeHead) { v.Size = 0 },
		"reason": func(v *VolumeHead) { v.Reason = "" },
	} {
		v := good
		edit(&v)
		if b, err := v.Bytes(); err == nil {
			t.Errorf("%s: wrote %q", name, b)
		}
	}
}

func FuzzVolumeHead(f *testing.F) {
	seed(f, volumeDir)
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := ParseVolumeHead(b)
		if err != nil {
			return
		}
		again, err := v.Bytes()
		if err != nil || !bytes.Equal(again, b) {
			t.Errorf("%q re-encodes to %q, %v", b, again, err)
		}
	})
}
