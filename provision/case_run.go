package provision

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"detente/party"
	"detente/regime"
)

// expectation is one line below the dashes.
type expectation struct {
	line   int
	words  []string
	text   string
	moment Moment
}

// Outcome is what a case gave.
type Outcome struct {
	// Faults say line by line what was expected and what came out; empty: all met.
	Faults []string
	// Why are the sentences for every item that the case looks at, for a reader.
	Why []string
}

// expect reads one line of what is expected, and the moments by "at".
func (c *Case) expect(n int, words []string, line string) error {
	m := Moment{Now: c.last}
	if len(c.expects) > 0 {
		m = c.expects[len(c.expects)-1].moment
	}
	switch words[0] {
	case "at":
		now, err := caseTime(strings.Join(words[1:min(2, len(words))], ""))
		if err != nil {
			return err
		}
		m = Moment{Now: now}
		if len(words) == 4 && (words[2] == "lodged" || words[2] == "held") {
			t, err := caseTime(words[3])
			if err != nil {
				return err
			}
			if words[2] == "lodged" {
				m.Lodged = t
			} else {
				m.Held = t
			}
		} else if len(words) != 2 {
			return fmt.Errorf("write: at WHEN, at WHEN lodged WHEN, or at WHEN held WHEN")
		}
	case "none", "only", "account", "finding", "findings", "fault", "why":
	default:
		if len(words) < 3 {
			return fmt.Errorf("write: CODE PARTY STATE, none, only, account, finding, findings, fault, why or at")
		}
		if _, _, ok := c.pack.Step(words[0], ""); !ok {
			return fmt.Errorf("the pack has no step %q", words[0])
		}
	}
	c.expects = append(c.expects, expectation{n, words, line, m})
	return nil
}

// run is one case while it is run.
type run struct {
	*Case
	b    *Book
	out  Outcome
	met  map[string]bool // items that were expected, by moment and key
	lang regime.Lang
}

// Run runs a case; reasons are said in lang.
func (c *Case) Run(lang regime.Lang) (Outcome, error) {
	b, err := c.book()
	if err != nil {
		return Outcome{}, err
	}
	r := &run{Case: c, b: b, met: map[string]bool{}, lang: lang}
	var only []expectation
	for _, x := range c.expects {
		switch x.words[0] {
		case "at":
		case "none":
			r.none(x)
		case "only":
			only = append(only, x)
		case "account":
			r.account(x)
		case "finding":
			r.finding(x)
		case "findings":
			r.findings(x)
		case "fault":
			r.fault(x)
		case "why":
			r.why(x)
		default:
			r.item(x)
		}
	}
	for _, x := range only {
		r.only(x)
	}
	return r.out, nil
}

func (r *run) fail(x expectation, format string, args ...any) {
	r.out.Faults = append(r.out.Faults, fmt.Sprintf("line %d: expected  %s\n        came out  %s", x.line, x.text, fmt.Sprintf(format, args...)))
}

// query of a case looks at all turns around its history.
func (r *run) items(x expectation, q Query) []Item {
	q.All = true
	return r.b.Items(q, x.moment)
}

// says is an item as a case writes it.
func (r *run) says(it *Item) string {
	who := string(it.Obligor)
	if who == "" {
		who = strings.Join(list(it.Side), "+")
	}
	out := fmt.Sprintf("%s %s %s", it.Code, who, it.State)
	if it.Clock.Due > 0 {
		out += " due " + r.day(it)
	}
	if it.After > 0 {
		out += " after " + lapse(it.After)
	}
	return out + " occasion " + r.occasion(it)
}

// day is the due date: a day where the clock runs to the end of one, else a moment.
func (r *run) day(it *Item) string {
	t := r.b.text(it.Text)
	due := t.in(it.Clock.Due)
	if due.Hour() == 23 && due.Minute() == 59 && due.Second() == 59 {
		return due.Format(time.DateOnly)
	}
	return due.UTC().Format(time.RFC3339)
}

func lapse(seconds int64) string {
	if seconds%86400 == 0 || seconds > 2*86400 {
		return strconv.FormatInt((seconds+86399)/86400, 10) + "d"
	}
	return (time.Duration(seconds) * time.Second).String()
}

func (r *run) occasion(it *Item) string {
	if it.Opener.IsZero() || it.Occasion != it.Opener.String() {
		return it.Occasion
	}
	return r.name(it.Opener)
}

func (it *Item) isOf(who string) bool {
	return string(it.Obligor) == who || it.Obligor == "" && (slices.Contains(it.Side, party.ID(who)) || strings.Join(list(it.Side), "+") == who)
}

// item: CODE PARTY STATE [due WHEN] [occasion NAME] [after 22d].
func (r *run) item(x expectation) {
	want := map[string]string{}
	for i := 3; i+1 < len(x.words); i += 2 {
		want[x.words[i]] = x.words[i+1]
	}
	if len(x.words)%2 == 0 {
		r.fail(x, "the line ends in a word without its value")
		return
	}
	var other []string
	for _, it := range r.items(x, Query{Code: x.words[0]}) {
		if !it.isOf(x.words[1]) || want["occasion"] != "" && want["occasion"] != r.occasion(&it) {
			continue
		}
		if string(it.State) == x.words[2] && r.fits(&it, want) {
			r.met[r.metKey(x, &it)] = true
			r.out.Why = append(r.out.Why, r.says(&it)+"\n    "+r.b.Why(&it, r.lang))
			return
		}
		other = append(other, r.says(&it)+"\n                  "+r.b.Why(&it, r.lang))
	}
	if len(other) == 0 {
		other = []string{"nothing under " + x.words[0] + " for " + x.words[1]}
	}
	r.fail(x, "%s", strings.Join(other, "\n                  "))
}

