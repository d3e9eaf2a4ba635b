package interop

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"detente/checkpoint"
	"detente/courier"
	"detente/internal/durable"
	"detente/key"
	"detente/party"
	"detente/witness"

	"filippo.io/torchwood"
	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// witnessHost serves a witness of ours that admits one log by its plain line,
// which is all that Tessera signs with.
type witnessHost struct {
	host
	key     *key.CosignerSecret
	down    atomic.Bool
	answers atomic.Int64
}

func newWitness(t *testing.T, set *key.Set, log key.RecordKey) *witnessHost {
	t.Helper()
	w := &witnessHost{host: host{db: store(t, witness.Schema)}, key: set.Witness}
	policy := func(h checkpoint.Head) (witness.Policy, bool) {
		return witness.PlainOnly(key.RecordKey{Origin: log.Origin, Plain: log.Plain}), h.Origin == log.Origin
	}
	w.submit = func(ctx context.Context, oldSize int64, proof tlog.TreeProof, note []byte) ([]byte, error) {
		if w.down.Load() {
			return nil, courier.ErrBusy
		}
		var c checkpoint.Cosigned
		err := w.db.Update(ctx, func(tx *sql.Tx) (err error) {
			c, err = witness.Submit(ctx, tx, w.key, policy, witness.Submission{OldSize: oldSize, Proof: proof, Note: note}, time.Now())
			return err
		})
		if err != nil {
			return nil, err
		}
		w.answers.Add(1)
		return witness.Lines(c), nil
	}
	return w
}

// town is a log of Tessera's with three witnesses of ours, of which two must answer.
type town struct {
	dir       string
	log       *key.RecordSecret
	witnesses []*witnessHost
	policy    []byte
	client    *http.Client
}

func newTown(t *testing.T) *town {
	t.Helper()
	w := &town{dir: t.TempDir(), log: keys(t, 1, origin).Record}
	reach := clients{}
	var lines, names strings.Builder
	for i := range 3 {
		set := keys(t, byte(10+i), party.Origin(fmt.Sprintf("witness%d/00000001", i)))
		one := newWitness(t, set, w.log.Public)
		root, hc := serve(t, &one.host, set.Transport)
		reach[root.Host] = hc.Transport
		fmt.Fprintf(&lines, "witness w%d %s %s\n", i, set.Witness.Public.VerifierLines()[0], root)
		fmt.Fprintf(&names, " w%d", i)
		w.witnesses = append(w.witnesses, one)
	}
	w.policy = []byte(lines.String() + "group two-of-three 2" + names.String() + "\nquorum two-of-three\n")
	w.client = &http.Client{Transport: reach}
	return w
}

// open starts the log. The caller calls what it returns to stop it.
func (w *town) open(t *testing.T) (add func(entries ...string) []byte, stop func()) {
	t.Helper()
	group, err := tessera.NewWitnessGroupFromPolicy(w.policy)
	if err != nil {
		t.Fatalf("policy: %v\n%s", err, w.policy)
	}
	driver, err := posix.New(t.Context(), posix.Config{Path: w.dir, HTTPClient: w.client})
	if err != nil {
		t.Fatal(err)
	}
	options := tessera.NewAppendOptions().
		WithCheckpointSigner(noteSigner(t, w.log)).
		WithBatching(1, 10*time.Millisecond).
		WithCheckpointInterval(100*time.Millisecond).
		WithWitnesses(group, &tessera.WitnessOptions{Timeout: 10 * time.Second})
	ctx, cancel := context.WithCancel(t.Context())
	appender, shutdown, reader, err := tessera.NewAppender(ctx, driver, options)
	if err != nil {
		t.Fatal(err)
	}
	awaiter := tessera.NewPublicationAwaiter(ctx, reader.ReadCheckpoint, 10*time.Millisecond)
	add = func(entries ...string) []byte {
		t.Helper()
		var published []byte
		for _, e := range entries {
			waiting, cancel := context.WithTimeout(ctx, 20*time.Second)
			defer cancel()
			var err error
			if _, published, err = awaiter.Await(waiting, appender.Add(ctx, tessera.NewEntry([]byte(e)))); err != nil {
				t.Fatalf("publish %q: %v", e, err)
			}
		}
		return published
	}
	return add, func() {
		defer cancel()
		if err := shutdown(ctx); err != nil {
			t.Error(err)
		}
	}
}

