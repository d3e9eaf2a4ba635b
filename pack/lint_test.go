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
		{head, "nature: politically-binding", "nature: politically-binding\ntime_zone: Asia/Almaty", "carries no file zones/Asia/Almaty"},
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
		{one, "tells the others of its larger exercises", "is in violation of nothing", `"violat" judges`},
		{one, "strength: shall", "strength: must", `strength: "must" is not one of`},
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
