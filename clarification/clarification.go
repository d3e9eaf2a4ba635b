// Package clarification is what sides say of one matter, point by point: each says
// of a point that it agrees, disputes it, does not know, or takes its word back. What
// all agree on stands apart from what only some say. A joint text is a point that is
// adopted as a whole.
//
// It decides nothing and weighs nobody: a point is agreed on if every party of the
// matter says so in the very same words, and else it is somebody's.
//
// Invariant: Parse accepts exactly what Bytes writes, and Table gives the same for
// the same accounts in the order of their records. Spec: spec/clarification.md.
package clarification

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"detente/internal/canon"
	"detente/party"
)

// Type is the media type of an account, inside a seal.
const Type = "application/vnd.detente.account+json"

const format = "detente.account/v1"

// Bounds of version 1.
const (
	MaxSize    = 512 << 10 // bytes of an account
	MaxParties = 64
	MaxPoints  = 64       // of one account
	MaxText    = 16 << 10 // bytes of a point
	maxTag     = 35       // bytes of a language tag
)

// Kind is what a point is.
type Kind string

const (
	Fact  Kind = "fact"  // something that happened or is so
	Joint Kind = "joint" // a text that the parties adopt together
)

// Stance is what one party says of a point.
type Stance string

const (
	Agrees   Stance = "agrees"    // states or confirms it; of a joint text: adopts it
	Disputes Stance = "disputes"  // says that it is not so; of a joint text: declines it
	NotKnown Stance = "not-known" // cannot say; of a joint text: has not decided
	Silent   Stance = "withdrawn" // takes back what it said of it
)

// Point is one point with what the author says of it.
type Point struct {
	Kind     Kind   `json:"kind"`
	Language string `json:"language"` // of the text, BCP 47
	Text     string `json:"text"`     // lines joined by line feeds
	Stance   Stance `json:"stance"`
}

// Digest names a point: its kind, language and text, whatever anybody says of it.
func (p *Point) Digest() canon.Digest {
	return canon.DigestOf(fmt.Appendf(nil, "%s\n%s\n%s\n%s", format, p.Kind, p.Language, p.Text))
}

// Account is what one party says of a matter at one time. Points that it does not
// name stay as the party last said of them.
type Account struct {
	Format  string     `json:"format"`
	Parties []party.ID `json:"parties"` // those whose word counts for what is agreed on, in alphabetical order
	Points  []Point    `json:"points"`
}

func (a *Account) check() error {
	if a.Format != format {
		return fmt.Errorf("format: %q where %q belongs", a.Format, format)
	}
	if len(a.Parties) < 2 || len(a.Parties) > MaxParties {
		return fmt.Errorf("parties: %d where 2 to %d belong", len(a.Parties), MaxParties)
	}
	for i, p := range a.Parties {
		if _, err := party.ParseID(string(p)); err != nil {
			return err
		}
		if i > 0 && a.Parties[i-1] >= p {
			return fmt.Errorf("parties: %s does not follow %s in alphabetical order", p, a.Parties[i-1])
		}
	}
	if len(a.Points) == 0 || len(a.Points) > MaxPoints {
		return fmt.Errorf("points: %d where 1 to %d belong", len(a.Points), MaxPoints)
	}
	seen := map[canon.Digest]bool{}
	for i := range a.Points {
		p := &a.Points[i]
		if err := p.check(); err != nil {
			return fmt.Errorf("point %d: %w", i+1, err)
		}
		if seen[p.Digest()] {
			return fmt.Errorf("point %d stands twice", i+1)
		}
		seen[p.Digest()] = true
	}
	return nil
}

