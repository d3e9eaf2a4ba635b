package pack

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"detente/internal/canon"
	"detente/regime"
)

// ErrNotAtHand marks a pack that is neither part of the program nor was carried in.
var ErrNotAtHand = errors.New("this pack is not at hand")

// ErrNoForm marks a code that names no step with a form.
var ErrNoForm = errors.New("there is no such form")

// Library holds the packs at hand: those that ship with the program, each read
// when it is first asked for, and those that were handed to it. It is safe for
// concurrent use.
type Library struct {
	shipped fs.FS
	ids     []string

	mu    sync.Mutex
	read  map[string]*Pack // shipped, by id
	added map[canon.Digest]*Pack
}

// NewLibrary holds the packs in the folders of shipped that have a pack.yaml; a
// folder is named by the id of its pack. None is read yet.
func NewLibrary(shipped fs.FS) (*Library, error) {
	names, err := fs.Glob(shipped, "*/pack.yaml")
	if err != nil {
		return nil, fmt.Errorf("list packs: %w", err)
	}
	for i := range names {
		names[i] = path.Dir(names[i])
	}
	slices.Sort(names)
	return &Library{shipped: shipped, ids: names, read: map[string]*Pack{}, added: map[canon.Digest]*Pack{}}, nil
}

// IDs lists the packs that ship.
func (l *Library) IDs() []string { return slices.Clone(l.ids) }

// Folder is where a pack that ships lies, with its cases.
func (l *Library) Folder(id string) (fs.FS, error) {
	if !slices.Contains(l.ids, id) {
		return nil, fmt.Errorf("%w: %s", ErrNotAtHand, id)
	}
	return fs.Sub(l.shipped, id)
}

// Add enters a pack that was carried in.
func (l *Library) Add(p *Pack) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.added[p.digest] = p
}

// Find returns the pack with an id and a digest; a zero digest asks for the one
// that ships under the id. The error of one that is not at hand is ErrNotAtHand.
func (l *Library) Find(id string, digest canon.Digest) (*Pack, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p := l.added[digest]; p != nil && p.Head.ID == id {
		return p, nil
	}
	p, err := l.own(id)
	if err != nil {
		return nil, err
	}
	if !digest.IsZero() && p.digest != digest {
		return nil, fmt.Errorf("%w: %s %s", ErrNotAtHand, id, digest)
	}
	return p, nil
}

// own reads a pack that ships, once.
func (l *Library) own(id string) (*Pack, error) {
	if p := l.read[id]; p != nil {
		return p, nil
	}
	dir, err := l.Folder(id)
	if err != nil {
		return nil, err
	}
	p, err := Load(dir)
	if err != nil {
		return nil, fmt.Errorf("pack %s: %w", id, err)
	}
	l.read[id] = p
	return p, nil
}

// Form returns the form by which a step is filed under the pack that ships.
func (l *Library) Form(code string) (*regime.Form, error) {
	p, err := l.Find(IDOf(code), canon.Digest{})
	if err != nil {
		return nil, err
	}
	f, ok := p.Form(code)
	if !ok {
		return nil, fmt.Errorf("%w: %s of pack %s", ErrNoForm, code, p.Head.ID)
	}
	return f, nil
}

// IDOf is the id of the pack to which the code of a step belongs.
func IDOf(code string) string {
	id, _, _ := strings.Cut(code, ".")
	return id
}
