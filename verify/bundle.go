package verify

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"detente/act"
	"detente/bundle"
	"detente/checkpoint"
	"detente/key"
	"detente/party"
	"detente/record"
	"detente/roster"
	"golang.org/x/mod/sumdb/tlog"
)

// exported is one record of a bundle, as far as it was verified.
type exported struct {
	tree  record.Tree
	roots map[int64]tlog.Hash // at the sizes that a note of the bundle names
	notes []checkpoint.Note
	shown int64 // acts under a verified head
}

// bundle verifies the records that a bundle holds from their beginning: every
// leaf under a head signed by its author. The file is read twice, first for the
// sizes that its notes name, so that memory does not grow with the acts.
func (v *Verdict) bundle(f io.ReadSeeker, first *roster.Roster) error {
	v.Kind = Bundle
	keys, err := roster.NewKeys(first)
	if err != nil {
		return err
	}
	records := map[party.Origin]*exported{}
	var cosigs []checkpoint.Note
	info, err := parts(f, func(p bundle.Part) error {
		cosigs, err = note(records, cosigs, p)
		return err
	})
	if err != nil {
		return err
	}
	if info.Group != first.Group {
		return fmt.Errorf("it is of group %s, the roster is of %s", info.Group, first.Group)
	}
	if _, err := parts(f, func(p bundle.Part) error {
		if p.Kind != bundle.Entries {
			return nil
		}
		return of(records, p.Origin).append(keys, p)
	}); err != nil {
		return err
	}
	vouched, err := v.judge(keys, records, cosigs)
	if err != nil {
		return err
	}
	v.conclude(info, records, vouched)
	return nil
}

// parts reads a bundle from its beginning.
func parts(f io.ReadSeeker, take func(bundle.Part) error) (bundle.Info, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return bundle.Info{}, err
	}
	br, info, err := bundle.NewReader(f, bundle.FileLimits())
	if err != nil {
		return info, err
	}
	for {
		p, err := br.Next()
		if errors.Is(err, io.EOF) {
			return info, nil
		}
		if err == nil {
			err = take(p)
		}
		if err != nil {
			return info, err
		}
	}
}

func of(records map[party.Origin]*exported, o party.Origin) *exported {
	if records[o] == nil {
		records[o] = &exported{roots: map[int64]tlog.Hash{}}
	}
	return records[o]
}

// note keeps the notes of a bundle and marks the sizes that they name.
func note(records map[party.Origin]*exported, cosigs []checkpoint.Note, p bundle.Part) ([]checkpoint.Note, error) {
	if p.Kind != bundle.Head && p.Kind != bundle.Cosig {
		return cosigs, nil
	}
	n, err := checkpoint.ParseNote(p.Note)
	if err != nil {
		return cosigs, err
	}
	e := of(records, n.Head.Origin)
	e.roots[n.Head.Size] = tlog.Hash{}
	if p.Kind == bundle.Cosig {
		return append(cosigs, n), nil
	}
	e.notes = append(e.notes, n)
	return cosigs, nil
}

func (e *exported) append(keys *roster.Keys, p bundle.Part) error {
	if p.From != e.tree.Size() {
		return fmt.Errorf("record %s goes on at act %d where %d belongs: verify an export from the beginning", p.Origin, p.From, e.tree.Size())
	}
	owner, known := keys.Owner(p.Origin)
	for i, leaf := range p.Leaves {
		if err := e.tree.Append(tlog.RecordHash(leaf)); err != nil {
			return err
		}
		if _, named := e.roots[e.tree.Size()]; named {
			e.roots[e.tree.Size()] = e.tree.Root()
		}
		a, err := act.Parse(leaf)
		if err != nil || a.Kind != act.KeyChange || !known {
			continue
		}
		// A key act that does not follow its commitment changes nothing.
		_ = keys.Change(roster.Change{Party: owner, Origin: p.Origin, Index: p.From + int64(i), Role: key.Role(a.Role), Payload: a.Payload})
	}
	return nil
}

// judge compares the signed heads with the trees and counts the cosignatures
// that verify over them.
func (v *Verdict) judge(keys *roster.Keys, records map[party.Origin]*exported, cosigs []checkpoint.Note) (map[party.Origin]int, error) {
	for _, o := range slices.Sorted(maps.Keys(records)) {
		e := records[o]
		for _, n := range e.notes {
			k, ok := keys.Record(o, n.Head.Size)
			if !ok {
				return nil, fmt.Errorf("no key of record %s is known by this roster", o)
			}
			s, err := n.Verify(k)
			if err != nil {
				return nil, fmt.Errorf("head of %s at %d acts: %w", o, n.Head.Size, err)
			}
			root, known := e.roots[n.Head.Size], n.Head.Size <= e.tree.Size()
			if n.Head.Size == 0 {
				continue
			}
			if known && root != s.Head().Root {
				return nil, fmt.Errorf("the acts of %s do not give the root that its head at %d acts signs", o, n.Head.Size)
			}
			if known {
				e.shown = max(e.shown, n.Head.Size)
			}
		}
		if e.shown < e.tree.Size() {
			return nil, fmt.Errorf("the acts %d to %d of %s are under no signed head", e.shown, e.tree.Size()-1, o)
		}
	}
	vouched := map[party.Origin]int{}
	for _, n := range cosigs {
		if len(n.Lines) == 0 {
			continue
		}
		ck, ok := keys.ByName(n.Lines[0].Name, n.Lines[0].ID)
		e := records[n.Head.Origin]
		if !ok || e == nil {
			continue
		}
		c, err := n.VerifyCosigned(ck.Key)
		if err == nil && n.Head.Size > 0 && n.Head.Size <= e.shown && e.roots[n.Head.Size] == c.Head().Root {
			vouched[n.Head.Origin]++
		}
	}
	return vouched, nil
}

func (v *Verdict) conclude(info bundle.Info, records map[party.Origin]*exported, vouched map[party.Origin]int) {
	var parts []string
	for _, o := range slices.Sorted(maps.Keys(records)) {
		if records[o].shown == 0 {
			continue
		}
		parts = append(parts, fmt.Sprintf("%s has %s, each under its author's signature, with %s", o, counted(records[o].shown, "act"), counted(int64(vouched[o]), "cosignature")))
	}
	if len(parts) == 0 {
		parts = append(parts, "it holds no act")
	}
	v.Sentence = strings.Join(parts, "; ") + "."
	v.NotShown = append(v.NotShown,
		fmt.Sprintf("That it was written by %s is a claim: a bundle is not signed, what it holds is.", info.From),
		"Whether the records have gone on since is not shown.",
		"Contents were not looked at.")
}

// counted is a number with its word.
func counted(n int64, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
