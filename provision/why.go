package provision

import (
	"cmp"
	"embed"
	"slices"
	"strings"
	"time"

	"detente/condition"
	"detente/internal/phrase"
	"detente/lodging"
	"detente/pack"
	"detente/party"
	"detente/regime"
)

//go:embed words/*.txt
var files embed.FS

var sentences = phrase.Must(files, "words")

// Languages lists those in which reasons are said; others get English.
func Languages() []string { return sentences.Languages() }

// says fills in one sentence.
type says struct {
	b    *Book
	t    *text
	lang string
}

func (s says) say(key string, args ...any) string {
	m := map[string]any{}
	for i := 0; i+1 < len(args); i += 2 {
		m[args[i].(string)] = args[i+1]
	}
	return sentences.Say(s.lang, key, m)
}

// Why says in plain sentences why an item is what it is: under what it is
// provided for and because of what, the clock with its arithmetic, what was done
// as the evidence shows it, and what is disputed.
func (b *Book) Why(it *Item, lang regime.Lang) string {
	s := says{b: b, t: b.text(it.Text), lang: string(lang)}
	parts := []string{s.ground(it)}
	if it.State != NotProvided {
		parts = append(parts, s.clock(it)...)
		parts = append(parts, s.deeds(it)...)
	}
	out := strings.Join(nonempty(parts), "; ")
	for _, n := range it.Notes {
		if n.Key == "immediate" {
			continue // said with the clock
		}
		out += ". " + upper(b.Says(n, lang))
	}
	if it.Sure.Unverified() {
		out += " (" + s.say("unverified") + ")"
	}
	return out + "."
}

// text finds a compiled text by id.
func (b *Book) text(id string) *text {
	for _, t := range b.texts {
		if t.id == id {
			return t
		}
	}
	return nil
}

// ground is under what an item is provided for, and why.
func (s says) ground(it *Item) string {
	var reasons []string
	for _, r := range it.Reasons {
		if said := Says(r, regime.Lang(s.lang)); said != "" {
			reasons = append(reasons, said)
		}
	}
	why := strings.Join(reasons, "; ")
	article := Article(it.Article, it.ArticleSure, regime.Lang(s.lang))
	key := "provided"
	if it.Strength == pack.May {
		key = "may"
	}
	switch {
	case it.State == NotProvided:
		return s.say("not-provided", "article", article, "reason", why)
	case it.State == NotJudged:
		return s.say("not-judged", "article", article, "reason", why)
	case why == "":
		return s.say(key, "article", article)
	}
	return s.say(key+"-because", "article", article, "reason", why)
}

// Says is a reason of a condition, or one of this package, in a language.
func Says(r condition.Reason, lang regime.Lang) string {
	if sentences.Has(r.Key) {
		return Note{r.Key, r.Args}.Says(lang)
	}
	return r.Says(lang)
}

// name is a party as the group calls it in a language.
func (b *Book) name(id, lang string) string {
	n := b.parties[party.ID(id)].Names
	return cmp.Or(n[lang], n[string(regime.English)], id)
}

// Says is a note in a language, without a full stop, with the parties as the group
// calls them.
func (b *Book) Says(n Note, lang regime.Lang) string {
	args := slices.Clone(n.Args)
	for i, a := range args {
		switch v := a.Value.(type) {
		case string:
			if a.Name == "party" {
				args[i].Value = b.name(v, string(lang))
			}
		case []string:
			if a.Name == "parties" {
				args[i].Value = b.names(v, lang)
			}
		}
	}
	return Note{n.Key, args}.Says(lang)
}

func (b *Book) names(ids []string, lang regime.Lang) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = b.name(id, string(lang))
	}
	return out
}

// Says is the note in a language, without a full stop.
func (n Note) Says(lang regime.Lang) string {
	args := map[string]any{}
	for _, a := range n.Args {
		switch v := a.Value.(type) {
		case []string:
			list := make(phrase.List, len(v))
			for i := range v {
				list[i] = v[i]
			}
			args[a.Name] = list
		default:
			args[a.Name] = v
		}
		if a.Name == "most" || a.Name == "least" {
			if text, ok := a.Value.(string); ok && strings.HasPrefix(text, "P") {
				args[a.Name] = phrase.Span(text)
			}
		}
	}
	return strings.TrimSpace(sentences.Say(string(lang), n.Key, args))
}