func (p *Point) check() error {
	switch p.Kind {
	case Fact, Joint:
	default:
		return fmt.Errorf("kind: %q is none of fact, joint", p.Kind)
	}
	switch p.Stance {
	case Agrees, Disputes, NotKnown, Silent:
	default:
		return fmt.Errorf("stance: %q is none of agrees, disputes, not-known, withdrawn", p.Stance)
	}
	if len(p.Language) < 2 || len(p.Language) > maxTag || strings.Trim(p.Language, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != "" {
		return fmt.Errorf("language: %q is no tag such as en", p.Language)
	}
	if p.Text == "" || len(p.Text) > MaxText || strings.TrimSpace(p.Text) != p.Text || !utf8.ValidString(p.Text) {
		return fmt.Errorf("text: it is empty, has more than %d bytes, or begins or ends with a space", MaxText)
	}
	for _, r := range p.Text {
		if !unicode.IsGraphic(r) && r != '\n' && r != '\u200c' && r != '\u200d' {
			return fmt.Errorf("text: a character that cannot be shown: %U", r)
		}
	}
	return nil
}

// Bytes writes an account; it is refused if it is not in order.
func (a *Account) Bytes() ([]byte, error) {
	a.Format = format
	if err := a.check(); err != nil {
		return nil, fmt.Errorf("write an account: %w", err)
	}
	b, err := canon.JSON(a)
	if err == nil && len(b) > MaxSize {
		err = fmt.Errorf("write an account: %d bytes where %d are the most", len(b), MaxSize)
	}
	return b, err
}

// Parse reads what Bytes writes.
func Parse(b []byte) (*Account, error) {
	if len(b) > MaxSize {
		return nil, fmt.Errorf("read an account: %d bytes where %d are the most", len(b), MaxSize)
	}
	var a Account
	if err := canon.ParseJSON(b, &a); err != nil {
		return nil, fmt.Errorf("read an account: %w", err)
	}
	if err := a.check(); err != nil {
		return nil, fmt.Errorf("read an account: %w", err)
	}
	return &a, nil
}

// Fits says whether an account is in order between its author and those to whom it
// went: the author is a party of the matter, and every other party has it.
func (a *Account) Fits(author party.ID, to []party.ID) error {
	if !slices.Contains(a.Parties, author) {
		return fmt.Errorf("%s is no party of the matter", author)
	}
	for _, p := range a.Parties {
		if p != author && !slices.Contains(to, p) {
			return fmt.Errorf("%s is a party of the matter and no addressee", p)
		}
	}
	return nil
}

// Filed is an account with who said it.
type Filed struct {
	Author  party.ID
	Account *Account
}

// Finding is how a point stands.
type Finding string

const (
	AgreedOn Finding = "agreed"   // every party of the matter agrees
	Disputed Finding = "disputed" // at least one disputes it
	Claimed  Finding = "claimed"  // some say it, none disputes it
	Dropped  Finding = "dropped"  // nobody says it any more
)

// Row is one point with what each party says of it.
type Row struct {
	Point   Point               // Stance is that of nobody: empty
	Stances map[party.ID]Stance // of the parties that said something
	Finding Finding
}

// Table is how a matter stands between the parties: their accounts alone count, each
// in the order of its author's record, and of each point the last word of each
// party. Points stand in the order in which they first came.
func Table(parties []party.ID, filed []Filed) []Row {
	rows := map[canon.Digest]*Row{}
	var order []canon.Digest
	for _, f := range filed {
		if !slices.Contains(parties, f.Author) || !slices.Equal(parties, f.Account.Parties) {
			continue
		}
		for _, p := range f.Account.Points {
			d := p.Digest()
			r := rows[d]
			if r == nil {
				bare := p
				bare.Stance = ""
				r = &Row{Point: bare, Stances: map[party.ID]Stance{}}
				rows[d], order = r, append(order, d)
			}
			r.Stances[f.Author] = p.Stance
		}
	}
	out := make([]Row, 0, len(order))
	for _, d := range order {
		r := rows[d]
		r.Finding = r.find(parties)
		out = append(out, *r)
	}
	return out
}

func (r *Row) find(parties []party.ID) Finding {
	agrees, says := 0, 0
	for _, s := range r.Stances {
		switch s {
		case Disputes:
			return Disputed
		case Agrees:
			agrees++
			says++
		case NotKnown:
			says++
		}
	}
	switch {
	case agrees == len(parties):
		return AgreedOn
	case says == 0:
		return Dropped
	}
	return Claimed
}

// Matters are the sets of parties that accounts name, in a fixed order: two sets in
// one thread are two matters.
func Matters(filed []Filed) [][]party.ID {
	sets := map[string][]party.ID{}
	for _, f := range filed {
		sets[fmt.Sprint(f.Account.Parties)] = f.Account.Parties
	}
	out := slices.Collect(maps.Values(sets))
	slices.SortFunc(out, func(a, b []party.ID) int { return cmp.Or(slices.Compare(a, b), cmp.Compare(len(a), len(b))) })
	return out
}

// ErrNoPoint means that no point, or more than one, has a digest that begins so.
var ErrNoPoint = errors.New("no single point begins so")

// Find is the point of a table whose digest begins with some hexadecimal digits.
func Find(rows []Row, digits string) (Point, error) {
	var found []Point
	for i := range rows {
		if digits != "" && strings.HasPrefix(Name(&rows[i].Point), digits) {
			found = append(found, rows[i].Point)
		}
	}
	if len(found) != 1 {
		return Point{}, fmt.Errorf("%w: %q", ErrNoPoint, digits)
	}
	return found[0], nil
}

// Name is the digest of a point in hexadecimal digits.
func Name(p *Point) string { return strings.TrimPrefix(p.Digest().String(), "sha256:") }