func (r *run) metKey(x expectation, it *Item) string {
	return fmt.Sprint(x.moment, it.Key())
}

func (r *run) fits(it *Item, want map[string]string) bool {
	for k, v := range want {
		switch k {
		case "due":
			if r.day(it) != v {
				return false
			}
		case "after":
			if lapse(it.After) != v {
				return false
			}
		case "occasion":
		default:
			return false
		}
	}
	return true
}

// none: none CODE [PARTY].
func (r *run) none(x expectation) {
	if len(x.words) < 2 {
		r.fail(x, "write: none CODE [PARTY]")
		return
	}
	for _, it := range r.items(x, Query{Code: x.words[1]}) {
		if it.State != NotProvided && (len(x.words) < 3 || it.isOf(x.words[2])) {
			r.fail(x, "%s\n                  %s", r.says(&it), r.b.Why(&it, r.lang))
		}
	}
}

// only: what is expected of a measure is all that there is.
func (r *run) only(x expectation) {
	if len(x.words) != 2 {
		r.fail(x, "write: only MEASURE")
		return
	}
	for _, it := range r.items(x, Query{Measure: x.words[1]}) {
		if it.State != NotProvided && !r.met[r.metKey(x, &it)] {
			r.fail(x, "also %s\n                  %s", r.says(&it), r.b.Why(&it, r.lang))
		}
	}
}

// account: account MEASURE.COUNT SCOPE PERIOD USED/ALLOWED [full], a hyphen for an
// empty scope or period, and for a number that is not known.
func (r *run) account(x expectation) {
	if len(x.words) < 5 {
		r.fail(x, "write: account MEASURE.COUNT SCOPE PERIOD USED/ALLOWED [full]")
		return
	}
	var other []string
	for _, a := range r.b.Accounts("", "", x.moment) {
		if a.Measure+"."+a.Count != x.words[1] {
			continue
		}
		scope := strings.Join(append(list(a.Scope), a.Where...), "|")
		allowed := strconv.Itoa(a.Allowed)
		if a.Allowed < 0 {
			allowed = "-"
		}
		words := []string{orHyphen(scope), orHyphen(a.Period), strconv.Itoa(a.Used) + "/" + allowed}
		if a.Full {
			words = append(words, "full")
		}
		if slices.Equal(words, x.words[2:]) {
			return
		}
		other = append(other, "account "+x.words[1]+" "+strings.Join(words, " "))
	}
	if len(other) == 0 {
		other = []string{"no such account with anything in it"}
	}
	r.fail(x, "%s", strings.Join(other, "\n                  "))
}

func orHyphen(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func (r *run) finding(x expectation) {
	var other []string
	for _, f := range r.b.Findings(x.moment) {
		words := []string{"finding", f.Kind, f.Measure, strings.Join(list(f.Parties), "|")}
		if len(x.words) >= 3 && slices.Equal(words[:len(x.words)], x.words) {
			r.out.Why = append(r.out.Why, strings.Join(words, " ")+"\n    "+r.b.Finding(&f, r.lang))
			return
		}
		other = append(other, strings.Join(words, " ")+": "+r.b.Finding(&f, r.lang))
	}
	if len(other) == 0 {
		other = []string{"no finding"}
	}
	r.fail(x, "%s", strings.Join(other, "\n                  "))
}

// findings: findings 0.
func (r *run) findings(x expectation) {
	all := r.b.Findings(x.moment)
	if len(x.words) == 2 && x.words[1] == strconv.Itoa(len(all)) {
		return
	}
	out := []string{"findings " + strconv.Itoa(len(all))}
	for _, f := range all {
		out = append(out, f.Kind+" "+f.Measure+": "+r.b.Finding(&f, r.lang))
	}
	r.fail(x, "%s", strings.Join(out, "\n                  "))
}

// fault: fault NAME FIELD, or fault NAME none.
func (r *run) fault(x expectation) {
	if len(x.words) != 3 {
		r.fail(x, "write: fault NAME FIELD, or fault NAME none")
		return
	}
	f := r.names[x.words[1]]
	if f == nil || f.faults == nil {
		r.fail(x, "nothing is filed as %s with the word checked", x.words[1])
		return
	}
	var other []string
	for _, fault := range f.faults {
		if fault.Field == x.words[2] || fault.Number == x.words[2] {
			return
		}
		other = append(other, fmt.Sprintf("fault %s %s (%s): %s", x.words[1], fault.Field, fault.Number, fault.Text[r.lang]))
	}
	if x.words[2] == "none" && len(f.faults) == 0 {
		return
	}
	if len(other) == 0 {
		other = []string{"no fault"}
	}
	r.fail(x, "%s", strings.Join(other, "\n                  "))
}

// why: why CODE PARTY WORDS…, which the sentence in English contains.
func (r *run) why(x expectation) {
	if len(x.words) < 4 {
		r.fail(x, "write: why CODE PARTY WORDS")
		return
	}
	want := strings.Join(x.words[3:], " ")
	var other []string
	for _, it := range r.items(x, Query{Code: x.words[1]}) {
		if !it.isOf(x.words[2]) {
			continue
		}
		said := r.b.Why(&it, regime.English)
		if strings.Contains(said, want) {
			return
		}
		other = append(other, said)
	}
	if len(other) == 0 {
		other = []string{"nothing under " + x.words[1] + " for " + x.words[2]}
	}
	r.fail(x, "%s", strings.Join(other, "\n                  "))
}
