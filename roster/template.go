package roster

import (
	"embed"
	"fmt"
	"slices"
	"strings"
)

// templateFiles hold the groups that a roster can be begun from. They are facts
// and proposals, no statements: each says so in its field "proposal".
//
//go:embed templates/*.json
var templateFiles embed.FS

// Proposed is the mark of every template.
const Proposed = "proposal, names to be confirmed by each"

// Templates lists the names for Template, sorted.
func Templates() []string {
	entries, err := templateFiles.ReadDir("templates")
	if err != nil {
		panic("roster: " + err.Error()) // the folder is part of the binary
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".json"))
	}
	slices.Sort(names)
	return names
}

// Template is a new draft of edition 1 of a named group. It has parties but no
// group identifier, no moment of effect and no cards: SetCard and SetNoRecord
// fill in the parties, the caller the rest, and the mark goes when each party
// has confirmed its names.
func Template(name string) (*Roster, error) {
	if !slices.Contains(Templates(), name) {
		return nil, fmt.Errorf("roster template %q is none of %s", clip(name), strings.Join(Templates(), ", "))
	}
	b, err := templateFiles.ReadFile("templates/" + name + ".json")
	if err != nil {
		return nil, fmt.Errorf("read roster template %s: %w", name, err)
	}
	r, err := Read(b)
	if err != nil {
		return nil, fmt.Errorf("roster template %s: %w", name, err)
	}
	return r, nil
}
