package control

import (
	"context"
	"errors"
	"slices"

	"detente/internal/canon"
	"detente/pack"
	"detente/portfolio"
	"detente/provision"
	"detente/regime"
)

func measureVerbs() map[string]verb {
	return map[string]verb{
		"measure-list": reads(measureList),
		"measure-show": reads(measureShow),
	}
}

// TextLine is one text with its measures.
type TextLine struct {
	ID         string        `json:"id"`
	Title      pack.Text     `json:"title"`
	Nature     pack.Nature   `json:"nature"`
	Remark     pack.Text     `json:"remark"`
	Unofficial []regime.Lang `json:"unofficial"` // languages of a wording that is nobody's
	Adopted    bool          `json:"adopted"`    // by the group, in some edition of its roster
	Digest     canon.Digest  `json:"digest"`
	Measures   []MeasureLine `json:"measures"`
}

// MeasureLine is a measure in a list.
type MeasureLine struct {
	ID       string        `json:"id"`
	Title    pack.Text     `json:"title"`
	Article  string        `json:"article"`
	Numbered pack.Sure     `json:"article_sure"` // how well the number of the article is known
	Strength pack.Strength `json:"strength"`
	Sure     pack.Sure     `json:"sure"`
	Off      bool          `json:"off"` // known too unsurely to be judged
	Stage    string        `json:"stage"`
	Forms    int           `json:"forms"` // steps with a form
}

// MeasureArgs name a text or a measure.
type MeasureArgs struct {
	ID       string      `json:"id"`
	Language regime.Lang `json:"language"` // of Reading
}

// measureList lists the texts that are adopted here, in order of adoption, and then
// those that ship with the program; with an ID that one alone.
func measureList(ctx context.Context, c *call, a MeasureArgs) (any, error) {
	out := []TextLine{}
	err := c.texts(ctx, func(p *pack.Pack, adopted bool) {
		if a.ID != "" && a.ID != p.Head.ID {
			return
		}
		t := TextLine{ID: p.Head.ID, Title: p.Head.Title, Nature: p.Head.Nature, Remark: p.Head.Remark, Unofficial: list(p.Head.Unofficial), Adopted: adopted, Digest: p.Digest(), Measures: []MeasureLine{}}
		for i := range p.Measures {
			m := &p.Measures[i]
			if slices.ContainsFunc(t.Measures, func(x MeasureLine) bool { return x.ID == m.ID }) {
				continue // of another edition
			}
			if last, ok := p.Measure(m.ID, ""); ok {
				m = last
			}
			line := MeasureLine{ID: m.ID, Title: m.Title, Article: m.Article, Numbered: m.ArticleCertainty(), Strength: m.Strength, Sure: m.Sure, Off: m.Off, Stage: m.Place.Stage}
			for j := range m.Steps {
				if m.Steps[j].Form != "" {
					line.Forms++
				}
			}
			t.Measures = append(t.Measures, line)
		}
		out = append(out, t)
	})
	if err == nil && a.ID != "" && len(out) == 0 {
		return nil, refuse(NotFound, "detente pack list", "no text %s is at hand here", a.ID)
	}
	return out, err
}

// texts hands over each text that is at hand once, the adopted ones first.
func (c *call) texts(ctx context.Context, f func(p *pack.Pack, adopted bool)) error {
	seen := map[string]bool{}
	adopted := func(texts []provision.Text) error {
		for _, t := range texts {
			id := t.Pack.Head.ID
			if p, err := c.node.Text(ctx, id, canon.Digest{}); err == nil && !seen[id] {
				seen[id] = true
				f(p, true) // the one in force, of several editions of a pack
			}
		}
		return nil
	}
	err := c.look(ctx, LookArgs{}, func(v *portfolio.View, _ provision.Moment) error { return adopted(v.Texts) })
	if _, reading := errors.AsType[*portfolio.Reading](err); reading { // the texts are known all the same
		var texts []provision.Text
		if texts, _, err = c.folio.Texts(ctx); err == nil {
			err = adopted(texts)
		}
	}
	if err != nil {
		return err
	}
	for _, id := range c.node.Texts().IDs() {
		if seen[id] {
			continue
		}
		p, err := c.node.Texts().Find(id, canon.Digest{})
		if err != nil {
			return err
		}
		f(p, false)
	}
	return nil
}

// MeasureShown is one measure of a text as it is read.
type MeasureShown struct {
	MeasureLine
	Text      TextLine      `json:"text"` // without its measures
	Meaning   pack.Text     `json:"meaning"`
	Languages []regime.Lang `json:"languages"` // of the text's wording here
	Editions  []string      `json:"editions"`  // to which it belongs; empty: all
	Steps     []StepLine    `json:"steps"`
	Needs     []string      `json:"needs"`
	Leads     []string      `json:"leads"`
	Note      pack.Text     `json:"note"`
	// Reading is all that the pack says of it, clocks, quotas and sources among it, in
	// the language.
	Reading string `json:"reading"`
}

// StepLine is one step of a measure.
type StepLine struct {
	Code  string    `json:"code"`
	Title pack.Text `json:"title"`
	Form  bool      `json:"form"`
}

func measureShow(ctx context.Context, c *call, a MeasureArgs) (any, error) {
	p, err := c.node.Text(ctx, pack.IDOf(a.ID), canon.Digest{})
	if errors.Is(err, pack.ErrNotAtHand) {
		return nil, refuse(NotFound, "detente pack list", "no measure %s is at hand here", a.ID)
	}
	if err != nil {
		return nil, err
	}
	m, ok := p.Measure(a.ID, "")
	if !ok {
		return nil, refuse(NotFound, "detente pack show "+p.Head.ID, "the text %s has no measure %s", p.Head.ID, a.ID)
	}
	v, err := measureList(ctx, c, MeasureArgs{ID: p.Head.ID})
	if err != nil {
		return nil, err
	}
	texts := v.([]TextLine)
	out := MeasureShown{Text: texts[0], Meaning: m.Meaning, Languages: p.Head.Languages, Editions: list(m.Editions), Steps: []StepLine{}, Needs: list(m.Needs), Leads: list(m.Leads), Note: m.Note,
		Reading: p.MeasureText(m, a.Language)}
	out.MeasureLine = texts[0].Measures[slices.IndexFunc(texts[0].Measures, func(x MeasureLine) bool { return x.ID == m.ID })]
	out.Text.Measures = []MeasureLine{}
	for i := range m.Steps {
		s := &m.Steps[i]
		out.Steps = append(out.Steps, StepLine{m.Code(s.ID), s.Title, s.Form != ""})
	}
	return out, nil
}
