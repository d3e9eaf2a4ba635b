package control

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"detente/act"
	"detente/docket"
	"detente/internal/canon"
	"detente/lodging"
	"detente/node"
	"detente/pack"
	"detente/party"
	"detente/portfolio"
	"detente/provision"
	"detente/regime"
)

func portfolioVerbs() map[string]verb {
	return map[string]verb{
		"due":       reads(due),
		"why":       reads(why),
		"quota":     reads(quota),
		"findings":  reads(findings),
		"portfolio": reads(portfolioShow),
		"blocks":    reads(blocks),
		"matrix":    reads(matrix),
		"report":    reads(report),
		"areas":     reads(areas),
	}
}

// LookArgs say what is looked at, and when. Times are RFC 3339; empty: the present.
type LookArgs struct {
	Status   act.Status  `json:"status"` // empty: actual
	At       string      `json:"at"`     // the moment that is looked at
	Lodged   string      `json:"lodged"` // only what was shown to be lodged by then
	Held     string      `json:"held"`   // only what this node held then
	Language regime.Lang `json:"language"`
}

// look opens the book that the arguments ask for.
func (c *call) look(ctx context.Context, a LookArgs, f func(v *portfolio.View, m provision.Moment) error) error {
	status := a.Status
	switch status {
	case "":
		status = act.Actual
	case act.Actual, act.Exercise, act.Test:
	default:
		return refuse(Usage, "actual, exercise or test", "there is no status %q", status)
	}
	switch a.Language {
	case "", regime.English, regime.Russian:
	default:
		return refuse(Usage, "en or ru", "there are no sentences in %q", a.Language)
	}
	m := provision.Moment{Now: c.node.Now().Unix()}
	for _, t := range []struct {
		text string
		into *int64
	}{{a.At, &m.Now}, {a.Lodged, &m.Lodged}, {a.Held, &m.Held}} {
		if t.text == "" {
			continue
		}
		at, err := canon.ParseTime(t.text)
		if err != nil {
			return refuse(Usage, "write 2027-08-20T12:00:00Z", "%v", err)
		}
		*t.into = at.Unix()
	}
	look := c.folio.Look
	if c.remote { // a page says that it is being read rather than wait
		look = c.folio.LookNow
	}
	return look(ctx, status, func(v *portfolio.View) error { return f(v, m) })
}

// known refuses a text or measure that no text in force has: an answer of nothing
// would be taken for one.
func known(v *portfolio.View, text, measure string) error {
	if text != "" && !slices.ContainsFunc(v.Texts, func(t provision.Text) bool { return t.Pack.Head.ID == text }) {
		return refuse(NotFound, "detente portfolio", "no text %s is adopted and at hand here", text)
	}
	if measure != "" && !slices.ContainsFunc(v.Texts, func(t provision.Text) bool {
		return slices.ContainsFunc(t.Pack.Measures, func(x pack.Measure) bool { return x.ID == measure })
	}) {
		return refuse(NotFound, "detente pack show ID", "no text that is adopted here has a measure %s", measure)
	}
	return nil
}

// Item is one thing that a text provides for, as it stands.
type Item struct {
	Key      string          `json:"key"` // names it for ever
	Text     string          `json:"text"`
	Edition  string          `json:"edition"`
	Measure  string          `json:"measure"`
	Code     string          `json:"code"` // as a statement names it
	Title    string          `json:"title"`
	Article  string          `json:"article"`
	Strength pack.Strength   `json:"strength"`
	Nature   pack.Nature     `json:"nature"`
	By       []party.ID      `json:"by"` // who; of a joint side any one acts for all
	To       []party.ID      `json:"to"`
	State    provision.State `json:"state"`
	Words    string          `json:"words"`    // the state in the language
	Marked   string          `json:"marked"`   // Words, marked where a fact that it rests on is not verified
	Due      string          `json:"due"`      // last second in time; empty: no date
	From     string          `json:"from"`     // not earlier; empty: no such end
	Day      string          `json:"day"`      // of what is due until a day of the text's zone ends, that day
	Opened   string          `json:"opened"`   // since when it is open; empty: always
	After    int64           `json:"after"`    // seconds past the date; where the text counts days, whole days, the begun one counted
	Sure     pack.Sure       `json:"sure"`     // of the least sure fact that it rests on
	Acts     []Deed          `json:"acts"`     // what it rests on
	Missing  []party.ID      `json:"missing"`  // addressees to whom nothing is shown to have gone
	Accounts []string        `json:"accounts"` // counts that it draws on
	Sentence string          `json:"sentence"` // why, in the language
}

