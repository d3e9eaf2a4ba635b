package node

import (
	"context"
	"fmt"
	"io"

	"detente/bundle"
	"detente/internal/canon"
	"detente/party"
	"detente/record"
)

// ExportReport says what a carried bundle holds.
type ExportReport struct {
	Records map[party.Origin][2]int64 `json:"records"` // from, to
	Blobs   int                       `json:"blobs"`
	Cosigs  int                       `json:"cosignatures"`
}

// Export writes a bundle to be carried to one party, or to all when to is empty:
// every record held here past the positions since (nil: from the beginning),
// with the blobs that the receiver may hold and every cosignature.
func (n *Node) Export(ctx context.Context, w io.Writer, to party.ID, since []bundle.Position) (*ExportReport, error) {
	info := bundle.Info{Group: n.cfg.First.Group, From: n.self, Written: canon.FormatTime(n.now())}
	bw, err := bundle.NewWriter(w, info)
	if err != nil {
		return nil, err
	}
	at := map[party.Origin]int64{}
	for _, p := range since {
		at[p.Origin] = p.Size
	}
	have, err := n.allPositions(ctx)
	if err != nil {
		return nil, err
	}
	if err := bw.Write(bundle.Part{Kind: bundle.Have, Have: have}); err != nil {
		return nil, err
	}
	rep := &ExportReport{Records: map[party.Origin][2]int64{}}
	sent := map[canon.Digest]bool{}
	for _, p := range have {
		if err := n.exportRecord(ctx, bw, to, p.Origin, at[p.Origin], sent, rep); err != nil {
			return nil, err
		}
	}
	for seq := int64(0); ; {
		list, err := record.CosignaturesSince(ctx, n.db.Read(), seq, chunkCosigs)
		if err != nil {
			return nil, err
		}
		if len(list) == 0 {
			break
		}
		for _, c := range list {
			seq = c.Seq
			if c.Head.Size <= at[c.Head.Origin] {
				continue
			}
			if err := bw.Write(bundle.Part{Kind: bundle.Cosig, Note: c.Note}); err != nil {
				return nil, err
			}
			rep.Cosigs++
		}
	}
	return rep, bw.Close()
}

func (n *Node) exportRecord(ctx context.Context, bw *bundle.Writer, to party.ID, o party.Origin, from int64, sent map[canon.Digest]bool, rep *ExportReport) error {
	latest, ok, err := n.released(ctx, o)
	if err != nil || !ok {
		return err
	}
	first := from
	for from < latest.Head.Size {
		m := &message{whole: true}
		head, err := n.addLeaves(ctx, m, to, o, from, latest, sent)
		if err != nil {
			return err
		}
		for _, p := range m.parts {
			if p.Kind == bundle.Blob {
				rep.Blobs++
			}
			if err := bw.Write(p); err != nil {
				return err
			}
		}
		from = head.Head.Size
		if err := bw.Write(bundle.Part{Kind: bundle.Head, Note: head.Note}); err != nil {
			return err
		}
	}
	if from > first {
		rep.Records[o] = [2]int64{first, from}
	}
	return nil
}

// allPositions are the positions of every record held here.
func (n *Node) allPositions(ctx context.Context) ([]bundle.Position, error) {
	all, err := record.Records(ctx, n.db.Read())
	if err != nil {
		return nil, err
	}
	var out []bundle.Position
	for _, o := range all {
		s, ok, err := n.released(ctx, o)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, bundle.Position{Origin: o, Size: s.Head.Size, Root: s.Head.Root})
		}
	}
	return out, nil
}

// ImportReport says what a carried bundle would change, or has changed.
type ImportReport struct {
	From    party.ID                  `json:"from"`
	Written string                    `json:"written"`
	Records map[party.Origin][2]int64 `json:"records"` // held before, held after
	Blobs   int                       `json:"blobs"`
	Cosigs  int                       `json:"cosignatures"`
}

// ReadCarried reads a carried bundle whole, without changing anything, and says
// what it would change.
func (n *Node) ReadCarried(ctx context.Context, r io.Reader) (*ImportReport, error) {
	in, err := readArrival(r, bundle.FileLimits())
	if err != nil {
		return nil, err
	}
	return n.reportOf(ctx, in)
}

func (n *Node) reportOf(ctx context.Context, in *arrival) (*ImportReport, error) {
	rep := &ImportReport{From: in.info.From, Written: in.info.Written, Records: map[party.Origin][2]int64{}, Blobs: len(in.blobs), Cosigs: len(in.cosigs)}
	for _, rec := range in.records {
		held, err := n.heldSize(ctx, rec.origin)
		if err != nil {
			return nil, err
		}
		if end := rec.from + int64(len(rec.leaves)); end > held && rec.from >= 0 {
			rep.Records[rec.origin] = [2]int64{held, end}
		}
	}
	return rep, nil
}

// Import takes a carried bundle through the same verification as the network. It
// is taken whole or refused whole.
func (n *Node) Import(ctx context.Context, r io.Reader) (*ImportReport, error) {
	in, err := readArrival(r, bundle.FileLimits())
	if err != nil {
		return nil, n.refuse(ctx, "", fmt.Errorf("carried bundle: %w", err), nil)
	}
	rep, err := n.reportOf(ctx, in)
	if err != nil {
		return nil, err
	}
	if err := n.receive(ctx, in.info.From, in); err != nil {
		return nil, err
	}
	// Nobody vouches for who wrote a carried bundle: where it says its writer stands
	// is no answer of a peer (guard.go).
	return rep, n.CosignAll(ctx)
}
