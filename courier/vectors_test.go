package courier_test

import (
	"bytes"
	"encoding/base64"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"detente/courier"

	"golang.org/x/mod/sumdb/tlog"
)

var update = flag.Bool("update", false, "write spec/vectors/courier")

const vectorDir = "../spec/vectors/courier"

// vector is one input; why is empty for a good one.
type vector struct{ name, text, why string }

const testNote = "alatau/1f2e3d4c\n3\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— alatau/1f2e3d4c Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"

func submissionVectors() []vector {
	line := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32)) + "\n"
	return []vector{
		{"first", "old 0\n\n" + testNote, ""},
		{"one-hash", "old 2\n" + line + "\n" + testNote, ""},
		{"largest-proof", "old 9223372036854775807\n" + strings.Repeat(line, 63) + "\n" + testNote, ""},
		{"opaque-note", "old 1\n\nthe note is for the host to read", ""},
		{"empty", "", "nothing at all"},
		{"no-old", "size 2\n\n" + testNote, "line 1 does not begin with old"},
		{"old-alone", "old 2", "line 1 has no end"},
		{"old-twice-spaced", "old  2\n\n" + testNote, "line 1 has two spaces"},
		{"old-zero-led", "old 02\n\n" + testNote, "the size has a leading zero"},
		{"old-signed", "old +2\n\n" + testNote, "the size has a sign"},
		{"old-too-large", "old 9223372036854775808\n\n" + testNote, "the size does not fit 63 bits"},
		{"old-carriage-return", "old 2\r\n\r\n" + testNote, "lines end in CR LF"},
		{"hash-short", "old 2\nAAAA\n\n" + testNote, "line 2 is no hash of 32 bytes"},
		{"hash-unpadded", "old 2\n" + strings.TrimSuffix(line, "=\n") + "\n\n" + testNote, "line 2 lacks its padding"},
		{"hash-trailing-bits", "old 2\n" + strings.Repeat("A", 42) + "B=\n\n" + testNote, "line 2 has bits set that stand for nothing"},
		{"hash-url-alphabet", "old 2\n" + strings.Repeat("_", 42) + "8=\n\n" + testNote, "line 2 is in the other base64 alphabet"},
		{"hash-with-space", "old 2\n " + line + "\n" + testNote, "line 2 begins with a space"},
		{"too-many-hashes", "old 2\n" + strings.Repeat(line, 64) + "\n" + testNote, "64 proof lines; 63 is the most"},
		{"no-empty-line", "old 2\n" + line, "no empty line before the checkpoint"},
		{"no-note", "old 2\n" + line + "\n", "no checkpoint"},
		{"note-too-large", "old 0\n\n" + strings.Repeat("x", 64<<10+1), "a checkpoint of more than 64 KiB"},
	}
}

func pathVectors() []vector {
	return []vector{
		{"checkpoint", "/record/alatau/1f2e3d4c/checkpoint", ""},
		{"checkpoint-volume", "/record/alatau/1f2e3d4c/v2/checkpoint", ""},
		{"tile", "/record/alatau/1f2e3d4c/tile/0/000", ""},
		{"tile-large", "/record/alatau/1f2e3d4c/tile/1/x001/x234/067", ""},
		{"tile-partial", "/record/alatau/1f2e3d4c/tile/2/017.p/255", ""},
		{"tile-top", "/record/alatau/1f2e3d4c/tile/63/000", ""},
		{"entries", "/record/alatau/1f2e3d4c/v12/tile/entries/x001/000", ""},
		{"entries-partial", "/record/alatau/1f2e3d4c/tile/entries/000.p/1", ""},
		{"origin-named-tile", "/record/tile/1f2e3d4c/tile/0/000", ""},
		{"no-record", "/checkpoint", "outside /record/"},
		{"no-origin", "/record//checkpoint", "no origin"},
		{"origin-short", "/record/alatau/checkpoint", "half an origin"},
		{"origin-upper", "/record/Alatau/1f2e3d4c/checkpoint", "an origin is in lower case"},
		{"origin-dots", "/record/../1f2e3d4c/checkpoint", "dots alone are no name"},
		{"origin-escaped", "/record/alatau%2f1f2e3d4c/checkpoint", "an escape"},
		{"trailing-slash", "/record/alatau/1f2e3d4c/checkpoint/", "a slash at the end"},
		{"tile-without-index", "/record/alatau/1f2e3d4c/tile/0", "no index"},
		{"tile-level-64", "/record/alatau/1f2e3d4c/tile/64/000", "the highest level is 63"},
		{"tile-level-zero-led", "/record/alatau/1f2e3d4c/tile/00/000", "a leading zero"},
		{"tile-level-data", "/record/alatau/1f2e3d4c/tile/data/000", "entries are called entries"},
		{"tile-level-negative", "/record/alatau/1f2e3d4c/tile/-1/000", "a sign"},
		{"tile-short-index", "/record/alatau/1f2e3d4c/tile/0/0", "an index has three digits"},
		{"tile-long-index", "/record/alatau/1f2e3d4c/tile/0/x000/000", "an index has no leading groups of zeros"},
		{"tile-without-x", "/record/alatau/1f2e3d4c/tile/0/001/234", "all groups but the last begin with x"},
		{"tile-width-zero", "/record/alatau/1f2e3d4c/tile/0/000.p/0", "an empty tile"},
		{"tile-width-full", "/record/alatau/1f2e3d4c/tile/0/000.p/256", "a full tile has no width"},
		{"tile-width-zero-led", "/record/alatau/1f2e3d4c/tile/0/000.p/01", "a leading zero"},
		{"tile-index-huge", "/record/alatau/1f2e3d4c/tile/0/" + strings.Repeat("x999/", 7) + "999", "the index does not fit 63 bits"},
		{"too-long", "/record/alatau/1f2e3d4c/tile/0/" + strings.Repeat("x001/", 60) + "000", "a path of more than 256 bytes"},
	}
}

