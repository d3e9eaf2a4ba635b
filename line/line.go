package line

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"detente/internal/canon"
	"detente/party"
)

// Media types of the contents, inside a seal.
const (
	TypeEnd     = "application/vnd.detente.line-end+json"
	TypeMessage = "application/vnd.detente.line-message+json"
	TypeHours   = "application/vnd.detente.duty-hours+json"
)

// The first field of each content.
const (
	formatEnd     = "detente.line-end/v1"
	formatMessage = "detente.line-message/v1"
	formatHours   = "detente.duty-hours/v1"
)

// IsType says whether a media type is one of this package.
func IsType(t string) bool { return t == TypeEnd || t == TypeMessage || t == TypeHours }

// ID names a line among its parties: 1 to 64 of a-z, 0-9 and hyphen, words joined
// by full stops, e.g. capitals or border.north.
type ID string

// ParseID checks that s names a line.
func ParseID(s string) (ID, error) {
	if len(s) == 0 || len(s) > maxID {
		return "", fmt.Errorf("the name of a line has %d bytes where 1 to %d belong", len(s), maxID)
	}
	for _, word := range strings.Split(s, ".") {
		if word == "" || strings.Trim(word, "-") != word {
			return "", fmt.Errorf("the name of a line %q is not of words joined by full stops", s)
		}
		for _, r := range word {
			if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' {
				return "", fmt.Errorf("the name of a line %q has %q; it is written with a-z, 0-9 and hyphens", s, r)
			}
		}
	}
	return ID(s), nil
}

// UnmarshalText reads an ID from JSON; an empty text is the zero value.
func (i *ID) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*i = ""
		return nil
	}
	id, err := ParseID(string(b))
	*i = id
	return err
}

// Key tells lines apart: the name together with the parties. Two sets of parties
// that use one name have two lines, so nobody can speak into a line of others.
type Key struct {
	ID      ID
	Parties string // ids in alphabetical order, joined by commas
}

// KeyOf is the key of a line with a name between parties, in any order.
func KeyOf(id ID, parties []party.ID) Key {
	all := slices.Clone(parties)
	slices.Sort(all)
	var b strings.Builder
	for i, p := range slices.Compact(all) {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(string(p))
	}
	return Key{id, b.String()}
}

// Members are the parties of a line, in alphabetical order.
func (k Key) Members() []party.ID {
	var out []party.ID
	for _, p := range strings.Split(k.Parties, ",") {
		if p != "" {
			out = append(out, party.ID(p))
		}
	}
	return out
}

// Compare orders keys by name, then by parties.
func (k Key) Compare(other Key) int {
	return cmp.Or(cmp.Compare(k.ID, other.ID), cmp.Compare(k.Parties, other.Parties))
}

// State is what a party says of its side of a line.
type State string

const (
	Open      State = "open"      // it answers here
	Suspended State = "suspended" // it does not answer for a time, and says so
	Closed    State = "closed"    // it answers here no more
	Declined  State = "declined"  // it does not take part in this line
)

// End is one party's word about its side of a line. The newest of each party
// stands. A line is in service between the parties whose end is open.
type End struct {
	Format    string     `json:"format"`
	Line      ID         `json:"line"`
	Parties   []party.ID `json:"parties"` // all of the line, the author among them, in alphabetical order
	State     State      `json:"state"`
	Until     string     `json:"until,omitempty"`   // suspended: up to when, a time; empty: not known
	Subject   string     `json:"subject,omitempty"` // what the line is for, one line
	Languages []string   `json:"languages"`         // in which it is answered here; open needs one at least
	Reason    string     `json:"reason,omitempty"`  // suspended, closed, declined: why, one line
}

// Key is that of the line.
func (e *End) Key() Key { return KeyOf(e.Line, e.Parties) }

// StateAt is the state at a moment: a suspension ends by itself.
func (e *End) StateAt(now time.Time) State {
	if e.State == Suspended && e.Until != "" {
		if until, err := canon.ParseTime(e.Until); err == nil && !now.Before(until) {
			return Open
		}
	}
	return e.State
}

