package pack

import (
	"strings"
	"testing"
)

// spoilt is one line of a pack written otherwise, and what the linter then says.
type spoilt struct{ file, from, to, want string }

func (c spoilt) run(t *testing.T, base string) {
	t.Helper()
	files := folder(t, base)
	b := string(files[c.file].Data)
	if !strings.Contains(b, c.from) {
		t.Fatalf("%s has no %q", c.file, c.from)
	}
	files[c.file].Data = []byte(strings.Replace(b, c.from, c.to, 1))
	wantFault(t, files, c.want)
}

// TestLintTerms spoils what the head of the hardest pack defines.
func TestLintTerms(t *testing.T) {
	const head = "pack.yaml"
	for _, c := range []spoilt{
		{head, "id: hard\n", "id: hard.er\n", "id: at most 20 small letters"},
		{head, "unofficial: [ru]", "unofficial: [fr]", `unofficial: "fr" is not a language`},
		{head, "remark: {en:", "remark: {fr: x, en:", `remark: "fr" is not a language of the pack`},
		{head, "gaps: [{en: \"The annexes were not seen.\", ru", "gaps: [{en: \"The annexes were not seen.\", fr", `gaps: the text in "ru" is missing`},
		{head, "sources: [{key: facts, title: Facts of the texts}]", "sources: [{key: facts, title: \"\"}]", "a source has a key and a title"},
		{head, "sources: [{key: facts, title: Facts of the texts}]", "sources: [{key: facts, title: a}, {key: facts, title: b}]", `source "facts" stands twice`},
		{head, "title: {en: \"after the reduction\", ru: \"после сокращения\"}", "title: {en: \"after the reduction\"}", `title: the text in "ru" is missing`},
		{head, `replaces: "1"`, `replaces: "0"`, `replaces: "0" is not an earlier edition`},
		{head, `- id: "2"`, `- id: "1"`, `edition "1": a name of its own`},
		{head, "until: 1999-12-31", "until: 1999-02-29", "in_force, until: a day such as"},
		{head, "in_force: [{from: 1998-01-01, until: 1999-12-31}]", "in_force: []", "in_force: at least one period"},
		{head, "set: north, note", "set: west, note", `set "west" is not among the sets`},
		{head, `note: {en: "suspended by the other side", ru: "приостановлено другой стороной"}`, `note: {en: "suspended"}`, `in_force, note: the text in "ru"`},
		{head, `- {id: south, title: {en: "the other side", ru: "другая сторона"}`, `- {id: south, title: {en: "the other side"}`, `title: the text in "ru"`},
		{head, "- {id: south, title", "- {id: South, title", "set: id \"South\" is not small letters"},
		{head, "- {id: south, title", "- {id: north, title", "set: id \"north\" stands twice"},
		{head, "slot: south, joint", "slot: line, joint", `slot "line" is a line; parties belongs here`},
		{head, "slot: south, joint: true", "slot: south", "who: other-side needs two sets"},
		{head, `title: {en: "end of the season", ru: "конец сезона"}`, `title: {en: "end of the season"}`, `title: the text in "ru"`},
		{head, "type: date", "type: day", `type: "day" is not one of`},
		{head, "unit: persons", "unit: people", `unit: "people" is not one of`},
		{head, "per: pair", "per: two", `per: "two" is not one of`},
		{head, "default: 10-01", "default: 10-32", `default: "10-32" is not a date`},
		{head, "default: P", "default: ", `default: "T2H" is not a duration`},
		{head, `default: "on"`, `default: "yes"`, `default: "yes" is not a switch`},
		{head, `proposed: "40000"`, `proposed: "40,000"`, `proposed: "40,000" is not a figure`},
		{head, `title: {en: "where no fixed wing flies", ru: "где не летают самолёты"}`, `title: {en: "where"}`, `title: the text in "ru"`},
		{head, "union: [no-fly-west, no-fly-east]", "", "zone no-fly: exactly one of strip"},
		{head, "union: [no-fly-west, no-fly-east]", "union: [no-fly-west, no-fly]", `union: "no-fly" is not a zone`},
		{head, "strip: {line: line, km: 100}", "strip: {km: 100}", "strip: a line (a slot), or two points"},
		{head, "strip: {line: line, km: 100}", "strip: {line: line, km: 0}", "and km from 1 belong here"},
		{head, "strip: {line: line, km: 100}", "strip: {line: cap, km: 100}", `slot "cap" is a figure; line belongs here`},
		{head, "strip: {line: line, km: 100}", "strip: {line: line, km: 100, side: north}", `side: "north" is not one of`},
		{head, "strip: {line: line, km: 100}", "slot: line", `slot "line" is a line; outline belongs here`},
		{head, "strip: {line: line, km: 100}", "outline: [{lat: 1, lon: 1}, {lat: 2, lon: 1}, {lat: 2, lon: 2}]", "outline: three corners or more"},
		{head, "lat: 38.0", "lat: 138.0", "a point has lat from -90 to 90"},
		{head, `title: {en: "Water", ru: "Вода"}`, `title: {en: "Water"}`, `title: the text in "ru"`},
		{head, `note: {en: "Since the second edition.", ru: "Со второй редакции."}`, `note: {en: "Since."}`, `note: the text in "ru"`},
		{head, "dimension: environmental", "dimension: water", `dimension: "water" is not one of`},
		{head, "state: active", "state: asleep", `state: "asleep" is not one of`},
		{head, "sources: [facts]\n    sure: high\n    note", "sources: []\n    sure: high\n    note", "sources: name at least one"},
		{head, `code: "NO"`, `code: Norway`, `coordinators: "Norway" is not a code`},
		{head, `from: "2010"`, `from: "10"`, "coordinators, from: a year or a day"},
		{head, "until: 2012-06-30, sources: [facts]", "until: 2012-06-30, sources: [memory]", `sources: "memory" is not among`},
		{head, `editions: ["2"]`, `editions: ["3"]`, `editions: "3" is not an edition`},
		{head, `title: {en: "yearly plan", ru: "годовой план"}`, `title: {en: "yearly plan"}`, `cycle, title: the text in "ru"`},
		{head, `by: {en: "coordinators", ru: "координаторы"}`, `by: {en: "coordinators"}`, `cycle, by: the text in "ru"`},
		{head, `when: {en: "December", ru: "декабрь"}`, `when: {en: "December"}`, `cycle, when: the text in "ru"`},
		{head, "path: [experts, officials], sources: [facts]", "path: [experts, officials], sources: [memory]", `sources: "memory" is not among`},
		{head, `title: {en: "rivers", ru: "реки"}`, `title: {en: "rivers"}`, `title: the text in "ru"`},
	} {
		t.Run(c.want, func(t *testing.T) { c.run(t, "testdata/hardest") })
	}
}

