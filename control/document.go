package control

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"detente/act"
	"detente/clarification"
	"detente/docket"
	"detente/internal/canon"
	"detente/node"
	"detente/pack"
	"detente/party"
	"detente/roster"
)

func documentVerbs() map[string]verb {
	return map[string]verb{
		"document-list": reads(documentList),
		"document-file": reads(documentFile),
	}
}

// DocumentKind is what a document is.
type DocumentKind string

// The kinds.
const (
	RosterDocument   DocumentKind = "roster"   // an edition of the roster
	PackDocument     DocumentKind = "pack"     // a text as data
	JointDocument    DocumentKind = "joint"    // a joint text that each party of a matter adopted
	EvidenceDocument DocumentKind = "evidence" // a proof of misconduct that is kept here
	BundleMade       DocumentKind = "bundle-export"
	BundleTaken      DocumentKind = "bundle-import"
	ProofMade        DocumentKind = "proof-export"
	TextTaken        DocumentKind = "text-keep"
)

// Document is one thing that the group adopted, or that this node received or made.
type Document struct {
	Kind     DocumentKind      `json:"kind"`
	Name     string            `json:"name"`     // a safe name of a file
	Title    pack.Text         `json:"title"`    // by language; empty: it has none
	Edition  string            `json:"edition"`  // of a roster, or those of a text; empty: none
	Digest   string            `json:"digest"`   // of its bytes; empty: not written down
	Date     string            `json:"date"`     // since when it holds, or when it was taken in or made; empty: not told
	Standing string            `json:"standing"` // of a text: in-force, ships, carried-in; of a roster: in-force, or empty
	Adopted  map[string]string `json:"adopted"`  // party to time; empty time: not shown
	Detail   string            `json:"detail"`   // what the trail says of it; the thread of a joint text
	Officer  string            `json:"officer"`  // who took it in or made it; empty: nobody in particular
	Kept     bool              `json:"kept"`     // its bytes are here: document-file
}

// documentList lists what the group adopted, then what was taken in and made here, the
// newest first within each.
func documentList(ctx context.Context, c *call, _ nothing) (any, error) {
	out := []Document{}
	for _, part := range []func(context.Context) ([]Document, error){c.rosterDocuments, c.packDocuments, c.jointDocuments, c.evidenceDocuments, c.carriedDocuments} {
		some, err := part(ctx)
		if err != nil {
			return nil, err
		}
		slices.SortStableFunc(some, func(x, y Document) int { return cmp.Compare(y.Date, x.Date) })
		out = append(out, some...)
	}
	return out, nil
}

func (c *call) rosterDocuments(ctx context.Context) ([]Document, error) {
	editions, err := c.node.Editions(ctx)
	var out []Document
	for _, e := range editions {
		d := Document{Kind: RosterDocument, Name: fmt.Sprintf("roster-%d.json", e.Roster.Edition), Edition: fmt.Sprint(e.Roster.Edition), Digest: e.Roster.Digest().String(),
			Date: e.Roster.Effective, Adopted: adopted(e), Kept: true}
		if e.Roster.Digest() == c.node.Keys().In(c.node.Now()).Digest() {
			d.Standing = string(node.InForce)
		}
		out = append(out, d)
	}
	return out, err
}

func adopted(e node.EditionStatus) map[string]string {
	out := map[string]string{}
	for id, at := range e.Adopted {
		out[string(id)] = node.Time(at)
	}
	return out
}

