package condition

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"detente/internal/phrase"
	"detente/pack"
	"detente/party"
	"detente/regime"
)

// Env is what a condition is asked about.
type Env struct {
	Form   *regime.Form   // names the fields in reasons; nil: by their ids
	Values *regime.Values // nil: none
	// Hidden tells which fields are not readable here, or not known; nil: none.
	Hidden func(field string) bool
	Party  party.ID // whose own share "map.*" is
	Name   string   // of the party in reasons; empty: its id
	Now    int64    // Unix seconds
	// Slot is what was agreed; false: nothing. Nil: no slot is agreed.
	Slot func(id string) (string, bool)
	// Slots lists the ids of the slots that a rule may ask for; nil: none.
	Slots func() []string
	Loc   *time.Location // of dates without a zone; nil: UTC
}

func (e *Env) slot(id string) (string, bool) {
	if e.Slot == nil {
		return "", false
	}
	return e.Slot(id)
}

func (e *Env) hidden(field string) bool {
	id, _, _ := strings.Cut(field, ".")
	return e.Hidden != nil && e.Hidden(id)
}

// Eval answers the condition.
func (c *Condition) Eval(e *Env) Result { return c.root.ask(e) }

// ask answers one node and adds its article.
func (n *node) ask(e *Env) Result {
	r := n.eval(e, n)
	r.Reason.Article = n.when.Article
	return r
}

// evalAll: one that does not hold decides; else one that is not known.
func evalAll(e *Env, n *node) Result { return join(e, n, Not, Holds) }

// evalAny: one that holds decides; else one that is not known.
func evalAny(e *Env, n *node) Result { return join(e, n, Holds, Not) }

// join asks every part, so that the reasons are complete.
func join(e *Env, n *node, decides, otherwise Outcome) Result {
	out := Result{Outcome: otherwise}
	for _, part := range n.parts {
		r := part.ask(e)
		out.Reason.Parts = append(out.Reason.Parts, r.Reason)
		out.Until = sooner(out.Until, r.Until)
		if r.Outcome == decides || r.Outcome == Unknown && out.Outcome == otherwise {
			out.Outcome = r.Outcome
		}
	}
	out.Reason.Outcome = out.Outcome
	out.Reason.Key = map[Outcome]string{Not: "all", Holds: "any"}[decides]
	return out
}

