package line

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"detente/internal/canon"
)

// Precedence says how soon a message wants a person. The four are those of IMO
// bridge alert management (MSC.302(87)) as this house words them.
type Precedence int

const (
	Immediate Precedence = 1 // a call, an incident: sound until somebody acknowledges
	Urgent    Precedence = 2 // e.g. a request for explanation with a short clock
	Timed     Precedence = 3 // has a date
	Routine   Precedence = 4 // waits for the working day
)

// Kind is what a message is.
type Kind string

const (
	Said Kind = "message" // agreed phrases, free text, or both
	Call Kind = "call"    // asks the other side to come to the line; says nothing else
	Test Kind = "test"    // a test call by a person; says nothing else
)

// Phrase is agreed text: a phrase of a book with its blanks filled in.
type Phrase struct {
	Book   canon.Digest      `json:"book"`   // of the phrasebook edition; never zero
	ID     string            `json:"id"`     // of the phrase, 1 to 64 of a-z, 0-9, hyphen and full stop
	Values map[string]string `json:"values"` // by slot, each as spec/phrasebook.md writes it
}

// Message is what is said on a line. The line's parties are the author and the
// addressees of the act that carries it; status, thread and what it answers are
// those of the act.
type Message struct {
	Format     string     `json:"format"`
	Line       ID         `json:"line"`
	Kind       Kind       `json:"kind"`
	Precedence Precedence `json:"precedence"`
	Agreed     []Phrase   `json:"agreed"`             // reads the same in every language of the book
	Text       string     `json:"text,omitempty"`     // free text, in one language
	Language   string     `json:"language,omitempty"` // of Text; stands beside it and only there
}

func (m *Message) check() error {
	if m.Format != formatMessage {
		return fmt.Errorf("format: %q where %q belongs", m.Format, formatMessage)
	}
	if _, err := ParseID(string(m.Line)); err != nil {
		return err
	}
	if m.Precedence < Immediate || m.Precedence > Routine {
		return fmt.Errorf("precedence: %d where 1 to 4 belong", m.Precedence)
	}
	if m.Agreed == nil {
		return errors.New("agreed: is no list")
	}
	if len(m.Agreed) > MaxAgreed {
		return fmt.Errorf("agreed: %d phrases where %d are the most", len(m.Agreed), MaxAgreed)
	}
	for i := range m.Agreed {
		if err := m.Agreed[i].check(); err != nil {
			return fmt.Errorf("agreed, phrase %d: %w", i+1, err)
		}
	}
	if err := m.checkText(); err != nil {
		return err
	}
	switch m.Kind {
	case Said:
		if len(m.Agreed) == 0 && m.Text == "" {
			return errors.New("a message says something: an agreed phrase, a text, or both")
		}
	case Call, Test:
		if len(m.Agreed) > 0 || m.Text != "" {
			return fmt.Errorf("a %s says nothing else: send the text as a message", m.Kind)
		}
	default:
		return fmt.Errorf("kind: %q is none of message, call, test", m.Kind)
	}
	return nil
}

func (m *Message) checkText() error {
	if (m.Text == "") != (m.Language == "") {
		return errors.New("language: stands beside a text, and only there")
	}
	if m.Text == "" {
		return nil
	}
	if len(m.Text) > MaxText {
		return fmt.Errorf("text: %d bytes where %d are the most", len(m.Text), MaxText)
	}
	if strings.TrimSpace(m.Text) == "" {
		return errors.New("text: has spaces only")
	}
	if err := checkTag(m.Language); err != nil {
		return err
	}
	return checkShown("text", m.Text, true)
}

func (p *Phrase) check() error {
	if p.Book.IsZero() {
		return errors.New("book: names no phrasebook")
	}
	if _, err := ParseID(p.ID); err != nil {
		return fmt.Errorf("id: %q names no phrase", p.ID)
	}
	if p.Values == nil || len(p.Values) > MaxValues {
		return fmt.Errorf("values: %d where 0 to %d belong", len(p.Values), MaxValues)
	}
	for _, slot := range slices.Sorted(maps.Keys(p.Values)) {
		if _, err := ParseID(slot); err != nil {
			return fmt.Errorf("values: %q names no slot", slot)
		}
		v := p.Values[slot]
		if v == "" || len(v) > MaxValue {
			return fmt.Errorf("%s: %d bytes where 1 to %d belong", slot, len(v), MaxValue)
		}
		if err := checkLine(slot, v); err != nil {
			return err
		}
	}
	return nil
}

// Bytes writes a message; it is refused if it is not in order.
func (m *Message) Bytes() ([]byte, error) {
	m.Format = formatMessage
	if m.Agreed == nil {
		m.Agreed = []Phrase{}
	}
	for i := range m.Agreed {
		if m.Agreed[i].Values == nil {
			m.Agreed[i].Values = map[string]string{}
		}
	}
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("write a message: %w", err)
	}
	return write(m)
}

// ParseMessage reads what Bytes writes. Whether the phrases are in the book is
// for whoever has the book.
func ParseMessage(b []byte) (*Message, error) {
	var m Message
	if err := read(b, &m); err != nil {
		return nil, fmt.Errorf("read a message: %w", err)
	}
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("read a message: %w", err)
	}
	return &m, nil
}
