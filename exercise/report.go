package exercise

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"strings"

	"detente/party"
)

// Report is what one party finds in the records after an exercise: what was brought
// into play when, who answered when, and the figures that were provided for. Times
// are canon times; an empty one: it has not happened, or is not known here.
type Report struct {
	Format   string      `json:"format"`
	Exercise string      `json:"exercise"`
	Edition  int         `json:"edition"`
	Scenario string      `json:"scenario"` // digest
	Title    string      `json:"title"`
	Aim      string      `json:"aim"`
	Party    party.ID    `json:"party"` // whose record and mirrors it is made from
	Name     string      `json:"name"`
	Made     string      `json:"made"`
	Start    string      `json:"start"`
	End      string      `json:"end"`
	Holds    []HoldRow   `json:"holds"`
	Injects  []InjectRow `json:"injects"`
}

// FormatReport is the first field of a report as JSON.
const FormatReport = "detente.exercise-report/v1"

// HoldRow is one span of "no play".
type HoldRow struct {
	By    party.ID `json:"by"`
	Name  string   `json:"name"`
	From  string   `json:"from"`
	Until string   `json:"until"`
}

// InjectRow is one inject beside what came of it.
type InjectRow struct {
	ID      string      `json:"id"`
	At      Offset      `json:"at"`
	By      party.ID    `json:"by"`
	Name    string      `json:"name"`
	Post    party.Post  `json:"post"`
	Kind    Kind        `json:"kind"`
	Thread  string      `json:"thread"`
	Text    string      `json:"text"`    // what was said, for people
	Planned string      `json:"planned"` // by the clock of the exercise
	Given   string      `json:"given"`   // as its author claims
	Place   string      `json:"place"`   // origin and index of the act
	Shown   bool        `json:"shown"`   // it went from or to this party, so that this report can speak of it
	Answers []AnswerRow `json:"answers"`
}

// AnswerRow is how one addressee answered.
type AnswerRow struct {
	Party  party.ID   `json:"party"`
	Name   string     `json:"name"`
	Answer Answer     `json:"answer"`
	Post   party.Post `json:"post"`   // that answered; empty: none has
	At     string     `json:"at"`     // as that party claims
	After  int64      `json:"after"`  // seconds from the inject to the answer
	Within int64      `json:"within"` // seconds that were provided for; 0: no figure
	Source string     `json:"source"` // of that figure
}

// Sentence says neutrally how an addressee answered, and what was provided for.
func (a AnswerRow) Sentence() string {
	did := fmt.Sprintf("%s has not answered", a.Name)
	if a.Answer == Acknowledgement {
		did = fmt.Sprintf("%s has not acknowledged", a.Name)
	}
	if a.At != "" {
		verb := "answered"
		if a.Answer == Acknowledgement {
			verb = "acknowledged receipt"
		}
		did = fmt.Sprintf("%s %s at %s, after %s, by the post %s", a.Name, verb, a.At, span(a.After), a.Post)
	}
	if a.Within > 0 {
		did += fmt.Sprintf("; provided for: %s (%s)", span(a.Within), a.Source)
	}
	return did + "."
}

// span writes seconds for people.
func span(s int64) string {
	switch {
	case s < 0:
		return "no time, by the clocks of both"
	case s < 120:
		return fmt.Sprintf("%d s", s)
	case s < 7200:
		return fmt.Sprintf("%d min %d s", s/60, s%60)
	}
	return fmt.Sprintf("%d h %d min", s/3600, s/60%60)
}

// Head is the first sentences of a report.
func (r *Report) Head() []string {
	out := []string{fmt.Sprintf("EXERCISE. After-action report on %s, edition %d: %s", r.Exercise, r.Edition, r.Title)}
	if r.Aim != "" {
		out = append(out, "Aim: "+r.Aim)
	}
	out = append(out, fmt.Sprintf("Made at %s from what %s holds. Other parties may hold more.", r.Made, r.Name))
	when := "Began at " + r.Start + "."
	if r.End != "" {
		when += " Ended here at " + r.End + "."
	} else {
		when += " It has not ended here."
	}
	return append(out, when, "Scenario "+r.Scenario)
}

// Sentence is a span of no play for people.
func (h HoldRow) Sentence() string {
	until := "it still holds"
	if h.Until != "" {
		until = "until " + h.Until
	}
	return fmt.Sprintf("No play, said by %s: from %s, %s.", h.Name, h.From, until)
}

// When says when an inject was planned and given.
func (n InjectRow) When() string {
	switch {
	case !n.Shown:
		return fmt.Sprintf("planned for %s; it is not between this party and another, and nothing of it is read here.", n.Planned)
	case n.Given == "":
		return fmt.Sprintf("planned for %s; it was not given.", n.Planned)
	}
	return fmt.Sprintf("planned for %s, given at %s, act %s.", n.Planned, n.Given, n.Place)
}

// PlainText is the report as text.
func (r *Report) PlainText() string {
	var b strings.Builder
	for _, s := range r.Head() {
		b.WriteString(s + "\n")
	}
	for _, h := range r.Holds {
		b.WriteString(h.Sentence() + "\n")
	}
	for _, n := range r.Injects {
		fmt.Fprintf(&b, "\nT+%s  %s, %s by %s (%s)", n.At, n.ID, n.Kind, n.Name, n.Post)
		if n.Thread != "" {
			fmt.Fprintf(&b, ", thread %s", n.Thread)
		}
		fmt.Fprintf(&b, "\n  %s\n", n.When())
		for _, l := range strings.Split(strings.TrimRight(n.Text, "\n"), "\n") {
			if l != "" {
				fmt.Fprintf(&b, "  | %s\n", l)
			}
		}
		for _, a := range n.Answers {
			fmt.Fprintf(&b, "  %s\n", a.Sentence())
		}
	}
	return b.String()
}

//go:embed report.html
var sheet string

// HTML is the report as one page to be printed or kept, with its style inside, no
// script and nothing from elsewhere.
func (r *Report) HTML() ([]byte, error) {
	t, err := template.New("report").Parse(sheet)
	if err != nil {
		return nil, fmt.Errorf("read the page of a report: %w", err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, r); err != nil {
		return nil, fmt.Errorf("write the page of a report: %w", err)
	}
	return b.Bytes(), nil
}
