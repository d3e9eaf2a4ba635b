package provision

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"detente/act"
	"detente/lodging"
	"detente/pack"
	"detente/party"
	"detente/regime"
)

// Case is one test of a text: a history, a line of dashes, and what is expected.
// Spec: spec/case.md.
type Case struct {
	pack    *pack.Pack
	group   Group
	agreed  []Slot
	filed   []*caseFiling
	names   map[string]*caseFiling
	last    int64
	expects []expectation
}

// caseFiling is a filing of the history under its name.
type caseFiling struct {
	Filing
	name       string
	faults     []regime.Fault
	unreceived bool
}

// maxCase bounds a case file in bytes.
const maxCase = 64 << 10

// CaseError is a fault of a case file.
type CaseError struct {
	Line int
	Text string
}

func (e *CaseError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Text) }

// ParseCase reads a case for a pack.
func ParseCase(p *pack.Pack, b []byte) (*Case, error) {
	if len(b) > maxCase {
		return nil, &CaseError{0, fmt.Sprintf("%d bytes are more than %d", len(b), maxCase)}
	}
	c := &Case{pack: p, names: map[string]*caseFiling{}}
	lines := strings.Split(strings.ReplaceAll(string(b), "\r\n", "\n"), "\n")
	history := true
	for n := 0; n < len(lines); n++ {
		line := strings.TrimRightFunc(lines[n], unicode.IsSpace)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if history && strings.Trim(line, "-") == "" && len(line) >= 3 {
			history = false
			continue
		}
		at := n + 1
		var block []string
		for n+1 < len(lines) && (strings.HasPrefix(lines[n+1], " ") || strings.HasPrefix(lines[n+1], "\t")) {
			n++
			block = append(block, lines[n])
		}
		err := c.line(history, at, strings.Fields(line), line, block)
		if err != nil {
			return nil, &CaseError{at, err.Error()}
		}
	}
	if history {
		return nil, &CaseError{len(lines), "no line of dashes parts the history from what is expected"}
	}
	return c, nil
}

func (c *Case) line(history bool, n int, words []string, line string, block []string) error {
	if !history {
		if len(block) > 0 {
			return fmt.Errorf("an indented line has no place in what is expected")
		}
		return c.expect(n, words, line)
	}
	switch words[0] {
	case "parties":
		return c.parties(words[1:])
	case "suspended":
		return c.suspended(words[1:])
	case "agreed":
		return c.agree(words[1:], line)
	}
	return c.event(words, block)
}

// parties reads "alatau=AA borovia=BB forum:observer".
func (c *Case) parties(words []string) error {
	for _, w := range words {
		name, standing, _ := strings.Cut(w, ":")
		name, code, _ := strings.Cut(name, "=")
		id, err := party.ParseID(name)
		if err != nil {
			return fmt.Errorf("%q is not a party such as alatau=AA: %w", w, err)
		}
		if standing == "" {
			standing = Member
		}
		if standing != Member && standing != Observer {
			return fmt.Errorf("%q is neither member nor observer", standing)
		}
		c.group.Parties = append(c.group.Parties, Party{ID: id, Code: code, Standing: standing, Record: true})
	}
	return nil
}

// suspended reads "alatau 2027-01-01 2027-06-30".
func (c *Case) suspended(words []string) error {
	if len(words) < 2 || len(words) > 3 {
		return fmt.Errorf("write: suspended PARTY FROM [UNTIL]")
	}
	i := slices.IndexFunc(c.group.Parties, func(p Party) bool { return string(p.ID) == words[0] })
	from, err := time.Parse(time.DateOnly, words[1])
	if i < 0 || err != nil {
		return fmt.Errorf("write: suspended PARTY FROM [UNTIL]")
	}
	span := Span{From: from.Unix()}
	if len(words) == 3 {
		until, err := time.Parse(time.DateOnly, words[2])
		if err != nil {
			return fmt.Errorf("%q is not a day such as 2027-06-30", words[2])
		}
		span.Until = until.AddDate(0, 0, 1).Unix()
	}
	c.group.Parties[i].Suspended = append(c.group.Parties[i].Suspended, span)
	return nil
}