// Deed is one statement on which an item rests.
type Deed struct {
	Place   string          `json:"place"` // of the act, or "note 12" of the register
	As      string          `json:"as"`
	By      party.ID        `json:"by"`
	Entered bool            `json:"entered"`
	When    string          `json:"when"`
	Lodged  Lodged          `json:"lodged"`
	Had     string          `json:"had"` // since when this state itself had it; empty: not shown, or its own
	Finding lodging.Finding `json:"finding"`
}

func (c *call) item(v *portfolio.View, it *provision.Item, lang regime.Lang) Item {
	out := c.brief(v, it, lang)
	out.Sentence = v.Book.Why(it, lang)
	for i := range it.By {
		x, d := &it.By[i], &out.Acts[i]
		if !x.Note {
			d.Lodged = lodgedOf(x.Bounds, lang)
		} else {
			d.Lodged.Sentence = say(lang, "by-hand", nil)
		}
	}
	return out
}

// brief is an item without the sentences why, and when its acts were lodged.
func (c *call) brief(v *portfolio.View, it *provision.Item, lang regime.Lang) Item {
	b := v.Book
	out := Item{Key: it.Key(), Text: it.Text, Edition: it.Edition, Measure: it.Measure, Code: it.Code, Title: b.TitleOf(it, lang), Article: provision.Article(it.Article, it.ArticleSure, lang),
		Strength: it.Strength, Nature: it.Nature, By: list(it.Side), To: list(it.To), State: it.State, Words: b.StateIn(it, lang),
		Due: node.Time(it.Clock.Due), From: node.Time(it.Clock.From), Opened: node.Time(it.Opened), After: b.Past(it), Sure: it.Sure,
		Acts: []Deed{}, Missing: list(it.Missing), Accounts: list(it.Accounts)}
	if out.Marked = out.Words; it.Sure.Unverified() {
		out.Marked = say(lang, "unverified", map[string]any{"words": out.Words})
	}
	if it.Clock.Due > 0 {
		out.Day = b.LastDay(it.Text, it.Clock.Due)
	}
	if it.Obligor != "" {
		out.By = []party.ID{it.Obligor}
	}
	for i := range it.By {
		x := &it.By[i]
		out.Acts = append(out.Acts, Deed{Place: placeOf(x.Filing), As: x.As, By: x.By, Entered: x.Entered, When: node.Time(x.When), Lodged: Lodged{By: []party.ID{}},
			Had: node.Time(v.Had(x.Filing)), Finding: x.Finding})
	}
	return out
}

// placeOf writes where a filing stands.
func placeOf(id provision.ID) string {
	if id.Origin == "" {
		return "note " + id.String()
	}
	return id.String()
}

// DueArgs select items.
type DueArgs struct {
	LookArgs
	Measure string   `json:"measure"`
	Text    string   `json:"text"`
	Party   party.ID `json:"party"` // the other side; empty: all
	Own     bool     `json:"own"`   // the own side alone
	Brief   bool     `json:"brief"` // without the sentences why, and when acts were lodged
	Open    bool     `json:"open"`  // only what can still be done
	All     bool     `json:"all"`   // also what is not provided for
	From    string   `json:"from"`  // due, or done, from this time
	Until   string   `json:"until"`
}

// Due is the state's own side first: what it will do, and what it awaits.
type Due struct {
	Now     string    `json:"now"`
	Texts   int       `json:"texts"` // in force
	Missing []Missing `json:"missing"`
	Own     []Item    `json:"own"`
	Awaited []Item    `json:"awaited"`
}

// Missing is a text that an edition names and that is not at hand.
type Missing struct {
	ID     string       `json:"id"`
	Digest canon.Digest `json:"digest"`
}

func missingOf(v *portfolio.View) []Missing {
	out := []Missing{}
	for _, m := range v.Missing {
		out = append(out, Missing(m))
	}
	return out
}

