package pack

import (
	"cmp"
	"slices"
	"strings"

	"detente/internal/canon"
)

// Library holds the packs of one group: those at hand, by digest, and since when
// the group has adopted which. It is filled once and then read by any number of
// readers.
type Library struct {
	packs   map[canon.Digest]*Pack
	adopted []adoption
}

// adoption is the time from From until Until, in Unix seconds, Until itself
// outside, in which a pack is in force; a zero end is open.
type adoption struct {
	digest      canon.Digest
	from, until int64
}

// NewLibrary holds packs of which none is adopted yet.
func NewLibrary(packs ...*Pack) *Library {
	l := &Library{packs: map[canon.Digest]*Pack{}}
	for _, p := range packs {
		l.packs[p.Digest()] = p
	}
	return l
}

// Adopt enters that a pack is in force from one moment until before another, in
// Unix seconds; zero is open. The pack need not be at hand.
func (l *Library) Adopt(digest canon.Digest, from, until int64) {
	l.adopted = append(l.adopted, adoption{digest, from, until})
}

// Pack returns a pack by digest, adopted or not: what an act was checked against
// stays readable when the group has gone on.
func (l *Library) Pack(digest canon.Digest) (*Pack, bool) {
	p, ok := l.packs[digest]
	return p, ok
}

// InForce lists the packs that the group had adopted at a moment, by id; missing
// are the digests of those that are not at hand.
func (l *Library) InForce(at int64) (packs []*Pack, missing []canon.Digest) {
	for _, a := range l.adopted {
		if at < a.from || a.until != 0 && at >= a.until {
			continue
		}
		if p, ok := l.packs[a.digest]; !ok {
			missing = append(missing, a.digest)
		} else if !slices.Contains(packs, p) {
			packs = append(packs, p)
		}
	}
	slices.SortFunc(packs, func(a, b *Pack) int {
		return cmp.Or(cmp.Compare(a.Head.ID, b.Head.ID), slices.Compare(a.digest[:], b.digest[:]))
	})
	return packs, missing
}

// Step finds the step that a code names under the packs and editions in force at a
// moment.
func (l *Library) Step(code string, at int64) (*Pack, *Measure, *Step, bool) {
	packs, _ := l.InForce(at)
	for _, p := range packs {
		if !strings.HasPrefix(code, p.Head.ID+".") {
			continue
		}
		e, _, ok := p.Head.EditionOn(p.Day(at), nil)
		if !ok {
			continue
		}
		if m, s, ok := p.Step(code, e.ID); ok {
			return p, m, s, true
		}
	}
	return nil, nil, nil, false
}
