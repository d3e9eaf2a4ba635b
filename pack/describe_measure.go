package pack

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"detente/regime"
)

func (w *describer) measure(m *Measure) {
	w.line(0, m.ID+"  "+w.marked(m.Title.In(w.lang), m.Sure))
	article := "article"
	switch {
	case m.Article == Unnumbered:
		article = "article-unnumbered"
	case m.ArticleCertainty().Unverified():
		article = "article-unverified"
	}
	editions := ""
	if len(m.Editions) > 0 {
		editions = w.say("in-editions", blanks{"list": strings.Join(m.Editions, ", ")})
	}
	w.line(1, w.say(article, blanks{"article": m.Article}), editions, w.say("sure."+string(m.Sure), nil))
	w.line(1, w.say("meaning", nil))
	w.line(2, m.Meaning.In(w.lang))
	w.line(1, w.say("binding", blanks{"strength": w.say("strength."+string(m.Strength), nil)}))
	if m.Off {
		w.line(1, w.say("off", nil))
	}
	w.occasion(m)
	if m.Zone != "" {
		w.line(1, w.say("zone", blanks{"zone": w.zone(m.Zone)}))
	}
	for i := range m.Steps {
		w.step(m, &m.Steps[i])
	}
	w.counts(m)
	w.ceilings(m)
	if len(m.Outcomes) > 0 {
		w.line(1, w.say("outcomes", nil))
		for _, state := range slices.Sorted(maps.Keys(m.Outcomes)) {
			w.line(2, w.say("state."+state, nil)+": "+m.Outcomes[state].In(w.lang))
		}
	}
	w.relations(m)
}

// all says words of the language of packs.
func (w *describer) all(keys []string) string {
	said := make([]string, len(keys))
	for i := range keys {
		said[i] = w.say(keys[i], nil)
	}
	return strings.Join(said, ", ")
}

// relations puts a measure among the others and names where it comes from.
func (w *describer) relations(m *Measure) {
	p := &m.Place
	w.line(1, w.say("place", blanks{"stage": w.say(p.Stage, nil), "family": w.all(p.Family), "sides": w.say(p.Sides, nil), "field": w.say(p.Field, nil),
		"phase": w.all(p.Phase), "dimension": w.say(p.Dimension, nil), "sphere": w.say(p.Sphere, nil)}))
	if m.Subject != "" {
		w.line(1, w.say("gathered", blanks{"subject": w.say(string(m.Subject), nil)}))
	}
	var issues []string
	for _, id := range p.Issues {
		for i := range w.p.Head.Issues {
			if w.p.Head.Issues[i].ID == id {
				issues = append(issues, w.p.Head.Issues[i].Title.In(w.lang))
			}
		}
	}
	for _, x := range []struct {
		key  string
		list []string
	}{{"on-issues", issues}, {"needs", m.Needs}, {"leads", m.Leads}, {"in-areas", m.Areas}} {
		if len(x.list) > 0 {
			w.line(1, w.say(x.key, blanks{"list": strings.Join(x.list, ", ")}))
		}
	}
	if len(m.Note) > 0 {
		w.line(1, w.say("note", blanks{"text": m.Note.In(w.lang)}))
	}
	w.line(1, w.say("source", blanks{"list": strings.Join(m.Sources, ", ")}))
}

func (w *describer) occasion(m *Measure) {
	o := &m.Occasion
	each := func(set string) string {
		if set == "" {
			return ""
		}
		return w.say("applies.each", blanks{"set": w.set(set)})
	}
	switch {
	case o.Yearly != nil:
		y := o.Yearly
		asOf, none := "", ""
		if y.AsOf != "" {
			asOf = w.say("applies.as-of", blanks{"day": w.date(y.AsOf)})
		}
		if y.Nil {
			none = w.say("applies.nil", nil)
		}
		w.line(1, w.say("applies.yearly", blanks{"due": w.date(y.Due)}), asOf, w.say("applies.covers."+strconv.Itoa(y.Ahead), nil), none, each(y.Each))
	case o.Every != nil:
		since := ""
		if o.Every.Since != "" {
			since = w.say("applies.since", blanks{"day": w.day(o.Every.Since)})
		}
		w.line(1, w.say("applies.every", blanks{"period": w.span(o.Every.Period)}), since, each(o.Every.Each))
	case o.Starts != "":
		w.line(1, w.say("applies.starts", blanks{"step": w.titleOf(o.Starts), "code": o.Starts}))
	default:
		w.line(1, w.say("applies.standing", nil))
	}
}

// titleOf is the title of the step that a code names.
func (w *describer) titleOf(code string) string {
	if _, s, ok := w.p.Step(code, ""); ok {
		return s.Title.In(w.lang)
	}
	return code
}

func (w *describer) stepTitle(m *Measure, id string) string {
	if s, ok := m.Step(id); ok {
		return s.Title.In(w.lang)
	}
	return id
}

