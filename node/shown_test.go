package node

import (
	"bytes"
	"context"

	"detente/bundle"
	"detente/checkpoint"
	"detente/party"
	"detente/record"
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
