package pack

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"detente/internal/rule"
	"detente/regime"
)

// linter gathers every fault of a pack that was read.
type linter struct {
	p      *Pack
	faults Faults
	unread map[string]bool // forms that have faults of their own
	codes  map[string]bool // of all steps, of any edition
	rules  *rule.Env
	ruled  int // rules compiled so far
}

// lint checks what a reader of YAML cannot: that all parts of a pack fit together.
// What looks at one of the forms that could not be read is passed over.
func lint(p *Pack, unread map[string]bool) Faults {
	env, err := rule.New()
	if err != nil {
		panic("pack: " + err.Error()) // it depends on nothing but the program
	}
	l := &linter{p: p, codes: map[string]bool{}, unread: unread, rules: env}
	if len(p.Measures) > maxMeasures {
		l.add(p.Head.Pos, "the pack has %d measures; %d are the most", len(p.Measures), maxMeasures)
		return l.faults
	}
	l.stepCodes()
	l.head()
	l.forms()
	for i := range p.Measures {
		l.measure(&p.Measures[i])
	}
	l.unused()
	return l.faults
}

// add names a fault. The keys before its first colon, "occasion, due: …", lead to
// its line.
func (l *linter) add(at Pos, format string, args ...any) {
	if len(l.faults) == maxFaults {
		return
	}
	text := fmt.Sprintf(format, args...)
	path, _, _ := strings.Cut(text, ":")
	for key := range strings.SplitSeq(path, ", ") {
		at = at.Key(key)
	}
	l.faults = append(l.faults, Fault{Pos: at, Text: text})
}

// stepCodes gathers the codes by which acts name steps. A code leads to one step
// in each edition.
func (l *linter) stepCodes() {
	of := map[string]*Measure{}
	for i := range l.p.Measures {
		m := &l.p.Measures[i]
		for j := range m.Steps {
			code := m.Code(m.Steps[j].ID)
			if len(code) > maxCode {
				l.add(m.Steps[j].Pos, "step: the code %q has more than %d characters; shorten the id of the measure or of the step", code, maxCode)
			}
			if o := of[code]; o != nil && o.ID != m.ID {
				l.add(m.Steps[j].Pos, "step: the code %q also names a step of %s; give this one another id", code, o.ID)
			}
			of[code], l.codes[code] = m, true
		}
	}
}

// forms are named after the pack and have its languages.
func (l *linter) forms() {
	for name, f := range l.p.Forms {
		at := Pos{File: formsDir + name + ".yaml", Line: 1}
		if want := l.p.Head.ID + "." + name; f.ID != want {
			l.add(at, "id: %q belongs here, after the pack and the file", want)
		}
		if !sameLangs(f.Languages, l.p.Head.Languages) {
			l.add(at, "languages: those of the pack belong here: %s", langs(l.p.Head.Languages))
		}
		l.neutral(at, "title", f.Title)
		for i := range f.Fields {
			l.neutral(at, "field "+f.Fields[i].Number, f.Fields[i].Name)
		}
	}
}

func sameLangs(a, b []regime.Lang) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// one asks that a value is one of those known.
func (l *linter) one(at Pos, key, value string, known ...string) {
	if !slices.Contains(known, value) {
		l.add(at, "%s: %q is not one of %s", key, value, strings.Join(known, ", "))
	}
}

// unwelcome are stems of words that judge a state. A text may use them; a pack
// says what is provided for and what was shown.
var unwelcome = regexp.MustCompile(`(?i)\b(viola[t]|offen[d]|brea[c]h|faile[d]|failur[e]|guil[t]|culpri[t])\pL*|(нарушени|нарушит|виновн|провал)\pL*`)