// bare names a field by the forms in which it may stand.
func (w *describer) bare(id string, forms ...*regime.Form) string {
	for _, f := range forms {
		if f == nil {
			continue
		}
		if field, ok := f.Field(id); ok {
			return Text(field.Name).In(w.lang)
		}
	}
	return id
}

// fieldName is bare in quotation marks.
func (w *describer) fieldName(id string, forms ...*regime.Form) string {
	return w.quote(w.bare(id, forms...))
}

func (w *describer) quote(s string) string { return w.say("quote", blanks{"text": s}) }

// openerForm is the form of the filing that opens an occasion.
func (w *describer) openerForm(m *Measure) *regime.Form {
	if m.Occasion.Starts != "" {
		f, _ := w.p.Form(m.Occasion.Starts)
		return f
	}
	if s, ok := m.Step(MainStep); ok {
		return w.p.Forms[s.Form]
	}
	return nil
}

func (w *describer) step(m *Measure, s *Step) {
	own, opener := w.p.Forms[s.Form], w.openerForm(m)
	article, binding := s.Article, ""
	if s.Strength != "" {
		binding = w.say("strength."+string(s.Strength), nil)
	}
	w.line(1, w.marked("• "+w.say("step", blanks{"title": s.Title.In(w.lang), "code": m.Code(s.ID)}), s.Sure), article, binding)
	form := w.say("form-free", nil)
	if s.Form != "" {
		form = w.say("form", blanks{"form": s.Form})
	}
	copied := ""
	if s.Copy != nil {
		copied = w.say("copy", blanks{"to": w.role(m, *s.Copy)})
	}
	w.line(3, w.say("who", blanks{"by": w.role(m, s.By), "to": w.role(m, s.To)}), copied, form)
	if s.When != nil {
		w.tree(3, s.When, opener)
	}
	for _, o := range s.After {
		opens := w.say("opens."+o.Was, blanks{"step": w.stepTitle(m, o.Step)})
		if o.Answer != "" {
			opens = w.say("opens-answer", blanks{"opens": opens, "answer": o.Answer})
		}
		w.line(3, opens)
	}
	if s.Clock != nil {
		w.line(3, w.say("clock", blanks{"clock": w.clock(m, s.Clock, own, opener)}))
	}
	for i := range s.Instead {
		x := &s.Instead[i]
		claim := ""
		if x.Claim {
			claim = w.say("claim", nil)
		}
		w.line(3, w.say("instead", blanks{"condition": w.when(&x.When, own, opener), "clock": w.clock(m, &x.Clock, own, opener)}), x.Says.In(w.lang), claim)
	}
	w.ends(s, own, opener)
}

// ends tells how a step can end otherwise than by being done.
func (w *describer) ends(s *Step, own, opener *regime.Form) {
	for i := range s.Refusals {
		r := &s.Refusals[i]
		var says []string
		for _, x := range []struct {
			is  bool
			key string
			n   int
		}{{r.Lawful, "refusal.lawful", 0}, {r.Excuse, "refusal.excuse", 0}, {r.Disputes, "refusal.disputes", 0},
			{r.AtMost > 0, "refusal.at-most", r.AtMost}, {r.Days > 0, "refusal.days", r.Days}} {
			if x.is {
				says = append(says, w.say(x.key, blanks{"n": int64(x.n)}))
			}
		}
		w.line(3, append([]string{w.say("refusal", blanks{"title": r.Title.In(w.lang)})}, says...)...)
	}
	if len(s.Silence) > 0 {
		w.line(3, w.say("silence", blanks{"text": s.Silence.In(w.lang)}))
	}
	if s.Discharged != nil {
		w.line(3, w.say("discharged", blanks{"condition": w.when(s.Discharged, opener, own)}))
	}
	if s.Nil {
		w.line(3, w.say("nil", nil))
	}
	if s.Sealed != "" {
		w.line(3, w.say("sealed", nil))
	}
}

func (w *describer) role(m *Measure, r Role) string {
	key, args := "role."+r.Who, blanks{"field": w.bare(r.Field, w.openerForm(m)), "set": w.set(r.Set)}
	if r.Step != "" && (r.Who == RoleAuthor || r.Who == RoleAsked) {
		key, args["step"] = key+"-of", w.stepTitle(m, r.Step)
	}
	if r.Without == WithoutAuthor {
		key += "-without-author"
	}
	if r.Who == RoleEither && r.Field != "" {
		key += "-field"
	}
	if r.Who == RoleEach && r.Set != "" {
		key = "role.set"
	}
	return w.say(key, args)
}

