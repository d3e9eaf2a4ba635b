package control

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"detente/docket"
	"detente/internal/canon"
	"detente/node"
	"detente/pack"
	"detente/party"
	"detente/portfolio"
	"detente/provision"
	"detente/regime"
)

func visitVerbs() map[string]verb {
	return map[string]verb{"visit-list": reads(visitList)}
}

// VisitStage is how far a visit is, as the records and the clock show it.
type VisitStage string

// The stages.
const (
	VisitForeseen VisitStage = "foreseen"          // a text provides for it, and nothing was said yet
	VisitAsked    VisitStage = "asked"             // requested or offered, and not answered
	VisitUnheard  VisitStage = "no-answer"         // the time for an answer is over, and none is recorded
	VisitAgreed   VisitStage = "agreed"            // accepted, or offered without an answer being asked for; to come
	VisitDue      VisitStage = "time-came"         // the time that was planned has come, and nothing further was told
	VisitUnderWay VisitStage = "under-way"         // it began, as was told, and its end was not told
	VisitDone     VisitStage = "done"              // it is over, as was told
	VisitReported VisitStage = "reported"          // its report was given
	VisitLawful   VisitStage = "lawfully-declined" // declined on a ground that the text gives
	VisitDeclined VisitStage = "declined"
	VisitExcused  VisitStage = "excused" // by force majeure
	VisitOther    VisitStage = "contested"
	VisitOver     VisitStage = "cancelled" // taken back, or nothing remains to be done
)

// Visit is one inspection, visit or observation, from its request to its report.
type Visit struct {
	Key      string     `json:"key"` // names it for ever
	Text     string     `json:"text"`
	Edition  string     `json:"edition"`
	Measure  string     `json:"measure"`
	Title    string     `json:"title"` // of the measure, in the language
	Article  string     `json:"article"`
	Stage    VisitStage `json:"stage"`
	By       []party.ID `json:"by"`       // who asked for it, or offers it
	To       []party.ID `json:"to"`       // whom the request or offer addresses
	Opened   string     `json:"opened"`   // place of the act that it begins with
	From     string     `json:"from"`     // when it begins, as told: a day or a moment with its zone; empty: not told
	Until    string     `json:"until"`    // when it ends, likewise
	Moment   string     `json:"moment"`   // the instant of From, or of its day in UTC, for putting visits in order; empty: not told
	When     []Shown    `json:"when"`     // dates and times of its forms
	Where    []Shown    `json:"where"`    // places, areas and states of its forms
	Team     []Shown    `json:"team"`     // persons and lists of its forms
	Steps    []Item     `json:"steps"`    // what the text provides for, in the order of its steps
	Next     string     `json:"next"`     // key of the item that is to be done next; empty: none
	Accounts []Account  `json:"accounts"` // the counts on which it draws
}

// Shown is a field of a form as it is read.
type Shown struct {
	Step  string                 `json:"step"` // code of the step by whose form it was told
	ID    string                 `json:"id"`
	Name  map[regime.Lang]string `json:"name"`
	Lines []string               `json:"lines"`
}

