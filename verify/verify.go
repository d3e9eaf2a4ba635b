// Package verify says what a file shows, offline, with the first roster alone: a proof
// of one act, a proof of misconduct, or the records that a bundle holds.
//
// It trusts nothing of the file but what its signatures carry, keeps nothing, and
// decides nothing about anybody. Invariant: a Verdict is returned only for a file of
// which every part that it speaks of verifies. Spec: spec/proof.md, spec/bundle.md.
package verify

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"detente/bundle"
	"detente/internal/canon"
	"detente/proof"
	"detente/roster"
)

// Kinds of a file.
const (
	Proof      = "proof"
	Misconduct = "misconduct"
	Bundle     = "bundle"
)

// MaxProof bounds a proof file in memory, in bytes: the largest content and the lists
// of retired keys.
const MaxProof = 256 << 20

// Verdict is what a file shows.
type Verdict struct {
	Kind     string       `json:"kind"` // Proof, Misconduct or Bundle
	Roster   canon.Digest `json:"roster"`
	Sentence string       `json:"sentence"`  // what is shown
	NotShown []string     `json:"not_shown"` // what is not, a sentence each
	Shown    *proof.Shown `json:"-"`         // of a proof; else nil
}

// File verifies a file by what its first line says it is; now sets aside signatures
// of the future. The error is one sentence, and then nothing is shown by the file.
func File(f io.ReadSeeker, first *roster.Roster, now time.Time) (*Verdict, error) {
	head := make([]byte, 64)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, errors.New("it is empty")
	}
	magic, _, _ := bytes.Cut(head[:n], []byte("\n"))
	whole := io.MultiReader(bytes.NewReader(head[:n]), f)
	v := &Verdict{Roster: first.Digest(), NotShown: []string{}}
	switch string(magic) {
	case proof.FileMagic:
		err = v.proof(whole, first, now)
	case proof.MisconductMagic:
		err = v.misconduct(whole, first)
	case bundle.Magic:
		err = v.bundle(f, first)
	default:
		err = errors.New("its first line names no proof and no bundle")
	}
	if err != nil {
		return nil, err
	}
	return v, nil
}

func readAll(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, MaxProof+1))
	if err == nil && len(b) > MaxProof {
		err = fmt.Errorf("it has more than %d bytes", MaxProof)
	}
	return b, err
}

func (v *Verdict) proof(r io.Reader, first *roster.Roster, now time.Time) error {
	v.Kind = Proof
	b, err := readAll(r)
	if err != nil {
		return err
	}
	f, err := proof.Parse(b)
	if err != nil {
		return err
	}
	s, err := proof.Verify(f, first, now.Unix())
	if err != nil {
		return err
	}
	v.Sentence = s.Sentence
	v.NotShown = append(v.NotShown, s.NotShown...)
	v.Shown = s
	return nil
}

func (v *Verdict) misconduct(r io.Reader, first *roster.Roster) error {
	v.Kind = Misconduct
	b, err := readAll(r)
	if err != nil {
		return err
	}
	m, err := proof.ParseMisconduct(b)
	if err != nil {
		return err
	}
	keys, err := roster.NewKeys(first)
	if err != nil {
		return err
	}
	if v.Sentence, err = m.Verify(keys); err != nil {
		return err
	}
	v.NotShown = append(v.NotShown, "Why it came about is not shown: a copied machine and intent look alike.")
	return nil
}