// packDocuments are the texts at hand; of one that the group adopted, since the first
// edition of the roster that names it.
func (c *call) packDocuments(ctx context.Context) ([]Document, error) {
	texts, err := c.node.AllTexts(ctx)
	if err != nil {
		return nil, err
	}
	editions, err := c.node.Editions(ctx)
	if err != nil {
		return nil, err
	}
	var out []Document
	for _, t := range texts {
		d := Document{Kind: PackDocument, Name: "pack-" + t.Head.ID + "-" + short(t.Digest()) + ".pack", Title: t.Head.Title, Digest: t.Digest().String(),
			Standing: string(t.Standing), Adopted: map[string]string{}, Kept: true}
		var of []string
		for _, e := range t.Head.Editions {
			of = append(of, e.ID)
		}
		d.Edition = strings.Join(of, ", ")
		for _, e := range editions {
			if slices.Contains(e.Roster.Packs, roster.Pack{ID: t.Head.ID, Digest: t.Digest()}) {
				d.Date, d.Adopted = e.Roster.Effective, adopted(e)
				break
			}
		}
		out = append(out, d)
	}
	return out, nil
}

// short is the beginning of a digest, for a name.
func short(d canon.Digest) string { return strings.TrimPrefix(d.String(), "sha256:")[:8] }

// jointDocuments are the joint texts that every party of a matter adopted.
func (c *call) jointDocuments(ctx context.Context) ([]Document, error) {
	places, err := c.node.ContentsOf(ctx, clarification.Type)
	if err != nil {
		return nil, err
	}
	threads := map[docket.Thread][]docket.Row{} // of no author: what sides say of one matter
	for _, p := range places {
		row, err := c.node.At(ctx, p.Origin, p.Index)
		if err != nil {
			return nil, err
		}
		t := docket.Thread{Name: row.Thread, Status: row.Status}
		threads[t] = append(threads[t], row)
	}
	var out []Document
	for t, rows := range threads {
		filed, err := c.node.Accounts(ctx, t.Name, t.Status)
		if err != nil {
			return nil, err
		}
		for _, parties := range clarification.Matters(filed) {
			table := clarification.Table(parties, filed)
			for i := range table {
				if p := &table[i]; p.Point.Kind == clarification.Joint && p.Finding == clarification.AgreedOn {
					d, err := c.jointDocument(ctx, t, rows, parties, &p.Point)
					if err != nil {
						return nil, err
					}
					out = append(out, d)
				}
			}
		}
	}
	slices.SortFunc(out, func(x, y Document) int { return cmp.Or(cmp.Compare(x.Detail, y.Detail), cmp.Compare(x.Name, y.Name)) })
	return out, nil
}

// jointDocument is one joint text; it holds since the last party adopted it, by the
// times that they claim.
func (c *call) jointDocument(ctx context.Context, t docket.Thread, rows []docket.Row, parties []party.ID, p *clarification.Point) (Document, error) {
	d := Document{Kind: JointDocument, Name: "joint-text-" + clarification.Name(p)[:8] + ".txt", Digest: canon.DigestOf(jointBytes(p)).String(), Adopted: map[string]string{},
		Detail: t.Name, Kept: true, Standing: string(t.Status)}
	last := map[party.ID]int64{}
	for _, r := range rows {
		content, err := c.node.Content(ctx, r.Ref)
		if err != nil {
			return d, err
		}
		a, err := clarification.Parse(content.Body)
		if err != nil || !slices.Equal(a.Parties, parties) {
			continue
		}
		for _, said := range a.Points {
			if said.Digest() == p.Digest() && said.Stance == clarification.Agrees && (last[r.Author] == 0 || r.Claimed > last[r.Author]) {
				last[r.Author] = r.Claimed
			}
		}
	}
	for id, at := range last {
		d.Adopted[string(id)] = node.Time(at)
	}
	if len(last) > 0 {
		d.Date = node.Time(slices.Max(slices.Collect(maps.Values(last))))
	}
	return d, nil
}

// jointBytes are the bytes of a joint text as a file.
func jointBytes(p *clarification.Point) []byte { return []byte(p.Text + "\n") }