func (w *describer) clock(m *Measure, c *Clock, own, opener *regime.Form) string {
	of := w.fieldName(c.Anchor, own, opener)
	switch c.Of {
	case "":
	case OfReceipt, OfIssue:
		of = w.say("of."+c.Of, nil)
	default:
		of = w.quote(w.stepTitle(m, c.Of))
	}
	anchor := w.fieldName(c.Anchor, own, opener)
	if prev, ok := m.Step(c.Of); ok && c.Anchor != "" {
		anchor = w.fieldName(c.Anchor, w.p.Forms[prev.Form], own, opener)
	}
	args := blanks{"anchor": anchor, "of": of, "least": w.span(c.Least), "most": w.span(c.Most), "window": w.span(c.Window), "word": c.Word.In(w.lang), "until": w.fieldName(c.Until, own, opener)}
	var parts []string
	if c.Kind != ClockBefore || c.Least != "" {
		parts = append(parts, w.say("clock."+c.Kind, args))
	}
	if c.Most != "" {
		parts = append(parts, w.say("clock.not-earlier", args))
	}
	if c.Window != "" {
		parts = append(parts, w.say("clock.window", args))
	}
	if c.Until != "" && c.Kind != ClockLasts {
		parts = append(parts, w.say("clock.until", args))
	}
	return w.marked(strings.Join(parts, ", "), c.Sure)
}

func (w *describer) counts(m *Measure) {
	if len(m.Counts) > 0 {
		w.line(1, w.say("counts", nil))
	}
	for i := range m.Counts {
		c := &m.Counts[i]
		form, _ := w.p.Form(c.Of)
		var parts []string
		for _, x := range []struct{ key, n string }{{"count.most", c.AtMost}, {"count.least", c.AtLeast}} {
			if x.n != "" {
				parts = append(parts, w.say(x.key, blanks{"n": w.number(strings.TrimPrefix(x.n, "= "), "")}))
			}
		}
		parts = append(parts, w.say("period."+c.Period, blanks{"length": w.span(c.Length)}))
		var scope []string
		for _, s := range c.Scope {
			if s == "author" || s == "asked" {
				scope = append(scope, w.say("scope."+s, nil))
			} else {
				scope = append(scope, w.bare(s, form))
			}
		}
		if len(scope) > 0 {
			parts = append(parts, w.say("scope", blanks{"list": strings.Join(scope, ", ")}))
		}
		of := []string{w.titleOf(c.Of)}
		for _, code := range c.Also {
			of = append(of, w.titleOf(code))
		}
		parts = append(parts, w.say("count.of", blanks{"list": strings.Join(of, ", ")}))
		if c.Strength != "" {
			parts = append(parts, w.say("strength."+string(c.Strength), nil))
		}
		w.line(2, append([]string{w.marked("• "+c.Title.In(w.lang)+": "+join(" ", parts[0]), c.Sure), c.Article}, parts[1:]...)...)
		w.countRules(c, form)
	}
}

// countRules tells what counts, and what must come before.
func (w *describer) countRules(c *Count, form *regime.Form) {
	if c.When != nil {
		w.line(3, w.say("count.when", blanks{"condition": w.when(c.When, form)}))
	}
	if c.Declined {
		w.line(3, w.say("count.declined", nil))
	}
	if len(c.Except) > 0 {
		w.line(3, w.say("count.except", blanks{"list": strings.Join(c.Except, ", ")}))
	}
	if c.Full != "" {
		w.line(3, w.say("full."+c.Full, nil))
	}
	for _, g := range c.Gate {
		key := "gate"
		if g.Ahead > 0 {
			key = "gate-ahead"
		}
		w.line(3, w.say(key, blanks{"step": w.titleOf(g.Of), "by": w.date(g.By), "n": int64(g.Ahead)}))
	}
}

func (w *describer) ceilings(m *Measure) {
	if len(m.Ceilings) > 0 {
		w.line(1, w.say("ceilings", nil))
	}
	for i := range m.Ceilings {
		c := &m.Ceilings[i]
		figure, where := w.limited(c)
		parts := []string{w.marked("• "+w.say("ceiling", blanks{"figure": figure, "n": w.number(c.AtMost, c.Unit)}), c.Sure), c.Article, where}
		if c.From != "" {
			parts = append(parts, w.say("ceiling.from", blanks{"day": w.day(c.From)}))
		}
		w.line(2, append(parts, w.keys(c.Sources))...)
	}
}

// limited is the figure that a ceiling is on, and for whom and where.
func (w *describer) limited(c *Ceiling) (figure, where string) {
	form, _ := w.p.Form(c.Of)
	var list []string
	if c.Set != "" {
		list = append(list, w.set(c.Set))
	}
	row := rowOf(form, c.Figure)
	for _, id := range slices.Sorted(maps.Keys(c.Where)) {
		list = append(list, w.bare(id, row)+" "+w.choice(id, c.Where[id], row))
	}
	if len(list) > 0 {
		where = w.say("ceiling.where", blanks{"list": strings.Join(list, ", ")})
	}
	return w.figureName(c.Figure, form), where
}

// CeilingText names in each language of the pack what a ceiling is on.
func (p *Pack) CeilingText(c *Ceiling) Text {
	out := Text{}
	for _, lang := range p.Head.Languages {
		w := &describer{p: p, lang: lang}
		figure, where := w.limited(c)
		out[lang] = join(", ", figure, where)
	}
	return out
}