func due(ctx context.Context, c *call, a DueArgs) (any, error) {
	q := provision.Query{Party: c.node.Self(), Measure: a.Measure, Text: a.Text, Open: a.Open, All: a.All}
	if a.Own {
		q.Party, q.Obligor = "", c.node.Self()
	}
	for _, t := range []struct {
		text string
		into *int64
	}{{a.From, &q.From}, {a.Until, &q.Until}} {
		if t.text == "" {
			continue
		}
		at, err := canon.ParseTime(t.text)
		if err != nil {
			return nil, refuse(Usage, "write 2027-08-20T12:00:00Z", "%v", err)
		}
		*t.into = at.Unix()
	}
	if _, ok := c.node.Keys().Current().Party(a.Party); !ok && a.Party != "" {
		return nil, refuse(NotFound, "detente roster show", "there is no party %s", a.Party)
	}
	out := Due{Own: []Item{}, Awaited: []Item{}}
	err := c.look(ctx, a.LookArgs, func(v *portfolio.View, m provision.Moment) error {
		if err := known(v, a.Text, a.Measure); err != nil {
			return err
		}
		out.Now, out.Texts, out.Missing = node.Time(m.Now), len(v.Texts), missingOf(v)
		item := c.item
		if a.Brief {
			item = c.brief
		}
		for _, it := range v.Book.Items(q, m) {
			own := it.Obligor == v.Self || slices.Contains(it.Side, v.Self)
			if a.Party != "" && it.Obligor != a.Party && !slices.Contains(it.Side, a.Party) && !slices.Contains(it.To, a.Party) {
				continue
			}
			if own {
				out.Own = append(out.Own, item(v, &it, a.Language))
			} else {
				out.Awaited = append(out.Awaited, item(v, &it, a.Language))
			}
		}
		return nil
	})
	return out, err
}

// WhyArgs name an item by its key, a statement by its place, or a thread.
type WhyArgs struct {
	LookArgs
	Of string `json:"of"`
}

// why explains the items that rest on what is named.
func why(ctx context.Context, c *call, a WhyArgs) (any, error) {
	rows, err := c.node.ThreadOf(ctx, a.Of)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		if row, err := c.node.Find(ctx, a.Of); err == nil {
			rows = append(rows, row)
		}
	}
	if a.Status == "" && len(rows) > 0 && !slices.ContainsFunc(rows, func(r docket.Row) bool { return r.Status == act.Actual }) {
		a.Status = rows[0].Status // nothing under this name is meant in earnest
	}
	out := []Item{}
	err = c.look(ctx, a.LookArgs, func(v *portfolio.View, m provision.Moment) error {
		var items []provision.Item
		number, isNote := strings.CutPrefix(a.Of, "note ")
		switch n, err := strconv.ParseInt(number, 10, 64); {
		case isNote && err == nil:
			items = v.Book.Of(provision.ID{Index: n}, m)
		case len(rows) > 0:
			for _, r := range rows {
				items = append(items, v.Book.Of(provision.ID{Origin: r.Ref.Origin, Index: r.Ref.Index}, m)...)
			}
		default:
			if it, ok := v.Book.Item(a.Of, m); ok {
				items = append(items, it)
			}
		}
		out = c.concerning(v, items, a.Language)
		return nil
	})
	if err == nil && len(out) == 0 {
		return nil, refuse(NotFound, "detente due shows the keys of what concerns this state", "nothing that a text in force provides for this state rests on %q", a.Of)
	}
	return out, err
}

// concerning are those of items that concern this state, or all where the group
// decided on boards across states; each once.
func (c *call) concerning(v *portfolio.View, items []provision.Item, lang regime.Lang) []Item {
	out := []Item{}
	for i := range items {
		it := &items[i]
		mine := it.Obligor == v.Self || slices.Contains(it.Side, v.Self) || slices.Contains(it.To, v.Self)
		if !mine && !v.Roster.Boards || slices.ContainsFunc(out, func(x Item) bool { return x.Key == it.Key() }) {
			continue
		}
		out = append(out, c.item(v, it, lang))
	}
	return out
}

// provided is what texts provide for of one act, as far as they do; while the records
// are being read that is not known, and how far they are is told.
func (c *call) provided(ctx context.Context, row docket.Row, lang regime.Lang) ([]Item, *Reading, error) {
	out := []Item{}
	if row.Kind != act.Statement && row.Kind != act.Entered {
		return out, nil, nil
	}
	err := c.look(ctx, LookArgs{Status: row.Status, Language: lang}, func(v *portfolio.View, m provision.Moment) error {
		items := v.Book.Of(provision.ID{Origin: row.Ref.Origin, Index: row.Ref.Index}, m)
		out = c.concerning(v, slices.DeleteFunc(items, func(it provision.Item) bool { return it.Code != row.Measure }), lang)
		return nil
	})
	if r, ok := errors.AsType[*portfolio.Reading](err); ok {
		return out, readingOf(r), nil
	}
	return out, nil, err
}

