package control

import (
	"context"
	"fmt"
	"maps"
	"sync"

	"detente/act"
	"detente/docket"
	"detente/party"
	"detente/regime"
)

// atlas remembers the areas of statements between two looks at a map: a record grows
// by a few acts, and each form is read once. Nothing of it is kept on disk, and all of
// it follows from the records. The zero value is ready; it is safe for concurrent use.
type atlas struct {
	mu    sync.Mutex
	sheet map[sheetKey]*sheet
}

// sheetKey is one way of looking.
type sheetKey struct {
	status act.Status
	lang   regime.Lang
}

// sheet is what was seen in one way of looking, as long as state is the same.
type sheet struct {
	state string // of all that the areas follow from, the records apart
	sizes map[party.Origin]int64
	all   []Area
	of    map[act.Ref]seen // by the first word of a statement
}

// seen are the areas of one statement after its last word.
type seen struct {
	words int
	last  act.Ref
	areas []Area
}

// areas are those of the statements in force.
func (t *atlas) areas(ctx context.Context, c *call, key sheetKey) ([]Area, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	contents, err := c.node.Contents(ctx)
	if err != nil {
		return nil, err
	}
	sizes, err := c.node.Positions(ctx)
	if err != nil {
		return nil, err
	}
	next := &sheet{state: fmt.Sprintf("%d %s", contents, c.node.Keys().Current().Digest()), sizes: sizes, all: []Area{}, of: map[act.Ref]seen{}}
	before := t.sheet[key]
	if before == nil || before.state != next.state {
		before = &sheet{}
	} else if maps.Equal(before.sizes, sizes) {
		return before.all, nil
	}
	all, err := c.standing(ctx, key.status)
	if err != nil {
		return nil, err
	}
	for _, words := range all {
		s, ok := before.of[words[0].Ref]
		if last := words[len(words)-1].Ref; !ok || s.words != len(words) || s.last != last {
			s = seen{words: len(words), last: last}
			if s.areas, err = c.areasIn(ctx, words, key.lang); err != nil {
				return nil, err
			}
		}
		next.of[words[0].Ref] = s
		next.all = append(next.all, s.areas...)
	}
	if t.sheet == nil {
		t.sheet = map[sheetKey]*sheet{}
	}
	t.sheet[key] = next
	return next.all, nil
}

// forget has the next look begin anew, since a text came that was not at hand.
func (t *atlas) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sheet = nil
}

// areasIn are the areas of one statement, by its words in order.
func (c *call) areasIn(ctx context.Context, words []docket.Row, lang regime.Lang) ([]Area, error) {
	r := words[len(words)-1]
	parsed, _, err := c.node.Act(ctx, r.Ref)
	if err != nil {
		return nil, err
	}
	form := c.node.Form(ctx, r.Measure, parsed.Pack)
	if form == nil || !hasPlace(form) {
		return nil, nil
	}
	v, err := c.lastForm(ctx, words)
	if err != nil || v == nil {
		return nil, err
	}
	return areasOf(c, r, form, v, lang), nil
}