// TestLintMeasures spoils measures and steps of the hardest pack.
func TestLintMeasures(t *testing.T) {
	const asia, sea, border, world = "measures/1-south-asia.yaml", "measures/2-korea-sea.yaml", "measures/3-border.yaml", "measures/4-global.yaml"
	for _, c := range []spoilt{
		{border, `editions: ["1"]`, `editions: ["3"]`, `editions: "3" is not an edition`},
		{world, "note: {en: Power returns in summer., ru", "note: {en: Power returns in summer., fr", `note: the text in "ru"`},
		{border, `article: "10"`, `article_sure: sometimes` + "\n    article: \"10\"", `article_sure: "sometimes" is not one of`},
		{border, "zone: limits", "zone: everywhere", `zone: "everywhere" is not a zone`},
		{world, "areas: [water]", "areas: [fire]", `areas: "fire" is not an area`},
		{asia, "sides: bilateral", "sides: both", `place, sides: "both" is not one of`},
		{asia, "field: military,", "field: war,", `place, field: "war" is not one of`},
		{asia, "dimension: military-political", "dimension: war", `place, dimension: "war" is not one of`},
		{asia, "sphere: national-security", "sphere: war", `place, sphere: "war" is not one of`},
		{asia, "family: [transparency]", "family: []", "place: at least one family and one phase"},
		{asia, "family: [transparency]", "family: [trust]", `place, family: "trust" is not one of`},
		{asia, "phase: [before-conflict]", "phase: [never]", `place, phase: "never" is not one of`},
		{asia, "issues: [rivers]", "issues: [lakes]", `place, issues: "lakes" is not an issue`},
		{sea, "outcomes: {not-recorded:", "outcomes: {unheard:", `outcomes: "unheard" is not one of`},
		{sea, "outcomes: {not-recorded: {en: no call recorded, ru: вызов не зарегистрирован}}", "outcomes: {not-recorded: {en: no call recorded}}", `outcomes, not-recorded: the text in "ru"`},
		{asia, "strength: shall\n    place: {stage: conflict-avoidance, family: [transparency], sides: bilateral, field: military, phase: [before-conflict], dimension: military-political, sphere: national-security, issues: [rivers]}\n    sources: [facts]\n    sure: high\n    occasion: {starts: hard.launch}",
			"strength: may\n    place: {stage: conflict-avoidance, family: [transparency], sides: bilateral, field: military, phase: [before-conflict], dimension: military-political, sphere: national-security, issues: [rivers]}\n    sources: [facts]\n    sure: high\n    occasion: {starts: hard.launch}", "at_least: a voluntary measure knows no default"},
		{border, "as_of: 01-01", "as_of: 00-01", "occasion, as_of: a month and day"},
		{border, "as_of: 01-01", "as_of_in: year", "occasion, as_of_in: as_of, the day that the text asks for, belongs to it"},
		{border, "as_of: 01-01", "as_of: 01-01, as_of_in: nothing", `occasion, as_of_in: the form hard.return has no field "nothing"`},
		{border, "as_of: 01-01", "as_of: 01-01, as_of_in: year", "occasion, as_of_in: field year is a year; date belongs here"},
		{world, "to: {who: field, field: asked}, copy", "to: {who: field, field: asked, without: asked}, copy", `to, without: "asked" is not one of`},
		{world, "by: {who: author}, to: {who: field, field: asked}, copy", "by: {who: either, field: nobody}, to: {who: field, field: asked}, copy", `has no field "nobody"`},
		{world, "by: {who: author}, to: {who: field, field: asked}, copy", "by: {who: author, without: author}, to: {who: field, field: asked}, copy", "by: without belongs to who: field"},
		{border, "cycle: year, each: north", "cycle: year, each: west", `set "west" is not among the sets`},
		{border, "ahead: 1, cycle", "ahead: 7, cycle", "occasion, ahead, as_of_ahead: the year meant"},
		{asia, "every: {period: P6M", "every: {period: 6M", "occasion, period: a duration such as P6M"},
		{asia, "since: 2009-01-01", "since: 2009-02-30", "occasion, since: a day such as"},
		{asia, "since: 2009-01-01}", "since: 2009-01-01, each: west}", `set "west" is not among the sets`},
		{asia, "occasion: {starts: hard.missile}", "occasion: {starts: hard.launch}", ""},
		{asia, "{id: meeting, title", "{id: meet.ing, title", `step: id "meet.ing" has a full stop`},
		{border, "was: done, answer: accepted", "was: done, answer: maybe", `after, answer: the field answer has no choice "maybe"`},
		{sea, "title: {en: second warning, ru: второе предупреждение}", "title: {en: second warning}", `title: the text in "ru"`},
		{sea, "silence: {en: a signal that both sides look into, ru", "silence: {en: a signal that both sides look into, fr", `silence: the text in "ru"`},
		{sea, "strength: should, sure: high", "strength: must, sure: high", `strength: "must" is not one of`},
		{sea, "strength: should, sure: high", "strength: should, sure: maybe", `sure: "maybe" is not one of`},
		{asia, "by: {who: author}\n        to: {who: other-side}\n        when:", "by: {who: all}\n        to: {who: other-side}\n        when:", `by, who: "all" is not one of`},
		{world, "copy: {who: others}", "copy: {who: all}", `copy, who: "all" is not one of`},
		{world, "discharged: {elapsed: {from: end, at_least", "discharged: {elapsed: {from: finish, at_least", `from: the form hard.activity has no field "finish"`},
		{asia, "        clock: {kind: before, least: P15D, most: P90D, anchor: start}\n", "", "instead: the step has no clock"},
		{asia, "- {when: {field: level, is: [division]}, clock", "- {when: {field: height, is: [division]}, clock", `has no field "height"`},
		{asia, "says: {en: a division, ru: дивизия}", "says: {en: a division}", `instead, says: the text in "ru"`},
		{border, "        answer: answer\n", "", "refusals: name in answer the field"},
		{border, "        answer: answer\n", "        answer: note\n", "answer: field note is a text; choice belongs here"},
		{border, "title: {en: sensitive area, ru: закрытый район}", "title: {en: sensitive area}", `refusals, title: the text in "ru"`},
		{border, "{code: sensitive,", "{code: secret,", `refusals: the field answer has no choice "secret"`},
		{border, "needs: [note]", "needs: [reason]", `refusals, needs: the form hard.answer has no field "reason"`},
		{border, "days_in: days", "days_in: note", "refusals, days_in: field note is a text; int belongs here"},
		{border, "days: 30, days_in: days", "days: 30", "refusals: days belong together"},
		{sea, "by: {who: set, set: north}", "by: {who: set, set: west}", `set "west" is not among the sets`},
		{world, "to: {who: field, field: asked}", "to: {who: field, field: troops}", "to: field troops is a int; state or states belongs here"},
		{sea, "by: {who: share, field: share}", "by: {who: share, field: troops}", "by: field troops is a int; map belongs here"},
		{sea, "when: {figure: share.*, at_least: \"100\"}, ", "", "who: share needs the condition"},
		{sea, "form: activity, by: {who: author}, to: {who: others}, strength: should", "by: {who: author}, to: {who: others}, strength: should", `there is no form with a field`},
	} {
		t.Run(c.want, func(t *testing.T) {
			if c.want == "" { // allowed: the filing of another measure opens this one too
				files := folder(t, "testdata/hardest")
				b := string(files[c.file].Data)
				files[c.file].Data = []byte(strings.Replace(b, c.from, c.to, 1))
				if _, err := Load(files); err != nil {
					t.Error(err)
				}
				return
			}
			c.run(t, "testdata/hardest")
		})
	}
	// Two measures that start each other.
	files := folder(t, "testdata/hardest")
	b := string(files[asia].Data)
	b = strings.Replace(b, "occasion: {starts: hard.missile}", "occasion: {starts: hard.launch}", 1)
	b = strings.Replace(b, "    occasion: {starts: hard.launch}\n    steps:\n      - id: main\n        title: {en: notice, ru: уведомление}\n        form: activity\n        by: {who: author}\n        to: {who: asked}",
		"    occasion: {starts: hard.missile}\n    steps:\n      - id: main\n        title: {en: notice, ru: уведомление}\n        form: activity\n        by: {who: author}\n        to: {who: asked}", 1)
	files[asia].Data = []byte(b)
	wantFault(t, files, "start each other in a circle")
}

