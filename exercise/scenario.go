package exercise

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"detente/internal/canon"
	"detente/line"
	"detente/party"
)

const formatScenario = "detente.scenario/v1"

// Scenario is one edition of a scripted exercise: what the parties agreed to play.
type Scenario struct {
	Format  string            `json:"format"`
	ID      string            `json:"id"`      // 1 to 64 of a-z, 0-9 and hyphen
	Edition int               `json:"edition"` // from 1
	Title   map[string]string `json:"title"`   // by language; en among them
	Aim     string            `json:"aim,omitempty"`
	Parties []party.ID        `json:"parties"` // who takes part, in alphabetical order
	Thread  string            `json:"thread"`  // of the marks; no inject stands in it
	Injects []Inject          `json:"injects"` // by At

	digest canon.Digest
}

// Kind is what an inject is.
type Kind string

const (
	Message  Kind = "message"  // on a line: agreed phrases, free text, or both
	Call     Kind = "call"     // on a line: come to the line
	Notice   Kind = "notice"   // a filled form of a measure
	Incident Kind = "incident" // facts of an incident, as one side states them: they open a matter
	NoPlay   Kind = "no-play"  // the mark of a real event, itself exercised
)

// Inject is one event that a party brings into play.
type Inject struct {
	ID         string          `json:"id"`
	At         Offset          `json:"at"`   // from the beginning, by the clock of the exercise
	By         party.ID        `json:"by"`   // who gives it: nobody else does
	Post       party.Post      `json:"post"` // in whose name
	Kind       Kind            `json:"kind"`
	To         []party.ID      `json:"to,omitempty"`     // the others, in alphabetical order
	Thread     string          `json:"thread,omitempty"` // in which it stands
	Line       line.ID         `json:"line,omitempty"`
	Precedence line.Precedence `json:"precedence,omitempty"`
	Agreed     []Phrase        `json:"agreed,omitempty"`
	Text       string          `json:"text,omitempty"`
	Facts      []string        `json:"facts,omitempty"`
	Language   string          `json:"language,omitempty"` // of text, facts or form
	Measure    string          `json:"measure,omitempty"`
	Values     map[string]any  `json:"values,omitempty"` // of the form; see Placed
	Expects    *Expectation    `json:"expects,omitempty"`
}

// Phrase is agreed text of the newest phrasebook at hand that has it.
type Phrase struct {
	ID     string            `json:"id"`
	Values map[string]string `json:"values,omitempty"` // by slot; see Placed
}

// Answer is what an inject is expected to be answered by.
type Answer string

const (
	Acknowledgement Answer = "acknowledgement" // receipt, by a post
	Statement       Answer = "statement"       // a statement that answers it
)

// Expectation is what a text, or the agreement of the group, provides for as an
// answer. It is a figure to lay beside what happened, and no judgement.
type Expectation struct {
	Answer Answer `json:"answer"`
	Within Offset `json:"within"` // from the inject
	Source string `json:"source"` // article, or who agreed on it
}

// Offset is a span of whole seconds up to MaxAt, written 00:15:00.
type Offset time.Duration

// Duration is the span.
func (o Offset) Duration() time.Duration { return time.Duration(o) }

func (o Offset) String() string {
	s := int64(time.Duration(o) / time.Second)
	return fmt.Sprintf("%02d:%02d:%02d", s/3600, s/60%60, s%60)
}

// MarshalText writes an offset.
func (o Offset) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText reads what MarshalText writes, and nothing else.
func (o *Offset) UnmarshalText(b []byte) error {
	got, err := ParseOffset(string(b))
	*o = got
	return err
}