func (e *End) check() error {
	if e.Format != formatEnd {
		return fmt.Errorf("format: %q where %q belongs", e.Format, formatEnd)
	}
	if _, err := ParseID(string(e.Line)); err != nil {
		return err
	}
	if len(e.Parties) < 2 || len(e.Parties) > MaxParties {
		return fmt.Errorf("parties: %d where 2 to %d belong", len(e.Parties), MaxParties)
	}
	for i, p := range e.Parties {
		if _, err := party.ParseID(string(p)); err != nil {
			return err
		}
		if i > 0 && e.Parties[i-1] >= p {
			return fmt.Errorf("parties: %s does not follow %s in alphabetical order", p, e.Parties[i-1])
		}
	}
	switch e.State {
	case Open:
		if len(e.Languages) == 0 {
			return errors.New("languages: an open end names at least one in which it is answered")
		}
		if e.Reason != "" {
			return errors.New("reason: belongs to an end that is not open")
		}
	case Suspended, Closed, Declined:
	default:
		return fmt.Errorf("state: %q is none of open, suspended, closed, declined", e.State)
	}
	if e.Languages == nil {
		return errors.New("languages: is no list")
	}
	if e.Until != "" {
		if e.State != Suspended {
			return errors.New("until: belongs to a suspended end only")
		}
		if _, err := canon.ParseTime(e.Until); err != nil {
			return fmt.Errorf("until: %w", err)
		}
	}
	return errors.Join(checkLanguages(e.Languages), checkLine("subject", e.Subject), checkLine("reason", e.Reason))
}

// Bytes writes an end; it is refused if it is not in order.
func (e *End) Bytes() ([]byte, error) {
	e.Format = formatEnd
	if e.Languages == nil {
		e.Languages = []string{}
	}
	if err := e.check(); err != nil {
		return nil, fmt.Errorf("write the end of a line: %w", err)
	}
	return write(e)
}

// ParseEnd reads what Bytes writes.
func ParseEnd(b []byte) (*End, error) {
	var e End
	if err := read(b, &e); err != nil {
		return nil, fmt.Errorf("read the end of a line: %w", err)
	}
	if err := e.check(); err != nil {
		return nil, fmt.Errorf("read the end of a line: %w", err)
	}
	return &e, nil
}

// write is the canonical form, bounded.
func write(v any) ([]byte, error) {
	b, err := canon.JSON(v)
	if err == nil && len(b) > MaxSize {
		err = fmt.Errorf("%d bytes where %d are the most", len(b), MaxSize)
	}
	return b, err
}

func read(b []byte, v any) error {
	if len(b) > MaxSize {
		return fmt.Errorf("%d bytes where %d are the most", len(b), MaxSize)
	}
	return canon.ParseJSON(b, v)
}

// checkLanguages wants tags, none twice.
func checkLanguages(tags []string) error {
	if len(tags) > MaxLanguages {
		return fmt.Errorf("languages: %d where %d are the most", len(tags), MaxLanguages)
	}
	for i, t := range tags {
		if err := checkTag(t); err != nil {
			return err
		}
		if slices.Contains(tags[:i], t) {
			return fmt.Errorf("languages: %s stands twice", t)
		}
	}
	return nil
}

// checkTag wants the shape of BCP 47: two or three small letters, then subtags.
func checkTag(t string) error {
	for i, sub := range strings.Split(t, "-") {
		ok := len(sub) >= 1 && len(sub) <= 8
		if i == 0 {
			ok = len(sub) == 2 || len(sub) == 3
		}
		for _, r := range sub {
			small := r >= 'a' && r <= 'z'
			ok = ok && (small || i > 0 && (r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'))
		}
		if !ok || len(t) > maxTag {
			return fmt.Errorf("language: %q is no tag such as en or zh-Hans", t)
		}
	}
	return nil
}

// checkLine wants at most MaxLine characters on one line, all of which show.
func checkLine(what, s string) error {
	if utf8.RuneCountInString(s) > MaxLine {
		return fmt.Errorf("%s: more than %d characters", what, MaxLine)
	}
	if strings.TrimSpace(s) != s {
		return fmt.Errorf("%s: begins or ends with a space", what)
	}
	return checkShown(what, s, false)
}

// checkShown refuses what cannot be shown or would steer a screen.
func checkShown(what, s string, lines bool) error {
	if !utf8.ValidString(s) {
		return fmt.Errorf("%s: is not UTF-8", what)
	}
	const nonJoiner, joiner = '\u200c', '\u200d' // Persian and the scripts of India write with them
	for _, r := range s {
		if !unicode.IsGraphic(r) && r != nonJoiner && r != joiner && (r != '\n' || !lines) {
			return fmt.Errorf("%s: has a character that cannot be shown: %U", what, r)
		}
	}
	return nil
}