// clock is the arithmetic of an item.
func (s says) clock(it *Item) []string {
	k := &it.Clock
	var out []string
	if k.Says != nil {
		key := "exception"
		if k.Claim {
			key = "claim"
		}
		out = append(out, s.say(key, "says", byLang(k.Says)))
	}
	if k.At == 0 {
		return out
	}
	at := s.moment(k.At, k.Day)
	switch {
	case k.Kind == pack.ClockYearly || k.Kind == pack.ClockWith:
	case k.Anchor == pack.OfReceipt || k.Anchor == pack.OfIssue:
		out = append(out, s.say("clock.running", "anchor", s.say("anchor."+k.Anchor), "at", at))
	default:
		out = append(out, s.say("clock.before", "anchor", s.field(it, k.Anchor), "at", at))
	}
	if k.Due > 0 && basis(it, "did", "declined") == nil {
		due := s.moment(k.Due, s.whole(k))
		if k.From > 0 {
			return append(out, s.say("due-between", "from", s.moment(k.From, s.whole(k)), "due", due))
		}
		out = append(out, s.say("due", "due", due))
	}
	if k.Kind == pack.ClockImmediate && basis(it, "did", "declined") == nil {
		out = append(out, s.say("delay-open", "lapse", phrase.Lapse(k.Delay), "word", byLang(k.Word)))
	}
	return out
}

// whole reports whether a clock runs in whole days.
func (s says) whole(k *Clock) bool {
	return k.Due > 0 && condition.LastSecond(s.in(k.Due)).Unix() == k.Due
}

func (s says) in(at int64) time.Time {
	if s.t == nil {
		return time.Unix(at, 0).UTC()
	}
	return s.t.in(at)
}

func (s says) moment(at int64, day bool) any {
	if day {
		return phrase.Day{Time: s.in(at)}
	}
	return phrase.Moment{Time: s.in(at)}
}

// field names a field of the form of the step, or of the filing that opened it.
func (s says) field(it *Item, id string) any {
	codes := []string{it.Code}
	if e := s.b.entries[it.Opener]; e != nil {
		codes = append(codes, e.f.Code)
	}
	for _, code := range codes {
		for _, st := range s.b.steps[code] {
			if st.form == nil {
				continue
			}
			if f, ok := st.form.Field(id); ok {
				return byLang(f.Name)
			}
		}
	}
	for _, st := range s.b.steps[it.Code] {
		if x := st.m.find(id); x != nil {
			return byLang(x.Title)
		}
	}
	return strings.ReplaceAll(id, "_", " ")
}

// deeds is what was done, as the evidence shows it, and how that compares.
func (s says) deeds(it *Item) []string {
	b := basis(it, "did", "declined")
	if b == nil {
		return []string{s.say("state." + string(it.State))}
	}
	out := s.lodged(b) + s.compared(it, b)
	if it.State == Done || it.State == DoneAfter || it.State == NotShownTimely {
		return []string{out}
	}
	return []string{out, s.say("state." + string(it.State))}
}

// lodged says when a filing was lodged, and by what that is shown.
func (s says) lodged(b *Basis) string {
	switch {
	case b.Entered:
		return s.say("entered", "party", s.b.name(string(b.By), s.lang), "day", s.moment(b.When, true))
	case b.Note:
		return s.say("dated", "day", s.moment(b.When, true))
	case b.Bounds.NotAfter > 0 && b.Bounds.Of == 1:
		return s.say("lodged-one", "day", s.moment(b.Bounds.NotAfter, true))
	case b.Bounds.NotAfter > 0:
		return s.say("lodged", "day", s.moment(b.Bounds.NotAfter, true), "have", int64(b.Bounds.Have), "of", int64(b.Bounds.Of))
	case b.When > 0:
		return s.say("claimed", "day", s.moment(b.When, true))
	}
	return s.say("no-time")
}

