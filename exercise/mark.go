package exercise

import (
	"errors"
	"fmt"

	"detente/internal/canon"
)

// Type is the media type of a mark, inside a seal.
const Type = "application/vnd.detente.exercise-mark+json"

const formatMark = "detente.exercise-mark/v1"

// Step is what a mark says.
type Step string

const (
	Begin  Step = "begin"   // its author plays its part from Start on
	Halt   Step = "no-play" // a real event: its author gives no inject until it resumes
	Resume Step = "resume"  // its author plays on
	End    Step = "end"     // its author's part is over
)

// Mark is one party's word about its part in an exercise. It says nothing else, so
// it needs no clearance. Who said it stands in the act that carries it.
type Mark struct {
	Format   string       `json:"format"`
	Exercise string       `json:"exercise"`
	Scenario canon.Digest `json:"scenario"` // the edition that its author plays
	Step     Step         `json:"step"`
	Start    string       `json:"start,omitempty"` // begin, and only there: canon time
}

func (m *Mark) check() error {
	if m.Format != formatMark {
		return fmt.Errorf("format: %q where %q belongs", m.Format, formatMark)
	}
	if err := checkName("exercise", m.Exercise); err != nil {
		return err
	}
	if m.Scenario.IsZero() {
		return errors.New("scenario: names none")
	}
	switch m.Step {
	case Begin:
		if _, err := canon.ParseTime(m.Start); err != nil {
			return fmt.Errorf("start: %w", err)
		}
	case Halt, Resume, End:
		if m.Start != "" {
			return errors.New("start: belongs to begin only")
		}
	default:
		return fmt.Errorf("step: %q is none of begin, no-play, resume, end", m.Step)
	}
	return nil
}

// Bytes writes a mark; it is refused if it is not in order.
func (m *Mark) Bytes() ([]byte, error) {
	m.Format = formatMark
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("write a mark: %w", err)
	}
	return canon.JSON(m)
}

// ParseMark reads what Bytes writes.
func ParseMark(b []byte) (*Mark, error) {
	if len(b) > maxMark {
		return nil, fmt.Errorf("read a mark: %d bytes where %d are the most", len(b), maxMark)
	}
	var m Mark
	if err := canon.ParseJSON(b, &m); err != nil {
		return nil, fmt.Errorf("read a mark: %w", err)
	}
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("read a mark: %w", err)
	}
	return &m, nil
}

// Sentence is a mark for people.
func (m *Mark) Sentence() string {
	switch m.Step {
	case Begin:
		return fmt.Sprintf("EXERCISE %s begins at %s.", m.Exercise, m.Start)
	case Halt:
		return fmt.Sprintf("NO PLAY. A real event stops the exercise %s. Nothing more is given until play is resumed.", m.Exercise)
	case Resume:
		return fmt.Sprintf("EXERCISE %s: play is resumed.", m.Exercise)
	}
	return fmt.Sprintf("EXERCISE %s: this party's part has ended.", m.Exercise)
}