// Account is a count that a text provides for, as it stands.
type Account struct {
	Key       string        `json:"key"`
	Text      string        `json:"text"`
	Measure   string        `json:"measure"`
	Title     string        `json:"title"`
	Article   string        `json:"article"`
	Strength  pack.Strength `json:"strength"`
	Scope     []party.ID    `json:"scope"`
	Where     []string      `json:"where"`
	Period    string        `json:"period"`
	Used      int           `json:"used"`
	Allowed   int           `json:"allowed"` // -1: no limit, or not known
	Least     int           `json:"least"`
	Remaining int           `json:"remaining"` // -1: no limit, or not known
	Full      bool          `json:"full"`
	Follows   string        `json:"follows"` // when full: tell-all, may-decline
	NotKnown  []string      `json:"not_known"`
	Acts      []string      `json:"acts"`   // places of what counts
	Passed    []string      `json:"passed"` // of what does not count by rule
	Sure      pack.Sure     `json:"sure"`
}

// QuotaArgs select accounts.
type QuotaArgs struct {
	LookArgs
	Measure string `json:"measure"`
}

// quota lists the accounts of this state.
func quota(ctx context.Context, c *call, a QuotaArgs) (any, error) {
	out := []Account{}
	err := c.look(ctx, a.LookArgs, func(v *portfolio.View, m provision.Moment) error {
		if err := known(v, "", a.Measure); err != nil {
			return err
		}
		for _, x := range v.Book.Accounts(v.Self, a.Measure, m) {
			out = append(out, accountOf(x, a.Language))
		}
		return nil
	})
	return out, err
}

// TextFinding is a count outside of what a text provides for, or a statement that
// cannot be read.
type TextFinding struct {
	Key      string     `json:"key"`
	Kind     string     `json:"kind"`
	Measure  string     `json:"measure"`
	Article  string     `json:"article"`
	Parties  []party.ID `json:"parties"`
	Acts     []string   `json:"acts"`
	Sentence string     `json:"sentence"`
}

// findings lists those that concern this state, and those of others where the group
// decided on boards across states.
func findings(ctx context.Context, c *call, a LookArgs) (any, error) {
	out := []TextFinding{}
	err := c.look(ctx, a, func(v *portfolio.View, m provision.Moment) error {
		for _, f := range v.Book.Findings(m) {
			if !v.Roster.Boards && !slices.Contains(f.Parties, v.Self) {
				if f.Kind != provision.NotRead {
					continue
				}
				if mine, err := c.addressed(ctx, f.Filings); err != nil || !mine {
					if err != nil {
						return err
					}
					continue
				}
			}
			o := TextFinding{Key: f.Key, Kind: f.Kind, Measure: f.Measure, Article: provision.Article(f.Article, f.ArticleSure, a.Language), Parties: list(f.Parties), Acts: []string{}, Sentence: v.Book.Finding(&f, a.Language)}
			for _, id := range f.Filings {
				o.Acts = append(o.Acts, placeOf(id))
			}
			out = append(out, o)
		}
		return nil
	})
	return out, err
}

// addressed reports whether one of some filings is to this state, or to all.
func (c *call) addressed(ctx context.Context, of []provision.ID) (bool, error) {
	for _, id := range of {
		if id.Origin == "" {
			return true, nil // its own register
		}
		a, _, err := c.node.Act(ctx, act.Ref{Origin: id.Origin, Index: id.Index})
		if err != nil || a.Addressed(c.node.Self()) {
			return true, err
		}
	}
	return false, nil
}

// Bound is one text as it binds this state.
type Bound struct {
	Text    string      `json:"text"`
	Title   string      `json:"title"`
	Nature  pack.Nature `json:"nature"`
	Remark  string      `json:"remark"`
	Edition string      `json:"edition"` // empty: none in force for this state
	Since   string      `json:"since"`   // day; empty: not known
	Until   string      `json:"until"`   // last day; empty: open
	Adopted string      `json:"adopted"` // since when the group has the pack
	Sure    pack.Sure   `json:"sure"`
	Agreed  []Agreed    `json:"agreed"`
	Open    []Agreed    `json:"open"` // what was not agreed on
	// Declared is what this state stated under measures that apply always, and that stands.
	Declared []Declared `json:"declared"`
	Gaps     []string   `json:"gaps"`
	Off      []string   `json:"off"` // measures that are not judged
}

