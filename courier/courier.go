// Package courier moves bundles between nodes over mutual TLS 1.3 with pinned
// keys, serves the records that a node holds as C2SP tlog-tiles, and speaks the
// C2SP tlog-witness protocol. It verifies nothing but the pins and the bounds:
// what arrives is handed on as untrusted bytes. It does not retry: when to send
// again is the node's to decide.
//
// Invariant: a peer is the party whose transport key it proved, never what it
// says it is. Spec: spec/courier.md.
package courier

import (
	"context"
	"io"
	"time"

	"detente/internal/canon"
	"detente/party"

	"golang.org/x/mod/sumdb/tlog"
)

// Host is what a server serves for; the node implements it. All methods are
// called concurrently. An error is told to the peer by the table of
// errors.go: a Refusal carries its own sentence, any error not listed there
// becomes "internal error" and its text stays here.
type Host interface {
	// Peer resolves a transport pin; false refuses the connection. It is asked
	// again with every request, so that a key that was retired ends at once.
	Peer(pin canon.Digest) (party.ID, bool)

	// Exchange reads a bundle and writes one in answer. When wait > 0 and there
	// is nothing to answer it waits up to that long for something (long poll),
	// and ends early when Closing(ctx) is closed. Reads of in fail after MaxBody
	// bytes, writes to out after MaxAnswer, both when the peer is too slow. An
	// error before the first write becomes a status; a later one breaks the
	// answer off, which the peer sees.
	Exchange(ctx context.Context, from party.ID, wait time.Duration, in io.Reader, out io.Writer) error

	// AddCheckpoint answers tlog-witness add-checkpoint with cosignature lines.
	// The note is at most MaxNote bytes and otherwise as it came.
	AddCheckpoint(ctx context.Context, from party.ID, oldSize int64, proof tlog.TreeProof, note []byte) ([]byte, error)

	// Checkpoint and Tile read a record held here, for tlog-tiles. Tile is asked
	// for tiles of height 8, level -1 for entries, and answers ErrNotHeld for a
	// tile that no checkpoint held here demands.
	Checkpoint(ctx context.Context, from party.ID, o party.Origin) ([]byte, error)
	Tile(ctx context.Context, from party.ID, o party.Origin, t tlog.Tile) ([]byte, error)
}

// closingKey finds the channel of Closing in a request's context.
type closingKey struct{}

// Closing returns the channel that is closed when the server of a request
// begins to shut down. A Host that waits for something selects on it beside
// ctx.Done. Outside a Server it returns nil, which never becomes ready.
func Closing(ctx context.Context) <-chan struct{} {
	c, _ := ctx.Value(closingKey{}).(<-chan struct{})
	return c
}