func TestVectors(t *testing.T) {
	files := make(map[string][]byte)
	for kind, vectors := range map[string][]vector{".submission": submissionVectors(), ".path": pathVectors()} {
		for _, v := range vectors {
			name := "good-" + v.name
			if v.why != "" {
				name = "bad-" + v.name
				files[name+kind+".why"] = []byte(v.why + "\n")
			}
			files[name+kind] = []byte(v.text)
			if err := roundTrip(kind, []byte(v.text)); (err == nil) != (v.why == "") {
				t.Errorf("%s%s: %v", name, kind, err)
			}
		}
	}
	if *update {
		for name, text := range files {
			if err := os.WriteFile(filepath.Join(vectorDir, name), text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	have, err := os.ReadDir(vectorDir)
	if err != nil {
		t.Fatal(err)
	}
	if len(have) != len(files) {
		t.Errorf("%d files in %s, want %d", len(have), vectorDir, len(files))
	}
	for name, want := range files {
		if got, err := os.ReadFile(filepath.Join(vectorDir, name)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s differs from what the test writes (%v)", name, err)
		}
	}
}

// roundTrip parses and demands the same bytes again, or returns why not.
func roundTrip(kind string, text []byte) error {
	if kind == ".path" {
		r, err := courier.ParseResource(string(text))
		if err == nil && r.Path() != string(text) {
			panic("a path re-encodes as " + r.Path())
		}
		return err
	}
	s, err := courier.ParseSubmission(text)
	if err == nil && !bytes.Equal(s.Bytes(), text) {
		panic("a submission re-encodes as " + string(s.Bytes()))
	}
	return err
}

// seed adds the vectors of one kind to a corpus.
func seed(f *testing.F, kind string) {
	files, err := filepath.Glob(filepath.Join(vectorDir, "*"+kind))
	if err != nil {
		f.Fatal(err)
	}
	if len(files) == 0 {
		f.Fatal("no seeds in " + vectorDir)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
}

func FuzzParseSubmission(f *testing.F) {
	seed(f, ".submission")
	f.Fuzz(func(t *testing.T, text []byte) {
		if roundTrip(".submission", text) == nil {
			s, _ := courier.ParseSubmission(text)
			if s.OldSize < 0 || len(s.Proof) > courier.MaxProof || len(s.Note) > courier.MaxNote {
				t.Errorf("out of bounds: %d, %d hashes, %d bytes", s.OldSize, len(s.Proof), len(s.Note))
			}
		}
	})
}

func FuzzParseResource(f *testing.F) {
	seed(f, ".path")
	f.Fuzz(func(t *testing.T, text []byte) {
		if roundTrip(".path", text) == nil {
			r, _ := courier.ParseResource(string(text))
			if r.IsCheckpoint() {
				return
			}
			if tile := r.Tile; tile.H != 8 || tile.L < -1 || tile.L > 63 || tile.N < 0 || tile.W < 1 || tile.W > 256 {
				t.Errorf("out of bounds: %+v", tile)
			}
		}
	})
}

func TestResourceOfTile(t *testing.T) {
	r, err := courier.ParseResource("/record/alatau/1f2e3d4c/v2/tile/entries/x001/234.p/5")
	want := courier.Resource{Origin: "alatau/1f2e3d4c/v2", Tile: tlog.Tile{H: 8, L: -1, N: 1234, W: 5}}
	if err != nil || r != want {
		t.Errorf("ParseResource = %+v, %v; want %+v", r, err, want)
	}
}