// Declared is one statement under a measure that applies always.
type Declared struct {
	Place string `json:"place"` // of the act, or "note 12" of the register
	Code  string `json:"code"`
	Title string `json:"title"`
	When  string `json:"when"`
}

// Agreed is a slot with its value.
type Agreed struct {
	Slot     string     `json:"slot"` // as a roster names it
	Title    string     `json:"title"`
	Value    string     `json:"value"`
	Between  []party.ID `json:"between"`
	Proposed string     `json:"proposed"` // a suggestion that is not verified, never used
}

// Portfolio is what this state is bound by.
type Portfolio struct {
	Now      string    `json:"now"`
	Texts    []Bound   `json:"texts"`
	Missing  []Missing `json:"missing"`
	Overlaps []Overlap `json:"overlaps"`
}

// Overlap names measures of more than one text that are of the same kind.
type Overlap struct {
	Stage    string   `json:"stage"`
	Field    string   `json:"field"`
	Family   string   `json:"family"`
	Measures []string `json:"measures"`
}

func portfolioShow(ctx context.Context, c *call, a LookArgs) (any, error) {
	out := Portfolio{Texts: []Bound{}, Overlaps: []Overlap{}}
	err := c.look(ctx, a, func(v *portfolio.View, m provision.Moment) error {
		out.Now, out.Missing = node.Time(m.Now), missingOf(v)
		for _, x := range v.Book.Overlaps(v.Self, m.Now) {
			out.Overlaps = append(out.Overlaps, Overlap{x.Stage, x.Field, x.Family, list(x.Measures)})
		}
		for _, x := range v.Book.Portfolio(v.Self, m) {
			o := Bound{Text: x.Text, Title: x.Title.In(a.Language), Nature: x.Nature, Remark: x.Remark.In(a.Language), Edition: x.Edition, Adopted: node.Time(x.Adopted),
				Sure: x.Sure, Agreed: []Agreed{}, Open: []Agreed{}, Declared: []Declared{}, Gaps: []string{}, Off: list(x.Off)}
			if x.Since > 0 {
				o.Since = v.Book.Day(x.Text, x.Since)
			}
			if x.Until > 0 {
				o.Until = v.Book.Day(x.Text, x.Until-1)
			}
			for _, g := range x.Agreed {
				o.Agreed = append(o.Agreed, Agreed{x.Text + "." + g.Slot.ID, g.Slot.Title.In(a.Language), g.Value, list(g.Between), ""})
			}
			for _, s := range x.Open {
				o.Open = append(o.Open, Agreed{x.Text + "." + s.ID, s.Title.In(a.Language), "", []party.ID{}, s.Proposed})
			}
			for _, d := range x.Declared {
				o.Declared = append(o.Declared, Declared{placeOf(d.Filing), d.Code, d.Title.In(a.Language), node.Time(d.When)})
			}
			for _, g := range x.Gaps {
				o.Gaps = append(o.Gaps, g.In(a.Language))
			}
			out.Texts = append(out.Texts, o)
		}
		return nil
	})
	return out, err
}

// Block is one measure between this state and another as a building block.
type Block struct {
	Measure string      `json:"measure"`
	Text    string      `json:"text"`
	Title   string      `json:"title"`
	Stage   string      `json:"stage"`
	Nature  pack.Nature `json:"nature"`
	Stands  bool        `json:"stands"`
	Needs   []string    `json:"needs"` // what it would take, in sentences
	From    []string    `json:"from"`  // standing measures that lead to it
}

// BlocksArgs name the other side.
type BlocksArgs struct {
	LookArgs
	With party.ID `json:"with"`
}

func blocks(ctx context.Context, c *call, a BlocksArgs) (any, error) {
	if _, ok := c.node.Keys().Current().Party(a.With); !ok || a.With == c.node.Self() {
		return nil, refuse(NotFound, "detente roster show", "%s is no other party of the group", a.With)
	}
	out := []Block{}
	err := c.look(ctx, a.LookArgs, func(v *portfolio.View, m provision.Moment) error {
		for _, x := range v.Book.Blocks(v.Self, a.With, m.Now) {
			o := Block{Measure: x.Measure, Text: x.Text, Title: x.Title.In(a.Language), Stage: x.Place.Stage, Nature: x.Nature, Stands: x.Stands, Needs: []string{}, From: list(x.From)}
			for _, n := range x.Needs {
				o.Needs = append(o.Needs, v.Book.Says(n, a.Language))
			}
			out = append(out, o)
		}
		return nil
	})
	return out, err
}
