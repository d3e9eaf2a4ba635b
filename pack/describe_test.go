package pack

import (
	"slices"
	"strings"
	"testing"

	"detente/regime"
)

// Every code that a pack can use has words in every language.
func TestWords(t *testing.T) {
	for prefix, codes := range map[string][]string{
		"nature.":     {string(LegallyBinding), string(PoliticallyBinding), string(Voluntary), string(Proposal)},
		"strength.":   {string(Shall), string(Should), string(May)},
		"sure.":       {string(Seen), string(High), string(Medium), string(Low)},
		"role.":       {RoleEach, RoleOthers, RoleAuthor, RoleAsked, RoleField, RoleShare, RoleSet, RoleOther, RoleEither, RoleAnybody, "author-of", "asked-of", "either-field"},
		"opens.":      {WasDone, WasSilent, WasInsufficient, WasDeclined, WasFiled},
		"clock.":      {ClockBefore, ClockWithin, ClockYearly, ClockAfter, ClockAtStart, ClockWith, ClockImmediate, ClockLasts, ClockSilence},
		"of.":         {OfReceipt, OfIssue},
		"period.":     {PerYear, Per3Years, PerAtOnce, PerEver, PerRolling},
		"type.":       {SlotDuration, SlotFigure, SlotDate, SlotParties, SlotLine, SlotOutline, SlotSwitch},
		"area.":       {AreaProposed, AreaDeliberation, AreaAgreed, AreaActive, AreaDormant},
		"full.":       {"tell-all", "may-decline"},
		"state.":      states,
		"scope.":      {"author", "asked"},
		"slot.per.":   {"group", "pair"},
		"zone.strip":  {"", "-left", "-right"},
		"applies.":    {"covers.-2", "covers.-1", "covers.0", "covers.1", "covers.2", "covers.3"},
		"":            slices.Concat(dimensions, stages, families, phases, spheres, []string{"unilateral", "bilateral", "multilateral", "military", "non-military", string(Incident), string(Visit)}),
		"in-force-fo": {"r"},
	} {
		for _, c := range codes {
			if !sentences.Has(prefix + c) {
				t.Errorf("there are no words for %q", prefix+c)
			}
		}
	}
	if got := sentences.Languages(); !slices.Equal(got, []string{"en", "ru"}) {
		t.Errorf("languages are %v", got)
	}
}

// The invented pack as a lawyer reads it.
func TestText(t *testing.T) {
	files := small(t)
	files["measures/one.yaml"].Data = []byte(strings.Replace(string(files["measures/one.yaml"].Data), "sure: high\n    occasion: {starts", "sure: medium\n    occasion: {starts", 1))
	p, err := Load(files)
	if err != nil {
		t.Fatal(err)
	}
	en, ru := p.Text(regime.English), p.Text(regime.Russian)
	for _, want := range []string{
		"small, politically binding; 2 measures\n", p.Digest().String(),
		"  2020: in force from 1 January 2020 to 30 June 2024; in force since 1 January 2025; [invented]\n",
		"  lead time (notice.lead, duration, for the group)\n    suggested, in use only once agreed: 42 days [unverified]; [invented]\n",
		"small.notice  Notice of exercises [unverified]\n  Article 3 (number unverified); unverified\n  Our paraphrase, not the text:\n    Each valley tells",
		"How it binds: shall\n  Applies: each time “notice” is filed (small.notice)\n",
		"      the state that filed it → all other parties; by form notice\n      where “troops” ≥ 9,000 persons\n" +
			"      When: not later than lead time (left to agreement) before “start”\n",
		"  • question (small.notice.question); may\n      any party that wishes → the state that filed it; in free text\n      open once “notice” is done\n",
		"      the state that filed it → the state that filed “question”; in free text\n      open once “question” is done\n      When: within 48 hours of receipt\n",
		"  Applies: every year, due 15 December; valid as of 1 January; covers the next year; a nil return is a return\n",
		"    • large exercises: at most 1; in three calendar years; for each author; counted are “notice”\n      counted where “troops” > 40,000\n",
		"Sources\n  [invented] Invented for tests\n",
	} {
		if !strings.Contains(en, want) {
			t.Errorf("in English there is no\n%s", want)
		}
	}
	for _, want := range []string{"Формулировки на этом языке — неофициальный перевод.", "Наш пересказ, не текст документа:", "если «численность» ≥ 9000 человек", "не более чем через 48 часов", "[не проверено]", "укрепление доверия; прозрачность"} {
		if !strings.Contains(ru, want) {
			t.Errorf("in Russian there is no %q", want)
		}
	}
	if t.Failed() {
		t.Logf("\n%s\n%s", en, ru)
	}
	if p.Text("fr") != en {
		t.Error("a language that the pack has not is not read in English")
	}
	p.Measures[0].Article = Unnumbered
	if text := p.Text(regime.English); !strings.Contains(text, "Article: its number was not found") || strings.Contains(text, Unnumbered) {
		t.Errorf("a measure without the number of its article:\n%s", text)
	}
}
