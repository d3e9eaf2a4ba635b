package witness

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

var (
	// ErrMalformed: the note, or the old size beside it, is not to format.
	ErrMalformed = errors.New("the submission is malformed")
	// ErrUnknown: the log is not one of ours.
	ErrUnknown = errors.New("the log is not known here")
	// ErrSignature: no known key signed the note as the policy demands.
	ErrSignature = errors.New("the signature does not hold")
	// ErrProof: the consistency proof does not hold. It may have been damaged
	// on the way, and so is no evidence.
	ErrProof = errors.New("the consistency proof does not hold")
	// ErrClock: see ClockError.
	ErrClock = errors.New("the clock here has not caught up")
	// ErrFork: see Fork.
	ErrFork = errors.New("another tree was cosigned before")
)

// SizeError says which size was cosigned last, where the submission began
// elsewhere.
type SizeError struct{ Size int64 }

func (e *SizeError) Error() string {
	return fmt.Sprintf("the size cosigned last is %d", e.Size)
}

// ClockError says that the clock stands before the time of the last
// cosignature: nothing is signed until it has caught up.
type ClockError struct{ Wait time.Duration }

func (e *ClockError) Error() string {
	return fmt.Sprintf("the clock is %v behind the last cosignature", e.Wait)
}

// Unwrap makes errors.Is(err, ErrClock) hold.
func (e *ClockError) Unwrap() error { return ErrClock }

// Fork is evidence: two notes of one log, each with the lines that were
// verified, over trees that cannot be of one log. Of equal size, their roots
// differ; else Proof shows that Second's tree has Root at First's size.
type Fork struct {
	First, Second []byte
	Root          tlog.Hash
	Proof         tlog.TreeProof
	Stale         *SizeError // the submission began elsewhere, too; nil if it did not
}

func (f *Fork) Error() string { return ErrFork.Error() }

// Unwrap gives ErrFork, and Stale so far as there is one.
func (f *Fork) Unwrap() []error {
	if f.Stale != nil {
		return []error{f.Stale, ErrFork}
	}
	return []error{ErrFork}
}