// text asks for all languages of the pack and neutral words.
func (l *linter) text(at Pos, key string, t Text, needed bool) {
	if len(t) == 0 {
		if needed {
			l.add(at, "%s: a text belongs here, in %s", key, langs(l.p.Head.Languages))
		}
		return
	}
	for _, lang := range l.p.Head.Languages {
		if strings.TrimSpace(t[lang]) == "" {
			l.add(at, "%s: the text in %q is missing", key, lang)
		}
	}
	for lang := range t {
		if !slices.Contains(l.p.Head.Languages, lang) {
			l.add(at, "%s: %q is not a language of the pack", key, lang)
		}
	}
	l.neutral(at, key, t)
}

func (l *linter) neutral(at Pos, key string, t Text) {
	for _, s := range t {
		if w := unwelcome.FindString(s); w != "" {
			l.add(at, "%s: %q judges; say what is provided for and what was shown", key, w)
		}
	}
}

func langs(all []regime.Lang) string {
	var out []string
	for _, a := range all {
		out = append(out, string(a))
	}
	return strings.Join(out, ", ")
}

// sources asks for a source of every fact, and how sure it is.
func (l *linter) sources(at Pos, keys []string, sure Sure) {
	if len(keys) == 0 {
		l.add(at, "sources: name at least one of the sources of pack.yaml")
	}
	for _, k := range keys {
		if !slices.ContainsFunc(l.p.Head.Sources, func(s Source) bool { return s.Key == k }) {
			l.add(at, "sources: %q is not among the sources of pack.yaml", k)
		}
	}
	l.sure(at, sure)
}

var certainties = []string{string(Seen), string(High), string(Medium), string(Low)}

func (l *linter) sure(at Pos, s Sure) {
	l.one(at, "sure", string(s), certainties...)
}

var (
	// idRule: an id of a slot may begin with a digit, as articles do; of a measure it
	// begins with that of the pack.
	idRule = regexp.MustCompile(`^[a-z0-9]+([.-][a-z0-9]+)*$`)
	// spanRule is ISO 8601 without seconds and fractions; each part is at most 9,999.
	spanRule   = regexp.MustCompile(strings.ReplaceAll(`^P(nY)?(nM)?(nW)?(nD)?(T(nH)?(nM)?)?$`, "n", "(?:0|[1-9][0-9]{0,3})"))
	numberRule = regexp.MustCompile(`^(0|[1-9][0-9]{0,11})(\.[0-9]{1,6})?$`)
	// zoneEdition is how IANA names an edition of its zone data.
	zoneEdition = regexp.MustCompile(`^[12][0-9]{3}[a-z]$`)
	codeRule    = regexp.MustCompile(`^[A-Z]{2}$`)
)

// ids asks that ids are well formed and stand once.
func (l *linter) ids(what string, at Pos, id string, seen map[string]bool) {
	if !idRule.MatchString(id) || len(id) > 60 {
		l.add(at, "%s: id %q is not small letters and digits, parted by full stops or hyphens", what, id)
	}
	if seen[id] {
		l.add(at, "%s: id %q stands twice", what, id)
	}
	seen[id] = true
}

func (l *linter) day(at Pos, key, s string, empty bool) {
	if (s != "" || !empty) && !isDay(s) {
		l.add(at, "%s: a day such as 2011-12-01 belongs here, not %q", key, s)
	}
}

func isDay(s string) bool {
	t, err := time.Parse(time.DateOnly, s)
	return err == nil && t.Format(time.DateOnly) == s
}

// isDate: a month and day; 29 February is one.
func isDate(s string) bool { return isDay("2000-" + s) }