// cosigned counts the witnesses of ours that torchwood finds on a checkpoint.
func (w *town) cosigned(t *testing.T, published []byte) int {
	t.Helper()
	count := 0
	for _, one := range w.witnesses {
		v, err := torchwood.NewCosignatureVerifier(one.key.Public.VerifierLines()[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := note.Open(published, note.VerifierList(v)); err == nil {
			count++
		}
	}
	return count
}

// Tessera as a client publishes only what two of our three witnesses cosigned:
// with all of them, with one down, after one was away and must be caught up,
// and after the log itself was restarted.
func TestTesseraAcceptsOurWitness(t *testing.T) {
	w := newTown(t)
	add, stop := w.open(t)
	if n := w.cosigned(t, add("one", "two", "three")); n < 2 {
		t.Errorf("%d of our witnesses are on the checkpoint", n)
	}
	w.witnesses[0].down.Store(true)
	published := add("four", "five")
	if n := w.cosigned(t, published); n != 2 {
		t.Errorf("with one down, %d of our witnesses are on the checkpoint", n)
	}
	stop()

	// A new process knows no sizes: it begins with "old 0", is told, and goes on.
	w.witnesses[0].down.Store(false)
	w.witnesses[1].down.Store(true)
	add, stop = w.open(t)
	if n := w.cosigned(t, add("six", "seven")); n != 2 {
		t.Errorf("after a restart, %d of our witnesses are on the checkpoint", n)
	}
	stop()
	for i, one := range w.witnesses {
		if one.answers.Load() == 0 {
			t.Errorf("witness %d never answered", i)
		}
	}
	published, err := os.ReadFile(filepath.Join(w.dir, "checkpoint"))
	if err != nil {
		t.Fatal(err)
	}
	n, err := note.Open(published, note.VerifierList(noteVerifier(t, w.log.Public)))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(n.Text, string(origin)+"\n7\n") {
		t.Errorf("the last checkpoint is\n%s", n.Text)
	}
}

// A log that was set up again with the same key, and says something else, gets
// no cosignature, and the evidence is both of its notes.
func TestOurWitnessFindsFork(t *testing.T) {
	w := newTown(t)
	add, stop := w.open(t)
	published := add("one", "two", "three")
	stop()
	other := tesseraLog(t, noteSigner(t, w.log), [][]byte{[]byte("one"), []byte("two"), []byte("another three")})
	forked, err := os.ReadFile(filepath.Join(other, "checkpoint"))
	if err != nil {
		t.Fatal(err)
	}
	// The slowest of the three may have been left behind: two sufficed.
	i := slices.IndexFunc(w.witnesses, func(one *witnessHost) bool {
		return lastSize(t, one.db, one.key.Public.Name) == 3
	})
	if i < 0 {
		t.Fatal("no witness cosigned what was published")
	}
	one := w.witnesses[i]
	_, err = one.submit(t.Context(), 3, nil, forked)
	fork, ok := errors.AsType[*witness.Fork](err)
	if !ok {
		t.Fatalf("the fork was answered %v", err)
	}
	for i, b := range [][]byte{fork.First, fork.Second} {
		n, err := note.Open(b, note.VerifierList(noteVerifier(t, w.log.Public)))
		if err != nil {
			t.Fatalf("note %d of the evidence: %v", i, err)
		}
		if want := [][]byte{published, forked}[i]; !strings.HasPrefix(string(want), n.Text) {
			t.Errorf("note %d of the evidence is\n%s", i, n.Text)
		}
	}
}

func lastSize(t *testing.T, db *durable.DB, name string) int64 {
	t.Helper()
	h, _, _, err := witness.Last(t.Context(), db.Read(), origin, name)
	if err != nil {
		t.Fatal(err)
	}
	return h.Size
}

// The two lines of a cosignature as other software reads them: torchwood knows
// the Ed25519 one and its time.
func TestTorchwoodReadsCosignature(t *testing.T) {
	set := keys(t, 7, "borovia/00000001")
	h := checkpoint.Head{Origin: origin, Size: 3, Root: tlog.RecordHash([]byte("any"))}
	c, err := checkpoint.Cosign(h, set.Witness, signed)
	if err != nil {
		t.Fatal(err)
	}
	v, err := torchwood.NewCosignatureVerifier(set.Witness.Public.VerifierLines()[0])
	if err != nil {
		t.Fatal(err)
	}
	n, err := note.Open(c.Bytes(), note.VerifierList(v))
	if err != nil {
		t.Fatal(err)
	}
	if at, err := torchwood.CosignatureTimestamp(n.Sigs[0]); err != nil || at != signed {
		t.Errorf("the time is %d (%v), want %d", at, err, signed)
	}
	theirs, err := torchwood.NewCosignatureSigner(set.Witness.Public.Name, set.Witness.Ed25519.(ed25519.PrivateKey))
	if err != nil {
		t.Fatal(err)
	}
	if theirs.KeyHash() != set.Witness.Public.IDs()[0] {
		t.Errorf("the key id is %08x, theirs %08x", set.Witness.Public.IDs()[0], theirs.KeyHash())
	}
}