// compared says how a filing compares with the clock.
func (s says) compared(it *Item, b *Basis) string {
	k := &it.Clock
	if k.Told > 0 {
		told := "; " + s.say("clock.before", "anchor", s.field(it, k.Until), "at", s.moment(k.Told, k.ToldDay))
		switch {
		case k.Due == 0:
			return told
		case it.After > 0:
			return told + ": " + s.say("told-late", "lapse", phrase.Lapse(s.b.Past(it)))
		}
		return told + ": " + s.say("in-time")
	}
	switch {
	case k.Kind == pack.ClockImmediate && k.At > 0:
		return ": " + s.say("delay", "lapse", phrase.Lapse(k.Delay), "word", byLang(k.Word))
	case k.Due == 0:
		return ""
	case b.Finding == lodging.Pending:
		return "; " + s.say("waiting")
	case b.Finding == lodging.NotShownTimely:
		return "; " + s.say("not-shown")
	case k.Kind == pack.ClockBefore && k.Least != "":
		return ": " + s.lead(k, b)
	case it.After > 0 && (b.Note || b.Entered):
		return ": " + s.say("late-note", "lapse", phrase.Lapse(s.b.Past(it)))
	case it.After > 0:
		return ": " + s.say("late", "lapse", phrase.Lapse(s.b.Past(it)))
	}
	return ": " + s.say("in-time")
}

// Past is by how much an item was done after its date, in seconds, as it is said:
// where the text counts days, in whole days of its zone, the begun one counted.
func (b *Book) Past(it *Item) int64 {
	s := says{b: b, t: b.text(it.Text)}
	if it.After <= 0 || !s.whole(&it.Clock) {
		return it.After
	}
	days := condition.Midnight(s.in(it.Clock.Due + it.After)).Sub(condition.Midnight(s.in(it.Clock.Due)))
	return int64(days.Round(24 * time.Hour).Seconds())
}

// lead is "45 days before; the text provides for 42 days", in calendar days
// against dates, in hours against instants.
func (s says) lead(k *Clock, b *Basis) string {
	when := b.When
	if b.Finding == lodging.Late && !b.Note && !b.Entered {
		when = b.Bounds.NotBefore
	}
	d, err := condition.ParseDuration(k.Least)
	lapse := k.At - when
	if err == nil && d.Calendar() {
		lapse = int64(condition.Midnight(s.in(k.At)).Sub(condition.Midnight(s.in(when))).Round(24 * time.Hour).Seconds())
	}
	least := phrase.Span(k.Least)
	switch {
	case lapse > 0:
		return s.say("before-start", "lapse", s.days(lapse, d), "least", least)
	case lapse == 0:
		return s.say("on-start", "least", least)
	}
	return s.say("past-start", "lapse", s.days(-lapse, d), "least", least)
}

// days says a lapse in days where the text counts in days.
func (s says) days(lapse int64, d condition.Duration) any {
	if d.Calendar() {
		return s.say("unit.days", "n", lapse/86400)
	}
	return phrase.Lapse(lapse)
}

func nonempty(parts []string) []string {
	return slices.DeleteFunc(parts, func(s string) bool { return s == "" })
}

func upper(s string) string {
	for i, r := range s {
		return strings.ToUpper(string(r)) + s[i+len(string(r)):]
	}
	return s
}

// Finding is a finding in a language, one sentence with the parties that it belongs to.
func (b *Book) Finding(f *Finding, lang regime.Lang) string {
	said := b.Says(f.Note, lang)
	out := upper(said)
	if len(f.Parties) > 0 && f.Kind != NotRead {
		out = strings.Join(b.names(list(f.Parties), lang), ", ") + ": " + said
	}
	if f.Sure.Unverified() {
		out += " (" + sentences.Say(string(lang), "unverified", nil) + ")"
	}
	return out + "."
}

// sentencesOf is one sentence without blanks in every language.
func sentencesOf(key string) map[string]string {
	of := map[string]string{}
	for _, lang := range sentences.Languages() {
		of[lang] = sentences.Say(lang, key, nil)
	}
	return of
}