// visitList lists the visits that concern this state, those to come first and the
// nearest of them first; where the group decided on boards, all.
func visitList(ctx context.Context, c *call, a LookArgs) (any, error) {
	out := []Visit{}
	err := c.look(ctx, a, func(v *portfolio.View, m provision.Moment) error {
		for _, t := range v.Texts {
			for i := range t.Pack.Measures {
				ms := &t.Pack.Measures[i]
				if c.subjectOf(t.Pack, ms) != pack.Visit || slices.ContainsFunc(out, func(x Visit) bool { return x.Measure == ms.ID }) {
					continue
				}
				some, err := c.visits(ctx, v, ms, m, a.Language)
				if err != nil {
					return err
				}
				out = append(out, some...)
			}
		}
		return nil
	})
	over := func(v Visit) int {
		if slices.Contains([]VisitStage{VisitForeseen, VisitAsked, VisitAgreed, VisitDue, VisitUnderWay}, v.Stage) {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(out, func(x, y Visit) int {
		if a, b := over(x), over(y); a != b || a == 0 {
			return cmp.Or(cmp.Compare(a, b), cmp.Compare(cmp.Or(x.Moment, "~"), cmp.Or(y.Moment, "~")), cmp.Compare(x.Key, y.Key))
		}
		return cmp.Or(cmp.Compare(y.Moment, x.Moment), cmp.Compare(x.Key, y.Key)) // what is over: the newest first
	})
	return out, err
}

// subjectOf is the subject of a measure. A text that was adopted before packs had
// subjects has that of the same measure in the text that ships.
func (c *call) subjectOf(p *pack.Pack, ms *pack.Measure) pack.Subject {
	if ms.Subject != "" {
		return ms.Subject
	}
	ships, err := c.node.Texts().Find(p.Head.ID, canon.Digest{})
	if err != nil {
		return ""
	}
	if same, ok := ships.Measure(ms.ID, ""); ok {
		return same.Subject
	}
	return ""
}

// visits are those under one measure, by the occasions of its items.
func (c *call) visits(ctx context.Context, v *portfolio.View, ms *pack.Measure, m provision.Moment, lang regime.Lang) ([]Visit, error) {
	var out []Visit
	groups := map[string][]provision.Item{}
	var order []string
	for _, it := range v.Book.Items(provision.Query{Measure: ms.ID}, m) {
		mine := it.Obligor == v.Self || slices.Contains(it.Side, v.Self) || slices.Contains(it.To, v.Self)
		if !mine && !v.Roster.Boards {
			continue
		}
		if groups[it.Occasion] == nil {
			order = append(order, it.Occasion)
		}
		groups[it.Occasion] = append(groups[it.Occasion], it)
	}
	accounts := v.Book.Accounts("", ms.ID, m)
	for _, occasion := range order {
		one, err := c.visit(ctx, v, ms, groups[occasion], m, lang)
		if err != nil {
			return nil, err
		}
		for _, x := range accounts {
			if slices.ContainsFunc(groups[occasion], func(it provision.Item) bool { return slices.Contains(it.Accounts, x.Key) }) {
				one.Accounts = append(one.Accounts, accountOf(x, lang))
			}
		}
		out = append(out, one)
	}
	return out, nil
}

// visit is one occasion.
func (c *call) visit(ctx context.Context, v *portfolio.View, ms *pack.Measure, items []provision.Item, m provision.Moment, lang regime.Lang) (Visit, error) {
	place := func(it provision.Item) int {
		return slices.IndexFunc(ms.Steps, func(s pack.Step) bool { return s.ID == it.Step })
	}
	slices.SortStableFunc(items, func(x, y provision.Item) int { return cmp.Compare(place(x), place(y)) })
	first := &items[0]
	out := Visit{Key: ms.ID + "/" + first.Occasion, Text: first.Text, Edition: first.Edition, Measure: ms.ID, Title: ms.Title.In(lang), Article: provision.Article(ms.Article, ms.ArticleCertainty(), lang),
		By: []party.ID{}, To: []party.ID{}, When: []Shown{}, Where: []Shown{}, Team: []Shown{}, Steps: []Item{}, Accounts: []Account{}}
	next := int64(0)
	for i := range items {
		it := &items[i]
		shown := c.item(v, it, lang)
		shown.Acts = slices.DeleteFunc(shown.Acts, func(d Deed) bool { // what opened it and did it is one act
			return d.As == "opened" && slices.ContainsFunc(shown.Acts, func(x Deed) bool { return x.As == "did" && x.Place == d.Place })
		})
		out.Steps = append(out.Steps, shown)
		if it.State.IsOpen() && (out.Next == "" || it.Clock.Due > 0 && (next == 0 || it.Clock.Due < next)) {
			out.Next, next = it.Key(), it.Clock.Due
		}
		if it.Step == pack.MainStep {
			out.By, out.To = union(out.By, by(it)), union(out.To, it.To)
		}
	}
	told, err := c.told(ctx, items, &out, lang)
	if err != nil {
		return out, err
	}
	out.Stage = stageOf(ms, items, told, m.Now)
	return out, nil
}

// union adds to a list what it has not.
func union(all, more []party.ID) []party.ID {
	for _, id := range more {
		if !slices.Contains(all, id) {
			all = append(all, id)
		}
	}
	return all
}

func by(it *provision.Item) []party.ID {
	if it.Obligor != "" {
		return []party.ID{it.Obligor}
	}
	return it.Side
}

// toldTimes are when a visit begins and ends, as its forms tell it.
type toldTimes struct {
	from         int64 // Unix seconds; 0: not told
	begun, ended bool  // told as something that happened
}

// told reads the forms of the acts on which a visit rests.
func (c *call) told(ctx context.Context, items []provision.Item, out *Visit, lang regime.Lang) (toldTimes, error) {
	var t toldTimes
	seen := map[provision.ID]bool{}
	from, until := len(pack.VisitFrom), len(pack.VisitUntil)
	for i := range items {
		for _, b := range items[i].By {
			if b.As == "opened" && out.Opened == "" {
				out.Opened = placeOf(b.Filing)
			}
			if b.Note || seen[b.Filing] || !slices.Contains([]string{"opened", "did", "first", "declined", "in-part"}, b.As) {
				continue
			}
			seen[b.Filing] = true
			form, v, code, err := c.filled(ctx, b.Filing)
			if err != nil {
				return t, err
			}
			if form == nil || v == nil {
				continue
			}
			c.shown(form, v, code, out, lang)
			if k, at, text := firstTold(form, v, pack.VisitFrom); k < from {
				from, t.from, out.From, out.Moment = k, at, text, node.Time(at)
				t.begun = k < pack.VisitBegun
			}
			if k, _, text := firstTold(form, v, pack.VisitUntil); k < until {
				until, out.Until = k, text
				t.ended = k < pack.VisitEnded
			}
		}
	}
	return t, nil
}

// filled is the form of a filing as its author corrected it since, with its form; nil:
// it cannot be read here.
func (c *call) filled(ctx context.Context, id provision.ID) (*regime.Form, *regime.Values, string, error) {
	row, err := c.node.At(ctx, id.Origin, id.Index)
	if errors.Is(err, docket.ErrNone) {
		return nil, nil, "", nil
	}
	if err != nil {
		return nil, nil, "", err
	}
	parsed, _, err := c.node.Act(ctx, row.Ref)
	if err != nil {
		return nil, nil, "", err
	}
	form := c.node.Form(ctx, row.Measure, parsed.Pack)
	words := []docket.Row{row}
	if row.Thread != "" {
		later, err := c.node.List(ctx, docket.Filter{Author: row.Author, Thread: row.Thread, Status: row.Status, Measures: []string{row.Measure}})
		if err != nil {
			return nil, nil, "", err
		}
		all := newWords()
		for _, r := range later {
			all.take(r)
		}
		if w := all.of[row.Ref]; len(w) > 0 {
			words = w
		}
	}
	v, _, err := c.lastForm(ctx, words)
	return form, v, row.Measure, err
}

// firstTold is the first of some fields that a form tells as a date or moment: its rank
// among them, the instant (of a day its first second, UTC) and how it is written;
// len(of): none.
func firstTold(form *regime.Form, v *regime.Values, of []string) (int, int64, string) {
	for k, id := range of {
		f, ok := form.Field(id)
		if !ok {
			continue
		}
		switch f.Type {
		case regime.TypeMoment:
			if m, ok := v.Moment(id); ok {
				return k, m.Time.Unix(), m.String()
			}
		case regime.TypeDate:
			if d, ok := v.Date(id); ok {
				return k, d.Unix(), d.Format(time.DateOnly)
			}
		}
	}
	return len(of), 0, ""
}

// shown adds what a form tells of times, places and persons.
func (c *call) shown(form *regime.Form, v *regime.Values, code string, out *Visit, lang regime.Lang) {
	lang = cmp.Or(lang, regime.English)
	named := func(id string) string { return c.nameIn(party.ID(id), lang) }
	for i := range form.Fields {
		f := &form.Fields[i]
		lines := form.FieldText(v, f.ID, lang, named)
		if lines == nil {
			continue
		}
		for k := range lines {
			lines[k] = node.Legible(lines[k])
		}
		one := Shown{code, f.ID, f.Name, lines}
		switch f.Type {
		case regime.TypeMoment, regime.TypeDate:
			out.When = append(out.When, one)
		case regime.TypePlace, regime.TypePlaces, regime.TypeArea, regime.TypeLine, regime.TypeState:
			out.Where = append(out.Where, one)
		case regime.TypeInt, regime.TypeList, regime.TypeRows, regime.TypeStates:
			if f.Type != regime.TypeInt || f.Unit == "persons" {
				out.Team = append(out.Team, one)
			}
		}
	}
}

// stageOf says how far a visit is.
func stageOf(ms *pack.Measure, items []provision.Item, t toldTimes, now int64) VisitStage {
	var asked, reported bool
	answers := map[provision.State]bool{}
	answered := false
	for i := range items {
		it := &items[i]
		step, _ := ms.Step(it.Step)
		switch {
		case it.Step == pack.MainStep && (it.State == provision.Discharged || it.State == provision.Superseded):
			return VisitOver
		case it.Step == pack.MainStep:
			asked = asked || slices.ContainsFunc(it.By, func(b provision.Basis) bool { return b.As == "did" })
		case step != nil && step.Answer != "":
			answers[it.State], answered = true, true
		case it.Step == "report" && (it.State == provision.Done || it.State == provision.DoneAfter):
			reported = true
		}
	}
	for _, is := range []struct {
		when  bool
		stage VisitStage
	}{
		{!asked, VisitForeseen},
		{reported, VisitReported},
		{!answered || answers[provision.Done] || answers[provision.DoneAfter] || answers[provision.NotShownTimely], ""}, // accepted by one at least
		{answers[provision.Open] || answers[provision.DueSoon] || answers[provision.NotDue], VisitAsked},
		{answers[provision.LawfullyDeclined], VisitLawful}, {answers[provision.Declined], VisitDeclined}, {answers[provision.Excused], VisitExcused},
		{answers[provision.Contested], VisitOther}, {answers[provision.Discharged], VisitOver}, {true, VisitUnheard},
	} {
		if is.when {
			if is.stage != "" {
				return is.stage
			}
			break
		}
	}
	switch {
	case t.ended:
		return VisitDone
	case t.begun:
		return VisitUnderWay
	case t.from > 0 && t.from <= now:
		return VisitDue
	}
	return VisitAgreed
}

// accountOf is a count as it is shown.
func accountOf(x provision.Account, lang regime.Lang) Account {
	o := Account{Key: x.Key, Text: x.Text, Measure: x.Measure, Title: x.Title.In(lang), Article: provision.Article(x.Article, x.ArticleSure, lang), Strength: x.Strength,
		Scope: list(x.Scope), Where: list(x.Where), Period: x.Period, Used: x.Used, Allowed: x.Allowed, Least: x.Least, Remaining: x.Remaining,
		Full: x.Full, Follows: x.Follows, NotKnown: []string{}, Acts: []string{}, Passed: []string{}, Sure: x.Sure}
	for _, r := range x.NotKnown {
		o.NotKnown = append(o.NotKnown, provision.Says(r, lang))
	}
	for _, id := range x.Filings {
		o.Acts = append(o.Acts, placeOf(id))
	}
	for _, id := range x.Passed {
		o.Passed = append(o.Passed, placeOf(id))
	}
	return o
}
