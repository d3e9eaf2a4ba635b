package interop

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"detente/checkpoint"
	"detente/courier"
	"detente/internal/canon"
	"detente/internal/durable"
	"detente/key"
	"detente/party"
	"detente/record"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	origin = party.Origin("alatau/1f2e3d4c")
	signed = 1_800_000_000 // Unix seconds of our checkpoints
)

// entries are n entries of different lengths, among them one byte and many.
func entries(n int) [][]byte {
	random := rand.NewChaCha8([32]byte{byte(n), byte(n >> 8)})
	all := make([][]byte, n)
	for i := range all {
		all[i] = make([]byte, 1+(i*i)%301)
		_, _ = random.Read(all[i])
		all[i] = append(all[i], fmt.Sprintf(" entry %d", i)...) // no two are equal
	}
	return all
}

// keys are the same in every run.
func keys(t *testing.T, seed byte, o party.Origin) *key.Set {
	t.Helper()
	set, _, err := key.Generate(rand.NewChaCha8([32]byte{seed}), o)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// noteSigner is the plain key of a record as stock software takes it.
func noteSigner(t *testing.T, k *key.RecordSecret) note.Signer {
	t.Helper()
	private, ok := k.Plain.(ed25519.PrivateKey)
	if !ok {
		t.Fatalf("the plain key is a %T", k.Plain)
	}
	text := fmt.Sprintf("PRIVATE+KEY+%s+%08x+%s", k.Public.Origin, k.Public.PlainID(),
		base64.StdEncoding.EncodeToString(append([]byte{1}, private.Seed()...)))
	s, err := note.NewSigner(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// noteVerifier reads the plain vkey of a record.
func noteVerifier(t *testing.T, k key.RecordKey) note.Verifier {
	t.Helper()
	v, err := note.NewVerifier(k.VerifierLines()[0])
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// store is a database of ours with a schema.
func store(t *testing.T, schema string) *durable.DB {
	t.Helper()
	db, err := durable.Open(t.Context(), filepath.Join(t.TempDir(), "node.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	update(t, db, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(t.Context(), schema)
		return err
	})
	return db
}

func update(t *testing.T, db *durable.DB, f func(tx *sql.Tx) error) {
	t.Helper()
	if err := db.Update(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

// newRecord is a record of ours with these entries, in commits of several sizes.
func newRecord(t *testing.T, k *key.RecordSecret, all [][]byte) *durable.DB {
	t.Helper()
	db := store(t, record.Schema)
	log, err := record.Load(t.Context(), db.Read(), origin)
	if err != nil {
		t.Fatal(err)
	}
	for step := 1; len(all) > 0; step = step*3%1021 + 1 {
		step := min(step, len(all))
		var grown *record.Extension
		update(t, db, func(tx *sql.Tx) error {
			var err error
			if grown, err = log.Extend(t.Context(), tx, all[:step]); err != nil {
				return err
			}
			s, err := checkpoint.Sign(grown.Head(), k, signed)
			if err != nil {
				return err
			}
			return record.SaveHead(t.Context(), tx, s, true)
		})
		grown.Done()
		all = all[step:]
	}
	return db
}

// host serves one record, and submissions if submit is set, to one peer.
type host struct {
	db     *durable.DB
	peer   canon.Digest
	submit func(ctx context.Context, oldSize int64, proof tlog.TreeProof, note []byte) ([]byte, error)
}

func (h *host) Peer(pin canon.Digest) (party.ID, bool) { return "judge", pin == h.peer }

func (h *host) Exchange(context.Context, party.ID, time.Duration, io.Reader, io.Writer) error {
	return courier.ErrForbidden
}

func (h *host) AddCheckpoint(ctx context.Context, _ party.ID, oldSize int64, proof tlog.TreeProof, note []byte) ([]byte, error) {
	if h.submit == nil {
		return nil, courier.ErrForbidden
	}
	return h.submit(ctx, oldSize, proof, note)
}

func (h *host) Checkpoint(ctx context.Context, _ party.ID, o party.Origin) ([]byte, error) {
	s, ok, err := record.Served(ctx, h.db.Read(), o)
	if err == nil && !ok {
		err = courier.ErrNotHeld
	}
	return s.Note, err
}

func (h *host) Tile(ctx context.Context, _ party.ID, o party.Origin, tile tlog.Tile) ([]byte, error) {
	b, err := record.Tile(ctx, h.db.Read(), o, tile)
	if errors.Is(err, record.ErrNotHeld) {
		return nil, courier.ErrNotHeld
	}
	return b, err
}

// serve starts a node's server of h on the loopback interface, and returns its
// address with an ordinary HTTP client that has a pinned key.
func serve(t *testing.T, h *host, s key.TransportSecret) (*url.URL, *http.Client) {
	t.Helper()
	judge := keys(t, 200, "judge/00000000").Transport
	h.peer = judge.Pin()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := courier.NewServer(h, s, time.Now)
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	transport := &http.Transport{TLSClientConfig: courier.ClientTLS(judge, s.Pin(), time.Now), ForceAttemptHTTP2: true}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := server.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return &url.URL{Scheme: "https", Host: l.Addr().String()}, &http.Client{Transport: transport}
}

// clients speaks to several servers, each with its own pinned key.
type clients map[string]http.RoundTripper

func (c clients) RoundTrip(r *http.Request) (*http.Response, error) {
	return c[r.URL.Host].RoundTrip(r)
}