// agree reads "lead = P42D [between alatau borovia] [from 2027-01-01]".
func (c *Case) agree(words []string, line string) error {
	_, rest, ok := strings.Cut(line, "=")
	if len(words) < 3 || !ok || words[1] != "=" {
		return fmt.Errorf("write: agreed SLOT = VALUE [between PARTY PARTY] [from DAY]")
	}
	s := Slot{ID: strings.TrimPrefix(words[0], "$")}
	if head, from, ok := strings.Cut(rest, " from "); ok {
		day, err := time.Parse(time.DateOnly, strings.TrimSpace(from))
		if err != nil {
			return fmt.Errorf("%q is not a day such as 2027-06-30", from)
		}
		s.In.From, rest = day.Unix(), head
	}
	if head, pair, ok := strings.Cut(rest, " between "); ok {
		for _, id := range strings.Fields(pair) {
			s.Between = append(s.Between, party.ID(id))
		}
		rest = head
	}
	s.Value = strings.TrimSpace(rest)
	c.agreed = append(c.agreed, s)
	return nil
}

// verbs and the life of a statement, or its kind, that they stand for.
var verbs = map[string]struct {
	kind act.Kind
	life act.Life
}{
	"files": {act.Statement, act.New}, "updates": {act.Statement, act.Update}, "corrects": {act.Statement, act.Correction},
	"cancels": {act.Statement, act.Cancellation}, "withdraws": {act.Statement, act.Withdrawal}, "retracts": {act.Statement, act.IssuedInError},
	"contests": {act.Contested, ""}, "confirms": {act.Confirmed, ""},
}

// event reads "2027-08-17 alatau files vd11.prior-notification as N1 …".
func (c *Case) event(words []string, block []string) error {
	if len(words) < 4 {
		return fmt.Errorf("write: WHEN PARTY files CODE as NAME, or WHEN PARTY updates NAME")
	}
	when, err := caseTime(words[0])
	if err != nil {
		return err
	}
	by, err := c.known(words[1])
	if err != nil {
		return err
	}
	if when < c.last {
		return fmt.Errorf("%s is before the line above it: put the history in order", words[0])
	}
	c.last = when
	if words[2] == "receives" {
		return c.receive(when, by, words[3:])
	}
	v, ok := verbs[words[2]]
	if !ok {
		return fmt.Errorf("%q is none of files, updates, corrects, cancels, withdraws, retracts, contests, confirms, receives", words[2])
	}
	f := &caseFiling{Filing: Filing{
		ID: ID{Origin: party.Origin(by), Index: int64(len(c.filed) + 1)}, Author: by, Kind: v.kind, Life: v.life,
		Bounds: lodging.Bounds{NotAfter: when, NotBefore: when, Need: 3, Have: 3, Of: 5}, Claimed: when, Held: when, Source: FromRecord,
	}}
	if words[2] == "files" {
		f.Code = words[3]
		if _, _, ok := c.pack.Step(f.Code, ""); !ok {
			return fmt.Errorf("the pack has no step %q", f.Code)
		}
	} else {
		on, err := c.named(words[3])
		if err != nil {
			return err
		}
		f.Code, f.Answers, f.Thread = on.Code, on.ID, on.name
	}
	if err := c.options(f, words[4:]); err != nil {
		return err
	}
	if err := c.values(f, block); err != nil {
		return err
	}
	c.filed = append(c.filed, f)
	return nil
}

