package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"detente/bundle"
	"detente/internal/canon"
	"detente/internal/durable"
	"detente/party"
	"detente/record"
)

// ExportReport says what a carried bundle holds.
type ExportReport struct {
	Records map[party.Origin][2]int64 `json:"records"` // from, to
	Blobs   int                       `json:"blobs"`
	Cosigs  int                       `json:"cosignatures"`
	// Unsure: this node may not sign yet, so receipts and cosignatures that it owes
	// are not in the bundle.
	Unsure bool `json:"unsure"`
}

// Export writes a bundle to be carried to one party, or to all when to is empty:
// every record held here past the positions since (nil: from the beginning),
// with the blobs that the receiver may hold and every cosignature over them; of
// this party's own also those over what is held there. What this node owes is
// given first, so that it goes along though no loop runs.
func (n *Node) Export(ctx context.Context, w io.Writer, to party.ID, since []bundle.Position) (*ExportReport, error) {
	n.markAllDirty()
	if err := errors.Join(n.giveOwed(ctx), n.CosignAll(ctx)); err != nil {
		return nil, err
	}
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
	rep := &ExportReport{Records: map[party.Origin][2]int64{}, Unsure: !n.sure()}
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
			if held := at[c.Head.Origin]; c.Head.Size < held || c.Head.Size == held && !n.ours(c.By) {
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

// ours reports whether a cosigner of that name is this party.
func (n *Node) ours(name string) bool {
	slash := strings.LastIndexByte(name, '/')
	return slash > 0 && n.author(party.Origin(name[:slash])) == n.self
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

// A carried file may be larger than memory. One up to pieceBytes is taken whole.
// A longer one is read twice: to its end, to see that nothing of its form is
// wrong, and then piece by piece, each up to a checkpoint.
const (
	pieceBytes = 64 << 20
	// mostBytes may lie between two checkpoints.
	mostBytes = 512 << 20
)

// ReadCarried reads a carried bundle to its end, without changing anything, and
// says what it would change.
func (n *Node) ReadCarried(ctx context.Context, r io.Reader) (*ImportReport, error) {
	rep, _, err := n.look(ctx, r)
	return rep, err
}

// look reads a carried bundle one part at a time. most are the bytes in the
// largest piece that must be taken together.
func (n *Node) look(ctx context.Context, r io.Reader) (rep *ImportReport, most int64, err error) {
	br, info, err := bundle.NewReader(r, bundle.FileLimits())
	if err != nil {
		return nil, 0, err
	}
	rep = &ImportReport{From: info.From, Written: info.Written, Records: map[party.Origin][2]int64{}}
	sum := int64(0)
	for {
		p, err := br.Next()
		if errors.Is(err, io.EOF) {
			return rep, max(most, sum), nil
		}
		if err == nil { // the notes must be notes
			err = (&arrival{carried: true, blobs: map[canon.Digest][]byte{}}).add(p, map[party.Origin]*incoming{})
		}
		if err != nil {
			return nil, 0, err
		}
		sum += partBytes(p)
		most = max(most, sum)
		switch p.Kind {
		case bundle.Blob:
			rep.Blobs++
		case bundle.Entries:
			if err := n.reportEntries(ctx, rep, p); err != nil {
				return nil, 0, err
			}
		case bundle.Cosig:
			rep.Cosigs++
			sum = 0
		case bundle.Head:
			sum = 0
		}
	}
}

func (n *Node) reportEntries(ctx context.Context, rep *ImportReport, p bundle.Part) error {
	held := int64(0)
	if was, ok := rep.Records[p.Origin]; ok {
		held = was[0]
	} else {
		var err error
		if held, err = n.heldSize(ctx, p.Origin); err != nil {
			return err
		}
	}
	if end := p.From + int64(len(p.Leaves)); end > held {
		rep.Records[p.Origin] = [2]int64{held, end}
	}
	return nil
}

func partBytes(p bundle.Part) int64 {
	return int64(len(p.Note) + len(p.Blob) + sizeOf(p.Leaves) + 100*len(p.Have) + 32*len(p.Want))
}

// Import takes a carried bundle through the same verification as the network. One
// with a fault in its form is refused whole. What verifies of a long one is kept,
// piece by piece; if a later piece is refused, what came before it stands.
func (n *Node) Import(ctx context.Context, r io.Reader) (*ImportReport, error) {
	var head bytes.Buffer
	if _, err := io.CopyN(&head, r, pieceBytes); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read the carried bundle: %w", err)
	}
	if head.Len() < pieceBytes {
		return n.importPieces(ctx, bytes.NewReader(head.Bytes()), pieceBytes, mostBytes)
	}
	dir, err := durable.TempDir(n.cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("make room for the carried bundle: %w", err)
	}
	defer os.RemoveAll(dir)
	file, err := os.Create(filepath.Join(dir, "bundle"))
	if err != nil {
		return nil, fmt.Errorf("make room for the carried bundle: %w", err)
	}
	defer file.Close()
	if _, err := io.Copy(file, io.MultiReader(&head, r)); err != nil {
		return nil, fmt.Errorf("keep the carried bundle while it is read: %w", err)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("read the carried bundle: %w", err)
	}
	return n.importPieces(ctx, file, pieceBytes, mostBytes)
}

// importPieces takes a file in pieces of some piece bytes, if there are never
// more than most between two checkpoints.
func (n *Node) importPieces(ctx context.Context, r io.ReadSeeker, piece, most int64) (*ImportReport, error) {
	rep, largest, err := n.look(ctx, r)
	if err == nil && largest > most {
		err = fmt.Errorf("%d bytes lie between two checkpoints, more than %d", largest, most)
	}
	if err != nil {
		return nil, n.refuse(ctx, "", fmt.Errorf("carried bundle: %w", err), nil)
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("read the carried bundle again: %w", err)
	}
	br, info, err := bundle.NewReader(r, bundle.FileLimits())
	if err != nil {
		return nil, fmt.Errorf("read the carried bundle again: %w", err)
	}
	for last := false; !last; {
		in := &arrival{info: info, blobs: map[canon.Digest][]byte{}, carried: true}
		if last, err = in.fill(br, piece); err != nil {
			return nil, fmt.Errorf("read the carried bundle again: %w", err)
		}
		if err := n.receive(ctx, info.From, in); err != nil {
			return nil, err
		}
	}
	// Nobody vouches for who wrote a carried bundle: where it says its writer stands
	// is no answer of a peer (guard.go).
	return rep, n.CosignAll(ctx)
}

// fill reads parts up to the first checkpoint or cosignature past piece bytes,
// and reports whether that was the end.
func (in *arrival) fill(br *bundle.Reader, piece int64) (last bool, err error) {
	byOrigin := map[party.Origin]*incoming{}
	for sum := int64(0); ; {
		p, err := br.Next()
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		if err == nil {
			err = in.add(p, byOrigin)
		}
		if err != nil {
			return false, err
		}
		if sum += partBytes(p); sum >= piece && (p.Kind == bundle.Head || p.Kind == bundle.Cosig) {
			return false, nil
		}
	}
}