func sooner(a, b int64) int64 {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

func evalNot(e *Env, n *node) Result {
	r := n.parts[0].ask(e)
	switch r.Outcome {
	case Holds:
		r.Outcome = Not
	case Not:
		r.Outcome = Holds
	}
	r.Reason = Reason{Outcome: r.Outcome, Key: "not", Parts: []Reason{r.Reason}}
	return r
}

// because makes a result of one sentence.
func because(o Outcome, key string, args ...Arg) Result {
	return Result{Outcome: o, Reason: Reason{Outcome: o, Key: key, Args: args}}
}

func notAgreed(slot string) Result { return because(Unknown, "not-agreed", Arg{"slot", slot}) }

func (e *Env) unknown(field string) Result {
	return because(Unknown, "not-readable", Arg{"name", e.name(field)})
}

// name is a field's name by language, or its id.
func (e *Env) name(field string) any {
	id, column, dotted := strings.Cut(field, ".")
	if e.Form == nil {
		return strings.ReplaceAll(id, "_", " ")
	}
	f, ok := e.Form.Field(id)
	if !ok {
		return strings.ReplaceAll(id, "_", " ")
	}
	if dotted && column != "*" {
		for i := range f.Columns {
			if f.Columns[i].ID == column {
				return byLang(f.Columns[i].Name)
			}
		}
		for _, c := range f.Choices {
			if c.Code == column {
				return byLang(c.Name)
			}
		}
	}
	return byLang(f.Name)
}

func byLang[M ~map[regime.Lang]string](of M) map[string]string {
	out := make(map[string]string, len(of))
	for lang, s := range of {
		out[string(lang)] = s
	}
	return out
}

func evalFigure(e *Env, n *node) Result {
	w := n.when
	limit := n.bound.value
	if n.bound.slot != "" {
		s, ok := e.slot(n.bound.slot)
		if !ok {
			return notAgreed(n.bound.slot)
		}
		if limit, ok = regime.ParseDecimal(s); !ok {
			return notAgreed(n.bound.slot)
		}
	}
	if e.hidden(w.Figure) {
		return e.unknown(w.Figure)
	}
	value, how := Figure(e.Values, w.Figure, e.Party)
	args := []Arg{{"name", e.name(w.Figure)}, {"limit", number(limit)}, {"sign", n.bound.sign}}
	switch how {
	case notKnownNow:
		return because(Unknown, "not-known-now", args[0])
	case notGiven:
		return because(Not, "not-given", args...)
	}
	o := Not
	switch n.bound.sign {
	case "≥":
		o = holds(value >= limit)
	case ">":
		o = holds(value > limit)
	case "≤":
		o = holds(value <= limit)
	case "<":
		o = holds(value < limit)
	}
	if o == Not {
		args[2].Value = map[string]string{"≥": "<", ">": "≤", "≤": ">", "<": "≥"}[n.bound.sign]
	}
	key := "figure"
	if _, column, dotted := strings.Cut(w.Figure, "."); dotted && column == "*" {
		key = "share"
		args = append(args, Arg{"party", e.party()})
	}
	return because(o, key, append(args, Arg{"value", number(value)})...)
}

func (e *Env) party() string {
	if e.Name != "" {
		return e.Name
	}
	return string(e.Party)
}

func holds(b bool) Outcome {
	if b {
		return Holds
	}
	return Not
}

// number is said as a figure where it is whole.
func number(d regime.Decimal) any {
	if d%regime.One == 0 {
		return int64(d / regime.One)
	}
	return d.String()
}

// How a figure is given.
type given int

const (
	isGiven given = iota
	notGiven
	notKnownNow
)

// Figure reads a figure as pack.When names it: an int or number; of a map the sum,
// the share of a party ("map.*") or one entry ("map.key"); of rows the greatest of
// a column. An answer nil, or not applicable, is 0.
func Figure(v *regime.Values, path string, id party.ID) (regime.Decimal, given) {
	field, key, dotted := strings.Cut(path, ".")
	value, ok := v.Get(field)
	if !ok {
		return 0, notGiven
	}
	switch value := value.(type) {
	case map[string]any:
		return ofMap(value, key, dotted, id)
	case []any:
		return greatest(value, key)
	}
	return ofOne(value)
}

func ofOne(value any) (regime.Decimal, given) {
	switch value := value.(type) {
	case int64:
		return regime.Decimal(min(max(value, -1e12), 1e12)) * regime.One, isGiven
	case string:
		if d, ok := regime.ParseDecimal(value); ok {
			return d, isGiven
		}
	case regime.Answer:
		if value == regime.NotKnownNow {
			return 0, notKnownNow
		}
		return 0, isGiven
	}
	return 0, notGiven
}

func ofMap(of map[string]any, key string, dotted bool, id party.ID) (regime.Decimal, given) {
	if dotted {
		if key == "*" {
			key = string(id)
		}
		value, ok := of[key]
		if !ok {
			return 0, notGiven
		}
		return ofOne(value)
	}
	var sum regime.Decimal
	for _, value := range of {
		d, how := ofOne(value)
		if how == notKnownNow {
			return 0, how
		}
		sum += d
	}
	return min(sum, 1e12*regime.One), isGiven
}

func greatest(rows []any, column string) (regime.Decimal, given) {
	var most regime.Decimal
	best := notGiven
	for _, row := range rows {
		cells, _ := row.(map[string]any)
		value, ok := cells[column]
		if !ok {
			continue
		}
		d, how := ofOne(value)
		if how == notKnownNow {
			return 0, how
		}
		if how == isGiven && (best == notGiven || d > most) {
			most, best = d, isGiven
		}
	}
	return most, best
}

func evalField(e *Env, n *node) Result {
	w := n.when
	name := Arg{"name", e.name(w.Field)}
	if e.hidden(w.Field) {
		return e.unknown(w.Field)
	}
	value, ok := e.Values.Get(w.Field)
	if !ok {
		return because(Not, "field-not-given", name)
	}
	var codes []string
	switch value := value.(type) {
	case bool:
		codes = []string{strconv.FormatBool(value)}
	case string:
		codes = []string{value}
	case int64:
		codes = []string{strconv.FormatInt(value, 10)}
	case regime.Answer:
		if value == regime.NotKnownNow {
			return because(Unknown, "not-known-now", name)
		}
		codes = []string{string(value)}
	case []any:
		for _, item := range value {
			if s, ok := item.(string); ok {
				codes = append(codes, s)
			}
		}
	}
	said := Arg{"value", e.choices(w.Field, codes)}
	if slices.ContainsFunc(codes, func(c string) bool { return slices.Contains(w.Is, c) }) {
		return because(Holds, "field", name, said)
	}
	return because(Not, "field-is-not", name, said, Arg{"wanted", e.choices(w.Field, w.Is)})
}

// choices names codes as the form does.
func (e *Env) choices(field string, codes []string) phrase.List {
	list := make(phrase.List, len(codes))
	for i, code := range codes {
		list[i] = code
		if code == "true" || code == "false" {
			list[i] = yes[code]
		}
		if e.Form == nil {
			continue
		}
		if f, ok := e.Form.Field(field); ok {
			for _, c := range f.Choices {
				if c.Code == code {
					list[i] = byLang(c.Name)
				}
			}
		}
	}
	return list
}

var yes = map[string]map[string]string{
	"true":  {"en": "yes", "ru": "да"},
	"false": {"en": "no", "ru": "нет"},
}

// Anchor is a moment that a form names: a day, or an instant.
type Anchor struct {
	Time time.Time // of a day its first second in the zone that counts
	Day  bool
}

// AnchorOf reads a field of type date or moment.
func AnchorOf(v *regime.Values, field string, loc *time.Location) (Anchor, bool) {
	if s, ok := v.String(field); ok {
		if t, err := ParseDay(s, utc(loc)); err == nil {
			return Anchor{t, true}, true
		}
	}
	if m, ok := v.Moment(field); ok {
		return Anchor{m.Time, false}, true
	}
	return Anchor{}, false
}

// say is an anchor as a value of a sentence.
func (a Anchor) say() any {
	if a.Day {
		return phrase.Day{Time: a.Time}
	}
	return phrase.Moment{Time: a.Time}
}

// ends reads the fields of a span and its duration.
func (e *Env) ends(n *node, l *pack.Lasts) (from, to Anchor, d Duration, fault *Result) {
	d = n.since
	if n.slot != "" {
		s, ok := e.slot(n.slot)
		var err error
		if d, err = ParseDuration(s); !ok || err != nil {
			r := notAgreed(n.slot)
			return from, to, d, &r
		}
	}
	for _, x := range []struct {
		field string
		into  *Anchor
	}{{l.From, &from}, {l.To, &to}} {
		if x.field == "" {
			continue
		}
		if e.hidden(x.field) {
			r := e.unknown(x.field)
			return from, to, d, &r
		}
		a, ok := AnchorOf(e.Values, x.field, e.Loc)
		if !ok {
			r := because(Not, "field-not-given", Arg{"name", e.name(x.field)})
			if answer, _ := e.Values.Answer(x.field); answer == regime.NotKnownNow {
				r = because(Unknown, "not-known-now", Arg{"name", e.name(x.field)})
			}
			return from, to, d, &r
		}
		*x.into = a
	}
	return from, to, d, nil
}

func evalLasts(e *Env, n *node) Result {
	from, to, d, fault := e.ends(n, n.when.Lasts)
	if fault != nil {
		return *fault
	}
	end := d.Add(from.Time)
	o, sign := holds(!to.Time.Before(end)), "≥"
	if n.more {
		o, sign = holds(to.Time.After(end)), ">"
	}
	if o == Not {
		sign = map[string]string{"≥": "<", ">": "≤"}[sign]
	}
	return because(o, "lasts", Arg{"from", from.say()}, Arg{"to", to.say()}, Arg{"sign", sign}, Arg{"limit", phrase.Span(d.String())})
}

func evalElapsed(e *Env, n *node) Result {
	from, to, d, fault := e.ends(n, n.when.Elapsed)
	if fault != nil {
		return *fault
	}
	at := d.Add(from.Time).Unix()
	if n.more {
		at++
	}
	args := []Arg{{"from", from.say()}, {"limit", phrase.Span(d.String())}}
	if n.when.Elapsed.To != "" {
		end := to.Time.Unix()
		if to.Day {
			end = LastSecond(to.Time).Unix()
		}
		if end < at {
			return because(Not, "ended-before", args...)
		}
	}
	if e.Now < at {
		r := because(Not, "not-elapsed", args...)
		r.Until = at
		return r
	}
	return because(Holds, "elapsed", args...)
}

func evalArea(e *Env, n *node) Result {
	w := n.when
	name := Arg{"name", e.name(w.Area)}
	if e.hidden(w.Area) {
		return e.unknown(w.Area)
	}
	points, ok := e.Values.Points(w.Area)
	if !ok {
		return because(Not, "field-not-given", name)
	}
	f := figureOf(e.Values, w.Area, points)
	if w.Near != nil {
		s, missing := madeOf(e.slot, w.Near.Line, func(p []pack.Point) (shape, error) {
			return strip{line: p, km: float64(w.Near.Km), round: true}, nil
		})
		if s == nil {
			return notAgreed(missing)
		}
		return placed(f.meets(s), "near", name, Arg{"km", int64(w.Near.Km)})
	}
	s, missing := n.zone.of(e.slot)
	if s == nil {
		return notAgreed(missing)
	}
	zone := Arg{"zone", byLang(n.zone.title)}
	if w.Within != "" {
		return placed(f.within(s), "within", name, zone)
	}
	return placed(f.meets(s), "meets", name, zone)
}

// figureOf makes a figure of the points of a place, of places, of a line, or of
// an area, whose first point comes again at the end.
func figureOf(v *regime.Values, field string, given []regime.Point) figure {
	points := make([]pack.Point, len(given))
	for i, p := range given {
		points[i] = pack.Point{Lat: float64(p.Lat) / regime.One, Lon: float64(p.Lon) / regime.One}
	}
	f := figure{points: points}
	value, _ := v.Get(field)
	of, _ := value.(map[string]any)
	if _, outlined := of["points"]; !outlined {
		return f
	}
	f.line = true
	if n := len(points); n > 3 && points[0] == points[n-1] {
		f.points, f.area = points[:n-1], true
	}
	return f
}

func placed(o Outcome, key string, args ...Arg) Result {
	switch o {
	case Not:
		key = "not-" + key
	case Unknown:
		return because(Unknown, "too-intricate", args[0])
	}
	return because(o, key, args...)
}

// Given is Figure, and whether there is one.
func Given(v *regime.Values, path string, id party.ID) (regime.Decimal, bool) {
	d, how := Figure(v, path, id)
	return d, how == isGiven
}