// TestLintRules spoils clocks, conditions, counts and ceilings of the hardest pack.
func TestLintRules(t *testing.T) {
	const asia, sea, border, world = "measures/1-south-asia.yaml", "measures/2-korea-sea.yaml", "measures/3-border.yaml", "measures/4-global.yaml"
	for _, c := range []spoilt{
		{sea, "anchor: start, sure: medium", "anchor: start, sure: maybe", `sure: "maybe" is not one of`},
		{asia, "of: main, until: held", "of: main, until: note", "clock, until: field note is a text"},
		{sea, "of: main, anchor: end", "of: main, anchor: finish", `clock, anchor: the form hard.activity has no field "finish"`},
		{asia, "clock: {kind: before, least: P3D, anchor: start, window: P5D}", "clock: {kind: yearly}", "clock: yearly needs an occasion"},
		{border, "at_most: $cap", "at_most: $line", `slot "line" is a line; figure belongs here`},
		{asia, "- {field: level, is: [above-corps]}", "- {field: level, is: [above-corps], figure: troops, at_least: \"1\"}", "a condition has exactly one of"},
		{border, `more_than: "25000", unit: persons, sure: low`, `more_than: "25000", unit: persons, sure: maybe`, `sure: "maybe" is not one of`},
		{border, `more_than: "25000", unit: persons, sure: low`, `more_than: "25000", unit: people, sure: low`, `unit: "people" is not one of`},
		{asia, "- {field: level, is: [above-corps]}", "- {field: troops, is: [above-corps]}", "field: field troops is a int"},
		{asia, "- {field: level, is: [above-corps]}", "- {field: level}", "is: the answers for which this holds"},
		{asia, "- {field: level, is: [above-corps]}", "- {field: level, is: [army]}", `is: the field level has no choice "army"`},
		{sea, `{field: no_notice, is: ["true"]}`, `{field: no_notice, is: ["yes"]}`, `is: "yes" is not one of true, false`},
		{world, "rule: \"double(form.release)", "rule: \"latest.units > 1 && double(form.release)", "rule: latest belongs to formulas"},
		{border, "figure: share.*, at_least", "figure: troops.*, at_least", "figure: field troops is a int; map belongs here"},
		{border, "figure: phases.troops", "figure: troops.phases", "figure: field troops is a int; map or rows belongs here"},
		{border, "figure: phases.troops", "figure: phases.tanks", `figure: the table phases has no column "tanks" of figures`},
		{border, "figure: strength.ground", "figure: strength.navy", `figure: the field strength has no choice "navy"`},
		{sea, "lasts: {from: start, to: end", "lasts: {from: troops, to: end", "from: field troops is a int"},
		{sea, "lasts: {from: start, to: end", "lasts: {from: start, to: troops", "to: field troops is a int"},
		{sea, "to: end, more_than: P5D", "to: end", "one of more_than and at_least"},
		{sea, "to: end, more_than: P5D", "to: end, more_than: five days", "more_than: a duration such as"},
		{sea, "to: end, more_than: P5D", "to: end, at_least: five days", "at_least: a duration such as"},
		{sea, "area: path, meets: no-fly", "area: start, meets: no-fly", "area: field start is a date"},
		{sea, "area: path, meets: no-fly", "area: path, meets: clouds", `"clouds" is not a zone`},
		{sea, "area: path, meets: no-fly", "area: path", "area: exactly one of within, meets and near"},
		{asia, "near: {line: line, km: 75}", "near: {line: cap, km: 75}", `slot "cap" is a figure; line belongs here`},
		{asia, "near: {line: line, km: 75}", "near: {line: line, km: 0}", "near: km from 1"},
		{border, "title: {en: above 25000, ru: свыше 25000}", "title: {en: above 25000}", `title: the text in "ru"`},
		{world, "strength: should, sure: high}", "strength: must, sure: high}", `strength: "must" is not one of`},
		{world, "strength: should, sure: high}", "strength: should, sure: maybe}", `sure: "maybe" is not one of`},
		{world, `at_least: "1", strength`, `at_least: once, strength`, "at_least: a whole number"},
		{border, "full: may-decline", "full: decline", `full: "decline" is not one of`},
		{border, `at_most: "3", except`, `at_least: "3", except`, "full: a count without at_most is never full"},
		{border, "by: 11-15, ahead", "by: 11-31, ahead", "gate, by: a month and day"},
		{border, "gate: [{of: hard.border-exercise", "gate: [{of: hard.parade", `gate, of: no step has the code "hard.parade"`},
		{border, "same: kind", "same: name", `gate, same: the form hard.activity has no field "name"`},
		{border, `when: {figure: troops, more_than: "25000"}`, `when: {figure: tanks, more_than: "25000"}`, `figure: the form hard.activity has no field "tanks"`},
		{border, "period: at-one-time, from: start, to: end", "period: at-one-time, from: start, to: finish", `to: the form hard.activity has no field "finish"`},
		{border, "by: 11-15, ahead", "by: $season, ahead", "gate, by: a month and day belongs here; a slot"},
		{world, "period: rolling, length: P5Y", "period: rolling, length: $remarks", "length: a duration belongs here; a slot"},
		{world, "period: rolling, length: P5Y", "period: rolling", "length: belongs to the period rolling"},
		{world, "period: rolling, length: P5Y", "period: rolling, length: five years", "length: a duration such as"},
		{border, `from: start, to: end, at_most: "2"`, `from: start, to: end, at_least: "2"`, "at_least: the period at-one-time has no end"},
		{border, `at_most: "3", except`, `at_most: $remarks, except`, `slot "remarks" is a duration; figure belongs here`},
		{world, `at_most: "= min(15`, `at_most: "= mins(15`, "at_most: this is not understood"},
		{border, "- {of: hard.forces, figure: strength, set", "- {of: hard.army, figure: strength, set", `of: no step has the code "hard.army"`},
		{border, "- {of: hard.forces, figure: strength, set", "- {of: hard.forces, figure: weight, set", `figure: the form hard.return has no field "weight"`},
		{border, "set: north, where: {sector: east}", "set: north, where: {region: east}", `where: the form hard.return has no field "region"`},
		{border, "set: north, where: {sector: east}", "set: north, where: {sector: north}", `where: the field sector has no choice "north"`},
		{border, `at_most: "130400"`, `at_most: ""`, "at_most: a ceiling has a figure; zero is one too"},
		{border, "figure: troops, where: {sector: east}", "figure: phases.troops, where: {sector: east}", `where: the form hard.activity.phases has no field "sector"`},
		{border, `at_most: "130400", unit: persons`, `at_most: "130400", unit: people`, `unit: "people" is not one of`},
		{border, "figure: strength, set: north", "figure: strength, set: west", `set "west" is not among the sets`},
		{border, `at_most: "130400", unit: persons`, `at_most: "130400", from: 1997-04-31, unit: persons`, "from: a day such as"},
		{border, `at_most: "130400", unit: persons, sources: [facts]`, `at_most: "130400", unit: persons, sources: [memory]`, `sources: "memory" is not among`},
	} {
		t.Run(c.want, func(t *testing.T) { c.run(t, "testdata/hardest") })
	}
}
