package record

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"detente/internal/canon"
	"golang.org/x/mod/sumdb/tlog"
)

var updateVectors = flag.Bool("update", false, "write spec/vectors/record anew")

const vectorsPath = "../spec/vectors/record/good-tiles.json"

// vectors are what a record of the entries leaf(0), leaf(1) … serves.
type vectors struct {
	Entry       string        `json:"entry"` // how entry i is spelled; %d is i
	Trees       []treeVector  `json:"trees"`
	Files       []fileVector  `json:"files"`
	Inclusion   []proofVector `json:"inclusion"`
	Consistency []proofVector `json:"consistency"`
}

type treeVector struct {
	Size int64  `json:"size"`
	Root string `json:"root"` // base64, as in a checkpoint
}

// fileVector is one file of the largest tree.
type fileVector struct {
	Path   string       `json:"path"`
	Length int          `json:"length"`
	Digest canon.Digest `json:"digest"`
}

// proofVector is a proof for entry or smaller size Of at size In.
type proofVector struct {
	Of    int64    `json:"of"`
	In    int64    `json:"in"`
	Proof []string `json:"proof"`
}

func TestVectors(t *testing.T) {
	got, err := json.MarshalIndent(makeVectors(t), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	if *updateVectors {
		if err := os.MkdirAll(filepath.Dir(vectorsPath), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(vectorsPath, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(vectorsPath)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the code gives", vectorsPath)
	}
}

// vectorFiles are files of a tree of 70,000 entries, which C2SP tlog-tiles has
// as its example: 273 full tiles of level 0 and one of width 112, one full tile
// of level 1 and one of width 17, one of level 2 of width 1.
var vectorFiles = []struct {
	path string
	tile tlog.Tile
}{
	{"tile/0/000", tlog.Tile{H: 8, L: 0, N: 0, W: 256}},
	{"tile/0/272", tlog.Tile{H: 8, L: 0, N: 272, W: 256}},
	{"tile/0/273.p/1", tlog.Tile{H: 8, L: 0, N: 273, W: 1}},
	{"tile/0/273.p/112", tlog.Tile{H: 8, L: 0, N: 273, W: 112}},
	{"tile/1/000", tlog.Tile{H: 8, L: 1, N: 0, W: 256}},
	{"tile/1/001.p/17", tlog.Tile{H: 8, L: 1, N: 1, W: 17}},
	{"tile/2/000.p/1", tlog.Tile{H: 8, L: 2, N: 0, W: 1}},
	{"tile/entries/000", tlog.Tile{H: 8, L: -1, N: 0, W: 256}},
	{"tile/entries/273.p/112", tlog.Tile{H: 8, L: -1, N: 273, W: 112}},
}

func makeVectors(t *testing.T) vectors {
	const size = 70_000
	db := openStore(t)
	l := load(t, db, origin)
	for at := int64(0); at < size; at += 5000 {
		extend(t, db, l, leaves(at, at+5000))
	}
	v := vectors{Entry: "entry %d\n"}
	hashes := Hashes(ctx, db, origin)
	for _, n := range []int64{0, 1, 2, 3, 255, 256, 257, 65535, 65536, 65537, size} {
		root, err := tlog.TreeHash(n, hashes)
		if err != nil {
			t.Fatal(err)
		}
		v.Trees = append(v.Trees, treeVector{n, root.String()})
	}
	for _, f := range vectorFiles {
		data, err := Tile(ctx, db, origin, f.tile)
		if err != nil {
			t.Fatal(err)
		}
		v.Files = append(v.Files, fileVector{f.path, len(data), canon.DigestOf(data)})
	}
	for _, p := range [][2]int64{{0, 1}, {0, 257}, {256, 257}, {65535, 65537}, {69_999, size}, {12_345, size}} {
		proof, err := Inclusion(ctx, db, origin, p[0], p[1])
		if err != nil {
			t.Fatal(err)
		}
		v.Inclusion = append(v.Inclusion, proofVector{p[0], p[1], spell(proof)})
	}
	for _, p := range [][2]int64{{1, 1}, {1, 256}, {255, 257}, {256, 65536}, {65537, size}} {
		proof, err := Consistency(ctx, db, origin, p[0], p[1])
		if err != nil {
			t.Fatal(err)
		}
		v.Consistency = append(v.Consistency, proofVector{p[0], p[1], spell(proof)})
	}
	return v
}

func spell(proof []tlog.Hash) []string {
	out := make([]string, 0, len(proof))
	for _, h := range proof {
		out = append(out, base64.StdEncoding.EncodeToString(h[:]))
	}
	return out
}