func (l *linter) head() {
	h := &l.p.Head
	if h.Format != Format {
		l.add(h.Pos, "format: %q belongs here", Format)
	}
	if h.Engine < 1 {
		l.add(h.Pos, "engine: the edition of the rules that this pack is written for belongs here, now %d", Engine)
	}
	if !idRule.MatchString(h.ID) || strings.ContainsAny(h.ID, ".") || len(h.ID) > 20 {
		l.add(h.Pos, "id: at most 20 small letters, digits and hyphens belong here, such as vd11")
	}
	l.one(h.Pos, "nature", string(h.Nature), string(LegallyBinding), string(PoliticallyBinding), string(Voluntary), string(Proposal))
	if len(h.Languages) == 0 || h.Languages[0] != regime.English {
		l.add(h.Pos, "languages: en comes first")
	}
	if len(h.Languages) > 1 && h.Unofficial == nil {
		l.add(h.Pos, "unofficial: name the languages whose texts are unofficial translations; [] if there are none")
	}
	for _, u := range h.Unofficial {
		if !slices.Contains(h.Languages, u) {
			l.add(h.Pos, "unofficial: %q is not a language of the pack", u)
		}
	}
	l.text(h.Pos, "title", h.Title, true)
	l.text(h.Pos, "remark", h.Remark, false)
	for _, g := range h.Gaps {
		l.text(h.Pos, "gaps", g, true)
	}
	seen := map[string]bool{}
	for _, s := range h.Sources {
		if s.Key == "" || s.Title == "" {
			l.add(s.Pos, "a source has a key and a title")
		}
		if seen[s.Key] {
			l.add(s.Pos, "source %q stands twice", s.Key)
		}
		seen[s.Key] = true
	}
	if h.TimeZone != "" && l.p.Zones[h.TimeZone] == nil {
		l.add(h.Pos, "time_zone: the pack carries no file zones/%s; answers must not change with a build", h.TimeZone+zoneSuffix)
	}
	if (h.TimeZone != "") != zoneEdition.MatchString(h.ZoneData) {
		l.add(h.Pos, "zone_data: the edition of the data of the time zone belongs here, such as 2025c, and nothing where there is no time_zone")
	}
	for name, data := range l.p.Zones {
		if name != h.TimeZone {
			l.add(Pos{File: zonesDir + name + zoneSuffix}, "no time_zone names it: remove it")
		}
		if _, err := time.LoadLocationFromTZData(name, data); err != nil {
			l.add(Pos{File: zonesDir + name + zoneSuffix}, "this is not zone data as RFC 9636 describes it")
		}
	}
	l.editions()
	l.terms()
	l.catalogue()
}

func (l *linter) editions() {
	seen := map[string]bool{}
	h := &l.p.Head
	if len(h.Editions) == 0 {
		l.add(h.Pos, "editions: at least one belongs here, with its entry into force")
	}
	for i, e := range h.Editions {
		if e.ID == "" || seen[e.ID] {
			l.add(e.Pos, "edition %q: a name of its own belongs here", e.ID)
		}
		l.sources(e.Pos, e.Sources, e.Sure)
		l.text(e.Pos, "title", e.Title, false)
		if e.Replaces != "" && !seen[e.Replaces] {
			l.add(e.Pos, "replaces: %q is not an earlier edition", e.Replaces)
		}
		seen[e.ID] = true
		last := map[string]string{}
		for _, p := range e.InForce {
			l.day(p.Pos, "in_force, from", p.From, false)
			l.day(p.Pos, "in_force, until", p.Until, true)
			l.text(p.Pos, "in_force, note", p.Note, false)
			l.set(p.Pos, p.Set)
			if p.last() < p.From || p.From <= last[p.Set] {
				l.add(p.Pos, "in_force: the periods stand in order and do not overlap")
			}
			last[p.Set] = p.last()
		}
		l.alone(i)
		if len(e.InForce) == 0 && h.Nature != Proposal {
			l.add(e.Pos, "in_force: at least one period belongs here")
		}
	}
}

// alone asks that no earlier edition is in force for the same parties on a day of
// edition i.
func (l *linter) alone(i int) {
	for _, p := range l.p.Head.Editions[i].InForce {
		for _, earlier := range l.p.Head.Editions[:i] {
			for _, q := range earlier.InForce {
				if p.Set == q.Set && p.From <= q.last() && q.From <= p.last() {
					l.add(p.Pos, "in_force: edition %q is in force then too; end the one the day before the other begins", earlier.ID)
				}
			}
		}
	}
}