// ParseOffset reads a span such as 00:15:00 or 120:00:00.
func ParseOffset(s string) (Offset, error) {
	parts := strings.Split(s, ":")
	var n [3]time.Duration
	ok := len(parts) == 3
	for i := 0; ok && i < 3; i++ {
		ok = len(parts[i]) == 2 || i == 0 && len(parts[i]) == 3 && parts[i][0] != '0'
		for _, r := range parts[i] {
			ok = ok && r >= '0' && r <= '9'
			n[i] = n[i]*10 + time.Duration(r-'0')
		}
		ok = ok && (i == 0 || n[i] < 60)
	}
	if !ok {
		return 0, fmt.Errorf("%q is no span such as 00:15:00, at most %s", s, Offset(MaxAt))
	}
	return Offset(n[0]*time.Hour + n[1]*time.Minute + n[2]*time.Second), nil
}

// Digest names the edition: SHA-256 of its bytes. Zero until it was parsed.
func (s *Scenario) Digest() canon.Digest { return s.digest }

// Bytes writes a scenario; it is refused if it is not in order.
func (s *Scenario) Bytes() ([]byte, error) {
	s.Format = formatScenario
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("write a scenario: %w", err)
	}
	b, err := canon.JSON(s)
	if err == nil && len(b) > MaxSize {
		err = fmt.Errorf("write a scenario: %d bytes where %d are the most", len(b), MaxSize)
	}
	return b, err
}

// Parse reads what Bytes writes.
func Parse(b []byte) (*Scenario, error) {
	if len(b) > MaxSize {
		return nil, fmt.Errorf("read a scenario: %d bytes where %d are the most", len(b), MaxSize)
	}
	var s Scenario
	if err := canon.ParseJSON(b, &s); err != nil {
		return nil, fmt.Errorf("read a scenario: %w", err)
	}
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("read a scenario: %w", err)
	}
	s.digest = canon.DigestOf(b)
	return &s, nil
}

// Read reads a scenario as a person wrote it, in any spacing and order of keys, and
// with the injects in any order; Bytes of it is the form that the parties exchange.
func Read(b []byte) (*Scenario, error) {
	if len(b) > MaxSize {
		return nil, fmt.Errorf("read a scenario: %d bytes where %d are the most", len(b), MaxSize)
	}
	var s Scenario
	if err := canon.ReadJSON(b, &s); err != nil {
		return nil, fmt.Errorf("read a scenario: %w", err)
	}
	slices.Sort(s.Parties)
	for i := range s.Injects {
		slices.Sort(s.Injects[i].To)
	}
	slices.SortStableFunc(s.Injects, func(a, b Inject) int { return int(a.At/Offset(time.Second) - b.At/Offset(time.Second)) })
	whole, err := s.Bytes()
	if err != nil {
		return nil, err
	}
	return Parse(whole)
}

func (s *Scenario) check() error {
	if s.Format != formatScenario {
		return fmt.Errorf("format: %q where %q belongs", s.Format, formatScenario)
	}
	if err := checkName("id", s.ID); err != nil {
		return err
	}
	if s.Edition < 1 || s.Edition > maxEdition {
		return fmt.Errorf("edition: %d where 1 to %d belong", s.Edition, maxEdition)
	}
	if s.Title["en"] == "" || len(s.Title) > maxLanguages {
		return errors.New("title: has none in en, or too many languages")
	}
	for _, tag := range slices.Sorted(maps.Keys(s.Title)) {
		if err := errors.Join(checkTag(tag), checkLine("title", s.Title[tag])); err != nil {
			return err
		}
	}
	if err := checkLine("aim", s.Aim); err != nil {
		return err
	}
	if len(s.Parties) < 2 || len(s.Parties) > MaxParties {
		return fmt.Errorf("parties: %d where 2 to %d belong", len(s.Parties), MaxParties)
	}
	if err := checkParties("parties", s.Parties); err != nil {
		return err
	}
	if err := checkThread(s.Thread); err != nil {
		return err
	}
	if len(s.Injects) == 0 || len(s.Injects) > MaxInjects {
		return fmt.Errorf("injects: %d where 1 to %d belong", len(s.Injects), MaxInjects)
	}
	seen := map[string]bool{}
	for i := range s.Injects {
		n := &s.Injects[i]
		if err := s.checkInject(n); err != nil {
			return fmt.Errorf("inject %d, %q: %w", i+1, n.ID, err)
		}
		if seen[n.ID] {
			return fmt.Errorf("inject %d: the name %q stands twice", i+1, n.ID)
		}
		if i > 0 && n.At < s.Injects[i-1].At {
			return fmt.Errorf("inject %d, %q: comes before the one above it", i+1, n.ID)
		}
		seen[n.ID] = true
	}
	return nil
}

