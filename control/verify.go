package control

import (
	"bytes"
	"context"
	"path/filepath"

	"detente/act"
	"detente/internal/canon"
	"detente/key"
	"detente/node"
	"detente/party"
	"detente/regime"
	"detente/verify"
)

func fileVerbs() map[string]verb {
	return map[string]verb{
		"verify":        reads(verifyFile),
		"evidence-file": reads(evidenceFile),
	}
}

// Verified is what a file shows by the first roster of this home.
type Verified struct {
	Kind     string       `json:"kind"`   // proof, misconduct or bundle
	Digest   canon.Digest `json:"digest"` // of the file
	Roster   canon.Digest `json:"roster"`
	Words    []string     `json:"words"` // of the roster, for comparing by telephone
	Sentence string       `json:"sentence"`
	NotShown []string     `json:"not_shown"`
	Act      *VerifiedAct `json:"act"` // of a proof; else null
}

// VerifiedAct is the act that a proof is about.
type VerifiedAct struct {
	Place    string            `json:"place"`
	Author   party.ID          `json:"author"`
	Status   act.Status        `json:"status"`
	Kind     act.Kind          `json:"kind"`
	Thread   string            `json:"thread"`
	Measure  string            `json:"measure"`
	Edition  int               `json:"edition"` // of the roster by which it is judged
	Lodged   Lodged            `json:"lodged"`  // with its content held
	Receipts []VerifiedReceipt `json:"receipts"`
	Content  string            `json:"content"` // for people; empty: nothing was disclosed
}

// VerifiedReceipt is a receipt that a proof carries.
type VerifiedReceipt struct {
	By    party.ID `json:"by"`
	Kind  act.Kind `json:"kind"`
	At    string   `json:"at"` // of the head of By that covers it
	Place string   `json:"place"`
}

// VerifyArgs say in which language it is shown when an act was lodged.
type VerifyArgs struct {
	Language regime.Lang `json:"language"`
}

// verifyFile verifies the file that the call brings. Nothing of it is kept.
func verifyFile(ctx context.Context, c *call, a VerifyArgs) (any, error) {
	b, err := c.body(verify.MaxProof)
	if err != nil {
		return nil, err
	}
	first := c.node.First()
	v, err := verify.File(bytes.NewReader(b), first, c.node.Now())
	if err != nil {
		return nil, refuse(Verification, "nothing is shown by it", "it does not verify: %v", err)
	}
	out := Verified{Kind: v.Kind, Digest: canon.DigestOf(b), Roster: v.Roster, Words: key.Words(v.Roster), Sentence: v.Sentence, NotShown: v.NotShown}
	if s := v.Shown; s != nil {
		of := &VerifiedAct{Place: place(s.Ref), Author: s.Author, Status: s.Act.Status, Kind: s.Act.Kind, Thread: s.Act.Thread, Measure: s.Act.Measure, Edition: s.Edition.Edition,
			Lodged: lodgedOf(s.Held, a.Language), Receipts: []VerifiedReceipt{}}
		for _, r := range s.Receipts {
			of.Receipts = append(of.Receipts, VerifiedReceipt{r.By, r.Kind, node.Time(r.Time), place(r.Ref)})
		}
		if s.Content != nil {
			if of.Content, err = ContentText(s.Act.Measure, s.ContentType, s.Content); err != nil {
				return nil, err
			}
		}
		out.Act = of
	}
	return out, nil
}

// EvidenceArgs name a proof of the folder of evidence.
type EvidenceArgs struct {
	Name string `json:"name"` // of the file, without its folder
}

// evidenceFile writes a proof of misconduct that this home keeps.
func evidenceFile(ctx context.Context, c *call, a EvidenceArgs) (any, error) {
	files, err := c.node.Evidence()
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		if filepath.Base(f) != a.Name {
			continue
		}
		m, err := readMisconduct(f)
		if err != nil {
			return nil, err
		}
		b, err := m.Bytes()
		if err != nil {
			return nil, err
		}
		if err := c.node.Note(ctx, c.actor(ctx), "proof-export", a.Name+", "+canon.DigestOf(b).String()); err != nil {
			return nil, err
		}
		_, err = c.out.Write(b)
		return nil, err
	}
	return nil, refuse(NotFound, "detente evidence list", "no proof %s is kept here", a.Name)
}
