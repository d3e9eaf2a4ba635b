package interop

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"detente/courier"
	"detente/internal/durable"
	"detente/record"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/fsck"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// tesseraLog writes entries, in order, with Tessera and returns its folder.
func tesseraLog(t *testing.T, s note.Signer, all [][]byte) string {
	t.Helper()
	dir := t.TempDir()
	driver, err := posix.New(t.Context(), posix.Config{Path: dir})
	if err != nil {
		t.Fatal(err)
	}
	options := tessera.NewAppendOptions().
		WithCheckpointSigner(s).
		WithBatching(256, 50*time.Millisecond).
		WithCheckpointInterval(100 * time.Millisecond).
		WithPushback(4096).
		WithGarbageCollectionInterval(0)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	appender, shutdown, reader, err := tessera.NewAppender(ctx, driver, options)
	if err != nil {
		t.Fatal(err)
	}
	awaiter := tessera.NewPublicationAwaiter(ctx, reader.ReadCheckpoint, 20*time.Millisecond)
	for len(all) > 0 {
		some := all[:min(len(all), 2048)]
		var last tessera.IndexFuture
		for _, e := range some {
			last = appender.Add(ctx, tessera.NewEntry(e))
		}
		if _, _, err := awaiter.Await(ctx, last); err != nil {
			t.Fatal(err)
		}
		all = all[len(some):]
	}
	if err := shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	return dir
}

// demanded are the paths of all tiles that a tree of this size has.
func demanded(size int64) []string {
	var paths []string
	for _, tile := range tlog.NewTiles(8, 0, size) {
		paths = append(paths, courier.Resource{Origin: origin, Tile: tile}.Path())
		if tile.L == 0 {
			tile.L = -1
			paths = append(paths, courier.Resource{Origin: origin, Tile: tile}.Path())
		}
	}
	for i, p := range paths {
		paths[i] = strings.TrimPrefix(p, "/record/"+string(origin)+"/")
	}
	return paths
}

// Same entries, same key: the same note text, the same Ed25519 line, and every
// file that Tessera wrote is what we serve under its name, and the reverse.
func TestSameBytesAsTessera(t *testing.T) {
	sizes := []int{1, 2, 255, 256, 257, 511, 512, 513, 1000, 65536, 65537}
	if testing.Short() {
		sizes = sizes[:9]
	}
	for _, size := range sizes {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			all := entries(size)
			set := keys(t, 1, origin)
			dir := tesseraLog(t, noteSigner(t, set.Record), all)
			db := newRecord(t, set.Record, all)

			theirs, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
			if err != nil {
				t.Fatal(err)
			}
			ours, ok, err := record.Served(t.Context(), db.Read(), origin)
			if err != nil || !ok {
				t.Fatal(ok, err)
			}
			// Theirs is ours without the two further lines.
			rest, ok := bytes.CutPrefix(ours.Note, theirs)
			if !ok || bytes.Count(rest, []byte("\n")) != 2 {
				t.Errorf("checkpoints:\n%s\n%s", theirs, ours.Note)
			}

			compared := compareFiles(t, db, dir)
			for _, path := range demanded(int64(size)) {
				if !slices.Contains(compared, path) {
					t.Errorf("Tessera has no %s", path)
				}
			}
			if len(compared) < 2 {
				t.Fatal("nothing was compared")
			}
		})
	}
}

// compareFiles compares all tiles of a folder of Tessera's with ours.
func compareFiles(t *testing.T, db *durable.DB, dir string) (compared []string) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(dir, "tile"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		theirs, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		resource, err := courier.ParseResource("/record/" + string(origin) + "/" + name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return nil
		}
		ours, err := record.Tile(t.Context(), db.Read(), origin, resource.Tile)
		if err != nil || !bytes.Equal(ours, theirs) {
			t.Errorf("%s differs: %d bytes, theirs %d (%v)", name, len(ours), len(theirs), err)
		}
		compared = append(compared, name)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return compared
}

