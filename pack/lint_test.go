package pack

import (
	"strings"
	"testing"
)

// TestLint spoils the invented pack in one place at a time.
func TestLint(t *testing.T) {
	const head, one = "pack.yaml", "measures/one.yaml"
	for _, c := range []struct{ file, from, to, want string }{
		{head, "detente.pack/v1", "detente.pack/v2", `format: "detente.pack/v1" belongs here`},
		{head, "engine: 1", "engine: 0", "engine: the edition of the rules"},
		{head, "id: small", "id: smaller", `id: "small.notice" does not begin with "smaller."`},
		{head, "nature: politically-binding", "nature: binding", `nature: "binding" is not one of`},
		{head, "nature: politically-binding", "nature: politically-binding\ntime_zone: Asia/Almaty\nzone_data: 2025c", "carries no file zones/Asia/Almaty"},
		{head, "languages: [en, ru]", "languages: [ru, en]", "languages: en comes first"},
		{head, ", ru: Соглашение двух вымышленных долин", "", `title: the text in "ru" is missing`},
		{head, "sure: high\nsets", "sure: maybe\nsets", `sure: "maybe" is not one of`},
		{head, "from: 2025-01-01", "from: 2024-01-01", "the periods stand in order"},
		{head, "from: 2025-01-01", "from: 2025-13-01", "a day such as"},
		{head, "{en: the valleys, ru: долины}, all: true", "{en: the valleys, ru: долины}", "exactly one of codes, all and slot"},
		{head, "all: true", "codes: [kz]", "is not a code of ISO 3166-1"},
		{head, "proposed: P42D", "proposed: 42 days", `proposed: "42 days" is not a duration`},
		{head, "proposed: P42D", "default: P42D", "a figure that is not sure is proposed"},
		{head, "sources: [invented]\n    sure: low", "sources: [memory]\n    sure: low", `"memory" is not among the sources`},
		{one, "id: small.return", "id: small.notice", "measure small.notice stands twice"},
		{one, `article: "3"`, `article: ""`, "article: say where a reader finds this"},
		{one, "tells the others of its larger exercises", "is in violation of nothing", `"violation" judges`},
		{one, "strength: shall", "strength: must", `strength: "must" is not one of`},
		{one, "strength: shall", "strength: shall\n    subject: war", `subject: "war" is not one of incident, visit`},
		{one, "strength: shall", "strength: shall\n    subject: incident", `subject: its main form has no field "occurred" of type moment`},
		{one, "strength: should", "strength: should\n    subject: visit", "subject: an occasion that starts with a filing belongs to it"},
		{one, "stage: confidence-building, family: [transparency], sides: multilateral", "stage: trust, family: [transparency], sides: multilateral", `stage: "trust" is not one of`},
		{one, "sure: high\n    occasion: {starts", "sure: low\n    occasion: {starts", "write off: true"},
		{one, "occasion: {starts: small.notice}", "occasion: {starts: small.exercise}", `no step has the code "small.exercise"`},
		{one, "occasion: {starts: small.notice}", "occasion: {starts: small.notice, standing: true}", "exactly one of yearly, starts"},
		{one, "due: 12-15", "due: 12-32", "a month and day such as 12-15"},
		{one, "due: 12-15", "due: $notice.lead", "is a duration; date belongs here"},
		{one, "form: notice\n        by", "form: announcement\n        by", "there is no file forms/announcement.yaml"},
		{one, "to: {who: others}\n        when", "to: {who: all}\n        when", `to, who: "all" is not one of`},
		{one, "figure: troops, at_least", "figure: tanks, at_least", `has no field "tanks"`},
		{one, "figure: troops, at_least", "figure: start_date, at_least", "field start_date is a date"},
		{one, `at_least: "9000"`, `at_least: "9,000"`, "a number, or a slot such as $troops"},
		{one, `at_least: "9000", unit`, `unit`, "one of at_least, more_than"},
		{one, "least: $notice.lead, anchor: start_date", "least: 42 days, anchor: start_date", "a duration such as P42D"},
		{one, "least: $notice.lead, anchor: start_date", "least: P42D, most: PT36H, anchor: start_date", "the ends contradict each other"},
		{one, "least: $notice.lead, anchor: start_date", "anchor: start_date", "one end at least"},
		{one, "least: $notice.lead, anchor: start_date", "least: P42D, anchor: begin", `has no field "begin"`},
		{one, "kind: before", "kind: ahead", `clock, kind: "ahead" is not one of`},
		{one, "after: [{step: main, was: done}]", "after: [{step: answer, was: done}]", `"answer" is not an earlier step`},
		{one, "after: [{step: question, was: done}]", "after: [{step: question, was: fine}]", `was: "fine" is not one of`},
		{one, "clock: {kind: within, least: PT48H, of: receipt}", "clock: {kind: within, least: PT48H, of: answer}", `"answer" is not receipt, issue, or an earlier step`},
		{one, "clock: {kind: yearly}", "clock: {kind: immediate, of: issue}", "a clock of kind immediate needs it"},
		{one, "period: 3-calendar-years", "period: sometimes", `period: "sometimes" is not one of`},
		{one, "        at_most: \"1\"\n", "", "a count has at_most, at_least, or a gate"},
		{one, "of: small.notice\n", "of: small.parade\n", `of: no step has the code "small.parade"`},
		{one, "strength: should", "strength: may\n    outcomes: {not-recorded: {en: no return, ru: сведений нет}}", "a voluntary measure knows no default"},
		{one, "strength: should", "strength: should\n    needs: [small.trust]", `needs: "small.trust" is not another measure`},
		{one, "form: notice", "copy: {who: others}", "forms/notice.yaml: no step uses this form"},
		{head, "  - id: \"2020\"\n    in_force:\n      - {from: 2020-01-01, until: 2024-06-30}\n      - {from: 2025-01-01}\n    sources: [invented]\n    sure: high\n", "  []\n", "editions: at least one belongs here"},
		{one, "    steps:\n      - id: main\n        title: {en: return, ru: сведения}\n        form: notice\n        nil: true\n        by: {who: each}\n        to: {who: others}\n        clock: {kind: yearly}\n", "    steps: []\n", "steps: at least one belongs here"},
		{"forms/notice.yaml", "title: {en: Notice,", "title: {en: Notice of a violation,", `title: "violation" judges`},
		{head, "unofficial: [ru]\n", "", "unofficial: name the languages"},
		{head, "id: small\n", "id: small\ntime_zone: UTC\nzone_data: 2025c\n", "carries no file zones/UTC.tzif"},
		{head, "id: small\n", "id: small\ntime_zone: UTC\n", "zone_data: the edition of the data of the time zone belongs here"},
		{head, "id: small\n", "id: small\ntime_zone: UTC\nzone_data: new\n", "zone_data: the edition"},
		{head, "id: small\n", "id: small\nzone_data: 2025c\n", "zone_data: the edition"},
		{head, "from: 2025-01-01", "from: 2025-02-30", "a day such as"},
		{head, "    sure: high\nsets", "    sure: high\n  - {id: \"2024\", in_force: [{from: 2024-01-01}], sources: [invented], sure: high}\nsets", `edition "2020" is in force then too`},
		{"forms/notice.yaml", "id: small.notice", "id: small.note", `forms/notice.yaml, line 1: id: "small.notice" belongs here`},
		{"forms/notice.yaml", "en: troops,", "en: offending troops,", `field 1.2: "offending" judges`},
		{head, "languages: [en, ru]", "languages: [en, ru, kk]", "forms/notice.yaml, line 1: languages: those of the pack belong here"},
		{one, "id: small.return", "id: small.notice.answer", `the code "small.notice.answer" also names a step of small.notice`},
		{one, "id: small.return", "id: small.return-of-the-troops-of-all-valleys-in-peace", "at most 48"},
		{one, "      - id: question", "      - id: question-that-is-very-long-and-longer-than-any-act-can-name-it", "has more than 64 characters"},
		{one, "occasion: {starts: small.notice}", "occasion: {starts: small.notice.answer}", `the step "answer" waits for another one itself`},
		{one, "occasion:\n      yearly: {due: 12-15, as_of: 01-01, as_of_ahead: 1, ahead: 1, nil: true}", "occasion: {starts: small.notice.other}", `no step has the code "small.notice.other"`},
		{one, "due: 12-15, as_of: 01-01", "due: 02-30, as_of: 01-01", "a month and day such as 12-15"},
		{one, "nil: true}", "nil: true, cycle: troops_of_year}", `has no field "troops_of_year"`},
		{one, "after: [{step: question, was: done}]", "after: [{step: question, was: silent}]", `"question" has no clock that runs out`},
		{one, "after: [{step: question, was: done}]", "after: [{step: question, was: declined}]", `"question" has no refusals`},
		{one, "after: [{step: question, was: done}]", "after: [{step: question, was: done, answer: \"yes\"}]", `has no field of answers`},
		{one, "to: {who: author, step: question}", "to: {who: author, step: reply}", `to: "reply" is not an earlier step`},
		{one, "to: {who: others}\n        when", "to: {who: set}\n        when", "the name of the set belong together"},
		{one, "to: {who: others}\n        when", "to: {who: other-side}\n        when", "needs two sets"},
		{one, "clock: {kind: yearly}", "sealed: all\n        clock: {kind: yearly}", `sealed: "all" is not one of`},
		{one, "least: $notice.lead, anchor: start_date", "least: $notice.lead, anchor: start_date, of: issue", "a clock of kind before does not read it"},
		{one, "kind: before, least: $notice.lead, anchor: start_date", "kind: within, least: P1D, of: receipt", "a clock cannot run from its own receipt"},
		{one, "least: $notice.lead, anchor: start_date", "least: P042D, anchor: start_date", "a duration such as P42D"},
		{one, "least: $notice.lead, anchor: start_date", "least: $notice.most, anchor: start_date", `slot "notice.most" is not among`},
		{one, `at_least: "9000", unit`, `at_least: "9000", at_most: "1", unit`, "exactly one of at_least"},
		{one, "figure: troops, at_least: \"9000\", unit: persons", "rule: \"form.troops >\", says: {en: a, ru: б}", "rule: this is not understood: at character"},
		{one, "figure: troops, at_least: \"9000\", unit: persons", "rule: \"form.troops + 1\", says: {en: a, ru: б}", "rule: this is not understood: it gives"},
		{one, "figure: troops, at_least: \"9000\", unit: persons", "rule: \"form.tanks > 1\", says: {en: a, ru: б}", `rule: the form small.notice has no field "tanks"`},
		{one, "figure: troops, at_least: \"9000\", unit: persons", "rule: \"slots.tanks > '1'\", says: {en: a, ru: б}", `rule: slot "tanks" is not among`},
		{one, "figure: troops, at_least: \"9000\", unit: persons", "rule: \"form.troops.exists(a, form.troops.exists(b, a > b))\", says: {en: a, ru: б}", "take the loop in the loop out"},
		{one, "figure: troops, at_least: \"9000\", unit: persons", "rule: \"form.troops > 1\"", "says: a text belongs here"},
		{one, `at_most: "1"`, `at_most: "1.5"`, "at_most: a whole number"},
		{one, `at_most: "1"`, `at_most: "= min(15, ceil(latest.troops, 60))"`, "figures: the code of the step"},
		{one, `at_most: "1"`, "figures: small.return\n        at_most: \"= min(15, ceil(latest.units, 60))\"", `at_most: the form small.notice has no field "units"`},
		{one, `at_most: "1"`, `at_most: "= form.troops"`, "form belongs to conditions"},
		{one, `at_most: "1"`, "at_most: \"1\"\n        except: [force-majeure]", `no step of the pack has a refusal "force-majeure"`},
		{one, `at_most: "1"`, "at_most: \"1\"\n        gate: [{of: small.return, by: 11-15, ahead: 9}]", "0 to 5 years"},
		{one, `at_most: "1"`, "at_most: \"1\"\n        also: [small.other]", `also: no step has the code "small.other"`},
		{one, "period: 3-calendar-years", "period: at-one-time", "the first and last day belong to the period"},
		{one, "scope: [author]", "scope: [sector]", `has no field "sector"`},
		{one, "en: Yearly return, ru", "en: \"Yearly \\e[2J return\", ru", "the character U+001B cannot be shown"},
	} {
		t.Run(c.want, func(t *testing.T) {
			files := small(t)
			b := string(files[c.file].Data)
			if !strings.Contains(b, c.from) {
				t.Fatalf("%s has no %q", c.file, c.from)
			}
			files[c.file].Data = []byte(strings.Replace(b, c.from, c.to, 1))
			if c.from == "form: notice" {
				files[c.file].Data = []byte(strings.ReplaceAll(b, c.from, c.to))
			}
			wantFault(t, files, c.want)
		})
	}
}
