package control

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"detente/act"
	"detente/bundle"
	"detente/docket"
	"detente/internal/canon"
	"detente/node"
	"detente/party"
	"detente/proof"
)

func carryVerbs() map[string]verb {
	return map[string]verb{
		"export":      reads(export),
		"import":      writes(importBundle),
		"import-look": reads(importLook),
		"prove":       reads(prove),
		"backup":      reads(backup),
	}
}

// ExportArgs say for whom a bundle is.
type ExportArgs struct {
	To    party.ID `json:"to"`    // empty: for all
	Since []Held   `json:"since"` // what the receiver holds
}

// Held is how much of a record somebody holds.
type Held struct {
	Origin party.Origin `json:"origin"`
	Size   int64        `json:"size"`
}

func export(ctx context.Context, c *call, a ExportArgs) (any, error) {
	if a.To != "" {
		if _, ok := c.node.Keys().Current().Party(a.To); !ok {
			return nil, refuse(NotFound, "detente peer list", "%s is not in the roster", a.To)
		}
	}
	var since []bundle.Position
	for _, h := range a.Since {
		since = append(since, bundle.Position{Origin: h.Origin, Size: h.Size})
	}
	sum := sha256.New()
	rep, err := c.node.Export(ctx, io.MultiWriter(c.out, sum), a.To, since)
	if err != nil {
		return nil, err
	}
	to := string(a.To)
	if to == "" {
		to = "all"
	}
	return rep, c.node.Note(ctx, c.actor(ctx), "bundle-export", fmt.Sprintf("to %s, %d records, %s", to, len(rep.Records), canon.Digest(sum.Sum(nil))))
}

// Carried says what a bundle would change here, or has changed.
type Carried = node.ImportReport

func importLook(ctx context.Context, c *call, _ nothing) (any, error) {
	return verified(c.node.ReadCarried(ctx, c.in))
}

func importBundle(ctx context.Context, c *call, _ nothing) (any, error) {
	sum := sha256.New()
	rep, err := c.node.Import(ctx, io.TeeReader(c.in, sum))
	if err != nil {
		return verified(rep, err)
	}
	return rep, c.node.Note(ctx, c.actor(ctx), "bundle-import", fmt.Sprintf("from %s, %d records, %s", rep.From, len(rep.Records), canon.Digest(sum.Sum(nil))))
}

// verified says of a bundle that was refused that what was checked does not hold.
func verified(rep *node.ImportReport, err error) (any, error) {
	if err == nil {
		return rep, nil
	}
	if e := ErrorOf(err); e.Code != Failed {
		return nil, e
	}
	return nil, refuse(Verification, "nothing of it was kept; ask for it again, or look: detente observation list", "%v", err)
}

// ProveArgs name an act.
type ProveArgs struct {
	Ref         string `json:"ref"`
	WithContent bool   `json:"with_content"` // discloses the content and its key
}

// Proven says what a proof file is about.
type Proven struct {
	Place    string `json:"place"`
	Bytes    int    `json:"bytes"`
	Receipts int    `json:"receipts"`
	Mirrors  int    `json:"mirrors"` // cosignatures in it
	Content  bool   `json:"content"`
	// Statements are all that the author said in the thread of a statement, in
	// order: a proof is about one of them.
	Statements []Stage `json:"statements"`
}

// Stage is one statement of a thread.
type Stage struct {
	Place string   `json:"place"`
	Life  act.Life `json:"life"`
}

func prove(ctx context.Context, c *call, a ProveArgs) (any, error) {
	row, err := c.node.Find(ctx, a.Ref)
	if err != nil {
		return nil, err
	}
	f, err := c.node.Prove(ctx, row.Ref, a.WithContent)
	if err != nil {
		return nil, err
	}
	b, err := f.Bytes()
	if err != nil {
		return nil, err
	}
	what := place(row.Ref)
	if a.WithContent {
		what += ", with its content"
	}
	what += ", " + canon.DigestOf(b).String()
	// Said before it leaves: it may disclose.
	if err := c.node.Note(ctx, c.actor(ctx), "proof-export", what); err != nil {
		return nil, err
	}
	if _, err := c.out.Write(b); err != nil {
		return nil, fmt.Errorf("write the proof: %w", err)
	}
	stages, err := statementsOf(ctx, c, row)
	return Proven{place(row.Ref), len(b), len(f.Receipts), len(f.Cosigs), len(f.Ciphertext) > 0, stages}, err
}

// statementsOf lists what the author of a statement said in its thread.
func statementsOf(ctx context.Context, c *call, row docket.Row) ([]Stage, error) {
	out := []Stage{}
	if row.Kind != act.Statement || row.Thread == "" {
		return out, nil
	}
	rows, err := c.node.List(ctx, docket.Filter{Author: row.Author, Thread: row.Thread, Status: row.Status, Kinds: []act.Kind{act.Statement}})
	for _, r := range rows {
		out = append(out, Stage{place(r.Ref), r.Life})
	}
	return out, err
}

func backup(ctx context.Context, c *call, _ nothing) (any, error) {
	m, err := c.home.Backup(ctx, c.out)
	if err != nil {
		return nil, err
	}
	return m, c.node.Note(ctx, c.actor(ctx), "backup", fmt.Sprintf("%s at %d acts", m.Origin, m.Acts))
}

// readMisconduct reads a proof of the folder of evidence.
func readMisconduct(path string) (*proof.Misconduct, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read evidence: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, canon.MaxJSON))
	if err != nil {
		return nil, fmt.Errorf("read evidence %s: %w", filepath.Base(path), err)
	}
	m, err := proof.ParseMisconduct(b)
	if err != nil {
		return nil, fmt.Errorf("evidence %s: %w", filepath.Base(path), err)
	}
	return m, nil
}