func (s *Scenario) checkInject(n *Inject) error {
	if err := checkName("id", n.ID); err != nil {
		return err
	}
	if n.At < 0 || n.At > Offset(MaxAt) || n.At%Offset(time.Second) != 0 {
		return errors.New("at: is no span of whole seconds within the bounds")
	}
	if !slices.Contains(s.Parties, n.By) {
		return fmt.Errorf("by: %s takes no part in the exercise", n.By)
	}
	if _, err := party.ParsePost(string(n.Post)); err != nil {
		return err
	}
	if err := s.checkWhere(n); err != nil {
		return err
	}
	if err := n.checkFits(); err != nil {
		return err
	}
	for i := range n.Agreed {
		if err := n.Agreed[i].check(); err != nil {
			return fmt.Errorf("agreed, phrase %d: %w", i+1, err)
		}
	}
	for i, f := range n.Facts {
		if strings.TrimSpace(f) != f || f == "" || slices.Contains(n.Facts[:i], f) {
			return fmt.Errorf("facts, %d: is empty, stands twice, or begins or ends with a space", i+1)
		}
		if err := checkText("facts", f); err != nil {
			return err
		}
	}
	if err := checkText("text", n.Text); err != nil {
		return err
	}
	if n.Expects != nil {
		return n.Expects.check(n.Kind)
	}
	return nil
}

// checkWhere: to whom an inject goes and in which thread.
func (s *Scenario) checkWhere(n *Inject) error {
	if n.Kind == NoPlay {
		if len(n.To) > 0 || n.Thread != "" {
			return errors.New("a no-play mark goes to all parties, in the threads that are open: it names neither")
		}
		return nil
	}
	if len(n.To) == 0 || slices.Contains(n.To, n.By) {
		return errors.New("to: names nobody, or its own author")
	}
	if err := checkParties("to", n.To); err != nil {
		return err
	}
	for _, id := range n.To {
		if !slices.Contains(s.Parties, id) {
			return fmt.Errorf("to: %s takes no part in the exercise", id)
		}
	}
	if n.Thread == s.Thread {
		return errors.New("thread: that of the marks has no injects")
	}
	return checkThread(n.Thread)
}

// checkFits: each kind has its own fields and no others.
func (n *Inject) checkFits() error {
	onLine := n.Kind == Message || n.Kind == Call
	has := map[string]bool{
		"line": n.Line != "", "precedence": n.Precedence != 0, "agreed": len(n.Agreed) > 0, "text": n.Text != "", "facts": len(n.Facts) > 0,
		"language": n.Language != "", "measure": n.Measure != "", "values": len(n.Values) > 0, "expects": n.Expects != nil,
	}
	var may []string
	switch n.Kind {
	case Message:
		may = []string{"line", "precedence", "agreed", "text", "language", "expects"}
		if len(n.Agreed) == 0 && n.Text == "" {
			return errors.New("a message says something: an agreed phrase, a text, or both")
		}
	case Call:
		may = []string{"line", "precedence", "expects"}
	case Notice:
		may = []string{"measure", "values", "language", "expects"}
		if n.Measure == "" || len(n.Measure) > maxName || len(n.Values) == 0 || len(n.Values) > maxValues {
			return errors.New("a notice names its measure and fills in its form")
		}
	case Incident:
		may = []string{"facts", "language", "expects"}
		if len(n.Facts) == 0 || len(n.Facts) > maxFacts {
			return fmt.Errorf("facts: %d where 1 to %d belong", len(n.Facts), maxFacts)
		}
	case NoPlay:
	default:
		return fmt.Errorf("kind: %q is none of message, call, notice, incident, no-play", n.Kind)
	}
	for _, field := range slices.Sorted(maps.Keys(has)) {
		if has[field] && !slices.Contains(may, field) {
			return fmt.Errorf("%s: does not belong to a %s", field, n.Kind)
		}
	}
	if onLine {
		if _, err := line.ParseID(string(n.Line)); err != nil {
			return err
		}
		if n.Precedence < line.Immediate || n.Precedence > line.Routine {
			return fmt.Errorf("precedence: %d where 1 to 4 belong", n.Precedence)
		}
	}
	if words := n.Text != "" || len(n.Facts) > 0 || n.Measure != ""; words != (n.Language != "") {
		return errors.New("language: stands beside words, and only there")
	}
	if n.Language != "" {
		return checkTag(n.Language)
	}
	return nil
}

