package pack

import (
	"cmp"
	"slices"
	"strings"

	"detente/internal/shape"
	"detente/regime"
)

// MainStep is the id of the step that an act names by the id of its measure alone.
const MainStep = "main"

// Unnumbered stands in place of the number of an article that was not found.
const Unnumbered = "—"

// ArticleCertainty is how well the number of the article is known.
func (m *Measure) ArticleCertainty() Sure { return cmp.Or(m.ArticleSure, m.Sure) }

// Code is how an act names a step of a measure.
func (m *Measure) Code(step string) string {
	if step == MainStep {
		return m.ID
	}
	return m.ID + "." + step
}

// Step returns a step by id.
func (m *Measure) Step(id string) (*Step, bool) {
	for i := range m.Steps {
		if m.Steps[i].ID == id {
			return &m.Steps[i], true
		}
	}
	return nil, false
}

// Applies reports whether a measure belongs to an edition.
func (m *Measure) Applies(edition string) bool {
	return len(m.Editions) == 0 || slices.Contains(m.Editions, edition)
}

// Measure returns a measure by id in an edition, or in any if it is empty, the
// last one first.
func (p *Pack) Measure(id, edition string) (*Measure, bool) {
	for i := len(p.Measures) - 1; i >= 0; i-- {
		if m := &p.Measures[i]; m.ID == id && (edition == "" || m.Applies(edition)) {
			return m, true
		}
	}
	return nil, false
}

// Editions lists the measures with an id: one for each set of editions.
func (p *Pack) Editions(id string) []*Measure {
	var out []*Measure
	for i := range p.Measures {
		if p.Measures[i].ID == id {
			out = append(out, &p.Measures[i])
		}
	}
	return out
}

// Plain is the pack as maps and lists, by the keys of its files.
func (p *Pack) Plain() any {
	measures := make([]any, len(p.Measures))
	for i := range p.Measures {
		measures[i] = p.Measures[i].Plain()
	}
	return map[string]any{"digest": p.digest.String(), "pack": shape.Plain(p.Head), "measures": measures}
}

// Plain is the measure as maps and lists, by the keys of its file.
func (m *Measure) Plain() any { return shape.Plain(*m) }

// Step returns the step that a code names in an edition, or in any if it is empty.
func (p *Pack) Step(code, edition string) (*Measure, *Step, bool) {
	if m, ok := p.Measure(code, edition); ok {
		s, ok := m.Step(MainStep)
		return m, s, ok
	}
	if i := strings.LastIndexByte(code, '.'); i > 0 && code[i+1:] != MainStep {
		if m, ok := p.Measure(code[:i], edition); ok {
			s, ok := m.Step(code[i+1:])
			return m, s, ok
		}
	}
	return nil, nil, false
}

// Codes lists the codes of the steps, each once, in the order of the measures.
func (p *Pack) Codes() []string {
	var out []string
	seen := map[string]bool{}
	for i := range p.Measures {
		m := &p.Measures[i]
		for j := range m.Steps {
			if code := m.Code(m.Steps[j].ID); !seen[code] {
				seen[code] = true
				out = append(out, code)
			}
		}
	}
	return out
}

// Form returns the form of the step that a code names.
func (p *Pack) Form(code string) (*regime.Form, bool) {
	_, s, ok := p.Step(code, "")
	if !ok || s.Form == "" {
		return nil, false
	}
	f, ok := p.Forms[s.Form]
	return f, ok
}

// Set returns a set by id.
func (h *Head) Set(id string) (*Set, bool) {
	for i := range h.Sets {
		if h.Sets[i].ID == id {
			return &h.Sets[i], true
		}
	}
	return nil, false
}

// Slot returns a slot by id.
func (h *Head) Slot(id string) (*Slot, bool) {
	for i := range h.Slots {
		if h.Slots[i].ID == id {
			return &h.Slots[i], true
		}
	}
	return nil, false
}

// Zone returns a zone by id.
func (h *Head) Zone(id string) (*Zone, bool) {
	for i := range h.Zones {
		if h.Zones[i].ID == id {
			return &h.Zones[i], true
		}
	}
	return nil, false
}
