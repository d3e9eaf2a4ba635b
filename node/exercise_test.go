package node

import (
	"testing"

	"detente/act"
	"detente/exercise"
	"detente/internal/canon"
)

// A mark under another status than exercise, or with anything more in it, is not to
// format: what is meant in earnest is never taken for play, nor the reverse.
func TestMarkIsAnExercise(t *testing.T) {
	t.Parallel()
	b, err := (&exercise.Mark{Exercise: "sea", Scenario: canon.DigestOf([]byte("scenario")), Step: exercise.Halt}).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	n := &Node{}
	for status, good := range map[act.Status]bool{act.Exercise: true, act.Actual: false, act.Test: false} {
		a := &act.Act{Kind: act.Statement, Status: status}
		if err := n.fitsContent("borovia", a, exercise.Type, b); (err == nil) != good {
			t.Errorf("%s: %v", status, err)
		}
		if err := n.fitsContent("borovia", a, exercise.Type, b[1:]); err == nil {
			t.Errorf("%s: a damaged mark fits", status)
		}
	}
}