func (l *linter) set(at Pos, id string) {
	if id == "" {
		return
	}
	if _, ok := l.p.Head.Set(id); !ok {
		l.add(at, "set %q is not among the sets of pack.yaml", id)
	}
}

// terms looks at sets, slots, zones and issues.
func (l *linter) terms() {
	h := &l.p.Head
	seen := map[string]bool{}
	for _, s := range h.Sets {
		l.ids("set", s.Pos, s.ID, seen)
		l.text(s.Pos, "title", s.Title, true)
		ways := 0
		for _, is := range []bool{len(s.Codes) > 0, s.All, s.Slot != ""} {
			if is {
				ways++
			}
		}
		if ways != 1 {
			l.add(s.Pos, "set %s: exactly one of codes, all and slot belongs here", s.ID)
		}
		for _, c := range s.Codes {
			if !codeRule.MatchString(c) {
				l.add(s.Pos, "set %s: %q is not a code of ISO 3166-1; NO and ON stand in quotation marks", s.ID, c)
			}
		}
		l.slot(s.Pos, s.Slot, SlotParties)
	}
	seen = map[string]bool{}
	for _, s := range h.Slots {
		l.slotRow(s, seen)
	}
	seen = map[string]bool{}
	for _, z := range h.Zones {
		l.ids("zone", z.Pos, z.ID, seen)
		l.zone(z)
	}
	seen = map[string]bool{}
	for _, i := range h.Issues {
		l.ids("issue", i.Pos, i.ID, seen)
		l.text(i.Pos, "title", i.Title, true)
	}
}

func (l *linter) slotRow(s Slot, seen map[string]bool) {
	l.ids("slot", s.Pos, s.ID, seen)
	l.text(s.Pos, "title", s.Title, true)
	l.one(s.Pos, "type", s.Type, SlotDuration, SlotFigure, SlotDate, SlotParties, SlotLine, SlotOutline, SlotSwitch)
	l.unit(s.Pos, s.Unit)
	if s.Per != "" {
		l.one(s.Pos, "per", s.Per, "group", "pair")
	}
	for key, v := range map[string]string{"default": s.Default, "proposed": s.Proposed} {
		if v != "" && !fits(s.Type, v) {
			l.add(s.Pos, "%s: %q is not a %s", key, v, s.Type)
		}
	}
	if s.Default != "" || s.Proposed != "" {
		l.sources(s.Pos, s.Sources, s.Sure)
	}
	if s.Default != "" && s.Sure.Unverified() {
		l.add(s.Pos, "default: a figure that is not sure is proposed, not in force; write proposed")
	}
}

// Takes reports whether a value is of the type of the slot.
func (s *Slot) Takes(v string) bool { return fits(s.Type, v) }

// fits reports whether a value is of the type of its slot.
func fits(kind, v string) bool {
	switch kind {
	case SlotDuration:
		return isSpan(v)
	case SlotFigure:
		return numberRule.MatchString(v)
	case SlotDate:
		return isDate(v)
	case SlotSwitch:
		return v == "on" || v == "off"
	}
	return v != ""
}

func isSpan(s string) bool {
	return spanRule.MatchString(s) && s != "P" && !strings.HasSuffix(s, "T")
}

func (l *linter) slot(at Pos, id string, types ...string) {
	if id == "" {
		return
	}
	s, ok := l.p.Head.Slot(id)
	if !ok {
		l.add(at, "slot %q is not among the slots of pack.yaml", id)
	} else if !slices.Contains(types, s.Type) {
		l.add(at, "slot %q is a %s; %s belongs here", id, s.Type, strings.Join(types, " or "))
	}
}

