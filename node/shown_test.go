package node

import (
	"bytes"
	"context"

	"detente/bundle"
	"detente/checkpoint"
	"detente/internal/canon"
	"detente/party"
	"detente/record"
	"golang.org/x/mod/sumdb/tlog"
)

// CosignaturesOver are those of this party over a record at one size.
func (n *Node) CosignaturesOver(ctx context.Context, o party.Origin, size int64) ([]checkpoint.Cosigned, error) {
	var out []checkpoint.Cosigned
	for _, k := range []string{n.set().Witness.Public.Name, n.set().Mirror.Public.Name} {
		list, err := record.CosignaturesBy(ctx, n.db.Read(), o, k, size, record.MaxPage)
		if err != nil {
			return nil, err
		}
		for _, c := range list {
			note, err := checkpoint.ParseNote(c.Note)
			if err != nil {
				return nil, err
			}
			signed, err := verifyCosig(n.keys.Load(), note)
			if err != nil {
				return nil, err
			}
			if c.Head.Size == size {
				out = append(out, signed)
			}
		}
	}
	return out, nil
}

// Receive takes a bundle and vouches for nothing yet, as within CosignDelay.
func (n *Node) Receive(ctx context.Context, b []byte) error {
	in, err := readArrival(bytes.NewReader(b), bundle.FileLimits())
	if err != nil {
		return err
	}
	return n.receive(ctx, in.info.From, in)
}

// RetryProofs tries the proofs that waited, as the loop does.
func (n *Node) RetryProofs(ctx context.Context) error { return n.retryProofs(ctx) }

// InclusionOf is the path of an act under a size.
func (n *Node) InclusionOf(ctx context.Context, o party.Origin, idx, size int64) (tlog.RecordProof, error) {
	return record.Inclusion(ctx, n.db.Read(), o, idx, size)
}

// Holds reports whether a blob is held.
func (n *Node) Holds(ctx context.Context, d canon.Digest) bool {
	held, err := record.HasBlob(ctx, n.db.Read(), d)
	return err == nil && held
}

// Wanted are the blobs that this node asks for.
func (n *Node) Wanted(ctx context.Context) ([]canon.Digest, error) { return n.wanted(ctx, "") }