// leafHashes is what fsck hashes the entries of a bundle with.
func leafHashes(data []byte) ([][]byte, error) {
	var b api.EntryBundle
	if err := b.UnmarshalText(data); err != nil {
		return nil, err
	}
	var hashes [][]byte
	for _, e := range b.Entries {
		hashes = append(hashes, rfc6962.DefaultHasher.HashLeaf(e))
	}
	return hashes, nil
}

// Tessera's own check, and its proofs, over what our server serves.
func TestTesseraReadsOurs(t *testing.T) {
	const size = 1000
	all := entries(size)
	set := keys(t, 1, origin)
	db := newRecord(t, set.Record, all)
	root, hc := serve(t, &host{db: db}, set.Transport)
	verifier := noteVerifier(t, set.Record.Public)
	fetcher, err := client.NewHTTPFetcher(root.JoinPath("record", string(origin)+"/"), hc)
	if err != nil {
		t.Fatal(err)
	}
	if err := fsck.New(string(origin), verifier, fetcher, leafHashes, fsck.Opts{N: 4}).Check(t.Context()); err != nil {
		t.Errorf("fsck: %v", err)
	}

	cp, _, _, err := client.FetchCheckpoint(t.Context(), fetcher.ReadCheckpoint, verifier, string(origin))
	if err != nil || cp.Size != size {
		t.Fatalf("checkpoint: %v, size %d", err, cp.Size)
	}
	builder, err := client.NewProofBuilder(t.Context(), cp.Size, fetcher.ReadTile)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range []uint64{0, 1, 255, 256, 511, 512, 767, 768, 998, 999} {
		p, err := builder.InclusionProof(t.Context(), i)
		if err != nil {
			t.Fatalf("inclusion of %d: %v", i, err)
		}
		if err := proof.VerifyInclusion(rfc6962.DefaultHasher, i, cp.Size, rfc6962.DefaultHasher.HashLeaf(all[i]), p, cp.Hash); err != nil {
			t.Errorf("inclusion of %d: %v", i, err)
		}
		ours, err := record.Inclusion(t.Context(), db.Read(), origin, int64(i), size)
		if err != nil || !sameHashes(ours, p) {
			t.Errorf("our proof of %d is another (%v)", i, err)
		}
	}
	for _, from := range []uint64{1, 100, 255, 256, 257, 512, 999} {
		p, err := builder.ConsistencyProof(t.Context(), from, cp.Size)
		if err != nil {
			t.Fatalf("consistency from %d: %v", from, err)
		}
		before, err := tlog.TreeHash(int64(from), record.Hashes(t.Context(), db.Read(), origin))
		if err != nil {
			t.Fatal(err)
		}
		if err := proof.VerifyConsistency(rfc6962.DefaultHasher, from, cp.Size, p, before[:], cp.Hash); err != nil {
			t.Errorf("consistency from %d: %v", from, err)
		}
		ours, err := record.Consistency(t.Context(), db.Read(), origin, int64(from), size)
		if err != nil || !sameHashes(ours, p) {
			t.Errorf("our proof from %d is another (%v)", from, err)
		}
	}
}

func sameHashes(ours []tlog.Hash, theirs [][]byte) bool {
	return slices.EqualFunc(ours, theirs, func(a tlog.Hash, b []byte) bool { return bytes.Equal(a[:], b) })
}

// The same check finds a damaged entry: it is not blind.
func TestTesseraFindsDamage(t *testing.T) {
	set := keys(t, 1, origin)
	db := newRecord(t, set.Record, entries(300))
	root, hc := serve(t, &host{db: db}, set.Transport)
	fetcher, err := client.NewHTTPFetcher(root.JoinPath("record", string(origin)+"/"), hc)
	if err != nil {
		t.Fatal(err)
	}
	damaged := func(data []byte) ([][]byte, error) {
		hashes, err := leafHashes(data)
		if err == nil && len(hashes) > 0 {
			other := sha256.Sum256(hashes[0])
			hashes[0] = other[:]
		}
		return hashes, err
	}
	// A worker of fsck ends at the first difference, and the last would leave it waiting.
	if err := fsck.New(string(origin), noteVerifier(t, set.Record.Public), fetcher, damaged, fsck.Opts{N: 16}).Check(t.Context()); err == nil {
		t.Error("fsck accepted other entries")
	}
}