func (l *linter) zone(z Zone) {
	l.text(z.Pos, "title", z.Title, true)
	ways := 0
	for _, is := range []bool{z.Strip != nil, len(z.Outline) > 0, z.Slot != "", len(z.Union) > 0} {
		if is {
			ways++
		}
	}
	if ways != 1 {
		l.add(z.Pos, "zone %s: exactly one of strip, outline, slot and union belongs here", z.ID)
	}
	if s := z.Strip; s != nil {
		if (s.Line == "") == (len(s.Along) < 2) || s.Km <= 0 {
			l.add(z.Pos, "strip: a line (a slot), or two points along it or more, and km from 1 belong here")
		}
		l.slot(z.Pos, s.Line, SlotLine)
		if s.Side != "" {
			l.one(z.Pos, "side", s.Side, "left", "right")
		}
		l.points(z.Pos, s.Along)
	}
	if n := len(z.Outline); n > 0 && (n < 4 || z.Outline[0] != z.Outline[n-1]) {
		l.add(z.Pos, "outline: three corners or more, and the first again at the end")
	}
	l.points(z.Pos, z.Outline)
	l.slot(z.Pos, z.Slot, SlotOutline)
	for _, u := range z.Union {
		if other, ok := l.p.Head.Zone(u); !ok || u == z.ID || len(other.Union) > 0 {
			l.add(z.Pos, "union: %q is not a zone of pack.yaml that is no union itself", u)
		}
	}
}

func (l *linter) points(at Pos, all []Point) {
	for _, p := range all {
		if p.Lat < -90 || p.Lat > 90 || p.Lon < -180 || p.Lon > 180 {
			l.add(at, "a point has lat from -90 to 90 and lon from -180 to 180")
		}
	}
}

func (l *linter) catalogue() {
	seen := map[string]bool{}
	for _, a := range l.p.Head.Areas {
		l.ids("area", a.Pos, a.ID, seen)
		l.text(a.Pos, "title", a.Title, true)
		l.text(a.Pos, "note", a.Note, false)
		l.one(a.Pos, "dimension", a.Dimension, dimensions...)
		l.one(a.Pos, "state", a.State, AreaProposed, AreaDeliberation, AreaAgreed, AreaActive, AreaDormant)
		l.sources(a.Pos, a.Sources, a.Sure)
		for _, c := range a.Coordinators {
			if !codeRule.MatchString(c.Code) {
				l.add(c.Pos, "coordinators: %q is not a code of ISO 3166-1; NO and ON stand in quotation marks", c.Code)
			}
			for key, s := range map[string]string{"from": c.From, "until": c.Until} {
				if s != "" && !isDay(s) && !isDay(s+"-01-01") {
					l.add(c.Pos, "coordinators, %s: a year or a day belongs here, not %q", key, s)
				}
			}
			l.sources(c.Pos, c.Sources, c.Sure)
		}
		l.editionsOf(a.Pos, a.Editions)
	}
	seen = map[string]bool{}
	for _, s := range l.p.Head.Cycle {
		l.ids("cycle", s.Pos, s.ID, seen)
		l.text(s.Pos, "cycle, title", s.Title, true)
		l.text(s.Pos, "cycle, by", s.By, true)
		l.text(s.Pos, "cycle, when", s.When, false)
		l.sources(s.Pos, s.Sources, s.Sure)
	}
}

func (l *linter) editionsOf(at Pos, all []string) {
	for _, e := range all {
		if !slices.ContainsFunc(l.p.Head.Editions, func(x Edition) bool { return x.ID == e }) {
			l.add(at, "editions: %q is not an edition of pack.yaml", e)
		}
	}
}

// unused names forms that no step asks for.
func (l *linter) unused() {
	used := map[string]bool{}
	for _, m := range l.p.Measures {
		for _, s := range m.Steps {
			used[s.Form] = true
		}
	}
	for name := range l.p.Forms {
		if !used[name] {
			l.add(Pos{File: formsDir + name + ".yaml"}, "no step uses this form")
		}
	}
}