// options reads what follows the name of a filing.
func (c *Case) options(f *caseFiling, words []string) error {
	for len(words) > 0 {
		word := words[0]
		words = words[1:]
		switch word {
		case "sealed":
			f.Unreadable = true
			continue
		case "faulty":
			f.Faulty = true
			continue
		case "checked":
			f.faults = []regime.Fault{}
			continue
		case "unreceived":
			f.unreceived = true
			continue
		case "note":
			f.Source, f.Bounds = FromNote, lodging.Bounds{}
			continue
		case "unshown":
			f.Bounds = lodging.Bounds{Need: 3, Of: 5}
			continue
		}
		if len(words) == 0 {
			return fmt.Errorf("%q is followed by nothing", word)
		}
		arg := words[0]
		words = words[1:]
		if err := c.option(f, word, arg); err != nil {
			return err
		}
		for word == "to" && len(words) > 0 && c.isParty(words[0]) {
			f.To = append(f.To, party.ID(words[0]))
			words = words[1:]
		}
	}
	return nil
}

func (c *Case) option(f *caseFiling, word, arg string) error {
	switch word {
	case "as":
		if c.names[arg] != nil {
			return fmt.Errorf("the name %s stands twice", arg)
		}
		f.name, c.names[arg] = arg, f
	case "to":
		id, err := c.known(arg)
		f.To = append(f.To, id)
		return err
	case "answers":
		on, err := c.named(arg)
		if err == nil {
			f.Answers = on.ID
		}
		return err
	case "for":
		id, err := c.known(arg)
		f.For, f.Kind = id, act.Entered
		return err
	case "shown":
		at, err := caseTime(arg)
		f.Bounds.NotAfter, f.Bounds.NotBefore = at, 0
		return err
	case "claims":
		at, err := caseTime(arg)
		f.Claimed = at
		return err
	default:
		return fmt.Errorf("%q is none of as, to, answers, for, shown, claims, sealed, faulty, checked, unreceived, unshown, note", word)
	}
	return nil
}

func (c *Case) isParty(s string) bool {
	return slices.ContainsFunc(c.group.Parties, func(p Party) bool { return string(p.ID) == s })
}

func (c *Case) known(s string) (party.ID, error) {
	if !c.isParty(s) {
		return "", fmt.Errorf("%q is not among the parties: begin with a line such as parties alatau=AA borovia=BB", s)
	}
	return party.ID(s), nil
}

func (c *Case) named(s string) (*caseFiling, error) {
	f := c.names[s]
	if f == nil {
		return nil, fmt.Errorf("nothing was filed as %s before", s)
	}
	return f, nil
}

// receive reads "2027-08-18T09:00Z borovia receives N1".
func (c *Case) receive(when int64, by party.ID, words []string) error {
	f, err := c.named(words[0])
	if err != nil {
		return err
	}
	f.Receipts = append(f.Receipts, Receipt{by, when})
	return nil
}

// caseTime reads a day, which stands for its noon in UTC, or a moment with its
// offset.
func caseTime(s string) (int64, error) {
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return t.Add(12 * time.Hour).Unix(), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.Unix(), nil
		}
	}
	return 0, fmt.Errorf("%q is neither a day such as 2027-08-17 nor a moment such as 2027-08-17T09:00Z", s)
}

// book enters the history. A party that no line says received a filing had it at
// once, unless the filing says unreceived.
func (c *Case) book() (*Book, error) {
	b, err := New([]Text{{Pack: c.pack, Slots: c.agreed}}, c.group)
	if err != nil {
		return nil, err
	}
	for _, f := range c.filed {
		g := f.Filing
		g.Receipts = slices.Clone(g.Receipts)
		for _, p := range c.group.Parties {
			if _, had := g.receipt(p.ID); !had && p.ID != g.By() && !f.unreceived {
				g.Receipts = append(g.Receipts, Receipt{p.ID, g.When()})
			}
		}
		b.Add(g)
	}
	return b, nil
}

// name is how a case calls a filing.
func (c *Case) name(id ID) string {
	for _, f := range c.filed {
		if f.ID == id && f.name != "" {
			return f.name
		}
	}
	return id.String()
}