func (p *Phrase) check() error {
	if _, err := line.ParseID(p.ID); err != nil {
		return fmt.Errorf("id: %q names no phrase", p.ID)
	}
	if len(p.Values) > maxBlanks {
		return fmt.Errorf("values: %d where %d are the most", len(p.Values), maxBlanks)
	}
	for _, slot := range slices.Sorted(maps.Keys(p.Values)) {
		if _, err := line.ParseID(slot); err != nil {
			return fmt.Errorf("values: %q names no slot", slot)
		}
		if p.Values[slot] == "" {
			return fmt.Errorf("values, %s: is empty", slot)
		}
		if err := checkLine(slot, p.Values[slot]); err != nil {
			return err
		}
	}
	return nil
}

func (e *Expectation) check(k Kind) error {
	switch {
	case e.Answer != Acknowledgement && e.Answer != Statement:
		return fmt.Errorf("expects: %q is none of acknowledgement, statement", e.Answer)
	case e.Within <= 0 || e.Within > Offset(MaxAt) || e.Within%Offset(time.Second) != 0:
		return errors.New("expects: within is no span of whole seconds within the bounds")
	case e.Source == "":
		return errors.New("expects: names no source of the figure")
	}
	return checkLine("source", e.Source)
}

func checkName(what, s string) error {
	if s == "" || len(s) > maxName || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || strings.Trim(s, "-") != s {
		return fmt.Errorf("%s: %q is not 1 to %d of a-z, 0-9 and hyphen", what, s, maxName)
	}
	return nil
}

func checkParties(what string, ids []party.ID) error {
	for i, id := range ids {
		if _, err := party.ParseID(string(id)); err != nil {
			return err
		}
		if i > 0 && ids[i-1] >= id {
			return fmt.Errorf("%s: %s does not follow %s in alphabetical order", what, id, ids[i-1])
		}
	}
	return nil
}

func checkThread(s string) error {
	if s == "" || len(s) > maxThread || strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789./-") != "" {
		return fmt.Errorf("thread: %q is not 1 to %d of letters, digits, full stop, slash and hyphen", s, maxThread)
	}
	return nil
}

func checkTag(t string) error {
	if len(t) < 2 || len(t) > maxTag || strings.Trim(t, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != "" {
		return fmt.Errorf("language: %q is no tag such as en", t)
	}
	return nil
}

// checkLine wants at most maxLine characters on one line, all of which show.
func checkLine(what, s string) error {
	if utf8.RuneCountInString(s) > maxLine || strings.TrimSpace(s) != s || strings.Contains(s, "\n") {
		return fmt.Errorf("%s: is no single line of at most %d characters without spaces around it", what, maxLine)
	}
	return checkText(what, s)
}

// checkText refuses what cannot be shown or would steer a screen.
func checkText(what, s string) error {
	if len(s) > maxText || !utf8.ValidString(s) {
		return fmt.Errorf("%s: is no text of at most %d bytes", what, maxText)
	}
	const nonJoiner, joiner = '\u200c', '\u200d' // Persian and the scripts of India write with them
	for _, r := range s {
		if !unicode.IsGraphic(r) && r != nonJoiner && r != joiner && r != '\n' {
			return fmt.Errorf("%s: has a character that cannot be shown: %U", what, r)
		}
	}
	return nil
}