func (c *call) evidenceDocuments(context.Context) ([]Document, error) {
	files, err := c.node.Evidence()
	if err != nil {
		return nil, err
	}
	var out []Document
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			return nil, fmt.Errorf("read evidence: %w", err)
		}
		d := Document{Kind: EvidenceDocument, Name: filepath.Base(f), Digest: canon.DigestOf(b).String(), Adopted: map[string]string{}, Kept: true}
		if info, err := os.Stat(f); err == nil {
			d.Date = canon.FormatTime(info.ModTime())
		}
		out = append(out, d)
	}
	return out, nil
}

// carriedDocuments are the files that were made here, and those that were taken in, as
// the trail has them. Their bytes are not kept a second time.
func (c *call) carriedDocuments(ctx context.Context) ([]Document, error) {
	entries, err := c.node.Desk().TrailOf(ctx, []string{string(BundleMade), string(BundleTaken), string(ProofMade), string(TextTaken)}, MaxList)
	var out []Document
	for _, e := range entries {
		d := Document{Kind: DocumentKind(e.What), Adopted: map[string]string{}, Date: canon.FormatTime(e.At), Officer: e.Officer}
		var rest []string
		for word := range strings.FieldsSeq(e.Detail) {
			if _, err := canon.ParseDigest(word); err == nil {
				d.Digest = word
				continue
			}
			rest = append(rest, word)
		}
		d.Detail = strings.TrimSuffix(strings.Join(rest, " "), ",")
		out = append(out, d)
	}
	return out, err
}

// DocumentArgs name a document whose bytes are kept here.
type DocumentArgs struct {
	Kind   DocumentKind `json:"kind"`
	Digest string       `json:"digest"`
}

// DocumentWritten says what was written.
type DocumentWritten struct {
	Name   string `json:"name"`
	Digest string `json:"digest"`
	Bytes  int    `json:"bytes"`
}

// documentFile writes the bytes of a document, which have the digest that is asked for.
func documentFile(ctx context.Context, c *call, a DocumentArgs) (any, error) {
	listed, err := documentList(ctx, c, nothing{})
	if err != nil {
		return nil, err
	}
	all := listed.([]Document)
	i := slices.IndexFunc(all, func(d Document) bool { return d.Kept && d.Kind == a.Kind && d.Digest == a.Digest })
	if i < 0 {
		return nil, refuse(NotFound, "detente document list", "no %s of the digest %s is kept here", a.Kind, a.Digest)
	}
	b, err := c.documentBytes(ctx, &all[i])
	if err != nil {
		return nil, err
	}
	if got := canon.DigestOf(b).String(); got != a.Digest {
		return nil, refuse(Verification, "detente doctor", "what is kept as %s has the digest %s, not %s", all[i].Name, got, a.Digest)
	}
	if _, err := c.out.Write(b); err != nil {
		return nil, fmt.Errorf("write the document: %w", err)
	}
	return DocumentWritten{all[i].Name, a.Digest, len(b)}, nil
}

func (c *call) documentBytes(ctx context.Context, d *Document) ([]byte, error) {
	switch d.Kind {
	case RosterDocument:
		editions, err := c.node.Editions(ctx)
		if err != nil {
			return nil, err
		}
		for _, e := range editions {
			if e.Roster.Digest().String() == d.Digest {
				return e.Roster.Bytes()
			}
		}
	case PackDocument:
		texts, err := c.node.AllTexts(ctx)
		if err != nil {
			return nil, err
		}
		for _, t := range texts {
			if t.Digest().String() == d.Digest {
				return t.Bytes(), nil
			}
		}
	case JointDocument:
		filed, err := c.node.Accounts(ctx, d.Detail, act.Status(d.Standing))
		for _, f := range filed {
			for i := range f.Account.Points {
				if b := jointBytes(&f.Account.Points[i]); canon.DigestOf(b).String() == d.Digest {
					return b, nil
				}
			}
		}
		return nil, err
	case EvidenceDocument:
		files, err := c.node.Evidence()
		for _, f := range files {
			if filepath.Base(f) == d.Name {
				return os.ReadFile(f)
			}
		}
		return nil, err
	}
	return nil, nil
}
